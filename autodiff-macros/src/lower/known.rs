//! Functions and methods that are known by their paths and by the kinds of their arguments.

use proc_macro2::Span;
use syn::{Expr as S, ExprPath};

use super::{Lowerer, strip};
use crate::ir::{Expr, Role, Stmt, suffixed};
use crate::kinds::{Float, Kind};
use crate::{complex, methods, rules, variants};

impl Lowerer<'_> {
    /// A method of sequences, options and results that is called as a function: `<[f64]>::to_vec(v)`, or one of the user's own
    /// that takes its receiver by value.
    pub(super) fn method_by_path(
        &mut self,
        path: &ExprPath,
        names: &[&str],
        args: &[Expr],
        span: Span,
    ) -> Option<Expr> {
        let of_sequence = |q: &syn::QSelf| q.position == 0 && matches!(self.types.kind(&q.ty).deref(), Kind::Seq(_));
        let known = match (&path.qself, names) {
            (Some(qself), [_]) => of_sequence(qself),
            (None, [owner @ ("Vec" | "Option" | "Result"), name]) => methods::is_by_path(owner, name),
            (None, [.., "Clone", "clone"] | [.., "ToOwned", "to_owned"]) => true,
            // A receiver is handed over by reference.
            (None, [_, _]) => self.types.surroundings.consumes(&path.path),
            _ => false,
        };
        if !known || args.is_empty() || args.iter().any(|a| matches!(a, Expr::Verbatim(..))) {
            return None;
        }
        let values: Vec<(String, Expr)> =
            args.iter().enumerate().map(|(i, value)| (format!("__argument{i}"), value.clone())).collect();
        let idents: Vec<syn::Ident> = values.iter().map(|(name, _)| syn::Ident::new(name, span)).collect();
        let (recv, rest) = idents.split_first()?;
        let method = &path.path.segments.last()?.ident;
        let said: S = syn::parse_quote!(#recv.#method(#(#rest),*));
        Some(self.said_with(values.iter().map(|(name, value)| (name.as_str(), value.clone())), &said))
    }

    /// Functions of the standard library and of the prelude that the compiler knows.
    pub(super) fn known_function(&mut self, names: &[&str], args: &[Expr], span: Span) -> Option<Expr> {
        let place = |i: usize| args.get(i).and_then(super::as_place).cloned();
        match names {
            [.., "mem", "swap"] => {
                let (a, b) = (place(0)?, place(1)?);
                self.exchange(a, b, span);
                Some(Expr::Tuple(Vec::new()))
            }
            [.., "mem", "replace"] => {
                let a = place(0)?;
                Some(self.put_in(a, args.get(1)?.clone(), span))
            }
            [.., "mem", "take"] => {
                let a = place(0)?;
                Some(self.take_out(a, span))
            }
            // Floats have no `Ord`.
            [.., "cmp", name @ ("min" | "max")] if args.len() == 2 => {
                let args: Vec<Expr> = args.iter().cloned().map(strip).collect();
                Some(rules::method(args[0].clone(), name, args[1..].to_vec()))
            }
            ["stop_gradient"] | [.., "stop_gradient"] => {
                let given = args.first()?.clone();
                let stopped = rules::method(strip(given.clone()), "__stop", Vec::new());
                if !matches!(given, Expr::Ref { mutable: false, .. }) {
                    return Some(stopped);
                }
                // Of a reference: a reference to a copy that carries no derivative.
                let copy = self.temporary(stopped, span);
                Some(Expr::Ref { mutable: false, of: Box::new(strip(copy)) })
            }
            [.., "__private", super::failures::MARK] => {
                let given = args.first()?.clone();
                if self.kind(&given).deref() != &Kind::Unknown {
                    return Some(given);
                }
                let func = syn::parse_quote_spanned!(span=> ::differentiable::__private::undifferentiated);
                let call = Expr::Call { func, qself: None, args: vec![given], ctor: false, tangent: false };
                let var = self.fresh("t", span, Kind::Constant, Role::Temporary);
                self.emit(Stmt::Let { var, value: call });
                Some(Expr::var(var, span))
            }
            // `Vec::len` of a sequence.
            [.., "Vec", name @ ("len" | "is_empty")] => {
                Some(rules::method(strip(args.first()?.clone()), name, Vec::new()))
            }
            [.., "Vec", "from"] if matches!(self.kind(args.first()?).deref(), Kind::Seq(_)) => {
                Some(rules::method(strip(args.first()?.clone()), "to_vec", Vec::new()))
            }
            ["Box", "from"] if self.kind(args.first()?).is_float() => {
                let func = syn::parse_quote!(::differentiable::__private::boxed::Box::new);
                Some(Expr::Call { func, qself: None, args: args.to_vec(), ctor: true, tangent: false })
            }
            ["Option", "from"] if self.kind(args.first()?).is_float() => {
                Some(self.constructed(variants::some(), args.first()?.clone(), span))
            }
            ["drop"]
                if !self.uses.has_own_drop() && self.types.surroundings.output(&syn::parse_quote!(drop)).is_none() =>
            {
                Some(Expr::Tuple(Vec::new()))
            }
            [.., "mem", "drop"] => Some(Expr::Tuple(Vec::new())),
            [.., "Vec", "with_capacity"] => Some(Expr::Call {
                func: syn::parse_quote!(::differentiable::__private::vec::Vec::with_capacity),
                qself: None,
                args: args.to_vec(),
                ctor: false,
                tangent: false,
            }),
            _ => None,
        }
    }

    /// An associated function of a complex type.
    pub(super) fn complex_function(&mut self, path: &ExprPath, name: &str, args: &[Expr], span: Span) -> Option<Expr> {
        let args: Vec<Expr> = args.iter().cloned().map(strip).collect();
        let float = match name {
            "c64" if args.len() == 2 => Some(Float::F64),
            "c32" if args.len() == 2 => Some(Float::F32),
            _ => None,
        };
        if let Some(float) = float {
            let mut part = |e: &Expr| match self.kind(e) {
                Kind::Float(f) if f == float || f == Float::Any => e.clone(),
                _ => {
                    let ty: syn::Type =
                        if float == Float::F64 { syn::parse_quote!(f64) } else { syn::parse_quote!(f32) };
                    self.temporary(Expr::Cast(Box::new(e.clone()), Box::new(ty)), span)
                }
            };
            return Some(complex::new(part(&args[0]), part(&args[1])));
        }
        let Kind::Complex(float) = self.types.owner(&path.path) else { return None };
        if args.is_empty() {
            return None;
        }
        let args = with_type(args, &float);
        if name == "from" {
            let (Kind::Complex(float) | Kind::Float(float)) = self.kind(&args[0]) else {
                return None;
            };
            return Some(match self.kind(&args[0]) {
                Kind::Complex(_) => args[0].clone(),
                _ => complex::new(args[0].clone(), Expr::Number(0.0, float)),
            });
        }
        self.complex_method(args, name, span)
    }

    /// A function of complex numbers, whose arguments are known to be such.
    pub(super) fn complex_method(&mut self, args: Vec<Expr>, name: &str, span: Span) -> Option<Expr> {
        if name == "to_polar" {
            let mut part = |name: &str| {
                let rule = complex::find(name).expect("in the table");
                self.temporary(Expr::Math(rule, args.clone()), span)
            };
            return Some(Expr::Tuple(vec![part("norm"), part("arg")]));
        }
        complex::function(name, args.len()).map(|rule| Expr::Math(rule, args))
    }

    /// A method of a float.
    pub(super) fn float_method(&mut self, recv: Expr, name: &str, mut args: Vec<Expr>, span: Span) -> Expr {
        if name == "sin_cos" {
            let sin = Expr::Math(rules::find("sin").expect("in the table"), vec![recv.clone()]);
            let cos = Expr::Math(rules::find("cos").expect("in the table"), vec![recv]);
            return Expr::Tuple(vec![self.temporary(sin, span), self.temporary(cos, span)]);
        }
        match rules::find(name) {
            Some(rule) if rule.args.len() == args.len() + 1 => {
                args.insert(0, recv);
                Expr::Math(rule, args)
            }
            _ => rules::method(recv, name, args),
        }
    }
}

/// Literals alone do not tell what `Complex::<f64>::new` says: the first of them gets its type.
fn with_type(mut args: Vec<Expr>, float: &Float) -> Vec<Expr> {
    let is_literal = |e: &Expr| matches!(e, Expr::Lit(syn::Lit::Float(l)) if l.suffix().is_empty());
    let suffix = match float {
        Float::F64 => "f64",
        Float::F32 => "f32",
        Float::Generic(_) | Float::Any => return args,
    };
    if args.iter().all(is_literal)
        && let Some(Expr::Lit(syn::Lit::Float(l))) = args.first_mut()
    {
        *l = suffixed(l, suffix);
    }
    args
}
