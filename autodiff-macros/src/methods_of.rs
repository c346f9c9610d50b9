//! The companions of the methods of an `impl` block.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemImpl;

use crate::options::Options;

/// Expands the attribute on an `impl` block.
pub(crate) fn implementation(item: ItemImpl, options: Options) -> TokenStream {
    let _ = options;
    quote!(#item)
}
