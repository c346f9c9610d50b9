//! The methods of operators of scalars at the third level: they hand over to the companions that the compiler
//! makes of the operator as a function, in `crate::scalars`.

/// `tangent3` and `adjoint2` of `$left op $right`, whose function is `$f`.
macro_rules! higher {
    ($f:ident: $left:ty, $right:ty => $out:ty) => {
        $crate::operators::higher::higher!(@tangent $f tangent3 __jvp3 $left, $right => $out:
            a1 b1, a2 b2, a3 b3, a4 b4, a5 b5, a6 b6, a7 b7 => O O O O O O O);
        $crate::operators::higher::higher!(@adjoint $f adjoint2 __fwd2 $left, $right => $out:
            a1 b1, a2 b2, a3 b3; c0 c1 c2 c3; d0 e0 g0 h0, d1 e1 g1 h1, d2 e2 g2 h2, d3 e3 g3 h3);
    };
    (@tangent $f:ident $name:ident $companion:ident $left:ty, $right:ty => $out:ty:
        $($a:ident $b:ident),* => $($tangent:ident)*) => {
        #[inline]
        fn $name(
            a: &$left,
            b: &$right,
            $($a: Option<&$left>, $b: Option<&$right>),*
        ) -> ($out, $($crate::operators::higher::higher!(@first $out, $tangent)),*) {
            $crate::scalars::$f::$companion(*a, *b, $($a.copied(), $b.copied()),*)
        }
    };
    (@adjoint $f:ident $name:ident $companion:ident $left:ty, $right:ty => $out:ty:
        $($a:ident $b:ident),*; $($ct:ident)*; $($da:ident $db:ident $ga:ident $gb:ident),*) => {
        #[inline]
        fn $name(
            a: &$left,
            b: &$right,
            $($a: Option<&$left>, $b: Option<&$right>,)*
            $($ct: &$out,)*
            $($da: Option<&mut $left>, $db: Option<&mut $right>),*
        ) {
            let (_, tape) = $crate::scalars::$f::$companion(*a, *b, $($a.copied(), $b.copied()),*);
            let none = || ((), (), (), (), (), (), (), ());
            let ($($ga, $gb),*) = tape((none(), ($(*$ct),*), none()));
            $(
                if let Some(d) = $da {
                    *d += $ga;
                }
                if let Some(d) = $db {
                    *d += $gb;
                }
            )*
        }
    };
    (@first $first:ty, $second:ident) => { $first };
}

/// The same of `-a`, which is linear.
macro_rules! higher_negation {
    ($t:ty) => {
        $crate::operators::higher::higher_negation!(@tangent tangent3 $t: a1, a2, a3, a4, a5, a6, a7);

        #[inline]
        fn adjoint2(
            _: &$t,
            _: Option<&$t>,
            _: Option<&$t>,
            _: Option<&$t>,
            c0: &$t,
            c1: &$t,
            c2: &$t,
            c3: &$t,
            d0: Option<&mut $t>,
            d1: Option<&mut $t>,
            d2: Option<&mut $t>,
            d3: Option<&mut $t>,
        ) {
            for (ct, slot) in [(c0, d0), (c1, d1), (c2, d2), (c3, d3)] {
                if let Some(slot) = slot {
                    *slot -= *ct;
                }
            }
        }
    };
    (@tangent $name:ident $t:ty: $($a:ident),*) => {
        #[inline]
        fn $name(a: &$t, $($a: Option<&$t>),*) -> ($t, $($crate::operators::higher::higher!(@first $t, $a)),*) {
            (-*a, $($a.map_or_else(num_traits::Zero::zero, |d| -*d)),*)
        }
    };
}

pub(crate) use {higher, higher_negation};
