//! Tokens as they are written: operators in one piece, brackets of generics told from comparisons, and no absolute paths.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// A token of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A word, a literal or a lifetime.
    Word(String),
    /// An operator or a separator.
    Mark(String),
    /// The brackets of generics.
    Open,
    Close,
    Group(Delimiter, Vec<Token>),
}

impl Token {
    pub(super) fn is_mark(&self, mark: &str) -> bool {
        matches!(self, Self::Mark(m) if m == mark)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(w) if w == word)
    }

    pub(super) fn is_lifetime(&self) -> bool {
        matches!(self, Self::Word(w) if w.starts_with('\'') && !w[1..].ends_with('\''))
    }

    /// Whether something must follow.
    pub(super) fn is_keyword(&self) -> bool {
        matches!(self, Self::Word(w) if KEYWORDS.contains(&w.as_str()))
    }
}

/// The words that stand before an operand, a pattern or a type.
const KEYWORDS: &[&str] = &[
    "as", "break", "const", "dyn", "else", "enum", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod",
    "move", "mut", "pub", "ref", "return", "static", "struct", "trait", "type", "unsafe", "use", "where", "while",
];

/// The operators of several characters, the longest first.
const LONG: &[&str] = &[
    "..=", "...", "<<=", ">>=", "::", "->", "=>", "..", "&&", "||", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=",
    "==", "!=", "<=", ">=", "<<", ">>",
];

/// The crates and modules that are left out at the head of a path.
const CRATES: [&str; 3] = ["differentiable", "core", "std"];
const MODULES: [&str; 11] =
    ["__private", "num_complex", "vec", "option", "mem", "ops", "boxed", "clone", "result", "default", "convert"];

/// Reads tokens, without the absolute paths that keep generated code independent of the user's imports.
pub(super) fn read(tokens: TokenStream) -> Vec<Token> {
    shorten(joined(tokens))
}

/// Puts the characters of operators together.
fn joined(tokens: TokenStream) -> Vec<Token> {
    let list: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out: Vec<Token> = Vec::new();
    let (mut depth, mut i) = (0_usize, 0);
    while i < list.len() {
        match &list[i] {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => out.extend(joined(group.stream())),
            TokenTree::Group(group) => out.push(Token::Group(group.delimiter(), joined(group.stream()))),
            TokenTree::Ident(word) => out.push(Token::Word(word.to_string())),
            TokenTree::Literal(literal) => out.push(Token::Word(literal.to_string())),
            TokenTree::Punct(punct) => {
                let run = run(&list[i..]);
                let c = punct.as_char();
                if let ('\'', Some(TokenTree::Ident(name))) = (c, list.get(i + 1)) {
                    out.push(Token::Word(format!("'{name}")));
                    i += 2;
                    continue;
                }
                let mark = LONG.iter().find(|m| run.starts_with(**m)).copied();
                if c == '>' && depth > 0 {
                    depth -= 1;
                    out.push(Token::Close);
                } else if c == '<' && mark.is_none_or(|m| m != "<=" && m != "<<=") && opens(&out, &list[i + 1..]) {
                    depth += 1;
                    out.push(Token::Open);
                } else if let Some(mark) = mark {
                    out.push(Token::Mark(mark.to_owned()));
                    i += mark.len() - 1;
                } else {
                    out.push(Token::Mark(c.to_string()));
                }
            }
        }
        i += 1;
    }
    out
}

/// The characters that are written together from here on.
fn run(list: &[TokenTree]) -> String {
    let mut text = String::new();
    for token in list.iter().take(3) {
        let TokenTree::Punct(punct) = token else { break };
        text.push(punct.as_char());
        if punct.spacing() == Spacing::Alone {
            break;
        }
    }
    text
}

/// Whether `<` opens generics behind these tokens, or compares.
fn opens(before: &[Token], behind: &[TokenTree]) -> bool {
    match before {
        [] | [.., Token::Open] => true,
        [.., Token::Mark(mark)] => mark != "?",
        [.., Token::Close | Token::Group(..)] => false,
        [.., word] if word.is_keyword() => true,
        [.., keyword, Token::Word(_)] if keyword.is_word("fn") || keyword.is_word("struct") => true,
        [.., Token::Word(word)] => word.starts_with(char::is_uppercase) && closes(behind),
    }
}

/// Whether what stands between here and the next `>` may be types.
fn closes(behind: &[TokenTree]) -> bool {
    for token in behind {
        match token {
            TokenTree::Punct(p) => match p.as_char() {
                '>' => return true,
                ',' | ':' | '&' | '\'' | '<' | '=' => {}
                _ => return false,
            },
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return false,
            _ => {}
        }
    }
    false
}

/// Leaves out the absolute heads of paths.
fn shorten(list: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(list.len());
    let mut list = list.into_iter().peekable();
    while let Some(token) = list.next() {
        let is_head = match (&token, list.peek()) {
            (Token::Mark(mark), Some(Token::Word(name))) if mark == "::" && CRATES.contains(&name.as_str()) => {
                // `for<'r> ::core::ops::FnOnce`, but `<T>::std`.
                match out.last() {
                    Some(Token::Word(_)) => out.last().is_some_and(Token::is_keyword),
                    Some(Token::Close) => name != "std",
                    _ => true,
                }
            }
            _ => false,
        };
        if !is_head {
            out.push(match token {
                Token::Group(delimiter, inside) => Token::Group(delimiter, shorten(inside)),
                other => other,
            });
            continue;
        }
        list.next();
        // `::differentiable::__private::vec::Vec` ⇒ `Vec`, `Option::Some` ⇒ `Some`.
        while list.next_if(|t| t.is_mark("::")).is_some() {
            let Some(word) = list.next() else { break };
            let goes_on = list.peek().is_some_and(|t| t.is_mark("::"));
            let is = |names: &[&str]| matches!(&word, Token::Word(name) if names.contains(&name.as_str()));
            if goes_on && is(&["Option", "Result"]) {
                list.next();
                break;
            }
            if !(goes_on && is(&MODULES)) {
                out.push(word);
                break;
            }
        }
    }
    out
}
