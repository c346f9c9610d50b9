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
mod kept;
mod scalars;

pub use kept::{Kept, Nothing, Whole};

use crate::tangent::Differentiable;

/// Stands for the derivatives that an operator lacks: an error of every build that calls them.
macro_rules! too_low {
    ($name:ident, $order:literal) => {
        const {
            panic!(concat!(
                "the operator `",
                stringify!($name),
                "` of a type has no derivatives of order ",
                $order,
                ": write `#[differentiable(order = ",
                $order,
                ")]` on its `impl`"
            ))
        }
    };
}

/// A trait for an operator of two operands: its value in the given way, and its derivatives.
macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident $([$assigned:ident])?;)*) => {$(
        binary!(@trait $(#[$doc])* $name; $($assigned)?);
    )*};
    (@trait $(#[$doc:meta])* $name:ident;) => {
        binary!(@items $(#[$doc])* $name [
            #[doc = "What the operator gives."]
            type Output: Differentiable;

            #[doc = "Whether the operator adds or subtracts field by field."]
            #[doc(hidden)]
            const SUM: bool = false;

            #[doc = "What is kept of the left operand where its derivatives ask for its shape alone."]
            type Left: Kept<Of = Self>
            where
                Self: Sized;

            #[doc = "What is kept of the right operand where its derivatives ask for its shape alone."]
            type Right: Kept<Of = Rhs>
            where
                Rhs: Sized;

            #[doc = "What is kept of the left operand."]
            #[inline]
            fn kept_left(a: Self, _: &Rhs) -> Self::Left
            where
                Self: Sized,
            {
                Kept::keep(a)
            }

            #[doc = "What is kept of the right operand."]
            #[inline]
            fn kept_right(_: &Self, b: Rhs) -> Self::Right
            where
                Rhs: Sized,
            {
                Kept::keep(b)
            }
        ] (Self::Output));
    };
    (@trait $(#[$doc:meta])* $name:ident; $plain:ident) => {
        binary!(@items $(#[$doc])* $name [
            #[doc = "Whether the operator adds or subtracts field by field."]
            #[doc(hidden)]
            const SUM: bool = false;
        ] (Self): Sized);

        impl<T: BuiltIn + $plain<Rhs, Output = T>, Rhs: Differentiable + ?Sized> $name<Rhs> for T {
            #[inline]
            #[track_caller]
            fn tangent(a: &T, b: &Rhs, da: Option<&T::Tangent>, db: Option<&Rhs::Tangent>) -> (T, T::Tangent) {
                <T as $plain<Rhs>>::tangent(a, b, da, db)
            }

            #[inline]
            #[track_caller]
            fn tangent2(
                a: &T,
                b: &Rhs,
                da: Option<&T::Tangent>,
                db: Option<&Rhs::Tangent>,
                ea: Option<&T::Tangent>,
                eb: Option<&Rhs::Tangent>,
                dda: Option<&T::Tangent>,
                ddb: Option<&Rhs::Tangent>,
            ) -> (T, T::Tangent, T::Tangent, T::Tangent) {
                <T as $plain<Rhs>>::tangent2(a, b, da, db, ea, eb, dda, ddb)
            }

            #[inline]
            #[track_caller]
            fn adjoint(a: &T, b: &Rhs, ct: &T::Tangent, da: Option<&mut T::Tangent>, db: Option<&mut Rhs::Tangent>) {
                <T as $plain<Rhs>>::adjoint(a, b, ct, da, db);
            }

            #[inline]
            #[track_caller]
            fn adjoint1(
                a: &T,
                b: &Rhs,
                ta: Option<&T::Tangent>,
                tb: Option<&Rhs::Tangent>,
                ct: &T::Tangent,
                tct: &T::Tangent,
                da: Option<&mut T::Tangent>,
                db: Option<&mut Rhs::Tangent>,
                ea: Option<&mut T::Tangent>,
                eb: Option<&mut Rhs::Tangent>,
            ) {
                <T as $plain<Rhs>>::adjoint1(a, b, ta, tb, ct, tct, da, db, ea, eb);
            }

            binary!(@third $name (T) T [$plain] {} {});
        }
    };
    (@items $(#[$doc:meta])* $name:ident [$($output:tt)*] ($value:ty) $(: $sized:ident)?) => {
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "an operator between `{Self}` and `{Rhs}` has no derivative",
            note = "put `#[differentiable]` on the `impl` of the operator"
        )]
        #[allow(clippy::too_many_arguments)]
        pub trait $name<Rhs: Differentiable + ?Sized>: Differentiable $(+ $sized)? {
            $($output)*

            /// The value and its tangent.
            fn tangent(
                a: &Self,
                b: &Rhs,
                da: Option<&Self::Tangent>,
                db: Option<&Rhs::Tangent>,
            ) -> ($value, <$value as Differentiable>::Tangent);

            /// The value, its tangents along `(da, db)` and along `(ea, eb)`, and that of the first along the second,
            /// where `da` and `db` change by `dda` and `ddb`.
            #[track_caller]
            fn tangent2(
                a: &Self,
                b: &Rhs,
                da: Option<&Self::Tangent>,
                db: Option<&Rhs::Tangent>,
                ea: Option<&Self::Tangent>,
                eb: Option<&Rhs::Tangent>,
                dda: Option<&Self::Tangent>,
                ddb: Option<&Rhs::Tangent>,
            ) -> (
                $value,
                <$value as Differentiable>::Tangent,
                <$value as Differentiable>::Tangent,
                <$value as Differentiable>::Tangent,
            ) {
                let _ = (a, b, da, db, ea, eb, dda, ddb);
                too_low!($name, 2)
            }

            /// Adds to the operands' cotangents.
            fn adjoint(
                a: &Self,
                b: &Rhs,
                ct: &<$value as Differentiable>::Tangent,
                da: Option<&mut Self::Tangent>,
                db: Option<&mut Rhs::Tangent>,
            );

            /// [`Self::adjoint`] and its derivative: `ta`, `tb` and `tct` are the tangents of the
            /// operands and of the cotangent, `ea` and `eb` receive the tangents of `da` and `db`.
            #[track_caller]
            fn adjoint1(
                a: &Self,
                b: &Rhs,
                ta: Option<&Self::Tangent>,
                tb: Option<&Rhs::Tangent>,
                ct: &<$value as Differentiable>::Tangent,
                tct: &<$value as Differentiable>::Tangent,
                da: Option<&mut Self::Tangent>,
                db: Option<&mut Rhs::Tangent>,
                ea: Option<&mut Self::Tangent>,
                eb: Option<&mut Rhs::Tangent>,
            ) {
                let _ = (a, b, ta, tb, ct, tct, da, db, ea, eb);
                too_low!($name, 2)
            }

            binary!(@third $name ($value) Self [] { #[doc = "The value and its tangents at the third level."] } { #[doc = "[`Self::adjoint`] at the second level."] });
        }
    };
    // The third level: component by component, as at the levels below.
    (@third $trait:ident ($value:ty) $left:ty [$($plain:ident)?] {$($doc2:tt)*} {$($doc3:tt)*}) => {
        binary!(@tangent3 $trait ($value) $left [$($plain)?] {$($doc2)*} a1 b1 a2 b2 a3 b3 a4 b4 a5 b5 a6 b6 a7 b7);
        binary!(@adjoint2 $trait ($value) $left [$($plain)?] {$($doc3)*}
            a1 b1 a2 b2 a3 b3; c0 c1 c2 c3; d0 e0 d1 e1 d2 e2 d3 e3);
    };
    (@tangent3 $trait:ident ($value:ty) $left:ty [$($plain:ident)?] {$($doc:tt)*} $($a:ident $b:ident)*) => {
        $($doc)*
        #[allow(clippy::too_many_arguments)]
        #[track_caller]
        fn tangent3(
            a: &$left,
            b: &Rhs,
            $($a: Option<&<$left as Differentiable>::Tangent>, $b: Option<&Rhs::Tangent>),*
        ) -> ($value, $(binary!(@first <$value as Differentiable>::Tangent, $a)),*) {
            binary!(@body $trait [$($plain)?] tangent3 a, b, $($a, $b),*)
        }
    };
    (@adjoint2 $trait:ident ($value:ty) $left:ty [$($plain:ident)?] {$($doc:tt)*}
        $($a:ident $b:ident)*; $($ct:ident)*; $($da:ident $db:ident)*) => {
        $($doc)*
        #[allow(clippy::too_many_arguments)]
        #[track_caller]
        fn adjoint2(
            a: &$left,
            b: &Rhs,
            $($a: Option<&<$left as Differentiable>::Tangent>, $b: Option<&Rhs::Tangent>,)*
            $($ct: &<$value as Differentiable>::Tangent,)*
            $($da: Option<&mut <$left as Differentiable>::Tangent>, $db: Option<&mut Rhs::Tangent>),*
        ) {
            binary!(@body $trait [$($plain)?] adjoint2 a, b, $($a, $b,)* $($ct,)* $($da, $db),*)
        }
    };
    (@body $trait:ident [] $name:ident $($argument:ident),*) => {{
        let _ = ($(&$argument),*);
        too_low!($trait, 3)
    }};
    (@body $trait:ident [$plain:ident] $name:ident $($argument:ident),*) => { <T as $plain<Rhs>>::$name($($argument),*) };
    (@first $first:ty, $second:ident) => { $first };
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
    /// `a += b`.
    AddAssign [Add];
    /// `a -= b`.
    SubAssign [Sub];
    /// `a *= b`.
    MulAssign [Mul];
    /// `a /= b`.
    DivAssign [Div];
    /// `a %= b`.
    RemAssign [Rem];
}

/// Numbers and arrays, whose `a op= b` is `a = a op b`. A type with operators of its own has them one by one.
pub trait BuiltIn: Sized {}

macro_rules! built_in {
    ($($t:ty),*) => {$(impl BuiltIn for $t {})*};
}

built_in!(f32, f64, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

impl<T: crate::Real> BuiltIn for num_complex::Complex<T> {}

#[cfg(feature = "std")]
impl<T: crate::Real, S: ndarray::Data<Elem = T>, D: ndarray::Dimension> BuiltIn for ndarray::ArrayBase<S, D> {}

/// Which part of a value's tangent belongs to an element: implemented by `#[differentiable] impl Index<I> for …`.
#[diagnostic::on_unimplemented(
    message = "the elements of `{Self}` at `{I}` have no derivative",
    note = "put `#[differentiable]` on the `impl Index`"
)]
pub trait Elements<I>: Differentiable {
    /// The tangent of an element.
    type Element: ?Sized;

    /// The tangent of the element, to be read.
    fn element<'t>(&self, tangent: &'t Self::Tangent, index: I) -> &'t Self::Element;

    /// The tangent of the element, to be changed.
    fn element_mut<'t>(&self, tangent: &'t mut Self::Tangent, index: I) -> &'t mut Self::Element;
}

macro_rules! elements {
    ([$($generics:tt)*] $t:ty, $tangent:ty, $($bounds:tt)*) => {
        impl<$($generics)*> Elements<I> for $t
        where
            $t: Differentiable<Tangent = $tangent>,
            $($bounds)*
        {
            type Element = <$tangent as core::ops::Index<I>>::Output;

            #[inline]
            #[track_caller]
            fn element<'t>(&self, tangent: &'t $tangent, index: I) -> &'t Self::Element {
                &tangent[index]
            }

            #[inline]
            #[track_caller]
            fn element_mut<'t>(&self, tangent: &'t mut $tangent, index: I) -> &'t mut Self::Element {
                &mut tangent[index]
            }
        }
    };
}

#[cfg(feature = "std")]
elements!([T: Differentiable, I: core::slice::SliceIndex<[T::Tangent]>] Vec<T>, Vec<T::Tangent>,);
elements!([T: Differentiable, const N: usize, I] [T; N], [T::Tangent; N], [T::Tangent; N]: core::ops::IndexMut<I>);
#[cfg(feature = "std")]
elements!([T: crate::Real, S: ndarray::Data<Elem = T>, D: ndarray::Dimension, I: ndarray::NdIndex<D>]
    ndarray::ArrayBase<S, D>, ndarray::Array<T, D>,);

impl<I, T: Elements<I>> Elements<I> for crate::returned::ReturnedRef<T> {
    type Element = T::Element;

    #[inline]
    #[track_caller]
    fn element<'t>(&self, tangent: &'t Self::Tangent, index: I) -> &'t Self::Element {
        self.0.element(&tangent.0, index)
    }

    #[inline]
    #[track_caller]
    fn element_mut<'t>(&self, tangent: &'t mut Self::Tangent, index: I) -> &'t mut Self::Element {
        self.0.element_mut(&mut tangent.0, index)
    }
}

/// `-a`.
pub trait Neg: Differentiable {
    /// What the operator gives.
    type Output: Differentiable;

    /// The value and its tangent.
    fn tangent(a: &Self, da: Option<&Self::Tangent>) -> (Self::Output, <Self::Output as Differentiable>::Tangent);

    /// The value, its tangents along `da` and along `ea`, and that of the first along the second.
    fn tangent2(
        a: &Self,
        da: Option<&Self::Tangent>,
        ea: Option<&Self::Tangent>,
        dda: Option<&Self::Tangent>,
    ) -> (
        Self::Output,
        <Self::Output as Differentiable>::Tangent,
        <Self::Output as Differentiable>::Tangent,
        <Self::Output as Differentiable>::Tangent,
    ) {
        let _ = (a, da, ea, dda);
        too_low!(Neg, 2)
    }

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
        too_low!(Neg, 2);
    }

    /// The value and its tangents at the third level.
    #[allow(clippy::too_many_arguments)]
    fn tangent3(
        a: &Self,
        a1: Option<&Self::Tangent>,
        a2: Option<&Self::Tangent>,
        a3: Option<&Self::Tangent>,
        a4: Option<&Self::Tangent>,
        a5: Option<&Self::Tangent>,
        a6: Option<&Self::Tangent>,
        a7: Option<&Self::Tangent>,
    ) -> (
        Self::Output,
        <Self::Output as Differentiable>::Tangent,
        <Self::Output as Differentiable>::Tangent,
        <Self::Output as Differentiable>::Tangent,
        <Self::Output as Differentiable>::Tangent,
        <Self::Output as Differentiable>::Tangent,
        <Self::Output as Differentiable>::Tangent,
        <Self::Output as Differentiable>::Tangent,
    ) {
        let _ = (a, a1, a2, a3, a4, a5, a6, a7);
        too_low!(Neg, 3)
    }

    /// [`Self::adjoint`] at the second level.
    #[allow(clippy::too_many_arguments)]
    fn adjoint2(
        a: &Self,
        a1: Option<&Self::Tangent>,
        a2: Option<&Self::Tangent>,
        a3: Option<&Self::Tangent>,
        c0: &<Self::Output as Differentiable>::Tangent,
        c1: &<Self::Output as Differentiable>::Tangent,
        c2: &<Self::Output as Differentiable>::Tangent,
        c3: &<Self::Output as Differentiable>::Tangent,
        d0: Option<&mut Self::Tangent>,
        d1: Option<&mut Self::Tangent>,
        d2: Option<&mut Self::Tangent>,
        d3: Option<&mut Self::Tangent>,
    ) {
        let _ = (a, a1, a2, a3, c0, c1, c2, c3, d0, d1, d2, d3);
        too_low!(Neg, 3);
    }
}
