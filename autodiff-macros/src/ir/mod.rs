//! The intermediate language that every transformation maps to itself.
//!
//! Grammar, in prose. A [`Program`] is a table of variables and a [`Block`] of statements. A statement
//! defines a variable (`Let`, `Declare`), writes to a [`Place`] (`Assign`, `Update`, `Accumulate`),
//! calls a function that has a derivative (`Call`), runs a saved pullback (`Pull`), branches (`If`),
//! iterates (`Loop`), changes a vector's length or order (`Edit`) or is run for its effect
//! (`Effect`). `Turn` separates the forward from the backward sweep. `Break`, `Continue` and `Return`
//! exist only between lowering and the elimination of exits. Expressions are pure and never jump.
//!
//! After lowering a program is in A-normal form: whatever may carry a derivative is one operation on
//! atoms (places, constants), bound by a `Let`. Conditions, indices and bounds are expression trees,
//! since no derivative flows through them.
//!
//! A loop or branch of the forward sweep and its mirror image in the backward sweep share a tape
//! variable: what the one `saves`, the other `loads`, in the same order.

mod calls;
mod exprs;
mod stmts;

use std::rc::Rc;

use proc_macro2::Span;
use syn::Type;

pub(crate) use calls::{Arg, Call, Callee, Mode, Operator, Passing, Pull};
pub(crate) use exprs::{BinOp, Expr, Place, Sequence, Step, as_element, element, suffixed};
pub(crate) use stmts::{Block, Edit, Header, Loop, Plan, Stmt, Tape};

use crate::kinds::Kind;
use crate::var_set::VarSet;

/// The index of a variable in [`Program::vars`].
pub(crate) type VarId = usize;

/// What a variable is for; decides its name and whether simplification may remove it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    User,
    Temporary,
    Adjoint,
    Tangent,
    Tape,
}

/// A variable. Its name is a wish: emission makes names unique.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) kind: Kind,
    pub(crate) ty: Option<Type>,
    /// The type that its value has by declarations beside the function: it is never written.
    pub(crate) found: Option<Rc<crate::surroundings::Written>>,
    pub(crate) role: Role,
    /// Declared `mut` by the user, or a `&mut` parameter: a method call may change it.
    pub(crate) mutable: bool,
    /// For a tangent or a cotangent, the variable whose it is.
    pub(crate) mirrors: Option<VarId>,
    /// For a tangent, the variable that it is the tangent of, which may itself be a cotangent.
    pub(crate) tangent_of: Option<VarId>,
    /// Carries no derivative, whatever it is computed from.
    pub(crate) detached: bool,
    /// Its value holds references, so that no tape can hold it.
    pub(crate) borrows: bool,
    /// Its value is made of copies of what references refer to, which a call is handed references to.
    pub(crate) lends: bool,
    /// Begins without a value and is given one at most once: there is nothing to restore.
    pub(crate) once: bool,
}

/// A parameter of a program: its primal variable, then its tangents (see [`Arg`]).
#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) parts: Vec<VarId>,
    pub(crate) passing: Passing,
    /// A receiver by value, which is handed over by reference.
    pub(crate) owned: bool,
    /// Its derivative is computed by this program.
    pub(crate) active: bool,
}

/// The backward half of a program.
#[derive(Clone, Debug)]
pub(crate) struct Reverse {
    /// The cotangent of the value and its tangents.
    pub(crate) cotangent: Vec<VarId>,
    /// For each parameter its cotangent and the tangents of that; empty where it has none.
    pub(crate) adjoints: Vec<Vec<VarId>>,
}

/// A function body with its variables.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) vars: Vec<Var>,
    pub(crate) params: Vec<Param>,
    pub(crate) body: Block,
    /// What the function returns, and the tangents of that.
    pub(crate) value: Vec<Expr>,
    /// Set once the program is the derivative of one.
    pub(crate) reverse: Option<Reverse>,
    /// Backward scopes load what they read; until then they read forward variables as if visible.
    pub(crate) taped: bool,
    /// Callers read what `&mut` parameters hold after the forward sweep, and never what they hold on the way back.
    pub(crate) outputs: bool,
    /// Variables that a backward scope must load rather than compute again, since what they were computed from is not
    /// restored.
    pub(crate) stored: VarSet,
    /// Kinds of fields and elements that their uses tell, by [`crate::kinds::path_key`].
    pub(crate) fields: crate::maps::HashMap<String, Kind>,
    /// The types of fields, as far as they are declared beside the function.
    pub(crate) surroundings: crate::surroundings::Surroundings,
}

impl Program {
    /// A copy without the statements.
    pub(crate) fn without_body(&self) -> Self {
        Self {
            vars: self.vars.clone(),
            params: self.params.clone(),
            body: Block::default(),
            value: self.value.clone(),
            reverse: self.reverse.clone(),
            taped: self.taped,
            outputs: self.outputs,
            stored: self.stored.clone(),
            fields: self.fields.clone(),
            surroundings: self.surroundings.clone(),
        }
    }

    /// Adds a variable.
    pub(crate) fn fresh(&mut self, name: impl Into<String>, span: Span, kind: Kind, role: Role) -> VarId {
        self.vars.push(Var {
            name: name.into(),
            span,
            kind,
            ty: None,
            found: None,
            role,
            mutable: false,
            mirrors: None,
            tangent_of: None,
            detached: false,
            borrows: false,
            lends: false,
            once: false,
        });
        self.vars.len() - 1
    }
}
