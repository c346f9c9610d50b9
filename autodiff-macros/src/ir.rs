//! The intermediate language that every transformation maps to itself.
//!
//! Grammar, in prose. A [`Program`] is a table of variables and a [`Block`] of statements. A statement
//! defines a variable (`Let`, `Declare`), writes to a [`Place`] (`Assign`, `Update`, `Accumulate`),
//! calls a function that has a derivative (`Call`), runs a saved pullback (`Pull`), branches (`If`),
//! iterates (`Loop`), changes a vector's length or order (`Edit`) or is run for its effect
//! (`Effect`). `Turn` separates the forward from the backward sweep. `Break`, `Continue` and `Return`
//! exist only between lowering and the elimination of exits. Expressions are pure and never jump.
//!
//! After lowering a program is in A-normal form: whatever may carry a derivative is one operation on
//! atoms (places, constants), bound by a `Let`. Conditions, indices and bounds are expression trees,
//! since no derivative flows through them.
//!
//! A loop or branch of the forward sweep and its mirror image in the backward sweep share a tape
//! variable: what the one `saves`, the other `loads`, in the same order.

use proc_macro2::Span;
use syn::{AngleBracketedGenericArguments, Expr as SynExpr, Ident, Lit, Member, Pat, Path, QSelf, Type};

use crate::kinds::{Float, Kind};
use crate::rules::Rule;
use crate::var_set::VarSet;

/// The index of a variable in [`Program::vars`].
pub(crate) type VarId = usize;

/// What a variable is for; decides its name and whether simplification may remove it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    User,
    Temporary,
    Adjoint,
    Tangent,
    Tape,
}

/// A variable. Its name is a wish: emission makes names unique.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) kind: Kind,
    pub(crate) ty: Option<Type>,
    pub(crate) role: Role,
    /// Declared `mut` by the user, or a `&mut` parameter: a method call may change it.
    pub(crate) mutable: bool,
    /// For a tangent or a cotangent, the variable whose it is.
    pub(crate) mirrors: Option<VarId>,
    /// For a tangent, the variable that it is the tangent of, which may itself be a cotangent.
    pub(crate) tangent_of: Option<VarId>,
    /// Carries no derivative, whatever it is computed from.
    pub(crate) detached: bool,
    /// Its value holds references, so that no tape can hold it.
    pub(crate) borrows: bool,
    /// Begins without a value and is given one at most once: there is nothing to restore.
    pub(crate) once: bool,
}

/// A variable with a path into it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) root: VarId,
    pub(crate) path: Vec<Step>,
    pub(crate) span: Span,
}

/// One step of the path into a variable.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Field(Member),
    /// `[at]`; with `range`, a sub-slice.
    Index {
        at: Box<Expr>,
        range: bool,
    },
    Deref,
    /// A view of an array, by the method that gives it: `.row(i)`.
    View {
        method: Ident,
        args: Vec<Expr>,
    },
    /// A field of a variant of an enum; `arity` is the number of fields of a tuple variant.
    Payload {
        variant: Path,
        member: Member,
        arity: usize,
        tangent: bool,
    },
    /// What an `Option` or a `Result` holds, where it is not known which of the two it is.
    Content,
}

/// A pure expression.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Lit(Lit),
    /// A float written by a rule, of whatever float type its surroundings have.
    Number(f64, Float),
    Bool(bool),
    /// A constant, a static, a function: a path that is no local variable.
    Item(Path, Option<QSelf>),
    Place(Place),
    Ref {
        mutable: bool,
        of: Box<Expr>,
    },
    Neg(Box<Expr>),
    Not(Box<Expr>),
    Binary(BinOp, Box<Expr>, Box<Expr>),
    /// A function of the table of rules, applied to floats.
    Math(&'static Rule, Vec<Expr>),
    /// A method that carries no derivative, or one of the structural ones.
    Method {
        recv: Box<Expr>,
        name: Ident,
        turbofish: Option<AngleBracketedGenericArguments>,
        args: Vec<Expr>,
    },
    /// A constructor (`ctor`; with `tangent`, of the tangent type), or a function without derivative.
    Call {
        func: Path,
        qself: Option<QSelf>,
        args: Vec<Expr>,
        ctor: bool,
        tangent: bool,
    },
    Struct {
        path: Path,
        fields: Vec<(Member, Expr)>,
        rest: Option<Box<Expr>>,
        tangent: bool,
    },
    Tuple(Vec<Expr>),
    /// `[a, b]`, or `vec![a, b]`.
    Array(Vec<Expr>, Sequence),
    /// `[value; len]`, or `vec![value; len]`.
    Repeat {
        value: Box<Expr>,
        len: Box<Expr>,
        sequence: Sequence,
    },
    Cast(Box<Expr>, Box<Type>),
    Range {
        lo: Option<Box<Expr>>,
        hi: Option<Box<Expr>>,
        inclusive: bool,
    },
    /// Evaluates one of two expressions.
    Select(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `matches!(value, pattern)`; the pattern binds nothing.
    Matches(Box<Expr>, Box<Pat>),
    /// The user's own code, with the local variables that occur in it.
    Verbatim(Box<SynExpr>, Vec<(Ident, Expr)>),
    /// The zero tangent in the shape of a value.
    Zero(Box<Expr>),
    Clone(Box<Expr>),
    /// A value in a container like another: `Some(value)` or `Ok(value)`.
    Wrap {
        like: Box<Expr>,
        value: Box<Expr>,
        tangent: bool,
    },
    /// A conversion of an integer to the float type of the surroundings.
    FromInt(Box<Expr>, Float),
    /// The tangent (or cotangent) of `primal as ty`, where the type of `primal` is not known.
    CastTangent {
        primal: Box<Expr>,
        tangent: Box<Expr>,
        ty: Option<Box<Type>>,
    },
}

/// What kind of sequence a literal makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sequence {
    Array,
    Vec,
}

/// A binary operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

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
    Loop(Loop),
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
    /// Takes the elements `lo..hi` of a slice from the end of a tape.
    Restore {
        tape: VarId,
        place: Place,
        lo: Expr,
        hi: Expr,
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
    /// The variables that hold the value, for `Zero` cotangents.
    pub(crate) values: Vec<VarId>,
    /// The forward sweep runs here as well, and gives the values: there is no tape.
    pub(crate) joined: bool,
    /// Its call is one of [`Mode::TapedOutputs`].
    pub(crate) outputs: bool,
    pub(crate) span: Span,
}

/// A parameter of a program: its primal variable, then its tangents (see [`Arg`]).
#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) parts: Vec<VarId>,
    pub(crate) passing: Passing,
    /// A receiver by value, which is handed over by reference.
    pub(crate) owned: bool,
    /// Its derivative is computed by this program.
    pub(crate) active: bool,
}

/// The backward half of a program.
#[derive(Clone, Debug)]
pub(crate) struct Reverse {
    /// The cotangent of the value and its tangents.
    pub(crate) cotangent: Vec<VarId>,
    /// For each parameter its cotangent and the tangents of that; empty where it has none.
    pub(crate) adjoints: Vec<Vec<VarId>>,
}

/// A function body with its variables.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) vars: Vec<Var>,
    pub(crate) params: Vec<Param>,
    pub(crate) body: Block,
    /// What the function returns, and the tangents of that.
    pub(crate) value: Vec<Expr>,
    /// Set once the program is the derivative of one.
    pub(crate) reverse: Option<Reverse>,
    /// Backward scopes load what they read; until then they read forward variables as if visible.
    pub(crate) taped: bool,
    /// Callers read what `&mut` parameters hold after the forward sweep, and never what they hold on the way back.
    pub(crate) outputs: bool,
    /// Variables that a backward scope must load rather than compute again, since what they were computed from is not
    /// restored.
    pub(crate) stored: VarSet,
    /// Kinds of fields and elements that their uses tell, by [`crate::kinds::path_key`].
    pub(crate) fields: std::collections::HashMap<String, Kind>,
}

impl Program {
    /// Adds a variable.
    pub(crate) fn fresh(&mut self, name: impl Into<String>, span: Span, kind: Kind, role: Role) -> VarId {
        self.vars.push(Var {
            name: name.into(),
            span,
            kind,
            ty: None,
            role,
            mutable: false,
            mirrors: None,
            tangent_of: None,
            detached: false,
            borrows: false,
            once: false,
        });
        self.vars.len() - 1
    }
}

impl Place {
    /// The place that is a whole variable.
    pub(crate) fn var(root: VarId, span: Span) -> Self {
        Self { root, path: Vec::new(), span }
    }

    /// Whether the place is a view of an array.
    pub(crate) fn is_view(&self) -> bool {
        matches!(self.path.last(), Some(Step::View { .. }))
    }

    /// The place with one more step.
    pub(crate) fn step(&self, step: Step) -> Self {
        let mut place = self.clone();
        place.path.push(step);
        place
    }
}

impl Place {
    /// The place without the dereferences at its end, which an index sees through.
    pub(crate) fn trimmed(&self) -> Self {
        let mut place = self.clone();
        while matches!(place.path.last(), Some(Step::Deref)) {
            place.path.pop();
        }
        place
    }
}

impl Expr {
    /// Whether it is a literal of text or of bytes, which is a reference.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Lit(Lit::Str(_) | Lit::ByteStr(_) | Lit::CStr(_)))
    }

    pub(crate) fn var(var: VarId, span: Span) -> Self {
        Self::Place(Place::var(var, span))
    }

    /// The variable, if the expression is one.
    pub(crate) fn as_var(&self) -> Option<VarId> {
        match self {
            Self::Place(place) if place.path.is_empty() => Some(place.root),
            _ => None,
        }
    }

    pub(crate) fn binary(op: BinOp, a: Self, b: Self) -> Self {
        Self::Binary(op, Box::new(a), Box::new(b))
    }

    pub(crate) fn int(value: usize) -> Self {
        Self::Lit(Lit::Int(syn::LitInt::new(&value.to_string(), Span::mixed_site())))
    }
}

/// An index that is told apart from that of a sequence: the types decide which part of a tangent belongs to it.
pub(crate) fn element(at: Expr) -> Expr {
    Expr::Call { func: syn::parse_quote!(__element), qself: None, args: vec![at], ctor: false, tangent: false }
}

/// The index inside of [`element`]; in the place of a tangent, with a reference to what is indexed before it.
pub(crate) fn as_element(at: &Expr) -> Option<(Option<&Expr>, &Expr)> {
    match at {
        Expr::Call { func, args, .. } if func.is_ident("__element") => match args.as_slice() {
            [at] => Some((None, at)),
            [of, at] => Some((Some(of), at)),
            _ => None,
        },
        _ => None,
    }
}

impl Place {
    /// Turns the path into that of a place with the tangent of this place; `primal` is this place.
    pub(crate) fn mirror_steps(&mut self, primal: &Self) {
        for (i, step) in self.path.iter_mut().enumerate() {
            match step {
                Step::Payload { tangent, .. } => *tangent = true,
                Step::Index { at, .. } => {
                    let base = Self { path: primal.path[..i].to_vec(), ..primal.clone() };
                    if let Expr::Call { func, args, .. } = &mut **at
                        && func.is_ident("__element")
                        && args.len() == 1
                    {
                        args.insert(0, Expr::Ref { mutable: false, of: Box::new(Expr::Place(base)) });
                    }
                }
                _ => {}
            }
        }
    }
}
