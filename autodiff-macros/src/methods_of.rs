//! The companions of the methods of an `impl` block, of a type or of a trait.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ImplItem, ItemImpl};

use crate::companions::{Companions, Host};
use crate::expand::{self, Function};
use crate::options::Options;
use crate::twin;

/// Expands the attribute on an `impl` block.
pub(crate) fn implementation(mut item: ItemImpl, options: Options) -> TokenStream {
    if let Some(tokens) = crate::indexing::implementation(&item) {
        return tokens;
    }
    if let Some(tokens) = crate::operators::implementation(&item, &options) {
        return tokens;
    }
    let refusals = crate::errors::Errors::new();
    crate::signature::refuse_views(&item.self_ty, &refusals);
    if let Err(error) = refusals.finish() {
        let error = error.to_compile_error();
        return quote!(#item #error);
    }
    let mut companions = TokenStream::new();
    let mut errors = TokenStream::new();
    let mut missing = TokenStream::new();
    let of_trait = item.trait_.is_some();
    let associated: Vec<syn::Type> = item
        .items
        .iter()
        .filter_map(|member| if let ImplItem::Type(t) = member { Some(t.ty.clone()) } else { None })
        .collect();
    let generics = item.generics.clone();
    let signatures = item.items.iter().filter_map(|m| if let ImplItem::Fn(f) = m { Some(&f.sig) } else { None });
    let outer = expand::Outer::new(&generics, signatures);
    for member in &mut item.items {
        let ImplItem::Fn(f) = member else { continue };
        let own = match take_options(&mut f.attrs, &options) {
            Ok(own) => own,
            Err(e) => {
                errors.extend(e.to_compile_error());
                continue;
            }
        };
        if of_trait && own.tape_none && !own.skip {
            errors.extend(tape_of_trait(&f.sig.ident).to_compile_error());
        }
        if of_trait && own.has_rule() && !own.skip {
            errors.extend(rule_of_trait(&f.sig.ident).to_compile_error());
        }
        let mut sig = f.sig.clone();
        let skip = own.skip;
        let analysed = if skip {
            None
        } else {
            Some(expand::analyse(&mut sig, &expand::body_to_read(&f.block, &own), Some(&outer), &own))
        };
        twin::strip_markers(&mut f.sig);
        expand::strip_statement_markers(&mut f.block);
        match analysed {
            None if of_trait => {
                let skipped = crate::traits::skip_marker(&f.sig.ident);
                companions.extend(quote!(#[doc(hidden)] fn #skipped() {}));
            }
            None => {}
            Some(Err(e)) => errors.extend(e.to_compile_error()),
            Some(Ok(function)) => {
                let cfgs: TokenStream =
                    f.attrs.iter().filter(|a| a.path().is_ident("cfg")).map(ToTokens::to_token_stream).collect();
                let vis = if of_trait { TokenStream::new() } else { f.vis.to_token_stream() };
                let host = Host {
                    vis,
                    method: Some(f.sig.ident.clone()),
                    attrs: cfgs,
                    of_trait,
                    declared: false,
                    captures_self: false,
                    outer: item.generics.clone(),
                    associated: associated.clone(),
                    bound: None,
                };
                missing.extend(crate::unannotated::functions(&function, &host.attrs));
                companions.extend(if of_trait { trait_items(&function, &host) } else { twin::items(&function, &host) });
            }
        }
    }
    if of_trait {
        // The companions are items of the trait, so they stand in the same block.
        let (attrs, generics, self_ty) = (&item.attrs, &item.generics, &item.self_ty);
        let (impl_generics, _, clause) = generics.split_for_impl();
        let (path, _) = item.trait_.as_ref().expect("an impl of a trait");
        let items = &item.items;
        return quote! {
            #(#attrs)*
            #[allow(clippy::too_many_arguments, clippy::type_complexity)]
            impl #impl_generics #path for #self_ty #clause {
                #(#items)*
                #companions
            }
            #errors
            #missing
        };
    }
    let (impl_generics, _, clause) = item.generics.split_for_impl();
    let self_ty = &item.self_ty;
    quote! {
        #item
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl #impl_generics #self_ty #clause {
            #companions
        }
        #errors
        #missing
    }
}

/// The hidden companions that a trait requires.
fn trait_items(f: &Function, host: &Host) -> TokenStream {
    let c = Companions { f, host };
    let mut out = TokenStream::new();
    for level in 1..=f.options.order() {
        out.extend(c.tangent(level));
    }
    for level in 0..f.options.order() {
        out.extend(c.taped_erased(level, true));
    }
    out
}

/// Methods of traits are called without knowing whose they are.
pub(crate) fn tape_of_trait(method: &syn::Ident) -> syn::Error {
    syn::Error::new(
        method.span(),
        format!(
            "`tape = none`: a method of a trait keeps its tape in a box, since every `impl` has its own; put the computation of `{method}` into a function with `tape = none`, or take `tape = none` off"
        ),
    )
}

/// The body of a method with a rule is not read, so what a trait asks for cannot be made of it.
pub(crate) fn rule_of_trait(method: &syn::Ident) -> syn::Error {
    syn::Error::new(
        method.span(),
        format!("a method of a trait has no rule of its own; let `{method}` call a function that has one"),
    )
}

/// Takes `#[differentiable(…)]` off a method; its options stand in for those of the block.
pub(crate) fn take_options(attrs: &mut Vec<syn::Attribute>, block: &Options) -> syn::Result<Options> {
    let mut options = Options { order: block.order, tape_none: block.tape_none, ..Options::default() };
    let mut error = None;
    attrs.retain(|a| {
        if !a.path().is_ident("differentiable") {
            return true;
        }
        match a.parse_args::<Options>() {
            Ok(own) => {
                let (order, tape_none) = (own.order.max(block.order), own.tape_none || block.tape_none);
                options = Options { order, tape_none, ..own };
            }
            Err(e) => error = Some(e),
        }
        false
    });
    error.map_or(Ok(options), Err)
}
