//! What a `macro_rules!` hands over as `$t:ty` or `$e:expr` comes in a group without delimiters, which `rustc` ignores in
//! what an attribute gives back. Here it is taken out: types as they stand, expressions in parentheses where precedence
//! could ask for them.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Item, Type};

/// Takes groups out of an item.
pub(crate) fn ungroup(item: &mut Item) {
    Ungroup.visit_item_mut(item);
}

struct Ungroup;

impl VisitMut for Ungroup {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        while let Type::Group(group) = ty {
            *ty = (*group.elem).clone();
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_expr_mut(&mut self, e: &mut Expr) {
        while let Expr::Group(group) = e {
            let inner = (*group.expr).clone();
            *e = if binds(&inner) { inner } else { syn::parse_quote!((#inner)) };
        }
        visit_mut::visit_expr_mut(self, e);
    }
}

/// Whether an expression is one whatever stands beside it.
fn binds(e: &Expr) -> bool {
    matches!(
        e,
        Expr::Lit(_)
            | Expr::Path(_)
            | Expr::Paren(_)
            | Expr::Group(_)
            | Expr::Tuple(_)
            | Expr::Array(_)
            | Expr::Call(_)
            | Expr::MethodCall(_)
            | Expr::Field(_)
            | Expr::Index(_)
            | Expr::Macro(_)
    )
}
