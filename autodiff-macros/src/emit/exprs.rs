//! Emission of expressions.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::VisitMut;

use super::Emitter;
use super::places::variant_path;
use crate::ir::{BinOp, Expr, Sequence};
use crate::kinds::{self, Float, Kind};

/// Binding strength, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Prec {
    Lowest,
    Range,
    Or,
    And,
    Compare,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Add,
    Mul,
    Cast,
    Unary,
    Postfix,
    Atom,
}

/// Tokens with their binding strength.
pub(crate) struct Tokens {
    pub(crate) tokens: TokenStream,
    prec: Prec,
}

impl Tokens {
    pub(crate) fn new(tokens: TokenStream, prec: Prec) -> Self {
        Self { tokens, prec }
    }

    pub(crate) fn atom(tokens: TokenStream) -> Self {
        Self::new(tokens, Prec::Atom)
    }

    /// The tokens, in parentheses if they bind less strongly than asked.
    pub(crate) fn at_least(self, prec: Prec) -> TokenStream {
        if self.prec >= prec {
            self.tokens
        } else {
            let tokens = self.tokens;
            quote!((#tokens))
        }
    }
}

impl Emitter<'_> {
    pub(crate) fn kind_of(&self, e: &Expr) -> Kind {
        kinds::of_expr(self.program, self.types, e)
    }

    /// The tokens of an expression in a place where anything can stand.
    pub(crate) fn value(&self, e: &Expr) -> TokenStream {
        self.expr(e).tokens
    }

    fn values<'e>(&self, es: impl IntoIterator<Item = &'e Expr>) -> Vec<TokenStream> {
        es.into_iter().map(|e| self.value(e)).collect()
    }

    pub(crate) fn expr(&self, e: &Expr) -> Tokens {
        match e {
            Expr::Lit(lit) => Tokens::atom(lit.to_token_stream()),
            Expr::Number(x, float) => number(*x, float),
            Expr::Bool(b) => Tokens::atom(b.to_token_stream()),
            Expr::Item(path, None) => Tokens::atom(path.to_token_stream()),
            Expr::Item(path, Some(qself)) => {
                let e = syn::ExprPath { attrs: Vec::new(), qself: Some(qself.clone()), path: path.clone() };
                Tokens::atom(e.to_token_stream())
            }
            Expr::Place(place) => self.place(place),
            Expr::Ref { mutable, of } => match &**of {
                Expr::Place(place) => self.reference(place, *mutable),
                other => {
                    let inner = self.expr(other).at_least(Prec::Unary);
                    Tokens::new(if *mutable { quote!(&mut #inner) } else { quote!(&#inner) }, Prec::Unary)
                }
            },
            Expr::Neg(e) => {
                let inner = self.expr(e).at_least(Prec::Unary);
                Tokens::new(quote!(-#inner), Prec::Unary)
            }
            Expr::Not(e) => {
                let inner = self.expr(e).at_least(Prec::Unary);
                Tokens::new(quote!(!#inner), Prec::Unary)
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
                    Tokens::new(quote!(#recv.#name(#(#rest),*)), Prec::Postfix)
                }
            },
            Expr::Method { recv, name, .. } if name == "__stop" => {
                let kind = self.kind_of(recv);
                if kind.is_scalar() { self.expr(recv) } else { self.expr(&Expr::Clone(recv.clone())) }
            }
            Expr::Method { recv, name, turbofish, args } => {
                let recv = match &**recv {
                    Expr::Place(place) => self.receiver(place),
                    other => self.expr(other).at_least(Prec::Postfix),
                };
                let args = self.values(args);
                Tokens::new(quote!(#recv.#name #turbofish(#(#args),*)), Prec::Postfix)
            }
            Expr::Call { func, qself, args, tangent, .. } => {
                let args = self.values(args);
                if *tangent && !crate::lower::is_box(func) {
                    let (alias, path) = variant_path(func, true);
                    return if alias.is_empty() {
                        Tokens::new(quote!(#path(#(#args),*)), Prec::Postfix)
                    } else {
                        Tokens::atom(quote!({ #alias #path(#(#args),*) }))
                    };
                }
                let func = syn::ExprPath { attrs: Vec::new(), qself: qself.clone(), path: func.clone() };
                Tokens::new(quote!(#func(#(#args),*)), Prec::Postfix)
            }
            Expr::Struct { path, fields, rest, tangent } => {
                let members = fields.iter().map(|(m, e)| {
                    let e = self.value(e);
                    quote!(#m: #e)
                });
                let rest = rest.as_ref().map(|e| {
                    let e = self.value(e);
                    quote!(..#e)
                });
                let (alias, path) = variant_path(path, *tangent);
                let literal = quote!(#path { #(#members,)* #rest });
                if alias.is_empty() {
                    Tokens::new(literal, Prec::Lowest)
                } else {
                    Tokens::atom(quote!({ #alias #literal }))
                }
            }
            Expr::Tuple(es) => {
                let es = self.values(es);
                Tokens::atom(tuple(&es))
            }
            Expr::Array(es, sequence) => {
                let items = self.values(es);
                Tokens::atom(match sequence {
                    Sequence::Array => quote!([#(#items),*]),
                    Sequence::Vec if items.is_empty() => quote!(::differentiable::__private::vec::Vec::new()),
                    Sequence::Vec => quote!(::differentiable::__private::vec![#(#items),*]),
                })
            }
            Expr::Repeat { value, len, sequence } => {
                let (value, len) = (self.value(value), self.value(len));
                Tokens::atom(match sequence {
                    Sequence::Array => quote!([#value; #len]),
                    Sequence::Vec => quote!(::differentiable::__private::vec![#value; #len]),
                })
            }
            Expr::Cast(e, ty) => {
                let e = self.expr(e).at_least(Prec::Cast);
                Tokens::new(quote!(#e as #ty), Prec::Cast)
            }
            Expr::Range { lo, hi, inclusive } => {
                let side = |e: &Option<Box<Expr>>| e.as_ref().map(|e| self.expr(e).at_least(Prec::Or));
                let (lo, hi) = (side(lo), side(hi));
                Tokens::new(if *inclusive { quote!(#lo..=#hi) } else { quote!(#lo..#hi) }, Prec::Range)
            }
            Expr::Select(c, a, b) => {
                let (c, a, b) = (self.condition(c), self.value(a), self.value(b));
                Tokens::new(quote!(if #c { #a } else { #b }), Prec::Lowest)
            }
            Expr::Matches(e, pat) => {
                let e = self.value(e);
                Tokens::atom(quote!(::core::matches!(#e, #pat)))
            }
            Expr::Verbatim(e, captures) => {
                let mut e = (**e).clone();
                let captures =
                    captures.iter().map(|(i, e)| (i.to_string(), self.expr(e).at_least(Prec::Atom))).collect();
                Rename { captures }.visit_expr_mut(&mut e);
                Tokens::new(e.to_token_stream(), Prec::Lowest)
            }
            Expr::Wrap { like, value, tangent } => {
                let (like, value) = (self.expr(like).at_least(Prec::Unary), self.value(value));
                let wrap = if *tangent { quote!(wrap_tangent) } else { quote!(wrap) };
                Tokens::new(quote!(::differentiable::__private::#wrap(&#like, #value)), Prec::Postfix)
            }
            Expr::Zero(e) => self.zero(e),
            Expr::Clone(e) => {
                if self.kind_of(e).is_scalar() {
                    return self.expr(e);
                }
                let recv = match &**e {
                    Expr::Place(place) => match place.path.as_slice() {
                        // What is behind a box is meant, not the box.
                        [.., crate::ir::Step::Deref] => self.place(place).at_least(Prec::Postfix),
                        _ => self.receiver(place),
                    },
                    other => self.expr(other).at_least(Prec::Postfix),
                };
                Tokens::new(quote!(#recv.to_owned()), Prec::Postfix)
            }
            Expr::FromInt(e, float) => {
                let inner = self.expr(e);
                match float {
                    Float::F64 => {
                        let inner = inner.tokens;
                        Tokens::new(quote!(f64::from(#inner)), Prec::Postfix)
                    }
                    Float::F32 => {
                        let inner = inner.at_least(Prec::Cast);
                        Tokens::new(quote!(#inner as f32), Prec::Cast)
                    }
                    _ => {
                        let inner = inner.tokens;
                        Tokens::new(quote!(::differentiable::__private::from_integer(#inner)), Prec::Postfix)
                    }
                }
            }
            Expr::CastTangent { primal, tangent, ty } => {
                let (p, t) = (self.expr(primal).at_least(Prec::Unary), self.value(tangent));
                Tokens::new(
                    if let Some(ty) = ty {
                        quote!(::differentiable::__private::cast_tangent::<_, #ty>(&#p, #t))
                    } else {
                        quote!(::differentiable::__private::cast_cotangent(&#p, #t))
                    },
                    Prec::Postfix,
                )
            }
        }
    }

    /// A function of complex numbers.
    fn complex(&self, rule: &crate::rules::Rule, args: &[Expr]) -> Tokens {
        let name = syn::Ident::new(rule.name, Span::mixed_site());
        match rule.name {
            "new" | "from_polar" | "cis" => {
                let args = self.values(args);
                Tokens::new(quote!(::differentiable::num_complex::Complex::#name(#(#args),*)), Prec::Postfix)
            }
            "re" | "im" => {
                let recv = self.expr(&args[0]).at_least(Prec::Postfix);
                Tokens::new(quote!(#recv.#name), Prec::Postfix)
            }
            _ => {
                let recv = self.typed_receiver(&args[0]);
                let rest = self.values(&args[1..]);
                Tokens::new(quote!(#recv.#name(#(#rest),*)), Prec::Postfix)
            }
        }
    }

    /// A condition: a struct literal in it would be ambiguous.
    pub(crate) fn condition(&self, e: &Expr) -> TokenStream {
        match e {
            Expr::Struct { .. } | Expr::Verbatim(..) => self.expr(e).at_least(Prec::Atom),
            _ => self.value(e),
        }
    }

    /// The receiver of a float method: a literal alone has no type yet.
    fn typed_receiver(&self, e: &Expr) -> TokenStream {
        match (e, self.kind_of(e)) {
            (Expr::Number(x, float), _) => match float {
                Float::F32 => Literal::f32_suffixed(*x as f32).to_token_stream(),
                Float::Generic(_) => number(*x, float).at_least(Prec::Postfix),
                _ => Literal::f64_suffixed(*x).to_token_stream(),
            },
            (Expr::Place(place), _) => self.receiver(place),
            _ => self.expr(e).at_least(Prec::Postfix),
        }
    }

    fn binary(&self, op: BinOp, a: &Expr, b: &Expr) -> Tokens {
        if matches!(self.kind_of(a), Kind::Float(Float::Generic(_)) if self.kind_of(b).deref().is_complex()) {
            // A type parameter stands on the right of a complex number only.
            match op {
                BinOp::Add | BinOp::Mul => return self.binary(op, b, a),
                BinOp::Sub => return self.binary(BinOp::Add, &Expr::Neg(Box::new(b.clone())), a),
                _ => {}
            }
        }
        let (token, prec) = operator(op);
        let right = match prec {
            Prec::Add => Prec::Mul,
            Prec::Mul => Prec::Cast,
            Prec::Compare => Prec::BitOr,
            Prec::Shift => Prec::Add,
            Prec::BitAnd => Prec::Shift,
            Prec::BitXor => Prec::BitAnd,
            Prec::BitOr => Prec::BitXor,
            Prec::And => Prec::Compare,
            _ => Prec::And,
        };
        let left = if prec == Prec::Compare { Prec::BitOr } else { prec };
        let a_tokens = self.expr(a);
        // `x as usize < y` would begin a generic argument list.
        let a_tokens = if matches!(op, BinOp::Lt | BinOp::Shl) && matches!(a, Expr::Cast(..)) {
            a_tokens.at_least(Prec::Atom)
        } else {
            a_tokens.at_least(left)
        };
        let b_tokens = self.expr(b).at_least(right);
        Tokens::new(quote!(#a_tokens #token #b_tokens), prec)
    }

    fn zero(&self, e: &Expr) -> Tokens {
        let kind = self.kind_of(e);
        if let Some(zero) = zero_of(&kind) {
            return zero;
        }
        if let Expr::Item(path, None) = e
            && crate::variants::is_named(path, "None")
        {
            return Tokens::atom(quote!(::core::option::Option::None));
        }
        // The zero of a variant is the variant of a zero; an error has the tangent `()`.
        if let Expr::Call { func, args, ctor: true, .. } = e
            && let [payload] = args.as_slice()
            && crate::variants::is_standard(func)
        {
            let zero = if crate::variants::is_named(func, "Err") { quote!(()) } else { self.zero(payload).tokens };
            return Tokens::new(quote!(#func(#zero)), Prec::Postfix);
        }
        let arg = match e {
            Expr::Place(place) => self.reference(place, false).tokens,
            Expr::Ref { of, .. } => return self.zero(of),
            other => {
                let inner = self.expr(other).at_least(Prec::Unary);
                quote!(&#inner)
            }
        };
        Tokens::new(quote!(::differentiable::Differentiable::__zero(#arg)), Prec::Postfix)
    }
}

/// The literal zero of a kind that has one.
fn zero_of(kind: &Kind) -> Option<Tokens> {
    match kind {
        Kind::Float(float) => Some(number(0.0, float)),
        Kind::Complex(float) => {
            let zero = number(0.0, float).tokens;
            Some(Tokens::new(quote!(::differentiable::num_complex::Complex::new(#zero, #zero)), Prec::Postfix))
        }
        Kind::Int | Kind::Bool | Kind::Unit | Kind::Constant => Some(Tokens::atom(quote!(()))),
        Kind::Tuple(kinds) => {
            let parts: Option<Vec<TokenStream>> = kinds.iter().map(|k| zero_of(k).map(|t| t.tokens)).collect();
            parts.map(|parts| Tokens::atom(tuple(&parts)))
        }
        _ => None,
    }
}

/// A tuple, also of one element.
pub(crate) fn tuple(items: &[TokenStream]) -> TokenStream {
    match items {
        [one] => quote!((#one,)),
        many => quote!((#(#many),*)),
    }
}

/// A literal of a float type.
fn number(x: f64, float: &Float) -> Tokens {
    let positive = match float {
        Float::Generic(name) => {
            let ty = syn::Ident::new(name, Span::call_site());
            let x = Literal::f64_suffixed(x.abs());
            Tokens::new(quote!(<#ty as ::differentiable::Real>::__lit(#x)), Prec::Postfix)
        }
        _ => Tokens::atom(Literal::f64_unsuffixed(x.abs()).to_token_stream()),
    };
    if x.is_sign_negative() {
        let positive = positive.tokens;
        Tokens::new(quote!(-#positive), Prec::Unary)
    } else {
        positive
    }
}

fn operator(op: BinOp) -> (TokenStream, Prec) {
    match op {
        BinOp::Add => (quote!(+), Prec::Add),
        BinOp::Sub => (quote!(-), Prec::Add),
        BinOp::Mul => (quote!(*), Prec::Mul),
        BinOp::Div => (quote!(/), Prec::Mul),
        BinOp::Rem => (quote!(%), Prec::Mul),
        BinOp::And => (quote!(&&), Prec::And),
        BinOp::Or => (quote!(||), Prec::Or),
        BinOp::BitAnd => (quote!(&), Prec::BitAnd),
        BinOp::BitOr => (quote!(|), Prec::BitOr),
        BinOp::BitXor => (quote!(^), Prec::BitXor),
        BinOp::Shl => (quote!(<<), Prec::Shift),
        BinOp::Shr => (quote!(>>), Prec::Shift),
        BinOp::Eq => (quote!(==), Prec::Compare),
        BinOp::Ne => (quote!(!=), Prec::Compare),
        BinOp::Lt => (quote!(<), Prec::Compare),
        BinOp::Le => (quote!(<=), Prec::Compare),
        BinOp::Gt => (quote!(>), Prec::Compare),
        BinOp::Ge => (quote!(>=), Prec::Compare),
    }
}

/// The token of an operator.
pub(crate) fn operator_token(op: BinOp) -> TokenStream {
    operator(op).0
}

/// Renames the local variables in code that is kept as the user wrote it.
struct Rename {
    captures: std::collections::HashMap<String, TokenStream>,
}

impl Rename {
    /// Runs `f` where a pattern hides the variables of its names.
    fn hiding(&mut self, pats: &[&syn::Pat], f: impl FnOnce(&mut Self)) {
        let outer = self.captures.clone();
        pats.iter().for_each(|pat| self.hide(pat));
        f(self);
        self.captures = outer;
    }

    fn hide(&mut self, pat: &syn::Pat) {
        struct Bound<'a>(&'a mut std::collections::HashMap<String, TokenStream>);
        impl<'ast> syn::visit::Visit<'ast> for Bound<'_> {
            fn visit_pat_ident(&mut self, p: &'ast syn::PatIdent) {
                self.0.remove(&p.ident.to_string());
                syn::visit::visit_pat_ident(self, p);
            }
        }
        syn::visit::Visit::visit_pat(&mut Bound(&mut self.captures), pat);
    }

    /// A condition, whose patterns hide names from what comes after them.
    fn condition(&mut self, e: &mut syn::Expr) {
        match e {
            syn::Expr::Let(l) => {
                self.visit_expr_mut(&mut l.expr);
                self.hide(&l.pat);
            }
            syn::Expr::Binary(b) if matches!(b.op, syn::BinOp::And(_)) => {
                self.condition(&mut b.left);
                self.condition(&mut b.right);
            }
            other => self.visit_expr_mut(other),
        }
    }
}

impl VisitMut for Rename {
    fn visit_expr_closure_mut(&mut self, c: &mut syn::ExprClosure) {
        let inputs: Vec<syn::Pat> = c.inputs.iter().cloned().collect();
        self.hiding(&inputs.iter().collect::<Vec<_>>(), |r| r.visit_expr_mut(&mut c.body));
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        let pat = arm.pat.clone();
        self.hiding(&[&pat], |r| syn::visit_mut::visit_arm_mut(r, arm));
    }

    fn visit_expr_for_loop_mut(&mut self, f: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut f.expr);
        let pat = (*f.pat).clone();
        self.hiding(&[&pat], |r| r.visit_block_mut(&mut f.body));
    }

    fn visit_expr_if_mut(&mut self, i: &mut syn::ExprIf) {
        self.hiding(&[], |r| {
            r.condition(&mut i.cond);
            r.visit_block_mut(&mut i.then_branch);
        });
        if let Some((_, e)) = &mut i.else_branch {
            self.visit_expr_mut(e);
        }
    }

    fn visit_expr_while_mut(&mut self, w: &mut syn::ExprWhile) {
        self.hiding(&[], |r| {
            r.condition(&mut w.cond);
            r.visit_block_mut(&mut w.body);
        });
    }

    fn visit_block_mut(&mut self, b: &mut syn::Block) {
        self.hiding(&[], |r| {
            for stmt in &mut b.stmts {
                r.visit_stmt_mut(stmt);
                if let syn::Stmt::Local(local) = stmt {
                    r.hide(&local.pat);
                }
            }
        });
    }

    fn visit_expr_mut(&mut self, e: &mut syn::Expr) {
        if let syn::Expr::Path(p) = e
            && let Some(tokens) = p.path.get_ident().and_then(|i| self.captures.get(&i.to_string()))
        {
            *e = syn::Expr::Verbatim(tokens.clone());
            return;
        }
        syn::visit_mut::visit_expr_mut(self, e);
    }

    fn visit_field_value_mut(&mut self, f: &mut syn::FieldValue) {
        if f.colon_token.is_none() {
            f.colon_token = Some(syn::Token![:](Span::mixed_site()));
        }
        syn::visit_mut::visit_field_value_mut(self, f);
    }

    fn visit_macro_mut(&mut self, m: &mut syn::Macro) {
        let inline: Vec<proc_macro2::Ident> = crate::lower::inline_names(m);
        let args = crate::lower::macro_arguments(m);
        if m.path.is_ident("matches") {
            // Only the first argument is an expression.
            if let Some((_, mut first)) = args.into_iter().next() {
                let before = first.to_token_stream().into_iter().count();
                let rest: TokenStream = m.tokens.clone().into_iter().skip(before).collect();
                self.visit_expr_mut(&mut first);
                let parts = syn::parse2::<crate::lower::Alternatives>(rest.clone());
                m.tokens = if let Ok(crate::lower::Alternatives { pat, guard: Some(mut guard) }) = parts {
                    self.hiding(&[&pat], |r| r.visit_expr_mut(&mut guard));
                    quote!(#first, #pat if #guard)
                } else {
                    quote!(#first #rest)
                };
            }
            return;
        }
        if args.is_empty() {
            return;
        }
        let mut list: Vec<TokenStream> = Vec::new();
        let mut named: Vec<String> = Vec::new();
        for (name, mut e) in args {
            self.visit_expr_mut(&mut e);
            list.push(if let Some(name) = &name { quote!(#name = #e) } else { quote!(#e) });
            named.extend(name.map(|n| n.to_string()));
        }
        for name in inline {
            if let (Some(tokens), false) = (self.captures.get(&name.to_string()), named.contains(&name.to_string())) {
                list.push(quote!(#name = #tokens));
            }
        }
        m.tokens = quote!(#(#list),*);
    }
}
