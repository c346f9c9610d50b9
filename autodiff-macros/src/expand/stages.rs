//! The programs that derivatives are made of, each made once from the one before it.
//!
//! In: a function in normal form. Out: its forward mode, and its forward and backward sweep in each of the arrangements that
//! companions ask for, as they are written.

use std::rc::Rc;

use super::Function;
use crate::emit::{Code, Emitter};
use crate::ir::{Passing, Program};
use crate::kinds::{self, Kind};
use crate::switches::Analysis;
use crate::var_set::VarSet;
use crate::{forward, fuse, outputs, reverse, scratch, simplify, tape, verify, winners};

/// Which sweeps of a function are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sweeps {
    /// The backward sweep comes later, from a tape.
    Taped,
    /// The same for callers that need `&mut` parameters as outputs alone.
    Outputs,
    /// One after the other, with the cotangent of the value as an argument.
    Joined,
    /// One after the other, with the cotangent 1 for a float value; with `narrowed` only the parameters
    /// of `wrt` are active.
    Seeded { narrowed: bool },
    /// The same for the parameters of `wrt`, with all of the forward sweep before all of the backward sweep.
    Apart,
}

/// A program on the way from a function to the derivatives that are made of both its sweeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stage {
    /// Only the parameters of `wrt` are active.
    narrowed: bool,
    /// What `&mut` parameters hold on the way back does not matter.
    outputs: bool,
    /// The cotangent of the value is 1.
    seeded: bool,
    /// The backward sweep of what can be fused follows its forward sweep.
    fused: bool,
    step: Step,
    /// How many times forward mode was applied.
    level: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Both sweeps, which share their variables.
    Reversed,
    /// The backward sweep reads what it needs from tapes.
    Placed,
    Final,
}

/// The tokens of the sweeps of a program.
pub(super) struct Written {
    program: Rc<Program>,
    /// Which slots may be absent.
    optional: VarSet,
    /// Whether they are for people to read, where that makes a difference.
    text: Option<bool>,
    sweeps: (Code, Code),
}

impl Function {
    /// The program with its active parameters marked: all differentiable ones, or those of `wrt` and those that the
    /// function changes, whose final values depend on them.
    fn activated(&self, narrowed: bool) -> Program {
        let mut program = self.primal.clone();
        for (param, p) in program.params.iter_mut().zip(&self.signature.params) {
            param.active = if narrowed { p.has_slot() } else { p.differentiable };
        }
        if Analysis::Scratch.is_on() {
            scratch::localise(&mut program);
        }
        if Analysis::Winners.is_on() {
            winners::single_out(&mut program);
        }
        program
    }

    /// The parameters that may be infinite.
    fn infinite(&self, program: &Program) -> VarSet {
        let named = self.signature.params.iter().zip(&program.params);
        let named = named.filter(|(p, _)| self.options.infinite.contains(&p.name));
        named.map(|(_, p)| p.parts[0]).collect()
    }

    /// The function with its tangents: forward mode, `level` times.
    pub(crate) fn tangent(&self, level: u32) -> Program {
        let mut program = self.activated(false);
        let mut done = 0;
        if let Some((differentiable, rule, result)) = self.annotated_rule().filter(|_| level > 0) {
            program = crate::rule_programs::forward(&program, &differentiable, rule, &result);
            done = 1;
        }
        for _ in done..level {
            program = forward::transform(&program, &self.types);
        }
        simplify::run(&mut program);
        simplify::reuse_reciprocals(&mut program);
        let infinite = self.infinite(&program);
        simplify::zeros_win(&mut program, infinite);
        crate::layout::make_room(&mut program);
        verify::well_formed(&program, &self.types);
        program
    }

    /// Forward and backward sweep, and `level` times forward mode over both.
    ///
    /// Where the cotangent of the value is known from the beginning, the sweeps are fused.
    pub(crate) fn adjoint(&self, level: u32, sweeps: Sweeps) -> Rc<Program> {
        let apart = sweeps == Sweeps::Apart;
        let narrowed = matches!(sweeps, Sweeps::Seeded { narrowed: true } | Sweeps::Apart);
        let seeded = (matches!(sweeps, Sweeps::Seeded { .. }) || apart) && self.seed().is_some();
        let fused = (seeded || sweeps == Sweeps::Joined) && !apart;
        // Where `wrt` leaves nothing out, the narrowed programs are the others.
        let narrowed = narrowed && self.signature.params.iter().any(|p| p.has_slot() != p.differentiable);
        let outputs = sweeps == Sweeps::Outputs;
        self.staged(Stage { narrowed, outputs, seeded, fused, step: Step::Final, level })
    }

    /// A program of the stage, made once from the one before it.
    fn staged(&self, stage: Stage) -> Rc<Program> {
        let known = self.stages.borrow().iter().find(|(key, _)| *key == stage).map(|(_, p)| p.clone());
        known.unwrap_or_else(|| {
            let program = self.next(stage);
            self.stages.borrow_mut().push((stage, program.clone()));
            program
        })
    }

    fn next(&self, stage: Stage) -> Rc<Program> {
        let mut program;
        match stage.step {
            Step::Reversed if stage.fused => {
                let apart = self.staged(Stage { fused: false, ..stage });
                // The state behind `&mut` parameters is restored on the way back: it keeps its order.
                if !Analysis::Fuse.is_on() || apart.params.iter().any(|p| p.passing == Passing::RefMut) {
                    return apart;
                }
                program = (*apart).clone();
                if !fuse::sweeps(&mut program) {
                    return apart;
                }
                simplify::run(&mut program);
            }
            Step::Reversed if stage.seeded => {
                program = (*self.staged(Stage { seeded: false, ..stage })).clone();
                reverse::seed(&mut program, self.seed().expect("a seeded value is a float"));
                simplify::run(&mut program);
            }
            Step::Reversed if stage.outputs => {
                program = (*self.staged(Stage { outputs: false, ..stage })).clone();
                program.outputs = true;
                simplify::run(&mut program);
                if outputs::mark(&mut program) {
                    simplify::run(&mut program);
                }
            }
            Step::Reversed => {
                program = reverse::transform(&self.activated(stage.narrowed), &self.types);
                simplify::run(&mut program);
                if outputs::mark(&mut program) {
                    simplify::run(&mut program);
                }
                simplify::reuse_reciprocals(&mut program);
                reverse::of_containers(&mut program);
            }
            Step::Placed if stage.level == 1 && self.annotated_rule().is_some() => {
                let (differentiable, rule, result) = self.annotated_rule().expect("tested above");
                let start = self.activated(stage.narrowed);
                program = crate::rule_programs::backward(&start, &differentiable, rule, &result, &self.types);
            }
            Step::Placed if stage.level > 0 => {
                let below = self.staged(Stage { level: stage.level - 1, ..stage });
                program = forward::transform(&below, &self.types);
                simplify::run(&mut program);
                simplify::reuse_reciprocals(&mut program);
            }
            Step::Placed => {
                let reversed = self.staged(Stage { step: Step::Reversed, ..stage });
                if stage.fused {
                    let apart = Stage { fused: false, ..stage };
                    if Rc::ptr_eq(&reversed, &self.staged(Stage { step: Step::Reversed, ..apart })) {
                        return self.staged(apart);
                    }
                }
                program = (*reversed).clone();
                tape::place(&mut program);
                simplify::run(&mut program);
                tape::drop_empty(&mut program);
            }
            Step::Final => {
                let placed = self.staged(Stage { step: Step::Placed, ..stage });
                if stage.fused {
                    let apart = Stage { fused: false, ..stage };
                    if Rc::ptr_eq(&placed, &self.staged(Stage { step: Step::Placed, ..apart })) {
                        return self.staged(apart);
                    }
                }
                program = (*placed).clone();
                simplify::singular_terms(&mut program);
                let infinite = self.infinite(&program);
                simplify::zeros_win(&mut program, infinite);
                verify::well_formed(&program, &self.types);
            }
        }
        Rc::new(program)
    }

    /// The rule of forward mode that is annotated itself, which parameters have tangents in it, and the kind of the value.
    pub(super) fn annotated_rule(&self) -> Option<(Vec<bool>, &syn::Path, Kind)> {
        let rule = self.options.jvp.as_ref().filter(|_| self.options.order() > 1)?;
        let differentiable = self.signature.params.iter().map(|p| p.differentiable).collect();
        let result = self.types.kind_of(self.signature.output.as_ref()).unwrap_or(Kind::Unit);
        Some((differentiable, rule, result))
    }

    /// The type of the cotangent 1, where the value is a float.
    fn seed(&self) -> Option<kinds::Float> {
        match self.types.kind_of(self.signature.output.as_ref()) {
            Some(Kind::Float(float)) => Some(float),
            _ => None,
        }
    }

    /// The program as it is written: laid out, and with copies in the place of moves.
    pub(crate) fn laid_out(&self, program: &Rc<Program>) -> Rc<Program> {
        let known = self.layouts.borrow().iter().find(|(key, _)| Rc::ptr_eq(key, program)).map(|(_, p)| p.clone());
        known.unwrap_or_else(|| {
            let mut out = (**program).clone();
            crate::layout::arrange(&mut out, &self.types);
            crate::emit::moves::clone_where_needed(&mut out);
            let out = Rc::new(out);
            self.layouts.borrow_mut().push((program.clone(), out.clone()));
            out
        })
    }

    /// The sweeps of a program that is laid out, written once for all companions that write them alike.
    pub(crate) fn written(&self, program: &Rc<Program>, emitter: &Emitter<'_>) -> (Code, Code) {
        let alike = |w: &&Written| {
            Rc::ptr_eq(&w.program, program)
                && w.optional == emitter.optional
                && w.text.is_none_or(|text| text == emitter.text)
        };
        let known = self.written.borrow().iter().find(alike).map(|w| w.sweeps.clone());
        known.unwrap_or_else(|| {
            let sweeps = emitter.sweeps();
            self.written.borrow_mut().push(Written {
                program: program.clone(),
                optional: emitter.optional.clone(),
                text: emitter.differs.get().then_some(emitter.text),
                sweeps: sweeps.clone(),
            });
            sweeps
        })
    }

    /// What is said about what a program stores, found once.
    pub(crate) fn described(&self, program: &Rc<Program>, describe: impl FnOnce(&Program) -> String) -> String {
        let known = self.descriptions.borrow().iter().find(|(key, _)| Rc::ptr_eq(key, program)).map(|(_, s)| s.clone());
        known.unwrap_or_else(|| {
            let text = describe(program);
            self.descriptions.borrow_mut().push((program.clone(), text.clone()));
            text
        })
    }
}
