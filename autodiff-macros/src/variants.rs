//! The variants of `Option` and `Result`, by paths that nothing in the user's scope hides.

use syn::{Path, parse_quote};

use crate::ir::{Expr, Step};

pub(crate) fn some() -> Path {
    parse_quote!(::core::option::Option::Some)
}

pub(crate) fn none() -> Path {
    parse_quote!(::core::option::Option::None)
}

pub(crate) fn ok() -> Path {
    parse_quote!(::core::result::Result::Ok)
}

pub(crate) fn err() -> Path {
    parse_quote!(::core::result::Result::Err)
}

/// The step to what a variant with one field holds.
pub(crate) fn payload(variant: Path) -> Step {
    Step::Payload { variant, member: parse_quote!(0), arity: 1, tangent: false }
}

/// The step to what a variant of a tangent holds.
pub(crate) fn tangent_payload(variant: Path) -> Step {
    Step::Payload { variant, member: parse_quote!(0), arity: 1, tangent: true }
}

/// `Variant(value)`.
pub(crate) fn construct(variant: Path, value: Expr) -> Expr {
    Expr::Call { func: variant, qself: None, args: vec![value], ctor: true, tangent: false }
}

/// Whether the expression is `value` in the variant of this name.
pub(crate) fn is_named(path: &Path, name: &str) -> bool {
    let n = path.segments.len();
    let owner = n < 2 || matches!(path.segments[n - 2].ident.to_string().as_str(), "Option" | "Result");
    owner && path.segments.last().is_some_and(|s| s.ident == name)
}

/// Whether a path names a variant of `Option` or `Result`.
pub(crate) fn is_standard(path: &Path) -> bool {
    ["Some", "None", "Ok", "Err"].iter().any(|name| is_named(path, name))
}
