//! The parts of a tangent as functions and methods: what generated code calls to make the variants of the tangent and to
//! reach fields, since it knows neither the tangent's name nor its parameters.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;

use super::{Derive, Field, Style};

impl Derive {
    /// What generated code calls to make the variants of the tangent and to reach their fields: it knows neither the
    /// tangent's name nor its parameters.
    pub(super) fn variants_of_the_tangent(&self) -> TokenStream {
        let (impls, types, _) = self.generics.split_for_impl();
        let generics = self.tangent_generics();
        let (tangent_impls, tangent_types, _) = generics.split_for_impl();
        let (vis, name, tangent, clause) = (&self.vis, &self.name, &self.tangent, self.clause());
        let filled = self.variants.iter().filter(|v| v.style != Style::Unit);
        let constructors = filled.clone().map(|v| {
            let function = tangent_constructor(&v.name);
            let mut fields: Vec<&Field> = v.fields.iter().collect();
            if v.style == Style::Named {
                fields.sort_by_key(|f| field_name(&f.member));
            }
            let params = fields.iter().map(|f| {
                let (binding, ty) = (&f.binding, Self::tangent_of(f));
                // Who calls it does not know which fields are constants.
                if f.constant { quote!(#binding: impl ::core::marker::Sized) } else { quote!(#binding: #ty) }
            });
            let value =
                self.with_fields(v, true, &|f| if f.constant { quote!(()) } else { f.binding.to_token_stream() });
            quote! {
                #[doc(hidden)] #[inline]
                #vis fn #function(#(#params),*) -> #tangent #tangent_types { #value }
            }
        });
        let fields = filled.flat_map(|v| v.fields.iter().map(move |f| (v, f))).map(|(v, f)| {
            let (shared, unique) =
                (payload_method(&v.name, &f.member, false), payload_method(&v.name, &f.member, true));
            let (path, member, ty) = (self.path(v, true), &f.member, Self::tangent_of(f));
            let other = if self.variants.len() > 1 { self.mismatch() } else { TokenStream::new() };
            quote! {
                #[doc(hidden)] #[inline]
                #vis fn #shared(&self) -> &#ty { match self { #path { #member: field, .. } => field, #other } }
                #[doc(hidden)] #[inline]
                #vis fn #unique(&mut self) -> &mut #ty { match self { #path { #member: field, .. } => field, #other } }
            }
        });
        quote! {
            #[allow(dead_code, non_snake_case, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #impls #name #types #clause { #(#constructors)* }
            #[allow(dead_code, non_snake_case, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #tangent_impls #tangent #tangent_types #clause { #(#fields)* }
        }
    }

    /// The fields of the tangent of a struct as methods, which the tangent of a constant can have as well.
    pub(super) fn fields_of_the_tangent(&self) -> TokenStream {
        let generics = self.tangent_generics();
        let (impls, types, _) = generics.split_for_impl();
        let (tangent, clause) = (&self.tangent, self.clause());
        let fields = self.variants[0].fields.iter().map(|f| {
            let of = |unique| match &f.member {
                syn::Member::Named(name) => field_method(name, unique),
                // Where `Name(…)` may be a struct or a variant, it is reached as the latter.
                member @ syn::Member::Unnamed(_) => payload_method(&self.name, member, unique),
            };
            let (shared, unique) = (of(false), of(true));
            let (vis, member, ty) = (&f.vis, &f.member, Self::tangent_of(f));
            quote! {
                #[doc(hidden)] #[inline]
                #vis fn #shared(&self) -> &#ty { &self.#member }
                #[doc(hidden)] #[inline]
                #vis fn #unique(&mut self) -> &mut #ty { &mut self.#member }
            }
        });
        let fields: Vec<TokenStream> = fields.collect();
        if fields.is_empty() {
            return TokenStream::new();
        }
        quote! {
            #[allow(dead_code, non_snake_case, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #impls #tangent #types #clause { #(#fields)* }
        }
    }
}

/// The function beside a variant that makes the variant of the tangent; named fields are its parameters in the order of
/// [`field_name`].
pub(crate) fn tangent_constructor(variant: &Ident) -> Ident {
    format_ident!("__tangent_{}", variant.unraw())
}

/// The method of an enum's tangent that gives a field of one variant.
pub(crate) fn payload_method(variant: &Ident, member: &syn::Member, mutable: bool) -> Ident {
    format_ident!("__{}_{}{}", variant.unraw(), field_name(member), if mutable { "_mut" } else { "" })
}

/// The method of a struct's tangent that gives a field.
pub(crate) fn field_method(field: &Ident, mutable: bool) -> Ident {
    format_ident!("{}{}", if mutable { FIELD_MUT } else { FIELD }, field.unraw(), span = field.span())
}

/// What the names of those methods begin with.
pub(crate) const FIELD: &str = "__field_";
pub(crate) const FIELD_MUT: &str = "__fieldmut_";

/// The name of a field, or its number.
pub(crate) fn field_name(member: &syn::Member) -> String {
    member.to_token_stream().to_string().trim_start_matches("r#").to_owned()
}
