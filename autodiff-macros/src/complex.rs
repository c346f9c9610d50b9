//! Functions of complex numbers: their table, and how a partial derivative acts on tangents and
//! cotangents.
//!
//! A row is a row of [`crate::rules`] with the field of each argument (`C` complex, `R` real, `I`
//! integer) and of the value. What a partial derivative is depends on those two fields:
//!
//! | argument → value | partial `p` | tangent | cotangent |
//! | --- | --- | --- | --- |
//! | `C` → `C` | ∂y/∂z of a holomorphic function | `p t` | `conj(p) ct` |
//! | `C` → `R` | the gradient, ∂y/∂Re z + i ∂y/∂Im z | `Re(conj(p) t)` | `p ct` |
//! | `R` → `C` | ∂y/∂x | `p t` | `Re(conj(p) ct)` |
//!
//! Two functions are not of this form, or have a simpler one: `conj` and `new`. In partials, `re`,
//! `im`, `complex` and `float` are functions, and so is `ln` of a real number.
//!
//! Conventions: `norm`, `arg` and `l1_norm` have the gradient 0 at 0, powers with exponent 0 have
//! derivative 0.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use crate::fold;
use crate::ir::{BinOp, Expr, Program};
use crate::kinds::{self, Float, Kind, Types};
use crate::rules::{self, Rule};

/// The numbers that an argument or a value ranges over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    /// Complex.
    C,
    /// Real.
    R,
    /// Integer.
    I,
}

macro_rules! rules {
    ($($name:literal ($($arg:ident: $field:ident),+) => $value:ident: $($partial:expr),+;)*) => {
        /// The rules.
        pub(crate) static TABLE: &[Rule] = &[$(Rule {
            name: $name,
            args: &[$(stringify!($arg)),+],
            partials: &[$(stringify!($partial)),+],
            ranges: &[],
            integer_argument: false $(|| matches!(Field::$field, Field::I))+,
            fields: &[$(Field::$field,)+ Field::$value],
        }),*];
    };
}

rules! {
    // Parts.
    "re"         (z: C)       => R: complex(1.0, 0.0);
    "im"         (z: C)       => R: complex(0.0, 1.0);
    "new"        (a: R, b: R) => C: complex(1.0, 0.0), complex(0.0, 1.0);
    "conj"       (z: C)       => C: complex(1.0, 0.0);
    "norm"       (z: C)       => R: if y == 0.0 { complex(0.0, 0.0) } else { z / y };
    "norm_sqr"   (z: C)       => R: z + z;
    "l1_norm"    (z: C)       => R: complex(if re(z) > 0.0 { 1.0 } else { if re(z) < 0.0 { -1.0 } else { 0.0 } }, if im(z) > 0.0 { 1.0 } else { if im(z) < 0.0 { -1.0 } else { 0.0 } });
    "arg"        (z: C)       => R: if z.norm_sqr() == 0.0 { complex(0.0, 0.0) } else { complex(-im(z), re(z)) / z.norm_sqr() };
    "from_polar" (r: R, t: R) => C: cis(t), complex(-im(y), re(y));
    "cis"        (t: R)       => C: complex(-im(y), re(y));
    // Quotients and multiples.
    "inv"        (z: C)       => C: -(y * y);
    "finv"       (z: C)       => C: -(y * y);
    "fdiv"       (z: C, w: C) => C: w.inv(), -(y / w);
    "scale"      (z: C, t: R) => C: t, z;
    "unscale"    (z: C, t: R) => C: 1.0 / t, -(y / t);
    // Powers and roots.
    "sqrt"       (z: C)       => C: (y * 2.0).inv();
    "cbrt"       (z: C)       => C: (y * y * 3.0).inv();
    "powi"       (z: C, n: I) => C: if n == 0 { complex(0.0, 0.0) } else { z.powi(n - 1) * float(n) }, 0.0;
    "powu"       (z: C, n: I) => C: if n == 0 { complex(0.0, 0.0) } else { z.powu(n - 1) * float(n) }, 0.0;
    "powf"       (z: C, b: R) => C: if b == 0.0 { complex(0.0, 0.0) } else { z.powf(b - 1.0) * b }, if z.norm_sqr() == 0.0 { complex(0.0, 0.0) } else { y * z.ln() };
    "powc"       (z: C, w: C) => C: if w.norm_sqr() == 0.0 { complex(0.0, 0.0) } else { z.powc(w - 1.0) * w }, if z.norm_sqr() == 0.0 { complex(0.0, 0.0) } else { y * z.ln() };
    "expf"       (z: C, b: R) => C: y * ln(b), y * z / b;
    // Exponentials and logarithms.
    "exp"        (z: C)       => C: y;
    "exp2"       (z: C)       => C: y * 0.693_147_180_559_945_3;
    "ln"         (z: C)       => C: z.inv();
    "log2"       (z: C)       => C: (z * 0.693_147_180_559_945_3).inv();
    "log10"      (z: C)       => C: (z * 2.302_585_092_994_046).inv();
    "log"        (z: C, b: R) => C: (z * ln(b)).inv(), -(y / (b * ln(b)));
    // Trigonometric and hyperbolic functions.
    "sin"        (z: C)       => C: z.cos();
    "cos"        (z: C)       => C: -z.sin();
    "tan"        (z: C)       => C: y * y + 1.0;
    "asin"       (z: C)       => C: (-(z * z) + 1.0).sqrt().inv();
    "acos"       (z: C)       => C: -(-(z * z) + 1.0).sqrt().inv();
    "atan"       (z: C)       => C: (z * z + 1.0).inv();
    "sinh"       (z: C)       => C: z.cosh();
    "cosh"       (z: C)       => C: z.sinh();
    "tanh"       (z: C)       => C: -(y * y) + 1.0;
    "asinh"      (z: C)       => C: (z * z + 1.0).sqrt().inv();
    "acosh"      (z: C)       => C: ((z - 1.0).sqrt() * (z + 1.0).sqrt()).inv();
    "atanh"      (z: C)       => C: (-(z * z) + 1.0).inv();
}

/// The row with this name.
pub(crate) fn find(name: &str) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.name == name)
}

/// The row of a method of complex numbers with so many arguments, the receiver among them.
pub(crate) fn method(name: &str, arguments: usize) -> Option<&'static Rule> {
    find(name).filter(|r| r.fields[0] == Field::C && r.args.len() == arguments && !matches!(name, "re" | "im"))
}

/// The row of an associated function of complex numbers with so many arguments.
pub(crate) fn function(name: &str, arguments: usize) -> Option<&'static Rule> {
    find(name).filter(|r| r.args.len() == arguments && !matches!(name, "re" | "im"))
}

fn apply(name: &str, args: Vec<Expr>) -> Expr {
    Expr::Math(find(name).expect("in the table"), args)
}

/// Associated functions without differentiable arguments, which give a complex number.
pub(crate) const CONSTANTS: &[&str] = &["i", "zero", "one", "default"];

/// A function that the tables call.
pub(crate) fn called(name: &str, mut args: Vec<Expr>, float: &Float) -> Expr {
    match name {
        "float" => Expr::FromInt(Box::new(args.swap_remove(0)), float.clone()),
        "complex" => apply("new", args),
        // `ln` of a real number.
        "ln" => Expr::Math(rules::find("ln").expect("in the table"), args),
        name => apply(name, args),
    }
}

/// `Complex::new(re, im)`.
pub(crate) fn new(re: Expr, im: Expr) -> Expr {
    apply("new", vec![re, im])
}

/// A complex literal.
pub(crate) fn literal(re: f64, float: &Float) -> Expr {
    new(Expr::Number(re, float.clone()), Expr::Number(0.0, float.clone()))
}

/// The complex conjugate of an expression; `real` tells which expressions are real.
fn conjugate(e: Expr, real: &dyn Fn(&Expr) -> bool) -> Expr {
    match e {
        e if real(&e) => e,
        Expr::Neg(e) => fold::negate(conjugate(*e, real)),
        Expr::Select(c, a, b) => Expr::Select(c, Box::new(conjugate(*a, real)), Box::new(conjugate(*b, real))),
        Expr::Math(rule, mut args) => match rule.name {
            "conj" => args.swap_remove(0),
            "inv" => apply("inv", vec![conjugate(args.swap_remove(0), real)]),
            "new" => {
                let im = args.pop().expect("two parts");
                args.push(fold::negate(im));
                Expr::Math(rule, args)
            }
            _ => apply("conj", vec![Expr::Math(rule, args)]),
        },
        e => apply("conj", vec![e]),
    }
}

/// `p * t` for a complex `p` and a real `t`.
fn mixed_times(p: Expr, t: Expr) -> Expr {
    match p {
        Expr::Neg(p) => fold::negate(mixed_times(*p, t)),
        Expr::Select(c, p, q) => Expr::Select(c, Box::new(mixed_times(*p, t.clone())), Box::new(mixed_times(*q, t))),
        p => Expr::binary(BinOp::Mul, p, t),
    }
}

/// `a * b` for a complex `b`, where `a` may be real or a reciprocal.
fn times(a: Expr, b: Expr) -> Expr {
    match a {
        Expr::Math(rule, mut args) if rule.name == "inv" => {
            Expr::Binary(BinOp::Div, Box::new(b), Box::new(args.swap_remove(0)))
        }
        Expr::Neg(a) => fold::negate(times(*a, b)),
        Expr::Select(c, p, q) => {
            let (p, q) = (times(*p, b.clone()), times(*q, b));
            Expr::Select(c, Box::new(p), Box::new(q))
        }
        // A complex zero stands for the absence of a term.
        Expr::Math(rule, args) if rule.name == "new" && args.iter().all(|a| fold::number(a) == Some(0.0)) => {
            Expr::Math(rule, args)
        }
        a => fold::times(a, b),
    }
}

/// What a partial derivative acts on, and by which fields.
pub(crate) struct Partials<'a> {
    program: &'a Program,
    types: &'a Types,
    rule: &'static Rule,
    args: &'a [Expr],
    value: &'a Expr,
    float: &'a Float,
    fields: Vec<Field>,
}

impl<'a> Partials<'a> {
    /// Those of a function or operator of these arguments and this value.
    pub(crate) fn new(
        program: &'a Program,
        types: &'a Types,
        rule: &'static Rule,
        args: &'a [Expr],
        value: &'a Expr,
        float: &'a Float,
    ) -> Self {
        let complex = |e: &Expr| kinds::of_expr(program, types, e).deref().is_complex();
        let fields = if rule.fields.is_empty() {
            let fields: Vec<Field> = args.iter().map(|a| if complex(a) { Field::C } else { Field::R }).collect();
            let value = if fields.contains(&Field::C) { Field::C } else { Field::R };
            fields.into_iter().chain([value]).collect()
        } else {
            rule.fields.to_vec()
        };
        Self { program, types, rule, args, value, float, fields }
    }

    /// `2 x`, the derivative of `x * x` by the real place x.
    pub(crate) fn of_square(&self) -> Option<Expr> {
        match self.args {
            [Expr::Place(a), Expr::Place(b)] if self.rule.name == "*" && a.same(b) && self.fields[0] == Field::R => {
                Some(fold::times(Expr::Number(2.0, self.float.clone()), self.args[0].clone()))
            }
            _ => None,
        }
    }

    fn is_real(&self, e: &Expr) -> bool {
        !kinds::of_expr(self.program, self.types, e).deref().is_complex()
    }

    fn conjugate(&self, e: Expr) -> Expr {
        conjugate(e, &|e| self.is_real(e))
    }

    /// The real part of the conjugate of `p` times `e`, a complex number.
    fn real_product(&self, p: Expr, e: Expr) -> Expr {
        if self.is_real(&p) {
            return fold::times(p, apply("re", vec![e]));
        }
        apply("re", vec![times(self.conjugate(p), e)])
    }

    fn partial(&self, i: usize) -> Expr {
        // A literal of the user's has the type of what it is combined with.
        let typed = |e: &Expr| match e {
            Expr::Lit(syn::Lit::Float(l)) if l.suffix().is_empty() && !self.rule.fields.is_empty() => {
                l.base10_parse().map_or_else(|_| e.clone(), |x| Expr::Number(x, self.float.clone()))
            }
            e => e.clone(),
        };
        let args: Vec<Expr> = self.args.iter().map(typed).collect();
        let whole = self.rule.partial(i, &args, self.value, self.float);
        match (self.rule.name, &self.args[1..]) {
            // A complex denominator has an inverse for every float type.
            ("/", [b]) if i == 0 && !self.is_real(b) => apply("inv", vec![b.clone()]),
            _ => whole,
        }
    }

    /// What the tangent `t` of argument `i` contributes to the tangent of the value.
    pub(crate) fn tangent(&self, i: usize, t: Expr) -> Expr {
        let zero = || Expr::Number(0.0, self.float.clone());
        match (self.fields[i], self.fields[self.args.len()]) {
            (Field::C, Field::R) => match self.rule.name {
                "re" | "im" => apply(self.rule.name, vec![t]),
                _ => self.real_product(self.partial(i), t),
            },
            (Field::C, Field::C) if self.rule.name == "conj" => apply("conj", vec![t]),
            (Field::C, Field::C) => times(self.partial(i), t),
            (Field::R, Field::C) => match self.rule.name {
                "new" if i == 0 => new(t, zero()),
                "new" => new(zero(), t),
                _ => {
                    let p = self.partial(i);
                    if self.is_real(&p) { new(fold::times(p, t), zero()) } else { mixed_times(p, t) }
                }
            },
            _ => fold::times(self.partial(i), t),
        }
    }

    /// What the cotangent `ct` of the value contributes to that of argument `i`; `None` for nothing.
    pub(crate) fn cotangent(&self, i: usize, ct: Expr) -> Option<Expr> {
        let zero = || Expr::Number(0.0, self.float.clone());
        Some(match (self.fields[i], self.fields[self.args.len()]) {
            (Field::I, _) => return None,
            (Field::C, Field::R) => match self.rule.name {
                "re" => new(ct, zero()),
                "im" => new(zero(), ct),
                _ => mixed_times(self.partial(i), ct),
            },
            (Field::C, Field::C) if self.rule.name == "conj" => apply("conj", vec![ct]),
            (Field::C, Field::C) => times(self.conjugate(self.partial(i)), ct),
            (Field::R, Field::C) => match self.rule.name {
                "new" => apply(if i == 0 { "re" } else { "im" }, vec![ct]),
                _ => self.real_product(self.partial(i), ct),
            },
            _ => {
                let partial = self.partial(i);
                if fold::number(&partial) == Some(0.0) {
                    return None;
                }
                fold::times(partial, ct)
            }
        })
    }
}

/// The kind of the value of a function of the table.
pub(crate) fn kind(rule: &Rule, args: impl Iterator<Item = Kind>) -> Kind {
    let float = kinds::float_of(args);
    match rule.fields.last() {
        Some(Field::C) => Kind::Complex(float),
        _ => Kind::Float(float),
    }
}

/// The trait `ComplexMethods`: the hidden companions of the functions of the table, for receivers
/// whose type only the type checker knows. The runtime provides the functions that partials call.
pub(crate) fn companions() -> TokenStream {
    let (mut declarations, mut definitions) = (TokenStream::new(), TokenStream::new());
    for rule in TABLE.iter().filter(|r| !matches!(r.name, "re" | "im")) {
        let (declaration, definition) = companion(rule);
        declarations.extend(declaration);
        definitions.extend(definition);
    }
    quote! {
        /// The hidden companions of the functions of complex numbers.
        pub trait ComplexMethods<T: crate::Real>: Sized { #declarations }
        impl<T: crate::Real> ComplexMethods<T> for Complex<T> { #definitions }
    }
}

/// `__fwd_f` and `__jvp_f` of a function, declared and defined.
fn companion(rule: &Rule) -> (TokenStream, TokenStream) {
    let name = Ident::new(rule.name, Span::call_site());
    let (fwd, jvp) = (format_ident!("__fwd_{}", rule.name), format_ident!("__jvp_{}", rule.name));
    let args: Vec<Ident> = rule.args.iter().map(|a| Ident::new(a, Span::call_site())).collect();
    let (fields, value) = rule.fields.split_at(args.len());
    let value = value[0];
    let ty = |f: Field| crate::scalars::complex_type(rule, f);
    let tangent = |f: Field| if f == Field::I { quote!(()) } else { ty(f) };
    let out = ty(value);
    let method = fields[0] == Field::C;
    let rest = usize::from(method);
    let names = &args[rest..];
    let d: Vec<Ident> = args.iter().map(|a| format_ident!("d_{}", a)).collect();
    let types: Vec<TokenStream> = fields.iter().map(|f| ty(*f)).collect();
    let d_types: Vec<TokenStream> = fields.iter().map(|f| tangent(*f)).collect();
    let terms: Vec<(TokenStream, TokenStream)> = fields
        .iter()
        .zip(rule.partials)
        .map(|(field, partial)| {
            let p = generic(partial);
            match (field, value) {
                (Field::I, _) => (quote!(()), quote!(dot)),
                (Field::C, Field::C) if rule.name == "conj" => (quote!(ct.conj()), quote!(dot + d.conj())),
                (Field::C, Field::C) => (quote!(ct * conjugate(#p)), quote!(dot + d * (#p))),
                (Field::C, _) => (quote!((#p) * ct), quote!(dot + (d * conjugate(#p)).re)),
                (_, Field::C) => (quote!((ct * conjugate(#p)).re), quote!(dot + (#p) * d)),
                _ => unreachable!("a function of real numbers is in the other table"),
            }
        })
        .collect();
    let (pulls, pushes): (Vec<TokenStream>, Vec<TokenStream>) = terms.into_iter().unzip();
    let units: Vec<TokenStream> = names.iter().map(|_| quote!(())).collect();
    let (rest_types, rest_d_types, rest_d) = (&types[rest..], &d_types[rest..], &d[rest..]);
    let rest_pulls = &pulls[rest..];
    let receiver = method.then(|| quote!(&self,));
    let own_tangent = method.then(|| {
        let d = &d[0];
        quote!(#d: Option<&Complex<T>>,)
    });
    let fwd_head = |lifetime: TokenStream, captured: TokenStream| {
        let argument = argument(method, &units, &out, &lifetime);
        let own = method.then(|| quote!((),));
        quote!(fn #fwd(#receiver #(#names: #rest_types),*)
            -> (#out, impl for<'r> FnOnce(#argument) -> (#own #(#rest_d_types,)*) + use<#captured>))
    };
    let (declared, defined) = (fwd_head(quote!('r), quote!(Self, T)), fwd_head(quote!('r), quote!(T)));
    let jvp_head = quote! {
        fn #jvp(#receiver #(#names: #rest_types,)* #own_tangent #(#rest_d: Option<#rest_d_types>),*) -> (#out, #out)
    };
    let elided = argument(method, &units, &out, &TokenStream::new());
    let first = &args[0];
    let this = method.then(|| quote!(let #first = *self;));
    let (pattern, own_pull, own_grad, own_push) = if method {
        let (pull, push, d) = (&pulls[0], &pushes[0], &d[0]);
        (
            quote!(((#first, #(#units),*), ct, (slot, #(#units),*))),
            quote!(let #first = *#first; if let Some(slot) = slot { *slot += #pull; }),
            quote!((),),
            quote!(if let Some(d) = #d { let d = *d; dot = #push; }),
        )
    } else {
        (quote!(((#(#units,)*), ct, (#(#units,)*))), TokenStream::new(), TokenStream::new(), TokenStream::new())
    };
    let rest_pushes = &pushes[rest..];
    let value = match rule.name {
        // The method asks for more than a float type.
        "l1_norm" => quote!(l1_norm(z)),
        _ if method => quote!(#first.#name(#(#names),*)),
        _ => quote!(Complex::<T>::#name(#(#args),*)),
    };
    let definition = quote! {
        #[inline]
        #defined {
            #this
            let y = #value;
            (y, move |#pattern: #elided| {
                #own_pull
                (#own_grad #(#rest_pulls,)*)
            })
        }
        #[inline]
        #jvp_head {
            #this
            let y = #value;
            let mut dot = <#out as Zero>::zero();
            #own_push
            #(if let Some(d) = #rest_d { dot = #rest_pushes; })*
            (y, dot)
        }
    };
    let (higher_declared, higher_defined) = if crate::scalars::is_higher_complex(rule) {
        crate::scalars::complex_methods(rule)
    } else {
        Default::default()
    };
    (quote!(#declared; #jvp_head; #higher_declared), quote!(#definition #higher_defined))
}

/// What a pullback takes: arguments again, a cotangent, slots.
fn argument(method: bool, units: &[TokenStream], out: &TokenStream, lifetime: &TokenStream) -> TokenStream {
    let (again, slot) = if method {
        (quote!(&#lifetime Complex<T>,), quote!(Option<&#lifetime mut Complex<T>>,))
    } else {
        (TokenStream::new(), TokenStream::new())
    };
    quote!(((#again #(#units,)*), #out, (#slot #(#units,)*)))
}

/// A partial derivative over a generic float: its literals have the type `T`.
fn generic(source: &str) -> TokenStream {
    struct Literals;
    impl syn::visit_mut::VisitMut for Literals {
        fn visit_expr_mut(&mut self, e: &mut syn::Expr) {
            syn::visit_mut::visit_expr_mut(self, e);
            if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Float(x), .. }) = e {
                *e = syn::parse_quote!(<T as crate::Real>::__lit(#x));
            }
        }
    }
    let source = source.replace("float(", "float::<T>(");
    let mut e: syn::Expr = syn::parse_str(&source).expect("the table holds expressions");
    syn::visit_mut::VisitMut::visit_expr_mut(&mut Literals, &mut e);
    e.to_token_stream()
}

/// The method of the table with this name, as the rules of [`rules`] find theirs.
pub(crate) fn inner(name: &str) -> Option<&'static Rule> {
    find(name).or_else(|| rules::find(name))
}
