//! References to slices that are assigned anew: `let mut rest = xs; while let [head, tail @ ..] = rest { …; rest = tail; }`.
//!
//! Such a name is bound to the place `xs[from..to]`, and an assignment changes these two integers: the slice that it
//! moves within is known, so its cotangent is.

use proc_macro2::Span;

use super::{Binding, Lowerer, strip};
use crate::ir::{BinOp, Expr, Place, Role, Step, Stmt, VarId};
use crate::kinds::{self, Kind};

/// The integers between which a slice lies.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    from: VarId,
    to: VarId,
}

impl Lowerer<'_> {
    /// Binds a name to a reference to a slice that may be assigned; `false` if the value is none.
    pub(super) fn bind_walk(&mut self, name: &str, value: &Expr, span: Span, is_slice: bool) -> bool {
        let Expr::Ref { mutable, of } = value else { return false };
        let Expr::Place(place) = &**of else { return false };
        if !is_slice && !matches!(kinds::of_place(&self.program, place).deref(), Kind::Seq(_)) {
            return false;
        }
        let Expr::Place(place) = self.pin(Expr::Place(place.clone())) else { return false };
        let (base, from, to) = self.reach(&place, 0);
        let mut bound = |name: String, value: Expr| {
            let var = self.let_var(name, span, Role::User, value);
            self.program.vars[var].kind = Kind::Int;
            self.program.vars[var].mutable = true;
            var
        };
        let bounds = Bounds { from: bound(format!("{name}_from"), from), to: bound(format!("{name}_to"), to) };
        let at = Expr::Range {
            lo: Some(Box::new(Expr::var(bounds.from, span))),
            hi: Some(Box::new(Expr::var(bounds.to, span))),
            inclusive: false,
        };
        let window = base.step(Step::Index { at: Box::new(at), range: true });
        self.walks.push(bounds);
        self.bind(name, Expr::Ref { mutable: *mutable, of: Box::new(Expr::Place(window)) });
        true
    }

    /// Assigns to a name that [`Self::bind_walk`] has bound; `false` if it is none.
    pub(super) fn walk_on(&mut self, name: &syn::Ident, value: &Expr) -> bool {
        let Some(Binding::Value(Expr::Ref { of, .. })) = self.lookup(&name.to_string()) else { return false };
        let Expr::Place(window) = &**of else { return false };
        let Some(Step::Index { at, range: true }) = window.path.last() else { return false };
        let Expr::Range { lo: Some(lo), .. } = &**at else { return false };
        let Some(bounds) = lo.as_var().and_then(|v| self.walks.iter().copied().find(|b| b.from == v)) else {
            return false;
        };
        let mut base = window.clone();
        base.path.pop();
        let base = base.trimmed();
        let within = match strip(value.clone()) {
            Expr::Place(place) if place.root == base.root => {
                let steps = base.path.len();
                let starts = Place { path: place.path.iter().take(steps).cloned().collect(), ..place.clone() };
                (starts.same(&base) && place.path[steps..].iter().all(is_of_slice)).then_some((place, steps))
            }
            _ => None,
        };
        let Some((place, steps)) = within else {
            self.errors.at(
                name.span(),
                "a slice that is assigned anew must lie in the one that the variable began with; use an index into that, or a variable for each",
            );
            return true;
        };
        let (_, from, to) = self.reach(&place, steps);
        let (from, to) = (self.temporary(from, name.span()), self.temporary(to, name.span()));
        for (var, value) in [(bounds.from, from), (bounds.to, to)] {
            self.emit(Stmt::Assign { place: Place::var(var, name.span()), value, init: false });
        }
        true
    }

    /// The place without the sub-slices at its end, and where these begin and end in it.
    fn reach(&self, place: &Place, least: usize) -> (Place, Expr, Expr) {
        let mut base = place.trimmed();
        let mut ranges = Vec::new();
        while base.path.len() > least
            && let Some(Step::Index { at, range: true }) = base.path.last()
        {
            let Expr::Range { lo, hi, inclusive } = &**at else { break };
            ranges.push((lo.clone(), hi.clone(), *inclusive));
            base.path.pop();
            base = if base.path.len() > least { base.trimmed() } else { base };
        }
        let mut from = Expr::int(0);
        let mut to = crate::rules::method(Expr::Place(base.clone()), "len", Vec::new());
        for (lo, hi, inclusive) in ranges.into_iter().rev() {
            if let Some(hi) = hi {
                to = plus(&from, *hi);
                if inclusive {
                    to = plus(&Expr::int(1), to);
                }
            }
            if let Some(lo) = lo {
                from = plus(&from, *lo);
            }
        }
        (base, from, to)
    }
}

fn is_of_slice(step: &Step) -> bool {
    match step {
        Step::Deref => true,
        Step::Index { at, range: true } => matches!(**at, Expr::Range { .. }),
        _ => false,
    }
}

fn plus(a: &Expr, b: Expr) -> Expr {
    let is_zero = |e: &Expr| matches!(e, Expr::Lit(syn::Lit::Int(i)) if i.base10_digits() == "0");
    match (is_zero(a), is_zero(&b)) {
        (true, _) => b,
        (_, true) => a.clone(),
        _ => Expr::binary(BinOp::Add, a.clone(), b),
    }
}
