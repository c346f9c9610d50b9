//! Calls of functions and of methods.

use std::rc::Rc;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr as S, ExprPath};

use super::patterns::capital;
use super::{Binding, Lowerer, strip};
use crate::dispatch::{call, share};
use crate::ir::{Arg, BinOp, Call, Callee, Expr, Passing, Place, Role, Step, VarId};
use crate::kinds::{self, Float, Kind};
use crate::{complex, integers, methods, rules, variants};

impl Lowerer<'_> {
    /// The value of a call.
    pub(super) fn call(&mut self, c: &syn::ExprCall) -> Expr {
        let path = match &*c.func {
            S::Path(p) => p,
            S::Paren(p) => match &*p.expr {
                S::Closure(closure) => {
                    let callable = self.callable(&S::Closure(closure.clone())).expect("a closure is callable");
                    let args = self.in_order(&c.args, Self::atom);
                    return self.apply(&callable, args);
                }
                _ => return self.made_callee(c),
            },
            _ => return self.made_callee(c),
        };
        if let Some(Binding::Closure(closure)) =
            path.path.get_ident().and_then(|i| self.lookup(&i.to_string())).cloned()
        {
            let args = self.in_order(&c.args, Self::atom);
            return self.inline(&closure, args);
        }
        if let Some(Binding::Value(Expr::Place(place))) =
            path.path.get_ident().and_then(|i| self.lookup(&i.to_string())).cloned()
        {
            let args = self.in_order(&c.args, Self::argument);
            return self.call_stmt(Callee::Variable(place.root), args, c.span());
        }
        if let Some(value) = self
            .array_from_fn(c)
            .or_else(|| self.array_if_it_fits(c))
            .or_else(|| self.made_array(c, false))
            .or_else(|| self.function_equivalent(c))
        {
            return value;
        }
        let args = self.in_order(&c.args, Self::argument);
        self.call_path(path, args, c.span())
    }

    /// The value of a call of what another call gives.
    fn made_callee(&mut self, c: &syn::ExprCall) -> Expr {
        match self.made_closure(&c.func) {
            Some(closure) => {
                let args = self.in_order(&c.args, Self::atom);
                self.inline(&closure, args)
            }
            None => self.unknown_callee(&c.func),
        }
    }

    fn unknown_callee(&mut self, func: &S) -> Expr {
        self.errors.on(
            func,
            "only functions named by a path, methods and closures can be called in a differentiated function; bind what is called to a name of its own",
        );
        Expr::Tuple(Vec::new())
    }

    /// An argument: closures without a derivative are kept as they are.
    pub(super) fn argument(&mut self, e: &S) -> Expr {
        match e {
            S::Closure(c) => self.kept_closure(c),
            S::Path(p) if p.path.get_ident().is_some_and(|i| self.is_closure(i)) => self.verbatim(e),
            S::Reference(r) if r.mutability.is_none() && matches!(*r.expr, S::Array(_)) => {
                let items = self.rhs(&r.expr);
                let (items, again) = self.copied_elements(items, e.span());
                let var = self.let_var("t", e.span(), Role::Temporary, items);
                self.referring.extend(again.map(|again| (var, again)));
                Expr::Ref { mutable: false, of: Box::new(Expr::var(var, e.span())) }
            }
            _ => self.atom(e),
        }
    }

    /// The value of a call to the function at a path.
    pub(super) fn call_path(&mut self, path: &ExprPath, args: Vec<Expr>, span: Span) -> Expr {
        let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let last = *names.last().expect("a path has a segment");
        if names.len() >= 2 && last == "vjp" {
            self.errors.at(
                span,
                "the pullback that `vjp` gives cannot be differentiated; call `grad`, `value_and_grad`, `jvp` or `jacobian`",
            );
        }
        if let Some(value) = self.operator_by_path(path, &args, span) {
            return value;
        }
        if let Some(value) = self.method_by_path(path, &names, &args, span) {
            return value;
        }
        if let Some(value) = self.known_function(&names, &args, span) {
            if let ["mem", "swap" | "replace" | "take"] | ["drop"] = names.as_slice() {
                self.claim(path);
            }
            return value;
        }
        if let Some(value) = self.complex_function(path, last, &args, span) {
            return value;
        }
        let owner = owner_of(path, &names);
        if owner.as_ref().is_some_and(|ty| self.types.kind(ty) == Kind::Int)
            && (integers::is_method(last) || matches!(last, "from" | "try_from"))
        {
            return written(path, args.into_iter().map(strip).collect(), false);
        }
        let float = owner.as_ref().map(|ty| self.types.kind(ty)).filter(Kind::is_float);
        if float.is_some()
            && !args.is_empty()
            && (rules::find(last).is_some() || rules::FLAT.contains(&last) || last == "sin_cos")
        {
            let mut args: Vec<Expr> = args.into_iter().map(strip).collect();
            if let Some(ty) = &owner {
                args.iter().for_each(|a| self.declare(a, ty));
            }
            let recv = args.remove(0);
            return self.float_method(recv, last, args, span);
        }
        if let Some(ty) = associated_type(path)
            && rules::find(last).is_some_and(|r| r.args.len() == args.len())
            && args.iter().all(|a| self.kind(a).deref().is_float())
        {
            self.claim_type("is_float", &ty);
            let mut args: Vec<Expr> = args.into_iter().map(strip).collect();
            let recv = args.remove(0);
            return self.float_method(recv, last, args, span);
        }
        // Of a type parameter, `from` is that of `NumCast`.
        let of_own = |e: &Expr| {
            kinds::type_of(&self.program, self.types, e).is_some_and(|ty| self.types.surroundings.is_own_type(&ty))
        };
        let to_float = float.is_some_and(|kind| !matches!(kind, Kind::Float(Float::Generic(_)))) && last == "from";
        if let (true, Some(ty), [_]) = (to_float, &owner, args.as_slice()) {
            if of_own(&args[0]) {
                self.errors.at(
                    span,
                    "the conversion of a type of your own into a number cannot be differentiated; write a method that gives the number",
                );
            }
            let mut of = strip(args[0].clone());
            if self.kind(&of) == Kind::Bool {
                of = Expr::Cast(Box::new(of), syn::parse_quote!(u8));
            }
            return Expr::Cast(Box::new(of), Box::new(ty.clone()));
        }
        if capital(last) || super::is_box(&path.path) {
            return written(path, args, true);
        }
        if args.is_empty() {
            return written(path, args, false);
        }
        let callee = Callee::Function { path: path.path.clone(), qself: path.qself.clone() };
        let value = self.call_stmt(callee, args, span);
        match (names.as_slice(), value.as_var()) {
            (["Self", name], Some(out)) => match self.types.lent_by(name) {
                Some(kind) => self.lent(out, kind),
                None => value,
            },
            _ => value,
        }
    }

    /// Emits a call and gives the variable that holds its value.
    fn call_stmt(&mut self, callee: Callee, args: Vec<Expr>, span: Span) -> Expr {
        let mut args: Vec<Arg> = args.into_iter().map(|a| self.pass(a)).collect();
        share(&mut args);
        Expr::var(self.call_of(callee, args, span), span)
    }

    /// Emits a call, and gives the variable that holds its value, with the type that its declaration tells.
    fn call_of(&mut self, callee: Callee, args: Vec<Arg>, span: Span) -> VarId {
        let around = &self.types.surroundings;
        let found = match (&callee, args.first().and_then(|recv| recv.parts[0].as_ref())) {
            (Callee::Function { path, qself: None }, _) => {
                around.output(path).map(|ty| (around.is_light(path, &ty), ty))
            }
            (Callee::Method { name, turbofish: None }, Some(recv)) => kinds::type_of(&self.program, self.types, recv)
                .and_then(|recv| {
                    let name = name.to_string();
                    around.output_of(&recv, &name).map(|ty| (around.is_light_method(&recv, &name, &ty), ty))
                }),
            _ => None,
        };
        let (light, ty) = found.map_or((false, None), |(light, ty)| (light, Some(ty)));
        let kind = ty.as_ref().and_then(|ty| around.plain(ty)).unwrap_or(Kind::Unknown);
        let out = self.fresh("t", span, kind, Role::Temporary);
        self.program.vars[out].found = ty.filter(|w| !matches!(w.ty, syn::Type::Reference(_))).map(Rc::new);
        self.emit_call(Call { light, ..call(callee, args, out, span) });
        out
    }

    /// How an argument is handed over, as its form tells.
    pub(super) fn pass(&mut self, arg: Expr) -> Arg {
        match arg {
            Expr::Ref { mutable, of } => {
                let place = self.place_of(*of, Span::mixed_site());
                self.program.vars[place.root].lends |=
                    !mutable && place.path.is_empty() && self.referring.contains_key(&place.root);
                Arg {
                    passing: if mutable { Passing::RefMut } else { Passing::Ref },
                    parts: vec![Some(Expr::Place(place))],
                }
            }
            value => {
                let constant = |path: &syn::Path| self.types.surroundings.is_reference(path);
                let refers = value.is_text() || matches!(&value, Expr::Item(path, None) if constant(path));
                let passing = if refers { Passing::Ref } else { Passing::Value };
                Arg { passing, parts: vec![Some(value)] }
            }
        }
    }

    /// The value of a method call.
    pub(super) fn method_call(&mut self, m: &syn::ExprMethodCall) -> Expr {
        let name = m.method.to_string();
        let name = name.as_str();
        let span = m.method.span();
        self.refuse_lent(m);
        if self.gives_constant(m) {
            return self.looked_at(m);
        }
        if let Some(value) = self.operator_by_method(m) {
            return value;
        }
        // A `clone` is that of the trait, whatever the type.
        if (self.uses.is_own(&m.receiver) || self.has_own_method(m)) && name != "clone" {
            let recv = self.place_or_value(&m.receiver);
            return self.called_method(&recv, m);
        }
        if let Some(value) = self.change_by_method(m) {
            return value;
        }
        if let Some(value) = self.remainder(m).or_else(|| self.iterator_method(m)) {
            return value;
        }
        if let Some(value) = self.zip_method(m) {
            return value;
        }
        self.learn_mapped(m);
        let own = self.types.gives_length(name) == Some(false) && is_self(&m.receiver);
        if let Some(value) = self.measured(m) {
            return value;
        }
        let array = !methods::is_of_arrays(name) || !self.has_kind_without_axes(&m.receiver);
        if methods::CONSTANT.contains(&name) && !own && array && !self.may_change(m) {
            let closures = m.args.iter().any(|a| matches!(a, S::Closure(_)));
            if closures && let Some(said) = self.changing_test(m) {
                return self.atom(&said);
            }
            return if closures { self.verbatim(&S::MethodCall(m.clone())) } else { self.looked_at(m) };
        }
        if matches!(name, "unwrap" | "expect")
            && let Some(value) = self.unwrapped_array(m)
        {
            return value;
        }
        if let Some(value) = self.conditional_value(m).or_else(|| self.array_of_slice(m)) {
            return value;
        }
        let recv = self.place_or_value(&m.receiver);
        let special = self.array_map(&recv, m).or_else(|| self.array_method(&recv, m));
        if let Some(value) = special.or_else(|| self.looked_up(&recv, m)) {
            return value;
        }
        if let Expr::Select(..) = &recv
            && let Some(value) = self.chosen_method(&recv, m)
        {
            return value;
        }
        if methods::VIEWS.contains(&name) && m.args.is_empty() {
            let place = self.place_of(recv, span);
            let inner = if matches!(name, "as_ref" | "as_mut") { self.in_box(&place) } else { None };
            let boxed = inner.is_some();
            let place = inner.unwrap_or(place);
            let unknown = self.kind(&Expr::Place(place.clone())).deref() == &Kind::Unknown;
            if unknown && !boxed && !self.uses.is_option(&m.receiver) {
                self.claim_view(&place, span);
            }
            return Expr::Ref { mutable: name.ends_with("mut"), of: Box::new(Expr::Place(place)) };
        }
        // A range is made of numbers, and is a copy of itself.
        if let (Expr::Range { .. }, "clone") = (&recv, name) {
            return recv;
        }
        let into_vector = name == "into" && matches!(self.kind(&recv).deref(), Kind::Seq(_));
        if (methods::IDENTITIES.contains(&name) || into_vector) && m.args.is_empty() {
            let place = self.place_of(recv, span);
            let copied = into_vector || name == "into_vec";
            let method = if copied { syn::Ident::new("to_vec", span) } else { m.method.clone() };
            return match name {
                "clone" => Expr::Clone(Box::new(Expr::Place(place))),
                _ => {
                    Expr::Method { recv: Box::new(Expr::Place(place)), name: method, turbofish: None, args: Vec::new() }
                }
            };
        }
        if let Some(value) = self.fallible_method(&recv, m) {
            return value;
        }
        if let Some(value) = self.vector_method(&recv, name, m, span) {
            return value;
        }
        let kind = self.kind(&strip(recv.clone())).deref().clone();
        if kind.is_complex() && (name == "to_polar" || complex::method(name, m.args.len() + 1).is_some()) {
            let recv = self.as_atom(recv.clone(), span);
            let mut args = vec![strip(recv)];
            let before = self.emitted();
            args.extend(self.in_order(&m.args, Self::scalar));
            self.preserve_all(&mut args[..1], &[before]);
            if let Some(value) = self.complex_method(args, name, span) {
                return value;
            }
        }
        let in_table = rules::find(name).is_some_and(|r| r.args.len() == m.args.len() + 1) || name == "sin_cos";
        let flat = rules::FLAT.contains(&name) || rules::CONTROL.contains(&name);
        let integers = integers::is_method(name) && integers::arity(name) == Some(m.args.len());
        let numbers = (in_table || flat || integers) && !self.is_of_another_type(&recv, m);
        let constant = kind == Kind::Constant && !self.changes_constant(m);
        if numbers || constant || matches!(kind, Kind::Int | Kind::Bool) {
            // Whose method this is is settled when kinds are known.
            let recv = self.as_atom(recv, span);
            let mut recv = if kind.is_scalar() || kind == Kind::Unknown { strip(recv) } else { recv };
            let before = self.emitted();
            let args = self.in_order(&m.args, Self::scalar);
            self.preserve_all(std::slice::from_mut(&mut recv), &[before]);
            // Floats alone have a `sin_cos`.
            if kind.is_float() || (name == "sin_cos" && kind == Kind::Unknown) {
                return self.float_method(recv, name, args, span);
            }
            return Expr::Method { recv: Box::new(recv), name: m.method.clone(), turbofish: m.turbofish.clone(), args };
        }
        if matches!(name, "unwrap" | "expect")
            && let Some(content) = self.unwrapped_mutably(&recv, m)
        {
            return content;
        }
        if matches!(name, "unwrap" | "expect") {
            let place = self.place_of(recv, span);
            let args = m.args.iter().map(|a| self.control(a)).collect();
            let value =
                Expr::Method { recv: Box::new(Expr::Place(place)), name: m.method.clone(), turbofish: None, args };
            return self.temporary(value, span);
        }
        self.called_method(&recv, m)
    }

    /// The value of a call of a method of the user's own.
    pub(super) fn called_method(&mut self, recv: &Expr, m: &syn::ExprMethodCall) -> Expr {
        let span = m.method.span();
        // The receiver is handed over by reference, whatever the method takes.
        let place = self.place_of(recv.clone(), span);
        let place = self.apart_from_itself(place);
        let mutable = match recv {
            Expr::Ref { mutable, .. } => *mutable,
            _ => self.is_changeable(place.root),
        };
        let before = self.emitted();
        let rest = self.in_order(&m.args, Self::argument);
        let receiver = self.receiver(Expr::Place(place), before);
        let place = self.place_of(receiver, span);
        let rest: Vec<Arg> = rest
            .into_iter()
            .map(|value| {
                let reads = mutable && !matches!(value, Expr::Ref { .. }) && value.mentions(place.root);
                // What an argument reads of the receiver is read before it is borrowed.
                let value = if reads { self.temporary(value, span) } else { self.found_before(value, place.root) };
                self.pass(value)
            })
            .collect();
        let shared = self.show_shared(&place, recv, &m.receiver, &rest);
        let passing = if mutable && !shared { Passing::RefMut } else { Passing::Ref };
        let mut args = vec![Arg { passing, parts: vec![Some(Expr::Place(place))] }];
        args.extend(rest);
        share(&mut args);
        let callee = Callee::Method { name: m.method.clone(), turbofish: m.turbofish.clone() };
        let chained = self.gives_receiver(recv, &m.method).then(|| args[0].parts[0].clone()).flatten();
        let out = self.call_of(callee, args, span);
        if let Some(receiver) = chained {
            return Expr::Ref { mutable: true, of: Box::new(receiver) };
        }
        match self.types.lent_by(&m.method.to_string()) {
            Some(kind) if matches!(&*m.receiver, S::Path(p) if p.path.is_ident("self")) => self.lent(out, kind),
            _ => Expr::var(out, span),
        }
    }

    /// Whether a method is one of the user's own that gives its receiver, a `&mut self`.
    fn gives_receiver(&self, recv: &Expr, method: &syn::Ident) -> bool {
        let around = &self.types.surroundings;
        let gives = |ty| around.gives_receiver(&ty, &method.to_string());
        super::as_place(recv)
            .and_then(|place| {
                kinds::declared_type(&self.program, place).or_else(|| kinds::type_of(&self.program, self.types, recv))
            })
            .is_some_and(gives)
    }

    /// Whether a method with the name of a function of floats is that of a type of the user's own: one beside the function, or
    /// one that is called on a variable which can be changed and whose type is no number.
    fn is_of_another_type(&self, recv: &Expr, m: &syn::ExprMethodCall) -> bool {
        if is_self(&m.receiver) && self.types.is_beside(&m.method.to_string()) {
            return true;
        }
        let Some(place) = super::as_place(recv) else { return false };
        let whole = place.path.iter().all(|step| matches!(step, Step::Deref));
        let var = &self.program.vars[place.root];
        let declared = |ty: &syn::Type| match ty {
            syn::Type::Reference(r) => matches!(&*r.elem, syn::Type::Path(p) if p.path.get_ident().is_some()),
            ty => matches!(ty, syn::Type::Path(p) if p.path.get_ident().is_some()),
        };
        whole
            && var.mutable
            && crate::kinds::of_place(&self.program, place).deref() == &Kind::Unknown
            && (self.made.contains(&place.root) || var.ty.as_ref().is_some_and(declared))
    }

    /// `o.as_mut().unwrap()`: a reference to what the option holds.
    fn unwrapped_mutably(&mut self, recv: &Expr, m: &syn::ExprMethodCall) -> Option<Expr> {
        let S::MethodCall(view) = strip_parens(&m.receiver) else { return None };
        if view.method != "as_mut" && view.method != "as_deref_mut" {
            return None;
        }
        let Expr::Ref { mutable: true, of } = recv else { return None };
        let Expr::Place(place) = &**of else { return None };
        let holds = |name| rules::method(Expr::Place(place.clone()), name, Vec::new());
        let (step, holds) = match self.kind(of).deref() {
            Kind::Option(_) => (variants::payload(variants::some()), Some(holds("is_some"))),
            Kind::Result(_) => (variants::payload(variants::ok()), Some(holds("is_ok"))),
            Kind::Unknown => (Step::Content, None),
            _ => return None,
        };
        if let Some(holds) = holds {
            self.claim_content(holds, m);
        }
        let content = self.normal(Expr::Place(place.step(step)));
        Some(match content {
            content @ Expr::Ref { .. } => content,
            content => Expr::Ref { mutable: true, of: Box::new(content) },
        })
    }

    /// A place whose indices do not read what it lies in, so that it can be borrowed as `&mut`.
    fn apart_from_itself(&mut self, place: Place) -> Place {
        let reads = |step: &Step| matches!(step, Step::Index { at, .. } if at.mentions(place.root));
        if !place.path.iter().any(reads) {
            return place;
        }
        match self.pin(Expr::Place(place)) {
            Expr::Place(place) => place,
            _ => unreachable!("pinning keeps places"),
        }
    }

    /// Whether a method may change a part of what a variable holds, or refers to.
    fn is_changeable(&self, root: VarId) -> bool {
        let var = &self.program.vars[root];
        let through = match (&var.ty, &var.kind) {
            (Some(syn::Type::Reference(r)), _) => r.mutability.is_some(),
            (_, kind) => !matches!(kind, Kind::Ref(_)),
        };
        var.mutable && through
    }

    /// Whether a receiver is known to be something that has no axes.
    fn has_kind_without_axes(&mut self, e: &S) -> bool {
        self.is_plain_place(e) && {
            let value = strip(self.place_or_value(e));
            matches!(self.kind(&value).deref(), Kind::Seq(_) | Kind::Float(_) | Kind::Option(_) | Kind::Result(_))
        }
    }

    /// What may be a length or a number: a method of that name on a receiver of a type that nothing tells.
    fn measured(&mut self, m: &syn::ExprMethodCall) -> Option<Expr> {
        let name = m.method.to_string();
        let known =
            || self.types.gives_length(&name).is_some() && is_self(&m.receiver) || self.uses.is_sequence(&m.receiver);
        if !methods::is_length(&name) || !m.args.is_empty() || known() {
            return None;
        }
        let recv = match strip_parens(&m.receiver) {
            recv if self.is_plain_place(recv) => strip(self.place_or_value(recv)),
            recv @ S::Binary(_) => strip(self.atom(recv)),
            _ => return None,
        };
        match self.kind(&recv).deref() {
            Kind::Unknown => Some(crate::lengths::undecided(recv, &m.method)),
            Kind::Seq(_) | Kind::Float(_) | Kind::Option(_) | Kind::Result(_) if methods::is_of_arrays(&name) => None,
            _ => Some(rules::method(recv, &name, Vec::new())),
        }
    }

    /// `a - b` of integers.
    pub(super) fn minus(a: Expr, b: Expr) -> Expr {
        Expr::binary(BinOp::Sub, a, b)
    }
}

/// The type whose function a path names: `Real` of `Real::sin`, of `<Real>::sin` and of `<Real as Float>::sin`.
fn owner_of(path: &ExprPath, names: &[&str]) -> Option<syn::Type> {
    match (&path.qself, names) {
        (Some(qself), [_]) if qself.position == 0 => Some((*qself.ty).clone()),
        (Some(qself), [.., "Float" | "FloatCore" | "Real", _]) if qself.position + 1 == names.len() => {
            Some((*qself.ty).clone())
        }
        (None, [.., ty, _]) => syn::parse_str(ty).ok(),
        _ => None,
    }
}

/// A call as it is written, through which no derivative flows by itself, or a constructor.
fn written(path: &ExprPath, args: Vec<Expr>, ctor: bool) -> Expr {
    Expr::Call { func: path.path.clone(), qself: path.qself.clone(), args, ctor, tangent: false }
}

/// The associated type whose function a path names: `<A as Model>::Scalar` of `<A as Model>::Scalar::sin`.
fn associated_type(path: &ExprPath) -> Option<syn::Type> {
    let qself = path.qself.clone().filter(|q| q.position > 0 && path.path.segments.len() == q.position + 2)?;
    let mut path = path.path.clone();
    path.segments.pop();
    path.segments.pop_punct();
    Some(syn::Type::Path(syn::TypePath { attrs: Vec::new(), qself: Some(qself), path }))
}

pub(super) fn is_self(e: &S) -> bool {
    match e {
        S::Paren(p) => is_self(&p.expr),
        S::Unary(u) => is_self(&u.expr),
        S::Path(p) => p.path.is_ident("self"),
        _ => false,
    }
}

fn strip_parens(e: &S) -> &S {
    match e {
        S::Paren(p) => strip_parens(&p.expr),
        other => other,
    }
}
