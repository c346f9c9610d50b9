//! Types of expressions that are not lowered yet, as declarations in the file tell them.
//!
//! In: an expression. Out: its type, if it is a place, or what functions and methods give whose declaration is found.

use syn::Expr as S;

use super::{Binding, Lowerer, as_place};
use crate::ir::{Expr, Place, Step};
use crate::kinds;
use crate::surroundings::Written;

impl Lowerer<'_> {
    /// Whether a method is one of the user's own, whatever other types have a method of its name.
    pub(super) fn has_own_method(&self, m: &syn::ExprMethodCall) -> bool {
        let around = &self.program.surroundings;
        let own = |ty: Written| around.is_own_method(&ty, &m.method.to_string());
        !around.is_empty() && self.declared(&m.receiver).is_some_and(own)
    }

    /// Whether a method is one of the user's own through which no derivative flows, and that changes nothing.
    pub(super) fn gives_constant(&self, m: &syn::ExprMethodCall) -> bool {
        let around = &self.program.surroundings;
        let constant = |ty: Written| around.only_looks(&ty, &m.method.to_string());
        !around.is_empty()
            && !m.args.iter().any(|a| matches!(a, S::Closure(_)))
            && self.declared(&m.receiver).is_some_and(constant)
    }

    pub(super) fn declared(&self, e: &S) -> Option<Written> {
        let around = &self.program.surroundings;
        match e {
            S::Paren(p) => self.declared(&p.expr),
            S::Reference(r) => self.declared(&r.expr),
            S::Unary(u) if matches!(u.op, syn::UnOp::Deref(_)) => self.declared(&u.expr),
            S::Path(p) => match self.lookup(&p.path.get_ident()?.to_string())? {
                Binding::Value(value) => match as_place(value) {
                    Some(place) => kinds::declared_type(&self.program, place),
                    None => kinds::type_of(&self.program, self.types, value),
                },
                _ => None,
            },
            S::Field(f) => self.step(&f.base, Step::Field(f.member.clone())),
            S::Index(i) if !matches!(&*i.index, S::Range(_)) => {
                self.step(&i.expr, Step::Index { at: Box::new(Expr::int(0)), range: false })
            }
            S::Call(c) => match &*c.func {
                S::Path(p) if p.qself.is_none() => around.output(&p.path),
                _ => None,
            },
            S::MethodCall(m) if m.turbofish.is_none() => {
                around.output_of(&self.declared(&m.receiver)?, &m.method.to_string())
            }
            _ => None,
        }
    }

    fn step(&self, of: &S, step: Step) -> Option<Written> {
        self.program.surroundings.declared(&self.declared(of)?, &[step]).map(|(ty, _)| ty)
    }

    /// The place of a name, or of a field of what one stands for, without code for what it is reached through.
    pub(super) fn named_place(&self, e: &S) -> Option<Place> {
        match e {
            S::Paren(p) => self.named_place(&p.expr),
            S::Path(p) => match self.lookup(&p.path.get_ident()?.to_string())? {
                Binding::Value(value) => as_place(value).cloned(),
                _ => None,
            },
            S::Field(f) => Some(self.named_place(&f.base)?.step(Step::Field(f.member.clone()))),
            _ => None,
        }
    }
}
