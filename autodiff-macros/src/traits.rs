//! Traits whose methods can be called from differentiated code.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemTrait;

use crate::options::Options;

/// Expands the attribute on a trait.
pub(crate) fn declaration(item: ItemTrait, options: Options) -> TokenStream {
    let _ = options;
    quote!(#item)
}
