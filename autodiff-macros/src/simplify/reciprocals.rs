//! Reciprocals: derivative code multiplies by a reciprocal that is at hand, where it would divide.
//!
//! ```text
//! let t = s.sqrt();                    let t = s.sqrt();
//! let u = 1.0 / t;                     let u = 1.0 / t;
//! d_t = 0.5 / t * (u * u * ct);   ⇒    d_t = 0.5 * u * (u * u * ct);
//! ```
//!
//! In: a derivative. Out: the same, up to rounding in the derivative; what the function itself computes is not touched. Where
//! derivative code divides by one variable several times, or in a loop, the reciprocal is taken once. A division takes several
//! times as long as a product, and a divisor that is needed no more is not put on the tape.

use crate::fold;
use crate::ir::{BinOp, Block, Expr, Program, Role, Stmt, VarId};
use crate::kinds::Kind;
use crate::switches::Analysis;
use crate::var_set::{VarMap, VarSet};
use crate::visit::same_index;

/// Takes reciprocals that are at hand, and makes those that serve several times.
pub(crate) fn reuse(program: &mut Program) {
    if !Analysis::Reciprocals.is_on() {
        return;
    }
    let mut body = std::mem::take(&mut program.body);
    let fixed = fixed_floats(program, &body);
    // Until tapes are placed, the backward sweep sees all that the forward sweep makes.
    let everywhere = program.reverse.is_some() && !program.taped;
    let visible = program.params.iter().flat_map(|p| p.parts.iter().copied()).collect();
    let mut homes = VarMap::default();
    if everywhere {
        find_homes(&body, &mut Vec::new(), &mut homes);
    }
    let mut pass = Pass { program, fixed, known: Vec::new(), everywhere, visible, homes, around: Vec::new() };
    pass.collect(&body);
    pass.block(&mut body);
    program.body = body;
}

/// The floats that nothing writes to after their definition.
fn fixed_floats(program: &Program, body: &Block) -> VarSet {
    let mut written = VarSet::new();
    body.walk(&mut |stmt| {
        stmt.uses(&mut |_| {}, &mut |v| {
            written.insert(v);
        });
        if let Stmt::Declare(v) = stmt {
            written.insert(*v);
        }
    });
    let fixed = |v: &VarId| matches!(program.vars[*v].kind, Kind::Float(_)) && !written.contains(*v);
    (0..program.vars.len()).filter(fixed).collect()
}

/// The tape of a loop or a branch, which its mirror image shares.
fn tape_of(stmt: &Stmt) -> Option<VarId> {
    match stmt {
        Stmt::Loop(l) => l.tape.map(|t| t.var),
        Stmt::If { tape, .. } => tape.map(|t| t.var),
        _ => None,
    }
}

/// The tapes of the loops and branches inside which a variable is made.
fn find_homes(block: &Block, around: &mut Vec<VarId>, homes: &mut VarMap<Vec<VarId>>) {
    for stmt in &block.stmts {
        let depth = around.len();
        around.extend(tape_of(stmt));
        // A loop has a variable that is made inside it; what else has a tape makes none.
        stmt.defines().into_iter().for_each(|v| homes.insert(v, around.clone()));
        stmt.blocks().into_iter().for_each(|inner| find_homes(inner, around, homes));
        around.truncate(depth);
    }
}

/// What the expression is the reciprocal of.
fn reciprocal_of(e: &Expr) -> Option<&Expr> {
    match e {
        Expr::Binary(BinOp::Div, one, divisor) if fold::is_one(one) => Some(divisor),
        Expr::Math(rule, args) if rule.name == "recip" => Some(&args[0]),
        _ => None,
    }
}

/// Whether an expression is computed from fixed variables alone.
fn is_fixed(e: &Expr, fixed: &VarSet) -> bool {
    let mut all = true;
    e.places(&mut |p| all &= p.path.is_empty());
    e.vars(&mut |v| all &= fixed.contains(v));
    all
}

/// The variables by which statements divide, and those by which they do more than once.
#[derive(Default)]
struct Divisions {
    all: VarSet,
    several: VarSet,
}

struct Pass<'a> {
    program: &'a mut Program,
    fixed: VarSet,
    /// What has a reciprocal, and that.
    known: Vec<(Expr, VarId)>,
    everywhere: bool,
    /// The variables in scope.
    visible: Vec<VarId>,
    /// The tapes of the loops and branches inside which a variable is made, where they tell what is in scope.
    homes: VarMap<Vec<VarId>>,
    /// The tapes of the loops and branches around.
    around: Vec<VarId>,
}

impl Pass<'_> {
    /// Finds the reciprocals. Where nothing else tells what is in scope, they are made in the block that makes what they are
    /// reciprocals of.
    fn collect(&mut self, block: &Block) {
        let mut made = VarSet::new();
        for stmt in &block.stmts {
            if let Stmt::Let { var, value } = stmt
                && let Some(of) = reciprocal_of(value)
                && self.fixed.contains(*var)
                && is_fixed(of, &self.fixed)
                && (!self.everywhere || of.as_var().is_some_and(|v| made.contains(v)))
            {
                self.known.push((of.clone(), *var));
            }
            made.extend(stmt.defines());
            stmt.blocks().into_iter().for_each(|inner| self.collect(inner));
        }
    }

    fn block(&mut self, block: &mut Block) {
        let outside = (self.visible.len(), self.around.len());
        self.visible.extend(&block.loads);
        self.bring_forward(block);
        let mut divisions = Divisions::default();
        block.stmts.iter_mut().for_each(|s| self.count(s, false, &mut divisions));
        let mut several = divisions.several;
        let mut at = 0;
        while at < block.stmts.len() {
            if let Some(value) = self.derivative(&mut block.stmts[at]) {
                self.take(value);
            }
            if !several.is_empty() {
                let mut here = Divisions::default();
                self.count(&mut block.stmts[at], false, &mut here);
                for of in here.all.iter().filter(|v| several.remove(*v)) {
                    self.make(block, at, of);
                }
            }
            self.around.extend(tape_of(&block.stmts[at]));
            block.stmts[at].blocks_mut().into_iter().for_each(|inner| self.block(inner));
            self.around.truncate(outside.1);
            self.visible.extend(block.stmts[at].defines());
            at += 1;
        }
        self.visible.truncate(outside.0);
    }

    /// Whether a variable can be read before the statements.
    fn is_visible(&self, v: VarId, stmts: &[Stmt]) -> bool {
        fn makes(stmt: &Stmt, v: VarId) -> bool {
            stmt.defines().contains(&v) || stmt.blocks().iter().any(|b| b.stmts.iter().any(|s| makes(s, v)))
        }
        if self.everywhere {
            let home = self.homes.get(v);
            home.is_none_or(|home| home.iter().all(|tape| self.around.contains(tape)))
                && !stmts.iter().any(|s| makes(s, v))
        } else {
            self.visible.contains(&v)
        }
    }

    /// What a statement adds to a derivative, or makes one.
    fn derivative<'s>(&self, stmt: &'s mut Stmt) -> Option<&'s mut Expr> {
        let (root, value) = match stmt {
            Stmt::Let { var, value } => (*var, value),
            Stmt::Accumulate { place, value } | Stmt::Assign { place, value, .. } => (place.root, value),
            _ => return None,
        };
        matches!(self.program.vars[root].role, Role::Adjoint | Role::Tangent).then_some(value)
    }

    /// Makes a reciprocal right after what it is the reciprocal of, where a derivative divides by that in between.
    fn bring_forward(&mut self, block: &mut Block) {
        for at in 0..block.stmts.len() {
            let Stmt::Let { var, value } = &block.stmts[at] else { continue };
            let Some(of) = reciprocal_of(value).filter(|_| self.known.iter().any(|(_, r)| r == var)).cloned() else {
                continue;
            };
            let made = |s: &Stmt| s.defines().iter().any(|v| of.mentions(*v));
            let from = block.stmts[..at].iter().rposition(made).map_or(0, |k| k + 1);
            let mut divides = false;
            for stmt in &mut block.stmts[from..at] {
                divides |= self.derivative(stmt).is_some_and(|e| divides_by(e, &of));
            }
            if divides {
                block.stmts[from..=at].rotate_right(1);
            }
        }
    }

    /// The reciprocal in scope of a divisor.
    fn known(&self, divisor: &Expr) -> Option<VarId> {
        let known =
            self.known.iter().find(|(of, r)| (self.everywhere || self.visible.contains(r)) && same_index(of, divisor));
        known.map(|(_, reciprocal)| *reciprocal)
    }

    /// Multiplies by the reciprocals in scope.
    fn take(&self, e: &mut Expr) {
        e.children_mut(&mut |child| self.take(child));
        if let Expr::Binary(BinOp::Div, _, divisor) = e
            && let Some(reciprocal) = self.known(divisor)
        {
            multiply(e, reciprocal);
        }
    }

    /// Makes the reciprocal of a divisor before a statement, for it and those after it.
    fn make(&mut self, block: &mut Block, at: usize, of: VarId) {
        let var = &self.program.vars[of];
        let (span, kind) = (var.span, var.kind.clone());
        let Kind::Float(float) = kind.clone() else { return };
        let divisor = Expr::var(of, span);
        if self.known(&divisor).is_some() || !self.is_visible(of, &block.stmts[at..]) {
            return;
        }
        let reciprocal = self.program.fresh("inverse", span, kind, Role::Temporary);
        for stmt in &mut block.stmts[at..] {
            self.divide_no_more(stmt, &divisor, reciprocal);
        }
        let value = Expr::binary(BinOp::Div, Expr::Number(1.0, float), divisor);
        block.stmts.insert(at, Stmt::Let { var: reciprocal, value });
    }

    /// Counts the divisions by fixed variables of a statement that always runs; one in a loop is several.
    fn count(&self, stmt: &mut Stmt, looped: bool, divisions: &mut Divisions) {
        if let Some(e) = self.derivative(stmt) {
            self.count_in(e, looped, &mut Vec::new(), divisions);
        }
        if matches!(stmt, Stmt::Loop(_) | Stmt::Scope { .. }) {
            let looped = looped || matches!(stmt, Stmt::Loop(_));
            for inner in stmt.blocks_mut().into_iter().flat_map(|b| &mut b.stmts) {
                self.count(inner, looped, divisions);
            }
        }
    }

    /// Quotients of one number are one, as the compiler sees.
    fn count_in(&self, e: &Expr, looped: bool, numbers: &mut Vec<(VarId, f64)>, divisions: &mut Divisions) {
        if let Expr::Binary(BinOp::Div, dividend, divisor) = e
            && let Some(of) = divisor.as_var().filter(|v| self.fixed.contains(*v))
        {
            let quotient = fold::number(dividend).map(|n| (of, n));
            let counts = quotient.is_none_or(|q| !numbers.contains(&q));
            if counts && (!divisions.all.insert(of) || looped) {
                divisions.several.insert(of);
            }
            numbers.extend(quotient);
        }
        e.children(&mut |child| self.count_in(child, looped, numbers, divisions));
    }

    fn divide_no_more(&self, stmt: &mut Stmt, of: &Expr, reciprocal: VarId) {
        if let Some(e) = self.derivative(stmt) {
            replace(e, of, reciprocal);
        }
        for block in stmt.blocks_mut() {
            block.stmts.iter_mut().for_each(|s| self.divide_no_more(s, of, reciprocal));
        }
    }
}

/// Whether an expression divides by what is written like this.
fn divides_by(e: &Expr, of: &Expr) -> bool {
    let mut found = matches!(e, Expr::Binary(BinOp::Div, _, divisor) if same_index(divisor, of));
    e.children(&mut |child| found = found || divides_by(child, of));
    found
}

/// Multiplies by the reciprocal wherever an expression divides by what it is the reciprocal of.
fn replace(e: &mut Expr, of: &Expr, reciprocal: VarId) {
    e.children_mut(&mut |child| replace(child, of, reciprocal));
    if matches!(e, Expr::Binary(BinOp::Div, _, divisor) if same_index(divisor, of)) {
        multiply(e, reciprocal);
    }
}

/// Turns a quotient into a product.
fn multiply(e: &mut Expr, reciprocal: VarId) {
    if let Expr::Binary(BinOp::Div, dividend, _) = std::mem::replace(e, Expr::Bool(false)) {
        *e = fold::times(*dividend, Expr::var(reciprocal, proc_macro2::Span::mixed_site()));
    }
}
