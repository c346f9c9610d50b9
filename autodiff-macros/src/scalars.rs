//! Higher derivatives of scalars whose type only the type checker knows: operators and functions of floats.
//!
//! In: the table of rules. Out: a type beside no function, such as `sin`, with the companions of
//! `fn sin<T: Real>(a: T) -> T` above the first level, which the compiler makes like those of any other function; and
//! the methods that hand over to them from the runtime's `FloatMethods`. First derivatives need none of this: they are
//! written from the table as they stand.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use crate::companions::{Companions, Host};
use crate::complex::{self, Field};
use crate::emit::companion;
use crate::errors::Errors;
use crate::ir::{Callee, Program, Stmt};
use crate::options::Options;
use crate::rules::{self, Rule, TABLE};
use crate::signature::Signature;
use crate::{activity, expand};

/// The highest derivative of what has no known type.
pub(crate) const ORDER: u32 = 3;

/// Functions that `num_traits::Float` lacks, and which have first derivatives only.
const FIRST_ONLY: &[&str] = &["rem_euclid", "midpoint", "next_up", "next_down"];

/// Refuses derivatives of higher orders of operators and functions whose types are not written.
pub(crate) fn refuse_orders(program: &Program, signature: &Signature, order: u32, errors: &Errors) {
    if order <= ORDER {
        return;
    }
    let seeds = program.params.iter().zip(&signature.params).filter(|(_, p)| p.differentiable).map(|(q, _)| q.parts[0]);
    let (varied, useful) = (activity::varied(program, seeds), activity::useful(program));
    program.body.walk(&mut |s| {
        let Stmt::Call(call) = s else { return };
        let what = match &call.callee {
            Callee::Operator(_) => "an operator".to_owned(),
            Callee::Method { name, .. } if rules::find(&name.to_string()).is_some() => format!("`{name}`"),
            _ => return,
        };
        if call.outs.iter().any(|o| varied.contains(*o) && useful.contains(*o)) {
            errors.at(
                call.span,
                format!("derivatives of order {order} need the types of the operands of {what}, of which there are derivatives up to order {ORDER} where types are not written: bind them to variables first (`let x: f64 = …;`), or ask for a lower order"),
            );
        }
    });
}

/// The functions of the table that have higher derivatives.
pub(crate) fn is_higher(rule: &Rule) -> bool {
    rule.name.chars().next().is_some_and(char::is_alphabetic) && !FIRST_ONLY.contains(&rule.name)
}

/// The functions of complex numbers that have higher derivatives; `l1_norm` asks for more than a float type.
pub(crate) fn is_higher_complex(rule: &Rule) -> bool {
    rule.name != "l1_norm" && complex::function(rule.name, rule.args.len()).is_some()
}

/// The types with the companions: of the functions of the table, and of the operators of real and complex numbers.
pub(crate) fn functions() -> TokenStream {
    let (real, complex) = (quote!(T), quote!(Complex<T>));
    let mut out = TokenStream::new();
    for rule in TABLE.iter().filter(|r| is_higher(r)) {
        let name = Ident::new(rule.name, Span::call_site());
        let args: Vec<Ident> = rule.args.iter().map(|a| Ident::new(a, Span::call_site())).collect();
        let types = args.iter().map(|a| if rule.integer_argument && a == "n" { quote!(i32) } else { real.clone() });
        let params = args.iter().zip(types).map(|(a, ty)| quote!(#a: #ty));
        let (first, rest) = args.split_first().expect("a function has an argument");
        out.extend(twin(&name, &quote!(fn #name<T: Real>(#(#params),*) -> T { #first.#name(#(#rest),*) })));
    }
    for rule in complex::TABLE.iter().filter(|r| is_higher_complex(r)) {
        let method = Ident::new(rule.name, Span::call_site());
        let args: Vec<Ident> = rule.args.iter().map(|a| Ident::new(a, Span::call_site())).collect();
        let types: Vec<TokenStream> = rule.fields.iter().map(|f| complex_type(rule, *f)).collect();
        let (params, value) = (args.iter().zip(&types).map(|(a, ty)| quote!(#a: #ty)), &types[args.len()]);
        let (name, rest) = (format_ident!("complex_{}", rule.name), &args[1..]);
        let call = if rule.fields[0] == Field::C {
            quote!(z.#method(#(#rest),*))
        } else {
            quote!(Complex::<T>::#method(#(#args),*))
        };
        out.extend(twin(&name, &quote!(fn #name<T: Real>(#(#params),*) -> #value { #call })));
    }
    let operators = [("add", quote!(+)), ("sub", quote!(-)), ("mul", quote!(*)), ("div", quote!(/))];
    for (name, op) in operators.iter().cloned().chain([("rem", quote!(%))]) {
        let name = Ident::new(name, Span::call_site());
        out.extend(twin(&name, &quote!(fn #name<T: Real>(a: T, b: T) -> T { a #op b })));
    }
    for (suffix, left, right) in [("cc", &complex, &complex), ("cr", &complex, &real), ("rc", &real, &complex)] {
        for (name, op) in &operators {
            // A real number of unknown type stands on the right only.
            let value = match (suffix, *name) {
                ("rc", "add" | "mul") => quote!(b #op a),
                ("rc", "sub") => quote!(-b + a),
                ("rc", _) => quote!(b.inv() * a),
                _ => quote!(a #op b),
            };
            let name = format_ident!("{}_{}", name, suffix);
            out.extend(twin(&name, &quote!(fn #name<T: Real>(a: #left, b: #right) -> Complex<T> { #value })));
        }
    }
    out
}

/// The companions of a function above the first level.
fn twin(name: &Ident, item: &TokenStream) -> TokenStream {
    let item: syn::ItemFn = syn::parse2(item.clone()).expect("a function");
    let mut sig = item.sig.clone();
    let options = Options { order: ORDER, ..Options::default() };
    let f = expand::analyse(&mut sig, &item.block, None, &options).expect("a function of the table is differentiable");
    let host = Host { vis: crate::emit::code!(pub), ..Host::default() };
    let c = Companions { f: &f, host: &host };
    let companions = (1..ORDER).flat_map(|level| [c.tangent(level + 1), c.taped(level)]);
    quote! {
        pub enum #name {}
        impl #name { #(#companions)* }
    }
}

/// A method of scalars, or an associated function without a receiver: the types of its arguments after that with those
/// of their tangents, and of its value.
struct Method {
    name: &'static str,
    function: Ident,
    receiver: bool,
    rest: Vec<(Ident, TokenStream, TokenStream)>,
    value: TokenStream,
    /// What opaque types capture, where they are declared and where they are defined.
    captured: (TokenStream, TokenStream),
}

impl Method {
    /// A function of real numbers.
    fn real(rule: &Rule) -> Self {
        let rest = rule.args.iter().skip(1).map(|a| {
            let integer = rule.integer_argument && *a == "n";
            let (ty, tangent) = if integer { (quote!(i32), quote!(())) } else { (quote!(Self), quote!(Self)) };
            (Ident::new(a, Span::call_site()), ty, tangent)
        });
        Self {
            name: rule.name,
            function: Ident::new(rule.name, Span::call_site()),
            receiver: true,
            rest: rest.collect(),
            value: quote!(Self),
            captured: (quote!(Self), TokenStream::new()),
        }
    }

    /// A function of complex numbers.
    fn complex(rule: &Rule) -> Self {
        let receiver = rule.fields[0] == Field::C;
        let fields = rule.args.iter().zip(rule.fields).skip(usize::from(receiver));
        let rest = fields.map(|(a, field)| {
            let ty = complex_type(rule, *field);
            let tangent = if *field == Field::I { quote!(()) } else { ty.clone() };
            (Ident::new(a, Span::call_site()), ty, tangent)
        });
        Self {
            name: rule.name,
            function: format_ident!("complex_{}", rule.name),
            receiver,
            rest: rest.collect(),
            value: complex_type(rule, *rule.fields.last().expect("a value")),
            captured: (quote!(Self, T), quote!(T)),
        }
    }

    /// `__jvp2_f`, `__fwd1_f` and so on, from a level of the backward sweep on: declared, and defined for a scalar.
    fn companions(&self, from: u32) -> (TokenStream, TokenStream) {
        let (mut declarations, mut definitions) = (TokenStream::new(), TokenStream::new());
        for level in from..ORDER {
            for (declared, defined) in [self.forward(level + 1), self.backward(level)] {
                declarations.extend(quote!(#declared;));
                definitions.extend(quote!(#[inline] #defined));
            }
        }
        (declarations, definitions)
    }

    /// The tangents that a companion of a level takes: parameters, and what is handed on.
    fn tangents(&self, level: u32) -> (TokenStream, TokenStream) {
        let (mut params, mut handed) = (TokenStream::new(), TokenStream::new());
        for c in 1..1_usize << level {
            if self.receiver {
                let this = format_ident!("d{}", c);
                params.extend(quote!(#this: Option<&Self>,));
                handed.extend(quote!(#this.copied(),));
            }
            for (a, _, tangent) in &self.rest {
                let d = format_ident!("d{}_{}", c, a);
                params.extend(quote!(#d: Option<#tangent>,));
                handed.extend(quote!(#d,));
            }
        }
        (params, handed)
    }

    /// The receiver as a parameter, and as what is handed on.
    fn receiver(&self) -> (TokenStream, TokenStream) {
        if self.receiver { (quote!(&self,), quote!(*self,)) } else { (TokenStream::new(), TokenStream::new()) }
    }

    fn forward(&self, level: u32) -> (TokenStream, TokenStream) {
        let (function, value) = (&self.function, &self.value);
        let base = Ident::new(&companion("__jvp", level), Span::call_site());
        let name = format_ident!("{}_{}", base, self.name);
        let (params, handed) = self.tangents(level);
        let (names, types): (Vec<_>, Vec<_>) = self.rest.iter().map(|(a, ty, _)| (a, ty)).unzip();
        let values = (0..1 << level).map(|_| value);
        let (receiver, this) = self.receiver();
        let head = quote!(fn #name(#receiver #(#names: #types,)* #params) -> (#(#values),*));
        let body = quote!({ crate::scalars::#function::#base(#this #(#names,)* #handed) });
        (head.clone(), quote!(#head #body))
    }

    fn backward(&self, level: u32) -> (TokenStream, TokenStream) {
        let function = &self.function;
        let base = Ident::new(&companion("__fwd", level), Span::call_site());
        let name = format_ident!("{}_{}", base, self.name);
        let (params, handed) = self.tangents(level);
        let list = &self.rest;
        let (names, types): (Vec<_>, Vec<_>) = list.iter().map(|(a, ty, _)| (a, ty)).unzip();
        let n = 1_usize << level;
        let own = usize::from(self.receiver);
        let units: Vec<TokenStream> = list.iter().map(|_| quote!(())).collect();
        let all_units: Vec<TokenStream> = (0..n * (own + list.len())).map(|_| quote!(())).collect();
        let unit = vec![quote!(()); own];
        let values: Vec<&TokenStream> = (0..n).map(|_| &self.value).collect();
        let gradients: Vec<TokenStream> =
            (0..n).flat_map(|_| unit.iter().cloned().chain(list.iter().map(|(_, _, t)| t.clone()))).collect();
        let of_receiver = |ty: TokenStream| if self.receiver { quote!(#ty,) } else { TokenStream::new() };
        let argument = |lifetime: &TokenStream| {
            let (first, other) = (of_receiver(quote!(&#lifetime Self)), of_receiver(quote!(Option<&#lifetime Self>)));
            let slot = of_receiver(quote!(Option<&#lifetime mut Self>));
            let again = (1..n).map(|_| quote!(#other #(#units,)*));
            let slots = (0..n).map(|_| quote!(#slot #(#units,)*));
            quote!(((#first #(#units,)* #(#again)*), (#(#values),*), (#(#slots)*)))
        };
        let (bound, elided) = (argument(&quote!('r)), argument(&TokenStream::new()));
        let (receiver, this) = self.receiver();
        let head = |captured: &TokenStream| {
            quote!(fn #name(#receiver #(#names: #types,)* #params)
                -> ((#(#values),*), impl for<'r> FnOnce(#bound) -> (#(#gradients,)*) + use<#captured>))
        };
        let slots: Vec<Ident> = (0..n * own).map(|c| format_ident!("slot{}", c)).collect();
        let pulled: Vec<Ident> = (0..n * own).map(|c| format_ident!("g{}", c)).collect();
        let rest: Vec<Vec<Ident>> =
            (0..n).map(|c| (0..list.len()).map(|i| format_ident!("g{}_{}", c, i)).collect()).collect();
        let taken = (0..n).map(|c| {
            let slot = slots.get(c).into_iter();
            quote!(#(#slot,)* #(#units,)*)
        });
        let pattern = rest.iter().enumerate().map(|(c, rest)| {
            let g = pulled.get(c).into_iter();
            quote!(#(#g,)* #(#rest,)*)
        });
        let results = rest.iter().map(|rest| quote!(#(#unit,)* #(#rest,)*));
        let (declared, defined) = (head(&self.captured.0), head(&self.captured.1));
        let body = quote!({
            let (values, tape) = crate::scalars::#function::#base(#this #(#names,)* #handed);
            (values, move |(_, ct, (#(#taken)*)): #elided| {
                let (#(#pattern)*) = tape(((#(#all_units,)*), ct, (#(#all_units,)*)));
                #(if let Some(slot) = #slots { *slot += #pulled; })*
                (#(#results)*)
            })
        });
        (declared, quote!(#defined #body))
    }
}

/// The companions of a function of floats above the second level, as methods: declared, and defined for a float.
pub(crate) fn methods(rule: &Rule) -> (TokenStream, TokenStream) {
    Method::real(rule).companions(2)
}

/// The same of a method of complex numbers.
pub(crate) fn complex_methods(rule: &Rule) -> (TokenStream, TokenStream) {
    Method::complex(rule).companions(1)
}

/// The type of an argument or a value of a function of complex numbers.
pub(crate) fn complex_type(rule: &Rule, field: Field) -> TokenStream {
    match field {
        Field::C => quote!(Complex<T>),
        Field::R => quote!(T),
        Field::I if rule.name == "powu" => quote!(u32),
        Field::I => quote!(i32),
    }
}
