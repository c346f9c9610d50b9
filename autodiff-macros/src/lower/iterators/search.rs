//! Methods that choose an item of a stream: `next`, `last`, `nth`, `find`, `max_by`, `reduce`, ….
//!
//! What is chosen outlives its loop: an element of a sequence by the indices that lead to it, a value in
//! a variable. The result is an option that need not be made, see [`crate::lower::chosen`].

use proc_macro2::Span;
use syn::Expr as S;

use super::{Lowerer, Stream};
use crate::ir::{BinOp, Expr, Place, Role, Step, Stmt, VarId};
use crate::kinds::Kind;
use crate::lower::chosen::chosen;
use crate::lower::exprs::if_stmt;
use crate::rules;

/// Variables that hold an item after its loop.
#[derive(Default)]
struct Kept {
    /// Declarations, before the loop.
    declared: Vec<Stmt>,
    /// Assignments, where the item is chosen.
    assigned: Vec<Stmt>,
    /// Where the item may come from one of several loops: the variables that hold it, whichever of them it comes from.
    common: Option<Vec<VarId>>,
    /// How many of those the present item has taken.
    taken: usize,
    /// How many loops there have been.
    loops: usize,
}

impl Kept {
    fn of(stream: &Stream) -> Self {
        Self { common: is_several(stream).then(Vec::new), ..Self::default() }
    }
}

/// Whether a stream is one loop after another.
fn is_several(stream: &Stream) -> bool {
    match stream {
        Stream::Chain(..) => true,
        Stream::Staged { source, .. } => is_several(source),
        _ => false,
    }
}

impl Lowerer<'_> {
    /// A method that chooses an item; `None` if it is another one.
    pub(super) fn search(&mut self, stream: Stream, m: &syn::ExprMethodCall, span: Span) -> Option<Expr> {
        let name = m.method.to_string();
        match (name.as_str(), m.args.len()) {
            ("next", 0) => Some(self.first(stream, span)),
            ("next_back", 0) => {
                let stream = self.reversed(stream, span)?;
                Some(self.first(stream, span))
            }
            ("last", 0) => Some(match self.indexed(stream, span) {
                Ok((len, item)) => {
                    let n = self.fixed(len, span);
                    let at = Lowerer::minus(n.clone(), Expr::int(1));
                    self.at_index(n, at, &item, span)
                }
                Err(stream) => self.choose_item(stream, span, |_, _, _| (Expr::Bool(true), false)),
            }),
            ("nth", 1) => {
                let k = self.control(&m.args[0]);
                let k = self.fixed(k, span);
                match self.indexed(stream, span) {
                    Ok((len, item)) => Some(self.at_index(len, k, &item, span)),
                    Err(stream) => {
                        let seen = self.counter("seen", Expr::int(0), Kind::Int, span);
                        let skipped = super::adapters::staged(stream, super::Stage::Skip { n: k, seen });
                        Some(self.first(skipped, span))
                    }
                }
            }
            ("find" | "rfind", 1) => {
                let stream = if name == "rfind" { self.reversed(stream, span)? } else { stream };
                let f = self.callable(&m.args[0])?;
                let found = super::adapters::staged(stream, super::Stage::Filter(f));
                Some(self.first(found, span))
            }
            ("find_map", 1) => {
                let f = self.callable(&m.args[0])?;
                let found = super::adapters::staged(stream, super::Stage::FilterMap(f));
                Some(self.first(found, span))
            }
            ("max_by" | "min_by", 1) => {
                let f = self.callable(&m.args[0])?;
                let better = if name == "max_by" { "is_le" } else { "is_gt" };
                Some(self.choose_item(stream, span, |l, best, item| {
                    let args = [best, item].map(super::borrowed);
                    let order = l.apply_control(&f, args.to_vec());
                    (rules::method(order, better, Vec::new()), true)
                }))
            }
            ("max" | "min", 0) => {
                let op = if name == "max" { BinOp::Le } else { BinOp::Gt };
                Some(
                    self.choose_item(stream, span, |_, best, item| {
                        (Expr::binary(op, best.clone(), item.clone()), true)
                    }),
                )
            }
            ("max_by_key" | "min_by_key", 1) => Some(self.by_key(stream, &m.args[0], name == "max_by_key", span)?),
            ("reduce", 1) => Some(self.reduced(stream, &m.args[0], span)?),
            _ => None,
        }
    }

    /// The first item of a stream, after which it ends.
    pub(super) fn first(&mut self, stream: Stream, span: Span) -> Expr {
        if let Stream::Indexed { len, item } = &stream {
            return self.at_index(len.clone(), Expr::int(0), item, span);
        }
        let found = self.flag("found", span);
        let before = self.program.vars.len();
        let mut slots = Kept::of(&stream);
        let mut kept = Expr::Tuple(Vec::new());
        let (loops, ()) = self.scoped(|l| {
            l.run_stream(stream, span, &mut |l, item, exit| {
                kept = l.keep_all([item], before, &mut slots, span).remove(0);
                slots.assigned.drain(..).for_each(|s| l.emit(s));
                l.emit(Stmt::Assign { place: found.clone(), value: Expr::Bool(true), init: false });
                l.emit(Stmt::Break(exit.leave));
            });
        });
        self.put(slots.declared, loops);
        chosen(Expr::Place(found), kept)
    }

    /// The item at an index, if there are so many.
    fn at_index(&mut self, len: Expr, at: Expr, item: &super::ItemAt, span: Span) -> Expr {
        let some = match &at {
            // The last of n.
            Expr::Binary(BinOp::Sub, n, _) => Expr::binary(BinOp::Gt, (**n).clone(), Expr::int(0)),
            at => Expr::binary(BinOp::Lt, at.clone(), len),
        };
        let some = self.fixed(some, span);
        let (stmts, made) = self.scoped(|l| item(l, at));
        if stmts.is_empty() {
            return chosen(some, made);
        }
        let before = self.program.vars.len();
        // The item is made only where there is one.
        let mut slots = Kept::default();
        let first = stmts.iter().flat_map(Stmt::defines).min().unwrap_or(before);
        let kept = self.keep(made, first, &mut slots, span);
        let mut then = stmts;
        then.extend(slots.assigned);
        self.put(slots.declared, vec![if_stmt(some.clone(), then, Vec::new())]);
        chosen(some, kept)
    }

    /// The item that is left when each that is `better` than the best so far takes its place. A first
    /// item needs no comparison; without `compares`, there is none at all.
    fn choose_item(
        &mut self,
        stream: Stream,
        span: Span,
        better: impl Fn(&mut Lowerer<'_>, &Expr, &Expr) -> (Expr, bool),
    ) -> Expr {
        let found = self.flag("found", span);
        let before = self.program.vars.len();
        let mut slots = Kept::of(&stream);
        let mut best = Expr::Tuple(Vec::new());
        let (loops, ()) = self.scoped(|l| {
            l.run_stream(stream, span, &mut |l, item, _| {
                let item = l.as_part(item, span);
                best = l.keep_all([item.clone()], before, &mut slots, span).remove(0);
                let mut then = std::mem::take(&mut slots.assigned);
                then.push(Stmt::Assign { place: found.clone(), value: Expr::Bool(true), init: false });
                let (stmts, (test, compares)) = l.scoped(|l| better(l, &best, &item));
                if !compares {
                    then.into_iter().for_each(|s| l.emit(s));
                } else if stmts.is_empty() {
                    let first = Expr::Not(Box::new(Expr::Place(found.clone())));
                    l.emit(if_stmt(Expr::binary(BinOp::Or, first, test), then, Vec::new()));
                } else {
                    let better = l.fresh("better", span, Kind::Bool, Role::Temporary);
                    let place = Place::var(better, span);
                    let assign = |value| Stmt::Assign { place: place.clone(), value, init: true };
                    let mut compare = stmts;
                    compare.push(assign(test));
                    l.emit(Stmt::Declare(better));
                    l.emit(if_stmt(Expr::Place(found.clone()), compare, vec![assign(Expr::Bool(true))]));
                    l.emit(if_stmt(Expr::var(better, span), then, Vec::new()));
                }
            });
        });
        self.put(slots.declared, loops);
        chosen(Expr::Place(found), best)
    }

    fn by_key(&mut self, stream: Stream, key: &S, max: bool, span: Span) -> Option<Expr> {
        let f = self.callable(key)?;
        let found = self.flag("found", span);
        let before = self.program.vars.len();
        let mut slots = Kept::of(&stream);
        let mut best = Expr::Tuple(Vec::new());
        let (loops, ()) = self.scoped(|l| {
            l.run_stream(stream, span, &mut |l, item, _| {
                let item = l.as_part(item, span);
                let key = l.apply_control(&f, vec![super::borrowed(&item)]);
                let key = l.as_atom(key, span);
                let mut kept = l.keep_all([item, key.clone()], before, &mut slots, span);
                let best_key = kept.remove(1);
                best = kept.remove(0);
                let mut then = std::mem::take(&mut slots.assigned);
                then.push(Stmt::Assign { place: found.clone(), value: Expr::Bool(true), init: false });
                let op = if max { BinOp::Le } else { BinOp::Gt };
                let first = Expr::Not(Box::new(Expr::Place(found.clone())));
                let test = Expr::binary(BinOp::Or, first, Expr::binary(op, best_key, key));
                l.emit(if_stmt(test, then, Vec::new()));
            });
        });
        self.put(slots.declared, loops);
        Some(chosen(Expr::Place(found), best))
    }

    fn reduced(&mut self, stream: Stream, f: &S, span: Span) -> Option<Expr> {
        let f = self.callable(f)?;
        let found = self.flag("found", span);
        let before = self.program.vars.len();
        let mut slots = Kept::of(&stream);
        let mut acc = Expr::Tuple(Vec::new());
        let mut failed = false;
        let (loops, ()) = self.scoped(|l| {
            l.run_stream(stream, span, &mut |l, item, _| {
                let item = l.as_part(item, span);
                acc = l.keep_all([item.clone()], before, &mut slots, span).remove(0);
                let ([Stmt::Assign { .. }], Expr::Place(target)) = (slots.assigned.as_slice(), &acc) else {
                    failed = true;
                    return;
                };
                let target = target.clone();
                let (els, ()) = l.scoped(|l| {
                    let value = l.apply(&f, vec![acc.clone(), item]);
                    let value = l.as_atom(value, span);
                    l.emit(Stmt::Assign { place: target, value, init: false });
                });
                let mut first = std::mem::take(&mut slots.assigned);
                first.push(Stmt::Assign { place: found.clone(), value: Expr::Bool(true), init: false });
                // `rustc` reads from top to bottom: it learns the type of what is kept from the first item.
                let begins = Expr::Not(Box::new(Expr::Place(found.clone())));
                l.emit(if_stmt(begins, first, els));
            });
        });
        if failed {
            self.errors
                .at(span, "`reduce` of references or tuples cannot be differentiated; use `copied()`, or `fold`");
        }
        self.put(slots.declared, loops);
        Some(chosen(Expr::Place(found), acc))
    }

    fn flag(&mut self, name: &str, span: Span) -> Place {
        self.counter(name, Expr::Bool(false), Kind::Bool, span)
    }

    /// Puts declarations before what assigns them.
    fn put(&mut self, declared: Vec<Stmt>, loops: Vec<Stmt>) {
        let open = self.stmts.last_mut().expect("a block is open");
        open.extend(declared);
        open.extend(loops);
    }

    /// What a loop hands on, as it can be named outside of it.
    ///
    /// Variables from `before` on belong to the loop.
    fn keep_all<const N: usize>(&mut self, items: [Expr; N], before: VarId, kept: &mut Kept, span: Span) -> Vec<Expr> {
        kept.assigned.clear();
        kept.taken = 0;
        kept.loops += 1;
        let items = items.map(|item| self.keep(item, before, kept, span)).into();
        let differs = kept.common.as_ref().is_none_or(|vars| vars.len() != kept.taken);
        if kept.loops > 1 && differs {
            self.errors.at(
                span,
                "the items of these iterators, of which one follows another, cannot be told apart here; choose \
                 from each of them by itself",
            );
        }
        items
    }

    fn keep(&mut self, item: Expr, before: VarId, kept: &mut Kept, span: Span) -> Expr {
        if kept.common.is_some() {
            return match item {
                Expr::Tuple(es) => Expr::Tuple(es.into_iter().map(|e| self.keep(e, before, kept, span)).collect()),
                Expr::Ref { mutable: false, of } => {
                    let of = match *of {
                        Expr::Place(place) => Expr::Clone(Box::new(Expr::Place(place))),
                        other => other,
                    };
                    Expr::Ref { mutable: false, of: Box::new(self.keep(of, before, kept, span)) }
                }
                Expr::Ref { .. } => {
                    kept.common = None;
                    item
                }
                other => self.keep_value(other, kept, span),
            };
        }
        match item {
            Expr::Tuple(es) => Expr::Tuple(es.into_iter().map(|e| self.keep(e, before, kept, span)).collect()),
            Expr::Ref { mutable, of } => {
                let of = match *of {
                    Expr::Place(place) if place.root < before => Expr::Place(self.keep_path(place, before, kept, span)),
                    Expr::Place(place) => self.keep_value(Expr::Clone(Box::new(Expr::Place(place))), kept, span),
                    other => self.keep(other, before, kept, span),
                };
                Expr::Ref { mutable, of: Box::new(of) }
            }
            Expr::Lit(_) | Expr::Item(..) | Expr::Bool(_) | Expr::Number(..) => item,
            Expr::Place(place) if place.is_view() && place.root < before => {
                Expr::Place(self.keep_path(place, before, kept, span))
            }
            other => self.keep_value(other, kept, span),
        }
    }

    /// A place whose indices keep their values.
    fn keep_path(&mut self, mut place: Place, before: VarId, kept: &mut Kept, span: Span) -> Place {
        for step in &mut place.path {
            match step {
                Step::Index { at, .. } => self.keep_indices(at, before, kept, span),
                Step::View { args, .. } => args.iter_mut().for_each(|a| self.keep_indices(a, before, kept, span)),
                _ => {}
            }
        }
        place
    }

    /// Makes the indices in an index keep their values.
    fn keep_indices(&mut self, at: &mut Expr, before: VarId, kept: &mut Kept, span: Span) {
        match at {
            Expr::Range { lo, hi, .. } => {
                for bound in [lo, hi].into_iter().flatten() {
                    self.keep_indices(bound, before, kept, span);
                }
            }
            Expr::Array(es, _) | Expr::Tuple(es) => {
                es.iter_mut().for_each(|e| self.keep_indices(e, before, kept, span));
            }
            Expr::Method { recv, name, .. } if name == "__item" => self.keep_indices(recv, before, kept, span),
            _ => {
                let mut inner = false;
                at.vars(&mut |v| inner |= v >= before);
                if inner {
                    let value = std::mem::replace(at, Expr::Bool(false));
                    *at = self.keep_index(value, kept, span);
                }
            }
        }
    }

    fn keep_index(&mut self, value: Expr, kept: &mut Kept, span: Span) -> Expr {
        if let Some(var) = Self::common(kept) {
            kept.assigned.push(Stmt::Assign { place: Place::var(var, span), value, init: false });
            return Expr::var(var, span);
        }
        let var = self.fresh("at", span, Kind::Int, Role::Temporary);
        self.program.vars[var].mutable = true;
        kept.common.iter_mut().for_each(|vars| vars.push(var));
        kept.declared.push(Stmt::Let { var, value: Expr::int(0) });
        kept.assigned.push(Stmt::Assign { place: Place::var(var, span), value, init: false });
        Expr::var(var, span)
    }

    /// The variable that an earlier loop has for the next part of the item.
    fn common(kept: &mut Kept) -> Option<VarId> {
        let vars = kept.common.as_ref()?;
        kept.taken += 1;
        vars.get(kept.taken - 1).copied()
    }

    fn keep_value(&mut self, value: Expr, kept: &mut Kept, span: Span) -> Expr {
        let kind = self.kind(&value);
        if kind == Kind::Int {
            return self.keep_index(value, kept, span);
        }
        if let Some(var) = Self::common(kept) {
            kept.assigned.push(Stmt::Assign { place: Place::var(var, span), value, init: false });
            return Expr::var(var, span);
        }
        let var = self.fresh("kept", span, kind, Role::Temporary);
        self.program.vars[var].mutable = true;
        kept.common.iter_mut().for_each(|vars| vars.push(var));
        kept.declared.push(Stmt::Declare(var));
        kept.assigned.push(Stmt::Assign { place: Place::var(var, span), value, init: false });
        Expr::var(var, span)
    }
}
