//! Values that are overwritten: elements, fields, arguments, scratch buffers.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[differentiable]
fn prefix_products(v: &[f64]) -> f64 {
    let mut p = v.to_vec();
    for i in 1..p.len() {
        p[i] *= p[i - 1];
    }
    let mut s = 0.0;
    for i in 0..p.len() {
        s += p[i] * (i + 1) as f64;
    }
    s
}

#[differentiable]
fn insertion_sort(v: &[f64], w: &[f64]) -> f64 {
    let mut a = v.to_vec();
    for i in 1..a.len() {
        let mut j = i;
        while j > 0 && a[j - 1] > a[j] {
            a.swap(j - 1, j);
            j -= 1;
        }
    }
    let mut s = 0.0;
    for i in 0..a.len() {
        s += a[i] * a[i] * w[i];
    }
    s
}

#[differentiable]
fn manual_swap(x: f64, y: f64) -> f64 {
    let mut a = [x, y, x * y];
    let t = a[0];
    a[0] = a[2];
    a[2] = t;
    a[0] * a[0] + a[1] * a[2].sin()
}

#[differentiable]
fn bubble(v: &mut [f64]) {
    let n = v.len();
    for i in 0..n {
        for j in 0..n - 1 - i {
            if v[j] > v[j + 1] {
                let (a, b) = (v[j], v[j + 1]);
                v[j] = b;
                v[j + 1] = a;
            }
        }
    }
}

#[differentiable]
fn overwritten_argument(mut x: f64, mut y: f64) -> f64 {
    x = x * y;
    y = x + y;
    x *= x;
    x = x * x + y;
    x
}

#[differentiable]
fn self_products(v: &mut [f64]) -> f64 {
    v[0] *= v[1];
    v[1] = v[0] * v[0];
    v[0] /= v[2];
    v[2] -= v[2] * v[1];
    v[0] + v[1]
}

#[differentiable]
fn two_outputs(a: &mut f64, b: &mut Vec<f64>, c: f64) -> f64 {
    *a *= c;
    for x in b.iter_mut() {
        *x = *x * *a + c;
    }
    b[0] = b[1] * b[0];
    *a + b[0]
}

#[derive(Clone, Debug, Differentiable)]
struct Pair {
    left: f64,
    right: f64,
}

#[differentiable]
fn swap_fields(p: &Pair, x: f64) -> f64 {
    let mut q = p.clone();
    if x > 0.0 {
        std::mem::swap(&mut q.left, &mut q.right);
    } else {
        q.left = q.right * x;
    }
    q.right += q.left * q.left;
    let old = std::mem::replace(&mut q.left, x);
    old * q.right + q.left
}

#[differentiable]
fn through_split(v: &mut [f64]) {
    let mid = v.len() / 2;
    let (lo, hi) = v.split_at_mut(mid);
    for i in 0..lo.len() {
        let t = lo[i] * hi[i];
        hi[i] += lo[i].sin();
        lo[i] = t;
    }
}

#[differentiable]
fn scale(v: &mut [f64], by: f64) {
    for x in v {
        *x *= by;
    }
}

#[differentiable]
fn scale_parts(v: &mut [f64], x: f64) -> f64 {
    let n = v.len();
    scale(&mut v[..n / 2], x);
    scale(&mut v[n / 2..], x * x);
    let mut all = v.to_vec();
    scale(&mut all, v[0]);
    all[n - 1] * v[1]
}

#[differentiable]
fn copies(v: &[f64], x: f64) -> f64 {
    let mut a = [0.0; 6];
    a[..3].copy_from_slice(&v[..3]);
    a[3..].fill(x);
    a[4] *= a[0];
    a.swap(0, 5);
    let mut b = a;
    b[1] = x * b[1];
    let mut c = Vec::new();
    c.push(a[0]);
    c.extend_from_slice(&b);
    c.push(x);
    let last = c.pop().unwrap();
    let mut s = last;
    for i in 0..c.len() {
        s += c[i] * c[i] * (i as f64 + 0.5);
    }
    s
}

#[differentiable]
fn matrix_in_place(m: &mut [[f64; 3]; 3], x: f64) -> f64 {
    for i in 0..3 {
        for j in 0..i {
            let t = m[i][j];
            m[i][j] = m[j][i] * x;
            m[j][i] = t + m[i][i];
        }
        m[i][i] *= m[i][i];
    }
    m[0][2] + m[2][2]
}

#[differentiable]
fn rows(m: &mut Vec<Vec<f64>>) {
    for row in m.iter_mut() {
        let s: f64 = row.iter().sum();
        for x in row.iter_mut() {
            *x /= s;
        }
    }
    m.swap(0, 1);
    let first = m[0].clone();
    for (x, y) in m[1].iter_mut().zip(&first) {
        *x += y * y;
    }
}

#[differentiable]
fn overwritten_after_use(v: &[f64]) -> f64 {
    let mut t = 0.0;
    let mut s = 0.0;
    for i in 0..v.len() {
        t = v[i] * v[i] + t;
        s += t.sin() * v[i];
        t = t.exp() * 0.1;
    }
    s * t
}

#[differentiable]
fn scratch(x: f64, n: usize) -> f64 {
    let mut buffer = vec![0.0; n];
    let mut total = 0.0;
    for k in 1..=3 {
        fill_row(&mut buffer, x + total * 0.01, k);
        for i in 0..n {
            total += buffer[i];
        }
    }
    total
}

#[differentiable]
fn fill_row(row: &mut [f64], x: f64, k: usize) {
    for (j, r) in row.iter_mut().enumerate() {
        *r = x.powi(j as i32) * k as f64;
    }
}

#[test]
fn elements() {
    prefix_products::check(&[0.5, 1.5, 2.0, -0.7]).unwrap();
    prefix_products::check(&[0.5, 0.0, 2.0]).unwrap();
    prefix_products::check(&[]).unwrap();
    insertion_sort::check(&[3.0, 1.0, 2.0, 0.5], &[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(insertion_sort::grad(&[3.0, 1.0], &[1.0, 10.0]).0, [60.0, 2.0]);
    manual_swap::check(0.4, 1.9).unwrap();
    bubble::check(&mut [3.0, 1.0, 2.0, 0.5]).unwrap();
}

#[test]
fn arguments() {
    overwritten_argument::check(0.8, 1.2).unwrap();
    self_products::check(&mut [0.7, 1.1, 2.0]).unwrap();
    two_outputs::check(&mut 0.7, &mut vec![1.1, 2.0, 0.3], 1.7).unwrap();
    let (mut a, mut b) = (2.0, vec![1.0, 3.0]);
    let (value, pullback) = two_outputs::vjp(&mut a, &mut b, 0.5);
    assert_eq!(value, 1.0 + 3.5 * 1.5);
    let (da, db, dc) = pullback(1.0, &0.0, &vec![0.0, 0.0]);
    assert_eq!((db, da, dc), (vec![3.5, 1.5], 0.5 * (1.0 + 3.5 * 1.0 + 1.5 * 3.0), 2.0 * 9.0 + 5.0));
}

#[test]
fn fields() {
    let p = Pair { left: 0.4, right: 1.3 };
    swap_fields::check(&p, 0.6).unwrap();
    swap_fields::check(&p, -0.6).unwrap();
}

#[test]
fn sub_slices() {
    scratch::check(1.1, 4).unwrap();
    scratch::check(1.1, 0).unwrap();
    fill_row::check(&mut [0.1, 0.2], 1.1, 2).unwrap();
    through_split::check(&mut [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).unwrap();
    scale_parts::check(&mut [0.1, 0.2, 0.3, 0.4, 0.5], 1.2).unwrap();
    copies::check(&[0.5, 0.6, 0.7], 1.4).unwrap();
}

#[test]
fn matrices() {
    matrix_in_place::check(&mut [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]], 1.1).unwrap();
    rows::check(&mut vec![vec![0.3, 0.9], vec![1.2, 0.1]]).unwrap();
}

#[test]
fn variables() {
    overwritten_after_use::check(&[0.3, 0.2, 0.7]).unwrap();
}

mod enums {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    enum Shape {
        Circle { r: f64 },
        Rect(f64, f64),
        Poly(Vec<(f64, f64)>),
        Unit,
    }
    #[differentiable]
    fn enlarge(s: &mut Shape, x: f64) {
        match s {
            Shape::Circle { r } => *r += x,
            Shape::Rect(w, h) => {
                *w *= x;
                *h += *w;
            }
            Shape::Poly(ps) => {
                for (px, py) in ps.iter_mut() {
                    *px *= x;
                    *py += *px;
                }
            }
            Shape::Unit => {}
        }
    }
    #[differentiable]
    fn area(s: &Shape, x: f64) -> f64 {
        let mut t = s.clone();
        enlarge(&mut t, x);
        match &t {
            Shape::Circle { r } => r * r,
            Shape::Rect(w, h) => w * h,
            Shape::Poly(ps) => {
                let mut a = 0.0;
                for (px, py) in ps {
                    a += px * py;
                }
                a
            }
            Shape::Unit => x,
        }
    }
    #[test]
    fn checks() {
        for mut s in
            [Shape::Circle { r: 0.3 }, Shape::Rect(0.3, 0.4), Shape::Poly(vec![(0.3, 0.4), (0.5, 0.6)]), Shape::Unit]
        {
            area::check(&s, 1.3).unwrap();
            enlarge::check(&mut s, 1.3).unwrap();
        }
    }
}

mod enum_fields {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    enum S {
        C { r: f64 },
        P(Vec<f64>),
    }
    #[differentiable]
    fn f(s: &mut S, x: f64) {
        match s {
            S::C { r } => *r *= x,
            S::P(ps) => ps.iter_mut().for_each(|p| *p *= x),
        }
    }
    #[differentiable]
    fn g(s: &mut S, x: f64) -> f64 {
        if let S::C { r } = s {
            *r = *r * x;
            *r
        } else {
            x
        }
    }
    #[test]
    fn checks() {
        f::check(&mut S::C { r: 0.3 }, 1.2).unwrap();
        f::check(&mut S::P(vec![0.3, 0.4]), 1.2).unwrap();
        g::check(&mut S::C { r: 0.3 }, 1.2).unwrap();
    }
}

mod lent_fields {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct B {
        p: [f64; 2],
        v: Vec<f64>,
        k: f64,
    }
    #[differentiable]
    fn bump(x: &mut f64, by: f64) {
        *x *= by;
    }
    #[differentiable]
    fn bump_all(x: &mut [f64], by: f64) {
        for a in x.iter_mut() {
            *a *= by;
        }
    }
    #[differentiable]
    fn step(b: &mut B, dt: f64) {
        bump(&mut b.k, dt);
        bump(&mut b.p[1], b.k);
        bump_all(&mut b.v, dt);
        bump_all(&mut b.p, b.k);
        bump_all(&mut b.v[1..], dt);
    }
    #[differentiable]
    impl B {
        fn kick(&mut self, dt: f64) {
            self.k += dt;
            bump_all(&mut self.p, dt);
        }
        fn two(&mut self, dt: f64) -> f64 {
            self.kick(dt);
            self.kick(dt * self.k);
            self.p[0] * self.k
        }
    }
    #[test]
    fn checks() {
        let mut b = B { p: [0.3, 0.4], v: vec![0.5, 0.6], k: 0.7 };
        step::check(&mut b, 1.1).unwrap();
        b.two_check(1.1).unwrap();
    }
}

/// Two buffers take turns: nothing but the contents that are written over is stored.
#[differentiable(order = 2)]
fn double_buffered(start: &[f64], steps: usize) -> f64 {
    let n = start.len();
    let mut u = start.to_vec();
    let mut next = u.clone();
    for step in 0..steps {
        for i in 1..n - 1 {
            next[i] = u[i] * (1.0 + 0.1 * u[i - 1]) + 0.2 * u[i + 1];
        }
        if step % 3 != 2 {
            std::mem::swap(&mut u, &mut next);
        }
    }
    u.iter().map(|u| u * u).sum()
}

#[derive(Clone, Differentiable)]
struct TwoBuffers {
    front: Vec<f64>,
    back: Vec<f64>,
    seen: usize,
}

#[differentiable]
impl TwoBuffers {
    fn turn(&mut self, gain: f64) {
        std::mem::swap(&mut self.front, &mut self.back);
        for (f, b) in self.front.iter_mut().zip(&self.back) {
            *f = gain * b * b;
        }
        self.seen += 1;
    }
}

#[differentiable]
fn turned(x: &[f64], gain: f64) -> f64 {
    let mut pair = TwoBuffers { front: x.to_vec(), back: vec![0.5; x.len()], seen: 0 };
    while pair.seen < 3 {
        pair.turn(gain);
    }
    pair.front.iter().zip(&pair.back).map(|(a, b)| a - 2.0 * b).sum()
}

#[differentiable]
fn exchanged(a: &mut Vec<f64>, b: &mut Vec<f64>, x: f64) -> f64 {
    a[0] *= x;
    core::mem::swap(a, b);
    let mut held = vec![x; 2];
    std::mem::swap(&mut held, a);
    let mut constant = vec![2.0; 2];
    std::mem::swap(&mut constant, b);
    held[0] * constant[1] + a[1] * b[0] + constant[0]
}

#[differentiable]
fn through_exchanges(x: f64, y: f64) -> f64 {
    let (mut a, mut b) = (vec![x, y], vec![y * y, x]);
    exchanged(&mut a, &mut b, x) + a[0] * b[1]
}

#[test]
fn exchanges() {
    for steps in 0..8 {
        double_buffered::check(&[0.3, -0.8, 1.2, 0.4, 0.9], steps).unwrap();
    }
    let source = double_buffered::source();
    assert!(source.contains("swap(&mut d_u, &mut d_next)") && !source.contains("replace("), "{source}");
    let hessian = double_buffered::hessian(&[0.3, -0.8, 1.2, 0.4, 0.9], 4);
    for i in 0..5 {
        for j in 0..5 {
            assert!((hessian[(i, j)] - hessian[(j, i)]).abs() < 1e-12);
        }
    }
    turned::check(&[0.3, -0.8], 0.7).unwrap();
    through_exchanges::check(0.3, 1.7).unwrap();
}

/// Methods that change what lies deep in what a reference leads to; the type is called as one of the standard library is.
mod parts_of_parts {
    use super::*;
    #[derive(Clone, Debug, Default, Differentiable)]
    struct Cell {
        a: f64,
    }
    #[differentiable]
    trait Update {
        fn tick(&mut self, x: f64);
        fn value(&self) -> f64;
    }
    #[differentiable]
    impl Update for Cell {
        fn tick(&mut self, x: f64) {
            self.a = self.a.sin() * x + x;
        }
        fn value(&self) -> f64 {
            self.a * self.a
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    enum Shape {
        One(Cell),
        Two { left: Cell, right: Cell },
        Nothing,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Holder<U> {
        part: U,
        scale: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Grid {
        cells: Vec<Vec<Cell>>,
        one: Cell,
        pair: (Cell, [Cell; 2]),
        shape: Shape,
        boxed: Box<Cell>,
        holder: Holder<Cell>,
    }
    #[differentiable]
    fn indexed(g: &mut Grid, x: f64) -> f64 {
        g.cells[0][1].tick(x);
        let c = &mut g.cells[1][0];
        c.tick(x);
        c.tick(x * 2.0);
        g.pair.1[1].tick(x);
        let (h, t) = g.cells.split_at_mut(1);
        h[0][0].tick(x);
        t[0][1].tick(h[0][0].a);
        std::mem::swap(&mut g.one, &mut g.pair.0);
        g.one.tick(x);
        g.cells.iter().flatten().map(|c| c.value()).sum::<f64>() + g.one.value() * g.pair.0.value() + g.pair.1[1].a
    }
    #[differentiable]
    fn options(g: &mut Grid, x: f64, #[constant] i: usize) -> f64 {
        if let Some(c) = g.cells[0].get_mut(i) {
            c.tick(x);
        }
        g.cells[1].last_mut().unwrap().tick(x);
        if let Some(row) = g.cells.first_mut() {
            for c in row.iter_mut().rev() {
                c.tick(x);
            }
        }
        if let [a, .., b] = &mut g.cells[1][..] {
            a.tick(x);
            b.tick(a.a);
        }
        for (i, row) in g.cells.iter_mut().enumerate() {
            for c in row {
                c.tick(x * (i + 1) as f64);
            }
        }
        g.cells[0][0].value() + g.cells[1][1].value()
    }
    #[differentiable]
    fn destructured(g: &mut Grid, x: f64) -> f64 {
        let Grid { one, pair: (p, rest), boxed, holder, .. } = g;
        one.tick(x);
        p.tick(one.a);
        rest[0].tick(p.a);
        boxed.tick(x);
        holder.part.tick(x);
        let v = one.value() * p.value() + rest[0].value();
        v + boxed.value() + holder.part.value()
    }
    #[differentiable]
    fn matched(g: &mut Grid, x: f64) -> f64 {
        match &mut g.shape {
            Shape::One(c) => c.tick(x),
            Shape::Two { left, right } => {
                left.tick(x);
                right.tick(left.a);
            }
            Shape::Nothing => g.one.tick(x),
        }
        if let Shape::Two { right, .. } = &mut g.shape {
            right.tick(x)
        }
        match &g.shape {
            Shape::One(c) => c.value(),
            Shape::Two { left, right } => left.value() + right.value(),
            Shape::Nothing => g.one.value(),
        }
    }
    #[differentiable]
    fn drive<U: Update + Differentiable + Clone>(h: &mut Holder<U>, x: f64) -> f64 {
        h.part.tick(x);
        h.part.tick(h.scale);
        h.part.value()
    }
    #[differentiable]
    fn pass(c: &mut Cell, x: f64) {
        c.tick(x);
        c.tick(x);
    }
    #[differentiable]
    fn passed(g: &mut Grid, x: f64) -> f64 {
        pass(&mut g.one, x);
        pass(&mut g.pair.1[0], x);
        pass(&mut g.cells[0][0], g.one.a);
        let d = drive(&mut g.holder, x);
        let mut twice = |k: f64| {
            g.boxed.tick(k);
            g.boxed.tick(k * x);
        };
        twice(0.5);
        twice(x);
        let inner = &mut *g;
        inner.one.tick(d);
        inner.one.value() + g.boxed.value() + g.cells[0][0].a
    }
    #[differentiable]
    fn zipped(a: &mut [Cell], b: &mut [Cell], x: f64) -> f64 {
        for (p, q) in a.iter_mut().zip(b.iter_mut()) {
            p.tick(x);
            q.tick(p.a);
            std::mem::swap(p, q);
        }
        a.chunks_mut(2).for_each(|c| c[0].tick(x));
        let n = b.len();
        b[n - 1].tick(x);
        a.iter().zip(b.iter()).map(|(p, q)| p.value() * q.a).sum()
    }
    #[differentiable]
    fn local(x: f64) -> f64 {
        let mut cells = vec![Cell::default(); 3];
        let mut h = Holder { part: Cell { a: x }, scale: x };
        for k in 0..4 {
            cells[k % 3].tick(x + k as f64);
            h.part.tick(cells[k % 3].value());
        }
        let last = cells.last_mut().unwrap();
        last.tick(x);
        let total: f64 = cells.iter().map(Update::value).sum();
        total * h.part.value()
    }
    #[test]
    fn are_changed() {
        let c = |a| Cell { a };
        let g = |shape| Grid {
            cells: vec![vec![c(0.1), c(0.2)], vec![c(0.3), c(0.4)]],
            one: c(0.5),
            pair: (c(0.6), [c(0.7), c(0.8)]),
            shape,
            boxed: Box::new(c(0.9)),
            holder: Holder { part: c(0.25), scale: 0.7 },
        };
        indexed::check(&mut g(Shape::Nothing), 0.6).unwrap();
        options::check(&mut g(Shape::Nothing), 0.6, 1).unwrap();
        destructured::check(&mut g(Shape::Nothing), 0.6).unwrap();
        for s in [Shape::One(c(0.3)), Shape::Two { left: c(0.2), right: c(0.4) }, Shape::Nothing] {
            matched::check(&mut g(s), 0.6).unwrap();
        }
        passed::check(&mut g(Shape::Nothing), 0.6).unwrap();
        zipped::check(&mut [c(0.1), c(0.2), c(0.5)], &mut [c(0.3), c(0.6), c(0.4)], 0.6).unwrap();
        local::check(0.6).unwrap();
    }
}

/// Calls of functions that run again on the way back, in branches after whose loop nobody needs what their operand was but they.
mod overwritten_behind_light_calls {
    use super::*;
    #[differentiable]
    fn quadratic(a: f64) -> f64 {
        a * a + 0.5 * a
    }
    #[differentiable]
    fn bilinear(a: f64, b: f64) -> f64 {
        a * b + b
    }
    #[differentiable]
    fn f(x: f64, y: f64, z: f64) -> f64 {
        let mut s = x;
        let mut n = 0;
        let mut r = 1.0;
        while n < 6 {
            n += 1;
            let t = quadratic(s);
            if n % 2 == 0 {
                s = t * 0.5;
                continue;
            }
            let w = bilinear(t, s);
            s = w * y;
            if n == 5 {
                r += quadratic(w) * t;
                break;
            }
            r += w * w * quadratic(s + z);
        }
        s = s * r;
        s * quadratic(r)
    }

    #[test]
    fn checked() {
        for (x, y, z) in [(0.7, 0.3, 0.8), (0.9, -0.6, 0.2)] {
            f::check(x, y, z).unwrap();
            let gradient = f::grad(x, y, z);
            let h = 1e-5;
            let slope = (f(x, y, z + h) - f(x, y, z - h)) / (2.0 * h);
            assert!((gradient.2 - slope).abs() < 1e-6, "{} is not {slope}", gradient.2);
        }
    }
}
