//! The verifier: what every program must satisfy after a pass. A violation is a bug of this crate.

use crate::ir::{Block, Expr, Program, Role, Stmt, VarId};
use crate::kinds::Types;
use crate::print;
use crate::var_set::VarSet;

/// No exits are left, and what is differentiated is an operation on atoms.
pub(crate) fn normal_form(program: &Program, types: &Types) {
    program.body.walk(&mut |stmt| match stmt {
        Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => {
            unreachable!("an exit was left: {stmt:?}")
        }
        Stmt::Let { value: Expr::Binary(op, a, b), .. } if op.is_arithmetic() => {
            for operand in [a, b] {
                assert!(!matches!(**operand, Expr::Math(..)), "an operand is no atom: {stmt:?}");
            }
        }
        _ => {}
    });
    well_formed(program, types);
}

/// Every variable is defined once, in a scope that is visible where it is read; once tapes are placed, they too.
pub(crate) fn well_formed(program: &Program, types: &Types) {
    let mut defined: VarSet = program.params.iter().flat_map(|p| p.parts.clone()).collect();
    if let Some(reverse) = &program.reverse {
        defined.extend(&reverse.cotangent);
        for (param, list) in program.params.iter().zip(&reverse.adjoints) {
            if param.passing != crate::ir::Passing::Value {
                defined.extend(list);
            }
        }
    }
    scope(program, types, &program.body, &mut defined);
}

fn scope(program: &Program, types: &Types, block: &Block, defined: &mut VarSet) {
    let visible = |v: VarId, defined: &VarSet| {
        assert!(
            defined.contains(v),
            "`{}` is read where it is not visible in\n{}",
            program.vars[v].name,
            print::program(program, types)
        );
    };
    defined.extend(&block.loads);
    for stmt in &block.stmts {
        stmt.uses(
            &mut |v| {
                if program.vars[v].role != Role::Tape {
                    visible(v, defined);
                }
            },
            &mut |_| {},
        );
        defined.extend(stmt.defines());
        if let Some(tape) = stmt.tape() {
            if tape.write {
                defined.insert(tape.var);
            } else if program.taped {
                visible(tape.var, defined);
            }
        }
        for inner in stmt.blocks() {
            scope(program, types, inner, &mut defined.clone());
        }
    }
    block.saves.iter().for_each(|v| visible(*v, defined));
}
