//! Decide about those who ask to join: see them, say yes, say no.

use std::collections::HashMap;

use domain::command::Command;
use domain::id::PersonId;
use domain::permission::Permission;
use journal::{Fact, JoinAskerRow};
use verdict::Operation;

use super::JoinRequestView;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Those who wait for a decision, who has waited longest first.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not add people.
    pub async fn list_join_requests(&self, caller: &Caller) -> Result<Vec<JoinRequestView>, Problem> {
        let snapshot = caller.live.snapshot();
        let operation = Operation::Use { permission: Permission::MemberAdd };
        let _permit = self.permit(&snapshot, &caller.actor, operation).await?;
        let (now, state) = (self.now(), caller.live.state.lock().await.clone());
        let mut open: Vec<_> = state.join_requests.values().filter(|request| request.is_open_at(now)).collect();
        open.sort_unstable_by_key(|request| (request.asked_at, request.person));
        let people = open.iter().map(|request| request.person).collect();
        let rows = self.inner.journal.join_askers(caller.live.org(), people).await?;
        let mut rows: HashMap<PersonId, JoinAskerRow> = rows.into_iter().map(|row| (row.person, row)).collect();
        let view = |request: &&domain::mail_domain::JoinRequest| {
            // Of whom nothing is written any more, that was erased.
            let row = rows.remove(&request.person)?;
            let known = state.mail_domains.get(&request.domain)?;
            let offer = &known.open()?.offer;
            Some(JoinRequestView {
                person: request.person,
                email: row.email,
                name: row.name,
                way: row.way,
                domain: known.name.as_str().to_owned(),
                gets: offer.role_in(&state).to_string(),
                was_member: state.members.contains_key(&request.person),
                asked_at: request.asked_at,
                until: request.until,
            })
        };
        Ok(open.iter().filter_map(view).collect())
    }

    /// Lets somebody join who asks to, with what their mail domain gives now.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not add people, or could not give what they would get; [`Problem::Missing`]
    /// where nobody of that id asks.
    pub async fn approve_join(&self, caller: &Caller, person: &str) -> Result<PersonId, Problem> {
        let (person, row) = self.asker(caller, person).await?;
        let org = caller.live.org();
        let mut facts = vec![Fact::Membership { person, org }];
        // Who was here before is called what they were called here.
        if !caller.live.state.lock().await.members.contains_key(&person) {
            facts.push(Fact::Called { org, person, email: row.email, name: row.name });
        }
        let command = |_: &_| Ok(Command::ApproveJoin { person });
        self.change(caller, Operation::ApproveJoin { person }, command, Along { facts, directory: None }).await?;
        Ok(person)
    }

    /// Says no to somebody who asks to join. They cannot ask again until their request would have ended.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not add people; [`Problem::Missing`] where nobody of that id asks.
    pub async fn decline_join(&self, caller: &Caller, person: &str) -> Result<(), Problem> {
        let (person, _) = self.asker(caller, person).await?;
        let facts = vec![Fact::DropJoinAsker { org: caller.live.org(), person }];
        let command = |_: &_| Ok(Command::DeclineJoin { person });
        self.change(caller, Operation::DeclineJoin { person }, command, Along { facts, directory: None }).await?;
        Ok(())
    }

    async fn asker(&self, caller: &Caller, person: &str) -> Result<(PersonId, JoinAskerRow), Problem> {
        let missing = || Problem::missing("join request");
        let _permit = {
            let operation = Operation::Use { permission: Permission::MemberAdd };
            self.permit(&caller.live.snapshot(), &caller.actor, operation).await?
        };
        let person = PersonId::parse(person).map_err(|_| missing())?;
        let now = self.now();
        caller.live.state.lock().await.open_join_request(person, now).ok_or_else(missing)?;
        let row = self.inner.journal.join_askers(caller.live.org(), vec![person]).await?.pop();
        Ok((person, row.ok_or_else(missing)?))
    }
}
