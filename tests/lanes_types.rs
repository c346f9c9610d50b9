//! Several tangents at once of structs, methods, generic code, complex numbers, and operators of users' own.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]

use differentiable::prelude::*;

/// Compares two functions' Jacobians: one with `lanes`, one without.
fn assert_same(found: &Array2<f64>, expected: &Array2<f64>) {
    assert_eq!(found.shape(), expected.shape());
    let apart = (found - expected).iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    assert!(apart < 1e-13, "{apart}");
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
#[lanes]
struct Camera {
    rotation: [f64; 3],
    focal_length: f64,
    #[constant]
    gain: f64,
    id: usize,
}

#[derive(Clone, Debug, PartialEq, Differentiable)]
#[lanes]
struct Scene {
    cameras: Vec<Camera>,
    offset: (f64, Pair),
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
#[lanes]
struct Pair(f64, f64);

#[differentiable(lanes)]
fn seen(camera: &Camera, point: &[f64; 3]) -> [f64; 2] {
    let angle = camera.rotation.iter().map(|r| r * r).sum::<f64>().sqrt();
    let x = point[0] * angle.cos() - point[1] * angle.sin();
    [camera.focal_length * x / point[2], camera.gain * point[1] + camera.id as f64 * angle]
}

#[differentiable(lanes)]
fn turned(camera: Camera, by: f64) -> Camera {
    let mut camera = camera;
    camera.rotation[0] += by * camera.gain;
    camera.focal_length *= 1.0 + by;
    Camera { rotation: [camera.rotation[1], camera.rotation[0], by], ..camera }
}

#[differentiable(lanes)]
fn all(scene: &Scene, points: &[[f64; 3]]) -> Vec<Pair> {
    let mut out = Vec::new();
    for (camera, point) in scene.cameras.iter().zip(points) {
        let [x, y] = seen(&turned(*camera, scene.offset.0), point);
        let shift = Pair(scene.offset.1.0, scene.offset.1.1 * x);
        out.push(Pair(x + shift.0, y * shift.1));
    }
    out
}

#[differentiable]
fn all_singly(scene: &Scene, points: &[[f64; 3]]) -> Vec<Pair> {
    all(scene, points)
}

fn scene() -> (Scene, [[f64; 3]; 3]) {
    let camera =
        |i: usize| Camera { rotation: [0.1 * i as f64, 0.2, -0.3], focal_length: 1.5 + i as f64, gain: 0.7, id: i };
    let scene = Scene { cameras: (0..3).map(camera).collect(), offset: (0.3, Pair(0.1, -0.4)) };
    (scene, [[0.5, 0.1, 2.0], [0.3, -0.6, 1.5], [0.9, 0.2, 3.0]])
}

#[test]
fn structs() {
    let (scene, points) = scene();
    all::check(&scene, &points).unwrap();
    let found = all::jacobian(&scene, &points);
    assert_eq!(found.shape(), [6, 24]);
    assert_same(&found, &all_singly::jacobian(&scene, &points));
    let camera = scene.cameras[1];
    let direction = CameraTangent { rotation: [1.0, 0.0, -1.0], focal_length: 0.5, gain: (), id: () };
    let (value, [first, second]) =
        turned::jvps(camera, 0.2, [direction.clone(), turned::jvp(camera, 0.2, direction.clone(), 0.0).1], [0.0, 1.0]);
    assert_eq!(value, turned(camera, 0.2));
    assert_eq!(first, turned::jvp(camera, 0.2, direction.clone(), 0.0).1);
    assert_eq!(second, turned::jvp(camera, 0.2, first.clone(), 1.0).1);
}

#[derive(Clone, Debug, Differentiable)]
#[lanes]
struct Oscillator {
    stiffness: f64,
    damping: f64,
}

#[differentiable(lanes)]
impl Oscillator {
    fn force(&self, x: f64, v: f64) -> f64 {
        -self.stiffness * x.sin() - self.damping * v
    }

    fn orbit(&self, x: f64, v: f64, steps: usize) -> Vec<f64> {
        let (mut x, mut v) = (x, v);
        let mut out = vec![];
        for _ in 0..steps {
            v += 0.1 * self.force(x, v);
            x += 0.1 * v;
            out.push(x);
        }
        out
    }

    fn critical(stiffness: f64) -> Oscillator {
        Oscillator { stiffness, damping: 2.0 * stiffness.sqrt() }
    }
}

#[differentiable(lanes)]
fn critical_orbit(stiffness: f64, x: f64, v: f64) -> Vec<f64> {
    Oscillator::critical(stiffness).orbit(x, v, 5)
}

#[test]
fn methods() {
    let oscillator = Oscillator { stiffness: 2.0, damping: 0.3 };
    oscillator.orbit_check(0.5, 0.1, 7).unwrap();
    let found = oscillator.orbit_jacobian(0.5, 0.1, 7);
    assert_eq!(found.shape(), [7, 4]);
    for (j, (d, dx, dv)) in
        [((1.0, 0.0), 0.0, 0.0), ((0.0, 1.0), 0.0, 0.0), ((0.0, 0.0), 1.0, 0.0), ((0.0, 0.0), 0.0, 1.0)]
            .into_iter()
            .enumerate()
    {
        let d = OscillatorTangent { stiffness: d.0, damping: d.1 };
        let (_, expected) = oscillator.orbit_jvp(0.5, 0.1, 7, &d, dx, dv);
        for (i, expected) in expected.iter().enumerate() {
            assert!((found[[i, j]] - expected).abs() < 1e-14);
        }
    }
    let zero = OscillatorTangent { stiffness: 0.0, damping: 0.0 };
    let (value, [tangent]) = oscillator.orbit_jvps(0.5, 0.1, 2, &[zero.clone()], [1.0], [2.0]);
    assert_eq!((value, tangent), oscillator.orbit_jvp(0.5, 0.1, 2, &zero, 1.0, 2.0));
    critical_orbit::check(1.5, 0.3, -0.2).unwrap();
    assert_eq!(critical_orbit::jacobian(1.5, 0.3, -0.2).shape(), [5, 3]);
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
#[lanes]
struct Point<T: Real> {
    x: T,
    y: T,
}

#[differentiable(lanes)]
fn polar<T: Real>(p: &Point<T>, scale: T) -> [T; 2] {
    let half = T::from(0.5).unwrap();
    let r = p.x.hypot(p.y);
    [r.powi(2) * scale * half, p.y.atan2(p.x) / scale]
}

#[differentiable(lanes)]
fn path<T: Real, const N: usize>(points: &[Point<T>; N], scale: T) -> Vec<T> {
    let mut out = vec![T::zero(); N];
    let mut last = scale;
    for i in 0..N {
        let [a, b] = polar(&points[i], last);
        last += a;
        out[i] = last * b + points[0].x.exp();
    }
    out
}

#[differentiable]
fn path_singly(points: &[Point<f64>; 3], scale: f64) -> Vec<f64> {
    path(points, scale)
}

#[differentiable(lanes)]
impl<T: Real> Point<T> {
    fn scaled(&self, by: T) -> Point<T> {
        Point { x: self.x * by, y: self.y * by }
    }

    fn both(&self, by: T) -> [T; 2] {
        let p = self.scaled(by);
        [p.x.sin(), p.x * p.y]
    }
}

#[test]
fn generic_functions() {
    let points = [Point { x: 0.5, y: 0.3 }, Point { x: -0.2, y: 0.8 }, Point { x: 1.5, y: -0.1 }];
    path::check(&points, 0.7).unwrap();
    assert_same(&path::jacobian(&points, 0.7), &path_singly::jacobian(&points, 0.7));
    let single = [Point { x: 0.5_f32, y: 0.3 }, Point { x: -0.2, y: 0.8 }, Point { x: 1.5, y: -0.1 }];
    let apart = path::jacobian(&single, 0.7) - path::jacobian(&points, 0.7);
    assert!(apart.iter().all(|d| d.abs() < 1e-4), "{apart}");
    let found = points[0].both_jacobian(2.0);
    let expected = array![[2.0 * 1.0_f64.cos(), 0.0, 0.5 * 1.0_f64.cos()], [1.2, 2.0, 0.6]];
    assert!((found - expected).iter().all(|d: &f64| d.abs() < 1e-14));
}

#[differentiable(lanes)]
fn spectrum(z: Complex<f64>, w: Complex<f64>, k: f64) -> Vec<Complex<f64>> {
    let product = z * w.conj() / (w * w + 1.0);
    let turned = Complex::from_polar(k, z.re * w.im) * product.exp();
    vec![product, turned.sqrt() * k, Complex::new(z.norm_sqr(), w.arg()) - turned, z.powi(3) / k + z.inv()]
}

#[differentiable]
fn spectrum_singly(z: Complex<f64>, w: Complex<f64>, k: f64) -> Vec<Complex<f64>> {
    spectrum(z, w, k)
}

#[differentiable(lanes)]
fn generic_complex<T: Real>(z: &[Complex<T>], k: T) -> Vec<Complex<T>> {
    let mut state: Complex<T> = z[0];
    let mut out = Vec::new();
    for z in z.iter() {
        state = state * *z * k + state.conj();
        out.push(state);
    }
    out
}

#[test]
fn complex_numbers() {
    let (z, w) = (Complex::new(0.5, 0.3), Complex::new(-0.7, 1.1));
    spectrum::check(z, w, 1.3).unwrap();
    let found = spectrum::jacobian(z, w, 1.3);
    assert_eq!(found.shape(), [8, 5]);
    assert_same(&found, &spectrum_singly::jacobian(z, w, 1.3));
    generic_complex::check(&[z, w], 1.2).unwrap();
    assert_eq!(generic_complex::jacobian(&[z, w], 1.2).shape(), [4, 5]);
    let (value, tangents) = generic_complex::jvps(&[z, w], 1.2, &[vec![w, z], vec![z, z]], [0.0, 1.0]);
    assert_eq!((value, tangents[1].clone()), generic_complex::jvp(&[z, w], 1.2, &[z, z], 1.0));
}

/// A vector with operators.
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
#[lanes]
struct V(f64, f64);

#[differentiable]
impl std::ops::Add for V {
    type Output = V;
    fn add(self, other: V) -> V {
        V(self.0 + other.0, self.1 + other.1)
    }
}

#[differentiable]
impl std::ops::Mul<f64> for V {
    type Output = V;
    fn mul(self, by: f64) -> V {
        V(self.0 * by, self.1 * by)
    }
}

#[derive(Clone, Differentiable)]
#[lanes]
struct Wave {
    z: Complex<f64>,
    start: V,
}

#[differentiable(lanes)]
fn steps(wave: &Wave, k: f64) -> Vec<V> {
    let velocity = V(wave.z.norm(), wave.z.re);
    let mut at = wave.start + velocity * k;
    let mut out = vec![at];
    at = at + velocity * (wave.start.0.sin() * k);
    out.push(at);
    let turned = wave.z * wave.z;
    out.push(V(turned.im, 0.0));
    out
}

#[differentiable]
fn steps_singly(wave: &Wave, k: f64) -> Vec<V> {
    steps(wave, k)
}

#[test]
fn operators_and_unknown_types() {
    let wave = Wave { z: Complex::new(0.6, -0.8), start: V(0.1, 0.2) };
    steps::check(&wave, 0.5).unwrap();
    assert_same(&steps::jacobian(&wave, 0.5), &steps_singly::jacobian(&wave, 0.5));
}

#[differentiable(lanes)]
fn narrowed(x: f64, y: f32) -> [f32; 2] {
    let z = (x * x) as f32;
    [z * y, f64::from(y) as f32 + (x + y as f64) as f32]
}

#[differentiable(lanes)]
fn boxed(x: Box<f64>, y: f64) -> [f64; 2] {
    [*x * y, (*x).sin()]
}

#[test]
fn casts_and_boxes() {
    let found = narrowed::jacobian(0.5, 3.0);
    let expected = array![[3.0, 0.25], [1.0, 2.0]];
    assert!((found - expected).iter().all(|d: &f64| d.abs() < 1e-6));
    boxed::check(Box::new(0.5), 2.0).unwrap();
    assert_eq!(boxed::jacobian(Box::new(0.0), 2.0), array![[2.0, 0.0], [1.0, 0.0]]);
}

/// Rules go one direction after the other.
#[differentiable(lanes, vjp = hill_vjp, jvp = hill_jvp)]
fn hill(x: &[f64], k: f64) -> f64 {
    k * x.iter().map(|x| x * x).sum::<f64>()
}

fn hill_vjp(x: &[f64], k: f64) -> (f64, impl Fn(f64) -> (Vec<f64>, f64)) {
    let x = x.to_vec();
    let sum: f64 = x.iter().map(|x| x * x).sum();
    (k * sum, move |ct| (x.iter().map(|x| 2.0 * k * ct * x).collect(), ct * sum))
}

fn hill_jvp(x: &[f64], k: f64, dx: &[f64], dk: f64) -> (f64, f64) {
    let sum: f64 = x.iter().map(|x| x * x).sum();
    (k * sum, dk * sum + x.iter().zip(dx).map(|(x, d)| 2.0 * k * x * d).sum::<f64>())
}

#[differentiable(lanes)]
fn hills(x: &[f64], k: f64) -> [f64; 3] {
    [hill(x, k), hill(&x[1..], x[0]) * k, hill(&[k, 1.0], 2.0)]
}

#[test]
fn rules_by_hand() {
    hills::check(&[0.5, -0.3, 0.8], 1.2).unwrap();
    let found = hills::jacobian(&[0.5, -0.3, 0.8], 1.2);
    let expected = array![[1.2, -0.72, 1.92, 0.98], [0.73 * 1.2, -0.36, 0.96, 0.73 * 0.5], [0.0, 0.0, 0.0, 4.8],];
    assert_same(&found, &expected);
    let (value, [first, second]) = hill::jvps(&[1.0, 2.0], 3.0, &[vec![1.0, 0.0], vec![0.0, 0.0]], [0.0, 1.0]);
    assert_eq!((value, first, second), (15.0, 6.0, 5.0));
}

/// Variants of every form, one with a constant field.
#[derive(Clone, Debug, PartialEq, Differentiable)]
#[lanes]
enum Act {
    Lin(f64),
    Soft {
        beta: f64,
        shift: Option<f64>,
        #[constant]
        k: f64,
    },
    Both(f64, Vec<f64>),
    Id,
}

#[differentiable(lanes)]
fn activated(a: &Act, x: f64) -> f64 {
    match a {
        Act::Lin(k) => k * x * x,
        Act::Soft { beta, shift: Some(s), k } => (beta * x + s).exp().ln_1p() * k,
        Act::Soft { beta, shift: None, .. } => (beta * x).tanh(),
        Act::Both(a, v) => a * v.iter().sum::<f64>() * x,
        Act::Id => x,
    }
}

#[differentiable(lanes)]
fn next(a: &Act, x: f64) -> Act {
    match a {
        Act::Lin(k) => Act::Soft { k: 2.0, beta: k * x, shift: if x > 0.0 { Some(x) } else { None } },
        Act::Soft { beta, shift, .. } => Act::Both(*beta, vec![x, shift.unwrap_or(x * 2.0)]),
        Act::Both(a, v) => Act::Lin(a * v[0]),
        Act::Id => Act::Id,
    }
}

#[differentiable(lanes)]
fn many(acts: &[Act], x: &[f64]) -> Vec<f64> {
    let mut out = vec![];
    let mut last = x[0];
    for a in acts {
        let b = next(a, last);
        last = activated(&b, x[1]) + activated(a, last);
        let c = Act::Both(last, vec![last * x[1], 1.0]);
        if let Act::Both(q, _) = &c {
            out.push(activated(&c, x[0]) * q);
        }
        out.push(last);
    }
    out
}

#[differentiable]
fn many_singly(acts: &[Act], x: &[f64]) -> Vec<f64> {
    many(acts, x)
}

#[test]
fn enums() {
    let acts = [
        Act::Lin(0.3),
        Act::Soft { beta: 0.5, shift: Some(0.2), k: 0.8 },
        Act::Soft { beta: 0.5, shift: None, k: 0.8 },
        Act::Both(0.2, vec![0.3, 0.9]),
        Act::Id,
    ];
    many::check(&acts, &[0.3, 0.8]).unwrap();
    let (a, b) = (many::jacobian(&acts, &[0.3, 0.8]), many_singly::jacobian(&acts, &[0.3, 0.8]));
    assert_same(&a, &b);
}

/// What may fail: `?`, methods, `None` that is assigned anew.
#[differentiable(lanes)]
fn parse(x: f64, strict: bool) -> Result<f64, String> {
    if strict && x < 0.0 { Err("negative".to_owned()) } else { Ok(x.sqrt()) }
}

#[differentiable(lanes)]
fn results(x: &[f64]) -> Result<Vec<f64>, String> {
    let mut out = vec![];
    for v in x {
        out.push(parse(*v, true)? * x[0]);
    }
    let o = parse(x[1], false).map(|r| r * x[0]).ok();
    let k = if x[0] > 0.0 { Some(x[1] * 2.0) } else { None };
    out.push(o.unwrap_or(0.0) * k.map(|k| k * k).unwrap_or(1.0));
    let mut best = None;
    for v in x {
        if best.is_none() || *v > 0.5 {
            best = Some(v * v);
        }
    }
    out.push(best.unwrap_or(0.0));
    Ok(out)
}

#[differentiable]
fn results_singly(x: &[f64]) -> Result<Vec<f64>, String> {
    results(x)
}

#[test]
fn fallible() {
    let x = [0.3, 0.8, 0.4];
    results::check(&x).unwrap();
    let (a, b) = (results::jacobian(&x), results_singly::jacobian(&x));
    assert_same(&a, &b);
    assert_eq!(results::jacobian(&[-1.0, 2.0]).shape(), results_singly::jacobian(&[-1.0, 2.0]).shape());
}

/// Arrays in fields, of which one is a constant.
#[derive(Clone, Debug, PartialEq, Differentiable)]
#[lanes]
struct Layer {
    w: Array2<f64>,
    b: Array1<f64>,
    #[constant]
    mask: Array1<f64>,
    #[constant]
    k: f64,
}

#[differentiable(lanes)]
impl Layer {
    fn run(&self, x: &Array1<f64>) -> Array1<f64> {
        let y = self.w.dot(x) + &self.b;
        y.mapv(|v| v.tanh()) * &self.mask * self.k
    }
}

#[differentiable(lanes)]
fn of_arrays(a: &Array2<f64>, x: ArrayView1<f64>, l: &Layer) -> Array1<f64> {
    let mut y = a.dot(&x);
    for i in 0..y.len() {
        y[i] += a[[i, 0]] * x[0];
        let r = a.row(i);
        y[i] *= r.sum() + r.dot(&x);
    }
    let z = &y * 2.0 + &a.column(1) - &y.mapv(f64::sin);
    let q = l.run(&z);
    let mut m = Array2::zeros((2, q.len()));
    m.row_mut(0).assign(&q);
    m.row_mut(1).assign(&(&q * &z));
    let mut s = m.sum_axis(Axis(0));
    s += &q;
    s *= q[0];
    s / (1.0 + m.sum())
}

#[differentiable]
fn of_arrays_singly(a: &Array2<f64>, x: ArrayView1<f64>, l: &Layer) -> Array1<f64> {
    of_arrays(a, x.view(), l)
}

#[test]
fn arrays() {
    let a = array![[0.3, 0.5, 0.2], [-0.1, 0.7, 0.9]];
    let x = array![0.4, 0.2, -0.6];
    let l = Layer { w: array![[0.2, 0.1], [0.5, -0.4]], b: array![0.1, 0.2], mask: array![1.0, 0.5], k: 1.3 };
    of_arrays::check(&a, x.view(), &l).unwrap();
    let (u, v) = (of_arrays::jacobian(&a, x.view(), &l), of_arrays_singly::jacobian(&a, x.view(), &l));
    assert_same(&u, &v);
    let (_, [t]) = of_arrays::jvps(
        &a,
        x.view(),
        &l,
        &[a.clone()],
        [x.clone()],
        &[LayerTangent { w: l.w.clone(), b: l.b.clone(), mask: (), k: () }],
    );
    let (_, e) = of_arrays::jvp(
        &a,
        x.view(),
        &l,
        &a,
        x.clone(),
        &LayerTangent { w: l.w.clone(), b: l.b.clone(), mask: (), k: () },
    );
    assert!((&t - &e).iter().all(|d| d.abs() < 1e-13));
}

/// Arguments that the function changes, one of them a constant.
#[differentiable(lanes)]
fn kick(y: &mut [f64], v: &mut [f64; 2], k: f64, count: &mut usize) -> f64 {
    for i in 0..y.len() {
        v[i % 2] -= k * y[i].sin();
        y[i] += v[i % 2] * 0.5;
        *count += 1;
    }
    v[0] * y[1]
}

#[differentiable(lanes)]
impl Layer {
    fn shift(&mut self, x: &[f64]) {
        self.b[0] += x[0] * self.w[[0, 1]];
        self.w[[1, 1]] *= self.b[0];
    }
}

#[differentiable]
fn kick_singly(y: &mut [f64], v: &mut [f64; 2], k: f64, count: &mut usize) -> f64 {
    kick(y, v, k, count)
}

#[test]
fn changed() {
    let (mut y, mut v, mut n) = (vec![0.3, 0.5, 0.7], [0.1, 0.2], 0);
    let (a, b) = (kick::jacobian(&mut y, &mut v, 0.4, &mut n), kick_singly::jacobian(&mut y, &mut v, 0.4, &mut n));
    assert_same(&a, &b);
    let (start_y, start_v, dk) = ([vec![1.0, 0.0, 0.5], vec![0.0, 1.0, 0.0]], [[0.0, 1.0], [0.5, 0.0]], [1.0, -1.0]);
    let (mut d_y, mut d_v) = (start_y.clone(), start_v);
    let (value, tangents) = kick::jvps(&mut y.clone(), &mut v.clone(), 0.4, &mut n, &mut d_y, &mut d_v, dk);
    for i in 0..2 {
        let (mut one_y, mut one_v) = (start_y[i].clone(), start_v[i]);
        let one = kick::jvp(&mut y.clone(), &mut v.clone(), 0.4, &mut n, &mut one_y, &mut one_v, dk[i]);
        assert_eq!((value, tangents[i], &d_y[i], d_v[i]), (one.0, one.1, &one_y, one_v));
    }
    let mut l = Layer { w: array![[0.2, 0.1], [0.5, -0.4]], b: array![0.1, 0.2], mask: array![1.0, 0.5], k: 1.3 };
    l.shift_check(&[0.3]).unwrap();
    assert_eq!(l.shift_jacobian(&[0.3]).dim(), (6, 7));
}
