//! The definition of the tangent type: the same fields and variants, with the tangents of their types.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

use super::{Derive, Field, Style, Variant, mentions};

impl Derive {
    /// The type of a field of the tangent, or of those along several directions, as it is declared: the `()` of a constant field is a projection of its type where
    /// that alone mentions a parameter, which would be unused otherwise.
    pub(super) fn declared(&self, f: &Field, part: &dyn Fn(&Field) -> TokenStream) -> TokenStream {
        let alone = |p: &syn::Ident| !self.uses(p) && mentions(f.ty.to_token_stream(), p);
        if f.constant && self.generics.type_params().any(|p| alone(&p.ident)) {
            let ty = crate::tangent_types::owning(&f.ty);
            return quote!(<#ty as ::differentiable::__private::Nothing>::Is);
        }
        part(f)
    }

    pub(super) fn definition(&self) -> TokenStream {
        let generics = &self.tangent_generics().params;
        let doc = format!("The tangent of [`{}`]: the derivative with respect to each of its fields.", self.name);
        self.shaped_alike(&self.tangent, &quote!(<#generics>), &self.clause(), &Self::tangent_of, &doc)
    }

    /// A type with the same fields and variants, whose fields have other types.
    pub(super) fn shaped_alike(
        &self,
        name: &Ident,
        generics: &TokenStream,
        clause: &TokenStream,
        part: &dyn Fn(&Field) -> TokenStream,
        doc: &str,
    ) -> TokenStream {
        let vis = &self.vis;
        let body = |variant: &Variant, public: bool| {
            let fields = variant.fields.iter().map(|f| {
                let ty = self.declared(f, part);
                let vis = if public { f.vis.clone() } else { TokenStream::new() };
                let doc = format!("The derivative with respect to `{}`.", f.member.to_token_stream());
                match &f.member {
                    syn::Member::Named(n) => quote!(#[doc = #doc] #vis #n: #ty),
                    syn::Member::Unnamed(_) => quote!(#[doc = #doc] #vis #ty),
                }
            });
            if variant.style == Style::Tuple { quote!((#(#fields),*)) } else { quote!({ #(#fields),* }) }
        };
        let header = quote!(#[doc = #doc] #[allow(clippy::all, clippy::pedantic)] #vis);
        if self.is_enum {
            let variants = self.variants.iter().map(|v| {
                let (variant, body) =
                    (&v.name, if v.style == Style::Unit { TokenStream::new() } else { body(v, false) });
                let doc = format!("The tangent of [`{}::{}`].", self.name, variant);
                quote!(#[doc = #doc] #variant #body)
            });
            quote!(#header enum #name #generics #clause { #(#variants),* })
        } else {
            let variant = &self.variants[0];
            let body = body(variant, true);
            if variant.style == Style::Tuple {
                quote!(#header struct #name #generics #body #clause;)
            } else {
                quote!(#header struct #name #generics #clause #body)
            }
        }
    }
}
