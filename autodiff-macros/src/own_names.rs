//! Types of the user's own that are called like those of the standard library: `struct Vec { x: f64, y: f64 }`.
//!
//! In: a body, with the signature and the type around it. Out: the body in which such a type has another name, which an alias
//! gives it, so that no later pass takes it for the one of the standard library. What shows it is a use that the standard library's does
//! not have: without parameters where a type stands, or by a literal.
//!
//! Only the derivatives are made of this: the function itself is left as it is.

use proc_macro2::Ident;
use quote::format_ident;
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
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
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
    let mut body = body.clone();
    Rename(&own.0).visit_block_mut(&mut body);
    let mut names: Vec<&String> = own.0.iter().collect();
    names.sort();
    for name in names {
        let name = Ident::new(name, proc_macro2::Span::call_site());
        let alias = alias(&name);
        body.stmts.insert(0, syn::parse_quote!(type #alias = #name;));
    }
    Some(body)
}

fn alias(name: &Ident) -> Ident {
    format_ident!("{}{}", PREFIX, name, span = name.span())
}

const PREFIX: &str = "Own";

/// Whether a path begins with such a name.
pub(crate) fn is_alias(path: &Path) -> bool {
    let name = path.segments[0].ident.to_string();
    path.leading_colon.is_none() && name.strip_prefix(PREFIX).is_some_and(|name| KNOWN.contains(&name))
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

struct Rename<'a>(&'a HashSet<String>);

impl VisitMut for Rename<'_> {
    fn visit_path_mut(&mut self, path: &mut Path) {
        if let Some(first) = path.segments.first_mut()
            && path.leading_colon.is_none()
            && first.arguments.is_none()
            && self.0.contains(&first.ident.to_string())
        {
            first.ident = alias(&first.ident);
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
