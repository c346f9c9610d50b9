//! The functions that stand beside a differentiated function: the hidden entries that other generated
//! code calls, and the public derivatives, which are thin shells around those.
//!
//! In: a [`Function`] after analysis, and a [`Host`] that says where the companions live. Out: items of
//! an inherent `impl`.

mod bounds;
mod forward;
mod host;
mod joined;
pub(crate) mod shallow;
mod taped;

pub(crate) use host::Host;

use crate::emit::{Code, Part, code};
use std::collections::BTreeSet;

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::{GenericParam, Type};

use crate::emit::Emitter;
use crate::expand::Function;
use crate::ir::{Passing, VarId};
use crate::mentions::Mentions;
use crate::signature::Param;
use crate::tangent_types::{bounded_otherwise, is_hollow, mentions, owned_tangent, slot_type};
use crate::{integers, methods};

/// Writes the companions of one function.
pub(crate) struct Companions<'a> {
    pub(crate) f: &'a Function,
    pub(crate) host: &'a Host,
}

impl<'a> Companions<'a> {
    fn params(&self) -> &'a [Param] {
        &self.f.signature.params
    }

    /// The type of the value.
    pub(crate) fn output(&self) -> Code {
        self.f.signature.output.as_ref().map_or(code!(()), Part::to_code)
    }

    /// The type of the value as the function itself gives it.
    pub(crate) fn declared_output(&self) -> Code {
        self.f.signature.lent.as_ref().map_or_else(|| self.output(), Part::to_code)
    }

    /// The type of the value's tangent.
    pub(crate) fn output_tangent(&self) -> Code {
        self.f.signature.output.as_ref().map_or(code!(()), |ty| self.whole(ty).unwrap_or_else(|| owned_tangent(ty)))
    }

    /// The tangent of a tuple or an array in a method of a trait, as one type: a trait that asks for a derivative of the
    /// associated type that it stands for knows it by this name alone.
    fn whole(&self, ty: &Type) -> Option<Code> {
        let whole = match ty {
            Type::Tuple(t) => !t.elems.is_empty() && !t.elems.iter().any(|ty| matches!(ty, Type::Reference(_))),
            Type::Array(a) => !matches!(*a.elem, Type::Reference(_)),
            _ => false,
        };
        (self.host.of_trait && whole).then(|| code!(<#ty as ::differentiable::Differentiable>::Tangent))
    }

    /// The generics of a companion: those of the function, bounds for the derivatives, and more.
    pub(crate) fn generics(&self, extra: &[Code]) -> (Code, Code) {
        let g = &self.f.signature.generics;
        let params = g.params.iter().map(|p| {
            let mut p = p.clone();
            if let GenericParam::Type(t) = &mut p {
                t.default = None;
            }
            p.to_code()
        });
        let all: Vec<Code> = extra.iter().cloned().chain(params).collect();
        let existing = g.where_clause.iter().flat_map(|w| w.predicates.iter().map(Part::to_code));
        let bounds: Vec<Code> = existing.chain(self.bounds()).chain(self.host.bound.clone()).collect();
        let generics = if all.is_empty() { Code::new() } else { code!(<#(#all),*>) };
        let clause = if bounds.is_empty() { Code::new() } else { code!(where #(#bounds),*) };
        (generics, clause)
    }

    /// The type parameters of the function that occur in its parameters.
    pub(crate) fn cloned_parameters(&self) -> Vec<Ident> {
        let outer: Vec<&Ident> = self.host.outer.type_params().map(|t| &t.ident).collect();
        let occurs = |p: &Param, n: &Ident| mentions(&p.ty, n) || p.receiver && outer.contains(&n);
        self.type_names().into_iter().filter(|n| self.params().iter().any(|p| occurs(p, n))).collect()
    }

    /// The names of type and const parameters, for `use<…>` and turbofish.
    fn generic_names(&self, outer: bool) -> Vec<Code> {
        let own = self.f.signature.generics.params.iter();
        let all: Vec<&GenericParam> =
            if outer { self.host.outer.params.iter().chain(own).collect() } else { own.collect() };
        all.into_iter()
            .filter_map(|p| match p {
                GenericParam::Type(t) => Some(t.ident.to_code()),
                GenericParam::Const(c) => Some(c.ident.to_code()),
                GenericParam::Lifetime(_) => None,
            })
            .collect()
    }

    /// `::<T, N>`, where there are parameters.
    pub(crate) fn turbofish(&self) -> Code {
        let names = self.generic_names(false);
        if names.is_empty() { Code::new() } else { code!(::<#(#names),*>) }
    }

    /// The same for the function itself: with `impl Trait` it takes no explicit type arguments.
    pub(crate) fn explicit_parameters(&self) -> Code {
        if self.has_anonymous_parameters() { Code::new() } else { self.turbofish() }
    }

    /// `::<T, N, more>`.
    pub(crate) fn turbofish_with(&self, more: &Code) -> Code {
        let names = self.generic_names(false);
        code!(::<#(#names,)* #more>)
    }

    /// Whether the value is known to be a float.
    pub(crate) fn returns_scalar(&self) -> bool {
        matches!(self.f.types.kind_of(self.f.signature.output.as_ref()), Some(crate::kinds::Kind::Float(_)))
    }

    /// Whether the function has parameters of type `impl Trait`.
    pub(crate) fn has_anonymous_parameters(&self) -> bool {
        self.f.signature.generics.type_params().any(|t| t.ident.to_string().starts_with("__F"))
    }

    pub(crate) fn captured(&self, lifetimes: &[Code]) -> Code {
        let mut names: Vec<Code> = lifetimes.to_vec();
        let all = self.host.outer.lifetimes().chain(self.f.signature.generics.lifetimes());
        if !lifetimes.is_empty() {
            names.extend(all.map(|l| l.lifetime.to_code()));
        }
        names.extend(self.host.captures_self.then(|| code!(Self)));
        names.extend(self.generic_names(true));
        code!(use<#(#names),*>)
    }

    /// The parameters as written, with the names that the emitter gives them.
    fn primal_params(&self, emitter: &Emitter<'_>) -> Vec<Code> {
        self.params()
            .iter()
            .zip(&emitter.program.params)
            .map(|(p, q)| {
                let ty = &p.ty;
                if p.receiver {
                    return if p.passing == Passing::RefMut { code!(&mut self) } else { code!(&self) };
                }
                let name = emitter.name(q.parts[0]);
                let mutable = (emitter.is_written(q.parts[0]) && p.passing == Passing::Value).then(|| code!(mut));
                code!(#mutable #name: #ty)
            })
            .collect()
    }

    /// The optional tangents of the parameters at a level, and what unwraps them.
    fn tangent_params(&self, emitter: &Emitter<'_>, level: u32) -> (Vec<Code>, Code) {
        let mut params = Vec::new();
        let mut prologue = Code::new();
        let tangent = |p: &Param| if emitter.lanes { crate::lanes::passed(p) } else { self.tangent_type(p) };
        for c in 1..1_usize << level {
            for (p, q) in self.params().iter().zip(&emitter.program.params) {
                let Some(&v) = q.parts.get(c) else {
                    let ty = if self.has_space(p) { tangent(p) } else { nothing(p) };
                    params.push(code!(_: ::core::option::Option<#ty>));
                    continue;
                };
                let name = emitter.name(v);
                let ty = tangent(p);
                params.push(code!(#name: ::core::option::Option<#ty>));
                prologue.extend([unwrap_tangent(emitter, p, q.parts[0], v, &ty)]);
            }
        }
        (params, prologue)
    }

    /// Whether signatures name the tangent of a parameter: where it is differentiable, where its tangent holds nothing, and
    /// where the trait cannot know that it carries no derivative, since it sees an associated type.
    pub(crate) fn has_space(&self, p: &Param) -> bool {
        p.differentiable || is_hollow(p.target()) || self.host.associated.contains(p.target())
    }

    /// The type behind the reference to a parameter's cotangent, in the signatures of companions.
    pub(crate) fn space(&self, p: &Param) -> Code {
        if self.has_space(p) { self.slot(p) } else { code!(()) }
    }

    /// The type of a parameter's tangent in the signatures of companions.
    pub(crate) fn tangent_space(&self, p: &Param) -> Code {
        if self.has_space(p) { self.tangent_type(p) } else { nothing(p) }
    }

    /// The type behind the reference to a parameter's cotangent.
    pub(crate) fn slot(&self, p: &Param) -> Code {
        self.whole(p.target()).unwrap_or_else(|| slot_type(p.target()))
    }

    /// The type of a parameter's tangent, passed as the parameter is.
    pub(crate) fn tangent_type(&self, p: &Param) -> Code {
        match p.passing {
            Passing::Value => self.whole(&p.ty).unwrap_or_else(|| owned_tangent(&p.ty)),
            Passing::Ref => {
                let t = self.slot(p);
                code!(&#t)
            }
            Passing::RefMut => {
                let t = self.slot(p);
                code!(&mut #t)
            }
        }
    }

    /// `let this = self;`, the items of the function, and the traits whose methods the body calls.
    fn receiver(&self, emitter: &Emitter<'_>, body: &[&Code]) -> Code {
        let items = &self.f.items;
        let this = self.this(emitter);
        // People are shown neither imports nor what stands for what may be missing.
        if emitter.text {
            return code!(#items #this);
        }
        let floats = self.f.calls_float_methods().then(|| {
            code!(
                use ::differentiable::__private::FloatMethods as _;
            )
        });
        let complex = self.f.calls_complex().then(|| {
            code!(
                use ::differentiable::__private::{ComplexMethods as _, ComplexPolar as _};
            )
        });
        let mentions = Mentions::of(body);
        let traits = traits(&mentions);
        let missing = crate::unannotated::methods(&mentions);
        let constants = fields_of_constants(&mentions);
        code!(#traits #floats #complex #missing #constants #items #this)
    }

    fn this(&self, emitter: &Emitter<'_>) -> Code {
        match (self.params().first(), emitter.program.params.first()) {
            (Some(p), Some(q)) if p.receiver => {
                let name = emitter.name(q.parts[0]);
                code!(let #name = self;)
            }
            _ => Code::new(),
        }
    }

    /// The bounds of an item of a trait: the companions exist for types with a derivative. A function without values of
    /// the type asks for none.
    fn sized(&self, clause: Code) -> Code {
        let own = Ident::new("Self", Span::call_site());
        let mut types = self.params().iter().map(|p| &p.ty).chain(&self.f.signature.output);
        let has_values = types.any(|ty| mentions(ty, &own)) || self.params().iter().any(|p| p.receiver);
        let mut bounds =
            vec![if has_values { code!(Self: Sized + ::differentiable::Differentiable) } else { code!(Self: Sized) }];
        let types = self
            .params()
            .iter()
            .filter(|p| p.differentiable)
            .map(|p| p.target().clone())
            .chain(self.f.signature.output.clone());
        for ty in types {
            if matches!(&ty, Type::Path(p) if p.path.segments.len() > 1 && p.path.segments[0].ident == "Self") {
                bounds.push(code!(#ty: ::differentiable::Differentiable));
            }
        }
        for p in self.host.outer.type_params().filter(|p| !bounded_otherwise(p)) {
            let ident = &p.ident;
            if self.params().iter().any(|q| q.differentiable && mentions(&q.ty, ident)) {
                bounds.push(code!(#ident: ::differentiable::Differentiable));
            }
        }
        if clause.is_empty() { code!(where #(#bounds),*) } else { code!(#clause, #(#bounds),*) }
    }

    /// The value and its tangents as callers in differentiated code take them.
    fn lent_values(&self, emitter: &Emitter<'_>) -> Vec<Code> {
        emitter.program.value.iter().map(|e| self.lent(&emitter.value(e))).collect()
    }

    /// The types of those.
    fn lent_outputs(&self, level: u32) -> Code {
        let (value, tangent) = (self.lent_type(&self.output()), self.lent_type(&self.output_tangent()));
        let tangents = vec![tangent; (1_usize << level) - 1];
        if level == 0 { value } else { code!((#value, #(#tangents),*)) }
    }

    /// A value, its tangent or its cotangent (an expression, or a pattern), as it passes between differentiated functions.
    pub(crate) fn lent(&self, value: &Code) -> Code {
        if self.f.signature.lent.is_some() {
            code!(::differentiable::__private::ReturnedRef(#value))
        } else {
            value.clone()
        }
    }

    fn lent_type(&self, ty: &Code) -> Code {
        if self.f.signature.lent.is_some() { code!(::differentiable::__private::ReturnedRef<#ty>) } else { ty.clone() }
    }

    /// The types of a value and its tangents.
    pub(crate) fn outputs(&self, level: u32) -> Code {
        let (value, tangent) = (self.output(), self.output_tangent());
        let n = (1_usize << level) - 1;
        let tangents = vec![tangent; n];
        if n == 0 { value } else { code!((#value, #(#tangents),*)) }
    }

    fn type_params(&self) -> impl Iterator<Item = &syn::TypeParam> {
        self.host.outer.type_params().chain(self.f.signature.generics.type_params())
    }

    fn type_names(&self) -> Vec<Ident> {
        self.type_params().map(|t| t.ident.clone()).collect()
    }

    /// Whether the tape is a box, whose type names nothing but a lifetime.
    fn is_erased(&self) -> bool {
        !self.f.options.tape_none
            && (self.host.of_trait
                || crate::cycles::may_call_itself(self.f, self.host.method.is_some(), &self.host.ending))
    }

    /// Adds what a value that keeps the tape for a lifetime asks of type parameters.
    pub(crate) fn keeping_tape(&self, clause: Code, lifetime: &Code) -> Code {
        let of = |t: &syn::TypeParam| {
            let name = &t.ident;
            code!(#name: #lifetime)
        };
        let bounds: Vec<Code> = self.type_params().filter(|t| !bounded_otherwise(t)).map(of).collect();
        match (self.is_erased() && !bounds.is_empty(), clause.is_empty()) {
            (false, _) => clause,
            (true, true) => code!(where #(#bounds),*),
            (true, false) => code!(#clause, #(#bounds),*),
        }
    }

    /// The bound under which a gradient exists, which is checked where the gradient is called.
    pub(crate) fn scalar_clause(&self, clause: Code) -> Code {
        let output = self.output();
        let bound = code!(for<'scalar> #output: ::differentiable::__private::Scalar<'scalar>);
        if clause.is_empty() { code!(where #bound) } else { code!(#clause, #bound) }
    }
}

/// Brings the traits of the prelude into scope whose methods generated code calls: the user's prelude
/// may lack them.
fn traits(body: &Mentions) -> Code {
    let mut out = Code::new();
    if body.any(&["to_owned"]) {
        out.extend([code!(
            use ::differentiable::__private::ToOwned as _;
        )]);
    }
    if body.any(&[crate::layout::RESTORED]) {
        out.extend([code!(
            use ::differentiable::operators::Kept as _;
        )]);
    }
    if !body.that(crate::arrays::is_view).is_empty() {
        out.extend([code!(
            use ::differentiable::__private::{ViewsOfConstantViews as _, ViewsOfConstants as _};
        )]);
    }
    if !body.that(integers::is_companion).is_empty() {
        let names = integers::TRAITS.map(|name| {
            let name = Ident::new(name, Span::call_site());
            code!(#name as _)
        });
        out.extend([code!(
            #[allow(unused_imports)]
            use ::differentiable::__private::{#(#names),*};
        )]);
    }
    if !body.that(methods::is_of_containers).is_empty() {
        out.extend([with_std(
            &code!(
                #[allow(unused_imports)]
                use ::differentiable::__private::{Options as _, Vectors as _};
            ),
            &code!(),
        )]);
    }
    if !body.that(|name| name.ends_with("_from")).is_empty() {
        out.extend([with_std(
            &code!(
                #[allow(unused_imports)]
                use ::differentiable::__private::Conversion as _;
            ),
            &code!(),
        )]);
    }
    if body.any(&["rev", "step_by", "size_hint"]) {
        out.extend([code!(
            use ::core::iter::Iterator as _;
        )]);
    }
    out
}

/// A trait that gives `()`, the tangent of a constant, the fields that generated code reaches through others.
fn fields_of_constants(body: &Mentions) -> Code {
    let of_variant = |n: &str| n.trim_start_matches("__").starts_with(char::is_uppercase);
    let shared = body.that(|n| n.starts_with(crate::derive::FIELD) || of_variant(n) && !n.ends_with("_mut"));
    let unique = body.that(|n| n.starts_with(crate::derive::FIELD_MUT) || of_variant(n) && n.ends_with("_mut"));
    if shared.is_empty() && unique.is_empty() {
        return Code::new();
    }
    let prefixes = [crate::derive::FIELD, crate::derive::FIELD_MUT];
    let number = |name: &Ident| prefixes.iter().find_map(|p| name.to_string().strip_prefix(p)?.parse::<usize>().ok());
    let numbers: BTreeSet<usize> = shared.iter().chain(&unique).filter_map(number).collect();
    let import = |i: usize| {
        let of_tuples = format_ident!("Field{}", i);
        code!(use ::differentiable::__private::#of_tuples as _;)
    };
    let heads = shared.iter().map(|name| code!(fn #name(&self) -> &()));
    let heads: Vec<Code> = heads.chain(unique.iter().map(|name| code!(fn #name(&mut self) -> &mut ()))).collect();
    let imports: Code = numbers.into_iter().map(import).collect();
    let declared: Code = heads.iter().map(|head| code!(#head;)).collect();
    let defined: Code = heads.iter().map(|head| code!(#head { self })).collect();
    code! {
        #imports
        trait FieldsOfConstants { #declared }
        impl FieldsOfConstants for () { #defined }
    }
}

/// The tangent of a constant parameter, passed as the parameter is.
pub(crate) fn nothing(p: &Param) -> Code {
    match p.passing {
        Passing::Value => code!(()),
        Passing::Ref => code!(&()),
        Passing::RefMut => code!(&mut ()),
    }
}

/// Takes a tangent out of its `Option`, or makes a zero one.
fn unwrap_tangent(emitter: &Emitter<'_>, p: &Param, primal: VarId, tangent: VarId, ty: &Code) -> Code {
    if !emitter.is_mentioned(tangent) {
        return Code::new();
    }
    let (x, t) = (emitter.name(primal), emitter.name(tangent));
    let make = if emitter.lanes {
        let width = crate::lanes::width();
        code!(::differentiable::lanes::zero::<_, #width>)
    } else {
        code!(::differentiable::Differentiable::__zero)
    };
    let zero = format_ident!("{}_zero", t, span = t.span());
    match p.passing {
        Passing::Value => {
            let mutable = emitter.is_written(tangent).then(|| code!(mut));
            code!(let #mutable #t: #ty = #t.unwrap_or_else(|| #make(&#x));)
        }
        Passing::Ref => code! {
            let #zero;
            let #t: #ty = match #t { ::core::option::Option::Some(given) => given, ::core::option::Option::None => { #zero = #make(&*#x); &#zero } };
        },
        Passing::RefMut => code! {
            let mut #zero;
            let #t: #ty = match #t { ::core::option::Option::Some(given) => given, ::core::option::Option::None => { #zero = #make(&*#x); &mut #zero } };
        },
    }
}

/// What is generated with the feature `std` of the library, and what without it.
pub(crate) fn with_std(std: &impl Part, core: &impl Part) -> Code {
    code!(::differentiable::__if_std! { {#std} {#core} })
}
