//! `impl Iterator` of user types: its `next` has companions beside it, as a method of the type's own has.
//!
//! In: the `impl`. Out: the same with the type of the items written out, since the companions stand in another block.

use syn::visit_mut::{self, VisitMut};
use syn::{ImplItem, ItemImpl, Type};

/// Whether an `impl` is one of `Iterator` for a type that can have methods of its own; it is written without `Self::Item` then.
pub(crate) fn associated(item: &mut ItemImpl) -> bool {
    let named = item.trait_.as_ref().is_some_and(|(path, _)| {
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        matches!(
            names.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
            ["Iterator"] | ["std" | "core", "iter", "Iterator"]
        )
    });
    if !named || !matches!(*item.self_ty, Type::Path(_)) {
        return false;
    }
    let of_items = item.items.iter().find_map(|i| match i {
        ImplItem::Type(t) if t.ident == "Item" => Some(t.ty.clone()),
        _ => None,
    });
    let Some(of_items) = of_items else { return false };
    for member in &mut item.items {
        if let ImplItem::Fn(f) = member {
            Items(&of_items).visit_impl_item_fn_mut(f);
        }
    }
    true
}

struct Items<'a>(&'a Type);

impl VisitMut for Items<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        let Type::Path(p) = &*ty else { return };
        let names: Vec<String> = p.path.segments.iter().map(|s| s.ident.to_string()).collect();
        if p.qself.is_none() && names == ["Self", "Item"] {
            *ty = self.0.clone();
        }
    }
}
