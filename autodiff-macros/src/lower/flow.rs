//! Control flow: branches, matches, loops, labelled blocks, exits, conditions.

use proc_macro2::Span;
use syn::Expr as S;
use syn::spanned::Spanned;

use super::exprs::{Hint, block, diverges, if_stmt};
use super::{LoopScope, Lowerer, alternatives, is_atom};
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
        let then = |l: &mut Lowerer<'_>| {
            let value = l.block_value(&i.then_branch);
            match dest {
                Some(dest) => l.give(dest, value, span),
                None => l.discard(value),
            }
        };
        let els = |l: &mut Lowerer<'_>| match (&i.else_branch, dest) {
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
        };
        self.branch_on(&i.cond, span, &then, &els);
    }

    /// A branch on a chain of conditions, of which each may bind names for those after it.
    ///
    /// Where a later condition needs statements, a branch of its own stands inside the first, and what
    /// is done otherwise stands twice.
    pub(super) fn branch_on(
        &mut self,
        cond: &S,
        span: Span,
        then: &dyn Fn(&mut Lowerer<'_>),
        els: &dyn Fn(&mut Lowerer<'_>),
    ) {
        let mut conds = Vec::new();
        conjuncts(cond, &mut conds);
        let outside = self.scopes.len();
        self.scopes.push(crate::maps::HashMap::default());
        self.branch_on_all(&conds, Vec::new(), None, &Branches { span, outside, then, els });
        self.scopes.pop();
    }

    /// The same, where `held` is a condition that has been evaluated before these.
    pub(super) fn branch_on_all(
        &mut self,
        conds: &[&S],
        mut lets: Vec<(syn::Pat, Expr)>,
        held: Option<Expr>,
        to: &Branches<'_>,
    ) {
        let mut test = held;
        for (i, cond) in conds.iter().enumerate() {
            if let Some((pats, value)) = alternatives::of_condition(cond) {
                let (inner, ()) = self.scoped(|l| {
                    for (pat, value) in lets {
                        l.bind_pattern(&pat, value);
                    }
                    let value = l.scrutinee(value);
                    l.branch_on_alternatives(&pats, &value, &conds[i + 1..], to);
                });
                return match test {
                    Some(test) => {
                        let otherwise = self.outside(to.outside, |l| l.copied(to.span, to.els));
                        self.emit(if_stmt(test, inner, otherwise));
                    }
                    None => self.emit_all(inner),
                };
            }
            let before = self.emitted();
            let mut bound = Vec::new();
            let next = self.condition(cond, &mut bound);
            let Some(first) = test.take() else {
                lets.extend(bound);
                test = Some(next);
                continue;
            };
            let needed = self.stmts.last_mut().expect("a block is open").split_off(before);
            if needed.is_empty() {
                lets.extend(bound);
                test = Some(Expr::binary(BinOp::And, first, next));
                continue;
            }
            let (inner, ()) = self.scoped(|l| {
                for (pat, value) in lets {
                    l.bind_pattern(&pat, value);
                }
                l.stmts.last_mut().expect("a block is open").extend(needed);
                l.branch_on_all(&conds[i + 1..], bound, Some(next), to);
            });
            let otherwise = self.outside(to.outside, |l| l.copied(to.span, to.els));
            return self.emit(if_stmt(first, inner, otherwise));
        }
        let (then, ()) = self.scoped(|l| {
            for (pat, value) in lets {
                l.bind_pattern(&pat, value);
            }
            (to.then)(l);
        });
        let (els, ()) = self.outside(to.outside, |l| l.scoped(to.els));
        self.emit(if_stmt(test.unwrap_or(Expr::Bool(true)), then, els));
    }

    /// Runs `f` without the names of the scopes from a depth on: what a pattern binds is not bound where it fails.
    pub(super) fn outside<R>(&mut self, depth: usize, f: impl FnOnce(&mut Self) -> R) -> R {
        let inner = self.scopes.split_off(depth);
        let result = f(self);
        self.scopes.extend(inner);
        result
    }

    /// Statements that stand more than once.
    pub(super) fn copied(&mut self, span: Span, f: impl FnOnce(&mut Self)) -> Vec<Stmt> {
        if !self.may_copy() {
            self.errors.at(span, "too many calls in later conditions; bind what they give to names before");
            return Vec::new();
        }
        let (stmts, ()) = self.scoped(f);
        stmts
    }

    /// Whether statements may stand once more.
    pub(super) fn may_copy(&mut self) -> bool {
        self.copies += 1;
        self.copies <= COPIES
    }

    /// A value that nobody uses: keep what it does.
    pub(super) fn discard(&mut self, value: Option<Expr>) {
        if let Some(value) = value
            && !is_atom(&value)
            && !matches!(&value, Expr::Tuple(es) if es.iter().all(is_atom))
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
        self.scopes.push(crate::maps::HashMap::default());
        let value = self.block_value(block);
        self.scopes.pop();
        value.unwrap_or(Expr::Tuple(Vec::new()))
    }

    pub(super) fn match_value(&mut self, m: &syn::ExprMatch, hint: Option<&Hint<'_>>) -> Expr {
        let span = m.match_token.span;
        let scrutinee = self.scrutinee(&m.expr);
        let dest = self.destination(hint, span);
        let end = |l: &mut Lowerer<'_>, body: &S| {
            let value = l.branch(body);
            l.give(dest, value, span);
        };
        self.arms(&scrutinee, &m.arms, span, &end);
        self.result(dest, span)
    }

    /// Evaluates what is taken apart by patterns, once.
    pub(super) fn scrutinee(&mut self, e: &S) -> Expr {
        let value = match e {
            S::Tuple(t) => Expr::Tuple(self.in_order(&t.elems, Self::scrutinee)),
            _ => self.place_or_value(e),
        };
        if let (Expr::Select(..), Some((some, item))) = (&value, super::chosen::parts(&value)) {
            return self.pin_chosen(some, item, e.span());
        }
        let value = match value {
            Expr::Tuple(es) => Expr::Tuple(es),
            // Patterns of slices do not match vectors.
            Expr::Ref { mutable, of } if is_slice_view(e) => match *of {
                Expr::Place(place) => {
                    let all = Expr::Range { lo: None, hi: None, inclusive: false };
                    let of = Expr::Place(place.step(Step::Index { at: Box::new(all), range: true }));
                    Expr::Ref { mutable, of: Box::new(of) }
                }
                of => Expr::Ref { mutable, of: Box::new(of) },
            },
            value => self.as_atom(value, e.span()),
        };
        self.pin(value)
    }

    /// The arms of a `match`, of whose bodies `end` is made.
    pub(super) fn arms(&mut self, scrutinee: &Expr, arms: &[syn::Arm], span: Span, end: &dyn Fn(&mut Lowerer<'_>, &S)) {
        let Some((arm, rest)) = arms.split_first() else {
            return;
        };
        let (arm_pat, arm_guard) = guarded(&arm.pat);
        let alternatives = alternatives::of_pattern(arm_pat);
        if alternatives.len() > 1 {
            // Alternatives that bind names become arms of their own.
            let arms = alternatives.into_iter().map(|p| syn::Arm { pat: with_guard(p, &arm.pat), ..arm.clone() });
            let expanded: Vec<syn::Arm> = arms.chain(rest.iter().cloned()).collect();
            return self.arms(scrutinee, &expanded, span, end);
        }
        let outside = self.scopes.len();
        self.scopes.push(crate::maps::HashMap::default());
        let test = self.test_pattern(arm_pat, scrutinee);
        self.bind_pattern_views(arm_pat, scrutinee.clone());
        let before = self.emitted();
        let guard = arm_guard.map(|g| self.control(g));
        let needed = self.stmts.last_mut().expect("a block is open").split_off(before);
        // What a guard needs runs only where the pattern matches; the arms after it then stand twice.
        let inside = !needed.is_empty() && test.is_some();
        let (outer, cond) = match (test, guard) {
            (Some(a), Some(b)) if inside => (Some(a), Some(b)),
            (Some(a), Some(b)) => (None, Some(Expr::binary(BinOp::And, a, b))),
            (a, b) => (None, a.or(b)),
        };
        let (branch, ()) = self.scoped(|l| {
            l.stmts.last_mut().expect("a block is open").extend(needed);
            let (then, ()) = l.scoped(|l| {
                l.bind_pattern(arm_pat, scrutinee.clone());
                end(l, &arm.body);
            });
            match cond {
                // The last arm without a guard matches whatever is left.
                Some(cond) if !(rest.is_empty() && arm_guard.is_none()) => {
                    let (els, ()) = l.outside(outside, |l| l.scoped(|l| l.arms(scrutinee, rest, span, end)));
                    l.emit(if_stmt(cond, then, els));
                }
                _ => l.stmts.last_mut().expect("a block is open").extend(then),
            }
        });
        self.scopes.pop();
        match outer {
            Some(outer) => {
                let els = self.copied(span, |l| l.arms(scrutinee, rest, span, end));
                self.emit(if_stmt(outer, branch, els));
            }
            None => self.stmts.last_mut().expect("a block is open").extend(branch),
        }
    }

    pub(super) fn labelled_block(&mut self, name: &syn::Lifetime, block: &syn::Block, span: Span) -> Expr {
        let label = self.label();
        let dest = self.destination(None, span);
        self.loops.push(LoopScope {
            name: Some(name.ident.to_string()),
            label,
            next: label,
            result: Some(dest),
            block: true,
        });
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
    ///
    /// The type of its value may be known.
    pub(super) fn returning(
        &mut self,
        ty: Option<&syn::Type>,
        span: Span,
        f: impl FnOnce(&mut Self) -> Option<Expr>,
    ) -> Expr {
        let label = self.label();
        let dest = self.destination(None, span);
        if let Some(ty) = ty.filter(|ty| !matches!(ty, syn::Type::Reference(_))) {
            self.program.vars[dest].kind = self.types.kind(ty);
            self.program.vars[dest].ty = Some(ty.clone());
        }
        self.loops.push(LoopScope { name: None, label, next: label, result: Some(dest), block: true });
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
            None => {
                let value = self.copy_of_lent(value);
                self.emit(Stmt::Return(value));
            }
            Some(label) => {
                let dest = self.loops.iter().rev().find(|l| l.label == label).and_then(|l| l.result);
                if let Some(dest) = dest {
                    self.give(dest, Some(value), Span::mixed_site());
                }
                self.emit(Stmt::Break(label));
            }
        }
    }

    pub(super) fn loop_value(&mut self, l: &syn::ExprLoop) -> Expr {
        let span = l.loop_token.span;
        let dest = self.destination(None, span);
        let label = self.label();
        self.loops.push(LoopScope {
            name: l.label.as_ref().map(|l| l.name.ident.to_string()),
            label,
            next: label,
            result: Some(dest),
            block: false,
        });
        let (body, value) = self.scoped(|this| this.block_value(&l.body));
        let _ = value;
        self.loops.pop();
        self.emit(Stmt::from(Loop {
            label,
            header: Header::While(Expr::Bool(true)),
            body: block(body),
            exits: Vec::new(),
            tape: None,
            plan: None,
        }));
        self.result(dest, span)
    }

    pub(super) fn while_loop(&mut self, w: &syn::ExprWhile) -> Expr {
        if self.while_next(w) {
            return Expr::Tuple(Vec::new());
        }
        let label = self.label();
        self.loops.push(LoopScope {
            name: w.label.as_ref().map(|l| l.name.ident.to_string()),
            label,
            next: label,
            result: None,
            block: false,
        });
        // The condition is evaluated inside the loop, since it may need statements and bind names.
        let (mut stmts, ()) = self.scoped(|l| {
            let then = |l: &mut Lowerer<'_>| {
                let _ = l.block_value(&w.body);
            };
            let els = |l: &mut Lowerer<'_>| l.emit(Stmt::Break(label));
            l.branch_on(&w.cond, w.while_token.span, &then, &els);
        });
        self.loops.pop();
        let mut header = Header::While(Expr::Bool(true));
        if let [Stmt::If { cond, then, els, .. }] = stmts.as_mut_slice()
            && matches!(els.stmts[..], [Stmt::Break(to)] if to == label)
        {
            header = Header::While(std::mem::replace(cond, Expr::Bool(true)));
            stmts = std::mem::take(&mut then.stmts);
        }
        self.emit(Stmt::from(Loop { label, header, body: block(stmts), exits: Vec::new(), tape: None, plan: None }));
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
            Some(l) if only_loops && !l.block => Some((l.next, None)),
            Some(l) if !only_loops => Some((l.label, l.result)),
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
            S::Paren(p) => self.condition(&p.expr, lets),
            other => self.control(other),
        }
    }

    /// The number of statements in the open block.
    pub(super) fn emitted(&self) -> usize {
        self.stmts.last().map_or(0, Vec::len)
    }
}

/// Where a chain of conditions leads.
pub(super) struct Branches<'a> {
    pub(super) span: Span,
    /// The depth of the scopes around the conditions.
    pub(super) outside: usize,
    pub(super) then: &'a dyn Fn(&mut Lowerer<'_>),
    pub(super) els: &'a dyn Fn(&mut Lowerer<'_>),
}

/// How often statements may stand twice in a function.
const COPIES: usize = 32;

/// The conditions of a chain `a && b && c`, in order.
fn conjuncts<'e>(e: &'e S, out: &mut Vec<&'e S>) {
    match e {
        S::Binary(b) if matches!(b.op, syn::BinOp::And(_)) => {
            conjuncts(&b.left, out);
            conjuncts(&b.right, out);
        }
        S::Paren(p) => conjuncts(&p.expr, out),
        other => out.push(other),
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
pub(super) fn once(label: usize, body: Vec<Stmt>) -> Stmt {
    Stmt::from(Loop {
        label,
        header: Header::While(Expr::Bool(true)),
        body: block(body),
        exits: Vec::new(),
        tape: None,
        plan: None,
    })
}

/// Whether an expression is a vector seen as a slice.
fn is_slice_view(e: &S) -> bool {
    matches!(e, S::MethodCall(m) if matches!(m.method.to_string().as_str(), "as_slice" | "as_mut_slice") && m.args.is_empty())
}
