//! Variables of one name that are two to `rustc`: one of them comes from a `macro_rules!`, the other from what it was given.
//!
//! In: a signature and its body. Out: the body in which each has a name of its own, since later passes go by names. Which are
//! the same, the contexts of their spans tell.
//!
//! Only the derivatives are made of this: the function itself is left as it is.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Signature};

use crate::errors::Errors;
use crate::maps::{HashMap, HashSet};

/// The body with names apart; `None` if they are already.
pub(crate) fn apart(sig: &Signature, body: &Block, errors: &Errors) -> Option<Block> {
    let mut parameters = Bound::default();
    sig.inputs.iter().for_each(|input| parameters.visit_fn_arg(input));
    let mut all = Bound(parameters.0.clone());
    all.visit_block(body);
    let mut names = HashMap::default();
    let mut taken = None;
    for (name, idents) in &all.0 {
        if idents.len() < 2 {
            continue;
        }
        let mut contexts: Vec<String> = idents.iter().map(context).collect();
        let first = contexts[0].clone();
        contexts.dedup();
        if contexts.iter().all(|c| *c == first) {
            continue;
        }
        let of_parameters: HashSet<String> = parameters.0.get(name).into_iter().flatten().map(context).collect();
        if of_parameters.len() > 1 {
            errors.at(
                idents[1].span(),
                format!(
                    "two parameters are called `{name}`, of which one comes from a macro; give one of them another name"
                ),
            );
        }
        let taken = taken.get_or_insert_with(|| identifiers(sig, body));
        for (k, context) in
            contexts.into_iter().filter(|c| *c != first).collect::<BTreeSet<_>>().into_iter().enumerate()
        {
            let mut new = format!("{name}_{}", k + 1);
            while !taken.insert(new.clone()) {
                new.push('_');
            }
            names.insert((name.clone(), context), new);
        }
    }
    if names.is_empty() {
        return None;
    }
    let mut body = body.clone();
    Rename { of: names.keys().map(|(name, _)| name.clone()).collect(), names }.visit_block_mut(&mut body);
    Some(body)
}

/// What tells names of different origins apart: the number before the place of a span, where the compiler shows it.
fn context(ident: &Ident) -> String {
    let span = format!("{:?}", ident.span());
    span.split(' ').next().filter(|first| first.starts_with('#')).unwrap_or_default().to_owned()
}

/// The names that patterns bind.
#[derive(Default)]
struct Bound(HashMap<String, Vec<Ident>>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, p: &'ast syn::PatIdent) {
        self.0.entry(p.ident.to_string()).or_default().push(p.ident.clone());
        visit::visit_pat_ident(self, p);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

fn identifiers(sig: &Signature, body: &Block) -> HashSet<String> {
    fn read(tokens: TokenStream, into: &mut HashSet<String>) {
        for token in tokens {
            match token {
                TokenTree::Ident(i) => {
                    into.insert(i.to_string());
                }
                TokenTree::Group(g) => read(g.stream(), into),
                _ => {}
            }
        }
    }
    let mut found = HashSet::default();
    read(sig.to_token_stream(), &mut found);
    read(body.to_token_stream(), &mut found);
    found
}

struct Rename {
    names: HashMap<(String, String), String>,
    of: HashSet<String>,
}

impl Rename {
    /// Whether a name got another.
    fn rename(&self, ident: &mut Ident) -> bool {
        let name = ident.to_string();
        let new = self.of.contains(&name).then(|| self.names.get(&(name, context(ident)))).flatten();
        if let Some(new) = new {
            *ident = Ident::new(new, ident.span());
        }
        new.is_some()
    }

    fn in_tokens(&self, tokens: TokenStream) -> TokenStream {
        let mut field = false;
        let renamed = |token| match token {
            TokenTree::Ident(mut ident) => {
                if !field {
                    self.rename(&mut ident);
                }
                field = false;
                TokenTree::Ident(ident)
            }
            TokenTree::Group(group) => {
                field = false;
                let mut inner = proc_macro2::Group::new(group.delimiter(), self.in_tokens(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => {
                field = matches!(&other, TokenTree::Punct(p) if p.as_char() == '.' && !field);
                other
            }
        };
        tokens.into_iter().map(renamed).collect()
    }
}

impl VisitMut for Rename {
    fn visit_pat_ident_mut(&mut self, p: &mut syn::PatIdent) {
        self.rename(&mut p.ident);
        visit_mut::visit_pat_ident_mut(self, p);
    }

    fn visit_expr_path_mut(&mut self, p: &mut syn::ExprPath) {
        if p.qself.is_none() && p.path.get_ident().is_some() {
            self.rename(&mut p.path.segments[0].ident);
        }
        visit_mut::visit_expr_path_mut(self, p);
    }

    fn visit_field_pat_mut(&mut self, f: &mut syn::FieldPat) {
        let before = f.pat.to_token_stream().to_string();
        self.visit_pat_mut(&mut f.pat);
        if f.colon_token.is_none() && f.pat.to_token_stream().to_string() != before {
            f.colon_token = Some(<syn::Token![:]>::default());
        }
    }

    fn visit_field_value_mut(&mut self, f: &mut syn::FieldValue) {
        let before = f.colon_token.is_none().then(|| f.expr.to_token_stream().to_string());
        self.visit_expr_mut(&mut f.expr);
        if before.is_some_and(|before| f.expr.to_token_stream().to_string() != before) {
            f.colon_token = Some(<syn::Token![:]>::default());
        }
    }

    fn visit_macro_mut(&mut self, m: &mut syn::Macro) {
        m.tokens = self.in_tokens(std::mem::take(&mut m.tokens));
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
