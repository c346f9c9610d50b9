//! What whole chunks leave over: `v.chunks_exact(k).remainder()` is a part of `v`.
//!
//! In: such a call, of the chunks themselves or of a name for them. Out: the part. A name keeps it beside its iterator.

use syn::Expr as S;

use super::Lowerer;
use crate::ir::{BinOp, Expr, Place, Step};
use crate::lower::Binding;
use crate::rules;

impl Lowerer<'_> {
    /// `chunks.remainder()`; `None` if that is another method.
    pub(in crate::lower) fn remainder(&mut self, m: &syn::ExprMethodCall) -> Option<Expr> {
        if m.method != "remainder" || !m.args.is_empty() {
            return None;
        }
        match &*m.receiver {
            S::Path(p) => match self.lookup(&kept(&p.path.get_ident()?.to_string()))? {
                Binding::Value(value) => Some(value.clone()),
                _ => None,
            },
            chunks => self.left_over(chunks),
        }
    }

    /// Keeps what the chunks leave over that a name is bound to, if it is asked for.
    pub(super) fn keep_remainder(&mut self, name: &syn::Ident, chunks: &S) {
        if self.uses.asks_for_remainder(name)
            && let Some(rest) = self.left_over(chunks)
        {
            self.bind(&kept(&name.to_string()), rest);
        }
    }

    fn left_over(&mut self, chunks: &S) -> Option<Expr> {
        let S::MethodCall(m) = chunks else { return None };
        let backward = match m.method.to_string().as_str() {
            "chunks_exact" => false,
            "rchunks_exact" => true,
            _ => return None,
        };
        let span = m.method.span();
        let value = self.place_or_value(&m.receiver);
        let place = self.place_of(value, span);
        let Expr::Place(place) = self.pin(Expr::Place(place)) else { return None };
        let k = self.control(m.args.first()?);
        let n = rules::method(Expr::Place(place.clone()), "len", Vec::new());
        let over = self.fixed(Expr::binary(BinOp::Rem, n.clone(), k), span);
        let (lo, hi) = if backward { (Expr::int(0), over) } else { (Expr::binary(BinOp::Sub, n.clone(), over), n) };
        Some(part(&place, lo, hi))
    }
}

/// What the remainder of a name's chunks is bound to.
fn kept(name: &str) -> String {
    format!("{name}.remainder")
}

fn part(place: &Place, lo: Expr, hi: Expr) -> Expr {
    let at = Expr::Range { lo: Some(Box::new(lo)), hi: Some(Box::new(hi)), inclusive: false };
    Expr::Ref { mutable: false, of: Box::new(Expr::Place(place.step(Step::Index { at: Box::new(at), range: true }))) }
}
