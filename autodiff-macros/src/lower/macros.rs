//! Macros in bodies: those of the standard library that make values, and those that only check,
//! print or stop.

use proc_macro2::Ident;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr as S, Lit, Token};

use super::Lowerer;
use crate::ir::{Expr, Place, Role, Sequence, Step, Stmt};
use crate::kinds::{Float, Kind};

/// Macros that are run for their effect and never give a value.
pub(crate) const EFFECTS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "print",
    "println",
    "eprint",
    "eprintln",
];

/// Macros that never return.
pub(crate) const DIVERGING: &[&str] = &["panic", "unreachable", "todo", "unimplemented"];

/// Macros that give a constant.
pub(crate) const VALUES: &[&str] =
    &["matches", "format", "concat", "stringify", "line", "file", "column", "module_path", "env", "cfg", "s"];

impl Lowerer<'_> {
    /// Lowers a macro call; `None` if it never returns.
    pub(super) fn macro_call(&mut self, m: &syn::ExprMacro) -> Option<Expr> {
        let name = m.mac.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        let name = name.as_str();
        if name == "vec" {
            return Some(self.vec_macro(&m.mac));
        }
        if matches!(name, "concatenate" | "stack") {
            return self.joined_macro(&m.mac, name == "stack");
        }
        if matches!(name, "azip" | "par_azip") {
            return self.zip_macro(&m.mac);
        }
        if name == "dbg" {
            return self.dbg_macro(m);
        }
        if let Some(said) = self.changing_match(&m.mac) {
            return Some(self.atom(&said));
        }
        if let Some(said) = self.changing_arguments(&m.mac, name) {
            return Some(self.rhs(&said));
        }
        let kept = self.verbatim(&S::Macro(m.clone()));
        if name == "array" && self.is_constant_code(&kept) {
            return Some(match axes_of_floats(&m.mac) {
                Some(axes) => {
                    let var = self.let_var("array", m.mac.span(), Role::Temporary, kept);
                    self.program.vars[var].kind = Kind::Array(Box::new(Kind::Unknown), Some(axes));
                    Expr::var(var, m.mac.span())
                }
                None => kept,
            });
        }
        if DIVERGING.contains(&name) {
            self.emit(Stmt::Effect(kept));
            None
        } else if EFFECTS.contains(&name) {
            self.emit(Stmt::Effect(kept));
            Some(Expr::Tuple(Vec::new()))
        } else if VALUES.contains(&name) {
            Some(kept)
        } else if name == "array" {
            self.array_macro(&m.mac)
        } else {
            self.errors.on(
                &m.mac.path,
                format!("`{name}!` cannot be differentiated through; compute its value outside, or pass it as a `#[constant]`"),
            );
            None
        }
    }

    /// What a macro that checks or prints says, some of whose arguments change something: those get names before it, and so
    /// does what is evaluated before them.
    fn changing_arguments(&self, mac: &syn::Macro, name: &str) -> Option<S> {
        if !EFFECTS.contains(&name) && name != "format" {
            return None;
        }
        let args = arguments(mac);
        // The arguments of the message of an assertion are evaluated where it fails.
        let evaluated = match name.trim_start_matches("debug_") {
            "assert" => 1,
            "assert_eq" | "assert_ne" => 2,
            _ => args.len(),
        };
        let last = args.iter().take(evaluated).rposition(|(_, e)| self.may_change_something(e))?;
        let mut lets: Vec<syn::Stmt> = Vec::new();
        let mut rewritten: Vec<proc_macro2::TokenStream> = Vec::new();
        for (i, (named, e)) in args.iter().enumerate() {
            let mut tokens = quote::quote!(#e);
            if i <= last && !matches!(e, S::Lit(_)) && !self.is_plain_place(e) {
                let asked = quote::format_ident!("asked_{}", i, span = proc_macro2::Span::mixed_site());
                lets.push(syn::parse_quote!(let #asked = #e;));
                tokens = quote::quote!(#asked);
            }
            let named = named.iter();
            rewritten.push(quote::quote!(#(#named =)* #tokens));
        }
        if let ("assert" | "debug_assert", [(None, e)]) = (name, args.as_slice()) {
            let text = format!("assertion failed: {}", quote::ToTokens::to_token_stream(e));
            rewritten.push(quote::quote!("{}", #text));
        }
        let path = &mac.path;
        let said = quote::quote!({ #(#lets)* #path!(#(#rewritten),*) });
        if name.starts_with("debug_") {
            return syn::parse2(quote::quote!(if ::core::cfg!(debug_assertions) { #said })).ok();
        }
        syn::parse2(said).ok()
    }

    /// What a `matches!` says whose value, or guard, changes something.
    pub(super) fn changing_match(&self, mac: &syn::Macro) -> Option<S> {
        if !mac.path.is_ident("matches") || !arguments(mac).iter().any(|(_, e)| self.changed_by(e).is_some()) {
            return None;
        }
        let parts = |input: ParseStream| Ok((input.parse::<S>()?, input.parse::<Alternatives>()?));
        let (value, Alternatives { pat, guard }) = parts.parse2(mac.tokens.clone()).ok()?;
        let guard = guard.map(|guard| quote::quote!(if #guard));
        Some(syn::parse_quote!(match #value { #pat #guard => true, _ => false }))
    }

    /// `dbg!(e)` prints, and gives the value of `e`.
    fn dbg_macro(&mut self, m: &syn::ExprMacro) -> Option<Expr> {
        let mut args = arguments(&m.mac).into_iter();
        let (Some((None, e)), None) = (args.next(), args.next()) else {
            self.errors.on(&m.mac.path, "`dbg!` of one value can be differentiated; write one for each");
            return None;
        };
        let value = self.atom(&e);
        let text = quote::ToTokens::to_token_stream(&e).to_string();
        let name = Ident::new("value", proc_macro2::Span::mixed_site());
        let print: S = syn::parse_quote!(
            ::std::eprintln!("[{}:{}:{}] {} = {:#?}", ::core::file!(), ::core::line!(), ::core::column!(), #text, #name)
        );
        self.emit(Stmt::Effect(Expr::Verbatim(Box::new(print), vec![(name, value.clone())])));
        Some(value)
    }

    /// `array![…]` of `ndarray` with values that carry derivatives: zeros, to which each is assigned.
    fn array_macro(&mut self, mac: &syn::Macro) -> Option<Expr> {
        let span = mac.span();
        let items = Punctuated::<S, Token![,]>::parse_terminated.parse2(mac.tokens.clone());
        let rows = |items: &Punctuated<S, Token![,]>| -> Option<Vec<Vec<S>>> {
            items
                .iter()
                .map(|row| match row {
                    S::Array(a) if !a.elems.iter().any(|e| matches!(e, S::Array(_))) => {
                        Some(a.elems.iter().cloned().collect())
                    }
                    _ => None,
                })
                .collect()
        };
        let (shape, cells): (Expr, Vec<(Expr, S)>) = match items {
            Ok(items) if !items.iter().any(|e| matches!(e, S::Array(_))) => {
                (Expr::int(items.len()), items.into_iter().enumerate().map(|(i, e)| (Expr::int(i), e)).collect())
            }
            Ok(items) if rows(&items).is_some() => {
                let rows = rows(&items).expect("tested above");
                let columns = rows.first().map_or(0, Vec::len);
                let at = |i, j| Expr::Array(vec![Expr::int(i), Expr::int(j)], Sequence::Array);
                let shape = Expr::Tuple(vec![Expr::int(rows.len()), Expr::int(columns)]);
                let cells = rows.into_iter().enumerate();
                (
                    shape,
                    cells.flat_map(|(i, row)| row.into_iter().enumerate().map(move |(j, e)| (at(i, j), e))).collect(),
                )
            }
            _ => {
                self.errors.on(
                    &mac.path,
                    "`array!` of values that carry a derivative can have one or two axes; fill an array of zeros by assignments",
                );
                return None;
            }
        };
        let (zeros, axes) = if matches!(shape, Expr::Tuple(_)) {
            (syn::parse_quote!(::differentiable::ndarray::Array2::zeros), 2)
        } else {
            (syn::parse_quote!(::differentiable::ndarray::Array1::zeros), 1)
        };
        let zeros = Expr::Call { func: zeros, qself: None, args: vec![shape], ctor: false, tangent: false };
        let cells: Vec<(Expr, Expr)> = cells.into_iter().map(|(at, e)| (at, self.operand(&e))).collect();
        // One number whose type is known tells that of all.
        let known = cells.iter().map(|(_, e)| self.kind(e)).find(|k| k.is_scalar() && *k != Kind::Float(Float::Any));
        let var = self.let_var("array", span, Role::Temporary, zeros);
        self.program.vars[var].mutable = true;
        if let Some(element @ (Kind::Float(_) | Kind::Complex(_))) = known {
            self.program.vars[var].kind = Kind::Array(Box::new(element), Some(axes));
        }
        for (at, value) in cells {
            let place = Place::var(var, span).step(Step::Index { at: Box::new(at), range: false });
            self.emit(Stmt::Assign { place, value, init: false });
        }
        Some(Expr::var(var, span))
    }

    /// Whether kept code reads nothing that may carry a derivative.
    fn is_constant_code(&self, kept: &Expr) -> bool {
        let Expr::Verbatim(_, captures) = kept else { return false };
        captures.iter().all(|(_, e)| self.kind(e).deref().is_constant())
    }

    fn vec_macro(&mut self, mac: &syn::Macro) -> Expr {
        let repeat = |input: ParseStream| {
            let value: S = input.parse()?;
            input.parse::<Token![;]>()?;
            let len: S = input.parse()?;
            Ok((value, len))
        };
        if let Ok((value, len)) = repeat.parse2(mac.tokens.clone()) {
            return self.repeat(&value, &len, Sequence::Vec);
        }
        match Punctuated::<S, Token![,]>::parse_terminated.parse2(mac.tokens.clone()) {
            Ok(items) => Expr::Array(self.in_order(&items, Self::literal_element), Sequence::Vec),
            Err(e) => {
                self.errors.push(syn::Error::new(mac.span(), format!("`vec!` with arguments that are no list: {e}")));
                Expr::Tuple(Vec::new())
            }
        }
    }

    /// `[value; len]` or `vec![value; len]`.
    pub(super) fn repeat(&mut self, value: &S, len: &S, sequence: Sequence) -> Expr {
        let value = self.operand(value);
        let len = self.control(len);
        Expr::Repeat { value: Box::new(value), len: Box::new(len), sequence }
    }
}

/// The number of axes of an `array![…]` of what may be floats, which its first element tells.
fn axes_of_floats(mac: &syn::Macro) -> Option<usize> {
    let items = Punctuated::<S, Token![,]>::parse_terminated.parse2(mac.tokens.clone()).ok()?;
    let (mut first, mut axes) = (items.first()?, 1);
    while let S::Array(row) = first {
        (first, axes) = (row.elems.first()?, axes + 1);
    }
    let other = matches!(first, S::Lit(lit) if !matches!(lit.lit, syn::Lit::Float(_)));
    (!other).then_some(axes)
}

/// What follows the first argument of `matches!`.
pub(crate) struct Alternatives {
    pub(crate) pat: syn::Pat,
    pub(crate) guard: Option<syn::Expr>,
}

impl syn::parse::Parse for Alternatives {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse::<Token![,]>()?;
        let pat = syn::Pat::parse_multi_with_leading_vert(input)?;
        let guard = if input.parse::<Option<Token![if]>>()?.is_some() { Some(input.parse()?) } else { None };
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { pat, guard })
    }
}

/// The arguments of a macro that takes expressions, with the names of named ones.
pub(crate) fn arguments(m: &syn::Macro) -> Vec<(Option<Ident>, S)> {
    let list = |input: ParseStream| {
        let mut args = Vec::new();
        while !input.is_empty() {
            let name = if input.peek(syn::Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
                let name: Ident = input.parse()?;
                input.parse::<Token![=]>()?;
                Some(name)
            } else {
                None
            };
            args.push((name, input.parse::<S>()?));
            // `matches!(value, pattern)`: what follows the first argument is no expression.
            if input.is_empty() || input.parse::<Token![,]>().is_err() {
                break;
            }
        }
        let _rest: proc_macro2::TokenStream = input.parse()?;
        Ok(args)
    };
    if m.path.is_ident("matches") {
        // The value, and the guard behind the pattern.
        let parts = |input: ParseStream| {
            let e: S = input.parse()?;
            let rest: proc_macro2::TokenStream = input.parse()?;
            let guard = syn::parse2::<Alternatives>(rest).ok().and_then(|a| a.guard);
            Ok(std::iter::once(e).chain(guard).map(|e| (None, e)).collect())
        };
        return parts.parse2(m.tokens.clone()).unwrap_or_default();
    }
    list.parse2(m.tokens.clone()).unwrap_or_default()
}

/// The variables that the format string of a macro names: `x` in `println!("{x:.3}")`.
pub(crate) fn inline_names(m: &syn::Macro) -> Vec<Ident> {
    let mut names: Vec<Ident> = Vec::new();
    for (_, e) in arguments(m) {
        let S::Lit(syn::ExprLit { lit: Lit::Str(s), .. }) = e else {
            continue;
        };
        let text = s.value().replace("{{", "").replace("}}", "");
        for piece in text.split('{').skip(1) {
            let inside = piece.split('}').next().unwrap_or_default();
            let mut parts = vec![inside.split(':').next().unwrap_or_default().trim()];
            // Widths and precisions: `{x:>width$.precision$}`.
            parts.extend(inside.split(':').nth(1).into_iter().flat_map(|spec| {
                spec.split('$')
                    .map(|p| p.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default())
            }));
            for name in parts {
                if let Ok(ident) = syn::parse_str::<Ident>(name)
                    && !names.contains(&ident)
                {
                    names.push(Ident::new(name, s.span()));
                }
            }
        }
    }
    names
}
