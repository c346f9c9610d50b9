//! Methods of integers, for receivers whose type only the type checker knows: `(self.len + 1).min(n)` in a method of a struct
//! whose fields a macro does not see.
//!
//! In: the table of methods. Out: traits of the runtime with the hidden companions of each, which compute the value and have
//! nothing to give as a derivative, and their implementations. A method of the same name on a type of the user's own has
//! companions of its own.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use crate::emit::companion;
use crate::kinds::Kind;
use crate::scalars::ORDER;

/// What a method gives, which tells the shape of its tangent.
#[derive(Clone, Copy)]
enum Given {
    /// An integer, of the type of the receiver.
    Same,
    /// An integer of that size without a sign.
    Unsigned,
    /// A count of bits or of digits.
    Count,
    Bool,
    /// An integer, unless it overflows.
    Checked,
    /// An integer, and whether it has overflown.
    Overflowing,
}

/// Which integers have a method.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Signed,
    Unsigned,
}

/// What a method takes beside its receiver.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Same,
    Two,
    /// A power, or a number of bits.
    Count,
}

/// The methods of integers.
const TABLE: &[(&str, Which, Takes, Given)] = &[
    ("min", Which::All, Takes::Same, Given::Same),
    ("max", Which::All, Takes::Same, Given::Same),
    ("clamp", Which::All, Takes::Two, Given::Same),
    ("pow", Which::All, Takes::Count, Given::Same),
    ("isqrt", Which::All, Takes::Nothing, Given::Same),
    ("rem_euclid", Which::All, Takes::Same, Given::Same),
    ("div_euclid", Which::All, Takes::Same, Given::Same),
    ("abs_diff", Which::All, Takes::Same, Given::Unsigned),
    ("ilog", Which::All, Takes::Same, Given::Count),
    ("ilog2", Which::All, Takes::Nothing, Given::Count),
    ("ilog10", Which::All, Takes::Nothing, Given::Count),
    ("wrapping_add", Which::All, Takes::Same, Given::Same),
    ("wrapping_sub", Which::All, Takes::Same, Given::Same),
    ("wrapping_mul", Which::All, Takes::Same, Given::Same),
    ("wrapping_div", Which::All, Takes::Same, Given::Same),
    ("wrapping_rem", Which::All, Takes::Same, Given::Same),
    ("wrapping_pow", Which::All, Takes::Count, Given::Same),
    ("wrapping_neg", Which::All, Takes::Nothing, Given::Same),
    ("wrapping_shl", Which::All, Takes::Count, Given::Same),
    ("wrapping_shr", Which::All, Takes::Count, Given::Same),
    ("saturating_add", Which::All, Takes::Same, Given::Same),
    ("saturating_sub", Which::All, Takes::Same, Given::Same),
    ("saturating_mul", Which::All, Takes::Same, Given::Same),
    ("saturating_pow", Which::All, Takes::Count, Given::Same),
    ("checked_add", Which::All, Takes::Same, Given::Checked),
    ("checked_sub", Which::All, Takes::Same, Given::Checked),
    ("checked_mul", Which::All, Takes::Same, Given::Checked),
    ("checked_div", Which::All, Takes::Same, Given::Checked),
    ("checked_rem", Which::All, Takes::Same, Given::Checked),
    ("checked_pow", Which::All, Takes::Count, Given::Checked),
    ("overflowing_add", Which::All, Takes::Same, Given::Overflowing),
    ("overflowing_sub", Which::All, Takes::Same, Given::Overflowing),
    ("overflowing_mul", Which::All, Takes::Same, Given::Overflowing),
    ("count_ones", Which::All, Takes::Nothing, Given::Count),
    ("count_zeros", Which::All, Takes::Nothing, Given::Count),
    ("leading_zeros", Which::All, Takes::Nothing, Given::Count),
    ("trailing_zeros", Which::All, Takes::Nothing, Given::Count),
    ("leading_ones", Which::All, Takes::Nothing, Given::Count),
    ("trailing_ones", Which::All, Takes::Nothing, Given::Count),
    ("swap_bytes", Which::All, Takes::Nothing, Given::Same),
    ("reverse_bits", Which::All, Takes::Nothing, Given::Same),
    ("rotate_left", Which::All, Takes::Count, Given::Same),
    ("rotate_right", Which::All, Takes::Count, Given::Same),
    ("abs", Which::Signed, Takes::Nothing, Given::Same),
    ("signum", Which::Signed, Takes::Nothing, Given::Same),
    ("unsigned_abs", Which::Signed, Takes::Nothing, Given::Unsigned),
    ("is_negative", Which::Signed, Takes::Nothing, Given::Bool),
    ("is_positive", Which::Signed, Takes::Nothing, Given::Bool),
    ("div_ceil", Which::Unsigned, Takes::Same, Given::Same),
    ("next_multiple_of", Which::Unsigned, Takes::Same, Given::Same),
    ("next_power_of_two", Which::Unsigned, Takes::Nothing, Given::Same),
    ("is_power_of_two", Which::Unsigned, Takes::Nothing, Given::Bool),
];

/// The traits that the runtime defines.
pub(crate) const TRAITS: [&str; 3] = ["IntegerMethods", "SignedMethods", "UnsignedMethods"];

const SIGNED: [(&str, &str); 6] =
    [("i8", "u8"), ("i16", "u16"), ("i32", "u32"), ("i64", "u64"), ("i128", "u128"), ("isize", "usize")];

/// The kind of what a method of integers gives.
pub(crate) fn kind(name: &str) -> Kind {
    match TABLE.iter().find(|(n, ..)| *n == name).map(|(.., given)| given) {
        Some(Given::Same | Given::Unsigned | Given::Count) => Kind::Int,
        Some(Given::Bool) => Kind::Bool,
        Some(Given::Checked) => Kind::Option(Box::new(Kind::Int)),
        Some(Given::Overflowing) => Kind::Tuple(vec![Kind::Int, Kind::Bool]),
        None => Kind::Unknown,
    }
}

/// Whether it is a method that integers have, and no sequence.
pub(crate) fn is_method(name: &str) -> bool {
    !matches!(name, "rotate_left" | "rotate_right") && TABLE.iter().any(|(n, ..)| *n == name)
}

/// How many arguments beside its receiver a method of integers takes.
pub(crate) fn arity(name: &str) -> Option<usize> {
    TABLE.iter().find(|(n, ..)| *n == name).map(|(_, _, takes, _)| takes.types().len())
}

/// Whether a companion is one that the runtime has for integers.
pub(crate) fn is_companion(companion: &str) -> bool {
    let method = companion.strip_prefix("__").and_then(|rest| rest.split_once('_')).map_or("", |(_, method)| method);
    TABLE.iter().any(|(name, ..)| *name == method)
}

/// The traits of the companions of methods of integers, and their implementations.
pub(crate) fn methods() -> TokenStream {
    let mut out = TokenStream::new();
    for (which, name) in [Which::All, Which::Signed, Which::Unsigned].into_iter().zip(TRAITS) {
        let rows: Vec<_> = TABLE.iter().filter(|(_, w, ..)| *w == which).map(|(n, _, t, g)| (*n, *t, *g)).collect();
        let name = format_ident!("{}", name);
        let items = rows.iter().map(|(name, takes, given)| item(name, *takes, *given));
        out.extend(quote! {
            /// The hidden companions of methods of integers, which have no derivative.
            #[allow(missing_docs, unused_variables, clippy::all, clippy::pedantic)]
            pub trait #name: Copy {
                type Unsigned;
                #(#items)*
            }
        });
        let signed = SIGNED.iter().filter(|_| which != Which::Unsigned).map(|(s, u)| (*s, *u));
        let unsigned = SIGNED.iter().filter(|_| which != Which::Signed).map(|(_, u)| (*u, *u));
        for (ty, magnitude) in signed.chain(unsigned) {
            let (ty, magnitude) = (format_ident!("{}", ty), format_ident!("{}", magnitude));
            let plain = rows.iter().map(|(method, takes, given)| {
                let (head, arguments) = (plain_head(method, *takes, *given), takes.names());
                let method = format_ident!("{}", method);
                quote!(#[inline] #head { #ty::#method(self, #(#arguments),*) })
            });
            out.extend(quote! {
                #[allow(clippy::all, clippy::pedantic)]
                impl #name for #ty {
                    type Unsigned = #magnitude;
                    #(#plain)*
                }
            });
        }
    }
    out
}

impl Takes {
    fn types(self) -> Vec<TokenStream> {
        match self {
            Self::Nothing => vec![],
            Self::Same => vec![quote!(Self)],
            Self::Two => vec![quote!(Self); 2],
            Self::Count => vec![quote!(u32)],
        }
    }

    fn names(self) -> Vec<Ident> {
        (0..self.types().len()).map(|i| format_ident!("a{}", i)).collect()
    }
}

impl Given {
    fn ty(self) -> TokenStream {
        match self {
            Self::Same => quote!(Self),
            Self::Unsigned => quote!(Self::Unsigned),
            Self::Count => quote!(u32),
            Self::Bool => quote!(bool),
            Self::Checked => quote!(Option<Self>),
            Self::Overflowing => quote!((Self, bool)),
        }
    }

    /// The type of the tangent, and the tangent of `y`.
    fn tangent(self) -> (TokenStream, TokenStream) {
        match self {
            Self::Same | Self::Unsigned | Self::Count | Self::Bool => (quote!(()), quote!(())),
            Self::Checked => (quote!(Option<()>), quote!(y.map(|_| ()))),
            Self::Overflowing => (quote!(((), ())), quote!(((), ()))),
        }
    }
}

/// `fn plain_min(self, a0: Self) -> Self`
fn plain_head(method: &str, takes: Takes, given: Given) -> TokenStream {
    let (name, names, types, given) = (format_ident!("plain_{}", method), takes.names(), takes.types(), given.ty());
    quote!(fn #name(self, #(#names: #types),*) -> #given)
}

/// The method itself, and its companions of all levels.
fn item(method: &str, takes: Takes, given: Given) -> TokenStream {
    let (names, types, value) = (takes.names(), takes.types(), given.ty());
    let (tangent, zero) = given.tangent();
    let (plain, head) = (format_ident!("plain_{}", method), plain_head(method, takes, given));
    let units: Vec<TokenStream> = names.iter().map(|_| quote!(())).collect();
    let named = |base: &str, level: u32| Ident::new(&format!("{}_{method}", companion(base, level)), Span::call_site());
    // A tangent of each argument for each component above the first.
    let tangents = |level: u32| -> Vec<TokenStream> {
        let of = |c: usize| {
            let this = format_ident!("d{}", c);
            let rest = names.iter().map(|a| format_ident!("d{}_{}", c, a));
            quote!(#this: Option<&()>, #(#rest: Option<()>,)*)
        };
        (1..1 << level).map(of).collect()
    };
    let mut items = quote!(#head;);
    for level in 0..ORDER {
        let (forward, backward) = (named("__jvp", level + 1), named("__fwd", level));
        let (given, zeros) = (vec![&tangent; (2 << level) - 1], vec![&zero; (2 << level) - 1]);
        let params = tangents(level + 1);
        items.extend(quote! {
            #[inline]
            fn #forward(&self, #(#names: #types,)* #(#params)*) -> (#value, #(#given),*) {
                let y = self.#plain(#(#names),*);
                (y, #(#zeros),*)
            }
        });
        let params = tangents(level);
        let above = (1 << level) - 1;
        let all = vec![&tangent; 1 << level];
        let (values, made) = if level == 0 {
            (value.clone(), quote!(y))
        } else {
            let (types, zeros) = (vec![&tangent; above], vec![&zero; above]);
            (quote!((#value, #(#types),*)), quote!((y, #(#zeros),*)))
        };
        let again = vec![quote!(Option<&'r ()>, #(#units,)*); above];
        let slots = vec![quote!(Option<&'r mut ()>, #(#units,)*); 1 << level];
        let gradients = vec![quote!((), #(#units,)*); 1 << level];
        let argument = quote!(((&'r Self, #(#units,)* #(#again)*), (#(#all),*), (#(#slots)*)));
        items.extend(quote! {
            #[inline]
            fn #backward(&self, #(#names: #types,)* #(#params)*)
                -> (#values, impl for<'r> FnOnce(#argument) -> (#(#gradients)*) + use<Self>)
            {
                let y = self.#plain(#(#names),*);
                (#made, |_| (#(#gradients)*))
            }
        });
    }
    items
}
