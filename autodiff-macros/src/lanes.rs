//! Forward mode along several directions at once: the option `lanes`.
//!
//! In: the program of forward mode at the first level. Out: the same program, whose tangents are [`Lanes`] of numbers in
//! place of numbers. Products and sums are written as before, with the operators of `Lanes`; what differs are zeros, the
//! types in signatures, and calls. Also `f::jvps`, the public function.
//!
//! [`Lanes`]: https://docs.rs/differentiable/latest/differentiable/lanes/struct.Lanes.html

use crate::emit::{Code, Part, code, local};
use proc_macro2::{Ident, Span};
use syn::Type;

use crate::activity;
use crate::emit::tuple;
use crate::errors::Errors;
use crate::ir::{BinOp, Callee, Edit, Expr, Passing, Program, Role, Stmt, VarId};
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
pub(crate) fn owned(ty: &Type, width: &Ident) -> Code {
    match ty {
        Type::Path(p) if p.path.is_ident("f64") || p.path.is_ident("f32") => {
            code!(::differentiable::lanes::Lanes<#ty, #width>)
        }
        Type::Array(a) => {
            let (element, len) = (owned(&a.elem, width), &a.len);
            code!([#element; #len])
        }
        Type::Tuple(t) if t.elems.is_empty() => code!(()),
        Type::Tuple(t) => tuple(&t.elems.iter().map(|ty| owned(ty, width)).collect::<Vec<_>>()),
        Type::Paren(p) => owned(&p.elem, width),
        _ => code!(<#ty as ::differentiable::lanes::Wide>::Lanes<#width>),
    }
}

/// The type of several tangents of a parameter, passed as the parameter is.
pub(crate) fn passed(p: &Param) -> Code {
    let width = width();
    let behind = match p.target() {
        Type::Slice(s) if p.passing != Passing::Value => {
            let element = owned(&s.elem, &width);
            code!([#element])
        }
        target => owned(target, &width),
    };
    match p.passing {
        Passing::Value => behind,
        Passing::Ref => code!(&#behind),
        Passing::RefMut => code!(&mut #behind),
    }
}

/// Refuses what has no derivative along several directions at once, as far as it can be seen.
pub(crate) fn refuse(program: &Program, signature: &Signature, options: &Options, errors: &Errors) {
    if options.has_rule() && signature.params.iter().any(|p| p.passing == Passing::RefMut) {
        errors.at(
            signature.name.span(),
            "with a rule, `lanes` is not for parameters that the function changes: take `lanes` off",
        );
    }
    let params = program.params.iter().zip(&signature.params).filter(|(_, p)| p.differentiable);
    let varied = activity::varied(program, params.flat_map(|(q, _)| q.parts.clone()));
    let carries = |e: &Expr| {
        let mut found = false;
        activity::carriers(e, &mut |v| found |= varied.contains(v));
        found
    };
    let mut refused = None;
    program.body.walk(&mut |s| {
        if let Stmt::Call(call) = s
            && let Callee::Function { path, .. } = &call.callee
            && crate::methods::is_derivative_of(path)
            && call.args.iter().any(|a| a.parts[0].as_ref().is_some_and(carries))
        {
            refused = refused.or(Some(call.span));
        }
    });
    if let Some(span) = refused {
        errors.at(span, "a function with `lanes` does not call derivatives of other functions: take `lanes` off");
    }
}

/// Methods of traits are called without knowing whether every `impl` has the companion.
pub(crate) fn of_trait(method: &Ident) -> syn::Error {
    syn::Error::new(
        method.span(),
        format!(
            "`lanes` is not for methods of traits; put the computation of `{method}` into a function or an inherent method with `lanes`, or take `lanes` off"
        ),
    )
}

/// Writes what tangents are computed with as what several tangents are.
pub(crate) fn widen(program: &mut Program) {
    let tangents: Vec<bool> = program.vars.iter().map(|v| v.role == Role::Tangent).collect();
    let is_tangent = |v: VarId| tangents[v];
    program.body.walk_mut(&mut |s| match s {
        Stmt::Let { var, value } | Stmt::Refill { var, value, .. } if is_tangent(*var) => widened(value, &is_tangent),
        Stmt::Assign { place, value, .. }
        | Stmt::Update { place, value, .. }
        | Stmt::Replace { place, value, .. }
        | Stmt::Accumulate { place, value }
        | Stmt::Edit(Edit::Push { place, value })
            if is_tangent(place.root) =>
        {
            widened(value, &is_tangent);
        }
        Stmt::Call(call) => {
            call.args
                .iter_mut()
                .flat_map(|a| a.parts.iter_mut().skip(1))
                .flatten()
                .for_each(|e| widened(e, &is_tangent));
        }
        _ => {}
    });
    program.value.iter_mut().skip(1).for_each(|e| widened(e, &is_tangent));
}

/// Writes a tangent with the operators of several: their zeros, and products in which the tangent comes first.
fn widened(e: &mut Expr, is_tangent: &dyn Fn(VarId) -> bool) {
    let lanes = |name: &str| -> syn::Path {
        let name = Ident::new(name, Span::mixed_site());
        syn::parse_quote!(::differentiable::lanes::#name)
    };
    let call = |func: syn::Path, args: Vec<Expr>| Expr::Call { func, qself: None, args, ctor: false, tangent: false };
    let carries = |e: &Expr| {
        let mut found = false;
        activity::carriers(e, &mut |v| found |= is_tangent(v));
        found
    };
    let taken = |e: &mut Expr| std::mem::replace(e, Expr::Bool(false));
    match e {
        Expr::Number(x, _) => {
            assert!(*x == 0.0, "a tangent is a multiple of tangents");
            *e = Expr::Item(syn::parse_quote!(::differentiable::lanes::Lanes::ZERO), None);
        }
        Expr::Zero(of) if matches!(**of, Expr::Number(..) | Expr::Lit(_)) => {
            *e = Expr::Item(syn::parse_quote!(::differentiable::lanes::Lanes::ZERO), None);
        }
        // The zero of a variant is the variant of a zero.
        Expr::Zero(of) if matches!(&**of, Expr::Item(path, None) if crate::variants::is_named(path, "None")) => {
            *e = taken(of);
        }
        Expr::Zero(of) if matches!(&**of, Expr::Call { func, args, ctor: true, .. } if crate::variants::is_standard(func) && args.len() == 1) =>
        {
            let Expr::Call { func, args, .. } = taken(of) else { unreachable!("tested above") };
            let failed = crate::variants::is_named(&func, "Err");
            let content =
                args.into_iter().map(|a| if failed { Expr::Tuple(Vec::new()) } else { Expr::Zero(Box::new(a)) });
            *e = Expr::Call { func, qself: None, args: content.collect(), ctor: true, tangent: true };
            widened(e, is_tangent);
        }
        Expr::Zero(of) => {
            let of = taken(of);
            let of = if matches!(of, Expr::Ref { .. }) { of } else { Expr::Ref { mutable: false, of: Box::new(of) } };
            let (mut func, width) = (lanes("zero"), width());
            func.segments.last_mut().expect("a path has a segment").arguments =
                syn::PathArguments::AngleBracketed(syn::parse_quote!(::<_, #width>));
            *e = call(func, vec![of]);
        }
        Expr::Math(rule, args) if rule.name == "new" => {
            if args.iter().all(|a| crate::fold::number(a) == Some(0.0)) {
                *e = Expr::Item(syn::parse_quote!(::differentiable::lanes::ComplexLanes::ZERO), None);
                return;
            }
            let mut args = std::mem::take(args);
            args.iter_mut().for_each(|e| widened(e, is_tangent));
            *e = call(syn::parse_quote!(::differentiable::lanes::ComplexLanes::new), args);
        }
        Expr::Math(_, args) => widened(&mut args[0], is_tangent),
        Expr::Cast(a, ty) | Expr::CastTangent { tangent: a, ty: Some(ty), .. } => {
            widened(a, is_tangent);
            let width = width();
            let func = syn::parse_quote!(::differentiable::lanes::cast::<#ty, _, #width>);
            *e = call(func, vec![taken(a)]);
        }
        Expr::Neg(a)
        | Expr::Clone(a)
        | Expr::Ref { of: a, .. }
        | Expr::Repeat { value: a, .. }
        | Expr::Wrap { value: a, .. }
        | Expr::Binary(BinOp::Div, a, _)
        | Expr::Method { recv: a, .. } => widened(a, is_tangent),
        Expr::Binary(BinOp::Mul, a, b) => {
            if !carries(a) {
                std::mem::swap(a, b);
            }
            widened(a, is_tangent);
        }
        Expr::Binary(_, a, b) | Expr::Select(_, a, b) => {
            widened(a, is_tangent);
            widened(b, is_tangent);
        }
        Expr::Call { func, args, ctor: true, tangent: true, .. }
            if crate::lower::is_variant(func) && !crate::lower::is_box(func) && !crate::variants::is_standard(func) =>
        {
            args.iter_mut().for_each(|e| widened_field(e, is_tangent));
        }
        Expr::Struct { fields, tangent: true, .. } => {
            fields.iter_mut().for_each(|(_, e)| widened_field(e, is_tangent));
        }
        Expr::Tuple(es) | Expr::Array(es, _) | Expr::Call { args: es, ctor: true, .. } => {
            es.iter_mut().for_each(|e| widened(e, is_tangent));
        }
        _ => {}
    }
}

/// The same of what is put into a field of a variant: the zero of a number has no type where the field is a constant.
fn widened_field(e: &mut Expr, is_tangent: &dyn Fn(VarId) -> bool) {
    let is_zero = match &*e {
        Expr::Number(..) => true,
        Expr::Zero(of) => matches!(**of, Expr::Number(..) | Expr::Lit(_)),
        _ => false,
    };
    if is_zero {
        *e = Expr::Item(syn::parse_quote!(::differentiable::lanes::NoTangent), None);
    } else {
        widened(e, is_tangent);
    }
}

impl Shells<'_> {
    /// The companion of a function whose derivative is given: one direction after the other.
    pub(crate) fn one_by_one(&self, function: &Code) -> Code {
        let c = &self.companions;
        let ((lists, clause), width) = (c.generics_with_width(), width());
        let (name, jvp, turbofish) = (c.host.hidden(COMPANION, 0), c.host.hidden("__jvp", 1), c.turbofish());
        let (mut params, mut args, mut directions) = (self.signature(None), Vec::new(), Vec::new());
        let mut taken = Code::new();
        for (i, p) in self.params().iter().enumerate() {
            let (x, l, one) = (self.name(i), self.local("l_", i), self.local("one_", i));
            let by_value = p.passing == Passing::Value;
            args.push(if by_value { code!(::core::clone::Clone::clone(&#x)) } else { code!(#x) });
            if !p.differentiable {
                params.push(code!(_: ::core::option::Option<()>));
                directions.push(code!(::core::option::Option::None));
                continue;
            }
            let (ty, target, x) = (passed(p), p.target(), if by_value { code!(&#x) } else { code!(#x) });
            params.push(code!(#l: ::core::option::Option<#ty>));
            taken.extend([local! {
                let #one = #l.as_ref().map(|lanes| <#target as ::differentiable::lanes::Wide>::__take::<#width>(#x, &lanes.to_owned().to_owned(), lane));
            }]);
            directions.push(if by_value {
                code!(#one)
            } else {
                local!(match &#one { ::core::option::Option::Some(one) => ::core::option::Option::Some(one), ::core::option::Option::None => ::core::option::Option::None })
            });
        }
        let (vis, attrs, output) = (&c.host.vis, &c.host.attrs, c.output());
        let tangent = c.f.signature.output.as_ref().map_or(code!(()), |ty| owned(ty, &width));
        local! {
            #attrs #[doc(hidden)]
            #vis fn #name #lists (#(#params,)* _: ::differentiable::lanes::Width<#width>) -> (#output, #tangent) #clause {
                let value = #function(#(#args),*);
                let mut lanes = ::differentiable::lanes::zero::<_, #width>(&value);
                for lane in 0..#width {
                    #taken
                    let (_, tangent) = Self::#jvp #turbofish(#(#args,)* #(#directions),*);
                    <#output as ::differentiable::lanes::Wide>::__put::<#width>(&mut lanes, lane, &tangent);
                }
                (value, lanes)
            }
        }
    }

    /// Whether there is a companion with several tangents at once.
    pub(crate) fn has_lanes(&self) -> bool {
        self.companions.f.options.lanes
    }

    /// `jvps`: the derivatives along several directions, each with the type of one.
    pub(crate) fn jvps(&self) -> Code {
        if !self.has_lanes() {
            return Code::new();
        }
        let c = &self.companions;
        let (lists, clause) = c.generics_with_width();
        let (companion, width) = (c.host.hidden(COMPANION, 0), width());
        let (mut params, mut args) = (self.signature(None), self.forwarded());
        let (mut lanes, mut finals) = (Code::new(), Code::new());
        for (i, p) in self.params().iter().enumerate() {
            if !p.wanted {
                args.push(code!(::core::option::Option::None));
                continue;
            }
            let (d, l, x) = (self.local("d_", i), self.local("l_", i), self.name(i));
            let (target, ty) = (p.target(), owned(p.target(), &width));
            let tangent = crate::tangent_types::owned_tangent(target);
            let (reference, x) = match p.passing {
                Passing::Value => (code!(), code!(&#x)),
                Passing::Ref => (code!(&), code!(&*#x)),
                Passing::RefMut => (code!(&mut), code!(&*#x)),
            };
            params.push(code!(#d: #reference [#tangent; #width]));
            lanes.extend([local! {
                let mut #l: #ty = ::differentiable::lanes::zero::<_, #width>(#x);
                for lane in 0..#width {
                    <#target as ::differentiable::lanes::Wide>::__put::<#width>(&mut #l, lane, &#d[lane]);
                }
            }]);
            if p.passing == Passing::RefMut {
                finals.extend([local! {
                    for lane in 0..#width {
                        #d[lane] = <#target as ::differentiable::lanes::Wide>::__take::<#width>(#x, &#l, lane);
                    }
                }]);
            }
            args.push(code!(::core::option::Option::Some(#reference #l)));
        }
        let (output, tangent) = (c.output(), c.output_tangent());
        let (head, _) = self.fn_head("jvps");
        let names = c.turbofish_with(&width.to_code());
        local! {
            #[allow(clippy::too_many_arguments)]
            #head #lists (#(#params),*) -> (#output, [#tangent; #width]) #clause {
                #lanes
                let (value, lanes) = Self::#companion #names(#(#args,)* ::differentiable::lanes::Width);
                #finals
                let tangents = ::core::array::from_fn(|lane| ::differentiable::lanes::Wide::__take::<#width>(&value, &lanes, lane));
                (value, tangents)
            }
        }
    }
}
