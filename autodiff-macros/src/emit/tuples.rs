//! Tuples in generated code.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::code::{Code, code};

/// A tuple, also of one element.
pub(crate) fn tuple<T: ToTokens>(items: &[T]) -> TokenStream {
    match items {
        [one] => quote!((#one,)),
        many => quote!((#(#many),*)),
    }
}

/// The same of pieces of code.
pub(super) fn tuple_of(items: &[Code]) -> Code {
    match items {
        [one] => code!((#one,)),
        many => code!((#(#many),*)),
    }
}

/// The only piece of code, or a tuple of several.
pub(super) fn one_or_tuple_of(items: impl IntoIterator<Item = Code>) -> Code {
    let items: Vec<Code> = items.into_iter().collect();
    if let [one] = items.as_slice() { one.clone() } else { code!((#(#items),*)) }
}

/// The only item, or a tuple of several.
pub(crate) fn one_or_tuple<T: ToTokens>(items: impl IntoIterator<Item = T>) -> TokenStream {
    let items: Vec<T> = items.into_iter().collect();
    if let [one] = items.as_slice() { quote!(#one) } else { quote!((#(#items),*)) }
}
