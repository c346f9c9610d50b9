//! Adjoints of expressions: from the cotangent of a value to those of its operands.

use super::{Pass, plain};
use crate::activity;
use crate::arrays;
use crate::complex::Partials;
use crate::fold;
use crate::ir::{Expr, Header, Loop, Place, Role, Step, Stmt};
use crate::kinds::{self, Float, Kind};
use crate::lower::is_box;
use crate::{rules, variants};

impl Pass<'_> {
    pub(super) fn add(&mut self, e: &Expr, value: Expr, out: &mut Vec<Stmt>) {
        match e {
            Expr::Place(place) => {
                if let Some(place) = self.mirror(place) {
                    out.push(Stmt::Accumulate { place, value });
                }
            }
            Expr::Ref { of, .. } => self.add(of, value, out),
            Expr::Method { recv, name, .. } if name == "__spread" => {
                if kinds::of_expr(&self.out, self.types, recv).deref().is_number() {
                    return self.add(recv, arrays::form("__total", value, Vec::new()), out);
                }
                let folded = arrays::form("__fold", value, Vec::new());
                self.add(recv, Expr::Ref { mutable: false, of: Box::new(folded) }, out);
            }
            _ => {}
        }
    }

    /// Adds to the cotangents of the operands of an expression whose value has the cotangent `ct`.
    pub(super) fn pull_back(&mut self, e: &Expr, ct: &Place, value: Option<&Expr>, out: &mut Vec<Stmt>) {
        let whole = || Expr::Place(ct.clone());
        match e {
            Expr::Place(_) | Expr::Ref { .. } => self.add(e, whole(), out),
            Expr::Neg(a) => self.add(a, fold::negate(whole()), out),
            Expr::Binary(op, a, b) => {
                if let Some(rule) = rules::operator(*op) {
                    self.chain(rule, &[(**a).clone(), (**b).clone()], value.unwrap_or(e), ct, out);
                }
            }
            Expr::Math(rule, args) => self.chain(rule, args, value.unwrap_or(e), ct, out),
            Expr::Clone(a) => self.pull_back(a, ct, None, out),
            Expr::Wrap { value, .. } => self.pull_back(value, &ct.step(Step::Content), None, out),
            Expr::Tuple(es) => {
                for (i, e) in es.iter().enumerate() {
                    self.pull_back(e, &ct.step(Step::Field(syn::Member::from(i))), None, out);
                }
            }
            Expr::Array(es, _) => {
                for (i, e) in es.iter().enumerate() {
                    self.pull_back(e, &ct.step(Step::Index { at: Box::new(Expr::int(i)), range: false }), None, out);
                }
            }
            Expr::Repeat { value, len, .. } => {
                let i = self.out.fresh("i", ct.span, Kind::Int, Role::Temporary);
                let mut body = Vec::new();
                let at = Box::new(Expr::var(i, ct.span));
                self.pull_back(value, &ct.step(Step::Index { at, range: false }), None, &mut body);
                if !body.is_empty() {
                    let header = Header::Range {
                        var: i,
                        lo: Expr::int(0),
                        hi: (**len).clone(),
                        inclusive: false,
                        step: None,
                        rev: false,
                    };
                    out.push(Stmt::from(Loop {
                        label: 0,
                        header,
                        body: plain(body),
                        exits: Vec::new(),
                        tape: None,
                        plan: None,
                    }));
                }
            }
            Expr::Struct { path, fields, rest, .. } => {
                for (member, e) in fields {
                    let step = if self.types.constructors.is_variant(path, false) {
                        Step::Payload { variant: path.clone(), member: member.clone(), arity: 0, tangent: true }
                    } else {
                        Step::Field(member.clone())
                    };
                    self.pull_back(e, &ct.step(step), None, out);
                }
                if let Some(rest) = rest {
                    let fields = fields.iter().map(|(m, _)| m.clone()).collect::<Vec<_>>();
                    self.rest(rest, &fields, ct, out);
                }
            }
            Expr::Call { func, args, ctor: true, .. } => {
                for (i, e) in args.iter().enumerate() {
                    let step = if is_box(func) {
                        Step::Deref
                    } else if self.types.constructors.is_variant(func, true) {
                        Step::Payload {
                            variant: func.clone(),
                            member: syn::Member::from(i),
                            arity: args.len(),
                            tangent: true,
                        }
                    } else {
                        Step::Field(syn::Member::from(i))
                    };
                    self.pull_back(e, &ct.step(step), None, out);
                }
            }
            Expr::Method { recv, name, .. } => match name.to_string().as_str() {
                "unwrap" | "expect" => {
                    if let Expr::Place(place) = &**recv {
                        let content = match kinds::of_place(&self.out, place).deref() {
                            Kind::Option(_) => variants::tangent_payload(variants::some()),
                            Kind::Result(_) => variants::tangent_payload(variants::ok()),
                            _ => Step::Content,
                        };
                        if let Some(mirror) = self.mirror(place) {
                            out.push(Stmt::Accumulate { place: mirror.step(content), value: whole() });
                        }
                    }
                }
                "__spread" => self.add(e, whole(), out),
                name if crate::methods::is_structural(name) => {
                    // The same numbers in a container of another type.
                    self.add(recv, Expr::Ref { mutable: false, of: Box::new(whole()) }, out);
                }
                _ => {}
            },
            Expr::Cast(a, ty) => {
                let to = self.types.kind(ty);
                if !to.is_constant() {
                    let value = match kinds::of_expr(&self.out, self.types, a).deref() {
                        _ if !to.is_float() => {
                            Expr::CastTangent { primal: a.clone(), tangent: Box::new(whole()), ty: None }
                        }
                        Kind::Float(Float::F32) => Expr::Cast(Box::new(whole()), syn::parse_quote!(f32)),
                        Kind::Float(Float::F64) => Expr::Cast(Box::new(whole()), syn::parse_quote!(f64)),
                        _ => Expr::CastTangent { primal: a.clone(), tangent: Box::new(whole()), ty: None },
                    };
                    self.add(a, value, out);
                }
            }
            Expr::Select(c, a, b) => {
                let (mut then, mut els) = (Vec::new(), Vec::new());
                self.pull_back(a, ct, None, &mut then);
                self.pull_back(b, ct, None, &mut els);
                if !(then.is_empty() && els.is_empty()) {
                    out.push(Stmt::If { cond: (**c).clone(), then: plain(then), els: plain(els), tape: None });
                }
            }
            other => activity::carriers(other, &mut |v| {
                assert!(!self.active.contains(v), "no rule takes a cotangent through {other:?}");
            }),
        }
    }

    /// `Struct { fields, ..rest }`: what the literal does not name comes from `rest`.
    pub(super) fn rest(&mut self, rest: &Expr, fields: &[syn::Member], ct: &Place, out: &mut Vec<Stmt>) {
        let Expr::Place(place) = rest else { return };
        let Some(mirror) = self.mirror(place) else {
            return;
        };
        let t = self.out.fresh("d_rest", ct.span, Kind::Unknown, Role::Adjoint);
        out.push(Stmt::Let { var: t, value: Expr::Clone(Box::new(Expr::Place(ct.clone()))) });
        for member in fields {
            let zero = Expr::Zero(Box::new(Expr::Place(place.step(Step::Field(member.clone())))));
            out.push(Stmt::Assign {
                place: Place::var(t, ct.span).step(Step::Field(member.clone())),
                value: zero,
                init: false,
            });
        }
        out.push(Stmt::Accumulate { place: mirror, value: Expr::var(t, ct.span) });
    }

    pub(super) fn chain(
        &mut self,
        rule: &'static rules::Rule,
        args: &[Expr],
        value: &Expr,
        ct: &Place,
        out: &mut Vec<Stmt>,
    ) {
        let kinds = args.iter().map(|a| kinds::of_expr(&self.out, self.types, a));
        let float = kinds::float_of(kinds.chain([kinds::of_place(&self.out, ct)]));
        if let Some(partial) = Partials::new(&self.out, self.types, rule, args, value, &float).of_square() {
            self.add(&args[0], fold::times(partial, Expr::Place(ct.clone())), out);
            return;
        }
        for (i, arg) in args.iter().enumerate() {
            let partials = Partials::new(&self.out, self.types, rule, args, value, &float);
            if let Some(term) = partials.cotangent(i, Expr::Place(ct.clone())) {
                self.add(arg, term, out);
            }
        }
    }
}
