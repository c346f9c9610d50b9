//! Control flow: branches, matches, loops, labelled blocks, exits, conditions.

use proc_macro2::Span;
use syn::Expr as S;
use syn::spanned::Spanned;

use super::exprs::{Hint, block, diverges, if_stmt};
use super::{Fallible, LoopScope, Lowerer, is_atom};
use crate::ir::{BinOp, Expr, Header, Loop, Step, Stmt, VarId};

impl Lowerer<'_> {
    pub(super) fn if_value(&mut self, i: &syn::ExprIf, hint: Option<&Hint<'_>>) -> Expr {
        let span = i.if_token.span;
        if i.else_branch.is_none() {
            self.if_into(i, None);
            return Expr::Tuple(Vec::new());
        }
        let dest = self.destination(hint, span);
        self.if_into(i, Some(dest));
        self.result(dest, span)
    }

    /// Lowers an `if` as a statement.
    pub(super) fn if_stmt(&mut self, i: &syn::ExprIf) {
        self.if_into(i, None);
    }

    pub(super) fn if_into(&mut self, i: &syn::ExprIf, dest: Option<VarId>) {
        let span = i.if_token.span;
        self.scopes.push(std::collections::HashMap::new());
        let mut lets = Vec::new();
        let cond = self.condition(&i.cond, &mut lets);
        let (then, ()) = self.scoped(|l| {
            for (pat, value) in lets {
                l.bind_pattern(&pat, value);
            }
            let value = l.block_value(&i.then_branch);
            match dest {
                Some(dest) => l.give(dest, value, span),
                None => l.discard(value),
            }
        });
        self.scopes.pop();
        let (els, ()) = self.scoped(|l| match (&i.else_branch, dest) {
            (Some((_, e)), Some(dest)) => {
                if let S::If(inner) = &**e
                    && inner.else_branch.is_some()
                {
                    l.if_into(inner, Some(dest));
                    return;
                }
                let value = l.branch(e);
                l.give(dest, value, span);
            }
            (Some((_, e)), None) => {
                if let S::If(inner) = &**e {
                    l.if_into(inner, None);
                } else {
                    let value = l.branch(e);
                    l.discard(value);
                }
            }
            (None, _) => {}
        });
        self.emit(if_stmt(cond, then, els));
    }

    /// A value that nobody uses: keep what it does.
    pub(super) fn discard(&mut self, value: Option<Expr>) {
        if let Some(value) = value
            && !is_atom(&value)
            && !matches!(&value, Expr::Tuple(es) if es.is_empty())
        {
            self.emit(Stmt::Effect(value));
        }
    }

    /// The value of a branch or an arm, or `None` if it never ends.
    pub(super) fn branch(&mut self, e: &S) -> Option<Expr> {
        match e {
            S::Block(b) if b.label.is_none() => self.block_value(&b.block),
            _ => {
                let value = self.operand(e);
                if self.diverges() { None } else { Some(value) }
            }
        }
    }

    /// Whether the statements so far never come to an end.
    pub(super) fn diverges(&self) -> bool {
        diverges(self.stmts.last().expect("a block is open"))
    }

    pub(super) fn inner_block(&mut self, block: &syn::Block, _hint: Option<&Hint<'_>>) -> Expr {
        self.scopes.push(std::collections::HashMap::new());
        let value = self.block_value(block);
        self.scopes.pop();
        value.unwrap_or(Expr::Tuple(Vec::new()))
    }

    pub(super) fn match_value(&mut self, m: &syn::ExprMatch, hint: Option<&Hint<'_>>) -> Expr {
        let span = m.match_token.span;
        let scrutinee = self.scrutinee(&m.expr);
        let dest = self.destination(hint, span);
        self.arms(&scrutinee, &m.arms, dest, span);
        self.result(dest, span)
    }

    /// Evaluates what is taken apart by patterns, once.
    pub(super) fn scrutinee(&mut self, e: &S) -> Expr {
        let value = match e {
            S::Tuple(t) => Expr::Tuple(t.elems.iter().map(|e| self.scrutinee(e)).collect()),
            _ => self.place_or_value(e),
        };
        let value = match value {
            Expr::Tuple(es) => Expr::Tuple(es),
            value => self.as_atom(value, e.span()),
        };
        self.pin(value)
    }

    pub(super) fn arms(&mut self, scrutinee: &Expr, arms: &[syn::Arm], dest: VarId, span: Span) {
        let Some((arm, rest)) = arms.split_first() else {
            return;
        };
        let (arm_pat, arm_guard) = guarded(&arm.pat);
        if let Some((alternatives, true)) = super::patterns::alternatives(arm_pat) {
            // Alternatives that bind names become arms of their own.
            let arms = alternatives.into_iter().map(|p| syn::Arm { pat: with_guard(p, &arm.pat), ..arm.clone() });
            let expanded: Vec<syn::Arm> = arms.chain(rest.iter().cloned()).collect();
            return self.arms(scrutinee, &expanded, dest, span);
        }
        self.scopes.push(std::collections::HashMap::new());
        let test = self.test_pattern(arm_pat, scrutinee);
        self.bind_pattern_views(arm_pat, scrutinee.clone());
        let before = self.emitted();
        let guard = arm_guard.map(|g| self.control(g));
        self.refuse_hoisting(before, span);
        let cond = match (test, guard) {
            (Some(a), Some(b)) => Some(Expr::binary(BinOp::And, a, b)),
            (a, b) => a.or(b),
        };
        let (then, ()) = self.scoped(|l| {
            l.bind_pattern(arm_pat, scrutinee.clone());
            let value = l.branch(&arm.body);
            l.give(dest, value, span);
        });
        self.scopes.pop();
        match cond {
            // The last arm without a guard matches whatever is left.
            Some(cond) if !(rest.is_empty() && arm_guard.is_none()) => {
                let (els, ()) = self.scoped(|l| l.arms(scrutinee, rest, dest, span));
                self.emit(if_stmt(cond, then, els));
            }
            _ => self.stmts.last_mut().expect("a block is open").extend(then),
        }
    }

    pub(super) fn labelled_block(&mut self, name: &syn::Lifetime, block: &syn::Block, span: Span) -> Expr {
        let label = self.label();
        let dest = self.destination(None, span);
        self.loops.push(LoopScope { name: Some(name.ident.to_string()), label, result: Some(dest), block: true });
        let (mut body, ()) = self.scoped(|l| {
            let value = l.block_value(block);
            l.give(dest, value, span);
        });
        self.loops.pop();
        if !diverges(&body) {
            body.push(Stmt::Break(label));
        }
        self.emit(once(label, body));
        self.result(dest, span)
    }

    /// Runs `f` as a block that `return` leaves, as inside a closure.
    pub(super) fn returning(&mut self, span: Span, f: impl FnOnce(&mut Self) -> Option<Expr>) -> Expr {
        let label = self.label();
        let dest = self.destination(None, span);
        self.loops.push(LoopScope { name: None, label, result: Some(dest), block: true });
        self.returns.push(Some(label));
        let (mut body, ()) = self.scoped(|l| {
            let value = f(l);
            l.give(dest, value, span);
        });
        self.returns.pop();
        self.loops.pop();
        if !diverges(&body) {
            body.push(Stmt::Break(label));
        }
        self.emit(once(label, body));
        self.result(dest, span)
    }

    pub(super) fn return_value(&mut self, value: Expr) {
        match self.returns.last().copied().flatten() {
            None => self.emit(Stmt::Return(value)),
            Some(label) => {
                let dest = self.loops.iter().rev().find(|l| l.label == label).and_then(|l| l.result);
                if let Some(dest) = dest {
                    self.give(dest, Some(value), Span::mixed_site());
                }
                self.emit(Stmt::Break(label));
            }
        }
    }

    /// `e?`.
    pub(super) fn question(&mut self, t: &syn::ExprTry) -> Expr {
        let Some(fallible) = self.fallible else {
            self.errors.at(
                t.question_token.span,
                "`?` needs a return type that is written as `Option<…>` or `Result<…>`; write it out, or use `match`",
            );
            return Expr::Tuple(Vec::new());
        };
        let value = self.scrutinee(&t.expr);
        let span = t.span();
        let place = self.place_of(value, span);
        let (good, bad): (syn::Path, syn::Pat) = match fallible {
            Fallible::Option => (syn::parse_quote!(Some), syn::parse_quote!(None)),
            Fallible::Result => (syn::parse_quote!(Ok), syn::parse_quote!(Err(_))),
        };
        let failed = Expr::Matches(Box::new(Expr::Place(place.clone())), Box::new(bad));
        let (then, ()) = self.scoped(|l| {
            let value = match fallible {
                Fallible::Option => Expr::Item(syn::parse_quote!(None), None),
                Fallible::Result => {
                    let error = Expr::Place(place.step(Step::Payload {
                        variant: syn::parse_quote!(Err),
                        member: syn::parse_quote!(0),
                        arity: 1,
                        tangent: false,
                    }));
                    let from = Expr::Call {
                        func: syn::parse_quote!(::core::convert::From::from),
                        qself: None,
                        args: vec![error],
                        ctor: false,
                        tangent: false,
                    };
                    let error = l.as_atom(from, span);
                    Expr::Call {
                        func: syn::parse_quote!(Err),
                        qself: None,
                        args: vec![error],
                        ctor: true,
                        tangent: false,
                    }
                }
            };
            let value = l.as_atom(value, span);
            l.return_value(value);
        });
        self.emit(if_stmt(failed, then, Vec::new()));
        self.normal(Expr::Place(place.step(Step::Payload {
            variant: good,
            member: syn::parse_quote!(0),
            arity: 1,
            tangent: false,
        })))
    }

    pub(super) fn loop_value(&mut self, l: &syn::ExprLoop) -> Expr {
        let span = l.loop_token.span;
        let dest = self.destination(None, span);
        let label = self.label();
        self.loops.push(LoopScope {
            name: l.label.as_ref().map(|l| l.name.ident.to_string()),
            label,
            result: Some(dest),
            block: false,
        });
        let (body, value) = self.scoped(|this| this.block_value(&l.body));
        let _ = value;
        self.loops.pop();
        self.emit(Stmt::Loop(Loop {
            label,
            header: Header::While(Expr::Bool(true)),
            body: block(body),
            exits: Vec::new(),
            tape: None,
        }));
        self.result(dest, span)
    }

    pub(super) fn while_loop(&mut self, w: &syn::ExprWhile) -> Expr {
        let label = self.label();
        self.loops.push(LoopScope {
            name: w.label.as_ref().map(|l| l.name.ident.to_string()),
            label,
            result: None,
            block: false,
        });
        // The condition is evaluated inside the loop, since it may need statements and bind names.
        let (mut head, (cond, body)) = self.scoped(|l| {
            let mut lets = Vec::new();
            let cond = l.condition(&w.cond, &mut lets);
            let (body, value) = l.scoped(|l| {
                for (pat, value) in lets {
                    l.bind_pattern(&pat, value);
                }
                l.block_value(&w.body)
            });
            let _ = value;
            (cond, body)
        });
        self.loops.pop();
        let (header, stmts) = if head.is_empty() {
            (Header::While(cond), body)
        } else {
            head.push(if_stmt(cond, body, vec![Stmt::Break(label)]));
            (Header::While(Expr::Bool(true)), head)
        };
        self.emit(Stmt::Loop(Loop { label, header, body: block(stmts), exits: Vec::new(), tape: None }));
        Expr::Tuple(Vec::new())
    }

    pub(super) fn break_loop(&mut self, b: &syn::ExprBreak) {
        let value = b.expr.as_ref().map(|e| self.operand(e));
        if let Some((label, result)) = self.target(b.label.as_ref(), false, b.break_token.span) {
            if let (Some(value), Some(dest)) = (value, result) {
                self.give(dest, Some(value), b.break_token.span);
            }
            self.emit(Stmt::Break(label));
        }
    }

    pub(super) fn target(
        &mut self,
        name: Option<&syn::Lifetime>,
        only_loops: bool,
        span: Span,
    ) -> Option<(usize, Option<VarId>)> {
        let found = self.loops.iter().rev().find(|l| match name {
            Some(name) => l.name.as_deref() == Some(name.ident.to_string().as_str()),
            None => !l.block,
        });
        match found {
            Some(l) if !(only_loops && l.block) => Some((l.label, l.result)),
            _ => {
                self.errors.at(span, "there is no such loop around this");
                None
            }
        }
    }

    /// A condition; names that its patterns bind are bound in the current scope.
    ///
    /// The patterns with their scrutinees are added to `lets`, to be bound again by value where the
    /// condition is known to hold.
    pub(super) fn condition(&mut self, e: &S, lets: &mut Vec<(syn::Pat, Expr)>) -> Expr {
        match e {
            S::Let(l) => {
                let scrutinee = self.scrutinee(&l.expr);
                let test = self.test_pattern(&l.pat, &scrutinee);
                self.bind_pattern_views(&l.pat, scrutinee.clone());
                lets.push(((*l.pat).clone(), scrutinee));
                test.unwrap_or(Expr::Bool(true))
            }
            S::Binary(b) if matches!(b.op, syn::BinOp::And(_)) => {
                let left = self.condition(&b.left, lets);
                let before = self.emitted();
                let right = self.condition(&b.right, lets);
                self.refuse_hoisting(before, b.right.span());
                Expr::binary(BinOp::And, left, right)
            }
            S::Paren(p) => self.condition(&p.expr, lets),
            other => self.control(other),
        }
    }

    /// The number of statements in the open block.
    pub(super) fn emitted(&self) -> usize {
        self.stmts.last().map_or(0, Vec::len)
    }

    /// What a later condition evaluates must not run before the earlier ones hold.
    pub(super) fn refuse_hoisting(&mut self, before: usize, span: Span) {
        if self.emitted() > before {
            self.errors.at(
                span,
                "a call or a block in a later condition cannot be differentiated; nest a second `if` in the first",
            );
        }
    }
}

/// The pattern of an arm without its guard, and the guard.
fn guarded(pat: &syn::Pat) -> (&syn::Pat, Option<&S>) {
    match pat {
        syn::Pat::Guard(g) => (&g.pat, Some(&g.guard)),
        other => (other, None),
    }
}

/// A pattern with the guard of another.
fn with_guard(pat: syn::Pat, like: &syn::Pat) -> syn::Pat {
    match like {
        syn::Pat::Guard(g) => syn::Pat::Guard(syn::PatGuard { pat: Box::new(pat), ..g.clone() }),
        _ => pat,
    }
}

/// A block that is left by `Break`.
fn once(label: usize, body: Vec<Stmt>) -> Stmt {
    Stmt::Loop(Loop {
        label,
        header: Header::While(Expr::Bool(true)),
        body: block(body),
        exits: Vec::new(),
        tape: None,
    })
}
