//! The public derivatives: `grad`, `value_and_grad`, `grad_into`, `vjp`, `jvp`, `source`, …, which only
//! rearrange arguments around the hidden companions.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

use crate::companions::{Companions, with_std};
use crate::emit::tuple;
use crate::ir::Passing;
use crate::kinds::Kind;
use crate::signature::Param;
use crate::tangent_types::owned_tangent;

/// Writes the shells of one function.
pub(crate) struct Shells<'a> {
    pub(crate) companions: Companions<'a>,
}

/// The documentation of the public derivatives.
struct Docs;

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
    pub(crate) fn signature(&self, lifetime: Option<&TokenStream>) -> Vec<TokenStream> {
        self.params()
            .iter()
            .enumerate()
            .map(|(i, p)| {
                if p.receiver {
                    return match (p.passing, lifetime) {
                        (Passing::RefMut, Some(l)) => quote!(&#l mut self),
                        (Passing::RefMut, None) => quote!(&mut self),
                        (_, Some(l)) => quote!(&#l self),
                        _ => quote!(&self),
                    };
                }
                let name = self.name(i);
                let ty = match (&p.ty, lifetime) {
                    (Type::Reference(r), Some(l)) if r.lifetime.is_none() => {
                        let (mutable, elem) = (&r.mutability, &r.elem);
                        quote!(&#l #mutable #elem)
                    }
                    (ty, _) => ty.to_token_stream(),
                };
                quote!(#name: #ty)
            })
            .collect()
    }

    /// The arguments of a call from a shell to a companion.
    pub(crate) fn forwarded(&self) -> Vec<TokenStream> {
        (0..self.params().len()).map(|i| self.name(i).to_token_stream()).collect()
    }

    /// Adds the bounds under which arguments can be copied.
    pub(crate) fn cloning(&self, clause: TokenStream) -> TokenStream {
        let bounds: Vec<TokenStream> =
            self.companions.cloned_parameters().into_iter().map(|n| quote!(#n: ::core::clone::Clone)).collect();
        match (clause.is_empty(), bounds.is_empty()) {
            (_, true) => clause,
            (true, false) => quote!(where #(#bounds),*),
            (false, false) => quote!(#clause, #(#bounds),*),
        }
    }

    /// Adds the bounds under which arguments by value can be copied.
    pub(crate) fn cloning_values(&self, clause: TokenStream) -> TokenStream {
        if self.params().iter().all(|p| p.passing != Passing::Value) {
            return clause;
        }
        self.cloning(clause)
    }

    /// The type of the gradient.
    pub(crate) fn gradient_type(&self) -> TokenStream {
        let types: Vec<TokenStream> = self
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
    pub(crate) fn all(&self) -> TokenStream {
        let mut out = self.reverse();
        out.extend(self.forward());
        out.extend(self.source(&self.companions.source(self.companions.returns_scalar())));
        out.extend(self.graph(&crate::graph::encode(self.companions.f, self.companions.returns_scalar())));
        out.extend(self.linear());
        out.extend(self.jvps());
        out.extend(self.jacobians());
        if self.companions.f.options.order() >= 2 {
            out.extend(self.hvp());
            out.extend(self.hessian());
            // A reference that a derivative would return has no copy there.
            if self.companions.f.signature.lent.is_none() {
                out.extend(self.nested());
            }
        }
        out
    }

    /// Those that need the backward sweep only.
    pub(crate) fn reverse(&self) -> TokenStream {
        let mut out = self.value_and_grad();
        out.extend(self.grad_into());
        out.extend(self.vjp());
        out
    }

    /// Those that need forward mode only.
    pub(crate) fn forward(&self) -> TokenStream {
        self.jvp()
    }

    pub(crate) fn fn_head(&self, base: &str) -> (TokenStream, Ident) {
        let host = self.companions.host;
        let name = host.public(base, self.companions.f.options.prefix.as_ref());
        let (attrs, vis) = (&host.attrs, &host.vis);
        let f = self.companions.f;
        let mut doc = Docs::line(base, &f.signature.name.to_string());
        if matches!(base, "grad" | "value_and_grad" | "grad_into" | "vjp") && !f.options.has_rule() {
            let stored = crate::storage::stored(f, crate::storage::sweeps_of(f, base));
            doc = format!("{doc}\n\nThe backward sweep stores{stored}.");
        }
        // What only changes its arguments may be called for that.
        let must_use = (base != "grad_into" && !self.has_mut()).then(|| quote!(#[must_use]));
        (quote!(#attrs #[doc = #doc] #[inline] #must_use #vis fn #name), name)
    }

    fn value_and_grad(&self) -> TokenStream {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = c.scalar_clause(clause);
        let rev = c.host.hidden("__rev", 0);
        let turbofish = c.turbofish();
        let params = self.signature(None);
        let mut args = self.forwarded();
        let mut zeros = TokenStream::new();
        let mut patterns = Vec::new();
        let mut grads = Vec::new();
        for (i, p) in self.slotted() {
            let d = self.local("d_", i);
            let x = self.name(i);
            if p.passing == Passing::Value {
                patterns.push(quote!(#d));
            } else {
                zeros.extend(quote!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);));
                args.push(quote!(&mut #d));
            }
            if p.wanted {
                grads.push(quote!(#d));
            }
        }
        let (patterns, grads, ty, output) = (tuple(&patterns), bare(&grads), self.gradient_type(), c.output());
        let (head, both) = self.fn_head("value_and_grad");
        let (grad, _) = self.fn_head("grad");
        let forwarded = self.forwarded();
        quote! {
            #head #generics (#(#params),*) -> (#output, #ty) #clause {
                #zeros
                let (value, #patterns) = Self::#rev #turbofish(#(#args),*);
                (value, #grads)
            }
            #grad #generics (#(#params),*) -> #ty #clause {
                Self::#both #turbofish(#(#forwarded),*).1
            }
        }
    }

    fn grad_into(&self) -> TokenStream {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = c.scalar_clause(clause);
        let rev = c.host.hidden("__rev", 0);
        let turbofish = c.turbofish();
        let mut params = self.signature(None);
        let mut args = self.forwarded();
        let mut patterns = Vec::new();
        let mut adds = TokenStream::new();
        let mut zeros = TokenStream::new();
        for (i, p) in self.slotted() {
            let d = self.local("d_", i);
            let target = c.slot(p);
            if !p.wanted {
                let x = self.name(i);
                zeros.extend(quote!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);));
                args.push(quote!(&mut #d));
                continue;
            }
            params.push(quote!(#d: &mut #target));
            if p.passing == Passing::Value {
                let g = self.local("g_", i);
                adds.extend(quote!(::differentiable::__private::accumulate(#d, &#g);));
                patterns.push(quote!(#g));
            } else {
                args.push(quote!(#d));
            }
        }
        let (patterns, output) = (tuple(&patterns), c.output());
        let (head, _) = self.fn_head("grad_into");
        quote! {
            #[allow(clippy::too_many_arguments)]
            #head #generics (#(#params),*) -> #output #clause {
                #zeros
                let (value, #patterns) = Self::#rev #turbofish(#(#args),*);
                #adds
                value
            }
        }
    }

    fn jvp(&self) -> TokenStream {
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
                params.push(quote!(#d: #ty));
                args.push(quote!(::core::option::Option::Some(#d)));
            } else {
                args.push(quote!(::core::option::Option::None));
            }
        }
        let outputs = c.outputs(1);
        let (head, _) = self.fn_head("jvp");
        let (value, tangent) = (c.lent(&quote!(value)), c.lent(&quote!(tangent)));
        quote! {
            #[allow(clippy::too_many_arguments)]
            #head #generics (#(#params),*) -> #outputs #clause {
                let (#value, #tangent) = Self::#jvp #turbofish(#(#args),*);
                (value, tangent)
            }
        }
    }

    fn vjp(&self) -> TokenStream {
        let c = &self.companions;
        let lifetime = quote!('call);
        let (generics, clause) = c.generics(std::slice::from_ref(&lifetime));
        let clause = c.keeping_tape(self.cloning(clause), &lifetime);
        let fwd = c.host.hidden("__fwd", 0);
        let turbofish = c.turbofish();
        let params = self.signature(Some(&lifetime));
        let mut keep = TokenStream::new();
        let mut first = Vec::new();
        let mut later = Vec::new();
        let mut work = Vec::new();
        let mut renew = TokenStream::new();
        let mut again = Vec::new();
        let mut slots = Vec::new();
        let mut zeros = TokenStream::new();
        let mut patterns = Vec::new();
        let mut grads = Vec::new();
        let mut cotangents = Vec::new();
        let unit = self.returns_nothing();
        if !unit {
            let ty = c.output_tangent();
            cotangents.push((quote!(ct), ty));
        }
        for (i, p) in self.params().iter().enumerate() {
            let x = self.name(i);
            let d = self.local("d_", i);
            let scalar = c.f.types.kind(&p.ty).is_scalar();
            match p.passing {
                Passing::Value => {
                    let kept = self.local("kept_", i);
                    if crate::tangent_types::is_view(&p.ty) {
                        // The pullback keeps an array of its own.
                        keep.extend(
                            quote!(let #kept = { use ::differentiable::__private::ToOwned as _; #x.to_owned() };),
                        );
                        first.push(quote!(#x));
                        later.push(quote!(#kept.view()));
                        again.push(quote!(()));
                        slots.push(quote!(()));
                        patterns.push(if p.wanted { quote!(#d) } else { quote!(_) });
                        if p.wanted {
                            grads.push(quote!(#d));
                        }
                        continue;
                    }
                    let clone = if scalar { quote!(#x) } else { quote!(::core::clone::Clone::clone(&#x)) };
                    keep.extend(quote!(let #kept = #clone;));
                    first.push(quote!(#x));
                    later.push(if scalar { quote!(#kept) } else { quote!(::core::clone::Clone::clone(&#kept)) });
                    again.push(quote!(()));
                    slots.push(quote!(()));
                    patterns.push(if p.wanted { quote!(#d) } else { quote!(_) });
                    if p.wanted {
                        grads.push(quote!(#d));
                    }
                }
                Passing::Ref => {
                    let shared = self.local("shared_", i);
                    keep.extend(quote!(let #shared = #x;));
                    first.push(quote!(#shared));
                    later.push(quote!(#shared));
                    again.push(quote!(#shared));
                    patterns.push(quote!(_));
                    if p.wanted {
                        zeros.extend(quote!(let mut #d = ::differentiable::Differentiable::__zero(#shared);));
                        slots.push(quote!(::core::option::Option::Some(&mut #d)));
                        grads.push(quote!(#d));
                    } else {
                        slots.push(quote!(::core::option::Option::None));
                    }
                }
                Passing::RefMut => {
                    let (kept, worked) = (self.local("kept_", i), self.local("work_", i));
                    keep.extend(quote!(let #kept = ::differentiable::__private::snapshot(&*#x);));
                    first.push(quote!(&mut *#x));
                    work.push((worked.clone(), x.clone()));
                    renew.extend(quote!(let mut #worked = ::core::clone::Clone::clone(&#kept);));
                    later.push(quote!(&mut #worked));
                    again.push(quote!(&mut #worked));
                    patterns.push(quote!(_));
                    if p.differentiable {
                        let given = self.local("given_", i);
                        let target = c.slot(p);
                        cotangents.push((quote!(#given), quote!(&#target)));
                        zeros.extend(quote!(let mut #d = ::differentiable::__private::snapshot(#given);));
                        slots.push(quote!(::core::option::Option::Some(&mut #d)));
                        if p.wanted {
                            grads.push(quote!(#d));
                        }
                    } else {
                        slots.push(quote!(::core::option::Option::None));
                    }
                }
            }
        }
        let types = cotangents.iter().map(|(_, t)| t);
        let names = cotangents.iter().map(|(n, t)| quote!(#n: #t));
        let ct = if unit { quote!(()) } else { c.lent(&quote!(ct)) };
        let worked: Vec<TokenStream> = work.iter().map(|(w, _)| quote!(#w)).collect();
        let mutable: Vec<TokenStream> = work.iter().map(|(w, _)| quote!(mut #w)).collect();
        let snapshots = work.iter().map(|(w, x)| quote!(let #w = ::differentiable::__private::snapshot(&*#x);));
        let (output, ty, value) = (c.output(), self.gradient_type(), c.lent(&quote!(value)));
        let captured = c.captured(&[lifetime]);
        let (head, _) = self.fn_head("vjp");
        let (again, slots, patterns, grads) = (tuple(&again), tuple(&slots), tuple(&patterns), bare(&grads));
        if crate::persistent::is_persistent(c.f) {
            // Each call reads a copy of the tape.
            let first = first.iter();
            let shared = self.shared_references();
            return quote! {
                #head #generics (#(#params),*) -> (#output, impl ::core::ops::Fn(#(#types),*) -> #ty + #captured) #clause {
                    #shared
                    let (#value, tape) = Self::#fwd #turbofish(#(#first),*);
                    #(#snapshots)*
                    (value, move |#(#names),*| {
                        #(let mut #worked = ::core::clone::Clone::clone(&#worked);)*
                        #zeros
                        let #patterns = ::core::clone::Clone::clone(&tape)((#again, #ct, #slots));
                        #grads
                    })
                }
            };
        }
        quote! {
            #head #generics (#(#params),*) -> (#output, impl ::core::ops::Fn(#(#types),*) -> #ty + #captured) #clause {
                #keep
                let (#value, tape) = Self::#fwd #turbofish(#(#first),*);
                #(#snapshots)*
                let state = ::core::cell::Cell::new(::core::option::Option::Some((tape, #(#worked),*)));
                (value, move |#(#names),*| {
                    // The first call uses the tape; a later one runs the forward sweep again.
                    let (tape, #(#mutable),*) = match state.take() {
                        ::core::option::Option::Some(state) => state,
                        ::core::option::Option::None => {
                            #renew
                            let (_, tape) = Self::#fwd #turbofish(#(#later),*);
                            (tape, #(#worked),*)
                        }
                    };
                    #zeros
                    let #patterns = tape((#again, #ct, #slots));
                    #grads
                })
            }
        }
    }

    /// The function itself, for code that knows it by the type beside it: `type = name` renames that, and `f::vjp` in
    /// differentiated code is one call of it and one of its pullback.
    pub(crate) fn call(&self) -> TokenStream {
        let c = &self.companions;
        if c.host.method.is_some() {
            return TokenStream::new();
        }
        let (function, generics) = (&c.f.signature.name, &c.f.signature.generics);
        let (params, args, output, vis) = (self.signature(None), self.forwarded(), c.declared_output(), &c.host.vis);
        let (lists, clause) = (generics.params.iter(), &generics.where_clause);
        let doc = format!("Calls [`{function}()`], from differentiated code.");
        quote! {
            #[doc = #doc] #[inline]
            #vis fn call<#(#lists),*>(#(#params),*) -> #output #clause {
                #function(#(#args),*)
            }
        }
    }

    /// The references that a pullback keeps.
    fn shared_references(&self) -> TokenStream {
        let references = self.params().iter().enumerate().filter(|(_, p)| p.passing == Passing::Ref);
        references
            .map(|(i, _)| {
                let (shared, x) = (self.local("shared_", i), self.name(i));
                quote!(let #shared = #x;)
            })
            .collect()
    }

    /// `source`, with its text.
    pub(crate) fn source(&self, text: &str) -> TokenStream {
        let (head, _) = self.fn_head("source");
        quote! {
            #head() -> &'static str { #text }
        }
    }

    /// `graph`, which hands the text of the graph to the runtime.
    pub(crate) fn graph(&self, text: &str) -> TokenStream {
        let name = self.companions.f.signature.name.to_string();
        let (head, _) = self.fn_head("graph");
        let graph = quote! {
            #head() -> ::differentiable::graph::Graph { ::differentiable::graph::Graph::__read(#name, #text) }
        };
        with_std(&graph, &TokenStream::new())
    }
}

impl Docs {
    /// One line of documentation for a public derivative.
    fn line(base: &str, name: &str) -> String {
        match base {
            "grad" => format!("The gradient of [`{name}`] with respect to its differentiable parameters, in order."),
            "value_and_grad" => {
                format!("The value of [`{name}`] and its gradient, from one forward and one backward sweep.")
            }
            "grad_into" => {
                format!("Adds the gradient of [`{name}`] to the buffers and returns the value.")
            }
            "vjp" => format!("The value of [`{name}`] and its pullback, from cotangents of the value to gradients."),
            "jvp" => {
                format!("The value of [`{name}`] and its derivative along the given tangents.")
            }
            "jvps" => {
                format!("The value of [`{name}`] and its derivatives along several directions, from one sweep.")
            }
            "source" => format!("The source code of the derivative of [`{name}`]."),
            "graph" => format!(
                "The data-flow graph of [`{name}`] and of its derivative, which prints as Graphviz DOT and as Mermaid."
            ),
            "check" => format!(
                "Checks the derivatives of [`{name}`] at a point: reverse mode against forward mode, and both against central differences."
            ),
            "check_with" => format!("Checks the derivatives of [`{name}`] at a point, with the given tolerance."),
            "hvp" => format!("The Hessian of [`{name}`] times a vector."),
            "hessian" => format!("The Hessian of [`{name}`], over the scalars of its differentiable parameters."),
            "jacobian" => format!(
                "The Jacobian of [`{name}`]: a row for each scalar of the value, a column for each scalar of the differentiable parameters."
            ),
            "jacobian_pattern" => format!(
                "Which entries of the Jacobian of [`{name}`] may be other than zero, in the branches that are taken at this point."
            ),
            "jacobian_sparse" => {
                format!("The entries of a pattern of the Jacobian of [`{name}`], as coordinate lists.")
            }
            "hessian_diagonal" => {
                format!("The diagonal of the Hessian of [`{name}`], over the columns of the Jacobian.")
            }
            other => format!("`{other}` of [`{name}`]."),
        }
    }
}

/// A tuple, or the bare value where there is one.
pub(crate) fn bare(items: &[TokenStream]) -> TokenStream {
    match items {
        [one] => one.clone(),
        many => quote!((#(#many),*)),
    }
}
