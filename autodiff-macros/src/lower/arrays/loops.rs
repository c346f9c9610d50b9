//! Methods of arrays that become loops over the elements: those that call a closure, and, for functions that are
//! differentiated twice, functions of elements and variances.

use proc_macro2::Span;
use syn::ExprMethodCall;

use super::super::closures::Callable;
use super::super::iterators::Stream;
use super::super::{Lowerer, strip};
use crate::ir::{BinOp, Expr, Place, Role, Stmt};
use crate::kinds::{self, Kind};

impl Lowerer<'_> {
    /// Functions of elements, and variances, of functions that are differentiated twice: loops.
    pub(super) fn array_loop(&mut self, recv: &Expr, m: &ExprMethodCall, span: Span) -> Option<Expr> {
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
                let (lanes, dim) = self.lanes_and_shape(&place, &m.args[0], span);
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
    pub(super) fn array_closure(&mut self, recv: &Expr, m: &ExprMethodCall, span: Span) -> Option<Expr> {
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
                let (lanes, dim) = self.lanes_and_shape(&place, &m.args[0], span);
                let axes = self.axes(&place).map(|n| n.saturating_sub(1));
                Some(self.collect_shaped(lanes, dim, axes, span, &mut |l, lane| l.apply(&f, vec![lane])))
            }
            ("product_axis", 1) => {
                let place = self.pinned(recv, span);
                let one = Expr::Number(1.0, float_of_elements(&kinds::of_place(&self.program, &place))?);
                let (lanes, dim) = self.lanes_and_shape(&place, &m.args[0], span);
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
                let (lanes, dim) = self.lanes_and_shape(&place, &m.args[0], span);
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
    pub(in crate::lower) fn folded(
        &mut self,
        items: Stream,
        init: Expr,
        f: &Callable,
        shared: bool,
        span: Span,
    ) -> Expr {
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
}

/// The float type of the elements of an array, if they are known to be floats.
fn float_of_elements(kind: &Kind) -> Option<kinds::Float> {
    match kind.element() {
        Kind::Float(float) => Some(float),
        _ => None,
    }
}
