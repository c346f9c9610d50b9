//! The fence: every kind of syntax is allowed or refused by name, and all refusals are reported.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Item, Pat};

use crate::errors::Errors;

/// Reports everything in a body that cannot be differentiated whatever surrounds it.
pub(crate) fn check(body: &Block, errors: &Errors) {
    Fence { errors, depth: 0 }.visit_block(body);
}

struct Fence<'a> {
    errors: &'a Errors,
    depth: usize,
}

/// Deeper nesting than this is refused, so that no input can exhaust the stack.
const DEPTH: usize = 128;

impl Fence<'_> {
    fn refuse(&self, span: proc_macro2::Span, what: &str, instead: &str) {
        self.errors
            .at(span, format!("{what} cannot be differentiated; {instead}"));
    }
}

impl<'a> Visit<'a> for Fence<'_> {
    fn visit_expr(&mut self, e: &'a Expr) {
        self.depth += 1;
        if self.depth > DEPTH {
            if self.depth == DEPTH + 1 {
                self.errors.at(
                    e.span(),
                    "this expression is nested too deeply; bind parts of it to names",
                );
            }
            self.depth -= 1;
            return;
        }
        match e {
            Expr::Unsafe(u) => self.refuse(
                u.unsafe_token.span,
                "an `unsafe` block",
                "put it into a function with a rule of its own (`vjp = …`)",
            ),
            Expr::Async(a) => self.refuse(
                a.async_token.span,
                "an `async` block",
                "await outside and pass the value in",
            ),
            Expr::Await(a) => self.refuse(
                a.await_token.span,
                "`.await`",
                "await outside and pass the value in",
            ),
            Expr::Const(c) => self.refuse(
                c.const_token.span,
                "an inline `const` block",
                "make it a named constant",
            ),
            Expr::RawAddr(r) => {
                self.refuse(r.span(), "a raw pointer", "use a reference or an index");
            }
            Expr::TryBlock(t) => {
                self.refuse(t.try_token.span, "a `try` block", "use a function with `?`");
            }
            Expr::Yield(y) => self.refuse(
                y.yield_token.span,
                "`yield`",
                "collect the values in a `Vec`",
            ),
            Expr::Verbatim(v) => self.refuse(v.span(), "this expression", "write it in plain Rust"),
            _ => visit::visit_expr(self, e),
        }
        self.depth -= 1;
    }

    fn visit_pat(&mut self, p: &'a Pat) {
        match p {
            Pat::Macro(m) => self.refuse(m.span(), "a macro in a pattern", "write the pattern out"),
            Pat::Verbatim(v) => self.refuse(v.span(), "this pattern", "write it in plain Rust"),
            _ => visit::visit_pat(self, p),
        }
    }

    fn visit_item(&mut self, _: &'a Item) {
        // Items inside a function stand for themselves.
    }

    fn visit_macro(&mut self, m: &'a syn::Macro) {
        let name = m
            .path
            .segments
            .last()
            .map(|s| s.ident.to_string())
            .unwrap_or_default();
        if name == "asm" || name == "global_asm" {
            self.refuse(
                m.span(),
                "inline assembly",
                "put it into a function with a rule of its own (`vjp = …`)",
            );
        }
    }
}
