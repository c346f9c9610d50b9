//! Blocks and statements, with the loops, tapes and edits that they are made of.

use super::{BinOp, Call, Expr, Place, Pull, VarId};

/// A list of statements with a scope of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// In a backward scope: the variables taken from the tape on entry.
    pub(crate) loads: Vec<VarId>,
    pub(crate) stmts: Vec<Stmt>,
    /// In a forward scope: the variables put on the tape on exit.
    pub(crate) saves: Vec<VarId>,
}

/// A statement.
#[derive(Clone, Debug)]
pub(crate) enum Stmt {
    Let {
        var: VarId,
        value: Expr,
    },
    /// A variable that every path assigns once before it is used.
    Declare(VarId),
    /// With `init`, the first assignment of a declared variable.
    Assign {
        place: Place,
        value: Expr,
        init: bool,
    },
    /// `let old = mem::replace(&mut place, value)`.
    Replace {
        old: VarId,
        place: Place,
        value: Expr,
    },
    /// `place op= value`.
    Update {
        place: Place,
        op: BinOp,
        value: Expr,
    },
    /// Adds a tangent to a tangent.
    Accumulate {
        place: Place,
        value: Expr,
    },
    Call(Call),
    Pull(Pull),
    If {
        cond: Expr,
        then: Block,
        els: Block,
        tape: Option<Tape>,
    },
    Loop(Box<Loop>),
    /// A block with a scope of its own, in which a backward sweep may follow a forward sweep after a
    /// `Turn`. With `checkpoint`, the backward sweep of the program runs it again rather than to store
    /// what it computes.
    Scope {
        body: Block,
        checkpoint: bool,
    },
    Edit(Edit),
    Effect(Expr),
    /// Makes a vector one of `len` elements `value`, in the memory that it has; with `keep`, at least so long, without
    /// touching the elements that it has.
    Refill {
        var: VarId,
        value: Expr,
        len: Expr,
        keep: bool,
    },
    /// Puts the elements `lo..hi` of a slice on a tape.
    Save {
        tape: VarId,
        slice: Expr,
        lo: Expr,
        hi: Expr,
    },
    /// `let var = &slice[start..][..len]`: what a loop of `len` iterations reaches of a slice; all of it without `len`.
    Cut {
        var: VarId,
        slice: Expr,
        /// Zero if there is none.
        start: Option<Expr>,
        len: Option<Expr>,
        mutable: bool,
    },
    /// `let (quads, tail) = slice.as_chunks()`: the elements of a slice by fours, and those that are left.
    Quads {
        quads: VarId,
        tail: VarId,
        slice: Expr,
        mutable: bool,
    },
    /// Takes the elements `lo..hi` of a slice from the end of a tape.
    Restore {
        tape: VarId,
        place: Place,
        lo: Expr,
        hi: Expr,
    },
    /// `let var = taken(&mut rest, len)`: the last `len` elements of what is left of a tape.
    Taken {
        var: VarId,
        rest: VarId,
        len: Expr,
    },
    Turn,
    Break(usize),
    Continue(usize),
    Return(Expr),
}

/// The use of a tape by a loop or a branch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tape {
    pub(crate) var: VarId,
    /// Forward scopes write, backward scopes read.
    pub(crate) write: bool,
    /// A loop that reads runs in the order in which the entries were written.
    pub(crate) in_order: bool,
    /// It is declared once, and holds the entries of all runs of the loop; those of the last run begin at `start`, or else
    /// are as many as the loop has iterations.
    pub(crate) flat: bool,
    pub(crate) start: Option<VarId>,
}

impl Tape {
    pub(crate) fn new(var: VarId, write: bool) -> Self {
        Self { var, write, in_order: false, flat: false, start: None }
    }
}

impl From<Loop> for Stmt {
    fn from(l: Loop) -> Self {
        Self::Loop(Box::new(l))
    }
}

impl Stmt {
    /// The tape of a loop or a branch.
    pub(crate) fn tape(&self) -> Option<Tape> {
        match self {
            Self::If { tape, .. } => *tape,
            Self::Loop(l) => l.tape,
            _ => None,
        }
    }
}

/// A loop. Labels are unique numbers, used only until exits are eliminated.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    pub(crate) label: usize,
    pub(crate) header: Header,
    pub(crate) body: Block,
    /// The loop ends after an iteration that has set one of these flags.
    pub(crate) exits: Vec<VarId>,
    pub(crate) tape: Option<Tape>,
    /// How the backward sweep runs it again, where that is asked for.
    pub(crate) plan: Option<Plan>,
}

/// Which states of a loop are stored, and the iterations between them run again.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// That before every so many iterations.
    Every(Expr),
    /// At most so many, by the binomial schedule.
    Snapshots(Expr),
}

/// What drives a loop.
#[derive(Clone, Debug)]
pub(crate) enum Header {
    /// `for var in (lo..hi).step_by(step).rev()`.
    Range {
        var: VarId,
        lo: Expr,
        hi: Expr,
        inclusive: bool,
        step: Option<Expr>,
        rev: bool,
    },
    While(Expr),
    /// As long as the tape holds entries: the backward sweep of a loop of unknown length.
    Tape,
}

/// A change to the length or order of a vector, with an exact inverse.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Push {
        place: Place,
        value: Expr,
    },
    /// `let var = place.pop()`, which must hold an element if `unwrap`.
    Pop {
        var: VarId,
        place: Place,
        unwrap: bool,
    },
    Swap {
        place: Place,
        i: Expr,
        j: Expr,
    },
    /// Two places exchange what they hold.
    Exchange(Place, Place),
    /// Element k becomes what element `order[k]` was; with `inverse`, the other way round.
    Permute {
        place: Place,
        order: Expr,
        inverse: bool,
    },
}
