//! The printer of the intermediate language, for people who work on the compiler.

use std::fmt::Write;

use crate::emit::Emitter;
use crate::ir::{Block, Header, Program, Stmt};
use crate::kinds::Types;

/// A program as indented text.
pub(crate) fn program(program: &Program, types: &Types) -> String {
    let emitter = Emitter::new(program, types, crate::var_set::VarSet::new(), &crate::maps::HashSet::default());
    let mut out = String::new();
    let names: Vec<String> = program
        .params
        .iter()
        .flat_map(|p| &p.parts)
        .map(|v| format!("{}: {:?}", emitter.name(*v), program.vars[*v].kind))
        .collect();
    let _ = writeln!(out, "fn({})", names.join(", "));
    block(&emitter, &program.body, 1, &mut out);
    let values: Vec<String> = program.value.iter().map(|e| emitter.value(e).to_string()).collect();
    let _ = writeln!(out, "  value ({})", values.join(", "));
    out
}

fn block(emitter: &Emitter<'_>, b: &Block, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    let names = |list: &[usize]| list.iter().map(|v| emitter.name(*v).to_string()).collect::<Vec<_>>().join(", ");
    if !b.loads.is_empty() {
        let _ = writeln!(out, "{pad}load {}", names(&b.loads));
    }
    for stmt in &b.stmts {
        match stmt {
            Stmt::Turn => {
                let _ = writeln!(out, "{pad}-- turn --");
            }
            Stmt::If { cond, then, els, .. } => {
                let _ = writeln!(out, "{pad}if {}", emitter.value(cond));
                block(emitter, then, depth + 1, out);
                let _ = writeln!(out, "{pad}else");
                block(emitter, els, depth + 1, out);
            }
            Stmt::Loop(l) => {
                let head = match &l.header {
                    Header::Range { var, lo, hi, .. } => {
                        format!("for {} in {}..{}", emitter.name(*var), emitter.value(lo), emitter.value(hi))
                    }
                    Header::While(cond) => format!("while {}", emitter.value(cond)),
                    Header::Tape => "loop".to_owned(),
                };
                let exits = names(&l.exits);
                let tape = l.tape.map_or_else(String::new, |t| {
                    format!(" {} {}", if t.write { "write" } else { "read" }, emitter.name(t.var))
                });
                let _ = writeln!(out, "{pad}{head} [{exits}]{tape}");
                block(emitter, &l.body, depth + 1, out);
            }
            Stmt::Scope { body, .. } => {
                let _ = writeln!(out, "{pad}scope");
                block(emitter, body, depth + 1, out);
            }
            other => {
                let _ = writeln!(out, "{pad}{}", emitter.stmts(std::slice::from_ref(other)));
            }
        }
    }
    if !b.saves.is_empty() {
        let _ = writeln!(out, "{pad}save {}", names(&b.saves));
    }
}
