//! What is found, and what is not, since a name may mean something else.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use super::Surroundings;
use crate::ir::{Expr, Step};
use crate::kinds::{Float, Kind};

const FLOAT: Kind = Kind::Float(Float::F64);

fn field(name: &str) -> Step {
    Step::Field(syn::Member::Named(syn::Ident::new(name, proc_macro2::Span::call_site())))
}

fn element() -> Step {
    Step::Index { at: Box::new(Expr::int(0)), range: false }
}

/// The kind of a place in a function `f` of a text.
fn kind(text: &str, f: TokenStream, ty: Type, path: &[Step]) -> Option<Kind> {
    super::plain(&Surroundings::in_text(&f, text).follow(&ty, path)?)
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
    let of = |ty: Type, path: &[Step]| super::plain(&around.follow(&ty, path)?);
    assert_eq!(of(syn::parse_quote!(&Self), &[field("x"), element()]), Some(FLOAT));
    assert_eq!(of(syn::parse_quote!(P<'_, 3>), &[field("y"), element()]), Some(FLOAT));
    let scaled = around.output_of(&syn::parse_quote!(&Self), "scaled").map(|ty| quote!(#ty).to_string());
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
    let function = |path: syn::Path| around.output(&path).map(|ty| quote!(#ty).to_string());
    let method = |ty: Type, name: &str| around.output_of(&ty, name).map(|ty| quote!(#ty).to_string());
    assert_eq!(function(syn::parse_quote!(g)).as_deref(), Some("f64"));
    assert_eq!(function(syn::parse_quote!(l)).as_deref(), Some("[f64 ; 2]"));
    assert_eq!(function(syn::parse_quote!(k)).as_deref(), Some("()"));
    assert_eq!(function(syn::parse_quote!(h)), None, "it is generic");
    assert_eq!(function(syn::parse_quote!(V::new)).as_deref(), Some("V"));
    assert_eq!(method(syn::parse_quote!(&V), "dot").as_deref(), Some("f64"));
    assert_eq!(method(syn::parse_quote!(V), "add").as_deref(), Some("V"));
    assert_eq!(method(syn::parse_quote!(V), "mul"), None, "the right operand decides");
    assert_eq!(method(syn::parse_quote!(f64), "mul").as_deref(), Some("V"));
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
        around.declared(&syn::parse_quote!(&P), path).map(|(ty, active)| (quote!(#ty).to_string(), active))
    };
    let set = Some(("BTreeSet < usize >".to_owned(), false));
    assert_eq!(declared(&[field("t")]), Some(("HashMap < usize , f64 >".to_owned(), false)));
    assert_eq!(declared(&[field("q"), field("s")]), set, "it has no tangent");
    assert_eq!(declared(&[field("o"), Step::Content, field("s")]), set);
    assert_eq!(around.follow(&syn::parse_quote!(&P), &[field("t")]).map(|_| ()), None);
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
    let v: Type = syn::parse_quote!(&V);
    let own = |name: &str| around.is_own_method(&v, name);
    assert!(own("get") && own("add") && own("width"));
    assert!(!own("len"), "it carries nothing");
    assert!(!own("first"), "it is not declared");
    let looks = |name: &str| around.only_looks(&v, name);
    assert!(looks("len"));
    assert!(!looks("add") && !looks("find"), "they change something");
    assert!(!looks("get"), "it gives a number");
    assert!(around.consumes(&syn::parse_quote!(V::width)) && !around.consumes(&syn::parse_quote!(V::get)));
    assert!(around.is_iterator(&syn::parse_quote!(E)) && !around.is_iterator(&v));
    assert_eq!(around.variants().map(String::as_str).collect::<Vec<_>>(), ["B"]);
    let refers = |path: syn::Path| around.is_reference(&path);
    assert!(refers(syn::parse_quote!(T)) && !refers(syn::parse_quote!(U)));
}
