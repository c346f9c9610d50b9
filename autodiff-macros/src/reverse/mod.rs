//! Reverse mode: a forward sweep that saves, and a backward sweep that undoes and accumulates.
//!
//! In: a program of level 0 in A-normal form. Out: the program `forward; Turn; backward`. The backward
//! sweep reverses every statement: it restores what the statement overwrote, so that the state is what
//! it was before the statement, and adds to the cotangents of its operands. Everything is saved and
//! restored here; what nobody reads is removed by simplification. Backward scopes use variables of the
//! forward scope that they mirror as if they were visible: [`crate::tape`] makes them so.

mod calls;
mod checkpoint;
mod literals;
mod shapes;
mod sums;
mod values;

pub(crate) use calls::is_pulled_anew;
pub(crate) use shapes::of_containers;

use proc_macro2::Span;

use crate::activity;
use crate::complex::Partials;
use crate::dispatch::{self, is_assigned_by_trait};
use crate::fold;
use crate::ir::{
    BinOp, Block, Callee, Edit, Expr, Header, Loop, Operator, Passing, Place, Plan, Program, Reverse, Role, Step, Stmt,
    Tape, VarId,
};
use crate::kinds::{self, Float, Kind, Types};
use crate::var_set::{VarMap, VarSet};
use crate::{rules, variants};

/// Differentiates a program backward with respect to its active parameters.
pub(crate) fn transform(program: &Program, types: &Types) -> Program {
    let program = &checkpoint::in_parts(program);
    let seeds = program.params.iter().filter(|p| p.active).map(|p| p.parts[0]);
    let mut active = activity::varied(program, seeds);
    active.intersect(&activity::useful(program));
    active.extend(program.params.iter().filter(|p| p.active).map(|p| p.parts[0]));
    let mut pass =
        Pass { out: program.without_body(), types, active, adjoints: VarMap::new(), literals: VarMap::new() };
    let span = Span::mixed_site();
    for param in &program.params {
        let var = param.parts[0];
        if param.active {
            let d = pass.adjoint(var);
            if param.passing != Passing::Value {
                pass.out.vars[d].kind = Kind::Ref(Box::new(pass.out.vars[var].kind.deref().tangent()));
                pass.out.vars[d].mutable = true;
            }
        }
    }
    let (forward, declarations, backward) = pass.parts(&program.body);
    let value_kind = kinds::of_expr(program, types, &program.value[0]).tangent();
    let cotangent = pass.out.fresh("ct", span, value_kind, Role::Adjoint);
    let mut stmts = forward;
    stmts.push(Stmt::Turn);
    let mut adjoints = Vec::new();
    for param in &program.params {
        let var = param.parts[0];
        if param.active {
            let d = pass.adjoints[var];
            adjoints.push(vec![d]);
            if param.passing == Passing::Value {
                stmts.push(Stmt::Let { var: d, value: Expr::Zero(Box::new(Expr::var(var, span))) });
            }
        } else {
            adjoints.push(Vec::new());
        }
    }
    stmts.extend(declarations);
    pass.pull_back(&program.value[0], &Place::var(cotangent, span), None, &mut stmts);
    stmts.extend(backward);
    let mut out = pass.out;
    out.body = Block { stmts, ..Block::default() };
    out.reverse = Some(Reverse { cotangent: vec![cotangent], adjoints });
    out
}

/// Gives the value of a reversed program the cotangent 1.
pub(crate) fn seed(program: &mut Program, float: Float) {
    let Some(reverse) = &mut program.reverse else {
        return;
    };
    let Some(cotangent) = reverse.cotangent.pop() else {
        return;
    };
    if let Some(turn) = program.body.stmts.iter().position(|s| matches!(s, Stmt::Turn)) {
        program.body.stmts.insert(turn + 1, Stmt::Let { var: cotangent, value: Expr::Number(1.0, float) });
    }
}

struct Pass<'a> {
    out: Program,
    types: &'a Types,
    active: VarSet,
    adjoints: VarMap<VarId>,
    /// The values of variables that hold references.
    literals: VarMap<Expr>,
}

impl Pass<'_> {
    fn is_active(&self, v: VarId) -> bool {
        self.active.contains(v)
    }

    /// The variable that holds the cotangent of a variable.
    fn adjoint(&mut self, v: VarId) -> VarId {
        if let Some(d) = self.adjoints.get(v) {
            return *d;
        }
        let var = self.out.vars[v].clone();
        let d = self.out.fresh(
            format!("d_{}", var.name.trim_start_matches("r#")),
            var.span,
            var.kind.tangent(),
            Role::Adjoint,
        );
        self.out.vars[d].mutable = true;
        self.out.vars[d].mirrors = Some(v);
        self.adjoints.insert(v, d);
        d
    }

    fn is_param(&self, v: VarId) -> bool {
        self.out.params.iter().any(|p| p.parts[0] == v)
    }

    /// The place that mirrors a place, if it is active.
    fn mirror(&mut self, place: &Place) -> Option<Place> {
        if !self.is_active(place.root) || kinds::of_place(&self.out, place).is_constant() {
            return None;
        }
        let mut mirror = place.clone();
        mirror.mirror_steps(place);
        mirror.root = self.adjoint(place.root);
        // The cotangent of a variable that holds a reference is a value of its own.
        if matches!(self.out.vars[place.root].kind, Kind::Ref(_))
            && !self.is_param(place.root)
            && matches!(mirror.path.first(), Some(Step::Deref))
        {
            mirror.path.remove(0);
        }
        Some(mirror)
    }

    /// Reverses a block: its forward statements, and its backward statements, which begin with the
    /// declarations of the cotangents of the variables that the block defines.
    fn block(&mut self, block: &Block) -> (Vec<Stmt>, Vec<Stmt>) {
        let (forward, mut declared, backward) = self.parts(block);
        declared.extend(backward);
        (forward, declared)
    }

    fn parts(&mut self, block: &Block) -> (Vec<Stmt>, Vec<Stmt>, Vec<Stmt>) {
        let mut forward = Vec::new();
        let mut steps = Vec::new();
        let mut declared = Vec::new();
        let mut made = Vec::new();
        let mut stmts = block.stmts.iter().peekable();
        while let Some(stmt) = stmts.next() {
            let mut step = Vec::new();
            if let Some((call, place)) = sums::growth(&self.out, stmt, stmts.peek().copied()) {
                self.grow(call, place, &mut forward, &mut step);
                steps.push(step);
                stmts.next();
                continue;
            }
            if let Stmt::Let { var, value } = stmt
                && self.out.vars[*var].borrows
            {
                if self.is_stable(value) {
                    made.push((*var, value.clone()));
                } else {
                    self.literals.insert(*var, value.clone());
                }
            }
            for v in stmt.defines() {
                if self.is_active(v) && !matches!(stmt, Stmt::Loop(_)) {
                    let value = Expr::Zero(Box::new(Expr::var(v, self.out.vars[v].span)));
                    declared.push(Stmt::Let { var: self.adjoint(v), value });
                }
            }
            self.stmt(stmt, &mut forward, &mut step);
            steps.push(self.remade(step));
        }
        let mut declared = self.remade(declared);
        let mut backward = steps.into_iter().rev().flatten().collect();
        self.remake(made, &mut declared, &mut backward);
        (forward, declared, backward)
    }

    fn stmt(&mut self, stmt: &Stmt, forward: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        match stmt {
            Stmt::Let { var, value } => {
                forward.push(stmt.clone());
                if self.is_active(*var) {
                    let span = self.out.vars[*var].span;
                    let ct = Place::var(self.adjoint(*var), span);
                    self.pull_back(value, &ct, Some(&Expr::var(*var, span)), backward);
                }
            }
            Stmt::Assign { place, value, init } => {
                self.assign(place, value, *init, forward, backward);
            }
            Stmt::Replace { old, place, value } => self.replace(*old, place, value, forward, backward),
            Stmt::Update { place, op, value } => self.update(place, *op, value, forward, backward),
            Stmt::Call(call) => self.call(call, forward, backward),
            Stmt::If { cond, then, els, .. } => {
                let span = Span::mixed_site();
                let c = self.out.fresh("c", span, Kind::Bool, Role::Temporary);
                forward.push(Stmt::Let { var: c, value: cond.clone() });
                let tape = self.out.fresh("tape", span, Kind::Constant, Role::Tape);
                let (then_f, then_b) = self.block(then);
                let (els_f, els_b) = self.block(els);
                let cond = || Expr::var(c, span);
                forward.push(Stmt::If {
                    cond: cond(),
                    then: plain(then_f),
                    els: plain(els_f),
                    tape: Some(Tape::new(tape, true)),
                });
                backward.push(Stmt::If {
                    cond: cond(),
                    then: plain(then_b),
                    els: plain(els_b),
                    tape: Some(Tape::new(tape, false)),
                });
            }
            Stmt::Scope { body, checkpoint: true } => self.rerun(body, forward, backward),
            Stmt::Scope { body, checkpoint: false } => {
                // What a scope of its own stores must outlive it.
                let (f, b) = self.block(body);
                forward.extend(f);
                backward.extend(b);
            }
            Stmt::Loop(l) if matches!(l.plan, Some(Plan::Snapshots(_))) => self.by_snapshots(l, forward, backward),
            Stmt::Loop(l) => {
                let tape = self.out.fresh("tape", Span::mixed_site(), Kind::Constant, Role::Tape);
                let (f, b) = self.block(&l.body);
                let header = match &l.header {
                    Header::Range { var, lo, hi, inclusive, step, rev } if l.exits.is_empty() => Header::Range {
                        var: *var,
                        lo: lo.clone(),
                        hi: hi.clone(),
                        inclusive: *inclusive,
                        step: step.clone(),
                        rev: !rev,
                    },
                    _ => Header::Tape,
                };
                forward.push(Stmt::from(Loop { body: plain(f), tape: Some(Tape::new(tape, true)), ..(**l).clone() }));
                backward.push(Stmt::from(Loop {
                    label: l.label,
                    header,
                    body: plain(b),
                    exits: Vec::new(),
                    tape: Some(Tape::new(tape, false)),
                    plan: None,
                }));
            }
            Stmt::Edit(edit) => self.edit(edit, forward, backward),
            other => forward.push(other.clone()),
        }
    }

    /// Whether what a place holds is a struct of a few numbers, so that all its values have one shape.
    fn is_of_numbers(&self, place: &Place) -> bool {
        let ty = kinds::declared_type(&self.out, place);
        ty.is_some_and(|ty| self.out.surroundings.is_of_numbers(&ty))
    }

    fn assign(&mut self, place: &Place, value: &Expr, init: bool, forward: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        let span = place.span;
        let mirror = self.mirror(place);
        if init || place.path.is_empty() && self.out.vars[place.root].once {
            forward.push(Stmt::Assign { place: place.clone(), value: value.clone(), init });
            if let Some(mirror) = mirror {
                self.pull_back(value, &mirror, None, backward);
            }
            return;
        }
        let kind = kinds::of_place(&self.out, place);
        let old = self.out.fresh("old", span, kind.clone(), Role::Temporary);
        forward.push(Stmt::Replace { old, place: place.clone(), value: value.clone() });
        // A zero in the shape of the old value would keep that alive.
        let zero = match &kind {
            Kind::Float(float) => Expr::Number(0.0, float.clone()),
            _ if mirror.as_ref().is_some_and(Place::is_view) || is_repeated(value) || self.is_of_numbers(place) => {
                Expr::Zero(Box::new(Expr::Place(mirror.clone().unwrap_or_else(|| place.clone()))))
            }
            _ => Expr::Zero(Box::new(Expr::var(old, span))),
        };
        let ct = self.out.fresh("ct", span, kind.tangent(), Role::Adjoint);
        if let Some(mirror) = &mirror {
            backward.push(Stmt::Replace { old: ct, place: mirror.clone(), value: zero });
        }
        backward.push(Stmt::Assign { place: place.clone(), value: Expr::var(old, span), init: false });
        if mirror.is_some() {
            self.pull_back(value, &Place::var(ct, span), None, backward);
        }
    }

    /// `let old = mem::replace(&mut place, value)`, written by the user.
    fn replace(&mut self, old: VarId, place: &Place, value: &Expr, forward: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        let span = place.span;
        forward.push(Stmt::Replace { old, place: place.clone(), value: value.clone() });
        let ct = self.out.fresh("ct", span, kinds::of_place(&self.out, place).tangent(), Role::Adjoint);
        let mirror = self.mirror(place);
        if let Some(mirror) = &mirror {
            let whole = Expr::var(old, span);
            let back = if self.is_active(old) {
                Expr::Clone(Box::new(Expr::var(self.adjoint(old), span)))
            } else {
                Expr::Zero(Box::new(whole))
            };
            backward.push(Stmt::Replace { old: ct, place: mirror.clone(), value: back });
        }
        let restored = Expr::Clone(Box::new(Expr::var(old, span)));
        backward.push(Stmt::Assign { place: place.clone(), value: restored, init: false });
        if mirror.is_some() {
            self.pull_back(value, &Place::var(ct, span), None, backward);
        }
    }

    fn update(&mut self, place: &Place, op: BinOp, value: &Expr, forward: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        let span = place.span;
        let kind = kinds::of_place(&self.out, place);
        let this = Expr::Place(place.clone());
        let step = Stmt::Update { place: place.clone(), op, value: value.clone() };
        if kind == Kind::Int && matches!(op, BinOp::Add | BinOp::Sub) {
            let inverse = if op == BinOp::Add { BinOp::Sub } else { BinOp::Add };
            forward.push(step);
            backward.push(Stmt::Update { place: place.clone(), op: inverse, value: value.clone() });
            return;
        }
        let old = self.out.fresh("old", span, kind.clone(), Role::Temporary);
        let held = if kind.is_scalar() { this.clone() } else { Expr::Clone(Box::new(this.clone())) };
        forward.push(Stmt::Let { var: old, value: held });
        forward.push(step);
        backward.push(Stmt::Assign { place: place.clone(), value: Expr::var(old, span), init: false });
        let Some(mirror) = self.mirror(place) else {
            return;
        };
        let d = Expr::Place(mirror.clone());
        if kinds::is_sum_in_place(&self.out, self.types, place, op, value) && !value.mentions(place.root) {
            self.add(value, if op == BinOp::Sub { Expr::Neg(Box::new(d)) } else { d }, backward);
            return;
        }
        if is_assigned_by_trait(&self.out, self.types, place, op, value) {
            let ct = self.out.fresh("ct", span, kind.tangent(), Role::Adjoint);
            let zero = Expr::Zero(Box::new(this.clone()));
            backward.push(Stmt::Replace { old: ct, place: mirror, value: zero });
            let callee = Callee::Operator(Operator::Assign(op));
            let call = dispatch::call(callee, vec![dispatch::pass(this), dispatch::pass(value.clone())], old, span);
            let tape = self.out.fresh("pullback", span, Kind::Unknown, Role::Tape);
            self.pull(&call, tape, Some(Expr::var(ct, span)), backward);
            return;
        }
        match op {
            BinOp::Add if !kind.is_complex() => self.add(value, d, backward),
            BinOp::Sub if !kind.is_complex() => self.add(value, fold::negate(d), backward),
            _ => {
                let rule = rules::operator(op).expect("compound assignment of floats is arithmetic");
                let float = kinds::float_of([kind.clone()].into_iter());
                let ct = self.out.fresh("ct", span, kind.tangent(), Role::Adjoint);
                let args = [this.clone(), value.clone()];
                let result = Expr::binary(op, this, value.clone());
                backward.push(Stmt::Let { var: ct, value: d });
                let partials = Partials::new(&self.out, self.types, rule, &args, &result, &float);
                let cotangent =
                    |i| partials.cotangent(i, Expr::var(ct, span)).expect("operators have two partial derivatives");
                let (by_place, by_value) = (cotangent(0), cotangent(1));
                backward.push(Stmt::Assign { place: mirror, value: by_place, init: false });
                self.add(value, by_value, backward);
            }
        }
    }

    fn edit(&mut self, edit: &Edit, forward: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        forward.push(Stmt::Edit(edit.clone()));
        match edit {
            Edit::Push { place, value } => {
                let span = place.span;
                let kind = kinds::of_expr(&self.out, self.types, value);
                let restored = self.out.fresh("popped", span, kind.clone(), Role::Temporary);
                backward.push(Stmt::Edit(Edit::Pop { var: restored, place: place.clone(), unwrap: true }));
                if let Some(mirror) = self.mirror(place) {
                    let ct = self.out.fresh("ct", span, kind.tangent(), Role::Adjoint);
                    backward.push(Stmt::Edit(Edit::Pop { var: ct, place: mirror, unwrap: true }));
                    self.pull_back(value, &Place::var(ct, span), None, backward);
                }
            }
            Edit::Pop { var, place, .. } => {
                let span = place.span;
                let popped = Place::var(*var, span);
                let mut then = Vec::new();
                let content = Expr::Place(popped.step(variants::payload(variants::some())));
                let value = Expr::Clone(Box::new(content.clone()));
                then.push(Stmt::Edit(Edit::Push { place: place.clone(), value }));
                if let Some(mirror) = self.mirror(place) {
                    // What nobody has used has no cotangent, but its place has.
                    let value = if self.is_active(*var) {
                        let d = Place::var(self.adjoint(*var), span);
                        Expr::Clone(Box::new(Expr::Place(d.step(variants::tangent_payload(variants::some())))))
                    } else {
                        Expr::Zero(Box::new(content))
                    };
                    then.push(Stmt::Edit(Edit::Push { place: mirror, value }));
                }
                let cond = rules::method(Expr::Place(popped), "is_some", Vec::new());
                backward.push(Stmt::If { cond, then: plain(then), els: Block::default(), tape: None });
            }
            Edit::Exchange(a, b) => {
                backward.push(Stmt::Edit(edit.clone()));
                match (self.mirror(a), self.mirror(b)) {
                    (Some(a), Some(b)) => backward.push(Stmt::Edit(Edit::Exchange(a, b))),
                    (None, None) => {}
                    _ => unreachable!("places that exchange their values are active together"),
                }
            }
            Edit::Permute { place, order, inverse } => {
                let back = |place| Stmt::Edit(Edit::Permute { place, order: order.clone(), inverse: !inverse });
                backward.push(back(place.clone()));
                if let Some(mirror) = self.mirror(place) {
                    backward.push(back(mirror));
                }
            }
            Edit::Swap { place, i, j } => {
                backward.push(Stmt::Edit(edit.clone()));
                if let Some(place) = self.mirror(place) {
                    backward.push(Stmt::Edit(Edit::Swap { place, i: i.clone(), j: j.clone() }));
                }
            }
        }
    }
}

fn plain(stmts: Vec<Stmt>) -> Block {
    Block { stmts, ..Block::default() }
}

/// Whether a value is repeated along the axes of the array that it is written to, whose shape stays.
fn is_repeated(value: &Expr) -> bool {
    matches!(value, Expr::Method { name, .. } if name == "__spread")
}
