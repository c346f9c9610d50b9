//! Conversions with derivatives: what an `impl From` with `#[differentiable]` on it implements beside.

use autodiff_macros::differentiable;

use crate::Differentiable;

/// A type with a derivative of its `from` for a type `A`: the companions of that, and nothing else.
#[allow(clippy::too_many_arguments, reason = "companions have an argument for each tangent")]
#[differentiable(order = 4, required = 1, hidden)]
pub trait Conversion<A: Differentiable>: Differentiable + Sized {
    /// The conversion.
    fn from(of: A) -> Self;
}
