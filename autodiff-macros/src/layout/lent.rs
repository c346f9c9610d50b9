//! Lent: a vector that the backward sweep restores and then only reads is read where it lies, on its tape.
//!
//! ```text
//! restore_slice(&mut tape, &mut y, 0..n); pullback((&y, …)); … y[i] …
//! ⇒  let y_1 = taken(&mut rest, n); pullback((lend(y_1, …), …)); … y_1[i] …
//! ```
//!
//! A callee that takes a `&[T]` is lent the slice. One that takes a `&Vec<T>` needs a vector, and gets a copy: what is asked for
//! only types tell, of which `lend` knows.

use proc_macro2::Span;

use super::buffers;
use crate::ir::{Block, Expr, Passing, Program, Role, Sequence, Step, Stmt, Var, VarId};
use crate::kinds::Kind;
use crate::maps::HashMap;
use crate::var_set::VarSet;
use crate::visit::same_index;

/// Reads on their tapes what needs no memory of its own.
pub(super) fn on_tapes(program: &mut Program) {
    let Some(turn) = program.body.stmts.iter().position(|s| matches!(s, Stmt::Turn)) else { return };
    let mut backward = Block { stmts: program.body.stmts.split_off(turn + 1), ..Block::default() };
    let written_again = tapes_written_in(&backward);
    let mut vectors: Vec<(VarId, Restored)> = restored_in(&backward).into_iter().collect();
    vectors.sort_unstable_by_key(|(v, _)| *v);
    let mut cursors = Vec::new();
    for (v, Restored { tapes, len }) in vectors {
        let own = tapes.iter().all(|tape| !written_again.contains(*tape));
        if !own || !len.is_some_and(|len| has_length(program, &backward, v, &len)) {
            continue;
        }
        let mut copy = backward.clone();
        let (mut rests, mut cuts) = (HashMap::default(), Vec::new());
        for tape in tapes {
            let rest = program.fresh("rest", Span::mixed_site(), Kind::Unknown, Role::Tape);
            let slice = Expr::var(tape, Span::mixed_site());
            cuts.push(Stmt::Cut { var: rest, slice, start: None, len: None, mutable: false });
            rests.insert(tape, rest);
        }
        if (Reader { program, v, rests }).block(&mut copy, None).is_some() {
            backward = copy;
            cursors.append(&mut cuts);
        }
    }
    program.body.stmts.append(&mut cursors);
    program.body.stmts.append(&mut backward.stmts);
}

/// From which tapes a vector is restored, and how much of it, if it is the same from the first element on every time.
struct Restored {
    tapes: Vec<VarId>,
    len: Option<Expr>,
}

fn restored_in(block: &Block) -> HashMap<VarId, Restored> {
    let mut found: HashMap<VarId, Restored> = HashMap::default();
    block.walk(&mut |s| {
        let Stmt::Restore { tape, place, lo, hi } = s else { return };
        let from_zero = matches!(lo, Expr::Lit(syn::Lit::Int(lo)) if lo.base10_digits() == "0");
        let entry = found.entry(place.root);
        let restored = entry.or_insert_with(|| Restored { tapes: Vec::new(), len: Some(hi.clone()) });
        if !restored.tapes.contains(tape) {
            restored.tapes.push(*tape);
        }
        let alike = |len: &Expr| place.path.is_empty() && from_zero && same_index(len, hi);
        restored.len = restored.len.take().filter(alike);
    });
    found
}

/// The tapes to which statements write.
fn tapes_written_in(block: &Block) -> VarSet {
    let mut tapes = VarSet::new();
    block.walk(&mut |s| {
        if let Stmt::Save { tape, .. } = s {
            tapes.insert(*tape);
        }
    });
    tapes
}

/// Whether a variable is a vector of the function's own that has this length whenever it is restored.
fn has_length(program: &Program, backward: &Block, v: VarId, len: &Expr) -> bool {
    let of_numbers = matches!(&program.vars[v].kind, Kind::Seq(of) if of.is_scalar());
    let is_parameter = program.params.iter().any(|p| p.parts.contains(&v));
    let (mut made, mut fits) = (false, of_numbers && !is_parameter && !super::calls(len));
    let mut changing = VarSet::new();
    let mut look = |s: &Stmt| {
        let made_of = match s {
            Stmt::Let { var, value: Expr::Repeat { len, sequence: Sequence::Vec, .. } } if *var == v => Some(&**len),
            Stmt::Refill { var, len, .. } if *var == v => Some(len),
            Stmt::Let { .. } => None,
            other => {
                changing.unite(&super::made_in(other));
                None
            }
        };
        if let Some(l) = made_of {
            made = true;
            fits &= same_index(l, len);
        }
    };
    program.body.walk(&mut look);
    backward.walk(&mut look);
    len.vars(&mut |u| fits &= !changing.contains(u));
    made && fits && !buffers::is_changed_as_whole([&program.body, backward], v)
}

/// Turns what restores a vector into what reads it on its tapes.
struct Reader<'a> {
    program: &'a mut Program,
    v: VarId,
    /// The part of each tape that has not been read yet.
    rests: HashMap<VarId, VarId>,
}

impl Reader<'_> {
    /// Rewrites a block, at whose beginning `slice` holds the elements; `None` where it needs the vector itself.
    fn block(&mut self, block: &mut Block, mut slice: Option<VarId>) -> Option<()> {
        if block.loads.contains(&self.v) || block.saves.contains(&self.v) {
            return None;
        }
        for stmt in &mut block.stmts {
            if let Stmt::Restore { tape, place, hi, .. } = stmt
                && place.root == self.v
            {
                let Var { name, span, kind, .. } = &self.program.vars[self.v];
                let (name, span, kind) = (name.clone(), *span, Kind::Ref(Box::new(kind.clone())));
                let var = self.program.fresh(name, span, kind, Role::Temporary);
                *stmt = Stmt::Taken { var, rest: self.rests[tape], len: hi.clone() };
                slice = Some(var);
                continue;
            }
            self.own(stmt, slice)?;
            let again = stmt.blocks().iter().any(|b| self.restores(b));
            // In its next iteration a loop finds what the last one has left.
            let inside = slice.filter(|_| !again || !matches!(stmt, Stmt::Loop(_)));
            for inner in stmt.blocks_mut() {
                self.block(inner, inside)?;
            }
            slice = slice.filter(|_| !again);
        }
        Some(())
    }

    fn restores(&self, block: &Block) -> bool {
        let mut found = false;
        block.walk(&mut |s| found |= matches!(s, Stmt::Restore { place, .. } if place.root == self.v));
        found
    }

    /// Rewrites what a statement itself reads.
    fn own(&self, stmt: &mut Stmt, slice: Option<VarId>) -> Option<()> {
        let (mut read, mut written) = (false, false);
        stmt.uses(&mut |u| read |= u == self.v, &mut |u| written |= u == self.v);
        if !read && !written {
            return Some(());
        }
        if written {
            return None;
        }
        if let Stmt::Pull(pull) = stmt
            && !pull.joined
        {
            if pull.values.contains(&self.v) {
                return None;
            }
            for arg in pull.args.iter_mut().filter(|a| a.passing == Passing::Ref) {
                if let Some(Some(Expr::Place(place))) = arg.parts.first_mut()
                    && place.root == self.v
                    && place.path.is_empty()
                {
                    place.root = slice?;
                    place.path.push(Step::Deref);
                }
            }
        }
        let mut fits = true;
        stmt.parts_mut(&mut |e| fits &= self.expr(e, slice), &mut |_| {});
        fits.then_some(())
    }

    /// Reads elements in the slice; tells whether nothing else is read.
    fn expr(&self, e: &mut Expr, slice: Option<VarId>) -> bool {
        let is_whole = |e: &Expr| e.as_var() == Some(self.v);
        match (&mut *e, slice) {
            // A shape stays the same.
            (Expr::Zero(of), _) if is_whole(of) => return true,
            (Expr::Method { recv, name, .. }, Some(slice)) if name == "len" && is_whole(recv) => {
                **recv = Expr::var(slice, name.span());
            }
            (Expr::Place(place), slice) if place.root == self.v => {
                let element = matches!(place.path.first(), Some(Step::Index { .. }));
                match slice.filter(|_| element) {
                    Some(slice) => place.root = slice,
                    None => return false,
                }
            }
            _ => {}
        }
        let mut fits = true;
        e.children_mut(&mut |child| fits &= self.expr(child, slice));
        fits
    }
}
