#![allow(warnings)]
use differentiable::prelude::*;
#[derive(Clone, Debug, PartialEq, Differentiable)]
enum E {
    A(f64),
    B { x: f64, y: f64 },
    C,
}

#[differentiable]
fn opt(x: f64) -> Option<f64> {
    if x > 0.0 { Some(x * x) } else { None }
}
#[differentiable]
fn opt2(o: Option<f64>, k: f64) -> f64 {
    match o {
        Some(a) => a * a * k,
        None => k,
    }
}
#[differentiable]
fn res(x: f64) -> Result<f64, String> {
    if x > 0.0 { Ok(x * x) } else { Err("no".into()) }
}
#[differentiable]
fn en(x: f64) -> E {
    if x > 0.0 { E::A(x * x) } else { E::B { x, y: x * x } }
}
#[differentiable]
fn opt3(o: &Option<Vec<f64>>) -> Option<Vec<f64>> {
    o.as_ref().map(|v| v.iter().map(|a| a * a).collect())
}
#[differentiable]
fn opt4(o: Option<f64>) -> Option<f64> {
    o.map(|v| v * 2.0)
}

fn tell<T: std::fmt::Debug>(name: &str, f: impl FnOnce() -> T + std::panic::UnwindSafe) {
    std::panic::set_hook(Box::new(|i| println!("   panic: {i}")));
    println!("{name}: {:?}", std::panic::catch_unwind(f).ok());
}
#[test]
fn t() {
    tell("opt vjp None", || opt::vjp(2.0).1(None));
    tell("opt vjp Some for None", || opt::vjp(-2.0).1(Some(1.0)));
    tell("opt2 jvp None for Some", || opt2::jvp(Some(2.0), 1.0, None, 1.0));
    tell("opt2 jvp Some for None", || opt2::jvp(None, 1.0, Some(1.0), 1.0));
    tell("res vjp Err", || res::vjp(2.0).1(Err(())));
    tell("res vjp Ok for Err", || res::vjp(-2.0).1(Ok(1.0)));
    tell("enum", || en::vjp(2.0).1(ETangent::C));
    tell("enum", || en::vjp(-2.0).1(ETangent::A(1.0)));
    tell("opt3 None", || opt3::vjp(&Some(vec![1.0, 2.0])).1(None));
    tell("opt3 jvp None", || opt3::jvp(&Some(vec![1.0, 2.0]), &None));
    tell("opt3 empty", || opt3::vjp(&Some(vec![1.0, 2.0])).1(Some(vec![])));
    tell("opt4 None", || opt4::vjp(Some(1.0)).1(None));
    println!("{}", opt3::source());
    println!("{}", en::source());
    println!("{}", opt2::source());
}
#[differentiable]
fn vecs(x: f64, n: usize) -> Vec<f64> {
    let mut v = vec![];
    for i in 0..n {
        v.push(x * i as f64);
    }
    v
}
#[differentiable]
fn arr(x: f64) -> Array1<f64> {
    array![x, x * x, 1.0]
}
#[test]
fn t2() {
    tell("vec empty", || vecs::vjp(2.0, 3).1(vec![]));
    tell("vec long", || vecs::vjp(2.0, 3).1(vec![1.0, 1.0, 1.0, 1.0]));
    tell("vec short", || vecs::vjp(2.0, 3).1(vec![1.0, 1.0]));
    tell("arr empty", || arr::vjp(2.0).1(array![]));
    tell("arr long", || arr::vjp(2.0).1(array![1.0, 1.0, 1.0, 1.0]));
    tell("arr short", || arr::vjp(2.0).1(array![1.0]));
}
