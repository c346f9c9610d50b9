//! Pieces of generated code, held as trees.
//!
//! A stream of tokens lives in the compiler: to write one into another takes several calls across the bridge to it. What is
//! written into something else again and again, as expressions and statements are, is held here and costs none, until it is
//! turned into a stream once.

use std::fmt;
use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// Tokens of generated code.
#[derive(Clone, Default)]
pub(crate) struct Code(Vec<Piece>);

#[derive(Clone)]
pub(crate) enum Piece {
    /// A name of a template.
    Word(&'static str),
    /// The same, where nothing in the user's scope can be taken for it if it is a local variable.
    Local(&'static str),
    /// A token of a template that is not a name.
    Sign(&'static str),
    Token(TokenTree),
    Group(Delimiter, Rc<Code>),
}

impl Code {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// An empty one with room for what a template holds.
    pub(crate) fn roomy() -> Self {
        Self(Vec::with_capacity(16))
    }

    /// Parts one after the other.
    pub(crate) fn joined<const N: usize>(parts: [&Self; N]) -> Self {
        let mut pieces = Vec::with_capacity(parts.iter().map(|p| p.0.len()).sum());
        parts.iter().for_each(|p| pieces.extend_from_slice(&p.0));
        Self(pieces)
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Whether there are no tokens.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is `()`.
    pub(crate) fn is_unit(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Group(Delimiter::Parenthesis, inner)] if inner.is_empty())
    }

    /// Takes the last token off.
    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    /// The same types with a lifetime left out: `&'r T` ⇒ `&T`, `V<'r>` ⇒ `V<'_>`.
    pub(crate) fn eliding(&self, lifetime: &str) -> Self {
        let mut out = Self::new();
        let mut pieces = self.0.iter().peekable();
        while let Some(piece) = pieces.next() {
            let named = match piece {
                Piece::Sign(sign) => *sign == lifetime,
                Piece::Token(TokenTree::Punct(p)) if p.as_char() == '\'' => pieces
                    .next_if(|next| matches!(next, Piece::Token(TokenTree::Ident(i)) if *i == lifetime[1..]))
                    .is_some(),
                _ => false,
            };
            let behind_reference = match out.0.last() {
                Some(Piece::Sign(sign)) => *sign == "&",
                Some(Piece::Token(TokenTree::Punct(p))) => p.as_char() == '&',
                _ => false,
            };
            match piece {
                _ if named && behind_reference => {}
                _ if named => out.sign("'_"),
                Piece::Group(delimiter, inner) => out.group(*delimiter, inner.eliding(lifetime)),
                Piece::Token(TokenTree::Group(group)) => {
                    out.group(group.delimiter(), Self::from(group.stream()).eliding(lifetime));
                }
                other => out.0.push(other.clone()),
            }
        }
        out
    }

    /// The same with another name in the place of one.
    pub(crate) fn renamed(&self, from: &Ident, to: &'static str) -> Self {
        let renamed = |piece: &Piece| match piece {
            Piece::Token(TokenTree::Ident(ident)) if ident == from => Piece::Word(to),
            Piece::Token(TokenTree::Group(group)) => {
                Piece::Group(group.delimiter(), Rc::new(Self::from(group.stream()).renamed(from, to)))
            }
            Piece::Group(delimiter, inner) => Piece::Group(*delimiter, Rc::new(inner.renamed(from, to))),
            other => other.clone(),
        };
        Self(self.0.iter().map(renamed).collect())
    }

    /// The tokens in parentheses.
    pub(crate) fn in_parentheses(self) -> Self {
        Self(vec![Piece::Group(Delimiter::Parenthesis, Rc::new(self))])
    }

    /// The text, if it is a single tree.
    pub(crate) fn text_of_one(&self) -> Option<String> {
        if let [_] = self.0.as_slice() { Some(self.to_string()) } else { None }
    }

    pub(crate) fn push(&mut self, part: &(impl Part + ?Sized)) {
        part.write_to(self);
    }

    /// The tokens between delimiters.
    pub(crate) fn group(&mut self, delimiter: Delimiter, inner: Self) {
        self.0.push(Piece::Group(delimiter, Rc::new(inner)));
    }

    /// A name of a template.
    pub(crate) fn word(&mut self, text: &'static str) {
        self.0.push(Piece::Word(text));
    }

    /// The same, where nothing in the user's scope can be taken for it if it is a local variable.
    pub(crate) fn local(&mut self, text: &'static str) {
        self.0.push(Piece::Local(text));
    }

    /// A token of a template that is not a name.
    pub(crate) fn sign(&mut self, text: &'static str) {
        self.0.push(Piece::Sign(text));
    }

    fn token(&mut self, token: impl Into<TokenTree>) {
        self.0.push(Piece::Token(token.into()));
    }

    /// Calls `f` on every name, at any depth, with whether it stands behind a dot.
    pub(crate) fn names(&self, f: &mut dyn FnMut(&str, bool)) {
        let mut behind_dot = false;
        for piece in &self.0 {
            match piece {
                Piece::Word(name) | Piece::Local(name) => f(name, behind_dot),
                Piece::Token(TokenTree::Ident(ident)) => f(&ident.to_string(), behind_dot),
                Piece::Token(TokenTree::Group(group)) => Self::from(group.stream()).names(f),
                Piece::Group(_, inner) => inner.names(f),
                Piece::Sign(_) | Piece::Token(_) => {}
            }
            behind_dot = match piece {
                Piece::Sign(text) => *text == ".",
                Piece::Token(TokenTree::Punct(p)) => p.as_char() == '.',
                _ => false,
            };
        }
    }
}

/// Writes a token of a template that is not a name.
fn write_sign(text: &str, trees: &mut Vec<TokenTree>) {
    let bytes = text.as_bytes();
    match bytes[0] {
        b'0'..=b'9' | b'"' => trees.push(text.parse::<Literal>().expect("templates hold valid literals").into()),
        b'_' => trees.push(Ident::new(text, Span::call_site()).into()),
        b'\'' => {
            trees.push(Punct::new('\'', Spacing::Joint).into());
            trees.push(Ident::new(&text[1..], Span::call_site()).into());
        }
        _ => {
            for (i, byte) in bytes.iter().enumerate() {
                let spacing = if i + 1 < bytes.len() { Spacing::Joint } else { Spacing::Alone };
                trees.push(Punct::new(char::from(*byte), spacing).into());
            }
        }
    }
}

/// The tokens of a template, as [`quote!`](quote::quote) has them; what is repeated is a single list.
macro_rules! code {
    ($($tokens:tt)*) => { $crate::emit::template!(word $($tokens)*) };
}
pub(crate) use code;

/// The same with local variables that nothing in the user's scope can be taken for.
macro_rules! local {
    ($($tokens:tt)*) => { $crate::emit::template!(local $($tokens)*) };
}
pub(crate) use local;

/// The tokens of a template whose names are written by `word` or `local`.
macro_rules! template {
    ($name:ident) => { $crate::emit::Code::new() };
    ($name:ident $($tokens:tt)+) => {{
        let mut code = $crate::emit::Code::roomy();
        $crate::emit::pieces!($name code $($tokens)+);
        code
    }};
}
pub(crate) use template;

/// Writes the tokens of a template, one after the other.
macro_rules! pieces {
    ($name:ident $code:ident) => {};
    ($name:ident $code:ident #(#$list:ident)* $($rest:tt)*) => {
        for part in $list.iter() {
            $code.push(part);
        }
        $crate::emit::pieces!($name $code $($rest)*);
    };
    ($name:ident $code:ident #(#$list:ident),* $($rest:tt)*) => {
        for (i, part) in $list.iter().enumerate() {
            if i > 0 {
                $code.sign(",");
            }
            $code.push(part);
        }
        $crate::emit::pieces!($name $code $($rest)*);
    };
    ($name:ident $code:ident #(#$list:ident,)* $($rest:tt)*) => {
        for part in $list.iter() {
            $code.push(part);
            $code.sign(",");
        }
        $crate::emit::pieces!($name $code $($rest)*);
    };
    ($name:ident $code:ident #(, #$list:ident)* $($rest:tt)*) => {
        for part in $list.iter() {
            $code.sign(",");
            $code.push(part);
        }
        $crate::emit::pieces!($name $code $($rest)*);
    };
    ($name:ident $code:ident #$part:ident $($rest:tt)*) => {
        $code.push(&$part);
        $crate::emit::pieces!($name $code $($rest)*);
    };
    ($name:ident $code:ident ($($inner:tt)*) $($rest:tt)*) => {
        $code.group(proc_macro2::Delimiter::Parenthesis, $crate::emit::template!($name $($inner)*));
        $crate::emit::pieces!($name $code $($rest)*);
    };
    ($name:ident $code:ident {$($inner:tt)*} $($rest:tt)*) => {
        $code.group(proc_macro2::Delimiter::Brace, $crate::emit::template!($name $($inner)*));
        $crate::emit::pieces!($name $code $($rest)*);
    };
    ($name:ident $code:ident [$($inner:tt)*] $($rest:tt)*) => {
        $code.group(proc_macro2::Delimiter::Bracket, $crate::emit::template!($name $($inner)*));
        $crate::emit::pieces!($name $code $($rest)*);
    };
    ($name:ident $code:ident $word:ident $($rest:tt)*) => {
        $code.$name(stringify!($word));
        $crate::emit::pieces!($name $code $($rest)*);
    };
    ($name:ident $code:ident $token:tt $($rest:tt)*) => {
        $code.sign(stringify!($token));
        $crate::emit::pieces!($name $code $($rest)*);
    };
}
pub(crate) use pieces;

/// What a template can hold.
pub(crate) trait Part {
    /// Writes the tokens at the end of the code.
    fn write_to(&self, code: &mut Code);

    /// The tokens by themselves.
    fn to_code(&self) -> Code {
        let mut code = Code::new();
        self.write_to(&mut code);
        code
    }
}

impl Part for Code {
    fn write_to(&self, code: &mut Code) {
        code.0.extend_from_slice(&self.0);
    }
}

impl Part for Ident {
    fn write_to(&self, code: &mut Code) {
        code.token(self.clone());
    }
}

impl<T: Part> Part for Option<T> {
    fn write_to(&self, code: &mut Code) {
        if let Some(part) = self {
            part.write_to(code);
        }
    }
}

impl Part for Literal {
    fn write_to(&self, code: &mut Code) {
        code.token(self.clone());
    }
}

impl<T: Part + ?Sized> Part for Box<T> {
    fn write_to(&self, code: &mut Code) {
        (**self).write_to(code);
    }
}

impl<T: Part + ?Sized> Part for &T {
    fn write_to(&self, code: &mut Code) {
        (**self).write_to(code);
    }
}

/// What becomes tokens by [`ToTokens`].
macro_rules! by_tokens {
    ($($ty:ty),*) => {$(
        impl Part for $ty {
            fn write_to(&self, code: &mut Code) {
                code.0.extend(self.to_token_stream().into_iter().map(Piece::Token));
            }
        }
    )*};
}
by_tokens!(
    TokenStream,
    bool,
    syn::token::Mut,
    syn::Attribute,
    syn::Block,
    syn::Expr,
    syn::GenericArgument,
    syn::GenericParam,
    syn::TypeReference,
    syn::WherePredicate,
    syn::Lifetime,
    syn::TypePath,
    syn::Visibility,
    syn::WhereClause,
    syn::Path,
    syn::Member,
    syn::ExprPath,
    syn::Pat,
    syn::AngleBracketedGenericArguments
);

impl Part for str {
    fn write_to(&self, code: &mut Code) {
        code.token(Literal::string(self));
    }
}

impl Part for String {
    fn write_to(&self, code: &mut Code) {
        self.as_str().write_to(code);
    }
}

impl Part for u32 {
    fn write_to(&self, code: &mut Code) {
        code.token(Literal::u32_suffixed(*self));
    }
}

impl Part for syn::Type {
    fn write_to(&self, code: &mut Code) {
        match self {
            // The most frequent of all: a name.
            Self::Path(path) if path.qself.is_none() && path.path.get_ident().is_some() => {
                code.token(path.path.segments[0].ident.clone());
            }
            Self::Reference(r) if r.lifetime.is_none() => {
                code.sign("&");
                if r.mutability.is_some() {
                    code.word("mut");
                }
                r.elem.write_to(code);
            }
            Self::Slice(slice) => code.group(Delimiter::Bracket, slice.elem.to_code()),
            other => code.0.extend(other.to_token_stream().into_iter().map(Piece::Token)),
        }
    }
}

impl From<Ident> for Code {
    fn from(ident: Ident) -> Self {
        Self(vec![Piece::Token(ident.into())])
    }
}

impl From<Literal> for Code {
    fn from(literal: Literal) -> Self {
        Self(vec![Piece::Token(literal.into())])
    }
}

impl From<TokenStream> for Code {
    fn from(tokens: TokenStream) -> Self {
        tokens.into_iter().collect()
    }
}

impl FromIterator<TokenTree> for Code {
    fn from_iter<I: IntoIterator<Item = TokenTree>>(trees: I) -> Self {
        Self(trees.into_iter().map(Piece::Token).collect())
    }
}

impl Extend<Code> for Code {
    fn extend<I: IntoIterator<Item = Code>>(&mut self, parts: I) {
        parts.into_iter().for_each(|part| self.0.extend(part.0));
    }
}

impl Extend<Code> for TokenStream {
    fn extend<I: IntoIterator<Item = Code>>(&mut self, parts: I) {
        parts.into_iter().for_each(|part| part.to_tokens(self));
    }
}

impl FromIterator<Code> for Code {
    fn from_iter<I: IntoIterator<Item = Code>>(parts: I) -> Self {
        let mut code = Self::new();
        code.extend(parts);
        code
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_token_stream().fmt(f)
    }
}

impl ToTokens for Code {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut trees = Vec::with_capacity(2 * self.0.len());
        for piece in &self.0 {
            match piece {
                Piece::Word(text) => trees.push(Ident::new(text, Span::call_site()).into()),
                Piece::Local(text) => trees.push(Ident::new(text, Span::mixed_site()).into()),
                Piece::Sign(text) => write_sign(text, &mut trees),
                Piece::Token(token) => trees.push(token.clone()),
                Piece::Group(delimiter, inner) => trees.push(Group::new(*delimiter, inner.to_token_stream()).into()),
            }
        }
        tokens.extend(trees);
    }
}
