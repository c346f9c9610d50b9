//! Where in a block each variable occurs, so that a pass finds the next use of a variable without a search.
//!
//! In: the statements of a block. Out: for each variable the positions of the statements that mention it, or that
//! write to it, also inside blocks of their own. A pass that takes statements out leaves [`GONE`], so positions stay.

use crate::ir::{Block, Edit, Stmt, VarId};
use crate::var_set::VarSet;

/// The statements of a block by the variables in them.
pub(super) struct Positions {
    touched: Vec<Vec<usize>>,
    written: Vec<Vec<usize>>,
    /// The variables that have entries.
    used: Vec<VarId>,
    turns: Vec<usize>,
    /// For each block in program order, what stands inside those of its statements that have blocks.
    inside: std::vec::IntoIter<Vec<Inside>>,
}

/// The variables that the blocks of a statement mention and write to, at any depth.
#[derive(Default)]
struct Inside {
    touched: VarSet,
    written: VarSet,
}

impl Positions {
    /// For the blocks of a program, which are then read in program order.
    pub(super) fn new(vars: usize, body: &Block) -> Self {
        let mut inside = Vec::new();
        look_inside(body, &mut inside);
        Self {
            touched: vec![Vec::new(); vars],
            written: vec![Vec::new(); vars],
            used: Vec::new(),
            turns: Vec::new(),
            inside: inside.into_iter(),
        }
    }

    /// Reads the next block; what was known of another is forgotten.
    pub(super) fn read(&mut self, stmts: &[Stmt]) {
        for v in self.used.drain(..) {
            self.touched[v].clear();
            self.written[v].clear();
        }
        self.turns.clear();
        let mut inside = self.inside.next().expect("as many blocks as there were").into_iter();
        let mut written = Vec::new();
        for (k, stmt) in stmts.iter().enumerate() {
            if matches!(stmt, Stmt::Turn) {
                self.turns.push(k);
            }
            each_own(stmt, &mut |v| self.touch(v, k), &mut |v| written.push(v));
            written.drain(..).for_each(|v| self.write(v, k));
            if stmt.has_blocks() {
                let Inside { touched, written } = inside.next().expect("as many statements as there were");
                written.iter().for_each(|v| self.write(v, k));
                touched.iter().for_each(|v| self.touch(v, k));
            }
        }
    }

    /// Statement `k` mentions a variable.
    pub(super) fn touch(&mut self, v: VarId, k: usize) {
        if add(&mut self.touched.as_mut_slice()[v], k) {
            self.used.push(v);
        }
    }

    fn write(&mut self, v: VarId, k: usize) {
        self.touch(v, k);
        add(&mut self.written.as_mut_slice()[v], k);
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

/// Notes what stands inside the statements of a block and of those inside it; gives all that the block itself mentions.
fn look_inside(block: &Block, into: &mut Vec<Vec<Inside>>) -> Inside {
    let at = into.len();
    into.push(Vec::new());
    let mut all = Inside::default();
    let Inside { touched, written } = &mut all;
    for stmt in &block.stmts {
        each_own(
            stmt,
            &mut |v| {
                touched.insert(v);
            },
            &mut |v| {
                written.insert(v);
            },
        );
        if !stmt.has_blocks() {
            continue;
        }
        let mut inner = Inside::default();
        for block in stmt.blocks() {
            let more = look_inside(block, into);
            inner.touched.unite(&more.touched);
            inner.written.unite(&more.written);
            inner.touched.extend(&block.saves);
            inner.written.extend(&block.loads);
        }
        touched.unite(&inner.touched);
        written.unite(&inner.written);
        into[at].push(inner);
    }
    all
}

/// Calls `f` on every variable that a statement itself reads, and `g` on those that it writes to.
fn each_own(stmt: &Stmt, f: &mut dyn FnMut(VarId), g: &mut dyn FnMut(VarId)) {
    stmt.uses(f, g);
    if let Stmt::Edit(Edit::Pop { place, .. }) = stmt {
        g(place.root);
    }
    stmt.each_defined(g);
}

/// Adds a position to a list in order; tells whether it is the first.
fn add(list: &mut Vec<usize>, k: usize) -> bool {
    match list.last() {
        Some(last) if *last == k => return false,
        Some(last) if *last > k => {
            if let Err(at) = list.binary_search(&k) {
                list.insert(at, k);
            }
            return false;
        }
        Some(_) => {}
        None => {
            list.push(k);
            return true;
        }
    }
    list.push(k);
    false
}

/// What stands where a statement was until the pass has finished the block; no label is so large.
const GONE: usize = usize::MAX;

/// Takes a statement out of a block.
pub(super) fn take(stmt: &mut Stmt) -> Stmt {
    std::mem::replace(stmt, Stmt::Break(GONE))
}

/// Closes the gaps that [`take`] has left.
pub(super) fn close(stmts: &mut Vec<Stmt>) {
    stmts.retain(|s| !is_gone(s));
}

pub(super) fn is_gone(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Break(GONE))
}
