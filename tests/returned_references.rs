//! Functions that return references: their derivatives give copies, and callers use them as the references.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[macro_use]
mod common;

#[differentiable(order = 2)]
fn pick<'a>(a: &'a [f64], b: &'a [f64], first: bool) -> &'a [f64] {
    if first { a } else { b }
}

#[differentiable(order = 2)]
fn row(m: &[f64], width: usize, i: usize) -> &[f64] {
    assert!(i * width < m.len());
    &m[i * width..(i + 1) * width]
}

#[differentiable(order = 2)]
fn larger<'a>(a: &'a f64, b: &'a f64) -> &'a f64 {
    if a > b {
        return a;
    }
    b
}

#[differentiable(order = 2)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

mod picked {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (a, b) = x.split_at(2);
        let chosen: &[f64] = pick(a, b, x[0] > 5.0);
        let other = pick(a, b, true);
        chosen[0] * chosen[1].sin() + other[1] * other.len() as f64 * chosen[0]
    }

    checked!(f, [0.3, 0.7, 1.1, -0.4]);
}

mod rows {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for i in 0..3 {
            let r: &[f64] = row(x, 2, i);
            s += dot(r, r) * r[0];
            for v in row(x, 2, i) {
                s += v.sin();
            }
            s += row(x, 2, i).iter().map(|v| v * v * v).sum::<f64>() * row(x, 2, i)[1];
        }
        s * dot(&row(x, 2, 0), &x[2..4])
    }

    checked!(f, [0.3, 0.7, 1.1, -0.4, 0.2, 0.9]);
}

mod scalars {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let a = *larger(&x[0], &x[1]);
        let b: &f64 = larger(&x[1], &x[2]);
        a * b.sin() + *b * x[0] + *larger(&a, b)
    }

    checked!(f, [0.3, 0.7, 1.1]);
}

mod methods {
    use super::*;

    #[derive(Clone, Differentiable)]
    struct Matrix {
        data: Vec<f64>,
        #[constant]
        width: usize,
        scale: Scale,
    }

    #[derive(Clone, Differentiable)]
    struct Scale {
        by: f64,
    }

    #[differentiable(order = 2)]
    impl Matrix {
        fn new(x: &[f64], width: usize) -> Self {
            Matrix { data: x.to_vec(), width, scale: Scale { by: x[0] } }
        }

        fn row(&self, i: usize) -> &[f64] {
            &self.data[i * self.width..(i + 1) * self.width]
        }

        fn at(&self, i: usize, j: usize) -> &f64 {
            &self.row(i)[j]
        }

        fn scale(&self) -> &Scale {
            &self.scale
        }

        fn bottom(&self) -> &[f64] {
            self.row(self.data.len() / self.width - 1)
        }

        fn times(&self, i: usize, y: &[f64]) -> f64 {
            dot(self.row(i), y) * self.scale().by
        }
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = Matrix::new(x, 2);
        let last: &[f64] = m.bottom();
        let mut s = *m.at(1, 0) * m.scale().by;
        for i in 0..3 {
            s += m.times(i, last) * m.row(i)[0].cos();
        }
        s + m.row(0).iter().zip(m.row(1)).map(|(a, b)| a * b).sum::<f64>()
    }

    checked!(f, [0.3, 0.7, 1.1, -0.4, 0.2, 0.9]);
}

mod through_traits {
    use super::*;

    #[differentiable(order = 2)]
    trait Rows {
        fn row(&self, i: usize) -> &[f64];
    }

    #[derive(Clone, Differentiable)]
    struct Nested {
        rows: Vec<Vec<f64>>,
    }

    #[differentiable(order = 2)]
    impl Rows for Nested {
        fn row(&self, i: usize) -> &[f64] {
            &self.rows[i]
        }
    }

    #[differentiable(order = 2)]
    fn total<R: Rows>(rows: &R, y: &[f64]) -> f64 {
        let first: &[f64] = rows.row(0);
        dot(first, y) * rows.row(1)[0] + rows.row(1).len() as f64 * y[0]
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let nested = Nested { rows: vec![x[..2].to_vec(), x[1..].to_vec()] };
        total(&nested, &x[1..])
    }

    checked!(f, [0.3, 0.7, 1.1]);
}

mod generic {
    use super::*;

    #[differentiable(order = 2)]
    fn first_of<T: Clone>(items: &[T], skip: usize) -> &T {
        for (i, item) in items.iter().enumerate() {
            if i == skip {
                return item;
            }
        }
        items.last().unwrap()
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let pairs: Vec<[f64; 2]> = vec![[x[0], x[1]], [x[1], x[2]]];
        let pair = first_of(&pairs, 1);
        first_of(x, 2).sin() * pair[0] * pair[1] + *first_of(x, 9)
    }

    checked!(f, [0.3, 0.7, 1.1]);
}

mod states {
    use super::*;

    #[derive(Clone, Differentiable)]
    struct Filter {
        mean: Vec<f64>,
        gain: f64,
    }

    #[differentiable(order = 2)]
    impl Filter {
        fn mean(&self) -> &[f64] {
            &self.mean
        }

        fn step(&mut self, z: f64) -> &f64 {
            self.gain *= 0.9;
            for m in self.mean.iter_mut() {
                *m += self.gain * (z - *m);
            }
            &self.gain
        }
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut filter = Filter { mean: x.to_vec(), gain: x[0] };
        let mut s = 0.0;
        for k in 0..3 {
            let gain = *filter.step(x[1] * k as f64);
            s += gain * filter.mean()[k % 2].sin();
        }
        s
    }

    checked!(f, [0.3, 0.7]);
}
