//! Access: what somebody may do, and why or why not.

use domain::grant::{Grant, Grantee};
use domain::id::{IntegrationId, TeamId};
use domain::organization::Organization;
use domain::permission::{Permission, PermissionSet};
use domain::role::RoleId;
use domain::team::Team;
use domain::time::Timestamp;
use verdict::{Action, Actor, Basis, Explanation, Operation, Question, RoleIndex, Subject, Via};

use crate::{App, Caller, Problem};

/// What somebody has of one integration.
#[derive(Clone, Debug)]
pub struct IntegrationAccess {
    /// The integration's slug.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// On what it rests.
    pub basis: Basis,
    /// In which measure, where it was given and not implied: of several grants the one that the basis names.
    pub grant: Option<Grant>,
    /// Every grant by which they have it at this moment.
    pub given: Vec<Given>,
    /// Tools that can be called now.
    pub callable: usize,
    /// Tools that the asker may know of.
    pub total: usize,
}

/// A grant, and to whom it was given that the subject has something by.
#[derive(Clone, Debug)]
pub struct Given {
    /// To whom.
    pub via: Via,
    /// The team's title, where it was given to one.
    pub team: Option<String>,
    /// In which measure.
    pub grant: Grant,
}

impl Given {
    /// To whom it was given, in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.via {
            Via::Own => "own",
            Via::Team(_) => "team",
            Via::Role | Via::ExtraRole(_) => "role",
        }
    }
}

/// A team that somebody is in, and as what.
#[derive(Clone, Debug)]
pub struct TeamPlace {
    /// The team.
    pub team: TeamId,
    /// Its title.
    pub title: String,
    /// The role that they have in it.
    pub role: RoleId,
}

/// A role that somebody has beside their own.
#[derive(Clone, Debug)]
pub struct ExtraRole {
    /// The role.
    pub role: RoleId,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What it comes to.
    pub permissions: PermissionSet,
}

/// Everything somebody may do.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who.
    pub subject: Subject,
    /// Their role, unless they are a key.
    pub role: Option<String>,
    /// The roles beside it.
    pub extra_roles: Vec<ExtraRole>,
    /// What the roles come to together.
    pub permissions: PermissionSet,
    /// The teams that they are in.
    pub teams: Vec<TeamPlace>,
    /// What they have of each integration.
    pub integrations: Vec<IntegrationAccess>,
}

impl App {
    /// Whether somebody may call a tool, and why.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller asks about another and may not explain access.
    pub async fn check(
        &self,
        caller: &Caller,
        subject: Option<&str>,
        integration: &str,
        tool: &str,
    ) -> Result<(Explanation, Vec<String>), Problem> {
        let subject = self.subject_named(caller, subject).await?;
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::Explain { subject }).await?;
        let actor = Actor::about(subject);
        let question = Question { actor: &actor, action: Action::CallTool { integration, tool }, now: self.now() };
        let mut explanation = snapshot.explain(&question);
        if subject == caller.actor.subject {
            // Somebody who asks about themselves learns of a hidden thing what the gateway would tell them.
            if let verdict::Verdict::Denied(denial) = snapshot.evaluate(&question)
                && denial.hidden
            {
                let absent = verdict::Denial { reason: verdict::Reason::NoSuchTool, hidden: true, ..denial };
                explanation = snapshot.explain_denial(absent, question.action);
            }
        }
        let ask = self.names(&explanation.ask).await;
        Ok((explanation, ask))
    }

    /// Everything somebody may do.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller asks about another and may not explain access.
    pub async fn show_access(&self, caller: &Caller, subject: Option<&str>) -> Result<Access, Problem> {
        let subject = self.subject_named(caller, subject).await?;
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::Explain { subject }).await?;
        let actor = Actor::about(subject);
        let now = self.now();
        let state = caller.live.state.lock().await;
        let teams = places(&state, subject);
        let role = snapshot.role_of(subject).map(|role| role.id);
        let beside: Vec<(RoleIndex, RoleId, Option<Timestamp>)> =
            snapshot.extra_roles_of(subject, now).map(|(index, role, end)| (index, role.id, end)).collect();
        let roles = role.map(|role| (Via::Role, role)).into_iter();
        let roles: Vec<(Via, RoleId)> =
            roles.chain(beside.iter().map(|(index, role, _)| (Via::ExtraRole(*index), *role))).collect();
        // How many tools there are beyond one's own is for those who may see the whole integration.
        let counts_all = snapshot.scope_of(caller.actor.subject, Permission::IntegrationView, now).is_some();
        let callable = |integration| snapshot.callable_tools_of(&actor, integration, now).count();
        let access = |(integration, basis): (&verdict::IntegrationEntry, Basis)| {
            let given = match basis {
                Basis::Grant { .. } => given(&state, (subject, &roles, &teams), integration.id, now),
                _ => Vec::new(),
            };
            IntegrationAccess {
                slug: integration.slug.to_string(),
                title: integration.title.to_string(),
                basis,
                grant: given.iter().find(|one| is_named_by(basis, one)).map(|one| one.grant.clone()),
                given,
                callable: callable(integration.id),
                total: if counts_all { snapshot.tool_count(integration, None) } else { callable(integration.id) },
            }
        };
        let integrations = snapshot.reached_integrations(&actor, now).map(access).collect();
        Ok(Access {
            subject,
            role: role.map(|role| role.to_string()),
            extra_roles: beside
                .into_iter()
                .map(|(_, role, expires_at)| ExtraRole {
                    role,
                    expires_at,
                    permissions: snapshot.permissions_of_role(role),
                })
                .collect(),
            permissions: snapshot.permissions_of(subject, now),
            integrations,
            teams,
        })
    }

    /// Who is meant: the caller, a member by id or e-mail address, or a workspace key or agent by id.
    pub(crate) async fn subject_named(&self, caller: &Caller, name: Option<&str>) -> Result<Subject, Problem> {
        match name {
            None => Ok(caller.actor.subject),
            Some(name) => match Subject::parse(name) {
                Some(subject @ (Subject::Key(_) | Subject::Agent(_))) => Ok(subject),
                _ => self.member_named(caller, name).await.map(Subject::Member),
            },
        }
    }
}

fn places(state: &Organization, subject: Subject) -> Vec<TeamPlace> {
    let Subject::Member(person) = subject else { return Vec::new() };
    let place = |team: &Team| {
        let role = team.members.get(&person)?.role;
        Some(TeamPlace { team: team.id, title: team.title.clone(), role })
    };
    state.teams.values().filter_map(place).collect()
}

/// The grants by which a subject has an integration now: their own, those of their teams, those of their roles.
fn given(
    state: &Organization,
    (subject, roles, teams): (Subject, &[(Via, RoleId)], &[TeamPlace]),
    integration: IntegrationId,
    now: Timestamp,
) -> Vec<Given> {
    let own = std::iter::once((Via::Own, None, subject.grantee()));
    let teams = teams.iter().map(|place| (Via::Team(place.team), Some(&place.title), Grantee::Team(place.team)));
    let roles = roles.iter().map(|(via, role)| (*via, None, Grantee::Role(*role)));
    let found = own.chain(teams).chain(roles).filter_map(|(via, team, to)| {
        let grant = state.grant(to, integration).filter(|grant| grant.holds_at(now))?;
        Some(Given { via, team: team.cloned(), grant: grant.clone() })
    });
    found.collect()
}

fn is_named_by(basis: Basis, given: &Given) -> bool {
    matches!(basis, Basis::Grant { since_seq, via, .. } if (since_seq, via) == (given.grant.since_seq, given.via))
}
