//! Emission of branches and loops, and of the tapes between the sweeps of them.

use super::Emitter;
use super::code::{Code, code};
use crate::ir::{Block, Expr, Header, Loop, Stmt, Tape};

impl Emitter<'_> {
    /// What a scope puts on the tape, or the pattern that takes it off.
    fn entry(&self, block: &Block, pattern: bool) -> Code {
        let vars = if pattern { &block.loads } else { &block.saves };
        let items: Vec<Code> = vars
            .iter()
            .map(|v| {
                let name = self.name(*v);
                match pattern {
                    true if !self.is_read(*v) => code!(_),
                    true if self.is_written_in(*v, &block.stmts) => code!(mut #name),
                    _ => code!(#name),
                }
            })
            .collect();
        match items.as_slice() {
            [one] => one.clone(),
            many => code!((#(#many),*)),
        }
    }

    pub(super) fn branch(&self, cond: &Expr, then: &Block, els: &Block, tape: Option<Tape>) -> Code {
        let then_stmts = self.stmts(&then.stmts);
        let els_stmts = self.stmts(&els.stmts);
        let Some(tape) = tape else {
            let cond = self.condition(cond);
            return match (then.stmts.is_empty(), els.stmts.as_slice()) {
                (false, []) => code!(if #cond { #then_stmts }),
                (true, _) => code!(if !(#cond) { #els_stmts }),
                (_, [Stmt::If { tape: None, .. }]) => {
                    code!(if #cond { #then_stmts } else #els_stmts)
                }
                _ => code!(if #cond { #then_stmts } else { #els_stmts }),
            };
        };
        let name = self.name(tape.var);
        let private = code!(::differentiable::__private);
        if tape.write {
            let (a, b) = (self.entry(then, false), self.entry(els, false));
            let (a, b) = match (then.saves.is_empty(), els.saves.is_empty()) {
                (false, true) => (code!(::core::option::Option::Some(#a)), code!(::core::option::Option::None)),
                (true, false) => (code!(::core::option::Option::None), code!(::core::option::Option::Some(#b))),
                _ => (code!(#private::Either::Left(#a)), code!(#private::Either::Right(#b))),
            };
            let cond = self.condition(cond);
            return code!(let #name = if #cond { #then_stmts #a } else { #els_stmts #b };);
        }
        let (a, b) = (self.entry(then, true), self.entry(els, true));
        match (then.loads.is_empty(), els.loads.is_empty()) {
            (false, true) if els.stmts.is_empty() => {
                code!(if let ::core::option::Option::Some(#a) = #name { #then_stmts })
            }
            (false, true) => {
                code!(if let ::core::option::Option::Some(#a) = #name { #then_stmts } else { #els_stmts })
            }
            (true, false) if then.stmts.is_empty() => {
                code!(if let ::core::option::Option::Some(#b) = #name { #els_stmts })
            }
            (true, false) => {
                code!(if let ::core::option::Option::Some(#b) = #name { #els_stmts } else { #then_stmts })
            }
            _ => {
                code!(match #name { #private::Either::Left(#a) => { #then_stmts } #private::Either::Right(#b) => { #els_stmts } })
            }
        }
    }

    pub(super) fn loop_stmt(&self, l: &Loop) -> Code {
        let body = self.stmts(&l.body.stmts);
        let exit = l
            .exits
            .iter()
            .map(|v| {
                let name = self.name(*v);
                code!(#name)
            })
            .reduce(|a, b| code!(#a || #b))
            .map(|cond| code!(if #cond { break; }));
        let mut before = Code::new();
        let mut entries = None;
        let mut save = Code::new();
        if let Some(tape) = l.tape {
            let name = self.name(tape.var);
            if tape.write {
                let entry = self.entry(&l.body, false);
                if !tape.flat {
                    let private = code!(::differentiable::__private);
                    let counted = self.counted(l).map(|range| code!(#private::room(#private::iterations(#range))));
                    let new = counted.unwrap_or_else(|| code!(#private::vec::Vec::new()));
                    before = code!(let mut #name = #new;);
                }
                save = code!(#name.push(#entry););
            } else {
                let entry = self.entry(&l.body, true);
                let start = tape.start.map(|start| self.name(start));
                entries = match (&l.header, start) {
                    (Header::Tape, Some(start)) => {
                        return code!(for #entry in #name.drain(#start..).rev() { #body });
                    }
                    (Header::Tape, None) => {
                        return code!(while let ::core::option::Option::Some(#entry) = #name.pop() { #body });
                    }
                    (_, Some(start)) => Some((code!(#name.drain(#start..)), entry, tape.in_order)),
                    _ if tape.flat => {
                        let range = self.range(l);
                        Some((code!(::differentiable::__private::last(&mut #name, #range)), entry, tape.in_order))
                    }
                    _ if tape.in_order => Some((code!(#name), entry, true)),
                    _ => Some((code!(#name.into_iter()), entry, false)),
                };
            }
        }
        let header = match &l.header {
            Header::Range { var, step, rev, .. } => {
                let mut range = self.range(l);
                if let (Some(step), true) = (step, rev) {
                    let step = self.value(step);
                    range = code!(::differentiable::__private::backward(#range, #step));
                } else if let Some(step) = step {
                    let step = self.value(step);
                    range = code!((#range).step_by(#step));
                } else if *rev {
                    range = code!((#range).rev());
                }
                let var = self.pattern(*var);
                match entries {
                    // An entry for each iteration, in the order in which they run.
                    Some((tape, entry, true)) => code!(for (#var, #entry) in (#range).zip(#tape)),
                    Some((tape, entry, false)) => {
                        code!(for (#var, #entry) in (#range).zip(#tape.rev()))
                    }
                    None => code!(for #var in #range),
                }
            }
            Header::While(Expr::Bool(true)) => code!(loop),
            Header::While(cond) => {
                let cond = self.condition(cond);
                code!(while #cond)
            }
            Header::Tape => code!(loop),
        };
        code!(#before #header { #body #save #exit })
    }

    /// The range that a loop runs over, forward and without its step.
    fn range(&self, l: &Loop) -> Code {
        let Header::Range { lo, hi, inclusive, .. } = &l.header else { unreachable!("a loop over a range") };
        let (lo, hi) = (Some(Box::new(lo.clone())), Some(Box::new(hi.clone())));
        self.value(&Expr::Range { lo, hi, inclusive: *inclusive })
    }

    /// The range of a loop that has an iteration for each of its elements.
    fn counted(&self, l: &Loop) -> Option<Code> {
        let every = matches!(l.header, Header::Range { step: None, .. }) && l.exits.is_empty();
        every.then(|| self.range(l))
    }
}
