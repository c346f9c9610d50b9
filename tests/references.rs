//! Vectors of references, and references that a branch chooses: copies stand in their place.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

#[macro_use]
mod common;

use differentiable::prelude::*;

mod sorted {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut r: Vec<&f64> = x.iter().collect();
        r.sort_by(|a, b| (**b).partial_cmp(*a).unwrap());
        assert!(*r[0] >= *r[1]);
        *r[0] * *r[1] + r[2].sin() * **r.last().unwrap()
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod filtered {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let r = x.iter().filter(|a| **a > 0.2).collect::<Vec<&f64>>();
        let any = r.iter().any(|a| **a > 0.4);
        let mut s = if any { x[1] } else { 0.0 };
        for a in &r {
            s += **a * **a;
        }
        s * s * r.len() as f64
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod partitioned {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (even, odd): (Vec<(usize, &f64)>, Vec<(usize, &f64)>) = x.iter().enumerate().partition(|(i, _)| i % 2 == 0);
        let (large, small): (Vec<&f64>, Vec<&f64>) = x.iter().partition(|a| **a > 0.25);
        let product = large.iter().copied().sum::<f64>() * small.into_iter().product::<f64>();
        product + even.iter().map(|(i, a)| **a * *i as f64).sum::<f64>() * odd.iter().map(|(_, a)| **a).product::<f64>()
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod ranked {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut r: Vec<(usize, &f64)> = x.iter().enumerate().collect();
        r.sort_by(|a, b| b.1.partial_cmp(a.1).unwrap());
        r.iter().map(|(i, a)| **a * *i as f64).sum::<f64>() + r[0].1 * r[1].1
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod pushed {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut r: Vec<&f64> = Vec::new();
        for a in x {
            if *a > 0.05 {
                r.push(a);
            }
        }
        let last = x[2] * x[0];
        let pair = [&x[0], &last];
        r.iter().enumerate().map(|(i, a)| **a * *pair[i % 2]).sum()
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod of_rows {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let rows: Vec<Vec<f64>> = x.iter().map(|a| vec![*a, a * a]).collect();
        let mut r: Vec<&Vec<f64>> = rows.iter().collect();
        r.sort_by(|a, b| b[0].total_cmp(&a[0]));
        let mut pairs: Vec<&[f64]> = x.windows(2).collect();
        pairs.reverse();
        r[0][1] * r[1][0] + r[2][1] * pairs[0][1] * (*pairs[1])[0]
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod chosen {
    use super::*;

    #[differentiable(order = 2)]
    fn half(x: &f64) -> f64 {
        *x * *x * 0.5
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (a, b) = (x[0] * 2.0, x[1] * x[2]);
        let big: &f64 = if a > b { &a } else { &b };
        let small = match x.len() {
            0 => &x[0],
            1 => &a,
            _ => {
                if a > b {
                    &b
                } else {
                    &x[2]
                }
            }
        };
        let (p, (q, k)) = if a > b { (&a, (&x[2], 2)) } else { (&b, (&a, 3)) };
        half(big) * half(small) + half(p) * *q * k as f64 + big.sin()
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod bound_as_references {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut r: Vec<&f64> = x.iter().collect();
        r.sort_by(|a, b| a.total_cmp(b));
        let least: &f64 = r[0];
        let greatest: &f64 = r[r.len() - 1];
        let halves: Vec<&[f64]> = vec![&x[..1], &x[1..]];
        let half: &[f64] = halves[1];
        *least * greatest.sin() + least * least * half[0] * half.len() as f64
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod chosen_slices {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (u, v) = (vec![x[0], x[1] * x[1]], vec![x[2], x[1] * x[0]]);
        let (p, q) = if x[0] > 0.2 { (&u, &v) } else { (&v, &u) };
        let rest = if x.len() > 2 { &x[1..] } else { &u[..] };
        let all: &[f64] = if x.len() > 5 { &u } else { x };
        p[0] * q[1] - q[0] * p[1] + rest.iter().map(|a| a * a).sum::<f64>() * all[0]
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

#[derive(Clone, Debug, Differentiable)]
struct Particle {
    mass: f64,
    at: Vec<f64>,
}

#[differentiable]
fn of_structs(all: &[Particle], x: f64) -> f64 {
    let heavy: Vec<&Particle> = all.iter().filter(|p| p.mass > 0.2).collect();
    let mut s = 0.0;
    for p in &heavy {
        s += p.mass * p.at[0] * x;
    }
    let (a, b) = if all[0].mass > x { (&all[0], &all[1]) } else { (&all[1], &all[0]) };
    let one = if x > 2.0 { &all[0] } else { heavy[1] };
    s + heavy.iter().map(|p| p.mass).sum::<f64>() * (*heavy[0]).at[1] + a.mass * b.at[0] * x * one.mass
}

#[test]
fn references_to_structs() {
    let particle = |mass, x, y| Particle { mass, at: vec![x, y] };
    let all = [particle(0.1, 0.2, 0.3), particle(0.5, 0.4, 0.3), particle(0.7, 0.4, 0.1)];
    of_structs::check(&all, 1.3).unwrap();
}

mod literals {
    use super::*;
    #[differentiable(order = 2)]
    fn g(a: &f64, b: &[f64]) -> f64 {
        a * b[0].sin()
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (p, q) = (&x[0], &x[1]);
        let mut s = 0.0;
        for v in [&x[0], &x[2]] {
            s += v * v * x[1];
        }
        for (v, k) in [(p, 2.0), (q, 3.0), (&x[2], 1.0)] {
            s += v * v * k;
        }
        for (a, b) in [(&x[0], &x[1..]), (&x[1], &x[..])] {
            s += g(a, b) * a;
        }
        for r in [&x[..2], &x[1..]] {
            s += r[0] * r[1];
        }
        for &v in &[&x[0], &x[1]] {
            s *= v;
        }
        s += [&x[0], &x[1]].into_iter().map(|a| a * a).sum::<f64>() * x[2];
        s += x[..1].iter().chain([&x[1], &x[2]]).map(|a| a * a).sum::<f64>();
        s += [&x[0], &x[2]].iter().zip([&x[1], &x[2]]).map(|(a, b)| **a * *b).sum::<f64>();
        let w: Vec<&f64> = vec![&x[0], &x[2]];
        for v in w {
            s += v.sin();
        }
        s + *[&x[0], &x[1]].iter().copied().max_by(|a, b| a.total_cmp(b)).unwrap()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// What is changed through the references of a literal, whose derivative was that of what it was before.
mod mutable_literals {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (mut p, mut q) = (x[0] * 2.0, x[1]);
        for v in [&mut p, &mut q] {
            *v *= x[2];
        }
        for (i, (v, k)) in [(&mut p, x[1]), (&mut q, x[2])].into_iter().enumerate() {
            *v *= k * i as f64 + k;
            if *v > 0.8 {
                break;
            }
        }
        [&mut p, &mut q].iter_mut().for_each(|v| **v *= x[0]);
        for (v, a) in [&mut p, &mut q].into_iter().zip(x) {
            *v += a;
        }
        let mut y = [p, q];
        let [a, b] = &mut y;
        for v in [a, b] {
            *v *= x[2];
        }
        let mut z = vec![x[0], x[1]];
        for r in [&mut z[..], &mut y[..]] {
            r[0] *= x[1];
            r[1] = r[0] * r[1];
        }
        for v in [&mut z] {
            v.push(x[1]);
        }
        y[0] * y[1] + z[0] * z[1] * z[2]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
