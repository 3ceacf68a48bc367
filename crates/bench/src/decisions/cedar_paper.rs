//! The shapes of Cedar's paper as Cedar has them: rights in entities, a few policies.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entity, EntityUid, Request, RestrictedExpression};
use domain::grant::Profile;

use super::cedar::{Cedar, entity, request, uid, user};
use super::paper::{DOCUMENTS, MANY, Shape, Who};
use super::questions::{Asked, Questions};
use crate::Fault;

/// Questions timed together, and batches of a round.
const PACE: (usize, usize) = (8, 512);

/// Whose a list is, and who reads and edits it; readers and editors are groups of people and groups.
pub(crate) fn tinytodo(shape: &Shape, questions: &Questions) -> Result<Cedar, Fault> {
    let policies = r#"
        permit(principal, action, resource) when { resource.owner == principal };
        permit(principal, action == Action::"GetList", resource)
            when { principal in resource.readers || principal in resource.editors };
        permit(principal, action == Action::"UpdateTask", resource) when { principal in resource.editors };
    "#;
    let mut entities = people(shape)?;
    for thing in 0..MANY {
        let owner = shape.held.iter().find(|(_, held, profile)| *held == thing && *profile == Profile::Full);
        let Some((Who::User(owner), ..)) = owner else { return Err(Fault(format!("list {thing} has no owner"))) };
        let attributes = HashMap::from([
            attribute("owner", user(&shape.company.members[*owner])?),
            attribute("readers", holders(thing, Profile::ReadOnly)?),
            attribute("editors", holders(thing, Profile::NoDelete)?),
        ]);
        entities.push(entity(uid("List", &shape.company.services[thing].slug)?, attributes, HashSet::new())?);
        for profile in [Profile::ReadOnly, Profile::NoDelete] {
            entities.push(entity(holders(thing, profile)?, HashMap::new(), HashSet::new())?);
        }
    }
    with_requests(policies, entities, shape, questions, "List")
}

/// Who reads, writes and administrates a repository are groups, the larger right inside the smaller.
pub(crate) fn github(shape: &Shape, questions: &Questions) -> Result<Cedar, Fault> {
    let policies = r#"
        permit(principal, action == Action::"pull", resource) when { principal in resource.readers };
        permit(principal, action == Action::"push", resource) when { principal in resource.writers };
        permit(principal, action == Action::"delete", resource) when { principal in resource.admins };
    "#;
    let mut entities = people(shape)?;
    for thing in 0..MANY {
        let [readers, writers, admins] =
            [holders(thing, Profile::ReadOnly)?, holders(thing, Profile::NoDelete)?, holders(thing, Profile::Full)?];
        let attributes = HashMap::from([
            attribute("readers", readers.clone()),
            attribute("writers", writers.clone()),
            attribute("admins", admins.clone()),
        ]);
        entities.push(entity(uid("Repository", &shape.company.services[thing].slug)?, attributes, HashSet::new())?);
        entities.push(entity(admins, HashMap::new(), HashSet::from([writers.clone()]))?);
        entities.push(entity(writers, HashMap::new(), HashSet::from([readers.clone()]))?);
        entities.push(entity(readers, HashMap::new(), HashSet::new())?);
    }
    with_requests(policies, entities, shape, questions, "Repository")
}

/// Documents stand in folders; both are in the views of those to whom they are shown, and in what is somebody's own.
pub(crate) fn gdrive(shape: &Shape, questions: &Questions) -> Result<Cedar, Fault> {
    let policies = r#"
        permit(principal, action == Action::"read", resource) when { resource in principal.views };
        permit(principal, action in [Action::"read", Action::"write"], resource) when { resource in principal.owned };
    "#;
    let mut entities = Vec::new();
    for (place, member) in shape.company.members.iter().enumerate() {
        let views = shape.groups_of[place].iter().map(|group| view(&Who::Group(*group)));
        let views = views.chain([view(&Who::User(place))]).collect::<Result<Vec<_>, _>>()?;
        let views = views.into_iter().map(RestrictedExpression::new_entity_uid);
        let views = ("views".to_owned(), RestrictedExpression::new_set(views));
        let attributes = HashMap::from([views, attribute("owned", owned(place)?)]);
        entities.push(entity(user(member)?, attributes, HashSet::new())?);
        entities.push(entity(owned(place)?, HashMap::new(), HashSet::new())?);
        for who in [Who::User(place), Who::Group(place)] {
            entities.push(entity(view(&who)?, HashMap::new(), HashSet::new())?);
        }
    }
    for folder in 0..MANY {
        let held = shape.held.iter().filter(|(_, held, _)| *held == folder).map(|(who, ..)| view(who));
        let name = &shape.company.services[folder].slug;
        entities.push(entity(uid("Folder", name)?, HashMap::new(), held.collect::<Result<_, _>>()?)?);
        for document in 0..DOCUMENTS {
            let shown = shape.shown.iter().filter(|(_, at, number)| (*at, *number) == (folder, document));
            let own = shape.owned.iter().filter(|(_, at, number)| (*at, *number) == (folder, document));
            let parents = shown.map(|(who, ..)| view(who)).chain(own.map(|(user, ..)| owned(*user)));
            let parents = parents.chain([uid("Folder", name)]).collect::<Result<_, _>>()?;
            entities.push(entity(paper(shape, folder, document)?, HashMap::new(), parents)?);
        }
    }
    let actions = [uid("Action", "read")?, uid("Action", "write")?];
    let request = |asked: &Asked| {
        let (document, action) = (asked.tool / 2, asked.tool % 2);
        let principal = user(&shape.company.members[asked.member])?;
        request(principal, actions[action].clone(), paper(shape, asked.service, document)?)
    };
    Cedar::new(policies, entities, questions.asked.iter().map(request), PACE)
}

/// People in their groups, and both in the groups of those who hold a thing.
fn people(shape: &Shape) -> Result<Vec<Entity>, Fault> {
    let holding = |who: Who| {
        let held = shape.held.iter().filter(move |(holder, ..)| *holder == who);
        held.map(|(_, thing, profile)| holders(*thing, *profile))
    };
    let mut entities = Vec::new();
    for (place, member) in shape.company.members.iter().enumerate() {
        let groups = shape.groups_of[place].iter().map(|group| uid("Group", &group.to_string()));
        let parents = groups.chain(holding(Who::User(place))).collect::<Result<_, _>>()?;
        entities.push(entity(user(member)?, HashMap::new(), parents)?);
        let parents = holding(Who::Group(place)).collect::<Result<_, _>>()?;
        entities.push(entity(uid("Group", &place.to_string())?, HashMap::new(), parents)?);
    }
    Ok(entities)
}

fn with_requests(
    policies: &str,
    entities: Vec<Entity>,
    shape: &Shape,
    questions: &Questions,
    kind: &str,
) -> Result<Cedar, Fault> {
    let request = |asked: &Asked| -> Result<Request, Fault> {
        let service = &shape.company.services[asked.service];
        let principal = user(&shape.company.members[asked.member])?;
        request(principal, uid("Action", &service.tools[asked.tool].0)?, uid(kind, &service.slug)?)
    };
    Cedar::new(policies, entities, questions.asked.iter().map(request), PACE)
}

fn attribute(name: &str, uid: EntityUid) -> (String, RestrictedExpression) {
    (name.to_owned(), RestrictedExpression::new_entity_uid(uid))
}

fn holders(thing: usize, profile: Profile) -> Result<EntityUid, Fault> {
    uid("Holders", &format!("{thing}/{profile}"))
}

fn view(who: &Who) -> Result<EntityUid, Fault> {
    match who {
        Who::User(user) => uid("View", &format!("user-{user}")),
        Who::Group(group) => uid("View", &format!("group-{group}")),
    }
}

fn owned(user: usize) -> Result<EntityUid, Fault> {
    uid("View", &format!("owned-{user}"))
}

fn paper(shape: &Shape, folder: usize, document: usize) -> Result<EntityUid, Fault> {
    uid("Document", &format!("{}/{document}", shape.company.services[folder].slug))
}
