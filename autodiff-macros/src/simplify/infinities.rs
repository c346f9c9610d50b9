//! Infinities that a function writes itself, for what is missing: the blanks of a table, the cost of what cannot be.
//!
//! In: a derivative. Out: the same, in which a product of derivatives and of what comes from such an infinity is zero if any of
//! its factors is: `q * gamma_dot`  ⇒  `if gamma_dot != 0.0 { q * gamma_dot } else { 0.0 }`. What the function computes is not
//! touched, and neither is the derivative of one that names no infinity, or only compares with it. What a caller hands over
//! counts as such where the option `infinite` says so: a callee cannot see it. A cotangent is infinite only
//! where the derivative is: zeros come first on the way back.

use crate::ir::{BinOp, Edit, Expr, Place, Program, Role, Stmt, VarId};
use crate::kinds::{self, Float, Kind};
use crate::var_set::VarSet;
use crate::{methods, missing};

/// Lets zeros win over infinities.
pub(crate) fn zeros_win(program: &mut Program, given: VarSet) {
    let infinite = infinite(program, given);
    if infinite.is_empty() {
        return;
    }
    let tamed = tamed(program, &infinite);
    let mut body = std::mem::take(&mut program.body);
    let pass = Pass { infinite, tamed, program };
    body.walk_mut(&mut |stmt| match stmt {
        Stmt::Let { var, value } if pass.is_derivative(*var) => pass.guard(value),
        Stmt::Assign { place, value, .. }
        | Stmt::Accumulate { place, value }
        | Stmt::Update { place, value, .. }
        | Stmt::Replace { place, value, .. }
        | Stmt::Edit(Edit::Push { place, value })
            if pass.is_derivative(place.root) =>
        {
            pass.guard(value);
        }
        _ => {}
    });
    program.body = body;
}

/// The variables that may hold such an infinity, or a multiple of one; `found` are those that the caller may give one.
fn infinite(program: &Program, mut found: VarSet) -> VarSet {
    loop {
        let mut changed = false;
        program.body.walk(&mut |stmt| match stmt {
            Stmt::Let { var, value } if !missing::is_cotangent(program, *var) => {
                let from = is_infinite(value, &found);
                changed |= from && found.insert(*var);
            }
            Stmt::Assign { place, value, .. }
            | Stmt::Accumulate { place, value }
            | Stmt::Update { place, value, .. }
            | Stmt::Edit(Edit::Push { place, value })
                if !missing::is_cotangent(program, place.root) =>
            {
                let from = is_infinite(value, &found);
                changed |= from && found.insert(place.root);
            }
            Stmt::Replace { old, place, value } if !missing::is_cotangent(program, place.root) => {
                let from = is_infinite(value, &found);
                changed |= from && found.insert(place.root);
                let held = found.contains(place.root);
                changed |= held && found.insert(*old);
            }
            Stmt::Edit(Edit::Pop { var, place, .. }) => {
                let held = found.contains(place.root);
                changed |= held && found.insert(*var);
            }
            Stmt::Edit(Edit::Exchange(a, b)) => {
                let (a, b) = (a.root, b.root);
                let either = found.contains(a) || found.contains(b);
                changed |= either && (found.insert(a) | found.insert(b));
            }
            _ => {}
        });
        if !changed {
            return found;
        }
    }
}

/// The variables that a function brings back from such an infinity: `(-far).exp()` is zero.
fn tamed(program: &Program, infinite: &VarSet) -> VarSet {
    let mut found = VarSet::new();
    loop {
        let mut changed = false;
        program.body.walk(&mut |stmt| {
            let (root, value) = match stmt {
                Stmt::Let { var, value } => (*var, value),
                Stmt::Assign { place, value, .. } | Stmt::Edit(Edit::Push { place, value }) => (place.root, value),
                _ => return,
            };
            let mut from = false;
            value.vars(&mut |v| from |= infinite.contains(v) || found.contains(v));
            changed |= from && !infinite.contains(root) && found.insert(root);
        });
        if !changed {
            return found;
        }
    }
}

/// Whether an expression gives an infinity, or a multiple of one, that such variables hold.
fn is_infinite(e: &Expr, found: &VarSet) -> bool {
    let is = |e: &Expr| is_infinite(e, found);
    match e {
        Expr::Item(path, _) => path.segments.last().is_some_and(|s| s.ident == "INFINITY" || s.ident == "NEG_INFINITY"),
        Expr::Place(place) => found.contains(place.root),
        Expr::Neg(e) | Expr::Clone(e) | Expr::Cast(e, _) | Expr::Ref { of: e, .. } => is(e),
        Expr::Wrap { value, .. } | Expr::Repeat { value, .. } => is(value),
        Expr::Binary(BinOp::Add | BinOp::Sub | BinOp::Mul, a, b) | Expr::Select(_, a, b) => is(a) || is(b),
        Expr::Binary(BinOp::Div, a, _) => is(a),
        Expr::Math(rule, args) => {
            matches!(rule.name, "abs" | "max" | "min" | "mul_add" | "sqrt") && args.iter().any(is)
        }
        Expr::Tuple(es) | Expr::Array(es, _) | Expr::Call { args: es, ctor: true, .. } => es.iter().any(is),
        Expr::Struct { fields, rest, .. } => {
            fields.iter().any(|(_, e)| is(e)) || rest.as_ref().is_some_and(|rest| is(rest))
        }
        Expr::Method { recv, name, .. } => methods::is_structural(&name.to_string()) && is(recv),
        _ => false,
    }
}

struct Pass<'a> {
    infinite: VarSet,
    tamed: VarSet,
    program: &'a Program,
}

impl Pass<'_> {
    fn is_derivative(&self, v: VarId) -> bool {
        matches!(self.program.vars[v].role, Role::Adjoint | Role::Tangent)
    }

    /// The type of the float that a place holds.
    fn float(&self, place: &Place) -> Option<Float> {
        match kinds::of_place(self.program, place).deref() {
            Kind::Float(float) => Some(float.clone()),
            _ => None,
        }
    }

    /// Guards the products in an expression.
    fn guard(&self, e: &mut Expr) {
        let guarded = self.guarded(e);
        match e {
            Expr::Binary(..) | Expr::Neg(_) | Expr::Select(..) => e.children_mut(&mut |child| self.guard(child)),
            _ => return,
        }
        let Some((factors, float)) = guarded else { return };
        let tests = factors.into_iter().map(|f| {
            let zero = Expr::Number(0.0, float.clone());
            Expr::binary(BinOp::Ne, f, zero)
        });
        if let Some(all) = tests.reduce(|a, b| Expr::binary(BinOp::And, a, b)) {
            let zero = Expr::Number(0.0, float.clone());
            let product = std::mem::replace(e, zero.clone());
            *e = Expr::Select(Box::new(all), Box::new(product), Box::new(zero));
        }
    }

    /// The factors of a product with what may be infinite that have to be other than zero for it to count.
    fn guarded(&self, e: &Expr) -> Option<(Vec<Expr>, Float)> {
        let mut factors = Vec::new();
        product(e, &mut factors);
        // Of what may be infinite: how much there is, whether a derivative has its part in it, and which derivatives it is.
        let (mut count, mut infinite, mut derivatives) = (0, None, Vec::new());
        let mut others = Vec::new();
        for factor in factors {
            let place = if let Expr::Place(place) = factor { Some(place) } else { None };
            if is_infinite(factor, &self.infinite) {
                let mut derivative = false;
                factor.vars(&mut |v| derivative |= self.is_derivative(v));
                infinite = Some(infinite.unwrap_or(false) || derivative);
                derivatives.extend(place.filter(|place| self.is_derivative(place.root)));
                count += 1;
            } else {
                others.extend(place);
            }
        }
        let of_derivative = infinite?;
        // A number that multiplies an infinite one makes a derivative only together with another derivative, which may be one.
        let has_derivative = of_derivative || others.iter().any(|place| self.is_derivative(place.root));
        others.retain(|place| {
            let alone = !has_derivative && self.tamed.contains(place.root);
            alone || of_derivative || self.is_derivative(place.root)
        });
        // Of two that may be infinite, one may be zero.
        others.extend(derivatives.into_iter().filter(|_| count > 1));
        let float = others.iter().find_map(|place| self.float(place))?;
        let floats = others.into_iter().filter(|place| self.float(place).is_some());
        Some((floats.map(|place| Expr::Place(place.clone())).collect(), float))
    }
}

/// The factors of a product.
fn product<'a>(e: &'a Expr, factors: &mut Vec<&'a Expr>) {
    match e {
        Expr::Binary(BinOp::Mul, a, b) => {
            product(a, factors);
            product(b, factors);
        }
        Expr::Binary(BinOp::Div, a, _) => product(a, factors),
        Expr::Neg(e) => product(e, factors),
        e => factors.push(e),
    }
}
