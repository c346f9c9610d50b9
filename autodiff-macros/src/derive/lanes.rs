//! `#[lanes]` on a struct: the type of its tangents along several directions, for functions with the option `lanes`.
//!
//! In: the derive of the struct. Out: `FooLanes`, with the same fields, and `Wide` for `Foo`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::{Derive, Field, Style, field_method};

impl Derive {
    /// The type and its trait, if the struct asks for them.
    pub(super) fn lanes(&self) -> TokenStream {
        if !self.lanes {
            return TokenStream::new();
        }
        let (name, wide) = (&self.name, format_ident!("{}Lanes", self.name));
        let (vis, variant) = (&self.vis, &self.variants[0]);
        let width = Ident::new("__LANES", Span::mixed_site());
        let (impls, types, _) = self.generics.split_for_impl();
        let (params, clause) = (self.generics.params.iter(), self.wide_clause());
        let all = quote!(<#(#params,)* const #width: usize>);
        let names = self.generics.params.iter().map(|p| match p {
            syn::GenericParam::Type(t) => t.ident.to_token_stream(),
            syn::GenericParam::Const(c) => c.ident.to_token_stream(),
            syn::GenericParam::Lifetime(l) => l.lifetime.to_token_stream(),
        });
        let names = quote!(<#(#names,)* #width>);
        let type_of = |f: &Field| {
            let ty = &f.ty;
            if f.constant { quote!(()) } else { quote!(<#ty as ::differentiable::lanes::Wide>::Lanes<#width>) }
        };
        let doc = format!("The tangents of [`{name}`] along several directions.");
        let fields = variant.fields.iter().map(|f| {
            let (vis, ty) = (&f.vis, type_of(f));
            let doc = format!("Those of `{}`.", f.member.to_token_stream());
            match &f.member {
                syn::Member::Named(n) => quote!(#[doc = #doc] #vis #n: #ty),
                syn::Member::Unnamed(_) => quote!(#[doc = #doc] #vis #ty),
            }
        });
        let definition = if variant.style == Style::Tuple {
            quote!(#vis struct #wide #all (#(#fields),*) #clause;)
        } else {
            quote!(#vis struct #wide #all #clause { #(#fields),* })
        };
        let made = |part: &dyn Fn(&Field) -> TokenStream, of: TokenStream| {
            let parts = variant.fields.iter().map(|f| {
                let (member, part) = (&f.member, if f.constant { quote!(()) } else { part(f) });
                quote!(#member: #part)
            });
            quote!(#of { #(#parts),* })
        };
        let cloned = made(
            &|f| {
                let member = &f.member;
                quote!(::core::clone::Clone::clone(&self.#member))
            },
            quote!(Self),
        );
        let zeros = made(
            &|f| {
                let member = &f.member;
                quote!(::differentiable::lanes::Wide::__lanes::<#width>(&self.#member))
            },
            quote!(#wide),
        );
        let taken = made(
            &|f| {
                let member = &f.member;
                quote!(::differentiable::lanes::Wide::__take::<#width>(&self.#member, &lanes.#member, lane))
            },
            self.tangent.to_token_stream(),
        );
        let active = || variant.fields.iter().filter(|f| !f.constant);
        let puts = active().map(|f| {
            let (member, ty) = (&f.member, &f.ty);
            quote!(<#ty as ::differentiable::lanes::Wide>::__put::<#width>(&mut lanes.#member, lane, &tangent.#member);)
        });
        let methods = variant.fields.iter().filter_map(|f| {
            let syn::Member::Named(name) = &f.member else { return None };
            let (shared, unique) = (field_method(name, false), field_method(name, true));
            let (vis, ty) = (&f.vis, type_of(f));
            Some(quote! {
                #[doc(hidden)] #[inline]
                #vis fn #shared(&self) -> &#ty { &self.#name }
                #[doc(hidden)] #[inline]
                #vis fn #unique(&mut self) -> &mut #ty { &mut self.#name }
            })
        });
        quote! {
            #[doc = #doc]
            #[allow(clippy::all, clippy::pedantic)]
            #definition

            #[automatically_derived]
            #[allow(clippy::all, clippy::pedantic)]
            impl #all ::core::clone::Clone for #wide #names #clause {
                #[inline]
                fn clone(&self) -> Self { #cloned }
            }

            #[automatically_derived]
            impl #all ::differentiable::__private::Space for #wide #names #clause {}

            #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #all #wide #names #clause { #(#methods)* }

            #[automatically_derived]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            impl #impls ::differentiable::lanes::Wide for #name #types #clause {
                type Lanes<const #width: usize> = #wide #names;

                #[inline]
                fn __lanes<const #width: usize>(&self) -> #wide #names { #zeros }

                #[inline]
                fn __put<const #width: usize>(lanes: &mut #wide #names, lane: usize, tangent: &Self::Tangent) { #(#puts)* }

                #[inline]
                fn __take<const #width: usize>(&self, lanes: &#wide #names, lane: usize) -> Self::Tangent { #taken }
            }
        }
    }

    /// Every type parameter in a differentiable field has several tangents.
    fn wide_clause(&self) -> TokenStream {
        let existing =
            self.generics.where_clause.iter().flat_map(|w| w.predicates.iter().map(ToTokens::to_token_stream));
        let bounds = self.generics.type_params().filter(|p| self.uses(&p.ident)).map(|p| {
            let ident = &p.ident;
            quote!(#ident: ::differentiable::lanes::Wide)
        });
        let all: Vec<TokenStream> = existing.chain(bounds).collect();
        if all.is_empty() { TokenStream::new() } else { quote!(where #(#all),*) }
    }
}
