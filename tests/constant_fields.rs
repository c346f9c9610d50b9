//! Fields marked `#[constant]` that change: what varies may be written into them and has no derivative there, whatever the
//! shape of what they held before.
#![allow(clippy::all, clippy::pedantic, missing_docs, unused, reason = "programs are written as users write them")]

#[macro_use]
mod common;

use std::ops::Add;

use differentiable::prelude::*;

/// Whether two numbers agree as well as differences can.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 2e-5 * (1.0 + a.abs().max(b.abs()))
}

#[derive(Clone, Debug, Differentiable)]
pub enum Phase {
    Idle,
    Run(f64),
    Both { a: f64, b: Vec<f64> },
}

#[derive(Clone, Debug, Differentiable)]
pub struct Keeper {
    w: f64,
    #[constant]
    k: f64,
    #[constant]
    log: Vec<f64>,
    #[constant]
    phase: Phase,
    #[constant]
    pair: (f64, f64),
    #[constant]
    last: Option<(f64, Vec<f64>)>,
    #[constant]
    seen: Option<f64>,
    #[constant]
    entries: Vec<(usize, f64)>,
    open: Phase,
}

fn keeper() -> Keeper {
    Keeper {
        w: 0.7,
        k: 2.0,
        log: vec![],
        phase: Phase::Idle,
        pair: (0.1, 0.2),
        last: None,
        seen: None,
        entries: vec![(2, 0.3), (1, 0.4)],
        open: Phase::Idle,
    }
}

#[differentiable(order = 2)]
impl Keeper {
    /// What was there before is no part of what is written.
    fn exchanges_a_number(&mut self, x: f64) -> f64 {
        let old = std::mem::replace(&mut self.k, x);
        old * x * x
    }

    fn puts_in_a_vector(&mut self, x: f64) -> f64 {
        self.log = vec![x, x * x];
        self.w * x
    }

    fn puts_in_variants(&mut self, x: f64) -> f64 {
        self.phase = Phase::Run(x);
        self.phase = Phase::Both { a: x, b: vec![x, x] };
        self.last = Some((x, vec![x]));
        self.pair = (x, 3.0);
        self.seen = Some(x * self.w);
        self.w * x
    }

    fn exchanges_options(&mut self, x: f64) -> f64 {
        let old = self.last.replace((x, vec![x]));
        old.map_or(2.0, |old| old.0) * x * self.w
    }

    fn exchanges_variants(&mut self, x: f64) -> f64 {
        let old = std::mem::replace(&mut self.phase, Phase::Run(x));
        let at = match old {
            Phase::Run(a) => a,
            _ => 2.0,
        };
        at * x * self.w
    }

    fn takes_a_vector(&mut self, x: f64) -> f64 {
        let old = std::mem::take(&mut self.log);
        self.log = vec![x];
        (old.len() as f64 + 1.0) * x * self.w
    }

    fn changes_parts(&mut self, x: f64) -> f64 {
        self.pair.0 = x;
        self.pair.1 += x;
        self.log.push(x);
        self.entries.push((3, x));
        self.k *= x;
        self.w * x
    }

    fn leaves_none(&mut self, x: f64) -> f64 {
        self.seen = Some(x);
        self.seen = None;
        self.phase = Phase::Idle;
        self.last = None;
        self.w * x + self.seen.unwrap_or(1.0)
    }

    fn pops(&mut self, x: f64) -> f64 {
        let mut s = x;
        while let Some((n, a)) = self.entries.pop() {
            s = s * a * n as f64 + self.w;
        }
        s * x
    }
}

/// A method's value beside what differences say of it along `x` and along `w`: fields that are constant begin as they are.
macro_rules! along {
    ($method:ident $grad:ident $jvp:ident $hessian:ident $expected:expr) => {{
        let expected: fn(f64, f64) -> (f64, f64) = $expected;
        let (by_w, by_x) = expected(0.7, 1.3);
        let (d_self, d_x) = keeper().$grad(1.3);
        assert!(close(d_x, by_x) && close(d_self.w, by_w), "{}: {d_x} and {}", stringify!($method), d_self.w);
        let zero = KeeperTangent {
            w: 0.0,
            k: (),
            log: (),
            phase: (),
            pair: (),
            last: (),
            seen: (),
            entries: (),
            open: PhaseTangent::Idle,
        };
        assert!(close(keeper().$jvp(1.3, &mut zero.clone(), 1.0).1, by_x), "{}", stringify!($method));
        assert!(
            close(keeper().$jvp(1.3, &mut KeeperTangent { w: 1.0, ..zero }, 0.0).1, by_w),
            "{}",
            stringify!($method)
        );
        let hessian = keeper().$hessian(1.3);
        let step = |w: f64, x: f64| {
            let (a, b) = (expected(0.7 + w, 1.3 + x), expected(0.7 - w, 1.3 - x));
            ((a.0 - b.0) / 2e-5, (a.1 - b.1) / 2e-5)
        };
        let (ww, wx) = step(1e-5, 0.0);
        let (_, xx) = step(0.0, 1e-5);
        for (found, expected) in [(hessian[[0, 0]], ww), (hessian[[0, 1]], wx), (hessian[[1, 1]], xx)] {
            assert!(close(found, expected), "{}: {hessian} is not {ww}, {wx}, {xx}", stringify!($method));
        }
    }};
}

#[test]
fn what_varies_is_written_into_constant_fields() {
    along!(exchanges_a_number exchanges_a_number_grad exchanges_a_number_jvp exchanges_a_number_hessian |_, x| (0.0, 4.0 * x));
    along!(puts_in_a_vector puts_in_a_vector_grad puts_in_a_vector_jvp puts_in_a_vector_hessian |w, x| (x, w));
    along!(puts_in_variants puts_in_variants_grad puts_in_variants_jvp puts_in_variants_hessian |w, x| (x, w));
    along!(exchanges_options exchanges_options_grad exchanges_options_jvp exchanges_options_hessian |w, x| (2.0 * x, 2.0 * w));
    along!(exchanges_variants exchanges_variants_grad exchanges_variants_jvp exchanges_variants_hessian |w, x| (2.0 * x, 2.0 * w));
    along!(takes_a_vector takes_a_vector_grad takes_a_vector_jvp takes_a_vector_hessian |w, x| (x, w));
    along!(changes_parts changes_parts_grad changes_parts_jvp changes_parts_hessian |w, x| (x, w));
    along!(leaves_none leaves_none_grad leaves_none_jvp leaves_none_hessian |w, x| (x, w));
    // s = ((x · 0.4 + w) · 0.6 + w) · x
    along!(pops pops_grad pops_jvp pops_hessian |w, x| (1.6 * x, 0.48 * x + 1.6 * w));
}

/// An option of a constant field is read, then given what varies, around a loop.
#[derive(Clone, Debug, Differentiable)]
pub struct Holder {
    w: f64,
    #[constant]
    seen: Option<f64>,
}

#[differentiable]
impl Holder {
    fn differences(&mut self, x: f64) -> f64 {
        let mut s = 0.0;
        for i in 0..3 {
            if let Some(before) = self.seen {
                s += (before - x) * self.w;
            }
            self.seen = Some(x * i as f64);
        }
        s
    }

    fn put(&mut self, x: f64) {
        self.seen = Some(x);
    }
}

#[test]
fn options_that_were_none() {
    // What was seen is 0 and then x: constants.
    let (d_self, d_x) = Holder { w: 0.7, seen: None }.differences_grad(1.3);
    assert!(close(d_x, -1.4) && close(d_self.w, -1.3), "{d_x} {}", d_self.w);
    let mut along = HolderTangent { w: 0.0, seen: () };
    assert!(close(Holder { w: 0.7, seen: None }.differences_jvp(1.3, &mut along, 1.0).1, -1.4));
    let mut holder = Holder { w: 0.7, seen: None };
    let ((), pullback) = holder.put_vjp(1.3);
    assert_eq!(pullback(&HolderTangent { w: 1.0, seen: () }).1, 0.0);
}

#[derive(Clone, Debug, Differentiable)]
pub struct Counted(f64, #[constant] usize, #[constant] Vec<f64>);

#[differentiable]
impl Counted {
    fn step(&mut self, x: f64) -> f64 {
        self.1 += 1;
        self.2.push(0.5);
        self.2[0] *= 2.0;
        self.0 += x * self.2[0] * self.1 as f64;
        if let Some(last) = self.2.pop() {
            self.0 *= last;
        }
        self.0 * x
    }
}

#[derive(Clone, Debug, Differentiable)]
pub struct Log {
    w: f64,
    #[constant]
    entries: Vec<(usize, f64)>,
    #[constant]
    stack: Vec<f64>,
}

#[differentiable]
impl Log {
    fn pop_one(&mut self, x: f64) -> f64 {
        let top = self.stack.pop().unwrap();
        top * x * self.w
    }

    fn pop_all(&mut self, x: f64) -> f64 {
        let mut s = x;
        while let Some(top) = self.stack.pop() {
            s = s * top + self.w;
        }
        s
    }

    fn sums(&mut self, x: f64) -> f64 {
        self.entries[0].1 = 0.25;
        self.entries.push((2, 0.75));
        self.entries.iter().map(|(n, a)| *n as f64 * a * x * self.w).sum::<f64>() + self.entries[1].1 * x
    }
}

#[test]
fn what_is_taken_out_of_constant_fields() {
    Counted(0.4, 3, vec![0.2, 0.7]).step_check(1.3).unwrap();
    let log = || Log { w: 0.7, entries: vec![(1, 0.3), (4, 0.2)], stack: vec![0.2, 0.5, 0.9] };
    log().pop_one_check(1.3).unwrap();
    log().pop_all_check(1.3).unwrap();
    log().sums_check(1.3).unwrap();
}

#[differentiable(order = 2)]
fn pair_of(x: f64) -> Vec<f64> {
    vec![x, x * x]
}

#[differentiable(order = 2)]
fn product_of(pair: &[f64]) -> f64 {
    pair[0] * pair[1]
}

#[derive(Clone, Debug, Differentiable)]
pub struct Cache {
    w: f64,
    #[constant]
    seen: f64,
    #[constant]
    all: Vec<f64>,
}

#[differentiable(order = 2)]
impl Cache {
    fn square(&self, x: f64) -> f64 {
        self.w * x * x
    }

    fn keeps_a_number(&mut self, x: f64) -> f64 {
        self.seen = self.square(x);
        self.w * x
    }

    fn keeps_a_vector(&mut self, x: f64) -> f64 {
        self.all = pair_of(x);
        self.w * x
    }

    /// The vector is used before it is kept.
    fn keeps_what_was_used(&mut self, x: f64) -> f64 {
        let pair = pair_of(x);
        let product = product_of(&pair);
        self.all = pair;
        product * self.w
    }

    fn keeps_what_was_read(&mut self, x: f64) -> f64 {
        let pair = vec![x, x * x];
        let product = pair[0] * pair[1];
        self.all = pair;
        product * self.w
    }

    fn keeps_a_copy(&mut self, x: f64) -> f64 {
        let pair = pair_of(x);
        self.all = pair.clone();
        product_of(&pair) * self.w
    }

    fn keeps_in_a_loop(&mut self, x: f64) -> f64 {
        let mut s = x;
        for i in 0..3 {
            if i != 1 {
                let pair = pair_of(s);
                s += product_of(&pair) * self.w;
                self.all = pair;
            }
            self.seen = self.square(s);
        }
        s
    }

    fn exchanges_with_a_kept_value(&mut self, x: f64) -> f64 {
        let old = std::mem::replace(&mut self.seen, self.w * x);
        let kept = std::mem::replace(&mut self.all, pair_of(x));
        old * kept[1] * x * self.w
    }
}

#[differentiable(order = 2)]
fn made_with_kept_values(x: f64) -> f64 {
    let pair = pair_of(x);
    let product = product_of(&pair);
    let cache = Cache { w: x, seen: product_of(&pair), all: pair };
    cache.w * product
}

#[test]
fn what_calls_give_is_put_into_constant_fields() {
    let cache = || Cache { w: 0.7, seen: 0.3, all: vec![0.5, 0.2] };
    macro_rules! agree {
        ($($f:ident $check:ident $grad:ident $hvp:ident)*) => {$(
            cache().$check(1.3).unwrap();
            let second = (cache().$grad(1.3 + 1e-5).1 - cache().$grad(1.3 - 1e-5).1) / 2e-5;
            let mut still = CacheTangent { w: 0.0, seen: (), all: () };
            let hvp = cache().$hvp(1.3, &mut still, 1.0).1;
            assert!(close(hvp, second), "{}: {hvp} is not {second}", stringify!($f));
        )*};
    }
    agree! {
        keeps_a_number keeps_a_number_check keeps_a_number_grad keeps_a_number_hvp
        keeps_a_vector keeps_a_vector_check keeps_a_vector_grad keeps_a_vector_hvp
        keeps_what_was_used keeps_what_was_used_check keeps_what_was_used_grad keeps_what_was_used_hvp
        keeps_what_was_read keeps_what_was_read_check keeps_what_was_read_grad keeps_what_was_read_hvp
        keeps_a_copy keeps_a_copy_check keeps_a_copy_grad keeps_a_copy_hvp
        keeps_in_a_loop keeps_in_a_loop_check keeps_in_a_loop_grad keeps_in_a_loop_hvp
        exchanges_with_a_kept_value exchanges_with_a_kept_value_check exchanges_with_a_kept_value_grad exchanges_with_a_kept_value_hvp
    }
    made_with_kept_values::check(1.3).unwrap();
}

mod sums_of_values_without_derivative {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct K {
        a: f64,
    }
    impl Add for K {
        type Output = K;
        fn add(self, o: K) -> K {
            K { a: self.a + o.a }
        }
    }
    impl K {
        fn get(&self) -> f64 {
            self.a
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct M {
        #[constant]
        k: K,
        w: f64,
    }
    #[differentiable]
    impl M {
        fn at(&self, x: f64) -> f64 {
            let t = self.k + K { a: 1.0 };
            self.w * x * t.a
        }
        fn at2(&self, x: f64) -> f64 {
            let s = self.k + self.k;
            self.w * x * s.get()
        }
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let m = M { k: K { a: 3.0 }, w: v[0] };
        let t = m.k + K { a: 2.0 };
        m.at(v[1]) * v[2] + m.at2(v[2]) * t.a + m.w
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}
