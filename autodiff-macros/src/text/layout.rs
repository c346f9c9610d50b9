//! Lines: where they are broken.

use proc_macro2::Delimiter;

use super::spaces::{Line, length};
use super::tokens::Token;

/// The longest line, in characters.
const WIDTH: usize = 100;

/// How far what belongs to a line is moved in.
const STEP: usize = 4;

/// Operators, from those that are evaluated last.
const OPERATORS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["==", "!=", "<", ">", "<=", ">="],
    &["|"],
    &["^"],
    &["&"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Words whose next braces hold statements.
const HEADS: &[&str] = &["if", "else", "while", "for", "loop", "unsafe"];

/// Lays out a function, without its attributes.
pub(super) fn item(mut tokens: &[Token]) -> String {
    while let [hash, Token::Group(..), rest @ ..] = tokens
        && hash.is_mark("#")
    {
        tokens = rest;
    }
    let mut layout = Layout { line: Line::new() };
    let clause = tokens.iter().position(|t| t.is_word("where"));
    match tokens.split_last() {
        Some((Token::Group(Delimiter::Brace, body), head)) => {
            layout.signature(&head[..clause.unwrap_or(head.len())]);
            if let Some(at) = clause {
                layout.clause(&head[at + 1..]);
            }
            layout.block(body, 0, head.last());
        }
        _ => layout.line.all(tokens),
    }
    layout.line.text.push('\n');
    layout.line.text
}

/// How the inside of braces is laid out.
#[derive(Clone, Copy, PartialEq)]
enum Braces {
    /// Statements.
    Block,
    /// The arms of a `match`.
    Arms,
    /// The fields of a literal.
    Fields,
}

struct Layout {
    line: Line,
}

impl Layout {
    fn signature(&mut self, head: &[Token]) {
        let name = head.iter().position(|t| t.is_word("fn")).unwrap_or(0);
        let is_list = |t: &Token| matches!(t, Token::Group(Delimiter::Parenthesis, _));
        let parameters = head[name..].iter().position(is_list).map(|at| name + at);
        if parameters.is_none() || length(head, WIDTH) + 2 <= WIDTH {
            self.line.all(head);
            return;
        }
        let at = parameters.expect("was found");
        self.line.all(&head[..at]);
        if let Token::Group(delimiter, list) = &head[at] {
            self.list(*delimiter, list, 0, head[..at].last());
        }
        self.segment(&head[at + 1..], head[..=at].last(), 0, 2);
    }

    fn clause(&mut self, predicates: &[Token]) {
        self.line.begin(0);
        self.line.token(&Token::Word("where".to_owned()), None);
        for predicate in split(predicates) {
            self.line.begin(STEP);
            self.segment(predicate, None, STEP, 1);
            self.line.text.push(',');
        }
        self.line.begin(0);
    }

    /// Statements between braces.
    fn block(&mut self, body: &[Token], indent: usize, before: Option<&Token>) {
        self.line.open(Delimiter::Brace, before);
        for statement in statements(body) {
            self.line.begin(indent + STEP);
            let tail = usize::from(!matches!(statement.last(), Some(Token::Mark(m)) if m == ";"));
            let heads =
                statement.iter().position(|t| !matches!(t, Token::Word(w) if w.starts_with('\'')) && !t.is_mark(":"));
            let is_control = heads.is_some_and(|at| HEADS.iter().any(|head| statement[at].is_word(head)));
            self.expression(statement, None, indent + STEP, tail, is_control);
        }
        if !body.is_empty() {
            self.line.begin(indent);
        }
        self.line.close(Delimiter::Brace, None);
    }

    /// The arms of a `match`.
    fn arms(&mut self, body: &[Token], indent: usize, before: Option<&Token>) {
        self.line.open(Delimiter::Brace, before);
        for arm in arms(body) {
            self.line.begin(indent + STEP);
            self.expression(arm, None, indent + STEP, 1, false);
            if !matches!(arm.last(), Some(Token::Group(Delimiter::Brace, _))) {
                self.line.text.push(',');
            }
        }
        self.line.begin(indent);
        self.line.close(Delimiter::Brace, None);
    }

    /// An expression, a pattern or a statement; `tail` characters follow on its last line.
    fn expression(&mut self, tokens: &[Token], before: Option<&Token>, indent: usize, tail: usize, control: bool) {
        let braces = braces(tokens);
        let must = |i: usize| match &tokens[i] {
            Token::Group(Delimiter::Brace, body) => control || must_break(body, braces_at(&braces, i)),
            _ => false,
        };
        let is_block = |i: &usize| braces.iter().any(|(at, of)| at == i && *of != Braces::Fields);
        let blocks: Vec<usize> = (0..tokens.len()).filter(is_block).collect();
        // All branches of an expression, or none.
        let broken = !blocks.is_empty() && (blocks.iter().any(|i| must(*i)) || !self.has_room_for(tokens, tail));
        if !broken {
            self.segment(tokens, before, indent, tail);
            return;
        }
        let mut start = 0;
        for i in blocks {
            let before = |at: usize| tokens[..at].last().or(before);
            self.segment(&tokens[start..i], before(start), indent, 2);
            if let Token::Group(_, body) = &tokens[i] {
                match braces_at(&braces, i) {
                    Braces::Arms => self.arms(body, indent, before(i)),
                    _ => self.block(body, indent, before(i)),
                }
            }
            start = i + 1;
        }
        self.segment(&tokens[start..], tokens[..start].last(), indent, tail);
    }

    /// Tokens without blocks of their own: what is too long is broken.
    fn segment(&mut self, tokens: &[Token], before: Option<&Token>, indent: usize, tail: usize) {
        let inside = |t: &Token| matches!(t, Token::Group(_, inside) if holds_block(inside));
        let previous = |i: usize| tokens[..i].last().or(before);
        if let Some(at) = tokens.iter().position(inside) {
            // What holds a block is opened, whether it is long or not.
            (0..at).for_each(|i| self.line.token(&tokens[i], previous(i)));
            if let Token::Group(delimiter, list) = &tokens[at] {
                self.around(*delimiter, list, indent, previous(at));
            }
            self.segment(&tokens[at + 1..], tokens.get(at).or(before), indent, tail);
            return;
        }
        if self.line.try_all(tokens, before, WIDTH - tail) {
            return;
        }
        let operators = operators(tokens);
        let longest = (0..tokens.len())
            .filter(|i| matches!(&tokens[*i], Token::Group(_, list) if !list.is_empty()))
            .max_by_key(|i| length(&tokens[*i..=*i], usize::MAX));
        let mut start = 0;
        if operators.is_empty() {
            for (i, token) in tokens.iter().enumerate() {
                match token {
                    Token::Group(delimiter, list) if Some(i) == longest => {
                        self.list(*delimiter, list, indent, previous(i));
                    }
                    token => self.line.token(token, previous(i)),
                }
            }
            return;
        }
        for at in operators.into_iter().chain([tokens.len()]) {
            let operand = &tokens[start..at];
            let inner = if start == 0 { indent } else { indent + STEP };
            if start > 0 {
                self.line.go_on(inner);
                self.line.token(&operand[0], None);
                self.segment(&operand[1..], operand.first(), inner, tail);
            } else {
                self.segment(operand, before, inner, 1);
            }
            start = at;
        }
    }

    /// A group that holds a block: around it alone where that ends it, or an element for each line.
    fn around(&mut self, delimiter: Delimiter, list: &[Token], indent: usize, before: Option<&Token>) {
        let elements = split(list);
        let (Some((last, first)), true) = (elements.split_last(), delimiter != Delimiter::Brace) else {
            return self.list(delimiter, list, indent, before);
        };
        if first.iter().any(|e| holds_block(e))
            || first.iter().map(|e| length(e, WIDTH) + 2).sum::<usize>() + self.line.column() + STEP > WIDTH
        {
            return self.list(delimiter, list, indent, before);
        }
        self.line.open(delimiter, before);
        for element in first {
            self.line.all(element);
            self.line.token(&Token::Mark(",".to_owned()), None);
        }
        self.expression(last, None, indent, 2, false);
        self.line.close(delimiter, before);
    }

    /// A group with an element on each line.
    fn list(&mut self, delimiter: Delimiter, list: &[Token], indent: usize, before: Option<&Token>) {
        self.line.open(delimiter, before);
        let elements = split(list);
        if let [[Token::Group(inner, inside)]] = elements.as_slice()
            && !list.last().is_some_and(|t| t.is_mark(","))
        {
            self.list(*inner, inside, indent, None);
            self.line.close(delimiter, before);
            return;
        }
        let is_list = elements.len() > 1 || matches!(list.last(), Some(t) if t.is_mark(","));
        let ends = is_list || before.is_some_and(|t| matches!(t, Token::Word(_)) && !t.is_keyword());
        for element in elements {
            self.line.begin(indent + STEP);
            self.expression(element, None, indent + STEP, 1, false);
            // A rest has none behind it.
            if ends && !element.first().is_some_and(|t| t.is_mark("..")) {
                self.line.text.push(',');
            }
        }
        self.line.begin(indent);
        self.line.close(delimiter, before);
    }

    fn has_room_for(&self, tokens: &[Token], tail: usize) -> bool {
        let room = WIDTH.saturating_sub(self.line.column() + tail);
        length(tokens, room) <= room
    }
}

/// The elements between commas.
fn split(list: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0;
    let at_comma = |t: &Token| {
        match t {
            Token::Open => depth += 1,
            Token::Close => depth -= 1,
            _ => {}
        }
        depth == 0 && t.is_mark(",")
    };
    list.split(at_comma).filter(|e| !e.is_empty()).collect()
}

/// The statements of a block.
fn statements(body: &[Token]) -> Vec<&[Token]> {
    let mut found = Vec::new();
    let mut start = 0;
    for (i, token) in body.iter().enumerate() {
        let ends = match token {
            Token::Mark(mark) => mark == ";",
            Token::Group(Delimiter::Brace, _) => {
                let head = body[start..]
                    .iter()
                    .position(|t| !matches!(t, Token::Word(w) if w.starts_with('\'')) && !t.is_mark(":"));
                let head = head.map_or(token, |at| &body[start + at]);
                let is_control = HEADS.iter().any(|word| head.is_word(word))
                    || head.is_word("match")
                    || head.is_word("fn")
                    || start == i;
                let goes_on = body
                    .get(i + 1)
                    .is_some_and(|t| t.is_word("else") || t.is_mark(".") || t.is_mark("?") || t.is_mark(";"));
                is_control && !goes_on
            }
            _ => false,
        };
        if ends {
            found.push(&body[start..=i]);
            start = i + 1;
        }
    }
    if start < body.len() {
        found.push(&body[start..]);
    }
    found
}

/// The arms of a `match`, without the commas between them.
fn arms(body: &[Token]) -> Vec<&[Token]> {
    let mut found = Vec::new();
    let (mut start, mut arrow) = (0, None);
    for (i, token) in body.iter().enumerate() {
        if token.is_mark("=>") && arrow.is_none() {
            arrow = Some(i);
        }
        let Some(at) = arrow else { continue };
        if token.is_mark(",") {
            found.push(&body[start..i]);
            (start, arrow) = (i + 1, None);
        } else if i == at + 1
            && matches!(token, Token::Group(Delimiter::Brace, _))
            && !body.get(i + 1).is_some_and(|t| t.is_mark(","))
        {
            found.push(&body[start..=i]);
            (start, arrow) = (i + 1, None);
        }
    }
    if start < body.len() {
        found.push(&body[start..]);
    }
    found
}

/// The positions of braces, and what they hold.
fn braces(tokens: &[Token]) -> Vec<(usize, Braces)> {
    let mut found = Vec::new();
    let mut head = None;
    for (i, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(word) if word == "match" => head = Some(Braces::Arms),
            Token::Word(word) if HEADS.contains(&word.as_str()) && !is_of_type(tokens, i) => head = Some(Braces::Block),
            Token::Group(Delimiter::Brace, _) => {
                let of_path = match tokens[..i].last() {
                    Some(Token::Word(word)) => word.starts_with(char::is_uppercase),
                    Some(Token::Close) => true,
                    _ => false,
                };
                found.push((i, head.take().unwrap_or(if of_path { Braces::Fields } else { Braces::Block })));
            }
            _ => {}
        }
    }
    found
}

/// `for<'r>` of a type.
fn is_of_type(tokens: &[Token], at: usize) -> bool {
    tokens.get(at + 1) == Some(&Token::Open)
}

fn braces_at(braces: &[(usize, Braces)], at: usize) -> Braces {
    braces.iter().find(|(i, _)| *i == at).map_or(Braces::Fields, |(_, of)| *of)
}

/// Whether braces cannot stand on one line.
fn must_break(body: &[Token], of: Braces) -> bool {
    of == Braces::Arms || of == Braces::Block && body.iter().any(|t| t.is_mark(";")) || holds_block(body)
}

/// Whether there is something in tokens that cannot stand on one line.
fn holds_block(tokens: &[Token]) -> bool {
    let braces = braces(tokens);
    tokens.iter().enumerate().any(|(i, token)| match token {
        Token::Group(Delimiter::Brace, body) => must_break(body, braces_at(&braces, i)),
        Token::Group(_, inside) => holds_block(inside),
        _ => false,
    })
}

/// The operators of the lowest rank behind an assignment.
fn operators(tokens: &[Token]) -> Vec<usize> {
    let is_assignment = |t: &Token| matches!(t, Token::Mark(m) if m == "=" || m.len() > 1 && m.ends_with('=') && !matches!(m.as_str(), "==" | "!=" | "<=" | ">=" | "..="));
    let start = tokens.iter().rposition(is_assignment).map_or(0, |at| at + 1);
    let mut line = Line::new();
    let mut found = Vec::new();
    for (i, token) in tokens.iter().enumerate().skip(start) {
        if let Token::Mark(mark) = token {
            if line.is_behind_operand() {
                found.extend(OPERATORS.iter().position(|rank| rank.contains(&mark.as_str())).map(|rank| (rank, i)));
            } else if mark == "|" || mark == "||" {
                // The body of a closure.
                break;
            }
        }
        if matches!(token, Token::Open) || token.is_mark("->") || token.is_mark(":") {
            // Types have none.
            return Vec::new();
        }
        line.token(token, tokens[..i].last());
    }
    let lowest = found.iter().map(|(rank, _)| *rank).min();
    found.into_iter().filter(|(rank, _)| Some(*rank) == lowest).map(|(_, i)| i).collect()
}
