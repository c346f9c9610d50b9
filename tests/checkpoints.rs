//! Checkpoints: the same derivatives, from states that are stored and computed again.

use differentiable::prelude::*;

/// A plain loop, for comparison.
#[differentiable(order = 2)]
fn plain(x: f64, rate: f64, n: usize) -> f64 {
    let mut y = x;
    for i in 0..n {
        y += rate * (y * y.sin() + i as f64 * 0.1).sin();
    }
    y * y
}

#[differentiable(order = 2)]
fn in_parts(x: f64, rate: f64, n: usize) -> f64 {
    let mut y = x;
    #[checkpoint(every = 4)]
    for i in 0..n {
        y += rate * (y * y.sin() + i as f64 * 0.1).sin();
    }
    y * y
}

#[differentiable(order = 2)]
fn by_snapshots(x: f64, rate: f64, n: usize) -> f64 {
    let mut y = x;
    #[checkpoint(snapshots = 3)]
    for i in 0..n {
        y += rate * (y * y.sin() + i as f64 * 0.1).sin();
    }
    y * y
}

#[differentiable(order = 2)]
fn whole(x: f64, rate: f64, n: usize) -> f64 {
    let mut y = x;
    #[checkpoint]
    for i in 0..n {
        y += rate * (y * y.sin() + i as f64 * 0.1).sin();
    }
    y * y
}

#[test]
fn a_checkpointed_loop_has_the_derivatives_of_the_plain_one() {
    for n in 0..20 {
        let gradient = plain::value_and_grad(0.7, 0.3, n);
        assert_eq!(in_parts::value_and_grad(0.7, 0.3, n), gradient, "{n}");
        assert_eq!(by_snapshots::value_and_grad(0.7, 0.3, n), gradient, "{n}");
        assert_eq!(whole::value_and_grad(0.7, 0.3, n), gradient, "{n}");
        let product = plain::hvp(0.7, 0.3, n, 0.5, -1.0);
        assert_eq!(in_parts::hvp(0.7, 0.3, n, 0.5, -1.0), product, "{n}");
        assert_eq!(by_snapshots::hvp(0.7, 0.3, n, 0.5, -1.0), product, "{n}");
        assert_eq!(whole::hvp(0.7, 0.3, n, 0.5, -1.0), product, "{n}");
        in_parts::check(0.7, 0.3, n).unwrap();
        by_snapshots::check(0.7, 0.3, n).unwrap();
    }
}

/// A state that is a slice, with an early end, and a step that is a function.
#[differentiable]
fn step(state: &mut [f64], rate: f64) {
    for i in 0..state.len() {
        let left = if i == 0 { 0.0 } else { state[i - 1] };
        state[i] += rate * (left * state[i]).sin();
    }
}

#[differentiable]
fn relax(state: &mut [f64], rate: f64, n: usize) -> f64 {
    let mut energy = 0.0;
    #[checkpoint(every = 3)]
    for _ in 0..n {
        step(state, rate);
        energy += state[0] * state[1];
        if energy > 4.0 {
            break;
        }
    }
    energy
}

#[differentiable]
fn relax_by_snapshots(state: &mut [f64], rate: f64, n: usize) -> f64 {
    let mut energy = 0.0;
    #[checkpoint(snapshots = 2)]
    for _ in 0..n {
        step(state, rate);
        energy += state[0] * state[1];
        if energy > 4.0 {
            break;
        }
    }
    energy
}

#[differentiable]
fn relax_plain(state: &mut [f64], rate: f64, n: usize) -> f64 {
    let mut energy = 0.0;
    for _ in 0..n {
        step(state, rate);
        energy += state[0] * state[1];
        if energy > 4.0 {
            break;
        }
    }
    energy
}

#[test]
fn exits_and_states_behind_references() {
    for n in [0, 1, 2, 5, 9, 30] {
        relax::check(&mut [0.8, 0.5, 1.1], 0.2, n).unwrap();
        relax_by_snapshots::check(&mut [0.8, 0.5, 1.1], 0.2, n).unwrap();
        let expected = relax_plain::value_and_grad(&mut [0.8, 0.5, 1.1], 0.2, n);
        assert_eq!(relax::value_and_grad(&mut [0.8, 0.5, 1.1], 0.2, n), expected);
        assert_eq!(relax_by_snapshots::value_and_grad(&mut [0.8, 0.5, 1.1], 0.2, n), expected);
    }
}

/// Loops of unknown length.
#[differentiable]
fn halve(x: f64, bound: f64) -> (f64, usize) {
    let mut y = x;
    let mut n = 0;
    #[checkpoint(snapshots = 3)]
    while y > bound {
        y = y * 0.9 + (y * 0.1).sin() * 0.05;
        n += 1;
    }
    (y, n)
}

#[differentiable]
fn halve_in_parts(x: f64, bound: f64) -> f64 {
    let mut y = x;
    #[checkpoint(every = 5)]
    loop {
        if y < bound {
            break;
        }
        y = y * 0.9 + (y * 0.1).sin() * 0.05;
    }
    y
}

#[test]
fn loops_of_unknown_length() {
    for bound in [0.01, 0.5, 5.0, 20.0] {
        halve::check(10.0, bound).unwrap();
        halve_in_parts::check(10.0, bound).unwrap();
        let (forward, backward) = (halve::jvp(10.0, bound, 1.0, 0.0).1.0, halve_in_parts::grad(10.0, bound).0);
        assert!((forward - backward).abs() <= 1e-12 * forward.abs());
    }
}

/// Blocks, calls and values.
#[differentiable(order = 2)]
fn wave(x: f64) -> f64 {
    x.sin() * x.exp()
}

#[differentiable(order = 2)]
fn blocks(x: f64, v: &[f64]) -> f64 {
    let mut sum = 0.0;
    for w in v {
        let y = #[checkpoint]
        {
            let a = x * w;
            let b = a.sin();
            b * a
        };
        #[checkpoint]
        let z = wave(y);
        #[checkpoint]
        {
            let t = z * y;
            sum += t.exp();
            sum *= 1.0 + 0.1 * y;
        }
        #[checkpoint]
        if sum > 10.0 {
            sum -= wave(z);
        }
        #[checkpoint]
        match w.partial_cmp(&0.5) {
            Some(std::cmp::Ordering::Less) => sum += z,
            _ => sum *= z,
        }
    }
    sum
}

#[test]
fn checkpoints_of_blocks_calls_and_branches() {
    let v = [0.3, 1.2, -0.7, 0.6];
    blocks::check(0.8, &v).unwrap();
    let (value, _) = blocks::value_and_grad(0.8, &v);
    assert_eq!(value, blocks(0.8, &v));
    let hessian = blocks::hessian(0.8, &v);
    let transposed = hessian.t();
    assert!((&hessian - &transposed).iter().all(|d| d.abs() < 1e-9));
}

/// Nested checkpoints, with vectors, structs and ranges that run down in steps.
#[derive(Clone, Differentiable)]
struct Body {
    position: [f64; 2],
    velocity: [f64; 2],
}

#[differentiable]
fn orbit(start: Body, pull: f64, n: usize) -> f64 {
    let mut body = start;
    let mut trail = Vec::new();
    #[checkpoint(snapshots = 2)]
    for day in (0..=n).rev().step_by(2) {
        #[checkpoint(every = 2)]
        for _ in 0..day {
            let r2 = body.position[0] * body.position[0] + body.position[1] * body.position[1];
            let f = pull / (r2 * r2.sqrt());
            for k in 0..2 {
                body.velocity[k] -= 0.1 * f * body.position[k];
                body.position[k] += 0.1 * body.velocity[k];
            }
        }
        trail.push(body.position[0] * day as f64);
    }
    trail.iter().sum::<f64>() + body.position[1]
}

#[test]
fn nested_checkpoints() {
    for n in 0..8 {
        orbit::check(Body { position: [1.0, 0.2], velocity: [0.1, 0.9] }, 1.1, n).unwrap();
    }
}

/// An early return out of a checkpoint.
#[differentiable]
fn leaves(x: f64, n: usize) -> f64 {
    let mut y = x;
    #[checkpoint(every = 3)]
    for i in 0..n {
        y = y * y * 0.5 + 0.3;
        if y < 0.4 {
            return y * x;
        }
        if i % 3 == 1 {
            continue;
        }
        y += 0.01;
    }
    #[checkpoint]
    {
        if y > 2.0 {
            return y.ln();
        }
        y = y.sqrt();
    }
    y
}

#[test]
fn exits_out_of_checkpoints() {
    for n in 0..9 {
        for x in [0.1, 0.9, 1.7, 2.5] {
            leaves::check(x, n).unwrap();
        }
    }
}

/// Arrays, in a loop that is run in parts, under `hvp`.
#[differentiable(order = 2)]
fn layers(w: &Array2<f64>, x: &Array1<f64>, n: usize) -> f64 {
    let mut h = x.clone();
    #[checkpoint(every = 3)]
    for _ in 0..n {
        let z = w.dot(&h);
        h = z.mapv(|v| 0.9 * v.tanh()) + x;
    }
    h.dot(&h)
}

#[differentiable(order = 2)]
fn layers_plain(w: &Array2<f64>, x: &Array1<f64>, n: usize) -> f64 {
    let mut h = x.clone();
    for _ in 0..n {
        let z = w.dot(&h);
        h = z.mapv(|v| 0.9 * v.tanh()) + x;
    }
    h.dot(&h)
}

#[test]
fn checkpointed_arrays() {
    let (w, x) = (array![[0.3, -0.2], [0.5, 0.9]], array![0.3, 0.4]);
    layers::check(&w, &x, 8).unwrap();
    let difference = layers::hessian(&w, &x, 8) - layers_plain::hessian(&w, &x, 8);
    assert!(difference.iter().all(|d| d.abs() < 1e-12));
}
