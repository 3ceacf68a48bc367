//! Integrations that would be given to turn a no into a yes: the smallest grant that opens a tool and nothing besides it.
//!
//! Never gives more of an integration than is had of it now, nor for longer: what has ended is as what never was.

use std::collections::BTreeSet;

use domain::grant::{Grant, Grantee, Profile};
use domain::organization::{GrantsTo, Organization};
use domain::time::Timestamp;

use crate::catalog::{IntegrationEntry, ToolEntry, ToolIndex};
use crate::operation::Operation;
use crate::question::{Action, Subject};
use crate::remedy::Remedy;
use crate::snapshot::Snapshot;

impl Snapshot {
    /// What lets an integration be seen.
    pub(crate) fn gifts_to_see(&self, subject: Subject, action: Action<'_>) -> Vec<Remedy> {
        let Action::Operate(
            Operation::ViewIntegration { integration }
            | Operation::EditIntegration { integration }
            | Operation::DisconnectIntegration { integration }
            | Operation::ReviewTool { integration },
        ) = action
        else {
            return Vec::new();
        };
        let (to, profile, tools_off) = (subject.grantee(), Profile::ReadOnly, BTreeSet::new());
        vec![Remedy::Grant { to, integration, profile, tools_off, expires_at: None }]
    }

    /// The smallest grants of a tool, to each of those to whom it could be given.
    pub(crate) fn gifts(
        &self,
        (state, now): (&Organization, Timestamp),
        subject: Subject,
        tool: ToolIndex,
    ) -> Vec<Remedy> {
        let Some(tool) = self.tool(tool) else { return Vec::new() };
        let allowed = |to: GrantsTo| self.settings.grants_to.contains(&to);
        let own = match subject {
            Subject::Member(_) => allowed(GrantsTo::Person).then(|| subject.grantee()),
            Subject::Key(_) | Subject::Agent(_) => Some(subject.grantee()),
        };
        let teams = self.subjects.find(subject.as_str()).map_or(&[][..], |entry| &entry.teams);
        let teams = teams.iter().map(|(team, _)| Grantee::Team(*team)).filter(|_| allowed(GrantsTo::Team));
        let role = self.role_of(subject).map(|role| Grantee::Role(role.id)).filter(|_| allowed(GrantsTo::Role));
        let present = |to| state.grant(to, tool.1.id).filter(|grant| grant.holds_at(now));
        own.into_iter().chain(teams).chain(role).map(|to| self.gift(to, tool, present(to))).collect()
    }

    /// What is had with a tool besides, or the tool alone. It is one grant, and so ends when what is had does.
    fn gift(&self, to: Grantee, tool: (&ToolEntry, &IntegrationEntry), present: Option<&Grant>) -> Remedy {
        let (entry, integration) = tool;
        let had = present.map(|grant| grant.profile);
        let mut tools_off = present.map(|grant| grant.tools_off.clone()).unwrap_or_default();
        tools_off.remove(&*entry.name);
        let profile = had.filter(|had| had.admits(entry.class)).unwrap_or_else(|| enough(entry));
        tools_off.extend(self.opened_besides(tool, had, profile));
        let expires_at = present.and_then(|grant| grant.expires_at);
        Remedy::Grant { to, integration: integration.id, profile, tools_off, expires_at }
    }

    /// What a wider profile would open besides the tool.
    fn opened_besides(
        &self,
        (opened, integration): (&ToolEntry, &IntegrationEntry),
        from: Option<Profile>,
        to: Profile,
    ) -> Vec<String> {
        let newly = |class| to.admits(class) && !from.is_some_and(|from| from.admits(class));
        let tools = self.catalog.tools_of(integration).map(|(_, tool)| tool);
        tools.filter(|tool| newly(tool.class) && tool.name != opened.name).map(|tool| tool.name.to_string()).collect()
    }

    /// A change made until a moment, for whoever asks to do this. What is had and ends before that is not drawn out by
    /// it: then the tool is given alone, beside what is had.
    #[must_use]
    pub fn for_a_time(&self, remedy: &Remedy, action: Action<'_>, until: Timestamp) -> Remedy {
        let (to, integration, profile, tools_off, expires_at) = match remedy.clone() {
            Remedy::Grant { to, integration, profile, tools_off, expires_at } => {
                (to, integration, profile, tools_off, expires_at)
            }
            Remedy::Share { resource, with, level, .. } => {
                return Remedy::Share { resource, with, level, expires_at: Some(until) };
            }
            other => return other,
        };
        let outlasts = expires_at.is_some_and(|end| end < until);
        match self.meant(action).filter(|_| outlasts) {
            Some(tool) => match self.gift(to, tool, None) {
                Remedy::Grant { to, integration, profile, tools_off, .. } => {
                    Remedy::Grant { to, integration, profile, tools_off, expires_at: Some(until) }
                }
                other => other,
            },
            None => Remedy::Grant { to, integration, profile, tools_off, expires_at: Some(until) },
        }
    }
}

/// The smallest profile that lets a tool through.
fn enough(tool: &ToolEntry) -> Profile {
    Profile::needed_for(tool.class)
}
