//! Arrays that are made element by element: `array::from_fn(f)`, `array.map(f)` (also where it may be that of an option), `slice.try_into().unwrap()`,
//! `<[T; N]>::try_from(slice)`.
//!
//! Out: a loop that assigns the elements of an array of zeros, where their zero has a literal; elsewhere a loop that
//! pushes to a vector, which becomes the array.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr as S, ExprMethodCall, GenericArgument, Pat, Type};

use super::closures::Callable;
use super::patterns::is_rest;
use super::{Lowerer, strip};
use crate::ir::{Edit, Expr, Place, Role, Sequence, Step, Stmt};
use crate::kinds::Kind;
use crate::rules;

impl Lowerer<'_> {
    /// `array::from_fn(f)`.
    pub(super) fn array_from_fn(&mut self, c: &syn::ExprCall) -> Option<Expr> {
        let S::Path(p) = &*c.func else { return None };
        if c.args.len() != 1 || !is_from_fn(c) {
            return None;
        }
        let f = self.callable(&c.args[0])?;
        let span = c.span();
        let declared = self.array_type.take();
        let written = written_length(&p.path);
        let shape = self.shape(written.as_ref().or(declared.as_ref().and_then(length)), span);
        let len = rules::method(shape.clone(), "len", Vec::new());
        Some(self.array_of(shape, len, span, &mut |l, i| l.apply(&f, vec![i])))
    }

    /// `array.map(f)`, where the receiver is known to be a sequence.
    pub(super) fn array_map(&mut self, recv: &Expr, m: &ExprMethodCall) -> Option<Expr> {
        if m.method != "map" || m.args.len() != 1 {
            return None;
        }
        let field = strip(recv.clone());
        // `array.each_ref().map(f)`: the closure is given references.
        let by_reference = is_each_ref(&m.receiver);
        let used = self.uses.is_sequence(&m.receiver) && !self.uses.is_option(&m.receiver);
        if let Expr::Place(place) = &field
            && (by_reference || (self.types.has_lengths() || used) && matches!(place.path.last(), Some(Step::Field(_))))
        {
            // Where lengths are parameters, a field without a known type is an array rather than an option, and so are its
            // elements; and so is one that is used as a sequence.
            let element =
                if maps_its_parameter(&m.args[0]) { Kind::Seq(Box::new(Kind::Unknown)) } else { Kind::Unknown };
            self.learn(place, Kind::Seq(Box::new(element)));
        }
        match (self.kind(&field).deref(), &field) {
            (Kind::Seq(_), _) => {}
            (Kind::Unknown, Expr::Item(..)) if matches!(m.args[0], S::Closure(_)) => {
                let place = self.place_of(field, m.method.span());
                return self.mapped_as_its_type(place, m);
            }
            (Kind::Unknown, Expr::Place(place))
                if self.is_plain_place(&m.receiver)
                    && !self.uses.is_option(&m.receiver)
                    && (used
                        || matches!(place.path.last(), Some(Step::Field(_) | Step::Index { range: false, .. }))) =>
            {
                return self.mapped_as_its_type(place.clone(), m);
            }
            _ => return None,
        }
        let f: Callable = self.callable(&m.args[0])?;
        let span = m.method.span();
        let place = self.place_of(recv.clone(), span);
        let Expr::Place(place) = self.pin(Expr::Place(place)) else { unreachable!("pinning keeps places") };
        let value =
            support("Shape", "of", vec![Expr::Ref { mutable: false, of: Box::new(Expr::Place(place.clone())) }]);
        let shape = self.fresh("shape", span, Kind::Constant, Role::Temporary);
        self.emit(Stmt::Let { var: shape, value });
        let len = rules::method(Expr::Place(place.clone()), "len", Vec::new());
        Some(self.array_of(Expr::var(shape, span), len, span, &mut |l, i| {
            let item = l.normal(Expr::Place(place.step(Step::Index { at: Box::new(i), range: false })));
            let item = if by_reference { Expr::Ref { mutable: false, of: Box::new(item) } } else { item };
            l.apply(&f, vec![item])
        }))
    }

    /// `x.map(f)` of what may be an array as well as an option: as many items as there are, put into one of its kind.
    fn mapped_as_its_type(&mut self, place: Place, m: &ExprMethodCall) -> Option<Expr> {
        let f = self.callable(&m.args[0])?;
        let span = m.method.span();
        let Expr::Place(place) = self.pin(Expr::Place(place)) else { unreachable!("pinning keeps places") };
        let like = Expr::Ref { mutable: false, of: Box::new(Expr::Place(place.clone())) };
        let shape = self.fresh("shape", span, Kind::Constant, Role::Temporary);
        self.emit(Stmt::Let { var: shape, value: super::fallible::support("shape_of", vec![like]) });
        let items = self.mapped_items(place, &f, span);
        let value = rules::method(Expr::Place(items), "__rebuilt", vec![Expr::var(shape, span)]);
        Some(self.temporary(value, span))
    }

    /// `slice.try_into().unwrap()` and `<[T; N]>::try_from(slice).unwrap()`: an array of the elements, or a reference to one.
    pub(super) fn array_of_slice(&mut self, m: &ExprMethodCall) -> Option<Expr> {
        if !is_unwrapped(m) {
            return None;
        }
        let (of, ty) = match &*m.receiver {
            S::MethodCall(inner) if inner.method == "try_into" && inner.args.is_empty() => (&*inner.receiver, None),
            S::Call(c) => {
                let (ty, of) = conversion(c)?;
                (of, Some(ty))
            }
            _ => return None,
        };
        let span = m.method.span();
        // What is declared is this array, and none that its slice is made of.
        let declared = self.array_type.take();
        let value = self.place_or_value(of);
        if matches!(value, Expr::Ref { mutable: true, .. })
            || !matches!(self.kind(&strip(value.clone())).deref(), Kind::Seq(_))
        {
            return None;
        }
        Some(self.array_in(value, ty.or(declared.as_ref()), span))
    }

    /// `<[T; N]>::try_from(slice)`: an array of the elements, if there are as many.
    pub(super) fn array_if_it_fits(&mut self, c: &syn::ExprCall) -> Option<Expr> {
        let (ty, of) = conversion(c)?;
        let (Type::Array(array), S::Reference(_) | S::Path(_)) = (ty, of) else { return None };
        let len = &array.len;
        let slice = self.place_or_value(of);
        if !matches!(self.kind(&strip(slice.clone())).deref(), Kind::Seq(_)) {
            return None;
        }
        let said: S = syn::parse_quote! {
            if __slice.len() == #len {
                ::core::result::Result::Ok(<#ty>::try_from(__slice).unwrap())
            } else {
                ::core::result::Result::Err(::differentiable::__private::another_length())
            }
        };
        Some(self.said_with([("__slice", slice)], &said))
    }

    /// The elements of a sequence as a value of a type, if that is known.
    fn array_in(&mut self, value: Expr, ty: Option<&Type>, span: Span) -> Expr {
        let borrowed = matches!(ty, Some(Type::Reference(_)));
        let shape = self.shape(ty.and_then(length), span);
        let place = self.place_of(value, span);
        let array = self.fixed_array(shape, place, span);
        // A reference refers to a copy.
        if borrowed { Expr::Ref { mutable: false, of: Box::new(array) } } else { array }
    }

    /// The shape of the array that is to be made: of this length, if it is known.
    fn shape(&mut self, len: Option<&S>, span: Span) -> Expr {
        let value = match len {
            Some(len) => Expr::Call {
                func: syn::parse_quote!(::differentiable::__private::Shape::<{ #len }>::new),
                qself: None,
                args: Vec::new(),
                ctor: false,
                tangent: false,
            },
            None => support("Shape", "new", Vec::new()),
        };
        let shape = self.fresh("shape", span, Kind::Constant, Role::Temporary);
        self.emit(Stmt::Let { var: shape, value });
        Expr::var(shape, span)
    }

    fn array_of(
        &mut self,
        shape: Expr,
        len: Expr,
        span: Span,
        element: &mut dyn FnMut(&mut Self, Expr) -> Expr,
    ) -> Expr {
        let array = self.fresh("array", span, Kind::Unknown, Role::Temporary);
        self.program.vars[array].mutable = true;
        let mut zero = None;
        let (stmts, ()) = self.scoped(|l| {
            l.range_loop("i", Expr::int(0), len, span, |l, i, _| {
                let value = element(l, i.clone());
                if l.diverges() {
                    return;
                }
                let value = l.as_atom(value, span);
                let kind = l.kind(&value).deref().clone();
                zero = l.zero_literal(&kind, &value);
                let place = Place::var(array, span);
                l.program.vars[array].kind = Kind::Seq(Box::new(kind));
                l.emit(if zero.is_some() {
                    let place = place.step(Step::Index { at: Box::new(i), range: false });
                    Stmt::Assign { place, value, init: false }
                } else {
                    Stmt::Edit(Edit::Push { place, value })
                });
            });
        });
        let start = match &zero {
            Some(zero) => rules::method(shape.clone(), "filled", vec![zero.clone()]),
            None => Expr::Array(Vec::new(), Sequence::Vec),
        };
        self.emit(Stmt::Let { var: array, value: start });
        self.stmts.last_mut().expect("a block is open").extend(stmts);
        if let Some(zero) = zero {
            self.filled.insert(array, zero);
            return Expr::var(array, span);
        }
        self.fixed_array(shape, Place::var(array, span), span)
    }

    /// The elements of a sequence as an array.
    fn fixed_array(&mut self, shape: Expr, place: Place, span: Span) -> Expr {
        let kind = crate::kinds::of_place(&self.program, &place).deref().clone();
        let value = rules::method(Expr::Place(place), "__array", vec![shape]);
        let value = self.temporary(value, span);
        if let Some(v) = value.as_var() {
            self.program.vars[v].kind = kind;
        }
        value
    }

    /// A zero in the shape of a value, if it can be written before there is one.
    fn zero_literal(&self, kind: &Kind, value: &Expr) -> Option<Expr> {
        match kind {
            Kind::Float(float) => Some(Expr::Number(0.0, float.clone())),
            Kind::Int => Some(Expr::int(0)),
            Kind::Tuple(kinds) => {
                let parts: Option<Vec<Expr>> = kinds.iter().map(|k| self.zero_literal(k, &Expr::Bool(false))).collect();
                parts.map(Expr::Tuple)
            }
            // An array that has been made like this one.
            Kind::Seq(_) => {
                let zero = self.filled.get(&value.as_var()?)?.clone();
                Some(rules::method(support("Shape", "new", Vec::new()), "filled", vec![zero]))
            }
            _ => None,
        }
    }
}

/// The type of arrays and the argument of `<[T; N]>::try_from(slice)` and `<&[T; N]>::try_from(slice)`.
fn conversion(c: &syn::ExprCall) -> Option<(&Type, &S)> {
    let S::Path(p) = &*c.func else { return None };
    let qself = p.qself.as_ref().filter(|q| q.position == 0)?;
    let array = match &*qself.ty {
        Type::Reference(r) if r.mutability.is_none() => &*r.elem,
        ty => ty,
    };
    let named = p.path.segments.len() == 1 && p.path.segments[0].ident == "try_from";
    (named && matches!(array, Type::Array(_)) && c.args.len() == 1).then(|| (&*qself.ty, &c.args[0]))
}

/// The type of the array that an initial value makes, or of a reference to it, where its declared type or its pattern shows
/// the length.
pub(super) fn declared_array(pat: &Pat, ty: Option<&Type>, init: &S) -> Option<Type> {
    let made = match init {
        S::Call(c) => is_from_fn(c),
        S::MethodCall(m) => {
            is_unwrapped(m) && matches!(&*m.receiver, S::MethodCall(inner) if inner.method == "try_into")
        }
        _ => false,
    };
    if !made {
        return None;
    }
    match (ty, pat) {
        (Some(ty), _) if length(ty).is_some() => Some(ty.clone()),
        (_, Pat::Slice(p)) if !p.elems.iter().any(is_rest) => {
            let len = proc_macro2::Literal::usize_unsuffixed(p.elems.len());
            Some(syn::parse_quote!([_; #len]))
        }
        _ => None,
    }
}

/// The length that the type of an array, or of a reference to one, says.
fn length(ty: &Type) -> Option<&S> {
    match ty {
        Type::Reference(r) if r.mutability.is_none() => length(&r.elem),
        Type::Array(a) if !matches!(a.len, S::Infer(_)) => Some(&a.len),
        _ => None,
    }
}

/// Whether an array of references to the elements of another one is made.
pub(super) fn is_each_ref(e: &S) -> bool {
    matches!(e, S::MethodCall(m) if m.method == "each_ref" && m.args.is_empty())
}

/// Whether a closure calls `map` of its parameter.
fn maps_its_parameter(f: &S) -> bool {
    let S::Closure(c) = f else { return false };
    let (Some(Pat::Ident(p)), S::MethodCall(m)) = (c.inputs.first(), &*c.body) else { return false };
    m.method == "map" && matches!(&*m.receiver, S::Path(of) if of.path.is_ident(&p.ident))
}

fn is_from_fn(c: &syn::ExprCall) -> bool {
    let S::Path(p) = &*c.func else { return false };
    let mut names = p.path.segments.iter().rev().map(|s| &s.ident);
    names.next().is_some_and(|name| name == "from_fn") && names.next().is_some_and(|module| module == "array")
}

fn is_unwrapped(m: &ExprMethodCall) -> bool {
    m.method == "unwrap" || m.method == "expect"
}

/// The `N` of `from_fn::<T, N, F>`.
fn written_length(path: &syn::Path) -> Option<S> {
    let syn::PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else { return None };
    match arguments.args.iter().nth(1)? {
        GenericArgument::Const(len) => Some(len.clone()),
        GenericArgument::Type(Type::Path(p)) => {
            Some(S::Path(syn::ExprPath { attrs: Vec::new(), qself: p.qself.clone(), path: p.path.clone() }))
        }
        _ => None,
    }
}

/// A call of an associated function of the runtime that carries no derivative.
fn support(ty: &str, name: &str, args: Vec<Expr>) -> Expr {
    let (ty, name) = (syn::Ident::new(ty, Span::mixed_site()), syn::Ident::new(name, Span::mixed_site()));
    Expr::Call {
        func: syn::parse_quote!(::differentiable::__private::#ty::#name),
        qself: None,
        args,
        ctor: false,
        tangent: false,
    }
}
