//! What declarations in the same file tell of types: methods and iterators of the user's own, variants, constants.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;

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

mod constants_that_are_references {
    use super::*;
    const XS: [f64; 4] = [0.0, 0.5, 1.0, 2.0];
    static YS: &[f64] = &[1.0, 2.0, 4.0, 3.0];
    #[differentiable(order = 2)]
    fn interp(x: f64) -> f64 {
        let i = XS.partition_point(|&a| a <= x).clamp(1, XS.len() - 1);
        let (x0, x1) = (XS[i - 1], XS[i]);
        let t = (x - x0) / (x1 - x0);
        YS[i - 1] * (1.0 - t) + YS[i] * t
    }
    #[differentiable(order = 2)]
    fn interp2(x: f64, xs: &[f64], ys: &[f64]) -> f64 {
        match xs.binary_search_by(|p| p.partial_cmp(&x).unwrap()) {
            Ok(i) => ys[i],
            Err(0) => ys[0],
            Err(i) if i >= xs.len() => ys[ys.len() - 1],
            Err(i) => {
                let t = (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
                ys[i - 1] + t * (ys[i] - ys[i - 1])
            }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        interp(x[0]) * interp(x[2])
            + interp2(x[1], &XS, YS) * x[0]
            + interp2(0.6, &[0.0, x[0], x[1], x[2]], &[x[0], x[1], x[2], x[0]])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod methods_that_give_numbers_without_derivative {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Node {
        v: f64,
        kids: Vec<Box<Node>>,
        opt: Option<Box<Node>>,
    }
    #[differentiable(order = 2)]
    impl Node {
        fn leaf(v: f64) -> Node {
            Node { v, kids: vec![], opt: None }
        }
        fn total(&self) -> f64 {
            let mut s = self.v;
            for k in &self.kids {
                s += k.total() * self.v;
            }
            if let Some(o) = &self.opt {
                s *= o.total();
            }
            s + self.kids.iter().map(|k| k.v).sum::<f64>()
        }
        #[differentiable(skip)]
        fn depth(&self) -> usize {
            1 + self.kids.iter().map(|k| k.depth()).max().unwrap_or(0)
        }
        fn add(&mut self, v: f64) {
            self.kids.push(Box::new(Node::leaf(v)));
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut n = Node::leaf(x[0]);
        n.add(x[1]);
        n.add(x[2] * x[0]);
        n.opt = Some(Box::new(Node::leaf(x[2])));
        n.kids[0].add(x[0]);
        n.total() * n.depth() as f64 + n.kids.last().unwrap().v
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod constants_with_types {
    use super::*;
    const STEP: f64 = 0.25;
    static WEIGHTS: [f64; 3] = [0.5, 1.5, -0.75];
    mod units {
        pub(super) const SCALE: f32 = 2.0;
    }
    use units::SCALE;
    #[derive(Clone, Copy, Differentiable)]
    struct Gain {
        k: f64,
    }
    impl Gain {
        const UNIT: Gain = Gain { k: 1.5 };
        const OFFSET: f64 = 0.25;
    }
    #[differentiable(order = 2)]
    impl Gain {
        fn apply(&self, x: f64) -> f64 {
            self.k * x * x + Self::OFFSET * x
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut y = 0.0;
        for i in 0..x.len() {
            y += STEP * WEIGHTS[i] * x[i] * x[i] + Gain::UNIT.apply(x[i]) * Gain::OFFSET;
        }
        y * f64::from(SCALE)
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// What adds field by field hands its cotangent on, and only that.
mod sums_of_structs {
    use super::*;
    use std::ops::{Add, Mul, Sub};
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct V {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl Add for V {
        type Output = V;
        fn add(self, o: V) -> V {
            V { x: self.x + o.x, y: self.y + o.y }
        }
    }
    #[differentiable(order = 2)]
    impl Sub for V {
        type Output = Self;
        fn sub(self, o: Self) -> Self {
            Self { y: self.y - o.y, x: self.x - o.x }
        }
    }
    #[differentiable(order = 2)]
    impl Mul<f64> for V {
        type Output = V;
        fn mul(self, k: f64) -> V {
            V { x: self.x * k, y: self.y * k }
        }
    }
    /// Fields that are such structs themselves, in a tuple struct.
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Pair(V, f64);
    #[differentiable(order = 2)]
    impl Add for Pair {
        type Output = Pair;
        fn add(self, o: Pair) -> Pair {
            Pair(self.0 + o.0, self.1 + o.1)
        }
    }
    #[differentiable(order = 2)]
    impl Sub for Pair {
        type Output = Pair;
        fn sub(self, o: Pair) -> Pair {
            Pair(self.0 - o.0, self.1 - o.1)
        }
    }
    #[differentiable(order = 2)]
    impl V {
        fn dot(self, o: V) -> f64 {
            self.x * o.x + self.y * o.y
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut acc = V { x: x[0], y: x[1] };
        let step = V { x: x[1], y: x[2] };
        let mut kept = vec![acc; 3];
        for i in 0..3 {
            // One operand twice, one that is overwritten, one in a vector, one that is a constant.
            let both = acc + acc;
            acc = acc - step * 0.5 + both * x[2];
            kept[i] = kept[i] - acc;
            acc = acc + V { x: 0.25, y: -1.0 };
        }
        let pair = Pair(acc, x[0]) - Pair(kept[2], x[2] * x[2]) + Pair(kept[0], acc.dot(step));
        pair.0.dot(pair.0) * 0.01 + pair.1 * pair.1
    }
    checked!(f, [0.4, 0.7, 1.2]);

    #[test]
    fn nothing_is_asked_of_their_operands() {
        let text = f::source();
        assert!(!text.contains("Add::adjoint") && !text.contains("Sub::adjoint"), "{text}");
    }
}

/// Operators of the same names that do something else.
mod operators_that_are_no_sums {
    use super::*;
    use std::ops::{Add, Sub};
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Crossed {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl Add for Crossed {
        type Output = Crossed;
        fn add(self, o: Crossed) -> Crossed {
            Crossed { x: self.x + o.y, y: self.y + o.x }
        }
    }
    #[differentiable(order = 2)]
    impl Sub for Crossed {
        type Output = Crossed;
        fn sub(self, o: Crossed) -> Crossed {
            Crossed { x: o.x - self.x, y: self.y - o.y }
        }
    }
    /// It adds what does not add field by field.
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Outer {
        a: Crossed,
    }
    #[differentiable(order = 2)]
    impl Add for Outer {
        type Output = Outer;
        fn add(self, o: Outer) -> Outer {
            Outer { a: self.a + o.a }
        }
    }
    /// Of two types, and with a scale.
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Point {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl Add<Crossed> for Point {
        type Output = Point;
        fn add(self, o: Crossed) -> Point {
            Point { x: self.x + o.x, y: self.y + o.y }
        }
    }
    #[differentiable(order = 2)]
    impl Add for Point {
        type Output = Point;
        fn add(self, o: Point) -> Point {
            Point { x: self.x + 2.0 * o.x, y: self.y * o.y }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let a = Crossed { x: x[0], y: x[1] };
        let b = Crossed { x: x[2], y: x[0] * x[1] };
        let c = (a + b) - a;
        let outer = Outer { a: c } + Outer { a: b };
        let p = Point { x: x[1], y: x[2] } + c + Point { x: x[0], y: x[2] };
        outer.a.x * outer.a.y + p.x * p.y
    }
    checked!(f, [0.4, 0.7, 1.2]);

    /// What generated code has the compiler check.
    #[test]
    fn the_attribute_tells_which_add_by_fields() {
        use differentiable::operators;
        assert!(<Outer as operators::Add<Outer>>::SUM, "by fields, whatever these do");
        assert!(<Point as operators::Add<Crossed>>::SUM);
        assert!(!<Crossed as operators::Add<Crossed>>::SUM && !<Crossed as operators::Sub<Crossed>>::SUM);
        assert!(!<Point as operators::Add<Point>>::SUM);
    }
}

mod sums_of_structs_in_place {
    use super::*;
    use std::ops::{AddAssign, Mul, SubAssign};
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct V {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl AddAssign for V {
        fn add_assign(&mut self, o: V) {
            self.x += o.x;
            self.y += o.y;
        }
    }
    #[differentiable(order = 2)]
    impl SubAssign for V {
        fn sub_assign(&mut self, o: V) {
            self.y -= o.y;
            self.x -= o.x;
        }
    }
    #[differentiable(order = 2)]
    impl Mul<f64> for V {
        type Output = V;
        fn mul(self, k: f64) -> V {
            V { x: self.x * k, y: self.y * k }
        }
    }
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Body {
        at: V,
        speed: V,
    }
    #[differentiable(order = 2)]
    impl Body {
        fn advance(&mut self, pull: V, h: f64) {
            self.speed -= pull * h;
            self.at += self.speed * h;
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut bodies = vec![Body { at: V { x: x[0], y: x[1] }, speed: V { x: x[2], y: 1.0 } }; 2];
        let mut total = V { x: 0.0, y: 0.5 };
        for i in 0..4 {
            let pull = bodies[(i + 1) % 2].at * x[1];
            bodies[i % 2].advance(pull, 0.25 * x[0]);
            total += bodies[0].at;
            // An operand that is overwritten, and one of the same vector.
            let other = bodies[1].speed;
            bodies[0].speed += other;
            bodies[1].speed = bodies[0].at * total.y;
            bodies[0].at -= V { x: x[2], y: total.x * x[0] };
        }
        total.x * total.y + bodies[1].speed.x * x[2] + bodies[0].at.y
    }
    checked!(f, [0.4, 0.7, 1.2]);

    #[test]
    fn nothing_is_asked_of_their_operands() {
        let text = Body::advance_source();
        assert!(!text.contains("AddAssign::adjoint") && !text.contains("SubAssign::adjoint"), "{text}");
    }
}

/// Some fields, one field twice, and the fields of the other in another order.
mod assignments_that_are_no_sums {
    use super::*;
    use std::ops::{AddAssign, SubAssign};
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Half {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl AddAssign for Half {
        fn add_assign(&mut self, o: Half) {
            self.x += o.x;
        }
    }
    #[differentiable(order = 2)]
    impl SubAssign for Half {
        fn sub_assign(&mut self, o: Half) {
            self.x -= o.y;
            self.y -= o.x;
        }
    }
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Twice {
        x: f64,
    }
    #[differentiable(order = 2)]
    impl AddAssign for Twice {
        fn add_assign(&mut self, o: Twice) {
            self.x += o.x;
            self.x += o.x;
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut a = Half { x: x[0], y: x[1] };
        let b = Half { x: x[2] * x[0], y: x[1] * x[2] };
        a += b;
        a -= b;
        a += b;
        let mut t = Twice { x: a.x * a.y };
        let u = Twice { x: x[2] };
        t += u;
        t.x * t.x + a.x * a.y
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// `reduce`, halves of a vector, repeated values and early ends of functions.
mod sums_of_structs_in_idioms {
    use super::*;
    use std::ops::{Add, AddAssign, Sub};
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct V {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl Add for V {
        type Output = V;
        fn add(self, o: V) -> V {
            V { x: self.x + o.x, y: self.y + o.y }
        }
    }
    #[differentiable(order = 2)]
    impl Sub for V {
        type Output = V;
        fn sub(self, o: V) -> V {
            V { x: self.x - o.x, y: self.y - o.y }
        }
    }
    #[differentiable(order = 2)]
    impl AddAssign for V {
        fn add_assign(&mut self, o: V) {
            self.x += o.x;
            self.y += o.y;
        }
    }
    #[differentiable(order = 2)]
    impl V {
        fn product(self) -> f64 {
            self.x * self.x * self.y + self.y.sin()
        }
    }
    mod reduced {
        use super::*;
        #[differentiable(order = 2)]
        fn bent(a: V, b: V) -> V {
            V { x: a.x * b.y, y: a.y + b.x }
        }
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let points = vec![V { x: x[0], y: x[1] }, V { x: x[2], y: x[0] }, V { x: x[1], y: 1.0 }];
            let a = points.iter().copied().reduce(|a, b| a - b).unwrap();
            let b = points.iter().zip(&points).map(|(p, q)| *p + *q).reduce(|a, b| b - a).unwrap();
            let c = points.iter().copied().reduce(|a, b| bent(a, b)).unwrap();
            a.product() + b.product() + c.product()
        }
        checked!(f, [0.4, 0.7, 1.2]);
    }
    mod halves {
        use super::*;
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let mut points = vec![V { x: x[0], y: x[1] }, V { x: x[2], y: x[0] }, V { x: x[1], y: 1.0 }];
            for i in 1..points.len() {
                let (left, right) = points.split_at_mut(i);
                right[0] += left[i - 1];
                left[0] = left[0] - right[0];
            }
            points[0].product() + points[2].product()
        }
        checked!(f, [0.4, 0.7, 1.2]);
    }
    mod repeated {
        use super::*;
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let p = V { x: x[2], y: x[1] };
            let mut row = [V { x: x[0], y: x[1] }; 2];
            let mut rows = [[p; 2]; 3];
            let pairs = [(p, x[0]); 2];
            let zeros = [[V { x: 0.0, y: 0.5 }; 2]; 2];
            for i in 0..2 {
                row[i] = row[i] + rows[i][1 - i];
                rows[i + 1] = [row[i] - pairs[i].0; 2];
                row[1 - i] += zeros[i][1];
            }
            row[0].product() + rows[2][1].product() * pairs[1].1
        }
        checked!(f, [0.4, 0.7, 1.2]);
    }
    mod ended_early {
        use super::*;
        #[differentiable(order = 2)]
        fn sum(a: V, n: usize) -> Result<V, String> {
            if n > 5 {
                return Err("too deep".into());
            }
            let q = if n == 0 { a } else { sum(a + a, n - 1)? };
            Ok(q - a + V { x: 1.0, y: 0.5 })
        }
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let a = V { x: x[0], y: x[1] };
            (sum(a, 2).unwrap() - V { x: x[2], y: x[0] }).product()
        }
        checked!(f, [0.4, 0.7, 1.2]);
    }
}

/// Operators without derivatives, of values that have none.
mod sums_of_constants {
    use super::*;
    use std::ops::{Add, AddAssign};
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct V {
        x: f64,
        y: f64,
    }
    impl Add for V {
        type Output = V;
        fn add(self, o: V) -> V {
            V { x: self.x + o.x, y: self.y + o.y }
        }
    }
    impl AddAssign for V {
        fn add_assign(&mut self, o: V) {
            self.x += o.x;
            self.y += o.y;
        }
    }
    const UNIT: V = V { x: 1.0, y: 2.0 };
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut scale = UNIT + UNIT;
        for _ in 0..2 {
            scale = scale + UNIT;
            scale += UNIT;
        }
        let v = V { x: x[0] * scale.x, y: x[1] * scale.y };
        v.x * v.y * x[2]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// Types that are called by an alias.
mod aliases_of_types {
    use super::*;
    type Row = Vec<f64>;
    type Mat = Vec<Row>;
    type V3 = [f64; 3];
    type Pair = (f64, V3);
    type Maybe = Option<f64>;
    type Fallible = Result<V3, String>;
    type Idx = usize;
    type C = Complex<f64>;
    type Grid<const N: usize> = [[f64; N]; N];
    type Gen<T> = Vec<Vec<T>>;
    #[derive(Clone, Debug, Differentiable)]
    struct S {
        m: Mat,
        v: V3,
        g: Grid<2>,
        o: Maybe,
        p: Pair,
        z: C,
    }
    #[differentiable]
    fn norm(v: &V3) -> f64 {
        v.iter().map(|a| a * a).sum::<f64>().sqrt()
    }
    #[differentiable]
    fn scale(v: V3, k: f64) -> V3 {
        v.map(|a| a * k)
    }
    #[differentiable]
    fn mm(a: &Mat, b: &Mat) -> Mat {
        let k = b[0].len();
        a.iter().map(|r| (0..k).map(|j| r.iter().zip(b).map(|(x, c)| x * c[j]).sum()).collect()).collect()
    }
    #[differentiable]
    fn addrow(r: &mut Row, s: &Row, k: f64) {
        for (a, b) in r.iter_mut().zip(s) {
            *a += k * b;
        }
        r.push(k);
    }
    #[differentiable]
    fn maybe(x: f64) -> Maybe {
        if x > 0.0 { Some(x.ln()) } else { None }
    }
    #[differentiable]
    fn fallible(x: f64) -> Fallible {
        if x > -5.0 { Ok([x, x * x, 1.0]) } else { Err("no".into()) }
    }
    #[differentiable]
    fn rot(z: C, k: f64) -> C {
        let w: C = Complex::new(k.cos(), k.sin());
        z * w
    }
    #[differentiable]
    fn trace<const N: usize>(g: &Grid<N>) -> f64 {
        (0..N).map(|i| g[i][i]).sum::<f64>() + g.iter().flatten().sum::<f64>()
    }
    #[differentiable]
    fn gen_sum<T: Real>(g: &Gen<T>) -> T {
        g.iter().flatten().fold(T::zero(), |s, a| s + *a * *a)
    }
    #[differentiable]
    fn whole(s: &S, #[constant] i: Idx) -> f64 {
        let mut r = s.m[0].clone();
        addrow(&mut r, &s.m[1], s.v[i]);
        let m = mm(&s.m, &s.m);
        let q = s.o.map(|o| o * s.p.0).unwrap_or(1.0);
        let (a, [b, ..]) = s.p;
        let f = fallible(a).map(|v| norm(&v)).unwrap_or(0.0);
        let k = maybe(b).into_iter().chain(maybe(-1.0)).map(|v| v * 2.0).sum::<f64>();
        r.iter().sum::<f64>()
            + m.iter().map(|r| r.iter().product::<f64>()).sum::<f64>()
            + q
            + norm(&scale(s.v, a)) * b
            + f
            + k
            + rot(s.z, a).re
            + trace(&s.g) * gen_sum(&s.m)
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let m: Mat = vec![vec![x[0], x[1]], vec![x[2], 1.0]];
        let s = S {
            m,
            v: [x[0], 0.5, (0.5 * x[0])],
            g: [[x[0], 1.0], [x[1], x[2]]],
            o: Some(x[1]),
            p: (x[2], [(0.5 * x[0]), x[0], 0.1]),
            z: C::new(x[0], x[1]),
        };
        whole(&s, 2)
    }
    agrees!(f, [0.7, 1.3, 0.4]);
}

/// Options and results that functions give, with methods whose names are common.
mod options_that_functions_give {
    use super::*;
    #[differentiable]
    fn opt(x: f64) -> Option<f64> {
        (x > 0.0).then(|| x.sqrt())
    }
    #[differentiable]
    fn optv(x: &[f64]) -> Option<Vec<f64>> {
        x.iter().map(|v| opt(*v)).collect()
    }
    #[differentiable]
    fn res(x: f64) -> Result<(f64, f64), String> {
        if x < 2.0 { Ok((x, x * x)) } else { Err(format!("{x}")) }
    }
    #[differentiable]
    fn nested(x: f64) -> Option<Option<f64>> {
        opt(x).map(|v| if v > 0.5 { Some(v) } else { None })
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let a = opt(x[0]).filter(|v| *v > 0.1).unwrap_or(0.0);
        let b = opt(x[1]).zip(opt(x[2])).map_or(0.0, |(p, q)| p * q);
        let c = opt(x[0]).and(opt(x[1])).xor(None).unwrap_or_default();
        let d: f64 = opt(x[2]).iter().chain(opt(x[0]).iter()).map(|v| v * v * v).sum();
        let e = nested(x[0]).flatten().into_iter().sum::<f64>();
        let g: f64 = optv(x).into_iter().flatten().zip(x).map(|(s, v)| s * v).sum();
        let h = match res(x[0]) {
            Ok((p, q)) if p > 0.0 => p * q,
            Ok(_) => 1.0,
            Err(s) => s.len() as f64,
        };
        let j = res(x[2]).ok().into_iter().map(|(p, q)| p + q).sum::<f64>();
        let k = x.first().filter(|l| **l > 0.0).map(|l| l * 2.0).unwrap_or(0.0);
        let l = x
            .get(1)
            .filter(|&&l| {
                let m = l * 2.0;
                m > 100.0
            })
            .copied()
            .unwrap_or(x[2]);
        let m = x.iter().max_by(|a, b| a.total_cmp(b)).filter(|m| **m < 10.0).map_or(0.0, |m| m * m);
        let mut o = opt(x[0]);
        while let Some(v) = o {
            o = opt(v - 0.5).filter(|v| *v > 0.2);
        }
        let n = optv(&x[1..]).as_deref().map_or(0.0, |v| v[0] * v[1]);
        let q = optv(x).is_some_and(|v| v.len() == 3) as u8 as f64;
        a + b + c + d + e + g + h + j + k + l + m + n * q
    }
    agrees!(f, [0.7, 1.3, 0.4]);
}

/// Methods of a generic type that are called like those of vectors, give their receiver, or advance.
mod methods_of_a_generic_type {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Stack<T> {
        items: Vec<T>,
        cap: usize,
    }
    #[differentiable]
    impl<T: Real> Stack<T> {
        fn new(cap: usize) -> Self {
            Self { items: Vec::new(), cap }
        }
        fn push(&mut self, v: T) -> &mut Self {
            if self.items.len() < self.cap {
                self.items.push(v);
            }
            self
        }
        fn pop(&mut self) -> Option<T> {
            self.items.pop()
        }
        fn len(&self) -> usize {
            self.items.len()
        }
        fn is_empty(&self) -> bool {
            self.items.is_empty()
        }
        fn get(&self, i: usize) -> T {
            self.items[i]
        }
        fn iter_sum(&self) -> T {
            self.items.iter().fold(T::zero(), |a, b| a + *b)
        }
        fn map(mut self, k: T) -> Self {
            for v in self.items.iter_mut() {
                *v = *v * k;
            }
            self
        }
        fn fold(&self, init: T) -> T {
            self.items.iter().fold(init, |a, b| a * *b)
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Decay<T> {
        v: T,
        rate: T,
        left: usize,
    }
    #[differentiable]
    impl<T: Real> Iterator for Decay<T> {
        type Item = T;
        fn next(&mut self) -> Option<T> {
            if self.left == 0 {
                return None;
            }
            self.left -= 1;
            self.v = self.v * self.rate;
            Some(self.v)
        }
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut s = Stack::new(4);
        s.push(x[0]).push(x[1] * x[0]);
        s.push(x[2]);
        let t = s.clone().map(x[1]);
        let mut total = 0.0;
        while let Some(v) = s.pop() {
            total += v * (1.0 + s.len() as f64);
        }
        if s.is_empty() {
            total *= 2.0;
        }
        let mut d = Decay { v: x[0], rate: x[1], left: 3 };
        let first = d.next().unwrap_or(0.0);
        let rest: f64 = d.by_ref().take(5).sum();
        total + t.get(0) * t.iter_sum() + t.fold(1.0) + first * rest
    }
    agrees!(f, [0.7, 1.3, 0.4]);
}
