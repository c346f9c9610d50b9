//! Small programs of what tools for derivatives are known to get wrong, one a kind.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use differentiable::prelude::*;

/// Insertion sort in place, by shifting; then by swapping two elements in one assignment.
#[differentiable]
fn insertion_sort(v: &mut [f64]) {
    for i in 1..v.len() {
        let key = v[i];
        let mut j = i;
        while j > 0 && v[j - 1] > key {
            v[j] = v[j - 1];
            j -= 1;
        }
        v[j] = key;
    }
}

#[differentiable]
fn gnome_sort(v: &mut Vec<f64>, w: &[f64]) -> f64 {
    let mut at = 0;
    while at < v.len() {
        if at == 0 {
            at += 1;
            continue;
        }
        match v[at - 1].partial_cmp(&v[at]) {
            Some(Ordering::Less | Ordering::Equal) => at += 1,
            Some(Ordering::Greater) => {
                (v[at - 1], v[at]) = (v[at], v[at - 1]);
                at -= 1;
            }
            None => panic!("a number is not a number"),
        }
    }
    v.iter().zip(w).map(|(a, b)| a * b).sum()
}

/// Prefix products, forward and backward, over what they overwrite.
#[differentiable]
fn products_without(v: &[f64]) -> Vec<f64> {
    let n = v.len();
    let mut out = vec![1.0; n];
    for i in 1..n {
        out[i] = out[i - 1] * v[i - 1];
    }
    let mut suffix = 1.0;
    for i in (0..n).rev() {
        out[i] *= suffix;
        suffix *= v[i];
    }
    out
}

#[test]
fn in_place() {
    insertion_sort::check(&mut [2.0, -1.0, 0.5, 3.0, -0.7]).unwrap();
    gnome_sort::check(&mut vec![2.0, -1.0, 0.5, 3.0], &[1.0, -2.0, 0.3, 0.7]).unwrap();
    products_without::check(&[2.0, 0.0, 0.5, 3.0]).unwrap();
    products_without::check(&[]).unwrap();
}

/// Zero, one and no elements.
#[differentiable]
fn of_any_length(v: &[f64], x: f64) -> f64 {
    let none: [f64; 0] = [];
    let mut grown: Vec<f64> = vec![];
    let empty = none.iter().sum::<f64>() + grown.iter().product::<f64>();
    for i in 1..v.len() {
        grown.push(v[i] - v[i - 1]);
    }
    let rows: Vec<Vec<f64>> = vec![Vec::new(), grown.clone(), vec![x; 2]];
    empty * x + rows.iter().map(|r| r.iter().sum::<f64>()).sum::<f64>() + grown.first().map_or(x, |g| g * x)
}

#[differentiable]
fn nothing() {}

#[differentiable]
fn constant(x: f64, unused: &[f64]) -> f64 {
    let _ = x;
    4.5
}

#[test]
fn lengths() {
    for v in [&[][..], &[0.5], &[0.5, -1.0, 2.0]] {
        of_any_length::check(v, 0.8).unwrap();
    }
    assert_eq!(constant::grad(1.0, &[2.0, 3.0]), (0.0, vec![0.0, 0.0]));
    nothing();
}

/// A million iterations, of which the backward sweep takes one number each.
#[differentiable]
fn million(x: f64) -> f64 {
    let mut s = x;
    let mut k = 0u32;
    while k < 1_000_000 {
        s = if k % 2 == 0 { s + 1e-6 * s.sin() } else { s * (1.0 - 1e-7) };
        k += 1;
    }
    s
}

/// Recursion a thousand calls deep.
#[differentiable]
fn down(x: f64, n: u32) -> f64 {
    if n == 0 { x } else { down(x, n - 1) * 0.999 + x * 1e-3 }
}

#[test]
fn long_and_deep() {
    let (g, h) = (million::grad(0.7), 1e-6);
    assert!((g - (million(0.7 + h) - million(0.7 - h)) / (2.0 * h)).abs() < 1e-6);
    assert!((g - million::jvp(0.7, 1.0).1).abs() < 1e-10);
    down::check(1.3, 1000).unwrap();
}

/// Floats to integers and back, shifts, booleans as numbers.
#[differentiable]
fn conversions(x: f64, v: &[f64], flag: bool) -> f64 {
    let cell = (x * 4.0).floor() as usize % v.len();
    let half = (v.len() as u32 >> 1) as usize;
    let shifted = (1u64 << cell) as f64;
    let sign = (x > 0.0) as i32 - (x < 0.0) as i32;
    let switch = f64::from(u8::from(flag)) + flag as u8 as f64;
    let rounded = (x as f32 * 2.0).round() as f64;
    let letter = b'a' + cell as u8;
    v[cell] * shifted + v[half] * sign as f64 * x + switch * x * x + rounded + (letter - b'a') as f64 * x
}

#[test]
fn casts() {
    for x in [0.3, 0.6, 1.1] {
        conversions::check(x, &[0.5, -1.0, 2.0], true).unwrap();
        conversions::check(x, &[0.5, -1.0, 2.0], false).unwrap();
    }
}

/// Types that hold what has no derivative.
#[derive(Clone, Debug, Differentiable)]
struct Labelled {
    name: String,
    values: Vec<f64>,
}

#[differentiable]
fn looked_up(l: &Labelled, names: &[&str], index: &BTreeMap<String, usize>, range: Range<usize>, scale: f64) -> f64 {
    let mut total = 0.0;
    for name in names {
        if index.contains_key(*name) {
            total += l.values[index[*name]] * scale;
        } else if name.len() > 3 {
            total -= scale;
        }
    }
    for i in range.start..range.end {
        total *= 1.0 + l.values[i].sin();
    }
    total + l.name.len() as f64 * scale
}

#[test]
fn constants_beside_values() {
    let index: BTreeMap<String, usize> = [("a", 0), ("b", 2)].map(|(n, i)| (n.to_string(), i)).into_iter().collect();
    let l = Labelled { name: "run".into(), values: vec![0.5, -1.0, 2.0] };
    looked_up::check(&l, &["a", "b", "none", "c"], &index, 1..3, 0.7).unwrap();
}

/// Where an exact binary search decides.
#[differentiable]
fn interpolated(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    match xs.binary_search_by(|a| a.total_cmp(&x)) {
        Ok(i) => ys[i] + 0.0 * x,
        Err(0) => ys[0],
        Err(i) if i == xs.len() => ys[i - 1],
        Err(i) => ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1]),
    }
}

#[test]
fn searches() {
    for x in [-1.0, 0.4, 1.7, 5.0] {
        interpolated::check(&[0.0, 1.0, 2.5], &[0.3, -0.8, 1.2], x).unwrap();
    }
}

/// Attributes wherever they may stand.
#[differentiable(order = 2)]
#[inline(always)]
#[must_use = "the value is all there is"]
#[allow(clippy::many_single_char_names)]
#[track_caller]
fn attributes(#[allow(unused_variables)] spare: f64, x: f64, #[allow(unused_mut)] mut y: f64) -> f64 {
    #[allow(unused_assignments)]
    let mut z = 0.0;
    #[rustfmt::skip]
    let w = [x,  y,
             x * y];
    #[allow(clippy::needless_range_loop)]
    for i in 0..3 {
        z += w[i] * w[i];
    }
    #[expect(clippy::neg_multiply)]
    let v = -1.0 * z;
    #[allow(unused_parens)]
    (v.exp())
}

#[test]
fn attributes_are_kept() {
    attributes::check(1.0, 0.3, -0.4).unwrap();
    let h = attributes::hessian(1.0, 0.3, -0.4);
    assert!(h.iter().zip(h.t().iter()).all(|(a, b)| (a - b).abs() < 1e-14));
}

/// Saddle point: the inner minimum by gradient descent, in forward or in reverse mode, inside an outer gradient.
#[differentiable(order = 3)]
fn game(x: f64, y: f64) -> f64 {
    (x - 1.0).powi(2) + 2.0 * x * y - (y * y).cosh()
}

#[differentiable(order = 2)]
fn best_reply(x: f64, inner_forward: bool) -> f64 {
    let mut y = 0.1;
    for _ in 0..40 {
        let slope = if inner_forward { game::jvp(x, y, 0.0, 1.0).1 } else { game::grad(x, y).1 };
        y += 0.2 * slope;
    }
    y
}

#[differentiable(order = 2)]
fn against_reply(x: f64, inner_forward: bool) -> f64 {
    game(x, best_reply(x, inner_forward))
}

#[test]
fn saddle_points() {
    for inner_forward in [true, false] {
        against_reply::check(0.3, inner_forward).unwrap();
        let h = 1e-5;
        let differences =
            (against_reply::grad(0.3 + h, inner_forward) - against_reply::grad(0.3 - h, inner_forward)) / (2.0 * h);
        assert!((against_reply::hvp(0.3, inner_forward, 1.0) - differences).abs() < 1e-6);
    }
}

/// Fields that change places across branches; what a function overwrites of its own arguments.
#[derive(Clone, Copy, Debug, Differentiable)]
struct Ends {
    lo: f64,
    hi: f64,
}

#[differentiable]
fn ordered(mut e: Ends, mut x: f64, by: &mut f64) -> f64 {
    if e.lo > e.hi {
        std::mem::swap(&mut e.lo, &mut e.hi);
    } else {
        let Ends { lo, hi } = e;
        e = Ends { lo: lo * hi, ..e };
    }
    x = x * x;
    x *= x + *by;
    *by *= *by;
    e.hi -= std::mem::replace(by, x);
    e.lo * x + e.hi
}

#[test]
fn overwritten() {
    for (lo, hi) in [(0.3, 1.2), (1.4, -0.2)] {
        ordered::check(Ends { lo, hi }, 0.7, &mut 0.9).unwrap();
    }
}

mod roots_by_horner {
    use super::*;
    #[differentiable]
    fn poly(c: &[f64], t: f64) -> f64 {
        c.iter().rev().fold(0.0, |acc, ci| acc.mul_add(t, *ci))
    }
    #[differentiable]
    fn deriv(c: &[f64]) -> Vec<f64> {
        c.iter().enumerate().skip(1).map(|(i, ci)| i as f64 * ci).collect()
    }
    #[differentiable]
    fn newton_root(c: &[f64], guess: f64) -> Option<f64> {
        let d = deriv(c);
        let mut t = guess;
        for _ in 0..30 {
            let (p, dp) = (poly(c, t), poly(&d, t));
            if dp.abs() < 1e-14 {
                return None;
            }
            let step = p / dp;
            t -= step;
            if step.abs() < 1e-13 {
                return Some(t);
            }
        }
        None
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let c = [x[0], x[1], 0.0, 1.0 + x[2] * x[2]];
        let Some(r) = newton_root(&c, -0.5) else {
            return -1.0;
        };
        r * x[0] + newton_root(&[1.0, 0.0], x[0]).map_or(0.5, |v| v * 3.0)
    }
    agrees!(f, [0.45, 1.2, -0.3]);
}

mod iterators_from_both_ends {
    use super::*;
    #[differentiable]
    fn palindromic(v: &[f64]) -> f64 {
        let mut it = v.iter();
        let mut s = 0.0;
        while let (Some(a), Some(b)) = (it.next(), it.next_back()) {
            s += a * b;
            if s > 50.0 {
                break;
            }
        }
        s + it.next().map_or(0.0, |m| m * m)
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let v: Vec<f64> = (0..7).map(|i| x[i % 3] + 0.1 * i as f64).collect();
        let mut acc = palindromic(&v) + palindromic(&v[..4]);
        let (mut i, mut j) = (0, v.len() - 1);
        while i < j {
            acc += (v[i] - v[j]).abs();
            i += 1;
            j -= 1;
        }
        acc
    }
    agrees!(f, [0.4, 0.8, 1.3]);
}

mod controller_with_modes {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Differentiable)]
    enum Mode {
        Idle,
        Ramp { ticks: u32 },
        Track,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Pid {
        kp: f64,
        ki: f64,
        kd: f64,
        integral: f64,
        prev: Option<f64>,
        #[constant]
        mode: Mode,
    }
    #[differentiable]
    impl Pid {
        const LIMIT: f64 = 2.0;
        fn update(&mut self, err: f64, dt: f64) -> f64 {
            self.mode = match self.mode {
                Mode::Idle if err.abs() > 0.1 => Mode::Ramp { ticks: 0 },
                Mode::Ramp { ticks } if ticks >= 2 => Mode::Track,
                Mode::Ramp { ticks } => Mode::Ramp { ticks: ticks + 1 },
                m => m,
            };
            let d = match self.prev.replace(err) {
                Some(p) => (err - p) / dt,
                None => 0.0,
            };
            let raw = self.kp * err + self.ki * self.integral + self.kd * d;
            let out = raw.clamp(-Self::LIMIT, Self::LIMIT);
            if raw == out {
                self.integral += err * dt;
            }
            match self.mode {
                Mode::Idle => 0.0,
                Mode::Ramp { ticks } => out * (ticks + 1) as f64 / 4.0,
                Mode::Track => out,
            }
        }
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut pid = Pid { kp: x[0], ki: x[1], kd: x[2], integral: 0.0, prev: None, mode: Mode::Idle };
        let (mut pos, mut vel) = (0.0, 0.0);
        let mut cost = 0.0;
        for k in 0..12 {
            let u = pid.update(1.0 - pos, 0.1);
            vel += 0.1 * (u - 0.4 * vel);
            pos += 0.1 * vel;
            cost += (1.0 - pos).powi(2) + 0.01 * u * u;
        }
        cost + if let Mode::Track = pid.mode { pid.integral } else { 0.0 }
    }
    agrees!(f, [1.7, 0.4, 0.2]);
}

mod factors_in_arrays_of_rows {
    use differentiable::prelude::*;
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum LuError {
        Singular { column: usize },
    }
    #[differentiable]
    fn factor<const N: usize>(a: &mut [[f64; N]; N]) -> Result<[usize; N], LuError> {
        let mut piv: [usize; N] = core::array::from_fn(|i| i);
        'cols: for k in 0..N {
            let mut max = 0.0_f64;
            let mut r = k;
            for (i, row) in a.iter().enumerate().skip(k) {
                if row[k].abs() > max {
                    max = row[k].abs();
                    r = i;
                }
            }
            if max < 1e-14 {
                return Err(LuError::Singular { column: k });
            }
            a.swap(k, r);
            piv.swap(k, r);
            if k + 1 == N {
                break 'cols;
            }
            let inv = a[k][k].recip();
            let src = a[k];
            for row in &mut a[k + 1..] {
                row[k] *= inv;
                let l = row[k];
                for (dst, s) in row.iter_mut().zip(src.iter()).skip(k + 1) {
                    *dst -= l * s;
                }
            }
        }
        Ok(piv)
    }
    #[differentiable]
    fn solve<const N: usize>(mut a: [[f64; N]; N], b: [f64; N]) -> Result<[f64; N], LuError> {
        let piv = factor(&mut a)?;
        let mut y = piv.map(|p| b[p]);
        for i in 1..N {
            y[i] = (0..i).fold(y[i], |s, j| s - a[i][j] * y[j]);
        }
        for i in (0..N).rev() {
            y[i] = (i + 1..N).fold(y[i], |s, j| s - a[i][j] * y[j]) / a[i][i];
        }
        Ok(y)
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let a = [[x[0], x[1], 0.5], [x[2], x[3], 1.0], [0.25, x[4], x[5]]];
        let z = solve(a, [x[5], 1.0, x[0]]);
        z.map(|[p, q, r]| p + q * r).unwrap_or_default()
    }
    #[test]
    fn checks() {
        f::check(&[0.1, 2.0, 3.0, 0.4, 1.1, -0.6]).unwrap();
    }
}
// ---------- Cholesky ----------
