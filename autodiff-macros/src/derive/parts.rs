//! The parts of a tangent as functions and methods: what generated code calls to make the variants of the tangent and to
//! reach fields, since it knows neither the tangent's name nor its parameters.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;

use super::{Derive, Field, Style};

/// A type with the fields and variants of the derive's: the tangent, or the tangents along several directions.
pub(super) struct Family<'a> {
    pub(super) name: &'a Ident,
    /// The generics of its `impl`, and its arguments.
    pub(super) impls: TokenStream,
    pub(super) types: TokenStream,
    pub(super) clause: TokenStream,
    /// The type of a field.
    pub(super) part: &'a dyn Fn(&Field) -> TokenStream,
    /// The name of the function that makes a variant, and the parameters that the type has beyond those of the derive's.
    pub(super) constructor: fn(&Ident) -> Ident,
    pub(super) own: TokenStream,
}

impl Derive {
    /// What generated code calls to make the variants of the tangent and to reach fields: it knows neither the tangent's name
    /// nor its parameters.
    pub(super) fn parts_of_the_tangent(&self) -> TokenStream {
        let generics = self.tangent_generics();
        let (impls, types, _) = generics.split_for_impl();
        self.parts_of(&Family {
            name: &self.tangent,
            impls: impls.to_token_stream(),
            types: types.to_token_stream(),
            clause: self.clause(),
            part: &Self::tangent_of,
            constructor: tangent_constructor,
            own: TokenStream::new(),
        })
    }

    /// The same of a type of the family.
    pub(super) fn parts_of(&self, family: &Family<'_>) -> TokenStream {
        if self.is_enum { self.variants_of(family) } else { Self::methods_of(family, &self.fields_of(family)) }
    }

    fn variants_of(&self, family: &Family<'_>) -> TokenStream {
        let (impls, types, _) = self.generics.split_for_impl();
        let (vis, name, clause) = (&self.vis, &self.name, self.clause());
        let (of_family, family_types, own) = (family.name, &family.types, &family.own);
        let several = !own.is_empty();
        // What is not said of the type itself is said of the constructor.
        let own_clause = several.then_some(&family.clause);
        let filled = self.variants.iter().filter(|v| v.style != Style::Unit);
        let constructors = filled.clone().map(|v| {
            let function = (family.constructor)(&v.name);
            let mut fields: Vec<&Field> = v.fields.iter().collect();
            if v.style == Style::Named {
                fields.sort_by_key(|f| field_name(&f.member));
            }
            let params = fields.iter().map(|f| {
                let (binding, ty) = (&f.binding, (family.part)(f));
                // Who calls it does not know which fields are constants.
                match (f.constant, several) {
                    (true, _) => quote!(#binding: impl ::core::marker::Sized),
                    (_, true) => quote!(#binding: impl ::differentiable::lanes::Given<#ty>),
                    (_, false) => quote!(#binding: #ty),
                }
            });
            let value = self.with_fields(v, of_family, &|f| match (f.constant, several) {
                (true, _) => quote!(()),
                (_, true) => {
                    let binding = &f.binding;
                    quote!(::differentiable::lanes::Given::given(#binding))
                }
                (_, false) => f.binding.to_token_stream(),
            });
            quote! {
                #[doc(hidden)] #[inline]
                #vis fn #function #own(#(#params),*) -> #of_family #family_types #own_clause { #value }
            }
        });
        let fields = filled.flat_map(|v| v.fields.iter().map(move |f| (v, f))).map(|(v, f)| {
            let (shared, unique) =
                (payload_method(&v.name, &f.member, false), payload_method(&v.name, &f.member, true));
            let (path, member, ty) = (self.path(v, of_family), &f.member, (family.part)(f));
            let other = if self.variants.len() > 1 { self.mismatch() } else { TokenStream::new() };
            quote! {
                #[doc(hidden)] #[inline]
                #vis fn #shared(&self) -> &#ty { match self { #path { #member: field, .. } => field, #other } }
                #[doc(hidden)] #[inline]
                #vis fn #unique(&mut self) -> &mut #ty { match self { #path { #member: field, .. } => field, #other } }
            }
        });
        let methods = Self::methods_of(family, &fields.collect::<Vec<_>>());
        quote! {
            #[allow(dead_code, non_snake_case, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #impls #name #types #clause { #(#constructors)* }
            #methods
        }
    }

    /// The fields of a struct as methods, which the tangent of a constant can have as well.
    fn fields_of(&self, family: &Family<'_>) -> Vec<TokenStream> {
        let fields = self.variants[0].fields.iter().map(|f| {
            let of = |unique| match &f.member {
                syn::Member::Named(name) => field_method(name, unique),
                // Where `Name(…)` may be a struct or a variant, it is reached as the latter.
                member @ syn::Member::Unnamed(_) => payload_method(&self.name, member, unique),
            };
            let mut names = vec![(of(false), of(true))];
            if let member @ syn::Member::Unnamed(_) = &f.member {
                names.push((numbered_method(member, false), numbered_method(member, true)));
            }
            let (vis, member, ty) = (&f.vis, &f.member, (family.part)(f));
            let methods = names.into_iter().map(|(shared, unique)| {
                quote! {
                    #[doc(hidden)] #[inline]
                    #vis fn #shared(&self) -> &#ty { &self.#member }
                    #[doc(hidden)] #[inline]
                    #vis fn #unique(&mut self) -> &mut #ty { &mut self.#member }
                }
            });
            quote!(#(#methods)*)
        });
        fields.collect()
    }

    fn methods_of(family: &Family<'_>, methods: &[TokenStream]) -> TokenStream {
        if methods.is_empty() {
            return TokenStream::new();
        }
        let Family { name, impls, types, clause, .. } = family;
        quote! {
            #[allow(dead_code, non_snake_case, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #impls #name #types #clause { #(#methods)* }
        }
    }
}

/// The function beside a variant that makes the variant of the tangent; named fields are its parameters in the order of
/// [`field_name`].
pub(crate) fn tangent_constructor(variant: &Ident) -> Ident {
    format_ident!("__tangent_{}", variant.unraw())
}

/// The function beside a variant that makes the variant of tangents along several directions.
pub(crate) fn lanes_constructor(variant: &Ident) -> Ident {
    format_ident!("__lanes_{}", variant.unraw())
}

/// The method of an enum's tangent that gives a field of one variant.
pub(crate) fn payload_method(variant: &Ident, member: &syn::Member, mutable: bool) -> Ident {
    format_ident!("__{}_{}{}", variant.unraw(), field_name(member), if mutable { "_mut" } else { "" })
}

/// The method of a struct's tangent that gives a field.
pub(crate) fn field_method(field: &Ident, mutable: bool) -> Ident {
    format_ident!("{}{}", if mutable { FIELD_MUT } else { FIELD }, field.unraw(), span = field.span())
}

/// The method that gives the field with a number of a struct's tangent, or of a tuple.
pub(crate) fn numbered_method(member: &syn::Member, mutable: bool) -> Ident {
    format_ident!("{}{}", if mutable { FIELD_MUT } else { FIELD }, field_name(member))
}

/// What the names of those methods begin with.
pub(crate) const FIELD: &str = "__field_";
pub(crate) const FIELD_MUT: &str = "__fieldmut_";

/// The name of a field, or its number.
pub(crate) fn field_name(member: &syn::Member) -> String {
    member.to_token_stream().to_string().trim_start_matches("r#").to_owned()
}
