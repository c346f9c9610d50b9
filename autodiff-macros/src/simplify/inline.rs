//! Inlining: a temporary that is used once, where nothing it reads changes in between, is written at
//! its use; a name for another value gives way to that value.

use crate::ir::{Block, Edit, Expr, Header, Passing, Place, Program, Role, Step, Stmt, VarId};

use crate::kinds::{self, Kind};
use crate::var_set::VarSet;

use super::positions::{Positions, close, is_gone, take};

/// Inlines temporaries; tells whether anything changed.
pub(crate) fn temporaries(program: &mut Program) -> bool {
    let mut reads: Vec<usize> = vec![0; program.vars.len()];
    let mut writes = VarSet::new();
    program.body.blocks_mut(&mut |b| {
        for v in b.saves.iter().chain(&b.loads) {
            reads[*v] += 2;
        }
    });
    program.body.walk(&mut |s| {
        s.uses(&mut |v| reads[v] += 1, &mut |v| {
            writes.insert(v);
        });
        if let Stmt::Pull(pull) = s {
            pull.shapes().iter().for_each(|v| reads[*v] += 2);
        }
    });
    for e in &program.value {
        e.vars(&mut |v| reads[v] += 1);
    }
    if let Some(reverse) = &program.reverse {
        for v in reverse.adjoints.iter().flatten() {
            reads[*v] += 2;
        }
    }
    let pass = Pass {
        roles: program.vars.iter().map(|v| v.role).collect(),
        scalars: program.vars.iter().map(|v| v.kind.is_scalar()).collect(),
        telling: telling(program),
        reads,
        writes,
    };
    let mut candidates = false;
    program.body.walk(&mut |s| {
        candidates |= matches!(s, Stmt::Let { var, value } if pass.may_move(*var, value));
    });
    if !candidates {
        return false;
    }
    let mut changed = false;
    let mut body = std::mem::take(&mut program.body);
    let mut positions = Positions::new(program.vars.len(), &body);
    body.blocks_mut(&mut |block| changed |= pass.block(block, &mut positions));
    program.body = body;
    changed
}

struct Pass {
    roles: Vec<Role>,
    scalars: Vec<bool>,
    telling: VarSet,
    reads: Vec<usize>,
    writes: VarSet,
}

impl Pass {
    fn block(&self, block: &mut Block, positions: &mut Positions) -> bool {
        let mut changed = false;
        positions.read(&block.stmts);
        let stmts = &mut block.stmts;
        let mut i = 0;
        while i < stmts.len() {
            if let Some(k) = self.use_site(stmts, i, positions)
                && let (head, tail) = stmts.split_at_mut(k)
                && let Stmt::Let { var, value } = &head[i]
                && substitute(&mut tail[0], *var, value)
            {
                value.vars(&mut |v| positions.touch(v, k));
                take(&mut stmts[i]);
                changed = true;
                // What comes before may have been waiting for this.
                if let Some(before) = stmts[..i].iter().rposition(|s| !is_gone(s)) {
                    i = before;
                    continue;
                }
            }
            i += 1;
        }
        if changed {
            close(stmts);
        }
        changed
    }

    fn may_move(&self, var: VarId, value: &Expr) -> bool {
        if self.reads[var] != 1 || self.writes.contains(var) {
            return false;
        }
        match self.roles[var] {
            Role::Temporary => !matches!(value, Expr::Verbatim(..)) && !self.telling.contains(var),
            Role::Adjoint | Role::Tangent => {
                !matches!(value, Expr::Zero(_) | Expr::Clone(_))
                    && (self.scalars[var] || matches!(value, Expr::Place(_)))
            }
            Role::User | Role::Tape => false,
        }
    }

    /// For a temporary that statement `i` defines, the statement of the same block that uses it, if the value is the
    /// same there.
    fn use_site(&self, stmts: &[Stmt], i: usize, positions: &Positions) -> Option<usize> {
        let Stmt::Let { var, value } = &stmts[i] else { return None };
        if !self.may_move(*var, value) {
            return None;
        }
        let k = positions.next(*var, i)?;
        let stmt = &stmts[k];
        let mut found = false;
        stmt.uses(&mut |v| found |= v == *var, &mut |_| {});
        let repeated = matches!(stmt, Stmt::Loop(l) if matches!(l.header, Header::While(_)));
        if !found || repeated {
            return None;
        }
        let (mut sources, mut same) = (0, true);
        value.vars(&mut |v| {
            sources += 1;
            same &= !positions.writes_between(v, i, k);
        });
        let crosses = positions.turns_between(i, k) && sources > 0 && !matches!(value, Expr::Place(_));
        (same && !crosses).then_some(k)
    }
}

/// Integers that only their variables tell to be some: arithmetic of operands whose kinds are not known.
fn telling(program: &Program) -> VarSet {
    let mut found = VarSet::new();
    program.body.walk(&mut |s| {
        if let Stmt::Let { var, value: Expr::Binary(_, a, b) } = s
            && program.vars[*var].kind == Kind::Int
            && [a, b]
                .into_iter()
                .all(|e| matches!(&**e, Expr::Place(p) if *kinds::of_place(program, p).deref() == Kind::Unknown))
        {
            found.insert(*var);
        }
    });
    found
}

/// Whether a statement itself writes to a variable.
pub(crate) fn changes(stmt: &Stmt, var: VarId) -> bool {
    let mut found = false;
    stmt.uses(&mut |_| {}, &mut |v| found |= v == var);
    if let Stmt::Edit(Edit::Pop { place, .. }) = stmt {
        found |= place.root == var;
    }
    found || stmt.defines().contains(&var)
}

/// Calls `f` on every variable that a statement, or one inside it, writes to.
pub(crate) fn each_write(stmt: &Stmt, f: &mut dyn FnMut(VarId)) {
    stmt.uses(&mut |_| {}, f);
    if let Stmt::Edit(Edit::Pop { place, .. }) = stmt {
        f(place.root);
    }
    stmt.each_defined(f);
    for block in stmt.blocks() {
        block.loads.iter().for_each(|v| f(*v));
        block.stmts.iter().for_each(|s| each_write(s, f));
    }
}

/// Replaces the variable in the expressions of a statement; false if it occurs where only a place
/// can stand.
fn substitute(stmt: &mut Stmt, var: VarId, value: &Expr) -> bool {
    // By reference, or with a path into it, only another place can take its stead.
    let blocked = std::cell::Cell::new(false);
    let whole = |place: &Place| place.root == var && !place.path.is_empty();
    let is_place = matches!(value, Expr::Place(_));
    stmt.parts(&mut |e| e.places(&mut |p| blocked.set(blocked.get() || whole(p) && !is_place)), &mut |p| {
        blocked.set(blocked.get() || p.root == var);
    });
    let mut blocked = blocked.get();
    // A vector that becomes an array is moved, so its length is read before.
    stmt.parts(&mut |e| blocked |= moves_source(e, value), &mut |_| {});
    // What is lent to the callee cannot be read beside it.
    blocked |= lent(stmt).into_iter().any(|root| value.mentions(root));
    if let Stmt::Assign { place, value: written, .. } | Stmt::Update { place, value: written, .. } = &*stmt {
        // An array is written to through a borrow of it, beside which it cannot be read.
        let whole =
            matches!(written, Expr::Method { name, .. } if crate::arrays::FORMS.iter().any(|form| name == form));
        blocked |= whole && value.mentions(place.root);
    }
    if let Stmt::Assign { place, .. } | Stmt::Update { place, .. } | Stmt::Accumulate { place, .. } = &*stmt {
        // A vector is borrowed before the index is computed at which it is changed.
        let at = |step: &Step| matches!(step, Step::Index { at, .. } if at.mentions(var));
        blocked |= value.mentions(place.root) && !is_place && place.path.iter().any(at);
    }
    if let Stmt::Call(call) = &*stmt {
        let borrowed = |e: &Expr| matches!(e, Expr::Place(p) if value.mentions(p.root));
        for arg in &call.args {
            // What is read from an argument is read before that is borrowed to be changed.
            blocked |= arg.passing == Passing::RefMut && arg.parts.iter().flatten().any(borrowed);
            blocked |=
                arg.passing != Passing::Value && !is_place && arg.parts.iter().flatten().any(|e| e.mentions(var));
        }
    }
    if let Stmt::Pull(pull) = &*stmt {
        blocked |= pull.args.iter().any(|a| a.parts.iter().flatten().any(|e| e.mentions(var)) && !is_place);
    }
    if let Stmt::Edit(edit) = &*stmt {
        // What is read from the vector itself is read before it is borrowed to be changed.
        blocked |= match edit {
            Edit::Permute { order, .. } => order.mentions(var),
            Edit::Swap { place, .. } | Edit::Push { place, .. } => value.mentions(place.root),
            Edit::Pop { .. } | Edit::Exchange(..) => false,
        };
    }
    if blocked {
        return false;
    }
    stmt.parts_mut(&mut |e| replace(e, var, value), &mut |_| {});
    true
}

/// Whether an expression moves into an array what a value reads.
fn moves_source(e: &Expr, value: &Expr) -> bool {
    let mut found = matches!(e, Expr::Method { recv, name, .. }
        if name == "__shaped" && matches!(&**recv, Expr::Place(p) if value.mentions(p.root)));
    e.children(&mut |child| found |= moves_source(child, value));
    found
}

/// The variables that a call borrows mutably.
fn lent(stmt: &Stmt) -> Vec<VarId> {
    let mut roots = Vec::new();
    let (args, slots) = match stmt {
        Stmt::Call(call) => (&call.args, None),
        Stmt::Pull(pull) => (&pull.args, Some(&pull.slots)),
        _ => return roots,
    };
    for arg in args.iter().filter(|a| a.passing == Passing::RefMut) {
        arg.parts.iter().flatten().for_each(|e| e.vars(&mut |v| roots.push(v)));
    }
    roots.extend(slots.into_iter().flatten().flatten().flatten().map(|p| p.root));
    roots
}

/// Replaces a variable by a value inside an expression.
pub(crate) fn replace(e: &mut Expr, var: VarId, value: &Expr) {
    if let Expr::Place(place) = e
        && place.root == var
    {
        if let (Expr::Place(target), false) = (value, place.path.is_empty()) {
            let mut target = target.clone();
            target.path.append(&mut place.path);
            *place = target;
        } else if place.path.is_empty() {
            *e = value.clone();
            return;
        }
    }
    e.children_mut(&mut |child| replace(child, var, value));
}
