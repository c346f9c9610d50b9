//! Formats what most derivatives are made of as the formatter of Rust does, without it: a parser and a formatter that run
//! unoptimised would take a tenth of an expansion.
//!
//! In: tokens. Out: their text, or nothing where there is syntax that this module does not know, or a line that may have to be
//! broken; then the formatter has to do it.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The formatter breaks lines that are longer.
const FITS: usize = 89;

/// Writes a function without generics whose body is made of definitions, assignments, calls, loops and branches.
pub(super) fn function(tokens: TokenStream) -> Option<String> {
    let mut tokens = tokens.into_iter();
    let (TokenTree::Ident(keyword), TokenTree::Ident(name)) = (tokens.next()?, tokens.next()?) else { return None };
    let TokenTree::Group(params) = tokens.next()? else { return None };
    if keyword != "fn" || params.delimiter() != Delimiter::Parenthesis {
        return None;
    }
    let mut rest: Vec<TokenTree> = tokens.collect();
    let TokenTree::Group(body) = rest.pop()? else { return None };
    let result = match rest.as_slice() {
        [] => String::new(),
        [TokenTree::Punct(a), TokenTree::Punct(b), ty @ ..] if a.as_char() == '-' && b.as_char() == '>' => {
            format!(" -> {}", types(ty)?)
        }
        _ => return None,
    };
    let params: Vec<TokenTree> = params.stream().into_iter().collect();
    let mut open = 0;
    let between = |t: &TokenTree| {
        open += i32::from(is_punct(t, '<')) - i32::from(is_punct(t, '>'));
        open == 0 && is_punct(t, ',')
    };
    let params = params.split(between).filter(|p| !p.is_empty()).map(types).collect::<Option<Vec<_>>>()?;
    let mut lines = Lines { text: String::new(), indent: 0 };
    let whole = format!("fn {name}({}){result} {{", params.join(", "));
    if whole.len() <= FITS {
        lines.push(&whole)?;
    } else {
        lines.push(&format!("fn {name}("))?;
        lines.indent = 1;
        params.iter().try_for_each(|p| lines.push(&format!("{p},")))?;
        lines.indent = 0;
        lines.push(&format!("){result} {{"))?;
    }
    lines.block(body.stream(), true)?;
    lines.push("}")?;
    Some(lines.text)
}

/// Lines of text, at a depth of blocks.
struct Lines {
    text: String,
    indent: usize,
}

/// How a statement begins whose blocks are indented.
enum Compound {
    Loop,
    If,
    Match,
}

impl Lines {
    /// Adds a line, if it fits.
    fn push(&mut self, line: &str) -> Option<()> {
        if 4 * self.indent + line.len() > FITS {
            return None;
        }
        (0..self.indent).for_each(|_| self.text.push_str("    "));
        self.text.push_str(line);
        self.text.push('\n');
        Some(())
    }

    /// The statements of a block. Those of a function may begin with imports, which are left out.
    fn block(&mut self, tokens: TokenStream, outermost: bool) -> Option<()> {
        self.indent += 1;
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        // Empty braces are one word.
        let mut rest = Some(tokens.as_slice()).filter(|t| !t.is_empty())?;
        while let Some(first) = rest.first() {
            let compound = match first {
                TokenTree::Ident(i) if *i == "for" || *i == "while" => Some(Compound::Loop),
                TokenTree::Ident(i) if *i == "if" => Some(Compound::If),
                TokenTree::Ident(i) if *i == "match" => Some(Compound::Match),
                _ => None,
            };
            if let Some(compound) = compound {
                rest = self.compound(&compound, "", rest, "")?;
                continue;
            }
            let end = rest.iter().position(|t| is_punct(t, ';'));
            let (stmt, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after.get(1..).unwrap_or_default();
            let import = matches!(first, TokenTree::Ident(i) if *i == "use");
            if import && outermost {
                continue;
            }
            self.statement(stmt, if end.is_some() { ";" } else { "" })?;
        }
        self.indent -= 1;
        Some(())
    }

    fn statement(&mut self, stmt: &[TokenTree], end: &str) -> Option<()> {
        let mut line = String::new();
        let [TokenTree::Ident(first), rest @ ..] = stmt else {
            expression(stmt, false, &mut line)?;
            return self.push(&(line + end));
        };
        if *first == "break" || *first == "continue" {
            return if rest.is_empty() { self.push(&format!("{first}{end}")) } else { None };
        }
        if *first != "let" {
            expression(stmt, false, &mut line)?;
            return self.push(&(line + end));
        }
        line.push_str("let ");
        let equals = (0..rest.len()).find(|k| is_punct(&rest[*k], '=')).unwrap_or(rest.len());
        let (left, right) = rest.split_at(equals);
        match (0..left.len()).find(|k| is_punct(&left[*k], ':') && !is_joint(&left[*k])) {
            Some(colon) => {
                expression(&left[..colon], false, &mut line)?;
                line.push_str(": ");
                line.push_str(&types(&left[colon + 1..])?);
            }
            None => expression(left, false, &mut line)?,
        }
        let Some(value) = right.get(1..) else { return self.push(&(line + end)) };
        line.push_str(" = ");
        if matches!(value.first(), Some(TokenTree::Ident(i)) if *i == "if") {
            return if self.compound(&Compound::If, &line, value, end)?.is_empty() { Some(()) } else { None };
        }
        expression(value, false, &mut line)?;
        self.push(&(line + end))
    }

    /// A loop, a branch or a choice, after what stands `before` it on its line; gives what follows it.
    fn compound<'a>(
        &mut self,
        kind: &Compound,
        before: &str,
        tokens: &'a [TokenTree],
        end: &str,
    ) -> Option<&'a [TokenTree]> {
        let brace = tokens.iter().position(|t| braces(t).is_some())?;
        let (head, rest) = tokens.split_at(brace);
        let mut line = before.to_owned();
        header(head, &mut line)?;
        let (body, mut rest) = (braces(&rest[0])?, &rest[1..]);
        // A branch of expressions alone may stand on one line.
        let mut stands = matches!(kind, Compound::If) && !holds_statements(body.clone());
        self.push(&format!("{line} {{"))?;
        if matches!(kind, Compound::Match) {
            self.arms(body)?;
        } else {
            self.block(body, false)?;
        }
        while let (Compound::If, [TokenTree::Ident(i), after @ ..]) = (kind, rest)
            && *i == "else"
        {
            let [TokenTree::Group(els), after @ ..] = after else { return None };
            let els = els.stream();
            stands &= !holds_statements(els.clone());
            self.push("} else {")?;
            self.block(els, false)?;
            rest = after;
        }
        self.push(&format!("}}{end}"))?;
        // A value that is chosen may be used further.
        if stands || !before.is_empty() && !rest.is_empty() {
            return None;
        }
        Some(rest)
    }

    /// The arms of a choice, whose bodies are blocks of statements.
    fn arms(&mut self, tokens: TokenStream) -> Option<()> {
        self.indent += 1;
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            let arrow = (0..rest.len()).find(|k| is_punct(&rest[*k], '='))?;
            let mut pattern = String::new();
            expression(&rest[..arrow], false, &mut pattern)?;
            let body = braces(rest.get(arrow + 2)?)?;
            if body.is_empty() {
                self.push(&format!("{pattern} => {{}}"))?;
            } else if holds_statements(body.clone()) {
                self.push(&format!("{pattern} => {{"))?;
                self.block(body, false)?;
                self.push("}")?;
            } else {
                return None;
            }
            rest = &rest[arrow + 3..];
            if rest.first().is_some_and(|t| is_punct(t, ',')) {
                rest = &rest[1..];
            }
        }
        self.indent -= 1;
        Some(())
    }
}

/// What stands in braces.
fn braces(token: &TokenTree) -> Option<TokenStream> {
    match token {
        TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => Some(g.stream()),
        _ => None,
    }
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(p) if p.as_char() == c)
}

fn is_joint(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(p) if p.spacing() == Spacing::Joint)
}

/// Whether a block is more than an expression without blocks.
fn holds_statements(block: TokenStream) -> bool {
    block.into_iter().enumerate().any(|(k, t)| {
        is_punct(&t, ';')
            || k == 0
                && matches!(&t, TokenTree::Ident(i) if matches!(i.to_string().as_str(), "for" | "while" | "match"))
    })
}

/// Writes what stands before the block of a loop, a branch or a choice.
fn header(tokens: &[TokenTree], line: &mut String) -> Option<()> {
    let [TokenTree::Ident(first), rest @ ..] = tokens else { return None };
    line.push_str(&format!("{first} "));
    let (pattern, joint) = match rest {
        [TokenTree::Ident(i), rest @ ..] if *i == "let" => {
            line.push_str("let ");
            (rest, (0..rest.len()).find(|k| is_punct(&rest[*k], '=')).map(|k| (k, " = ")))
        }
        rest if *first == "for" => {
            let is_in = |t: &TokenTree| matches!(t, TokenTree::Ident(i) if *i == "in");
            (rest, rest.iter().position(is_in).map(|k| (k, " in ")))
        }
        rest => return expression(rest, false, line),
    };
    let (at, joint) = joint?;
    expression(&pattern[..at], false, line)?;
    line.push_str(joint);
    expression(&pattern[at + 1..], false, line)
}

/// Writes a type, or a parameter with its type.
fn types(tokens: &[TokenTree]) -> Option<String> {
    let mut text = String::new();
    for (k, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(i) => match i.to_string().as_str() {
                "mut" => text.push_str("mut "),
                "as" => text.push_str(" as "),
                "dyn" | "impl" | "for" | "fn" | "unsafe" | "extern" | "const" => return None,
                name => text.push_str(name),
            },
            TokenTree::Literal(l) => text.push_str(&l.to_string()),
            TokenTree::Punct(p) => match p.as_char() {
                c @ ('&' | '<' | '>') => text.push(c),
                ':' if is_joint(token) || k > 0 && is_joint(&tokens[k - 1]) => text.push(':'),
                ':' => text.push_str(": "),
                ',' if k + 1 < tokens.len() => text.push_str(", "),
                ',' => text.push(','),
                ';' => text.push_str("; "),
                _ => return None,
            },
            TokenTree::Group(g) => {
                let inner: Vec<TokenTree> = g.stream().into_iter().collect();
                let commas = inner.iter().filter(|t| is_punct(t, ',')).count();
                let trailing = inner.last().is_some_and(|t| is_punct(t, ','));
                // The comma of a tuple of one belongs to it.
                let inner = if trailing && commas > 1 { &inner[..inner.len() - 1] } else { &inner[..] };
                let (open, close) = match g.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Bracket => ('[', ']'),
                    _ => return None,
                };
                text.push(open);
                text.push_str(&types(inner)?);
                text.push(close);
            }
        }
    }
    Some(text)
}

/// Writes an expression or an assignment of names, literals, operators, calls and indices on one line; `called` if the
/// tokens are the arguments of a call.
pub(super) fn expression(tokens: &[TokenTree], called: bool, text: &mut String) -> Option<()> {
    // Whether an operand has ended, so that what follows is an operator or belongs to it.
    let mut operand = false;
    let mut k = 0;
    while let Some(token) = tokens.get(k) {
        k += 1;
        match token {
            TokenTree::Ident(name) => {
                let name = name.to_string();
                match (name.as_str(), operand) {
                    ("as", true) => {
                        text.push_str(" as ");
                        operand = false;
                        continue;
                    }
                    ("mut", false) => {
                        text.push_str("mut ");
                        continue;
                    }
                    ("if" | "match" | "move" | "ref" | "as" | "let" | "return" | "unsafe" | "loop" | "break", _)
                    | (_, true) => return None,
                    _ => text.push_str(&name),
                }
                operand = true;
                // `vec![x; n]` is written as an array, where no call is in it.
                if name == "vec" && tokens.get(k).is_some_and(|t| is_punct(t, '!')) {
                    let TokenTree::Group(items) = tokens.get(k + 1)? else { return None };
                    if items.stream().into_iter().any(|t| matches!(t, TokenTree::Group(_))) {
                        return None;
                    }
                    text.push('!');
                    k += 1;
                }
            }
            TokenTree::Literal(literal) => {
                text.push_str(&literal.to_string());
                operand = true;
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Bracket => ('[', ']'),
                    _ => return None,
                };
                text.push(open);
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                expression(&inner, operand || open == '[', text)?;
                text.push(close);
                operand = true;
            }
            TokenTree::Punct(first) => {
                let mut op = String::from(first.as_char());
                let mut joint = first.spacing() == Spacing::Joint;
                while joint && let Some(TokenTree::Punct(next)) = tokens.get(k) {
                    op.push(next.as_char());
                    joint = next.spacing() == Spacing::Joint;
                    k += 1;
                }
                match (op.as_str(), operand) {
                    ("." | "::", true) | ("-" | "!" | "*" | "&", false) | (".." | "..=", _) => text.push_str(&op),
                    // A path from the root.
                    ("::", false) => text.push_str("::"),
                    (",", true) if k < tokens.len() => text.push_str(", "),
                    // The comma of a tuple of one belongs to it.
                    (",", true) => {
                        if !called && tokens.iter().filter(|t| is_punct(t, ',')).count() == 1 {
                            text.push(',');
                        }
                    }
                    (";", true) if called => text.push_str("; "),
                    (
                        "+" | "-" | "*" | "/" | "%" | "<" | "<=" | ">" | ">=" | "==" | "!=" | "&&" | "||" | "&" | "^"
                        | "<<" | ">>" | "=" | "+=" | "-=" | "*=" | "/=" | "%=",
                        true,
                    ) => text.push_str(&format!(" {op} ")),
                    _ => return None,
                }
                operand = false;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proc_macro2::{TokenStream, TokenTree};
    use quote::quote;

    use super::expression;

    /// What is written without the formatter is what the formatter writes.
    #[test]
    fn plain_expressions_are_formatted() {
        let texts = [
            "x",
            "x * (y - 1.5e3) / -z",
            "v[i + 1].re",
            "f(x, &v[1..n], *w)",
            "a::b::<f64>(x)",
            "!done && i <= 2 || j != k",
            "(0.0, 1)",
            "v.iter().sum()",
            "i << 2 & 1 ^ k",
            "[1.0, 2.0]",
            "m[[i, j]]",
            "x as f64",
            "if x > 0.0 { 1.0 } else { 2.0 }",
            "..n",
            "1..=n",
            "-x.abs()",
            "vec![1]",
            "self.0.1",
            "x?",
            "&&x",
            "a > -b",
            "(x,)",
            "|x| x + 1.0",
        ];
        let mut plain = 0;
        for text in texts {
            let tokens: TokenStream = text.parse().expect("tokens");
            let mut found = String::new();
            let list: Vec<TokenTree> = tokens.clone().into_iter().collect();
            if expression(&list, false, &mut found).is_none() {
                continue;
            }
            plain += 1;
            let file = syn::parse2(quote!(const LABEL: () = #tokens;)).expect("an item");
            let formatted = prettyplease::unparse(&file);
            assert_eq!(formatted.trim_end(), format!("const LABEL: () = {found};"));
        }
        assert!(plain > 14, "{plain}");
    }

    /// Functions that are written without the formatter read as it writes them.
    #[test]
    fn plain_functions_are_formatted() {
        let texts = [
            "fn f(x: f64, v: &mut [f64]) -> (f64, (f64,)) { use a::B as _; let mut y = x; y *= 2.0; (y, (x,)) }",
            "fn f(&self, n: usize) -> f64 { let t; let c: bool = n > 0; if c { t = 1.0; } else { t = -1.0; } t }",
            "fn f(v: &[f64]) { for (i, mut x) in (0..v.len()).rev() { x += v[i]; while let Some((a,)) = w.pop() { g(a); } } }",
            "fn f(t: Tape) { let a = if t.0 { h(); None } else { Some(1.0) }; match a { Some(x) => { g(x); } None => {} } }",
            "fn long(first_parameter: &BTreeMap<String, usize>, second_parameter: f64, third: &mut Vec<f64>) -> f64 { 0.0 }",
            "fn f(x: f64) -> f64 { let t = vec![0.0; 3]; loop { g(t); } }",
            "fn f(x: f64) -> f64 { very_long_name_of_a_function(first_argument_of_it, second_argument_of_it, third_one(x)) }",
        ];
        let mut plain = 0;
        for text in texts {
            let tokens: TokenStream = text.parse().expect("tokens");
            let Some(found) = super::function(tokens.clone()) else { continue };
            plain += 1;
            let formatted = prettyplease::unparse(&syn::parse2(tokens).expect("an item"));
            let imports = |line: &&str| !line.trim_start().starts_with("use ");
            let formatted: Vec<&str> = formatted.lines().filter(imports).collect();
            assert_eq!(found.lines().collect::<Vec<_>>(), formatted);
        }
        assert_eq!(plain, 5);
    }
}
