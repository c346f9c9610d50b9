//! Simplification: what the transforms wrote for every case, reduced to what this case needs.
//!
//! In: a program as a transform left it. Out: one with the same results. Each pass has a file: dead
//! code ([`dead`]), copies ([`copies`]), cotangents that need no accumulator ([`accumulators`]), temporaries that are used
//! once ([`inline`]), variables of a backward scope ([`localise`]), divisions ([`reciprocals`]).

mod accumulators;
mod copies;
mod dead;
mod guards;
mod inline;
mod localise;
mod positions;
mod reciprocals;

pub(crate) use accumulators::{each_touch, touches};
pub(crate) use guards::singular_terms;
pub(crate) use inline::{changes, each_write, replace};
pub(crate) use localise::inner_sweeps;
pub(crate) use reciprocals::reuse as reuse_reciprocals;

use crate::ir::{Expr, Program};
use crate::{fold, ir::Stmt};

/// Runs all passes until nothing changes, at most a few times.
pub(crate) fn run(program: &mut Program) {
    for _ in 0..12 {
        let mut changed = dead::eliminate(program);
        changed |= program.taped && localise::definitions(program);
        changed |= copies::propagate(program);
        changed |= accumulators::merge(program);
        changed |= inline::temporaries(program);
        program.body.walk_mut(&mut fold_stmt);
        if !changed {
            break;
        }
    }
    dead::eliminate(program);
}

fn fold_stmt(stmt: &mut Stmt) {
    stmt.parts_mut(
        &mut |e| {
            let taken = std::mem::replace(e, Expr::Bool(false));
            *e = fold::constants(taken);
        },
        &mut |_| {},
    );
}
