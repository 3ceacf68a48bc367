//! The product as its users meet it: every test starts the real executable on its own data folder and port.
//!
//! Start reading at `world`, which starts it, then any story.

mod acting;
mod agents;
mod asking;
mod authzen;
mod beside;
mod ceiling;
mod changing;
mod client_quirks;
mod collections;
mod company;
mod connect;
#[cfg(target_os = "linux")]
mod crash;
mod data;
mod directory;
mod directory_groups;
mod directory_people;
mod domains;
mod ending;
mod firm;
mod front;
mod graders;
mod headers;
mod identities;
mod invitations;
mod key_roles;
mod keys;
mod kinds;
mod leaving;
mod mail;
mod management;
mod oauth;
mod offers;
mod operation;
mod pages;
mod passkeys;
mod pinned;
mod plan;
mod quotas;
mod races;
mod registered_clients;
mod removal;
mod requests;
mod resources;
mod roles;
mod rows;
mod second_factor;
mod session_rights;
mod set_up;
mod settings;
mod sign_in;
#[cfg(target_os = "linux")]
mod stdio;
mod suspension;
mod teams;
mod terminal;
mod things;
mod upstreams;
mod vandal;
mod work;
mod world;
