//! Cotangents and tangents that have not all of what their values have.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[differentiable]
fn mapped(o: &Option<Vec<f64>>) -> Option<Vec<f64>> {
    o.as_ref().map(|v| v.iter().map(|a| a * a).collect())
}

#[differentiable]
fn quotient(x: f64, y: f64) -> Result<f64, String> {
    if y == 0.0 { Err("zero".into()) } else { Ok(x / y) }
}

#[differentiable]
fn multiples(x: f64, n: usize) -> (Vec<f64>, f64) {
    let mut v = vec![];
    for i in 0..n {
        v.push(x * i as f64);
    }
    (v, x * x)
}

#[differentiable]
fn powers(x: f64) -> Array1<f64> {
    array![x, x * x, 1.0]
}

#[derive(Clone, Differentiable)]
enum Shape {
    Circle(f64),
    Nothing,
}

#[differentiable]
fn scaled(shape: &Shape, k: f64) -> Shape {
    match shape {
        Shape::Circle(r) => Shape::Circle(r * k),
        Shape::Nothing => Shape::Nothing,
    }
}

#[differentiable]
fn of_option(o: Option<f64>, k: f64) -> f64 {
    match o {
        Some(a) => a * a * k,
        None => k,
    }
}

#[test]
fn what_a_cotangent_leaves_out_is_zero() {
    let some = Some(vec![1.0, 2.0]);
    let (_, pullback) = mapped::vjp(&some);
    assert_eq!(pullback(None), Some(vec![0.0, 0.0]));
    assert_eq!(pullback(Some(vec![])), Some(vec![0.0, 0.0]));
    assert_eq!(pullback(Some(vec![1.0, 0.5])), Some(vec![2.0, 2.0]));
    let (_, pullback) = mapped::vjp(&None);
    assert_eq!(pullback(None), None);
    assert_eq!(quotient::vjp(1.0, 2.0).1(Err(())), (0.0, 0.0));
    assert_eq!(quotient::vjp(1.0, 0.0).1(Err(())), (0.0, 0.0));
    assert_eq!(multiples::vjp(2.0, 3).1((vec![], 1.0)), 4.0);
    assert_eq!(powers::vjp(2.0).1(array![]), 0.0);
}

#[test]
#[should_panic(expected = "tangents of 3 and of 4 elements")]
fn a_cotangent_that_is_too_long_is_refused() {
    multiples::vjp(2.0, 3).1((vec![1.0; 4], 0.0));
}

#[test]
#[should_panic(expected = "tangents of shapes [3] and [1]")]
fn a_cotangent_of_another_shape_is_not_repeated() {
    powers::vjp(2.0).1(array![1.0]);
}

#[test]
#[should_panic(expected = "a tangent of another variant of `Shape`")]
fn a_cotangent_of_another_variant_is_refused() {
    scaled::vjp(&Shape::Circle(1.0), 2.0).1(ShapeTangent::Nothing);
}

#[test]
#[should_panic(expected = "a tangent has the variant of its value")]
fn a_tangent_of_another_variant_is_refused() {
    let _ = of_option::jvp(Some(2.0), 1.0, None, 1.0);
}

#[differentiable(order = 2)]
fn work(force: &Array2<f64>, path: &[f64]) -> f64 {
    force.row(0).dot(&ArrayView1::from(path)) + path[0] * path[1]
}

#[derive(Clone, Differentiable)]
struct Spring {
    stiffness: Vec<f64>,
    rest: f64,
}

#[differentiable]
impl Spring {
    fn energy(&self, x: f64) -> f64 {
        self.stiffness.iter().map(|k| 0.5 * k * (x - self.rest) * (x - self.rest)).sum()
    }
}

#[test]
fn a_tangent_of_another_shape_is_refused_by_name() {
    let (force, path) = (Array2::<f64>::ones((2, 2)), [1.0, 2.0]);
    let message = |f: &dyn Fn()| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).unwrap_err();
        *panic.downcast::<String>().unwrap()
    };
    let found = message(&|| {
        let _ = work::jvp(&force, &path, &Array2::ones((1, 2)), &[1.0, 0.0]);
    });
    assert_eq!(found, "the tangent of `force` has shape [1, 2], but `force` has shape [2, 2]");
    let found = message(&|| {
        let _ = work::jvp(&force, &path, &force, &[1.0]);
    });
    assert_eq!(found, "the tangent of `path` has shape [1], but `path` has shape [2]");
    let found = message(&|| drop(work::hvp(&force, &path, &force, &[1.0; 3])));
    assert_eq!(found, "the tangent of `path` has shape [3], but `path` has shape [2]");
    let spring = Spring { stiffness: vec![1.0, 2.0], rest: 0.5 };
    let found = message(&|| {
        let _ = spring.energy_jvp(1.0, &SpringTangent { stiffness: vec![1.0], rest: 0.0 }, 1.0);
    });
    assert_eq!(found, "the tangent of `self.stiffness` has shape [1], but `self.stiffness` has shape [2]");
    assert_eq!(work::jvp(&force, &path, &force, &[1.0, 0.0]).1, 1.0 + 3.0 + 2.0);
}
