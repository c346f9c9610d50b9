//! The cotangents of temporaries that hold a value or none, in the shape of their values.
//!
//! In: a reversed program, whose backward sweep makes zeros in the shape of values of the forward one. Out: the same, in which
//! the zero of a `Result` or an `Option` is made right after the value. What it holds is then moved out, and need not be
//! `Clone`: nothing on the way back reads the whole, so that `?` can hand an error on, and no tape holds it.

use crate::ir::{Block, Expr, Program, Role, Stmt, VarId};
use crate::kinds::Kind;
use crate::var_set::{VarMap, VarSet};

/// Makes the zeros of such temporaries where these are made.
pub(crate) fn of_containers(program: &mut Program) {
    let mut found: VarMap<VarId> = VarMap::default();
    let (mut unwrapped, mut changed) = (VarSet::new(), VarSet::new());
    program.body.walk(&mut |stmt| {
        if !matches!(stmt, Stmt::Assign { init: true, .. }) {
            stmt.uses(&mut |_| {}, &mut |v| {
                changed.insert(v);
            });
        }
        stmt.parts(&mut |e| note_unwrapped(e, &mut unwrapped), &mut |_| {});
    });
    program.value.iter().for_each(|e| note_unwrapped(e, &mut unwrapped));
    let mut made = VarSet::new();
    program.body.walk(&mut |stmt| {
        if matches!(stmt, Stmt::Let { .. } | Stmt::Call(_) | Stmt::Declare(_)) {
            let is_container = |v: &VarId| {
                program.vars[*v].role == Role::Temporary
                    && !program.vars[*v].mutable
                    && !changed.contains(*v)
                    && match &program.vars[*v].kind {
                        Kind::Result(_) => true,
                        Kind::Option(inner) => !inner.is_scalar(),
                        Kind::Unknown => unwrapped.contains(*v),
                        _ => false,
                    }
            };
            made.extend(stmt.defines().iter().filter(|v| is_container(v)));
        }
    });
    let mut body = std::mem::take(&mut program.body);
    body.walk_mut(&mut |stmt| {
        let Stmt::Let { var, value } = stmt else { return };
        let Expr::Zero(of) = value else { return };
        let Some(result) = of.as_var().filter(|v| made.contains(*v)) else { return };
        let span = program.vars[*var].span;
        let zero = *found.or_insert_with(result, || {
            let kind = program.vars[result].kind.tangent();
            program.fresh(format!("{}_zero", program.vars[result].name), span, kind, Role::Adjoint)
        });
        *value = Expr::var(zero, span);
    });
    if !found.is_empty() {
        insert(program, &mut body, &found);
    }
    program.body = body;
}

/// Notes the variables whose content an expression takes out.
fn note_unwrapped(e: &Expr, found: &mut VarSet) {
    if let Expr::Method { recv, name, .. } = e
        && matches!(name.to_string().as_str(), "unwrap" | "expect")
    {
        found.extend(recv.as_var());
    }
    e.children(&mut |e| note_unwrapped(e, found));
}

/// Puts the definition of each zero behind that of its value, or behind the branches that give it one.
fn insert(program: &Program, block: &mut Block, zeros: &VarMap<VarId>) {
    let mut behind: Vec<Vec<VarId>> = vec![Vec::new(); block.stmts.len()];
    for (i, stmt) in block.stmts.iter_mut().enumerate() {
        stmt.blocks_mut().into_iter().for_each(|inner| insert(program, inner, zeros));
        for v in stmt.defines().into_iter().filter(|v| zeros.contains(*v)) {
            behind[i].push(v);
        }
    }
    for i in 0..behind.len() {
        if let Stmt::Declare(v) = block.stmts[i]
            && let Some(at) = behind[i].iter().position(|found| *found == v)
            && let Some(last) = block.stmts.iter().rposition(|s| gives_value(s, v))
        {
            behind[i].remove(at);
            behind[last].push(v);
        }
    }
    let stmts = std::mem::take(&mut block.stmts);
    for (stmt, made) in stmts.into_iter().zip(behind) {
        block.stmts.push(stmt);
        for v in made {
            let value = Expr::Zero(Box::new(Expr::var(v, program.vars[v].span)));
            block.stmts.push(Stmt::Let { var: zeros[v], value });
        }
    }
}

/// Whether a statement, or one inside it, initialises a variable.
fn gives_value(stmt: &Stmt, v: VarId) -> bool {
    matches!(stmt, Stmt::Assign { place, init: true, .. } if place.root == v)
        || stmt.blocks().iter().any(|b| b.stmts.iter().any(|s| gives_value(s, v)))
}
