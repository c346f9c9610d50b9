//! What a chain begins with: ranges, sequences, their pieces, and the generators of `std::iter`.

use std::rc::Rc;

use proc_macro2::Span;
use syn::Expr as S;
use syn::spanned::Spanned;

use super::{ItemAt, Lowerer, Stream};
use crate::ir::{BinOp, Expr, Place, Step};
use crate::kinds::Kind;
use crate::lower::{Binding, as_place};
use crate::maps::HashMap;
use crate::rules;

/// Methods that make an iterator of a value.
pub(super) const MAKERS: &[&str] = &[
    "iter",
    "iter_mut",
    "into_iter",
    "windows",
    "chunks",
    "chunks_exact",
    "chunks_mut",
    "chunks_exact_mut",
    "rchunks",
    "rchunks_exact",
    "rchunks_mut",
    "drain",
];

/// The functions of `std::iter`.
const GENERATORS: &[&str] = &["empty", "once", "repeat", "repeat_n", "repeat_with", "successors", "from_fn", "zip"];

/// Those that are known without their module, where an iterator is expected.
const ALONE: &[(&str, usize)] = &[("once", 1), ("repeat_n", 2), ("repeat_with", 1), ("successors", 2), ("zip", 2)];

/// The name of the function, if a call is one of a generator: `iter::once(x)`.
pub(super) fn generator(c: &syn::ExprCall) -> Option<String> {
    let S::Path(p) = &*c.func else { return None };
    let names: Vec<String> = p.path.segments.iter().map(|s| s.ident.to_string()).collect();
    match names.as_slice() {
        [.., module, name] if module == "iter" && GENERATORS.contains(&name.as_str()) => Some(name.clone()),
        [name] if ALONE.contains(&(name, c.args.len())) => Some(name.clone()),
        _ => None,
    }
}

/// Whether an expression is `iter::empty()`.
pub(super) fn is_empty(e: &S) -> bool {
    matches!(e, S::Call(c) if generator(c).is_some_and(|name| name == "empty"))
}

/// Whether a method gives an iterator over the parts of a text, or the keys of a map.
pub(super) fn of_text(m: &syn::ExprMethodCall) -> bool {
    let names = ["chars", "bytes", "char_indices", "lines", "split_whitespace", "split_ascii_whitespace", "keys"];
    let split = matches!(m.method.to_string().as_str(), "split" | "rsplit" | "splitn" | "split_terminator")
        && m.args.iter().any(|a| matches!(a, S::Lit(l) if matches!(l.lit, syn::Lit::Str(_) | syn::Lit::Char(_))));
    split || m.args.is_empty() && names.contains(&m.method.to_string().as_str())
}

/// The methods that cut a slice where a closure says so, and how many elements are left out between two parts.
const CUTTING: &[(&str, u8)] = &[("split", 1), ("split_inclusive", 0), ("chunk_by", 0)];

/// Whether a call is one of `ndarray::indices`.
pub(super) fn is_of_indices(c: &syn::ExprCall) -> bool {
    c.args.len() == 1 && matches!(&*c.func, S::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "indices"))
}

impl Lowerer<'_> {
    /// The stream of an expression that is iterated over.
    pub(in crate::lower) fn stream(&mut self, e: &S) -> Option<Stream> {
        if let Some(stream) = self.of_map(e).or_else(|| self.named_range(e)) {
            return Some(stream);
        }
        match e {
            S::Paren(p) => self.stream(&p.expr),
            S::Group(p) => self.stream(&p.expr),
            S::Range(r) => {
                let lo = r.start.as_ref().map_or_else(|| Expr::int(0), |e| self.control(e));
                let lo = self.fixed(lo, e.span());
                let inclusive = matches!(r.limits, syn::RangeLimits::Closed(_));
                let hi = match &r.end {
                    Some(e) => self.control(e),
                    None => unbounded(),
                };
                let hi = self.fixed(hi, e.span());
                Some(Stream::Range { lo, hi, inclusive, step: None, rev: false })
            }
            S::MethodCall(m) if of_text(m) => self.collected_text(e),
            S::MethodCall(m) if self.is_cut(m) => Some(self.parts_of_slice(m)),
            S::MethodCall(m) => self.adapter(m),
            S::Call(c) if generator(c).is_some() => self.generated(c),
            S::Call(c) if is_of_indices(c) => self.index_stream(c),
            S::Path(p)
                if p.path
                    .get_ident()
                    .is_some_and(|i| matches!(self.lookup(&i.to_string()), Some(Binding::Iterator(_)))) =>
            {
                let ident = p.path.get_ident().expect("tested above");
                let Some(Binding::Iterator(stream)) = self.lookup(&ident.to_string()) else { return None };
                Some((**stream).clone())
            }
            S::Block(b) if self.is_chain(e) => {
                let (tail, stmts) = (tail(b)?, &b.block.stmts[..b.block.stmts.len() - 1]);
                self.scopes.push(HashMap::default());
                stmts.iter().for_each(|s| self.stmt(s));
                let stream = self.stream(tail);
                self.scopes.pop();
                stream
            }
            S::Reference(r) if self.is_chain(e) => {
                let stream = self.stream(&r.expr)?;
                Some(super::cursors::shared(stream))
            }
            S::Reference(r) => {
                let value = self.place_or_value(&r.expr);
                let array = self.is_array(&value);
                let (place, referring) = self.place_of_items(value, e.span());
                if array {
                    return Some(self.array_source(place, true, r.mutability.is_some(), e.span()));
                }
                if let Some(item) = referring {
                    return Some(self.referred_elements(place, item));
                }
                Some(self.elements(place, true, r.mutability.is_some()))
            }
            S::Path(_)
            | S::Field(_)
            | S::Index(_)
            | S::Array(_)
            | S::Repeat(_)
            | S::Macro(_)
            | S::Call(_)
            | S::Unary(_)
            | S::Block(_)
            | S::If(_)
            | S::Match(_) => {
                let value = self.place_or_value(e);
                Some(self.items_of(value, e.span()))
            }
            _ => None,
        }
    }

    /// The elements of a sequence, by value or by reference.
    pub(in crate::lower) fn elements(&mut self, place: Place, reference: bool, mutable: bool) -> Stream {
        let Expr::Place(place) = self.pin(Expr::Place(place)) else { unreachable!("pinning keeps places") };
        let len = rules::method(Expr::Place(place.clone()), "len", Vec::new());
        // Of what is neither known to be a sequence nor an array, or an array of constants, the types decide.
        let unknown = matches!(crate::kinds::of_place(&self.program, &place).deref(), Kind::Unknown | Kind::Constant);
        let item: ItemAt = Rc::new(move |l, i| {
            let i = if unknown { crate::arrays::in_order(i) } else { i };
            let element = l.normal(Expr::Place(crate::lower::places::element_of(&place, i)));
            if reference { Expr::Ref { mutable, of: Box::new(element) } } else { element }
        });
        Stream::Indexed { len, item }
    }

    /// The items of a literal of an array, if they can be changed through references in it: each is a place of its own, so the
    /// loop stands once for each of them.
    pub(super) fn lent_items(&mut self, value: &Expr, span: Span) -> Option<Stream> {
        let Expr::Array(items, _) = value else { return None };
        if !items.iter().any(lends_mutably) {
            return None;
        }
        if items.len() > LENT {
            self.errors.at(
                span,
                format!("a loop over more than {LENT} `&mut` that are written out cannot be differentiated; loop over indices"),
            );
        }
        let one = |item: Expr| Stream::Indexed { len: Expr::int(1), item: Rc::new(move |_, _| item.clone()) };
        let items: Vec<Stream> = items.iter().take(LENT).map(|item| one(self.pin(item.clone()))).collect();
        items.into_iter().reduce(|all, next| Stream::Chain(Box::new(all), Box::new(next)))
    }

    /// The place of what is iterated over; of a literal with references in it, copies of what they refer to, and the first item.
    pub(super) fn place_of_items(&mut self, value: Expr, span: Span) -> (Place, Option<Expr>) {
        let first = if let Expr::Array(items, _) = &value { items.first().cloned() } else { None };
        let (value, again) = self.copied_elements(value, span);
        let place = self.place_of(value, span);
        let Some(again) = again else { return (place, None) };
        self.referring.insert(place.root, again);
        (place, first)
    }

    /// The references to the elements of a sequence of copies, of which one was such an item.
    pub(super) fn referred_elements(&mut self, place: Place, like: Expr) -> Stream {
        let Stream::Indexed { len, item } = self.elements(place, false, false) else {
            unreachable!("elements have indices")
        };
        let item: ItemAt = Rc::new(move |l, i| {
            let copy = item(l, i);
            l.chosen(&like, &copy).unwrap_or(copy)
        });
        Stream::Indexed { len, item }
    }

    /// An iterator over a text or the keys of a map, which carries no derivative: its items are collected first.
    fn collected_text(&mut self, e: &S) -> Option<Stream> {
        let S::MethodCall(m) = e else { return None };
        // Characters are values and parts are references; keys are copied, since the map may not live as long.
        let keys = m.method == "keys";
        let by_value = keys || matches!(m.method.to_string().as_str(), "chars" | "bytes" | "char_indices");
        let copied: S = if keys { syn::parse_quote!(::core::iter::Iterator::cloned(#e)) } else { e.clone() };
        let items = self.verbatim(
            &syn::parse_quote!(::core::iter::Iterator::collect::<::differentiable::__private::vec::Vec<_>>(#copied)),
        );
        let var = self.let_var("items", e.span(), crate::ir::Role::Temporary, items);
        let item = if by_value { Kind::Constant } else { Kind::Ref(Box::new(Kind::Constant)) };
        self.program.vars[var].kind = Kind::Seq(Box::new(item));
        Some(self.elements(Place::var(var, e.span()), keys, false))
    }

    /// A method that makes an iterator of its receiver.
    pub(super) fn maker(&mut self, name: &str, m: &syn::ExprMethodCall) -> Option<Stream> {
        let span = m.method.span();
        match (name, m.args.len()) {
            ("iter", 0) => Some(self.source(&m.receiver, true, false)),
            ("iter_mut", 0) => Some(self.source(&m.receiver, true, true)),
            ("into_iter", 0) => match self.stream(&m.receiver) {
                Some(stream) => Some(stream),
                None => Some(self.source(&m.receiver, false, false)),
            },
            ("drain", 1) => self.drained(m, span),
            (_, 1) => self.pieces(name, m),
            _ => None,
        }
    }

    fn source(&mut self, recv: &S, reference: bool, mutable: bool) -> Stream {
        let value = self.place_or_value(recv);
        let reference = reference || matches!(value, Expr::Ref { .. });
        if self.is_array(&value) {
            let place = self.place_of(value, recv.span());
            return self.array_source(place, reference, mutable, recv.span());
        }
        if let Some(stream) = self.lent_items(&value, recv.span()) {
            return stream;
        }
        let (place, referring) = self.place_of_items(value, recv.span());
        if let Some(item) = referring {
            return self.referred_elements(place, item);
        }
        let value = Expr::Place(place.clone());
        self.learn_declared(&value);
        if let Kind::Option(_) = self.kind(&value).deref() {
            let some = super::run::is_some(Expr::Place(place.clone()));
            let payload = self.normal(Expr::Place(place.step(crate::variants::payload(crate::variants::some()))));
            let item = if reference { Expr::Ref { mutable, of: Box::new(payload) } } else { payload };
            let len = Expr::Cast(Box::new(some), syn::parse_quote!(usize));
            return Stream::Indexed { len, item: Rc::new(move |_, _| item.clone()) };
        }
        self.elements(place, reference, mutable)
    }

    /// `v.drain(a..b)`: the elements of what the vector, or a part of it, held.
    fn drained(&mut self, m: &syn::ExprMethodCall, span: Span) -> Option<Stream> {
        let recv = self.place_or_value(&m.receiver);
        if !matches!(&m.args[0], S::Range(r) if r.start.is_none() && r.end.is_none()) {
            let Some(held) = self.taken_part(&recv, &m.args[0], span) else {
                self.errors.at(span, "`drain` needs its range written out here, as in `v.drain(1..3)`");
                return None;
            };
            let held = self.place_of(held, span);
            return Some(self.elements(held, false, false));
        }
        let place = self.place_of(recv, span);
        let held = self.take_out(place, span);
        let held = Self::variable(&held);
        Some(self.elements(held, false, false))
    }

    /// `windows`, `chunks`, `chunks_exact`, `rchunks` and their mutable forms.
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
        let ragged = matches!(name, "chunks" | "chunks_mut" | "rchunks" | "rchunks_mut");
        let len = match name {
            "windows" => {
                rules::method(Expr::binary(BinOp::Add, n.clone(), Expr::int(1)), "saturating_sub", vec![k.clone()])
            }
            _ if ragged => rules::method(n.clone(), "div_ceil", vec![k.clone()]),
            _ => Expr::binary(BinOp::Div, n.clone(), k.clone()),
        };
        let windows = name == "windows";
        let backward = name.starts_with("rchunks");
        let mutable = name.ends_with("mut");
        let item: ItemAt = Rc::new(move |_, i| {
            let (lo, hi) = if backward {
                let hi = Expr::binary(BinOp::Sub, n.clone(), Expr::binary(BinOp::Mul, i, k.clone()));
                let lo = if ragged {
                    rules::method(hi.clone(), "saturating_sub", vec![k.clone()])
                } else {
                    Expr::binary(BinOp::Sub, hi.clone(), k.clone())
                };
                (lo, hi)
            } else {
                let lo = if windows { i } else { Expr::binary(BinOp::Mul, i, k.clone()) };
                let hi = Expr::binary(BinOp::Add, lo.clone(), k.clone());
                let hi = if ragged { rules::method(hi, "min", vec![n.clone()]) } else { hi };
                (lo, hi)
            };
            let at = Expr::Range { lo: Some(Box::new(lo)), hi: Some(Box::new(hi)), inclusive: false };
            Expr::Ref { mutable, of: Box::new(Expr::Place(place.step(Step::Index { at: Box::new(at), range: true }))) }
        });
        Some(Stream::Indexed { len, item })
    }

    /// Whether a method cuts a slice where a closure says so: texts have such methods as well.
    pub(super) fn is_cut(&self, m: &syn::ExprMethodCall) -> bool {
        CUTTING.iter().any(|(name, _)| m.method == name)
            && matches!(m.args.first(), Some(S::Closure(_)))
            && self.seems_slice(&m.receiver)
    }

    fn seems_slice(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.seems_slice(&p.expr),
            S::Index(i) if matches!(&*i.index, S::Range(_)) => self.seems_slice(&i.expr),
            S::Reference(r) => self.seems_slice(&r.expr),
            S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                Some(Binding::Value(value)) => {
                    matches!(self.kind(&crate::lower::strip(value.clone())).deref(), Kind::Seq(_))
                }
                _ => false,
            },
            e => self.uses.is_certainly_sequence(e),
        }
    }

    /// `v.split(|a| …)` and its like: the bounds of the parts are found first.
    fn parts_of_slice(&mut self, m: &syn::ExprMethodCall) -> Stream {
        let span = m.method.span();
        let value = self.place_or_value(&m.receiver);
        let place = self.place_of(value, span);
        let Expr::Place(place) = self.pin(Expr::Place(place)) else { unreachable!("pinning keeps places") };
        let between = CUTTING.iter().find(|(name, _)| m.method == name).map_or(0, |(_, n)| *n);
        let between = syn::LitInt::new(&format!("{between}usize"), span);
        let bounds = self.verbatim(&syn::parse_quote!(::differentiable::__private::bounds(#m, #between)));
        let bounds = self.let_var("parts", span, crate::ir::Role::Temporary, bounds);
        self.program.vars[bounds].kind = Kind::Seq(Box::new(Kind::Tuple(vec![Kind::Int; 2])));
        let bounds = Place::var(bounds, span);
        let len = rules::method(Expr::Place(bounds.clone()), "len", Vec::new());
        let item: ItemAt = Rc::new(move |_, i| {
            let entry = crate::lower::places::element_of(&bounds, i);
            let end = |n: usize| Some(Box::new(Expr::Place(entry.step(Step::Field(syn::Member::from(n))))));
            let at = Expr::Range { lo: end(0), hi: end(1), inclusive: false };
            Expr::Ref {
                mutable: false,
                of: Box::new(Expr::Place(place.step(Step::Index { at: Box::new(at), range: true }))),
            }
        });
        Stream::Indexed { len, item }
    }

    /// `iter::once(x)` and its like.
    fn generated(&mut self, c: &syn::ExprCall) -> Option<Stream> {
        let name = generator(c)?;
        if let S::Path(p) = &*c.func
            && p.path.segments.len() == 1
        {
            self.claim(p);
        }
        let span = c.span();
        match (name.as_str(), c.args.len()) {
            ("once" | "repeat", 1) | ("repeat_n", 2) => {
                let value = self.atom(&c.args[0]);
                let item = match value {
                    // What changes later keeps the value that it has now.
                    Expr::Place(_) if !self.is_fixed(&value) => self.temporary(Expr::Clone(Box::new(value)), span),
                    value => value,
                };
                let len = match name.as_str() {
                    "once" => Expr::int(1),
                    "repeat" => unbounded(),
                    _ => self.control(&c.args[1]),
                };
                Some(Stream::Indexed { len, item: Rc::new(move |_, _| item.clone()) })
            }
            ("empty", 0) => {
                let item = self.verbatim(&syn::parse_quote!(::differentiable::__private::no_item(#c)));
                Some(Stream::Indexed { len: Expr::int(0), item: Rc::new(move |_, _| item.clone()) })
            }
            ("zip", 2) => {
                let (a, b) = (self.stream_or_refuse(&c.args[0])?, self.stream_or_refuse(&c.args[1])?);
                Some(self.zipped(a, b, span))
            }
            ("repeat_with" | "from_fn", 1) => {
                let f = self.callable(&c.args[0])?;
                Some(Stream::Calls { f, endless: name == "repeat_with" })
            }
            ("successors", 2) => {
                let first = self.rhs(&c.args[0]);
                let next = self.callable(&c.args[1])?;
                let parts = self.chosen_parts(first.clone(), span);
                let (now, ends) = match (parts, endless(&c.args[1])) {
                    ((Expr::Bool(true), first), true) => (first, false),
                    ((some, first), _) => (crate::lower::chosen::chosen(some, first), true),
                };
                let now = if ends && as_place(&first).is_some() { first } else { now };
                let now = self.accumulator(now, span);
                Some(Stream::Successors { now: Self::variable(&now), next, ends })
            }
            _ => None,
        }
    }
}

/// Whether a closure always gives `Some(…)`.
fn endless(f: &S) -> bool {
    let S::Closure(c) = f else { return false };
    let mut body = &*c.body;
    while let S::Block(b) = body {
        let Some(syn::Stmt::Expr(last, None)) = b.block.stmts.last() else { return false };
        body = last;
    }
    matches!(body, S::Call(c) if matches!(&*c.func, S::Path(p) if crate::variants::is_named(&p.path, "Some")))
        && !crate::lower::closures::returns(&c.body)
}

/// How many places a loop is written out for.
const LENT: usize = 16;

/// Whether a value is, or holds, a reference through which something can be changed.
fn lends_mutably(e: &Expr) -> bool {
    match e {
        Expr::Ref { mutable, .. } => *mutable,
        Expr::Tuple(parts) => parts.iter().any(lends_mutably),
        _ => false,
    }
}

/// The number of items of a stream without an end.
pub(super) fn unbounded() -> Expr {
    Expr::Item(syn::parse_quote!(::core::primitive::usize::MAX), None)
}

pub(super) fn is_unbounded(e: &Expr) -> bool {
    matches!(e, Expr::Item(p, _) if p.segments.last().is_some_and(|s| s.ident == "MAX") && p.leading_colon.is_some())
}

/// What a block without a label ends with.
pub(super) fn tail(b: &syn::ExprBlock) -> Option<&S> {
    match b.block.stmts.last()? {
        syn::Stmt::Expr(e, None) if b.label.is_none() => Some(e),
        _ => None,
    }
}
