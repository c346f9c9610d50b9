//! Places and expressions.
//!
//! A place is a variable with a path into it; an expression is pure and never jumps.

use proc_macro2::Span;
use syn::{AngleBracketedGenericArguments, Expr as SynExpr, Ident, Lit, Member, Pat, Path, QSelf, Type};

use super::VarId;
use crate::kinds::{Float, Kind};
use crate::rules::Rule;

/// A variable with a path into it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) root: VarId,
    pub(crate) path: Vec<Step>,
    pub(crate) span: Span,
}

/// Most places have no path, of which there is nothing to copy.
impl Clone for Place {
    fn clone(&self) -> Self {
        let path = if self.path.is_empty() { Vec::new() } else { self.path.clone() };
        Self { root: self.root, path, span: self.span }
    }
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

    /// Zero, as a variable of this kind holds it.
    pub(crate) fn zero_of(var: VarId, kind: &Kind, span: Span) -> Self {
        match kind {
            Kind::Float(float) => Self::Number(0.0, float.clone()),
            _ => Self::Zero(Box::new(Self::var(var, span))),
        }
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

/// A literal with the type that it is of.
pub(crate) fn suffixed(l: &syn::LitFloat, suffix: &str) -> syn::LitFloat {
    // `2.` takes no suffix.
    let digits = l.base10_digits();
    let zero = if digits.ends_with('.') { "0" } else { "" };
    syn::LitFloat::new(&format!("{digits}{zero}_{suffix}"), l.span())
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
