//! Initial values of weights.
//!
//! Named and scaled as in Keras. With fan-in n and fan-out m of a layer:
//!
//! | initializer | distribution |
//! | --- | --- |
//! | Glorot uniform | uniform in ±√(6 / (n + m)) |
//! | Glorot normal | truncated normal with variance 2 / (n + m) |
//! | He uniform | uniform in ±√(6 / n) |
//! | He normal | truncated normal with variance 2 / n |
//! | Lecun uniform | uniform in ±√(3 / n) |
//! | Lecun normal | truncated normal with variance 1 / n |
//! | orthogonal | orthonormal columns or rows |
//!
//! Sources: Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural
//! networks*, 2010; He et al., *Delving Deep into Rectifiers*, 2015; `LeCun` et al., *Efficient
//! `BackProp`*, 1998.

use ndarray::{Array, Dimension, ShapeBuilder};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::Real;

/// A normal distribution cut off at two standard deviations has this standard deviation.
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

/// How the initial values of weights are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Initializer {
    /// Uniform in ±√(6 / (fan-in + fan-out)).
    #[default]
    GlorotUniform,
    /// Truncated normal with variance 2 / (fan-in + fan-out).
    GlorotNormal,
    /// Uniform in ±√(6 / fan-in); for layers followed by a relu.
    HeUniform,
    /// Truncated normal with variance 2 / fan-in; for layers followed by a relu.
    HeNormal,
    /// Uniform in ±√(3 / fan-in).
    LecunUniform,
    /// Truncated normal with variance 1 / fan-in; for layers followed by a selu.
    LecunNormal,
    /// Orthonormal columns, or rows where there are more columns than rows; all axes but the last are taken as rows. For
    /// the weights of recurrent states.
    ///
    /// Source: Saxe, `McClelland`, Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural
    /// networks*, 2013.
    Orthogonal,
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
    /// All this number.
    Constant(f64),
    /// Uniform in [`low`, `high`).
    Uniform {
        /// The least value.
        low: f64,
        /// The limit that is not reached.
        high: f64,
    },
    /// Normal.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        deviation: f64,
    },
    /// Normal, drawn again where it is more than two deviations from the mean.
    TruncatedNormal {
        /// The mean.
        mean: f64,
        /// The standard deviation of the normal distribution before it is cut off.
        deviation: f64,
    },
}

impl Initializer {
    /// An array of initial values, in row-major order, for a layer with these fans.
    ///
    /// The numbers are drawn in double precision, so that models in `f32` and in `f64` start alike.
    ///
    /// ```
    /// use autodiff_runtime::prelude::*;
    ///
    /// let w: Array2<f32> = Initializer::HeUniform.sample((6, 4), (6, 4), &mut seeded(1));
    /// assert!(w.iter().all(|w| w.abs() <= 1.0));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the scale depends on fans that are 0.
    #[track_caller]
    pub fn sample<T: Real, D: Dimension, R: Rng + ?Sized>(
        self,
        shape: impl ShapeBuilder<Dim = D>,
        (fan_in, fan_out): (usize, usize),
        rng: &mut R,
    ) -> Array<T, D> {
        let (n, m) = (fan_in as f64, fan_out as f64);
        match self {
            Initializer::GlorotUniform => uniform_within(shape, 6.0 / (n + m), rng),
            Initializer::HeUniform => uniform_within(shape, 6.0 / n, rng),
            Initializer::LecunUniform => uniform_within(shape, 3.0 / n, rng),
            Initializer::GlorotNormal => truncated_with(shape, 2.0 / (n + m), rng),
            Initializer::HeNormal => truncated_with(shape, 2.0 / n, rng),
            Initializer::LecunNormal => truncated_with(shape, 1.0 / n, rng),
            Initializer::Orthogonal => orthogonal(shape, rng),
            Initializer::Zeros => fill(shape, || 0.0),
            Initializer::Ones => fill(shape, || 1.0),
            Initializer::Constant(value) => fill(shape, || value),
            Initializer::Uniform { low, high } => fill(shape, || uniform(low, high, rng)),
            Initializer::Normal { mean, deviation } => {
                fill(shape, || mean + deviation * rng.sample::<f64, _>(StandardNormal))
            }
            Initializer::TruncatedNormal { mean, deviation } => fill(shape, || mean + deviation * truncated(rng)),
        }
    }
}

fn fill<T: Real, D: Dimension>(shape: impl ShapeBuilder<Dim = D>, mut draw: impl FnMut() -> f64) -> Array<T, D> {
    Array::from_shape_simple_fn(shape, || T::__lit(draw()))
}

fn uniform<R: Rng + ?Sized>(low: f64, high: f64, rng: &mut R) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

fn truncated<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    loop {
        let x: f64 = rng.sample(StandardNormal);
        if x.abs() <= 2.0 {
            return x;
        }
    }
}

/// Uniform in ±√`square`.
#[track_caller]
fn uniform_within<T: Real, D: Dimension, R: Rng + ?Sized>(
    shape: impl ShapeBuilder<Dim = D>,
    square: f64,
    rng: &mut R,
) -> Array<T, D> {
    check_scale(square);
    let limit = square.sqrt();
    fill(shape, || uniform(-limit, limit, rng))
}

/// Orthonormal columns or rows, whichever are fewer: normal vectors, each made orthogonal to those before it.
fn orthogonal<T: Real, D: Dimension, R: Rng + ?Sized>(shape: impl ShapeBuilder<Dim = D>, rng: &mut R) -> Array<T, D> {
    let mut values = Array::<T, D>::zeros(shape);
    let columns = values.shape().last().copied().unwrap_or(1);
    let rows = values.len().checked_div(columns).unwrap_or(0);
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    for _ in 0..count {
        let mut vector: Vec<f64> = (0..length).map(|_| rng.sample(StandardNormal)).collect();
        // Twice, since the first time leaves errors of rounding where vectors are nearly parallel.
        for _ in 0..2 {
            for before in &basis {
                let along: f64 = before.iter().zip(&vector).map(|(a, b)| a * b).sum();
                vector.iter_mut().zip(before).for_each(|(x, b)| *x -= along * b);
            }
        }
        let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        vector.iter_mut().for_each(|x| *x /= norm);
        basis.push(vector);
    }
    for (at, value) in values.iter_mut().enumerate() {
        let (row, column) = (at / columns, at % columns);
        *value = T::__lit(if rows < columns { basis[row][column] } else { basis[column][row] });
    }
    values
}

/// Truncated normal with this variance after truncation.
#[track_caller]
fn truncated_with<T: Real, D: Dimension, R: Rng + ?Sized>(
    shape: impl ShapeBuilder<Dim = D>,
    variance: f64,
    rng: &mut R,
) -> Array<T, D> {
    check_scale(variance);
    let deviation = variance.sqrt() / TRUNCATED_DEVIATION;
    fill(shape, || deviation * truncated(rng))
}

#[track_caller]
fn check_scale(variance: f64) {
    assert!(
        variance.is_finite(),
        "an initializer was asked for weights of a layer without inputs and outputs (fans of 0)"
    );
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};

    use super::*;
    use crate::random::seeded;

    fn moments(initializer: Initializer) -> (f64, f64, f64) {
        let x: Array1<f64> = initializer.sample(200_000, (300, 100), &mut seeded(7));
        let largest = x.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        (x.mean().unwrap(), x.var(0.0), largest)
    }

    #[test]
    fn variances_and_limits_are_those_of_keras() {
        let cases: [(_, f64, f64); 7] = [
            (Initializer::GlorotUniform, 2.0 / 400.0, (6.0 / 400.0_f64).sqrt()),
            (Initializer::HeUniform, 2.0 / 300.0, (6.0 / 300.0_f64).sqrt()),
            (Initializer::LecunUniform, 1.0 / 300.0, (3.0 / 300.0_f64).sqrt()),
            (Initializer::GlorotNormal, 2.0 / 400.0, 0.161),
            (Initializer::HeNormal, 2.0 / 300.0, 0.186),
            (Initializer::LecunNormal, 1.0 / 300.0, 0.132),
            (Initializer::Normal { mean: 0.0, deviation: 2.0 }, 4.0, 12.0),
        ];
        for (initializer, variance, limit) in cases {
            let (mean, found, largest) = moments(initializer);
            assert!(mean.abs() < 0.01 * variance.sqrt(), "{initializer:?}: mean {mean}");
            assert!((found / variance - 1.0).abs() < 0.02, "{initializer:?}: variance {found}");
            assert!(largest <= limit, "{initializer:?}: largest {largest}");
        }
        let (mean, ..) = moments(Initializer::Uniform { low: 1.0, high: 3.0 });
        assert!((mean - 2.0).abs() < 0.01);
        let (mean, _, largest) = moments(Initializer::TruncatedNormal { mean: 1.0, deviation: 0.5 });
        assert!((mean - 1.0).abs() < 0.01 && largest <= 2.0);
    }

    #[test]
    fn orthogonal_vectors_are_orthonormal() {
        for shape in [(4, 12), (12, 4), (5, 5)] {
            let w: Array2<f64> = Initializer::Orthogonal.sample(shape, shape, &mut seeded(3));
            let products = if shape.0 < shape.1 { w.dot(&w.t()) } else { w.t().dot(&w) };
            let unit = Array2::<f64>::eye(shape.0.min(shape.1));
            assert!((products - unit).iter().all(|x| x.abs() < 1e-14));
        }
    }

    #[test]
    fn both_precisions_start_alike() {
        let wide: Array2<f64> = Initializer::HeNormal.sample((3, 4), (3, 4), &mut seeded(1));
        let narrow: Array2<f32> = Initializer::HeNormal.sample((3, 4), (3, 4), &mut seeded(1));
        assert_eq!(wide.mapv(|w| w as f32), narrow);
        assert_eq!(Initializer::Ones.sample::<f32, _, _>(2, (0, 0), &mut seeded(1)), Array1::<f32>::ones(2));
    }

    /// The generator is portable: these numbers must never change.
    #[test]
    fn the_numbers_of_a_seed_are_fixed() {
        let x: Array1<f64> = Initializer::Uniform { low: 0.0, high: 1.0 }.sample(2, (1, 1), &mut seeded(42));
        assert_eq!(x.to_vec(), [0.681_896_192_306_671_4, 0.950_275_407_672_484]);
    }

    #[test]
    #[should_panic(expected = "fans of 0")]
    fn fans_of_zero_are_refused() {
        Initializer::HeUniform.sample::<f32, _, _>((0, 1), (0, 1), &mut seeded(1));
    }
}
