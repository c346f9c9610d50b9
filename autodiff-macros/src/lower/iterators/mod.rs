//! Iterators become loops.
//!
//! In: a chain of method calls, or whatever a `for` runs over. Between: a [`Stream`], which is a range, a
//! sequence of items that have an index, or such a source with stages behind it. Out: loops that hand
//! every item to a sink. Sources are in `sources`, methods that make streams of streams in `adapters`,
//! loops in `run`, methods that consume in `terminals` and (those that choose an item) in `search`, and
//! iterators that are advanced step by step in `cursors`.

mod adapters;
mod cursors;
mod maps;
mod ranges;
mod remainders;
mod run;
mod search;
mod sources;
mod terminals;

use std::rc::Rc;

use proc_macro2::Span;
use syn::Expr as S;

use super::closures::Callable;
use super::{Binding, LoopScope, Lowerer};
use crate::ir::{Expr, Place};

pub(super) use run::is_some;

/// The item at an index.
pub(super) type ItemAt = Rc<dyn Fn(&mut Lowerer<'_>, Expr) -> Expr>;

/// What is made of an item.
type Each = Rc<dyn Fn(&mut Lowerer<'_>, Expr) -> Expr>;

/// What a loop runs over.
#[derive(Clone)]
pub(super) enum Stream {
    /// Integers from `lo` to `hi`.
    Range { lo: Expr, hi: Expr, inclusive: bool, step: Option<Expr>, rev: bool },
    /// Items that can be reached by their index.
    Indexed { len: Expr, item: ItemAt },
    /// The items from the index on that a variable holds, which moves along.
    /// With `shared`, others go on from where it stops.
    Cursor { len: Expr, item: ItemAt, at: Place, shared: bool },
    /// `iter::successors`: the next item is in a variable (an option, if the function may end).
    Successors { now: Place, next: Callable, ends: bool },
    /// `iter::from_fn`, or (`endless`) `iter::repeat_with`.
    Calls { f: Callable, endless: bool },
    /// One stream after another.
    Chain(Box<Stream>, Box<Stream>),
    /// Items of another stream, some of them left out, or replaced by others.
    Staged { source: Box<Stream>, stage: Stage },
}

/// What is done to the items of a stream. Counters and flags are variables beside the loop.
#[derive(Clone)]
pub(super) enum Stage {
    /// `pure`: that an item is left out or made earlier cannot be told.
    Each {
        f: Each,
        pure: bool,
    },
    Filter(Callable),
    FilterMap(Callable),
    TakeWhile(Callable),
    SkipWhile {
        f: Callable,
        begun: Place,
    },
    MapWhile(Callable),
    Scan {
        f: Callable,
        state: Place,
    },
    /// Each item is replaced by the items of a stream; with `rev`, these backward.
    Flat {
        f: Flat,
        rev: bool,
    },
    Enumerate(Place),
    Take {
        n: Expr,
        taken: Place,
    },
    Skip {
        n: Expr,
        seen: Place,
    },
    StepBy {
        k: Expr,
        seen: Place,
    },
    Zip(Box<Stream>),
}

/// The stream that an item is replaced by.
#[derive(Clone)]
pub(super) enum Flat {
    /// What a closure makes of it.
    Map(Callable),
    /// The item itself.
    Item,
}

/// `&item`, for who only looks at it.
fn borrowed(item: &Expr) -> Expr {
    fn shared(item: &Expr) -> Expr {
        match item {
            Expr::Ref { of, .. } => Expr::Ref { mutable: false, of: Box::new(shared(of)) },
            Expr::Tuple(es) => Expr::Tuple(es.iter().map(shared).collect()),
            other => other.clone(),
        }
    }
    Expr::Ref { mutable: false, of: Box::new(shared(item)) }
}

/// Whether a method of this name makes an iterator of another.
pub(super) fn is_adapter(name: &str) -> bool {
    adapters::NAMES.contains(&name)
}

/// Whether a method of this name is one of those of iterators, but for those that leave one to go on with.
pub(super) fn is_consumer(name: &str) -> bool {
    let steps = matches!(name, "next" | "next_back" | "nth" | "peek" | "len" | "clone");
    !steps && (is_adapter(name) || terminals::NAMES.contains(&name))
}

/// Whether a call is one of a function of `std::iter`.
pub(super) fn is_generator(c: &syn::ExprCall) -> bool {
    sources::generator(c).is_some()
}

/// Whether an expression is a call of a method that gives an iterator.
pub(super) fn is_adapted(e: &S) -> bool {
    match e {
        S::Paren(p) => is_adapted(&p.expr),
        S::MethodCall(m) => {
            let name = m.method.to_string();
            // Everything else can be cloned as well.
            sources::MAKERS.contains(&name.as_str())
                || sources::of_text(m)
                || (adapters::NAMES.contains(&name.as_str()) && name != "clone")
        }
        _ => false,
    }
}

/// Whether a chain shows an iterator that it begins with, as `v.iter().map(f)` does, and `v.map(f)` does not.
pub(super) fn begins_as_one(e: &S) -> bool {
    match e {
        S::Paren(p) => begins_as_one(&p.expr),
        S::Range(_) => true,
        S::MethodCall(m) => sources::MAKERS.contains(&m.method.to_string().as_str()) || begins_as_one(&m.receiver),
        _ => false,
    }
}

impl Lowerer<'_> {
    /// `for pat in iterable { body }`.
    pub(super) fn for_loop(&mut self, f: &syn::ExprForLoop) {
        let span = f.for_token.span;
        if let Some(stream) = self.stream_or_refuse(&f.expr) {
            self.loop_over(stream, &f.pat, &f.body, f.label.as_ref(), span);
        }
    }

    /// `while let Some(pat) = name.next() { body }`, which is a loop over what is left.
    pub(super) fn while_next(&mut self, w: &syn::ExprWhile) -> bool {
        let S::Let(l) = &*w.cond else { return false };
        let (syn::Pat::TupleStruct(some), S::MethodCall(next)) = (&*l.pat, &*l.expr) else { return false };
        let simple = crate::variants::is_named(&some.path, "Some")
            && some.elems.len() == 1
            && !self.is_refutable(&some.elems[0])
            && next.method == "next"
            && matches!(&*next.receiver, S::Path(_))
            && self.is_chain(&next.receiver);
        if simple && let Some(stream) = self.stream_or_refuse(&next.receiver) {
            let stream = cursors::shared(stream);
            self.loop_over(stream, &some.elems[0], &w.body, w.label.as_ref(), w.while_token.span);
        }
        simple
    }

    fn loop_over(&mut self, stream: Stream, pat: &syn::Pat, body: &syn::Block, label: Option<&syn::Label>, span: Span) {
        let name = label.map(|l| l.name.ident.to_string());
        let hint = match pat {
            syn::Pat::Ident(p) => Some(p.ident.clone()),
            _ => None,
        };
        self.run(stream, &[], span, hint, &mut |l, item, exit| {
            l.loops.push(LoopScope {
                name: name.clone(),
                label: exit.leave,
                next: exit.next,
                result: None,
                block: false,
            });
            l.scopes.push(crate::maps::HashMap::default());
            l.bind_pattern(pat, item);
            let _ = l.block_value(body);
            l.scopes.pop();
            l.loops.pop();
        });
    }

    /// The stream of an expression that is iterated over, or an error that names what stands in the way.
    pub(super) fn stream_or_refuse(&mut self, e: &S) -> Option<Stream> {
        let before = self.errors.count();
        let stream = self.stream(e);
        if stream.is_none() && self.errors.count() == before {
            self.errors.on(
                e,
                "this is not an iterator that can be differentiated; loop over a range, a slice or a chain of the supported adapters",
            );
        }
        stream
    }

    /// `let name = chain;`, if the value is an iterator.
    pub(super) fn bind_iterator(&mut self, p: &syn::PatIdent, init: &S) -> bool {
        // A function of the user's own may be called like one of `std::iter`.
        let alone = matches!(init, S::Call(c) if matches!(&*c.func, S::Path(p) if p.path.get_ident().is_some()));
        if alone || !self.is_chain(init) {
            return false;
        }
        if let Some(mut stream) = self.stream_or_refuse(init) {
            self.keep_remainder(&p.ident, init);
            if p.mutability.is_some() {
                stream = self.resumable(stream, self.uses.is_advanced_back(&p.ident), p.ident.span());
            }
            let scope = self.scopes.last_mut().expect("a scope is open");
            scope.insert(p.ident.to_string(), Binding::Iterator(Rc::new(stream)));
        }
        true
    }

    /// Whether an expression is an iterator, rather than a value.
    pub(super) fn is_chain(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.is_chain(&p.expr),
            S::Range(_) => true,
            S::MethodCall(m) => {
                let name = m.method.to_string();
                sources::MAKERS.contains(&name.as_str())
                    || sources::of_text(m)
                    || self.is_cut(m)
                    || self.is_of_map(e)
                    || crate::lower::lanes::is_of_arrays(&name)
                    || (crate::lower::lanes::MAKERS.contains(&name.as_str()) && self.seems_array(&m.receiver))
                    || (adapters::NAMES.contains(&name.as_str()) && self.begins_chain(&m.receiver))
            }
            S::Path(p) => {
                p.path.get_ident().is_some_and(|i| matches!(self.lookup(&i.to_string()), Some(Binding::Iterator(_))))
            }
            S::Call(c) => sources::generator(c).is_some(),
            S::Block(b) => sources::tail(b).is_some_and(|tail| !matches!(tail, S::Path(_)) && self.is_chain(tail)),
            S::Reference(r) => r.mutability.is_some() && matches!(&*r.expr, S::Path(_)) && self.is_chain(&r.expr),
            _ => false,
        }
    }

    /// Whether an expression is an iterator where an adapter follows it: a range that has a name is one, and a value elsewhere.
    pub(super) fn begins_chain(&self, e: &S) -> bool {
        self.is_chain(e) || self.named_range(e).is_some()
    }

    /// An item that a closure made, bound so that it can be named twice.
    fn as_part(&mut self, value: Expr, span: Span) -> Expr {
        match value {
            Expr::Tuple(es) => Expr::Tuple(es.into_iter().map(|e| self.as_part(e, span)).collect()),
            other => self.as_atom(other, span),
        }
    }
}
