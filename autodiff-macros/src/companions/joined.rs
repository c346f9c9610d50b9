//! Reverse mode at once: both sweeps in one body, for callers that know the cotangent.

use crate::emit::{Code, Part, code};
use quote::format_ident;
use syn::Type;
use syn::ext::IdentExt;

use super::Companions;
use super::taped::Taped;
use crate::emit::{Emitter, tuple};
use crate::expand::Sweeps;
use crate::ir::{Passing, Program, Stmt, VarId};
use crate::signature::Param;
use crate::tangent_types::{is_hollow, owned_tangent};
use crate::var_set::VarSet;

impl Companions<'_> {
    /// The slots that may be absent: those that are only added to.
    pub(super) fn optional_slots(&self, program: &Program) -> VarSet {
        let reverse = program.reverse.as_ref().expect("a reversed program");
        let needed = needed_slots(program);
        let by_reference = self.params().iter().zip(&reverse.adjoints).filter(|(p, _)| p.passing == Passing::Ref);
        by_reference.flat_map(|(_, list)| list.clone()).filter(|d| !needed.contains(*d)).collect()
    }

    /// The pattern that takes a slot in, and what unwraps it.
    pub(super) fn slot_pattern(
        &self,
        emitter: &Emitter<'_>,
        p: &Param,
        primal: VarId,
        adjoint: Option<VarId>,
        optional: &VarSet,
        unwrap: &mut Code,
    ) -> Code {
        match (p.passing == Passing::Value, adjoint) {
            (false, Some(d)) if optional.contains(d) => {
                let name = emitter.name(d);
                code!(mut #name)
            }
            (false, Some(d)) => {
                // Read as well as added to: where the caller wants none, there is one all the same.
                let (name, x) = (emitter.name(d), emitter.name(primal));
                let zero = format_ident!("{}_zero", name, span = name.span());
                let target = self.slot(p);
                unwrap.extend([code! {
                    let mut #zero;
                    let #name: &mut #target = match #name { ::core::option::Option::Some(given) => given, ::core::option::Option::None => { #zero = ::differentiable::Differentiable::__zero(&*#x); &mut #zero } };
                }]);
                code!(#name)
            }
            (false, None) => code!(_),
            (true, _) => code!(()),
        }
    }

    /// Whether there is [`Self::at_once`]: for functions whose state need not be restored.
    pub(crate) fn has_sweeps_at_once(&self) -> bool {
        self.host.method.is_none() && self.params().iter().all(|p| p.passing != Passing::RefMut)
    }

    /// The gradient of a parameter that is passed by value, and its type; that of a hollow one is made before the sweeps,
    /// which may take the argument apart.
    pub(super) fn gradient_of(
        &self,
        emitter: &Emitter<'_>,
        p: &Param,
        primal: VarId,
        adjoint: Option<VarId>,
        hollow: &mut Code,
    ) -> (Code, Code) {
        if p.passing != Passing::Value {
            return (code!(()), code!(()));
        }
        if let Some(d) = adjoint {
            return (emitter.name(d).to_code(), owned_tangent(&p.ty));
        }
        let unit = matches!(&p.ty, Type::Path(path) if path.path.get_ident().is_some());
        if unit || !is_hollow(&p.ty) {
            return (code!(()), code!(()));
        }
        let x = emitter.name(primal);
        let zero = emitter.unused(&format!("{}_zero", x.unraw()));
        hollow.extend([code!(let #zero = ::differentiable::Differentiable::__zero(&#x);)]);
        (zero.to_code(), owned_tangent(&p.ty))
    }

    /// Both sweeps of a level with the cotangent of the value as an argument, for callers that know it:
    /// `__adj(arguments, tangents, cotangent, slots) -> (value, gradients by value)`.
    pub(crate) fn at_once(&self, level: u32) -> Code {
        if !self.has_sweeps_at_once() {
            return Code::new();
        }
        let program = self.f.laid_out(&self.f.adjoint(level, Sweeps::Joined));
        let reverse = program.reverse.clone().expect("a reversed program");
        let optional = self.optional_slots(&program);
        let emitter = Emitter::new(&program, &self.f.types, optional.clone(), &self.f.reserved);
        let (forward, backward) = self.f.written(&program, &emitter);
        let values = self.lent_values(&emitter);
        let value = if level == 0 { values[0].clone() } else { tuple(&values) };
        let (tangents, prologue) = self.tangent_params(&emitter, level);
        let mut params = self.primal_params(&emitter);
        params.extend(tangents);
        let (mut unwrap, mut hollow) = (Code::new(), Code::new());
        let (mut slots, mut slot_types, mut grads, mut grad_types) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for c in 0..1_usize << level {
            for ((p, q), adjoints) in self.params().iter().zip(&program.params).zip(&reverse.adjoints) {
                let adjoint = adjoints.get(c).copied();
                slots.push(self.slot_pattern(&emitter, p, q.parts[0], adjoint, &optional, &mut unwrap));
                let target = self.space(p);
                let by_value = p.passing == Passing::Value;
                slot_types.push(if by_value { code!(()) } else { code!(::core::option::Option<&mut #target>) });
                let (value, ty) = self.gradient_of(&emitter, p, q.parts[0], adjoint, &mut hollow);
                grads.push(value);
                grad_types.push(ty);
            }
        }
        let bare = crate::shells::bare;
        let cotangent =
            bare(&reverse.cotangent.iter().map(|v| self.lent(&emitter.pattern(*v).to_code())).collect::<Vec<_>>());
        let cotangent_type =
            bare(&reverse.cotangent.iter().map(|_| self.lent_type(&self.output_tangent())).collect::<Vec<_>>());
        let (slots, slot_types) = (tuple(&slots), tuple(&slot_types));
        let (grads, grad_types) = (tuple(&grads), tuple(&grad_types));
        let (generics, clause) = self.generics(&[]);
        let (name, result, outputs) =
            (self.host.hidden("__adj", level), emitter.unused("value"), self.lent_outputs(level));
        let (vis, attrs) = (&self.host.vis, &self.host.attrs);
        let this = self.receiver(&emitter, &[&forward, &backward]);
        code! {
            #attrs #[doc(hidden)] #[inline] #[allow(clippy::too_many_arguments)]
            #vis fn #name #generics (#(#params,)* #cotangent: #cotangent_type, #slots: #slot_types) -> (#outputs, #grad_types) #clause {
                #this #prologue #hollow #unwrap #forward
                let #result = #value;
                #backward
                (#result, #grads)
            }
        }
    }

    /// The joined forward and backward sweep of a level, for the parameters of `wrt`.
    ///
    /// Gradients by value are returned, the others are added to slots.
    pub(crate) fn joined(&self, level: u32) -> Code {
        self.joined_as("__rev", level, true)
    }

    /// The same for all differentiable parameters, whatever `wrt` says.
    pub(crate) fn joined_over_all(&self, level: u32) -> Code {
        self.joined_as("__all", level, false)
    }

    fn joined_as(&self, base: &str, level: u32, narrowed: bool) -> Code {
        let (body, params, grad_types) = self.joined_parts(level, narrowed, false);
        let (generics, clause) = self.generics(&[]);
        let name = self.host.hidden(base, level);
        let (vis, attrs, outputs) = (&self.host.vis, &self.host.attrs, self.outputs(level));
        // Whether the value is a number is asked by who calls this: of a function under a bound that cannot hold, rustc does
        // not compute the constants, such as the lengths of its arrays.
        code! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #generics (#(#params),*) -> (#outputs, #grad_types) #clause { #body }
        }
    }

    fn joined_parts(&self, level: u32, narrowed: bool, as_text: bool) -> (Code, Vec<Code>, Code) {
        let program = self.f.laid_out(&self.f.adjoint(level, Sweeps::Seeded { narrowed }));
        let reverse = program.reverse.clone().expect("a reversed program");
        let mut emitter = Emitter::new(&program, &self.f.types, VarSet::new(), &self.f.reserved);
        emitter.text = as_text;
        let (forward, backward) = self.f.written(&program, &emitter);
        let values: Vec<_> = program.value.iter().map(|e| emitter.value(e)).collect();
        let value = if level == 0 { values[0].to_code() } else { tuple(&values) };
        let (tangents, prologue) = self.tangent_params(&emitter, level);
        let mut params = self.primal_params(&emitter);
        params.extend(tangents);
        let mut grads = Vec::new();
        let mut types = Vec::new();
        let mut before = Code::new();
        let mut after = Code::new();
        for c in 0..1_usize << level {
            for ((p, q), adjoints) in self.params().iter().zip(&program.params).zip(&reverse.adjoints) {
                if p.passing == Passing::RefMut && c == 0 {
                    // The argument is left as the function leaves it.
                    let name = emitter.name(q.parts[0]);
                    let last = format_ident!("{}_final", name, span = name.span());
                    before.extend([code!(let #last = ::differentiable::__private::snapshot(&*#name);)]);
                    after.extend([code!(::differentiable::__private::restore(#name, #last);)]);
                }
                let Some(&d) = adjoints.get(c) else { continue };
                let name = emitter.name(d);
                if p.passing == Passing::Value {
                    grads.push(code!(#name));
                    types.push(owned_tangent(&p.ty));
                } else {
                    let target = self.slot(p);
                    params.push(code!(#name: &mut #target));
                    if p.passing == Passing::RefMut && !as_text && self.may_change_shape(p.target()) {
                        let x = emitter.name(q.parts[0]);
                        before.extend([code!(::differentiable::__private::shape_zero(#name, &*#x);)]);
                    }
                }
            }
        }
        let result = emitter.unused("value");
        // A value that is a variable which nothing changes any more needs no other name.
        let direct = level == 0
            && program.value[0].as_var().is_some_and(|v| !emitter.is_written(v) && program.vars[v].kind.is_scalar());
        let (bind, result) = if direct { (Code::new(), value) } else { (code!(let #result = #value;), code!(#result)) };
        let mut seeds = Code::new();
        for (c, v) in reverse.cotangent.iter().enumerate() {
            if !emitter.is_read(*v) {
                continue;
            }
            let pattern = emitter.pattern(*v);
            let seed = if c == 0 { code!(1.0) } else { code!(0.0) };
            let seed = if level == 0 {
                code!(::differentiable::__private::seed(&#result, #seed))
            } else {
                code!(::differentiable::__private::seed(&#result.0, #seed))
            };
            seeds.extend([code!(let #pattern = #seed;)]);
        }
        let this = self.receiver(&emitter, &[&forward, &backward]);
        let (grads, types) = (tuple(&grads), tuple(&types));
        let body = code!(#this #prologue #forward #bind #before #seeds #backward #after);
        let pair = if as_text && types.is_unit() { result } else { code!((#result, #grads)) };
        (code!(#body #pair), params, types)
    }

    /// Whether a place of a type may hold something of another shape at the end.
    fn may_change_shape(&self, ty: &Type) -> bool {
        // Slices are not made longer, and views are of arrays that others hold.
        let borrowed = crate::tangent_types::slot_type(ty).to_string() != owned_tangent(ty).to_string();
        !borrowed && !crate::tangent_types::has_fixed_shape(&self.f.types, ty)
    }

    /// The text of the derivative, as a function of its own.
    pub(crate) fn source(&self, scalar: bool) -> String {
        let name = format_ident!("{}_grad", self.f.signature.name);
        let code = if scalar {
            let (body, params, types) = self.joined_parts(0, true, true);
            let (generics, clause) = self.generics(&[]);
            let output = self.output();
            let types = if types.is_unit() { code!(#output) } else { code!((#output, #types)) };
            code!(fn #name #generics (#(#params),*) -> #types #clause { #body })
        } else {
            self.taped_as(0, self.is_erased(), true, Taped::TEXT)
        };
        crate::text::item(&code)
    }
}

/// The variables that are not only added to, themselves or through a slice of them, so that they cannot be absent.
fn needed_slots(program: &Program) -> VarSet {
    let mut needed = VarSet::new();
    let mut cuts = Vec::new();
    program.body.walk(&mut |stmt| {
        let mut written = Vec::new();
        stmt.uses(
            &mut |v| {
                needed.insert(v);
            },
            &mut |v| written.push(v),
        );
        match stmt {
            Stmt::Accumulate { .. } => {}
            Stmt::Cut { var, slice: crate::ir::Expr::Place(slice), .. } => cuts.push((slice.root, *var)),
            Stmt::Quads { quads, tail, slice: crate::ir::Expr::Place(slice), .. } => {
                cuts.extend([(slice.root, *quads), (slice.root, *tail)]);
            }
            Stmt::Pull(pull) => {
                // One slot cannot be lent twice.
                let roots: Vec<VarId> = pull.slots.iter().flatten().flatten().map(|p| p.root).collect();
                needed.extend(roots.iter().enumerate().filter(|(i, v)| roots[..*i].contains(v)).map(|(_, v)| v));
            }
            _ => needed.extend(written),
        }
    });
    // A cut stands after the variable that it is a slice of is made, so that one round is enough.
    cuts.into_iter().rev().for_each(|(of, var)| {
        if needed.contains(var) {
            needed.insert(of);
        }
    });
    needed
}
