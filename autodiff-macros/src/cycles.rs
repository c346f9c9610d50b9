//! Which functions may call themselves: the tape of one that does would contain itself, and is a box.
//!
//! A macro sees one item, so what a path names may be anything, and so may what a method belongs to. Three kinds of calls are known:
//!
//! - Light functions, which the file declares, and which call nothing but others like them, to a small depth.
//! - Methods of `self`, or of another variable of its type, that stand in the same `impl` block. Those of them that call nothing
//!   else end, and so on from there.
//! - Methods with the names of functions of floats, as in `p.x.sin()`. They are those of floats as a rule, and otherwise some type's
//!   own: a method with such a name that calls anything has a box. So every circle of calls has one, whatever types do.

use quote::ToTokens;
use syn::{Ident, Type};

use crate::expand::Function;
use crate::ir::{Call, Callee, Expr, Place, Step, Stmt, VarId};
use crate::maps::HashSet;
use crate::rules::is_of_floats;

/// Those methods of an `impl` that do not call themselves.
#[derive(Clone, Default)]
pub(crate) struct Ending {
    /// The type that the `impl` is for, as it is written.
    owner: String,
    names: HashSet<String>,
}

/// Those of the methods of an `impl` that do not call themselves.
pub(crate) fn ending(methods: &[&Function], owner: &Type) -> Ending {
    let mut found = Ending { owner: written(owner), names: HashSet::default() };
    loop {
        let name = |f: &Function| f.signature.name.to_string();
        let ends = |f: &Function| {
            // A type that is passed for a parameter may hold references, and a tape of it would, too.
            !f.options.has_rule()
                && f.signature.generics.type_params().next().is_none()
                && !may_call_itself(f, true, &found)
        };
        let more: Vec<String> =
            methods.iter().filter(|f| !found.names.contains(&name(f)) && ends(f)).map(|f| name(f)).collect();
        if more.is_empty() {
            return found;
        }
        found.names.extend(more);
    }
}

/// Whether a function, or a method beside those that end, may call itself by what it calls.
pub(crate) fn may_call_itself(f: &Function, method: bool, ending: &Ending) -> bool {
    let of_floats = method && is_of_floats(&f.signature.name.to_string());
    f.calls_others_than(&mut |call| {
        let ends = match &call.callee {
            Callee::Method { name, .. } if is_of_floats(&name.to_string()) => true,
            _ if call.light => true,
            _ if !method => false,
            callee => {
                let place = receiver(call);
                let own = sibling(f, callee, place).or_else(|| beside(f, callee, place?, &ending.owner));
                own.is_some_and(|name| ending.names.contains(&name.to_string()))
            }
        };
        ends && !of_floats
    })
}

/// The name of a method of another value of the type that the `impl` is for.
fn beside<'a>(f: &Function, callee: &'a Callee, place: &Place, owner: &str) -> Option<&'a Ident> {
    let Callee::Method { name, .. } = callee else { return None };
    let ty = f.primal.vars[copied(f, place)?].ty.as_ref().map(written)?;
    (ty == owner || ty == "Self").then_some(name)
}

/// The variable that a place is, or is a copy of: a receiver by value that is used whole is one.
fn copied(f: &Function, place: &Place) -> Option<VarId> {
    let is_whole = |place: &Place| place.path.iter().all(|step| matches!(step, Step::Deref));
    let mut of = is_whole(place).then_some(place.root)?;
    for stmt in f.primal.body.stmts.iter().rev() {
        if let Stmt::Let { var, value: Expr::Clone(value) } = stmt
            && let Expr::Place(place) = &**value
            && *var == of
            && is_whole(place)
        {
            of = place.root;
        }
    }
    Some(of)
}

/// A type, or what it refers to, as text.
fn written(ty: &Type) -> String {
    match ty {
        Type::Reference(r) => written(&r.elem),
        ty => ty.to_token_stream().to_string(),
    }
}

/// The place of the receiver of a method.
pub(crate) fn receiver(call: &Call) -> Option<&Place> {
    match call.args.first()?.parts[0].as_ref()? {
        Expr::Place(place) => Some(place),
        Expr::Ref { of, .. } => match &**of {
            Expr::Place(place) => Some(place),
            _ => None,
        },
        _ => None,
    }
}

/// The name of a method of `self`, or of `Self`.
pub(crate) fn sibling<'a>(f: &Function, callee: &'a Callee, receiver: Option<&Place>) -> Option<&'a Ident> {
    match (callee, receiver) {
        (Callee::Method { name, .. }, Some(place)) => {
            let own = f.signature.params.first().is_some_and(|p| p.receiver)
                && f.primal.params[0].parts[0] == place.root
                && place.path.iter().all(|step| matches!(step, Step::Deref));
            own.then_some(name)
        }
        (Callee::Function { path, qself: None }, _) => {
            let of_self = path.segments.len() == 2 && path.segments[0].ident == "Self";
            of_self.then(|| &path.segments[1].ident)
        }
        _ => None,
    }
}
