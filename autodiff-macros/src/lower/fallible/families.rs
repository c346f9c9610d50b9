//! Whose method a call is: that of an `Option`, of a `Result`, or of one of the two.
//!
//! In: a method call. Out: the family, from the kind of the receiver, the name of the method, and what the arguments show.

use syn::{Expr as S, ExprMethodCall, Path};

use super::super::{Lowerer, as_place};
use crate::ir::{Expr, Place, Step};
use crate::kinds::{self, Kind};
use crate::variants;

/// Which type holds the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::lower) enum Family {
    Option,
    Result,
    /// One of the two.
    Either,
}

/// Methods that no other type is likely to have, and whose they are.
const DISTINCT: &[(&str, usize, Family)] = &[
    ("ok_or", 1, Family::Option),
    ("ok_or_else", 1, Family::Option),
    ("get_or_insert", 1, Family::Option),
    ("get_or_insert_with", 1, Family::Option),
    ("take", 0, Family::Option),
    ("map_err", 1, Family::Result),
    ("ok", 0, Family::Result),
    ("or", 1, Family::Either),
    ("map_or", 2, Family::Either),
    ("unwrap_or", 1, Family::Either),
    ("unwrap_or_default", 0, Family::Either),
];

/// Methods of the two types whose names are common; they need a receiver of known kind.
const COMMON: &[(&str, usize)] =
    &[("and", 1), ("zip", 1), ("filter", 1), ("xor", 1), ("replace", 1), ("insert", 1), ("flatten", 0)];

impl Lowerer<'_> {
    /// Whose method it is, if it is one of `Option` or `Result`.
    pub(super) fn family(&self, recv: &Expr, name: &str, m: &ExprMethodCall) -> Option<Family> {
        let arity = m.args.len();
        let kind = self.kind(recv).deref().clone();
        let known = match kind {
            Kind::Option(_) => Some(Family::Option),
            Kind::Result(_) => Some(Family::Result),
            Kind::Unknown if let Some(family) = self.declared_family(recv) => Some(family),
            Kind::Unknown if !self.has_another_type(recv) => None,
            _ => return None,
        };
        if let Some((_, _, family)) = DISTINCT.iter().find(|(n, a, _)| *n == name && *a == arity) {
            // The alternative is of the same type.
            let shown = if name == "or" { m.args.first().and_then(variant_of) } else { None };
            return Some(known.or(shown).unwrap_or(*family));
        }
        if COMMON.contains(&(name, arity)) {
            // An argument that is one tells what the receiver is.
            let shown = match (name, m.args.first().map(variant_of)) {
                ("xor", Some(Some(family))) => Some(family),
                ("zip", Some(Some(Family::Option))) => Some(Family::Option),
                _ => None,
            };
            let used = || self.uses.is_option(&m.receiver).then_some(Family::Option);
            return known.or(shown).or_else(used);
        }
        // The number of a closure's parameters tells `Option` from `Result`.
        let parameters = |i: usize| match &m.args[i] {
            S::Closure(c) => Some(c.inputs.len()),
            _ => None,
        };
        let lazy = |i: usize| match parameters(i) {
            Some(1) => Family::Result,
            _ => Family::Option,
        };
        match (name, arity) {
            ("map" | "and_then", 1) => Some(known.unwrap_or(Family::Either))
                .filter(|f| *f != Family::Either || parameters(0) == Some(1) || matches!(m.args[0], S::Path(_))),
            ("unwrap_or_else" | "or_else", 1) | ("map_or_else", 2) => Some(known.unwrap_or_else(|| lazy(0))),
            _ => None,
        }
    }

    /// Whether a value is an `Option` or a `Result`, as declarations beside the function tell.
    pub(in crate::lower) fn declared_family(&self, value: &Expr) -> Option<Family> {
        let declared = kinds::type_of(&self.program, self.types, value)?;
        match self.program.surroundings.name_of_standard(&declared)?.as_str() {
            "Option" => Some(Family::Option),
            "Result" => Some(Family::Result),
            _ => None,
        }
    }

    /// Notes that a value of unknown kind is an `Option` or a `Result`, if declarations tell.
    pub(in crate::lower) fn learn_declared(&mut self, value: &Expr) {
        if let Some(place) = as_place(value).cloned()
            && kinds::of_place(&self.program, &place) == Kind::Unknown
            && let Some(family) = self.declared_family(value)
        {
            self.learn_fallible(&place, family);
        }
    }

    /// Notes that a place holds an `Option` or a `Result`.
    pub(in crate::lower) fn learn_fallible(&mut self, place: &Place, family: Family) {
        match family {
            Family::Option => self.learn(place, Kind::Option(Box::new(Kind::Unknown))),
            Family::Result => self.learn(place, Kind::Result(Box::new(Kind::Unknown))),
            Family::Either => {}
        }
    }

    /// Notes the kind of a place that has none yet.
    pub(in crate::lower) fn learn(&mut self, place: &Place, kind: Kind) {
        if kinds::of_place(&self.program, place) != Kind::Unknown {
            return;
        }
        if place.path.is_empty() {
            self.program.vars[place.root].kind = kind;
        } else {
            self.program.fields.insert(kinds::path_key(&self.program, place), kind);
        }
    }

    /// Whether the receiver is a variable that is declared with a type of another name.
    pub(in crate::lower) fn has_another_type(&self, recv: &Expr) -> bool {
        let Some(Place { root, path, .. }) = as_place(recv) else { return false };
        let mut ty = self.program.vars[*root].ty.as_ref();
        if path.iter().any(|s| !matches!(s, Step::Deref)) {
            return false;
        }
        if self.made.contains(root) {
            return true;
        }
        while let Some(syn::Type::Reference(r)) = ty {
            ty = Some(&r.elem);
        }
        ty.is_some()
    }
}

/// Whose variant an expression makes, if it shows that.
pub(in crate::lower) fn variant_of(e: &S) -> Option<Family> {
    let path = match e {
        S::Call(c) => match &*c.func {
            S::Path(p) => &p.path,
            _ => return None,
        },
        S::Path(p) => &p.path,
        S::Paren(p) => return variant_of(&p.expr),
        _ => return None,
    };
    family_of(path)
}

/// Whose variant a path names.
pub(in crate::lower) fn family_of(path: &Path) -> Option<Family> {
    match path.segments.last()?.ident.to_string().as_str() {
        "Some" | "None" if variants::is_standard(path) => Some(Family::Option),
        "Ok" | "Err" if variants::is_standard(path) => Some(Family::Result),
        _ => None,
    }
}
