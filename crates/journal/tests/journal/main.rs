//! Tests of the journal through its public interface. Each test owns its data folder and moves time by hand.

mod clients;
mod contract;
mod crash;
mod ending;
mod folder;
mod mail;
mod mail_domains;
mod records;
mod scim;
mod sign_in;
mod torn;
mod vandal;
mod world;
