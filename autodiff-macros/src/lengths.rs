//! Methods with the name of a length on receivers of unknown type: `v.len()` may be the number of elements of a vector of
//! numbers, or the norm of a vector in space.
//!
//! In: a program whose kinds have been inferred, in which lowering has marked such calls. Out: calls of the method's
//! companion where the value is used as a float, and lengths elsewhere: where those are handed on, generated code says that they
//! are no numbers (`claimed`), so that a wrong guess is an error.

use proc_macro2::Span;
use syn::Ident;

use crate::dispatch;
use crate::ir::{Arg, BinOp, Block, Callee, Expr, Passing, Place, Program, Role, Step, Stmt, VarId};
use crate::kinds::{self, Kind, Types};
use crate::maps::{HashMap, HashSet};
use crate::rules;

/// What the names of marked methods begin with.
const MARK: &str = "__measured_";

/// A call that may be one of a length.
pub(crate) fn undecided(recv: Expr, name: &Ident) -> Expr {
    let name = Ident::new(&format!("{MARK}{name}"), name.span());
    Expr::Method { recv: Box::new(recv), name, turbofish: None, args: Vec::new() }
}

fn marked(e: &Expr) -> Option<(&Expr, Ident)> {
    match e {
        Expr::Method { recv, name, .. } => {
            let text = name.to_string();
            text.strip_prefix(MARK).map(|text| (&**recv, Ident::new(text, name.span())))
        }
        _ => None,
    }
}

/// Decides all of them; tells whether there were any.
pub(crate) fn settle(program: &mut Program, types: &Types) -> bool {
    let mut found = false;
    program.body.walk(&mut |s| s.parts(&mut |e| found |= mentions(e), &mut |_| ()));
    found |= mentions(&program.value[0]);
    if !found {
        return false;
    }
    // The value of the function is an operation of its own.
    if marked(&program.value[0]).is_some() {
        let span = Span::mixed_site();
        let var = program.fresh("value", span, Kind::Unknown, Role::Temporary);
        let value = std::mem::replace(&mut program.value[0], Expr::var(var, span));
        program.body.stmts.push(Stmt::Let { var, value });
    }
    let numbers = {
        let mut uses = Uses {
            program,
            types,
            of: HashMap::default(),
            of_another_type: HashSet::default(),
            of_results: HashSet::default(),
            results: HashSet::default(),
            numbers: HashSet::default(),
        };
        uses.block(&program.body);
        if let Some(var) = program.value[0].as_var().filter(|v| program.vars[*v].kind != Kind::Int) {
            uses.number(&Expr::var(var, Span::mixed_site()));
        }
        uses.numbers
    };
    let mut body = std::mem::take(&mut program.body);
    decide(&mut body, &numbers);
    as_lengths(&mut program.value[0]);
    program.body = body;
    true
}

fn mentions(e: &Expr) -> bool {
    let mut found = marked(e).is_some();
    e.children(&mut |e| found |= mentions(e));
    found
}

fn as_lengths(e: &mut Expr) {
    if let Some((_, length)) = marked(e)
        && let Expr::Method { name, .. } = e
    {
        *name = length;
    }
    e.children_mut(&mut as_lengths);
}

fn decide(block: &mut Block, numbers: &HashSet<VarId>) {
    for stmt in &mut block.stmts {
        if let Stmt::Let { var, value } = stmt
            && numbers.contains(var)
            && let Some((recv, name)) = marked(value)
        {
            let span = name.span();
            let recv = Arg { passing: Passing::Ref, parts: vec![Some(recv.clone())] };
            *stmt = Stmt::Call(dispatch::call(Callee::Method { name, turbofish: None }, vec![recv], *var, span));
            continue;
        }
        stmt.parts_mut(&mut as_lengths, &mut |_| ());
        for inner in stmt.blocks_mut() {
            decide(inner, numbers);
        }
    }
}

/// Follows the values along their uses.
struct Uses<'a> {
    program: &'a Program,
    types: &'a Types,
    /// The calls that a variable is computed of, by copies and arithmetic.
    of: HashMap<VarId, Vec<VarId>>,
    /// Those whose receiver is a variable that is declared with a type of another name.
    of_another_type: HashSet<VarId>,
    /// Those whose receiver is the value of an operator, as that of no vector of numbers is.
    of_results: HashSet<VarId>,
    /// The values of operators on what is not known to be numbers.
    results: HashSet<VarId>,
    /// Those that give numbers.
    numbers: HashSet<VarId>,
}

impl Uses<'_> {
    fn kind(&self, e: &Expr) -> Kind {
        kinds::of_expr(self.program, self.types, e).deref().clone()
    }

    fn calls(&self, e: &Expr) -> &[VarId] {
        e.as_var().and_then(|v| self.of.get(&v)).map_or(&[], Vec::as_slice)
    }

    fn number(&mut self, e: &Expr) {
        let calls = self.calls(e).to_vec();
        self.numbers.extend(calls);
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
            stmt.parts(&mut |e| self.comparisons(e), &mut |_| ());
            for inner in stmt.blocks() {
                self.block(inner);
            }
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { var, value } => {
                let operator =
                    matches!(value, Expr::Neg(_)) || matches!(value, Expr::Binary(op, ..) if op.is_arithmetic());
                if operator && self.program.vars[*var].kind == Kind::Unknown {
                    self.results.insert(*var);
                }
                let calls = self.value(*var, value);
                if self.program.vars[*var].kind.is_float() {
                    self.numbers.extend(calls.iter().copied());
                }
                self.of.insert(*var, calls);
            }
            Stmt::Assign { place, value, .. } | Stmt::Update { place, value, .. }
                if kinds::of_place(self.program, place).deref().is_float() =>
            {
                self.number(value);
            }
            _ => {}
        }
    }

    /// The calls that the value of a variable is computed of.
    fn value(&mut self, var: VarId, value: &Expr) -> Vec<VarId> {
        if let Some((recv, _)) = marked(value) {
            match recv {
                Expr::Place(place) if place.path.is_empty() && self.results.contains(&place.root) => {
                    self.of_results.insert(var);
                }
                Expr::Place(place) if self.has_another_type(place) => {
                    self.of_another_type.insert(var);
                }
                _ => {}
            }
            return vec![var];
        }
        match value {
            Expr::Place(place) if place.path.is_empty() => self.calls(value).to_vec(),
            Expr::Binary(op, a, b) if op.is_arithmetic() => {
                for (one, other) in [(a, b), (b, a)] {
                    if !self.calls(other).is_empty() {
                        continue;
                    }
                    let kind = self.kind(other);
                    // Values of another type are divided by numbers.
                    let scaled = kind == Kind::Unknown
                        && self.calls(one).iter().all(|call| {
                            self.of_results.contains(call) || *op == BinOp::Div && self.of_another_type.contains(call)
                        });
                    if kind.is_number() || kind.is_array() || scaled {
                        self.number(one);
                    }
                }
                [a, b].iter().flat_map(|e| self.calls(e).to_vec()).collect()
            }
            Expr::Neg(e) => {
                self.number(e);
                Vec::new()
            }
            Expr::Math(_, args) => {
                args.iter().for_each(|e| self.number(e));
                Vec::new()
            }
            Expr::Method { recv, name, args, .. } => {
                let name = name.to_string();
                let all = || std::iter::once(&**recv).chain(args);
                let float = all().any(|e| self.kind(e).is_float())
                    || !crate::integers::is_method(&name)
                        && (rules::find(&name).is_some() || rules::FLAT.contains(&&*name));
                if float {
                    all().for_each(|e| self.number(e));
                }
                all().flat_map(|e| self.calls(e).to_vec()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Floats are compared with floats.
    fn comparisons(&mut self, e: &Expr) {
        if let Expr::Binary(op, a, b) = e
            && !op.is_arithmetic()
        {
            for (one, other) in [(a, b), (b, a)] {
                if self.kind(other).is_float() {
                    self.number(one);
                }
            }
        }
        e.children(&mut |e| self.comparisons(e));
    }

    /// Whether a place is a variable that is declared with a type.
    fn has_another_type(&self, place: &Place) -> bool {
        place.path.iter().all(|s| matches!(s, Step::Deref)) && self.program.vars[place.root].ty.is_some()
    }
}
