//! Forward mode: beside every variable that depends on an active input stands its tangent.
//!
//! In: a program of any level, also one with a backward sweep. Out: the same program one level up:
//! every parameter, value and cotangent has twice as many components. The transform maps each
//! statement to itself and its derivative, so it composes with itself and with reverse mode.

use std::collections::{HashMap, HashSet};

use crate::activity;
use crate::complex::Partials;
use crate::dispatch::{self, is_assigned_by_trait};
use crate::fold;
use crate::ir::{
    Arg, Block, Callee, Edit, Expr, Loop, Operator, Place, Program, Pull, Role, Sequence, Step, Stmt, VarId,
};
use crate::kinds::{self, Kind, Types};

/// Differentiates a program along the tangents of its active parameters and of its cotangent.
pub(crate) fn transform(program: &Program, types: &Types) -> Program {
    let mut seeds: Vec<VarId> = program.params.iter().filter(|p| p.active).flat_map(|p| p.parts.clone()).collect();
    if let Some(reverse) = &program.reverse {
        seeds.extend(reverse.cotangent.iter().chain(reverse.adjoints.iter().flatten()));
    }
    let varied = activity::varied(program, seeds);
    let mut pass = Pass { out: program.clone(), types, varied, tangents: HashMap::new() };
    for param in &program.params {
        if param.active {
            param.parts.iter().for_each(|v| {
                pass.tangent_var(*v);
            });
        }
    }
    let body = pass.block(&program.body);
    let mut out = pass.out.clone();
    out.body = body;
    for (param, old) in out.params.iter_mut().zip(&program.params) {
        if old.active {
            param.parts.extend(old.parts.iter().map(|v| pass.tangents[v]));
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
    varied: HashSet<VarId>,
    tangents: HashMap<VarId, VarId>,
}

impl Pass<'_> {
    fn is_varied(&self, v: VarId) -> bool {
        self.varied.contains(&v)
    }

    fn tangent_var(&mut self, v: VarId) -> VarId {
        if let Some(t) = self.tangents.get(&v) {
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

    /// The place that holds the tangent of a place, if it has one.
    fn tangent_place(&mut self, place: &Place) -> Option<Place> {
        if !self.is_varied(place.root) || kinds::of_place(&self.out, place).is_constant() {
            return None;
        }
        let mut tangent = place.clone();
        tangent.mirror_steps(place);
        tangent.root = self.tangent_var(place.root);
        Some(tangent)
    }

    fn tangent_or_zero(&mut self, e: &Expr) -> Expr {
        self.tangent(e, e).unwrap_or_else(|| Expr::Zero(Box::new(e.clone())))
    }

    /// The tangent of an expression with the given value; `None` is zero.
    fn tangent(&mut self, e: &Expr, value: &Expr) -> Option<Expr> {
        match e {
            Expr::Place(place) => self.tangent_place(place).map(Expr::Place),
            Expr::Ref { mutable, of } => {
                let of = self.tangent(of, of)?;
                Some(Expr::Ref { mutable: *mutable, of: Box::new(of) })
            }
            Expr::Neg(a) => self.tangent(a, a).map(fold::negate),
            Expr::Binary(op, a, b) => {
                let rule = crate::rules::operator(*op)?;
                self.chain(rule, &[(**a).clone(), (**b).clone()], value)
            }
            Expr::Math(rule, args) => self.chain(rule, args, value),
            Expr::Clone(a) => self.tangent(a, a).map(|t| Expr::Clone(Box::new(t))),
            Expr::Wrap { like, value, .. } => {
                let value = Box::new(self.tangent(value, value)?);
                Some(Expr::Wrap { like: like.clone(), value, tangent: true })
            }
            Expr::Tuple(es) => self.all(es).map(Expr::Tuple),
            // An empty vector is its own tangent.
            Expr::Array(es, Sequence::Vec) if es.is_empty() => Some(e.clone()),
            Expr::Array(es, sequence) => self.all(es).map(|es| Expr::Array(es, *sequence)),
            Expr::Call { func, qself, args, ctor: true, .. } => {
                let args = self.all(args)?;
                Some(Expr::Call { func: func.clone(), qself: qself.clone(), args, ctor: true, tangent: true })
            }
            Expr::Repeat { value, len, sequence } => {
                let t = self.tangent(value, value)?;
                Some(Expr::Repeat { value: Box::new(t), len: len.clone(), sequence: *sequence })
            }
            Expr::Select(c, a, b) => {
                let (ta, tb) = (self.tangent(a, a), self.tangent(b, b));
                if ta.is_none() && tb.is_none() {
                    return None;
                }
                let zero = |e: &Expr| Expr::Zero(Box::new(e.clone()));
                let (ta, tb) = (ta.unwrap_or_else(|| zero(a)), tb.unwrap_or_else(|| zero(b)));
                Some(Expr::Select(c.clone(), Box::new(ta), Box::new(tb)))
            }
            Expr::Method { recv, name, turbofish, args } if crate::methods::is_structural(&name.to_string()) => {
                let recv = self.tangent(recv, recv)?;
                Some(Expr::Method {
                    recv: Box::new(recv),
                    name: name.clone(),
                    turbofish: turbofish.clone(),
                    args: args.clone(),
                })
            }
            Expr::Cast(a, ty) => {
                if self.types.kind(ty).is_constant() {
                    return None;
                }
                let t = self.tangent(a, a)?;
                let known = kinds::of_expr(&self.out, self.types, a).is_float();
                Some(if known {
                    Expr::Cast(Box::new(t), ty.clone())
                } else {
                    Expr::CastTangent { primal: a.clone(), tangent: Box::new(t), ty: Some(ty.clone()) }
                })
            }
            Expr::CastTangent { primal, tangent, ty } => {
                let t = self.tangent(tangent, tangent)?;
                Some(Expr::CastTangent { primal: primal.clone(), tangent: Box::new(t), ty: ty.clone() })
            }
            Expr::Struct { path, fields, rest: None, .. } if crate::lower::is_variant(path) => {
                let values: Vec<Expr> = fields.iter().map(|(_, e)| e.clone()).collect();
                let tangents = self.all(&values)?;
                let fields = fields.iter().map(|(m, _)| m.clone()).zip(tangents).collect();
                Some(Expr::Struct { path: path.clone(), fields, rest: None, tangent: true })
            }
            other => {
                activity::carriers(other, &mut |v| {
                    assert!(!self.varied.contains(&v), "no rule takes a tangent through {other:?}");
                });
                None
            }
        }
    }

    /// The tangents of several values, if any of them has one.
    fn all(&mut self, es: &[Expr]) -> Option<Vec<Expr>> {
        let tangents: Vec<Option<Expr>> = es.iter().map(|e| self.tangent(e, e)).collect();
        if tangents.iter().all(Option::is_none) {
            return None;
        }
        Some(tangents.into_iter().zip(es).map(|(t, e)| t.unwrap_or_else(|| Expr::Zero(Box::new(e.clone())))).collect())
    }

    /// The chain rule: the sum of partial derivatives times tangents.
    fn chain(&mut self, rule: &'static crate::rules::Rule, args: &[Expr], value: &Expr) -> Option<Expr> {
        let float = kinds::float_of(args.iter().map(|a| kinds::of_expr(&self.out, self.types, a)));
        let mut sum: Option<Expr> = None;
        for (i, arg) in args.iter().enumerate() {
            let Some(t) = self.tangent(arg, arg) else {
                continue;
            };
            let term = Partials::new(&self.out, self.types, rule, args, value, &float).tangent(i, t);
            sum = Some(match sum {
                None => term,
                Some(sum) => fold::plus(sum, term),
            });
        }
        sum
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
            Stmt::Assign { value, .. } | Stmt::Replace { value, .. } | Stmt::Edit(Edit::Push { value, .. }) => {
                self.name_structs(value, out);
            }
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
                out.push(Stmt::Loop(Loop { body, ..l.clone() }));
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
            Stmt::Save { .. } | Stmt::Restore { .. } | Stmt::Refill { .. } | Stmt::Cut { .. } => {
                unreachable!("slices are saved and cut after all transforms")
            }
            Stmt::Effect(_) | Stmt::Turn | Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => {
                out.push(stmt.clone());
            }
        }
    }

    /// Binds the struct literals in a value to names: the type of their tangents has none here.
    fn name_structs(&mut self, e: &mut Expr, out: &mut Vec<Stmt>) {
        self.name_parts(e, out);
        let is_struct = match e {
            Expr::Struct { path, tangent: false, .. } => !crate::lower::is_variant(path),
            Expr::Call { func, ctor: true, tangent: false, .. } => {
                !crate::lower::is_variant(func) && !crate::lower::is_box(func)
            }
            _ => false,
        };
        if is_struct && self.tangent_flows(e) {
            let span = proc_macro2::Span::mixed_site();
            let kind = kinds::of_expr(&self.out, self.types, e);
            let var = self.out.fresh("t", span, kind, Role::Temporary);
            self.varied.insert(var);
            let value = std::mem::replace(e, Expr::var(var, span));
            out.push(Stmt::Let { var, value: value.clone() });
            self.let_tangent(var, &value, out);
        }
    }

    fn name_parts(&mut self, e: &mut Expr, out: &mut Vec<Stmt>) {
        match e {
            Expr::Tuple(es) | Expr::Array(es, _) | Expr::Call { args: es, ctor: true, .. } => {
                es.iter_mut().for_each(|e| self.name_structs(e, out));
            }
            Expr::Struct { fields, .. } => fields.iter_mut().for_each(|(_, e)| self.name_structs(e, out)),
            Expr::Wrap { value, .. } | Expr::Repeat { value, .. } => self.name_structs(value, out),
            _ => {}
        }
    }

    /// Whether an expression depends on what has a tangent.
    fn tangent_flows(&self, e: &Expr) -> bool {
        let mut found = false;
        activity::carriers(e, &mut |v| found |= self.varied.contains(&v));
        found
    }

    /// The tangent of a `let`: field by field for a struct, whose tangent type has no name here.
    fn let_tangent(&mut self, var: VarId, value: &Expr, out: &mut Vec<Stmt>) {
        let t = self.tangent_var(var);
        let whole = Expr::var(var, self.out.vars[var].span);
        let (path, arity, fields): (_, _, Vec<(syn::Member, Expr)>) = match value {
            Expr::Struct { path, fields, .. } if !crate::lower::is_variant(path) => (path, 0, fields.clone()),
            Expr::Call { func, args, ctor: true, .. }
                if !crate::lower::is_variant(func) && !crate::lower::is_box(func) =>
            {
                let fields = args.iter().enumerate().map(|(i, e)| (syn::Member::from(i), e.clone()));
                (func, args.len(), fields.collect())
            }
            _ => {
                let tangent = self.tangent(value, &whole).unwrap_or_else(|| Expr::Zero(Box::new(whole)));
                out.push(Stmt::Let { var: t, value: tangent });
                return;
            }
        };
        let start = match value {
            Expr::Struct { rest: Some(rest), .. } => self.tangent(rest, rest),
            _ => None,
        };
        out.push(Stmt::Let { var: t, value: start.unwrap_or_else(|| Expr::Zero(Box::new(whole))) });
        let span = self.out.vars[var].span;
        for (member, e) in fields {
            if let Some(value) = self.tangent(&e, &e) {
                let variant = self.types.constructors.is_variant(path, arity > 0);
                let place = Place::var(t, span).step(if variant {
                    Step::Payload { variant: path.clone(), member, arity, tangent: true }
                } else {
                    Step::Field(member)
                });
                // Tangents own what they hold.
                let value = match value {
                    Expr::Ref { of, .. } => Expr::Clone(of),
                    other => other,
                };
                out.push(Stmt::Assign { place, value, init: false });
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
