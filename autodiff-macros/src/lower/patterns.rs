//! Patterns: a test that binds nothing, and bindings that are places.

use proc_macro2::Span;
use syn::{Member, Pat, Path};

use super::{Lowerer, strip};
use crate::ir::{BinOp, Expr, Step};
use crate::kinds::Kind;

impl Lowerer<'_> {
    /// The condition under which a pattern matches, or `None` if it always does.
    pub(super) fn test_pattern(&mut self, pat: &Pat, value: &Expr) -> Option<Expr> {
        if let (Pat::Tuple(t), Expr::Tuple(es)) = (pat, value)
            && t.elems.len() == es.len()
        {
            let tests: Vec<Expr> = t.elems.iter().zip(es).filter_map(|(p, e)| self.test_pattern(p, e)).collect();
            return tests.into_iter().reduce(|a, b| Expr::binary(BinOp::And, a, b));
        }
        if !self.is_refutable(pat) {
            return None;
        }
        if let (Expr::Select(..), Some((some, item))) = (value, super::chosen::parts(value)) {
            match pat {
                Pat::TupleStruct(t) if crate::variants::is_named(&t.path, "Some") && t.elems.len() == 1 => {
                    return Some(match self.test_pattern(&t.elems[0], &item) {
                        Some(test) => Expr::binary(BinOp::And, some, test),
                        None => some,
                    });
                }
                Pat::Ident(p) if p.ident == "None" => return Some(Expr::Not(Box::new(some))),
                Pat::Paren(p) => return self.test_pattern(&p.pat, value),
                _ => {}
            }
        }
        let mut silent = without_bindings(pat);
        if let Pat::TupleStruct(t) = &mut silent {
            t.path = self.variant_path(&t.path, value);
        }
        if let Pat::TupleStruct(syn::PatTupleStruct { path, .. }) = pat
            && let Some(family) = super::fallible::family_of(path)
            && let Some(place) = super::as_place(value)
        {
            self.learn_fallible(&place.clone(), family);
        }
        Some(Expr::Matches(Box::new(shared(value.clone())), Box::new(silent)))
    }

    /// The path of a variant. That of an error, which carries no derivative, is the one of `Result`, whatever else the user
    /// may have imported under this name.
    fn variant_path(&self, path: &Path, value: &Expr) -> Path {
        let declared = match self.kind(value).deref() {
            Kind::Unknown => false,
            Kind::Result(content) => **content != Kind::Unknown,
            _ => true,
        };
        if !path.is_ident("Err") || declared {
            return path.clone();
        }
        syn::parse_quote_spanned!(syn::spanned::Spanned::span(path)=> ::core::result::Result::Err)
    }

    /// Whether a pattern may fail to match.
    pub(super) fn is_refutable(&self, pat: &Pat) -> bool {
        let constructors = &self.types.constructors;
        match pat {
            Pat::Wild(_) | Pat::Rest(_) => false,
            Pat::Ident(p) => is_constant(p) || p.subpat.as_ref().is_some_and(|(_, p)| self.is_refutable(p)),
            Pat::Paren(p) => self.is_refutable(&p.pat),
            Pat::Type(p) => self.is_refutable(&p.pat),
            Pat::Reference(p) => self.is_refutable(&p.pat),
            Pat::Tuple(t) => t.elems.iter().any(|p| self.is_refutable(p)),
            Pat::TupleStruct(t) => {
                constructors.is_variant(&t.path, true) || t.elems.iter().any(|p| self.is_refutable(p))
            }
            Pat::Struct(s) => {
                constructors.is_variant(&s.path, false) || s.fields.iter().any(|f| self.is_refutable(&f.pat))
            }
            _ => true,
        }
    }

    /// Binds the names of a pattern that matches; what it binds by value is copied.
    pub(super) fn bind_pattern(&mut self, pat: &Pat, value: Expr) {
        self.walk_pattern(pat, value, &mut |l, p, ty, value| {
            let by_reference = p.by_ref.is_some();
            if by_reference {
                let of = Box::new(value);
                l.bind(&p.ident.to_string(), Expr::Ref { mutable: p.mutability.is_some(), of });
            } else {
                l.let_named(&p.ident, p.mutability.is_some(), ty, value);
            }
        });
    }

    /// Binds the names of a pattern to places, without copying: for guards and conditions, which run
    /// before it is known that the pattern matches.
    pub(super) fn bind_pattern_views(&mut self, pat: &Pat, value: Expr) {
        self.walk_pattern(pat, value, &mut |l, p, _, value| {
            l.bind(&p.ident.to_string(), value);
        });
    }

    pub(super) fn walk_pattern(
        &mut self,
        pat: &Pat,
        value: Expr,
        bind: &mut dyn FnMut(&mut Self, &syn::PatIdent, Option<&syn::Type>, Expr),
    ) {
        match pat {
            Pat::Wild(_) | Pat::Lit(_) | Pat::Range(_) | Pat::Const(_) | Pat::Path(_) | Pat::Rest(_) => {}
            Pat::Or(_) if bound_names(pat).is_empty() => {}
            Pat::Or(_) => self.errors.on(
                pat,
                "alternatives that bind names cannot be differentiated here; write a `match` with an arm for each",
            ),
            Pat::Paren(p) => self.walk_pattern(&p.pat, value, bind),
            Pat::Type(t) => match &*t.pat {
                Pat::Ident(p) if is_plain(p) => bind(self, p, Some(&t.ty), value),
                pat => self.walk_pattern(pat, value, bind),
            },
            Pat::Ident(p) => {
                if is_constant(p) {
                    return;
                }
                if let Some((_, sub)) = &p.subpat {
                    self.walk_pattern(sub, value.clone(), bind);
                }
                bind(self, p, None, value);
            }
            Pat::Reference(r) => self.walk_pattern(&r.pat, strip_one(value), bind),
            Pat::Tuple(t) => self.parts(&t.elems, value, bind, &|i, _| Step::Field(Member::from(i))),
            Pat::TupleStruct(t) => {
                let arity = t.elems.len();
                let path = self.variant_path(&t.path, &value);
                if self.types.constructors.is_variant(&path, true) {
                    self.parts(&t.elems, value, bind, &|i, _| Step::Payload {
                        variant: path.clone(),
                        member: Member::from(i),
                        arity,
                        tangent: false,
                    });
                } else {
                    self.parts(&t.elems, value, bind, &|i, _| Step::Field(Member::from(i)));
                }
            }
            Pat::Struct(s) => {
                for field in &s.fields {
                    let step = if self.types.constructors.is_variant(&s.path, false) {
                        Step::Payload {
                            variant: s.path.clone(),
                            member: field.member.clone(),
                            arity: 0,
                            tangent: false,
                        }
                    } else {
                        Step::Field(field.member.clone())
                    };
                    let part = self.part(value.clone(), step);
                    self.walk_pattern(&field.pat, part, bind);
                }
            }
            Pat::Slice(s) => self.slice_pattern(s, value, bind),
            other => self.errors.on(
                other,
                "this pattern cannot be differentiated; bind the value to a name and take it apart with fields",
            ),
        }
    }

    fn parts(
        &mut self,
        pats: &syn::punctuated::Punctuated<Pat, syn::Token![,]>,
        value: Expr,
        bind: &mut dyn FnMut(&mut Self, &syn::PatIdent, Option<&syn::Type>, Expr),
        step: &dyn Fn(usize, usize) -> Step,
    ) {
        let n = pats.len();
        let rest = pats.iter().position(|p| matches!(p, Pat::Rest(_))).unwrap_or(n);
        // How many parts `..` leaves out: only the last of a pattern need not know.
        let left_out = match (&value, self.kind(&value).deref()) {
            (Expr::Tuple(es), _) => (es.len() + 1).checked_sub(n),
            (_, Kind::Tuple(kinds)) => (kinds.len() + 1).checked_sub(n),
            _ => None,
        };
        if rest + 1 < n && left_out.is_none() {
            self.errors.on(
                pats,
                "`..` before other parts is supported where the number of parts is known from a declared type or a tuple that is written out; write `_` for the others",
            );
        }
        for (i, pat) in pats.iter().enumerate().filter(|(i, _)| *i != rest) {
            let i = if i < rest { i } else { i - 1 + left_out.unwrap_or_default() };
            let part = match &value {
                Expr::Tuple(es) if i < es.len() => es[i].clone(),
                value => self.part(value.clone(), step(i, n)),
            };
            self.walk_pattern(pat, part, bind);
        }
    }

    /// A part of a value: by reference, if the value is a reference.
    pub(super) fn part(&mut self, value: Expr, step: Step) -> Expr {
        if let (Expr::Select(..), Step::Payload { .. }) = (&value, &step)
            && let Some((_, item)) = super::chosen::parts(&value)
        {
            return item;
        }
        if let Step::Field(member) = &step
            && let Some(value) = self.field_of_literal(&value, member)
        {
            return value;
        }
        match value {
            Expr::Tuple(mut es)
                if let Step::Field(Member::Unnamed(i)) = &step
                    && (i.index as usize) < es.len() =>
            {
                es.swap_remove(i.index as usize)
            }
            // Through several references, parts are reached as through one.
            Expr::Ref { mutable: false, of } if matches!(*of, Expr::Ref { mutable: false, .. }) => self.part(*of, step),
            Expr::Ref { mutable, of } => match self.part(*of, step) {
                // What is compared is as many references away as it is there.
                inner @ Expr::Ref { .. } if self.kind(&strip(inner.clone())) != Kind::Constant => inner,
                inner => Expr::Ref { mutable, of: Box::new(inner) },
            },
            value => {
                let place = self.place_of(value, Span::mixed_site());
                self.normal(Expr::Place(place.step(step)))
            }
        }
    }

    fn slice_pattern(
        &mut self,
        s: &syn::PatSlice,
        value: Expr,
        bind: &mut dyn FnMut(&mut Self, &syn::PatIdent, Option<&syn::Type>, Expr),
    ) {
        let n = s.elems.len();
        let rest = s.elems.iter().position(is_rest);
        let base = self.place_of(value.clone(), Span::mixed_site());
        let from_end = |k: usize| {
            let len = crate::rules::method(Expr::Place(base.clone()), "len", Vec::new());
            Expr::binary(BinOp::Sub, len, Expr::int(k))
        };
        for (i, pat) in s.elems.iter().enumerate() {
            let step = match rest {
                Some(r) if i == r => {
                    let hi = (i + 1 < n).then(|| Box::new(from_end(n - 1 - i)));
                    let at = Expr::Range { lo: Some(Box::new(Expr::int(i))), hi, inclusive: false };
                    Step::Index { at: Box::new(at), range: true }
                }
                Some(r) if i > r => Step::Index { at: Box::new(from_end(n - i)), range: false },
                _ => Step::Index { at: Box::new(Expr::int(i)), range: false },
            };
            let part = self.part(value.clone(), step);
            let part = self.pin(part);
            match pat {
                Pat::Rest(_) => {}
                Pat::Ident(p) if rest == Some(i) => {
                    let part = match part {
                        part @ Expr::Ref { .. } => part,
                        part => Expr::Ref { mutable: false, of: Box::new(part) },
                    };
                    bind(self, p, None, part);
                }
                pat => self.walk_pattern(pat, part, bind),
            }
        }
    }
}

/// A test only looks.
fn shared(value: Expr) -> Expr {
    match value {
        Expr::Ref { of, .. } => Expr::Ref { mutable: false, of: Box::new(shared(*of)) },
        Expr::Tuple(es) => Expr::Tuple(es.into_iter().map(shared).collect()),
        other => other,
    }
}

fn strip_one(value: Expr) -> Expr {
    match value {
        Expr::Ref { of, .. } => *of,
        other => strip(other),
    }
}

/// A path that names a variant of an enum: `Enum::Variant`, or one of the prelude.
pub(crate) fn is_variant(path: &Path) -> bool {
    let n = path.segments.len();
    let last = path.segments[n - 1].ident.to_string();
    if matches!(last.as_str(), "Some" | "None" | "Ok" | "Err") {
        return true;
    }
    n >= 2 && capital(&path.segments[n - 2].ident.to_string())
}

pub(crate) fn capital(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

/// A lone identifier that must be a constant or a unit variant.
pub(super) fn is_constant(p: &syn::PatIdent) -> bool {
    p.by_ref.is_none() && p.mutability.is_none() && p.subpat.is_none() && capital(&p.ident.to_string())
}

/// A lone identifier that binds all of the value.
pub(super) fn is_plain(p: &syn::PatIdent) -> bool {
    p.subpat.as_ref().map_or(!is_constant(p), |(_, sub)| matches!(**sub, Pat::Wild(_)))
}

/// The names that a pattern binds.
pub(crate) fn bound_names(pat: &Pat) -> Vec<proc_macro2::Ident> {
    struct Names(Vec<proc_macro2::Ident>);
    impl<'a> syn::visit::Visit<'a> for Names {
        fn visit_pat_ident(&mut self, p: &'a syn::PatIdent) {
            if !is_constant(p) {
                self.0.push(p.ident.clone());
            }
            syn::visit::visit_pat_ident(self, p);
        }
    }
    let mut names = Names(Vec::new());
    syn::visit::Visit::visit_pat(&mut names, pat);
    names.0
}

/// The pattern with every binding replaced by `_`.
fn without_bindings(pat: &Pat) -> Pat {
    struct Silence;
    impl syn::visit_mut::VisitMut for Silence {
        fn visit_pat_mut(&mut self, pat: &mut Pat) {
            if let Pat::Ident(p) = pat
                && !is_constant(p)
            {
                *pat = match p.subpat.take() {
                    Some((_, sub)) => *sub,
                    None => syn::parse_quote!(_),
                };
            }
            if let Pat::Struct(s) = pat {
                for field in &mut s.fields {
                    if field.colon_token.is_none() {
                        field.colon_token = Some(syn::Token![:](Span::mixed_site()));
                        *field.pat = syn::parse_quote!(_);
                    }
                }
            }
            syn::visit_mut::visit_pat_mut(self, pat);
        }
    }
    let mut pat = pat.clone();
    syn::visit_mut::VisitMut::visit_pat_mut(&mut Silence, &mut pat);
    pat
}

/// `..` or `rest @ ..` in the pattern of a slice.
pub(super) fn is_rest(pat: &Pat) -> bool {
    match pat {
        Pat::Rest(_) => true,
        Pat::Ident(p) => p.subpat.as_ref().is_some_and(|(_, sub)| is_rest(sub)),
        _ => false,
    }
}
