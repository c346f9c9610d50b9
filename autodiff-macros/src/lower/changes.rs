//! What code changes that would be kept as the user wrote it: no derivative follows such a change.
//!
//! In: an expression. Out: the local variables that it assigns, lends as `&mut`, or hands to a method of the standard library
//! that changes its receiver. Methods of other names are called on shared references in kept code (`looks.rs`), so that
//! `rustc` refuses those that change their receivers.

use proc_macro2::Ident;
use syn::Expr as S;
use syn::visit::{self, Visit};

use super::{Binding, Lowerer};
use crate::ir::Expr;
use crate::kinds::Kind;

/// Methods of the standard library that change their receiver.
const CHANGING: &[&str] = &[
    "append",
    "as_mut",
    "clear",
    "copy_from_slice",
    "drain",
    "extend",
    "extend_from_slice",
    "fill",
    "get_mut",
    "get_or_insert",
    "get_or_insert_with",
    "insert",
    "insert_str",
    "iter_mut",
    "next",
    "next_back",
    "pop",
    "pop_back",
    "pop_front",
    "push",
    "push_back",
    "push_front",
    "push_str",
    "remove",
    "replace",
    "resize",
    "retain",
    "reverse",
    "rotate_left",
    "rotate_right",
    "sort",
    "sort_by",
    "swap",
    "swap_remove",
    "take",
    "truncate",
];

impl Lowerer<'_> {
    /// A variable that an expression changes.
    pub(super) fn changed_by(&self, e: &S) -> Option<Ident> {
        let mut found = Changed { lowerer: self, names: Vec::new() };
        found.visit_expr(e);
        if found.names.is_empty() {
            return None;
        }
        let free = crate::free::variables(e);
        found.names.into_iter().find(|name| free.contains(name))
    }

    /// Whether a method of the standard library changes what it is called on, which is a place that can be changed.
    pub(super) fn changes_its_place(&self, m: &syn::ExprMethodCall) -> bool {
        CHANGING.contains(&m.method.to_string().as_str())
            && self.is_plain_place(&m.receiver)
            && self.kind_of_mutable(&m.receiver).is_some_and(|kind| match kind.deref() {
                Kind::Seq(_) | Kind::Option(_) => true,
                kind => !kind.is_constant(),
            })
    }

    /// Whether a method of the standard library changes what it is called on, whatever that is.
    pub(super) fn changes_constant(&self, m: &syn::ExprMethodCall) -> bool {
        CHANGING.contains(&m.method.to_string().as_str())
            && self.is_plain_place(&m.receiver)
            && self.is_mutable_place(&m.receiver)
    }

    /// What a test of an option says whose receiver or closure changes something.
    pub(super) fn changing_test(&self, m: &syn::ExprMethodCall) -> Option<S> {
        let empty = match m.method.to_string().as_str() {
            "is_some_and" | "is_ok_and" => false,
            "is_none_or" => true,
            _ => return None,
        };
        let changes = super::control::is_reached_mutably(&m.receiver) || self.changed_by(&m.receiver).is_some();
        if !changes && self.changed_by(m.args.first()?).is_none() {
            return None;
        }
        let (value, test) = (&m.receiver, &m.args[0]);
        Some(syn::parse_quote!(#value.map_or(#empty, #test)))
    }

    /// The name of a mutable reference that an expression is.
    pub(super) fn mutable_reference(&self, e: &S) -> Option<Ident> {
        let S::Path(p) = e else { return None };
        let name = p.path.get_ident()?;
        let mutable = matches!(self.lookup(&name.to_string()), Some(Binding::Value(Expr::Ref { mutable: true, .. })));
        mutable.then(|| name.clone())
    }

    /// The variable that a place lies in.
    fn variable_of(&self, e: &S) -> Option<Ident> {
        match e {
            S::Paren(p) => self.variable_of(&p.expr),
            S::Group(g) => self.variable_of(&g.expr),
            S::Field(f) => self.variable_of(&f.base),
            S::Index(i) => self.variable_of(&i.expr),
            S::Unary(u) if matches!(u.op, syn::UnOp::Deref(_)) => self.variable_of(&u.expr),
            S::Path(p) => {
                p.path.get_ident().filter(|i| matches!(self.lookup(&i.to_string()), Some(Binding::Value(_)))).cloned()
            }
            _ => None,
        }
    }
}

struct Changed<'a> {
    lowerer: &'a Lowerer<'a>,
    names: Vec<Ident>,
}

impl<'ast> Visit<'ast> for Changed<'_> {
    fn visit_expr(&mut self, e: &'ast S) {
        let place = match e {
            S::Assign(a) => {
                let places = super::destructuring::assigned(&a.left);
                self.names.extend(places.iter().filter_map(|place| self.lowerer.variable_of(place)));
                None
            }
            S::Binary(b) if is_assignment(&b.op) => Some(&*b.left),
            S::Reference(r) if r.mutability.is_some() => Some(&*r.expr),
            S::MethodCall(m) if CHANGING.contains(&m.method.to_string().as_str()) => Some(&*m.receiver),
            _ => None,
        };
        self.names.extend(place.and_then(|p| self.lowerer.variable_of(p)));
        let handed = match e {
            S::Call(c) => Some(&c.args),
            S::MethodCall(m) => Some(&m.args),
            S::Tuple(t) => Some(&t.elems),
            S::Array(a) => Some(&a.elems),
            _ => None,
        };
        self.names.extend(handed.into_iter().flatten().filter_map(|e| self.lowerer.mutable_reference(e)));
        visit::visit_expr(self, e);
    }

    fn visit_macro(&mut self, m: &'ast syn::Macro) {
        for (_, e) in super::macro_arguments(m) {
            let mut inner = Changed { lowerer: self.lowerer, names: Vec::new() };
            inner.visit_expr(&e);
            self.names.extend(inner.names);
        }
    }
}

/// Whether an operator assigns.
pub(super) fn is_assignment(op: &syn::BinOp) -> bool {
    use syn::BinOp as B;
    matches!(
        op,
        B::AddAssign(_)
            | B::SubAssign(_)
            | B::MulAssign(_)
            | B::DivAssign(_)
            | B::RemAssign(_)
            | B::BitAndAssign(_)
            | B::BitOrAssign(_)
            | B::BitXorAssign(_)
            | B::ShlAssign(_)
            | B::ShrAssign(_)
    )
}
