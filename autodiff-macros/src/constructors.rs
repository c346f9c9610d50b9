//! Which names that stand alone, like `Circle(r)`, are those of variants that were imported, and which those of structs.
//!
//! In: what a function mentions. Out: the names of structs, as types and irrefutable patterns show them, and of variants, as
//! patterns that tell several apart show them, or their declaration, if it stands in the same file. Of other names with fields in parentheses either may be true: their tangents
//! are reached by methods that both have.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Pat, Path};

use crate::lower::{capital, is_box, is_variant};
use crate::maps::HashSet;
use crate::surroundings::Surroundings;

/// What is known of the names of constructors.
#[derive(Clone, Default)]
pub(crate) struct Constructors {
    structs: HashSet<String>,
    variants: HashSet<String>,
    /// The variants with named fields that are declared in the file.
    declared: HashSet<String>,
}

impl Constructors {
    /// What a function, the type around it, and what stands around both show.
    pub(crate) fn of(
        sig: &syn::Signature,
        body: &syn::Block,
        owner: Option<&syn::Type>,
        around: &Surroundings,
    ) -> Self {
        let mut found = Self { declared: around.variants().cloned().collect(), ..Self::default() };
        if let Some(ty) = owner {
            found.visit_type(ty);
        }
        for input in &sig.inputs {
            if let syn::FnArg::Typed(t) = input {
                found.irrefutable(&t.pat);
            }
        }
        found.visit_signature(sig);
        found.visit_block(body);
        found
    }

    /// Whether a constructor gives a value whose fields are reached as those of a variant.
    pub(crate) fn is_variant(&self, path: &Path, parentheses: bool) -> bool {
        if is_variant(path) {
            return true;
        }
        let Some(name) = lone(path) else { return false };
        if name == "Self" || !capital(&name) || is_box(path) {
            return false;
        }
        let possible = parentheses || self.declared.contains(&name);
        self.variants.contains(&name) || possible && !self.structs.contains(&name)
    }

    /// Notes the structs of a pattern that always matches.
    fn irrefutable(&mut self, pat: &Pat) {
        struct Structs<'a>(&'a mut HashSet<String>);
        impl<'ast> Visit<'ast> for Structs<'_> {
            fn visit_pat(&mut self, pat: &'ast Pat) {
                if let Some(name) = alone(pat) {
                    self.0.insert(name);
                }
                visit::visit_pat(self, pat);
            }
        }
        Structs(&mut self.structs).visit_pat(pat);
    }

    /// Notes the variants of patterns of one value, of which each matches some values only.
    fn told_apart(&mut self, pats: &[&Pat]) {
        let mut flat = Vec::new();
        pats.iter().for_each(|p| unwrapped(p, &mut flat));
        let names: HashSet<String> = flat.iter().filter_map(|p| constructor(p)).collect();
        if names.len() > 1 {
            self.variants.extend(flat.iter().filter_map(|p| alone(p)));
        }
        // The parts of the same constructor, by their places.
        let mut parts: BTreeMap<(String, String), Vec<&Pat>> = BTreeMap::new();
        for pat in flat {
            let name = constructor(pat).unwrap_or_default();
            for (place, part) in fields(pat) {
                parts.entry((name.clone(), place)).or_default().push(part);
            }
        }
        parts.values().for_each(|pats| self.told_apart(pats));
    }

    /// Notes the variant of a pattern that would be pointless if it always matched.
    fn tested(&mut self, pat: &Pat) {
        let mut flat = Vec::new();
        unwrapped(pat, &mut flat);
        for pat in flat {
            if fields(pat).iter().all(|(_, p)| matches!(p, Pat::Ident(_) | Pat::Wild(_) | Pat::Rest(_))) {
                self.variants.extend(alone(pat));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Constructors {
    fn visit_type_path(&mut self, p: &'ast syn::TypePath) {
        if let Some(last) = p.path.segments.last() {
            self.structs.insert(last.ident.to_string());
        }
        visit::visit_type_path(self, p);
    }

    fn visit_expr_path(&mut self, p: &'ast syn::ExprPath) {
        let n = p.path.segments.len();
        self.structs.extend(p.path.segments.iter().take(n - 1).map(|s| s.ident.to_string()).filter(|s| capital(s)));
        visit::visit_expr_path(self, p);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        match &local.init {
            Some(init) if init.diverge.is_some() => self.tested(&local.pat),
            _ => self.irrefutable(&local.pat),
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_closure(&mut self, c: &'ast syn::ExprClosure) {
        c.inputs.iter().for_each(|p| self.irrefutable(p));
        visit::visit_expr_closure(self, c);
    }

    fn visit_expr_for_loop(&mut self, f: &'ast syn::ExprForLoop) {
        self.irrefutable(&f.pat);
        visit::visit_expr_for_loop(self, f);
    }

    fn visit_expr_let(&mut self, l: &'ast syn::ExprLet) {
        self.tested(&l.pat);
        visit::visit_expr_let(self, l);
    }

    fn visit_expr_match(&mut self, m: &'ast syn::ExprMatch) {
        let pats: Vec<&Pat> = m.arms.iter().map(|arm| &arm.pat).collect();
        self.told_apart(&pats);
        visit::visit_expr_match(self, m);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// The patterns of a value behind references, names and alternatives.
fn unwrapped<'p>(pat: &'p Pat, to: &mut Vec<&'p Pat>) {
    match pat {
        Pat::Paren(p) => unwrapped(&p.pat, to),
        Pat::Reference(p) => unwrapped(&p.pat, to),
        Pat::Ident(p) if p.subpat.is_some() => p.subpat.iter().for_each(|(_, p)| unwrapped(p, to)),
        Pat::Or(p) => p.cases.iter().for_each(|p| unwrapped(p, to)),
        Pat::Guard(p) => unwrapped(&p.pat, to),
        other => to.push(other),
    }
}

/// What a pattern says the value was made by.
fn constructor(pat: &Pat) -> Option<String> {
    let last = |path: &Path| path.segments.last().map(|s| s.ident.to_string());
    match pat {
        Pat::TupleStruct(p) => last(&p.path),
        Pat::Struct(p) => last(&p.path),
        Pat::Path(p) => last(&p.path),
        Pat::Ident(p) => Some(p.ident.to_string()).filter(|name| capital(name)),
        _ => None,
    }
}

/// The name of a constructor with fields that stands alone.
fn alone(pat: &Pat) -> Option<String> {
    let path = match pat {
        Pat::TupleStruct(p) => &p.path,
        Pat::Struct(p) => &p.path,
        _ => return None,
    };
    lone(path)
}

/// The name of a path that no type stands before, but perhaps modules.
fn lone(path: &Path) -> Option<String> {
    let names: Vec<String> = path.segments.iter().rev().map(|s| s.ident.to_string()).collect();
    let (last, modules) = names.split_first()?;
    modules.iter().all(|name| !capital(name)).then(|| last.clone())
}

/// The parts of a pattern, with their places.
fn fields(pat: &Pat) -> Vec<(String, &Pat)> {
    match pat {
        Pat::TupleStruct(p) => p.elems.iter().enumerate().map(|(i, p)| (i.to_string(), p)).collect(),
        Pat::Tuple(p) => p.elems.iter().enumerate().map(|(i, p)| (i.to_string(), p)).collect(),
        Pat::Struct(p) => {
            p.fields.iter().map(|f| (quote::ToTokens::to_token_stream(&f.member).to_string(), &*f.pat)).collect()
        }
        _ => Vec::new(),
    }
}
