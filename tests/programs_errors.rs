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
    fn t() {
        total::check(&[1.0, 2.0, 3.0]).unwrap();
        total::check(&[1.0, -2.0, 3.0]).unwrap();
    }
}
