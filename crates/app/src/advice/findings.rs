//! The single findings.

use std::collections::{BTreeMap, BTreeSet};

use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, KeyId, PersonId};
use domain::integration::ToolClass;
use domain::key::{Key, KeyKind};
use domain::organization::{KeysWithoutRole, Organization, SecondFactor, ToolChanges};
use domain::permission::Permission;
use domain::role::RoleLevel;
use domain::team::Team;
use domain::time::Timestamp;
use journal::{KeyUse, Usage};
use verdict::{Snapshot, Subject};

use crate::advice::{DAY_MS, UNUSED_AFTER_DAYS};
use crate::keys::known::could_be_issued_today;
use crate::reviews::due_at;

/// Somebody who joined later than this is new.
const NEW_FOR_DAYS: i64 = 14;
/// Things that one finding names; it says how many there are.
const NAMED_MAX: usize = 50;
/// Managers of an organization of a few people are many in any case.
const MANAGERS_MANY: usize = 4;

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// Something is wrong, or soon will be.
    Act,
    /// Worth a look.
    Consider,
}

/// Something that a finding is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct About {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
}

/// Something that deserves a look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The stable code.
    pub code: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// What was found, in a sentence.
    pub message: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// What it is about, the first of them.
    pub about: Vec<About>,
    /// How many there are.
    pub count: usize,
}

impl Finding {
    /// The members, keys and agents among what it is about.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = Subject> {
        self.about.iter().filter_map(|about| Subject::parse(&about.id))
    }
}

/// The organization wants its access reviewed from time to time, and the time has come.
fn review_due(seen: &Seen<'_>) -> Option<Finding> {
    due_at(seen.state).filter(|due| *due <= seen.now)?;
    let days = seen.state.settings.review_every_days;
    let message = format!("nobody has confirmed in the last {days} days that everybody has what they should");
    let remedy = "go through `wardroom report access`, then say so with the `wardroom review confirm` that it ends on";
    Some(finding("review-due", Weight::Consider, message, remedy))
}

/// The organization ends, and whoever could restore it should know.
fn ending(seen: &Seen<'_>) -> Option<Finding> {
    let end = seen.state.deletes_at?;
    // A day that has begun is a day in which it can be restored.
    let days = end.since_ms(seen.now).saturating_add(DAY_MS - 1) / DAY_MS;
    let left = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
    let message = format!("this organization ends in {left} at the latest; nothing is done in it any more");
    let remedy = "if that is not meant, `wardroom org restore` takes it back, and everything is as it was";
    Some(finding("organization-ending", Weight::Act, message, remedy))
}

/// A passkey is asked for, and the server has moved to where there are none.
fn shut_out(seen: &Seen<'_>) -> Option<Finding> {
    if seen.has_passkeys || seen.state.settings.sign_in_second_factor == SecondFactor::Off {
        return None;
    }
    let message = "a passkey is asked for, and there are none under the server's public URL, so that no session of those who \
                   are asked opens anything here";
    let remedy = "have public-url be https and a host with a name, or, with a key, `wardroom org set \
                  sign_in.second_factor=off`";
    Some(finding("no-passkeys-here", Weight::Act, message.to_owned(), remedy))
}

/// What findings are drawn from.
pub(crate) struct Seen<'s> {
    pub(crate) state: &'s Organization,
    pub(crate) snapshot: &'s Snapshot,
    /// Of the last [`UNUSED_AFTER_DAYS`].
    pub(crate) usage: &'s Usage,
    pub(crate) key_uses: &'s [KeyUse],
    pub(crate) now: Timestamp,
    /// Whether passkeys can be shown here.
    pub(crate) has_passkeys: bool,
    /// Integrations that are used with one account for everybody, and have none that works.
    pub(crate) without_account: &'s BTreeSet<IntegrationId>,
}

/// Every finding there is.
pub(crate) fn find(seen: &Seen<'_>) -> Vec<Finding> {
    // What else there is matters when it is restored.
    if let Some(ending) = ending(seen) {
        return vec![ending];
    }
    let all = [
        shut_out(seen),
        few_managers(seen),
        one_owner(seen),
        many_managers(seen),
        keys_without_an_end(seen),
        keys_without_a_role(seen),
        suspended_keys(seen),
        keys_known_to_leavers(seen),
        keys_known_below(seen),
        keys_of_one_client(seen),
        unused_keys(seen),
        unused_access(seen),
        writing_newcomers(seen),
        review_due(seen),
        leaderless_teams(seen),
        tools_to_review(seen),
        changed_tools(seen),
        changes_taken(seen),
        integrations_without_an_account(seen),
        agents_without_a_sponsor(seen),
        ownerless_resources(seen),
        lapsed_domains(seen),
    ];
    all.into_iter().flatten().collect()
}

fn finding(code: &'static str, weight: Weight, message: String, remedy: &'static str) -> Finding {
    Finding { code, weight, message, remedy, about: Vec::new(), count: 0 }
}

/// The finding with what it is about; none where that is nothing.
fn about(finding: Finding, things: impl IntoIterator<Item = (String, String)>) -> Option<Finding> {
    let things: Vec<About> = things.into_iter().map(|(id, name)| About { id, name }).collect();
    let count = things.len();
    (count > 0).then(|| Finding { about: things.into_iter().take(NAMED_MAX).collect(), count, ..finding })
}

/// Ids of members, keys and agents, whose names are filled in later.
fn ids<T: ToString>(ids: impl IntoIterator<Item = T>) -> Vec<(String, String)> {
    ids.into_iter().map(|id| (id.to_string(), String::new())).collect()
}

fn managers(seen: &Seen<'_>) -> Vec<PersonId> {
    let manages = |person: &PersonId| {
        let held = seen.snapshot.permissions_of(Subject::Member(*person), seen.now);
        held.holds(Permission::MemberRemove) && held.holds(Permission::RoleAssign)
    };
    active(seen.state).filter(manages).collect()
}

fn active(state: &Organization) -> impl Iterator<Item = PersonId> {
    state.members.values().filter(|member| member.is_active()).map(|member| member.person)
}

fn workspace_keys<'s>(seen: &Seen<'s>) -> impl Iterator<Item = &'s Key> {
    let now = seen.now;
    let keys = seen.state.keys.values();
    keys.filter(move |key| key.holds_at(now) && matches!(key.kind, KeyKind::Workspace { .. }))
}

fn few_managers(seen: &Seen<'_>) -> Option<Finding> {
    let (managers, wanted) = (managers(seen), seen.state.settings.admins_warn_below);
    let message = format!("only {} of {wanted} people who should be able to manage members can", managers.len());
    let remedy = "give a second person a role that manages members, so that nobody is locked out when one is away";
    let found = finding("few-managers", Weight::Act, message, remedy);
    about(found, ids(managers.iter())).filter(|found| found.count < wanted as usize)
}

fn one_owner(seen: &Seen<'_>) -> Option<Finding> {
    let owners: Vec<PersonId> = seen.state.top_role_holders().collect();
    let one = owners.len() == 1 && seen.state.settings.owners_max != Some(1);
    let remedy = "give the top role to a second person whom you trust, or know how you would recover it";
    let found = finding("one-owner", Weight::Consider, "one person alone holds the top role".to_owned(), remedy);
    about(found, ids(owners)).filter(|_| one)
}

fn many_managers(seen: &Seen<'_>) -> Option<Finding> {
    let (managers, all) = (managers(seen), active(seen.state).count());
    let many = managers.len() >= MANAGERS_MANY && managers.len() * 3 > all;
    let message = format!("{} of {all} members manage members", managers.len());
    let remedy = "most people need no more than a member's role; promote those who manage members or integrations";
    about(finding("many-managers", Weight::Consider, message, remedy), ids(managers)).filter(|_| many)
}

fn keys_without_an_end(seen: &Seen<'_>) -> Option<Finding> {
    let keys = workspace_keys(seen).filter(|key| key.expires_at.is_none()).map(|key| key.id);
    let remedy = "rotate them from time to time, or make them anew with an end";
    about(finding("key-without-end", Weight::Consider, "workspace keys that never end".to_owned(), remedy), ids(keys))
}

fn keys_without_a_role(seen: &Seen<'_>) -> Option<Finding> {
    if seen.state.settings.keys_without_role == KeysWithoutRole::ToolsOnly {
        return None;
    }
    let keys = workspace_keys(seen).filter(|key| key.role().is_none()).map(|key| key.id);
    let remedy = "give each the role that fits what it is for; what has no role follows the default, or does nothing";
    about(finding("key-without-role", Weight::Act, "workspace keys without a role".to_owned(), remedy), ids(keys))
}

fn suspended_keys(seen: &Seen<'_>) -> Option<Finding> {
    let keys = workspace_keys(seen).filter(|key| key.suspended).map(|key| key.id);
    let message = "workspace keys that lost their role and do nothing".to_owned();
    about(finding("key-suspended", Weight::Act, message, "give them a role, or revoke them"), ids(keys))
}

fn keys_known_to_leavers(seen: &Seen<'_>) -> Option<Finding> {
    let keys = shared_keys(seen).filter(|key| issuer_left(seen, key)).map(|key| key.id);
    let message = "keys of programs whose secret was issued to somebody who has left".to_owned();
    about(
        finding("key-known-to-leaver", Weight::Act, message, "rotate them: the leaver may still have the secret"),
        ids(keys),
    )
}

fn keys_known_below(seen: &Seen<'_>) -> Option<Finding> {
    let below = |key: &&Key| !could_be_issued_today(key, seen.snapshot, seen.now) && !issuer_left(seen, key);
    let keys = shared_keys(seen).filter(below).map(|key| key.id);
    let message =
        "keys of programs whose secret was issued by somebody who may not issue such a key any more".to_owned();
    about(
        finding("key-known-below", Weight::Act, message, "rotate them: whoever issued the secret may still have it"),
        ids(keys),
    )
}

/// Keys that are nobody's own: of workspaces and of agents.
fn shared_keys<'s>(seen: &Seen<'s>) -> impl Iterator<Item = &'s Key> {
    let now = seen.now;
    seen.state.keys.values().filter(move |key| key.holds_at(now) && key.holder().is_none())
}

fn issuer_left(seen: &Seen<'_>, key: &Key) -> bool {
    let person = key.issued_by.split('/').next().and_then(|subject| PersonId::parse(subject).ok());
    person.is_some_and(|person| seen.state.member(person).is_none())
}

fn keys_of_one_client(seen: &Seen<'_>) -> Option<Finding> {
    let mut clients: BTreeMap<KeyId, BTreeSet<Option<&str>>> = BTreeMap::new();
    for sum in &seen.usage.sums {
        if let Some(key) = sum.credential {
            clients.entry(key).or_default().insert(sum.client.as_deref());
        }
    }
    let alone = |key: &&Key| clients.get(&key.id).is_some_and(|clients| clients.len() == 1);
    let keys = workspace_keys(seen).filter(alone).map(|key| key.id);
    let message = "workspace keys that one client alone has used in 90 days".to_owned();
    let remedy = "if one person is behind it, a personal key is safer: it names them, and it ends with them";
    about(finding("key-of-one-client", Weight::Consider, message, remedy), ids(keys))
}

fn unused_keys(seen: &Seen<'_>) -> Option<Finding> {
    let since = seen.now.plus_ms(-UNUSED_AFTER_DAYS * DAY_MS);
    let used: BTreeSet<KeyId> = seen.key_uses.iter().filter(|used| used.at >= since).map(|used| used.key).collect();
    let unused = |key: &&Key| key.holds_at(seen.now) && key.issued_at < since && !used.contains(&key.id);
    let keys = seen.state.keys.values().filter(unused).map(|key| key.id);
    let found =
        finding("key-unused", Weight::Consider, "keys that nobody has used in 90 days".to_owned(), "revoke them");
    about(found, ids(keys))
}

fn unused_access(seen: &Seen<'_>) -> Option<Finding> {
    if !seen.usage.complete {
        return None;
    }
    let since = seen.now.plus_ms(-UNUSED_AFTER_DAYS * DAY_MS);
    let used: BTreeSet<(&str, IntegrationId)> =
        seen.usage.sums.iter().map(|sum| (sum.subject.as_str(), sum.integration)).collect();
    let idle = |person: &PersonId| {
        let given = seen.state.grants.get(&Grantee::Member(*person));
        let joined = seen.state.members.get(person).map(|member| member.joined_at);
        let unused = |id: &IntegrationId| !used.contains(&(person.as_str(), *id));
        joined.is_some_and(|joined| joined < since) && given.is_some_and(|given| given.keys().any(unused))
    };
    let people = active(seen.state).filter(idle);
    let message = "members with integrations that they have not used in 90 days".to_owned();
    let remedy = "take away what they do not need: `wardroom member access` shows it";
    about(finding("access-unused", Weight::Consider, message, remedy), ids(people))
}

fn writing_newcomers(seen: &Seen<'_>) -> Option<Finding> {
    let new = |person: &PersonId| {
        let member = seen.state.members.get(person);
        member.is_some_and(|member| seen.now.since_ms(member.joined_at) < NEW_FOR_DAYS * DAY_MS)
    };
    let writes = |person: &PersonId| {
        let given = seen.state.grants.get(&Grantee::Member(*person));
        given.is_some_and(|given| given.values().any(|grant| grant.profile != Profile::ReadOnly))
    };
    let people = active(seen.state).filter(|person| new(person) && writes(person));
    let message = "new members who may change things at once".to_owned();
    let remedy = "start them with read-only, and widen it when they need more";
    about(finding("newcomer-writes", Weight::Consider, message, remedy), ids(people))
}

fn leaderless_teams(seen: &Seen<'_>) -> Option<Finding> {
    let leads = |role| {
        seen.state
            .roles
            .get(&role)
            .is_some_and(|role| role.level == RoleLevel::Team && role.set().scope(Permission::TeamMembers).is_some())
    };
    // An organization without such a role has no leaders to miss.
    if !seen.state.roles.values().any(|role| leads(role.id)) {
        return None;
    }
    let has_leader = |team: &&Team| {
        let leaders = team.members.iter().filter(|(_, place)| leads(place.role));
        leaders.map(|(person, _)| person).any(|person| seen.state.active_member(*person).is_some())
    };
    let teams = seen.state.teams.values().filter(|team| !has_leader(team));
    let teams = teams.map(|team| (team.id.to_string(), team.title.clone()));
    let message = "teams that nobody leads".to_owned();
    about(finding("team-leaderless", Weight::Consider, message, "give a member of each a role that leads it"), teams)
}

fn tools_to_review(seen: &Seen<'_>) -> Option<Finding> {
    let waits = |integration: &&domain::integration::Integration| {
        integration.tools.values().any(|tool| tool.class == ToolClass::Unclassified)
    };
    let integrations = seen.state.integrations.values().filter(waits);
    let integrations = integrations.map(|integration| (integration.id.to_string(), integration.title.clone()));
    let message = "integrations with tools that nobody has reviewed; they count as deleting".to_owned();
    let remedy = "decide what each tool does: `wardroom tool list --integration … --class unclassified`";
    about(finding("tools-to-review", Weight::Act, message, remedy), integrations)
}

fn changed_tools(seen: &Seen<'_>) -> Option<Finding> {
    let integrations = seen.state.integrations.values().filter(|integration| !integration.found.is_empty());
    let integrations = integrations.map(|integration| (integration.id.to_string(), integration.title.clone()));
    let message = "integrations whose servers list tools otherwise than they were approved".to_owned();
    let remedy = "look at what changed with `wardroom integration changes …`, and approve it with `wardroom integration approve …`";
    about(finding("tools-changed", Weight::Act, message, remedy), integrations)
}

/// That what servers change is used unseen is said as long as it is so.
fn changes_taken(seen: &Seen<'_>) -> Option<Finding> {
    if seen.state.settings.tool_changes == ToolChanges::Hold || seen.state.integrations.is_empty() {
        return None;
    }
    let message = "what servers change about their tools is taken over without anybody's approval".to_owned();
    let remedy = "have it held back: `wardroom org set integrations.tool_changes=hold`";
    Some(finding("tool-changes-taken", Weight::Consider, message, remedy))
}

fn integrations_without_an_account(seen: &Seen<'_>) -> Option<Finding> {
    let integrations = seen.without_account.iter().filter_map(|id| seen.state.integrations.get(id));
    let integrations = integrations.map(|integration| (integration.id.to_string(), integration.title.clone()));
    let message = "integrations that are used with one account for everybody, and have none that works".to_owned();
    let remedy = "sign in with it on the integration's page below /connect; `wardroom integration accounts …` says what is \
                  wrong";
    about(finding("account-missing", Weight::Act, message, remedy), integrations)
}

fn agents_without_a_sponsor(seen: &Seen<'_>) -> Option<Finding> {
    let agents = seen.state.agents.values().filter(|agent| agent.sponsor.is_none()).map(|agent| agent.id);
    let message = "agents for which nobody answers since their sponsor left; they do nothing".to_owned();
    about(finding("agent-without-sponsor", Weight::Act, message, "name a sponsor, or delete them"), ids(agents))
}

fn ownerless_resources(seen: &Seen<'_>) -> Option<Finding> {
    let ownerless = seen.state.resources.values().filter(|one| one.owner.is_none() && one.deleted_at.is_none());
    let resources = ownerless.map(|one| (one.id.to_string(), one.title.clone()));
    let message = "resources whose owner has left".to_owned();
    about(
        finding("resource-ownerless", Weight::Consider, message, "hand them over to somebody who needs them"),
        resources,
    )
}

fn lapsed_domains(seen: &Seen<'_>) -> Option<Finding> {
    let lapsed = seen.state.mail_domains.values().filter(|known| known.lapsed_at.is_some());
    let domains = lapsed.map(|known| (known.id.to_string(), known.name.as_str().to_owned()));
    let message = "mail domains whose record is gone from the DNS; nobody joins by them".to_owned();
    let remedy = "publish the record again and verify them, or remove them";
    about(finding("mail-domain-lapsed", Weight::Act, message, remedy), domains)
}

#[cfg(test)]
mod tests {
    use domain::command::{self, Command};
    use domain::event::Event;
    use domain::id::{AgentId, OrgId};
    use domain::organization::{SettingChange, Stamp};
    use domain::role::RoleId;

    use super::*;
    use crate::presets::named;

    fn person(number: u8) -> PersonId {
        PersonId::from_random([number; 20])
    }

    fn role(name: &str) -> RoleId {
        RoleId::parse(name).unwrap()
    }

    struct World {
        state: Organization,
        now: Timestamp,
        without_account: BTreeSet<IntegrationId>,
    }

    impl World {
        fn found() -> World {
            let mut world =
                World { state: Organization::new(), now: Timestamp(1_000), without_account: BTreeSet::new() };
            let preset = Box::new(named("pipeworks").unwrap());
            world.give(Command::CreateOrganization { name: "Acme".to_owned(), preset, owner: person(1) });
            world
        }

        fn give(&mut self, command: Command) {
            let events: Vec<Event> = command::handle(&self.state, command, self.now).unwrap();
            for event in &events {
                let stamp = Stamp { seq: self.state.seq + 1, at: self.now, actor: person(1).to_string() };
                self.state.apply(&stamp, event);
            }
        }

        fn key(&mut self, number: u8) -> KeyId {
            let key = KeyId::from_random([number; 20]);
            let kind = KeyKind::Workspace { scope: domain::key::KeyScope::All, role: None };
            let (digest, hint) = ("0".repeat(64), "abcd".to_owned());
            self.give(Command::CreateKey { key, kind, digest, hint, expires_at: None });
            key
        }

        fn codes(&self, usage: &Usage) -> Vec<&'static str> {
            self.codes_where(usage, true)
        }

        fn codes_where(&self, usage: &Usage, has_passkeys: bool) -> Vec<&'static str> {
            let snapshot = Snapshot::compile(OrgId::from_random([1; 20]), &self.state, None);
            let (state, now) = (&self.state, self.now);
            let without_account = &self.without_account;
            let seen = Seen { state, snapshot: &snapshot, usage, key_uses: &[], now, has_passkeys, without_account };
            find(&seen).iter().map(|finding| finding.code).collect()
        }
    }

    #[test]
    fn an_organization_that_asks_for_passkeys_where_there_are_none_is_told_so_first_and_asks_on() {
        let mut world = World::found();
        for asked in [SecondFactor::Managers, SecondFactor::Everyone, SecondFactor::Off] {
            let changes = vec![SettingChange::SignInSecondFactor(asked)];
            world.give(Command::ChangeSettings { name: None, changes });
            let codes = world.codes_where(&Usage::default(), false);
            let told = codes.contains(&"no-passkeys-here");
            assert_eq!(told, asked != SecondFactor::Off, "{codes:?}");
            assert!(!world.codes(&Usage::default()).contains(&"no-passkeys-here"));
            assert_eq!(world.state.settings.sign_in_second_factor, asked);
        }
    }

    // rows: PW-54, PW-57, TW-42, SW-57
    #[test]
    fn a_workspace_key_is_pointed_out_for_its_end_its_idleness_and_whoever_left_with_its_secret() {
        let mut world = World::found();
        world.give(Command::AddMember { person: person(2), role: role("owner") });
        let key = world.key(9);
        assert_eq!(world.codes(&Usage::default()), ["key-without-end"]);
        world.give(Command::RemoveMember { person: person(1) });
        world.now = world.now.plus_ms(100 * DAY_MS);
        let codes = world.codes(&Usage::default());
        assert!(codes.contains(&"key-known-to-leaver") && codes.contains(&"key-unused"), "{codes:?}");
        let integration = IntegrationId::from_random([3; 20]);
        let by = |client: &str| journal::UsageOf {
            subject: key.to_string(),
            credential: Some(key),
            integration,
            client: Some(client.to_owned()),
            calls: 3,
            last_at: world.now,
        };
        let one = Usage { sums: vec![by("claude")], complete: true };
        assert!(world.codes(&one).contains(&"key-of-one-client"));
        let two = Usage { sums: vec![by("claude"), by("n8n")], complete: true };
        assert!(!world.codes(&two).contains(&"key-of-one-client"));
    }

    // rows: SW-52, PW-56, SW-53
    #[test]
    fn too_few_and_too_many_managers_are_pointed_out() {
        let mut world = World::found();
        assert_eq!(world.codes(&Usage::default()), ["few-managers", "one-owner"]);
        for number in 2..=5 {
            world.give(Command::AddMember { person: person(number), role: role("admin") });
        }
        assert_eq!(world.codes(&Usage::default()), ["one-owner", "many-managers"]);
        for number in 10..30 {
            world.give(Command::AddMember { person: person(number), role: role("member") });
        }
        world.give(Command::ChangeSettings { name: None, changes: vec![SettingChange::OwnersMax(Some(1))] });
        assert_eq!(world.codes(&Usage::default()), Vec::<&str>::new());
    }

    #[test]
    fn an_agent_whose_sponsor_left_is_pointed_out() {
        let mut world = World::found();
        world.give(Command::AddMember { person: person(2), role: role("owner") });
        world.give(Command::CreateAgent {
            agent: AgentId::from_random([7; 20]),
            title: "Bot".to_owned(),
            sponsor: person(2),
            role: None,
            expires_at: None,
        });
        assert!(!world.codes(&Usage::default()).contains(&"agent-without-sponsor"));
        world.give(Command::RemoveMember { person: person(2) });
        assert!(world.codes(&Usage::default()).contains(&"agent-without-sponsor"));
    }
}
