//! Kinds: what the syntax tells of a type.
//!
//! A macro sees no types but those that are written near it. From declared types, literals, casts and known methods it can often tell
//! that a value is a float, an integer or a sequence of floats; then plain arithmetic is emitted.
//! Where it cannot, the kind is [`Kind::Unknown`] and the traits of the runtime decide. A kind is
//! never a guess: `Unknown` is always a correct answer.

mod inference;
mod numbers;
mod types;
mod values;

pub(crate) use inference::infer;
pub(crate) use numbers::Numbers;
pub(crate) use types::{Types, is_integer, primitive};
pub(crate) use values::{
    declared_type, float_of, is_declared, is_sum_in_place, layers, of_expr, of_operator, of_place, path_key, type_of,
};

/// What is known of a type.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Kind {
    Float(Float),
    /// A complex number of `num-complex`.
    Complex(Float),
    Int,
    Bool,
    /// Strings, characters, functions: types without derivative.
    Constant,
    Unit,
    Tuple(Vec<Kind>),
    /// Indexed by an integer; sliced by a range.
    Seq(Box<Kind>),
    /// An array or a view of `ndarray`, with the kind of its elements and its number of axes, if known.
    Array(Box<Kind>, Option<usize>),
    Option(Box<Kind>),
    Result(Box<Kind>),
    Ref(Box<Kind>),
    Unknown,
}

/// Which float type.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Float {
    F32,
    F64,
    /// A type parameter with the bound `Real` or `Float`.
    Generic(String),
    /// A literal, or arithmetic of literals.
    Any,
}

impl Kind {
    /// The kind without references around it.
    pub(crate) fn deref(&self) -> &Self {
        match self {
            Self::Ref(inner) => inner.deref(),
            other => other,
        }
    }

    pub(crate) fn is_float(&self) -> bool {
        matches!(self, Self::Float(_))
    }

    pub(crate) fn is_complex(&self) -> bool {
        matches!(self, Self::Complex(_))
    }

    pub(crate) fn is_array(&self) -> bool {
        matches!(self, Self::Array(..))
    }

    /// The kind of the elements of a sequence or an array.
    pub(crate) fn element(&self) -> Self {
        match self.deref() {
            Self::Seq(kind) | Self::Array(kind, _) => (**kind).clone(),
            _ => Self::Unknown,
        }
    }

    /// Operators and methods are differentiated by traits of the runtime.
    pub(crate) fn is_by_traits(&self) -> bool {
        matches!(self.deref(), Self::Unknown | Self::Array(..))
    }

    /// Floats and complex numbers: the kinds with plain arithmetic.
    pub(crate) fn is_number(&self) -> bool {
        self.is_float() || self.is_complex()
    }

    /// Values of the kind carry no derivative.
    pub(crate) fn is_constant(&self) -> bool {
        match self {
            Self::Int | Self::Bool | Self::Constant | Self::Unit => true,
            Self::Tuple(kinds) => kinds.iter().all(Self::is_constant),
            Self::Seq(kind) | Self::Option(kind) | Self::Result(kind) | Self::Ref(kind) => kind.is_constant(),
            Self::Float(_) | Self::Complex(_) | Self::Unknown | Self::Array(..) => false,
        }
    }

    /// Values of the kind are copied for nothing.
    pub(crate) fn is_scalar(&self) -> bool {
        match self {
            Self::Float(_) | Self::Complex(_) | Self::Int | Self::Bool | Self::Unit => true,
            Self::Tuple(kinds) => kinds.iter().all(Self::is_scalar),
            _ => false,
        }
    }

    /// The kind of the tangent.
    pub(crate) fn tangent(&self) -> Self {
        match self {
            Self::Int | Self::Bool | Self::Constant | Self::Unit => Self::Unit,
            Self::Tuple(kinds) => Self::Tuple(kinds.iter().map(Self::tangent).collect()),
            Self::Seq(kind) => Self::Seq(Box::new(kind.tangent())),
            Self::Array(kind, axes) => Self::Array(Box::new(kind.tangent()), *axes),
            Self::Option(kind) => Self::Option(Box::new(kind.tangent())),
            Self::Result(kind) => Self::Result(Box::new(kind.tangent())),
            Self::Ref(kind) => kind.tangent(),
            Self::Float(_) | Self::Complex(_) | Self::Unknown => self.clone(),
        }
    }

    /// What two descriptions of one type say together.
    pub(crate) fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Unknown, k) | (k, Self::Unknown) => k.clone(),
            (Self::Float(Float::Any), k @ Self::Float(_)) | (k @ Self::Float(_), Self::Float(Float::Any)) => k.clone(),
            (Self::Complex(Float::Any), k @ Self::Complex(_)) | (k @ Self::Complex(_), Self::Complex(Float::Any)) => {
                k.clone()
            }
            (Self::Tuple(a), Self::Tuple(b)) if a.len() == b.len() => {
                Self::Tuple(a.iter().zip(b).map(|(a, b)| a.join(b)).collect())
            }
            (Self::Seq(a), Self::Seq(b)) => Self::Seq(Box::new(a.join(b))),
            (Self::Array(a, n), Self::Array(b, m)) => Self::Array(Box::new(a.join(b)), n.or(*m)),
            (Self::Option(a), Self::Option(b)) => Self::Option(Box::new(a.join(b))),
            (Self::Result(a), Self::Result(b)) => Self::Result(Box::new(a.join(b))),
            (a, _) => a.clone(),
        }
    }
}
