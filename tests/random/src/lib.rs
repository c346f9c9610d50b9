//! Random programs: what makes them (`generate`) and what runs them (`harness`).
//!
//! ```text
//! cargo test -p random-programs                                         # those of the gate
//! cargo run -p random-programs -- --seed 1000 --count 500               # others, in batches
//! cargo run -p random-programs -- --seed 1000 --count 500 --release
//! cargo run -p random-programs -- --show 1017                           # one of them
//! ```
//!
//! Every fourth program has second derivatives, which are compared with differences of the gradient. The longer run is
//! several hundred programs of other seeds, in debug and in release; at fifty a batch a hundred take about two minutes.
//!
//! A failure names the seed. It becomes a test with a name in `tests/regressions.rs` of the workspace's root.
#![allow(clippy::missing_errors_doc, reason = "the errors are what the functions are about")]

pub mod generate;
pub mod harness;
