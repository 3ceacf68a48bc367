//! Who may do what in each preset, as pages that a person can read (`docs/access/`), and the matrices of the products
//! that the presets are named after, cell by cell.
//!
//! Every cell is asked of the engine. The test fails when a page says something else than the engine does, so that no
//! change of rights goes by unseen; `WARDROOM_GEN=1 cargo test -p verdict --test access` writes them anew. `company` is
//! what the questions are about, `pages` and `tables` write, `rows` and `examples` hold what the requirements say.

mod company;
mod ending;
mod examples;
mod leaving;
mod pages;
mod rows;
mod second_factor;
mod sessions;
mod tables;
