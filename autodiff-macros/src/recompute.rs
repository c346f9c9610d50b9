//! What a backward sweep computes again rather than loads.
//!
//! In: variables with their definitions. Out: which of them cost less than a round trip to memory.

use std::rc::Rc;

use crate::ir::{BinOp, Expr, Program, Step, Stmt};
use crate::kinds::{Kind, of_place};
use crate::var_set::{VarMap, VarSet};

/// The variables whose values are scalars, or cost little more than these: the results of arithmetic with constants and with
/// what is read through references. Whatever types these have that the macro does not see, they are copied: their size is known
/// at compile time.
pub(crate) fn small(program: &Program) -> VarSet {
    let mut small: VarSet =
        program.vars.iter().enumerate().filter(|(_, var)| var.kind.is_scalar()).map(|(v, _)| v).collect();
    program.body.walk(&mut |s| {
        if let Stmt::Let { var, value } = s
            && program.vars[*var].kind == Kind::Unknown
            && is_small(program, &small, value)
        {
            small.insert(*var);
        }
    });
    small
}

fn is_small(program: &Program, small: &VarSet, e: &Expr) -> bool {
    match e {
        Expr::Number(..) | Expr::Lit(_) | Expr::Item(..) => true,
        Expr::Place(place) if place.path.is_empty() => small.contains(place.root),
        Expr::Place(place) => match of_place(program, place) {
            Kind::Unknown => matches!(program.vars[place.root].kind, Kind::Ref(_)),
            kind => kind.is_scalar(),
        },
        Expr::Neg(e) => is_small(program, small, e),
        Expr::Binary(_, a, b) => is_small(program, small, a) && is_small(program, small, b),
        _ => false,
    }
}

/// The recomputed variables that something needs.
pub(crate) fn prune(again: &VarSet, needed: &VarSet, defined: &VarMap<Option<(usize, Rc<Expr>)>>) -> VarSet {
    let mut keep: VarSet = again.iter().filter(|v| needed.contains(*v)).collect();
    loop {
        let mut more = VarSet::new();
        for v in keep.iter() {
            if let Some(Some((_, value))) = defined.get(v) {
                value.vars(&mut |u| {
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
