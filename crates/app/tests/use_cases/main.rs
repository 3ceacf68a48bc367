//! What the product does, from founding to removal, on a real journal in a folder of its own, with a clock that is
//! moved by hand and upstreams that list what the test says.
//!
//! `world` holds the company that the tests start from.

mod accounts;
mod addresses;
mod clients;
mod concurrency;
mod consequences;
mod details;
mod email;
mod ending;
mod endings;
mod file_steps;
mod impact;
mod invitations;
mod leaks;
mod lengthy;
mod mail_domains;
mod oidc;
mod passkeys;
mod policy_file;
mod provider;
mod requests;
mod reviews;
mod roles;
mod second_factor;
mod sign_in;
mod sign_ins;
mod story;
mod unhappy;
mod unseen;
mod veil;
mod whole_file;
mod world;
