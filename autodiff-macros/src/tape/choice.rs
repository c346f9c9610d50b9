//! What a backward scope computes again, where it does so, and what it loads.

use std::collections::BTreeSet;

use super::{Definition, Made, Pass, Writes, note_write, own_uses, recompute, used_by, without_bound};
use crate::ir::{Block, Expr, Stmt, VarId};
use crate::simplify::each_write;
use crate::switches::Analysis;
use crate::var_set::{VarMap, VarSet};

impl Pass {
    /// Decides for one backward scope what is computed again and what is loaded; `inside` are the variables that its
    /// statements use.
    pub(super) fn scope(&mut self, backward: &mut Block, forward: &Made, loop_var: Option<VarId>, inside: &mut VarSet) {
        let (mut defined, writes) = (forward.defined.clone(), &forward.writes);
        if let Some(v) = loop_var {
            defined.insert(v, None);
        }
        let mut needed = without_bound(inside.clone(), backward);
        let late = self.late(backward, &defined, writes, &mut needed);
        let mut wanted: BTreeSet<VarId> = needed.iter().filter(|v| defined.contains(*v)).collect();
        // First what cannot be computed again, then what can from the rest.
        let mut saved = VarSet::new();
        let mut again = VarSet::new();
        for v in &wanted {
            if !self.is_cheap(*v, &defined, writes) {
                saved.insert(*v);
            }
        }
        let mut changed = true;
        while changed {
            changed = false;
            for v in wanted.clone() {
                if saved.contains(v) || again.contains(v) {
                    continue;
                }
                let Some(Some(definition)) = defined.get(v) else {
                    continue;
                };
                // What one statement defines is saved together.
                if definition.stmt.defines().into_iter().any(|u| saved.contains(u)) {
                    saved.insert(v);
                    changed = true;
                    continue;
                }
                let mut ready = true;
                let mut pending = Vec::new();
                recompute::operands(&definition.stmt, &mut |u| {
                    if defined.contains(u) && !saved.contains(u) && !again.contains(u) {
                        ready = false;
                        pending.push(u);
                    }
                });
                if ready {
                    again.insert(v);
                    changed = true;
                } else {
                    // An operand that is cheap itself is computed again as well.
                    for u in pending {
                        if self.is_cheap(u, &defined, writes) && wanted.insert(u) {
                            changed = true;
                        }
                    }
                }
            }
            if !changed {
                // Whatever still waits for an operand that nobody else needs is saved itself.
                if let Some(v) = wanted
                    .iter()
                    .copied()
                    .filter(|v| needed.contains(*v))
                    .find(|v| !saved.contains(*v) && !again.contains(*v))
                {
                    saved.insert(v);
                    changed = true;
                }
            }
        }
        let again = recompute::prune(&again, &needed, &defined);
        let mut order: Vec<&Definition> = again.iter().filter_map(|v| defined[v].as_ref()).collect();
        order.sort_unstable_by_key(|d| d.at);
        order.dedup_by_key(|d| d.at);
        let recomputed: Vec<Stmt> = order.into_iter().map(|d| (*d.stmt).clone()).collect();
        recomputed.iter().for_each(|s| own_uses(s, inside));
        for (at, stmt) in late.into_iter().rev() {
            own_uses(&stmt, inside);
            backward.stmts.insert(at, stmt);
        }
        backward.stmts.splice(0..0, recomputed);
        let free = without_bound(inside.clone(), backward);
        let mut loads: Vec<VarId> = saved.iter().filter(|v| needed.contains(*v) || free.contains(*v)).collect();
        loads.sort_unstable();
        backward.loads = loads;
    }

    /// What can be had again only behind the statements that restore its operands, by the positions where it is: it is not
    /// `needed` any more, but its operands are.
    fn late(
        &self,
        backward: &Block,
        defined: &VarMap<Option<Definition>>,
        writes: &VarMap<Writes>,
        needed: &mut VarSet,
    ) -> Vec<(usize, Stmt)> {
        let carried = |v: VarId| self.scalars[v] && !defined.contains(v);
        if !Analysis::Recompute.is_on() || !writes.iter().any(|(v, w)| w.only && carried(v)) {
            return Vec::new();
        }
        let mut back = VarMap::new();
        for (i, stmt) in backward.stmts.iter().enumerate() {
            each_write(stmt, &mut |v| note_write(&mut back, v, i));
        }
        let mut first_use = VarMap::new();
        for (i, stmt) in backward.stmts.iter().enumerate() {
            used_by(stmt).iter().for_each(|v| {
                first_use.or_insert_with(v, || i);
            });
        }
        let mut definitions: Vec<(VarId, &Definition)> =
            defined.iter().filter_map(|(v, definition)| Some((v, definition.as_ref()?))).collect();
        definitions.sort_unstable_by_key(|(_, definition)| definition.at);
        let mut late: VarMap<(usize, &Definition)> = VarMap::new();
        for (v, definition) in definitions {
            let Stmt::Let { value, .. } = &*definition.stmt else { continue };
            let kept = !self.scalars[v] || self.stored.contains(v) || writes.get(v).is_some_and(|w| !w.only);
            if kept || !recompute::is_cheap(value) {
                continue;
            }
            let mut at = Some(0);
            value.vars(&mut |u| {
                let ready = match (writes.get(u), late.get(u)) {
                    (_, Some((ready, _))) => Some(*ready),
                    // One statement changes it, and one puts it back.
                    (Some(w), _) if w.last > definition.at => {
                        back.get(u).filter(|b: &&Writes| b.only && w.only && carried(u)).map(|b| b.last + 1)
                    }
                    (Some(w), _) => {
                        (w.only && defined.contains(u) && (needed.contains(u) || self.is_cheap(u, defined, writes)))
                            .then_some(0)
                    }
                    (None, _) => Some(0),
                };
                at = at.zip(ready).map(|(a, b)| a.max(b));
            });
            if let Some(at) = at.filter(|at| *at > 0 && first_use.get(v).is_none_or(|first| first >= at)) {
                late.insert(v, (at, definition));
            }
        }
        let mut list: Vec<VarId> = late.iter().map(|(v, _)| v).filter(|v| needed.contains(*v)).collect();
        let mut i = 0;
        while let Some(v) = list.get(i).copied() {
            recompute::operands(&late[v].1.stmt, &mut |u| {
                if late.contains(u) {
                    if !list.contains(&u) {
                        list.push(u);
                    }
                } else if defined.contains(u) {
                    needed.insert(u);
                }
            });
            needed.remove(v);
            i += 1;
        }
        let mut found: Vec<&(usize, &Definition)> = list.iter().map(|v| &late[*v]).collect();
        found.sort_unstable_by_key(|(at, definition)| (*at, definition.at));
        found.into_iter().map(|(at, definition)| (*at, (*definition.stmt).clone())).collect()
    }

    /// Whether a variable can be had again from operands that still have their values.
    fn is_cheap(&self, v: VarId, defined: &VarMap<Option<Definition>>, writes: &VarMap<Writes>) -> bool {
        let Some(Some(Definition { at, stmt })) = defined.get(v) else {
            return false;
        };
        let is_reference = matches!(&**stmt, Stmt::Let { value: Expr::Ref { .. }, .. });
        if !Analysis::Recompute.is_on() && !is_reference {
            return false;
        }
        let is_stable = |v: VarId| writes.get(v).is_none_or(|w| w.last <= *at);
        let mut stable = true;
        stmt.each_defined(&mut |u| stable &= is_stable(u) && !self.stored.contains(u));
        if !stable || !recompute::is_cheap_statement(stmt, |v| self.scalars[v]) {
            return false;
        }
        recompute::operands(stmt, &mut |u| stable &= is_stable(u));
        stable
    }
}
