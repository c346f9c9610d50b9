//! Functions that make arrays: `from_elem`, `from_shape_fn`, `concatenate`, `stack`, ….

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr as S, GenericArgument, Pat, PathArguments};

use super::arrays::shape_axes;
use super::closures::Callable;
use super::lanes::{part_of_axis, view};
use super::{Lowerer, strip};
use crate::arrays;
use crate::ir::{Expr, Place, Role, Sequence, Stmt};
use crate::kinds::{self, Float, Kind};
use crate::rules;

impl Lowerer<'_> {
    /// A function that makes an array; with `unwrapped`, one whose `Result` is unwrapped.
    pub(super) fn made_array(&mut self, c: &syn::ExprCall, unwrapped: bool) -> Option<Expr> {
        let S::Path(p) = &*c.func else { return None };
        let names: Vec<String> = p.path.segments.iter().map(|s| s.ident.to_string()).collect();
        let span = c.span();
        let last = names.last()?.as_str();
        if unwrapped {
            return match (last, c.args.len()) {
                ("from_shape_vec" | "from_shape", 2) => {
                    let items = self.operand(&c.args[1]);
                    let items = match items {
                        Expr::Ref { of, .. } => rules::method(*of, "to_vec", Vec::new()),
                        items => items,
                    };
                    let items = self.as_atom(items, span);
                    let element = self.kind(&items).element();
                    let shape = self.fixed_argument(&c.args[0]);
                    Some(self.shaped(items, shape, element, shape_axes(&c.args[0]), span))
                }
                ("concatenate" | "stack", 2) if is_axis(&c.args[0]) => match listed(&c.args[1]) {
                    Some(parts) => self.joined(last == "stack", &c.args[0], &parts, span),
                    None => self.joined_list(last == "stack", &c.args[0], &c.args[1], span),
                },
                _ => None,
            };
        }
        let (ty, arguments) = match p.path.segments.len() {
            n if n >= 2 => (names[n - 2].as_str(), &p.path.segments[n - 2].arguments),
            _ => return None,
        };
        if !arrays::is_type(ty) {
            return None;
        }
        let declared = arrays::axes_of_type(ty, arguments);
        match (last, c.args.len()) {
            ("from_elem", 2) => {
                let value = self.operand(&c.args[1]);
                let element = self.kind(&value);
                let shape = self.fixed_argument(&c.args[0]);
                let len = self.shape_call("elements", vec![borrowed(shape.clone())], span);
                let items = Expr::Repeat { value: Box::new(value), len: Box::new(len), sequence: Sequence::Vec };
                let items = self.temporary(items, span);
                Some(self.shaped(items, shape, element, declared.or_else(|| shape_axes(&c.args[0])), span))
            }
            ("from_vec", 1) => {
                let items = self.operand(&c.args[0]);
                Some(self.vector_as_array(items, span))
            }
            ("from", 1) => {
                let items = self.operand(&c.args[0]);
                if !matches!(self.kind(&items).deref(), Kind::Seq(_))
                    || matches!(self.kind(&items).element(), Kind::Seq(_))
                {
                    return None;
                }
                let items = match items {
                    Expr::Ref { of, .. } => rules::method(*of, "to_vec", Vec::new()),
                    other if matches!(&c.args[0], S::Array(_)) => rules::method(other, "to_vec", Vec::new()),
                    other => other,
                };
                let items = self.as_atom(items, span);
                Some(self.vector_as_array(items, span))
            }
            ("from_iter", 1) => {
                let stream = self.stream_or_refuse(&c.args[0])?;
                let items = self.collect_into_vec(stream, span);
                Some(self.vector_as_array(items, span))
            }
            ("from_shape_fn", 2) => self.made_by_index(c, declared, span),
            ("zeros" | "ones" | "eye" | "default" | "from_diag_elem" | "linspace" | "logspace" | "range", _)
                if !matches!(last, "linspace" | "logspace" | "range") || c.args.iter().take(2).all(is_literal) =>
            {
                let element = match arguments {
                    PathArguments::AngleBracketed(a) => a.args.iter().find_map(|a| match a {
                        GenericArgument::Type(ty) => Some(self.types.kind(ty)),
                        _ => None,
                    }),
                    _ => None,
                };
                if element.as_ref().is_some_and(Kind::is_constant) {
                    return None;
                }
                // Of which type they are is known by the rest of the function alone, if that is generic.
                let open = if self.types.is_generic() { Kind::Unknown } else { Kind::Float(Float::Any) };
                let element = element.filter(|k| *k != Kind::Unknown).unwrap_or(open);
                let axes = declared.or_else(|| match last {
                    "eye" => Some(2),
                    "linspace" | "logspace" | "range" => Some(1),
                    _ => c.args.first().and_then(shape_axes),
                });
                let args: Vec<Expr> = c.args.iter().map(|a| self.control(a)).collect();
                let value =
                    Expr::Call { func: p.path.clone(), qself: p.qself.clone(), args, ctor: false, tangent: false };
                let var = self.let_var("t", span, Role::Temporary, value);
                self.program.vars[var].kind = Kind::Array(Box::new(element), axes);
                Some(Expr::var(var, span))
            }
            _ => None,
        }
    }

    /// A vector of numbers as an array of one axis.
    pub(super) fn vector_as_array(&mut self, items: Expr, span: Span) -> Expr {
        let items = self.as_atom(strip(items), span);
        let element = self.kind(&items).element();
        let len = self.temporary(rules::method(items.clone(), "len", Vec::new()), span);
        self.shaped(items, len, element, Some(1), span)
    }

    /// The value of a function of the runtime about shapes.
    fn shape_call(&mut self, function: &str, args: Vec<Expr>, span: Span) -> Expr {
        let function = syn::Ident::new(function, Span::mixed_site());
        let func = syn::parse_quote!(::differentiable::__private::#function);
        let value = Expr::Call { func, qself: None, args, ctor: false, tangent: false };
        let var = self.let_var("n", span, Role::Temporary, value);
        self.program.vars[var].kind =
            if function == "elements" || function == "extent" { Kind::Int } else { Kind::Constant };
        Expr::var(var, span)
    }

    /// `Array::from_shape_fn(shape, |index| value)`.
    fn made_by_index(&mut self, c: &syn::ExprCall, declared: Option<usize>, span: Span) -> Option<Expr> {
        let f = self.callable(&c.args[1])?;
        let axes = declared.or_else(|| shape_axes(&c.args[0])).or_else(|| indices(&f));
        let Some(axes) = axes else {
            self.errors.at(
                span,
                "the number of axes of this array is not in sight; write `Array2::from_shape_fn`, for example",
            );
            return Some(Expr::Tuple(Vec::new()));
        };
        let shape = self.fixed_argument(&c.args[0]);
        let stream = self.indices_of(shape.clone(), axes, span);
        Some(self.collect_shaped(stream, borrowed(shape), Some(axes), span, &mut |l, at| l.apply(&f, vec![at])))
    }

    /// `concatenate![axis, a, b]` or `stack![axis, a, b]`.
    pub(super) fn joined_macro(&mut self, mac: &syn::Macro, stack: bool) -> Option<Expr> {
        let parts = super::macros::arguments(mac).into_iter().map(|(_, e)| e).collect::<Vec<_>>();
        let (axis, parts) = parts.split_first()?;
        self.joined(stack, axis, &parts.iter().collect::<Vec<_>>(), syn::spanned::Spanned::span(mac))
    }

    /// A new array, of which each part is a view.
    fn joined(&mut self, stack: bool, axis: &S, parts: &[&S], span: Span) -> Option<Expr> {
        let axis = self.fixed_argument(axis);
        let mut sources: Vec<Place> = Vec::new();
        for part in parts {
            let value = self.place_or_value(part);
            sources.push(self.pinned(&value, span));
        }
        let first = sources.first()?.clone();
        let kind = kinds::of_place(&self.program, &first);
        let element = kind.element();
        let axes = self.axes(&first).map(|n| n + usize::from(stack));
        let dims: Vec<Expr> =
            sources.iter().map(|p| rules::method(Expr::Place(p.clone()), "raw_dim", Vec::new())).collect();
        let dims = Expr::Ref { mutable: false, of: Box::new(Expr::Array(dims, Sequence::Array)) };
        let function = if stack { "stacked_shape" } else { "concatenated_shape" };
        let shape = self.shape_call(function, vec![dims, axis.clone()], span);
        let like = borrowed(Expr::Place(first));
        let whole = self.zeros_like("joined", like, shape, Kind::Array(Box::new(element), axes), span);
        let mut from = Expr::int(0);
        for (i, source) in sources.into_iter().enumerate() {
            let part = if stack {
                view(&whole, "index_axis", vec![axis.clone(), Expr::int(i)], false)
            } else {
                let n = rules::method(Expr::Place(source.clone()), "len_of", vec![axis.clone()]);
                let to = self.temporary(Expr::binary(crate::ir::BinOp::Add, from.clone(), n), span);
                let lo = std::mem::replace(&mut from, to.clone());
                part_of_axis(&whole, axis.clone(), lo, to)
            };
            let place = self.place_of(part, span);
            let value = arrays::form("__spread", Expr::Place(source), Vec::new());
            self.emit(Stmt::Assign { place, value, init: false });
        }
        Some(Expr::Place(whole))
    }

    /// A new array of the arrays of a vector or a slice, of which each part is a view.
    fn joined_list(&mut self, stack: bool, axis: &S, list: &S, span: Span) -> Option<Expr> {
        let axis = self.fixed_argument(axis);
        let list = self.place_or_value(list);
        let list = self.pinned(&list, span);
        let kind = kinds::of_place(&self.program, &list);
        let Kind::Seq(part) = kind.deref() else { return None };
        let (element, axes) = match part.deref() {
            Kind::Array(element, axes) => ((**element).clone(), axes.map(|n| n + usize::from(stack))),
            _ => (Kind::Unknown, None),
        };
        let function = if stack { "stacked_shape_of" } else { "concatenated_shape_of" };
        let shape = self.shape_call(function, vec![borrowed(Expr::Place(list.clone())), axis.clone()], span);
        let like = borrowed(Expr::Place(super::places::element_of(&list, Expr::int(0))));
        let whole = self.zeros_like("joined", like, shape, Kind::Array(Box::new(element), axes), span);
        let offset = self.accumulator(Expr::int(0), span);
        let offset = Self::variable(&offset);
        let parts = rules::method(Expr::Place(list.clone()), "len", Vec::new());
        self.range_loop("k", Expr::int(0), parts, span, |l, k, _| {
            let source = super::places::element_of(&list, k.clone());
            let part = if stack {
                view(&whole, "index_axis", vec![axis.clone(), k], false)
            } else {
                let from = l.temporary(Expr::Place(offset.clone()), span);
                let n = rules::method(Expr::Place(source.clone()), "len_of", vec![axis.clone()]);
                let n = l.temporary(n, span);
                let to = l.temporary(Expr::binary(crate::ir::BinOp::Add, from.clone(), n), span);
                l.store(offset.clone(), to.clone());
                part_of_axis(&whole, axis.clone(), from, to)
            };
            let place = l.place_of(part, span);
            l.emit(Stmt::Assign {
                place,
                value: arrays::form("__spread", Expr::Place(source), Vec::new()),
                init: false,
            });
        });
        Some(Expr::Place(whole))
    }

    /// A new variable with zeros, of the type of the elements of `like`.
    fn zeros_like(&mut self, name: &str, like: Expr, shape: Expr, kind: Kind, span: Span) -> Place {
        let func = syn::parse_quote!(::differentiable::__private::zeros_like);
        let zeros = Expr::Call { func, qself: None, args: vec![like, shape], ctor: false, tangent: false };
        let var = self.let_var(name, span, Role::Temporary, zeros);
        self.program.vars[var].kind = kind;
        self.program.vars[var].mutable = true;
        Place::var(var, span)
    }

    /// The indices of the elements of a shape, in order: `ndarray::indices((2, 3))`.
    pub(super) fn index_stream(&mut self, c: &syn::ExprCall) -> Option<super::iterators::Stream> {
        let span = c.span();
        let axes = shape_axes(&c.args[0]).or_else(|| match &c.args[0] {
            S::MethodCall(m) if m.method == "dim" || m.method == "raw_dim" => {
                let array = self.place(&m.receiver);
                self.axes(&array)
            }
            _ => None,
        })?;
        let shape = self.fixed_argument(&c.args[0]);
        Some(self.indices_of(shape, axes, span))
    }

    fn indices_of(&mut self, shape: Expr, axes: usize, span: Span) -> super::iterators::Stream {
        let len = self.shape_call("elements", vec![borrowed(shape.clone())], span);
        let lengths: Vec<Expr> = (1..axes)
            .map(|axis| self.shape_call("extent", vec![borrowed(shape.clone()), Expr::int(axis)], span))
            .collect();
        let index = super::lanes::multi_index(lengths, span);
        let item: super::iterators::ItemAt = std::rc::Rc::new(move |l, i| {
            let mut at = index(l, i);
            if at.len() == 1 { at.remove(0) } else { Expr::Tuple(at) }
        });
        super::iterators::Stream::Indexed { len, item }
    }

    /// `x.select(axis, &[…])`: the subarrays at the indices.
    pub(super) fn selected(&mut self, recv: &Expr, m: &syn::ExprMethodCall, span: Span) -> Expr {
        let source = self.pinned(recv, span);
        let axis = self.fixed_argument(&m.args[0]);
        let indices = self.place_or_value(&m.args[1]);
        let indices = self.pinned(&indices, span);
        let kind = kinds::of_place(&self.program, &source);
        let n = rules::method(Expr::Place(indices.clone()), "len", Vec::new());
        let n = self.temporary(n, span);
        let dim = self.dimension(&source, span);
        let shape = self.shape_call("resized_shape", vec![dim, axis.clone(), n.clone()], span);
        let like = borrowed(Expr::Place(source.clone()));
        let whole = self.zeros_like("selected", like, shape, kind.deref().clone(), span);
        self.range_loop("k", Expr::int(0), n, span, |l, k, _| {
            let at = Expr::Place(super::places::element_of(&indices, k.clone()));
            let at = l.temporary(at, span);
            if let Some(var) = at.as_var() {
                l.program.vars[var].kind = Kind::Int;
            }
            let to = view(&whole, "index_axis", vec![axis.clone(), k], false);
            let from = view(&source, "index_axis", vec![axis.clone(), at], false);
            let place = l.place_of(to, span);
            l.emit(Stmt::Assign { place, value: arrays::form("__spread", from, Vec::new()), init: false });
        });
        Expr::Place(whole)
    }
}

fn borrowed(e: Expr) -> Expr {
    Expr::Ref { mutable: false, of: Box::new(e) }
}

fn is_literal(e: &S) -> bool {
    match e {
        S::Unary(u) => is_literal(&u.expr),
        e => matches!(e, S::Lit(_)),
    }
}

pub(super) fn is_axis(e: &S) -> bool {
    matches!(e, S::Call(c) if matches!(&*c.func, S::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "Axis")))
}

/// The items of `&[a, b]`.
fn listed(e: &S) -> Option<Vec<&S>> {
    match e {
        S::Reference(r) => listed(&r.expr),
        S::Paren(p) => listed(&p.expr),
        S::Array(a) => Some(a.elems.iter().collect()),
        _ => None,
    }
}

/// How many indices the parameter of a closure takes apart.
fn indices(f: &Callable) -> Option<usize> {
    let Callable::Closure(closure) = f else { return None };
    match closure.source.inputs.first()? {
        Pat::Tuple(t) => Some(t.elems.len()),
        Pat::Ident(_) | Pat::Wild(_) => Some(1),
        _ => None,
    }
}
