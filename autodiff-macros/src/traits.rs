//! Traits whose methods can be called from differentiated code: beside each required method the trait
//! requires its hidden companions, so that an `impl` without derivatives does not compile.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ItemTrait, TraitItem};

use crate::companions::{Companions, Host};
use crate::expand;
use crate::methods_of::take_options;
use crate::options::Options;
use crate::twin;

/// Expands the attribute on a trait.
pub(crate) fn declaration(mut item: ItemTrait, options: Options) -> TokenStream {
    let mut companions = Vec::new();
    let mut errors = TokenStream::new();
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
        // A provided method is plain: an `impl` that overrides it could not be told apart.
        if own.skip || f.default.is_some() {
            continue;
        }
        if own.tape_none {
            errors.extend(crate::methods_of::tape_of_trait(&f.sig.ident).to_compile_error());
        }
        match expand::analyse(&mut sig, &syn::parse_quote!({ ::core::unreachable!() }), Some(&item.generics), &own) {
            Err(e) => errors.extend(e.to_compile_error()),
            Ok(function) => {
                let host = Host {
                    vis: TokenStream::new(),
                    method: Some(f.sig.ident.clone()),
                    attrs: TokenStream::new(),
                    of_trait: true,
                    outer: item.generics.clone(),
                    associated: Vec::new(),
                };
                let c = Companions { f: &function, host: &host };
                for level in 1..=own.order() {
                    companions.push(c.tangent_as(level, false));
                }
                for level in 0..own.order() {
                    companions.push(c.taped_erased(level, false));
                }
            }
        }
    }
    for tokens in companions {
        match syn::parse2::<TraitItem>(tokens) {
            Ok(member) => item.items.push(member),
            Err(e) => errors.extend(e.to_compile_error()),
        }
    }
    quote!(#item #errors)
}
