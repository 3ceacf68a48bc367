//! The questions of one request, all answered from one snapshot: as programs ask, with ids and words of their own.
//!
//! What a program names and this organization does not know is a no with its reason, never an error: a program that
//! guards something must get an answer that it can obey. Start reading at [`Sitting::decide`].

use std::collections::HashMap;
use std::sync::Arc;

use domain::id::{AgentId, KeyId, PersonId, TeamId};
use domain::permission::Permission;
use domain::resource::{ResourceKind, ResourceVerb};
use domain::time::Timestamp;
use verdict::{Action, Actor, Denial, Explanation, Operation, Question, Reason, Snapshot, Subject, Verdict, Whose};

use crate::ask::{Asked, Wording, about, question, unseen};
use crate::{App, Caller, Problem};

/// The name of what does not exist yet, for asking whether a resource of some kind may be made.
pub const NEW: &str = "new";

/// Who is asked about, as a program states it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Party {
    /// `member` or `user`, `key` or `agent`.
    pub kind: String,
    /// A person's id or e-mail address; the id of a workspace key or an agent.
    pub id: String,
    /// The person for whom an agent acts, by id or e-mail address.
    pub acting_for: Option<String>,
}

/// The answer to one question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Whether it may happen.
    pub allowed: bool,
    /// Whether there is nothing of what was named, or nothing that the caller may know of.
    pub missing: bool,
    /// The stable code of the reason.
    pub code: &'static str,
    /// Why, as it may be shown to the subject: what is hidden from them is told as what does not exist.
    pub for_subject: String,
    /// Why, for those who may explain access; none where somebody asks about themselves.
    pub for_admin: Option<String>,
    /// The smallest change that would allow it, in words.
    pub remedy: Option<String>,
    /// Who could make it.
    pub ask: Vec<PersonId>,
}

impl Decision {
    /// A no to what cannot be understood.
    fn not_understood(code: &'static str, message: String) -> Decision {
        Decision {
            allowed: false,
            missing: true,
            code,
            for_subject: message,
            for_admin: None,
            remedy: None,
            ask: Vec::new(),
        }
    }

    fn of(explanation: Explanation, missing: bool, for_admin: Option<String>) -> Decision {
        Decision {
            allowed: explanation.allowed,
            missing,
            code: explanation.code,
            for_subject: explanation.because,
            for_admin,
            remedy: explanation.remedy,
            ask: explanation.ask,
        }
    }

    /// The same without the names of those whom the caller may not know to be here.
    fn told_to(self, sitting: &Sitting<'_>) -> Decision {
        let ask = sitting.app.whom_to_name((&sitting.snapshot, &sitting.caller.actor), &self.ask);
        Decision { ask, ..self }
    }
}

/// The questions of one request: one caller, one state, one moment.
pub struct Sitting<'c> {
    pub(super) app: &'c App,
    pub(super) caller: &'c Caller,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) now: Timestamp,
    /// Which member is meant by which id or address, as far as it was looked up.
    people: HashMap<String, Option<PersonId>>,
    may_explain: bool,
}

impl App {
    /// Begins to answer the questions of one request.
    #[must_use]
    pub fn sit<'c>(&'c self, caller: &'c Caller) -> Sitting<'c> {
        let (snapshot, now) = (caller.live.snapshot(), self.now());
        Sitting { app: self, caller, snapshot, now, people: HashMap::new(), may_explain: false }
    }

    /// The member for whom an agent is asked about. Who may not explain access names only the one for whom they act
    /// themselves, and learns of nobody else whether they are a member.
    pub(crate) async fn principal_named(&self, caller: &Caller, name: &str) -> Result<PersonId, Problem> {
        match (self.person(name).await?, caller.actor.acting_for) {
            (Some(person), Some(own)) if person == own => Ok(own),
            _ => {
                let everyone = Operation::Use { permission: Permission::AccessExplain };
                let _permit = self.permit(&caller.live.snapshot(), &caller.actor, everyone).await?;
                self.member_in(caller, "acting_for", name).await
            }
        }
    }
}

impl Sitting<'_> {
    /// The number of the last change of the state that answers.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.snapshot.seq()
    }

    /// Answers whether somebody may do something, and why or why not.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller asks about another and may not explain access;
    /// [`Problem::Unavailable`] where an e-mail address cannot be looked up.
    pub async fn decide(&mut self, party: &Party, wording: &Wording) -> Result<Decision, Problem> {
        let actor = match self.actor(party).await? {
            Ok(actor) => actor,
            Err(reason) => return Ok(self.absent(reason)),
        };
        let asked = match self.understand(wording).await {
            Ok(asked) => asked,
            Err(Problem::Missing { .. }) => return Ok(self.absent(Reason::NoSuchTarget)),
            Err(problem) => return refusal(problem),
        };
        match question(&asked, &actor, self.now) {
            Ok(question) => {
                let decision = self.decided(&asked, &question).told_to(self);
                // To have the right is not enough where a rule stands against it, whoever asks.
                if !decision.allowed {
                    return Ok(decision);
                }
                Ok(match asked.refusal_at_present(&self.caller.live, self.now).await {
                    Some(refusal) => {
                        Decision { missing: refusal.missing, ..Decision::not_understood(refusal.code, refusal.message) }
                    }
                    None => decision,
                })
            }
            Err(problem) => refusal(problem),
        }
    }

    fn decided(&self, asked: &Asked, question: &Question<'_>) -> Decision {
        // Somebody who asks about themselves learns what every door would say; who may explain access learns more.
        let about_oneself = question.actor.subject == self.caller.actor.subject;
        let denial = match self.snapshot.evaluate(question) {
            Verdict::Denied(denial) => denial,
            Verdict::Allowed(_) => {
                let explanation = self.snapshot.explain(question);
                let for_admin = (!about_oneself).then(|| explanation.because.clone());
                return Decision::of(explanation, false, for_admin);
            }
        };
        let veiled = Denial { reason: unseen(asked), hidden: true, whose: Whose::Subject };
        let missing = denial.hidden || matches!(denial.reason, Reason::NoSuchTool | Reason::NoSuchTarget);
        let told = if denial.hidden { veiled } else { denial };
        if about_oneself {
            return Decision::of(self.snapshot.explain_denial(told, question.action), missing, None);
        }
        let explanation = self.snapshot.explain_denial(denial, question.action);
        let for_subject = match denial.hidden {
            true => self.snapshot.explain_denial(veiled, question.action).because,
            false => explanation.because.clone(),
        };
        let for_admin = Some(explanation.because.clone());
        Decision { for_subject, ..Decision::of(explanation, missing, for_admin) }
    }

    /// Whether somebody has the right to it, without a reason.
    pub(super) fn allows(&self, actor: &Actor, asked: &Asked) -> bool {
        question(asked, actor, self.now).is_ok_and(|question| self.snapshot.evaluate(&question).is_allowed())
    }

    /// Whether a rule stands against it, whoever has the right to it.
    pub(super) async fn is_refused(&self, asked: &Asked) -> bool {
        asked.refusal_at_present(&self.caller.live, self.now).await.is_some()
    }

    /// The answer to a question about what is not there: the one that a hidden thing gets.
    fn absent(&self, reason: Reason) -> Decision {
        let denial = Denial { reason, hidden: true, whose: Whose::Subject };
        let anything = Action::Operate(Operation::ViewOrganization);
        let missing = matches!(reason, Reason::NoSuchTarget | Reason::NotAMember);
        Decision::of(self.snapshot.explain_denial(denial, anything), missing, None)
    }

    /// Who is asked about, or why nobody is. Asking about another takes the right to explain access, whoever it is and
    /// whether or not they exist.
    pub(super) async fn actor(&mut self, party: &Party) -> Result<Result<Actor, Reason>, Problem> {
        let subject = match party.kind.as_str() {
            "member" | "user" => self.person(&party.id).await?.map(Subject::Member),
            "key" => KeyId::parse(&party.id).ok().map(Subject::Key),
            "agent" => AgentId::parse(&party.id).ok().map(Subject::Agent),
            _ => None,
        };
        let principal = match &party.acting_for {
            Some(name) => Some(self.person(name).await?),
            None => None,
        };
        let own = &self.caller.actor;
        let mine =
            subject == Some(own.subject) && principal.is_none_or(|person| person.is_some() && person == own.acting_for);
        if !mine {
            self.may_explain().await?;
        }
        Ok(match (subject, principal) {
            (None, _) => Err(Reason::NotAMember),
            (_, Some(None)) => Err(Reason::NoDelegation),
            (Some(subject), None) => Ok(about(self.caller, subject)),
            (Some(subject), principal) => Ok(Actor { acting_for: principal.flatten(), ..Actor::about(subject) }),
        })
    }

    /// Checks that the caller may ask about others.
    ///
    /// # Errors
    /// [`Problem::Denied`] where they may not.
    pub(super) async fn may_explain(&mut self) -> Result<(), Problem> {
        if !self.may_explain {
            let everyone = Operation::Use { permission: Permission::AccessExplain };
            let _permit = self.app.permit(&self.snapshot, &self.caller.actor, everyone).await?;
            self.may_explain = true;
        }
        Ok(())
    }

    /// Understands what is to be done, and with what.
    ///
    /// # Errors
    /// [`Problem::Missing`] or [`Problem::Invalid`] for what this organization does not know.
    pub(super) async fn understand(&mut self, wording: &Wording) -> Result<Asked, Problem> {
        let Wording { kind, name, .. } = wording;
        let member = match kind.as_str() {
            "member" => self.person(name).await?,
            _ => None,
        };
        let team = TeamId::parse(name).ok().filter(|_| kind == "team");
        let making = ResourceKind::parse(kind).is_some() && wording.action == ResourceVerb::Create.as_str();
        if making && name != NEW {
            return Err(Problem::missing("resource"));
        }
        let org = self.caller.live.org();
        if kind == "organization" && name != org.as_str() && self.app.organization_id(name).await? != Some(org) {
            return Err(Problem::missing("organization"));
        }
        Asked::understand(wording, &self.snapshot, (member, team))
    }

    /// The person with this id or e-mail address who is or was a member here. Who is known to other organizations alone
    /// is as unknown here as who does not exist.
    pub(super) async fn person(&mut self, name: &str) -> Result<Option<PersonId>, Problem> {
        if let Some(known) = self.people.get(name) {
            return Ok(*known);
        }
        let found = match self.app.member_named(self.caller, name).await {
            Ok(person) => Some(person),
            Err(Problem::Missing { .. }) => None,
            Err(problem) => return Err(problem),
        };
        self.people.insert(name.to_owned(), found);
        Ok(found)
    }
}

/// What cannot be understood is a no; what broke stays an error.
fn refusal(problem: Problem) -> Result<Decision, Problem> {
    match problem {
        Problem::Invalid { field, message } => {
            let code = match field {
                "action" => "no-such-action",
                "subject" => "no-such-subject",
                "role" => "no-such-role",
                _ => "no-such-resource",
            };
            Ok(Decision::not_understood(code, message))
        }
        problem => Err(problem),
    }
}
