//! Names that a program gives to types of numbers: `type Real = f64;`.
//!
//! In: a signature and its body. Out: the aliases that the body declares, and the names that their uses show to be those of
//! floats: `Real::EPSILON`, or `Real::sin(x)` of an `x: Real`. What such a name stands for is for `rustc` to see, of which
//! generated code asks that it is a float (`lower/claims.rs`).

use syn::visit::{self, Visit};
use syn::{Expr, Ident, Pat, Path, Type};

use crate::maps::{HashMap, HashSet};
use crate::rules;

/// The names of types of numbers in a function.
#[derive(Clone, Default)]
pub(crate) struct Numbers {
    /// What the body declares: `type Index = usize;`.
    pub(super) declared: HashMap<String, Type>,
    /// The names of floats that something else declares.
    pub(crate) floats: Vec<Ident>,
}

impl Numbers {
    pub(crate) fn of(sig: &syn::Signature, body: &syn::Block, parameters: &[&syn::Generics]) -> Self {
        let mut uses = Uses::default();
        uses.visit_signature(sig);
        uses.visit_block(body);
        let mut numbers = Self { declared: uses.aliases, floats: Vec::new() };
        for (owner, shown) in uses.owners {
            let name = owner.to_string();
            let parameter = parameters.iter().any(|g| g.type_params().any(|p| p.ident == owner));
            let shown = match shown {
                Shown::Constant => true,
                Shown::Function(names) => {
                    let of_it = |n: &String| uses.variables.get(n).is_some_and(|types| types.contains(&name));
                    uses.types.contains(&name) && (is_of_floats(&name) || names.iter().any(of_it))
                }
            };
            let known = parameter || numbers.declared.contains_key(&name) || is_known(&name);
            if shown && !known && !numbers.floats.contains(&owner) {
                numbers.floats.push(owner);
            }
        }
        numbers
    }
}

/// What shows that a name is that of a float.
enum Shown {
    /// A constant that floats alone have.
    Constant,
    /// A function of floats, of an argument with these names in it.
    Function(HashSet<String>),
}

#[derive(Default)]
struct Uses {
    aliases: HashMap<String, Type>,
    /// The names of types that stand in the types of values.
    types: HashSet<String>,
    /// The same of the type of each variable.
    variables: HashMap<String, HashSet<String>>,
    owners: Vec<(Ident, Shown)>,
}

impl Uses {
    fn variable(&mut self, pat: &Pat, ty: &Type) {
        if let Pat::Ident(p) = pat {
            self.variables.entry(p.ident.to_string()).or_default().extend(names_in(ty));
        }
    }

    /// Notes an item of a type, and what it is called with.
    fn item(&mut self, qself: Option<&syn::QSelf>, path: &Path, args: Option<&Expr>) {
        let (owner, name) = match (qself, path.segments.len()) {
            (None, 2) if path.leading_colon.is_none() => (path.segments[0].ident.clone(), &path.segments[1].ident),
            (Some(q), 1) if q.position == 0 => match &*q.ty {
                Type::Path(p) if p.qself.is_none() && p.path.get_ident().is_some() => {
                    (p.path.segments[0].ident.clone(), &path.segments[0].ident)
                }
                _ => return,
            },
            _ => return,
        };
        let name = name.to_string();
        if matches!(name.as_str(), "EPSILON" | "INFINITY" | "NEG_INFINITY" | "NAN" | "MIN_POSITIVE") {
            self.owners.push((owner, Shown::Constant));
        } else if (rules::find(&name).is_some() || name == "from" && is_of_floats(&owner.to_string()))
            && !crate::integers::is_method(&name)
        {
            let names = args.map(variables_in).unwrap_or_default();
            self.owners.push((owner, Shown::Function(names)));
        }
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_type_path(&mut self, p: &'ast syn::TypePath) {
        if let (None, Some(name)) = (&p.qself, p.path.get_ident()) {
            self.types.insert(name.to_string());
        }
        visit::visit_type_path(self, p);
    }

    fn visit_pat_type(&mut self, p: &'ast syn::PatType) {
        self.variable(&p.pat, &p.ty);
        visit::visit_pat_type(self, p);
    }

    fn visit_expr_call(&mut self, c: &'ast syn::ExprCall) {
        if let (Expr::Path(p), Some(first)) = (&*c.func, c.args.first())
            && !matches!(first, Expr::Reference(_))
        {
            self.item(p.qself.as_ref(), &p.path, Some(first));
        }
        c.args.iter().for_each(|a| self.visit_expr(a));
    }

    fn visit_expr_path(&mut self, p: &'ast syn::ExprPath) {
        self.item(p.qself.as_ref(), &p.path, None);
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        if let syn::Item::Type(t) = item
            && t.generics.params.is_empty()
        {
            self.aliases.insert(t.ident.to_string(), (*t.ty).clone());
        }
    }
}

/// The names of types in a type.
fn names_in(ty: &Type) -> HashSet<String> {
    let mut uses = Uses::default();
    uses.visit_type(ty);
    uses.types
}

/// The names of variables in an expression.
fn variables_in(e: &Expr) -> HashSet<String> {
    struct Names(HashSet<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_expr_path(&mut self, p: &'ast syn::ExprPath) {
            self.0.extend(p.path.get_ident().map(ToString::to_string));
        }
    }
    let mut names = Names(HashSet::default());
    names.visit_expr(e);
    names.0
}

/// Whether a name is one that programs give to a type of floats.
fn is_of_floats(name: &str) -> bool {
    matches!(name.to_lowercase().as_str(), "real" | "float" | "flt" | "scalar" | "double" | "precision")
}

/// Whether a name is that of a type that is known.
fn is_known(name: &str) -> bool {
    super::is_integer(name) || matches!(name, "Self" | "f32" | "f64" | "bool" | "char" | "str")
}
