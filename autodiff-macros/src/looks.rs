//! Methods through which no derivative flows, where only the name says so: `t.max(x)` may be the method of a type that keeps
//! a maximum.
//!
//! In: a method and its receiver. Out: whether the receiver is lent. It is then called on a shared reference, and stays even
//! where nobody reads what it gives, so that `rustc` refuses a method that changes its receiver.

use proc_macro2::Ident;

use crate::ir::{Expr, Place, Program, Role, Step};
use crate::kinds::{self, Kind};
use crate::{arrays, complex, methods, rules};

/// Whether the receiver of a method is lent, which makes a difference where it could be changed.
pub(crate) fn is_lent(program: &Program, place: &Place, name: &Ident) -> bool {
    let name = name.to_string();
    !methods::consumes(&name) && is_doubtful(program, place, &name)
}

/// Whether a name says nothing of a method: the receiver could be changed, and has no such method that is known.
fn is_doubtful(program: &Program, place: &Place, name: &str) -> bool {
    let var = &program.vars[place.root];
    var.mutable
        && matches!(var.role, Role::User | Role::Temporary)
        && !is_of(kinds::of_place(program, place).deref(), name)
}

/// The same of a method in kept code, whose receiver lies in what a capture stands for, or is all of it. What such code takes
/// out of a variable is copied, as in `o.unwrap_or(0.0)`, and can be lent as well.
pub(crate) fn is_lent_in(program: &Program, captured: &Expr, whole: bool, method: &syn::ExprMethodCall) -> bool {
    let Some(place) = crate::lower::as_place(captured) else { return false };
    let place = if whole { place.clone() } else { place.step(Step::Content) };
    let name = method.method.to_string();
    if methods::consumes(&name) {
        let function = method.args.iter().any(|a| matches!(a, syn::Expr::Closure(_)));
        let known = kinds::of_place(program, &place).deref() != &Kind::Unknown;
        if function || known || name.starts_with("into") {
            return false;
        }
    }
    is_doubtful(program, &place, &name)
}

/// Whether a method in an expression has a receiver that is lent.
pub(crate) fn are_in(program: &Program, e: &Expr) -> bool {
    let mut found = match e {
        Expr::Method { recv, name, .. } => crate::lower::as_place(recv).is_some_and(|p| is_lent(program, p, name)),
        Expr::Verbatim(kept, captures) => {
            let captured = |name: &Ident| captures.iter().find(|(i, _)| i == name).map(|(_, e)| e);
            crate::free::lends(kept, &mut |name, whole, method| {
                captured(name).is_some_and(|e| is_lent_in(program, e, whole, method))
            })
        }
        _ => false,
    };
    e.children(&mut |e| found = found || are_in(program, e));
    found
}

/// Whether values of a kind have a method of their own with this name, which changes nothing.
fn is_of(kind: &Kind, name: &str) -> bool {
    match kind {
        Kind::Unknown => name.starts_with("__"),
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
