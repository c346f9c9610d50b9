//! Functions of every element.

use ndarray::{Array, ArrayRef, Dimension, Zip};

use super::jets::{map_jets, pull_jets};
use super::{Pullback, Pullback2, Pullback3, Pulled, Pulled2, Pulled3};
use crate::Real;

/// The derivative of the absolute value, 0 at 0.
fn sign<T: Real>(a: T) -> T {
    if a == T::zero() { a } else { a.signum() }
}

fn push<T: Real, D: Dimension>(
    a: &ArrayRef<T, D>,
    y: &ArrayRef<T, D>,
    d: Option<&ArrayRef<T, D>>,
    by_a: impl Fn(T, T) -> T,
) -> Array<T, D> {
    match d.filter(|d| d.shape() == a.shape()) {
        Some(d) => Zip::from(a).and(y).and(d).map_collect(|&a, &y, &d| by_a(a, y) * d),
        None => Array::zeros(a.raw_dim()),
    }
}

fn pull<T: Real, D: Dimension>(
    slot: Option<&mut ArrayRef<T, D>>,
    a: &ArrayRef<T, D>,
    y: &ArrayRef<T, D>,
    ct: &ArrayRef<T, D>,
    by_a: impl Fn(T, T) -> T,
) {
    if let (Some(slot), false) = (slot, ct.is_empty()) {
        Zip::from(slot).and(a).and(y).and(ct).for_each(|s, &a, &y, &ct| *s += by_a(a, y) * ct);
    }
}

/// The cotangent of a scalar that all elements share.
fn total<T: Real, D: Dimension>(
    a: &ArrayRef<T, D>,
    y: &ArrayRef<T, D>,
    ct: &ArrayRef<T, D>,
    by_b: impl Fn(T, T) -> T,
) -> T {
    let mut total = T::zero();
    if !ct.is_empty() {
        Zip::from(a).and(y).and(ct).for_each(|&a, &y, &ct| total += by_b(a, y) * ct);
    }
    total
}

/// Adds the part of a tangent that a shared scalar causes.
fn push_scalar<T: Real, D: Dimension>(
    t: &mut ArrayRef<T, D>,
    a: &ArrayRef<T, D>,
    y: &ArrayRef<T, D>,
    d: Option<T>,
    by_b: impl Fn(T, T) -> T,
) {
    if let Some(d) = d {
        Zip::from(t).and(a).and(y).for_each(|t, &a, &y| *t += by_b(a, y) * d);
    }
}

/// The table: functions of one argument, then those with a float as second argument.
macro_rules! elementwise {
    (
        $($name:ident $fwd:ident $jvp:ident |$a:ident, $y:ident| $by_a:expr;)*
        @scalar
        $($name2:ident $fwd2:ident $jvp2:ident |$a2:ident, $b2:ident, $y2:ident| $by_a2:expr, $by_b2:expr;)*
    ) => {
        pub trait ArrayElementwise<T: Real, D: Dimension> {
            $(
                fn $fwd(&self) -> (Array<T, D>, Pullback<T, D, Array<T, D>>);
                fn $jvp(&self, d: Option<&ArrayRef<T, D>>) -> (Array<T, D>, Array<T, D>);
            )*
            $(
                fn $fwd2(&self, $b2: T) -> (Array<T, D>, Pullback2<T, D, Array<T, D>, T>);
                fn $jvp2(&self, $b2: T, d: Option<&ArrayRef<T, D>>, db: Option<T>) -> (Array<T, D>, Array<T, D>);
            )*
            fn __fwd_powi(&self, n: i32) -> (Array<T, D>, Pullback2<T, D, Array<T, D>, ()>);
            fn __jvp_powi(&self, n: i32, d: Option<&ArrayRef<T, D>>, dn: Option<()>) -> (Array<T, D>, Array<T, D>);
            fn __fwd_clamp(&self, min: T, max: T) -> (Array<T, D>, Pullback3<T, D, Array<T, D>, T, T>);
            fn __jvp_clamp(&self, min: T, max: T, d: Option<&ArrayRef<T, D>>, d_min: Option<T>, d_max: Option<T>) -> (Array<T, D>, Array<T, D>);
        }

        #[allow(unused_variables)]
        impl<T: Real, D: Dimension> ArrayElementwise<T, D> for ArrayRef<T, D> {
            $(
                fn $fwd(&self) -> (Array<T, D>, Pullback<T, D, Array<T, D>>) {
                    (self.$name(), |((a,), ct, (slot,)): Pulled<'_, T, D, Array<T, D>>| {
                        if slot.is_some() {
                            pull(slot, a, &a.$name(), &ct, |$a, $y| $by_a);
                        }
                        ((),)
                    })
                }

                fn $jvp(&self, d: Option<&ArrayRef<T, D>>) -> (Array<T, D>, Array<T, D>) {
                    let y = self.$name();
                    let t = push(self, &y, d, |$a, $y| $by_a);
                    (y, t)
                }
            )*
            $(
                fn $fwd2(&self, $b2: T) -> (Array<T, D>, Pullback2<T, D, Array<T, D>, T>) {
                    (self.$name2($b2), Box::new(move |((a, ()), ct, (slot, ())): Pulled2<'_, T, D, Array<T, D>>| {
                        let y = a.$name2($b2);
                        pull(slot, a, &y, &ct, |$a2, $y2| $by_a2);
                        ((), total(a, &y, &ct, |$a2, $y2| $by_b2))
                    }))
                }

                fn $jvp2(&self, $b2: T, d: Option<&ArrayRef<T, D>>, db: Option<T>) -> (Array<T, D>, Array<T, D>) {
                    let y = self.$name2($b2);
                    let mut t = push(self, &y, d, |$a2, $y2| $by_a2);
                    push_scalar(&mut t, self, &y, db, |$a2, $y2| $by_b2);
                    (y, t)
                }
            )*

            fn __fwd_powi(&self, n: i32) -> (Array<T, D>, Pullback2<T, D, Array<T, D>, ()>) {
                (self.powi(n), Box::new(move |((a, ()), ct, (slot, ())): Pulled2<'_, T, D, Array<T, D>>| {
                    pull(slot, a, a, &ct, |a, _| by_power(a, n));
                    ((), ())
                }))
            }

            fn __jvp_powi(&self, n: i32, d: Option<&ArrayRef<T, D>>, _: Option<()>) -> (Array<T, D>, Array<T, D>) {
                (self.powi(n), push(self, self, d, |a, _| by_power(a, n)))
            }

            #[track_caller]
            fn __fwd_clamp(&self, min: T, max: T) -> (Array<T, D>, Pullback3<T, D, Array<T, D>, T, T>) {
                (self.clamp(min, max), Box::new(move |((a, (), ()), ct, (slot, (), ())): Pulled3<'_, T, D, Array<T, D>>| {
                    pull(slot, a, a, &ct, |a, _| indicator(a >= min && a <= max));
                    (
                        (),
                        total(a, a, &ct, |a, _| indicator(a < min)),
                        total(a, a, &ct, |a, _| indicator(a > max)),
                    )
                }))
            }

            #[track_caller]
            fn __jvp_clamp(&self, min: T, max: T, d: Option<&ArrayRef<T, D>>, d_min: Option<T>, d_max: Option<T>) -> (Array<T, D>, Array<T, D>) {
                let mut t = push(self, self, d, |a, _| indicator(a >= min && a <= max));
                push_scalar(&mut t, self, self, d_min, |a, _| indicator(a < min));
                push_scalar(&mut t, self, self, d_max, |a, _| indicator(a > max));
                (self.clamp(min, max), t)
            }
        }
    };
}

fn indicator<T: Real>(holds: bool) -> T {
    if holds { T::one() } else { T::zero() }
}

/// The derivative of `a.powi(n)`.
fn by_power<T: Real>(a: T, n: i32) -> T {
    if n == 0 { T::zero() } else { T::__lit(f64::from(n)) * a.powi(n - 1) }
}

elementwise! {
    exp __fwd_exp __jvp_exp |a, y| y;
    exp2 __fwd_exp2 __jvp_exp2 |a, y| T::LN_2() * y;
    exp_m1 __fwd_exp_m1 __jvp_exp_m1 |a, y| y + T::one();
    ln __fwd_ln __jvp_ln |a, y| a.recip();
    ln_1p __fwd_ln_1p __jvp_ln_1p |a, y| (T::one() + a).recip();
    log2 __fwd_log2 __jvp_log2 |a, y| (T::LN_2() * a).recip();
    log10 __fwd_log10 __jvp_log10 |a, y| (T::LN_10() * a).recip();
    sqrt __fwd_sqrt __jvp_sqrt |a, y| T::__lit(0.5) / y;
    cbrt __fwd_cbrt __jvp_cbrt |a, y| (T::__lit(3.0) * y * y).recip();
    recip __fwd_recip __jvp_recip |a, y| -y * y;
    pow2 __fwd_pow2 __jvp_pow2 |a, y| a + a;
    abs __fwd_abs __jvp_abs |a, y| sign(a);
    fract __fwd_fract __jvp_fract |a, y| T::one();
    sin __fwd_sin __jvp_sin |a, y| a.cos();
    cos __fwd_cos __jvp_cos |a, y| -a.sin();
    tan __fwd_tan __jvp_tan |a, y| T::one() + y * y;
    asin __fwd_asin __jvp_asin |a, y| (T::one() - a * a).sqrt().recip();
    acos __fwd_acos __jvp_acos |a, y| -(T::one() - a * a).sqrt().recip();
    atan __fwd_atan __jvp_atan |a, y| (T::one() + a * a).recip();
    sinh __fwd_sinh __jvp_sinh |a, y| a.cosh();
    cosh __fwd_cosh __jvp_cosh |a, y| a.sinh();
    tanh __fwd_tanh __jvp_tanh |a, y| T::one() - y * y;
    asinh __fwd_asinh __jvp_asinh |a, y| (a * a + T::one()).sqrt().recip();
    acosh __fwd_acosh __jvp_acosh |a, y| ((a - T::one()) * (a + T::one())).sqrt().recip();
    atanh __fwd_atanh __jvp_atanh |a, y| (T::one() - a * a).recip();
    to_degrees __fwd_to_degrees __jvp_to_degrees |a, y| T::one().to_degrees();
    to_radians __fwd_to_radians __jvp_to_radians |a, y| T::one().to_radians();
    floor __fwd_floor __jvp_floor |a, y| T::zero();
    ceil __fwd_ceil __jvp_ceil |a, y| T::zero();
    round __fwd_round __jvp_round |a, y| T::zero();
    trunc __fwd_trunc __jvp_trunc |a, y| T::zero();
    signum __fwd_signum __jvp_signum |a, y| T::zero();
    @scalar
    powf __fwd_powf __jvp_powf |a, b, y| if b == T::zero() { b } else { b * a.powf(b - T::one()) }, if a == T::zero() { a } else { y * a.ln() };
    log __fwd_log __jvp_log |a, b, y| (a * b.ln()).recip(), -y / (b * b.ln());
    hypot __fwd_hypot __jvp_hypot |a, b, y| if y == T::zero() { y } else { a / y }, if y == T::zero() { y } else { b / y };
}

autodiff_macros::__elementwise_methods!();
