//! Exits, recursion, closures, chains, layers and names as different people write them.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;

mod parsing_with_question_marks {
    use differentiable::prelude::*;

    #[derive(Debug, Clone, PartialEq)]
    pub enum ParseError {
        Empty,
        BadToken(usize),
    }

    impl From<usize> for ParseError {
        fn from(at: usize) -> Self {
            ParseError::BadToken(at)
        }
    }

    type Outcome<T> = Result<T, ParseError>;

    #[differentiable]
    fn operand(stack: &mut Vec<f64>, at: usize) -> Result<f64, usize> {
        stack.pop().ok_or(at)
    }

    /// Reverse Polish notation: letters take values from `env`.
    #[differentiable]
    fn rpn(tokens: &[u8], env: &[f64]) -> Outcome<f64> {
        if tokens.is_empty() {
            return Err(ParseError::Empty);
        }
        let mut stack: Vec<f64> = Vec::new();
        for (at, &token) in tokens.iter().enumerate() {
            match token {
                b'a'..=b'z' => stack.push(*env.get((token - b'a') as usize).ok_or(at)?),
                d if d.is_ascii_digit() => stack.push(f64::from(d - b'0')),
                b'~' => {
                    let x = operand(&mut stack, at)?;
                    stack.push(-x);
                }
                b'+' | b'*' | b'/' => {
                    let b = operand(&mut stack, at)?;
                    let a = operand(&mut stack, at)?;
                    stack.push(if token == b'+' {
                        a + b
                    } else if token == b'*' {
                        a * b
                    } else {
                        a / b
                    });
                }
                _ => return Err(ParseError::BadToken(at)),
            }
        }
        match stack.as_slice() {
            [value] => Ok(*value),
            _ => Err(ParseError::BadToken(tokens.len())),
        }
    }

    #[differentiable]
    fn lenient(env: &[f64], fallback: f64) -> f64 {
        let good = rpn(b"ab*c/a+", env).unwrap_or(fallback);
        let bad = rpn(b"ab+*", env).unwrap_or_else(|_| fallback * fallback);
        let none = if let Ok(v) = rpn(b"", env) { v } else { fallback };
        good + 2.0 * bad + none
    }

    #[test]
    fn checks() {
        lenient::check(&[0.7, -1.2, 2.0], 0.3).unwrap();
        assert_eq!(rpn(b"a+", &[1.0]), Err(ParseError::BadToken(1)));
        assert_eq!(rpn(b"z", &[1.0]), Err(ParseError::BadToken(0)));
    }
}

mod options_through_a_pipeline {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Quote {
        bid: Option<f64>,
        ask: Option<f64>,
        last: f64,
    }

    #[differentiable]
    impl Quote {
        fn mid(&self) -> Option<f64> {
            let (bid, ask) = (self.bid?, self.ask?);
            (ask >= bid).then_some(0.5 * (bid + ask))
        }

        fn fair(&self) -> f64 {
            self.mid().or(self.bid).or_else(|| self.ask.map(|a| a * 0.99)).unwrap_or(self.last)
        }
    }

    #[differentiable]
    fn returns(quotes: &[Quote]) -> Option<f64> {
        let mut previous: Option<f64> = None;
        let mut best: Option<(usize, f64)> = None;
        for (day, quote) in quotes.iter().enumerate() {
            let price = quote.fair();
            if let Some(before) = previous.replace(price) {
                let r = (price / before).ln();
                best = match best {
                    Some((_, b)) if b >= r => best,
                    _ => Some((day, r)),
                };
            }
        }
        let (day, r) = best?;
        Some(r * (day as f64 + 1.0) + previous?)
    }

    #[test]
    fn checks() {
        let quotes = [
            Quote { bid: Some(1.0), ask: Some(1.1), last: 0.9 },
            Quote { bid: Some(1.3), ask: None, last: 1.2 },
            Quote { bid: None, ask: Some(1.9), last: 1.0 },
            Quote { bid: None, ask: None, last: 1.7 },
            Quote { bid: Some(2.0), ask: Some(1.5), last: 1.0 },
        ];
        returns::check(&quotes).unwrap();
        assert_eq!(returns(&[]), None);
    }
}

mod labelled_searches {
    use differentiable::prelude::*;

    /// The first path through a grid whose cost stays below a budget, row by row.
    #[differentiable]
    fn descend(grid: &[[f64; 4]; 3], budget: f64) -> f64 {
        let mut spent = 0.0;
        let mut column = 1usize;
        let cost = 'rows: loop {
            for (depth, row) in grid.iter().enumerate() {
                let mut tried = 0;
                'next: loop {
                    let step = row[column] * (1.0 + depth as f64);
                    match spent + step {
                        total if total <= budget => {
                            spent = total;
                            column = (column + 1) % row.len();
                            break 'next;
                        }
                        total if tried == row.len() => break 'rows total * total,
                        _ => {
                            tried += 1;
                            column = (column + 3) % row.len();
                            continue 'next;
                        }
                    }
                }
            }
            break spent;
        };
        cost + spent.sin()
    }

    /// Collatz-like steps on floats with three ways out.
    #[differentiable]
    fn wander(mut x: f64, gain: f64) -> f64 {
        let mut steps = 0u32;
        while steps < 50 {
            steps += 1;
            if x > 20.0 {
                return x.ln() * gain;
            }
            if x < 0.5 {
                x += gain;
                continue;
            }
            x = if steps.is_multiple_of(3) { x / 2.0 } else { gain.mul_add(x, 1.0) };
            if (x - 7.0).abs() < 0.05 {
                break;
            }
        }
        x * gain
    }

    #[test]
    fn checks() {
        let grid = [[0.9, 2.0, 0.3, 0.8], [0.2, 0.7, 3.0, 0.6], [0.5, 0.1, 0.4, 1.5]];
        for budget in [10.0, 3.0, 1.0] {
            descend::check(&grid, budget).unwrap();
        }
        for x in [0.1, 1.05, 4.0] {
            wander::check(x, 1.3).unwrap();
            wander::check(x, 0.7).unwrap();
        }
    }
}

mod returns_from_everywhere {
    use differentiable::prelude::*;

    #[differentiable]
    fn smooth_step(x: f64, edges: &[f64]) -> f64 {
        let [lo, .., hi] = edges else { return x };
        if x <= *lo {
            return 0.0;
        } else if x >= *hi {
            return 1.0;
        }
        for pair in edges.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if x < b {
                let t = (x - a) / (b - a);
                return {
                    let t2 = t * t;
                    t2 * (3.0 - 2.0 * t) * b
                };
            }
        }
        unreachable!("the last edge is above")
    }

    #[differentiable]
    fn first_root(coefficients: &[f64], start: f64) -> f64 {
        let n = coefficients.len();
        if n < 2 {
            return start;
        }
        let mut x = start;
        for _ in 0..30 {
            let (mut p, mut dp) = (coefficients[n - 1], 0.0);
            for c in coefficients[..n - 1].iter().rev() {
                dp = dp * x + p;
                p = p * x + c;
            }
            if dp == 0.0 {
                return x;
            }
            let dx = p / dp;
            x -= dx;
            if dx.abs() < 1e-14 {
                return x;
            }
        }
        x
    }

    #[test]
    fn checks() {
        for x in [-1.0, 0.3, 0.9, 2.0] {
            smooth_step::check(x, &[0.0, 0.5, 1.2]).unwrap();
        }
        smooth_step::check(0.7, &[]).unwrap();
        // x² - 2: the root's derivative by the constant is -1 / 2x.
        let (dc, _) = first_root::grad(&[-2.0, 0.0, 1.0], 1.0);
        assert!((dc[0] + 1.0 / (2.0 * 2f64.sqrt())).abs() < 1e-9);
        first_root::check(&[-2.0, 0.3, 1.0, 0.1], 1.0).unwrap();
    }
}

mod recursion_over_slices {
    use differentiable::prelude::*;

    /// Largest sum of neighbours, by halves; gives (best, from the left, from the right, all).
    #[differentiable]
    fn best(xs: &[f64]) -> (f64, f64, f64, f64) {
        match xs {
            [] => (0.0, 0.0, 0.0, 0.0),
            [x] => (x.max(0.0), x.max(0.0), x.max(0.0), *x),
            _ => {
                let (left, right) = xs.split_at(xs.len() / 2);
                let (lb, ll, lr, la) = best(left);
                let (rb, rl, rr, ra) = best(right);
                (lb.max(rb).max(lr + rl), ll.max(la + rl), rr.max(ra + lr), la + ra)
            }
        }
    }

    #[differentiable]
    fn quickselect(xs: &mut [f64], k: usize) -> f64 {
        if xs.len() == 1 {
            return xs[0];
        }
        let pivot = xs[xs.len() / 2];
        let (mut below, mut same, mut above) = (vec![], vec![], vec![]);
        for &x in xs.iter() {
            if x < pivot {
                below.push(x);
            } else if x > pivot {
                above.push(x);
            } else {
                same.push(x);
            }
        }
        let (b, s) = (below.len(), same.len());
        if k < b {
            quickselect(&mut below, k)
        } else if k < b + s {
            same[0]
        } else {
            quickselect(&mut above, k - b - s)
        }
    }

    #[differentiable]
    fn is_even_sum(xs: &[f64], w: f64) -> f64 {
        xs.split_first().map_or(w, |(head, tail)| head * w + is_odd_sum(tail, w * 0.9))
    }

    #[differentiable]
    fn is_odd_sum(xs: &[f64], w: f64) -> f64 {
        if let Some((head, tail)) = xs.split_first() { head.powi(2) - is_even_sum(tail, w) } else { w * w }
    }

    #[differentiable]
    fn determinant(rows: &[Vec<f64>]) -> f64 {
        if rows.len() == 1 {
            return rows[0][0];
        }
        (0..rows.len())
            .map(|c| {
                let minor: Vec<Vec<f64>> = rows[1..]
                    .iter()
                    .map(|row| row.iter().enumerate().filter(|(k, _)| *k != c).map(|(_, x)| *x).collect())
                    .collect();
                let sign = if c % 2 == 0 { 1.0 } else { -1.0 };
                sign * rows[0][c] * determinant(&minor)
            })
            .sum()
    }

    #[test]
    fn checks() {
        best::check(&[1.0, -3.0, 4.0, -1.0, 2.0, -5.3, 0.6]).unwrap();
        for k in 0..5 {
            quickselect::check(&mut [3.0, -1.0, 2.0, 0.5, 7.0], k).unwrap();
        }
        is_even_sum::check(&[0.3, 1.2, -0.7, 2.0], 0.8).unwrap();
        determinant::check(&[vec![1.0, 2.0, 0.5], vec![-1.0, 0.3, 2.0], vec![0.7, 1.1, -0.4]]).unwrap();
    }
}

mod states_for_labels {
    use super::*;
    #[differentiable(order = 2)]
    fn machine(x: &[f64]) -> f64 {
        let (mut a, mut b, mut it) = (x[0], x[1], 0usize);
        let mut label = 10;
        let r = loop {
            label = match label {
                10 => {
                    it += 1;
                    if it > 12 {
                        99
                    } else if a.abs() > b.abs() {
                        20
                    } else {
                        30
                    }
                }
                20 => {
                    a = a * 0.5 - x[2] * b;
                    if it % 3 == 0 { 40 } else { 10 }
                }
                30 => {
                    let t = a;
                    a = b;
                    b = t * 0.9 + (x[2] * t).sin();
                    10
                }
                40 => {
                    b += a * a * 0.01;
                    10
                }
                99 => break a * b + x[0],
                _ => unreachable!(),
            };
        };
        r
    }
    checked!(machine, [1.3, 0.8, 0.3]);
}

mod tank_with_replaced_states {
    use super::*;
    use std::mem;
    #[derive(Clone, Debug, PartialEq, Default, Differentiable)]
    enum Tank {
        #[default]
        Empty,
        Filling {
            level: f64,
            rate: f64,
        },
        Draining(f64),
    }
    #[differentiable]
    fn advance(t: &mut Tank, inflow: f64, cap: f64) -> f64 {
        let old = mem::replace(t, Tank::Empty);
        let (next, out) = match old {
            Tank::Empty => (Tank::Filling { level: 0.0, rate: inflow }, 0.0),
            Tank::Filling { level, rate } if level + rate > cap => (Tank::Draining(level + rate - cap), level * 0.5),
            Tank::Filling { level, rate } => (Tank::Filling { level: level + rate, rate: rate * 0.9 }, 0.1 * level),
            Tank::Draining(l) if l < 0.05 => (Tank::Empty, l),
            Tank::Draining(l) => (Tank::Draining(l * 0.5), 0.5 * l),
        };
        *t = next;
        out
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut t = Tank::default();
        let mut total = 0.0;
        for i in 0..9 {
            total += advance(&mut t, x[0] + 0.1 * i as f64, x[1]) * (1.0 + x[2]).powi(i);
        }
        let last = mem::take(&mut t);
        total + if let Tank::Filling { level, .. } | Tank::Draining(level) = last { level } else { x[0] }
    }
    agrees!(f, [0.45, 1.22, 0.3]);
}

mod soft_time_warping {
    use super::*;
    #[differentiable]
    fn soft_dtw(a: &[f64], b: &[f64], gamma: f64) -> f64 {
        let (n, m) = (a.len(), b.len());
        let softmin = |p: f64, q: f64, r: f64| {
            let lo = p.min(q).min(r);
            lo - gamma * ((-(p - lo) / gamma).exp() + (-(q - lo) / gamma).exp() + (-(r - lo) / gamma).exp()).ln()
        };
        let mut prev = vec![1e6; m + 1];
        prev[0] = 0.0;
        for i in 1..=n {
            let mut cur = vec![1e6; m + 1];
            for j in 1..=m {
                let d = (a[i - 1] - b[j - 1]).powi(2);
                cur[j] = d + softmin(prev[j], cur[j - 1], prev[j - 1]);
            }
            prev = cur;
        }
        prev[m]
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        soft_dtw(x, &[0.1, 0.9, 1.1, 0.3], 0.5) + soft_dtw(&x[..2], &x[1..], x[0] + 0.3)
    }
    agrees!(f, [0.4, 0.8, 1.3]);
}
