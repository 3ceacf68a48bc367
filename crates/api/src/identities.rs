//! Endpoints: the sign-ins that somebody has. They are a browser's: a key has none.

use app::App;
use app::sign_in::IdentityView;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::Body;
use crate::organizations::PublicUrl;
use crate::problem::{Failure, Problems};
use crate::time::written;
use crate::visitor::Visitor;

/// What an address that is to be a sign-in is given as.
const EMAIL: &str = "email";

/// A sign-in: what lets somebody in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Identity {
    /// Its id.
    id: String,
    /// By what it lets them in: `email`, `google`, `oidc`; null where that provider is not set up any more.
    provider: Option<&'static str>,
    /// What people know that by.
    title: String,
    /// The address or account.
    account: String,
    /// Since when.
    linked_at: String,
    /// Whether it lets them in as things are: its provider is set up, or mail is sent.
    works: bool,
}

impl From<IdentityView> for Identity {
    fn from(view: IdentityView) -> Identity {
        Identity {
            id: view.id.to_string(),
            provider: view.provider,
            title: view.title,
            account: view.account,
            linked_at: written(view.linked_at),
            works: view.works,
        }
    }
}

/// By what a sign-in can be added.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInOffer {
    /// In a word: `email`, `google`, `oidc`.
    provider: &'static str,
    /// What people know it by.
    title: String,
}

/// The sign-ins that somebody has.
#[derive(Serialize, ToSchema)]
pub(crate) struct Identities {
    /// The oldest first.
    items: Vec<Identity>,
    /// Always none: there is one page.
    next: Option<String>,
    /// By what one can be added.
    offers: Vec<SignInOffer>,
}

/// The sign-ins that one has.
#[utoipa::path(get, path = "/api/v1/identities", tag = "session", operation_id = "list_identities",
    security(("session" = [])), responses((status = 200, body = Identities), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
) -> Result<Json<Identities>, Failure> {
    let items = app.identities(&signed_in).await?.into_iter().map(Identity::from).collect();
    let by_mail = app.sends_mail().then(|| SignInOffer { provider: EMAIL, title: "E-mail".to_owned() });
    let others = app.providers().into_iter();
    let offers = others.map(|offered| SignInOffer { provider: offered.key, title: offered.title }).chain(by_mail);
    Ok(Json(Identities { items, next: None, offers: offers.collect() }))
}

/// A sign-in to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIdentity {
    /// By what: `email`, `google`, `oidc`.
    provider: String,
    /// The address, where it is by e-mail.
    email: Option<String>,
}

/// How it goes on.
#[derive(Serialize, ToSchema)]
pub(crate) struct NextStep {
    /// Where the browser goes from here. None where a link is mailed.
    location: Option<String>,
}

/// Begins to add a sign-in, soon after signing in. It goes on in this browser: at the provider, or with the link that is
/// mailed to the address if it may be added; and ends on a page that asks whether the account is the right one.
#[utoipa::path(post, path = "/api/v1/identities", tag = "session", operation_id = "begin_identity",
    request_body = NewIdentity, security(("session" = [])),
    responses((status = 202, body = NextStep), Problems))]
pub(crate) async fn begin(
    State(app): State<App>,
    Extension(public_url): Extension<PublicUrl>,
    Visitor { signed_in, .. }: Visitor,
    Body(new): Body<NewIdentity>,
) -> Result<(StatusCode, Json<NextStep>), Failure> {
    let location = match (new.provider.as_str(), new.email) {
        (EMAIL, Some(email)) => {
            app.mail_to_link(&signed_in, &email, &public_url.0).await?;
            None
        }
        (EMAIL, None) => return Err(Failure::bad_field("email", "give the address that is to be a sign-in")),
        (_, Some(_)) => return Err(Failure::bad_field("email", "an address is given with the provider email alone")),
        (provider, None) => Some(app.go_to_link(&signed_in, provider, &public_url.0).await?.1),
    };
    Ok((StatusCode::ACCEPTED, Json(NextStep { location })))
}

/// Takes a sign-in away, soon after signing in, and never the last one that lets its person in. Whoever is signed in
/// elsewhere in the same way is signed out there.
#[utoipa::path(delete, path = "/api/v1/identities/{identity}", tag = "session", operation_id = "remove_identity",
    params(("identity" = String, Path, description = "id of the sign-in")),
    security(("session" = [])), responses((status = 204, description = "It lets nobody in any more."), Problems))]
pub(crate) async fn remove(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
    Path(identity): Path<String>,
) -> Result<StatusCode, Failure> {
    app.unlink(&signed_in, &identity).await?;
    Ok(StatusCode::NO_CONTENT)
}
