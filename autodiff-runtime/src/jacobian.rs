//! Jacobians, dense and sparse, from the two derivatives of a function.
//!
//! `f::jacobian` is a matrix. Where most of its entries are always zero, `f::jacobian_pattern` finds out which are not,
//! and `f::jacobian_sparse` computes these alone: columns that have no row in common (or rows that have no column in
//! common) are one group, and one sweep gives a whole group. This is the method of Curtis, Powell and Reid (*On the
//! estimation of sparse Jacobian matrices*, 1974), with groups made greedily.
//!
//! ```standalone_crate
//! # extern crate autodiff_runtime as differentiable;
//! # use autodiff_macros::{Differentiable, differentiable};
//! use differentiable::prelude::*;
//!
//! /// Each value depends on three neighbours.
//! #[differentiable]
//! fn diffusion(x: &[f64]) -> Vec<f64> {
//!     x.windows(3).map(|w| w[0] - 2.0 * w[1] * w[1] + w[2]).collect()
//! }
//!
//! let x: Vec<f64> = (0..100).map(f64::from).collect();
//! let pattern = diffusion::jacobian_pattern(&x);
//! assert_eq!((pattern.entries(), pattern.sweeps()), (3 * 98, 3));
//!
//! // Three sweeps instead of 98, for any `x` of this length.
//! let jacobian = diffusion::jacobian_sparse(&x, &pattern);
//! assert_eq!((jacobian.rows[1], jacobian.columns[1], jacobian.values[1]), (0, 1, -4.0));
//! assert_eq!(jacobian.to_dense(), diffusion::jacobian(&x));
//! ```

mod sparse;

use ndarray::Array2;

pub use self::sparse::{Detect, Pattern, Sparse, SparseJacobian};
// What generated code names often: short paths are quick to compile.
use crate::modes::{BothModes, ForwardAlone, ReverseAlone};
#[doc(hidden)]
pub use crate::tangent::Differentiable;
use crate::tangent::Tangent;
#[doc(hidden)]
pub use core::{
    clone::Clone,
    option::Option::{None, Some},
};

/// The weights of a linear combination.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Weights<'a> {
    /// One of them is this number, the others are zero.
    Axis(usize, f64),
    /// Those of a group are one, the others are zero.
    Group(&'a [usize], usize),
    /// Numbers between 0.5 and 1.5 that have nothing to do with each other.
    Probe,
    /// The one of a value that is a float is one: both sweeps may be joined. See [`Make::CHECKS`].
    Gradient,
}

impl Weights<'_> {
    #[inline]
    fn at(self, k: usize) -> f64 {
        match self {
            Self::Axis(axis, weight) => {
                if k == axis {
                    weight
                } else {
                    0.0
                }
            }
            Self::Group(groups, group) => f64::from(u8::from(groups.get(k) == Some(&group))),
            // Multiples of the golden ratio.
            Self::Probe => 0.5 + (k as f64 * 0.618_033_988_749_895).fract(),
            Self::Gradient => 1.0,
        }
    }
}

/// What takes the scalars of a sweep in order.
#[doc(hidden)]
pub enum Sink<'a> {
    /// They are appended.
    List(&'a mut Vec<f64>),
    /// They are written, each a number of places after the one before.
    Places(&'a mut [f64], usize, usize),
}

impl Sink<'_> {
    #[inline]
    fn take(&mut self, x: f64) {
        match self {
            Self::List(list) => list.push(x),
            Self::Places(places, at, step) => {
                places[*at] = x;
                *at += *step;
            }
        }
    }
}

/// The two derivatives of a function at a point, of which one may be missing.
#[doc(hidden)]
pub struct Derivatives<F, R, L> {
    /// The number of scalars of the parameters.
    pub columns: usize,
    /// That of the values, where it is known.
    pub rows: Option<usize>,
    /// The derivative along a direction.
    pub forward: Option<F>,
    /// The gradient of a linear combination of the values.
    pub reverse: Option<R>,
    /// Whether that has both sweeps joined for the cotangent 1.
    pub joined: bool,
    /// The derivatives along several directions, where one sweep gives them.
    pub several: Option<L>,
}

/// How many directions one sweep takes, where it takes several.
#[doc(hidden)]
pub const WIDTH: usize = 8;

/// One sweep, for one direction or cotangent, which tells how many scalars that has.
#[doc(hidden)]
pub trait Sweep: FnMut(Weights<'_>, Sink<'_>) -> usize {}

impl<F: FnMut(Weights<'_>, Sink<'_>) -> usize> Sweep for F {}

/// The type of a sweep that does not exist.
#[doc(hidden)]
pub type NoSweep = fn(Weights<'_>, Sink<'_>) -> usize;

/// One sweep for several directions.
#[doc(hidden)]
pub trait Sweeps: FnMut([Weights<'_>; WIDTH], &mut [Sink<'_>; WIDTH]) {}

impl<F: FnMut([Weights<'_>; WIDTH], &mut [Sink<'_>; WIDTH])> Sweeps for F {}

/// The type of a sweep that does not exist.
#[doc(hidden)]
pub type NoLanes = fn([Weights<'_>; WIDTH], &mut [Sink<'_>; WIDTH]);

/// The derivatives along `count` directions, of `m` numbers each, side by side: each sweep gives several.
#[inline]
fn side_by_side<'w>(
    sweep: &mut impl Sweeps,
    count: usize,
    m: usize,
    direction: impl Fn(usize) -> Weights<'w>,
    mut take: impl FnMut(usize, &[f64]),
) {
    let mut columns = vec![0.0; WIDTH * m.max(1)];
    for first in (0..count).step_by(WIDTH) {
        let idle = Weights::Axis(usize::MAX, 0.0);
        let weights = core::array::from_fn(|k| if first + k < count { direction(first + k) } else { idle });
        let mut parts = columns.chunks_exact_mut(m.max(1));
        let mut sinks = core::array::from_fn(|_| Sink::Places(parts.next().expect("a part for each lane"), 0, 1));
        sweep(weights, &mut sinks);
        let parts = columns.chunks_exact(m.max(1)).take(count - first);
        parts.enumerate().for_each(|(k, column)| take(first + k, &column[..m]));
    }
}

/// Which modes there are: a sweep of one that is missing is forgotten before it is compiled.
#[doc(hidden)]
pub trait Modes {
    /// A forward sweep, if there are any.
    type Forward<F: Sweep>: Sweep;
    /// A forward sweep for several directions, if there are any.
    type Several<L: Sweeps>: Sweeps;
    /// A reverse sweep, if there are any.
    type Reverse<R: Sweep>: Sweep;
    /// The forward sweep, if there is one.
    fn forward<F: Sweep>(sweep: F) -> Option<Self::Forward<F>>;
    /// The forward sweep for several directions, if there is one.
    fn several<L: Sweeps>(sweep: L) -> Option<Self::Several<L>>;
    /// The reverse sweep, if there is one.
    fn reverse<R: Sweep>(sweep: R) -> Option<Self::Reverse<R>>;
}

/// The types and functions of modes that there are, and of those that there are not.
macro_rules! modes {
    ($name:ty, forward $forward:ident, reverse $reverse:ident) => {
        impl Modes for $name {
            modes!($forward, forward, Forward, Sweep, NoSweep);
            modes!($forward, several, Several, Sweeps, NoLanes);
            modes!($reverse, reverse, Reverse, Sweep, NoSweep);
        }
    };
    (given, $name:ident, $type:ident, $sweep:ident, $none:ty) => {
        type $type<S: $sweep> = S;
        #[inline]
        fn $name<S: $sweep>(sweep: S) -> Option<S> {
            Some(sweep)
        }
    };
    (missing, $name:ident, $type:ident, $sweep:ident, $none:ty) => {
        type $type<S: $sweep> = $none;
        #[inline]
        fn $name<S: $sweep>(_: S) -> Option<$none> {
            None
        }
    };
}

modes!(BothModes, forward given, reverse given);
modes!(ForwardAlone, forward given, reverse missing);
modes!(ReverseAlone, forward missing, reverse given);

/// What is made of the derivatives.
#[doc(hidden)]
pub trait Make {
    /// Whether the joined sweeps of a gradient are of interest.
    const CHECKS: bool = false;
    /// The result.
    type Made;
    /// Makes it.
    fn make<F: Sweep, R: Sweep, L: Sweeps>(self, derivatives: Derivatives<F, R, L>) -> Self::Made;
}

/// A line of the matrix that was computed to find its shape.
enum First {
    None,
    Column(Vec<f64>),
    Row(Vec<f64>),
}

impl<F: Sweep, R: Sweep, L> Derivatives<F, R, L> {
    /// The derivative along a direction.
    #[inline]
    fn column(&mut self, direction: Weights<'_>) -> Option<Vec<f64>> {
        let mut list = Vec::with_capacity(self.rows.unwrap_or(0));
        (self.forward.as_mut()?)(direction, Sink::List(&mut list));
        Some(list)
    }

    /// The gradient of a linear combination, and how many values there are.
    #[inline]
    fn row(&mut self, cotangent: Weights<'_>) -> Option<(Vec<f64>, usize)> {
        let mut list = Vec::with_capacity(self.columns);
        let rows = (self.reverse.as_mut()?)(cotangent, Sink::List(&mut list));
        Some((list, rows))
    }

    /// The number of rows, and the first line where it was needed to find out.
    #[inline]
    fn count_rows(&mut self, weights: Weights<'_>) -> (usize, First) {
        if let Some(rows) = self.rows {
            return (rows, First::None);
        }
        if let Some(column) = self.column(weights) {
            return (column.len(), First::Column(column));
        }
        self.row(weights).map_or((0, First::None), |(row, rows)| (rows, First::Row(row)))
    }

    /// Whether the rows of a matrix are computed one after the other, not the columns: what takes fewer sweeps, if there
    /// are both modes.
    #[inline]
    fn by_rows(&self, rows_are_fewer: bool) -> bool {
        self.forward.is_none() || self.reverse.is_some() && rows_are_fewer
    }
}

/// The whole matrix, by forward or reverse mode, whichever takes fewer sweeps.
#[doc(hidden)]
pub struct Dense;

impl Make for Dense {
    type Made = Array2<f64>;

    #[inline]
    fn make<F: Sweep, R: Sweep, L: Sweeps>(self, mut derivatives: Derivatives<F, R, L>) -> Array2<f64> {
        let n = derivatives.columns;
        let (m, first) = derivatives.count_rows(Weights::Axis(0, 1.0));
        let by_rows = derivatives.by_rows(m < n);
        let mut entries = vec![0.0; m * n];
        // A sweep with several directions takes about as long as one backward.
        let several = derivatives.several.as_mut().filter(|_| n.div_ceil(WIDTH) <= m && n > 1);
        if let Some(several) = several {
            side_by_side(
                several,
                n,
                m,
                |j| Weights::Axis(j, 1.0),
                |j, column| {
                    column.iter().enumerate().for_each(|(i, d)| entries[i * n + j] = *d);
                },
            );
        } else if let Some(reverse) = derivatives.reverse.filter(|_| by_rows) {
            let mut reverse = reverse;
            let mut rows = entries.chunks_exact_mut(n.max(1)).enumerate();
            if let First::Row(first) = first
                && let Some((_, row)) = rows.next()
            {
                row.copy_from_slice(&first);
            }
            for (i, row) in rows {
                reverse(Weights::Axis(i, 1.0), Sink::Places(row, 0, 1));
            }
        } else if let Some(forward) = derivatives.forward.as_mut() {
            let mut skip = 0;
            if let First::Column(first) = first {
                skip = n.min(1);
                first.into_iter().take(m * skip).enumerate().for_each(|(row, d)| entries[row * n] = d);
            }
            for j in skip..n {
                forward(Weights::Axis(j, 1.0), Sink::Places(&mut entries, j, n));
            }
        }
        Array2::from_shape_vec((m, n), entries).expect("a row for each value, a column for each parameter")
    }
}

/// All that the modes say about the matrix, to be compared: its columns, its rows and the gradient of a float.
#[doc(hidden)]
pub struct Compare;

/// See [`Compare`].
#[doc(hidden)]
pub struct Lines {
    /// By forward mode, where there is one.
    pub columns: Option<Vec<Vec<f64>>>,
    /// By reverse mode, where there is one.
    pub rows: Option<Vec<Vec<f64>>>,
    /// By both sweeps joined.
    pub gradient: Option<Vec<f64>>,
}

impl Make for Compare {
    const CHECKS: bool = true;
    type Made = Lines;

    fn make<F: Sweep, R: Sweep, L: Sweeps>(self, mut derivatives: Derivatives<F, R, L>) -> Lines {
        let n = derivatives.columns;
        let (m, _) = derivatives.count_rows(Weights::Axis(0, 1.0));
        let gradient = derivatives.joined.then(|| derivatives.row(Weights::Gradient)).flatten().map(|(row, _)| row);
        let mut columns = Vec::new();
        columns.extend((0..n).map_while(|j| derivatives.column(Weights::Axis(j, 1.0))));
        let rows = (0..m).map_while(|i| derivatives.row(Weights::Axis(i, 1.0))).map(|(row, _)| row).collect();
        Lines {
            columns: derivatives.forward.is_some().then_some(columns),
            rows: derivatives.reverse.is_some().then_some(rows),
            gradient,
        }
    }
}

/// How many scalars a tangent has.
#[doc(hidden)]
#[inline]
pub fn count<T: Tangent>(tangent: &mut T) -> usize {
    let mut n = 0;
    tangent.__map(&mut |x| {
        n += 1;
        x
    });
    n
}

/// Replaces the scalars of a tangent by weights, the first of which has the number `next`.
#[doc(hidden)]
#[inline]
pub fn set<T: Tangent>(tangent: &mut T, weights: Weights<'_>, next: &mut usize) {
    let mut at = *next;
    tangent.__map(&mut |_| {
        let weight = weights.at(at);
        at += 1;
        weight
    });
    *next = at;
}

/// Makes a tangent zero.
#[doc(hidden)]
#[inline]
pub fn reset<T: Tangent>(tangent: &mut T) {
    tangent.__map(&mut |_| 0.0);
}

/// Hands the scalars of a tangent over.
#[doc(hidden)]
#[inline]
pub fn emit<T: Tangent>(tangent: &mut T, sink: &mut Sink<'_>) {
    tangent.__map(&mut |x| {
        sink.take(x);
        x
    });
}
