//! Asking: why, why not, who can, what can; now, or as it was.
//!
//! Every answer comes from the engine. Whoever asks about somebody else needs `access.explain`; about oneself anybody
//! may ask, and learns of a hidden thing what every door would say.

mod long;
mod page;
mod past;
mod search;
mod sitting;
mod turns;
mod wording;

use std::sync::Arc;

use domain::grant::Grantee;
use domain::id::{PersonId, TeamId};
use domain::organization::Organization;
use domain::refusal::Refusal;
use domain::time::Timestamp;
use verdict::{Actor, Denial, Explanation, Operation, Question, Reason, Remedy, Snapshot, Subject, Verdict, Whose};

pub(crate) use long::{Alone, LongQuestions};
pub use page::Page;
pub use past::At;
pub use search::Search;
pub use sitting::{Decision, NEW, Party, Sitting};
pub use turns::{Turn, Turns};
pub use wording::{Asked, IntegrationVerb, KeyVerb, TeamVerb, Wording, actions_of, kinds};

use crate::{App, Caller, Problem};

/// Sets of changes that are told at most.
const REMEDIES_MAX: usize = 5;

/// An answer with its reasons.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Who was asked about.
    pub subject: Subject,
    /// For whom they act.
    pub acting_for: Option<PersonId>,
    /// Whether it may happen.
    pub allowed: bool,
    /// The stable code of the reason.
    pub code: &'static str,
    /// Why, in a sentence to the subject.
    pub because: String,
    /// The links of the chain on which it rests, or at which it breaks, in words.
    pub chain: Vec<String>,
    /// The smallest change that would allow it, in words.
    pub remedy: Option<String>,
    /// Names of those who could make it.
    pub ask: Vec<String>,
    /// The smallest sets of changes after which it would be allowed, tried on a copy; only where that was asked for.
    pub remedies: Vec<Vec<String>>,
    /// The sequence number of the state that was asked.
    pub seq: u64,
}

/// What is asked, by whom and when.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// Who is asked about; the caller where nobody is named.
    pub subject: Option<String>,
    /// For whom an agent acts.
    pub acting_for: Option<String>,
    /// What is to be done.
    pub wording: Wording,
    /// At which moment; now where none is named.
    pub at: Option<At>,
    /// Whether the smallest remedies are wanted, which takes trying them out.
    pub remedies: bool,
}

/// A state and its snapshot, present or past.
pub(crate) struct View {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) now: Timestamp,
    /// The state of a past moment; none for the present.
    pub(crate) past: Option<Organization>,
}

impl App {
    /// Answers whether somebody may do something, and why or why not.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller asks about another and may not explain access; [`Problem::Invalid`] or
    /// [`Problem::Missing`] for what cannot be understood.
    pub async fn ask(&self, caller: &Caller, inquiry: &Inquiry) -> Result<Answer, Problem> {
        let subject = self.subject_named(caller, inquiry.subject.as_deref()).await?;
        let acting_for = match &inquiry.acting_for {
            Some(name) => Some(self.principal_named(caller, name).await?),
            None => about(caller, subject).acting_for,
        };
        self.may_ask(caller, subject).await?;
        let takes_long = inquiry.at.is_some() || inquiry.remedies;
        let alone = if takes_long { Some(self.ask_at_length(caller)?) } else { None };
        let view = match (inquiry.at, &alone) {
            (Some(at), Some(alone)) => self.past(caller, at, alone).await?,
            _ => self.present(caller),
        };
        let asked = self.understand(caller, &view, &inquiry.wording).await?;
        let actor = Actor { acting_for, ..Actor::about(subject) };
        // Somebody who asks about themselves learns of a hidden thing what every door would say.
        let veiled = match self.is_hidden(caller, &view, (&asked, &actor))? {
            false => None,
            true => match asked.noun() {
                None => Some(hidden_tool()),
                Some(noun) => return Err(Problem::missing(noun)),
            },
        };
        let question = question(&asked, &actor, view.now)?;
        let mut explanation = match veiled {
            Some(denial) => view.snapshot.explain_denial(denial, question.action),
            None => view.snapshot.explain(&question),
        };
        let mut chain = view.snapshot.chain(&question, veiled);
        // To have the right is not enough where a rule stands against it, whoever asks.
        let refused = if explanation.allowed { self.stands_against(caller, &view, &asked).await } else { None };
        if let Some(refusal) = refused {
            (explanation.allowed, explanation.code) = (false, refusal.code);
            chain.push(refusal.message.clone());
            explanation.because = refusal.message;
            let said = (chain, Vec::new());
            return Ok(self.answered(caller, (subject, acting_for), explanation, said, view.snapshot.seq()).await);
        }
        let remedies = match &alone {
            Some(alone) if inquiry.remedies && veiled.is_none() && !explanation.allowed => {
                self.remedies((caller, alone), &view, (&asked, &actor)).await?
            }
            _ => Vec::new(),
        };
        Ok(self.answered(caller, (subject, acting_for), explanation, (chain, remedies), view.snapshot.seq()).await)
    }

    async fn answered(
        &self,
        caller: &Caller,
        (subject, acting_for): (Subject, Option<PersonId>),
        explanation: Explanation,
        (chain, remedies): (Vec<String>, Vec<Vec<String>>),
        seq: u64,
    ) -> Answer {
        let Explanation { allowed, code, because, remedy, ask } = explanation;
        let ask = self.names_for((&caller.live.snapshot(), &caller.actor), &ask).await;
        Answer { subject, acting_for, allowed, code, chain, because, remedy, ask, remedies, seq }
    }

    /// Everybody who may do something.
    ///
    /// # Errors
    /// As [`App::ask`]; who may do a thing is for those who may explain access.
    pub async fn who_can(&self, caller: &Caller, wording: &Wording, at: Option<At>) -> Result<Vec<Subject>, Problem> {
        let everyone = Operation::Use { permission: domain::permission::Permission::AccessExplain };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, everyone).await?;
        let view = self.view(caller, at).await?;
        let asked = self.understand(caller, &view, wording).await?;
        if self.stands_against(caller, &view, &asked).await.is_some() {
            return Ok(Vec::new());
        }
        if let Asked::Make(_) = asked {
            // Each makes what is their own.
            let subjects = view.snapshot.subjects();
            let may = |subject: &Subject| {
                let actor = Actor::about(*subject);
                question(&asked, &actor, view.now).is_ok_and(|asked| view.snapshot.evaluate(&asked).is_allowed())
            };
            return Ok(subjects.into_iter().filter(may).collect());
        }
        let action = asked.action(None).ok_or_else(|| Problem::missing("resource"))?;
        Ok(view.snapshot.who_can(action, view.now))
    }

    /// The rule that stands against it, whoever has the right to it.
    async fn stands_against(&self, caller: &Caller, view: &View, asked: &Asked) -> Option<Refusal> {
        match &view.past {
            Some(state) => asked.refusal(state, view.now),
            None => asked.refusal_at_present(&caller.live, view.now).await,
        }
    }

    /// What subjects are called by people, in the same order.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the directory cannot be read.
    pub async fn names_of(&self, caller: &Caller, subjects: &[Subject]) -> Result<Vec<String>, Problem> {
        let people: Vec<PersonId> = subjects.iter().filter_map(|subject| subject.person()).collect();
        let people = self.people(caller.live.org(), &people).await?;
        let labels = self.labels(caller.live.org()).await?;
        let state = caller.live.state.lock().await;
        let name = |subject: &Subject| match subject {
            Subject::Member(person) => people.get(person).map(|person| person.name.clone()),
            Subject::Key(key) => labels.get(key.as_str()).cloned(),
            Subject::Agent(agent) => state.agents.get(agent).map(|agent| agent.title.clone()),
        };
        Ok(subjects.iter().map(|subject| name(subject).unwrap_or_else(|| subject.as_str().to_owned())).collect())
    }

    /// Whether somebody who asks about themselves may not know of what they ask about. What they may not know of now they
    /// do not learn of from the past either, unless they may explain everybody's access.
    pub(crate) fn is_hidden(
        &self,
        caller: &Caller,
        view: &View,
        (asked, actor): (&Asked, &Actor),
    ) -> Result<bool, Problem> {
        if actor.subject != caller.actor.subject {
            return Ok(false);
        }
        if view.past.is_some() && !self.explains_everybody(caller) {
            let present = caller.live.snapshot().evaluate(&question(asked, actor, self.now())?);
            let is_nowhere = |reason| matches!(reason, Reason::NoSuchTool | Reason::NoSuchTarget);
            if matches!(present, Verdict::Denied(denial) if denial.hidden || is_nowhere(denial.reason)) {
                return Ok(true);
            }
        }
        let verdict = view.snapshot.evaluate(&question(asked, actor, view.now)?);
        Ok(matches!(verdict, Verdict::Denied(denial) if denial.hidden))
    }

    pub(crate) fn explains_everybody(&self, caller: &Caller) -> bool {
        let everyone = Operation::Use { permission: domain::permission::Permission::AccessExplain };
        self.asked(&caller.live.snapshot(), &caller.actor, everyone).is_allowed()
    }

    pub(crate) async fn may_ask(&self, caller: &Caller, subject: Subject) -> Result<(), Problem> {
        let operation = Operation::Explain { subject };
        self.permit(&caller.live.snapshot(), &caller.actor, operation).await.map(|_permit| ())
    }

    pub(crate) async fn understand(&self, caller: &Caller, view: &View, wording: &Wording) -> Result<Asked, Problem> {
        let member = match wording.kind.as_str() {
            "member" => Some(self.member_named(caller, &wording.name).await?),
            _ => None,
        };
        let team = match wording.kind.as_str() {
            "team" => TeamId::parse(&wording.name).ok(),
            _ => None,
        };
        Asked::understand(wording, &view.snapshot, (member, team))
    }

    /// The smallest sets of changes that would allow it, in words. Somebody who may not explain everybody's access is told
    /// of none that names what they may not know of.
    async fn remedies(
        &self,
        (caller, alone): (&Caller, &Alone),
        view: &View,
        (asked, actor): (&Asked, &Actor),
    ) -> Result<Vec<Vec<String>>, Problem> {
        let state = match &view.past {
            Some(state) => state.clone(),
            None => caller.live.state.lock().await.clone(),
        };
        let (org, before, now) = (caller.live.org(), Arc::clone(&view.snapshot), view.now);
        let (asked, actor) = (asked.clone(), *actor);
        let (snapshot, sets) = alone
            .work(move || {
                // The state may have moved on since the question was asked; the remedies are for the newest.
                let snapshot = match state.seq == before.seq() {
                    true => before,
                    false => Arc::new(Snapshot::compile(org, &state, None)),
                };
                let sets = snapshot.why_not(&state, &question(&asked, &actor, now)?);
                Ok::<_, Problem>((snapshot, sets))
            })
            .await??;
        let (explains, present) = (self.explains_everybody(caller), caller.live.snapshot());
        let told = |set: &&Vec<Remedy>| explains || set.iter().all(|remedy| self.may_hear_of(caller, &present, remedy));
        let said = |set: &Vec<Remedy>| set.iter().map(|remedy| snapshot.remedy_in_words(remedy)).collect();
        Ok(sets.iter().filter(told).take(REMEDIES_MAX).map(said).collect())
    }

    /// Whether the caller may know of everything that a change names. Who does nothing at present hears of nothing: what
    /// is hidden from them is denied to them like all else.
    pub(crate) fn may_hear_of(&self, caller: &Caller, snapshot: &Snapshot, remedy: &Remedy) -> bool {
        let verdict = |operation| self.asked(snapshot, &caller.actor, operation);
        if !verdict(asks_for_itself(&caller.actor)).is_allowed() {
            return false;
        }
        let seen = |operation| !matches!(verdict(operation), Verdict::Denied(denial) if denial.hidden);
        let team = |team| seen(Operation::ViewTeam { team });
        let role = |role| {
            snapshot.role_of(caller.actor.subject).is_some_and(|own| own.id == role)
                || verdict(Operation::ViewRoles).is_allowed()
        };
        let integration = |integration| seen(Operation::ViewIntegration { integration });
        match remedy {
            Remedy::Grant { to, integration: id, .. } => {
                integration(*id)
                    && match to {
                        Grantee::Team(id) => team(*id),
                        Grantee::Role(id) => role(*id),
                        Grantee::Member(_) | Grantee::Key(_) | Grantee::Agent(_) => true,
                    }
            }
            Remedy::Resume { integration: id } | Remedy::SwitchOn { integration: id, .. } => integration(*id),
            Remedy::Role { role: id, .. } | Remedy::AgentRole { role: id, .. } | Remedy::KeyRole { role: id, .. } => {
                role(*id)
            }
            Remedy::Join { team: id, role: place, .. } => team(*id) && role(*place),
            Remedy::Share { resource, .. } => {
                seen(Operation::Resource { verb: domain::resource::ResourceVerb::View, resource: *resource })
            }
            Remedy::ResumeAgent { .. } | Remedy::Delegate { .. } => true,
        }
    }
}

/// Whether somebody may ask for access, which everybody may who does anything at all.
pub(crate) fn asks_for_itself(actor: &Actor) -> Operation<'static> {
    Operation::RequestAccess { requester: actor.subject, acting_for: actor.acting_for }
}

/// Who is asked about: whoever asks about themselves is asked about with the person for whom they act.
pub(crate) fn about(caller: &Caller, subject: Subject) -> Actor {
    let acting_for = caller.actor.acting_for.filter(|_| subject == caller.actor.subject);
    Actor { acting_for, ..Actor::about(subject) }
}

/// What is said of a tool that the asker may not know of: the same, whoever it is hidden from.
pub(crate) fn hidden_tool() -> Denial {
    Denial { reason: Reason::NoSuchTool, hidden: true, whose: Whose::Subject }
}

/// A question about somebody, ready for the engine.
pub(crate) fn question<'q>(asked: &'q Asked, actor: &'q Actor, now: Timestamp) -> Result<Question<'q>, Problem> {
    let owner = match (actor.subject, actor.acting_for) {
        (Subject::Member(person), _) | (_, Some(person)) => Some(person),
        _ => None,
    };
    let action = asked.action(owner).ok_or_else(|| {
        Problem::invalid(
            "subject",
            "only people own what they make; ask about a member, or about an agent acting for one",
        )
    })?;
    Ok(Question { actor, action, now })
}

/// What is said of a thing that the caller may not know of.
pub(crate) fn unseen(asked: &Asked) -> Reason {
    match asked {
        Asked::Call { .. } => Reason::NoSuchTool,
        _ => Reason::NoSuchTarget,
    }
}
