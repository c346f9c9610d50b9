//! Adjoints of sums and differences of structs, field by field: operands take the cotangent of the value as it is, and none of
//! them is asked for. What is added to, as in `p = p + v`, keeps its cotangent.

use super::Pass;
use crate::ir::{BinOp, Call, Callee, Expr, Operator, Place, Program, Role, Stmt};
use crate::kinds;

/// The sum and the place of `place = place + value`, which are two statements.
pub(super) fn growth<'s>(program: &Program, stmt: &'s Stmt, next: Option<&'s Stmt>) -> Option<(&'s Call, &'s Place)> {
    let (Stmt::Call(call), Some(Stmt::Assign { place, value, init: false })) = (stmt, next) else { return None };
    let sum = call.outs[0];
    let [Some(Expr::Place(first)), second] = [0, 1].map(|i| call.args.get(i)?.parts[0].as_ref()) else { return None };
    let apart = !matches!(second, Some(Expr::Place(second)) if second.root == place.root);
    let once = place.path.is_empty() && program.vars[place.root].once;
    let alone = value.as_var() == Some(sum) && program.vars[sum].role == Role::Temporary;
    (call.sum && alone && !once && apart && first.same(place)).then_some((call, place))
}

impl Pass<'_> {
    /// `place = place + value`.
    pub(super) fn grow(&mut self, call: &Call, place: &Place, forward: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        let span = place.span;
        let kind = kinds::of_place(&self.out, place);
        let old = self.out.fresh("old", span, kind, Role::Temporary);
        forward.push(Stmt::Call(call.clone()));
        forward.push(Stmt::Replace { old, place: place.clone(), value: Expr::var(call.outs[0], span) });
        backward.push(Stmt::Assign { place: place.clone(), value: Expr::var(old, span), init: false });
        let cotangent = self.mirror(place).map(Expr::Place);
        let mirrors = self.mirrors(call).into_iter().skip(1).collect();
        if let Some(cotangent) = cotangent {
            hand_on(call, mirrors, &cotangent, backward);
        }
    }
}

/// Adds the cotangent of a sum or a difference to those of its last operands.
pub(super) fn hand_on(call: &Call, mirrors: Vec<Option<Place>>, cotangent: &Expr, backward: &mut Vec<Stmt>) {
    let left = call.args.len() - mirrors.len();
    for (i, mirror) in mirrors.into_iter().enumerate() {
        let subtracted = left + i == 1 && matches!(call.callee, Callee::Operator(Operator::Binary(BinOp::Sub)));
        let value = if subtracted { Expr::Neg(Box::new(cotangent.clone())) } else { cotangent.clone() };
        backward.extend(mirror.map(|place| Stmt::Accumulate { place, value }));
    }
}
