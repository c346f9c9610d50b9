//! `Index` of user types: beside `impl Index<I> for Grid` stands which part of the tangent belongs to an element, as an
//! `impl` of the runtime's trait `Elements`.
//!
//! In: an `impl` whose method ends in a reference to a part of `self`. Out: the same method, which gives a reference to
//! the part of the tangent.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, FnArg, ImplItem, ItemImpl, Pat, Type};

/// Expands the attribute on the `impl` of `Index` or `IndexMut`; `None` if it is none.
pub(crate) fn implementation(item: &ItemImpl) -> Option<TokenStream> {
    let (path, _) = item.trait_.as_ref()?;
    match path.segments.last()?.ident.to_string().as_str() {
        "Index" => {}
        // The `impl Index` says which part it is.
        "IndexMut" => return Some(item.to_token_stream()),
        _ => return None,
    }
    Some(of_the_tangent(item).map_or_else(
        |e| {
            let error = e.to_compile_error();
            quote!(#item #error)
        },
        |tokens| quote!(#item #tokens),
    ))
}

fn of_the_tangent(item: &ItemImpl) -> syn::Result<TokenStream> {
    let wrong = |what: &dyn ToTokens, message: &str| Err(syn::Error::new_spanned(what, message));
    let method = item.items.iter().find_map(|i| match i {
        ImplItem::Fn(f) => Some(f),
        _ => None,
    });
    let output = item.items.iter().find_map(|i| match i {
        ImplItem::Type(t) if t.ident == "Output" => Some(&t.ty),
        _ => None,
    });
    let (Some(method), Some(output)) = (method, output) else {
        return wrong(item, "the `impl` has no method, or no type of the value");
    };
    let Some(FnArg::Typed(index)) = method.sig.inputs.iter().nth(1) else {
        return wrong(&method.sig, "the method takes no index");
    };
    let (pattern, index_ty): (&Pat, &Type) = (&index.pat, &index.ty);
    let (self_ty, (impl_generics, _, clause)) = (&item.self_ty, item.generics.split_for_impl());
    let space = quote!(<#output as ::differentiable::Differentiable>::Tangent);
    let body = |mutable: bool| -> syn::Result<TokenStream> {
        let mut block = method.block.clone();
        part_of_block(&mut block, mutable)?;
        Ok(quote!({
            let #pattern = index;
            #block
        }))
    };
    let (shared, unique) = (body(false)?, body(true)?);
    let indices = of_tangents(item, index_ty, &space, &[&shared, &unique]);
    Ok(quote! {
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl #impl_generics ::differentiable::operators::Elements<#index_ty> for #self_ty #clause {
            type Element = #space;
            #[inline]
            fn element<'tangent>(&self, tangent: &'tangent Self::Tangent, index: #index_ty) -> &'tangent #space #shared
            #[inline]
            fn element_mut<'tangent>(&self, tangent: &'tangent mut Self::Tangent, index: #index_ty) -> &'tangent mut #space #unique
        }
        #indices
    })
}

/// `Index` of the tangent itself, where the index alone tells which part it is: then it can be read and written wherever it is, as
/// in a field or in what a function gives.
fn of_tangents(
    item: &ItemImpl,
    index_ty: &Type,
    space: &TokenStream,
    bodies: &[&TokenStream; 2],
) -> Option<TokenStream> {
    if bodies.iter().any(|body| names_self((*body).clone())) {
        return None;
    }
    let ty = tangent_of(item)?;
    let (impl_generics, _, clause) = item.generics.split_for_impl();
    let [shared, unique] = bodies;
    Some(quote! {
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl #impl_generics ::core::ops::Index<#index_ty> for #ty #clause {
            type Output = #space;
            #[inline]
            fn index(&self, index: #index_ty) -> &#space {
                let tangent = self;
                #shared
            }
        }
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl #impl_generics ::core::ops::IndexMut<#index_ty> for #ty #clause {
            #[inline]
            fn index_mut(&mut self, index: #index_ty) -> &mut #space {
                let tangent = self;
                #unique
            }
        }
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl #impl_generics ::differentiable::__private::Within<#index_ty> for #ty #clause {
            type Element = #space;
            #[inline]
            fn within(&self, index: #index_ty) -> &#space {
                &self[index]
            }
            #[inline]
            fn within_mut(&mut self, index: #index_ty) -> &mut #space {
                &mut self[index]
            }
        }
    })
}

/// The type of the tangent. That of a generic type is known by its name alone.
fn tangent_of(item: &ItemImpl) -> Option<Type> {
    let self_ty = &item.self_ty;
    if item.generics.params.is_empty() {
        return Some(syn::parse_quote!(<#self_ty as ::differentiable::Differentiable>::Tangent));
    }
    let Type::Path(named) = &**self_ty else { return None };
    let mut named = named.clone();
    let last = named.path.segments.last_mut()?;
    last.ident = quote::format_ident!("{}Tangent", last.ident);
    Some(Type::Path(named))
}

/// Whether code reads the value itself.
fn names_self(code: TokenStream) -> bool {
    code.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => ident == "self",
        proc_macro2::TokenTree::Group(group) => names_self(group.stream()),
        _ => false,
    })
}

fn part_of_block(block: &mut syn::Block, mutable: bool) -> syn::Result<()> {
    match block.stmts.last_mut() {
        Some(syn::Stmt::Expr(e, None)) => part(e, mutable),
        Some(syn::Stmt::Macro(_)) => Ok(()),
        _ => Err(refusal(block)),
    }
}

/// The reference at the end of a body becomes one to the part of the tangent.
fn part(e: &mut Expr, mutable: bool) -> syn::Result<()> {
    match e {
        Expr::Paren(p) => part(&mut p.expr, mutable),
        Expr::Group(g) => part(&mut g.expr, mutable),
        Expr::Block(b) => part_of_block(&mut b.block, mutable),
        Expr::If(i) => {
            part_of_block(&mut i.then_branch, mutable)?;
            i.else_branch.as_mut().map_or(Ok(()), |(_, e)| part(e, mutable))
        }
        Expr::Match(m) => m.arms.iter_mut().try_for_each(|arm| part(&mut arm.body, mutable)),
        Expr::Macro(_) => Ok(()),
        Expr::Reference(r) => {
            r.mutability = mutable.then(|| syn::parse_quote!(mut));
            root(&mut r.expr)
        }
        other => Err(refusal(other)),
    }
}

/// The variable at the beginning of a place.
fn root(e: &mut Expr) -> syn::Result<()> {
    match e {
        Expr::Field(f) => root(&mut f.base),
        Expr::Index(i) => root(&mut i.expr),
        Expr::Paren(p) => root(&mut p.expr),
        Expr::Path(p) if p.path.is_ident("self") => {
            *e = syn::parse_quote!(tangent);
            Ok(())
        }
        other => Err(refusal(other)),
    }
}

fn refusal(what: &dyn ToTokens) -> syn::Error {
    syn::Error::new_spanned(
        what,
        "`index` can be differentiated where it ends in `&self.…`, a field or an element of the type itself; write it so",
    )
}
