//! `match`, `let else`, `?`, and every pattern that takes values apart.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[derive(Clone, Debug, Differentiable)]
enum Shape {
    Circle { radius: f64 },
    Rect(f64, f64),
    Polygon(Vec<(f64, f64)>),
    Unit,
}

#[differentiable]
fn area(s: &Shape) -> f64 {
    match s {
        Shape::Circle { radius } => std::f64::consts::PI * radius * radius,
        Shape::Rect(w, h) if w > h => w * h,
        Shape::Rect(w, h) => w * h * 2.0,
        Shape::Polygon(points) => {
            let n = points.len();
            let mut twice = 0.0;
            for i in 0..n {
                let (x0, y0) = points[i];
                let (x1, y1) = points[(i + 1) % n];
                twice += x0 * y1 - x1 * y0;
            }
            twice.abs() / 2.0
        }
        Shape::Unit => 1.0,
    }
}

#[differentiable]
fn total_area(shapes: &[Shape], k: f64) -> f64 {
    let mut total = 0.0;
    for s in shapes {
        total += area(s) * k;
    }
    total
}

#[differentiable]
fn grow(s: Shape, by: f64) -> Shape {
    match s {
        Shape::Circle { radius } => Shape::Circle { radius: radius * by },
        Shape::Rect(w, h) => Shape::Rect(w * by, h + by),
        other => other,
    }
}

#[differentiable]
fn let_else(v: &[f64], k: Option<f64>) -> f64 {
    let Some(k) = k else {
        return v[0];
    };
    let [a, b, c] = v else { return k };
    a * b * k + c
}

#[differentiable]
fn nested_tuples(t: ((f64, f64), [f64; 2]), n: i32) -> (f64, (f64, f64)) {
    let ((a, b), [c, d]) = t;
    let (p, q) = match (n, a > b) {
        (0, _) => (a, c),
        (1..=5, true) => (b, d),
        (_, false) => (a * c, b * d),
        _ => (d, a),
    };
    (p * q, (p + a, q * b))
}

#[differentiable]
fn slices(v: &[f64]) -> f64 {
    match v {
        [] => 0.0,
        [x] => x * x,
        [x, y] => x * y,
        [first, .., last] => first * last + first.sin(),
    }
}

#[differentiable]
fn slice_rest(v: &[f64]) -> f64 {
    if let [head, tail @ ..] = v {
        let mut s = *head;
        for t in tail {
            s = s * 0.5 + t * head;
        }
        s
    } else {
        1.0
    }
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct Vec3 {
    x: f64,
    y: f64,
    z: f64,
}

#[derive(Clone, Debug, Differentiable)]
struct Ray {
    origin: Vec3,
    dir: Vec3,
    #[constant]
    id: u32,
}

#[differentiable]
fn struct_patterns(r: Ray, v: Vec3) -> Vec3 {
    let Ray { origin: Vec3 { x, y, .. }, dir, id } = r;
    let Vec3 { x: vx, .. } = v;
    let base = Vec3 { x: x * vx, ..v };
    Vec3 { y: y * dir.z * f64::from(id), ..base }
}

#[differentiable]
fn bindings(x: f64, n: u32) -> f64 {
    match n {
        k @ 0..=3 => x * f64::from(k),
        k @ (10 | 20) => x + f64::from(k),
        _ => match Some(x) {
            whole @ Some(y) if y > 0.5 => y * whole.unwrap(),
            Some(y) => -y,
            None => unreachable!(),
        },
    }
}

#[differentiable]
fn destructuring_assignment(x: f64, y: f64) -> f64 {
    let (mut a, mut b) = (x, y);
    for _ in 0..3 {
        (a, b) = (b * 1.1, a * b);
    }
    [a, b] = [b, a + b];
    a * b
}

#[differentiable]
fn checked_div(a: f64, b: f64) -> Option<f64> {
    if b.abs() < 1e-12 { None } else { Some(a / b) }
}

#[differentiable]
fn question(a: f64, b: f64, c: f64) -> Option<f64> {
    let x = checked_div(a, b)?;
    let y = checked_div(x + a, c)?;
    Some(x * y)
}

#[differentiable]
fn question_caller(a: f64, b: f64) -> f64 {
    match question(a, b, a - 1.0) {
        Some(v) => v * v,
        None => b,
    }
}

#[differentiable]
fn grown(s: &Shape, by: f64) -> f64 {
    let bigger = grow(s.clone(), by);
    if let Shape::Rect(w, _) = &bigger {
        return w * area(&bigger);
    }
    area(&bigger)
}

#[test]
fn enums() {
    let shapes = [
        Shape::Circle { radius: 1.5 },
        Shape::Rect(2.0, 1.0),
        Shape::Rect(1.0, 2.0),
        Shape::Polygon(vec![(0.1, 0.2), (2.0, 0.3), (1.7, 1.9), (0.2, 1.4)]),
        Shape::Unit,
    ];
    for s in &shapes {
        area::check(s).unwrap();
        grow::check(s.clone(), 1.4).unwrap();
        grown::check(s, 1.4).unwrap();
    }
    total_area::check(&shapes, 0.5).unwrap();
    assert_eq!(area::grad(&Shape::Rect(2.0, 1.0)), ShapeTangent::Rect(1.0, 2.0));
}

#[test]
fn options() {
    let_else::check(&[0.5, 1.5, 2.5], Some(0.4)).unwrap();
    let_else::check(&[0.5, 1.5], Some(0.4)).unwrap();
    let_else::check(&[0.5, 1.5, 2.5], None).unwrap();
}

#[test]
fn tuples_and_slices() {
    for n in [0, 1, 7] {
        nested_tuples::check(((0.3, 0.2), [1.5, 2.5]), n).unwrap();
        nested_tuples::check(((0.3, 0.9), [1.5, 2.5]), n).unwrap();
    }
    for n in 0..5 {
        let v = [0.5, 1.5, 0.7, 2.0];
        slices::check(&v[..n]).unwrap();
        slice_rest::check(&v[..n]).unwrap();
    }
    destructuring_assignment::check(0.7, 1.3).unwrap();
}

#[test]
fn structs() {
    let v = Vec3 { x: 0.4, y: 0.5, z: 0.6 };
    let r = Ray { origin: Vec3 { x: 1.4, ..v }, dir: v, id: 3 };
    struct_patterns::check(r, v).unwrap();
    for n in [2, 10, 20, 30] {
        bindings::check(0.7, n).unwrap();
        bindings::check(0.3, n).unwrap();
    }
}

#[test]
fn question_marks() {
    question_caller::check(1.5, 0.7).unwrap();
    assert_eq!(question_caller::grad(2.0, 0.0), (0.0, 1.0));
    question::check(1.5, 0.7, 0.2).unwrap();
}

#[derive(Clone, Differentiable)]
enum Curve {
    Wave { height: f64, length: f64 },
    Line([f64; 2]),
}

/// The types beside a pattern are those of its names: at this order they must be known.
#[differentiable(order = 4)]
fn on_curve(curve: &Curve, x: f64) -> f64 {
    match curve {
        Curve::Wave { height, length } => {
            let (h, (l, _)): (f64, (f64, usize)) = (*height, (*length, 2));
            (l * x).sin() * h
        }
        Curve::Line(line) => {
            let [a, mut b]: [f64; 2] = *line;
            b *= a;
            x * a * a + b
        }
    }
}

#[test]
fn types_beside_patterns() {
    let wave = Curve::Wave { height: 0.7, length: 1.3 };
    on_curve::check(&wave, 0.4).unwrap();
    on_curve::check(&Curve::Line([0.4, -0.8]), 0.4).unwrap();
    let line = Curve::Line([0.4, -0.8]);
    assert_eq!(on_curve::hessian(&line, 0.5)[[0, 2]], 0.8);
}

#[derive(Clone, Copy, Debug, Differentiable)]
enum Step {
    Turn(f64),
    Move { by: f64, wait: f64 },
    Both(f64, f64),
    Rest,
}

/// Names around the alternatives are those that the alternatives bind.
#[differentiable(order = 2)]
fn alternatives(x: f64, y: f64, steps: usize) -> f64 {
    let (r, by) = (x * y, y);
    let mut plan = vec![Step::Turn(x), Step::Move { by: y, wait: x }, Step::Both(y, x), Step::Rest];
    let mut s = x;
    for i in 0..steps {
        let now = plan[i % 4];
        if let Step::Turn(r) | Step::Move { by: r, .. } = now {
            s += r * r;
            plan[i % 4] = Step::Both(r, s);
        } else if let Step::Both(r, 1.0..) | Step::Both(_, r) = now {
            s -= r * by;
        } else {
            s += r;
        }
        if let Some(Step::Turn(by) | Step::Both(by, _)) = plan.get(i)
            && *by > 0.3
        {
            s += by * r;
        }
        s += match (now, Some::<f64>(s)) {
            (Step::Turn(r) | Step::Move { by: r, .. }, Some(s)) if r < s => r * s,
            (Step::Both(a, b), _) | (Step::Move { by: a, wait: b }, _) => a * b,
            _ => by,
        };
        let (Step::Turn(mut r) | Step::Both(mut r, _)) = now else { continue };
        r *= s;
        s += 0.1 * r;
    }
    while s > 1.0
        && let Some(Step::Both(s, _) | Step::Turn(s)) = plan.pop()
        && s < 9.0
    {
        plan.insert(0, Step::Move { by: s * by, wait: s });
        plan.truncate(3);
    }
    s * r
        + plan
            .iter()
            .map(|p| match p {
                Step::Move { by: a, wait: b } | Step::Both(a, b) => a * b,
                _ => 0.5,
            })
            .sum::<f64>()
}

#[test]
fn alternatives_bind_the_names_of_their_own() {
    for (x, y) in [(0.7, 1.3), (1.4, -0.6), (-0.8, 0.9)] {
        for steps in 0..7 {
            assert_eq!(alternatives::value_and_grad(x, y, steps).0, alternatives(x, y, steps));
            alternatives::check(x, y, steps).unwrap();
            let h = alternatives::hvp(x, y, steps, 1.0, 0.0);
            let at = |x: f64| alternatives::grad(x, y, steps);
            let (up, down) = (at(x + 1e-6), at(x - 1e-6));
            assert!((h.0 - (up.0 - down.0) / 2e-6).abs() < 1e-4 * (1.0 + h.0.abs()), "{h:?}");
            assert!((h.1 - (up.1 - down.1) / 2e-6).abs() < 1e-4 * (1.0 + h.1.abs()), "{h:?}");
        }
    }
}

/// The guard is asked of each alternative that matches.
#[differentiable]
fn guarded_alternatives(x: f64, a: Option<f64>, b: Option<f64>) -> f64 {
    match ((a, b), 1) {
        ((Some(y), _) | (_, Some(y)), 1) if y > 0.5 => y * x,
        ((Some(y), _) | (_, Some(y)), _) => y + x,
        _ => x,
    }
}

#[test]
fn guards_of_alternatives() {
    for a in [Some(0.3), Some(0.8), None] {
        for b in [Some(0.2), Some(0.9), None] {
            guarded_alternatives::check(0.3, a, b).unwrap();
            assert_eq!(
                guarded_alternatives::value_and_grad(0.3, a, b).0,
                guarded_alternatives(0.3, a, b),
                "{a:?} {b:?}"
            );
        }
    }
}
