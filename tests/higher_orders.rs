//! Second and third derivatives where only the type checker knows what is a float: fields, operators, functions.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct State {
    position: f64,
    velocity: [f64; 2],
    steps: usize,
}

#[differentiable(order = 3)]
impl State {
    fn advance(&mut self, dt: f64) {
        self.position += dt * self.velocity[0].sin() / self.velocity[1];
        self.velocity[1] *= dt.powi(3) % 0.3 + self.position;
        self.velocity[0] = -self.velocity[0].powi(2).hypot(self.position) - self.velocity[1];
        self.steps = self.steps * 2 + 1;
    }

    fn energy(&self, k: f64) -> f64 {
        let mut s = *self;
        s.advance(k);
        s.position * s.velocity[0].atan2(s.velocity[1]) + s.velocity[1].powf(k).max(s.position) * (s.steps as f64)
    }
}

#[differentiable(order = 2)]
fn of_energy(state: &State, k: f64) -> f64 {
    let (d_state, d_k) = state.energy_grad(k);
    d_state.position * d_state.velocity[0] + d_state.velocity[1] * d_k
}

#[differentiable]
fn of_both(state: &State, k: f64) -> f64 {
    let (d_state, d_k) = of_energy::grad(state, k);
    let (_, slope) = of_energy::jvp(state, k, &d_state, 0.5);
    d_state.position * d_k + d_state.velocity[1] * slope
}

#[test]
fn fields() {
    let state = State { position: 0.7, velocity: [0.4, 1.3], steps: 2 };
    state.energy_check(0.6).unwrap();
    of_energy::check(&state, 0.6).unwrap();
    of_both::check(&state, 0.6).unwrap();
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Dual {
    re: f64,
    du: f64,
}

#[differentiable(order = 2)]
impl std::ops::Mul for Dual {
    type Output = Dual;
    fn mul(self, o: Dual) -> Dual {
        Dual { re: self.re * o.re, du: self.re * o.du + self.du * o.re * o.re }
    }
}

#[differentiable(order = 2)]
impl std::ops::Add<f64> for Dual {
    type Output = Dual;
    fn add(self, o: f64) -> Dual {
        Dual { re: self.re + o, du: self.du * o * o }
    }
}

#[differentiable(order = 2)]
impl std::ops::Neg for Dual {
    type Output = Dual;
    fn neg(self) -> Dual {
        Dual { re: -self.re * self.du, du: -self.du }
    }
}

#[differentiable(order = 2)]
fn of_operators(a: Dual, b: Dual, x: f64) -> f64 {
    let c = -(a * b) * a + x;
    c.re * c.du + c.re
}

#[differentiable]
fn first(a: Dual, b: Dual, x: f64) -> f64 {
    let (d_a, d_b, d_x) = of_operators::grad(a, b, x);
    d_a.re * d_b.du + d_a.du * d_b.re * d_x
}

#[test]
fn operators_of_users() {
    let (a, b) = (Dual { re: 0.7, du: 0.4 }, Dual { re: -0.3, du: 0.9 });
    first::check(a, b, 0.5).unwrap();
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Wave {
    amplitude: Complex<f64>,
    phase: f64,
}

#[differentiable(order = 3)]
fn intensity(w: &Wave, z: Complex<f64>) -> f64 {
    let a = (w.amplitude + z) * w.amplitude / (w.amplitude - w.phase) * w.phase - w.amplitude;
    let b = -a * z;
    b.norm_sqr() * w.phase
}

#[differentiable(order = 2)]
fn of_intensity(w: &Wave, z: Complex<f64>) -> f64 {
    let (d_w, d_z) = intensity::grad(w, z);
    d_w.phase * d_z.re + d_z.im * d_w.phase
}

#[differentiable]
fn of_of_intensity(w: &Wave, z: Complex<f64>) -> f64 {
    let (d_w, d_z) = of_intensity::grad(w, z);
    d_w.phase * d_z.im + d_z.re
}

#[test]
fn complex_operators() {
    let w = Wave { amplitude: Complex::new(0.4, 0.9), phase: -0.7 };
    of_intensity::check(&w, Complex::new(0.3, -0.5)).unwrap();
    of_of_intensity::check(&w, Complex::new(0.3, -0.5)).unwrap();
}

/// Every function of floats, on a receiver of unknown type.
macro_rules! functions {
    ($(method $name:ident ($method:ident) $(($arg:ident: $ty:ty, $lo:literal, $hi:literal))*; )*
     ) => {$(
        mod $name {
            use differentiable::prelude::*;

            #[derive(Clone, Debug, PartialEq, Differentiable)]
            struct Arguments { $($arg: $ty),* }

            functions!(@function $method $($arg)*);

            #[differentiable(order = 2)]
            fn slope(of: &Arguments) -> f64 {
                let d = of_function::grad(of);
                d.a * d.a
            }

            #[differentiable]
            fn curvature(of: &Arguments) -> f64 {
                let d = slope::grad(of);
                d.a * d.a
            }

            #[test]
            fn higher_derivatives() {
                let at = |t: f64| Arguments { $($arg: (($lo as f64) + t * (($hi as f64) - ($lo as f64))) as $ty),* };
                for t in [0.31, 0.78] {
                    slope::check(&at(t)).unwrap();
                    curvature::check(&at(t)).unwrap();
                }
            }
        }
    )*};
    (@function $method:ident $first:ident $($rest:ident)*) => {
        #[differentiable(order = 3)]
        fn of_function(of: &Arguments) -> f64 {
            of.$first.$method($(of.$rest),*)
        }
    };
}

functions! {
    method sin (sin) (a: f64, -2.0, 2.0);
    method tan (tan) (a: f64, -1.0, 1.0);
    method exp (exp) (a: f64, -2.0, 2.0);
    method ln (ln) (a: f64, 0.5, 2.0);
    method sqrt (sqrt) (a: f64, 0.5, 2.0);
    method powf (powf) (a: f64, 0.5, 2.0) (b: f64, 0.5, 2.0);
    method powi (powi) (a: f64, 0.5, 2.0) (n: i32, 3.0, 4.0);
    method atan2 (atan2) (a: f64, 0.5, 2.0) (b: f64, 0.5, 2.0);
    method mul_add (mul_add) (a: f64, -2.0, 2.0) (b: f64, -2.0, 2.0) (c: f64, -2.0, 2.0);
    method log (log) (a: f64, 0.5, 2.0) (b: f64, 1.5, 2.5);
    method recip (recip) (a: f64, 0.5, 2.0);
    method tanh (tanh) (a: f64, -2.0, 2.0);
    method acosh (acosh) (a: f64, 1.5, 3.0);
    method clamp (clamp) (a: f64, 0.6, 1.4) (b: f64, 0.1, 0.5) (c: f64, 1.5, 2.0);
}
