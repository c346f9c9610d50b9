//! Maps and sets that carry no derivative, iterated over for numbers and for indices.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;
use std::cmp::Reverse;
use std::collections::*;

/// Statics that are made when they are first read, and counters behind shared references: neither has a derivative.
mod shared {
    use super::*;
    use std::cell::Cell;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    static TABLE: LazyLock<Vec<f64>> = LazyLock::new(|| vec![1.0, 2.0, 3.0]);
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(0) };
    }
    #[differentiable]
    fn lazy(v: &[f64]) -> f64 {
        v.iter().zip(TABLE.iter()).map(|(a, b)| a * a * b).sum::<f64>() + TABLE[1] * v[0]
    }
    #[differentiable]
    fn counted(v: &[f64]) -> f64 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        COUNT.with(|c| c.set(c.get() + 1));
        let n = AtomicUsize::new(2);
        n.fetch_add(1, Ordering::SeqCst);
        v[0] * v[1] * n.load(Ordering::SeqCst) as f64
    }
    mod of_lazy {
        use super::*;
        agrees!(lazy, [1.2, 0.7, 1.9]);
    }
    mod of_counted {
        use super::*;
        agrees!(counted, [1.2, 0.7, 1.9]);
    }
}

mod maps {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m: BTreeMap<usize, f64> = BTreeMap::from([(0, 2.0), (2, 3.0)]);
        let mut s = m.values().zip(x).map(|(k, v)| k * v * v).sum::<f64>() * x[2];
        s += m.keys().zip(x).map(|(k, v)| x[*k] * v * v).sum::<f64>();
        for k in m.keys() {
            s += x[*k] * x[*k] * x[1];
        }
        for v in m.values() {
            s += v * x[0].sin();
        }
        s += m.iter().map(|(k, v)| v * x[*k] * x[*k]).sum::<f64>() * x[1];
        s += m.iter().zip(x).map(|((k, v), a)| v * a * x[*k] * x[*k]).sum::<f64>();
        s *= m.values().copied().fold(0.0, f64::max);
        s + m.into_iter().map(|(k, v)| v * x[k] * x[k]).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod made_by_constructors {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = BTreeMap::from([(0usize, 2.0), (2, 3.0)]);
        let mut s = x[1];
        for (k, v) in &m {
            s += v * x[*k] * x[*k];
        }
        for (k, v) in m {
            s += x[k].sin() * v;
        }
        let mut active = BTreeSet::new();
        active.insert(0);
        active.insert(2usize);
        for k in &active {
            s += x[*k] * x[*k] * x[1];
        }
        for k in active.iter() {
            s += x[*k].sin();
        }
        for k in active {
            s += x[k].cos();
        }
        let even: HashSet<usize> = [0, 2].into_iter().collect();
        for k in even {
            s += x[k] * x[k] * x[1];
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod names_as_keys {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m: HashMap<&str, f64> = HashMap::from([("a", 2.0), ("b", 3.0)]);
        m["a"] * x[0] * x[0]
            + m.get("b").copied().unwrap_or(1.0) * x[1] * x[0]
            + m.iter().map(|(k, v)| k.len() as f64 * v * x[2] * x[1]).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

struct Settings {
    table: BTreeMap<usize, f64>,
    on: BTreeSet<usize>,
}

#[differentiable(order = 2)]
fn of_parameters(
    x: &[f64],
    #[constant] names: &BTreeMap<&'static str, f64>,
    #[constant] weights: &HashMap<&str, f64>,
    active: &BTreeSet<usize>,
    #[constant] settings: &Settings,
) -> f64 {
    let mut s = weights["a"] * x[0] * x[0] + weights.get("b").copied().unwrap_or(1.0) * x[1] * x[0];
    for (k, v) in names {
        s += v * x[k.len()] * x[0];
    }
    for v in names.values() {
        s += v * x[1].sin();
    }
    for &k in active {
        s += x[k] * x[k] * x[1];
    }
    s += active.iter().map(|k| x[*k]).sum::<f64>();
    let table: &BTreeMap<usize, f64> = &settings.table;
    let on: &BTreeSet<usize> = &settings.on;
    for (k, v) in table {
        s += v * x[*k] * x[*k];
    }
    for k in on {
        s += x[*k].sin();
    }
    for k in settings.table.keys() {
        s += x[*k].cos();
    }
    for v in table.values() {
        s += v * x[1].cos();
    }
    s
}

#[test]
fn maps_and_sets_that_are_passed_in() {
    let names = BTreeMap::from([("a", 2.0), ("bc", 3.0)]);
    let weights = HashMap::from([("a", 2.0), ("b", 3.0)]);
    let active = BTreeSet::from([0, 2]);
    let settings = Settings { table: BTreeMap::from([(0, 2.0), (1, 0.5)]), on: BTreeSet::from([1, 2]) };
    let x = [0.4, 0.7, 1.2];
    of_parameters::check(&x, &names, &weights, &active, &settings).unwrap();
    let expected = common::differences(|x| of_parameters(x, &names, &weights, &active, &settings), &x);
    let gradient = of_parameters::grad(&x, &names, &weights, &active, &settings);
    assert!(gradient.iter().zip(&expected).all(|(g, e)| common::close(*g, *e)), "{gradient:?} is not {expected:?}");
    let hessian = of_parameters::hessian(&x, &names, &weights, &active, &settings);
    for i in 0..3 {
        let second = common::differences(|x| of_parameters::grad(x, &names, &weights, &active, &settings)[i], &x);
        assert!((0..3).all(|j| common::close(hessian[[i, j]], second[j])));
    }
}

/// A map in a field is known by a key that is given by reference.
#[derive(Clone, Debug, Differentiable)]
struct Priced {
    w: f64,
    #[constant]
    table: BTreeMap<usize, f64>,
    #[constant]
    names: HashMap<String, f64>,
}

#[differentiable(order = 2)]
impl Priced {
    fn price(&self, x: f64, name: &str) -> f64 {
        let k = self.table.get(&2).copied().unwrap_or(1.0);
        let mut s = match self.names.get("a") {
            Some(k) => k * x * self.w,
            None => x,
        };
        if let Some(k) = self.names.get(name) {
            s *= k * x;
        }
        if self.table.contains_key(&1) {
            s *= x * self.table.len() as f64;
        }
        s * k * x + self.table[&1] * self.w + self.names.get("none").map_or(x * x, |k| k * x)
    }
}

#[differentiable(order = 2)]
fn of_fields(x: &[f64], #[constant] settings: &Settings) -> f64 {
    let priced =
        Priced { w: x[0], table: BTreeMap::from([(1, 0.5), (2, 0.25)]), names: HashMap::from([("a".to_owned(), 0.9)]) };
    let k = *settings.table.get(&1).unwrap();
    priced.price(x[1], "a") * x[2] + priced.price(x[2], "b") * k
}

#[test]
fn maps_in_fields() {
    let settings = Settings { table: BTreeMap::from([(0, 2.0), (1, 0.5)]), on: BTreeSet::new() };
    let x = [0.4, 0.7, 1.2];
    of_fields::check(&x, &settings).unwrap();
    let expected = common::differences(|x| of_fields(x, &settings), &x);
    let gradient = of_fields::grad(&x, &settings);
    assert!(gradient.iter().zip(&expected).all(|(g, e)| common::close(*g, *e)), "{gradient:?} is not {expected:?}");
    let hessian = of_fields::hessian(&x, &settings);
    for i in 0..3 {
        let second = common::differences(|x| of_fields::grad(x, &settings)[i], &x);
        assert!((0..3).all(|j| common::close(hessian[[i, j]], second[j])));
    }
}

/// What is written through a reference that a map gives.
mod entries {
    use super::*;
    #[differentiable(order = 2)]
    fn counted(x: &[f64]) -> f64 {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for (i, a) in x.iter().enumerate() {
            *counts.entry(usize::from(*a > 0.5)).or_insert(0) += 1 + i;
        }
        *counts.get_mut(&0).unwrap() *= 2;
        counts.iter().map(|(k, n)| x[*k] * x[*k] * *n as f64).sum()
    }
    mod counting {
        use super::counted;
        checked!(counted, [0.4, 0.7, 1.2]);
    }

    #[differentiable(order = 2)]
    fn grouped(x: &[f64]) -> f64 {
        let mut groups: HashMap<bool, Vec<usize>> = HashMap::new();
        for (i, a) in x.iter().enumerate() {
            groups.entry(*a > 0.5).or_default().push(i);
        }
        groups.get_mut(&true).unwrap().insert(0, 0);
        let high: f64 = groups.get(&true).map_or(0.0, |at| at.iter().map(|i| x[*i]).product());
        high + x[groups[&false][0]] * x[1]
    }
    mod grouping {
        use super::grouped;
        checked!(grouped, [0.4, 0.7, 1.2]);
    }

    /// Counts are read in the loop that counts, which the backward sweep must not see as they are at the end.
    #[differentiable(order = 2)]
    fn counted_and_read(x: &[f64]) -> f64 {
        let mut seen = HashMap::new();
        let mut s = x[0];
        for i in 0..6 {
            *seen.entry(i % 2).or_insert(0) += i;
            s = s * 0.5 + x[i % 3] * x[i % 3] * s * seen[&(i % 2)] as f64;
        }
        s
    }
    mod reading {
        use super::counted_and_read;
        checked!(counted_and_read, [0.4, 0.7, 1.2]);
    }

    #[derive(Clone, Default)]
    struct Node {
        at: Vec<usize>,
        visits: usize,
    }
    #[differentiable(order = 2)]
    fn nested(x: &[f64]) -> f64 {
        let mut rows: BTreeMap<usize, BTreeMap<&str, Node>> = BTreeMap::new();
        for (i, name) in ["a", "b", "a"].into_iter().enumerate() {
            rows.entry(i % 2).or_default().entry(name).or_insert_with(Node::default).at.push(i);
            rows.get_mut(&(i % 2)).unwrap().entry(name).or_default().visits += i + 1;
        }
        let mut s = 0.0;
        for k in 0..2 {
            let row: &BTreeMap<&str, Node> = &rows[&k];
            for node in row.values() {
                s += node.at.iter().map(|i| x[*i]).product::<f64>() * x[1] * node.visits as f64;
            }
        }
        s
    }
    mod nesting {
        use super::nested;
        checked!(nested, [0.4, 0.7, 1.2]);
    }
}

/// Texts that a loop takes out of an array stay references.
mod keys_of_an_array {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut index: BTreeMap<&str, usize> = BTreeMap::new();
        for (i, name) in ["mass", "charge", "spin"].into_iter().enumerate() {
            index.insert(name, i);
        }
        let mut kept: Vec<&str> = Vec::new();
        for name in ["mass", "spin"] {
            kept.push(name);
        }
        let s: f64 = kept.iter().zip(x).map(|(name, a)| a * a * name.len() as f64).sum();
        s * x[index["mass"]] * x[index["spin"]]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// Values that a loop changes.
mod values_mut_const {
    use super::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut m: BTreeMap<usize, f64> = BTreeMap::new();
        m.insert(0, 2.0);
        m.insert(1, 3.0);
        for a in m.values_mut() {
            *a *= 2.0;
        }
        for (k, a) in m.iter_mut() {
            *a += *k as f64;
        }
        for (_, a) in &mut m {
            *a += 1.0;
        }
        m[&0] * v[0] * v[0] + m[&1] * v[1]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// What is taken out of a map, once.
mod map_remove {
    use super::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut m: BTreeMap<usize, usize> = BTreeMap::new();
        for i in 0..4 {
            m.insert(i, i + 1);
        }
        let a = m.remove(&2).unwrap();
        m.remove(&1);
        let mut s = v[a];
        while let Some((k, i)) = m.pop_first() {
            s *= v[k] * i as f64;
        }
        if let Some(z) = m.remove(&7) {
            s *= z as f64;
        }
        s * m.len() as f64 + s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same by keys that are texts.
mod remove_entry {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut m: HashMap<String, usize> = HashMap::new();
        m.insert("a".into(), 1);
        m.insert("b".into(), 2);
        let k = String::from("a");
        let mut s = x[0];
        if let Some((key, v)) = m.remove_entry(&k) {
            s *= x[v] * key.len() as f64;
        }
        let gone = m.remove("b").unwrap_or(0);
        s *= x[gone];
        for i in 0..3 {
            let was = m.remove("z").is_some();
            if !was {
                m.insert("z".to_string(), i);
            }
            s += x[i] * m.len() as f64 * x[i];
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A `match` on what a map lends, which inserts where there is nothing.
mod map_match {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut m: HashMap<usize, Vec<usize>> = HashMap::new();
        for i in 0..4 {
            match m.get_mut(&(i % 2)) {
                Some(v) => v.push(i),
                None => {
                    m.insert(i % 2, vec![i]);
                }
            }
            if let Some(v) = m.get_mut(&0) {
                if v.len() > 1 {
                    v.reverse();
                }
            }
        }
        let mut s = 0.0;
        for i in &m[&0] {
            s += x[*i] * x[0];
        }
        for i in m[&1].iter() {
            s *= x[*i];
        }
        for v in m.values_mut() {
            for i in v.iter_mut() {
                *i += 1;
                if *i > 3 {
                    break;
                }
            }
        }
        s * m[&0][0] as f64
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// Sets that others cut.
mod set_ops {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = BTreeSet::new();
        for i in 0..4 {
            if x[i] > 0.0 {
                s.insert(i);
            }
        }
        s.remove(&0);
        let t: BTreeSet<usize> = [1, 3].into_iter().collect();
        let mut p = 1.0;
        for i in s.intersection(&t) {
            p *= x[*i];
        }
        for i in &s {
            p += x[*i] * x[0];
        }
        if let Some(i) = s.pop_first() {
            p *= x[i];
        }
        let mut h = BinaryHeap::new();
        h.push(3usize);
        h.push(1);
        while let Some(k) = h.pop() {
            p *= x[k];
        }
        p
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// How much a map holds, before and after it changes.
mod len_insert {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut m: HashMap<usize, usize> = HashMap::new();
        let mut s = x[0];
        for i in 0..3 {
            m.insert(i, i);
            s += x[i] * m.len() as f64 * x[i];
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same where it becomes less.
mod len_remove {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut m: BTreeMap<usize, usize> = BTreeMap::new();
        for i in 0..4 {
            m.insert(i, i);
        }
        let mut s = x[0];
        for i in 0..4 {
            let k = m.remove(&i).unwrap();
            s += x[k] * m.len() as f64 * x[i];
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// What a map gave before it changed.
mod get_insert {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut m: BTreeMap<usize, usize> = BTreeMap::new();
        m.insert(0, 1);
        let mut s = x[0];
        for i in 0..3 {
            s += x[m[&0]] * x[i] * x[i];
            m.insert(0, i);
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same through what it lends.
mod get_change {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut m: BTreeMap<usize, usize> = BTreeMap::new();
        m.insert(0, 1);
        let mut s = x[0];
        for i in 0..3 {
            s += x[m[&0]] * x[i] * x[i];
            *m.get_mut(&0).unwrap() = i;
            for v in m.values_mut() {
                *v += 1;
            }
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// Texts that change between uses of their lengths.
mod str_len {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut t = String::new();
        let mut s = x[0];
        for i in 0..3 {
            s += x[t.len()] * x[i] * x[i];
            t.push('a');
            if i == 1 {
                t.pop();
            }
            s *= 1.0 + t.len() as f64 * x[3];
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// Maps that are thinned out and emptied.
mod drain_map {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut m: BTreeMap<usize, usize> = BTreeMap::new();
        let mut s = x[0];
        for i in 0..3 {
            m.insert(i, i);
            let o = m.insert(i, i + 1);
            s *= x[o.unwrap()] * m.len() as f64;
            m.retain(|k, _| *k != 1);
            s += x[m.len()] * x[0];
        }
        m.clear();
        s * (1 + m.len()) as f64
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A map in a field that a method changes.
mod len_field {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct B {
        w: f64,
        #[constant]
        m: BTreeMap<usize, usize>,
    }
    #[differentiable(order = 2)]
    impl B {
        fn put(&mut self, i: usize, a: f64) -> f64 {
            self.m.insert(i, i);
            let s = self.w * a * self.m.len() as f64;
            self.m.insert(i + 7, 1);
            self.w += a;
            s * self.w
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut b = B { w: x[0], m: BTreeMap::new() };
        let mut s = 0.0;
        for i in 0..3 {
            s += b.put(i, x[i]) * x[3];
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// What maps in fields lend.
mod own_remove {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Bag {
        v: Vec<f64>,
        #[constant]
        seen: BTreeMap<usize, usize>,
    }
    #[differentiable(order = 2)]
    impl Bag {
        fn note(&mut self, i: usize, a: f64) -> f64 {
            if let Some(n) = self.seen.get_mut(&i) {
                *n += 1;
            } else {
                self.seen.insert(i, 1);
            }
            match self.seen.get_mut(&(i + 1)) {
                Some(n) if *n > 1 => *n = 0,
                Some(_) => {}
                None => {
                    self.seen.insert(i + 1, 5);
                }
            }
            for n in self.seen.values_mut() {
                *n += 1;
            }
            let d = self.seen.remove(&9).unwrap_or(2);
            self.v.push(a * d as f64);
            a * self.seen[&i] as f64
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut b = Bag { v: vec![], seen: BTreeMap::new() };
        let mut s = 0.0;
        for (i, a) in x.iter().enumerate() {
            s += b.note(i % 2, *a) * a;
        }
        s * b.v.iter().sum::<f64>()
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

mod maps_in_maps_and_heaps {
    use super::*;
    #[differentiable]
    fn a(v: &[f64]) -> f64 {
        let mut outer: HashMap<String, BTreeMap<usize, f64>> = HashMap::new();
        outer.insert("a".to_string(), BTreeMap::from([(0, 2.0), (1, 3.0)]));
        outer.insert("b".to_string(), BTreeMap::from([(2, 5.0)]));
        let mut s = 0.0;
        for (k, inner) in &outer {
            for (j, w) in inner {
                s += v[*j] * w * k.len() as f64 * v[0];
            }
        }
        s
    }
    #[differentiable]
    fn b(v: &[f64], #[constant] outer: &HashMap<String, BTreeMap<usize, f64>>) -> f64 {
        let mut s = 0.0;
        for (k, inner) in outer {
            for (j, w) in inner {
                s += v[*j] * w * k.len() as f64 * v[0];
            }
        }
        for inner in outer.values() {
            for w in inner.values() {
                s *= w * v[1];
            }
        }
        s
    }
    #[differentiable]
    fn bb(v: &[f64]) -> f64 {
        let m = HashMap::from([("a".to_string(), BTreeMap::from([(0, 2.0), (1, 3.0)]))]);
        b(v, &m)
    }
    #[differentiable]
    fn c(v: &[f64]) -> f64 {
        let mut heap = BinaryHeap::new();
        heap.push(1usize);
        heap.push(2);
        heap.push(0);
        let top = *heap.peek().unwrap();
        let mut s = v[top] * 2.0;
        while let Some(i) = heap.pop() {
            s = s * v[i] + v[0];
        }
        s
    }
    #[differentiable]
    fn d(v: &[f64]) -> f64 {
        let mut heap = BinaryHeap::from(vec![(1usize, 2usize), (3, 0)]);
        let (p, i) = heap.peek().unwrap();
        let mut s = v[*i] * *p as f64;
        while let Some((p, i)) = heap.pop() {
            s += v[i] * p as f64 * v[1];
        }
        s
    }
    // Dijkstra, weights active
    #[differentiable]
    fn e(w: &[f64]) -> f64 {
        let edges: [(usize, usize); 3] = [(0, 1), (1, 2), (0, 2)];
        let n = 3;
        let mut dist = vec![f64::INFINITY; n];
        dist[0] = 0.0;
        let mut heap = BinaryHeap::new();
        heap.push((Reverse(0u64), 0usize));
        while let Some((Reverse(d), u)) = heap.pop() {
            for (k, (a, b)) in edges.iter().enumerate() {
                if *a == u {
                    let nd = dist[u] + w[k];
                    if nd < dist[*b] {
                        dist[*b] = nd;
                        heap.push((Reverse((nd * 1000.0) as u64), *b));
                    }
                }
            }
        }
        dist[2] * dist[1]
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let mut heap = BinaryHeap::new();
        for i in 0..v.len() {
            heap.push(Reverse(i));
        }
        let Reverse(first) = heap.peek().unwrap();
        let mut s = v[*first];
        while let Some(Reverse(i)) = heap.pop() {
            s = s.sin() + v[i] * s;
            if heap.len() == 1 {
                break;
            }
        }
        s
    }
    mod ta {
        use super::*;
        agrees!(a, [1.2, 0.7, 1.9]);
    }
    mod tb {
        use super::*;
        agrees!(bb, [1.2, 0.7, 1.9]);
    }
    mod tc {
        use super::*;
        agrees!(c, [1.2, 0.7, 1.9]);
    }
    mod td {
        use super::*;
        agrees!(d, [1.2, 0.7, 1.9]);
    }
    mod te {
        use super::*;
        agrees!(e, [1.2, 0.7, 2.5]);
    }
    mod tf {
        use super::*;
        agrees!(f, [1.2, 0.7, 1.9]);
    }
}
