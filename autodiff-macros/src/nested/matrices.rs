//! Jacobians and Hessians as derivatives along every axis: loops around the other derivatives.

use crate::emit::{Code, code};
use proc_macro2::{Ident, Span};

use super::inputs::tokens;
use super::{Derivative, Nested};
use crate::emit::tuple;
use crate::ir::Passing;
use crate::shells::bare;

impl Nested<'_, '_> {
    /// Matrices with a column for each axis, which `stmts` compute as `components`.
    pub(super) fn columns(&self, stmts: &Code, components: &[Code]) -> (Code, Code) {
        let matrices: Vec<Ident> =
            (0..self.components()).map(|c| Ident::new(&format!("matrix{c}"), Span::mixed_site())).collect();
        let axes = self.axes(false);
        let columns: Code = matrices
            .iter()
            .zip(components)
            .map(|(matrix, column)| code!(#matrix.push(::differentiable::__private::flattened(#column));))
            .collect();
        let empty: Code =
            matrices.iter().map(|m| code!(let mut #m = ::differentiable::__private::vec::Vec::new();)).collect();
        let results: Vec<Code> =
            matrices.iter().map(|m| code!(::differentiable::__private::from_columns(&#m))).collect();
        let results = bare(&results);
        let body = code! {
            #empty
            #axes {
                #stmts
                #columns
            }
        };
        (body, results)
    }

    /// The head of a loop over all axes, with the direction along each.
    fn axes(&self, in_pullback: bool) -> Code {
        let (mut zeros, mut axes, mut shapes) = (Code::new(), Vec::new(), Vec::new());
        for (i, _) in self.params().iter().enumerate().filter(|(_, p)| p.wanted) {
            let (shape, axis) = (self.ident("shape", 0, i), self.ident("axis", 0, i));
            zeros.extend([self.zero(&shape, i, in_pullback)]);
            axes.push(axis);
            shapes.push(shape);
        }
        let (axes, shapes) = (tuple(&tokens(&axes)), tuple(&tokens(&shapes)));
        code! {
            let all_axes = { #zeros ::differentiable::__private::axes(#shapes) };
            for #axes in all_axes
        }
    }

    /// A cotangent with the shape of the value.
    pub(super) fn shape_of_value(&self) -> Code {
        let c = &self.shells.companions;
        let none = vec![code!(::core::option::Option::None); self.params().len()];
        let (jvp, turbofish) = (c.host.hidden("__jvp", 1), c.turbofish());
        let plain: Vec<Code> = self.arguments(0, false).into_iter().take(self.params().len()).collect();
        let work = self.work(0);
        code! {
            let shape = {
                #work
                ::differentiable::Differentiable::__zero(&Self::#jvp #turbofish(#(#plain,)* #(#none),*).0)
            };
        }
    }

    /// The pullback of a matrix: the sum of those of its columns.
    pub(super) fn by_columns(&self, pull: &Code) -> Code {
        let mut totals = Code::new();
        for c in 0..self.components() {
            for (i, p) in self.params().iter().enumerate() {
                if p.passing == Passing::Value && p.differentiable {
                    totals.extend([self.zero(&self.ident("total", c, i), i, true)]);
                }
            }
        }
        let mut columns = Code::new();
        for c in 0..self.components() {
            let name = |base: &str| Ident::new(&format!("{base}{c}"), Span::mixed_site());
            let (weights, column, ct, slope) = (name("weights"), name("column"), name("ct"), name("slope"));
            columns.extend([code! {
                let #column = #weights.column(axis).to_vec();
                let mut numbers: &[f64] = &#column;
            }]);
            if self.derivative == Derivative::Jacobian {
                columns.extend([code! {
                    let #ct = ::core::clone::Clone::clone(&shape);
                    let #slope = ::differentiable::__private::unflatten(::core::clone::Clone::clone(&shape), &mut numbers);
                }]);
                for (i, _) in self.states().filter(|(_, p)| p.differentiable) {
                    let (zero, seed) = (self.ident("zero", c, i), self.ident("final", c, i));
                    columns.extend([self.zero(&zero, i, true)]);
                    columns.extend([code!(let #seed = ::differentiable::__private::unflatten(#zero, &mut numbers);)]);
                }
                continue;
            }
            for (i, _) in self.params().iter().enumerate().filter(|(_, p)| p.wanted) {
                let (zero, w) = (self.ident("zero", c, i), self.ident("w", c, i));
                columns.extend([self.zero(&zero, i, true)]);
                columns.extend([code!(let #w = ::differentiable::__private::unflatten(#zero, &mut numbers);)]);
            }
        }
        let axes = self.axes(true);
        code! {
            #totals
            let mut axis = 0;
            #axes {
                #columns
                #pull
                axis += 1;
            }
        }
    }
}
