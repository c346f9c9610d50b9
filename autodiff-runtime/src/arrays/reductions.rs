//! Sums, means and products.

use ndarray::{Array, ArrayRef, Axis, Dimension, RemoveAxis};

use super::{Pullback, Pullback2, Pulled, Pulled2};
use crate::Real;

type Lower<T, D> = Array<T, <D as Dimension>::Smaller>;

pub trait ArrayReductions<T: Real, D: Dimension> {
    fn __fwd_sum(&self) -> (T, Pullback<T, D, T>);
    fn __jvp_sum(&self, d: Option<&ArrayRef<T, D>>) -> (T, T);
    fn __fwd_mean(&self) -> (Option<T>, Pullback<T, D, Option<T>>);
    fn __jvp_mean(&self, d: Option<&ArrayRef<T, D>>) -> (Option<T>, Option<T>);
    fn __fwd_product(&self) -> (T, Pullback<T, D, T>);
    fn __jvp_product(&self, d: Option<&ArrayRef<T, D>>) -> (T, T);
    fn __fwd_var(&self, ddof: T) -> (T, Pullback2<T, D, T, T>);
    fn __jvp_var(&self, ddof: T, d: Option<&ArrayRef<T, D>>, d_ddof: Option<T>) -> (T, T);
    fn __fwd_std(&self, ddof: T) -> (T, Pullback2<T, D, T, T>);
    fn __jvp_std(&self, ddof: T, d: Option<&ArrayRef<T, D>>, d_ddof: Option<T>) -> (T, T);
    fn __fwd_sum_axis(&self, axis: Axis) -> (Lower<T, D>, Pullback2<T, D, Lower<T, D>, ()>)
    where
        D: RemoveAxis;
    fn __jvp_sum_axis(&self, axis: Axis, d: Option<&ArrayRef<T, D>>, d_axis: Option<()>) -> (Lower<T, D>, Lower<T, D>)
    where
        D: RemoveAxis;
    fn __fwd_mean_axis(&self, axis: Axis) -> (Option<Lower<T, D>>, Pullback2<T, D, Option<Lower<T, D>>, ()>)
    where
        D: RemoveAxis;
    fn __jvp_mean_axis(
        &self,
        axis: Axis,
        d: Option<&ArrayRef<T, D>>,
        d_axis: Option<()>,
    ) -> (Option<Lower<T, D>>, Option<Lower<T, D>>)
    where
        D: RemoveAxis;
}

/// A tangent: an empty one counts as zero.
fn present<'a, T, D: Dimension>(d: Option<&'a ArrayRef<T, D>>, of: &ArrayRef<T, D>) -> Option<&'a ArrayRef<T, D>> {
    d.filter(|d| d.shape() == of.shape())
}

/// `slot += factor · ct`, repeated along the axis.
fn spread<T: Real, D: RemoveAxis>(slot: Option<&mut ArrayRef<T, D>>, axis: Axis, ct: Lower<T, D>, factor: T) {
    if let (Some(slot), false) = (slot, ct.is_empty()) {
        slot.zip_mut_with(&ct.insert_axis(axis), |s, c| *s += factor * *c);
    }
}

/// The product of the other elements, for every element.
fn others<T: Real, D: Dimension>(a: &ArrayRef<T, D>) -> Vec<T> {
    let mut after = vec![T::one(); a.len() + 1];
    let items: Vec<T> = a.iter().copied().collect();
    for (i, &x) in items.iter().enumerate().rev() {
        after[i] = after[i + 1] * x;
    }
    let mut before = T::one();
    items
        .iter()
        .enumerate()
        .map(|(i, &x)| {
            let other = before * after[i + 1];
            before *= x;
            other
        })
        .collect()
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
    fn __fwd_sum(&self) -> (T, Pullback<T, D, T>) {
        (self.sum(), |(_, ct, (slot,)): Pulled<'_, T, D, T>| {
            if let Some(slot) = slot {
                slot.map_inplace(|s| *s += ct);
            }
            ((),)
        })
    }

    fn __jvp_sum(&self, d: Option<&ArrayRef<T, D>>) -> (T, T) {
        (self.sum(), d.map_or(T::zero(), ArrayRef::sum))
    }

    fn __fwd_mean(&self) -> (Option<T>, Pullback<T, D, Option<T>>) {
        (self.mean(), |((a,), ct, (slot,)): Pulled<'_, T, D, Option<T>>| {
            if let (Some(ct), Some(slot)) = (ct, slot) {
                let ct = ct / length(a.len());
                slot.map_inplace(|s| *s += ct);
            }
            ((),)
        })
    }

    fn __jvp_mean(&self, d: Option<&ArrayRef<T, D>>) -> (Option<T>, Option<T>) {
        let mean = self.mean();
        let t = mean.map(|_| present(d, self).and_then(ArrayRef::mean).unwrap_or_default());
        (mean, t)
    }

    fn __fwd_product(&self) -> (T, Pullback<T, D, T>) {
        (self.product(), |((a,), ct, (slot,)): Pulled<'_, T, D, T>| {
            if let Some(slot) = slot {
                for (s, other) in slot.iter_mut().zip(others(a)) {
                    *s += other * ct;
                }
            }
            ((),)
        })
    }

    fn __jvp_product(&self, d: Option<&ArrayRef<T, D>>) -> (T, T) {
        let t = present(d, self).map_or(T::zero(), |d| d.iter().zip(others(self)).map(|(&d, o)| d * o).sum());
        (self.product(), t)
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
    fn __fwd_sum_axis(&self, axis: Axis) -> (Lower<T, D>, Pullback2<T, D, Lower<T, D>, ()>)
    where
        D: RemoveAxis,
    {
        (
            self.sum_axis(axis),
            Box::new(move |(_, ct, (slot, ())): Pulled2<'_, T, D, Lower<T, D>>| {
                spread(slot, axis, ct, T::one());
                ((), ())
            }),
        )
    }

    #[track_caller]
    fn __jvp_sum_axis(&self, axis: Axis, d: Option<&ArrayRef<T, D>>, _: Option<()>) -> (Lower<T, D>, Lower<T, D>)
    where
        D: RemoveAxis,
    {
        let sum = self.sum_axis(axis);
        let t = match present(d, self) {
            Some(d) => d.sum_axis(axis),
            None => Array::zeros(sum.raw_dim()),
        };
        (sum, t)
    }

    #[track_caller]
    fn __fwd_mean_axis(&self, axis: Axis) -> (Option<Lower<T, D>>, Pullback2<T, D, Option<Lower<T, D>>, ()>)
    where
        D: RemoveAxis,
    {
        (
            self.mean_axis(axis),
            Box::new(move |((a, ()), ct, (slot, ())): Pulled2<'_, T, D, Option<Lower<T, D>>>| {
                if let Some(ct) = ct {
                    spread(slot, axis, ct, length::<T>(a.len_of(axis)).recip());
                }
                ((), ())
            }),
        )
    }

    #[track_caller]
    fn __jvp_mean_axis(
        &self,
        axis: Axis,
        d: Option<&ArrayRef<T, D>>,
        _: Option<()>,
    ) -> (Option<Lower<T, D>>, Option<Lower<T, D>>)
    where
        D: RemoveAxis,
    {
        let mean = self.mean_axis(axis);
        let t = mean.as_ref().map(|mean| {
            present(d, self).and_then(|d| d.mean_axis(axis)).unwrap_or_else(|| Array::zeros(mean.raw_dim()))
        });
        (mean, t)
    }
}
