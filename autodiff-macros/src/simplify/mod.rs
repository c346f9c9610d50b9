//! Simplification: what the transforms wrote for every case, reduced to what this case needs.
//!
//! In: a program as a transform left it. Out: one with the same results. Each pass has a file: dead
//! code ([`dead`]), copies ([`copies`]), cotangents that need no accumulator ([`accumulators`]), temporaries that are used
//! once ([`inline`]), variables of a backward scope ([`localise`]), divisions ([`reciprocals`]).

mod accumulators;
mod copies;
mod dead;
mod guards;
mod infinities;
mod inline;
mod localise;
mod positions;
mod reciprocals;

pub(crate) use accumulators::{each_touch, touches};
pub(crate) use guards::singular_terms;
pub(crate) use infinities::zeros_win;
pub(crate) use inline::{changes, each_write, replace};
pub(crate) use localise::inner_sweeps;
pub(crate) use reciprocals::reuse as reuse_reciprocals;

use crate::fold;
use crate::ir::{Expr, Program};

/// The passes of a round, in their order; each tells whether anything changed.
const PASSES: [fn(&mut Program) -> bool; 5] = [
    dead::eliminate,
    |program| program.taped && localise::definitions(program),
    copies::propagate,
    accumulators::merge,
    inline::temporaries,
];

/// Runs rounds of all passes until one finds nothing, at most a few times. A pass that has found nothing is left out until
/// something changes.
pub(crate) fn run(program: &mut Program) {
    // How many changes there were, and how many when each pass last found nothing.
    let mut changes = 0;
    let mut settled = [None; PASSES.len()];
    for _ in 0..12 {
        let before = changes;
        for (pass, settled) in PASSES.iter().zip(&mut settled) {
            if *settled == Some(changes) {
                continue;
            }
            if pass(program) {
                changes += 1;
            } else {
                *settled = Some(changes);
            }
        }
        // What folding changes is no reason for another round.
        let done = changes == before;
        if folded(program) {
            changes += 1;
        }
        if done {
            break;
        }
    }
    if settled[0] != Some(changes) {
        dead::eliminate(program);
    }
}

/// Folds constants in all expressions; tells whether anything may have changed.
fn folded(program: &mut Program) -> bool {
    let mut changed = false;
    program.body.walk_mut(&mut |stmt| {
        stmt.parts_mut(
            &mut |e| {
                if fold::is_reducible(e) {
                    changed = true;
                    let taken = std::mem::replace(e, Expr::Bool(false));
                    *e = fold::constants(taken);
                }
            },
            &mut |_| {},
        );
    });
    changed
}
