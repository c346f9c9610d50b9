//! Programs that index by maps, read texts, and have containers of their own with the names of methods of vectors.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;
use std::collections::*;
#[differentiable]
fn heap(xs: &[f64]) -> f64 {
    let mut h = BinaryHeap::new();
    for x in xs {
        h.push((*x * 100.0) as i64);
    }
    let mut s = xs[0];
    while let Some(k) = h.pop() {
        s = s * 0.5 + k as f64;
    }
    s
}
#[differentiable]
fn indexed(xs: &[f64], #[constant] keys: &[String], #[constant] want: &str) -> f64 {
    let index: HashMap<&str, usize> = keys.iter().enumerate().map(|(i, k)| (k.as_str(), i)).collect();
    let picked: String = want.chars().filter(|c| *c != '-').collect();
    let Some(at) = index.get(picked.as_str()).copied() else { return xs[0] };
    let mut order = BTreeMap::new();
    for (i, k) in keys.iter().enumerate() {
        order.insert(k.clone(), i);
    }
    let mut s = xs[at] * xs[at];
    for k in order.keys() {
        s = s * 0.9 + xs[order[k]];
    }
    s
}
#[derive(Clone, Debug, Default, Differentiable)]
pub struct Stack {
    items: Vec<f64>,
    total: f64,
}
#[differentiable]
impl Stack {
    fn push(&mut self, x: f64) {
        self.items.push(x);
        self.total += x;
    }
    fn pop(&mut self) -> Option<f64> {
        let x = self.items.pop()?;
        self.total -= x;
        Some(x)
    }
    fn swap(&mut self) {
        let n = self.items.len();
        self.items.swap(n - 1, n - 2);
    }
}
#[differentiable]
fn fill(s: &mut Stack, x: f64) {
    s.push(x);
    s.push(2.0 * x);
    s.swap();
}
#[differentiable]
fn rpn(x: f64, y: f64, #[constant] program: &str) -> f64 {
    let mut stack = Stack::default();
    fill(&mut stack, y);
    for token in program.split(' ') {
        match token {
            "x" => stack.push(x),
            "+" => {
                let (Some(b), Some(a)) = (stack.pop(), stack.pop()) else { return 0.0 };
                stack.push(a + b);
            }
            "*" => {
                let b = stack.pop().unwrap_or(1.0);
                let a = stack.pop().unwrap_or(1.0);
                stack.push(a * b);
            }
            number => stack.push(number.parse::<f64>().unwrap_or(0.0)),
        }
    }
    stack.pop().unwrap_or(0.0) * stack.total
}
#[test]
fn checks() {
    heap::check(&[0.301, 0.722]).unwrap();
    indexed::check(&[0.3, 0.7, 0.5], &["a".into(), "b".into(), "ab".into()], "a-b").unwrap();
    rpn::check(0.7, 1.3, "x 2 * x x * +").unwrap();
}

mod iterators_advanced_in_several_loops {
    use super::*;
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut it = x.iter().copied();
        let first = it.next().unwrap();
        let mut s = first;
        for v in it.by_ref().take(1) {
            s *= v + 0.5;
        }
        for v in it {
            s += v.sin() * first;
        }
        let mut idx = 0..x.len();
        let mut p = 1.0;
        while let Some(i) = idx.next() {
            p *= x[i];
            if i == 1 {
                break;
            }
        }
        for i in idx {
            p += x[i] * 2.0;
        }
        s + p
    }
    agrees!(f, [0.45, 1.2, -0.3]);
}

mod runs_of_a_sequence {
    use super::*;
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let v: Vec<f64> = (0..9).map(|i| x[i % 3] * (i as f64 + 1.0)).collect();
        let a: f64 = v.iter().skip_while(|t| **t < 1.0).step_by(2).sum();
        let b = v.rchunks(4).map(|c| c.iter().sum::<f64>()).fold(0.0, |s, c| s * 0.5 + c * c);
        let c: Vec<f64> = v.iter().rev().skip(2).take(4).copied().collect();
        let d = v.iter().zip(v.iter().rev()).take(3).map(|(p, q)| p * q).sum::<f64>();
        let e = 0.0;
        a + b + c.first().unwrap() * c.last().unwrap() + d + e
    }
    agrees!(f, [0.45, 1.2, -0.3]);
}

mod retain_drain_and_dedup {
    use super::*;
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut v: Vec<f64> = (0..8).map(|i| x[i % 3] + (i / 3) as f64 * x[0]).collect();
        v.retain(|a| *a < 1.5);
        let head: Vec<f64> = v.drain(..2).collect();
        v.insert(1, head[0] * head[1]);
        v.dedup();
        v.extend(head.iter().map(|h| h * 0.5));
        v.extend_from_slice(&[x[2], x[1]]);
        let tail = v.split_off(3);
        v.append(&mut tail.iter().rev().map(|t| t * t).collect());
        v.resize(7, x[1]);
        v.sort_by(|a, b| b.total_cmp(a));
        v.truncate(5);
        v.iter().enumerate().map(|(i, a)| a * (i as f64 + 0.5)).sum::<f64>() + v.len() as f64
    }
    agrees!(f, [0.4, 0.8, 0.3]);
}

mod delay_line_in_a_queue {
    use super::*;
    use std::collections::VecDeque;
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut line: VecDeque<f64> = VecDeque::with_capacity(4);
        for _ in 0..3 {
            line.push_back(x[2]);
        }
        let mut y = x[0];
        let mut acc = 0.0;
        for n in 0..7 {
            let delayed = line.pop_front().unwrap();
            y = 0.8 * y + x[1] * delayed + if n == 0 { 1.0 } else { 0.0 };
            line.push_back(y);
            acc += line.iter().enumerate().map(|(i, v)| v / (i + 1) as f64).sum::<f64>();
            if line.front().is_some_and(|v| *v > 2.0) {
                line.rotate_left(1);
            }
        }
        acc + line[1] * line.back().copied().unwrap_or(0.0)
    }
    agrees!(f, [0.45, 0.9, 0.3]);
}

mod tree_of_boxed_pairs {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    enum Tree {
        Leaf { mass: f64, pos: f64 },
        Node(Box<[Tree; 2]>),
        Empty,
    }
    #[differentiable]
    fn mass(t: &Tree) -> f64 {
        match t {
            Tree::Empty => 0.0,
            Tree::Leaf { mass, .. } => *mass,
            Tree::Node(kids) => kids.iter().map(|k| mass(k)).sum(),
        }
    }
    #[differentiable]
    fn insert(t: Tree, m: f64, p: f64, lo: f64, hi: f64) -> Tree {
        let mid = 0.5 * (lo + hi);
        match t {
            Tree::Empty => Tree::Leaf { mass: m, pos: p },
            Tree::Leaf { mass, pos } => {
                let split = Tree::Node(Box::new([Tree::Empty, Tree::Empty]));
                let one = insert(split, mass, pos, lo, hi);
                insert(one, m, p, lo, hi)
            }
            Tree::Node(kids) => {
                let [l, r] = *kids;
                if p < mid {
                    Tree::Node(Box::new([insert(l, m, p, lo, mid), r]))
                } else {
                    Tree::Node(Box::new([l, insert(r, m, p, mid, hi)]))
                }
            }
        }
    }
    #[differentiable]
    fn force(t: &Tree, at: f64) -> f64 {
        match t {
            Tree::Empty => 0.0,
            Tree::Leaf { mass, pos } => {
                let d = pos - at;
                if d.abs() < 1e-9 { 0.0 } else { mass * d / (d * d + 0.01).powf(1.5) }
            }
            Tree::Node(kids) => {
                let [a, b] = &**kids;
                force(a, at) + force(b, at)
            }
        }
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut t = Tree::Empty;
        for (i, p) in x.iter().enumerate() {
            t = insert(t, 1.0 + 0.5 * i as f64 * x[0], *p, -2.0, 2.0);
        }
        force(&t, 0.1) * mass(&t)
    }
    agrees!(f, [0.4, 0.8, 1.3]);
}

mod combinators_of_options {
    use super::*;
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let a = Some(x[0]).filter(|v| *v > 0.0);
        let b = a.zip(x.get(1).copied()).map(|(p, q)| p * q);
        let c = b.and_then(|v| if v > 10.0 { None } else { Some(v + 1.0) });
        let d = c.or(Some(0.1)).xor(None);
        let mut e: Option<f64> = None;
        let r = e.get_or_insert_with(|| x[2] * 2.0);
        *r += x[0];
        let old = e.insert(x[1] * x[1]).sin();
        let g = e.take().ok_or("none").map(|v| v * old);
        let nested: Option<Option<f64>> = Some(d);
        let flat = nested.flatten();
        let h: Result<f64, String> = flat.ok_or_else(|| "x".to_string());
        let k = h.as_ref().map(|v| v * 3.0).unwrap_or(0.0);
        let m = h.and_then(|v| if v > 0.0 { Ok(v.ln()) } else { Err("neg".into()) }).ok();
        let s = e.is_none() as u8 as f64;
        k + m.unwrap_or_default() + g.unwrap_or(0.0) + s * x[0] + flat.map_or_else(|| 0.0, |v| v * v)
    }
    agrees!(f, [0.4, 0.8, 1.3]);
}

mod pairs_by_flat_map {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let n = x.len();
        let e: f64 =
            (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).map(|(i, j)| (x[i] - x[j]).powi(2).ln_1p()).sum();
        let m: Vec<Vec<f64>> = x.iter().map(|a| x.iter().map(|b| a * b).collect()).collect();
        let tr: f64 = m.iter().enumerate().map(|(i, r)| r[i]).sum();
        let fl: Vec<f64> = m.into_iter().flatten().filter(|v| *v > -0.2).collect();
        e + tr + fl.chunks_exact(2).map(|c| c[0] * c[1]).sum::<f64>() + fl.chunks(2).last().map_or(0.0, |c| c[0])
    }
    checked!(f, [0.45, 1.2, -0.3]);
}

mod views_with_update_syntax {
    use super::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct View<'a> {
        data: &'a [f64],
        scale: f64,
        #[constant]
        stride: usize,
    }
    #[differentiable]
    impl<'a> View<'a> {
        fn at(&self, i: usize) -> f64 {
            self.data[i * self.stride] * self.scale
        }
        fn count(&self) -> usize {
            (self.data.len() + self.stride - 1) / self.stride
        }
        fn sum(&self) -> f64 {
            (0..self.count()).map(|i| self.at(i)).sum()
        }
    }
    #[differentiable]
    fn dot(a: &View<'_>, b: &View<'_>) -> f64 {
        let mut s = 0.0;
        for i in 0..a.count().min(b.count()) {
            s += a.at(i) * b.at(i);
        }
        s
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let y: Vec<f64> = x.iter().flat_map(|v| [*v, v * v]).collect();
        let even = View { data: &y, scale: x[0], stride: 2 };
        let odd = View { data: &y[1..], stride: 2, ..even };
        dot(&even, &odd) + even.sum() * odd.sum()
    }
    agrees!(f, [0.4, 0.8, 1.3]);
}

mod rates_of_a_curve_that_may_be_missing {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Curve {
        times: Vec<f64>,
        rates: Vec<f64>,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Differentiable)]
    enum Extrapolate {
        Flat,
        Never,
    }
    #[differentiable(order = 2)]
    impl Curve {
        fn bracket(&self, t: f64) -> Option<usize> {
            self.times.windows(2).position(|w| w[0] <= t && t < w[1])
        }
        fn rate(&self, t: f64, how: Extrapolate) -> Option<f64> {
            if t < *self.times.first()? {
                return match how {
                    Extrapolate::Flat => self.rates.first().copied(),
                    Extrapolate::Never => None,
                };
            }
            let i = match self.bracket(t) {
                Some(i) => i,
                None if how == Extrapolate::Flat => return self.rates.last().copied(),
                None => return None,
            };
            let w = (t - self.times[i]) / (self.times[i + 1] - self.times[i]);
            Some((1.0 - w) * self.rates.get(i)? + w * self.rates.get(i + 1)?)
        }
        fn discount(&self, t: f64) -> Option<f64> {
            Some((-self.rate(t, Extrapolate::Flat)? * t).exp())
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let curve = Curve { times: vec![0.5, x[0], 4.0], rates: x[1..4].to_vec() };
        let legs: Option<f64> = [0.25, 1.0, 3.0, 9.0].iter().map(|&t| curve.discount(t)).sum();
        let never = curve.rate(10.0, Extrapolate::Never).is_none();
        let penalty = if never { x[3] } else { 0.0 };
        legs.unwrap() * 0.05 + penalty
    }
    checked!(f, [2.0, 0.02, 0.03, 0.025]);
}
// ---------- labelled loops ----------

mod lists_whose_methods_call_themselves {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Chain {
        key: f64,
        rest: Option<Box<Chain>>,
        spare: Option<Vec<f64>>,
    }
    #[differentiable(order = 2)]
    impl Chain {
        fn push(&mut self, key: f64) {
            if let Some(spare) = &mut self.spare {
                spare.push(key * self.key);
            }
            match self.rest.as_mut() {
                Some(rest) => rest.push(key + 0.5),
                None => self.rest = Some(Box::new(Chain { key: key * self.key, rest: None, spare: Some(Vec::new()) })),
            }
        }
        fn insert(&mut self, at: usize, key: f64) {
            match &mut self.rest {
                Some(rest) if at > 0 => rest.insert(at - 1, key),
                _ => self.key *= key,
            }
        }
        fn pop(&mut self) -> f64 {
            match self.rest.as_deref_mut() {
                Some(rest) => rest.pop() * self.key,
                None => self.key,
            }
        }
        fn total(&self) -> f64 {
            let spare = if let Some(v) = &self.spare { v.iter().map(|a| a * a).sum::<f64>() } else { 0.0 };
            self.key + spare + self.rest.as_ref().map_or(0.0, |rest| rest.total() * self.key)
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut chain = Chain { key: x[0], rest: None, spare: None };
        for v in x {
            chain.push(*v);
        }
        chain.insert(1, x[1]);
        chain.insert(9, x[2]);
        chain.total() * chain.pop()
    }
    checked!(f, [0.5, 1.2, 0.8]);
}

/// Values that flow along the edges of a graph, in topological order.
mod values_in_topological_order {
    use differentiable::prelude::*;
    use std::collections::VecDeque;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let edges = [(0usize, 1usize), (0, 2), (1, 3), (2, 3), (3, 4)];
        let mut indeg = [0; 5];
        let mut adj: Vec<Vec<usize>> = vec![Vec::new(); 5];
        for &(a, b) in &edges {
            adj[a].push(b);
            indeg[b] += 1;
        }
        let mut queue: VecDeque<usize> = (0..5).filter(|i| indeg[*i] == 0).collect();
        let mut val = [0.0; 5];
        val[0] = v[0];
        let mut order = Vec::new();
        while let Some(u) = queue.pop_front() {
            order.push(u);
            val[u] = (val[u] * v[u % 3]).tanh() + v[2];
            for &w in adj[u].iter() {
                val[w] += val[u] * v[1];
                indeg[w] -= 1;
                if indeg[w] == 0 {
                    queue.push_back(w);
                }
            }
        }
        order.iter().rev().enumerate().map(|(i, u)| val[*u] * (i + 1) as f64).sum()
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

/// The tree that spans points on a line, by a union-find of the user's own.
mod shortest_spanning_tree {
    use differentiable::prelude::*;
    #[derive(Clone, Debug)]
    struct Uf {
        parent: Vec<usize>,
        size: Vec<usize>,
    }
    impl Uf {
        fn new(n: usize) -> Self {
            Uf { parent: (0..n).collect(), size: vec![1; n] }
        }
        fn find(&mut self, i: usize) -> usize {
            if self.parent[i] != i {
                let r = self.find(self.parent[i]);
                self.parent[i] = r;
            }
            self.parent[i]
        }
        fn join(&mut self, a: usize, b: usize) -> bool {
            let (a, b) = (self.find(a), self.find(b));
            if a == b {
                return false;
            }
            self.parent[a] = b;
            self.size[b] += self.size[a];
            true
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut edges: Vec<(usize, usize)> = Vec::new();
        for i in 0..v.len() {
            for j in 0..i {
                edges.push((i, j));
            }
        }
        edges.sort_by(|a, b| {
            let d = |e: &(usize, usize)| (v[e.0] - v[e.1]).abs();
            d(a).partial_cmp(&d(b)).unwrap()
        });
        let mut uf = Uf::new(v.len());
        let mut total = 0.0;
        for (a, b) in edges {
            if uf.join(a, b) {
                total += (v[a] - v[b]).powi(2) * v[0];
            }
        }
        total
    }
    checked!(f, [0.7, 1.35, 0.4, -0.2]);
}

/// Hypotheses that branch, are sorted and cut.
mod beam_search {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Hyp {
        score: f64,
        path: Vec<usize>,
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut beam = vec![Hyp { score: 0.0, path: vec![] }];
        for t in 0..3 {
            let mut next: Vec<Hyp> = Vec::new();
            for h in &beam {
                for s in 0..v.len() {
                    let bonus = if h.path.last() == Some(&s) { -0.5 } else { 0.1 * t as f64 };
                    let mut path = h.path.clone();
                    path.push(s);
                    next.push(Hyp { score: h.score * 0.9 + v[s] * v[(s + t) % v.len()] + bonus, path });
                }
            }
            next.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap());
            next.truncate(2);
            beam = next;
        }
        beam.iter().map(|h| h.score * h.score * h.path.len() as f64).sum()
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

/// Numbers in bins, and indices in groups that a map holds.
mod histogram_and_groups {
    use differentiable::prelude::*;
    use std::collections::HashMap;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut bins = [0.0; 4];
        let mut counts = [0usize; 4];
        for x in v {
            let k = ((x + 1.0) * 1.3) as usize;
            let k = k.min(bins.len() - 1);
            bins[k] += x * x;
            counts[k] += 1;
        }
        let mut groups: HashMap<bool, Vec<usize>> = HashMap::new();
        for (i, x) in v.iter().enumerate() {
            groups.entry(*x > 0.5).or_default().push(i);
        }
        let mean: Vec<f64> = bins.iter().zip(&counts).map(|(b, c)| if *c == 0 { 0.0 } else { b / *c as f64 }).collect();
        let high: f64 = groups.get(&true).map_or(0.0, |ix| ix.iter().map(|i| v[*i]).product());
        mean.iter().map(|m| m * m).sum::<f64>() + high * mean[counts.iter().position(|c| *c > 1).unwrap_or(0)]
    }
    checked!(f, [0.7, 1.3, 0.4, -0.2, 0.9]);
}

/// Shortest paths in a graph whose edges are a struct's.
mod shortest_paths {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Edge {
        #[constant]
        to: usize,
        cost: f64,
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Graph {
        nodes: Vec<Vec<Edge>>,
    }
    #[differentiable(order = 2)]
    impl Graph {
        fn connect(&mut self, a: usize, b: usize, cost: f64) {
            self.nodes[a].push(Edge { to: b, cost });
            self.nodes[b].push(Edge { to: a, cost });
        }
        fn shortest(&self, from: usize) -> Vec<f64> {
            let n = self.nodes.len();
            let mut dist = vec![f64::INFINITY; n];
            let mut done = vec![false; n];
            dist[from] = 0.0;
            for _ in 0..n {
                let mut u = usize::MAX;
                for i in 0..n {
                    if !done[i] && (u == usize::MAX || dist[i] < dist[u]) {
                        u = i;
                    }
                }
                if dist[u].is_infinite() {
                    break;
                }
                done[u] = true;
                for e in &self.nodes[u] {
                    let alt = dist[u] + e.cost;
                    if alt < dist[e.to] {
                        dist[e.to] = alt;
                    }
                }
            }
            dist
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut g = Graph { nodes: vec![Vec::new(); 5] };
        g.connect(0, 1, v[0] * v[0]);
        g.connect(1, 2, v[1]);
        g.connect(0, 2, v[0] + v[2]);
        g.connect(2, 3, v[2] * v[1]);
        g.connect(1, 3, 2.0);
        g.shortest(0).iter().filter(|d| d.is_finite()).map(|d| d * d).sum()
    }
    checked!(f, [0.7, 1.3, 0.4]);
}
