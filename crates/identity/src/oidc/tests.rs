//! A provider that signs what it is told, and the tests that use it.

mod flow;
mod forge;
mod hostile;
mod vectors;
