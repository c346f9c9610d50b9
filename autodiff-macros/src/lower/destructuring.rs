//! Assignments that take a value apart: `(a, b) = (b, a)`, `[x, .., y] = v`, `Point { a: v[i], .. } = p`.
//!
//! In: what stands on both sides. Out: what a pattern of the same form finds is computed, then it is assigned part by part.

use quote::format_ident;
use syn::spanned::Spanned;
use syn::{Expr as S, Ident, Pat};

use super::Lowerer;
use super::patterns::capital;
use crate::maps::HashMap;

impl Lowerer<'_> {
    /// `left = right`, if the left side takes the value apart.
    pub(super) fn destructure(&mut self, left: &S, right: &S) -> bool {
        let mut parts = Parts::default();
        let Some(pat) = parts.taken_apart(left) else { return false };
        let value = self.scrutinee(right);
        // All are evaluated before any is assigned.
        let mut values = HashMap::default();
        self.walk_pattern(&pat, value, &mut |l, name, _, part| {
            values.insert(name.ident.clone(), l.temporary(part, left.span()));
        });
        for (name, target) in parts.targets {
            if let Some(value) = values.remove(&name) {
                self.assign_value(&target, value);
            }
        }
        true
    }
}

/// The places that the left side of an assignment names.
pub(super) fn assigned(left: &S) -> Vec<S> {
    let mut parts = Parts::default();
    parts.pattern(left);
    parts.targets.into_iter().map(|(_, target)| target).collect()
}

/// What the parts of a value are assigned to, under the names that they have in a pattern.
#[derive(Default)]
struct Parts {
    targets: Vec<(Ident, S)>,
}

impl Parts {
    fn pattern(&mut self, left: &S) -> Pat {
        match left {
            S::Infer(_) => syn::parse_quote!(_),
            S::Range(r) if r.start.is_none() && r.end.is_none() => syn::parse_quote!(..),
            left => self.taken_apart(left).unwrap_or_else(|| {
                let name = format_ident!("__part{}", self.targets.len());
                self.targets.push((name.clone(), left.clone()));
                syn::parse_quote!(#name)
            }),
        }
    }

    /// The pattern of what is no place.
    fn taken_apart(&mut self, left: &S) -> Option<Pat> {
        Some(match left {
            S::Paren(p) => self.taken_apart(&p.expr)?,
            S::Tuple(t) => {
                let parts = t.elems.iter().map(|e| self.pattern(e));
                syn::parse_quote!((#(#parts,)*))
            }
            S::Array(a) => {
                let parts = a.elems.iter().map(|e| self.pattern(e));
                syn::parse_quote!([#(#parts),*])
            }
            S::Call(c) => {
                let S::Path(syn::ExprPath { path, .. }) = &*c.func else { return None };
                if !path.segments.last().is_some_and(|s| capital(&s.ident.to_string())) {
                    return None;
                }
                let parts = c.args.iter().map(|e| self.pattern(e));
                syn::parse_quote!(#path(#(#parts),*))
            }
            S::Struct(s) => {
                let path = &s.path;
                let parts = s.fields.iter().map(|f| {
                    let (member, part) = (&f.member, self.pattern(&f.expr));
                    quote::quote!(#member: #part)
                });
                syn::parse_quote!(#path { #(#parts,)* .. })
            }
            _ => return None,
        })
    }
}
