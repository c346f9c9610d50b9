//! The bound of code that is generic over its float type.

use core::fmt::{Debug, Display, LowerExp};
use core::iter::{Product, Sum};

use num_traits::{Float, FloatConst, FromPrimitive, NumAssign};

use crate::__private::FloatMethods;
use crate::operators;
use crate::tangent::{Differentiable, Tangent};
#[cfg(feature = "std")]
use crate::tangent::{Rows, Update, Visit};

/// What the products of `ndarray` ask of their elements.
#[cfg(feature = "std")]
#[doc(hidden)]
pub trait Element: ndarray::LinalgScalar + ndarray::ScalarOperand {}

#[cfg(feature = "std")]
impl<T: ndarray::LinalgScalar + ndarray::ScalarOperand> Element for T {}

/// Without `ndarray` nothing is asked.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
pub trait Element {}

#[cfg(not(feature = "std"))]
impl<T> Element for T {}

/// A real scalar, `f32` or `f64`, that is its own tangent.
///
/// It has what numerical code needs: arithmetic and the functions of [`num_traits::Float`], compound
/// assignment, the constants of [`FloatConst`], and the products of `ndarray`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// fn hypotenuse<T: Real>(a: T, b: T) -> T {
///     (a * a + b * b).sqrt()
/// }
///
/// assert_eq!(hypotenuse(3.0_f32, 4.0), 5.0);
/// assert_eq!(hypotenuse(3.0_f64, 4.0), 5.0);
/// ```
pub trait Real:
    Float
    + FloatConst
    + FromPrimitive
    + NumAssign
    + Sum
    + for<'a> Sum<&'a Self>
    + Product
    + Differentiable<Tangent = Self>
    + operators::Add<Self, Output = Self>
    + operators::Sub<Self, Output = Self>
    + operators::Mul<Self, Output = Self>
    + operators::Div<Self, Output = Self>
    + operators::Rem<Self, Output = Self>
    + operators::Neg<Output = Self>
    + operators::BuiltIn
    + Tangent
    + Element
    + FloatMethods
    + crate::operators::BuiltIn
    + Debug
    + Display
    + LowerExp
    + Default
    + Send
    + Sync
    + 'static
{
    /// The number nearest to `x`.
    #[doc(hidden)]
    fn __lit(x: f64) -> Self;

    /// The same number in double precision.
    #[doc(hidden)]
    fn __f64(self) -> f64;

    /// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
    #[doc(hidden)]
    fn __erf(self) -> Self;

    /// Hands a matrix with a gradient of some of its rows over.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn __update_rows(parameters: &mut [Self], gradients: &Rows<Self>, update: &mut dyn Update);

    /// Hands some rows of a matrix over.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn __visit_rows(rows: &Rows<Self>, visitor: &mut dyn Visit);
}

/// Passes a value on, and no derivative: differentiated code takes the value for a constant.
///
/// ```standalone_crate
/// # extern crate autodiff_runtime as differentiable;
/// # use autodiff_macros::{Differentiable, differentiable};
/// use differentiable::prelude::*;
///
/// #[differentiable]
/// fn f(x: f64) -> f64 {
///     x * stop_gradient(x)
/// }
///
/// assert_eq!(f::grad(3.0), 3.0);
/// ```
#[inline]
pub fn stop_gradient<T>(x: T) -> T {
    x
}

impl Real for f32 {
    #[inline]
    fn __lit(x: f64) -> f32 {
        x as f32
    }

    #[inline]
    fn __f64(self) -> f64 {
        f64::from(self)
    }

    #[inline]
    fn __erf(self) -> f32 {
        libm::erff(self)
    }

    #[cfg(feature = "std")]
    fn __update_rows(parameters: &mut [f32], gradients: &Rows<f32>, update: &mut dyn Update) {
        update.rows_f32(parameters, gradients);
    }

    #[cfg(feature = "std")]
    fn __visit_rows(rows: &Rows<f32>, visitor: &mut dyn Visit) {
        visitor.rows_f32(rows);
    }
}

impl Real for f64 {
    #[inline]
    fn __lit(x: f64) -> f64 {
        x
    }

    #[inline]
    fn __f64(self) -> f64 {
        self
    }

    #[inline]
    fn __erf(self) -> f64 {
        libm::erf(self)
    }

    #[cfg(feature = "std")]
    fn __update_rows(parameters: &mut [f64], gradients: &Rows<f64>, update: &mut dyn Update) {
        update.rows_f64(parameters, gradients);
    }

    #[cfg(feature = "std")]
    fn __visit_rows(rows: &Rows<f64>, visitor: &mut dyn Visit) {
        visitor.rows_f64(rows);
    }
}
