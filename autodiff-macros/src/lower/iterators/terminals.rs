//! Methods that consume an iterator into a value: `sum`, `product`, `fold`, `for_each`, `collect`, ….

use proc_macro2::Span;
use syn::{Expr as S, GenericArgument, Type};

use super::run::negated;
use super::{Lowerer, Stream};
use crate::ir::{BinOp, Edit, Expr, Place, Role, Sequence, Stmt};
use crate::kinds::{Float, Kind};
use crate::lower::exprs::if_stmt;
use crate::lower::fallible::Family;
use crate::lower::strip;
use crate::{complex, rules, variants};

/// The methods that consume.
pub(super) const NAMES: &[&str] = &[
    "sum",
    "product",
    "fold",
    "rfold",
    "try_fold",
    "for_each",
    "try_for_each",
    "collect",
    "unzip",
    "partition",
    "count",
    "any",
    "all",
    "position",
    "next",
    "next_back",
    "last",
    "nth",
    "find",
    "rfind",
    "find_map",
    "max",
    "min",
    "max_by",
    "min_by",
    "max_by_key",
    "min_by_key",
    "reduce",
    "peek",
    "len",
    "rposition",
    "is_sorted",
    "is_sorted_by",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "cmp",
    "partial_cmp",
];

/// Methods that take an iterator by `&mut`, and leave what they have not looked at.
const KEEPING: &[&str] =
    &["nth", "find", "rfind", "find_map", "position", "rposition", "any", "all", "try_fold", "try_for_each"];

impl Lowerer<'_> {
    /// A method that consumes an iterator; `None` if the receiver is no iterator.
    pub(in crate::lower) fn iterator_method(&mut self, m: &syn::ExprMethodCall) -> Option<Expr> {
        let name = m.method.to_string();
        let value = crate::methods::CONSTANT.contains(&name.as_str()) || !NAMES.contains(&name.as_str());
        if !self.is_chain(&m.receiver) && (value || self.named_range(&m.receiver).is_none()) {
            return None;
        }
        if let Some(value) = self.cursor_method(m) {
            return Some(value);
        }
        if !NAMES.contains(&name.as_str()) {
            if super::adapters::NAMES.contains(&name.as_str()) {
                return Some(self.refuse_as_value(m));
            }
            if matches!(&*m.receiver, S::Range(_) | S::Paren(_)) || super::sources::MAKERS.contains(&name.as_str()) {
                return None;
            }
            self.errors
                .at(m.method.span(), format!("`{name}` of an iterator cannot be differentiated; write it as a loop"));
            return Some(Expr::Tuple(Vec::new()));
        }
        // What carries no derivative is kept as it is written, unless the iterator has a name.
        let test = crate::methods::OF_ITERATORS.contains(&name.as_str());
        if test && !self.is_bound(&m.receiver) && self.changed_by(&S::MethodCall(m.clone())).is_none() {
            return Some(self.control(&S::MethodCall(m.clone())));
        }
        if crate::methods::CONSTANT.contains(&name.as_str()) {
            return None;
        }
        let span = m.method.span();
        let Some(stream) = self.stream_or_refuse(&m.receiver) else {
            return Some(Expr::Tuple(Vec::new()));
        };
        // What is left of an iterator that has a name can be used.
        let named = matches!(&*m.receiver, S::Path(_));
        let stream = if named && KEEPING.contains(&name.as_str()) { super::cursors::shared(stream) } else { stream };
        let before = self.errors.count();
        if let Some(value) = self.consume(stream.clone(), m, span) {
            return Some(value);
        }
        if let Some(value) = self.search(stream, m, span) {
            return Some(value);
        }
        if self.errors.count() == before {
            self.errors.at(span, format!("`{name}` of this iterator cannot be differentiated; write it as a loop"));
        }
        Some(Expr::Tuple(Vec::new()))
    }

    /// Whether a chain begins with a name that is bound to an iterator.
    pub(in crate::lower) fn is_bound(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.is_bound(&p.expr),
            S::Path(_) => self.is_chain(e),
            S::MethodCall(m) => self.is_bound(&m.receiver),
            _ => false,
        }
    }

    fn consume(&mut self, stream: Stream, m: &syn::ExprMethodCall, span: Span) -> Option<Expr> {
        let name = m.method.to_string();
        match (name.as_str(), m.args.len()) {
            ("sum" | "product", 0) => Some(self.total(stream, name == "sum", m, span)),
            ("fold" | "rfold", 2) => {
                let stream = if name == "rfold" { self.reversed(stream, span)? } else { stream };
                let init = self.operand(&m.args[0]);
                let f = self.callable(&m.args[1])?;
                let acc = self.accumulator(init, span);
                let place = Self::variable(&acc);
                self.run_stream(stream, span, &mut |l, item, _| {
                    let value = l.apply(&f, vec![acc.clone(), item]);
                    let value = l.as_atom(value, span);
                    l.store(place.clone(), value);
                });
                Some(acc)
            }
            ("try_fold", 2) => self.try_fold(stream, m, span),
            ("for_each", 1) => {
                let f = self.callable(&m.args[0])?;
                self.run_stream(stream, span, &mut |l, item, _| {
                    let value = l.apply(&f, vec![item]);
                    l.discard(Some(value));
                });
                Some(Expr::Tuple(Vec::new()))
            }
            ("count", 0) => {
                let n = self.counter("n", Expr::int(0), Kind::Int, span);
                self.run_stream(stream, span, &mut |l, _, _| {
                    l.emit(Stmt::Update { place: n.clone(), op: BinOp::Add, value: Expr::int(1) });
                });
                Some(Expr::Place(n))
            }
            ("any" | "all", 1) => {
                let f = self.callable(&m.args[0])?;
                let any = name == "any";
                let result = self.counter("holds", Expr::Bool(!any), Kind::Bool, span);
                self.run_stream(stream, span, &mut |l, item, exit| {
                    let test = l.test(&f, item);
                    let set = Stmt::Assign { place: result.clone(), value: Expr::Bool(any), init: false };
                    let test = if any { test } else { negated(test) };
                    l.emit(if_stmt(test, vec![set, Stmt::Break(exit.leave)], Vec::new()));
                });
                Some(Expr::Place(result))
            }
            ("position", 1) => {
                let f = self.callable(&m.args[0])?;
                let found = self.counter("found", Expr::Bool(false), Kind::Bool, span);
                let at = self.counter("at", Expr::int(0), Kind::Int, span);
                self.run_stream(stream, span, &mut |l, item, exit| {
                    let test = l.test(&f, item);
                    let set = Stmt::Assign { place: found.clone(), value: Expr::Bool(true), init: false };
                    l.emit(if_stmt(test, vec![set, Stmt::Break(exit.leave)], Vec::new()));
                    l.emit(Stmt::Update { place: at.clone(), op: BinOp::Add, value: Expr::int(1) });
                });
                Some(crate::lower::chosen::chosen(Expr::Place(found), Expr::Place(at)))
            }
            ("rposition", 1) => {
                let f = self.callable(&m.args[0])?;
                let (len, item) = self.indexed(stream, span).ok()?;
                let len = self.fixed(len, span);
                let found = self.counter("found", Expr::Bool(false), Kind::Bool, span);
                let at = self.counter("at", len.clone(), Kind::Int, span);
                let backward = self.reversed(Stream::Indexed { len, item }, span)?;
                self.run_stream(backward, span, &mut |l, item, exit| {
                    l.emit(Stmt::Update { place: at.clone(), op: BinOp::Sub, value: Expr::int(1) });
                    let test = l.test(&f, item);
                    let set = Stmt::Assign { place: found.clone(), value: Expr::Bool(true), init: false };
                    l.emit(if_stmt(test, vec![set, Stmt::Break(exit.leave)], Vec::new()));
                });
                Some(crate::lower::chosen::chosen(Expr::Place(found), Expr::Place(at)))
            }
            ("collect", 0) => Some(self.collected(stream, m, span)),
            ("unzip", 0) => {
                let (a, b) = (self.vector(span), self.vector(span));
                self.run_stream(stream, span, &mut |l, item, _| {
                    let item = l.as_part(item, span);
                    for (i, place) in [&a, &b].into_iter().enumerate() {
                        let part = l.field(item.clone(), &syn::Member::from(i), span);
                        l.push_to(place, part, span);
                    }
                });
                Some(Expr::Tuple(vec![Expr::Place(a), Expr::Place(b)]))
            }
            ("partition", 1) => {
                let f = self.callable(&m.args[0])?;
                let (a, b) = (self.vector(span), self.vector(span));
                let half = m.turbofish.as_ref().and_then(|t| match t.args.first() {
                    Some(GenericArgument::Type(ty)) => crate::lower::targets::first_argument(ty),
                    _ => None,
                });
                // A vector of numbers takes references to them as well.
                let copied = half.is_some_and(|ty| !matches!(ty, Type::Reference(_) | Type::Infer(_)));
                self.run_stream(stream, span, &mut |l, item, _| {
                    let item = l.as_part(item, span);
                    let test = l.test(&f, super::borrowed(&item));
                    let item = if copied { strip(item) } else { item };
                    let (then, ()) = l.scoped(|l| l.push_to(&a, item.clone(), span));
                    let (els, ()) = l.scoped(|l| l.push_to(&b, item, span));
                    l.emit(if_stmt(test, then, els));
                });
                Some(Expr::Tuple(vec![Expr::Place(a), Expr::Place(b)]))
            }
            _ => None,
        }
    }

    /// A new vector.
    pub(super) fn vector(&mut self, span: Span) -> Place {
        let var = self.let_var("items", span, Role::Temporary, Expr::Array(Vec::new(), Sequence::Vec));
        self.program.vars[var].mutable = true;
        Place::var(var, span)
    }

    /// `place.push(item)` to a vector that this module has made.
    pub(super) fn push_to(&mut self, place: &Place, item: Expr, span: Span) {
        self.note_copies(place, &item);
        let item = self.as_copy(item, span);
        let kind = self.kind(&item);
        if let Kind::Seq(inner) = &self.program.vars[place.root].kind {
            let joined = inner.join(&kind);
            self.program.vars[place.root].kind = Kind::Seq(Box::new(joined));
        }
        let value = self.as_atom(item, span);
        self.emit(Stmt::Edit(Edit::Push { place: place.clone(), value }));
    }

    fn collected(&mut self, stream: Stream, m: &syn::ExprMethodCall, span: Span) -> Expr {
        let target = m.turbofish.as_ref().and_then(|t| match t.args.first() {
            Some(GenericArgument::Type(ty)) => Some(ty.clone()),
            _ => None,
        });
        let outer = target.as_ref().and_then(type_name);
        match outer.as_deref() {
            None | Some("Vec") => {
                let element = target.as_ref().map_or(Kind::Unknown, |ty| self.types.kind(ty).element());
                self.collect_of(element, stream, span)
            }
            Some("Array" | "Array1") => {
                let items = self.collect_into_vec(stream, span);
                self.vector_as_array(items, span)
            }
            Some("Option" | "Result") => self.try_collected(stream, outer.as_deref() == Some("Option"), span),
            Some("Box") => {
                let items = self.collect_into_vec(stream, span);
                let name = syn::Ident::new("into_boxed_slice", Span::mixed_site());
                Expr::Method { recv: Box::new(items), name, turbofish: None, args: Vec::new() }
            }
            Some(_) => {
                let items = self.collect_into_vec(stream, span);
                self.made_of_items(target.expect("it has a name"), items, span)
            }
        }
    }

    /// A container of another type, of items without derivative; that they have none is for `lost` to see.
    fn made_of_items(&mut self, target: Type, items: Expr, span: Span) -> Expr {
        let var = self.fresh("made", span, Kind::Constant, Role::Temporary);
        let qself = syn::QSelf {
            lt_token: syn::token::Lt(span),
            ty: Box::new(target),
            position: 3,
            as_token: Some(syn::token::As(span)),
            gt_token: syn::token::Gt(span),
        };
        let value = Expr::Call {
            func: syn::parse_quote!(::core::iter::FromIterator::<_>::from_iter),
            qself: Some(qself),
            args: vec![items],
            ctor: false,
            tangent: false,
        };
        self.emit(Stmt::Let { var, value });
        Expr::var(var, span)
    }

    pub(in crate::lower) fn collect_into_vec(&mut self, stream: Stream, span: Span) -> Expr {
        self.collect_of(Kind::Unknown, stream, span)
    }

    /// The same, of items whose kind is declared.
    fn collect_of(&mut self, element: Kind, stream: Stream, span: Span) -> Expr {
        let place = self.vector(span);
        let element = element.deref().clone();
        if element.is_scalar() {
            self.program.vars[place.root].kind = Kind::Seq(Box::new(element));
        }
        self.run_stream(stream, span, &mut |l, item, _| l.push_to(&place, item, span));
        Expr::Place(place)
    }

    /// `collect::<Option<Vec<_>>>()`: all items, or the first that failed.
    fn try_collected(&mut self, stream: Stream, option: bool, span: Span) -> Expr {
        let place = self.vector(span);
        let target = place.clone();
        let mut trial = self.trial(option, span);
        self.run_stream(stream, span, &mut |l, item, exit| {
            let item = if crate::lower::chosen::parts(&item).is_some() { item } else { l.as_atom(item, span) };
            let value = trial.pass(l, item, exit.leave, span);
            l.push_to(&target, value, span);
        });
        trial.outcome(self, Expr::Place(place), span)
    }

    /// `try_fold(init, f)`: the accumulated value, or the first failure.
    fn try_fold(&mut self, stream: Stream, m: &syn::ExprMethodCall, span: Span) -> Option<Expr> {
        let init = self.operand(&m.args[0]);
        let f = self.callable(&m.args[1])?;
        let acc = self.accumulator(init, span);
        let place = Self::variable(&acc);
        // The type is written in the turbofish, where the surroundings tell it.
        let written = m.turbofish.as_ref().and_then(|t| match t.args.last() {
            Some(GenericArgument::Type(ty)) => type_name(ty),
            _ => None,
        });
        let option = written.map_or_else(|| !mentions_result(&m.args[1]), |name| name != "Result");
        let mut trial = self.trial(option, span);
        self.run_stream(stream, span, &mut |l, item, exit| {
            let value = l.apply(&f, vec![acc.clone(), item]);
            let value = if crate::lower::chosen::parts(&value).is_some() { value } else { l.as_atom(value, span) };
            let value = trial.pass(l, value, exit.leave, span);
            let value = l.as_atom(value, span);
            l.store(place.clone(), value);
        });
        Some(trial.outcome(self, acc, span))
    }

    fn trial(&mut self, option: bool, span: Span) -> Trial {
        let failed = self.counter("failed", Expr::Bool(false), Kind::Bool, span);
        let error = (!option).then(|| {
            let error = self.destination(None, span);
            self.program.vars[error].kind = Kind::Constant;
            self.program.vars[error].mutable = true;
            Place::var(error, span)
        });
        Trial { failed, error }
    }

    pub(in crate::lower) fn accumulator(&mut self, init: Expr, span: Span) -> Expr {
        let var = self.let_var("acc", span, Role::Temporary, init);
        self.program.vars[var].mutable = true;
        Expr::var(var, span)
    }

    fn total(&mut self, stream: Stream, sum: bool, m: &syn::ExprMethodCall, span: Span) -> Expr {
        let written = m.turbofish.as_ref().and_then(|t| match t.args.first() {
            Some(GenericArgument::Type(ty)) => Some(ty),
            _ => None,
        });
        // An option or a result of a sum is none, or an error, from the first item that is.
        let fallible = written.and_then(type_name).filter(|name| name == "Option" || name == "Result");
        let mut trial = fallible.as_deref().map(|name| self.trial(name == "Option", span));
        let written = if trial.is_some() { written.and_then(crate::lower::targets::first_argument) } else { written };
        let declared = written.map(|ty| self.types.kind(ty)).filter(|k| *k != Kind::Unknown);
        // Values of another type are added by their own operator to what the type says of no items.
        let other = written.filter(|ty| declared.is_none() && !matches!(ty, Type::Infer(_)));
        let mut of_another_type = false;
        let var = self.fresh("acc", span, Kind::Unknown, Role::Temporary);
        self.program.vars[var].mutable = true;
        let place = Place::var(var, span);
        // What the items are is known once one has been lowered.
        let mut seen = Kind::Unknown;
        let (loops, ()) = self.scoped(|l| {
            l.run_stream(stream, span, &mut |l, item, exit| {
                let item = match &mut trial {
                    Some(trial) => {
                        let parted = crate::lower::chosen::parts(&item).is_some();
                        let item = if parted { item } else { l.as_atom(item, span) };
                        trial.pass(l, item, exit.leave, span)
                    }
                    None => item,
                };
                let item = strip(item);
                seen = l.kind(&item);
                let value = l.as_atom(item, span);
                let op = if sum { BinOp::Add } else { BinOp::Mul };
                if other.is_some() && seen == Kind::Unknown {
                    of_another_type = true;
                    let total = Expr::Binary(op, Box::new(Expr::Place(place.clone())), Box::new(value));
                    let total = l.as_atom(total, span);
                    l.store(place.clone(), total);
                } else {
                    l.emit(Stmt::Update { place: place.clone(), op, value });
                }
            });
        });
        let init = match (declared.unwrap_or(seen), sum) {
            _ if of_another_type => Expr::Call {
                func: if sum {
                    syn::parse_quote!(::differentiable::__private::empty_sum::<#other>)
                } else {
                    syn::parse_quote!(::differentiable::__private::empty_product::<#other>)
                },
                qself: None,
                args: Vec::new(),
                ctor: false,
                tangent: false,
            },
            (Kind::Int, true) => Expr::int(0),
            (Kind::Int, false) => Expr::int(1),
            (Kind::Float(float), _) => Expr::Number(if sum { 0.0 } else { 1.0 }, float),
            (Kind::Complex(float), _) => complex::literal(if sum { 0.0 } else { 1.0 }, &float),
            _ => Expr::Number(if sum { 0.0 } else { 1.0 }, Float::Any),
        };
        self.program.vars[var].kind = self.kind(&init);
        self.emit(Stmt::Let { var, value: init });
        self.stmts.last_mut().expect("a block is open").extend(loops);
        match trial {
            Some(trial) => trial.outcome(self, Expr::var(var, span), span),
            None => Expr::var(var, span),
        }
    }
}

/// A loop that ends with the first option or result that holds no value.
struct Trial {
    failed: Place,
    /// Where the error of a result goes.
    error: Option<Place>,
}

impl Trial {
    /// What an option or a result holds; if nothing, the loop is left.
    fn pass(&mut self, l: &mut Lowerer<'_>, value: Expr, leave: usize, span: Span) -> Expr {
        let failed = Stmt::Assign { place: self.failed.clone(), value: Expr::Bool(true), init: false };
        let mut then = vec![failed, Stmt::Break(leave)];
        let Some(error) = &self.error else {
            let (some, item) = l.chosen_parts(value, span);
            if !matches!(some, Expr::Bool(true)) {
                l.emit(if_stmt(negated(some), then, Vec::new()));
            }
            return item;
        };
        let place = l.place_of(value, span);
        l.learn_fallible(&place, Family::Result);
        let payload = |variant: syn::Path| Expr::Place(place.step(variants::payload(variant)));
        let good = rules::method(Expr::Place(place.clone()), "is_ok", Vec::new());
        then.insert(0, Stmt::Assign { place: error.clone(), value: payload(variants::err()), init: false });
        l.emit(if_stmt(negated(good), then, Vec::new()));
        payload(variants::ok())
    }

    /// The option or result of the whole loop.
    fn outcome(self, l: &mut Lowerer<'_>, value: Expr, span: Span) -> Expr {
        let Some(error) = self.error else {
            return crate::lower::chosen::chosen(negated(Expr::Place(self.failed)), value);
        };
        let dest = l.destination(None, span);
        let assign = |value| Stmt::Assign { place: Place::var(dest, span), value, init: true };
        let failed = assign(variants::construct(variants::err(), Expr::Place(error)));
        l.emit(if_stmt(
            Expr::Place(self.failed),
            vec![failed],
            vec![assign(variants::construct(variants::ok(), value))],
        ));
        l.result(dest, span)
    }
}

/// The name of a type, without its arguments; `None` for `_`.
fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(p) => {
            let last = p.path.segments.last()?;
            Some(last.ident.to_string())
        }
        Type::Infer(_) => None,
        _ => Some("this type".to_owned()),
    }
}

/// Whether a closure gives a `Result` rather than an `Option`.
fn mentions_result(f: &S) -> bool {
    struct Finder(bool);
    impl<'a> syn::visit::Visit<'a> for Finder {
        fn visit_expr_path(&mut self, p: &'a syn::ExprPath) {
            self.0 |= variants::is_named(&p.path, "Ok") || variants::is_named(&p.path, "Err");
        }
    }
    let mut finder = Finder(false);
    syn::visit::Visit::visit_expr(&mut finder, f);
    finder.0
}
