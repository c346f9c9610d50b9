//! Calls of what has a derivative, and the ways back through them.

use proc_macro2::Span;
use syn::{AngleBracketedGenericArguments, Ident, Path, QSelf};

use super::{BinOp, Expr, Place, VarId};

/// Who is called.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    Function {
        path: Path,
        qself: Option<QSelf>,
    },
    /// The first argument is the receiver.
    Method {
        name: Ident,
        turbofish: Option<AngleBracketedGenericArguments>,
    },
    /// A function that is a parameter, which has no derivative.
    Variable(VarId),
    /// An operator whose operand types are not known.
    Operator(Operator),
}

/// An operator that a trait of the runtime differentiates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operator {
    Neg,
    Binary(BinOp),
    /// `a op= b`, whose value is what `a` becomes.
    Assign(BinOp),
}

/// How an argument is handed over, as far as its syntax tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passing {
    Value,
    Ref,
    RefMut,
}

/// An argument: its primal value, then tangents; `None` is a zero tangent.
///
/// At level k (after k applications of forward mode) there are 2^k components; component `c + 2^j`
/// is the derivative of component `c` in direction j.
#[derive(Clone, Debug)]
pub(crate) struct Arg {
    pub(crate) passing: Passing,
    pub(crate) parts: Vec<Option<Expr>>,
}

/// Which of a function's companions is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// The function, and at higher levels its tangents.
    Plain,
    /// The forward sweep: the value, and a tape to be pulled.
    Taped,
    /// The same for a caller that never reads on the way back what its `&mut` arguments held before or after the call: the
    /// pullback finds anything in them, and leaves anything in them.
    TapedOutputs,
}

impl Mode {
    pub(crate) fn is_taped(self) -> bool {
        self != Self::Plain
    }
}

/// A call to a function with a derivative.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) callee: Callee,
    pub(crate) mode: Mode,
    pub(crate) level: u32,
    pub(crate) args: Vec<Arg>,
    /// The components of the value, of which there are 2^level.
    pub(crate) outs: Vec<VarId>,
    pub(crate) tape: Option<VarId>,
    /// It is known to cost less than to keep its value and tape.
    pub(crate) light: bool,
    /// It is an operator that adds or subtracts field by field: its operands take the cotangent of its value as it is.
    pub(crate) sum: bool,
    pub(crate) span: Span,
}

/// The backward sweep of a call.
#[derive(Clone, Debug)]
pub(crate) struct Pull {
    pub(crate) callee: Callee,
    pub(crate) level: u32,
    pub(crate) tape: VarId,
    /// The arguments again; those by reference are handed over, the others stayed in the tape.
    pub(crate) args: Vec<Arg>,
    /// For an argument by reference, where its cotangents are accumulated.
    pub(crate) slots: Vec<Vec<Option<Place>>>,
    /// For an argument by value, the variables that receive its cotangents.
    pub(crate) grads: Vec<Vec<Option<VarId>>>,
    /// The cotangents of the value's components.
    pub(crate) cotangent: Vec<Option<Expr>>,
    /// The variables that hold the value.
    pub(crate) values: Vec<VarId>,
    /// The forward sweep runs here as well, and gives the values: there is no tape.
    pub(crate) joined: bool,
    /// Its call is one of [`Mode::TapedOutputs`].
    pub(crate) outputs: bool,
    /// It is left out where all cotangents are zero: what it multiplies them with may be infinite.
    pub(crate) guarded: bool,
    pub(crate) span: Span,
}

impl Pull {
    /// What a cotangent that is zero has the shape of, if another one is there.
    pub(crate) fn shape(&self) -> Option<&Expr> {
        self.cotangent.iter().flatten().next()
    }

    /// The variables whose shapes zero cotangents have: those of the value, where there is no cotangent at all.
    pub(crate) fn shapes(&self) -> &[VarId] {
        if self.joined || self.shape().is_some() { &[] } else { &self.values }
    }
}
