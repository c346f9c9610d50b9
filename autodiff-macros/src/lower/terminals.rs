//! Methods that consume an iterator: `sum`, `product`, `fold`, `for_each`, `collect`.

use proc_macro2::Span;
use syn::Expr as S;

use super::iterators::Stream;
use super::{Lowerer, strip};
use crate::complex;
use crate::ir::{BinOp, Edit, Expr, Place, Role, Sequence, Stmt};
use crate::kinds::{Float, Kind};

impl Lowerer<'_> {
    /// A method that consumes an iterator; `None` if the receiver is no iterator.
    pub(super) fn iterator_method(&mut self, m: &syn::ExprMethodCall) -> Option<Expr> {
        const TERMINALS: &[&str] =
            &["sum", "product", "fold", "for_each", "collect", "max_by", "min_by", "reduce", "last", "next"];
        let name = m.method.to_string();
        if !TERMINALS.contains(&name.as_str()) || !is_chain(&m.receiver) {
            return None;
        }
        let span = m.method.span();
        let Some(stream) = self.stream(&m.receiver) else {
            self.errors.on(
                &m.receiver,
                "this chain holds an iterator adapter that cannot be differentiated; write it as a loop",
            );
            return Some(Expr::Tuple(Vec::new()));
        };
        match (name.as_str(), m.args.len()) {
            ("sum" | "product", 0) => Some(self.reduce(stream, name == "sum", m, span)),
            ("fold", 2) => {
                let init = self.operand(&m.args[0]);
                let f = self.callable(&m.args[1])?;
                let acc = self.accumulator(init, span);
                let place = super::as_place(&acc).expect("a variable").clone();
                self.run_stream(stream, span, &mut |l, item, _| {
                    let value = l.apply(&f, vec![acc.clone(), item]);
                    let value = l.as_atom(value, span);
                    l.store(place.clone(), value);
                });
                Some(acc)
            }
            ("for_each", 1) => {
                let f = self.callable(&m.args[0])?;
                self.run_stream(stream, span, &mut |l, item, _| {
                    let value = l.apply(&f, vec![item]);
                    l.discard(Some(value));
                });
                Some(Expr::Tuple(Vec::new()))
            }
            ("collect", 0) => {
                let var = self.let_var("items", span, Role::Temporary, Expr::Array(Vec::new(), Sequence::Vec));
                self.program.vars[var].mutable = true;
                let place = Place::var(var, span);
                self.run_stream(stream, span, &mut |l, item, _| {
                    let kind = l.kind(&item);
                    if let Kind::Seq(inner) = &l.program.vars[var].kind {
                        let joined = inner.join(&kind);
                        l.program.vars[var].kind = Kind::Seq(Box::new(joined));
                    }
                    let value = l.as_atom(item, span);
                    l.emit(Stmt::Edit(Edit::Push { place: place.clone(), value }));
                });
                Some(Expr::var(var, span))
            }
            _ => {
                self.errors
                    .at(span, format!("`{name}` of an iterator cannot be differentiated yet; write it as a loop"));
                Some(Expr::Tuple(Vec::new()))
            }
        }
    }

    pub(super) fn accumulator(&mut self, init: Expr, span: Span) -> Expr {
        let var = self.let_var("acc", span, Role::Temporary, init);
        self.program.vars[var].mutable = true;
        Expr::var(var, span)
    }

    fn reduce(&mut self, stream: Stream, sum: bool, m: &syn::ExprMethodCall, span: Span) -> Expr {
        let declared = m.turbofish.as_ref().and_then(|t| match t.args.first() {
            Some(syn::GenericArgument::Type(ty)) => Some(self.types.kind(ty)),
            _ => None,
        });
        // The kind of the items is known once one has been lowered; try on the side.
        let saved = self.program.clone();
        let mut seen = Kind::Unknown;
        let (_, ()) = self.scoped(|l| {
            l.run_stream(stream.clone(), span, &mut |l, item, _| {
                let item = strip(item);
                seen = l.kind(&item);
            });
        });
        self.program = saved;
        let kind = declared.unwrap_or(seen);
        let init = match (&kind, sum) {
            (Kind::Int, true) => Expr::int(0),
            (Kind::Int, false) => Expr::int(1),
            (Kind::Float(float), _) => Expr::Number(if sum { 0.0 } else { 1.0 }, float.clone()),
            (Kind::Complex(float), _) => complex::literal(if sum { 0.0 } else { 1.0 }, float),
            _ => Expr::Number(if sum { 0.0 } else { 1.0 }, Float::Any),
        };
        let acc = self.accumulator(init, span);
        let place = super::as_place(&acc).expect("a variable").clone();
        self.run_stream(stream, span, &mut |l, item, _| {
            let value = l.as_atom(strip(item), span);
            l.emit(Stmt::Update { place: place.clone(), op: if sum { BinOp::Add } else { BinOp::Mul }, value });
        });
        acc
    }
}

/// Whether an expression is a chain of iterator adapters, rather than a value with such a method.
fn is_chain(e: &S) -> bool {
    const MAKERS: &[&str] =
        &["iter", "iter_mut", "into_iter", "windows", "chunks", "chunks_exact", "chunks_mut", "chunks_exact_mut"];
    match e {
        S::Paren(p) => is_chain(&p.expr),
        S::Range(_) => true,
        S::MethodCall(m) => MAKERS.contains(&m.method.to_string().as_str()) || is_chain(&m.receiver),
        _ => false,
    }
}
