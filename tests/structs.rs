//! Structs, nested, generic, tuple-like, with constant fields, boxes and vectors of them.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub struct Vec2 {
    pub x: f64,
    pub y: f64,
}

#[derive(Clone, Debug, Differentiable)]
pub struct Body {
    pub position: Vec2,
    velocity: Vec2,
    pub(crate) mass: f64,
    #[constant]
    pub name: String,
    pub id: usize,
}

#[derive(Clone, Debug, Differentiable)]
struct World {
    bodies: Vec<Body>,
    gravity: f64,
    grid: [[f64; 2]; 2],
    boxed: Box<Vec2>,
    maybe: Option<f64>,
    pair: (f64, Vec<f64>),
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct Celsius(f64);

#[derive(Clone, Copy, Debug, Default, Differentiable)]
struct Nothing;

#[derive(Clone, Debug, Differentiable)]
struct Wrapper<T> {
    inner: T,
    scale: f64,
}

#[derive(Clone, Debug, Differentiable)]
struct Matrix<const R: usize, const C: usize> {
    m: [[f64; C]; R],
}

fn world() -> World {
    let body = |i: usize| Body {
        position: Vec2 { x: 0.3 + i as f64, y: 1.1 },
        velocity: Vec2 { x: 0.2, y: -0.4 * i as f64 },
        mass: 1.5,
        name: format!("body {i}"),
        id: i,
    };
    World {
        bodies: (0..3).map(body).collect(),
        gravity: 9.8,
        grid: [[1.0, 2.0], [0.5, 0.25]],
        boxed: Box::new(Vec2 { x: 0.1, y: 0.7 }),
        maybe: Some(1.5),
        pair: (0.4, vec![0.1, 0.2]),
    }
}

#[differentiable]
fn fields_everywhere(w: &World, x: f64) -> f64 {
    let m = match w.maybe {
        Some(m) => m * x,
        None => x,
    };
    let (a, ref list) = w.pair;
    let mut s = m + a;
    for t in list.iter() {
        s *= t + x;
    }
    s + w.boxed.y
}

#[differentiable]
fn advance(w: &mut World, dt: f64) {
    let g = w.gravity;
    for b in w.bodies.iter_mut() {
        b.velocity.y -= g * dt;
        b.position.x += b.velocity.x * dt;
        b.position.y += b.velocity.y * dt;
    }
    w.bodies[0].mass *= dt;
    w.grid[0][1] = w.grid[1][0] * w.grid[0][0];
}

#[differentiable]
fn units(t: Celsius, n: Nothing) -> Celsius {
    let _ = n;
    let Celsius(c) = t;
    Celsius(c * 1.8 + t.0 * c)
}

#[differentiable]
fn wrapped(w: &Wrapper<Vec2>) -> f64 {
    w.scale * w.inner.x * w.inner.y
}

#[differentiable]
fn wrapped_list(w: &Wrapper<Vec<Wrapper<f64>>>) -> f64 {
    let mut s = w.scale;
    for v in &w.inner {
        s *= v.inner + v.scale;
    }
    s
}

#[differentiable]
fn trace<const N: usize>(m: &Matrix<N, N>, x: f64) -> f64 {
    let mut t = 0.0;
    for i in 0..N {
        t += m.m[i][i] * x;
    }
    t * N as f64
}

#[differentiable]
fn moved(bodies: Vec<Body>) -> Vec<Vec2> {
    let mut out = Vec::with_capacity(bodies.len());
    for b in bodies {
        out.push(Vec2 { x: b.position.x * b.mass, y: b.velocity.y });
    }
    out
}

#[differentiable]
fn mat_vec<const R: usize, const C: usize>(m: &Matrix<R, C>, v: [f64; C]) -> [f64; R] {
    let mut out = [0.0; R];
    for i in 0..R {
        for j in 0..C {
            out[i] += m.m[i][j] * v[j];
        }
    }
    out
}

#[differentiable]
fn kinetic(b: &Body) -> f64 {
    let v = b.velocity;
    0.5 * b.mass * (v.x * v.x + v.y * v.y)
}

#[differentiable]
fn energy(w: &World) -> f64 {
    let mut e = 0.0;
    for b in &w.bodies {
        e += kinetic(b) + w.gravity * b.position.y * b.mass * (b.id + 1) as f64;
    }
    e + w.grid[1][0] * w.boxed.x
}

#[differentiable]
fn build(x: f64, y: f64) -> Body {
    let position = Vec2 { x, y: x * y };
    let velocity = Vec2 { y: x.sin(), ..position };
    Body { position, velocity, mass: position.x + velocity.y, name: String::from("new"), id: 0 }
}

#[differentiable]
fn built(x: f64, y: f64) -> f64 {
    let b = build(x, y);
    kinetic(&b) * b.position.y
}

#[test]
fn reading() {
    let w = world();
    kinetic::check(&w.bodies[1]).unwrap();
    energy::check(&w).unwrap();
    let g = energy::grad(&w);
    assert_eq!(g.boxed.x, 0.5);
    assert_eq!(g.bodies[0].id, ());
    fields_everywhere::check(&w, 0.7).unwrap();
}

#[test]
fn writing() {
    advance::check(&mut world(), 0.1).unwrap();
    moved::check(world().bodies).unwrap();
}

#[test]
fn constructing() {
    built::check(0.7, 1.2).unwrap();
    build::check(0.7, 1.2).unwrap();
    units::check(Celsius(21.0), Nothing).unwrap();
}

#[test]
fn generic() {
    wrapped::check(&Wrapper { inner: Vec2 { x: 0.2, y: 0.3 }, scale: 1.7 }).unwrap();
    let inner = vec![Wrapper { inner: 0.5, scale: 0.25 }, Wrapper { inner: 1.5, scale: 0.75 }];
    wrapped_list::check(&Wrapper { inner, scale: 0.9 }).unwrap();
    trace::check(&Matrix { m: [[1.0, 2.0], [3.0, 4.0]] }, 0.4).unwrap();
    mat_vec::check(&Matrix { m: [[1.0, 2.0, 0.5], [3.0, 4.0, 0.1]] }, [0.4, 0.3, 0.2]).unwrap();
}
