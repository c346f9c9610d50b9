//! Constant folding of expressions: `1 * x` is `x`, `x + 0` is `x`.
//!
//! In: an expression of a derivative rule or a product of rules. Out: a simpler one of the same value
//! wherever the inputs are finite; derivative code multiplies by constants that the table wrote, so a
//! factor 0 or 1 stands for the absence of a term.

use syn::Lit;

use crate::ir::{BinOp, Expr};

/// Folds an expression, inside out.
pub(crate) fn constants(mut e: Expr) -> Expr {
    e.children_mut(&mut |child| {
        let taken = std::mem::replace(child, Expr::Bool(false));
        *child = constants(taken);
    });
    match e {
        Expr::Binary(op, a, b) => binary(op, *a, *b),
        Expr::Neg(a) => negate(*a),
        Expr::Select(c, a, b) => match *c {
            Expr::Bool(true) => *a,
            Expr::Bool(false) => *b,
            c => match (number(&a), number(&b)) {
                (Some(x), Some(y)) if x == y => *a,
                _ => Expr::Select(Box::new(c), a, b),
            },
        },
        Expr::FromInt(n, float) => match integer(&n) {
            Some(n) => Expr::Number(n as f64, float),
            None => Expr::FromInt(n, float),
        },
        Expr::Math(rule, mut args) if rule.name == "powi" => match integer(&args[1]) {
            Some(1) => args.swap_remove(0),
            _ => Expr::Math(rule, args),
        },
        other => other,
    }
}

/// Whether [`constants`] may change an expression: tells most of those apart in which there is nothing to fold.
pub(crate) fn is_reducible(e: &Expr) -> bool {
    let folds = |e: &Expr| {
        matches!(e, Expr::Neg(_) | Expr::Select(..) | Expr::Lit(Lit::Int(_)))
            || matches!(e, Expr::Number(x, _) if *x == 0.0 || x.abs() == 1.0)
            || matches!(e, Expr::Binary(BinOp::Div, one, _) if matches!(**one, Expr::Number(..)))
    };
    match e {
        Expr::Binary(_, a, b) => folds(a) || folds(b) || is_reducible(a) || is_reducible(b),
        Expr::Neg(_) | Expr::Select(..) | Expr::FromInt(..) => true,
        Expr::Math(rule, _) if rule.name == "powi" => true,
        Expr::Place(place) if place.path.is_empty() => false,
        e => {
            let mut found = false;
            e.children(&mut |child| found = found || is_reducible(child));
            found
        }
    }
}

/// `-e`.
pub(crate) fn negate(e: Expr) -> Expr {
    match e {
        Expr::Number(x, float) => Expr::Number(-x, float),
        Expr::Neg(e) => *e,
        Expr::Binary(BinOp::Sub, a, b) => Expr::Binary(BinOp::Sub, b, a),
        Expr::Binary(op @ (BinOp::Mul | BinOp::Div), a, b) if matches!(*a, Expr::Neg(_) | Expr::Number(..)) => {
            Expr::Binary(op, Box::new(negate(*a)), b)
        }
        other => Expr::Neg(Box::new(other)),
    }
}

/// `a * b` of floats.
pub(crate) fn times(a: Expr, b: Expr) -> Expr {
    binary(BinOp::Mul, a, b)
}

/// `a + b` of floats.
pub(crate) fn plus(a: Expr, b: Expr) -> Expr {
    binary(BinOp::Add, a, b)
}

fn binary(op: BinOp, a: Expr, b: Expr) -> Expr {
    if let (Some(x), Some(y)) = (integer(&a), integer(&b)) {
        let value = match op {
            BinOp::Sub => x.checked_sub(y),
            BinOp::Eq => return Expr::Bool(x == y),
            _ => None,
        };
        if let Some(value) = value.filter(|v| *v >= 0) {
            return Expr::int(value as usize);
        }
    }
    match (op, number(&a), number(&b)) {
        (BinOp::Mul, Some(1.0), _) | (BinOp::Add, Some(0.0), _) => b,
        (BinOp::Mul | BinOp::Div, _, Some(1.0)) | (BinOp::Add | BinOp::Sub, _, Some(0.0)) => a,
        (BinOp::Mul, Some(-1.0), _) | (BinOp::Sub, Some(0.0), _) => negate(b),
        (BinOp::Mul, _, Some(-1.0)) => negate(a),
        (BinOp::Mul, Some(0.0), _) => a,
        (BinOp::Mul, _, Some(0.0)) => b,
        _ => match (op, a, b) {
            // 1/b * c  =>  c / b
            (BinOp::Mul, Expr::Binary(BinOp::Div, one, b), c) if number(&one) == Some(1.0) => {
                Expr::Binary(BinOp::Div, Box::new(c), b)
            }
            (BinOp::Mul, c, Expr::Binary(BinOp::Div, one, b)) if number(&one) == Some(1.0) => {
                Expr::Binary(BinOp::Div, Box::new(c), b)
            }
            (BinOp::Mul, Expr::Binary(BinOp::Div, one, b), c) if number(&one) == Some(-1.0) => {
                negate(Expr::Binary(BinOp::Div, Box::new(c), b))
            }
            (BinOp::Mul | BinOp::Div, Expr::Neg(a), b) => negate(binary(op, *a, b)),
            (BinOp::Mul, a, Expr::Neg(b)) => negate(binary(op, a, *b)),
            (BinOp::Add, a, Expr::Neg(b)) => Expr::Binary(BinOp::Sub, Box::new(a), b),
            (BinOp::Sub, a, Expr::Neg(b)) => Expr::Binary(BinOp::Add, Box::new(a), b),
            (BinOp::Add, Expr::Neg(a), b) => Expr::Binary(BinOp::Sub, Box::new(b), a),
            // if c { p } else { 0 } * t  =>  if c { p * t } else { 0 }, which also keeps 0 * NaN away.
            (BinOp::Mul, Expr::Select(c, p, q), t) if number(&p).is_some() || number(&q).is_some() => {
                Expr::Select(c, Box::new(binary(op, *p, t.clone())), Box::new(binary(op, *q, t)))
            }
            (BinOp::Mul, t, Expr::Select(c, p, q)) if number(&p).is_some() || number(&q).is_some() => {
                Expr::Select(c, Box::new(binary(op, t.clone(), *p)), Box::new(binary(op, t, *q)))
            }
            (op, a, b) => Expr::binary(op, a, b),
        },
    }
}

/// Whether an expression is the number 1, written by a rule or by the user.
pub(crate) fn is_one(e: &Expr) -> bool {
    let written = matches!(e, Expr::Lit(syn::Lit::Float(f)) if matches!(f.base10_parse::<f64>(), Ok(1.0)));
    written || number(e) == Some(1.0)
}

/// The value of a literal float of a rule.
pub(crate) fn number(e: &Expr) -> Option<f64> {
    match e {
        Expr::Number(x, _) => Some(*x),
        _ => None,
    }
}

fn integer(e: &Expr) -> Option<i64> {
    match e {
        Expr::Lit(Lit::Int(l)) => l.base10_parse().ok(),
        Expr::Neg(e) => integer(e).map(|n: i64| -n),
        _ => None,
    }
}
