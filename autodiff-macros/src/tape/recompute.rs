//! What a backward sweep computes again rather than loads: which expressions are cheap, and which of those that are is needed.

use super::Definition;
use crate::ir::{BinOp, Expr, Passing, Program, Step, Stmt, VarId};
use crate::var_set::{VarMap, VarSet};

/// The recomputed variables that something needs.
pub(super) fn prune(again: &VarSet, needed: &VarSet, defined: &VarMap<Option<Definition>>) -> VarSet {
    let mut keep: VarSet = again.iter().filter(|v| needed.contains(*v)).collect();
    loop {
        let mut more = VarSet::new();
        for v in keep.iter() {
            if let Some(Some(definition)) = defined.get(v) {
                operands(&definition.stmt, &mut |u| {
                    if again.contains(u) && !keep.contains(u) {
                        more.insert(u);
                    }
                });
            }
        }
        if !keep.unite(&more) {
            return keep;
        }
    }
}

/// Whether a statement gives the same once more, if its operands are what they were, and does nothing else.
pub(super) fn can_be(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Let { .. } => true,
        Stmt::Call(call) => call.light && call.args.iter().all(|a| a.passing != Passing::RefMut),
        _ => false,
    }
}

/// Calls `f` on every variable that a statement defines and may define once more, with each variable that it reads for that.
pub(crate) fn each_source(stmt: &Stmt, f: &mut dyn FnMut(VarId, VarId)) {
    if can_be(stmt) {
        stmt.each_defined(&mut |v| operands(stmt, &mut |u| f(v, u)));
    }
}

/// What each variable may be computed again from, itself included, through all definitions that `may` run once more; empty where
/// there is nothing.
pub(crate) fn sources(program: &Program, may: impl Fn(&Stmt) -> bool) -> Vec<VarSet> {
    let mut sources = vec![VarSet::new(); program.vars.len()];
    let mut definitions = Vec::new();
    program.body.walk(&mut |s| {
        if may(s) {
            each_source(s, &mut |v, u| {
                sources[v].insert(v);
                sources[v].insert(u);
                definitions.push((v, u));
            });
        }
    });
    // Operands are defined before, so one round tells nearly all.
    loop {
        let mut changed = false;
        for &(var, operand) in &definitions {
            if var != operand {
                let more = std::mem::take(&mut sources[operand]);
                changed |= sources[var].unite(&more);
                sources[operand] = more;
            }
        }
        if !changed {
            return sources;
        }
    }
}

/// Calls `f` on what such a statement reads.
pub(super) fn operands(stmt: &Stmt, f: &mut dyn FnMut(VarId)) {
    stmt.uses(f, &mut |_| {});
}

/// Whether such a statement costs less than a round trip to memory: it gives numbers, or what refers to something.
pub(crate) fn is_cheap_statement(stmt: &Stmt, is_scalar: impl Fn(VarId) -> bool) -> bool {
    match stmt {
        Stmt::Let { var, value } => is_cheap(value) && (is_scalar(*var) || matches!(value, Expr::Ref { .. })),
        Stmt::Call(call) => call.args.iter().flat_map(|a| a.parts.iter().flatten()).all(is_cheap),
        _ => false,
    }
}

/// Expressions that cost less than a round trip to memory.
pub(super) fn is_cheap(e: &Expr) -> bool {
    match e {
        Expr::Lit(_) | Expr::Number(..) | Expr::Bool(_) | Expr::Item(..) => true,
        Expr::Place(place) => place.path.iter().all(|s| match s {
            Step::Index { at, .. } => is_cheap(crate::arrays::ordinal(at).unwrap_or(at)),
            Step::View { .. } => false,
            Step::Payload { .. } | Step::Content => false,
            _ => true,
        }),
        Expr::Neg(e) | Expr::Not(e) | Expr::Cast(e, _) | Expr::Ref { of: e, .. } | Expr::FromInt(e, _) => is_cheap(e),
        Expr::Binary(op, a, b) => !matches!(op, BinOp::Div | BinOp::Rem) && is_cheap(a) && is_cheap(b),
        Expr::Math(rule, args) => {
            matches!(
                rule.name,
                "abs"
                    | "max"
                    | "min"
                    | "mul_add"
                    | "clamp"
                    | "copysign"
                    | "re"
                    | "im"
                    | "new"
                    | "conj"
                    | "norm_sqr"
                    | "scale"
            ) && args.iter().all(is_cheap)
        }
        Expr::Method { recv, name, args, .. } => {
            matches!(
                name.to_string().as_str(),
                "len" | "min" | "max" | "is_nan" | "is_empty" | "saturating_sub" | "nrows" | "ncols"
            ) && is_cheap(recv)
                && args.iter().all(is_cheap)
        }
        Expr::Range { lo, hi, .. } => lo.iter().chain(hi).all(|e| is_cheap(e)),
        Expr::Tuple(es) => es.iter().all(is_cheap),
        _ => false,
    }
}
