//! Values that hold references, made here: `let m = Matrix { data: &x, width: n };`.
//!
//! A tape holds no reference, so such a value is made again wherever the backward sweep needs it. What it is made of is
//! therefore kept: references are to places whose indices do not change, everything else is bound to names. Its fields stand
//! for what they were made of, so that `m.data[i]` is `x[i]`.

use proc_macro2::Span;
use syn::Member;

use super::{Lowerer, is_atom};
use crate::ir::{Expr, VarId};

impl Lowerer<'_> {
    /// Whether a value is a struct that holds references.
    pub(super) fn is_borrowing(&self, value: &Expr) -> bool {
        parts(value).into_iter().any(|e| match e {
            Expr::Ref { mutable, .. } => !mutable,
            Expr::Place(place) => place.path.is_empty() && self.program.vars[place.root].borrows,
            _ => false,
        })
    }

    /// The value, if it holds references, as one that can be made again.
    pub(super) fn remade(&mut self, value: Expr, span: Span) -> Expr {
        if parts(&value).iter().any(|e| matches!(e, Expr::Ref { mutable: true, .. })) {
            self.errors.at(
                span,
                "a struct that holds a `&mut` cannot be differentiated: what is written through it would have to be followed; pass the `&mut` itself to each function",
            );
        }
        let value = self.with_known_rest(value);
        if !self.is_borrowing(&value) {
            return value;
        }
        match value {
            Expr::Struct { path, fields, rest, tangent } => {
                let fields = fields.into_iter().map(|(m, e)| (m, self.kept_part(e, span))).collect();
                Expr::Struct { path, fields, rest, tangent }
            }
            Expr::Call { func, qself, args, ctor, tangent } => {
                let args = args.into_iter().map(|e| self.kept_part(e, span)).collect();
                Expr::Call { func, qself, args, ctor, tangent }
            }
            other => other,
        }
    }

    /// A literal whose other fields are those of a value that holds references, with these fields.
    fn with_known_rest(&self, value: Expr) -> Expr {
        let known = |rest: &Expr| match super::as_place(rest).filter(|p| p.path.is_empty()) {
            Some(place) => match self.literals.get(&place.root)? {
                Expr::Struct { fields, rest: None, .. } => Some(fields.clone()),
                _ => None,
            },
            None => None,
        };
        match value {
            Expr::Struct { path, mut fields, rest: Some(rest), tangent } => {
                let Some(others) = known(&rest) else {
                    return Expr::Struct { path, fields, rest: Some(rest), tangent };
                };
                let given: Vec<Member> = fields.iter().map(|(member, _)| member.clone()).collect();
                fields.extend(others.into_iter().filter(|(member, _)| !given.contains(member)));
                Expr::Struct { path, fields, rest: None, tangent }
            }
            value => value,
        }
    }

    fn kept_part(&mut self, e: Expr, span: Span) -> Expr {
        match e {
            Expr::Ref { .. } => self.pin(e),
            Expr::Place(ref place) if place.path.is_empty() && self.program.vars[place.root].borrows => e,
            e if self.is_fixed(&e) => e,
            e => {
                let var = self.let_var("field", span, crate::ir::Role::Temporary, e);
                Expr::var(var, span)
            }
        }
    }

    /// Notes that a variable holds such a value.
    pub(super) fn note_literal(&mut self, var: VarId, value: &Expr) {
        if !self.is_borrowing(value) {
            return;
        }
        if self.program.vars[var].mutable {
            self.errors.at(
                self.program.vars[var].span,
                "a value that holds references cannot be `mut` in a differentiated function; make a new one under a name of its own",
            );
        }
        self.program.vars[var].borrows = true;
        self.literals.insert(var, value.clone());
    }

    /// The field of a variable that holds such a value.
    pub(super) fn field_of_literal(&self, base: &Expr, member: &Member) -> Option<Expr> {
        let base = match base {
            Expr::Ref { of, .. } => of,
            other => other,
        };
        let literal = self.literals.get(&base.as_var()?)?;
        let part = match (literal, member) {
            (Expr::Struct { fields, .. }, member) => fields.iter().find(|(m, _)| m == member).map(|(_, e)| e),
            (Expr::Call { args, .. }, Member::Unnamed(i)) => args.get(i.index as usize),
            _ => None,
        };
        part.filter(|e| is_atom(e)).cloned()
    }

    /// A struct that holds references, and is chosen by a branch.
    pub(super) fn refuse_chosen_literal(&self, value: &Expr, span: Span) {
        let named = value.as_var().is_some_and(|v| self.program.vars[v].borrows);
        if named || self.is_borrowing(value) {
            self.errors.at(
                span,
                "a value that holds references and is chosen by a branch cannot be differentiated; choose what it refers to, and make one value of that",
            );
        }
    }
}

/// The fields of a struct literal.
fn parts(value: &Expr) -> Vec<&Expr> {
    match value {
        Expr::Struct { path, fields, rest: None, .. } if !super::is_variant(path) => {
            fields.iter().map(|(_, e)| e).collect()
        }
        Expr::Call { func, args, ctor: true, .. } if !super::is_variant(func) && !super::is_box(func) => {
            args.iter().collect()
        }
        _ => Vec::new(),
    }
}
