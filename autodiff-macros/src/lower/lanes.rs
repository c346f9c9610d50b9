//! What arrays iterate over: elements, lanes, subarrays.

use std::rc::Rc;

use proc_macro2::Span;
use syn::{Expr as S, ExprMethodCall};

use super::iterators::{ItemAt, Stream};
use super::places::element_of;
use super::{Lowerer, strip};
use crate::ir::{BinOp, Expr, Place, Role, Sequence, Step};
use crate::kinds::{self, Kind};
use crate::rules;

/// Methods of arrays that make an iterator of views, or of elements with their indices.
pub(super) const MAKERS: &[&str] = &[
    "rows",
    "rows_mut",
    "columns",
    "columns_mut",
    "outer_iter",
    "outer_iter_mut",
    "axis_iter",
    "axis_iter_mut",
    "axis_chunks_iter",
    "axis_windows",
    "into_axis_iter",
    "into_outer_iter",
    "axis_chunks_iter_mut",
    "lanes",
    "lanes_mut",
    "exact_chunks",
    "exact_chunks_mut",
    "genrows",
    "gencolumns",
    "indexed_iter",
    "indexed_iter_mut",
];

/// Those that no other type has, so that they tell what a field is.
const OF_ARRAYS: &[&str] = &[
    "outer_iter",
    "outer_iter_mut",
    "axis_iter",
    "axis_iter_mut",
    "axis_chunks_iter",
    "axis_chunks_iter_mut",
    "axis_windows",
    "indexed_iter",
    "indexed_iter_mut",
    "exact_chunks",
    "exact_chunks_mut",
];

/// Whether a method makes an iterator of any receiver that has it.
pub(super) fn is_of_arrays(name: &str) -> bool {
    OF_ARRAYS.contains(&name)
}

impl Lowerer<'_> {
    /// The elements of an array, by reference; with `free`, of one that nothing else names.
    pub(super) fn array_elements(&mut self, place: &Place, _free: bool, span: Span) -> Stream {
        if self.axes(place) == Some(1) && is_direct(place) {
            return self.elements(place.clone(), true, false);
        }
        let flat = self.flat(place, span);
        self.elements(flat, true, false)
    }

    /// The elements of an array, to be changed; they may be in a copy that is to be written back.
    pub(super) fn array_elements_mut(&mut self, place: &Place, span: Span) -> (Stream, Option<Place>) {
        if self.axes(place) == Some(1) && is_direct(place) {
            return (self.elements(place.clone(), true, true), None);
        }
        let flat = self.flat(place, span);
        (self.elements(flat.clone(), true, true), Some(flat))
    }

    /// `iter()`, `iter_mut()` and `into_iter()` of an array.
    pub(super) fn array_source(&mut self, place: Place, reference: bool, mutable: bool, span: Span) -> Stream {
        let axes = self.axes(&place);
        if axes == Some(1) && is_direct(&place) {
            return self.elements(place, reference, mutable);
        }
        if !mutable {
            let flat = self.flat(&place, span);
            return self.elements(flat, reference, false);
        }
        let Some(axes) = axes else {
            self.errors.at(
                span,
                "`iter_mut` of an array whose number of axes is not in sight cannot be differentiated; declare its type, or use `mapv_inplace`",
            );
            return self.elements(place, reference, mutable);
        };
        let len = rules::method(Expr::Place(place.clone()), "len", Vec::new());
        let index = self.multi_index(&place, axes, span);
        let item: ItemAt = Rc::new(move |l, i| {
            let at = Expr::Array(index(l, i), Sequence::Array);
            let element = Expr::Place(place.step(Step::Index { at: Box::new(at), range: false }));
            Expr::Ref { mutable: true, of: Box::new(element) }
        });
        Stream::Indexed { len, item }
    }

    /// The index along each axis of the element with a number.
    pub(super) fn multi_index(
        &mut self,
        place: &Place,
        axes: usize,
        span: Span,
    ) -> Rc<dyn Fn(&mut Lowerer<'_>, Expr) -> Vec<Expr>> {
        let lengths: Vec<Expr> = (1..axes).map(|axis| self.length_of(place, axis, span)).collect();
        multi_index(lengths, span)
    }

    /// The length of an axis, as it is now.
    fn length_of(&mut self, place: &Place, axis: usize, span: Span) -> Expr {
        let value = rules::method(Expr::Place(place.clone()), "len_of", vec![axis_expr(Expr::int(axis))]);
        self.temporary(value, span)
    }

    /// A method of an array that makes an iterator.
    pub(super) fn array_maker(&mut self, name: &str, m: &ExprMethodCall) -> Option<Stream> {
        let span = m.method.span();
        let value = self.place_or_value(&m.receiver);
        let place = self.pinned(&value, span);
        let (stem, mutable) = match name.strip_suffix("_mut") {
            Some(stem) => (stem, true),
            None => (name, false),
        };
        let stem = stem.strip_prefix("into_").unwrap_or(stem);
        let axes = self.axes(&place);
        match (stem, m.args.len()) {
            ("rows" | "genrows", 0) if axes.is_none_or(|n| n == 2) => Some(self.lines(&place, "row", "nrows", mutable)),
            ("columns" | "gencolumns", 0) if axes.is_none_or(|n| n == 2) => {
                Some(self.lines(&place, "column", "ncols", mutable))
            }
            ("rows" | "genrows", 0) => axes.map(|n| self.lanes(&place, n, n - 1, mutable, span)),
            ("columns" | "gencolumns", 0) => axes.map(|n| self.lanes(&place, n, 0, mutable, span)),
            ("outer_iter", 0) if axes == Some(2) => Some(self.lines(&place, "row", "nrows", mutable)),
            ("outer_iter", 0) => Some(self.subarrays(&place, axis_expr(Expr::int(0)), mutable)),
            ("axis_iter", 1) => {
                if axes == Some(2)
                    && let Some(axis) = literal_axis(&m.args[0])
                {
                    let (line, len) = if axis == 0 { ("row", "nrows") } else { ("column", "ncols") };
                    return Some(self.lines(&place, line, len, mutable));
                }
                let axis = self.fixed_argument(&m.args[0]);
                Some(self.subarrays(&place, axis, mutable))
            }
            ("axis_chunks_iter", 2) => {
                let axis = self.fixed_argument(&m.args[0]);
                let size = self.control(&m.args[1]);
                let size = self.fixed(size, span);
                let n = rules::method(Expr::Place(place.clone()), "len_of", vec![axis.clone()]);
                let n = self.fixed(n, span);
                let len = rules::method(n.clone(), "div_ceil", vec![size.clone()]);
                let item: ItemAt = Rc::new(move |_, i| {
                    let lo = Expr::binary(BinOp::Mul, i, size.clone());
                    let hi = Expr::binary(BinOp::Add, lo.clone(), size.clone());
                    let hi = rules::method(hi, "min", vec![n.clone()]);
                    let part = part_of_axis(&place, axis.clone(), lo, hi);
                    if mutable { Expr::Ref { mutable, of: Box::new(part) } } else { part }
                });
                Some(Stream::Indexed { len, item })
            }
            ("axis_windows", 2) => {
                let axis = self.fixed_argument(&m.args[0]);
                let size = self.control(&m.args[1]);
                let size = self.fixed(size, span);
                let n = rules::method(Expr::Place(place.clone()), "len_of", vec![axis.clone()]);
                let n = self.fixed(n, span);
                let len =
                    rules::method(Expr::binary(BinOp::Add, n, Expr::int(1)), "saturating_sub", vec![size.clone()]);
                let item: ItemAt = Rc::new(move |_, i| {
                    let hi = Expr::binary(BinOp::Add, i.clone(), size.clone());
                    part_of_axis(&place, axis.clone(), i, hi)
                });
                Some(Stream::Indexed { len, item })
            }
            ("lanes", 1) => {
                let Some(n) = axes else {
                    if mutable {
                        self.errors.at(
                            span,
                            "`lanes_mut` can be differentiated where the number of axes is in sight; declare the array's type, `let x: &mut Array2<f64> = &mut …`",
                        );
                        return None;
                    }
                    return Some(self.lanes_of_unknown(&place, &m.args[0], span).0);
                };
                let Some(axis) = literal_axis(&m.args[0]) else {
                    let (place, _) = self.with_axis_last(&place, n, &m.args[0], span);
                    return Some(match n {
                        2 => self.lines(&place, "row", "nrows", mutable),
                        n => self.lanes(&place, n, n - 1, mutable, span),
                    });
                };
                match n {
                    2 => {
                        let (line, len) = if axis == 0 { ("column", "ncols") } else { ("row", "nrows") };
                        Some(self.lines(&place, line, len, mutable))
                    }
                    n => Some(self.lanes(&place, n, axis, mutable, span)),
                }
            }
            ("exact_chunks", 1) => self.blocks(&place, &m.args[0], false, mutable, span),
            ("windows", 1) => self.blocks(&place, &m.args[0], true, false, span),
            ("indexed_iter", 0) => {
                let Some(axes) = axes else {
                    self.errors.at(
                        span,
                        "`indexed_iter` can be differentiated where the number of axes is in sight; declare the array's type, `let x: &Array2<f64> = &…`",
                    );
                    return Some(Stream::Range {
                        lo: Expr::int(0),
                        hi: Expr::int(0),
                        inclusive: false,
                        step: None,
                        rev: false,
                    });
                };
                let index = self.multi_index(&place, axes, span);
                let items = self.array_source(place, true, mutable, span);
                let (len, item) = self.indexed(items, span).ok()?;
                let item: ItemAt = Rc::new(move |l, i| {
                    let mut at = index(l, i.clone());
                    let item = item(l, i);
                    let at = if at.len() == 1 { at.remove(0) } else { Expr::Tuple(at) };
                    Expr::Tuple(vec![at, item])
                });
                Some(Stream::Indexed { len, item })
            }
            _ => None,
        }
    }

    /// The rows or the columns of a matrix.
    fn lines(&mut self, place: &Place, line: &str, count: &str, mutable: bool) -> Stream {
        let len = rules::method(Expr::Place(place.clone()), count, Vec::new());
        let (place, line) = (place.clone(), line.to_owned());
        let item: ItemAt = Rc::new(move |_, i| view(&place, &line, vec![i], mutable));
        Stream::Indexed { len, item }
    }

    /// What an array is along an axis.
    fn subarrays(&mut self, place: &Place, axis: Expr, mutable: bool) -> Stream {
        let len = rules::method(Expr::Place(place.clone()), "len_of", vec![axis.clone()]);
        let place = place.clone();
        let item: ItemAt = Rc::new(move |_, i| view(&place, "index_axis", vec![axis.clone(), i], mutable));
        Stream::Indexed { len, item }
    }

    /// The lanes along an axis, in the order of the other axes.
    fn lanes(&mut self, place: &Place, axes: usize, along: usize, mutable: bool, span: Span) -> Stream {
        let others: Vec<usize> = (0..axes).filter(|a| *a != along).collect();
        let lengths: Vec<Expr> = others.iter().map(|a| self.length_of(place, *a, span)).collect();
        let len = lengths.iter().cloned().reduce(|a, b| Expr::binary(BinOp::Mul, a, b)).unwrap_or_else(|| Expr::int(1));
        let index = multi_index(lengths.into_iter().skip(1).collect(), span);
        let place = place.clone();
        let item: ItemAt = Rc::new(move |l, i| {
            let at = if others.is_empty() { Vec::new() } else { index(l, i) };
            let mut lane = place.clone();
            if others.is_empty() {
                return view(&place, "view", Vec::new(), mutable);
            }
            // From the last axis on, so that the numbers of those before it stay.
            for (axis, at) in others.iter().zip(at).rev() {
                lane = match view(&lane, "index_axis", vec![axis_expr(Expr::int(*axis)), at], false) {
                    Expr::Place(lane) => lane,
                    _ => unreachable!("views are places"),
                };
            }
            let lane = Expr::Place(lane);
            if mutable { Expr::Ref { mutable, of: Box::new(lane) } } else { lane }
        });
        Stream::Indexed { len, item }
    }

    /// The lanes along an axis that is given as an argument, and the shape of what has one item for each.
    pub(super) fn lanes_and_shape(&mut self, place: &Place, axis: &S, span: Span) -> (Stream, Expr) {
        let Some(n) = self.axes(place) else { return self.lanes_of_unknown(place, axis, span) };
        let literal = literal_axis(axis);
        let (lanes, along) = match (n, literal) {
            (2, Some(0)) => (self.lines(place, "column", "ncols", false), axis_expr(Expr::int(0))),
            (2, Some(1)) => (self.lines(place, "row", "nrows", false), axis_expr(Expr::int(1))),
            (n, Some(along)) => (self.lanes(place, n, along, false, span), axis_expr(Expr::int(along))),
            (n, None) => {
                let (moved, axis) = self.with_axis_last(place, n, axis, span);
                let lanes = match n {
                    2 => self.lines(&moved, "row", "nrows", false),
                    n => self.lanes(&moved, n, n - 1, false, span),
                };
                (lanes, axis)
            }
        };
        let whole = self.dimension(place, span);
        (lanes, self.reference_to(span, "dim", "without_axis", vec![whole, along]))
    }

    /// The same where the number of axes is not in sight: the rows of a matrix that holds the lanes one after the other.
    fn lanes_of_unknown(&mut self, place: &Place, axis: &S, span: Span) -> (Stream, Expr) {
        let axis = self.fixed_argument(axis);
        let whole = self.dimension(place, span);
        let order = self.constant(span, "order", "axis_at_end", vec![whole.clone(), axis.clone()]);
        let moved = self.permuted(place, Expr::Clone(Box::new(order)), span);
        let dim = self.reference_to(span, "dim", "without_axis", vec![whole, axis.clone()]);
        let (count, length) = (
            self.constant(span, "count", "elements", vec![dim.clone()]),
            rules::method(Expr::Place(place.clone()), "len_of", vec![axis]),
        );
        let element = kinds::of_place(&self.program, place).deref().element();
        let items = Expr::Place(self.flat(&moved, span));
        let lanes = self.shaped(items, Expr::Tuple(vec![count, length]), element, Some(2), span);
        let lanes = self.place_of(lanes, span);
        (self.lines(&lanes, "row", "nrows", false), dim)
    }

    /// What a function of the runtime makes of numbers of axes and their lengths.
    fn constant(&mut self, span: Span, name: &str, function: &str, args: Vec<Expr>) -> Expr {
        let function = syn::Ident::new(function, Span::mixed_site());
        let func = syn::parse_quote!(::differentiable::__private::#function);
        let value = Expr::Call { func, qself: None, args, ctor: false, tangent: false };
        let var = self.let_var(name, span, Role::Temporary, value);
        self.program.vars[var].kind = Kind::Constant;
        Expr::var(var, span)
    }

    fn reference_to(&mut self, span: Span, name: &str, function: &str, args: Vec<Expr>) -> Expr {
        Expr::Ref { mutable: false, of: Box::new(self.constant(span, name, function, args)) }
    }

    /// A view of an array with `n` axes whose last one is that of an argument, and that axis.
    fn with_axis_last(&mut self, place: &Place, n: usize, axis: &S, span: Span) -> (Place, Expr) {
        let axis = self.fixed_argument(axis);
        let func = syn::parse_quote!(::differentiable::__private::axis_last::<#n>);
        let order = Expr::Call { func, qself: None, args: vec![axis.clone()], ctor: false, tangent: false };
        let var = self.let_var("order", span, Role::Temporary, order);
        self.program.vars[var].kind = Kind::Constant;
        (self.permuted(place, Expr::var(var, span), span), axis)
    }

    /// A view of an array with its axes in another order.
    fn permuted(&mut self, place: &Place, order: Expr, span: Span) -> Place {
        let viewed = match view(place, "view", Vec::new(), false) {
            Expr::Place(viewed) if !place.is_view() => viewed,
            _ => place.clone(),
        };
        let method = syn::Ident::new("permuted_axes", span);
        viewed.step(Step::View { method, args: vec![order] })
    }

    /// Blocks of these sizes along the axes: those beside each other, or all that there are.
    fn blocks(&mut self, place: &Place, sizes: &S, windows: bool, mutable: bool, span: Span) -> Option<Stream> {
        let sizes: Vec<Expr> = block_sizes(sizes)?.into_iter().map(|e| self.control(&e)).collect();
        let sizes: Vec<Expr> = sizes.into_iter().map(|size| self.fixed(size, span)).collect();
        let counts: Vec<Expr> = sizes
            .iter()
            .enumerate()
            .map(|(axis, size)| {
                let n = self.length_of(place, axis, span);
                let count = if windows {
                    rules::method(Expr::binary(BinOp::Add, n, Expr::int(1)), "saturating_sub", vec![size.clone()])
                } else {
                    Expr::binary(BinOp::Div, n, size.clone())
                };
                self.fixed(count, span)
            })
            .collect();
        let len = counts.iter().cloned().reduce(|a, b| Expr::binary(BinOp::Mul, a, b))?;
        let index = multi_index(counts.into_iter().skip(1).collect(), span);
        let place = place.clone();
        let item: ItemAt = Rc::new(move |l, i| {
            let mut values = Vec::new();
            let mut ranges: Vec<S> = Vec::new();
            for (axis, (at, size)) in index(l, i).into_iter().zip(&sizes).enumerate() {
                let lo = if windows { at } else { Expr::binary(BinOp::Mul, at, size.clone()) };
                let lo = l.fixed(lo, span);
                let hi = l.fixed(Expr::binary(BinOp::Add, lo.clone(), size.clone()), span);
                let names = ["lo", "hi"].map(|name| syn::Ident::new(&format!("{name}_{axis}"), Span::mixed_site()));
                let [from, to] = &names;
                ranges.push(syn::parse_quote!(#from..#to));
                values.extend(names.into_iter().zip([lo, hi]));
            }
            let part: S = syn::parse_quote!(::differentiable::ndarray::s![#(#ranges),*]);
            view(&place, "slice", vec![Expr::Verbatim(Box::new(part), values)], mutable)
        });
        Some(Stream::Indexed { len, item })
    }

    /// Whether an expression is an array, as far as its syntax tells.
    pub(super) fn seems_array(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.seems_array(&p.expr),
            S::Reference(r) => self.seems_array(&r.expr),
            S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                Some(super::Binding::Value(e)) => self.is_array(e),
                _ => false,
            },
            S::MethodCall(m) => {
                let name = m.method.to_string();
                let stem = name.trim_end_matches("_mut");
                let view =
                    crate::arrays::BORROWING.contains(&stem) || crate::arrays::OF_VIEWS.contains(&stem) || name == "t";
                (view || name == "to_owned" || name == "clone") && self.seems_array(&m.receiver)
            }
            _ => false,
        }
    }

    /// The call `x.windows(n)` that is made an iterator by `into_iter`, unless `x` is known to be something else than an
    /// array: the windows of a slice are an iterator already.
    pub(super) fn windows_of_array<'e>(&self, e: &'e S) -> Option<&'e ExprMethodCall> {
        let S::MethodCall(m) = e else { return None };
        let known = |e: &S| match e {
            S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                Some(super::Binding::Value(e)) => !matches!(self.kind(&strip(e.clone())).deref(), Kind::Unknown),
                _ => true,
            },
            _ => false,
        };
        (m.method == "windows" && m.args.len() == 1 && !known(&m.receiver)).then_some(m)
    }

    /// Whether a value is an array, as far as can be seen.
    pub(super) fn is_array(&self, e: &Expr) -> bool {
        let inner = strip(e.clone());
        match &inner {
            Expr::Place(place) => place.is_view() || kinds::of_place(&self.program, place).deref().is_array(),
            other => self.kind(other).deref().is_array(),
        }
    }
}

/// The index along each axis, with the lengths of all axes but the first.
pub(super) fn multi_index(lengths: Vec<Expr>, span: Span) -> Rc<dyn Fn(&mut Lowerer<'_>, Expr) -> Vec<Expr>> {
    Rc::new(move |l, i| {
        let mut at = Vec::new();
        let mut rest = i;
        for length in lengths.iter().rev() {
            at.push(l.temporary(Expr::binary(BinOp::Rem, rest.clone(), length.clone()), span));
            rest = l.temporary(Expr::binary(BinOp::Div, rest, length.clone()), span);
        }
        at.push(rest);
        at.reverse();
        at
    })
}

/// A view of a place.
pub(super) fn view(place: &Place, method: &str, args: Vec<Expr>, mutable: bool) -> Expr {
    let method = syn::Ident::new(method, Span::mixed_site());
    let view = Expr::Place(place.step(Step::View { method, args }));
    if mutable { Expr::Ref { mutable, of: Box::new(view) } } else { view }
}

/// `place.slice_axis(axis, (lo..hi).into())`.
pub(super) fn part_of_axis(place: &Place, axis: Expr, lo: Expr, hi: Expr) -> Expr {
    let range = Expr::Range { lo: Some(Box::new(lo)), hi: Some(Box::new(hi)), inclusive: false };
    let func = syn::parse_quote!(::differentiable::ndarray::Slice::from);
    let part = Expr::Call { func, qself: None, args: vec![range], ctor: false, tangent: false };
    view(place, "slice_axis", vec![axis, part], false)
}

/// `Axis(i)`.
pub(super) fn axis_expr(i: Expr) -> Expr {
    let func = syn::parse_quote!(::differentiable::ndarray::Axis);
    Expr::Call { func, qself: None, args: vec![i], ctor: true, tangent: false }
}

/// The sizes of blocks along the axes, as `exact_chunks((2, 2))` has them.
pub(super) fn block_sizes(e: &S) -> Option<Vec<S>> {
    match e {
        S::Paren(p) => block_sizes(&p.expr),
        S::Tuple(t) => Some(t.elems.iter().cloned().collect()),
        S::Array(a) => Some(a.elems.iter().cloned().collect()),
        S::Lit(_) | S::Path(_) => Some(vec![e.clone()]),
        _ => None,
    }
}

/// The number in `Axis(1)`.
fn literal_axis(e: &S) -> Option<usize> {
    match e {
        S::Paren(p) => literal_axis(&p.expr),
        S::Call(c) => match (&*c.func, c.args.first()) {
            (S::Path(p), Some(S::Lit(syn::ExprLit { lit: syn::Lit::Int(i), .. })))
                if p.path.segments.last().is_some_and(|s| s.ident == "Axis") =>
            {
                i.base10_parse().ok()
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether an element is reached without making a view for it.
fn is_direct(place: &Place) -> bool {
    !place.is_view() || !element_of(place, Expr::int(0)).path.iter().any(|s| matches!(s, Step::View { .. }))
}
