//! Change what is kept about a member: the name, and the seat. Never the role, and never the e-mail address, which is
//! how somebody signs in.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::id::{OrgId, PersonId};
use domain::member::MemberDetail;
use journal::{Fact, Person};
use verdict::Operation;

use super::MemberView;
use crate::change::Along;
use crate::directory::{one_line, person_name};
use crate::{App, Caller, Problem};

/// Characters of a seat's name.
const SEAT_LENGTH_MAX: usize = 40;

/// What changes about a member; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct MemberChange {
    /// The name that they are shown under here. Other organizations call them what was written there.
    pub name: Option<String>,
    /// The kind of seat that they take in this organization; none for no seat in particular.
    pub seat: Option<Option<String>>,
}

/// The change as it comes to be, with what was the same before left out.
struct Edit {
    person: PersonId,
    /// Who they are called here, where they are to have another name, and that name.
    renamed: Option<(Person, String)>,
    /// The seat as it is written; nothing in it for none.
    seat: Option<String>,
}

impl App {
    /// Changes a member's name or seat. Everybody may change their own name.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change members' details.
    pub async fn edit_member(
        &self,
        caller: &Caller,
        member: &str,
        change: MemberChange,
    ) -> Result<MemberView, Problem> {
        let name = change.name.as_deref().map(person_name).transpose()?;
        let seat = match change.seat {
            None => None,
            Some(None) => Some(String::new()),
            Some(Some(seat)) => Some(one_line("seat", &seat, SEAT_LENGTH_MAX)?),
        };
        let person = self.member_named(caller, member).await?;
        let operation = Operation::EditMember { member: person, seat: seat.is_some() };
        // Who may not is told so before anything about the person is looked at.
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;

        let edit = self.member_edit(caller, person, (name, seat)).await?;
        let along = Along { facts: facts(caller.live.org(), &edit), directory: None };
        let named = edit.renamed.iter().map(|_| MemberDetail::Name);
        let details: BTreeSet<_> = named.chain(edit.seat.iter().map(|_| MemberDetail::Seat)).collect();
        let command = |_: &_| Ok(Command::EditMember { person, details: details.clone() });
        self.change(caller, operation, command, along).await?;
        let member = caller.live.state.lock().await.members.get(&person).cloned();
        let members = member.into_iter().collect();
        self.member_views(caller, members).await?.pop().ok_or_else(|| Problem::missing("member"))
    }

    async fn member_edit(
        &self,
        caller: &Caller,
        person: PersonId,
        (name, seat): (Option<String>, Option<String>),
    ) -> Result<Edit, Problem> {
        let org = caller.live.org();
        let seat = match seat {
            None => None,
            Some(seat) => {
                let present = self.seats(org, &[person]).await?.remove(&person).unwrap_or_default();
                Some(seat).filter(|seat| *seat != present)
            }
        };
        let renamed = match name {
            None => None,
            Some(name) => {
                let known = self.people(org, &[person]).await?.remove(&person);
                let known = known.ok_or_else(|| Problem::missing("member"))?;
                Some((known, name)).filter(|(known, name)| known.name != *name)
            }
        };
        Ok(Edit { person, renamed, seat })
    }
}

fn facts(org: OrgId, edit: &Edit) -> Vec<Fact> {
    let person = edit.person;
    let seat = edit.seat.iter().map(|label| Fact::Label { org, id: person.to_string(), label: label.clone() });
    let called = |(known, name): &(Person, String)| {
        let (email, name) = (known.email.clone(), name.clone());
        Fact::Called { org, person, email, name }
    };
    seat.chain(edit.renamed.iter().map(called)).collect()
}
