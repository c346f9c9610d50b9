//! `let (value, pullback) = g::vjp(x, &w);` in differentiated code.
//!
//! In: the body of a function as it was written. Out: the same with plain calls and a closure, which is inlined like
//! any other:
//!
//! ```text
//! let vjp_0 = x;
//! let vjp_1 = &w;
//! let value = g::call(vjp_0, vjp_1);
//! let pullback = |cotangent| g::__pull(vjp_0, vjp_1, cotangent);
//! ```
//!
//! Only the derivatives are made of this: the function itself is left as it is.

use proc_macro2::Span;
use quote::format_ident;
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, Ident, Pat, Stmt};

use crate::errors::Errors;

/// The function beside a differentiated one that gives what its pullback gives.
pub(crate) const PULL: &str = "__pull";

/// Rewrites the body of a function; `None` where there is nothing to rewrite.
pub(crate) fn rewrite(body: &Block, errors: &Errors) -> Option<Block> {
    struct Rewrite<'a> {
        errors: &'a Errors,
        count: usize,
    }
    impl VisitMut for Rewrite<'_> {
        fn visit_block_mut(&mut self, block: &mut Block) {
            let stmts = std::mem::take(&mut block.stmts);
            block.stmts = stmts.into_iter().flat_map(|s| self.stmt(s)).collect();
            syn::visit_mut::visit_block_mut(self, block);
        }

        fn visit_expr_mut(&mut self, e: &mut Expr) {
            if let Some(call) = vjp(e) {
                self.errors.at(
                    syn::spanned::Spanned::span(&call.func),
                    "the pullback needs a name, under which it is called: write `let (value, pullback) = …::vjp(…);`",
                );
            }
            syn::visit_mut::visit_expr_mut(self, e);
        }
    }
    impl Rewrite<'_> {
        fn stmt(&mut self, stmt: Stmt) -> Vec<Stmt> {
            let Stmt::Local(local) = &stmt else { return vec![stmt] };
            let Some(call) = local.init.as_ref().filter(|i| i.diverge.is_none()).and_then(|i| vjp(&i.expr)) else {
                return vec![stmt];
            };
            let Pat::Tuple(pair) = &local.pat else { return vec![stmt] };
            let (Some(value), Some(Pat::Ident(pullback)), 2) =
                (pair.elems.first(), pair.elems.last(), pair.elems.len())
            else {
                return vec![stmt];
            };
            let Expr::Path(path) = &*call.func else { return vec![stmt] };
            if call.args.iter().any(|a| matches!(a, Expr::Reference(r) if r.mutability.is_some())) {
                self.errors.at(
                    syn::spanned::Spanned::span(&call.func),
                    "the pullback of a function that changes its arguments cannot be differentiated; call `grad`, `value_and_grad` or `jvp`",
                );
            }
            let number = self.count;
            self.count += 1;
            let named = |i: usize| format_ident!("vjp_{}_{}", number, i, span = Span::mixed_site());
            let names: Vec<Ident> = (0..call.args.len()).map(named).collect();
            let beside = |name: &str| {
                let mut path = path.path.clone();
                if let Some(last) = path.segments.last_mut() {
                    last.ident = Ident::new(name, last.ident.span());
                }
                path
            };
            let (function, pull, args, name) = (beside("call"), beside(PULL), &call.args, &pullback.ident);
            let mut stmts: Vec<Stmt> = names.iter().zip(args).map(|(n, a)| syn::parse_quote!(let #n = #a;)).collect();
            stmts.push(syn::parse_quote!(let #value = #function(#(#names),*);));
            stmts.push(syn::parse_quote!(let #name = |cotangent| #pull(#(#names,)* cotangent);));
            stmts
        }
    }
    if !mentions_vjp(quote::ToTokens::to_token_stream(body)) {
        return None;
    }
    let mut body = body.clone();
    Rewrite { errors, count: 0 }.visit_block_mut(&mut body);
    Some(body)
}

/// A call of a function's `vjp` by its path.
fn vjp(e: &Expr) -> Option<&syn::ExprCall> {
    let Expr::Call(call) = e else { return None };
    let Expr::Path(p) = &*call.func else { return None };
    let last = p.path.segments.last()?;
    (p.path.segments.len() >= 2 && last.ident == "vjp").then_some(call)
}

fn mentions_vjp(tokens: proc_macro2::TokenStream) -> bool {
    tokens.into_iter().any(|t| match t {
        proc_macro2::TokenTree::Ident(i) => i == "vjp",
        proc_macro2::TokenTree::Group(g) => mentions_vjp(g.stream()),
        _ => false,
    })
}
