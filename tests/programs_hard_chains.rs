//! Closures, iterator chains, layers, names, cameras and factorisations as different people write them.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, non_snake_case, unreachable_pub, unused)]

mod closures_that_capture {
    use differentiable::prelude::*;

    /// Adaptive Simpson over a closure, with a work list instead of recursion.
    #[differentiable]
    fn integral(a: f64, b: f64, k: f64, tolerance: f64) -> f64 {
        let mut evaluations = 0;
        let mut f = |x: f64| {
            evaluations += 1;
            (k * x).sin() / (1.0 + x * x)
        };
        let mut work = vec![(a, b, f(a), f(0.5 * (a + b)), f(b))];
        let mut total = 0.0;
        while let Some((lo, hi, flo, fmid, fhi)) = work.pop() {
            let mid = 0.5 * (lo + hi);
            let (fl, fr) = (f(0.5 * (lo + mid)), f(0.5 * (mid + hi)));
            let whole = (hi - lo) / 6.0 * (flo + 4.0 * fmid + fhi);
            let halves = (hi - lo) / 12.0 * (flo + 4.0 * fl + 2.0 * fmid + 4.0 * fr + fhi);
            if (whole - halves).abs() < tolerance {
                total += halves + (halves - whole) / 15.0;
            } else {
                work.push((lo, mid, flo, fl, fmid));
                work.push((mid, hi, fmid, fr, fhi));
            }
        }
        total + 0.0 * evaluations as f64
    }

    #[differentiable]
    fn composed(x: f64, w: f64, table: &[f64]) -> f64 {
        let scale = |v: f64| v * w;
        let shift = move |v: f64, by: f64| v + by * x;
        let twice = |v: f64| scale(shift(scale(v), 1.0));
        let look = |i: usize| -> f64 {
            let left = table[i % table.len()];
            if left < 0.0 {
                return -left * x;
            }
            let right = table[(i + 1) % table.len()];
            left.max(right)
        };
        let mut history = Vec::new();
        let mut record = |v: f64| {
            history.push(v);
            history.len()
        };
        let n = record(twice(x)) + record(look(0)) + record(look(1));
        let last = history[n - 4];
        history.iter().map(|h| h * h).sum::<f64>() + last
    }

    /// A closure that returns a pair, one that takes a slice, and one inside a loop that shadows.
    #[differentiable]
    fn fit(points: &[(f64, f64)], lambda: f64) -> (f64, f64) {
        let n = points.len() as f64;
        let mean = |pick: usize| points.iter().map(|&(x, y)| if pick == 0 { x } else { y }).sum::<f64>() / n;
        let (mx, my) = (mean(0), mean(1));
        let centred = |p: &(f64, f64)| (p.0 - mx, p.1 - my);
        let (sxx, sxy) = points.iter().map(centred).fold((lambda, 0.0), |(a, b), (x, y)| (a + x * x, b + x * y));
        let slope = sxy / sxx;
        (slope, my - slope * mx)
    }

    #[test]
    fn checks() {
        integral::check(0.0, 1.5, 2.0, 1e-4).unwrap();
        composed::check(0.7, 1.3, &[0.4, -0.2, 0.9]).unwrap();
        fit::check(&[(0.0, 1.0), (1.0, 2.2), (2.0, 2.7)], 0.1).unwrap();
    }
}

mod chains_of_adapters {
    use differentiable::prelude::*;

    #[differentiable]
    fn score(series: &[f64], weights: &[f64], bias: f64) -> f64 {
        let smooth: Vec<f64> = series
            .windows(weights.len())
            .map(|w| w.iter().zip(weights.iter().rev()).map(|(a, b)| a * b).sum::<f64>() + bias)
            .collect();
        let peak = smooth.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (even, odd): (Vec<f64>, Vec<f64>) =
            (smooth.iter().step_by(2).copied().collect(), smooth.iter().skip(1).step_by(2).copied().collect());
        let crossed = even.iter().flat_map(|e| odd.iter().map(move |o| e * o)).filter(|p| *p > 0.0).sum::<f64>();
        let late = smooth.iter().rev().take_while(|s| **s < peak).map(|s| s.abs().sqrt()).product::<f64>();
        let runs = smooth
            .chunks(2)
            .enumerate()
            .map(|(i, c)| c.iter().sum::<f64>() / (i + 1) as f64)
            .scan(0.5, |state, x| {
                *state = 0.5 * *state + x;
                Some(*state)
            })
            .last()
            .unwrap_or(bias);
        peak + crossed + late + runs
    }

    #[differentiable]
    fn positions(xs: &[f64], ys: &[f64]) -> f64 {
        let nearest = xs
            .iter()
            .map(|x| {
                ys.iter().map(|y| (x - y) * (x - y)).min_by(|a, b| a.partial_cmp(b).unwrap()).expect("there is one")
            })
            .sum::<f64>();
        let at = xs.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(i, _)| i).unwrap();
        let first_large = ys.iter().find(|y| **y > 1.0).copied().unwrap_or_default();
        let where_small = ys.iter().position(|y| *y < 0.0).map_or(0.0, |i| xs[i % xs.len()]);
        let pairs = xs.iter().zip(ys).skip_while(|(x, _)| **x < 0.0).map(|(x, y)| x.mul_add(*y, 1.0));
        let tail: f64 = pairs.map(|p| p * p).sum();
        nearest * xs[at] + first_large * where_small + tail
    }

    #[differentiable]
    fn tables(rows: &[Vec<f64>], power: i32) -> Vec<f64> {
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        let columns = (0..width).map(|c| rows.iter().filter_map(|r| r.get(c)).map(|x| x.powi(power)).sum::<f64>());
        let mut sums: Vec<f64> = columns.collect();
        sums.iter_mut().rev().enumerate().for_each(|(i, s)| *s *= 1.0 + i as f64);
        let total: f64 = sums.iter().sum();
        sums.extend(rows.iter().map(|r| r.iter().copied().reduce(|a, b| a * b).unwrap_or(1.0) / total));
        sums.retain(|s| s.is_finite());
        sums
    }

    #[test]
    fn checks() {
        score::check(&[0.3, 1.2, -0.4, 0.9, 1.7, 0.2, 0.8], &[0.5, 0.3], 0.1).unwrap();
        positions::check(&[-0.5, 0.7, 1.9], &[0.4, -0.3, 1.5, 2.5]).unwrap();
        tables::check(&[vec![1.0, 2.0], vec![0.5], vec![0.3, -0.7, 1.1]], 2).unwrap();
    }
}

mod layers_behind_traits {
    use differentiable::prelude::*;

    #[differentiable]
    pub trait Module {
        const NAME: &'static str;
        fn forward(&self, x: &[f64], out: &mut Vec<f64>);
        fn norm2(&self) -> f64;
    }

    #[derive(Clone, Debug, Differentiable)]
    pub struct Affine<const I: usize, const O: usize> {
        weights: [[f64; I]; O],
        bias: [f64; O],
    }

    #[derive(Clone, Debug, Differentiable)]
    pub struct Swish {
        beta: f64,
    }

    #[derive(Clone, Debug, Differentiable)]
    pub struct Then<A, B> {
        first: A,
        second: B,
    }

    #[derive(Clone, Debug, Differentiable)]
    pub struct Residual<M>(M);

    #[differentiable]
    impl<const I: usize, const O: usize> Module for Affine<I, O> {
        const NAME: &'static str = "affine";
        fn forward(&self, x: &[f64], out: &mut Vec<f64>) {
            assert_eq!(x.len(), I, "{} takes {I} numbers", Self::NAME);
            out.clear();
            for (row, b) in self.weights.iter().zip(self.bias.iter()) {
                out.push(row.iter().zip(x).fold(*b, |s, (w, x)| s + w * x));
            }
        }
        fn norm2(&self) -> f64 {
            self.weights.iter().flatten().map(|w| w * w).sum()
        }
    }

    #[differentiable]
    impl Module for Swish {
        const NAME: &'static str = "swish";
        fn forward(&self, x: &[f64], out: &mut Vec<f64>) {
            *out = x.iter().map(|&x| x / (1.0 + (-self.beta * x).exp())).collect();
        }
        fn norm2(&self) -> f64 {
            0.0
        }
    }

    #[differentiable]
    impl<A: Module + Differentiable, B: Module + Differentiable> Module for Then<A, B> {
        const NAME: &'static str = "then";
        fn forward(&self, x: &[f64], out: &mut Vec<f64>) {
            let mut between = Vec::new();
            self.first.forward(x, &mut between);
            self.second.forward(&between, out);
        }
        fn norm2(&self) -> f64 {
            self.first.norm2() + self.second.norm2()
        }
    }

    #[differentiable]
    impl<M: Module + Differentiable> Module for Residual<M> {
        const NAME: &'static str = "residual";
        fn forward(&self, x: &[f64], out: &mut Vec<f64>) {
            self.0.forward(x, out);
            for (o, x) in out.iter_mut().zip(x) {
                *o += *x;
            }
        }
        fn norm2(&self) -> f64 {
            self.0.norm2()
        }
    }

    #[differentiable(wrt(net))]
    fn loss<M: Module + Differentiable>(net: &M, xs: &[[f64; 2]], ys: &[f64], decay: f64) -> f64 {
        let mut out = Vec::new();
        let mut total = 0.0;
        for (x, y) in xs.iter().zip(ys) {
            net.forward(x, &mut out);
            total += (out[0] - y).powi(2);
        }
        total / xs.len() as f64 + decay * net.norm2()
    }

    #[test]
    fn checks() {
        let net = Then {
            first: Residual(Then {
                first: Affine { weights: [[0.5, -0.2], [0.3, 0.8]], bias: [0.1, -0.1] },
                second: Swish { beta: 1.3 },
            }),
            second: Affine { weights: [[0.7, -1.1]], bias: [0.2] },
        };
        loss::check(&net, &[[0.3, -0.5], [1.0, 0.2], [-0.7, 0.9]], &[0.2, 0.5, -0.1], 0.01).unwrap();
    }
}

mod names_of_generated_variables {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Tape {
        d_x: f64,
        tangent: f64,
        __fwd: f64,
    }

    #[differentiable]
    impl Tape {
        fn pullback(&self, value: f64, ct: f64) -> f64 {
            let old = self.d_x * value;
            let adjoint = old + self.tangent * ct;
            let (t, t_1, t_2) = (adjoint * adjoint, old - ct, self.__fwd);
            t * t_1 + t_2
        }
        fn grad(self, t: f64) -> Tape {
            Tape { d_x: self.__fwd * t, ..self }
        }
    }

    #[differentiable]
    fn Some_(None_: f64, core: f64, differentiable: f64) -> f64 {
        let std = None_ * core;
        let vec = [std, differentiable];
        let f64_ = vec[0] * vec[1];
        let Self_ = |x: f64| x * f64_;
        Self_(core)
    }

    #[differentiable]
    fn value(x: f64, x_dot: f64, d_x: f64, d_d_x: f64, x_1: f64) -> f64 {
        let mut returned = x * x_dot;
        let mut acc = 0.0;
        let mut acc_dot = 1.0;
        for i in 0..3 {
            let i_1 = i as f64;
            let (g, grad, schedule, slot, room) = (x * i_1, d_x + i_1, d_d_x, x_1, acc_dot);
            acc += g * grad;
            if acc > d_x {
                returned *= schedule;
                acc_dot = slot * room;
            } else {
                let acc = acc * d_d_x;
                returned += acc;
            }
        }
        let result = { returned } + acc * acc_dot;
        let tape = Tape { d_x: result, tangent: x_dot, __fwd: x_1 }.grad(d_x);
        tape.pullback(result, acc)
    }

    #[test]
    fn checks() {
        value::check(0.7, -1.2, 0.4, 1.1, 0.9).unwrap();
        Some_::check(0.3, 1.7, -0.6).unwrap();
        Tape { d_x: 0.3, tangent: 1.0, __fwd: -0.2 }.pullback_check(0.5, 0.7).unwrap();
    }
}

mod cameras_that_quaternions_turn {
    use differentiable::prelude::*;
    use std::ops::{Mul, Neg, Sub};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct V3([f64; 3]);
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Quat {
        w: f64,
        v: V3,
    }
    #[differentiable]
    impl Sub for V3 {
        type Output = V3;
        fn sub(self, rhs: V3) -> V3 {
            V3(std::array::from_fn(|i| self.0[i] - rhs.0[i]))
        }
    }
    #[differentiable]
    impl Neg for V3 {
        type Output = V3;
        fn neg(self) -> V3 {
            V3(self.0.map(|c| -c))
        }
    }
    #[differentiable]
    impl V3 {
        fn dot(&self, o: &V3) -> f64 {
            self.0.iter().zip(o.0.iter()).map(|(a, b)| a * b).sum()
        }
        fn cross(&self, V3([x, y, z]): &V3) -> V3 {
            let [a, b, c] = self.0;
            V3([b * z - c * y, c * x - a * z, a * y - b * x])
        }
    }
    #[differentiable]
    impl Quat {
        fn normalized(self) -> Quat {
            let n = (self.w * self.w + self.v.dot(&self.v)).sqrt().recip();
            Quat { w: self.w * n, v: V3(self.v.0.map(|c| c * n)) }
        }
        fn conj(self) -> Quat {
            Quat { v: -self.v, ..self }
        }
        fn rotate(self, p: V3) -> V3 {
            let q = self * Quat { w: 0.0, v: p } * self.conj();
            q.v
        }
    }
    #[differentiable]
    impl Mul for Quat {
        type Output = Quat;
        fn mul(self, o: Quat) -> Quat {
            let c = self.v.cross(&o.v);
            let w = self.w * o.w - self.v.dot(&o.v);
            let v = V3(core::array::from_fn(|i| self.w * o.v.0[i] + o.w * self.v.0[i] + c.0[i]));
            Quat { w, v }
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Camera {
        rot: Quat,
        centre: V3,
        focal: f64,
    }
    #[derive(Clone, Copy, Debug)]
    struct Observation {
        cam: usize,
        pt: usize,
        px: (f64, f64),
    }
    #[differentiable(wrt(cams, pts))]
    fn residuals(cams: &[Camera], pts: &[V3], #[constant] obs: &[Observation]) -> f64 {
        obs.iter()
            .map(|&Observation { cam, pt, px: (u, v) }| {
                let camera = &cams[cam];
                let q = camera.rot.normalized().rotate(pts[pt] - camera.centre);
                let [x, y, z] = q.0;
                let (du, dv) = (camera.focal * x / z - u, camera.focal * y / z - v);
                // Huber
                let r2 = du * du + dv * dv;
                if r2 < 0.25 { 0.5 * r2 } else { 0.5 * (r2.sqrt() - 0.25) }
            })
            .sum()
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let cam = |o: usize| Camera {
            rot: Quat { w: x[o], v: V3([x[o + 1], x[o + 2], x[o + 3]]) },
            centre: V3([0.1 * o as f64, 0.0, -4.0]),
            focal: x[8],
        };
        let cams = [cam(0), cam(4)];
        let pts: Vec<V3> = x[9..].chunks(3).map(|c| V3([c[0], c[1], c[2]])).collect();
        let obs = [
            Observation { cam: 0, pt: 0, px: (0.1, 0.3) },
            Observation { cam: 1, pt: 0, px: (0.0, 0.1) },
            Observation { cam: 1, pt: 1, px: (-0.2, 0.4) },
        ];
        residuals(&cams, &pts, &obs)
    }
    #[test]
    fn checks() {
        f::check(&[1.0, 0.1, -0.1, 0.05, 0.9, -0.2, 0.1, 0.0, 1.3, 0.2, 0.5, 0.1, -0.3, 0.4, 0.6]).unwrap();
    }
}

mod results_of_folds_that_may_fail {
    use differentiable::prelude::*;
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum E {
        Neg,
        Big(usize),
    }
    #[differentiable(order = 2)]
    fn check(x: f64, i: usize) -> Result<f64, E> {
        if x < 0.0 {
            return Err(E::Neg);
        }
        if x > 50.0 { Err(E::Big(i)) } else { Ok(x.sqrt()) }
    }
    #[differentiable(order = 2)]
    fn all(v: &[f64]) -> Result<Vec<f64>, E> {
        v.iter().enumerate().map(|(i, &a)| check(a, i)).collect()
    }
    #[differentiable(order = 2)]
    fn total(v: &[f64]) -> Result<f64, E> {
        let t: f64 = all(v)?.iter().sum();
        let u = v.iter().enumerate().try_fold(1.0, |acc, (i, &a)| check(a, i).map(|r| acc * r))?;
        Ok(t * u)
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let good = total(x).unwrap_or_else(|_| -1.0);
        let neg = match total(&[x[0], -x[1]]) {
            Err(E::Neg) => x[1] * 2.0,
            Err(E::Big(i)) => i as f64,
            Ok(v) => v,
        };
        let big = total(&[x[0], 60.0 + x[1]]).map_err(|e| matches!(e, E::Big(1))).unwrap_or(x[2]);
        let opt = check(x[2], 0).ok().and_then(|a| check(a, 1).ok()).filter(|a| *a > 0.1).unwrap_or_default();
        let both = total(x).and_then(|t| check(t, 3)).is_ok();
        good * neg + big + opt + if both { check(x[0], 9).unwrap() } else { 0.0 }
    }
    #[test]
    fn checks() {
        f::check(&[0.9, 0.2, 0.4]).unwrap();
    }
}
