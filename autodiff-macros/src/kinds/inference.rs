//! The kinds of all variables of a program, in both directions along its statements.
//!
//! In: a program whose parameters have kinds. Out: the same, where every variable has the kind that what it is computed from
//! and what it is used for tell together.

use syn::{Member, Path};

use super::values::constant_key;
use super::{Float, Kind, Types, of_expr, of_place, path_key};
use crate::ir::{BinOp, Block, Edit, Expr, Header, Place, Program, Step, Stmt, VarId};
use crate::maps::HashMap;
use crate::var_set::VarMap;
use crate::variants;

/// Infers the kinds of all variables of a program, in both directions along its statements, until
/// nothing changes.
pub(crate) fn infer(program: &mut Program, types: &Types, result: &Kind) {
    for _ in 0..8 {
        let mut found = VarMap::new();
        let mut fields = HashMap::default();
        let mut inference = Inference { program, types, found: &mut found, fields: &mut fields };
        inference.block(&program.body);
        inference.expect(&program.value[0], result);
        let mut changed = false;
        for (key, kind) in fields {
            changed |= program.fields.insert(key, kind.clone()) != Some(kind);
        }
        for (var, kind) in found.iter() {
            let joined = program.vars[var].kind.join(kind);
            if joined != program.vars[var].kind {
                program.vars[var].kind = joined;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

struct Inference<'a> {
    program: &'a Program,
    types: &'a Types,
    found: &'a mut VarMap<Kind>,
    fields: &'a mut HashMap<String, Kind>,
}

impl Inference<'_> {
    fn learn(&mut self, var: VarId, kind: Kind) {
        if kind != Kind::Unknown {
            let joined = self.found.get(var).map_or(kind.clone(), |k| k.join(&kind));
            self.found.insert(var, joined);
        }
    }

    fn of(&self, e: &Expr) -> Kind {
        of_expr(self.program, self.types, e)
    }

    /// The expression is used where a value of the kind is needed.
    fn expect(&mut self, e: &Expr, kind: &Kind) {
        match e {
            Expr::Place(place)
                if place.path.is_empty() && !matches!(self.program.vars[place.root].kind, Kind::Ref(_)) =>
            {
                self.learn(place.root, kind.clone());
            }
            Expr::Place(place) if kind.is_float() && of_place(self.program, place) == Kind::Unknown => {
                self.fields.insert(path_key(self.program, place), kind.clone());
            }
            Expr::Item(path, None) if kind.is_float() && self.of(e) == Kind::Unknown => {
                self.fields.insert(constant_key(path), kind.clone());
            }
            Expr::Neg(e) if kind.is_float() => self.expect(e, kind),
            Expr::Binary(op, a, b) if kind.is_float() && op.is_arithmetic() => self.arithmetic(*op, a, b, kind),
            Expr::Tuple(es) => {
                if let Kind::Tuple(kinds) = kind {
                    es.iter().zip(kinds).for_each(|(e, k)| self.expect(e, k));
                }
            }
            Expr::Array(es, _) => {
                if let Kind::Seq(kind) = kind {
                    es.iter().for_each(|e| self.expect(e, kind));
                }
            }
            Expr::Repeat { value, .. } => {
                if let Kind::Seq(kind) = kind {
                    self.expect(value, kind);
                }
            }
            _ => {}
        }
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
            for block in stmt.blocks() {
                self.block(block);
            }
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { var, value } | Stmt::Replace { old: var, value, .. } => {
                let kind = self.of(value);
                self.learn(*var, kind);
                let known = self.program.vars[*var].kind.clone();
                self.expect(value, &known);
                self.operands(value);
                self.parts(&Place::var(*var, self.program.vars[*var].span), value);
            }
            Stmt::Assign { place, value, .. } | Stmt::Accumulate { place, value } => {
                let kind = self.of(value);
                let target = of_place(self.program, place);
                if place.path.is_empty() {
                    self.learn(place.root, kind);
                }
                self.expect(value, &target);
                self.operands(value);
                self.parts(place, value);
            }
            Stmt::Update { place, value, .. } => {
                let target = of_place(self.program, place);
                if target.is_float() {
                    self.expect(value, &target);
                }
                let kind = self.of(value);
                if place.path.is_empty() && matches!(kind, Kind::Float(_)) && matches!(target, Kind::Float(Float::Any))
                {
                    self.learn(place.root, kind);
                }
            }
            Stmt::Loop(l) => {
                if let Header::Range { var, .. } = &l.header {
                    self.learn(*var, Kind::Int);
                }
            }
            Stmt::Edit(Edit::Push { place, value }) => {
                let kind = self.of(value).deref().clone();
                let sequence = of_place(self.program, place);
                if kind.is_float() && place.path.is_empty() && matches!(sequence, Kind::Unknown | Kind::Seq(_)) {
                    self.learn(place.root, Kind::Seq(Box::new(kind)));
                }
                if sequence.element().is_float() {
                    self.expect(value, &sequence.element());
                }
            }
            Stmt::Edit(Edit::Exchange(a, b)) => {
                for (place, other) in [(a, b), (b, a)] {
                    let kind = of_place(self.program, other).deref().clone();
                    self.expect(&Expr::Place(place.clone()), &kind);
                }
            }
            _ => {}
        }
    }

    /// Arithmetic that gives a float combines floats, unless both operands may be of a type of the user's own: a product of
    /// vectors, a quotient or a difference of quantities.
    fn arithmetic(&mut self, op: BinOp, a: &Expr, b: &Expr, result: &Kind) {
        let unknown = |e: &Expr| self.of(referent(e)) == Kind::Unknown;
        if op != BinOp::Add && unknown(a) && unknown(b) {
            return;
        }
        for operand in [referent(a), referent(b)] {
            if self.of(operand) == Kind::Unknown {
                self.expect(operand, result);
            }
        }
    }

    /// A field is of the kind of what is written to it.
    fn parts(&mut self, place: &Place, value: &Expr) {
        match value {
            Expr::Struct { path, fields, .. } => {
                let variant = self.types.constructors.is_variant(path, false);
                for (member, e) in fields {
                    self.part(place, (path, member.clone(), 0), variant, e);
                }
            }
            Expr::Call { func, args, ctor: true, .. }
                if !crate::lower::is_box(func) && !variants::is_standard(func) =>
            {
                let variant = self.types.constructors.is_variant(func, true);
                for (i, e) in args.iter().enumerate() {
                    self.part(place, (func, Member::from(i), args.len()), variant, e);
                }
            }
            value if !place.path.is_empty() => self.written(place, value),
            _ => {}
        }
    }

    /// One field of what a constructor makes.
    fn part(&mut self, place: &Place, (path, member, arity): (&Path, Member, usize), variant: bool, e: &Expr) {
        let step = if variant {
            Step::Payload { variant: path.clone(), member, arity, tangent: false }
        } else {
            Step::Field(member)
        };
        self.written(&place.step(step), e);
    }

    fn written(&mut self, place: &Place, value: &Expr) {
        let kind = self.of(value);
        let definite = matches!(&kind, Kind::Float(float) if *float != Float::Any);
        if definite && of_place(self.program, place) == Kind::Unknown {
            self.fields.insert(path_key(self.program, place), kind);
        }
    }

    /// Floats combine only with floats of their own type in the functions of the table.
    fn operands(&mut self, e: &Expr) {
        if let Expr::Math(rule, args) = e
            && rule.fields.is_empty()
        {
            let joined = args.iter().map(|a| self.of(a)).fold(Kind::Unknown, |a, b| a.join(&b));
            if joined.is_float() && !rule.integer_argument {
                args.iter().for_each(|a| self.expect(a, &joined));
            }
        }
    }
}

/// What an operand is, or refers to.
fn referent(e: &Expr) -> &Expr {
    match e {
        Expr::Ref { of, .. } => of,
        other => other,
    }
}
