//! `check`: the derivatives of a function, mode by mode, beside differences.
//!
//! In: the companions of a function. Out: shells that hand to the runtime what the modes give (by the hidden function of
//! `jacobian.rs`) and the function at a displaced point.

use crate::companions::with_std;
use crate::emit::{Code, local};
use crate::ir::Passing;
use crate::shells::Shells;
use crate::signature::Param;

impl Shells<'_> {
    /// `check` and `check_with`.
    pub(crate) fn linear(&self) -> Code {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = self.with_width(self.cloning(clause));
        let (params, lines) = (self.signature(None), self.lines());
        let (copies, checked) = self.checked();
        let (check, _) = self.fn_head("check");
        let (with, _) = self.fn_head("check_with");
        let names = c.turbofish();
        let (compared, args, vis) = (c.host.hidden("__check", 0), self.forwarded(), &c.host.vis);
        let items = local! {
            #[doc(hidden)]
            #vis fn #compared #generics (
                #(#params,)*
                tolerance: ::core::option::Option<::differentiable::Tolerance>,
            ) -> ::core::result::Result<(), ::differentiable::GradientCheckError> #clause {
                #lines
                #copies
                ::differentiable::__private::check(#checked, tolerance)
            }
            #check #generics (#(#params),*) -> ::core::result::Result<(), ::differentiable::GradientCheckError> #clause {
                Self::#compared #names(#(#args,)* ::core::option::Option::None)
            }
            #with #generics (#(#params,)* tolerance: ::differentiable::Tolerance) -> ::core::result::Result<(), ::differentiable::GradientCheckError> #clause {
                Self::#compared #names(#(#args,)* ::core::option::Option::Some(tolerance))
            }
        };
        with_std(&items, &Code::new())
    }

    /// What the modes say at the point.
    fn lines(&self) -> Code {
        let linear = self.companions.host.hidden("__linear", 0);
        let names = self.companions.turbofish_with(&local!(_));
        let argument = |(i, p): (usize, &Param)| {
            let x = self.name(i);
            match p.passing {
                Passing::Value => local!(::core::clone::Clone::clone(&#x)),
                Passing::Ref => local!(#x),
                Passing::RefMut => local!(&mut *#x),
            }
        };
        let arguments: Vec<Code> = self.params().iter().enumerate().map(argument).collect();
        local!(let lines = Self::#linear #names(#(#arguments,)* ::differentiable::jacobian::Compare);)
    }

    /// Copies of the arguments, and what the runtime needs to compare the lines with differences.
    fn checked(&self) -> (Code, Code) {
        let c = &self.companions;
        let private = local!(::differentiable::__private);
        let point = self.point();
        let (copies, fresh, mut arguments) = (&point.copies, &point.fresh, point.arguments.clone());
        let (mut displaced, mut finals, mut inputs) = (Code::new(), Code::new(), Vec::new());
        for (i, p) in self.params().iter().enumerate() {
            let (base, now) = (self.local("base_", i), self.local("now_", i));
            if p.wanted {
                let label = p.name.to_string();
                displaced.extend([local!(#private::displace(&mut #now, &mut steps);)]);
                inputs.push(local!((#label, #private::Flat::of(&#base))));
            }
            if p.passing == Passing::RefMut && p.differentiable {
                finals.extend([local!(values.push(&#now);)]);
            }
        }
        // The companions of a method that takes `self` by value take it by reference.
        if let Some(first) = arguments.first_mut().filter(|_| c.f.by_value_receiver) {
            let (x, now) = (self.name(0), self.local("now_", 0));
            *first =
                if self.params()[0].differentiable { local!(#now) } else { local!(::core::clone::Clone::clone(#x)) };
        }
        let name = &c.f.signature.name;
        let explicit = c.explicit_parameters();
        let primal = match &c.host.method {
            None => local!(#name #explicit(#(#arguments),*)),
            Some(m) => local!(Self::#m #explicit(#(#arguments),*)),
        };
        let checked = local! {
            #private::vec![#(#inputs),*],
            |steps: &[f64]| {
                let mut steps = steps;
                #fresh
                #displaced
                let value = #primal;
                let mut values = #private::Flat::of(&value);
                #finals
                values
            },
            lines
        };
        (copies.clone(), checked)
    }

    /// Whether a constant behind a `&mut` is known to be copyable, so that each evaluation begins with the same.
    pub(crate) fn is_copied_constant(&self, p: &Param) -> bool {
        p.passing == Passing::RefMut && !p.differentiable && self.companions.f.types.kind(p.target()).is_constant()
    }

    /// The arguments as values of their own, which can be displaced.
    pub(crate) fn point(&self) -> Point {
        let private = local!(::differentiable::__private);
        let mut point = Point::default();
        let mut inputs = Vec::new();
        for (i, p) in self.params().iter().enumerate() {
            let (x, base, now, t) = (self.name(i), self.local("base_", i), self.local("now_", i), self.local("t_", i));
            // A view is one of an array of its own.
            let view = crate::tangent_types::is_view(p.target());
            let owned = p.passing == Passing::Value && !view;
            let copied = p.differentiable || self.is_copied_constant(p);
            if !copied && p.passing == Passing::RefMut {
                point.copies.extend([local!(let #base = ::core::cell::RefCell::new(#x);)]);
            }
            if copied {
                point.copies.extend([if owned {
                    local!(let #base = ::core::clone::Clone::clone(&#x);)
                } else {
                    local!(let #base = { use ::differentiable::__private::ToOwned as _; #x.to_owned() };)
                }]);
                point.fresh.extend([local!(let mut #now = ::core::clone::Clone::clone(&#base);)]);
            }
            if p.has_slot() && !p.wanted {
                point.tangents.extend([local!(let mut #t = ::differentiable::Differentiable::__zero(&#base);)]);
            }
            if p.wanted {
                let label = p.name.to_string();
                inputs.push(local!((#label, #private::scalars(::differentiable::Differentiable::__zero(&#base)))));
                point.tangents.extend([local! {
                    let mut #t = #private::unflatten(::differentiable::Differentiable::__zero(&#base), &mut direction);
                }]);
            }
            point.arguments.push(match (p.passing, copied) {
                (Passing::Value, true) if view => local!(#now.view()),
                (Passing::Ref, true) if view => local!(&#now.view()),
                (Passing::Value, true) => local!(#now),
                (Passing::Value, false) => local!(::core::clone::Clone::clone(&#x)),
                (Passing::Ref, true) => local!(&#now),
                (Passing::Ref, false) => local!(#x),
                (Passing::RefMut, true) => local!(&mut #now),
                (Passing::RefMut, false) => local!(&mut **#base.borrow_mut()),
            });
            point.tangent_arguments.push(match (p.has_slot(), p.passing) {
                (false, _) => local!(::core::option::Option::None),
                (true, Passing::Value) => local!(::core::option::Option::Some(::core::clone::Clone::clone(&#t))),
                (true, Passing::Ref) => local!(::core::option::Option::Some(&#t)),
                (true, Passing::RefMut) => local!(::core::option::Option::Some(&mut #t)),
            });
        }
        point.inputs = local!(let inputs = [#(#inputs),*];);
        point
    }
}

/// The arguments of a function as values that can be displaced.
#[derive(Default)]
pub(crate) struct Point {
    /// Copies of the arguments.
    pub(crate) copies: Code,
    /// Copies of the copies, one set for each evaluation.
    pub(crate) fresh: Code,
    /// Tangents with the numbers of a direction.
    pub(crate) tangents: Code,
    /// The names of the parameters, with their numbers of scalars.
    pub(crate) inputs: Code,
    pub(crate) arguments: Vec<Code>,
    pub(crate) tangent_arguments: Vec<Code>,
}
