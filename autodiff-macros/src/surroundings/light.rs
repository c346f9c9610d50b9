//! Which functions are light: a backward sweep had rather run them again than keep what they give and their tapes.

use std::collections::hash_map::Entry;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::maps::{HashMap, HashSet};

/// Words that are about more than numbers which stand side by side.
const HEAVY: &[&str] = &[
    "async", "break", "const", "continue", "fn", "for", "impl", "loop", "match", "return", "static", "struct",
    "unsafe", "use", "while",
];

/// The methods of numbers and slices that cost next to nothing.
const LIGHT: &[&str] =
    &["abs", "clamp", "copysign", "im", "is_empty", "len", "max", "min", "mul_add", "norm_sqr", "re", "signum"];

/// The longest body, in tokens.
const LONGEST: usize = 128;

/// How deep calls of light functions nest.
const DEEPEST: usize = 3;

/// What the functions of a file cost, by their names: those of one name are one. Methods are here a second time, each with its
/// type.
#[derive(Default)]
pub(super) struct Weights(HashMap<String, Weight>);

/// The functions that a light one calls, or none of a heavy one.
type Weight = Option<HashSet<String>>;

impl Weights {
    /// Adds a function.
    pub(super) fn add(&mut self, name: &str, body: &TokenStream) {
        let mut calls = HashSet::default();
        let weight = all(body, &mut 0, &mut calls).then_some(calls);
        match self.0.entry(name.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(weight);
            }
            Entry::Occupied(mut entry) => {
                let both = entry.get_mut().take().zip(weight);
                *entry.get_mut() = both.map(|(a, b)| a.into_iter().chain(b).collect());
            }
        }
    }

    /// Whether the functions of a name are a few sums and products of fields, elements and numbers: no loops, and no calls
    /// but those of constructors, of the lightest methods and of others like them. It goes by words: all that could come of a
    /// mistake is a cost.
    pub(super) fn is_light(&self, name: &str) -> bool {
        self.is_light_within(name, DEEPEST)
    }

    fn is_light_within(&self, name: &str, depth: usize) -> bool {
        let Some(Some(calls)) = self.0.get(name) else { return false };
        depth > 0 && calls.iter().all(|name| self.is_light_within(name, depth - 1))
    }
}

/// The name of a method together with that of its type.
pub(super) fn of_method(owner: &str, name: &str) -> String {
    format!("{owner}::{name}")
}

fn all(tokens: &TokenStream, count: &mut usize, calls: &mut HashSet<String>) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    *count += tokens.len();
    *count <= LONGEST
        && tokens.iter().enumerate().all(|(i, token)| match token {
            TokenTree::Ident(word) => !HEAVY.contains(&word.to_string().as_str()),
            // A division costs as much as a round trip to memory, `?` and `|` leave the line, `!` may be a macro's.
            TokenTree::Punct(p) => match p.as_char() {
                '/' | '%' | '?' | '|' => false,
                '!' => !matches!(tokens.get(i + 1), Some(TokenTree::Group(_))),
                _ => true,
            },
            TokenTree::Group(group) => {
                let made = match group.delimiter() {
                    Delimiter::Parenthesis => is_known_call(&tokens[..i], calls),
                    Delimiter::Bracket => !is_repeated(&group.stream()),
                    _ => true,
                };
                made && all(&group.stream(), count, calls)
            }
            TokenTree::Literal(_) => true,
        })
}

/// Whether parentheses behind these tokens are none of a call, or of one by a name, which is noted.
fn is_known_call(before: &[TokenTree], calls: &mut HashSet<String>) -> bool {
    match before {
        [.., TokenTree::Ident(name)] => {
            let name = name.to_string();
            let is_method = matches!(before, [.., TokenTree::Punct(dot), _] if dot.as_char() == '.');
            let known = if is_method { LIGHT.contains(&name.as_str()) } else { name.starts_with(char::is_uppercase) };
            if !known && !matches!(name.as_str(), "if" | "else" | "in" | "let" | "as") {
                calls.insert(name);
            }
            true
        }
        [.., TokenTree::Group(_)] => false,
        [.., TokenTree::Punct(p)] => p.as_char() != '>',
        [] | [.., TokenTree::Literal(_)] => true,
    }
}

/// `[x; n]`, which may be long.
fn is_repeated(inside: &TokenStream) -> bool {
    inside.clone().into_iter().any(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ';'))
}
