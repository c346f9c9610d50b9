//! The public derivatives: `grad`, `value_and_grad`, `grad_into`, `vjp`, `jvp`, `source`, …, which only
//! rearrange arguments around the hidden companions. Here is what all of them share, and the shortest of them.

mod docs;
mod gradients;
mod pullback;

use crate::emit::{Code, Part, code};
use proc_macro2::{Ident, Span};
use syn::Type;

use self::docs::Docs;
use crate::companions::{Companions, with_std};
use crate::ir::Passing;
use crate::kinds::Kind;
use crate::modes::Modes;
use crate::signature::Param;
use crate::tangent_types::{has_fixed_shape, is_view, owned_tangent, with_elided_lifetimes};

/// Writes the shells of one function.
pub(crate) struct Shells<'a> {
    pub(crate) companions: Companions<'a>,
}

impl Shells<'_> {
    pub(crate) fn params(&self) -> &[Param] {
        &self.companions.f.signature.params
    }

    fn wanted(&self) -> impl Iterator<Item = (usize, &Param)> {
        self.params().iter().enumerate().filter(|(_, p)| p.wanted)
    }

    /// The parameters of which joined sweeps have a cotangent.
    pub(crate) fn slotted(&self) -> impl Iterator<Item = (usize, &Param)> {
        self.params().iter().enumerate().filter(|(_, p)| p.has_slot())
    }

    pub(crate) fn name(&self, i: usize) -> Ident {
        let p = &self.params()[i];
        if p.receiver {
            Ident::new("self", Span::call_site())
        } else {
            Ident::new(
                &format!("in_{}", p.name.to_string().trim_start_matches("r#")),
                Span::mixed_site().located_at(p.name.span()),
            )
        }
    }

    pub(crate) fn local(&self, prefix: &str, i: usize) -> Ident {
        let name = self.params()[i].name.to_string();
        Ident::new(
            &format!("{prefix}{}", name.trim_start_matches("r#")),
            Span::mixed_site().located_at(self.params()[i].name.span()),
        )
    }

    /// The parameters of a shell; references get a lifetime if one is given.
    pub(crate) fn signature(&self, lifetime: Option<&Code>) -> Vec<Code> {
        self.params()
            .iter()
            .enumerate()
            .map(|(i, p)| {
                if p.receiver {
                    return match (p.passing, lifetime) {
                        (Passing::RefMut, Some(l)) => code!(&#l mut self),
                        (Passing::RefMut, None) => code!(&mut self),
                        (_, Some(l)) => code!(&#l self),
                        _ => code!(&self),
                    };
                }
                let name = self.name(i);
                let ty = match (&p.ty, lifetime) {
                    (Type::Reference(r), Some(l)) if r.lifetime.is_none() => {
                        let (mutable, elem) = (&r.mutability, with_elided_lifetimes(&r.elem, l));
                        code!(&#l #mutable #elem)
                    }
                    (ty, Some(l)) if !is_view(ty) => with_elided_lifetimes(ty, l).to_code(),
                    (ty, _) => ty.to_code(),
                };
                code!(#name: #ty)
            })
            .collect()
    }

    /// The arguments of a call from a shell to a companion.
    pub(crate) fn forwarded(&self) -> Vec<Code> {
        (0..self.params().len()).map(|i| self.name(i).to_code()).collect()
    }

    /// Adds the bounds under which arguments can be copied.
    pub(crate) fn cloning(&self, clause: Code) -> Code {
        let bounds: Vec<Code> =
            self.companions.cloned_parameters().into_iter().map(|n| code!(#n: ::core::clone::Clone)).collect();
        match (clause.is_empty(), bounds.is_empty()) {
            (_, true) => clause,
            (true, false) => code!(where #(#bounds),*),
            (false, false) => code!(#clause, #(#bounds),*),
        }
    }

    /// Adds the bounds under which arguments by value can be copied.
    pub(crate) fn cloning_values(&self, clause: Code) -> Code {
        if self.params().iter().all(|p| p.passing != Passing::Value) {
            return clause;
        }
        self.cloning(clause)
    }

    /// The type of the gradient.
    pub(crate) fn gradient_type(&self) -> Code {
        let types: Vec<Code> = self
            .wanted()
            .map(|(_, p)| {
                let target = p.target();
                owned_tangent(target)
            })
            .collect();
        bare(&types)
    }

    /// Whether the function returns `()`.
    pub(crate) fn returns_nothing(&self) -> bool {
        let c = &self.companions;
        matches!(c.f.types.kind_of(c.f.signature.output.as_ref()), None | Some(Kind::Unit))
    }

    fn has_mut(&self) -> bool {
        self.params().iter().any(|p| p.passing == Passing::RefMut && p.differentiable)
    }

    /// All public derivatives.
    pub(crate) fn all(&self) -> Code {
        let mut out = self.reverse();
        out.extend([self.forward()]);
        out.extend([self.source(&self.companions.source(self.companions.returns_scalar()))]);
        out.extend([self.graph(&crate::graph::encode(self.companions.f, self.companions.returns_scalar()))]);
        out.extend([self.linear()]);
        out.extend([self.jvps()]);
        out.extend([self.jacobians(&Modes::of(self))]);
        if self.companions.f.options.order() >= 2 {
            out.extend([self.second()]);
        }
        out
    }

    /// Those of order 2, and the derivatives of derivatives.
    pub(crate) fn second(&self) -> Code {
        let mut out = self.hvp();
        out.extend([self.hessian()]);
        // A reference that a derivative would return has no copy there.
        if self.companions.f.signature.lent.is_none() {
            out.extend([self.nested()]);
        }
        out
    }

    /// Those that need the backward sweep only.
    pub(crate) fn reverse(&self) -> Code {
        let mut out = self.value_and_grad();
        out.extend([self.grad_into()]);
        out.extend([self.vjp()]);
        out
    }

    /// Those that need forward mode only.
    pub(crate) fn forward(&self) -> Code {
        self.jvp()
    }

    pub(crate) fn fn_head(&self, base: &str) -> (Code, Ident) {
        let host = self.companions.host;
        let name = host.public(base, self.companions.f.options.prefix.as_ref());
        let (attrs, vis) = (&host.attrs, &host.vis);
        let f = self.companions.f;
        let mut doc = Docs::line(base, &f.signature.name.to_string());
        if let Some(stored) = crate::storage::of_derivative(f, base) {
            doc = format!("{doc}\n\n{stored}");
        }
        // What only changes its arguments may be called for that.
        let must_use = (base != "grad_into" && !self.has_mut()).then(|| code!(#[must_use]));
        (code!(#attrs #[doc = #doc] #[inline] #must_use #vis fn #name), name)
    }

    fn jvp(&self) -> Code {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let jvp = c.host.hidden("__jvp", 1);
        let turbofish = c.turbofish();
        let mut params = self.signature(None);
        let mut args = self.forwarded();
        for (i, p) in self.params().iter().enumerate() {
            if p.wanted {
                let d = self.local("d_", i);
                let ty = c.tangent_type(p);
                params.push(code!(#d: #ty));
                args.push(code!(::core::option::Option::Some(#d)));
            } else {
                args.push(code!(::core::option::Option::None));
            }
        }
        let outputs = c.outputs(1);
        let (head, _) = self.fn_head("jvp");
        let checks = self.checks_of_tangents("d_");
        let (value, tangent) = (c.lent(&code!(value)), c.lent(&code!(tangent)));
        code! {
            #[allow(clippy::too_many_arguments)]
            #[track_caller]
            #head #generics (#(#params),*) -> #outputs #clause {
                #checks
                let (#value, #tangent) = Self::#jvp #turbofish(#(#args),*);
                (value, tangent)
            }
        }
    }

    /// Refusals of tangents that have not the shape of their parameters, where values of the type differ in shape.
    pub(crate) fn checks_of_tangents(&self, prefix: &str) -> Code {
        let given = self.wanted().filter(|(_, p)| !has_fixed_shape(&self.companions.f.types, p.target()));
        given
            .map(|(i, p)| {
                let (x, d) = (self.name(i), self.local(prefix, i));
                let name = p.name.to_string();
                let (x, d) = match p.passing {
                    Passing::Value => (code!(&#x), code!(&#d)),
                    Passing::Ref | Passing::RefMut => (code!(&*#x), code!(&*#d)),
                };
                code!(::differentiable::__private::check_tangent(#name, #x, #d);)
            })
            .collect()
    }

    /// The function itself, for code that knows it by the type beside it: `type = name` renames that, and `f::vjp` in
    /// differentiated code is one call of it and one of its pullback.
    pub(crate) fn call(&self) -> Code {
        let c = &self.companions;
        if c.host.method.is_some() {
            return Code::new();
        }
        let (function, generics) = (&c.f.signature.name, &c.f.signature.generics);
        let (params, args, output, vis) = (self.signature(None), self.forwarded(), c.declared_output(), &c.host.vis);
        let (lists, clause) = (&generics.params, &generics.where_clause);
        let explicit = c.explicit_parameters();
        let doc = format!("Calls [`{function}()`], from differentiated code.");
        code! {
            #[doc = #doc] #[inline]
            #vis fn call<#(#lists),*>(#(#params),*) -> #output #clause {
                #function #explicit(#(#args),*)
            }
        }
    }

    /// `source`, with its text.
    pub(crate) fn source(&self, text: &str) -> Code {
        let (head, _) = self.fn_head("source");
        code! {
            #head() -> &'static str { #text }
        }
    }

    /// `graph`, which hands the text of the graph to the runtime.
    pub(crate) fn graph(&self, text: &str) -> Code {
        let name = self.companions.f.signature.name.to_string();
        let (head, _) = self.fn_head("graph");
        let graph = code! {
            #head() -> ::differentiable::graph::Graph { ::differentiable::graph::Graph::__read(#name, #text) }
        };
        with_std(&graph, &Code::new())
    }
}

/// A tuple, or the bare value where there is one.
pub(crate) fn bare(items: &[Code]) -> Code {
    match items {
        [one] => one.clone(),
        many => code!((#(#many),*)),
    }
}
