//! What changes something, in conditions, in the arguments of macros and in closures.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, non_snake_case, non_camel_case_types, unused, unreachable_pub, confusable_idents)]

#[macro_use]
mod common;

/// Methods that change their receiver, in assertions.
mod assertions {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct C {
        at: f64,
        n: usize,
    }
    #[differentiable]
    impl C {
        fn step(&mut self, x: f64) -> f64 {
            self.at *= x;
            self.n += 1;
            self.at
        }
        fn bump(&mut self) -> bool {
            self.at *= 2.0;
            self.at < 100.0
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut c = C { at: p[0], n: 0 };
        assert!(c.step(p[1]) < 1e3);
        debug_assert!(c.bump(), "no {}", c.n);
        assert!(c.bump() && c.step(p[2]) < 1e3);
        c.at
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// The same in what is printed.
mod prints {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct C {
        at: f64,
        n: usize,
    }
    #[differentiable]
    impl C {
        fn step(&mut self, x: f64) -> f64 {
            self.at *= x;
            self.n += 1;
            self.at
        }
        fn next(&mut self) -> usize {
            self.n += 1;
            self.at *= 3.0;
            self.n
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut c = C { at: p[0], n: 0 };
        println!("{} {}", c.step(p[1]), c.next());
        let s = format!("{:?}", c.step(p[2]));
        eprintln!("{s} {}", c.step(2.0));
        assert_eq!(c.next(), 5);
        assert_ne!(c.step(1.0), 7.0, "x {}", 3);
        c.at
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Functions with `&mut` arguments, in assertions and prints.
mod functions_in_assertions {
    use differentiable::prelude::*;

    #[differentiable]
    fn step(s: &mut f64, x: f64) -> bool {
        *s *= x;
        *s > 1e-3
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut c = p[0];
        assert!(step(&mut c, p[1]));
        println!("{}", step(&mut c, p[2]));
        debug_assert_eq!(step(&mut c, 2.0), true);
        c
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A trait on `f64` whose method changes it.
mod methods_of_floats {
    use differentiable::prelude::*;

    #[differentiable]
    trait Bump {
        fn bump(&mut self, y: f64) -> f64;
        fn twice(&self) -> f64;
    }
    #[differentiable]
    impl Bump for f64 {
        fn bump(&mut self, y: f64) -> f64 {
            *self *= y;
            *self
        }
        fn twice(&self) -> f64 {
            2.0 * *self
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut z = p[0];
        let y = 0.9 * p[2] / p[2];
        let y = y * p[1] / 1.3;
        let mut n = 0;
        while z.bump(y) > 0.3 {
            n += 1;
        }
        if z.bump(p[2]) > 0.01 {
            z *= p[1];
        }
        assert!(z.bump(2.0) < 10.0);
        z.twice() * z.bump(p[2])
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// The same through a type parameter.
mod methods_through_a_parameter {
    use differentiable::prelude::*;

    #[differentiable]
    trait Bump {
        fn bump(&mut self, y: f64) -> f64;
    }
    #[differentiable]
    impl Bump for f64 {
        fn bump(&mut self, y: f64) -> f64 {
            *self *= y;
            *self
        }
    }
    #[derive(Clone, Differentiable)]
    struct S {
        a: f64,
    }
    #[differentiable]
    impl Bump for S {
        fn bump(&mut self, y: f64) -> f64 {
            self.a += y;
            self.a * y
        }
    }
    #[differentiable]
    fn run<B: Bump + Differentiable + Clone>(b: &mut B, y: f64) -> f64 {
        let mut s = 0.0;
        let mut k = 0;
        while b.bump(y) > 0.3 && k < 3 {
            k += 1;
            s += y * y;
        }
        s + b.bump(y)
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut z = p[0];
        let mut s = S { a: p[1] };
        run(&mut z, p[1]) * run(&mut s, p[2]) * z * s.a
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// What `last_mut` gives, changed in a condition.
mod last_mut {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let x = p[0];
        let mut v = vec![p[1], p[2], 2.0 * p[1]];
        if v.last_mut().is_some_and(|a| {
            *a *= x;
            *a > 1.0
        }) {
            v[0] *= x;
        }
        while v.last_mut().is_some_and(|a| {
            *a *= 0.8 * x;
            *a > 0.1
        }) {
            v[1] += x;
        }
        v[0] + v[1] * v[2]
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// What `pop` gives, and a closure that changes something.
mod pop_map_or {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let x = p[0];
        let mut v = p.to_vec();
        let mut s = 0.0;
        while v.pop().map_or(false, |a| {
            s += a * x;
            a > 0.1
        }) {
            s *= x;
        }
        s
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// What `pop` gives, tested.
mod pop_tests {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let x = p[0];
        let mut v = p.to_vec();
        let mut s = 0.0;
        if v.pop().map_or(false, |a| a > 0.1) {
            s += x * v.len() as f64;
        }
        while v.pop().is_some_and(|a| a > 0.8) {
            s += x * x;
        }
        s + v.iter().sum::<f64>()
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// What `first_mut` and `get_mut` give.
mod first_mut {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let x = p[0];
        let mut v = p.to_vec();
        let mut s = 1.0;
        if v.first_mut().map(|a| {
            *a *= x;
            *a > 0.1
        }) == Some(true)
        {
            s *= x;
        }
        if v.first_mut()
            .map(|a| {
                *a *= x;
                *a > 0.1
            })
            .unwrap_or(false)
        {
            s *= x;
        }
        if let Some(b) = v.first_mut().map(|a| {
            *a *= 3.0;
            *a * x
        }) {
            s += b;
        }
        if v.get_mut(1).map_or(false, |a| {
            *a += x;
            *a > 0.0
        }) {
            s *= v[1];
        }
        s * v[0]
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Chains of conditions that pop.
mod chains {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let x = p[2];
        let mut stack = p.to_vec();
        stack.push(2.0 * p[0]);
        let mut s = 0.0;
        while let Some(t) = stack.pop()
            && t > x
        {
            s += t * x;
        }
        if let Some(a) = stack.pop()
            && let Some(b) = stack.pop()
            && a < b
        {
            s *= a * b;
        } else if let Some(c) = stack.pop() {
            s += c * x;
        }
        s + stack.len() as f64 * x
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Chains of conditions with `&mut` arguments.
mod chains_of_calls {
    use differentiable::prelude::*;

    #[differentiable]
    fn step(s: &mut f64, x: f64) -> Option<f64> {
        *s *= x;
        if *s > 0.2 { Some(*s * x) } else { None }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut c = p[0];
        let mut t = 0.0;
        while let Some(a) = step(&mut c, 0.6 * p[1])
            && a > 0.1
            && let Some(b) = step(&mut c, 0.8 * p[1])
        {
            t += a * b;
        }
        if let Some(a) = step(&mut c, 2.0)
            && step(&mut c, p[2]).is_none()
        {
            t *= a;
        }
        t * c + p[2]
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// The same of methods.
mod chains_of_methods {
    use differentiable::prelude::*;

    #[derive(Clone, Differentiable)]
    struct It {
        a: f64,
        n: usize,
    }
    #[differentiable]
    impl It {
        fn next(&mut self) -> Option<f64> {
            self.n += 1;
            self.a *= 0.8;
            if self.n < 5 { Some(self.a) } else { None }
        }
        fn last_mut(&mut self) -> Option<f64> {
            self.a *= 2.0;
            Some(self.a)
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut it = It { a: p[0], n: 0 };
        let mut s = 0.0;
        while let Some(a) = it.next()
            && a > 0.1
            && let Some(b) = it.next()
        {
            s += a * b * p[1];
        }
        if it.last_mut().is_some_and(|a| a > 0.1) && it.next().is_none() {
            s += it.a * p[2];
        }
        s
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A pair that is peeked at, between two that are taken.
mod peeked_pairs {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut it = p.iter().enumerate().peekable();
        let mut s = 0.0;
        while let Some((i, a)) = it.next() {
            if let Some((j, b)) = it.peek() {
                s += a * *b * (i + *j) as f64;
            }
            if let Some((k, c)) = it.next() {
                s += c * k as f64 * a;
            }
        }
        s
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// `next_if` and `next_if_eq`.
mod next_if {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let x = p[0];
        let mut it = p.iter().peekable();
        let mut s = 0.0;
        while let Some(a) = it.next_if(|a| **a > 0.5) {
            s += a * x;
        }
        if let Some(b) = it.next() {
            s *= b;
        }
        let mut jt = p.iter().copied().peekable();
        while let Some(a) = jt.next() {
            let mut t = a;
            while let Some(b) = jt.next_if(|b| *b > 1.0) {
                t *= b;
            }
            s += t * t;
        }
        let mut kt = [1, 2, 2, 3].iter().peekable();
        if let Some(k) = kt.next_if_eq(&&1) {
            s *= x * *k as f64;
        }
        s
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A test whether there is another item.
mod peeked_tests {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut c = p.iter().rev().skip(1).peekable();
        let mut s = p[0];
        while c.peek().is_some() {
            s *= c.next().unwrap();
        }
        s
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Closures that call each other, and change what they capture.
mod closures_in_closures {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let k = p[2];
        let add = |a: f64| move |b: f64| a + b * k;
        let f1 = add(p[0]);
        let apply = |x: f64, n: usize| {
            let mut r = x;
            for i in 0..n {
                let g = |y: f64| y * k + i as f64;
                r = g(f1(r));
            }
            r
        };
        let mut count = 0;
        let mut acc = 0.0;
        let mut push = |x: f64| {
            acc += apply(x, 2) * x;
            count += 1;
            count
        };
        let c = push(p[1]);
        push(p[0] * c as f64);
        acc * count as f64
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A variable that begins as the parameter of a closure, which stays what it was.
mod variables_from_parameters {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let k = p[2];
        let apply = |x: f64, n: usize| {
            let mut r = x;
            for i in 0..n {
                r = r * k + i as f64;
            }
            r
        };
        let mut acc = 0.0;
        let mut push = |x: f64| {
            acc += apply(x, 2) * x;
        };
        push(p[1]);
        push(p[0] * 2.0);
        acc
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Two methods in one assertion, of which the second is called where the first passes.
mod either_in_an_assertion {
    use differentiable::prelude::*;

    #[derive(Clone, Differentiable)]
    struct Solver {
        at: f64,
    }

    #[differentiable]
    impl Solver {
        fn tick(&mut self, by: f64) -> usize {
            self.at *= by;
            2
        }

        fn ok(&mut self) -> bool {
            self.at += 1.0;
            true
        }
    }

    #[differentiable]
    fn asked(solver: &mut Solver, x: f64) -> f64 {
        let mut s = x;
        assert!(solver.tick(x) == 2 && solver.ok());
        assert!({
            s *= x;
            solver.tick(s) == 1 || solver.ok()
        });
        assert!(solver.tick(x) == 2 || solver.ok(), "{s}");
        solver.at * s
    }

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut solver = Solver { at: p[0] };
        asked(&mut solver, p[1]) * p[2]
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}
