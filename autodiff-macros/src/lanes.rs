//! Forward mode along several directions at once: the option `lanes`.
//!
//! In: the program of forward mode at the first level. Out: the same program, whose tangents are [`Lanes`] of numbers in
//! place of numbers. Products and sums are written as before, with the operators of `Lanes`; what differs are zeros, the
//! types in signatures, and calls. Also `f::jvps`, the public function.
//!
//! [`Lanes`]: https://docs.rs/differentiable/latest/differentiable/lanes/struct.Lanes.html

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use crate::activity;
use crate::emit::tuple;
use crate::errors::Errors;
use crate::ir::{BinOp, Callee, Edit, Expr, Passing, Place, Program, Role, Step, Stmt, VarId};
use crate::kinds::{Float, Kind, Types};
use crate::options::Options;
use crate::shells::Shells;
use crate::signature::{Param, Signature};

/// The companion.
pub(crate) const COMPANION: &str = "__lanes";

/// The const parameter of the companion.
pub(crate) fn width() -> Ident {
    Ident::new("__LANES", Span::call_site())
}

/// `f::__lanes::<T>` ⇒ `f::__lanes::<T, __LANES>`: whoever names parameters names all of them.
pub(crate) fn name_width(path: &mut syn::Path) {
    if let Some(syn::PathArguments::AngleBracketed(arguments)) = path.segments.last_mut().map(|s| &mut s.arguments) {
        let width = width();
        arguments.args.push(syn::parse_quote!(#width));
    }
}

/// The type of several tangents of a value that is owned.
pub(crate) fn owned(ty: &Type, width: &Ident) -> TokenStream {
    match ty {
        Type::Path(p) if p.path.is_ident("f64") || p.path.is_ident("f32") => {
            quote!(::differentiable::lanes::Lanes<#ty, #width>)
        }
        Type::Array(a) => {
            let (element, len) = (owned(&a.elem, width), &a.len);
            quote!([#element; #len])
        }
        Type::Tuple(t) if t.elems.is_empty() => quote!(()),
        Type::Tuple(t) => tuple(&t.elems.iter().map(|ty| owned(ty, width)).collect::<Vec<_>>()),
        Type::Paren(p) => owned(&p.elem, width),
        _ => quote!(<#ty as ::differentiable::lanes::Wide>::Lanes<#width>),
    }
}

/// The type of several tangents of a parameter, passed as the parameter is.
pub(crate) fn passed(p: &Param) -> TokenStream {
    let width = width();
    let behind = match p.target() {
        Type::Slice(s) if p.passing != Passing::Value => {
            let element = owned(&s.elem, &width);
            quote!([#element])
        }
        target => owned(target, &width),
    };
    match p.passing {
        Passing::Value => behind,
        Passing::Ref => quote!(&#behind),
        Passing::RefMut => quote!(&mut #behind),
    }
}

/// Refuses what has no derivative along several directions at once, as far as it can be seen.
pub(crate) fn refuse(
    program: &Program,
    types: &Types,
    signature: &Signature,
    options: &Options,
    of_impl: bool,
    errors: &Errors,
) {
    if of_impl || options.has_rule() {
        errors.at(
            signature.name.span(),
            "`lanes` is for free functions that are differentiated themselves: take it off, and call the method or the rule from a function without `lanes`",
        );
        return;
    }
    let params = program.params.iter().zip(&signature.params).filter(|(_, p)| p.differentiable);
    let varied = activity::varied(program, params.flat_map(|(q, _)| q.parts.clone()));
    let carries = |e: &Expr| {
        let mut found = false;
        activity::carriers(e, &mut |v| found |= varied.contains(&v));
        found
    };
    let mut refused: Vec<(Span, &str)> = Vec::new();
    let mut vars: Vec<VarId> = varied.iter().copied().collect();
    vars.sort_unstable();
    for v in vars {
        let var = &program.vars[v];
        if !is_wide(&var.kind) {
            refused.push((
                var.span,
                "with `lanes`, what carries a derivative is made of `f32` or `f64`, in arrays, tuples, options and `Vec`s: take `lanes` off",
            ));
        }
    }
    program.body.walk(&mut |s| {
        if let Stmt::Call(call) = s
            && call.args.iter().any(|a| a.parts[0].as_ref().is_some_and(carries))
        {
            let known = match &call.callee {
                Callee::Operator(_) => true,
                Callee::Method { name, .. } => crate::rules::find(&name.to_string()).is_some(),
                Callee::Function { path, qself: None } => {
                    let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
                    let owner = segments.len().checked_sub(2).map(|i| &segments[i]);
                    !owner.is_some_and(|owner| crate::lower::capital(owner))
                        && !segments.last().is_some_and(|last| crate::methods::is_derivative(last))
                }
                _ => false,
            };
            if !known {
                refused.push((
                    call.span,
                    "a function with `lanes` calls functions with `lanes`, not methods, rules or derivatives: take `lanes` off",
                ));
            }
        }
        let mut foreign = None;
        s.parts(
            &mut |e| {
                let converts = match e {
                    Expr::Cast(a, ty) => !types.kind(ty).is_constant() && carries(a),
                    Expr::Struct { .. } | Expr::Wrap { .. } => carries(e),
                    _ => false,
                };
                if converts {
                    foreign = s.defines().first().map(|v| program.vars[*v].span).or(Some(signature.name.span()));
                }
                e.places(&mut |place| foreign = foreign.or(field_of_struct(place).filter(|_| varied.contains(&place.root))));
            },
            &mut |_| {},
        );
        refused.extend(
            foreign.map(|at| (at, "with `lanes`, derivatives do not flow through casts and structs: take `lanes` off")),
        );
    });
    let mut said: Vec<&str> = Vec::new();
    refused.retain(|(_, text)| {
        !said.contains(text) && {
            said.push(text);
            true
        }
    });
    for (span, text) in refused {
        errors.at(span, text);
    }
}

/// Where a place reads the field of a struct.
fn field_of_struct(place: &Place) -> Option<Span> {
    let named = |s: &Step| matches!(s, Step::Field(syn::Member::Named(_)));
    place.path.iter().any(named).then_some(place.span)
}

fn is_wide(kind: &Kind) -> bool {
    match kind {
        Kind::Complex(_) | Kind::Array(..) | Kind::Result(_) | Kind::Float(Float::Generic(_)) => false,
        Kind::Tuple(parts) => parts.iter().all(is_wide),
        Kind::Seq(inner) | Kind::Option(inner) | Kind::Ref(inner) => is_wide(inner),
        _ => true,
    }
}

/// Writes zeros of tangents as zeros of several tangents.
pub(crate) fn widen(program: &mut Program) {
    let tangents: Vec<bool> = program.vars.iter().map(|v| v.role == Role::Tangent).collect();
    let is_tangent = |v: VarId| tangents[v];
    program.body.walk_mut(&mut |s| match s {
        Stmt::Let { var, value } | Stmt::Refill { var, value, .. } if is_tangent(*var) => zeros(value, &is_tangent),
        Stmt::Assign { place, value, .. }
        | Stmt::Update { place, value, .. }
        | Stmt::Replace { place, value, .. }
        | Stmt::Accumulate { place, value }
        | Stmt::Edit(Edit::Push { place, value })
            if is_tangent(place.root) =>
        {
            zeros(value, &is_tangent);
        }
        Stmt::Call(call) => {
            call.args.iter_mut().flat_map(|a| a.parts.iter_mut().skip(1)).flatten().for_each(|e| zeros(e, &is_tangent));
        }
        _ => {}
    });
    program.value.iter_mut().skip(1).for_each(|e| zeros(e, &is_tangent));
}

fn zeros(e: &mut Expr, is_tangent: &dyn Fn(VarId) -> bool) {
    match e {
        Expr::Number(x, _) => {
            assert!(*x == 0.0, "a tangent is a multiple of tangents");
            *e = Expr::Item(syn::parse_quote!(::differentiable::lanes::Lanes::ZERO), None);
        }
        Expr::Zero(of) if matches!(**of, Expr::Number(..) | Expr::Lit(_)) => {
            *e = Expr::Item(syn::parse_quote!(::differentiable::lanes::Lanes::ZERO), None);
        }
        Expr::Zero(of) => {
            let of = std::mem::replace(&mut **of, Expr::Bool(false));
            let of = if matches!(of, Expr::Ref { .. }) { of } else { Expr::Ref { mutable: false, of: Box::new(of) } };
            let func = syn::parse_quote!(::differentiable::lanes::zero);
            *e = Expr::Call { func, qself: None, args: vec![of], ctor: false, tangent: false };
        }
        Expr::Neg(a)
        | Expr::Clone(a)
        | Expr::Ref { of: a, .. }
        | Expr::Repeat { value: a, .. }
        | Expr::Binary(BinOp::Div, a, _)
        | Expr::Method { recv: a, .. } => zeros(a, is_tangent),
        Expr::Binary(BinOp::Mul, a, b) => {
            let mut found = false;
            activity::carriers(a, &mut |v| found |= is_tangent(v));
            zeros(if found { a } else { b }, is_tangent);
        }
        Expr::Binary(_, a, b) | Expr::Select(_, a, b) => {
            zeros(a, is_tangent);
            zeros(b, is_tangent);
        }
        Expr::Tuple(es) | Expr::Array(es, _) | Expr::Call { args: es, ctor: true, .. } => {
            es.iter_mut().for_each(|e| zeros(e, is_tangent));
        }
        _ => {}
    }
}

impl Shells<'_> {
    /// Whether there is a companion with several tangents at once that changes nothing.
    pub(crate) fn has_lanes(&self) -> bool {
        self.companions.f.options.lanes && self.params().iter().all(|p| p.passing != Passing::RefMut)
    }

    /// `jvps`: the derivatives along several directions, each with the type of one.
    pub(crate) fn jvps(&self) -> TokenStream {
        if !self.has_lanes() {
            return TokenStream::new();
        }
        let c = &self.companions;
        let (lists, clause) = c.generics_with_width();
        let (companion, width) = (c.host.hidden(COMPANION, 0), width());
        let (mut params, mut args) = (self.signature(None), self.forwarded());
        let mut lanes = TokenStream::new();
        for (i, p) in self.params().iter().enumerate() {
            if !p.wanted {
                args.push(quote!(::core::option::Option::None));
                continue;
            }
            let (d, l, x) = (self.local("d_", i), self.local("l_", i), self.name(i));
            let (target, ty) = (p.target(), owned(p.target(), &width));
            let tangent = crate::tangent_types::owned_tangent(target);
            let reference = (p.passing == Passing::Ref).then(|| quote!(&));
            params.push(quote!(#d: #reference [#tangent; #width]));
            let x = if p.passing == Passing::Ref { quote!(&*#x) } else { quote!(&#x) };
            lanes.extend(quote_spanned! {Span::mixed_site()=>
                let mut #l: #ty = ::differentiable::lanes::zero(#x);
                for lane in 0..#width {
                    <#target as ::differentiable::lanes::Wide>::__put(&mut #l, lane, &#d[lane]);
                }
            });
            args.push(quote!(::core::option::Option::Some(#reference #l)));
        }
        let (output, tangent) = (c.output(), c.output_tangent());
        let (head, _) = self.fn_head("jvps");
        let names = c.turbofish_with(&width.to_token_stream());
        quote_spanned! {Span::mixed_site()=>
            #[allow(clippy::too_many_arguments)]
            #head #lists (#(#params),*) -> (#output, [#tangent; #width]) #clause {
                #lanes
                let (value, lanes) = Self::#companion #names(#(#args),*);
                let tangents = ::core::array::from_fn(|lane| ::differentiable::lanes::Wide::__take(&value, &lanes, lane));
                (value, tangents)
            }
        }
    }
}
