//! What a backward sweep computes again rather than loads: which expressions are cheap, and which of those that are is needed.

use super::Definition;
use crate::ir::{BinOp, Expr, Passing, Step, Stmt, VarId};
use crate::var_set::{VarMap, VarSet};

/// The recomputed variables that something needs.
pub(crate) fn prune(again: &VarSet, needed: &VarSet, defined: &VarMap<Option<Definition>>) -> VarSet {
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
pub(crate) fn can_be(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Let { .. } => true,
        Stmt::Call(call) => call.light && call.args.iter().all(|a| a.passing != Passing::RefMut),
        _ => false,
    }
}

/// Calls `f` on what such a statement reads.
pub(crate) fn operands(stmt: &Stmt, f: &mut dyn FnMut(VarId)) {
    stmt.uses(f, &mut |_| {});
}

/// Whether such a statement costs less than a round trip to memory.
pub(crate) fn is_cheap_statement(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Let { value, .. } => is_cheap(value),
        Stmt::Call(call) => call.args.iter().flat_map(|a| a.parts.iter().flatten()).all(is_cheap),
        _ => false,
    }
}

/// Expressions that cost less than a round trip to memory.
pub(crate) fn is_cheap(e: &Expr) -> bool {
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
