//! The evals, one file each: the functions, annotated, and what calls their derivatives.
#![allow(clippy::needless_range_loop, reason = "formulas are written with their indices")]

mod ba;
mod det;
mod gmm;
mod hello;
mod ht;
mod kmeans;
mod llsq;
mod lse;
mod lstm;
mod ode;
mod particle;
mod saddle;

use serde_json::Value;

use crate::runs::Done;

/// Runs the function of that name on an input.
pub(crate) type Eval = fn(&str, Value) -> Result<Done, String>;

/// The eval of that name.
pub(crate) fn find(module: &str) -> Option<Eval> {
    Some(match module {
        "ba" => ba::run,
        "det" => det::run,
        "gmm" => gmm::run,
        "hello" => hello::run,
        "ht" => ht::run,
        "kmeans" => kmeans::run,
        "llsq" => llsq::run,
        "lse" => lse::run,
        "lstm" => lstm::run,
        "ode" => ode::run,
        "particle" => particle::run,
        "saddle" => saddle::run,
        _ => return None,
    })
}
