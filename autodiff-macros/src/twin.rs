//! The twin of a free function: an empty type of the same name, whose associated functions are the
//! derivatives.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ItemFn;

use crate::companions::{Companions, Host};
use crate::emit::{Code, Part};
use crate::expand::{self, Function};
use crate::options::Options;
use crate::shells::Shells;

/// Expands the attribute on a free function.
pub(crate) fn function(mut item: ItemFn, options: Options) -> TokenStream {
    let mut sig = item.sig.clone();
    let body = expand::body_to_read(&item.block, &options);
    let analysed = expand::analyse(&mut sig, &body, None, &options);
    strip_markers(&mut item.sig);
    expand::strip_statement_markers(&mut item.block);
    match analysed {
        Ok(f) => {
            let twin = twin(&item, &f);
            // Documentation that the user has begun goes on; a missing one stays missing.
            if item.attrs.iter().any(|a| a.path().is_ident("doc")) {
                let text = documentation(&f);
                item.attrs.push(syn::parse_quote!(#[doc = #text]));
            }
            quote!(#item #twin)
        }
        Err(error) => {
            let error = error.to_compile_error();
            quote!(#item #error)
        }
    }
}

/// Takes `#[constant]` off the parameters of a function that is emitted as it was written.
pub(crate) fn strip_markers(sig: &mut syn::Signature) {
    for arg in &mut sig.inputs {
        let attrs = match arg {
            syn::FnArg::Receiver(r) => &mut r.attrs,
            syn::FnArg::Typed(t) => &mut t.attrs,
        };
        attrs.retain(|a| !a.path().is_ident("constant"));
    }
}

/// The section of a function's documentation about its derivatives.
fn documentation(f: &Function) -> String {
    let twin = f.options.twin.as_ref().unwrap_or(&f.signature.name);
    let scalar = matches!(f.types.kind_of(f.signature.output.as_ref()), Some(crate::kinds::Kind::Float(_)));
    let mut names = if scalar { vec!["grad", "value_and_grad", "grad_into"] } else { Vec::new() };
    names.extend(["vjp", "jvp", "jacobian", "check"]);
    if f.options.order() >= 2 && scalar {
        names.extend(["hvp", "hessian"]);
    }
    if f.options.has_rule() {
        return format!("\n\n# Derivatives\n\nAs associated functions of `{twin}`, by a rule written by hand.");
    }
    let names: Vec<String> = names.iter().map(|n| format!("`{twin}::{n}`")).collect();
    format!("\n\n# Derivatives\n\n{}. {}", names.join(", "), crate::storage::sentence(f))
}

fn twin(item: &ItemFn, f: &Function) -> TokenStream {
    let vis = &item.vis;
    let cfgs: Vec<_> = item.attrs.iter().filter(|a| a.path().is_ident("cfg")).collect();
    let named = f.options.twin.as_ref().unwrap_or(&f.signature.name);
    let mut name = named.clone();
    name.set_span(Span::call_site().located_at(named.span()));
    // Derivatives of a function with the default visibility are seen where the function is.
    let inner = match vis {
        syn::Visibility::Inherited => Code::new(),
        vis => vis.to_code(),
    };
    let host = Host { vis: inner, attrs: tracked(&item.attrs), ..Host::default() };
    let items = items(f, &host);
    let vis_inner = &host.vis;
    let rule = f.options.has_rule();
    let missing =
        crate::unannotated::functions(f, &syn::Generics::default(), (!rule).then_some(&name), &[], &quote!(#(#cfgs)*));
    let markers = rule.then(|| crate::modes::of_rule(f, &name, &quote!(#(#cfgs)*)));
    let takes = takes(&Companions { f, host: &host }, &name, &quote!(#(#cfgs)*));
    let shallow = crate::companions::shallow::shallow(f);
    let promise = f.options.tape_none.then(|| quote!(#(#cfgs)* impl ::differentiable::__private::NoTape for #name {}));
    quote! {
        #promise
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, clippy::empty_enum)]
        #vis enum #name {}
        #(#cfgs)*
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl #name {
            #[doc(hidden)] #[inline]
            #vis_inner fn __twin() -> ::core::marker::PhantomData<Self> { ::core::marker::PhantomData }
            #[doc(hidden)] #[inline]
            #vis_inner #shallow
            #items
        }
        #(#cfgs)*
        impl<At> ::differentiable::__private::Annotated<At> for #name {}
        #takes
        #markers
        #missing
    }
}

/// Which parameters callers may pass active values to.
fn takes(c: &Companions<'_>, name: &proc_macro2::Ident, cfgs: &TokenStream) -> TokenStream {
    let params = &c.f.signature.params;
    if params.iter().all(|p| c.has_space(p)) {
        return quote!(#cfgs impl<const PARAMETER: ::core::primitive::usize> ::differentiable::__private::Takes<PARAMETER> for #name {});
    }
    let numbers = params.iter().enumerate().filter(|(_, p)| c.has_space(p)).map(|(i, _)| i);
    quote!(#(#cfgs impl ::differentiable::__private::Takes<#numbers> for #name {})*)
}

/// The companions of a function in their host.
pub(crate) fn items(f: &Function, host: &Host) -> Code {
    if f.options.has_rule() {
        return crate::rule::items(f, host);
    }
    let companions = || Companions { f, host };
    let order = f.options.order();
    let c = companions();
    let mut out = Code::new();
    for level in 1..=order {
        out.extend([c.tangent(level)]);
    }
    if f.options.lanes {
        out.extend([c.lanes()]);
    }
    for level in 0..order {
        out.extend([c.taped(level)]);
        if host.method.is_none() {
            out.extend([c.taped_outputs(level)]);
        }
        out.extend([c.joined(level)]);
        if host.method.is_none() {
            out.extend([c.at_once(level)]);
        }
    }
    if f.options.hidden {
        return out;
    }
    let shells = Shells { companions: companions() };
    out.extend([shells.all()]);
    out.extend([shells.call()]);
    out
}

/// `#[track_caller]`, if a function has it: its derivatives panic at the line that called them, too.
pub(crate) fn tracked(attrs: &[syn::Attribute]) -> Code {
    attrs.iter().find(|a| a.path().is_ident("track_caller")).map(Part::to_code).unwrap_or_default()
}
