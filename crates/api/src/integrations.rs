//! Endpoints: integrations; their tools in `tools.rs`.

pub(crate) mod tools;

use app::App;
use app::integrations::{IntegrationChange, IntegrationView, NewCredential, NewIntegration};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::integration::{CredentialKind, Whose};
use domain::organization::ToolChanges;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::tools::{Tool, ToolChange};
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problems};

/// An integration as the caller sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Integration {
    /// Its id.
    id: String,
    /// Its short name.
    slug: String,
    /// Its name for people.
    title: String,
    /// What it is for.
    purpose: String,
    /// Where its MCP endpoint is: a URL, or `stdio:` and the name of a template; only for those who may see all integrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// How Wardroom shows itself there: `none`, `bearer`, `header`, `environment`, `client_credentials`, `oauth` (one account for
    /// everybody) or `oauth_of_each_person`; only for those who may see all integrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'static str>,
    /// Where somebody who signs in there is sent back to, to be registered with the client that `client_id` names; only for
    /// those who may see all integrations, where one integration was asked for and somebody signs in there.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
    /// Whether it is paused for everyone.
    paused: bool,
    /// How many tools the caller sees.
    tool_count: usize,
    /// How many of them somebody has to look at.
    needs_review: usize,
    /// How many tools are not as they were approved; only for those who may see all integrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    change_count: Option<usize>,
    /// What becomes of such a tool: `hold` where it is held back until somebody approves it, `take` where it is taken over;
    /// only for those who may see all integrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_changes: Option<&'static str>,
    /// What is not as it was approved, where one integration was asked for; only for those who may see all integrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<ToolChange>>,
    /// The tools, where one integration was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<Tool>>,
}

fn integration(view: IntegrationView, with_tools: bool) -> Integration {
    Integration {
        id: view.id.to_string(),
        slug: view.slug,
        title: view.title,
        purpose: view.purpose,
        url: view.url,
        credential: view.credential.map(|kind| match kind {
            CredentialKind::None => "none",
            CredentialKind::Bearer => "bearer",
            CredentialKind::Header { .. } => "header",
            CredentialKind::Environment => "environment",
            CredentialKind::ClientCredentials { .. } => "client_credentials",
            CredentialKind::OAuth { whose: Whose::Organization, .. } => "oauth",
            CredentialKind::OAuth { whose: Whose::Person, .. } => "oauth_of_each_person",
        }),
        redirect_uri: view.redirect_uri,
        paused: view.paused,
        tool_count: view.tool_count,
        needs_review: view.needs_review,
        change_count: view.change_count,
        tool_changes: view.tool_changes.map(ToolChanges::as_str),
        changes: view.changes.map(|changes| changes.into_iter().map(ToolChange::from).collect()),
        tools: with_tools.then(|| view.tools.into_iter().map(Tool::from).collect()),
    }
}

/// The integrations that the caller may know of.
#[derive(Serialize, ToSchema)]
pub(crate) struct Integrations {
    items: Vec<Integration>,
    next: Option<String>,
}

/// Every integration that the caller may know of. A member sees those they were given, and no others.
#[utoipa::path(get, path = "/integrations", tag = "integrations", operation_id = "list_integrations",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Integrations), Problems))]
pub(crate) async fn list(State(app): State<App>, Signed(caller): Signed) -> Result<Json<Integrations>, Failure> {
    let items = app.list_integrations(&caller).await?.into_iter().map(|view| integration(view, false)).collect();
    Ok(Json(Integrations { items, next: None }))
}

/// How Wardroom is to show itself to the upstream.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CredentialToUse {
    /// Not at all.
    None {},
    /// `Authorization: Bearer SECRET`.
    Bearer {
        /// The secret; sealed before it is written.
        secret: String,
    },
    /// A header of another name.
    Header {
        /// That name.
        name: String,
        /// The secret; sealed before it is written.
        secret: String,
    },
    /// To a server that is run by a template of the operator's: in the environment variable that the template names.
    Environment {
        /// The secret; sealed before it is written.
        secret: String,
    },
    /// As an application of the organization's own, which is registered at the upstream's authorization server (OAuth 2.1 client
    /// credentials).
    ClientCredentials {
        /// What it is called there.
        client_id: String,
        /// Its secret; sealed before it is written.
        secret: String,
        /// What to ask for; what the upstream says where nothing is given.
        scope: Option<String>,
    },
    /// With an account at the upstream, which somebody connects by signing in there, on the page `/connect/ORG/INTEGRATION` (OAuth
    /// 2.1). The tools are read with the first account of somebody who may change the integration.
    Oauth {
        /// `organization`: one account for everybody, which an admin connects; `person`: each person connects their own.
        #[schema(value_type = String)]
        whose: Whose,
        /// What Wardroom is called at the upstream's authorization server, where somebody registered it there, with the redirect
        /// address `https://HOST/connect/ORG/INTEGRATION/back` (the short names of both); it registers itself where nothing
        /// is given.
        client_id: Option<String>,
        /// Its secret there, where it has one; sealed before it is written.
        secret: Option<String>,
        /// What to ask for; what the upstream says where nothing is given.
        scope: Option<String>,
    },
}

impl CredentialToUse {
    fn credential(self) -> Result<NewCredential, Failure> {
        let (kind, secret) = match self {
            CredentialToUse::None {} => (CredentialKind::None, None),
            CredentialToUse::Bearer { secret } => (CredentialKind::Bearer, Some(secret)),
            CredentialToUse::Environment { secret } => (CredentialKind::Environment, Some(secret)),
            CredentialToUse::Header { name, secret } => {
                let known =
                    axum::http::HeaderName::try_from(&name).is_ok_and(|name| !FORBIDDEN.contains(&name.as_str()));
                if !known {
                    return Err(Failure::bad_field(
                        "credential.name",
                        "give the name of a header of your own, such as x-api-key",
                    ));
                }
                (CredentialKind::Header { name }, Some(secret))
            }
            CredentialToUse::ClientCredentials { client_id, secret, scope } => (
                CredentialKind::ClientCredentials { client_id: client(client_id)?, scope: scopes(scope)? },
                Some(secret),
            ),
            CredentialToUse::Oauth { client_id: None, secret: Some(_), .. } => {
                return Err(Failure::bad_field(
                    "credential.client_id",
                    "give the client_id that the secret belongs to",
                ));
            }
            CredentialToUse::Oauth { whose, client_id, secret, scope } => {
                let client_id = client_id.map(client).transpose()?;
                (CredentialKind::OAuth { whose, client_id, scope: scopes(scope)? }, secret)
            }
        };
        let sound = |secret: &String| !secret.is_empty() && secret.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if secret.as_ref().is_some_and(|secret| !sound(secret)) {
            return Err(Failure::bad_field("credential.secret", "give visible ASCII characters in one line"));
        }
        Ok(NewCredential { kind, secret })
    }
}

fn client(id: String) -> Result<String, Failure> {
    let sound = (1..=2_048).contains(&id.len()) && id.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    sound.then_some(id).ok_or_else(|| {
        Failure::bad_field("credential.client_id", "give what the authorization server calls the client, in one line")
    })
}

/// Scopes with one space between each and the next (RFC 6749, section 3.3).
fn scopes(scope: Option<String>) -> Result<Option<String>, Failure> {
    let plain = |one: &str| one.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    match &scope {
        Some(all) if all.len() > 2_048 || !all.split(' ').all(|one| !one.is_empty() && plain(one)) => Err(
            Failure::bad_field("credential.scope", "give scopes with one space between them, as the server calls them"),
        ),
        _ => Ok(scope),
    }
}

/// Headers that carry the protocol itself.
const FORBIDDEN: [&str; 9] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "accept",
    "mcp-session-id",
    "mcp-method",
    "mcp-protocol-version",
];

/// An upstream to be connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntegrationToConnect {
    /// Its short name, the prefix of its tools' names; made from the title where none is given.
    slug: Option<String>,
    /// Its name for people.
    title: String,
    /// What it is for, in one line.
    #[serde(default)]
    purpose: String,
    /// Where its MCP endpoint is (streamable HTTP); or `stdio:` and the name of one of the templates that the operator offers.
    url: String,
    /// How Wardroom is to show itself there; not at all where nothing is given.
    credential: Option<CredentialToUse>,
}

/// Connects an upstream: reads its tools and classifies them. Nobody gets anything of it by that, except holders
/// of `integration.use_all`.
#[utoipa::path(post, path = "/integrations", tag = "integrations", operation_id = "connect_integration",
    params(("org" = String, Path, description = "slug or id")), request_body = IntegrationToConnect,
    responses((status = 201, body = Integration), Problems))]
pub(crate) async fn connect(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<IntegrationToConnect>,
) -> Result<(StatusCode, Json<Integration>), Failure> {
    let new = NewIntegration {
        slug: body.slug,
        title: body.title,
        purpose: body.purpose,
        url: body.url,
        credential: body.credential.unwrap_or(CredentialToUse::None {}).credential()?,
    };
    Ok((StatusCode::CREATED, Json(integration(app.connect_integration(&caller, new).await?, true))))
}

/// A program that the operator of this installation lets organizations use as an MCP server.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntegrationTemplate {
    /// By what it is called; an integration is connected by it with the URL `stdio:NAME`.
    name: String,
    /// What it is for.
    purpose: String,
    /// Whether it takes a secret, as a credential of the kind `environment`.
    takes_secret: bool,
}

/// The templates that the operator offers.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntegrationTemplates {
    items: Vec<IntegrationTemplate>,
    next: Option<String>,
}

/// The programs that the operator of this installation lets organizations use as MCP servers, for whoever may connect
/// integrations. What is run for each, the operator alone says.
#[utoipa::path(get, path = "/integration-templates", tag = "integrations", operation_id = "list_integration_templates",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = IntegrationTemplates), Problems))]
pub(crate) async fn list_templates(
    State(app): State<App>,
    Signed(caller): Signed,
) -> Result<Json<IntegrationTemplates>, Failure> {
    let offered = app.list_templates(&caller).await?.into_iter();
    let items = offered.map(|template| IntegrationTemplate {
        name: template.name,
        purpose: template.purpose,
        takes_secret: template.takes_secret,
    });
    Ok(Json(IntegrationTemplates { items: items.collect(), next: None }))
}

/// One integration with its tools.
#[utoipa::path(get, path = "/integrations/{integration}", tag = "integrations", operation_id = "show_integration",
    params(("org" = String, Path, description = "slug or id"), ("integration" = String, Path, description = "slug or id")),
    responses((status = 200, body = Integration), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Integration>, Failure> {
    let (_, name) = path;
    Ok(Json(integration(app.show_integration(&caller, &name).await?, true)))
}

/// What is to change about an integration; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntegrationToChange {
    /// A new name for people.
    title: Option<String>,
    /// A new line on what it is for.
    purpose: Option<String>,
    /// Paused or resumed.
    paused: Option<bool>,
    /// Another way to show itself; tried before it is kept.
    credential: Option<CredentialToUse>,
}

/// Changes an integration.
#[utoipa::path(patch, path = "/integrations/{integration}", tag = "integrations", operation_id = "change_integration",
    params(("org" = String, Path, description = "slug or id"), ("integration" = String, Path, description = "slug or id")),
    request_body = IntegrationToChange, responses((status = 200, body = Integration), Problems))]
pub(crate) async fn change(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<IntegrationToChange>,
) -> Result<Json<Integration>, Failure> {
    let (_, name) = path;
    let change = IntegrationChange {
        title: body.title,
        purpose: body.purpose,
        paused: body.paused,
        credential: body.credential.map(CredentialToUse::credential).transpose()?,
    };
    Ok(Json(integration(app.edit_integration(&caller, &name, change).await?, true)))
}

/// Ends an integration for everyone and deletes its secret.
#[utoipa::path(delete, path = "/integrations/{integration}", tag = "integrations", operation_id = "disconnect_integration",
    params(("org" = String, Path, description = "slug or id"), ("integration" = String, Path, description = "slug or id")),
    responses((status = 204), Problems))]
pub(crate) async fn disconnect(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, name) = path;
    app.disconnect_integration(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
