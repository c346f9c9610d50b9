//! Methods and functions of `ndarray`.
//!
//! In: a call whose receiver is an array. Out: a view, which is a place; or a loop over the elements, where a
//! closure is called (`loops`); or an assignment (`writes`); or a call of the runtime's traits with the kind of its value.
//! Beside this module `lanes` makes streams of what arrays iterate over, `zips` lowers `Zip`, and `makers` what makes arrays.

mod loops;
mod shapes;
mod writes;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr as S, ExprMethodCall};

pub(super) use self::shapes::shape_axes;
use super::{Lowerer, strip};
use crate::arrays;
use crate::ir::{Arg, Callee, Expr, Passing, Place, Role, Step, Stmt};
use crate::kinds::Kind;

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

    /// `x.map(f).sum()`: what has neither been an iterator nor has been used as an option is an array.
    pub(super) fn learn_mapped(&mut self, m: &ExprMethodCall) {
        let S::MethodCall(map) = &*m.receiver else { return };
        let name = m.method.to_string();
        let of_arrays = matches!(name.as_str(), "sum" | "product") && m.args.is_empty() && m.turbofish.is_none()
            || arrays::OF_ARRAYS.contains(&name.as_str());
        let closure = matches!(map.args.first(), Some(S::Closure(_))) && map.args.len() == 1;
        if map.method != "map" || !closure || !of_arrays || self.uses.is_option(&map.receiver) {
            return;
        }
        if self.is_plain_place(&map.receiver)
            && let Expr::Place(place) = strip(self.place_or_value(&map.receiver))
        {
            self.learn(&place, Kind::Array(Box::new(Kind::Unknown), None));
        }
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
        let args = m.args.iter().map(|a| {
            let slice = arrays::repeatable_slice(a, |name| self.may_move(name));
            self.fixed_argument(&slice)
        });
        let args = args.collect();
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
            ("sum_axis" | "product_axis", 1) | ("var_axis" | "std_axis", 2) => less(1),
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
        crate::dispatch::share(&mut all);
        let callee = Callee::Method { name: m.method.clone(), turbofish: m.turbofish.clone() };
        let var = self.fresh("t", span, out, Role::Temporary);
        self.emit(Stmt::Call(crate::dispatch::call(callee, all, var, span)));
        Some(Expr::var(var, span))
    }
}
