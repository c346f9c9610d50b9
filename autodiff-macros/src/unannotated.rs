//! What a call of something without derivative says: `rustc` misses a companion, and names the attribute.
//!
//! A function has its companions on a type of its name. Beside each annotated item stand types of the names of those it
//! calls, in a scope around one that imports everything from where the functions are: where an annotated function
//! has brought its own type, that one is found, and else the one that has not the trait `Annotated`. In a block, names may come
//! from scopes that cannot be imported; there nothing is said, and the error is that of the missing path.
//!
//! A method has its companions beside it. A trait that no type implements declares them once more, for the message.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::{GenericParam, Generics, Path, PathArguments, Type, TypePath};

use crate::expand::{Function, Sweeps};
use crate::ir::{Arg, Callee, Expr, Program, Step, Stmt, VarId};
use crate::kinds::{self, Kind};
use crate::maps::HashMap;
use crate::mentions::Mentions;
use crate::tangent_types::mentions;

/// Errors for the functions that differentiated code calls and that have no derivative. Where they are found, the markers of
/// the modes of `marked` are found as well, which depend on those of `methods`, too.
/// `outer` are the generics of the block around the function.
pub(crate) fn functions(
    f: &Function,
    outer: &Generics,
    marked: Option<&Ident>,
    methods: &[Ident],
    cfgs: &TokenStream,
) -> TokenStream {
    let paths = visible(f);
    if paths.is_empty() && (marked.is_none() || methods.is_empty()) {
        return TokenStream::new();
    }
    let active = if f.options.has_rule() { Vec::new() } else { active_arguments(f, outer) };
    let (plain, qualified): (Vec<Path>, Vec<Path>) =
        paths.into_iter().partition(|p| p.segments.len() == 1 && p.leading_colon.is_none());
    let private = quote!(::differentiable::__private);
    let modes = |paths: &[Path], first: usize| {
        let callees = paths.iter().enumerate().map(|(i, p)| (first + i, &p.segments[p.segments.len() - 1].ident));
        marked.map(|_| crate::modes::aliases(callees))
    };
    let mut checks = marked.map(|_| crate::modes::markers(plain.len() + qualified.len(), methods)).unwrap_or_default();
    for (i, path) in qualified.iter().enumerate() {
        let n = path.segments.len();
        let name = &path.segments[n - 1].ident;
        let module =
            Path { leading_colon: path.leading_colon, segments: path.segments.iter().take(n - 1).cloned().collect() };
        let fallback = unspanned(name);
        let (takes, modes) = (takes(path, &active), modes(std::slice::from_ref(path), plain.len() + i));
        checks = quote! {
            const _: () = {
                enum #fallback {}
                impl<const PARAMETER: ::core::primitive::usize> #private::Takes<PARAMETER> for #fallback {}
                const _: () = {
                    use #module::*;
                    #private::annotated::<#private::InModule, #name>();
                    #takes
                    #modes
                    #checks
                };
            };
        };
    }
    let mut here = TokenStream::new();
    if let Some(first) = plain.first() {
        let place = format_ident!("__here_{}", digest(&f.signature.name, &first.segments[0].ident));
        here = quote! {
            #cfgs #[doc(hidden)] #[allow(dead_code, non_camel_case_types)]
            struct #place;
            #cfgs impl #private::Here for #place { type At = #private::InModule; }
        };
        let names = plain.iter().map(|p| unspanned(&p.segments[0].ident)).collect::<Vec<_>>();
        let takes = plain.iter().map(|p| takes(p, &active)).collect::<TokenStream>();
        let uses = plain.iter().map(|p| &p.segments[0].ident);
        let modes = modes(&plain, 0);
        checks = quote! {
            enum #place {}
            impl #private::Here for #place { type At = #private::InBlock; }
            #(
                enum #names {}
                impl #private::Annotated<#private::InBlock> for #names {}
                impl<const PARAMETER: ::core::primitive::usize> #private::Takes<PARAMETER> for #names {}
            )*
            const _: () = {
                use self::*;
                #(#private::annotated::<#place, #uses>();)*
                #takes
                #modes
                #checks
            };
        };
    }
    let caller = marked.map(crate::modes::caller);
    quote! {
        #here
        #cfgs #[allow(unused, non_camel_case_types, non_local_definitions, clippy::all, clippy::pedantic)]
        const _: () = { #caller #checks };
    }
}

/// The paths of the other functions that a function calls, where they can be seen from the module.
fn visible(f: &Function) -> Vec<Path> {
    let local = Local::of(&f.items);
    let mut paths = others(f);
    paths.retain(|path| !local.may_declare(path));
    paths
}

/// The paths of the other functions that a function calls, if all can be seen from the module.
pub(crate) fn others_in_sight(f: &Function) -> Option<Vec<Path>> {
    let paths = visible(f);
    (paths.len() == others(f).len()).then_some(paths)
}

/// The paths of the other functions that a function calls, each of them once.
pub(crate) fn others(f: &Function) -> Vec<Path> {
    let mut paths: Vec<Path> = Vec::new();
    for mut path in called(f) {
        if let Some(last) = path.segments.last_mut() {
            last.arguments = PathArguments::None;
        }
        if !is_itself(&path, f) && !is_among(&path, &paths) {
            paths.push(path);
        }
    }
    paths
}

/// Whether a path is one of others, whatever its type arguments are.
pub(crate) fn is_among(path: &Path, others: &[Path]) -> bool {
    others.iter().any(|other| joined(other) == joined(path))
}

/// The paths of functions whose derivative a function needs.
fn called(f: &Function) -> Vec<Path> {
    if f.options.has_rule() {
        // Second derivatives are those of the rule.
        let rule = f.options.jvp.iter().filter(|path| f.options.order() > 1 && is_of_module(path));
        return rule.cloned().collect();
    }
    let mut paths = Vec::new();
    f.adjoint(0, Sweeps::Taped).body.walk(&mut |s| {
        if let Stmt::Call(call) = s
            && call.mode.is_taped()
            && let Callee::Function { path, qself: None } = &call.callee
            && is_of_module(path)
        {
            paths.push(path.clone());
        }
    });
    paths
}

/// An argument of a call through which a derivative flows.
struct Active {
    /// The name of the function, and the number of the parameter.
    function: String,
    parameter: usize,
    /// Where it stands.
    span: Span,
    /// What is known of it.
    of: Passed,
}

/// What is known of an argument.
#[derive(Clone)]
enum Passed {
    /// Its tangent holds numbers.
    Numbers,
    /// Its type, whose tangent may be `()`.
    Of(Box<Type>),
}

/// Which arguments of calls are active, as far as it can be told that their tangents are not `()`.
fn active_arguments(f: &Function, outer: &Generics) -> Vec<Active> {
    let program = f.adjoint(0, Sweeps::Taped);
    let mut calls = HashMap::default();
    program.body.walk(&mut |s| {
        if let Stmt::Call(call) = s
            && let (Some(tape), Callee::Function { path, qself: None }) = (call.tape, &call.callee)
            && is_of_module(path)
        {
            let place = |arg: &Arg| {
                let value = arg.parts[0].as_ref()?;
                let mut span = call.span;
                value.places(&mut |place| span = place.span);
                let numbers = holds_floats(&kinds::of_expr(&program, &f.types, value));
                let of = if numbers { Some(Passed::Numbers) } else { declared(&program, value, f, outer) };
                Some((of?, span))
            };
            calls.insert(tape, (joined(path), call.args.iter().map(place).collect::<Vec<_>>()));
        }
    });
    let mut found: Vec<Active> = Vec::new();
    program.body.walk(&mut |s| {
        let Stmt::Pull(pull) = s else { return };
        let Some((name, places)) = calls.get(&pull.tape) else { return };
        for (i, place) in places.iter().enumerate() {
            let given = |list: &[Option<VarId>]| list.iter().any(Option::is_some);
            let active = pull.slots.get(i).is_some_and(|s| s.iter().any(Option::is_some))
                || pull.grads.get(i).is_some_and(|g| given(g));
            if let Some((of, span)) = place
                && active
                && !found.iter().any(|a| a.function == *name && a.parameter == i)
            {
                found.push(Active { function: name.clone(), parameter: i, span: *span, of: of.clone() });
            }
        }
    });
    found
}

/// The type with which a variable is declared, where it means the same beside the function.
fn declared(program: &Program, value: &Expr, f: &Function, outer: &Generics) -> Option<Passed> {
    let Expr::Place(place) = value else { return None };
    if !place.path.iter().all(|step| matches!(step, Step::Deref)) {
        return None;
    }
    let mut ty = program.vars[place.root].ty.as_ref()?;
    while let Type::Reference(r) = ty {
        ty = &r.elem;
    }
    let Type::Path(TypePath { qself: None, path, .. }) = ty else { return None };
    let named = |p: &GenericParam| match p {
        GenericParam::Type(t) => mentions(ty, &t.ident),
        GenericParam::Const(c) => mentions(ty, &c.ident),
        GenericParam::Lifetime(l) => mentions(ty, &l.lifetime.ident),
    };
    let here = outer.params.iter().chain(&f.signature.generics.params).any(named)
        || mentions(ty, &Ident::new("Self", Span::call_site()))
        || Local::of(&f.items).may_declare(path);
    (!here).then(|| Passed::Of(Box::new(ty.clone())))
}

/// Whether the tangent of a value of a kind holds numbers: where the kind is not known, it may as well be `()`.
fn holds_floats(kind: &Kind) -> bool {
    match kind.deref() {
        Kind::Float(_) | Kind::Complex(_) => true,
        Kind::Seq(inner) | Kind::Option(inner) | Kind::Array(inner, _) => holds_floats(inner),
        _ => false,
    }
}

fn joined(path: &Path) -> String {
    path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::")
}

/// Compiles if a function has derivatives with respect to the arguments that are active.
fn takes(path: &Path, active: &[Active]) -> TokenStream {
    let called = joined(path);
    let name = &path.segments[path.segments.len() - 1].ident;
    let of_it = active.iter().filter(|a| a.function == called);
    of_it
        .map(|Active { parameter, span, of, .. }| {
            let mut name = name.clone();
            name.set_span(name.span().located_at(*span));
            let private = quote!(::differentiable::__private);
            match of {
                Passed::Numbers => quote!(#private::takes::<#name, #parameter>();),
                Passed::Of(ty) => {
                    let accept = Ident::new("accept", Span::call_site().located_at(*span));
                    quote! {
                        fn passed() {
                            use #private::Accept as _;
                            #private::Passed::<#name, <#ty as ::differentiable::Differentiable>::Tangent, #parameter>::HERE.#accept();
                        }
                    }
                }
            }
        })
        // Each function has a scope of its own.
        .map(|check| quote!({ #check }))
        .collect()
}

fn is_itself(path: &Path, f: &Function) -> bool {
    path.segments.len() == 1 && path.segments[0].ident == f.signature.name
}

/// Whether a path names a function in a module, with the derivatives on a type of its name.
pub(crate) fn is_of_module(path: &Path) -> bool {
    let n = path.segments.len();
    let plain = path.segments.iter().take(n - 1).all(|s| s.arguments.is_none());
    let owned = n >= 2 && crate::lower::capital(&path.segments[n - 2].ident.to_string());
    let own = path.leading_colon.is_some() && path.segments[0].ident == "differentiable";
    let derivative = crate::methods::is_derivative_of(path) || crate::methods::is_call(path);
    plain && !owned && !own && !derivative
}

/// What the items inside of a function may declare.
struct Local {
    names: Vec<String>,
    globs: bool,
}

impl Local {
    fn of(items: &TokenStream) -> Self {
        let mut local = Self { names: Vec::new(), globs: false };
        local.read(items.clone());
        local
    }

    fn read(&mut self, items: TokenStream) {
        for token in items {
            match token {
                TokenTree::Ident(i) => {
                    self.globs |= i == "use";
                    self.names.push(i.to_string());
                }
                TokenTree::Group(g) => self.read(g.stream()),
                _ => {}
            }
        }
    }

    fn may_declare(&self, path: &Path) -> bool {
        self.globs || self.names.iter().any(|n| path.segments[0].ident == n)
    }
}

/// A name with the span of the attribute.
pub(crate) fn unspanned(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(Span::call_site());
    name
}

/// A number that no other place in a crate has.
pub(crate) fn digest(name: &Ident, callee: &Ident) -> String {
    let mut hasher = DefaultHasher::new();
    for ident in [name, callee] {
        (ident.to_string(), format!("{:?}", ident.span())).hash(&mut hasher);
    }
    format!("{:x}", hasher.finish())
}

/// Traits with the companions that generated code calls, which no type implements: of methods without derivatives, and of
/// methods and functions with too few of them.
pub(crate) fn methods(body: &Mentions) -> TokenStream {
    let private = quote!(::differentiable::__private);
    let first = |n: &str| needed(n).is_some_and(|order| order == 1 && n.trim_start_matches('_').contains('_'));
    let others = body.that(|n| first(n) && !is_conversion(n) && !is_of_numbers(n));
    let mut out = stand_in("MissingDifferentiableAttribute", &others, &quote!(#private::AnnotatedMethods));
    let conversions = body.that(|n| first(n) && is_conversion(n));
    out.extend(stand_in("MissingConversion", &conversions, &quote!(#private::AnnotatedConversions)));
    let of_numbers = body.that(|n| first(n) && is_of_numbers(n));
    out.extend(stand_in("MissingFunctionOfNumbers", &of_numbers, &quote!(#private::AnnotatedNumbers)));
    let made = body.that(|n| n.starts_with("__tangent_") || is_field_of_variant(n));
    out.extend(stand_in("MissingConstructor", &made, &quote!(#private::Constructed)));
    let mut orders: Vec<u32> =
        body.that(|n| needed(n) > Some(1)).iter().filter_map(|n| needed(&n.to_string())).collect();
    orders.sort_unstable();
    orders.dedup();
    for order in orders {
        let names = body.that(|n| needed(n) == Some(order));
        out.extend(stand_in(&format!("NeedsOrder{order}"), &names, &quote!(#private::HasOrder<#order>)));
    }
    out
}

/// Whether a companion is that of a function with the name of one of `From` or `Into`.
fn is_conversion(name: &str) -> bool {
    ["_from", "_into", "_try_from", "_try_into"].iter().any(|end| name.ends_with(end))
}

/// Whether a companion is that of a function with the name of one of floats.
fn is_of_numbers(name: &str) -> bool {
    let function = name.trim_start_matches('_').split_once('_').map_or("", |(_, function)| function);
    crate::rules::find(function).is_some()
}

/// Whether a name is that of a companion which reaches a field of a variant, `__Circle_0`.
fn is_field_of_variant(name: &str) -> bool {
    name.strip_prefix("__").is_some_and(|rest| crate::lower::capital(rest) && rest.contains('_'))
}

/// A trait with functions of these names, on all types that have another trait, which none has.
fn stand_in(name: &str, names: &[Ident], bound: &TokenStream) -> TokenStream {
    if names.is_empty() {
        return TokenStream::new();
    }
    let name = format_ident!("{}", name);
    quote! {
        trait #name { #(fn #names(&self);)* }
        impl<T: ?::core::marker::Sized + #bound> #name for T {
            #(fn #names(&self) {})*
        }
    }
}

/// The same for the companions with several tangents at once.
pub(crate) fn lanes(body: &Mentions) -> TokenStream {
    let companion = crate::lanes::COMPANION;
    let names = body.that(|n| n.strip_prefix(companion).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')));
    stand_in("MissingLanesOption", &names, &quote!(::differentiable::__private::WithLanes))
}

/// The order that a function or method must have for one of its companions to be there: 1 for `__fwd_area`, 2 for
/// `__jvp2_area`, `__fwd1` and `__fwd_grad`.
fn needed(name: &str) -> Option<u32> {
    let (base, rest) = ["__jvp", "__fwd", "__out", "__adj"].iter().find_map(|b| Some((*b, name.strip_prefix(b)?)))?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (level, of) = rest.split_at(digits);
    if !of.is_empty() && !of.starts_with('_') {
        return None;
    }
    let level = level.parse().unwrap_or(u32::from(base == "__jvp"));
    let order = if base == "__jvp" { level } else { level + 1 };
    let derivative =
        [("_grad", 1), ("___pull", 1), ("_vjp_pull", 1), ("_jvp", 1), ("_jacobian", 1), ("_hvp", 2), ("_hessian", 2)];
    Some(order + derivative.iter().find(|(end, _)| of.ends_with(end)).map_or(0, |(_, more)| *more))
}
