//! Buffers: a vector of numbers that a loop makes in each iteration is allocated once.
//!
//! ```text
//! for … { let mut s = vec![0.0; n]; … }  ⇒  let mut s = Vec::new(); for … { refill(&mut s, 0.0, n); … }
//! ```
//!
//! What a tape would take with it of such a vector is copied to a tape of its elements, and back to the same buffer.

use proc_macro2::Span;

use crate::ir::{Block, Edit, Expr, Loop, Passing, Place, Program, Role, Sequence, Stmt, VarId};
use crate::kinds::Kind;
use crate::maps::HashMap;
use crate::methods;

/// Allocates once what loops allocate in each iteration.
pub(super) fn allocate_once(program: &mut Program) {
    let mut buffers = HashMap::default();
    for stmt in &program.body.stmts {
        made(program, stmt, false, &mut buffers);
    }
    // The zero cotangent of a buffer has its length.
    let zeros = zeros(program, &buffers);
    buffers.extend(zeros);
    if buffers.is_empty() {
        return;
    }
    let taped = kept_by_loops(program, &buffers);
    buffers.retain(|v, _| !moved(program, *v) && (taped.contains_key(v) || !saved(&program.body, *v)));
    let mut own: Vec<(VarId, VarId, VarId)> =
        taped.iter().filter(|(v, _)| buffers.contains_key(v)).map(|(v, tape)| (*tape, *v, 0)).collect();
    own.sort_unstable();
    for entry in &mut own {
        entry.2 = program.fresh("tape", Span::mixed_site(), Kind::Unknown, Role::Tape);
    }
    program.body.blocks_mut(&mut |block| {
        for stmt in &mut block.stmts {
            match stmt {
                Stmt::Let { var, .. } if buffers.contains_key(var) => {
                    let Buffer { value, len } = buffers[var].clone();
                    *stmt = Stmt::Refill { var: *var, value, len, keep: false };
                }
                Stmt::Loop(l) => {
                    let Some(tape) = l.tape else { continue };
                    for (_, v, elements) in own.iter().filter(|(t, ..)| *t == tape.var) {
                        copy(l, tape.write, *v, &buffers[v].len, *elements);
                    }
                }
                _ => {}
            }
        }
    });
    crate::tape::drop_empty(program);
    let mut declared: Vec<VarId> = buffers.into_keys().chain(own.into_iter().map(|(.., elements)| elements)).collect();
    declared.sort_unstable();
    super::declare(program, &declared);
}

/// What a vector is made of.
#[derive(Clone)]
struct Buffer {
    value: Expr,
    len: Expr,
}

/// The vectors of numbers that are made inside a loop.
fn made(program: &Program, stmt: &Stmt, inside: bool, into: &mut HashMap<VarId, Buffer>) {
    if let Stmt::Let { var, value: Expr::Repeat { value, len, sequence: Sequence::Vec } } = stmt
        && inside
        && matches!(**value, Expr::Lit(_) | Expr::Number(..))
        && matches!(&program.vars[*var].kind, Kind::Seq(of) if of.is_scalar())
    {
        into.insert(*var, Buffer { value: (**value).clone(), len: (**len).clone() });
    }
    let inside = inside || matches!(stmt, Stmt::Loop(_));
    for block in stmt.blocks() {
        block.stmts.iter().for_each(|s| made(program, s, inside, into));
    }
}

fn zeros(program: &Program, buffers: &HashMap<VarId, Buffer>) -> Vec<(VarId, Buffer)> {
    let mut zeros = Vec::new();
    program.body.walk(&mut |s| {
        if let Stmt::Let { var, value: Expr::Zero(of) } = s
            && let Some(buffer) = of.as_var().and_then(|v| buffers.get(&v))
            && let Kind::Seq(of) = &program.vars[*var].kind
            && let Kind::Float(float) = &**of
        {
            zeros.push((*var, Buffer { value: Expr::Number(0.0, float.clone()), len: buffer.len.clone() }));
        }
    });
    zeros
}

/// The buffers that one loop saves and its mirror loads, where the length is known in both, with the loop's tape.
fn kept_by_loops(program: &Program, buffers: &HashMap<VarId, Buffer>) -> HashMap<VarId, VarId> {
    let mut kept = HashMap::default();
    for (tape, pair) in super::pairs(program) {
        for v in &pair.forward.body.saves {
            let Some(buffer) = buffers.get(v) else { continue };
            let fixed = |l: &Loop| {
                let mut fixed = true;
                buffer.len.vars(&mut |u| {
                    fixed &= !l.body.loads.contains(&u) && !l.body.stmts.iter().any(|s| super::writes(s, u));
                });
                fixed
            };
            let made = pair.forward.body.stmts.iter().any(|s| s.defines().contains(v));
            if made && fixed(pair.forward) && fixed(pair.backward) {
                kept.insert(*v, tape);
            }
        }
    }
    // One tape each.
    let times = |v: VarId| {
        let mut times = 0;
        count(&program.body, v, &mut times);
        times
    };
    kept.retain(|v, _| times(*v) == 2);
    kept
}

/// How many scopes load or save a variable.
fn count(block: &Block, v: VarId, times: &mut usize) {
    *times += block.loads.iter().chain(&block.saves).filter(|u| **u == v).count();
    for stmt in &block.stmts {
        stmt.blocks().into_iter().for_each(|b| count(b, v, times));
    }
}

fn saved(block: &Block, v: VarId) -> bool {
    let mut times = 0;
    count(block, v, &mut times);
    times > 0
}

/// Whether a vector is moved, replaced as a whole or changed in length: then it is not one buffer.
fn moved(program: &Program, v: VarId) -> bool {
    program.value.iter().any(|e| e.mentions(v))
        || program.reverse.iter().any(|r| r.adjoints.iter().flatten().any(|d| *d == v))
        || is_changed_as_whole([&program.body], v)
}

/// Whether statements move a vector, replace it as a whole or change its length, or more than one brings it into being.
pub(super) fn is_changed_as_whole<const N: usize>(blocks: [&Block; N], v: VarId) -> bool {
    let (mut found, mut definitions) = (false, 0);
    let mut look = |s: &Stmt| {
        definitions += usize::from(s.defines().contains(&v));
        let whole = |p: &Place| p.root == v && p.path.is_empty();
        found |= match s {
            Stmt::Edit(Edit::Push { place, value }) => place.root == v || takes(value, v),
            Stmt::Edit(Edit::Pop { place, .. }) => place.root == v,
            Stmt::Edit(Edit::Exchange(a, b)) => a.root == v || b.root == v,
            Stmt::Assign { place, value, .. } | Stmt::Replace { place, value, .. } => whole(place) || takes(value, v),
            Stmt::Let { value, .. } | Stmt::Effect(value) => takes(value, v),
            Stmt::Accumulate { value, .. } => takes(value, v),
            Stmt::Call(call) => call.args.iter().any(|a| match a.passing {
                Passing::Ref => a.parts.iter().flatten().any(|e| takes_behind(e, v)),
                Passing::Value => a.parts.iter().flatten().any(|e| takes(e, v)),
                // A callee that is given the vector itself may change its length.
                Passing::RefMut => a.parts.iter().flatten().any(|e| matches!(e, Expr::Place(p) if whole(p))),
            }),
            Stmt::Pull(pull) => {
                pull.cotangent.iter().flatten().any(|e| takes(e, v))
                    || pull.args.iter().any(|a| {
                        a.parts
                            .iter()
                            .flatten()
                            .any(|e| if a.passing == Passing::Ref { takes_behind(e, v) } else { takes(e, v) })
                    })
                    || pull.joined && pull.values.contains(&v)
            }
            _ => false,
        };
    };
    blocks.iter().for_each(|b| b.walk(&mut look));
    found || definitions != 1
}

/// Whether an expression takes a vector as a value.
fn takes(e: &Expr, v: VarId) -> bool {
    match e {
        Expr::Place(place) => place.root == v && place.path.is_empty(),
        Expr::Ref { mutable: false, of } | Expr::Zero(of) | Expr::Clone(of) => takes_behind(of, v),
        Expr::Method { recv, name, .. } if !methods::takes_receiver(&name.to_string()) => takes_behind(recv, v),
        other => {
            let mut found = false;
            other.children(&mut |child| found |= takes(child, v));
            found
        }
    }
}

/// Whether what is borrowed takes a vector: not if it is the vector itself.
fn takes_behind(e: &Expr, v: VarId) -> bool {
    !matches!(e, Expr::Place(_)) && takes(e, v)
}

/// Copies a buffer to a tape at the end of an iteration, or from it at the beginning of one.
fn copy(l: &mut Loop, write: bool, v: VarId, len: &Expr, tape: VarId) {
    let (place, lo, hi) = (Place::var(v, Span::mixed_site()), Expr::int(0), len.clone());
    if write {
        l.body.saves.retain(|u| *u != v);
        l.body.stmts.push(Stmt::Save { tape, slice: Expr::Place(place), lo, hi });
    } else {
        l.body.loads.retain(|u| *u != v);
        l.body.stmts.insert(0, Stmt::Restore { tape, place, lo, hi });
    }
}
