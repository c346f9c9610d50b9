//! Programs that fail: errors of the user's own, boxed ones, `?` that converts them.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;

mod errors_that_are_not_clone {
    use super::*;
    use std::fmt;
    #[derive(Debug)]
    pub enum SolveError {
        NotSquare { rows: usize, cols: usize },
        Singular(usize),
        Parse(std::num::ParseFloatError),
        Other(Box<dyn std::error::Error>),
    }
    impl fmt::Display for SolveError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{self:?}")
        }
    }
    impl std::error::Error for SolveError {}
    #[derive(Debug)]
    pub struct Outer(SolveError);
    impl From<SolveError> for Outer {
        fn from(e: SolveError) -> Self {
            Outer(e)
        }
    }
    pub type Res<T> = std::result::Result<T, SolveError>;
    #[differentiable]
    fn root(x: f64, i: usize) -> Result<f64, SolveError> {
        if x < 0.0 { Err(SolveError::Singular(i)) } else { Ok(x.sqrt()) }
    }
    #[differentiable]
    fn all(xs: &[f64]) -> Result<Vec<f64>, SolveError> {
        xs.iter().enumerate().map(|(i, &x)| root(x, i)).collect()
    }
    #[differentiable]
    fn each(xs: &[f64]) -> Result<f64, Outer> {
        let mut s = 0.0;
        for (i, x) in xs.iter().enumerate() {
            s += root(*x, i)? * (i as f64 + 1.0);
        }
        Ok(s)
    }
    #[differentiable]
    fn mapped(xs: &[f64]) -> Result<f64, Outer> {
        let r = all(xs).map_err(Outer)?;
        let first = r.first().ok_or(SolveError::NotSquare { rows: 0, cols: r.len() })?;
        let last = root(*first, 7).map_err(|e| Outer(e))?;
        Ok(r.iter().sum::<f64>() * last)
    }
    #[differentiable]
    fn dynamic(xs: &[f64]) -> Result<f64, Box<dyn std::error::Error>> {
        let v = root(xs[0], 0)?;
        if v > 100.0 {
            return Err("too large".into());
        }
        let w = match root(xs[1], 1) {
            Ok(w) => w,
            Err(SolveError::Singular(i)) => xs[i].abs(),
            Err(e) => return Err(Box::new(e)),
        };
        Ok(v * w)
    }
    #[differentiable]
    fn total(xs: &[f64]) -> f64 {
        let a = each(xs).unwrap_or(0.0);
        let b = match mapped(xs) {
            Ok(v) => v,
            Err(Outer(SolveError::Singular(i))) => xs[i],
            Err(e) => panic!("{e:?}"),
        };
        let c = if let Ok(v) = dynamic(xs) { v } else { 1.0 };
        let d = dynamic(xs).ok().map_or(0.0, |v| v.sin());
        let Ok(e) = all(xs) else { return a + xs[0] };
        a + b * c + d + e[0]
    }
    #[test]
    fn agrees() {
        total::check(&[1.0, 2.0, 3.0]).unwrap();
        total::check(&[1.0, -2.0, 3.0]).unwrap();
    }
}

/// A machine whose errors say where they happened.
mod machine {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    pub enum Op {
        Push(f64),
        Load(usize),
        Add,
        Mul,
        Sin,
        Dup,
        Swap,
        JmpIfNeg { target: usize },
        Store(usize),
    }
    #[derive(Clone, Debug, PartialEq)]
    pub enum Error {
        Underflow { at: usize },
        BadSlot(usize),
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Vm {
        stack: Vec<f64>,
        mem: [f64; 2],
        #[constant]
        pc: usize,
    }
    #[differentiable]
    impl Vm {
        fn pop(&mut self) -> Result<f64, Error> {
            self.stack.pop().ok_or(Error::Underflow { at: self.pc })
        }
        fn step(&mut self, op: &Op) -> Result<(), Error> {
            self.pc += 1;
            match op {
                Op::Push(v) => self.stack.push(*v),
                Op::Load(i) => {
                    let v = *self.mem.get(*i).ok_or(Error::BadSlot(*i))?;
                    self.stack.push(v)
                }
                Op::Store(i) => {
                    let v = self.pop()?;
                    self.mem[*i] = v;
                }
                Op::Add => {
                    let (a, b) = (self.pop()?, self.pop()?);
                    self.stack.push(a + b)
                }
                Op::Mul => {
                    let b = self.pop()?;
                    let a = self.pop()?;
                    self.stack.push(a * b)
                }
                Op::Sin => {
                    let top = self.stack.last_mut().ok_or(Error::Underflow { at: self.pc })?;
                    *top = top.sin();
                }
                Op::Dup => {
                    let v = *self.stack.last().ok_or(Error::Underflow { at: self.pc })?;
                    self.stack.push(v)
                }
                Op::Swap => {
                    let n = self.stack.len();
                    if n < 2 {
                        return Err(Error::Underflow { at: self.pc });
                    }
                    self.stack.swap(n - 1, n - 2)
                }
                Op::JmpIfNeg { target } => {
                    if self.pop()? < 0.0 {
                        self.pc = *target;
                    }
                }
            }
            Ok(())
        }
        fn run(&mut self, program: &[Op]) -> Result<f64, Error> {
            let mut fuel = 100;
            while self.pc < program.len() && fuel > 0 {
                let op = &program[self.pc];
                self.step(op)?;
                fuel -= 1;
            }
            self.pop()
        }
    }
    #[differentiable]
    pub fn execute(program: &[Op], x: f64, y: f64) -> f64 {
        let mut vm = Vm { stack: Vec::new(), mem: [x, y], pc: 0 };
        vm.run(program).unwrap_or(f64::NAN) + vm.mem.iter().sum::<f64>()
    }
    #[test]
    fn agrees() {
        use Op::*;
        let p = vec![
            Load(0),
            Load(1),
            Mul,
            Dup,
            Sin,
            Add,
            Push(0.4),
            Mul,
            Store(1),
            Load(1),
            Load(0),
            Swap,
            Add,
            Dup,
            JmpIfNeg { target: 16 },
            Push(1.5),
            Mul,
            Load(0),
        ];
        let p2 = {
            let mut q = p.clone();
            q.pop();
            q
        };
        execute::check(&p2, 0.3, 0.8).unwrap();
    }
}

mod stack_machine {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    enum Op {
        Push(f64),
        Var(usize),
        Add,
        Mul,
        Neg,
        Sin,
        Dup,
        Swap,
    }
    #[derive(Clone, Debug, PartialEq)]
    enum Error {
        Underflow(usize),
        Left(usize),
    }
    #[differentiable]
    fn run(code: &[Op], vars: &[f64]) -> Result<f64, Error> {
        let mut stack: Vec<f64> = Vec::new();
        for (pc, op) in code.iter().enumerate() {
            let mut pop = || stack.pop().ok_or(Error::Underflow(pc));
            match op {
                Op::Push(v) => stack.push(*v),
                Op::Var(i) => stack.push(vars[*i]),
                Op::Add => {
                    let (a, b) = (pop()?, pop()?);
                    stack.push(a + b);
                }
                Op::Mul => {
                    let a = pop()?;
                    let b = pop()?;
                    stack.push(a * b);
                }
                Op::Neg => {
                    let a = pop()?;
                    stack.push(-a);
                }
                Op::Sin => {
                    let a = pop()?.sin();
                    stack.push(a);
                }
                Op::Dup => {
                    let a = *stack.last().ok_or(Error::Underflow(pc))?;
                    stack.push(a);
                }
                Op::Swap => {
                    let n = stack.len();
                    if n < 2 {
                        return Err(Error::Underflow(pc));
                    }
                    stack.swap(n - 1, n - 2);
                }
            }
        }
        match stack.as_slice() {
            [v] => Ok(*v),
            rest => Err(Error::Left(rest.len())),
        }
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let code =
            [Op::Var(0), Op::Dup, Op::Mul, Op::Push(x[2]), Op::Swap, Op::Sin, Op::Add, Op::Var(1), Op::Mul, Op::Neg];
        let bad = [Op::Var(0), Op::Add];
        let a = run(&code, x).unwrap_or(0.0);
        let b = if let Err(Error::Underflow(at)) = run(&bad, x) { at as f64 } else { 0.0 };
        a + b * x[1]
    }
    agrees!(f, [0.4, 0.8, 1.3]);
}

mod implied_volatility {
    use super::*;
    use std::fmt;
    #[derive(Debug, Clone, PartialEq)]
    enum VolError {
        BelowIntrinsic { price: f64 },
        NoConvergence(usize),
    }
    impl fmt::Display for VolError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{self:?}")
        }
    }
    impl std::error::Error for VolError {}
    #[differentiable]
    fn erf(z: f64) -> f64 {
        let t = 1.0 / (1.0 + 0.3275911 * z.abs());
        let c = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
        let poly = c.iter().rev().fold(0.0, |a, b| (a + b) * t);
        let y = 1.0 - poly * (-z * z).exp();
        if z < 0.0 { -y } else { y }
    }
    #[differentiable]
    fn cdf(z: f64) -> f64 {
        0.5 * (1.0 + erf(z / std::f64::consts::SQRT_2))
    }
    #[differentiable]
    fn bs_call(s: f64, k: f64, t: f64, r: f64, vol: f64) -> (f64, f64) {
        let sq = vol * t.sqrt();
        let d1 = ((s / k).ln() + (r + 0.5 * vol * vol) * t) / sq;
        let d2 = d1 - sq;
        let vega = s * t.sqrt() * (-0.5 * d1 * d1).exp() / (2.0 * std::f64::consts::PI).sqrt();
        (s * cdf(d1) - k * (-r * t).exp() * cdf(d2), vega)
    }
    #[differentiable]
    fn implied_vol(price: f64, s: f64, k: f64, t: f64) -> Result<f64, VolError> {
        let intrinsic = (s - k).max(0.0);
        if price <= intrinsic {
            return Err(VolError::BelowIntrinsic { price: stop_gradient(price) });
        }
        let mut vol = 0.2;
        for it in 0..50 {
            let (p, vega) = bs_call(s, k, t, 0.01, vol);
            let diff = p - price;
            if diff.abs() < 1e-12 {
                return Ok(vol);
            }
            if vega < 1e-8 {
                return Err(VolError::NoConvergence(it));
            }
            vol -= diff / vega;
        }
        Ok(vol)
    }
    #[differentiable]
    fn smile(x: &[f64]) -> Result<f64, VolError> {
        let mut acc = 0.0;
        for (i, k) in [0.9, 1.0, 1.1].iter().enumerate() {
            let v = implied_vol(x[i], x[0] * 0.0 + 1.0, *k, 0.5)?;
            acc += v * v * (i + 1) as f64;
        }
        Ok(acc)
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        match smile(x) {
            Ok(v) => v + implied_vol(0.01, 2.0, 1.0, 1.0).unwrap_or_else(|_| 0.25) * x[0],
            Err(e @ VolError::BelowIntrinsic { .. }) => -1.0,
            Err(_) => -2.0,
        }
    }
    agrees!(f, [0.13, 0.07, 0.04]);
}

mod let_else_in_loops {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    enum Reading {
        Volt(f64),
        Amp {
            value: f64,
            #[constant]
            range: u8,
        },
        Missing,
    }
    #[differentiable]
    fn ohm(r: &[Reading]) -> Result<f64, (usize, &'static str)> {
        let mut volts = 0.0;
        let mut amps = None;
        for (i, reading) in r.iter().enumerate() {
            let Reading::Volt(v) = reading else {
                let Reading::Amp { value, range: 1..=3 } = reading else {
                    if matches!(reading, Reading::Missing) {
                        continue;
                    }
                    return Err((i, "range"));
                };
                amps = Some(amps.unwrap_or(0.0) + value);
                continue;
            };
            volts += v;
        }
        let amps: f64 = amps.ok_or((r.len(), "no current"))?;
        if amps == 0.0 { Err((0, "zero")) } else { Ok(volts / amps) }
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut r =
            vec![Reading::Volt(x[0]), Reading::Missing, Reading::Amp { value: x[1], range: 2 }, Reading::Volt(2.0)];
        let a = ohm(&r).unwrap_or(0.0);
        r.push(Reading::Amp { value: x[2], range: 9 });
        let b = match ohm(&r) {
            Err((i, why)) if why == "range" => i as f64 * x[2],
            Err(_) => 0.0,
            Ok(v) => v,
        };
        a + b + ohm(&r[..1]).map_err(|(_, why)| why.len()).unwrap_or_else(|n| n as f64 * x[0])
    }
    agrees!(f, [0.4, 0.8, 1.3]);
}

mod interpreter_of_expressions {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    enum Expr {
        Num(f64),
        Var,
        Bin(Box<Expr>, #[constant] char, Box<Expr>),
        Call(#[constant] String, Vec<Expr>),
        Let { value: Box<Expr>, body: Box<Expr> },
    }
    #[derive(Clone, Debug, PartialEq)]
    enum Err {
        Unknown(String),
        Arity { wanted: usize, got: usize },
        Domain,
    }
    #[differentiable]
    impl Expr {
        fn eval(&self, env: &mut Vec<f64>) -> Result<f64, Err> {
            Ok(match self {
                Expr::Num(v) => *v,
                Expr::Var => *env.last().ok_or(Err::Domain)?,
                Expr::Bin(a, op, b) => {
                    let (x, y) = (a.eval(env)?, b.eval(env)?);
                    match op {
                        '+' => x + y,
                        '-' => x - y,
                        '*' => x * y,
                        '/' if y.abs() < 1e-12 => return Err(Err::Domain),
                        '/' => x / y,
                        other => return Err(Err::Unknown(String::from("op"))),
                    }
                }
                Expr::Call(name, args) => {
                    let mut vals = Vec::with_capacity(args.len());
                    for a in args {
                        vals.push(a.eval(env)?);
                    }
                    match (name.as_str(), &vals[..]) {
                        ("sin", [v]) => v.sin(),
                        ("hypot", [a, b]) => a.hypot(*b),
                        ("max", [first, rest @ ..]) => rest.iter().fold(*first, |m, v| m.max(*v)),
                        ("sin", other) => return Err(Err::Arity { wanted: 1, got: other.len() }),
                        _ => return Err(Err::Unknown("fn".to_string())),
                    }
                }
                Expr::Let { value, body } => {
                    let v = value.eval(env)?;
                    env.push(v);
                    let r = body.eval(env);
                    env.pop();
                    r?
                }
            })
        }
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let b = |a: Expr, op: char, c: Expr| Expr::Bin(Box::new(a), op, Box::new(c));
        let e = Expr::Let {
            value: Box::new(b(Expr::Num(x[0]), '*', Expr::Var)),
            body: Box::new(Expr::Call(
                "max".to_string(),
                vec![Expr::Num(0.1), b(Expr::Var, '/', Expr::Num(x[1])), Expr::Call("sin".into(), vec![Expr::Var])],
            )),
        };
        let bad = Expr::Call("sin".into(), vec![]);
        let mut env = vec![x[2]];
        let r = e.eval(&mut env).unwrap_or(-1.0);
        let s = match bad.eval(&mut env) {
            Err(Err::Arity { wanted, got }) => (wanted + got) as f64,
            _ => 0.0,
        };
        r + s * env[0]
    }
    agrees!(f, [0.4, 0.8, 1.3]);
}
