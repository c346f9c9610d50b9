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
//! A method's `m_vjp` is one of this name if the second name is called; then there are `model.m(…)` and `model.m_vjp_pull(…)`.
//!
//! Only the derivatives are made of this: the function itself is left as it is.

use proc_macro2::Span;
use quote::format_ident;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, Ident, Pat, Stmt};

use crate::errors::Errors;

/// The function beside a differentiated one that gives what its pullback gives.
pub(crate) const PULL: &str = "__pull";

/// The end of the name of that beside a method.
pub(crate) const PULL_OF_METHOD: &str = "vjp_pull";

/// Rewrites the body of a function; `None` where there is nothing to rewrite.
pub(crate) fn rewrite(body: &Block, errors: &Errors) -> Option<Block> {
    struct Rewrite<'a> {
        errors: &'a Errors,
        /// The names that are called somewhere in the body.
        called: Vec<Ident>,
        count: usize,
    }
    impl VisitMut for Rewrite<'_> {
        fn visit_block_mut(&mut self, block: &mut Block) {
            let stmts = std::mem::take(&mut block.stmts);
            block.stmts = stmts.into_iter().flat_map(|s| self.stmt(s)).collect();
            syn::visit_mut::visit_block_mut(self, block);
        }

        fn visit_expr_mut(&mut self, e: &mut Expr) {
            if let Expr::Call(call) = e
                && let Expr::Path(p) = &*call.func
                && is_vjp(&p.path)
            {
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
            let Some(init) = local.init.as_ref().filter(|i| i.diverge.is_none()) else { return vec![stmt] };
            let (value, pullback, call) = match (&local.pat, &*init.expr) {
                (Pat::Tuple(pair), call) if pair.elems.len() == 2 => match &pair.elems[1] {
                    Pat::Ident(pullback) => (Some(&pair.elems[0]), pullback, call),
                    _ => return vec![stmt],
                },
                // `let pullback = g::vjp(x).1;`
                (Pat::Ident(pullback), Expr::Field(field)) if is_second(&field.member) => {
                    (None, pullback, &*field.base)
                }
                _ => return vec![stmt],
            };
            let Some(parts) = Parts::of(call, self.called.contains(&pullback.ident)) else { return vec![stmt] };
            if parts.args.iter().any(|a| matches!(a, Expr::Reference(r) if r.mutability.is_some())) {
                self.errors.at(
                    parts.span,
                    "the pullback of a function that changes its arguments cannot be differentiated; call `grad`, `value_and_grad` or `jvp`",
                );
            }
            let number = self.count;
            self.count += 1;
            let mut stmts = Vec::new();
            let mut names = Vec::new();
            for (i, arg) in parts.args.iter().enumerate() {
                // A receiver that has a name keeps it.
                if parts.dotted
                    && i == 0
                    && let Expr::Path(p) = arg
                    && let Some(name) = p.path.get_ident()
                {
                    names.push(name.clone());
                    continue;
                }
                let name = format_ident!("vjp_{}_{}", number, i, span = Span::mixed_site());
                stmts.push(if parts.dotted && i == 0 {
                    syn::parse_quote!(let #name = &#arg;)
                } else {
                    syn::parse_quote!(let #name = #arg;)
                });
                names.push(name);
            }
            let (call, pull, name) = (parts.call(&names), parts.pull(&names), &pullback.ident);
            stmts.extend(value.map(|value| -> Stmt { syn::parse_quote!(let #value = #call;) }));
            stmts.push(syn::parse_quote!(let #name = |cotangent| #pull;));
            stmts
        }
    }
    if !mentions_vjp(quote::ToTokens::to_token_stream(body)) {
        return None;
    }
    let mut calls = Calls(Vec::new());
    calls.visit_block(body);
    let mut body = body.clone();
    Rewrite { errors, called: calls.0, count: 0 }.visit_block_mut(&mut body);
    Some(body)
}

/// The names that are called in a body.
struct Calls(Vec<Ident>);
impl<'a> Visit<'a> for Calls {
    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        if let Expr::Path(p) = &*call.func {
            self.0.extend(p.path.get_ident().cloned());
        }
        syn::visit::visit_expr_call(self, call);
    }
}

/// A call of `vjp`, taken apart.
struct Parts {
    /// The arguments; of a method called with a dot, the receiver is the first.
    args: Vec<Expr>,
    dotted: bool,
    /// The path, or the name of the method, that was called.
    path: syn::Path,
    span: Span,
}

impl Parts {
    /// Reads a call; that of a method is one if what it gives is `called`.
    fn of(e: &Expr, called: bool) -> Option<Self> {
        match e {
            Expr::Call(call) => {
                let Expr::Path(p) = &*call.func else { return None };
                let span = syn::spanned::Spanned::span(&call.func);
                let own = is_vjp(&p.path) || called && p.path.segments.len() >= 2 && method_of(&p.path).is_some();
                own.then(|| Self {
                    args: call.args.iter().cloned().collect(),
                    dotted: false,
                    path: p.path.clone(),
                    span,
                })
            }
            Expr::MethodCall(call) => {
                let path = syn::Path::from(call.method.clone());
                if !called || method_of(&path).is_none() {
                    return None;
                }
                let args = std::iter::once(&*call.receiver).chain(&call.args).cloned().collect();
                Some(Self { args, dotted: true, path, span: call.method.span() })
            }
            _ => None,
        }
    }

    /// The path with another last name.
    fn beside(&self, name: &str) -> syn::Path {
        let mut path = self.path.clone();
        if let Some(last) = path.segments.last_mut() {
            last.ident = Ident::new(name, last.ident.span());
        }
        path
    }

    /// The call of the function itself.
    fn call(&self, args: &[Ident]) -> Expr {
        let function = method_of(&self.path).unwrap_or_else(|| "call".to_owned());
        self.applied(&self.beside(&function), args, None)
    }

    /// The call of what gives the value of the pullback.
    fn pull(&self, args: &[Ident]) -> Expr {
        let pull = method_of(&self.path).map_or_else(|| PULL.to_owned(), |method| format!("{method}_{PULL_OF_METHOD}"));
        self.applied(&self.beside(&pull), args, Some(&format_ident!("cotangent")))
    }

    fn applied(&self, path: &syn::Path, args: &[Ident], more: Option<&Ident>) -> Expr {
        match args {
            [receiver, rest @ ..] if self.dotted => {
                let rest = rest.iter().chain(more);
                let name = &path.segments[0].ident;
                syn::parse_quote!(#receiver.#name(#(#rest),*))
            }
            args => {
                let args = args.iter().chain(more);
                syn::parse_quote!(#path(#(#args),*))
            }
        }
    }
}

fn is_second(member: &syn::Member) -> bool {
    matches!(member, syn::Member::Unnamed(index) if index.index == 1)
}

/// Whether a path is that of a function's `vjp`.
fn is_vjp(path: &syn::Path) -> bool {
    path.segments.len() >= 2 && path.segments.last().is_some_and(|last| last.ident == "vjp")
}

/// The name of the method whose `vjp` a path or a name is.
fn method_of(path: &syn::Path) -> Option<String> {
    let last = path.segments.last()?.ident.to_string();
    last.strip_suffix("_vjp").filter(|m| !m.is_empty()).map(str::to_owned)
}

fn mentions_vjp(tokens: proc_macro2::TokenStream) -> bool {
    tokens.into_iter().any(|t| match t {
        proc_macro2::TokenTree::Ident(i) => i == "vjp" || i.to_string().ends_with("_vjp"),
        proc_macro2::TokenTree::Group(g) => mentions_vjp(g.stream()),
        _ => false,
    })
}
