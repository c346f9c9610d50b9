//! Emission: from the intermediate language to tokens, as a person would write them.
//!
//! In: a finished program. Out: the statements of a function body. Names are those of the user, made
//! unique; operators are parenthesised only where precedence asks for it.

mod arrays;
mod blocks;
mod calls;
mod code;
mod cuts;
mod exprs;
pub(crate) mod moves;
mod operators;
mod parts;
mod places;
mod pulls;
mod receivers;
mod stmts;
mod tuples;

pub(crate) use calls::{companion, companion_path};
pub(crate) use code::{Code, Part, Piece, code, local, pieces, template};
pub(crate) use operators::{Operation, Prec, operation};
pub(crate) use tuples::{one_or_tuple, tuple};

use proc_macro2::{Ident, Span};
use std::cell::{Cell, RefCell};

use crate::ir::{Call, Callee, Expr, Program, Role, Stmt, VarId};
use crate::kinds::{Kind, Types};
use crate::maps::{HashMap, HashSet};
use crate::var_set::{VarMap, VarSet};

/// Writes the statements of one program.
pub(crate) struct Emitter<'a> {
    pub(crate) program: &'a Program,
    pub(crate) types: &'a Types,
    names: VarMap<Ident>,
    /// Variables that need `mut`.
    written: VarSet,
    /// Variables that are bound more than once, each time for as long as the block goes on.
    rebound: VarSet,
    read: VarSet,
    mentioned: VarSet,
    /// Slices that lie on a tape.
    taken: VarSet,
    /// Cotangent slots that are `Option<&mut T>` here.
    pub(crate) optional: VarSet,
    /// Variables that hold a part of a tangent, which may be `()`.
    partial: VarSet,
    /// Pullbacks that keep a zero for such a cotangent.
    kept: VarSet,
    /// The numbers on which methods are called.
    receivers: VarSet,
    /// What is written is read by people: parts of tangents are written as if none were missing.
    pub(crate) text: bool,
    /// That has made a difference.
    pub(crate) differs: Cell<bool>,
    /// Tangents are several at once.
    pub(crate) lanes: bool,
    /// The kind of number that is written.
    number: RefCell<Option<Kind>>,
}

impl<'a> Emitter<'a> {
    /// Prepares the emission of a program; `reserved` names are not given to variables.
    pub(crate) fn new(
        program: &'a Program,
        types: &'a Types,
        mut optional: VarSet,
        reserved: &HashSet<String>,
    ) -> Self {
        let mut order: Vec<VarId> = program.params.iter().flat_map(|p| p.parts.clone()).collect();
        if let Some(reverse) = &program.reverse {
            order.extend(reverse.adjoints.iter().flatten().chain(&reverse.cotangent));
        }
        let mut written = VarSet::new();
        let (mut bound, mut rebound) = (VarSet::new(), VarSet::new());
        let mut bind = |v: VarId| {
            if !bound.insert(v) {
                rebound.insert(v);
            }
        };
        let mut read = VarSet::new();
        let mut mentioned = VarSet::new();
        let mut on_tapes = VarSet::new();
        program.body.walk(&mut |s| {
            s.each_defined(&mut |v| {
                order.push(v);
                bind(v);
            });
            s.uses(
                &mut |v| {
                    read.insert(v);
                },
                &mut |v| {
                    mentioned.insert(v);
                },
            );
            mark_written(program, s, &mut written);
            match s {
                Stmt::Cut { var, slice: Expr::Place(slice), .. } if optional.contains(slice.root) => {
                    optional.insert(*var);
                }
                Stmt::Quads { quads, tail, slice: Expr::Place(slice), .. } if optional.contains(slice.root) => {
                    optional.extend([*quads, *tail]);
                }
                Stmt::Taken { var, .. } => {
                    on_tapes.insert(*var);
                }
                Stmt::If { tape: Some(t), .. } => order.push(t.var),
                Stmt::Loop(l) => order.extend(l.tape.map(|t| t.var)),
                Stmt::Pull(p) => read.extend(p.shapes()),
                _ => {}
            }
            for b in s.blocks() {
                order.extend(&b.loads);
                b.loads.iter().copied().for_each(&mut bind);
                read.extend(&b.saves);
            }
        });
        for e in &program.value {
            e.vars(&mut |v| {
                read.insert(v);
            });
        }
        let mut taken: HashSet<String> = HashSet::default();
        taken.reserve(order.len());
        let mut take = |name: &str| !reserved.contains(name) && taken.insert(name.to_owned());
        let mut names = VarMap::default();
        // Which number a name had last: those below it are taken.
        let mut numbers: HashMap<String, usize> = HashMap::default();
        for v in order {
            if names.contains(v) {
                continue;
            }
            let var = &program.vars[v];
            let base = if var.name == "self" { "this".to_owned() } else { var.name.clone() };
            let mut name = base.clone();
            if !take(name.trim_start_matches("r#")) {
                let base = base.trim_start_matches("r#");
                let i = numbers.entry(base.to_owned()).or_default();
                loop {
                    *i += 1;
                    name = format!("{base}_{i}");
                    if take(&name) {
                        break;
                    }
                }
            }
            let span = Span::mixed_site().located_at(var.span);
            let ident = match name.strip_prefix("r#") {
                Some(raw) => Ident::new_raw(raw, span),
                None => Ident::new(&name, span),
            };
            names.insert(v, ident);
        }
        let partial = crate::missing::partial(program);
        // What is missing is a zero in the shape of the value.
        read.extend(partial.iter().filter_map(|v| program.vars[v].tangent_of));
        let kept = crate::missing::kept(program, &partial);
        Self {
            program,
            types,
            names,
            written,
            rebound,
            read,
            mentioned,
            taken: on_tapes,
            optional,
            partial,
            kept,
            receivers: receivers::receivers(program),
            text: false,
            differs: Cell::new(false),
            lanes: false,
            number: RefCell::new(None),
        }
    }

    /// Whether what is written is read by people, where that makes a difference.
    fn is_for_people(&self) -> bool {
        self.differs.set(true);
        self.text
    }

    /// The name of a variable.
    pub(crate) fn name(&self, v: VarId) -> Ident {
        self.names.get(v).cloned().unwrap_or_else(|| Ident::new("unnamed", Span::mixed_site()))
    }

    /// A name like this that no variable has.
    pub(crate) fn unused(&self, base: &str) -> Ident {
        let taken = |name: &str| self.names.values().any(|n| n == name);
        let numbered = (1..).map(|i| format!("{base}_{i}"));
        let name = std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken(name));
        Ident::new(&name.expect("there is always another name"), Span::mixed_site())
    }

    pub(crate) fn is_written(&self, v: VarId) -> bool {
        self.written.contains(v)
    }

    pub(crate) fn is_read(&self, v: VarId) -> bool {
        self.read.contains(v) || self.written.contains(v)
    }

    /// Whether a variable that has just been bound is changed by the statements that follow.
    fn is_written_in(&self, v: VarId, rest: &[Stmt]) -> bool {
        if !self.rebound.contains(v) {
            return self.is_written(v);
        }
        let mut written = VarSet::new();
        for stmt in rest.iter().take_while(|s| !s.defines().contains(&v)) {
            mark_written(self.program, stmt, &mut written);
            stmt.blocks().iter().for_each(|b| b.walk(&mut |s| mark_written(self.program, s, &mut written)));
        }
        written.contains(v)
    }

    /// Whether a variable occurs at all.
    pub(crate) fn is_mentioned(&self, v: VarId) -> bool {
        self.read.contains(v) || self.mentioned.contains(v)
    }

    /// The pattern that binds a variable.
    pub(crate) fn pattern(&self, v: VarId) -> Code {
        let name = self.name(v);
        if !self.is_read(v) {
            return code!(_);
        }
        if self.is_written(v) { code!(mut #name) } else { code!(#name) }
    }

    pub(crate) fn kind(&self, v: VarId) -> &Kind {
        &self.program.vars[v].kind
    }

    /// The statements before the turn (or all), and those after.
    pub(crate) fn sweeps(&self) -> (Code, Code) {
        let stmts = &self.program.body.stmts;
        match stmts.iter().position(|s| matches!(s, Stmt::Turn)) {
            None => (self.stmts(stmts), Code::new()),
            Some(turn) => (self.stmts(&stmts[..turn]), self.stmts(&stmts[turn + 1..])),
        }
    }
}

/// Notes the variables that a statement changes after their definition.
fn mark_written(program: &Program, s: &Stmt, written: &mut VarSet) {
    if let Stmt::Assign { init: true, .. } = s {
        return;
    }
    s.parts(&mut |e| mark_in(program, e, written), &mut |_| {});
    s.parts(&mut |_| {}, &mut |p| {
        let through_reference = matches!(program.vars[p.root].kind, Kind::Ref(_)) && !p.path.is_empty();
        if !through_reference {
            written.insert(p.root);
        }
    });
    match s {
        Stmt::If { tape: Some(_), .. } => {}
        Stmt::Call(Call { callee: Callee::Variable(f), .. }) if program.vars[*f].mutable => {
            written.insert(*f);
        }
        Stmt::Loop(l) => written.extend(l.tape.map(|t| t.var)),
        Stmt::Save { tape: v, .. }
        | Stmt::Restore { tape: v, .. }
        | Stmt::Refill { var: v, .. }
        | Stmt::Taken { rest: v, .. } => {
            written.insert(*v);
        }
        _ => {}
    }
}

/// Notes what an expression borrows mutably, and what the user has declared `mut` and of which only types tell whether a
/// method changes it: maps, generators, closures.
fn mark_in(program: &Program, e: &Expr, written: &mut VarSet) {
    match e {
        Expr::Ref { mutable: true, of } => {
            if let Expr::Place(p) = &**of
                && (!matches!(program.vars[p.root].kind, Kind::Ref(_)) || p.path.is_empty())
            {
                written.insert(p.root);
            }
        }
        Expr::Method { recv, .. } => {
            let of = if let Expr::Ref { of, .. } = &**recv { of } else { recv };
            if let Some(v) = of.as_var()
                && program.vars[v].mutable
                && program.vars[v].role == Role::User
                && matches!(program.vars[v].kind, Kind::Unknown | Kind::Constant)
            {
                written.insert(v);
            }
        }
        _ => {}
    }
    e.children(&mut |c| mark_in(program, c, written));
}
