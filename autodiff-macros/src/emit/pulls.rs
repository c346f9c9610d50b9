//! The ways back through calls: pullbacks, both sweeps at once, and the adjoints of operators.

use proc_macro2::{Ident, Span};

use super::Emitter;
use super::calls::{companion, companion_path, ident, operator_trait};
use super::code::{Code, code};
use super::operators::Prec;
use super::tuples::{one_or_tuple, tuple};
use crate::ir::{BinOp, Callee, Expr, Operator, Passing, Place, Pull, VarId};
use crate::kinds::Kind;
use crate::missing;

impl Emitter<'_> {
    pub(crate) fn pull(&self, pull: &Pull) -> Code {
        let operator = matches!(pull.callee, Callee::Operator(_));
        // Zeros with the shape of a cotangent, which may move into the call.
        let mut zeros = Code::new();
        let mut cotangents: Vec<Code> = Vec::new();
        for (c, (ct, v)) in pull.cotangent.iter().zip(&pull.values).enumerate() {
            let code = match (ct, pull.shape()) {
                (Some(e), _) if operator => self.expr(e).at_least(Prec::Unary),
                (Some(e), _) => self.whole_cotangent(pull, e, self.expr(e).tokens),
                (None, Some(_)) if matches!(self.kind(*v), Kind::Float(_)) => {
                    self.value(&Expr::zero_of(*v, self.kind(*v), pull.span))
                }
                (None, Some(shape)) => {
                    let zero = self.value(&Expr::Zero(Box::new(shape.clone())));
                    let zero = self.whole_cotangent(pull, shape, zero);
                    if operator || pull.joined {
                        zero
                    } else {
                        let name = Ident::new(&format!("zero_{c}"), Span::mixed_site());
                        zeros.extend([code!(let #name = #zero;)]);
                        code!(#name)
                    }
                }
                (None, None) => self.value(&Expr::Zero(Box::new(Expr::var(*v, pull.span)))),
            };
            cotangents.push(code);
        }
        if let Callee::Operator(op) = &pull.callee {
            return self.pull_operator(*op, pull, &cotangents);
        }
        let pulled = self.pull_call(pull, cotangents);
        code!(#zeros #pulled)
    }

    /// The call of a pullback, with its cotangents.
    fn pull_call(&self, pull: &Pull, cotangents: Vec<Code>) -> Code {
        let method = self.is_of_array(&pull.callee, &pull.args);
        let again: Vec<Code> = (0..pull.cotangent.len())
            .flat_map(|c| {
                pull.args.iter().map(move |a| match (a.passing, a.parts.get(c)) {
                    (Passing::Value, _) => code!(()),
                    (_, Some(Some(_))) if c == 0 && method => self.method_argument(a),
                    (_, Some(Some(_))) if c == 0 => self.argument(a),
                    _ if method => self.method_tangent(a, c),
                    _ => self.tangent_argument(a, c),
                })
            })
            .collect();
        let slots: Vec<_> = (0..pull.cotangent.len())
            .flat_map(|c| {
                pull.args.iter().zip(&pull.slots).map(move |(a, slot)| match a.passing {
                    Passing::Value => code!(()),
                    _ => self.slot(slot.get(c).and_then(Option::as_ref)),
                })
            })
            .collect();
        let grads: Vec<Code> = (0..pull.cotangent.len())
            .flat_map(|c| {
                pull.grads
                    .iter()
                    .map(move |g| if let Some(v) = g.get(c).copied().flatten() { self.pattern(v) } else { code!(_) })
            })
            .collect();
        let mut tape = Code::from(self.name(pull.tape));
        if self.keeps_zero(pull.tape) {
            tape = code!((#tape.pullback));
        }
        let cotangent = one_or_tuple(cotangents);
        if pull.joined {
            return self.joined_call(pull, &cotangent, &tuple(&slots), &tuple(&grads));
        }
        let (again, slots) = (tuple(&again), tuple(&slots));
        let call = code!(#tape((#again, #cotangent, #slots)));
        let used = pull.guarded.then(|| self.is_any_used(pull));
        if pull.grads.iter().flatten().all(Option::is_none) {
            let guarded = used.map(|used| code!(if #used { #call; }));
            return guarded.unwrap_or_else(|| code!(#call;));
        }
        let Some(used) = used else {
            let grads = tuple(&grads);
            return code!(let #grads = #call;);
        };
        let given: Vec<Option<VarId>> = (0..pull.cotangent.len())
            .flat_map(|c| pull.grads.iter().map(move |g| g.get(c).copied().flatten()))
            .map(|g| g.filter(|v| self.is_read(*v)))
            .collect();
        let all: Vec<Code> = given.iter().map(|g| g.map_or_else(|| code!(_), |v| self.name(v).into())).collect();
        let all = tuple(&all);
        let read = given.iter().flatten();
        let patterns = one_or_tuple(read.clone().map(|v| self.pattern(*v)));
        let names = one_or_tuple(read.clone().map(|v| self.name(*v)));
        let zeros = one_or_tuple(read.map(|v| self.value(&Expr::zero_of(*v, self.kind(*v), pull.span))));
        code!(let #patterns = if #used { let #all = #call; #names } else { #zeros };)
    }

    /// Whether a pullback keeps a zero for a cotangent that may be missing.
    pub(super) fn keeps_zero(&self, tape: VarId) -> bool {
        self.kept.contains(tape) && !self.is_for_people()
    }

    /// The cotangent of a call's value, or the zero that is kept for it.
    fn whole_cotangent(&self, pull: &Pull, of: &Expr, cotangent: Code) -> Code {
        if pull.joined || !self.keeps_zero(pull.tape) || !missing::is_whole_part(self.program, &self.partial, of) {
            return cotangent;
        }
        let tape = self.name(pull.tape);
        code!(::differentiable::__private::whole(&#tape.zero, #cotangent))
    }

    /// Whether a cotangent of a call's value is not zero.
    fn is_any_used(&self, pull: &Pull) -> Code {
        let tests = pull
            .cotangent
            .iter()
            .flatten()
            .filter_map(Expr::as_var)
            .map(|v| Expr::binary(BinOp::Ne, Expr::var(v, pull.span), Expr::zero_of(v, self.kind(v), pull.span)));
        self.value(&tests.reduce(|a, b| Expr::binary(BinOp::Or, a, b)).expect("a guarded pullback has a cotangent"))
    }

    /// Both sweeps of a call: `let (value, grads) = f::__adj(arguments, tangents, cotangent, slots)`.
    fn joined_call(&self, pull: &Pull, cotangent: &Code, slots: &Code, grads: &Code) -> Code {
        let Callee::Function { path, .. } = &pull.callee else { unreachable!("functions are joined by name") };
        let mut list: Vec<Code> = pull.args.iter().map(|a| self.argument(a)).collect();
        for c in 1..pull.cotangent.len() {
            list.extend(pull.args.iter().map(|a| self.tangent_argument(a, c)));
        }
        let path = companion_path(path, Some(&companion("__adj", pull.level)), pull.span);
        let call = code!(#path(#(#list,)* #cotangent, #slots));
        let values: Vec<Code> = pull.values.iter().map(|v| self.pattern(*v)).collect();
        let values = match values.as_slice() {
            [one] => one.clone(),
            many => code!((#(#many),*)),
        };
        let grads = if pull.grads.iter().flatten().all(Option::is_none) { code!(_) } else { grads.clone() };
        code!(let (#values, #grads) = #call;)
    }

    /// The slot for an argument's cotangent.
    fn slot(&self, place: Option<&Place>) -> Code {
        let Some(place) = place else {
            return code!(::core::option::Option::None);
        };
        if self.is_optional(place.root) {
            let name = self.name(place.root);
            let mut rest = place.path.clone();
            if matches!(rest.first(), Some(crate::ir::Step::Deref)) {
                rest.remove(0);
            }
            if rest.is_empty() {
                return code!(match #name.as_deref_mut() { ::core::option::Option::Some(#name) => ::core::option::Option::Some(&mut *#name), ::core::option::Option::None => ::core::option::Option::None });
            }
            let inner = self.place_mut(place).at_least(Prec::Unary);
            if place.is_view() && self.may_be_missing(place) {
                return code!(#name.as_deref_mut().map(|#name| #inner).as_deref_mut().and_then(::differentiable::__private::part_mut));
            }
            if place.is_view() {
                // The view lives as long as the statement.
                return code!(#name.as_deref_mut().map(|#name| #inner).as_deref_mut());
            }
            if self.may_be_missing(place) {
                return code!(match #name.as_deref_mut() { ::core::option::Option::Some(#name) => ::differentiable::__private::part_mut(&mut #inner), ::core::option::Option::None => ::core::option::Option::None });
            }
            return code!(match #name.as_deref_mut() { ::core::option::Option::Some(#name) => ::core::option::Option::Some(&mut #inner), ::core::option::Option::None => ::core::option::Option::None });
        }
        if place.is_view() && self.may_be_missing(place) {
            let view = self.target(place);
            return code!(::differentiable::__private::part_mut(#view));
        }
        let part = if place.is_view() { None } else { self.some_part(&Expr::Place(place.clone()), true) };
        part.unwrap_or_else(|| {
            let reference = self.target(place);
            code!(::core::option::Option::Some(#reference))
        })
    }

    fn pull_operator(&self, op: Operator, pull: &Pull, cotangents: &[Code]) -> Code {
        let name = operator_trait(op);
        let method =
            ident(&if pull.level == 0 { "adjoint".to_owned() } else { format!("adjoint{}", pull.level) }, pull.span);
        let args = self.operator_args(&pull.args);
        let tangents = self.operator_tangents(&pull.args);
        // The cotangent of a view is an array of its own while the operator adds to it.
        let (mut before, mut after) = (Code::new(), Code::new());
        let mut slots = Vec::new();
        for c in 0..pull.cotangent.len() {
            for (i, slot) in pull.slots.iter().enumerate() {
                match slot.get(c).and_then(Option::as_ref) {
                    Some(place) if self.is_elements(place) || is_in_view(place) => {
                        let name = Ident::new(&format!("slot_{c}_{i}"), Span::mixed_site());
                        let shape = pull.args[i].parts[0].clone().expect("operands have values");
                        let held = self.value(&Expr::Zero(Box::new(shape)));
                        before.extend([code!(let mut #name = #held;)]);
                        after.extend([self.on_slot(place, |place| {
                            let target = self.target(place);
                            code!(::differentiable::__private::accumulate(#target, &#name);)
                        })]);
                        slots.push(code!(::core::option::Option::Some(&mut #name)));
                    }
                    place => slots.push(self.slot(place)),
                }
            }
        }
        // A constant field has no cotangent to be taken through.
        let (mut names, mut given) = (Vec::new(), Vec::new());
        let cotangents: Vec<Code> = (0..)
            .zip(pull.cotangent.iter().zip(cotangents))
            .map(|(c, (e, ct))| {
                let Some(part) = e.as_ref().and_then(|e| self.some_part(e, false)) else { return code!(&#ct) };
                let name = Ident::new(&format!("part_{c}"), Span::mixed_site());
                given.push(part);
                names.push(code!(::core::option::Option::Some(#name)));
                code!(#name)
            })
            .collect();
        let call = code!(#before ::differentiable::operators::#name::#method(#(#args,)* #(#tangents,)* #(#cotangents,)* #(#slots),*); #after);
        if given.is_empty() { call } else { code!(if let (#(#names),*) = (#(#given),*) { #call }) }
    }
}

/// Whether a place is an element of a view, which ends before a slot for the element would.
fn is_in_view(place: &Place) -> bool {
    !place.is_view() && place.path.iter().any(|step| matches!(step, crate::ir::Step::View { .. }))
}
