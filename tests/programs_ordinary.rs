//! Ordinary Rust in the forms in which users write it: cuts of slices, ranges that are used twice, patterns that leave out what
//! comes first, functions that are named by their trait.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;

mod cuts_of_slices {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = x[0];
        for part in x.split(|v| *v < 0.5) {
            for a in part {
                s *= a * x[2];
            }
            s += 1.0;
        }
        for part in x[1..].split_inclusive(|v| *v < 0.5) {
            s += part[0] * part[part.len() - 1];
        }
        let rising = x.chunk_by(|a, b| a <= b).map(|run| run.iter().product::<f64>()).fold(0.0, |s, a| s + a * a);
        s * rising
    }
    checked!(f, [0.7, 1.3, 0.4, 0.9, 1.1]);
}

mod searches_from_the_end {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let k = x.iter().rposition(|v| *v > 0.5).unwrap_or(0);
        let none = x.iter().rposition(|v| *v > 50.0).map_or(x[0], |i| x[i]);
        x[k] * x[2] * none + x[1]
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

mod patterns_that_begin_with_a_rest {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut best: Option<(f64, usize)> = None;
        for (k, a) in x.iter().enumerate() {
            best = match best {
                Some((b, j)) if b > *a => Some((b, j)),
                _ => Some((a * x[2], k)),
            };
        }
        let Some((.., k)) = best else { return x[0] };
        let (a, .., c) = (x[0], x[1], x[2], x[1] * x[2]);
        let o = Some((x[0], x[1], 2));
        let factor = if let Some((.., n)) = o { n as f64 } else { 1.0 };
        match o {
            Some((.., b, _)) => b * x[k] * a * c * factor,
            None => 0.0,
        }
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

mod functions_named_by_a_trait {
    use super::*;
    trait Model {
        type Scalar: Real;
    }
    struct A;
    impl Model for A {
        type Scalar = f64;
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        <A as Model>::Scalar::sin(x[0]) * <f64 as differentiable::num_traits::Float>::powi(x[1], 2) * x[2].sin()
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

mod ranges_that_are_copied {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let r = 1..3;
        let mut s = x[0];
        for _ in 0..2 {
            for i in r.clone() {
                s = s * x[i] + x[0];
            }
        }
        s * r.len() as f64 * x[r.clone()][0]
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

mod queues_of_what_is_there {
    use super::*;
    use std::collections::VecDeque;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut q = VecDeque::from(vec![x[0], x[1]]);
        let mut r = std::collections::VecDeque::from([x[2], x[1]]);
        q.push_back(x[2]);
        r.push_front(x[0] * x[0]);
        let a = q.pop_front().unwrap();
        a * q[0] * q[1] + r[0] * r[2]
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

mod texts_that_are_copied {
    use super::*;
    #[differentiable(order = 2)]
    fn parsed(tokens: &[&str], x: &[f64]) -> Result<f64, String> {
        let mut stack: Vec<f64> = Vec::new();
        for t in tokens.iter().copied() {
            match t {
                "+" | "*" => {
                    let b = stack.pop().ok_or("empty".to_string())?;
                    let a = stack.pop().ok_or_else(|| "empty".to_string())?;
                    stack.push(if t == "+" { a + b } else { a * b });
                }
                name if name.starts_with('x') => {
                    let i: usize = name[1..].parse().map_err(|_| format!("bad {name}"))?;
                    stack.push(*x.get(i).ok_or("range")?);
                }
                number => stack.push(number.parse::<f64>().map_err(|e| e.to_string())?),
            }
        }
        stack.pop().ok_or_else(|| String::from("none"))
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        parsed(&["x0", "x1", "*", "2.5", "x2", "+", "*"], x).unwrap_or(0.0)
            + parsed(&["x0", "x9", "*"], x).map_or(x[1], |v| v * x[2])
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

mod slices_of_slices {
    use super::*;
    #[differentiable(order = 2)]
    fn weighted(rows: &[&[f64]], names: &[(&str, f64)], k: f64) -> f64 {
        let mut s = k;
        for row in rows {
            s += row.iter().map(|a| a * a * k).sum::<f64>();
        }
        for (name, a) in names {
            s *= a * name.len() as f64 * k;
        }
        s
    }

    #[test]
    fn as_parameters() {
        let (a, b) = (vec![0.3, 0.7], vec![1.2]);
        let (rows, names): ([&[f64]; 2], _) = ([&a, &b], [("ab", 0.4), ("c", 1.1)]);
        let (d_rows, d_names, d_k) = weighted::grad(&rows, &names, 0.6);
        let by_k = common::differences(|k| weighted(&rows, &names, k[0]), &[0.6]);
        assert!(common::close(d_k, by_k[0]));
        let by_a = common::differences(|a| weighted(&[a, &b], &names, 0.6), &a);
        assert!(common::close(d_rows[0][1], by_a[1]));
        let by_name = common::differences(|v| weighted(&rows, &[("ab", v[0]), ("c", v[1])], 0.6), &[0.4, 1.1]);
        assert!(common::close(d_names[1].1, by_name[1]));
        let (d_a, d_b) = (vec![1.0, -2.0], vec![0.5]);
        let along = weighted::jvp(&rows, &names, 0.6, &[d_a.clone(), d_b.clone()], &[((), 0.0), ((), 3.0)], 0.25).1;
        let by_b = common::differences(|b| weighted(&[&a, b], &names, 0.6), &b);
        let expected = d_a[0] * by_a[0] + d_a[1] * by_a[1] + d_b[0] * by_b[0] + 3.0 * by_name[1] + 0.25 * by_k[0];
        assert!(common::close(along, expected), "{along} is not {expected}");
    }
}
