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

use ndarray::Array2;

use crate::tangent::Tangent;

/// The weights of a linear combination.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Weights<'a> {
    /// One of them is this number, the others are zero.
    Axis(usize, f64),
    /// Those of a group are one, the others are zero.
    Group(&'a [usize], usize),
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

/// The two derivatives of a function at a point.
#[doc(hidden)]
pub struct Derivatives<F, R, L> {
    /// The number of scalars of the parameters.
    pub columns: usize,
    /// That of the values, where it is known.
    pub rows: Option<usize>,
    /// The derivative along a direction.
    pub forward: F,
    /// The gradient of a linear combination of the values.
    pub reverse: R,
    /// The derivatives along several directions, where one sweep gives them.
    pub several: Option<L>,
}

/// How many directions one sweep takes, where it takes several.
#[doc(hidden)]
pub const WIDTH: usize = 8;

/// One sweep, for one direction or cotangent.
#[doc(hidden)]
pub trait Sweep: FnMut(Weights<'_>, Sink<'_>) {}

impl<F: FnMut(Weights<'_>, Sink<'_>)> Sweep for F {}

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

/// What is made of the two derivatives.
#[doc(hidden)]
pub trait Make {
    /// The result.
    type Made;
    /// Makes it.
    fn make<F: Sweep, R: Sweep, L: Sweeps>(self, derivatives: Derivatives<F, R, L>) -> Self::Made;
}

impl<F: Sweep, R, L> Derivatives<F, R, L> {
    /// The derivative along a direction, as a list.
    #[inline]
    fn along(&mut self, direction: Weights<'_>) -> Vec<f64> {
        let mut list = Vec::with_capacity(self.rows.unwrap_or(0));
        (self.forward)(direction, Sink::List(&mut list));
        list
    }

    /// The number of rows, and the first column where it was needed to find out.
    #[inline]
    fn count_rows(&mut self, direction: Weights<'_>) -> (usize, Option<Vec<f64>>) {
        if let Some(rows) = self.rows {
            return (rows, None);
        }
        let first = self.along(direction);
        (first.len(), Some(first))
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
        } else if m < n {
            for (i, row) in entries.chunks_exact_mut(n).enumerate() {
                (derivatives.reverse)(Weights::Axis(i, 1.0), Sink::Places(row, 0, 1));
            }
        } else if n > 0 {
            let skip = usize::from(first.is_some());
            for (row, d) in first.into_iter().flatten().enumerate() {
                entries[row * n] = d;
            }
            for j in skip..n {
                (derivatives.forward)(Weights::Axis(j, 1.0), Sink::Places(&mut entries, j, n));
            }
        }
        Array2::from_shape_vec((m, n), entries).expect("a row for each value, a column for each parameter")
    }
}

/// Which entries of a Jacobian may be other than zero, and how they are computed.
///
/// `f::jacobian_pattern` finds it; [`Pattern::new`] takes one that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    shape: (usize, usize),
    /// Sorted by rows, then by columns.
    entries: Vec<(usize, usize)>,
    /// The group of each row (`by_rows`) or of each column.
    groups: Vec<usize>,
    count: usize,
    by_rows: bool,
}

impl Pattern {
    /// The pattern with these entries, as pairs of a row and a column, of a matrix of this shape.
    ///
    /// # Panics
    ///
    /// Panics if an entry is outside of the matrix.
    #[must_use]
    pub fn new(shape: (usize, usize), entries: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut entries: Vec<(usize, usize)> = entries.into_iter().collect();
        entries.sort_unstable();
        entries.dedup();
        for (i, j) in &entries {
            assert!(
                *i < shape.0 && *j < shape.1,
                "there is no entry ({i}, {j}) in a matrix of {} × {}",
                shape.0,
                shape.1
            );
        }
        let (columns, count) = groups(shape.1, shape.0, entries.iter().map(|(i, j)| (*j, *i)));
        let (rows, row_count) = groups(shape.0, shape.1, entries.iter().copied());
        // A sweep backward takes about twice as long as one forward.
        let by_rows = 2 * row_count < count;
        let (groups, count) = if by_rows { (rows, row_count) } else { (columns, count) };
        Self { shape, entries, groups, count, by_rows }
    }

    /// The numbers of rows and columns.
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        self.shape
    }

    /// How many entries may be other than zero.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// How many sweeps a Jacobian takes.
    #[must_use]
    pub fn sweeps(&self) -> usize {
        self.count
    }
}

/// Puts each of `n` lines into the first group none of whose lines shares a crossing line with it. `entries` are pairs of
/// a line and a crossing line, of which there are `m`.
fn groups(n: usize, m: usize, entries: impl Iterator<Item = (usize, usize)>) -> (Vec<usize>, usize) {
    let (mut crossings, mut lines) = (vec![Vec::new(); n], vec![Vec::new(); m]);
    for (line, crossing) in entries {
        crossings[line].push(crossing);
        lines[crossing].push(line);
    }
    let (mut group, mut count) = (vec![usize::MAX; n], 0);
    // The line for which a group was last found to be taken.
    let mut taken: Vec<usize> = Vec::new();
    for line in 0..n {
        if crossings[line].is_empty() {
            continue;
        }
        for neighbour in crossings[line].iter().flat_map(|c| &lines[*c]) {
            if group[*neighbour] != usize::MAX {
                taken[group[*neighbour]] = line;
            }
        }
        let free = (0..count).find(|g| taken[*g] != line);
        group[line] = free.unwrap_or_else(|| {
            taken.push(usize::MAX);
            count += 1;
            count - 1
        });
    }
    (group, count)
}

/// Finds the entries that may be other than zero: those that a NaN reaches.
///
/// A derivative that happens to be 0 at this point multiplies it, and leaves it what it is. The entries are those of the
/// branches that are taken here.
#[doc(hidden)]
pub struct Detect;

impl Make for Detect {
    type Made = Pattern;

    fn make<F: Sweep, R: Sweep, L: Sweeps>(self, mut derivatives: Derivatives<F, R, L>) -> Pattern {
        let n = derivatives.columns;
        let spoilt = |j: usize| Weights::Axis(j, f64::NAN);
        let (m, first) = derivatives.count_rows(spoilt(0));
        let mut entries = Vec::new();
        if m < n {
            let mut row = vec![0.0; n];
            for i in 0..m {
                (derivatives.reverse)(spoilt(i), Sink::Places(&mut row, 0, 1));
                entries.extend(row.iter().enumerate().filter(|(_, d)| d.is_nan()).map(|(j, _)| (i, j)));
            }
        } else if n > 0 {
            let first = first.unwrap_or_else(|| derivatives.along(spoilt(0)));
            let columns = std::iter::once(first).chain((1..n).map(|j| derivatives.along(spoilt(j))));
            for (j, column) in columns.enumerate() {
                entries.extend(column.iter().enumerate().filter(|(_, d)| d.is_nan()).map(|(i, _)| (i, j)));
            }
        }
        Pattern::new((m, n), entries)
    }
}

/// A Jacobian as a list of its entries, sorted by rows, then by columns.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseJacobian {
    /// The numbers of rows and columns.
    pub shape: (usize, usize),
    /// The row of each entry.
    pub rows: Vec<usize>,
    /// The column of each entry.
    pub columns: Vec<usize>,
    /// Its value.
    pub values: Vec<f64>,
}

impl SparseJacobian {
    /// The same as a matrix.
    #[must_use]
    pub fn to_dense(&self) -> Array2<f64> {
        let mut dense = Array2::zeros(self.shape);
        for ((i, j), value) in self.rows.iter().zip(&self.columns).zip(&self.values) {
            dense[[*i, *j]] = *value;
        }
        dense
    }
}

/// The entries of a pattern.
///
/// Panics if the pattern is of another shape, or if a sweep shows an entry that it lacks.
#[doc(hidden)]
pub struct Sparse<'a>(pub &'a Pattern);

impl Make for Sparse<'_> {
    type Made = SparseJacobian;

    fn make<F: Sweep, R: Sweep, L: Sweeps>(self, derivatives: Derivatives<F, R, L>) -> SparseJacobian {
        let pattern = self.0;
        let Derivatives { columns: n, mut forward, mut reverse, mut several, .. } = derivatives;
        assert_eq!(n, pattern.shape.1, "the pattern belongs to another number of parameters");
        let length = if pattern.by_rows { n } else { pattern.shape.0 };
        // What each sweep gives, one after the other.
        let mut compressed = Vec::with_capacity(pattern.count * length);
        let single = if let Some(several) = several.as_mut().filter(|_| !pattern.by_rows) {
            let direction = |group| Weights::Group(&pattern.groups, group);
            side_by_side(several, pattern.count, length, direction, |_, column| compressed.extend(column));
            pattern.count
        } else {
            0
        };
        for group in single..pattern.count {
            let (weights, sink) = (Weights::Group(&pattern.groups, group), Sink::List(&mut compressed));
            if pattern.by_rows {
                reverse(weights, sink);
            } else {
                forward(weights, sink);
            }
            assert_eq!(compressed.len(), (group + 1) * length, "the pattern belongs to another number of values");
        }
        let at = |&(i, j): &(usize, usize)| {
            let (line, crossing) = if pattern.by_rows { (i, j) } else { (j, i) };
            pattern.groups[line] * length + crossing
        };
        let mut known = vec![false; compressed.len()];
        pattern.entries.iter().for_each(|entry| known[at(entry)] = true);
        assert!(
            compressed.iter().zip(&known).all(|(d, known)| *known || *d == 0.0),
            "the pattern lacks an entry that is not zero here: another branch was taken where it was found"
        );
        SparseJacobian {
            shape: pattern.shape,
            rows: pattern.entries.iter().map(|(i, _)| *i).collect(),
            columns: pattern.entries.iter().map(|(_, j)| *j).collect(),
            values: pattern.entries.iter().map(|entry| compressed[at(entry)]).collect(),
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
