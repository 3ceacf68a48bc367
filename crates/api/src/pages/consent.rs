//! The page on which somebody says whether an AI client may act as them.
//!
//! Nothing is believed of what the form brings but the answer: what was asked comes with it as it came the first time, and
//! is looked at anew.

use app::App;
use app::clients::{AuthorizeFault, ConsentView, SentBack, ToldBack, Yes};
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use domain::grant::Profile;

use super::resident::Resident;
use super::{Asked, POLICY, Refused, field, guard, return_to, sentence};
use crate::problem::Failure;

/// The door for which the word in the form is made: for what was shown, and for nothing else that could be asked.
fn csrf_door(request: &str) -> String {
    format!("consent {request}")
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'p> {
    look: &'p ConsentView,
    /// The name of the only organization that it can be.
    only: Option<&'p str>,
    /// What they are called who are asked.
    name: &'p str,
    /// What they can let it do, the least first.
    choices: &'p [Choice],
    /// What the client asks for, as it came.
    request: &'p str,
    csrf: &'p str,
}

/// Something that a client can be let do.
struct Choice {
    word: &'static str,
    /// In plain words.
    title: &'static str,
    /// Whether that is what it asks for.
    is_asked: bool,
}

fn choices(most: Profile) -> Vec<Choice> {
    let choice = |profile: Profile| Choice {
        word: profile.as_str(),
        title: match profile {
            Profile::ReadOnly => "Only look things up",
            Profile::NoDelete => "Look things up and change them, but delete nothing",
            Profile::Full => "Everything that you may do, deleting included",
        },
        is_asked: profile == most,
    };
    Profile::ALL.into_iter().filter(|profile| *profile <= most).map(choice).collect()
}

/// What is wrong with what a client asks for, for whoever would be sent back with it to another site.
#[derive(Template)]
#[template(path = "consent_fault.html")]
struct FaultPage<'p> {
    detail: &'p str,
    host: &'p str,
    to: &'p str,
}

pub(super) async fn show(State(app): State<App>, asked: Asked, address: Uri) -> Result<Response, Refused> {
    let query = address.query().unwrap_or_default();
    // Before somebody is signed in nothing is looked up for whoever asks.
    let Some(signed_in) = asked.resident(&app).await? else {
        return Ok(asked.to(&return_to::sign_in_first(&address), &[]));
    };
    let look = match app.look_at_client(&signed_in, query).await {
        Ok(look) => look,
        Err(AuthorizeFault::Back(back)) if !back.is_on_own_machine => return Ok(stays_here(&asked, &back)),
        Err(fault) => return told(fault),
    };
    let name = app.own_name(signed_in.proof.person).await?;
    let csrf = app.csrf_token(&signed_in, &csrf_door(query));
    let only = match look.organizations.as_slice() {
        [(_, title)] => Some(title.as_str()),
        _ => None,
    };
    let choices = choices(look.most);
    let page = ConsentPage { look: &look, only, name: &name, choices: &choices, request: query, csrf: &csrf };
    let mut page = asked.page(StatusCode::OK, &page);
    // A browser holds the form to this also where its answer sends it on.
    let policy = POLICY.replace("form-action 'self'", &format!("form-action 'self' {}", look.origin));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(page)
}

pub(super) async fn answer(State(app): State<App>, resident: Resident, form: Bytes) -> Result<Response, Refused> {
    let query = field(&form, "request").unwrap_or_default();
    resident.sent(&app, &form, &csrf_door(&query))?;
    let answered = match field(&form, "answer").as_deref() {
        Some("connect") => {
            let organization = field(&form, "organization").unwrap_or_default();
            let stated = field(&form, "profile").unwrap_or_default();
            let profile = Profile::ALL.into_iter().find(|profile| profile.as_str() == stated);
            let profile = profile.ok_or_else(|| Failure::bad_field("profile", "choose what the client may do"))?;
            let yes = Yes { organization: &organization, profile };
            app.connect_client(&resident.signed_in, &query, yes).await
        }
        Some("refuse") => app.refuse_client(&query).await,
        _ => return Err(Failure::bad_field("answer", "choose whether to connect the client").into()),
    };
    match answered {
        Ok(to) => sent_back(&to),
        Err(fault) => told(fault),
    }
}

fn stays_here(asked: &Asked, back: &ToldBack) -> Response {
    let detail = sentence(&back.fault.description);
    asked.page(StatusCode::BAD_REQUEST, &FaultPage { detail: &detail, host: &back.host, to: &back.to.0 })
}

fn told(fault: AuthorizeFault) -> Result<Response, Refused> {
    match fault {
        AuthorizeFault::Back(back) => sent_back(&back.to),
        AuthorizeFault::Page(fault) => Err(Failure::bad_request("bad-client-request", fault.description).into()),
        AuthorizeFault::Problem(problem) => Err(problem.into()),
    }
}

/// To where the client waits.
fn sent_back(SentBack(to): &SentBack) -> Result<Response, Refused> {
    let to = HeaderValue::from_str(to).map_err(|_| Failure::unavailable("the client's address cannot be gone to"))?;
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    guard(response.headers_mut());
    Ok(response)
}
