//! Tuples in generated code.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// A tuple, also of one element.
pub(crate) fn tuple<T: ToTokens>(items: &[T]) -> TokenStream {
    match items {
        [one] => quote!((#one,)),
        many => quote!((#(#many),*)),
    }
}

/// The only item, or a tuple of several.
pub(crate) fn one_or_tuple<T: ToTokens>(items: impl IntoIterator<Item = T>) -> TokenStream {
    let items: Vec<T> = items.into_iter().collect();
    if let [one] = items.as_slice() { quote!(#one) } else { quote!((#(#items),*)) }
}
