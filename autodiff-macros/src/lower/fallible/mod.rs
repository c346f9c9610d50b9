//! Methods of `Option` and `Result`: branches on whether there is a value.
//!
//! In: a method call whose receiver holds a value or none. Out: a branch with the closures inlined, as
//! a `match` would be. Where it is not known which of the two types it is, the value is reached through
//! the runtime's trait `Fallible`, and the type checker decides.

mod branches;
mod families;

use proc_macro2::Span;
use syn::{Expr as S, ExprMethodCall};

pub(super) use self::branches::support;
use self::branches::{Subject, content_mut, none};
pub(super) use self::families::{Family, family_of, variant_of};
use super::Lowerer;
use super::exprs::if_stmt;
use crate::ir::{Expr, Place, Stmt};
use crate::kinds::{self, Kind};
use crate::variants;

/// Methods that change the option itself.
const IN_PLACE: &[&str] = &["take", "replace", "insert", "get_or_insert", "get_or_insert_with"];

impl Lowerer<'_> {
    /// The value of a method of `Option` or `Result`; `None` if it is none.
    pub(super) fn fallible_method(&mut self, recv: &Expr, m: &ExprMethodCall) -> Option<Expr> {
        let span = m.method.span();
        let name = m.method.to_string();
        if matches!(recv, Expr::Item(path, None) if variants::is_named(path, "None"))
            && let Some(value) = self.instead_of_none(&name, m)
        {
            return Some(value);
        }
        let family = self.family(recv, &name, m)?;
        let chosen = match recv {
            _ if IN_PLACE.contains(&name.as_str()) => None,
            Expr::Select(..) => super::chosen::parts(recv),
            // A reference in an option that is there.
            Expr::Call { .. } => super::chosen::parts(recv).filter(|(_, item)| matches!(item, Expr::Ref { .. })),
            _ => None,
        };
        let subject = if let Some((some, item)) = chosen {
            // What is changed through it keeps its place.
            let item = if is_mutable_reference(&item) { self.pin(item) } else { item };
            let place = self.place_of(item.clone(), span);
            Subject { family, whole: recv.clone(), place, chosen: Some((some, item)), span }
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
                // Beside what is no reference, the content is none.
                let beside_value = !matches!(default, Expr::Ref { .. });
                let by_value = self.kind(&default).is_scalar();
                Some(self.choose(
                    &subject,
                    |l, value| {
                        let by_value = by_value || beside_value && is_mutable_reference(&value);
                        Some(l.content(value, by_value, span))
                    },
                    |_| Some(default),
                ))
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
            "flatten" => Some(self.choose(&subject, |_, value| Some(value), |_| Some(none()))),
            "take" => Some(self.exchanged(subject.place, none(), span)),
            "replace" => {
                let value = self.operand(&args[0]);
                let value = self.constructed(variants::some(), value, span);
                Some(self.exchanged(subject.place, value, span))
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

    /// A method of `None`, whose type shows nowhere, if that gives what stands in for a value.
    fn instead_of_none(&mut self, name: &str, m: &ExprMethodCall) -> Option<Expr> {
        match (name, m.args.len()) {
            ("or" | "unwrap_or", 1) | ("map_or", 2) => Some(self.operand(&m.args[0])),
            ("or_else" | "unwrap_or_else", 1) | ("map_or_else", 2) => {
                let f = self.callable(&m.args[0])?;
                Some(self.applied(&f, Vec::new(), m.method.span()))
            }
            _ => None,
        }
    }

    /// What an option held that holds another value from then on.
    fn exchanged(&mut self, place: Place, value: Expr, span: Span) -> Expr {
        let copied = match kinds::of_place(&self.program, &place).deref() {
            Kind::Option(content) => content.is_scalar(),
            _ => false,
        };
        // What is behind a reference cannot be moved out, unless it is copied.
        if !copied {
            return self.put_in(place, value, span);
        }
        let old = self.temporary(Expr::Place(place.clone()), span);
        self.emit(Stmt::Assign { place, value, init: false });
        old
    }

    /// The content of a container that may be reached through a reference, and is copied with it where the other branch
    /// gives a value.
    fn content(&mut self, value: Expr, by_value: bool, span: Span) -> Expr {
        match value {
            value if !by_value => value,
            Expr::Ref { of, .. } => self.owned(Expr::Ref { mutable: false, of }, span),
            value => self.owned(value, span),
        }
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

fn is_mutable_reference(value: &Expr) -> bool {
    matches!(value, Expr::Ref { mutable: true, .. })
}
