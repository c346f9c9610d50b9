//! Derivatives, inside differentiated functions, of functions that change their arguments; and pullbacks.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

/// Hands over items, whose declarations are then not read: types alone tell what fields and values are.
macro_rules! made_by_a_macro {
    ($($item:tt)*) => { $($item)* };
}

made_by_a_macro! {
#[differentiable(order = 3)]
fn step(x: &mut [f64], k: f64) -> f64 {
    let mut s = 0.0;
    for i in 0..x.len() {
        x[i] = (x[i] * k).sin() + x[i];
        s += x[i] * x[i] * k;
    }
    s
}

#[differentiable(order = 2)]
fn of_gradient(x: &[f64], k: f64) -> f64 {
    let mut y = x.to_vec();
    let (d_y, d_k) = step::grad(&mut y, k);
    // `y` is what `step` made of it.
    d_y[0] * y[1] + d_k * y[0] * d_y[1]
}

#[differentiable]
fn of_value_and_gradient(x: &mut [f64], k: f64) -> f64 {
    let (value, (d_x, d_k)) = step::value_and_grad(x, k);
    let (again, _) = step::value_and_grad(x, d_k * 0.1);
    x[0] *= d_x[1];
    value * d_k + again * x[1]
}

#[differentiable]
fn of_direction(x: &[f64], v: &[f64], k: f64) -> f64 {
    let (mut y, mut d_y) = (x.to_vec(), v.to_vec());
    let (value, slope) = step::jvp(&mut y, k, &mut d_y, 0.3);
    value * slope + d_y[0] * y[1] + d_y[1] * d_y[1]
}

#[differentiable]
fn of_product(x: &[f64], v: &[f64], k: f64) -> f64 {
    let (mut y, mut d_y) = (x.to_vec(), v.to_vec());
    let (h, h_k) = step::hvp(&mut y, k, &mut d_y, k * 0.3);
    h[0] * y[1] + h_k * d_y[0] + h[1] * d_y[1]
}

#[differentiable]
fn of_matrices(x: &[f64], k: f64) -> f64 {
    let mut y = x.to_vec();
    let j = step::jacobian(&mut y, k);
    let h = step::hessian(&mut y, k);
    j[[0, 0]] * j[[1, 0]] + j[[2, 2]] * h[[0, 0]] + h[[1, 2]] * y[0]
}

#[differentiable]
fn twice(x: &[f64], k: f64) -> f64 {
    let (d_x, d_k) = of_gradient::grad(x, k);
    d_x[0] * d_k + d_x[1]
}

#[test]
fn functions_that_change_their_arguments() {
    let (x, v) = ([0.4, -0.7], [0.9, 0.2]);
    of_gradient::check(&x, 1.3).unwrap();
    of_value_and_gradient::check(&mut [0.4, -0.7], 1.3).unwrap();
    of_direction::check(&x, &v, 1.3).unwrap();
    of_product::check(&x, &v, 1.3).unwrap();
    of_matrices::check(&x, 1.3).unwrap();
    twice::check(&x, 1.3).unwrap();
}

/// A state that `wrt` leaves out still changes with what is asked for.
#[differentiable(order = 2, wrt(k))]
fn narrowed(x: &mut f64, k: f64) -> f64 {
    *x *= k * k;
    *x * k
}

#[differentiable]
fn of_narrowed(x: f64, k: f64) -> f64 {
    let mut y = x;
    let d = narrowed::grad(&mut y, k);
    let j = narrowed::jacobian(&mut y, d);
    d * y + j[[0, 0]] * j[[1, 0]]
}

#[test]
fn narrowed_state() {
    assert_eq!(narrowed::jacobian(&mut 2.0, 3.0), array![[54.0], [12.0]]);
    narrowed::check(&mut 2.0, 3.0).unwrap();
    of_narrowed::check(0.4, 0.9).unwrap();
}

/// Methods with `&mut self`.
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Particle {
    position: [f64; 2],
    mass: f64,
}

#[differentiable(order = 2)]
impl Particle {
    fn kick(&mut self, force: f64) -> f64 {
        self.position[0] += force / self.mass;
        self.position[1] *= self.position[0];
        self.position[1] * self.mass * force
    }
}

#[differentiable]
fn of_method(particle: &Particle, force: f64) -> f64 {
    let mut p = particle.clone();
    let (d_p, d_force) = p.kick_grad(force);
    let (value, d) = p.kick_value_and_grad(d_force);
    d_p.position[0] * d_force + d_p.mass * value + d.0.mass * p.position[1]
}

#[test]
fn methods_that_change_their_receiver() {
    of_method::check(&Particle { position: [0.4, 0.8], mass: 1.7 }, 0.6).unwrap();
}

/// Pullbacks, called in place.
#[differentiable(order = 3)]
fn pair(x: f64, w: &[f64]) -> (f64, [f64; 2]) {
    (x * w[0].sin(), [w[1] * x * x, w[0] * w[1]])
}

#[differentiable(order = 2)]
fn of_pullback(x: f64, w: &[f64], c: f64) -> f64 {
    let ((first, _), pullback) = pair::vjp(x, w);
    let (d_x, d_w) = pullback((c, [c * x, 2.0]));
    let (again, _) = pullback((0.0, [first, d_x]));
    d_x * d_w[0] + d_w[1] * c + again
}

#[differentiable]
fn of_of_pullback(x: f64, w: &[f64], c: f64) -> f64 {
    let (value, pullback) = of_pullback::vjp(x, w, c);
    let (d_x, d_w, d_c) = pullback(value);
    d_x * d_c + d_w[0] * d_w[1]
}

#[test]
fn pullbacks() {
    of_pullback::check(0.7, &[0.4, -0.9], 1.3).unwrap();
    of_of_pullback::check(0.7, &[0.4, -0.9], 1.3).unwrap();
}

/// A pullback in a loop, of a function that `type = name` renames.
#[differentiable(order = 2, type = spring_derivatives)]
fn spring(x: f64, k: f64) -> f64 {
    0.25 * k * x.powi(4)
}

#[differentiable]
fn swing(x: f64, k: f64, n: usize) -> f64 {
    let (mut x, mut v) = (x, 0.0);
    for _ in 0..n {
        let (_, pullback) = spring_derivatives::vjp(x, k);
        let (force, _) = pullback(1.0);
        v -= 0.1 * force;
        x += 0.1 * v;
    }
    x + spring_derivatives::call(v, k)
}

#[test]
fn pullbacks_in_loops() {
    swing::check(1.1, 0.8, 5).unwrap();
}
}
