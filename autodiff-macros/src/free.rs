//! The free variables of code that is kept as the user wrote it.
//!
//! In: an expression, and what stands for a free variable. Out: the expression with its free variables replaced. What a
//! closure, a pattern or a `let` inside the expression binds is not free there, whatever it is called.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat};

use crate::maps::HashSet;

/// The free variables of an expression, in order.
pub(crate) fn variables(e: &Expr) -> Vec<Ident> {
    let mut order: Vec<Ident> = Vec::new();
    replace(&mut e.clone(), &mut |name| {
        if !order.contains(name) {
            order.push(name.clone());
        }
        None
    });
    order
}

/// Replaces the free variables of an expression for which there is a replacement.
pub(crate) fn replace(e: &mut Expr, with: &mut dyn FnMut(&Ident) -> Option<TokenStream>) {
    replace_and_lend(e, with, &mut |_, _, _| false);
}

/// The same, where the receivers of some methods are lent: of those that lie in a free variable, or are one as a `whole`.
pub(crate) fn replace_and_lend(
    e: &mut Expr,
    with: &mut dyn FnMut(&Ident) -> Option<TokenStream>,
    lends: &mut dyn FnMut(&Ident, bool, &syn::ExprMethodCall) -> bool,
) {
    Free { with, lends, bound: vec![HashSet::default()] }.visit_expr_mut(e);
}

/// Whether the receiver of a method in an expression is lent.
pub(crate) fn lends(e: &Expr, lends: &mut dyn FnMut(&Ident, bool, &syn::ExprMethodCall) -> bool) -> bool {
    let mut found = false;
    replace_and_lend(&mut e.clone(), &mut |_| None, &mut |name, whole, method| {
        found = found || lends(name, whole, method);
        false
    });
    found
}

struct Free<'a> {
    with: &'a mut dyn FnMut(&Ident) -> Option<TokenStream>,
    lends: &'a mut dyn FnMut(&Ident, bool, &syn::ExprMethodCall) -> bool,
    /// What is bound inside the expression, by scope.
    bound: Vec<HashSet<String>>,
}

impl Free<'_> {
    fn replacement(&mut self, name: &Ident) -> Option<TokenStream> {
        let text = name.to_string();
        if self.bound.iter().any(|scope| scope.contains(&text)) { None } else { (self.with)(name) }
    }

    /// Whether the receiver of a method is lent.
    fn is_lent(&mut self, m: &syn::ExprMethodCall) -> bool {
        let Some((name, whole)) = root(&m.receiver) else { return false };
        let text = name.to_string();
        !self.bound.iter().any(|scope| scope.contains(&text)) && (self.lends)(name, whole, m)
    }

    fn bind(&mut self, pat: &Pat) {
        let scope = self.bound.last_mut().expect("a scope is open");
        scope.extend(crate::lower::bound_names(pat).into_iter().map(|name| name.to_string()));
    }

    fn scoped(&mut self, f: impl FnOnce(&mut Self)) {
        self.bound.push(HashSet::default());
        f(self);
        self.bound.pop();
    }
}

/// The variable that a place lies in, and whether it is all of it.
fn root(e: &Expr) -> Option<(&Ident, bool)> {
    match e {
        Expr::Paren(p) => root(&p.expr),
        Expr::Field(f) => Some((root(&f.base)?.0, false)),
        Expr::Index(i) => Some((root(&i.expr)?.0, false)),
        Expr::Path(p) => Some((p.path.get_ident()?, true)),
        _ => None,
    }
}

impl VisitMut for Free<'_> {
    fn visit_expr_mut(&mut self, e: &mut Expr) {
        match e {
            Expr::Path(p) => {
                if let Some(tokens) = p.path.get_ident().cloned().and_then(|name| self.replacement(&name)) {
                    *e = Expr::Verbatim(tokens);
                }
            }
            Expr::MethodCall(m) => {
                let lent = self.is_lent(m);
                visit_mut::visit_expr_method_call_mut(self, m);
                if lent {
                    let receiver = &m.receiver;
                    m.receiver =
                        syn::parse_quote_spanned!(m.method.span()=> (*::differentiable::__private::lent(&#receiver)));
                }
            }
            Expr::Closure(c) => self.scoped(|v| {
                c.inputs.iter().for_each(|pat| v.bind(pat));
                v.visit_expr_mut(&mut c.body);
            }),
            Expr::If(i) => {
                self.scoped(|v| {
                    v.visit_expr_mut(&mut i.cond);
                    v.visit_block_mut(&mut i.then_branch);
                });
                if let Some((_, els)) = &mut i.else_branch {
                    self.visit_expr_mut(els);
                }
            }
            Expr::While(w) => self.scoped(|v| {
                v.visit_expr_mut(&mut w.cond);
                v.visit_block_mut(&mut w.body);
            }),
            Expr::Let(l) => {
                self.visit_expr_mut(&mut l.expr);
                self.bind(&l.pat);
            }
            Expr::ForLoop(l) => {
                self.visit_expr_mut(&mut l.expr);
                self.scoped(|v| {
                    v.bind(&l.pat);
                    v.visit_block_mut(&mut l.body);
                });
            }
            _ => visit_mut::visit_expr_mut(self, e),
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.scoped(|v| {
            v.bind(&arm.pat);
            visit_mut::visit_arm_mut(v, arm);
        });
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        self.scoped(|v| visit_mut::visit_block_mut(v, block));
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        visit_mut::visit_local_mut(self, local);
        self.bind(&local.pat);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {
        // Items see no variables.
    }

    fn visit_field_value_mut(&mut self, f: &mut syn::FieldValue) {
        if f.colon_token.is_none() {
            f.colon_token = Some(syn::Token![:](Span::mixed_site()));
        }
        visit_mut::visit_field_value_mut(self, f);
    }

    fn visit_macro_mut(&mut self, m: &mut syn::Macro) {
        let inline: Vec<Ident> = crate::lower::inline_names(m);
        let args = crate::lower::macro_arguments(m);
        if m.path.is_ident("matches") {
            // The first argument is an expression, and so is a guard.
            if let Some((_, mut first)) = args.into_iter().next() {
                let before = first.to_token_stream().into_iter().count();
                let rest: TokenStream = m.tokens.clone().into_iter().skip(before).collect();
                self.visit_expr_mut(&mut first);
                let parts = syn::parse2::<crate::lower::Alternatives>(rest.clone());
                m.tokens = if let Ok(crate::lower::Alternatives { pat, guard: Some(mut guard) }) = parts {
                    self.scoped(|v| {
                        v.bind(&pat);
                        v.visit_expr_mut(&mut guard);
                    });
                    quote!(#first, #pat if #guard)
                } else {
                    quote!(#first #rest)
                };
            }
            return;
        }
        if m.path.segments.last().is_some_and(|s| s.ident == "s") {
            // `s![a..b;2, i]`
            let parts = crate::arrays::slice_parts(m).into_iter().map(|mut part| {
                part.iter_mut().for_each(|e| self.visit_expr_mut(e));
                quote!(#(#part);*)
            });
            let parts: Vec<TokenStream> = parts.collect();
            m.tokens = quote!(#(#parts),*);
            return;
        }
        if args.is_empty() {
            return;
        }
        let mut list: Vec<TokenStream> = Vec::new();
        let mut named: Vec<String> = Vec::new();
        for (name, mut e) in args {
            self.visit_expr_mut(&mut e);
            list.push(if let Some(name) = &name { quote!(#name = #e) } else { quote!(#e) });
            named.extend(name.map(|n| n.to_string()));
        }
        for name in inline {
            if !named.contains(&name.to_string())
                && let Some(tokens) = self.replacement(&name)
            {
                list.push(quote!(#name = #tokens));
            }
        }
        m.tokens = quote!(#(#list),*);
    }
}
