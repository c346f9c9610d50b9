//! Macros in bodies: those of the standard library that make values, and those that only check,
//! print or stop.

use proc_macro2::Ident;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr as S, Lit, Token};

use super::Lowerer;
use crate::ir::{Expr, Sequence, Stmt};

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
        let kept = self.verbatim(&S::Macro(m.clone()));
        if DIVERGING.contains(&name) {
            self.emit(Stmt::Effect(kept));
            None
        } else if EFFECTS.contains(&name) {
            self.emit(Stmt::Effect(kept));
            Some(Expr::Tuple(Vec::new()))
        } else if VALUES.contains(&name) {
            Some(kept)
        } else {
            self.errors.on(
                &m.mac.path,
                format!("`{name}!` cannot be differentiated through; compute its value outside, or pass it as a `#[constant]`"),
            );
            None
        }
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
            Ok(items) => {
                let items = items.iter().map(|e| self.operand(e)).collect();
                Expr::Array(items, Sequence::Vec)
            }
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
