//! Iterators that are advanced item by item: `it.next()`, `peek`, `by_ref`, and the second of two zipped
//! streams whose items have no index.
//!
//! Such a stream keeps where it is in variables: an index for what has indices, and the counters and
//! flags that its stages have anyway.

use std::rc::Rc;

use proc_macro2::Span;
use syn::Expr as S;

use super::{ItemAt, Lowerer, Stage, Stream};
use crate::ir::{BinOp, Expr, Place, Stmt};
use crate::kinds::Kind;
use crate::lower::Binding;
use crate::lower::chosen::chosen;
use crate::rules;

/// The stream, to be advanced rather than used up.
pub(super) fn shared(stream: Stream) -> Stream {
    match stream {
        Stream::Cursor { len, item, at, .. } => Stream::Cursor { len, item, at, shared: true },
        Stream::Chain(a, b) => Stream::Chain(Box::new(shared(*a)), Box::new(shared(*b))),
        Stream::Staged { source, stage } => Stream::Staged { source: Box::new(shared(*source)), stage },
        other => other,
    }
}

impl Lowerer<'_> {
    /// The stream with its position in variables.
    pub(super) fn resumable(&mut self, stream: Stream, span: Span) -> Stream {
        match stream {
            Stream::Staged { source, stage } => {
                // Items that have an index are found by it, whatever is made of them.
                let source = Box::new(self.resumable(*source, span));
                Stream::Staged { source, stage }
            }
            Stream::Chain(a, b) => {
                Stream::Chain(Box::new(self.resumable(*a, span)), Box::new(self.resumable(*b, span)))
            }
            stream @ (Stream::Cursor { .. } | Stream::Successors { .. } | Stream::Calls { .. }) => stream,
            other => match self.indexed(other, span) {
                Ok((len, item)) => {
                    let len = self.fixed(len, span);
                    let at = self.counter("at", Expr::int(0), Kind::Int, span);
                    Stream::Cursor { len, item, at, shared: false }
                }
                Err(other) => other,
            },
        }
    }

    /// What is left of a cursor that is used up.
    pub(super) fn rest_of_cursor(&mut self, len: Expr, item: ItemAt, at: Place, span: Span) -> (Expr, ItemAt) {
        let from = self.temporary(Expr::Place(at), span);
        let len = rules::method(len, "saturating_sub", vec![from.clone()]);
        let item: ItemAt = Rc::new(move |l, i| item(l, Expr::binary(BinOp::Add, from.clone(), i)));
        (len, item)
    }

    /// The next item of a stream, as an option; after `ended`, none is asked for once there was none.
    pub(super) fn advance(&mut self, stream: &Stream, ended: bool, span: Span) -> Expr {
        if let Some(name) = lost(stream, ended) {
            self.errors.at(
                span,
                format!("an iterator with {name} cannot be advanced item by item here; collect it into a `Vec` first"),
            );
            return chosen(Expr::Bool(false), Expr::Tuple(Vec::new()));
        }
        if let Stream::Cursor { len, item, at, .. } = stream {
            let i = self.temporary(Expr::Place(at.clone()), span);
            let (stmts, made) = self.scoped(|l| item(l, i.clone()));
            if stmts.is_empty() {
                self.emit(Stmt::Update { place: at.clone(), op: BinOp::Add, value: Expr::int(1) });
                return chosen(Expr::binary(BinOp::Lt, i, len.clone()), made);
            }
        }
        self.first(stream.clone(), span)
    }

    /// `it.next()`, `it.peek()` of an iterator that is bound to a name.
    pub(super) fn cursor_method(&mut self, m: &syn::ExprMethodCall) -> Option<Expr> {
        let S::Path(p) = &*m.receiver else { return None };
        let Some(Binding::Iterator(stream)) = self.lookup(&p.path.get_ident()?.to_string()) else {
            return None;
        };
        let stream = stream.clone();
        let span = m.method.span();
        match (m.method.to_string().as_str(), m.args.len()) {
            ("next", 0) => Some(self.advance(&stream, false, span)),
            ("peek", 0) => {
                if let Stream::Cursor { len, item, at, .. } = &*stream {
                    let i = self.temporary(Expr::Place(at.clone()), span);
                    let (stmts, made) = self.scoped(|l| item(l, i.clone()));
                    if stmts.is_empty() {
                        let made = Expr::Ref { mutable: false, of: Box::new(made) };
                        return Some(chosen(Expr::binary(BinOp::Lt, i, len.clone()), made));
                    }
                }
                self.errors.at(span, "`peek` of this iterator cannot be differentiated; collect it into a `Vec` first");
                Some(Expr::Tuple(Vec::new()))
            }
            ("len", 0) => match &*stream {
                Stream::Cursor { len, at, .. } => {
                    Some(rules::method(len.clone(), "saturating_sub", vec![Expr::Place(at.clone())]))
                }
                Stream::Indexed { len, .. } => Some(len.clone()),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What keeps a stream from being advanced.
fn lost(stream: &Stream, ended: bool) -> Option<&'static str> {
    match stream {
        Stream::Cursor { .. } | Stream::Successors { .. } | Stream::Calls { .. } => None,
        Stream::Range { .. } | Stream::Indexed { .. } => Some("an immutable name"),
        Stream::Chain(a, b) => lost(a, ended).or_else(|| lost(b, ended)),
        Stream::Staged { source, stage } => match stage {
            Stage::Flat { .. } => Some("`flat_map`"),
            Stage::TakeWhile(_) if !ended => Some("`take_while`"),
            Stage::MapWhile(_) if !ended => Some("`map_while`"),
            Stage::Scan { .. } if !ended => Some("`scan`"),
            _ => lost(source, ended),
        },
    }
}
