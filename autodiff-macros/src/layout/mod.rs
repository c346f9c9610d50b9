//! Layout: how what the forward sweep saves lies in memory, and in which order it is read.
//!
//! In: a program whose sweeps are final. Out: the same sums. Each pass has a file: what a block adds to one element is added
//! at once ([`merges`]), vectors of one iteration are allocated
//! once ([`buffers`]) and cleared only if they are read first ([`filled`]), of operands of sums their shape is saved ([`operands`]), elements of a slice that a loop
//! overwrites are saved as a slice ([`slices`]), backward loops that only add run forward ([`order`]), and the tapes of
//! inner loops are one ([`flat`]); those of loops that run a known number of times are slices ([`rows`]); what is restored only to be read is read on its
//! tape ([`lent`]); vectors that a loop fills have room for all of it ([`pushed`]); slices are cut to what a
//! loop reaches of them ([`cuts`]); and what a loop adds to one cotangent is added up in several parts ([`parts`]).

mod buffers;
mod counters;
mod cuts;
mod filled;
mod flat;
mod lent;
mod merges;
mod operands;
mod order;
mod parts;
mod pushed;
mod rows;
mod sizes;
mod slices;
mod sums;

pub(crate) use operands::RESTORED;
pub(crate) use order::forward_where_independent;
pub(crate) use pushed::make_room;

use crate::ir::{BinOp, Block, Expr, Header, Loop, Program, Stmt, VarId};
use crate::kinds::Types;
use crate::maps::HashMap;
use crate::switches::Analysis;
use crate::var_set::VarSet;

/// Runs the passes on a program that is about to be written.
pub(crate) fn arrange(program: &mut Program, types: &Types) {
    if Analysis::Merges.is_on() {
        merges::additions(program);
    }
    if Analysis::Counters.is_on() {
        counters::by_index(program);
    }
    if Analysis::Sums.is_on() {
        sums::in_variables(program);
    }
    if Analysis::Buffers.is_on() {
        buffers::allocate_once(program);
        filled::keep_what_is_overwritten(program);
    }
    if program.taped {
        if Analysis::Operands.is_on() {
            operands::keep_shapes(program);
        }
        if Analysis::Slices.is_on() {
            slices::save_whole(program);
        }
        if Analysis::Order.is_on() {
            order::forward_where_independent(program);
        }
        if Analysis::Flat.is_on() {
            flat::join(program);
        }
        if Analysis::Rows.is_on() {
            rows::index(program);
        }
        if Analysis::Lent.is_on() {
            lent::on_tapes(program);
        }
    }
    make_room(program);
    if Analysis::Cuts.is_on() {
        cuts::before_loops(program);
    }
    if Analysis::Parts.is_on() {
        parts::of_sums(program);
    }
    crate::verify::well_formed(program, types);
}

/// Whether the bounds of a loop are the same after it as before it.
fn keeps_bounds(l: &Loop) -> bool {
    let Header::Range { lo, hi, .. } = &l.header else { return false };
    let mut kept = !calls(lo) && !calls(hi);
    for bound in [lo, hi] {
        bound.vars(&mut |v| kept &= !l.body.loads.contains(&v) && !l.body.stmts.iter().any(|s| writes(s, v)));
    }
    kept
}

/// Whether an expression calls what this crate knows nothing of.
fn calls(e: &Expr) -> bool {
    let mut found = matches!(e, Expr::Verbatim(..) | Expr::Call { ctor: false, .. });
    e.children(&mut |child| found |= calls(child));
    found
}

/// Whether a statement, or one inside it, writes to a variable.
fn writes(stmt: &Stmt, var: VarId) -> bool {
    let mut found = false;
    crate::simplify::each_write(stmt, &mut |v| found |= v == var);
    found
}

/// The loop that writes a tape and the one that reads it.
struct Pair<'a> {
    forward: &'a Loop,
    backward: &'a Loop,
}

/// The pairs of loops that share a tape, where nothing else uses it.
fn pairs(program: &Program) -> HashMap<VarId, Pair<'_>> {
    fn collect<'a>(block: &'a Block, loops: &mut HashMap<VarId, (Vec<&'a Loop>, Vec<&'a Loop>)>) {
        for stmt in &block.stmts {
            if let Stmt::Loop(l) = stmt
                && let Some(tape) = l.tape
            {
                let (writers, readers) = loops.entry(tape.var).or_default();
                if tape.write { writers } else { readers }.push(l);
            }
            stmt.blocks().into_iter().for_each(|b| collect(b, loops));
        }
    }
    let mut loops = HashMap::default();
    collect(&program.body, &mut loops);
    let single = loops.into_iter().filter_map(|(tape, (writers, readers))| match (&writers[..], &readers[..]) {
        (&[forward], &[backward]) => Some((tape, Pair { forward, backward })),
        _ => None,
    });
    single.collect()
}

fn call(func: syn::Path, args: Vec<Expr>) -> Expr {
    Expr::Call { func, qself: None, args, ctor: false, tangent: false }
}

/// An empty vector with room for as many elements as the lengths of ranges multiply to, if there are any.
fn room(ranges: impl Iterator<Item = Expr>) -> Option<Expr> {
    let path = |name: &str| -> syn::Path {
        let name = proc_macro2::Ident::new(name, proc_macro2::Span::mixed_site());
        syn::parse_quote!(::differentiable::__private::#name)
    };
    let counts = ranges.map(|range| call(path("iterations"), vec![range]));
    let size = counts.reduce(|a, b| Expr::binary(BinOp::Mul, a, b))?;
    Some(call(path("room"), vec![size]))
}

fn range(lo: &Expr, hi: &Expr, inclusive: bool) -> Expr {
    Expr::Range { lo: Some(Box::new(lo.clone())), hi: Some(Box::new(hi.clone())), inclusive }
}

/// Puts `let tape = Vec::new();` before the first statement of the program that uses one of the tapes or buffers, with room
/// for all that the forward sweep writes where that is known.
fn declare(program: &mut Program, tapes: &[VarId]) {
    let stmts = std::mem::take(&mut program.body.stmts);
    let used: Vec<VarSet> = stmts.iter().map(mentioned).collect();
    let last = |v: &VarId| used.iter().rposition(|used| used.contains(*v));
    let mut left = tapes.to_vec();
    for (k, stmt) in stmts.into_iter().enumerate() {
        let mut here = Vec::new();
        left.retain(|tape| {
            if used[k].contains(*tape) {
                here.push(*tape);
            }
            !used[k].contains(*tape)
        });
        // What is written and read in one statement is short, and grows once.
        let long: VarSet = here.iter().copied().filter(|v| last(v) != Some(k)).collect();
        let mut sizes = HashMap::default();
        if !long.is_empty() && Analysis::Room.is_on() {
            entries(&stmt, &long, &mut Vec::new(), &mut sizes);
            let own = made_in(&stmt);
            sizes.retain(|_, ranges: &mut Vec<Expr>| {
                let mut known = true;
                ranges.iter().for_each(|e| e.vars(&mut |v| known &= !own.contains(v)));
                known
            });
        }
        for tape in here {
            let empty = || call(syn::parse_quote!(::differentiable::__private::vec::Vec::new), Vec::new());
            let value = room(sizes.remove(&tape).into_iter().flatten()).unwrap_or_else(empty);
            program.body.stmts.push(Stmt::Let { var: tape, value });
        }
        program.body.stmts.push(stmt);
    }
}

/// The variables that a statement, or one inside it, mentions.
fn mentioned(stmt: &Stmt) -> VarSet {
    let found = std::cell::RefCell::new(VarSet::new());
    let mut note = |s: &Stmt| {
        let add = |v: VarId| {
            found.borrow_mut().insert(v);
        };
        s.uses(&mut |v| add(v), &mut |v| add(v));
        s.each_defined(&mut |v| add(v));
    };
    note(stmt);
    stmt.blocks().into_iter().for_each(|b| b.walk(&mut note));
    found.into_inner()
}

/// The variables that a statement, or one inside it, defines or changes.
fn made_in(stmt: &Stmt) -> VarSet {
    let mut own = VarSet::new();
    crate::simplify::each_write(stmt, &mut |v| {
        own.insert(v);
    });
    own
}

/// The variables that a loop defines, in its branches as well: nothing outside may name them.
fn defined_in(l: &Loop) -> VarSet {
    let mut own: VarSet = l.body.loads.iter().copied().collect();
    if let Header::Range { var, .. } = l.header {
        own.insert(var);
    }
    l.body.walk(&mut |s| {
        own.extend(s.defines());
        own.extend(s.blocks().iter().flat_map(|b| b.loads.iter().copied()));
    });
    own
}

/// Room for what so many loops inside each other write is asked for at once, not for more.
const DEEPEST: usize = 6;

/// The ranges whose lengths multiply to the number of entries that a statement writes to each of the tapes, where nothing
/// but ranges tells how often it does.
fn entries(stmt: &Stmt, tapes: &VarSet, around: &mut Vec<Expr>, into: &mut HashMap<VarId, Vec<Expr>>) {
    if around.len() == DEEPEST {
        return;
    }
    match stmt {
        Stmt::Save { tape, lo, hi, .. } if tapes.contains(*tape) => {
            into.insert(*tape, around.iter().cloned().chain([range(lo, hi, false)]).collect());
        }
        Stmt::Loop(l) if l.exits.is_empty() => {
            let Header::Range { lo, hi, inclusive, step: None, .. } = &l.header else { return };
            around.push(range(lo, hi, *inclusive));
            if let Some(tape) = l.tape.filter(|t| t.write && tapes.contains(t.var)) {
                into.insert(tape.var, around.clone());
            }
            l.body.stmts.iter().for_each(|s| entries(s, tapes, around, into));
            around.pop();
        }
        _ => {}
    }
}
