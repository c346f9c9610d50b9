//! `#[derive(Differentiable)]`: the tangent type of a struct or an enum, and its traits.
//!
//! In: the item. Out: `FooTangent` with the same fields and variants, `Differentiable` for both, and
//! `Tangent`, `Clone`, `Debug` and `PartialEq` for the tangent.

mod definition;
mod lanes;
mod parts;
mod traits;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Generics, Type};

pub(crate) use parts::{
    FIELD, FIELD_MUT, field_method, field_name, lanes_constructor, numbered_method, payload_method, tangent_constructor,
};

/// Expands the derive.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let result = crate::nesting::check(&item)
        .and_then(|()| syn::parse2::<DeriveInput>(item))
        .and_then(|input| Derive::read(&input).map(|d| d.tokens()));
    result.unwrap_or_else(|e| e.to_compile_error())
}

/// A type in which the name of the item stands for `Self`, which would be the tangent in its own definition.
fn named(ty: &Type, input: &DeriveInput) -> Type {
    struct Named(syn::Path);
    impl syn::visit_mut::VisitMut for Named {
        fn visit_type_path_mut(&mut self, p: &mut syn::TypePath) {
            syn::visit_mut::visit_type_path_mut(self, p);
            if p.qself.is_none() && p.path.is_ident("Self") {
                p.path = self.0.clone();
            }
        }
    }
    let name = &input.ident;
    let (_, arguments, _) = input.generics.split_for_impl();
    let mut ty = ty.clone();
    syn::visit_mut::VisitMut::visit_type_mut(&mut Named(syn::parse_quote!(#name #arguments)), &mut ty);
    ty
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

/// Whether a name begins with a small letter.
fn is_small(name: &Ident) -> bool {
    use syn::ext::IdentExt;
    name.unraw().to_string().chars().next().is_some_and(char::is_lowercase)
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
                    ty: named(&f.ty, input),
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
                if let Some(v) = e.variants.iter().find(|v| !v.fields.is_empty() && is_small(&v.ident)) {
                    return Err(syn::Error::new(
                        v.ident.span(),
                        "a variant with fields whose name begins with a small letter would be taken for a function by differentiated code; begin it with a capital",
                    ));
                }
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
        let mut errors = Vec::new();
        let fields = variants.iter().flat_map(|v: &Variant| &v.fields).filter(|f| !f.constant);
        fields.for_each(|f| crate::fence::check_field(&f.ty, &mut errors));
        if let Some(error) = errors.into_iter().reduce(|mut all, next| {
            all.combine(next);
            all
        }) {
            return Err(error);
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
            lanes: input.attrs.iter().any(|a| a.path().is_ident("lanes")),
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
                // A complex number is one of floats.
                if self.is_part_of_complex(ident) {
                    quote!(#ident: ::differentiable::Real)
                } else {
                    quote!(#ident: ::differentiable::Differentiable)
                }
            });
        let all: Vec<TokenStream> = existing.chain(bounds).collect();
        if all.is_empty() { TokenStream::new() } else { quote!(where #(#all),*) }
    }

    fn uses(&self, ident: &Ident) -> bool {
        self.variants.iter().flat_map(|v| &v.fields).any(|f| !f.constant && mentions(f.ty.to_token_stream(), ident))
    }

    /// Whether a field holds complex numbers of a type parameter.
    fn is_part_of_complex(&self, ident: &Ident) -> bool {
        struct Find<'a>(&'a Ident, bool);
        impl<'ast> syn::visit::Visit<'ast> for Find<'_> {
            fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
                self.1 |= segment.ident == "Complex" && mentions(segment.arguments.to_token_stream(), self.0);
                syn::visit::visit_path_segment(self, segment);
            }
        }
        let mut find = Find(ident, false);
        let fields = self.variants.iter().flat_map(|v| &v.fields).filter(|f| !f.constant);
        fields.for_each(|f| syn::visit::Visit::visit_type(&mut find, &f.ty));
        find.1
    }

    /// The path of a variant of the type, of its tangent, or of its tangents along several directions.
    fn path(&self, variant: &Variant, owner: &Ident) -> TokenStream {
        let name = &variant.name;
        if self.is_enum { quote!(#owner::#name) } else { quote!(#owner) }
    }

    /// A pattern or an expression with the fields of a variant.
    fn with_fields(&self, variant: &Variant, owner: &Ident, part: &dyn Fn(&Field) -> TokenStream) -> TokenStream {
        let path = self.path(variant, owner);
        match variant.style {
            Style::Unit if *owner == self.name || self.is_enum => path,
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
        let (parts, lanes) = (self.parts_of_the_tangent(), self.lanes());
        quote!(#definition #own #tangents #space #parts #lanes)
    }
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
