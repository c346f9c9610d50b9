//! The names in generated code that tell what it needs in scope.

use proc_macro2::{Ident, TokenStream, TokenTree};

/// The methods of traits of the prelude that generated code calls.
const METHODS: [&str; 4] = ["to_owned", "rev", "step_by", "size_hint"];

/// Of a stream of tokens, the distinct names that stand for something beside it, in the order in which they first occur:
/// [`METHODS`], views of arrays, and what begins as the hidden names of this crate do.
pub(crate) struct Mentions {
    names: Vec<(Ident, String)>,
}

impl Mentions {
    pub(crate) fn of(streams: &[&TokenStream]) -> Self {
        let mut names: Vec<(Ident, String)> = Vec::new();
        for tokens in streams {
            each((*tokens).clone(), &mut |ident, name, of_method| {
                let telling = name.starts_with("__")
                    || METHODS.contains(&name.as_str())
                    || of_method && crate::arrays::is_view(&name);
                if telling && !names.iter().any(|(_, n)| *n == name) {
                    names.push((ident, name));
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

/// Whether a name occurs in a stream of tokens.
pub(crate) fn occurs(name: &Ident, tokens: &TokenStream) -> bool {
    let (name, mut found) = (name.to_string(), false);
    each(tokens.clone(), &mut |_, other, _| found |= other == name);
    found
}

/// Calls `f` on every name, at any depth, with whether it stands behind a dot.
fn each(tokens: TokenStream, f: &mut dyn FnMut(Ident, String, bool)) {
    let mut behind_dot = false;
    for token in tokens {
        let dot = matches!(&token, TokenTree::Punct(p) if p.as_char() == '.');
        match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                f(ident, name, behind_dot);
            }
            TokenTree::Group(group) => each(group.stream(), f),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        behind_dot = dot;
    }
}
