//! Ranges that have names: `let r = 0..n;`, which is a value (`x[r.clone()]`, `r.len()`) and an iterator (`for i in r`).
//!
//! The name is that of a variable with the range, for the one; its ends are constants or have names of their own, for the other.

use proc_macro2::Span;
use syn::Expr as S;

use super::{Lowerer, Stream};
use crate::ir::{Expr, VarId};
use crate::kinds::{Float, Kind};
use crate::lower::Binding;

impl Lowerer<'_> {
    /// A range of integers with ends that can be named again; any other value as it is.
    pub(in crate::lower) fn with_named_ends(&mut self, value: Expr, span: Span) -> Expr {
        match value {
            Expr::Range { lo: Some(lo), hi: Some(hi), inclusive } if !self.is_real(&lo) && !self.is_real(&hi) => {
                let (lo, hi) = (self.fixed(*lo, span), self.fixed(*hi, span));
                Expr::Range { lo: Some(Box::new(lo)), hi: Some(Box::new(hi)), inclusive }
            }
            other => other,
        }
    }

    /// Notes that a variable that nothing changes holds such a range.
    pub(in crate::lower) fn note_range(&mut self, var: VarId, value: &Expr) {
        if let Expr::Range { lo: Some(lo), hi: Some(hi), inclusive } = value
            && !self.program.vars[var].mutable
            && self.is_fixed(lo)
            && self.is_fixed(hi)
            && !self.is_real(lo)
        {
            self.ranges.insert(var, ((**lo).clone(), (**hi).clone(), *inclusive));
        }
    }

    fn is_real(&self, end: &Expr) -> bool {
        match end {
            Expr::Lit(lit) => matches!(lit, syn::Lit::Float(_)),
            end => matches!(self.kind(end).deref(), Kind::Float(float) if *float != Float::Any),
        }
    }

    /// The stream of a name of a range, or of a copy of that.
    pub(super) fn named_range(&self, e: &S) -> Option<Stream> {
        match e {
            S::Paren(p) => self.named_range(&p.expr),
            S::MethodCall(m) if (m.method == "clone" || m.method == "into_iter") && m.args.is_empty() => {
                self.named_range(&m.receiver)
            }
            S::Path(p) => {
                let Binding::Value(value) = self.lookup(&p.path.get_ident()?.to_string())? else { return None };
                let (lo, hi, inclusive) = self.ranges.get(&value.as_var()?)?.clone();
                Some(Stream::Range { lo, hi, inclusive, step: None, rev: false })
            }
            _ => None,
        }
    }
}
