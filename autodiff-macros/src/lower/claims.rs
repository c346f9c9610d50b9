//! Functions of the standard library that are known by a name which an import gives them: `once(x)`, `mem::swap(a, b)`.
//!
//! What the name stands for is for `rustc` to see: generated code begins with a call that takes no other function.

use proc_macro2::Span;
use syn::{ExprPath, Ident};

use super::Lowerer;
use crate::ir::{Block, Expr, Place, Stmt};

impl Lowerer<'_> {
    /// Notes that a path is taken to be that of a function of the standard library.
    pub(super) fn claim(&mut self, path: &ExprPath) {
        let Some(last) = path.path.segments.last() else { return };
        let func = Ident::new(&format!("is_{}", last.ident), Span::mixed_site());
        let text = quote::ToTokens::to_token_stream(path).to_string();
        if !self.claimed.insert(text) {
            return;
        }
        let claim = Expr::Call {
            func: syn::parse_quote!(::differentiable::__private::#func),
            qself: None,
            args: vec![Expr::Item(path.path.clone(), path.qself.clone())],
            ctor: false,
            tangent: false,
        };
        self.claims.push(claim);
    }

    /// Says that a method such as `as_slice` gives a view of all that a place holds.
    pub(super) fn claim_view(&mut self, place: &Place, span: Span) {
        let func = Ident::new("is_viewed", span);
        let of = Expr::Ref { mutable: false, of: Box::new(Expr::Place(place.clone())) };
        self.emit(Stmt::Effect(Expr::Call {
            func: syn::parse_quote!(::differentiable::__private::#func),
            qself: None,
            args: vec![of],
            ctor: false,
            tangent: false,
        }));
    }
}

/// Puts claims at the beginning of a body.
pub(super) fn put(claims: Vec<Expr>, body: &mut Block) {
    body.stmts.splice(0..0, claims.into_iter().map(Stmt::Effect));
}

/// Whether a statement is such a claim.
pub(crate) fn is_claim(e: &Expr) -> bool {
    let Expr::Call { func, .. } = e else { return false };
    let mut names = func.segments.iter().rev();
    names.next().is_some_and(|s| s.ident.to_string().starts_with("is_"))
        && names.next().is_some_and(|s| s.ident == "__private")
}
