//! What may be done with resources.
//!
//! A right to one comes from the role in the organization (for all, for those of one's teams, for one's own), from a
//! role in a team that has it, or from its being shared. The right is the union of these.

use domain::grant::Grantee;
use domain::id::{PersonId, ResourceId, TeamId};
use domain::organization::Settings;
use domain::permission::{Permission, Scope};
use domain::resource::{Resource, ResourceKind, ResourceVerb, Shared};
use domain::time::Timestamp;

use crate::evaluate::{Answer, hidden, holds, lacks, shown};
use crate::permit::{Act, Target};
use crate::question::{Basis, Denial, Reason, Subject};
use crate::snapshot::{NEVER, Snapshot, SubjectEntry};

impl Snapshot {
    /// One makes what is one's own; for another, who could also change what is theirs.
    pub(crate) fn create_resource(
        &self,
        entry: &SubjectEntry,
        kind: ResourceKind,
        owner: PersonId,
        now: Timestamp,
    ) -> Answer {
        let answer = holds(entry, kind.permission(ResourceVerb::Create), Target::Organization)?;
        if entry.subject != Subject::Member(owner) {
            holds(entry, kind.permission(ResourceVerb::Edit), Target::Organization)?;
            self.subject(owner.as_str(), now).ok_or(hidden(Reason::NoSuchTarget))?;
        }
        Ok(answer)
    }

    pub(crate) fn touch_resource(
        &self,
        entry: &SubjectEntry,
        verb: ResourceVerb,
        id: ResourceId,
        now: Timestamp,
    ) -> Answer {
        let resource = self.resources.get(&id).ok_or(hidden(Reason::NoSuchTarget))?;
        let permission = resource.kind.permission(verb);
        let deleted = resource.deleted_at.is_some();
        // What is deleted is there only for those who could bring it back, and is of no use to them until they do.
        let needed = if deleted && verb == ResourceVerb::View { ResourceVerb::Delete } else { verb };
        let basis = match verb {
            ResourceVerb::Use if deleted => Err(Reason::NoSuchTarget),
            _ => self.right_to(entry, resource, needed, now),
        };
        let basis = basis.and_then(|basis| {
            let coupled = self.needs_edit(&self.settings, resource, verb);
            if coupled { self.right_to(entry, resource, ResourceVerb::Edit, now).map(|_| basis) } else { Ok(basis) }
        });
        match basis {
            Ok(basis) => Ok((Act::Operate { permission, target: Target::Resource(id) }, basis)),
            Err(reason) => Err(Denial { hidden: !self.is_visible(entry, resource, now), ..shown(reason) }),
        }
    }

    /// What holds for all of a kind is read by whoever changes it, and by whoever sees any of the kind, be it one's own
    /// or in one team: they work by it.
    pub(crate) fn view_kind(&self, entry: &SubjectEntry, kind: ResourceKind) -> Answer {
        let (view, target) = (kind.permission(ResourceVerb::View), Target::Kind(kind));
        let configures = holds(entry, Permission::ResourceConfigure, target);
        let in_team = |role| self.role(role).is_some_and(|role| role.set.scope(view).is_some());
        match entry.permissions.scope(view) {
            _ if configures.is_ok() => configures,
            Some(_) => Ok((Act::Operate { permission: view, target }, Basis::Role(view))),
            None => match entry.teams.iter().find(|(_, role)| in_team(*role)) {
                Some((team, _)) => {
                    let basis = Basis::TeamRole { team: *team, permission: view };
                    Ok((Act::Operate { permission: view, target }, basis))
                }
                None => Err(shown(lacks(entry, view))),
            },
        }
    }

    /// Putting an artifact into a collection takes the right to do so with the artifact, and to change the collection;
    /// so does taking it out. Who may not see one of them learns nothing of either.
    pub(crate) fn collect(
        &self,
        entry: &SubjectEntry,
        (artifact, collection): (ResourceId, ResourceId),
        now: Timestamp,
    ) -> Answer {
        let seen = |id| self.resources.get(&id).filter(|found| self.is_visible(entry, found, now));
        let (Some(thing), Some(into)) = (seen(artifact), seen(collection)) else {
            return Err(hidden(Reason::NoSuchTarget));
        };
        let permission = Permission::ArtifactCollect;
        let basis = self.right_by(entry, thing, (permission, None), now).map_err(shown)?;
        self.right_to(entry, into, ResourceVerb::Edit, now).map_err(shown)?;
        Ok((Act::Operate { permission, target: Target::Collected(artifact, collection) }, basis))
    }

    /// Whether running something takes the right to change it, as some organizations have it for workflows.
    fn needs_edit(&self, settings: &Settings, resource: &Resource, verb: ResourceVerb) -> bool {
        settings.workflows_run_needs_edit && resource.kind == ResourceKind::Workflow && verb == ResourceVerb::Use
    }

    fn right_to(
        &self,
        entry: &SubjectEntry,
        resource: &Resource,
        verb: ResourceVerb,
        now: Timestamp,
    ) -> Result<Basis, Reason> {
        self.right_by(entry, resource, (resource.kind.permission(verb), Some(verb)), now)
    }

    /// The right to something by a permission, and by what is shared for a verb where there is one.
    fn right_by(
        &self,
        entry: &SubjectEntry,
        resource: &Resource,
        (permission, verb): (Permission, Option<ResourceVerb>),
        now: Timestamp,
    ) -> Result<Basis, Reason> {
        let mine = resource.owner.is_some_and(|owner| entry.subject == Subject::Member(owner));
        // Where nobody uses what they were not given, what is one's own must be given as well.
        let owns = mine && (verb != Some(ResourceVerb::Use) || self.settings.managers_implicit_access);
        let shared_team = || entry.teams.iter().find(|(team, _)| resource.teams.contains(team));
        match entry.permissions.scope(permission) {
            Some(Scope::All) => return Ok(Basis::Role(permission)),
            Some(_) if owns => return Ok(Basis::Own),
            Some(Scope::Team) => {
                if let Some((team, _)) = shared_team() {
                    return Ok(Basis::Team { team: *team, permission });
                }
            }
            _ => {}
        }
        for (team, role) in entry.teams.iter().filter(|(team, _)| resource.teams.contains(team)) {
            let scope = self.role(*role).and_then(|role| role.set.scope(permission));
            if scope.is_some_and(|scope| scope > Scope::Own || owns) {
                return Ok(Basis::TeamRole { team: *team, permission });
            }
        }
        // A share reaches further than the role, and never does what the role does not do at all. An agent without a role
        // has what it was given.
        let does = entry.permissions.scope(permission).is_some() || entry.role.is_none();
        match resource.shares.get(&entry.subject.grantee()).filter(|_| does) {
            Some(share)
                if verb.is_some_and(|verb| share.level.admits(verb))
                    && share.expires_at.is_none_or(|end| now < end) =>
            {
                Ok(Basis::Share { since_seq: share.since_seq, level: share.level })
            }
            _ => Err(lacks(entry, permission)),
        }
    }

    /// Whether somebody who assigns in a team alone may give it something that they know of. That is sharing it for good:
    /// nobody in the team comes to do more with it than the giver does without an end, the giver included.
    pub(crate) fn may_give_to_team(
        &self,
        giver: &SubjectEntry,
        resource: &Resource,
        team: TeamId,
        now: Timestamp,
    ) -> Result<(), Denial> {
        if self.settings.teams_assign_listed.contains(&resource.kind) {
            return Ok(());
        }
        self.right_to(giver, resource, ResourceVerb::Share, now).map_err(shown)?;
        // What is given stays: neither a role nor a share that ends counts.
        let (giver, last) = (giver.lasting(), Timestamp(NEVER.0 - 1));
        let has = |verb| self.right_to(giver, resource, verb, last).is_ok();
        if !has(ResourceVerb::Share) {
            return Err(shown(Reason::BeyondReach));
        }
        let beyond = ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create && !has(*verb));
        let beyond: Vec<Permission> = beyond.map(|verb| resource.kind.permission(verb)).collect();
        // Everybody is gone through once at most.
        let comes_to_more = |entry: &SubjectEntry| {
            self.role_in_team(entry, team).is_some_and(|there| {
                beyond.iter().any(|one| {
                    there.scope(*one) > Some(Scope::Own) || entry.permissions.scope(*one) == Some(Scope::Team)
                })
            })
        };
        if !beyond.is_empty() && self.subjects.iter().any(|entry| comes_to_more(entry.at(now))) {
            return Err(shown(Reason::BeyondReach));
        }
        Ok(())
    }

    /// Whether somebody may share something to this level until this end: as far as they may use and change it
    /// themselves, until then, and never with themselves.
    pub(crate) fn share_resource(
        &self,
        entry: &SubjectEntry,
        (id, with): (ResourceId, Grantee),
        (level, end): (Shared, Option<Timestamp>),
        now: Timestamp,
    ) -> Answer {
        let answer = self.touch_resource(entry, ResourceVerb::Share, id, now)?;
        let resource = self.resources.get(&id).ok_or(hidden(Reason::NoSuchTarget))?;
        // What one has only ever ends: who has it in the last moment has it all the time.
        let last = Timestamp(end.unwrap_or(NEVER).0.saturating_sub(1)).max(now);
        let then = entry.at(last);
        let mut verbs = ResourceVerb::ALL.into_iter().filter(|verb| level.admits(*verb));
        // Where nobody uses what they were not given, whoever would use all of it gives it out.
        let stated = self.stated(then);
        let gives_out = |verb| {
            let used = verb == ResourceVerb::Use && !self.settings.managers_implicit_access;
            used && stated.holds(resource.kind.permission(verb))
        };
        let has = |verb| gives_out(verb) || self.right_to(then, resource, verb, last).is_ok();
        if with != entry.subject.grantee() && verbs.all(has) { Ok(answer) } else { Err(shown(Reason::BeyondReach)) }
    }

    pub(crate) fn is_visible(&self, entry: &SubjectEntry, resource: &Resource, now: Timestamp) -> bool {
        let listed = self.settings.resources_listed.contains(&resource.kind);
        let listed = listed && matches!(entry.subject, Subject::Member(_)) && resource.deleted_at.is_none();
        let seen = if resource.deleted_at.is_some() { ResourceVerb::Delete } else { ResourceVerb::View };
        listed || self.right_to(entry, resource, seen, now).is_ok()
    }

    /// The resources that somebody sees in a list: those they may look into, and those of listed kinds.
    pub fn visible_resources(&self, subject: Subject, now: Timestamp) -> impl Iterator<Item = &Resource> {
        let entry = self.subject_at(subject.as_str(), now).ok();
        self.resources
            .values()
            .map(AsRef::as_ref)
            .filter(move |resource| entry.is_some_and(|entry| self.is_visible(entry, resource, now)))
    }

    /// Everything that somebody may do with resources that are there, in the order of their ids.
    #[must_use]
    pub fn rights_to_resources(&self, subject: Subject, now: Timestamp) -> Vec<(ResourceId, ResourceVerb)> {
        let Ok(entry) = self.subject_at(subject.as_str(), now) else { return Vec::new() };
        let rights = |resource: &ResourceId| {
            let id = *resource;
            let verbs = ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create);
            verbs.filter(move |verb| self.touch_resource(entry, *verb, id, now).is_ok()).map(move |verb| (id, verb))
        };
        self.resources.keys().flat_map(rights).collect()
    }

    /// A resource by id, whoever may see it.
    #[must_use]
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(&id).map(AsRef::as_ref)
    }
}
