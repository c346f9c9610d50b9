//! Programs that fail: errors of the user's own, boxed ones, `?` that converts them.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

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
