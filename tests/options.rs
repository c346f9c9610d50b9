//! Methods of `Option` and `Result`, `?`, conditions in chains, guards that call.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

#[macro_use]
mod common;

use differentiable::prelude::*;

const OPTIONS: [Option<f64>; 5] = [None, Some(2.0), Some(0.5), Some(1.0), Some(-0.7)];

#[differentiable]
fn ratio(a: f64, b: f64) -> Option<f64> {
    if b.abs() < 0.1 { None } else { Some(a / b) }
}

#[differentiable]
fn root(x: f64) -> Result<f64, String> {
    if x > 0.0 { Ok(x.sqrt()) } else { Err("negative".to_string()) }
}

#[differentiable]
fn mapped(o: Option<f64>, x: f64) -> f64 {
    o.map(|a| a * x).unwrap_or(x * x)
}

#[differentiable]
fn defaults(o: Option<f64>, x: f64) -> f64 {
    let a = o.unwrap_or(x * x);
    let b = o.unwrap_or_else(|| x.sin());
    let c = o.unwrap_or_default();
    let d = o.map_or(x, |v| v * v);
    a * x + b + c + d + o.map_or_else(|| x, |v| v * v * x)
}

#[differentiable]
fn alternatives(o: Option<f64>, x: f64) -> f64 {
    let q = o.and_then(|a| ratio(x, a)).or(ratio(x, 2.0)).or_else(|| Some(x));
    let r = o.and(Some(x * x)).xor(o.map(f64::sin).filter(|a| *a > 0.6));
    match (q, r) {
        (Some(q), Some(r)) => q * x * r,
        (Some(q), None) => q,
        _ => 0.0,
    }
}

#[differentiable]
fn pairs(o: Option<f64>, x: f64) -> f64 {
    let z = o.zip(Some(x));
    let w = o.filter(|a| *a > 0.7);
    let s = if let Some((a, b)) = z { a * b } else { x };
    s + w.unwrap_or(x)
}

#[differentiable]
fn required(o: Option<f64>, x: f64) -> Result<f64, String> {
    let a = o.ok_or("nothing")?;
    let b = o.filter(|a| *a > 0.7).ok_or_else(|| format!("{a} is too small"))?;
    Ok(a * b * x)
}

#[differentiable]
fn handled(o: Option<f64>, x: f64) -> f64 {
    match required(o, x) {
        Ok(v) => v,
        Err(_) => x,
    }
}

#[derive(Clone, Debug, Differentiable)]
struct Memory {
    last: Option<f64>,
    gain: f64,
}

#[differentiable]
fn remembered(s: &mut Memory, x: f64) -> f64 {
    let old = s.last.take();
    let r = match old {
        Some(v) => v * x,
        None => x,
    };
    let before = s.last.replace(r * s.gain);
    if before.is_none() {
        s.last = s.last.map(|v| v * 2.0);
    }
    if let Some(v) = s.last.as_mut() {
        *v *= x;
    }
    let q = s.last.as_ref().map(|v| v * x).unwrap_or(0.0);
    r * q
}

#[differentiable]
fn inserted(o: Option<f64>, x: f64) -> f64 {
    let mut o = o;
    let a = *o.get_or_insert(x * x);
    let mut p = None;
    *p.get_or_insert_with(|| a * x) *= 2.0;
    let _ = o.insert(a * x);
    let b = if o.is_some_and(|v| v > 0.0) { o.unwrap() * a } else { o.expect("just inserted") };
    b * p.unwrap()
}

#[derive(Clone, Debug, Differentiable)]
struct Layer {
    bias: f64,
    weights: Vec<f64>,
}

#[differentiable]
fn owned_payload(o: Option<Layer>, k: f64) -> f64 {
    let p = o.unwrap_or(Layer { bias: k, weights: vec![k, k * k] });
    p.bias * p.weights[0] * p.weights[1]
}

#[differentiable]
fn borrowed_payload(o: &Option<Layer>, k: f64) -> f64 {
    let first = o.as_ref().map(|p| p.bias * p.weights[0]).unwrap_or(k);
    first + o.as_ref().map_or(0.0, |p| p.weights.iter().sum::<f64>() * k)
}

/// A type of the user's own with methods of the same names.
#[derive(Clone, Debug, Differentiable)]
struct Own {
    x: f64,
}

#[differentiable]
impl Own {
    fn map(&self, k: f64) -> f64 {
        self.x * k
    }
    fn unwrap_or(&self, k: f64) -> f64 {
        self.x + k * k
    }
    fn take(&self) -> f64 {
        self.x * self.x
    }
    fn or(&self, k: f64) -> f64 {
        self.x - k
    }
}

#[differentiable]
fn own_methods(p: &Own, k: f64) -> f64 {
    p.map(k) * p.unwrap_or(k) + p.take() * p.or(k)
}

#[differentiable]
fn results(x: f64, y: f64) -> f64 {
    let a = root(x).map(|v| v * y).unwrap_or(y);
    let b = root(y).and_then(|v| root(v)).map_err(|e| e.len()).unwrap_or(x);
    let c = root(x * y).ok().unwrap_or(1.0);
    let d = root(x).unwrap_or_else(|_| y);
    let e = root(2.0).expect("positive") * root(x * x).unwrap();
    a * b * c * d * e
}

#[derive(Clone, Debug, PartialEq)]
enum Failure {
    Order,
    Text(String),
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[differentiable]
fn propagated(x: f64, y: f64) -> Result<f64, Failure> {
    let a = root(x)?;
    let b = root(y)?;
    if a > b {
        return Err(Failure::Order);
    }
    Ok(a * b + root(a * y)?)
}

#[differentiable]
fn matched_result(x: f64, y: f64) -> f64 {
    let r = propagated(x, y);
    let again = propagated(y, x);
    let k = if let Ok(v) = again { v } else { 1.0 };
    k * match r {
        Ok(v) => v * x,
        Err(Failure::Order) => x,
        Err(_) => y,
    }
}

#[differentiable]
fn question(x: f64, y: f64) -> Option<f64> {
    let a = ratio(x, y)?;
    let b = ratio(y, x)?;
    let c = ratio(a * b, x)? * ratio(a, b)?;
    Some(a * b + c)
}

#[differentiable]
fn chained(o: Option<f64>, x: f64) -> f64 {
    if let Some(a) = o
        && a > x
        && let Some(b) = ratio(x, a)
    {
        a * b * b
    } else {
        x * x
    }
}

#[differentiable]
fn chained_statements(o: Option<f64>, x: f64) -> f64 {
    let mut r = x;
    if let Some(a) = o
        && let Some(b) = ratio(x, a)
        && b > 0.5
        && let Some(c) = ratio(b, x)
    {
        r = a * b * c;
    } else if let Some(b) = ratio(x, x)
        && b > 0.5
    {
        r *= b;
    }
    while let Some(q) = ratio(r, x)
        && q < 10.0
    {
        r *= 2.0 + q;
    }
    r
}

#[differentiable]
fn square(x: f64) -> f64 {
    x * x
}

#[differentiable]
fn guarded(o: Option<f64>, x: f64) -> f64 {
    match o {
        Some(a) if square(a) > x => a * x,
        Some(a)
            if {
                let q = square(a);
                q * q > 0.1
            } =>
        {
            a
        }
        Some(_) => x,
        None => 2.0 * x,
    }
}

/// The closure may be called only where the first condition holds.
#[differentiable]
fn short_circuits(v: &[f64], n: usize) -> f64 {
    let large = |i: usize| v[i] > 0.5;
    let first = n < v.len() && large(n);
    let second = n >= v.len() || large(n);
    let a = if first { v[n] * v[0] } else { v[0] };
    if second { a * 2.0 } else { a * v[0] }
}

#[differentiable]
fn best(v: &[f64]) -> f64 {
    let mut best: Option<f64> = None;
    for &x in v {
        best = match best {
            None => Some(x),
            Some(b) if x > b => Some(x * 1.5),
            other => other,
        };
    }
    match best {
        Some(b) => b * b,
        None => 0.0,
    }
}

#[differentiable]
fn differences(v: &[f64]) -> f64 {
    let mut before = None;
    let mut s = 0.0;
    for &x in v {
        if let Some(p) = before {
            let d: f64 = x - p;
            s += d * d;
        }
        before = Some(x);
    }
    s
}

#[differentiable]
fn stack(x: f64) -> f64 {
    let mut stack: Vec<(f64, usize)> = Vec::new();
    stack.push((x, 0));
    let mut s = 0.0;
    while let Some((v, depth)) = stack.pop() {
        if depth < 3 {
            stack.push((v * 0.5, depth + 1));
            stack.push((v * v, depth + 1));
        } else {
            s += v.sin();
        }
    }
    s
}

#[test]
fn options() {
    for o in OPTIONS {
        mapped::check(o, 1.5).unwrap();
        defaults::check(o, 1.5).unwrap();
        alternatives::check(o, 1.5).unwrap();
        pairs::check(o, 1.5).unwrap();
        handled::check(o, 1.5).unwrap();
        remembered::check(&mut Memory { last: o, gain: 2.0 }, 1.5).unwrap();
        inserted::check(o, 1.5).unwrap();
    }
    let layer = Layer { bias: 0.3, weights: vec![0.4, 0.5] };
    for o in [None, Some(layer)] {
        owned_payload::check(o.clone(), 1.5).unwrap();
        borrowed_payload::check(&o, 1.5).unwrap();
    }
    own_methods::check(&Own { x: 0.3 }, 1.5).unwrap();
}

#[test]
fn results_and_questions() {
    for (x, y) in [(1.0, 1.5), (2.0, 1.5), (-1.0, 1.0), (1.0, -1.0), (-2.0, -1.5)] {
        results::check(x, y).unwrap();
        matched_result::check(x, y).unwrap();
        question::check(x, y).unwrap();
    }
    question::check(1.0, 0.01).unwrap();
}

#[test]
fn conditions() {
    for o in OPTIONS {
        for x in [1.1, 0.05, 3.0] {
            chained::check(o, x).unwrap();
            guarded::check(o, x).unwrap();
        }
        chained_statements::check(o, 1.1).unwrap();
    }
    // The closure would index out of bounds.
    short_circuits::check(&[0.3, 0.7], 5).unwrap();
    short_circuits::check(&[0.3, 0.7], 1).unwrap();
}

#[test]
fn in_loops() {
    for v in [&[0.3, 0.7, 0.5, 1.9][..], &[]] {
        best::check(v).unwrap();
        differences::check(v).unwrap();
    }
    stack::check(0.7).unwrap();
}

/// Options in fields, whose types the functions do not show.
mod in_fields {
    use super::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Filter {
        last: Option<f64>,
        window: Option<Vec<f64>>,
        gain: f64,
    }

    #[differentiable]
    impl Filter {
        fn difference(&mut self, x: f64) -> f64 {
            match self.last.replace(x * self.gain) {
                Some(last) => (x - last) * self.gain,
                None => 0.0,
            }
        }
        fn lazily(&mut self, x: f64) -> f64 {
            let a = *self.last.get_or_insert(x * 2.0);
            *self.last.get_or_insert_with(|| x * 3.0) += x;
            a * self.last.unwrap() * self.gain
        }
        fn anew(&mut self, x: f64) -> f64 {
            let r = self.last.insert(x * 2.0);
            *r *= x;
            self.last.take().map_or(0.0, |p| p * self.gain)
        }
        fn slide(&mut self, x: Vec<f64>) -> f64 {
            let n = x[0];
            let before = self.window.replace(x).unwrap_or_else(|| vec![n * 2.0]);
            self.window = self.window.take();
            before[0] * n
        }
    }

    #[differentiable]
    fn run(filter: &mut Filter, xs: &[f64]) -> f64 {
        let mut total = 0.0;
        for &x in xs {
            total += filter.difference(x) + filter.lazily(x) + filter.anew(x);
            total += filter.slide(vec![x, total]);
            filter.last.replace(total * x);
        }
        total + filter.last.unwrap()
    }

    #[differentiable]
    fn behind_a_reference(window: &mut Option<Vec<f64>>, x: f64) -> f64 {
        if let Some(v) = window.take() { v[0] * x } else { x }
    }

    #[test]
    fn are_changed() {
        for last in [None, Some(0.2)] {
            run::check(&mut Filter { last, window: None, gain: 0.3 }, &[0.4, 0.7]).unwrap();
        }
        run::check(&mut Filter { last: None, window: Some(vec![0.5]), gain: 0.3 }, &[0.4, 0.7]).unwrap();
        behind_a_reference::check(&mut Some(vec![2.0]), 0.4).unwrap();
    }
}

/// A method of what an option refers to.
mod some_map_path {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct V {
        h: f64,
    }
    #[differentiable(order = 2)]
    impl V {
        fn height(&self) -> f64 {
            self.h * self.h
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = vec![V { h: x[0] }, V { h: x[1] }];
        let a = Some(&v[0]).map(V::height).unwrap();
        let b = v.first().map(V::height).unwrap_or(0.0);
        let c: f64 = v.iter().map(V::height).sum();
        a * b + c
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A prefix on a block of one method.
mod prefix_of_a_block {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Line {
        slope: f64,
    }

    #[differentiable(prefix = line)]
    impl Line {
        fn value(&self, x: f64) -> f64 {
            self.slope * x * x
        }
    }

    impl Line {
        fn value_grad(&self) -> f64 {
            self.slope
        }
    }

    #[test]
    fn names_its_companions() {
        let l = Line { slope: 2.0 };
        assert_eq!(l.value_grad(), 2.0);
        assert_eq!(l.line_grad(3.0).1, 12.0);
        l.line_check(3.0).unwrap();
    }
}
