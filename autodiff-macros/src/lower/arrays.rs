//! Methods and functions of `ndarray`.
//!
//! In: a call whose receiver is an array. Out: a view, which is a place; or a loop over the elements, where a
//! closure is called; or a call of the runtime's traits with the kind of its value. `lanes` makes streams of
//! what arrays iterate over, `zips` lowers `Zip`, and `makers` what makes arrays.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr as S, ExprMethodCall};

use super::closures::Callable;
use super::iterators::{ItemAt, Stream};
use super::{Lowerer, strip};
use crate::arrays;
use crate::ir::{Arg, BinOp, Call, Callee, Expr, Mode, Passing, Place, Role, Step, Stmt};
use crate::kinds::{self, Kind};

impl Lowerer<'_> {
    /// A method of an array; `None` if the receiver is none, or if the runtime decides.
    pub(super) fn array_method(&mut self, recv: &Expr, m: &ExprMethodCall) -> Option<Expr> {
        let name = m.method.to_string();
        let name = name.as_str();
        let span = m.method.span();
        let kind = self.kind(&strip(recv.clone()));
        let slices = matches!((name, m.args.first()), ("slice", Some(S::Macro(_))));
        // A place is no iterator, and of what is none only arrays have `fold`; `select` has an axis.
        let told = match (name, m.args.first()) {
            ("fold", Some(_)) => matches!(m.args.get(1), Some(S::Closure(_))) && super::as_place(recv).is_some(),
            ("select", Some(axis)) => super::makers::is_axis(axis),
            _ => arrays::OF_ARRAYS.contains(&name),
        };
        let known = kind.deref().is_array() || slices || *kind.deref() == Kind::Unknown && told;
        if !known {
            return None;
        }
        if name == "select" && m.args.len() == 2 {
            return Some(self.selected(recv, m, span));
        }
        self.array_view(recv, m)
            .or_else(|| self.array_equivalent(recv, m))
            .or_else(|| self.array_loop(recv, m, span))
            .or_else(|| self.array_closure(recv, m, span))
            .or_else(|| self.array_write(recv, m, span))
            .or_else(|| self.array_call(recv, m, span))
            .or_else(|| if kind.deref().is_array() { self.array_refusal(m) } else { None })
    }

    /// `x.row(i)` and its like.
    fn array_view(&mut self, recv: &Expr, m: &ExprMethodCall) -> Option<Expr> {
        let name = m.method.to_string();
        let (stem, mutable) = match name.strip_suffix("_mut") {
            Some(stem) => (stem, true),
            None => (name.as_str(), false),
        };
        let place = super::as_place(recv);
        let of_view = place.is_some_and(Place::is_view);
        let arity = match stem {
            "row" | "column" | "slice" | "permuted_axes" | "insert_axis" => 1,
            "index_axis" | "slice_axis" | "index_axis_move" => 2,
            "view" | "diag" | "t" | "reversed_axes" => 0,
            _ => return None,
        };
        let fits = arrays::BORROWING.contains(&stem)
            || (name == "t")
            || of_view && !mutable && arrays::OF_VIEWS.contains(&stem);
        if !fits || m.args.len() != arity {
            return None;
        }
        let args = m.args.iter().map(|a| self.fixed_argument(&arrays::with_typed_indices(a))).collect();
        let mut place = self.place_of(recv.clone(), m.method.span());
        if !arrays::OF_VIEWS.contains(&stem)
            && matches!(place.path.last(), Some(Step::View { method, .. }) if method == "view")
        {
            // What borrows from an array borrows from the array itself, not from a view that ends here.
            place.path.pop();
        }
        let method = syn::Ident::new(stem, m.method.span());
        let view = Expr::Place(place.step(Step::View { method, args }));
        Some(if mutable { Expr::Ref { mutable: true, of: Box::new(view) } } else { view })
    }

    /// An argument that keeps its value: an axis, an index, `s![…]`.
    pub(super) fn fixed_argument(&mut self, e: &S) -> Expr {
        let value = self.control(e);
        if self.is_fixed(&value) {
            return value;
        }
        let var = self.let_var("at", e.span(), Role::Temporary, value);
        if self.program.vars[var].kind == Kind::Unknown {
            self.program.vars[var].kind = Kind::Constant;
        }
        Expr::var(var, e.span())
    }

    /// Functions of elements, and variances, of functions that are differentiated twice: loops.
    fn array_loop(&mut self, recv: &Expr, m: &ExprMethodCall, span: Span) -> Option<Expr> {
        let name = m.method.to_string();
        if self.types.order() < 2 {
            return None;
        }
        match (name.as_str(), m.args.len()) {
            ("product", 0) => {
                let place = self.pinned(recv, span);
                let one = Expr::Number(1.0, float_of_elements(&kinds::of_place(&self.program, &place))?);
                let items = self.array_elements(&place, false, span);
                Some(self.accumulated(items, one, span, &mut |_, acc, item| Expr::binary(BinOp::Mul, acc, strip(item))))
            }
            ("var" | "std", 1) => {
                let ddof = self.scalar(&m.args[0]);
                let place = self.pinned(recv, span);
                let var = self.variance(&place, ddof, span)?;
                Some(if name == "std" { self.root(var, span) } else { var })
            }
            ("var_axis" | "std_axis", 2) => {
                let ddof = self.scalar(&m.args[1]);
                let place = self.pinned(recv, span);
                float_of_elements(&kinds::of_place(&self.program, &place))?;
                let (lanes, dim) = self.lanes_and_shape(&place, &m.args[0], span)?;
                let axes = self.axes(&place).map(|n| n.saturating_sub(1));
                Some(self.collect_shaped(lanes, dim, axes, span, &mut |l, lane| {
                    let lane = l.place_of(lane, span);
                    let var = l.variance(&lane, ddof.clone(), span).expect("floats were tested above");
                    if name == "std_axis" { l.root(var, span) } else { var }
                }))
            }
            (flat, 0) if crate::rules::FLAT.contains(&flat) => {
                let place = self.pinned(recv, span);
                float_of_elements(&kinds::of_place(&self.program, &place))?;
                let (dim, axes) = (self.dimension(&place, span), self.axes(&place));
                let items = self.array_elements(&place, false, span);
                Some(self.collect_shaped(items, dim, axes, span, &mut |l, item| {
                    l.temporary(crate::rules::method(strip(item), flat, Vec::new()), span)
                }))
            }
            (_, n) => {
                let rule = crate::rules::find(&name).filter(|r| r.args.len() == n + 1 && r.fields.is_empty())?;
                let rest: Vec<Expr> = m.args.iter().map(|a| self.scalar(a)).collect();
                let place = self.pinned(recv, span);
                float_of_elements(&kinds::of_place(&self.program, &place))?;
                let (dim, axes) = (self.dimension(&place, span), self.axes(&place));
                let items = self.array_elements(&place, false, span);
                Some(self.collect_shaped(items, dim, axes, span, &mut |_, item| {
                    let mut args = vec![strip(item)];
                    args.extend(rest.clone());
                    Expr::Math(rule, args)
                }))
            }
        }
    }

    /// What is made of a number and the items of a stream in turn.
    fn accumulated(
        &mut self,
        items: Stream,
        init: Expr,
        span: Span,
        step: &mut dyn FnMut(&mut Lowerer<'_>, Expr, Expr) -> Expr,
    ) -> Expr {
        let acc = self.accumulator(init, span);
        let place = Self::variable(&acc);
        self.run_stream(items, span, &mut |l, item, _| {
            let value = step(l, acc.clone(), item);
            let value = l.as_atom(value, span);
            l.store(place.clone(), value);
        });
        acc
    }

    fn variance(&mut self, place: &Place, ddof: Expr, span: Span) -> Option<Expr> {
        let float = float_of_elements(&kinds::of_place(&self.program, place))?;
        let zero = Expr::Number(0.0, float.clone());
        let n = crate::rules::method(Expr::Place(place.clone()), "len", Vec::new());
        let n = self.temporary(n, span);
        let n = match &float {
            kinds::Float::F32 => Expr::Cast(Box::new(n), syn::parse_quote!(f32)),
            kinds::Float::F64 => Expr::Cast(Box::new(n), syn::parse_quote!(f64)),
            float => Expr::FromInt(Box::new(n), float.clone()),
        };
        let var = self.let_var("n", span, Role::Temporary, n);
        let n = Expr::var(var, span);
        let items = self.array_elements(place, false, span);
        let sum = self.accumulated(items.clone(), zero.clone(), span, &mut |_, acc, item| {
            Expr::binary(BinOp::Add, acc, strip(item))
        });
        let mean = self.temporary(Expr::binary(BinOp::Div, sum, n.clone()), span);
        let squares = self.accumulated(items, zero, span, &mut |l, acc, item| {
            let deviation = l.temporary(Expr::binary(BinOp::Sub, strip(item), mean.clone()), span);
            let square = l.temporary(Expr::binary(BinOp::Mul, deviation.clone(), deviation), span);
            Expr::binary(BinOp::Add, acc, square)
        });
        let free = self.temporary(Expr::binary(BinOp::Sub, n, ddof), span);
        Some(self.temporary(Expr::binary(BinOp::Div, squares, free), span))
    }

    fn root(&mut self, var: Expr, span: Span) -> Expr {
        let rule = crate::rules::find("sqrt").expect("in the table");
        self.temporary(Expr::Math(rule, vec![var]), span)
    }

    /// Methods that call a closure.
    fn array_closure(&mut self, recv: &Expr, m: &ExprMethodCall, span: Span) -> Option<Expr> {
        let name = m.method.to_string();
        match (name.as_str(), m.args.len()) {
            ("map" | "mapv" | "mapv_into" | "mapv_into_any", 1) => {
                let f = self.callable(&m.args[0])?;
                let place = self.pinned(recv, span);
                let dim = self.dimension(&place, span);
                let axes = self.axes(&place);
                let items = self.array_elements(&place, false, span);
                let by_reference = name == "map";
                Some(self.collect_shaped(items, dim, axes, span, &mut |l, item| {
                    let item = if by_reference { item } else { strip(item) };
                    l.apply(&f, vec![item])
                }))
            }
            ("mapv_inplace" | "map_inplace" | "par_mapv_inplace" | "par_map_inplace", 1) => {
                let f = self.callable(&m.args[0])?;
                let place = self.pinned(recv, span);
                let by_reference = name.ends_with("map_inplace");
                let (items, flat) = self.array_elements_mut(&place, span);
                self.run_stream(items, span, &mut |l, item, _| l.change(&f, item, by_reference, span));
                self.write_back(place, flat, span);
                Some(Expr::Tuple(Vec::new()))
            }
            ("for_each", 1) => {
                let f = self.callable(&m.args[0])?;
                let place = self.pinned(recv, span);
                let items = self.array_elements(&place, false, span);
                self.run_stream(items, span, &mut |l, item, _| {
                    let value = l.apply(&f, vec![item]);
                    l.discard(Some(value));
                });
                Some(Expr::Tuple(Vec::new()))
            }
            ("fold", 2) => {
                let init = self.operand(&m.args[0]);
                let f = self.callable(&m.args[1])?;
                let place = self.pinned(recv, span);
                let items = self.array_elements(&place, false, span);
                Some(self.folded(items, init, &f, false, span))
            }
            ("map_axis", 2) => {
                let f = self.callable(&m.args[1])?;
                let place = self.pinned(recv, span);
                let (lanes, dim) = self.lanes_and_shape(&place, &m.args[0], span)?;
                let axes = self.axes(&place).map(|n| n.saturating_sub(1));
                Some(self.collect_shaped(lanes, dim, axes, span, &mut |l, lane| l.apply(&f, vec![lane])))
            }
            ("product_axis", 1) => {
                let place = self.pinned(recv, span);
                let one = Expr::Number(1.0, float_of_elements(&kinds::of_place(&self.program, &place))?);
                let (lanes, dim) = self.lanes_and_shape(&place, &m.args[0], span)?;
                let axes = self.axes(&place).map(|n| n.saturating_sub(1));
                Some(self.collect_shaped(lanes, dim, axes, span, &mut |l, lane| {
                    let lane = l.place_of(lane, span);
                    let items = l.array_elements(&lane, false, span);
                    l.accumulated(items, one.clone(), span, &mut |_, acc, item| {
                        Expr::binary(BinOp::Mul, acc, strip(item))
                    })
                }))
            }
            ("fold_axis", 3) => {
                let init = self.operand(&m.args[1]);
                let f = self.callable(&m.args[2])?;
                let place = self.pinned(recv, span);
                let (lanes, dim) = self.lanes_and_shape(&place, &m.args[0], span)?;
                let axes = self.axes(&place).map(|n| n.saturating_sub(1));
                Some(self.collect_shaped(lanes, dim, axes, span, &mut |l, lane| {
                    let lane = l.place_of(lane, span);
                    let items = l.array_elements(&lane, false, span);
                    let init = match &init {
                        Expr::Place(_) => Expr::Clone(Box::new(init.clone())),
                        init => init.clone(),
                    };
                    l.folded(items, init, &f, true, span)
                }))
            }
            _ => None,
        }
    }

    /// Applies the closure of an in-place method to an element.
    fn change(&mut self, f: &Callable, item: Expr, by_reference: bool, span: Span) {
        if by_reference {
            let value = self.apply(f, vec![item]);
            return self.discard(Some(value));
        }
        let place = self.place_of(item, span);
        let before = self.temporary(Expr::Place(place.clone()), span);
        let value = self.apply(f, vec![before]);
        let value = self.as_atom(value, span);
        self.emit(Stmt::Assign { place, value, init: false });
    }

    /// `fold(init, f)` over a stream; with `shared`, `f` sees the accumulator by reference.
    pub(super) fn folded(&mut self, items: Stream, init: Expr, f: &Callable, shared: bool, span: Span) -> Expr {
        let acc = self.accumulator(init, span);
        let place = Self::variable(&acc);
        self.run_stream(items, span, &mut |l, item, _| {
            let so_far = if shared { Expr::Ref { mutable: false, of: Box::new(acc.clone()) } } else { acc.clone() };
            let value = l.apply(f, vec![so_far, item]);
            let value = l.as_atom(value, span);
            l.store(place.clone(), value);
        });
        acc
    }

    /// Methods that write to the array.
    fn array_write(&mut self, recv: &Expr, m: &ExprMethodCall, span: Span) -> Option<Expr> {
        let name = m.method.to_string();
        match (name.as_str(), m.args.len()) {
            ("assign", 1) => {
                let value = match strip(self.place_or_value(&m.args[0])) {
                    place @ Expr::Place(_) => place,
                    value => self.as_atom(value, span),
                };
                let place = self.pinned(recv, span);
                let value = if value.mentions(place.root) { self.copied_out(value, span) } else { value };
                self.emit(Stmt::Assign { place, value: arrays::form("__spread", value, Vec::new()), init: false });
                Some(Expr::Tuple(Vec::new()))
            }
            ("fill", 1) => {
                let value = self.scalar(&m.args[0]);
                let place = self.pinned(recv, span);
                let value = if value.mentions(place.root) { self.copied_out(value, span) } else { value };
                self.emit(Stmt::Assign { place, value: arrays::form("__spread", value, Vec::new()), init: false });
                Some(Expr::Tuple(Vec::new()))
            }
            ("scaled_add", 2) => {
                let factor = self.scalar(&m.args[0]);
                let other = self.atom(&m.args[1]);
                let product = self.temporary(Expr::binary(BinOp::Mul, other, factor), span);
                let place = self.pinned(recv, span);
                let value = Expr::Ref { mutable: false, of: Box::new(product) };
                self.emit(Stmt::Update { place, op: BinOp::Add, value });
                Some(Expr::Tuple(Vec::new()))
            }
            ("zip_mut_with", 2) => {
                let f = self.callable(&m.args[1])?;
                let place = self.pinned(recv, span);
                let dim = self.dimension(&place, span);
                let other = self.place(&m.args[0]);
                let other = Expr::Place(other);
                let spread = arrays::form("__spread", other, vec![dim]);
                let other = self.temporary(spread, span);
                let other = self.place_of(other, span);
                let b = self.array_elements(&other, true, span);
                let (a, flat) = self.array_elements_mut(&place, span);
                let both = self.zipped(a, b, span);
                self.run_stream(both, span, &mut |l, item, _| {
                    let Expr::Tuple(items) = item else { unreachable!("zipped items are tuples") };
                    let value = l.apply(&f, items);
                    l.discard(Some(value));
                });
                self.write_back(place, flat, span);
                Some(Expr::Tuple(Vec::new()))
            }
            _ => None,
        }
    }

    fn copied_out(&mut self, value: Expr, span: Span) -> Expr {
        let value = if matches!(&value, Expr::Place(p) if p.is_view()) { value } else { Expr::Clone(Box::new(value)) };
        self.temporary(value, span)
    }

    /// Methods that the traits of the runtime differentiate, whose value has a known kind.
    fn array_call(&mut self, recv: &Expr, m: &ExprMethodCall, span: Span) -> Option<Expr> {
        let name = m.method.to_string();
        let kind = self.kind(&strip(recv.clone()));
        let (element, axes) = match kind.deref() {
            Kind::Array(element, axes) => ((**element).clone(), *axes),
            _ => return None,
        };
        let less = |n: usize| Kind::Array(Box::new(element.clone()), axes.map(|a| a.saturating_sub(n)));
        let out = match (name.as_str(), m.args.len()) {
            ("sum" | "product", 0) | ("var" | "std", 1) => element.clone(),
            ("mean", 0) => Kind::Option(Box::new(element.clone())),
            ("sum_axis", 1) | ("var_axis" | "std_axis", 2) => less(1),
            ("mean_axis", 1) => Kind::Option(Box::new(less(1))),
            ("dot", 1) => Kind::Unknown,
            ("reversed_axes", 0) | ("permuted_axes", 1) => less(0),
            ("index_axis_move", 2) | ("remove_axis", 1) => less(1),
            ("into_dyn", 0) => Kind::Array(Box::new(element.clone()), None),
            ("insert_axis", 1) => Kind::Array(Box::new(element.clone()), axes.map(|n| n + 1)),
            _ => return None,
        };
        let args: Vec<Arg> = m
            .args
            .iter()
            .map(|a| {
                let value = self.atom(a);
                self.pass(value)
            })
            .collect();
        let out = if name == "dot" {
            let other = args[0].parts[0].as_ref().map_or(Kind::Unknown, |e| self.kind(e));
            let of = |n| Kind::Array(Box::new(element.clone()), Some(n));
            match (axes, other.deref()) {
                (Some(1), Kind::Array(_, Some(1))) => element,
                (Some(2), Kind::Array(_, Some(1))) | (Some(1), Kind::Array(_, Some(2))) => of(1),
                (Some(2), Kind::Array(_, Some(2))) => of(2),
                // A matrix times whatever can be is an array.
                (Some(2), _) => Kind::Array(Box::new(element), None),
                _ => Kind::Unknown,
            }
        } else {
            out
        };
        let place = self.place_of(recv.clone(), span);
        let mut all = vec![Arg { passing: Passing::Ref, parts: vec![Some(Expr::Place(place))] }];
        all.extend(args);
        let callee = Callee::Method { name: m.method.clone(), turbofish: m.turbofish.clone() };
        let var = self.fresh("t", span, out, Role::Temporary);
        self.emit(Stmt::Call(Call {
            callee,
            mode: Mode::Plain,
            level: 0,
            args: all,
            outs: vec![var],
            tape: None,
            span,
        }));
        Some(Expr::var(var, span))
    }

    /// `….unwrap()` of what gives an array unless the shapes are wrong.
    pub(super) fn unwrapped_array(&mut self, m: &ExprMethodCall) -> Option<Expr> {
        let span = m.method.span();
        match &*m.receiver {
            S::MethodCall(inner) => {
                if let Some(value) = self.extended(inner) {
                    return Some(value);
                }
                let name = inner.method.to_string();
                match (name.as_str(), inner.args.first()) {
                    ("into_shape_with_order" | "into_shape" | "to_shape" | "into_shape_clone", Some(shape))
                        if !orders(shape) =>
                    {
                        let shape_value = self.fixed_argument(shape);
                        let place = self.place(&inner.receiver);
                        let element = kinds::of_place(&self.program, &place).element();
                        let flat = self.flat(&place, span);
                        Some(self.shaped(Expr::Place(flat), shape_value, element, shape_axes(shape), span))
                    }
                    ("into_dimensionality", None) => self.of_fixed_dimension(inner),
                    ("as_slice_mut" | "as_slice_memory_order_mut", None) => {
                        let recv = self.place_or_value(&inner.receiver);
                        if self.is_array(&recv) { self.array_refusal(inner) } else { None }
                    }
                    ("broadcast", Some(shape)) => {
                        let shape_value = self.fixed_argument(shape);
                        let place = self.place(&inner.receiver);
                        let element = kinds::of_place(&self.program, &place).element();
                        let shape_value = Expr::Ref { mutable: false, of: Box::new(shape_value) };
                        let value = arrays::form("__spread", Expr::Place(place), vec![shape_value]);
                        let var = self.let_var("t", span, Role::Temporary, value);
                        self.program.vars[var].kind = Kind::Array(Box::new(element), shape_axes(shape));
                        Some(Expr::var(var, span))
                    }
                    ("as_slice" | "to_slice" | "as_slice_memory_order", None) => {
                        let place = self.place(&inner.receiver);
                        let flat = self.flat(&place, span);
                        Some(Expr::Ref { mutable: false, of: Box::new(Expr::Place(flat)) })
                    }
                    _ => None,
                }
            }
            S::Call(c) => self.made_array(c, true),
            _ => None,
        }
    }

    /// The number of axes of what a place holds, if it is known.
    pub(super) fn axes(&self, place: &Place) -> Option<usize> {
        match kinds::of_place(&self.program, place).deref() {
            Kind::Array(_, axes) => *axes,
            _ => None,
        }
    }

    /// A reference to the shape of an array, as it is now.
    pub(super) fn dimension(&mut self, place: &Place, span: Span) -> Expr {
        let dim = crate::rules::method(Expr::Place(place.clone()), "raw_dim", Vec::new());
        let var = self.let_var("dim", span, Role::Temporary, dim);
        self.program.vars[var].kind = Kind::Constant;
        Expr::Ref { mutable: false, of: Box::new(Expr::var(var, span)) }
    }

    /// The elements of an array in order, in a new vector.
    pub(super) fn flat(&mut self, place: &Place, span: Span) -> Place {
        let value = arrays::form("__flat", Expr::Place(place.clone()), Vec::new());
        let var = self.let_var("elements", span, Role::Temporary, value);
        self.program.vars[var].mutable = true;
        Place::var(var, span)
    }

    /// An array of a shape with these elements.
    pub(super) fn shaped(&mut self, items: Expr, shape: Expr, element: Kind, axes: Option<usize>, span: Span) -> Expr {
        let shape =
            if matches!(shape, Expr::Ref { .. }) { shape } else { Expr::Ref { mutable: false, of: Box::new(shape) } };
        let value = arrays::form("__shaped", items, vec![shape]);
        let var = self.let_var("t", span, Role::Temporary, value);
        self.program.vars[var].kind = Kind::Array(Box::new(element), axes);
        Expr::var(var, span)
    }

    /// The array of what is made of each item of a stream.
    pub(super) fn collect_shaped(
        &mut self,
        items: Stream,
        dim: Expr,
        axes: Option<usize>,
        span: Span,
        make: &mut dyn FnMut(&mut Self, Expr) -> Expr,
    ) -> Expr {
        let (len, item): (Expr, ItemAt) = match self.indexed(items, span) {
            Ok(parts) => parts,
            Err(_) => unreachable!("arrays have indices"),
        };
        let len = self.fixed(len, span);
        let var = self.fresh("items", span, Kind::Unknown, Role::Temporary);
        self.program.vars[var].mutable = true;
        let place = Place::var(var, span);
        // What the items are is known once one has been lowered.
        let mut element = Kind::Unknown;
        let (loops, ()) = self.scoped(|l| {
            l.range_loop("i", Expr::int(0), len.clone(), span, |l, i, _| {
                let item = item(l, i.clone());
                let value = make(l, item);
                let value = strip(value);
                element = l.kind(&value);
                let value = l.as_atom(value, span);
                if element.is_float() {
                    let at = place.step(Step::Index { at: Box::new(i), range: false });
                    l.emit(Stmt::Assign { place: at, value, init: false });
                } else {
                    l.emit(Stmt::Edit(crate::ir::Edit::Push { place: place.clone(), value }));
                }
            });
        });
        let init = match &element {
            Kind::Float(float) => Expr::Repeat {
                value: Box::new(Expr::Number(0.0, float.clone())),
                len: Box::new(len),
                sequence: crate::ir::Sequence::Vec,
            },
            _ => Expr::Array(Vec::new(), crate::ir::Sequence::Vec),
        };
        self.program.vars[var].kind = Kind::Seq(Box::new(element.clone()));
        self.emit(Stmt::Let { var, value: init });
        self.stmts.last_mut().expect("a block is open").extend(loops);
        self.shaped(Expr::Place(place), dim, element, axes, span)
    }

    /// Puts changed elements back into the array that they were copied from.
    pub(super) fn write_back(&mut self, place: Place, flat: Option<Place>, span: Span) {
        let Some(flat) = flat else { return };
        let axes = self.axes(&place);
        let element = kinds::of_place(&self.program, &flat).element();
        let dim = self.dimension(&place, span);
        let value = self.shaped(Expr::Place(flat), dim, element, axes, span);
        self.emit(Stmt::Assign { place, value: arrays::form("__spread", value, Vec::new()), init: false });
    }
}

/// Whether a shape comes with an order of its elements: `((2, 3), Order::F)`.
fn orders(shape: &S) -> bool {
    matches!(shape, S::Tuple(t) if t.elems.len() == 2 && matches!(&t.elems[1], S::Path(p) if p.path.segments.len() > 1 || p.path.is_ident("F") || p.path.is_ident("C")))
}

/// The number of axes of a shape, as far as it is written out.
pub(super) fn shape_axes(shape: &S) -> Option<usize> {
    match shape {
        S::Paren(p) => shape_axes(&p.expr),
        S::Tuple(t) => Some(t.elems.len()),
        S::Array(a) => Some(a.elems.len()),
        S::Lit(_) | S::Binary(_) => Some(1),
        S::MethodCall(m) if matches!(m.method.to_string().as_str(), "len" | "nrows" | "ncols" | "len_of") => Some(1),
        S::Call(c) => match &*c.func {
            S::Path(p) => {
                let name = p.path.segments.last()?.ident.to_string();
                name.strip_prefix("Ix").and_then(|d| d.parse().ok())
            }
            _ => None,
        },
        _ => None,
    }
}

/// The float type of the elements of an array, if they are known to be floats.
fn float_of_elements(kind: &Kind) -> Option<kinds::Float> {
    match kind.element() {
        Kind::Float(float) => Some(float),
        _ => None,
    }
}
