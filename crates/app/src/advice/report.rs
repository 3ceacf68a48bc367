//! The report of who has access to what, row by row, for keeping (PW-60).

use domain::permission::Permission;
use domain::time::Timestamp;
use verdict::{Actor, Basis, Operation, Subject, Via};

use crate::{App, Caller, Problem};

/// What one subject has of one integration, or that they have none.
#[derive(Clone, Debug)]
pub struct AccessRow {
    /// Who.
    pub subject: Subject,
    /// Their name.
    pub name: String,
    /// `member`, `key` or `agent`.
    pub kind: &'static str,
    /// Their role.
    pub role: Option<String>,
    /// The integration's slug; none for somebody who reaches none.
    pub integration: Option<String>,
    /// On what it rests.
    pub basis: &'static str,
    /// The team or role to which it was given.
    pub via: Option<String>,
    /// In which measure.
    pub profile: Option<String>,
    /// Tools that they can call.
    pub tools: usize,
    /// The change that gave it.
    pub since_seq: Option<u64>,
}

impl App {
    /// Who has access to what at this moment: one row for each subject and integration. With the number of the last
    /// change of the state that was asked, of which a review can be confirmed.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not explain access.
    pub async fn access_report(&self, caller: &Caller) -> Result<(Vec<AccessRow>, Timestamp, u64), Problem> {
        let snapshot = caller.live.snapshot();
        let operation = Operation::Use { permission: Permission::AccessExplain };
        let _permit = self.permit(&snapshot, &caller.actor, operation).await?;
        let now = self.now();
        let subjects = snapshot.subjects();
        let names = self.names_of(caller, &subjects).await?;
        let mut rows = Vec::new();
        for (subject, name) in subjects.into_iter().zip(names) {
            let kind = match subject {
                Subject::Member(_) => "member",
                Subject::Key(_) => "key",
                Subject::Agent(_) => "agent",
            };
            let role = snapshot.role_of(subject).map(|role| role.title.clone());
            let none = AccessRow {
                subject,
                name,
                kind,
                role,
                integration: None,
                basis: "none",
                via: None,
                profile: None,
                tools: 0,
                since_seq: None,
            };
            let actor = Actor::about(subject);
            let before = rows.len();
            for (integration, basis) in snapshot.reached_integrations(&actor, now) {
                let (via, profile, since_seq) = match basis {
                    Basis::Grant { since_seq, profile, via } => {
                        let via = match via {
                            Via::Own => None,
                            Via::Team(team) => snapshot.team_title(team).map(str::to_owned),
                            Via::Role => none.role.clone(),
                            Via::ExtraRole(role) => snapshot.role_named(role).map(|role| role.title.clone()),
                        };
                        (via, Some(profile.to_string()), Some(since_seq))
                    }
                    _ => (None, None, None),
                };
                rows.push(AccessRow {
                    integration: Some(integration.slug.to_string()),
                    basis: basis.code(),
                    via,
                    profile,
                    tools: snapshot.callable_tools_of(&actor, integration.id, now).count(),
                    since_seq,
                    ..none.clone()
                });
            }
            if rows.len() == before {
                rows.push(none);
            }
        }
        Ok((rows, now, snapshot.seq()))
    }
}
