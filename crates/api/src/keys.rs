//! Endpoints: keys.

use std::collections::BTreeSet;

use app::App;
use app::keys::{CreatedKey, KeyView, NewAgentKey, NewKeyOf, NewPersonalKey, NewWorkspaceKey};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::grant::{Grant, Profile};
use domain::id::KeyId;
use domain::key::{KeyKind, KeyScope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, NoBody, Params, Signed, bad_cursor, page, page_size};
use crate::organizations::given;
use crate::problem::{Failure, Problems};
use crate::time::{read_optional, written};

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Key {
    /// Its id.
    id: String,
    /// `personal`, `workspace` or `agent`, or `directory` for the connection of a company directory.
    kind: &'static str,
    /// `active`, `suspended` or `expired`.
    state: &'static str,
    /// Why it is suspended, and what ends that.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'static str>,
    /// What people call it.
    label: String,
    /// The last characters of its secret.
    hint: String,
    /// Whose it is, for a personal key.
    holder: Option<Holder>,
    /// Whose it is, for an agent's key.
    agent: Option<Holder>,
    /// For whom the agent acts with it.
    acting_for: Option<Holder>,
    /// What it reaches, for a workspace key: `all` or `granted`.
    #[schema(value_type = Option<String>)]
    scope: Option<KeyScope>,
    /// The role of a workspace key.
    role: Option<String>,
    /// What a workspace key was given.
    integrations: Vec<KeyGrant>,
    /// When it was created.
    created_at: String,
    /// When its present secret was issued.
    issued_at: String,
    /// When it ends by itself.
    expires_at: Option<String>,
    /// Its last use.
    last_used: Option<LastUse>,
}

/// Somebody by id and name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Holder {
    id: String,
    name: String,
}

/// What a workspace key was given of an integration.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyGrant {
    /// Slug of the integration.
    integration: String,
    /// The tool profile.
    #[schema(value_type = String)]
    profile: Profile,
    /// Single tools switched off.
    tools_off: BTreeSet<String>,
    /// When it ends by itself.
    expires_at: Option<String>,
}

/// The last use of a key.
#[derive(Serialize, ToSchema)]
pub(crate) struct LastUse {
    at: String,
    address: Option<String>,
    /// As the client states itself.
    client: Option<String>,
}

impl From<(String, Grant)> for KeyGrant {
    fn from((integration, grant): (String, Grant)) -> KeyGrant {
        let expires_at = grant.expires_at.map(written);
        KeyGrant { integration, profile: grant.profile, tools_off: grant.tools_off, expires_at }
    }
}

impl From<KeyView> for Key {
    fn from(view: KeyView) -> Key {
        let (kind, scope, acting_for) = match view.key.kind {
            KeyKind::Personal { .. } => ("personal", None, None),
            KeyKind::Workspace { scope, .. } => ("workspace", Some(scope), None),
            KeyKind::Agent { acting_for, .. } => ("agent", None, acting_for),
            KeyKind::Directory { .. } => ("directory", None, None),
        };
        let named = |id: String, name: Option<String>| Holder { id, name: name.unwrap_or_default() };
        Key {
            id: view.key.id.to_string(),
            kind,
            state: view.state.as_str(),
            because: view.state.because(),
            label: view.label,
            holder: view.key.holder().map(|holder| named(holder.to_string(), view.holder_name)),
            agent: view.key.agent().map(|agent| named(agent.to_string(), view.agent_title)),
            acting_for: acting_for.map(|person| named(person.to_string(), view.acting_for_name)),
            scope,
            role: view.key.role().map(|role| role.to_string()),
            integrations: view.grants.into_iter().map(KeyGrant::from).collect(),
            hint: view.key.hint,
            created_at: written(view.key.created_at),
            issued_at: written(view.key.issued_at),
            expires_at: view.key.expires_at.map(written),
            last_used: view.used_at.map(|at| LastUse {
                at: written(at),
                address: view.used_from,
                client: view.used_with,
            }),
        }
    }
}

/// A page of keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct Keys {
    items: Vec<Key>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// Which keys.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeyParams {
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

/// A page of one's own keys and those one may manage, in the order of their ids. Never a secret.
#[utoipa::path(get, path = "/keys", tag = "keys", operation_id = "list_keys",
    params(("org" = String, Path, description = "slug or id"), KeyParams),
    responses((status = 200, body = Keys), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<KeyParams>,
) -> Result<Json<Keys>, Failure> {
    let cursor = params.cursor.as_deref().map(KeyId::parse).transpose();
    let cursor = cursor.map_err(|_| bad_cursor())?;
    let limit = page_size(params.limit)?;
    let found = app.list_keys(&caller, cursor, limit + 1).await?;
    let (items, more) = page(found.into_iter().map(Key::from).collect(), limit);
    let next = items.last().filter(|_| more).map(|key: &Key| key.id.clone());
    Ok(Json(Keys { items, next }))
}

/// A key to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyToCreate {
    /// `personal`, `workspace` or `agent`.
    kind: String,
    /// What people call it.
    label: String,
    /// For a workspace key: `all` or `granted`; as the settings say where nothing is given.
    #[schema(value_type = Option<String>)]
    scope: Option<KeyScope>,
    /// For a workspace key: its role.
    role: Option<String>,
    /// For a personal key: whose, by e-mail address or id; one's own where nobody is named.
    holder: Option<String>,
    /// For an agent's key: whose, by id.
    agent: Option<String>,
    /// For an agent's key: for whom the agent acts with it, by e-mail address or id. They have to let it first.
    acting_for: Option<String>,
    /// When it ends by itself.
    expires_at: Option<String>,
}

impl KeyToCreate {
    /// The kind with what belongs to it; what belongs to another kind is refused by name.
    fn of(self) -> Result<NewKeyOf, Failure> {
        let KeyToCreate { kind, scope, role, holder, agent, acting_for, .. } = self;
        let strays = |fields: &[(&'static str, bool)], kind: &str| match fields.iter().find(|(_, given)| *given) {
            Some((field, _)) => Err(Failure::bad_field(*field, format!("{kind} key has no {field}; leave it out"))),
            None => Ok(()),
        };
        let of_workspace = [("scope", scope.is_some()), ("role", role.is_some())];
        let of_person = [("holder", holder.is_some())];
        let of_agent = [("agent", agent.is_some()), ("acting_for", acting_for.is_some())];
        match (kind.as_str(), agent) {
            ("personal", _) => {
                strays(&[&of_workspace[..], &of_agent].concat(), "a personal")?;
                Ok(NewKeyOf::Personal(NewPersonalKey { holder }))
            }
            ("workspace", _) => {
                strays(&[&of_person[..], &of_agent].concat(), "a workspace")?;
                Ok(NewKeyOf::Workspace(NewWorkspaceKey { scope, role }))
            }
            ("agent", Some(agent)) => {
                strays(&[&of_workspace[..], &of_person].concat(), "an agent's")?;
                Ok(NewKeyOf::Agent(NewAgentKey { agent, acting_for }))
            }
            ("agent", None) => Err(Failure::bad_field("agent", "give the id of the agent whose key it is to be")),
            _ => Err(Failure::bad_field("kind", "give personal, workspace or agent")),
        }
    }
}

/// A key that was just created or rotated.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKeyBody {
    /// Its id.
    id: String,
    /// Its secret, shown this once.
    secret: String,
    /// What to consider.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
}

impl From<CreatedKey> for CreatedKeyBody {
    fn from(key: CreatedKey) -> CreatedKeyBody {
        CreatedKeyBody { id: key.id.to_string(), secret: key.secret.reveal().to_owned(), warning: key.warning }
    }
}

/// Creates a key. Its secret is shown this once.
#[utoipa::path(post, path = "/keys", tag = "keys", operation_id = "create_key",
    params(("org" = String, Path, description = "slug or id")), request_body = KeyToCreate,
    responses((status = 201, body = CreatedKeyBody), Problems))]
pub(crate) async fn create(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<KeyToCreate>,
) -> Result<(StatusCode, Json<CreatedKeyBody>), Failure> {
    let (label, expires_at) = (body.label.clone(), read_optional("expires_at", body.expires_at.as_deref())?);
    let key = app.create_key(&caller, &label, body.of()?, expires_at).await?;
    Ok((StatusCode::CREATED, Json(key.into())))
}

/// One key.
#[utoipa::path(get, path = "/keys/{key}", tag = "keys", operation_id = "show_key",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id")),
    responses((status = 200, body = Key), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Key>, Failure> {
    let (_, key) = path;
    Ok(Json(app.show_key(&caller, &key).await?.into()))
}

/// What changes about a workspace key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyToChange {
    /// Its role; null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    role: Option<Option<String>>,
}

/// Gives a workspace key another role, or none. One that was suspended because its role had ended works again.
#[utoipa::path(patch, path = "/keys/{key}", tag = "keys", operation_id = "change_key",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id")),
    request_body = KeyToChange, responses((status = 200, body = Key), Problems))]
pub(crate) async fn change(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<KeyToChange>,
) -> Result<Json<Key>, Failure> {
    let (_, key) = path;
    Ok(Json(app.set_key_role(&caller, &key, body.role.flatten().as_deref()).await?.into()))
}

/// Ends a key for good.
#[utoipa::path(delete, path = "/keys/{key}", tag = "keys", operation_id = "revoke_key",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id")),
    responses((status = 204), Problems))]
pub(crate) async fn revoke(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, key) = path;
    app.revoke_key(&caller, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a key a new secret; the old one stops at once.
#[utoipa::path(post, path = "/keys/{key}/rotate", tag = "keys", operation_id = "rotate_key",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id")),
    responses((status = 200, body = CreatedKeyBody), Problems))]
pub(crate) async fn rotate(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<CreatedKeyBody>, Failure> {
    let (_, key) = path;
    Ok(Json(app.rotate_key(&caller, &key).await?.into()))
}
