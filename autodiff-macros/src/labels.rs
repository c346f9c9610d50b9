//! Texts for people: expressions, places and loops of a program as the user wrote them.

use std::fmt::Display;

use quote::ToTokens;

use crate::emit::{Emitter, Operation, Prec, operation};
use crate::ir::{Callee, Expr, Header, Loop, Operator, Place, Program, Role, Step, Stmt, VarId};
use crate::text::{label, shortened};
use crate::var_set::{VarMap, VarSet};

/// Writes the texts of one program.
pub(crate) struct Labels<'a> {
    program: &'a Program,
    emitter: &'a Emitter<'a>,
    definitions: VarMap<Expr>,
}

impl<'a> Labels<'a> {
    pub(crate) fn new(program: &'a Program, emitter: &'a Emitter<'a>) -> Self {
        Self { program, emitter, definitions: definitions(program) }
    }

    /// The name of a variable.
    pub(crate) fn name(&self, v: VarId) -> String {
        self.emitter.name(v).to_string()
    }

    /// An expression as the user wrote it, with temporaries replaced by what they stand for.
    pub(crate) fn text(&self, e: &Expr) -> String {
        match self.inlined(e) {
            Expr::Place(place) => self.path(&place),
            e => self.written(&e, Prec::Lowest),
        }
    }

    /// A place as the user wrote it; what an enum holds, which patterns name, is `shape.Circle.0`.
    pub(crate) fn place(&self, place: &Place) -> String {
        self.text(&Expr::Place(place.clone()))
    }

    /// A place without temporaries. References are seen through, except by what is read as a whole.
    fn path(&self, place: &Place) -> String {
        let mut text = match (self.receiver(), self.definitions.get(place.root)) {
            (Some(v), _) if v == place.root => "self".to_owned(),
            (_, Some(definition)) if !place.path.is_empty() => self.written(&self.inlined(definition), Prec::Postfix),
            _ => self.name(place.root),
        };
        let mut references = 0;
        for step in &place.path {
            references = if matches!(step, Step::Deref) { references + 1 } else { 0 };
            match step {
                Step::Deref => {}
                Step::Field(member) => text += &format!(".{}", member.to_token_stream()),
                Step::Index { at, .. } => {
                    let at = crate::arrays::ordinal(at).unwrap_or(at);
                    text += &format!("[{}]", self.text(crate::ir::as_element(at).map_or(at, |(_, at)| at)));
                }
                Step::View { method, args } => {
                    text += &format!(".{method}({})", args.iter().map(|a| self.text(a)).collect::<Vec<_>>().join(", "));
                }
                Step::Content => text += ".unwrap()",
                Step::Payload { variant, member, .. } => {
                    let variant = variant.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
                    text += &format!(".{variant}.{}", member.to_token_stream());
                }
            }
        }
        shortened(&("*".repeat(references) + &text))
    }

    /// An expression without temporaries, in parentheses where its place asks for them.
    fn written(&self, e: &Expr, place: Prec) -> String {
        let (text, prec) = match e {
            // The formatter is for whole functions: what labels are made of most is written here.
            Expr::Range { lo, hi, inclusive } => {
                let side = |e: &Option<Box<Expr>>| e.as_ref().map_or_else(String::new, |e| self.written(e, Prec::Or));
                (format!("{}{}{}", side(lo), if *inclusive { "..=" } else { ".." }, side(hi)), Prec::Range)
            }
            Expr::Binary(op, a, b) => {
                let Operation { text, prec, left, right } = operation(*op);
                (format!("{} {text} {}", self.written(a, left), self.written(b, right)), prec)
            }
            Expr::Method { recv, name, turbofish: None, args } if !name.to_string().starts_with("__") => {
                (self.method(recv, name, args), Prec::Postfix)
            }
            Expr::Math(rule, args) if rule.fields.is_empty() && rule.name.starts_with(char::is_alphabetic) => {
                (self.method(&args[0], &rule.name, &args[1..]), Prec::Postfix)
            }
            // Methods and fields see through references.
            Expr::Place(at) if place == Prec::Postfix => (self.path(at).trim_start_matches('*').to_owned(), place),
            Expr::Place(at) => (self.path(at), place),
            e => return self.formatted(e, place),
        };
        shortened(&if prec >= place { text } else { format!("({text})") })
    }

    /// A call of a method.
    fn method(&self, recv: &Expr, name: &dyn Display, args: &[Expr]) -> String {
        let args: Vec<String> = args.iter().map(|a| self.text(a)).collect();
        format!("{}.{name}({})", self.written(recv, Prec::Postfix), args.join(", "))
    }

    /// An expression as the formatter writes it.
    fn formatted(&self, e: &Expr, place: Prec) -> String {
        let tokens = self.emitter.expr(e).at_least(place);
        if let Some(text) = tokens.text_of_one() {
            return text;
        }
        match self.receiver() {
            Some(v) => label(&tokens.renamed(&self.emitter.name(v), "self")),
            None => label(&tokens),
        }
    }

    /// The variable that stands for `self`.
    fn receiver(&self) -> Option<VarId> {
        self.program.params.first().map(|p| p.parts[0]).filter(|v| self.program.vars[*v].name == "self")
    }

    /// An expression with temporaries replaced by what they stand for.
    pub(crate) fn inlined(&self, e: &Expr) -> Expr {
        let mut e = e.clone();
        if let Expr::Place(place) = &e
            && let Some(definition) = self.definitions.get(place.root)
        {
            let definition = self.inlined(definition);
            let (base, skip) = match (&definition, place.path.first()) {
                (_, None) => return definition,
                (Expr::Place(base), _) => (Some(base), 0),
                (Expr::Ref { of, .. }, Some(Step::Deref)) => match &**of {
                    Expr::Place(base) => (Some(base), 1),
                    _ => (None, 0),
                },
                _ => (None, 0),
            };
            if let Some(base) = base {
                let mut whole = base.clone();
                whole.path.extend(place.path[skip..].iter().cloned());
                e = Expr::Place(whole);
            }
        }
        e.children_mut(&mut |child| *child = self.inlined(child));
        e
    }

    /// The head of a loop.
    pub(crate) fn header(&self, l: &Loop) -> String {
        let Header::Range { var, lo, hi, inclusive, step, rev } = &l.header else {
            return match &l.header {
                Header::While(cond) if !matches!(cond, Expr::Bool(true)) => format!("while {}", self.text(cond)),
                _ => "loop".to_owned(),
            };
        };
        let range =
            Expr::Range { lo: Some(Box::new(lo.clone())), hi: Some(Box::new(hi.clone())), inclusive: *inclusive };
        let mut text = self.text(&range);
        if step.is_some() || *rev {
            text = format!("({text})");
        }
        if let Some(step) = step {
            text = format!("{text}.step_by({})", self.text(step));
        }
        if *rev {
            text.push_str(".rev()");
        }
        format!("for {} in {text}", self.emitter.name(*var))
    }

    /// The name of who is called.
    pub(crate) fn callee(&self, callee: &Callee) -> String {
        match callee {
            Callee::Function { path, .. } => path_text(path),
            Callee::Method { name, .. } => name.to_string(),
            Callee::Variable(v) => self.emitter.name(*v).to_string(),
            Callee::Operator(Operator::Neg) => "-".to_owned(),
            Callee::Operator(Operator::Binary(op) | Operator::Assign(op)) => operation(*op).text.to_owned(),
        }
    }
}

/// What stands behind each temporary that is bound once: labels show that instead.
fn definitions(program: &Program) -> VarMap<Expr> {
    let mut found = VarMap::new();
    let mut written = VarSet::new();
    program.body.walk(&mut |s| {
        if let Stmt::Let { var, value } = s
            && program.vars[*var].role == Role::Temporary
            // The length of a loop says more than how it is found.
            && program.vars[*var].name != "count"
        {
            found.insert(*var, value.clone());
        }
        s.uses(&mut |_| {}, &mut |v| {
            written.insert(v);
        });
    });
    found.retain(|v| !written.contains(v));
    found
}

/// A path without generic arguments; an absolute one, which lowering made, is known by its last name.
pub(crate) fn path_text(path: &syn::Path) -> String {
    let skip = if path.leading_colon.is_some() { path.segments.len() - 1 } else { 0 };
    path.segments.iter().skip(skip).map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::")
}
