//! Iterator chains.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic, unused_macros)]

#[macro_use]
mod common;

use differentiable::prelude::*;

#[differentiable]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[differentiable]
fn weighted(a: &[f64], w: &[f64]) -> f64 {
    a.iter().zip(w.iter()).enumerate().map(|(i, (x, y))| x * y * (i + 1) as f64).sum::<f64>()
}

#[differentiable]
fn horner(c: &[f64], x: f64) -> f64 {
    c.iter().rev().fold(0.0, |acc, &a| acc * x + a)
}

#[differentiable]
fn total_variation(v: &[f64]) -> f64 {
    v.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum()
}

#[differentiable]
fn blocks(v: &[f64]) -> f64 {
    v.chunks(3).map(|c| c.iter().product::<f64>()).sum::<f64>()
        + v.chunks_exact(2).map(|c| c[0] * c[1].sin()).sum::<f64>()
}

#[differentiable]
fn strided(v: &[f64]) -> f64 {
    let mut s = 0.0;
    for (i, x) in v.iter().skip(1).step_by(2).enumerate() {
        s += x * x * i as f64;
    }
    for i in (0..v.len()).rev().step_by(3) {
        s *= 1.0 + v[i];
    }
    s + v.iter().take(2).copied().product::<f64>()
}

#[differentiable]
fn filtered(v: &[f64], cut: f64) -> f64 {
    v.iter().filter(|x| **x > cut).map(|x| (x - cut) * x).sum()
}

#[differentiable]
fn filter_on_ranges(v: &[f64]) -> f64 {
    (0..v.len()).filter(|i| i % 2 == 0).map(|i| v[i] * v[i]).sum::<f64>().sqrt()
}

#[differentiable]
fn collected(v: &[f64], x: f64) -> f64 {
    let scaled: Vec<f64> = v.iter().map(|a| a * x).collect();
    let squares = scaled.iter().map(|a| a * a).collect::<Vec<_>>();
    scaled.iter().zip(&squares).map(|(a, b)| a + b).product()
}

#[differentiable]
fn maximum(v: &[f64]) -> f64 {
    let m = v.iter().cloned().fold(f64::NEG_INFINITY, f64::max);
    let s: f64 = v.iter().map(|x| (x - m).exp()).sum();
    m + s.ln()
}

#[differentiable]
fn iter_mut(v: &mut [f64], x: f64) {
    v.iter_mut().for_each(|a| *a *= x);
    for (i, a) in v.iter_mut().enumerate().skip(1) {
        *a += x.powi(i as i32);
    }
    for pair in v.chunks_mut(2) {
        pair[0] = pair[0].sin();
    }
}

#[differentiable]
fn owned(v: Vec<f64>) -> f64 {
    let mut s = 1.0;
    for x in v {
        s = s * x + x;
    }
    s
}

#[differentiable]
fn into_iter_chain(v: Vec<f64>, x: f64) -> Vec<f64> {
    v.into_iter().map(|a| a * x).filter(|a| *a > 0.0).collect()
}

#[differentiable]
fn nested_sums(m: &[Vec<f64>], v: &[f64]) -> Vec<f64> {
    m.iter().map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum()).collect()
}

#[differentiable]
fn mean_and_variance(v: &[f64]) -> (f64, f64) {
    let n = v.len() as f64;
    let mean = v.iter().sum::<f64>() / n;
    let var = v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, var.sqrt())
}

#[differentiable]
fn tuples(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|&(x, y)| x.hypot(y)).sum::<f64>()
        + points.iter().zip(points.iter().skip(1)).map(|(a, b)| (a.0 - b.0).abs() * b.1).sum::<f64>()
}

#[differentiable]
fn taken_while(v: &[f64]) -> f64 {
    v.iter().take_while(|x| **x < 1.0).map(|x| x * x).sum::<f64>()
        + v.iter().skip_while(|x| **x < 1.0).map(|x| x * 3.0).sum::<f64>()
}

#[differentiable]
fn ranges(x: f64, n: usize) -> f64 {
    let a: f64 = (1..=n).map(|k| x.powi(k as i32) / k as f64).sum();
    let b = (0..n).rev().fold(x, |acc, k| (acc + k as f64).sqrt());
    let c: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i * j) as f64)).sum();
    a * b + c * x
}

#[differentiable]
fn position(v: &[f64], x: f64) -> f64 {
    let i = v.iter().position(|a| *a > 1.0).unwrap_or(0);
    let n = v.iter().filter(|a| **a > 0.0).count();
    let any = v.iter().any(|a| *a < 0.0);
    v[i] * x * n as f64 + if any { x * x } else { 0.0 }
}

#[test]
fn sums() {
    let (a, b) = ([0.5, 1.5, 0.25, 0.75, 2.0], [1.0, 0.3, 0.9, 0.8, 0.7]);
    dot::check(&a, &b).unwrap();
    weighted::check(&a, &b).unwrap();
    horner::check(&a, 0.7).unwrap();
    total_variation::check(&a).unwrap();
    blocks::check(&a).unwrap();
    strided::check(&a).unwrap();
    mean_and_variance::check(&a).unwrap();
    ranges::check(0.7, 4).unwrap();
    assert_eq!(dot::grad(&a, &b).0, b);
}

#[test]
fn filters_and_collections() {
    let a = [0.5, 1.5, 0.25, 0.75, 2.0];
    filtered::check(&a, 0.6).unwrap();
    filter_on_ranges::check(&a).unwrap();
    collected::check(&a, 0.6).unwrap();
    into_iter_chain::check(a.to_vec(), 0.6).unwrap();
    owned::check(a.to_vec()).unwrap();
    nested_sums::check(&[a.to_vec(), vec![0.1; 5]], &a).unwrap();
    taken_while::check(&a).unwrap();
}

#[test]
fn extrema() {
    let a = [0.5, 1.5, 0.25, 0.75, 2.0];
    maximum::check(&a).unwrap();
    position::check(&a, 0.3).unwrap();
}

#[test]
fn in_place() {
    iter_mut::check(&mut [0.5, 1.5, 0.25], 0.8).unwrap();
}

#[test]
fn combinations() {
    let points = [(0.5, 1.5), (0.25, 0.75), (2.0, 0.1)];
    tuples::check(&points).unwrap();
}

/// The best of items whose type only `rustc` knows.
mod best {
    use super::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Item {
        w: f64,
        v: f64,
    }

    #[derive(Clone, Debug, Differentiable)]
    struct Bag {
        items: Vec<Item>,
    }

    #[differentiable]
    fn with_item(bag: &Bag, x: f64) -> f64 {
        let best = bag.items.iter().map(|i| (i.w, i)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        best.0 * x + best.1.v
    }

    #[differentiable]
    fn product(bag: &Bag, x: f64) -> f64 {
        let best = bag.items.iter().map(|i| i.w * x).max_by(|a, b| a.total_cmp(b)).unwrap();
        best * x
    }

    #[differentiable]
    fn of_items(bag: &Bag, x: f64) -> f64 {
        let by_weight = bag.items.iter().cloned().max_by(|a, b| a.w.total_cmp(&b.w)).unwrap();
        let scaled = bag.items.iter().map(|i| i.clone()).min_by(|a, b| (a.w * x).partial_cmp(&(b.w * x)).unwrap());
        by_weight.v * x + scaled.unwrap().v
    }

    #[differentiable]
    fn perhaps(bag: &Bag, x: f64) -> Option<Item> {
        bag.items.iter().map(|i| Item { w: i.w, v: i.v * x }).max_by(|a, b| a.w.total_cmp(&b.w))
    }

    #[differentiable]
    fn with_place(bag: &Bag, x: f64) -> f64 {
        let places = bag.items.iter().enumerate().map(|(k, i)| (i.w * x, k));
        let Some((best, k)) = places.max_by(|a, b| a.0.total_cmp(&b.0)) else { return 0.0 };
        best * (k + 1) as f64
    }

    #[differentiable]
    fn for_nothing(bag: &Bag, x: f64) -> f64 {
        let _unused = bag.items.iter().map(|i| (i.w, i)).max_by(|a, b| a.0.total_cmp(&b.0));
        x * x
    }

    #[test]
    fn is_chosen() {
        let items = vec![Item { w: 0.5, v: 2.0 }, Item { w: 1.5, v: 3.0 }, Item { w: 0.7, v: 4.0 }];
        let bag = Bag { items };
        with_item::check(&bag, 0.6).unwrap();
        product::check(&bag, 0.6).unwrap();
        of_items::check(&bag, 0.6).unwrap();
        perhaps::check(&bag, 0.6).unwrap();
        with_place::check(&bag, 0.6).unwrap();
        for_nothing::check(&bag, 0.6).unwrap();
    }
}

mod iterators_with_a_name {
    use super::*;

    /// What is left of an iterator with a name, after methods that take it by `&mut`.
    macro_rules! advanced {
        ($name:ident, |$x:ident, $v:ident| $body:block) => {
            mod $name {
                use super::*;
                #[differentiable]
                fn f($x: &[f64]) -> f64 {
                    let $v: Vec<f64> = (0..7).map(|i| $x[i % 3] + 0.1 * i as f64).collect();
                    $body
                }
                agrees!(f, [0.4, 0.8, 1.3]);
            }
        };
    }
    advanced!(both_ends, |x, v| {
        let mut it = v.iter();
        let mut s = 0.0;
        while let (Some(a), Some(b)) = (it.next(), it.next_back()) {
            s += a * b;
        }
        s + it.next().map_or(0.0, |m| m * m)
    });
    advanced!(position, |x, v| {
        let mut it = v.iter();
        let k = it.position(|a| *a > 1.0).unwrap();
        let r = it.next().unwrap();
        r * it.sum::<f64>() + k as f64
    });
    advanced!(nth, |x, v| {
        let mut it = v.iter();
        let a = it.nth(2).unwrap();
        let b = it.nth(1).unwrap();
        a * b + it.next().unwrap()
    });
    advanced!(find, |x, v| {
        let mut it = v.iter().map(|a| a * a);
        let a = it.find(|a| *a > 0.5).unwrap();
        let b = it.next().unwrap();
        a * b + it.sum::<f64>()
    });
    advanced!(any, |x, v| {
        let mut it = v.iter();
        let e = it.any(|a| *a > 1.2);
        let b = it.next().unwrap();
        b * it.map(|a| a * a).sum::<f64>() + e as u8 as f64
    });
    advanced!(all, |x, v| {
        let mut it = v.iter();
        let e = it.all(|a| *a < 1.2);
        let b = it.next().unwrap();
        b * it.map(|a| a * a).sum::<f64>() + e as u8 as f64
    });
    advanced!(find_map, |x, v| {
        let mut it = v.iter();
        let e = it.find_map(|a| if *a > 1.0 { Some(a * a) } else { None });
        e.unwrap() * it.next().unwrap()
    });
    advanced!(ends_and_the_rest, |x, v| {
        let mut it = v.iter();
        let last = it.next_back().unwrap();
        let first = it.next().unwrap();
        let mid: f64 = it.rev().take(2).sum();
        last * first + mid
    });
    advanced!(try_fold, |x, v| {
        let mut it = v.iter();
        let t = it.try_fold(0.0, |s, a| if s > 1.5 { None } else { Some(s + a * a) });
        let r: f64 = it.sum();
        t.unwrap_or(x[0]) * r
    });
    advanced!(chunks_from_the_end, |x, v| {
        let mut c = v.chunks(2);
        let a = c.next().unwrap();
        let b = c.next_back().unwrap();
        let r: f64 = c.map(|p| p[0]).sum();
        a[1] * b[0] + r
    });
    advanced!(enumerated_from_the_end, |x, v| {
        let mut it = v.iter().enumerate();
        let (i, a) = it.next_back().unwrap();
        let (j, b) = it.next().unwrap();
        a * b + (i + j) as f64 * it.len() as f64
    });
    advanced!(both_ends_changed, |x, v| {
        let mut w = v.clone();
        {
            let mut it = w.iter_mut();
            while let (Some(a), Some(b)) = (it.next(), it.next_back()) {
                *a *= *b;
                *b += 1.0;
            }
        }
        w.iter().map(|a| a * a).sum()
    });
    advanced!(range_from_both_ends, |x, v| {
        let mut r = 0..v.len();
        let mut s = 0.0;
        while let Some(i) = r.next() {
            s += v[i];
            let Some(j) = r.next_back() else { break };
            s *= v[j];
        }
        s + r.len() as f64
    });
    advanced!(nth_of_steps, |x, v| {
        let mut it = v.iter().skip(1).step_by(2);
        let a = it.nth(1).unwrap();
        a * it.sum::<f64>()
    });
}
