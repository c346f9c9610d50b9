//! Arguments that are lent to one call: of `mix(&mut left[i], &right[0])`, where both are halves of one vector, one is a copy.
//!
//! In: a call. Out: the same, whose arguments can be borrowed at once. Of those that lie in one variable, of which one is
//! changed, `rustc` has seen in the user's program that they have nothing in common; here they are places of that variable, of
//! whose parts only fields can be told apart, and of the cotangents of fields of a field not even those. All but one become
//! copies, which are put back after the call. What is lent beside the receiver of a method tells, too, whether the method
//! may change that.

use proc_macro2::Span;
use syn::Expr as S;

use super::{Binding, Lowerer, as_place};
use crate::ir::{Arg, Call, Callee, Expr, Passing, Place, Role, Step, Stmt, VarId};
use crate::kinds::Kind;
use crate::rules;

impl Lowerer<'_> {
    /// Emits a call.
    pub(super) fn emit_call(&mut self, mut call: Call) {
        let copies = self.lend(&mut call);
        let span = call.span;
        self.emit(Stmt::Call(call));
        for (place, copy) in copies {
            self.put_back(place, copy, span);
        }
    }

    /// Puts copies in the place of arguments that cannot be lent beside others. Out: the places whose copies the call changes.
    fn lend(&mut self, call: &mut Call) -> Vec<(Place, Place)> {
        let receivers = usize::from(matches!(call.callee, Callee::Method { .. }));
        // Parts of slices stay where they are, rather than elements.
        let mut order: Vec<usize> = (receivers..call.args.len()).collect();
        order.sort_by_key(|&i| !lent(&call.args[i]).is_some_and(is_slice));
        let mut kept: Vec<usize> = (0..receivers).collect();
        let mut changed = Vec::new();
        for i in order {
            let clashes = |&k: &usize| clash(&call.args[k], &call.args[i]);
            if !kept.iter().any(clashes) {
                kept.push(i);
                continue;
            }
            let place = lent(&call.args[i]).expect("it is a place").clone();
            let Expr::Place(place) = self.pin(Expr::Place(place)) else { unreachable!("pinning keeps places") };
            let copy = self.copy_of_part(&place, call.span);
            call.args[i].parts[0] = Some(Expr::Place(copy.clone()));
            if call.args[i].passing == Passing::RefMut {
                changed.push((place, copy));
            }
        }
        changed
    }

    /// A copy that can be changed.
    fn copy_of_part(&mut self, place: &Place, span: Span) -> Place {
        let part = Expr::Place(place.clone());
        let value =
            if is_slice(place) { rules::method(part, "to_vec", Vec::new()) } else { Expr::Clone(Box::new(part)) };
        let copy = self.let_var("copy", span, Role::Temporary, value);
        self.program.vars[copy].mutable = true;
        Place::var(copy, span)
    }

    fn put_back(&mut self, place: Place, copy: Place, span: Span) {
        if !is_slice(&place) {
            self.emit(Stmt::Assign { place, value: Expr::Place(copy), init: false });
            return;
        }
        self.for_each_index(&place, span, |l, i| {
            let at = |place: &Place| place.step(Step::Index { at: Box::new(i.clone()), range: false });
            l.emit(Stmt::Assign { place: at(&place), value: Expr::Place(at(&copy)), init: false });
        });
    }

    /// The operand of an assignment such as `place += value`, or a copy of it: where the operator is one of the user's own, it is
    /// lent beside the place.
    pub(super) fn beside(&mut self, value: Expr, place: &Place) -> Expr {
        let clashing = as_place(&value).filter(|of| of.root == place.root && !of.may_be_lent_with(place)).cloned();
        let Some(of) = clashing.filter(|_| self.kind(&value).deref() == &Kind::Unknown) else { return value };
        let copy = Expr::Place(self.copy_of_part(&of, of.span));
        if matches!(value, Expr::Ref { .. }) { Expr::Ref { mutable: false, of: Box::new(copy) } } else { copy }
    }

    /// Whether arguments that are lent beside the receiver of a method show that this takes `&self`.
    pub(super) fn show_shared(&self, place: &Place, recv: &Expr, written: &S, args: &[Arg]) -> bool {
        let own = self.exclusive(recv, written);
        args.iter().any(|arg| shows_shared(place, own.as_ref(), arg))
    }

    /// What the `&mut` refers to by which a receiver is reached: nothing else can reach that meanwhile.
    fn exclusive(&self, recv: &Expr, written: &S) -> Option<Place> {
        let referent = |e: &Expr| match e {
            Expr::Ref { mutable: true, of } => as_place(of).cloned(),
            _ => None,
        };
        referent(recv).or_else(|| match self.lookup(&root_of(written)?.to_string())? {
            Binding::Value(value) => referent(value),
            _ => None,
        })
    }

    /// A reference to what lies outside of a variable, the indices of which do not read that.
    pub(super) fn found_before(&mut self, reference: Expr, root: VarId) -> Expr {
        match &reference {
            Expr::Ref { of, .. } if matches!(&**of, Expr::Place(p) if p.root != root) && of.mentions(root) => {
                self.pin(reference)
            }
            _ => reference,
        }
    }
}

/// Whether two arguments cannot be borrowed at once.
fn clash(a: &Arg, b: &Arg) -> bool {
    let changed = a.passing == Passing::RefMut || b.passing == Passing::RefMut;
    let views = |place: &Place| place.path.iter().any(|step| matches!(step, Step::View { .. }));
    changed
        && lent(a)
            .zip(lent(b))
            .is_some_and(|(a, b)| a.root == b.root && !a.may_be_lent_with(b) && !views(a) && !views(b))
}

fn lent(arg: &Arg) -> Option<&Place> {
    match &arg.parts[0] {
        Some(Expr::Place(place)) if arg.passing != Passing::Value => Some(place),
        _ => None,
    }
}

/// Whether a place is a part of a slice, which has no size.
fn is_slice(place: &Place) -> bool {
    matches!(place.path.last(), Some(Step::Index { range: true, .. }))
}

/// Whether an argument that is lent beside the receiver shows that the method takes `&self`: it has a part of the receiver in
/// common, or may have. It has none if it lies outside of what a `&mut` of the receiver's `own` refers to.
fn shows_shared(receiver: &Place, own: Option<&Place>, arg: &Arg) -> bool {
    if arg.passing == Passing::Value {
        return false;
    }
    match &arg.parts[0] {
        Some(Expr::Place(place)) if place.root != receiver.root => false,
        Some(Expr::Place(place)) => {
            let outside = place.is_apart(receiver) || own.is_some_and(|own| !place.is_within(own));
            !outside || receiver.is_within(place)
        }
        Some(e) => e.mentions(receiver.root),
        None => false,
    }
}

/// The variable of which an expression is a part.
fn root_of(e: &S) -> Option<&syn::Ident> {
    match e {
        S::Paren(p) => root_of(&p.expr),
        S::Field(f) => root_of(&f.base),
        S::Index(i) => root_of(&i.expr),
        S::Unary(u) => root_of(&u.expr),
        S::Path(p) => p.path.get_ident(),
        _ => None,
    }
}
