//! The pattern of a Jacobian, and Jacobians as lists of entries.

use ndarray::Array2;

use super::{Derivatives, First, Make, Sink, Sweep, Sweeps, Weights, side_by_side};

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
        let columns = Self::grouped(shape, entries, false);
        let rows = Self::grouped(shape, columns.entries.clone(), true);
        // A sweep backward takes about twice as long as one forward.
        if 2 * rows.count < columns.count { rows } else { columns }
    }

    /// The pattern with groups of rows, or with groups of columns.
    fn grouped(shape: (usize, usize), entries: Vec<(usize, usize)>, by_rows: bool) -> Self {
        let (groups, count) = if by_rows {
            groups(shape.0, shape.1, entries.iter().copied())
        } else {
            groups(shape.1, shape.0, entries.iter().map(|(i, j)| (*j, *i)))
        };
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

    /// How many sweeps a Jacobian takes. One more shows whether it has other entries.
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
        let by_rows = derivatives.by_rows(m < n);
        let reached = |line: Vec<f64>| line.into_iter().enumerate().filter(|(_, d)| d.is_nan()).map(|(k, _)| k);
        let (lines, mut known) = match first {
            First::Column(column) if !by_rows => (n, Some(column)),
            First::Row(row) => (m, Some(row)),
            _ => (if by_rows { m } else { n }, None),
        };
        let mut entries = Vec::new();
        for k in 0..lines {
            let line = known.take().or_else(|| {
                if by_rows { derivatives.row(spoilt(k)).map(|(row, _)| row) } else { derivatives.column(spoilt(k)) }
            });
            let crossings = line.into_iter().flat_map(reached);
            entries.extend(crossings.map(|other| if by_rows { (k, other) } else { (other, k) }));
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
        let Derivatives { columns: n, mut forward, mut reverse, mut several, .. } = derivatives;
        // With one mode alone, the groups are those that it needs.
        let by_rows = if self.0.by_rows { reverse.is_some() } else { forward.is_none() };
        let regrouped =
            (by_rows != self.0.by_rows).then(|| Pattern::grouped(self.0.shape, self.0.entries.clone(), by_rows));
        let pattern = regrouped.as_ref().unwrap_or(self.0);
        assert_eq!(n, pattern.shape.1, "the pattern belongs to another number of parameters");
        let length = if pattern.by_rows { n } else { pattern.shape.0 };
        // What each sweep gives, one after the other.
        let mut compressed = Vec::with_capacity((pattern.count + 1) * length);
        // The last one is the product of the matrix and a vector.
        let sweeps = pattern.count + 1;
        let direction = |sweep: usize| {
            if sweep < pattern.count { Weights::Group(&pattern.groups, sweep) } else { Weights::Probe }
        };
        let single = if let Some(several) = several.as_mut().filter(|_| !pattern.by_rows) {
            side_by_side(several, sweeps, length, direction, |_, column| compressed.extend(column));
            sweeps
        } else {
            0
        };
        for sweep in single..sweeps {
            let (weights, sink) = (direction(sweep), Sink::List(&mut compressed));
            match (&mut reverse, &mut forward) {
                (Some(reverse), _) if by_rows => reverse(weights, sink),
                (_, Some(forward)) => forward(weights, sink),
                _ => unreachable!("there is one mode at least"),
            };
            assert_eq!(compressed.len(), (sweep + 1) * length, "the pattern belongs to another number of values");
        }
        let at = |&(i, j): &(usize, usize)| {
            let (line, crossing) = if pattern.by_rows { (i, j) } else { (j, i) };
            pattern.groups[line] * length + crossing
        };
        let product = compressed.split_off(pattern.count * length);
        let mut known = vec![false; compressed.len()];
        pattern.entries.iter().for_each(|entry| known[at(entry)] = true);
        let outside = compressed.iter().zip(&known).any(|(d, known)| !known && *d != 0.0);
        let entries = || {
            pattern
                .entries
                .iter()
                .map(|&(i, j)| if by_rows { (j, i) } else { (i, j) })
                .zip(pattern.entries.iter().map(|entry| compressed[at(entry)]))
        };
        assert!(
            !outside && is_product(&product, entries()),
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

/// Whether a vector is the product of a matrix and the weights of a probe, as well as rounding lets one tell. An entry is the
/// place in the product, that of the weight, and the value.
fn is_product(product: &[f64], entries: impl Iterator<Item = ((usize, usize), f64)>) -> bool {
    let (mut sums, mut sizes, mut largest) = (vec![0.0; product.len()], vec![0.0; product.len()], 0.0_f64);
    let mut single = true;
    for ((i, j), value) in entries {
        let term = value * Weights::Probe.at(j);
        sums[i] += term;
        sizes[i] += term.abs();
        largest = largest.max(value.abs());
        single &= f64::from(value as f32) == value;
    }
    let tolerance = if single { 1e-3 } else { 1e-7 };
    // What is not finite says nothing.
    product.iter().zip(sums).zip(sizes).all(|((p, s), size)| {
        let off = (p - s).abs();
        !off.is_finite() || off <= tolerance * (size + 1e-3 * largest)
    })
}
