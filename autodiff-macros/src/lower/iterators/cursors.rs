//! Iterators that are advanced item by item: `it.next()`, `peek`, `by_ref`, and the second of two zipped
//! streams whose items have no index.
//!
//! Such a stream keeps where it is in variables: an index for what has indices, and the counters and
//! flags that its stages have anyway.

use std::rc::Rc;

use proc_macro2::Span;
use syn::Expr as S;

use super::{Flat, ItemAt, Lowerer, Stage, Stream};
use crate::ir::{BinOp, Edit, Expr, Place, Step, Stmt};
use crate::kinds::Kind;
use crate::lower::Binding;
use crate::lower::chosen::chosen;
use crate::lower::closures::Callable;
use crate::lower::exprs::if_stmt;
use crate::{rules, variants};

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
    /// The stream with its position in variables, with that of its end, too, if items are taken from there.
    pub(super) fn resumable(&mut self, stream: Stream, back: bool, span: Span) -> Stream {
        match stream {
            Stream::Staged { source, stage } => {
                // Items that have an index are found by it, whatever is made of them.
                let source = Box::new(self.resumable(*source, back, span));
                Stream::Staged { source, stage }
            }
            Stream::Chain(a, b) => {
                Stream::Chain(Box::new(self.resumable(*a, back, span)), Box::new(self.resumable(*b, back, span)))
            }
            stream @ (Stream::Cursor { .. } | Stream::Successors { .. } | Stream::Calls { .. }) => stream,
            other => match self.indexed(other, span) {
                Ok((len, item)) => {
                    let len = if back {
                        Expr::Place(self.counter("end", len, Kind::Int, span))
                    } else {
                        self.fixed(len, span)
                    };
                    let at = self.counter("at", Expr::int(0), Kind::Int, span);
                    Stream::Cursor { len, item, at, shared: false }
                }
                Err(other) => other,
            },
        }
    }

    /// The same stream from where it is now, with variables of its own; none of what a closure gives, which depends on what
    /// that has captured.
    pub(super) fn copied_stream(&mut self, stream: Stream, span: Span) -> Option<Stream> {
        Some(match stream {
            Stream::Cursor { len, item, at, .. } => {
                let at = self.copied_state(&at, span);
                let len = self.fixed(len, span);
                Stream::Cursor { len, item, at, shared: false }
            }
            Stream::Successors { now, next, ends } => {
                let now = self.copied_state(&now, span);
                Stream::Successors { now, next, ends }
            }
            Stream::Chain(a, b) => {
                Stream::Chain(Box::new(self.copied_stream(*a, span)?), Box::new(self.copied_stream(*b, span)?))
            }
            Stream::Staged { source, stage } => {
                let source = Box::new(self.copied_stream(*source, span)?);
                let stage = match stage {
                    Stage::SkipWhile { f, begun } => Stage::SkipWhile { f, begun: self.copied_state(&begun, span) },
                    Stage::Scan { f, state } => Stage::Scan { f, state: self.copied_state(&state, span) },
                    Stage::Enumerate(count) => Stage::Enumerate(self.copied_state(&count, span)),
                    Stage::Take { n, taken } => Stage::Take { n, taken: self.copied_state(&taken, span) },
                    Stage::Skip { n, seen } => Stage::Skip { n, seen: self.copied_state(&seen, span) },
                    Stage::StepBy { k, seen } => Stage::StepBy { k, seen: self.copied_state(&seen, span) },
                    Stage::Zip(other) => Stage::Zip(Box::new(self.copied_stream(*other, span)?)),
                    stage @ (Stage::Each { .. }
                    | Stage::Filter(_)
                    | Stage::FilterMap(_)
                    | Stage::TakeWhile(_)
                    | Stage::MapWhile(_)
                    | Stage::Flat { .. }) => stage,
                };
                Stream::Staged { source, stage }
            }
            stream @ (Stream::Range { .. } | Stream::Indexed { .. }) => stream,
            Stream::Calls { .. } => {
                self.errors.at(
                    span,
                    "`clone` of an iterator that calls a closure cannot be differentiated; collect its items into a `Vec` first",
                );
                return None;
            }
        })
    }

    /// A variable with what a counter, a flag or a state holds now.
    fn copied_state(&mut self, place: &Place, span: Span) -> Place {
        let (name, kind) = {
            let var = &self.program.vars[place.root];
            (var.name.clone(), var.kind.clone())
        };
        let now = Expr::Place(place.clone());
        let now = if kind == Kind::Int || kind == Kind::Bool { now } else { Expr::Clone(Box::new(now)) };
        self.counter(&name, now, kind, span)
    }

    /// The elements of sequences, one after another, with indices: where each lies is noted in a vector beforehand.
    pub(super) fn flat_by_position(&mut self, stream: Stream, span: Span) -> Stream {
        let source = match stream {
            Stream::Staged { source, stage: Stage::Flat { f: Flat::Item, rev: false } } => *source,
            other => return other,
        };
        let (len, item) = match self.indexed(source, span) {
            Ok(parts) => parts,
            Err(source) => return super::adapters::staged(source, Stage::Flat { f: Flat::Item, rev: false }),
        };
        let positions = self.vector(span);
        self.program.vars[positions.root].kind = Kind::Seq(Box::new(Kind::Tuple(vec![Kind::Int, Kind::Int])));
        let (outer, target) = (item.clone(), positions.clone());
        let each = Stream::Indexed { len, item: Rc::new(|_, i| i) };
        self.run_stream(each, span, &mut |l, i, _| {
            let sequence = outer(l, i.clone());
            let inner = l.items_of(sequence, span);
            let Ok((len, _)) = l.indexed(inner, span) else { return l.refuse_flat(span) };
            let each = Stream::Indexed { len, item: Rc::new(|_, j| j) };
            l.run_stream(each, span, &mut |l, j, _| {
                let value = Expr::Tuple(vec![i.clone(), j]);
                l.emit(Stmt::Edit(Edit::Push { place: target.clone(), value }));
            });
        });
        let len = rules::method(Expr::Place(positions.clone()), "len", Vec::new());
        let item: ItemAt = Rc::new(move |l, k| {
            let at = positions.step(Step::Index { at: Box::new(k), range: false });
            let part = |n: usize| Expr::Place(at.step(Step::Field(syn::Member::from(n))));
            let (i, j) = (l.temporary(part(0), span), l.temporary(part(1), span));
            let sequence = item(l, i);
            let inner = l.items_of(sequence, span);
            match l.indexed(inner, span) {
                Ok((_, element)) => element(l, j),
                Err(_) => Expr::Tuple(Vec::new()),
            }
        });
        Stream::Indexed { len, item }
    }

    fn refuse_flat(&mut self, span: Span) {
        self.errors
            .at(span, "two iterators with `flatten` cannot be zipped here; collect the second into a `Vec` first");
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
            let len = self.fixed(len.clone(), span);
            let (stmts, made) = self.scoped(|l| item(l, i.clone()));
            if stmts.is_empty() {
                self.emit(Stmt::Update { place: at.clone(), op: BinOp::Add, value: Expr::int(1) });
                return chosen(Expr::binary(BinOp::Lt, i, len), made);
            }
        }
        self.first(stream.clone(), span)
    }

    /// The last item of a stream that has a variable for its end; `None` if it has none.
    fn taken_from_end(&mut self, stream: &Stream, span: Span) -> Option<Expr> {
        let (len, item, at) = behind_cursor(stream)?;
        let end = match &len {
            Expr::Place(end) if !self.is_fixed(&len) => end.clone(),
            _ => return None,
        };
        let some = self.temporary(Expr::binary(BinOp::Lt, Expr::Place(at), len.clone()), span);
        let last = self.temporary(rules::method(len, "saturating_sub", vec![Expr::int(1)]), span);
        let (stmts, made) = self.scoped(|l| item(l, last));
        if !stmts.is_empty() {
            return None;
        }
        let step = Stmt::Update { place: end, op: BinOp::Sub, value: Expr::int(1) };
        self.emit(if_stmt(some.clone(), vec![step], Vec::new()));
        Some(chosen(some, made))
    }

    /// The item that comes next, which stays.
    fn peeked(&mut self, len: Expr, item: &ItemAt, at: Place, span: Span) -> Expr {
        let i = self.temporary(Expr::Place(at), span);
        let more = Expr::binary(BinOp::Lt, i.clone(), len);
        let borrowed = |made| Expr::Ref { mutable: false, of: Box::new(made) };
        let (mut then, made) = self.scoped(|l| item(l, i));
        if then.is_empty() {
            return chosen(more, borrowed(made));
        }
        let dest = self.destination(None, span);
        self.program.vars[dest].kind = Kind::Option(Box::new(self.kind(&made)));
        let assign = |value| Stmt::Assign { place: Place::var(dest, span), value, init: true };
        then.push(assign(variants::construct(variants::some(), made)));
        self.emit(if_stmt(more, then, vec![assign(Expr::Item(variants::none(), None))]));
        let place = Place::var(dest, span);
        let held = Expr::Place(place.step(variants::payload(variants::some())));
        chosen(super::is_some(Expr::Place(place)), borrowed(held))
    }

    /// The item that comes next, if it passes a test, and else it stays; `None` if it is not found by its index.
    fn next_if(&mut self, stream: &Stream, test: &Callable, span: Span) -> Option<Expr> {
        let (len, item, at) = behind_cursor(stream)?;
        let i = self.temporary(Expr::Place(at.clone()), span);
        let (stmts, made) = self.scoped(|l| item(l, i.clone()));
        if !stmts.is_empty() {
            return None;
        }
        let dest = self.destination(None, span);
        self.program.vars[dest].kind = Kind::Bool;
        let passes = |value| Stmt::Assign { place: Place::var(dest, span), value, init: true };
        let next = Expr::Ref { mutable: false, of: Box::new(made.clone()) };
        let (mut then, passed) = self.scoped(|l| l.apply_control(test, vec![next]));
        then.push(passes(passed));
        self.emit(if_stmt(Expr::binary(BinOp::Lt, i, len), then, vec![passes(Expr::Bool(false))]));
        let step = Stmt::Update { place: at, op: BinOp::Add, value: Expr::int(1) };
        self.emit(if_stmt(Expr::var(dest, span), vec![step], Vec::new()));
        Some(chosen(Expr::var(dest, span), made))
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
            ("next_back", 0) => {
                let taken = self.taken_from_end(&stream, span);
                if taken.is_none() {
                    let said = "`next_back` of this iterator cannot be differentiated; collect it into a `Vec` first";
                    self.errors.at(span, said);
                }
                Some(taken.unwrap_or_else(|| Expr::Tuple(Vec::new())))
            }
            ("peek", 0) => {
                if let Some((len, item, at)) = behind_cursor(&stream) {
                    return Some(self.peeked(len, &item, at, span));
                }
                self.errors.at(span, "`peek` of this iterator cannot be differentiated; collect it into a `Vec` first");
                Some(Expr::Tuple(Vec::new()))
            }
            ("next_if", 1) => {
                let f = self.callable(&m.args[0])?;
                self.next_if(&stream, &f, span)
            }
            ("next_if_eq", 1) => {
                let other = &m.args[0];
                let f = self.callable(&syn::parse_quote!(|item| *item == *#other))?;
                self.next_if(&stream, &f, span)
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

/// The cursor of a stream, with what is made of its items.
fn behind_cursor(stream: &Stream) -> Option<(Expr, ItemAt, Place)> {
    match stream {
        Stream::Cursor { len, item, at, .. } => Some((len.clone(), item.clone(), at.clone())),
        Stream::Staged { source, stage: Stage::Each { f, pure: true } } => {
            let (len, item, at) = behind_cursor(source)?;
            let f = f.clone();
            Some((
                len,
                Rc::new(move |l, i| {
                    let item = item(l, i);
                    f(l, item)
                }),
                at,
            ))
        }
        _ => None,
    }
}

/// Whether a stream is loops inside of loops.
pub(super) fn is_nested(stream: &Stream) -> bool {
    lost(stream, true) == Some("`flat_map`")
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
