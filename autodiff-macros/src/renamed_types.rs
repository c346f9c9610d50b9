//! Types that the file declares under names which later passes would take for something else: those with lower-case names, `struct
//! point`, and those that are called like types of the standard library, `struct Vec<T>`.
//!
//! In: an item. Out: the same with other names for them, and, when everything is generated, the names that they have.

use std::collections::BTreeMap;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Item, Path};

use crate::lower::capital;
use crate::maps::HashSet;
use crate::own_names;
use crate::surroundings::Surroundings;

/// The names of such types with their other names.
pub(crate) struct Renamed {
    /// Those that are called like types of the standard library.
    known: BTreeMap<String, String>,
    /// Those with lower-case names, and of these the ones whose values are made like a function is called.
    lower: BTreeMap<String, String>,
    tuples: HashSet<String>,
}

impl Renamed {
    /// Gives the types of an item other names, if there are such.
    pub(crate) fn apart(item: &mut Item, around: &Surroundings) -> syn::Result<Option<Self>> {
        let mut named = Named::default();
        let tokens = item.to_token_stream();
        let mut taken = HashSet::default();
        own_names::idents(tokens, &mut taken);
        named.visit_item(item);
        let alias = |name: String| (name.clone(), own_names::alias(&name, &taken));
        let known = taken.iter().filter(|name| own_names::is_known(name) && around.is_own(name));
        let known: BTreeMap<String, String> = known.cloned().map(alias).collect();
        let is_type = |name: &&String| !capital(name) && (named.by_braces.contains(*name) || around.is_own(name));
        let lower: HashSet<&String> = named.heads.iter().chain(&named.by_braces).filter(is_type).collect();
        let lower: BTreeMap<String, String> = lower.into_iter().cloned().map(alias).collect();
        for (owner, variants) in [("Option", ["Some", "None"]), ("Result", ["Ok", "Err"])] {
            let own: Vec<&str> = variants.into_iter().filter(|v| around.has_variant(owner, v)).collect();
            if let Some(found) = named.alone.iter().find(|name| own.iter().any(|v| name == v)) {
                let text = format!(
                    "`{found}` may be a variant of the `{owner}` that this file declares, or of the standard library's; write `{owner}::{found}`, or the path of the other"
                );
                return Err(syn::Error::new(found.span(), text));
            }
        }
        if known.is_empty() && lower.is_empty() {
            return Ok(None);
        }
        let tuples = lower.keys().filter(|name| around.is_tuple(name)).cloned().collect();
        let renamed = Self { known, lower, tuples };
        Rename(&renamed).visit_item_mut(item);
        Ok(Some(renamed))
    }

    /// The types that other names stand for.
    pub(crate) fn aliases(&self) -> BTreeMap<String, String> {
        self.known.iter().chain(&self.lower).map(|(name, alias)| (alias.clone(), name.clone())).collect()
    }

    /// What is generated, with the names that the types have.
    pub(crate) fn restored(&self, tokens: TokenStream) -> TokenStream {
        restored(tokens, &self.aliases())
    }

    fn head(&self, path: &mut Path, names: &BTreeMap<String, String>) {
        if let Some(first) = path.segments.first_mut()
            && path.leading_colon.is_none()
            && let Some(alias) = names.get(&first.ident.to_string())
        {
            first.ident = Ident::new(alias, first.ident.span());
        }
    }

    /// The tokens of a macro, in which a name that is followed by braces, by `::` or, of a tuple, by parentheses is that of a type.
    fn in_macro(&self, tokens: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |i: Option<usize>, c: char| matches!(i.and_then(|i| tokens.get(i)), Some(TokenTree::Punct(p)) if p.as_char() == c);
        let renamed = tokens.iter().enumerate().map(|(i, token)| match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), self.in_macro(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            TokenTree::Ident(ident) if !is(i.checked_sub(1), '.') && !is(i.checked_sub(1), ':') => {
                let name = ident.to_string();
                let behind = match tokens.get(i + 1) {
                    Some(TokenTree::Group(group)) => match group.delimiter() {
                        Delimiter::Brace => true,
                        Delimiter::Parenthesis => self.tuples.contains(&name),
                        _ => false,
                    },
                    _ => is(Some(i + 1), ':') && is(Some(i + 2), ':'),
                };
                match self.known.get(&name).or_else(|| self.lower.get(&name).filter(|_| behind)) {
                    Some(alias) => TokenTree::Ident(Ident::new(alias, ident.span())),
                    None => token.clone(),
                }
            }
            other => other.clone(),
        });
        renamed.collect()
    }
}

/// The names that paths of an item begin with.
#[derive(Default)]
struct Named {
    heads: HashSet<String>,
    /// Those before braces, or before the parentheses of a pattern.
    by_braces: HashSet<String>,
    /// The names that stand alone.
    alone: Vec<Ident>,
}

impl<'ast> Visit<'ast> for Named {
    fn visit_path(&mut self, path: &'ast Path) {
        self.heads.extend(path.segments.first().map(|s| s.ident.to_string()));
        self.alone.extend(path.get_ident().cloned());
        visit::visit_path(self, path);
    }

    fn visit_pat_ident(&mut self, p: &'ast syn::PatIdent) {
        self.alone.push(p.ident.clone());
        visit::visit_pat_ident(self, p);
    }

    fn visit_expr_struct(&mut self, s: &'ast syn::ExprStruct) {
        self.by_braces.extend(s.path.get_ident().map(ToString::to_string));
        visit::visit_expr_struct(self, s);
    }

    fn visit_pat_struct(&mut self, s: &'ast syn::PatStruct) {
        self.by_braces.extend(s.path.get_ident().map(ToString::to_string));
        visit::visit_pat_struct(self, s);
    }

    fn visit_pat_tuple_struct(&mut self, s: &'ast syn::PatTupleStruct) {
        self.by_braces.extend(s.path.get_ident().map(ToString::to_string));
        visit::visit_pat_tuple_struct(self, s);
    }

    fn visit_macro(&mut self, m: &'ast syn::Macro) {
        own_names::idents(m.tokens.clone(), &mut self.heads);
    }
}

struct Rename<'a>(&'a Renamed);

impl VisitMut for Rename<'_> {
    fn visit_path_mut(&mut self, path: &mut Path) {
        self.0.head(path, &self.0.known);
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_type_path_mut(&mut self, p: &mut syn::TypePath) {
        self.0.head(&mut p.path, &self.0.lower);
        visit_mut::visit_type_path_mut(self, p);
    }

    fn visit_expr_path_mut(&mut self, p: &mut syn::ExprPath) {
        // A name that stands alone may be that of a variable.
        let made = p.path.get_ident().is_some_and(|name| self.0.tuples.contains(&name.to_string()));
        if p.path.segments.len() > 1 || made {
            self.0.head(&mut p.path, &self.0.lower);
        }
        visit_mut::visit_expr_path_mut(self, p);
    }

    fn visit_expr_struct_mut(&mut self, s: &mut syn::ExprStruct) {
        self.0.head(&mut s.path, &self.0.lower);
        visit_mut::visit_expr_struct_mut(self, s);
    }

    fn visit_pat_struct_mut(&mut self, s: &mut syn::PatStruct) {
        self.0.head(&mut s.path, &self.0.lower);
        visit_mut::visit_pat_struct_mut(self, s);
    }

    fn visit_pat_tuple_struct_mut(&mut self, s: &mut syn::PatTupleStruct) {
        self.0.head(&mut s.path, &self.0.lower);
        visit_mut::visit_pat_tuple_struct_mut(self, s);
    }

    fn visit_macro_mut(&mut self, m: &mut syn::Macro) {
        m.tokens = self.0.in_macro(std::mem::take(&mut m.tokens));
    }

    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}
}

fn restored(tokens: TokenStream, names: &BTreeMap<String, String>) -> TokenStream {
    let restored = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), restored(group.stream(), names));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        TokenTree::Ident(ident) => match names.get(&ident.to_string()) {
            Some(name) => TokenTree::Ident(Ident::new(name, ident.span())),
            None => TokenTree::Ident(ident),
        },
        TokenTree::Literal(literal) => TokenTree::Literal(with_names(literal, names)),
        punct @ TokenTree::Punct(_) => punct,
    });
    restored.collect()
}

/// A text in which such a name may occur: what `source` gives, a message.
fn with_names(literal: Literal, names: &BTreeMap<String, String>) -> Literal {
    let text = literal.to_string();
    let replaced = names.iter().fold(text.clone(), |text, (alias, name)| text.replace(alias.as_str(), name));
    if replaced == text {
        return literal;
    }
    let span = literal.span();
    Literal::from_str(&replaced).map_or(literal, |mut literal| {
        literal.set_span(span);
        literal
    })
}
