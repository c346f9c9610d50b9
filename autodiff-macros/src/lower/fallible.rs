//! Methods of `Option` and `Result`: branches on whether there is a value.
//!
//! In: a method call whose receiver holds a value or none. Out: a branch with the closures inlined, as
//! a `match` would be. Where it is not known which of the two types it is, the value is reached through
//! the runtime's trait `Fallible`, and the type checker decides.

use proc_macro2::Span;
use syn::{Expr as S, ExprMethodCall, Ident, Path};

use super::closures::Callable;
use super::exprs::if_stmt;
use super::{Lowerer, as_place};
use crate::ir::{Expr, Place, Step, Stmt};
use crate::kinds::{self, Kind};
use crate::{rules, variants};

/// Which type holds the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    Option,
    Result,
    /// One of the two.
    Either,
}

/// What may hold a value.
struct Subject {
    family: Family,
    /// The place, or a reference to it.
    whole: Expr,
    place: Place,
    /// For an option that has not been made: when it holds what; `place` is then that of the content.
    chosen: Option<(Expr, Expr)>,
    span: Span,
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
const COMMON: &[(&str, usize)] = &[("and", 1), ("zip", 1), ("filter", 1), ("xor", 1), ("replace", 1), ("insert", 1)];

/// Methods that change the option itself.
const IN_PLACE: &[&str] = &["take", "replace", "insert", "get_or_insert", "get_or_insert_with"];

impl Lowerer<'_> {
    /// The value of a method of `Option` or `Result`; `None` if it is none.
    pub(super) fn fallible_method(&mut self, recv: &Expr, m: &ExprMethodCall) -> Option<Expr> {
        let span = m.method.span();
        let name = m.method.to_string();
        let family = self.family(recv, &name, m)?;
        let chosen = match recv {
            Expr::Select(..) if !IN_PLACE.contains(&name.as_str()) => super::chosen::parts(recv),
            _ => None,
        };
        let subject = if let Some((_, item)) = &chosen {
            let place = self.place_of(item.clone(), span);
            Subject { family, whole: recv.clone(), place, chosen, span }
        } else {
            let whole = self.as_atom(recv.clone(), span);
            let whole = self.pin(whole);
            let place = self.place_of(whole.clone(), span);
            self.learn_fallible(&place, family);
            Subject { family, whole, place, chosen: None, span }
        };
        let args = &m.args;
        let callable = |l: &mut Self, i: usize| l.callable(&args[i]);
        match name.as_str() {
            "map" => {
                let f = callable(self, 0)?;
                Some(self.choose(
                    &subject,
                    |l, value| {
                        let value = l.applied(&f, vec![value], span);
                        Some(l.good(&subject, value))
                    },
                    |l| Some(l.bad(&subject)),
                ))
            }
            "and_then" => {
                let f = callable(self, 0)?;
                Some(self.choose(
                    &subject,
                    |l, value| Some(l.applied(&f, vec![value], span)),
                    |l| Some(l.bad(&subject)),
                ))
            }
            "map_or" => {
                let default = self.operand(&args[0]);
                let f = callable(self, 1)?;
                Some(self.choose(&subject, |l, value| Some(l.applied(&f, vec![value], span)), |_| Some(default)))
            }
            "map_or_else" => {
                let (default, f) = (callable(self, 0)?, callable(self, 1)?);
                Some(self.choose(
                    &subject,
                    |l, value| Some(l.applied(&f, vec![value], span)),
                    |l| Some(l.fallback(&subject, &default)),
                ))
            }
            "unwrap_or" => {
                let default = self.operand(&args[0]);
                let by_value = self.kind(&default).is_scalar();
                Some(self.choose(&subject, |l, value| Some(l.content(value, by_value, span)), |_| Some(default)))
            }
            "unwrap_or_else" => {
                let default = callable(self, 0)?;
                let by_value = matches!(&args[0], S::Closure(c) if is_number(&c.body));
                Some(self.choose(
                    &subject,
                    |l, value| Some(l.content(value, by_value, span)),
                    |l| Some(l.fallback(&subject, &default)),
                ))
            }
            "unwrap_or_default" => Some(self.choose(
                &subject,
                |l, value| Some(l.content(value, true, span)),
                |l| {
                    let value = l.default_content(&subject);
                    Some(l.as_atom(value, span))
                },
            )),
            "or" => {
                let other = self.operand(&args[0]);
                Some(self.choose(&subject, |l, value| Some(l.good(&subject, value)), |_| Some(other)))
            }
            "or_else" => {
                let other = callable(self, 0)?;
                Some(self.choose(
                    &subject,
                    |l, value| Some(l.good(&subject, value)),
                    |l| Some(l.fallback(&subject, &other)),
                ))
            }
            "and" => {
                let other = self.operand(&args[0]);
                Some(self.choose(&subject, |_, _| Some(other), |l| Some(l.bad(&subject))))
            }
            "map_err" => {
                let f = callable(self, 0)?;
                Some(self.choose(
                    &subject,
                    |l, value| Some(l.good(&subject, value)),
                    |l| {
                        let error = l.fallback(&subject, &f);
                        Some(l.constructed(variants::err(), error, span))
                    },
                ))
            }
            "ok" => Some(self.choose(
                &subject,
                |l, value| Some(l.constructed(variants::some(), value, span)),
                |_| Some(none()),
            )),
            "ok_or" => {
                let error = self.operand(&args[0]);
                Some(self.choose(
                    &subject,
                    |l, value| Some(l.constructed(variants::ok(), value, span)),
                    |l| Some(l.constructed(variants::err(), error, span)),
                ))
            }
            "ok_or_else" => {
                let error = callable(self, 0)?;
                Some(self.choose(
                    &subject,
                    |l, value| Some(l.constructed(variants::ok(), value, span)),
                    |l| {
                        let error = l.fallback(&subject, &error);
                        Some(l.constructed(variants::err(), error, span))
                    },
                ))
            }
            "zip" => {
                let other = self.operand(&args[0]);
                let place = self.place_of(other.clone(), span);
                let other = Subject { family: Family::Option, place, whole: other, chosen: None, span };
                Some(self.choose(
                    &subject,
                    |l, a| {
                        Some(l.choose(
                            &other,
                            |l, b| Some(l.constructed(variants::some(), Expr::Tuple(vec![a, b]), span)),
                            |_| Some(none()),
                        ))
                    },
                    |_| Some(none()),
                ))
            }
            "filter" => {
                let f = callable(self, 0)?;
                Some(self.choose(
                    &subject,
                    |l, value| {
                        let view = Expr::Ref { mutable: false, of: Box::new(value.clone()) };
                        let keep = l.applied(&f, vec![view], span);
                        let dest = l.destination(None, span);
                        let (then, ()) = l.scoped(|l| {
                            let value = l.constructed(variants::some(), value, span);
                            l.give(dest, Some(value), span);
                        });
                        let (els, ()) = l.scoped(|l| l.give(dest, Some(none()), span));
                        l.emit(if_stmt(keep, then, els));
                        Some(l.result(dest, span))
                    },
                    |_| Some(none()),
                ))
            }
            "xor" => {
                let other = self.operand(&args[0]);
                let other = Expr::Place(self.place_of(other, span));
                let there = Subject {
                    family: Family::Option,
                    place: self.place_of(other.clone(), span),
                    whole: other.clone(),
                    chosen: None,
                    span,
                };
                Some(self.choose(
                    &subject,
                    |l, value| {
                        Some(l.choose(
                            &there,
                            |_, _| Some(none()),
                            |l| Some(l.constructed(variants::some(), value, span)),
                        ))
                    },
                    |_| Some(other),
                ))
            }
            "take" => {
                let old = self.temporary(Expr::Place(subject.place.clone()), span);
                self.emit(Stmt::Assign { place: subject.place, value: none(), init: false });
                Some(old)
            }
            "replace" => {
                let value = self.operand(&args[0]);
                let old = self.temporary(Expr::Place(subject.place.clone()), span);
                let value = self.constructed(variants::some(), value, span);
                self.emit(Stmt::Assign { place: subject.place, value, init: false });
                Some(old)
            }
            "insert" => {
                let value = self.operand(&args[0]);
                let value = self.constructed(variants::some(), value, span);
                self.emit(Stmt::Assign { place: subject.place.clone(), value, init: false });
                Some(content_mut(&subject))
            }
            "get_or_insert" | "get_or_insert_with" => {
                let eager = if name == "get_or_insert" { Some(self.operand(&args[0])) } else { None };
                let lazy = if eager.is_none() { Some(callable(self, 0)?) } else { None };
                let test = self.is_good(&subject);
                let (els, ()) = self.scoped(|l| {
                    let value = match (eager, lazy) {
                        (Some(value), _) => value,
                        (None, Some(f)) => l.applied(&f, Vec::new(), span),
                        (None, None) => unreachable!("one of them is there"),
                    };
                    let value = l.constructed(variants::some(), value, span);
                    l.emit(Stmt::Assign { place: subject.place.clone(), value, init: false });
                });
                self.emit(if_stmt(Expr::Not(Box::new(test)), els, Vec::new()));
                Some(content_mut(&subject))
            }
            _ => None,
        }
    }

    /// The content of a container that may be reached through a reference, and is copied with it where the other branch
    /// gives a value.
    fn content(&mut self, value: Expr, by_value: bool, span: Span) -> Expr {
        if by_value { self.owned(value, span) } else { value }
    }

    /// `condition.then(f)` and `condition.then_some(value)`.
    pub(super) fn conditional_value(&mut self, m: &ExprMethodCall) -> Option<Expr> {
        let span = m.method.span();
        let lazy = match (m.method.to_string().as_str(), m.args.len()) {
            // Orders have a `then` as well.
            ("then", 1) => match &m.args[0] {
                S::Closure(c) if c.inputs.is_empty() => true,
                _ => return None,
            },
            ("then_some", 1) => false,
            _ => return None,
        };
        let condition = self.control(&m.receiver);
        let eager = if lazy { None } else { Some(self.operand(&m.args[0])) };
        let f = if lazy { self.callable(&m.args[0]) } else { None };
        let dest = self.destination(None, span);
        let (then, ()) = self.scoped(|l| {
            let value = match (eager, f) {
                (Some(value), _) => value,
                (None, Some(f)) => l.applied(&f, Vec::new(), span),
                (None, None) => unreachable!("one of them is there"),
            };
            let value = l.constructed(variants::some(), value, span);
            l.give(dest, Some(value), span);
        });
        let (els, ()) = self.scoped(|l| l.give(dest, Some(none()), span));
        self.emit(if_stmt(condition, then, els));
        Some(self.result(dest, span))
    }

    /// Whose method it is, if it is one of `Option` or `Result`.
    fn family(&self, recv: &Expr, name: &str, m: &ExprMethodCall) -> Option<Family> {
        let arity = m.args.len();
        let kind = self.kind(recv).deref().clone();
        let known = match kind {
            Kind::Option(_) => Some(Family::Option),
            Kind::Result(_) => Some(Family::Result),
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
            return known.or(shown);
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

    /// Notes that a place holds an `Option` or a `Result`.
    pub(super) fn learn_fallible(&mut self, place: &Place, family: Family) {
        match family {
            Family::Option => self.learn(place, Kind::Option(Box::new(Kind::Unknown))),
            Family::Result => self.learn(place, Kind::Result(Box::new(Kind::Unknown))),
            Family::Either => {}
        }
    }

    /// Notes the kind of a place that has none yet.
    pub(super) fn learn(&mut self, place: &Place, kind: Kind) {
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
    pub(super) fn has_another_type(&self, recv: &Expr) -> bool {
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

    /// A branch on whether there is a value, whose parts give the value of the whole.
    fn choose(
        &mut self,
        subject: &Subject,
        good: impl FnOnce(&mut Self, Expr) -> Option<Expr>,
        bad: impl FnOnce(&mut Self) -> Option<Expr>,
    ) -> Expr {
        let span = subject.span;
        let test = self.is_good(subject);
        let dest = self.destination(None, span);
        // What is chosen from a sequence is copied, and a reference is one to the copy.
        let mut reference = false;
        let mut end = |l: &mut Self, value: Option<Expr>| {
            let value = if l.diverges() { None } else { value };
            let value = match (&subject.chosen, value) {
                (Some(_), Some(value)) => {
                    reference |= matches!(value, Expr::Ref { .. });
                    Some(l.owned(value, span))
                }
                (_, value) => value,
            };
            l.give(dest, value, span);
        };
        let (then, ()) = self.scoped(|l| {
            let content = match &subject.chosen {
                Some((_, item)) => item.clone(),
                None => l.part(subject.whole.clone(), content_step(subject.family)),
            };
            let value = good(l, content);
            end(l, value);
        });
        let (els, ()) = self.scoped(|l| {
            let value = bad(l);
            end(l, value);
        });
        self.emit(if_stmt(test, then, els));
        let value = self.result(dest, span);
        if reference { Expr::Ref { mutable: false, of: Box::new(value) } } else { value }
    }

    /// The condition that there is a value.
    fn is_good(&self, subject: &Subject) -> Expr {
        if let Some((some, _)) = &subject.chosen {
            return some.clone();
        }
        let whole = Expr::Place(subject.place.clone());
        match subject.family {
            Family::Option => rules::method(whole, "is_some", Vec::new()),
            Family::Result => rules::method(whole, "is_ok", Vec::new()),
            Family::Either => support("is_good", vec![Expr::Ref { mutable: false, of: Box::new(whole) }]),
        }
    }

    /// A value in the same container.
    fn good(&mut self, subject: &Subject, value: Expr) -> Expr {
        let span = subject.span;
        match subject.family {
            Family::Option => self.constructed(variants::some(), value, span),
            Family::Result => self.constructed(variants::ok(), value, span),
            Family::Either => {
                let like = Box::new(Expr::Place(subject.place.clone()));
                let value = self.as_atom(value, span);
                self.as_atom(Expr::Wrap { like, value: Box::new(value), tangent: false }, span)
            }
        }
    }

    /// The container without a value.
    fn bad(&mut self, subject: &Subject) -> Expr {
        let span = subject.span;
        match subject.family {
            Family::Option => none(),
            Family::Result => {
                let error = self.part(subject.whole.clone(), variants::payload(variants::err()));
                self.constructed(variants::err(), error, span)
            }
            Family::Either => self.as_atom(support("failed", vec![Expr::Place(subject.place.clone())]), span),
        }
    }

    /// What a closure makes of an absent value: of nothing, or of the error.
    fn fallback(&mut self, subject: &Subject, f: &Callable) -> Expr {
        let args = match subject.family {
            Family::Result => vec![self.part(subject.whole.clone(), variants::payload(variants::err()))],
            _ => Vec::new(),
        };
        self.applied(f, args, subject.span)
    }

    fn applied(&mut self, f: &Callable, args: Vec<Expr>, span: Span) -> Expr {
        let value = self.apply(f, args);
        self.as_atom(value, span)
    }

    fn constructed(&mut self, variant: Path, value: Expr, span: Span) -> Expr {
        let value = self.as_atom(value, span);
        self.as_atom(variants::construct(variant, value), span)
    }

    /// The default of what the subject holds.
    fn default_content(&self, subject: &Subject) -> Expr {
        let content = match subject.chosen {
            Some(_) => kinds::of_place(&self.program, &subject.place).deref().clone(),
            None => kinds::of_place(&self.program, &subject.place.step(content_step(subject.family))),
        };
        match content {
            Kind::Float(float) => Expr::Number(0.0, float),
            _ if subject.chosen.is_some() => Expr::Call {
                func: syn::parse_quote!(::core::default::Default::default),
                qself: None,
                args: Vec::new(),
                ctor: false,
                tangent: false,
            },
            _ => support(
                "default_content",
                vec![Expr::Ref { mutable: false, of: Box::new(Expr::Place(subject.place.clone())) }],
            ),
        }
    }
}

/// Whether an expression shows that it is a number.
fn is_number(e: &S) -> bool {
    match e {
        S::Lit(l) => matches!(l.lit, syn::Lit::Float(_) | syn::Lit::Int(_)),
        S::Unary(u) => matches!(u.op, syn::UnOp::Neg(_)),
        S::Paren(p) => is_number(&p.expr),
        S::Binary(_) => true,
        _ => false,
    }
}

/// Whose variant an expression makes, if it shows that.
pub(super) fn variant_of(e: &S) -> Option<Family> {
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
pub(super) fn family_of(path: &Path) -> Option<Family> {
    match path.segments.last()?.ident.to_string().as_str() {
        "Some" | "None" if variants::is_standard(path) => Some(Family::Option),
        "Ok" | "Err" if variants::is_standard(path) => Some(Family::Result),
        _ => None,
    }
}

/// The way to what a container holds.
pub(super) fn content_step(family: Family) -> Step {
    match family {
        Family::Option => variants::payload(variants::some()),
        Family::Result => variants::payload(variants::ok()),
        Family::Either => Step::Content,
    }
}

fn content_mut(subject: &Subject) -> Expr {
    Expr::Ref { mutable: true, of: Box::new(Expr::Place(subject.place.step(content_step(subject.family)))) }
}

fn none() -> Expr {
    Expr::Item(variants::none(), None)
}

/// A call of the runtime that carries no derivative.
pub(super) fn support(name: &str, args: Vec<Expr>) -> Expr {
    let name = Ident::new(name, Span::mixed_site());
    Expr::Call {
        func: syn::parse_quote!(::differentiable::__private::#name),
        qself: None,
        args,
        ctor: false,
        tangent: false,
    }
}
