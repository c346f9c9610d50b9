//! Methods and functions of `ndarray` that can be said in terms of others: those are lowered in their place.
//!
//! In: a call whose receiver is an array, or a call of a function of `ndarray`. Out: the value of the expression that a
//! user could have written instead, in which `__array` is the receiver.

use syn::{Expr as S, ExprMethodCall, parse_quote};

use super::{Lowerer, as_place};
use crate::arrays;
use crate::ir::{Expr, Place, Role};
use crate::kinds::{self, Float, Kind};
use crate::maps::HashMap;

impl Lowerer<'_> {
    /// A method of an array that others can say.
    pub(super) fn array_equivalent(&mut self, recv: &Expr, m: &ExprMethodCall) -> Option<Expr> {
        let name = m.method.to_string();
        let args: Vec<&S> = m.args.iter().collect();
        let axes = as_place(recv).and_then(|p| self.axes(p));
        let said: S = match (name.as_str(), args.as_slice()) {
            ("flatten" | "into_flat", []) => parse_quote!(__array.to_shape(__array.len()).unwrap()),
            ("into_diag", []) => parse_quote!(__array.diag().to_owned()),
            ("as_standard_layout", []) => parse_quote!(__array.to_owned()),
            // An array without axes has one element.
            ("into_scalar", []) => parse_quote!(__array.sum()),
            ("slice_axis_move", [axis, part]) => parse_quote!(__array.slice_axis(#axis, #part).to_owned()),
            ("cumprod", [axis]) => parse_quote!({
                let mut __products = __array.to_owned();
                __products.accumulate_axis_inplace(#axis, |__before, __now| *__now *= *__before);
                __products
            }),
            ("diff", [times, axis]) => parse_quote!({
                let mut __differences = __array.to_owned();
                for _ in 0..#times {
                    __differences = &__differences.slice_axis(#axis, ::differentiable::ndarray::Slice::from(1..))
                        - &__differences.slice_axis(#axis, ::differentiable::ndarray::Slice::from(..-1));
                }
                __differences
            }),
            ("slice_move", [part]) => parse_quote!(__array.slice(#part).to_owned()),
            ("assign_to", [to]) => parse_quote!((#to).assign(&__array)),
            ("swap", [i, j]) => {
                parse_quote!({ let (__i, __j) = (__array[#i], __array[#j]); __array[#i] = __j; __array[#j] = __i; })
            }
            ("triu", [k]) => parse_quote!({
                let mut __part = ::differentiable::ndarray::Array2::zeros(__array.raw_dim());
                for __i in 0..__array.nrows() {
                    let __from = ::differentiable::__private::diagonal(__i, #k, __array.ncols());
                    __part.slice_mut(::differentiable::ndarray::s![__i, __from..]).assign(&__array.slice(::differentiable::ndarray::s![__i, __from..]));
                }
                __part
            }),
            ("tril", [k]) => parse_quote!({
                let mut __part = ::differentiable::ndarray::Array2::zeros(__array.raw_dim());
                for __i in 0..__array.nrows() {
                    let __to = ::differentiable::__private::diagonal(__i, (#k) + 1, __array.ncols());
                    __part.slice_mut(::differentiable::ndarray::s![__i, ..__to]).assign(&__array.slice(::differentiable::ndarray::s![__i, ..__to]));
                }
                __part
            }),
            ("swap_axes", [a, b]) => {
                self.is_owned(recv, m)?;
                parse_quote!({
                    let __dim = __array.raw_dim();
                    let __order = ::differentiable::__private::axes_swapped(&__dim, #a, #b);
                    __array = __array.view().permuted_axes(__order).to_owned();
                })
            }
            ("permute_axes", [order]) => {
                self.is_owned(recv, m)?;
                parse_quote!(__array = __array.view().permuted_axes(#order).to_owned())
            }
            ("reverse_axes", []) => {
                self.is_owned(recv, m)?;
                parse_quote!(__array = __array.t().to_owned())
            }
            ("remove_index", [axis, at]) => {
                self.is_owned(recv, m)?;
                parse_quote!({
                    let __at = #at;
                    let __before = __array.slice_axis(#axis, ::differentiable::ndarray::Slice::from(..__at)).to_owned();
                    let __after = __array.slice_axis(#axis, ::differentiable::ndarray::Slice::from(__at + 1..)).to_owned();
                    __array = ::differentiable::ndarray::concatenate(#axis, &[__before.view(), __after.view()]).unwrap();
                })
            }
            ("invert_axis", [axis]) => {
                self.is_owned(recv, m)?;
                parse_quote!(__array = __array.slice_axis(#axis, ::differentiable::ndarray::Slice::new(0, None, -1)).to_owned())
            }
            ("accumulate_axis_inplace", [_, f @ S::Closure(_)]) if axes == Some(1) => parse_quote!({
                let __f = #f;
                for __i in 1..__array.len() {
                    __f(&__array[__i - 1], &mut __array[__i]);
                }
            }),
            ("accumulate_axis_inplace", [axis, f @ S::Closure(_)]) => parse_quote!({
                let __f = #f;
                for __i in 1..__array.len_of(#axis) {
                    let __before = __array.index_axis(#axis, __i - 1).to_owned();
                    __array.index_axis_mut(#axis, __i).zip_mut_with(&__before, |__now, __before| __f(__before, __now));
                }
            }),
            ("split_at", [axis, at]) => {
                let slice = if is_mutable(recv) {
                    quote::format_ident!("slice_axis_mut")
                } else {
                    quote::format_ident!("slice_axis")
                };
                parse_quote!((
                    __array.#slice(#axis, ::differentiable::ndarray::Slice::from(..#at)),
                    __array.#slice(#axis, ::differentiable::ndarray::Slice::from(#at..)),
                ))
            }
            ("multi_slice_mut", [S::Tuple(parts)]) => {
                let parts = parts.elems.iter();
                parse_quote!((#(__array.slice_mut(#parts)),*))
            }
            _ => return None,
        };
        Some(self.said_of(recv, &said))
    }

    /// Says what to write in place of a method of arrays that has no derivative.
    pub(super) fn array_refusal(&mut self, m: &ExprMethodCall) -> Option<Expr> {
        let name = m.method.to_string();
        let instead = match name.as_str() {
            "to_shared" | "into_shared" => "keep an array of its own, as `to_owned` gives it",
            "into_raw_vec" | "into_raw_vec_and_offset" | "into_slice" | "as_slice_memory_order_mut" => {
                "collect the elements, `x.iter().copied().collect::<Vec<_>>()`"
            }
            "as_slice_mut" => "index the array, or use `iter_mut`",
            "as_ptr" | "as_mut_ptr" | "get_ptr" | "get_mut_ptr" | "raw_view" | "raw_view_mut" => "index the array",
            "cell_view" | "into_cell_view" => "write to the array itself",
            "slice_collapse" | "slice_axis_inplace" | "slice_each_axis_inplace" | "collapse_axis" => {
                "make an array of the part, `x.slice(s![…]).to_owned()`"
            }
            "slice_each_axis" | "slice_each_axis_mut" => "use `slice`, or `slice_axis` for one axis after another",
            "merge_axes" => "use `to_shape`",
            "flatten_with_order" => "use `flatten`, of `t()` for the other order",
            "map_axis_mut" => "write a loop over `lanes_mut`",
            "map_mut" => "use `map_inplace` and `map`, one after the other",
            "move_into" | "move_into_uninit" => "use `assign`",
            "split_complex" => "use `mapv(|z| z.re)` and `mapv(|z| z.im)`",
            "windows_with_stride" | "axis_windows_with_stride" => "use `windows`, and `step_by`",
            "partition" => "use `select`, or a loop",
            _ => return None,
        };
        self.errors.at(m.method.span(), format!("`{name}` of an array cannot be differentiated; {instead}"));
        Some(Expr::Tuple(Vec::new()))
    }

    /// `x.into_dimensionality::<Ix2>()`, of which the `Result` is unwrapped.
    pub(super) fn of_fixed_dimension(&mut self, m: &ExprMethodCall) -> Option<Expr> {
        let span = m.method.span();
        let recv = self.place_or_value(&m.receiver);
        if !self.is_array(&recv) {
            return None;
        }
        let Some(turbofish) = m.turbofish.as_ref().filter(|t| arrays::axes_of_dimension(t).is_some()) else {
            self.errors.at(
                span,
                "the number of axes that this gives is not in sight; write it, `into_dimensionality::<Ix2>()`",
            );
            return Some(Expr::Tuple(Vec::new()));
        };
        let place = self.pinned(&recv, span);
        let element = kinds::of_place(&self.program, &place).element();
        let dimension = turbofish.args.first();
        let func = parse_quote!(::differentiable::__private::shape_as::<#dimension, _, _>);
        let of = Expr::Ref { mutable: false, of: Box::new(Expr::Place(place.clone())) };
        let shape = Expr::Call { func, qself: None, args: vec![of], ctor: false, tangent: false };
        let shape = self.let_var("dim", span, Role::Temporary, shape);
        self.program.vars[shape].kind = Kind::Constant;
        let flat = self.flat(&place, span);
        let axes = arrays::axes_of_dimension(turbofish);
        Some(self.shaped(Expr::Place(flat), Expr::var(shape, span), element, axes, span))
    }

    /// A method that adds to an array, and whose `Result` is unwrapped.
    pub(super) fn extended(&mut self, m: &ExprMethodCall) -> Option<Expr> {
        let name = m.method.to_string();
        let args: Vec<&S> = m.args.iter().collect();
        let (axis, other): (S, S) = match (name.as_str(), args.as_slice()) {
            ("append", [axis, other]) => ((*axis).clone(), (*other).clone()),
            ("push", [axis, other]) => ((*axis).clone(), parse_quote!((#other).insert_axis(#axis))),
            ("push_row", [row]) => (parse_quote!(Axis(0)), parse_quote!((#row).insert_axis(Axis(0)))),
            ("push_column", [column]) => (parse_quote!(Axis(1)), parse_quote!((#column).insert_axis(Axis(1)))),
            _ => return None,
        };
        let recv = self.place_or_value(&m.receiver);
        if !self.is_array(&recv) {
            return None;
        }
        self.is_owned(&recv, m)?;
        let said = parse_quote!(
            __array = ::differentiable::ndarray::concatenate(#axis, &[__array.view(), #other]).unwrap()
        );
        Some(self.said_of(&recv, &said))
    }

    /// A function of `ndarray` that others can say.
    pub(super) fn function_equivalent(&mut self, c: &syn::ExprCall) -> Option<Expr> {
        let S::Path(p) = &*c.func else { return None };
        let name = p.path.segments.last()?.ident.to_string();
        let args: Vec<&S> = c.args.iter().collect();
        let said: S = match (name.as_str(), args.as_slice()) {
            ("arr1" | "arr2" | "aview1" | "aview2", [list]) => match list {
                S::Reference(r) if matches!(&*r.expr, S::Array(_)) => {
                    let S::Array(list) = &*r.expr else { return None };
                    let rows = list.elems.iter();
                    parse_quote!(::differentiable::ndarray::array![#(#rows),*])
                }
                list if name.ends_with('1') => parse_quote!(::differentiable::ndarray::Array1::from((#list).to_vec())),
                _ => return None,
            },
            ("general_mat_mul" | "general_mat_vec_mul", [alpha, a, b, beta, c]) => match literal(beta) {
                Some(0.0) => parse_quote!({ let __product = (#a).dot(#b) * #alpha; (#c).assign(&__product); }),
                _ => parse_quote!({
                    let __product = (#a).dot(#b) * #alpha;
                    let __to = #c;
                    *__to *= #beta;
                    *__to += &__product;
                }),
            },
            ("from_diag", [diagonal]) if is_of_arrays(&p.path) => parse_quote!({
                let __diagonal = #diagonal;
                let mut __matrix = ::differentiable::ndarray::Array2::zeros((__diagonal.len(), __diagonal.len()));
                __matrix.diag_mut().assign(__diagonal);
                __matrix
            }),
            ("linspace" | "range" | "logspace" | "geomspace", args) if is_of_arrays(&p.path) => {
                return self.spaced(&p.path.segments.last()?.ident.to_string(), args);
            }
            ("kron", [a, b]) if p.path.segments.iter().any(|s| s.ident == "linalg") => parse_quote!({
                let (__a, __b) = (#a, #b);
                let (__rows, __columns) = __b.dim();
                ::differentiable::ndarray::Array2::from_shape_fn(
                    (__a.nrows() * __rows, __a.ncols() * __columns),
                    |(__i, __j)| __a[[__i / __rows, __j / __columns]] * __b[[__i % __rows, __j % __columns]],
                )
            }),
            _ => return None,
        };
        Some(self.rhs(&said))
    }

    /// Numbers between two that a derivative may flow from: `linspace`, `range`, `logspace` and `geomspace`, by their
    /// formulas. `None` where the type of the numbers is not in sight.
    fn spaced(&mut self, name: &str, args: &[&S]) -> Option<Expr> {
        let (ends, n) = match (name, args) {
            ("linspace" | "geomspace", [from, to, n]) => (vec![*from, *to], Some(*n)),
            ("range", [from, to, step]) => (vec![*from, *to, *step], None),
            ("logspace", [base, from, to, n]) => (vec![*from, *to, *base], Some(*n)),
            _ => return None,
        };
        let ends: Vec<Expr> = ends.into_iter().map(|e| self.scalar(e)).collect();
        let kind = ends.iter().map(|e| self.kind(e)).reduce(|a, b| a.join(&b))?;
        let ty: syn::Type = match kind {
            Kind::Float(Float::F64) => parse_quote!(f64),
            Kind::Float(Float::F32) => parse_quote!(f32),
            _ => return None,
        };
        let array: syn::Path = parse_quote!(::differentiable::ndarray::Array1);
        let step =
            |from: S, to: S| -> S { parse_quote!(if __n > 1 { (#to - #from) / ((__n - 1) as #ty) } else { 0.0 }) };
        let straight = step(parse_quote!(__from), parse_quote!(__to));
        let said: S = match name {
            "linspace" => parse_quote!({
                let __n = #n;
                let __step = #straight;
                #array::from_shape_fn(__n, |__i| __from + __step * (__i as #ty))
            }),
            "range" => parse_quote!({
                let __n = ((__to - __from) / __third).ceil() as usize;
                #array::from_shape_fn(__n, |__i| __from + __third * (__i as #ty))
            }),
            "logspace" => parse_quote!({
                let __n = #n;
                let __step = #straight;
                let __base: #ty = __third;
                let __size = __base.abs();
                let __sign = __base.signum();
                #array::from_shape_fn(__n, |__i| __sign * __size.powf(__from + __step * (__i as #ty)))
            }),
            _ => {
                let curved = step(parse_quote!(__low), parse_quote!(__high));
                parse_quote!({
                    let __n = #n;
                    let __first: #ty = __from;
                    let __last: #ty = __to;
                    if __first == 0.0 || __last == 0.0 || __first.is_sign_negative() != __last.is_sign_negative() {
                        None
                    } else {
                        let __sign = __first.signum();
                        let __low = __first.abs().ln();
                        let __high = __last.abs().ln();
                        let __step = #curved;
                        Some(#array::from_shape_fn(__n, |__i| __sign * (__low + __step * (__i as #ty)).exp()))
                    }
                })
            }
        };
        let names = ["__from", "__to", "__third"].into_iter().zip(ends);
        Some(self.said_with(names, &said))
    }

    /// The value of an expression in which `__array` stands for the receiver.
    fn said_of(&mut self, recv: &Expr, said: &S) -> Expr {
        let place = self.pinned(recv, proc_macro2::Span::mixed_site());
        let array = Expr::Place(place);
        let array = if is_mutable(recv) { Expr::Ref { mutable: true, of: Box::new(array) } } else { array };
        self.said_with([("__array", array)], said)
    }

    /// The value of an expression in which names stand for values.
    pub(super) fn said_with<'n>(&mut self, names: impl IntoIterator<Item = (&'n str, Expr)>, said: &S) -> Expr {
        self.scopes.push(HashMap::default());
        for (name, value) in names {
            self.bind(name, value);
        }
        let value = self.rhs(said);
        self.scopes.pop();
        value
    }

    /// Whether a method that changes the shape of its receiver has one that is an array of its own; if not, that is said.
    fn is_owned(&mut self, recv: &Expr, m: &ExprMethodCall) -> Option<()> {
        let view = as_place(recv).is_none_or(Place::is_view);
        if view {
            self.errors.at(
                m.method.span(),
                format!(
                    "`{}` of a view cannot be differentiated; make an array of it with `to_owned`, or bind the view that you need to a name of its own",
                    m.method
                ),
            );
            return None;
        }
        Some(())
    }
}

fn is_mutable(recv: &Expr) -> bool {
    matches!(recv, Expr::Ref { mutable: true, .. })
}

/// Whether a path is that of an associated function of a type of arrays.
fn is_of_arrays(path: &syn::Path) -> bool {
    let owner = path.segments.iter().rev().nth(1);
    owner.is_some_and(|s| arrays::is_type(&s.ident.to_string()))
}

fn literal(e: &S) -> Option<f64> {
    match e {
        S::Lit(syn::ExprLit { lit: syn::Lit::Float(f), .. }) => f.base10_parse().ok(),
        _ => None,
    }
}
