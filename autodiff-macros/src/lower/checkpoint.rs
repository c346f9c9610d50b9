//! `#[checkpoint]` on statements and expressions.
//!
//! In: an expression with the attribute. Out: a [`Stmt::Scope`] that the backward sweep runs again, or a
//! loop with a [`Plan`].

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr as S};

use super::exprs::{Hint, block};
use super::{Lowerer, is_atom};
use crate::ir::{Expr, Place, Plan, Stmt};

/// What `#[checkpoint(…)]` asks for.
enum Marker {
    Whole,
    Every(S),
    Snapshots(S),
}

impl Lowerer<'_> {
    /// An expression that carries the attribute, lowered; `None` for any other.
    pub(super) fn checkpoint(&mut self, e: &S, hint: Option<&Hint<'_>>) -> Option<Expr> {
        let mut bare = e.clone();
        let attribute = take_attribute(attributes(&mut bare)?)?;
        Some(self.checkpointed(&attribute, &bare, hint))
    }

    pub(super) fn checkpointed(&mut self, attribute: &Attribute, e: &S, hint: Option<&Hint<'_>>) -> Expr {
        match parse(attribute) {
            Ok(Marker::Whole) => self.whole(e, hint),
            Ok(Marker::Every(every)) => {
                let every = self.control(&every);
                self.planned(e, Plan::Every(every), attribute.span())
            }
            Ok(Marker::Snapshots(snapshots)) => {
                let snapshots = self.control(&snapshots);
                self.planned(e, Plan::Snapshots(snapshots), attribute.span())
            }
            Err(error) => {
                self.errors.at(error.span(), error.to_string());
                Expr::Tuple(Vec::new())
            }
        }
    }

    /// A block, a call or a loop that is run again as a whole.
    fn whole(&mut self, e: &S, hint: Option<&Hint<'_>>) -> Expr {
        let span = e.span();
        let (mut body, value) = self.scoped(|l| {
            let value = l.operand(e);
            if l.diverges() { None } else { Some(value) }
        });
        let value = value.filter(|v| !matches!(v, Expr::Tuple(es) if es.is_empty()));
        let Some(value) = value else {
            self.emit(Stmt::Scope { body: block(body), checkpoint: true });
            return Expr::Tuple(Vec::new());
        };
        if let Expr::Ref { .. } = value {
            self.errors.at(span, "a checkpoint cannot give a reference; let it give the value, or an index");
        }
        let dest = self.destination(hint, span);
        let kind = self.kind(&value);
        let joined = self.program.vars[dest].kind.join(&kind);
        self.program.vars[dest].kind = joined;
        body.push(Stmt::Assign { place: Place::var(dest, span), value, init: true });
        self.emit(Stmt::Scope { body: block(body), checkpoint: true });
        self.result(dest, span)
    }

    /// A loop that is run again in parts.
    fn planned(&mut self, e: &S, plan: Plan, span: Span) -> Expr {
        let is_loop = matches!(e, S::ForLoop(_) | S::While(_) | S::Loop(_));
        let (mut stmts, value) = self.scoped(|l| l.rhs(e));
        match stmts.iter_mut().rev().find_map(|s| if let Stmt::Loop(l) = s { Some(l) } else { None }) {
            Some(l) if is_loop => l.plan = Some(plan),
            _ => self.errors.at(
                span,
                "`every` and `snapshots` say how a loop is run again, and this is no loop; write `#[checkpoint]`",
            ),
        }
        stmts.into_iter().for_each(|s| self.emit(s));
        if is_atom(&value) { value } else { Expr::Tuple(Vec::new()) }
    }
}

/// `let _ = n;` for a statement that is marked with `#[checkpoint(every = n)]`.
pub(crate) fn argument(stmt: &syn::Stmt) -> Option<syn::Stmt> {
    let syn::Stmt::Expr(e, _) = stmt else { return None };
    match parse(&take_attribute(attributes(&mut e.clone())?)?) {
        Ok(Marker::Every(value) | Marker::Snapshots(value)) => Some(syn::parse_quote!(let _ = #value;)),
        _ => None,
    }
}

/// Takes the attribute out of a list.
pub(super) fn take_attribute(attrs: &mut Vec<Attribute>) -> Option<Attribute> {
    let at = attrs.iter().position(|a| a.path().is_ident("checkpoint"))?;
    Some(attrs.remove(at))
}

/// The attributes of an expression; those of a statement stand at its first operand.
fn attributes(e: &mut S) -> Option<&mut Vec<Attribute>> {
    Some(match e {
        S::Assign(a) => return attributes(&mut a.left),
        S::Binary(b) => return attributes(&mut b.left),
        S::Block(e) => &mut e.attrs,
        S::Call(e) => &mut e.attrs,
        S::Field(e) => &mut e.attrs,
        S::ForLoop(e) => &mut e.attrs,
        S::If(e) => &mut e.attrs,
        S::Index(e) => &mut e.attrs,
        S::Loop(e) => &mut e.attrs,
        S::Macro(e) => &mut e.attrs,
        S::Match(e) => &mut e.attrs,
        S::MethodCall(e) => &mut e.attrs,
        S::Paren(e) => &mut e.attrs,
        S::Path(e) => &mut e.attrs,
        S::Try(e) => &mut e.attrs,
        S::Tuple(e) => &mut e.attrs,
        S::Unary(e) => &mut e.attrs,
        S::While(e) => &mut e.attrs,
        _ => return None,
    })
}

fn parse(attribute: &Attribute) -> syn::Result<Marker> {
    if matches!(attribute.meta, syn::Meta::Path(_)) {
        return Ok(Marker::Whole);
    }
    attribute.parse_args_with(|input: ParseStream<'_>| {
        let name: syn::Ident = input.parse()?;
        input.parse::<syn::Token![=]>()?;
        let value: S = input.parse()?;
        match name.to_string().as_str() {
            "every" => Ok(Marker::Every(value)),
            "snapshots" => Ok(Marker::Snapshots(value)),
            _ => Err(syn::Error::new(name.span(), "`#[checkpoint]` takes `every = …` or `snapshots = …`")),
        }
    })
}
