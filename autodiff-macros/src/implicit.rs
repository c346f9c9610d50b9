//! `implicit = residual`: the derivative of a solution by the implicit function theorem.
//!
//! In: a function `f(θ) -> x` whose body is not looked at, and the path of an annotated function with
//! `residual(θ, &x) = 0`. Out: its companions, which call those of the residual: with A the derivative of the residual
//! by x at the solution, a tangent solves `A ẋ = −∂r/∂θ θ̇`, and a cotangent comes back as `−(∂r/∂θ)ᵀ A⁻ᵀ x̄`. However
//! the solution was found, it is one linear system.

use crate::companions::with_std;
use crate::emit::{Code, local};
use crate::emit::{companion_path, tuple};
use crate::ir::Passing;
use crate::rule::Rule;
use crate::tangent_types::with_lifetime;

impl Rule<'_> {
    /// The call of the residual's forward-mode companion, with these tangents.
    fn residual_along(&self, args: &[Code], tangents: &[Code]) -> Code {
        let jvp = self.of_residual("__jvp");
        local!(#jvp(#(#args,)* &solution, #(#tangents),*))
    }

    fn of_residual(&self, companion: &str) -> syn::Path {
        let path = self.f.options.implicit.as_ref().expect("a residual is given");
        companion_path(path, Some(companion), self.f.signature.name.span())
    }

    /// The derivative of the residual by the solution, column by column.
    fn columns(&self, args: &[Code]) -> Code {
        let mut tangents = vec![local!(::core::option::Option::None); self.shells.params().len()];
        tangents.push(local!(::core::option::Option::Some(&axis)));
        let along = self.residual_along(args, &tangents);
        local! {
            let mut columns = ::differentiable::__private::vec::Vec::new();
            for axis in ::differentiable::__private::axes(::differentiable::Differentiable::__zero(&solution)) {
                let (_, column) = #along;
                columns.push(::differentiable::__private::flattened(column));
            }
        }
    }

    /// `__jvp` of the solution.
    pub(crate) fn implicit_tangent(&self) -> Code {
        let c = &self.shells.companions;
        let (generics, clause) = c.generics(&[]);
        let mut parameters = self.shells.signature(None);
        let mut tangents = Vec::new();
        for (i, p) in self.shells.params().iter().enumerate() {
            if p.differentiable {
                let (t, ty) = (self.local("t_", i), c.tangent_type(p));
                parameters.push(local!(#t: ::core::option::Option<#ty>));
                tangents.push(local!(#t));
            } else {
                let ty = c.tangent_space(p);
                parameters.push(local!(_: ::core::option::Option<#ty>));
                tangents.push(local!(::core::option::Option::None));
            }
        }
        tangents.push(local!(::core::option::Option::None));
        let (call, own, args) = (self.function(), self.own_arguments(), self.arguments(|i| self.shells.name(i)));
        let (columns, along) = (self.columns(&args), self.residual_along(&args, &tangents));
        let (name, vis, attrs, outputs) =
            (self.host.hidden("__jvp", 1), &self.host.vis, &self.host.attrs, c.outputs(1));
        let item = local! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #generics (#(#parameters),*) -> #outputs #clause {
                let solution = #call(#(#own),*);
                #columns
                let (_, residual) = #along;
                let change = ::differentiable::implicit::solve(columns, ::differentiable::__private::flattened(residual));
                let tangent = ::differentiable::__private::unflatten(::differentiable::Differentiable::__zero(&solution), &mut &change[..]);
                (solution, tangent)
            }
        };
        with_std(&item, &Code::new())
    }

    /// `__fwd` of the solution.
    pub(crate) fn implicit_taped(&self) -> Code {
        let c = &self.shells.companions;
        let params = self.shells.params();
        let (mut again, mut again_types, mut slots, mut slot_types, mut grads, mut grad_types) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut handed, mut handed_slots, mut received) = (Vec::new(), Vec::new(), Vec::new());
        for (i, p) in params.iter().enumerate() {
            let (name, d, g) = (self.again(i), self.local("d_", i), self.local("g_", i));
            let by_value = p.passing == Passing::Value;
            again.push(if by_value { local!(()) } else { local!(#name) });
            again_types.push(if by_value { local!(()) } else { with_lifetime(&p.ty) });
            handed.push(if by_value { local!(()) } else { local!(#name) });
            let slot = c.space(p);
            slots.push(if by_value { local!(()) } else { local!(#d) });
            handed_slots.push(if by_value { local!(()) } else { local!(#d) });
            slot_types.push(if by_value { local!(()) } else { local!(::core::option::Option<&'r mut #slot>) });
            let owned = by_value && p.differentiable;
            received.push(if owned { local!(#g) } else { local!(_) });
            grads.push(if owned { local!(#g) } else { local!(()) });
            grad_types.push(if owned { c.tangent_type(p) } else { local!(()) });
        }
        received.push(local!(_));
        handed.push(local!(&solution));
        handed_slots.push(local!(::core::option::Option::None));
        let (again, again_types, slots, slot_types) =
            (tuple(&again), tuple(&again_types), tuple(&slots), tuple(&slot_types));
        let (grads, grad_types, received) = (tuple(&grads), tuple(&grad_types), tuple(&received));
        let (handed, handed_slots) = (tuple(&handed), tuple(&handed_slots));
        let (output, ct) = (c.output(), c.output_tangent());
        let argument = local!((#again_types, #ct, #slot_types));
        let elided = argument.eliding("'r");
        let (generics, clause) = c.generics(&[]);
        let (name, vis, attrs, captured) =
            (self.host.hidden("__fwd", 0), &self.host.vis, &self.host.attrs, c.captured(&[]));
        let (parameters, own, call) = (self.shells.signature(None), self.own_arguments(), self.function());
        let (args, views, fwd) = (self.arguments_again(), self.owned_views(), self.of_residual("__fwd"));
        let columns = self.columns(&args);
        let item = local! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #generics (#(#parameters),*) -> (#output, impl for<'r> ::core::ops::FnOnce(#argument) -> #grad_types + #captured) #clause {
                #views
                let solution = #call(#(#own),*);
                let value = ::core::clone::Clone::clone(&solution);
                (value, move |(#again, ct, #slots): #elided| -> #grad_types {
                    #columns
                    let weights = ::differentiable::implicit::solve_transposed(columns, ::differentiable::__private::flattened(ct));
                    let (residual, tape) = #fwd(#(#args,)* &solution);
                    let weights = ::differentiable::__private::unflatten(::differentiable::Differentiable::__zero(&residual), &mut &weights[..]);
                    let #received = tape((#handed, weights, #handed_slots));
                    #grads
                })
            }
        };
        with_std(&item, &Code::new())
    }
}
