//! Which modes a function has: what it calls may have a rule for one alone, or call such a function in turn.
//!
//! In: a function in normal form. Out: the markers of its modes, which depend on those of the functions that it calls (the
//! runtime's `modes.rs` says how), and what has them where they are asked for. Methods have no such markers, and inside of
//! functions names are not found from where the markers stand: what calls these is taken to have both modes, and a rule that is
//! missing is an error of the build. Functions that are called directly are asked once more, which finds them everywhere.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use crate::companions::Companions;
use crate::expand::Function;
use crate::rule::Given;
use crate::unannotated::{digest, others};

/// The modes of a function.
pub(crate) enum Modes {
    Known {
        backward: bool,
        forward: bool,
    },
    /// Those that the type of this value has the markers of.
    Asked(TokenStream),
}

impl Modes {
    /// The modes of a function that is differentiated.
    pub(crate) fn of(c: &Companions<'_>) -> Self {
        let paths = others(c.f);
        if paths.is_empty() {
            return Self::Known { backward: true, forward: true };
        }
        let own = match c.host.method {
            None => quote!(Self),
            Some(_) => marked(c.f).to_token_stream(),
        };
        Self::Asked(quote!((::core::marker::PhantomData::<#own>, #(#paths::__twin()),*)))
    }
}

/// The type with the markers of a method, which has no type beside it.
fn marked(f: &Function) -> Ident {
    format_ident!("__modes_{}", digest(&f.signature.name, &f.signature.name))
}

/// The type with the markers of a method, and its name, where it is asked for them.
pub(crate) fn of_method(f: &Function, cfgs: &TokenStream) -> Option<(Ident, TokenStream)> {
    if others(f).is_empty() || f.options.has_rule() {
        return None;
    }
    let name = marked(f);
    let item = quote!(#cfgs #[doc(hidden)] #[allow(dead_code, non_camel_case_types)] enum #name {});
    Some((name, item))
}

/// The markers of both modes.
fn traits() -> (TokenStream, TokenStream) {
    (quote!(::core::panic::UnwindSafe), quote!(::core::panic::RefUnwindSafe))
}

/// The markers of a function with rules: those of the modes that have one.
pub(crate) fn of_rule(f: &Function, name: &Ident, cfgs: &TokenStream) -> TokenStream {
    let (forward, backward) = traits();
    let given = Given::of(&f.options);
    let without = |there: bool, mode: &TokenStream, what: &str| {
        let what = format_ident!("Without{what}");
        (!there).then(|| quote!(#cfgs impl #mode for #name where for<'a> ::differentiable::__private::#what: #mode {}))
    };
    let (forward, backward) =
        (without(given.forward, &forward, "Forward"), without(given.backward, &backward, "Reverse"));
    quote!(#forward #backward)
}

/// The name of the type that is to have markers, in a scope where others may be imported under its own.
pub(crate) fn caller(name: &Ident) -> TokenStream {
    quote!(type __Caller = #name;)
}

fn callee(i: usize) -> Ident {
    format_ident!("__Callee{i}")
}

/// Names for the types beside the functions that are called. What is not found has no derivatives, about which there is an error
/// already.
pub(crate) fn aliases<'a>(names: impl Iterator<Item = (usize, &'a Ident)>) -> TokenStream {
    names
        .map(|(i, name)| {
            let callee = callee(i);
            quote!(type #callee = #name;)
        })
        .collect()
}

/// The markers of a function that calls so many others.
pub(crate) fn markers(count: usize) -> TokenStream {
    let callees: Vec<Ident> = (0..count).map(callee).collect();
    let (forward, backward) = traits();
    quote! {
        impl #forward for __Caller where #(for<'a> #callees: #forward),* {}
        impl #backward for __Caller where #(for<'a> #callees: #backward),* {}
    }
}
