//! The page on which somebody says whether an AI client may act as them.
//!
//! Nothing is believed of what the form brings but the answer: what was asked comes with it as it came the first time, and
//! is looked at anew.

use app::clients::{AuthorizeFault, ConsentView, OAuthError, OAuthFault, SentBack, ToldBack, Yes};
use app::{App, Problem};
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use domain::grant::Profile;

use super::resident::Resident;
use super::{Asked, HOME, POLICY, Refused, field, guard, rendered, return_to, sentence};
use crate::oauth::AUTHORIZE;
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

/// Why a client cannot be connected, for its person.
#[derive(Template)]
#[template(path = "consent_fault.html")]
struct FaultPage<'p> {
    why: Why,
    /// Where they would be sent back to with that: another site, to which they go by themselves or not.
    back: Option<&'p ToldBack>,
}

/// By what there is to do.
enum Why {
    /// There is nothing for the person where the client was sent.
    NoSuchAddress,
    /// What is wrong, and what the person does.
    Known(String),
    /// What is wrong, for whoever makes the client.
    ItsMakers(String),
}

impl Why {
    fn of(fault: &OAuthFault) -> Why {
        let detail = sentence(&fault.description);
        match fault.error {
            OAuthError::InvalidTarget => Why::NoSuchAddress,
            OAuthError::InvalidClient => Why::Known(detail),
            _ => Why::ItsMakers(detail),
        }
    }
}

pub(super) async fn show(State(app): State<App>, asked: Asked, address: Uri) -> Result<Response, Refused> {
    let query = address.query().unwrap_or_default();
    // Before somebody is signed in nothing is looked up for whoever asks.
    let Some(signed_in) = asked.resident(&app).await? else {
        return Ok(asked.to(&return_to::sign_in_first(&address), &[]));
    };
    let look = match app.look_at_client(&signed_in, query).await {
        Ok(look) => look,
        Err(AuthorizeFault::Back(back)) if !back.is_on_own_machine => return Ok(stays_here(&back.fault, Some(&back))),
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

pub(super) async fn answer(State(app): State<App>, asked: Asked, form: Bytes) -> Result<Response, Refused> {
    let query = field(&form, "request").unwrap_or_default();
    let Some(signed_in) = asked.resident(&app).await? else { return Ok(asked.to(&asked_anew(&query), &[])) };
    let resident = Resident { asked, signed_in };
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

fn stays_here(fault: &OAuthFault, back: Option<&ToldBack>) -> Response {
    rendered(StatusCode::BAD_REQUEST, &FaultPage { why: Why::of(fault), back })
}

fn told(fault: AuthorizeFault) -> Result<Response, Refused> {
    match fault {
        AuthorizeFault::Back(back) => sent_back(&back.to),
        AuthorizeFault::Page(fault) => Ok(stays_here(&fault, None)),
        // What is hidden from them is told as what there is not.
        AuthorizeFault::Problem(Problem::Missing { .. }) => {
            Ok(rendered(StatusCode::NOT_FOUND, &FaultPage { why: Why::NoSuchAddress, back: None }))
        }
        AuthorizeFault::Problem(problem) => Err(problem.into()),
    }
}

/// Where somebody goes whose session has ended while they read: they sign in, and are asked once more.
fn asked_anew(query: &str) -> String {
    let page =
        Some(query).filter(|query| !query.is_empty()).and_then(|query| format!("{AUTHORIZE}?{query}").parse().ok());
    page.map_or_else(|| HOME.to_owned(), |page| return_to::sign_in_first(&page))
}

/// To where the client waits.
fn sent_back(SentBack(to): &SentBack) -> Result<Response, Refused> {
    let to = HeaderValue::from_str(to).map_err(|_| Failure::unavailable("the client's address cannot be gone to"))?;
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    guard(response.headers_mut());
    Ok(response)
}
