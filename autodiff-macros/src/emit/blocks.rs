//! Emission of branches and loops, and of the tapes between the sweeps of them.

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use super::code::{Code, code};
use crate::ir::{Block, Expr, Header, Loop, Stmt, Tape};

impl Emitter<'_> {
    /// What a scope puts on the tape, or the pattern that takes it off.
    fn entry(&self, block: &Block, pattern: bool) -> TokenStream {
        let vars = if pattern { &block.loads } else { &block.saves };
        let items: Vec<TokenStream> = vars
            .iter()
            .map(|v| {
                let name = self.name(*v);
                match pattern {
                    true if !self.is_read(*v) => quote!(_),
                    true if self.is_written_in(*v, &block.stmts) => quote!(mut #name),
                    _ => quote!(#name),
                }
            })
            .collect();
        match items.as_slice() {
            [one] => one.clone(),
            many => quote!((#(#many),*)),
        }
    }

    pub(super) fn branch(&self, cond: &Expr, then: &Block, els: &Block, tape: Option<Tape>) -> TokenStream {
        let then_stmts = self.stmts(&then.stmts);
        let els_stmts = self.stmts(&els.stmts);
        let Some(tape) = tape else {
            let cond = self.condition(cond);
            return match (then.stmts.is_empty(), els.stmts.as_slice()) {
                (false, []) => quote!(if #cond { #then_stmts }),
                (true, _) => quote!(if !(#cond) { #els_stmts }),
                (_, [Stmt::If { tape: None, .. }]) => {
                    quote!(if #cond { #then_stmts } else #els_stmts)
                }
                _ => quote!(if #cond { #then_stmts } else { #els_stmts }),
            };
        };
        let name = self.name(tape.var);
        let private = quote!(::differentiable::__private);
        if tape.write {
            let (a, b) = (self.entry(then, false), self.entry(els, false));
            let (a, b) = match (then.saves.is_empty(), els.saves.is_empty()) {
                (false, true) => (quote!(::core::option::Option::Some(#a)), quote!(::core::option::Option::None)),
                (true, false) => (quote!(::core::option::Option::None), quote!(::core::option::Option::Some(#b))),
                _ => (quote!(#private::Either::Left(#a)), quote!(#private::Either::Right(#b))),
            };
            let cond = self.condition(cond);
            return quote!(let #name = if #cond { #then_stmts #a } else { #els_stmts #b };);
        }
        let (a, b) = (self.entry(then, true), self.entry(els, true));
        match (then.loads.is_empty(), els.loads.is_empty()) {
            (false, true) if els.stmts.is_empty() => {
                quote!(if let ::core::option::Option::Some(#a) = #name { #then_stmts })
            }
            (false, true) => {
                quote!(if let ::core::option::Option::Some(#a) = #name { #then_stmts } else { #els_stmts })
            }
            (true, false) if then.stmts.is_empty() => {
                quote!(if let ::core::option::Option::Some(#b) = #name { #els_stmts })
            }
            (true, false) => {
                quote!(if let ::core::option::Option::Some(#b) = #name { #els_stmts } else { #then_stmts })
            }
            _ => {
                quote!(match #name { #private::Either::Left(#a) => { #then_stmts } #private::Either::Right(#b) => { #els_stmts } })
            }
        }
    }

    pub(super) fn loop_stmt(&self, l: &Loop) -> TokenStream {
        let body = self.stmts(&l.body.stmts);
        let exit = l
            .exits
            .iter()
            .map(|v| {
                let name = self.name(*v);
                quote!(#name)
            })
            .reduce(|a, b| quote!(#a || #b))
            .map(|cond| quote!(if #cond { break; }));
        let mut before = TokenStream::new();
        let mut entries = None;
        let mut save = TokenStream::new();
        if let Some(tape) = l.tape {
            let name = self.name(tape.var);
            if tape.write {
                let entry = self.entry(&l.body, false);
                if !tape.flat {
                    let private = quote!(::differentiable::__private);
                    let counted = self.counted(l).map(|range| quote!(#private::room(#private::iterations(#range))));
                    let new = counted.unwrap_or_else(|| quote!(#private::vec::Vec::new()));
                    before = quote!(let mut #name = #new;);
                }
                save = quote!(#name.push(#entry););
            } else {
                let entry = self.entry(&l.body, true);
                let start = tape.start.map(|start| self.name(start));
                entries = match (&l.header, start) {
                    (Header::Tape, Some(start)) => {
                        return quote!(for #entry in #name.drain(#start..).rev() { #body });
                    }
                    (Header::Tape, None) => {
                        return quote!(while let ::core::option::Option::Some(#entry) = #name.pop() { #body });
                    }
                    (_, Some(start)) => Some((quote!(#name.drain(#start..)), entry, tape.in_order)),
                    _ if tape.flat => {
                        let range = self.range(l);
                        Some((quote!(::differentiable::__private::last(&mut #name, #range)), entry, tape.in_order))
                    }
                    _ if tape.in_order => Some((quote!(#name), entry, true)),
                    _ => Some((quote!(#name.into_iter()), entry, false)),
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
                    Some((tape, entry, true)) => quote!(for (#var, #entry) in (#range).zip(#tape)),
                    Some((tape, entry, false)) => {
                        quote!(for (#var, #entry) in (#range).zip(#tape.rev()))
                    }
                    None => quote!(for #var in #range),
                }
            }
            Header::While(Expr::Bool(true)) => quote!(loop),
            Header::While(cond) => {
                let cond = self.condition(cond);
                quote!(while #cond)
            }
            Header::Tape => quote!(loop),
        };
        quote!(#before #header { #body #save #exit })
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
