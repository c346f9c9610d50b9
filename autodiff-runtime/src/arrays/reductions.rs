//! Products, variances and standard deviations.

use ndarray::{Array, ArrayRef, Axis, Dimension, RemoveAxis};
use num_traits::One;

use super::{Pullback, Pullback2, Pullback3, Pulled, Pulled2, Pulled3};
use crate::Real;

type Lower<T, D> = Array<T, <D as Dimension>::Smaller>;

pub trait ArrayReductions<T: Real, D: Dimension> {
    fn __fwd_product(&self) -> (T, Pullback<T, D, T>);
    fn __jvp_product(&self, d: Option<&ArrayRef<T, D>>) -> (T, T);
    fn __fwd_product_axis(&self, axis: Axis) -> (Lower<T, D>, Pullback2<T, D, Lower<T, D>, ()>)
    where
        D: RemoveAxis;
    fn __jvp_product_axis(
        &self,
        axis: Axis,
        d: Option<&ArrayRef<T, D>>,
        d_axis: Option<()>,
    ) -> (Lower<T, D>, Lower<T, D>)
    where
        D: RemoveAxis;
    fn __fwd_var(&self, ddof: T) -> (T, Pullback2<T, D, T, T>);
    fn __jvp_var(&self, ddof: T, d: Option<&ArrayRef<T, D>>, d_ddof: Option<T>) -> (T, T);
    fn __fwd_std(&self, ddof: T) -> (T, Pullback2<T, D, T, T>);
    fn __jvp_std(&self, ddof: T, d: Option<&ArrayRef<T, D>>, d_ddof: Option<T>) -> (T, T);
    fn __fwd_var_axis(&self, axis: Axis, ddof: T) -> (Lower<T, D>, Pullback3<T, D, Lower<T, D>, (), T>)
    where
        D: RemoveAxis;
    fn __jvp_var_axis(
        &self,
        axis: Axis,
        ddof: T,
        d: Option<&ArrayRef<T, D>>,
        d_axis: Option<()>,
        d_ddof: Option<T>,
    ) -> (Lower<T, D>, Lower<T, D>)
    where
        D: RemoveAxis;
    fn __fwd_std_axis(&self, axis: Axis, ddof: T) -> (Lower<T, D>, Pullback3<T, D, Lower<T, D>, (), T>)
    where
        D: RemoveAxis;
    fn __jvp_std_axis(
        &self,
        axis: Axis,
        ddof: T,
        d: Option<&ArrayRef<T, D>>,
        d_axis: Option<()>,
        d_ddof: Option<T>,
    ) -> (Lower<T, D>, Lower<T, D>)
    where
        D: RemoveAxis;
}

/// A tangent: an empty one counts as zero.
fn present<'a, T, D: Dimension>(d: Option<&'a ArrayRef<T, D>>, of: &ArrayRef<T, D>) -> Option<&'a ArrayRef<T, D>> {
    d.filter(|d| d.shape() == of.shape())
}

/// The product of the other elements, for every element.
pub(super) fn others<X: Copy + One>(items: &[X]) -> Vec<X> {
    let mut after = vec![X::one(); items.len() + 1];
    for (i, &x) in items.iter().enumerate().rev() {
        after[i] = after[i + 1] * x;
    }
    let mut before = X::one();
    let of_item = |(i, &x): (usize, &X)| {
        let other = before * after[i + 1];
        before = before * x;
        other
    };
    items.iter().enumerate().map(of_item).collect()
}

/// The elements in order.
fn items<T: Real, D: Dimension>(a: &ArrayRef<T, D>) -> Vec<T> {
    a.iter().copied().collect()
}

fn length<T: Real>(n: usize) -> T {
    T::__lit(n as f64)
}

/// The partial derivatives of the variance: by an element, less its deviation from the mean, and by
/// `ddof`; with the mean.
fn by_variance<T: Real, D: Dimension>(a: &ArrayRef<T, D>, ddof: T) -> (T, T, T) {
    let n = length::<T>(a.len());
    let mean = a.sum() / n;
    (T::__lit(2.0) / (n - ddof), a.var(ddof) / (n - ddof), mean)
}

fn pull_variance<T: Real, D: Dimension>(a: &ArrayRef<T, D>, ddof: T, ct: T, slot: Option<&mut ArrayRef<T, D>>) -> T {
    let (factor, by_ddof, mean) = by_variance(a, ddof);
    if let Some(slot) = slot {
        slot.zip_mut_with(a, |s, &a| *s += factor * (a - mean) * ct);
    }
    by_ddof * ct
}

impl<T: Real, D: Dimension> ArrayReductions<T, D> for ArrayRef<T, D> {
    fn __fwd_product(&self) -> (T, Pullback<T, D, T>) {
        (self.product(), |((a,), ct, (slot,)): Pulled<'_, T, D, T>| {
            if let Some(slot) = slot {
                for (s, other) in slot.iter_mut().zip(others(&items(a))) {
                    *s += other * ct;
                }
            }
            ((),)
        })
    }

    fn __jvp_product(&self, d: Option<&ArrayRef<T, D>>) -> (T, T) {
        let t = present(d, self).map_or(T::zero(), |d| d.iter().zip(others(&items(self))).map(|(&d, o)| d * o).sum());
        (self.product(), t)
    }

    #[track_caller]
    fn __fwd_product_axis(&self, axis: Axis) -> (Lower<T, D>, Pullback2<T, D, Lower<T, D>, ()>)
    where
        D: RemoveAxis,
    {
        (
            self.product_axis(axis),
            Box::new(move |((a, ()), ct, (slot, ())): Pulled2<'_, T, D, Lower<T, D>>| {
                if let Some(slot) = slot {
                    // An empty cotangent counts as zero.
                    for ((lane, mut slot), &ct) in a.lanes(axis).into_iter().zip(slot.lanes_mut(axis)).zip(&ct) {
                        slot.iter_mut().zip(others(&items(&lane))).for_each(|(s, other)| *s += other * ct);
                    }
                }
                ((), ())
            }),
        )
    }

    #[track_caller]
    fn __jvp_product_axis(&self, axis: Axis, d: Option<&ArrayRef<T, D>>, _: Option<()>) -> (Lower<T, D>, Lower<T, D>)
    where
        D: RemoveAxis,
    {
        let product = self.product_axis(axis);
        let mut t = Array::zeros(product.raw_dim());
        if let Some(d) = present(d, self) {
            for ((t, lane), d) in t.iter_mut().zip(self.lanes(axis)).zip(d.lanes(axis)) {
                *t = lane.__jvp_product(Some(&*d)).1;
            }
        }
        (product, t)
    }

    #[track_caller]
    fn __fwd_var(&self, ddof: T) -> (T, Pullback2<T, D, T, T>) {
        (
            self.var(ddof),
            Box::new(move |((a, ()), ct, (slot, ())): Pulled2<'_, T, D, T>| ((), pull_variance(a, ddof, ct, slot))),
        )
    }

    #[track_caller]
    fn __jvp_var(&self, ddof: T, d: Option<&ArrayRef<T, D>>, d_ddof: Option<T>) -> (T, T) {
        let (factor, by_ddof, mean) = by_variance(self, ddof);
        let mut t = d_ddof.unwrap_or_default() * by_ddof;
        if let Some(d) = present(d, self) {
            for (&a, &d) in self.iter().zip(d) {
                t += factor * (a - mean) * d;
            }
        }
        (self.var(ddof), t)
    }

    #[track_caller]
    fn __fwd_std(&self, ddof: T) -> (T, Pullback2<T, D, T, T>) {
        let std = self.std(ddof);
        (
            std,
            Box::new(move |((a, ()), ct, (slot, ())): Pulled2<'_, T, D, T>| {
                ((), pull_variance(a, ddof, ct / (std + std), slot))
            }),
        )
    }

    #[track_caller]
    fn __jvp_std(&self, ddof: T, d: Option<&ArrayRef<T, D>>, d_ddof: Option<T>) -> (T, T) {
        let (var, t) = self.__jvp_var(ddof, d, d_ddof);
        let std = var.sqrt();
        (std, t / (std + std))
    }

    #[track_caller]
    fn __fwd_var_axis(&self, axis: Axis, ddof: T) -> (Lower<T, D>, Pullback3<T, D, Lower<T, D>, (), T>)
    where
        D: RemoveAxis,
    {
        (
            self.var_axis(axis, ddof),
            Box::new(move |((a, (), ()), ct, (slot, (), ())): Pulled3<'_, T, D, Lower<T, D>>| {
                ((), (), pull_lanes(a, axis, ddof, &ct, slot))
            }),
        )
    }

    #[track_caller]
    fn __jvp_var_axis(
        &self,
        axis: Axis,
        ddof: T,
        d: Option<&ArrayRef<T, D>>,
        _: Option<()>,
        d_ddof: Option<T>,
    ) -> (Lower<T, D>, Lower<T, D>)
    where
        D: RemoveAxis,
    {
        let var = self.var_axis(axis, ddof);
        let mut t = Array::zeros(var.raw_dim());
        for (i, (t, lane)) in t.iter_mut().zip(self.lanes(axis)).enumerate() {
            let d = present(d, self).and_then(|d| d.lanes(axis).into_iter().nth(i));
            *t = lane.__jvp_var(ddof, d.as_deref(), d_ddof).1;
        }
        (var, t)
    }

    #[track_caller]
    fn __fwd_std_axis(&self, axis: Axis, ddof: T) -> (Lower<T, D>, Pullback3<T, D, Lower<T, D>, (), T>)
    where
        D: RemoveAxis,
    {
        (
            self.std_axis(axis, ddof),
            Box::new(move |((a, (), ()), ct, (slot, (), ())): Pulled3<'_, T, D, Lower<T, D>>| {
                if ct.is_empty() {
                    return ((), (), T::zero());
                }
                let std = a.std_axis(axis, ddof);
                let ct = ct / (&std + &std);
                ((), (), pull_lanes(a, axis, ddof, &ct, slot))
            }),
        )
    }

    #[track_caller]
    fn __jvp_std_axis(
        &self,
        axis: Axis,
        ddof: T,
        d: Option<&ArrayRef<T, D>>,
        d_axis: Option<()>,
        d_ddof: Option<T>,
    ) -> (Lower<T, D>, Lower<T, D>)
    where
        D: RemoveAxis,
    {
        let (var, t) = self.__jvp_var_axis(axis, ddof, d, d_axis, d_ddof);
        let std = var.mapv(T::sqrt);
        let t = t / (&std + &std);
        (std, t)
    }
}

/// Adds the cotangents of the lanes' variances, and gives that of `ddof`.
fn pull_lanes<T: Real, D: RemoveAxis>(
    a: &ArrayRef<T, D>,
    axis: Axis,
    ddof: T,
    ct: &Lower<T, D>,
    slot: Option<&mut ArrayRef<T, D>>,
) -> T {
    let mut total = T::zero();
    match slot {
        Some(slot) => {
            for ((lane, mut slot), &ct) in a.lanes(axis).into_iter().zip(slot.lanes_mut(axis)).zip(ct) {
                total += pull_variance(&lane, ddof, ct, Some(&mut slot));
            }
        }
        None => {
            for (lane, &ct) in a.lanes(axis).into_iter().zip(ct) {
                total += pull_variance(&lane, ddof, ct, None);
            }
        }
    }
    total
}
