//! Methods, associated functions and constants, operators, traits, generic layers.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

#[macro_use]
mod common;

use differentiable::prelude::*;

/// Hands over items, whose declarations are then not read: types alone tell what fields and values are.
macro_rules! made_by_a_macro {
    ($($item:tt)*) => { $($item)* };
}

made_by_a_macro! {
#[derive(Clone, Debug, Differentiable)]
struct Layer {
    w: Vec<f64>,
    b: f64,
    #[constant]
    steps: usize,
}

#[differentiable]
impl Layer {
    const GAIN: f64 = 1.5;

    fn scale(x: f64) -> f64 {
        x * Self::GAIN
    }

    fn affine(&self, x: &[f64]) -> f64 {
        let mut s = self.b;
        for i in 0..x.len() {
            s += self.w[i] * x[i];
        }
        s
    }

    fn forward(&self, x: &[f64]) -> f64 {
        let z = self.affine(x);
        Self::scale(z.tanh()) + Layer::scale(z)
    }

    fn norm2(&self) -> f64 {
        self.w.iter().map(|w| w * w).sum::<f64>() + self.b * self.b
    }

    fn decay(&mut self, rate: f64) {
        for w in &mut self.w {
            *w *= 1.0 - rate;
        }
        self.b -= rate * self.b;
    }

    fn train(&mut self, x: &[f64], rate: f64) -> f64 {
        let mut last = 0.0;
        for _ in 0..self.steps {
            last = self.forward(x);
            self.decay(rate * last);
        }
        last
    }

    fn consume(self, x: f64) -> f64 {
        self.b * x + self.w[0]
    }

    #[differentiable(skip)]
    fn describe(&self) -> String {
        format!("{} weights", self.w.len())
    }
}

fn layer() -> Layer {
    Layer { w: vec![0.3, -0.2, 0.5], b: 0.1, steps: 3 }
}

#[differentiable]
fn stack(a: &Layer, b: &Layer, x: &[f64]) -> f64 {
    let h = a.forward(x);
    let y = b.forward(&[h, h * h, 1.0]);
    y * y + a.norm2() * 0.01
}

#[differentiable]
trait Activation {
    const LEAK: f64;
    fn apply(&self, x: f64) -> f64;
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct Swish {
    beta: f64,
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct Leaky;

#[differentiable]
impl Activation for Swish {
    const LEAK: f64 = 0.0;
    fn apply(&self, x: f64) -> f64 {
        x / (1.0 + (-self.beta * x).exp())
    }
}

#[differentiable]
impl Activation for Leaky {
    const LEAK: f64 = 0.1;
    fn apply(&self, x: f64) -> f64 {
        if x > 0.0 { x } else { Self::LEAK * x }
    }
}

#[differentiable]
fn activate<A: Activation + Differentiable + Clone>(a: &A, v: &[f64]) -> f64 {
    let mut s = 0.0;
    for &x in v {
        s += a.apply(x) * a.apply(x + 1.0) + A::LEAK * x;
    }
    s
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct V3 {
    x: f64,
    y: f64,
    z: f64,
}

#[differentiable]
impl std::ops::Add for V3 {
    type Output = V3;
    fn add(self, o: V3) -> V3 {
        V3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
    }
}

#[differentiable]
impl std::ops::Mul<f64> for V3 {
    type Output = V3;
    fn mul(self, k: f64) -> V3 {
        V3 { x: self.x * k, y: self.y * k, z: self.z * k }
    }
}

#[differentiable]
impl V3 {
    fn new(x: f64, y: f64, z: f64) -> Self {
        Self { x, y, z }
    }

    fn dot(self, o: V3) -> f64 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    fn length(&self) -> f64 {
        self.dot(*self).sqrt()
    }

    fn unit(&self) -> V3 {
        *self * (1.0 / self.length())
    }
}

#[differentiable]
fn geometry(a: V3, b: V3, t: f64) -> f64 {
    let c = a + b * t;
    let n = c.unit() + V3::new(t, 0.0, 1.0);
    n.dot(a) * c.length()
}

#[test]
fn companions() {
    let l = layer();
    let x = [0.4, 0.5, 0.6];
    l.affine_check(&x).unwrap();
    l.forward_check(&x).unwrap();
    l.norm2_check().unwrap();
    l.consume_check(0.7).unwrap();
    assert_eq!(l.clone().consume(0.7), l.consume_value_and_grad(0.7).0);
    Layer::scale_check(2.0).unwrap();
    let (value, (dl, dx)) = l.forward_value_and_grad(&x);
    assert_eq!(value, l.forward(&x));
    assert_eq!(dl.w.len(), 3);
    assert_eq!(dx.len(), 3);
    assert_eq!(l.describe(), "3 weights");
}

#[test]
fn mutable_receivers() {
    layer().decay_check(0.1).unwrap();
    layer().train_check(&[0.4, 0.5, 0.6], 0.1).unwrap();
}

#[test]
fn composition() {
    stack::check(&layer(), &layer(), &[0.4, 0.5, 0.6]).unwrap();
}

#[test]
fn traits() {
    activate::check(&Swish { beta: 1.3 }, &[0.4, -0.5]).unwrap();
    activate::check(&Leaky, &[0.4, -0.5]).unwrap();
}

#[test]
fn operators() {
    geometry::check(V3::new(0.3, 0.2, 0.1), V3::new(1.3, -0.2, 0.8), 0.7).unwrap();
}

/// What is changed lies in a field of what a reference leads to.
mod parts_behind_references {
    use super::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Cell {
        a: f64,
    }

    #[differentiable]
    impl Cell {
        fn update(&mut self, x: f64) {
            self.a = self.a * x + x;
        }
        fn bump(&mut self, x: f64) -> f64 {
            self.a += x * x;
            self.a * x
        }
        fn read(&self, x: f64) -> f64 {
            self.a * self.a * x
        }
    }

    #[derive(Clone, Debug, Differentiable)]
    struct Grid {
        all: Vec<Cell>,
        one: Box<Cell>,
        perhaps: Option<Cell>,
        pair: (Cell, Cell),
        two: [Cell; 2],
    }

    #[differentiable]
    impl Grid {
        fn step(&mut self, x: f64) -> f64 {
            self.one.update(x);
            self.pair.0.update(x);
            self.pair.1.update(self.pair.0.a);
            self.two[1].update(x);
            for cell in self.two.iter_mut() {
                cell.update(x * 2.0);
            }
            for cell in &mut self.all {
                cell.update(x);
            }
            if let Some(cell) = &mut self.perhaps {
                cell.update(x);
            }
            let cell = &mut self.pair.1;
            cell.update(x);
            let b = self.one.bump(x) + self.one.read(x);
            self.one.read(x) * self.pair.1.read(b) + self.perhaps.as_ref().map_or(0.0, |c| c.read(x)) + self.two[0].a
        }
    }

    #[differentiable]
    fn through_parameter(grid: &mut Grid, x: f64) -> f64 {
        grid.one.update(x);
        grid.pair.0.update(grid.one.a);
        grid.all[1].update(x);
        let b = grid.all[0].bump(x) + grid.all[1].read(x);
        grid.one.a * grid.pair.0.a + b
    }

    #[differentiable]
    fn through_elements(grids: &mut [Grid], x: f64) -> f64 {
        for i in 0..grids.len() {
            grids[i].one.update(x);
        }
        for grid in grids.iter_mut() {
            grid.two[0].update(x);
            grid.two[0].update(grid.one.a);
        }
        grids.iter_mut().map(|g| g.step(x) + g.pair.0.bump(x)).sum()
    }

    /// A receiver by value is a copy of what it was before its argument changed it.
    #[derive(Clone, Copy, Differentiable)]
    struct Point {
        x: f64,
        y: f64,
    }

    #[differentiable]
    impl Point {
        fn scaled(self, k: f64) -> f64 {
            (self.x + self.y * self.y) * k
        }

        fn bump(&mut self, k: f64) -> f64 {
            self.x += k;
            self.y *= k;
            self.x * k
        }

        fn before_and_after(&mut self, x: f64) -> f64 {
            let before = self.scaled(self.bump(x));
            before * self.x * self.scaled(x)
        }
    }

    #[test]
    fn a_receiver_by_value_is_a_copy() {
        let point = || Point { x: 0.3, y: 0.4 };
        point().before_and_after_check(1.3).unwrap();
        assert_eq!(point().before_and_after_value_and_grad(1.3).0, point().before_and_after(1.3));
    }

    #[test]
    fn are_changed() {
        let cell = |a| Cell { a };
        let grid = Grid {
            all: vec![cell(0.2), cell(0.5)],
            one: Box::new(cell(0.3)),
            perhaps: Some(cell(0.1)),
            pair: (cell(0.4), cell(0.2)),
            two: [cell(0.1), cell(0.2)],
        };
        grid.clone().step_check(0.6).unwrap();
        through_parameter::check(&mut grid.clone(), 0.6).unwrap();
        through_elements::check(&mut [grid.clone(), grid], 0.6).unwrap();
    }
}

/// A method of the user's own that has the name of a length.
mod norms {
    use super::*;
    use std::ops::{Div, Sub};

    #[derive(Clone, Copy, Debug, Differentiable)]
    struct P2 {
        x: f64,
        y: f64,
    }

    #[differentiable]
    impl P2 {
        fn len(&self) -> f64 {
            self.x.hypot(self.y)
        }
        fn unit(self) -> P2 {
            let l = self.len();
            P2 { x: self.x / l, y: self.y / l }
        }
    }

    #[differentiable]
    impl Sub for P2 {
        type Output = P2;
        fn sub(self, o: P2) -> P2 {
            P2 { x: self.x - o.x, y: self.y - o.y }
        }
    }

    #[differentiable]
    impl Div<f64> for P2 {
        type Output = P2;
        fn div(self, k: f64) -> P2 {
            P2 { x: self.x / k, y: self.y / k }
        }
    }

    #[differentiable]
    fn scaled(v: &P2, k: f64) -> f64 {
        v.len() * k
    }

    #[differentiable]
    fn distance(a: P2, b: P2) -> f64 {
        let d = (a - b).len();
        if d > 0.1 { d * d * 0.5 + d } else { (a - b).len() }
    }

    #[differentiable]
    fn direction(a: P2, b: P2) -> f64 {
        let n = (a - b) / (a - b).len();
        n.x * 2.0 + n.y + a.unit().x
    }

    #[differentiable]
    fn total(points: &[P2]) -> f64 {
        let mut s = 0.0;
        for p in points {
            s += p.len();
        }
        let n = points.len();
        s / n as f64 + points.iter().map(|p| p.len().sqrt()).sum::<f64>()
    }

    #[differentiable]
    fn cube(r: f64) -> f64 {
        r * r * r
    }

    /// Where nothing else shows that it is a number, its type does.
    #[differentiable]
    fn handed_on(points: &[P2]) -> f64 {
        let r: f64 = points[0].len();
        let mut list = vec![];
        list.push(r);
        cube(r) + list[0]
    }

    #[test]
    fn are_differentiated() {
        let (a, b) = (P2 { x: 1.0, y: 2.0 }, P2 { x: 0.4, y: -0.3 });
        a.unit_check().unwrap();
        scaled::check(&a, 2.0).unwrap();
        distance::check(a, b).unwrap();
        direction::check(a, b).unwrap();
        total::check(&[a, b]).unwrap();
        handed_on::check(&[a, b]).unwrap();
    }
}

/// A comparison calls a method that changes `self`.
mod compared_steps {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Differentiable)]
    struct Solver {
        at: f64,
        rate: f64,
    }

    #[differentiable(order = 2)]
    impl Solver {
        fn step(&mut self, target: f64) -> f64 {
            let error = self.at * self.at - target;
            self.at -= self.rate * error;
            error.abs()
        }

        fn is_moved(&mut self, by: f64) -> bool {
            self.at *= 1.0 + 0.1 * by;
            self.at > 1.0
        }

        fn solve(&mut self, target: f64) -> f64 {
            let mut n = 0;
            while self.step(target) > 1e-3 && n < 12 {
                n += 1;
            }
            self.at
        }

        fn choose(&mut self, x: f64) -> f64 {
            if !(self.step(x) < self.step(x * 0.5)) || self.is_moved(x) && self.step(x) != 0.0 {
                self.rate *= x;
            }
            match 1.0 + self.step(x) > 1.5 {
                true => self.at * self.rate,
                false => self.at + self.rate,
            }
        }
    }

    #[differentiable(order = 2)]
    fn root(target: f64, rate: f64) -> f64 {
        let mut solver = Solver { at: 1.0, rate };
        solver.solve(target)
    }

    #[differentiable(order = 2)]
    fn chosen(x: f64, solver: &mut Solver) -> f64 {
        solver.choose(x)
    }

    /// Nothing else is in the loop.
    #[differentiable(order = 2)]
    fn until(x: f64) -> f64 {
        let mut solver = Solver { at: x, rate: 0.1 };
        while solver.step(2.0) > 0.05 {}
        solver.at
    }

    #[differentiable(order = 2)]
    fn until_lent(solver: &mut Solver, x: f64) -> f64 {
        while solver.step(x) > 0.05 && solver.step(x) != 0.0 {}
        let _unread = solver.step(x) > 0.0;
        if solver.step(x) > solver.step(2.0 * x) { solver.at * x } else { solver.at }
    }

    #[test]
    fn carry_derivatives() {
        until::check(2.5).unwrap();
        until_lent::check(&mut Solver { at: 0.4, rate: 0.2 }, 0.3).unwrap();
        root::check(2.0, 0.3).unwrap();
        let slope = |t: f64| root::grad(t, 0.3).0;
        let expected = (slope(2.0 + 1e-5) - slope(2.0 - 1e-5)) / 2e-5;
        assert!((root::hvp(2.0, 0.3, 1.0, 0.0).0 - expected).abs() < 1e-6);
        for x in [0.4, 1.7, -1.2] {
            chosen::check(x, &mut Solver { at: 0.9, rate: 0.2 }).unwrap();
        }
    }
}

/// Methods that change their receivers where no derivative flows through their values.
#[allow(clippy::all, clippy::pedantic, unused, reason = "programs are written as users write them")]
mod asked {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct S {
        at: f64,
    }

    #[differentiable]
    impl S {
        fn step(&mut self, by: f64) -> f64 {
            self.at -= by * self.at;
            self.at
        }

        fn tick(&mut self, by: f64) -> usize {
            self.at -= by * self.at;
            if self.at > 0.5 { 1 } else { 2 }
        }
    }

    /// Methods with names of the standard library, which take something else.
    #[differentiable]
    impl S {
        fn count(&mut self, by: f64) -> usize {
            self.tick(by)
        }

        fn len(&mut self, by: f64) -> usize {
            self.tick(by)
        }

        fn position(&mut self, by: f64) -> f64 {
            self.step(by)
        }

        fn any(&mut self, by: f64) -> bool {
            self.step(by) > 0.2
        }

        fn get(&mut self, by: f64) -> f64 {
            self.step(by)
        }

        fn lt(&mut self, by: f64) -> bool {
            self.step(by) < 0.2
        }

        fn sqrt(&mut self, by: f64) -> f64 {
            self.step(by)
        }

        fn min(&mut self, by: f64, k: usize) -> f64 {
            self.step(by * k as f64)
        }

        fn unwrap_step(&mut self, by: f64) -> f64 {
            self.step(by)
        }
    }

    #[derive(Clone, Differentiable)]
    struct Parts {
        inner: S,
        list: Vec<S>,
        #[constant]
        name: String,
    }

    #[differentiable]
    impl Parts {
        fn run(&mut self, x: f64) -> f64 {
            while self.inner.step(x) > 0.2 {}
            if self.list[0].step(x) > 0.3 && self.name.to_lowercase() == "ab" {
                self.list[1].at *= x;
            }
            self.inner.at + self.list[0].at * self.list[1].at
        }
    }

    macro_rules! programs {
        ($($name:ident ($x:ident, $s:ident, $v:ident) $body:block)*) => {
            $(
                #[differentiable]
                fn $name($x: f64, $s: &mut S, $v: &mut Vec<S>) -> f64 $body
            )*

            #[test]
            fn carry_derivatives() {
                for x in [0.1, 0.13] {
                    let (s, v) = (S { at: 1.0 }, vec![S { at: 0.9 }, S { at: 1.2 }]);
                    $($name::check(x, &mut s.clone(), &mut v.clone()).expect(stringify!($name));)*
                    let mut parts = Parts { inner: s, list: v, name: "Ab".into() };
                    parts.run_check(x).unwrap();
                }
            }
        };
    }

    programs! {
        of_an_element (x, s, v) { if let Some(p) = v.get_mut(0) && p.step(x) > 0.2 { s.at *= x; } v[0].at + s.at }
        of_each_element (x, s, v) { let mut acc = 0.0; for p in v.iter_mut() { if p.step(x) > 0.2 { acc += x; } } acc + v[0].at * v[1].at }
        of_any (x, s, v) { let b = v.iter_mut().any(|p| p.step(x) > 1.0); v[0].at + v[1].at * 2.0 }
        counted (x, s, v) { let n = v.iter_mut().map(|p| p.step(x)).filter(|e| *e > 1.0).count(); v[0].at + v[1].at * n as f64 }
        summed (x, s, v) { v.iter_mut().map(|p| p.step(x)).sum::<f64>() * v[0].at }
        in_a_box (x, s, v) { let mut b = Box::new(S { at: x + 1.0 }); while b.step(x) > 0.2 {} b.at }
        behind_a_reference (x, s, v) { let r = &mut *s; while r.step(x) > 0.2 {} s.at }
        matched (x, s, v) { match s.step(x) > 0.2 { true => x * s.at, _ => s.at } }
        both (x, s, v) { let ok = s.step(x) > 0.2 && s.step(x) < 5.0; s.at }
        at_most (x, s, v) { if s.step(x).max(0.0) > 0.1 { v[0].at *= x; } s.at + v[0].at }
        of_a_product (x, s, v) { if s.step(x) * 2.0 > 0.1 { v[0].at *= x; } s.at + v[0].at }
        negated (x, s, v) { while -s.step(x) < -0.2 {} s.at }
        in_an_array (x, s, v) { if [s.step(x), 1.0][0] > 0.5 {} s.at }
        in_a_tuple (x, s, v) { if (s.step(x), 2.0).0 > 0.1 {} s.at }
        by_path (x, s, v) { if S::step(s, x) > 0.1 {} while S::step(s, x) > 0.3 {} s.at }
        cast (x, s, v) { if (s.step(x) * 10.0) as i64 > 3 {} s.at }
        as_a_bound (x, s, v) { for i in 0..((s.step(x) * 3.0) as usize) {} s.at }
        as_an_index (x, s, v) { v[(s.step(x) * 0.5) as usize].at * s.at }
        in_a_pattern (x, s, v) { while let true = s.step(x) > 0.2 {} s.at }
        ticks (x, s, v) { while s.tick(x) < 2 {} s.at }
        ticks_as_a_bound (x, s, v) { for i in 0..s.tick(x) {} s.at }
        ticks_as_an_index (x, s, v) { v[s.tick(x) - 1].at * s.at }
        ticks_compared (x, s, v) { if s.tick(x) == 1 {} s.at }
        ticks_matched (x, s, v) { match s.tick(x) { 1 => {} _ => {} } s.at }
        chosen (x, s, v) { let u = if s.step(x) > 0.1 { 1 } else { 2 }; s.at }
        dropped (x, s, v) { let _ = s.step(x) > 0.1; s.at }
        as_a_statement (x, s, v) { s.step(x) > 0.1; s.at }
        then (x, s, v) { let y = (s.step(x) > 0.1).then(|| x); s.at + y.unwrap_or(0.0) }
        as_a_number (x, s, v) { let y = (s.step(x) > 0.1) as usize; s.at * y as f64 }
        of_elements_in_turn (x, s, v) { let mut k = 0; while k < 3 && v[k % 2].step(x) > 0.1 { k += 1; } v[0].at * v[1].at }
        left_by_break (x, s, v) { let mut k = 0; loop { k += 1; if v[k % 2].step(x) < 0.5 || k > 6 { break; } } v[0].at * v[1].at }
        in_a_closure (x, s, v) { let f = |p: &mut S| p.step(x) > 0.1; if f(s) {} s.at }
        tested (x, s, v) { if s.step(x).is_finite() {} if s.step(x).is_nan() { return 0.0; } s.at }
        ordered (x, s, v) { if s.step(x).total_cmp(&0.3).is_gt() {} s.at }
        partly_ordered (x, s, v) { if s.step(x).partial_cmp(&0.3) == Some(std::cmp::Ordering::Greater) {} s.at }
        contained (x, s, v) { if (0.1..0.5).contains(&s.step(x)) {} s.at }
        as_a_range (x, s, v) { let w = [x; 3]; w[..s.tick(x)].iter().sum::<f64>() * s.at }
        truncated (x, s, v) { v.truncate(s.tick(x)); s.at * v[0].at }
        counts (x, s, v) { while s.count(x) < 2 {} if s.count(x) == 2 { s.at * x } else { s.at } }
        lengths (x, s, v) { if s.len(x) > 1 {} let n = s.len(x); s.at * n as f64 + [x, s.at, 1.0][v[0].len(x)] }
        positions (x, s, v) { while s.position(x) > 0.3 {} s.at }
        any_of_them (x, s, v) { while s.any(x) {} if v[1].any(x) { v[1].at * s.at } else { s.at } }
        got (x, s, v) { while s.get(x) > 0.3 && v[0].get(2.0 * x) > 0.1 {} s.at * v[0].at }
        less (x, s, v) { while !s.lt(x) {} s.at }
        rooted (x, s, v) { while s.sqrt(x) > 0.3 {} s.at }
        least (x, s, v) { while s.min(x, 2) > 0.3 {} s.at }
        unwrapped (x, s, v) { while s.unwrap_step(x) > 0.3 {} s.at }
        among_operands (x, s, v) { x.powi(2).max(s.at).min(s.step(x)) + s.at }
    }
}

mod receivers_that_arguments_look_at {
    use super::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Account {
        at: f64,
    }

    #[differentiable]
    impl Account {
        fn add(&mut self, x: f64) {
            self.at += x * self.at;
        }
        fn get(&self) -> f64 {
            self.at * 2.0
        }
        fn grow(&mut self, x: f64) -> f64 {
            self.at *= x;
            self.at
        }
    }

    #[derive(Clone, Debug, Differentiable)]
    struct Bank {
        a: Account,
        b: Account,
        all: Vec<Account>,
    }

    #[differentiable]
    impl Bank {
        fn one(&mut self, x: f64) -> f64 {
            self.a.add(x * self.a.get());
            self.a.get() * x
        }
        fn two(&mut self, x: f64) -> f64 {
            self.a.add(self.b.grow(x));
            self.b.add(self.a.get() * self.b.get());
            let v = self.a.grow(self.a.get() * x);
            self.a.grow(v * self.b.grow(v)) * self.b.get()
        }
        fn several(&mut self, x: f64) -> f64 {
            for i in 0..2 {
                let k = self.all[1 - i].grow(x);
                let own = self.all[i].get();
                self.all[i].add(k * own);
            }
            self.all[0].get() * self.all[1].get()
        }
    }

    #[differentiable]
    fn of_parameter(a: &mut Account, x: f64) -> f64 {
        a.add(x * a.get());
        a.get() * x
    }

    #[differentiable]
    fn of_local(x: f64) -> f64 {
        let mut a = Account { at: x };
        a.add(x * a.get());
        a.get() * x
    }

    #[test]
    fn are_changed() {
        let account = |at| Account { at };
        let bank = || Bank { a: account(0.4), b: account(0.7), all: vec![account(0.3), account(0.6)] };
        bank().one_check(1.3).unwrap();
        bank().two_check(1.3).unwrap();
        bank().several_check(1.3).unwrap();
        of_parameter::check(&mut account(0.4), 1.3).unwrap();
        of_local::check(1.3).unwrap();
        // The derivatives' own values are those of the functions.
        assert_eq!(bank().one_value_and_grad(1.3).0, bank().one(1.3));
        assert_eq!(bank().two_value_and_grad(1.3).0, bank().two(1.3));
        assert_eq!(of_local::value_and_grad(1.3).0, of_local(1.3));
    }
}
}

/// Methods that give their receiver.
mod builder_mut {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct B {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl B {
        fn new() -> Self {
            B { x: 1.0, y: 1.0 }
        }
        fn add_x(&mut self, x: f64) -> &mut Self {
            self.x += x * x;
            self
        }
        fn mul_y(&mut self, y: f64) -> &mut Self {
            self.y *= y * self.x;
            self
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut b = B::new();
        b.add_x(x[0]).mul_y(x[1]).add_x(x[2]);
        b.x * b.y
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same of one another, from inside, and early.
mod builder_deep {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct B {
        x: f64,
        v: Vec<f64>,
        #[constant]
        n: usize,
    }
    #[differentiable(order = 2)]
    impl B {
        fn new() -> Self {
            B { x: 1.0, v: vec![], n: 0 }
        }
        fn add(&mut self, a: f64) -> &mut Self {
            if a < 0.0 {
                self.n += 1;
                return self;
            }
            self.x += a * a;
            self.v.push(a);
            self
        }
        fn twice(&mut self, a: f64) -> &mut Self {
            self.add(a).add(a * 2.0);
            self
        }
        fn scale(&mut self, k: f64) -> &mut Self {
            for a in self.v.iter_mut() {
                *a *= k;
            }
            self.n += 2;
            self
        }
        fn total(&self) -> f64 {
            self.v.iter().sum::<f64>() * self.x
        }
        fn count(&self) -> usize {
            self.n
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut b = B::new();
        b.add(x[0]).twice(x[1]).scale(x[2]);
        for a in x {
            b.add(*a).scale(x[3] * 0.5);
        }
        let t = b.add(x[1]).total();
        let r = b.scale(x[0]);
        r.x *= 2.0;
        let k = r.count();
        t * b.total() * k as f64
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same without derivative, beside one that gives something else.
mod builder_const {
    use super::*;
    struct Log {
        n: usize,
        next: Option<Box<Log>>,
    }
    impl Log {
        fn up(&mut self) -> &mut Self {
            self.n += 1;
            self
        }
        fn child(&mut self) -> &mut Self {
            if self.next.is_none() {
                self.next = Some(Box::new(Log { n: 0, next: None }));
            }
            self.next.as_mut().unwrap()
        }
        fn get(&self) -> usize {
            self.n
        }
    }
    impl Clone for Log {
        fn clone(&self) -> Self {
            Log { n: self.n, next: self.next.clone() }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut l = Log { n: 0, next: None };
        l.up().up();
        l.child().up();
        let k = l.get();
        let c = l.child().get();
        x[k] * x[c] * x[0]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}
