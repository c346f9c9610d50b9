//! Structs, nested, generic, tuple-like, with constant fields, boxes and vectors of them.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

/// Hands over items, whose declarations are then not read: types alone tell what fields and values are.
macro_rules! made_by_a_macro {
    ($($item:tt)*) => { $($item)* };
}

made_by_a_macro! {
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

mod boxes {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    enum Tree {
        Leaf(f64),
        Node(Box<Tree>, Box<Tree>),
        Scaled { by: f64, of: Box<Tree> },
    }
    #[differentiable]
    fn eval(t: &Tree, x: f64) -> f64 {
        match t {
            Tree::Leaf(v) => v * x,
            Tree::Node(a, b) => eval(a, x) * eval(b, x),
            Tree::Scaled { by, of } => by * eval(of, x),
        }
    }
    #[differentiable]
    fn unbox(b: Box<f64>, c: &Box<f64>) -> f64 {
        let v = *b;
        v * v * **c
    }
    #[differentiable]
    fn moved(t: Tree, x: f64) -> f64 {
        match t {
            Tree::Leaf(v) => v * x,
            Tree::Node(a, b) => moved(*a, x) + moved(*b, x),
            Tree::Scaled { by, of } => {
                let inner = *of;
                by * moved(inner, x)
            }
        }
    }
    #[test]
    fn checks() {
        let t =
            Tree::Node(Box::new(Tree::Leaf(0.3)), Box::new(Tree::Scaled { by: 0.5, of: Box::new(Tree::Leaf(0.7)) }));
        eval::check(&t, 1.3).unwrap();
        unbox::check(Box::new(0.3), &Box::new(0.7)).unwrap();
        moved::check(t, 1.3).unwrap();
    }
}

mod nested_enums {
    use super::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct P {
        x: f64,
        y: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    enum Prim {
        Dot(P),
        Seg { a: P, b: P },
    }
    #[derive(Clone, Debug, Differentiable)]
    enum Sc {
        One(Prim),
        Many(Vec<Prim>),
        Opt(Option<P>),
    }
    #[differentiable]
    fn len(p: &Prim) -> f64 {
        match p {
            Prim::Dot(P { x, y }) => x * y,
            Prim::Seg { a, b: P { x, .. } } => (a.x - x).powi(2) + a.y,
        }
    }
    #[differentiable]
    fn total(s: &Sc, k: f64) -> f64 {
        match s {
            Sc::One(Prim::Dot(p)) => p.x * k,
            Sc::One(p) => len(p),
            Sc::Many(ps) => ps.iter().map(|p| len(p) * k).sum(),
            Sc::Opt(Some(P { x, y })) => x * y * k,
            Sc::Opt(None) => k,
        }
    }
    #[test]
    fn checks() {
        let p = P { x: 0.3, y: 0.4 };
        let q = P { x: 0.5, y: 0.7 };
        for s in [
            Sc::One(Prim::Dot(p)),
            Sc::One(Prim::Seg { a: p, b: q }),
            Sc::Many(vec![Prim::Dot(q), Prim::Seg { a: q, b: p }]),
            Sc::Opt(Some(p)),
            Sc::Opt(None),
        ] {
            total::check(&s, 1.3).unwrap();
        }
    }
}

mod arrays_of_structs {
    use super::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct P {
        x: f64,
        y: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct W<T>(T, T);
    type Cloud = [P; 3];
    type Num = f64;
    #[differentiable]
    fn f(c: &Cloud, k: Num) -> Num {
        let mut s = 0.0;
        for p in c {
            s += p.x * p.y * k;
        }
        let q = c[1];
        s * q.x
    }
    #[differentiable]
    fn g(mut c: Cloud, k: f64) -> Cloud {
        for p in c.iter_mut() {
            p.x *= k;
            p.y += p.x;
        }
        c[0] = P { x: k, ..c[1] };
        c
    }
    #[differentiable]
    fn h(w: &W<f64>, k: f64) -> W<f64> {
        let W(a, b) = w;
        W(a * k, b * a)
    }
    #[differentiable]
    fn w2(w: W<Vec<f64>>, k: f64) -> f64 {
        let W(a, b) = w;
        a[0] * b[0] * k
    }
    #[test]
    fn checks() {
        let p = P { x: 0.3, y: 0.4 };
        let q = P { x: 0.5, y: 0.7 };
        f::check(&[p, q, p], 1.3).unwrap();
        g::check([p, q, p], 1.3).unwrap();
        h::check(&W(0.3, 0.4), 1.3).unwrap();
        w2::check(W(vec![0.3], vec![0.4]), 1.2).unwrap();
    }
}

mod items {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct K {
        x: f64,
    }
    #[differentiable]
    impl K {
        const G: f64 = 9.81;
        fn w(&self, m: f64) -> f64 {
            Self::G * self.x * m + K::G
        }
    }
    trait Phys {
        const C: f64;
    }
    impl Phys for K {
        const C: f64 = 2.0;
    }
    const TABLE: [f64; 3] = [0.1, 0.2, 0.3];
    static S: f64 = 1.5;
    #[differentiable]
    fn f(x: f64) -> f64 {
        const SCALE: f64 = 2.5;
        #[differentiable]
        fn inner(y: f64) -> f64 {
            y * y * SCALE
        }
        struct Loc;
        impl Loc {
            const Z: f64 = 3.0;
        }
        let mut s = 0.0;
        for i in 0..3 {
            s += TABLE[i] * x;
        }
        inner(x) * SCALE * S * <K as Phys>::C * Loc::Z + s
    }
    #[differentiable]
    fn gen_<T: Phys>(x: f64, #[constant] t: &T) -> f64 {
        let _ = t;
        x * T::C * x
    }
    #[test]
    fn checks() {
        f::check(0.7).unwrap();
        K { x: 0.3 }.w_check(0.4).unwrap();
        gen_::check(0.3, &K { x: 1.0 }).unwrap();
    }
}

mod update_syntax {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct C {
        a: f64,
        b: f64,
        v: Vec<f64>,
        #[constant]
        n: String,
        i: usize,
    }
    #[differentiable]
    fn f(c: &C, x: f64) -> C {
        C { a: c.a * x, ..c.clone() }
    }
    #[differentiable]
    fn g(c: C, x: f64) -> f64 {
        let d = C { b: x * x, ..c };
        d.a * d.b * d.v[0]
    }
    #[differentiable]
    fn h(c: &C, x: f64) -> f64 {
        let d = f(c, x);
        let e = C { v: vec![x, d.a], i: 1, ..d };
        e.v[e.i] * e.a * e.b
    }
    #[test]
    fn checks() {
        let c = C { a: 0.3, b: 0.4, v: vec![0.5], n: "n".into(), i: 0 };
        f::check(&c, 1.2).unwrap();
        g::check(c.clone(), 1.2).unwrap();
        h::check(&c, 1.2).unwrap();
    }
}
}

/// A struct whose field names it `Self`.
mod fields_of_self {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Node<T> {
        value: T,
        next: Option<Box<Self>>,
    }

    #[differentiable(order = 2)]
    fn sum(node: &Node<f64>, k: f64) -> f64 {
        node.value * k
            + match &node.next {
                Some(next) => sum(next, k * node.value),
                None => 0.0,
            }
    }

    #[test]
    fn of_a_list() {
        let list = Node { value: 0.5, next: Some(Box::new(Node { value: 2.0, next: None })) };
        sum::check(&list, 1.5).unwrap();
        let (d_list, d_k) = sum::grad(&list, 1.5);
        assert_eq!((d_list.value, d_k), (1.5 + 3.0, 0.5 + 1.0));
        assert_eq!(d_list.next.unwrap().value, 0.75);
    }
}
