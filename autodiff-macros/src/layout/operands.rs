//! Operands: of what is added or subtracted the tape keeps no more than the shape, which for numbers is nothing.
//!
//! ```text
//! let c = a + b; tape.push((a, …));  …  for (a, …) { Add::adjoint(&a, &b, &ct, Some(&mut d_a), …); … }
//! ⇒  let kept = Add::kept_left(a.clone(), &b); let c = a + b; tape.push((kept, …));
//!    …  for (kept, …) { let a = kept.restored(); Add::adjoint(&a, &b, &ct, Some(&mut d_a), …); … }
//! ```
//!
//! Only types tell whether operands are numbers, so this is decided by the operator's trait: of everything else the whole is
//! kept. Where the macro knows that operands are floats, it stores none of them to begin with.

use proc_macro2::Span;

use super::{Pair, pairs};
use crate::ir::{Arg, BinOp, Block, Call, Callee, Expr, Operator, Program, Pull, Role, Stmt, Tape, VarId};
use crate::kinds::Kind;
use crate::maps::HashMap;

/// The method of a trait of the runtime that gives a value of the kept shape.
pub(crate) const RESTORED: &str = "restored";

/// Keeps of operands what their derivatives ask for.
pub(super) fn keep_shapes(program: &mut Program) {
    let mut tapes: Vec<(VarId, Pair<'_>)> = pairs(program).into_iter().collect();
    tapes.sort_unstable_by_key(|(tape, _)| *tape);
    let found: Vec<Found> = tapes
        .into_iter()
        .flat_map(|(tape, pair)| {
            let (forward, backward) = (&pair.forward.body, &pair.backward.body);
            let saved = forward.saves.iter().filter(|v| is_of_unknown_type(program, **v));
            saved.filter_map(move |v| found(tape, *v, forward, backward)).collect::<Vec<_>>()
        })
        .collect();
    let mut by_tape: HashMap<VarId, Vec<(Found, VarId)>> = HashMap::default();
    for found in found {
        let name = format!("{}_kept", program.vars[found.operand].name.trim_start_matches("r#"));
        let kept = program.fresh(name, Span::mixed_site(), Kind::Unknown, Role::Temporary);
        by_tape.entry(found.tape).or_default().push((found, kept));
    }
    program.body.walk_mut(&mut |s| {
        let Stmt::Loop(l) = s else { return };
        let Some(tape) = &mut l.tape else { return };
        for (found, kept) in by_tape.get(&tape.var).into_iter().flatten() {
            found.put(*kept, *tape, &mut l.body);
        }
    });
}

fn is_of_unknown_type(program: &Program, v: VarId) -> bool {
    let var = &program.vars[v];
    matches!(var.kind, Kind::Unknown) && !var.mutable && var.role == Role::Temporary
}

/// A variable on a tape that the way back uses as an operand of a sum or a difference, and for its shape.
struct Found {
    tape: VarId,
    operand: VarId,
    /// The operator, and which of its operands the variable is.
    operator: BinOp,
    side: usize,
    other: Expr,
    /// What the operator gives.
    value: VarId,
}

fn found(tape: VarId, v: VarId, forward: &Block, backward: &Block) -> Option<Found> {
    if !forward.stmts.iter().any(|s| s.defines().contains(&v)) {
        return None;
    }
    let (mut uses, mut allowed) = (0, 0);
    let mut pulls: Vec<&Pull> = Vec::new();
    let count = |e: &Expr, n: &mut usize| e.vars(&mut |u| *n += usize::from(u == v));
    backward.walk(&mut |s| {
        let own = std::cell::Cell::new(0);
        let note = |u: VarId| own.set(own.get() + usize::from(u == v));
        s.uses(&mut |u| note(u), &mut |u| note(u));
        uses += own.get();
        uses += s.blocks().iter().filter(|b| b.loads.contains(&v) || b.saves.contains(&v)).count();
        match s {
            Stmt::Let { value: Expr::Zero(of), .. } if of.as_var() == Some(v) => count(of, &mut allowed),
            Stmt::Pull(pull) => uses += usize::from(pull.shapes().contains(&v)),
            _ => {}
        }
    });
    pulls_of(backward, v, &mut pulls);
    let [pull] = pulls.as_slice() else { return None };
    let Callee::Operator(Operator::Binary(operator @ (BinOp::Add | BinOp::Sub))) = pull.callee else { return None };
    let side = pull.args.iter().position(|arg| operand(arg) == Some(v))?;
    if uses != allowed + 1 || pull.level > 0 {
        return None;
    }
    let value = pull.values[0];
    let is_its_call = |s: &Stmt| matches!(s, Stmt::Call(call) if is_of(call, operator, value));
    let call = forward.stmts.iter().find(|s| is_its_call(s))?;
    let Stmt::Call(call) = call else { unreachable!("a call was found") };
    let other = call.args[1 - side].parts[0].clone()?;
    (operand(&call.args[side]) == Some(v)).then_some(Found { tape, operand: v, operator, side, other, value })
}

/// The ways back that have a variable as an operand.
fn pulls_of<'a>(block: &'a Block, v: VarId, found: &mut Vec<&'a Pull>) {
    for stmt in &block.stmts {
        match stmt {
            Stmt::Pull(pull) if pull.args.iter().any(|arg| operand(arg) == Some(v)) => found.push(pull),
            other => other.blocks().into_iter().for_each(|b| pulls_of(b, v, found)),
        }
    }
}

/// The variable that an operand is.
fn operand(arg: &Arg) -> Option<VarId> {
    arg.parts[0].as_ref().and_then(Expr::as_var)
}

/// Whether a call is that of an operator with a value.
fn is_of(call: &Call, operator: BinOp, value: VarId) -> bool {
    call.outs == [value]
        && matches!(call.callee, Callee::Operator(Operator::Binary(of)) if of == operator)
        && call.args.len() == 2
}

impl Found {
    fn put(&self, kept: VarId, tape: Tape, body: &mut Block) {
        let span = Span::mixed_site();
        if !tape.write {
            body.loads.iter_mut().filter(|v| **v == self.operand).for_each(|v| *v = kept);
            let value = crate::rules::method(Expr::var(kept, span), RESTORED, Vec::new());
            body.stmts.insert(0, Stmt::Let { var: self.operand, value });
            return;
        }
        body.saves.iter_mut().filter(|v| **v == self.operand).for_each(|v| *v = kept);
        let is_its_call = |s: &Stmt| matches!(s, Stmt::Call(call) if is_of(call, self.operator, self.value));
        let at = body.stmts.iter().position(is_its_call).expect("the operator was found");
        let operand = Expr::Clone(Box::new(Expr::var(self.operand, span)));
        let other = Expr::Ref { mutable: false, of: Box::new(self.other.clone()) };
        let args = if self.side == 0 { vec![operand, other] } else { vec![other, operand] };
        let name = proc_macro2::Ident::new(["kept_left", "kept_right"][self.side], span);
        let operator = proc_macro2::Ident::new(if self.operator == BinOp::Add { "Add" } else { "Sub" }, span);
        let func = syn::parse_quote!(::differentiable::operators::#operator::#name);
        let value = Expr::Call { func, qself: None, args, ctor: false, tangent: false };
        body.stmts.insert(at, Stmt::Let { var: kept, value });
    }
}
