//! Types in angle brackets at the beginning of a path: `<Unit>::make(x)`.
//!
//! In: a body. Out: the same with `Unit::make(x)`, which later passes know. Types that have no name, as in `<[f64]>::to_vec(v)`,
//! and those of traits, `<T as Layer>::new(x)`, stay.
//!
//! Only the derivatives are made of this: the function itself is left as it is.

use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Path, PathArguments, QSelf, Type};

/// The body with such paths written plainly; `None` if there are none.
pub(crate) fn bare(body: &Block) -> Option<Block> {
    struct Find(bool);
    impl<'ast> Visit<'ast> for Find {
        fn visit_expr_path(&mut self, p: &'ast syn::ExprPath) {
            self.0 |= p.qself.as_ref().is_some_and(|qself| named(qself, &p.path).is_some());
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut find = Find(false);
    find.visit_block(body);
    if !find.0 {
        return None;
    }
    let mut body = body.clone();
    Bare.visit_block_mut(&mut body);
    Some(body)
}

/// The path that begins with the name of the type.
fn named(qself: &QSelf, rest: &Path) -> Option<Path> {
    let Type::Path(ty) = &*qself.ty else { return None };
    if qself.position != 0 || ty.qself.is_some() {
        return None;
    }
    let mut path = ty.path.clone();
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            arguments.colon2_token = Some(syn::token::PathSep::default());
        }
    }
    path.segments.extend(rest.segments.iter().cloned());
    Some(path)
}

struct Bare;

impl VisitMut for Bare {
    fn visit_expr_path_mut(&mut self, p: &mut syn::ExprPath) {
        visit_mut::visit_expr_path_mut(self, p);
        if let Some(path) = p.qself.as_ref().and_then(|qself| named(qself, &p.path)) {
            p.qself = None;
            p.path = path;
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
