//! The names that generated code mentions, which tell what it needs in scope.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};

/// The distinct names of a stream of tokens, in the order in which they first occur.
pub(crate) struct Mentions {
    names: Vec<(Ident, String)>,
}

impl Mentions {
    pub(crate) fn of(streams: &[&TokenStream]) -> Self {
        let (mut names, mut seen) = (Vec::new(), HashSet::new());
        for tokens in streams {
            collect((*tokens).clone(), &mut seen, &mut names);
        }
        Self { names }
    }

    /// Whether one of some names occurs.
    pub(crate) fn any(&self, of: &[&str]) -> bool {
        self.names.iter().any(|(_, name)| of.contains(&name.as_str()))
    }

    /// The names that are of a kind, as declarations beside the code name them: with the span of the attribute.
    pub(crate) fn that(&self, of: impl Fn(&str) -> bool) -> Vec<Ident> {
        self.names.iter().filter(|(_, name)| of(name)).map(|(ident, _)| crate::unannotated::unspanned(ident)).collect()
    }
}

fn collect(tokens: TokenStream, seen: &mut HashSet<String>, names: &mut Vec<(Ident, String)>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                if !seen.contains(&name) {
                    seen.insert(name.clone());
                    names.push((ident, name));
                }
            }
            TokenTree::Group(group) => collect(group.stream(), seen, names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
