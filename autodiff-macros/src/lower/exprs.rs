//! Values: operators, literals, constructors, branches.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr as S, UnOp};

use super::{Binding, Fallible, LoopScope, Lowerer, is_atom, strip};
use crate::ir::{BinOp, Block, Expr, Header, Loop, Place, Role, Sequence, Step, Stmt, VarId};
use crate::kinds::Kind;

/// The name that a value is about to get, so that branches can assign it directly.
pub(super) struct Hint<'a> {
    pub(super) name: &'a syn::Ident,
    pub(super) mutable: bool,
    pub(super) ty: Option<&'a syn::Type>,
}

impl Lowerer<'_> {
    /// An atom with the value of an expression.
    pub(super) fn atom(&mut self, e: &S) -> Expr {
        let value = self.rhs(e);
        self.as_atom(value, e.span())
    }

    pub(super) fn as_atom(&mut self, value: Expr, span: Span) -> Expr {
        if is_atom(&value) { value } else { self.temporary(value, span) }
    }

    /// An operand of a constructor or a call by value: an atom, or a tuple of them.
    pub(super) fn operand(&mut self, e: &S) -> Expr {
        self.atom(e)
    }

    /// An operand of arithmetic: scalars without the reference around them.
    pub(super) fn scalar(&mut self, e: &S) -> Expr {
        let atom = self.atom(e);
        self.without_reference(atom)
    }

    pub(super) fn without_reference(&self, atom: Expr) -> Expr {
        if matches!(atom, Expr::Ref { .. }) {
            let inner = strip(atom.clone());
            if matches!(self.kind(&inner), Kind::Float(_) | Kind::Int | Kind::Bool) {
                return inner;
            }
        }
        atom
    }

    /// One operation over atoms with the value of an expression.
    pub(super) fn rhs(&mut self, e: &S) -> Expr {
        self.rhs_named(e, None)
    }

    pub(super) fn rhs_named(&mut self, e: &S, hint: Option<&Hint<'_>>) -> Expr {
        match e {
            S::Paren(p) => self.rhs_named(&p.expr, hint),
            S::Group(p) => self.rhs_named(&p.expr, hint),
            S::Lit(l) => Expr::Lit(l.lit.clone()),
            S::Path(_) | S::Field(_) | S::Index(_) | S::Reference(_) => self.place_or_value(e),
            S::Unary(u) => match u.op {
                UnOp::Deref(_) => self.place_or_value(e),
                UnOp::Not(_) => Expr::Not(Box::new(self.control(&u.expr))),
                _ => match &*u.expr {
                    S::Lit(l) => Expr::Neg(Box::new(Expr::Lit(l.lit.clone()))),
                    inner => Expr::Neg(Box::new(self.scalar(inner))),
                },
            },
            S::Binary(b) => self.binary(b),
            S::Cast(c) => {
                let value = self.scalar(&c.expr);
                Expr::Cast(Box::new(value), (*c.ty).clone())
            }
            S::Tuple(t) => Expr::Tuple(t.elems.iter().map(|e| self.operand(e)).collect()),
            S::Array(a) => Expr::Array(a.elems.iter().map(|e| self.operand(e)).collect(), Sequence::Array),
            S::Repeat(r) => self.repeat(&r.expr, &r.len, Sequence::Array),
            S::Struct(s) => {
                let fields = s.fields.iter().map(|f| (f.member.clone(), self.operand(&f.expr))).collect();
                let rest = s.rest.as_ref().map(|rest| Box::new(self.operand(rest)));
                Expr::Struct { path: s.path.clone(), fields, rest, tangent: false }
            }
            S::Range(_) | S::Closure(_) | S::Let(_) => self.control(e),
            S::If(i) => self.if_value(i, hint),
            S::Match(m) => self.match_value(m, hint),
            S::Block(b) => match &b.label {
                None => self.inner_block(&b.block, hint),
                Some(label) => self.labelled_block(&label.name, &b.block, b.span()),
            },
            S::Loop(l) => self.loop_value(l),
            S::While(w) => self.while_loop(w),
            S::ForLoop(f) => {
                self.for_loop(f);
                Expr::Tuple(Vec::new())
            }
            S::Call(c) => self.call(c),
            S::MethodCall(m) => self.method_call(m),
            S::Macro(m) => self.macro_call(m).unwrap_or(Expr::Tuple(Vec::new())),
            S::Return(r) => {
                let value = r.expr.as_ref().map_or(Expr::Tuple(Vec::new()), |e| self.operand(e));
                self.return_value(value);
                Expr::Tuple(Vec::new())
            }
            S::Break(b) => {
                self.break_loop(b);
                Expr::Tuple(Vec::new())
            }
            S::Continue(c) => {
                let target = self.target(c.label.as_ref(), true, c.span());
                if let Some((label, _)) = target {
                    self.emit(Stmt::Continue(label));
                }
                Expr::Tuple(Vec::new())
            }
            S::Try(t) => self.question(t),
            S::Assign(a) => {
                self.assign(&a.left, &a.right);
                Expr::Tuple(Vec::new())
            }
            other => {
                self.errors.on(other, "this expression cannot be differentiated; compute it in a function of its own");
                Expr::Tuple(Vec::new())
            }
        }
    }

    fn binary(&mut self, b: &syn::ExprBinary) -> Expr {
        let Some(op) = BinOp::of(&b.op) else {
            return self.control(&S::Binary(b.clone()));
        };
        if matches!(
            b.op,
            syn::BinOp::AddAssign(_)
                | syn::BinOp::SubAssign(_)
                | syn::BinOp::MulAssign(_)
                | syn::BinOp::DivAssign(_)
                | syn::BinOp::RemAssign(_)
                | syn::BinOp::BitAndAssign(_)
                | syn::BinOp::BitOrAssign(_)
                | syn::BinOp::BitXorAssign(_)
                | syn::BinOp::ShlAssign(_)
                | syn::BinOp::ShrAssign(_)
        ) {
            let value = self.scalar(&b.right);
            let place = self.place(&b.left);
            self.emit(Stmt::Update { place, op, value });
            return Expr::Tuple(Vec::new());
        }
        if op.is_arithmetic() {
            let a = self.scalar(&b.left);
            let c = self.scalar(&b.right);
            return Expr::binary(op, a, c);
        }
        self.control(&S::Binary(b.clone()))
    }

    /// A variable that branches will assign.
    fn destination(&mut self, hint: Option<&Hint<'_>>, span: Span) -> VarId {
        let var = match hint {
            Some(hint) => {
                let var = self.fresh(hint.name.to_string(), hint.name.span(), Kind::Unknown, Role::User);
                self.program.vars[var].mutable = hint.mutable;
                if let Some(ty) = hint.ty {
                    self.program.vars[var].kind = self.types.kind(ty);
                    self.program.vars[var].ty = Some(ty.clone());
                }
                var
            }
            None => self.fresh("t", span, Kind::Unknown, Role::Temporary),
        };
        self.emit(Stmt::Declare(var));
        var
    }

    /// Ends a branch with its value.
    fn give(&mut self, dest: VarId, value: Option<Expr>, span: Span) {
        if let Some(value) = value {
            if let Expr::Ref { mutable: true, .. } = value {
                self.errors.at(
                    span,
                    "a `&mut` that is chosen by a branch cannot be differentiated; put the update into the branches",
                );
            }
            let kind = self.kind(&value);
            let joined = self.program.vars[dest].kind.join(&kind);
            self.program.vars[dest].kind = joined;
            self.emit(Stmt::Assign { place: Place::var(dest, span), value, init: true });
        }
    }

    fn result(&self, dest: VarId, span: Span) -> Expr {
        self.normal(Expr::var(dest, span))
    }

    fn if_value(&mut self, i: &syn::ExprIf, hint: Option<&Hint<'_>>) -> Expr {
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

    fn if_into(&mut self, i: &syn::ExprIf, dest: Option<VarId>) {
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

    fn inner_block(&mut self, block: &syn::Block, _hint: Option<&Hint<'_>>) -> Expr {
        self.scopes.push(std::collections::HashMap::new());
        let value = self.block_value(block);
        self.scopes.pop();
        value.unwrap_or(Expr::Tuple(Vec::new()))
    }

    fn match_value(&mut self, m: &syn::ExprMatch, hint: Option<&Hint<'_>>) -> Expr {
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

    fn arms(&mut self, scrutinee: &Expr, arms: &[syn::Arm], dest: VarId, span: Span) {
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

    fn labelled_block(&mut self, name: &syn::Lifetime, block: &syn::Block, span: Span) -> Expr {
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
    fn question(&mut self, t: &syn::ExprTry) -> Expr {
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

    fn loop_value(&mut self, l: &syn::ExprLoop) -> Expr {
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

    fn while_loop(&mut self, w: &syn::ExprWhile) -> Expr {
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

    fn break_loop(&mut self, b: &syn::ExprBreak) {
        let value = b.expr.as_ref().map(|e| self.operand(e));
        if let Some((label, result)) = self.target(b.label.as_ref(), false, b.break_token.span) {
            if let (Some(value), Some(dest)) = (value, result) {
                self.give(dest, Some(value), b.break_token.span);
            }
            self.emit(Stmt::Break(label));
        }
    }

    fn target(&mut self, name: Option<&syn::Lifetime>, only_loops: bool, span: Span) -> Option<(usize, Option<VarId>)> {
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
    fn emitted(&self) -> usize {
        self.stmts.last().map_or(0, Vec::len)
    }

    /// What a later condition evaluates must not run before the earlier ones hold.
    fn refuse_hoisting(&mut self, before: usize, span: Span) {
        if self.emitted() > before {
            self.errors.at(
                span,
                "a call or a block in a later condition cannot be differentiated; nest a second `if` in the first",
            );
        }
    }

    /// Whether a name is bound to a closure.
    pub(super) fn is_closure(&self, name: &syn::Ident) -> bool {
        matches!(self.lookup(&name.to_string()), Some(Binding::Closure(_)))
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

pub(super) fn block(stmts: Vec<Stmt>) -> Block {
    Block { stmts, ..Block::default() }
}

pub(super) fn if_stmt(cond: Expr, then: Vec<Stmt>, els: Vec<Stmt>) -> Stmt {
    Stmt::If { cond, then: block(then), els: block(els), tape: None }
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

/// Whether a list of statements never comes to its end.
pub(crate) fn diverges(stmts: &[Stmt]) -> bool {
    stmts.iter().any(|stmt| match stmt {
        Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => true,
        Stmt::Effect(Expr::Verbatim(e, _)) => match &**e {
            S::Macro(m) => m
                .mac
                .path
                .segments
                .last()
                .is_some_and(|s| super::macros::DIVERGING.contains(&s.ident.to_string().as_str())),
            _ => false,
        },
        Stmt::If { then, els, .. } => diverges(&then.stmts) && diverges(&els.stmts),
        _ => false,
    })
}
