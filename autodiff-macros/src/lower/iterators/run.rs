//! Streams as loops.
//!
//! In: a stream, the conditions under which it is to end, and a sink. Out: statements in the open block.

use proc_macro2::Span;

use super::{Flat, Lowerer, Stage, Stream, borrowed};
use crate::ir::{BinOp, Expr, Header, Loop, Place, Role, Stmt};
use crate::kinds::{Float, Kind};
use crate::lower::closures::Callable;
use crate::lower::exprs::{block, diverges, if_stmt};
use crate::lower::flow::once;
use crate::lower::{as_place, strip};
use crate::variants;

/// The labels of the loops around an item.
#[derive(Clone, Copy)]
pub(in crate::lower) struct Exit {
    /// Ends the stream.
    pub(in crate::lower) leave: usize,
    /// Goes on with the next item.
    pub(in crate::lower) next: usize,
}

/// Receives the items inside the loop.
pub(in crate::lower) type Sink<'s> = &'s mut dyn FnMut(&mut Lowerer<'_>, Expr, Exit);

impl Lowerer<'_> {
    /// Emits the loops of a stream around what the sink emits for an item.
    pub(in crate::lower) fn run_stream(&mut self, stream: Stream, span: Span, sink: Sink<'_>) {
        self.run(stream, &[], span, None, sink);
    }

    /// The same; no item is asked for once one of the conditions `stops` holds.
    pub(super) fn run(&mut self, stream: Stream, stops: &[Expr], span: Span, name: Option<syn::Ident>, sink: Sink<'_>) {
        match stream {
            Stream::Range { lo, hi, inclusive, step, rev } => {
                let (name, span) = name.map_or(("i".to_owned(), span), |n| (n.to_string(), n.span()));
                let header = Header::Range { var: 0, lo, hi, inclusive, step, rev };
                self.header_loop(&name, header, span, |l, i, label| {
                    l.stop(stops, label);
                    sink(l, i, Exit { leave: label, next: label });
                });
            }
            Stream::Indexed { len, item } => {
                let hi = self.fixed(len, span);
                self.range_loop("i", Expr::int(0), hi, span, |l, i, label| {
                    l.stop(stops, label);
                    let item = item(l, i);
                    sink(l, item, Exit { leave: label, next: label });
                });
            }
            Stream::Cursor { len, item, at, .. } => {
                let more = Expr::binary(BinOp::Lt, Expr::Place(at.clone()), len);
                self.condition_loop(more, stops, |l, exit| {
                    let i = l.temporary(Expr::Place(at.clone()), span);
                    l.emit(Stmt::Update { place: at.clone(), op: BinOp::Add, value: Expr::int(1) });
                    let item = item(l, i);
                    sink(l, item, exit);
                });
            }
            Stream::Successors { now, next, ends } => self.run_successors(&now, &next, ends, stops, span, sink),
            Stream::Calls { f, endless } => self.condition_loop(Expr::Bool(true), stops, |l, exit| {
                let value = l.apply(&f, Vec::new());
                if endless {
                    let value = l.as_part(value, span);
                    sink(l, value, exit);
                } else {
                    l.some_or_leave(value, exit, span, sink);
                }
            }),
            Stream::Chain(a, b) => {
                let leave = self.label();
                let mut of = None;
                let (body, ()) = self.scoped(|l| {
                    for half in [*a, *b] {
                        l.run(half, stops, span, name.clone(), &mut |l, item, exit| {
                            let item = l.of_one_type(item, &mut of);
                            sink(l, item, Exit { leave, next: exit.next });
                        });
                    }
                });
                self.emit_left(leave, body);
            }
            Stream::Staged { source, stage } => self.run_stage(*source, stage, stops, span, name, sink),
        }
    }

    /// An item of one of several streams whose items have the same type: literals have that of those before.
    fn of_one_type(&self, item: Expr, of: &mut Option<Box<syn::Type>>) -> Expr {
        match (self.kind(&item), &of) {
            (Kind::Float(Float::F64), _) => *of = Some(syn::parse_quote!(f64)),
            (Kind::Float(Float::F32), _) => *of = Some(syn::parse_quote!(f32)),
            (Kind::Float(Float::Any), Some(ty)) => return Expr::Cast(Box::new(item), ty.clone()),
            _ => {}
        }
        item
    }

    /// Statements that `leave` ends; a block of their own only where it is used.
    fn emit_left(&mut self, leave: usize, mut body: Vec<Stmt>) {
        let mut used = false;
        block(body.clone()).walk(&mut |s| used |= matches!(s, Stmt::Break(l) if *l == leave));
        if used {
            if !diverges(&body) {
                body.push(Stmt::Break(leave));
            }
            self.emit(once(leave, body));
        } else {
            self.stmts.last_mut().expect("a block is open").extend(body);
        }
    }

    fn run_stage(
        &mut self,
        source: Stream,
        stage: Stage,
        stops: &[Expr],
        span: Span,
        name: Option<syn::Ident>,
        sink: Sink<'_>,
    ) {
        match stage {
            Stage::Each { f, .. } => self.run(source, stops, span, None, &mut |l, item, exit| {
                let value = f(l, item);
                sink(l, value, exit);
            }),
            Stage::Filter(f) => self.run(source, stops, span, name, &mut |l, item, exit| {
                let test = l.test(&f, borrowed(&item));
                let (then, ()) = l.scoped(|l| sink(l, item.clone(), exit));
                l.emit(if_stmt(test, then, Vec::new()));
            }),
            Stage::TakeWhile(f) => self.run(source, stops, span, name, &mut |l, item, exit| {
                let test = l.test(&f, borrowed(&item));
                l.emit(if_stmt(negated(test), vec![Stmt::Break(exit.leave)], Vec::new()));
                sink(l, item, exit);
            }),
            Stage::SkipWhile { f, begun } => self.run(source, stops, span, name, &mut |l, item, exit| {
                let (waiting, test) = l.scoped(|l| l.test(&f, borrowed(&item)));
                let started = Expr::Place(begun.clone());
                if waiting.is_empty() {
                    let skip = Expr::binary(BinOp::And, negated(started), test);
                    l.emit(if_stmt(skip, vec![Stmt::Continue(exit.next)], Vec::new()));
                } else {
                    let mut waiting = waiting;
                    waiting.push(if_stmt(test, vec![Stmt::Continue(exit.next)], Vec::new()));
                    l.emit(if_stmt(negated(started), waiting, Vec::new()));
                }
                l.emit(Stmt::Assign { place: begun.clone(), value: Expr::Bool(true), init: false });
                sink(l, item, exit);
            }),
            Stage::FilterMap(f) => self.run(source, stops, span, None, &mut |l, item, exit| {
                let value = l.apply(&f, vec![item]);
                let (some, item) = l.chosen_parts(value, span);
                if matches!(some, Expr::Bool(true)) {
                    return sink(l, item, exit);
                }
                let (then, ()) = l.scoped(|l| sink(l, item.clone(), exit));
                l.emit(if_stmt(some, then, Vec::new()));
            }),
            Stage::MapWhile(f) => self.run(source, stops, span, None, &mut |l, item, exit| {
                let value = l.apply(&f, vec![item]);
                l.some_or_leave(value, exit, span, sink);
            }),
            Stage::Scan { f, state } => self.run(source, stops, span, None, &mut |l, item, exit| {
                let state = Expr::Ref { mutable: true, of: Box::new(Expr::Place(state.clone())) };
                let value = l.apply(&f, vec![state, item]);
                l.some_or_leave(value, exit, span, sink);
            }),
            Stage::Flat { f, rev } => self.run(source, stops, span, None, &mut |l, item, outer| {
                l.with_flat(&f, item, span, &mut |l, inner| {
                    let inner = l.perhaps_optional(inner);
                    let Some(inner) = (if rev { l.reversed(inner, span) } else { Some(inner) }) else {
                        return l.errors.at(span, "`rev` of this iterator cannot be differentiated; collect it first");
                    };
                    l.run(inner, stops, span, None, &mut |l, item, exit| {
                        sink(l, item, Exit { leave: outer.leave, next: exit.next });
                    });
                });
            }),
            Stage::Enumerate(count) => self.run(source, stops, span, None, &mut |l, item, exit| {
                let now = l.temporary(Expr::Place(count.clone()), span);
                l.count(&count);
                sink(l, Expr::Tuple(vec![now, item]), exit);
            }),
            Stage::Take { n, taken } => {
                let mut stops = stops.to_vec();
                stops.push(Expr::binary(BinOp::Ge, Expr::Place(taken.clone()), n));
                self.run(source, &stops, span, name, &mut |l, item, exit| {
                    l.count(&taken);
                    sink(l, item, exit);
                });
            }
            Stage::Skip { n, seen } => self.run(source, stops, span, name, &mut |l, item, exit| {
                let skip = Expr::binary(BinOp::Lt, Expr::Place(seen.clone()), n.clone());
                let (mut then, ()) = l.scoped(|l| l.count(&seen));
                then.push(Stmt::Continue(exit.next));
                l.emit(if_stmt(skip, then, Vec::new()));
                sink(l, item, exit);
            }),
            Stage::StepBy { k, seen } => self.run(source, stops, span, name, &mut |l, item, exit| {
                let at = Expr::binary(BinOp::Rem, Expr::Place(seen.clone()), k.clone());
                let keep = l.temporary(Expr::binary(BinOp::Eq, at, Expr::int(0)), span);
                l.count(&seen);
                l.emit(if_stmt(negated(keep), vec![Stmt::Continue(exit.next)], Vec::new()));
                sink(l, item, exit);
            }),
            Stage::Zip(other) => self.run(source, stops, span, None, &mut |l, item, exit| {
                if let Stream::Cursor { len, item: other, at, .. } = &*other {
                    let i = l.temporary(Expr::Place(at.clone()), span);
                    let over = Expr::binary(BinOp::Ge, i.clone(), len.clone());
                    l.emit(if_stmt(over, vec![Stmt::Break(exit.leave)], Vec::new()));
                    l.count(at);
                    let other = other(l, i);
                    return sink(l, Expr::Tuple(vec![item, other]), exit);
                }
                let other = l.advance(&other, true, span);
                let (some, other) = l.chosen_parts(other, span);
                l.emit(if_stmt(negated(some), vec![Stmt::Break(exit.leave)], Vec::new()));
                sink(l, Expr::Tuple(vec![item, other]), exit);
            }),
        }
    }

    /// Hands the content of an option to the sink, or ends the stream.
    fn some_or_leave(&mut self, value: Expr, exit: Exit, span: Span, sink: Sink<'_>) {
        let (some, item) = self.chosen_parts(value, span);
        if !matches!(some, Expr::Bool(true)) {
            self.emit(if_stmt(negated(some), vec![Stmt::Break(exit.leave)], Vec::new()));
        }
        let item = self.as_part(item, span);
        sink(self, item, exit);
    }

    fn run_successors(&mut self, now: &Place, next: &Callable, ends: bool, stops: &[Expr], span: Span, sink: Sink<'_>) {
        let payload = now.step(variants::payload(variants::some()));
        let more = if ends { is_some(Expr::Place(now.clone())) } else { Expr::Bool(true) };
        self.condition_loop(more, stops, |l, exit| {
            let held = if ends { payload.clone() } else { now.clone() };
            let item = l.temporary(Expr::Clone(Box::new(Expr::Place(held))), span);
            let value = l.apply(next, vec![Expr::Ref { mutable: false, of: Box::new(item.clone()) }]);
            let value = if ends {
                value
            } else {
                let (_, value) = l.chosen_parts(value, span);
                value
            };
            let value = l.as_atom(value, span);
            l.emit(Stmt::Assign { place: now.clone(), value, init: false });
            sink(l, item, exit);
        });
    }

    /// Runs `f` on the stream that an item is replaced by.
    fn with_flat(&mut self, flat: &Flat, item: Expr, span: Span, f: &mut dyn FnMut(&mut Self, Stream)) {
        match flat {
            Flat::Item => {
                let inner = self.items_of(item, span);
                f(self, inner);
            }
            Flat::Map(Callable::Path(path)) => {
                let value = self.call_path(path, vec![item], span);
                let inner = self.items_of(value, span);
                f(self, inner);
            }
            Flat::Map(Callable::Closure(closure)) => {
                let _ = self.with_parameters(closure, vec![item], |l| {
                    let mut body = &*closure.source.body;
                    while let syn::Expr::Block(b) = body
                        && b.label.is_none()
                    {
                        let Some((syn::Stmt::Expr(last, None), before)) = b.block.stmts.split_last() else { break };
                        before.iter().for_each(|s| l.stmt(s));
                        body = last;
                    }
                    if let Some(stream) = l.stream_or_refuse(body) {
                        f(l, stream);
                    }
                });
            }
        }
    }

    /// A vector of what a function gives for the items of what may be an `Option` as well as a sequence.
    pub(in crate::lower) fn mapped_items(&mut self, of: Place, function: &Callable, span: Span) -> Place {
        let items = self.vector(span);
        let stream = self.elements(of, false, false);
        let stream = self.perhaps_optional(stream);
        self.run_stream(stream, span, &mut |l, item, _| {
            let value = l.apply(function, vec![item]);
            l.push_to(&items, value, span);
        });
        items
    }

    /// A stream of the items of what may be an `Option` as well as a sequence: the types tell how many there are.
    fn perhaps_optional(&mut self, stream: Stream) -> Stream {
        match stream {
            Stream::Indexed { len: Expr::Method { recv, name, .. }, item }
                if name == "len" && self.kind(&recv).deref() == &Kind::Unknown =>
            {
                let args = vec![Expr::Ref { mutable: false, of: recv }];
                Stream::Indexed { len: crate::lower::fallible::support("how_many", args), item }
            }
            other => other,
        }
    }

    /// The items of a value that is iterated over.
    pub(super) fn items_of(&mut self, value: Expr, span: Span) -> Stream {
        let reference = matches!(value, Expr::Ref { .. });
        let mutable = matches!(value, Expr::Ref { mutable: true, .. });
        if let Expr::Range { lo, hi: Some(hi), inclusive } = value {
            let lo = lo.map_or_else(|| Expr::int(0), |e| *e);
            return Stream::Range { lo, hi: *hi, inclusive, step: None, rev: false };
        }
        self.learn_declared(&value);
        let option = matches!(self.kind(&strip(value.clone())).deref(), Kind::Option(_));
        if option || crate::lower::chosen::parts(&value).is_some() {
            let (some, item) = self.chosen_parts(value, span);
            let len = crate::ir::Expr::Cast(Box::new(some), syn::parse_quote!(usize));
            return Stream::Indexed { len, item: std::rc::Rc::new(move |_, _| item.clone()) };
        }
        if let Kind::Result(_) = self.kind(&strip(value.clone())).deref() {
            let place = self.place_of(value, span);
            let ok = crate::rules::method(Expr::Place(place.clone()), "is_ok", Vec::new());
            let item = self.normal(Expr::Place(place.step(variants::payload(variants::ok()))));
            let item = if reference { Expr::Ref { mutable, of: Box::new(item) } } else { item };
            let len = Expr::Cast(Box::new(ok), syn::parse_quote!(usize));
            return Stream::Indexed { len, item: std::rc::Rc::new(move |_, _| item.clone()) };
        }
        let array = self.is_array(&value);
        if let Some(stream) = self.lent_items(&value, span) {
            return stream;
        }
        let (place, referring) = self.place_of_items(value, span);
        if array {
            return self.array_source(place, reference, mutable, span);
        }
        match referring {
            Some(item) => self.referred_elements(place, item),
            None => self.elements(place, reference, mutable),
        }
    }

    /// The value of a predicate: a condition.
    pub(super) fn test(&mut self, f: &Callable, item: Expr) -> Expr {
        self.apply_control(f, vec![item])
    }

    /// Ends a loop if one of the conditions holds.
    fn stop(&mut self, stops: &[Expr], label: usize) {
        for stop in stops {
            self.emit(if_stmt(stop.clone(), vec![Stmt::Break(label)], Vec::new()));
        }
    }

    /// Emits `for name in lo..hi { f }`.
    pub(in crate::lower) fn range_loop(
        &mut self,
        name: &str,
        lo: Expr,
        hi: Expr,
        span: Span,
        f: impl FnOnce(&mut Self, Expr, usize),
    ) {
        self.header_loop(name, Header::Range { var: 0, lo, hi, inclusive: false, step: None, rev: false }, span, f);
    }

    pub(in crate::lower) fn header_loop(
        &mut self,
        name: &str,
        mut header: Header,
        span: Span,
        f: impl FnOnce(&mut Self, Expr, usize),
    ) {
        let label = self.label();
        let i = self.fresh(name, span, Kind::Int, Role::User);
        if let Header::Range { var, .. } = &mut header {
            *var = i;
        }
        let (body, ()) = self.scoped(|l| f(l, Expr::var(i, span), label));
        self.emit(Stmt::from(Loop { label, header, body: block(body), exits: Vec::new(), tape: None, plan: None }));
    }

    /// Emits `while more && !stop { f }`.
    fn condition_loop(&mut self, more: Expr, stops: &[Expr], f: impl FnOnce(&mut Self, Exit)) {
        let label = self.label();
        let cond = stops.iter().cloned().map(negated).fold(more, |all, go| match all {
            Expr::Bool(true) => go,
            all => Expr::binary(BinOp::And, all, go),
        });
        let (body, ()) = self.scoped(|l| f(l, Exit { leave: label, next: label }));
        let header = Header::While(cond);
        self.emit(Stmt::from(Loop { label, header, body: block(body), exits: Vec::new(), tape: None, plan: None }));
    }

    /// A mutable variable beside a loop.
    pub(super) fn counter(&mut self, name: &str, init: Expr, kind: Kind, span: Span) -> Place {
        let var = self.fresh(name, span, kind, Role::Temporary);
        self.program.vars[var].mutable = true;
        self.emit(Stmt::Let { var, value: init });
        Place::var(var, span)
    }

    fn count(&mut self, place: &Place) {
        self.emit(Stmt::Update { place: place.clone(), op: BinOp::Add, value: Expr::int(1) });
    }

    /// A value that does not change while a loop runs.
    pub(in crate::lower) fn fixed(&mut self, e: Expr, span: Span) -> Expr {
        if self.is_fixed(&e) { e } else { self.temporary(e, span) }
    }

    /// The place of a value that is a variable.
    pub(in crate::lower) fn variable(e: &Expr) -> Place {
        as_place(e).expect("a variable").clone()
    }
}

/// `!e`, without double negation; a comparison of integers is turned round.
pub(super) fn negated(e: Expr) -> Expr {
    match e {
        Expr::Not(e) => *e,
        Expr::Bool(b) => Expr::Bool(!b),
        Expr::Binary(BinOp::Eq, a, b) => Expr::Binary(BinOp::Ne, a, b),
        Expr::Binary(BinOp::Ne, a, b) => Expr::Binary(BinOp::Eq, a, b),
        other => Expr::Not(Box::new(other)),
    }
}

/// `e.is_some()`.
pub(in crate::lower) fn is_some(e: Expr) -> Expr {
    crate::rules::method(e, "is_some", Vec::new())
}
