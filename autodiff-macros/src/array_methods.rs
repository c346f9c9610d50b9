//! Derivatives of the methods of arrays, at every level that the runtime offers.
//!
//! In: for linear methods a table in the runtime, whose lines give a method and its transpose; for functions of the
//! elements the table of rules. Out: traits with the companions `__fwd_sum`, `__jvp_sum`, `__fwd1_sum` and so on, which
//! are implemented for `ArrayRef`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream, Result};
use syn::punctuated::Punctuated;
use syn::{ExprClosure, Generics, PatType, Token, Type, WherePredicate};

use crate::emit::{companion, one_or_tuple};
use crate::rules::{Rule, TABLE};
use crate::scalars::{self, ORDER};

/// `trait Name<D> for D;`, and a line for each method.
pub(crate) struct LinearMethods {
    name: Ident,
    generics: Generics,
    dimension: Type,
    methods: Vec<Linear>,
}

/// `sum_axis(axis: Axis) -> Smaller<T, D> where D: RemoveAxis = |a| value, |slot, ct| transpose;`
struct Linear {
    name: Ident,
    args: Vec<PatType>,
    value: Type,
    bounds: Option<WherePredicate>,
    map: ExprClosure,
    transpose: ExprClosure,
}

impl Parse for LinearMethods {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.parse::<Token![trait]>()?;
        let (name, generics) = (input.parse()?, input.parse()?);
        input.parse::<Token![for]>()?;
        let dimension = input.parse()?;
        input.parse::<Token![;]>()?;
        let methods = Punctuated::<Linear, Token![;]>::parse_terminated(input)?;
        Ok(Self { name, generics, dimension, methods: methods.into_iter().collect() })
    }
}

impl Parse for Linear {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        let list;
        syn::parenthesized!(list in input);
        let args = list.parse_terminated(syn::FnArg::parse, Token![,])?;
        let args = args.into_iter().filter_map(|a| match a {
            syn::FnArg::Typed(a) => Some(a),
            syn::FnArg::Receiver(_) => None,
        });
        let args = args.collect();
        input.parse::<Token![->]>()?;
        let value = input.parse()?;
        let bounds = if input.parse::<Option<Token![where]>>()?.is_some() { Some(input.parse()?) } else { None };
        input.parse::<Token![=]>()?;
        let map = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok(Self { name, args, value, bounds, map, transpose: input.parse()? })
    }
}

/// The trait of linear methods.
pub(crate) fn linear(table: &LinearMethods) -> TokenStream {
    let LinearMethods { name, generics, dimension, methods } = table;
    let dimensions: Vec<_> = generics.type_params().map(|p| &p.ident).collect();
    let (mut declarations, mut definitions) = (TokenStream::new(), TokenStream::new());
    for method in methods {
        for level in 0..ORDER {
            for (head, body) in [method.backward(level, dimension), method.forward(level + 1, dimension)] {
                declarations.extend(quote!(#head;));
                definitions.extend(quote!(#[track_caller] #head { #body }));
            }
        }
    }
    quote! {
        #[allow(clippy::type_complexity, clippy::too_many_arguments)]
        pub trait #name<T: Number #(, #dimensions: Dimension)*> { #declarations }

        #[allow(clippy::type_complexity, clippy::too_many_arguments, unused_variables)]
        impl<T: Number #(, #dimensions: Dimension)*> #name<T #(, #dimensions)*> for ArrayRef<T, #dimension> { #definitions }
    }
}

impl Linear {
    /// The tangents that a companion of a level takes: parameters, and the names of those of the array.
    fn tangents(&self, level: u32, dimension: &Type) -> (TokenStream, Vec<Ident>) {
        let names: Vec<Ident> = (1..1_usize << level).map(|c| format_ident!("d{}", c)).collect();
        let units = self.args.iter().map(|_| quote!(_: Option<()>,)).collect::<TokenStream>();
        (quote!(#(#names: Option<&ArrayRef<T, #dimension>>, #units)*), names)
    }

    /// The method of the array and of its tangents.
    fn values(&self, tangents: &[Ident], dimension: &Type) -> TokenStream {
        let (a, value) = (&self.map.inputs, &self.map.body);
        let all = one_or_tuple(
            std::iter::once(quote!(map(self))).chain(tangents.iter().map(|d| quote!(map(&whole(#d, self))))),
        );
        quote!({ let map = |#a: &ArrayRef<T, #dimension>| #value; #all })
    }

    fn forward(&self, level: u32, dimension: &Type) -> (TokenStream, TokenStream) {
        let name = format_ident!("{}_{}", companion("__jvp", level), self.name);
        let (params, tangents) = self.tangents(level, dimension);
        let (args, value, bounds) = (&self.args, &self.value, self.bounds.iter());
        let outs = one_or_tuple((0..1 << level).map(|_| value));
        let head = quote!(fn #name(&self, #(#args,)* #params) -> #outs where #(#bounds)*);
        (head, self.values(&tangents, dimension))
    }

    fn backward(&self, level: u32, dimension: &Type) -> (TokenStream, TokenStream) {
        let name = format_ident!("{}_{}", companion("__fwd", level), self.name);
        let (params, tangents) = self.tangents(level, dimension);
        let (args, value, bounds) = (&self.args, &self.value, self.bounds.iter());
        let n = 1_usize << level;
        let outs = one_or_tuple((0..n).map(|_| value));
        let units = args.iter().map(|_| quote!((),)).collect::<TokenStream>();
        let lent = (1..n).map(|_| quote!(Option<&'r ArrayRef<T, #dimension>>, #units));
        let taken = (0..n).map(|_| quote!(Option<&'r mut ArrayRef<T, #dimension>>, #units));
        let given: Vec<_> = vec![quote!(()); n * (1 + args.len())];
        let head = quote! {
            fn #name(&self, #(#args,)* #params) -> (#outs, Box<dyn for<'r> FnOnce((
                (&'r ArrayRef<T, #dimension>, #units #(#lent)*),
                #outs,
                (#(#taken)*),
            )) -> (#(#given,)*)>) where #(#bounds)*
        };
        let values = self.values(&tangents, dimension);
        let cts: Vec<Ident> = (0..n).map(|c| format_ident!("ct{}", c)).collect();
        let slots: Vec<Ident> = (0..n).map(|c| format_ident!("slot{}", c)).collect();
        let (a, pull) = (&self.map.inputs, &self.transpose.body);
        let (slot, ct) = (&self.transpose.inputs[0], &self.transpose.inputs[1]);
        let all = one_or_tuple(&cts);
        let body = quote! {
            let values = #values;
            (values, Box::new(move |((#a, ..), #all, (#(#slots, #units)*))| {
                #({
                    let #ct = #cts;
                    if let Some(#slot) = #slots {
                        #pull;
                    }
                })*
                (#(#given,)*)
            }))
        };
        (head, body)
    }
}

/// Functions of the table that are also methods of `ndarray`'s arrays.
const ELEMENTWISE: &[&str] = &[
    "exp",
    "exp2",
    "exp_m1",
    "ln",
    "ln_1p",
    "log2",
    "log10",
    "sqrt",
    "cbrt",
    "recip",
    "abs",
    "fract",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "to_degrees",
    "to_radians",
    "powi",
    "powf",
    "log",
    "hypot",
    "clamp",
];

/// The trait of the higher derivatives of functions of elements.
pub(crate) fn elementwise() -> TokenStream {
    let functions = TABLE.iter().filter(|r| ELEMENTWISE.contains(&r.name) && scalars::is_higher(r));
    let functions = functions
        .map(|rule| Function { rule })
        .flat_map(|function| (1..ORDER).flat_map(move |level| [function.backward(level), function.forward(level + 1)]));
    higher_trait(&quote!(ArrayFunctions), functions)
}

/// A trait of arrays with these functions, of which there are heads and bodies.
fn higher_trait(name: &TokenStream, functions: impl Iterator<Item = (TokenStream, TokenStream)>) -> TokenStream {
    let (heads, bodies): (Vec<_>, Vec<_>) = functions.unzip();
    quote! {
        #[allow(clippy::type_complexity, clippy::too_many_arguments)]
        pub trait #name<T: Real, D: Dimension> { #(#heads;)* }

        #[allow(clippy::type_complexity, clippy::too_many_arguments)]
        impl<T: Real, D: Dimension> #name<T, D> for ArrayRef<T, D> { #(#[track_caller] #heads { #bodies })* }
    }
}

/// A function of elements, whose other arguments are numbers.
struct Function {
    rule: &'static Rule,
}

impl Function {
    fn name(&self) -> Ident {
        Ident::new(self.rule.name, Span::call_site())
    }

    /// The other arguments with their types, and those of their gradients.
    fn rest(&self) -> Vec<(Ident, TokenStream, TokenStream)> {
        let rest = self.rule.args.iter().skip(1).map(|a| {
            let integer = self.rule.integer_argument && *a == "n";
            let (ty, gradient) = if integer { (quote!(i32), quote!(())) } else { (quote!(T), quote!(T)) };
            (format_ident!("by_{}", a), ty, gradient)
        });
        rest.collect()
    }

    /// Parameters of a level; the array's tangents; and the arguments of the scalar's companion, at an element `x`.
    fn head(&self, level: u32) -> (TokenStream, Vec<Ident>, TokenStream) {
        let rest = self.rest();
        let (names, types): (Vec<_>, Vec<_>) = rest.iter().map(|(name, ty, _)| (name, ty)).unzip();
        let mut params = quote!(#(#names: #types,)*);
        let mut handed = quote!(x[0], #(#names,)*);
        let tangents: Vec<Ident> = (1..1_usize << level).map(|c| format_ident!("d{}", c)).collect();
        for (c, d) in (1_usize..).zip(&tangents) {
            params.extend(quote!(#d: Option<&ArrayRef<T, D>>,));
            handed.extend(quote!(Some(x[#c]),));
            for (name, _, gradient) in &rest {
                let moved = format_ident!("{}_{}", d, name);
                params.extend(quote!(#moved: Option<#gradient>,));
                handed.extend(quote!(#moved,));
            }
        }
        (params, tangents, handed)
    }

    fn forward(&self, level: u32) -> (TokenStream, TokenStream) {
        let function = self.name();
        let base = Ident::new(&companion("__jvp", level), Span::call_site());
        let name = format_ident!("{}_{}", base, function);
        let (params, tangents, handed) = self.head(level);
        let outs = (0..1 << level).map(|_| quote!(Array<T, D>));
        let ys: Vec<Ident> = (0..1_usize << level).map(|c| format_ident!("y{}", c)).collect();
        let body = quote! {
            let [#(#ys),*] = map_jets(self, [#(#tangents),*], |x| {
                let (#(#ys),*) = crate::scalars::#function::#base(#handed);
                [#(#ys),*]
            });
            (#(#ys),*)
        };
        (quote!(fn #name(&self, #params) -> (#(#outs),*)), body)
    }

    fn backward(&self, level: u32) -> (TokenStream, TokenStream) {
        let function = self.name();
        let base = Ident::new(&companion("__fwd", level), Span::call_site());
        let forward = Ident::new(&companion("__jvp", level), Span::call_site());
        let (name, values) = (format_ident!("{}_{}", base, function), format_ident!("{}_{}", forward, function));
        let (params, tangents, handed) = self.head(level);
        let rest = self.rest();
        let n = 1_usize << level;
        let units = rest.iter().map(|_| quote!((),)).collect::<TokenStream>();
        let outs = vec![quote!(Array<T, D>); n];
        let gradients = rest.iter().map(|(_, _, g)| g).collect::<Vec<_>>();
        let lent = (1..n).map(|_| quote!(Option<&'r ArrayRef<T, D>>, #units));
        let taken = (0..n).map(|_| quote!(Option<&'r mut ArrayRef<T, D>>, #units));
        let given = (0..n).map(|_| quote!((), #(#gradients,)*));
        let head = quote! {
            fn #name(&self, #params) -> ((#(#outs),*), Box<dyn for<'r> FnOnce((
                (&'r ArrayRef<T, D>, #units #(#lent)*),
                (#(#outs),*),
                (#(#taken)*),
            )) -> (#(#given)*)>)
        };
        let passed: Vec<TokenStream> = self.passed(&tangents);
        let cts: Vec<Ident> = (0..n).map(|c| format_ident!("ct{}", c)).collect();
        let slots: Vec<Ident> = (0..n).map(|c| format_ident!("slot{}", c)).collect();
        let pulled: Vec<Ident> = (0..n).map(|c| format_ident!("g{}", c)).collect();
        let all_units = vec![quote!(()); n * (1 + rest.len())];
        // The gradients of the other arguments are sums over the elements.
        let sums: Vec<Vec<Ident>> =
            (0..n).map(|c| rest.iter().map(|(a, ..)| format_ident!("sum{}_{}", c, a)).collect()).collect();
        let of_element = |sum: &Ident| format_ident!("of_element_{}", sum);
        let floats: Vec<&Ident> = sums
            .iter()
            .flat_map(|s| s.iter().zip(&gradients))
            .filter(|(_, g)| g.to_string() == "T")
            .map(|(s, _)| s)
            .collect();
        let zeros = sums
            .iter()
            .flat_map(|s| s.iter().zip(&gradients))
            .map(|(s, g)| if g.to_string() == "T" { quote!(let mut #s = T::zero();) } else { quote!(let #s = ();) });
        let patterns = sums.iter().zip(&pulled).map(|(sums, g)| {
            let of = sums.iter().map(of_element);
            quote!(#g, #(#of,)*)
        });
        let of_floats = floats.iter().map(|s| of_element(s));
        let results = sums.iter().map(|sums| quote!((), #(#sums,)*));
        let body = quote! {
            let values = self.#values(#(#passed),*);
            (values, Box::new(move |((a, #units #(#tangents, #units)*), (#(#cts),*), (#(#slots, #units)*))| {
                #(#zeros)*
                pull_jets(a, [#(#tangents),*], [#(&#cts),*], [#(#slots),*], |x, [#(#cts),*]| {
                    let (_, tape) = crate::scalars::#function::#base(#handed);
                    let (#(#patterns)*) = tape(((#(#all_units,)*), (#(#cts),*), (#(#all_units,)*)));
                    #(#floats += #of_floats;)*
                    [#(#pulled),*]
                });
                (#(#results)*)
            }))
        };
        (head, body)
    }

    /// The arguments of the forward companion, as they were given.
    fn passed(&self, tangents: &[Ident]) -> Vec<TokenStream> {
        let names: Vec<Ident> = self.rest().into_iter().map(|(name, ..)| name).collect();
        let mut out: Vec<TokenStream> = names.iter().map(|name| quote!(#name)).collect();
        for d in tangents {
            out.push(quote!(#d));
            out.extend(names.iter().map(|name| {
                let moved = format_ident!("{}_{}", d, name);
                quote!(#moved)
            }));
        }
        out
    }
}

/// Products, variances and standard deviations: the name, whether it is taken along an axis, and whether by degrees of freedom.
const REDUCTIONS: [Reduction; 6] = [
    Reduction { name: "product", of: "product", along: false, freedom: false },
    Reduction { name: "var", of: "variance", along: false, freedom: true },
    Reduction { name: "std", of: "deviation", along: false, freedom: true },
    Reduction { name: "product_axis", of: "product", along: true, freedom: false },
    Reduction { name: "var_axis", of: "variance", along: true, freedom: true },
    Reduction { name: "std_axis", of: "deviation", along: true, freedom: true },
];

/// The trait of the higher derivatives of products, variances and standard deviations.
pub(crate) fn reductions() -> TokenStream {
    let functions = REDUCTIONS.iter().flat_map(|reduction| {
        (1..ORDER).flat_map(move |level| [reduction.backward(level), reduction.forward(level + 1)])
    });
    higher_trait(&quote!(HigherReductions), functions)
}

/// A number that is made of all elements, or of those along an axis.
struct Reduction {
    name: &'static str,
    /// The functions of elements with their tangents that give it and pull back to them, `of` and `pull_of`.
    of: &'static str,
    along: bool,
    freedom: bool,
}

impl Reduction {
    /// Parameters of a level; the array's tangents; and the degrees of freedom with theirs.
    fn head(&self, level: u32) -> (TokenStream, Vec<Ident>, TokenStream) {
        let axis = self.along.then(|| quote!(axis: Axis,));
        let ddof = self.freedom.then(|| quote!(ddof: T,));
        let mut params = quote!(#axis #ddof);
        let tangents: Vec<Ident> = (1..1_usize << level).map(|c| format_ident!("d{}", c)).collect();
        let mut freedom = quote!(ddof);
        for d in &tangents {
            let moved = format_ident!("{}_ddof", d);
            let axis = self.along.then(|| quote!(_: Option<()>,));
            let ddof = self.freedom.then(|| quote!(#moved: Option<T>,));
            params.extend(quote!(#d: Option<&ArrayRef<T, D>>, #axis #ddof));
            freedom.extend(quote!(, #moved.unwrap_or_default()));
        }
        let freedom = if self.freedom { quote!(Jet([#freedom])) } else { quote!(Jet::zero()) };
        (params, tangents, freedom)
    }

    fn value(&self) -> (TokenStream, Option<TokenStream>) {
        if self.along { (quote!(Array<T, D::Smaller>), Some(quote!(where D: RemoveAxis))) } else { (quote!(T), None) }
    }

    fn functions(&self) -> (Ident, Ident) {
        (format_ident!("{}", self.of), format_ident!("pull_{}", self.of))
    }

    /// What is computed from `jets` and `freedom`, component by component.
    fn values(&self, level: u32) -> TokenStream {
        let (of, _) = self.functions();
        let ys: Vec<Ident> = (0..1_usize << level).map(|c| format_ident!("y{}", c)).collect();
        let all = one_or_tuple(&ys);
        if self.along {
            quote!({ let [#(#ys),*] = components(&reduced_along(&jets, axis, freedom, #of)); #all })
        } else {
            quote!({ let Jet([#(#ys),*]) = reduced(&jets, freedom, #of); #all })
        }
    }

    fn forward(&self, level: u32) -> (TokenStream, TokenStream) {
        let name = format_ident!("{}_{}", companion("__jvp", level), self.name);
        let (params, tangents, freedom) = self.head(level);
        let (value, bounds) = self.value();
        let outs = one_or_tuple((0..1 << level).map(|_| &value));
        let values = self.values(level);
        let head = quote!(fn #name(&self, #params) -> #outs #bounds);
        (head, quote!(let (jets, freedom) = (jets(self, &[#(#tangents),*]), #freedom); #values))
    }

    fn backward(&self, level: u32) -> (TokenStream, TokenStream) {
        let name = format_ident!("{}_{}", companion("__fwd", level), self.name);
        let (params, tangents, freedom) = self.head(level);
        let (value, bounds) = self.value();
        let n = 1_usize << level;
        let outs = one_or_tuple((0..n).map(|_| &value));
        let rest = usize::from(self.along) + usize::from(self.freedom);
        let units = (0..rest).map(|_| quote!((),)).collect::<TokenStream>();
        let lent = (1..n).map(|_| quote!(Option<&'r ArrayRef<T, D>>, #units));
        let taken = (0..n).map(|_| quote!(Option<&'r mut ArrayRef<T, D>>, #units));
        let axis = self.along.then(|| quote!((),));
        let ddof = self.freedom.then(|| quote!(T,));
        let given = (0..n).map(|_| quote!((), #axis #ddof));
        let head = quote! {
            fn #name(&self, #params) -> (#outs, Box<dyn for<'r> FnOnce((
                (&'r ArrayRef<T, D>, #units #(#lent)*),
                #outs,
                (#(#taken)*),
            )) -> (#(#given)*)>) #bounds
        };
        let cts: Vec<Ident> = (0..n).map(|c| format_ident!("ct{}", c)).collect();
        let slots: Vec<Ident> = (0..n).map(|c| format_ident!("slot{}", c)).collect();
        let gs: Vec<Ident> = (0..n).map(|c| format_ident!("g{}", c)).collect();
        let (all, (_, pull), values) = (one_or_tuple(&cts), self.functions(), self.values(level));
        let pulled = if self.along {
            quote!(pull_along(&jets(a, &[#(#tangents),*]), axis, freedom, cotangents([#(&#cts),*]), #pull, [#(#slots),*]))
        } else {
            quote!(pull_reduced(&jets(a, &[#(#tangents),*]), freedom, Jet([#(#cts),*]), #pull, [#(#slots),*]))
        };
        let results = gs.iter().map(|g| {
            let of_ddof = self.freedom.then(|| quote!(#g,));
            quote!((), #axis #of_ddof)
        });
        let unused = (!self.freedom).then(|| quote!(let _ = (#(#gs,)*);));
        let body = quote! {
            let freedom = #freedom;
            let values = { let jets = jets(self, &[#(#tangents),*]); #values };
            (values, Box::new(move |((a, #units #(#tangents, #units)*), #all, (#(#slots, #units)*))| {
                let [#(#gs),*] = #pulled;
                #unused
                (#(#results)*)
            }))
        };
        (head, body)
    }
}
