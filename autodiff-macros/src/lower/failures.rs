//! What errors are made of: `Err(Error::At { line: self.line })`.
//!
//! In: a body. Out: the same, in which the fields that an error holds are marked as what must carry no derivative. Where a
//! kind is not known, it is the type that tells.

use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, parse_quote_spanned};

use super::fallible::{Family, variant_of};
use super::patterns::capital;

/// The function of the runtime that takes what has no derivative.
pub(super) const MARK: &str = "undifferentiated";

/// Marks the fields in the errors of a body.
pub(super) fn mark(block: &mut syn::Block) {
    Failures.visit_block_mut(block);
}

struct Failures;

impl VisitMut for Failures {
    fn visit_expr_mut(&mut self, e: &mut Expr) {
        visit_mut::visit_expr_mut(self, e);
        match e {
            Expr::Call(c) if is_err(&c.func) => c.args.iter_mut().for_each(mark_fields),
            Expr::MethodCall(m) if m.method == "ok_or" => m.args.iter_mut().for_each(mark_fields),
            Expr::MethodCall(m) if m.method == "ok_or_else" || m.method == "map_err" => {
                if let Some(Expr::Closure(c)) = m.args.first_mut() {
                    mark_fields(&mut c.body);
                }
            }
            _ => {}
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn is_err(func: &Expr) -> bool {
    matches!(func, Expr::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "Err"))
        && variant_of(func) == Some(Family::Result)
}

/// Marks the fields that a value is made of.
fn mark_fields(e: &mut Expr) {
    match e {
        Expr::Paren(p) => mark_fields(&mut p.expr),
        Expr::Tuple(t) => t.elems.iter_mut().for_each(mark_fields),
        Expr::Struct(s) => s.fields.iter_mut().for_each(|f| mark_fields(&mut f.expr)),
        Expr::Call(c) => {
            let constructor = match &*c.func {
                Expr::Path(p) => p.path.segments.last().is_some_and(|s| capital(&s.ident.to_string())),
                _ => false,
            };
            if constructor {
                c.args.iter_mut().for_each(mark_fields);
            }
        }
        Expr::Field(_) => {
            let span = e.span();
            let mark = syn::Ident::new(MARK, span);
            *e = parse_quote_spanned!(span=> ::differentiable::__private::#mark(#e));
        }
        _ => {}
    }
}
