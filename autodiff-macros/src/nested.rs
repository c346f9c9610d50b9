//! Derivatives of derivatives: the companions of `f::grad`, `f::value_and_grad`, `f::hvp`, `f::jvp`,
//! `f::jacobian` and `f::hessian`, through which differentiated code calls them, at every level.
//!
//! Nothing new is differentiated. A derivative and its tangents are components of the sweeps of `f` at a
//! higher level, and by the symmetry of derivatives so is its pullback: that of the gradient is the
//! Hessian times the cotangent, that of a Hessian-vector product is a third derivative along both
//! vectors, and that of a directional derivative is the backward sweep of the tangent program with its
//! cotangents exchanged. Directions and cotangents take the lowest bits of a component's number, and the
//! tangents of the surrounding code the bits above.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use crate::companions::with_std;
use crate::emit::{companion, tuple};
use crate::ir::Passing;
use crate::shells::{Shells, bare};
use crate::signature::Param;
use crate::tangent_types::{elide, owned_tangent, with_lifetime};

/// A derivative that differentiated code may call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Derivative {
    Grad,
    ValueAndGrad,
    Hvp,
    Jvp,
    /// [`Derivative::Jvp`] along every axis.
    Jacobian,
    /// [`Derivative::Hvp`] along every axis.
    Hessian,
}

impl Derivative {
    const ALL: [Self; 6] = [Self::Grad, Self::ValueAndGrad, Self::Hvp, Self::Jvp, Self::Jacobian, Self::Hessian];

    fn name(self) -> &'static str {
        match self {
            Self::Grad => "grad",
            Self::ValueAndGrad => "value_and_grad",
            Self::Hvp => "hvp",
            Self::Jvp => "jvp",
            Self::Jacobian => "jacobian",
            Self::Hessian => "hessian",
        }
    }

    /// It goes through the backward sweep, and so needs a float value.
    fn is_reverse(self) -> bool {
        !matches!(self, Self::Jvp | Self::Jacobian)
    }

    /// It is taken along directions, which are the lowest bit of a component.
    fn is_directional(self) -> bool {
        !matches!(self, Self::Grad | Self::ValueAndGrad)
    }

    /// It is a matrix, whose columns are derivatives along the axes.
    fn is_matrix(self) -> bool {
        matches!(self, Self::Jacobian | Self::Hessian)
    }

    /// How many bits of a component are its own in the forward and in the pullback sweeps.
    fn bits(self) -> (u32, u32) {
        let own = u32::from(self.is_directional());
        (own, if self.is_reverse() { own + 1 } else { own })
    }
}

impl Shells<'_> {
    /// All companions of derivatives, for functions of order 2 or more without `&mut` parameters.
    pub(crate) fn nested(&self) -> TokenStream {
        let order = self.companions.f.options.order();
        if order < 2 || self.params().iter().any(|p| p.passing == Passing::RefMut) {
            return TokenStream::new();
        }
        let scalar = self.companions.returns_scalar();
        let mut out = TokenStream::new();
        if scalar && self.is_narrowed() {
            for level in 0..order {
                out.extend(self.companions.joined_over_all(level));
            }
        }
        for derivative in Derivative::ALL.into_iter().filter(|d| scalar || !d.is_reverse()) {
            let (own, pulled) = derivative.bits();
            let most = if derivative.is_reverse() { order - 1 } else { order };
            for level in 0..=order {
                let nested = Nested { shells: self, derivative, level };
                let mut items = TokenStream::new();
                if level > 0 && level + own <= most {
                    items.extend(nested.tangent());
                }
                if level + pulled < order {
                    items.extend(nested.taped());
                }
                out.extend(if derivative.is_matrix() { with_std(&items, &TokenStream::new()) } else { items });
            }
        }
        out
    }

    fn is_narrowed(&self) -> bool {
        self.params().iter().any(|p| p.differentiable && !p.wanted)
    }
}

/// One derivative of one function at one level.
struct Nested<'a, 'b> {
    shells: &'a Shells<'b>,
    derivative: Derivative,
    level: u32,
}

/// An input of a derivative: an argument of the function, or the direction along one.
#[derive(Clone, Copy)]
struct Input {
    param: usize,
    direction: bool,
}

impl Nested<'_, '_> {
    fn params(&self) -> &[Param] {
        self.shells.params()
    }

    fn components(&self) -> usize {
        1 << self.level
    }

    fn inputs(&self) -> Vec<Input> {
        let arguments = (0..self.params().len()).map(|param| Input { param, direction: false });
        let has_directions = self.derivative.is_directional() && !self.derivative.is_matrix();
        let wanted = self.params().iter().enumerate().filter(|(_, p)| p.wanted && has_directions);
        arguments.chain(wanted.map(|(param, _)| Input { param, direction: true })).collect()
    }

    fn ident(&self, prefix: &str, component: usize, param: usize) -> Ident {
        self.shells.local(&format!("{prefix}{component}_"), param)
    }

    /// The variable that holds a component of an input.
    fn variable(&self, input: Input, component: usize, in_pullback: bool) -> Ident {
        let receiver = self.params()[input.param].receiver;
        match (input.direction, component) {
            (false, 0) if receiver && in_pullback => self.ident("x", 0, input.param),
            (false, 0) => self.shells.name(input.param),
            (false, c) => self.ident("x", c, input.param),
            (true, c) => self.ident("v", c, input.param),
        }
    }

    /// The type of a component of an input, as it is handed over.
    fn input_type(&self, input: Input, component: usize) -> TokenStream {
        let p = &self.params()[input.param];
        let tangent = if p.differentiable { self.shells.companions.tangent_type(p) } else { quote!(()) };
        match (input.direction, component) {
            (false, 0) => p.ty.to_token_stream(),
            (true, 0) => tangent,
            _ => quote!(::core::option::Option<#tangent>),
        }
    }

    /// The parameters of a companion.
    fn signature(&self) -> Vec<TokenStream> {
        let mut list = self.shells.signature(None);
        for c in 0..self.components() {
            for input in self.inputs() {
                if c > 0 || input.direction {
                    let (name, ty) = (self.variable(input, c, false), self.input_type(input, c));
                    list.push(quote!(#name: #ty));
                }
            }
        }
        list
    }

    /// A component of an input as an optional tangent.
    fn tangent_of(&self, input: Input, component: usize, in_pullback: bool) -> TokenStream {
        let p = &self.params()[input.param];
        let none = quote!(::core::option::Option::None);
        if !p.differentiable || input.direction && !p.wanted {
            return none;
        }
        if input.direction && self.derivative.is_matrix() {
            let axis = self.ident("axis", 0, input.param);
            return match (component, p.passing) {
                (0, Passing::Value) => quote!(::core::option::Option::Some(::core::clone::Clone::clone(&#axis))),
                (0, _) => quote!(::core::option::Option::Some(&#axis)),
                _ => none,
            };
        }
        let x = self.variable(input, component, in_pullback);
        match (component, p.passing) {
            (0, Passing::Value) => quote!(::core::option::Option::Some(::core::clone::Clone::clone(&#x))),
            (0, _) => quote!(::core::option::Option::Some(#x)),
            (_, Passing::Value) => quote!(::core::clone::Clone::clone(&#x)),
            _ => quote!(#x),
        }
    }

    /// The tangent that the sweeps get for a parameter in a component of theirs.
    fn source(&self, b: usize, param: usize, bits: u32, in_pullback: bool) -> TokenStream {
        let (role, c) = (b & ((1 << bits) - 1), b >> bits);
        let own = self.derivative.bits().0;
        let argument = Input { param, direction: false };
        match role {
            0 => self.tangent_of(argument, c, in_pullback),
            1 if own == 1 => self.tangent_of(Input { param, direction: true }, c, in_pullback),
            r if r == 1 << own && self.params()[param].wanted => {
                let w = self.ident("w", c, param);
                if self.params()[param].passing == Passing::Value {
                    quote!(::core::option::Option::Some(::core::clone::Clone::clone(&#w)))
                } else {
                    quote!(::core::option::Option::Some(&#w))
                }
            }
            _ => quote!(::core::option::Option::None),
        }
    }

    /// The arguments of the sweeps at a level, with all their tangents.
    fn arguments(&self, bits: u32, in_pullback: bool) -> Vec<TokenStream> {
        let mut list = Vec::new();
        for (i, p) in self.params().iter().enumerate() {
            let x = self.variable(Input { param: i, direction: false }, 0, in_pullback);
            list.push(if p.passing == Passing::Value { quote!(::core::clone::Clone::clone(&#x)) } else { quote!(#x) });
        }
        for b in 1..1 << (self.level + bits) {
            list.extend((0..self.params().len()).map(|i| self.source(b, i, bits, in_pullback)));
        }
        list
    }

    /// The joined sweeps: the values are `y0`, `y1`, …, the components of the gradient `d0_x`, `d1_x`, ….
    fn sweeps(&self, bits: u32, in_pullback: bool) -> TokenStream {
        let c = &self.shells.companions;
        let level = self.level + bits;
        let base = if self.shells.is_narrowed() { "__all" } else { "__rev" };
        let (sweeps, turbofish) = (c.host.hidden(base, level), c.turbofish());
        let mut args = self.arguments(bits, in_pullback);
        let (mut zeros, mut patterns) = (TokenStream::new(), Vec::new());
        for b in 0..1 << level {
            for (i, p) in self.params().iter().enumerate().filter(|(_, p)| p.differentiable) {
                let d = self.ident("d", b, i);
                if p.passing == Passing::Value {
                    patterns.push(quote!(#d));
                } else {
                    zeros.extend(self.zero(&d, i, in_pullback));
                    args.push(quote!(&mut #d));
                }
            }
        }
        let (values, patterns) = (bare(&self.values(level)), tuple(&patterns));
        quote! {
            #zeros
            let (#values, #patterns) = Self::#sweeps #turbofish(#(#args),*);
        }
    }

    fn values(&self, level: u32) -> Vec<TokenStream> {
        (0..1 << level).map(|b| value(b).to_token_stream()).collect()
    }

    fn zero(&self, d: &Ident, param: usize, in_pullback: bool) -> TokenStream {
        let x = self.variable(Input { param, direction: false }, 0, in_pullback);
        if self.params()[param].passing == Passing::Value {
            quote!(let mut #d = ::differentiable::Differentiable::__zero(&#x);)
        } else {
            quote!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);)
        }
    }

    /// The tangents of `f`: the values are `y0`, `y1`, ….
    fn tangents(&self, bits: u32) -> TokenStream {
        let c = &self.shells.companions;
        let (jvp, turbofish) = (c.host.hidden("__jvp", self.level + bits), c.turbofish());
        let (args, values) = (self.arguments(bits, false), bare(&self.values(self.level + bits)));
        quote!(let #values = Self::#jvp #turbofish(#(#args),*);)
    }

    /// The backward sweep of the tangents of `f`, whose cotangents are exchanged with those of the values.
    fn pulled_tangents(&self, bits: u32) -> TokenStream {
        let c = &self.shells.companions;
        let level = self.level + bits;
        let (fwd, turbofish) = (c.host.hidden("__fwd", level), c.turbofish());
        let args = self.arguments(bits, true);
        let (mut zeros, mut again, mut slots, mut grads, mut cotangents) =
            (TokenStream::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for b in 0..1 << level {
            let ct = Ident::new(&format!("{}{}", if b % 2 == 0 { "slope" } else { "ct" }, b / 2), Span::mixed_site());
            cotangents.push(quote!(::core::clone::Clone::clone(&#ct)));
            for (i, p) in self.params().iter().enumerate() {
                let d = self.ident("d", b, i);
                if p.passing == Passing::Value {
                    again.push(quote!(()));
                    slots.push(quote!(()));
                    grads.push(if p.differentiable { quote!(#d) } else { quote!(_) });
                    continue;
                }
                grads.push(quote!(_));
                let x = self.variable(Input { param: i, direction: false }, 0, true);
                again.push(if b == 0 { quote!(#x) } else { self.source(b, i, bits, true) });
                if p.differentiable {
                    zeros.extend(self.zero(&d, i, true));
                    slots.push(quote!(::core::option::Option::Some(&mut #d)));
                } else {
                    slots.push(quote!(::core::option::Option::None));
                }
            }
        }
        let (again, slots, grads, cotangents) = (tuple(&again), tuple(&slots), tuple(&grads), bare(&cotangents));
        quote! {
            #zeros
            let (_, tape) = Self::#fwd #turbofish(#(#args),*);
            let #grads = tape((#again, #cotangents, #slots));
        }
    }

    /// The components of the derivative, after the statements that compute them.
    fn evaluated(&self) -> (TokenStream, TokenStream) {
        let bits = self.derivative.bits().0;
        let stmts = if self.derivative.is_reverse() { self.sweeps(bits, false) } else { self.tangents(bits) };
        let gradient = |b: usize| {
            let wanted = self.params().iter().enumerate().filter(|(_, p)| p.wanted);
            wanted.map(|(i, _)| self.ident("d", b, i)).collect::<Vec<_>>()
        };
        let components: Vec<TokenStream> = (0..self.components())
            .map(|c| match self.derivative {
                Derivative::Grad => bare(&tokens(&gradient(c))),
                Derivative::ValueAndGrad => {
                    let (value, gradient) = (value(c), bare(&tokens(&gradient(c))));
                    quote!((#value, #gradient))
                }
                Derivative::Hvp => bare(&tokens(&gradient(2 * c + 1))),
                Derivative::Jvp => {
                    let (value, slope) = (value(2 * c), value(2 * c + 1));
                    quote!((#value, #slope))
                }
                Derivative::Jacobian => tuple(&[value(2 * c + 1).to_token_stream()]),
                Derivative::Hessian => tuple(&tokens(&gradient(2 * c + 1))),
            })
            .collect();
        if !self.derivative.is_matrix() {
            return (stmts, bare(&components));
        }
        // A column for each axis.
        let matrices: Vec<Ident> =
            (0..self.components()).map(|c| Ident::new(&format!("matrix{c}"), Span::mixed_site())).collect();
        let axes = self.axes(false);
        let columns = matrices
            .iter()
            .zip(&components)
            .map(|(matrix, column)| quote!(#matrix.push(::differentiable::__private::flattened(#column));));
        let results: Vec<TokenStream> =
            matrices.iter().map(|m| quote!(::differentiable::__private::from_columns(&#m))).collect();
        let results = bare(&results);
        let body = quote! {
            #(let mut #matrices = ::differentiable::__private::vec::Vec::new();)*
            #axes {
                #stmts
                #(#columns)*
            }
        };
        (body, results)
    }

    /// The head of a loop over all axes, with the direction along each.
    fn axes(&self, in_pullback: bool) -> TokenStream {
        let (mut zeros, mut axes, mut shapes) = (TokenStream::new(), Vec::new(), Vec::new());
        for (i, _) in self.params().iter().enumerate().filter(|(_, p)| p.wanted) {
            let (shape, axis) = (self.ident("shape", 0, i), self.ident("axis", 0, i));
            zeros.extend(self.zero(&shape, i, in_pullback));
            axes.push(axis);
            shapes.push(shape);
        }
        let (axes, shapes) = (tuple(&tokens(&axes)), tuple(&tokens(&shapes)));
        quote! {
            let all_axes = { #zeros ::differentiable::__private::axes(#shapes) };
            for #axes in all_axes
        }
    }

    /// `__jvp_grad`, `__jvp2_grad`, …: the derivative and its tangents.
    fn tangent(&self) -> TokenStream {
        let c = &self.shells.companions;
        let (generics, clause) = c.generics(&[]);
        let name = self.companion("__jvp");
        let (params, types, clause) = (self.signature(), self.output_types(), self.clause(clause));
        let (stmts, result) = self.evaluated();
        let vis = &c.host.vis;
        quote! {
            #[doc(hidden)] #[inline] #[allow(clippy::too_many_arguments)]
            #vis fn #name #generics (#(#params),*) -> #types #clause {
                #stmts
                #result
            }
        }
    }

    /// `__fwd_grad`, `__fwd1_grad`, …: the derivative, its tangents and their pullback, which runs the
    /// sweeps again.
    fn taped(&self) -> TokenStream {
        let c = &self.shells.companions;
        let (generics, clause) = c.generics(&[]);
        let name = self.companion("__fwd");
        let (params, outputs, clause) = (self.signature(), self.output_types(), self.clause(clause));
        let (stmts, result) = self.evaluated();
        let (again, slots, grads, stores) = self.pullback_parts();
        let (cotangent, cotangent_type) = self.cotangents();
        let bits = self.derivative.bits().1;
        let mut pull = if self.derivative.is_reverse() { self.sweeps(bits, true) } else { self.pulled_tangents(bits) };
        pull.extend(self.product_with_value());
        pull.extend(stores);
        let pull = if self.derivative.is_matrix() { self.by_columns(&pull) } else { pull };
        let shape = (self.derivative == Derivative::Jacobian).then(|| {
            let all = vec![quote!(::core::option::Option::None); self.params().len()];
            let (jvp, turbofish) = (c.host.hidden("__jvp", 1), c.turbofish());
            let plain: Vec<TokenStream> = self.arguments(0, false).into_iter().take(self.params().len()).collect();
            quote!(let shape = ::differentiable::Differentiable::__zero(&Self::#jvp #turbofish(#(#plain,)* #(#all),*).0);)
        });
        let (again_types, slot_types, grad_types) = self.pullback_types();
        let argument = quote!((#again_types, #cotangent_type, #slot_types));
        let (elided, captured) = (elide(&argument), c.captured(&[]));
        let (vis, result_name) = (&c.host.vis, Ident::new("result", Span::mixed_site()));
        quote! {
            #[doc(hidden)] #[inline] #[allow(clippy::too_many_arguments)]
            #vis fn #name #generics (#(#params),*) -> (#outputs, impl for<'r> ::core::ops::FnOnce(#argument) -> #grad_types + #captured) #clause {
                #shape
                let #result_name = { #stmts #result };
                (#result_name, move |(#again, #cotangent, #slots): #elided| -> #grad_types {
                    #pull
                    #grads
                })
            }
        }
    }

    fn companion(&self, base: &str) -> Ident {
        let c = &self.shells.companions;
        let public = c.host.public(self.derivative.name(), c.f.options.prefix.as_ref());
        Ident::new(&format!("{}_{public}", companion(base, self.level)), public.span())
    }

    fn clause(&self, clause: TokenStream) -> TokenStream {
        let clause = if self.derivative.is_reverse() { self.shells.companions.scalar_clause(clause) } else { clause };
        self.shells.cloning_values(clause)
    }

    /// The types of the derivative and its tangents.
    fn output_types(&self) -> TokenStream {
        let c = &self.shells.companions;
        let (gradient, tangent) = (self.shells.gradient_type(), c.output_tangent());
        let types: Vec<TokenStream> = (0..self.components())
            .map(|k| {
                let value = if k == 0 { c.output() } else { tangent.clone() };
                match self.derivative {
                    Derivative::Grad | Derivative::Hvp => gradient.clone(),
                    Derivative::ValueAndGrad => quote!((#value, #gradient)),
                    Derivative::Jvp => quote!((#value, #tangent)),
                    Derivative::Jacobian | Derivative::Hessian => quote!(::differentiable::ndarray::Array2<f64>),
                }
            })
            .collect();
        bare(&types)
    }

    /// The pattern and the type of the cotangents of the derivative's components.
    fn cotangents(&self) -> (TokenStream, TokenStream) {
        let (gradient, tangent) = (self.shells.gradient_type(), self.shells.companions.output_tangent());
        let (mut patterns, mut types) = (Vec::new(), Vec::new());
        for k in 0..self.components() {
            let wanted = self.params().iter().enumerate().filter(|(_, p)| p.wanted);
            let w = bare(&tokens(&wanted.map(|(i, _)| self.ident("w", k, i)).collect::<Vec<_>>()));
            let name = |base: &str| Ident::new(&format!("{base}{k}"), Span::mixed_site());
            let (ct, slope, weights) = (name("ct"), name("slope"), name("weights"));
            let (pattern, ty) = match self.derivative {
                Derivative::Grad | Derivative::Hvp => (w, gradient.clone()),
                Derivative::ValueAndGrad => (quote!((#ct, #w)), quote!((#tangent, #gradient))),
                Derivative::Jvp => (quote!((#ct, #slope)), quote!((#tangent, #tangent))),
                Derivative::Jacobian | Derivative::Hessian => {
                    (quote!(#weights), quote!(::differentiable::ndarray::Array2<f64>))
                }
            };
            patterns.push(pattern);
            types.push(ty);
        }
        (bare(&patterns), bare(&types))
    }

    /// The component of the sweeps that is the cotangent of a component of an input.
    fn result(&self, input: Input, component: usize) -> usize {
        let (own, bits) = self.derivative.bits();
        let role = match (self.derivative.is_reverse(), input.direction) {
            (true, false) => (1 << bits) - 1,
            (true, true) => 1 << own,
            (false, false) => 1,
            (false, true) => 0,
        };
        (component << bits) + role
    }

    /// The pullback's patterns for arguments and slots, what it returns, and what it adds to the slots.
    fn pullback_parts(&self) -> (TokenStream, TokenStream, TokenStream, TokenStream) {
        let (mut again, mut slots, mut grads, mut stores) = (Vec::new(), Vec::new(), Vec::new(), TokenStream::new());
        for c in 0..self.components() {
            for input in self.inputs() {
                let p = &self.params()[input.param];
                let d = self.ident("d", self.result(input, c), input.param);
                let total = self.ident("total", c, input.param);
                if p.passing == Passing::Value {
                    again.push(quote!(()));
                    slots.push(quote!(()));
                    if p.differentiable && self.derivative.is_matrix() {
                        stores.extend(quote!(::differentiable::__private::accumulate(&mut #total, &#d);));
                    }
                    grads.push(match (p.differentiable, self.derivative.is_matrix()) {
                        (true, false) => quote!(#d),
                        (true, true) => quote!(#total),
                        (false, _) => quote!(()),
                    });
                    continue;
                }
                let slot = self.ident(if input.direction { "u" } else { "s" }, c, input.param);
                let x = self.variable(input, c, true);
                again.push(quote!(#x));
                grads.push(quote!(()));
                if p.differentiable {
                    slots.push(quote!(mut #slot));
                    stores.extend(quote! {
                        if let ::core::option::Option::Some(slot) = #slot.as_deref_mut() {
                            ::differentiable::__private::accumulate(slot, &#d);
                        }
                    });
                } else {
                    slots.push(quote!(_));
                }
            }
        }
        (tuple(&again), tuple(&slots), tuple(&grads), stores)
    }

    fn pullback_types(&self) -> (TokenStream, TokenStream, TokenStream) {
        let c = &self.shells.companions;
        let (mut again, mut slots, mut grads) = (Vec::new(), Vec::new(), Vec::new());
        for k in 0..self.components() {
            for input in self.inputs() {
                let p = &self.params()[input.param];
                let by_value = p.passing == Passing::Value;
                let slot = if p.differentiable { c.slot(p) } else { quote!(()) };
                again.push(match (by_value, k, input.direction) {
                    (true, ..) => quote!(()),
                    (_, 0, false) => with_lifetime(&p.ty),
                    (_, 0, true) => quote!(&'r #slot),
                    _ => quote!(::core::option::Option<&'r #slot>),
                });
                slots.push(if by_value { quote!(()) } else { quote!(::core::option::Option<&'r mut #slot>) });
                grads.push(if by_value && p.differentiable { owned_tangent(&p.ty) } else { quote!(()) });
            }
        }
        (tuple(&again), tuple(&slots), tuple(&grads))
    }

    /// The cotangent of a value comes in through the gradient, by the product rule at every level.
    fn product_with_value(&self) -> TokenStream {
        let mut out = TokenStream::new();
        if self.derivative != Derivative::ValueAndGrad {
            return out;
        }
        for c in 0..self.components() {
            for a in (0..=c).filter(|a| a & c == *a) {
                let ct = Ident::new(&format!("ct{a}"), Span::mixed_site());
                for (i, _) in self.params().iter().enumerate().filter(|(_, p)| p.differentiable) {
                    let (target, factor) = (self.ident("d", 2 * c + 1, i), self.ident("d", 2 * (c ^ a), i));
                    out.extend(quote! {
                        let mut term = ::core::clone::Clone::clone(&#factor);
                        ::differentiable::__private::scale(&mut term, #ct);
                        let mut sum = #target;
                        ::differentiable::__private::accumulate(&mut sum, &term);
                        let #target = sum;
                    });
                }
            }
        }
        out
    }

    /// The pullback of a matrix: the sum of those of its columns.
    fn by_columns(&self, pull: &TokenStream) -> TokenStream {
        let mut totals = TokenStream::new();
        for c in 0..self.components() {
            for (i, p) in self.params().iter().enumerate() {
                if p.passing == Passing::Value && p.differentiable {
                    totals.extend(self.zero(&self.ident("total", c, i), i, true));
                }
            }
        }
        let mut columns = TokenStream::new();
        for c in 0..self.components() {
            let name = |base: &str| Ident::new(&format!("{base}{c}"), Span::mixed_site());
            let (weights, column, ct, slope) = (name("weights"), name("column"), name("ct"), name("slope"));
            columns.extend(quote! {
                let #column = #weights.column(axis).to_vec();
                let mut numbers: &[f64] = &#column;
            });
            if self.derivative == Derivative::Jacobian {
                columns.extend(quote! {
                    let #ct = ::core::clone::Clone::clone(&shape);
                    let #slope = ::differentiable::__private::unflatten(::core::clone::Clone::clone(&shape), &mut numbers);
                });
                continue;
            }
            for (i, _) in self.params().iter().enumerate().filter(|(_, p)| p.wanted) {
                let (zero, w) = (self.ident("zero", c, i), self.ident("w", c, i));
                columns.extend(self.zero(&zero, i, true));
                columns.extend(quote!(let #w = ::differentiable::__private::unflatten(#zero, &mut numbers);));
            }
        }
        let axes = self.axes(true);
        quote! {
            #totals
            let mut axis = 0;
            #axes {
                #columns
                #pull
                axis += 1;
            }
        }
    }
}

fn value(b: usize) -> Ident {
    Ident::new(&format!("y{b}"), Span::mixed_site())
}

fn tokens(idents: &[Ident]) -> Vec<TokenStream> {
    idents.iter().map(ToTokens::to_token_stream).collect()
}
