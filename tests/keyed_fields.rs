//! Maps, sets and queues in fields, and what a map lends to be changed.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;

mod maps_in_fields {
    use super::*;
    use std::collections::*;
    #[derive(Clone, Differentiable)]
    struct M {
        #[constant]
        table: BTreeMap<usize, f64>,
        k: f64,
    }
    #[differentiable(order = 2)]
    impl M {
        fn f(&self, x: f64) -> f64 {
            let mut s = 0.0;
            for (i, v) in &self.table {
                s += v * x * self.k * *i as f64;
            }
            for (_, v) in self.table.iter() {
                s *= *v * x;
            }
            s += self.table.values().sum::<f64>() * x;
            s += self.table.values().map(|v| v * x).sum::<f64>();
            s
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = M { table: BTreeMap::from([(1, 2.0), (3, 0.5)]), k: x[1] };
        m.f(x[0]) + x[2] * x[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod entries_by_key {
    use super::*;
    use std::collections::*;
    #[derive(Clone, Differentiable)]
    struct M {
        #[constant]
        table: BTreeMap<usize, f64>,
        k: f64,
    }
    #[differentiable(order = 2)]
    impl M {
        fn f(&self, x: f64, k: usize) -> f64 {
            let a = match self.table.get(&k) {
                Some(v) => v * x,
                None => self.k,
            };
            let b = self.table.get(&k).copied().unwrap_or(1.0);
            let c = *self.table.get(&3).unwrap();
            if let Some(v) = self.table.get(&k) {
                return v * x * a * b * c;
            }
            self.table[&1] * x + self.table.get(&k).map_or(0.0, |v| v * x)
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = M { table: BTreeMap::from([(1, 2.0), (3, 0.5)]), k: x[1] };
        m.f(x[0], 1) + m.f(x[0], 2) + x[2] * x[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod maps_in_fields_of_parameters {
    use super::*;
    use std::collections::*;
    #[derive(Clone, Differentiable)]
    struct M {
        #[constant]
        table: HashMap<String, f64>,
        k: f64,
    }
    #[differentiable(order = 2)]
    fn g(m: &M, x: f64, key: &str) -> f64 {
        let mut s = x;
        for (_, v) in &m.table {
            s += v * x;
        }
        for v in m.table.values() {
            s += v * x * m.k;
        }
        s + m.table.get(key).copied().unwrap_or(0.0) * x
            + m.table[key] * x
            + m.table.iter().map(|(k, v)| k.len() as f64 * v * x).sum::<f64>()
            + m.table.len() as f64 * x
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = M { table: HashMap::from([("a".to_string(), 2.0), ("bb".to_string(), 0.5)]), k: x[1] };
        g(&m, x[0], "a") + x[2] * x[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod maps_of_structs {
    use super::*;
    use std::collections::*;
    #[derive(Clone, Copy)]
    struct Row {
        a: f64,
        n: usize,
    }
    struct Db {
        rows: BTreeMap<String, Row>,
        list: BTreeMap<usize, Vec<f64>>,
    }
    #[differentiable(order = 2)]
    fn g(x: &[f64], #[constant] db: &Db) -> f64 {
        let mut s = x[0];
        for r in db.rows.values() {
            s += r.a * x[r.n];
        }
        for (name, r) in &db.rows {
            if name == "a" {
                s += r.a * x[1] * x[2];
            }
        }
        if let Some(r) = db.rows.get("b") {
            s += r.a * x[2];
        }
        for (k, v) in &db.list {
            for a in v {
                s += x[*k] * a;
            }
            s += v.iter().sum::<f64>() * x[0];
        }
        let r = &db.rows["a"];
        s += r.a * x[0];
        s
    }
    #[test]
    fn t() {
        let db = Db {
            rows: BTreeMap::from([("a".to_string(), Row { a: 2.0, n: 1 }), ("b".to_string(), Row { a: 3.0, n: 2 })]),
            list: BTreeMap::from([(1, vec![1.0, 2.0])]),
        };
        g::check(&[0.3, 0.4, 0.5], &db).unwrap();
    }
}

mod sets_in_fields {
    use super::*;
    use std::collections::*;
    #[derive(Clone, Differentiable)]
    struct M {
        #[constant]
        on: BTreeSet<usize>,
        #[constant]
        hs: BTreeSet<usize>,
        k: f64,
    }
    #[differentiable(order = 2)]
    impl M {
        fn f(&self, x: &[f64]) -> f64 {
            let mut s = self.k;
            for i in &self.on {
                s += x[*i] * self.k;
            }
            for i in self.hs.iter() {
                s += x[*i];
            }
            if self.on.contains(&1) {
                s *= x[0];
            }
            s + self.on.iter().map(|&i| x[i]).sum::<f64>()
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = M { on: BTreeSet::from([1, 2]), hs: BTreeSet::from([0, 2]), k: x[1] };
        m.f(x) + x[2] * x[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod queues_in_fields {
    use super::*;
    use std::collections::*;
    #[derive(Clone, Differentiable)]
    struct M {
        #[constant]
        q: VecDeque<usize>,
        k: f64,
    }
    #[differentiable(order = 2)]
    impl M {
        fn f(&self, x: &[f64]) -> f64 {
            let mut s = self.k;
            for i in &self.q {
                s += x[*i] * self.k;
            }
            for i in self.q.iter() {
                s += x[*i];
            }
            s + self.q.iter().map(|&i| x[i]).sum::<f64>() + x[self.q[0]]
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = M { q: VecDeque::from([1, 2]), k: x[1] };
        m.f(x) + x[2] * x[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod maps_in_fields_of_fields {
    use super::*;
    use std::collections::*;
    #[derive(Clone, Differentiable)]
    struct In {
        #[constant]
        t: BTreeMap<usize, f64>,
        w: f64,
    }
    #[derive(Clone, Differentiable)]
    struct M {
        inner: In,
        parts: Vec<In>,
        o: Option<In>,
    }
    #[differentiable(order = 2)]
    impl M {
        fn f(&self, x: &[f64]) -> f64 {
            let mut s = 0.0;
            for (k, v) in &self.inner.t {
                s += v * x[*k] * self.inner.w;
            }
            let t = &self.inner.t;
            for v in t.values() {
                s *= v * x[0];
            }
            for p in &self.parts {
                for (k, v) in &p.t {
                    s += v * x[*k] * p.w;
                }
                s += p.t.values().sum::<f64>() * x[1];
            }
            for (_, v) in self.inner.t.range(1..) {
                s += v * x[2];
            }
            if let Some(o) = &self.o {
                for v in o.t.values() {
                    s += v * o.w;
                }
            }
            let m = self.inner.t.values().copied().fold(0.0, f64::max);
            s * m
                + self.parts[0].t.get(&1).copied().unwrap_or(2.0) * x[0]
                + self.inner.t.keys().map(|k| x[*k] * x[*k]).sum::<f64>()
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let i = In { t: BTreeMap::from([(1, 2.0), (2, 0.5)]), w: x[1] };
        let m = M { inner: i.clone(), parts: vec![i.clone(), i.clone()], o: Some(i) };
        m.f(x) + m.inner.t.len() as f64 * x[2]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod entries_in_a_range_of_keys {
    use super::*;
    use std::collections::*;
    struct T {
        t: BTreeMap<i64, f64>,
    }
    #[differentiable(order = 2)]
    fn g(x: f64, #[constant] t: &T) -> f64 {
        let k = x.floor() as i64;
        let lo = t.t.range(..=k).next_back();
        let hi = t.t.range(k + 1..).next();
        match (lo, hi) {
            (Some((a, u)), Some((b, v))) => u + (v - u) * (x - *a as f64) / (*b - *a) as f64,
            (Some((_, u)), None) => *u * x,
            _ => 0.0,
        }
    }
    #[differentiable(order = 2)]
    fn first(x: f64, #[constant] t: &T) -> f64 {
        let (k, v) = t.t.iter().next().unwrap();
        let (_, l) = t.t.last_key_value().unwrap();
        v * x * *k as f64 * l
    }
    #[test]
    fn t() {
        let t = T { t: BTreeMap::from([(0, 1.0), (2, 3.0)]) };
        g::check(1.3, &t).unwrap();
        assert!(g::grad(1.3, &t) == 1.0);
        first::check(1.2, &t).unwrap();
    }
}

mod shared_vectors {
    use super::*;
    use std::rc::Rc;
    use std::sync::Arc;
    #[derive(Clone, Differentiable)]
    struct P {
        #[constant]
        data: Arc<Vec<f64>>,
        #[constant]
        grid: Rc<[f64]>,
        w: f64,
    }
    #[differentiable(order = 2)]
    impl P {
        fn g(&self, y: f64) -> f64 {
            let mut s = y;
            for v in self.data.iter() {
                s += v * self.w * y;
            }
            for i in 0..self.grid.len() {
                s += self.grid[i] * y;
            }
            s += self.grid.iter().zip(self.data.iter()).map(|(a, b)| a * b * y).sum::<f64>();
            s
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let p = P { data: Arc::new(vec![1.0, 2.0]), grid: Rc::from([1.0, 3.0]), w: x[2] };
        p.g(x[0]) * x[1]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod shared_vectors_as_parameters {
    use super::*;
    use std::rc::Rc;
    use std::sync::Arc;
    #[differentiable(order = 2)]
    fn g(#[constant] x: Rc<[f64]>, #[constant] z: Arc<Vec<f64>>, y: f64) -> f64 {
        let mut s = y;
        for v in x.iter() {
            s += v * v * y;
        }
        for v in z.iter() {
            s *= v * y;
        }
        s + z[0] * y + x[1] * y
    }
    #[test]
    fn t() {
        g::check(vec![1.0, 2.0].into(), Arc::new(vec![1.0]), 0.4).unwrap();
    }
}

mod counted {
    use super::*;
    use std::collections::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let ks = [0usize, 2, 0];
        let mut c: BTreeMap<usize, usize> = BTreeMap::new();
        for k in ks {
            *c.entry(k).or_insert(0) += 1;
        }
        c.values().map(|&c| c as f64 * c as f64 * x[0]).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod counted_without_declared_types {
    use super::*;
    use std::collections::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let ks = [0usize, 2, 0];
        let mut c = HashMap::new();
        for &k in &ks {
            *c.entry(k).or_insert(0usize) += 1;
        }
        c[&0] as f64 * x[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod counted_through_names {
    use super::*;
    use std::collections::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut c = HashMap::new();
        for i in 0..4 {
            let n = c.entry(i % 2).or_insert(0usize);
            *n += 1;
        }
        c[&0] as f64 * x[0] * c[&1] as f64
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod counted_by_closures {
    use super::*;
    use std::collections::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut c: BTreeMap<usize, usize> = BTreeMap::new();
        for i in 0..5 {
            c.entry(i % 2).and_modify(|v| *v += 1).or_insert(1);
        }
        c.values().map(|&c| c as f64 * x[0]).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod lent_by_maps_in_fields {
    use super::*;
    use std::collections::*;
    #[derive(Default)]
    struct C {
        m: HashMap<usize, Vec<usize>>,
        n: BTreeMap<usize, f64>,
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut c = C::default();
        for i in 0..3 {
            c.m.entry(i % 2).or_default().push(i);
            *c.n.entry(i % 2).or_insert(0.5) += 1.5;
        }
        let mut s = 0.0;
        for i in &c.m[&0] {
            s += x[*i];
        }
        s * c.n[&0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod lent_by_own_methods {
    use super::*;
    #[derive(Default)]
    struct C {
        v: Vec<usize>,
    }
    impl C {
        fn at(&mut self, i: usize) -> &mut usize {
            if self.v.len() <= i {
                self.v.resize(i + 1, 0);
            }
            &mut self.v[i]
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut c = C::default();
        *c.at(2) += 3;
        *c.at(0) = 2;
        x[0] * c.v[2] as f64 * c.v[0] as f64
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod grouped {
    use super::*;
    use std::collections::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut c: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for i in 0..3 {
            c.entry(i % 2).or_insert_with(Vec::new).push(i);
        }
        for i in 0..3 {
            c.entry(i % 2).or_default().extend([i]);
        }
        let mut s = 0.0;
        for (_, g) in &c {
            for i in g {
                s += x[*i] * x[*i];
            }
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
