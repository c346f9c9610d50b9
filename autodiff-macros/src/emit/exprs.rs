//! Emission of expressions.

use proc_macro2::{Ident, Literal, Span};
use quote::ToTokens;

use super::Emitter;
use super::code::{Code, code};
use super::operators::{Operation, Prec, Tokens, operation, operator_token};
use super::tuples::tuple;
use crate::ir::{BinOp, Expr, Sequence, suffixed};
use crate::kinds::{self, Float, Kind};
use crate::{looks, methods};

impl Emitter<'_> {
    pub(crate) fn kind_of(&self, e: &Expr) -> Kind {
        kinds::of_expr(self.program, self.types, e)
    }

    /// The tokens of an expression in a place where anything can stand.
    pub(crate) fn value(&self, e: &Expr) -> Code {
        self.expr(e).tokens
    }

    fn values<'e>(&self, es: impl IntoIterator<Item = &'e Expr>) -> Vec<Code> {
        es.into_iter().map(|e| self.operand(e)).collect()
    }

    /// The type of a value that is taken to carry no derivative because of a method's name, and that name.
    pub(super) fn claimed_type<'e>(&self, e: &'e Expr) -> Option<(Ident, &'e Ident)> {
        let Expr::Method { recv, name, .. } = e else { return None };
        let ty = methods::declared_type(&name.to_string())?;
        (self.kind_of(recv).deref() == &Kind::Unknown).then(|| (Ident::new(ty, Span::mixed_site()), name))
    }

    /// A value that something else is made of, where a number would be as good as what a method's name claims.
    pub(super) fn operand(&self, e: &Expr) -> Code {
        let value = self.value(e);
        match self.claimed_type(e).filter(|_| !self.is_for_people()) {
            Some((_, name)) => {
                let claimed = Ident::new("claimed", name.span());
                code!(::differentiable::__private::#claimed(#value))
            }
            None => self.claimed(e, value),
        }
    }

    /// The value of an expression; one that is taken to carry no derivative because of a method's name is said to.
    pub(super) fn claimed(&self, e: &Expr, value: Code) -> Code {
        let Expr::Method { recv, name, .. } = e else { return value };
        let doubtful = methods::is_claimed(&name.to_string()) && self.kind_of(recv).deref() == &Kind::Unknown;
        if !doubtful || self.is_for_people() {
            return value;
        }
        let claimed = Ident::new("claimed", name.span());
        code!(::differentiable::__private::#claimed(#value))
    }

    pub(crate) fn expr(&self, e: &Expr) -> Tokens {
        match e {
            Expr::Place(_) | Expr::Binary(..) | Expr::Neg(_) | Expr::Select(..) | Expr::Clone(_) => self.write(e),
            // What such an expression is made of need not be numbers.
            _ => {
                let missing = self.zero_of_content(e);
                let written = self.as_others(|| self.write(e));
                let Some(zero) = missing else { return written };
                let content = written.at_least(Prec::Unary);
                Tokens::new(code!(::differentiable::__private::read(&#zero, &#content)), Prec::Postfix)
            }
        }
    }

    fn write(&self, e: &Expr) -> Tokens {
        match e {
            Expr::Lit(lit) => Tokens::atom(lit.to_token_stream()),
            Expr::Number(x, float) => number(*x, float),
            Expr::Bool(b) => Tokens::atom(b.to_token_stream()),
            Expr::Item(path, None) => Tokens::atom(path.to_token_stream()),
            Expr::Item(path, Some(qself)) => {
                let e = syn::ExprPath { attrs: Vec::new(), qself: Some(qself.clone()), path: path.clone() };
                Tokens::atom(e.to_token_stream())
            }
            Expr::Place(place) => match self.part_value(place) {
                Some(value) => Tokens::new(value, Prec::Postfix),
                None if place.is_view() => {
                    let view = self.place(place).at_least(Prec::Postfix);
                    Tokens::new(code!(#view.to_owned()), Prec::Postfix)
                }
                None => self.place(place),
            },
            Expr::Ref { mutable, of } => match &**of {
                Expr::Place(place) => self.reference(place, *mutable),
                other => {
                    let inner = self.expr(other).at_least(Prec::Unary);
                    Tokens::new(if *mutable { code!(&mut #inner) } else { code!(&#inner) }, Prec::Unary)
                }
            },
            // That of a value of such a type is an operator's: this is a cotangent.
            Expr::Neg(e) if self.kind_of(e) == Kind::Unknown => {
                let inner = self.by_reference_to_elements(e);
                Tokens::new(code!(::differentiable::__private::negated(#inner)), Prec::Postfix)
            }
            Expr::Neg(e) => {
                let inner = self.expr(e).at_least(Prec::Unary);
                Tokens::new(code!(-#inner), Prec::Unary)
            }
            Expr::Not(e) => {
                let inner = self.expr(e).at_least(Prec::Unary);
                Tokens::new(code!(!#inner), Prec::Unary)
            }
            Expr::Binary(op, a, b) => self.binary(*op, a, b),
            Expr::Math(rule, args) if !rule.fields.is_empty() => self.complex(rule, args),
            Expr::Math(rule, args) => match crate::rules::TABLE.iter().position(|r| r.name == rule.name) {
                Some(_) if !rule.name.chars().next().is_some_and(char::is_alphabetic) => {
                    let op = syn::parse_str::<syn::BinOp>(rule.name).expect("an operator");
                    self.binary(BinOp::of(&op).expect("a plain operator"), &args[0], &args[1])
                }
                _ => {
                    let name = syn::Ident::new(rule.name, Span::mixed_site());
                    let recv = self.typed_receiver(&args[0]);
                    let rest = self.values(&args[1..]);
                    Tokens::new(code!(#recv.#name(#(#rest),*)), Prec::Postfix)
                }
            },
            Expr::Method { recv, name, .. } if name == "__stop" => {
                let kind = self.kind_of(recv);
                if kind.is_scalar() { self.expr(recv) } else { self.expr(&Expr::Clone(recv.clone())) }
            }
            Expr::Method { recv, name, args, .. } if name == "__array" || name == "__rebuilt" => {
                let (shape, elements) =
                    (self.expr(&args[0]).at_least(Prec::Postfix), self.expr(recv).at_least(Prec::Unary));
                Tokens::new(code!(#shape.array(&#elements)), Prec::Postfix)
            }
            // What is put into the box may be read later.
            Expr::Method { recv, name, .. } if name == "into_boxed_slice" => {
                let recv = self.expr(recv).at_least(Prec::Postfix);
                Tokens::new(code!(#recv.to_vec().#name()), Prec::Postfix)
            }
            Expr::Method { recv, name, args, .. } if crate::arrays::FORMS.contains(&name.to_string().as_str()) => {
                self.array_form(recv, name, args)
            }
            Expr::Method { recv, name, turbofish, args } => {
                let lent = match &**recv {
                    Expr::Place(place) if looks::is_lent(self.program, place, name) && !self.is_for_people() => {
                        Some(self.place(place).at_least(Prec::Unary))
                    }
                    _ => None,
                };
                let recv = match lent {
                    Some(place) => {
                        let lent = quote::quote_spanned!(name.span()=> (*::differentiable::__private::lent(&#place)));
                        Tokens::atom(lent).tokens
                    }
                    None => self.typed_receiver(recv),
                };
                let args = self.values(args);
                Tokens::new(code!(#recv.#name #turbofish(#(#args),*)), Prec::Postfix)
            }
            Expr::Call { func, qself, args, tangent, .. } => {
                let args = self.values(args);
                if *tangent
                    && crate::lower::is_variant(func)
                    && !crate::lower::is_box(func)
                    && !crate::variants::is_standard(func)
                {
                    let path = self.tangent_constructor(func);
                    return Tokens::new(code!(#path(#(#args),*)), Prec::Postfix);
                }
                let mut path = func.clone();
                if *tangent && crate::variants::is_standard(func) {
                    // The types in a turbofish are those of the value.
                    path.segments.iter_mut().for_each(|s| s.arguments = syn::PathArguments::None);
                    // The tangent of a result has no error, which nothing else may tell.
                    if let Some(ok) = path.segments.last_mut().filter(|s| s.ident == "Ok") {
                        ok.arguments = syn::PathArguments::AngleBracketed(syn::parse_quote!(::<_, ()>));
                    }
                }
                let func = syn::ExprPath { attrs: Vec::new(), qself: qself.clone(), path };
                Tokens::new(code!(#func(#(#args),*)), Prec::Postfix)
            }
            Expr::Struct { path, fields, tangent: true, .. } if crate::lower::is_variant(path) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by_key(|(m, _)| crate::derive::field_name(m));
                let (path, args) = (self.tangent_constructor(path), self.values(fields.into_iter().map(|(_, e)| e)));
                Tokens::new(code!(#path(#(#args),*)), Prec::Postfix)
            }
            Expr::Struct { path, fields, rest, .. } => {
                let members: Vec<Code> = fields
                    .iter()
                    .map(|(m, e)| {
                        let e = self.operand(e);
                        code!(#m: #e)
                    })
                    .collect();
                let rest = rest.as_ref().map(|e| {
                    let e = self.value(e);
                    code!(..#e)
                });
                Tokens::new(code!(#path { #(#members,)* #rest }), Prec::Lowest)
            }
            Expr::Tuple(es) => {
                let es = self.values(es);
                Tokens::atom(tuple(&es))
            }
            Expr::Array(es, sequence) => {
                let items = self.values(es);
                Tokens::atom(match sequence {
                    Sequence::Array => code!([#(#items),*]),
                    Sequence::Vec if items.is_empty() => code!(::differentiable::__private::vec::Vec::new()),
                    Sequence::Vec => code!(::differentiable::__private::vec![#(#items),*]),
                })
            }
            Expr::Repeat { value, len, sequence } => self.repeated(value, len, *sequence),
            Expr::Cast(e, ty) => {
                let e = self.expr(e).at_least(Prec::Cast);
                Tokens::new(code!(#e as #ty), Prec::Cast)
            }
            Expr::Range { lo, hi, inclusive } => {
                let side = |e: &Option<Box<Expr>>| e.as_ref().map(|e| self.expr(e).at_least(Prec::Or));
                let (lo, hi) = (side(lo), side(hi));
                Tokens::new(if *inclusive { code!(#lo..=#hi) } else { code!(#lo..#hi) }, Prec::Range)
            }
            Expr::Select(c, a, b) => {
                let (c, a, b) = (self.condition(c), self.operand(a), self.operand(b));
                Tokens::new(code!(if #c { #a } else { #b }), Prec::Lowest)
            }
            Expr::Matches(e, pat) => {
                let e = self.value(e);
                Tokens::atom(code!(::core::matches!(#e, #pat)))
            }
            Expr::Verbatim(e, captures) => {
                let mut e = (**e).clone();
                let captured = |name: &Ident| captures.iter().find(|(i, _)| i == name).map(|(_, e)| e);
                crate::free::replace_and_lend(
                    &mut e,
                    &mut |name| captured(name).map(|e| self.expr(e).at_least(Prec::Atom).into_token_stream()),
                    &mut |name, whole, method| {
                        captured(name).is_some_and(|e| looks::is_lent_in(self.program, e, whole, method))
                            && !self.is_for_people()
                    },
                );
                Tokens::new(e.to_token_stream(), Prec::Lowest)
            }
            Expr::Wrap { like, value, tangent } => {
                let (like, value) = (self.expr(like).at_least(Prec::Unary), self.operand(value));
                let wrap = if *tangent { code!(wrap_tangent) } else { code!(wrap) };
                Tokens::new(code!(::differentiable::__private::#wrap(&#like, #value)), Prec::Postfix)
            }
            Expr::Zero(e) => self.zero(e),
            Expr::Clone(e) => {
                if let Expr::Place(place) = &**e
                    && let Some(value) = self.part_value(place)
                {
                    return Tokens::new(value, Prec::Postfix);
                }
                if self.kind_of(e).is_scalar() {
                    return self.expr(e);
                }
                if let Expr::Place(place) = &**e
                    && matches!(place.path.last(), Some(crate::ir::Step::Index { range: false, .. }))
                    && self.kind_of(e).deref().is_constant()
                {
                    // An element may be a reference, to a text for one, and stays one.
                    let element = self.place(place).at_least(Prec::Postfix);
                    return Tokens::new(code!(::core::clone::Clone::clone(&#element)), Prec::Postfix);
                }
                let recv = match &**e {
                    Expr::Place(place) => match place.path.as_slice() {
                        // What is behind a box is meant, not the box.
                        [.., crate::ir::Step::Deref] => self.place(place).at_least(Prec::Postfix),
                        _ => self.receiver(place),
                    },
                    other => self.expr(other).at_least(Prec::Postfix),
                };
                Tokens::new(code!(#recv.to_owned()), Prec::Postfix)
            }
            Expr::FromInt(e, float) => {
                let inner = self.expr(e);
                match float {
                    Float::F64 => {
                        let inner = inner.tokens;
                        Tokens::new(code!(f64::from(#inner)), Prec::Postfix)
                    }
                    Float::F32 => {
                        let inner = inner.at_least(Prec::Cast);
                        Tokens::new(code!(#inner as f32), Prec::Cast)
                    }
                    float => {
                        // A product of two of them says nothing of their type.
                        let ty = match float {
                            Float::Generic(name) => syn::parse_str::<syn::Type>(name).map(|ty| code!(::<#ty, _>)),
                            _ => Ok(Code::default()),
                        };
                        let (inner, ty) = (inner.tokens, ty.unwrap_or_default());
                        Tokens::new(code!(::differentiable::__private::from_integer #ty(#inner)), Prec::Postfix)
                    }
                }
            }
            Expr::CastTangent { primal, tangent, ty } => {
                let (p, t) = (self.expr(primal).at_least(Prec::Unary), self.value(tangent));
                Tokens::new(
                    if let Some(ty) = ty {
                        code!(::differentiable::__private::cast_tangent::<_, #ty>(&#p, #t))
                    } else {
                        code!(::differentiable::__private::cast_cotangent(&#p, #t))
                    },
                    Prec::Postfix,
                )
            }
        }
    }

    /// An array in another form: its elements in order, an array of elements, a larger array.
    fn array_form(&self, recv: &Expr, name: &proc_macro2::Ident, args: &[Expr]) -> Tokens {
        let args = self.values(args);
        let function = syn::Ident::new(name.to_string().trim_start_matches('_'), Span::mixed_site());
        if name == "__total" {
            return match recv {
                Expr::Neg(of) => {
                    let total = self.array_form(of, name, &[]).at_least(Prec::Unary);
                    Tokens::new(code!(-#total), Prec::Unary)
                }
                Expr::Place(place) => {
                    let array = self.receiver(place);
                    Tokens::new(code!(#array.sum()), Prec::Postfix)
                }
                other => {
                    let array = self.expr(other).at_least(Prec::Postfix);
                    Tokens::new(code!(#array.sum()), Prec::Postfix)
                }
            };
        }
        if args.is_empty() && name == "__spread" {
            // Repeated by what it is given to.
            return self.expr(recv);
        }
        let recv = match recv {
            Expr::Place(_) if name == "__shaped" => self.value(recv),
            Expr::Place(place) => match self.part_value(place) {
                Some(tangent) => code!(&#tangent),
                None => self.reference(place, false).tokens,
            },
            Expr::Ref { .. } => self.value(recv),
            other if name == "__shaped" => self.value(other),
            other => {
                let other = self.expr(other).at_least(Prec::Unary);
                code!(&#other)
            }
        };
        Tokens::new(code!(::differentiable::__private::#function(#recv #(, #args)*)), Prec::Postfix)
    }

    /// A function of complex numbers.
    fn complex(&self, rule: &crate::rules::Rule, args: &[Expr]) -> Tokens {
        let name = syn::Ident::new(rule.name, Span::mixed_site());
        match rule.name {
            "new" | "from_polar" | "cis" => {
                let args = self.values(args);
                Tokens::new(code!(::differentiable::num_complex::Complex::#name(#(#args),*)), Prec::Postfix)
            }
            "re" | "im" => {
                let recv = self.expr(&args[0]).at_least(Prec::Postfix);
                Tokens::new(code!(#recv.#name), Prec::Postfix)
            }
            _ => {
                let recv = self.typed_receiver(&args[0]);
                let rest = self.values(&args[1..]);
                Tokens::new(code!(#recv.#name(#(#rest),*)), Prec::Postfix)
            }
        }
    }

    /// A condition: a struct literal in it would be ambiguous.
    pub(crate) fn condition(&self, e: &Expr) -> Code {
        match e {
            Expr::Struct { .. } | Expr::Verbatim(..) => self.expr(e).at_least(Prec::Atom),
            _ => self.value(e),
        }
    }

    /// The receiver of a method: a literal alone has no type yet.
    fn typed_receiver(&self, e: &Expr) -> Code {
        match e {
            Expr::Number(x, float) => match float {
                Float::F32 => Literal::f32_suffixed(*x as f32).into(),
                Float::Generic(_) => number(*x, float).at_least(Prec::Postfix),
                _ => Literal::f64_suffixed(*x).into(),
            },
            Expr::Lit(syn::Lit::Float(l)) if l.suffix().is_empty() => {
                let has = |float: Float| self.program.vars.iter().any(|v| v.kind == Kind::Float(float.clone()));
                let suffix = if has(Float::F32) && !has(Float::F64) { "f32" } else { "f64" };
                suffixed(l, suffix).token().into()
            }
            // A length.
            Expr::Lit(syn::Lit::Int(l)) if l.suffix().is_empty() => {
                syn::LitInt::new(&format!("{}_usize", l.base10_digits()), l.span()).token().into()
            }
            Expr::Neg(inner) if matches!(**inner, Expr::Lit(syn::Lit::Float(_))) => {
                let inner = self.typed_receiver(inner);
                code!((-#inner))
            }
            Expr::Place(place) => self.receiver(place),
            _ => self.expr(e).at_least(Prec::Postfix),
        }
    }

    fn binary(&self, op: BinOp, a: &Expr, b: &Expr) -> Tokens {
        if matches!(self.kind_of(a), Kind::Float(Float::Generic(_)) if self.kind_of(b).deref().is_complex())
            && !(self.lanes && self.carries_tangent(a))
        {
            // A type parameter stands on the right of a complex number only.
            match op {
                BinOp::Add | BinOp::Mul => return self.binary(op, b, a),
                BinOp::Sub => return self.binary(BinOp::Add, &Expr::Neg(Box::new(b.clone())), a),
                _ => {}
            }
        }
        let (token, Operation { prec, left, right, .. }) = (operator_token(op), operation(op));
        let a_tokens = self.expr(a);
        // `x as usize < y` would begin a generic argument list.
        let a_tokens = if matches!(op, BinOp::Lt | BinOp::Shl) && matches!(a, Expr::Cast(..)) {
            a_tokens.at_least(Prec::Atom)
        } else {
            a_tokens.at_least(left)
        };
        let b_tokens = self.expr(b).at_least(right);
        Tokens::new(Code::joined([&a_tokens, &token, &b_tokens]), prec)
    }

    fn carries_tangent(&self, e: &Expr) -> bool {
        let mut found = false;
        crate::activity::carriers(e, &mut |v| found |= self.program.vars[v].role == crate::ir::Role::Tangent);
        found
    }

    fn zero(&self, e: &Expr) -> Tokens {
        let kind = self.kind_of(e);
        if let Some(zero) = zero_of(&kind) {
            return zero;
        }
        if let Expr::Item(path, None) = e
            && crate::variants::is_named(path, "None")
        {
            return Tokens::atom(code!(::core::option::Option::None));
        }
        // The zero of a variant is the variant of a zero; an error has the tangent `()`.
        if let Expr::Call { func, args, ctor: true, .. } = e
            && let [payload] = args.as_slice()
            && crate::variants::is_standard(func)
        {
            let zero = if crate::variants::is_named(func, "Err") { code!(()) } else { self.zero(payload).tokens };
            return Tokens::new(code!(#func(#zero)), Prec::Postfix);
        }
        if let Expr::Tuple(parts) = e {
            let parts: Vec<Code> = parts.iter().map(|part| self.zero(part).tokens).collect();
            return Tokens::atom(tuple(&parts));
        }
        let arg = match e {
            // A zero is its own tangent.
            Expr::Zero(_) => return self.expr(e),
            Expr::Place(place) => self.reference(place, false).tokens,
            Expr::Ref { of, .. } => return self.zero(of),
            other => {
                let inner = self.expr(other).at_least(Prec::Unary);
                code!(&#inner)
            }
        };
        Tokens::new(code!(::differentiable::Differentiable::__zero(#arg)), Prec::Postfix)
    }
}

/// The literal zero of a kind that has one.
fn zero_of(kind: &Kind) -> Option<Tokens> {
    match kind {
        Kind::Float(float) => Some(number(0.0, float)),
        Kind::Complex(float) => {
            let zero = number(0.0, float).tokens;
            Some(Tokens::new(code!(::differentiable::num_complex::Complex::new(#zero, #zero)), Prec::Postfix))
        }
        Kind::Int | Kind::Bool | Kind::Unit | Kind::Constant => Some(Tokens::atom(code!(()))),
        Kind::Tuple(kinds) => {
            let parts: Option<Vec<Code>> = kinds.iter().map(|k| zero_of(k).map(|t| t.tokens)).collect();
            parts.map(|parts| Tokens::atom(tuple(&parts)))
        }
        _ => None,
    }
}

/// A literal of a float type.
fn number(x: f64, float: &Float) -> Tokens {
    let positive = match float {
        Float::Generic(name) => {
            let ty = syn::Ident::new(name, Span::call_site());
            let x = Literal::f64_suffixed(x.abs());
            Tokens::new(code!(<#ty as ::differentiable::Real>::__lit(#x)), Prec::Postfix)
        }
        _ => Tokens::atom(Literal::f64_unsuffixed(x.abs())),
    };
    if x.is_sign_negative() {
        let positive = positive.tokens;
        Tokens::new(code!(-#positive), Prec::Unary)
    } else {
        positive
    }
}
