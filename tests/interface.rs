//! The interface, sentence by sentence: what is called how, and gives what shape.
#![allow(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    unused,
    non_camel_case_types,
    reason = "programs are written as users write them"
)]
use differentiable::prelude::*;

// --- free functions table
#[differentiable(order = 2)]
fn f(x: f64, w: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    for i in 0..n {
        s += (w[i] * x).sin() * w[i];
    }
    s
}

#[test]
fn table() {
    let w = [0.3, 0.5, -0.2];
    let (gx, gw): (f64, Vec<f64>) = f::grad(0.7, &w, 3);
    let (v, g) = f::value_and_grad(0.7, &w, 3);
    assert_eq!(g, (gx, gw.clone()));
    let (mut dx, mut dw) = (1.0, vec![1.0; 3]);
    let v2: f64 = f::grad_into(0.7, &w, 3, &mut dx, &mut dw);
    assert_eq!(v, v2);
    assert!((dx - 1.0 - gx).abs() < 1e-14);
    let (v3, pullback) = f::vjp(0.7, &w, 3);
    fn is_fn<A, R>(f: &impl Fn(A) -> R) {}
    is_fn(&pullback);
    assert_eq!(pullback(1.0), (gx, gw.clone()));
    assert_eq!(pullback(2.0).0, 2.0 * gx);
    assert_eq!(pullback(1.0), (gx, gw.clone()));
    let (v4, t): (f64, f64) = f::jvp(0.7, &w, 3, 1.0, &[0.0, 0.0, 0.0]);
    assert!((t - gx).abs() < 1e-14);
    let j: Array2<f64> = f::jacobian(0.7, &w, 3);
    assert_eq!(j.dim(), (1, 4));
    let h: (f64, Vec<f64>) = f::hvp(0.7, &w, 3, 1.0, &[0.0; 3]);
    let hh: Array2<f64> = f::hessian(0.7, &w, 3);
    assert_eq!(hh.dim(), (4, 4));
    assert!((hh[[0, 0]] - h.0).abs() < 1e-14);
    f::check(0.7, &w, 3).unwrap();
    let s: &'static str = f::source();
    let g = f::graph();
    format!("{g} {g:#}");
}

// value shapes
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct P {
    a: f64,
    b: [f64; 2],
}
#[derive(Clone, Debug, PartialEq, Differentiable)]
enum Shape {
    Circle(f64),
    Rect { w: f64, h: f64 },
}

#[differentiable]
fn to_tuple(x: f64, y: f64) -> (f64, [f64; 2]) {
    (x * y, [x, y.sin()])
}
#[differentiable]
fn to_struct(x: f64, y: f64) -> P {
    P { a: x * y, b: [x, y.sin()] }
}
#[differentiable]
fn to_enum(x: f64, y: f64) -> Shape {
    if x > 0.0 { Shape::Circle(x * y) } else { Shape::Rect { w: x, h: y * y } }
}
#[differentiable]
fn to_vec(x: f64, y: f64) -> Vec<f64> {
    vec![x * y, x + y]
}
#[differentiable]
fn to_option(x: f64, y: f64) -> Option<f64> {
    if x > 0.0 { Some(x * y) } else { None }
}
#[differentiable]
fn to_array(x: &Array1<f64>, k: f64) -> Array1<f64> {
    x * k
}
#[differentiable]
fn to_complex(x: f64, y: f64) -> Complex<f64> {
    Complex::new(x * y, x + y) * Complex::new(x, y)
}
#[differentiable]
fn of_complex(z: Complex<f64>, y: f64) -> Complex<f64> {
    z * z * y
}
#[differentiable]
fn to_unit(x: f64) {
    let _ = x;
}

#[test]
fn shapes() {
    let ((_, _), pb) = to_tuple::vjp(2.0, 3.0);
    assert_eq!(pb((1.0, [0.0, 0.0])), (3.0, 2.0));
    assert_eq!(pb((0.0, [1.0, 0.0])), (1.0, 0.0));
    let (v, pb) = to_struct::vjp(2.0, 3.0);
    assert_eq!(pb(PTangent { a: 1.0, b: [0.0; 2] }), (3.0, 2.0));
    assert_eq!(pb(PTangent { a: 1.0, b: [0.0; 2] }), (3.0, 2.0));
    let (v, pb) = to_enum::vjp(2.0, 3.0);
    assert_eq!(pb(ShapeTangent::Circle(1.0)), (3.0, 2.0));
    let (v, pb) = to_enum::vjp(-2.0, 3.0);
    assert_eq!(pb(ShapeTangent::Rect { w: 0.0, h: 1.0 }), (0.0, 6.0));
    let (v, pb) = to_vec::vjp(2.0, 3.0);
    assert_eq!(pb(vec![1.0, 0.0]), (3.0, 2.0));
    let (v, pb) = to_option::vjp(2.0, 3.0);
    assert_eq!(pb(Some(1.0)), (3.0, 2.0));
    let x = array![1.0, 2.0];
    let (v, pb) = to_array::vjp(&x, 3.0);
    assert_eq!(pb(array![1.0, 1.0]), (array![3.0, 3.0], 3.0));
    assert_eq!(to_struct::jacobian(2.0, 3.0).dim(), (3, 2));
    assert_eq!(to_array::jacobian(&x, 3.0), array![[3.0, 0.0, 1.0], [0.0, 3.0, 2.0]]);
    let j = to_complex::jacobian(2.0, 3.0);
    assert_eq!(j.dim(), (2, 2));
    let j = of_complex::jacobian(Complex::new(1.0, 2.0), 3.0);
    assert_eq!(j, array![[6.0, -12.0, -3.0], [12.0, 6.0, 4.0]]);
    of_complex::check(Complex::new(1.0, 2.0), 3.0).unwrap();
    to_complex::check(2.0, 3.0).unwrap();
    to_enum::check(2.0, 3.0).unwrap();
    to_struct::check(2.0, 3.0).unwrap();
    to_tuple::check(2.0, 3.0).unwrap();
    to_vec::check(2.0, 3.0).unwrap();
    to_option::check(2.0, 3.0).unwrap();
    to_option::check(-2.0, 3.0).unwrap();
}

// &mut
#[differentiable(order = 2)]
fn step(x: &mut [f64], rate: f64) {
    for i in 0..x.len() {
        x[i] = x[i] - rate * x[i] * x[i];
    }
}
#[differentiable(order = 2)]
fn step_value(x: &mut [f64], y: &mut f64, rate: f64) -> f64 {
    let mut s = 0.0;
    for i in 0..x.len() {
        x[i] = x[i] - rate * x[i] * *y;
        s += x[i] * x[i];
    }
    *y *= s;
    s
}
#[differentiable]
fn two(a: &mut f64, b: &mut P, k: f64) -> (f64, f64) {
    *a *= k;
    b.a += *a * *a;
    b.b[0] *= b.a;
    (*a, b.b[0] * k)
}

#[test]
fn mutable() {
    let mut x = [1.0, 2.0];
    {
        let ((), pb) = step::vjp(&mut x, 0.1);
        let (dx, dr): (Vec<f64>, f64) = pb(&[1.0, 0.0]);
        assert!((dx[0] - 0.8).abs() < 1e-15 && dx[1] == 0.0 && dr == -1.0);
        assert_eq!(pb(&[1.0, 0.0]), (dx, dr));
    }
    let mut x = [1.0, 2.0];
    let mut dx = [1.0, 0.0];
    let ((), ()) = step::jvp(&mut x, 0.1, &mut dx, 0.0);
    assert!((dx[0] - 0.8).abs() < 1e-15);
    let mut x = [1.0, 2.0];
    let j = step::jacobian(&mut x, 0.1);
    assert_eq!(j.dim(), (2, 3));
    assert_eq!(x, [1.0, 2.0]);
    let j = step_value::jacobian(&mut x, &mut 0.5, 0.1);
    assert_eq!(j.dim(), (4, 4));
    let h = step_value::hessian(&mut x, &mut 0.5, 0.1);
    assert_eq!(h.dim(), (4, 4));
    assert_eq!(x, [1.0, 2.0]);
    step_value::check(&mut x, &mut 0.5, 0.1).unwrap();
    let g = step_value::grad(&mut x, &mut 0.5, 0.1);
    assert!(x != [1.0, 2.0]);
    let mut x = [1.0, 2.0];
    let (mut a, mut b, mut c) = (vec![0.0; 2], 0.0, 0.0);
    step_value::grad_into(&mut x, &mut 0.5, 0.1, &mut a, &mut b, &mut c);
    assert_eq!(g, (a, b, c));
    let (mut x, mut y) = ([1.0, 2.0], 0.5);
    let (v, pb) = step_value::vjp(&mut x, &mut y, 0.1);
    let r = pb(1.0, &[0.0, 0.0], &0.0);
    assert_eq!(r, g);
    let r = pb(1.0, &[0.0, 0.0], &0.0);
    assert_eq!(r, g);
    let mut p = P { a: 1.0, b: [2.0, 3.0] };
    two::check(&mut 0.5, &mut p, 0.3).unwrap();
    let h = step_value::hvp(&mut [1.0, 2.0], &mut 0.5, 0.1, &mut [1.0, 0.0], &mut 0.0, 0.0);
}
fn a2() -> f64 {
    0.5
}

// wrt
#[differentiable(wrt(w, b))]
fn lin(x: f64, w: f64, b: f64) -> f64 {
    w * x + b
}
#[differentiable]
fn outer(x: f64) -> f64 {
    lin(x * x, 2.0, x)
}
#[test]
fn wrt() {
    assert_eq!(lin::grad(3.0, 2.0, 1.0), (3.0, 1.0));
    assert_eq!(lin::jvp(3.0, 2.0, 1.0, 1.0, 0.0), (7.0, 3.0));
    assert_eq!(lin::jacobian(3.0, 2.0, 1.0), array![[3.0, 1.0]]);
    assert_eq!(outer::grad(3.0), 13.0);
    lin::check(3.0, 2.0, 1.0).unwrap();
    assert_eq!(lin::vjp(3.0, 2.0, 1.0).1(2.0), (6.0, 2.0));
}

// type = name
#[allow(non_camel_case_types)]
struct area {
    r: f64,
}
#[differentiable(type = area_derivatives)]
fn area(r: f64) -> f64 {
    r * r
}
#[differentiable]
fn two_areas(r: f64) -> f64 {
    area_derivatives::call(r) * 2.0
}
#[differentiable(type = gen_derivatives, order = 2)]
pub fn generic_named<T: Real>(r: T, v: &[T]) -> T {
    r * r * v[0]
}
#[differentiable]
fn calls_generic(r: f64) -> f64 {
    gen_derivatives::call(r, &[r])
}
#[differentiable]
fn calls_nested_named(r: f64) -> f64 {
    let (a, b) = gen_derivatives::grad(r, &[r]);
    a * b[0]
}
#[test]
fn named() {
    assert_eq!(area_derivatives::grad(3.0), 6.0);
    assert_eq!(two_areas::grad(3.0), 12.0);
    two_areas::check(3.0).unwrap();
    calls_generic::check(1.5).unwrap();
    calls_nested_named::check(1.5).unwrap();
    gen_derivatives::check(1.5, &[2.0]).unwrap();
    area_derivatives::check(2.0).unwrap();
}

// methods
#[differentiable(order = 2)]
impl P {
    fn energy(&self, k: f64) -> f64 {
        self.a * self.a * k + self.b[0] * self.b[1] * self.a
    }
    #[differentiable(prefix = adv)]
    fn advance(&mut self, dt: f64) {
        self.a += dt * self.b[0].sin() / self.b[1];
        self.b[1] *= dt.powi(3) % 0.3;
        self.b[0] = -self.b[0].powi(2).hypot(self.a) - self.b[1];
    }
    #[differentiable(skip)]
    fn skipped(&self) -> String {
        String::new()
    }
    fn consume(self, k: f64) -> f64 {
        self.a * k
    }
    fn stat(x: f64) -> f64 {
        x * x
    }
}
#[test]
fn methods() {
    let p = P { a: 1.0, b: [2.0, 3.0] };
    let (dp, dk) = p.energy_grad(2.0);
    assert_eq!(dp, PTangent { a: 10.0, b: [3.0, 2.0] });
    assert_eq!(dk, 1.0);
    p.energy_value_and_grad(2.0);
    let (mut dp, mut dk) = (PTangent { a: 0.0, b: [0.0; 2] }, 0.0);
    p.energy_grad_into(2.0, &mut dp, &mut dk);
    let (v, pb) = p.energy_vjp(2.0);
    pb(1.0);
    assert_eq!(pb(1.0), (dp.clone(), 1.0));
    p.energy_jvp(2.0, &dp, 0.0);
    p.energy_hvp(2.0, &dp, 0.0);
    assert_eq!(p.energy_hessian(2.0).dim(), (4, 4));
    assert_eq!(p.energy_jacobian(2.0).dim(), (1, 4));
    p.energy_check(2.0).unwrap();
    P::energy_source();
    P::energy_graph();
    let mut q = p.clone();
    q.adv_check(0.1).unwrap();
    p.clone().consume_grad(2.0);
    assert_eq!(P::stat_grad(3.0), 6.0);
}

// rules
#[differentiable(vjp = only_vjp_vjp)]
fn only_vjp(x: f64) -> f64 {
    x * x * x
}
fn only_vjp_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
    let saved = 3.0 * x * x;
    (x * x * x, move |ct| ct * saved)
}
#[differentiable(jvp = only_jvp_jvp)]
fn only_jvp(x: f64) -> f64 {
    x * x * x
}
fn only_jvp_jvp(x: f64, dx: f64) -> (f64, f64) {
    (x * x * x, 3.0 * x * x * dx)
}
// rule for a function of another crate
#[differentiable(vjp = powf_vjp)]
fn power(x: f64, p: f64) -> f64 {
    num_complex_powf(x, p)
}
fn num_complex_powf(x: f64, p: f64) -> f64 {
    x.powf(p)
}
fn powf_vjp(x: f64, p: f64) -> (f64, Box<dyn Fn(f64) -> (f64, f64)>) {
    let y = x.powf(p);
    (y, Box::new(move |ct| (ct * p * y / x, ct * y * x.ln())))
}
// a rule on a struct with saved values
#[differentiable(vjp = solve_vjp, jvp = solve_jvp)]
fn solve(a: &[f64; 2], b: &P, n: usize) -> [f64; 2] {
    [a[0] / b.a, a[1] * b.b[0] * n as f64]
}
fn solve_vjp<'a>(
    a: &'a [f64; 2],
    b: &'a P,
    n: usize,
) -> ([f64; 2], impl Fn([f64; 2]) -> ([f64; 2], PTangent) + use<'a>) {
    let v = solve(a, b, n);
    (v, move |ct| {
        (
            [ct[0] / b.a, ct[1] * b.b[0] * n as f64],
            PTangent { a: -ct[0] * a[0] / b.a / b.a, b: [ct[1] * a[1] * n as f64, 0.0] },
        )
    })
}
fn solve_jvp(a: &[f64; 2], b: &P, n: usize, da: &[f64; 2], db: &PTangent) -> ([f64; 2], [f64; 2]) {
    (solve(a, b, n), [da[0] / b.a - a[0] / b.a / b.a * db.a, (da[1] * b.b[0] + a[1] * db.b[0]) * n as f64])
}
// rule on a method
struct Holder;
impl Holder {}
#[differentiable]
fn uses_rules(x: f64) -> f64 {
    let p = P { a: x * 2.0, b: [x, 1.0] };
    let s = solve(&[x, x * x], &p, 3);
    s[0] * s[1]
}
#[differentiable(wrt(x), vjp = narrow_vjp)]
fn narrow(x: f64, y: f64) -> f64 {
    x * y
}
fn narrow_vjp(x: f64, y: f64) -> (f64, impl Fn(f64) -> (f64, f64)) {
    (x * y, move |ct| (ct * y, ct * x))
}
// generic rule
#[differentiable(vjp = gsq_vjp, jvp = gsq_jvp)]
fn gsq<T: Real>(x: T) -> T {
    x * x
}
fn gsq_vjp<T: Real>(x: T) -> (T, impl Fn(T) -> T) {
    (x * x, move |ct| ct * (x + x))
}
fn gsq_jvp<T: Real>(x: T, dx: T) -> (T, T) {
    (x * x, dx * (x + x))
}
#[test]
fn rules() {
    assert_eq!(only_vjp::grad(2.0), 12.0);
    assert_eq!(only_vjp::vjp(2.0).1(2.0), 24.0);
    assert_eq!(only_jvp::jvp(2.0, 1.0), (8.0, 12.0));
    assert!((power::grad(2.0, 3.0).0 - 12.0).abs() < 1e-12);
    solve::check(&[1.0, 2.0], &P { a: 2.0, b: [3.0, 4.0] }, 2).unwrap();
    uses_rules::check(0.7).unwrap();
    assert_eq!(narrow::grad(2.0, 3.0), 3.0);
    gsq::check(0.4).unwrap();
    gsq::check_with(0.4f32, Tolerance { modes: 1e-5, differences: 1e-2, step: 1e-2 }).unwrap();
}

// f32
#[differentiable(order = 2)]
fn single(x: f32, w: &[f32]) -> f32 {
    let mut s = 0.0;
    for a in w {
        s += (a * x).sin() * a * x.exp();
    }
    s
}
#[differentiable]
fn single_vec(x: &[f32]) -> Vec<f32> {
    x.iter().map(|a| a * a * x[0]).collect()
}
#[differentiable]
fn mixed(x: f32, y: f64) -> f64 {
    (x as f64) * y * y
}
#[test]
fn f32s() {
    for i in 0..20 {
        let x = 0.1 + 0.15 * i as f32;
        single::check(x, &[0.3, -0.7, 1.3]).unwrap();
        single_vec::check(&[x, 0.5, 100.0]).unwrap();
        mixed::check(x, 0.4).unwrap();
    }
    let h: Array2<f64> = single::hessian(0.5, &[0.3]);
}

// integer / alias
type Count = usize;
#[differentiable]
fn alias(x: f64, n: Count) -> f64 {
    x * n as f64
}
#[differentiable]
fn alias_marked(x: f64, #[constant] n: Count) -> f64 {
    x * n as f64
}
#[differentiable]
fn ints(x: f64, n: i32, b: bool, c: char, s: &str, g: impl Fn(i32) -> i32) -> f64 {
    if b { x.powi(n) } else { x * g(n) as f64 }
}
#[test]
fn integers() {
    let (g, ()) = alias::grad(2.0, 3);
    assert_eq!(g, 3.0);
    assert_eq!(alias_marked::grad(2.0, 3), 3.0);
    assert_eq!(ints::grad(2.0, 3, true, 'c', "s", |i| i), 12.0);
    alias::check(2.0, 3).unwrap();
    ints::check(2.0, 3, true, 'c', "s", |i| i).unwrap();
    assert_eq!(ints::vjp(2.0, 3, true, 'c', "s", |i| i).1(1.0), 12.0);
}

// inside functions, pub(crate), generics
mod inner {
    use differentiable::prelude::*;
    #[differentiable]
    pub(crate) fn h<const N: usize, T: Real>(x: [T; N], k: T) -> T {
        let mut s = T::zero();
        for i in 0..N {
            s += x[i] * x[i] * k;
        }
        s
    }
}
use inner::h;
#[test]
fn local() {
    #[differentiable(order = 2)]
    fn inside(x: f64) -> f64 {
        x.sin()
    }
    assert_eq!(inside::grad(0.0), 1.0);
    let (a, b) = h::grad([1.0, 2.0], 3.0);
    assert_eq!((a, b), ([6.0, 12.0], 5.0));
    let (a, b) = h::grad([1.0f32, 2.0], 3.0);
    h::check([1.0, 2.0], 3.0).unwrap();
}

// order 3/4
#[differentiable(order = 4)]
fn quartic(x: f64, y: f64) -> f64 {
    x * x * x * x * y
}
#[test]
fn orders() {
    assert_eq!(quartic::hessian(1.0, 1.0), array![[12.0, 4.0], [4.0, 0.0]]);
}

// constant
#[differentiable]
fn with_constant(x: f64, #[constant] k: f64) -> f64 {
    x * k
}
#[differentiable]
fn through_stop(x: f64) -> f64 {
    with_constant(x, stop_gradient(x))
}
#[test]
fn constants() {
    assert_eq!(through_stop::grad(3.0), 3.0);
    assert_eq!(with_constant::grad(2.0, 5.0), 5.0);
}
