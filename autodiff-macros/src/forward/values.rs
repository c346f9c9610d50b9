//! Tangents of places and expressions: from the tangents of operands to that of a value.

use super::Pass;
use crate::activity;
use crate::complex::Partials;
use crate::fold;
use crate::ir::{Expr, Place, Sequence};
use crate::kinds;

impl Pass<'_> {
    /// The place that holds the tangent of a place, if it has one.
    pub(super) fn tangent_place(&mut self, place: &Place) -> Option<Place> {
        if !self.is_varied(place.root) || kinds::of_place(&self.out, place).is_constant() {
            return None;
        }
        let mut tangent = place.clone();
        tangent.mirror_steps(place);
        tangent.root = self.tangent_var(place.root);
        Some(tangent)
    }

    pub(super) fn tangent_or_zero(&mut self, e: &Expr) -> Expr {
        self.tangent(e, e).unwrap_or_else(|| Expr::Zero(Box::new(e.clone())))
    }

    /// The tangent of an expression with the given value; `None` is zero.
    pub(super) fn tangent(&mut self, e: &Expr, value: &Expr) -> Option<Expr> {
        match e {
            Expr::Place(place) => self.tangent_place(place).map(Expr::Place),
            Expr::Ref { mutable, of } => {
                let of = self.tangent(of, of)?;
                Some(Expr::Ref { mutable: *mutable, of: Box::new(of) })
            }
            Expr::Neg(a) => self.tangent(a, a).map(fold::negate),
            Expr::Binary(op, a, b) => {
                let rule = crate::rules::operator(*op)?;
                self.chain(rule, &[(**a).clone(), (**b).clone()], value)
            }
            Expr::Math(rule, args) => self.chain(rule, args, value),
            Expr::Clone(a) => self.tangent(a, a).map(|t| Expr::Clone(Box::new(t))),
            Expr::Wrap { like, value, .. } => {
                let value = Box::new(self.tangent(value, value)?);
                Some(Expr::Wrap { like: like.clone(), value, tangent: true })
            }
            Expr::Tuple(es) => self.all(es).map(Expr::Tuple),
            // An empty vector is its own tangent.
            Expr::Array(es, Sequence::Vec) if es.is_empty() => Some(e.clone()),
            Expr::Array(es, sequence) => self.all(es).map(|es| Expr::Array(es, *sequence)),
            Expr::Call { func, qself, args, ctor: true, .. } => {
                let args = self.all(args)?;
                Some(Expr::Call { func: func.clone(), qself: qself.clone(), args, ctor: true, tangent: true })
            }
            Expr::Repeat { value, len, sequence } => {
                let t = self.tangent(value, value)?;
                Some(Expr::Repeat { value: Box::new(t), len: len.clone(), sequence: *sequence })
            }
            Expr::Select(c, a, b) => {
                let (ta, tb) = (self.tangent(a, a), self.tangent(b, b));
                if ta.is_none() && tb.is_none() {
                    return None;
                }
                let zero = |e: &Expr| Expr::Zero(Box::new(e.clone()));
                let (ta, tb) = (ta.unwrap_or_else(|| zero(a)), tb.unwrap_or_else(|| zero(b)));
                Some(Expr::Select(c.clone(), Box::new(ta), Box::new(tb)))
            }
            Expr::Method { recv, name, turbofish, args } if crate::methods::is_structural(&name.to_string()) => {
                let recv = self.tangent(recv, recv)?;
                // The tangent of a slice in a box is a vector.
                let boxed = name == "into_boxed_slice";
                Some(Expr::Method {
                    recv: Box::new(recv),
                    name: if boxed { syn::Ident::new("to_vec", name.span()) } else { name.clone() },
                    turbofish: turbofish.clone(),
                    args: args.clone(),
                })
            }
            Expr::Cast(a, ty) => {
                if self.types.kind(ty).is_constant() {
                    return None;
                }
                let t = self.tangent(a, a)?;
                let known = kinds::of_expr(&self.out, self.types, a).is_float() && self.types.kind(ty).is_float();
                Some(if known {
                    Expr::Cast(Box::new(t), ty.clone())
                } else {
                    Expr::CastTangent { primal: a.clone(), tangent: Box::new(t), ty: Some(ty.clone()) }
                })
            }
            Expr::CastTangent { primal, tangent, ty } => {
                let t = self.tangent(tangent, tangent)?;
                Some(Expr::CastTangent { primal: primal.clone(), tangent: Box::new(t), ty: ty.clone() })
            }
            Expr::Struct { path, fields, rest: None, .. } if crate::lower::is_variant(path) => {
                let values: Vec<Expr> = fields.iter().map(|(_, e)| e.clone()).collect();
                let tangents = self.all(&values)?;
                let fields = fields.iter().map(|(m, _)| m.clone()).zip(tangents).collect();
                Some(Expr::Struct { path: path.clone(), fields, rest: None, tangent: true })
            }
            other => {
                activity::carriers(other, &mut |v| {
                    assert!(!self.varied.contains(v), "no rule takes a tangent through {other:?}");
                });
                None
            }
        }
    }

    /// The tangents of several values, if any of them has one.
    fn all(&mut self, es: &[Expr]) -> Option<Vec<Expr>> {
        let tangents: Vec<Option<Expr>> = es.iter().map(|e| self.tangent(e, e)).collect();
        if tangents.iter().all(Option::is_none) {
            return None;
        }
        Some(tangents.into_iter().zip(es).map(|(t, e)| t.unwrap_or_else(|| Expr::Zero(Box::new(e.clone())))).collect())
    }

    /// The chain rule: the sum of partial derivatives times tangents.
    fn chain(&mut self, rule: &'static crate::rules::Rule, args: &[Expr], value: &Expr) -> Option<Expr> {
        let float = kinds::float_of(args.iter().chain([value]).map(|a| kinds::of_expr(&self.out, self.types, a)));
        if let Some(partial) = Partials::new(&self.out, self.types, rule, args, value, &float).of_square() {
            return self.tangent(&args[0], &args[0]).map(|t| fold::times(partial, t));
        }
        let mut sum: Option<Expr> = None;
        for (i, arg) in args.iter().enumerate() {
            let Some(t) = self.tangent(arg, arg) else {
                continue;
            };
            let term = Partials::new(&self.out, self.types, rule, args, value, &float).tangent(i, t);
            sum = Some(match sum {
                None => term,
                Some(sum) => fold::plus(sum, term),
            });
        }
        sum
    }
}
