//! Cuts: a slice that an innermost loop runs over is cut to the reach of the loop's index before the loop, so that the
//! compiler sees that every element is there, checks nothing inside the loop, and vectorises it.
//!
//! ```text
//! for i in 0..n { d_x[i] += y[k + i] * ct; }
//! ⇒  let d_x_1 = &mut d_x[..n]; let y_1 = window(y, k, n); for i in 0..n { d_x_1[i] += y_1[i] * ct; }
//! ```
//!
//! A loop that begins elsewhere counts from zero then. Only what every iteration reaches is cut, so that the loop would have
//! panicked as well, and what is borrowed mutably only if the loop uses it in no other way.

use proc_macro2::Span;

use crate::ir::{BinOp, Block, Callee, Expr, Header, Loop, Passing, Place, Program, Role, Step, Stmt, VarId};
use crate::kinds::{self, Kind};
use crate::maps::HashMap;
use crate::var_set::VarSet;
use crate::visit::same_index;
use crate::{fold, rules};

/// Cuts slices before the innermost loops.
pub(super) fn before_loops(program: &mut Program) {
    let mut body = std::mem::take(&mut program.body);
    let lengths = lengths(&body);
    block(program, &lengths, &mut body);
    program.body = body;
}

/// The variables that are the length of a place.
pub(super) fn lengths(body: &Block) -> HashMap<VarId, Place> {
    let mut lengths = HashMap::default();
    body.walk(&mut |s| {
        if let Stmt::Let { var, value } = s
            && let Some(place) = measured(value)
        {
            lengths.insert(*var, place.clone());
        }
    });
    lengths
}

/// The place whose length an expression is.
pub(super) fn measured(e: &Expr) -> Option<&Place> {
    match e {
        Expr::Method { recv, name, .. } if name == "len" => match &**recv {
            Expr::Place(place) => Some(place),
            _ => None,
        },
        _ => None,
    }
}

fn block(program: &mut Program, lengths: &HashMap<VarId, Place>, b: &mut Block) {
    for mut stmt in std::mem::take(&mut b.stmts) {
        for inner in stmt.blocks_mut() {
            block(program, lengths, inner);
        }
        if let Stmt::Loop(l) = &mut stmt {
            cut(program, lengths, l, &mut b.stmts);
        }
        b.stmts.push(stmt);
    }
}

/// How the index `i` of a loop from `lo` on reaches into a slice.
#[derive(Clone)]
enum Reach {
    /// `slice[i]`.
    To,
    /// `slice[offset + i]`.
    From(Expr),
    /// `slice[i - number]`.
    Back(usize),
    /// `slice[start + (i - lo)]`.
    Window(Expr),
    /// In another way: then the slice is borrowed as it is, which keeps its address and length at hand.
    Any,
}

impl Reach {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::To, Self::To) | (Self::Any, Self::Any) => true,
            (Self::From(a), Self::From(b)) | (Self::Window(a), Self::Window(b)) => same_index(a, b),
            (Self::Back(a), Self::Back(b)) => a == b,
            _ => false,
        }
    }

    /// The first element that is reached; `None` is that at zero.
    fn start(&self, lo: &Expr) -> Option<Expr> {
        let start = match self {
            Self::To => lo.clone(),
            Self::From(offset) if literal(lo) == Some(0) => offset.clone(),
            Self::From(offset) => Expr::binary(BinOp::Add, offset.clone(), lo.clone()),
            Self::Back(number) => match literal(lo) {
                Some(lo) => Expr::int(lo - number),
                None => Expr::binary(BinOp::Sub, lo.clone(), Expr::int(*number)),
            },
            Self::Window(start) => start.clone(),
            Self::Any => return None,
        };
        (literal(&start) != Some(0)).then(|| fold::constants(start))
    }
}

/// The places of a loop that one cut serves: a slice, and how the index reaches into it.
struct Group {
    slice: Place,
    reach: Reach,
    always: bool,
    written: bool,
}

fn cut(program: &mut Program, lengths: &HashMap<VarId, Place>, l: &mut Loop, before: &mut Vec<Stmt>) {
    let Header::Range { var, lo, hi, inclusive, step: None, .. } = l.header.clone() else { return };
    let calls = |s: &Stmt| {
        let callee = match s {
            Stmt::Call(call) => &call.callee,
            Stmt::Pull(pull) => &pull.callee,
            other => return !other.blocks().is_empty() && !matches!(other, Stmt::If { .. }),
        };
        !matches!(callee, Callee::Operator(_))
    };
    let mut plain = l.exits.is_empty() && !matches!(hi, Expr::Lit(_));
    l.body.walk(&mut |s| plain &= !calls(s));
    if !plain {
        return;
    }
    let scan = Scan { program, l, var, lo: &lo, defined: super::defined_in(l) };
    let mut groups = scan.groups();
    // A loop over all of a slice reaches what is there.
    let from_zero = literal(&lo) == Some(0);
    let whole = hi.as_var().map_or_else(|| measured(&hi), |v| lengths.get(&v)).filter(|_| from_zero && !inclusive);
    let is_whole = |g: &Group| {
        let part = g.slice.path.iter().any(|s| matches!(s, Step::Index { range: true, .. }));
        matches!(g.reach, Reach::To) && !part && whole.is_some_and(|w| w.trimmed().same(&g.slice.trimmed()))
    };
    groups.retain(|g| !is_whole(g));
    // The length of an array is known, and most likely the same constant.
    if matches!(hi, Expr::Item(..)) {
        groups.retain(|g| program.vars[g.slice.root].role == Role::Tape || is_declared_slice(program, &g.slice));
    }
    if groups.iter().all(|g| matches!(g.reach, Reach::Any)) {
        return;
    }
    // What is borrowed mutably cannot be asked for its length as well.
    let lent = |e: &Expr| groups.iter().any(|g| g.written && e.mentions(g.slice.root));
    if lent(&lo) {
        return;
    }
    let span = Span::mixed_site();
    let hi = if inclusive { Expr::binary(BinOp::Add, hi, Expr::int(1)) } else { hi };
    let mut len = hi.clone();
    let mut index = var;
    if !from_zero || lent(&hi) {
        let v = program.fresh(if from_zero { "end" } else { "count" }, span, Kind::Int, Role::Temporary);
        let range = Expr::Range { lo: Some(Box::new(lo.clone())), hi: Some(Box::new(hi.clone())), inclusive: false };
        let value = if from_zero { hi } else { rules::method(range, "len", Vec::new()) };
        before.push(Stmt::Let { var: v, value });
        len = Expr::var(v, span);
        if !from_zero {
            let name = program.vars[var].name.clone();
            index = program.fresh(name, program.vars[var].span, Kind::Int, program.vars[var].role);
        }
        if let Header::Range { var, lo, hi, inclusive, .. } = &mut l.header {
            (*var, *lo, *hi, *inclusive) = (index, Expr::int(0), len.clone(), false);
        }
    }
    for group in groups {
        let kind = kinds::of_place(program, &group.slice).deref().clone();
        let root = program.vars[group.slice.root].clone();
        let name = match group.slice.path.iter().rev().find_map(|s| if let Step::Field(m) = s { Some(m) } else { None })
        {
            Some(syn::Member::Named(field)) => field.to_string(),
            _ => root.name.clone(),
        };
        let v = program.fresh(name, root.span, Kind::Ref(Box::new(kind)), root.role);
        program.vars[v].mirrors = root.mirrors;
        before.push(Stmt::Cut {
            var: v,
            slice: Expr::Place(group.slice.clone()),
            start: group.reach.start(&lo),
            len: (!matches!(group.reach, Reach::Any)).then(|| len.clone()),
            mutable: group.written,
        });
        let replace = |place: &mut Place| {
            if matches!(group.reach, Reach::Any) {
                let at = group.slice.path.len();
                if group.slice.same_path(place, at) && matches!(place.path.get(at), Some(Step::Index { .. })) {
                    *place = Place { root: v, path: place.path.split_off(at), span: place.span };
                }
            } else if let Some((at, reach)) = reaches(place, var, &lo)
                && reach.same(&group.reach)
                && group.slice.same_path(place, at)
            {
                let mut path = vec![Step::Index { at: Box::new(Expr::var(index, span)), range: false }];
                path.extend(place.path.drain(at + 1..));
                *place = Place { root: v, path, span: place.span };
            }
        };
        l.body.walk_mut(&mut |s| s.places_mut(&mut |p| replace(p)));
    }
    let used = l.body.saves.contains(&var) || l.body.stmts.iter().any(|s| crate::simplify::touches(s, var));
    if index != var && used {
        let value = Expr::binary(BinOp::Add, lo, Expr::var(index, span));
        l.body.stmts.insert(0, Stmt::Let { var, value });
    }
}

/// The first index of a place that the loop's index makes, and how.
fn reaches(place: &Place, var: VarId, lo: &Expr) -> Option<(usize, Reach)> {
    let is_var = |e: &Expr| e.as_var() == Some(var);
    let is_distance = |e: &Expr| matches!(e, Expr::Binary(BinOp::Sub, a, b) if is_var(a) && same_index(b, lo));
    for (k, step) in place.path.iter().enumerate() {
        let Step::Index { at, range: false } = step else { continue };
        if !at.mentions(var) {
            continue;
        }
        let reach = match &**at {
            at if is_var(at) => Reach::To,
            Expr::Binary(BinOp::Add, a, b) if is_var(b) && !a.mentions(var) => Reach::From((**a).clone()),
            Expr::Binary(BinOp::Add, a, b) if is_var(a) && !b.mentions(var) => Reach::From((**b).clone()),
            Expr::Binary(BinOp::Add, a, b) if is_distance(b) && !a.mentions(var) => Reach::Window((**a).clone()),
            Expr::Binary(BinOp::Sub, a, b) if is_var(a) => Reach::Back(literal(b)?),
            _ => return None,
        };
        return Some((k, reach));
    }
    None
}

/// Whether a variable is declared as a slice or a vector of what the loop reaches, so that its length is not known.
fn is_declared_slice(program: &Program, slice: &Place) -> bool {
    let var = &program.vars[slice.root];
    let declared = var.mirrors.map_or(var.ty.as_ref(), |v| program.vars[v].ty.as_ref());
    let target = match declared {
        Some(syn::Type::Reference(r)) => Some(&*r.elem),
        other => other,
    };
    let is_slice = match target {
        Some(syn::Type::Slice(_)) => true,
        Some(syn::Type::Path(p)) => p.path.segments.last().is_some_and(|s| s.ident == "Vec"),
        _ => false,
    };
    is_slice && slice.path.iter().all(|s| matches!(s, Step::Deref))
}

fn literal(e: &Expr) -> Option<usize> {
    match e {
        Expr::Lit(syn::Lit::Int(n)) => n.base10_parse().ok(),
        _ => None,
    }
}

struct Scan<'a> {
    program: &'a Program,
    l: &'a Loop,
    var: VarId,
    lo: &'a Expr,
    defined: VarSet,
}

impl Scan<'_> {
    fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut others: Vec<(Place, bool)> = Vec::new();
        for stmt in &self.l.body.stmts {
            self.stmt(stmt, true, &mut groups, &mut others);
        }
        let all: Vec<(Place, bool)> =
            groups.iter().map(|g| (g.slice.clone(), g.written)).chain(others.iter().cloned()).collect();
        let mut fine = Vec::new();
        for (k, group) in groups.iter().enumerate() {
            // Borrowed mutably, it is used in no other way; else nobody writes to it.
            let clash = all
                .iter()
                .enumerate()
                .any(|(i, (place, written))| i != k && (group.written || *written) && group.slice.may_overlap(place));
            let always = group.always || matches!(group.reach, Reach::Any);
            fine.push(always && !clash && self.is_fixed(&group.slice, &group.reach));
        }
        // A slot that may be absent is opened once: for all that lies in it, or not at all.
        let closed: VarSet = groups
            .iter()
            .zip(&fine)
            .filter(|(g, fine)| {
                !**fine || !g.written && groups.iter().any(|o| o.written && o.slice.root == g.slice.root)
            })
            .map(|(g, _)| g.slice.root)
            .chain(others.iter().map(|(place, _)| place.root))
            .filter(|v| self.is_slot(*v))
            .collect();
        for (group, fine) in groups.iter().zip(&mut fine) {
            *fine &= !closed.contains(group.slice.root);
        }
        // Where a check is left at something that is written, nothing is gained.
        let checked = |place: &Place| place.path.iter().any(|s| matches!(s, Step::Index { .. }));
        let left = groups.iter().zip(&fine).any(|(g, fine)| g.written && !fine)
            || others.iter().any(|(place, written)| *written && checked(place));
        if left {
            return Vec::new();
        }
        let mut fine = fine.into_iter();
        groups.retain(|_| fine.next().expect("one flag a group"));
        // What is borrowed as a whole serves only the places that no window reaches. What lies in one slot stands together.
        let roots: Vec<VarId> = groups.iter().map(|g| g.slice.root).collect();
        let first = |root: VarId| roots.iter().position(|v| *v == root);
        groups.sort_by_key(|g| (matches!(g.reach, Reach::Any), self.is_slot(g.slice.root), first(g.slice.root)));
        groups
    }

    /// Whether a variable is the slot for the cotangents of an argument by reference, which may be absent.
    fn is_slot(&self, v: VarId) -> bool {
        let Some(reverse) = &self.program.reverse else { return false };
        let by_reference = self.program.params.iter().zip(&reverse.adjoints).filter(|(p, _)| p.passing == Passing::Ref);
        by_reference.into_iter().any(|(_, slots)| slots.contains(&v))
    }

    fn stmt(&self, stmt: &Stmt, always: bool, groups: &mut Vec<Group>, others: &mut Vec<(Place, bool)>) {
        let mut copy = stmt.clone();
        copy.parts_mut(&mut |e| self.expr(e, always, groups, others), &mut |_| {});
        copy.parts_mut(&mut |_| {}, &mut |p| self.note(p, always, true, groups, others));
        for block in stmt.blocks() {
            block.stmts.iter().for_each(|s| self.stmt(s, false, groups, others));
        }
    }

    fn expr(&self, e: &mut Expr, always: bool, groups: &mut Vec<Group>, others: &mut Vec<(Place, bool)>) {
        match e {
            Expr::Place(place) => {
                self.note(place, always, false, groups, others);
                place.exprs_mut(&mut |e| self.expr(e, always, groups, others));
            }
            Expr::Binary(BinOp::And | BinOp::Or, a, b) => {
                self.expr(a, always, groups, others);
                self.expr(b, false, groups, others);
            }
            Expr::Select(c, a, b) => {
                self.expr(c, always, groups, others);
                self.expr(a, false, groups, others);
                self.expr(b, false, groups, others);
            }
            // What stands in a reference that is written to, or in code as the user wrote it, is left alone.
            Expr::Ref { mutable: true, .. } | Expr::Verbatim(..) | Expr::Method { .. } => {
                e.places(&mut |p| others.push((p.clone(), !matches!(e, Expr::Verbatim(..)) && is_unique(e))));
            }
            other => other.children_mut(&mut |e| self.expr(e, always, groups, others)),
        }
    }

    fn note(
        &self,
        place: &Place,
        always: bool,
        written: bool,
        groups: &mut Vec<Group>,
        others: &mut Vec<(Place, bool)>,
    ) {
        let reached = reaches(place, self.var, self.lo).filter(|(at, reach)| {
            let slice = Place { path: place.path[..*at].to_vec(), ..place.clone() };
            // Before the loop, `i - c` is at least zero.
            let safe = match reach {
                Reach::Back(back) => literal(self.lo).is_some_and(|lo| lo >= *back),
                _ => true,
            };
            safe && matches!(kinds::of_place(self.program, &slice).deref(), Kind::Seq(_))
        });
        let Some((at, reach)) = reached.or_else(|| self.lent(place).filter(|_| !written)) else {
            others.push((place.clone(), written));
            return;
        };
        let known = groups.iter_mut().find(|g| g.reach.same(&reach) && g.slice.same_path(place, at));
        if let Some(group) = known {
            group.always |= always;
            group.written |= written;
        } else {
            let slice = Place { path: place.path[..at].to_vec(), ..place.clone() };
            groups.push(Group { slice, reach, always, written });
        }
    }

    /// The first index of a place into a vector.
    fn lent(&self, place: &Place) -> Option<(usize, Reach)> {
        let at = place.path.iter().position(|s| matches!(s, Step::Index { .. }))?;
        let slice = Place { path: place.path[..at].to_vec(), ..place.clone() };
        matches!(kinds::of_place(self.program, &slice), Kind::Seq(_)).then_some((at, Reach::Any))
    }

    /// Whether the slice and the way into it are the same in every iteration, and named before the loop.
    fn is_fixed(&self, slice: &Place, reach: &Reach) -> bool {
        let defined = |v: VarId| self.defined.contains(v);
        let own = |v: VarId| defined(v) || self.l.body.stmts.iter().any(|s| super::writes(s, v));
        let mut fixed = !defined(slice.root);
        slice.clone().exprs_mut(&mut |e| e.vars(&mut |v| fixed &= !own(v)));
        if let Reach::From(e) | Reach::Window(e) = reach {
            e.vars(&mut |v| fixed &= !own(v));
        }
        let simple = |s: &Step| matches!(s, Step::Field(_) | Step::Index { .. } | Step::Deref);
        fixed && slice.path.iter().all(simple)
    }
}

/// Whether an expression borrows mutably.
fn is_unique(e: &Expr) -> bool {
    matches!(e, Expr::Ref { mutable: true, .. })
}
