//! Changes of what a call lends: `*counts.entry(key).or_insert(0) += 1`, `groups.entry(key).or_default().push(i)`.
//!
//! In: a statement that changes what a map, or a method of the user's own, gives a `&mut` to. Out: a call that is given that
//! reference, and what is done to it as a closure, through which no derivative flows: what changes is what the `&mut` was made of.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr as S, Ident};

use super::{Binding, Lowerer};
use crate::ir::{Expr, Step};
use crate::kinds::{self, Kind};
use crate::surroundings::Written;

/// The function of the runtime that is handed what a call lends, and what is done to it.
pub(crate) const CHANGE: &str = "change";

/// The methods that change maps and sets, or lend what these hold.
const CHANGING: &[&str] = &[
    "append",
    "clear",
    "entry",
    "extend",
    "get_or_insert_with",
    "insert",
    "pop_first",
    "pop_last",
    "remove",
    "remove_entry",
    "replace",
    "retain",
    "split_off",
    "take",
];

/// The methods of maps, sets and heaps that lend what they hold.
const LENDING: &[&str] = &["entry", "get_mut", "first_entry", "last_entry", "values_mut", "iter_mut"];

impl Lowerer<'_> {
    /// Lowers a statement that changes what a call lends; whether it is one.
    pub(super) fn change_of_lent(&mut self, e: &S) -> bool {
        let target = match e {
            S::Assign(a) => &*a.left,
            S::Binary(b) if super::changes::is_assignment(&b.op) => &*b.left,
            S::MethodCall(m) => &*m.receiver,
            _ => return false,
        };
        let Some(lent) = self.lent_within(target) else { return false };
        let (lent, span) = (lent.clone(), syn::spanned::Spanned::span(lent));
        let name = Ident::new("__lent", span);
        let mut change = e.clone();
        Replace { what: &lent, by: &syn::parse_quote!(#name) }.visit_expr_mut(&mut change);
        let value = match &lent {
            S::MethodCall(m) => {
                let recv = self.place_or_value(&m.receiver);
                self.called_method(&recv, m)
            }
            name => self.verbatim(&syn::parse_quote!(&mut *#name)),
        };
        let closure = self.kept_closure(&syn::parse_quote!(|#name| { #change; }));
        self.call_change(vec![value, closure], span);
        true
    }

    /// Lowers a statement that changes what a map lends and nothing else: `for a in m.values_mut() { *a += 1; }`,
    /// `match m.get_mut(&k) { Some(n) => *n += 1, None => { m.insert(k, 1); } }`; whether it is one.
    pub(super) fn change_of_map(&mut self, e: &S) -> bool {
        let map = match e {
            S::ForLoop(f) => self.lending_map(&f.expr),
            S::Match(m) => self.lending_map(&m.expr),
            S::If(i) => self.lending_map(&i.cond),
            _ => None,
        };
        let Some(map) = map.cloned() else { return false };
        let span = syn::spanned::Spanned::span(&map);
        let name = Ident::new("__lent", span);
        let mut change = e.clone();
        Replace { what: &map, by: &syn::parse_quote!((*#name)) }.visit_expr_mut(&mut change);
        let closure: syn::ExprClosure = syn::parse_quote!(|#name| { #change });
        if super::control::leaves(&change) || self.changed_by(&S::Closure(closure.clone())).is_some() {
            return false;
        }
        let lent = self.lent_map(&map);
        let closure = self.kept_closure(&closure);
        self.call_change(vec![lent, closure], span);
        true
    }

    /// The map that lends what an expression gives.
    fn lending_map<'e>(&self, e: &'e S) -> Option<&'e S> {
        match e {
            S::Let(l) => self.lending_map(&l.expr),
            S::Binary(b) if matches!(b.op, syn::BinOp::And(_)) => {
                self.lending_map(&b.left).or_else(|| self.lending_map(&b.right))
            }
            S::Paren(p) => self.lending_map(&p.expr),
            S::MethodCall(m) if self.is_of_keyed(m) => Some(&m.receiver),
            S::MethodCall(m) => self.lending_map(&m.receiver),
            S::Reference(r) if r.mutability.is_some() && self.is_keyed(&r.expr) => Some(&r.expr),
            _ => None,
        }
    }

    fn call_change(&mut self, args: Vec<Expr>, span: proc_macro2::Span) {
        let func = Ident::new(CHANGE, span);
        let path = syn::parse_quote_spanned!(span=> ::differentiable::__private::#func);
        let _ = self.call_path(&path, args, span);
    }

    /// Refuses what a map lends to be changed elsewhere.
    pub(super) fn refuse_lent(&mut self, m: &syn::ExprMethodCall) {
        if m.method != "entry" && self.is_of_keyed(m) {
            self.errors.at(
                m.method.span(),
                format!(
                    "what `{0}` lends cannot be followed here; change it in the statement that calls `{0}`, as in `*map.get_mut(&key).unwrap() += 1;`, or insert the new value",
                    m.method
                ),
            );
        }
    }

    /// Notes a name of what a map, or a method of the user's own, lends to be changed.
    pub(super) fn note_lent(&mut self, name: &Ident, init: &S) {
        if let S::MethodCall(m) = init
            && self.lending_call(m).is_some()
            && let Some(Binding::Value(value)) = self.lookup(&name.to_string())
            && let Some(var) = value.as_var()
        {
            self.lent_by_calls.insert(var);
        }
    }

    /// The call within a place, or the name of what one has given, that lends what it is reached through.
    fn lent_within<'e>(&self, e: &'e S) -> Option<&'e S> {
        match e {
            S::Paren(p) => self.lent_within(&p.expr),
            S::Unary(u) if matches!(u.op, syn::UnOp::Deref(_)) => self.lent_within(&u.expr),
            S::Field(f) => self.lent_within(&f.base),
            S::Index(i) => self.lent_within(&i.expr),
            S::MethodCall(m) if self.lending_call(m).is_some_and(|call| std::ptr::eq(call, m)) => Some(e),
            S::MethodCall(m) => self.lent_within(&m.receiver),
            S::Path(p) => match self.lookup(&p.path.get_ident()?.to_string())? {
                Binding::Value(value) => value.as_var().filter(|var| self.lent_by_calls.contains(var)).map(|_| e),
                _ => None,
            },
            _ => None,
        }
    }

    /// The first call of a chain that gives a `&mut` into a map, or one of a method of the user's own.
    fn lending_call<'e>(&self, m: &'e syn::ExprMethodCall) -> Option<&'e syn::ExprMethodCall> {
        let before = match &*m.receiver {
            S::MethodCall(inner) => self.lending_call(inner),
            _ => None,
        };
        let lends = |of: Written| matches!(of.ty, syn::Type::Reference(r) if r.mutability.is_some());
        before.or_else(|| {
            let here = self.is_of_keyed(m) || self.declared(&S::MethodCall(m.clone())).is_some_and(lends);
            here.then_some(m)
        })
    }

    /// Whether a method changes a map or a set.
    pub(super) fn changes_map(&self, m: &syn::ExprMethodCall) -> bool {
        CHANGING.iter().any(|name| m.method == name) && self.is_keyed(&m.receiver)
    }

    /// The value of a method that changes a map or a set: it is called once, and what it changes is no expression.
    pub(super) fn change_by_method(&mut self, m: &syn::ExprMethodCall) -> Option<Expr> {
        if !self.changes_map(m) {
            return None;
        }
        let lent = self.lent_map(&m.receiver);
        if !m.args.iter().any(|a| matches!(a, S::Closure(_))) {
            return Some(self.called_method(&lent, m));
        }
        let name = Ident::new("__lent", m.method.span());
        let (method, args) = (&m.method, &m.args);
        let closure = self.kept_closure(&syn::parse_quote!(|#name| { (*#name).#method(#args); }));
        self.call_change(vec![lent, closure], m.method.span());
        Some(Expr::Tuple(Vec::new()))
    }

    /// A map that is lent to be changed. It carries no derivative, which `rustc` is to see of a field.
    fn lent_map(&mut self, map: &S) -> Expr {
        let place = self.place(map);
        if place.path.iter().any(|step| matches!(step, Step::Field(_))) {
            self.claim_keyed(&place, place.span);
            let key = kinds::path_key(&self.program, &place);
            self.program.fields.insert(key, Kind::Constant);
        }
        Expr::Ref { mutable: true, of: Box::new(Expr::Place(place)) }
    }

    fn is_keyed(&self, e: &S) -> bool {
        self.named_place(e).is_some_and(|place| self.keyed_type(&Expr::Place(place)).is_some())
    }

    /// Whether a method is one of a map that lends what it holds.
    fn is_of_keyed(&self, m: &syn::ExprMethodCall) -> bool {
        LENDING.iter().any(|name| m.method == name) && self.is_keyed(&m.receiver)
    }
}

/// Puts another expression in the place of a part of one.
struct Replace<'a> {
    what: &'a S,
    by: &'a S,
}

impl VisitMut for Replace<'_> {
    fn visit_expr_mut(&mut self, e: &mut S) {
        if e == self.what {
            e.clone_from(self.by);
        } else {
            visit_mut::visit_expr_mut(self, e);
        }
    }
}
