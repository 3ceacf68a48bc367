//! Adapters: each joins a port of one room to another room. They translate and decide nothing.

mod clock;
mod gateway_ports;
mod mail;
mod names;
mod upstreams;
mod web;

pub(crate) use clock::{SystemClock, day};
pub(crate) use gateway_ports::GatewayPorts;
pub(crate) use mail::MailWays;
pub(crate) use names::Resolvers;
pub(crate) use upstreams::ProbedUpstreams;
pub(crate) use web::{HyperWeb, certificates};
