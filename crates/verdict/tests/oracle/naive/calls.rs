//! Which tools may be called: the union of what was given, cut by what is switched off for everyone.

use domain::grant::{Grant, Grantee, Profile};
use domain::id::IntegrationId;
use domain::integration::{Found, Integration, ToolClass};
use domain::key::{KeyKind, KeyScope};
use domain::organization::GrantsTo;
use domain::permission::Permission;
use domain::time::Timestamp;
use verdict::{Actor, Gift, Subject};

use super::{Answer, Naive, hide, no, nothing_there, yes};

/// What a subject has of an integration.
enum Has<'o> {
    Everything(&'static str),
    Grants(Vec<&'o Grant>),
}

impl<'o> Naive<'o> {
    pub(crate) fn call(&self, subject: Subject, slug: &str, tool: &str) -> Answer {
        let found = self.state.integrations.values().find(|one| one.slug.as_str() == slug);
        let Some(integration) = found else { return hide(no("no-such-tool")) };
        let reached = self.reached(subject, integration.id);
        let sees = self.view_integration(subject, integration.id).allowed;
        let Some(found) = integration.tools.get(tool) else {
            return if sees { no("no-such-tool") } else { hide(no("no-such-tool")) };
        };
        if !reached.allowed {
            return reached;
        }
        if integration.paused {
            return no("integration-paused");
        }
        if found.off {
            return no("tool-off-for-all");
        }
        if matches!(integration.found.get(tool), Some(Found::Definition(_) | Found::Unsound { .. })) {
            return no("tool-held-back");
        }
        match self.has(subject, integration.id) {
            Has::Everything(code) => yes(code),
            Has::Grants(grants) => {
                let holding = grants.into_iter().filter(|grant| self.is_before(grant.expires_at));
                by_grants(&holding.collect::<Vec<_>>(), tool, integration)
            }
        }
    }

    /// Whoever has anything of an integration reads what it has besides tools, while it is not paused.
    pub(crate) fn use_besides_tools(&self, subject: Subject, slug: &str) -> Answer {
        let found = self.state.integrations.values().find(|one| one.slug.as_str() == slug);
        let Some(integration) = found else { return nothing_there() };
        let reached = self.reached(subject, integration.id);
        if reached.allowed && integration.paused { no("integration-paused") } else { reached }
    }

    /// What a tool does to things; the worst where there is none.
    pub(super) fn class(&self, slug: &str, tool: &str) -> ToolClass {
        let found = self.state.integrations.values().find(|one| one.slug.as_str() == slug);
        found.and_then(|one| one.tools.get(tool)).map_or(ToolClass::Unclassified, |tool| tool.class)
    }

    /// Whether a subject has anything of an integration at this moment.
    fn reached(&self, subject: Subject, integration: IntegrationId) -> Answer {
        let denied = match self.has(subject, integration) {
            Has::Everything(code) => return yes(code),
            Has::Grants(grants) if grants.is_empty() => no("not-assigned"),
            Has::Grants(grants) if grants.iter().any(|grant| self.is_before(grant.expires_at)) => return yes("grant"),
            Has::Grants(_) => no("grant-ended"),
        };
        if self.needs(subject, Permission::IntegrationView).allowed { denied } else { hide(denied) }
    }

    /// Everything that was given to the subject, to their teams and to those with a role of theirs; not what was given to
    /// those to whom nothing is given here any longer.
    fn has(&self, subject: Subject, integration: IntegrationId) -> Has<'o> {
        if let Subject::Key(key) = subject
            && let Some(KeyKind::Workspace { scope: KeyScope::All, .. }) = self.state.live_key(key).map(|key| &key.kind)
            && self.state.settings.managers_implicit_access
        {
            return Has::Everything("key-scope");
        }
        if self.needs(subject, Permission::IntegrationUseAll).allowed {
            return Has::Everything("role");
        }
        let to = &self.state.settings.grants_to;
        let mut givers = Vec::new();
        if !matches!(subject, Subject::Member(_)) || to.contains(&GrantsTo::Person) {
            givers.push(subject.grantee());
        }
        if to.contains(&GrantsTo::Team) {
            givers.extend(self.teams_of(subject).into_iter().map(Grantee::Team));
        }
        if to.contains(&GrantsTo::Role) {
            givers.extend(self.roles_of(subject).into_iter().map(|role| Grantee::Role(role.id)));
        }
        // The nearest first: one's own, then those of teams, then those of roles; what was lent behind what was given.
        let all = |giver: &Grantee| {
            let given = self.state.grants.get(giver).and_then(|given| given.get(&integration));
            given.into_iter().chain(self.state.loans(*giver, integration)).collect::<Vec<_>>()
        };
        Has::Grants(givers.iter().flat_map(all).collect())
    }

    /// Whether a subject has an integration in at least this measure and for as long: in every tool that the gift lets
    /// through or could come to, by one and the same grant.
    pub(crate) fn has_as_much(&self, subject: Subject, integration: IntegrationId, gift: Gift<'_>) -> Answer {
        let reached = self.reached(subject, integration);
        if !reached.allowed {
            return reached;
        }
        // By the roles that they still have then.
        let last = Timestamp(gift.expires_at.unwrap_or(Timestamp(i64::MAX)).0 - 1).max(self.now);
        let then = Naive { state: self.state, now: last };
        let Has::Grants(grants) = then.has(subject, integration) else { return yes("role") };
        let classes = [ToolClass::Read, ToolClass::Write, ToolClass::Delete];
        let covers = |grant: &&Grant| {
            let classes =
                classes.iter().all(|class| lets_through(grant.profile, *class) || !lets_through(gift.profile, *class));
            let off = grant.tools_off.iter().all(|tool| gift.tools_off.contains(tool));
            let long = match (grant.expires_at, gift.expires_at) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(end), Some(wanted)) => wanted <= end,
            };
            self.is_before(grant.expires_at) && classes && off && long
        };
        if grants.iter().any(covers) { yes("grant") } else { no("beyond-your-reach") }
    }

    pub(crate) fn view_integration(&self, subject: Subject, integration: IntegrationId) -> Answer {
        if !self.state.integrations.contains_key(&integration) {
            return nothing_there();
        }
        let all = self.needs(subject, Permission::IntegrationView);
        if all.allowed { all } else { self.reached(subject, integration) }
    }

    /// Whether an integration appears in anything that the actor is shown.
    pub(crate) fn sees(&self, actor: &Actor, integration: &Integration) -> bool {
        let view = |subject| self.view_integration(subject, integration.id).allowed;
        self.at_the_door(actor).is_none()
            && view(actor.subject)
            && actor.acting_for.is_none_or(|person| view(Subject::Member(person)))
    }
}

/// One grant that lets the tool through is enough; if none does, the widest is the one that falls short, and of those that
/// are as wide and have as few tools off the nearest.
fn by_grants(holding: &[&Grant], tool: &str, integration: &Integration) -> Answer {
    let class = integration.tools[tool].class;
    if holding.iter().any(|grant| !grant.tools_off.contains(tool) && lets_through(grant.profile, class)) {
        return yes("grant");
    }
    let wide = |grant: &&&Grant| {
        (lets_through(grant.profile, ToolClass::Delete), lets_through(grant.profile, ToolClass::Write))
    };
    let widest = holding.iter().map(|grant| wide(&grant)).max();
    let fewest_off =
        |grant: &&&Grant| grant.tools_off.iter().filter(|tool| integration.tools.contains_key(*tool)).count();
    let closest = holding.iter().filter(|grant| Some(wide(grant)) == widest).min_by_key(fewest_off);
    no(if closest.is_some_and(|grant| grant.tools_off.contains(tool)) { "tool-off" } else { "profile" })
}

pub(super) fn lets_through(profile: Profile, class: ToolClass) -> bool {
    matches!((profile.as_str(), class.as_str()), ("full", _) | ("no-delete", "read" | "write") | ("read-only", "read"))
}
