//! The names in generated code that tell what it needs in scope.

use proc_macro2::{Ident, Span};

use crate::emit::Code;

/// The methods of traits that generated code calls.
const METHODS: [&str; 5] = ["to_owned", "rev", "step_by", "size_hint", crate::layout::RESTORED];

/// Of generated code, the distinct names that stand for something beside it, in the order in which they first occur:
/// [`METHODS`], views of arrays, and what begins as the hidden names of this crate do.
pub(crate) struct Mentions {
    names: Vec<String>,
}

impl Mentions {
    pub(crate) fn of(parts: &[&Code]) -> Self {
        let mut names: Vec<String> = Vec::new();
        for code in parts {
            code.names(&mut |name, of_method| {
                let telling =
                    name.starts_with("__") || of_method && (METHODS.contains(&name) || crate::arrays::is_view(name));
                if telling && !names.iter().any(|n| n == name) {
                    names.push(name.to_owned());
                }
            });
        }
        Self { names }
    }

    /// Whether one of some of [`METHODS`] occurs.
    pub(crate) fn any(&self, of: &[&str]) -> bool {
        self.names.iter().any(|name| of.contains(&name.as_str()))
    }

    /// The hidden names that are of a kind, as declarations beside the code name them: with the span of the attribute.
    pub(crate) fn that(&self, of: impl Fn(&str) -> bool) -> Vec<Ident> {
        self.names.iter().filter(|name| of(name)).map(|name| Ident::new(name, Span::call_site())).collect()
    }
}

/// Whether a name occurs in generated code.
pub(crate) fn occurs(name: &Ident, code: &Code) -> bool {
    let (name, mut found) = (name.to_string(), false);
    code.names(&mut |other, _| found |= other == name);
    found
}
