//! The traits of the type and of its tangent: `Differentiable` for both, and for the tangent `Tangent`, `Clone`, `Debug` and
//! `PartialEq`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::{Derive, Field, Saved, Style, Variant};

impl Derive {
    /// Arms over two values of the same variant, whose fields are bound with prefixes.
    pub(super) fn pairs(
        &self,
        first: &Ident,
        second: &Ident,
        body: &dyn Fn(&Variant) -> TokenStream,
    ) -> Vec<TokenStream> {
        self.variants
            .iter()
            .map(|v| {
                let a = self.with_fields(v, first, &|f| {
                    let b = &f.binding;
                    quote!(#b)
                });
                let b = self.with_fields(v, second, &|f| {
                    let b = format_ident!("t_{}", f.binding);
                    quote!(#b)
                });
                let body = body(v);
                quote!((#a, #b) => { #body })
            })
            .collect()
    }

    /// Arms over one value.
    pub(super) fn singles(&self, owner: &Ident, body: &dyn Fn(&Variant) -> TokenStream) -> Vec<TokenStream> {
        self.variants
            .iter()
            .map(|v| {
                let a = self.with_fields(v, owner, &|f| {
                    let b = &f.binding;
                    quote!(#b)
                });
                let body = body(v);
                quote!(#a => { #body })
            })
            .collect()
    }

    pub(super) fn mismatch(&self) -> TokenStream {
        if self.variants.len() > 1 {
            let text = format!("a tangent of another variant of `{}`", self.name);
            quote!(_ => ::core::panic!(#text),)
        } else {
            TokenStream::new()
        }
    }

    /// `Differentiable` for the type itself, or for its tangent.
    pub(super) fn differentiable(&self, tangent: bool) -> TokenStream {
        let generics = self.tangent_generics();
        let (_, space_types, _) = generics.split_for_impl();
        let (impls, types, _) = if tangent { &generics } else { &self.generics }.split_for_impl();
        let clause = self.clause();
        let owner = if tangent { &self.tangent } else { &self.name };
        let space = &self.tangent;
        let named = |f: &Field| f.member.to_token_stream().to_string();
        let zero = self.singles(owner, &|v| {
            self.with_fields(v, space, &|f| {
                let b = &f.binding;
                if f.constant { quote!(()) } else { quote!(::differentiable::Differentiable::__zero(#b)) }
            })
        });
        let update = self.pairs(owner, space, &|v| {
            let steps = v.fields.iter().filter(|f| !f.constant).map(|f| {
                let (a, b, name) = (&f.binding, format_ident!("t_{}", f.binding), named(f));
                quote! {
                    visitor.enter(#name);
                    ::differentiable::Differentiable::__update(#a, #b, visitor);
                    visitor.leave();
                }
            });
            quote!(#(#steps)*)
        });
        let visit = self.singles(owner, &|v| {
            let steps = v.fields.iter().filter(|f| !f.constant).map(|f| {
                let (a, name) = (&f.binding, named(f));
                let saved = f.saved.iter().map(|Saved { name, axes }| quote!(visitor.saved(#name, &[#(#axes),*]);));
                quote! {
                    visitor.enter(#name);
                    #(#saved)*
                    ::differentiable::Differentiable::__visit(#a, visitor);
                    visitor.leave();
                }
            });
            quote!(#(#steps)*)
        });
        let mismatch = self.mismatch();
        let kind = self.name.to_string();
        quote! {
            #[automatically_derived]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            impl #impls ::differentiable::Differentiable for #owner #types #clause {
                type Tangent = #space #space_types;

                #[inline]
                fn __zero(&self) -> #space #space_types {
                    match self { #(#zero)* }
                }

                #[inline]
                #[track_caller]
                fn __update(&mut self, tangent: &#space #space_types, visitor: &mut dyn ::differentiable::tangent::Update) {
                    match (self, tangent) { #(#update)* #mismatch }
                }

                #[inline]
                fn __visit(&self, visitor: &mut dyn ::differentiable::tangent::Visit) {
                    visitor.kind(#kind);
                    match self { #(#visit)* }
                }
            }
        }
    }

    /// The vector space: `Tangent`, `Clone`, `Debug`, `PartialEq`.
    pub(super) fn space(&self) -> TokenStream {
        let generics = self.tangent_generics();
        let (impls, types, _) = generics.split_for_impl();
        let clause = self.clause();
        let tangent = &self.tangent;
        let add = self.pairs(tangent, tangent, &|v| {
            let steps = v.fields.iter().map(|f| {
                let (a, b) = (&f.binding, format_ident!("t_{}", f.binding));
                quote!(::differentiable::Tangent::__add(#a, #b);)
            });
            quote!(#(#steps)*)
        });
        let map = self.singles(tangent, &|v| {
            let steps = v.fields.iter().map(|f| {
                let a = &f.binding;
                quote!(::differentiable::Tangent::__map(#a, f);)
            });
            quote!(#(#steps)*)
        });
        let scale = self.singles(tangent, &|v| {
            let steps = v.fields.iter().map(|f| {
                let a = &f.binding;
                quote!(::differentiable::Tangent::__scale(#a, factor);)
            });
            quote!(#(#steps)*)
        });
        let clone = self.singles(tangent, &|v| {
            self.with_fields(v, tangent, &|f| {
                let b = &f.binding;
                quote!(::core::clone::Clone::clone(#b))
            })
        });
        let equal = self.pairs(tangent, tangent, &|v| {
            let parts = v.fields.iter().map(|f| {
                let (a, b) = (&f.binding, format_ident!("t_{}", f.binding));
                quote!(&& #a == #b)
            });
            quote!(true #(#parts)*)
        });
        let debug = self.singles(tangent, &|v| {
            let name = if self.is_enum { v.name.to_string() } else { self.tangent.to_string() };
            let named = v.style != Style::Tuple;
            let parts = v.fields.iter().map(|f| {
                let (a, member) = (&f.binding, f.member.to_token_stream().to_string());
                if named { quote!(.field(#member, #a)) } else { quote!(.field(#a)) }
            });
            if named {
                quote!(f.debug_struct(#name) #(#parts)* .finish())
            } else {
                quote!(f.debug_tuple(#name) #(#parts)* .finish())
            }
        });
        let mismatch = self.mismatch();
        let unequal = if self.variants.len() > 1 { quote!(_ => false,) } else { TokenStream::new() };
        quote! {
            #[automatically_derived]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            impl #impls ::differentiable::Tangent for #tangent #types #clause {
                #[inline]
                fn __add(&mut self, other: &Self) {
                    match (self, other) { #(#add)* #mismatch }
                }

                #[inline]
                fn __map(&mut self, f: &mut dyn ::core::ops::FnMut(f64) -> f64) {
                    match self { #(#map)* }
                }

                #[inline]
                fn __scale(&mut self, factor: f64) {
                    match self { #(#scale)* }
                }
            }

            #[automatically_derived]
            impl #impls ::differentiable::__private::Space for #tangent #types #clause {}

            #[automatically_derived]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            impl #impls ::core::clone::Clone for #tangent #types #clause {
                #[inline]
                fn clone(&self) -> Self {
                    match self { #(#clone)* }
                }
            }

            #[automatically_derived]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            impl #impls ::core::cmp::PartialEq for #tangent #types #clause {
                #[inline]
                fn eq(&self, other: &Self) -> bool {
                    match (self, other) { #(#equal)* #unequal }
                }
            }

            #[automatically_derived]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            impl #impls ::core::fmt::Debug for #tangent #types #clause {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    match self { #(#debug)* }
                }
            }
        }
    }
}
