//! Programs whose types and lengths are written far from where they are needed: arrays that patterns and turbofishes measure,
//! values that methods give, vectors that are handed over in branches, constants that are looked up.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

#[macro_use]
mod common;

use std::collections::{BTreeMap, HashMap};
use std::ops::{Index, Neg};

use differentiable::prelude::*;

/// A vector that a branch takes over and a call fills: at order 2 the backward sweep needs its tangent as well.
mod vectors_that_calls_change_in_branches {
    use super::*;

    #[differentiable(order = 2)]
    fn scale_first(v: &mut [f64], k: usize) -> f64 {
        v[0] *= v[1];
        v[k] * v[0]
    }

    #[differentiable(order = 2)]
    fn moved(x: &[f64]) -> f64 {
        let squares: Vec<f64> = x.iter().map(|a| a * a).collect();
        if squares.len() > 1 {
            let mut squares = squares;
            scale_first(&mut squares, 1)
        } else {
            squares[0]
        }
    }
    checked!(moved, [0.3, 0.8]);
}

/// The middle one of some numbers, by recursion on vectors that each level makes.
mod quickselect {
    use super::*;

    #[differentiable(order = 2)]
    fn nth(v: &mut [f64], k: usize) -> f64 {
        if v.len() == 1 {
            return v[0];
        }
        let pivot = v[v.len() / 2];
        let low: Vec<f64> = v.iter().copied().filter(|a| *a < pivot).collect();
        let same = v.iter().filter(|a| **a == pivot).count();
        if k < low.len() {
            let mut low = low;
            nth(&mut low, k)
        } else if k < low.len() + same {
            pivot
        } else {
            let mut high: Vec<f64> = v.iter().copied().filter(|a| *a > pivot).collect();
            nth(&mut high, k - low.len() - same)
        }
    }

    #[differentiable(order = 2)]
    fn deviation(x: &[f64]) -> f64 {
        let mut v = x.to_vec();
        let median = nth(&mut v, 2);
        x.iter().map(|a| (a - median).powi(2)).sum::<f64>().sqrt()
    }
    checked!(deviation, [0.3, 0.8, 0.4, 0.9, 0.7]);
}

/// A tuple, and a variant, of vectors without derivative: each component of a second derivative has zeros in its shape.
mod zeros_in_the_shape_of_what_is_made_of_vectors {
    use super::*;

    #[derive(Clone, Differentiable)]
    enum Terms {
        Powers(Vec<f64>, Vec<usize>),
    }

    #[differentiable(order = 2)]
    fn terms(n: usize) -> Terms {
        let powers: Vec<usize> = (1..=n).collect();
        let factors = vec![0.5; n];
        Terms::Powers(factors, powers)
    }

    #[differentiable(order = 2)]
    fn pivots(v: &mut [f64]) -> (Vec<usize>, f64) {
        let mut order: Vec<usize> = (0..v.len()).collect();
        let mut sign = 1.0;
        for k in 0..v.len() {
            if v[k] > 0.5 {
                order.swap(k, 0);
                sign = -sign;
            }
            v[k] *= v[0];
        }
        (order, sign)
    }

    #[differentiable(order = 2)]
    fn polynomial(x: &[f64]) -> f64 {
        let mut v = x.to_vec();
        let (order, sign) = pivots(&mut v);
        let Terms::Powers(factors, powers) = terms(3);
        let sum: f64 = factors.iter().zip(&powers).map(|(f, p)| f * x[0].powi(*p as i32)).sum();
        sign * sum * v[order[0]]
    }
    checked!(polynomial, [0.4, 0.7, 0.3]);
}

/// Lengths that a turbofish, a pattern or a declared pattern gives.
mod lengths_of_arrays_that_are_made {
    use super::*;

    #[differentiable(order = 2)]
    fn lengths<const N: usize>(x: &[f64]) -> f64 {
        let [a, b, c] = std::array::from_fn::<f64, 3, _>(|i| x[i] * x[0]);
        let [d, e] = std::array::from_fn(|i| x[i] * a);
        let [f, g]: [f64; 2] = x[1..].try_into().unwrap();
        let sums: [f64; N] =
            std::array::from_fn(|i| std::array::from_fn::<_, 4, _>(|j| x[i] * j as f64).iter().sum::<f64>());
        let w = std::array::from_fn::<_, N, _>(|i| sums[i] * x[i]);
        a * b * c + d * e + f * g + w[0] * w[1]
    }

    #[differentiable(order = 2)]
    fn of_two(x: &[f64]) -> f64 {
        lengths::<2>(x)
    }
    checked!(of_two, [0.4, 0.7, 0.3]);
}

/// Arrays of references, and arrays of arrays in a field.
mod maps_of_arrays {
    use super::*;

    #[derive(Clone, Copy, Differentiable)]
    struct Matrix<const R: usize, const C: usize>([[f64; C]; R]);

    #[differentiable(order = 2)]
    impl<const R: usize, const C: usize> Matrix<R, C> {
        fn scaled(&self, k: f64) -> Self {
            Matrix(self.0.map(|row| row.map(|v| v * k)))
        }
    }

    #[differentiable(order = 2)]
    fn maps(x: &[f64]) -> f64 {
        let m = Matrix([[x[0], x[1]], [x[2], 1.0]]).scaled(x[0]);
        let [first, second] = m.0.each_ref().map(|row| row[0] * row[1]);
        let doubled = [x[0], x[1]].each_ref().map(|v| *v * 2.0);
        first * second + doubled[0] * doubled[1]
    }
    checked!(maps, [0.4, 0.7, 0.3]);
}

/// An `Index` of the user's own, of what methods and operators give, beside arrays, vectors and rows that methods give.
mod elements_of_what_methods_give {
    use super::*;

    #[derive(Clone, Copy, Differentiable)]
    struct V3 {
        x: f64,
        y: f64,
        z: f64,
    }

    #[differentiable(order = 2)]
    impl Index<usize> for V3 {
        type Output = f64;
        fn index(&self, i: usize) -> &f64 {
            match i {
                0 => &self.x,
                1 => &self.y,
                _ => &self.z,
            }
        }
    }

    #[differentiable(order = 2)]
    impl Neg for V3 {
        type Output = V3;
        fn neg(self) -> V3 {
            V3 { x: -self.x, y: -self.y, z: -self.z }
        }
    }

    #[differentiable(order = 2)]
    impl V3 {
        fn bent(self) -> V3 {
            V3 { x: self.x * self.y, y: self.y.sin(), z: self.z }
        }
        fn pair(&self) -> [f64; 2] {
            [self.x * self.z, self.y]
        }
        fn list(&self) -> Vec<f64> {
            vec![self.x, self.y * self.z]
        }
    }

    #[derive(Clone, Differentiable)]
    struct Rows(Vec<f64>);

    #[differentiable(order = 2)]
    impl Rows {
        fn row(&self, i: usize) -> &[f64] {
            &self.0[2 * i..2 * i + 2]
        }
    }

    #[differentiable(order = 2)]
    fn elements(x: &[f64]) -> f64 {
        let v = V3 { x: x[0], y: x[1], z: x[2] };
        let (bent, pair, list, turned) = (v.bent(), v.pair(), v.list(), -(v.bent()));
        let rows = Rows(vec![x[0], x[1], x[2], 0.5]);
        let row = rows.row(1);
        bent[0] * bent[1] + pair[0] * list[1] + turned[1] * v.bent()[2] + row[0] * row[1] * rows.row(0)[1]
    }
    checked!(elements, [0.4, 0.7, 0.3]);
}

/// What is found in a map of constants outlives the tape.
mod constants_in_maps {
    use super::*;

    #[differentiable(order = 2)]
    fn energy(
        x: &[f64],
        #[constant] masses: &BTreeMap<&str, f64>,
        #[constant] bonds: &HashMap<(usize, usize), f64>,
    ) -> f64 {
        let mut e = 0.0;
        for i in 0..x.len() {
            for j in i..x.len() {
                if let Some(k) = bonds.get(&(i, j)) {
                    e += *k * (x[i] - x[j]).powi(2);
                }
            }
        }
        let angles: BTreeMap<usize, f64> = BTreeMap::from([(0, 0.3), (2, 0.9)]);
        for (i, a) in &angles {
            e += a * x[*i].sin();
        }
        for ((i, j), k) in bonds {
            e += k * x[*i] * x[*j];
        }
        match masses.get("H") {
            Some(m) => e * m * x[0],
            None => e,
        }
    }

    #[test]
    fn checked() {
        let x = [0.3, 0.9, -0.2];
        let masses = BTreeMap::from([("C", 12.0), ("H", 1.5)]);
        let bonds = HashMap::from([((0, 1), 2.0), ((1, 2), 0.7)]);
        energy::check(&x, &masses, &bonds).unwrap();
        let expected = common::differences(|x| energy(x, &masses, &bonds), &x);
        let gradient = energy::grad(&x, &masses, &bonds);
        assert!(gradient.iter().zip(&expected).all(|(g, e)| common::close(*g, *e)), "{gradient:?} {expected:?}");
        let hessian = energy::hessian(&x, &masses, &bonds);
        for i in 0..3 {
            let second = common::differences(|x| energy::grad(x, &masses, &bonds)[i], &x);
            assert!((0..3).all(|j| common::close(0.2 * hessian[[i, j]], 0.2 * second[j])), "{hessian} {second:?}");
        }
    }
}

/// The same in lanes, where tangents of arrays and vectors have elements of their own.
mod elements_of_what_methods_give_in_lanes {
    use super::*;

    #[derive(Clone, Differentiable)]
    #[lanes]
    struct Oscillator {
        stiffness: f64,
        friction: f64,
    }

    #[differentiable(lanes)]
    impl Oscillator {
        fn slope(&self, s: &[f64; 2]) -> [f64; 2] {
            [s[1], -self.stiffness * s[0] - self.friction * s[1]]
        }
    }

    #[differentiable(lanes)]
    fn step(o: &Oscillator, x: f64) -> [f64; 2] {
        let slope = o.slope(&[x, 0.1]);
        [x + slope[0] * slope[1], o.slope(&[slope[1], x])[1]]
    }

    #[test]
    fn checked() {
        let o = Oscillator { stiffness: 1.1, friction: 0.2 };
        step::check(&o, 0.7).unwrap();
        let jacobian = step::jacobian(&o, 0.7);
        let (_, pullback) = step::vjp(&o, 0.7);
        for (row, cotangent) in [[1.0, 0.0], [0.0, 1.0]].into_iter().enumerate() {
            let (d_o, d_x) = pullback(cotangent);
            let expected = [d_o.stiffness, d_o.friction, d_x];
            assert!((0..3).all(|j| common::close(jacobian[[row, j]], expected[j])), "{jacobian} {expected:?}");
        }
    }
}

/// A method with a name of those of vectors, on values that are made on the spot.
mod lists_that_are_built {
    use super::*;

    #[derive(Clone, Differentiable)]
    struct Node {
        value: f64,
        next: Option<Box<Node>>,
    }

    #[differentiable(order = 2)]
    impl Node {
        fn total(&self, weight: f64) -> f64 {
            let rest = match &self.next {
                Some(next) => next.total(weight * self.value),
                None => 0.0,
            };
            self.value * weight + rest
        }
        fn push(self, value: f64) -> Node {
            Node { value, next: Some(Box::new(self)) }
        }
    }

    #[differentiable(order = 2)]
    fn total(x: &[f64]) -> f64 {
        let list = Node { value: x[0], next: None }.push(x[1]).push(x[2]);
        list.total(x[0])
    }
    checked!(total, [0.4, 0.7, 0.3]);
}

mod mapped_fields_that_are_arrays_or_options {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Meter {
        last: Option<f64>,
        seen: (Option<f64>, [f64; 2]),
        log: Vec<Option<f64>>,
    }
    #[differentiable(order = 2)]
    impl Meter {
        fn scaled(&self, k: f64) -> Meter {
            Meter {
                last: self.last.map(|v| v * k),
                seen: (self.seen.0.map(|v| v.sin() * k), self.seen.1.map(|v| v * v * k)),
                log: vec![self.log[0].map(|v| v + k), None],
            }
        }
        fn read(&self) -> f64 {
            let a = self.last.map(|v| v * v).unwrap_or(1.0);
            let b = if let Some(b) = self.log[0] { b } else { 0.0 };
            a * b + self.seen.0.unwrap_or(2.0) * self.seen.1[1] + self.seen.1.map(|v| v.exp()).iter().sum::<f64>()
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = Meter { last: Some(x[0]), seen: (Some(x[1]), [x[2], x[0]]), log: vec![Some(x[1]), None] };
        let n = Meter { last: None, seen: (None, [x[2], x[0]]), log: vec![None, None] };
        m.scaled(x[2]).read() * n.scaled(x[1]).read()
    }
    checked!(f, [0.5, 1.2, 0.8]);
}

mod sums_of_options_and_results {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn root(x: f64) -> Result<f64, String> {
        if x < 0.0 { Err(format!("{x}")) } else { Ok(x.sqrt()) }
    }
    #[differentiable(order = 2)]
    fn roots(v: &[f64]) -> Result<f64, String> {
        let p: Option<f64> = v.iter().map(|a| if *a > 100.0 { None } else { Some(a * a) }).product();
        v.iter().map(|a| root(*a)).sum::<Result<f64, String>>().map(|s| s * p.unwrap_or(3.0))
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let bad = roots(&[x[0], -x[1]]);
        roots(x).unwrap() + bad.unwrap_or(x[2] * x[2])
    }
    checked!(f, [0.5, 1.2, 0.8]);
}

mod unwrapped_in_arithmetic {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn root(v: &[f64]) -> Result<f64, String> {
        if v[0] < 0.0 { Err(format!("{}", v[0])) } else { Ok(v[0].sqrt()) }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let b = if x[1] > 0.0 { x[2] } else { 1.0 };
        root(x).unwrap() * b + (root(&x[1..]).expect("positive") - root(&x[2..]).unwrap()).exp()
    }
    checked!(f, [0.5, 1.2, 0.8]);
}

mod sums_of_a_type_of_the_users_own {
    use differentiable::prelude::*;
    use std::iter::Sum;
    use std::ops::{Add, Mul};
    #[derive(Clone, Copy, Debug, Default, PartialEq, Differentiable)]
    struct Vec2<T> {
        x: T,
        y: T,
    }
    #[differentiable(order = 2)]
    impl<T: Real> Add for Vec2<T> {
        type Output = Vec2<T>;
        fn add(self, o: Vec2<T>) -> Vec2<T> {
            Vec2 { x: self.x + o.x, y: self.y + o.y }
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Mul<T> for Vec2<T> {
        type Output = Vec2<T>;
        fn mul(self, k: T) -> Vec2<T> {
            Vec2 { x: self.x * k, y: self.y * k }
        }
    }
    impl<T: Real + Default> Sum for Vec2<T> {
        fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
            iter.fold(Vec2::default(), |a, b| a + b)
        }
    }
    #[differentiable(order = 2)]
    fn centroid(p: &[Vec2<f64>], w: &[f64]) -> Vec2<f64> {
        let total: f64 = w.iter().sum();
        let s: Vec2<f64> = p.iter().zip(w).map(|(&p, &w)| p * w).sum();
        s * (1.0 / total)
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let pts = [Vec2 { x: x[0], y: x[1] }, Vec2 { x: 1.0, y: x[2] }, Vec2 { x: x[2], y: -1.0 }];
        let c = centroid(&pts, &[x[3], 0.5, x[0]]);
        c.x.hypot(c.y)
    }
    checked!(f, [0.3, 0.7, -0.4, 0.8]);
}

mod slices_of_slices {
    use super::common::{close, differences};
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn weighted(rows: &[&[f64]], w: &[f64]) -> f64 {
        let mut total = 0.0;
        for (row, k) in rows.iter().zip(w) {
            total += k * row.iter().map(|a| a * a).sum::<f64>();
        }
        total * rows[0][1]
    }
    #[test]
    fn agrees() {
        let x = [0.3, 0.7, -0.4, 1.2, 0.5, 0.4, 1.1];
        let value = |x: &[f64]| weighted(&[&x[..3], &x[3..5]], &x[5..]);
        let rows: [&[f64]; 2] = [&x[..3], &x[3..5]];
        let (found, (d_rows, d_w)) = weighted::value_and_grad(&rows, &x[5..]);
        assert!(close(found, value(&x)));
        let gradient = [d_rows.concat(), d_w].concat();
        let expected = differences(value, &x);
        assert_eq!(gradient.len(), expected.len());
        for i in 0..x.len() {
            assert!(close(gradient[i], expected[i]), "{gradient:?} is not {expected:?}");
            let mut unit = vec![0.0; x.len()];
            unit[i] = 1.0;
            let d_rows = vec![unit[..3].to_vec(), unit[3..5].to_vec()];
            assert!(close(weighted::jvp(&rows, &x[5..], &d_rows, &unit[5..]).1, expected[i]));
        }
    }
}

mod constants_that_are_mapped {
    use differentiable::prelude::*;
    const SCALE: [f64; 3] = [1.0, 2.0, 0.5];
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let [a, b, c] = SCALE.map(|s| s * x[0] * x[1]);
        a * b - c * x[2]
    }
    checked!(f, [0.5, 1.2, 0.8]);
}
