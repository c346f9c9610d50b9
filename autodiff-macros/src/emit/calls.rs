//! Emission of calls; `pulls` has the ways back through them.
//!
//! A function `f` at level k has the companions `f::__jvp` (k = 1; `__jvp2`, …) and `f::__fwd`
//! (k = 0; `__fwd1`, …). Arguments come first, then their tangents, component by component; a missing
//! tangent is `None`. A taped call returns its values and a pullback, which is called with the
//! arguments by reference again, the cotangents, and a slot for each argument by reference.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

use super::Emitter;
use super::code::{Code, code};
use super::operators::{Prec, operator_token};
use crate::ir::{Arg, Call, Callee, Expr, Mode, Operator, Passing, Place, VarId};

/// The name of a companion at a level.
pub(crate) fn companion(base: &str, level: u32) -> String {
    match (base, level) {
        ("__jvp", 1) | ("__fwd" | "__boxed" | "__out" | "__adj" | "__lanes", 0) => base.to_owned(),
        _ => format!("{base}{level}"),
    }
}

impl Emitter<'_> {
    pub(crate) fn call(&self, call: &Call) -> Code {
        let value = match (&call.callee, call.mode, call.level) {
            (Callee::Operator(_), _, 1) if self.lanes => self.lanes_of(call),
            (Callee::Method { name, .. }, _, 1)
                if self.lanes && (is_of_numbers(name) || self.is_of_array(&call.callee, &call.args)) =>
            {
                self.lanes_of(call)
            }
            (Callee::Operator(op), _, 0) => {
                let operator = self.plain_operator(*op, &call.args, call.outs[0]);
                let grows = || call.args[0].parts[0].as_ref().is_some_and(|e| self.is_mirrored(e));
                let check = (call.sum && (self.is_mirrored(&Expr::var(call.outs[0], call.span)) || grows()))
                    .then(|| self.sum_check(*op, &self.operator_args(&call.args)))
                    .flatten();
                return code!(#check #operator);
            }
            (Callee::Operator(op), _, level) => {
                let name = operator_trait(*op);
                let method =
                    ident(&if level == 1 { "tangent".to_owned() } else { format!("tangent{level}") }, call.span);
                let args = self.operator_args(&call.args);
                let tangents = self.operator_tangents(&call.args);
                code!(::differentiable::operators::#name::#method(#(#args,)* #(#tangents),*))
            }
            (callee, Mode::Plain, 0) => self.invoke(callee, None, &call.args, call.span),
            (callee, Mode::Plain, 1) if self.lanes => {
                self.invoke(callee, Some(crate::lanes::COMPANION.to_owned()), &call.args, call.span)
            }
            (callee, Mode::Plain, level) => self.invoke(callee, Some(companion("__jvp", level)), &call.args, call.span),
            (callee, Mode::Taped, level) => self.invoke(callee, Some(companion("__fwd", level)), &call.args, call.span),
            (callee, Mode::TapedOutputs, level) => {
                self.invoke(callee, Some(companion("__out", level)), &call.args, call.span)
            }
        };
        let outs: Vec<Code> = call.outs.iter().map(|v| self.pattern(*v)).collect();
        let values = match outs.as_slice() {
            [one] => one.clone(),
            many => code!((#(#many),*)),
        };
        match call.tape {
            Some(tape) => {
                let name = self.name(tape);
                let pattern = self.pattern(tape);
                let keeping = self.keeps_zero(tape).then(|| {
                    let of = self.name(call.outs[0]);
                    code!(let #name = ::differentiable::__private::keeping(&#of, #name);)
                });
                code!(let (#values, #pattern) = #value; #keeping)
            }
            None if call.outs.iter().all(|v| !self.is_read(*v)) => code!(#value;),
            None => code!(let #values = #value;),
        }
    }

    /// An operator, or a function of numbers or arrays, along several directions: for each argument with tangents what the
    /// derivative along one of them makes of all, and the sum of that.
    fn lanes_of(&self, call: &Call) -> Code {
        let width = crate::lanes::width();
        let (value, direction) = (Ident::new("value", Span::mixed_site()), Ident::new("direction", Span::mixed_site()));
        let of_array = self.is_of_array(&call.callee, &call.args);
        let tangents = call.args.iter().enumerate().filter_map(|(i, a)| Some((i, a, a.parts[1].as_ref()?)));
        let mut lets = Code::new();
        // What is computed is computed once.
        let shared: Vec<Option<Code>> = call
            .args
            .iter()
            .enumerate()
            .map(|(i, a)| {
                let e = a.parts[0].as_ref().expect("arguments have values");
                let by_value = a.passing == Passing::Value && i > 0 && matches!(call.callee, Callee::Method { .. });
                if by_value || matches!(e, Expr::Place(_)) || e.is_text() {
                    return None;
                }
                let (name, e) = (Ident::new(&format!("arg_{i}"), Span::mixed_site()), self.by_reference(e, false));
                lets.extend([code!(let #name = #e;)]);
                Some(code!(#name))
            })
            .collect();
        let mut sum: Option<Code> = None;
        for (i, arg, tangent) in tangents {
            let along = Ident::new(&format!("by_{i}"), Span::mixed_site());
            let given = |j: usize, by_reference: bool| match (j == i, by_reference) {
                (false, _) => code!(::core::option::Option::None),
                (true, true) => code!(::core::option::Option::Some(#direction)),
                (true, false) => code!(::core::option::Option::Some(::core::clone::Clone::clone(#direction))),
            };
            let derivative = match &call.callee {
                Callee::Operator(op) => {
                    let (name, args) = (operator_trait(*op), self.operator_args(&call.args));
                    let args: Vec<Code> = args.into_iter().zip(&shared).map(|(e, s)| s.clone().unwrap_or(e)).collect();
                    let directions: Vec<Code> = (0..args.len()).map(|j| given(j, true)).collect();
                    code!(::differentiable::operators::#name::tangent(#(#args,)* #(#directions),*))
                }
                Callee::Method { name, .. } => {
                    let recv = match (&shared[0], &call.args[0].parts[0]) {
                        (Some(shared), _) => shared.clone(),
                        (None, Some(Expr::Place(place))) => self.receiver(place),
                        _ => unreachable!("a receiver has a value, and is shared where it is no place"),
                    };
                    let name = method_companion(name, Some("__jvp"));
                    let rest: Vec<Code> = call.args[1..]
                        .iter()
                        .zip(&shared[1..])
                        .map(|(a, s)| match s {
                            Some(s) => s.clone(),
                            None if of_array => self.method_argument(a),
                            None => self.argument(a),
                        })
                        .collect();
                    let directions: Vec<Code> =
                        call.args.iter().enumerate().map(|(j, a)| given(j, a.passing != Passing::Value)).collect();
                    code!(#recv.#name(#(#rest,)* #(#directions),*))
                }
                _ => unreachable!("functions have companions"),
            };
            let of = shared[i]
                .clone()
                .unwrap_or_else(|| self.by_reference(arg.parts[0].as_ref().expect("arguments have values"), false));
            let tangent = match tangent {
                // The tangents of a view are owned.
                Expr::Place(place) if place.is_view() && self.part_value(place).is_none() => {
                    let view = self.place(place).at_least(Prec::Postfix);
                    code!(&#view.to_owned())
                }
                Expr::Place(place) if self.part_value(place).is_none() => self.reference(place, false).tokens,
                e => {
                    let e = self.expr(e).at_least(Prec::Unary);
                    code!(&#e)
                }
            };
            let bound = if sum.is_none() { code!(#value) } else { code!(_) };
            lets.extend([code! {
                let (#bound, #along) = ::differentiable::lanes::chain::<_, _, #width>(#of, #tangent, |#direction| #derivative);
            }]);
            sum = Some(match sum {
                None => code!(#along),
                Some(sum) => code!(::differentiable::lanes::sum::<_, #width>(&#value, #sum, &#along)),
            });
        }
        code!({ #lets let sum = #sum; (#value, sum) })
    }

    /// A call to a function or method, or to one of its companions.
    fn invoke(&self, callee: &Callee, companion: Option<String>, args: &[Arg], span: Span) -> Code {
        let method = self.is_of_array(callee, args);
        let mut list: Vec<Code> =
            args.iter().map(|a| if method { self.method_argument(a) } else { self.argument(a) }).collect();
        let parts = args.first().map_or(1, |a| a.parts.len());
        for c in 1..parts {
            list.extend(
                args.iter().map(|a| if method { self.method_tangent(a, c) } else { self.tangent_argument(a, c) }),
            );
        }
        let several = companion.as_deref() == Some(crate::lanes::COMPANION);
        if several {
            let width = crate::lanes::width();
            list.push(code!(::differentiable::lanes::Width::<#width>));
        }
        match callee {
            Callee::Function { path, qself } => {
                let mut path = companion_path(path, companion.as_deref(), span);
                if several {
                    crate::lanes::name_width(&mut path);
                }
                let path = syn::ExprPath { attrs: Vec::new(), qself: qself.clone(), path };
                code!(#path(#(#list),*))
            }
            Callee::Method { name, turbofish } => {
                let recv = match &args[0].parts[0] {
                    Some(Expr::Place(place)) if args[0].passing == Passing::RefMut => self.receiver_mut(place),
                    // The error of a missing companion is to name the type, not a reference to it.
                    Some(Expr::Place(place))
                        if companion.is_some() && self.is_reference(place) && !self.is_for_people() =>
                    {
                        let name = self.name(place.root);
                        code!((*#name))
                    }
                    // That it only looks is a guess, which `rustc` is to know.
                    Some(Expr::Place(place))
                        if companion.is_none() && self.is_lent_twice(place, args) && !self.is_for_people() =>
                    {
                        let place = self.place(place).at_least(Prec::Unary);
                        code!((&#place))
                    }
                    Some(Expr::Place(place)) => self.receiver(place),
                    Some(e) => self.expr(e).at_least(Prec::Postfix),
                    None => unreachable!("a method has a receiver"),
                };
                let name = method_companion(name, companion.as_deref());
                let rest = &list[1..];
                code!(#recv.#name #turbofish(#(#rest),*))
            }
            Callee::Variable(v) => {
                let name = self.name(*v);
                code!(#name(#(#list),*))
            }
            Callee::Operator(_) => unreachable!("operators are written as such"),
        }
    }

    /// Whether a receiver that could be changed is taken not to be, since another argument lies in the same variable.
    fn is_lent_twice(&self, place: &Place, args: &[Arg]) -> bool {
        self.program.vars[place.root].mutable
            && args[1..].iter().any(|arg| match &arg.parts[0] {
                Some(Expr::Place(other)) => arg.passing != Passing::Value && other.root == place.root,
                _ => false,
            })
    }

    /// Whether a place is what a variable refers to.
    fn is_reference(&self, place: &Place) -> bool {
        matches!(place.path.as_slice(), [crate::ir::Step::Deref])
            && matches!(self.kind(place.root), crate::kinds::Kind::Ref(_))
    }

    pub(super) fn argument(&self, arg: &Arg) -> Code {
        let Some(e) = &arg.parts[0] else { unreachable!("arguments have values") };
        match arg.passing {
            Passing::Value => match e {
                Expr::Place(place) if place.is_view() => self.place(place).tokens,
                Expr::Place(place) if super::moves::is_view_parameter(self.program, place) => {
                    let view = self.receiver(place);
                    code!(#view.view())
                }
                e => self.operand(e),
            },
            passing => {
                let referred = self.by_reference(e, passing == Passing::RefMut);
                let lends = self.lends(e) && !self.is_for_people();
                if lends { code!(&::differentiable::__private::referred(#referred)) } else { referred }
            }
        }
    }

    /// Whether what is handed over by reference are references to copies.
    fn lends(&self, e: &Expr) -> bool {
        matches!(e, Expr::Place(place) if place.path.is_empty() && self.program.vars[place.root].lends)
    }

    /// Whether a method is one of arrays, as far as can be seen.
    pub(super) fn is_of_array(&self, callee: &Callee, args: &[Arg]) -> bool {
        let Callee::Method { name, .. } = callee else { return false };
        let recv = args.first().and_then(|a| a.parts[0].as_ref());
        name == "dot" || recv.is_some_and(|e| self.kind_of(e).deref().is_array())
    }

    /// An argument of a method of arrays: a view of an array is handed over as what it dereferences to, whose type
    /// has no lifetime.
    pub(super) fn method_argument(&self, arg: &Arg) -> Code {
        match (&arg.parts[0], arg.passing) {
            (Some(Expr::Place(place)), Passing::Ref) if place.is_view() => {
                let view = self.place(place).at_least(Prec::Unary);
                code!(&*#view)
            }
            (Some(Expr::Place(place)), Passing::Ref) if self.is_elements(place) => {
                let name = self.name(place.root);
                code!(::differentiable::__private::elements_of(#name))
            }
            _ => self.argument(arg),
        }
    }

    /// The tangent of an argument of a method of arrays: as the argument itself.
    pub(super) fn method_tangent(&self, arg: &Arg, component: usize) -> Code {
        match (&arg.parts[component], arg.passing) {
            (Some(Expr::Place(place)), Passing::Ref) if place.is_view() => {
                let view = self.place(place).at_least(Prec::Unary);
                if self.may_be_missing(place) {
                    return code!(::differentiable::__private::part(&*#view));
                }
                code!(::core::option::Option::Some(&*#view))
            }
            _ => self.tangent_argument(arg, component),
        }
    }

    pub(super) fn by_reference(&self, e: &Expr, mutable: bool) -> Code {
        match e {
            Expr::Place(place) => self.reference(place, mutable).tokens,
            // The literal is a reference.
            e if e.is_text() => self.expr(e).tokens,
            e => {
                let e = self.expr(e).at_least(Prec::Unary);
                if mutable { code!(&mut #e) } else { code!(&#e) }
            }
        }
    }

    pub(super) fn tangent_argument(&self, arg: &Arg, component: usize) -> Code {
        match (&arg.parts[component], arg.passing) {
            (None, _) => code!(::core::option::Option::None),
            (Some(e), Passing::Value) => {
                if let Some(part) = self.some_part(e, false) {
                    return code!(#part.cloned());
                }
                let e = self.value(e);
                code!(::core::option::Option::Some(#e))
            }
            (Some(e), Passing::RefMut) if self.some_part(e, true).is_some() => {
                let part = self.some_part(e, true).expect("tested above");
                // A receiver may be lent more than the method takes.
                code!(match #part { ::core::option::Option::Some(part) => ::core::option::Option::Some(part), ::core::option::Option::None => ::core::option::Option::None })
            }
            (Some(e), Passing::Ref) if self.some_part(e, false).is_some() => {
                self.some_part(e, false).expect("tested above")
            }
            (Some(e), passing) => {
                let e = self.by_reference(e, passing == Passing::RefMut);
                code!(::core::option::Option::Some(#e))
            }
        }
    }

    /// That an operator adds field by field was read in the file: what was found there may be another's. It matters where a
    /// cotangent is handed on.
    pub(super) fn sum_check(&self, op: Operator, operands: &[Code]) -> Option<Code> {
        let name = operator_trait(op);
        (!self.is_for_people()).then(|| code!(::differentiable::__private::sums::#name(#(#operands),*);))
    }

    /// Whether a value begins at a variable that has a tangent or a cotangent here.
    pub(super) fn is_mirrored(&self, e: &Expr) -> bool {
        self.program.vars.iter().any(|var| var.mirrors.is_some_and(|of| e.mentions(of)))
    }

    fn plain_operator(&self, op: Operator, args: &[Arg], out: VarId) -> Code {
        let operand = |arg: &Arg| {
            let e = arg.parts[0].as_ref().expect("operands have values");
            match arg.passing {
                Passing::Value => self.expr(e).at_least(Prec::Unary),
                _ => match e {
                    // An operator takes no `&mut` for a shared reference.
                    Expr::Place(place) if self.program.vars[place.root].mutable => {
                        let place = self.place(place).at_least(Prec::Unary);
                        code!(&#place)
                    }
                    e => self.by_reference(e, false),
                },
            }
        };
        match op {
            Operator::Neg => {
                let (pattern, a) = (self.pattern(out), operand(&args[0]));
                code!(let #pattern = -#a;)
            }
            Operator::Binary(op) => {
                let (pattern, op) = (self.pattern(out), operator_token(op));
                let (a, b) = (operand(&args[0]), operand(&args[1]));
                code!(let #pattern = #a #op #b;)
            }
            Operator::Assign(_) => unreachable!("without tangents it is an update"),
        }
    }

    /// The operands of an operator, by reference.
    pub(super) fn operator_args(&self, args: &[Arg]) -> Vec<Code> {
        args.iter().map(|a| self.by_reference(a.parts[0].as_ref().expect("operands have values"), false)).collect()
    }

    pub(super) fn operator_tangents(&self, args: &[Arg]) -> Vec<Code> {
        let parts = args[0].parts.len();
        (1..parts)
            .flat_map(|c| {
                args.iter().map(move |a| match &a.parts[c] {
                    None => code!(::core::option::Option::None),
                    Some(Expr::Place(place)) if self.is_elements(place) => {
                        let e = self.receiver(place);
                        let e = code!(#e.to_owned());
                        if self.may_be_missing(place) {
                            return code!(::differentiable::__private::part(&#e));
                        }
                        code!(::core::option::Option::Some(&#e))
                    }
                    Some(e) => self.some_part(e, false).unwrap_or_else(|| {
                        let e = self.by_reference(e, false);
                        code!(::core::option::Option::Some(#e))
                    }),
                })
            })
            .collect()
    }
}

/// Whether a method has the name of a function of floats or of complex numbers.
fn is_of_numbers(name: &Ident) -> bool {
    let name = name.to_string();
    crate::rules::find(&name).is_some() || crate::complex::find(&name).is_some() || crate::integers::is_method(&name)
}

/// The trait of the runtime that differentiates an operator.
pub(super) fn operator_trait(op: Operator) -> Ident {
    use crate::ir::BinOp;
    let name = |op: BinOp| match op {
        BinOp::Add => "Add",
        BinOp::Sub => "Sub",
        BinOp::Mul => "Mul",
        BinOp::Div => "Div",
        _ => "Rem",
    };
    let text = match op {
        Operator::Neg => "Neg".to_owned(),
        Operator::Binary(op) => name(op).to_owned(),
        Operator::Assign(op) => format!("{}Assign", name(op)),
    };
    Ident::new(&text, Span::mixed_site())
}

/// `a::f` ⇒ `a::f::__fwd`; `a::Type::f` ⇒ `a::Type::__fwd_f`; `a::twin::call` ⇒ `a::twin::__fwd`.
pub(crate) fn companion_path(path: &syn::Path, companion: Option<&str>, span: Span) -> syn::Path {
    let Some(companion) = companion else {
        return path.clone();
    };
    let mut path = path.clone();
    let n = path.segments.len();
    // `g::grad` ⇒ `g::__fwd_grad`.
    let nested = crate::methods::is_derivative_of(&path);
    let associated = nested || n >= 2 && crate::lower::capital(&path.segments[n - 2].ident.to_string());
    let twin = crate::methods::is_call(&path);
    let last = path.segments.last_mut().expect("a path has a segment");
    if twin {
        last.ident = Ident::new(companion, span);
    } else if associated {
        last.ident = Ident::new(&format!("{companion}_{}", last.ident.unraw()), last.ident.span());
    } else {
        // `f::<T>` ⇒ `f::__fwd::<T>`.
        let arguments = std::mem::take(&mut last.arguments);
        path.segments.push(syn::PathSegment { ident: Ident::new(companion, span), arguments });
    }
    path
}

fn method_companion(name: &Ident, companion: Option<&str>) -> Ident {
    match companion {
        None => name.clone(),
        Some(companion) => Ident::new(&format!("{companion}_{}", name.unraw()), name.span()),
    }
}

pub(super) fn ident(name: &str, span: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(span))
}
