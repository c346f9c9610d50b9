//! The names in generated code that tell what it needs in scope.

use proc_macro2::Ident;

use crate::emit::Code;

/// The methods of traits of the prelude that generated code calls.
const METHODS: [&str; 4] = ["to_owned", "rev", "step_by", "size_hint"];

/// Of generated code, the distinct names that stand for something beside it, in the order in which they first occur:
/// [`METHODS`], views of arrays, and what begins as the hidden names of this crate do.
pub(crate) struct Mentions {
    names: Vec<(Ident, String)>,
}

impl Mentions {
    pub(crate) fn of(parts: &[&Code]) -> Self {
        let mut names: Vec<(Ident, String)> = Vec::new();
        for code in parts {
            code.names(&mut |ident, of_method| {
                let name = ident.to_string();
                let telling = name.starts_with("__")
                    || METHODS.contains(&name.as_str())
                    || of_method && crate::arrays::is_view(&name);
                if telling && !names.iter().any(|(_, n)| *n == name) {
                    names.push((ident.clone(), name));
                }
            });
        }
        Self { names }
    }

    /// Whether one of some of [`METHODS`] occurs.
    pub(crate) fn any(&self, of: &[&str]) -> bool {
        self.names.iter().any(|(_, name)| of.contains(&name.as_str()))
    }

    /// The hidden names that are of a kind, as declarations beside the code name them: with the span of the attribute.
    pub(crate) fn that(&self, of: impl Fn(&str) -> bool) -> Vec<Ident> {
        self.names.iter().filter(|(_, name)| of(name)).map(|(ident, _)| crate::unannotated::unspanned(ident)).collect()
    }
}

/// Whether a name occurs in generated code.
pub(crate) fn occurs(name: &Ident, code: &Code) -> bool {
    let mut found = false;
    code.names(&mut |other, _| found |= other == name);
    found
}
