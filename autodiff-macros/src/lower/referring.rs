//! Vectors and tuples of references: they hold copies of what is referred to, since no tape can hold a reference.
//!
//! In: items that are pushed, or parts of a tuple. Out: their values. Code that is kept as the user wrote it, such as the
//! closure of `sort_by`, is given a vector of references to the copies.

use proc_macro2::Span;
use syn::visit_mut::VisitMut;
use syn::{Expr as S, Type};

use super::Lowerer;
use crate::ir::{Expr, Place, Step, VarId};
use crate::kinds::Kind;

impl Lowerer<'_> {
    /// An item without the references in it.
    pub(super) fn as_copy(&mut self, item: Expr, span: Span) -> Expr {
        match item {
            Expr::Ref { mutable: false, of } if self.is_copied(&self.kind(&of)) => match *of {
                of if self.kind(&of).is_scalar() => of,
                of => self.temporary(Expr::Clone(Box::new(of)), span),
            },
            Expr::Tuple(parts) => Expr::Tuple(parts.into_iter().map(|part| self.as_copy(part, span)).collect()),
            item => item,
        }
    }

    /// A literal of an array without references in it, and such an element made again of its copy, `item`.
    pub(super) fn copied_elements(&mut self, value: Expr, span: Span) -> (Expr, Option<S>) {
        let Expr::Array(items, sequence) = value else { return (value, None) };
        let again = items.first().and_then(|item| self.referred_item(item));
        // Of references to slices, arrays and vectors, all are slices.
        let slices = items.iter().any(|item| self.is_slice(item));
        let mut copy = |item| {
            let copy = match item {
                Expr::Ref { mutable: false, of } if slices && matches!(self.kind(&of), Kind::Seq(_)) => {
                    self.temporary(crate::rules::method(*of, "to_vec", Vec::new()), span)
                }
                item => self.as_copy(item, span),
            };
            if matches!(copy, Expr::Tuple(_)) { self.temporary(copy, span) } else { copy }
        };
        let items = items.into_iter().map(&mut copy).collect();
        (Expr::Array(items, sequence), again)
    }

    /// Whether an element of a literal is a reference to a part of a sequence, or to a literal.
    fn is_slice(&self, item: &Expr) -> bool {
        let Expr::Ref { mutable: false, of } = item else { return false };
        let Expr::Place(place) = &**of else { return false };
        let part = matches!(place.path.last(), Some(Step::Index { range: true, .. }));
        let made = place.path.is_empty() && self.program.vars[place.root].role == crate::ir::Role::Temporary;
        matches!(self.kind(of), Kind::Seq(_)) && (part || made)
    }

    /// An element of a literal: an atom, or a tuple that holds references, of whose parts copies can be made.
    pub(super) fn literal_element(&mut self, e: &S) -> Expr {
        fn refers(e: &Expr) -> bool {
            match e {
                Expr::Ref { .. } => true,
                Expr::Tuple(parts) => parts.iter().any(refers),
                _ => false,
            }
        }
        let S::Tuple(t) = e else { return self.operand(e) };
        let tuple = self.given_tuple(t);
        if refers(&tuple) { tuple } else { self.as_atom(tuple, syn::spanned::Spanned::span(e)) }
    }

    /// What a branch gives, with copies in the place of references, alone or in a tuple.
    pub(super) fn given(&mut self, dest: VarId, value: Expr, span: Span) -> Expr {
        if self.lent.is_some() || self.program.vars[dest].mutable {
            return value;
        }
        let Some(again) = self.chosen(&value, &Expr::var(dest, span)) else { return value };
        self.chosen.insert(dest, again);
        let declared = self.program.vars[dest].ty.take();
        if declared.is_some() {
            self.program.vars[dest].kind = Kind::Unknown;
        }
        let copy = self.as_copy(value, span);
        // Arrays and vectors can be chosen as slices.
        match declared {
            Some(Type::Reference(r)) if matches!(*r.elem, Type::Slice(_)) => {
                self.temporary(crate::rules::method(copy, "to_vec", Vec::new()), span)
            }
            _ => copy,
        }
    }

    /// What stands for a value of which `copy` is the copy, if it holds references that are copied.
    pub(super) fn chosen(&self, value: &Expr, copy: &Expr) -> Option<Expr> {
        match (value, copy) {
            (Expr::Ref { mutable: false, of }, _) if self.is_copied(&self.kind(of)) => {
                Some(Expr::Ref { mutable: false, of: Box::new(copy.clone()) })
            }
            (Expr::Tuple(parts), Expr::Place(place)) => {
                let copy = |i: usize| Expr::Place(place.step(Step::Field(syn::Member::from(i))));
                let chosen: Vec<Option<Expr>> =
                    parts.iter().enumerate().map(|(i, part)| self.chosen(part, &copy(i))).collect();
                if chosen.iter().all(Option::is_none) {
                    return None;
                }
                let parts = chosen.into_iter().enumerate().map(|(i, part)| part.unwrap_or_else(|| copy(i)));
                Some(Expr::Tuple(parts.collect()))
            }
            _ => None,
        }
    }

    /// The parts of a tuple that a branch gives, none of which is bound to a name of its own.
    pub(super) fn given_tuple(&mut self, t: &syn::ExprTuple) -> Expr {
        Expr::Tuple(self.in_order(&t.elems, |l, e| match e {
            S::Tuple(t) => l.given_tuple(t),
            e => l.operand(e),
        }))
    }

    /// Whether a place is an item of a vector of copies, or a part of one.
    pub(super) fn is_copy(&self, place: &Place) -> bool {
        self.referring.contains_key(&place.root)
            && matches!(place.path.as_slice(), [Step::Index { range: false, .. }, rest @ ..] if rest.iter().all(|s| matches!(s, Step::Field(_))))
    }

    /// An item of a vector of copies that is declared as a reference: the reference to it.
    pub(super) fn as_reference(&self, item: Expr, ty: Option<&Type>) -> Expr {
        match (&item, ty) {
            (Expr::Place(place), Some(Type::Reference(r))) if r.mutability.is_none() && self.is_copy(place) => {
                Expr::Ref { mutable: false, of: Box::new(item) }
            }
            _ => item,
        }
    }

    /// Whether a copy stands for a reference to a value of this kind. Views of arrays are their own.
    fn is_copied(&self, kind: &Kind) -> bool {
        kind.is_scalar() || matches!(kind, Kind::Seq(_) | Kind::Unknown) && !kind.is_constant()
    }

    /// Notes that a vector holds copies of what such an item refers to.
    pub(super) fn note_copies(&mut self, vector: &Place, item: &Expr) {
        if !vector.path.is_empty() || self.referring.contains_key(&vector.root) {
            return;
        }
        if let Some(again) = self.referred_item(item) {
            self.referring.insert(vector.root, again);
        }
    }

    /// Notes the same of a variable that is given such a vector.
    pub(super) fn note_moved_copies(&mut self, var: VarId, value: &Expr) {
        let of = if let Expr::Clone(of) = value { of } else { value };
        if let Some(again) = of.as_var().and_then(|of| self.referring.get(&of).cloned()) {
            self.referring.insert(var, again);
        }
    }

    /// An item made again of a reference to its copy, `item`, if it has references.
    fn referred_item(&self, item: &Expr) -> Option<S> {
        match item {
            Expr::Ref { .. } => self.referred(item, &syn::parse_quote!(*item)).map(|_| syn::parse_quote!(item)),
            item => self.referred(item, &syn::parse_quote!(item)),
        }
    }

    /// The references of an item to the parts of its copy, if it has any.
    fn referred(&self, item: &Expr, copy: &S) -> Option<S> {
        match item {
            Expr::Ref { mutable: false, of } if self.is_copied(&self.kind(of)) => Some(syn::parse_quote!(&#copy)),
            Expr::Tuple(parts) => {
                let part = |i: usize| -> S {
                    let member = syn::Index::from(i);
                    syn::parse_quote!(#copy.#member)
                };
                let referred: Vec<Option<S>> =
                    parts.iter().enumerate().map(|(i, p)| self.referred(p, &part(i))).collect();
                if referred.iter().all(Option::is_none) {
                    return None;
                }
                let parts = referred.into_iter().enumerate().map(|(i, r)| {
                    r.unwrap_or_else(|| {
                        let part = part(i);
                        syn::parse_quote!(::core::clone::Clone::clone(&#part))
                    })
                });
                Some(syn::parse_quote!((#(#parts),*)))
            }
            _ => None,
        }
    }

    /// A value as code that is kept reads it: of a vector of copies, one of references.
    pub(super) fn kept_value(&self, value: Expr) -> Expr {
        let of = if let Expr::Ref { of, .. } = &value { of } else { &value };
        let Some(again) = of.as_var().and_then(|v| self.referring.get(&v)) else { return value };
        let code = syn::parse_quote!(::differentiable::__private::referring(&copies, |item| #again));
        Expr::Verbatim(Box::new(code), vec![(syn::Ident::new("copies", Span::call_site()), of.clone())])
    }

    /// A declared type with values in the place of the references that a vector holds.
    pub(super) fn with_copies(&self, ty: &Type) -> Type {
        struct Copies<'a, 'b>(&'a Lowerer<'b>);
        impl VisitMut for Copies<'_, '_> {
            fn visit_path_segment_mut(&mut self, segment: &mut syn::PathSegment) {
                syn::visit_mut::visit_path_segment_mut(self, segment);
                if segment.ident == "Vec"
                    && let syn::PathArguments::AngleBracketed(arguments) = &mut segment.arguments
                {
                    for argument in &mut arguments.args {
                        if let syn::GenericArgument::Type(item) = argument {
                            self.0.without_references(item);
                        }
                    }
                }
            }
        }
        let mut ty = ty.clone();
        if let Type::Array(array) = &mut ty {
            self.without_references(&mut array.elem);
        }
        Copies(self).visit_type_mut(&mut ty);
        ty
    }

    /// Takes the references off the type of an item.
    fn without_references(&self, item: &mut Type) {
        match item {
            Type::Reference(r) if r.mutability.is_none() && self.is_copied(&self.types.kind(&r.elem)) => {
                let elem = (*r.elem).clone();
                *item = match elem {
                    Type::Slice(s) => {
                        let elem = s.elem;
                        syn::parse_quote!(::differentiable::__private::vec::Vec<#elem>)
                    }
                    elem => elem,
                };
            }
            Type::Tuple(t) => t.elems.iter_mut().for_each(|part| self.without_references(part)),
            _ => {}
        }
    }
}
