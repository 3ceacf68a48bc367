//! What subjects may read and use by their roles, for the walk in `ceiling`: nobody may come by more of it than somebody
//! had who let them have it, unless it was given by who assigns roles.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::Command;
use domain::event::Event;
use domain::id::{InvitationId, MailDomainId};
use domain::key::{Key, KeyKind, KeyScope};
use domain::organization::{Organization, SettingChange};
use domain::permission::{Permission, Scope};
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::Subject;

use crate::naive::{Naive, Powers, said_by};

/// What somebody's roles say, in force or not, and the records and fields that they open.
#[derive(Clone, Default)]
pub(crate) struct Holding {
    says: Powers,
    opens: BTreeSet<String>,
}

impl Holding {
    fn add(&mut self, other: &Holding) {
        for (permission, far) in &other.says {
            self.says.entry(*permission).and_modify(|known| *known = (*known).max(*far)).or_insert(*far);
        }
        self.opens.extend(other.opens.iter().cloned());
    }

    /// What is in this and in none of the others, in words.
    fn beyond(&self, others: &[&Holding]) -> Option<String> {
        let covered = |one: &Permission, far: &Scope| others.iter().any(|other| other.says.get(one) >= Some(far));
        let says = self.says.iter().find(|(one, far)| !covered(one, far)).map(|(one, far)| format!("{one} {far:?}"));
        let opens = self.opens.iter().find(|word| !others.iter().any(|other| other.opens.contains(*word)));
        says.or(opens.cloned())
    }
}

/// Who reads and uses what at one moment.
#[derive(Clone)]
pub(crate) struct Holdings {
    of: BTreeMap<Subject, Holding>,
    /// Everything that some role gives.
    of_all_roles: Holding,
    /// Who assigns roles.
    assign: BTreeSet<Subject>,
    /// The objects and fields that there are.
    things: BTreeSet<String>,
    newcomers: RoleId,
    /// The role with which whoever accepts an invitation joins.
    invited: BTreeMap<InvitationId, RoleId>,
    /// The role with which whoever comes by a mail domain joins.
    joined: BTreeMap<MailDomainId, RoleId>,
}

impl Holdings {
    pub(crate) fn of(state: &Organization, everybody: &[Subject], now: Timestamp) -> Holdings {
        let naive = Naive { state, now };
        let of_role = state.roles.values().map(|role| {
            let holding = Holding { says: said_by(role), opens: naive.opened(role) };
            (role.id, holding)
        });
        let of_role: BTreeMap<RoleId, Holding> = of_role.collect();
        let mut of_all_roles = Holding::default();
        of_role.values().for_each(|holding| of_all_roles.add(holding));
        let of = everybody.iter().map(|subject| {
            let mut holding = Holding::default();
            naive.roles_of(*subject).iter().filter_map(|role| of_role.get(&role.id)).for_each(|one| holding.add(one));
            (*subject, holding)
        });
        let assigns = |subject: &Subject| naive.powers(*subject).get(&Permission::RoleAssign) == Some(&Scope::All);
        let fields = state
            .objects
            .iter()
            .flat_map(|(name, object)| object.fields.keys().map(move |field| format!("{name}.{field}")));
        Holdings {
            of: of.collect(),
            of_all_roles,
            assign: everybody.iter().copied().filter(assigns).collect(),
            things: state.objects.keys().map(ToString::to_string).chain(fields).collect(),
            newcomers: state.settings.join_default_role,
            invited: state.invitations.iter().map(|(id, known)| (*id, known.offer.role_in(state))).collect(),
            joined: state
                .mail_domains
                .iter()
                .filter_map(|(id, known)| Some((*id, known.opening.as_ref()?.offer.role_in(state))))
                .collect(),
        }
    }

    fn holding(&self, subject: Subject) -> Holding {
        self.of.get(&subject).cloned().unwrap_or_default()
    }

    /// Whoever let others have more in one step had it, or assigned roles that there were.
    pub(crate) fn check_gifts(&self, after: &Holdings, (me, command): (Subject, &Command), why: &str) {
        let mine = self.holding(me);
        // What is written into roles is not assigned.
        let writes = matches!(command, Command::CreateRole(_) | Command::CloneRole { .. } | Command::EditRole { .. });
        let assigned = if self.assign.contains(&me) && !writes { &self.of_all_roles } else { &Holding::default() };
        for (subject, has) in &after.of {
            let had = self.holding(*subject);
            let mut has = has.clone();
            // A new object is new to all.
            has.opens.retain(|word| word.split_once(' ').is_some_and(|(_, thing)| self.things.contains(thing)));
            if let Some(more) = has.beyond(&[&had, &mine, assigned]) {
                assert!(self.is_given_otherwise(command), "{me:?} let {subject:?} have {more}: {why}");
            }
        }
    }

    /// What others decided before: the role of newcomers, and the roles that count from now on beside their own.
    fn is_given_otherwise(&self, command: &Command) -> bool {
        match command {
            Command::AddMember { role, .. } | Command::AddMemberWithKey { role, .. } => *role == self.newcomers,
            Command::ChangeSettings { changes, .. } => {
                changes.iter().any(|change| matches!(change, SettingChange::RolesExtraBindings(true)))
            }
            Command::AcceptInvitation { invitation, .. } => self.invited.get(invitation) == Some(&self.newcomers),
            Command::JoinByDomain { domain, .. } => self.joined.get(domain) == Some(&self.newcomers),
            _ => false,
        }
    }

    /// Whoever saw a secret in one step had what it carries, or assigns roles; and the use of everything where the key was
    /// made for that.
    pub(crate) fn check_secrets(
        &self,
        after: &Holdings,
        (me, events): (Subject, &[Event]),
        state: &Organization,
        why: &str,
    ) {
        let mine = self.holding(me);
        for event in events {
            let (Event::KeyCreated { key, .. } | Event::KeyRotated { key, .. }) = event else { continue };
            let Some(Key { kind, .. }) = state.keys.get(key) else { continue };
            let of = match kind {
                KeyKind::Personal { holder } => Subject::Member(*holder),
                KeyKind::Workspace { .. } | KeyKind::Directory { .. } => Subject::Key(*key),
                KeyKind::Agent { agent, .. } => Subject::Agent(*agent),
            };
            if matches!(kind, KeyKind::Workspace { scope: KeyScope::All, .. }) {
                let uses = mine.says.contains_key(&Permission::IntegrationUseAll);
                assert!(uses, "{me:?} has a key for everything: {why}");
            }
            let is_new =
                |event: &Event| matches!(event, Event::MemberAdded { person, .. } if Subject::Member(*person) == of);
            if of == me || self.assign.contains(&me) || events.iter().any(is_new) {
                continue;
            }
            assert_eq!(after.holding(of).beyond(&[&mine]), None, "{me:?} has a key of {of:?}: {why}");
        }
    }
}
