//! `#[derive(Differentiable)]`: the tangent type of a struct or an enum, and its traits.
//!
//! In: the item. Out: `FooTangent` with the same fields and variants, `Differentiable` for both, and
//! `Tangent`, `Clone`, `Debug` and `PartialEq` for the tangent.

mod lanes;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Generics, Type};

/// Expands the derive.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let result = crate::nesting::check(&item)
        .and_then(|()| syn::parse2::<DeriveInput>(item))
        .and_then(|input| Derive::read(&input).map(|d| d.tokens()));
    result.unwrap_or_else(|e| e.to_compile_error())
}

/// A field with its tangent.
struct Field {
    /// The name, or the index.
    member: syn::Member,
    /// The variable to which patterns bind it.
    binding: Ident,
    ty: Type,
    vis: TokenStream,
    constant: bool,
    saved: Option<Saved>,
}

/// `#[saved(name = "weight", axes = [1, 0])]`: what a field is called in files, and in which order the axes of its array lie
/// there. Without a name, what is in the field stands in the place of the field.
struct Saved {
    name: syn::LitStr,
    axes: Vec<syn::LitInt>,
}

impl Saved {
    fn read(attributes: &[syn::Attribute]) -> syn::Result<Option<Self>> {
        let Some(attribute) = attributes.iter().find(|a| a.path().is_ident("saved")) else { return Ok(None) };
        let (mut name, mut axes) = (None, Vec::new());
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("name") {
                name = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("axes") {
                let list: syn::ExprArray = meta.value()?.parse()?;
                for axis in &list.elems {
                    axes.push(syn::parse2(axis.to_token_stream())?);
                }
                let mut sorted = axes.iter().map(syn::LitInt::base10_parse).collect::<syn::Result<Vec<usize>>>()?;
                sorted.sort_unstable();
                if sorted.iter().enumerate().any(|(place, axis)| place != *axis) {
                    return Err(syn::Error::new(list.span(), "`axes` must name each axis once, counting from 0"));
                }
            } else {
                return Err(meta.error("`saved` takes `name = \"…\"` and `axes = […]`"));
            }
            Ok(())
        })?;
        let name = name.ok_or_else(|| syn::Error::new(attribute.span(), "`saved` needs a `name = \"…\"`"))?;
        Ok(Some(Self { name, axes }))
    }
}

/// A struct, or a variant of an enum.
struct Variant {
    name: Ident,
    fields: Vec<Field>,
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Named,
    Tuple,
    Unit,
}

struct Derive {
    name: Ident,
    tangent: Ident,
    vis: TokenStream,
    generics: Generics,
    variants: Vec<Variant>,
    is_enum: bool,
    /// Whether there are tangents along several directions at once.
    lanes: bool,
}

impl Derive {
    fn read(input: &DeriveInput) -> syn::Result<Self> {
        let fields = |name: &Ident, fields: &Fields| {
            let style = match fields {
                Fields::Named(_) => Style::Named,
                Fields::Unnamed(_) => Style::Tuple,
                Fields::Unit => Style::Unit,
            };
            let list = fields.iter().enumerate().map(|(i, f)| {
                Ok(Field {
                    member: f.ident.clone().map_or_else(|| syn::Member::from(i), syn::Member::Named),
                    binding: format_ident!("field_{}", i),
                    ty: f.ty.clone(),
                    vis: f.vis.to_token_stream(),
                    constant: f.attrs.iter().any(|a| a.path().is_ident("constant")),
                    saved: Saved::read(&f.attrs)?,
                })
            });
            syn::Result::Ok(Variant { name: name.clone(), fields: list.collect::<syn::Result<_>>()?, style })
        };
        let (variants, is_enum) = match &input.data {
            Data::Struct(s) => (vec![fields(&input.ident, &s.fields)?], false),
            Data::Enum(e) => {
                let variants = e.variants.iter().map(|v| fields(&v.ident, &v.fields));
                (variants.collect::<syn::Result<_>>()?, true)
            }
            Data::Union(u) => {
                return Err(syn::Error::new(
                    u.union_token.span(),
                    "a union has no tangent: its active field is not known; use an enum",
                ));
            }
        };
        let lanes = input.attrs.iter().find(|a| a.path().is_ident("lanes"));
        if let Some(lanes) = lanes.filter(|_| is_enum) {
            return Err(syn::Error::new(
                lanes.span(),
                "`#[lanes]` is for structs: the tangents of an enum along several directions have no type; take it off",
            ));
        }
        let name = input.ident.clone();
        let mut generics = input.generics.clone();
        for p in generics.type_params_mut() {
            p.default = None;
        }
        Ok(Self {
            tangent: format_ident!("{}Tangent", name),
            name,
            vis: input.vis.to_token_stream(),
            generics,
            variants,
            is_enum,
            lanes: lanes.is_some(),
        })
    }

    /// The type of a field of the tangent.
    fn tangent_of(field: &Field) -> TokenStream {
        let ty = crate::tangent_types::owning(&field.ty);
        if field.constant { quote!(()) } else { quote!(<#ty as ::differentiable::Differentiable>::Tangent) }
    }

    /// The generics of the tangent, which owns what it holds.
    fn tangent_generics(&self) -> Generics {
        let mut generics = self.generics.clone();
        generics.params =
            generics.params.into_iter().filter(|p| !matches!(p, syn::GenericParam::Lifetime(_))).collect();
        for p in generics.type_params_mut() {
            p.bounds = std::mem::take(&mut p.bounds)
                .into_iter()
                .filter(|b| !matches!(b, syn::TypeParamBound::Lifetime(_)))
                .collect();
        }
        generics
    }

    /// The where clause: every type parameter in a differentiable field has a derivative.
    fn clause(&self) -> TokenStream {
        let existing = self.generics.where_clause.iter().flat_map(|w| &w.predicates).filter(|p| !is_of_lifetimes(p));
        let existing = existing.map(ToTokens::to_token_stream);
        let bounds = self
            .generics
            .type_params()
            .filter(|p| self.uses(&p.ident) && !crate::tangent_types::bounded_otherwise(p))
            .map(|p| {
                let ident = &p.ident;
                quote!(#ident: ::differentiable::Differentiable)
            });
        let all: Vec<TokenStream> = existing.chain(bounds).collect();
        if all.is_empty() { TokenStream::new() } else { quote!(where #(#all),*) }
    }

    fn uses(&self, ident: &Ident) -> bool {
        self.variants.iter().flat_map(|v| &v.fields).any(|f| !f.constant && mentions(f.ty.to_token_stream(), ident))
    }

    /// The path of a variant of the type or of its tangent.
    fn path(&self, variant: &Variant, tangent: bool) -> TokenStream {
        let owner = if tangent { &self.tangent } else { &self.name };
        let name = &variant.name;
        if self.is_enum { quote!(#owner::#name) } else { quote!(#owner) }
    }

    /// A pattern or an expression with the fields of a variant.
    fn with_fields(&self, variant: &Variant, tangent: bool, part: &dyn Fn(&Field) -> TokenStream) -> TokenStream {
        let path = self.path(variant, tangent);
        match variant.style {
            Style::Unit if !tangent || self.is_enum => path,
            _ => {
                let parts = variant.fields.iter().map(|f| {
                    let (member, part) = (&f.member, part(f));
                    quote!(#member: #part)
                });
                quote!(#path { #(#parts),* })
            }
        }
    }

    fn tokens(&self) -> TokenStream {
        let definition = self.definition();
        let (own, tangents) = (self.differentiable(false), self.differentiable(true));
        let space = self.space();
        let variants = if self.is_enum { self.variants_of_the_tangent() } else { self.fields_of_the_tangent() };
        let lanes = self.lanes();
        quote!(#definition #own #tangents #space #variants #lanes)
    }

    /// What generated code calls to make the variants of the tangent and to reach their fields: it knows neither the
    /// tangent's name nor its parameters.
    fn variants_of_the_tangent(&self) -> TokenStream {
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
    fn fields_of_the_tangent(&self) -> TokenStream {
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

    fn definition(&self) -> TokenStream {
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

    /// Arms over two values of the same variant, whose fields are bound with prefixes.
    fn pairs(&self, first_tangent: bool, body: &dyn Fn(&Variant) -> TokenStream) -> Vec<TokenStream> {
        self.variants
            .iter()
            .map(|v| {
                let a = self.with_fields(v, first_tangent, &|f| {
                    let b = &f.binding;
                    quote!(#b)
                });
                let b = self.with_fields(v, true, &|f| {
                    let b = format_ident!("t_{}", f.binding);
                    quote!(#b)
                });
                let body = body(v);
                quote!((#a, #b) => { #body })
            })
            .collect()
    }

    /// Arms over one value.
    fn singles(&self, tangent: bool, body: &dyn Fn(&Variant) -> TokenStream) -> Vec<TokenStream> {
        self.variants
            .iter()
            .map(|v| {
                let a = self.with_fields(v, tangent, &|f| {
                    let b = &f.binding;
                    quote!(#b)
                });
                let body = body(v);
                quote!(#a => { #body })
            })
            .collect()
    }

    fn mismatch(&self) -> TokenStream {
        if self.variants.len() > 1 {
            let text = format!("a tangent of another variant of `{}`", self.name);
            quote!(_ => ::core::panic!(#text),)
        } else {
            TokenStream::new()
        }
    }

    /// `Differentiable` for the type itself, or for its tangent.
    fn differentiable(&self, tangent: bool) -> TokenStream {
        let generics = self.tangent_generics();
        let (_, space_types, _) = generics.split_for_impl();
        let (impls, types, _) = if tangent { &generics } else { &self.generics }.split_for_impl();
        let clause = self.clause();
        let owner = if tangent { &self.tangent } else { &self.name };
        let space = &self.tangent;
        let named = |f: &Field| f.member.to_token_stream().to_string();
        let zero = self.singles(tangent, &|v| {
            self.with_fields(v, true, &|f| {
                let b = &f.binding;
                if f.constant { quote!(()) } else { quote!(::differentiable::Differentiable::__zero(#b)) }
            })
        });
        let update = self.pairs(tangent, &|v| {
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
        let visit = self.singles(tangent, &|v| {
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
    fn space(&self) -> TokenStream {
        let generics = self.tangent_generics();
        let (impls, types, _) = generics.split_for_impl();
        let clause = self.clause();
        let tangent = &self.tangent;
        let add = self.pairs(true, &|v| {
            let steps = v.fields.iter().map(|f| {
                let (a, b) = (&f.binding, format_ident!("t_{}", f.binding));
                quote!(::differentiable::Tangent::__add(#a, #b);)
            });
            quote!(#(#steps)*)
        });
        let map = self.singles(true, &|v| {
            let steps = v.fields.iter().map(|f| {
                let a = &f.binding;
                quote!(::differentiable::Tangent::__map(#a, f);)
            });
            quote!(#(#steps)*)
        });
        let scale = self.singles(true, &|v| {
            let steps = v.fields.iter().map(|f| {
                let a = &f.binding;
                quote!(::differentiable::Tangent::__scale(#a, factor);)
            });
            quote!(#(#steps)*)
        });
        let clone = self.singles(true, &|v| {
            self.with_fields(v, true, &|f| {
                let b = &f.binding;
                quote!(::core::clone::Clone::clone(#b))
            })
        });
        let equal = self.pairs(true, &|v| {
            let parts = v.fields.iter().map(|f| {
                let (a, b) = (&f.binding, format_ident!("t_{}", f.binding));
                quote!(&& #a == #b)
            });
            quote!(true #(#parts)*)
        });
        let debug = self.singles(true, &|v| {
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

/// Whether a predicate speaks of lifetimes, which a tangent does not have; the type itself implies them.
fn is_of_lifetimes(predicate: &syn::WherePredicate) -> bool {
    match predicate {
        syn::WherePredicate::Lifetime(_) => true,
        syn::WherePredicate::Type(p) => p.bounds.iter().all(|b| matches!(b, syn::TypeParamBound::Lifetime(_))),
        _ => false,
    }
}

fn mentions(tokens: TokenStream, ident: &Ident) -> bool {
    tokens.into_iter().any(|t| match t {
        proc_macro2::TokenTree::Ident(i) => i == *ident,
        proc_macro2::TokenTree::Group(g) => mentions(g.stream(), ident),
        _ => false,
    })
}
