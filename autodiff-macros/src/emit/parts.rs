//! Emission of parts of tangents that may be `()`: the fields that a struct declares `#[constant]`, which cannot be seen
//! from a function. They are reached through the traits of the runtime's `parts`.

use proc_macro2::TokenStream;

use super::Emitter;
use super::code::{Code, code};
use super::operators::Prec;
use crate::ir::{Expr, Place, Role, Step, VarId};
use crate::kinds::{self, Kind};
use crate::missing::{self, zero_of_number};

impl Emitter<'_> {
    /// Whether a place is, or lies in, a field of a tangent that may be `()`.
    pub(crate) fn may_be_missing(&self, place: &Place) -> bool {
        self.may_be_missing_at(place.root, &place.path)
    }

    /// The same of the place with this path.
    pub(crate) fn may_be_missing_at(&self, root: VarId, path: &[Step]) -> bool {
        self.is_part(root, path) && !self.is_for_people()
    }

    fn is_part(&self, root: VarId, path: &[Step]) -> bool {
        missing::is_part(self.program, &self.partial, root, path)
    }

    /// Whether a variable holds a part of a tangent as that is, which may be `()`.
    pub(super) fn is_partial(&self, v: VarId) -> bool {
        self.partial.contains(v)
    }

    /// Whether a step of a path is to a field of a struct or of a variant.
    pub(crate) fn is_field_of_struct(&self, root: VarId, path: &[Step], step: usize) -> bool {
        missing::is_field_of_struct(self.program, root, path, step)
    }

    /// The value of a cotangent of a number, or of one of its tangents, that may be missing: zero, if it is.
    pub(crate) fn part_of_cotangent(&self, place: &Place, kind: &Kind) -> Option<Code> {
        if !missing::is_number(kind) {
            return None;
        }
        let mut of = place.root;
        while let Some(next) = self.program.vars[of].tangent_of.filter(|_| self.program.vars[of].role == Role::Tangent)
        {
            of = next;
        }
        if self.program.vars[of].role != Role::Adjoint || !self.may_be_missing(place) {
            return None;
        }
        let (zero, part) = (zero_of_number(kind)?, self.reference(place, false).tokens);
        Some(code!(::differentiable::__private::read(&#zero, #part)))
    }

    /// The zero for what is taken out of an option that may hold `()`, where a number is wanted.
    pub(super) fn zero_of_content(&self, e: &Expr) -> Option<TokenStream> {
        let Expr::Method { recv, name, .. } = e else { return None };
        if !matches!(name.to_string().as_str(), "unwrap" | "expect") || self.is_for_people() {
            return None;
        }
        recv.as_var().filter(|v| self.is_partial(*v))?;
        self.number.borrow().as_ref().and_then(zero_of_number)
    }

    /// Writes an expression that gives a value of this kind: parts of cotangents in a sum or a product are numbers like it.
    pub(super) fn as_number<T>(&self, kind: &Kind, write: impl FnOnce() -> T) -> T {
        let number = missing::is_number(kind).then(|| kind.clone());
        let outer = self.number.replace(number);
        let written = write();
        self.number.replace(outer);
        written
    }

    /// Writes an expression of whose parts nothing is known.
    pub(super) fn as_others<T>(&self, write: impl FnOnce() -> T) -> T {
        self.as_number(&Kind::Unknown, write)
    }

    /// The value of a tangent that may be missing: zero, if it is.
    pub(crate) fn part_value(&self, place: &Place) -> Option<Code> {
        if let Some(value) = self.part_of_cotangent(place, &kinds::of_place(self.program, place)) {
            return Some(value);
        }
        let number = self.number.borrow().clone();
        if let Some(value) = number.and_then(|number| self.part_of_cotangent(place, &number)) {
            return Some(value);
        }
        let var = &self.program.vars[place.root];
        let mut of = var.tangent_of.filter(|_| var.role == Role::Tangent && self.may_be_missing(place))?;
        // Only the value itself has the type whose tangent is wanted.
        while self.program.vars[of].role == Role::Tangent
            && let Some(next) = self.program.vars[of].tangent_of
        {
            of = next;
        }
        let mut value = Place { root: of, ..place.clone() };
        // A cotangent has the shape of a tangent.
        if self.program.vars[of].mirrors.is_none() && self.program.vars[of].role != Role::Adjoint {
            for step in &mut value.path {
                match step {
                    Step::Payload { tangent, .. } => *tangent = false,
                    Step::Index { at, .. } => {
                        if let Some((Some(_), index)) = crate::ir::as_element(at) {
                            **at = crate::ir::element(index.clone());
                        }
                    }
                    _ => {}
                }
            }
        }
        let (value, mut tangent) = (self.reference(&value, false).tokens, self.reference(place, false).tokens);
        if place.is_view() {
            let view = self.place(place).at_least(Prec::Unary);
            tangent = code!(&*#view);
        }
        if self.lanes {
            let width = crate::lanes::width();
            return Some(code!(::differentiable::lanes::read::<_, _, #width>(#value, #tangent)));
        }
        Some(code!(::differentiable::__private::read(#value, #tangent)))
    }

    /// `Some(&tangent)`, as an argument.
    pub(crate) fn some_part(&self, e: &Expr, mutable: bool) -> Option<Code> {
        let place = match e {
            Expr::Place(place) => place,
            Expr::Clone(of) => match &**of {
                Expr::Place(place) => place,
                _ => return None,
            },
            _ => return None,
        };
        if !self.may_be_missing(place) {
            return None;
        }
        let reference = self.reference(place, mutable).tokens;
        Some(if mutable {
            code!(::differentiable::__private::part_mut(#reference))
        } else {
            code!(::differentiable::__private::part(#reference))
        })
    }

    /// `place += value` or `place -= value`, for tangents of which one may be missing.
    pub(crate) fn add_part(&self, place: &Place, value: &Expr) -> Option<Code> {
        let from = matches!(value, Expr::Place(p) if self.may_be_missing(p) && self.program.vars[p.root].role == Role::Adjoint);
        if !from && !self.may_be_missing(place) {
            return None;
        }
        let kind = kinds::of_place(self.program, place);
        Some(self.as_number(&kind, || self.added_part(place, value)))
    }

    fn added_part(&self, place: &Place, value: &Expr) -> Code {
        let target = self.target(place);
        if let Some((function, value)) = super::stmts::folded(value) {
            let value = self.by_reference_to_elements(value);
            return code!(::differentiable::__private::#function(#target, #value););
        }
        if value.mentions(place.root) {
            // The value is read before the place is borrowed.
            let next = proc_macro2::Ident::new("next", proc_macro2::Span::mixed_site());
            let value = self.value(value);
            return code!({ let #next = #value; ::differentiable::__private::accumulate(#target, &#next); });
        }
        let value = match value {
            Expr::Ref { of, .. } => self.expr(of).at_least(Prec::Unary),
            value => self.expr(value).at_least(Prec::Unary),
        };
        code!(::differentiable::__private::accumulate(#target, &#value);)
    }
}
