//! What may happen to accounts.

use crate::account::Account;
use crate::event::Event;
use crate::id::{AccountId, IntegrationId, PersonId};
use crate::integration::{CredentialKind, Whose};
use crate::organization::Organization;
use crate::refusal::Refusal;

/// An account is connected, and takes the place of the one that was there.
pub(crate) fn connect(
    state: &Organization,
    account: AccountId,
    (integration, person): (IntegrationId, Option<PersonId>),
) -> Result<Vec<Event>, Refusal> {
    let at = state.integration(integration)?;
    let whose = person.map_or(Whose::Organization, |_| Whose::Person);
    if !matches!(&at.credential, CredentialKind::OAuth { whose: wanted, .. } if *wanted == whose) {
        let message = match at.credential {
            CredentialKind::OAuth { whose: Whose::Person, .. } => "each person connects their own account there",
            CredentialKind::OAuth { .. } => "it is called with one account for everybody, which an admin connects",
            _ => "it is called with no account: an admin chooses how Wardroom shows itself there",
        };
        return Err(Refusal::rule("no-account-there", format!("{}: {message}", at.slug)));
    }
    if let Some(person) = person {
        state.active_member(person).ok_or_else(|| Refusal::missing("member", "there is no such member"))?;
    }
    if state.accounts.contains_key(&account) {
        return Err(Refusal::rule("exists", "this account is connected already"));
    }
    let before = state.accounts.values().find(|known| (known.integration, known.person) == (integration, person));
    let mut events: Vec<Event> = before.map(ended).into_iter().collect();
    events.push(Event::AccountConnected { account, integration, person });
    Ok(events)
}

/// An account is used no longer. That it is not any more already is no fault of whoever says so.
pub(crate) fn disconnect(state: &Organization, account: AccountId, integration: IntegrationId) -> Vec<Event> {
    state.accounts.get(&account).filter(|known| known.integration == integration).map(ended).into_iter().collect()
}

fn ended(account: &Account) -> Event {
    let Account { id, integration, person, .. } = *account;
    Event::AccountDisconnected { account: id, integration, person }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::{Integration, IntegrationEdit, Slug};
    use crate::member::{Member, MemberStatus};
    use crate::organization::Stamp;
    use crate::time::Timestamp;

    fn person(number: u8) -> PersonId {
        PersonId::from_random([number; 20])
    }

    fn account(number: u8) -> AccountId {
        AccountId::from_random([number; 20])
    }

    fn integration(number: u8) -> IntegrationId {
        IntegrationId::from_random([number; 20])
    }

    fn member(number: u8) -> Member {
        Member {
            person: person(number),
            role: crate::role::RoleId::parse("member").unwrap(),
            extra_roles: std::collections::BTreeMap::new(),
            status: MemberStatus::Active,
            joined_at: Timestamp(1),
            removed_at: None,
            suspended_at: None,
            suspended_by_directory: false,
            sessions_from: None,
        }
    }

    fn at(number: u8, credential: CredentialKind) -> Integration {
        Integration {
            id: integration(number),
            slug: Slug::parse(&format!("there-{number}")).unwrap(),
            title: "There".to_owned(),
            purpose: String::new(),
            url: "https://there.example/mcp".to_owned(),
            credential,
            paused: false,
            tools: std::collections::BTreeMap::new(),
            found: std::collections::BTreeMap::new(),
        }
    }

    fn oauth(whose: Whose) -> CredentialKind {
        CredentialKind::OAuth { whose, client_id: None, scope: None }
    }

    /// Integration 1 takes an account of each person, 2 one of everybody, 3 none.
    fn company() -> Organization {
        let mut state = Organization::new();
        state.members.extend([1, 2].map(|number| (person(number), member(number))));
        let all = [(1, oauth(Whose::Person)), (2, oauth(Whose::Organization)), (3, CredentialKind::Bearer)];
        state.integrations.extend(all.map(|(number, credential)| (integration(number), at(number, credential))));
        state
    }

    fn happens(state: &mut Organization, events: &[Event]) {
        for event in events {
            let stamp = Stamp { seq: state.seq + 1, at: Timestamp(5), actor: "test".to_owned() };
            state.apply(&stamp, event);
        }
    }

    fn connected(state: &mut Organization, number: u8, place: (IntegrationId, Option<PersonId>)) {
        let events = connect(state, account(number), place).unwrap();
        happens(state, &events);
    }

    fn left(state: &Organization) -> Vec<AccountId> {
        state.accounts.keys().copied().collect()
    }

    #[test]
    fn a_person_has_one_account_at_an_integration_and_another_takes_its_place() {
        let mut state = company();
        connected(&mut state, 1, (integration(1), Some(person(1))));
        connected(&mut state, 2, (integration(1), Some(person(2))));
        connected(&mut state, 3, (integration(1), Some(person(1))));
        assert_eq!(left(&state), [account(2), account(3)]);
    }

    #[test]
    fn an_account_is_connected_where_one_is_wanted_and_for_whom() {
        let state = company();
        for (place, code) in [
            ((integration(2), Some(person(1))), "no-account-there"),
            ((integration(1), None), "no-account-there"),
            ((integration(3), None), "no-account-there"),
            ((integration(3), Some(person(1))), "no-account-there"),
            ((integration(1), Some(person(9))), "not-found"),
            ((integration(9), Some(person(1))), "not-found"),
        ] {
            assert_eq!(connect(&state, account(1), place).unwrap_err().code, code, "{place:?}");
        }
    }

    #[test]
    fn accounts_end_with_their_person_their_integration_and_its_credential_and_nobody_elses_do() {
        let mut before = company();
        connected(&mut before, 1, (integration(1), Some(person(1))));
        connected(&mut before, 2, (integration(1), Some(person(2))));
        connected(&mut before, 3, (integration(2), None));
        let anew = IntegrationEdit { credential: Some(oauth(Whose::Organization)), ..IntegrationEdit::default() };
        let title = IntegrationEdit { title: Some("Here".to_owned()), ..IntegrationEdit::default() };
        for (event, ended) in [
            (Event::MemberRemoved { person: person(1) }, vec![account(1)]),
            (Event::IntegrationDisconnected { integration: integration(1) }, vec![account(1), account(2)]),
            (Event::IntegrationEdited { integration: integration(2), edit: anew }, vec![account(3)]),
            (Event::IntegrationEdited { integration: integration(2), edit: title }, vec![]),
            (disconnect(&before, account(2), integration(1)).remove(0), vec![account(2)]),
        ] {
            assert_eq!(before.accounts_ended_by(&event), ended, "{event:?}");
            let mut state = before.clone();
            happens(&mut state, std::slice::from_ref(&event));
            let kept: Vec<_> = left(&before).into_iter().filter(|account| !ended.contains(account)).collect();
            assert_eq!(left(&state), kept, "{event:?}");
        }
        assert!(disconnect(&before, account(9), integration(1)).is_empty());
        assert!(disconnect(&before, account(2), integration(2)).is_empty(), "it is elsewhere");
    }
}
