//! Derivatives inside differentiated functions, in all four combinations of modes.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[differentiable(order = 2)]
fn inner(x: f64, v: &[f64]) -> f64 {
    let mut s = x * x * x;
    for a in v.iter() {
        s += (a * x).sin() * a;
    }
    s
}

/// A function of a gradient.
#[differentiable]
fn of_gradient(x: f64, v: &[f64]) -> f64 {
    let (d_x, d_v) = inner::grad(x, v);
    let mut s = d_x * d_x;
    for d in d_v.iter() {
        s += d * x;
    }
    s
}

#[differentiable]
fn of_value_and_gradient(x: f64, v: &[f64]) -> f64 {
    let (value, grads) = inner::value_and_grad(x, v);
    value * grads.0
}

/// A function of a directional derivative, in forward mode.
#[differentiable]
fn of_direction(x: f64, k: f64) -> f64 {
    let (value, slope) = cube::jvp(x, k);
    value * slope
}

#[differentiable(order = 2)]
fn cube(x: f64) -> f64 {
    x * x * x
}

#[test]
fn reverse_and_forward_over_gradients() {
    let v = [0.4, -0.9];
    of_gradient::check(0.7, &v).unwrap();
    of_value_and_gradient::check(0.7, &v).unwrap();
    of_direction::check(0.7, 1.3).unwrap();
}

/// Zygote's example of perturbation confusion: D(x -> x * D(y -> x + y)(1))(1) = 1.
#[differentiable(order = 2)]
fn plus(x: f64, y: f64) -> f64 {
    x + y
}

#[differentiable]
fn confusing(x: f64) -> f64 {
    let (_, d_y) = plus::grad(x, 1.0);
    x * d_y
}

#[test]
fn perturbations_are_not_confused() {
    assert_eq!(confusing::grad(1.0), 1.0);
    assert_eq!(confusing::jvp(1.0, 1.0).1, 1.0);
}

/// Gradients with respect to some of the parameters still depend on the others.
#[differentiable(order = 2, wrt(x))]
fn narrowed(c: f64, x: f64, v: &[f64]) -> f64 {
    c * c * x * x * v[0] + v[1] * x
}

#[differentiable]
fn of_narrowed(c: f64, x: f64, v: &[f64]) -> f64 {
    narrowed::grad(c, x, v)
}

#[differentiable]
fn of_narrowed_value(c: f64, x: f64, v: &[f64]) -> f64 {
    let (value, slope) = narrowed::value_and_grad(c, x, v);
    value * slope
}

#[differentiable]
fn of_narrowed_direction(c: f64, x: f64, v: &[f64], dx: f64) -> f64 {
    let (value, slope) = narrowed::jvp(c, x, v, dx);
    value * slope
}

#[test]
fn mixed_derivatives_survive_wrt() {
    of_narrowed::check(2.0, 3.0, &[0.5, 1.5]).unwrap();
    of_narrowed_value::check(2.0, 3.0, &[0.5, 1.5]).unwrap();
    of_narrowed_direction::check(2.0, 3.0, &[0.5, 1.5], 0.7).unwrap();
    assert_eq!(of_narrowed::grad(2.0, 3.0, &[1.0, 0.0]), (24.0, 8.0, vec![24.0, 1.0]));
}

/// A Newton step, and gradient descent over its step size.
#[differentiable(order = 3)]
fn bowl(x: &[f64], a: f64) -> f64 {
    let mut s = 0.0;
    for i in 0..x.len() {
        s += a * (x[i] * x[i]).sin() + x[i].exp() * x[(i + 1) % x.len()];
    }
    s
}

#[differentiable(order = 2)]
fn descend(x: &[f64], a: f64, rate: f64, steps: usize) -> f64 {
    let mut y = x.to_vec();
    for _ in 0..steps {
        let (g, _) = bowl::grad(&y, a);
        for i in 0..y.len() {
            y[i] -= rate * g[i];
        }
    }
    bowl(&y, a)
}

#[differentiable]
fn curvature(x: &[f64], a: f64, v: &[f64], va: f64) -> f64 {
    let (h, ha) = bowl::hvp(x, a, v, va);
    let mut s = ha * va;
    for i in 0..v.len() {
        s += h[i] * v[i] * v[i];
    }
    s
}

#[test]
fn gradient_descent_over_its_step_size() {
    let x = [0.3, -0.5, 0.8];
    descend::check(&x, 0.9, 0.05, 3).unwrap();
    let hessian = descend::hessian(&x, 0.9, 0.05, 2);
    let n = hessian.nrows();
    for i in 0..n {
        for j in 0..n {
            assert!((hessian[[i, j]] - hessian[[j, i]]).abs() < 1e-10);
        }
    }
    // The second derivative by the rate is the difference of the first.
    let slope = |rate: f64| descend::grad(&x, 0.9, rate, 2).2;
    let h = 1e-5;
    let difference = (slope(0.05 + h) - slope(0.05 - h)) / (2.0 * h);
    assert!((hessian[[n - 1, n - 1]] - difference).abs() < 1e-6 * difference.abs().max(1.0));
}

#[test]
fn products_with_the_hessian_are_differentiated() {
    curvature::check(&[0.3, -0.5], 0.9, &[1.0, 0.4], -0.6).unwrap();
}

/// Third and fourth derivatives, in every order of the modes.
#[differentiable(order = 4)]
fn quintic(x: f64, k: f64) -> f64 {
    x * x * x * x * x * k
}

#[differentiable(order = 3)]
fn first(x: f64, k: f64) -> f64 {
    quintic::grad(x, k).0
}

#[differentiable(order = 2)]
fn second(x: f64, k: f64) -> f64 {
    first::grad(x, k).0
}

#[differentiable(order = 2)]
fn second_forward(x: f64, k: f64) -> f64 {
    let (_, slope) = first::jvp(x, k, 1.0, 0.0);
    slope
}

#[differentiable]
fn third(x: f64, k: f64) -> f64 {
    second::grad(x, k).0
}

#[differentiable]
fn third_over_forward(x: f64, k: f64) -> f64 {
    second_forward::value_and_grad(x, k).1.0
}

#[differentiable]
fn third_by_product(x: f64, k: f64) -> f64 {
    first::hvp(x, k, 1.0, 0.0).0
}

#[test]
fn four_orders() {
    let x: f64 = 1.3;
    let expected = (120.0 * x * 0.7, 60.0 * x * x);
    for (name, (dx, dk)) in [
        ("reverse", third::grad(x, 0.7)),
        ("forward inside", third_over_forward::grad(x, 0.7)),
        ("product", third_by_product::grad(x, 0.7)),
    ] {
        assert!((dx - expected.0).abs() < 1e-10 && (dk - expected.1).abs() < 1e-10, "{name}: {dx} {dk}");
    }
    assert!((third::jvp(x, 0.7, 1.0, 0.0).1 - expected.0).abs() < 1e-10);
    assert!((third_over_forward::jvp(x, 0.7, 1.0, 0.0).1 - expected.0).abs() < 1e-10);
    assert!((second::hvp(x, 0.7, 1.0, 0.0).0 - expected.0).abs() < 1e-10);
    assert!((second_forward::hvp(x, 0.7, 1.0, 0.0).0 - expected.0).abs() < 1e-10);
}

/// Whole matrices.
#[differentiable(order = 3)]
fn curve(t: f64, w: &[f64]) -> Vec<f64> {
    vec![w[0] * t.sin(), w[1] * w[0] * t * t, (w[1] * t).exp()]
}

#[differentiable]
fn of_jacobian(t: f64, w: &[f64]) -> f64 {
    let j = curve::jacobian(t, w);
    let mut s = 0.0;
    for i in 0..3 {
        for k in 0..3 {
            s += j[[i, k]] * j[[i, k]] * (1 + i + 2 * k) as f64;
        }
    }
    s
}

#[differentiable]
fn of_hessian(x: &[f64], a: f64) -> f64 {
    let h = bowl::hessian(x, a);
    h[[0, 0]] * h[[1, 2]] - h[[0, 1]] * h[[2, 2]]
}

#[test]
fn jacobians_and_hessians_are_differentiated() {
    of_jacobian::check(0.7, &[0.4, 1.2]).unwrap();
    of_hessian::check(&[0.3, -0.5], 0.9).unwrap();
}

/// Methods, structs and generic floats.
#[derive(Clone, Differentiable)]
struct Spring {
    stiffness: f64,
    rest: [f64; 2],
}

#[differentiable(order = 2)]
impl Spring {
    fn energy(&self, x: [f64; 2]) -> f64 {
        let a: f64 = x[0] - self.rest[0];
        let b: f64 = x[1] - self.rest[1];
        0.5 * self.stiffness * (a * a + b * b * b)
    }
}

#[differentiable]
fn work(spring: &Spring, x: [f64; 2]) -> f64 {
    let (_, force) = spring.energy_grad(x);
    force[0] * x[1] - force[1] * x[0]
}

#[differentiable(order = 2)]
fn generic<T: Real>(x: T, y: &[T]) -> T {
    x * x * y[0] + y[1].sin() * x
}

#[differentiable]
fn of_generic<T: Real>(x: T, y: &[T]) -> T {
    let (dx, dy) = generic::grad(x, y);
    dx * dy[0] + dy[1]
}

#[test]
fn methods_and_generics() {
    work::check(&Spring { stiffness: 1.5, rest: [0.1, -0.2] }, [0.4, 0.9]).unwrap();
    of_generic::check(0.6, &[0.3, 1.1]).unwrap();
    let single = Tolerance { modes: 1e-5, differences: 1e-3, step: 1e-2 };
    of_generic::check_with(0.6_f32, &[0.3, 1.1], single).unwrap();
}

/// All derivatives of one function and of a method, with parts of what they give.
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Wave {
    a: f64,
    b: Vec<f64>,
    c: [f64; 2],
}

#[differentiable(order = 3)]
fn height(w: &Wave, k: f64) -> f64 {
    let mut s = (w.a * k).sin();
    for (i, b) in w.b.iter().enumerate() {
        s += b.powi(3) * w.c[i % 2] * k;
    }
    s * w.c[0].exp()
}

#[differentiable(order = 2)]
fn of_all(w: &Wave, k: f64) -> f64 {
    let (g, gk) = height::grad(w, k);
    let (v, (g2, _)) = height::value_and_grad(w, k * k);
    let (_, t) = height::jvp(w, k, &g, gk);
    let j = height::jacobian(w, k);
    let (v2, pullback) = height::vjp(w, k);
    let (p, pk) = pullback(v);
    g.a * g2.c[1] + t * v + j[[0, 2]] + v2 * p.c[0] + pk + g.b[1]
}

#[differentiable]
fn of_of_all(x: &[f64]) -> f64 {
    let w = Wave { a: x[0], b: vec![x[1], x[2]], c: [x[3], x[4]] };
    let (g, gk) = of_all::grad(&w, x[0] * x[1]);
    g.a * gk + g.b[0] * g.c[1]
}

/// Views by value.
#[differentiable(order = 2)]
fn stretched(a: ArrayView2<f64>, x: ArrayView1<'_, f64>) -> f64 {
    let y = a.dot(&x).mapv(f64::tanh);
    (&y * &y).sum() * x.dot(&x)
}

#[differentiable]
fn of_views(a: &Array2<f64>, x: &Array1<f64>) -> f64 {
    let (d_a, d_x) = stretched::grad(a.view(), x.view());
    let (value, (_, d)) = stretched::value_and_grad(a.t(), x.view());
    let (_, slope) = stretched::jvp(a.view(), x.view(), d_a.clone(), d);
    value * slope + d_x.dot(x)
}

#[test]
fn structs_and_views() {
    let w = Wave { a: 0.3, b: vec![0.7, -0.4], c: [0.5, 0.9] };
    of_all::check(&w, 0.4).unwrap();
    of_of_all::check(&[0.3, 0.7, -0.4, 0.5, 0.9]).unwrap();
    let hessian = of_all::hessian(&w, 0.4);
    assert!((&hessian - &hessian.t()).iter().all(|d| d.abs() < 1e-9));
    let (a, x) = (array![[0.3, -0.2], [0.5, 0.9]], array![0.4, -0.7]);
    of_views::check(&a, &x).unwrap();
    assert_eq!(stretched::hessian(a.view(), x.view()).dim(), (6, 6));
}

/// Derivatives of every kind in derivatives of every kind.
mod third_order {
    use differentiable::prelude::*;

    #[differentiable(order = 4)]
    fn s(x: f64) -> f64 {
        (x * x).sin() * x.exp()
    }
    #[differentiable(order = 3)]
    fn s_r(x: f64) -> f64 {
        s::grad(x)
    }
    #[differentiable(order = 3)]
    fn s_f(x: f64) -> f64 {
        s::jvp(x, 1.0).1
    }
    #[differentiable(order = 3)]
    fn s_v(x: f64) -> f64 {
        let (_, g) = s::value_and_grad(x);
        g
    }
    #[differentiable(order = 3)]
    fn s_j(x: f64) -> f64 {
        s::jacobian(x)[[0, 0]]
    }
    #[differentiable(order = 3)]
    fn s_p(x: f64) -> f64 {
        let (_, pb) = s::vjp(x);
        pb(1.0)
    }
    macro_rules! combos { ($($g:ident: $r:ident $f:ident $v:ident $j:ident $p:ident $h:ident $hh:ident,)*) => {$(
        #[differentiable(order = 2)] fn $r(x: f64) -> f64 { $g::grad(x) }
        #[differentiable(order = 2)] fn $f(x: f64) -> f64 { $g::jvp(x, 1.0).1 }
        #[differentiable(order = 2)] fn $v(x: f64) -> f64 { $g::value_and_grad(x).1 }
        #[differentiable(order = 2)] fn $j(x: f64) -> f64 { $g::jacobian(x)[[0, 0]] }
        #[differentiable(order = 2)] fn $p(x: f64) -> f64 { let (_, pb) = $g::vjp(x); pb(1.0) }
        #[differentiable] fn $h(x: f64) -> f64 { $g::hvp(x, 1.0) }
        #[differentiable] fn $hh(x: f64) -> f64 { $g::hessian(x)[[0, 0]] }
    )*}}
    combos! {
        s_r: s_rr s_rf s_rv s_rj s_rp s_rh s_rhh,
        s_f: s_fr s_ff s_fv s_fj s_fp s_fh s_fhh,
        s_v: s_vr s_vf s_vv s_vj s_vp s_vh s_vhh,
        s_j: s_jr s_jf s_jv s_jj s_jp s_jh s_jhh,
        s_p: s_pr s_pf s_pv s_pj s_pp s_ph s_phh,
    }
    #[test]
    fn combos_agree() {
        let x = 0.7;
        let h = 1e-4;
        let d1 = |x: f64| s::grad(x);
        let second = (d1(x + h) - d1(x - h)) / (2.0 * h);
        let d2 = |x: f64| s::hvp(x, 1.0);
        let third = (d2(x + h) - d2(x - h)) / (2.0 * h);
        let d3 = |x: f64| s_r::hvp(x, 1.0);
        let fourth = (d3(x + h) - d3(x - h)) / (2.0 * h);
        macro_rules! t { ($($g:ident)*) => {$(
            let v = $g(x); let r = $g::grad(x); let f = $g::jvp(x, 1.0).1; let hh = $g::hvp(x, 1.0);
            assert!((v - second).abs() < 1e-5 && (r - third).abs() < 1e-5 && (f - third).abs() < 1e-5 && (hh - fourth).abs() < 1e-4, "{} {v} {r} {f} {hh}; {second} {third} {fourth}", stringify!($g));
        )*}}
        t!(s_rr s_rf s_rv s_rj s_rp s_fr s_ff s_fv s_fj s_fp s_vr s_vf s_vv s_vj s_vp s_jr s_jf s_jv s_jj s_jp s_pr s_pf s_pv s_pj s_pp);
        macro_rules! u { ($($g:ident)*) => {$(
            let v = $g(x); let r = $g::grad(x); let f = $g::jvp(x, 1.0).1;
            assert!((v - third).abs() < 1e-5 && (r - fourth).abs() < 1e-4 && (f - fourth).abs() < 1e-4, "{} {v} {r} {f}", stringify!($g));
        )*}}
        u!(s_rh s_rhh s_fh s_fhh s_vh s_vhh s_jh s_jhh s_ph s_phh);
    }
}

/// Pullbacks of methods, called in differentiated code.
mod pullbacks_of_methods {
    use super::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Spring {
        k: f64,
        rest: Vec<f64>,
    }

    #[differentiable(order = 3)]
    impl Spring {
        fn forces(&self, x: &[f64], damping: f64) -> Vec<f64> {
            x.iter().zip(&self.rest).map(|(x, r)| -self.k * (x - r).powi(3) * damping).collect()
        }

        fn energy(&self, x: f64) -> f64 {
            self.k * x.powi(4) * self.rest[0]
        }
    }

    #[derive(Clone, Debug, Differentiable)]
    struct System {
        springs: Vec<Spring>,
        gain: f64,
    }

    #[differentiable(order = 2)]
    impl System {
        fn pulled(&self, x: &[f64]) -> f64 {
            let (forces, pullback) = self.springs[0].forces_vjp(x, self.gain);
            let (d_spring, d_x, d_damping) = pullback(forces.clone());
            let (_, twice, _) = pullback(vec![1.0; 2]);
            d_spring.k * d_x[0] + d_damping * twice[1] + d_spring.rest[1]
        }

        fn own(&self, x: &[f64]) -> f64 {
            let pull = Spring::energy_vjp(&self.springs[1], x[0] * self.gain).1;
            let (d_spring, d_x) = pull(self.gain);
            d_spring.k * d_x
        }
    }

    #[differentiable(order = 2)]
    fn slope(spring: &Spring, x: f64) -> f64 {
        let (value, back) = spring.energy_vjp(x);
        back(value).1
    }

    /// What only looks like the derivative of a method is what it is.
    #[differentiable]
    impl Spring {
        fn half_vjp(&self, x: f64) -> (f64, f64) {
            (self.k * x, x * x)
        }
    }

    #[differentiable]
    fn looks(spring: &Spring, x: f64) -> f64 {
        let (a, b) = spring.half_vjp(x);
        a * b
    }

    #[test]
    fn agree() {
        let spring = |k: f64| Spring { k, rest: vec![0.2 * k, -0.4] };
        let system = System { springs: vec![spring(0.7), spring(1.3)], gain: 0.8 };
        let x = [0.9, 0.5];
        system.pulled_check(&x).unwrap();
        system.own_check(&x).unwrap();
        slope::check(&spring(0.7), 0.9).unwrap();
        looks::check(&spring(0.7), 0.9).unwrap();
        // E = k x⁴ r: E · E' = 4 k² x⁷ r².
        let (k, r, x0) = (0.7_f64, 0.2 * 0.7, 0.9_f64);
        assert!((slope(&spring(0.7), x0) - 4.0 * k * k * x0.powi(7) * r * r).abs() < 1e-14);
        let d = slope::grad(&spring(0.7), x0).1;
        assert!((d - 28.0 * k * k * x0.powi(6) * r * r).abs() < 1e-13);
        let h = system.pulled_hessian(&x);
        assert!(h.iter().zip(h.t()).all(|(a, b)| (a - b).abs() < 1e-12), "{h}");
        let eps = 1e-5;
        let at = |e: f64| system.pulled_grad(&[x[0] + e, x[1]]).1[1];
        let (row, n) = ((at(eps) - at(-eps)) / (2.0 * eps), h.nrows());
        assert!((h[[n - 1, n - 2]] - row).abs() < 1e-7, "{} {row}", h[[n - 1, n - 2]]);
    }
}

/// Differences of the fourth order.
fn difference(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 1e-3;
    (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h)
}

/// What is stopped or constant inside of a function is so in its derivatives, and in nothing around them.
mod stopped {
    use super::*;

    #[differentiable(order = 3)]
    fn inner(x: f64, #[constant] c: f64) -> f64 {
        x * x * c + stop_gradient(x * x) * x
    }

    #[differentiable(order = 2)]
    fn outer(x: f64) -> f64 {
        x * inner::grad(x, stop_gradient(x))
    }

    #[derive(Clone, Differentiable)]
    struct Net {
        w: f64,
        b: f64,
    }

    #[differentiable(order = 3)]
    impl Net {
        fn at(&self, x: f64) -> f64 {
            (self.w * x).sin() + self.b * x
        }
    }

    #[differentiable(order = 2)]
    fn frozen(net: &Net, x: f64) -> f64 {
        let (d_net, d_x) = stop_gradient(net.clone()).at_grad(x * net.b);
        d_net.b * d_x + net.at_grad(stop_gradient(x)).1
    }

    #[test]
    fn stays_stopped() {
        // x (2xc + s) with c = x and s = x², of which the derivative sees neither.
        let x = 0.7;
        let slope = 3.0 * x * x + x * (2.0 * x);
        assert!((outer(x) - 3.0 * x.powi(3)).abs() < 1e-14);
        assert!((outer::grad(x) - slope).abs() < 1e-14);
        assert!((outer::jvp(x, 1.0).1 - slope).abs() < 1e-14);
        let net = Net { w: 0.4, b: 0.8 };
        // The frozen net's numbers stand as literals.
        let plain = |w: f64, b: f64, x: f64| {
            let z = x * b;
            z * (0.4 * (0.4 * z).cos() + 0.8) + w * (w * 0.6).cos() + b
        };
        let (d_net, d_x) = frozen::grad(&net, 0.6);
        assert!((frozen(&net, 0.6) - plain(0.4, 0.8, 0.6)).abs() < 1e-14);
        assert!((d_x - difference(|x| plain(0.4, 0.8, x), 0.6)).abs() < 1e-9);
        assert!((d_net.w - difference(|w| plain(w, 0.8, 0.6), 0.4)).abs() < 1e-9);
        assert!((d_net.b - difference(|b| plain(0.4, b, 0.6), 0.8)).abs() < 1e-9);
        let mixed = difference(|x| difference(|b| plain(0.4, b, x), 0.8), 0.6);
        assert!((frozen::hessian(&net, 0.6)[[1, 2]] - mixed).abs() < 1e-6);
    }
}

/// Directions, cotangents and entries of Hessians that are active, or changed, where they are used.
mod active_directions {
    use super::*;

    #[derive(Clone, Differentiable)]
    struct State {
        a: f64,
        v: Vec<f64>,
    }

    #[differentiable(order = 3)]
    fn evolve(s: &mut State, t: f64) -> f64 {
        for x in s.v.iter_mut() {
            *x *= s.a * t;
        }
        s.a += s.v[0];
        s.a * s.v[1]
    }

    #[differentiable(order = 2)]
    fn moved(a: f64, t: f64) -> f64 {
        let mut s = State { a, v: vec![a * t, t] };
        let mut along = StateTangent { a: t, v: vec![1.0, a] };
        let (y, d_y) = evolve::jvp(&mut s, t, &mut along, a * a);
        y * d_y + s.a * along.v[0] + along.a
    }

    fn moved_plainly(a: f64, t: f64) -> f64 {
        let at = |e: f64| {
            let (a, t, v) = (a + e * t, t + e * a * a, [a * t + e, t + e * a]);
            let v = v.map(|v| v * a * t);
            [(a + v[0]) * v[1], a + v[0], v[0]]
        };
        let along = |i: usize| difference(|e| at(e)[i], 0.0);
        at(0.0)[0] * along(0) + at(0.0)[1] * along(2) + along(1)
    }

    #[differentiable(order = 4)]
    fn energy(x: &[f64], k: f64) -> f64 {
        x[0].powi(3) * x[1] * k + (x[1] * k).exp()
    }

    #[differentiable(order = 2)]
    fn newton(x: &[f64], k: f64) -> f64 {
        let (g, _) = energy::grad(x, k);
        let mut h = energy::hessian(x, k);
        h[[0, 0]] += 1.0;
        h[[1, 1]] *= 2.0;
        let det = h[[0, 0]] * h[[1, 1]] - h[[0, 1]] * h[[1, 0]];
        (h[[1, 1]] * g[0] - h[[0, 1]] * g[1]) / det * h[[2, 2]]
    }

    fn newton_plainly(x: f64, y: f64, k: f64) -> f64 {
        let e = (y * k).exp();
        let (g, h01) = ([3.0 * x * x * y * k, x.powi(3) * k + k * e], 3.0 * x * x * k);
        let (h00, h11, h22) = (6.0 * x * y * k + 1.0, 2.0 * k * k * e, y * y * e);
        (h11 * g[0] - h01 * g[1]) / (h00 * h11 - h01 * h01) * h22
    }

    #[test]
    fn agree_with_differences() {
        let (a, t) = (0.7, 0.9);
        assert!((moved(a, t) - moved_plainly(a, t)).abs() < 1e-9);
        let (d_a, d_t) = moved::grad(a, t);
        assert!((d_a - difference(|a| moved_plainly(a, t), a)).abs() < 1e-7);
        assert!((d_t - difference(|t| moved_plainly(a, t), t)).abs() < 1e-7);
        assert!((moved::hessian(a, t)[[0, 1]] - difference(|t| moved::grad(a, t).0, t)).abs() < 1e-8);
        let (x, y, k) = (0.6, 0.9, 0.7);
        assert!((newton(&[x, y], k) - newton_plainly(x, y, k)).abs() < 1e-12);
        let (d, d_k) = newton::grad(&[x, y], k);
        assert!((d[0] - difference(|x| newton_plainly(x, y, k), x)).abs() < 1e-8);
        assert!((d[1] - difference(|y| newton_plainly(x, y, k), y)).abs() < 1e-8);
        assert!((d_k - difference(|k| newton_plainly(x, y, k), k)).abs() < 1e-8);
        let mixed = difference(|k| difference(|x| newton_plainly(x, y, k), x), k);
        assert!((newton::hessian(&[x, y], k)[[0, 2]] - mixed).abs() < 1e-5);
    }
}

/// Derivatives that are called in checkpointed loops with exits.
mod in_checkpoints {
    use super::*;

    #[differentiable(order = 3)]
    fn energy(x: &[f64], k: f64) -> f64 {
        x.iter().zip(&x[1..]).map(|(a, b)| (a * b * k).sin()).sum::<f64>() + x[0].powi(2)
    }

    macro_rules! descent {
        ($name:ident, $(#[$mark:meta])?) => {
            #[differentiable(order = 2)]
            fn $name(x: &[f64], k: f64, n: usize) -> f64 {
                let mut y = x.to_vec();
                let mut total = 0.0;
                $(#[$mark])?
                for i in 0..n {
                    let (d_y, d_k) = energy::grad(&y, k * (i + 1) as f64);
                    for j in 0..y.len() {
                        y[j] -= 0.1 * d_y[j] * k;
                    }
                    total += d_k * y[0];
                    if total > 10.0 {
                        break;
                    }
                }
                total
            }
        };
    }
    descent!(plain,);
    descent!(by_snapshots, #[checkpoint(snapshots = 2)]);
    descent!(in_parts, #[checkpoint(every = 2)]);
    descent!(whole, #[checkpoint]);

    #[test]
    fn are_those_of_the_plain_loop() {
        let x = [0.5, -0.3, 0.8];
        plain::check(&x, 0.7, 6).unwrap();
        let expected = plain::hessian(&x, 0.7, 6);
        assert!((expected[[0, 3]] - difference(|k| plain::grad(&x, k, 6).0[0], 0.7)).abs() < 1e-8);
        let close = |a: &Array2<f64>, b: &Array2<f64>| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        for hessian in [by_snapshots::hessian(&x, 0.7, 6), in_parts::hessian(&x, 0.7, 6), whole::hessian(&x, 0.7, 6)] {
            assert!(close(&hessian, &expected), "{hessian} is not {expected}");
        }
        let expected = plain::jacobian(&x, 0.7, 6);
        for jacobian in
            [by_snapshots::jacobian(&x, 0.7, 6), in_parts::jacobian(&x, 0.7, 6), whole::jacobian(&x, 0.7, 6)]
        {
            assert!(close(&jacobian, &expected), "{jacobian} is not {expected}");
        }
    }
}
