//! Control expressions: conditions, indices, bounds, arguments of constant calls.
//!
//! No derivative flows through them, so they stay trees; what the language of trees cannot say is
//! kept as the user wrote it, with its variables renamed.

use proc_macro2::Span;
use quote::quote;
use syn::{Expr as S, Ident, UnOp};

use super::exprs::if_stmt;
use super::{Binding, Lowerer};
use crate::ir::{BinOp, Expr, Place, Stmt};
use crate::kinds::Kind;

impl Lowerer<'_> {
    /// Lowers an expression through which no derivative flows.
    pub(super) fn control(&mut self, e: &S) -> Expr {
        match e {
            S::Paren(p) => self.control(&p.expr),
            S::Group(p) => self.control(&p.expr),
            S::Lit(l) => Expr::Lit(l.lit.clone()),
            S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                Some(Binding::Closure(_)) => self.verbatim(e),
                _ => self.path(p),
            },
            S::Field(_) | S::Index(_) if self.is_plain_place(e) => self.place_or_value(e),
            S::Unary(u) => match u.op {
                UnOp::Neg(_) => Expr::Neg(Box::new(self.control(&u.expr))),
                UnOp::Not(_) => Expr::Not(Box::new(self.control(&u.expr))),
                _ if self.is_plain_place(e) => self.place_or_value(e),
                _ => self.verbatim(e),
            },
            S::Binary(b) => match BinOp::of(&b.op) {
                Some(op @ (BinOp::And | BinOp::Or)) => self.short_circuit(op, &b.left, &b.right),
                Some(op) => {
                    let [left, right] = self.both(&*b.left, &*b.right, Self::control);
                    Expr::binary(op, left, right)
                }
                None => self.verbatim(e),
            },
            S::Reference(r) if self.is_plain_place(&r.expr) => self.place_or_value(e),
            S::Cast(c) => Expr::Cast(Box::new(self.control(&c.expr)), c.ty.clone()),
            S::Range(r) => Expr::Range {
                lo: r.start.as_ref().map(|e| Box::new(self.control(e))),
                hi: r.end.as_ref().map(|e| Box::new(self.control(e))),
                inclusive: matches!(r.limits, syn::RangeLimits::Closed(_)),
            },
            S::Tuple(t) => Expr::Tuple(self.in_order(&t.elems, Self::control)),
            S::Array(t) => Expr::Array(self.in_order(&t.elems, Self::control), crate::ir::Sequence::Array),
            S::MethodCall(m) if let Some(said) = self.changing_test(m) => self.atom(&said),
            S::MethodCall(m) if self.is_chain(&m.receiver) && self.changed_by(e).is_some() => self.method_call(m),
            S::MethodCall(m)
                if self.is_bound(&m.receiver)
                    || self.may_change(m)
                    || self.changes_its_place(m)
                    || is_reached_mutably(&m.receiver) && !self.only_looks(m) =>
            {
                self.method_call(m)
            }
            S::MethodCall(m) if takes_function(m) && self.changed_by(e).is_some() => self.method_call(m),
            S::Call(c) if c.args.iter().any(|a| self.is_lent_mutably(a)) => self.atom(e),
            S::MethodCall(m) if !m.args.iter().any(|a| matches!(a, S::Closure(_))) => self.looked_at(m),
            S::Call(c) => match &*c.func {
                S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                    Some(Binding::Closure(_)) => self.rhs(e),
                    // A function that is passed in.
                    Some(_) => self.verbatim(e),
                    None => {
                        let args = self.in_order(&c.args, Self::control);
                        Expr::Call { func: p.path.clone(), qself: p.qself.clone(), args, ctor: false, tangent: false }
                    }
                },
                _ => self.rhs(e),
            },
            S::Macro(m) if let Some(said) = self.changing_match(&m.mac) => self.atom(&said),
            S::If(_) | S::Match(_) | S::Block(_) | S::Loop(_) | S::Try(_) => self.atom(e),
            _ => self.verbatim(e),
        }
    }

    /// A method through which no derivative flows. That it changes nothing is for `rustc` to see.
    pub(super) fn looked_at(&mut self, m: &syn::ExprMethodCall) -> Expr {
        let recv =
            if self.is_plain_place(&m.receiver) { self.place_or_value(&m.receiver) } else { self.control(&m.receiver) };
        if let Some((some, _)) = super::chosen::parts(&recv) {
            match m.method.to_string().as_str() {
                "is_some" => return some,
                "is_none" => return Expr::Not(Box::new(some)),
                _ => {}
            }
        }
        let args = self.in_order(&m.args, Self::control);
        let recv = Box::new(super::strip(recv));
        // What is moved out of cannot be lent.
        if let (true, Expr::Place(place)) = (crate::methods::takes_receiver(&m.method.to_string()), &*recv)
            && self.is_plain_place(&m.receiver)
            && self.is_mutable_place(&m.receiver)
        {
            self.claim_view(place, m.method.span());
        }
        Expr::Method { recv, name: m.method.clone(), turbofish: m.turbofish.clone(), args }
    }

    /// Whether a method is taken to change its receiver or an argument: what neither its name nor its receiver says to be
    /// one that only looks.
    pub(super) fn may_change(&self, m: &syn::ExprMethodCall) -> bool {
        if m.args.iter().any(|a| self.is_lent_mutably(a)) || self.changes_map(m) {
            return true;
        }
        let name = m.method.to_string();
        if super::calls::is_self(&m.receiver) && self.types.is_beside(&name) {
            return self.types.changes_receiver(&name);
        }
        !self.only_looks(m)
            && !is_predicate(&m.method)
            && self.is_plain_place(&m.receiver)
            && (self.is_mutable_place(&m.receiver) || self.is_own_of_float(m))
    }

    /// Whether a method on a float that can be changed is that of a trait of the user's own, as far as its name tells.
    fn is_own_of_float(&self, m: &syn::ExprMethodCall) -> bool {
        let name = m.method.to_string();
        let known = name.starts_with("to_") || name == "classify";
        !known && self.kind_of_mutable(&m.receiver).is_some_and(|kind| kind.deref().is_float())
    }

    /// Whether a method is one of the standard library that leaves its receiver as it is: it has the name of one, and such
    /// arguments.
    fn only_looks(&self, m: &syn::ExprMethodCall) -> bool {
        use crate::methods::Taken;
        match crate::methods::taken_by_look(&m.method.to_string()) {
            Some(Taken::Numbers(n)) => m.args.len() == n,
            Some(Taken::Others(n)) => m.args.len() == n && !m.args.iter().any(|a| self.is_float_by_value(a)),
            Some(Taken::Function(before)) => m.args.len() == before + 1 && self.is_function(&m.args[before]),
            None => false,
        }
    }

    /// Whether an argument may be a function.
    fn is_function(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.is_function(&p.expr),
            S::Closure(_) => true,
            S::Reference(r) => self.is_function(&r.expr),
            S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                Some(Binding::Value(value)) => matches!(self.kind(value), Kind::Constant | Kind::Unknown),
                _ => true,
            },
            _ => false,
        }
    }

    /// Whether an argument is known to be a float that is handed over by value.
    pub(super) fn is_float_by_value(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.is_float_by_value(&p.expr),
            S::Lit(l) => matches!(l.lit, syn::Lit::Float(_)),
            S::Unary(u) => matches!(u.op, UnOp::Neg(_)) && self.is_float_by_value(&u.expr),
            S::Binary(b) if BinOp::of(&b.op).is_some_and(BinOp::is_arithmetic) => {
                self.is_float_by_value(&b.left) || self.is_float_by_value(&b.right)
            }
            S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                Some(Binding::Value(value)) => self.kind(value).is_float(),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an argument is a mutable reference.
    fn is_lent_mutably(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.is_lent_mutably(&p.expr),
            S::Reference(r) => r.mutability.is_some(),
            S::Tuple(t) => t.elems.iter().any(|e| self.is_lent_mutably(e)),
            S::Array(a) => a.elems.iter().any(|e| self.is_lent_mutably(e)),
            _ => self.mutable_reference(e).is_some(),
        }
    }

    /// Whether a place lies in a variable that can be changed and may carry a derivative.
    pub(super) fn is_mutable_place(&self, e: &S) -> bool {
        self.kind_of_mutable(e).is_some_and(|kind| kind.deref() == &Kind::Unknown)
    }

    /// The kind of a place that lies in a variable that can be changed.
    pub(super) fn kind_of_mutable(&self, e: &S) -> Option<Kind> {
        match e {
            S::Paren(p) => self.kind_of_mutable(&p.expr),
            S::Field(f) => self.kind_of_mutable(&f.base).map(|kind| match kind.deref() {
                constant if constant.is_constant() => constant.clone(),
                _ => Kind::Unknown,
            }),
            S::Index(i) => self.kind_of_mutable(&i.expr).map(|kind| match kind.deref() {
                Kind::Seq(inner) | Kind::Array(inner, _) => (**inner).clone(),
                constant if constant.is_constant() => constant.clone(),
                _ => Kind::Unknown,
            }),
            S::Unary(u) => self.kind_of_mutable(&u.expr),
            S::Path(p) => match self.lookup(&p.path.get_ident()?.to_string())? {
                Binding::Value(value) => {
                    let place = super::as_place(value)?;
                    let lent = !matches!(value, Expr::Ref { mutable: false, .. });
                    let mutable = self.program.vars[place.root].mutable && lent;
                    mutable.then(|| crate::kinds::of_place(&self.program, place))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an expression changes something, or calls what may.
    pub(super) fn may_change_something(&self, e: &S) -> bool {
        self.changed_by(e).is_some() || self.asks_mutable(e)
    }

    /// Whether a method is called in an expression that may change what it is called on.
    fn asks_mutable(&self, e: &S) -> bool {
        struct Asks<'a, 'b>(&'a Lowerer<'b>, bool);
        impl<'ast> syn::visit::Visit<'ast> for Asks<'_, '_> {
            fn visit_expr_method_call(&mut self, m: &'ast syn::ExprMethodCall) {
                self.1 |= self.0.may_change(m);
                syn::visit::visit_expr_method_call(self, m);
            }
            fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        }
        let mut asks = Asks(self, false);
        syn::visit::Visit::visit_expr(&mut asks, e);
        asks.1
    }

    /// `a && b` or `a || b`: statements that `b` needs run only where `b` is evaluated.
    fn short_circuit(&mut self, op: BinOp, left: &S, right: &S) -> Expr {
        let left = self.control(left);
        self.lazily(op, left, Span::mixed_site(), |l| l.control(right))
    }

    /// `left && right`, where what `right` needs runs only if `left` holds.
    pub(super) fn and_then(&mut self, left: Expr, span: Span, right: impl FnOnce(&mut Self) -> Expr) -> Expr {
        self.lazily(BinOp::And, left, span, right)
    }

    fn lazily(&mut self, op: BinOp, left: Expr, span: Span, right: impl FnOnce(&mut Self) -> Expr) -> Expr {
        let before = self.emitted();
        let right = right(self);
        let mut needed = self.stmts.last_mut().expect("a block is open").split_off(before);
        if needed.is_empty() {
            return Expr::binary(op, left, right);
        }
        let dest = self.destination(None, span);
        self.program.vars[dest].kind = Kind::Bool;
        let assign = |value| Stmt::Assign { place: Place::var(dest, span), value, init: true };
        needed.push(assign(right));
        let known = vec![assign(Expr::Bool(op == BinOp::Or))];
        self.emit(if op == BinOp::And { if_stmt(left, needed, known) } else { if_stmt(left, known, needed) });
        Expr::var(dest, span)
    }

    /// A chain of fields, indices and dereferences of a path.
    pub(super) fn is_plain_place(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.is_plain_place(&p.expr),
            S::Group(p) => self.is_plain_place(&p.expr),
            S::Path(p) => {
                p.path.get_ident().is_some_and(|i| matches!(self.lookup(&i.to_string()), Some(Binding::Value(_))))
            }
            S::Field(f) => self.is_plain_place(&f.base),
            S::Index(i) => self.is_plain_place(&i.expr),
            S::Unary(u) => matches!(u.op, UnOp::Deref(_)) && self.is_plain_place(&u.expr),
            S::Reference(r) => self.is_plain_place(&r.expr),
            _ => false,
        }
    }

    /// Keeps an expression as it is, and notes which local variables it uses; one that may be left on the way is lowered.
    pub(super) fn verbatim(&mut self, e: &S) -> Expr {
        if !matches!(e, S::Let(_)) && may_be_left(e) {
            return self.atom(e);
        }
        if matches!(e, S::Field(_) | S::Index(_) | S::Unary(_) | S::Reference(_)) && self.asks_mutable(e) {
            return self.atom(e);
        }
        if let Some(name) = self.changed_by(e) {
            if matches!(e, S::Field(_) | S::Index(_) | S::Unary(_) | S::Reference(_) | S::Struct(_) | S::Assign(_)) {
                return self.atom(e);
            }
            self.errors.on(
                e,
                format!("no derivative follows what this code does to `{name}`: it is a part of a macro or of a closure that others call; change `{name}` in a statement of its own"),
            );
        }
        self.capture(e, crate::free::variables(e))
    }

    /// Keeps a closure as it is. What it captures is moved in, so that a pullback can hold it: numbers, and copies of sequences.
    pub(super) fn kept_closure(&mut self, c: &syn::ExprClosure) -> Expr {
        let value = self.verbatim(&S::Closure(c.clone()));
        let Expr::Verbatim(_, captures) = &value else { return value };
        let kinds: Vec<(&Ident, bool, Kind)> =
            captures.iter().map(|(name, e)| (name, matches!(e, Expr::Ref { .. }), self.kind(e))).collect();
        if !kinds.iter().all(|(_, _, kind)| kind.is_scalar() || is_copied_sequence(kind))
            || self.changed_by(&S::Closure(c.clone())).is_some()
        {
            return value;
        }
        let mut moving = c.clone();
        moving.capture.get_or_insert_with(|| syn::parse_quote!(move));
        let mut moving = S::Closure(moving);
        let mut copies: Vec<syn::Stmt> = Vec::new();
        for (name, by_reference, _) in kinds.iter().filter(|(_, _, kind)| !kind.is_scalar()) {
            let held = quote::format_ident!("__held{}", copies.len(), span = name.span());
            let (of, inside) =
                if *by_reference { (quote!(#name), quote!((&#held))) } else { (quote!(&#name), quote!(#held)) };
            copies.push(syn::parse_quote!(let #held = ::differentiable::__private::ToOwned::to_owned(#of);));
            crate::free::replace(&mut moving, &mut |free| (free == *name).then(|| inside.clone()));
        }
        let kept: S = if copies.is_empty() { moving } else { syn::parse_quote!({ #(#copies)* #moving }) };
        self.verbatim(&kept)
    }

    /// Keeps an expression with those of the given names that are local variables.
    pub(super) fn capture(&mut self, e: &S, names: Vec<Ident>) -> Expr {
        let mut captures = Vec::new();
        for name in names {
            match self.lookup(&name.to_string()).cloned() {
                // What is kept is only read.
                Some(Binding::Value(Expr::Ref { of, .. })) => {
                    captures.push((name, self.kept_value(Expr::Ref { mutable: false, of })));
                }
                Some(Binding::Value(value)) => captures.push((name, self.kept_value(value))),
                Some(Binding::Closure(closure)) => {
                    // A closure used inside code that is kept: write it out in its place.
                    let outer = std::mem::replace(&mut self.scopes, closure.scopes.clone());
                    let value = self.kept_closure(&closure.source);
                    self.scopes = outer;
                    captures.push((name, value));
                }
                Some(Binding::Iterator(_)) => {
                    self.errors.at(
                        name.span(),
                        format!("the iterator `{name}` is used in code that is kept as it is; collect it into a `Vec` before"),
                    );
                }
                Some(Binding::Item) | None => {}
            }
        }
        Expr::Verbatim(Box::new(e.clone()), captures)
    }
}

/// Whether a capture is a sequence of what is copied or a text: of anything else it is not known whether it can be.
fn is_copied_sequence(kind: &Kind) -> bool {
    match kind.deref() {
        Kind::Seq(of) => of.is_scalar() || **of == Kind::Constant || is_copied_sequence(of),
        _ => false,
    }
}

/// Whether an expression holds a `?`, a `return`, a `break` or a `continue` of the code around it.
fn may_be_left(e: &S) -> bool {
    struct Exits(bool);
    impl<'a> syn::visit::Visit<'a> for Exits {
        fn visit_expr(&mut self, e: &'a S) {
            match e {
                S::Closure(_) | S::Async(_) => {}
                S::Try(_) | S::Return(_) | S::Break(_) | S::Continue(_) => self.0 = true,
                _ => syn::visit::visit_expr(self, e),
            }
        }
    }
    let mut exits = Exits(false);
    syn::visit::Visit::visit_expr(&mut exits, e);
    exits.0
}

/// Whether control may leave an expression for what is around it.
pub(super) fn leaves(e: &S) -> bool {
    struct Exits {
        loops: usize,
        found: bool,
    }
    impl<'a> syn::visit::Visit<'a> for Exits {
        fn visit_expr(&mut self, e: &'a S) {
            match e {
                S::Closure(_) | S::Async(_) => {}
                S::Try(_) | S::Return(_) => self.found = true,
                S::Break(syn::ExprBreak { label, .. }) | S::Continue(syn::ExprContinue { label, .. }) => {
                    self.found |= label.is_some() || self.loops == 0;
                }
                S::ForLoop(_) | S::While(_) | S::Loop(_) => {
                    self.loops += 1;
                    syn::visit::visit_expr(self, e);
                    self.loops -= 1;
                }
                _ => syn::visit::visit_expr(self, e),
            }
        }
    }
    let mut exits = Exits { loops: 0, found: false };
    syn::visit::Visit::visit_expr(&mut exits, e);
    exits.found
}

/// Whether a method is one of options that are branches, with a function inlined.
fn takes_function(m: &syn::ExprMethodCall) -> bool {
    let name = m.method.to_string();
    matches!(name.as_str(), "map" | "map_or" | "map_or_else" | "and_then" | "or_else" | "unwrap_or_else" | "filter")
        && m.args.iter().any(|a| matches!(a, S::Closure(_)))
}

/// Whether what a method is called on is reached through a mutable reference, as in `v.last_mut().unwrap()`.
pub(super) fn is_reached_mutably(e: &S) -> bool {
    match e {
        S::Paren(p) => is_reached_mutably(&p.expr),
        S::Unary(u) => is_reached_mutably(&u.expr),
        S::Field(f) => is_reached_mutably(&f.base),
        S::Index(i) => is_reached_mutably(&i.expr),
        S::Reference(r) => r.mutability.is_some(),
        S::MethodCall(m) => {
            let name = m.method.to_string();
            let gives = ["get_or_insert", "get_or_insert_with", "insert"].contains(&name.as_str());
            gives || name.ends_with("_mut") || is_reached_mutably(&m.receiver)
        }
        _ => false,
    }
}

/// Whether a method's name says that it only looks: an adjective or a question.
fn is_predicate(name: &Ident) -> bool {
    let name = name.to_string();
    ["is_", "has_", "can_", "should_", "needs_", "contains", "all_", "any_"].iter().any(|p| name.starts_with(p))
}
