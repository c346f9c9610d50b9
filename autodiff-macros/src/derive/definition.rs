//! The definition of the tangent type: the same fields and variants, with the tangents of their types.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Derive, Field, Style, Variant, mentions};

impl Derive {
    /// The type of a field of the tangent, as it is declared: the `()` of a constant field is a projection of its type where
    /// that alone mentions a parameter, which would be unused otherwise.
    fn declared_tangent_of(&self, f: &Field) -> TokenStream {
        let alone = |p: &syn::Ident| !self.uses(p) && mentions(f.ty.to_token_stream(), p);
        if f.constant && self.generics.type_params().any(|p| alone(&p.ident)) {
            let ty = crate::tangent_types::owning(&f.ty);
            return quote!(<#ty as ::differentiable::__private::Nothing>::Is);
        }
        Self::tangent_of(f)
    }

    pub(super) fn definition(&self) -> TokenStream {
        let (vis, tangent, name, clause) = (&self.vis, &self.tangent, &self.name, self.clause());
        let generics = &self.tangent_generics().params;
        let doc = format!("The tangent of [`{name}`]: the derivative with respect to each of its fields.");
        let body = |variant: &Variant, public: bool| {
            let fields = variant.fields.iter().map(|f| {
                let ty = self.declared_tangent_of(f);
                let vis = if public { f.vis.clone() } else { TokenStream::new() };
                let doc = format!("The derivative with respect to `{}`.", f.member.to_token_stream());
                match &f.member {
                    syn::Member::Named(n) => quote!(#[doc = #doc] #vis #n: #ty),
                    syn::Member::Unnamed(_) => quote!(#[doc = #doc] #vis #ty),
                }
            });
            if variant.style == Style::Tuple { quote!((#(#fields),*)) } else { quote!({ #(#fields),* }) }
        };
        let header = quote!(#vis);
        if self.is_enum {
            let variants = self.variants.iter().map(|v| {
                let (name, body) = (&v.name, if v.style == Style::Unit { TokenStream::new() } else { body(v, false) });
                let doc = format!("The tangent of [`{}::{}`].", self.name, name);
                quote!(#[doc = #doc] #name #body)
            });
            quote!(#[doc = #doc] #[allow(clippy::all, clippy::pedantic)] #header enum #tangent<#generics> #clause { #(#variants),* })
        } else {
            let variant = &self.variants[0];
            let body = body(variant, true);
            match variant.style {
                Style::Tuple => {
                    quote!(#[doc = #doc] #[allow(clippy::all, clippy::pedantic)] #header struct #tangent<#generics> #body #clause;)
                }
                _ => {
                    quote!(#[doc = #doc] #[allow(clippy::all, clippy::pedantic)] #header struct #tangent<#generics> #clause #body)
                }
            }
        }
    }
}
