//! Every endpoint of the management API, on one page. Registering a route registers its entry in the contract.

use app::App;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Json, Router, routing};
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::home::Cookies;
use crate::problem::Failure;
use crate::{
    access, accounts, advice, agents, ask, audit, authzen, cedar, clients, directory, extract, grants, identities,
    integrations, invitations, keys, kinds, mail_domains, members, oauth, objects, organizations, pages, passkeys,
    permissions, plan, registered_clients, requests, resources, reviews, roles, scim, sessions, settings, teams,
    transfer,
};

/// The management API: its routes, and where the organization's MCP URL starts.
pub struct Api {
    /// The application.
    pub app: App,
    /// The public base URL, without a slash at the end.
    pub public_url: String,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Wardroom management API",
        description = "Everything about an organization: members, roles, integrations, keys, access and the record. \
            Every request carries a key, `Authorization: Bearer KEY`, or the cookie of a browser in which somebody has \
            signed in; with that, everything that is no GET carries the header `Wardroom-CSRF` besides. Errors are RFC 9457 \
            problem documents.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    modifiers(&KeySecurity),
    security(("key" = []), ("session" = [])),
)]
struct Description;

struct KeySecurity;

impl utoipa::Modify for KeySecurity {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("a Wardroom key")).build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
        let cookie = ApiKeyValue::with_description("__Host-wardroom", "the session of somebody who has signed in");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The endpoints of an organization itself, its people, and what they are given.
fn of_people() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(organizations::show, organizations::change, organizations::delete))
        .routes(routes!(transfer::offer, transfer::show, transfer::end))
        .routes(routes!(transfer::accept))
        .routes(routes!(organizations::restore))
        .routes(routes!(organizations::change_preset))
        .routes(routes!(settings::list))
        .routes(routes!(permissions::list))
        .routes(routes!(roles::list, roles::change::create))
        .routes(routes!(roles::show, roles::change::change, roles::change::delete))
        .routes(routes!(roles::change::clone))
        .routes(routes!(roles::holders::list))
        .routes(routes!(roles::history::read))
        .routes(routes!(grants::set_for_role, grants::remove_for_role))
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(teams::show, teams::rename, teams::delete))
        .routes(routes!(teams::members))
        .routes(routes!(teams::set_member, teams::remove_member))
        .routes(routes!(teams::hand_over_lead))
        .routes(routes!(grants::set_for_team, grants::remove_for_team))
        .routes(routes!(members::list, members::add))
        .routes(routes!(members::show, members::change, members::remove))
        .routes(routes!(members::extra_role::give, members::extra_role::take))
        .routes(routes!(members::sessions::list, members::sessions::end_all))
        .routes(routes!(members::sessions::end))
        .routes(routes!(clients::of_member, clients::disconnect_all_of_member))
        .routes(routes!(clients::disconnect_of_member))
        .routes(routes!(clients::list))
        .routes(routes!(clients::disconnect))
        .routes(routes!(registered_clients::list, registered_clients::register))
        .routes(routes!(registered_clients::unregister))
        .routes(routes!(members::consequences::of_removal))
        .routes(routes!(members::suspension::suspend))
        .routes(routes!(members::suspension::restore))
        .routes(routes!(invitations::list, invitations::send))
        .routes(routes!(invitations::show, invitations::edit, invitations::revoke))
        .routes(routes!(invitations::resend))
        .routes(routes!(invitations::approve))
        .routes(routes!(invitations::bulk::send))
        .routes(routes!(mail_domains::list, mail_domains::claim))
        .routes(routes!(mail_domains::open, mail_domains::remove))
        .routes(routes!(mail_domains::verify))
        .routes(routes!(mail_domains::list_requests))
        .routes(routes!(mail_domains::approve))
        .routes(routes!(mail_domains::decline))
        .routes(routes!(access::of_member))
        .routes(routes!(access::of_agent))
        .routes(routes!(access::of_key))
        .routes(routes!(grants::set_for_member, grants::remove_for_member))
}

fn described() -> OpenApiRouter<App> {
    let org = of_people()
        .routes(routes!(integrations::list, integrations::connect))
        .routes(routes!(integrations::list_templates))
        .routes(routes!(integrations::show, integrations::change, integrations::disconnect))
        .routes(routes!(integrations::tools::refresh))
        .routes(routes!(integrations::tools::approve))
        .routes(routes!(integrations::tools::list_tools))
        .routes(routes!(integrations::tools::review_tool))
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::disconnect))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::show, keys::change, keys::revoke))
        .routes(routes!(keys::rotate))
        .routes(routes!(grants::set_for_key, grants::remove_for_key))
        .routes(routes!(directory::list, directory::connect))
        .routes(routes!(directory::end))
        .routes(routes!(directory::rotate))
        .routes(routes!(directory::list_groups))
        .routes(routes!(directory::map_group))
        .routes(routes!(agents::list, agents::create))
        .routes(routes!(agents::show, agents::change, agents::delete))
        .routes(routes!(agents::set_delegation, agents::remove_delegation))
        .routes(routes!(grants::set_for_agent, grants::remove_for_agent))
        .routes(routes!(resources::list, resources::create))
        .routes(routes!(resources::show, resources::change, resources::delete))
        .routes(routes!(resources::restore))
        .routes(routes!(resources::destroy))
        .routes(routes!(resources::check_use))
        .routes(routes!(resources::give::hand_over))
        .routes(routes!(resources::give::share, resources::give::unshare))
        .routes(routes!(resources::give::assign, resources::give::unassign))
        .routes(routes!(resources::give::hand_over_all))
        .routes(routes!(resources::collect::collect, resources::collect::uncollect))
        .routes(routes!(kinds::list))
        .routes(routes!(kinds::show, kinds::configure))
        .routes(routes!(objects::list))
        .routes(routes!(objects::show, objects::define, objects::remove))
        .routes(routes!(objects::of_role))
        .routes(routes!(access::check))
        .routes(routes!(access::own))
        .routes(routes!(ask::explain))
        .routes(routes!(ask::history))
        .routes(routes!(ask::who_can))
        .routes(routes!(requests::list, requests::open))
        .routes(routes!(requests::show))
        .routes(routes!(requests::grant))
        .routes(routes!(requests::refuse))
        .routes(routes!(requests::withdraw))
        .routes(routes!(advice::advice))
        .routes(routes!(advice::report))
        .routes(routes!(reviews::list, reviews::confirm))
        .routes(routes!(plan::export))
        .routes(routes!(cedar::export))
        .routes(routes!(plan::plan))
        .routes(routes!(plan::apply))
        .routes(routes!(audit::read));
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(organizations::list))
        .merge(of_oneself())
        .nest("/api/v1/orgs/{org}", org)
}

/// What a person sees and does about themselves, whatever they are a member of.
fn of_oneself() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sessions::show, sessions::sign_out))
        .routes(routes!(sessions::list, sessions::end_all))
        .routes(routes!(sessions::end))
        .routes(routes!(identities::list, identities::begin))
        .routes(routes!(identities::remove))
        .routes(routes!(passkeys::list))
        .routes(routes!(passkeys::remove))
        .routes(routes!(passkeys::second_factor, passkeys::set_second_factor))
        .routes(routes!(mail_domains::list_offers))
        .routes(routes!(mail_domains::ask))
}

/// The OpenAPI 3.1 document of the API.
#[must_use]
pub fn contract() -> utoipa::openapi::OpenApi {
    described().split_for_parts().1
}

/// The router of the API, the contract included.
pub fn router(api: Api) -> Router {
    let (router, contract) = described().split_for_parts();
    let contract = Json(contract);
    router
        .merge(authzen::router(&api.public_url))
        .merge(scim::router())
        .merge(oauth::router())
        .merge(pages::router())
        .route("/api/openapi.json", routing::get(move || std::future::ready(contract.clone())))
        .route("/api/{*rest}", routing::any(|| std::future::ready(Failure::missing("endpoint"))))
        .method_not_allowed_fallback(|| std::future::ready(Failure::method()))
        .layer(DefaultBodyLimit::max(extract::body_bytes_max()))
        .layer(middleware::from_fn_with_state(Cookies::of(&api.public_url), guarded))
        .layer(axum::Extension(organizations::PublicUrl(api.public_url.into())))
        .with_state(api.app)
}

/// The time for which a browser that came over https comes over nothing else, in seconds: a year.
const ONLY_HTTPS: &str = "max-age=31536000";

/// What every answer says to whoever passes it on: that of the management API is kept by nobody, since a cookie lets in as
/// well as a key; none is taken for something else than it says; and where we are reached over https, over nothing else.
async fn guarded(State(cookies): State<Option<Cookies>>, request: Request, next: Next) -> Response {
    let is_for_one = request.uri().path().starts_with("/api/v1");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_for_one {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if cookies == Some(Cookies::Secure) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_HTTPS));
    }
    response
}
