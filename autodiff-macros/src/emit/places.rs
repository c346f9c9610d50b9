//! Emission of places: `x.a[i].b`, with the dereferences that Rust does not insert itself.

use proc_macro2::Ident;
use syn::{Member, Path};

use super::Emitter;
use super::code::{Code, code};
use super::operators::{Prec, Tokens};
use crate::ir::{Expr, Place, Role, Step, VarId};
use crate::kinds::{self, Float, Kind};

/// What is done with a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    /// Read behind a `&mut`, which must be lent and not given away.
    ReadUnique,
    Write,
}

impl Emitter<'_> {
    /// A place, to be read.
    pub(crate) fn place(&self, place: &Place) -> Tokens {
        self.path(place.root, &place.path, self.access(place.root))
    }

    /// Whether an element is lent to an assigning operator before its operand is computed, which reads from the same variable.
    /// Operators of plain floats compute their operand first, and an element of a slice is lent when that is done.
    pub(super) fn is_lent_before(&self, place: &Place, value: &Expr) -> bool {
        let is_index = |step: &Step| matches!(step, Step::Index { .. });
        let Some(first) = place.path.iter().position(is_index) else { return false };
        let kind = kinds::of_place(self.program, place);
        let plain = match &kind {
            Kind::Float(float) => !matches!(float, Float::Generic(_)),
            Kind::Complex(_) => false,
            kind => kind.is_scalar(),
        };
        let var = &self.program.vars[place.root];
        let several = self.lanes && (var.mirrors.is_some() || var.tangent_of.is_some());
        if plain && !several || !value.mentions(place.root) {
            return false;
        }
        let declared = var.mirrors.map_or(var.ty.as_ref(), |v| self.program.vars[v].ty.as_ref());
        let of_slice = match declared {
            Some(syn::Type::Reference(r)) => matches!(&*r.elem, syn::Type::Slice(_)),
            _ => false,
        };
        let (before, rest) = place.path.split_at(first);
        let element = matches!(rest, [Step::Index { range: false, .. }, rest @ ..] if !rest.iter().any(is_index));
        !(kind.is_number() && of_slice && element && before.iter().all(|s| matches!(s, Step::Deref)))
    }

    /// A place, to be written or borrowed mutably.
    pub(crate) fn place_mut(&self, place: &Place) -> Tokens {
        self.path(place.root, &place.path, Access::Write)
    }

    fn access(&self, root: crate::ir::VarId) -> Access {
        if self.program.vars[root].mutable { Access::ReadUnique } else { Access::Read }
    }

    /// A path from a base.
    fn path(&self, root: VarId, path: &[Step], access: Access) -> Tokens {
        let name = self.name(root);
        let base = Tokens::atom(name.clone());
        let mutable = access == Access::Write;
        let mut now = base;
        let mut pending = 0_usize;
        let mut viewed = false;
        // Behind a field that may be `()`, elements may be as well.
        let mirrored = self.may_be_missing_at(root, path);
        let mut missing = mirrored && self.is_partial(root);
        for (k, step) in path.iter().enumerate() {
            let of_view = std::mem::replace(&mut viewed, matches!(step, Step::View { .. }));
            let behind = missing;
            missing |= mirrored && self.is_field_of_struct(root, path, k);
            match step {
                // The tangent of a reference to a number is that of the number.
                Step::Deref if self.program.vars[root].mirrors.is_some() && self.refers_to_number(root, &path[..k]) => {
                }
                Step::Deref => pending += 1,
                Step::Field(Member::Named(field)) if behind && !matches!(field.to_string().as_str(), "re" | "im") => {
                    // The field around may be a constant, whose tangent has no fields.
                    let base = now.at_least(Prec::Postfix);
                    let field = crate::derive::field_method(field, mutable);
                    now = Tokens::new(code!(#base.#field()), Prec::Postfix);
                    pending = 1;
                }
                Step::Field(member @ Member::Unnamed(_)) if behind => {
                    let base = now.at_least(Prec::Postfix);
                    let field = crate::derive::numbered_method(member, mutable);
                    now = Tokens::new(code!(#base.#field()), Prec::Postfix);
                    pending = 1;
                }
                Step::Field(member) => {
                    // Fields see through references.
                    let base = now.at_least(Prec::Postfix);
                    now = Tokens::new(code!(#base.#member), Prec::Postfix);
                    pending = 0;
                }
                // Tangents in lanes are those of arrays and vectors, which have the elements of these.
                Step::Index { at, .. }
                    if !self.lanes && crate::ir::as_element(at).is_some_and(|(of, _)| of.is_some()) =>
                {
                    let Some((Some(of), at)) = crate::ir::as_element(at) else { unreachable!("tested above") };
                    let whole = dereferenced(now, pending).at_least(Prec::Unary);
                    let (of, at) = (self.expr(of).tokens, self.index(at));
                    now = Tokens::new(
                        if mutable {
                            code!(::differentiable::operators::Elements::element_mut(#of, &mut #whole, #at))
                        } else {
                            code!(::differentiable::operators::Elements::element(#of, &#whole, #at))
                        },
                        Prec::Postfix,
                    );
                    pending = 1;
                }
                Step::Index { at, .. }
                    if let Some(i) = crate::arrays::ordinal(at)
                        && self.has_items_in_order(root, &path[..k]) =>
                {
                    let base = dereferenced(now, pending).at_least(Prec::Unary);
                    let i = self.index(i);
                    let item = if mutable {
                        code!(::differentiable::__private::item_mut(&mut #base, #i))
                    } else {
                        code!(::differentiable::__private::item(&#base, #i))
                    };
                    now = Tokens::new(item, Prec::Postfix);
                    pending = 1;
                }
                Step::Index { at, .. } if missing => {
                    let whole = dereferenced(now, pending + usize::from(of_view)).at_least(Prec::Unary);
                    let at = self.index(crate::arrays::ordinal(at).unwrap_or(at));
                    let element = if mutable {
                        code!(::differentiable::__private::within_mut(&mut #whole, #at))
                    } else {
                        code!(::differentiable::__private::within(&#whole, #at))
                    };
                    now = Tokens::new(element, Prec::Postfix);
                    pending = 1;
                }
                Step::Index { at, .. } => {
                    let at = crate::arrays::ordinal(at).unwrap_or(at);
                    let at = crate::ir::as_element(at).map_or(at, |(_, at)| at);
                    let base = now.at_least(Prec::Postfix);
                    let at = self.index(at);
                    now = Tokens::new(code!(#base[#at]), Prec::Postfix);
                    pending = 0;
                }
                Step::View { method, args } => {
                    let base = now.at_least(Prec::Postfix);
                    let args: Vec<Code> = args.iter().map(|a| self.value(a)).collect();
                    now = if of_view {
                        Tokens::new(view_of_view(&base, method, &args, mutable), Prec::Postfix)
                    } else {
                        Tokens::new(view(&base, method, &args, mutable), Prec::Postfix)
                    };
                    pending = 0;
                }
                Step::Payload { variant, member, tangent: true, .. } if !crate::variants::is_standard(variant) => {
                    // The tangent of an enum gives its fields itself: its type has no name here.
                    let base = now.at_least(Prec::Postfix);
                    let field = payload_method(variant, member, mutable);
                    now = Tokens::new(code!(#base.#field()), Prec::Postfix);
                    pending = 1;
                }
                Step::Payload { variant, .. } if missing && !crate::variants::is_named(variant, "Err") => {
                    now = Tokens::new(held(dereferenced(now, pending), mutable), Prec::Postfix);
                    pending = 1;
                }
                Step::Content if missing => {
                    now = Tokens::new(held(dereferenced(now, pending), mutable), Prec::Postfix);
                    pending = 1;
                }
                Step::Payload { variant, member, arity, .. } => {
                    // What is behind a shared reference is matched through it.
                    let shared = access == Access::Read && pending == 1 && !self.may_be_boxed(root, &path[..k]);
                    let whole = if shared { now } else { dereferenced(now, pending) };
                    pending = 0;
                    let base = whole.at_least(Prec::Unary);
                    let borrow = match (mutable, shared) {
                        (true, _) => code!(&mut #base),
                        (false, true) => base,
                        (false, false) => code!(&#base),
                    };
                    let other = self.other_variant(root);
                    now = Tokens::new(payload(&borrow, variant, member, *arity, &other), Prec::Lowest);
                    pending += 1;
                }
                Step::Content => {
                    let base = dereferenced(now, pending).at_least(Prec::Unary);
                    let content = if mutable {
                        code!(::differentiable::__private::content_mut(&mut #base))
                    } else {
                        code!(::differentiable::__private::content(&#base))
                    };
                    now = Tokens::new(content, Prec::Postfix);
                    pending = 1;
                }
            }
        }
        dereferenced(now, pending)
    }

    /// Whether an element or a field is a reference to a number.
    fn refers_to_number(&self, root: VarId, path: &[Step]) -> bool {
        let mut place = Place::var(root, proc_macro2::Span::mixed_site());
        place.path = path.to_vec();
        !path.is_empty() && kinds::of_place(self.program, &place).deref().is_number()
    }

    /// Whether the dereference at the end of a path may be one of a box.
    fn may_be_boxed(&self, root: VarId, path: &[Step]) -> bool {
        let [before @ .., Step::Deref] = path else { return false };
        let mut place = Place::var(root, proc_macro2::Span::mixed_site());
        place.path = before.to_vec();
        !matches!(kinds::of_place(self.program, &place), Kind::Ref(_))
    }

    /// Whether it is not known if what is at the beginning of a path is a sequence or an array.
    fn has_items_in_order(&self, root: VarId, path: &[Step]) -> bool {
        let mut place = Place::var(root, proc_macro2::Span::mixed_site());
        place.path = path.to_vec();
        match kinds::of_place(self.program, &place).deref() {
            Kind::Array(_, axes) => *axes != Some(1),
            kind => matches!(kind, Kind::Unknown | Kind::Constant),
        }
    }

    /// An index: integers and ranges in brackets need no parentheses.
    fn index(&self, at: &Expr) -> Code {
        self.expr(at).tokens
    }

    /// A reference to a place, without `&*` around a variable that is a reference already.
    pub(crate) fn reference(&self, place: &Place, mutable: bool) -> Tokens {
        if !mutable && matches!(place.path.as_slice(), [Step::Deref]) && matches!(self.kind(place.root), Kind::Ref(_)) {
            let name = self.name(place.root);
            if self.taken.contains(place.root) && !self.is_for_people() {
                let vector = code!(&mut ::differentiable::__private::vec::Vec::new());
                return Tokens::atom(code!(::differentiable::__private::lend(#name, #vector)));
            }
            return Tokens::atom(name);
        }
        let inner = if mutable { self.place_mut(place) } else { self.place(place) }.at_least(Prec::Unary);
        Tokens::new(if mutable { code!(&mut #inner) } else { code!(&#inner) }, Prec::Unary)
    }

    /// Whether a place is known by its elements: a view, or what a parameter dereferences to.
    pub(crate) fn is_elements(&self, place: &Place) -> bool {
        if place.is_view() {
            return true;
        }
        if !matches!(place.path.as_slice(), [Step::Deref]) {
            return false;
        }
        let var = &self.program.vars[place.root];
        let ty = var.ty.as_ref().or_else(|| self.program.vars[var.mirrors?].ty.as_ref());
        let Some(syn::Type::Reference(r)) = ty else { return false };
        matches!(&*r.elem, syn::Type::Path(p) if p.path.segments.last().is_some_and(|s| {
            let name = s.ident.to_string();
            name.starts_with("ArrayRef") || name.starts_with("ArrayView")
        }))
    }

    /// A mutable reference to a place, or to what a view dereferences to.
    pub(crate) fn target(&self, place: &Place) -> Code {
        if place.is_view() {
            let view = self.place_mut(place).tokens;
            return code!(&mut *#view);
        }
        self.reference(place, true).tokens
    }

    /// A receiver of a method, which Rust references and dereferences itself.
    pub(crate) fn receiver(&self, place: &Place) -> Code {
        self.receiver_with(place, self.access(place.root))
    }

    /// The receiver of a method that changes it.
    pub(crate) fn receiver_mut(&self, place: &Place) -> Code {
        self.receiver_with(place, Access::Write)
    }

    fn receiver_with(&self, place: &Place, access: Access) -> Code {
        let mut path = place.path.clone();
        // A box may have a method of the same name.
        let boxed = kinds::layers(self.program, place).0.iter().any(|(is_box, _)| *is_box);
        while !boxed && matches!(path.last(), Some(Step::Deref)) {
            path.pop();
        }
        self.path(place.root, &path, access).at_least(Prec::Postfix)
    }

    /// What stands for the other variants where one is known: a user may hand in a tangent of another one.
    fn other_variant(&self, root: VarId) -> Code {
        match self.program.vars[root].role {
            Role::Tangent | Role::Adjoint => code!(::core::panic!("a tangent has the variant of its value")),
            Role::User | Role::Temporary | Role::Tape => code!(::core::unreachable!()),
        }
    }
}

/// `x.row(i)`, or `x.row_mut(i)`.
fn view(base: &Code, method: &proc_macro2::Ident, args: &[Code], mutable: bool) -> Code {
    let name = method.to_string();
    match (mutable, name.as_str()) {
        (true, "t") => code!(#base.view_mut().reversed_axes()),
        (true, name) if crate::arrays::BORROWING.contains(&name) => {
            let method = proc_macro2::Ident::new(&format!("{name}_mut"), method.span());
            code!(#base.#method(#(#args),*))
        }
        _ => code!(#base.#method(#(#args),*)),
    }
}

/// A view of a view, which takes the place of that: it borrows nothing that ends with the expression.
fn view_of_view(base: &Code, method: &proc_macro2::Ident, args: &[Code], mutable: bool) -> Code {
    let axis = |axis: usize, i: &Code| {
        let axis = proc_macro2::Literal::usize_unsuffixed(axis);
        code!(#base.index_axis_move(::differentiable::ndarray::Axis(#axis), #i))
    };
    match (method.to_string().as_str(), args) {
        ("row", [i]) => axis(0, i),
        ("column", [j]) => axis(1, j),
        ("index_axis", _) => code!(#base.index_axis_move(#(#args),*)),
        ("slice", _) => code!(#base.slice_move(#(#args),*)),
        ("view", _) => base.clone(),
        ("t", _) => code!(#base.reversed_axes()),
        ("diag", _) => code!(#base.into_diag()),
        _ => view(base, method, args, mutable),
    }
}

/// What an option or a result holds that may be a constant, whose tangent is neither.
fn held(of: Tokens, mutable: bool) -> Code {
    let of = of.at_least(Prec::Unary);
    if mutable {
        code!(::differentiable::__private::held_mut(&mut #of))
    } else {
        code!(::differentiable::__private::held(&#of))
    }
}

fn dereferenced(mut now: Tokens, pending: usize) -> Tokens {
    for _ in 0..pending {
        let inner = now.at_least(Prec::Unary);
        now = Tokens::new(code!(*#inner), Prec::Unary);
    }
    now
}

/// An expression for a reference to a field of a variant.
fn payload(borrow: &Code, path: &Path, member: &Member, arity: usize, other: &Code) -> Code {
    let pattern = if arity > 0 {
        let Member::Unnamed(index) = member else { unreachable!("tuple variants have numbered fields") };
        let before: Vec<Code> = (0..index.index).map(|_| code!(_)).collect();
        let after = (index.index as usize + 1 < arity).then(|| code!(..));
        code!(#path(#(#before,)* payload, #after))
    } else {
        code!(#path { #member: payload, .. })
    };
    code!(match #borrow { #pattern => payload, _ => #other })
}

/// The method of an enum's tangent that gives a field of one variant.
fn payload_method(variant: &Path, member: &Member, mutable: bool) -> Ident {
    let name = &variant.segments.last().expect("a path has a segment").ident;
    crate::derive::payload_method(name, member, mutable)
}

impl Emitter<'_> {
    /// The function beside an enum's variant that makes the variant of the tangent:
    /// `Shape::Rect` ⇒ `Shape::__tangent_Rect`.
    pub(super) fn tangent_constructor(&self, variant: &Path) -> Path {
        let mut path = variant.clone();
        let last = path.segments.last_mut().expect("a path has a segment");
        if self.lanes {
            let width = crate::lanes::width();
            last.ident = crate::derive::lanes_constructor(&last.ident);
            last.arguments = syn::PathArguments::AngleBracketed(syn::parse_quote!(::<#width>));
        } else {
            last.ident = crate::derive::tangent_constructor(&last.ident);
        }
        path
    }
}
