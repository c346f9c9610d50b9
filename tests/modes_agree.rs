//! Every mode of many functions, held against every other one.
//!
//! Of each function, `jvp` along every axis gives the columns of the Jacobian, the pullback of every axis its rows, and
//! `check` compares with differences. Where the value is a number, `grad`, `value_and_grad` and `grad_into` are the row.
//! With second derivatives, `hvp` along every axis gives the columns of the Hessian, which is symmetric, has
//! `hessian_diagonal` as its diagonal, and is the difference of gradients.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;
use differentiable::{Differentiable, Tangent};

/// The scalars of a tangent.
fn flat<T: Tangent>(tangent: &T) -> Vec<f64> {
    let mut out = Vec::new();
    tangent.clone().__map(&mut |x| {
        out.push(x);
        x
    });
    out
}

/// Takes scalars off the front of a list for a tangent of a value.
fn tangent<T: Differentiable + ?Sized>(of: &T, scalars: &mut impl Iterator<Item = f64>) -> T::Tangent
where
    T::Tangent: Tangent,
{
    let mut tangent = of.__zero();
    tangent.__map(&mut |_| scalars.next().unwrap());
    tangent
}

/// The value displaced by a multiple of a tangent.
fn displaced<T: Differentiable + Clone>(of: &T, tangent: &T::Tangent, by: f64) -> T
where
    T::Tangent: Tangent,
{
    let mut moved = of.clone();
    let scalars: Vec<f64> = flat(tangent).into_iter().map(|x| x * by).collect();
    differentiable::__private::displace(&mut moved, &mut &scalars[..]);
    moved
}

#[track_caller]
fn close(what: &str, found: impl IntoIterator<Item = f64>, expected: impl IntoIterator<Item = f64>, tolerance: f64) {
    let (found, expected): (Vec<f64>, Vec<f64>) = (found.into_iter().collect(), expected.into_iter().collect());
    assert_eq!(found.len(), expected.len(), "{what}: {found:?} {expected:?}");
    let scale = expected.iter().fold(1.0_f64, |a, b| a.max(b.abs()));
    for (f, e) in found.iter().zip(&expected) {
        assert!((f - e).abs() <= tolerance * scale, "{what}: {found:?} is not {expected:?}");
    }
}

fn axis(j: usize, n: usize) -> Vec<f64> {
    (0..n).map(|i| f64::from(u8::from(i == j))).collect()
}

/// An argument by reference (`r`), by value (`v`), or a constant one (`c`), each with a name for its tangent.
macro_rules! given {
    (r $x:expr) => {
        &$x
    };
    (v $x:expr) => {
        Clone::clone(&$x)
    };
    (c $x:expr) => {
        $x
    };
}

macro_rules! agree {
    (@first $f:ident, $tolerance:expr, ($($how:ident $x:ident $d:ident),*) ($($c:ident),*)) => {{
        let n: usize = [$(flat(&$x.__zero()).len()),*].iter().sum();
        let value = $f($(given!($how $x),)* $($c),*);
        let jacobian = $f::jacobian($(given!($how $x),)* $($c),*);
        let (pulled, pullback) = $f::vjp($(given!($how $x),)* $($c),*);
        let rows = flat(&value.__zero()).len();
        assert_eq!(jacobian.dim(), (rows, n), "{}", stringify!($f));
        assert!(value == pulled, "{}", stringify!($f));
        for j in 0..n {
            let mut scalars = axis(j, n).into_iter();
            $(let $d = tangent(&$x, &mut scalars);)*
            let (y, along) = $f::jvp($(given!($how $x),)* $($c,)* $(given!($how $d)),*);
            assert!(value == y, "{}", stringify!($f));
            close(concat!(stringify!($f), ": jvp"), flat(&along), jacobian.column(j).to_vec(), $tolerance);
        }
        for _ in 0..2 {
            for i in 0..rows {
                let ct = tangent(&value, &mut axis(i, rows).into_iter());
                let gradient = pullback(ct);
                close(concat!(stringify!($f), ": vjp"), flat(&gradient), jacobian.row(i).to_vec(), $tolerance);
            }
        }
        $f::check($(given!($how $x),)* $($c),*).unwrap();
        jacobian
    }};
    // The gradient of a number.
    (@scalar $f:ident, $tolerance:expr, ($($how:ident $x:ident $d:ident),*) ($($c:ident),*)) => {{
        let jacobian = agree!(@first $f, $tolerance, ($($how $x $d),*) ($($c),*));
        let gradient = $f::grad($(given!($how $x),)* $($c),*);
        close(concat!(stringify!($f), ": grad"), flat(&gradient), jacobian.row(0).to_vec(), $tolerance);
        let (value, gradient) = $f::value_and_grad($(given!($how $x),)* $($c),*);
        assert!(value == $f($(given!($how $x),)* $($c),*));
        close(concat!(stringify!($f), ": value_and_grad"), flat(&gradient), jacobian.row(0).to_vec(), $tolerance);
        // Adds to its buffers.
        let mut ones = std::iter::repeat(1.0);
        $(let mut $d = tangent(&$x, &mut ones);)*
        let value = $f::grad_into($(given!($how $x),)* $($c,)* $(&mut $d),*);
        assert!(value == $f($(given!($how $x),)* $($c),*));
        let mut found = Vec::new();
        $(found.extend(flat(&$d));)*
        close(concat!(stringify!($f), ": grad_into"), found, jacobian.row(0).iter().map(|x| x + 1.0), $tolerance);
    }};
    (@second $f:ident, $tolerance:expr, ($($how:ident $x:ident $d:ident),*) ($($c:ident),*)) => {{
        agree!(@scalar $f, $tolerance, ($($how $x $d),*) ($($c),*));
        let hessian = $f::hessian($(given!($how $x),)* $($c),*);
        let n = hessian.nrows();
        close(concat!(stringify!($f), ": symmetry"), hessian.iter().copied(), hessian.t().iter().copied(), $tolerance);
        let diagonal = $f::hessian_diagonal($(given!($how $x),)* $($c),*);
        close(concat!(stringify!($f), ": diagonal"), diagonal, hessian.diag().to_vec(), $tolerance);
        for j in 0..n {
            let mut scalars = axis(j, n).into_iter();
            $(let $d = tangent(&$x, &mut scalars);)*
            let product = $f::hvp($(given!($how $x),)* $($c,)* $(given!($how $d)),*);
            close(concat!(stringify!($f), ": hvp"), flat(&product), hessian.column(j).to_vec(), $tolerance);
            let at = |h: f64| {
                $(let $x = displaced(&$x, &$d, h);)*
                flat(&$f::grad($(given!($how $x),)* $($c),*))
            };
            let h = 1e-5;
            let differences = at(h).into_iter().zip(at(-h)).map(|(u, d)| (u - d) / (2.0 * h));
            close(concat!(stringify!($f), ": differences"), flat(&product), differences, 1e-6_f64.max(1e4 * $tolerance));
        }
    }};
    ($level:ident $f:ident($($how:ident $x:ident $d:ident = $value:expr),*; $($c:ident = $constant:expr),*)) => {{
        $(let $x = $value;)*
        $(let $c = $constant;)*
        agree!(@$level $f, 1e-9, ($($how $x $d),*) ($($c),*));
    }};
}

include!("common/functions_of_all_kinds.rs");

/// An argument of a call: by `&mut` (`m`), or as above.
macro_rules! lent {
    (m $x:expr) => {
        &mut $x
    };
    ($how:ident $x:expr) => {
        given!($how $x)
    };
}

/// A call of a pullback, which takes the cotangents of final states after that of the value.
macro_rules! pull {
    ($pullback:ident ($($a:expr,)*);) => { $pullback($($a),*) };
    ($pullback:ident ($($a:expr,)*); m $x:ident $d:ident, $($rest:tt)*) => {
        pull!($pullback ($($a,)* &$d,); $($rest)*)
    };
    ($pullback:ident ($($a:expr,)*); $how:ident $x:ident $d:ident, $($rest:tt)*) => {
        pull!($pullback ($($a,)*); $($rest)*)
    };
}

/// What is done with arguments by `&mut`, and not with others.
macro_rules! if_changed {
    (m $($what:tt)*) => { $($what)* };
    ($how:ident $($what:tt)*) => {};
}

/// The same for functions that change their arguments, whose final states follow the value.
macro_rules! agree_on_state {
    (@call $f:ident $derivative:ident ($($how:ident $x:ident),*) ($($c:ident),*) ($($more:expr),*)) => {{
        $(#[allow(unused_mut)] let mut $x = $x.clone();)*
        $f::$derivative($(lent!($how $x),)* $($c,)* $($more),*)
    }};
    (@first $f:ident, ($($ct:ident)?), ($($how:ident $x:ident $d:ident),*) ($($c:ident),*)) => {{
        let tolerance = 1e-9;
        let n: usize = [$(flat(&$x.__zero()).len()),*].iter().sum();
        // The value, with the final states.
        let run = || {
            $(#[allow(unused_mut)] let mut $x = $x.clone();)*
            let value = $f($(lent!($how $x),)* $($c),*);
            (value, $($x),*)
        };
        let (value, $($d),*) = run();
        let of_value = flat(&value.__zero()).len();
        #[allow(unused_mut)]
        let mut rows = of_value;
        $(if_changed!($how rows += flat(&$d.__zero()).len();); let _ = &$d;)*
        let jacobian = agree_on_state!(@call $f jacobian ($($how $x),*) ($($c),*) ());
        assert_eq!(jacobian.dim(), (rows, n), "{}", stringify!($f));
        for j in 0..n {
            let mut scalars = axis(j, n).into_iter();
            $(#[allow(unused_mut)] let mut $d = tangent(&$x, &mut scalars);)*
            $(#[allow(unused_mut)] let mut $x = $x.clone();)*
            let (y, along) = $f::jvp($(lent!($how $x),)* $($c,)* $(lent!($how $d)),*);
            let last = run();
            assert!((y, $($x),*) == last, "{}", stringify!($f));
            let mut column = flat(&along);
            $(if_changed!($how column.extend(flat(&$d));); let _ = &$d;)*
            close(concat!(stringify!($f), ": jvp"), column, jacobian.column(j).to_vec(), tolerance);
        }
        {
            let last = run();
            $(#[allow(unused_mut)] let mut $x = $x.clone();)*
            let (pulled, pullback) = $f::vjp($(lent!($how $x),)* $($c),*);
            assert!(pulled == last.0, "{}", stringify!($f));
            let (_, $($d),*) = last;
            $(let $x = $d; let _ = &$x;)*
            for i in (0..rows).chain(0..rows) {
                let mut scalars = axis(i, rows).into_iter();
                let _ct = tangent(&pulled, &mut scalars);
                $(if_changed!($how let $d = tangent(&$x, &mut scalars););)*
                let gradient = pull!(pullback ($(agree_on_state!(@same $ct _ct),)?); $($how $x $d,)*);
                close(concat!(stringify!($f), ": vjp"), flat(&gradient), jacobian.row(i).to_vec(), tolerance);
            }
        }
        agree_on_state!(@call $f check ($($how $x),*) ($($c),*) ()).unwrap();
        jacobian
    }};
    (@same $a:ident $b:ident) => { $b };
    (@second $f:ident, ($($how:ident $x:ident $d:ident),*) ($($c:ident),*)) => {{
        let tolerance = 1e-9;
        let jacobian = agree_on_state!(@first $f, (ct), ($($how $x $d),*) ($($c),*));
        let gradient = agree_on_state!(@call $f grad ($($how $x),*) ($($c),*) ());
        close(concat!(stringify!($f), ": grad"), flat(&gradient), jacobian.row(0).to_vec(), tolerance);
        let hessian = agree_on_state!(@call $f hessian ($($how $x),*) ($($c),*) ());
        let n = hessian.nrows();
        close(concat!(stringify!($f), ": symmetry"), hessian.iter().copied(), hessian.t().iter().copied(), tolerance);
        let diagonal = agree_on_state!(@call $f hessian_diagonal ($($how $x),*) ($($c),*) ());
        close(concat!(stringify!($f), ": diagonal"), diagonal, hessian.diag().to_vec(), tolerance);
        for j in 0..n {
            let mut scalars = axis(j, n).into_iter();
            $(let $d = tangent(&$x, &mut scalars);)*
            let product = {
                $(#[allow(unused_mut)] let (mut $x, mut $d) = ($x.clone(), $d.clone());)*
                $f::hvp($(lent!($how $x),)* $($c,)* $(lent!($how $d)),*)
            };
            close(concat!(stringify!($f), ": hvp"), flat(&product), hessian.column(j).to_vec(), tolerance);
            let at = |h: f64| {
                $(let $x = displaced(&$x, &$d, h);)*
                flat(&agree_on_state!(@call $f grad ($($how $x),*) ($($c),*) ()))
            };
            let h = 1e-5;
            let differences = at(h).into_iter().zip(at(-h)).map(|(u, d)| (u - d) / (2.0 * h));
            close(concat!(stringify!($f), ": differences"), flat(&product), differences, 1e-5);
        }
    }};
    (first $f:ident($($how:ident $x:ident $d:ident = $value:expr),*; $($c:ident = $constant:expr),*)) => {{
        $(let $x = $value;)*
        $(let $c = $constant;)*
        agree_on_state!(@first $f, (ct), ($($how $x $d),*) ($($c),*));
    }};
    (nothing $f:ident($($how:ident $x:ident $d:ident = $value:expr),*; $($c:ident = $constant:expr),*)) => {{
        $(let $x = $value;)*
        $(let $c = $constant;)*
        agree_on_state!(@first $f, (), ($($how $x $d),*) ($($c),*));
    }};
    (second $f:ident($($how:ident $x:ident $d:ident = $value:expr),*; $($c:ident = $constant:expr),*)) => {{
        $(let $x = $value;)*
        $(let $c = $constant;)*
        agree_on_state!(@second $f, ($($how $x $d),*) ($($c),*));
    }};
}

#[differentiable(order = 2)]
fn two_states(a: &mut [f64], b: &mut Vec<f64>, k: f64, n: usize) -> f64 {
    let mut s = 0.0;
    for i in 0..n {
        let j = i % a.len();
        a[j] = a[j] * b[i % b.len()].sin() + k;
        b[j] *= a[j];
        if b[j] > 2.0 {
            return s * k;
        }
        s += a[j] * b[0];
    }
    s
}

#[differentiable(order = 2)]
fn of_number(x: &mut f64, k: f64) -> f64 {
    let before = *x;
    *x = (*x * k).exp();
    before * *x
}

#[differentiable]
fn grows(v: &mut Vec<f64>, k: f64) {
    let last = v[v.len() - 1];
    v.push(last * k);
    v[0] *= v[1];
}

#[differentiable]
fn moves(bodies: &mut [Body], dt: f64) -> (f64, Vec<f64>) {
    let mut energies = Vec::new();
    for i in 0..bodies.len() {
        let pull = bodies[0].charges[0] * bodies[i].mass;
        let body = &mut bodies[i];
        body.position[0] += dt * pull;
        body.mass *= 1.0 + dt * body.position[1];
        energies.push(body.mass * body.position[0]);
    }
    (energies.iter().sum::<f64>() * dt, energies)
}

#[differentiable(order = 2)]
impl Body {
    fn kick(&mut self, by: f64) -> f64 {
        self.position[0] += by * by * self.mass;
        self.mass *= self.position[0];
        self.charges[1] = self.mass * by;
        self.mass * self.charges[1] * self.charges[0]
    }
}

#[differentiable(order = 2)]
fn kicked(body: &mut Body, by: f64) -> f64 {
    let first = body.kick(by);
    first * body.kick(first) + body.charges[1]
}

#[differentiable(order = 2)]
fn reshaped(shape: &mut Shape, k: f64) -> f64 {
    match shape {
        Shape::Circle(r) => {
            *r *= k * *r;
            *r * k
        }
        Shape::Rect { width, height } => {
            std::mem::swap(width, height);
            *width *= *height * k;
            *width * *width
        }
        Shape::Polygon(points) => {
            for p in points.iter_mut() {
                p[0] *= k * p[1];
            }
            points[0][0] * points[1][0] * points[0][1]
        }
        Shape::Nothing => k * k * k,
    }
}

#[differentiable(order = 2)]
fn replaced(shape: &mut Shape, k: f64) -> f64 {
    let area = shape.area();
    *shape = Shape::Rect { width: area * k, height: k * k };
    shape.area() * area
}

#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Filter<T, const N: usize> {
    taps: [T; N],
    memory: Vec<T>,
    gain: T,
}

#[differentiable(order = 2)]
impl<T: Real, const N: usize> Filter<T, N> {
    fn feed(&mut self, x: T) -> T {
        self.memory.push(x);
        let mut y = T::zero();
        for i in 0..N.min(self.memory.len()) {
            y += self.taps[i] * self.memory[self.memory.len() - 1 - i];
        }
        self.gain = self.gain * T::from(0.9).unwrap() + y * y;
        y * self.gain
    }
}

#[differentiable(order = 2)]
fn filtered(filter: &mut Filter<f64, 2>, signal: &[f64]) -> f64 {
    let mut s: f64 = 0.0;
    for x in signal {
        s += filter.feed(*x) * s.cos();
    }
    s
}

#[differentiable(order = 2)]
trait Accumulate {
    fn add(&mut self, x: f64) -> f64;
    fn add_twice(&mut self, x: f64) -> f64 {
        let once = self.add(x);
        self.add(once)
    }
}

#[derive(Clone, Debug, PartialEq, Differentiable)]
enum Meter {
    Sum { total: f64, weight: f64 },
    Product(f64),
}

#[differentiable(order = 2)]
impl Accumulate for Meter {
    fn add(&mut self, x: f64) -> f64 {
        match self {
            Meter::Sum { total, weight } => {
                *total += x * *weight;
                *weight *= 0.5 + x;
                *total * *weight
            }
            Meter::Product(p) => {
                *p *= x;
                *p * x
            }
        }
    }
}

#[differentiable(order = 2)]
fn metered<M: Accumulate + Differentiable + Clone>(meter: &mut M, xs: &[f64]) -> f64 {
    let mut s = 1.0;
    for x in xs {
        s *= meter.add_twice(*x * s);
    }
    s
}

#[differentiable(order = 2)]
fn of_meter(meter: &mut Meter, xs: &[f64]) -> f64 {
    metered(meter, xs)
}

#[differentiable(order = 2)]
fn descends(w: &mut Array1<f64>, a: &Array2<f64>, rate: f64) -> f64 {
    let step = a.dot(w);
    *w -= &(step * rate);
    w[0] *= rate;
    w.dot(w) * rate
}

#[differentiable(order = 2)]
fn of_optional_state(state: &mut Option<f64>, x: f64) -> f64 {
    let before = state.unwrap_or(x * x);
    *state = Some(before * x);
    before * before * x
}

#[test]
fn every_mode_agrees_where_arguments_are_changed() {
    let body =
        |s: f64| Body { position: [0.3 * s, 1.1], mass: 2.0 * s, charges: vec![0.4, -0.7 * s], radius: 0.2, id: 3 };
    let filter = || Filter { taps: [0.7, -0.4], memory: vec![0.2], gain: 1.1 };
    agree_on_state!(second normalise(m v dv = vec![0.7, -0.4, 1.1], v k dk = 0.8;));
    agree_on_state!(second two_states(m a da = vec![0.7, -0.4, 1.1], m b db = vec![0.3, 0.9, 0.5], v k dk = 0.8; n = 5));
    agree_on_state!(second two_states(m a da = vec![1.7, -0.4], m b db = vec![1.3, 1.9], v k dk = 1.8; n = 5));
    agree_on_state!(second of_number(m x dx = 0.7, v k dk = 0.8;));
    agree_on_state!(nothing grows(m v dv = vec![0.7, -0.4, 1.1], v k dk = 0.8;));
    agree_on_state!(first moves(m b db = vec![body(0.9), body(-0.4)], v dt d_dt = 0.3;));
    agree_on_state!(second kicked(m b db = body(0.9), v by d_by = 0.6;));
    agree_on_state!(second reshaped(m s ds = Shape::Circle(0.7), v k dk = 1.3;));
    agree_on_state!(second reshaped(m s ds = Shape::Rect { width: 0.3, height: 1.2 }, v k dk = 1.3;));
    agree_on_state!(second reshaped(m s ds = Shape::Polygon(vec![[0.1, 0.2], [1.0, 0.3]]), v k dk = 1.3;));
    agree_on_state!(second reshaped(m s ds = Shape::Nothing, v k dk = 1.3;));
    agree_on_state!(second replaced(m s ds = Shape::Rect { width: 0.3, height: 1.2 }, v k dk = 1.3;));
    agree_on_state!(second filtered(m f df = filter(), r x dx = vec![0.7, -0.4, 1.1];));
    agree_on_state!(second of_meter(m s ds = Meter::Sum { total: 0.3, weight: 1.2 }, r x dx = vec![0.7, 1.1];));
    agree_on_state!(second of_meter(m s ds = Meter::Product(1.2), r x dx = vec![0.7, 1.1];));
    agree_on_state!(second descends(m w dw = array![0.7, -0.4], r a da = array![[0.3, 1.2], [0.5, -0.6]], v k dk = 0.8;));
    agree_on_state!(second of_optional_state(m s ds = Some(0.7), v x dx = 0.8;));
}

#[test]
fn every_mode_agrees_with_every_other_one() {
    every_function!();
}
