//! The one function that answers, for every door.

use domain::id::PersonId;
use domain::permission::Permission;
use domain::time::Timestamp;

use crate::catalog::{IntegrationEntry, ToolEntry, ToolIndex};
use crate::credential::Credential;
use crate::operation::Operation;
use crate::permit::{Act, Permit, Target};
use crate::question::{Action, Actor, Basis, Denial, Question, Reason, Subject, Verdict, Whose};
use crate::snapshot::{GrantEntry, NotAdmitted, Reach, Snapshot, SubjectEntry};

pub(crate) type Answer = Result<(Act, Basis), Denial>;

pub(crate) fn shown(reason: Reason) -> Denial {
    Denial { reason, hidden: false, whose: Whose::Subject }
}

pub(crate) fn hidden(reason: Reason) -> Denial {
    Denial { hidden: true, ..shown(reason) }
}

impl Snapshot {
    /// Answers a question. The allow path of a call allocates nothing.
    #[must_use]
    pub fn evaluate(&self, question: &Question<'_>) -> Verdict {
        match self.answer(question) {
            Ok((act, basis)) => {
                Verdict::Allowed(Permit { org: self.org, seq: self.seq, actor: Some(*question.actor), act, basis })
            }
            Err(denial) => Verdict::Denied(denial),
        }
    }

    /// Whether the subject with this id may call this tool: the shortest way to the same answer, for callers
    /// that have text in hand and need no permit.
    #[must_use]
    pub fn may_call(&self, subject: &str, integration: &str, tool: &str, now: Timestamp) -> bool {
        let Some(named) = self.catalog.named(integration, tool) else { return false };
        let Some(had) = self.subjects.has(subject, named.integration) else { return false };
        // INVARIANT: held to `evaluate` by the tests in tests/oracle. Without a branch on the answer itself, which no
        // processor foresees: it would wait for memory each time instead of looking ahead.
        let at_most = had.most() >= named.needed;
        if at_most & had.is_limited() {
            return if had.ends() {
                self.subject_at(subject, now).is_ok_and(|entry| self.call(entry, Some(named.index), now).is_ok())
            } else {
                !had.is_off(named.index)
            };
        }
        at_most
    }

    fn answer(&self, question: &Question<'_>) -> Answer {
        let entry = self.present(question)?;
        let Some(person) = question.actor.acting_for else {
            let answer = self.answer_for(entry, question)?;
            self.is_left_to_client(answer.0, question)?;
            self.is_fresh_for(question)?;
            self.stays_open_after(entry, question)?;
            return Ok(answer);
        };
        // An agent that acts for a person does what both may: the answer rests on the agent, and is cut by the person.
        self.delegated(question.actor, question.now)?;
        let principal = self.subject_at(person.as_str(), question.now);
        let principal = principal.map_err(|denial| Denial { whose: Whose::Principal(person), ..denial })?;
        // What it may do itself, an agent may ask; the answer is about both.
        if matches!(question.action, Action::Operate(Operation::Explain { subject }) if subject == entry.subject) {
            return self.answer_for(entry, question);
        }
        match (self.answer_for(entry, question), self.answer_for(principal, question)) {
            (Ok(answer), Ok(_)) => Ok(answer),
            (Ok(_), Err(denial)) => Err(Denial { whose: Whose::Principal(person), ..denial }),
            // What is hidden from the person is not shown to them by an agent that may know of it.
            (Err(denial), theirs) => {
                Err(Denial { hidden: denial.hidden || theirs.is_err_and(|theirs| theirs.hidden), ..denial })
            }
        }
    }

    fn answer_for(&self, entry: &SubjectEntry, question: &Question<'_>) -> Answer {
        match question.action {
            Action::CallTool { integration, tool } => self
                .call(entry, self.catalog.find(integration, tool), question.now)
                .map_err(|denial| self.unveil(entry, integration, denial, question.now)),
            Action::CallExposed { name } => self.call(entry, self.catalog.find_exposed(name), question.now),
            Action::Use { integration } => self.use_besides_tools(entry, integration, question.now),
            Action::Operate(Operation::RemoveMember { member }) if leaves(entry, member, question.actor) => {
                own(Permission::MemberRemove, Target::Member(member))
            }
            Action::Operate(operation) => match self.operate(entry, operation, question.now)? {
                (Act::Operate { permission, target }, basis) if operation.only_looks() => {
                    Ok((Act::Look { permission, target }, basis))
                }
                answer => Ok(answer),
            },
        }
    }

    /// The subject, if it is still one and what it presented still holds.
    fn present(&self, question: &Question<'_>) -> Result<&SubjectEntry, Denial> {
        let actor = question.actor;
        if let Some(credential) = actor.credential {
            let admitted = self.admit(credential, question.now).map_err(|why| match why {
                NotAdmitted::Suspended => shown(Reason::MayNotHaveKeys),
                NotAdmitted::MemberSuspended => shown(Reason::MemberSuspended),
                NotAdmitted::PasskeyNeeded => shown(Reason::PasskeyNeeded),
                NotAdmitted::NotAMember => shown(Reason::NotAMember),
                NotAdmitted::Ending => shown(Reason::OrganizationEnding),
                NotAdmitted::Ended | NotAdmitted::Expired | NotAdmitted::SessionEnded | NotAdmitted::ClientEnded => {
                    shown(Reason::CredentialEnded)
                }
            })?;
            if (admitted.subject, admitted.acting_for) != (actor.subject, actor.acting_for) {
                return Err(shown(Reason::CredentialEnded));
            }
        }
        let found = self.subject_at(actor.subject.as_str(), question.now);
        match found {
            Err(Denial { reason: Reason::OrganizationEnding, .. }) => {
                self.at_the_end(question).ok_or(shown(Reason::OrganizationEnding))
            }
            found => found,
        }
    }

    /// Whoever may end the organization, where they look at it while it ends, or take that back.
    fn at_the_end(&self, question: &Question<'_>) -> Option<&SubjectEntry> {
        let Action::Operate(operation) = question.action else { return None };
        self.may_restore(question.actor, question.now).filter(|_| operation.is_left_at_the_end())
    }

    /// The subject with this id, if it is still one at this moment and does anything.
    pub(crate) fn subject_at(&self, id: &str, now: Timestamp) -> Result<&SubjectEntry, Denial> {
        let entry = self.subject(id, now).ok_or(shown(Reason::NotAMember))?;
        if now >= entry.ends_at {
            return Err(shown(Reason::CredentialEnded));
        }
        match entry.stopped {
            Some(reason) => Err(shown(reason)),
            None => Ok(entry),
        }
    }

    /// Whether the person for whom an agent acts lets it.
    pub(crate) fn delegated(&self, actor: &Actor, now: Timestamp) -> Result<(), Denial> {
        match self.delegation(actor) {
            Some(end) if now < end => Ok(()),
            _ => Err(shown(Reason::NoDelegation)),
        }
    }

    /// Whether the person for whom somebody acts, where they act for one, is at work and lets them.
    pub(crate) fn is_let_act(&self, actor: &Actor, now: Timestamp) -> bool {
        let lets =
            |person: PersonId| self.delegated(actor, now).is_ok() && self.subject_at(person.as_str(), now).is_ok();
        actor.acting_for.is_none_or(lets)
    }

    fn call(&self, entry: &SubjectEntry, tool: Option<ToolIndex>, now: Timestamp) -> Answer {
        let Some((index, (tool, integration))) = tool.and_then(|index| Some((index, self.tool(index)?))) else {
            return Err(hidden(Reason::NoSuchTool));
        };
        let reached = self.reaches(entry, (tool.integration, integration), now)?;
        let grant = open(index, tool, integration, &reached, now)?;
        let basis = grant.map_or_else(|| everything(entry), GrantEntry::basis);
        Ok((Act::Call { tool: index, integration: integration.id, class: tool.class }, basis))
    }

    /// Resources and prompts are read, which every profile admits: whoever has anything of an integration has these.
    fn use_besides_tools(&self, entry: &SubjectEntry, integration: &str, now: Timestamp) -> Answer {
        let found = self.catalog.integration_by_slug(integration).ok_or(hidden(Reason::NoSuchTarget))?;
        let reached = self.reaches(entry, found, now)?;
        if found.1.paused {
            return Err(shown(Reason::Paused));
        }
        Ok((Act::Use { integration: found.1.id }, reached.basis(entry, now)))
    }

    /// Whether the subject has anything of an integration, and by what.
    pub(crate) fn reaches<'s>(
        &'s self,
        entry: &'s SubjectEntry,
        (place, _): (u32, &IntegrationEntry),
        now: Timestamp,
    ) -> Result<ReachedBy<'s>, Denial> {
        let Reach::Granted(grants) = &entry.reach else { return Ok(ReachedBy::Everything) };
        let hidden = !entry.permissions.holds(Permission::IntegrationView);
        let because = |reason| Denial { reason, hidden, whose: Whose::Subject };
        let from = grants.partition_point(|grant| grant.integration < place);
        let rest = grants.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|grant| grant.integration == place).count();
        let given = rest.get(..count).unwrap_or_default();
        if given.is_empty() {
            Err(because(Reason::NotAssigned))
        } else if given.iter().all(|grant| now >= grant.ends_at) {
            Err(because(Reason::GrantEnded))
        } else {
            Ok(ReachedBy::Grants(given))
        }
    }

    /// A tool that does not exist may be named as missing to someone who sees its integration.
    fn unveil(&self, entry: &SubjectEntry, integration: &str, denial: Denial, now: Timestamp) -> Denial {
        let visible = self.catalog.integration_by_slug(integration).is_some_and(|found| {
            entry.permissions.holds(Permission::IntegrationView) || self.reaches(entry, found, now).is_ok()
        });
        Denial { hidden: denial.hidden && !visible, ..denial }
    }
}

/// Whether it is a member who goes by themselves. Not by a key: whoever had one issued for somebody knows it, and would
/// remove them by it without the right to.
fn leaves(entry: &SubjectEntry, member: PersonId, actor: &Actor) -> bool {
    let by_key = matches!(actor.credential, Some(Credential::Key { .. } | Credential::Client(_)))
        && actor.subject == entry.subject;
    entry.subject == Subject::Member(member) && !by_key
}

/// By what a subject reaches an integration.
pub(crate) enum ReachedBy<'s> {
    Everything,
    /// The widest first; at least one has not ended.
    Grants(&'s [GrantEntry]),
}

impl ReachedBy<'_> {
    pub(crate) fn basis(&self, entry: &SubjectEntry, now: Timestamp) -> Basis {
        match self {
            ReachedBy::Everything => everything(entry),
            ReachedBy::Grants(given) => {
                let present = given.iter().find(|grant| now < grant.ends_at);
                present.map_or_else(|| everything(entry), GrantEntry::basis)
            }
        }
    }
}

impl GrantEntry {
    pub(crate) fn basis(&self) -> Basis {
        Basis::Grant { since_seq: self.since_seq, profile: self.profile, via: self.via }
    }
}

fn everything(entry: &SubjectEntry) -> Basis {
    match entry.reach {
        Reach::ByKeyScope => Basis::KeyScope,
        Reach::ByRole | Reach::Granted(_) => Basis::Role(Permission::IntegrationUseAll),
    }
}

/// Whether a tool is open to someone who reaches its integration, and by which grant. The list and the call both
/// ask here.
pub(crate) fn open<'s>(
    index: ToolIndex,
    tool: &ToolEntry,
    integration: &IntegrationEntry,
    reached: &ReachedBy<'s>,
    now: Timestamp,
) -> Result<Option<&'s GrantEntry>, Denial> {
    if integration.paused {
        return Err(shown(Reason::Paused));
    }
    if tool.off {
        return Err(shown(Reason::OffForAll(index)));
    }
    if tool.held_back {
        return Err(shown(Reason::HeldBack(index)));
    }
    let ReachedBy::Grants(given) = reached else { return Ok(None) };
    let mut short_of = None;
    for grant in given.iter().filter(|grant| now < grant.ends_at) {
        let reason = if grant.tools_off.binary_search(&index.0).is_ok() {
            Reason::OffHere(index)
        } else if !grant.profile.admits(tool.class) {
            Reason::Profile { tool: index, profile: grant.profile, class: tool.class }
        } else {
            return Ok(Some(grant));
        };
        short_of.get_or_insert(reason);
    }
    Err(shown(short_of.unwrap_or(Reason::GrantEnded)))
}

pub(crate) fn holds(entry: &SubjectEntry, permission: Permission, target: Target) -> Answer {
    if entry.permissions.holds(permission) {
        Ok((Act::Operate { permission, target }, Basis::Role(permission)))
    } else {
        Err(shown(lacks(entry, permission)))
    }
}

/// Why a permission does not help: it is not held, or not so far.
pub(crate) fn lacks(entry: &SubjectEntry, permission: Permission) -> Reason {
    match (entry.subject, entry.permissions.scope(permission)) {
        (Subject::Key(_), None) if entry.role.is_none() => Reason::KeysManageNothing,
        (_, None) => Reason::Lacks(permission),
        (_, Some(scope)) => Reason::OutOfScope(permission, scope),
    }
}

pub(crate) fn own(permission: Permission, target: Target) -> Answer {
    Ok((Act::Operate { permission, target }, Basis::Own))
}
