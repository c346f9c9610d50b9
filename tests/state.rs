//! State that is carried through loops: buffers, stacks, options, tuples.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[differentiable]
fn cyclic_updates(v: &[f64], x: f64) -> f64 {
    let mut a = [x; 3];
    for i in 0..v.len() {
        let k = i % 3;
        let t = a[k];
        a[k] = t * v[i] + a[(k + 1) % 3];
        if a[k] > 2.0 {
            a[k] = t;
        }
    }
    a[0] * a[1] + a[2]
}

#[differentiable]
fn growing_stack(x: f64, n: usize) -> f64 {
    let mut stack = vec![x];
    let mut s = 0.0;
    while let Some(t) = stack.pop() {
        s += t * t;
        if stack.len() < n && t.abs() > 0.3 {
            stack.push(t * 0.5);
            stack.push(t * x * 0.3);
        }
    }
    s
}

#[differentiable]
fn ping_pong_buffers(v: &[f64], n: usize) -> f64 {
    let mut a = v.to_vec();
    let mut b = a.clone();
    for _ in 0..n {
        for i in 0..a.len() {
            b[i] = a[i] * a[(i + 1) % a.len()];
        }
        std::mem::swap(&mut a, &mut b);
    }
    a.iter().sum::<f64>() + b[0]
}

#[differentiable]
fn branch_and_continue(x: f64, y: f64) -> f64 {
    let mut i = 0;
    let mut a = x;
    let mut b = y;
    while i < 4 {
        let t = a;
        a = b * t;
        b = if i % 2 == 0 { t } else { a + b };
        i += 1;
        if a > 50.0 {
            continue;
        }
        b += a * 0.1;
    }
    a * b
}

#[differentiable]
fn push_and_pop(v: &mut Vec<f64>, x: f64) {
    v.push(x * x);
    v[0] *= x;
    let last = v.pop().unwrap();
    v[1] = last * v[0];
}

#[differentiable]
fn best_row(m: &[Vec<f64>], x: f64) -> f64 {
    let mut best = f64::NEG_INFINITY;
    let mut arg = 0;
    for (i, r) in m.iter().enumerate() {
        let s = r.iter().fold(0.0, |a, b| a * x + b);
        if s > best {
            best = s;
            arg = i;
        }
    }
    best * m[arg][0] + arg as f64 * x
}

#[differentiable]
fn nested_tuple(x: f64, y: f64) -> f64 {
    let mut p = (x, [y, x * y]);
    let q = p;
    p.0 *= q.1[0];
    p.1[1] += p.0;
    let (a, [b, c]) = p;
    p.1 = [a * b, c];
    p.1[0] * p.0 + q.0 * p.1[1]
}

#[differentiable]
fn toggled_option(o: Option<f64>, x: f64) -> f64 {
    let mut o = o;
    let mut s = 0.0;
    for i in 0..3 {
        if let Some(v) = o {
            s += v * x;
            o = if i == 1 { None } else { Some(v * v + x) };
        } else {
            s *= x;
            o = Some(s);
        }
    }
    s
}

#[differentiable]
fn nested_exits(x: f64, n: usize) -> f64 {
    let mut s = 0.0;
    'a: for i in 0..n {
        let mut t = x;
        for j in 0..n {
            if j > i {
                continue 'a;
            }
            t *= x + j as f64;
            if t > 30.0 {
                break 'a;
            }
            s += t;
        }
        s *= 1.01;
    }
    s
}

#[differentiable]
fn closure_with_loop(x: f64) -> f64 {
    let f = |t: f64| -> f64 {
        let mut a = t;
        for _ in 0..3 {
            a = a.sin() + x;
        }
        a
    };
    let mut y = x;
    y += f(y);
    y *= f(y * 2.0);
    y
}

#[differentiable]
fn swapped_slices(a: &mut [f64], b: &mut [f64], x: f64) {
    for (p, q) in a.iter_mut().zip(b.iter_mut()) {
        std::mem::swap(p, q);
        *p *= x;
        *q += *p;
    }
}

#[differentiable]
fn recorded_history(x: f64) -> f64 {
    let mut t = x;
    let mut history = Vec::new();
    while t < 20.0 {
        history.push(t);
        t = t * 1.5 + x;
    }
    let mut s = 0.0;
    for h in history.iter().rev() {
        s = s * 0.5 + h;
    }
    s * history.len() as f64 + history[history.len() - 1]
}

#[differentiable]
fn normalised(v: &[f64]) -> f64 {
    let (mut lo, mut hi) = (v[0], v[0]);
    for &x in &v[1..] {
        lo = lo.min(x);
        hi = f64::max(hi, x);
    }
    let r = hi - lo;
    v.iter().map(|x| (x - lo) / r).map(|u| u * u).sum::<f64>() * lo
}

#[test]
fn buffers() {
    cyclic_updates::check(&[0.3, 1.4, 0.8, 2.0, 0.1], 0.9).unwrap();
    ping_pong_buffers::check(&[0.3, 1.4, 0.8], 3).unwrap();
    push_and_pop::check(&mut vec![0.3, 0.4, 0.5], 1.3).unwrap();
    best_row::check(&[vec![0.3, 0.5], vec![1.0, 0.2]], 0.7).unwrap();
    swapped_slices::check(&mut [0.3, 0.4], &mut [0.5, 0.6], 1.3).unwrap();
    normalised::check(&[0.3, 0.9, 0.1]).unwrap();
}

#[test]
fn control() {
    growing_stack::check(1.3, 4).unwrap();
    branch_and_continue::check(1.2, 0.7).unwrap();
    nested_exits::check(1.3, 5).unwrap();
    closure_with_loop::check(0.6).unwrap();
    recorded_history::check(0.6).unwrap();
}

#[test]
fn values() {
    nested_tuple::check(0.3, 0.8).unwrap();
    toggled_option::check(Some(0.4), 0.8).unwrap();
    toggled_option::check(None, 0.8).unwrap();
}

/// Arrays behind a `&mut`, in operators that take references and in assignments.
#[differentiable(order = 2)]
fn scaled_array(x: &mut Array1<f64>, k: f64) -> f64 {
    *x *= k;
    let squares = &*x * &*x;
    *x /= &(&squares + 1.0);
    squares.sum() * x[0]
}

#[differentiable]
fn to_array(x: &mut Array1<f64>, k: f64) -> Array1<f64> {
    *x *= k;
    &*x - &*x * k
}

#[test]
fn arrays_behind_references() {
    let mut x = array![0.3, 0.7];
    scaled_array::check(&mut x, 1.4).unwrap();
    let hessian = scaled_array::hessian(&mut x, 1.4);
    assert!(hessian.iter().zip(&hessian.t()).all(|(a, b)| (a - b).abs() < 1e-12));
    to_array::check(&mut x, 1.4).unwrap();
    assert_eq!(to_array::jacobian(&mut x, 1.4).dim(), (4, 3));
}

/// The state becomes longer: its cotangent has the shape of the final one.
#[differentiable(order = 2)]
fn remembers(memory: &mut Vec<f64>, x: f64) -> f64 {
    let last = memory[memory.len() - 1];
    memory.push(last * x);
    memory[0] *= x;
    memory.iter().sum::<f64>() * x
}

#[test]
fn state_that_grows() {
    let start = vec![0.7, -0.4];
    remembers::check(&mut start.clone(), 0.9).unwrap();
    // (a x + b + b x) x
    let (a, b, x) = (0.7, -0.4, 0.9);
    let (d_memory, d_x) = remembers::grad(&mut start.clone(), x);
    assert!((d_memory[0] - x * x).abs() < 1e-15 && (d_memory[1] - (x + x * x)).abs() < 1e-15);
    assert!((d_x - (2.0 * a * x + b + 2.0 * b * x)).abs() < 1e-15);
    let h = remembers::hessian(&mut start.clone(), x);
    assert!((h[[2, 2]] - 2.0 * (a + b)).abs() < 1e-14 && (h[[0, 2]] - 2.0 * x).abs() < 1e-15);
    assert!((h[[1, 2]] - 1.0 - 2.0 * x).abs() < 1e-15 && h[[0, 1]] == 0.0);
}

#[test]
fn gradients_are_added_to_buffers_of_states() {
    let (mut d_memory, mut d_x) = (vec![1.0, 2.0], 3.0);
    remembers::grad_into(&mut vec![0.7, -0.4], 0.9, &mut d_memory, &mut d_x);
    let (g_memory, g_x) = remembers::grad(&mut vec![0.7, -0.4], 0.9);
    assert_eq!((d_memory, d_x), (vec![1.0 + g_memory[0], 2.0 + g_memory[1]], 3.0 + g_x));
}
