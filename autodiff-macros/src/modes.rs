//! Which modes a function has: what it calls may have a rule for one alone, or call such a function in turn.
//!
//! In: a function in normal form. Out: the markers of its modes, which depend on those of the functions that it calls (the
//! runtime's `modes.rs` says how), and what has them where they are asked for. (`method_modes.rs` has those of methods.) Inside
//! of functions names are not found from where the markers stand: what calls these is taken to have both modes, and a rule that is
//! missing is an error of the build. Functions that are called directly are asked once more, which finds them everywhere.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use crate::expand::Function;
use crate::method_modes;
use crate::rule::Given;
use crate::shells::Shells;
use crate::unannotated::others;

/// The modes of a function.
pub(crate) enum Modes {
    Known {
        backward: bool,
        forward: bool,
    },
    /// Those that the type of this value has the markers of, with what must be in scope around it.
    Asked(TokenStream, TokenStream),
}

impl Modes {
    /// The modes of a function that is differentiated.
    pub(crate) fn of(shells: &Shells<'_>) -> Self {
        let c = &shells.companions;
        let paths = others(c.f);
        let own = match &c.host.method {
            None => (!paths.is_empty()).then(|| quote!(Self)),
            Some(m) => c.host.limited.get(&m.to_string()).map(ToTokens::to_token_stream),
        };
        let (methods, scope) = method_modes::questions(shells);
        if own.is_none() && methods.is_empty() {
            return Self::Known { backward: true, forward: true };
        }
        let own = own.into_iter();
        let subject = quote!((#(::core::marker::PhantomData::<#own>,)* #(#paths::__twin(),)* #(#methods,)*));
        Self::Asked(subject, scope)
    }
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

/// The markers of a function that calls so many others, and the methods with these.
pub(crate) fn markers(count: usize, methods: &[Ident]) -> TokenStream {
    let callees: Vec<Ident> = (0..count).map(callee).chain(methods.iter().cloned()).collect();
    let (forward, backward) = traits();
    quote! {
        impl #forward for __Caller where #(for<'a> #callees: #forward),* {}
        impl #backward for __Caller where #(for<'a> #callees: #backward),* {}
    }
}
