//! Values and gradients, bit for bit: `cargo test` and `cargo test --release` compare with the same table.
//!
//! `PRINT_BITS=1 cargo test --test same_in_release -- --nocapture` writes it anew. The programs use what IEEE 754 defines to the
//! last bit: functions such as `exp` come from the library of the platform.
#![allow(missing_docs, clippy::all, clippy::pedantic, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[differentiable]
fn polynomial(x: &[f64]) -> f64 {
    let mut s = 0.0;
    for (i, a) in x.iter().enumerate() {
        s = s * x[0] + a * i as f64;
    }
    s
}

#[differentiable]
fn roots(x: &[f64]) -> f64 {
    x[0].sqrt() * x[1].recip() + x[2].sqrt().abs() - x[0].max(x[1]) / x[1].mul_add(x[2], 1.0)
}

#[differentiable]
fn powers(x: &[f64]) -> f64 {
    x[0].powi(3) + x[1].powi(5) / x[2].powi(-2) + x[2].sqrt().powi(7)
}

#[differentiable]
fn sums(x: &[f64]) -> f64 {
    let mut s = 0.0;
    for i in 0..200 {
        for j in 0..x.len() {
            s += (x[j] - 0.01 * i as f64) * (x[j] - 0.01 * i as f64) / (1.0 + x[0] * x[0]);
        }
    }
    s
}

#[differentiable]
fn products_of_rows(x: &[f64], w: &[f64]) -> f64 {
    let n = w.len() / x.len();
    let mut s = 0.0;
    for i in 0..n {
        let row = &w[i * x.len()..(i + 1) * x.len()];
        let mut dot = 0.0;
        for j in 0..x.len() {
            dot += row[j] * x[j];
        }
        s += dot * dot * 0.1;
    }
    s
}

/// One cotangent to which each iteration of an innermost loop adds, in parts.
#[differentiable]
fn scaled(x: &[f64]) -> f64 {
    let mut s = 0.0;
    for i in 0..103 {
        s += x[0] * (0.1 * i as f64) * x[1] / (x[2] + i as f64);
    }
    s
}

#[differentiable]
fn newton(x: &[f64]) -> f64 {
    let mut y = x[0];
    let mut k = 0;
    while (y * y * y - x[1]).abs() > 1e-12 && k < 60 {
        y -= (y * y * y - x[1]) / (3.0 * y * y);
        k += 1;
    }
    y * x[2]
}

#[derive(Clone, Copy, Differentiable)]
struct Body {
    at: [f64; 2],
    speed: [f64; 2],
}

#[differentiable]
fn orbit(x: &[f64]) -> f64 {
    let mut b = Body { at: [x[0], 0.0], speed: [0.0, x[1]] };
    for _ in 0..50 {
        let r = (b.at[0] * b.at[0] + b.at[1] * b.at[1]).sqrt();
        for k in 0..2 {
            b.speed[k] -= 0.05 * x[2] * b.at[k] / (r * r * r);
            b.at[k] += 0.05 * b.speed[k];
        }
    }
    b.at[0] * b.speed[1] - b.at[1] * b.speed[0] + b.at[0]
}

#[differentiable]
fn continued(x: &[f64], depth: usize) -> f64 {
    if depth == 0 { x[1] } else { x[0] + x[2] / (1.0 + continued(x, depth - 1)) }
}

#[differentiable]
fn recursive(x: &[f64]) -> f64 {
    continued(x, 12)
}

#[differentiable]
fn chain(x: &[f64]) -> f64 {
    let v: Vec<f64> = x.iter().cycle().take(40).enumerate().map(|(i, a)| (a * i as f64 + 1.0).sqrt()).collect();
    v.windows(2).map(|p| p[0] * p[1]).sum::<f64>() + v.iter().rev().fold(0.0, |s, a| 0.5 * s + a)
}

#[differentiable]
fn sorted(x: &[f64]) -> f64 {
    let mut v = vec![x[0] * x[1], x[2], x[0] / x[2], x[1]];
    v.sort_by(f64::total_cmp);
    v.iter().enumerate().map(|(i, a)| a.powi(i as i32 + 1)).sum()
}

#[differentiable]
fn branches(x: &[f64]) -> f64 {
    let mut s = x[0];
    for i in 0..30 {
        if s > 1.0 {
            s = s.sqrt() + x[1];
        } else if i % 3 == 0 {
            s = s.recip() * x[2];
        } else {
            s += x[0] * x[2];
        }
    }
    s
}

/// The bits of a value and of its gradient.
type Bits = (u64, [u64; 3]);

/// The programs at a point, each with its value and its gradient.
fn found() -> Vec<(&'static str, Bits)> {
    // What the optimiser computes at compile time, it computes with another library.
    let x = std::hint::black_box([0.7, 1.3, 0.4]);
    let weights: Vec<f64> = (0..60).map(|i| 0.3 * f64::from(i % 7) - 0.5).collect();
    let bits = |(value, gradient): (f64, Vec<f64>)| {
        (value.to_bits(), <[f64; 3]>::try_from(gradient).expect("three numbers").map(f64::to_bits))
    };
    let (value, (gradient, _)) = products_of_rows::value_and_grad(&x, &weights);
    vec![
        ("polynomial", bits(polynomial::value_and_grad(&x))),
        ("roots", bits(roots::value_and_grad(&x))),
        ("powers", bits(powers::value_and_grad(&x))),
        ("sums", bits(sums::value_and_grad(&x))),
        ("products_of_rows", bits((value, gradient))),
        ("scaled", bits(scaled::value_and_grad(&x))),
        ("newton", bits(newton::value_and_grad(&x))),
        ("orbit", bits(orbit::value_and_grad(&x))),
        ("recursive", bits(recursive::value_and_grad(&x))),
        ("chain", bits(chain::value_and_grad(&x))),
        ("sorted", bits(sorted::value_and_grad(&x))),
        ("branches", bits(branches::value_and_grad(&x))),
    ]
}

#[test]
fn the_same_bits() {
    let found = found();
    if std::env::var_os("PRINT_BITS").is_some() {
        for (name, (value, [a, b, c])) in &found {
            println!("    (\"{name}\", ({value:#018x}, [{a:#018x}, {b:#018x}, {c:#018x}])),");
        }
        return;
    }
    assert_eq!(found, EXPECTED);
}

#[test]
fn right() {
    let x = [0.7, 1.3, 0.4];
    polynomial::check(&x).unwrap();
    roots::check(&x).unwrap();
    powers::check(&x).unwrap();
    sums::check(&x).unwrap();
    products_of_rows::check(&x, &[0.5; 60]).unwrap();
    scaled::check(&x).unwrap();
    newton::check(&x).unwrap();
    orbit::check(&x).unwrap();
    recursive::check(&x).unwrap();
    chain::check(&x).unwrap();
    sorted::check(&x).unwrap();
    branches::check(&x).unwrap();
}

/// What both profiles give.
const EXPECTED: &[(&str, Bits)] = &[
    ("polynomial", (0x3ffb5c28f5c28f5c, [0x3ff4cccccccccccd, 0x3fe6666666666666, 0x4000000000000000])),
    ("roots", (0x3fdaee02b224eae6, [0x3fdd6bc76ff48c66, 0xbfedb1479adf44ac, 0x3ff85a4b51319c4a])),
    ("powers", (0x3fef480e73df70f1, [0x3ff7851eb851eb84, 0x4002476f2a5a46a0, 0x400a989d7804993d])),
    ("sums", (0x4069bd354301b7d3, [0xc0710ab716e39962, 0x40547844b98e9aa2, 0xc063f768ce2cabd0])),
    ("products_of_rows", (0x400cd80b242070b6, [0x4005810624dd2f19, 0x400c41f212d77319, 0x3ffd80346dc5d638])),
    ("scaled", (0x402238e1aa086548, [0x402a081dce5522f6, 0x401c08bda3209bd0, 0xbfd8fa7ef2d648ee])),
    ("newton", (0x3fdbf08d69fbc40d, [0xbbc01cdd53a9fd1b, 0x3fbca7f38064aed2, 0x3ff17658623d5a88])),
    ("orbit", (0x3fe414fa90b5fc63, [0x40102afb0142d0ec, 0x3ff53e3369f0f426, 0xc0041e66164ed256])),
    ("recursive", (0x3fed1a77e89cdde4, [0x3fecd623230a3288, 0x3d830f53d8403bec, 0x3fde3416709b1d97])),
    ("chain", (0x4082aca070c43bec, [0x4070829a38935ea2, 0x40645cdd30cc6f02, 0x407885ebc0d37465])),
    ("sorted", (0x40299ba6b50b0f25, [0x404bfad916872afe, 0x4019604189374bc7, 0xc057327ffffffffb])),
    ("branches", (0x40085c23b22fe03d, [0xbc9450c8622e8120, 0x3ff66cfe41693666, 0x3d0b7f5738e3f1c5])),
];
