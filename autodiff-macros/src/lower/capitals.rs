//! Names of variables that begin with a capital: `let (X, Y) = p;`.
//!
//! In: a body. Out: the same, in which such a name says that it binds, `X @ _`, where a pattern always matches: in `let`, in
//! `for`, and in the parameters of closures. In the arms of a `match` it is a constant.

use syn::visit_mut::{self, VisitMut};
use syn::{Pat, parse_quote};

use super::patterns::is_constant;

/// Marks the names that bind.
pub(super) fn mark(block: &mut syn::Block) {
    Mark.visit_block_mut(block);
}

/// The same of a pattern that always matches.
pub(super) fn binding(pat: &mut Pat) {
    match pat {
        Pat::Ident(p) if is_constant(p) => p.subpat = Some((parse_quote!(@), Box::new(parse_quote!(_)))),
        Pat::Paren(p) => binding(&mut p.pat),
        Pat::Type(p) => binding(&mut p.pat),
        Pat::Reference(p) => binding(&mut p.pat),
        Pat::Tuple(p) => p.elems.iter_mut().for_each(binding),
        Pat::TupleStruct(p) => p.elems.iter_mut().for_each(binding),
        Pat::Slice(p) => p.elems.iter_mut().for_each(binding),
        Pat::Struct(p) => p.fields.iter_mut().for_each(|f| binding(&mut f.pat)),
        _ => {}
    }
}

struct Mark;

impl VisitMut for Mark {
    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        // A name that stands alone binds anyway.
        let alone = match &local.pat {
            Pat::Type(t) => matches!(*t.pat, Pat::Ident(_)),
            pat => matches!(pat, Pat::Ident(_)),
        };
        if !alone && local.init.as_ref().is_none_or(|init| init.diverge.is_none()) {
            binding(&mut local.pat);
        }
        visit_mut::visit_local_mut(self, local);
    }

    fn visit_expr_closure_mut(&mut self, c: &mut syn::ExprClosure) {
        c.inputs.iter_mut().for_each(binding);
        visit_mut::visit_expr_closure_mut(self, c);
    }

    fn visit_expr_for_loop_mut(&mut self, f: &mut syn::ExprForLoop) {
        binding(&mut f.pat);
        visit_mut::visit_expr_for_loop_mut(self, f);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
