//! What derivatives allocate.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use allocation_counter::measure;
use differentiable::prelude::*;

#[differentiable]
fn straight(x: f64, w: f64) -> f64 {
    let y = (x * x).sin() + x * w;
    if y > 0.0 { y * y.exp() } else { y }
}

#[differentiable]
fn fixed(v: [f64; 3], k: f64) -> f64 {
    let mut s = 0.0;
    for i in 0..3 {
        s += v[i] * v[i] * k;
    }
    s.sqrt()
}

#[differentiable]
fn sum_of_squares(x: &[f64]) -> f64 {
    let mut s = 0.0;
    for a in x.iter() {
        s += a * a;
    }
    s
}

#[test]
fn scalar_and_fixed_size_code_allocates_nothing() {
    let info = measure(|| {
        assert!(straight::value_and_grad(1.3, 0.7).0.is_finite());
        assert!(straight::jvp(1.3, 0.7, 1.0, 0.0).1.is_finite());
        assert!(fixed::grad([1.0, 2.0, 3.0], 0.5).1.is_finite());
    });
    assert_eq!(info.count_total, 0, "{info:?}");
}

#[test]
fn gradients_into_buffers_allocate_nothing_of_their_own() {
    let (x, mut d) = ([1.0; 100], [0.0; 100]);
    let info = measure(|| {
        sum_of_squares::grad_into(&x, &mut d);
    });
    assert_eq!(info.count_total, 0, "{info:?}");
    assert_eq!(d, [2.0; 100]);
}

mod helpers {
    use differentiable::prelude::*;

    #[differentiable]
    fn square(x: f64) -> f64 {
        x * x
    }

    #[differentiable]
    fn softened(dx: f64, dy: f64) -> f64 {
        square(dx) + square(dy) + 0.1
    }

    #[differentiable]
    fn attraction(from: [f64; 2], to: &[f64]) -> [f64; 2] {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let distance = softened(dx, dy).sqrt();
        if distance > 10.0 { [0.0, 0.0] } else { [dx / distance, dy / softened(dy, dx)] }
    }

    /// Calls functions that call functions, in a loop whose iterations need each other.
    #[differentiable]
    pub(super) fn fall(to: &[f64], steps: usize) -> f64 {
        let mut at = [0.3, 0.4];
        for _ in 0..steps {
            let pull = attraction(at, to);
            at = [at[0] + 0.1 * pull[0], at[1] + 0.1 * pull[1]];
        }
        at[0] * at[1]
    }

    #[differentiable]
    pub(super) fn even(x: f64, n: usize) -> f64 {
        if n == 0 {
            return x;
        }
        let y = odd(x * 1.1, n - 1);
        y.sin() * y.cos()
    }

    #[differentiable]
    fn odd(x: f64, n: usize) -> f64 {
        if n == 0 {
            return x.sin();
        }
        let y = even(x + 0.1, n - 1);
        y.cos() * y.cos()
    }
}

#[test]
fn calls_of_functions_that_call_others_allocate_nothing() {
    let count = |steps| {
        helpers::fall::check(&[1.5, 0.5], steps).unwrap();
        let mut d = [0.0; 2];
        measure(|| {
            helpers::fall::grad_into(&[1.5, 0.5], steps, &mut d);
        })
        .count_total
    };
    // The tape of the loop, and nothing for each iteration.
    assert_eq!(count(10), count(1000));
    assert!(count(10) <= 2, "{}", count(10));
}

/// A function that may be called by what it calls keeps the tapes of its calls: nothing is computed twice.
#[test]
fn recursion_keeps_its_tapes() {
    helpers::even::check(0.3, 7).unwrap();
    let count = |depth| measure(|| assert!(helpers::even::grad(0.3, depth).is_finite())).count_total;
    assert_eq!(count(40) - count(20), 20);
}

mod values {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Debug, Differentiable)]
    pub(super) struct Point {
        x: f64,
        y: f64,
    }

    #[differentiable]
    impl std::ops::Sub for Point {
        type Output = Point;

        fn sub(self, other: Point) -> Point {
            Point { x: self.x - other.x, y: self.y - other.y }
        }
    }

    #[differentiable]
    impl Point {
        fn dot(self, other: Point) -> f64 {
            self.x * other.x + self.y * other.y
        }

        fn norm2(&self) -> f64 {
            self.dot(*self)
        }

        fn distance(self, other: Point) -> f64 {
            (self.norm2() + other.norm2() - 2.0 * self.dot(other)).sqrt()
        }
    }

    /// Methods of one type that call each other.
    #[differentiable(wrt(points))]
    pub(super) fn path(points: &[Point]) -> f64 {
        let mut length: f64 = 0.5;
        for i in 1..points.len() {
            length += length * points[i].distance(points[i - 1]) + (points[i] - points[0]).norm2();
        }
        length
    }

    #[differentiable]
    fn swing(at: Point, k: f64) -> Point {
        Point { x: at.y, y: -k * at.x.sin() }
    }

    #[differentiable]
    fn moved(at: Point, h: f64, by: Point) -> Point {
        Point { x: at.x + h * by.x, y: at.y + h * by.y }
    }

    #[differentiable]
    fn step(at: Point, k: f64, h: f64) -> Point {
        let half = moved(at, 0.5 * h, swing(at, k));
        moved(at, h, swing(half, k))
    }

    /// Functions of structs by value that call each other.
    #[differentiable]
    pub(super) fn pendulum(x: f64, y: f64, k: f64, steps: usize) -> f64 {
        let mut at = Point { x, y };
        for _ in 0..steps {
            at = step(at, k, 0.1);
        }
        at.x * at.y
    }

    #[derive(Clone, Debug, Differentiable)]
    pub(super) struct Track {
        points: Vec<f64>,
    }

    #[differentiable]
    fn extended(track: Track, k: f64) -> Track {
        let mut longer = track;
        longer.points.push(k.sin());
        longer
    }

    #[differentiable]
    fn bent(track: Track, k: f64) -> Track {
        extended(extended(track, k), 2.0 * k)
    }

    /// A function of a struct that cannot be copied.
    #[differentiable]
    pub(super) fn bends(k: f64, steps: usize) -> f64 {
        let mut track = Track { points: vec![k] };
        for i in 0..steps {
            track = bent(track, k * i as f64);
        }
        let mut s = 0.0;
        for p in &track.points {
            s += p * p;
        }
        s
    }

    pub(super) fn points(n: usize) -> Vec<Point> {
        (0..n).map(|i| Point { x: (i as f64).sin() + 0.1 * i as f64, y: (0.7 * i as f64).cos() }).collect()
    }
}

#[test]
fn methods_that_call_methods_of_the_same_type_allocate_nothing() {
    values::path::check(&values::points(6)).unwrap();
    let count = |n| {
        let points = values::points(n);
        measure(|| assert!(values::path::grad(&points).len() == n)).count_total
    };
    // The gradient, the tape of the loop, and what keeps the memory of a long one.
    assert!(count(10) <= 2 && count(1000) <= 3, "{} {}", count(10), count(1000));
}

#[test]
fn calls_of_functions_of_small_structs_allocate_nothing() {
    values::pendulum::check(1.0, 0.3, 2.0, 7).unwrap();
    values::bends::check(0.4, 5).unwrap();
    let count = |steps| measure(|| assert!(values::pendulum::grad(1.0, 0.3, 2.0, steps).0.is_finite())).count_total;
    assert_eq!(count(10), count(1000));
    assert!(count(10) <= 1, "{}", count(10));
}

mod slopes {
    use differentiable::prelude::*;

    #[differentiable(order = 2, wrt(x, y))]
    fn potential(centre: &[f64; 2], x: f64, y: f64) -> f64 {
        let (dx, dy) = (x - centre[0], y - centre[1]);
        1.0 / (1.0 + dx * dx + dy * dy).sqrt()
    }

    /// A function that calls derivatives of another, in both modes.
    #[differentiable]
    fn force(centre: &[f64; 2], x: f64, y: f64, reverse: bool) -> (f64, f64) {
        if reverse {
            potential::grad(centre, x, y)
        } else {
            (potential::jvp(centre, x, y, 1.0, 0.0).1, potential::jvp(centre, x, y, 0.0, 1.0).1)
        }
    }

    /// A path along which the arguments of that change.
    #[differentiable]
    pub(super) fn end(w: f64, steps: usize, reverse: bool) -> f64 {
        let centre = [w, 0.3 * w];
        let (mut x, mut y, mut vx, mut vy) = (0.1, -0.4, w * w, 0.2);
        for _ in 0..steps {
            let (fx, fy) = force(&centre, x, y, reverse);
            x += 0.1 * vx;
            y += 0.1 * vy;
            vx -= 0.1 * fx;
            vy -= 0.1 * fy;
        }
        x * y
    }
}

#[test]
fn derivatives_of_derivatives_allocate_nothing_a_call() {
    for reverse in [false, true] {
        slopes::end::check(0.8, 9, reverse).unwrap();
        let count = |steps| measure(|| assert!(slopes::end::grad(0.8, steps, reverse).is_finite())).count_total;
        // The tape of the loop, and what keeps the memory of a long one.
        assert!(count(10) <= 1 && count(1000) <= 2, "{reverse}: {} {}", count(10), count(1000));
    }
}

mod accessors {
    use std::ops::{Mul, Sub};

    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    pub(super) struct Image {
        #[constant]
        pub(super) width: usize,
        pub(super) data: Vec<f64>,
    }

    #[differentiable(order = 2)]
    impl Image {
        fn at(&self, x: usize, y: usize) -> f64 {
            self.data[y * self.width + x]
        }
    }

    /// Each pixel is read nine times, through a method.
    #[differentiable(order = 2)]
    pub(super) fn convolved(image: &Image, kernel: &[f64; 9]) -> f64 {
        let (w, h) = (image.width - 2, image.data.len() / image.width - 2);
        let mut out = vec![0.0; w * h];
        for y in 0..h {
            for x in 0..w {
                let mut s = 0.0;
                for b in 0..3 {
                    for a in 0..3 {
                        s += kernel[3 * b + a] * image.at(x + a, y + b);
                    }
                }
                out[y * w + x] = s.tanh();
            }
        }
        out.iter().zip(&out[1..]).map(|(a, b)| a * b).sum()
    }

    #[derive(Clone, Copy, Debug, Differentiable)]
    pub(super) struct V {
        pub(super) x: f64,
        pub(super) y: f64,
    }

    #[differentiable(order = 2)]
    impl Sub for V {
        type Output = V;
        fn sub(self, o: V) -> V {
            V { x: self.x - o.x, y: self.y - o.y }
        }
    }

    #[differentiable(order = 2)]
    impl Mul for V {
        type Output = f64;
        fn mul(self, o: V) -> f64 {
            self.x * o.x + self.y * o.y
        }
    }

    #[differentiable(order = 2)]
    impl V {
        fn norm(self) -> f64 {
            self * self
        }
    }

    /// All pairs of points, whose differences are made again rather than kept.
    #[differentiable(order = 2)]
    pub(super) fn overlap(points: &[V], width: f64) -> Vec<f64> {
        let mut rows = vec![0.0; points.len()];
        for i in 0..points.len() {
            for j in 0..points.len() {
                let r = points[i] - points[j];
                rows[i] += (width + r.norm()) * (width - r.norm());
            }
        }
        rows
    }

    #[differentiable(order = 2)]
    pub(super) fn overlaps(points: &[V], width: f64) -> f64 {
        overlap(points, width).iter().map(|row| row * row).sum()
    }
}

#[test]
fn what_light_methods_give_is_not_kept() {
    use accessors::{Image, V, convolved, overlaps};
    let image = |n: usize| Image { width: n, data: (0..n * n).map(|i| (0.3 * i as f64).sin()).collect() };
    let kernel = [0.1, -0.2, 0.3, 0.4, 0.5, -0.6, 0.7, 0.2, 0.1];
    convolved::check(&image(5), &kernel).unwrap();
    let (picture, n) = (image(30), 30 * 30);
    // The gradient, what comes out, its cotangent, and a number for each pixel; not nine.
    let bytes = measure(|| assert!(convolved::grad(&picture, &kernel).1[0].is_finite())).bytes_max;
    assert!(bytes <= 8 * 5 * n, "{bytes} for {n} pixels");
    let points = |n: usize| (0..n).map(|i| V { x: (0.9 * i as f64).sin(), y: 0.1 * i as f64 }).collect::<Vec<_>>();
    overlaps::check(&points(4), 0.7).unwrap();
    let (cloud, n) = (points(40), 40);
    let bytes = measure(|| assert!(overlaps::grad(&cloud, 0.7).1.is_finite())).bytes_max;
    assert!(bytes <= 8 * 12 * n, "{bytes} for {n} points");
}

mod filled {
    use differentiable::prelude::*;

    /// Vectors that are collected, and filled by a loop.
    #[differentiable(order = 2)]
    pub(super) fn products(x: &[f64], k: f64) -> f64 {
        let sines: Vec<f64> = (0..x.len()).map(|i| (k * x[i]).sin()).collect();
        let mut pairs = Vec::new();
        for i in 1..sines.len() {
            pairs.push(sines[i] * sines[i - 1]);
        }
        pairs.iter().map(|p| p * p).sum()
    }

    #[differentiable(order = 2)]
    pub(super) fn sines(x: &[f64], k: f64) -> f64 {
        let sines: Vec<f64> = (0..x.len()).map(|i| (k * x[i]).sin()).collect();
        sines.iter().zip(&sines[1..]).map(|(a, b)| a * b).sum()
    }

    /// What is pushed now and then, twice, or by a loop that may end before has what room it takes.
    #[differentiable(order = 2)]
    pub(super) fn seldom(x: &[f64], limit: f64) -> f64 {
        let mut some = Vec::new();
        for i in 0..x.len() {
            if x[i] > 0.0 {
                some.push(x[i] * limit);
            }
        }
        let mut twice = Vec::new();
        for x in &some {
            twice.push(x * x);
            twice.push(limit);
        }
        let mut first = Vec::new();
        for x in &twice {
            first.push(x.cos());
            if *x > limit {
                break;
            }
        }
        some.iter().chain(&twice).chain(&first).sum()
    }
}

#[test]
fn vectors_that_loops_fill_do_not_grow() {
    let x = |n: usize| (0..n).map(|i| (0.7 * i as f64).cos()).collect::<Vec<_>>();
    filled::products::check(&x(6), 0.8).unwrap();
    filled::sines::check(&x(6), 0.8).unwrap();
    filled::seldom::check(&x(7), 0.9).unwrap();
    let count = |n| {
        let (x, d) = (x(n), vec![0.0; n]);
        let gradient = measure(|| assert!(filled::products::grad(&x, 0.8).1.is_finite())).count_total;
        let tangent = measure(|| assert!(filled::sines::jvp(&x, 0.8, &d, 1.0).1.is_finite())).count_total;
        (gradient, tangent)
    };
    let (short, long) = (count(10), count(3000));
    assert!(long.0 <= short.0 + 1 && long.1 == short.1, "{short:?} {long:?}");
}
