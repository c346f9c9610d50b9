//! Tokens as they are written: operators in one piece, brackets of generics told from comparisons, and no absolute paths.

use proc_macro2::{Delimiter, Spacing, TokenTree};

use crate::emit::{Code, Piece};

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
        matches!(self, Self::Word(w) if is_keyword(w))
    }
}

/// Whether a word stands before an operand, a pattern or a type.
fn is_keyword(word: &str) -> bool {
    match word.len() {
        2 => matches!(word, "as" | "fn" | "if" | "in"),
        3 => matches!(word, "dyn" | "for" | "let" | "mod" | "mut" | "pub" | "ref" | "use"),
        4 => matches!(word, "else" | "enum" | "impl" | "loop" | "move" | "type"),
        5 => matches!(word, "break" | "const" | "match" | "trait" | "where" | "while"),
        6 => matches!(word, "return" | "static" | "struct" | "unsafe"),
        _ => false,
    }
}

/// The operators of several characters, the longest first.
const LONG: &[&str] = &[
    "..=", "...", "<<=", ">>=", "::", "->", "=>", "..", "&&", "||", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=",
    "==", "!=", "<=", ">=", "<<", ">>",
];

/// The crates and modules that are left out at the head of a path.
const CRATES: [&str; 3] = ["differentiable", "core", "std"];
const MODULES: [&str; 11] =
    ["__private", "num_complex", "vec", "option", "mem", "ops", "boxed", "clone", "result", "default", "convert"];

/// Reads code, without the absolute paths that keep it independent of the user's imports.
pub(super) fn read(code: &Code) -> Vec<Token> {
    shorten(joined(code))
}

/// Puts the characters of operators together.
fn joined(code: &Code) -> Vec<Token> {
    let list = code.pieces();
    let mut marks = Marks { out: Vec::with_capacity(list.len()), depth: 0 };
    let mut i = 0;
    while i < list.len() {
        match &list[i] {
            Piece::Word(word) | Piece::Local(word) => marks.word((*word).to_owned()),
            Piece::Group(delimiter, inner) => marks.group(*delimiter, inner),
            Piece::Sign(sign) if sign.starts_with(|c: char| c.is_alphanumeric() || "\"'_".contains(c)) => {
                marks.word((*sign).to_owned());
            }
            Piece::Sign(sign) => {
                let mut rest = *sign;
                while !rest.is_empty() {
                    rest = &rest[marks.mark(rest, rest, &list[i + 1..])..];
                }
            }
            Piece::Token(TokenTree::Group(group)) => marks.group(group.delimiter(), &Code::from(group.stream())),
            Piece::Token(TokenTree::Ident(word)) => marks.word(word.to_string()),
            Piece::Token(TokenTree::Literal(literal)) => marks.word(literal.to_string()),
            Piece::Token(TokenTree::Punct(punct)) => {
                if let ('\'', Some(Piece::Token(TokenTree::Ident(name)))) = (punct.as_char(), list.get(i + 1)) {
                    marks.word(format!("'{name}"));
                    i += 1;
                } else {
                    let run = run(&list[i..]);
                    let mark = LONG.iter().find(|m| run.starts_with(**m)).copied().unwrap_or(&run[..1]);
                    i += marks.mark(&run, mark, &list[i + 1..]) - 1;
                }
            }
        }
        i += 1;
    }
    marks.out
}

/// Tokens that have been read.
struct Marks {
    out: Vec<Token>,
    /// How many brackets of generics are open.
    depth: usize,
}

impl Marks {
    fn word(&mut self, word: String) {
        self.out.push(Token::Word(word));
    }

    fn group(&mut self, delimiter: Delimiter, inner: &Code) {
        if delimiter == Delimiter::None {
            self.out.extend(joined(inner));
        } else {
            self.out.push(Token::Group(delimiter, joined(inner)));
        }
    }

    /// Reads an operator at the head of characters that are written together, or a bracket of generics; gives its length.
    fn mark(&mut self, run: &str, mark: &str, behind: &[Piece]) -> usize {
        let token = match run.as_bytes()[0] {
            b'>' if self.depth > 0 => {
                self.depth -= 1;
                Token::Close
            }
            b'<' if !["<=", "<<="].contains(&mark) && opens(&self.out, behind) => {
                self.depth += 1;
                Token::Open
            }
            _ => {
                self.out.push(Token::Mark(mark.to_owned()));
                return mark.len();
            }
        };
        self.out.push(token);
        1
    }
}

/// The characters that are written together from here on.
fn run(list: &[Piece]) -> String {
    let mut text = String::new();
    for piece in list.iter().take(3) {
        let Piece::Token(TokenTree::Punct(punct)) = piece else { break };
        text.push(punct.as_char());
        if punct.spacing() == Spacing::Alone {
            break;
        }
    }
    text
}

/// Whether `<` opens generics behind these tokens, or compares.
fn opens(before: &[Token], behind: &[Piece]) -> bool {
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
fn closes(behind: &[Piece]) -> bool {
    let of_types = |c: char| ",:&'<=".contains(c);
    for piece in behind {
        match piece {
            Piece::Token(TokenTree::Punct(p)) if p.as_char() == '>' => return true,
            Piece::Token(TokenTree::Punct(p)) if !of_types(p.as_char()) => return false,
            Piece::Sign(sign) if !sign.starts_with(|c: char| c.is_alphanumeric() || "\"'_".contains(c)) => {
                match sign.chars().find(|c| !of_types(*c)) {
                    Some('>') => return true,
                    Some(_) => return false,
                    None => {}
                }
            }
            Piece::Group(Delimiter::Brace, _) => return false,
            Piece::Token(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => return false,
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
