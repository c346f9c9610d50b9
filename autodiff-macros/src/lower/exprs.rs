//! Values: operators, literals, constructors.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr as S, UnOp};

use super::{Binding, Lowerer, is_atom, is_new_vector, strip};
use crate::complex;
use crate::ir::{BinOp, Block, Expr, Place, Role, Sequence, Stmt, VarId};
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
        if is_atom(&value) { value } else { self.temporary(empty_vector(value), span) }
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
            if matches!(self.kind(&inner), Kind::Float(_) | Kind::Complex(_) | Kind::Int | Kind::Bool) {
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
        if let Some(value) = self.checkpoint(e, hint) {
            return value;
        }
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
                Expr::Cast(Box::new(value), c.ty.clone())
            }
            S::Tuple(t) => Expr::Tuple(self.in_order(&t.elems, Self::operand)),
            S::Array(a) => Expr::Array(self.in_order(&a.elems, Self::literal_element), Sequence::Array),
            S::Repeat(r) => self.repeat(&r.expr, &r.len, Sequence::Array),
            S::Struct(s) => {
                if let Some(value) = self.complex_literal(s) {
                    return value;
                }
                let values = self.in_order(s.fields.iter().map(|f| &f.expr).chain(s.rest.as_deref()), Self::operand);
                let mut values = values.into_iter();
                let fields = s.fields.iter().map(|f| f.member.clone()).zip(values.by_ref()).collect();
                let rest = values.next().map(Box::new);
                Expr::Struct { path: s.path.clone(), fields, rest, tangent: false }
            }
            S::Range(_) | S::Closure(_) | S::Let(_) => self.control(e),
            S::If(_) | S::Match(_) if self.refuses_chosen_iterator(e) => Expr::Tuple(Vec::new()),
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

    /// `Complex { re, im }`.
    fn complex_literal(&mut self, s: &syn::ExprStruct) -> Option<Expr> {
        let ty = syn::Type::Path(syn::TypePath { attrs: Vec::new(), qself: s.qself.clone(), path: s.path.clone() });
        if s.rest.is_some() || !self.types.kind(&ty).is_complex() {
            return None;
        }
        let mut part = |name: &str| {
            let field = s.fields.iter().find(|f| matches!(&f.member, syn::Member::Named(m) if m == name))?;
            Some(self.scalar(&field.expr))
        };
        let (re, im) = (part("re")?, part("im")?);
        Some(complex::new(re, im))
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
            let value = self.beside(value, &place);
            self.emit(Stmt::Update { place, op, value });
            return Expr::Tuple(Vec::new());
        }
        if op.is_arithmetic() {
            let [left, right] = self.both(&*b.left, &*b.right, Self::scalar);
            return Expr::binary(op, left, right);
        }
        self.control(&S::Binary(b.clone()))
    }

    /// A variable that branches will assign.
    pub(super) fn destination(&mut self, hint: Option<&Hint<'_>>, span: Span) -> VarId {
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
    pub(super) fn give(&mut self, dest: VarId, value: Option<Expr>, span: Span) {
        if let Some(value) = value {
            if let Expr::Ref { mutable: true, .. } = value {
                self.errors.at(
                    span,
                    "a `&mut` that is chosen by a branch cannot be differentiated; put the update into the branches, or give it a name of its own, `let r = if c { &mut a } else { &mut b };`",
                );
            }
            self.refuse_chosen_literal(&value, span);
            let value = self.given(dest, value, span);
            let kind = self.kind(&value);
            let joined = self.program.vars[dest].kind.join(&kind);
            self.program.vars[dest].kind = joined;
            self.emit(Stmt::Assign { place: Place::var(dest, span), value, init: true });
        }
    }

    pub(super) fn result(&self, dest: VarId, span: Span) -> Expr {
        if let Some(again) = self.chosen.get(&dest) {
            return again.clone();
        }
        self.normal(Expr::var(dest, span))
    }

    /// Whether a name is bound to a closure.
    pub(super) fn is_closure(&self, name: &syn::Ident) -> bool {
        matches!(self.lookup(&name.to_string()), Some(Binding::Closure(_)))
    }
}

/// `Vec::new()` without a name or a declared type is the literal: its tangent is one, too, and asks for no type.
fn empty_vector(value: Expr) -> Expr {
    match value {
        Expr::Call { func, qself: None, args, .. }
            if args.is_empty() && is_new_vector(&func) && func.segments.iter().all(|s| s.arguments.is_none()) =>
        {
            Expr::Array(Vec::new(), Sequence::Vec)
        }
        value => value,
    }
}

pub(super) fn block(stmts: Vec<Stmt>) -> Block {
    Block { stmts, ..Block::default() }
}

pub(super) fn if_stmt(cond: Expr, then: Vec<Stmt>, els: Vec<Stmt>) -> Stmt {
    Stmt::If { cond, then: block(then), els: block(els), tape: None }
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
        Stmt::Scope { body, .. } => diverges(&body.stmts),
        _ => false,
    })
}
