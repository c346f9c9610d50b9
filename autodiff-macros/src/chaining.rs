//! Methods that give the `&mut self` that they have changed: `fn add(&mut self, x: f64) -> &mut Self { self.at += x; self }`.
//!
//! In: such a method. Out: one that gives nothing, of which companions are made. Where it is called, what it gives is its receiver
//! (`lower::calls`).
//!
//! Only the derivatives are made of this: the method itself is left as it is.

use proc_macro2::TokenStream;
use syn::visit::{self, Visit};
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, ReturnType, Signature, Stmt, Type};

/// Whether a method gives its receiver: it is a `&mut Self`, and `self` is all that it gives.
pub(crate) fn gives_receiver(method: TokenStream) -> bool {
    syn::parse2::<syn::ImplItemFn>(method).is_ok_and(|f| is_chaining(&f.sig, &f.block))
}

/// The signature and the body of such a method without what it gives.
pub(crate) fn plain(sig: &Signature, body: &Block) -> Option<(Signature, Block)> {
    if !is_chaining(sig, body) {
        return None;
    }
    let (mut sig, mut body) = (sig.clone(), body.clone());
    sig.output = ReturnType::Default;
    body.stmts.pop();
    Returns.visit_block_mut(&mut body);
    Some((sig, body))
}

fn is_chaining(sig: &Signature, body: &Block) -> bool {
    let ReturnType::Type(_, ty) = &sig.output else { return false };
    let Type::Reference(r) = &**ty else { return false };
    let itself = matches!(&*r.elem, Type::Path(p) if p.path.is_ident("Self"));
    let tail = matches!(body.stmts.last(), Some(Stmt::Expr(e, None)) if is_self(e));
    itself && r.mutability.is_some() && crate::signature::changes_receiver(sig) && tail && {
        let mut others = Others(false);
        others.visit_block(body);
        !others.0
    }
}

fn is_self(e: &Expr) -> bool {
    matches!(e, Expr::Path(p) if p.path.is_ident("self"))
}

/// Whether something else than `self` is returned.
struct Others(bool);

impl<'ast> Visit<'ast> for Others {
    fn visit_expr_return(&mut self, r: &'ast syn::ExprReturn) {
        self.0 |= !r.expr.as_deref().is_some_and(is_self);
        visit::visit_expr_return(self, r);
    }

    fn visit_expr_try(&mut self, _: &'ast syn::ExprTry) {
        self.0 = true;
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// `return self` ⇒ `return`.
struct Returns;

impl VisitMut for Returns {
    fn visit_expr_return_mut(&mut self, r: &mut syn::ExprReturn) {
        r.expr = None;
    }

    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
