//! Methods that make a stream of a stream. Where the items have an index, so have those of the result;
//! elsewhere a [`Stage`] is put behind the source.

use std::rc::Rc;

use proc_macro2::Span;
use syn::Expr as S;
use syn::visit::{self, Visit};

use super::sources::{MAKERS, is_unbounded};
use super::{Each, Flat, ItemAt, Lowerer, Stage, Stream};
use crate::ir::{BinOp, Expr, Role};
use crate::kinds::Kind;
use crate::lower::strip;
use crate::rules;

/// The adapters.
pub(super) const NAMES: &[&str] = &[
    "copied",
    "cloned",
    "by_ref",
    "fuse",
    "peekable",
    "into_iter",
    "enumerate",
    "rev",
    "zip",
    "take",
    "skip",
    "step_by",
    "map",
    "inspect",
    "filter",
    "filter_map",
    "take_while",
    "skip_while",
    "map_while",
    "scan",
    "flat_map",
    "flatten",
    "chain",
    "cycle",
    "array_chunks",
    "map_windows",
    "intersperse",
    "clone",
];

impl Lowerer<'_> {
    /// A method that makes or changes an iterator.
    pub(super) fn adapter(&mut self, m: &syn::ExprMethodCall) -> Option<Stream> {
        let name = m.method.to_string();
        let name = name.as_str();
        let span = m.method.span();
        let blocks = matches!(m.args.first(), Some(syn::Expr::Tuple(_) | syn::Expr::Array(_)));
        if name == "windows" && (blocks || self.seems_array(&m.receiver)) {
            return self.array_maker(name, m);
        }
        if name == "into_iter"
            && let Some(windows) = self.windows_of_array(&m.receiver)
        {
            return self.array_maker("windows", windows);
        }
        if MAKERS.contains(&name) && !(name == "into_iter" && self.is_chain(&m.receiver)) {
            return self.maker(name, m);
        }
        if crate::lower::lanes::MAKERS.contains(&name) {
            return self.array_maker(name, m);
        }
        if !NAMES.contains(&name) {
            // A method that gives a sequence.
            if name != "remainder" && self.is_chain(&m.receiver) && !super::terminals::NAMES.contains(&name) {
                self.errors.at(span, format!("`{name}` of an iterator cannot be differentiated; write it as a loop"));
                return None;
            }
            let value = self.method_call(m);
            return Some(self.items_of(value, span));
        }
        let chain = self.begins_chain(&m.receiver);
        if !chain {
            // `option.map(…)`, `array.map(…)`.
            let value = self.method_call(m);
            return Some(self.items_of(value, span));
        }
        let arg = m.args.first();
        // The type of the items shows elsewhere.
        if name == "chain" && super::sources::is_empty(&m.receiver) {
            return self.stream_or_refuse(arg?);
        }
        let source = self.stream(&m.receiver)?;
        let stream = match (name, m.args.len()) {
            ("into_iter" | "fuse" | "peekable", 0) => source,
            ("by_ref", 0) => super::cursors::shared(source),
            ("clone", 0) => self.copied_stream(source, span)?,
            ("copied" | "cloned", 0) => each(source, Rc::new(|l, item| l.copied_item(item)), true),
            ("enumerate", 0) => self.enumerated(source, span),
            ("rev", 0) => {
                let Some(stream) = self.reversed(source, span) else {
                    self.errors.at(span, "`rev` of this iterator cannot be differentiated; collect it first");
                    return None;
                };
                stream
            }
            ("zip", 1) => {
                let other = self.stream_or_refuse(arg?)?;
                self.zipped(source, other, span)
            }
            ("take", 1) => {
                let n = self.control(arg?);
                let n = self.fixed(n, span);
                match self.indexed(source, span) {
                    Ok((len, item)) => Stream::Indexed { len: shorter(len, n), item },
                    Err(source) => {
                        let taken = self.counter("taken", Expr::int(0), Kind::Int, span);
                        staged(source, Stage::Take { n, taken })
                    }
                }
            }
            ("skip", 1) => {
                let n = self.control(arg?);
                let n = self.fixed(n, span);
                match self.indexed_purely(source, span) {
                    Ok((len, item)) => {
                        let len = if is_unbounded(&len) {
                            len
                        } else {
                            rules::method(len, "saturating_sub", vec![n.clone()])
                        };
                        let item: ItemAt = Rc::new(move |l, i| item(l, Expr::binary(BinOp::Add, i, n.clone())));
                        Stream::Indexed { len, item }
                    }
                    Err(source) => {
                        let seen = self.counter("seen", Expr::int(0), Kind::Int, span);
                        staged(source, Stage::Skip { n, seen })
                    }
                }
            }
            ("cycle", 0) => {
                let Ok((len, item)) = self.indexed_purely(source, span) else {
                    self.errors.at(span, "`cycle` of this iterator cannot be differentiated; collect it first");
                    return None;
                };
                let n = self.fixed(len, span);
                let endless = super::sources::unbounded();
                let len = match &n {
                    Expr::Lit(_) => endless,
                    n => {
                        let none = Expr::binary(BinOp::Eq, n.clone(), Expr::int(0));
                        Expr::Select(Box::new(none), Box::new(Expr::int(0)), Box::new(endless))
                    }
                };
                let item: ItemAt = Rc::new(move |l, i| {
                    let at = l.temporary(Expr::binary(BinOp::Rem, i, n.clone()), span);
                    item(l, at)
                });
                Stream::Indexed { len, item }
            }
            ("step_by", 1) => {
                let k = self.control(arg?);
                let k = self.fixed(k, span);
                match source {
                    Stream::Range { lo, hi, inclusive, step: None, rev: false } => {
                        Stream::Range { lo, hi, inclusive, step: Some(k), rev: false }
                    }
                    source => match self.indexed_purely(source, span) {
                        Ok((len, item)) => {
                            let len = rules::method(len, "div_ceil", vec![k.clone()]);
                            let item: ItemAt = Rc::new(move |l, i| item(l, Expr::binary(BinOp::Mul, i, k.clone())));
                            Stream::Indexed { len, item }
                        }
                        Err(source) => {
                            let seen = self.counter("seen", Expr::int(0), Kind::Int, span);
                            staged(source, Stage::StepBy { k, seen })
                        }
                    },
                }
            }
            ("map", 1) => {
                let f = self.callable(arg?)?;
                let pure = is_pure(arg?);
                let f: Each = Rc::new(move |l, item| {
                    let value = l.apply(&f, vec![item]);
                    l.as_part(value, span)
                });
                each(source, f, pure)
            }
            ("inspect", 1) => {
                let f = self.callable(arg?)?;
                let f: Each = Rc::new(move |l, item| {
                    let value = l.apply(&f, vec![super::borrowed(&item)]);
                    l.discard(Some(value));
                    item
                });
                each(source, f, false)
            }
            ("filter", 1) => staged(source, Stage::Filter(self.callable(arg?)?)),
            ("take_while", 1) => staged(source, Stage::TakeWhile(self.callable(arg?)?)),
            ("map_while", 1) => staged(source, Stage::MapWhile(self.callable(arg?)?)),
            ("filter_map", 1) => staged(source, Stage::FilterMap(self.callable(arg?)?)),
            ("flat_map", 1) => staged(source, Stage::Flat { f: Flat::Map(self.callable(arg?)?), rev: false }),
            ("flatten", 0) => match maps(&m.receiver) {
                // `map(f).flatten()` is `flat_map(f)`, whose closure may give an iterator.
                Some((recv, f)) => {
                    let source = self.stream(recv)?;
                    staged(source, Stage::Flat { f: Flat::Map(self.callable(f)?), rev: false })
                }
                None => staged(source, Stage::Flat { f: Flat::Item, rev: false }),
            },
            ("skip_while", 1) => {
                let f = self.callable(arg?)?;
                let begun = self.counter("begun", Expr::Bool(false), Kind::Bool, span);
                staged(source, Stage::SkipWhile { f, begun })
            }
            ("scan", 2) => {
                let init = self.operand(&m.args[0]);
                let f = self.callable(&m.args[1])?;
                let state = self.accumulator(init, span);
                staged(source, Stage::Scan { f, state: Self::variable(&state) })
            }
            ("chain", 1) if super::sources::is_empty(arg?) => source,
            ("chain", 1) => {
                let other = self.stream_or_refuse(arg?)?;
                Stream::Chain(Box::new(source), Box::new(other))
            }
            _ => {
                self.errors.at(span, format!("`{name}` of an iterator cannot be differentiated; write it as a loop"));
                return None;
            }
        };
        Some(stream)
    }

    fn enumerated(&mut self, source: Stream, span: Span) -> Stream {
        match self.indexed(source, span) {
            Ok((len, item)) => {
                let item: ItemAt = Rc::new(move |l, i| {
                    let e = item(l, i.clone());
                    Expr::Tuple(vec![i, e])
                });
                Stream::Indexed { len, item }
            }
            Err(source) => {
                let count = self.counter("k", Expr::int(0), Kind::Int, span);
                staged(source, Stage::Enumerate(count))
            }
        }
    }

    pub(in crate::lower) fn zipped(&mut self, a: Stream, b: Stream, span: Span) -> Stream {
        match (self.indexed(a, span), self.indexed(b, span)) {
            (Ok((la, ia)), Ok((lb, ib))) => {
                let item: ItemAt = Rc::new(move |l, i| {
                    let a = ia(l, i.clone());
                    let b = ib(l, i);
                    Expr::Tuple(vec![a, b])
                });
                Stream::Indexed { len: shorter(la, lb), item }
            }
            (a, b) => {
                let whole = |s: Result<(Expr, ItemAt), Stream>| match s {
                    Ok((len, item)) => Stream::Indexed { len, item },
                    Err(stream) => stream,
                };
                let (a, b) = (whole(a), whole(b));
                // What is several loops leads, and the other is advanced.
                if super::cursors::is_nested(&b) && !super::cursors::is_nested(&a) {
                    let other = self.resumable(a, false, span);
                    let swapped: Each = Rc::new(|_, pair| match pair {
                        Expr::Tuple(items) => Expr::Tuple(items.into_iter().rev().collect()),
                        other => other,
                    });
                    return each(staged(b, Stage::Zip(Box::new(other))), swapped, false);
                }
                let b = self.flat_by_position(b, span);
                let other = self.resumable(b, false, span);
                staged(a, Stage::Zip(Box::new(other)))
            }
        }
    }

    /// What `copied` gives of an item: a number, and of a reference to a text that text, which is behind one of its own.
    fn copied_item(&self, item: Expr) -> Expr {
        match item {
            Expr::Ref { of, .. } if matches!(&*of, Expr::Ref { of: text, .. } if self.kind(text) == Kind::Constant) => {
                *of
            }
            item => strip(item),
        }
    }

    /// The stream from its end to its beginning, if it can be run so.
    pub(super) fn reversed(&mut self, stream: Stream, span: Span) -> Option<Stream> {
        match stream {
            Stream::Range { lo, hi, inclusive, step: None, rev } if !is_unbounded(&hi) => {
                Some(Stream::Range { lo, hi, inclusive, step: None, rev: !rev })
            }
            Stream::Staged { source, stage } => match stage {
                Stage::Each { .. } | Stage::Filter(_) | Stage::FilterMap(_) => {
                    Some(staged(self.reversed(*source, span)?, stage))
                }
                Stage::Flat { f, rev } => Some(staged(self.reversed(*source, span)?, Stage::Flat { f, rev: !rev })),
                _ => None,
            },
            Stream::Chain(a, b) => {
                let (a, b) = (self.reversed(*a, span)?, self.reversed(*b, span)?);
                Some(Stream::Chain(Box::new(b), Box::new(a)))
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
        }
    }

    /// A stream as length and items, or the stream itself where its items have no index.
    pub(in crate::lower) fn indexed(&mut self, stream: Stream, span: Span) -> Result<(Expr, ItemAt), Stream> {
        match stream {
            Stream::Indexed { len, item } => Ok((len, item)),
            Stream::Range { lo, hi, inclusive, step, rev } => {
                // The type of an endless range is known from its use.
                let inferred = is_unbounded(&hi) && matches!(lo, Expr::Lit(_)) && step.is_none() && !rev;
                if inferred {
                    return Ok((hi, Self::counted_from(lo, span)));
                }
                if self.is_other_integer(&lo) || self.is_other_integer(&hi) {
                    return Ok(self.numbered_range(lo, hi, inclusive, step, rev, span));
                }
                Ok(self.indexed_range(lo, hi, inclusive, step, rev, span))
            }
            Stream::Staged { source, stage: Stage::Each { f, pure } } => match self.indexed(*source, span) {
                Ok((len, item)) => {
                    let item: ItemAt = Rc::new(move |l, i| {
                        let item = item(l, i);
                        f(l, item)
                    });
                    Ok((len, item))
                }
                Err(source) => Err(staged(source, Stage::Each { f, pure })),
            },
            Stream::Cursor { len, item, at, shared: false } => Ok(self.rest_of_cursor(len, item, at, span)),
            other => Err(other),
        }
    }

    /// The same, where items that are left out are not even made.
    fn indexed_purely(&mut self, stream: Stream, span: Span) -> Result<(Expr, ItemAt), Stream> {
        if is_pure_stream(&stream) { self.indexed(stream, span) } else { Err(stream) }
    }

    fn indexed_range(
        &mut self,
        lo: Expr,
        hi: Expr,
        inclusive: bool,
        step: Option<Expr>,
        rev: bool,
        span: Span,
    ) -> (Expr, ItemAt) {
        let range = Expr::Range { lo: Some(Box::new(lo.clone())), hi: Some(Box::new(hi.clone())), inclusive };
        let count = match (&step, inclusive) {
            (None, _) if is_unbounded(&hi) => hi.clone(),
            (None, false) => match (integer(&lo), integer(&hi)) {
                (Some(0), _) => hi.clone(),
                (Some(a), Some(b)) => Expr::int(b.saturating_sub(a)),
                _ => rules::method(hi.clone(), "saturating_sub", vec![lo.clone()]),
            },
            (Some(k), _) => rules::method(rules::method(range, "step_by", vec![k.clone()]), "count", Vec::new()),
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
            match integer(&lo) {
                Some(0) => i,
                _ => Expr::binary(BinOp::Add, lo.clone(), i),
            }
        });
        (count, item)
    }

    /// A range of integers that are no indices themselves: its i-th item is asked for.
    fn numbered_range(
        &mut self,
        lo: Expr,
        hi: Expr,
        inclusive: bool,
        step: Option<Expr>,
        rev: bool,
        span: Span,
    ) -> (Expr, ItemAt) {
        let mut range = Expr::Range { lo: Some(Box::new(lo)), hi: Some(Box::new(hi)), inclusive };
        if let Some(k) = step {
            range = rules::method(range, "step_by", vec![k]);
        }
        let count = self.temporary(rules::method(range.clone(), "count", Vec::new()), span);
        if rev {
            range = rules::method(range, "rev", Vec::new());
        }
        let item: ItemAt = Rc::new(move |l, i| {
            let item = rules::method(rules::method(range.clone(), "nth", vec![i]), "unwrap", Vec::new());
            let var = l.let_var("i", span, Role::User, item);
            l.program.vars[var].kind = Kind::Int;
            Expr::var(var, span)
        });
        (count, item)
    }

    /// The items of `lo..`.
    fn counted_from(lo: Expr, span: Span) -> ItemAt {
        let range = Expr::Range { lo: Some(Box::new(lo)), hi: None, inclusive: false };
        Rc::new(move |l, i| {
            let item = rules::method(rules::method(range.clone(), "nth", vec![i]), "unwrap", Vec::new());
            let var = l.let_var("i", span, Role::User, item);
            l.program.vars[var].kind = Kind::Int;
            Expr::var(var, span)
        })
    }

    /// Whether a bound is known to be an integer that is no `usize`, so that it is no index.
    fn is_other_integer(&self, e: &Expr) -> bool {
        let other = |ty: &syn::Type| match ty {
            syn::Type::Path(p) => p.path.get_ident().is_some_and(|i| {
                let name = i.to_string();
                crate::kinds::is_integer(&name) && name != "usize"
            }),
            _ => false,
        };
        match e {
            Expr::Lit(syn::Lit::Int(l)) => crate::kinds::is_integer(l.suffix()) && l.suffix() != "usize",
            Expr::Place(p) if p.path.is_empty() => self.program.vars[p.root].ty.as_ref().is_some_and(other),
            Expr::Cast(_, ty) => other(ty),
            Expr::Neg(_) => true,
            Expr::Binary(_, a, b) => self.is_other_integer(a) || self.is_other_integer(b),
            Expr::Method { recv, .. } => self.is_other_integer(recv),
            _ => false,
        }
    }

    /// Runs the stream as if every item ended it; for errors of chains that are used as values.
    pub(in crate::lower) fn refuse_as_value(&mut self, m: &syn::ExprMethodCall) -> Expr {
        self.errors.at(
            m.method.span(),
            "an iterator is used as a value here; consume it where it is made (`for`, `sum`, `fold`, `collect`, …), or bind it to a name with `let`",
        );
        Expr::Tuple(Vec::new())
    }

    /// Refuses a branch that gives an iterator, also in a box or a variant.
    pub(in crate::lower) fn refuses_chosen_iterator(&self, e: &S) -> bool {
        let Some(span) = self.chosen_iterator(e) else { return false };
        self.errors.at(
            span,
            "an iterator that is chosen by a branch cannot be differentiated; choose the slice that it runs over, or collect into a `Vec` in each branch",
        );
        true
    }

    /// The iterator that a branch gives.
    fn chosen_iterator(&self, e: &S) -> Option<Span> {
        let of_block = |block: &syn::Block| match block.stmts.last() {
            Some(syn::Stmt::Expr(tail, None)) => self.chosen_iterator(tail),
            _ => None,
        };
        match e {
            S::Paren(p) => self.chosen_iterator(&p.expr),
            S::Reference(r) => self.chosen_iterator(&r.expr),
            S::Block(b) => of_block(&b.block),
            S::If(i) => {
                let (_, els) = i.else_branch.as_ref()?;
                of_block(&i.then_branch).or_else(|| self.chosen_iterator(els))
            }
            S::Match(m) => m.arms.iter().find_map(|arm| self.chosen_iterator(&arm.body)),
            S::MethodCall(m) if self.is_chain(e) => Some(m.method.span()),
            // `Box::new(iterator)`, `Either::Left(iterator)`
            S::Call(c) if c.args.len() == 1 && makes_value(&c.func) => self.chosen_iterator(&c.args[0]),
            _ => None,
        }
    }
}

/// Whether a function is a box's or a constructor.
fn makes_value(func: &S) -> bool {
    let S::Path(p) = func else { return false };
    crate::lower::is_box(&p.path)
        || p.path.segments.last().is_some_and(|s| s.ident.to_string().starts_with(char::is_uppercase))
}

pub(super) fn staged(source: Stream, stage: Stage) -> Stream {
    Stream::Staged { source: Box::new(source), stage }
}

fn each(source: Stream, f: Each, pure: bool) -> Stream {
    staged(source, Stage::Each { f, pure })
}

/// The lesser of two lengths.
fn shorter(a: Expr, b: Expr) -> Expr {
    match (is_unbounded(&a), is_unbounded(&b)) {
        (true, _) => b,
        (_, true) => a,
        _ => rules::method(a, "min", vec![b]),
    }
}

/// The value of a literal integer.
fn integer(e: &Expr) -> Option<usize> {
    match e {
        Expr::Lit(syn::Lit::Int(l)) => l.base10_parse().ok(),
        _ => None,
    }
}

/// `recv.map(f)` with a closure.
fn maps(e: &S) -> Option<(&S, &S)> {
    match e {
        S::Paren(p) => maps(&p.expr),
        S::MethodCall(m) if m.method == "map" && matches!(m.args.first(), Some(S::Closure(_))) => {
            Some((&m.receiver, &m.args[0]))
        }
        _ => None,
    }
}

fn is_pure_stream(stream: &Stream) -> bool {
    match stream {
        Stream::Staged { source, stage: Stage::Each { pure, .. } } => *pure && is_pure_stream(source),
        _ => true,
    }
}

/// Whether nobody can tell if a closure has been called: it assigns nothing and borrows nothing mutably.
fn is_pure(f: &S) -> bool {
    struct Effects(bool);
    impl<'a> Visit<'a> for Effects {
        fn visit_expr(&mut self, e: &'a S) {
            self.0 |= match e {
                S::Assign(_) | S::Macro(_) => true,
                S::Binary(b) => {
                    use syn::BinOp as B;
                    matches!(
                        b.op,
                        B::AddAssign(_) | B::SubAssign(_) | B::MulAssign(_) | B::DivAssign(_) | B::RemAssign(_)
                    )
                }
                S::Reference(r) => r.mutability.is_some(),
                S::MethodCall(m) => matches!(
                    m.method.to_string().as_str(),
                    "push" | "pop" | "swap" | "fill" | "insert" | "remove" | "clear" | "next" | "extend"
                ),
                _ => false,
            };
            visit::visit_expr(self, e);
        }
    }
    let mut effects = Effects(false);
    effects.visit_expr(f);
    !effects.0
}
