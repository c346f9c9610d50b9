//! A `&mut` that a branch chooses: `let r = if c { &mut a } else { &mut b };`, or a tuple with one.
//!
//! In: the `let`, and the statements behind it. Out: the same branch, at whose ends the pattern is bound to what stands there, and
//! behind which the statements stand that use it: in each branch a name is another name for one place.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr as S, Pat, Stmt};

use super::patterns::bound_names;
use super::{Binding, Lowerer};
use crate::ir::{Expr, VarId};

/// What stands at each end of a branch.
struct Rest<'a> {
    pat: &'a Pat,
    stmts: syn::Block,
    /// The variable that is given their value, if they have one.
    dest: Option<VarId>,
    /// The depth of the scopes around the branch.
    outside: usize,
}

impl Lowerer<'_> {
    /// Whether a `let` names a `&mut` that a branch chooses.
    pub(super) fn chooses_mutably(&self, local: &syn::Local) -> bool {
        local.init.as_ref().is_some_and(|init| {
            init.diverge.is_none() && matches!(&*init.expr, S::If(_) | S::Match(_)) && self.ends_mutably(&init.expr)
        })
    }

    fn ends_mutably(&self, e: &S) -> bool {
        let of_block = |block: &syn::Block| match block.stmts.last() {
            Some(Stmt::Expr(e, None)) => self.ends_mutably(e),
            _ => false,
        };
        match e {
            S::Paren(p) => self.ends_mutably(&p.expr),
            S::Block(b) => b.label.is_none() && of_block(&b.block),
            S::If(i) => {
                let els = i.else_branch.as_ref();
                els.is_some_and(|(_, els)| of_block(&i.then_branch) || self.ends_mutably(els))
            }
            S::Match(m) => m.arms.iter().any(|arm| self.ends_mutably(&arm.body)),
            S::Tuple(t) => t.elems.iter().any(|e| self.ends_mutably(e)),
            S::Reference(r) => r.mutability.is_some(),
            S::Path(p) => {
                let binding = p.path.get_ident().and_then(|name| self.lookup(&name.to_string()));
                matches!(binding, Some(Binding::Value(Expr::Ref { mutable: true, .. })))
            }
            _ => false,
        }
    }

    /// Lowers such a `let` with the statements behind it that use its names. Out: how many they are, and their value.
    pub(super) fn spread(&mut self, local: &syn::Local, behind: &[Stmt]) -> (usize, Expr) {
        let init = local.init.as_ref().expect("it has been looked at");
        let span = init.expr.span();
        let used = used(&local.pat, behind);
        let stmts = syn::Block { brace_token: syn::token::Brace::default(), stmts: behind[..used].to_vec() };
        let whole = used == behind.len() && matches!(behind.last(), Some(Stmt::Expr(_, None)));
        let dest = whole.then(|| self.destination(None, span));
        let rest = Rest { pat: &local.pat, stmts, dest, outside: self.scopes.len() };
        self.spread_over(&init.expr, &rest);
        let value = dest.map_or(Expr::Tuple(Vec::new()), |dest| self.result(dest, span));
        (used, value)
    }

    fn spread_over(&mut self, e: &S, rest: &Rest<'_>) {
        match e {
            S::Paren(p) => self.spread_over(&p.expr, rest),
            S::Block(b) if b.label.is_none() => self.spread_over_block(&b.block, rest),
            S::If(syn::ExprIf { cond, then_branch, else_branch: Some((_, els)), .. }) => {
                let then = |l: &mut Lowerer<'_>| l.spread_over_block(then_branch, rest);
                self.branch_on(cond, e.span(), &then, &|l| l.spread_over(els, rest));
            }
            S::Match(m) => {
                let scrutinee = self.scrutinee(&m.expr);
                self.arms(&scrutinee, &m.arms, m.match_token.span, &|l, body| l.spread_over(body, rest));
            }
            end => {
                let value = self.scrutinee(end);
                self.end_of_branch(value, end, rest);
            }
        }
    }

    fn spread_over_block(&mut self, block: &syn::Block, rest: &Rest<'_>) {
        let Some((Stmt::Expr(tail, None), before)) = block.stmts.split_last() else {
            let _ = self.block_value(block);
            return;
        };
        self.scopes.push(crate::maps::HashMap::default());
        let stmts = before.to_vec();
        let _ = self.block_value(&syn::Block { stmts, ..block.clone() });
        if !self.diverges() {
            self.spread_over(tail, rest);
        }
        self.scopes.pop();
    }

    /// The statements behind a branch, where it has this value.
    fn end_of_branch(&mut self, value: Expr, end: &S, rest: &Rest<'_>) {
        if self.diverges() {
            return;
        }
        if !self.may_copy() {
            self.errors.at(end.span(), "too many `&mut` that branches choose; put the updates into the branches");
            return;
        }
        self.outside(rest.outside, |l| {
            l.scopes.push(crate::maps::HashMap::default());
            l.bind_pattern(rest.pat, value);
            let value = l.block_value(&rest.stmts);
            match rest.dest {
                Some(dest) => l.give(dest, value, end.span()),
                None => l.discard(value),
            }
            l.scopes.pop();
        });
    }
}

/// How many statements use the names of a pattern, or come before one that does; what they name themselves is not used behind them.
fn used(pat: &Pat, stmts: &[Stmt]) -> usize {
    let mut names = bound_names(pat);
    let mut end = 0;
    loop {
        let last = stmts.iter().rposition(|s| names.iter().any(|name| mentions(s.to_token_stream(), name)));
        let next = last.map_or(0, |last| last + 1);
        if next <= end {
            return end;
        }
        for stmt in &stmts[end..next] {
            if let Stmt::Local(local) = stmt {
                names.extend(bound_names(&local.pat));
            }
        }
        end = next;
    }
}

/// Whether a name occurs.
fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
        TokenTree::Punct(_) => false,
    })
}
