//! In which order steps can be done.

use domain::command::Command;

use crate::policy_file::rehearse::Step;

/// When a step is done: what others rest on comes first and goes last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Phase {
    /// Settings that stand in the way of other steps are opened.
    Open,
    EndObjects,
    DefineObjects,
    DefineRoles,
    DefineTeams,
    /// The defaults for newcomers, once what they name is there.
    Defaults,
    /// The way to the top before the way down, so that somebody is there at every moment.
    PromoteToTop,
    AssignRoles,
    LeaveTop,
    ExtraRoles,
    TeamPlaces,
    Agents,
    Keys,
    Resources,
    /// Roles are for fewer kinds of holders, once those have another.
    NarrowRoles,
    EndRoles,
    EndTeams,
    EndAgents,
    Tools,
    Grants,
    /// The remaining settings.
    Close,
    /// The caller's own role, which may be what all the others rest on.
    OwnRole,
}

/// Steps, each with its phase.
#[derive(Debug, Default)]
pub(super) struct Agenda(Vec<(Phase, Step)>);

impl Agenda {
    pub(super) fn add(&mut self, phase: Phase, steps: impl IntoIterator<Item = Step>) {
        self.0.extend(steps.into_iter().map(|step| (phase, step)));
    }

    /// What the steps so far would do.
    pub(super) fn commands(&self) -> impl Iterator<Item = &Command> {
        self.0.iter().map(|(_, step)| &step.command)
    }

    /// The steps in their order; within a phase as they were added.
    pub(super) fn in_order(mut self) -> Vec<Step> {
        self.0.sort_by_key(|(phase, _)| *phase);
        self.0.into_iter().map(|(_, step)| step).collect()
    }
}
