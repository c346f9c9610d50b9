//! Options whose content is a place that is already known: `v.first()`, `v.get(i)`, `it.next()`,
//! `v.iter().max_by(…)`.
//!
//! They are written `Select(condition, Some(item), None)`. As long as such an option is tested,
//! matched or unwrapped, the condition and the item are used directly, so that no option is made and the
//! item stays the place that it is; elsewhere the expression is an ordinary value.

use std::rc::Rc;

use proc_macro2::Span;
use syn::Expr as S;

use super::iterators::is_some;
use super::{Binding, Lowerer, strip};
use crate::ir::{Expr, Place, Role, Step, Stmt};
use crate::kinds::{self, Kind};
use crate::surroundings::Written;
use crate::variants;

/// `if some { Some(item) } else { None }`.
pub(super) fn chosen(some: Expr, item: Expr) -> Expr {
    let item = variants::construct(variants::some(), item);
    Expr::Select(Box::new(some), Box::new(item), Box::new(Expr::Item(variants::none(), None)))
}

/// The condition and the item of such an option, or of `Some(item)`.
pub(super) fn parts(e: &Expr) -> Option<(Expr, Expr)> {
    let content = |e: &Expr| match e {
        Expr::Call { func, args, ctor: true, .. } if variants::is_named(func, "Some") && args.len() == 1 => {
            Some(args[0].clone())
        }
        _ => None,
    };
    match e {
        Expr::Select(some, item, none) if matches!(&**none, Expr::Item(p, None) if variants::is_named(p, "None")) => {
            Some(((**some).clone(), content(item)?))
        }
        Expr::Ref { mutable: false, of } => parts(of),
        e => Some((Expr::Bool(true), content(e)?)),
    }
}

impl Lowerer<'_> {
    /// The condition under which an option has content, and its content.
    pub(super) fn chosen_parts(&mut self, value: Expr, span: Span) -> (Expr, Expr) {
        if let Some(parts) = parts(&value) {
            return parts;
        }
        // `let t = Some(x);` as the last statement: the option need not be made.
        if let Some(var) = value.as_var()
            && let Some(Stmt::Let { var: last, value }) = self.stmts.last().and_then(|s| s.last())
            && *last == var
            && let Some(parts) = parts(value)
        {
            self.stmts.last_mut().expect("a block is open").pop();
            return parts;
        }
        let place = self.place_of(value, span);
        (is_some(Expr::Place(place.clone())), self.normal(Expr::Place(place.step(variants::payload(variants::some())))))
    }

    /// `map.get(key)` of a map of constants, its first or last entry, or what `peek` shows of a heap: a copy of what is found, since no tape can hold a
    /// reference into the map.
    pub(super) fn looked_up(&mut self, recv: &Expr, m: &syn::ExprMethodCall) -> Option<Expr> {
        let span = m.method.span();
        let entry = match (m.method.to_string().as_str(), m.args.len()) {
            ("get", 1) => false,
            ("peek" | "first" | "last", 0) => false,
            ("first_key_value" | "last_key_value", 0) => true,
            _ => return None,
        };
        match self.keyed_type(recv) {
            Some(name) if name.ends_with("Map") || name == "BinaryHeap" || name.ends_with("Set") => {
                self.claim_keyed(super::as_place(recv)?, span);
            }
            // Sequences are asked by value.
            None if matches!(&*m.receiver, S::Field(_))
                && !self.uses.is_other(&m.receiver)
                && self.kind(&strip(recv.clone())) == Kind::Unknown
                && m.args.first().is_some_and(|key| self.is_key(key)) =>
            {
                let place = super::as_place(recv)?.clone();
                self.claim_map(&place, span);
            }
            _ => return None,
        }
        let copied: S = if entry {
            syn::parse_quote!(::differentiable::__private::copied_entry(#m))
        } else {
            syn::parse_quote!(::differentiable::__private::copied(#m))
        };
        let found = self.verbatim(&copied);
        let found = self.let_var("found", span, Role::Temporary, found);
        let item = if entry { Kind::Tuple(vec![Kind::Constant; 2]) } else { Kind::Constant };
        self.program.vars[found].kind = Kind::Option(Box::new(item));
        let declared =
            super::as_place(recv).filter(|_| !entry).and_then(|map| kinds::declared_type(&self.program, map));
        self.program.vars[found].found = declared.as_ref().and_then(Written::found).map(Rc::new);
        let place = Place::var(found, span);
        let held = place.step(variants::payload(variants::some()));
        let lent = |l: &Self, place: Place| Expr::Ref { mutable: false, of: Box::new(l.normal(Expr::Place(place))) };
        let item = if entry {
            let part = |n: usize| held.step(Step::Field(syn::Member::from(n)));
            Expr::Tuple(vec![lent(self, part(0)), lent(self, part(1))])
        } else {
            lent(self, held)
        };
        Some(chosen(is_some(Expr::Place(place)), item))
    }

    /// Whether what is looked for is given by reference, as keys of maps are.
    fn is_key(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.is_key(&p.expr),
            S::Reference(r) => r.mutability.is_none(),
            S::Lit(l) => matches!(l.lit, syn::Lit::Str(_)),
            S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                Some(Binding::Value(value)) => {
                    matches!(value, Expr::Ref { .. }) || matches!(self.kind(value), Kind::Ref(_))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Makes condition and item independent of later changes.
    pub(super) fn pin_chosen(&mut self, some: Expr, item: Expr, span: Span) -> Expr {
        let some = if self.is_fixed(&some) { some } else { self.temporary(some, span) };
        let item = self.pin(item);
        chosen(some, item)
    }

    /// A method of such an option; `None` if it has to be made after all.
    pub(super) fn chosen_method(&mut self, recv: &Expr, m: &syn::ExprMethodCall) -> Option<Expr> {
        let (some, item) = parts(recv)?;
        let name = m.method.to_string();
        match (name.as_str(), m.args.len()) {
            ("unwrap", 0) | ("expect", 1) => {
                if let Expr::Bool(true) = some {
                    return Some(item);
                }
                if matches!(m.args.first(), Some(a) if !matches!(a, S::Lit(_))) {
                    return None;
                }
                self.claim_content(some, m);
                Some(item)
            }
            ("is_some", 0) => Some(some),
            ("is_none", 0) => Some(Expr::Not(Box::new(some))),
            ("copied" | "cloned", 0) => Some(chosen(some, strip(item))),
            ("as_ref" | "as_mut" | "as_deref" | "iter" | "into_iter" | "clone", 0) => Some(recv.clone()),
            ("map", 1) if matches!(m.args[0], S::Closure(_)) => {
                // A closure that needs no statements is applied whether there is an item or not.
                let f = self.callable(&m.args[0])?;
                let (stmts, value) = self.scoped(|l| l.apply(&f, vec![item]));
                if stmts.is_empty() && super::is_atom(&value) { Some(chosen(some, value)) } else { None }
            }
            ("filter", 1) if matches!(m.args[0], S::Closure(_)) => {
                let f = self.callable(&m.args[0])?;
                let view = Expr::Ref { mutable: false, of: Box::new(item.clone()) };
                let kept = self.and_then(some, m.method.span(), |l| l.apply_control(&f, vec![view]));
                Some(chosen(kept, item))
            }
            _ => None,
        }
    }

    /// Panics, as `unwrap` and `expect` do, unless there is a content.
    pub(super) fn claim_content(&mut self, holds: Expr, m: &syn::ExprMethodCall) {
        let message: syn::Lit = match m.args.first() {
            Some(S::Lit(l)) => l.lit.clone(),
            _ => syn::parse_quote!("called `Option::unwrap()` on a `None` value"),
        };
        let check = syn::parse_quote!(::core::assert!(holds, #message));
        let name = syn::Ident::new("holds", Span::mixed_site());
        self.emit(Stmt::Effect(Expr::Verbatim(Box::new(check), vec![(name, holds)])));
    }

    /// A value that a branch can give: what is borrowed is copied.
    pub(super) fn owned(&mut self, value: Expr, span: Span) -> Expr {
        match value {
            Expr::Ref { mutable: false, .. } => {
                let inner = strip(value);
                if self.kind(&inner).is_scalar() || !matches!(inner, Expr::Place(_)) {
                    self.as_atom(inner, span)
                } else {
                    Expr::Clone(Box::new(inner))
                }
            }
            value @ (Expr::Call { .. } | Expr::Tuple(_)) => value,
            value => self.as_atom(value, span),
        }
    }
}
