//! Tapes of functions that call a few others and do little: their arguments, from which the pullback runs both sweeps.
//!
//! A tape that holds the tapes of callees has to be a box, since recursion cannot be seen by a macro. One that holds
//! arguments need not be, and what is computed again is cheap where no loop and no recursion is below. A function knows
//! the first of its own body, and both of its callees by asking them: `__shallow(n)`, which the compiler evaluates, says
//! whether all of a call is straight code that is at most `n` calls deep. It ends, whatever calls what. The compiler is asked as
//! well whether values of the user's own types are small and can be copied (`Copied` of the runtime): then a tape may hold them.

use crate::emit::{Code, Part, code};
use proc_macro2::Span;
use quote::format_ident;
use syn::{Path, Type};

use super::{Companions, with_std};
use crate::emit::tuple;
use crate::expand::{Function, Sweeps};
use crate::ir::{Callee, Expr, Passing, Stmt};
use crate::kinds::Kind;
use crate::signature::Param;

/// How deep the calls of a function may be whose tape holds its arguments.
const DEPTH: u32 = 4;

/// How many functions one may call. The compiler asks as many to the power of the depth.
const CALLEES: usize = 6;

/// `__shallow`, of every function.
pub(crate) fn shallow(f: &Function) -> Code {
    let values = || {
        let values = f.signature.params.iter().filter(|p| p.passing == Passing::Value).map(|p| &p.ty);
        values.chain(&f.signature.output)
    };
    // Of types that are parameters nothing can be asked.
    let askable = f.signature.generics.params.is_empty() || values().all(|ty| is_number(f, ty));
    let body = match callees(f).filter(|_| askable) {
        None => code!(false),
        Some(callees) => {
            let asked: Code = callees.iter().map(|path| code!(&& #path::__shallow(depth - 1))).collect();
            let types = values().filter(|ty| !is_number(f, ty));
            let small: Code = types.map(|ty| code!(&& ::differentiable::__private::Copied::<#ty>::IS_SMALL)).collect();
            code!({
                use ::differentiable::__private::NotCopied as _;
                depth > 0 #small #asked
            })
        }
    };
    code!(const fn __shallow(depth: u32) -> bool { #body })
}

/// Those that a function calls, if it does little itself and if to do that again has no effect.
fn callees(f: &Function) -> Option<Vec<Path>> {
    let paths = crate::unannotated::others_in_sight(f)?;
    let mut little = !f.options.has_rule() && paths.len() <= CALLEES;
    let program = f.adjoint(0, Sweeps::Taped);
    // Where something small comes out, what operators and functions of numbers are applied to is hardly anything large.
    let small =
        f.signature.params.iter().all(|p| may_be_kept(f, p)) && f.signature.output.iter().all(|ty| may_be_small(f, ty));
    little &= program.vars.iter().all(|v| !matches!(v.kind, Kind::Array(..)));
    let is_asked = |callee: &Callee| matches!(callee, Callee::Function { path, qself: None } if crate::unannotated::is_among(path, &paths));
    program.body.walk(&mut |s| {
        little &= match s {
            Stmt::Loop(_) | Stmt::Effect(_) => false,
            Stmt::Call(call) => small && is_cheap(&call.callee) || is_asked(&call.callee),
            Stmt::Pull(pull) => small && is_cheap(&pull.callee) || is_asked(&pull.callee),
            _ => true,
        };
        s.parts(&mut |e| little &= is_repeatable(e), &mut |_| {});
    });
    little.then_some(paths)
}

/// Whether an operator or a function of numbers is called, if its operands are numbers.
fn is_cheap(callee: &Callee) -> bool {
    match callee {
        Callee::Operator(_) => true,
        Callee::Method { name, .. } => {
            let name = name.to_string();
            crate::rules::is_of_floats(&name) || crate::integers::is_method(&name)
        }
        Callee::Function { .. } | Callee::Variable(_) => false,
    }
}

/// Whether what is handed over for a parameter can be kept: a reference, which the pullback is given again, or what may be small.
fn may_be_kept(f: &Function, p: &Param) -> bool {
    p.passing == Passing::Ref || may_be_small(f, &p.ty) && !crate::tangent_types::lends(&p.ty)
}

/// Whether values of a type are numbers, or may be of a type of the user's own that can be copied.
fn may_be_small(f: &Function, ty: &Type) -> bool {
    is_number(f, ty) || f.signature.generics.params.is_empty() && is_own(f, ty)
}

/// Whether a type is one of the user's own, or arrays and tuples of it.
fn is_own(f: &Function, ty: &Type) -> bool {
    match ty {
        Type::Array(a) => is_own(f, &a.elem),
        Type::Tuple(t) => t.elems.iter().all(|ty| is_number(f, ty) || is_own(f, ty)),
        Type::Path(p) => {
            let plain = p.qself.is_none() && p.path.segments.iter().all(|s| s.arguments.is_none());
            plain && f.types.kind_of(Some(ty)) == Some(Kind::Unknown)
        }
        _ => false,
    }
}

/// Whether a type is that of numbers, or of arrays, slices and tuples of them.
fn is_number(f: &Function, ty: &Type) -> bool {
    match ty {
        Type::Array(a) => is_number(f, &a.elem),
        Type::Slice(s) => is_number(f, &s.elem),
        Type::Reference(r) => is_number(f, &r.elem),
        Type::Tuple(t) => t.elems.iter().all(|ty| is_number(f, ty)),
        ty => matches!(f.types.kind_of(Some(ty)), Some(Kind::Float(_) | Kind::Complex(_) | Kind::Int | Kind::Bool)),
    }
}

/// Whether an expression is cheap, and may be evaluated twice: it runs no code of the user's.
fn is_repeatable(e: &Expr) -> bool {
    let mut repeatable = match e {
        Expr::Verbatim(..) | Expr::Call { ctor: false, .. } | Expr::Repeat { .. } => false,
        Expr::Method { name, .. } => name == "len" || name == "is_empty",
        _ => true,
    };
    e.children(&mut |e| repeatable = repeatable && is_repeatable(e));
    repeatable
}

impl Companions<'_> {
    /// Whether the tape holds the arguments if the function turns out to be shallow.
    pub(super) fn may_hold_arguments(&self) -> bool {
        self.is_erased()
            && self.has_sweeps_at_once()
            && self.generic_names(true).is_empty()
            && self.f.signature.lent.is_none()
            && self.params().iter().all(|p| may_be_kept(self.f, p))
            && callees(self.f).is_some()
    }

    /// `__fwd` of such a function, whose tape is the arguments or the box that `__boxed` makes.
    pub(super) fn choosing(&self, argument: &Code, elided: &Code, grads: &Code) -> Code {
        let (generics, clause) = self.generics(&[]);
        let (vis, attrs, outputs, captured) = (&self.host.vis, &self.host.attrs, self.output(), self.captured(&[]));
        let name = |base: &str, i: usize| format_ident!("{base}{i}", span = Span::mixed_site());
        let (mut params, mut args, mut again) = (Vec::new(), Vec::new(), Vec::new());
        let (mut kept, mut copies) = (Vec::new(), Vec::new());
        for (i, p) in self.params().iter().enumerate() {
            let (x, ty) = (name("x", i), &p.ty);
            params.push(code!(#x: #ty));
            args.push(x.to_code());
            if p.passing == Passing::Value {
                kept.push(x.to_code());
                copies.push(if is_number(self.f, ty) {
                    code!(#x)
                } else {
                    code!(::differentiable::__private::Copied::<#ty>::of(&#x))
                });
                again.push(code!(()));
            } else {
                again.push(x.to_code());
            }
        }
        let (kept, copies, again) = (tuple(&kept), tuple(&copies), tuple(&again));
        let function = &self.f.signature.name;
        let (fwd, boxed, adj) =
            (self.host.hidden("__fwd", 0), self.host.hidden("__boxed", 0), self.host.hidden("__adj", 0));
        let choice = code!(
            use ::differentiable::__private::NotCopied as _;
            let (value, tape) = if const { Self::__shallow(#DEPTH) } {
                let kept = #copies;
                (#function(#(#args),*), ::differentiable::__private::Either::Left(kept))
            } else {
                let (value, tape) = Self::#boxed(#(#args),*);
                (value, ::differentiable::__private::Either::Right(tape))
            };
            (value, move |given: #elided| -> #grads {
                match tape {
                    ::differentiable::__private::Either::Left(#kept) => {
                        let (#again, cotangent, slots) = given;
                        Self::#adj(#(#args,)* cotangent, slots).1
                    }
                    ::differentiable::__private::Either::Right(tape) => tape(given),
                }
            })
        );
        // Without an allocator there are no boxes.
        let body = with_std(&code!({ #choice }), &code!(Self::#boxed(#(#args),*)));
        code! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #fwd #generics (#(#params),*)
                -> (#outputs, impl for<'r> ::core::ops::FnOnce(#argument) -> #grads + #captured) #clause { #body }
        }
    }
}
