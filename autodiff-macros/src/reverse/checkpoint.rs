//! Checkpoints: what the backward sweep runs again rather than to have its values stored.
//!
//! In: scopes marked as checkpoints, and loops with a [`Plan`]. A checkpoint becomes, forward, a copy of
//! what it overwrites and the statements themselves, which store nothing; backward, a scope that takes
//! the state from the copy, runs the statements again with all that they store, and turns.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;

use super::{Pass, plain};
use crate::ir::{
    BinOp, Block, Call, Expr, Header, Loop, Passing, Place, Plan, Program, Role, Sequence, Step, Stmt, VarId,
};
use crate::kinds::Kind;
use crate::maps::HashMap;

/// Makes a loop that is run again every few iterations a loop over checkpoints.
pub(super) fn in_parts(program: &Program) -> Cow<'_, Program> {
    let mut any = false;
    program.body.walk(&mut |s| any |= matches!(s, Stmt::Loop(l) if matches!(l.plan, Some(Plan::Every(_)))));
    if !any {
        return Cow::Borrowed(program);
    }
    let mut out = program.clone();
    let mut body = std::mem::take(&mut out.body);
    parts_of_block(&mut out, &mut body);
    out.body = body;
    Cow::Owned(out)
}

fn parts_of_block(program: &mut Program, block: &mut Block) {
    for mut stmt in std::mem::take(&mut block.stmts) {
        for inner in stmt.blocks_mut() {
            parts_of_block(program, inner);
        }
        match stmt {
            Stmt::Loop(l) if matches!(l.plan, Some(Plan::Every(_))) => {
                let Loop { plan: Some(Plan::Every(every)), header, body, exits, label, .. } = *l else {
                    unreachable!("tested above")
                };
                parts(program, Parts { every, header, body, exits, label }, &mut block.stmts);
            }
            other => block.stmts.push(other),
        }
    }
}

/// A loop and how many of its iterations make a part.
struct Parts {
    every: Expr,
    header: Header,
    body: Block,
    exits: Vec<VarId>,
    label: usize,
}

fn parts(program: &mut Program, l: Parts, out: &mut Vec<Stmt>) {
    let span = Span::mixed_site();
    let every = program.fresh("every", span, Kind::Int, Role::Temporary);
    out.push(Stmt::Let { var: every, value: l.every });
    let counted = Counted::new(program, &l.header, out);
    let k = program.fresh("k", span, Kind::Int, Role::Temporary);
    let (outer, inner, body) = if let Some(counted) = &counted {
        let first = program.fresh("first", span, Kind::Int, Role::Temporary);
        let end = method(Expr::binary(BinOp::Add, var(first), var(every)), "min", vec![var(counted.count)]);
        let outer = range(first, Expr::int(0), var(counted.count), Some(var(every)));
        let mut stmts = vec![counted.at(var(k))];
        stmts.extend(l.body.stmts);
        (outer, range(k, var(first), end, None), (Vec::new(), stmts))
    } else {
        program.vars[k].mutable = true;
        let Header::While(cond) = l.header else { unreachable!("a loop of the primal counts or has a condition") };
        let more = Expr::binary(BinOp::Lt, var(k), var(every));
        let inner = if matches!(cond, Expr::Bool(true)) { more } else { Expr::binary(BinOp::And, more, cond.clone()) };
        let mut stmts = l.body.stmts;
        stmts.push(Stmt::Update { place: Place::var(k, span), op: BinOp::Add, value: Expr::int(1) });
        let zero = Stmt::Let { var: k, value: Expr::int(0) };
        (Header::While(cond), Header::While(inner), (vec![zero], stmts))
    };
    let (mut part, stmts) = body;
    let new = |header, stmts, exits| {
        Stmt::from(Loop { label: l.label, header, body: plain(stmts), exits, tape: None, plan: None })
    };
    part.push(new(inner, stmts, l.exits.clone()));
    let part = Stmt::Scope { body: plain(part), checkpoint: true };
    out.push(new(outer, vec![part], l.exits));
}

/// A loop over a range whose iterations can be had by number.
struct Counted {
    index: VarId,
    range: VarId,
    count: VarId,
}

impl Counted {
    fn new(program: &mut Program, header: &Header, out: &mut Vec<Stmt>) -> Option<Self> {
        let Header::Range { var: index, lo, hi, inclusive, step, rev } = header else {
            return None;
        };
        let span = Span::mixed_site();
        let (lo, hi) = (Some(Box::new(lo.clone())), Some(Box::new(hi.clone())));
        let mut all = Expr::Range { lo, hi, inclusive: *inclusive };
        if let Some(step) = step {
            all = method(all, "step_by", vec![step.clone()]);
        }
        if *rev {
            all = method(all, "rev", Vec::new());
        }
        let range = program.fresh("range", span, Kind::Constant, Role::Temporary);
        let count = program.fresh("count", span, Kind::Int, Role::Temporary);
        out.push(Stmt::Let { var: range, value: all });
        let hint = method(var(range), "size_hint", Vec::new());
        out.push(Stmt::Let { var: count, value: helper("lower_bound", vec![hint]) });
        Some(Self { index: *index, range, count })
    }

    /// The definition of the loop's variable in the iteration with a number.
    fn at(&self, number: Expr) -> Stmt {
        let copy = method(var(self.range), "clone", Vec::new());
        Stmt::Let { var: self.index, value: helper("nth", vec![copy, number]) }
    }
}

/// What a block overwrites of the state around it, and what it gives a first value there.
#[derive(Default)]
struct Effects {
    state: BTreeSet<VarId>,
    outputs: BTreeSet<VarId>,
}

impl Effects {
    fn of(program: &Program, body: &Block) -> Self {
        let mut effects = Self::default();
        let mut own = BTreeSet::new();
        body.walk(&mut |s| {
            own.extend(s.defines());
            if let Stmt::Assign { place, init: true, .. } = s {
                effects.outputs.insert(place.root);
            }
        });
        body.walk(&mut |s| {
            s.uses(&mut |_| {}, &mut |v| {
                effects.state.insert(v);
            });
            if let Stmt::Call(Call { args, .. }) = s {
                for arg in args.iter().filter(|a| a.passing == Passing::RefMut) {
                    arg.parts.iter().flatten().for_each(|e| {
                        e.vars(&mut |v| {
                            effects.state.insert(v);
                        });
                    });
                }
            }
        });
        effects.outputs.retain(|v| !own.contains(v));
        effects.state.retain(|v| !own.contains(v) && program.vars[*v].role != Role::Tape);
        effects.state.retain(|v| !effects.outputs.contains(v));
        effects
    }
}

/// A variable, or what it refers to.
fn whole(program: &Program, v: VarId) -> Place {
    let place = Place::var(v, program.vars[v].span);
    if matches!(program.vars[v].kind, Kind::Ref(_)) { place.step(Step::Deref) } else { place }
}

impl Pass<'_> {
    /// A block that is run again on the way back.
    pub(super) fn rerun(&mut self, body: &Block, forward: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        let span = Span::mixed_site();
        let effects = Effects::of(&self.out, body);
        let again = self.once_more(body, &effects);
        for &w in &effects.state {
            let place = whole(&self.out, w);
            let (name, kind) = (format!("{}_before", self.name_of(w)), self.out.vars[w].kind.deref().clone());
            let copy = self.out.fresh(name, span, kind, Role::Temporary);
            forward.push(Stmt::Let { var: copy, value: Expr::Clone(Box::new(Expr::Place(place.clone()))) });
            backward.push(Stmt::Assign { place, value: var(copy), init: false });
        }
        forward.push(Stmt::Scope { body: self.copy(body), checkpoint: false });
        backward.push(again);
    }

    /// A loop of which some states are stored, from which the others are computed when it is their turn.
    pub(super) fn by_snapshots(&mut self, l: &Loop, forward: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        let span = Span::mixed_site();
        let Some(Plan::Snapshots(number)) = &l.plan else { unreachable!("the plan was matched") };
        let counted = Counted::new(&mut self.out, &l.header, forward);
        let effects = Effects::of(&self.out, &l.body);
        let again = self.once_more(&l.body, &effects);
        let schedule = self.out.fresh("schedule", span, Kind::Constant, Role::Temporary);
        let known = counted.as_ref().filter(|_| l.exits.is_empty());
        let value = match known {
            Some(counted) => schedule_of("new", vec![number.clone(), var(counted.count)]),
            None => schedule_of("of_unknown_length", vec![number.clone()]),
        };
        forward.push(Stmt::Let { var: schedule, value });
        let ask = |name: &str, args: Vec<Expr>| method(var(schedule), name, args);
        let mut stores = Vec::new();
        let mut restores = Vec::new();
        for &w in &effects.state {
            let place = whole(&self.out, w);
            let (name, kind) = (format!("{}_snapshots", self.name_of(w)), self.out.vars[w].kind.deref().clone());
            let all = self.out.fresh(name, span, Kind::Seq(Box::new(kind)), Role::Temporary);
            self.out.vars[all].mutable = true;
            let copy = Expr::Clone(Box::new(Expr::Place(place.clone())));
            forward.push(Stmt::Let {
                var: all,
                value: Expr::Repeat {
                    value: Box::new(copy.clone()),
                    len: Box::new(ask("slots", Vec::new())),
                    sequence: Sequence::Vec,
                },
            });
            let slot = |name: &str| {
                Place::var(all, span).step(Step::Index { at: Box::new(ask(name, Vec::new())), range: false })
            };
            stores.push(Stmt::Assign { place: slot("free_slot"), value: copy, init: false });
            let stored = Expr::Clone(Box::new(Expr::Place(slot("slot"))));
            restores.push(Stmt::Assign { place, value: stored, init: false });
        }
        let store = |at: Expr| Stmt::If { cond: at, then: plain(stores.clone()), els: Block::default(), tape: None };
        // Iterations are counted also where no state turns out to be needed.
        let mut first = vec![Stmt::Effect(ask("visit", Vec::new())), store(ask("is_storing", Vec::new()))];
        first.extend(self.copy(&l.body).stmts);
        forward.push(Stmt::from(Loop { body: plain(first), plan: None, tape: None, ..l.clone() }));
        // Backward, one iteration at a time: from the last state that is stored up to it, and back over it.
        let step = self.out.fresh("step", span, Kind::Int, Role::Temporary);
        let mut advance = vec![store(ask("stores", vec![var(step)]))];
        let mut on_the_way = self.copy(&l.body).stmts;
        let mut turn = restores.clone();
        if let Some(counted) = &counted {
            let mut definition = counted.at(var(step));
            self.renamed(&mut definition, &mut on_the_way);
            advance.push(definition);
        }
        advance.extend(on_the_way);
        turn.push(Stmt::from(Loop {
            label: l.label,
            header: range(step, ask("from", Vec::new()), ask("target", Vec::new()), None),
            body: plain(advance),
            exits: Vec::new(),
            tape: None,
            plan: None,
        }));
        turn.extend(counted.map(|c| c.at(ask("target", Vec::new()))));
        turn.push(again);
        backward.push(Stmt::from(Loop {
            label: l.label,
            header: Header::While(ask("back", Vec::new())),
            body: plain(turn),
            exits: Vec::new(),
            tape: None,
            plan: None,
        }));
        backward.extend(restores);
    }

    /// Forward and backward sweep of a block, with variables of their own for what it gives a value first.
    fn once_more(&mut self, body: &Block, effects: &Effects) -> Stmt {
        let (f, b) = self.block(body);
        let mut stmts = f;
        stmts.push(Stmt::Turn);
        stmts.extend(b);
        let mut renames = HashMap::default();
        let mut declared = Vec::new();
        for &v in &effects.outputs {
            let copy = self.duplicate(v);
            renames.insert(v, copy);
            declared.push(Stmt::Declare(copy));
        }
        let mut block = plain(declared);
        block.stmts.extend(stmts);
        rename(&mut block, &renames);
        Stmt::Scope { body: block, checkpoint: false }
    }

    /// The block with variables of its own.
    fn copy(&mut self, body: &Block) -> Block {
        let mut copy = body.clone();
        let mut own = BTreeMap::new();
        body.walk(&mut |s| {
            for v in s.defines() {
                own.entry(v).or_insert(0);
            }
        });
        let renames = own.into_keys().map(|v| (v, self.duplicate(v))).collect();
        rename(&mut copy, &renames);
        copy
    }

    /// Gives the variable that a statement defines another identity, there and in what follows.
    fn renamed(&mut self, stmt: &mut Stmt, rest: &mut Vec<Stmt>) {
        let renames = stmt.defines().into_iter().map(|v| (v, self.duplicate(v))).collect();
        let mut block = plain(std::mem::take(rest));
        rename(&mut block, &renames);
        *rest = block.stmts;
        let mut own = plain(vec![stmt.clone()]);
        rename(&mut own, &renames);
        *stmt = own.stmts.remove(0);
    }

    pub(super) fn duplicate(&mut self, v: VarId) -> VarId {
        let var = self.out.vars[v].clone();
        self.out.vars.push(var);
        self.out.vars.len() - 1
    }

    fn name_of(&self, v: VarId) -> String {
        self.out.vars[v].name.trim_start_matches("r#").to_owned()
    }
}

/// Replaces variables wherever they occur.
fn rename(block: &mut Block, renames: &HashMap<VarId, VarId>) {
    let new = |v: &mut VarId| {
        if let Some(to) = renames.get(v) {
            *v = *to;
        }
    };
    block.walk_mut(&mut |s| s.vars_mut(&mut |v| new(v)));
}

fn var(v: VarId) -> Expr {
    Expr::var(v, Span::mixed_site())
}

fn range(var: VarId, lo: Expr, hi: Expr, step: Option<Expr>) -> Header {
    Header::Range { var, lo, hi, inclusive: false, step, rev: false }
}

fn method(recv: Expr, name: &str, args: Vec<Expr>) -> Expr {
    let name = syn::Ident::new(name, Span::mixed_site());
    Expr::Method { recv: Box::new(recv), name, turbofish: None, args }
}

fn helper(name: &str, args: Vec<Expr>) -> Expr {
    let name = syn::Ident::new(name, Span::mixed_site());
    let func = syn::parse_quote!(::differentiable::__private::#name);
    Expr::Call { func, qself: None, args, ctor: false, tangent: false }
}

fn schedule_of(name: &str, args: Vec<Expr>) -> Expr {
    let name = syn::Ident::new(name, Span::mixed_site());
    let func = syn::parse_quote!(::differentiable::__private::Schedule::#name);
    Expr::Call { func, qself: None, args, ctor: false, tangent: false }
}
