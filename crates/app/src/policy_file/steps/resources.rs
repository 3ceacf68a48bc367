//! Steps about resources: whose they are, which teams have them, and with whom they are shared.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::Command;
use domain::grant::Grantee;
use domain::id::{ResourceId, TeamId};
use domain::resource::{Ending, NewResource, Resource, ResourceEdit, ResourceKind};

use super::super::{ResourceEntry, ShareEntry};
use super::agenda::{Agenda, Phase};
use super::{Context, invalid, step};
use crate::policy_file::book::{Names, names_of_resources};
use crate::policy_file::rehearse::Step;
use crate::{App, Problem};

/// A resource that the document speaks of.
struct Meant<'d> {
    kind: ResourceKind,
    name: &'d str,
    entry: &'d ResourceEntry,
}

impl Meant<'_> {
    fn step(&self, says: String, command: Command) -> Step {
        step(&["resources", self.kind.as_str(), self.name], says, command)
    }
}

pub(super) fn steps(app: &App, context: &Context<'_>, agenda: &mut Agenda) -> Result<(), Problem> {
    let Some(resources) = &context.document.resources else { return Ok(()) };
    let mut kept = BTreeSet::new();
    let (names, none) = (names_of_resources(context.state), Names::default());
    for (kind, of_kind) in resources {
        let names = names.get(kind).unwrap_or(&none);
        for (name, entry) in of_kind {
            let meant = Meant { kind: *kind, name, entry };
            let made = made_so(app, context, names, &meant, &mut kept);
            agenda.add(Phase::Resources, made.map_err(|problem| problem.in_step(&["resources", kind.as_str(), name]))?);
        }
    }
    let there = context.state.resources.values().filter(|resource| resource.deleted_at.is_none());
    for gone in there.filter(|resource| !kept.contains(&resource.id)) {
        let says = format!("delete the {} {}, which can be restored", gone.kind.as_str(), gone.title);
        let command = Command::EndResource { resource: gone.id, ending: Ending::Delete };
        agenda.add(Phase::Resources, [step(&["resources"], says, command)]);
    }
    Ok(())
}

fn made_so(
    app: &App,
    context: &Context<'_>,
    names: &Names,
    meant: &Meant<'_>,
    kept: &mut BTreeSet<ResourceId>,
) -> Result<Vec<Step>, Problem> {
    let Meant { kind, name, entry } = *meant;
    let by_id = ResourceId::parse(name).ok();
    let of_kind = |id: &ResourceId| context.state.resources.get(id).is_some_and(|known| known.kind == kind);
    let found = names.called.get(name).copied().or(by_id.filter(of_kind));
    let known = found.and_then(|id| context.state.resources.get(&id));
    if known.is_none() && names.unclear.contains(name) {
        return Err(invalid("there are several of this name; name each by its id, and say its title".to_owned()));
    }
    let id = match (found, by_id) {
        (Some(id), _) | (None, Some(id)) => id,
        (None, None) => ResourceId::from_random(app.random()?),
    };
    if !kept.insert(id) {
        return Err(invalid("this resource is named twice; name each once".to_owned()));
    }
    let title = match (&entry.title, by_id) {
        (Some(title), _) => title.clone(),
        (None, None) => name.to_owned(),
        (None, Some(_)) => known.map(|known| known.title.clone()).ok_or_else(|| invalid("say its title".to_owned()))?,
    };
    let mut steps = Vec::new();
    if known.is_none() {
        let Some(owner) = &entry.owner else { return Err(invalid("name the owner, whose it is".to_owned())) };
        let owner = Some(context.book.person(owner, context.state)?);
        let new = NewResource { id, kind, title: title.clone(), tier: entry.tier.clone(), owner };
        steps.push(meant.step(format!("make the {} {title}", kind.as_str()), Command::RegisterResource(new)));
    }
    let mut changes = known.map_or(Ok(Vec::new()), |known| edited(context, meant, (known, &title)))?;
    changes.extend(teams(context, meant, (id, known.map(AsRef::as_ref)))?);
    changes.extend(shares(context, meant, (id, known.map(AsRef::as_ref)))?);
    let was_deleted = known.is_some_and(|known| known.deleted_at.is_some());
    // Nothing is changed about what is deleted.
    let restored = was_deleted && (!entry.deleted || !changes.is_empty());
    if restored {
        steps.push(
            meant.step(format!("restore the {} {title}", kind.as_str()), Command::RestoreResource { resource: id }),
        );
    }
    steps.extend(changes);
    if entry.deleted && (!was_deleted || restored) {
        let command = Command::EndResource { resource: id, ending: Ending::Delete };
        steps.push(meant.step(format!("delete the {} {title}, which can be restored", kind.as_str()), command));
    }
    Ok(steps)
}

fn edited(context: &Context<'_>, meant: &Meant<'_>, (known, title): (&Resource, &str)) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::new();
    let edit = ResourceEdit {
        title: (known.title != title).then(|| title.to_owned()),
        tier: meant.entry.tier.clone().filter(|tier| known.tier.as_ref() != Some(tier)),
    };
    if edit != ResourceEdit::default() {
        let says = format!("change the title or tier of the {} {}", known.kind.as_str(), known.title);
        steps.push(meant.step(says, Command::EditResource { resource: known.id, edit }));
    }
    if let Some(name) = &meant.entry.owner {
        let owner = context.book.person(name, context.state)?;
        if known.owner != Some(owner) {
            let says = format!("hand the {} {title} over to {name}", known.kind.as_str());
            steps.push(meant.step(says, Command::HandOverResource { resource: known.id, owner }));
        }
    }
    Ok(steps)
}

fn teams(
    context: &Context<'_>,
    meant: &Meant<'_>,
    (resource, known): (ResourceId, Option<&Resource>),
) -> Result<Vec<Step>, Problem> {
    let mut wanted = BTreeMap::<TeamId, &str>::new();
    for title in &meant.entry.teams {
        wanted.insert(context.team(title)?, title);
    }
    let none = BTreeSet::new();
    let present = known.map_or(&none, |known| &known.teams);
    let name = meant.name;
    let given = wanted.iter().filter(|(team, _)| !present.contains(*team)).map(|(team, title)| {
        meant.step(format!("give {name} to the team {title}"), Command::AssignResource { resource, team: *team })
    });
    let taken = present.iter().filter(|team| !wanted.contains_key(*team)).filter_map(|team| {
        let title = &context.state.teams.get(team)?.title;
        context.team_stays(*team).then(|| {
            meant
                .step(format!("take {name} from the team {title}"), Command::UnassignResource { resource, team: *team })
        })
    });
    Ok(given.chain(taken).collect())
}

fn shares(
    context: &Context<'_>,
    meant: &Meant<'_>,
    (resource, known): (ResourceId, Option<&Resource>),
) -> Result<Vec<Step>, Problem> {
    let mut wanted = BTreeMap::<Grantee, (&str, &ShareEntry)>::new();
    for (called, share, person) in
        context.people(&meant.entry.members, &["resources", meant.kind.as_str(), meant.name])?
    {
        wanted.insert(Grantee::Member(person), (called, share));
    }
    for (title, share) in &meant.entry.agents {
        wanted.insert(Grantee::Agent(context.agent(title)?), (title, share));
    }
    wanted.retain(|_, (_, share)| share.holds_at(context.now));
    let none = BTreeMap::new();
    let present = known.map_or(&none, |known| &known.shares);
    let name = meant.name;
    let mut steps = Vec::new();
    for (with, (called, share)) in &wanted {
        if present.get(with).map(ShareEntry::of).as_ref() != Some(*share) {
            let (level, expires_at) = (share.level, share.until.map(|until| until.0));
            let says = format!("share {name} with {called} to {}", level.as_str());
            steps.push(meant.step(says, Command::ShareResource { resource, with: *with, level, expires_at }));
        }
    }
    for (with, share) in present.iter().filter(|(with, _)| !wanted.contains_key(with)) {
        let called = match with {
            Grantee::Member(person) => context.book.address(*person),
            Grantee::Agent(agent) => match context.state.agents.get(agent) {
                Some(known) if context.agent_stays(*agent) => known.title.clone(),
                _ => continue,
            },
            Grantee::Team(_) | Grantee::Role(_) | Grantee::Key(_) => continue,
        };
        if ShareEntry::of(share).holds_at(context.now) {
            let says = format!("share {name} with {called} no longer");
            steps.push(meant.step(says, Command::UnshareResource { resource, with: *with }));
        }
    }
    Ok(steps)
}
