//! Methods through which no derivative flows are called on shared references, so that `rustc` refuses those that change
//! their receivers: `t.max(x)` may be the method of a type that keeps a maximum.

use proc_macro2::Ident;

use super::Emitter;
use crate::ir::{Expr, Place};
use crate::kinds::{self, Kind};
use crate::{arrays, complex, methods, rules};

impl Emitter<'_> {
    /// Whether the receiver of a method is lent, which makes a difference where it could be changed.
    pub(super) fn is_lent(&self, place: &Place, name: &Ident) -> bool {
        let name = name.to_string();
        let kind = kinds::of_place(self.program, place);
        self.program.vars[place.root].mutable
            && !is_of(kind.deref(), &name)
            && !methods::consumes(&name)
            && !self.is_for_people()
    }

    /// The same of a method in kept code, whose receiver lies in the variable that a capture stands for.
    pub(super) fn is_lent_in(&self, captured: &Expr, whole: bool, name: &Ident) -> bool {
        match captured {
            Expr::Place(place) if whole => self.is_lent(place, name),
            Expr::Place(place) => self.is_lent(&place.step(crate::ir::Step::Content), name),
            _ => false,
        }
    }
}

/// Whether values of a kind have a method of their own with this name, which changes nothing.
fn is_of(kind: &Kind, name: &str) -> bool {
    match kind {
        Kind::Unknown => methods::CONSTANT.contains(&name),
        Kind::Float(_) => rules::find(name).is_some() || rules::FLAT.contains(&name) || rules::CONTROL.contains(&name),
        Kind::Complex(_) => complex::find(name).is_some(),
        // What changes in them carries no derivative.
        kind if kind.is_constant() => true,
        Kind::Array(..) => true,
        _ => {
            methods::CONSTANT.contains(&name)
                || methods::IDENTITIES.contains(&name)
                || methods::VIEWS.contains(&name)
                || arrays::FORMS.contains(&name)
                || matches!(name, "iter" | "get" | "first" | "last")
        }
    }
}
