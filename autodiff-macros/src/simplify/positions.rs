//! Where in a block each variable occurs, so that a pass finds the next use of a variable without a search.
//!
//! In: the statements of a block. Out: for each variable the positions of the statements that mention it, or that
//! write to it, also inside blocks of their own. A pass that takes statements out leaves `None`, so positions stay.

use crate::ir::{Block, Edit, Stmt, VarId};

/// The statements of a block by the variables in them.
pub(super) struct Positions {
    touched: Vec<Vec<usize>>,
    written: Vec<Vec<usize>>,
    /// The variables that have entries.
    used: Vec<VarId>,
    turns: Vec<usize>,
}

impl Positions {
    pub(super) fn new(vars: usize) -> Self {
        Self { touched: vec![Vec::new(); vars], written: vec![Vec::new(); vars], used: Vec::new(), turns: Vec::new() }
    }

    /// Reads a block; what was known of another is forgotten.
    pub(super) fn read(&mut self, stmts: &[Stmt]) {
        for v in self.used.drain(..) {
            self.touched[v].clear();
            self.written[v].clear();
        }
        self.turns.clear();
        for (k, stmt) in stmts.iter().enumerate() {
            if matches!(stmt, Stmt::Turn) {
                self.turns.push(k);
            }
            self.stmt(stmt, k);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, k: usize) {
        let mut written = Vec::new();
        stmt.uses(&mut |v| self.touch(v, k), &mut |v| written.push(v));
        if let Stmt::Edit(Edit::Pop { place, .. }) = stmt {
            written.push(place.root);
        }
        for v in written.into_iter().chain(stmt.defines()) {
            self.write(v, k);
        }
        for Block { loads, stmts, saves } in stmt.blocks() {
            loads.iter().for_each(|v| self.write(*v, k));
            saves.iter().for_each(|v| self.touch(*v, k));
            stmts.iter().for_each(|s| self.stmt(s, k));
        }
    }

    /// Statement `k` mentions a variable.
    pub(super) fn touch(&mut self, v: VarId, k: usize) {
        if self.touched[v].is_empty() {
            self.used.push(v);
        }
        add(&mut self.touched[v], k);
    }

    fn write(&mut self, v: VarId, k: usize) {
        self.touch(v, k);
        add(&mut self.written[v], k);
    }

    /// The first statement after `i` that mentions a variable.
    pub(super) fn next(&self, v: VarId, i: usize) -> Option<usize> {
        let list = &self.touched[v];
        list.get(list.partition_point(|k| *k <= i)).copied()
    }

    /// Whether a statement between `i` and `k` writes to a variable.
    pub(super) fn writes_between(&self, v: VarId, i: usize, k: usize) -> bool {
        let list = &self.written[v];
        list.get(list.partition_point(|w| *w <= i)).is_some_and(|w| *w < k)
    }

    /// Whether the turn stands between `i` and `k`.
    pub(super) fn turns_between(&self, i: usize, k: usize) -> bool {
        self.turns.iter().any(|t| *t > i && *t < k)
    }
}

fn add(list: &mut Vec<usize>, k: usize) {
    match list.last() {
        Some(last) if *last == k => {}
        Some(last) if *last > k => {
            if let Err(at) = list.binary_search(&k) {
                list.insert(at, k);
            }
        }
        _ => list.push(k),
    }
}

/// Takes the statements of a block out, to be removed one by one.
pub(super) fn slots(block: &mut Block) -> Vec<Option<Stmt>> {
    std::mem::take(&mut block.stmts).into_iter().map(Some).collect()
}
