//! Methods that write to an array, and the way of changed elements back into it.

use proc_macro2::Span;
use syn::ExprMethodCall;

use super::super::{Lowerer, strip};
use crate::arrays;
use crate::ir::{BinOp, Expr, Place, Stmt};
use crate::kinds;

impl Lowerer<'_> {
    /// Methods that write to the array.
    pub(super) fn array_write(&mut self, recv: &Expr, m: &ExprMethodCall, span: Span) -> Option<Expr> {
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

    pub(super) fn copied_out(&mut self, value: Expr, span: Span) -> Expr {
        let value = if matches!(&value, Expr::Place(p) if p.is_view()) { value } else { Expr::Clone(Box::new(value)) };
        self.temporary(value, span)
    }

    /// Puts changed elements back into the array that they were copied from.
    pub(in crate::lower) fn write_back(&mut self, place: Place, flat: Option<Place>, span: Span) {
        let Some(flat) = flat else { return };
        let axes = self.axes(&place);
        let element = kinds::of_place(&self.program, &flat).element();
        let dim = self.dimension(&place, span);
        let value = self.shaped(Expr::Place(flat), dim, element, axes, span);
        self.emit(Stmt::Assign { place, value: arrays::form("__spread", value, Vec::new()), init: false });
    }
}
