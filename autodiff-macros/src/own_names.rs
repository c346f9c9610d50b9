//! Types of the user's own that are called like those of the standard library: `struct Vec { x: f64, y: f64 }`.
//!
//! In: a body, with the signature and the type around it. Out: the body in which such a type has another name, which an alias
//! gives it, so that no later pass takes it for the one of the standard library. What shows it is a use that the standard library's does
//! not have: without parameters where a type stands, or by a literal.
//!
//! Only the derivatives are made of this: the function itself is left as it is.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Path, Type};

use crate::maps::HashSet;

/// The types of the standard library that have parameters and that the compiler knows by name.
const KNOWN: &[&str] = &[
    "Vec",
    "VecDeque",
    "Option",
    "Result",
    "Box",
    "Rc",
    "Arc",
    "Cell",
    "RefCell",
    "Mutex",
    "RwLock",
    "OnceCell",
    "OnceLock",
    "Weak",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
    "Reverse",
    "Range",
    "Array",
    "Array1",
    "Array2",
    "Array3",
];

/// The body with other names for such types; `None` if there are none.
pub(crate) fn renamed(sig: &syn::Signature, body: &Block, owner: Option<&Type>) -> Option<Block> {
    let mut own = Own::default();
    own.visit_signature(sig);
    own.visit_block(body);
    if let Some(ty) = owner {
        own.visit_type(ty);
    }
    if own.0.is_empty() {
        return None;
    }
    let mut taken = HashSet::default();
    idents(quote!(#sig #owner #body), &mut taken);
    let aliases: BTreeMap<String, String> =
        own.0.into_iter().map(|name| (name.clone(), alias(&name, &taken))).collect();
    let mut body = body.clone();
    Rename(&aliases).visit_block_mut(&mut body);
    for (name, alias) in &aliases {
        let (name, alias) = (Ident::new(name, Span::call_site()), Ident::new(alias, Span::call_site()));
        body.stmts.insert(0, syn::parse_quote!(type #alias = #name;));
    }
    Some(body)
}

/// Whether a type of the standard library has this name.
pub(crate) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// A name for such a type that nothing around it has.
pub(crate) fn alias(name: &str, taken: &HashSet<String>) -> String {
    let mut alias = format!("{PREFIX}{name}");
    while taken.contains(&alias) {
        alias.push(MARK);
    }
    alias
}

/// The names in a stream of tokens.
pub(crate) fn idents(tokens: TokenStream, found: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => idents(group.stream(), found),
            TokenTree::Ident(ident) => {
                found.insert(ident.to_string());
            }
            _ => {}
        }
    }
}

const PREFIX: &str = "Own";

/// What ends an alias whose name is taken otherwise.
const MARK: char = '_';

/// Whether a path begins with such a name.
pub(crate) fn is_alias(path: &Path) -> bool {
    let name = path.segments[0].ident.to_string();
    path.leading_colon.is_none()
        && name.strip_prefix(PREFIX).is_some_and(|name| KNOWN.contains(&name.trim_end_matches(MARK)))
}

/// Whether a type is one of the user's own with the name of another, under whatever name.
pub(crate) fn is_own(ty: &Type) -> bool {
    match ty {
        Type::Reference(r) => is_own(&r.elem),
        Type::Path(p) => {
            let known = p.path.get_ident().is_some_and(|name| KNOWN.contains(&name.to_string().as_str()));
            p.qself.is_none() && (known || p.path.segments.len() == 1 && is_alias(&p.path))
        }
        _ => false,
    }
}

#[derive(Default)]
struct Own(HashSet<String>);

impl Own {
    fn bare(&mut self, path: &Path) {
        if let Some(name) = path.get_ident().map(ToString::to_string)
            && KNOWN.contains(&name.as_str())
        {
            self.0.insert(name);
        }
    }
}

impl<'ast> Visit<'ast> for Own {
    fn visit_type_path(&mut self, p: &'ast syn::TypePath) {
        if p.qself.is_none() {
            self.bare(&p.path);
        }
        visit::visit_type_path(self, p);
    }

    fn visit_expr_struct(&mut self, s: &'ast syn::ExprStruct) {
        self.bare(&s.path);
        visit::visit_expr_struct(self, s);
    }

    fn visit_pat_struct(&mut self, s: &'ast syn::PatStruct) {
        self.bare(&s.path);
        visit::visit_pat_struct(self, s);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

struct Rename<'a>(&'a BTreeMap<String, String>);

impl VisitMut for Rename<'_> {
    fn visit_path_mut(&mut self, path: &mut Path) {
        if let Some(first) = path.segments.first_mut()
            && path.leading_colon.is_none()
            && first.arguments.is_none()
            && let Some(alias) = self.0.get(&first.ident.to_string())
        {
            first.ident = Ident::new(alias, first.ident.span());
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
