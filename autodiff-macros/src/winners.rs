//! Winners: a loop that keeps what one of its iterations computed, as a maximum does, has the derivative of that
//! iteration alone.
//!
//! In: a program in normal form with its active parameters marked. Out: one with the same values, in which
//!
//! ```text
//! for i in lo..hi { a; if c { w = b; } }
//! ```
//!
//! is a search that carries no derivative, and one iteration that does:
//!
//! ```text
//! let (mut found, mut at, mut kept) = (false, lo, w);
//! for i in lo..hi { a; if seldom(c) { kept = b; found = true; at = i; } }
//! if found { let i = at; a; w = b; }
//! ```
//!
//! `w = w.max(b)` and its kin are such a choice. Neither the search nor its backward sweep stores anything, and only
//! one iteration is differentiated, in every mode.

use proc_macro2::Span;

use crate::activity;
use crate::ir::{BinOp, Block, Callee, Edit, Expr, Header, Loop, Passing, Place, Program, Role, Stmt, VarId};
use crate::kinds::Kind;
use crate::maps::{HashMap, HashSet};
use crate::var_set::VarSet;
use crate::{methods, rules};

/// Takes the choices of loops apart.
pub(crate) fn single_out(program: &mut Program) {
    let seeds = program.params.iter().filter(|p| p.active).flat_map(|p| p.parts.clone());
    let mut active = activity::varied(program, seeds);
    active.intersect(&activity::useful(program));
    let mut body = std::mem::take(&mut program.body);
    Pass { program, active }.block(&mut body);
    program.body = body;
}

struct Pass<'a> {
    program: &'a mut Program,
    active: VarSet,
}

/// A loop over a range whose body ends with a choice.
struct Choice {
    header: Header,
    index: VarId,
    /// What is computed in each iteration.
    work: Vec<Stmt>,
    cond: Expr,
    then: Vec<Stmt>,
    /// The variables that the choice overwrites.
    kept: HashSet<VarId>,
}

impl Pass<'_> {
    fn block(&mut self, block: &mut Block) {
        for mut stmt in std::mem::take(&mut block.stmts) {
            for inner in stmt.blocks_mut() {
                self.block(inner);
            }
            match self.choice(&stmt) {
                Some(choice) => self.rewrite(choice, &mut block.stmts),
                None => block.stmts.push(stmt),
            }
        }
    }

    fn choice(&self, stmt: &Stmt) -> Option<Choice> {
        let Stmt::Loop(l) = stmt else { return None };
        let Loop { header: header @ Header::Range { var, .. }, body, exits, plan: None, .. } = &**l else {
            return None;
        };
        if !exits.is_empty() {
            return None;
        }
        let (work, cond, then) = branch(&body.stmts)?;
        let mut own: HashSet<VarId> = std::iter::once(*var).collect();
        if !work.iter().all(|s| self.is_pure(s, &mut own)) {
            return None;
        }
        let mut kept = HashSet::default();
        for stmt in &then {
            match stmt {
                Stmt::Assign { place, value, init: false } if place.path.is_empty() && self.pure(value) => {
                    kept.insert(place.root);
                }
                Stmt::Let { .. } if self.is_pure(stmt, &mut own) => {}
                _ => return None,
            }
        }
        // Only the condition may depend on what was kept before.
        let mut work_reads = HashSet::default();
        work.iter().chain(&then).for_each(|s| all_reads(s, &mut work_reads));
        let scalar = |v: &VarId| !cond.mentions(*v) || self.program.vars[*v].kind.is_scalar();
        let fine = self.pure(&cond)
            && kept.is_disjoint(&own)
            && kept.is_disjoint(&work_reads)
            && kept.iter().any(|v| self.active.contains(*v))
            && kept.iter().all(scalar);
        fine.then(|| Choice { header: header.clone(), index: *var, work, cond, then, kept })
    }

    fn rewrite(&mut self, choice: Choice, out: &mut Vec<Stmt>) {
        let span = Span::mixed_site();
        let found = self.program.fresh("found", span, Kind::Bool, Role::Temporary);
        let at = self.program.fresh("at", span, Kind::Int, Role::Temporary);
        let mut again = HashMap::default();
        let mut copies = Vec::new();
        let mut kept: Vec<VarId> = choice.kept.iter().copied().filter(|v| choice.cond.mentions(*v)).collect();
        kept.sort_unstable();
        for v in kept {
            let copy = self.detached(v, "kept");
            out.push(Stmt::Let { var: copy, value: Expr::var(v, span) });
            copies.push(copy);
            again.insert(v, copy);
        }
        let Header::Range { lo, .. } = &choice.header else { unreachable!("choices are made over ranges") };
        out.push(Stmt::Let { var: found, value: Expr::Bool(false) });
        out.push(Stmt::Let { var: at, value: lo.clone() });

        let set = |v: VarId, value| Stmt::Assign { place: Place::var(v, span), value, init: false };
        let mut then: Vec<Stmt> = choice.then.clone();
        then.retain(|s| !matches!(s, Stmt::Assign { place, .. } if !again.contains_key(&place.root)));
        then.push(set(found, Expr::Bool(true)));
        then.push(set(at, Expr::var(choice.index, span)));
        let seldom = syn::parse_quote!(::differentiable::__private::seldom);
        let chosen = Stmt::If {
            cond: Expr::Call { func: seldom, qself: None, args: vec![choice.cond], ctor: false, tangent: false },
            then: Block { stmts: then, ..Block::default() },
            els: Block::default(),
            tape: None,
        };
        let mut body = choice.work.clone();
        body.push(chosen);
        let mut search = Block {
            stmts: vec![Stmt::from(Loop {
                label: 0,
                header: choice.header,
                body: Block { stmts: body, ..Block::default() },
                exits: Vec::new(),
                tape: None,
                plan: None,
            })],
            ..Block::default()
        };
        let mut own = HashSet::default();
        search.walk(&mut |s| own.extend(s.defines()));
        let mut own: Vec<VarId> = own.into_iter().collect();
        own.sort_unstable();
        for v in own {
            let name = self.program.vars[v].name.clone();
            again.insert(v, self.detached(v, &name));
        }
        search.walk_mut(&mut |s| {
            s.vars_mut(&mut |v| *v = again.get(v).copied().unwrap_or(*v));
        });
        out.append(&mut search.stmts);

        let mut winner = vec![Stmt::Let { var: choice.index, value: Expr::var(at, span) }];
        winner.extend(choice.work);
        winner.extend(choice.then);
        out.push(Stmt::If {
            cond: Expr::var(found, span),
            then: Block { stmts: winner, ..Block::default() },
            els: Block::default(),
            tape: None,
        });
    }

    /// A variable like another that carries no derivative.
    fn detached(&mut self, v: VarId, name: &str) -> VarId {
        let mut var = self.program.vars[v].clone();
        name.clone_into(&mut var.name);
        var.detached = true;
        if var.role == Role::User {
            var.role = Role::Temporary;
        }
        self.program.vars.push(var);
        self.program.vars.len() - 1
    }

    /// Whether a statement does nothing but define and change variables of the iteration.
    fn is_pure(&self, stmt: &Stmt, own: &mut HashSet<VarId>) -> bool {
        own.extend(stmt.defines());
        let fine = match stmt {
            Stmt::Let { .. } | Stmt::Declare(_) | Stmt::If { .. } => true,
            Stmt::Loop(l) => l.plan.is_none(),
            Stmt::Scope { checkpoint, .. } => !checkpoint,
            Stmt::Assign { place, .. } | Stmt::Update { place, .. } | Stmt::Replace { place, .. } => {
                own.contains(&place.root)
            }
            Stmt::Edit(
                Edit::Push { place, .. }
                | Edit::Pop { place, .. }
                | Edit::Swap { place, .. }
                | Edit::Permute { place, .. },
            ) => own.contains(&place.root),
            Stmt::Edit(Edit::Exchange(a, b)) => own.contains(&a.root) && own.contains(&b.root),
            Stmt::Call(call) => {
                !matches!(call.callee, Callee::Variable(_)) && call.args.iter().all(|a| a.passing != Passing::RefMut)
            }
            _ => false,
        };
        let mut pure = fine;
        stmt.clone().parts_mut(&mut |e| pure &= self.pure(e), &mut |_| {});
        pure && stmt.blocks().iter().all(|b| b.stmts.iter().all(|s| self.is_pure(s, own)))
    }

    /// Whether an expression only computes a value.
    fn pure(&self, e: &Expr) -> bool {
        let mut pure = match e {
            Expr::Call { func, ctor: false, .. } => func.segments.last().is_some_and(|s| s.ident == "seldom"),
            Expr::Verbatim(..) => false,
            Expr::Method { recv, name, .. } => {
                let name = name.to_string();
                let known = methods::CONSTANT.contains(&name.as_str()) || methods::is_structural(&name);
                known
                    || matches!(&**recv, Expr::Place(p) if !self.program.vars[p.root].mutable || p.path.is_empty() && self.program.vars[p.root].kind.is_scalar())
            }
            _ => true,
        };
        e.clone().children_mut(&mut |child| pure &= self.pure(child));
        pure
    }
}

/// A body that ends with a branch: what comes before it, its condition, and what it does.
fn branch(stmts: &[Stmt]) -> Option<(Vec<Stmt>, Expr, Vec<Stmt>)> {
    match stmts {
        [work @ .., Stmt::If { cond, then, els, tape: None }] if els.stmts.is_empty() => {
            Some((work.to_vec(), cond.clone(), then.stmts.clone()))
        }
        // `let t = w.max(b); w = t;`
        [work @ .., Stmt::Let { var, value }, Stmt::Assign { place, value: last, init: false }]
            if place.path.is_empty() && last.as_var() == Some(*var) =>
        {
            chosen(work, place, value)
        }
        [work @ .., Stmt::Assign { place, value, init: false }] if place.path.is_empty() => chosen(work, place, value),
        _ => None,
    }
}

/// `w = w.max(b)`  ⇒  `if b > w || w.is_nan() { w = b; }`; of equal values the first counts.
fn chosen(work: &[Stmt], place: &Place, value: &Expr) -> Option<(Vec<Stmt>, Expr, Vec<Stmt>)> {
    let Expr::Math(rule, args) = value else { return None };
    let better = match rule.name {
        "max" => BinOp::Gt,
        "min" => BinOp::Lt,
        _ => return None,
    };
    let [a, b] = args.as_slice() else { return None };
    let kept = Expr::Place(place.clone());
    let is_nan = |e: &Expr| rules::method(e.clone(), "is_nan", Vec::new());
    let (new, cond) = if a.as_var() == Some(place.root) {
        (b, Expr::binary(BinOp::Or, Expr::binary(better, b.clone(), kept.clone()), is_nan(&kept)))
    } else if b.as_var() == Some(place.root) {
        let worse = if better == BinOp::Gt { BinOp::Ge } else { BinOp::Le };
        (a, Expr::binary(BinOp::Or, Expr::binary(worse, a.clone(), kept.clone()), is_nan(&kept)))
    } else {
        return None;
    };
    let then = vec![Stmt::Assign { place: place.clone(), value: new.clone(), init: false }];
    Some((work.to_vec(), cond, then))
}

/// The variables that a statement, or one inside it, reads.
fn all_reads(stmt: &Stmt, into: &mut HashSet<VarId>) {
    stmt.uses(
        &mut |v| {
            into.insert(v);
        },
        &mut |_| {},
    );
    stmt.blocks().iter().for_each(|b| b.stmts.iter().for_each(|s| all_reads(s, into)));
}
