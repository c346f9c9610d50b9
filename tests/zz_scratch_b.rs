#![allow(warnings, clippy::all)]
use differentiable::prelude::*;
pub fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 2e-5 * (1.0 + a.abs().max(b.abs()))
}
pub fn diff(f: impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    (0..x.len())
        .map(|i| {
            let h = 1e-5;
            let mut p = x.to_vec();
            let mut m = x.to_vec();
            p[i] += h;
            m[i] -= h;
            (f(&p) - f(&m)) / (2.0 * h)
        })
        .collect()
}
#[macro_export]
macro_rules! case {
    ($f:ident, $x:expr) => {
        #[test]
        fn case1() {
            let x: &[f64] = &$x;
            $f::check(x).unwrap();
            let d = diff(|x| $f(x), x);
            let (v, g) = $f::value_and_grad(x);
            assert!(close(v, $f(x)), "value {v} {}", $f(x));
            assert!(d.iter().any(|d| *d != 0.0), "trivial");
            for (a, b) in d.iter().zip(&g) {
                assert!(close(*a, *b), "grad {g:?} differences {d:?}");
            }
            assert_eq!($f::grad(x), g);
            let mut into = vec![1.0; x.len()];
            let v2 = $f::grad_into(x, &mut into);
            assert!(close(v2, v));
            for (a, b) in into.iter().zip(&g) {
                assert!(close(*a - 1.0, *b), "into");
            }
            let (v3, pullback) = $f::vjp(x);
            assert!(close(v3, v));
            let p = pullback(2.0);
            let p2 = pullback(2.0);
            assert_eq!(p, p2);
            for (a, b) in p.iter().zip(&g) {
                assert!(close(*a, 2.0 * *b), "vjp");
            }
            let j = $f::jacobian(x);
            for i in 0..x.len() {
                let mut e = vec![0.0; x.len()];
                e[i] = 1.0;
                let (w, t) = $f::jvp(x, &e);
                assert!(close(w, v));
                assert!(close(t, g[i]), "jvp");
                assert!(close(j[[0, i]], g[i]));
            }
            second!($f, x);
        }
    };
}
macro_rules! second_true {
    ($f:ident, $x:expr) => {
        let h = $f::hessian($x);
        let n = $x.len();
        for i in 0..n {
            let d = diff(|x| $f::grad(x)[i], $x);
            let mut e = vec![0.0; n];
            e[i] = 1.0;
            let v = $f::hvp($x, &e);
            for j in 0..n {
                assert!((h[[i, j]] - d[j]).abs() < 1e-4 * (1.0 + d[j].abs()), "hessian {i} {j} {} {}", h[[i, j]], d[j]);
                assert!(close(v[j], h[[j, i]]), "hvp");
            }
        }
    };
}
macro_rules! second_false {
    ($($x:tt)*) => {};
}
macro_rules! second { ($($x:tt)*) => { second_true!($($x)*) } }
mod array_map {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn softmax<const N: usize>(x: [f64; N]) -> [f64; N] {
        let m = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let e = x.map(|v| (v - m).exp());
        let s: f64 = e.iter().sum();
        e.map(|v| v / s)
    }
    #[differentiable(order = 2)]
    fn matmul<const N: usize>(a: [[f64; N]; N], b: [[f64; N]; N]) -> [[f64; N]; N] {
        std::array::from_fn(|i| std::array::from_fn(|j| (0..N).map(|k| a[i][k] * b[k][j]).sum()))
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let s = softmax([x[0], x[1], x[2]]);
        let v: [f64; 3] = x[..3].try_into().unwrap();
        let p = softmax(v.map(|t| t * x[3]));
        let m = matmul([[x[0], x[1]], [x[2], x[3]]], [[s[0], p[1]], [1.0, x[0]]]);
        let t = [x[0], x[1]].map(f64::sin);
        m[0][0] * m[1][1] + s.iter().zip(p).map(|(a, b)| a * b.ln()).sum::<f64>() + t[0] * t[1]
    }
    case!(f, [0.1, 0.4, -0.3, 0.8]);
}
mod ba_struct {
    #[allow(unused_imports)]
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Camera {
        rotation: [f64; 3],
        translation: [f64; 3],
        focal: f64,
        distortion: (f64, f64),
    }
    #[derive(Clone, Copy, Debug)]
    struct Observation {
        camera: usize,
        point: usize,
        u: f64,
        v: f64,
    }
    #[differentiable(order = 2)]
    fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }
    #[differentiable(order = 2)]
    fn cross([a0, a1, a2]: [f64; 3], [b0, b1, b2]: [f64; 3]) -> [f64; 3] {
        [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
    }
    #[differentiable(order = 2)]
    fn rodrigues(r: &[f64; 3], p: &[f64; 3]) -> [f64; 3] {
        let theta2 = dot(r, r);
        if theta2 > 1e-12 {
            let theta = theta2.sqrt();
            let w = [r[0] / theta, r[1] / theta, r[2] / theta];
            let (s, c) = theta.sin_cos();
            let wxp = cross(w, *p);
            let tmp = dot(&w, p) * (1.0 - c);
            std::array::from_fn(|i| p[i] * c + wxp[i] * s + w[i] * tmp)
        } else {
            let wxp = cross(*r, *p);
            [p[0] + wxp[0], p[1] + wxp[1], p[2] + wxp[2]]
        }
    }
    #[differentiable(order = 2)]
    impl Camera {
        fn from_slice(x: &[f64]) -> Self {
            let &[r0, r1, r2, t0, t1, t2, f, k1, k2] = x else {
                panic!("a camera has nine parameters, got {}", x.len())
            };
            Camera { rotation: [r0, r1, r2], translation: [t0, t1, t2], focal: f, distortion: (k1, k2) }
        }
        fn project(&self, point: &[f64; 3]) -> (f64, f64) {
            let q = rodrigues(&self.rotation, point);
            let [x, y, z] = [q[0] + self.translation[0], q[1] + self.translation[1], q[2] + self.translation[2]];
            let (xp, yp) = (-x / z, -y / z);
            let r2 = xp * xp + yp * yp;
            let (k1, k2) = self.distortion;
            let d = 1.0 + r2 * (k1 + k2 * r2);
            (self.focal * d * xp, self.focal * d * yp)
        }
    }
    #[differentiable(order = 2)]
    fn cost(params: &[f64]) -> f64 {
        let cameras: Vec<Camera> = params[..18].chunks_exact(9).map(Camera::from_slice).collect();
        let points: Vec<[f64; 3]> = params[18..].chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect();
        let observations = [
            Observation { camera: 0, point: 0, u: 0.1, v: 0.2 },
            Observation { camera: 1, point: 0, u: -0.3, v: 0.2 },
            Observation { camera: 1, point: 1, u: 0.4, v: -0.1 },
        ];
        let mut e = 0.0;
        for o in &observations {
            let (u, v) = cameras[o.camera].project(&points[o.point]);
            let (du, dv) = (u - o.u, v - o.v);
            e += 0.5 * (du * du + dv * dv);
        }
        e
    }
    case!(
        cost,
        [
            0.1, -0.2, 0.3, 0.0, 0.1, 2.0, 1.1, 0.01, 0.002, -0.1, 0.2, 0.05, 0.2, 0.0, 2.5, 0.9, 0.02, 0.001, 0.5,
            0.4, 1.0, -0.3, 0.6, 0.8
        ]
    );
}
mod box_tree {
    #[allow(unused_imports)]
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Node {
        value: f64,
        left: Option<Box<Node>>,
        right: Option<Box<Node>>,
    }
    #[differentiable(order = 2)]
    impl Node {
        fn leaf(value: f64) -> Self {
            Node { value, left: None, right: None }
        }
        fn sum(&self) -> f64 {
            let l = match &self.left {
                Some(n) => n.sum(),
                None => 0.0,
            };
            let r = if let Some(n) = &self.right { n.sum() } else { 1.0 };
            self.value * (1.0 + l) + r.sin()
        }
        fn insert(&mut self, v: f64) {
            if v < self.value {
                match &mut self.left {
                    Some(n) => n.insert(v),
                    None => self.left = Some(Box::new(Node::leaf(v))),
                }
            } else {
                match self.right {
                    Some(ref mut n) => n.insert(v),
                    None => self.right = Some(Box::new(Node::leaf(v))),
                }
            }
        }
        fn depth(&self) -> usize {
            1 + self.left.as_ref().map_or(0, |n| n.depth()).max(self.right.as_ref().map_or(0, |n| n.depth()))
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut root = Node::leaf(x[0]);
        for &v in &x[1..] {
            root.insert(v);
        }
        root.sum() * root.depth() as f64
    }
    case!(f, [0.5, 0.4, -0.3, 0.8, 0.6]);
}
mod brusselator_grid {
    #[allow(unused_imports)]
    use super::*;
    const N: usize = 4;
    #[inline]
    fn limit(a: usize) -> usize {
        if a == N { 0 } else { a }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Params {
        a: f64,
        b: f64,
        alpha: f64,
    }
    #[differentiable(order = 2)]
    fn laplacian(u: &[[f64; N]; N], i: usize, j: usize) -> f64 {
        let (ip, im) = ((i + 1) % N, (i + N - 1) % N);
        let (jp, jm) = (limit(j + 1), if j == 0 { N - 1 } else { j - 1 });
        u[ip][j] + u[im][j] + u[i][jp] + u[i][jm] - 4.0 * u[i][j]
    }
    #[differentiable(order = 2)]
    fn brusselator(du: &mut [[[f64; N]; N]; 2], u: &[[[f64; N]; N]; 2], p: &Params, t: f64) {
        let dx = 1.0 / (N - 1) as f64;
        let alpha = p.alpha / (dx * dx);
        for i in 0..N {
            for j in 0..N {
                let (x, y) = (i as f64 * dx, j as f64 * dx);
                let forcing = if (x - 0.3).powi(2) + (y - 0.6).powi(2) <= 0.01 && t >= 1.1 { 5.0 } else { 0.0 };
                let (uu, vv) = (u[0][i][j], u[1][i][j]);
                du[0][i][j] = alpha * laplacian(&u[0], i, j) + p.b + uu * uu * vv - (p.a + 1.0) * uu + forcing;
                du[1][i][j] = alpha * laplacian(&u[1], i, j) + p.a * uu - uu * uu * vv;
            }
        }
    }
    #[differentiable(order = 2)]
    fn simulate(x: &[f64]) -> f64 {
        let p = Params { a: x[0], b: x[1], alpha: x[2] };
        let mut u = [[[0.0; N]; N]; 2];
        for i in 0..N {
            for j in 0..N {
                let y = j as f64 / N as f64;
                u[0][i][j] = 22.0 * (y * (1.0 - y)).powf(1.5);
                u[1][i][j] = 27.0 * (x[3] * (1.0 - x[3])).powf(1.5);
            }
        }
        let mut du = [[[0.0; N]; N]; 2];
        let mut t = 0.0;
        while t < 0.02 {
            brusselator(&mut du, &u, &p, t);
            for s in 0..2 {
                for i in 0..N {
                    for j in 0..N {
                        u[s][i][j] += 0.005 * du[s][i][j];
                    }
                }
            }
            t += 0.005;
        }
        u.iter().flatten().flatten().map(|v| v * v).sum::<f64>().sqrt()
    }
    case!(simulate, [3.4, 1.0, 0.1, 0.4]);
}
mod chains {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let w = [0.5, -1.0, 2.0, 0.25];
        let a: f64 = x.iter().zip(w.iter().cycle().take(x.len())).map(|(a, b)| a * b).sum();
        a
    }
    #[differentiable(order = 2)]
    fn g(x: &[f64]) -> f64 {
        let norm = x.iter().map(|v| v.powi(2)).sum::<f64>().sqrt();
        let smooth: Vec<f64> = x.windows(3).map(|w| w.iter().sum::<f64>() / 3.0).collect();
        let diffs =
            smooth.iter().zip(smooth.iter().skip(1)).map(|(a, b)| b - a).filter(|d| *d > -10.0).collect::<Vec<_>>();
        let energy = diffs.iter().rev().enumerate().fold(0.0, |acc, (i, d)| acc + d * d * (i as f64 + 1.0));
        let (even, odd): (Vec<(usize, f64)>, Vec<(usize, f64)>) =
            x.iter().copied().enumerate().partition(|(i, _)| i % 2 == 0);
        let p: f64 = even.iter().map(|(_, v)| v).product();
        let q = odd.into_iter().map(|(i, v)| v * i as f64).chain(std::iter::once(norm)).sum::<f64>();
        let m = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let dot: f64 = x.chunks(2).flat_map(|c| c.iter().map(|v| v * 0.5)).zip(x).map(|(a, b)| a * b).sum();
        let s: f64 = x
            .iter()
            .scan(1.0, |st, v| {
                *st *= v;
                Some(*st)
            })
            .take_while(|v| v.abs() > 1e-9)
            .last()
            .unwrap_or(0.0);
        let mx = x.iter().map(|v| v * norm).max_by(|a, b| a.partial_cmp(b).unwrap()).unwrap();
        let mn = x.iter().min_by(|a, b| a.total_cmp(b)).unwrap();
        energy + p + q + m + dot + s + mx * mn
    }
    case!(g, [0.7, -0.2, 1.1, 0.4, 0.9]);
}
mod chains_cycle {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let w = [0.5, -1.0, 2.0];
        x.iter().zip(w.iter().cycle()).map(|(a, b)| a * a * b).sum()
    }
    case!(f, [0.7, -0.2, 1.1, 0.4, 0.9]);
}
mod chol_generic {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn cholesky<T: Real, const N: usize>(a: &[[T; N]; N]) -> [[T; N]; N] {
        let mut l = [[T::zero(); N]; N];
        for i in 0..N {
            for j in 0..=i {
                let mut sum = a[i][j];
                for k in 0..j {
                    sum -= l[i][k] * l[j][k];
                }
                l[i][j] = if i == j { sum.sqrt() } else { sum / l[j][j] };
            }
        }
        l
    }
    #[differentiable(order = 2)]
    fn logdet<T: Real, const N: usize>(a: &[[T; N]; N]) -> T {
        let l = cholesky(a);
        let mut s = T::zero();
        for (i, row) in l.iter().enumerate() {
            s += row[i].ln();
        }
        s + s
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let a = [[v[0] + 2.0, v[1], v[2]], [v[1], v[3] + 2.0, v[4]], [v[2], v[4], v[5] * v[5] + 2.0]];
        logdet(&a)
    }
    case!(f, [0.5, 0.2, -0.1, 0.8, 0.3, 1.2]);
}
mod chol_inplace {
    #[allow(unused_imports)]
    use super::*;
    #[derive(Debug, Clone)]
    pub enum LinAlgError {
        NotPositiveDefinite { pivot: usize },
        Empty,
    }
    /// Overwrites the lower triangle.
    #[differentiable(order = 2)]
    pub fn potrf(a: &mut [f64], n: usize) -> Result<(), LinAlgError> {
        if n == 0 {
            return Err(LinAlgError::Empty);
        }
        for k in 0..n {
            let akk = a[k * n + k];
            if akk <= 0.0 {
                return Err(LinAlgError::NotPositiveDefinite { pivot: k });
            }
            let pivot = akk.sqrt();
            a[k * n + k] = pivot;
            for i in k + 1..n {
                a[i * n + k] /= pivot;
            }
            for j in k + 1..n {
                for i in j..n {
                    a[i * n + j] -= a[i * n + k] * a[j * n + k];
                }
            }
        }
        Ok(())
    }
    #[differentiable(order = 2)]
    fn mahalanobis(x: &[f64]) -> Result<f64, LinAlgError> {
        let mut a = vec![2.0, 0.0, 0.0, x[0], 3.0, 0.0, x[1], x[2], 4.0];
        potrf(&mut a, 3)?;
        let mut z = [x[3], x[4], x[5]];
        for i in 0..3 {
            for j in 0..i {
                z[i] -= a[i * 3 + j] * z[j];
            }
            z[i] /= a[i * 3 + i];
        }
        Ok(z.iter().fold(0.0, |acc, v| acc + v * v).sqrt())
    }
    #[differentiable(order = 2)]
    fn g(x: &[f64]) -> f64 {
        mahalanobis(x).unwrap_or(0.0)
            + match potrf(&mut [], 0) {
                Ok(()) => 1.0,
                Err(LinAlgError::Empty) => x[0],
                Err(_) => x[1],
            }
    }
    case!(g, [0.3, -0.4, 0.5, 1.0, 2.0, -1.0]);
}
mod chol_vecvec {
    #[allow(unused_imports)]
    use super::*;
    type Mat = Vec<Vec<f64>>;
    #[differentiable(order = 2)]
    fn cholesky(a: &Mat) -> Option<Mat> {
        let n = a.len();
        let mut l = vec![vec![0.0; n]; n];
        for j in 0..n {
            let s: f64 = (0..j).map(|k| l[j][k] * l[j][k]).sum();
            let d = a[j][j] - s;
            if !(d > 0.0) {
                return None;
            }
            l[j][j] = d.sqrt();
            for i in j + 1..n {
                let s: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
                l[i][j] = (a[i][j] - s) / l[j][j];
            }
        }
        Some(l)
    }
    #[differentiable(order = 2)]
    fn forward_sub(l: &Mat, b: &[f64]) -> Vec<f64> {
        let mut y = Vec::with_capacity(b.len());
        for (i, row) in l.iter().enumerate() {
            let dot: f64 = row[..i].iter().zip(&y).map(|(a, b)| a * b).sum();
            y.push((b[i] - dot) / row[i]);
        }
        y
    }
    #[differentiable(order = 2)]
    fn log_likelihood(p: &[f64]) -> f64 {
        let (ls, var, noise) = (p[0], p[1], p[2]);
        let xs = [0.0, 0.7, 1.3, 2.1];
        let ys = [0.2, 0.9, 0.4, -0.5];
        let n = xs.len();
        let mut k: Mat = Vec::new();
        for i in 0..n {
            let mut row = Vec::new();
            for j in 0..n {
                let d: f64 = xs[i] - xs[j];
                let mut v = var * (-0.5 * d * d / (ls * ls)).exp();
                if i == j {
                    v += noise;
                }
                row.push(v);
            }
            k.push(row);
        }
        if let Some(l) = cholesky(&k) {
            let z = forward_sub(&l, &ys);
            let quad = z.iter().map(|v| v * v).sum::<f64>();
            let logdet = 2.0 * l.iter().enumerate().map(|(i, r)| r[i].ln()).sum::<f64>();
            -0.5 * (quad + logdet)
        } else {
            f64::NEG_INFINITY
        }
    }
    case!(log_likelihood, [0.8, 1.3, 0.2]);
}
mod closures1 {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (a, b) = (x[0], x[1]);
        let sq = |t: f64| t * t;
        let affine = |t| a * t + b;
        let compose = |t: f64| sq(affine(t)) + a;
        let mut count = 0;
        let mut total = 0.0;
        let mut add = |v: f64| {
            count += 1;
            total += v * b;
        };
        for &v in x {
            add(compose(v));
        }
        add(1.0);
        let scale = move |v: f64, k: i32| {
            if k == 0 {
                return v;
            }
            v * (a.powi(k))
        };
        let table: Vec<f64> = (0..4).map(|k| scale(b, k)).collect();
        total / count as f64 + table.iter().map(|&t| sq(t)).sum::<f64>()
    }
    #[differentiable(order = 2)]
    fn integrate(x: &[f64]) -> f64 {
        let n = 20;
        let h = 1.0 / n as f64;
        let integrand = |t: f64| -> f64 {
            let u = x[0] * t;
            (u + x[1]).exp() / (1.0 + x[2] * t * t)
        };
        let trapezoid = |lo: f64, hi: f64| 0.5 * h * (integrand(lo) + integrand(hi));
        (0..n)
            .map(|i| {
                let lo = i as f64 * h;
                trapezoid(lo, lo + h)
            })
            .sum()
    }
    #[differentiable(order = 2)]
    fn g(x: &[f64]) -> f64 {
        f(x) + integrate(x)
    }
    case!(g, [0.7, -0.2, 1.1]);
}
mod early {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn classify(x: &[f64], w: f64) -> f64 {
        if x.is_empty() {
            return 0.0;
        }
        let mut s = 1.0;
        for (i, &a) in x.iter().enumerate() {
            if a < -1.0 {
                return s * a;
            }
            for &b in &x[i..] {
                if a * b > 2.5 {
                    return s + a * b * w;
                }
                s += a * b;
                match (a > b, s) {
                    (true, s) if s > 10.0 => return s.ln(),
                    (false, _) => continue,
                    _ => {}
                }
                s *= w;
            }
        }
        let Some(last) = x.last() else { return -1.0 };
        return s * *last;
    }
    #[differentiable(order = 2)]
    fn newton(a: f64) -> f64 {
        let mut x = a;
        let mut n = 0;
        loop {
            let next = 0.5 * (x + a / x);
            if (next - x).abs() < 1e-14 || n > 50 {
                return next;
            }
            x = next;
            n += 1;
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        classify(x, 0.9)
            + classify(&x[..2], x[3])
            + classify(&[], x[0])
            + newton(x[2] + 2.0)
            + classify(&[x[0] * 2.0, x[1] * 3.0], 1.0)
    }
    case!(f, [0.4, 1.3, 0.9, 0.7]);
}
mod enum_expr {
    #[allow(unused_imports)]
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    enum Expr {
        Const(f64),
        Var(usize),
        Add(Box<Expr>, Box<Expr>),
        Mul(Box<Expr>, Box<Expr>),
        Sin(Box<Expr>),
        Pow { base: Box<Expr>, exp: i32 },
    }
    #[differentiable(order = 2)]
    fn eval(e: &Expr, env: &[f64]) -> f64 {
        match e {
            Expr::Const(c) => *c,
            Expr::Var(i) => env[*i],
            Expr::Add(a, b) => eval(a, env) + eval(b, env),
            Expr::Mul(a, b) => eval(a, env) * eval(b, env),
            Expr::Sin(a) => eval(a, env).sin(),
            Expr::Pow { base, exp } => eval(base, env).powi(*exp),
        }
    }
    fn tree(c: f64) -> Expr {
        Expr::Add(
            Box::new(Expr::Mul(Box::new(Expr::Const(c)), Box::new(Expr::Sin(Box::new(Expr::Var(0)))))),
            Box::new(Expr::Pow { base: Box::new(Expr::Var(1)), exp: 3 }),
        )
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let e = Expr::Mul(
            Box::new(Expr::Const(x[2])),
            Box::new(Expr::Add(Box::new(Expr::Var(0)), Box::new(Expr::Sin(Box::new(Expr::Const(x[1])))))),
        );
        eval(&e, x) + eval(&Expr::Pow { base: Box::new(Expr::Var(1)), exp: 2 }, &x[..2])
    }
    case!(f, [0.3, 0.7, 1.9]);
    #[test]
    fn direct() {
        eval::check(&tree(1.4), &[0.4, 0.9]).unwrap();
    }
}
mod enum_shapes {
    #[allow(unused_imports)]
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    enum Shape {
        Circle { radius: f64 },
        Rect { w: f64, h: f64 },
        Tri(f64, f64, f64),
        Point,
    }
    #[differentiable(order = 2)]
    impl Shape {
        fn area(&self) -> f64 {
            match *self {
                Shape::Circle { radius } => std::f64::consts::PI * radius * radius,
                Shape::Rect { w, h } if w == h => w * w,
                Shape::Rect { w, h } => w * h,
                Shape::Tri(a, b, c) => {
                    let s = (a + b + c) / 2.0;
                    (s * (s - a) * (s - b) * (s - c)).sqrt()
                }
                Shape::Point => 0.0,
            }
        }
        fn scale(&mut self, k: f64) {
            match self {
                Self::Circle { radius: r } => *r *= k,
                Self::Rect { w, h } => {
                    *w *= k;
                    *h *= k;
                }
                Self::Tri(a, b, c) => {
                    *a *= k;
                    *b *= k;
                    *c *= k;
                }
                Self::Point => {}
            }
        }
        fn bounding(self) -> Shape {
            match self {
                Shape::Circle { radius } => Shape::Rect { w: 2.0 * radius, h: 2.0 * radius },
                other => other,
            }
        }
    }
    #[differentiable(order = 2)]
    fn total(x: &[f64]) -> f64 {
        let mut shapes = vec![
            Shape::Circle { radius: x[0] },
            Shape::Rect { w: x[1], h: x[2] },
            Shape::Tri(x[0] + 2.0, x[1] + 2.0, 3.0),
            Shape::Point,
        ];
        for (i, s) in shapes.iter_mut().enumerate() {
            s.scale(1.0 + 0.1 * i as f64 * x[2]);
        }
        shapes.iter().map(|s| s.area() + s.bounding().area() * 0.5).sum()
    }
    case!(total, [1.2, 0.7, 0.4]);
}
mod fft_complex {
    #[allow(unused_imports)]
    use super::*;
    use differentiable::num_complex::Complex64;
    #[differentiable(order = 2)]
    fn fft(a: &mut Vec<Complex64>, invert: bool) {
        let n = a.len();
        if n == 1 {
            return;
        }
        let mut a0 = Vec::with_capacity(n / 2);
        let mut a1 = Vec::with_capacity(n / 2);
        for i in 0..n / 2 {
            a0.push(a[2 * i]);
            a1.push(a[2 * i + 1]);
        }
        fft(&mut a0, invert);
        fft(&mut a1, invert);
        let ang = 2.0 * std::f64::consts::PI / n as f64 * if invert { -1.0 } else { 1.0 };
        let mut w = Complex64::new(1.0, 0.0);
        let wn = Complex64::new(ang.cos(), ang.sin());
        for i in 0..n / 2 {
            a[i] = a0[i] + w * a1[i];
            a[i + n / 2] = a0[i] - w * a1[i];
            if invert {
                a[i] /= 2.0;
                a[i + n / 2] /= 2.0;
            }
            w *= wn;
        }
    }
    #[differentiable(order = 2)]
    fn filtered(x: &[f64]) -> f64 {
        let mut z: Vec<Complex64> = x.iter().map(|v| Complex64::new(*v, 0.0)).collect();
        fft(&mut z, false);
        let n = z.len();
        for (k, c) in z.iter_mut().enumerate() {
            let f = k.min(n - k) as f64;
            *c = *c * (-0.3 * f * f).exp();
        }
        fft(&mut z, true);
        z.iter().map(|c| c.re.powi(3)).sum()
    }
    case!(filtered, [0.1, 0.5, -0.3, 0.7]);
}
mod fft_iter {
    #[allow(unused_imports)]
    use super::*;
    use std::f64::consts::TAU;
    fn bit_reverse(i: usize, bits: u32) -> usize {
        i.reverse_bits() >> (usize::BITS - bits)
    }
    #[differentiable(order = 2)]
    fn fft_in_place(data: &mut [(f64, f64)]) {
        let n = data.len();
        assert!(n.is_power_of_two());
        let bits = n.trailing_zeros();
        for i in 0..n {
            let j = bit_reverse(i, bits);
            if j > i {
                data.swap(i, j);
            }
        }
        let mut size = 2;
        while size <= n {
            let half = size / 2;
            let step = -TAU / size as f64;
            for chunk in data.chunks_exact_mut(size) {
                let (lo, hi) = chunk.split_at_mut(half);
                for k in 0..half {
                    let (s, c) = (step * k as f64).sin_cos();
                    let (hr, hi_im) = hi[k];
                    let t = (hr * c - hi_im * s, hr * s + hi_im * c);
                    let u = lo[k];
                    lo[k] = (u.0 + t.0, u.1 + t.1);
                    hi[k] = (u.0 - t.0, u.1 - t.1);
                }
            }
            size *= 2;
        }
    }
    #[differentiable(order = 2)]
    fn spectrum(x: &[f64]) -> f64 {
        let mut buf: Vec<(f64, f64)> = x.iter().map(|&v| (v, 0.0)).collect();
        fft_in_place(&mut buf);
        buf.iter().enumerate().map(|(k, &(re, im))| (re * re + im * im) / (1.0 + k as f64)).sum()
    }
    case!(spectrum, [0.1, 0.5, -0.3, 0.7, 0.2, -0.9, 0.4, 0.6]);
}
mod fft_rec {
    #[allow(unused_imports)]
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Cplx {
        re: f64,
        im: f64,
    }
    #[differentiable(order = 2)]
    impl std::ops::Add for Cplx {
        type Output = Cplx;
        fn add(self, o: Cplx) -> Cplx {
            Cplx { re: self.re + o.re, im: self.im + o.im }
        }
    }
    #[differentiable(order = 2)]
    impl std::ops::Sub for Cplx {
        type Output = Cplx;
        fn sub(self, o: Cplx) -> Cplx {
            Cplx { re: self.re - o.re, im: self.im - o.im }
        }
    }
    #[differentiable(order = 2)]
    impl std::ops::Mul for Cplx {
        type Output = Cplx;
        fn mul(self, o: Cplx) -> Cplx {
            Cplx { re: self.re * o.re - self.im * o.im, im: self.re * o.im + self.im * o.re }
        }
    }
    #[differentiable(order = 2)]
    impl Cplx {
        const ZERO: Cplx = Cplx { re: 0.0, im: 0.0 };
        fn from_polar(r: f64, theta: f64) -> Self {
            Self { re: r * theta.cos(), im: r * theta.sin() }
        }
        fn norm_sqr(&self) -> f64 {
            self.re.powi(2) + self.im.powi(2)
        }
    }
    #[differentiable(order = 2)]
    fn fft(x: &[Cplx]) -> Vec<Cplx> {
        let n = x.len();
        if n == 1 {
            return vec![x[0]];
        }
        let even: Vec<Cplx> = x.iter().step_by(2).copied().collect();
        let odd: Vec<Cplx> = x.iter().skip(1).step_by(2).copied().collect();
        let e = fft(&even);
        let o = fft(&odd);
        let mut out = vec![Cplx::ZERO; n];
        for k in 0..n / 2 {
            let w = Cplx::from_polar(1.0, -2.0 * std::f64::consts::PI * k as f64 / n as f64);
            let t = w * o[k];
            out[k] = e[k] + t;
            out[k + n / 2] = e[k] - t;
        }
        out
    }
    #[differentiable(order = 2)]
    fn energy(x: &[f64]) -> f64 {
        let c: Vec<Cplx> = x.iter().map(|&re| Cplx { re, im: 0.0 }).collect();
        let f = fft(&c);
        f.iter().take(3).map(|z| z.norm_sqr()).sum::<f64>() + f[2].re * f[1].im
    }
    case!(energy, [0.1, 0.5, -0.3, 0.7, 0.2, -0.9, 0.4, 0.6]);
}
mod generic_vec3 {
    #[allow(unused_imports)]
    use super::*;
    use std::ops::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Vec3<T> {
        pub x: T,
        pub y: T,
        pub z: T,
    }
    #[differentiable(order = 2)]
    impl<T: Real> Add for Vec3<T> {
        type Output = Vec3<T>;
        fn add(self, o: Self) -> Self::Output {
            Vec3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Sub for Vec3<T> {
        type Output = Vec3<T>;
        fn sub(self, o: Self) -> Self::Output {
            Vec3 { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z }
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Mul<T> for Vec3<T> {
        type Output = Vec3<T>;
        fn mul(self, k: T) -> Self::Output {
            Vec3 { x: self.x * k, y: self.y * k, z: self.z * k }
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Div<T> for Vec3<T> {
        type Output = Vec3<T>;
        fn div(self, k: T) -> Self::Output {
            self * (T::one() / k)
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Neg for Vec3<T> {
        type Output = Vec3<T>;
        fn neg(self) -> Self::Output {
            Vec3 { x: -self.x, y: -self.y, z: -self.z }
        }
    }
    #[differentiable(order = 2)]
    impl<'a, T: Real> Add<&'a Vec3<T>> for &'a Vec3<T> {
        type Output = Vec3<T>;
        fn add(self, o: &Vec3<T>) -> Vec3<T> {
            Vec3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Vec3<T> {
        pub fn new(x: T, y: T, z: T) -> Self {
            Self { x, y, z }
        }
        pub fn dot(&self, o: &Self) -> T {
            self.x * o.x + self.y * o.y + self.z * o.z
        }
        pub fn cross(&self, o: &Self) -> Self {
            Self::new(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)
        }
        pub fn norm(&self) -> T {
            self.dot(self).sqrt()
        }
        pub fn normalized(self) -> Self {
            let n = self.norm();
            self / n
        }
        pub fn reflect(self, n: Self) -> Self {
            self - n * (self.dot(&n) * (T::one() + T::one()))
        }
    }
    #[differentiable(order = 2)]
    fn shade<T: Real>(o: Vec3<T>, d: Vec3<T>, r: T) -> T {
        let d = d.normalized();
        let b = o.dot(&d);
        let c = o.dot(&o) - r * r;
        let disc = b * b - c;
        if disc < T::zero() {
            return T::zero();
        }
        let t = -b - disc.sqrt();
        let hit = o + d * t;
        let n = hit.normalized();
        let l = Vec3::new(T::one(), T::one(), -T::one()).normalized();
        n.dot(&l).max(T::zero()) + d.reflect(n).cross(&l).norm() + (&hit + &n).x
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        shade(Vec3::new(v[0], v[1], v[2]), Vec3 { x: v[3], y: v[4], z: 1.0 }, v[5])
            + (-Vec3::new(v[0], v[1], 1.0)).dot(&Vec3::new(v[2], v[2], v[3]))
    }
    case!(f, [0.1, 0.2, -3.0, 0.05, -0.1, 1.2]);
}
mod hostile1 {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn f(d_x: &[f64]) -> f64 {
        let x = d_x[0];
        let tape = d_x[1];
        let t = x * tape;
        let t_1 = t + x;
        let value = t_1 * t;
        let ct = value.sin();
        let adj = ct;
        let cotangent = adj * x;
        let grad = cotangent + t_1;
        let pullback = grad;
        let result = {
            let t = pullback * 2.0;
            let d_t = t + 1.0;
            d_t * t
        };
        let old = result;
        let saved = old + d_x[2];
        let seed = saved;
        let out = seed * seed;
        let state = out;
        let dual = state;
        let x_dot = dual * 1e-3;
        let f = x_dot;
        let f64_ = f;
        let usize_ = 2usize;
        let vec = vec![f64_; usize_];
        let iter = vec.iter();
        let sum: f64 = iter.sum();
        let core = sum;
        let std = core;
        let differentiable = std;
        let prelude = differentiable;
        let r#loop = prelude;
        r#loop
    }
    #[differentiable(order = 2)]
    fn g(x: &[f64]) -> f64 {
        let mut value = x[0];
        let mut d_value = x[1];
        let mut i = 0usize;
        let mut entry = 1.0;
        let lo = 0;
        let hi = 5;
        let mut stack = vec![];
        for tape in lo..hi {
            let t = value * d_value;
            stack.push(t);
            value = t + entry;
            d_value *= 0.9;
            entry += value * x[2];
            i += tape;
        }
        while let Some(t) = stack.pop() {
            let d_t = t;
            entry -= d_t * value;
            value *= 0.5;
        }
        let x = entry;
        let x = x * value;
        {
            let x = 3.0;
            value += x;
        }
        x + value + i as f64
    }
    #[differentiable(order = 2)]
    fn h(x: &[f64]) -> f64 {
        f(x) + g(x)
    }
    case!(h, [0.7, -0.2, 1.1]);
}
mod index_ops {
    #[allow(unused_imports)]
    use super::*;
    use std::ops::{Index, IndexMut};
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Grid {
        w: usize,
        h: usize,
        cells: Vec<f64>,
    }
    #[differentiable(order = 2)]
    impl Index<(usize, usize)> for Grid {
        type Output = f64;
        fn index(&self, (i, j): (usize, usize)) -> &f64 {
            &self.cells[i * self.w + j]
        }
    }
    #[differentiable(order = 2)]
    impl IndexMut<(usize, usize)> for Grid {
        fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
            &mut self.cells[i * self.w + j]
        }
    }
    #[differentiable(order = 2)]
    fn heat(g: &mut Grid, k: f64) {
        let old = g.clone();
        for i in 1..g.h - 1 {
            for j in 1..g.w - 1 {
                g[(i, j)] = old[(i, j)]
                    + k * (old[(i - 1, j)] + old[(i + 1, j)] + old[(i, j - 1)] + old[(i, j + 1)] - 4.0 * old[(i, j)]);
            }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut g = Grid { w: 3, h: 4, cells: x[1..].to_vec() };
        for _ in 0..3 {
            heat(&mut g, x[0]);
        }
        g[(1, 1)] * g[(2, 1)]
    }
    case!(f, [0.1, 1.0, 2.0, 3.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.1, 0.2, 0.3]);
}
mod index_vec3 {
    #[allow(unused_imports)]
    use super::*;
    use std::ops::{Index, IndexMut};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct V3 {
        x: f64,
        y: f64,
        z: f64,
    }
    #[differentiable(order = 2)]
    impl Index<usize> for V3 {
        type Output = f64;
        fn index(&self, i: usize) -> &f64 {
            match i {
                0 => &self.x,
                1 => &self.y,
                2 => &self.z,
                _ => panic!("index {i}"),
            }
        }
    }
    #[differentiable(order = 2)]
    impl IndexMut<usize> for V3 {
        fn index_mut(&mut self, i: usize) -> &mut f64 {
            match i {
                0 => &mut self.x,
                1 => &mut self.y,
                2 => &mut self.z,
                _ => panic!(),
            }
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Poly<const N: usize>([f64; N]);
    #[differentiable(order = 2)]
    impl<const N: usize> Index<usize> for Poly<N> {
        type Output = f64;
        fn index(&self, i: usize) -> &Self::Output {
            &self.0[i]
        }
    }
    #[differentiable(order = 2)]
    impl<const N: usize> Poly<N> {
        fn eval(&self, x: f64) -> f64 {
            (0..N).rev().fold(0.0, |acc, i| acc * x + self[i])
        }
    }
    #[differentiable(order = 2)]
    fn rotate(v: V3, a: f64) -> V3 {
        let mut out = V3 { x: 0.0, y: 0.0, z: v[2] };
        out[0] = v[0] * a.cos() - v[1] * a.sin();
        out[1] += v[0] * a.sin();
        out[1] += v[1] * a.cos();
        out
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = V3 { x: x[0], y: x[1], z: x[2] };
        let r: V3 = rotate(v, x[3]);
        let p = Poly([x[0], x[2], x[3]]);
        let mut s = 0.0;
        for i in 0..3 {
            s += r[i] * v[(i + 1) % 3];
        }
        s + p.eval(r[0])
    }
    case!(f, [0.1, 0.4, -0.3, 0.8]);
}
mod kalman_mat {
    #[allow(unused_imports)]
    use super::*;
    use std::ops::{Add, Mul, Sub};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Mat<const R: usize, const C: usize>([[f64; C]; R]);
    #[differentiable(order = 2)]
    impl<const R: usize, const C: usize> Mat<R, C> {
        fn zero() -> Self {
            Mat([[0.0; C]; R])
        }
        fn t(&self) -> Mat<C, R> {
            let mut m = Mat::<C, R>::zero();
            for i in 0..R {
                for j in 0..C {
                    m.0[j][i] = self.0[i][j];
                }
            }
            m
        }
    }
    #[differentiable(order = 2)]
    impl<const R: usize, const C: usize, const K: usize> Mul<Mat<C, K>> for Mat<R, C> {
        type Output = Mat<R, K>;
        fn mul(self, o: Mat<C, K>) -> Mat<R, K> {
            let mut m = Mat::<R, K>::zero();
            for i in 0..R {
                for j in 0..K {
                    for k in 0..C {
                        m.0[i][j] += self.0[i][k] * o.0[k][j];
                    }
                }
            }
            m
        }
    }
    #[differentiable(order = 2)]
    impl<const R: usize, const C: usize> Add for Mat<R, C> {
        type Output = Self;
        fn add(mut self, o: Self) -> Self {
            for i in 0..R {
                for j in 0..C {
                    self.0[i][j] += o.0[i][j];
                }
            }
            self
        }
    }
    #[differentiable(order = 2)]
    impl<const R: usize, const C: usize> Sub for Mat<R, C> {
        type Output = Self;
        fn sub(self, o: Self) -> Self {
            let mut m = self;
            for i in 0..R {
                for j in 0..C {
                    m.0[i][j] -= o.0[i][j];
                }
            }
            m
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Filter {
        x: Mat<2, 1>,
        p: Mat<2, 2>,
    }
    #[differentiable(order = 2)]
    impl Filter {
        fn predict(&mut self, f: &Mat<2, 2>, q: &Mat<2, 2>) {
            self.x = *f * self.x;
            self.p = *f * self.p * f.t() + *q;
        }
        fn update(&mut self, z: f64, r: f64) -> f64 {
            let h = Mat([[1.0, 0.0]]);
            let y = Mat([[z]]) - h * self.x;
            let s = h * self.p * h.t() + Mat([[r]]);
            let inv = Mat([[1.0 / s.0[0][0]]]);
            let k = self.p * h.t() * inv;
            self.x = self.x + k * y;
            let i = Mat([[1.0, 0.0], [0.0, 1.0]]);
            self.p = (i - k * h) * self.p;
            -0.5 * (y.0[0][0].powi(2) / s.0[0][0] + s.0[0][0].ln())
        }
    }
    #[differentiable(order = 2)]
    fn nll(theta: &[f64]) -> f64 {
        let dt = 0.1;
        let f = Mat([[1.0, dt], [0.0, 1.0]]);
        let q = Mat([[theta[0] * dt, 0.0], [0.0, theta[1]]]);
        let mut kf = Filter { x: Mat([[theta[2]], [0.0]]), p: Mat([[1.0, 0.0], [0.0, 1.0]]) };
        let mut total = 0.0;
        for z in [0.1, 0.3, 0.25, 0.5] {
            kf.predict(&f, &q);
            total -= kf.update(z, theta[3]);
        }
        total
    }
    case!(nll, [0.5, 0.3, 0.1, 0.2]);
}
mod labels {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn search(m: &[Vec<f64>], cap: f64) -> f64 {
        let mut acc = 0.0;
        let mut hops = 0;
        let r = 'outer: loop {
            'rows: for (i, row) in m.iter().enumerate() {
                'inner: for (j, &v) in row.iter().enumerate() {
                    if (i + j) % 3 == 2 {
                        continue 'inner;
                    }
                    if v < 0.0 {
                        acc -= v * v;
                        continue 'rows;
                    }
                    acc += v * (j as f64 + 1.0);
                    if acc > cap {
                        break 'outer acc * v;
                    }
                }
                acc *= 0.9;
            }
            hops += 1;
            if hops > 3 {
                break acc;
            }
        };
        r
    }
    #[differentiable(order = 2)]
    fn find_root(mut lo: f64, mut hi: f64, a: f64) -> f64 {
        let value = 'done: {
            let mut it = 0;
            while it < 60 {
                let mid = 0.5 * (lo + hi);
                let fm = mid * mid * mid - a;
                if fm.abs() < 1e-3 {
                    break 'done mid - fm / (3.0 * mid * mid);
                }
                if fm < 0.0 {
                    lo = mid
                } else {
                    hi = mid
                }
                it += 1;
            }
            lo
        };
        value
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let rows: Vec<Vec<f64>> = x.chunks(3).map(|c| c.to_vec()).collect();
        let p = search(&rows, 9.0) + search(&rows, 0.5 * x[0] * x[0]);
        p
    }
    case!(f, [0.9, 0.8, 0.3, 0.7, -0.5, 0.6, 0.4, 0.2, 0.1]);
}
mod layers_generic {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    pub trait Module<T: Real> {
        fn call(&self, x: &Vec<T>) -> Vec<T>;
        fn twice(&self, x: &Vec<T>) -> Vec<T> {
            let h = self.call(x);
            self.call(&h)
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    pub struct Dense<T, const I: usize, const O: usize> {
        w: [[T; I]; O],
        b: [T; O],
    }
    #[differentiable(order = 2)]
    impl<T: Real, const I: usize, const O: usize> Module<T> for Dense<T, I, O> {
        fn call(&self, x: &Vec<T>) -> Vec<T> {
            let mut out = Vec::with_capacity(O);
            for o in 0..O {
                let mut s = self.b[o];
                for i in 0..I {
                    s += self.w[o][i] * x[i];
                }
                out.push(if s > T::zero() { s } else { T::from(0.1).unwrap() * s });
            }
            out
        }
    }
    #[differentiable(order = 2)]
    fn f(p: &[f64]) -> f64 {
        let d = Dense { w: [[p[0], p[1]], [p[2], p[3]]], b: [p[4], p[5]] };
        let y = d.twice(&vec![1.0, -0.5]);
        y[0] * y[1]
    }
    case!(f, [0.1, 0.4, -0.3, 0.8, 0.2, 0.6]);
}
mod layers_trait {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    trait Layer {
        const NAME: &'static str;
        fn forward(&self, x: &[f64]) -> Vec<f64>;
        fn penalty(&self) -> f64 {
            0.0
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Linear {
        w: Vec<Vec<f64>>,
        b: Vec<f64>,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Tanh;
    #[derive(Clone, Debug, Differentiable)]
    struct Seq<A, B> {
        a: A,
        b: B,
    }
    #[differentiable(order = 2)]
    impl Layer for Linear {
        const NAME: &'static str = "linear";
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            self.w.iter().zip(&self.b).map(|(row, b)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b).collect()
        }
        fn penalty(&self) -> f64 {
            self.w.iter().flatten().map(|w| w * w).sum()
        }
    }
    #[differentiable(order = 2)]
    impl Layer for Tanh {
        const NAME: &'static str = "tanh";
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            x.iter().map(|v| v.tanh()).collect()
        }
    }
    #[differentiable(order = 2)]
    impl<A: Layer + Differentiable, B: Layer + Differentiable> Layer for Seq<A, B> {
        const NAME: &'static str = "seq";
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            let h = self.a.forward(x);
            self.b.forward(&h)
        }
        fn penalty(&self) -> f64 {
            self.a.penalty() + self.b.penalty()
        }
    }
    #[differentiable(order = 2)]
    fn loss<L: Layer + Differentiable>(model: &L, x: &[f64], y: &[f64]) -> f64 {
        let p = model.forward(x);
        let mse = p.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / y.len() as f64;
        mse + 0.01 * model.penalty()
    }
    #[differentiable(order = 2)]
    fn f(p: &[f64]) -> f64 {
        let net = Seq {
            a: Seq { a: Linear { w: vec![p[..2].to_vec(), p[2..4].to_vec()], b: vec![0.1, p[4]] }, b: Tanh },
            b: Linear { w: vec![p[5..7].to_vec()], b: vec![p[7]] },
        };
        loss(&net, &[0.5, -0.4], &[0.3])
    }
    case!(f, [0.1, 0.4, -0.3, 0.8, 0.2, 0.6, -0.7, 0.05]);
}
mod lu_const {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn lu_decompose<const N: usize>(a: &mut [[f64; N]; N], perm: &mut [usize; N]) -> Result<f64, String> {
        for (i, p) in perm.iter_mut().enumerate() {
            *p = i;
        }
        let mut parity = 1.0;
        for col in 0..N {
            let mut pivot = col;
            let mut best = a[col][col].abs();
            for row in (col + 1)..N {
                let candidate = a[row][col].abs();
                if candidate > best {
                    best = candidate;
                    pivot = row;
                }
            }
            if best == 0.0 {
                return Err(format!("singular at {col}"));
            }
            if pivot != col {
                a.swap(pivot, col);
                perm.swap(pivot, col);
                parity = -parity;
            }
            for row in (col + 1)..N {
                a[row][col] /= a[col][col];
                let factor = a[row][col];
                for k in (col + 1)..N {
                    a[row][k] -= factor * a[col][k];
                }
            }
        }
        Ok(parity)
    }
    #[differentiable(order = 2)]
    fn solve<const N: usize>(a: [[f64; N]; N], b: [f64; N]) -> Result<[f64; N], String> {
        let mut lu = a;
        let mut perm = [0usize; N];
        lu_decompose(&mut lu, &mut perm)?;
        let mut x = [0.0; N];
        for i in 0..N {
            let mut sum = b[perm[i]];
            for j in 0..i {
                sum -= lu[i][j] * x[j];
            }
            x[i] = sum;
        }
        for i in (0..N).rev() {
            let mut sum = x[i];
            for j in (i + 1)..N {
                sum -= lu[i][j] * x[j];
            }
            x[i] = sum / lu[i][i];
        }
        Ok(x)
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let a = [[v[0], v[1], 0.3], [v[2], 0.1, v[3]], [1.0, v[4], v[5]]];
        let b = [v[1], v[0] * v[5], 1.0];
        match solve(a, b) {
            Ok([x, y, z]) => x * y + z,
            Err(_) => 0.0,
        }
    }
    case!(f, [0.2, 1.1, 1.5, -0.7, 0.4, 2.0]);
}
mod lu_struct {
    #[allow(unused_imports)]
    use super::*;
    #[derive(Debug, Clone, PartialEq, Differentiable)]
    struct Matrix {
        rows: usize,
        cols: usize,
        data: Vec<f64>,
    }
    #[differentiable(order = 2)]
    impl Matrix {
        fn zeros(rows: usize, cols: usize) -> Self {
            Matrix { rows, cols, data: vec![0.0; rows * cols] }
        }
        fn get(&self, i: usize, j: usize) -> f64 {
            self.data[i * self.cols + j]
        }
        fn set(&mut self, i: usize, j: usize, v: f64) {
            self.data[i * self.cols + j] = v;
        }
        fn swap_rows(&mut self, a: usize, b: usize) {
            for j in 0..self.cols {
                self.data.swap(a * self.cols + j, b * self.cols + j);
            }
        }
        fn lu(mut self) -> Option<Lu> {
            let n = self.rows;
            let mut perm: Vec<usize> = (0..n).collect();
            let mut sign = 1.0;
            for k in 0..n {
                let (p, max) = (k..n)
                    .map(|i| (i, self.get(i, k).abs()))
                    .fold((k, 0.0), |acc, x| if x.1 > acc.1 { x } else { acc });
                if max < 1e-12 {
                    return None;
                }
                if p != k {
                    self.swap_rows(p, k);
                    perm.swap(p, k);
                    sign = -sign;
                }
                for i in k + 1..n {
                    let m = self.get(i, k) / self.get(k, k);
                    self.set(i, k, m);
                    for j in k + 1..n {
                        let v = self.get(i, j) - m * self.get(k, j);
                        self.set(i, j, v);
                    }
                }
            }
            Some(Lu { lu: self, perm, sign })
        }
    }
    #[derive(Debug, Clone, PartialEq, Differentiable)]
    struct Lu {
        lu: Matrix,
        perm: Vec<usize>,
        sign: f64,
    }
    #[differentiable(order = 2)]
    impl Lu {
        fn det(&self) -> f64 {
            (0..self.lu.rows).fold(self.sign, |d, i| d * self.lu.get(i, i))
        }
        fn solve(&self, b: &[f64]) -> Vec<f64> {
            let n = self.lu.rows;
            let mut x: Vec<f64> = self.perm.iter().map(|&p| b[p]).collect();
            for i in 0..n {
                for j in 0..i {
                    x[i] -= self.lu.get(i, j) * x[j];
                }
            }
            for i in (0..n).rev() {
                for j in i + 1..n {
                    x[i] -= self.lu.get(i, j) * x[j];
                }
                x[i] /= self.lu.get(i, i);
            }
            x
        }
    }
    #[differentiable(order = 2)]
    fn objective(x: &[f64]) -> f64 {
        let mut m = Matrix::zeros(3, 3);
        for i in 0..3 {
            for j in 0..3 {
                m.set(i, j, x[i * 3 + j]);
            }
        }
        let Some(lu) = m.lu() else { return f64::NAN };
        let y = lu.solve(&x[9..12]);
        lu.det() + y.iter().map(|v| v * v).sum::<f64>()
    }
    case!(objective, [0.1, 2.0, 0.4, 1.5, 0.3, 0.7, 0.2, 0.9, 3.0, 0.5, -0.3, 0.8]);
}
mod nbody_arrays {
    #[allow(unused_imports)]
    use super::*;
    const G: f64 = 4.0 * std::f64::consts::PI * std::f64::consts::PI;
    #[derive(Clone, Debug, Differentiable)]
    pub struct NBody<const N: usize> {
        x: [[f64; 3]; N],
        v: [[f64; 3]; N],
        m: [f64; N],
        t: f64,
    }
    #[differentiable(order = 2)]
    impl<const N: usize> NBody<N> {
        pub fn new(x: [[f64; 3]; N], v: [[f64; 3]; N], m: [f64; N]) -> Self {
            Self { x, v, m, t: 0.0 }
        }
        fn kick(&mut self, h: f64) {
            for i in 0..N {
                let mut a = [0.0f64; 3];
                for j in 0..N {
                    if i == j {
                        continue;
                    }
                    let mut r2 = 1e-3;
                    for d in 0..3 {
                        let dx = self.x[j][d] - self.x[i][d];
                        r2 += dx * dx;
                    }
                    let w = G * self.m[j] * r2.powf(-1.5);
                    for d in 0..3 {
                        a[d] += w * (self.x[j][d] - self.x[i][d]);
                    }
                }
                for d in 0..3 {
                    self.v[i][d] += h * a[d];
                }
            }
        }
        pub fn leapfrog(&mut self, h: f64, steps: usize) {
            for _ in 0..steps {
                self.kick(h / 2.0);
                for i in 0..N {
                    for d in 0..3 {
                        self.x[i][d] += h * self.v[i][d];
                    }
                }
                self.kick(h / 2.0);
                self.t += h;
            }
        }
    }
    #[differentiable(order = 2)]
    fn distance(p: &[f64]) -> f64 {
        let mut s = NBody::new(
            [[p[0], 0.0, 0.1], [0.0, p[1], 0.0], [-1.0, 0.0, 0.2]],
            [[0.0, 1.0, 0.0], [1.0, 0.0, p[2]], [0.3, -1.0, 0.0]],
            [1.0, 0.1, p[3]],
        );
        s.leapfrog(0.01, 5);
        let d: f64 = s.x[0].iter().zip(s.x[1].iter()).map(|(a, b)| (a - b).powi(2)).sum();
        d.sqrt() + s.t
    }
    case!(distance, [1.0, 1.2, 0.2, 0.5]);
}
mod nbody_ops {
    #[allow(unused_imports)]
    use super::*;
    use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};
    #[derive(Clone, Copy, Debug, Default, PartialEq, Differentiable)]
    struct Vec3 {
        x: f64,
        y: f64,
        z: f64,
    }
    #[differentiable(order = 2)]
    impl Add for Vec3 {
        type Output = Self;
        fn add(self, rhs: Self) -> Self {
            Self { x: self.x + rhs.x, y: self.y + rhs.y, z: self.z + rhs.z }
        }
    }
    #[differentiable(order = 2)]
    impl Sub for Vec3 {
        type Output = Self;
        fn sub(self, rhs: Self) -> Self {
            Self { x: self.x - rhs.x, y: self.y - rhs.y, z: self.z - rhs.z }
        }
    }
    #[differentiable(order = 2)]
    impl Mul<f64> for Vec3 {
        type Output = Self;
        fn mul(self, k: f64) -> Self {
            Self { x: self.x * k, y: self.y * k, z: self.z * k }
        }
    }
    #[differentiable(order = 2)]
    impl Mul<Vec3> for f64 {
        type Output = Vec3;
        fn mul(self, v: Vec3) -> Vec3 {
            Vec3 { x: self * v.x, y: self * v.y, z: self * v.z }
        }
    }
    #[differentiable(order = 2)]
    impl Neg for Vec3 {
        type Output = Self;
        fn neg(self) -> Self {
            Self { x: -self.x, y: -self.y, z: -self.z }
        }
    }
    #[differentiable(order = 2)]
    impl AddAssign for Vec3 {
        fn add_assign(&mut self, rhs: Self) {
            self.x += rhs.x;
            self.y += rhs.y;
            self.z += rhs.z;
        }
    }
    #[differentiable(order = 2)]
    impl SubAssign for Vec3 {
        fn sub_assign(&mut self, rhs: Self) {
            *self = *self - rhs;
        }
    }
    #[differentiable(order = 2)]
    impl Vec3 {
        const ZERO: Self = Self { x: 0.0, y: 0.0, z: 0.0 };
        fn dot(self, o: Self) -> f64 {
            self.x * o.x + self.y * o.y + self.z * o.z
        }
        fn norm2(self) -> f64 {
            self.dot(self)
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Body {
        pos: Vec3,
        vel: Vec3,
        mass: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct System {
        bodies: Vec<Body>,
        g: f64,
        #[constant]
        softening: f64,
    }
    #[differentiable(order = 2)]
    impl System {
        fn accelerations(&self, acc: &mut [Vec3]) {
            for a in acc.iter_mut() {
                *a = Vec3::ZERO;
            }
            for i in 0..self.bodies.len() {
                for j in 0..i {
                    let d = self.bodies[j].pos - self.bodies[i].pos;
                    let r2 = d.norm2() + self.softening * self.softening;
                    let inv = self.g / (r2 * r2.sqrt());
                    acc[i] += d * (inv * self.bodies[j].mass);
                    acc[j] -= inv * self.bodies[i].mass * d;
                }
            }
        }
        fn step(&mut self, dt: f64) {
            let mut acc = vec![Vec3::ZERO; self.bodies.len()];
            self.accelerations(&mut acc);
            for (b, a) in self.bodies.iter_mut().zip(acc.iter()) {
                b.vel += *a * (0.5 * dt);
                b.pos += b.vel * dt;
            }
            self.accelerations(&mut acc);
            for (b, a) in self.bodies.iter_mut().zip(acc) {
                b.vel += a * (0.5 * dt);
            }
        }
    }
    #[differentiable(order = 2)]
    fn final_energy(p: &[f64]) -> f64 {
        let mut sys = System {
            bodies: vec![
                Body { pos: Vec3 { x: p[0], y: p[1], z: 0.0 }, vel: Vec3 { x: 0.0, y: p[2], z: 0.1 }, mass: 1.0 },
                Body {
                    pos: Vec3 { x: -1.0, ..Default::default() },
                    vel: -Vec3 { x: p[3], y: 0.2, z: 0.0 },
                    mass: p[4],
                },
            ],
            g: 1.0,
            softening: 0.05,
        };
        for _ in 0..4 {
            sys.step(0.1);
        }
        sys.bodies.iter().map(|b| 0.5 * b.mass * b.vel.norm2() + b.pos.x).sum()
    }
    case!(final_energy, [1.0, 0.3, 0.5, 0.2, 1.4]);
}
mod option_chain {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn safe_div(a: f64, b: f64) -> Option<f64> {
        if b.abs() < 1e-9 { None } else { Some(a / b) }
    }
    #[differentiable(order = 2)]
    fn safe_ln(x: f64) -> Option<f64> {
        (x > 0.0).then(|| x.ln())
    }
    #[differentiable(order = 2)]
    fn first_positive(v: &[f64]) -> Option<f64> {
        for &x in v {
            if x > 0.0 {
                return Some(x);
            }
        }
        None
    }
    #[differentiable(order = 2)]
    fn compute(v: &[f64], k: f64) -> Option<f64> {
        let p = first_positive(v)?;
        let q = safe_div(p, k)?.sqrt();
        let l = safe_ln(q + 1.0).or(Some(0.5 * q))?;
        let m = v.iter().copied().reduce(f64::max)?;
        Some(l * m + q)
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let a = compute(&x[1..], x[0]);
        let b = compute(&x[..1], 0.0).map_or(x[1] * 2.0, |v| v * 3.0);
        let mut best: Option<f64> = None;
        for w in x.windows(2) {
            let c = w[0] * w[1];
            best = match best {
                Some(b) if b >= c => Some(b),
                _ => Some(c),
            };
        }
        if let Some(a) = a
            && let Some(m) = best
        {
            a + b * m
        } else {
            0.0
        }
    }
    case!(f, [1.3, -0.4, 0.9, 0.6]);
}
mod recursion_slices {
    #[allow(unused_imports)]
    use super::*;
    #[differentiable(order = 2)]
    fn pairwise(v: &[f64]) -> f64 {
        match v {
            [] => 0.0,
            [x] => *x,
            [x, y] => x * y + x,
            _ => {
                let (l, r) = v.split_at(v.len() / 2);
                pairwise(l) * 0.5 + pairwise(r).sin()
            }
        }
    }
    #[differentiable(order = 2)]
    fn horner(c: &[f64], x: f64) -> f64 {
        if let [head, tail @ ..] = c { head + x * horner(tail, x) } else { 0.0 }
    }
    #[differentiable(order = 2)]
    fn merge_sort(v: &[f64]) -> Vec<f64> {
        if v.len() <= 1 {
            return v.to_vec();
        }
        let mid = v.len() / 2;
        let (l, r) = (merge_sort(&v[..mid]), merge_sort(&v[mid..]));
        let (mut i, mut j) = (0, 0);
        let mut out = Vec::with_capacity(v.len());
        while i < l.len() && j < r.len() {
            if l[i] <= r[j] {
                out.push(l[i]);
                i += 1;
            } else {
                out.push(r[j]);
                j += 1;
            }
        }
        out.extend_from_slice(&l[i..]);
        out.extend_from_slice(&r[j..]);
        out
    }
    #[differentiable(order = 2)]
    fn quicksort(v: &mut [f64]) {
        if v.len() < 2 {
            return;
        }
        let p = v.len() - 1;
        let pivot = v[p];
        let mut store = 0;
        for i in 0..p {
            if v[i] < pivot {
                v.swap(i, store);
                store += 1;
            }
        }
        v.swap(store, p);
        let (left, right) = v.split_at_mut(store);
        quicksort(left);
        quicksort(&mut right[1..]);
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let s = merge_sort(x);
        let mut q = x.to_vec();
        quicksort(&mut q);
        let w: f64 = s.iter().zip(&q).enumerate().map(|(i, (a, b))| (i + 1) as f64 * a * b).sum();
        pairwise(x) + horner(x, x[1]) + w
    }
    case!(f, [0.4, -0.3, 0.9, 0.1, 0.6, -0.8, 0.2]);
}
