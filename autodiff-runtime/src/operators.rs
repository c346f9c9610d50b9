//! Derivatives of operators whose operand types the compiler cannot see.
//!
//! For operands that are known to be floats the compiler writes plain arithmetic; everywhere else it
//! calls these traits, which are implemented for scalars, complex numbers, integers (without
//! derivative) and `ndarray` arrays, and by `#[differentiable] impl std::ops::Add for …`.
//!
//! A missing tangent or slot is `None`. Cotangents are added to slots.

#[cfg(feature = "std")]
mod arrays;
mod complex;
mod scalars;

use crate::tangent::Differentiable;

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "an operator between `{Self}` and `{Rhs}` has no derivative",
            note = "put `#[differentiable]` on the `impl` of the operator"
        )]
        pub trait $name<Rhs: Differentiable + ?Sized>: Differentiable {
            /// What the operator gives.
            type Output: Differentiable;

            /// The value and its tangent.
            fn tangent(
                a: &Self,
                b: &Rhs,
                da: Option<&Self::Tangent>,
                db: Option<&Rhs::Tangent>,
            ) -> (Self::Output, <Self::Output as Differentiable>::Tangent);

            /// Adds to the operands' cotangents.
            fn adjoint(
                a: &Self,
                b: &Rhs,
                ct: &<Self::Output as Differentiable>::Tangent,
                da: Option<&mut Self::Tangent>,
                db: Option<&mut Rhs::Tangent>,
            );

            /// [`Self::adjoint`] and its derivative: `ta`, `tb` and `tct` are the tangents of the
            /// operands and of the cotangent, `ea` and `eb` receive the tangents of `da` and `db`.
            #[allow(clippy::too_many_arguments)]
            fn adjoint1(
                a: &Self,
                b: &Rhs,
                ta: Option<&Self::Tangent>,
                tb: Option<&Rhs::Tangent>,
                ct: &<Self::Output as Differentiable>::Tangent,
                tct: &<Self::Output as Differentiable>::Tangent,
                da: Option<&mut Self::Tangent>,
                db: Option<&mut Rhs::Tangent>,
                ea: Option<&mut Self::Tangent>,
                eb: Option<&mut Rhs::Tangent>,
            ) {
                let _ = (a, b, ta, tb, ct, tct, da, db, ea, eb);
                panic!("this operator has no second derivative: write `#[differentiable(order = 2)]` on its `impl`");
            }
        }
    )*};
}

binary! {
    /// `a + b`.
    Add;
    /// `a - b`.
    Sub;
    /// `a * b`.
    Mul;
    /// `a / b`.
    Div;
    /// `a % b`.
    Rem;
}

/// `-a`.
pub trait Neg: Differentiable {
    /// What the operator gives.
    type Output: Differentiable;

    /// The value and its tangent.
    fn tangent(a: &Self, da: Option<&Self::Tangent>) -> (Self::Output, <Self::Output as Differentiable>::Tangent);

    /// Adds to the operand's cotangent.
    fn adjoint(a: &Self, ct: &<Self::Output as Differentiable>::Tangent, da: Option<&mut Self::Tangent>);

    /// [`Self::adjoint`] and its derivative.
    fn adjoint1(
        a: &Self,
        ta: Option<&Self::Tangent>,
        ct: &<Self::Output as Differentiable>::Tangent,
        tct: &<Self::Output as Differentiable>::Tangent,
        da: Option<&mut Self::Tangent>,
        ea: Option<&mut Self::Tangent>,
    ) {
        let _ = (a, ta, ct, tct, da, ea);
        panic!("this operator has no second derivative: write `#[differentiable(order = 2)]` on its `impl`");
    }
}
