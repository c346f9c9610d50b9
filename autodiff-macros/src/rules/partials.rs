//! The expressions of the tables, read straight into the intermediate language.
//!
//! In: the text of a partial derivative over named arguments: numbers, names, the operators of Rust, calls, methods and
//! conditions with two branches. Out: the expression with the arguments in their places. Every derivative of an operator
//! comes this way, and a parser of Rust that runs unoptimised would take longer than all else that is done with it.

use proc_macro2::Span;
use syn::{Lit, LitInt};

use super::{Rule, method};
use crate::complex;
use crate::ir::{BinOp, Expr};
use crate::kinds::Float;

/// What stands for the names in an expression.
pub(super) struct Reader<'a> {
    /// What has not been read yet.
    pub(super) rest: &'static str,
    pub(super) names: &'static [&'static str],
    pub(super) args: &'a [Expr],
    /// What the name `y` stands for.
    pub(super) value: &'a Expr,
    pub(super) float: &'a Float,
    /// The functions of the table.
    pub(super) find: fn(&str) -> Option<&'static Rule>,
}

/// The binary operators by how strongly they bind, the weakest first; of two that begin alike the longer comes first.
const OPERATORS: [&[(&str, BinOp)]; 5] = [
    &[("||", BinOp::Or)],
    &[("&&", BinOp::And)],
    &[("==", BinOp::Eq), ("!=", BinOp::Ne), ("<=", BinOp::Le), (">=", BinOp::Ge), ("<", BinOp::Lt), (">", BinOp::Gt)],
    &[("+", BinOp::Add), ("-", BinOp::Sub)],
    &[("*", BinOp::Mul), ("/", BinOp::Div), ("%", BinOp::Rem)],
];

impl Reader<'_> {
    /// All of the text.
    pub(super) fn whole(mut self) -> Expr {
        let e = self.expr();
        assert!(self.rest.trim_start().is_empty(), "`{}` is left of an expression of the table", self.rest);
        e
    }

    fn expr(&mut self) -> Expr {
        if !self.word("if") {
            return self.binary(0);
        }
        let cond = self.binary(0);
        let then = self.braced();
        assert!(self.word("else"), "conditions of the table have two branches");
        Expr::Select(Box::new(cond), Box::new(then), Box::new(self.braced()))
    }

    fn braced(&mut self) -> Expr {
        self.expect("{");
        let e = self.expr();
        self.expect("}");
        e
    }

    /// Operands joined by operators that bind at least so strongly.
    fn binary(&mut self, strength: usize) -> Expr {
        let Some(operators) = OPERATORS.get(strength) else { return self.unary() };
        let mut left = self.binary(strength + 1);
        while let Some((_, op)) = operators.iter().find(|(text, _)| self.punct(text)) {
            left = Expr::binary(*op, left, self.binary(strength + 1));
        }
        left
    }

    fn unary(&mut self) -> Expr {
        if self.punct("-") {
            return Expr::Neg(Box::new(self.unary()));
        }
        let mut e = self.atom();
        while self.punct(".") {
            let name = self.name();
            let mut args = vec![e];
            args.extend(self.arguments());
            e = match (self.find)(name) {
                Some(rule) => Expr::Math(rule, args),
                None => method(args.remove(0), name, args),
            };
        }
        e
    }

    fn atom(&mut self) -> Expr {
        if self.punct("(") {
            let e = self.expr();
            self.expect(")");
            return e;
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return self.number();
        }
        let name = self.name();
        if self.rest.trim_start().starts_with('(') {
            let args = self.arguments();
            return complex::called(name, args, self.float);
        }
        match self.names.iter().position(|n| *n == name) {
            Some(i) => self.args[i].clone(),
            None if name == "y" => self.value.clone(),
            None => unreachable!("`{name}` is no argument of the table"),
        }
    }

    fn number(&mut self) -> Expr {
        let digit = |c: char| c.is_ascii_digit() || c == '_';
        let integer = self.take(digit);
        let mut fraction = self.rest.chars();
        if fraction.next() == Some('.') && fraction.next().is_some_and(|c| c.is_ascii_digit()) {
            self.rest = &self.rest[1..];
            let text = format!("{integer}.{}", self.take(digit)).replace('_', "");
            return Expr::Number(text.parse().expect("the table holds numbers"), self.float.clone());
        }
        Expr::Lit(Lit::Int(LitInt::new(integer, Span::call_site())))
    }

    fn arguments(&mut self) -> Vec<Expr> {
        self.expect("(");
        let mut args = Vec::new();
        while !self.punct(")") {
            args.push(self.expr());
            self.punct(",");
        }
        args
    }

    fn name(&mut self) -> &'static str {
        self.rest = self.rest.trim_start();
        let name = self.take(|c| c.is_alphanumeric() || c == '_');
        assert!(!name.is_empty(), "a name stands before `{}` in the table", self.rest);
        name
    }

    /// Takes characters of a kind.
    fn take(&mut self, of: impl Fn(char) -> bool) -> &'static str {
        let end = self.rest.find(|c| !of(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes a word, if it is next.
    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let next = rest.strip_prefix(word).filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        next.inspect(|rest| self.rest = rest).is_some()
    }

    /// Takes punctuation, if it is next.
    fn punct(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.strip_prefix(text).inspect(|rest| self.rest = rest).is_some()
    }

    fn expect(&mut self, text: &str) {
        assert!(self.punct(text), "`{text}` stands before `{}` in the table", self.rest);
    }
}

#[cfg(test)]
mod tests {
    use super::super::TABLE;
    use crate::ir::Expr;
    use crate::kinds::Float;

    /// Every expression of both tables can be read, and reads as it is written.
    #[test]
    fn tables_are_read() {
        let span = proc_macro2::Span::call_site();
        let args: Vec<Expr> = (0..3).map(|v| Expr::var(v, span)).collect();
        let value = Expr::var(3, span);
        for rule in TABLE.iter().chain(crate::complex::TABLE) {
            for i in 0..rule.partials.len() {
                rule.partial(i, &args[..rule.args.len()], &value, &Float::F64);
            }
        }
        let log = crate::rules::find("log").expect("in the table");
        let read = format!("{:?}", log.partial(1, &args[..2], &value, &Float::F64));
        // -y / (b * b.ln())
        let order: Vec<&str> = ["Neg", "Div", "root: 3", "Mul", "root: 1", "\"ln\"", "root: 1"].into();
        let mut rest = read.as_str();
        for part in order {
            rest = rest.split_once(part).unwrap_or_else(|| panic!("{part} is missing in {read}")).1;
        }
    }
}
