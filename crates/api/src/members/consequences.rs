//! Endpoint: what the removal of a member would come to.

use app::App;
use app::members::{Consequences as Told, KnownKey, LeftBehind};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Signed;
use crate::members::{IssuedKeyOf, Member};
use crate::problem::{Failure, Problems};

/// What comes of removing a member.
#[derive(Serialize, ToSchema)]
pub(crate) struct Consequences {
    /// Who.
    member: Member,
    /// The rule that stands against it, such as that somebody keeps the top role; none where nothing does.
    obstacle: Option<Obstacle>,
    /// The number of the state that this is about: send it as `If-Match` to remove them in this very state.
    seq: u64,
    /// What ends.
    ends: Ends,
    /// What somebody else has to take over: see `hand_over_to` of the removal.
    leaves: Leaves,
    /// Keys of programs whose secret they may keep: see `regenerate` of the removal.
    keys_to_regenerate: Vec<KeyToRegenerate>,
    /// Personal keys of others that they had issued and whose holders have not renewed them since: ask the holders to.
    personal_keys_to_rotate: Vec<IssuedKeyOf>,
}

/// A rule that stands against it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Obstacle {
    /// Its stable code.
    code: String,
    /// What it says.
    detail: String,
}

/// What ends with a membership: how many of each.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ends {
    /// Personal keys.
    keys: usize,
    /// Sessions that open this organization.
    sessions: usize,
    /// AI clients that they have connected.
    clients: usize,
    /// Their accounts at the servers of integrations.
    accounts: usize,
    /// Calls and streams that are open at this moment.
    open_calls: u32,
    /// Integrations that are assigned to them.
    integrations: usize,
    /// Agents that act for them.
    delegations: usize,
    /// Their access requests that wait.
    requests: usize,
}

/// What is left behind, as far as the caller may see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Leaves {
    /// Resources that have no owner then.
    resources: LeftThings,
    /// Agents that stand still until somebody else answers for them.
    agents: LeftThings,
    /// Teams that nobody leads then.
    teams: LeftThings,
}

/// Things that are left behind.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeftThings {
    /// How many there are.
    count: usize,
    /// The first of them, at most 100.
    first: Vec<LeftThing>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeftThing {
    /// Its id.
    id: String,
    /// Its name.
    title: String,
    /// The kind of a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
}

/// A key of programs whose secret somebody may keep.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyToRegenerate {
    /// Its id.
    id: String,
    /// What people call it.
    label: String,
    /// `workspace` or `agent`.
    kind: &'static str,
    /// They made it, or had its present secret issued.
    issued_by_them: bool,
    /// It was last used from a network address from which, of all whose own keys are known, only they were
    /// seen: they may be the only one who uses it.
    used_by_them_alone: bool,
}

impl From<KnownKey> for KeyToRegenerate {
    fn from(key: KnownKey) -> KeyToRegenerate {
        KeyToRegenerate {
            id: key.id.to_string(),
            label: key.label,
            kind: if key.of_agent { "agent" } else { "workspace" },
            issued_by_them: key.issued_by_them,
            used_by_them_alone: key.used_by_them_alone,
        }
    }
}

fn left<T>(left: LeftBehind<T>, one: impl Fn(T) -> LeftThing) -> LeftThings {
    LeftThings { count: left.count, first: left.first.into_iter().map(one).collect() }
}

impl From<Told> for Consequences {
    fn from(told: Told) -> Consequences {
        let named = |id: String, title: String| LeftThing { id, title, kind: None };
        let ends = told.ends;
        Consequences {
            member: told.member.into(),
            obstacle: told.obstacle.map(|refusal| Obstacle { code: refusal.code.to_owned(), detail: refusal.message }),
            seq: told.seq,
            ends: Ends {
                keys: ends.keys,
                sessions: ends.sessions,
                clients: ends.clients,
                accounts: ends.accounts,
                open_calls: ends.open,
                integrations: ends.grants,
                delegations: ends.delegations,
                requests: ends.requests,
            },
            leaves: Leaves {
                resources: left(told.leaves.resources, |(id, kind, title)| LeftThing {
                    kind: Some(kind.as_str().to_owned()),
                    ..named(id.to_string(), title)
                }),
                agents: left(told.leaves.agents, |(id, title)| named(id.to_string(), title)),
                teams: left(told.leaves.teams, |(id, title)| named(id.to_string(), title)),
            },
            keys_to_regenerate: told.keys_to_regenerate.into_iter().map(KeyToRegenerate::from).collect(),
            personal_keys_to_rotate: told
                .issued_keys
                .into_iter()
                .map(|(id, holder)| IssuedKeyOf { id: id.to_string(), holder })
                .collect(),
        }
    }
}

/// What removing a member would come to: what ends, what somebody has to take over, and which secrets they may keep. It
/// changes nothing, and is told to whoever may remove them.
#[utoipa::path(get, path = "/members/{member}/consequences", tag = "members", operation_id = "removal_consequences",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id")),
    responses((status = 200, body = Consequences), Problems))]
pub(crate) async fn of_removal(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Consequences>, Failure> {
    let (_, member) = path;
    Ok(Json(app.consequences(&caller, &member).await?.into()))
}
