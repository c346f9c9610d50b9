//! Traits whose methods can be called from differentiated code: beside each required method the trait
//! requires its hidden companions, so that an `impl` without derivatives does not compile, and an item whose name
//! says what such an `impl` lacks. Beside a
//! provided method it provides them; an `impl` that overrides the one is annotated, and overrides the
//! others, because of the required ones. With the option `hidden` the companions stand there alone.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ItemTrait, TraitItem};

use crate::companions::{Companions, Host};
use crate::emit::{Code, code};
use crate::expand;
use crate::methods_of::take_options;
use crate::options::Options;
use crate::twin;

/// Expands the attribute on a trait.
pub(crate) fn declaration(mut item: ItemTrait, options: Options) -> TokenStream {
    let mut companions = Vec::new();
    let mut errors = TokenStream::new();
    // An `impl` that overrides a provided method is known to be annotated where it must be for another.
    let has_required = item.items.iter().any(|member| match member {
        TraitItem::Fn(f) => f.default.is_none() && !is_skipped(f, &options),
        _ => false,
    });
    let annotated = annotated_marker();
    let provided = if has_required { code!(;) } else { code!({}) };
    companions.push(lenient(code!(#[doc(hidden)] fn #annotated() where Self: Sized #provided)));
    let generics = item.generics.clone();
    let methods = item
        .items
        .iter()
        .filter_map(|m| if let TraitItem::Fn(f) = m { Some((&f.sig, f.default.as_ref())) } else { None });
    let outer = expand::Outer::new(&generics, None, methods);
    for member in &mut item.items {
        let TraitItem::Fn(f) = member else { continue };
        let own = match take_options(&mut f.attrs, &options) {
            Ok(own) => own,
            Err(e) => {
                errors.extend(e.to_compile_error());
                continue;
            }
        };
        let mut sig = f.sig.clone();
        twin::strip_markers(&mut f.sig);
        if own.skip {
            // An `impl` may leave out only what the trait leaves out.
            let skipped = skip_marker(&f.sig.ident);
            companions.push(code!(#[doc(hidden)] fn #skipped() where Self: Sized {}));
            continue;
        }
        if own.tape_none {
            errors.extend(crate::methods_of::tape_of_trait(&f.sig.ident).to_compile_error());
        }
        if own.lanes {
            errors.extend(crate::lanes::of_trait(&f.sig.ident).to_compile_error());
        }
        if own.has_rule() {
            errors.extend(crate::methods_of::rule_of_trait(&f.sig.ident).to_compile_error());
        }
        if f.default.is_some() && !has_required {
            continue;
        }
        let provided = f.default.is_some();
        let body = match &f.default {
            Some(body) => expand::body_to_read(body, &own),
            None => syn::parse_quote!({ ::core::unreachable!() }),
        };
        if let Some(body) = &mut f.default {
            expand::strip_statement_markers(body);
        }
        match expand::analyse(&mut sig, &body, Some(&outer), &own) {
            Err(e) => errors.extend(e.to_compile_error()),
            Ok(function) => {
                let host = Host {
                    method: Some(f.sig.ident.clone()),
                    attrs: crate::twin::tracked(&f.attrs),
                    of_trait: true,
                    declared: true,
                    outer: item.generics.clone(),
                    ..Host::default()
                };
                let c = Companions { f: &function, host: &host };
                let required = options.required.unwrap_or(own.order());
                let absent = absent(&f.sig.ident);
                for level in 1..=own.order() {
                    companions.push(lenient(if level > required && !provided {
                        c.tangent_absent(level, &absent)
                    } else {
                        c.tangent_as(level, provided)
                    }));
                }
                for level in 0..own.order() {
                    companions.push(lenient(if level >= required && !provided {
                        c.taped_absent(level, &absent)
                    } else {
                        c.taped_erased(level, provided)
                    }));
                }
            }
        }
    }
    if options.hidden {
        item.items.retain(|member| !matches!(member, TraitItem::Fn(_)));
    }
    for tokens in companions {
        match syn::parse2::<TraitItem>(tokens.to_token_stream()) {
            Ok(member) => item.items.push(member),
            Err(e) => errors.extend(e.to_compile_error()),
        }
    }
    quote!(#item #errors)
}

/// What stands for a derivative that an `impl` need not have: an error of every build that calls it.
fn absent(method: &syn::Ident) -> syn::Block {
    let text = format!(
        "`{method}` is differentiated twice, but an `impl` that is called here has first derivatives only: write `#[differentiable(order = 2)]` on it"
    );
    syn::parse_quote!({
        struct Rule;
        impl ::differentiable::__private::MissingRule for Rule {
            const MESSAGE: &'static str = #text;
        }
        ::differentiable::__private::missing_rule::<Rule>()
    })
}

/// The name of a hidden item that says that a method has no companions.
pub(crate) fn skip_marker(method: &syn::Ident) -> syn::Ident {
    quote::format_ident!("__skip_{}", method, span = method.span())
}

/// The name of a hidden item that every annotated `impl` has; where it is missing, the error shows this name.
pub(crate) fn annotated_marker() -> syn::Ident {
    quote::format_ident!("__put_the_attribute_differentiable_on_this_impl")
}

fn is_skipped(f: &syn::TraitItemFn, options: &Options) -> bool {
    take_options(&mut f.attrs.clone(), options).is_ok_and(|own| own.skip)
}

/// Generated code is no style of the user's.
fn lenient(item: Code) -> Code {
    code!(#[allow(unused, clippy::all, clippy::pedantic)] #item)
}
