//! What is found, and what is not, since a name may mean something else.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use super::{Surroundings, Written};
use crate::ir::{Expr, Step};
use crate::kinds::{Float, Kind};

fn text_of(written: Written) -> String {
    quote::ToTokens::to_token_stream(&written.ty).to_string()
}

const FLOAT: Kind = Kind::Float(Float::F64);

fn field(name: &str) -> Step {
    Step::Field(syn::Member::Named(syn::Ident::new(name, proc_macro2::Span::call_site())))
}

fn element() -> Step {
    Step::Index { at: Box::new(Expr::int(0)), range: false }
}

/// The kind of a place in a function `f` of a text.
fn kind(text: &str, f: TokenStream, ty: Type, path: &[Step]) -> Option<Kind> {
    let around = Surroundings::in_text(&f, text);
    around.plain(&around.follow(&Written::here(ty), path)?)
}

/// The kind of `p.x` for a parameter `p: &P`, if `f` stands in this text.
fn x_of_p(text: &str) -> Option<Kind> {
    kind(
        text,
        quote!(
            fn f(p: &P) -> f64 {
                p.x
            }
        ),
        syn::parse_quote!(&P),
        &[field("x")],
    )
}

#[test]
fn fields_of_a_struct_beside_the_function() {
    let f = "#[differentiable] pub fn f(p: &P) -> f64 { p.x }";
    let derived =
        "#[derive(Clone, Differentiable)] pub(crate) struct P { pub x: f64, y: Vec<P>, #[constant] z: f64, n: usize }";
    assert_eq!(x_of_p(&format!("{derived} {f}")), Some(FLOAT));
    // The order does not matter, and tests have scopes of their own.
    assert_eq!(x_of_p(&format!("{f} {derived}")), Some(FLOAT));
    assert_eq!(x_of_p(&format!("#[test] fn t() {{ {derived} {f} }}")), Some(FLOAT));
    let text = format!("{derived} {f}");
    let of = |path: &[Step]| {
        kind(
            &text,
            quote!(
                fn f(p: &P) -> f64 {
                    p.x
                }
            ),
            syn::parse_quote!(&P),
            path,
        )
    };
    assert_eq!(of(&[field("y"), element(), field("x")]), Some(FLOAT));
    assert_eq!(of(&[field("z")]), None, "a constant field has no tangent");
    assert_eq!(of(&[field("y")]), None, "it holds no numbers alone");
    assert_eq!(of(&[field("n")]), None, "it is no number with a derivative");
}

#[test]
fn structs_with_lengths_and_lifetimes() {
    let item = quote!(
        impl<const N: usize> P<'_, N> {
            fn f(&self) -> f64 {
                self.x[0]
            }
        }
    );
    let text = format!(
        "#[derive(Differentiable)] struct P<'a, const N: usize> {{ x: [f64; N], y: &'a [f64] }} {item}
        impl<const N: usize> P<'_, N> {{ fn scaled(&self, by: f64) -> Self {{ *self }} }}"
    );
    let around = Surroundings::in_text(&item, &text).for_type(Some(&syn::parse_quote!(P<'_, N>)));
    let of = |ty: Type, path: &[Step]| around.plain(&around.follow(&Written::here(ty), path)?);
    assert_eq!(of(syn::parse_quote!(&Self), &[field("x"), element()]), Some(FLOAT));
    assert_eq!(of(syn::parse_quote!(P<'_, 3>), &[field("y"), element()]), Some(FLOAT));
    let scaled = around.output_of(&Written::here(syn::parse_quote!(&Self)), "scaled").map(text_of);
    assert_eq!(scaled.as_deref(), Some("P < '_ , N >"));
}

#[test]
fn another_struct_of_the_name() {
    let f = "fn f(p: &P) -> f64 { p.x }";
    let derived = "#[derive(Differentiable)] struct P { x: f64 }";
    let other = "#[derive(Differentiable)] struct P { x: V }";
    assert_eq!(x_of_p(&format!("mod a {{ {derived} }} mod b {{ {f} }}")), None, "it is in another module");
    assert_eq!(x_of_p(&format!("{derived} mod b {{ {f} }}")), None, "it is not imported");
    assert_eq!(x_of_p(&format!("{derived} mod b {{ use super::*; {f} }}")), Some(FLOAT));
    assert_eq!(x_of_p(&format!("{derived} mod b {{ use super::P; {f} }}")), Some(FLOAT));
    assert_eq!(x_of_p(&format!("{derived} mod b {{ use super::{{Q, P}}; {f} }}")), Some(FLOAT));
    assert_eq!(x_of_p(&format!("{derived} mod b {{ use super::c::P; {f} }}")), None);
    assert_eq!(x_of_p(&format!("{derived} mod b {{ use super::Q as P; {f} }}")), None);
    assert_eq!(x_of_p(&format!("{derived} mod b {{ use other::P; use super::*; {f} }}")), None);
    assert_eq!(
        x_of_p(&format!("mod a {{ {derived} {f} }} mod b {{ {other} {f} }}")),
        None,
        "the function stands in both"
    );
    assert_eq!(x_of_p(&format!("#[cfg(a)] {derived} #[cfg(not(a))] {other} {f}")), None, "there are two");
    assert_eq!(x_of_p(&format!("{derived} fn t() {{ enum P {{ A }} {f} }}")), None, "it is hidden");
    assert_eq!(x_of_p(&format!("{derived} fn t() {{ use other::*; {f} }}")), None, "it may be hidden");
    assert_eq!(x_of_p(&format!("use other::*; {derived} {f}")), Some(FLOAT));
    assert_eq!(x_of_p(&format!("struct P {{ x: f64 }} {f}")), None, "it has no tangent");
    assert_eq!(x_of_p(&format!("#[derive(Differentiable)] struct P<T> {{ x: f64, y: T }} {f}")), None);
    assert_eq!(x_of_p(&format!("{derived} macro_rules! m {{ () => {{ {f} }} }}")), None, "a macro makes it");
    assert_eq!(x_of_p(&format!("m! {{ {derived} {f} }}")), None, "a macro is given it");
    assert_eq!(x_of_p(&format!("{derived} fn f(p: &P) -> f64 {{ p.x + 1.0 }}")), None, "it is another function");
    let hidden = quote!(
        fn f<P: Point>(p: &P) -> f64 {
            p.x
        }
    );
    let text = format!("{derived} {hidden}");
    assert_eq!(kind(&text, hidden, syn::parse_quote!(&P), &[field("x")]), None, "it is a parameter");
}

#[test]
fn values_of_functions_and_methods() {
    let item = quote!(
        impl V {
            fn f(&self) -> f64 {
                g(self.x)
            }
        }
    );
    let text = format!(
        "#[derive(Differentiable)] struct V {{ x: f64 }}
        fn g(x: f64) -> f64 {{ x }} fn h<T>(x: T) -> f64 {{ 0.0 }} fn k() {{}} const fn l() -> [f64; 2] {{ [0.0; 2] }}
        {item}
        impl V {{ fn new() -> Self {{ V {{ x: 0.0 }} }} fn dot(self, o: V) -> f64 {{ 0.0 }} }}
        impl std::ops::Add for V {{ type Output = V; fn add(self, o: V) -> Self::Output {{ o }} }}
        impl std::ops::Mul<V> for V {{ type Output = f64; fn mul(self, o: V) -> f64 {{ 0.0 }} }}
        impl std::ops::Mul<f64> for V {{ type Output = V; fn mul(self, o: f64) -> V {{ self }} }}
        impl std::ops::Mul<V> for f64 {{ type Output = V; fn mul(self, o: V) -> V {{ o }} }}"
    );
    let around = Surroundings::in_text(&item, &text);
    let function = |path: syn::Path| around.output(&path).map(text_of);
    let method = |ty: Type, name: &str| around.output_of(&Written::here(ty), name).map(text_of);
    let operator = |ty: Type, name: &str, right: Type| {
        around.output_of_operator(&Written::here(ty), name, &Written::here(right)).map(text_of)
    };
    assert_eq!(function(syn::parse_quote!(g)).as_deref(), Some("f64"));
    assert_eq!(function(syn::parse_quote!(l)).as_deref(), Some("[f64 ; 2]"));
    assert_eq!(function(syn::parse_quote!(k)).as_deref(), Some("()"));
    assert_eq!(function(syn::parse_quote!(h)), None, "it is generic");
    assert_eq!(function(syn::parse_quote!(V::new)).as_deref(), Some("V"));
    assert_eq!(method(syn::parse_quote!(&V), "dot").as_deref(), Some("f64"));
    assert_eq!(method(syn::parse_quote!(V), "add").as_deref(), Some("V"));
    assert_eq!(operator(syn::parse_quote!(V), "add", syn::parse_quote!(&V)).as_deref(), Some("V"));
    assert_eq!(method(syn::parse_quote!(V), "mul"), None, "the right operand decides");
    assert_eq!(operator(syn::parse_quote!(V), "mul", syn::parse_quote!(V)).as_deref(), Some("f64"));
    assert_eq!(operator(syn::parse_quote!(V), "mul", syn::parse_quote!(f64)).as_deref(), Some("V"));
    assert_eq!(operator(syn::parse_quote!(f64), "mul", syn::parse_quote!(V)).as_deref(), Some("V"));
    assert_eq!(operator(syn::parse_quote!(f64), "mul", syn::parse_quote!(W)), None, "it is another type");
    let inner = quote!(
        fn f(x: f64) -> f64 {
            fn g(x: f64) -> V {
                V { x }
            }
            g(x).x
        }
    );
    let around = Surroundings::in_text(&inner, &format!("fn g(x: f64) -> f64 {{ x }} {inner}"));
    assert_eq!(around.output(&syn::parse_quote!(g)).map(|_| ()), None, "the inner one is meant");
}

/// What the names of a type mean where it is written, and not where the item stands.
#[test]
fn types_in_their_own_scopes() {
    let item = quote!(
        fn f(a: &A) -> f64 {
            a.p().x
        }
    );
    let real = "#[derive(Differentiable)] struct P { x: f64 }";
    let complex = "#[derive(Differentiable)] struct P { x: Complex<f64> }";
    let a =
        "#[derive(Differentiable)] struct A { k: f64 } impl A { fn p(&self) -> P { P { x: z } } } fn make() -> P {}";
    let found = |text: &str| {
        let around = Surroundings::in_text(&item, text);
        let of = |ty: Option<Written>| around.plain(&around.follow(&ty?, &[field("x")])?);
        let of_method = of(around.output_of(&Written::here(syn::parse_quote!(&A)), "p"));
        assert_eq!(of_method, of(around.output(&syn::parse_quote!(make))), "{text}");
        of_method
    };
    assert_eq!(found(&format!("{a} {complex} {item}")), Some(Kind::Complex(Float::F64)));
    let inner = format!("mod b {{ use super::{{A, make}}; {real} {item} }}");
    assert_eq!(found(&format!("{a} {complex} {inner}")), Some(Kind::Complex(Float::F64)), "it is the outer one");
    assert_eq!(found(&format!("{a} use other::P; {inner}")), None, "it is of another file");
    let own = "#[derive(Differentiable)] struct Complex<T> { re: T }";
    assert_eq!(found(&format!("{a} {complex} {own} {item}")), None, "it is no complex number");
    assert_eq!(found(&format!("use num_complex::Complex; {a} {complex} {item}")), Some(Kind::Complex(Float::F64)));
}

/// A method that may mean several things is not known: traits have methods of one name, and macros make items.
#[test]
fn what_may_be_meant_instead() {
    let item = quote!(
        fn f(v: &V) -> f64 {
            v.len()
        }
    );
    let found = |text: &str| {
        let around = Surroundings::in_text(&item, text);
        around.output_of(&Written::here(syn::parse_quote!(&V)), "len").map(text_of)
    };
    let v = "#[derive(Differentiable)] struct V { x: f64 } impl Len for V { fn len(&self) -> f64 { 0.0 } }";
    assert_eq!(found(&format!("{v} {item}")).as_deref(), Some("f64"));
    let other = "impl Len for V { fn len(&self) -> W { w } }";
    assert_eq!(found(&format!("{v} mod b {{ use super::V; {other} {item} }}")), None, "the imported trait decides");
    let third = "#[derive(Differentiable)] struct V { y: f64 }";
    assert_eq!(found(&format!("{v} mod b {{ {third} {other} }} {item}")).as_deref(), Some("f64"), "it is another type");
    assert_eq!(found(&format!("{v} impl<T: K> Has<T> for V {{ fn len(&self) -> T {{ t }} }} {item}")), None);

    let kind = |made: &str| x_of_p(&format!("#[derive(Differentiable)] struct P {{ x: f64 }} {made}"));
    let f = "fn f(p: &P) -> f64 { p.x }";
    assert_eq!(kind(&format!("fn t() {{ make!(Q); {f} }}")), Some(FLOAT));
    assert_eq!(kind(&format!("fn t() {{ make!(P); {f} }}")), None, "the macro may declare what it is given");
    let makes = "macro_rules! make { () => { struct P { x: V } }; }";
    assert_eq!(kind(&format!("fn t() {{ {makes} make!(); {f} }}")), None, "the macro declares it");
    let takes = "macro_rules! make { () => { P { x: 1.0 } }; }";
    assert_eq!(kind(&format!("fn t() {{ {takes} make!(); {f} }}")), Some(FLOAT), "the macro only uses it");
}

#[test]
fn light_functions() {
    let item = quote!(
        fn f(v: &V) -> f64 {
            v.at(1)
        }
    );
    let of = |functions: &str, name: &str| {
        let text = format!(
            "#[derive(Differentiable)] struct V {{ x: Vec<f64> }} #[derive(Differentiable)] struct P {{ a: f64 }} {functions} {item}"
        );
        let around = Surroundings::in_text(&item, &text);
        let function: syn::Path = syn::parse_str(name).expect("a path");
        around.output(&function).map(|output| around.is_light(&function, &output))
    };
    let method = |body: &str| of(&format!("impl V {{ fn at(&self, i: usize) -> f64 {{ {body} }} }}"), "V::at");
    assert_eq!(method("self.x[2 * i + 1] * -0.5"), Some(true));
    assert_eq!(method("if i != 0 { (self.x[i] + 1.0).max(0.0) } else { 0.0 }"), Some(true));
    assert_eq!(method("let mut s = 0.0; for x in &self.x { s += x; } s"), Some(false), "it has a loop");
    assert_eq!(method("self.x.iter().sum()"), Some(false), "it has one by another name");
    assert_eq!(method("self.x[i].exp()"), Some(false), "it costs more than what it gives");
    assert_eq!(method("1.0 / self.x[i]"), Some(false));
    assert_eq!(method("Self::of(&[0.0; 100])"), Some(false));
    assert_eq!(method("self.at(i)"), Some(false), "it calls itself");
    assert_eq!(method(&"self.x[i] + ".repeat(40)), Some(false), "it is long");
    let two = |inner: &str| of(&format!("fn g(x: f64) -> f64 {{ h(x) }} fn h(x: f64) -> f64 {{ {inner} }}"), "g");
    assert_eq!(two("x * x"), Some(true), "it calls a light one");
    assert_eq!(two("x.sin()"), Some(false));
    let both = "fn g(x: f64) -> f64 { h(x) } fn h(x: f64) -> f64 { x } mod a { fn h(x: f64) -> f64 { x.sin() } }";
    assert_eq!(of(both, "g"), Some(false), "one of the name is not light");
    assert_eq!(of("fn g(x: f64) -> P { P { a: 2.0 * x } }", "g"), Some(true));
    assert_eq!(of("fn g(x: f64) -> V { V { x: x.all } }", "g"), Some(false), "it gives a vector");
    let methods = "impl P { fn k(&self) -> f64 { self.a } } impl V { fn k(&self) -> f64 { self.x[0].ln() } }";
    assert_eq!(of(methods, "P::k"), Some(true), "types tell methods apart");
    assert_eq!(of(methods, "V::k"), Some(false));
    let lengths = "#[derive(Differentiable)] struct M<const N: usize> { m: [f64; N] }
        impl<const N: usize> M<N> { fn k<const K: usize>(&self) -> M<K> { self.m[0] } fn l<'a, T>(&self) -> f64 { 0.0 } }";
    assert_eq!(of(lengths, "M::k"), Some(true), "it is generic over lengths");
    assert_eq!(of(lengths, "M::l"), None);
}

#[test]
fn fields_without_derivative() {
    let item = quote!(
        fn f(p: &P) -> f64 {
            p.x
        }
    );
    let text = format!(
        "#[derive(Differentiable)] struct P {{ #[constant] t: HashMap<usize, f64>, q: Q, o: Option<Q> }}
        struct Q {{ s: BTreeSet<usize> }} {item}"
    );
    let around = Surroundings::in_text(&item, &text);
    let declared = |path: &[Step]| {
        around.declared(&Written::here(syn::parse_quote!(&P)), path).map(|(written, active)| (text_of(written), active))
    };
    let set = Some(("BTreeSet < usize >".to_owned(), false));
    assert_eq!(declared(&[field("t")]), Some(("HashMap < usize , f64 >".to_owned(), false)));
    assert_eq!(declared(&[field("q"), field("s")]), set, "it has no tangent");
    assert_eq!(declared(&[field("o"), Step::Content, field("s")]), set);
    assert_eq!(around.follow(&Written::here(syn::parse_quote!(&P)), &[field("t")]).map(|_| ()), None);
}

#[test]
fn methods_and_their_receivers() {
    let item = quote!(
        fn f(v: &V) -> f64 {
            v.get()
        }
    );
    let text = format!(
        "#[derive(Differentiable)] struct V {{ x: f64 }} enum E {{ A, B {{ x: f64 }} }} struct C {{ x: f64 }}
        impl V {{ fn get(&self) -> f64 {{ 0.0 }} fn len(&self) -> usize {{ 1 }} fn add(&mut self, x: f64) -> bool {{ true }}
            fn width(self) -> f64 {{ 0.0 }} fn find(&self, at: &mut usize) -> usize {{ 1 }} }}
        impl Iterator for E {{ type Item = f64; fn next(&mut self) -> Option<f64> {{ None }} }}
        const T: &[f64] = &[1.0]; const U: [f64; 1] = [1.0]; {item}"
    );
    let around = Surroundings::in_text(&item, &text);
    let v = Written::here(syn::parse_quote!(&V));
    let own = |name: &str| around.is_own_method(&v, name);
    assert!(own("get") && own("add") && own("width"));
    assert!(!own("len"), "it carries nothing");
    assert!(!own("first"), "it is not declared");
    let looks = |name: &str| around.only_looks(&v, name);
    assert!(looks("len"));
    assert!(!looks("add") && !looks("find"), "they change something");
    assert!(!looks("get"), "it gives a number");
    assert!(around.consumes(&syn::parse_quote!(V::width)) && !around.consumes(&syn::parse_quote!(V::get)));
    assert!(around.is_iterator(&Written::here(syn::parse_quote!(E))) && !around.is_iterator(&v));
    assert_eq!(around.variants().map(String::as_str).collect::<Vec<_>>(), ["B"]);
    let refers = |path: syn::Path| around.is_reference(&path);
    assert!(refers(syn::parse_quote!(T)) && !refers(syn::parse_quote!(U)));
}

#[test]
fn constants_beside_the_function() {
    let f = quote!(
        fn f(x: f64) -> f64 {
            x * STEP
        }
    );
    let of = |text: &str, path: syn::Path| {
        let around = Surroundings::in_text(&f, &format!("{text} {f}"));
        around.constant(&path).and_then(|ty| around.plain(&ty))
    };
    let step = || syn::parse_quote!(STEP);
    assert_eq!(of("const STEP: f64 = 0.1;", step()), Some(FLOAT));
    assert_eq!(of("static STEP: f64 = 0.1;", step()), Some(FLOAT));
    assert_eq!(of("const STEP: [f64; 2] = [0.1, 0.2];", step()), Some(Kind::Seq(Box::new(FLOAT))));
    // What carries no derivative is not told.
    assert_eq!(of("const STEP: usize = 1;", step()), None);
    // Two that differ, one that a macro makes, one of another module, a function.
    assert_eq!(of("#[cfg(a)] const STEP: f64 = 0.1; #[cfg(b)] const STEP: f32 = 0.1;", step()), None);
    assert_eq!(of("const STEP: f64 = 0.1; make!(STEP);", step()), Some(FLOAT));
    assert_eq!(of("mod m { pub const STEP: f64 = 0.1; } use m::STEP;", step()), None);
    assert_eq!(of("fn STEP() -> f64 { 0.1 }", step()), None);
    // Of a type.
    let of_type = || syn::parse_quote!(V::UNIT);
    assert_eq!(of("struct V { x: f64 } impl V { const UNIT: f64 = 1.0; }", of_type()), Some(FLOAT));
    assert_eq!(of("struct V { x: f64 } impl V { fn UNIT() -> f64 { 1.0 } }", of_type()), None);
}
