//! Where companions live and how they are called.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Generics, Type};

use crate::cycles::Ending;
use crate::emit::{Code, companion};
use crate::method_modes::Limited;

/// Where companions live and how they are called.
#[derive(Clone, Default)]
pub(crate) struct Host {
    pub(crate) vis: Code,
    /// `None` for a twin, whose companions are called `grad`; `Some(m)` for the methods `m_grad`.
    pub(crate) method: Option<Ident>,
    pub(crate) attrs: Code,
    /// The companions are items of a trait: their types are the same whatever an `impl` writes.
    pub(crate) of_trait: bool,
    /// They are declared in the trait itself, for every type that implements it.
    pub(crate) declared: bool,
    /// Opaque types capture `Self` as well: they are declared in a trait.
    pub(crate) captures_self: bool,
    /// Parameters of the `impl` around, which opaque types capture.
    pub(crate) outer: Generics,
    /// The associated types of an `impl` of a trait, which are generic in the trait's companions.
    pub(crate) associated: Vec<Type>,
    /// A bound under which they exist, which is checked where they are called.
    pub(crate) bound: Option<Code>,
    /// The methods of the same `impl` that may lack a mode.
    pub(crate) limited: Limited,
    /// The methods of the same `impl` that do not call themselves.
    pub(crate) ending: Ending,
}

impl Host {
    /// The name of a hidden companion.
    pub(crate) fn hidden(&self, base: &str, level: u32) -> Ident {
        let base = companion(base, level);
        match &self.method {
            None => Ident::new(&base, Span::mixed_site()),
            Some(m) => Ident::new(&format!("{base}_{}", m.unraw()), m.span()),
        }
    }

    /// The name of a public companion.
    pub(crate) fn public(&self, base: &str, prefix: Option<&Ident>) -> Ident {
        match (&self.method, prefix) {
            (None, _) => Ident::new(base, Span::call_site()),
            (Some(_), Some(p)) => Ident::new(&format!("{}_{base}", p.unraw()), p.span()),
            (Some(m), None) => Ident::new(&format!("{}_{base}", m.unraw()), m.span()),
        }
    }
}
