//! Pieces of generated code, held as trees.
//!
//! A stream of tokens lives in the compiler: to write one into another takes several calls across the bridge to it. What is
//! written into something else again and again, as expressions are, is held here, and costs none.

use std::fmt;

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};

/// The tokens of an expression.
#[derive(Clone, Default)]
pub(crate) struct Code(Vec<TokenTree>);

impl Code {
    /// Parts one after the other.
    pub(crate) fn joined<const N: usize>(parts: [&Self; N]) -> Self {
        let mut trees = Vec::with_capacity(parts.iter().map(|p| p.0.len()).sum());
        parts.iter().for_each(|p| trees.extend_from_slice(&p.0));
        Self(trees)
    }

    /// The tokens in parentheses.
    pub(crate) fn in_parentheses(self) -> Self {
        Self(vec![Group::new(Delimiter::Parenthesis, self.into_token_stream()).into()])
    }

    /// The text, if it is a single tree.
    pub(crate) fn text_of_one(&self) -> Option<String> {
        if let [one] = self.0.as_slice() { Some(one.to_string()) } else { None }
    }
}

/// The tokens of a template, as [`quote!`](quote::quote) has them.
macro_rules! code {
    ($($tokens:tt)*) => { $crate::emit::Code::from(quote::quote!($($tokens)*)) };
}
pub(super) use code;

impl From<Ident> for Code {
    fn from(ident: Ident) -> Self {
        Self(vec![ident.into()])
    }
}

impl From<Literal> for Code {
    fn from(literal: Literal) -> Self {
        Self(vec![literal.into()])
    }
}

impl From<TokenStream> for Code {
    fn from(tokens: TokenStream) -> Self {
        Self(tokens.into_iter().collect())
    }
}

impl FromIterator<TokenTree> for Code {
    fn from_iter<I: IntoIterator<Item = TokenTree>>(trees: I) -> Self {
        Self(trees.into_iter().collect())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_token_stream().fmt(f)
    }
}

impl ToTokens for Code {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.0);
    }
}
