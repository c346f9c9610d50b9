//! Forward mode: the function with its tangents.

use crate::emit::{Code, Part, code};
use syn::Generics;

use super::Companions;
use super::taped::without_semicolon;
use crate::emit::{Emitter, tuple};
use crate::mentions::Mentions;
use crate::tangent_types::mentions;
use crate::var_set::VarSet;

impl Companions<'_> {
    /// The forward-mode companion of a level.
    pub(crate) fn tangent(&self, level: u32) -> Code {
        self.tangent_as(level, true)
    }

    /// The forward-mode companion, with (`body`) or without its body.
    pub(crate) fn tangent_as(&self, level: u32, with_body: bool) -> Code {
        let mut program = self.f.tangent(level);
        crate::layout::arrange(&mut program, &self.f.types);
        crate::emit::moves::clone_where_needed(&mut program);
        let emitter = Emitter::new(&program, &self.f.types, VarSet::new(), &self.f.reserved);
        let (body, _) = emitter.sweeps();
        let values = self.lent_values(&emitter);
        let (tangents, prologue) = self.tangent_params(&emitter, level);
        let params = self.primal_params(&emitter);
        let (generics, clause) = self.generics(&[]);
        let name = self.host.hidden("__jvp", level);
        let outputs = self.lent_outputs(level);
        let (vis, attrs, this) = (&self.host.vis, &self.host.attrs, self.receiver(&emitter, &[&body]));
        let values = tuple(&values);
        let clause = if self.host.declared { self.sized(clause) } else { clause };
        if !with_body {
            return code!(#[doc(hidden)] fn #name #generics (#(#params,)* #(#tangents),*) -> #outputs #clause;);
        }
        code! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #generics (#(#params,)* #(#tangents),*) -> #outputs #clause { #this #prologue #body #values }
        }
    }

    /// The forward-mode companion along several directions at once.
    pub(crate) fn lanes(&self) -> Code {
        let mut program = self.f.tangent(1);
        crate::layout::arrange(&mut program, &self.f.types);
        crate::lanes::widen(&mut program);
        crate::emit::moves::clone_where_needed(&mut program);
        let mut emitter = Emitter::new(&program, &self.f.types, VarSet::new(), &self.f.reserved);
        emitter.lanes = true;
        let (body, _) = emitter.sweeps();
        let values: Vec<_> = program.value.iter().map(|e| emitter.value(e)).collect();
        let (tangents, prologue) = self.tangent_params(&emitter, 1);
        let (params, (lists, clause)) = (self.primal_params(&emitter), self.generics_with_width());
        let (name, width) = (self.host.hidden(crate::lanes::COMPANION, 0), crate::lanes::width());
        let (vis, attrs, this) = (&self.host.vis, &self.host.attrs, self.receiver(&emitter, &[&body]));
        let (values, output) = (tuple(&values), self.output());
        let tangent = self.f.signature.output.as_ref().map_or(code!(()), |ty| crate::lanes::owned(ty, &width));
        let missing = crate::unannotated::lanes(&Mentions::of(&[&body]));
        code! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #lists (#(#params,)* #(#tangents,)* _: ::differentiable::lanes::Width<#width>) -> (#output, #tangent) #clause { #missing #this #prologue #body #values }
        }
    }

    /// The generics of a companion with a number of lanes.
    pub(crate) fn generics_with_width(&self) -> (Code, Code) {
        let own = &self.f.signature.generics.params;
        let (width, (_, clause)) = (crate::lanes::width(), self.generics(&[]));
        (code!(<#(#own,)* const #width: usize>), self.with_lanes(clause, &width.to_code()))
    }

    /// The bounds under which type parameters have several tangents.
    pub(crate) fn with_lanes(&self, clause: Code, width: &Code) -> Code {
        let bounds: Vec<Code> = [&self.host.outer, &self.f.signature.generics]
            .into_iter()
            .flat_map(Generics::type_params)
            .filter(|p| self.params().iter().any(|q| q.differentiable && (q.receiver || mentions(&q.ty, &p.ident))))
            .map(|p| {
                let name = &p.ident;
                let float = matches!(self.f.types.kind(&syn::parse_quote!(#name)), crate::kinds::Kind::Float(_));
                if float {
                    code!(#name: ::differentiable::lanes::Number<{ #width }>)
                } else {
                    code!(#name: ::differentiable::lanes::Wide)
                }
            })
            .collect();
        match (bounds.is_empty(), clause.is_empty()) {
            (true, _) => clause,
            (_, true) => code!(where #(#bounds),*),
            _ => code!(#clause, #(#bounds),*),
        }
    }

    /// The same for forward mode.
    pub(crate) fn tangent_absent(&self, level: u32, absent: &syn::Block) -> Code {
        without_semicolon(self.tangent_as(level, false), absent)
    }
}
