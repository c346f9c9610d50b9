//! Tangents of struct literals, whose types have no name in the function: field by field, beside a zero of the value.

use super::Pass;
use crate::activity;
use crate::ir::{Expr, Place, Role, Step, Stmt, VarId};
use crate::kinds;

impl Pass<'_> {
    /// Binds the struct literals in a value to names: the type of their tangents has none here.
    pub(super) fn name_structs(&mut self, e: &mut Expr, out: &mut Vec<Stmt>) {
        self.name_parts(e, out);
        let is_struct = match e {
            Expr::Struct { path, tangent: false, .. } => !crate::lower::is_variant(path),
            Expr::Call { func, ctor: true, tangent: false, .. } => {
                !crate::lower::is_variant(func) && !crate::lower::is_box(func)
            }
            _ => false,
        };
        if is_struct && self.tangent_flows(e) {
            let span = proc_macro2::Span::mixed_site();
            let kind = kinds::of_expr(&self.out, self.types, e);
            let var = self.out.fresh("t", span, kind, Role::Temporary);
            self.varied.insert(var);
            let value = std::mem::replace(e, Expr::var(var, span));
            out.push(Stmt::Let { var, value: value.clone() });
            self.let_tangent(var, &value, out);
        }
    }

    pub(super) fn name_parts(&mut self, e: &mut Expr, out: &mut Vec<Stmt>) {
        match e {
            Expr::Tuple(es) | Expr::Array(es, _) | Expr::Call { args: es, ctor: true, .. } => {
                es.iter_mut().for_each(|e| self.name_structs(e, out));
            }
            Expr::Struct { fields, .. } => fields.iter_mut().for_each(|(_, e)| self.name_structs(e, out)),
            Expr::Wrap { value, .. } | Expr::Repeat { value, .. } => self.name_structs(value, out),
            _ => {}
        }
    }

    /// Whether an expression depends on what has a tangent.
    fn tangent_flows(&self, e: &Expr) -> bool {
        let mut found = false;
        activity::carriers(e, &mut |v| found |= self.varied.contains(v));
        found
    }

    /// The tangent of a `let`: field by field for a struct, whose tangent type has no name here.
    pub(super) fn let_tangent(&mut self, var: VarId, value: &Expr, out: &mut Vec<Stmt>) {
        let t = self.tangent_var(var);
        let whole = Expr::var(var, self.out.vars[var].span);
        let (path, arity, fields): (_, _, Vec<(syn::Member, Expr)>) = match value {
            Expr::Struct { path, fields, .. } if !crate::lower::is_variant(path) => (path, 0, fields.clone()),
            Expr::Call { func, args, ctor: true, .. }
                if !crate::lower::is_variant(func) && !crate::lower::is_box(func) =>
            {
                let fields = args.iter().enumerate().map(|(i, e)| (syn::Member::from(i), e.clone()));
                (func, args.len(), fields.collect())
            }
            _ => {
                let tangent = self.tangent(value, &whole).unwrap_or_else(|| Expr::Zero(Box::new(whole)));
                out.push(Stmt::Let { var: t, value: tangent });
                return;
            }
        };
        let start = match value {
            Expr::Struct { rest: Some(rest), .. } => self.tangent(rest, rest),
            _ => None,
        };
        let begins_as_zero = start.is_none();
        out.push(Stmt::Let { var: t, value: start.unwrap_or_else(|| Expr::Zero(Box::new(whole))) });
        let span = self.out.vars[var].span;
        for (member, e) in fields {
            // The zero of an empty vector is one, and that of a constant field is not.
            if begins_as_zero && matches!(&e, Expr::Array(es, _) if es.is_empty()) {
                continue;
            }
            if let Some(value) = self.tangent(&e, &e) {
                let variant = self.types.constructors.is_variant(path, arity > 0);
                let place = Place::var(t, span).step(if variant {
                    Step::Payload { variant: path.clone(), member, arity, tangent: true }
                } else {
                    Step::Field(member)
                });
                // Tangents own what they hold.
                let value = match value {
                    Expr::Ref { of, .. } => Expr::Clone(of),
                    other => other,
                };
                out.push(Stmt::Assign { place, value, init: false });
            }
        }
    }
}
