//! Complex numbers: holomorphic functions and others, alone, in containers, and in programs.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::num_complex::c64;
use differentiable::prelude::*;

/// Everything of one function that can be checked: both modes and differences.
macro_rules! holomorphic {
    ($($name:ident: $z:ident => $e:expr;)*) => {
        $(
            #[differentiable(order = 2)]
            fn $name($z: Complex<f64>) -> Complex<f64> {
                $e
            }
        )*

        #[test]
        fn holomorphic_functions_in_both_modes() {
            for z in [c64(0.6, 0.4), c64(-0.3, 0.7), c64(0.5, -0.2)] {
                $($name::check(z).unwrap_or_else(|e| panic!("{} at {z}: {e}", stringify!($name)));)*
            }
        }

        #[test]
        fn holomorphic_functions_satisfy_cauchy_and_riemann() {
            let z = c64(0.6, 0.4);
            $({
                let j = $name::jacobian(z);
                assert!((j[[0, 0]] - j[[1, 1]]).abs() < 1e-12, "{}", stringify!($name));
                assert!((j[[0, 1]] + j[[1, 0]]).abs() < 1e-12, "{}", stringify!($name));
                // The pullback multiplies by the conjugate of the derivative.
                let derivative = c64(j[[0, 0]], j[[1, 0]]);
                let ct = c64(0.3, -0.8);
                assert!(($name::vjp(z).1(ct) - derivative.conj() * ct).norm() < 1e-12, "{}", stringify!($name));
            })*
        }
    };
}

holomorphic! {
    square: z => z * z;
    cube: z => z * z * z + 2.0 * z - z * 0.5 + 1.0 - z / 3.0;
    quotient: z => (z + 1.0) / (z * z - c64(0.0, 2.0)) + 1.0 / z;
    negative: z => -z * (1.0 - z);
    exp: z => z.exp();
    exp2: z => z.exp2();
    ln: z => z.ln();
    log2: z => z.log2();
    log10: z => z.log10();
    log: z => z.log(3.0);
    sqrt: z => z.sqrt();
    cbrt: z => z.cbrt();
    powi: z => z.powi(3) + z.powi(-2) + z.powi(0) + z.powi(1);
    powu: z => z.powu(4) + z.powu(0);
    powf: z => z.powf(1.7);
    powc: z => z.powc(c64(0.3, -0.6)) + c64(0.4, 0.9).powc(z) + z.powc(z);
    expf: z => z.expf(2.5);
    sin: z => z.sin();
    cos: z => z.cos();
    tan: z => z.tan();
    asin: z => z.asin();
    acos: z => z.acos();
    atan: z => z.atan();
    sinh: z => z.sinh();
    cosh: z => z.cosh();
    tanh: z => z.tanh();
    asinh: z => z.asinh();
    acosh: z => z.acosh();
    atanh: z => z.atanh();
    inv: z => z.inv() + z.finv();
    fdiv: z => c64(1.0, 2.0).fdiv(z) + z.fdiv(c64(0.3, -1.0));
    scale: z => z.scale(1.5) + z.unscale(0.4);
    parts: z => Complex::new(z.re, z.im) + Complex { re: z.re, im: z.im } * Complex::i();
}

/// Functions that are not holomorphic: real results, real arguments, conjugates.
macro_rules! others {
    ($($name:ident($($arg:ident: $ty:ty = $at:expr),*) -> $out:ty { $e:expr })*) => {
        $(
            #[differentiable(order = 2)]
            fn $name($($arg: $ty),*) -> $out {
                $e
            }
        )*

        #[test]
        fn other_functions_in_both_modes() {
            $($name::check($($at),*).unwrap_or_else(|e| panic!("{}: {e}", stringify!($name)));)*
        }
    };
}

others! {
    conj(z: Complex<f64> = c64(0.6, 0.4)) -> Complex<f64> { z.conj() * z.conj() }
    norm(z: Complex<f64> = c64(0.6, -0.4)) -> f64 { z.norm() }
    norm_sqr(z: Complex<f64> = c64(0.6, 0.4)) -> f64 { z.norm_sqr() }
    l1_norm(z: Complex<f64> = c64(-0.6, 0.4)) -> f64 { z.l1_norm() }
    arg(z: Complex<f64> = c64(-0.6, 0.4)) -> f64 { z.arg() }
    part_sum(z: Complex<f64> = c64(0.6, 0.4)) -> f64 { z.re * z.im + z.re.sin() }
    polar(z: Complex<f64> = c64(0.6, 0.4)) -> f64 {{ let (r, theta) = z.to_polar(); r * theta.cos() }}
    new(x: f64 = 0.3, y: f64 = 0.8) -> Complex<f64> { Complex::new(x * y, y) }
    from_polar(r: f64 = 0.3, t: f64 = 0.8) -> Complex<f64> { Complex::from_polar(r, t) }
    cis(t: f64 = 0.8) -> Complex<f64> { Complex::cis(t) }
    from_real(x: f64 = 0.8) -> Complex<f64> { Complex::from(x) * Complex64::i() }
    named(x: f64 = 0.8, y: f64 = 0.1) -> Complex64 { c64(x, y) * Complex64::new(y, x) }
    real_powers(z: Complex<f64> = c64(0.6, 0.4), x: f64 = 1.3) -> Complex<f64> { z.powf(x) + z.expf(x) + z.log(x) }
    mixed(z: Complex<f64> = c64(0.6, 0.4), x: f64 = 1.3) -> Complex<f64> { z * x + x * z - x / z + z / x + (x - z) - (z - x) + z + x }
    scaled(z: Complex<f64> = c64(0.6, 0.4), x: f64 = 1.3) -> Complex<f64> { z.scale(x) + z.unscale(x) }
    power_of_power(z: Complex<f64> = c64(0.6, 0.4), w: Complex<f64> = c64(1.3, -0.2)) -> Complex<f64> { z.powc(w) / w }
    assigned(z: Complex<f64> = c64(0.6, 0.4), x: f64 = 1.3) -> f64 {{
        let mut w = z;
        w *= z;
        w += x;
        w -= z;
        w /= x;
        w *= x.sin();
        w /= z + 2.0;
        w.norm_sqr()
    }}
    partly(z: Complex<f64> = c64(0.6, 0.4), x: f64 = 1.3) -> Complex<f64> {{
        let mut w = z;
        w.re += x;
        w.im *= x;
        w
    }}
    taken_apart(z: Complex<f64> = c64(0.6, 0.4)) -> f64 {{
        let Complex { re, im } = z * z;
        re * im
    }}
}

#[test]
fn the_gradient_follows_the_convention_of_tensorflow() {
    // ∂L/∂Re z + i ∂L/∂Im z.
    assert_eq!(norm_sqr::grad(c64(3.0, -4.0)), c64(6.0, -8.0));
    assert_eq!(norm::grad(c64(3.0, -4.0)), c64(0.6, -0.8));
    let d = part_sum::grad(c64(3.0, -4.0));
    assert_eq!(d, c64(-4.0 + 3.0_f64.cos(), 3.0));
}

#[test]
fn conventions_at_zero() {
    let zero = c64(0.0, 0.0);
    assert_eq!(norm::grad(zero), zero);
    assert_eq!(norm_sqr::grad(zero), zero);
    assert_eq!(l1_norm::grad(zero), zero);
    assert_eq!(arg::grad(zero), zero);
    assert_eq!(norm::jvp(zero, c64(1.0, 1.0)), (0.0, 0.0));
    assert_eq!(arg::jvp(zero, c64(1.0, 1.0)).1, 0.0);
    assert_eq!(powu::vjp(zero).1(c64(1.0, 0.0)), zero);
}

#[test]
fn jacobians_count_a_complex_number_as_two() {
    assert_eq!(conj::jacobian(c64(0.0, 0.5)).dim(), (2, 2));
    assert_eq!(new::jacobian(2.0, 3.0), array![[3.0, 2.0], [0.0, 1.0]]);
    assert_eq!(norm::jacobian(c64(3.0, 4.0)), array![[0.6, 0.8]]);
}

#[test]
fn second_derivatives() {
    // |z|⁴: the Hessian over (re, im) in closed form.
    #[differentiable(order = 2)]
    fn quartic(z: Complex<f64>) -> f64 {
        let n = (z * z.conj()).re;
        n * z.norm_sqr()
    }
    let (x, y) = (0.7, -0.3);
    let h = quartic::hessian(c64(x, y));
    let want = array![[12.0 * x * x + 4.0 * y * y, 8.0 * x * y], [8.0 * x * y, 4.0 * x * x + 12.0 * y * y]];
    assert!((&h - &want).iter().all(|d| d.abs() < 1e-12), "{h}");
    let hv = quartic::hvp(c64(x, y), c64(1.0, 2.0));
    assert!((hv - c64(h[[0, 0]] + 2.0 * h[[0, 1]], h[[1, 0]] + 2.0 * h[[1, 1]])).norm() < 1e-12);

    #[differentiable(order = 2)]
    fn through_functions(z: Complex<f64>, x: f64) -> f64 {
        let w = (z * x).exp() / (z + x).sqrt() + z.sin().powi(2) - x / z;
        w.norm() + w.arg() + (w.conj() * z).re
    }
    let at = (c64(0.6, 0.4), 1.3);
    let h = through_functions::hessian(at.0, at.1);
    let e = 1e-6;
    let steps = [(c64(e, 0.0), 0.0), (c64(0.0, e), 0.0), (c64(0.0, 0.0), e)];
    for (j, (dz, dx)) in steps.into_iter().enumerate() {
        let up = through_functions::grad(at.0 + dz, at.1 + dx);
        let down = through_functions::grad(at.0 - dz, at.1 - dx);
        let column = [(up.0 - down.0).re, (up.0 - down.0).im, up.1 - down.1];
        for i in 0..3 {
            assert!((h[[i, j]] - column[i] / (2.0 * e)).abs() < 1e-7, "{i} {j}");
        }
    }
}

#[differentiable]
fn generic<T: Real>(z: Complex<T>, x: T) -> T {
    let mut w = z * x + z;
    for _ in 0..3 {
        w = w * z - w.exp() / z;
        w += x;
    }
    (w.sqrt().tan().asin() * z.powi(3) / x - z.tanh() + Complex::from_polar(x, x)).norm()
}

#[test]
fn generic_over_the_float() {
    generic::check(c64(0.6, 0.4), 0.3).unwrap();
    let (d, _) = generic::grad(Complex32::new(0.6, 0.4), 0.3);
    let (want, _) = generic::grad(c64(0.6, 0.4), 0.3);
    assert!((c64(d.re, d.im) - want).norm() < 1e-3 * want.norm());
}

#[differentiable]
fn single(z: Complex32, x: f32) -> f32 {
    (z * x + 1.0).exp().norm() + (2.0 / z).arg()
}

#[test]
fn single_precision() {
    let (dz, dx) = single::grad(Complex32::new(0.3, 0.4), 0.5);
    let (tz, tx) = (Complex32::new(0.7, -0.1), 0.9);
    let t = single::jvp(Complex32::new(0.3, 0.4), 0.5, tz, tx).1;
    assert!((dz.re * tz.re + dz.im * tz.im + dx * tx - t).abs() < 1e-5);
}

// Where the compiler cannot see the type, the traits of the runtime decide.

#[derive(Clone, Debug, Differentiable)]
struct Filter {
    pole: Complex<f64>,
    gains: Vec<Complex<f64>>,
    rate: f64,
}

#[differentiable]
impl Filter {
    fn response(&self, frequency: f64) -> f64 {
        let z = Complex::from_polar(1.0, frequency * self.rate);
        let mut h = Complex::new(1.0, 0.0) / (z - self.pole);
        for gain in &self.gains {
            h *= z * gain + self.rate;
        }
        h += self.pole.exp() * self.rate;
        let (r, phase) = h.to_polar();
        h.norm_sqr() + (h.conj() * self.pole).re + h.powi(2).sqrt().im + r * phase + h.scale(self.rate).norm()
    }
}

#[test]
fn fields_of_structs() {
    let filter = Filter { pole: c64(0.5, 0.2), gains: vec![c64(1.0, -0.5), c64(0.3, 0.1)], rate: 0.7 };
    filter.response_check(0.9).unwrap();
}

#[differentiable]
fn no_type_in_the_signature(x: f64, y: f64) -> f64 {
    let mut z = Complex::new(0.0, 0.0);
    let c = Complex::new(x, y);
    for _ in 0..4 {
        z = z * z + c;
    }
    z.norm_sqr() + z.ln().im + (z * 2.0).norm() + (x / z).re
}

#[test]
fn complex_inside_real_functions() {
    no_type_in_the_signature::check(0.2, 0.3).unwrap();
}

/// A type of the user's own that is called like that of `num-complex`.
mod own {
    use differentiable::prelude::{Differentiable, differentiable};

    #[derive(Clone, Copy, Differentiable)]
    pub(super) struct Complex {
        pub re: f64,
        pub im: f64,
    }

    #[differentiable]
    impl Complex {
        pub(super) fn new(re: f64, im: f64) -> Complex {
            Complex { re: 2.0 * re, im }
        }
        pub(super) fn norm(&self) -> f64 {
            self.re + 3.0 * self.im
        }
        pub(super) fn scale(&mut self, t: f64) {
            self.re *= t;
        }
    }

    #[differentiable]
    pub(super) fn f(x: f64) -> f64 {
        let mut z = Complex::new(x, x);
        z.scale(x);
        z.norm()
    }
}

#[test]
fn a_type_of_the_users_own() {
    own::f::check(0.7).unwrap();
    assert_eq!(own::f::grad(1.0), 7.0);
}

// Programs.

/// The fast Fourier transform, in place, of a power of two.
#[differentiable(order = 2)]
fn fft(x: &mut [Complex<f64>]) {
    let n = x.len();
    let mut j = 0;
    for i in 1..n {
        let mut bit = n >> 1;
        while j & bit != 0 {
            j ^= bit;
            bit >>= 1;
        }
        j |= bit;
        if i < j {
            x.swap(i, j);
        }
    }
    let mut len = 2;
    while len <= n {
        let step = Complex::from_polar(1.0, -std::f64::consts::TAU / len as f64);
        for start in (0..n).step_by(len) {
            let mut w = Complex::new(1.0, 0.0);
            for k in 0..len / 2 {
                let a = x[start + k];
                let b = x[start + k + len / 2] * w;
                x[start + k] = a + b;
                x[start + k + len / 2] = a - b;
                w *= step;
            }
        }
        len *= 2;
    }
}

/// The power outside a band, which a filter design would minimise.
#[differentiable(order = 2)]
fn leakage(signal: &[Complex<f64>], band: usize) -> f64 {
    let mut x = signal.to_vec();
    fft(&mut x);
    x.iter().skip(band).map(|z| z.norm_sqr()).sum::<f64>()
}

#[test]
fn fourier_transform() {
    let signal: Vec<Complex<f64>> = (0..8).map(|i| c64((i as f64).sin(), (2.0 * i as f64).cos())).collect();
    let mut x = signal.clone();
    fft::check(&mut x).unwrap();
    leakage::check(&signal, 3).unwrap();
    // Parseval: with no band all power counts, and the gradient is 2 n x.
    let d = leakage::grad(&signal, 0);
    for (d, x) in d.iter().zip(&signal) {
        assert!((d - x * 16.0).norm() < 1e-12);
    }
    // The function is quadratic: its Hessian is the same everywhere, times 2 n.
    let v: Vec<Complex<f64>> = signal.iter().map(|z| z.conj()).collect();
    let hv = leakage::hvp(&signal, 0, &v);
    for (hv, v) in hv.iter().zip(&v) {
        assert!((hv - v * 16.0).norm() < 1e-12);
    }
}

/// A smooth escape count: the potential of the Mandelbrot set after a data-dependent number of steps.
#[differentiable]
fn potential(c: Complex<f64>, limit: usize) -> f64 {
    let mut z = Complex::new(0.0, 0.0);
    let mut n = 0;
    while n < limit && z.norm_sqr() < 1e4 {
        z = z.powi(2) + c;
        n += 1;
    }
    z.norm().ln() / 2.0_f64.powi(n as i32)
}

#[test]
fn mandelbrot() {
    potential::check(c64(0.4, 0.5), 50).unwrap();
    potential::check(c64(-0.1, 0.2), 20).unwrap();
}

/// The power in a load behind a resonant circuit.
#[differentiable]
fn load_power(r: f64, l: f64, c: f64, load: Complex<f64>, omega: f64) -> f64 {
    let j = Complex::<f64>::I;
    let series = r + j * omega * l;
    let parallel = 1.0 / (j * omega * c + load.inv());
    let current = Complex::from(10.0) / (series + parallel);
    0.5 * (current * parallel * current.conj()).re
}

#[test]
fn alternating_current() {
    load_power::check(2.0, 0.3, 0.1, c64(4.0, 1.0), 2.5).unwrap();
    // Maximum power transfer: at the conjugate match the power is stationary in the load.
    let source = c64(2.0, 0.3 * 2.5);
    let (_, _, _, d_load, _) = load_power::grad(2.0, 0.3, 0.0, source.conj(), 2.5);
    assert!(d_load.norm() < 1e-12, "{d_load}");
}

/// The probability that a pulse takes a two-level system from the ground state to the excited one.
#[differentiable(order = 2)]
fn excited(rabi: &[f64], detuning: f64, dt: f64) -> f64 {
    let mut state = [Complex::<f64>::ONE, Complex::ZERO];
    for &omega in rabi {
        let energy = (omega * omega + detuning * detuning).sqrt();
        let (sin, cos) = (0.5 * energy * dt).sin_cos();
        let diagonal = Complex::<f64>::new(cos, -sin * detuning / energy);
        let off = Complex::<f64>::new(0.0, -sin * omega / energy);
        state = [diagonal * state[0] + off * state[1], off * state[0] + diagonal.conj() * state[1]];
    }
    state[1].norm_sqr()
}

#[test]
fn two_level_system() {
    let rabi = [0.8, 1.1, 0.9];
    excited::check(&rabi, 0.4, 0.7).unwrap();
    // Without detuning the pulse area decides: sin²(θ / 2).
    let (d, _, _) = excited::grad(&rabi, 0.0, 0.7);
    let area = 0.7 * 2.8_f64;
    for d in d {
        assert!((d - 0.35 * area.sin()).abs() < 1e-12);
    }
    let (hv, _, _) = excited::hvp(&rabi, 0.0, 0.7, &[1.0, 0.0, 0.0], 0.0, 0.0);
    assert!((hv[2] - 0.245 * area.cos()).abs() < 1e-12);
}

#[differentiable]
fn sums(zs: &[Complex<f64>], w: Complex<f64>) -> f64 {
    let total: Complex<f64> = zs.iter().map(|z| z * w).sum();
    let product = zs.iter().map(|z| z + w).product::<Complex<f64>>();
    let folded = zs.iter().fold(Complex::new(0.0, 0.0), |acc, z| acc * w + z);
    let mut best = Complex::new(0.0, 0.0);
    for z in zs {
        if z.norm() > best.norm() {
            best = *z;
        }
    }
    (total + product + folded).norm_sqr() + best.im
}

#[test]
fn sums_products_and_folds() {
    sums::check(&[c64(0.3, 0.4), c64(-0.5, 0.2), c64(0.1, -0.9)], c64(0.8, 0.1)).unwrap();
}

#[differentiable]
fn early(z: Complex<f64>) -> Complex<f64> {
    if z.norm() > 1.0 {
        return z.inv();
    }
    match z.im > 0.0 {
        true => z.sqrt(),
        false => z * Complex::i(),
    }
}

#[test]
fn branches_and_returns() {
    for z in [c64(2.0, 1.0), c64(0.3, 0.2), c64(0.3, -0.2)] {
        early::check(z).unwrap();
    }
}

#[differentiable]
fn guarded(z: Complex<f64>) -> f64 {
    let l = z.ln();
    let q = 1.0 / z;
    if z.norm_sqr() > 0.0 { (l + q).re } else { z.re }
}

#[test]
fn an_untaken_branch_does_not_reach_the_gradient() {
    assert_eq!(guarded::grad(c64(0.0, 0.0)), c64(1.0, 0.0));
    guarded::check(c64(0.3, 0.2)).unwrap();
}

/// No type in sight: the functions that make complex numbers have higher derivatives all the same.
#[differentiable(order = 3)]
fn made(r: f64, t: f64) -> f64 {
    let z = Complex::from_polar(r, t);
    let w = Complex::cis(t * r) * z + Complex::new(r, t);
    (w * w * w).re + w.inv().im
}

#[differentiable(order = 2)]
fn of_made(r: f64, t: f64) -> f64 {
    let (d_r, d_t) = made::grad(r, t);
    d_r * d_t
}

#[differentiable(order = 2)]
fn of_made_with_types(r: f64, t: f64) -> f64 {
    let (d_r, d_t) = made_with_types::grad(r, t);
    d_r * d_t
}

#[differentiable(order = 3)]
fn made_with_types(r: f64, t: f64) -> f64 {
    let z = Complex::<f64>::from_polar(r, t);
    let w = Complex::<f64>::cis(t * r) * z + Complex::<f64>::new(r, t);
    (w * w * w).re + w.inv().im
}

#[test]
fn complex_numbers_are_made_without_a_type_in_sight() {
    of_made::check(0.6, 0.9).unwrap();
    let difference = of_made::hessian(0.6, 0.9) - of_made_with_types::hessian(0.6, 0.9);
    assert!(difference.iter().all(|d| d.abs() < 1e-9));
}

/// Complex numbers of a type parameter, in structs and enums whose declaration says no more of it.
mod of_a_parameter {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Gate<T> {
        a: Complex<T>,
        b: Complex<T>,
        phase: T,
    }
    #[derive(Clone, Debug, Differentiable)]
    enum Wave<T> {
        Plane { k: T, amp: Complex<T> },
        Sum(Vec<Complex<T>>),
        Zero,
    }
    #[differentiable]
    impl<T: Real> Gate<T> {
        fn new(theta: T, phase: T) -> Self {
            Gate { a: Complex::new(theta.cos(), T::zero()), b: Complex::new(T::zero(), theta.sin()), phase }
        }
        fn apply(&self, s: [Complex<T>; 2]) -> [Complex<T>; 2] {
            let e = Complex::new(self.phase.cos(), self.phase.sin());
            let e2 = Complex::from_polar(T::one(), self.phase);
            [(self.a * s[0] + self.b * s[1]) * e, (self.a * s[1] - self.b.conj() * s[0]) * e2]
        }
        fn prob(&self, n: usize) -> T {
            let mut s = [Complex::new(T::one(), T::zero()), Complex::new(T::zero(), T::zero())];
            for _ in 0..n {
                s = self.apply(s);
            }
            s[0].norm_sqr() - (s[1] * s[0]).im
        }
    }
    #[differentiable]
    impl<T: Real> Wave<T> {
        fn at(&self, x: T) -> Complex<T> {
            match self {
                Wave::Plane { k, amp } => *amp * Complex::new((*k * x).cos(), (*k * x).sin()),
                Wave::Sum(cs) => {
                    let mut p = Complex::new(T::zero(), T::zero());
                    for c in cs.iter().rev() {
                        p = p * x + *c;
                    }
                    p
                }
                Wave::Zero => Complex::new(T::zero(), T::zero()),
            }
        }
    }
    #[test]
    fn agree_with_differences() {
        let g = Gate::new(0.3, 0.2);
        g.prob_check(2).unwrap();
        let w = Wave::Plane { k: 0.3, amp: Complex::new(0.2, 1.0) };
        w.at_check(0.7).unwrap();
        Wave::Sum(vec![Complex::new(0.3, 0.2), Complex::new(0.5, 0.1)]).at_check(0.7).unwrap();
        Wave::<f64>::Zero.at_check(0.7).unwrap();
        Gate::<f64>::new_check(0.3, 0.2).unwrap();
    }
}

/// Literals whose type the path alone tells.
#[differentiable]
fn parallel(z: &[f64]) -> f64 {
    let z = Complex::new(z[0], z[1]);
    (z.inv() + 1.0 / Complex::<f64>::new(2., 0.1)).inv().norm()
}

#[test]
fn literals_of_a_written_type() {
    parallel::check(&[0.7, 0.4]).unwrap();
}
