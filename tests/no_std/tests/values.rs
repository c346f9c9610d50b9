//! The derivatives of the programs without a standard library, against central differences.
#![allow(missing_docs)]

use no_std::{Spring, caller, everything, generic, impedance, rosenbrock, rotate, scalar};

const H: f64 = 1e-6;

fn difference(f: impl Fn(f64) -> f64) -> f64 {
    (f(H) - f(-H)) / (2.0 * H)
}

#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-7 * b.abs().max(1.0), "{a} is not {b}");
}

#[test]
fn gradients() {
    let (dx, dy) = scalar::grad(0.7, -0.4);
    close(dx, difference(|h| scalar(0.7 + h, -0.4)));
    close(dy, difference(|h| scalar(0.7, -0.4 + h)));
    let x = [0.3, -0.5, 0.8, 1.1];
    let d = rosenbrock::grad(&x);
    for (i, d) in d.into_iter().enumerate() {
        close(
            d,
            difference(|h| {
                let mut x = x;
                x[i] += h;
                rosenbrock(&x)
            }),
        );
    }
    let d = caller::grad([0.7, -0.4]);
    close(d[0], difference(|h| caller([0.7 + h, -0.4])));
    close(d[1], difference(|h| caller([0.7, -0.4 + h])));
    let spring = Spring { stiffness: 2.0, length: 0.5 };
    let (d, at) = spring.energy_grad((0.6, 0.9));
    close(d.stiffness, difference(|h| Spring { stiffness: 2.0 + h, ..spring }.energy((0.6, 0.9))));
    close(d.length, difference(|h| Spring { length: 0.5 + h, ..spring }.energy((0.6, 0.9))));
    close(at.1, difference(|h| spring.energy((0.6, 0.9 + h))));
    close(generic::grad([0.7, 0.4])[1], difference(|h| generic([0.7, 0.4 + h])));
    let (dr, dl, _) = impedance::grad(0.7, 0.4, 0.9);
    close(dr, difference(|h| impedance(0.7 + h, 0.4, 0.9)));
    close(dl, difference(|h| impedance(0.7, 0.4 + h, 0.9)));
    assert!(everything(0.5).is_finite());
}

#[test]
fn forward_mode_and_pullbacks() {
    let (mut x, mut t) = ([0.6, 0.8], [1.0, 0.0]);
    rotate::jvp(&mut x, 0.3, &mut t, 0.0);
    close(t[0], 0.3_f64.cos());
    let mut x = [0.6, 0.8];
    let ((), pullback) = rotate::vjp(&mut x, 0.3);
    let (dx, _) = pullback(&[1.0, 0.0]);
    close(dx[1], -0.3_f64.sin());
    let (value, slope) = scalar::jvp(0.7, -0.4, 1.0, 0.0);
    close(value, scalar(0.7, -0.4));
    close(slope, scalar::grad(0.7, -0.4).0);
}

#[test]
fn second_derivatives() {
    let x = [0.3, -0.5, 0.8, 1.1];
    let hv = rosenbrock::hvp(&x, &[1.0, 0.0, 0.0, 0.0]);
    for (i, hv) in hv.into_iter().enumerate() {
        close(
            hv,
            difference(|h| {
                let mut x = x;
                x[0] += h;
                rosenbrock::grad(&x)[i]
            }),
        );
    }
    let (hx, hy) = scalar::hvp(0.7, -0.4, 1.0, 0.0);
    close(hx, difference(|h| scalar::grad(0.7 + h, -0.4).0));
    close(hy, difference(|h| scalar::grad(0.7 + h, -0.4).1));
    close(caller::hvp([0.7, -0.4], [0.0, 1.0])[0], difference(|h| caller::grad([0.7, -0.4 + h])[0]));
}
