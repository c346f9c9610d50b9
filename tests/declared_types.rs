//! What declarations in the same file tell of types: maps in fields, methods and iterators of the user's own, variants.
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

mod imported_variants_with_fields {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    enum Shape {
        Rect { w: f64, h: f64 },
        Circle(f64),
        Dot,
    }
    use Shape::*;
    #[differentiable(order = 2)]
    fn area(s: &Shape) -> f64 {
        match s {
            Rect { w, h } => w * h,
            Circle(r) => r * r * 3.0,
            Dot => 0.0,
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let s = Rect { w: x[0], h: x[1] };
        let c = Circle(x[2]);
        area(&s) + area(&c) + area(&Dot)
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod imported_variants_that_branches_make {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    enum Shape {
        Rect { w: f64, h: f64 },
        Circle { r: f64 },
    }
    use Shape::{Circle, Rect};
    #[differentiable(order = 2)]
    fn area(s: Shape) -> f64 {
        match s {
            Rect { w, h } if w > 0.0 => w * h,
            Circle { r } => r * r * 3.0,
            Rect { .. } => 0.0,
        }
    }
    #[differentiable(order = 2)]
    fn make(x: f64, k: usize) -> Shape {
        if k == 0 { Rect { w: x, h: 2.0 } } else { Circle { r: x } }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = vec![Rect { w: x[0], h: x[1] }, Circle { r: x[2] }];
        let mut t = 0.0;
        for s in &v {
            t += match s {
                Rect { w, h } => w * h,
                Circle { r } => r * r,
            };
            if let Rect { w, .. } = s {
                t += *w;
            }
        }
        t + area(make(x[0], 0)) + area(make(x[1], 1))
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod imported_variants_that_change {
    use super::*;
    #[derive(Clone, Differentiable)]
    enum Op {
        Add { by: f64 },
        Mul { by: f64 },
    }
    use Op::*;
    #[differentiable(order = 2)]
    fn run(ops: &mut [Op], x: f64) -> f64 {
        let mut y = x;
        for o in ops.iter_mut() {
            match o {
                Add { by } => {
                    y += *by;
                    *by *= 2.0;
                }
                Mul { by } => y *= *by,
            }
        }
        y
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut v = vec![Add { by: x[0] }, Mul { by: x[1] }];
        run(&mut v, x[2]) * run(&mut v, x[2])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod methods_with_names_of_others {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    struct Interval {
        lo: f64,
        hi: f64,
    }
    #[differentiable(order = 2)]
    impl Interval {
        fn first(self) -> f64 {
            self.lo
        }
        fn last(self) -> f64 {
            self.hi
        }
        fn min(self) -> f64 {
            self.lo.min(self.hi)
        }
        fn max(self) -> f64 {
            self.lo.max(self.hi)
        }
        fn len(&self) -> f64 {
            self.hi - self.lo
        }
        fn take(self, k: f64) -> f64 {
            k * self.lo
        }
        fn contains(&self, x: f64) -> bool {
            x > self.lo && x < self.hi
        }
        fn map(self, k: f64) -> Interval {
            Interval { lo: self.lo * k, hi: self.hi * k }
        }
        fn sum(&self) -> f64 {
            self.lo + self.hi
        }
        fn insert(&self, v: f64) -> Interval {
            Interval { lo: self.lo.min(v), hi: self.hi.max(v) }
        }
        fn or(self, o: Interval) -> Interval {
            Interval { lo: self.lo * o.lo, hi: o.hi }
        }
    }
    #[differentiable(order = 2)]
    fn make(a: f64, b: f64) -> Interval {
        Interval { lo: a, hi: b }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let p = make(x[0], x[1]);
        let q = Interval { lo: x[1], hi: x[2] };
        let r = p.insert(x[2]);
        let t = p.or(q);
        p.first() * q.last()
            + p.min() * q.max()
            + p.len() * q.len()
            + q.take(x[0])
            + q.map(2.0).sum()
            + r.sum() * p.sum()
            + if q.contains(1.0) { q.first() } else { 0.0 }
            + t.sum()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod insertion_into_a_tree {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    enum Tree {
        Leaf(f64),
        Node(Box<Tree>, f64, Box<Tree>),
    }
    #[differentiable(order = 2)]
    impl Tree {
        fn leaf(x: f64) -> Tree {
            Tree::Leaf(x)
        }
        fn insert(&mut self, k: f64, w: f64) {
            let old = std::mem::replace(self, Tree::Leaf(0.0));
            *self = Tree::Node(Box::new(old), k, Box::new(Tree::Leaf(w)));
        }
        fn total(&self) -> f64 {
            match self {
                Tree::Leaf(x) => *x,
                Tree::Node(l, k, r) => l.total() * k + r.total(),
            }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut t = Tree::leaf(x[0]);
        t.insert(x[1], x[2]);
        t.insert(2.0, x[0]);
        t.total()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod insertion_into_a_search_tree {
    use super::*;
    #[derive(Clone, Debug, Default, Differentiable)]
    struct Bst {
        root: Option<Box<Node>>,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Node {
        #[constant]
        key: i32,
        w: f64,
        left: Bst,
        right: Bst,
    }
    #[differentiable(order = 2)]
    impl Bst {
        fn insert(&mut self, key: i32, w: f64) {
            match &mut self.root {
                None => {
                    self.root = Some(Box::new(Node { key, w, left: Bst { root: None }, right: Bst { root: None } }))
                }
                Some(n) => {
                    if key < n.key {
                        n.left.insert(key, w)
                    } else {
                        n.right.insert(key, w)
                    }
                }
            }
        }
        fn total(&self, d: f64) -> f64 {
            match &self.root {
                None => 0.0,
                Some(n) => n.w * d + n.left.total(d * 2.0) + n.right.total(d * d),
            }
        }
        fn get(&self, key: i32) -> Option<f64> {
            let n = self.root.as_ref()?;
            if n.key == key {
                Some(n.w)
            } else if key < n.key {
                n.left.get(key)
            } else {
                n.right.get(key)
            }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut t = Bst { root: None };
        t.insert(2, x[0]);
        t.insert(1, x[1] * x[0]);
        t.insert(3, x[2]);
        t.total(x[1]) + t.get(1).unwrap_or(0.0) * x[2]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod iterators_that_functions_give {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Fib {
        a: f64,
        b: f64,
        n: usize,
    }
    #[differentiable(order = 2)]
    impl Iterator for Fib {
        type Item = f64;
        fn next(&mut self) -> Option<f64> {
            if self.n == 0 {
                return None;
            }
            self.n -= 1;
            let t = self.a;
            self.a = self.b;
            self.b += t;
            Some(t)
        }
    }
    #[differentiable(order = 2)]
    fn make(x: f64) -> Fib {
        Fib { a: x, b: 1.0, n: 3 }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for v in make(x[0]) {
            s += v * x[1];
        }
        let it = make(x[2]);
        for v in it {
            s += v * v;
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod iterators_as_parameters {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Fib {
        a: f64,
        b: f64,
        n: usize,
    }
    #[differentiable(order = 2)]
    impl Iterator for Fib {
        type Item = f64;
        fn next(&mut self) -> Option<f64> {
            if self.n == 0 {
                return None;
            }
            self.n -= 1;
            let t = self.a;
            self.a = self.b;
            self.b += t;
            Some(t)
        }
    }
    #[differentiable(order = 2)]
    fn total(fib: Fib) -> f64 {
        let mut s = 0.0;
        for v in fib {
            s += v * v;
        }
        s
    }
    #[differentiable(order = 2)]
    fn total2(fib: Fib) -> f64 {
        fib.map(|a| a * a).sum()
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        total(Fib { a: x[0], b: x[1], n: 4 }) + total2(Fib { a: x[0], b: x[1], n: 4 })
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod methods_by_path {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    struct V {
        a: f64,
        b: f64,
    }
    #[differentiable(order = 2)]
    impl V {
        fn width(self) -> f64 {
            self.a * self.b
        }
        fn height(&self) -> f64 {
            self.a + self.b * self.b
        }
        fn new(a: f64, b: f64) -> V {
            V { a, b }
        }
        fn scaled(self, k: f64) -> V {
            V { a: self.a * k, b: self.b }
        }
    }
    #[differentiable(order = 2)]
    fn sq(x: f64) -> f64 {
        x * x
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = vec![V::new(x[0], x[1]), V { a: x[2], b: 1.0 }];
        v.iter().copied().map(V::width).sum::<f64>()
            + v.iter().map(V::height).sum::<f64>()
            + v.clone().into_iter().map(V::width).fold(0.0, |a, b| a + b * b)
            + x.iter().copied().map(sq).sum::<f64>()
            + x.iter().copied().map(f64::sin).sum::<f64>()
            + Some(v[0]).map(V::width).unwrap()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod methods_by_path_of_parameters {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    struct V {
        a: f64,
        b: f64,
    }
    #[differentiable(order = 2)]
    impl V {
        fn width(self) -> f64 {
            self.a * self.b
        }
    }
    #[differentiable(order = 2)]
    fn total(v: &[V]) -> f64 {
        v.iter().copied().map(V::width).sum()
    }
    #[differentiable(order = 2)]
    fn total2(v: Vec<V>) -> f64 {
        v.into_iter().map(V::width).sum()
    }
    #[differentiable(order = 2)]
    fn total3(v: Vec<V>) -> f64 {
        v.iter().cloned().map(V::width).map(f64::sqrt).sum()
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = vec![V { a: x[0], b: x[1] }, V { a: x[2], b: 1.0 }];
        total(&v) + total2(v.clone()) + total3(v)
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
