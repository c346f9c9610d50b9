//! Arguments by `&mut` that are outputs alone: callees neither restore them nor find in them what they left.

#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[differentiable(order = 2)]
fn slope(rates: &[f64], y: &[f64], out: &mut [f64]) {
    out[0] = -rates[0] * y[0];
    for i in 1..y.len() {
        out[i] = rates[i - 1] * y[i - 1] - rates[i] * y[i] * y[i];
    }
}

/// A method of Runge and Kutta, whose slopes are written over in each step.
#[differentiable(order = 2)]
fn heun(rates: &[f64], y0: &[f64], steps: usize) -> f64 {
    let n = y0.len();
    let h = 0.5 / steps as f64;
    let mut y = y0.to_vec();
    let mut mid = vec![0.0; n];
    let (mut k1, mut k2) = (vec![0.0; n], vec![0.0; n]);
    for _ in 0..steps {
        slope(rates, &y, &mut k1);
        for i in 0..n {
            mid[i] = y[i] + h * k1[i];
        }
        slope(rates, &mid, &mut k2);
        for i in 0..n {
            y[i] += 0.5 * h * (k1[i] + k2[i]);
        }
    }
    y.iter().map(|v| v * v).sum()
}

#[test]
fn slopes_of_a_solver() {
    heun::check(&[0.7, 0.4, 1.1], &[1.0, 0.6, 0.2], 5).unwrap();
    assert!(heun::vjp(&[0.7, 0.4, 1.1], &[1.0, 0.6, 0.2], 5).0 > 0.0);
    let (rates, y) = ([0.7, 0.4, 1.1], [1.0, 0.6, 0.2]);
    let hessian = heun::hessian(&rates, &y, 5);
    let gradient = |rates: &[f64], y: &[f64]| {
        let (a, b) = heun::grad(rates, y, 5);
        [a, b].concat()
    };
    let h = 1e-5;
    for j in 0..3 {
        let (mut up, mut down) = (y, y);
        up[j] += h;
        down[j] -= h;
        for (i, (a, b)) in gradient(&rates, &up).into_iter().zip(gradient(&rates, &down)).enumerate() {
            let difference = (a - b) / (2.0 * h);
            assert!((hessian[(i, 3 + j)] - difference).abs() < 1e-8, "{i} {j}");
        }
    }
}

#[test]
fn nothing_is_saved_of_outputs() {
    assert!(slope::source().contains("save_slice"), "callers that read an output have it restored");
    assert!(heun::source().contains("slope::__out"));
}

/// Its derivative reads what it has written.
#[differentiable]
fn squash(x: &[f64], out: &mut [f64]) {
    for (o, x) in out.iter_mut().zip(x) {
        *o = x.tanh();
    }
}

#[differentiable]
fn two_layers(w: &[f64], x: &[f64]) -> f64 {
    let mut hidden = vec![0.0; x.len()];
    let mut sum = 0.0;
    for k in 0..w.len() {
        let scaled: Vec<f64> = x.iter().map(|x| x * w[k]).collect();
        squash(&scaled, &mut hidden);
        for h in &hidden {
            sum += h;
        }
    }
    sum
}

#[test]
fn results_that_the_callee_needs() {
    two_layers::check(&[0.3, -0.8], &[0.5, 1.5, -0.4]).unwrap();
}

/// What it gets is scaled in place, so that its derivative needs what was there.
#[differentiable]
fn normalise(v: &mut [f64]) {
    let mut norm = 0.0;
    for x in v.iter() {
        norm += x * x;
    }
    let norm = norm.sqrt();
    for x in v.iter_mut() {
        *x = *x * *x / norm;
    }
}

#[differentiable]
fn in_place(x: &[f64]) -> f64 {
    let mut v = vec![0.0; x.len()];
    let mut total = 0.0;
    for k in 0..3 {
        for i in 0..x.len() {
            v[i] = x[i] * (k as f64 + 1.0) + x[0];
        }
        normalise(&mut v);
        for i in 0..x.len() {
            total += v[i];
        }
    }
    total
}

#[test]
fn what_is_changed_in_place() {
    in_place::check(&[0.4, 1.2, -0.7]).unwrap();
}

/// Vectors may grow.
#[differentiable]
fn powers(x: f64, n: usize, out: &mut Vec<f64>) {
    out.clear();
    let mut p = 1.0;
    for _ in 0..n {
        out.push(p);
        p *= x;
    }
}

#[differentiable]
fn polynomial(x: f64, c: &[f64]) -> f64 {
    let mut basis = vec![0.0; 1];
    let mut sum = 0.0;
    for degree in 1..=c.len() {
        powers(x, degree, &mut basis);
        for (b, c) in basis.iter().zip(c) {
            sum += b * c;
        }
    }
    sum
}

#[test]
fn vectors_that_grow() {
    polynomial::check(0.7, &[1.0, -2.0, 0.5]).unwrap();
}

#[differentiable]
fn both(x: f64, y: f64, sum: &mut f64, product: &mut f64) {
    *sum = x + y;
    *product = x * y;
}

#[differentiable]
fn scalars(x: f64, y: f64) -> f64 {
    let (mut s, mut p) = (0.0, 0.0);
    let mut total = 0.0;
    for k in 0..4 {
        both(x + k as f64, y, &mut s, &mut p);
        total += s * 0.5 + p;
    }
    total
}

#[test]
fn floats() {
    scalars::check(0.3, 0.9).unwrap();
}

/// An output that is read again after the next call has begun: it has to be restored.
#[differentiable]
fn carried(x: &[f64]) -> f64 {
    let mut out = vec![1.0; x.len()];
    let mut total = 0.0;
    for _ in 0..3 {
        let before: f64 = out.iter().sum();
        squash(x, &mut out);
        total += before * out[0] * out[1];
        out[0] = total * out[0];
    }
    total
}

#[test]
fn outputs_that_are_more() {
    carried::check(&[0.4, -0.9, 0.2]).unwrap();
}

type Buffer = Vec<f64>;

#[differentiable]
fn into_alias(x: &[f64], out: &mut Buffer) {
    for i in 0..x.len() {
        out[i] = x[i] * x[i];
    }
}

#[differentiable]
fn generic<T: Real>(x: &[T], out: &mut [T]) {
    for i in 0..x.len() {
        out[i] = x[i].exp();
    }
}

#[differentiable]
fn mixed(x: &[f64]) -> f64 {
    let mut a = vec![0.0; x.len()];
    let mut b = [0.0; 4];
    into_alias(x, &mut a);
    generic(&a[..2], &mut b[..2]);
    generic(&a[..2], &mut b[2..]);
    b[0] * 2.0 + b[3] * a[1]
}

#[test]
fn aliases_generics_and_parts() {
    mixed::check(&[0.4, -0.9, 0.2]).unwrap();
}

/// The halves of a buffer are filled by calls of the function itself.
#[differentiable]
fn tree(x: &[f64], out: &mut [f64]) {
    if x.len() == 1 {
        out[0] = x[0].sin();
        return;
    }
    let m = x.len() / 2;
    tree(&x[..m], &mut out[..m]);
    tree(&x[m..], &mut out[m..]);
    for i in 0..m {
        let (a, b) = (out[i], out[m + i]);
        out[i] = a + b;
        out[m + i] = a * b;
    }
}

#[differentiable]
fn of_a_tree(x: &[f64]) -> f64 {
    let mut out = vec![0.0; x.len()];
    tree(x, &mut out);
    out.iter().map(|v| v * v).sum()
}

#[differentiable]
fn filled(x: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    squash(x, &mut out);
    out
}

#[test]
fn recursion_and_results() {
    of_a_tree::check(&[0.4, -0.9, 0.2, 1.3]).unwrap();
    filled::check(&[0.4, -0.9]).unwrap();
}

#[differentiable]
fn in_branches(x: &[f64], n: usize) -> f64 {
    let mut out = vec![0.0; x.len()];
    let mut sum = 0.0;
    for k in 0..n {
        if k % 2 == 0 {
            squash(x, &mut out);
        } else if k % 3 == 0 {
            continue;
        } else {
            generic(x, &mut out);
        }
        sum += out[k % x.len()];
        if sum > 9.0 {
            return sum;
        }
    }
    sum
}

#[test]
fn branches_and_exits() {
    for n in 0..12 {
        in_branches::check(&[0.4, 1.9], n).unwrap();
    }
}

#[differentiable]
fn with_noise(#[constant] rolls: &[f64], x: f64) -> f64 {
    let mut out = [0.0; 1];
    let mut plain = vec![0.0; 2];
    for _ in 0..2 {
        plain_noise(0.5, x, &mut plain);
    }
    out[0] = rolls[0];
    plain[1] * x + out[0]
}

#[differentiable]
fn plain_noise<T: Real>(scale: T, x: T, out: &mut Vec<T>) {
    out[1] = out[0] + scale * x * x;
    out[0] = out[1] * x;
}

/// A state that is no vector of floats is restored as ever.
#[derive(Clone, Copy, Differentiable)]
enum Phase {
    Idle,
    Moving { speed: f64 },
}

#[differentiable]
fn advance(phase: &mut Phase, gain: &mut f64, x: f64) {
    *phase = match *phase {
        Phase::Idle => Phase::Moving { speed: x },
        Phase::Moving { speed } => Phase::Moving { speed: speed * x + *gain },
    };
    *gain = *gain * x;
}

#[differentiable]
fn phases(x: f64) -> f64 {
    let mut phase = Phase::Idle;
    let mut gain = 0.5;
    for _ in 0..3 {
        advance(&mut phase, &mut gain, x);
    }
    match phase {
        Phase::Idle => 0.0,
        Phase::Moving { speed } => speed * gain,
    }
}

#[test]
fn states_of_other_types() {
    with_noise::check(&[0.3], 0.8).unwrap();
    phases::check(0.8).unwrap();
    clones::check(0.8).unwrap();
}

/// A type of which nothing is known but that it can be copied.
#[differentiable]
fn blend<T: Clone>(x: f64, tag: &mut T, other: &T, out: &mut [f64]) {
    *tag = other.clone();
    out[0] = x.sin();
    out[1] = out[0] * x;
}

#[differentiable]
fn clones(x: f64) -> f64 {
    let mut out = vec![x; 2];
    let mut tag = 0;
    let mut sum = 0.0;
    for _ in 0..2 {
        blend(x, &mut tag, &3, &mut out);
        sum += out[1];
    }
    sum
}

/// Numbers of a vector that is filled anew behind the loop that reads them: they are computed again from its elements.
#[differentiable]
fn cubes(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let mut sum = 0.0;
    for i in 0..3 {
        let t = v[i] * 2.0;
        sum += t * t * t;
    }
    slope(&[0.7, 0.4, 1.1], x, &mut v);
    sum + v[0] * v[1]
}

#[test]
fn what_is_computed_again_from_outputs() {
    let x = [0.7, 0.3, 0.8];
    cubes::check(&x).unwrap();
    // Of Σ (2 x)³ − 0.7 x₀ (0.7 x₀ − 0.4 x₁²).
    let expected = [
        24.0 * x[0] * x[0] - 2.0 * 0.49 * x[0] + 0.28 * x[1] * x[1],
        24.0 * x[1] * x[1] + 0.56 * x[0] * x[1],
        24.0 * x[2] * x[2],
    ];
    for (found, expected) in cubes::grad(&x).into_iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }
}
