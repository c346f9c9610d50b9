//! Rules written by hand: `vjp = path` and `jvp = path` of users, `kernel = path` of the runtime.
//!
//! (`implicit = path` is in `implicit.rs`.)
//!
//! In: a function whose body is not looked at. Out: the same hidden companions as for a differentiated
//! body, which call the given functions:
//!
//! - `vjp(args…) -> (value, pullback)`, called on the way back; `pullback(cotangent)` is the gradient;
//! - `jvp(args…, tangents…) -> (value, tangent)`;
//! - `<kernel>_forward(args…) -> (value, saved)`, `<kernel>_adjoint(args…, saved, cotangent, slots…)`
//!   and `<kernel>_tangent(args…, tangents…) -> (value, tangent)`.

use crate::emit::{Code, Part, code};
use proc_macro2::Ident;
use syn::Path;

use crate::companions::{Companions, Host};
use crate::emit::tuple;
use crate::expand::Function;
use crate::ir::Passing;
use crate::modes::Modes;
use crate::options::Options;
use crate::shells::{Shells, bare};
use crate::signature::Param;

/// The companions of a function with a rule.
///
/// Where the rule of a mode is missing, its companions exist all the same, since callers are differentiated in both
/// modes: they are an error of the build that needs them. Calls of the public derivatives do not compile.
pub(crate) fn items(f: &Function, host: &Host) -> Code {
    let rule = |host| Rule { shells: Shells { companions: Companions { f, host } }, f, host };
    let given = Given::of(&f.options);
    let without = |mode: &str| {
        let mode = Ident::new(mode, proc_macro2::Span::mixed_site());
        Host { bound: Some(code!(for<'missing> Self: ::differentiable::__private::#mode<'missing>)), ..host.clone() }
    };
    let (no_backward, no_forward) = (without("HasReverseRule"), without("HasForwardRule"));
    let hidden = rule(host);
    let implicit = f.options.implicit.is_some();
    let mut out = if implicit { hidden.implicit_taped() } else { hidden.taped() };
    out.extend([hidden.joined()]);
    if host.method.is_none() {
        out.extend([hidden.at_once()]);
    }
    out.extend([if implicit { hidden.implicit_tangent() } else { hidden.tangent() }]);
    out.extend([hidden.higher()]);
    if f.options.hidden {
        return out;
    }
    out.extend([rule(if given.backward { host } else { &no_backward }).shells.reverse()]);
    out.extend([rule(if given.forward { host } else { &no_forward }).shells.forward()]);
    if f.options.lanes {
        out.extend([hidden.shells.one_by_one(&hidden.function())]);
        out.extend([rule(if given.forward { host } else { &no_forward }).shells.jvps()]);
    }
    out.extend([hidden.shells.linear()]);
    out.extend([hidden.shells.jacobians(&Modes::Known { backward: given.backward, forward: given.forward })]);
    if f.options.order() > 1 {
        out.extend([hidden.shells.second()]);
    }
    out.extend([hidden.shells.call()]);
    out.extend([hidden.shells.source(&hidden.text())]);
    out.extend([hidden.shells.graph(&crate::graph::encode_rule(f, hidden.backward_name()))]);
    out
}

/// The modes for which there is a rule.
pub(crate) struct Given {
    pub(crate) backward: bool,
    pub(crate) forward: bool,
}

impl Given {
    pub(crate) fn of(options: &Options) -> Self {
        let kernel = options.kernel.is_some() || options.implicit.is_some();
        Self { backward: kernel || options.vjp.is_some(), forward: kernel || options.jvp.is_some() }
    }
}

pub(crate) struct Rule<'a> {
    pub(crate) shells: Shells<'a>,
    pub(crate) f: &'a Function,
    pub(crate) host: &'a Host,
}

/// The statements that `&mut` parameters ask for (see [`Rule::state`]).
#[derive(Default)]
struct State {
    /// Copies of the initial state.
    keep: Code,
    /// The initial state, before the rule is called.
    initial: Code,
    /// The cotangents of the final state.
    seeds: Code,
    /// The initial state, at the end.
    again: Code,
}

fn text_of(path: &Path) -> String {
    path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::")
}

/// The path with its last segment extended.
fn suffixed(path: &Path, suffix: &str) -> Path {
    let mut path = path.clone();
    if let Some(last) = path.segments.last_mut() {
        last.ident = Ident::new(&format!("{}_{suffix}", syn::ext::IdentExt::unraw(&last.ident)), last.ident.span());
    }
    path
}

impl Rule<'_> {
    /// What stands in the place of a missing rule.
    fn missing(&self, mode: &str, option: &str) -> Code {
        let name = &self.f.signature.name;
        let text = format!("`{name}` has no rule for {mode} mode: add `{option} = …` to its `#[differentiable]`");
        code! {{
            struct Rule;
            impl ::differentiable::__private::MissingRule for Rule {
                const MESSAGE: &'static str = #text;
            }
            ::differentiable::__private::missing_rule::<Rule>()
        }}
    }

    /// The name of the function that goes backward.
    fn backward_name(&self) -> Option<String> {
        let path = match (&self.f.options.kernel, &self.f.options.implicit) {
            (Some(kernel), _) => suffixed(kernel, "adjoint"),
            (None, Some(residual)) => residual.clone(),
            (None, None) => self.f.options.vjp.clone()?,
        };
        Some(text_of(&path))
    }

    /// The name of the function that goes forward.
    fn forward_name(&self) -> Option<String> {
        let path = match &self.f.options.kernel {
            Some(kernel) => suffixed(kernel, "tangent"),
            None => self.f.options.jvp.clone()?,
        };
        Some(text_of(&path))
    }

    /// What `source` shows: there is no code but that of the rules.
    fn text(&self) -> String {
        let name = &self.f.signature.name;
        if let Some(residual) = &self.f.options.implicit {
            let residual = text_of(residual);
            return format!(
                "// The derivatives of `{name}` are those of the solution of `{residual}` = 0, in both modes.\n"
            );
        }
        let mut text = format!("// The derivatives of `{name}` are given.\n");
        for (mode, rule) in [("reverse", self.backward_name()), ("forward", self.forward_name())] {
            text += &match rule {
                Some(rule) => format!("// In {mode} mode: `{rule}`.\n"),
                None => format!("// In {mode} mode there is none.\n"),
            };
        }
        text
    }

    pub(crate) fn local(&self, prefix: &str, i: usize) -> Ident {
        self.shells.local(prefix, i)
    }

    /// The function itself.
    pub(crate) fn function(&self) -> Code {
        let name = &self.f.signature.name;
        if self.host.method.is_some() { code!(Self::#name) } else { code!(#name) }
    }

    /// The arguments of a call, with clones of those by value.
    pub(crate) fn arguments(&self, names: impl Fn(usize) -> Ident) -> Vec<Code> {
        let params = self.shells.params();
        (0..params.len())
            .map(|i| {
                let name = names(i);
                if params[i].passing == Passing::Value {
                    code!(::core::clone::Clone::clone(&#name))
                } else {
                    code!(#name)
                }
            })
            .collect()
    }

    /// A parameter as it is handed over again: no pattern binds `self`.
    pub(crate) fn again(&self, i: usize) -> Ident {
        if self.shells.params()[i].receiver { self.local("again_", i) } else { self.shells.name(i) }
    }

    /// The arguments of a call on the way back.
    pub(crate) fn arguments_again(&self) -> Vec<Code> {
        let mut arguments = self.arguments(|i| self.again(i));
        for (i, _) in self.views() {
            let owned = self.local("owned_", i);
            arguments[i] = code!(#owned.view());
        }
        arguments
    }

    /// Arrays of their own for the views that are arguments, since a tape holds no reference.
    pub(crate) fn owned_views(&self) -> Code {
        let copies = self.views().map(|(i, _)| {
            let (name, owned) = (self.shells.name(i), self.local("owned_", i));
            code!(let #owned = { use ::differentiable::__private::ToOwned as _; #name.to_owned() };)
        });
        copies.collect()
    }

    fn views(&self) -> impl Iterator<Item = (usize, &Param)> {
        let params = self.shells.params().iter().enumerate();
        params.filter(|(_, p)| p.passing == Passing::Value && crate::tangent_types::is_view(&p.ty))
    }

    /// The arguments of the function itself.
    pub(crate) fn own_arguments(&self) -> Vec<Code> {
        let mut arguments = self.arguments(|i| self.shells.name(i));
        if let Some(first) = arguments.first_mut().filter(|_| self.f.by_value_receiver) {
            *first = code!(::core::clone::Clone::clone(self));
        }
        arguments
    }

    fn taped(&self) -> Code {
        let c = &self.shells.companions;
        let params = self.shells.params();
        let (mut again, mut again_types, mut slots, mut slot_types, mut grads, mut grad_types) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut kernel_slots = Vec::new();
        let mut adds = Code::new();
        let mut received = Vec::new();
        let state = self.state();
        let mut cotangents = if self.shells.returns_nothing() { Vec::new() } else { vec![code!(ct)] };
        for (i, p) in params.iter().enumerate() {
            let (name, d, g) = (self.again(i), self.local("d_", i), self.local("g_", i));
            if p.differentiable {
                received.push(code!(#g));
            }
            if p.passing == Passing::Value {
                again.push(code!(()));
                again_types.push(code!(()));
                slots.push(code!(()));
                slot_types.push(code!(()));
                grads.push(if p.differentiable { code!(#g) } else { code!(()) });
                grad_types.push(if p.differentiable { c.tangent_type(p) } else { code!(()) });
                continue;
            }
            again.push(code!(#name));
            again_types.push(crate::tangent_types::with_lifetime(&p.ty));
            grads.push(code!(()));
            grad_types.push(code!(()));
            if p.differentiable {
                let slot = c.slot(p);
                slots.push(code!(#d));
                slot_types.push(code!(::core::option::Option<&'r mut #slot>));
                kernel_slots.push(code!(#d));
                let add = if p.passing == Passing::RefMut {
                    let given = self.local("given_", i);
                    cotangents.push(code!(&#given));
                    code!(restore(#d, #g))
                } else {
                    code!(accumulate(#d, &#g))
                };
                adds.extend([
                    code!(if let ::core::option::Option::Some(#d) = #d { ::differentiable::__private::#add; }),
                ]);
            } else {
                let slot = c.space(p);
                slots.push(code!(_));
                slot_types.push(code!(::core::option::Option<&'r mut #slot>));
            }
        }
        let (arguments, again_arguments, own) =
            (self.arguments(|i| self.shells.name(i)), self.arguments_again(), self.own_arguments());
        let received = bare(&received);
        let (forward, backward) = match (&self.f.options.kernel, &self.f.options.vjp) {
            (Some(kernel), _) => {
                let (forward, adjoint) = (suffixed(kernel, "forward"), suffixed(kernel, "adjoint"));
                let last: Vec<Code> = (0..params.len()).map(|i| self.again(i).to_code()).collect();
                (
                    code!(let (value, saved) = #forward(#(#arguments),*);),
                    code!(#adjoint(#(#last,)* saved, ct, #(#kernel_slots),*);),
                )
            }
            (None, Some(vjp)) => {
                let call = self.function();
                (
                    code!(let value = #call(#(#own),*);),
                    code! {
                        let #received = { let (_, pullback) = #vjp(#(#again_arguments),*); pullback(#(#cotangents),*) };
                        #adds
                    },
                )
            }
            (None, None) => {
                let call = self.function();
                (code!(let value = #call(#(#own),*);), Code::new())
            }
        };
        let (again, again_types, slots, slot_types) =
            (tuple(&again), tuple(&again_types), tuple(&slots), tuple(&slot_types));
        let (grads, grad_types) = (tuple(&grads), tuple(&grad_types));
        let (output, ct) = (c.output(), c.output_tangent());
        let argument = code!((#again_types, #ct, #slot_types));
        let elided = argument.eliding("'r");
        let (generics, clause) = c.generics(&[]);
        let (vis, attrs, captured) = (&self.host.vis, &self.host.attrs, c.captured(&[]));
        let parameters = self.shells.signature(None);
        let State { keep, initial, seeds, again: last } = &state;
        let views = self.owned_views();
        let pulled = if Given::of(&self.f.options).backward {
            code!({ #backward #last #grads })
        } else {
            self.missing("reverse", "vjp")
        };
        let companion = |base: &str| {
            let name = self.host.hidden(base, 0);
            code! {
                #attrs #[doc(hidden)] #[inline]
                #vis fn #name #generics (#(#parameters),*) -> (#output, impl for<'r> ::core::ops::FnOnce(#argument) -> #grad_types + #captured) #clause {
                    #keep
                    #views
                    #forward
                    (value, move |(#again, ct, #slots): #elided| -> #grad_types { #initial #seeds #pulled })
                }
            }
        };
        let mut companions = companion("__fwd");
        if params.iter().any(|p| p.passing == Passing::RefMut) {
            companions.extend([companion("__out")]);
        }
        companions
    }

    /// What `&mut` parameters ask of the pullback: it puts the initial state in the place of what it finds, which the
    /// rule changes again, and at its end once more.
    fn state(&self) -> State {
        let mut state = State::default();
        for (i, p) in self.shells.params().iter().enumerate().filter(|(_, p)| p.passing == Passing::RefMut) {
            let (name, again, kept) = (self.shells.name(i), self.again(i), self.local("kept_", i));
            state.keep.extend([code!(let #kept = ::differentiable::__private::snapshot(&*#name);)]);
            let put = |copy: Code| code!(::differentiable::__private::restore(&mut *#again, #copy););
            state.initial.extend([put(code!(::core::clone::Clone::clone(&#kept)))]);
            state.again.extend([put(kept.to_code())]);
            if p.differentiable {
                let (d, given) = (self.local("d_", i), self.local("given_", i));
                state.seeds.extend([code! {
                    let #given = match &#d {
                        ::core::option::Option::Some(given) => ::differentiable::__private::snapshot(&**given),
                        ::core::option::Option::None => ::differentiable::Differentiable::__zero(&#kept),
                    };
                }]);
            }
        }
        state
    }

    /// `__adj`: the forward sweep and its pullback, one after the other.
    fn at_once(&self) -> Code {
        let c = &self.shells.companions;
        let params = self.shells.params();
        if params.iter().any(|p| p.passing == Passing::RefMut) {
            return Code::new();
        }
        let (mut again, mut slots, mut slot_types, mut grad_types) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (i, p) in params.iter().enumerate() {
            let (name, d) = (self.shells.name(i), self.local("d_", i));
            if p.passing == Passing::Value {
                again.push(code!(()));
                slots.push(code!(()));
                slot_types.push(code!(()));
                grad_types.push(if p.differentiable { c.tangent_type(p) } else { code!(()) });
                continue;
            }
            let slot = c.space(p);
            again.push(code!(#name));
            slots.push(code!(#d));
            slot_types.push(code!(::core::option::Option<&mut #slot>));
            grad_types.push(code!(()));
        }
        let (generics, clause) = c.generics(&[]);
        let (again, slots, slot_types, grad_types) =
            (tuple(&again), tuple(&slots), tuple(&slot_types), tuple(&grad_types));
        let (name, fwd, turbofish) = (self.host.hidden("__adj", 0), self.host.hidden("__fwd", 0), c.turbofish());
        let (vis, attrs, output, ct) = (&self.host.vis, &self.host.attrs, c.output(), c.output_tangent());
        let (parameters, forwarded) = (self.shells.signature(None), self.shells.forwarded());
        code! {
            #attrs #[doc(hidden)] #[inline] #[allow(clippy::too_many_arguments)]
            #vis fn #name #generics (#(#parameters,)* ct: #ct, #slots: #slot_types) -> (#output, #grad_types) #clause {
                let (value, tape) = Self::#fwd #turbofish(#(#forwarded),*);
                (value, tape((#again, ct, #slots)))
            }
        }
    }

    fn joined(&self) -> Code {
        let c = &self.shells.companions;
        let params = self.shells.params();
        let (generics, clause) = c.generics(&[]);
        let clause = c.scalar_clause(clause);
        let mut parameters = self.shells.signature(None);
        let (mut again, mut slots, mut patterns, mut grads, mut grad_types) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (i, p) in params.iter().enumerate() {
            let (name, d, g) = (self.shells.name(i), self.local("d_", i), self.local("g_", i));
            if p.passing == Passing::Value {
                again.push(code!(()));
                slots.push(code!(()));
                patterns.push(if p.wanted { code!(#g) } else { code!(_) });
                if p.wanted {
                    grads.push(code!(#g));
                    grad_types.push(c.tangent_type(p));
                }
            } else {
                again.push(code!(#name));
                patterns.push(code!(_));
                if p.has_slot() {
                    let slot = c.slot(p);
                    parameters.push(code!(#d: &mut #slot));
                    slots.push(code!(::core::option::Option::Some(#d)));
                } else {
                    slots.push(code!(::core::option::Option::None));
                }
            }
        }
        let (again, slots, patterns, grads, grad_types) =
            (tuple(&again), tuple(&slots), tuple(&patterns), tuple(&grads), tuple(&grad_types));
        let (rev, fwd, turbofish) = (self.host.hidden("__rev", 0), self.host.hidden("__fwd", 0), c.turbofish());
        let arguments: Vec<Code> = (0..params.len()).map(|i| self.shells.name(i).to_code()).collect();
        let (vis, attrs, output) = (&self.host.vis, &self.host.attrs, c.output());
        let (mut keep, mut put) = (Code::new(), Code::new());
        for (i, _) in params.iter().enumerate().filter(|(_, p)| p.passing == Passing::RefMut) {
            let (name, last) = (self.shells.name(i), self.local("last_", i));
            keep.extend([code!(let #last = ::differentiable::__private::snapshot(&*#name);)]);
            put.extend([code!(::differentiable::__private::restore(&mut *#name, #last);)]);
        }
        code! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #rev #generics (#(#parameters),*) -> (#output, #grad_types) #clause {
                let (value, tape) = Self::#fwd #turbofish(#(#arguments),*);
                #keep
                let #patterns = tape((#again, ::differentiable::__private::seed(&value, 1.0), #slots));
                #put
                (value, #grads)
            }
        }
    }

    /// The sweeps of order 2 and more, of what stands for the body: that of a kernel, or the rule of forward mode.
    fn higher(&self) -> Code {
        let (c, order) = (&self.shells.companions, self.f.options.order());
        let mut out: Code = (2..=order).map(|level| c.tangent(level)).collect();
        for level in 1..order {
            out.extend([c.taped(level)]);
            out.extend([c.joined(level)]);
            if self.host.method.is_none() {
                out.extend([c.at_once(level)]);
            }
        }
        out
    }

    fn tangent(&self) -> Code {
        let c = &self.shells.companions;
        let params = self.shells.params();
        let (generics, clause) = c.generics(&[]);
        let mut parameters = self.shells.signature(None);
        let mut arguments = self.arguments(|i| self.shells.name(i));
        let mut unwrap = Code::new();
        let kernel = self.f.options.kernel.is_some();
        for (i, p) in params.iter().enumerate() {
            let (x, t) = (self.shells.name(i), self.local("t_", i));
            if !p.differentiable {
                let ty = c.tangent_space(p);
                parameters.push(code!(_: ::core::option::Option<#ty>));
                continue;
            }
            let ty = c.tangent_type(p);
            parameters.push(code!(#t: ::core::option::Option<#ty>));
            if !kernel {
                let zero = self.local("zero_", i);
                unwrap.extend([if p.passing == Passing::Value {
                    code!(let #t: #ty = #t.unwrap_or_else(|| ::differentiable::Differentiable::__zero(&#x));)
                } else if p.passing == Passing::RefMut {
                    code!(let mut #zero; let #t: #ty = match #t { ::core::option::Option::Some(given) => given, ::core::option::Option::None => { #zero = ::differentiable::Differentiable::__zero(&*#x); &mut #zero } };)
                } else {
                    code!(let #zero; let #t: #ty = match #t { ::core::option::Option::Some(given) => given, ::core::option::Option::None => { #zero = ::differentiable::Differentiable::__zero(&*#x); &#zero } };)
                }]);
            }
            arguments.push(code!(#t));
        }
        let body = match (&self.f.options.kernel, &self.f.options.jvp) {
            (Some(kernel), _) => {
                let path = suffixed(kernel, "tangent");
                code!({ #unwrap #path(#(#arguments),*) })
            }
            (None, Some(jvp)) => code!({ #unwrap #jvp(#(#arguments),*) }),
            (None, None) => self.missing("forward", "jvp"),
        };
        let (name, vis, attrs, outputs) =
            (self.host.hidden("__jvp", 1), &self.host.vis, &self.host.attrs, c.outputs(1));
        code! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #generics (#(#parameters),*) -> #outputs #clause #body
        }
    }
}
