//! Emission of statements.

use super::Emitter;
use super::code::{Code, code};
use super::operators::{Prec, assignment_token};
use crate::ir::{BinOp, Block, Edit, Expr, Operator, Place, Step, Stmt, VarId};
use crate::kinds;
use crate::missing::zero_of_number;

impl Emitter<'_> {
    /// Statements in order, with a declaration and its branches written as one `let`.
    pub(crate) fn stmts(&self, stmts: &[Stmt]) -> Code {
        let mut out = Vec::new();
        let mut i = 0;
        while i < stmts.len() {
            let several = self
                .let_branches(&stmts[i..])
                .or_else(|| self.additions_to_a_slot(&stmts[i..]))
                .or_else(|| self.cuts_of_a_slot(&stmts[i..]));
            if let Some((tokens, used)) = several {
                out.push(tokens);
                i += used;
            } else {
                out.push(match &stmts[i] {
                    Stmt::Let { var, value } => self.let_stmt(*var, value, &stmts[i + 1..]),
                    stmt => self.stmt(stmt),
                });
                i += 1;
            }
        }
        out.into_iter().collect()
    }

    /// `let x; if c { …; x = a; } else { …; x = b; }`  ⇒  `let x = if c { …; a } else { …; b };`
    fn let_branches(&self, stmts: &[Stmt]) -> Option<(Code, usize)> {
        let [Stmt::Declare(var), branch @ Stmt::If { .. }, ..] = stmts else {
            return None;
        };
        let value = self.branch_value(branch, *var)?;
        let binding = self.binding(*var, self.is_written(*var));
        Some((code!(let #binding = #value;), 2))
    }

    fn branch_value(&self, stmt: &Stmt, var: VarId) -> Option<Code> {
        let Stmt::If { cond, then, els, tape: None } = stmt else {
            return None;
        };
        let then = self.block_value(then, var)?;
        let cond = self.condition(cond);
        if let [inner @ Stmt::If { .. }] = els.stmts.as_slice() {
            let els = self.branch_value(inner, var)?;
            return Some(code!(if #cond { #then } else #els));
        }
        let els = self.block_value(els, var)?;
        Some(code!(if #cond { #then } else { #els }))
    }

    fn block_value(&self, block: &Block, var: VarId) -> Option<Code> {
        if !block.saves.is_empty() || !block.loads.is_empty() {
            return None;
        }
        match block.stmts.split_last()? {
            (Stmt::Assign { place, value, init: true }, rest) if place.root == var && place.path.is_empty() => {
                if rest.iter().any(|s| crate::simplify::touches(s, var)) {
                    return None;
                }
                let rest = self.stmts(rest);
                let value = self.value(value);
                Some(code!(#rest #value))
            }
            (last @ Stmt::If { .. }, rest) => {
                let value = self.branch_value(last, var)?;
                let rest = self.stmts(rest);
                Some(code!(#rest #value))
            }
            _ if crate::lower::diverges(&block.stmts) => Some(self.stmts(&block.stmts)),
            _ => None,
        }
    }

    /// `mut x: T`, as far as needed.
    pub(super) fn binding(&self, var: VarId, mutable: bool) -> Code {
        let name = self.name(var);
        let mutable = mutable.then(|| code!(mut));
        let ty = self.program.vars[var].ty.as_ref().map(|ty| code!(: #ty));
        code!(#mutable #name #ty)
    }

    fn let_stmt(&self, var: VarId, value: &Expr, rest: &[Stmt]) -> Code {
        let binding = self.binding(var, self.is_written_in(var, rest));
        let untyped = self.program.vars[var].ty.is_none();
        let claimed = self.claimed_type(value).filter(|_| untyped).map(|(ty, _)| code!(: #ty));
        let claimed = claimed.or_else(|| self.type_for_methods(var, value).filter(|_| untyped));
        let read = if let Expr::Clone(of) = value { of } else { value };
        if let Expr::Place(place) = read
            && let Some(part) = self.part_of_cotangent(place, self.kind(var))
        {
            return code!(let #binding = #part;);
        }
        let code = self.as_number(self.kind(var), || self.value(value));
        let value = if untyped { self.claimed(value, code) } else { code };
        code!(let #binding #claimed = #value;)
    }

    fn stmt(&self, stmt: &Stmt) -> Code {
        match stmt {
            Stmt::Effect(e) if crate::lower::claims::is_claim(e) && self.is_for_people() => Code::new(),
            Stmt::Let { var, value } => self.let_stmt(*var, value, &[]),
            Stmt::Declare(var) => {
                let binding = self.binding(*var, self.is_written(*var));
                code!(let #binding;)
            }
            Stmt::Assign { place, value, .. } => {
                if let Some(method) = self.unsized_assignment(place) {
                    let source = match value {
                        Expr::Clone(of) => self.value(of),
                        other => self.value(other),
                    };
                    let target = self.receiver(place);
                    return code!(#target.#method(&#source););
                }
                if place.is_view() || is_spread(value) {
                    return self.on_slot(place, |place| self.write_elements(place, value));
                }
                let mentioned = value.mentions(place.root);
                let none = is_none(value);
                let value = self.as_number(&kinds::of_place(self.program, place), || self.operand(value));
                self.on_slot(place, |place| {
                    if self.may_be_missing(place) {
                        let place = self.reference(place, true).tokens;
                        if none {
                            return code!(::differentiable::__private::vacate(#place););
                        }
                        if mentioned {
                            // The value is read before the place is borrowed.
                            let next = proc_macro2::Ident::new("next", proc_macro2::Span::mixed_site());
                            return code!({ let #next = #value; ::differentiable::__private::set(#place, #next); });
                        }
                        return code!(::differentiable::__private::set(#place, #value););
                    }
                    let place = self.place_mut(place).tokens;
                    code!(#place = #value;)
                })
            }
            Stmt::Replace { old, place, value } => self.replace(*old, place, value),
            Stmt::Update { place, op: BinOp::Add, value } if self.may_be_missing(place) => {
                self.add_part(place, value).expect("it may be missing")
            }
            Stmt::Update { place, op: BinOp::Sub, value } if self.may_be_missing(place) => {
                self.add_part(place, &crate::fold::negate(value.clone())).expect("it may be missing")
            }
            Stmt::Update { place, op, value } => {
                if place.is_view() {
                    let view = self.place_mut(place).tokens;
                    let value = self.operand(value);
                    let (name, method) = op.assigning();
                    let (name, method) = (
                        proc_macro2::Ident::new(name, proc_macro2::Span::mixed_site()),
                        proc_macro2::Ident::new(method, proc_macro2::Span::mixed_site()),
                    );
                    return code!(::core::ops::#name::#method(&mut #view, #value););
                }
                let check = (kinds::is_sum_in_place(self.program, self.types, place, *op, value)
                    && self.is_mirrored(&Expr::Place(place.clone())))
                .then(|| {
                    let operands = [Expr::Place(place.clone()), value.clone()].map(|e| self.by_reference(&e, false));
                    self.sum_check(Operator::Assign(*op), &operands)
                })
                .flatten();
                let token = assignment_token(*op);
                let target = self.place_mut(place).at_least(Prec::Unary);
                if self.is_lent_before(place, value) {
                    let operand = proc_macro2::Ident::new("operand", proc_macro2::Span::mixed_site());
                    let value = self.value(value);
                    return code!({ let #operand = #value; #check #target #token #operand; });
                }
                let value = self.operand(value);
                code!(#check #target #token #value;)
            }
            Stmt::Accumulate { place, value } => self.on_slot(place, |place| self.accumulate(place, value)),
            Stmt::Call(call) => self.call(call),
            Stmt::Pull(pull) => self.pull(pull),
            Stmt::If { cond, then, els, tape } => self.branch(cond, then, els, *tape),
            Stmt::Loop(l) => self.loop_stmt(l),
            Stmt::Scope { body, .. } => {
                let body = self.stmts(&body.stmts);
                code!({ #body })
            }
            Stmt::Edit(edit) => self.edit(edit),
            Stmt::Save { tape, slice: Expr::Place(place), lo, hi } => self.slice("save_slice", *tape, place, lo, hi),
            Stmt::Refill { var, value, len, keep } => {
                let (name, value, len) = (self.name(*var), self.value(value), self.value(len));
                let function = if *keep { code!(at_least) } else { code!(refill) };
                code!(::differentiable::__private::#function(&mut #name, #value, #len);)
            }
            Stmt::Restore { tape, place, lo, hi } => self.slice("restore_slice", *tape, place, lo, hi),
            Stmt::Taken { var, rest, len, .. } => {
                let (var, rest, len) = (self.name(*var), self.name(*rest), self.value(len));
                code!(let #var = ::differentiable::__private::taken(&mut #rest, #len);)
            }
            Stmt::Cut { var, slice: Expr::Place(slice), start, len, mutable } => {
                self.cut(*var, slice, start.as_ref(), len.as_ref(), *mutable)
            }
            Stmt::Quads { quads, tail, slice: Expr::Place(slice), mutable } => {
                self.quads(*quads, *tail, slice, *mutable)
            }
            Stmt::Save { .. } | Stmt::Cut { .. } | Stmt::Quads { .. } => {
                unreachable!("only places are saved and cut")
            }
            Stmt::Effect(e) => {
                let e = self.value(e);
                code!(#e;)
            }
            Stmt::Turn | Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => Code::new(),
        }
    }

    /// The method that overwrites what a parameter refers to, where it cannot be assigned as a whole.
    fn unsized_assignment(&self, place: &Place) -> Option<Code> {
        if !matches!(place.path.as_slice(), [crate::ir::Step::Deref]) {
            return None;
        }
        let var = &self.program.vars[place.root];
        let ty = var.ty.as_ref().or_else(|| self.program.vars[var.mirrors?].ty.as_ref())?;
        let syn::Type::Reference(reference) = ty else { return None };
        match &*reference.elem {
            syn::Type::Slice(_) => Some(code!(clone_from_slice)),
            syn::Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "ArrayRef") => Some(code!(assign)),
            _ => None,
        }
    }

    /// Wraps a write into a slot that may be absent.
    pub(crate) fn on_slot(&self, place: &Place, f: impl Fn(&Place) -> Code) -> Code {
        if !self.optional.contains(place.root) {
            return f(place);
        }
        let name = self.name(place.root);
        let inner = f(place);
        code!(if let ::core::option::Option::Some(#name) = #name.as_deref_mut() { #inner })
    }

    /// Several additions to a slot that may be absent, of which it is asked once whether it is there.
    fn additions_to_a_slot(&self, stmts: &[Stmt]) -> Option<(Code, usize)> {
        let Some(Stmt::Accumulate { place: first, .. }) = stmts.first() else { return None };
        if !self.optional.contains(first.root) {
            return None;
        }
        let to_slot = stmts.iter().map_while(|s| match s {
            Stmt::Accumulate { place, value } if place.root == first.root => Some((place, value)),
            _ => None,
        });
        let used = to_slot.clone().count();
        let all = |_: &Place| to_slot.clone().map(|(place, value)| self.accumulate(place, value)).collect();
        (used > 1).then(|| (self.on_slot(first, all), used))
    }

    pub(crate) fn is_optional(&self, v: VarId) -> bool {
        self.optional.contains(v)
    }

    /// Adds a tangent to a tangent.
    fn accumulate(&self, place: &Place, value: &Expr) -> Code {
        if let Some(tokens) = self.add_part(place, value) {
            return tokens;
        }
        let kind = kinds::of_place(self.program, place);
        if kind.is_number() {
            let target = self.place_mut(place).tokens;
            let (token, value) = match value {
                Expr::Neg(value) => (code!(-=), &**value),
                value => (code!(+=), value),
            };
            let lent = self.is_lent_before(place, value);
            let value = self.as_number(&kind, || self.value(value));
            if lent {
                let added = proc_macro2::Ident::new("added", proc_macro2::Span::mixed_site());
                return code!({ let #added = #value; #target #token #added; });
            }
            return code!(#target #token #value;);
        }
        let target = self.target(place);
        if let Some((function, value)) = folded(value) {
            let value = self.by_reference_to_elements(value);
            return code!(::differentiable::__private::#function(#target, #value););
        }
        let (function, value) = match value {
            Expr::Neg(value) => (code!(subtract), &**value),
            Expr::Ref { of, .. } => (code!(accumulate), &**of),
            value => (code!(accumulate), value),
        };
        // One part of a variable cannot be lent beside another that is changed.
        if value.mentions(place.root) {
            let added = proc_macro2::Ident::new("added", proc_macro2::Span::mixed_site());
            let value = self.expr(&Expr::Clone(Box::new(value.clone()))).tokens;
            return code!({ let #added = #value; ::differentiable::__private::#function(#target, &#added); });
        }
        let value = self.by_reference_to_elements(value);
        code!(::differentiable::__private::#function(#target, #value);)
    }

    /// A reference to a tangent; a view is dereferenced.
    pub(super) fn by_reference_to_elements(&self, value: &Expr) -> Code {
        match value {
            Expr::Place(place) if place.is_view() && !self.may_be_missing(place) => {
                let view = self.place(place).at_least(Prec::Unary);
                code!(&*#view)
            }
            value => {
                let value = self.expr(value).at_least(Prec::Unary);
                code!(&#value)
            }
        }
    }

    /// Writes to all elements of an array: what is written may be repeated.
    fn write_elements(&self, place: &Place, value: &Expr) -> Code {
        let target = self.target(place);
        if matches!(value, Expr::Zero(_)) {
            return code!(::differentiable::__private::clear(#target););
        }
        let inner = match value {
            Expr::Method { recv, .. } if is_spread(value) => recv,
            value => value,
        };
        let inner = match inner {
            Expr::Ref { of, .. } | Expr::Clone(of) => of,
            inner => inner,
        };
        let value = match inner {
            Expr::Place(place)
                if !place.is_view()
                    && let Some(tangent) = self.part_value(place) =>
            {
                code!(&#tangent)
            }
            inner => self.by_reference_to_elements(inner),
        };
        code!(::differentiable::__private::write(#target, #value);)
    }

    fn replace(&self, old: VarId, place: &Place, value: &Expr) -> Code {
        let pattern = self.pattern(old);
        if place.is_view() || is_spread(value) {
            let held = self.expr(&Expr::Clone(Box::new(Expr::Place(place.clone())))).tokens;
            let write = self.write_elements(place, value);
            return code!(let #pattern = #held; #write);
        }
        let kind = kinds::of_place(self.program, place);
        let new = self.value(value);
        if self.may_be_missing(place) {
            let target = self.reference(place, true).tokens;
            if is_none(value) {
                return code!(let #pattern = ::differentiable::__private::vacate(#target););
            }
            let next = proc_macro2::Ident::new("next", proc_macro2::Span::mixed_site());
            let mut part = code!({ let #next = #new; ::differentiable::__private::replace(#target, #next) });
            if let Some(zero) = zero_of_number(self.kind(old)) {
                part = code!(::differentiable::__private::read(&#zero, &#part));
            }
            return code!(let #pattern = #part;);
        }
        if kind.is_scalar() {
            let target = self.place_mut(place).tokens;
            return code!(let #pattern = #target; #target = #new;);
        }
        let target = self.reference(place, true).tokens;
        if value.mentions(place.root) {
            // The new value is read before the place is borrowed.
            let next = proc_macro2::Ident::new("next", proc_macro2::Span::mixed_site());
            return code!(let #pattern = { let #next = #new; ::core::mem::replace(#target, #next) };);
        }
        code!(let #pattern = ::core::mem::replace(#target, #new);)
    }

    /// `save_slice(&mut tape, &place, lo..hi)`, or `restore_slice(&mut tape, &mut place, lo..hi)`.
    fn slice(&self, function: &str, tape: VarId, place: &Place, lo: &Expr, hi: &Expr) -> Code {
        let place = self.reference(place, function == "restore_slice").tokens;
        let range = Expr::Range { lo: Some(Box::new(lo.clone())), hi: Some(Box::new(hi.clone())), inclusive: false };
        let (tape, range) = (self.name(tape), self.value(&range));
        let function = proc_macro2::Ident::new(function, proc_macro2::Span::mixed_site());
        code!(::differentiable::__private::#function(&mut #tape, #place, #range);)
    }

    fn edit(&self, edit: &Edit) -> Code {
        match edit {
            Edit::Push { place, value } => {
                let value = self.operand(value);
                if self.may_be_missing(place) {
                    let place = self.reference(place, true).tokens;
                    return code!(::differentiable::__private::push_item(#place, #value););
                }
                let place = self.receiver_mut(place);
                code!(#place.push(#value);)
            }
            Edit::Pop { var, place, unwrap } => {
                let popped = if self.may_be_missing(place) {
                    let place = self.reference(place, true).tokens;
                    code!(::differentiable::__private::pop_item(#place))
                } else {
                    let place = self.receiver_mut(place);
                    code!(#place.pop())
                };
                if !self.is_read(*var) {
                    return code!(#popped;);
                }
                let (pattern, unwrap) = (self.pattern(*var), unwrap.then(|| code!(.unwrap())));
                if self.may_be_missing(place)
                    && let Some(zero) = zero_of_number(self.kind(*var))
                {
                    return code!(let #pattern = ::differentiable::__private::read(&#zero, &#popped #unwrap););
                }
                code!(let #pattern = #popped #unwrap;)
            }
            Edit::Exchange(a, b) => {
                let missing = self.may_be_missing(a) || self.may_be_missing(b);
                let field = |p: &Place| {
                    p.path.iter().rev().find_map(|step| match step {
                        Step::Field(syn::Member::Named(name)) => Some(name.span()),
                        _ => None,
                    })
                };
                let span = field(a).or(field(b)).unwrap_or(a.span);
                let (a, b) = (self.reference(a, true).tokens, self.reference(b, true).tokens);
                if missing {
                    let both = Code::from(quote::quote_spanned!(span=> (&mut *#a, &mut *#b)));
                    return code!(::differentiable::__private::exchange(#both););
                }
                code!(::core::mem::swap(#a, #b);)
            }
            Edit::Permute { place, order, inverse } => {
                let missing = self.may_be_missing(place);
                let mut place = self.reference(place, true).tokens;
                if missing {
                    place = code!(::differentiable::__private::row(#place));
                }
                let order = self.expr(order).at_least(Prec::Unary);
                let function = if *inverse { code!(unpermute) } else { code!(permute) };
                code!(::differentiable::__private::#function(#place, &#order);)
            }
            Edit::Swap { place, i, j } => {
                let (i, j) = (self.value(i), self.value(j));
                if self.may_be_missing(place) {
                    let place = self.reference(place, true).tokens;
                    return code!(::differentiable::__private::swap_items(#place, #i, #j););
                }
                let place = self.receiver_mut(place);
                code!(#place.swap(#i, #j);)
            }
        }
    }
}

/// Whether a value is `None`, whose type what may be a constant does not tell.
fn is_none(value: &Expr) -> bool {
    match value {
        Expr::Zero(of) => is_none(of),
        Expr::Item(path, None) => crate::variants::is_named(path, "None"),
        _ => false,
    }
}

/// Whether a value is repeated along the axes of the array that it is written to.
fn is_spread(value: &Expr) -> bool {
    matches!(value, Expr::Method { name, args, .. } if name == "__spread" && args.is_empty())
}

/// A cotangent that is summed over the axes along which its operand was repeated, and the function that adds the sums or
/// takes them away.
pub(super) fn folded(value: &Expr) -> Option<(Code, &Expr)> {
    let Expr::Ref { of, .. } = value else { return None };
    match &**of {
        Expr::Method { recv, name, .. } if name == "__fold" => Some(match &**recv {
            Expr::Neg(value) => (code!(fold_out), &**value),
            value => (code!(fold_in), value),
        }),
        _ => None,
    }
}
