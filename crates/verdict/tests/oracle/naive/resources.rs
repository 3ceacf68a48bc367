//! Resources: what a role gives for one's own, for one's teams' and for all, what a role in a team gives for what the
//! team has, and what is shared.

use domain::grant::Grantee;
use domain::id::{PersonId, ResourceId};
use domain::permission::{Permission, Scope};
use domain::resource::{Resource, ResourceKind, ResourceVerb, Shared};
use domain::time::Timestamp;
use verdict::Subject;

use super::{Answer, Naive, hide, no, nothing_there, yes};

impl Naive<'_> {
    pub(crate) fn resource(&self, subject: Subject, verb: ResourceVerb, id: ResourceId) -> Answer {
        let Some(resource) = self.state.resources.get(&id) else { return nothing_there() };
        let answer = match verb {
            // What is deleted is nothing but something to be restored or destroyed.
            ResourceVerb::Use if resource.deleted_at.is_some() => no("no-such-target"),
            ResourceVerb::View if resource.deleted_at.is_some() => self.may(subject, ResourceVerb::Delete, resource),
            _ => self.may(subject, verb, resource),
        };
        let running = resource.kind == ResourceKind::Workflow && verb == ResourceVerb::Use;
        let answer = answer.and(|| {
            if running && self.state.settings.workflows_run_needs_edit {
                self.may(subject, ResourceVerb::Edit, resource)
            } else {
                yes("role")
            }
        });
        if answer.allowed || self.is_shown(subject, resource) { answer } else { hide(answer) }
    }

    /// Whether somebody may know that the resource is there.
    pub(crate) fn is_shown(&self, subject: Subject, resource: &Resource) -> bool {
        let listed = self.state.settings.resources_listed.contains(&resource.kind);
        let listed = listed && matches!(subject, Subject::Member(_)) && resource.deleted_at.is_none();
        let sees = if resource.deleted_at.is_some() { ResourceVerb::Delete } else { ResourceVerb::View };
        listed || self.may(subject, sees, resource).allowed
    }

    /// Who works with things of a kind at all may read what holds for all of them, and so may who decides it.
    pub(crate) fn view_kind(&self, subject: Subject, kind: ResourceKind) -> Answer {
        let view = kind.permission(ResourceVerb::View);
        let sees = |powers: super::Powers| powers.contains_key(&view);
        if self.needs(subject, Permission::ResourceConfigure).allowed || sees(self.powers(subject)) {
            return yes("role");
        }
        let teams = self.teams_of(subject);
        if teams.into_iter().any(|team| sees(self.powers_in(subject, team))) {
            return yes("team-role");
        }
        no(self.lacking(subject))
    }

    /// To put an artifact into a collection, or take it out, changes the collection, and is a permission of its own over
    /// the artifact. It is never shared. Both must be there to be seen.
    pub(crate) fn collect(&self, subject: Subject, artifact: ResourceId, collection: ResourceId) -> Answer {
        let seen = |id| self.state.resources.get(&id).filter(|found| self.is_shown(subject, found));
        let (Some(artifact), Some(collection)) = (seen(artifact), seen(collection)) else { return nothing_there() };
        self.may_by(subject, Permission::ArtifactCollect, None, artifact)
            .and(|| self.may(subject, ResourceVerb::Edit, collection))
    }

    pub(super) fn may(&self, subject: Subject, verb: ResourceVerb, resource: &Resource) -> Answer {
        self.may_by(subject, resource.kind.permission(verb), Some(verb), resource)
    }

    fn may_by(&self, subject: Subject, takes: Permission, verb: Option<ResourceVerb>, resource: &Resource) -> Answer {
        let held = self.powers(subject).get(&takes).copied();
        let teams: Vec<_> = self.teams_of(subject).into_iter().filter(|team| resource.teams.contains(team)).collect();
        let own = resource.owner.is_some_and(|owner| Subject::Member(owner) == subject);
        // Where everybody uses what they were given alone, to have made it is not to have been given it.
        let own = own && (verb != Some(ResourceVerb::Use) || self.state.settings.managers_implicit_access);
        if held == Some(Scope::All) {
            return yes("role");
        }
        if held.is_some() && own {
            return yes("own");
        }
        if held == Some(Scope::Team) && !teams.is_empty() {
            return yes("team");
        }
        for team in &teams {
            match self.powers_in(subject, *team).get(&takes) {
                Some(Scope::Own) if !own => {}
                Some(_) => return yes("team-role"),
                None => {}
            }
        }
        let share = resource.shares.get(&subject.grantee()).filter(|share| self.is_before(share.expires_at));
        // What a role does not do at all it does not do with what is shared; without a role there is no such bound.
        let bound = held.is_none() && self.role_of(subject).is_some();
        if !bound && share.is_some_and(|share| verb.is_some_and(|verb| lets(share.level, verb))) {
            return yes("share");
        }
        if held.is_some() { no("out-of-scope") } else { no(self.lacking(subject)) }
    }

    /// Nobody shares further, or for longer, than they may do it themselves, nor with themselves.
    pub(crate) fn share(
        &self,
        subject: Subject,
        (id, with): (ResourceId, Grantee),
        (level, until): (Shared, Option<Timestamp>),
    ) -> Answer {
        let shares = self.resource(subject, ResourceVerb::Share, id);
        shares.and(|| {
            let resource = &self.state.resources[&id];
            let end = until.unwrap_or(Timestamp(i64::MAX));
            let at_the_end = Naive { now: self.now.max(Timestamp(end.0 - 1)), ..*self };
            let verbs = [ResourceVerb::View, ResourceVerb::Use, ResourceVerb::Edit];
            let mut lent = verbs.into_iter().filter(|verb| lets(level, *verb));
            // Where nobody uses what they were not given, who by their role would use everything of the kind gives it out.
            let mut open = self.state.clone();
            open.settings.managers_implicit_access = true;
            let says = Naive { state: &open, now: at_the_end.now }.powers(subject);
            let gives_out = says.get(&resource.kind.permission(ResourceVerb::Use)) == Some(&Scope::All);
            let may = |verb| at_the_end.may(subject, verb, resource).allowed || verb == ResourceVerb::Use && gives_out;
            let has_it = lent.all(may);
            if has_it && with != subject.grantee() { yes("role") } else { no("beyond-your-reach") }
        })
    }

    /// One makes what is one's own; for somebody else, who could also change what is theirs.
    pub(crate) fn create_resource(&self, subject: Subject, kind: ResourceKind, owner: PersonId) -> Answer {
        let create = self.needs(subject, kind.permission(ResourceVerb::Create));
        let for_other = || self.needs(subject, kind.permission(ResourceVerb::Edit));
        if subject == Subject::Member(owner) { create } else { create.and(for_other).and(|| self.is_member(owner)) }
    }
}

fn lets(level: Shared, verb: ResourceVerb) -> bool {
    matches!(
        (level, verb),
        (_, ResourceVerb::View) | (Shared::Use | Shared::Edit, ResourceVerb::Use) | (Shared::Edit, ResourceVerb::Edit)
    )
}
