//! Code that is generic over the float type and over functions; pullbacks as values.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[differentiable]
fn norm<T: Real>(v: &[T]) -> T {
    let mut s = T::zero();
    for &x in v {
        s += x * x;
    }
    s.sqrt()
}

#[differentiable]
fn polynomial<T>(c: &[T], x: T) -> T
where
    T: Real,
{
    c.iter().rev().fold(T::zero(), |acc, &a| acc * x + a)
}

#[differentiable]
fn logistic<T: Real>(x: T, k: T) -> T {
    let two = T::one() + T::one();
    two / (T::one() + (-k * x).exp()) - T::from(0.5).unwrap()
}

#[differentiable]
fn huber<T: Real>(x: T, delta: T) -> T {
    if x.abs() <= delta { x * x / (T::one() + T::one()) } else { delta * (x.abs() - delta) }
}

#[differentiable]
fn mean<T: Real, const N: usize>(v: [T; N]) -> T {
    let mut s = T::zero();
    for x in v {
        s += x;
    }
    s / T::from_usize(N).unwrap()
}

#[differentiable]
fn composed<T: Real>(v: &[T], x: T) -> T {
    let n = norm(v);
    polynomial(v, n) + logistic::<T>(x, n)
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Point<T> {
    x: T,
    y: T,
}

#[differentiable]
impl<T: Real> Point<T> {
    fn new(x: T, y: T) -> Self {
        Self { x, y }
    }

    fn dot(&self, o: &Point<T>) -> T {
        self.x * o.x + self.y * o.y
    }

    fn rotate(&mut self, angle: T) {
        let (s, c) = angle.sin_cos();
        let x = self.x;
        self.x = x * c - self.y * s;
        self.y = x * s + self.y * c;
    }
}

#[differentiable]
fn spun<T: Real>(p: Point<T>, angle: T) -> T {
    let mut q = p;
    q.rotate(angle);
    q.rotate(angle * angle);
    q.dot(&p)
}

#[differentiable]
fn sum_all(v: &[f64]) -> f64 {
    let mut s = 0.0;
    for x in v {
        s += x * x * x;
    }
    s
}

#[differentiable]
fn outputs(x: f64, y: f64) -> (f64, [f64; 2], Vec<f64>) {
    (x * y, [x + y, x - y], vec![x.sin(), y * y, 1.0])
}

#[differentiable(wrt(w))]
fn narrowed(x: f64, w: &[f64], n: usize) -> f64 {
    let mut s = x;
    for i in 0..n {
        s *= w[i] + x;
    }
    s
}

#[differentiable]
fn with_constant(#[constant] x: f64, y: f64) -> f64 {
    x * y * y
}

#[differentiable]
fn stopped(x: f64, y: f64) -> f64 {
    let k = stop_gradient(x * y);
    k * x
}

fn reversed(w: &[f64]) -> Vec<f64> {
    w.iter().rev().copied().collect()
}

#[differentiable]
fn stopped_reference(w: &[f64]) -> Vec<f64> {
    reversed(stop_gradient(w))
}

static TABLE: [f64; 3] = [0.5, 1.5, 2.5];
const OFFSET: f64 = 0.25;

#[differentiable]
fn globals(x: f64, i: usize) -> f64 {
    x * TABLE[i] + OFFSET * x * std::f64::consts::PI + f64::EPSILON
}

#[differentiable]
fn macros(x: f64, v: &[f64]) -> f64 {
    assert!(x > 0.0, "x = {x}");
    debug_assert!(!v.is_empty());
    debug_assert_eq!(v.len(), 2, "two of them, not {}", v.len());
    let w = vec![x; v.len()];
    let u = vec![x, v[0], 1.0];
    if matches!(v.len(), 1 | 2) { w[1] * u[1] * v[1] } else { unreachable!("{x}") }
}

#[differentiable]
fn partial(x: f64, mode: &str) -> f64 {
    match mode {
        "square" => x * x,
        "sine" => x.sin(),
        other => panic!("no mode {other}"),
    }
}

#[test]
fn floats() {
    norm::check(&[0.3, 0.4, 0.5]).unwrap();
    polynomial::check(&[0.3, 0.4, 0.5], 1.2).unwrap();
    logistic::check(0.3, 1.4).unwrap();
    huber::check(0.3, 1.4).unwrap();
    huber::check(-2.3, 1.4).unwrap();
    mean::check([0.3, 0.4, 0.6]).unwrap();
    composed::check(&[0.3, 0.4], 0.7).unwrap();
    assert_eq!(norm::grad(&[3.0_f32, 4.0]), vec![0.6_f32, 0.8]);
}

#[test]
fn generic_structs() {
    let p = Point::new(0.3, 0.8);
    p.dot_check(&Point { x: 1.0, y: 0.2 }).unwrap();
    p.clone().rotate_check(0.4).unwrap();
    spun::check(p, 0.4).unwrap();
}

#[test]
fn pullbacks_are_reusable() {
    let v = vec![1.0, 2.0];
    let (value, pullback) = sum_all::vjp(&v);
    assert_eq!(value, 9.0);
    assert_eq!(pullback(1.0), vec![3.0, 12.0]);
    assert_eq!(pullback(2.0), vec![6.0, 24.0]);
    assert_eq!(pullback(1.0), vec![3.0, 12.0]);
    assert_eq!(v, [1.0, 2.0]);
    let (_, pullback) = outputs::vjp(2.0, 3.0);
    assert_eq!(pullback((1.0, [0.0, 0.0], vec![0.0, 0.0, 5.0])), (3.0, 2.0));
    assert_eq!(pullback((0.0, [1.0, 1.0], vec![0.0, 1.0, 0.0])), (2.0, 6.0));
    outputs::check(0.3, 0.8).unwrap();
}

#[test]
fn buffers_are_added_to() {
    let mut d = vec![10.0, 20.0];
    assert_eq!(sum_all::grad_into(&[1.0, 2.0], &mut d), 9.0);
    assert_eq!(d, [13.0, 32.0]);
}

#[test]
fn selections() {
    assert_eq!(narrowed::grad(2.0, &[1.0, 3.0], 2), vec![10.0, 6.0]);
    assert_eq!(with_constant::grad(2.0, 3.0), 12.0);
    assert_eq!(stopped::grad(2.0, 3.0), (6.0, 0.0));
    assert_eq!(stopped::jvp(2.0, 3.0, 1.0, 1.0), (12.0, 6.0));
}

#[test]
fn surroundings() {
    for i in 0..3 {
        globals::check(0.7, i).unwrap();
    }
    macros::check(0.7, &[0.3, 0.4]).unwrap();
    partial::check(0.7, "square").unwrap();
    partial::check(0.7, "sine").unwrap();
}

#[test]
fn stopped_references() {
    let (value, tangent) = stopped_reference::jvp(&[1.0, 2.0], &[3.0, 4.0]);
    assert_eq!((value, tangent), (vec![2.0, 1.0], vec![0.0, 0.0]));
    let (_, pullback) = stopped_reference::vjp(&[1.0, 2.0]);
    assert_eq!(pullback(vec![1.0, 1.0]), vec![0.0, 0.0]);
}

mod methods {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct S<T> {
        a: T,
        v: Vec<T>,
    }
    #[differentiable]
    impl<T: Real> S<T> {
        fn m(&self, x: T) -> T {
            self.a * x * self.v[0] + (-self.a).sin()
        }
        fn n(&mut self, x: T) {
            self.a *= x;
        }
    }
    #[test]
    fn checks() {
        let mut s = S { a: 0.3, v: vec![0.4] };
        s.m_check(0.4).unwrap();
        s.n_check(0.4).unwrap();
    }
}

/// Elements that are changed by others of the same vector: operators of floats that are parameters, and of complex numbers, borrow
/// the element before they read those.
mod elements_of_vectors {
    use super::*;
    #[differentiable]
    fn lu<T: Real>(a: &mut Vec<Vec<T>>) -> T {
        let n = a.len();
        let mut det = T::one();
        for k in 0..n {
            let mut p = k;
            for i in k + 1..n {
                if a[i][k].abs() > a[p][k].abs() {
                    p = i;
                }
            }
            if p != k {
                a.swap(p, k);
                det = -det;
            }
            det *= a[k][k];
            for i in k + 1..n {
                let f = a[i][k] / a[k][k];
                a[i][k] = f;
                for j in k + 1..n {
                    let t = a[k][j];
                    a[i][j] -= f * t;
                }
            }
        }
        det
    }
    #[differentiable]
    fn fft<T: Real>(z: &mut Vec<Complex<T>>, w: &[Complex<T>]) {
        let n = z.len();
        let mut len = 2;
        while len <= n {
            for s in (0..n).step_by(len) {
                for k in 0..len / 2 {
                    let (i, j) = (s + k, s + k + len / 2);
                    let t = z[j] * w[k * n / len];
                    let u = z[i];
                    z[i] = u + t;
                    z[j] = u - t;
                }
            }
            len *= 2;
        }
        for i in 1..n {
            let p = z[i - 1];
            z[i] += p * w[0];
        }
    }
    #[differentiable]
    fn cholesky<T: Real, const N: usize>(a: &mut [[T; N]; N]) {
        for j in 0..N {
            for k in 0..j {
                let l = a[j][k];
                a[j][j] -= l * l;
            }
            a[j][j] = a[j][j].sqrt();
            for i in j + 1..N {
                for k in 0..j {
                    let t = a[i][k] * a[j][k];
                    a[i][j] -= t;
                }
                let d = a[j][j];
                a[i][j] /= d;
            }
        }
    }
    #[differentiable]
    fn scan<T: Real>(xs: &[T]) -> Vec<T> {
        let mut v = xs.to_vec();
        for i in 1..v.len() {
            let p = v[i - 1];
            v[i] += p;
        }
        for i in (0..v.len() - 1).rev() {
            let q = v[i + 1];
            v[i] *= q;
        }
        let n = v.len();
        v[0] = v[0] - v[n - 1];
        v.swap(0, n - 1);
        v
    }
    #[differentiable]
    fn gram_schmidt<T: Real>(vs: &mut Vec<Vec<T>>) {
        for i in 0..vs.len() {
            for j in 0..i {
                let (head, tail) = vs.split_at_mut(i);
                let mut d = T::zero();
                for (a, b) in head[j].iter().zip(tail[0].iter()) {
                    d += *a * *b;
                }
                for (t, h) in tail[0].iter_mut().zip(head[j].iter()) {
                    *t -= d * *h;
                }
            }
            let n = vs[i].iter().fold(T::zero(), |s, &a| s + a.powi(2)).sqrt();
            vs[i].iter_mut().for_each(|a| *a /= n);
        }
    }
    #[test]
    fn are_changed_by_others() {
        lu::check(&mut vec![vec![0.3, 1.0], vec![2.0, 0.4]]).unwrap();
        scan::check(&[0.3, 0.4, 0.5]).unwrap();
        cholesky::check(&mut [[3.0, 0.4], [0.4, 2.0]]).unwrap();
        gram_schmidt::check(&mut vec![vec![1.0, 0.3], vec![0.2, 1.0]]).unwrap();
        fft::check(&mut vec![Complex::new(0.3, 0.1), Complex::new(0.2, -0.4)], &[Complex::new(1.0, 0.1)]).unwrap();
    }
}
