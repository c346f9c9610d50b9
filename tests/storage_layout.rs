//! How what is stored lies in memory changes no derivative: winners of loops, scratch buffers, slices, tapes of inner loops,
//! ranges that are empty or begin anywhere.
#![allow(unreachable_pub, dead_code, missing_docs)]
#![allow(missing_docs, clippy::all, clippy::pedantic, reason = "programs are written as users write them")]

use differentiable::prelude::*;

mod winners {
    use super::*;

    #[differentiable(order = 2)]
    pub(crate) fn nearest(points: &[f64], at: f64) -> f64 {
        let mut best = f64::INFINITY;
        let mut which = points.len();
        for i in 0..points.len() {
            let d = (points[i] - at) * (points[i] - at).cos();
            if d < best {
                best = d;
                which = i;
            }
        }
        best * which as f64 + points[which]
    }

    #[differentiable(order = 2)]
    pub(crate) fn extremes(x: &[f64], start: f64) -> f64 {
        let mut largest = start;
        for &x in x {
            largest = largest.max(x * x);
        }
        let mut smallest = start;
        for i in (0..x.len()).rev() {
            smallest = f64::min(x[i].sin(), smallest);
        }
        largest * smallest
    }

    /// What was kept before takes part in the choice: no search can stand alone.
    #[differentiable]
    pub(crate) fn chained(x: &[f64]) -> f64 {
        let mut kept = 1.0;
        for &x in x {
            let gain = x - 0.5 * kept;
            if gain > 0.0 {
                kept *= x;
            }
        }
        kept
    }

    #[differentiable]
    pub(crate) fn of_each_row(rows: &[Vec<f64>]) -> f64 {
        let mut sum = 0.0;
        for row in rows {
            let mut largest = f64::NEG_INFINITY;
            for &x in row {
                largest = largest.max(x.exp());
            }
            if largest.is_finite() {
                sum += largest * row[0];
            }
        }
        sum
    }

    #[test]
    fn derivatives() {
        let x = [0.3, -1.2, 0.9, 0.4];
        nearest::check(&x, 0.1).unwrap();
        extremes::check(&x, 0.2).unwrap();
        chained::check(&[0.9, 0.2, 1.4, 0.8]).unwrap();
        of_each_row::check(&[vec![0.3, 0.5], vec![], vec![0.2, -0.1, 0.1]]).unwrap();
        let hessian = extremes::hessian(&x, 0.2);
        assert_eq!(hessian, hessian.t());
        assert_eq!(extremes::grad(&[], 0.2), (vec![], 0.4));
    }

    #[test]
    fn the_first_of_equal_values_has_the_derivative() {
        let (d_x, d_start) = extremes::grad(&[1.0, 1.0], 0.5);
        // The larger of the squares is the first; `min` has the element first, then what was kept.
        assert_eq!(d_start, 1.0);
        assert_eq!(d_x, [2.0 * 0.5, 0.0]);
    }

    #[test]
    fn a_start_that_is_no_number_loses() {
        let (d_x, d_start) = extremes::grad(&[2.0], f64::NAN);
        assert_eq!(d_start, 0.0);
        assert!((d_x[0] - (4.0 * 2.0_f64.sin() + 4.0 * 2.0_f64.cos())).abs() < 1e-12);
    }
}

mod buffers {
    use super::*;

    /// Both buffers are filled in each iteration before they are read.
    #[differentiable(order = 2)]
    pub(crate) fn filled(x: &[f64], n: usize) -> f64 {
        let mut a = vec![0.0; n];
        let mut b = vec![0.0; n];
        let mut sum = 0.0;
        for &x in x {
            for i in 0..a.len() {
                a[i] = x * (i as f64 + 1.0).sin();
            }
            for i in 0..n {
                b[i] = a[i] * a[n - 1 - i];
            }
            for i in 1..n {
                b[i] += b[i - 1] * a[i];
            }
            for i in 0..n {
                sum += (b[i] * x).cos();
            }
        }
        sum
    }

    /// The last element is never filled, so it is carried from iteration to iteration.
    #[differentiable]
    pub(crate) fn partly_filled(x: &[f64], n: usize) -> f64 {
        let mut a = vec![0.5; n];
        let mut sum = 0.0;
        for &x in x {
            for i in 0..n - 1 {
                a[i] = x * i as f64;
            }
            a[n - 1] = a[n - 1] * x + a[0];
            for i in 0..n {
                sum += a[i].sin() * x;
            }
        }
        sum
    }

    /// Read after the loop: it is no variable of an iteration.
    #[differentiable]
    pub(crate) fn read_later(x: &[f64], n: usize) -> f64 {
        let mut a = vec![0.0; n];
        for &x in x {
            for i in 0..n {
                a[i] = x * x * i as f64;
            }
        }
        let mut sum = 0.0;
        for i in 0..n {
            sum += a[i] * a[i];
        }
        sum
    }

    /// Filled only sometimes.
    #[differentiable]
    pub(crate) fn filled_sometimes(x: &[f64], n: usize) -> f64 {
        let mut a = vec![1.0; n];
        let mut sum = 0.0;
        for &x in x {
            if x > 0.0 {
                for i in 0..n {
                    a[i] = x * x;
                }
            }
            for i in 0..n {
                sum += a[i] * x;
            }
        }
        sum
    }

    /// Moved into what outlives the iteration.
    #[differentiable]
    pub(crate) fn given_away(x: &[f64], n: usize) -> f64 {
        let mut rows = Vec::new();
        for &x in x {
            let mut row = vec![0.0; n];
            for i in 0..n {
                row[i] = x.powi(i as i32 + 1);
            }
            rows.push(row);
        }
        let mut sum = 0.0;
        for row in &rows {
            sum += row[0] * rows[0][n - 1];
        }
        sum
    }

    #[differentiable]
    fn scale(v: &mut [f64], by: f64) {
        for i in 0..v.len() {
            v[i] *= by;
        }
    }

    /// Lent to a function that changes it.
    #[differentiable]
    pub(crate) fn lent(x: &[f64], n: usize) -> f64 {
        let mut a = vec![0.0; n];
        let mut sum = 0.0;
        for &x in x {
            for i in 0..n {
                a[i] = x + i as f64;
            }
            scale(&mut a, x);
            for i in 0..n {
                sum += a[i] * a[i];
            }
        }
        sum.sin()
    }

    #[test]
    fn derivatives() {
        let x = [0.3, -0.7, 1.1];
        for n in [1, 3] {
            filled::check(&x, n).unwrap();
            partly_filled::check(&x, n).unwrap();
            read_later::check(&x, n).unwrap();
            filled_sometimes::check(&x, n).unwrap();
            given_away::check(&x, n).unwrap();
            lent::check(&x, n).unwrap();
        }
        filled::check(&[], 3).unwrap();
        let (v, w) = ([0.2, 0.5, -0.4], 1e-5);
        let moved = |s: f64| filled::grad(&[x[0] + s * v[0], x[1] + s * v[1], x[2] + s * v[2]], 3);
        let product = filled::hvp(&x, 3, &v);
        for i in 0..3 {
            let difference = (moved(w)[i] - moved(-w)[i]) / (2.0 * w);
            assert!((product[i] - difference).abs() < 1e-7, "{product:?} {difference}");
        }
    }
}

mod slices {
    use super::*;

    #[differentiable]
    pub(crate) fn shifted(x: &mut [f64], by: &[f64], offset: usize, n: usize) {
        for i in 0..n {
            x[offset + i] = x[offset + i].sin() * by[i];
        }
        for i in 1..x.len() {
            x[i] *= by[i - 1];
        }
        for i in (0..n).rev() {
            x[i] *= x[i] * by[n - 1];
        }
        for i in 0..=n {
            x[i] += by[0];
        }
    }

    /// Rows of a matrix, where the inner ranges begin anywhere.
    #[differentiable]
    pub(crate) fn triangle(m: &mut [Vec<f64>], x: &[f64]) -> f64 {
        let mut sum = 0.0;
        for i in 0..m.len() {
            for j in i + 1..x.len() {
                m[i][j] = m[i][j] * x[j] + m[i][i];
            }
            for j in 0..i {
                sum += m[j][i] * m[i][j];
            }
        }
        sum
    }

    #[test]
    fn derivatives() {
        let by = [0.3, 0.8, -0.4, 1.2];
        for (offset, n) in [(0, 3), (1, 2), (3, 0), (9, 0)] {
            if n > 0 {
                shifted::check(&mut [0.5, 0.2, 0.7, -0.3], &by, offset, n).unwrap();
            }
        }
        let mut rows = vec![vec![0.3, 0.1, 0.4], vec![0.2, 0.6, -0.2], vec![0.5, 0.9, 0.7]];
        triangle::check(&mut rows, &[0.4, -0.3, 0.8]).unwrap();
    }

    #[differentiable]
    fn empty_ranges(x: &[f64], from: usize, to: usize) -> f64 {
        let mut y = x.to_vec();
        for i in from..to {
            y[i] *= x[i];
        }
        for i in 0..to.saturating_sub(from) {
            y[from + i] += x[from + i].sin();
        }
        for i in 1..x.len() {
            y[i] = y[i - 1] * x[i];
        }
        y.iter().sum()
    }

    #[test]
    fn ranges_without_elements_reach_nothing() {
        for (from, to) in [(0, 3), (1, 2), (2, 2), (7, 7), (9, 5), (5, 0)] {
            empty_ranges::check(&[0.4, 0.9, -0.6], from, to).unwrap();
        }
        empty_ranges::check(&[], 4, 2).unwrap();
    }
}

mod tapes {
    use super::*;

    /// Inner loops of all kinds: counted, with an exit, with a condition, in a branch, with steps.
    #[differentiable(order = 2)]
    pub(crate) fn nest(x: &[f64], n: usize) -> f64 {
        let mut y = x[0];
        for i in 0..n {
            for j in 0..i {
                y = (y * x[j % x.len()]).sin() + 0.3;
            }
            let mut k = 0;
            while y.abs() < 2.0 && k < 3 {
                y = y.exp() * 0.9;
                k += 1;
            }
            if i % 2 == 0 {
                for j in (0..6).step_by(2) {
                    y = y / (1.5 + x[j % x.len()].cos());
                }
            } else {
                for j in 0..4 {
                    if y < -0.5 {
                        break;
                    }
                    y -= (y * x[j % x.len()]).tanh();
                }
            }
        }
        y
    }

    #[differentiable]
    fn damped(y: f64, x: f64) -> f64 {
        (y * x).cos() * 0.7
    }

    /// Pullbacks on the tape of an inner loop.
    #[differentiable]
    pub(crate) fn calls(x: &[f64]) -> Vec<f64> {
        let mut out = Vec::new();
        for i in 0..x.len() {
            let mut y = x[i];
            for j in 0..=i {
                y = damped(y, x[j]);
            }
            out.push(y);
        }
        out
    }

    #[test]
    fn derivatives() {
        let x = [0.4, 1.3, -0.8];
        for n in 0..5 {
            nest::check(&x, n).unwrap();
        }
        calls::check(&x).unwrap();
        let hessian = nest::hessian(&x, 4);
        for i in 0..3 {
            for j in 0..3 {
                assert!((hessian[[i, j]] - hessian[[j, i]]).abs() < 1e-12 * hessian[[i, j]].abs().max(1.0));
            }
        }
    }

    #[test]
    fn a_pullback_can_be_called_again() {
        let (value, pullback) = calls::vjp(&[0.4, 1.3, -0.8]);
        assert_eq!(value, calls(&[0.4, 1.3, -0.8]));
        assert_eq!(pullback(vec![1.0, 2.0, 3.0]), pullback(vec![1.0, 2.0, 3.0]));
    }
}

/// What is computed from numbers before a loop changes them, which is computed again behind the statements that restore these.
mod restored {
    use super::*;

    #[differentiable(order = 2)]
    pub(crate) fn iterated(start: f64, k: f64, n: usize) -> f64 {
        let (mut x, mut v) = (start, k);
        for i in 0..n {
            let square = x * x;
            let product = square * v;
            let force = product.sin() - k * x;
            v += 0.1 * force;
            let lift = v * square;
            x += 0.1 * lift * product;
            if i % 3 == 1 {
                x -= 0.01 * square * v;
            }
        }
        x * v
    }

    /// Changed in a branch, in an inner loop, or not at all.
    #[differentiable(order = 2)]
    pub(crate) fn now_and_then(start: f64, w: &[f64]) -> f64 {
        let mut x = start;
        let mut total = 0.0;
        'all: for (i, w) in w.iter().enumerate() {
            let a = x * w;
            let b = a * x;
            if b > 2.0 {
                total += a.exp();
                continue 'all;
            }
            if i % 2 == 0 {
                for k in 0..i {
                    let c = x * b;
                    if k > 2 {
                        break;
                    }
                    x -= 0.1 * c * a;
                }
            } else {
                x = a - b * x;
            }
            total += a * b * x;
        }
        total + x
    }

    /// Changed twice, exchanged, and used on both sides of the change.
    #[differentiable(order = 2)]
    pub(crate) fn twice(p: f64, q: f64, n: usize) -> f64 {
        let (mut x, mut y) = (p, q);
        let mut sum = 0.0;
        while sum < n as f64 {
            let a = x * y;
            x = a * 0.5 + 0.1;
            let b = x * a;
            x += 0.3 * b * y;
            let c = a * x - y;
            sum += 1.0 + 0.1 * a * a * c.tanh();
            std::mem::swap(&mut x, &mut y);
            let d = a * y;
            y -= 0.2 * d * c;
        }
        sum * x - y
    }

    #[differentiable(order = 2)]
    pub(crate) fn root(a: f64) -> f64 {
        let mut x = a;
        for _ in 0..50 {
            let (square, slope) = (x * x, 3.0 * x);
            let next = x - (square * x - a) / (slope * x);
            if (next - x).abs() < 1e-15 {
                break;
            }
            x = next;
        }
        x
    }

    #[test]
    fn derivatives() {
        iterated::check(0.7, 1.3, 7).unwrap();
        now_and_then::check(0.4, &[0.5, 1.2, -0.8, 0.9, 2.0, 0.3, 1.1]).unwrap();
        now_and_then::check(2.1, &[0.5, 1.2, -0.8, 0.9]).unwrap();
        twice::check(0.4, 0.9, 5).unwrap();
        root::check(2.0).unwrap();
        assert!((root::hessian(2.0)[[0, 0]] + 2.0 / 9.0 * 2.0_f64.powf(-5.0 / 3.0)).abs() < 1e-12);
        for (x, v) in [(0.7, 1.3), (-0.2, 0.8)] {
            let h = iterated::hessian(x, v, 6);
            let slope = |x: f64| iterated::grad(x, v, 6);
            let (up, down) = (slope(x + 1e-5), slope(x - 1e-5));
            assert!((h[[0, 0]] - (up.0 - down.0) / 2e-5).abs() < 1e-7);
            assert!((h[[1, 0]] - (up.1 - down.1) / 2e-5).abs() < 1e-7);
        }
        let h = twice::hessian(0.4, 0.9, 4);
        let (up, down) = (twice::grad(0.4 + 1e-5, 0.9, 4), twice::grad(0.4 - 1e-5, 0.9, 4));
        assert!((h[[0, 0]] - (up.0 - down.0) / 2e-5).abs() < 1e-6);
        assert!((h[[0, 1]] - (up.1 - down.1) / 2e-5).abs() < 1e-6);
    }
}
