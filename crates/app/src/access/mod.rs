//! Access: what somebody may do, and why or why not.

use domain::grant::{Grant, Grantee};
use domain::id::{IntegrationId, KeyId, PersonId, TeamId};
use domain::key::KeyKind;
use domain::organization::Organization;
use domain::permission::{Permission, PermissionSet};
use domain::role::RoleId;
use domain::team::Team;
use domain::time::Timestamp;
use verdict::{Action, Actor, Basis, Credential, Explanation, Operation, Question, RoleIndex, Snapshot, Subject, Via};

use crate::agents::agent_id;
use crate::ask::{At, about, hidden_tool};
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

/// Whose access is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'n> {
    /// The caller's own.
    Mine,
    /// A member's, by id or e-mail address.
    Member(&'n str),
    /// An agent's, by id: the caller's own as it acts at present, another's when it acts for nobody.
    Agent(&'n str),
    /// What can be done with a key, by id: its holder's access, its own, or what both its agent and the person may for
    /// whom the agent acts with it. Nothing where the key does not work.
    Key(&'n str),
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
    /// The person for whom an agent acts: it may do then what both may.
    pub acting_for: Option<PersonId>,
    /// The number of the last change of the state that was asked.
    pub seq: u64,
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

/// Who was meant: as an actor, and the key that was named.
struct Found {
    actor: Actor,
    key: Option<KeyId>,
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
        let actor = about(caller, subject);
        let question = Question { actor: &actor, action: Action::CallTool { integration, tool }, now: self.now() };
        let mut explanation = snapshot.explain(&question);
        if subject == caller.actor.subject {
            // Somebody who asks about themselves learns of a hidden thing what the gateway would tell them.
            if let verdict::Verdict::Denied(denial) = snapshot.evaluate(&question)
                && denial.hidden
            {
                explanation = snapshot.explain_denial(hidden_tool(), question.action);
            }
        }
        let ask = self.names_for((&snapshot, &caller.actor), &explanation.ask).await;
        Ok((explanation, ask))
    }

    /// Everything somebody may do, now or at a past moment.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller asks about another and may not explain access, [`Problem::Missing`] where
    /// there is nobody of this name, [`Problem::Invalid`] for a moment that was not or at which a key was not there.
    pub async fn show_access(&self, caller: &Caller, whose: Whose<'_>, at: Option<At>) -> Result<Access, Problem> {
        let found = self.whose(caller, whose).await?;
        self.may_ask(caller, found.actor.subject).await?;
        let view = self.view(caller, at).await?;
        match view.past.as_ref() {
            Some(state) => self.access(caller, found, (state, &*view.snapshot), view.now),
            None => {
                let state = caller.live.state.lock().await;
                // Under the lock the snapshot is the state's own.
                let snapshot = caller.live.snapshot();
                self.access(caller, found, (&*state, &*snapshot), view.now)
            }
        }
    }

    /// Who is meant. A key that is not known here is told from another's only to those who may explain access.
    async fn whose(&self, caller: &Caller, whose: Whose<'_>) -> Result<Found, Problem> {
        let found = |subject| Found { actor: about(caller, subject), key: None };
        match whose {
            Whose::Mine => Ok(Found { actor: Actor { credential: None, ..caller.actor }, key: None }),
            Whose::Member(name) => Ok(found(Subject::Member(self.member_named(caller, name).await?))),
            Whose::Agent(name) => Ok(found(Subject::Agent(agent_id(name)?))),
            Whose::Key(name) => {
                let key = KeyId::parse(name).map_err(|_| Problem::missing("key"))?;
                let known = caller.live.state.lock().await.keys.get(&key).map(|known| known.kind.clone());
                let Some(kind) = known else {
                    let everyone = Operation::Use { permission: Permission::AccessExplain };
                    let _permit = self.permit(&caller.live.snapshot(), &caller.actor, everyone).await?;
                    return Err(Problem::missing("key"));
                };
                let (subject, acting_for) = match kind {
                    KeyKind::Personal { holder } => (Subject::Member(holder), None),
                    KeyKind::Workspace { .. } | KeyKind::Directory { .. } => (Subject::Key(key), None),
                    KeyKind::Agent { agent, acting_for } => (Subject::Agent(agent), acting_for),
                };
                Ok(Found { actor: Actor { acting_for, ..Actor::about(subject) }, key: Some(key) })
            }
        }
    }

    fn access(
        &self,
        caller: &Caller,
        found: Found,
        (state, snapshot): (&Organization, &Snapshot),
        now: Timestamp,
    ) -> Result<Access, Problem> {
        let Found { mut actor, key } = found;
        let subject = actor.subject;
        let mut works = true;
        if let Some(key) = key {
            let then = || Problem::invalid("at", "this key did not exist yet at this moment; name a later one");
            let known = state.keys.get(&key).ok_or_else(then)?;
            actor.credential = known.digest_bytes().map(|digest| Credential::Key { key, digest });
            works = actor.credential.is_some_and(|credential| snapshot.admit(credential, now).is_ok());
        } else if let Subject::Agent(agent) = subject
            && !state.agents.contains_key(&agent)
        {
            return Err(Problem::missing("agent"));
        }
        let teams = places(state, subject);
        let role = snapshot.role_of(subject).map(|role| role.id);
        let beside: Vec<(RoleIndex, RoleId, Option<Timestamp>)> =
            snapshot.extra_roles_of(subject, now).map(|(index, role, end)| (index, role.id, end)).collect();
        let roles = role.map(|role| (Via::Role, role)).into_iter();
        let roles: Vec<(Via, RoleId)> =
            roles.chain(beside.iter().map(|(index, role, _)| (Via::ExtraRole(*index), *role))).collect();
        // How many tools there are beyond one's own is for those who may see the whole integration.
        let counts_all = caller.live.snapshot().scope_of(caller.actor.subject, Permission::IntegrationView, self.now());
        let counts_all = counts_all.is_some();
        let callable = |integration| snapshot.callable_tools_of(&actor, integration, now).count();
        let access = |(integration, basis): (&verdict::IntegrationEntry, Basis)| {
            let given = match basis {
                Basis::Grant { .. } => given(state, (subject, &roles, &teams), integration.id, now),
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
        let theirs = actor.acting_for.map(|person| snapshot.permissions_of(Subject::Member(person), now));
        let permissions = snapshot.permissions_of(subject, now);
        let permissions = theirs.map_or(permissions, |theirs| permissions.intersection(theirs));
        let extra_role = |(_, role, expires_at)| {
            let permissions = snapshot.permissions_of_role(role);
            ExtraRole { role, expires_at, permissions }
        };
        let extra_roles = beside.into_iter().map(extra_role).collect();
        Ok(Access {
            subject,
            acting_for: actor.acting_for,
            seq: snapshot.seq(),
            role: role.map(|role| role.to_string()),
            extra_roles,
            permissions: if works { permissions } else { PermissionSet::EMPTY },
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
    let found = own.chain(teams).chain(roles).flat_map(|(via, team, to)| {
        let all = state.grant(to, integration).into_iter().chain(state.loans(to, integration));
        let given = move |grant: &Grant| Given { via, team: team.cloned(), grant: grant.clone() };
        all.filter(|grant| grant.holds_at(now)).map(given)
    });
    found.collect()
}

fn is_named_by(basis: Basis, given: &Given) -> bool {
    matches!(basis, Basis::Grant { since_seq, via, .. } if (since_seq, via) == (given.grant.since_seq, given.via))
}
