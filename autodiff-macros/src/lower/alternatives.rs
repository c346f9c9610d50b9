//! Alternatives in patterns that bind names, as in `Some(Circle(r) | Sphere(r))`: each becomes a pattern of its own.
//!
//! A name is a place of what is taken apart, and which place it is depends on the alternative. So what a pattern with
//! alternatives leads to stands once for each of them.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr as S, Pat};

use super::Lowerer;
use super::exprs::if_stmt;
use super::flow::Branches;
use super::patterns::bound_names;
use crate::ir::Expr;

/// How many patterns one may stand for.
const MOST: usize = 32;

impl Lowerer<'_> {
    /// A branch on the first of some alternatives that matches, and on the conditions after it.
    ///
    /// Where it matches, the others are not tried, whatever those conditions say.
    pub(super) fn branch_on_alternatives(&mut self, pats: &[Pat], value: &Expr, conds: &[&S], to: &Branches<'_>) {
        let Some((pat, others)) = pats.split_first() else {
            let stmts = self.outside(to.outside, |l| l.copied(to.span, to.els));
            return self.emit_all(stmts);
        };
        self.scopes.push(crate::maps::HashMap::default());
        let test = self.test_pattern(pat, value);
        let then = self.copied(to.span, |l| {
            l.bind_pattern(pat, value.clone());
            match conds {
                [] => (to.then)(l),
                _ => l.branch_on_all(conds, Vec::new(), None, to),
            }
        });
        self.scopes.pop();
        match test {
            Some(test) => {
                let (els, ()) = self.scoped(|l| l.branch_on_alternatives(others, value, conds, to));
                self.emit(if_stmt(test, then, els));
            }
            None => self.emit_all(then),
        }
    }
}

/// The patterns that a pattern stands for, in the order in which they are tried.
///
/// One that stands for too many is left as it is, which is reported where its names are bound.
pub(super) fn of_pattern(pat: &Pat) -> Vec<Pat> {
    let (mut done, mut open) = (Vec::new(), vec![pat.clone()]);
    while let Some(next) = open.pop() {
        let cases: Vec<Pat> = (0..).map_while(|case| choice(&next, case)).collect();
        if cases.is_empty() {
            done.push(next);
        }
        open.extend(cases.into_iter().rev());
        if done.len() + open.len() > MOST {
            return vec![pat.clone()];
        }
    }
    done
}

/// The pattern with one of the alternatives in the place of the first that bind names, if it has so many.
fn choice(pat: &Pat, case: usize) -> Option<Pat> {
    let mut pat = pat.clone();
    let mut choose = Choose { case, chosen: false, found: false };
    choose.visit_pat_mut(&mut pat);
    choose.chosen.then_some(pat)
}

struct Choose {
    case: usize,
    chosen: bool,
    found: bool,
}

impl VisitMut for Choose {
    fn visit_pat_mut(&mut self, pat: &mut Pat) {
        if self.found {
            return;
        }
        if let Pat::Or(or) = pat
            && or.cases.iter().any(|case| !bound_names(case).is_empty())
        {
            self.found = true;
            if let Some(case) = or.cases.iter().nth(self.case).cloned() {
                self.chosen = true;
                *pat = case;
            }
            return;
        }
        visit_mut::visit_pat_mut(self, pat);
    }

    /// A guard may hold patterns of its own.
    fn visit_expr_mut(&mut self, _: &mut S) {}
}

/// The condition `let pattern = value` whose pattern has alternatives: they, and the value.
pub(super) fn of_condition(cond: &S) -> Option<(Vec<Pat>, &S)> {
    match cond {
        S::Let(l) => Some((of_pattern(&l.pat), &*l.expr)).filter(|(pats, _)| pats.len() > 1),
        S::Paren(p) => of_condition(&p.expr),
        _ => None,
    }
}

/// `let pattern = value else { … }` whose pattern has alternatives: a `let` of what a `match` gives.
pub(super) fn of_local(local: &syn::Local) -> Option<syn::Local> {
    let init = local.init.as_ref()?;
    let pats = of_pattern(&local.pat);
    if pats.len() < 2 {
        return None;
    }
    let mut bound = Bound::default();
    bound.visit_pat_mut(&mut pats[0].clone());
    let (names, patterns) = (bound.names, bound.patterns);
    let (value, otherwise) = (&init.expr, init.diverge.as_ref().map(|(_, e)| quote::quote!(_ => #e,)));
    let given = quote::quote!((#(#names),*));
    let value: S = syn::parse_quote!(match #value { #(#pats => #given,)* #otherwise });
    match syn::parse_quote!(let (#(#patterns),*) = #value;) {
        syn::Stmt::Local(new) => Some(new),
        _ => None,
    }
}

/// The names that a pattern binds, and a pattern for each.
#[derive(Default)]
struct Bound {
    names: Vec<syn::Ident>,
    patterns: Vec<proc_macro2::TokenStream>,
}

impl VisitMut for Bound {
    fn visit_pat_ident_mut(&mut self, p: &mut syn::PatIdent) {
        if !super::patterns::is_constant(p) {
            let (mutability, name) = (p.mutability.filter(|_| p.by_ref.is_none()), &p.ident);
            self.patterns.push(quote::quote!(#mutability #name));
            self.names.push(p.ident.clone());
        }
        visit_mut::visit_pat_ident_mut(self, p);
    }
}
