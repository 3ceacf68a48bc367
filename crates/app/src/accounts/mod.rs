//! Accounts at integrations' upstreams (OAuth 2.1): Wardroom as a client of their authorization servers, for the organization or
//! for each person.
//!
//! That an account is connected is an event of the organization; its tokens are one sealed document beside it, renewed in
//! place. Nothing is fetched for somebody who may not connect, a token is shown to the one server that it was given for, and
//! a refresh token to the one authorization server that gave it. A connection that has ended says so until somebody connects
//! anew.
//!
//! Start reading at [`App::go_to_upstream`], then [`App::back_from_upstream`], then [`App::renewed_token`].
//!
//! [`App::go_to_upstream`]: crate::App::go_to_upstream
//! [`App::back_from_upstream`]: crate::App::back_from_upstream
//! [`App::renewed_token`]: crate::App::renewed_token

mod connect;
mod disconnect;
mod discover;
mod give_back;
mod kept;
mod list;
mod places;
mod register;
mod showing;
mod tokens;

pub use connect::{Connected, UpstreamView};
pub use list::{AccountState, AccountView};
pub use places::{BACK, DOCUMENT, DOCUMENT_BACK};
pub use tokens::{AccountToken, NoToken, TokenWanted, Trouble};

pub(crate) use give_back::to_give_back;
pub(crate) use kept::registration_id;
pub(crate) use register::Met;
pub(crate) use tokens::Vault;
