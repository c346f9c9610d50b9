//! Texts say what their tokens say, and look as they would by hand.

use proc_macro2::TokenStream;
use quote::quote;

/// Tokens without the commas that end lists.
fn words(tokens: TokenStream) -> String {
    tokens.to_string().replace(' ', "").replace(",)", ")").replace(",]", "]").replace(",}", "}").replace(",{", "{")
}

fn item(tokens: TokenStream) -> String {
    super::item(&tokens.into())
}

fn check(tokens: TokenStream, text: &str) {
    let written = item(tokens.clone());
    assert_eq!(written.trim(), text.trim(), "\n{written}");
    let again: TokenStream = written.parse().expect("tokens");
    assert_eq!(words(again.clone()), words(tokens), "\n{written}");
    assert_eq!(item(again), written, "it stays as it is");
}

#[test]
fn statements_and_blocks() {
    check(
        quote!(
            fn f(x: &[f64], n: usize) -> (f64, Vec<Vec<f64>>) {
                let mut s = 0.0;
                'outer: for (i, x) in (x.iter().rev()).enumerate() {
                    if *x < 0.0 && i >> 1 != n {
                        continue 'outer;
                    } else if i == n {
                        break;
                    }
                    s += -x * 2.0;
                }
                let t = if s > 0.0 { s } else { -s };
                match t {
                    0.0 => {
                        s = 1.0;
                    }
                    Some(V { a, .. }) => s -= 1.0,
                    _ => {}
                }
                let v = V::<f64> { a: s, b: &mut x[1..=2] };
                (v.sum(|a, b| a || !b), vec![vec![0.0; n]])
            }
        ),
        "
fn f(x: &[f64], n: usize) -> (f64, Vec<Vec<f64>>) {
    let mut s = 0.0;
    'outer: for (i, x) in (x.iter().rev()).enumerate() {
        if *x < 0.0 && i >> 1 != n {
            continue 'outer;
        } else if i == n {
            break;
        }
        s += -x * 2.0;
    }
    let t = if s > 0.0 { s } else { -s };
    match t {
        0.0 => {
            s = 1.0;
        }
        Some(V { a, .. }) => s -= 1.0,
        _ => {}
    }
    let v = V::<f64> { a: s, b: &mut x[1..=2] };
    (v.sum(|a, b| a || !b), vec![vec![0.0; n]])
}",
    );
}

#[test]
fn long_lines() {
    check(
        quote!(
            pub fn a_function_with_a_long_name<'a, T: Real, const N: usize>(
                first: &'a [T; N],
                second: &'a mut [T],
                third: f64,
            ) -> T
            where
                T: Copy,
            {
                let a_long_name =
                    another_long_name.something(first, second) * 2.0 + yet_another_long_name * (third + 1.0) - 3.0;
                call_with_many_arguments(
                    a_long_name,
                    a_long_name + 1.0,
                    &mut second[..N],
                    Some(third),
                    third < 0.0,
                    None,
                );
                pull((a_long_name + 1.0, &mut second[..N], yet_another_long_name), (another_long_name, Some(third)));
                pull((a_long_name + 1.0, &mut second[..N], yet_another_long_name, another_long_name, third, None));
                sort(first, |a, b| {
                    let c = a + b;
                    c
                });
                T::zero()
            }
        ),
        "
pub fn a_function_with_a_long_name<'a, T: Real, const N: usize>(
    first: &'a [T; N],
    second: &'a mut [T],
    third: f64,
) -> T
where
    T: Copy,
{
    let a_long_name = another_long_name.something(first, second) * 2.0
        + yet_another_long_name * (third + 1.0)
        - 3.0;
    call_with_many_arguments(
        a_long_name,
        a_long_name + 1.0,
        &mut second[..N],
        Some(third),
        third < 0.0,
        None,
    );
    pull(
        (a_long_name + 1.0, &mut second[..N], yet_another_long_name),
        (another_long_name, Some(third)),
    );
    pull((
        a_long_name + 1.0,
        &mut second[..N],
        yet_another_long_name,
        another_long_name,
        third,
        None,
    ));
    sort(first, |a, b| {
        let c = a + b;
        c
    });
    T::zero()
}",
    );
}

#[test]
fn paths_without_their_heads() {
    let text = super::line(&crate::emit::code!(
        ::differentiable::__private::vec::Vec::<f64>::new()
            .extend(::core::option::Option::Some(x as ::core::primitive::f64))
    ));
    assert_eq!(text, "Vec::<f64>::new().extend(Some(x as primitive::f64))");
    assert_eq!(
        super::line(&crate::emit::code!(impl for<'r> ::core::ops::FnOnce(&'r [f64], (f64,)) -> () + use<>)),
        "impl for<'r> FnOnce(&'r [f64], (f64,)) -> () + use<>"
    );
    assert_eq!(
        super::line(&crate::emit::code!(n < N && a<b == (x > y), <T as Real>::one())),
        "n < N && a < b == (x > y), <T as Real>::one()"
    );
}

/// The functions of an item, without their attributes.
fn functions(item: syn::Item) -> Vec<syn::ImplItemFn> {
    let syn::Item::Impl(block) = item else { return Vec::new() };
    let functions = block.items.into_iter().filter_map(|item| match item {
        syn::ImplItem::Fn(f) => Some(syn::ImplItemFn { attrs: Vec::new(), ..f }),
        _ => None,
    });
    functions.collect()
}

/// Of derivatives of all kinds nothing is lost.
#[test]
fn derivatives() {
    let programs = [
        quote!(
            fn f(x: &[f64], k: f64) -> f64 {
                let mut s = 0.0;
                for (i, x) in x.iter().enumerate() {
                    if i % 2 == 0 {
                        s += (k * x).sin();
                    } else {
                        s *= x;
                    }
                }
                s
            }
        ),
        quote!(
            fn f(v: &mut Vec<f64>, w: Option<f64>) -> f64 {
                while let Some(x) = v.pop() {
                    if x > 1.0 {
                        return x * w.unwrap_or(2.0);
                    }
                }
                v.len() as f64
            }
        ),
        quote!(
            fn f<T: Real>(a: &[[T; 3]; 3], g: impl Fn(T) -> T) -> T {
                let mut d = T::one();
                for r in a {
                    d *= g(r[0]) + h(&r[1..], &mut d);
                }
                d
            }
        ),
        quote!(
            fn f(s: &Shape, n: usize) -> (f64, f64) {
                match s {
                    Shape::A(r) if n > 3 => (r * r, 1.0),
                    Shape::B { w, h } => (w * h, *w),
                    _ => (0.0, 1.0),
                }
            }
        ),
    ];
    for program in programs {
        let tokens = crate::expand::attribute(quote!(order = 2), program);
        let items = syn::parse2::<syn::File>(tokens).expect("items").items;
        for item in items.into_iter().flat_map(functions) {
            let tokens = quote!(#item);
            let short = |text: String| words(text.parse().expect("tokens"));
            let flat = super::line(&tokens.clone().into());
            assert_eq!(short(super::item(&tokens.into())), short(flat.clone()), "{flat}");
        }
    }
}
