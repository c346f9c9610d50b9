//! The operator `?`: an early return of what is no value.
//!
//! In: the operand. Out: a branch that returns, from the function or from the closure that is inlined, and the value.

use proc_macro2::Span;
use syn::Expr as S;
use syn::spanned::Spanned;

use super::Lowerer;
use super::exprs::if_stmt;
use super::fallible::{Family, variant_of};
use crate::ir::Expr;
use crate::variants;

impl Lowerer<'_> {
    /// `e?`.
    pub(super) fn question(&mut self, t: &syn::ExprTry) -> Expr {
        let Some(fallible) = self.fallible else {
            self.errors.at(
                t.question_token.span,
                "`?` needs a return type that is written as `Option<…>` or `Result<…>`; write it out, or use `match`",
            );
            return Expr::Tuple(Vec::new());
        };
        let span = t.span();
        let mut value = None;
        if let (S::MethodCall(m), Family::Result) = (&*t.expr, fallible)
            && matches!(m.method.to_string().as_str(), "ok_or" | "ok_or_else")
            && m.args.len() == 1
        {
            let option = self.place_or_value(&m.receiver);
            if let (Expr::Select(..), Some((some, item))) = (&option, super::chosen::parts(&option)) {
                // The item stays the place that it is.
                let item = self.pin(item);
                let eager = if m.method == "ok_or" { Some(self.operand(&m.args[0])) } else { None };
                let (then, ()) = self.scoped(|l| {
                    let error = match eager {
                        None => l.callable(&m.args[0]).map(|f| l.apply(&f, Vec::new())),
                        eager => eager,
                    };
                    if let Some(error) = error {
                        l.return_error(error, span);
                    }
                });
                self.emit(if_stmt(Expr::Not(Box::new(some)), then, Vec::new()));
                return item;
            }
            value = self.fallible_method(&option, m);
        }
        let value = match value {
            Some(value) => self.as_atom(value, span),
            None => self.scrutinee(&t.expr),
        };
        if let (Expr::Select(..), Some((some, item))) = (&value, super::chosen::parts(&value)) {
            let (then, ()) = self.scoped(|l| l.return_value(Expr::Item(variants::none(), None)));
            self.emit(if_stmt(Expr::Not(Box::new(some)), then, Vec::new()));
            return item;
        }
        let place = self.place_of(value, span);
        self.learn_fallible(&place, fallible);
        let (good, bad): (syn::Path, syn::Pat) = match fallible {
            Family::Option => (variants::some(), syn::parse_quote!(::core::option::Option::None)),
            _ => (variants::ok(), syn::parse_quote!(::core::result::Result::Err(_))),
        };
        let failed = Expr::Matches(Box::new(Expr::Place(place.clone())), Box::new(bad));
        let (then, ()) = self.scoped(|l| {
            if fallible == Family::Option {
                l.return_value(Expr::Item(variants::none(), None));
            } else {
                l.return_error(Expr::Place(place.step(variants::payload(variants::err()))), span);
            }
        });
        self.emit(if_stmt(failed, then, Vec::new()));
        self.normal(Expr::Place(place.step(variants::payload(good))))
    }

    /// Returns an error, as `?` does.
    fn return_error(&mut self, error: Expr, span: Span) {
        let from = Expr::Call {
            func: syn::parse_quote!(::core::convert::From::from),
            qself: None,
            args: vec![error],
            ctor: false,
            tangent: false,
        };
        let error = self.as_atom(from, span);
        let value = self.as_atom(variants::construct(variants::err(), error), span);
        self.return_value(value);
    }
}

/// What a function or a closure returns, for `?`: as its type says, or else as the values that it makes do.
pub(super) fn returned(output: Option<&syn::Type>, made: impl FnOnce() -> Option<Family>) -> Option<Family> {
    let named = match output {
        Some(syn::Type::Path(p)) => p.path.segments.last().and_then(|s| match s.ident.to_string().as_str() {
            "Option" => Some(Family::Option),
            "Result" => Some(Family::Result),
            _ => None,
        }),
        _ => None,
    };
    named.or_else(made)
}

/// Whose variant stands at the end of a block.
pub(super) fn made_by_block(block: &syn::Block) -> Option<Family> {
    match block.stmts.last()? {
        syn::Stmt::Expr(e, None) => made_by(e),
        _ => None,
    }
}

/// Whose variant stands at the ends of an expression.
pub(super) fn made_by(e: &S) -> Option<Family> {
    match e {
        S::Block(b) => made_by_block(&b.block),
        S::Return(r) => r.expr.as_deref().and_then(made_by),
        S::If(i) => made_by_block(&i.then_branch).or_else(|| i.else_branch.as_ref().and_then(|(_, e)| made_by(e))),
        S::Match(m) => m.arms.iter().find_map(|arm| made_by(&arm.body)),
        other => variant_of(other),
    }
}
