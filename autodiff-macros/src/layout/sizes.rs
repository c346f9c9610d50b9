//! Sizes: which ranges count in `usize`, as far as syntax tells. A macro sees an integer; what is indexed by the index of a
//! loop needs this one.

use crate::ir::{BinOp, Block, Expr, Header, Loop, Place, Program, Step, Stmt, VarId};
use crate::kinds::{self, Kind};
use crate::var_set::VarMap;

/// Notes the definitions in a block.
fn define<'a>(block: &'a Block, into: &mut VarMap<&'a Expr>) {
    for stmt in &block.stmts {
        if let Stmt::Let { var, value } = stmt {
            into.insert(*var, value);
        }
        stmt.blocks().into_iter().for_each(|b| define(b, into));
    }
}

/// What is known of the integers of a program.
pub(super) struct Sizes<'a> {
    program: &'a Program,
    definitions: VarMap<&'a Expr>,
}

impl<'a> Sizes<'a> {
    pub(super) fn of(program: &'a Program) -> Self {
        let mut definitions = VarMap::new();
        define(&program.body, &mut definitions);
        Self { program, definitions }
    }

    /// Whether a loop counts in `usize`: its bounds tell, or its index is one of a sequence.
    pub(super) fn counts(&self, l: &Loop) -> bool {
        let Header::Range { var, lo, hi, .. } = &l.header else { return false };
        self.is_size(lo, 0) || self.is_size(hi, 0) || indexes(&l.body.stmts, *var)
    }

    /// Whether a loop may count in any integer: its bounds are literals, and nobody reads its index.
    pub(super) fn is_free(l: &Loop) -> bool {
        let Header::Range { var, lo, hi, .. } = &l.header else { return false };
        let free = |e: &Expr| matches!(e, Expr::Lit(syn::Lit::Int(n)) if n.suffix().is_empty());
        let read = || l.body.saves.contains(var) || l.body.stmts.iter().any(|s| crate::simplify::touches(s, *var));
        free(lo) && free(hi) && !read()
    }

    fn is_size(&self, e: &Expr, depth: usize) -> bool {
        match e {
            Expr::Lit(syn::Lit::Int(n)) => n.suffix() == "usize",
            Expr::Method { recv, name, .. } => {
                let sequence = matches!(&**recv, Expr::Place(place)
                    if matches!(kinds::of_place(self.program, place).deref(), Kind::Seq(_) | Kind::Array(..)));
                sequence && matches!(name.to_string().as_str(), "len" | "nrows" | "ncols")
            }
            Expr::Cast(_, ty) => is_usize(ty),
            Expr::Binary(op, a, b) => op.is_arithmetic() && (self.is_size(a, depth) || self.is_size(b, depth)),
            Expr::Place(place) => place.path.is_empty() && self.is_size_variable(place.root, depth),
            _ => false,
        }
    }

    fn is_size_variable(&self, v: VarId, depth: usize) -> bool {
        const DEEP: usize = 8;
        match &self.program.vars[v].ty {
            Some(ty) => is_usize(ty),
            None => depth < DEEP && self.definitions.get(v).is_some_and(|e| self.is_size(e, depth + 1)),
        }
    }
}

fn is_usize(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if path.qself.is_none() && path.path.is_ident("usize"))
}

/// Whether statements index a sequence with a variable, or with arithmetic of it.
fn indexes(stmts: &[Stmt], var: VarId) -> bool {
    stmts.iter().any(|stmt| {
        let found = std::cell::Cell::new(false);
        let note = |place: &Place| found.set(found.get() || indexes_place(place, var));
        stmt.parts(&mut |e| e.places(&mut |p| note(p)), &mut |p| note(p));
        found.get() || stmt.blocks().into_iter().any(|b| indexes(&b.stmts, var))
    })
}

fn indexes_place(place: &Place, var: VarId) -> bool {
    place.path.iter().any(|step| match step {
        Step::Index { at, range: false } => is_term(at, var),
        _ => false,
    })
}

pub(super) fn is_term(e: &Expr, var: VarId) -> bool {
    match e {
        Expr::Binary(BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div | BinOp::Rem, a, b) => {
            is_term(a, var) || is_term(b, var)
        }
        e => e.as_var() == Some(var),
    }
}
