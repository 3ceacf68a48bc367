//! See resources, each with what the caller may do with it.

use std::sync::Arc;

use domain::grant::Grantee;
use domain::id::{PersonId, ResourceId, TeamId};
use domain::resource::{Resource, ResourceKind, ResourceVerb, Share};
use verdict::{Operation, Snapshot, Subject, Verdict};

use super::edit::resource_id;
use crate::directory::ERASED;
use crate::{App, Caller, Problem};

/// Characters of a resource's name.
pub(super) const TITLE_LENGTH_MAX: usize = 100;

/// Which resources are asked for. Every filter that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct ResourceFilter {
    /// Of which kind.
    pub kind: Option<ResourceKind>,
    /// Whose.
    pub owner: Option<OwnerFilter>,
    /// Which a team has: its id or title.
    pub team: Option<String>,
    /// Which are in a collection: its id.
    pub collection: Option<String>,
    /// Deleted ones instead of those in use.
    pub deleted: bool,
}

/// Whose resources are asked for.
#[derive(Clone, Debug)]
pub enum OwnerFilter {
    /// The caller's own.
    Mine,
    /// A member's, by e-mail address or id.
    Member(String),
    /// Nobody's: their owner left.
    Nobody,
}

/// A resource as the caller sees it.
#[derive(Clone, Debug)]
pub struct ResourceView {
    /// The resource. What is hidden from the caller is not filled in.
    pub id: ResourceId,
    /// What it is.
    pub kind: ResourceKind,
    /// Its name for people.
    pub title: String,
    /// What the caller may do with it.
    pub may: Vec<ResourceVerb>,
    /// Everything else, for those who may look into it; none where it is only listed.
    pub inside: Option<ResourceInside>,
}

/// What somebody knows of a resource who may look into it.
#[derive(Clone, Debug)]
pub struct ResourceInside {
    /// The resource.
    pub resource: Arc<Resource>,
    /// Its owner's name.
    pub owner_name: Option<String>,
    /// The name of whoever made it, where that was a person.
    pub made_by_name: Option<String>,
    /// The teams that have it, of those that the caller sees.
    pub teams: Vec<(TeamId, String)>,
    /// The collections that it is in, of those that the caller looks into.
    pub collections: Vec<(ResourceId, String)>,
    /// With whom it is shared: everybody for those who may share it, otherwise the caller alone.
    pub shares: Vec<ShareView>,
}

/// With whom a resource is shared, and how.
#[derive(Clone, Debug)]
pub struct ShareView {
    /// With whom.
    pub with: Grantee,
    /// Their name.
    pub name: String,
    /// In which measure.
    pub share: Share,
}

impl App {
    /// A page of the resources that the caller sees, in the order of their ids.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the filter names a member who is none, or a team or collection that the caller does not
    /// see.
    pub async fn list_resources(
        &self,
        caller: &Caller,
        filter: ResourceFilter,
        after: Option<ResourceId>,
        limit: usize,
    ) -> Result<Vec<ResourceView>, Problem> {
        let owner = match filter.owner {
            None => None,
            Some(OwnerFilter::Nobody) => Some(None),
            Some(OwnerFilter::Mine) => Some(Some(caller.actor.subject)),
            Some(OwnerFilter::Member(name)) => {
                Some(Some(Subject::Member(self.member_in(caller, "owner", &name).await?)))
            }
        };
        let team = match filter.team.as_deref() {
            Some(team) => Some(self.team_named(caller, team).await?),
            None => None,
        };
        let snapshot = caller.live.snapshot();
        let collection = match filter.collection.as_deref() {
            Some(collection) => {
                let collection = resource_id(collection)?;
                let operation = Operation::Resource { verb: ResourceVerb::View, resource: collection };
                let _permit = self.permit(&snapshot, &caller.actor, operation).await?;
                Some(collection)
            }
            None => None,
        };
        let wanted = |resource: &&Resource| {
            let narrowed = owner.is_some() || team.is_some() || collection.is_some();
            after.is_none_or(|after| resource.id > after)
                && resource.deleted_at.is_some() == filter.deleted
                && filter.kind.is_none_or(|kind| resource.kind == kind)
                // Whose it is and who has it is hidden from those who may not look into it, from filters too.
                && (!narrowed || self.may(caller, &snapshot, ResourceVerb::View, resource.id))
                && owner.is_none_or(|owner| resource.owner.map(Subject::Member) == owner)
                && team.is_none_or(|team| resource.teams.contains(&team))
                && collection.is_none_or(|collection| resource.collections.contains(&collection))
        };
        let found = self.seen_resources(caller, &snapshot).filter(wanted).take(limit);
        let found: Vec<Arc<Resource>> = found.map(|resource| Arc::new(resource.clone())).collect();
        self.resource_views(caller, &snapshot, found).await
    }

    /// One resource.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none that the caller may know of, [`Problem::Denied`] where it is only
    /// listed for them.
    pub async fn show_resource(&self, caller: &Caller, resource: &str) -> Result<ResourceView, Problem> {
        let id = resource_id(resource)?;
        let operation = Operation::Resource { verb: ResourceVerb::View, resource: id };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
        self.resource_as_changed(caller, id).await
    }

    /// One resource after a change to it. Who gave it away may not see it any more: that is no failure.
    pub(super) async fn resource_as_changed(&self, caller: &Caller, id: ResourceId) -> Result<ResourceView, Problem> {
        let snapshot = caller.live.snapshot();
        let found: Vec<Arc<Resource>> =
            snapshot.resource(id).map(|found| Arc::new(found.clone())).into_iter().collect();
        let views = self.resource_views(caller, &snapshot, found).await?;
        views.into_iter().next().ok_or_else(|| Problem::missing("resource"))
    }

    /// The resources that the caller sees: where an agent acts for a person, those that both see.
    pub(crate) fn seen_resources<'s>(
        &'s self,
        caller: &'s Caller,
        snapshot: &'s Snapshot,
    ) -> impl Iterator<Item = &'s Resource> {
        snapshot.visible_resources(caller.actor.subject, self.now()).filter(move |resource| {
            let operation = Operation::Resource { verb: ResourceVerb::View, resource: resource.id };
            match self.asked(snapshot, &caller.actor, operation) {
                Verdict::Allowed(_) => true,
                Verdict::Denied(denial) => !denial.hidden,
            }
        })
    }

    fn may(&self, caller: &Caller, snapshot: &Snapshot, verb: ResourceVerb, resource: ResourceId) -> bool {
        self.asked(snapshot, &caller.actor, Operation::Resource { verb, resource }).is_allowed()
    }

    fn sees_team(&self, caller: &Caller, snapshot: &Snapshot, team: TeamId) -> bool {
        self.asked(snapshot, &caller.actor, Operation::ViewTeam { team }).is_allowed()
    }

    async fn resource_views(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        found: Vec<Arc<Resource>>,
    ) -> Result<Vec<ResourceView>, Problem> {
        let people: Vec<PersonId> = found.iter().flat_map(|resource| people_of(resource)).collect();
        let people = self.people(caller.live.org(), &people).await?;
        let titles = self.labels(caller.live.org()).await?;
        let name =
            |person: PersonId| people.get(&person).map_or_else(|| ERASED.to_owned(), |person| person.name.clone());
        let view = |resource: Arc<Resource>| {
            let id = resource.id;
            let may = ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create);
            let may: Vec<ResourceVerb> = may.filter(|verb| self.may(caller, snapshot, *verb, id)).collect();
            let (kind, title) = (resource.kind, resource.title.clone());
            let seen = may.contains(&ResourceVerb::View);
            let all_shares = may.contains(&ResourceVerb::Share);
            let inside = seen.then(|| {
                let teams = resource.teams.iter().filter(|team| self.sees_team(caller, snapshot, **team));
                let titled = |team: &TeamId| (*team, snapshot.team_title(*team).unwrap_or_default().to_owned());
                let known = |with: &Grantee| all_shares || *with == caller.actor.subject.grantee();
                let shares = resource.shares.iter().filter(|(with, _)| known(with));
                let shared = |(with, share): (&Grantee, &Share)| ShareView {
                    with: *with,
                    name: match with {
                        Grantee::Member(person) => name(*person),
                        other => titles.get(&other.to_string()).cloned().unwrap_or_default(),
                    },
                    share: *share,
                };
                let looks_into = |id: &&ResourceId| self.may(caller, snapshot, ResourceVerb::View, **id);
                let called = |id: &ResourceId| {
                    let found = snapshot.resource(*id).filter(|found| found.deleted_at.is_none())?;
                    Some((*id, found.title.clone()))
                };
                ResourceInside {
                    collections: resource.collections.iter().filter(looks_into).filter_map(called).collect(),
                    owner_name: resource.owner.map(name),
                    made_by_name: maker(&resource).map(name),
                    teams: teams.map(titled).collect(),
                    shares: shares.map(shared).collect(),
                    resource,
                }
            });
            ResourceView { id, kind, title, may, inside }
        };
        Ok(found.into_iter().map(view).collect())
    }
}

/// Everybody whose name shows with a resource.
fn people_of(resource: &Resource) -> Vec<PersonId> {
    let shared = resource.shares.keys().filter_map(|with| match with {
        Grantee::Member(person) => Some(*person),
        _ => None,
    });
    shared.chain(resource.owner).chain(maker(resource)).collect()
}

/// Who made it, where that was a person.
fn maker(resource: &Resource) -> Option<PersonId> {
    PersonId::parse(resource.created_by.split('/').next()?).ok()
}
