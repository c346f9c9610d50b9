//! The table of derivative rules for scalars: one line an operation, both modes from one line.
//!
//! A row gives a function's name, its arguments with a range for tests, and its partial derivatives
//! as Rust expressions over the arguments and the value `y`. Forward mode multiplies them with the
//! tangents, reverse mode with the cotangent. The functions of [`FLAT`] have derivative zero
//! everywhere, those of [`CONTROL`] do not give a float.
//!
//! Kinks: `abs` has derivative 0 at 0; `max` and `min` of equal values pass everything to the first;
//! `powi(0)` and `powf(0.0)` have derivative 0.

mod partials;

use proc_macro2::Span;
use syn::Ident;

use self::partials::Reader;
use crate::complex::{self, Field};
use crate::fold;
use crate::ir::{BinOp, Expr};
use crate::kinds::Float;

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The method of `f32` and `f64`, or the operator.
    pub(crate) name: &'static str,
    pub(crate) args: &'static [&'static str],
    pub(crate) partials: &'static [&'static str],
    /// The range of each argument within which tests draw.
    pub(crate) ranges: &'static [(f64, f64)],
    /// The last argument is an integer.
    pub(crate) integer_argument: bool,
    /// Of a function of complex numbers: the fields of the arguments, then that of the value.
    pub(crate) fields: &'static [Field],
}

macro_rules! rules {
    ($($name:literal ($($arg:ident in $lo:literal .. $hi:literal),+) => $($partial:expr),+;)*) => {
        /// The rules.
        pub(crate) static TABLE: &[Rule] = &[$(Rule {
            name: $name,
            args: &[$(stringify!($arg)),+],
            partials: &[$(stringify!($partial)),+],
            ranges: &[$(($lo, $hi)),+],
            integer_argument: false $(|| matches!(stringify!($arg).as_bytes(), b"n"))+,
            fields: &[],
        }),*];
    };
}

rules! {
    // Operators.
    "+"   (a in -2.0..2.0, b in -2.0..2.0) => 1.0, 1.0;
    "-"   (a in -2.0..2.0, b in -2.0..2.0) => 1.0, -1.0;
    "*"   (a in -2.0..2.0, b in -2.0..2.0) => b, a;
    "/"   (a in -2.0..2.0, b in 0.5..2.0)  => 1.0 / b, -y / b;
    "%"   (a in 4.2..5.8, b in 1.5..1.9)   => 1.0, -(a / b).trunc();
    // Powers and roots.
    "recip"      (a in 0.5..2.0)           => -y * y;
    "sqrt"       (a in 0.5..2.0)           => 0.5 / y;
    "cbrt"       (a in 0.5..2.0)           => 1.0 / (3.0 * y * y);
    "powi"       (a in 0.5..2.0, n in 3.0..4.0) => if n == 0 { 0.0 } else { float(n) * a.powi(n - 1) }, 0.0;
    "powf"       (a in 0.5..2.0, b in 0.5..2.0) => if b == 0.0 { 0.0 } else { b * a.powf(b - 1.0) }, if a == 0.0 { 0.0 } else { y * a.ln() };
    "hypot"      (a in 0.5..2.0, b in 0.5..2.0) => if y == 0.0 { 0.0 } else { a / y }, if y == 0.0 { 0.0 } else { b / y };
    "mul_add"    (a in -2.0..2.0, b in -2.0..2.0, c in -2.0..2.0) => b, a, 1.0;
    // Exponentials and logarithms.
    "exp"        (a in -2.0..2.0)          => y;
    "exp2"       (a in -2.0..2.0)          => 0.693_147_180_559_945_3 * y;
    "exp_m1"     (a in -2.0..2.0)          => y + 1.0;
    "ln"         (a in 0.5..2.0)           => 1.0 / a;
    "ln_1p"      (a in -0.5..2.0)          => 1.0 / (1.0 + a);
    "log2"       (a in 0.5..2.0)           => 1.0 / (0.693_147_180_559_945_3 * a);
    "log10"      (a in 0.5..2.0)           => 1.0 / (2.302_585_092_994_046 * a);
    "log"        (a in 0.5..2.0, b in 1.5..2.5) => 1.0 / (a * b.ln()), -y / (b * b.ln());
    // Trigonometric and hyperbolic functions.
    "sin"        (a in -2.0..2.0)          => a.cos();
    "cos"        (a in -2.0..2.0)          => -a.sin();
    "tan"        (a in -1.0..1.0)          => 1.0 + y * y;
    "asin"       (a in -0.8..0.8)          => 1.0 / (1.0 - a * a).sqrt();
    "acos"       (a in -0.8..0.8)          => -1.0 / (1.0 - a * a).sqrt();
    "atan"       (a in -2.0..2.0)          => 1.0 / (1.0 + a * a);
    "atan2"      (a in 0.5..2.0, b in 0.5..2.0) => b / (a * a + b * b), -a / (a * a + b * b);
    "sinh"       (a in -2.0..2.0)          => a.cosh();
    "cosh"       (a in -2.0..2.0)          => a.sinh();
    "tanh"       (a in -2.0..2.0)          => 1.0 - y * y;
    "asinh"      (a in -2.0..2.0)          => 1.0 / (a * a + 1.0).sqrt();
    "acosh"      (a in 1.5..3.0)           => 1.0 / ((a - 1.0) * (a + 1.0)).sqrt();
    "atanh"      (a in -0.8..0.8)          => 1.0 / (1.0 - a * a);
    // Pieces.
    "abs"        (a in 0.5..2.0)           => if a > 0.0 { 1.0 } else { if a < 0.0 { -1.0 } else { 0.0 } };
    "max"        (a in 1.1..2.0, b in 0.5..0.9) => if b > a || a.is_nan() { 0.0 } else { 1.0 }, if b > a || a.is_nan() { 1.0 } else { 0.0 };
    "min"        (a in 1.1..2.0, b in 0.5..0.9) => if b < a || a.is_nan() { 0.0 } else { 1.0 }, if b < a || a.is_nan() { 1.0 } else { 0.0 };
    "clamp"      (a in 0.6..1.4, b in 0.1..0.5, c in 1.5..2.0) => if a < b || a > c { 0.0 } else { 1.0 }, if a < b { 1.0 } else { 0.0 }, if a > c { 1.0 } else { 0.0 };
    "copysign"   (a in 0.5..2.0, b in 0.5..2.0) => if a == 0.0 { 0.0 } else { if a.is_sign_negative() == b.is_sign_negative() { 1.0 } else { -1.0 } }, 0.0;
    "fract"      (a in 0.1..0.9)           => 1.0;
    "rem_euclid" (a in 4.2..5.8, b in 1.5..1.9) => 1.0, -a.div_euclid(b);
    "to_degrees" (a in -2.0..2.0)          => 57.295_779_513_082_32;
    "to_radians" (a in -2.0..2.0)          => 0.017_453_292_519_943_295;
    "midpoint"   (a in -2.0..2.0, b in -2.0..2.0) => 0.5, 0.5;
    "next_up"    (a in 0.5..2.0)           => 1.0;
    "next_down"  (a in 0.5..2.0)           => 1.0;
}

/// Functions that neither `core` nor `num_traits::Float` has.
const NEEDS_STD: &[&str] = &["rem_euclid", "round_ties_even", "div_euclid"];

/// Functions from floats to floats whose derivative is zero wherever it exists.
pub(crate) const FLAT: &[&str] = &["floor", "ceil", "round", "round_ties_even", "trunc", "signum", "div_euclid"];

/// The rules of those.
fn flat_rules() -> impl Iterator<Item = Rule> {
    FLAT.iter().map(|name| {
        let two = *name == "div_euclid";
        Rule {
            name,
            args: if two { &["a", "b"] } else { &["a"] },
            partials: if two { &["0.0", "0.0"] } else { &["0.0"] },
            ranges: &[],
            integer_argument: false,
            fields: &[],
        }
    })
}

/// Functions of floats that give something else than a float.
pub(crate) const CONTROL: &[&str] = &[
    "is_nan",
    "is_infinite",
    "is_finite",
    "is_normal",
    "is_subnormal",
    "is_sign_positive",
    "is_sign_negative",
    "classify",
    "total_cmp",
    "partial_cmp",
    "to_bits",
    "to_le_bytes",
    "to_be_bytes",
    "to_ne_bytes",
];

/// Whether floats have a differentiable method of this name.
pub(crate) fn is_of_floats(name: &str) -> bool {
    find(name).is_some() || FLAT.contains(&name)
}

/// The row with this name.
pub(crate) fn find(name: &str) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.name == name)
}

/// The row of a binary operator of arithmetic.
pub(crate) fn operator(op: BinOp) -> Option<&'static Rule> {
    find(match op {
        BinOp::Add => "+",
        BinOp::Sub => "-",
        BinOp::Mul => "*",
        BinOp::Div => "/",
        BinOp::Rem => "%",
        _ => return None,
    })
}

impl Rule {
    /// The partial derivative by argument `i`, for these arguments and this value.
    pub(crate) fn partial(&self, i: usize, args: &[Expr], value: &Expr, float: &Float) -> Expr {
        // A reciprocal whose value is at hand needs no division.
        let reciprocal = self.name == "/" && i == 1 && fold::is_one(&args[0]) && matches!(value, Expr::Place(_));
        let partial = if reciprocal { "-y * y" } else { self.partials[i] };
        let find = if self.fields.is_empty() { find } else { complex::inner };
        let reader = Reader { rest: partial, names: self.args, args, value, float, find };
        fold::constants(reader.whole())
    }
}

/// A method call without derivative.
pub(crate) fn method(recv: Expr, name: &str, args: Vec<Expr>) -> Expr {
    Expr::Method { recv: Box::new(recv), name: Ident::new(name, Span::mixed_site()), turbofish: None, args }
}

impl BinOp {
    /// The operator of the syntax, without assignment.
    pub(crate) fn of(op: &syn::BinOp) -> Option<Self> {
        use syn::BinOp as S;
        Some(match op {
            S::Add(_) | S::AddAssign(_) => Self::Add,
            S::Sub(_) | S::SubAssign(_) => Self::Sub,
            S::Mul(_) | S::MulAssign(_) => Self::Mul,
            S::Div(_) | S::DivAssign(_) => Self::Div,
            S::Rem(_) | S::RemAssign(_) => Self::Rem,
            S::And(_) => Self::And,
            S::Or(_) => Self::Or,
            S::BitAnd(_) | S::BitAndAssign(_) => Self::BitAnd,
            S::BitOr(_) | S::BitOrAssign(_) => Self::BitOr,
            S::BitXor(_) | S::BitXorAssign(_) => Self::BitXor,
            S::Shl(_) | S::ShlAssign(_) => Self::Shl,
            S::Shr(_) | S::ShrAssign(_) => Self::Shr,
            S::Eq(_) => Self::Eq,
            S::Ne(_) => Self::Ne,
            S::Lt(_) => Self::Lt,
            S::Le(_) => Self::Le,
            S::Gt(_) => Self::Gt,
            S::Ge(_) => Self::Ge,
            _ => return None,
        })
    }

    /// The trait and the method of the compound assignment.
    pub(crate) fn assigning(self) -> (&'static str, &'static str) {
        match self {
            Self::Add => ("AddAssign", "add_assign"),
            Self::Sub => ("SubAssign", "sub_assign"),
            Self::Mul => ("MulAssign", "mul_assign"),
            Self::Div => ("DivAssign", "div_assign"),
            _ => ("RemAssign", "rem_assign"),
        }
    }

    /// Addition, subtraction, multiplication, division, remainder.
    pub(crate) fn is_arithmetic(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Rem)
    }

    /// Whether the operator works on the bits of integers.
    pub(crate) fn is_of_bits(self) -> bool {
        matches!(self, Self::BitAnd | Self::BitOr | Self::BitXor | Self::Shl | Self::Shr)
    }
}

/// `callback! { method name name (arg: type, lo, hi)…; operator name (op) (arg: type, lo, hi)…; … }`
pub(crate) fn enumerate(callback: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    const OPERATORS: [(&str, &str); 5] = [("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "div"), ("%", "rem")];
    let rows = TABLE.iter().map(|rule| {
        let args = rule.args.iter().zip(rule.ranges).map(|(arg, (lo, hi))| {
            let integer = rule.integer_argument && *arg == "n";
            let arg = Ident::new(arg, Span::call_site());
            let ty = Ident::new(if integer { "i32" } else { "f64" }, Span::call_site());
            quote::quote!((#arg: #ty, #lo, #hi))
        });
        if let Some((op, name)) = OPERATORS.iter().find(|(op, _)| *op == rule.name) {
            let (op, name): (proc_macro2::TokenStream, _) =
                (op.parse().expect("an operator"), Ident::new(name, Span::call_site()));
            quote::quote!(operator #name (#op) #(#args)*;)
        } else {
            let name = Ident::new(rule.name, Span::call_site());
            quote::quote!(method #name (#name) #(#args)*;)
        }
    });
    quote::quote!(#callback ! { #(#rows)* })
}

/// The trait `FloatMethods`: the hidden companions of float functions, as methods of the floats, for
/// receivers whose type only the type checker knows.
pub(crate) fn float_methods() -> proc_macro2::TokenStream {
    use quote::{ToTokens, format_ident, quote};
    let (mut declarations, mut definitions) = (Vec::new(), Vec::new());
    let (mut second64, mut second32) = (Vec::new(), Vec::new());
    let flat: Vec<Rule> = flat_rules().collect();
    for rule in TABLE.iter().filter(|r| r.name.chars().next().is_some_and(char::is_alphabetic)).chain(&flat) {
        let name = Ident::new(rule.name, Span::call_site());
        let (fwd, jvp) = (format_ident!("__fwd_{}", rule.name), format_ident!("__jvp_{}", rule.name));
        let args: Vec<Ident> = rule.args.iter().map(|a| Ident::new(a, Span::call_site())).collect();
        let partials: Vec<proc_macro2::TokenStream> = rule
            .partials
            .iter()
            .map(|p| {
                p.replace("float(", "<Self as FromInteger>::from_integer(")
                    .parse()
                    .expect("the table holds expressions")
            })
            .collect();
        let (first, rest) = args.split_first().expect("a rule has an argument");
        let (first_partial, rest_partials) = partials.split_first().expect("a rule has a partial derivative");
        let integer = |a: &Ident| rule.integer_argument && a == "n";
        let rest_types: Vec<_> = rest.iter().map(|a| if integer(a) { quote!(i32) } else { quote!(Self) }).collect();
        let tangent_types: Vec<_> = rest.iter().map(|a| if integer(a) { quote!(()) } else { quote!(Self) }).collect();
        let units: Vec<_> = rest.iter().map(|_| quote!(())).collect();
        let tangents: Vec<Ident> = rest.iter().map(|a| format_ident!("d_{}", a)).collect();
        let grads: Vec<_> = rest
            .iter()
            .zip(rest_partials)
            .map(|(a, p)| if integer(a) { quote!(()) } else { quote!((#p) * ct) })
            .collect();
        let terms = rest
            .iter()
            .zip(&tangents)
            .zip(rest_partials)
            .filter(|((a, _), _)| !integer(a))
            .map(|((_, t), p)| quote!(if let Some(t) = #t { dot += (#p) * t; }));
        let argument = quote!(((&'r Self, #(#units),*), Self, (Option<&'r mut Self>, #(#units),*)));
        let gradients = quote!(((), #(#tangent_types),*));
        let fwd_head = |captured: proc_macro2::TokenStream| {
            quote!(fn #fwd(&self, #(#rest: #rest_types),*)
                -> (Self, impl for<'r> FnOnce(#argument) -> #gradients + use<#captured>))
        };
        let (declared, defined) = (fwd_head(quote!(Self)), fwd_head(proc_macro2::TokenStream::new()));
        let cfg = NEEDS_STD.contains(&rule.name).then(|| quote!(#[cfg(feature = "std")]));
        let jvp_head = quote! {
            fn #jvp(&self, #(#rest: #rest_types,)* d: Option<&Self>, #(#tangents: Option<#tangent_types>),*) -> (Self, Self)
        };
        // The second level is that of a function which calls the method.
        let (fwd1, jvp2) = (format_ident!("__fwd1_{}", rule.name), format_ident!("__jvp2_{}", rule.name));
        for (float, second) in [("f64", &mut second64), ("f32", &mut second32)] {
            second.push(second_level(rule, float, cfg.clone().unwrap_or_default()));
        }
        let direction = |c: u32| -> Vec<proc_macro2::TokenStream> {
            let d = format_ident!("d{}", c);
            let rest = tangents.iter().zip(&tangent_types).map(|(t, ty)| {
                let t = format_ident!("{}{}", t, c);
                quote!(#t: Option<#ty>)
            });
            std::iter::once(quote!(#d: Option<&Self>)).chain(rest).collect()
        };
        let given = |c: u32| -> Vec<proc_macro2::TokenStream> {
            let d = format_ident!("d{}", c);
            let rest = tangents.iter().map(|t| format_ident!("{}{}", t, c).to_token_stream());
            std::iter::once(quote!(#d.copied())).chain(rest).collect()
        };
        let (by1, by2, by3) = (direction(1), direction(2), direction(3));
        let jvp2_head = quote! {
            fn #jvp2(&self, #(#rest: #rest_types,)* #(#by1,)* #(#by2,)* #(#by3),*) -> (Self, Self, Self, Self)
        };
        let again1 = quote!((&'r Self, #(#units,)* Option<&'r Self>, #(#units),*));
        let slots1 = quote!((Option<&'r mut Self>, #(#units,)* Option<&'r mut Self>, #(#units),*));
        let argument1 = quote!((#again1, (Self, Self), #slots1));
        let gradients1 = quote!(((), #(#tangent_types,)* (), #(#tangent_types),*));
        let fwd1_head = |captured: proc_macro2::TokenStream| {
            quote!(fn #fwd1(&self, #(#rest: #rest_types,)* #(#by1),*)
                -> ((Self, Self), impl for<'r> FnOnce(#argument1) -> #gradients1 + use<#captured>))
        };
        let (declared1, defined1) = (fwd1_head(quote!(Self)), fwd1_head(proc_macro2::TokenStream::new()));
        let (given1, given2, given3) = (given(1), given(2), given(3));
        let grads_of = |c: u32| tangents.iter().map(move |t| format_ident!("g{}_{}", c, t)).collect::<Vec<_>>();
        let (grads0, grads1) = (grads_of(0), grads_of(1));
        let elided1 = quote!((
            (&Self, #(#units,)* Option<&Self>, #(#units),*),
            (Self, Self),
            (Option<&mut Self>, #(#units,)* Option<&mut Self>, #(#units),*)
        ));
        let second = quote! {
            #cfg
            #[inline]
            #jvp2_head {
                <Self as SecondLevel>::Functions::#jvp2(*self, #(#rest,)* #(#given1,)* #(#given2,)* #(#given3),*)
            }
            #cfg
            #[inline]
            #defined1 {
                let (values, tape) = <Self as SecondLevel>::Functions::#fwd1(*self, #(#rest,)* #(#given1),*);
                (values, move |(_, cts, (slot, #(#units,)* slot1, #(#units),*)): #elided1| -> #gradients1 {
                    let none = ((), #(#units,)* (), #(#units),*);
                    let (d, #(#grads0,)* d1, #(#grads1),*) = tape((none, cts, none));
                    if let Some(slot) = slot {
                        *slot += d;
                    }
                    if let Some(slot) = slot1 {
                        *slot += d1;
                    }
                    ((), #(#grads0,)* (), #(#grads1),*)
                })
            }
        };
        let (third_declared, third_defined) = if find(rule.name).is_some_and(crate::scalars::is_higher) {
            crate::scalars::methods(rule)
        } else {
            Default::default()
        };
        declarations.push(quote!(#cfg #declared; #cfg #jvp_head; #cfg #jvp2_head; #cfg #declared1; #third_declared));
        let elided = quote!(((&Self, #(#units),*), Self, (Option<&mut Self>, #(#units),*)));
        let body = quote! {
            move |((this, #(#units),*), ct, (slot, #(#units),*)): #elided| -> #gradients {
                let #first = *this;
                let y = #first.#name(#(#rest),*);
                if let Some(slot) = slot {
                    *slot += (#first_partial) * ct;
                }
                ((), #(#grads),*)
            }
        };
        definitions.push(quote! {
            #cfg
            #[inline]
            #defined {
                (Self::#name(*self, #(#rest),*), #body)
            }
            #cfg
            #[inline]
            #jvp_head {
                let #first = *self;
                let y = #first.#name(#(#rest),*);
                let mut dot = 0.0;
                if let Some(t) = d {
                    dot += (#first_partial) * *t;
                }
                #(#terms)*
                (y, dot)
            }
            #second
            #third_defined
        });
    }
    quote! {
        struct FunctionsOfF64;
        struct FunctionsOfF32;
        trait SecondLevel {
            type Functions;
        }
        impl SecondLevel for f64 {
            type Functions = FunctionsOfF64;
        }
        impl SecondLevel for f32 {
            type Functions = FunctionsOfF32;
        }
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl FunctionsOfF64 { #(#second64)* }
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl FunctionsOfF32 { #(#second32)* }
        /// The hidden companions of the functions of floats.
        #[allow(missing_docs, clippy::all, clippy::pedantic)]
        pub trait FloatMethods: Sized { #(#declarations)* }
        #[allow(unused_variables, clippy::all, clippy::pedantic)]
        impl FloatMethods for f64 { #(#definitions)* }
        #[allow(unused_variables, clippy::all, clippy::pedantic)]
        impl FloatMethods for f32 { #(#definitions)* }
    }
}

/// The companions of the second level of a function that calls a method of floats.
fn second_level(rule: &Rule, float: &str, attrs: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    use crate::companions::{Companions, Host};
    let (name, float) = (Ident::new(rule.name, Span::call_site()), Ident::new(float, Span::call_site()));
    let args: Vec<Ident> = rule.args.iter().map(|a| Ident::new(a, Span::call_site())).collect();
    let (first, rest) = args.split_first().expect("a rule has an argument");
    let types = args
        .iter()
        .map(|a| if rule.integer_argument && a == "n" { Ident::new("i32", Span::call_site()) } else { float.clone() });
    let mut sig: syn::Signature = syn::parse_quote!(fn #name(#(#args: #types),*) -> #float);
    let body: syn::Block = syn::parse_quote!({ #first.#name(#(#rest),*) });
    let options = crate::options::Options::default();
    let f = crate::expand::analyse(&mut sig, &body, None, &options).expect("the table holds functions");
    let host = Host { method: Some(name), attrs: attrs.into(), ..Host::default() };
    let c = Companions { f: &f, host: &host };
    let (tangent, taped) = (c.tangent(2), c.taped(1));
    quote::quote!(#tangent #taped)
}
