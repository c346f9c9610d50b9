//! How strongly what is written binds, and how operators are written.

use proc_macro2::{Punct, Spacing, TokenTree};

use super::code::Code;
use crate::ir::BinOp;

/// Binding strength, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Prec {
    Lowest,
    Range,
    Or,
    And,
    Compare,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Add,
    Mul,
    Cast,
    Unary,
    Postfix,
    Atom,
}

/// Tokens with their binding strength.
pub(crate) struct Tokens {
    pub(crate) tokens: Code,
    prec: Prec,
}

impl Tokens {
    pub(crate) fn new(tokens: impl Into<Code>, prec: Prec) -> Self {
        Self { tokens: tokens.into(), prec }
    }

    pub(crate) fn atom(tokens: impl Into<Code>) -> Self {
        Self::new(tokens, Prec::Atom)
    }

    /// The tokens, in parentheses if they bind less strongly than asked.
    pub(crate) fn at_least(self, prec: Prec) -> Code {
        if self.prec >= prec { self.tokens } else { self.tokens.in_parentheses() }
    }
}

/// How an operator is written.
pub(crate) struct Operation {
    pub(crate) text: &'static str,
    pub(crate) prec: Prec,
    /// What its sides bind at least as strongly as.
    pub(crate) left: Prec,
    pub(crate) right: Prec,
}

/// How an operator is written.
pub(crate) fn operation(op: BinOp) -> Operation {
    let (text, prec, right) = match op {
        BinOp::Add => ("+", Prec::Add, Prec::Mul),
        BinOp::Sub => ("-", Prec::Add, Prec::Mul),
        BinOp::Mul => ("*", Prec::Mul, Prec::Cast),
        BinOp::Div => ("/", Prec::Mul, Prec::Cast),
        BinOp::Rem => ("%", Prec::Mul, Prec::Cast),
        BinOp::And => ("&&", Prec::And, Prec::Compare),
        BinOp::Or => ("||", Prec::Or, Prec::And),
        BinOp::BitAnd => ("&", Prec::BitAnd, Prec::Shift),
        BinOp::BitOr => ("|", Prec::BitOr, Prec::BitXor),
        BinOp::BitXor => ("^", Prec::BitXor, Prec::BitAnd),
        BinOp::Shl => ("<<", Prec::Shift, Prec::Add),
        BinOp::Shr => (">>", Prec::Shift, Prec::Add),
        BinOp::Eq => ("==", Prec::Compare, Prec::BitOr),
        BinOp::Ne => ("!=", Prec::Compare, Prec::BitOr),
        BinOp::Lt => ("<", Prec::Compare, Prec::BitOr),
        BinOp::Le => ("<=", Prec::Compare, Prec::BitOr),
        BinOp::Gt => (">", Prec::Compare, Prec::BitOr),
        BinOp::Ge => (">=", Prec::Compare, Prec::BitOr),
    };
    let left = if prec == Prec::Compare { Prec::BitOr } else { prec };
    Operation { text, prec, left, right }
}

/// The token of an operator.
pub(super) fn operator_token(op: BinOp) -> Code {
    punctuation(operation(op).text.chars())
}

/// The token of a compound assignment.
pub(super) fn assignment_token(op: BinOp) -> Code {
    punctuation(operation(op).text.chars().chain(['=']))
}

/// One token of several characters.
fn punctuation(chars: impl Iterator<Item = char>) -> Code {
    let mut chars = chars.peekable();
    let mut trees = Vec::new();
    while let Some(c) = chars.next() {
        let spacing = if chars.peek().is_some() { Spacing::Joint } else { Spacing::Alone };
        trees.push(TokenTree::Punct(Punct::new(c, spacing)));
    }
    trees.into_iter().collect()
}
