//! Names: of types of numbers, of types and functions that are called like those of the standard library, with capitals, raw, of macros.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, non_snake_case, non_camel_case_types, unused, unreachable_pub, confusable_idents)]

#[macro_use]
mod common;

/// A cast to an alias of an integer.
mod index_alias {
    use differentiable::prelude::*;

    type Idx = usize;
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let x = p[0];
        let k = x as Idx;
        let m = (x * 3.0) as Idx;
        x * m as f64 + p[1] * p[k]
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Functions and constants by an alias of a float.
mod float_alias {
    use differentiable::prelude::*;

    type Real2 = f64;
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let y: Real2 = p[0];
        Real2::sin(y) + Real2::max(y, p[1]) + <Real2>::cos(p[2]) * Real2::EPSILON.sqrt() * 1e6
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// An alias with the name of the trait.
mod alias_called_real {
    use differentiable::prelude::*;

    mod a {
        pub type Real = f64;
        use differentiable::differentiable;
        #[differentiable]
        pub fn h(x: Real, y: Real) -> Real {
            Real::sin(x) * Real::max(x, y) + Real::powi(x, 2) - Real::hypot(x, y) + <Real>::exp(y) + Real::from(3u8) * x
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        a::h(p[0], p[1]) + p[2]
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// An alias in the alias of an array.
mod alias_in_aliases {
    use differentiable::prelude::*;

    type Float = f64;
    type Vec3 = [Float; 3];
    #[differentiable]
    fn program(p: &[Float]) -> Float {
        let v: Vec3 = [p[0], p[1], p[2]];
        let mut s: Float = 0.0;
        for a in v {
            s += Float::sqrt(a) * Float::from(2i32);
        }
        s * (Float::MAX.min(2.0))
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// An alias that a method declares.
mod alias_in_a_method {
    use differentiable::prelude::*;

    trait Num {
        type Scalar;
        fn go(&self, x: f64) -> f64;
    }
    #[derive(Clone, Differentiable)]
    struct A {
        k: f64,
    }
    #[differentiable]
    impl A {
        fn run(&self, x: f64) -> f64 {
            type S = f64;
            S::sin(x) * self.k + S::powf(x, self.k)
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let a = A { k: p[0] };
        a.run(p[1]) + p[2]
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Aliases that a function declares.
mod alias_in_a_body {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        type R = f64;
        type I = i64;
        let x: R = p[0];
        let k = (x * 4.0) as I;
        R::sin(x) * k as R + R::from(p[1] as f32) * 0.0 + R::atan2(p[1], p[2])
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// An alias that an import renames.
mod imported_alias {
    use differentiable::prelude::*;

    mod prim {
        pub type real_ = f64;
    }
    use prim::real_ as real;
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let x: real = p[0];
        real::sin(x) * p[1] + real::max(p[1], p[2]) + real::EPSILON * x
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Functions of an alias that adapters call.
mod alias_in_chains {
    use differentiable::prelude::*;

    type Real2 = f64;
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        p.iter().copied().map(Real2::sin).sum::<Real2>()
            + p.iter().cloned().fold(Real2::NEG_INFINITY, Real2::max)
            + p.iter().map(|a| Real2::abs(*a)).product::<Real2>()
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Functions of aliases of integers.
mod integer_functions {
    use differentiable::prelude::*;

    type Idx = usize;
    type Count = u32;
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut i: Idx = 0;
        let mut s = 0.0;
        let c: Count = 3;
        while i < c as Idx {
            s += p[i] * (i as Count + 1) as f64;
            i += 1;
        }
        let k = (s * 2.0) as Count;
        let j = Idx::min(k as Idx, 2);
        s * p[j] * Count::pow(2, 2) as f64 * f64::from(Count::MAX.min(3))
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Functions of a type with the names of those of floats.
mod functions_of_ones_own {
    use differentiable::prelude::*;

    struct Fast;
    #[differentiable]
    impl Fast {
        fn sin(x: f64) -> f64 {
            x * x * x
        }
        fn max(a: f64, b: f64) -> f64 {
            a * b
        }
        const EPS: f64 = 2.0;
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        Fast::sin(p[0]) * Fast::max(p[1], p[2]) * Fast::EPS
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// `from` and `into` of integers.
mod conversions {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let i = 3i32;
        let b = 2u8;
        let y: f64 = i.into();
        let z: f64 = b.into();
        p[0] * f64::from(i) + y * p[1] + z * p[2] * f64::from(b)
    }

    agrees!(program, [0.7, 1.3, 2.4]);
}

/// A struct called `Vec`.
mod own_vec {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Vec {
        x: f64,
        y: f64,
    }
    #[differentiable]
    impl Vec {
        fn new(x: f64, y: f64) -> Vec {
            Vec { x, y }
        }
        fn dot(&self, o: &Vec) -> f64 {
            self.x * o.x + self.y * o.y
        }
        fn len(&self) -> f64 {
            self.dot(self).sqrt()
        }
        fn push(&mut self, a: f64) {
            self.x += a * self.y;
        }
        fn first(&self) -> f64 {
            self.x
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut v = Vec::new(p[0], p[1]);
        let w: Vec = Vec { x: p[2], y: p[0] };
        v.push(p[2]);
        v.dot(&w) * v.len() + v.first()
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// An enum called `Option`.
mod own_option {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Debug, Differentiable)]
    enum Option {
        Call(f64),
        Put(f64),
    }
    #[differentiable]
    impl Option {
        fn payoff(&self, s: f64) -> f64 {
            match self {
                Option::Call(k) => (s - k).max(0.0),
                Option::Put(k) => (k - s).max(0.0),
            }
        }
        fn unwrap(&self) -> f64 {
            match *self {
                Option::Call(k) | Option::Put(k) => k * 2.0,
            }
        }
        fn map(self, k: f64) -> Option {
            match self {
                Option::Call(a) => Option::Call(a * k),
                Option::Put(a) => Option::Put(a * k * k),
            }
        }
    }
    #[differentiable]
    fn g(o: &Option, s: f64) -> f64 {
        o.payoff(s) * o.unwrap()
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let o: Option = Option::Call(p[0]);
        let q = Option::Put(p[1]);
        g(&o, p[1]) + g(&q, p[2]) + o.map(p[2]).payoff(p[1])
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A struct called `Box`.
mod own_box {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Box {
        lo: f64,
        hi: f64,
    }
    #[differentiable]
    impl Box {
        fn new(lo: f64, hi: f64) -> Box {
            Box { lo, hi }
        }
        fn clamp(&self, x: f64) -> f64 {
            x.max(self.lo).min(self.hi)
        }
        fn vol(self) -> f64 {
            self.hi - self.lo
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let b = Box::new(p[0] * p[0], p[1]);
        b.clamp(p[2]) * b.vol() + Box { lo: p[2], hi: 3.0 }.vol()
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A struct called `Rc`.
mod own_rc {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Rc {
        r: f64,
        c: f64,
    }
    #[differentiable]
    impl Rc {
        fn new(r: f64) -> Rc {
            Rc { r, c: r * r }
        }
        fn tau(&self) -> f64 {
            self.r * self.c
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let s = Rc::new(p[0]);
        let t: Rc = Rc { r: p[1], c: p[2] };
        s.tau() * t.tau()
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A struct called `Range`.
mod own_range {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Range {
        lo: f64,
        hi: f64,
    }
    #[differentiable]
    impl Range {
        fn width(&self) -> f64 {
            self.hi - self.lo
        }
        fn contains(&self, x: f64) -> bool {
            self.lo < x && x < self.hi
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let r = Range { lo: p[0], hi: p[1] };
        let t: Range = r.clone();
        if r.contains(p[0] + 0.1) { t.width() * p[2] } else { 0.0 }
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Methods with the names of functions of floats.
mod own_functions {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Debug, Differentiable)]
    struct V {
        x: f64,
        y: f64,
    }
    #[differentiable]
    impl V {
        fn abs(&self) -> f64 {
            self.x.hypot(self.y)
        }
        fn sqrt(&self) -> V {
            V { x: self.x.sqrt(), y: self.y }
        }
        fn max(&self, o: &V) -> V {
            V { x: self.x.max(o.x), y: self.y.min(o.y) }
        }
        fn sin(self) -> f64 {
            self.x * self.y
        }
        fn powi(&self, n: i32) -> V {
            V { x: self.x.powi(n), y: self.y }
        }
        fn exp(&mut self) -> f64 {
            self.x *= 2.0 * self.y;
            self.x
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut s = V { x: p[0], y: p[1] };
        let t = V { x: p[2], y: p[0] };
        let a = s.abs() + s.sqrt().abs() + s.max(&t).abs() + t.sin();
        let e = s.exp();
        a * e + s.x + s.powi(3).x + s.exp() * t.max(&s).sin()
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// The same of methods that change their receiver.
mod own_functions_that_change {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct V {
        x: f64,
        n: usize,
    }
    #[differentiable]
    impl V {
        fn abs(&mut self) -> f64 {
            self.n += 1;
            self.x *= 1.5;
            self.x.abs()
        }
        fn sqrt(&mut self) -> f64 {
            self.x = self.x.sqrt();
            self.x
        }
        fn max(&mut self, o: f64) -> f64 {
            self.x = self.x.max(o) * 2.0;
            self.x
        }
        fn clamp(&mut self, a: f64, b: f64) -> f64 {
            self.x *= a * b;
            self.x
        }
        fn floor(&mut self) -> f64 {
            self.x *= 3.0;
            self.x
        }
    }
    #[differentiable]
    fn g(v: &mut V, t: f64) -> f64 {
        let a = v.abs();
        let b = v.sqrt();
        let c = v.max(t);
        a * b + c * v.clamp(t, 2.0) + v.abs() * v.abs() + v.floor()
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut v = V { x: p[0], n: 0 };
        g(&mut v, p[1]) * v.x + p[2] * v.sqrt()
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Methods with the names of those of sequences.
mod own_methods_of_sequences {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Buf {
        data: Vec<f64>,
        gain: f64,
    }
    #[differentiable]
    impl Buf {
        fn new(v: &[f64]) -> Self {
            Self { data: v.to_vec(), gain: 2.0 * v[0] }
        }
        fn push(&mut self, x: f64) {
            self.data.push(x * self.gain);
            self.gain *= 1.5;
        }
        fn pop(&mut self) -> f64 {
            let x = self.data.pop().unwrap();
            self.gain += x;
            x
        }
        fn last(&self) -> f64 {
            self.data[self.data.len() - 1] * self.gain
        }
        fn sum(&self) -> f64 {
            self.data.iter().sum::<f64>() * self.gain
        }
        fn swap(&mut self, i: usize, j: usize) {
            self.data.swap(i, j);
            self.gain *= self.data[i];
        }
        fn first(&mut self) -> f64 {
            self.gain += 1.0;
            self.data[0] * self.gain
        }
        fn map(&self, k: f64) -> Buf {
            Buf { data: self.data.iter().map(|a| a * k).collect(), gain: self.gain }
        }
        fn clear(&mut self) -> f64 {
            self.gain *= 2.0;
            self.gain
        }
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut b = Buf::new(p);
        b.push(p[1]);
        let a = b.pop();
        b.push(p[2]);
        b.swap(0, 1);
        let c = b.last() * b.sum();
        let d = b.first();
        let e = b.map(p[2]);
        a * c + d * e.sum() + b.clear()
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Functions with the names of methods.
mod functions_called_like_methods {
    use differentiable::prelude::*;

    #[differentiable]
    fn sin(x: f64) -> f64 {
        x * x * x
    }
    #[differentiable]
    fn max(x: f64, y: f64) -> f64 {
        x * y
    }
    #[differentiable]
    fn sum(v: &[f64]) -> f64 {
        v[0] * v[1]
    }
    #[differentiable]
    fn clone(x: &f64) -> f64 {
        *x * *x
    }
    #[differentiable]
    fn len(x: &[f64]) -> f64 {
        x[2] * 3.0
    }
    #[differentiable]
    fn swap(a: f64, b: f64) -> f64 {
        a / b
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        sin(p[0]) * max(p[1], p[0]).sin() + sum(p) + clone(&p[2]) + len(p) * swap(p[0], p[1])
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A function and a variable of one name.
mod functions_called_like_variables {
    use differentiable::prelude::*;

    #[differentiable]
    fn energy(m: f64, v: f64) -> f64 {
        0.5 * m * v * v
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let energy = energy(p[0], p[1]);
        let e2 = {
            let x = energy;
            x * p[2]
        };
        energy * e2
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Raw identifiers.
mod raw {
    use differentiable::prelude::*;

    #[differentiable]
    fn r#match(r#type: f64, r#in: f64) -> f64 {
        let r#loop = r#type * r#in;
        let mut r#mod = r#loop;
        for r#for in 0..3 {
            r#mod *= r#in + r#for as f64;
        }
        r#mod
    }
    #[derive(Clone, Differentiable)]
    struct S {
        r#type: f64,
        r#fn: Vec<f64>,
    }
    #[differentiable]
    impl S {
        fn r#use(&self, r#ref: f64) -> f64 {
            self.r#type * r#ref + self.r#fn[0]
        }
        fn r#move(&mut self, r#as: f64) {
            self.r#type *= r#as;
            let S { r#type, r#fn } = self;
            *r#type += r#fn[1];
        }
    }
    #[derive(Clone, Differentiable)]
    enum E {
        r#A { r#type: f64 },
        B(f64),
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut s = S { r#type: p[0], r#fn: p.to_vec() };
        s.r#move(p[1]);
        let r#e = E::A { r#type: p[2] };
        let q = match r#e {
            E::A { r#type } => r#type * p[0],
            E::B(b) => b,
        };
        let r#try = |r#a: f64| r#a * s.r#type;
        r#match(p[0], p[1]) * s.r#use(p[2]) + q + r#try(p[0])
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Names in other alphabets.
mod other_alphabets {
    use differentiable::prelude::*;

    #[derive(Clone, Differentiable)]
    struct Größe {
        länge: f64,
        ω: f64,
    }
    #[differentiable]
    impl Größe {
        fn ändern(&mut self, δ: f64) -> f64 {
            self.länge += δ * self.ω;
            self.ω
        }
        fn Σ(&self) -> f64 {
            self.länge + self.ω
        }
    }
    #[differentiable]
    fn ж(ю: f64) -> f64 {
        ю * ю
    }
    #[differentiable]
    fn 平方(值: f64) -> f64 {
        let 结果 = 值 * 值;
        结果
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        let mut größe = Größe { länge: p[0], ω: p[1] };
        let α = größe.ändern(p[2]);
        let Größe { länge, ω: ß } = &größe;
        α * länge * ß + größe.Σ() * 平方(α) + ж(α)
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Names of variables that begin with a capital.
mod capitals {
    use differentiable::prelude::*;

    #[differentiable]
    fn pair((A, B): (f64, f64)) -> f64 {
        A * A * B
    }
    #[differentiable]
    fn program(P: &[f64]) -> f64 {
        let A = P[0] * P[1];
        let B = A * P[2];
        let N = P.len();
        let mut S = 0.0;
        for I in 0..N {
            S += P[I] * B;
        }
        for (I, Q) in P.iter().enumerate() {
            S += Q * I as f64;
        }
        let (C, D) = (A * B, S);
        let [X, Y] = [C * D, A];
        let G = |X: f64| X * A;
        let H = |(X, Y): (f64, f64)| X * Y;
        G(X) * H((Y, S)) + pair((A, B))
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Two variables of one name, of which a macro brings one.
mod hygiene {
    use differentiable::prelude::*;

    macro_rules! body {
        ($x:ident, $y:ident) => {
            #[differentiable]
            fn inner($x: f64, $y: f64) -> f64 {
                let t = $x * $y;
                let $x = t + 1.0;
                let y = $x * t;
                y + $y
            }
        };
    }
    body!(a, y);
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        inner(p[0], p[1]) * p[2]
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A function that a macro defines.
mod functions_of_macros {
    use differentiable::prelude::*;

    macro_rules! stencil { ($name:ident, $t:ty, [$($c:expr),*]) => { #[differentiable] fn $name(v: &[$t], x: $t) -> $t { let mut s = 0.0; let mut i = 0; $( s += $c * v[i] * x; i += 1; )* s } } }
    stencil!(three, f64, [1.0, -2.0, 0.5]);
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        three(p, p[0])
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// A type parameter that no argument shows.
mod parameters_without_values {
    use differentiable::prelude::*;

    #[differentiable]
    trait Act {
        fn apply(x: f64) -> f64;
        fn twice(x: f64) -> f64 {
            Self::apply(Self::apply(x))
        }
    }
    struct Tanh;
    struct Sq;
    #[differentiable]
    impl Act for Tanh {
        fn apply(x: f64) -> f64 {
            x.tanh()
        }
    }
    #[differentiable]
    impl Act for Sq {
        fn apply(x: f64) -> f64 {
            x * x
        }
        fn twice(x: f64) -> f64 {
            x.powi(4) + x
        }
    }
    #[differentiable]
    fn layer<A: Act>(x: f64, w: f64) -> f64 {
        A::apply(w * x) + A::twice(x)
    }
    #[differentiable]
    fn program(p: &[f64]) -> f64 {
        layer::<Tanh>(p[0], p[1]) * layer::<Sq>(p[2], p[0]) + Tanh::twice(p[1])
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

/// Names that stand for one thing after another.
mod shadowing {
    use differentiable::prelude::*;

    #[differentiable]
    fn program(f: &[f64]) -> f64 {
        let p = f[0];
        let (x, p) = (p * f[1], p + 1.0);
        let x = {
            let p = x;
            let x = p * p;
            x + p
        } + p;
        let f = |p: f64| {
            let x = p * x;
            x
        };
        let p = f(p) + {
            let f = p;
            f * x
        };
        match p {
            p if p > 100.0 => p,
            x => {
                let p = x * x;
                if let Some(p) = Some(p) { f(p) } else { x }
            }
        }
    }

    agrees!(program, [0.7, 1.3, 0.4]);
}

mod own_types_beside_others {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Vec {
        x: f64,
        y: f64,
    }

    /// What an alias of the other one might be called.
    #[derive(Clone, Debug, Differentiable)]
    struct OwnVec {
        x: f64,
        z: f64,
    }

    #[differentiable]
    impl Vec {
        fn norm(&self) -> f64 {
            self.x * self.x + self.y * self.y
        }
    }

    #[differentiable]
    impl OwnVec {
        fn norm(&self) -> f64 {
            self.x * self.z
        }
    }

    #[differentiable]
    fn both(v: &Vec, x: f64) -> f64 {
        let a = Vec { x, y: v.x };
        let b = OwnVec { x: x * x, z: v.y };
        let OwnVec { z, .. } = &b;
        a.norm() * b.norm() + z * x
    }

    #[test]
    fn have_names_of_their_own() {
        both::check(&Vec { x: 0.4, y: 0.2 }, 1.3).unwrap();
    }
}

/// A type that an inner block imports.
mod inner_use {
    use differentiable::prelude::*;
    mod a {
        use differentiable::prelude::*;
        #[derive(Clone, Differentiable)]
        pub struct V {
            pub a: f64,
        }
        #[differentiable(order = 2)]
        impl V {
            pub fn get(&self) -> f64 {
                self.a * self.a
            }
            pub fn at(&self, i: usize) -> f64 {
                self.a
            }
        }
    }
    mod b {
        use differentiable::prelude::*;
        #[derive(Clone, Differentiable)]
        pub struct V {
            pub a: Vec<f64>,
        }
        #[differentiable(order = 2)]
        impl V {
            pub fn get(&self) -> f64 {
                self.a[0] * self.a[1]
            }
        }
    }
    use a::V;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let o = V { a: v[0] };
        let s = {
            use b::V;
            let u = V { a: vec![v[1], v[0]] };
            u.get() * u.a[0]
        };
        s * o.get()
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A function that an inner block imports.
mod inner_use_fn {
    use differentiable::prelude::*;
    mod a {
        use differentiable::prelude::*;
        #[derive(Clone, Differentiable)]
        pub struct V {
            pub a: f64,
        }
        #[differentiable(order = 2)]
        pub fn g(x: f64) -> f64 {
            x * x
        }
    }
    mod b {
        use differentiable::prelude::*;
        #[differentiable(order = 2)]
        pub fn g(x: f64) -> f64 {
            x * x * x
        }
    }
    use a::g;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let s = {
            use b::g;
            g(v[0])
        };
        s * g(v[1])
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same beside fields and paths with its name.
mod inner_fn_hides {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn g(x: f64) -> f64 {
        x
    }
    mod b {
        use differentiable::prelude::*;
        #[derive(Clone, Differentiable)]
        pub struct P {
            pub g: f64,
            pub h: f64,
        }
        #[differentiable(order = 2)]
        pub fn g(x: f64) -> f64 {
            x * x
        }
        #[differentiable(order = 2)]
        pub fn h(x: f64) -> f64 {
            x.sin()
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let a = if v[0] > 0.0 {
            use b::{P, g, h};
            let p = P { g: g(v[0]), h: b::g(v[1]) };
            p.g * h(p.h)
        } else {
            g(v[1])
        };
        let c = {
            use b::h as g;
            g(v[1])
        };
        let d = {
            use self::b as q;
            q::g(v[2])
        };
        a * c * d * g(v[0]) * b::g(v[3])
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// Types in angle brackets.
mod unit_path {
    use differentiable::prelude::*;
    struct Unit;
    impl Unit {
        fn make2(x: f64) -> f64 {
            x
        }
    }
    #[derive(Clone, Differentiable)]
    struct U2 {
        a: f64,
    }
    #[differentiable(order = 2)]
    impl U2 {
        fn make(x: f64) -> U2 {
            U2 { a: x * x }
        }
        fn get(&self) -> f64 {
            self.a * self.a
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let u = <U2>::make(v[0]);
        u.get() * v[1] + <U2>::get(&u) + <f64>::sin(v[1])
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A function that is called `drop`, whose value a branch gives.
mod drop_in_branches {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn drop(x: f64) -> f64 {
        x * x
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let a = if x[0] > 0.0 { drop(x[0]) } else { drop(x[1]) * 2.0 };
        let b = match x.len() {
            2 => drop(a),
            _ => 0.0,
        };
        a * b + x.iter().map(|v| drop(*v)).sum::<f64>()
    }
    checked!(f, [0.7, 0.4]);
}
