//! Arrays and their shapes: what is known of axes, the elements of an array in a vector, and arrays of such elements.

use proc_macro2::Span;
use syn::{Expr as S, ExprMethodCall};

use super::super::iterators::{ItemAt, Stream};
use super::super::{Lowerer, strip};
use crate::arrays;
use crate::ir::{Expr, Place, Role, Step, Stmt};
use crate::kinds::{self, Kind};

impl Lowerer<'_> {
    /// `….unwrap()` of what gives an array unless the shapes are wrong.
    pub(in crate::lower) fn unwrapped_array(&mut self, m: &ExprMethodCall) -> Option<Expr> {
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
    pub(in crate::lower) fn axes(&self, place: &Place) -> Option<usize> {
        match kinds::of_place(&self.program, place).deref() {
            Kind::Array(_, axes) => *axes,
            _ => None,
        }
    }

    /// A reference to the shape of an array, as it is now.
    pub(in crate::lower) fn dimension(&mut self, place: &Place, span: Span) -> Expr {
        let dim = crate::rules::method(Expr::Place(place.clone()), "raw_dim", Vec::new());
        let var = self.let_var("dim", span, Role::Temporary, dim);
        self.program.vars[var].kind = Kind::Constant;
        Expr::Ref { mutable: false, of: Box::new(Expr::var(var, span)) }
    }

    /// The elements of an array in order, in a new vector.
    pub(in crate::lower) fn flat(&mut self, place: &Place, span: Span) -> Place {
        let value = arrays::form("__flat", Expr::Place(place.clone()), Vec::new());
        let var = self.let_var("elements", span, Role::Temporary, value);
        self.program.vars[var].mutable = true;
        Place::var(var, span)
    }

    /// An array of a shape with these elements.
    pub(in crate::lower) fn shaped(
        &mut self,
        items: Expr,
        shape: Expr,
        element: Kind,
        axes: Option<usize>,
        span: Span,
    ) -> Expr {
        let shape =
            if matches!(shape, Expr::Ref { .. }) { shape } else { Expr::Ref { mutable: false, of: Box::new(shape) } };
        let value = arrays::form("__shaped", items, vec![shape]);
        let var = self.let_var("t", span, Role::Temporary, value);
        self.program.vars[var].kind = Kind::Array(Box::new(element), axes);
        Expr::var(var, span)
    }

    /// The array of what is made of each item of a stream.
    pub(in crate::lower) fn collect_shaped(
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
}

/// Whether a shape comes with an order of its elements: `((2, 3), Order::F)`.
fn orders(shape: &S) -> bool {
    matches!(shape, S::Tuple(t) if t.elems.len() == 2 && matches!(&t.elems[1], S::Path(p) if p.path.segments.len() > 1 || p.path.is_ident("F") || p.path.is_ident("C")))
}

/// The number of axes of a shape, as far as it is written out.
pub(in crate::lower) fn shape_axes(shape: &S) -> Option<usize> {
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
