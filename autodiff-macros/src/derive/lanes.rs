//! `#[lanes]` on a struct or an enum: the type of its tangents along several directions, for functions with the option `lanes`.
//!
//! In: the derive of the type. Out: `FooLanes`, with the same fields and variants, and `Wide` for `Foo`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::parts::Family;
use super::{Derive, Field, lanes_constructor};

impl Derive {
    /// The type and its trait, if the derive asks for them.
    pub(super) fn lanes(&self) -> TokenStream {
        if !self.lanes {
            return TokenStream::new();
        }
        let (name, wide, tangent) = (&self.name, format_ident!("{}Lanes", self.name), &self.tangent);
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
        let definition = self.shaped_alike(&wide, &all, &clause, &type_of, &doc);
        let parts = self.parts_of(&Family {
            name: &wide,
            impls: all.clone(),
            types: names.clone(),
            clause: clause.clone(),
            part: &type_of,
            constructor: lanes_constructor,
            own: quote!(<const #width: usize>),
        });
        let second = |f: &Field| format_ident!("t_{}", f.binding);
        let made = |owner: &Ident, of: &Ident, part: &dyn Fn(&Field) -> TokenStream| {
            self.singles(owner, &|v| self.with_fields(v, of, &|f| if f.constant { quote!(()) } else { part(f) }))
        };
        let cloned = made(&wide, &wide, &|f| {
            let field = &f.binding;
            quote!(::core::clone::Clone::clone(#field))
        });
        let zeros = made(name, &wide, &|f| {
            let field = &f.binding;
            quote!(::differentiable::lanes::Wide::__lanes::<#width>(#field))
        });
        let puts = self.pairs(&wide, tangent, &|v| {
            let puts = v.fields.iter().filter(|f| !f.constant).map(|f| {
                let (lanes, tangent, ty) = (&f.binding, second(f), &f.ty);
                quote!(<#ty as ::differentiable::lanes::Wide>::__put::<#width>(#lanes, lane, #tangent);)
            });
            quote!(#(#puts)*)
        });
        let taken = self.pairs(name, &wide, &|v| {
            self.with_fields(v, tangent, &|f| {
                let (field, lanes) = (&f.binding, second(f));
                if f.constant {
                    return quote!(());
                }
                quote!(::differentiable::lanes::Wide::__take::<#width>(#field, #lanes, lane))
            })
        });
        let mismatch = self.mismatch();
        quote! {
            #definition
            #parts

            #[automatically_derived]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            impl #all ::core::clone::Clone for #wide #names #clause {
                #[inline]
                fn clone(&self) -> Self { match self { #(#cloned)* } }
            }

            #[automatically_derived]
            impl #all ::differentiable::__private::Space for #wide #names #clause {}

            #[automatically_derived]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            impl #impls ::differentiable::lanes::Wide for #name #types #clause {
                type Lanes<const #width: usize> = #wide #names;

                #[inline]
                fn __lanes<const #width: usize>(&self) -> #wide #names { match self { #(#zeros)* } }

                #[inline]
                fn __put<const #width: usize>(lanes: &mut #wide #names, lane: usize, tangent: &Self::Tangent) {
                    match (lanes, tangent) { #(#puts)* #mismatch }
                }

                #[inline]
                fn __take<const #width: usize>(&self, lanes: &#wide #names, lane: usize) -> Self::Tangent {
                    match (self, lanes) { #(#taken)* #mismatch }
                }
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
