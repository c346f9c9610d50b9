//! Which places may hold no tangent: a field marked `#[constant]`, which a function does not show, has the tangent `()`.
//!
//! In: a derivative. Out: whether a place of a tangent is, or lies in, such a field, and the variables that hold what was in
//! one: they have the type that it has.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Member;

use crate::ir::{Callee, Edit, Expr, Place, Program, Role, Step, Stmt, VarId};
use crate::kinds::{self, Float, Kind};
use crate::var_set::VarSet;

/// The variables that hold a part of a tangent as that is, which may be `()`.
pub(crate) fn partial(program: &Program) -> VarSet {
    let mut partial = VarSet::new();
    loop {
        let mut changed = false;
        program.body.walk(&mut |s| match s {
            Stmt::Replace { old: var, place, .. } | Stmt::Edit(Edit::Pop { var, place, .. })
                if !is_number(&program.vars[*var].kind) && is_part(program, &partial, place.root, &place.path) =>
            {
                changed |= partial.insert(*var);
            }
            Stmt::Let { var, value }
                if !is_number(&program.vars[*var].kind)
                    && taken_from(value, is_cotangent(program, *var)).is_some_and(|v| partial.contains(v)) =>
            {
                changed |= partial.insert(*var);
            }
            _ => {}
        });
        if !changed {
            return partial;
        }
    }
}

/// The pullbacks of calls whose values such places hold whole: they are called with a zero, if the cotangent is missing.
pub(crate) fn kept(program: &Program, partial: &VarSet) -> VarSet {
    let mut kept = VarSet::new();
    program.body.walk(&mut |s| {
        if let Stmt::Pull(pull) = s
            && !matches!(pull.callee, Callee::Operator(_))
            && pull.cotangent.iter().flatten().any(|e| is_whole_part(program, partial, e))
        {
            kept.insert(pull.tape);
        }
    });
    kept
}

/// Whether a cotangent is a part of a tangent as it is.
pub(crate) fn is_whole_part(program: &Program, partial: &VarSet, cotangent: &Expr) -> bool {
    match cotangent {
        Expr::Clone(of) => is_whole_part(program, partial, of),
        Expr::Place(place) => {
            is_cotangent(program, place.root)
                && !is_number(&kinds::of_place(program, place))
                && is_part(program, partial, place.root, &place.path)
        }
        _ => false,
    }
}

/// The variable that a value is taken out of as it is. Parts of tangents are otherwise read: a zero is made of what is missing.
fn taken_from(value: &Expr, cotangent: bool) -> Option<VarId> {
    match value {
        Expr::Method { recv, name, .. } if name == "unwrap" || name == "expect" => recv.as_var(),
        Expr::Clone(of) if cotangent => taken_from(of, cotangent),
        Expr::Place(place) if cotangent => Some(place.root),
        _ => None,
    }
}

/// Whether a variable is a cotangent, or a tangent of one.
pub(crate) fn is_cotangent(program: &Program, mut v: VarId) -> bool {
    while let Some(of) = program.vars[v].tangent_of {
        v = of;
    }
    program.vars[v].role == Role::Adjoint
}

/// Whether a place of a tangent may be missing, where such variables hold parts of tangents.
pub(crate) fn is_part(program: &Program, partial: &VarSet, root: VarId, path: &[Step]) -> bool {
    matches!(program.vars[root].role, Role::Adjoint | Role::Tangent)
        && (partial.contains(root) || (0..path.len()).any(|i| is_field_of_struct(program, root, path, i)))
}

/// Whether a step of a path is to a field of a struct or of a variant.
pub(crate) fn is_field_of_struct(program: &Program, root: VarId, path: &[Step], step: usize) -> bool {
    let base = || Place { root, path: path[..step].to_vec(), span: proc_macro2::Span::mixed_site() };
    if matches!(path[step], Step::Field(_)) && kinds::is_declared(program, root, &path[..=step]) {
        return false;
    }
    match &path[step] {
        Step::Field(Member::Named(_)) => !kinds::of_place(program, &base()).deref().is_complex(),
        // Tuples have numbered fields as well.
        Step::Field(Member::Unnamed(_)) => {
            step == path.iter().take_while(|s| matches!(s, Step::Deref)).count()
                && is_declared_struct(program, root)
                && !matches!(kinds::of_place(program, &base()).deref(), Kind::Tuple(_))
        }
        Step::Payload { variant, .. } => !crate::variants::is_standard(variant),
        _ => false,
    }
}

/// Whether a variable, or what it is the tangent of, is declared with the name of a type.
fn is_declared_struct(program: &Program, v: VarId) -> bool {
    let var = &program.vars[v];
    let Some(mut ty) = var.ty.as_ref().or_else(|| program.vars[var.mirrors?].ty.as_ref()) else { return false };
    while let syn::Type::Reference(r) = ty {
        ty = &r.elem;
    }
    matches!(ty, syn::Type::Path(_))
}

/// Whether values are numbers whose type is known.
pub(crate) fn is_number(kind: &Kind) -> bool {
    matches!(kind, Kind::Float(Float::F64 | Float::F32))
}

/// Zero, of a number whose type is known.
pub(crate) fn zero_of_number(kind: &Kind) -> Option<TokenStream> {
    match kind {
        Kind::Float(Float::F64) => Some(quote!(0.0_f64)),
        Kind::Float(Float::F32) => Some(quote!(0.0_f32)),
        _ => None,
    }
}
