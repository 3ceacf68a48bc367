//! How every change is made: authorize on the newest state, handle, commit.

use std::sync::Arc;

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::Grantee;
use domain::id::PersonId;
use domain::organization::Organization;
use journal::{Append, Fact, StreamId};
use verdict::{Action, Actor, Denial, Operation, Permit, Question, Snapshot, Subject, Verdict};

use crate::authentication::Caller;
use crate::commit::{Commit, CommitFault, Part};
use crate::{App, Problem};

/// Attempts before a change gives up against other writers.
pub(crate) const ATTEMPTS_MAX: u32 = 8;

/// What is told to somebody whose key does not make them leave.
const LEAVE: &str = "to leave by yourself, sign in and do it in that session, at /sign-in: a key may be known to others; or \
                     ask somebody who may remove members";

/// What is to happen if it may.
#[derive(Default)]
pub(crate) struct Along {
    /// Rows that change with the events.
    pub(crate) facts: Vec<Fact>,
    /// An append to the directory that happens with it or not at all.
    pub(crate) directory: Option<Box<Append>>,
}

impl App {
    /// Asks the engine about an operation.
    pub(crate) async fn permit(
        &self,
        snapshot: &Snapshot,
        actor: &Actor,
        operation: Operation<'_>,
    ) -> Result<Permit, Problem> {
        match self.asked(snapshot, actor, operation) {
            Verdict::Allowed(permit) => Ok(permit),
            Verdict::Denied(denial) => Err(self.denied((snapshot, actor), denial, operation).await),
        }
    }

    pub(crate) fn asked(&self, snapshot: &Snapshot, actor: &Actor, operation: Operation<'_>) -> Verdict {
        snapshot.evaluate(&Question { actor, action: Action::Operate(operation), now: self.now() })
    }

    pub(crate) async fn denied(
        &self,
        (snapshot, actor): (&Snapshot, &Actor),
        denial: Denial,
        operation: Operation<'_>,
    ) -> Problem {
        if !operation.only_looks() {
            self.note_attempt(snapshot, actor, (denial, operation)).await;
        }
        // Whether somebody is a member is for those who see members: to others, a member is denied as nobody is.
        let about_another = member(operation).is_some_and(|person| actor.subject != Subject::Member(person));
        if denial.hidden || about_another && !self.asked(snapshot, actor, Operation::ViewMembers).is_allowed() {
            return Problem::missing(noun(operation));
        }
        let mut explanation = snapshot.explain_denial(denial, Action::Operate(operation));
        if matches!(operation, Operation::RemoveMember { member } if actor.subject == Subject::Member(member)) {
            explanation.remedy = Some(LEAVE.to_owned());
        }
        let ask = self.names_for((snapshot, actor), &explanation.ask).await;
        Problem::Denied { explanation: Box::new(explanation), ask }
    }

    /// Makes a change: the operation is authorized against the very state that the command is handled on, and
    /// again if another writer came first. Returns the events, none where everything was so already.
    pub(crate) async fn change(
        &self,
        caller: &Caller,
        operation: Operation<'_>,
        command: impl Fn(&Organization) -> Result<Command, Problem>,
        along: Along,
    ) -> Result<Vec<Event>, Problem> {
        let mut along = Some(along);
        for _ in 0..ATTEMPTS_MAX {
            let mut state = Arc::clone(&caller.live.state).lock_owned().await;
            let snapshot = caller.live.snapshot();
            let permit = match self.asked(&snapshot, &caller.actor, operation) {
                Verdict::Allowed(permit) => permit,
                Verdict::Denied(denial) => {
                    // Names are looked up for the answer; nobody else should wait for that.
                    drop(state);
                    return Err(self.denied((&snapshot, &caller.actor), denial, operation).await);
                }
            };
            let events = command::handle(&state, command(&state)?, self.now())?;
            self.can_ask_for_passkeys(&events)?;
            if let Some(expected) = caller.mode.expected_seq
                && expected != state.seq
            {
                return Err(Problem::Moved { seq: state.seq });
            }
            if caller.mode.preview {
                let alone = self.preview_in_turn(caller)?;
                // On a copy, so that others can go on changing meanwhile.
                let copy = Organization::clone(&state);
                drop(state);
                let facts = along.as_ref().map_or(&[][..], |along| along.facts.as_slice());
                let impact = self.impact_of((caller, &alone), &snapshot, copy, (events, facts)).await?;
                return Err(Problem::Previewed(Box::new(impact)));
            }
            let Some(extra) = along.take() else { break };
            if events.is_empty() && extra.facts.is_empty() {
                return Ok(events);
            }
            let parts = vec![Part { permit, events }];
            let (facts, directory) = (extra.facts, extra.directory);
            let commit = Commit { parts, actor: caller.stamp(), facts, directory, until: None };
            match self.commit(Arc::clone(&caller.live), state, commit).await {
                Ok(events) => return Ok(events),
                Err(CommitFault::Conflict { facts, mut directory }) => {
                    state = Arc::clone(&caller.live.state).lock_owned().await;
                    caller.live.catch_up(&self.inner.journal, &mut state).await?;
                    // Either stream may have been the one that moved. What goes into the directory rests on no state
                    // of it: that names are taken once is held by the rows beside it.
                    if let Some(directory) = &mut directory {
                        directory.expected = self.inner.journal.head(StreamId::Directory).await?;
                    }
                    along = Some(Along { facts, directory });
                }
                // Asked about just now, under the same lock.
                Err(CommitFault::Late) => break,
                Err(CommitFault::Problem(problem)) => return Err(problem),
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }
}

/// The member whom an operation is about.
fn member(operation: Operation<'_>) -> Option<PersonId> {
    match operation {
        Operation::EditMember { member, .. }
        | Operation::ChangeRole { member, .. }
        | Operation::GiveRole { member, .. }
        | Operation::TakeRole { member, .. }
        | Operation::ViewSessions { member }
        | Operation::EndSessions { member }
        | Operation::SuspendMember { member }
        | Operation::RestoreMember { member }
        | Operation::RemoveMember { member }
        | Operation::SetTeamMember { member, .. }
        | Operation::RemoveTeamMember { member, .. }
        | Operation::Assign { grantee: Grantee::Member(member), .. }
        | Operation::TransferOwnership { to: member }
        | Operation::CreatePersonalKey { holder: member }
        | Operation::Explain { subject: Subject::Member(member) }
        | Operation::ReadAudit { subject: Some(Subject::Member(member)) } => Some(member),
        _ => None,
    }
}

fn noun(operation: Operation<'_>) -> &'static str {
    match operation {
        Operation::ViewIntegration { .. }
        | Operation::ConnectAccount { .. }
        | Operation::EditIntegration { .. }
        | Operation::DisconnectIntegration { .. }
        | Operation::ReviewTool { .. } => "integration",
        Operation::ViewKey { .. }
        | Operation::RotateKey { .. }
        | Operation::RevokeKey { .. }
        | Operation::SetKeyRole { .. } => "key",
        Operation::EditAgent { .. }
        | Operation::ResumeAgent { .. }
        | Operation::SetAgentRole { .. }
        | Operation::CreateAgentKey { .. }
        | Operation::Delegate { .. }
        | Operation::EndDelegation { .. }
        | Operation::Assign { grantee: Grantee::Agent(_), .. } => "agent",
        Operation::Resource { .. } | Operation::ShareResource { .. } => "resource",
        Operation::AssignResource { .. } => "resource or team",
        Operation::Collect { .. } => "artifact or collection",
        Operation::ViewTeam { .. }
        | Operation::EditTeam { .. }
        | Operation::InviteToTeam { .. }
        // The one that newcomers shall join.
        | Operation::EditOrganization { .. }
        | Operation::Assign { grantee: Grantee::Team(_), .. } => "team",
        Operation::RequestAccess { .. } | Operation::DecideRequest { .. } => "request",
        Operation::ViewOwnershipOffer | Operation::AcceptOwnership | Operation::EndOwnershipOffer => "offer",
        Operation::CreateGroup { .. } | Operation::KeepGroup { .. } => "group",
        Operation::MapGroup { .. } => "directory group or team",
        Operation::SendInvitation { .. } => "team",
        Operation::ViewInvitation { .. }
        | Operation::EditInvitation { .. }
        | Operation::ResendInvitation { .. }
        | Operation::ApproveInvitation { .. }
        | Operation::RevokeInvitation { .. }
        | Operation::AcceptInvitation { .. } => "invitation",
        Operation::ConnectClient | Operation::RegisterClients => "client",
        Operation::EditMailDomains | Operation::OpenMailDomain { .. } | Operation::JoinByDomain { .. } => "mail domain",
        Operation::ApproveJoin { .. } | Operation::DeclineJoin { .. } => "join request",
        Operation::Data { .. } => "object",
        Operation::Field { .. } => "field",
        _ => "member",
    }
}
