//! Arrays and vectors of copies of a value in generated code.

use super::Emitter;
use super::code::code;
use super::operators::{Prec, Tokens};
use crate::ir::{Expr, Sequence};
use crate::kinds;

impl Emitter<'_> {
    /// `[value; len]` and `vec![value; len]`. Tangents of structs are cloned: they are never `Copy`, though the structs may be.
    pub(super) fn repeated(&self, value: &Expr, len: &Expr, sequence: Sequence) -> Tokens {
        let len = self.value(len);
        if sequence == Sequence::Array && self.holds_tangents(value) {
            let value = match value {
                Expr::Place(_) => self.value(&Expr::Clone(Box::new(value.clone()))),
                value => self.value(value),
            };
            return Tokens::new(code!([(); #len].map(|()| #value)), Prec::Postfix);
        }
        let value = self.operand(value);
        Tokens::atom(match sequence {
            Sequence::Array => code!([#value; #len]),
            Sequence::Vec => code!(::differentiable::__private::vec![#value; #len]),
        })
    }

    /// Whether there is a tangent in a value that may be that of a struct.
    fn holds_tangents(&self, value: &Expr) -> bool {
        match value {
            Expr::Repeat { value, .. } | Expr::Clone(value) => self.holds_tangents(value),
            Expr::Tuple(values) | Expr::Array(values, _) => values.iter().any(|e| self.holds_tangents(e)),
            Expr::Place(place) => {
                let mut kind = kinds::of_place(self.program, place).deref().clone();
                while let kinds::Kind::Seq(element) = kind {
                    kind = element.deref().clone();
                }
                self.program.vars[place.root].mirrors.is_some() && !kind.is_scalar()
            }
            _ => false,
        }
    }
}
