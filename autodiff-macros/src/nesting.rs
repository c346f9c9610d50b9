//! Limits on tokens before anything parses them, so that no input can exhaust the stack.
//!
//! A parser calls itself for every group, and for what follows a sign, an operator, `else` or `<`. So both the depth of
//! groups and the number of tokens that can belong to one expression are limited.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Groups inside groups.
const DEPTH: usize = 128;

/// Tokens without `;`, `,` or the end of a block between them.
const RUN: usize = 512;

/// Refuses tokens that are nested too deeply to be parsed.
pub(crate) fn check(tokens: &TokenStream) -> syn::Result<()> {
    let mut open = vec![(tokens.clone().into_iter().peekable(), 0_usize)];
    while let Some((stream, run)) = open.last_mut() {
        let Some(token) = stream.next() else {
            open.pop();
            continue;
        };
        *run += 1;
        let too_long = *run > RUN;
        if ends(&token, stream.peek()) {
            *run = 0;
        }
        if too_long {
            let message = "this expression is too long; bind parts of it to names";
            return Err(syn::Error::new(token.span(), message));
        }
        if let TokenTree::Group(group) = token {
            if open.len() > DEPTH {
                let message = "this is nested too deeply; bind parts of it to names, or make them functions";
                return Err(syn::Error::new(group.span(), message));
            }
            open.push((group.stream().into_iter().peekable(), 0));
        }
    }
    Ok(())
}

/// Whether an expression cannot go on after a token.
fn ends(token: &TokenTree, next: Option<&TokenTree>) -> bool {
    match token {
        TokenTree::Punct(p) => matches!(p.as_char(), ';' | ','),
        TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => match next {
            Some(TokenTree::Ident(i)) => i != "else" && i != "as",
            Some(TokenTree::Punct(p)) => p.as_char() == '#',
            Some(_) | None => true,
        },
        _ => false,
    }
}
