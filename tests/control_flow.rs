//! Branches, loops, early returns, labels: both modes against central differences.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[differentiable]
fn return_in_if(x: f64, y: f64) -> f64 {
    if x < 0.0 {
        return x * y;
    }
    let z = x.sqrt() + y;
    z * z
}

#[differentiable]
fn guards(x: f64, n: i32) -> f64 {
    if n < 0 {
        return 0.0;
    }
    if n == 0 {
        return x;
    } else if n == 1 {
        return x * x;
    }
    let mut p = x;
    for _ in 1..n {
        p *= x.sin() + 1.5;
    }
    p
}

#[differentiable]
fn return_from_loop(x: f64, v: &[f64]) -> f64 {
    let mut s = x;
    for &w in v {
        s += w * w * x;
        if s > 4.0 {
            return s * w;
        }
        s *= 1.1;
    }
    s.ln()
}

#[differentiable]
fn return_from_two_loops(x: f64, v: &[f64], limit: f64) -> f64 {
    let mut s = 0.0;
    for i in 0..v.len() {
        let mut row = x;
        for j in i..v.len() {
            row *= v[j];
            if row > limit {
                return row * s + x;
            }
        }
        s += row;
    }
    s
}

#[differentiable]
fn newton(a: f64) -> f64 {
    let mut x = a;
    while (x * x - a).abs() > 1e-13 {
        x = 0.5 * (x + a / x);
    }
    x
}

#[differentiable]
fn bottom_tested(x: f64) -> f64 {
    let mut t = x;
    let mut count = 0;
    loop {
        t = t * t * 0.5 + x;
        count += 1;
        if t > 50.0 || count >= 12 {
            break;
        }
    }
    t.sqrt() * count as f64
}

#[differentiable]
fn break_value(x: f64) -> f64 {
    let mut t = x;
    let r = loop {
        t = t * 1.7 + x * x;
        if t > 30.0 {
            break t * x;
        }
        if t < -30.0 {
            break -t;
        }
    };
    r + t
}

#[differentiable]
fn labelled(v: &[f64], cut: f64) -> f64 {
    let mut s = 0.0;
    'outer: for (i, a) in v.iter().enumerate() {
        for b in &v[i..] {
            if a * b < 0.0 {
                continue 'outer;
            }
            if s > cut {
                break 'outer;
            }
            s += a * b * b;
        }
        s *= a.abs();
    }
    s * cut
}

#[differentiable]
fn labelled_value(x: f64, n: usize) -> f64 {
    let mut y = x;
    let found = 'search: loop {
        let mut i = 0;
        while i < n {
            y = y * 1.3 + 0.1 * i as f64;
            if y > 20.0 {
                break 'search y * x;
            }
            i += 1;
        }
        y += x;
        if y > 100.0 {
            break 0.0;
        }
    };
    found * found
}

#[differentiable]
fn labelled_block(x: f64, y: f64) -> f64 {
    let r = 'done: {
        if x > y {
            break 'done x * x;
        }
        let d = y - x;
        if d > 1.0 {
            break 'done d.exp();
        }
        d * x
    };
    r * y
}

#[differentiable]
fn while_let_pop(v: &[f64], x: f64) -> f64 {
    let mut stack: Vec<f64> = v.to_vec();
    let mut s = x;
    while let Some(top) = stack.pop() {
        s = s * 0.5 + top * top;
        if s > 10.0 {
            stack.push(1.5);
            s -= 8.0;
        }
    }
    s
}

#[differentiable]
fn continue_skips(v: &[f64]) -> f64 {
    let mut s = 1.0;
    for (i, &x) in v.iter().enumerate() {
        if i % 3 == 1 {
            continue;
        }
        if x < 0.0 {
            s -= x;
            continue;
        }
        s *= x.cos();
    }
    s
}

#[differentiable]
fn expressions(x: f64, k: u8) -> f64 {
    let a = if x > 1.0 {
        x * x
    } else if x > 0.0 {
        x
    } else {
        -x
    };
    let b = {
        let t = a.sin();
        let u = { t * t };
        u + t
    };
    let c = match k {
        0 => b,
        1 | 2 => b * a,
        3..=9 => {
            let d = b + 1.0;
            d.ln()
        }
        n if n % 2 == 0 => b / f64::from(n),
        n => b * f64::from(n),
    };
    (if k > 5 { c } else { c * c }) + x
}

#[differentiable]
fn constant_becomes_active(x: f64, n: usize) -> f64 {
    let mut r = 1.0;
    let mut q = 2.0;
    for i in 0..n {
        r += q * x;
        q = if i % 2 == 0 { r } else { 3.0 };
    }
    r * q
}

#[differentiable]
fn turns_inactive(x: f64, y: f64) -> f64 {
    let mut a = x * y;
    let b = a * a;
    a = 3.0;
    let c = a * x;
    a = c + y;
    a * b
}

#[differentiable]
fn collatz(x: f64, mut n: u64) -> f64 {
    let mut y = x;
    while n != 1 {
        if n % 2 == 0 {
            n /= 2;
            y = y.sin() + x;
        } else {
            n = 3 * n + 1;
            y *= 1.05;
        }
    }
    y
}

#[differentiable]
fn two_flags(v: &[f64], x: f64) -> f64 {
    let mut found = false;
    let mut best = 0.0;
    let mut i = 0;
    while i < v.len() && !found {
        let c = v[i] * x;
        if c > best {
            best = c;
        }
        if c > 5.0 {
            found = true;
        }
        i += 1;
    }
    if found { best * best } else { best }
}

#[test]
fn early_returns() {
    for x in [-1.5, 2.0] {
        return_in_if::check(x, 0.7).unwrap();
    }
    for n in [-3, 0, 1, 2, 5] {
        guards::check(0.8, n).unwrap();
    }
    for x in [0.3, 1.0, 3.0] {
        return_from_loop::check(x, &[0.5, 1.2, 0.7, 1.4]).unwrap();
        return_from_two_loops::check(x, &[0.9, 1.2, 1.7, 0.4], 2.5).unwrap();
    }
    return_from_loop::check(2.0, &[]).unwrap();
    return_from_two_loops::check(2.0, &[], 1.0).unwrap();
    assert_eq!(guards::grad(3.0, -1), 0.0);
    assert_eq!(guards::grad(3.0, 1), 6.0);
}

#[test]
fn data_dependent_loops() {
    newton::check(2.7).unwrap();
    assert!((newton::grad(4.0) - 0.25).abs() < 1e-9);
    for x in [0.2, 0.9, 3.0] {
        bottom_tested::check(x).unwrap();
        break_value::check(x).unwrap();
    }
    break_value::check(-0.2).unwrap();
    for n in [1, 2, 6, 27] {
        collatz::check(0.4, n).unwrap();
    }
    for x in [0.1, 4.0] {
        two_flags::check(&[0.3, 1.1, 0.2, 2.0], x).unwrap();
    }
}

#[test]
fn labels() {
    labelled::check(&[0.5, 1.5, -0.3, 0.8, 1.1], 10.0).unwrap();
    labelled::check(&[0.5, 1.5, 0.3, 0.8, 1.1], 1.9).unwrap();
    labelled_value::check(0.9, 3).unwrap();
    labelled_value::check(40.0, 0).unwrap();
    for (x, y) in [(2.0, 1.0), (0.5, 3.0), (0.5, 0.9)] {
        labelled_block::check(x, y).unwrap();
    }
    continue_skips::check(&[0.5, 1.5, -0.3, 0.8, -1.1, 0.2, 0.9]).unwrap();
    continue_skips::check(&[]).unwrap();
}

#[test]
fn while_let() {
    while_let_pop::check(&[0.5, 2.5, 0.3, 3.0], 0.7).unwrap();
    while_let_pop::check(&[], 0.7).unwrap();
}

#[test]
fn branches_as_values() {
    for k in [0, 1, 2, 5, 9, 10, 11] {
        for x in [-0.7, 0.4, 1.9] {
            expressions::check(x, k).unwrap();
        }
    }
}

#[test]
fn activity_changes() {
    for n in [0, 1, 4] {
        constant_becomes_active::check(0.3, n).unwrap();
    }
    assert_eq!(constant_becomes_active::grad(0.3, 0), 0.0);
    turns_inactive::check(1.3, 0.4).unwrap();
}

#[differentiable]
fn chosen_then_changed(x: &[f64], n: usize) -> f64 {
    let mut sum = 0.0;
    for i in 0..n {
        let t = i as f64 - 1.0;
        let mut difference = if t > 0.0 { 1.0 } else { 0.0 };
        difference -= x[0] * t;
        sum += difference * difference;
    }
    sum
}

#[test]
fn variables_initialised_by_branches() {
    chosen_then_changed::check(&[0.3], 4).unwrap();
    // What an iteration restores and no other reads is not saved.
    assert!(!chosen_then_changed::source().contains("old"), "{}", chosen_then_changed::source());
}

#[differentiable]
fn squared_length(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

#[differentiable]
fn sine_and_cosine_of_a_call(x: &[f64]) -> f64 {
    let (sin, cos) = squared_length(x).sqrt().sin_cos();
    sin * 2.0 + cos
}

#[test]
fn sine_and_cosine_of_a_value_of_unknown_kind() {
    sine_and_cosine_of_a_call::check(&[0.3, 0.5]).unwrap();
}

/// What is evaluated has effects: on operands before it, and in conditions.
mod evaluation {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Flags {
        ok: bool,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Pair {
        a: f64,
        b: f64,
    }

    #[differentiable]
    impl Pair {
        fn scaled(self, by: f64) -> f64 {
            self.a * by + self.b
        }

        fn advance(&mut self, x: f64) -> f64 {
            self.a += x * x;
            self.a
        }

        fn stepped(&mut self, x: f64) -> f64 {
            self.b * self.a * self.advance(x)
        }
    }

    #[differentiable]
    fn bump(s: &mut f64, x: f64) -> f64 {
        *s += x * x;
        *s
    }

    #[differentiable]
    fn flag(s: &mut f64, x: f64) -> Flags {
        *s += x * x;
        Flags { ok: true }
    }

    #[differentiable]
    fn counts(s: &mut f64, x: f64) -> Vec<usize> {
        *s += x * x;
        vec![1, 2]
    }

    #[differentiable]
    fn maybe(s: &mut f64, x: f64) -> Option<usize> {
        *s += x * x;
        Some(1)
    }

    #[differentiable]
    fn above(s: &mut f64, x: f64) -> bool {
        *s += x * x;
        *s > 0.5
    }

    #[differentiable]
    fn weighted(a: f64, b: f64, c: f64) -> f64 {
        a * a + b * c
    }

    #[differentiable]
    fn blocks(x: f64) -> f64 {
        let mut s = x;
        let y = s + {
            s *= x;
            s
        };
        y * s
    }

    #[differentiable]
    fn arguments(x: f64) -> f64 {
        let mut s = x;
        weighted(s, bump(&mut s, x), s * bump(&mut s, 2.0 * x)) * s
    }

    #[differentiable]
    fn tuples(x: f64) -> f64 {
        let mut s = x;
        let (a, b) = (s, bump(&mut s, x));
        let c = [s, bump(&mut s, x)];
        let d = vec![s * x, bump(&mut s, x), s];
        a * b + c[0] * c[1] * c[1] + d[0] * d[1] * d[2]
    }

    #[differentiable]
    fn structs(x: f64) -> f64 {
        let mut s = x;
        let p = Pair { b: s, a: bump(&mut s, x) };
        p.a + p.b * p.b * s
    }

    #[differentiable]
    fn indices(x: f64) -> f64 {
        let v = [x, x * x, 3.0 * x];
        let mut i = 0;
        v[i] * {
            i += 1;
            v[i]
        } + v[{
            i += 1;
            i
        }]
    }

    #[differentiable]
    fn receivers(x: f64) -> f64 {
        let mut s = x;
        let y = s.max({
            s *= s;
            s * 0.5
        });
        let mut p = Pair { a: x, b: s };
        let z = p.scaled({
            p.a *= 3.0;
            p.a
        });
        y * z + p.stepped(x)
    }

    #[differentiable]
    fn closures(x: f64) -> f64 {
        let mix = |a: f64, b: f64| a * a + b;
        let mut s = x;
        mix(s, bump(&mut s, x)) + s
    }

    #[differentiable]
    fn comparisons(x: f64) -> f64 {
        let mut s = x;
        if s < bump(&mut s, x) { s * x } else { x }
    }

    #[differentiable]
    fn scrutinees(x: f64) -> f64 {
        let mut s = x;
        match (s, bump(&mut s, x)) {
            (a, b) if a < b => a * b * s,
            (a, _) => a,
        }
    }

    #[test]
    fn operands_keep_the_values_that_they_had() {
        for x in [0.7, 1.3, 2.1] {
            blocks::check(x).unwrap();
            assert_eq!(blocks::value_and_grad(x).0, blocks(x));
            arguments::check(x).unwrap();
            assert_eq!(arguments::value_and_grad(x).0, arguments(x));
            tuples::check(x).unwrap();
            assert_eq!(tuples::value_and_grad(x).0, tuples(x));
            structs::check(x).unwrap();
            assert_eq!(structs::value_and_grad(x).0, structs(x));
            indices::check(x).unwrap();
            assert_eq!(indices::value_and_grad(x).0, indices(x));
            receivers::check(x).unwrap();
            assert_eq!(receivers::value_and_grad(x).0, receivers(x));
            closures::check(x).unwrap();
            assert_eq!(closures::value_and_grad(x).0, closures(x));
            comparisons::check(x).unwrap();
            assert_eq!(comparisons::value_and_grad(x).0, comparisons(x));
            scrutinees::check(x).unwrap();
            assert_eq!(scrutinees::value_and_grad(x).0, scrutinees(x));
        }
    }

    fn is_one(n: &usize) -> bool {
        *n == 1
    }

    #[differentiable]
    fn parts_of_calls(x: f64) -> f64 {
        let mut s = x;
        if flag(&mut s, x).ok {
            s *= 2.0;
        }
        if counts(&mut s, x)[0] == 1 {
            s *= x;
        }
        if is_one(&counts(&mut s, x)[0]) {
            s *= 1.5;
        }
        s
    }

    #[differentiable]
    fn patterns(x: f64) -> f64 {
        let mut s = x;
        let mut v = vec![x, x * x];
        if matches!(maybe(&mut s, x), Some(1)) && matches!(v.pop(), Some(a) if above(&mut s, a)) {
            v.push(3.0 * x);
        }
        v.iter().sum::<f64>() * s
    }

    #[differentiable]
    fn tests_of_options(x: f64) -> f64 {
        let mut s = x;
        let o = Some(2.0);
        let add = |s: &mut f64, a: f64| {
            *s += a * x;
            true
        };
        if o.is_some_and(|a: f64| add(&mut s, a)) {
            s *= 2.0;
        }
        let fine = o.is_none_or(|a| {
            s += a * a * x;
            a > 0.0
        });
        if fine { s } else { x }
    }

    #[differentiable]
    fn tests_of_iterators(x: f64) -> f64 {
        let mut v = vec![x, x * x, 2.0];
        let all = v.iter_mut().all(|r| above(r, x));
        let mut s = 0.0;
        let any = v.iter().any(|a| {
            s += a * x;
            s > 1.5
        });
        if all || any { v[0] + v[1] * s } else { s }
    }

    /// Methods of vectors and options.
    #[differentiable]
    fn taken(x: f64, v: &mut Vec<f64>) -> f64 {
        let mut s = x;
        let mut o = Some(x);
        while v.pop().is_some() && v.len() > 3 {
            s += x * x;
        }
        if v.remove(0) > 0.1 && v.swap_remove(0) > 0.1 {
            v.push(x);
        }
        while o.take().is_some() {
            s += x;
            if s < 2.5 {
                o = Some(s);
            }
        }
        if o.replace(s).is_none() {
            s *= x;
        }
        if v.pop() == Some(x) || v.pop().unwrap() > 0.5 {
            s *= 1.5;
        }
        s * v.len() as f64 + s + v.iter().sum::<f64>() + o.unwrap_or(0.0)
    }

    #[test]
    fn conditions_change_what_they_say() {
        for x in [0.7, 1.3, 2.1] {
            parts_of_calls::check(x).unwrap();
            patterns::check(x).unwrap();
            tests_of_options::check(x).unwrap();
            tests_of_iterators::check(x).unwrap();
            taken::check(x, &mut vec![0.3, 0.2, 0.5, 0.9, 0.4]).unwrap();
            taken::check(x, &mut vec![0.05, 0.4, 0.8, 0.2]).unwrap();
        }
    }
}
