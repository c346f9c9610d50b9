//! `jacobian`, `jacobian_pattern` and `jacobian_sparse`: the two derivatives of a function as maps between scalars.
//!
//! In: the companions of a function. Out: one hidden function, which hands forward mode along a direction and reverse
//! mode for a cotangent to the runtime, and shells that say what to make of them. Tangents and gradients are made once
//! and used for every sweep; arguments by reference are not copied, unless the function changes them. A function that calls
//! others may lack the mode that one of them lacks: its hidden function is generic in the modes that there are.

use crate::emit::{Code, Part, local};
use syn::Type;

use crate::companions::with_std;
use crate::emit::tuple;
use crate::ir::Passing;
use crate::kinds::Kind;
use crate::modes::Modes;
use crate::shells::Shells;

impl Shells<'_> {
    /// The public functions, and the hidden ones that they share with `check`.
    pub(crate) fn jacobians(&self, modes: &Modes) -> Code {
        let c = &self.companions;
        let (generics, _) = c.generics(&[]);
        let clause = self.linear_clause();
        let (params, args) = (self.signature(None), self.forwarded());
        let (dense, _) = self.fn_head("jacobian");
        let (pattern, _) = self.fn_head("jacobian_pattern");
        let (sparse, _) = self.fn_head("jacobian_sparse");
        let (linear, hidden) = (c.host.hidden("__linear", 0), self.linear_maps(modes));
        let names = c.turbofish_with(&local!(_));
        let items = local! {
            #hidden
            #dense #generics (#(#params),*) -> ::differentiable::ndarray::Array2<f64> #clause {
                Self::#linear #names(#(#args,)* ::differentiable::jacobian::Dense)
            }
            #pattern #generics (#(#params),*) -> ::differentiable::jacobian::Pattern #clause {
                Self::#linear #names(#(#args,)* ::differentiable::jacobian::Detect)
            }
            #sparse #generics (#(#params,)* pattern: &::differentiable::jacobian::Pattern) -> ::differentiable::jacobian::SparseJacobian #clause {
                Self::#linear #names(#(#args,)* ::differentiable::jacobian::Sparse(pattern))
            }
        };
        with_std(&items, &Code::new())
    }

    /// The bounds of those.
    fn linear_clause(&self) -> Code {
        let c = &self.companions;
        let (_, clause) = c.generics(&[]);
        self.with_width(self.cloning_values(clause))
    }

    /// Adds what several directions at once ask for.
    pub(crate) fn with_width(&self, clause: Code) -> Code {
        if self.has_lanes() {
            self.companions.with_lanes(clause, &local!(::differentiable::jacobian::WIDTH))
        } else {
            clause
        }
    }

    /// The hidden function, with the sweeps of the modes that there are.
    fn linear_maps(&self, modes: &Modes) -> Code {
        let c = &self.companions;
        let clause = self.linear_clause();
        let (own, params, vis) = (&c.f.signature.generics.params, self.signature(None), &c.host.vis);
        let linear = c.host.hidden("__linear", 0);
        let head = local! {
            #[doc(hidden)] #[inline]
            #vis fn #linear<#(#own,)* __Make: ::differentiable::jacobian::Make>(#(#params,)* make: __Make) -> __Make::Made #clause
        };
        let (subject, scope) = match modes {
            Modes::Known { backward, forward } => {
                let mode = |there: bool| if there { Mode::Given } else { Mode::Missing };
                let body = self.derivatives(mode(*backward), mode(*forward));
                return local!(#head { #body });
            }
            Modes::Asked(subject, scope) => (subject, scope),
        };
        // The answer is a type: sweeps of a mode that is missing are not compiled.
        let (names, items) = (c.turbofish_with(&local!(__Make, _)), &c.f.items);
        let (asked, args) = (c.host.hidden("__linear", 1), self.forwarded());
        let body = self.derivatives(Mode::Asked, Mode::Asked);
        local! {
            #[inline]
            fn #asked<#(#own,)* __Make: ::differentiable::jacobian::Make, __Modes: ::differentiable::jacobian::Modes>(
                #(#params,)*
                make: __Make,
                _: __Modes,
            ) -> __Make::Made #clause {
                #body
            }
            #head {
                #items
                #scope
                use ::differentiable::__private::{AskForBoth as _, AskForForward as _, AskForReverse as _};
                let modes = (&&&::differentiable::__private::Question::about(|| #subject)).answer();
                Self::#asked #names(#(#args,)* make, modes)
            }
        }
    }

    /// The body of a hidden function.
    fn derivatives(&self, backward: Mode, forward: Mode) -> Code {
        let c = &self.companions;
        let private = local!(::differentiable::__private);
        let turbofish = c.turbofish();
        let (fwd, jvp) = (c.host.hidden("__fwd", 0), c.host.hidden("__jvp", 1));
        let (mut kept, mut tangents, mut gradients, mut fresh) = (Code::new(), Code::new(), Code::new(), Code::new());
        let (mut seeds, mut moving, mut finals) = (Code::new(), Code::new(), Code::new());
        let (mut clear, mut final_seeds, mut emits) = (Code::new(), Code::new(), Code::new());
        let (mut arguments, mut directions) = (Vec::new(), Vec::new());
        let (mut again, mut slots, mut patterns) = (Vec::new(), Vec::new(), Vec::new());
        for (i, p) in self.params().iter().enumerate() {
            let (x, base, now) = (self.name(i), self.local("base_", i), self.local("now_", i));
            let (t, moved, d) = (self.local("t_", i), self.local("moved_", i), self.local("d_", i));
            let first = match p.passing {
                Passing::Value => local!(&#x),
                Passing::Ref => local!(&*#x),
                Passing::RefMut => local!(&#base),
            };
            if p.wanted {
                tangents.extend([local! {
                    let mut #t = __jacobian::Differentiable::__zero(#first);
                    columns += __jacobian::count(&mut #t);
                }]);
                seeds.extend([local!(__jacobian::set(&mut #t, weights, &mut next);)]);
            } else if p.has_slot() {
                tangents.extend([local!(let #t = __jacobian::Differentiable::__zero(#first);)]);
            }
            match p.passing {
                Passing::Value => {
                    arguments.push(local!(__jacobian::Clone::clone(&#x)));
                    directions.push(p.wanted.then(|| local!(__jacobian::Clone::clone(&#t))));
                    again.push(local!(()));
                    slots.push(local!(()));
                    patterns.push(if p.wanted { local!(mut #d) } else { local!(_) });
                }
                Passing::Ref => {
                    arguments.push(local!(#x));
                    directions.push(p.wanted.then(|| local!(&#t)));
                    again.push(local!(#x));
                    patterns.push(local!(_));
                    if p.wanted {
                        gradients.extend([local!(let mut #d = __jacobian::Differentiable::__zero(#first);)]);
                        clear.extend([local!(__jacobian::reset(&mut #d);)]);
                        slots.push(local!(__jacobian::Some(&mut #d)));
                    } else {
                        slots.push(local!(__jacobian::None));
                    }
                }
                // What cannot be copied is lent to one sweep after the other.
                Passing::RefMut if !p.differentiable && !self.is_copied_constant(p) => {
                    kept.extend([local!(let #base = ::core::cell::RefCell::new(#x);)]);
                    arguments.push(local!(&mut **#base.borrow_mut()));
                    directions.push(None);
                    again.push(local!(&mut **#base.borrow_mut()));
                    slots.push(local!(__jacobian::None));
                    patterns.push(local!(_));
                }
                Passing::RefMut => {
                    kept.extend([local!(let #base = #private::snapshot(&*#x);)]);
                    fresh.extend([local!(let mut #now = __jacobian::Clone::clone(&#base);)]);
                    arguments.push(local!(&mut #now));
                    directions.push(p.has_slot().then(|| local!(&mut #moved)));
                    again.push(local!(&mut #now));
                    patterns.push(local!(_));
                    if p.has_slot() {
                        moving.extend([local!(let mut #moved = __jacobian::Clone::clone(&#t);)]);
                        finals.extend([local!(__jacobian::emit(&mut #moved, &mut sink);)]);
                        final_seeds.extend([local! {
                            let mut #d = __jacobian::Differentiable::__zero(&#now);
                            __jacobian::set(&mut #d, weights, &mut next);
                        }]);
                        slots.push(local!(__jacobian::Some(&mut #d)));
                    } else {
                        slots.push(local!(__jacobian::None));
                    }
                }
            }
            if p.wanted {
                emits.extend([local!(__jacobian::emit(&mut #d, &mut sink);)]);
            }
        }
        let directions: Vec<Code> = directions.iter().map(|d| optional(d.as_ref())).collect();
        let (again, slots, patterns) = (tuple(&again), tuple(&slots), tuple(&patterns));
        // Where the type says the shape of the cotangent, both sweeps are one call, which stores little or nothing.
        let shape = self.rows().and(c.f.signature.output.as_ref()).and_then(|ty| self.zero_of(ty));
        let stateful = self.params().iter().any(|p| p.passing == Passing::RefMut);
        let pull = match shape {
            Some(shape) if c.host.method.is_none() && !stateful => {
                let (adj, ty, lent) = (c.host.hidden("__adj", 0), c.output_tangent(), c.lent(&local!(ct)));
                local! {
                    let mut ct: #ty = #shape;
                    __jacobian::set(&mut ct, weights, &mut next);
                    let (_, #patterns) = Self::#adj #turbofish(#(#arguments,)* #lent, #slots);
                }
            }
            _ => local! {
                let (value, tape) = Self::#fwd #turbofish(#(#arguments),*);
                let mut ct = __jacobian::Differentiable::__zero(&value);
                __jacobian::set(&mut ct, weights, &mut next);
                #final_seeds
                let #patterns = tape((#again, ct, #slots));
            },
        };
        let rows = optional(self.rows().as_ref());
        let several = self.several(forward);
        let joined = c.returns_scalar() && !stateful;
        let joined_sweeps = joined.then(|| {
            let rev = c.host.hidden("__rev", 0);
            let wanted = || self.params().iter().enumerate().filter(|(_, p)| p.wanted);
            let slots: Vec<Code> = wanted()
                .filter(|(_, p)| p.passing != Passing::Value)
                .map(|(i, _)| self.local("d_", i))
                .map(|d| local!(&mut #d))
                .collect();
            let patterns: Vec<Code> = wanted()
                .filter(|(_, p)| p.passing == Passing::Value)
                .map(|(i, _)| self.local("d_", i))
                .map(|d| local!(mut #d))
                .collect();
            let patterns = tuple(&patterns);
            local! {
                if <__Make as __jacobian::Make>::CHECKS
                    && ::core::matches!(weights, __jacobian::Weights::Gradient)
                {
                    let (_, #patterns) = Self::#rev #turbofish(#(#arguments,)* #(#slots),*);
                    #emits
                    return 1;
                }
            }
        });
        let sweep = |mode: Mode, choice: Code, body: Code| {
            let closure = local! {
                |weights: __jacobian::Weights<'_>, mut sink: __jacobian::Sink<'_>| {
                    let mut next = 0;
                    #body
                    next
                }
            };
            mode.of(&choice, &closure, &local!(__jacobian::NoSweep))
        };
        let along = sweep(
            forward,
            local!(forward),
            local! {
                #seeds
                #fresh
                #moving
                let (_, mut tangent) = Self::#jvp #turbofish(#(#arguments,)* #(#directions),*);
                __jacobian::emit(&mut tangent, &mut sink);
                #finals
            },
        );
        let back = sweep(
            backward,
            local!(reverse),
            local! {
                #clear
                #joined_sweeps
                #fresh
                #pull
                #emits
            },
        );
        local! {
            use ::differentiable::jacobian as __jacobian;
            let mut columns = 0;
            #kept
            #tangents
            #gradients
            __jacobian::Make::make(make, __jacobian::Derivatives {
                columns,
                rows: #rows,
                forward: #along,
                reverse: #back,
                joined: #joined,
                several: #several,
            })
        }
    }

    /// The derivatives along several directions in one sweep, where there is a companion for them.
    fn several(&self, forward: Mode) -> Code {
        let none = local!(__jacobian::NoLanes);
        if !self.has_lanes() {
            return Mode::Missing.of(&none, &none, &none);
        }
        let c = &self.companions;
        let width = local!({ __jacobian::WIDTH });
        let (companion, names) = (c.host.hidden(crate::lanes::COMPANION, 0), c.turbofish_with(&width));
        let (mut seeds, mut arguments, mut directions) = (Code::new(), Vec::new(), Vec::new());
        let (mut fresh, mut finals) = (Code::new(), Code::new());
        for (i, p) in self.params().iter().enumerate() {
            let (x, t, lanes, target) = (self.name(i), self.local("t_", i), self.local("l_", i), p.target());
            let (base, now) = (self.local("base_", i), self.local("now_", i));
            let (first, reference) = match p.passing {
                Passing::Value => (local!(&#x), Code::new()),
                Passing::Ref => (local!(&*#x), local!(&)),
                Passing::RefMut => (local!(&#base), local!(&mut)),
            };
            arguments.push(match p.passing {
                Passing::Value => local!(__jacobian::Clone::clone(&#x)),
                Passing::Ref => local!(#x),
                Passing::RefMut if !p.differentiable && !self.is_copied_constant(p) => {
                    local!(&mut **#base.borrow_mut())
                }
                Passing::RefMut => {
                    fresh.extend([local!(let mut #now = __jacobian::Clone::clone(&#base);)]);
                    local!(&mut #now)
                }
            });
            if !(p.wanted || p.passing == Passing::RefMut && p.has_slot()) {
                directions.push(local!(__jacobian::None));
                continue;
            }
            seeds.extend([local! {
                let mut #lanes = ::differentiable::lanes::zero::<#target, #width>(#first);
            }]);
            if p.wanted {
                seeds.extend([local! {
                    let mut #t = __jacobian::Differentiable::__zero(#first);
                    let start = next;
                    for lane in 0..__jacobian::WIDTH {
                        next = start;
                        __jacobian::set(&mut #t, weights[lane], &mut next);
                        <#target as ::differentiable::lanes::Wide>::__put::<#width>(&mut #lanes, lane, &#t);
                    }
                }]);
            }
            if p.passing == Passing::RefMut {
                finals.extend([local! {
                    let mut tangent = <#target as ::differentiable::lanes::Wide>::__take::<#width>(&#now, &#lanes, lane);
                    __jacobian::emit(&mut tangent, &mut sinks[lane]);
                }]);
            }
            directions.push(local!(__jacobian::Some(#reference #lanes)));
        }
        let sweep = local! {
            |weights: [__jacobian::Weights<'_>; __jacobian::WIDTH],
             sinks: &mut [__jacobian::Sink<'_>; __jacobian::WIDTH]| {
                let mut next = 0;
                #seeds
                #fresh
                let (value, lanes) = Self::#companion #names(#(#arguments,)* #(#directions,)* ::differentiable::lanes::Width);
                for lane in 0..__jacobian::WIDTH {
                    let mut tangent = ::differentiable::lanes::Wide::__take::<#width>(&value, &lanes, lane);
                    __jacobian::emit(&mut tangent, &mut sinks[lane]);
                    #finals
                }
            }
        };
        forward.of(&local!(several), &sweep, &none)
    }

    /// The number of scalars of the value and of final states, where the types say it.
    fn rows(&self) -> Option<Code> {
        if self.params().iter().any(|p| p.passing == Passing::RefMut && p.differentiable) {
            return None;
        }
        self.scalars_of(self.companions.f.signature.output.as_ref()?)
    }

    fn scalars_of(&self, ty: &Type) -> Option<Code> {
        match ty {
            Type::Array(a) => {
                let (of_element, len) = (self.scalars_of(&a.elem)?, a.len.to_code());
                Some(local!(#of_element * (#len)))
            }
            Type::Tuple(t) => {
                let more = |ty: &Type| self.scalars_of(ty).map(|n| local!(+ #n));
                let parts: Option<Vec<Code>> = t.elems.iter().map(more).collect();
                let parts = parts?;
                Some(local!((0 #(#parts)*)))
            }
            ty => match self.companions.f.types.kind(ty) {
                Kind::Float(_) => Some(local!(1)),
                Kind::Complex(_) => Some(local!(2)),
                _ => None,
            },
        }
    }

    /// A zero of a type whose shape the type says.
    fn zero_of(&self, ty: &Type) -> Option<Code> {
        match ty {
            Type::Array(a) => {
                let (element, len) = (self.zero_of(&a.elem)?, a.len.to_code());
                Some(local!([#element; #len]))
            }
            Type::Tuple(t) => {
                let parts: Option<Vec<Code>> = t.elems.iter().map(|ty| self.zero_of(ty)).collect();
                Some(tuple(&parts?))
            }
            ty => match self.companions.f.types.kind(ty) {
                Kind::Float(_) => Some(local!(<#ty as ::differentiable::num_traits::Zero>::zero())),
                Kind::Complex(_) => Some(local!(<#ty as ::core::default::Default>::default())),
                _ => None,
            },
        }
    }
}

/// An optional expression as an expression.
fn optional(e: Option<&Code>) -> Code {
    if let Some(e) = e { local!(__jacobian::Some(#e)) } else { local!(__jacobian::None) }
}

/// Whether a mode is there.
#[derive(Clone, Copy)]
enum Mode {
    Given,
    Missing,
    /// The type `__Modes` says it.
    Asked,
}

impl Mode {
    /// A sweep, or nothing of the type `none`; `choice` is the function of `__Modes` that chooses.
    fn of(self, choice: &Code, sweep: &Code, none: &Code) -> Code {
        match self {
            Self::Given => local!(__jacobian::Some(#sweep)),
            Self::Missing => local!(__jacobian::None::<#none>),
            Self::Asked => local!(<__Modes as __jacobian::Modes>::#choice(#sweep)),
        }
    }
}
