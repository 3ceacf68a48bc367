//! Searches: everybody who may, everything that somebody may have, everything that they may do with it.
//!
//! INVARIANT: what a search finds is exactly what [`Sitting::decide`] allows, one by one
//! (`searches_find_exactly_what_evaluations_permit` in the tests of the product). Every candidate is asked about by
//! the function that answers a question.

use domain::resource::ResourceKind;
use verdict::{Actor, Subject};

use crate::Problem;
use crate::ask::sitting::{NEW, Party, Sitting};
use crate::ask::{Wording, actions_of};

/// Candidates after which others have their turn.
const YIELD_EVERY: usize = 1_024;

/// What a search is about: everything but the thing that is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Search {
    /// Who may do this?
    Subjects {
        /// `member` or `user`, `key` or `agent`.
        kind: String,
        /// The person for whom an agent would act.
        acting_for: Option<String>,
        /// What is to be done.
        wording: Wording,
    },
    /// What may they do this with?
    Resources {
        /// Who is asked about.
        party: Party,
        /// What is to be done; its name is not read.
        wording: Wording,
        /// The integration or object in which alone is searched, where that matters.
        within: Option<String>,
    },
    /// What may they do with this?
    Actions {
        /// Who is asked about.
        party: Party,
        /// What it is to be done with; its action is not read.
        wording: Wording,
    },
}

impl Sitting<'_> {
    /// The ids of everything that a search finds, or the names of the actions, in the order of their text. What is not
    /// known finds nothing.
    ///
    /// # Errors
    /// As [`Sitting::decide`]; who may do a thing is for those who may explain access.
    pub async fn search(&mut self, search: &Search) -> Result<Vec<String>, Problem> {
        let mut found = match search {
            Search::Subjects { kind, acting_for, wording } => {
                self.find_subjects(kind, acting_for.as_deref(), wording).await?
            }
            Search::Resources { party, wording, within } => {
                self.find_resources(party, wording, within.as_deref()).await?
            }
            Search::Actions { party, wording } => self.find_actions(party, wording).await?,
        };
        found.sort_unstable();
        Ok(found)
    }

    async fn find_subjects(
        &mut self,
        kind: &str,
        acting_for: Option<&str>,
        wording: &Wording,
    ) -> Result<Vec<String>, Problem> {
        self.may_explain().await?;
        let acting_for = match acting_for {
            None => None,
            Some(name) => match self.person(name).await? {
                Some(person) => Some(person),
                None => return Ok(Vec::new()),
            },
        };
        let Some(asked) = known(self.understand(wording).await)? else { return Ok(Vec::new()) };
        if self.is_refused(&asked).await {
            return Ok(Vec::new());
        }
        let wanted = |subject: &Subject| match kind {
            "member" | "user" => matches!(subject, Subject::Member(_)),
            "key" => matches!(subject, Subject::Key(_)),
            "agent" => matches!(subject, Subject::Agent(_)),
            _ => false,
        };
        let subjects = self.snapshot.subjects().into_iter().filter(wanted);
        let actors = subjects.map(|subject| Actor { acting_for, ..Actor::about(subject) });
        let able = actors.filter(|actor| self.allows(actor, &asked));
        Ok(able.map(|actor| actor.subject.as_str().to_owned()).collect())
    }

    async fn find_resources(
        &mut self,
        party: &Party,
        wording: &Wording,
        within: Option<&str>,
    ) -> Result<Vec<String>, Problem> {
        let Ok(actor) = self.actor(party).await? else { return Ok(Vec::new()) };
        if wording.kind == "tool" && wording.action == "call" {
            // The engine lists tools from the same rules, without asking about each by its name.
            let tools = self.snapshot.callable_tools(&actor, self.now);
            let tools = tools.filter(|(_, _, integration)| within.is_none_or(|within| *integration.slug == *within));
            return Ok(tools.map(|(_, tool, integration)| format!("{}/{}", integration.slug, tool.name)).collect());
        }
        let mut found = Vec::new();
        for (place, name) in self.candidates(&wording.kind, within).into_iter().enumerate() {
            if place % YIELD_EVERY == YIELD_EVERY - 1 {
                tokio::task::yield_now().await;
            }
            let wording = Wording { name, ..wording.clone() };
            let Some(asked) = known(self.understand(&wording).await)? else { continue };
            if self.allows(&actor, &asked) && !self.is_refused(&asked).await {
                found.push(wording.name);
            }
        }
        Ok(found)
    }

    /// The names of every thing of a kind that a question could be about.
    fn candidates(&self, kind: &str, within: Option<&str>) -> Vec<String> {
        let snapshot = &self.snapshot;
        let subjects = || snapshot.subjects().into_iter().filter(|subject| matches!(subject, Subject::Member(_)));
        match kind {
            "integration" => snapshot.integrations().map(|integration| integration.slug.to_string()).collect(),
            "organization" => vec![snapshot.org().to_string()],
            "member" => subjects().map(|subject| subject.as_str().to_owned()).collect(),
            "team" => snapshot.teams().map(|team| team.to_string()).collect(),
            "key" => snapshot.keys().map(|key| key.to_string()).collect(),
            "agent" => snapshot.agents().map(|agent| agent.to_string()).collect(),
            "object" => snapshot.objects().map(|object| object.name.to_string()).collect(),
            "field" => {
                let objects =
                    snapshot.objects().filter(|object| within.is_none_or(|within| object.name.as_str() == within));
                objects
                    .flat_map(|object| object.fields.keys().map(|field| format!("{}/{field}", object.name)))
                    .collect()
            }
            kind => match ResourceKind::parse(kind) {
                Some(kind) => {
                    let of_kind = snapshot.resources().filter(|resource| resource.kind == kind);
                    of_kind.map(|resource| resource.id.to_string()).chain([NEW.to_owned()]).collect()
                }
                None => Vec::new(),
            },
        }
    }

    async fn find_actions(&mut self, party: &Party, wording: &Wording) -> Result<Vec<String>, Problem> {
        let Ok(actor) = self.actor(party).await? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for action in actions_of(&wording.kind) {
            let wording = Wording { action: action.to_owned(), ..wording.clone() };
            let Some(asked) = known(self.understand(&wording).await)? else { continue };
            if self.allows(&actor, &asked) && !self.is_refused(&asked).await {
                found.push(wording.action);
            }
        }
        Ok(found)
    }
}

/// Nothing where the words name nothing here.
fn known<T>(understood: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match understood {
        Ok(asked) => Ok(Some(asked)),
        Err(Problem::Missing { .. } | Problem::Invalid { .. }) => Ok(None),
        Err(problem) => Err(problem),
    }
}
