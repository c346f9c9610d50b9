//! Chains of iterator adapters in many combinations.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

#[macro_use]
mod common;

use differentiable::prelude::*;

#[differentiable]
fn chained(a: &[f64], b: &[f64], x: f64) -> f64 {
    a.iter().chain(b.iter()).map(|t| t * x).sum::<f64>() + a.iter().chain(std::iter::once(&x)).product::<f64>()
}

#[differentiable]
fn chained_until(a: &[f64], b: &[f64]) -> f64 {
    let mut s = 1.0;
    for (i, x) in a.iter().chain(b).enumerate() {
        if *x < 0.0 {
            continue;
        }
        if *x > 2.0 {
            break;
        }
        s *= x + i as f64;
    }
    s
}

#[differentiable]
fn flattened(m: &[Vec<f64>]) -> f64 {
    m.iter().flatten().map(|x| x * x).sum::<f64>() + m.iter().flat_map(|r| r.iter()).product::<f64>()
}

#[differentiable]
fn flattened_until(m: &[Vec<f64>], x: f64) -> f64 {
    let mut s = x;
    for v in m.iter().flatten() {
        if *v < 0.0 {
            continue;
        }
        if *v > 1.2 {
            break;
        }
        s = s * x + v;
    }
    s
}

#[differentiable]
fn scanned(v: &[f64]) -> f64 {
    v.iter()
        .scan(0.0, |acc, x| {
            *acc += x;
            Some(*acc * *acc)
        })
        .sum()
}

#[differentiable]
fn scanned_until(v: &[f64], x: f64) -> f64 {
    v.iter()
        .scan(1.0, |p, a| {
            *p *= a * x;
            if *p > 0.4 { Some(*p) } else { None }
        })
        .map(|p| p.ln())
        .sum()
}

#[differentiable]
fn largest(v: &[f64]) -> f64 {
    let m = v.iter().copied().max_by(|a, b| a.partial_cmp(b).unwrap()).unwrap();
    let k = v.iter().copied().min_by(|a, b| a.total_cmp(b)).unwrap();
    let (i, top) = v.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    let far = v.iter().max_by(|a, b| (*a - 1.0).abs().total_cmp(&(*b - 1.0).abs())).unwrap();
    m * m * k + top * i as f64 * far
}

#[differentiable]
fn largest_mapped(v: &[f64], x: f64) -> f64 {
    v.iter().map(|a| a * x - a * a).max_by(f64::total_cmp).unwrap_or(0.0)
        + v.iter().map(|a| (a - x).abs()).filter(|d| *d > 0.1).min_by(|a, b| a.total_cmp(b)).unwrap()
}

#[differentiable]
fn by_key(v: &[(usize, f64)], x: f64) -> f64 {
    let a = v.iter().max_by_key(|(k, _)| *k).unwrap();
    let b = v.iter().min_by_key(|p| p.0).map(|p| p.1 * x).unwrap();
    a.1 * b
}

#[differentiable]
fn ends(v: &[f64]) -> f64 {
    let a = v.first().unwrap() * v.last().unwrap();
    let b = v.iter().rev().skip(1).next().unwrap();
    let c = v.iter().map(|x| x * x).last().unwrap();
    let d = v.iter().filter(|x| **x > 0.6).nth(1).unwrap_or(&1.0);
    a * b + v.get(1).copied().unwrap_or(0.0) * c + v.get(100).copied().unwrap_or(b * d) * v.iter().nth(1).unwrap()
}

#[differentiable]
fn matched_ends(v: &[f64], x: f64) -> f64 {
    let Some(a) = v.first() else { return x };
    if let Some(b) = v.get(2) {
        return a * b * x;
    }
    match v.last() {
        Some(c) if *c > 0.5 => c * a,
        Some(c) => c + a,
        None => x,
    }
}

#[differentiable]
fn found(v: &[f64], x: f64) -> f64 {
    let a = v.iter().find(|a| **a > 0.6).unwrap();
    let b = v.iter().find_map(|a| if *a > 1.0 { Some(a * x) } else { None }).unwrap_or(x);
    let c = v.iter().rev().find(|a| **a < 0.6).copied().unwrap_or(1.0);
    a * b * c
}

#[differentiable]
fn reduced(v: &[f64], x: f64) -> f64 {
    let m = v.iter().copied().reduce(f64::max).unwrap();
    let n = v.iter().map(|a| a * x).reduce(|a, b| a * b + a).unwrap();
    m * n
}

#[differentiable]
fn stepwise(v: &[f64]) -> f64 {
    let mut it = v.iter();
    let mut s = 0.0;
    while let Some(x) = it.next() {
        s += x * x;
    }
    let mut pairs = v.iter().map(|x| x + 1.0);
    let first = pairs.next().unwrap();
    let second = pairs.next().unwrap();
    s * first + second * pairs.map(|x| x * x).sum::<f64>()
}

#[differentiable]
fn two_at_a_time(v: &[f64]) -> f64 {
    let mut it = v.iter();
    let mut s = 1.0;
    while let (Some(a), Some(b)) = (it.next(), it.next()) {
        s = s * a + b;
    }
    s
}

#[differentiable]
fn by_reference(v: &[f64]) -> f64 {
    let mut it = v.iter();
    let head: f64 = it.by_ref().take(2).map(|x| x * x).sum();
    let tail: f64 = it.map(|x| x.sin()).sum();
    head * tail
}

#[differentiable]
fn peeked(v: &[f64]) -> f64 {
    let mut it = v.iter().peekable();
    let mut s = 0.0;
    while let Some(x) = it.next() {
        if let Some(y) = it.peek() {
            s += x * *y;
        } else {
            s *= x;
        }
    }
    s
}

#[differentiable]
fn zipped_after_filters(a: &[f64], b: &[f64]) -> f64 {
    let s: f64 = a.iter().filter(|x| **x > 0.4).zip(b.iter().filter(|x| **x < 0.95)).map(|(x, y)| x * y).sum();
    let t: f64 = a.iter().filter(|x| **x > 0.4).zip(b).enumerate().map(|(i, (x, y))| x * y * i as f64).sum();
    let u: f64 = a.iter().zip(b.iter().filter(|x| **x < 0.95).map(|x| x * x)).map(|(x, y)| x / y).sum();
    s + t * u
}

#[differentiable]
fn after_filters(v: &[f64]) -> f64 {
    let keep = |x: &&f64| **x > 0.3;
    let a: f64 = v.iter().filter(keep).take(2).sum();
    let b: f64 = v.iter().filter(keep).skip(1).map(|x| x * x).sum();
    let c: f64 = v.iter().filter(keep).step_by(2).product();
    let d: f64 = v.iter().filter(keep).rev().fold(0.0, |acc, x| acc * 0.5 + x);
    let e: f64 = (0..).filter(|i| i % 2 == 1).take(2).map(|i| v[i] * v[i]).sum();
    a * b + c * d + e
}

#[differentiable]
fn generators(x: f64) -> f64 {
    let a: f64 = std::iter::successors(Some(x), |t| Some(t * 0.5)).take(5).map(|t| t.sin()).sum();
    let b: f64 = std::iter::successors(Some(x), |t| if *t < 4.0 { Some(t * 1.7) } else { None }).sum();
    let c: f64 = std::iter::repeat(x).take(3).product();
    let mut t = x;
    let d: f64 = std::iter::from_fn(|| {
        t *= t;
        if t > 1e-3 { Some(t) } else { None }
    })
    .take(6)
    .sum();
    let e: f64 = std::iter::repeat_n(x, 2).chain(std::iter::once(x * x)).sum();
    a * b + c * d + e
}

#[differentiable]
fn pieces(v: &[f64]) -> f64 {
    let a: f64 = v.rchunks(2).map(|c| c[0] * c.len() as f64).sum();
    let b: f64 = v.windows(3).rev().map(|w| w[0] * w[2]).sum();
    let c: f64 = v.chunks_exact(2).zip(v.chunks(2)).map(|(a, b)| a[0] * b[1]).sum();
    let (head, tail) = v.split_at(2);
    let d = if let Some((first, rest)) = tail.split_first() { first * rest.iter().sum::<f64>() } else { 0.0 };
    let e = if let Some((last, rest)) = v.split_last() { last * rest.len() as f64 } else { 0.0 };
    a * b + c + d * e * head[1]
}

#[differentiable]
fn split(v: &[f64], x: f64) -> f64 {
    let (a, b): (Vec<f64>, Vec<f64>) = v.iter().map(|y| (y * x, y + x)).unzip();
    let (low, high): (Vec<f64>, Vec<f64>) = v.iter().copied().partition(|y| *y < 0.6);
    a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>() * low.iter().product::<f64>() + high.iter().sum::<f64>()
}

#[differentiable]
fn all_or_none(v: &[f64], x: f64) -> Option<f64> {
    let logs = v.iter().map(|y| if *y > 0.0 { Some((y * x).ln()) } else { None }).collect::<Option<Vec<_>>>()?;
    Some(logs.iter().sum::<f64>())
}

#[differentiable]
fn tried(v: &[f64], x: f64) -> f64 {
    let total = v.iter().try_fold(x, |acc, y| if *y > 0.0 { Some(acc * y) } else { None });
    match total {
        Some(t) => t * t,
        None => -x,
    }
}

#[differentiable]
fn paths(v: &[f64]) -> f64 {
    let a: f64 = v.iter().copied().map(f64::sqrt).sum();
    let b = v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let c: f64 = v.iter().map(|x| x.to_owned()).map(f64::from).map(cube).sum();
    let d: f64 = v.iter().map(shifted).product();
    a * b + c * d
}

#[differentiable]
fn cube(x: f64) -> f64 {
    x * x * x
}

#[differentiable]
fn shifted(x: &f64) -> f64 {
    x + 1.0
}

#[differentiable]
fn other_integers(x: f64, n: i32, m: u8) -> f64 {
    let a: f64 = (0..n).map(|k| x.powi(k)).sum();
    let b: f64 = (1..=m).rev().map(|k| x / f64::from(k)).sum();
    let c: f64 = (-n..n).step_by(2).map(|k| x * f64::from(k)).sum();
    let d: f64 = (0..n).zip(1..=n).map(|(i, j)| x.powi(i) * f64::from(j)).sum();
    let e: f64 = (0..n).enumerate().map(|(i, k)| x.powi(k) * i as f64).sum();
    a * b + c + d * e
}

#[differentiable]
fn folded_pair(v: &[f64]) -> f64 {
    let (s, q) = v.iter().fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
    let (lo, hi) = v.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), &x| (x.min(lo), x.max(hi)));
    q - s * s + hi * lo
}

#[differentiable]
fn counted(v: &[f64], x: f64) -> f64 {
    let mut it = v.iter().filter(|a| **a > 0.3);
    let any = it.any(|a| *a > 1.0);
    let rest = it.count();
    if any { x * rest as f64 } else { x * x }
}

#[differentiable]
fn while_mapped(v: &[f64]) -> f64 {
    v.iter().map_while(|x| if *x < 1.0 { Some(x * x) } else { None }).sum::<f64>()
        + v.iter().skip_while(|x| **x < 1.0).skip(1).map(|x| x.exp()).sum::<f64>()
}

#[differentiable]
fn inspected(v: &[f64]) -> f64 {
    let mut count = 0;
    let s: f64 = v.iter().inspect(|_| count += 1).map(|x| x * x).sum();
    s * count as f64
}

#[differentiable]
fn impure(v: &[f64]) -> f64 {
    let mut c = 0.0;
    v.iter()
        .map(|x| {
            c += x;
            c
        })
        .skip(1)
        .step_by(2)
        .sum()
}

#[differentiable]
fn pairs(v: &[f64], x: f64) -> f64 {
    let rows: Vec<Vec<f64>> = (0..v.len()).map(|i| v.iter().skip(i).map(|a| a * v[i] * x).collect()).collect();
    rows.iter().map(|r| r.iter().sum::<f64>()).map(|s| s.sqrt()).sum::<f64>()
        + v.iter().enumerate().flat_map(|(i, a)| v[i + 1..].iter().map(move |b| (a - b).abs())).sum::<f64>()
}

#[differentiable]
fn in_place(v: &mut [f64], w: &[f64]) {
    for (a, b) in v.iter_mut().zip(w) {
        *a *= b;
    }
    v.iter_mut().rev().enumerate().for_each(|(i, a)| *a += i as f64);
    if let Some(m) = v.iter_mut().max_by(|a, b| a.total_cmp(b)) {
        *m *= 2.0;
    }
    if let Some(last) = v.last_mut() {
        *last = last.sin();
    }
    for pair in v.chunks_exact_mut(2) {
        pair.swap(0, 1);
    }
    for row in v.chunks_mut(2).filter(|r| r.len() == 2) {
        row[0] *= row[1];
    }
}

const A: [f64; 5] = [0.5, 1.5, 0.25, 0.75, 2.0];
const B: [f64; 5] = [1.0, 0.3, 0.9, 0.8, 0.7];

#[test]
fn several_sources() {
    chained::check(&A, &B, 0.7).unwrap();
    chained_until::check(&[0.3, -0.4, 0.5], &[0.7, -1.0, 2.5, 0.3]).unwrap();
    assert!(chained_until::grad(&[0.3, 2.5], &[0.7]).1.iter().all(|g| *g == 0.0));
    let rows = [vec![0.3, -0.4], vec![], vec![1.1, 0.2, 1.3, 0.9], vec![0.5]];
    flattened::check(&rows).unwrap();
    flattened_until::check(&rows, 0.7).unwrap();
    zipped_after_filters::check(&A, &B).unwrap();
    generators::check(0.7).unwrap();
}

#[test]
fn choices() {
    largest::check(&A).unwrap();
    largest_mapped::check(&A, 0.8).unwrap();
    assert_eq!(largest_mapped(&A, 0.8), largest_mapped::value_and_grad(&A, 0.8).0);
    by_key::check(&[(1, 0.5), (4, 0.3), (0, 0.2)], 0.7).unwrap();
    ends::check(&A).unwrap();
    matched_ends::check(&A, 0.4).unwrap();
    matched_ends::check(&A[..2], 0.4).unwrap();
    matched_ends::check(&A[2..3], 0.4).unwrap();
    matched_ends::check(&[], 0.4).unwrap();
    found::check(&A, 0.7).unwrap();
    reduced::check(&A, 0.7).unwrap();
}

#[test]
fn advanced_by_hand() {
    stepwise::check(&A).unwrap();
    two_at_a_time::check(&A).unwrap();
    by_reference::check(&A).unwrap();
    peeked::check(&A).unwrap();
    counted::check(&A, 0.4).unwrap();
}

#[test]
fn stages() {
    scanned::check(&A).unwrap();
    scanned_until::check(&[0.9, 1.2, 0.8, 0.1, 0.9], 1.1).unwrap();
    after_filters::check(&A).unwrap();
    while_mapped::check(&A).unwrap();
    inspected::check(&A).unwrap();
    impure::check(&A).unwrap();
    assert_eq!(impure(&A), impure::value_and_grad(&A).0);
    pairs::check(&A, 0.7).unwrap();
}

#[test]
fn values() {
    pieces::check(&A).unwrap();
    split::check(&A, 0.7).unwrap();
    all_or_none::check(&A, 0.7).unwrap();
    all_or_none::check(&[0.3, -0.1], 0.7).unwrap();
    tried::check(&A, 0.7).unwrap();
    tried::check(&[0.3, -0.1], 0.7).unwrap();
    paths::check(&A).unwrap();
    other_integers::check(0.7, 4, 3).unwrap();
    folded_pair::check(&A).unwrap();
}

#[test]
fn mutation() {
    in_place::check(&mut [0.5, 1.5, 0.25, 0.75, 2.0], &B).unwrap();
}

/// Clones go on from where their iterator is, and leave it there.
#[differentiable]
fn cloned(v: &[f64], k: f64) -> f64 {
    let squares = v.iter().map(|a| a * a * k);
    let mean = squares.clone().sum::<f64>() / v.len() as f64;
    let spread: f64 = squares.map(|s| (s - mean).powi(2)).sum();
    let mut rest = v.iter().filter(|a| **a > 0.0).enumerate();
    let first = rest.next().map_or(0.0, |(_, a)| *a);
    let ahead: f64 = rest.clone().map(|(i, a)| a * i as f64).sum();
    let behind: f64 = rest.map(|(i, a)| a * k.powi(i as i32)).sum();
    spread + first * ahead + behind
}

#[test]
fn clones() {
    cloned::check(&A, 0.7).unwrap();
    let expected = |v: &[f64], k: f64| {
        let positive: Vec<f64> = v.iter().copied().filter(|a| *a > 0.0).collect();
        let later = || positive.iter().enumerate().skip(1);
        positive[0] * later().map(|(i, a)| a * i as f64).sum::<f64>()
            + later().map(|(i, a)| a * k.powi(i32::try_from(i).unwrap())).sum::<f64>()
    };
    let all_equal = [0.5, 0.5, 0.5];
    assert!((cloned::value_and_grad(&all_equal, 0.7).0 - expected(&all_equal, 0.7)).abs() < 1e-15);
}

/// Steps of integers of any width, up to a bound that belongs to them or not, with values that the way back needs.
#[differentiable]
fn stepped(x: f64, n: i64) -> f64 {
    let mut y = x;
    for i in (1..=n).step_by(3) {
        y = (y * i as f64).sin();
    }
    for i in (0..n).step_by(2) {
        y = (y + i as f64).cos() + x;
    }
    for i in (2..=n as usize).step_by(4) {
        y *= 1.0 + y / i as f64;
    }
    y
}

#[test]
fn steps() {
    for n in 0..9 {
        stepped::check(0.4, n).unwrap();
    }
}

/// Literals behind numbers of a type: their methods are those of that type.
#[differentiable(order = 2)]
fn with_literals(v: &[f64], x: f64) -> f64 {
    v.iter().copied().chain([0.5, 0.7]).map(|a| (a * a + x).ln()).sum::<f64>()
}

#[test]
fn literals_in_chains() {
    with_literals::check(&[0.3, -0.4], 0.7).unwrap();
    let h = with_literals::hessian(&[0.3, -0.4], 0.7);
    let slope = |x: f64| with_literals::grad(&[0.3, -0.4], x);
    let (up, down) = (slope(0.7 + 1e-5), slope(0.7 - 1e-5));
    assert!(
        (h[[2, 2]] - (up.1 - down.1) / 2e-5).abs() < 1e-8 && (h[[2, 0]] - (up.0[0] - down.0[0]) / 2e-5).abs() < 1e-8
    );
}

mod flattened_results {
    use super::*;
    #[differentiable(order = 2)]
    fn try_it(x: f64) -> Result<f64, String> {
        if x > 0.5 { Ok(x * x) } else { Err("small".to_string()) }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v: Vec<Result<f64, String>> = x.iter().map(|a| try_it(*a)).collect();
        let mut s = 0.0;
        for a in v.iter().flatten() {
            s += a * a;
        }
        s + x.iter().flat_map(|a| try_it(*a)).sum::<f64>() + x.iter().filter_map(|a| try_it(*a).ok()).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod no_items {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = x[0];
        for a in std::iter::empty::<f64>() {
            s += a;
        }
        s += x.iter().copied().chain(std::iter::empty()).sum::<f64>();
        for a in std::iter::empty().chain(x.iter()) {
            s *= a;
        }
        s + std::iter::empty::<f64>().sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod remainders_of_chunks {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let c = x.chunks_exact(2);
        let r = c.remainder();
        let mut s = 0.0;
        for p in c {
            s += p[0] * p[1];
        }
        for a in r {
            s += a * a;
        }
        let mut it = x.chunks_exact(2);
        let t: f64 = it.by_ref().map(|p| p[0] * p[1]).sum();
        let u: f64 = it.remainder().iter().sum();
        s + t * u + x.chunks_exact(2).remainder()[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod texts_that_are_compared {
    use super::*;
    #[differentiable(order = 2)]
    fn g(terms: &[(&str, f64)], name: &str, x: f64) -> f64 {
        terms.iter().filter(|(l, _)| *l == name).map(|(_, v)| v * x).sum::<f64>()
            + terms.iter().filter(|t| t.0 == name).count() as f64 * x
            + terms.iter().find(|(l, _)| *l == name).map_or(0.0, |(_, v)| v * v)
    }
    #[differentiable(order = 2)]
    fn h(terms: &[(String, f64)], name: &str, x: f64) -> f64 {
        let mut s = 0.0;
        for (l, v) in terms {
            if l == name {
                s += v * x;
            }
        }
        for (l, v) in terms.iter() {
            if l.as_str() == name || l.starts_with("b") {
                s += v * x;
            }
        }
        s + terms.iter().filter(|(l, _)| l == name).map(|(_, v)| v * x).sum::<f64>()
            + terms.iter().filter(|(l, _)| *l == name).map(|t| t.1).sum::<f64>()
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let terms = [("a", x[0]), ("b", x[1]), ("a", x[2])];
        let t: Vec<(&str, f64)> = vec![("a", x[0]), ("b", x[1])];
        let name = "a";
        g(&terms, "a", x[1])
            + g(&t, "b", x[1])
            + t.iter().filter(|(l, _)| *l == name).map(|(_, v)| v * v).sum::<f64>()
            + h(&[("a".to_string(), x[0]), ("b".to_string(), x[2])], "a", x[1])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod instead_of_none {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let c = Some(x[0]);
        let b: Option<f64> = None;
        let a = None.or(c);
        let d = b.or(Some(x[1]));
        let e = c.or_else(|| Some(x[2]));
        a.unwrap() * d.unwrap() + e.unwrap_or(0.0) + None.unwrap_or(x[2]) + None::<f64>.or(c).map_or(0.0, |a| a * a)
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
