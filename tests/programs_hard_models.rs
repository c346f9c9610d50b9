//! Cameras, expressions, shapes and vectors as different people write them: types with payloads, operators, generic code.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

mod cameras_as_types {
    use differentiable::prelude::*;
    use std::ops::{Add, Mul, Neg, Sub};

    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Vec3<T>(pub T, pub T, pub T);

    #[differentiable]
    impl<T: Real> Add for Vec3<T> {
        type Output = Self;
        fn add(self, Vec3(x, y, z): Self) -> Self {
            Vec3(self.0 + x, self.1 + y, self.2 + z)
        }
    }

    #[differentiable]
    impl<T: Real> Mul<T> for Vec3<T> {
        type Output = Self;
        fn mul(self, k: T) -> Self {
            Vec3(self.0 * k, self.1 * k, self.2 * k)
        }
    }

    #[differentiable]
    impl<T: Real> Neg for Vec3<T> {
        type Output = Self;
        fn neg(self) -> Self {
            self * -T::one()
        }
    }

    #[differentiable]
    impl<T: Real> Vec3<T> {
        fn dot(&self, o: &Self) -> T {
            self.0 * o.0 + self.1 * o.1 + self.2 * o.2
        }
        fn cross(self, o: Self) -> Self {
            let Vec3(a, b, c) = self;
            let Vec3(d, e, f) = o;
            Vec3(b * f - c * e, c * d - a * f, a * e - b * d)
        }
        fn norm(&self) -> T {
            self.dot(self).sqrt()
        }
    }

    /// A rotation as a unit quaternion, made from a vector of angles.
    #[derive(Clone, Copy, Debug, Differentiable)]
    pub struct Rotation<T> {
        w: T,
        v: Vec3<T>,
    }

    #[differentiable]
    impl<T: Real> Rotation<T> {
        fn exp(r: Vec3<T>) -> Self {
            let angle = r.norm();
            let half = angle * T::from(0.5).unwrap();
            if angle < T::epsilon() {
                return Rotation { w: T::one(), v: r * T::from(0.5).unwrap() };
            }
            let (s, c) = half.sin_cos();
            Rotation { w: c, v: r * (s / angle) }
        }

        fn apply(&self, x: Vec3<T>) -> Vec3<T> {
            let t = self.v.cross(x) * (T::one() + T::one());
            x + t * self.w + self.v.cross(t)
        }
    }

    #[derive(Clone, Debug, Differentiable)]
    pub struct Camera<T> {
        rotation: Vec3<T>,
        centre: Vec3<T>,
        focal: T,
        distortion: (T, T),
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Observation {
        pub camera: usize,
        pub point: usize,
        pub at: [f64; 2],
    }

    #[differentiable]
    impl<T: Real> Camera<T> {
        fn project(&self, point: Vec3<T>) -> Option<(T, T)> {
            let p = Rotation::exp(self.rotation).apply(point + -self.centre);
            if p.2 >= T::zero() {
                return None;
            }
            let (x, y) = (-p.0 / p.2, -p.1 / p.2);
            let r2 = x.powi(2) + y.powi(2);
            let (k1, k2) = self.distortion;
            let scale = self.focal * (T::one() + r2 * (k1 + k2 * r2));
            Some((scale * x, scale * y))
        }
    }

    #[differentiable]
    fn cost(cameras: &[Camera<f64>], points: &[Vec3<f64>], #[constant] seen: &[Observation], delta: f64) -> f64 {
        let huber = |e: f64| if e.abs() <= delta { 0.5 * e * e } else { delta * (e.abs() - 0.5 * delta) };
        seen.iter()
            .filter_map(|o| {
                let (u, v) = cameras[o.camera].project(points[o.point])?;
                Some(huber(u - o.at[0]) + huber(v - o.at[1]))
            })
            .sum()
    }

    #[test]
    fn checks() {
        let camera = |k: f64| Camera {
            rotation: Vec3(0.1 * k, -0.2, 0.05),
            centre: Vec3(0.1, 0.2 * k, 3.0),
            focal: 1.2,
            distortion: (0.01, 0.002),
        };
        let points = [Vec3(0.2, 0.3, 0.1), Vec3(-0.4, 0.1, -0.3), Vec3(0.0, 0.0, 9.0)];
        let seen: Vec<Observation> = [(0, 0, [0.1, 0.2]), (1, 1, [-0.1, 3.0]), (0, 2, [0.0, 0.0]), (1, 0, [0.0, 0.1])]
            .map(|(camera, point, at)| Observation { camera, point, at })
            .to_vec();
        cost::check(&[camera(1.0), camera(-0.5)], &points, &seen, 0.2).unwrap();
        let still = Camera { rotation: Vec3(0.0, 0.0, 0.0), ..camera(1.0) };
        assert!(still.project(points[0]).unwrap().0.is_finite());
    }
}

mod bundle_over_flat_parameters {
    use differentiable::prelude::*;

    const CAM: usize = 7;

    #[differentiable]
    fn residuals(params: &[f64], n_cams: usize, obs: &[(usize, usize, f64, f64)], out: &mut [f64]) {
        let (cams, pts) = params.split_at(n_cams * CAM);
        for (k, &(c, p, u, v)) in obs.iter().enumerate() {
            let cam = &cams[c * CAM..(c + 1) * CAM];
            let pt = &pts[p * 3..][..3];
            let (sx, cx) = cam[0].sin_cos();
            let (sy, cy) = cam[1].sin_cos();
            let (sz, cz) = cam[2].sin_cos();
            let y1 = cx * pt[1] - sx * pt[2];
            let z1 = sx * pt[1] + cx * pt[2];
            let x2 = cy * pt[0] + sy * z1;
            let z2 = cy * z1 - sy * pt[0];
            let x3 = cz * x2 - sz * y1 + cam[3];
            let y3 = sz * x2 + cz * y1 + cam[4];
            let depth = z2 + cam[5];
            out[2 * k] = cam[6] * x3 / depth - u;
            out[2 * k + 1] = cam[6] * y3 / depth - v;
        }
    }

    #[differentiable(wrt(params))]
    fn objective(params: &[f64], n_cams: usize, obs: &[(usize, usize, f64, f64)], scratch: &mut Vec<f64>) -> f64 {
        scratch.clear();
        scratch.resize(2 * obs.len(), 0.0);
        residuals(params, n_cams, obs, scratch);
        let mut total = 0.0;
        let mut r = scratch.chunks(2);
        while let Some([a, b]) = r.next() {
            total += (1.0 + a * a + b * b).ln();
        }
        total
    }

    #[test]
    fn checks() {
        let params: Vec<f64> =
            (0..20).map(|i| 0.3 * (i as f64 * 1.3).sin() + if i % 7 > 4 { 3.0 } else { 0.1 }).collect();
        let obs = [(0, 0, 0.1, 0.3), (1, 1, -0.2, 0.4), (1, 0, 0.6, 0.0)];
        objective::check(&params, 2, &obs, &mut vec![1.0]).unwrap();
        residuals::check(&params, 2, &obs, &mut [0.0; 6]).unwrap();
    }
}

mod expressions_in_an_arena {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, PartialEq, Differentiable)]
    pub enum Node {
        Constant(f64),
        Input(usize),
        Unary { op: Unary, of: usize },
        Binary(Binary, usize, usize),
        Weighted { weights: Vec<f64>, of: Vec<usize>, bias: Option<f64> },
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Differentiable)]
    pub enum Unary {
        Neg,
        Exp,
        Sqrt,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Differentiable)]
    pub enum Binary {
        Add,
        Mul,
        Div,
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Fault {
        DivisionByZero(usize),
        Negative { node: usize },
    }

    /// Nodes refer to those before them.
    #[differentiable]
    fn evaluate(nodes: &[Node], inputs: &[f64]) -> Result<f64, Fault> {
        let mut values: Vec<f64> = Vec::with_capacity(nodes.len());
        for (at, node) in nodes.iter().enumerate() {
            let value = match node {
                Node::Constant(c) => *c,
                &Node::Input(i) => inputs[i],
                Node::Unary { op: Unary::Neg, of } => -values[*of],
                Node::Unary { op: Unary::Exp, of } => values[*of].exp(),
                &Node::Unary { op: Unary::Sqrt, of } => match values[of] {
                    v if v < 0.0 => return Err(Fault::Negative { node: at }),
                    v => v.sqrt(),
                },
                Node::Binary(op, a, b) => {
                    let (a, b) = (values[*a], values[*b]);
                    match op {
                        Binary::Add => a + b,
                        Binary::Mul => a * b,
                        Binary::Div if b == 0.0 => return Err(Fault::DivisionByZero(at)),
                        Binary::Div => a / b,
                    }
                }
                Node::Weighted { weights, of, bias } => {
                    weights.iter().zip(of).map(|(w, &i)| w * values[i]).sum::<f64>() + bias.unwrap_or_default()
                }
            };
            values.push(value);
        }
        Ok(*values.last().expect("an expression has a node"))
    }

    #[differentiable]
    fn squared(nodes: &[Node], inputs: &[f64]) -> f64 {
        evaluate(nodes, inputs).map(|v| v * v).unwrap_or(-1.0)
    }

    #[test]
    fn checks() {
        let nodes = [
            Node::Input(0),
            Node::Input(1),
            Node::Constant(2.5),
            Node::Unary { op: Unary::Exp, of: 0 },
            Node::Binary(Binary::Div, 3, 2),
            Node::Unary { op: Unary::Sqrt, of: 4 },
            Node::Weighted { weights: vec![0.5, -1.5], of: vec![5, 1], bias: Some(0.3) },
            Node::Binary(Binary::Mul, 6, 5),
        ];
        squared::check(&nodes, &[0.4, -0.7]).unwrap();
        let bad = [Node::Input(0), Node::Unary { op: Unary::Neg, of: 0 }, Node::Unary { op: Unary::Sqrt, of: 1 }];
        assert_eq!(evaluate(&bad, &[1.0]), Err(Fault::Negative { node: 2 }));
        assert_eq!(squared::grad(&bad, &[1.0]).1, vec![0.0]);
    }
}

mod contracts_as_enums {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    pub enum Leg {
        Fixed { rate: f64, notional: f64 },
        Floating(Curve, f64),
        Optional(Box<Leg>, Option<f64>),
        Nothing,
    }

    #[derive(Clone, Debug, Differentiable)]
    pub struct Curve {
        times: Vec<f64>,
        rates: Vec<f64>,
    }

    #[differentiable]
    impl Curve {
        fn at(&self, t: f64) -> f64 {
            match self.times.iter().position(|&s| s >= t) {
                None => self.rates[self.rates.len() - 1],
                Some(0) => self.rates[0],
                Some(k) => {
                    let w = (t - self.times[k - 1]) / (self.times[k] - self.times[k - 1]);
                    (1.0 - w) * self.rates[k - 1] + w * self.rates[k]
                }
            }
        }
        fn discount(&self, t: f64) -> f64 {
            (-self.at(t) * t).exp()
        }
    }

    #[differentiable]
    impl Leg {
        fn value(&self, curve: &Curve, years: u32) -> f64 {
            match self {
                Self::Fixed { rate, notional } => (1..=years).map(|y| notional * rate * curve.discount(y as f64)).sum(),
                Self::Floating(own, spread) => {
                    let mut total = 0.0;
                    for y in 1..=years {
                        let t = f64::from(y);
                        total += (own.at(t - 0.5) + spread) * curve.discount(t);
                    }
                    total
                }
                Self::Optional(leg, strike) => {
                    let inner = leg.value(curve, years);
                    let Some(strike) = strike else { return inner };
                    if inner > *strike { inner - strike } else { 0.0 }
                }
                Self::Nothing => 0.0,
            }
        }
    }

    #[differentiable]
    fn book(legs: &[Leg], curve: &Curve, bump: f64) -> f64 {
        let mut curve = curve.clone();
        curve.rates.iter_mut().for_each(|r| *r += bump);
        legs.iter().map(|leg| leg.value(&curve, 3)).sum::<f64>()
    }

    #[test]
    fn checks() {
        let curve = Curve { times: vec![0.4, 1.7, 2.6], rates: vec![0.02, 0.03, 0.025] };
        let legs = [
            Leg::Fixed { rate: 0.05, notional: 10.0 },
            Leg::Floating(Curve { times: vec![1.1], rates: vec![0.04] }, 0.01),
            Leg::Optional(Box::new(Leg::Fixed { rate: 0.03, notional: 20.0 }), Some(1.2)),
            Leg::Optional(Box::new(Leg::Floating(curve.clone(), 0.0)), None),
            Leg::Nothing,
        ];
        book::check(&legs, &curve, 0.001).unwrap();
    }
}

mod generic_vectors_of_any_length {
    use differentiable::prelude::*;
    use std::ops::{Add, Index, IndexMut, Mul, Sub};

    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct VecN<T, const N: usize>([T; N]);

    #[differentiable]
    impl<T: Real, const N: usize> Add for VecN<T, N> {
        type Output = Self;
        fn add(mut self, o: Self) -> Self {
            for i in 0..N {
                self.0[i] += o.0[i];
            }
            self
        }
    }

    #[differentiable]
    impl<T: Real, const N: usize> Sub for VecN<T, N> {
        type Output = Self;
        fn sub(self, o: Self) -> Self {
            VecN(std::array::from_fn(|i| self.0[i] - o.0[i]))
        }
    }

    #[differentiable]
    impl<T: Real, const N: usize> Mul<T> for VecN<T, N> {
        type Output = Self;
        fn mul(self, k: T) -> Self {
            VecN(self.0.map(|x| x * k))
        }
    }

    #[differentiable]
    impl<T: Real, const N: usize> Index<usize> for VecN<T, N> {
        type Output = T;
        fn index(&self, i: usize) -> &T {
            &self.0[i]
        }
    }

    #[differentiable]
    impl<T: Real, const N: usize> VecN<T, N> {
        fn zero() -> Self {
            VecN([T::zero(); N])
        }
        fn dot(&self, o: &Self) -> T {
            self.0.iter().zip(&o.0).fold(T::zero(), |s, (&a, &b)| s + a * b)
        }
        fn normalized(self) -> Option<Self> {
            let n = self.dot(&self).sqrt();
            (n > T::zero()).then(|| self * n.recip())
        }
    }

    /// Gram-Schmidt; vectors that vanish are left out.
    #[differentiable]
    fn span_volume<T: Real, const N: usize>(vs: &[VecN<T, N>], floor: T) -> T {
        let mut basis: Vec<VecN<T, N>> = vec![];
        let mut volume = T::one();
        for v in vs {
            let mut rest = *v;
            for b in &basis {
                rest = rest - *b * b.dot(v);
            }
            volume *= rest.dot(&rest).sqrt().max(floor);
            if let Some(unit) = rest.normalized() {
                basis.push(unit);
            }
        }
        volume + basis.iter().fold(VecN::zero(), |a, b| a + *b)[0]
    }

    #[test]
    fn checks() {
        let vs = [VecN([1.0, 2.0, 0.5]), VecN([-0.3, 1.0, 0.7]), VecN([0.1, 0.2, -1.0])];
        span_volume::check(&vs, 1e-3).unwrap();
        let single = [VecN([1.0f32, 2.0])];
        assert!((span_volume::grad(&single, 0.0).0[0].0[1] - 2.0 / 5f32.sqrt() + 0.4 / 5f32.sqrt()).abs() < 1e-5);
    }
}
