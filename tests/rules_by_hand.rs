//! Rules written by hand, for either mode and for both.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

/// A function whose body is of no use to the compiler; its derivatives are given.
#[differentiable(vjp = smooth_abs_vjp, jvp = smooth_abs_jvp)]
fn smooth_abs(x: f64, w: &[f64]) -> f64 {
    let raw = (x * x + 0.01_f64).sqrt();
    raw * w.iter().copied().map(|a| a * a).sum::<f64>()
}

fn smooth_abs_vjp(x: f64, w: &[f64]) -> (f64, impl Fn(f64) -> (f64, Vec<f64>) + use<'_>) {
    let root = (x * x + 0.01).sqrt();
    let squares: f64 = w.iter().map(|a| a * a).sum();
    let pullback = move |ct: f64| (ct * squares * x / root, w.iter().map(|a| ct * root * 2.0 * a).collect());
    (root * squares, pullback)
}

fn smooth_abs_jvp(x: f64, w: &[f64], dx: f64, dw: &[f64]) -> (f64, f64) {
    let root = (x * x + 0.01).sqrt();
    let squares: f64 = w.iter().map(|a| a * a).sum();
    let along: f64 = w.iter().zip(dw).map(|(a, d)| 2.0 * a * d).sum();
    (root * squares, squares * x / root * dx + root * along)
}

#[differentiable]
fn caller(x: f64, w: &[f64]) -> f64 {
    let mut s = 0.0;
    for i in 0..3 {
        s += smooth_abs(x * i as f64 - 1.0, w) * x;
    }
    s.sin()
}

#[test]
fn rules_are_used_in_both_modes() {
    smooth_abs::check(0.3, &[0.5, -0.7]).unwrap();
    caller::check(0.3, &[0.5, -0.7]).unwrap();
}

/// A rule for one mode suffices for that mode, also in what calls the function.
#[differentiable(vjp = only_backward_vjp)]
fn only_backward(x: f64, w: &[f64]) -> f64 {
    x * x * w[0]
}

fn only_backward_vjp(x: f64, w: &[f64]) -> (f64, impl Fn(f64) -> (f64, Vec<f64>)) {
    let saved = w[0];
    (x * x * saved, move |ct| (2.0 * x * saved * ct, vec![x * x * ct]))
}

#[differentiable(jvp = only_forward_jvp)]
fn only_forward(x: f64, w: &[f64]) -> f64 {
    x * x * w[0]
}

fn only_forward_jvp(x: f64, w: &[f64], dx: f64, dw: &[f64]) -> (f64, f64) {
    (x * x * w[0], 2.0 * x * w[0] * dx + x * x * dw[0])
}

#[differentiable]
fn calls_backward(x: f64, w: &[f64]) -> f64 {
    only_backward(x * 2.0, w) + x
}

#[differentiable]
fn calls_forward(x: f64, w: &[f64]) -> f64 {
    only_forward(x * 2.0, w) + x
}

#[test]
fn one_rule_suffices_for_its_mode() {
    assert_eq!(only_backward::grad(3.0, &[0.5]), (3.0, vec![9.0]));
    assert_eq!(calls_backward::grad(3.0, &[0.5]), (13.0, vec![36.0]));
    assert_eq!(calls_backward::vjp(3.0, &[0.5]).1(2.0), (26.0, vec![72.0]));
    assert_eq!(only_forward::jvp(3.0, &[0.5], 1.0, &[0.0]), (4.5, 3.0));
    assert_eq!(calls_forward::jvp(3.0, &[0.5], 1.0, &[0.0]), (21.0, 13.0));
}

/// Rules that carry closures and saved values, of a method and of a function of another crate.
#[differentiable(vjp = bessel_vjp)]
fn log_sum(xs: &[f64], scale: impl Fn(f64) -> f64) -> f64 {
    num_sum(xs, &scale).ln()
}

fn num_sum(xs: &[f64], scale: &impl Fn(f64) -> f64) -> f64 {
    xs.iter().map(|x| scale(x.exp())).sum()
}

fn bessel_vjp(xs: &[f64], scale: impl Fn(f64) -> f64) -> (f64, impl Fn(f64) -> Vec<f64>) {
    let terms: Vec<f64> = xs.iter().map(|x| scale(x.exp())).collect();
    let total: f64 = terms.iter().sum();
    (total.ln(), move |ct| terms.iter().map(|t| ct * t / total).collect())
}

#[differentiable]
fn uses_closure(xs: &[f64], k: f64) -> f64 {
    log_sum(xs, |x| 3.0 * x) * k
}

#[test]
fn rules_with_closures() {
    let (d_xs, d_k) = uses_closure::grad(&[0.1, 0.7], 2.0);
    let total = 0.1_f64.exp() + 0.7_f64.exp();
    assert!((d_xs[0] - 2.0 * 0.1_f64.exp() / total).abs() < 1e-14);
    assert!((d_k - (3.0 * total).ln()).abs() < 1e-14);
}

/// Rules of a function that changes its argument: they are called at its initial state, and given the cotangent of the
/// final one.
#[differentiable(vjp = decay_vjp, jvp = decay_jvp)]
fn decay(x: &mut [f64], rate: f64) -> f64 {
    for v in x.iter_mut() {
        *v *= *v * rate;
    }
    x.iter().sum::<f64>() * rate
}

fn decay_vjp(x: &mut [f64], rate: f64) -> (f64, impl Fn(f64, &[f64]) -> (Vec<f64>, f64) + use<>) {
    let before = x.to_vec();
    let value = decay(x, rate);
    let pullback = move |ct: f64, d: &[f64]| {
        let total = || d.iter().map(|d| d + ct * rate).zip(&before);
        let squares = || before.iter().map(|v| v * v);
        let d_rate = total().map(|(d, v)| d * v * v).sum::<f64>() + ct * rate * squares().sum::<f64>();
        (total().map(|(d, v)| 2.0 * d * v * rate).collect(), d_rate)
    };
    (value, pullback)
}

fn decay_jvp(x: &mut [f64], rate: f64, dx: &mut [f64], d_rate: f64) -> (f64, f64) {
    for (v, d) in x.iter().zip(dx.iter_mut()) {
        *d = 2.0 * v * *d * rate + v * v * d_rate;
    }
    let value = decay(x, rate);
    (value, dx.iter().sum::<f64>() * rate + x.iter().sum::<f64>() * d_rate)
}

/// A function that gives nothing but what it changes.
#[differentiable(vjp = scale_vjp, jvp = scale_jvp)]
fn scale(x: &mut Vec<f64>, k: f64) {
    x.iter_mut().for_each(|v| *v *= k);
}

fn scale_vjp(x: &mut Vec<f64>, k: f64) -> ((), impl Fn(&Vec<f64>) -> (Vec<f64>, f64) + use<>) {
    let before = x.clone();
    scale(x, k);
    ((), move |d| (d.iter().map(|d| d * k).collect(), d.iter().zip(&before).map(|(d, v)| d * v).sum()))
}

fn scale_jvp(x: &mut Vec<f64>, k: f64, dx: &mut Vec<f64>, dk: f64) -> ((), ()) {
    dx.iter_mut().zip(x.iter()).for_each(|(d, v)| *d = *d * k + v * dk);
    scale(x, k);
    ((), ())
}

#[differentiable]
fn changes(x: &[f64], rate: f64) -> f64 {
    let mut y = x.to_vec();
    let mut sum = 0.0;
    for i in 0..2 {
        let k = rate + y[0];
        scale(&mut y, k);
        sum += decay(&mut y[i..], rate) * y[1];
    }
    sum * y[0]
}

#[test]
fn rules_of_functions_that_change_their_arguments() {
    decay::check(&mut [0.3, -0.8, 1.2], 0.7).unwrap();
    scale::check(&mut vec![0.3, -0.8, 1.2], 0.7).unwrap();
    changes::check(&[0.3, -0.8, 1.2], 0.7).unwrap();
    // The derivatives leave the argument as the function does.
    let (mut x, mut y) = ([0.3, -0.8, 1.2], [0.3, -0.8, 1.2]);
    let (value, _) = decay::value_and_grad(&mut x, 0.7);
    assert_eq!((value, x), (decay(&mut y, 0.7), y));
    assert_eq!(decay::jacobian(&mut [0.3, -0.8, 1.2], 0.7).dim(), (4, 4));
}

#[test]
fn the_source_of_a_rule_names_it() {
    assert_eq!(
        only_backward::source(),
        "// The derivatives of `only_backward` are given.\n// In reverse mode: `only_backward_vjp`.\n// In forward mode there is none.\n"
    );
}

/// What calls a function with one rule, directly, through others, and in circles, has the derivatives of its mode.
mod in_modules {
    use super::*;

    #[differentiable]
    pub(super) fn through(x: f64, w: &[f64]) -> [f64; 2] {
        let y = calls_backward(x, w);
        [y * y, y.sin()]
    }

    #[differentiable]
    pub(super) fn ahead(x: f64, w: &[f64]) -> [f64; 2] {
        let y = super::calls_forward(x, w);
        [y * y, y.sin()]
    }
}

#[differentiable]
fn down(x: f64, n: usize) -> f64 {
    if n == 0 { x } else { across(x * 1.1, n - 1).sin() }
}

#[differentiable]
fn across(x: f64, n: usize) -> f64 {
    only_backward(x, &[0.5]) + down(x, n)
}

struct Weights {
    w: f64,
}

#[differentiable]
impl Weights {
    fn weigh(#[constant] &self, x: f64) -> Vec<f64> {
        let y = in_modules::through(x, &[self.w]);
        vec![y[0] * x, y[1]]
    }

    fn of_itself(#[constant] self, x: f64) -> f64 {
        only_forward(x, &[self.w])
    }
}

impl Clone for Weights {
    fn clone(&self) -> Self {
        Weights { w: self.w }
    }
}

#[test]
fn jacobians_and_checks_of_one_mode() {
    let w = [0.5];
    assert_eq!(only_backward::jacobian(3.0, &w), array![[3.0, 9.0]]);
    assert_eq!(only_forward::jacobian(3.0, &w), array![[3.0, 9.0]]);
    only_backward::check(3.0, &w).unwrap();
    only_forward::check(3.0, &w).unwrap();
    calls_backward::check(3.0, &w).unwrap();
    calls_forward::check(3.0, &w).unwrap();
    in_modules::through::check(0.3, &w).unwrap();
    in_modules::ahead::check(0.3, &w).unwrap();
    let (back, ahead) = (in_modules::through::jacobian(0.3, &w), in_modules::ahead::jacobian(0.3, &w));
    assert!(back.iter().zip(&ahead).all(|(a, b)| (a - b).abs() < 1e-14), "{back} {ahead}");
    down::check(0.7, 4).unwrap();
    across::check(0.7, 5).unwrap();
    let weights = Weights { w: 0.5 };
    assert_eq!(weights.weigh_jacobian(0.3).dim(), (2, 1));
    weights.weigh_check(0.3).unwrap();
    weights.of_itself_check(0.3).unwrap();
}

/// Where there is one mode, patterns and sparse Jacobians take the sweeps that it has.
#[differentiable]
fn banded(x: &[f64]) -> Vec<f64> {
    (1..x.len()).map(|i| only_backward(x[i - 1], &[x[i]])).collect()
}

#[differentiable]
fn banded_ahead(x: &[f64]) -> Vec<f64> {
    (1..x.len()).map(|i| only_forward(x[i - 1], &[x[i]])).collect()
}

#[test]
fn sparse_jacobians_of_one_mode() {
    let x: Vec<f64> = (0..9).map(|i| 0.1 + f64::from(i)).collect();
    let (back, ahead) = (banded::jacobian_pattern(&x), banded_ahead::jacobian_pattern(&x));
    assert_eq!((back.entries(), &back), (16, &ahead));
    // Columns would do in two sweeps, and so do rows.
    let (a, b) = (banded::jacobian_sparse(&x, &back), banded_ahead::jacobian_sparse(&x, &back));
    assert_eq!(a, b);
    assert_eq!(a.to_dense(), banded_ahead::jacobian(&x));
    // A pattern for which rows are fewer: the last row is full.
    let arrow =
        differentiable::Pattern::new((8, 9), (0..8).flat_map(|i| [(i, i), (i, i + 1)]).chain((0..9).map(|j| (7, j))));
    assert_eq!(banded_ahead::jacobian_sparse(&x, &arrow).to_dense(), banded::jacobian(&x));
    assert_eq!(banded::jacobian_sparse(&x, &arrow).to_dense(), banded::jacobian(&x));
}

/// A rule that is wrong is found without the other mode.
#[differentiable(vjp = wrong_vjp)]
fn wrong(x: f64) -> f64 {
    x * x
}

fn wrong_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
    (x * x, move |ct| 3.0 * x * ct)
}

#[test]
fn a_wrong_rule_is_found_by_differences() {
    let error = wrong::check(2.0).unwrap_err();
    assert_eq!(error.kind, differentiable::Disagreement::ReverseDifferences);
    assert!(error.to_string().contains("reverse mode gives 6.0, central differences gives 4.0"), "{error}");
}

#[test]
fn functions_inside_of_functions_know_what_they_call() {
    #[differentiable(jvp = third_jvp)]
    fn third(x: f64) -> f64 {
        x / 3.0
    }
    fn third_jvp(x: f64, dx: f64) -> (f64, f64) {
        (x / 3.0, dx / 3.0)
    }
    #[differentiable]
    fn thirds(x: f64, y: f64) -> f64 {
        third(x) * third(y)
    }
    #[differentiable]
    fn imports(x: f64) -> f64 {
        use rules_by_hand_of_others::quarter;
        quarter(x) * x
    }
    thirds::check(0.3, 0.7).unwrap();
    imports::check(0.3).unwrap();
    assert_eq!(thirds::jacobian(3.0, 6.0), array![[2.0 / 3.0, 1.0 / 3.0]]);
    assert_eq!(imports::jacobian(2.0), array![[1.0]]);
}

mod rules_by_hand_of_others {
    use super::*;

    #[differentiable(vjp = quarter_vjp)]
    pub(crate) fn quarter(x: f64) -> f64 {
        x / 4.0
    }
    fn quarter_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
        (x / 4.0, |ct| ct / 4.0)
    }
}

/// Methods with one rule, and what calls them: functions and methods ask the methods of their parameters and of parts of
/// those, also through methods beside them.
mod methods_with_one_rule {
    use super::*;

    #[derive(Clone, Differentiable)]
    struct Gate<T> {
        k: T,
    }

    #[differentiable]
    impl<T: Real> Gate<T> {
        #[differentiable(vjp = open_vjp)]
        fn open(&self, x: T) -> T {
            self.k * x * x
        }

        #[differentiable(jvp = shut_jvp)]
        fn shut(&self, x: T) -> T {
            self.k * x * x
        }

        #[differentiable(vjp = through_vjp)]
        fn through<const N: usize>(&self, x: [T; N], f: impl Fn(T) -> T) -> T {
            self.k * x.iter().map(|x| f(*x)).sum::<T>()
        }

        fn open_twice(&self, x: T) -> T {
            self.open(self.open(x))
        }

        fn shut_twice(&self, x: T, n: usize) -> T {
            if n == 0 { x } else { self.shut_twice(self.shut(x), n - 1) }
        }
    }

    fn open_vjp<T: Real>(gate: &Gate<T>, x: T) -> (T, impl Fn(T) -> (GateTangent<T>, T)) {
        let (value, k) = (gate.open(x), gate.k);
        (value, move |ct| (GateTangent { k: ct * x * x }, ct * k * (x + x)))
    }

    /// Of functions that are linear.
    fn through_vjp<T: Real, const N: usize>(
        gate: &Gate<T>,
        x: [T; N],
        f: impl Fn(T) -> T,
    ) -> (T, impl Fn(T) -> (GateTangent<T>, [T; N])) {
        let (sum, slope, k) = (x.iter().map(|x| f(*x)).sum::<T>(), f(T::one()), gate.k);
        (k * sum, move |ct| (GateTangent { k: ct * sum }, [ct * k * slope; N]))
    }

    fn shut_jvp<T: Real>(gate: &Gate<T>, x: T, d_gate: &GateTangent<T>, dx: T) -> (T, T) {
        (gate.shut(x), d_gate.k * x * x + gate.k * (x + x) * dx)
    }

    #[derive(Clone, Differentiable)]
    struct Net {
        gates: Vec<Gate<f64>>,
        last: Gate<f64>,
    }

    #[differentiable]
    impl Net {
        fn run(&self, x: f64) -> [f64; 2] {
            let mut y = x;
            for gate in &self.gates {
                y = gate.open(y).sin();
            }
            [y, self.last.open_twice(y)]
        }

        fn run_ahead(&self, x: f64) -> [f64; 2] {
            let mut y = x;
            for i in 0..self.gates.len() {
                y = self.gates[i].shut(y).sin();
            }
            [y, self.last.shut_twice(y, 2)]
        }
    }

    #[differentiable]
    fn back(gate: &Gate<f64>, x: f64) -> f64 {
        gate.open(x) * gate.open_twice(x)
    }

    #[differentiable]
    fn ahead(gate: &mut Gate<f64>, x: f64) -> f64 {
        gate.k *= x;
        gate.shut(x) * gate.shut_twice(x, 2)
    }

    #[differentiable]
    fn of_net(net: Net, x: f64) -> f64 {
        net.last.open(x) + net.gates[0].k
    }

    #[derive(Clone, Differentiable)]
    struct Pair {
        gates: [Gate<f64>; 2],
    }

    #[differentiable]
    fn of_pair(pair: &Pair, x: f64) -> f64 {
        pair.gates[0].through([x, x * x], |x| 3.0 * x)
    }

    #[test]
    fn jacobians_and_checks_take_the_mode_there_is() {
        let gate = Gate { k: 0.7 };
        gate.through_check([0.3, -0.2], |x| 2.0 * x).unwrap();
        let pair = Pair { gates: [gate.clone(), Gate { k: 0.2 }] };
        of_pair::check(&pair, 0.3).unwrap();
        gate.open_check(0.3).unwrap();
        gate.open_twice_check(0.3).unwrap();
        gate.shut_check(0.3).unwrap();
        gate.shut_twice_check(0.3, 3).unwrap();
        back::check(&gate, 0.3).unwrap();
        ahead::check(&mut gate.clone(), 0.3).unwrap();
        let net = Net { gates: vec![Gate { k: 1.2 }, Gate { k: 0.4 }], last: gate.clone() };
        net.run_check(0.3).unwrap();
        net.run_ahead_check(0.3).unwrap();
        of_net::check(net.clone(), 0.3).unwrap();
        let (a, b) = (net.run_jacobian(0.3), net.run_ahead_jacobian(0.3));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-14), "{a} {b}");
        // y = k³x⁶ for y = f(f(x)) f(x) with f(x) = kx².
        let found = back::jacobian(&gate, 2.0);
        let expected = [4.0 * 0.7_f64.powi(3) * 64.0, 6.0 * 0.7_f64.powi(4) * 32.0];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found} {expected:?}");
    }
}

/// Rules of methods: of what they change, of receivers by value, of the type's own functions, at order 2, and implicit ones.
mod methods_with_rules {
    use super::*;

    #[derive(Clone, Differentiable)]
    struct Spring {
        k: f64,
        at: f64,
    }

    #[differentiable(order = 2)]
    impl Spring {
        #[differentiable(vjp = energy_vjp, jvp = energy_jvp)]
        fn energy(&self, x: f64) -> f64 {
            0.5 * self.k * x * x
        }

        fn energies(&self, x: f64) -> f64 {
            self.energy(x) * self.energy(self.at)
        }
    }

    fn energy_vjp(spring: &Spring, x: f64) -> (f64, impl Fn(f64) -> (SpringTangent, f64)) {
        let (value, k) = (spring.energy(x), spring.k);
        (value, move |ct| (SpringTangent { k: 0.5 * ct * x * x, at: 0.0 }, ct * k * x))
    }

    #[differentiable]
    fn energy_jvp(spring: &Spring, x: f64, d_spring: &SpringTangent, dx: f64) -> (f64, f64) {
        (0.5 * spring.k * x * x, 0.5 * d_spring.k * x * x + spring.k * x * dx)
    }

    #[differentiable]
    impl Spring {
        #[differentiable(vjp = Self::step_back, jvp = Self::step_ahead)]
        fn step(&mut self, dt: f64) -> f64 {
            self.at += dt * self.k;
            self.at * self.at
        }

        #[differentiable(skip)]
        fn step_back(&mut self, dt: f64) -> (f64, impl Fn(f64, &SpringTangent) -> (SpringTangent, f64) + use<>) {
            let (value, k, at) = (self.step(dt), self.k, self.at);
            let pullback = move |ct: f64, last: &SpringTangent| {
                let d_at = last.at + 2.0 * at * ct;
                (SpringTangent { k: last.k + d_at * dt, at: d_at }, d_at * k)
            };
            (value, pullback)
        }

        #[differentiable(skip)]
        fn step_ahead(&mut self, dt: f64, d_self: &mut SpringTangent, d_dt: f64) -> (f64, f64) {
            d_self.at += d_dt * self.k + dt * d_self.k;
            let value = self.step(dt);
            (value, 2.0 * self.at * d_self.at)
        }

        #[differentiable(vjp = stiffness_vjp)]
        fn stiffness(self, x: f64) -> f64 {
            self.k * x
        }

        #[differentiable(jvp = new_jvp)]
        fn new(k: f64) -> Spring {
            Spring { k, at: k * k }
        }

        #[differentiable(implicit = residual)]
        fn rest(&self, load: f64) -> f64 {
            load / self.k - self.at
        }
    }

    fn stiffness_vjp(spring: &Spring, x: f64) -> (f64, impl Fn(f64) -> (SpringTangent, f64) + use<>) {
        let k = spring.k;
        (k * x, move |ct| (SpringTangent { k: ct * x, at: 0.0 }, ct * k))
    }

    fn new_jvp(k: f64, dk: f64) -> (Spring, SpringTangent) {
        (Spring::new(k), SpringTangent { k: dk, at: 2.0 * k * dk })
    }

    #[differentiable]
    fn residual(spring: &Spring, load: f64, x: &f64) -> f64 {
        spring.k * (x + spring.at) - load
    }

    #[differentiable]
    fn moves(spring: &Spring, dt: f64) -> f64 {
        let mut spring = spring.clone();
        let mut sum = spring.rest(dt);
        for _ in 0..3 {
            sum += spring.step(dt) * spring.energy(dt);
        }
        sum
    }

    #[test]
    fn agree_in_every_mode() {
        let spring = Spring { k: 0.7, at: -0.4 };
        spring.energy_check(0.3).unwrap();
        spring.energies_check(0.3).unwrap();
        spring.clone().step_check(0.3).unwrap();
        spring.clone().stiffness_check(0.3).unwrap();
        Spring::new_check(0.3).unwrap();
        spring.rest_check(0.3).unwrap();
        moves::check(&spring, 0.3).unwrap();
        let (d_spring, d_x) = spring.energies_hvp(0.3, &SpringTangent { k: 1.0, at: -0.5 }, 2.0);
        let slope = |t: f64| Spring { k: 0.7 + t, at: -0.4 - 0.5 * t }.energies_grad(0.3 + 2.0 * t);
        let ((up, up_x), (down, down_x)) = (slope(1e-5), slope(-1e-5));
        let found = [d_spring.k, d_spring.at, d_x];
        let expected = [up.k - down.k, up.at - down.at, up_x - down_x].map(|d| d / 2e-5);
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-8), "{found:?} {expected:?}");
        assert_eq!(spring.energy_hessian(2.0), array![[0.0, 0.0, 2.0], [0.0, 0.0, 0.0], [2.0, 0.0, 0.7]]);
    }
}

/// Rules of functions that change their arguments, at order 2.
mod state_at_order_2 {
    use super::*;

    #[differentiable(order = 3, vjp = decay_vjp, jvp = decay_jvp)]
    fn decay(x: &mut [f64], rate: f64, n: usize) -> f64 {
        for _ in 0..n {
            x.iter_mut().for_each(|v| *v *= *v * rate);
        }
        x[0] * rate
    }

    fn decay_vjp(x: &mut [f64], rate: f64, n: usize) -> (f64, impl Fn(f64, &[f64]) -> (Vec<f64>, f64) + use<>) {
        let before = x.to_vec();
        let value = decay(x, rate, n);
        let pullback = move |ct: f64, last: &[f64]| {
            let mut x = before.clone();
            let (_, pullback) = plain::vjp(&mut x, rate, n);
            pullback(ct, last)
        };
        (value, pullback)
    }

    #[differentiable(order = 2)]
    fn decay_jvp(x: &mut [f64], rate: f64, n: usize, dx: &mut [f64], d_rate: f64) -> (f64, f64) {
        for _ in 0..n {
            for i in 0..x.len() {
                dx[i] = 2.0 * x[i] * dx[i] * rate + x[i] * x[i] * d_rate;
                x[i] *= x[i] * rate;
            }
        }
        (x[0] * rate, dx[0] * rate + x[0] * d_rate)
    }

    #[differentiable(order = 3)]
    fn plain(x: &mut [f64], rate: f64, n: usize) -> f64 {
        for _ in 0..n {
            for i in 0..x.len() {
                x[i] *= x[i] * rate;
            }
        }
        x[0] * rate
    }

    #[differentiable(order = 3, vjp = scale_vjp, jvp = scale_jvp)]
    fn scale(x: &mut Vec<f64>, k: f64) {
        x.iter_mut().for_each(|v| *v *= k * k);
    }

    fn scale_vjp(x: &mut Vec<f64>, k: f64) -> ((), impl Fn(&Vec<f64>) -> (Vec<f64>, f64) + use<>) {
        let before = x.clone();
        scale(x, k);
        let d_k = move |d: &Vec<f64>| d.iter().zip(&before).map(|(d, v)| 2.0 * d * v * k).sum();
        ((), move |d| (d.iter().map(|d| d * k * k).collect(), d_k(d)))
    }

    #[differentiable(order = 2)]
    fn scale_jvp(x: &mut Vec<f64>, k: f64, dx: &mut Vec<f64>, dk: f64) -> ((), ()) {
        for i in 0..x.len() {
            dx[i] = dx[i] * k * k + 2.0 * x[i] * k * dk;
            x[i] *= k * k;
        }
        ((), ())
    }

    #[differentiable(order = 3)]
    fn scale_plainly(x: &mut Vec<f64>, k: f64) {
        for i in 0..x.len() {
            x[i] *= k * k;
        }
    }

    macro_rules! callers {
        ($caller:ident, $of_caller:ident, $decay:ident, $scale:ident) => {
            #[differentiable(order = 3)]
            fn $caller(x: &[f64], rate: f64) -> f64 {
                let mut y = x.to_vec();
                let mut sum = 0.0;
                for i in 0..2 {
                    let k = rate + y[0];
                    $scale(&mut y, k);
                    sum += $decay(&mut y[i..], rate, 2) * y[1];
                }
                sum * y[0]
            }

            #[differentiable]
            fn $of_caller(x: &[f64], rate: f64) -> f64 {
                let (d_x, d_rate) = $caller::hvp(x, rate, x, rate);
                d_x[0] * d_rate + d_x[1]
            }
        };
    }
    callers!(by_rules, of_by_rules, decay, scale);
    callers!(plainly, of_plainly, plain, scale_plainly);

    fn close(found: &Array2<f64>, expected: &Array2<f64>) {
        let scale = expected.iter().fold(1.0_f64, |a, b| a.max(b.abs()));
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12 * scale), "{found} is not {expected}");
    }

    #[test]
    fn the_derivatives_are_those_of_the_body() {
        let x = [0.8, -0.9, 1.2];
        close(&decay::hessian(&mut x.clone(), 0.7, 2), &plain::hessian(&mut x.clone(), 0.7, 2));
        close(&by_rules::jacobian(&x, 0.7), &plainly::jacobian(&x, 0.7));
        close(&by_rules::hessian(&x, 0.7), &plainly::hessian(&x, 0.7));
        close(&of_by_rules::jacobian(&x, 0.7), &of_plainly::jacobian(&x, 0.7));
        of_by_rules::check(&x, 0.7).unwrap();
        let (mut state, mut d) = (x, [1.0, 0.5, -1.0]);
        let (mut same, mut d_same) = (x, d);
        let found = decay::hvp(&mut state, 0.7, 2, &mut d, 0.3);
        assert_eq!(state, {
            plain(&mut same, 0.7, 2);
            same
        });
        let expected = plain::hvp(&mut x.clone(), 0.7, 2, &mut d_same, 0.3);
        assert!(
            found.0.iter().zip(&expected.0).all(|(a, b)| (a - b).abs() < 1e-12) && (found.1 - expected.1).abs() < 1e-12
        );
    }
}

/// A view that is passed by value is not kept in the tape.
mod views_by_value {
    use super::*;

    #[differentiable(vjp = product_vjp)]
    fn product<T: Real>(a: &Array2<T>, v: ArrayView1<T>) -> Array1<T> {
        a.dot(&v)
    }

    fn product_vjp<T: Real>(
        a: &Array2<T>,
        v: ArrayView1<T>,
    ) -> (Array1<T>, impl Fn(Array1<T>) -> (Array2<T>, Array1<T>)) {
        let (a, v) = (a.clone(), v.to_owned());
        (a.dot(&v), move |ct| (Array2::from_shape_fn(a.dim(), |(i, j)| ct[i] * v[j]), a.t().dot(&ct)))
    }

    #[differentiable(implicit = residual)]
    fn solved(a: &Array2<f64>, b: ArrayView1<f64>) -> Array1<f64> {
        let det = a[[0, 0]] * a[[1, 1]] - a[[0, 1]] * a[[1, 0]];
        array![a[[1, 1]] * b[0] - a[[0, 1]] * b[1], a[[0, 0]] * b[1] - a[[1, 0]] * b[0]] / det
    }

    #[differentiable]
    fn residual(a: &Array2<f64>, b: ArrayView1<f64>, x: &Array1<f64>) -> Array1<f64> {
        a.dot(x) - &b
    }

    #[differentiable]
    fn uses(a: &Array2<f64>, v: &Array1<f64>) -> f64 {
        let y: Array1<f64> = product(a, v.view());
        solved(a, y.view()).dot(&y)
    }

    #[test]
    fn agree_in_every_mode() {
        let (a, v) = (array![[0.3, 0.4], [0.5, -0.6]], array![0.7, 0.8]);
        product::check(&a, v.view()).unwrap();
        solved::check(&a, v.view()).unwrap();
        uses::check(&a, &v).unwrap();
        // A v = y and A x = y: the value is vᵀ A v.
        let (d_a, _) = uses::grad(&a, &v);
        assert!((d_a[[0, 1]] - v[0] * v[1]).abs() < 1e-12);
    }
}
