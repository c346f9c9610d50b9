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
mod higher;
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
                no_second()
            }

            binary!(@tangent tangent2 no_second: a1 b1, a2 b2, a3 b3 => O O O O);
            binary!(@tangent tangent3 no_third: a1 b1, a2 b2, a3 b3, a4 b4, a5 b5, a6 b6, a7 b7 => O O O O O O O O);
            binary!(@adjoint adjoint2 no_third: a1 b1, a2 b2, a3 b3; c0 c1 c2 c3; d0 e0, d1 e1, d2 e2, d3 e3);
        }
    )*};
    (@tangent $name:ident $missing:ident: $($a:ident $b:ident),* => $value:ident $($tangent:ident)*) => {
        /// The value and its tangents at a higher level, component by component.
        #[allow(clippy::too_many_arguments)]
        fn $name(
            a: &Self,
            b: &Rhs,
            $($a: Option<&Self::Tangent>, $b: Option<&Rhs::Tangent>),*
        ) -> (Self::Output, $(binary!(@first <Self::Output as Differentiable>::Tangent, $tangent)),*) {
            let _ = (a, b, $($a, $b),*);
            $missing()
        }
    };
    (@adjoint $name:ident $missing:ident: $($a:ident $b:ident),*; $($ct:ident)*; $($da:ident $db:ident),*) => {
        /// [`Self::adjoint`] and its derivatives at a higher level, component by component.
        #[allow(clippy::too_many_arguments)]
        fn $name(
            a: &Self,
            b: &Rhs,
            $($a: Option<&Self::Tangent>, $b: Option<&Rhs::Tangent>,)*
            $($ct: &<Self::Output as Differentiable>::Tangent,)*
            $($da: Option<&mut Self::Tangent>, $db: Option<&mut Rhs::Tangent>),*
        ) {
            let _ = (a, b, $($a, $b,)* $($ct,)* $($da, $db),*);
            $missing()
        }
    };
    (@first $first:ty, $second:ident) => { $first };
}

fn no_second() -> ! {
    panic!("this operator has no second derivative: write `#[differentiable(order = 2)]` on its `impl`")
}

fn no_third() -> ! {
    panic!("this operator has no third derivative: write `#[differentiable(order = 3)]` on its `impl`")
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

macro_rules! unary {
    (@tangent $name:ident $missing:ident: $($a:ident),* => $value:ident $($tangent:ident)*) => {
        /// The value and its tangents at a higher level, component by component.
        #[allow(clippy::too_many_arguments)]
        fn $name(
            a: &Self,
            $($a: Option<&Self::Tangent>),*
        ) -> (Self::Output, $(binary!(@first <Self::Output as Differentiable>::Tangent, $tangent)),*) {
            let _ = (a, $($a),*);
            $missing()
        }
    };
    (@adjoint $name:ident $missing:ident: $($a:ident),*; $($ct:ident)*; $($da:ident),*) => {
        /// [`Self::adjoint`] and its derivatives at a higher level, component by component.
        #[allow(clippy::too_many_arguments)]
        fn $name(
            a: &Self,
            $($a: Option<&Self::Tangent>,)*
            $($ct: &<Self::Output as Differentiable>::Tangent,)*
            $($da: Option<&mut Self::Tangent>),*
        ) {
            let _ = (a, $($a,)* $($ct,)* $($da),*);
            $missing()
        }
    };
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
        no_second()
    }

    unary!(@tangent tangent2 no_second: a1, a2, a3 => O O O O);
    unary!(@tangent tangent3 no_third: a1, a2, a3, a4, a5, a6, a7 => O O O O O O O O);
    unary!(@adjoint adjoint2 no_third: a1, a2, a3; c0 c1 c2 c3; d0, d1, d2, d3);
}
