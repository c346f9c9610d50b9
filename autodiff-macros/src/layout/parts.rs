//! Parts: what the iterations of an innermost loop add to one cotangent is added up in four parts, so that the loop vectorises.
//!
//! ```text
//! for i in 0..n { d_a[i] += ct[i] * b; sum += ct[i] * a[i]; }
//! ⇒  let mut parts = [0.0; 4]; let (d_a_1, d_a_2) = quads_mut(d_a); …
//!    for i in 0..n / 4 {
//!        let (ct, a) = (ct_1[i], a_1[i]); let mut d_a = [0.0; 4];
//!        for lane in 0..4 { d_a[lane] = ct[lane] * b; parts[lane] += ct[lane] * a[lane]; }
//!        for lane in 0..4 { d_a_1[i][lane] += d_a[lane]; }
//!    }
//!    for i in 0..n % 4 { d_a_2[i] += ct_2[i] * b; sum += ct_2[i] * a_2[i]; }
//!    sum += parts[0] + parts[1] + parts[2] + parts[3];
//! ```
//!
//! All four elements are read before the first is written: no slice need be known to lie apart from the others.
//!
//! A compiler may not change the order in which floats are added, and one sum that waits for itself holds up the loop around it. But
//! nobody has asked for the order of a cotangent's sum. Sums of the function itself stay as they are written: a loop that
//! contains one gains nothing.

use proc_macro2::Span;

use super::cuts::{lengths, measured};
use crate::ir::{BinOp, Block, Expr, Header, Loop, Place, Program, Role, Sequence, Step, Stmt, Var, VarId};
use crate::kinds::{self, Float, Kind};
use crate::maps::HashMap;
use crate::var_set::VarSet;
use crate::visit::same_index;

/// Into how many parts a sum is divided: so many numbers of 64 bits fill a register.
const PARTS: usize = 4;

/// Divides the sums of the innermost loops of a derivative in reverse mode.
pub(super) fn of_sums(program: &mut Program) {
    if program.reverse.is_none() {
        return;
    }
    let mut body = std::mem::take(&mut program.body);
    let lengths = lengths(&body);
    block(program, &lengths, &mut body);
    program.body = body;
}

fn block(program: &mut Program, lengths: &HashMap<VarId, Place>, b: &mut Block) {
    for mut stmt in std::mem::take(&mut b.stmts) {
        for inner in stmt.blocks_mut() {
            block(program, lengths, inner);
        }
        if let Stmt::Loop(l) = &stmt
            && let Some(plan) = Plan::of(program, lengths, l, &b.stmts)
        {
            plan.divide(program, l, &mut b.stmts);
        } else {
            b.stmts.push(stmt);
        }
    }
}

/// A loop over slices of its length that adds to cotangents.
struct Plan {
    index: VarId,
    hi: Expr,
    /// The sums, and the type of each.
    sums: Vec<(VarId, Float)>,
    slices: Vec<Slice>,
    /// What the loop defines.
    own: VarSet,
    /// A tape of numbers that the loop reads, and the variable that holds one of them.
    tape: Option<(VarId, VarId)>,
}

/// A slice that the loop reaches by its index.
struct Slice {
    var: VarId,
    read: bool,
    assigned: bool,
    added: bool,
}

impl Slice {
    fn is_written(&self) -> bool {
        self.assigned || self.added
    }

    /// Whether the loop only adds to it.
    fn only_adds(&self) -> bool {
        self.added && !self.read && !self.assigned
    }
}

/// How the loop uses a slice.
#[derive(Clone, Copy)]
enum Use {
    Read,
    Assign,
    Add,
}

impl Plan {
    fn of(program: &Program, lengths: &HashMap<VarId, Place>, l: &Loop, before: &[Stmt]) -> Option<Self> {
        let Header::Range { var, lo: Expr::Lit(syn::Lit::Int(lo)), hi, inclusive: false, step: None, rev: false } =
            &l.header
        else {
            return None;
        };
        // A short loop of known length is unrolled.
        let known = matches!(hi, Expr::Lit(_) | Expr::Item(..));
        if lo.base10_digits() != "0" || known || !l.exits.is_empty() || l.plan.is_some() || !l.body.saves.is_empty() {
            return None;
        }
        let tape = match (l.tape, l.body.loads.as_slice()) {
            (None, []) => None,
            (Some(tape), [load])
                if tape.in_order && !tape.flat && double_or_single(&program.vars[*load].kind).is_some() =>
            {
                Some((tape.var, *load))
            }
            _ => return None,
        };
        let mut own = super::defined_in(l);
        own.extend(l.body.loads.iter().copied());
        let mut plan = Self { index: *var, hi: hi.clone(), sums: Vec::new(), slices: Vec::new(), own, tape };
        let fits = l.body.stmts.iter().all(|s| plan.stmt(program, s));
        let whole = hi.as_var().map_or_else(|| measured(hi), |v| lengths.get(&v));
        let reaches = |v: VarId| {
            let cut = before
                .iter()
                .any(|s| matches!(s, Stmt::Cut { var, len: Some(len), .. } if *var == v && same_index(len, hi)));
            cut || whole.is_some_and(|w| w.trimmed().path.is_empty() && w.root == v)
        };
        let lent = plan.slices.iter().any(|s| s.is_written() && hi.mentions(s.var));
        let read = plan.sums.iter().any(|(v, _)| l.body.stmts.iter().any(|s| reads(s, *v)));
        let fits = fits && !plan.sums.is_empty() && !lent && !read;
        (fits && plan.slices.iter().all(|s| reaches(s.var)) && plan.keeps_rest(l)).then_some(plan)
    }

    /// Whether a statement is one that vectorises; notes what it reaches.
    fn stmt(&mut self, program: &Program, stmt: &Stmt) -> bool {
        let (place, value, adds) = match stmt {
            Stmt::Let { var, value } => return program.vars[*var].kind.is_scalar() && self.expr(program, value),
            Stmt::Replace { place, value, .. } if self.is_element(place) => {
                self.slice(place.root, Use::Read);
                (place, value, false)
            }
            Stmt::Accumulate { place, value } => (place, value, true),
            Stmt::Assign { place, value, init: false } | Stmt::Update { place, value, .. } => (place, value, false),
            _ => return false,
        };
        if !self.expr(program, value) {
            return false;
        }
        if self.is_element(place) {
            self.slice(place.root, if adds { Use::Add } else { Use::Assign });
            return is_of_numbers(program, place);
        }
        if !place.path.is_empty() {
            return false;
        }
        if self.own.contains(place.root) {
            return true;
        }
        let var = &program.vars[place.root];
        match double_or_single(&var.kind).filter(|_| adds && matches!(var.role, Role::Adjoint | Role::Tangent)) {
            Some(float) => {
                if !self.sums.iter().any(|(v, _)| *v == place.root) {
                    self.sums.push((place.root, float));
                }
                true
            }
            None => false,
        }
    }

    /// Whether an expression is arithmetic on elements and on what is the same in every iteration.
    fn expr(&mut self, program: &Program, e: &Expr) -> bool {
        match e {
            Expr::Lit(_) | Expr::Number(..) => true,
            Expr::Place(place) if self.is_element(place) => {
                self.slice(place.root, Use::Read);
                is_of_numbers(program, place)
            }
            Expr::Place(place) if place.path.is_empty() => place.root != self.index,
            e if self.is_fixed(e) => true,
            Expr::Neg(e) | Expr::Zero(e) => self.expr(program, e),
            Expr::Binary(BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div, a, b) => {
                self.expr(program, a) && self.expr(program, b)
            }
            Expr::Math(rule, args) => {
                matches!(rule.name, "abs" | "sqrt" | "recip" | "mul_add") && args.iter().all(|e| self.expr(program, e))
            }
            _ => false,
        }
    }

    /// Whether a place is the element of a variable at the loop's index.
    fn is_element(&self, place: &Place) -> bool {
        let Some((Step::Index { at, range: false }, before)) = place.path.split_last() else { return false };
        let behind = before.iter().all(|s| matches!(s, Step::Deref));
        behind && at.as_var() == Some(self.index) && !self.own.contains(place.root)
    }

    /// Whether an expression is the same in every iteration.
    fn is_fixed(&self, e: &Expr) -> bool {
        let mut fixed = !super::calls(e);
        e.vars(&mut |v| fixed &= !self.own.contains(v));
        fixed
    }

    fn slice(&mut self, var: VarId, how: Use) {
        let known = self.slices.iter().position(|s| s.var == var).unwrap_or_else(|| {
            self.slices.push(Slice { var, read: false, assigned: false, added: false });
            self.slices.len() - 1
        });
        let slice = &mut self.slices[known];
        *match how {
            Use::Read => &mut slice.read,
            Use::Assign => &mut slice.assigned,
            Use::Add => &mut slice.added,
        } = true;
    }

    /// Whether what the loop writes to is reached by the loop's index alone.
    fn keeps_rest(&self, l: &Loop) -> bool {
        let mut kept = true;
        for stmt in &l.body.stmts {
            let mut copy = stmt.clone();
            copy.places_mut(&mut |p| kept &= self.is_element(p) || !self.slices.iter().any(|s| s.var == p.root));
        }
        kept
    }

    fn divide(&self, program: &mut Program, l: &Loop, into: &mut Vec<Stmt>) {
        let mut body = l.body.clone();
        let mut tapes = Vec::new();
        for load in std::mem::take(&mut body.loads) {
            let (tape, _) = self.tape.expect("what is loaded is on a tape");
            body.stmts.insert(0, Stmt::Let { var: load, value: Expr::Place(element(tape, self.index)) });
            tapes.push((
                Slice { var: tape, read: true, assigned: false, added: false },
                program.vars[load].kind.clone(),
            ));
        }
        let mut parts = Vec::new();
        for (sum, float) in &self.sums {
            let name = format!("{}_parts", program.vars[*sum].name.trim_end_matches("_sum"));
            let kind = Kind::Seq(Box::new(Kind::Float(float.clone())));
            let v = program.fresh(name, program.vars[*sum].span, kind, Role::Adjoint);
            into.push(Stmt::Let { var: v, value: zeros(float.clone()) });
            parts.push((*sum, v));
        }
        let (quad, rest) = (again(program, self.index), again(program, self.index));
        let lane = program.fresh("lane", Span::mixed_site(), Kind::Int, Role::Temporary);
        let mut tail = copy(program, &body);
        let mut inside = Block::default();
        let mut after = Vec::new();
        let slices = self.slices.iter().map(|s| (s, kinds::of_place(program, &element(s.var, self.index))));
        for (slice, kind) in slices.chain(tapes.iter().map(|(slice, kind)| (slice, kind.clone()))).collect::<Vec<_>>() {
            let seq = |kind| Kind::Seq(Box::new(kind));
            let [quads, left, four] = [(); 3].map(|()| again(program, slice.var));
            program.vars[quads].kind = Kind::Ref(Box::new(seq(seq(kind.clone()))));
            program.vars[left].kind = Kind::Ref(Box::new(seq(kind.clone())));
            program.vars[four].kind = seq(kind.clone());
            let mut whole = Place::var(slice.var, Span::mixed_site());
            if matches!(program.vars[slice.var].kind, Kind::Ref(_)) {
                whole = whole.step(Step::Deref);
            }
            into.push(Stmt::Quads { quads, tail: left, slice: Expr::Place(whole), mutable: slice.is_written() });
            let value = match &kind {
                Kind::Float(float) if slice.only_adds() => zeros(float.clone()),
                _ if slice.is_written() => Expr::Place(element(quads, quad)),
                _ => Expr::Ref { mutable: false, of: Box::new(Expr::Place(element(quads, quad))) },
            };
            if !slice.is_written() {
                program.vars[four].kind = Kind::Ref(Box::new(program.vars[four].kind.clone()));
            }
            inside.stmts.push(Stmt::Let { var: four, value });
            if slice.only_adds() {
                let lane = again(program, lane);
                let place = element(quads, quad).step(at(lane));
                let add = Stmt::Accumulate { place, value: Expr::Place(element(four, lane)) };
                after.push(run(lane, Expr::int(PARTS), Block { stmts: vec![add], ..Block::default() }));
                begins(&mut body, &element(slice.var, self.index));
            } else if slice.is_written() {
                let value = Expr::Place(Place::var(four, Span::mixed_site()));
                after.push(Stmt::Assign { place: element(quads, quad), value, init: false });
            }
            self.reach(&mut body, slice.var, &element(four, lane));
            self.reach(&mut tail, slice.var, &element(left, rest));
        }
        for (sum, parts) in &parts {
            body.walk_mut(&mut |s| {
                s.places_mut(&mut |p| {
                    if p.root == *sum {
                        *p = element(*parts, lane);
                    }
                });
            });
        }
        inside.stmts.push(run(lane, Expr::int(PARTS), body));
        inside.stmts.append(&mut after);
        let by = |op| Expr::binary(op, self.hi.clone(), Expr::int(PARTS));
        into.push(run(quad, by(BinOp::Div), inside));
        into.push(run(rest, by(BinOp::Rem), tail));
        for (sum, parts) in parts {
            let part = |k| {
                Expr::Place(
                    Place::var(parts, Span::mixed_site())
                        .step(Step::Index { at: Box::new(Expr::int(k)), range: false }),
                )
            };
            let value = (1..PARTS).fold(part(0), |sum, k| Expr::binary(BinOp::Add, sum, part(k)));
            into.push(Stmt::Accumulate { place: Place::var(sum, Span::mixed_site()), value });
        }
    }

    /// Names the element of a slice at the loop's index otherwise.
    fn reach(&self, block: &mut Block, slice: VarId, element: &Place) {
        block.walk_mut(&mut |s| {
            s.places_mut(&mut |p| {
                if p.root == slice && self.is_element(p) {
                    *p = Place { span: p.span, ..element.clone() };
                }
            });
        });
    }
}

/// A body with variables of its own.
fn copy(program: &mut Program, body: &Block) -> Block {
    let mut defined = Vec::new();
    body.walk(&mut |s| defined.extend(s.defines()));
    let names: HashMap<VarId, VarId> = defined.into_iter().map(|v| (v, again(program, v))).collect();
    let mut copy = body.clone();
    copy.walk_mut(&mut |s| s.own_vars_mut(&mut |v| *v = names.get(v).copied().unwrap_or(*v)));
    copy
}

/// Whether an element is one of a sequence of numbers.
fn is_of_numbers(program: &Program, element: &Place) -> bool {
    let sequence = matches!(program.vars[element.root].kind.deref(), Kind::Seq(_));
    sequence && kinds::of_place(program, element).is_scalar()
}

/// Whether a statement reads a variable.
fn reads(stmt: &Stmt, var: VarId) -> bool {
    let mut found = false;
    stmt.uses(&mut |v| found |= v == var, &mut |_| {});
    found
}

/// The float type of numbers of 64 or 32 bits.
fn double_or_single(kind: &Kind) -> Option<Float> {
    match kind {
        Kind::Float(Float::Any) => Some(Float::F64),
        Kind::Float(float @ (Float::F64 | Float::F32)) => Some(float.clone()),
        _ => None,
    }
}

/// A variable like another.
fn again(program: &mut Program, like: VarId) -> VarId {
    let var = Var { ty: None, ..program.vars[like].clone() };
    program.vars.push(var);
    program.vars.len() - 1
}

/// `slice[index]`.
fn element(slice: VarId, index: VarId) -> Place {
    Place::var(slice, Span::mixed_site()).step(at(index))
}

fn at(index: VarId) -> Step {
    Step::Index { at: Box::new(Expr::var(index, Span::mixed_site())), range: false }
}

/// `[0.0; 4]`.
fn zeros(float: Float) -> Expr {
    let float = if float == Float::Any { Float::F64 } else { float };
    let value = Box::new(Expr::Number(0.0, float));
    Expr::Repeat { value, len: Box::new(Expr::int(PARTS)), sequence: Sequence::Array }
}

/// What is added first to an element that begins at zero is what it is.
fn begins(block: &mut Block, element: &Place) {
    let first = block.stmts.iter_mut().find(|s| matches!(s, Stmt::Accumulate { place, .. } if place.same(element)));
    if let Some(stmt) = first
        && let Stmt::Accumulate { place, value } = stmt.clone()
    {
        *stmt = Stmt::Assign { place, value, init: false };
    }
}

/// `for var in 0..hi`.
fn run(var: VarId, hi: Expr, body: Block) -> Stmt {
    let header = Header::Range { var, lo: Expr::int(0), hi, inclusive: false, step: None, rev: false };
    Stmt::from(Loop { label: 0, header, body, exits: Vec::new(), tape: None, plan: None })
}
