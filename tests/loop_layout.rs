//! Counters, sums and tapes of counted loops: programs whose loops are written in another form, held against differences.
#![allow(unreachable_pub, dead_code, missing_docs, clippy::all, clippy::pedantic, reason = "as users write them")]

#[macro_use]
mod common;

use differentiable::prelude::*;

/// A triangle that is stored column by column.
mod triangle {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let n = 4;
        let d = n;
        let (packed, v) = (&x[..d * (d - 1) / 2], &x[d * (d - 1) / 2..]);
        let mut y = vec![0.0; d];
        let mut next = 0;
        for column in 0..d {
            y[column] += v[column].sin();
            for row in column + 1..d {
                y[row] += packed[next] * v[column] * y[column];
                next += 1;
            }
        }
        y.iter().map(|y| y * y).sum::<f64>() + next as f64 * y[1]
    }
    checked!(f, [0.3, -0.4, 0.9, 1.1, 0.2, -0.7, 0.5, 0.6, -0.8, 1.2]);
}

/// Counters that step before they are used, twice, by two, downward or not in every iteration.
mod counters {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let n = x.len();
        let mut sum = 0.0;
        let mut first = 0;
        for i in 0..n - 1 {
            first += 1;
            sum += x[first] * x[i].cos();
        }
        let mut twice = 0;
        for i in 0..n / 2 {
            sum += x[twice] * x[i];
            twice += 1;
            sum -= x[twice].exp();
            twice += 1;
        }
        let mut by_two = 0;
        for i in 0..n / 2 {
            sum += (x[by_two] * x[n - 1 - i]).sin();
            by_two += 2;
        }
        let mut down = n - 1;
        for i in 1..n {
            sum += x[down] * x[down] * x[i];
            down -= 1;
        }
        let mut some = 0;
        for i in 0..n {
            if x[i] > 0.0 {
                sum += x[some] * x[i];
                some += 1;
            }
        }
        let mut up = 0;
        for i in (2..n).rev() {
            sum += x[up] * x[i] * x[i - 2];
            up += 1;
        }
        let mut k: i32 = 0;
        for i in 0..n {
            sum += x[i] * x[i] * k as f64;
            k += 1;
        }
        sum + (first + twice + by_two + down + some + up) as f64 * x[0]
    }
    checked!(f, [0.3, -0.4, 0.9, 1.1, 0.2, -0.7, 0.5]);
}

/// Elements to which all of a loop adds, on the way back.
mod sums {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let n = x.len();
        let mut y = vec![0.0; n];
        for i in 0..n {
            for j in i..n {
                y[j] += x[i] * x[j];
                if j > 2 {
                    y[j] -= x[i].sin() * 0.5;
                }
            }
        }
        let mut total = 0.0;
        for i in 0..n {
            let mut inner = 1.0;
            for j in 0..n {
                inner *= y[j] + x[i] * x[0];
            }
            total += inner;
        }
        total + y[0]
    }
    checked!(f, [0.3, -0.4, 0.9, 1.1, 0.2]);
}

/// What an empty loop would add to need not be there.
#[differentiable]
fn first_times_rest(x: &[f64], w: &[f64], from: usize) -> f64 {
    let mut y = vec![0.0; w.len()];
    for i in from..w.len() {
        y[i] = w[i] * x[0];
    }
    let mut sum = 0.0;
    for i in from..w.len() {
        sum += y[i] * y[i];
    }
    sum
}

#[test]
fn an_empty_loop_reads_no_element() {
    assert_eq!(first_times_rest::value_and_grad(&[], &[], 0), (0.0, (vec![], vec![])));
    assert_eq!(first_times_rest::value_and_grad(&[], &[1.0, 2.0], 2), (0.0, (vec![], vec![0.0, 0.0])));
    assert_eq!(first_times_rest::value_and_grad(&[], &[1.0, 2.0], 7), (0.0, (vec![], vec![0.0, 0.0])));
    first_times_rest::check(&[0.7, 0.1], &[1.0, 2.0, -0.4], 1).unwrap();
}

/// Tapes of loops that count in other integers, have a literal length, or run in each iteration of another.
mod tapes {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut power = x[0];
        for _ in 0..3 {
            power = power * power.sin() + x[1];
        }
        let n: i32 = 4;
        for k in 1..n {
            power *= x[2] + k as f64;
        }
        for k in -2_i64..=1 {
            power = (power + k as f64 * x[3]).cos();
        }
        for k in 0_u8..2 {
            power = power.exp() * x[k as usize];
        }
        let mut sum = 0.0;
        for i in 0..x.len() {
            let mut p = 1.0;
            for j in i..x.len() {
                p = (p * x[j]).sin() + x[i];
            }
            sum += p;
        }
        let steps = x.len();
        let mut y = x[3];
        for _ in 0..=steps {
            y = y.sin() + x[1] * y;
        }
        power * sum + y
    }
    checked!(f, [0.3, -0.4, 0.9, 1.1]);
}

/// Short loops in branches, whose tapes are arrays.
mod short {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut sum = 0.0;
        for i in 0..x.len() {
            let mut p = x[i];
            if x[i] > 0.0 {
                for _ in 0..3 {
                    p = p * p.sin() + x[0];
                }
            } else {
                for k in 0..2 {
                    p = p * p.cos() + x[k];
                }
            }
            for k in 0..4usize {
                if k != i {
                    p = (p * x[k]).exp();
                }
            }
            sum += p;
        }
        let mut last = sum;
        if sum > 0.0 {
            for k in 0..3 {
                last = last.sqrt() + x[k];
            }
        }
        last
    }
    checked!(f, [0.3, -0.4, 0.9, 1.1]);
}

/// Ranges of slices, and what is the same in every iteration.
mod parts {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let d = 3;
        let mut out = vec![0.0; d];
        let mut sum = 0.0;
        for point in x.chunks_exact(d) {
            for i in 0..d {
                out[i] = point[i] * point[0] - x[2];
            }
            for i in 1..d {
                out[i] *= out[i - 1] + x[i + 1];
            }
            for i in 0..out.len() {
                sum += out[i] * out[i];
            }
        }
        sum
    }
    checked!(f, [0.3, -0.4, 0.9, 1.1, 0.2, -0.7]);
}

/// The middle of the stencil is reached three times.
#[differentiable]
fn diffusion(u: &[f64], out: &mut [f64]) {
    for i in 1..u.len() - 1 {
        out[i] = u[i] * u[i] + 0.1 * (u[i - 1] - 2.0 * u[i] + u[i + 1]);
    }
}

#[differentiable]
fn after_diffusion(u: &[f64]) -> f64 {
    let mut out = u.to_vec();
    diffusion(u, &mut out);
    out.iter().map(|x| x * x).sum()
}

#[test]
fn additions_to_one_element_are_merged() {
    after_diffusion::check(&[0.3, 1.2, -0.7, 0.9, 0.1]).unwrap();
    let source = diffusion::source();
    assert_eq!(source.matches("d_u[i_1] += ").count() + source.matches("d_u[i_1] -= ").count(), 1, "{source}");
}

/// Loops that on the way back add to one cotangent: by fours, and what is left.
mod sums_in_parts {
    use super::*;

    #[differentiable(order = 2)]
    fn line(x: &[f64], a: f64, c: f64) -> Vec<f64> {
        let mut y = vec![0.0; x.len()];
        for i in 0..x.len() {
            y[i] = a * x[i] + c;
        }
        y
    }

    #[differentiable(order = 2)]
    fn in_place(x: &[f64], a: f64) -> f64 {
        let mut y = x.to_vec();
        for i in 0..y.len() {
            y[i] *= a;
        }
        for i in 0..y.len() {
            y[i] = y[i] / a + a * x[i];
        }
        y.iter().map(|y| y * y).sum()
    }

    #[differentiable(order = 2)]
    fn saved(x: &[f64], a: f64) -> f64 {
        let largest = x.iter().copied().fold(a, f64::max);
        let sum: f64 = x.iter().map(|x| (x - largest).exp()).sum();
        sum.ln_1p() + largest
    }

    #[differentiable]
    fn single(x: &[f32], a: f32) -> Vec<f32> {
        let mut y = vec![0.0; x.len()];
        for i in 0..x.len() {
            y[i] = a * x[i];
        }
        y
    }

    /// Of the one call all arguments have derivatives, of the other `a` alone.
    #[differentiable(order = 2)]
    fn calls(x: &[f64], #[constant] z: &[f64], a: f64) -> f64 {
        let (both, one) = (line(x, a, 0.5), line(z, a, a));
        both.iter().zip(&one).map(|(p, q)| p * p * q).sum()
    }

    #[differentiable(order = 2)]
    fn windows(x: &[f64], w: &mut [f64], from: usize) -> f64 {
        let n = w.len();
        let mut total = 0.0;
        for k in 0..2 {
            let scale = x[k].sin();
            for i in 0..n {
                w[i] += scale * x[from + i] - w[i] * x[k];
            }
            total += w.iter().sum::<f64>() * scale;
        }
        total
    }

    /// Elements of an array of `ndarray`, and of an array whose length is a constant.
    #[differentiable(order = 2)]
    fn arrays(x: &Array1<f64>, z: &[f64; 5], a: f64) -> f64 {
        let (mut y, mut w) = (vec![0.0; x.len()], [0.0; 5]);
        for i in 0..x.len() {
            y[i] = a * x[i];
        }
        for i in 0..z.len() {
            w[i] = a * z[i];
        }
        y.iter().chain(&w).map(|y| y * y).sum()
    }

    #[test]
    fn of_every_length() {
        for n in 0..10 {
            let x: Vec<f64> = (0..n).map(|i| 0.3 + (i as f64).sin()).collect();
            line::check(&x, 0.7, 0.2).unwrap();
            in_place::check(&x, 0.7).unwrap();
            saved::check(&x, 0.1).unwrap();
            calls::check(&x, &x, 0.7).unwrap();
            arrays::check(&Array1::from(x.clone()), &[0.1, 0.2, 0.3, 0.4, 0.5], 0.7).unwrap();
            let (hessian, [d_x, d_a]) = (in_place::hessian(&x, 0.7), [x.clone(), vec![1.0]]);
            let along: Vec<f64> = d_x.iter().chain(&d_a).copied().collect();
            let (slope_x, slope_a) = in_place::hvp(&x, 0.7, &d_x, 1.0);
            let slopes: Vec<f64> = slope_x.into_iter().chain([slope_a]).collect();
            for (row, slope) in hessian.rows().into_iter().zip(slopes) {
                let product: f64 = row.iter().zip(&along).map(|(h, v)| h * v).sum();
                assert!((product - slope).abs() <= 1e-12 * (1.0 + slope.abs()), "{n}: {product} and {slope}");
            }
            let single_x: Vec<f32> = x.iter().map(|x| *x as f32).collect();
            single::check_with(&single_x, 0.7, Tolerance { modes: 1e-5, differences: 1e-2, step: 1e-2 }).unwrap();
            let long: Vec<f64> = (0..n + 5).map(|i| (i as f64).cos()).collect();
            windows::check(&long, &mut x.clone(), 3).unwrap();
        }
        for source in [line::source(), in_place::source(), saved::source(), windows::source()] {
            assert!(source.contains("_parts[lane]"), "{source}");
        }
    }
}

/// Buffers of one iteration: one that the iteration fills, and one of which it leaves an element at zero.
mod filled {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let n = x.len();
        let mut total = 0.0;
        for k in 0..3 {
            let mut scaled = vec![0.0; n];
            let mut products = vec![0.0; n];
            for i in 0..n {
                scaled[i] = x[i] * (total + k as f64);
            }
            for i in 1..n {
                products[i] = scaled[i] * scaled[i - 1];
            }
            for i in 0..n {
                total += (products[i] + 0.1).sin() * scaled[i];
            }
        }
        total
    }
    checked!(f, [0.3, -0.4, 0.9, 1.1, 0.2]);

    #[test]
    fn what_is_read_is_cleared() {
        let source = f::source();
        assert!(source.contains("at_least(&mut scaled, 0.0, n)"), "{source}");
        assert!(source.contains("refill(&mut products, 0.0, n)"), "{source}");
    }
}

/// What is restored only to be read is read on its tape: by callees that take slices or vectors, by loops, in
/// branches; and where something else is done with it, it is restored.
mod read_on_tapes {
    use super::*;

    #[differentiable(order = 2)]
    fn rate(x: &[f64], y: &[f64], out: &mut [f64]) {
        for i in 0..out.len() {
            out[i] = (x[i % x.len()] * y[i]).sin();
        }
    }

    #[differentiable(order = 2)]
    fn energy(y: &Vec<f64>) -> f64 {
        y.iter().map(|y| y * y * y).sum()
    }

    mod by_callees {
        use super::*;
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let n = 5;
            let mut y = vec![0.3; n];
            let mut k = vec![0.0; n];
            let mut half = vec![0.0; n];
            let mut sum = 0.0;
            for _ in 0..3 {
                rate(x, &y, &mut k);
                for i in 0..n {
                    half[i] = y[i] + 0.5 * k[i];
                }
                rate(x, &half, &mut k);
                sum += energy(&half) * energy(&y) + y[1] * y[n - 1];
                for i in 0..n {
                    y[i] += k[i] * x[0];
                }
            }
            sum
        }
        checked!(f, [0.7, -0.4, 1.1]);

        #[test]
        fn nothing_is_restored() {
            let source = f::source();
            assert!(!source.contains("restore_slice") && source.contains("taken("), "{source}");
        }
    }

    mod in_branches_and_loops {
        use super::*;
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let n = x.len();
            let mut y = vec![1.0_f64; n];
            let mut sum = 0.0;
            for step in 0..4 {
                if step % 2 == 1 {
                    for i in 0..n {
                        y[i] = y[i].sin() + x[i] * y[i];
                    }
                    for i in 0..n {
                        sum += y[i] * y[n - 1 - i] * energy(&y);
                    }
                } else {
                    for _ in 0..2 {
                        for i in 0..n {
                            y[i] *= (x[i] + y[i]).cos();
                        }
                        sum += energy(&y) + y.len() as f64 * y[0] * y[0];
                    }
                }
            }
            sum
        }
        checked!(f, [0.7, -0.4, 1.1, 0.9]);
    }

    mod restored_where_more_is_done {
        use super::*;
        #[differentiable(order = 2)]
        fn of_elements(x: &[f64]) -> f64 {
            let n = x.len();
            let mut y = vec![1.0_f64; n];
            let mut sum = 0.0;
            for step in 0..3 {
                for i in 0..n {
                    y[i] = y[i] * x[i] + 0.5;
                }
                sum += energy(&y);
                y[step] = x[step] * y[step].sin();
                sum += y[0] * y[step];
            }
            sum
        }

        #[differentiable(order = 2)]
        fn grow(y: &mut Vec<f64>, x: f64) {
            y.push(x * 2.0);
        }

        #[differentiable(order = 2)]
        fn of_length(x: &[f64]) -> f64 {
            let n = x.len();
            let mut y = vec![1.0_f64; n];
            let mut sum = 0.0;
            for step in 0..3 {
                for i in 0..n {
                    y[i] = y[i] * x[i] + 0.5;
                }
                sum += energy(&y);
                grow(&mut y, x[step]);
            }
            sum
        }

        #[differentiable(order = 2)]
        fn of_a_part(x: &[f64]) -> f64 {
            let n = x.len();
            let mut y = vec![1.0_f64; n];
            let mut sum = 0.0;
            for _ in 0..3 {
                for i in 0..n - 1 {
                    y[i] = y[i] * x[i] + 0.5;
                }
                sum += energy(&y) * y[n - 1];
                y[n - 1] *= x[1];
            }
            sum
        }

        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            of_elements(x) + of_length(x) * of_a_part(x)
        }
        checked!(f, [0.7, -0.4, 1.1]);
    }

    /// A vector that is the value as well.
    mod of_the_value {
        use super::*;
        #[differentiable(order = 2)]
        fn path(x: &[f64]) -> Vec<f64> {
            let n = x.len();
            let mut y = vec![0.1; n];
            for _ in 0..3 {
                let e = energy(&y);
                for i in 0..n {
                    y[i] = y[i] * e + x[i];
                }
            }
            y
        }

        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            path(x).iter().map(|y| y.sin()).sum()
        }
        checked!(f, [0.7, -0.4, 0.3]);

        #[test]
        fn all_derivatives() {
            path::check(&[0.7, -0.4, 0.3]).unwrap();
        }
    }
}

/// What a struct or a function beside a function declares is known: code for fields and for values of calls is as for numbers.
mod declared_beside {
    use super::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Dense {
        rows: Vec<Vec<f64>>,
        shifts: Vec<f64>,
        scales: Vec<f64>,
    }

    #[differentiable(order = 2)]
    fn squashed(x: f64) -> f64 {
        x / (1.0 + x * x).sqrt()
    }

    #[differentiable(order = 2)]
    impl Dense {
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            let mut out = Vec::new();
            for (row, shift) in self.rows.iter().zip(&self.shifts) {
                let mut sum = *shift;
                for (w, x) in row.iter().zip(x) {
                    sum += w * x;
                }
                out.push(sum.tanh());
            }
            // Two fields in one loop.
            for i in 0..out.len() {
                out[i] = out[i] * self.scales[i] + self.shifts[i];
            }
            out
        }

        fn penalty(&self, by: f64) -> f64 {
            let mut sum = 0.0;
            for i in 0..self.scales.len() {
                sum += squashed(self.scales[i] * by) * self.shifts[i];
            }
            sum
        }
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let layer = Dense {
            rows: vec![vec![x[0], x[1]], vec![x[1] * x[2], 0.3]],
            shifts: vec![x[2], x[0] * x[0]],
            scales: vec![x[1].sin(), 1.1],
        };
        let out = layer.forward(&[x[0], 0.7]);
        out[0] * out[1] + layer.penalty(x[2])
    }
    checked!(f, [0.7, -0.4, 0.3]);

    #[test]
    fn in_every_mode() {
        let layer =
            Dense { rows: vec![vec![0.4, -0.2], vec![0.1, 0.9]], shifts: vec![0.3, -0.6], scales: vec![1.2, 0.8] };
        layer.forward_check(&[0.5, -0.3]).unwrap();
        layer.penalty_check(0.4).unwrap();
    }

    #[test]
    fn reads_as_written_by_hand() {
        for source in [Dense::forward_source(), Dense::penalty_source()] {
            assert!(!source.contains("operators::") && !source.contains("__zero"), "{source}");
        }
        // Where no type is known, the same is done by traits.
        assert!(elsewhere::Dense::sum_source().contains("operators::"), "{}", elsewhere::Dense::sum_source());
    }

    /// Hands items over: what a macro makes of them is not known to another.
    macro_rules! items {
        ($($item:tt)*) => { $($item)* };
    }

    mod elsewhere {
        use super::*;
        items! {
            #[derive(Clone, Debug, Differentiable)]
            pub(super) struct Dense {
                pub(super) scales: Vec<f64>,
            }

            #[differentiable]
            impl Dense {
                pub(super) fn sum(&self, by: f64) -> f64 {
                    let mut sum = 0.0;
                    for i in 0..self.scales.len() {
                        sum += self.scales[i] * self.scales[0] * by;
                    }
                    sum
                }
            }
        }
    }

    #[test]
    fn elsewhere_as_well() {
        let layer = elsewhere::Dense { scales: vec![0.2, 0.7, -0.4] };
        layer.sum_check(0.4).unwrap();
    }
}
