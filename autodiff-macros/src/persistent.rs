//! Which tapes can be copied, so that a pullback may be called again without another forward sweep.
//!
//! A tape is a closure, and is `Clone` where all is that it captures. The syntax tells that of numbers and of sequences,
//! tuples and options of them. Pullbacks of callees are closures of other functions, of which it tells nothing: where
//! there are any, and where a type is not known, a second call of the pullback runs the forward sweep again.

use crate::expand::{Function, Sweeps};
use crate::ir::{Block, Passing, Program, Role, Stmt, VarId};
use crate::kinds::Kind;
use crate::maps::HashSet;

/// Whether the tape of a function is known to be `Clone`.
pub(crate) fn is_persistent(f: &Function) -> bool {
    !f.calls_others() && !f.options.has_rule() && is_clone(f, &f.adjoint(0, Sweeps::Taped))
}

fn is_clone(f: &Function, program: &Program) -> bool {
    let Some(turn) = program.body.stmts.iter().position(|s| matches!(s, Stmt::Turn)) else { return false };
    let (forward, backward) = program.body.stmts.split_at(turn);
    let reverse = program.reverse.as_ref().expect("a reversed program");
    // What the backward sweep is given again.
    let mut given: HashSet<VarId> =
        reverse.cotangent.iter().chain(reverse.adjoints.iter().flatten()).copied().collect();
    let references = program.params.iter().zip(&f.signature.params).filter(|(_, p)| p.passing != Passing::Value);
    given.extend(references.flat_map(|(q, _)| q.parts.clone()));
    let captured = crate::tape::free(&Block { stmts: backward.to_vec(), ..Block::default() });
    let plain = |v: &VarId| program.vars[*v].role == Role::Tape || is_plain(&program.vars[*v].kind);
    let mut all = captured.iter().filter(|v| !given.contains(v)).all(|v| plain(&v));
    let forward = Block { stmts: forward.to_vec(), ..Block::default() };
    forward.walk(&mut |s| {
        for block in s.blocks() {
            all &= block.saves.iter().all(plain);
        }
    });
    all
}

/// Whether values of a kind can be copied.
fn is_plain(kind: &Kind) -> bool {
    match kind {
        Kind::Float(_) | Kind::Complex(_) | Kind::Int | Kind::Bool | Kind::Unit => true,
        Kind::Tuple(parts) => parts.iter().all(is_plain),
        Kind::Seq(inner) | Kind::Option(inner) => is_plain(inner),
        Kind::Constant | Kind::Array(..) | Kind::Result(_) | Kind::Ref(_) | Kind::Unknown => false,
    }
}
