//! Tuples in generated code.

use super::code::{Code, Part, code};

/// A tuple, also of one element.
pub(crate) fn tuple(items: &[impl Part]) -> Code {
    match items {
        [one] => code!((#one,)),
        many => code!((#(#many),*)),
    }
}

/// The only item, or a tuple of several.
pub(crate) fn one_or_tuple<T: Part>(items: impl IntoIterator<Item = T>) -> Code {
    let items: Vec<T> = items.into_iter().collect();
    if let [one] = items.as_slice() { one.to_code() } else { code!((#(#items),*)) }
}
