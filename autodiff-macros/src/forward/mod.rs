//! Forward mode: beside every variable that depends on an active input stands its tangent.
//!
//! In: a program of any level, also one with a backward sweep. Out: the same program one level up:
//! every parameter, value and cotangent has twice as many components. The transform maps each
//! statement to itself and its derivative, so it composes with itself and with reverse mode.

mod structs;
mod values;

use crate::activity;
use crate::dispatch::{self, is_assigned_by_trait};
use crate::ir::{Arg, Block, Callee, Edit, Expr, Loop, Operator, Place, Program, Pull, Role, Stmt, VarId};
use crate::kinds::{Kind, Types};
use crate::var_set::{VarMap, VarSet};

/// Differentiates a program along the tangents of its active parameters and of its cotangent.
pub(crate) fn transform(program: &Program, types: &Types) -> Program {
    let mut seeds: Vec<VarId> = program.params.iter().filter(|p| p.active).flat_map(|p| p.parts.clone()).collect();
    if let Some(reverse) = &program.reverse {
        seeds.extend(reverse.cotangent.iter().chain(reverse.adjoints.iter().flatten()));
    }
    let varied = activity::varied(program, seeds);
    let mut pass = Pass { out: program.without_body(), types, varied, tangents: VarMap::new() };
    for param in &program.params {
        if param.active {
            param.parts.iter().for_each(|v| {
                pass.tangent_var(*v);
            });
        }
    }
    let body = pass.block(&program.body);
    let mut out = pass.out.without_body();
    out.body = body;
    for (param, old) in out.params.iter_mut().zip(&program.params) {
        if old.active {
            param.parts.extend(old.parts.iter().map(|v| pass.tangents[*v]));
        }
    }
    out.value.extend(program.value.iter().map(|e| pass.tangent_or_zero(e)));
    if let (Some(reverse), Some(old)) = (&mut out.reverse, &program.reverse) {
        reverse.cotangent.extend(old.cotangent.iter().map(|v| pass.tangent_var(*v)));
        for (list, old) in reverse.adjoints.iter_mut().zip(&old.adjoints) {
            list.extend(old.iter().map(|v| pass.tangent_var(*v)));
        }
    }
    out.vars = pass.out.vars;
    out
}

struct Pass<'a> {
    out: Program,
    types: &'a Types,
    varied: VarSet,
    tangents: VarMap<VarId>,
}

impl Pass<'_> {
    fn is_varied(&self, v: VarId) -> bool {
        self.varied.contains(v)
    }

    fn tangent_var(&mut self, v: VarId) -> VarId {
        if let Some(t) = self.tangents.get(v) {
            return *t;
        }
        let var = self.out.vars[v].clone();
        let kind = match &var.kind {
            Kind::Ref(inner) => Kind::Ref(Box::new(inner.tangent())),
            kind => kind.tangent(),
        };
        let name = format!("{}_dot", var.name.trim_start_matches("r#"));
        let t = self.out.fresh(name, var.span, kind, Role::Tangent);
        self.out.vars[t].mutable = var.mutable;
        self.out.vars[t].mirrors = Some(var.mirrors.unwrap_or(v));
        self.out.vars[t].tangent_of = Some(v);
        self.tangents.insert(v, t);
        t
    }

    fn vars(&mut self, list: &[VarId]) -> Vec<VarId> {
        let mut all = list.to_vec();
        for v in list {
            if self.is_varied(*v) && self.out.vars[*v].role != Role::Tape {
                let t = self.tangent_var(*v);
                all.push(t);
            }
        }
        all
    }

    fn block(&mut self, block: &Block) -> Block {
        let mut stmts = Vec::new();
        for stmt in &block.stmts {
            self.stmt(stmt, &mut stmts);
        }
        Block { loads: self.vars(&block.loads), stmts, saves: self.vars(&block.saves) }
    }

    fn stmt(&mut self, stmt: &Stmt, out: &mut Vec<Stmt>) {
        let mut stmt = stmt.clone();
        match &mut stmt {
            Stmt::Let { value, .. } => self.name_parts(value, out),
            Stmt::Assign { value, .. }
            | Stmt::Replace { value, .. }
            | Stmt::Update { value, .. }
            | Stmt::Edit(Edit::Push { value, .. }) => self.name_structs(value, out),
            Stmt::Call(call) => {
                call.args.iter_mut().flat_map(|a| &mut a.parts).flatten().for_each(|e| self.name_structs(e, out));
            }
            Stmt::Pull(pull) => {
                pull.args.iter_mut().flat_map(|a| &mut a.parts).flatten().for_each(|e| self.name_structs(e, out));
            }
            _ => {}
        }
        let stmt = &stmt;
        match stmt {
            // What is moved away is read before.
            Stmt::Let { var, value: value @ Expr::Place(_) }
                if self.is_varied(*var) && self.tangent(value, value).is_some() =>
            {
                self.let_tangent(*var, value, out);
                out.push(stmt.clone());
            }
            Stmt::Let { var, value } => {
                out.push(stmt.clone());
                if self.is_varied(*var) {
                    self.let_tangent(*var, value, out);
                }
            }
            Stmt::Declare(var) => {
                out.push(stmt.clone());
                if self.is_varied(*var) {
                    out.push(Stmt::Declare(self.tangent_var(*var)));
                }
            }
            // The type of what an option without a value is mapped to, or of a boxed error, is known from its variable only.
            Stmt::Assign { place, value, init }
                if (*init || matches!(value, Expr::Call { ctor: true, .. }))
                    && self.tangent(value, value).is_none() =>
            {
                out.push(stmt.clone());
                if let Some(target) = self.tangent_place(place) {
                    let value = Expr::Zero(Box::new(Expr::Place(place.clone())));
                    out.push(Stmt::Assign { place: target, value, init: *init });
                }
            }
            Stmt::Assign { place, value, init } => {
                if let Some(target) = self.tangent_place(place) {
                    let value = self.tangent_or_zero(value);
                    out.push(Stmt::Assign { place: target, value, init: *init });
                }
                out.push(stmt.clone());
            }
            // The type of a default is known from its place only.
            Stmt::Replace { old, place, value: value @ Expr::Call { ctor: false, .. } }
                if self.tangent(value, value).is_none() =>
            {
                out.push(stmt.clone());
                if let Some(target) = self.tangent_place(place) {
                    let value = Expr::Zero(Box::new(Expr::Place(place.clone())));
                    out.push(Stmt::Replace { old: self.tangent_var(*old), place: target, value });
                }
            }
            Stmt::Replace { old, place, value } => {
                if let Some(target) = self.tangent_place(place) {
                    let value = self.tangent_or_zero(value);
                    out.push(Stmt::Replace { old: self.tangent_var(*old), place: target, value });
                }
                out.push(stmt.clone());
            }
            Stmt::Update { place, op, value }
                if self.is_varied(place.root) && is_assigned_by_trait(&self.out, self.types, place, *op, value) =>
            {
                let span = place.span;
                let sum = self.out.fresh("t", span, Kind::Unknown, Role::Temporary);
                let mut call = dispatch::call(
                    Callee::Operator(Operator::Assign(*op)),
                    vec![dispatch::pass(Expr::Place(place.clone())), dispatch::pass(value.clone())],
                    sum,
                    span,
                );
                call.level = 1;
                self.double(&mut call.args);
                let sum_dot = self.tangent_var(sum);
                self.varied.insert(sum);
                call.outs.push(sum_dot);
                out.push(Stmt::Call(call));
                if let Some(target) = self.tangent_place(place) {
                    out.push(Stmt::Assign { place: target, value: Expr::var(sum_dot, span), init: false });
                }
                out.push(Stmt::Assign { place: place.clone(), value: Expr::var(sum, span), init: false });
            }
            Stmt::Update { place, op, value } => {
                if let Some(target) = self.tangent_place(place) {
                    use crate::ir::BinOp;
                    match op {
                        BinOp::Add | BinOp::Sub => {
                            if let Some(value) = self.tangent(value, value) {
                                out.push(Stmt::Update { place: target, op: *op, value });
                            }
                        }
                        _ => {
                            let whole = Expr::binary(*op, Expr::Place(place.clone()), value.clone());
                            let value = self.tangent_or_zero(&whole);
                            out.push(Stmt::Assign { place: target, value, init: false });
                        }
                    }
                }
                out.push(stmt.clone());
            }
            Stmt::Accumulate { place, value } => {
                if let Some(target) = self.tangent_place(place)
                    && let Some(value) = self.tangent(value, value)
                {
                    out.push(Stmt::Accumulate { place: target, value });
                }
                out.push(stmt.clone());
            }
            Stmt::Call(call) => {
                let varied = call.outs.iter().chain(&call.tape).any(|v| self.is_varied(*v))
                    || call.args.iter().any(|a| a.parts.iter().flatten().any(|e| self.tangent(e, e).is_some()));
                if !varied {
                    out.push(stmt.clone());
                    return;
                }
                let mut call = call.clone();
                call.level += 1;
                self.double(&mut call.args);
                let outs: Vec<VarId> = call.outs.iter().map(|v| self.tangent_var(*v)).collect();
                self.varied.extend(&call.outs);
                call.outs.extend(outs);
                out.push(Stmt::Call(call));
            }
            Stmt::Pull(pull) => self.pull(pull, out),
            Stmt::If { cond, then, els, tape } => {
                let (then, els) = (self.block(then), self.block(els));
                out.push(Stmt::If { cond: cond.clone(), then, els, tape: *tape });
            }
            Stmt::Loop(l) => {
                let body = self.block(&l.body);
                out.push(Stmt::from(Loop { body, ..(**l).clone() }));
            }
            Stmt::Scope { body, checkpoint } => {
                let body = self.block(body);
                out.push(Stmt::Scope { body, checkpoint: *checkpoint });
            }
            Stmt::Edit(edit) => {
                let push = matches!(edit, Edit::Push { .. });
                if !push {
                    out.push(stmt.clone());
                }
                match edit {
                    Edit::Push { place, value } => {
                        if let Some(place) = self.tangent_place(place) {
                            let value = self.tangent_or_zero(value);
                            out.push(Stmt::Edit(Edit::Push { place, value }));
                        }
                        out.push(stmt.clone());
                    }
                    Edit::Pop { var, place, unwrap } => {
                        if let Some(place) = self.tangent_place(place) {
                            out.push(Stmt::Edit(Edit::Pop { var: self.tangent_var(*var), place, unwrap: *unwrap }));
                        }
                    }
                    Edit::Exchange(a, b) => match (self.tangent_place(a), self.tangent_place(b)) {
                        (Some(a), Some(b)) => out.push(Stmt::Edit(Edit::Exchange(a, b))),
                        (None, None) => {}
                        _ => unreachable!("places that exchange their values depend on the same"),
                    },
                    Edit::Permute { place, order, inverse } => {
                        if let Some(place) = self.tangent_place(place) {
                            let (order, inverse) = (order.clone(), *inverse);
                            out.push(Stmt::Edit(Edit::Permute { place, order, inverse }));
                        }
                    }
                    Edit::Swap { place, i, j } => {
                        if let Some(place) = self.tangent_place(place) {
                            out.push(Stmt::Edit(Edit::Swap { place, i: i.clone(), j: j.clone() }));
                        }
                    }
                }
            }
            Stmt::Save { .. }
            | Stmt::Restore { .. }
            | Stmt::Refill { .. }
            | Stmt::Cut { .. }
            | Stmt::Quads { .. }
            | Stmt::Taken { .. } => {
                unreachable!("slices are saved and cut after all transforms")
            }
            Stmt::Effect(_) | Stmt::Turn | Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => {
                out.push(stmt.clone());
            }
        }
    }

    fn double(&mut self, args: &mut [Arg]) {
        for arg in args {
            let tangents: Vec<Option<Expr>> =
                arg.parts.iter().map(|e| e.as_ref().and_then(|e| self.tangent(e, e))).collect();
            arg.parts.extend(tangents);
        }
    }

    fn pull(&mut self, pull: &Pull, out: &mut Vec<Stmt>) {
        let varied = !pull.joined && self.is_varied(pull.tape)
            || pull.joined && pull.args.iter().any(|a| a.parts.iter().flatten().any(|e| self.tangent(e, e).is_some()))
            || pull.cotangent.iter().flatten().any(|e| self.tangent(e, e).is_some())
            || pull.slots.iter().flatten().flatten().any(|p| self.is_varied(p.root));
        if !varied {
            out.push(Stmt::Pull(pull.clone()));
            return;
        }
        let mut pull = pull.clone();
        pull.level += 1;
        self.double(&mut pull.args);
        let cotangent: Vec<Option<Expr>> =
            pull.cotangent.iter().map(|e| e.as_ref().and_then(|e| self.tangent(e, e))).collect();
        pull.cotangent.extend(cotangent);
        for slot in &mut pull.slots {
            let tangents: Vec<Option<Place>> =
                slot.iter().map(|p| p.as_ref().and_then(|p| self.tangent_place(p))).collect();
            slot.extend(tangents);
        }
        for grad in &mut pull.grads {
            let tangents: Vec<Option<VarId>> = grad.iter().map(|g| g.map(|g| self.tangent_var(g))).collect();
            self.varied.extend(grad.iter().flatten());
            grad.extend(tangents);
        }
        let values: Vec<VarId> = pull.values.iter().map(|v| self.tangent_var(*v)).collect();
        if pull.joined {
            self.varied.extend(&pull.values);
        }
        pull.values.extend(values);
        out.push(Stmt::Pull(pull));
    }
}
