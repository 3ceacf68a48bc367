//! Steps about teams and the places in them.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::role::RoleId;

use super::super::TeamEntry;
use super::agenda::{Agenda, Phase};
use super::{Context, invalid, step};
use crate::Problem;
use crate::policy_file::rehearse::Step;

pub(super) fn steps(context: &Context<'_>, agenda: &mut Agenda) -> Result<(), Problem> {
    let Some(teams) = &context.document.teams else { return Ok(()) };
    let mut kept = BTreeSet::new();
    for (title, entry) in teams {
        let team = context.team(title)?;
        if !kept.insert(team) {
            let message = "there is a team of this name already, apart from upper and lower case".to_owned();
            return Err(invalid(message).in_step(&["teams", title]));
        }
        let renamed = || Command::RenameTeam { team, title: title.clone() };
        let (says, command) = match context.state.teams.get(&team) {
            None => (format!("create the team {title}"), Some(Command::CreateTeam { team, title: title.clone() })),
            Some(known) if known.title != *title => {
                (format!("rename the team {} to {title}", known.title), Some(renamed()))
            }
            Some(_) => (String::new(), None),
        };
        agenda.add(Phase::DefineTeams, command.map(|command| step(&["teams", title], says, command)));
        agenda.add(Phase::TeamPlaces, places_in(context, title, entry)?);
    }
    let gone = context.state.teams.values().filter(|team| !kept.contains(&team.id));
    let ended = gone.map(|team| {
        let says = format!("delete the team {}, and all that people have through it", team.title);
        step(&["teams"], says, Command::DeleteTeam { team: team.id })
    });
    agenda.add(Phase::EndTeams, ended);
    Ok(())
}

fn places_in(context: &Context<'_>, title: &str, entry: &TeamEntry) -> Result<Vec<Step>, Problem> {
    let team = context.team(title)?;
    let place = ["teams", title, "members"];
    let present = context.state.teams.get(&team);
    let present = |person| present.and_then(|team| team.members.get(person)).map(|place| place.role);
    let people = context.people(&entry.members, &place)?;
    let mut steps = Vec::new();
    for (name, role, person) in &people {
        let says = match present(person) {
            Some(known) if known == **role => continue,
            Some(known) => format!("give {name} the role {role} in {title} instead of {known}"),
            None => format!("put {name} into {title} as {role}"),
        };
        let role: RoleId = **role;
        let command = Command::SetTeamMember { team, person: *person, role: Some(role) };
        steps.push(step(&[&place[..], &[*name]].concat(), says, command));
    }
    let stay: BTreeSet<_> = people.iter().map(|(.., person)| *person).collect();
    let members = context.state.teams.get(&team).into_iter().flat_map(|team| team.members.keys());
    steps.extend(members.filter(|person| !stay.contains(*person)).map(|person| {
        let says = format!("take {} out of {title}", context.book.address(*person));
        step(&place, says, Command::RemoveTeamMember { team, person: *person })
    }));
    Ok(steps)
}
