//! Second order: `hvp`, `hessian` and `hessian_diagonal`, by forward mode over the joined sweeps.

use crate::companions::with_std;
use crate::emit::tuple;
use crate::emit::{Code, code};
use crate::ir::Passing;
use crate::shells::{Shells, bare};

impl Shells<'_> {
    /// The Hessian times a vector.
    pub(crate) fn hvp(&self) -> Code {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = c.scalar_clause(clause);
        let rev = c.host.hidden("__rev", 1);
        let turbofish = c.turbofish();
        let mut params = self.signature(None);
        let mut args = self.forwarded();
        let mut vectors = Vec::new();
        for (i, p) in self.params().iter().enumerate() {
            if p.wanted {
                let v = self.local("v_", i);
                let ty = c.tangent_type(p);
                params.push(code!(#v: #ty));
                vectors.push(code!(::core::option::Option::Some(#v)));
            } else {
                vectors.push(code!(::core::option::Option::None));
            }
        }
        args.extend(vectors);
        let (zeros, slots, patterns, products) = self.second_slots(|i| {
            let x = self.name(i);
            code!(&*#x)
        });
        args.extend(slots);
        let (patterns, products) = (tuple(&patterns), bare(&products));
        let ty = self.gradient_type();
        let (head, _) = self.fn_head("hvp");
        let checks = self.checks_of_tangents("v_");
        code! {
            #[allow(clippy::too_many_arguments)]
            #[track_caller]
            #head #generics (#(#params),*) -> #ty #clause {
                #checks
                #zeros
                let (_, #patterns) = Self::#rev #turbofish(#(#args),*);
                #products
            }
        }
    }

    /// The slots of both components: declarations, arguments, patterns for what comes by value, and
    /// the second components.
    fn second_slots(&self, place: impl Fn(usize) -> Code) -> (Code, Vec<Code>, Vec<Code>, Vec<Code>) {
        let (mut zeros, mut slots, mut patterns, mut products) = (Code::new(), Vec::new(), Vec::new(), Vec::new());
        for component in 0..2 {
            for (i, p) in self.slotted() {
                let d = self.local(if component == 0 { "d_" } else { "h_" }, i);
                if p.passing == Passing::Value {
                    patterns.push(if component == 0 { code!(_) } else { code!(#d) });
                } else {
                    let place = place(i);
                    zeros.extend([code!(let mut #d = ::differentiable::Differentiable::__zero(#place);)]);
                    slots.push(code!(&mut #d));
                }
                if component == 1 && p.wanted {
                    products.push(code!(#d));
                }
            }
        }
        (zeros, slots, patterns, products)
    }

    /// The Hessian as a matrix, and its diagonal.
    pub(crate) fn hessian(&self) -> Code {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = self.cloning(c.scalar_clause(clause));
        let params = self.signature(None);
        let rev = c.host.hidden("__rev", 1);
        let turbofish = c.turbofish();
        let point = self.point();
        let (copies, fresh, tangents, inputs) = (&point.copies, &point.fresh, &point.tangents, &point.inputs);
        let mut args = point.arguments.clone();
        args.extend(point.tangent_arguments.iter().cloned());
        let (zeros, slots, patterns, products) = self.second_slots(|i| {
            let now = self.local("now_", i);
            code!(&#now)
        });
        args.extend(slots);
        let patterns = tuple(&patterns);
        let (head, _) = self.fn_head("hessian");
        let (diagonal, _) = self.fn_head("hessian_diagonal");
        let column = quote::quote_spanned! {proc_macro2::Span::mixed_site()=>
            |direction: &[f64]| {
                    let mut direction = direction;
                    #fresh
                    #tangents
                    #zeros
                    let (_, #patterns) = Self::#rev #turbofish(#(#args),*);
                    let mut column = ::differentiable::__private::vec::Vec::new();
                    #(::differentiable::__private::flatten(&mut {#products}, &mut column);)*
                    column
                }
        };
        let item = quote::quote_spanned! {proc_macro2::Span::mixed_site()=>
            #head #generics (#(#params),*) -> ::differentiable::ndarray::Array2<f64> #clause {
                #copies
                #inputs
                ::differentiable::__private::hessian(&inputs, #column)
            }
            #diagonal #generics (#(#params),*) -> ::differentiable::ndarray::Array1<f64> #clause {
                #copies
                #inputs
                ::differentiable::__private::hessian_diagonal(&inputs, #column)
            }
        };
        with_std(&item, &Code::new())
    }
}
