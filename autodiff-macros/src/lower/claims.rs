//! What is known by a name alone: functions of the standard library that an import gives their name, `once(x)`,
//! `mem::swap(a, b)`, aliases of floats, and the type `String`.
//!
//! What the name stands for is for `rustc` to see: generated code begins with a call that takes no other function, or type.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{ExprPath, Ident};

use super::Lowerer;
use crate::ir::{Block, Expr, Place, Step, Stmt};
use crate::signature::Signature;

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

    /// Says what the names of types are taken for: those of floats, and the `String` of the standard library.
    pub(super) fn claim_types(&mut self, signature: &Signature, block: &syn::Block) {
        for name in self.types.names_of_floats() {
            self.claim_type("is_float", &syn::parse_quote!(#name));
        }
        let mut texts = Texts(Vec::new());
        signature.params.iter().filter(|p| !p.marked).for_each(|p| texts.visit_type(&p.ty));
        signature.output.iter().for_each(|ty| texts.visit_type(ty));
        texts.visit_block(block);
        for name in texts.0 {
            self.claim_type("is_text", &syn::parse_quote!(#name));
        }
    }

    pub(super) fn claim_type(&mut self, function: &str, ty: &syn::Type) {
        let func = Ident::new(function, Span::mixed_site());
        self.claims.push(Expr::Call {
            func: syn::parse_quote!(::differentiable::__private::#func::<#ty>),
            qself: None,
            args: Vec::new(),
            ctor: false,
            tangent: false,
        });
    }

    /// Says that a method such as `as_slice` gives a view of all that a place holds.
    pub(super) fn claim_view(&mut self, place: &Place, span: Span) {
        self.claim_of_place("is_viewed", place, span);
    }

    /// Says that a place is a map, which holds nothing that has a derivative.
    pub(super) fn claim_map(&mut self, place: &Place, span: Span) {
        self.claim_of_place("is_map", place, span);
    }

    /// Says that a field is a map or a set, since the file around the function says so.
    pub(super) fn claim_keyed(&mut self, place: &Place, span: Span) {
        if place.path.iter().any(|step| matches!(step, Step::Field(_))) {
            self.claim_of_place("is_keyed", place, span);
        }
    }

    fn claim_of_place(&mut self, function: &str, place: &Place, span: Span) {
        let func = Ident::new(function, span);
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

/// Finds the name `String`, once.
struct Texts(Vec<Ident>);

impl<'ast> Visit<'ast> for Texts {
    fn visit_type_path(&mut self, p: &'ast syn::TypePath) {
        if let (None, Some(name)) = (&p.qself, p.path.get_ident())
            && *name == "String"
            && self.0.is_empty()
        {
            self.0.push(name.clone());
        }
        visit::visit_type_path(self, p);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
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
