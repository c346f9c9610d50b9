//! The branch that a method becomes: its test, and what its parts give.

use proc_macro2::Span;
use syn::{Ident, Path};

use super::super::Lowerer;
use super::super::closures::Callable;
use super::super::exprs::if_stmt;
use super::Family;
use crate::ir::{Expr, Place, Step};
use crate::kinds::{self, Kind};
use crate::{rules, variants};

/// What may hold a value.
pub(super) struct Subject {
    pub(super) family: Family,
    /// The place, or a reference to it.
    pub(super) whole: Expr,
    pub(super) place: Place,
    /// For an option that has not been made: when it holds what; `place` is then that of the content.
    pub(super) chosen: Option<(Expr, Expr)>,
    pub(super) span: Span,
}

impl Lowerer<'_> {
    /// A branch on whether there is a value, whose parts give the value of the whole.
    pub(super) fn choose(
        &mut self,
        subject: &Subject,
        good: impl FnOnce(&mut Self, Expr) -> Option<Expr>,
        bad: impl FnOnce(&mut Self) -> Option<Expr>,
    ) -> Expr {
        let span = subject.span;
        let test = self.is_good(subject);
        if let (Expr::Bool(true), Some((_, item))) = (&test, &subject.chosen) {
            return good(self, item.clone()).unwrap_or(Expr::Tuple(Vec::new()));
        }
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
    pub(super) fn is_good(&self, subject: &Subject) -> Expr {
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
    pub(super) fn good(&mut self, subject: &Subject, value: Expr) -> Expr {
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
    pub(super) fn bad(&mut self, subject: &Subject) -> Expr {
        let span = subject.span;
        match subject.family {
            Family::Option => none(),
            Family::Result => {
                let error = self.part(subject.whole.clone(), variants::payload(variants::err()));
                self.constructed(variants::err(), error, span)
            }
            Family::Either => {
                // A part of something else stays there.
                let place = Expr::Place(subject.place.clone());
                let whole = subject.place.path.is_empty();
                let failed = if whole { place } else { Expr::Clone(Box::new(place)) };
                self.as_atom(support("failed", vec![failed]), span)
            }
        }
    }

    /// What a closure makes of an absent value: of nothing, or of the error.
    pub(super) fn fallback(&mut self, subject: &Subject, f: &Callable) -> Expr {
        let args = match subject.family {
            Family::Result => vec![self.part(subject.whole.clone(), variants::payload(variants::err()))],
            _ => Vec::new(),
        };
        self.applied(f, args, subject.span)
    }

    pub(super) fn applied(&mut self, f: &Callable, args: Vec<Expr>, span: Span) -> Expr {
        let value = self.apply(f, args);
        self.as_atom(value, span)
    }

    pub(in crate::lower) fn constructed(&mut self, variant: Path, value: Expr, span: Span) -> Expr {
        let value = self.as_atom(value, span);
        self.as_atom(variants::construct(variant, value), span)
    }

    /// The default of what the subject holds.
    pub(super) fn default_content(&self, subject: &Subject) -> Expr {
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

/// The way to what a container holds.
fn content_step(family: Family) -> Step {
    match family {
        Family::Option => variants::payload(variants::some()),
        Family::Result => variants::payload(variants::ok()),
        Family::Either => Step::Content,
    }
}

pub(super) fn content_mut(subject: &Subject) -> Expr {
    Expr::Ref { mutable: true, of: Box::new(Expr::Place(subject.place.step(content_step(subject.family)))) }
}

pub(super) fn none() -> Expr {
    Expr::Item(variants::none(), None)
}

/// A call of the runtime that carries no derivative.
pub(in crate::lower) fn support(name: &str, args: Vec<Expr>) -> Expr {
    let name = Ident::new(name, Span::mixed_site());
    Expr::Call {
        func: syn::parse_quote!(::differentiable::__private::#name),
        qself: None,
        args,
        ctor: false,
        tangent: false,
    }
}
