//! The second opinion: the rules of access, said as plainly as possible over the plain state. Slow on purpose, and
//! written from the rules, not from the engine.
//!
//! Here is who is let in and what a subject's roles hold; `calls` says which tools may be called, `operations` what may
//! be done to the organization, `teams`, `resources` and `data` to what is in it.

mod calls;
pub(crate) mod data;
mod invitations;
mod mail_domains;
mod operations;
mod resources;
mod teams;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::id::{PersonId, TeamId};
use domain::integration::ToolClass;
use domain::key::{Key, KeyKind};
use domain::organization::{KeysWithoutRole, Organization, PersonalKeys, SecondFactor, SettingChange};
use domain::permission::{Permission, Scope};
use domain::resource::{ResourceKind, ResourceVerb};
use domain::role::{Role, RoleId};
use domain::time::Timestamp;
use verdict::{Action, Actor, Credential, Operation, Subject, Verdict};

/// An answer as far as it can be seen from outside: whether, the code of why, and whether the thing is hidden.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    pub(crate) code: &'static str,
    pub(crate) hidden: bool,
}

impl From<&Verdict> for Answer {
    fn from(verdict: &Verdict) -> Answer {
        match verdict {
            Verdict::Allowed(permit) => yes(permit.basis().code()),
            Verdict::Denied(denial) => Answer { allowed: false, code: denial.reason.code(), hidden: denial.hidden },
        }
    }
}

impl Answer {
    /// Both must say yes; the first that does not is the answer.
    fn and(self, next: impl FnOnce() -> Answer) -> Answer {
        if !self.allowed {
            return self;
        }
        let next = next();
        if next.allowed { self } else { next }
    }

    /// The second question is asked only after the first one, and is the answer then.
    fn then(self, next: impl FnOnce() -> Answer) -> Answer {
        if self.allowed { next() } else { self }
    }
}

fn yes(code: &'static str) -> Answer {
    Answer { allowed: true, code, hidden: false }
}

fn no(code: &'static str) -> Answer {
    Answer { allowed: false, code, hidden: false }
}

fn hide(answer: Answer) -> Answer {
    Answer { hidden: !answer.allowed, ..answer }
}

fn nothing_there() -> Answer {
    hide(no("no-such-target"))
}

/// What somebody holds, and how far.
pub(crate) type Powers = BTreeMap<Permission, Scope>;

/// The part of it that gives power over others.
pub(crate) fn managing(powers: &Powers) -> Powers {
    powers.iter().filter(|(permission, _)| permission.entry().manages).map(|(one, far)| (*one, *far)).collect()
}

/// The power over others that one has and the other lacks, or has less far.
pub(crate) fn beyond(powers: &Powers, mine: &Powers) -> Option<Permission> {
    let lacking = |(one, far): &(&Permission, &Scope)| mine.get(*one).is_none_or(|mine| mine < *far);
    managing(powers).iter().find(lacking).map(|(one, _)| *one)
}

/// One organization, looked at directly, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Naive<'o> {
    pub(crate) state: &'o Organization,
    pub(crate) now: Timestamp,
}

impl<'o> Naive<'o> {
    /// May this actor do this? Where an agent acts for a person, both must be allowed it; what is hidden from either
    /// is hidden.
    pub(crate) fn ask(&self, actor: &Actor, action: Action<'_>) -> Answer {
        if let Some(refused) = self.at_the_door(actor) {
            return refused;
        }
        let with_key = matches!(actor.credential, Some(Credential::Key { .. } | Credential::Client(_)));
        let answer = self.answer(actor.subject, action, with_key).and(|| self.left_to_client(actor, action));
        let Some(person) = actor.acting_for else { return answer.and(|| self.stays_in(actor, action)) };
        if matches!(action, Action::Operate(Operation::Explain { subject }) if subject == actor.subject) {
            return answer;
        }
        let principal = self.answer(Subject::Member(person), action, false);
        let both = answer.and(|| principal);
        Answer { hidden: !both.allowed && (answer.hidden || principal.hidden), ..both }
    }

    /// What a client does of what its person may: to look at things any does, to change them or to ask for more one that
    /// may change things, and all else one that may do everything.
    fn left_to_client(&self, actor: &Actor, action: Action<'_>) -> Answer {
        let Some(Credential::Client(proof)) = actor.credential else { return yes("no client") };
        let may = match action {
            Action::CallTool { integration, tool } => self.class(integration, tool),
            Action::CallExposed { .. } => unreachable!("the questions give a tool its two names themselves"),
            Action::Use { .. } => ToolClass::Read,
            Action::Operate(Operation::RequestAccess { .. }) => ToolClass::Write,
            Action::Operate(operation) if operation.only_looks() => ToolClass::Read,
            Action::Operate(_) => ToolClass::Delete,
        };
        let client = self.state.clients.get(&proof.client);
        let is_left = client.is_some_and(|client| calls::lets_through(client.profile, may));
        if is_left { yes("client") } else { no("client-profile") }
    }

    fn answer(&self, subject: Subject, action: Action<'_>, with_key: bool) -> Answer {
        match action {
            // Everybody may go, and nobody who merely knows a key of theirs makes them go, or has a client of theirs.
            Action::Operate(Operation::RemoveMember { member }) if subject == Subject::Member(member) && !with_key => {
                yes("own")
            }
            Action::CallTool { integration, tool } => self.call(subject, integration, tool),
            Action::CallExposed { .. } => unreachable!("the questions give a tool its two names themselves"),
            Action::Use { integration } => self.use_besides_tools(subject, integration),
            Action::Operate(operation) => self.operate(subject, operation),
        }
    }

    /// Why somebody is not let in; nothing if they are.
    pub(crate) fn at_the_door(&self, actor: &Actor) -> Option<Answer> {
        let shown = actor.credential.and_then(|credential| self.shown(actor, credential));
        let delegated = || actor.acting_for.and_then(|person| self.delegated(actor.subject, person));
        shown.or_else(|| self.stands(actor.subject)).or_else(delegated)
    }

    /// Nobody asks for a passkey in a session that this would shut out.
    fn stays_in(&self, actor: &Actor, action: Action<'_>) -> Answer {
        let Some(Credential::Session(proof)) = actor.credential else { return yes("key") };
        let Action::Operate(Operation::EditOrganization { changes }) = action else { return yes("other") };
        let shuts_out = changes.iter().any(|change| match change {
            SettingChange::SignInSecondFactor(asked) => self.asks_for_passkey(*asked, actor.subject),
            _ => false,
        });
        if shuts_out && !proof.by_passkey { no("passkey-needed") } else { yes("session") }
    }

    /// Whether a setting asks somebody for a passkey: everyone, or those who manage anything anywhere.
    fn asks_for_passkey(&self, asked: SecondFactor, subject: Subject) -> bool {
        let in_teams = self.teams_of(subject).into_iter().map(|team| self.powers_in(subject, team));
        let manages = || in_teams.chain([self.powers(subject)]).any(|powers| !managing(&powers).is_empty());
        asked == SecondFactor::Everyone || asked == SecondFactor::Managers && manages()
    }

    /// What is wrong with a key that is shown.
    fn shown(&self, actor: &Actor, credential: Credential) -> Option<Answer> {
        let ended = Some(no("credential-ended"));
        let (key, digest) = match credential {
            Credential::Key { key, digest } => (key, digest),
            Credential::Client(proof) => {
                let Some(client) = self.state.clients.get(&proof.client) else { return ended };
                let subject = Subject::Member(client.person);
                let is_theirs = (subject, None) == (actor.subject, actor.acting_for);
                return match () {
                    () if !self.is_before(Some(proof.ends_at)) => ended,
                    () if self.stands(subject).is_some() => self.stands(subject),
                    () => ended.filter(|_| !is_theirs),
                };
            }
            Credential::Session(proof) => {
                let subject = Subject::Member(proof.person);
                let is_theirs = (subject, None) == (actor.subject, actor.acting_for);
                let asked = || self.asks_for_passkey(self.state.settings.sign_in_second_factor, subject);
                return match () {
                    () if !self.is_before(Some(proof.ends_at)) => ended,
                    () if self.stands(subject).is_some() => self.stands(subject),
                    () if !proof.by_passkey && asked() => Some(no("passkey-needed")),
                    () => ended.filter(|_| !is_theirs),
                };
            }
        };
        let Some(key) = self.state.keys.get(&key) else { return ended };
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let speaks_for = match key.kind {
            KeyKind::Personal { holder } => (Subject::Member(holder), None),
            KeyKind::Workspace { .. } | KeyKind::Directory { .. } => (Subject::Key(key.id), None),
            KeyKind::Agent { agent, acting_for } => (Subject::Agent(agent), acting_for),
        };
        if !self.works(key) || key.digest != digest {
            return ended;
        }
        match key.holder() {
            Some(holder) if !self.may_have_keys(Subject::Member(holder)).allowed => Some(no("keys-suspended")),
            Some(holder) if self.stands(Subject::Member(holder)).is_some() => self.stands(Subject::Member(holder)),
            _ if speaks_for != (actor.subject, actor.acting_for) => ended,
            _ => None,
        }
    }

    fn works(&self, key: &Key) -> bool {
        key.revoked_at.is_none() && self.is_before(key.expires_at)
    }

    fn is_before(&self, end: Option<Timestamp>) -> bool {
        end.is_none_or(|end| self.now < end)
    }

    /// Why a subject does nothing here at present.
    pub(crate) fn stands(&self, subject: Subject) -> Option<Answer> {
        match subject {
            Subject::Member(person) => match self.state.member(person) {
                None => Some(no("not-a-member")),
                Some(member) => (!member.is_active()).then_some(no("member-suspended")),
            },
            Subject::Key(id) => {
                let Some(key) = self.state.live_key(id) else { return Some(no("not-a-member")) };
                let KeyKind::Workspace { role, .. } = key.kind else { return Some(no("not-a-member")) };
                let roleless = role.is_none() && self.state.settings.keys_without_role == KeysWithoutRole::Deny;
                match () {
                    () if !self.works(key) => Some(no("credential-ended")),
                    () if key.suspended => Some(no("suspended")),
                    () => roleless.then_some(no("key-without-role")),
                }
            }
            Subject::Agent(id) => {
                let Some(agent) = self.state.agents.get(&id) else { return Some(no("not-a-member")) };
                match () {
                    () if !self.is_before(agent.expires_at) => Some(no("credential-ended")),
                    () if agent.suspended => Some(no("suspended")),
                    () => match agent.sponsor {
                        None => Some(no("suspended")),
                        Some(sponsor) => self.stands(Subject::Member(sponsor)).map(|_| no("sponsor-suspended")),
                    },
                }
            }
        }
    }

    /// Why a subject does not act for a person.
    fn delegated(&self, subject: Subject, person: PersonId) -> Option<Answer> {
        let allowed = match subject {
            Subject::Agent(agent) => self.state.agents.get(&agent).and_then(|agent| agent.delegations.get(&person)),
            Subject::Member(_) | Subject::Key(_) => None,
        };
        let holds = allowed.is_some_and(|delegation| self.is_before(delegation.expires_at));
        if holds { self.stands(Subject::Member(person)) } else { Some(no("no-delegation")) }
    }

    pub(crate) fn role_of(&self, subject: Subject) -> Option<&'o Role> {
        let settings = &self.state.settings;
        let id = match subject {
            Subject::Member(person) => Some(self.state.member(person)?.role),
            Subject::Agent(agent) => self.state.agents.get(&agent)?.role,
            Subject::Key(key) => {
                let own = self.state.live_key(key)?.role();
                let default = settings.keys_without_role == KeysWithoutRole::DefaultRole;
                own.or(default.then_some(settings.join_default_role))
            }
        };
        self.state.roles.get(&id?)
    }

    /// The role that a subject has, and where the organization has such, those that a member has beside it now: the ones
    /// that last longest first.
    pub(crate) fn roles_of(&self, subject: Subject) -> Vec<&'o Role> {
        let mut roles: Vec<&Role> = self.role_of(subject).into_iter().collect();
        if let Subject::Member(person) = subject
            && let Some(member) = self.state.member(person)
            && self.state.settings.roles_extra_bindings
        {
            let beside = member.extra_roles.iter().filter(|(_, given)| self.is_before(given.expires_at));
            let mut beside: Vec<_> = beside.map(|(role, given)| (role, given.expires_at)).collect();
            beside.sort_by_key(|(role, end)| (Reverse(end.unwrap_or(Timestamp(i64::MAX))), *role));
            roles.extend(beside.into_iter().filter_map(|(role, _)| self.state.roles.get(role)));
        }
        roles
    }

    /// What a subject's roles in the organization come to: all that any of them gives.
    pub(crate) fn powers(&self, subject: Subject) -> Powers {
        let mut powers = Powers::new();
        for (permission, far) in self.roles_of(subject).into_iter().flat_map(|role| self.powers_of(role)) {
            powers.entry(permission).and_modify(|known| *known = (*known).max(far)).or_insert(far);
        }
        powers
    }

    pub(crate) fn powers_of_id(&self, role: &RoleId) -> Powers {
        self.state.roles.get(role).map_or_else(Powers::new, |role| self.powers_of(role))
    }

    /// What the roles of a subject say, whether anybody has it at present or not.
    pub(crate) fn says(&self, subject: Subject) -> Powers {
        let mut powers = Powers::new();
        for (permission, far) in self.roles_of(subject).into_iter().flat_map(said_by) {
            powers.entry(permission).and_modify(|known| *known = (*known).max(far)).or_insert(far);
        }
        powers
    }

    pub(crate) fn powers_of(&self, role: &Role) -> Powers {
        self.cut_by_settings(said_by(role))
    }

    /// Where nobody uses what they were not given, roles do not hold it.
    fn cut_by_settings(&self, mut powers: Powers) -> Powers {
        if !self.state.settings.managers_implicit_access {
            powers.remove(&Permission::IntegrationUseAll);
            for kind in ResourceKind::ALL {
                powers.entry(kind.permission(ResourceVerb::Use)).and_modify(|far| *far = (*far).min(Scope::Team));
            }
        }
        powers
    }

    /// What a subject's role in a team comes to.
    pub(crate) fn powers_in(&self, subject: Subject, team: TeamId) -> Powers {
        let Subject::Member(person) = subject else { return Powers::new() };
        let place = self.state.teams.get(&team).and_then(|team| team.members.get(&person));
        place.map_or_else(Powers::new, |place| self.powers_of_id(&place.role))
    }

    pub(crate) fn teams_of(&self, subject: Subject) -> Vec<TeamId> {
        let Subject::Member(person) = subject else { return Vec::new() };
        self.state.teams.values().filter(|team| team.members.contains_key(&person)).map(|team| team.id).collect()
    }

    /// Whether a subject's role holds a permission for the organization as a whole.
    fn needs(&self, subject: Subject, permission: Permission) -> Answer {
        match self.powers(subject).get(&permission) {
            Some(Scope::All) => yes("role"),
            Some(_) => no("out-of-scope"),
            None => no(self.lacking(subject)),
        }
    }

    /// A workspace key without a role runs tools and nothing else.
    fn lacking(&self, subject: Subject) -> &'static str {
        let bare = matches!(subject, Subject::Key(_)) && self.role_of(subject).is_none();
        if bare { "workspace-key" } else { "lacks-permission" }
    }

    fn may_have_keys(&self, subject: Subject) -> Answer {
        let takes = match self.state.settings.keys_personal {
            PersonalKeys::Everyone => return yes("setting"),
            PersonalKeys::Managers => Permission::KeyManageWorkspace,
            PersonalKeys::ByPermission => Permission::KeyCreatePersonal,
        };
        self.needs(subject, takes)
    }
}

/// Everything that a role says.
pub(crate) fn said_by(role: &Role) -> Powers {
    let mut powers = Powers::new();
    for permission in Permission::ALL {
        let group = permission.entry().group;
        if role.top || role.permissions.groups.contains(&group) {
            powers.insert(*permission, Scope::All);
        } else if let Some(far) = role.permissions.single.scope(*permission) {
            powers.insert(*permission, far);
        }
    }
    powers
}
