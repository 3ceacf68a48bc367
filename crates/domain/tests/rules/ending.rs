//! Stories about the end of an organization.

use domain::command::Command;
use domain::event::Event;
use domain::organization::{Organization, SettingChange};

use crate::Walk;
use crate::commands::balanced;
use crate::stories::{accept, refusal};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn days(days: u32) -> Command {
    let changes = vec![SettingChange::OrganizationDeleteAfterDays(days)];
    Command::ChangeSettings { name: None, changes }
}

#[test]
fn an_organization_ends_on_the_day_that_was_set_and_not_before_and_is_restored_until_then() {
    let mut walk = Walk::found_on(balanced());
    let before = walk.state.clone();
    accept(&mut walk, Command::DeleteOrganization);
    let end = walk.state.deletes_at.unwrap();
    assert_eq!(end, walk.now.plus_ms(30 * DAY_MS));
    assert_eq!(refusal(&walk, Command::DeleteOrganization), "end-set", "nobody moves the day behind another's back");
    walk.now = end.plus_ms(-2);
    assert!(!walk.state.is_gone_at(walk.now));
    assert_eq!(refusal(&walk, Command::DestroyOrganization), "end-not-come");
    accept(&mut walk, Command::RestoreOrganization);
    assert_eq!(Organization { seq: before.seq, ..walk.state.clone() }, before);
    assert_eq!(refusal(&walk, Command::DestroyOrganization), "end-not-come", "it does not end at all");

    accept(&mut walk, days(1));
    accept(&mut walk, Command::DeleteOrganization);
    let end = walk.state.deletes_at.unwrap();
    assert_eq!(end, walk.now.plus_ms(DAY_MS));
    walk.now = end;
    assert!(walk.state.is_gone_at(walk.now));
    assert_eq!(refusal(&walk, Command::RestoreOrganization), "not-found");
    assert_eq!(refusal(&walk, Command::DeleteOrganization), "end-set");
    accept(&mut walk, Command::DestroyOrganization);
    assert!(walk.state.destroyed);
    let again = domain::command::handle(&walk.state, Command::DestroyOrganization, walk.now);
    assert_eq!(again, Ok(Vec::<Event>::new()), "once");
}

#[test]
fn between_the_deletion_and_the_end_there_is_a_day_at_least_and_a_year_at_most() {
    let mut walk = Walk::found_on(balanced());
    for wrong in [0, 366, u32::MAX] {
        assert_eq!(refusal(&walk, days(wrong)), "bad-length", "{wrong}");
    }
    for right in [1, 365] {
        accept(&mut walk, days(right));
        assert_eq!(walk.state.settings.delete_after_days, right);
    }
}
