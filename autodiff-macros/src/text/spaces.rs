//! Spaces: where one stands between two tokens of a line.

use proc_macro2::Delimiter;

use super::tokens::Token;

/// A text that is written token by token.
pub(super) struct Line {
    pub(super) text: String,
    /// Where the last line begins.
    start: usize,
    /// Nothing is written beyond this length.
    limit: usize,
    /// No space comes next.
    glued: bool,
    /// An operand comes next: what is an operator may be one of a single operand.
    expects: bool,
    /// Between the bars of a closure.
    parameters: bool,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { text: String::new(), start: 0, limit: usize::MAX, glued: true, expects: true, parameters: false }
    }

    /// Whether the next token is an operator between two operands, if it is one.
    pub(super) fn is_behind_operand(&self) -> bool {
        !self.expects
    }

    /// Writes what comes next at the beginning of a line.
    pub(super) fn begin(&mut self, indent: usize) {
        self.go_on(indent);
        self.expects = true;
    }

    /// Writes the operator that comes next at the beginning of a line.
    pub(super) fn go_on(&mut self, indent: usize) {
        self.text.push('\n');
        self.start = self.text.len();
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.glued = true;
    }

    /// How long the last line is.
    pub(super) fn column(&self) -> usize {
        self.text.len() - self.start
    }

    /// Writes tokens behind another, or nothing if the line would be longer than some width.
    pub(super) fn try_all(&mut self, tokens: &[Token], before: Option<&Token>, width: usize) -> bool {
        let (length, state) = (self.text.len(), (self.glued, self.expects, self.parameters));
        self.limit = self.start + width;
        for (i, token) in tokens.iter().enumerate() {
            if self.text.len() > self.limit {
                break;
            }
            self.token(token, tokens[..i].last().or(before));
        }
        let fits = self.text.len() <= self.limit;
        self.limit = usize::MAX;
        if !fits {
            self.text.truncate(length);
            (self.glued, self.expects, self.parameters) = state;
        }
        fits
    }

    pub(super) fn all(&mut self, tokens: &[Token]) {
        for (i, token) in tokens.iter().enumerate() {
            if self.text.len() > self.limit {
                return;
            }
            self.token(token, i.checked_sub(1).map(|i| &tokens[i]));
        }
    }

    /// Writes a token behind another.
    pub(super) fn token(&mut self, token: &Token, before: Option<&Token>) {
        match token {
            Token::Word(word) => {
                self.write(word, !self.glued);
                (self.glued, self.expects) = (false, token.is_keyword() || token.is_lifetime());
            }
            Token::Open => {
                let of_keyword = before.is_some_and(|t| t.is_word("impl") || t.is_word("for") || t.is_word("use"));
                self.write("<", self.expects && !self.glued && !of_keyword);
                (self.glued, self.expects) = (true, true);
            }
            Token::Close => {
                self.write(">", false);
                (self.glued, self.expects) = (false, false);
            }
            Token::Mark(mark) => self.mark(mark),
            Token::Group(delimiter, inside) => {
                let inside = without_last_comma(*delimiter, inside, before);
                self.open(*delimiter, before);
                if *delimiter == Delimiter::Brace && !inside.is_empty() {
                    self.text.push(' ');
                }
                self.all(inside);
                if *delimiter == Delimiter::Brace && !inside.is_empty() {
                    self.text.push(' ');
                }
                self.close(*delimiter, before);
            }
        }
    }

    /// Opens a group.
    pub(super) fn open(&mut self, delimiter: Delimiter, before: Option<&Token>) {
        let of_keyword = before.is_some_and(|t| t.is_word("fn") || t.is_word("pub"));
        let spaced = match delimiter {
            Delimiter::Brace => !self.glued,
            _ => self.expects && !self.glued && !of_keyword,
        };
        self.write(pair(delimiter).0, spaced);
        (self.glued, self.expects) = (true, true);
    }

    /// Closes it.
    pub(super) fn close(&mut self, delimiter: Delimiter, before: Option<&Token>) {
        self.write(pair(delimiter).1, false);
        self.glued = false;
        self.expects = before.is_some_and(|t| t.is_mark("#"));
    }

    fn mark(&mut self, mark: &str) {
        let (spaced, glued, expects) = match mark {
            "|" if self.parameters => {
                self.parameters = false;
                (false, false, true)
            }
            "|" if self.expects => {
                self.parameters = true;
                (!self.glued, true, true)
            }
            "-" | "*" | "&" | "&&" | "!" | "?" | "#" | "::" | ".." | "..=" if self.expects => (!self.glued, true, true),
            "||" if self.expects => (!self.glued, false, true),
            "," | ";" | ":" => (false, false, true),
            "." | "::" | ".." | "..=" => (false, true, true),
            "?" => (false, false, false),
            "!" => (false, true, false),
            _ => (!self.glued, false, true),
        };
        self.write(mark, spaced);
        (self.glued, self.expects) = (glued, expects);
    }

    fn write(&mut self, text: &str, spaced: bool) {
        if spaced {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }
}

/// What opens and closes a group.
fn pair(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::None => ("", ""),
    }
}

/// What is between brackets without a comma at the end, unless it makes a tuple of one.
fn without_last_comma<'a>(delimiter: Delimiter, inside: &'a [Token], before: Option<&Token>) -> &'a [Token] {
    let [rest @ .., last] = inside else { return inside };
    let is_call = before.is_some_and(|t| match t {
        Token::Word(_) => !t.is_keyword(),
        Token::Mark(mark) => mark == "!",
        Token::Close | Token::Group(..) => true,
        Token::Open => false,
    });
    let is_tuple_of_one = delimiter == Delimiter::Parenthesis && !is_call && !rest.iter().any(|t| t.is_mark(","));
    if last.is_mark(",") && !is_tuple_of_one { rest } else { inside }
}

/// Tokens on one line.
pub(super) fn flat(tokens: &[Token]) -> String {
    let mut line = Line::new();
    line.all(tokens);
    line.text
}

/// How long they are; of longer ones, something above the limit.
pub(super) fn length(tokens: &[Token], limit: usize) -> usize {
    let mut line = Line { limit, ..Line::new() };
    line.all(tokens);
    line.text.len()
}
