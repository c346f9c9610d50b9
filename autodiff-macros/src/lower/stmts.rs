//! Statements: blocks, `let`, assignments.

use syn::spanned::Spanned;
use syn::{Expr as S, Pat};

use super::checkpoint::take_attribute;
use super::exprs::Hint;
use super::patterns::is_rest;
use super::{Binding, Lowerer};
use crate::ir::{Expr, Place, Role, Step, Stmt};
use crate::kinds::Kind;

impl Lowerer<'_> {
    /// The value of a block in the current scope, or `None` if it never ends.
    pub(super) fn block_value(&mut self, block: &syn::Block) -> Option<Expr> {
        for name in block.stmts.iter().filter_map(item_name) {
            self.scopes.last_mut().expect("a scope is open").insert(name.to_string(), Binding::Item);
        }
        let mut value = Expr::Tuple(Vec::new());
        let last = block.stmts.len().saturating_sub(1);
        let mut i = 0;
        while let Some(stmt) = block.stmts.get(i) {
            i += 1;
            match stmt {
                syn::Stmt::Expr(e, None) if i > last => value = self.tail(e),
                syn::Stmt::Local(local) if self.chooses_mutably(local) => {
                    let (spread, given) = self.spread(local, &block.stmts[i..]);
                    i += spread;
                    value = given;
                }
                other => self.stmt(other),
            }
            if self.diverges() {
                return None;
            }
        }
        Some(value)
    }

    fn tail(&mut self, e: &S) -> Expr {
        match e {
            S::If(i) if i.else_branch.is_none() && i.attrs.is_empty() => {
                if !self.change_of_map(e) {
                    self.if_stmt(i);
                }
                Expr::Tuple(Vec::new())
            }
            S::Tuple(t) => self.given_tuple(t),
            S::ForLoop(_) if self.change_of_map(e) => Expr::Tuple(Vec::new()),
            _ => self.operand(e),
        }
    }

    pub(super) fn stmt(&mut self, stmt: &syn::Stmt) {
        match stmt {
            syn::Stmt::Local(local) => self.local(local),
            // Items are hoisted by emission.
            syn::Stmt::Item(_) => {}
            syn::Stmt::Expr(e, _) if self.change_of_map(e) => {}
            syn::Stmt::Expr(S::If(i), _) if i.else_branch.is_none() && i.attrs.is_empty() => self.if_stmt(i),
            syn::Stmt::Expr(e, Some(_)) if self.change_of_lent(e) => {}
            syn::Stmt::Expr(e, _) => {
                let value = self.rhs(e);
                self.discard(Some(value));
            }
            syn::Stmt::Macro(m) => {
                let e = syn::ExprMacro { attrs: Vec::new(), mac: m.mac.clone() };
                if let Some(value) = self.macro_call(&e) {
                    self.discard(Some(value));
                }
            }
        }
    }

    fn local(&mut self, local: &syn::Local) {
        if let Some(chosen) = super::alternatives::of_local(local) {
            return self.local(&chosen);
        }
        let (pat, ty) = match &local.pat {
            Pat::Type(t) => (&*t.pat, Some(self.with_copies(&crate::arrays::with_owned_items(&t.ty)))),
            other => (other, None),
        };
        let ty = ty.as_ref();
        let Some(init) = &local.init else {
            // `let x;`
            if let Pat::Ident(p) = pat {
                let kind = ty.map_or(crate::kinds::Kind::Unknown, |ty| self.types.kind(ty));
                let var = self.fresh(p.ident.to_string(), p.ident.span(), kind, Role::User);
                self.program.vars[var].ty = ty.cloned();
                // Its first assignments initialise it; which those are is settled when exits are gone.
                self.program.vars[var].mutable = p.mutability.is_some();
                self.emit(Stmt::Declare(var));
                self.bind(&p.ident.to_string(), Expr::var(var, p.ident.span()));
            } else if let Pat::Tuple(t) = pat
                && t.elems.iter().all(|p| matches!(p, Pat::Ident(_) | Pat::Tuple(_)))
                && ty.is_none()
            {
                for part in &t.elems {
                    self.local(&syn::Local { pat: part.clone(), ..local.clone() });
                }
            } else {
                self.errors.on(pat, "a `let` without a value must name one variable");
            }
            return;
        };
        if let (Some(attribute), None) = (take_attribute(&mut local.attrs.clone()), &init.diverge) {
            let hint = match pat {
                Pat::Ident(p) => Some(Hint { name: &p.ident, mutable: p.mutability.is_some(), ty }),
                _ => None,
            };
            let value = self.checkpointed(&attribute, &init.expr, hint.as_ref());
            match hint {
                Some(hint) => self.bind(&hint.name.to_string(), value),
                None => self.bind_pattern(pat, value),
            }
            return;
        }
        if let Some((_, diverge)) = &init.diverge {
            let scrutinee = self.scrutinee(&init.expr);
            let test = self.test_pattern(pat, &scrutinee);
            if let Some(test) = test {
                let (els, ()) = self.scoped(|l| {
                    let value = l.branch(diverge);
                    let _ = value;
                });
                self.emit(super::exprs::if_stmt(Expr::Not(Box::new(test)), els, Vec::new()));
            }
            self.bind_pattern(pat, scrutinee);
            return;
        }
        if let Pat::Ident(p) = pat
            && let Some(closure) = self.made_closure(&init.expr)
        {
            self.bind_closure(&p.ident, closure);
            return;
        }
        if let Pat::Ident(p) = pat
            && (!matches!(&*init.expr, S::Range(_) | S::Paren(_)) || self.uses.is_advanced(&p.ident))
            && self.bind_iterator(p, &init.expr)
        {
            return;
        }
        self.array_type = super::fixed::declared_array(pat, ty, &init.expr);
        if let Pat::Ident(p) = pat
            && p.subpat.is_none()
            && p.by_ref.is_none()
        {
            return self.let_ident(p, ty, &init.expr);
        }
        let value = self.scrutinee(&init.expr);
        self.array_type = None;
        match ty {
            Some(ty) => self.bind_pattern(&typed(pat, ty), value),
            None => self.bind_pattern(pat, value),
        }
    }

    fn let_ident(&mut self, p: &syn::PatIdent, ty: Option<&syn::Type>, init: &S) {
        let hint = Hint { name: &p.ident, mutable: p.mutability.is_some(), ty };
        let before = self.program.vars.len();
        let value = self.rhs_named(init, Some(&hint));
        self.array_type = None;
        if let (Some(var), None) = (value.as_var(), ty) {
            // The branches have assigned the variable itself.
            if var >= before && self.program.vars[var].role == Role::User && p.ident == self.program.vars[var].name {
                self.bind(&p.ident.to_string(), value);
                return;
            }
        }
        self.let_named(&p.ident, p.mutability.is_some(), ty, value);
        self.note_lent(&p.ident, init);
        if super::owners::makes_another_type(init)
            && let Some(Binding::Value(value)) = self.lookup(&p.ident.to_string())
            && let Some(var) = value.as_var()
        {
            self.made.insert(var);
        }
    }

    /// Binds a user's name to a value.
    pub(super) fn let_named(&mut self, name: &syn::Ident, mutable: bool, ty: Option<&syn::Type>, value: Expr) {
        let value = self.as_declared(value, ty);
        let value = self.as_reference(value, ty);
        let value = match ty {
            Some(ty) => self.through_boxes(value, ty),
            None => value,
        };
        let (value, copies) = self.copied_elements(value, name.span());
        // A view is another name for what it views; one that can be changed stays one.
        let view = |e: &Expr| matches!(e, Expr::Place(place) if place.is_view());
        let changes = matches!(&value, Expr::Ref { mutable: true, of } if view(of));
        if changes || (view(&value) && !mutable) {
            let value = self.pin(value);
            self.bind(&name.to_string(), value);
            return;
        }
        let slice = matches!(ty, Some(syn::Type::Reference(r)) if matches!(&*r.elem, syn::Type::Slice(_)));
        if mutable && self.bind_walk(&name.to_string(), &value, name.span(), slice) {
            return;
        }
        // An immutable reference to a place is another name for it.
        if let (Expr::Ref { .. }, false) = (&value, mutable) {
            let value = self.pin(value);
            ty.into_iter().for_each(|ty| self.note_keyed(&value, ty));
            self.bind(&name.to_string(), value);
            return;
        }
        // A tuple that holds references is a name for each of its parts.
        if let (Expr::Tuple(parts), false) = (&value, mutable)
            && parts.iter().any(|e| matches!(e, Expr::Ref { .. }))
        {
            let parts = parts.iter().map(|e| self.part_with_name(e.clone(), name)).collect();
            self.bind(&name.to_string(), Expr::Tuple(parts));
            return;
        }
        if let (Expr::Select(..), false) = (&value, mutable)
            && let Some((some, item)) = super::chosen::parts(&value)
        {
            let value = self.pin_chosen(some, item, name.span());
            self.bind(&name.to_string(), value);
            return;
        }
        // The name of a value that has none yet, or an immutable name for an immutable integer.
        if let Some(var) = value.as_var() {
            let fresh = self.stmts.last().and_then(|s| s.last()).is_some_and(|s| s.defines().contains(&var));
            let v = &self.program.vars[var];
            // What has a name already, as the parameter of a closure has, keeps its value.
            let alone = !mutable || !self.named.contains(&var);
            if v.role == Role::Temporary && fresh && alone && !matches!(v.kind, Kind::Ref(_)) {
                let kind = ty.map_or(Kind::Unknown, |ty| self.types.kind(ty)).join(&v.kind);
                let referent = match (&v.kind, &kind) {
                    (Kind::Unknown, Kind::Ref(referent)) => Some((**referent).clone()),
                    _ => None,
                };
                let v = &mut self.program.vars[var];
                v.role = Role::User;
                v.name = name.to_string();
                v.span = name.span();
                v.mutable = mutable;
                if let Some(referent) = referent {
                    let value = self.lent(var, referent);
                    self.bind(&name.to_string(), value);
                    return;
                }
                v.kind = kind;
                v.ty = ty.cloned();
                self.bind(&name.to_string(), value);
                return;
            }
            if !mutable && ty.is_none() && !v.mutable && v.kind == Kind::Int {
                self.bind(&name.to_string(), value);
                return;
            }
        }
        let kind = ty.map_or_else(|| self.kind(&value), |ty| self.types.kind(ty).join(&self.kind(&value)));
        let value = self.with_named_ends(value, name.span());
        let value = self.remade(value, name.span());
        let var = self.fresh(name.to_string(), name.span(), kind, Role::User);
        self.program.vars[var].mutable = mutable;
        self.program.vars[var].ty = ty.cloned();
        self.note_range(var, &value);
        self.note_literal(var, &value);
        self.note_moved_copies(var, &value);
        self.referring.extend(copies.map(|again| (var, again)));
        self.emit(Stmt::Let { var, value });
        let value = self.normal(Expr::var(var, name.span()));
        self.bind(&name.to_string(), value);
    }

    /// A part of a tuple that has a name.
    fn part_with_name(&mut self, part: Expr, name: &syn::Ident) -> Expr {
        match part {
            Expr::Ref { .. } => self.pin(part),
            Expr::Tuple(parts) => Expr::Tuple(parts.into_iter().map(|e| self.part_with_name(e, name)).collect()),
            part if self.is_fixed(&part) => part,
            part => {
                let var = self.let_var(name.to_string(), name.span(), Role::User, part);
                self.normal(Expr::var(var, name.span()))
            }
        }
    }

    /// `left = right`.
    pub(super) fn assign(&mut self, left: &S, right: &S) {
        match left {
            S::Paren(p) => self.assign(&p.expr, right),
            S::Infer(_) => {
                let value = self.rhs(right);
                self.discard(Some(value));
            }
            _ if self.destructure(left, right) => {}
            _ => {
                let value = self.operand(right);
                self.assign_value(left, value);
            }
        }
    }

    pub(super) fn assign_value(&mut self, left: &S, value: Expr) {
        if let S::Path(p) = left
            && let Some(name) = p.path.get_ident()
            && self.walk_on(name, &value)
        {
            return;
        }
        let declared = match left {
            S::Path(p) => p.path.get_ident().and_then(|i| match self.lookup(&i.to_string()) {
                Some(Binding::Value(e)) => match e {
                    Expr::Ref { of, .. } => match &**of {
                        // The variable holds a reference, which is replaced.
                        Expr::Place(place) if place.path.len() == 1 => Some(place.root),
                        _ => None,
                    },
                    e => e.as_var(),
                },
                _ => None,
            }),
            _ => None,
        };
        let place = match declared {
            Some(var) => Place::var(var, left.span()),
            None => self.place(left),
        };
        self.refuse_walk(&place, &value);
        self.store(place, value);
    }

    /// A reference into what an enum holds, which goes on from node to node of a list.
    fn refuse_walk(&self, place: &Place, value: &Expr) {
        if let Expr::Ref { of, .. } = value
            && let Expr::Place(next) = &**of
            && next.root == place.root
            && next.path.iter().any(|s| matches!(s, Step::Payload { .. } | Step::Content))
        {
            self.errors.at(
                place.span,
                "a reference that walks along a list cannot be differentiated; write a function that calls itself for the rest of the list, or keep the values in a `Vec`",
            );
        }
    }

    /// Writes a value to a place.
    pub(super) fn store(&mut self, place: Place, value: Expr) {
        let init = place.path.is_empty() && self.is_declared_only(place.root);
        if init {
            let joined = self.program.vars[place.root].kind.join(&self.kind(&value));
            self.program.vars[place.root].kind = joined;
        }
        if matches!(self.kind(&value), Kind::Option(_)) {
            self.learn_fallible(&place, super::fallible::Family::Option);
        }
        self.emit(Stmt::Assign { place, value, init });
    }

    /// Whether a variable was declared without a value and may be assigned only once.
    fn is_declared_only(&self, var: usize) -> bool {
        let mut declared = false;
        for stmts in &self.stmts {
            declared |= stmts.iter().any(|s| matches!(s, Stmt::Declare(v) if *v == var));
        }
        declared && !self.program.vars[var].mutable
    }
}

/// `(a, b): (S, T)` ⇒ `(a: S, b: T)`: the names in a pattern with the types that stand beside the whole.
fn typed(pat: &Pat, ty: &syn::Type) -> Pat {
    match (pat, ty) {
        (Pat::Paren(p), _) => typed(&p.pat, ty),
        (_, syn::Type::Paren(t)) => typed(pat, &t.elem),
        (Pat::Tuple(p), syn::Type::Tuple(t)) if p.elems.len() == t.elems.len() && !p.elems.iter().any(is_rest) => {
            let mut p = p.clone();
            p.elems.iter_mut().zip(&t.elems).for_each(|(p, ty)| *p = typed(p, ty));
            Pat::Tuple(p)
        }
        (Pat::Slice(p), syn::Type::Array(t)) if !p.elems.iter().any(is_rest) => {
            let mut p = p.clone();
            p.elems.iter_mut().for_each(|p| *p = typed(p, &t.elem));
            Pat::Slice(p)
        }
        (Pat::Ident(_), _) => Pat::Type(syn::PatType {
            attrs: Vec::new(),
            pat: Box::new(pat.clone()),
            colon_token: syn::token::Colon::default(),
            ty: Box::new(ty.clone()),
        }),
        _ => pat.clone(),
    }
}

/// The name of a function or of a constant inside a block.
fn item_name(stmt: &syn::Stmt) -> Option<&syn::Ident> {
    match stmt {
        syn::Stmt::Item(syn::Item::Fn(f)) => Some(&f.sig.ident),
        syn::Stmt::Item(syn::Item::Const(c)) => Some(&c.ident),
        syn::Stmt::Item(syn::Item::Static(s)) => Some(&s.ident),
        _ => None,
    }
}
