//! Methods of vectors and slices, in terms of assignments, loops and edits that have inverses.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr as S, Path};

use super::chosen::chosen;
use super::exprs::if_stmt;
use super::{Lowerer, strip};
use crate::ir::{BinOp, Edit, Expr, Place, Role, Sequence, Step, Stmt};
use crate::kinds::{self, Kind};
use crate::rules;

/// Methods that sort, with the function of the runtime that finds the order.
const SORTS: &[(&str, &str)] = &[
    ("sort", "order"),
    ("sort_unstable", "order"),
    ("sort_by", "order_by"),
    ("sort_unstable_by", "order_by"),
    ("sort_by_key", "order_by_key"),
    ("sort_unstable_by_key", "order_by_key"),
    ("sort_by_cached_key", "order_by_key"),
];

/// Methods that bring one element to its place, with the function of the runtime that finds the order.
const SELECTIONS: &[(&str, &str)] = &[
    ("select_nth_unstable", "order_around"),
    ("select_nth_unstable_by", "order_around_by"),
    ("select_nth_unstable_by_key", "order_around_by_key"),
];

/// Methods that belong to a sequence whatever its type is called.
const OF_SEQUENCES: &[&str] = &[
    "push",
    "push_back",
    "push_front",
    "pop",
    "pop_back",
    "pop_front",
    "swap",
    "fill",
    "extend",
    "extend_from_slice",
    "copy_from_slice",
    "clone_from_slice",
    "split_at",
    "split_at_mut",
];

/// Methods of vectors that have no derivative here, and what to write instead.
const REFUSED: &[(&str, &str)] = &[
    ("dedup_by", "collect what is to stay into a new `Vec`"),
    ("dedup_by_key", "collect what is to stay into a new `Vec`"),
    ("retain_mut", "change the elements in a loop, then use `retain`"),
    ("splice", "collect into a new `Vec`"),
    ("extend_from_within", "copy the part with `to_vec`, then use `extend`"),
];

impl Lowerer<'_> {
    /// Methods that change the length or the order of a vector, or view a part of it.
    pub(super) fn vector_method(
        &mut self,
        recv: &Expr,
        name: &str,
        m: &syn::ExprMethodCall,
        span: Span,
    ) -> Option<Expr> {
        // A type of another name has methods of its own, unless they are those of sequences, and it is used as one: it may be
        // the alias of one, but for that whose method this is.
        let whole = strip(recv.clone());
        let unknown = self.kind(&whole).deref() == &Kind::Unknown;
        if unknown && (self.uses.is_other(&m.receiver) || super::owners::is_built(&m.receiver, name)) {
            return None;
        }
        if self.keyed_type(recv).is_some() {
            return None;
        }
        // What an option holds may be a list of the user's own, whose `push` calls itself for the rest: the type tells.
        let waits = crate::methods::is_of_containers(&format!("__jvp_{name}"));
        let held = |s: &Step| match s {
            Step::Payload { variant, .. } => crate::variants::is_standard(variant),
            s => matches!(s, Step::Content),
        };
        let last = super::as_place(&whole).and_then(|p| p.path.iter().rfind(|s| !matches!(s, Step::Deref)));
        let held = last.is_some_and(held);
        if unknown && held && waits && !self.uses.is_certainly_sequence(&m.receiver) {
            return None;
        }
        let other = unknown && self.has_another_type(&whole);
        // Those that the runtime has companions for can wait for the type.
        let used =
            if waits { self.uses.is_certainly_sequence(&m.receiver) } else { self.uses.is_sequence(&m.receiver) };
        if other && (self.uses.is_struct(&m.receiver) || !OF_SEQUENCES.contains(&name) || self.is_self(&whole) || !used)
        {
            return None;
        }
        if let Some((_, instead)) = REFUSED.iter().find(|(n, _)| *n == name) {
            self.errors.at(span, format!("`{name}` of a sequence cannot be differentiated; {instead}"));
            return Some(unit());
        }
        if let Some((_, function)) = SORTS.iter().find(|(n, _)| *n == name) {
            let place = self.place_of(recv.clone(), span);
            let of = self.kept_value(Expr::Place(place.clone()));
            let mut args = vec![Expr::Ref { mutable: false, of: Box::new(of) }];
            args.extend(m.args.iter().map(|f| self.verbatim(f)));
            let order = self.order(function, args, span);
            self.emit(Stmt::Edit(Edit::Permute { place, order, inverse: false }));
            return Some(unit());
        }
        if let Some((_, function)) = SELECTIONS.iter().find(|(n, _)| *n == name)
            && let Some(at) = m.args.first()
        {
            let at = self.fixed_control(at);
            let place = self.pinned(recv, span);
            let of = self.kept_value(Expr::Place(place.clone()));
            let mut args = vec![Expr::Ref { mutable: false, of: Box::new(of) }, at.clone()];
            args.extend(m.args.iter().skip(1).map(|f| self.verbatim(f)));
            let order = self.order(function, args, span);
            self.emit(Stmt::Edit(Edit::Permute { place: place.clone(), order, inverse: false }));
            let behind = Expr::binary(BinOp::Add, at.clone(), Expr::int(1));
            return Some(Expr::Tuple(vec![
                part(&place, None, Some(at.clone()), true),
                self.element(&place, at, true),
                part(&place, Some(behind), None, true),
            ]));
        }
        self.view(recv, name, m, span)
            .or_else(|| self.resizing(recv, name, m, span))
            .or_else(|| self.in_place(recv, name, m, span))
    }

    /// Whether a place is the receiver of the method that is lowered.
    fn is_self(&self, of: &Expr) -> bool {
        let Some(place) = super::as_place(of) else { return false };
        let mut ty = self.program.vars[place.root].ty.as_ref();
        while let Some(syn::Type::Reference(r)) = ty {
            ty = Some(&r.elem);
        }
        matches!(ty, Some(syn::Type::Path(p)) if p.path.is_ident("Self"))
    }

    /// The permutation that a function of the runtime finds.
    fn order(&mut self, function: &str, args: Vec<Expr>, span: Span) -> Expr {
        let function = syn::Ident::new(function, Span::mixed_site());
        let func: Path = syn::parse_quote!(::differentiable::__private::#function);
        let value = Expr::Call { func, qself: None, args, ctor: false, tangent: false };
        let var = self.fresh("order", span, Kind::Constant, Role::Temporary);
        self.emit(Stmt::Let { var, value });
        Expr::var(var, span)
    }

    /// Methods that give references into a sequence.
    fn view(&mut self, recv: &Expr, name: &str, m: &syn::ExprMethodCall, span: Span) -> Option<Expr> {
        let kind = self.kind(&strip(recv.clone()));
        let sequence = matches!(kind.deref(), Kind::Seq(_) | Kind::Unknown | Kind::Array(_, Some(1)));
        match (name, m.args.len()) {
            ("split_at" | "split_at_mut", 1) => {
                let at = self.fixed_control(&m.args[0]);
                let place = self.place_of(recv.clone(), span);
                Some(halves(&place, at, name == "split_at_mut"))
            }
            ("split_at_checked" | "split_at_mut_checked", 1) if sequence => {
                let at = self.fixed_control(&m.args[0]);
                let place = self.pinned(recv, span);
                let some = Expr::binary(BinOp::Le, at.clone(), length(&place));
                Some(chosen(some, halves(&place, at, name == "split_at_mut_checked")))
            }
            (
                "first" | "last" | "first_mut" | "last_mut" | "front" | "back" | "front_mut" | "back_mut"
                | "split_first" | "split_last" | "split_first_mut" | "split_last_mut",
                0,
            ) if sequence || kind.deref().is_array() && !name.starts_with("split") => {
                let mutable = name.ends_with("mut");
                let place = self.pinned(recv, span);
                let some = Expr::Not(Box::new(rules::method(Expr::Place(place.clone()), "is_empty", Vec::new())));
                // It may be computed before it is known that there is one.
                let last = rules::method(length(&place), "saturating_sub", vec![Expr::int(1)]);
                // What it lies in is borrowed before its index is computed.
                let ends = !(name.contains("first") || name.contains("front"));
                let last = if mutable && ends { self.temporary(last, span) } else { last };
                let (at, rest) = if ends {
                    (last.clone(), part(&place, None, Some(last), mutable))
                } else {
                    (Expr::int(0), part(&place, Some(Expr::int(1)), None, mutable))
                };
                let at = if sequence { at } else { crate::arrays::in_order(at) };
                let element = self.element(&place, at, mutable);
                let item = if name.starts_with("split") { Expr::Tuple(vec![element, rest]) } else { element };
                Some(chosen(some, item))
            }
            ("get" | "get_mut", 1) if sequence && !self.is_float_by_value(&m.args[0]) => {
                let at = self.control(&m.args[0]);
                if matches!(at, Expr::Range { .. } | Expr::Tuple(_) | Expr::Array(..)) {
                    return None;
                }
                let at = if self.is_fixed(&at) { at } else { self.temporary(at, span) };
                let place = self.pinned(recv, span);
                let some = Expr::binary(BinOp::Lt, at.clone(), length(&place));
                let element = self.element(&place, at, name == "get_mut");
                Some(chosen(some, element))
            }
            ("concat", 0) => {
                let outer = match &m.receiver as &S {
                    S::Array(a) => Some(a.elems.iter().cloned().collect::<Vec<_>>()),
                    _ => None,
                };
                let var = self.let_var("items", span, Role::Temporary, Expr::Array(Vec::new(), Sequence::Vec));
                self.program.vars[var].mutable = true;
                let items = Place::var(var, span);
                if let Some(parts) = outer {
                    for e in &parts {
                        let source = self.place_or_value(e);
                        let source = self.place_of(source, span);
                        self.push_all(&items, &source, span);
                    }
                } else {
                    let place = self.pinned(recv, span);
                    self.for_each_index(&place.clone(), span, |l, i| {
                        let row = strip(l.element(&place, i, false));
                        let row = l.place_of(row, span);
                        l.push_all(&items, &row, span);
                    });
                }
                Some(Expr::Place(items))
            }
            _ => None,
        }
    }

    /// Methods that change the length of a vector.
    fn resizing(&mut self, recv: &Expr, name: &str, m: &syn::ExprMethodCall, span: Span) -> Option<Expr> {
        let known = |l: &Self| matches!(l.kind(&strip(recv.clone())).deref(), Kind::Seq(_) | Kind::Unknown);
        match (name, m.args.len()) {
            ("push" | "push_back", 1) => {
                let value = self.operand(&m.args[0]);
                let place = self.place_of(recv.clone(), span);
                self.note_copies(&place, &value);
                let value = self.as_copy(value, span);
                let value = self.as_atom(value, span);
                self.emit(Stmt::Edit(Edit::Push { place, value }));
                Some(unit())
            }
            ("pop" | "pop_back", 0) => {
                let place = self.place_of(recv.clone(), span);
                Some(self.pop(place, span))
            }
            ("push_front", 1) => {
                let value = self.operand(&m.args[0]);
                let place = self.place_of(recv.clone(), span);
                self.emit(Stmt::Edit(Edit::Push { place: place.clone(), value }));
                self.rotate("order_rotated_right", Expr::Place(place), Expr::int(1), span);
                Some(unit())
            }
            ("pop_front", 0) => {
                let place = self.place_of(recv.clone(), span);
                let one = rules::method(length(&place), "min", vec![Expr::int(1)]);
                self.rotate("order_rotated_left", Expr::Place(place.clone()), one, span);
                Some(self.pop(place, span))
            }
            ("extend" | "extend_from_slice", 1) => {
                let place = self.place_of(recv.clone(), span);
                let stream = self.stream_or_refuse(&m.args[0])?;
                self.run_stream(stream, span, &mut |l, item, _| {
                    let value = l.as_atom(strip(item), span);
                    l.emit(Stmt::Edit(Edit::Push { place: place.clone(), value }));
                });
                Some(unit())
            }
            ("append", 1) => {
                let place = self.place_of(recv.clone(), span);
                let other = self.place(&m.args[0]);
                let held = self.take_out(other, span);
                let held = self.place_of(held, span);
                self.push_all(&place, &held, span);
                Some(unit())
            }
            ("insert", 2) if known(self) => {
                let at = self.fixed_control(&m.args[0]);
                let value = self.operand(&m.args[1]);
                let place = self.place_of(recv.clone(), span);
                self.emit(Stmt::Edit(Edit::Push { place: place.clone(), value }));
                let moved = strip(part(&place, Some(at), None, true));
                self.rotate("order_rotated_right", moved, Expr::int(1), span);
                Some(unit())
            }
            ("remove", 1) if known(self) => {
                let at = self.control(&m.args[0]);
                let place = self.place_of(recv.clone(), span);
                let moved = strip(part(&place, Some(at), None, true));
                self.rotate("order_rotated_left", moved, Expr::int(1), span);
                Some(self.popped(place, span))
            }
            ("swap_remove", 1) => {
                let i = self.control(&m.args[0]);
                let place = self.place_of(recv.clone(), span);
                let j = self.temporary(Self::minus(length(&place), Expr::int(1)), span);
                self.emit(Stmt::Edit(Edit::Swap { place: place.clone(), i, j }));
                Some(self.popped(place, span))
            }
            ("truncate", 1) | ("clear", 0) => {
                let n = m.args.first().map_or_else(|| Expr::int(0), |n| self.control(n));
                let place = self.place_of(recv.clone(), span);
                self.shrink(&place, n, span);
                Some(unit())
            }
            ("resize_with", 2) => {
                let f = self.callable(&m.args[1])?;
                let n = self.fixed_control(&m.args[0]);
                let place = self.pinned(recv, span);
                let len = self.temporary(length(&place), span);
                self.range_loop("_i", len, n.clone(), span, |l, _, _| {
                    let value = l.apply(&f, Vec::new());
                    let value = l.as_atom(value, span);
                    l.emit(Stmt::Edit(Edit::Push { place: place.clone(), value }));
                });
                self.shrink(&place, n, span);
                Some(unit())
            }
            ("resize", 2) => {
                let n = self.fixed_control(&m.args[0]);
                let value = self.operand(&m.args[1]);
                let place = self.place_of(recv.clone(), span);
                let len = self.temporary(length(&place), span);
                self.range_loop("_i", len, n.clone(), span, |l, _, _| {
                    let value = match &value {
                        Expr::Place(_) => Expr::Clone(Box::new(value.clone())),
                        value => value.clone(),
                    };
                    l.emit(Stmt::Edit(Edit::Push { place: place.clone(), value }));
                });
                self.shrink(&place, n, span);
                Some(unit())
            }
            ("drain", 1) => {
                // As a statement of its own: what is taken out is dropped.
                self.taken_part(recv, &m.args[0], span).map(|_| unit())
            }
            ("split_off", 1) => {
                let at = self.fixed_control(&m.args[0]);
                let place = self.place_of(recv.clone(), span);
                let tail = strip(part(&place, Some(at.clone()), None, false));
                let tail = self.temporary(rules::method(tail, "to_vec", Vec::new()), span);
                self.shrink(&place, at, span);
                Some(tail)
            }
            ("retain" | "dedup", n) if n == usize::from(name == "retain") => {
                let place = self.place_of(recv.clone(), span);
                let f = match m.args.first() {
                    Some(f) => Some(self.callable(f)?),
                    None => None,
                };
                let held = self.take_out(place.clone(), span);
                let held = self.place_of(held, span);
                self.for_each_index(&held.clone(), span, |l, i| {
                    let item = l.element(&held, i.clone(), false);
                    let keep = if let Some(f) = &f {
                        l.apply_control(f, vec![item.clone()])
                    } else {
                        let before = strip(l.element(&held, Self::minus(i.clone(), Expr::int(1)), false));
                        let differs = Expr::binary(BinOp::Ne, strip(item.clone()), before);
                        Expr::binary(BinOp::Or, Expr::binary(BinOp::Eq, i, Expr::int(0)), differs)
                    };
                    let value = Expr::Clone(Box::new(strip(item)));
                    let push = Stmt::Edit(Edit::Push { place: place.clone(), value });
                    l.emit(if_stmt(keep, vec![push], Vec::new()));
                });
                Some(unit())
            }
            _ => None,
        }
    }

    /// What a part of a vector held, which is taken out: `drain`.
    pub(super) fn taken_part(&mut self, recv: &Expr, range: &S, span: Span) -> Option<Expr> {
        let S::Range(range) = range else { return None };
        let place = self.place_of(recv.clone(), span);
        let bound = |l: &mut Self, e: Option<&S>, or: Expr| {
            let at = e.map_or(or, |e| l.control(e));
            if l.is_fixed(&at) { at } else { l.temporary(at, span) }
        };
        let lo = bound(self, range.start.as_deref(), Expr::int(0));
        let mut hi = bound(self, range.end.as_deref(), length(&place));
        if matches!(range.limits, syn::RangeLimits::Closed(_)) {
            hi = Expr::binary(BinOp::Add, hi, Expr::int(1));
        }
        let held = strip(part(&place, Some(lo.clone()), Some(hi.clone()), false));
        let held = self.temporary(rules::method(held, "to_vec", Vec::new()), span);
        let n = self.temporary(Self::minus(hi, lo.clone()), span);
        let moved = strip(part(&place, Some(lo), None, true));
        self.rotate("order_rotated_left", moved, n.clone(), span);
        let rest = Self::minus(length(&place), n);
        self.shrink(&place, rest, span);
        Some(held)
    }

    /// Methods that change elements, or their order.
    fn in_place(&mut self, recv: &Expr, name: &str, m: &syn::ExprMethodCall, span: Span) -> Option<Expr> {
        match (name, m.args.len()) {
            ("swap", 2) => {
                let (i, j) = (self.control(&m.args[0]), self.control(&m.args[1]));
                let place = self.place_of(recv.clone(), span);
                self.emit(Stmt::Edit(Edit::Swap { place, i, j }));
                Some(unit())
            }
            ("reverse", 0) => {
                let place = self.pinned(recv, span);
                let half = Expr::binary(BinOp::Div, length(&place), Expr::int(2));
                self.range_loop("i", Expr::int(0), half, span, |l, i, _| {
                    let j = Self::minus(Self::minus(length(&place), Expr::int(1)), i.clone());
                    let j = l.temporary(j, span);
                    l.emit(Stmt::Edit(Edit::Swap { place: place.clone(), i, j }));
                });
                Some(unit())
            }
            ("rotate_left" | "rotate_right", 1) if !matches!(self.kind(&strip(recv.clone())).deref(), Kind::Int) => {
                let k = self.control(&m.args[0]);
                let place = self.place_of(recv.clone(), span);
                let function = if name == "rotate_left" { "order_rotated_left" } else { "order_rotated_right" };
                self.rotate(function, Expr::Place(place), k, span);
                Some(unit())
            }
            ("fill", 1) => {
                let value = self.scalar(&m.args[0]);
                let place = self.place_of(recv.clone(), span);
                self.for_each_index(&place, span, |l, i| {
                    let at = place.step(Step::Index { at: Box::new(i), range: false });
                    l.emit(Stmt::Assign { place: at, value, init: false });
                });
                Some(unit())
            }
            ("fill_with", 1) => {
                let f = self.callable(&m.args[0])?;
                let place = self.pinned(recv, span);
                self.for_each_index(&place.clone(), span, |l, i| {
                    let value = l.apply(&f, Vec::new());
                    let value = l.as_atom(value, span);
                    let at = place.step(Step::Index { at: Box::new(i), range: false });
                    l.emit(Stmt::Assign { place: at, value, init: false });
                });
                Some(unit())
            }
            ("copy_from_slice" | "clone_from_slice", 1) => {
                let source = self.place_or_value(&m.args[0]);
                let source = self.place_of(source, span);
                let place = self.place_of(recv.clone(), span);
                self.for_each_index(&place, span, |l, i| {
                    let to = place.step(Step::Index { at: Box::new(i.clone()), range: false });
                    let from = source.step(Step::Index { at: Box::new(i), range: false });
                    l.emit(Stmt::Assign { place: to, value: Expr::Place(from), init: false });
                });
                Some(unit())
            }
            ("swap_with_slice", 1) => {
                let other = self.place(&m.args[0]);
                let place = self.place_of(recv.clone(), span);
                self.for_each_index(&place, span, |l, i| {
                    let a = place.step(Step::Index { at: Box::new(i.clone()), range: false });
                    let b = other.step(Step::Index { at: Box::new(i), range: false });
                    l.exchange(a, b, span);
                });
                Some(unit())
            }
            ("copy_within", 2) => {
                let S::Range(_) = &m.args[0] else { return None };
                let from = self.control(&m.args[0]);
                let to = self.control(&m.args[1]);
                let to = if self.is_fixed(&to) { to } else { self.temporary(to, m.args[1].span()) };
                let place = self.pinned(recv, span);
                let part = Expr::Place(place.step(Step::Index { at: Box::new(from), range: true }));
                let held = self.temporary(rules::method(part, "to_vec", Vec::new()), span);
                let held = self.place_of(held, span);
                self.for_each_index(&held.clone(), span, |l, i| {
                    let at = Expr::binary(BinOp::Add, to.clone(), i.clone());
                    let target = place.step(Step::Index { at: Box::new(at), range: false });
                    let source = held.step(Step::Index { at: Box::new(i), range: false });
                    l.emit(Stmt::Assign { place: target, value: Expr::Place(source), init: false });
                });
                Some(unit())
            }
            _ => None,
        }
    }

    /// Exchanges the values of two places, without a copy if they are more than numbers.
    pub(super) fn exchange(&mut self, a: Place, b: Place, span: Span) {
        let scalar = [&a, &b].into_iter().any(|p| kinds::of_place(&self.program, p).deref().is_scalar());
        if !scalar && !a.may_overlap(&b) {
            self.emit(Stmt::Edit(Edit::Exchange(a, b)));
            return;
        }
        let old = self.temporary(Expr::Place(a.clone()), span);
        self.emit(Stmt::Assign { place: a, value: Expr::Place(b.clone()), init: false });
        self.emit(Stmt::Assign { place: b, value: old, init: false });
    }

    /// What a place holds, which is empty from then on.
    pub(super) fn take_out(&mut self, place: Place, span: Span) -> Expr {
        let sequence = matches!(kinds::of_place(&self.program, &place).deref(), Kind::Seq(_));
        let empty = if sequence {
            Expr::Array(Vec::new(), Sequence::Vec)
        } else {
            Expr::Call {
                func: syn::parse_quote!(::core::default::Default::default),
                qself: None,
                args: Vec::new(),
                ctor: false,
                tangent: false,
            }
        };
        self.put_in(place, empty, span)
    }

    /// What a place holds, which holds the value from then on.
    pub(super) fn put_in(&mut self, place: Place, value: Expr, span: Span) -> Expr {
        let kind = kinds::of_place(&self.program, &place);
        let old = self.fresh("t", span, kind, Role::Temporary);
        self.emit(Stmt::Replace { old, place, value });
        Expr::var(old, span)
    }

    /// Pops the elements from the n-th on.
    fn shrink(&mut self, place: &Place, n: Expr, span: Span) {
        let n = if self.is_fixed(&n) { n } else { self.temporary(n, span) };
        let len = self.temporary(length(place), span);
        self.range_loop("_i", n, len, span, |l, _, _| {
            let _ = l.pop(place.clone(), span);
        });
    }

    fn pop(&mut self, place: Place, span: Span) -> Expr {
        let inner = match kinds::of_place(&self.program, &place).deref() {
            Kind::Seq(kind) => (**kind).clone(),
            _ => Kind::Unknown,
        };
        let var = self.fresh("t", span, Kind::Option(Box::new(inner)), Role::Temporary);
        self.emit(Stmt::Edit(Edit::Pop { var, place, unwrap: false }));
        Expr::var(var, span)
    }

    /// The last element of a vector that has one.
    fn popped(&mut self, place: Place, span: Span) -> Expr {
        let last = self.pop(place, span);
        self.temporary(rules::method(last, "unwrap", Vec::new()), span)
    }

    fn rotate(&mut self, function: &str, place: Expr, k: Expr, span: Span) {
        let place = self.place_of(place, span);
        let order = self.order(function, vec![length(&place), k], span);
        self.emit(Stmt::Edit(Edit::Permute { place, order, inverse: false }));
    }

    /// Pushes copies of the elements of one sequence to another.
    fn push_all(&mut self, to: &Place, from: &Place, span: Span) {
        self.for_each_index(from, span, |l, i| {
            let element = Expr::Place(from.step(Step::Index { at: Box::new(i), range: false }));
            let kind = l.kind(&element);
            if let Kind::Seq(inner) = &l.program.vars[to.root].kind
                && to.path.is_empty()
            {
                let joined = inner.join(&kind);
                l.program.vars[to.root].kind = Kind::Seq(Box::new(joined));
            }
            let value = if kind.is_scalar() { element } else { Expr::Clone(Box::new(element)) };
            l.emit(Stmt::Edit(Edit::Push { place: to.clone(), value }));
        });
    }

    /// An index or a number that keeps its value.
    fn fixed_control(&mut self, e: &S) -> Expr {
        let at = self.control(e);
        self.fixed(at, e.span())
    }

    pub(super) fn pinned(&mut self, recv: &Expr, span: Span) -> Place {
        let place = self.place_of(recv.clone(), span);
        match self.pin(Expr::Place(place)) {
            Expr::Place(place) => place,
            _ => unreachable!("pinning keeps places"),
        }
    }

    /// A reference to an element.
    fn element(&mut self, place: &Place, at: Expr, mutable: bool) -> Expr {
        let element = self.normal(Expr::Place(super::places::element_of(place, at)));
        Expr::Ref { mutable, of: Box::new(element) }
    }

    /// Emits a loop over the indices of a sequence.
    pub(super) fn for_each_index(&mut self, place: &Place, span: Span, f: impl FnOnce(&mut Self, Expr)) {
        self.range_loop("i", Expr::int(0), length(place), span, |l, i, _| f(l, i));
    }
}

/// `(&place[..at], &place[at..])`.
fn halves(place: &Place, at: Expr, mutable: bool) -> Expr {
    Expr::Tuple(vec![part(place, None, Some(at.clone()), mutable), part(place, Some(at), None, mutable)])
}

fn unit() -> Expr {
    Expr::Tuple(Vec::new())
}

fn length(place: &Place) -> Expr {
    rules::method(Expr::Place(place.clone()), "len", Vec::new())
}

/// `&place[lo..hi]`.
fn part(place: &Place, lo: Option<Expr>, hi: Option<Expr>, mutable: bool) -> Expr {
    let at = Expr::Range { lo: lo.map(Box::new), hi: hi.map(Box::new), inclusive: false };
    let of = Box::new(Expr::Place(place.step(Step::Index { at: Box::new(at), range: true })));
    Expr::Ref { mutable, of }
}
