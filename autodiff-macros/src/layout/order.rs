//! Order: a backward loop may run in the order of the forward loop, which the compiler of Rust vectorises, if its iterations
//! only add to cotangents, or change nothing but the elements that belong to them.
//!
//! In: a program whose tapes are placed. Out: the same sums, in another order.

use crate::ir::{Block, Expr, Header, Loop, Passing, Place, Program, Step, Stmt, VarId};
use crate::var_set::VarSet;

/// Turns backward loops without carried dependence around.
pub(crate) fn forward_where_independent(program: &mut Program) {
    program.body.stmts.iter_mut().for_each(visit);
}

fn visit(stmt: &mut Stmt) {
    if let Stmt::Loop(l) = stmt {
        turn_around(l);
    }
    for block in stmt.blocks_mut() {
        block.stmts.iter_mut().for_each(visit);
    }
}

fn turn_around(l: &mut Loop) {
    if !l.exits.is_empty() || l.tape.is_some_and(|t| t.write) {
        return;
    }
    let Header::Range { rev, var, .. } = &mut l.header else {
        return;
    };
    let mut sums = VarSet::new();
    let mut own = VarSet::new();
    let mut elements = Elements { index: *var, whole: VarSet::new() };
    elements.block(&l.body);
    // Tapes of loops inside are read from the end.
    let mut tapes = false;
    l.body.walk(&mut |s| tapes |= matches!(s, Stmt::Loop(l) if l.tape.is_some()));
    if !tapes && only_sums(&l.body, &mut sums, &mut own, &elements) && reads_none(&l.body, &sums) {
        match &mut l.tape {
            Some(tape) => tape.in_order = std::mem::take(rev),
            None => *rev = false,
        }
    }
}

/// Which variables a loop reaches otherwise than by the element that belongs to the iteration.
struct Elements {
    index: VarId,
    whole: VarSet,
}

impl Elements {
    fn block(&mut self, block: &Block) {
        block.walk(&mut |stmt| {
            let found = std::cell::RefCell::new(&mut *self);
            let note = |place: &Place| {
                let mut elements = found.borrow_mut();
                if !elements.is_own(place) {
                    elements.whole.insert(place.root);
                }
            };
            stmt.parts(&mut |e| e.places(&mut |p| note(p)), &mut |p| note(p));
        });
    }

    /// Whether a place lies in the element at the loop's index.
    fn is_own(&self, place: &Place) -> bool {
        let first = place.path.iter().find(|step| !matches!(step, Step::Deref));
        matches!(first, Some(Step::Index { at, range: false }) if matches!(&**at, Expr::Place(i) if i.root == self.index && i.path.is_empty()))
    }

    fn belong(&self, place: &Place) -> bool {
        self.is_own(place) && !self.whole.contains(place.root)
    }
}

/// Whether a block defines variables of its own, writes those and the elements of its iteration, and else only adds to
/// cotangents.
fn only_sums(block: &Block, sums: &mut VarSet, own: &mut VarSet, elements: &Elements) -> bool {
    own.extend(&block.loads);
    block.stmts.iter().all(|stmt| {
        let fine = match stmt {
            Stmt::Let { .. } | Stmt::Declare(_) | Stmt::If { .. } => true,
            Stmt::Accumulate { place, .. } => {
                if !own.contains(place.root) && !elements.belong(place) {
                    sums.insert(place.root);
                }
                true
            }
            Stmt::Assign { place, .. } | Stmt::Update { place, .. } | Stmt::Replace { place, .. } => {
                own.contains(place.root) || elements.belong(place)
            }
            Stmt::Loop(l) => l.exits.is_empty() && matches!(l.header, Header::Range { .. } | Header::Tape),
            Stmt::Pull(pull) => {
                sums.extend(pull.slots.iter().flatten().flatten().map(|p| p.root).filter(|v| !own.contains(*v)));
                pull.args.iter().all(|a| a.passing != Passing::RefMut)
            }
            _ => false,
        };
        stmt.each_defined(&mut |v| {
            own.insert(v);
        });
        fine && stmt.blocks().iter().all(|b| only_sums(b, sums, own, elements))
    })
}

/// Whether a block reads none of the variables.
fn reads_none(block: &Block, vars: &VarSet) -> bool {
    block.stmts.iter().all(|stmt| {
        let mut none = true;
        stmt.uses(&mut |v| none &= !vars.contains(v), &mut |_| {});
        none && stmt.blocks().iter().all(|b| reads_none(b, vars))
    })
}
