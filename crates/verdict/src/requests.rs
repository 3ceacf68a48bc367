//! Access requests: which question one is about, and who decides it.
//!
//! There is no right to decide requests as such. Whoever could make the changes by hand that would satisfy one decides
//! it, and nobody else.

use domain::id::{PersonId, RequestId};
use domain::permission::Permission;
use domain::request::Wanted;
use domain::time::Timestamp;

use crate::evaluate::{Answer, hidden, own};
use crate::first::HOLDERS_MAX;
use crate::operation::Operation;
use crate::permit::{Act, Target};
use crate::question::{Action, Actor, Question, Reason, Subject};
use crate::remedy::Remedy;
use crate::snapshot::{Snapshot, SubjectEntry};

/// One asks for oneself, and takes back what one asked; so does the person for whom an agent asked.
pub(crate) fn request_access(entry: &SubjectEntry, of: (Subject, Option<PersonId>)) -> Answer {
    let (requester, acting_for) = of;
    let theirs = entry.subject == requester || acting_for.map(Subject::Member) == Some(entry.subject);
    let target = Target::RequestsOf(requester.grantee(), acting_for);
    if theirs { own(Permission::OrganizationView, target) } else { Err(hidden(Reason::NoSuchTarget)) }
}

impl Snapshot {
    /// Whoever could make every one of the changes by hand decides.
    pub(crate) fn decide_request(
        &self,
        entry: &SubjectEntry,
        (request, by): (RequestId, &[Remedy]),
        now: Timestamp,
    ) -> Answer {
        let mut first = None;
        for change in by {
            let answer = match change {
                // The changes come before the decision. A place that was given is judged as when it was: it changed none.
                Remedy::Join { member, team, role } if self.is_placed((*member, *team), role, now) => {
                    self.may_place(entry, (*member, *team), role, None)?
                }
                _ => self.operate(entry, change.operation(), now)?,
            };
            if let Remedy::Grant { integration, .. } = change {
                // Whoever may not know of an integration does not come to know of it by a request.
                self.view_integration(entry, *integration, now)?;
            }
            first.get_or_insert(answer);
        }
        match first {
            Some((Act::Operate { permission, .. }, basis)) => {
                Ok((Act::Operate { permission, target: Target::Request(request) }, basis))
            }
            _ => Err(hidden(Reason::NoSuchTarget)),
        }
    }

    /// The first people who may decide a request that these changes would satisfy, in the order of their ids.
    #[must_use]
    pub fn deciders(&self, request: RequestId, by: &[Remedy], now: Timestamp) -> Vec<PersonId> {
        let action = Action::Operate(Operation::DecideRequest { request, by });
        let people = self.subjects().into_iter().filter_map(Subject::person);
        let may = |person: &PersonId| {
            let actor = Actor::about(Subject::Member(*person));
            self.evaluate(&Question { actor: &actor, action, now }).is_allowed()
        };
        people.filter(may).take(HOLDERS_MAX).collect()
    }

    /// What somebody asks to be let do who asks to call this tool; none where there is no such tool.
    #[must_use]
    pub fn wanted_call(&self, action: Action<'_>) -> Option<Wanted> {
        let (tool, integration) = self.meant(action)?;
        Some(Wanted::CallTool { integration: integration.id, tool: tool.name.to_string() })
    }

    /// The question that a request is about. `owner` owns what would be made; none where a thing is gone that only
    /// its name leads to, or where nobody owns what would be made.
    #[must_use]
    pub fn action_of<'q>(&'q self, wanted: &'q Wanted, owner: Option<PersonId>) -> Option<Action<'q>> {
        let operation = match wanted {
            Wanted::CallTool { integration, tool } => {
                let integration = &self.integration(*integration)?.slug;
                return Some(Action::CallTool { integration, tool });
            }
            Wanted::Use { permission } => Operation::Use { permission: *permission },
            Wanted::ViewIntegration { integration } => Operation::ViewIntegration { integration: *integration },
            Wanted::EditIntegration { integration } => Operation::EditIntegration { integration: *integration },
            Wanted::DisconnectIntegration { integration } => {
                Operation::DisconnectIntegration { integration: *integration }
            }
            Wanted::ReviewTools { integration } => Operation::ReviewTool { integration: *integration },
            Wanted::Resource { verb, resource } => Operation::Resource { verb: *verb, resource: *resource },
            Wanted::MakeResource { kind } => Operation::CreateResource { kind: *kind, owner: owner? },
            Wanted::Data { verb, object } => Operation::Data { verb: *verb, object },
            Wanted::Field { verb, object, field } => Operation::Field { verb: *verb, object, field },
            Wanted::RemoveMember { person } => Operation::RemoveMember { member: *person },
            Wanted::ChangeRole { person, role } => Operation::ChangeRole { member: *person, role },
            Wanted::ViewTeam { team } => Operation::ViewTeam { team: *team },
            Wanted::EditTeam { team } => Operation::EditTeam { team: *team },
            Wanted::InviteToTeam { team } => Operation::InviteToTeam { team: *team },
            Wanted::ViewKey { key } => Operation::ViewKey { key: *key },
            Wanted::RotateKey { key } => Operation::RotateKey { key: *key },
            Wanted::RevokeKey { key } => Operation::RevokeKey { key: *key },
            Wanted::EditAgent { agent } => Operation::EditAgent { agent: *agent },
        };
        Some(Action::Operate(operation))
    }
}
