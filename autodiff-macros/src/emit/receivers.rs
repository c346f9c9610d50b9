//! Numbers that have no type where a method is called on them: the `0.0` of `fold(0.0, |s, a| s.max(*a))`, whose type only what
//! is made of the whole tells.
//!
//! In: a finished program. Out: the types with which such variables are declared.

use super::Emitter;
use super::code::{Code, code};
use crate::ir::{Expr, Program, Role, Stmt, VarId};
use crate::kinds::{Float, Kind};
use crate::var_set::VarSet;

/// The variables on which functions of floats are called as methods, or on copies of which they are.
pub(super) fn receivers(program: &Program) -> VarSet {
    let mut found = VarSet::new();
    program.body.walk(&mut |s| s.parts(&mut |e| note(e, &mut found), &mut |_| {}));
    loop {
        let mut changed = false;
        program.body.walk(&mut |s| {
            if let Stmt::Let { var, value } = s
                && found.contains(*var)
                && let Some(of) = value.as_var()
            {
                changed |= found.insert(of);
            }
        });
        if !changed {
            return found;
        }
    }
}

fn note(e: &Expr, found: &mut VarSet) {
    if let Expr::Math(_, args) = e
        && let Some(receiver) = args.first().and_then(Expr::as_var)
    {
        found.insert(receiver);
    }
    e.children(&mut |e| note(e, found));
}

impl Emitter<'_> {
    /// The type of a number on which methods are called before anything else tells it.
    pub(super) fn type_for_methods(&self, var: VarId, value: &Expr) -> Option<Code> {
        let bare = match value {
            Expr::Neg(of) => &**of,
            value => value,
        };
        let bare = matches!(bare, Expr::Lit(syn::Lit::Float(l)) if l.suffix().is_empty());
        if !bare || self.program.vars[var].role != Role::Temporary || !self.receivers.contains(var) {
            return None;
        }
        match self.kind(var) {
            Kind::Float(Float::F64) => Some(code!(: f64)),
            Kind::Float(Float::F32) => Some(code!(: f32)),
            _ => None,
        }
    }
}
