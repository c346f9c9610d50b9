//! The order in which operands are evaluated: `s + bump(&mut s)` adds what `s` was before.
//!
//! Operands are lowered to places and trees that are read where they are used. What a later operand changes is copied before.

use proc_macro2::Span;

use super::{Lowerer, as_place};
use crate::ir::{Call, Callee, Expr, Passing, Place, Step, Stmt};
use crate::var_set::VarSet;

impl Lowerer<'_> {
    /// Lowers operands one after the other, so that each has the value that it had when it was evaluated.
    pub(super) fn in_order<'e, T: 'e>(
        &mut self,
        operands: impl IntoIterator<Item = &'e T>,
        mut lower: impl FnMut(&mut Self, &T) -> Expr,
    ) -> Vec<Expr> {
        let mut values = Vec::new();
        let mut ends = Vec::new();
        for operand in operands {
            values.push(lower(self, operand));
            ends.push(self.emitted());
        }
        self.preserve_all(&mut values, &ends);
        values
    }

    /// The two operands of an operator.
    pub(super) fn both<'e, T>(&mut self, a: &'e T, b: &'e T, lower: impl FnMut(&mut Self, &T) -> Expr) -> [Expr; 2] {
        let values = self.in_order([a, b], lower);
        values.try_into().expect("there are two")
    }

    /// Copies those of the values that statements after the `ends` of their own change.
    pub(super) fn preserve_all(&mut self, values: &mut [Expr], ends: &[usize]) {
        let mut changed = VarSet::new();
        let mut seen = self.emitted();
        for (value, &end) in values.iter_mut().zip(ends).rev() {
            let stmts = self.stmts.last_mut().expect("a block is open");
            stmts[end..seen].iter().for_each(|s| written(s, &mut changed));
            seen = end;
            if !changed.is_empty() {
                self.preserve(value, end, &changed);
            }
        }
    }

    /// A receiver whose method is about to be called, where its arguments have been lowered since `before`. What they call on
    /// the receiver, which is lent to the method by then, looks at it: `a.add(a.get())` changes `a` once. What assigns it
    /// shows that the receiver is a copy, and so does a method beside the function that changes it.
    pub(super) fn receiver(&mut self, mut receiver: Expr, before: usize) -> Expr {
        if let Expr::Place(place) = &receiver {
            let arguments = &mut self.stmts.last_mut().expect("a block is open")[before..];
            let own = self.program.vars[place.root].name == "self";
            let changing = |method: &str| own && self.types.changes_receiver(method);
            arguments.iter_mut().for_each(|s| look(s, place, &changing));
            if !arguments.iter().any(|s| changes(s, place)) {
                return receiver;
            }
        }
        self.preserve_all(std::slice::from_mut(&mut receiver), &[before]);
        receiver
    }

    fn preserve(&mut self, value: &mut Expr, end: usize, changed: &VarSet) {
        match value {
            // What is lent is not changed meanwhile.
            Expr::Ref { .. } => return,
            Expr::Tuple(parts) => return parts.iter_mut().for_each(|part| self.preserve(part, end, changed)),
            _ if !changed.iter().any(|v| value.mentions(v)) => return,
            _ => {}
        }
        let later = self.stmts.last_mut().expect("a block is open").split_off(end);
        let span = as_place(value).map_or_else(Span::mixed_site, |p| p.span);
        let taken = std::mem::replace(value, Expr::Bool(false));
        // A method may leave its receiver where it is, whatever is made of it.
        let taken = if matches!(taken, Expr::Place(_)) { Expr::Clone(Box::new(taken)) } else { taken };
        *value = self.temporary(taken, span);
        self.stmts.last_mut().expect("a block is open").extend(later);
    }
}

/// Hands a place over by `&` where a method is called on it, unless it is known to change that.
fn look(stmt: &mut Stmt, place: &Place, changing: &dyn Fn(&str) -> bool) {
    if let Stmt::Call(Call { callee: Callee::Method { name, .. }, args, .. }) = stmt
        && !changing(&name.to_string())
        && let Some(Expr::Place(of)) = &args[0].parts[0]
        && overlap(of, place)
    {
        args[0].passing = Passing::Ref;
    }
    for block in stmt.blocks_mut() {
        block.stmts.iter_mut().for_each(|s| look(s, place, changing));
    }
}

/// Whether a statement changes what a place holds.
fn changes(stmt: &Stmt, place: &Place) -> bool {
    let mut found = false;
    stmt.parts(&mut |_| {}, &mut |of| found |= overlap(of, place));
    found || stmt.blocks().iter().any(|block| block.stmts.iter().any(|s| changes(s, place)))
}

/// Whether two places may have a part in common: not, where they are, or lie in, different fields of one value.
fn overlap(a: &Place, b: &Place) -> bool {
    let differ = |(a, b): (&Step, &Step)| match (a, b) {
        (Step::Field(a), Step::Field(b)) => a != b,
        _ => false,
    };
    let known = |(a, b): &(&Step, &Step)| std::mem::discriminant(*a) == std::mem::discriminant(*b);
    a.root == b.root && !a.path.iter().zip(&b.path).take_while(known).any(differ)
}

/// The variables that a statement writes.
fn written(stmt: &Stmt, found: &mut VarSet) {
    stmt.uses(&mut |_| {}, &mut |v| {
        found.insert(v);
    });
    for block in stmt.blocks() {
        block.stmts.iter().for_each(|s| written(s, found));
    }
}
