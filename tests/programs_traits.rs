//! Programs around traits with parameters, trees, state machines, tokens, layers in an enum, conversions.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;

mod ode_traits {
    use super::*;
    #[differentiable]
    pub trait Ode<const N: usize> {
        fn rhs(&self, t: f64, y: &[f64; N]) -> [f64; N];
        fn energy(&self, y: &[f64; N]) -> f64 {
            y.iter().map(|v| 0.5 * v * v).sum()
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Lorenz {
        sigma: f64,
        rho: f64,
        beta: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Pendulum {
        length: f64,
        damping: f64,
    }
    #[differentiable]
    impl Ode<3> for Lorenz {
        fn rhs(&self, _t: f64, &[x, y, z]: &[f64; 3]) -> [f64; 3] {
            let Lorenz { sigma, rho, beta } = self;
            [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
        }
        fn energy(&self, y: &[f64; 3]) -> f64 {
            y[0] + y[1] * y[2]
        }
    }
    #[differentiable]
    impl Ode<2> for Pendulum {
        fn rhs(&self, t: f64, y: &[f64; 2]) -> [f64; 2] {
            [y[1], -9.81 / self.length * y[0].sin() - self.damping * y[1] + 0.1 * t.cos()]
        }
        fn energy(&self, y: &[f64; 2]) -> f64 {
            0.5 * (y[1] * self.length).powi(2) - 9.81 * self.length * y[0].cos()
        }
    }
    #[differentiable]
    fn rk4<O: Ode<N> + Differentiable, const N: usize>(ode: &O, y0: [f64; N], dt: f64, steps: usize) -> [f64; N] {
        let shifted = |y: &[f64; N], k: &[f64; N], h: f64| -> [f64; N] { std::array::from_fn(|i| y[i] + h * k[i]) };
        let mut y = y0;
        for step in 0..steps {
            let t = step as f64 * dt;
            let k1 = ode.rhs(t, &y);
            let k2 = ode.rhs(t + 0.5 * dt, &shifted(&y, &k1, 0.5 * dt));
            let k3 = ode.rhs(t + 0.5 * dt, &shifted(&y, &k2, 0.5 * dt));
            let k4 = ode.rhs(t + dt, &shifted(&y, &k3, dt));
            for i in 0..N {
                y[i] += dt / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
            }
        }
        y
    }
    #[differentiable]
    fn lorenz(l: &Lorenz, y0: [f64; 3], dt: f64) -> f64 {
        let y = rk4(l, y0, dt, 5);
        l.energy(&y)
    }
    #[differentiable]
    fn pendulum(p: &Pendulum, y0: [f64; 2], dt: f64) -> f64 {
        p.energy(&rk4::<Pendulum, 2>(p, y0, dt, 5))
    }
    #[test]
    fn agrees() {
        lorenz::check(&Lorenz { sigma: 10.0, rho: 28.0, beta: 2.6 }, [1.0, 0.5, 0.2], 0.02).unwrap();
        pendulum::check(&Pendulum { length: 1.2, damping: 0.1 }, [0.4, 0.1], 0.05).unwrap();
    }
}

mod sums_of_structs {
    use super::*;
    use std::iter::{self, Sum, zip};
    use std::ops::{Add, Mul, Sub};
    #[derive(Clone, Copy, Debug, PartialEq, Default, Differentiable)]
    pub struct P {
        x: f64,
        y: f64,
    }
    #[differentiable]
    impl Add for P {
        type Output = P;
        fn add(self, o: P) -> P {
            P { x: self.x + o.x, y: self.y + o.y }
        }
    }
    #[differentiable]
    impl Sub for P {
        type Output = P;
        fn sub(self, o: P) -> P {
            P { x: self.x - o.x, y: self.y - o.y }
        }
    }
    #[differentiable]
    impl Mul<f64> for P {
        type Output = P;
        fn mul(self, k: f64) -> P {
            P { x: self.x * k, y: self.y * k }
        }
    }
    #[differentiable]
    impl P {
        fn cross(self, o: P) -> f64 {
            self.x * o.y - self.y * o.x
        }
        fn length(self) -> f64 {
            self.x.hypot(self.y)
        }
    }
    #[differentiable]
    fn centroid(ps: &[P]) -> P {
        let n = ps.len();
        let area: f64 = (0..n).map(|i| ps[i].cross(ps[(i + 1) % n])).sum::<f64>() / 2.0;
        let sum = (0..n)
            .map(|i| {
                let (a, b) = (ps[i], ps[(i + 1) % n]);
                (a + b) * a.cross(b)
            })
            .fold(P::default(), |a, b| a + b);
        sum * (1.0 / (6.0 * area))
    }
    #[differentiable]
    fn bezier(ps: &[P], t: f64) -> P {
        let mut work = ps.to_vec();
        for k in (1..work.len()).rev() {
            for i in 0..k {
                work[i] = work[i] * (1.0 - t) + work[i + 1] * t;
            }
        }
        work[0]
    }
    #[differentiable]
    fn total(ps: &[P], t: f64) -> f64 {
        let c = centroid(ps);
        let lengths: f64 = ps.windows(2).map(|w| (w[1] - w[0]).length()).sum();
        let b = bezier(ps, t);
        let pairs: f64 = zip(ps, ps.iter().skip(1)).map(|(a, b)| a.cross(*b)).sum();
        let ends: f64 = iter::once(t).chain(ps.iter().map(|p| p.x)).chain([c.y, b.x]).map(|v| v * v).sum();
        let (far, dist) = ps.iter().enumerate().fold((0, f64::MIN), |(i0, m), (i, p)| {
            let d = (*p - c).length();
            if d > m { (i, d) } else { (i0, m) }
        });
        lengths * b.length() + pairs.sqrt() + ends + far as f64 * dist
    }
    #[test]
    fn agrees() {
        total::check(&[P { x: 0.0, y: 0.1 }, P { x: 1.0, y: 0.2 }, P { x: 1.2, y: 1.1 }, P { x: 0.1, y: 0.9 }], 0.3)
            .unwrap();
    }
}

mod trees {
    use super::*;
    #[derive(Clone, Debug, Default, Differentiable)]
    pub struct Tree {
        root: Option<Box<Node>>,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Node {
        key: f64,
        weight: f64,
        left: Option<Box<Node>>,
        right: Option<Box<Node>>,
    }
    #[differentiable]
    impl Node {
        fn leaf(key: f64, weight: f64) -> Box<Node> {
            Box::new(Node { key, weight, left: None, right: None })
        }
        fn sum(&self, depth: i32) -> f64 {
            let below = self.left.as_ref().map_or(0.0, |l| l.sum(depth + 1))
                + self.right.as_ref().map_or(0.0, |r| r.sum(depth + 1));
            self.key * self.weight.powi(depth) + below
        }
        fn height(&self) -> usize {
            1 + [&self.left, &self.right].iter().filter_map(|c| c.as_ref()).map(|c| c.height()).max().unwrap_or(0)
        }
    }
    #[differentiable]
    impl Node {
        fn insert2(&mut self, key: f64, weight: f64) {
            if key < self.key {
                if let Some(l) = &mut self.left {
                    l.insert2(key, weight);
                } else {
                    self.left = Some(Node::leaf(key, weight));
                }
            } else {
                match self.right {
                    Some(ref mut r) => r.insert2(key, weight),
                    None => self.right = Some(Node::leaf(key, weight)),
                }
            }
        }
    }
    #[differentiable]
    fn build(keys: &[f64], w: f64) -> f64 {
        let mut root = Node::leaf(keys[0], w);
        for &k in &keys[1..] {
            root.insert2(k, w * 0.9);
        }
        root.sum(1)
    }
    #[test]
    fn agrees() {
        build::check(&[2.0, 1.0, 3.0, 0.5, 2.5], 1.1).unwrap();
    }
}

mod machines {
    use super::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    pub enum Phase {
        Heat { power: f64 },
        Hold(f64, #[constant] u32),
        Cool,
        Done,
    }
    #[differentiable]
    fn simulate(power: f64, hold: f64, ambient: f64) -> f64 {
        let mut phase = Phase::Heat { power };
        let mut temp = ambient;
        let mut used = 0.0;
        let mut guard = 0;
        loop {
            guard += 1;
            if guard > 60 {
                return f64::NAN;
            }
            phase = match phase {
                Phase::Heat { power } if temp < hold => {
                    temp += 0.4 * power - 0.1 * (temp - ambient);
                    used += power;
                    Phase::Heat { power: power * 0.97 }
                }
                Phase::Heat { power } => Phase::Hold(power * 0.5, 3),
                Phase::Hold(_, 0) => Phase::Cool,
                Phase::Hold(p, n) => {
                    temp += 0.1 * (p - 0.2 * temp);
                    used += p;
                    Phase::Hold(p, n - 1)
                }
                Phase::Cool => {
                    temp -= 0.3 * (temp - ambient);
                    if temp < ambient + 1.0 { Phase::Done } else { Phase::Cool }
                }
                Phase::Done => break temp + 0.01 * used,
            };
        }
    }
    #[differentiable]
    fn tokens(xs: &[f64]) -> f64 {
        let mut it = xs.iter();
        let mut acc = 1.0;
        while let Some(op) = it.next() {
            let Some(arg) = it.next() else { break };
            match *op as i32 {
                0 => acc += arg,
                1 => acc *= arg,
                2 => {
                    acc = acc.powf(*arg);
                    if let Some(extra) = it.next() {
                        acc -= extra;
                    }
                }
                _ => return acc * 0.5,
            }
        }
        let mut rest = xs.iter().copied().peekable();
        let mut runs = 0.0;
        while let Some(x) = rest.next() {
            if let Some(&next) = rest.peek() {
                runs += (next - x) * (next + x);
            }
        }
        acc + runs
    }
    #[test]
    fn agrees() {
        simulate::check(3.0, 24.0, 20.0).unwrap();
        tokens::check(&[0.3, 2.0, 1.2, 0.7, 2.1, 1.5, 0.2, 0.4, 0.9]).unwrap();
        tokens::check(&[0.3, 2.0, 1.2, 0.7, 9.1, 1.5, 0.2]).unwrap();
    }
}

mod networks_by_enum {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    pub struct Dense {
        w: Vec<Vec<f64>>,
        b: Vec<f64>,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub enum Layer {
        Dense(Dense),
        Scale(f64),
        Tanh,
        Skip(Box<Layer>),
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Net {
        layers: Vec<Layer>,
        #[constant]
        name: &'static str,
    }
    #[differentiable]
    impl Dense {
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            self.w
                .iter()
                .zip(self.b.iter())
                .map(|(r, b)| b + r.iter().zip(x).map(|(w, v)| w * v).sum::<f64>())
                .collect()
        }
    }
    #[differentiable]
    impl Layer {
        fn apply(&self, x: Vec<f64>) -> Vec<f64> {
            match self {
                Layer::Dense(d) => d.forward(&x),
                Layer::Scale(k) => x.into_iter().map(|v| v * k).collect(),
                Layer::Tanh => x.iter().map(|v| v.tanh()).collect(),
                Layer::Skip(inner) => {
                    let y = inner.apply(x.clone());
                    x.iter().zip(y).map(|(a, b)| a + b).collect()
                }
            }
        }
    }
    #[differentiable]
    impl Net {
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            self.layers.iter().fold(x.to_vec(), |acc, layer| layer.apply(acc))
        }
        fn loss(&self, data: &[(Vec<f64>, Vec<f64>)]) -> f64 {
            let mut total = 0.0;
            for (x, y) in data {
                let mut h = x.clone();
                for layer in &self.layers {
                    h = layer.apply(h);
                }
                total += h.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / h.len() as f64;
                total += self.forward(x).iter().copied().max_by(f64::total_cmp).unwrap_or(0.0);
            }
            total
        }
    }
    #[test]
    fn agrees() {
        let net = Net {
            name: "n",
            layers: vec![
                Layer::Dense(Dense { w: vec![vec![0.1, 0.4], vec![-0.3, 0.8]], b: vec![0.1, -0.1] }),
                Layer::Tanh,
                Layer::Skip(Box::new(Layer::Scale(0.7))),
            ],
        };
        net.loss_check(&[(vec![1.0, 0.5], vec![0.3, 0.2]), (vec![-0.4, 0.9], vec![0.1, 0.0])]).unwrap();
    }
}

mod conversions {
    use super::*;
    #[differentiable]
    fn pieces(v: &[f64]) -> f64 {
        let [a, b] = v[..2] else { return 0.0 };
        let tail: [f64; 2] = v[2..4].try_into().unwrap();
        let &[c, d] = &tail;
        let Some((last, rest)) = v.split_last() else { return a };
        if let [p, .., q] = rest {
            return (a * d - b * c) * last + p.powf(*q);
        }
        a + b
    }
    #[differentiable]
    fn units(deg: f64, x: f64) -> f64 {
        let rad = deg.to_radians();
        let y =
            x.log10() + x.log2() + x.log(3.0) + x.exp2() + x.cbrt() + x.exp_m1() + x.asinh() + x.fract() * x.trunc();
        let z = (x.rem_euclid(0.7) + rad.copysign(-1.0)).clamp(-2.0, 2.0);
        y * f64::sin(rad)
            + z
            + x.max(rad).min(3.0).to_degrees() * 1e-2
            + f64::powi(x, 3)
            + f64::powf(x, 0.3)
            + f64::atan2(x, rad)
            + x.sinh().acosh()
    }
    #[differentiable]
    fn late(x: f64, n: u8) -> f64 {
        let (a, b);
        let c: f64;
        (a, b) = if n > 2 { (x, x * x) } else { (x.sin(), 1.0) };
        if n % 2 == 0 {
            c = a + b
        } else {
            c = a * b
        }
        let mut d;
        d = c;
        d *= d;
        let e = loop {
            d *= 0.5;
            if d < 1.0 {
                break if n > 1 { d } else { a };
            }
        };
        [a, b, c, d, e].iter().enumerate().map(|(i, v)| v * (i + 1) as f64).sum()
    }
    #[differentiable]
    fn concat(a: &[f64], b: &[f64], x: f64) -> Vec<f64> {
        let joined = [a, b].concat();
        let scaled: Vec<f64> = joined.iter().map(|v| v * x).collect();
        let nested = vec![scaled.clone(), vec![x; 2]];
        let mut flat = nested.concat();
        flat.extend_from_slice(&scaled[..2]);
        flat.iter().rev().cloned().collect()
    }
    #[test]
    fn agrees() {
        pieces::check(&[1.0, 2.0, 0.3, 0.7, 1.1]).unwrap();
        units::check(33.0, 1.37).unwrap();
        for n in 0..5 {
            late::check(0.7, n).unwrap();
        }
    }
}

/// Layers with a type of an activation, which only a constant field mentions.
mod layers_of_a_kind {
    use super::*;
    use std::marker::PhantomData;
    #[differentiable]
    pub trait Activation {
        const LEAK: f64;
        fn apply(x: f64) -> f64;
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Tanh;
    #[derive(Clone, Debug, Differentiable)]
    pub struct Leaky;
    #[differentiable]
    impl Activation for Tanh {
        const LEAK: f64 = 0.0;
        fn apply(x: f64) -> f64 {
            x.tanh()
        }
    }
    #[differentiable]
    impl Activation for Leaky {
        const LEAK: f64 = 0.1;
        fn apply(x: f64) -> f64 {
            if x > 0.0 { x } else { Self::LEAK * x }
        }
    }
    #[differentiable]
    pub trait Layer {
        fn forward(&self, x: &[f64]) -> Vec<f64>;
        fn penalty(&self) -> f64 {
            0.0
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Dense<const I: usize, const O: usize> {
        w: [[f64; I]; O],
        b: [f64; O],
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Act<A> {
        scale: f64,
        #[constant]
        kind: PhantomData<A>,
    }
    #[differentiable]
    impl<const I: usize, const O: usize> Layer for Dense<I, O> {
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            self.w.iter().zip(&self.b).map(|(row, b)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b).collect()
        }
        fn penalty(&self) -> f64 {
            self.w.iter().flatten().map(|w| w.powi(2)).sum::<f64>()
        }
    }
    #[differentiable]
    impl<A: Activation + Clone> Layer for Act<A> {
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            x.iter().map(|&v| self.scale * A::apply(v)).collect()
        }
    }
    #[differentiable]
    impl<L: Layer + Differentiable, M: Layer + Differentiable> Layer for (L, M) {
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            let h = self.0.forward(x);
            self.1.forward(&h)
        }
        fn penalty(&self) -> f64 {
            self.0.penalty() + self.1.penalty()
        }
    }
    #[differentiable]
    pub fn loss<L>(net: &L, data: &[([f64; 2], f64)], lambda: f64) -> f64
    where
        L: Layer + Differentiable,
    {
        let mse = data
            .iter()
            .map(|(x, y)| {
                let p = net.forward(x);
                (p[0] - y).powi(2)
            })
            .sum::<f64>()
            / data.len() as f64;
        mse + lambda * net.penalty()
    }
    #[test]
    fn agrees() {
        let net = (
            (
                Dense { w: [[0.3, -0.4], [0.5, 0.2], [-0.7, 0.9]], b: [0.1, 0.0, -0.1] },
                Act::<Tanh> { scale: 1.1, kind: PhantomData },
            ),
            (Dense { w: [[0.2, -0.6, 0.4]], b: [0.05] }, Act::<Leaky> { scale: 0.9, kind: PhantomData }),
        );
        loss::check(&net, &[([0.5, -0.2], 0.3), ([-0.8, 0.4], -0.1)], 0.01).unwrap();
    }
}
