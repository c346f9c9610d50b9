//! Iterators become loops: a chain of adapters is a stream of items with indices, or a loop that
//! hands each item to what follows.

use std::rc::Rc;

use proc_macro2::Span;
use syn::Expr as S;
use syn::spanned::Spanned;

use super::closures::Callable;
use super::exprs::{block, if_stmt};
use super::{LoopScope, Lowerer, strip};
use crate::ir::{BinOp, Expr, Header, Loop, Place, Role, Step, Stmt};
use crate::kinds::Kind;
use crate::rules;

type ItemAt = Rc<dyn Fn(&mut Lowerer<'_>, Expr) -> Expr>;

/// What a loop runs over.
#[derive(Clone)]
pub(super) enum Stream {
    /// Integers from `lo` to `hi`.
    Range { lo: Expr, hi: Expr, inclusive: bool, step: Option<Expr>, rev: bool },
    /// Items that can be reached by their index.
    Indexed { len: Expr, item: ItemAt },
    /// Items of another stream, some of them left out or replaced by several.
    Filtered { source: Box<Stream>, stage: Stage },
}

/// What is done to the items of a stream.
#[derive(Clone)]
pub(super) enum Stage {
    Map(Callable),
    Filter(Callable),
    TakeWhile(Callable),
    SkipWhile(Callable),
    FlatMap(Callable),
    FilterMap(Callable),
    Enumerate,
    Chain(Box<Stream>),
}

/// Receives the items inside the loop; the label leaves the whole loop.
type Sink<'s> = &'s mut dyn FnMut(&mut Lowerer<'_>, Expr, usize);

impl Lowerer<'_> {
    /// `for pat in iterable { body }`.
    pub(super) fn for_loop(&mut self, f: &syn::ExprForLoop) {
        let span = f.for_token.span;
        let name = f.label.as_ref().map(|l| l.name.ident.to_string());
        let Some(stream) = self.stream(&f.expr) else {
            self.errors.on(&f.expr, "this is not an iterator that can be differentiated; loop over a range, a slice or a chain of the supported adapters");
            return;
        };
        let hint = match &*f.pat {
            syn::Pat::Ident(p) => Some(p.ident.clone()),
            _ => None,
        };
        self.run_named(stream, span, hint, &mut |l, item, label| {
            // `continue` ends the work on this item, which is the innermost loop's body.
            l.loops.push(LoopScope { name: name.clone(), label, result: None, block: false });
            l.scopes.push(std::collections::HashMap::new());
            l.bind_pattern(&f.pat, item);
            let _ = l.block_value(&f.body);
            l.scopes.pop();
            l.loops.pop();
        });
    }

    /// The stream of an expression that is iterated over.
    pub(super) fn stream(&mut self, e: &S) -> Option<Stream> {
        match e {
            S::Paren(p) => self.stream(&p.expr),
            S::Range(r) => {
                let lo = r.start.as_ref().map_or_else(|| Expr::int(0), |e| self.control(e));
                let lo = self.fixed(lo, e.span());
                let inclusive = matches!(r.limits, syn::RangeLimits::Closed(_));
                let hi = match &r.end {
                    Some(e) => self.control(e),
                    None => Expr::Item(syn::parse_quote!(::core::primitive::usize::MAX), None),
                };
                let hi = self.fixed(hi, e.span());
                Some(Stream::Range { lo, hi, inclusive, step: None, rev: false })
            }
            S::MethodCall(m) => self.adapter(m),
            S::Reference(r) => {
                let value = self.place_or_value(&r.expr);
                let place = self.place_of(value, e.span());
                Some(self.elements(place, true, r.mutability.is_some(), e.span()))
            }
            S::Path(_) | S::Field(_) | S::Index(_) | S::Array(_) | S::Macro(_) | S::Call(_) | S::Unary(_) => {
                let value = self.place_or_value(e);
                let reference = matches!(value, Expr::Ref { .. });
                let mutable = matches!(value, Expr::Ref { mutable: true, .. });
                let place = self.place_of(value, e.span());
                Some(self.elements(place, reference, mutable, e.span()))
            }
            _ => None,
        }
    }

    fn fixed(&mut self, e: Expr, span: Span) -> Expr {
        if self.is_fixed(&e) { e } else { self.temporary(e, span) }
    }

    /// The elements of a sequence, by value or by reference.
    fn elements(&mut self, place: Place, reference: bool, mutable: bool, _span: Span) -> Stream {
        let Expr::Place(place) = self.pin(Expr::Place(place)) else { unreachable!("pinning keeps places") };
        let len = rules::method(Expr::Place(place.clone()), "len", Vec::new());
        let item: ItemAt = Rc::new(move |l, i| {
            let element = l.normal(Expr::Place(place.step(Step::Index { at: Box::new(i), range: false })));
            if reference { Expr::Ref { mutable, of: Box::new(element) } } else { element }
        });
        Stream::Indexed { len, item }
    }

    /// A method that makes or changes an iterator.
    fn adapter(&mut self, m: &syn::ExprMethodCall) -> Option<Stream> {
        let name = m.method.to_string();
        let span = m.method.span();
        let arg = m.args.first();
        match (name.as_str(), m.args.len()) {
            ("iter", 0) => Some(self.source(&m.receiver, true, false)),
            ("iter_mut", 0) => Some(self.source(&m.receiver, true, true)),
            ("into_iter", 0) => match self.stream(&m.receiver) {
                Some(stream) => Some(stream),
                None => Some(self.source(&m.receiver, false, false)),
            },
            ("copied" | "cloned", 0) => {
                let source = self.stream(&m.receiver)?;
                Some(self.mapped(source, Rc::new(|_, item| strip(item))))
            }
            ("by_ref" | "fuse", 0) => self.stream(&m.receiver),
            ("enumerate", 0) => {
                let source = self.stream(&m.receiver)?;
                match self.indexed(source, span) {
                    Ok((len, item)) => Some(Stream::Indexed {
                        len,
                        item: Rc::new(move |l, i| {
                            let e = item(l, i.clone());
                            Expr::Tuple(vec![i, e])
                        }),
                    }),
                    Err(source) => Some(Stream::Filtered { source: Box::new(source), stage: Stage::Enumerate }),
                }
            }
            ("rev", 0) => match self.stream(&m.receiver)? {
                Stream::Range { lo, hi, inclusive, step: None, rev } => {
                    Some(Stream::Range { lo, hi, inclusive, step: None, rev: !rev })
                }
                other => {
                    let (len, item) = self.indexed(other, span).ok()?;
                    let n = self.fixed(len, span);
                    let last = n.clone();
                    let item: ItemAt = Rc::new(move |l, i| {
                        let at = Lowerer::minus(Lowerer::minus(last.clone(), Expr::int(1)), i);
                        item(l, at)
                    });
                    Some(Stream::Indexed { len: n, item })
                }
            },
            ("zip", 1) => {
                let a = self.stream(&m.receiver)?;
                let b = self.stream(arg?)?;
                let (la, ia) = self.indexed(a, span).ok()?;
                let (lb, ib) = self.indexed(b, span).ok()?;
                let len = rules::method(la, "min", vec![lb]);
                Some(Stream::Indexed {
                    len,
                    item: Rc::new(move |l, i| {
                        let a = ia(l, i.clone());
                        let b = ib(l, i);
                        Expr::Tuple(vec![a, b])
                    }),
                })
            }
            ("take", 1) => {
                let source = self.stream(&m.receiver)?;
                let n = self.control(arg?);
                let (len, item) = self.indexed(source, span).ok()?;
                Some(Stream::Indexed { len: rules::method(len, "min", vec![n]), item })
            }
            ("skip", 1) => {
                let source = self.stream(&m.receiver)?;
                let n = self.control(arg?);
                let n = self.fixed(n, span);
                let (len, item) = self.indexed(source, span).ok()?;
                let len = rules::method(len, "saturating_sub", vec![n.clone()]);
                Some(Stream::Indexed {
                    len,
                    item: Rc::new(move |l, i| {
                        let at = Expr::binary(BinOp::Add, i, n.clone());
                        item(l, at)
                    }),
                })
            }
            ("step_by", 1) => {
                let source = self.stream(&m.receiver)?;
                let k = self.control(arg?);
                let k = self.fixed(k, span);
                if let Stream::Range { lo, hi, inclusive, step: None, rev: false } = source {
                    return Some(Stream::Range { lo, hi, inclusive, step: Some(k), rev: false });
                }
                let (len, item) = self.indexed(source, span).ok()?;
                let len = rules::method(len, "div_ceil", vec![k.clone()]);
                Some(Stream::Indexed {
                    len,
                    item: Rc::new(move |l, i| {
                        let at = Expr::binary(BinOp::Mul, i, k.clone());
                        item(l, at)
                    }),
                })
            }
            ("windows" | "chunks" | "chunks_exact" | "chunks_mut" | "chunks_exact_mut", 1) => self.pieces(&name, m),
            ("map", 1) => {
                let source = self.stream(&m.receiver)?;
                let f = self.callable(arg?)?;
                Some(match source {
                    source @ Stream::Filtered { .. } => {
                        Stream::Filtered { source: Box::new(source), stage: Stage::Map(f) }
                    }
                    source => self.mapped(
                        source,
                        Rc::new(move |l, item| {
                            let value = l.apply(&f, vec![item]);
                            l.as_part(value, span)
                        }),
                    ),
                })
            }
            ("inspect", 1) => self.stream(&m.receiver),
            ("filter", 1) => self.stage(m, Stage::Filter),
            ("take_while", 1) => self.stage(m, Stage::TakeWhile),
            ("skip_while", 1) => self.stage(m, Stage::SkipWhile),
            ("flat_map", 1) => self.stage(m, Stage::FlatMap),
            ("filter_map", 1) => self.stage(m, Stage::FilterMap),
            ("chain", 1) => {
                let source = self.stream(&m.receiver)?;
                let other = self.stream(arg?)?;
                Some(Stream::Filtered { source: Box::new(source), stage: Stage::Chain(Box::new(other)) })
            }
            _ => None,
        }
    }

    /// An item that a closure made, bound so that it can be named twice.
    fn as_part(&mut self, value: Expr, span: Span) -> Expr {
        match value {
            Expr::Tuple(es) => Expr::Tuple(es.into_iter().map(|e| self.as_part(e, span)).collect()),
            other => self.as_atom(other, span),
        }
    }

    fn stage(&mut self, m: &syn::ExprMethodCall, stage: fn(Callable) -> Stage) -> Option<Stream> {
        let source = Box::new(self.stream(&m.receiver)?);
        let f = self.callable(m.args.first()?)?;
        Some(Stream::Filtered { source, stage: stage(f) })
    }

    fn source(&mut self, recv: &S, reference: bool, mutable: bool) -> Stream {
        let value = self.place_or_value(recv);
        let reference = reference || matches!(value, Expr::Ref { .. });
        let place = self.place_of(value, recv.span());
        self.elements(place, reference, mutable, recv.span())
    }

    /// `windows`, `chunks`, `chunks_exact` and their mutable forms.
    fn pieces(&mut self, name: &str, m: &syn::ExprMethodCall) -> Option<Stream> {
        let span = m.method.span();
        let value = self.place_or_value(&m.receiver);
        let place = self.place_of(value, span);
        let Expr::Place(place) = self.pin(Expr::Place(place)) else {
            return None;
        };
        let k = self.control(m.args.first()?);
        let k = self.fixed(k, span);
        let n = rules::method(Expr::Place(place.clone()), "len", Vec::new());
        let n = self.fixed(n, span);
        let len = match name {
            "windows" => {
                rules::method(Expr::binary(BinOp::Add, n.clone(), Expr::int(1)), "saturating_sub", vec![k.clone()])
            }
            "chunks" | "chunks_mut" => rules::method(n.clone(), "div_ceil", vec![k.clone()]),
            _ => Expr::binary(BinOp::Div, n.clone(), k.clone()),
        };
        let windows = name == "windows";
        let ragged = matches!(name, "chunks" | "chunks_mut");
        let mutable = name.ends_with("mut");
        let item: ItemAt = Rc::new(move |_, i| {
            let lo = if windows { i } else { Expr::binary(BinOp::Mul, i, k.clone()) };
            let hi = Expr::binary(BinOp::Add, lo.clone(), k.clone());
            let hi = if ragged { rules::method(hi, "min", vec![n.clone()]) } else { hi };
            let at = Expr::Range { lo: Some(Box::new(lo)), hi: Some(Box::new(hi)), inclusive: false };
            Expr::Ref { mutable, of: Box::new(Expr::Place(place.step(Step::Index { at: Box::new(at), range: true }))) }
        });
        Some(Stream::Indexed { len, item })
    }

    /// A stream as length and items, or the stream itself where its items have no index.
    fn indexed(&mut self, stream: Stream, span: Span) -> Result<(Expr, ItemAt), Stream> {
        match stream {
            Stream::Indexed { len, item } => Ok((len, item)),
            Stream::Range { lo, hi, inclusive, step, rev } => {
                let range = Expr::Range { lo: Some(Box::new(lo.clone())), hi: Some(Box::new(hi.clone())), inclusive };
                let count = match (&step, inclusive) {
                    (None, false) => match (integer(&lo), integer(&hi)) {
                        (Some(0), _) => hi.clone(),
                        (Some(a), Some(b)) => Expr::int(b.saturating_sub(a)),
                        _ => rules::method(hi.clone(), "saturating_sub", vec![lo.clone()]),
                    },
                    (Some(k), _) => {
                        rules::method(rules::method(range, "step_by", vec![k.clone()]), "count", Vec::new())
                    }
                    _ => rules::method(range, "count", Vec::new()),
                };
                let count = self.fixed(count, span);
                let n = count.clone();
                let item: ItemAt = Rc::new(move |_, i| {
                    let i = if rev { Lowerer::minus(Lowerer::minus(n.clone(), Expr::int(1)), i) } else { i };
                    let i = match &step {
                        Some(k) => Expr::binary(BinOp::Mul, i, k.clone()),
                        None => i,
                    };
                    match &lo {
                        Expr::Lit(syn::Lit::Int(l)) if l.base10_digits() == "0" => i,
                        lo => Expr::binary(BinOp::Add, lo.clone(), i),
                    }
                });
                Ok((count, item))
            }
            other @ Stream::Filtered { .. } => Err(other),
        }
    }

    fn mapped(&mut self, stream: Stream, f: Rc<dyn Fn(&mut Lowerer<'_>, Expr) -> Expr>) -> Stream {
        match self.indexed(stream, Span::mixed_site()) {
            Ok((len, item)) => Stream::Indexed {
                len,
                item: Rc::new(move |l, i| {
                    let item = item(l, i);
                    f(l, item)
                }),
            },
            Err(other) => other,
        }
    }

    /// Emits `for name in lo..hi { f }`.
    pub(super) fn range_loop(
        &mut self,
        name: &str,
        lo: Expr,
        hi: Expr,
        span: Span,
        f: impl FnOnce(&mut Self, Expr, usize),
    ) {
        self.header_loop(name, Header::Range { var: 0, lo, hi, inclusive: false, step: None, rev: false }, span, f);
    }

    fn header_loop(&mut self, name: &str, mut header: Header, span: Span, f: impl FnOnce(&mut Self, Expr, usize)) {
        let label = self.label();
        let i = self.fresh(name, span, Kind::Int, Role::User);
        if let Header::Range { var, .. } = &mut header {
            *var = i;
        }
        let (body, ()) = self.scoped(|l| f(l, Expr::var(i, span), label));
        self.emit(Stmt::Loop(Loop { label, header, body: block(body), exits: Vec::new(), tape: None, plan: None }));
    }

    /// Emits the loops of a stream around what the sink emits for an item.
    pub(super) fn run_stream(&mut self, stream: Stream, span: Span, sink: Sink<'_>) {
        self.run_named(stream, span, None, sink);
    }

    fn run_named(&mut self, stream: Stream, span: Span, name: Option<syn::Ident>, sink: Sink<'_>) {
        match stream {
            Stream::Range { lo, hi, inclusive, step, rev } => {
                let (name, span) = name.map_or(("i".to_owned(), span), |n| (n.to_string(), n.span()));
                let header = Header::Range { var: 0, lo, hi, inclusive, step, rev };
                self.header_loop(&name, header, span, |l, i, label| sink(l, i, label));
            }
            Stream::Indexed { len, item } => {
                let hi = self.fixed(len, span);
                self.range_loop("i", Expr::int(0), hi, span, |l, i, label| {
                    let item = item(l, i);
                    sink(l, item, label);
                });
            }
            Stream::Filtered { source, stage } => self.run_stage(*source, stage, span, sink),
        }
    }

    fn run_stage(&mut self, source: Stream, stage: Stage, span: Span, sink: Sink<'_>) {
        match stage {
            Stage::Map(f) => self.run_stream(source, span, &mut |l, item, label| {
                let value = l.apply(&f, vec![item]);
                let value = l.as_part(value, span);
                sink(l, value, label);
            }),
            Stage::Filter(f) => self.run_stream(source, span, &mut |l, item, label| {
                let test = l.apply(&f, vec![Expr::Ref { mutable: false, of: Box::new(item.clone()) }]);
                let (then, ()) = l.scoped(|l| sink(l, item.clone(), label));
                l.emit(if_stmt(test, then, Vec::new()));
            }),
            Stage::TakeWhile(f) => self.run_stream(source, span, &mut |l, item, label| {
                let test = l.apply(&f, vec![Expr::Ref { mutable: false, of: Box::new(item.clone()) }]);
                l.emit(if_stmt(Expr::Not(Box::new(test)), vec![Stmt::Break(label)], Vec::new()));
                sink(l, item, label);
            }),
            Stage::SkipWhile(f) => {
                let begun = self.counter("begun", Expr::Bool(false), Kind::Bool, span);
                self.run_stream(source, span, &mut |l, item, label| {
                    let test = l.apply(&f, vec![Expr::Ref { mutable: false, of: Box::new(item.clone()) }]);
                    let go = Expr::binary(BinOp::Or, begun.clone(), Expr::Not(Box::new(test)));
                    let (then, ()) = l.scoped(|l| {
                        let place = super::as_place(&begun).expect("a variable").clone();
                        l.emit(Stmt::Assign { place, value: Expr::Bool(true), init: false });
                        sink(l, item.clone(), label);
                    });
                    l.emit(if_stmt(go, then, Vec::new()));
                });
            }
            Stage::FilterMap(f) => self.run_stream(source, span, &mut |l, item, label| {
                let value = l.apply(&f, vec![item]);
                let value = l.as_atom(value, span);
                let place = l.place_of(value, span);
                let test = Expr::Matches(Box::new(Expr::Place(place.clone())), Box::new(syn::parse_quote!(Some(_))));
                let (then, ()) = l.scoped(|l| {
                    let payload = place.step(Step::Payload {
                        variant: syn::parse_quote!(Some),
                        member: syn::parse_quote!(0),
                        arity: 1,
                        tangent: false,
                    });
                    sink(l, Expr::Place(payload), label);
                });
                l.emit(if_stmt(test, then, Vec::new()));
            }),
            Stage::FlatMap(f) => self.run_stream(source, span, &mut |l, item, label| {
                let Callable::Closure(closure) = &f else {
                    return;
                };
                let closure = closure.clone();
                l.inline_stream(&closure, item, span, &mut |l, item, _| sink(l, item, label));
            }),
            Stage::Enumerate => {
                let count = self.counter("k", Expr::int(0), Kind::Int, span);
                self.run_stream(source, span, &mut |l, item, label| {
                    let now = l.temporary(count.clone(), span);
                    let place = super::as_place(&count).expect("a variable").clone();
                    l.emit(Stmt::Update { place, op: BinOp::Add, value: Expr::int(1) });
                    sink(l, Expr::Tuple(vec![now, item]), label);
                });
            }
            Stage::Chain(other) => {
                self.run_stream(source, span, sink);
                self.run_stream(*other, span, sink);
            }
        }
    }

    /// Runs the stream that a closure returns.
    fn inline_stream(&mut self, closure: &Rc<super::closures::Closure>, item: Expr, span: Span, sink: Sink<'_>) {
        let mut body = &*closure.source.body;
        while let S::Block(b) = body {
            match b.block.stmts.as_slice() {
                [syn::Stmt::Expr(e, None)] => body = e,
                _ => break,
            }
        }
        let _ = self.with_parameters(closure, vec![item], |l| match l.stream(body) {
            Some(stream) => l.run_stream(stream, span, sink),
            None => l.errors.on(body, "the closure of `flat_map` must be a single chain of iterator adapters"),
        });
    }

    /// A mutable variable beside a loop.
    fn counter(&mut self, name: &str, init: Expr, kind: Kind, span: Span) -> Expr {
        let var = self.fresh(name, span, kind, Role::Temporary);
        self.program.vars[var].mutable = true;
        self.emit(Stmt::Let { var, value: init });
        Expr::var(var, span)
    }
}

/// The value of a literal integer.
fn integer(e: &Expr) -> Option<usize> {
    match e {
        Expr::Lit(syn::Lit::Int(l)) => l.base10_parse().ok(),
        _ => None,
    }
}
