//! Adjoints of calls: the tape that the forward sweep takes, and the pullback with its slots and gradients.

use super::{Pass, sums};
use crate::ir::{Call, Callee, Expr, Mode, Passing, Place, Program, Pull, Role, Stmt, VarId};
use crate::kinds::{self, Kind};

/// Whether the pullback of a call is made where it is needed, and not before: that of a derivative holds the arguments alone
/// and runs all sweeps again, so that there is nothing to be stored but the arguments. These are numbers, or lent once more.
pub(crate) fn is_pulled_anew(program: &Program, call: &Call) -> bool {
    let Callee::Function { path, qself: None } = &call.callee else { return false };
    let is_number = |e: &Expr| match e {
        Expr::Number(..) | Expr::Lit(_) | Expr::Bool(_) => true,
        Expr::Place(place) => kinds::of_place(program, place).is_scalar(),
        _ => false,
    };
    crate::methods::is_derivative_of(path)
        && call.args.iter().all(|arg| match arg.passing {
            Passing::Value => arg.parts.iter().flatten().all(is_number),
            Passing::Ref => true,
            Passing::RefMut => false,
        })
}

impl Pass<'_> {
    pub(super) fn call(&mut self, call: &Call, forward: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        let span = call.span;
        let mirrors = self.mirrors(call);
        let result = call.outs[0];
        let writes = call.args.iter().zip(&mirrors).any(|(a, m)| a.passing == Passing::RefMut && m.is_some());
        let operator = matches!(call.callee, Callee::Operator(_));
        let active = mirrors.iter().any(Option::is_some) && (self.is_active(result) || writes);
        // What the call overwrites is restored by its pullback, or else from a copy.
        if !active || operator {
            for arg in call.args.iter().filter(|a| a.passing == Passing::RefMut) {
                if let Some(Expr::Place(place)) = &arg.parts[0] {
                    let kind = kinds::of_place(&self.out, place);
                    let old = self.out.fresh("old", span, kind, Role::Temporary);
                    forward.push(Stmt::Let { var: old, value: Expr::Clone(Box::new(Expr::Place(place.clone()))) });
                    backward.push(Stmt::Assign { place: place.clone(), value: Expr::var(old, span), init: false });
                }
            }
        }
        if !active {
            forward.push(Stmt::Call(call.clone()));
            return;
        }
        if call.sum {
            forward.push(Stmt::Call(call.clone()));
            let cotangent = Expr::var(self.adjoint(result), span);
            sums::hand_on(call, mirrors, &cotangent, backward);
            return;
        }
        let tape = self.out.fresh("pullback", span, Kind::Unknown, Role::Tape);
        let mut taped = call.clone();
        if !operator {
            taped.mode = Mode::Taped;
            taped.tape = Some(tape);
        }
        let cotangent = if self.is_active(result) { Some(Expr::var(self.adjoint(result), span)) } else { None };
        if is_pulled_anew(&self.out, call) {
            forward.push(Stmt::Call(call.clone()));
            taped.outs = vec![self.duplicate(result)];
            backward.push(Stmt::Call(taped.clone()));
            self.pull(&taped, tape, cotangent, backward);
        } else {
            forward.push(Stmt::Call(taped));
            self.pull(call, tape, cotangent, backward);
        }
    }

    /// The places that mirror the arguments of a call.
    pub(super) fn mirrors(&mut self, call: &Call) -> Vec<Option<Place>> {
        let places = call.args.iter().map(|a| match &a.parts[0] {
            Some(Expr::Place(place)) => self.mirror(place),
            _ => None,
        });
        places.collect()
    }

    /// The way back through a call.
    pub(super) fn pull(&mut self, call: &Call, tape: VarId, cotangent: Option<Expr>, backward: &mut Vec<Stmt>) {
        let span = call.span;
        let operator = matches!(call.callee, Callee::Operator(_));
        let mirrors = self.mirrors(call);
        let mut slots = Vec::new();
        let mut grads = Vec::new();
        let mut adds = Vec::new();
        for (arg, mirror) in call.args.iter().zip(mirrors) {
            if operator || arg.passing != Passing::Value {
                let clashes = |p: &Place| mirror.as_ref().is_some_and(|m| !p.may_be_lent_with(m));
                let taken = slots.iter().flatten().flatten().any(clashes);
                let slot = match mirror {
                    Some(place) if taken => {
                        // Two arguments share a cotangent: the second collects beside it, or is taken out of it, if that of a
                        // final value becomes that of the initial one.
                        let changed = !operator && arg.passing == Passing::RefMut;
                        let value = if changed {
                            Expr::Clone(Box::new(Expr::Place(place.clone())))
                        } else {
                            Expr::Zero(Box::new(arg.parts[0].clone().expect("arguments have values")))
                        };
                        let kind = kinds::of_place(&self.out, &place);
                        let beside = self.out.fresh(
                            format!("{}_beside", self.out.vars[place.root].name.trim_start_matches("r#")),
                            span,
                            kind,
                            Role::Adjoint,
                        );
                        backward.push(Stmt::Let { var: beside, value });
                        let value = Expr::var(beside, span);
                        adds.push(if changed {
                            Stmt::Assign { place, value, init: false }
                        } else {
                            Stmt::Accumulate { place, value }
                        });
                        Some(Place::var(beside, span))
                    }
                    other => other,
                };
                slots.push(vec![slot]);
                grads.push(vec![None]);
            } else {
                slots.push(vec![None]);
                grads.push(vec![mirror.map(|place| {
                    let kind = kinds::of_place(&self.out, &place);
                    let g = self.out.fresh("g", span, kind, Role::Adjoint);
                    adds.push(Stmt::Accumulate { place, value: Expr::var(g, span) });
                    g
                })]);
            }
        }
        // What was handed over by value stayed in the tape: only the receiver of a method tells whose it is.
        let mut args = call.args.clone();
        let receivers = usize::from(matches!(call.callee, Callee::Method { .. }));
        for arg in args.iter_mut().skip(receivers).filter(|a| !operator && a.passing == Passing::Value) {
            arg.parts = vec![None];
        }
        backward.push(Stmt::Pull(Pull {
            callee: call.callee.clone(),
            level: 0,
            tape,
            args,
            slots,
            grads,
            cotangent: vec![cotangent],
            values: call.outs.clone(),
            joined: false,
            outputs: false,
            guarded: false,
            span,
        }));
        backward.extend(adds);
    }
}
