//! Emission of places: `x.a[i].b`, with the dereferences that Rust does not insert itself.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Member, Path};

use super::Emitter;
use super::exprs::{Prec, Tokens};
use crate::ir::{Expr, Place, Step};
use crate::kinds::Kind;

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
        let name = self.name(place.root);
        self.path(Tokens::atom(quote!(#name)), place, &place.path, self.access(place.root))
    }

    /// A place, to be written or borrowed mutably.
    pub(crate) fn place_mut(&self, place: &Place) -> Tokens {
        let name = self.name(place.root);
        self.path(Tokens::atom(quote!(#name)), place, &place.path, Access::Write)
    }

    fn access(&self, root: crate::ir::VarId) -> Access {
        if self.program.vars[root].mutable { Access::ReadUnique } else { Access::Read }
    }

    /// A path from a base.
    fn path(&self, base: Tokens, whole: &Place, path: &[Step], access: Access) -> Tokens {
        let mutable = access == Access::Write;
        let mut now = base;
        let mut pending = 0_usize;
        // Behind a field that may be `()`, elements may be as well.
        let mirrored = self.may_be_missing(whole);
        let mut missing = false;
        for (i, step) in path.iter().enumerate() {
            missing |= mirrored && self.is_field_of_struct(whole, i);
            match step {
                Step::Deref => pending += 1,
                Step::Field(member) => {
                    // Fields see through references.
                    let base = now.at_least(Prec::Postfix);
                    now = Tokens::new(quote!(#base.#member), Prec::Postfix);
                    pending = 0;
                }
                Step::Index { at, .. } if crate::ir::as_element(at).is_some_and(|(of, _)| of.is_some()) => {
                    let Some((Some(of), at)) = crate::ir::as_element(at) else { unreachable!("tested above") };
                    let whole = dereferenced(now, pending).at_least(Prec::Unary);
                    let (of, at) = (self.expr(of).tokens, self.index(at));
                    now = Tokens::new(
                        if mutable {
                            quote!(::differentiable::operators::Elements::element_mut(#of, &mut #whole, #at))
                        } else {
                            quote!(::differentiable::operators::Elements::element(#of, &#whole, #at))
                        },
                        Prec::Postfix,
                    );
                    pending = 1;
                }
                Step::Index { at, .. } if missing => {
                    let whole = dereferenced(now, pending).at_least(Prec::Unary);
                    let at = self.index(at);
                    let element = if mutable {
                        quote!(::differentiable::__private::within_mut(&mut #whole, #at))
                    } else {
                        quote!(::differentiable::__private::within(&#whole, #at))
                    };
                    now = Tokens::new(element, Prec::Postfix);
                    pending = 1;
                }
                Step::Index { at, .. } => {
                    let at = crate::ir::as_element(at).map_or(&**at, |(_, at)| at);
                    let base = now.at_least(Prec::Postfix);
                    let at = self.index(at);
                    now = Tokens::new(quote!(#base[#at]), Prec::Postfix);
                    pending = 0;
                }
                Step::Payload { variant, member, tangent: true, .. } if !crate::variants::is_standard(variant) => {
                    // The tangent of an enum gives its fields itself: its type has no name here.
                    let base = now.at_least(Prec::Postfix);
                    let field = payload_method(variant, member, mutable);
                    now = Tokens::new(quote!(#base.#field()), Prec::Postfix);
                    pending = 1;
                }
                Step::Payload { variant, member, arity, .. } => {
                    // What is behind a shared reference is matched through it.
                    let shared = access == Access::Read && pending == 1;
                    let whole = if shared { now } else { dereferenced(now, pending) };
                    pending = 0;
                    let base = whole.at_least(Prec::Unary);
                    let borrow = match (mutable, shared) {
                        (true, _) => quote!(&mut #base),
                        (false, true) => base,
                        (false, false) => quote!(&#base),
                    };
                    now = Tokens::new(payload(&borrow, variant, member, *arity), Prec::Lowest);
                    pending += 1;
                }
                Step::Content => {
                    let base = dereferenced(now, pending).at_least(Prec::Unary);
                    let content = if mutable {
                        quote!(::differentiable::__private::content_mut(&mut #base))
                    } else {
                        quote!(::differentiable::__private::content(&#base))
                    };
                    now = Tokens::new(content, Prec::Postfix);
                    pending = 1;
                }
            }
        }
        dereferenced(now, pending)
    }

    /// An index: integers and ranges in brackets need no parentheses.
    fn index(&self, at: &Expr) -> TokenStream {
        self.expr(at).tokens
    }

    /// A reference to a place, without `&*` around a variable that is a reference already.
    pub(crate) fn reference(&self, place: &Place, mutable: bool) -> Tokens {
        if !mutable && matches!(place.path.as_slice(), [Step::Deref]) && matches!(self.kind(place.root), Kind::Ref(_)) {
            let name = self.name(place.root);
            return Tokens::atom(quote!(#name));
        }
        let inner = if mutable { self.place_mut(place) } else { self.place(place) }.at_least(Prec::Unary);
        Tokens::new(if mutable { quote!(&mut #inner) } else { quote!(&#inner) }, Prec::Unary)
    }

    /// A receiver of a method, which Rust references and dereferences itself.
    pub(crate) fn receiver(&self, place: &Place) -> TokenStream {
        self.receiver_with(place, self.access(place.root))
    }

    /// The receiver of a method that changes it.
    pub(crate) fn receiver_mut(&self, place: &Place) -> TokenStream {
        self.receiver_with(place, Access::Write)
    }

    fn receiver_with(&self, place: &Place, access: Access) -> TokenStream {
        let mut path = place.path.clone();
        while matches!(path.last(), Some(Step::Deref)) {
            path.pop();
        }
        let name = self.name(place.root);
        self.path(Tokens::atom(quote!(#name)), place, &path, access).at_least(Prec::Postfix)
    }
}

fn dereferenced(mut now: Tokens, pending: usize) -> Tokens {
    for _ in 0..pending {
        let inner = now.at_least(Prec::Unary);
        now = Tokens::new(quote!(*#inner), Prec::Unary);
    }
    now
}

/// An expression for a reference to a field of a variant.
fn payload(borrow: &TokenStream, path: &Path, member: &Member, arity: usize) -> TokenStream {
    let pattern = if arity > 0 {
        let Member::Unnamed(index) = member else { unreachable!("tuple variants have numbered fields") };
        let before = (0..index.index).map(|_| quote!(_));
        let after = (index.index as usize + 1 < arity).then(|| quote!(..));
        quote!(#path(#(#before,)* payload, #after))
    } else {
        quote!(#path { #member: payload, .. })
    };
    quote!(match #borrow { #pattern => payload, _ => ::core::unreachable!() })
}

/// The method of an enum's tangent that gives a field of one variant.
fn payload_method(variant: &Path, member: &Member, mutable: bool) -> Ident {
    let name = &variant.segments.last().expect("a path has a segment").ident;
    crate::derive::payload_method(name, member, mutable)
}

/// The function beside an enum's variant that makes the variant of the tangent:
/// `Shape::Rect` ⇒ `Shape::__tangent_Rect`.
pub(crate) fn tangent_constructor(variant: &Path) -> Path {
    let mut path = variant.clone();
    let last = path.segments.last_mut().expect("a path has a segment");
    last.ident = crate::derive::tangent_constructor(&last.ident);
    path
}
