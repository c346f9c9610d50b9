//! The definition of the tangent type: the same fields and variants, with the tangents of their types.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Derive, Style, Variant};

impl Derive {
    pub(super) fn definition(&self) -> TokenStream {
        let (vis, tangent, name, clause) = (&self.vis, &self.tangent, &self.name, self.clause());
        let generics = &self.tangent_generics().params;
        let doc = format!("The tangent of [`{name}`]: the derivative with respect to each of its fields.");
        let body = |variant: &Variant, public: bool| {
            let fields = variant.fields.iter().map(|f| {
                let ty = Self::tangent_of(f);
                let vis = if public { f.vis.clone() } else { TokenStream::new() };
                let doc = format!("The derivative with respect to `{}`.", f.member.to_token_stream());
                match &f.member {
                    syn::Member::Named(n) => quote!(#[doc = #doc] #vis #n: #ty),
                    syn::Member::Unnamed(_) => quote!(#[doc = #doc] #vis #ty),
                }
            });
            if variant.style == Style::Tuple { quote!((#(#fields),*)) } else { quote!({ #(#fields),* }) }
        };
        // Parameters that no field of the tangent mentions are kept by a marker-free rule: they must
        // occur in one, or the tangent has none.
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
