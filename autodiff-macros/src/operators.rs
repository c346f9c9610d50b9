//! Operators of user types: beside `impl std::ops::Add for V` stands the derivative of the operator, as
//! an `impl` of the runtime's trait of the same name.
//!
//! The method's companions are items of a trait of their own, which can stand on any type; the runtime's trait calls
//! them.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{ImplItem, ItemImpl, Type};

use crate::companions::{Companions, Host};
use crate::emit::companion;
use crate::expand;
use crate::forms;
use crate::options::Options;
use crate::surroundings::by_fields;

/// The operator that an `impl` defines, if it is one with a derivative.
fn operator(item: &ItemImpl) -> Option<String> {
    let (path, _) = item.trait_.as_ref()?;
    let name = path.segments.last()?.ident.to_string();
    let plain = name.strip_suffix("Assign").unwrap_or(&name);
    matches!((plain, name.as_str()), ("Add" | "Sub" | "Mul" | "Div" | "Rem", _) | (_, "Neg")).then_some(name)
}

/// Expands the attribute on the `impl` of an operator; `None` if it is none.
pub(crate) fn implementation(item: &ItemImpl, options: &Options) -> Option<TokenStream> {
    let name = operator(item)?;
    let form = forms::Form::of(item, right_hand_side(item));
    if !form.is_differentiated(&name) {
        return Some(item.to_token_stream());
    }
    let derivative = derivative(&form, options, &name).unwrap_or_else(syn::Error::into_compile_error);
    Some(quote!(#item #derivative))
}

/// The type parameter of the operator's trait: `Self` unless given.
fn right_hand_side(item: &ItemImpl) -> Type {
    let given = item.trait_.as_ref().and_then(|(path, _)| match &path.segments.last()?.arguments {
        syn::PathArguments::AngleBracketed(a) => a.args.iter().find_map(|a| match a {
            syn::GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        }),
        _ => None,
    });
    match given {
        Some(Type::Path(p)) if p.path.is_ident("Self") => (*item.self_ty).clone(),
        Some(ty) => ty,
        None => (*item.self_ty).clone(),
    }
}

fn derivative(form: &forms::Form, options: &Options, name: &str) -> syn::Result<TokenStream> {
    let item = &form.values;
    let self_ty = &*item.self_ty;
    let method = item.items.iter().find_map(|i| match i {
        ImplItem::Fn(f) => Some(f),
        _ => None,
    });
    let Some(method) = method else {
        return Err(syn::Error::new_spanned(item, "the operator has no method"));
    };
    let output = item.items.iter().find_map(|i| match i {
        ImplItem::Type(t) if t.ident == "Output" => Some(t.ty.clone()),
        _ => None,
    });
    let mut sig = method.sig.clone();
    if let (syn::ReturnType::Type(_, ty), Some(output)) = (&mut sig.output, &output)
        && ty.to_token_stream().to_string().replace(' ', "") == "Self::Output"
    {
        **ty = output.clone();
    }
    let function = {
        let outer = expand::Outer::new(&item.generics, Some((*item.self_ty).clone()), std::iter::empty());
        expand::analyse(&mut sig, &method.block, Some(&outer), options)?
    };
    let mut host = Host { method: Some(method.sig.ident.clone()), outer: item.generics.clone(), ..Host::default() };
    let companions = |host: &Host, body: bool| {
        let c = Companions { f: &function, host };
        let mut out = TokenStream::new();
        for level in 1..=options.order() {
            out.extend([c.tangent_as(level, body)]);
        }
        for level in 0..options.order() {
            out.extend([c.taped_as_item(level, body)]);
        }
        out
    };
    let defined = companions(&host, true);
    let implementations = implementations(&Companions { f: &function, host: &host }, form, options, name);
    host.captures_self = true;
    let declared = companions(&host, false);
    let (impl_generics, type_generics, clause) = item.generics.split_for_impl();
    Ok(quote! {
        #[allow(unused, clippy::all, clippy::pedantic)]
        const _: () = {
            trait Companions #impl_generics: ::differentiable::Differentiable + ::core::marker::Sized #clause { #declared }
            impl #impl_generics Companions #type_generics for #self_ty #clause { #defined }
            #implementations
        };
    })
}

/// The runtime's trait, in terms of the companions.
fn implementations(c: &Companions<'_>, form: &forms::Form, options: &Options, name: &str) -> TokenStream {
    let (item, rhs) = (&form.values, &form.rhs);
    let self_ty = &*item.self_ty;
    let (impl_generics, type_generics, clause) = item.generics.split_for_impl();
    let operator = Operator::new(c, form, name, &type_generics.to_token_stream());
    // What the runtime's traits have names for.
    let levels = 0..options.order().min(TANGENT.len() as u32);
    let methods = levels.flat_map(|level| [operator.tangent(level + 1), operator.adjoint(level)]);
    let trait_arguments = operator.binary.then(|| quote!(<#rhs>));
    let output = &operator.output;
    let declared = (!operator.assigns).then(|| quote!(type Output = #output;));
    let is_sum = item.generics.type_params().next().is_none()
        && item.items.iter().any(|i| matches!(i, ImplItem::Fn(f) if by_fields(f).is_some()));
    let sum = is_sum.then(|| {
        quote!(
            const SUM: bool = true;
        )
    });
    let kept = (operator.binary && !operator.assigns).then(|| {
        quote! {
            type Left = ::differentiable::operators::Whole<Self>;
            type Right = ::differentiable::operators::Whole<#rhs>;
        }
    });
    let name = format_ident!("{}", name);
    quote! {
        impl #impl_generics ::differentiable::operators::#name #trait_arguments for #self_ty #clause {
            #declared
            #kept
            #sum
            #(#[inline] #methods)*
        }
    }
}

/// The methods of the runtime's traits, by the level of forward mode and by that of the backward sweep.
const TANGENT: [&str; 3] = ["tangent", "tangent2", "tangent3"];
const ADJOINT: [&str; 3] = ["adjoint", "adjoint1", "adjoint2"];

/// The methods of the runtime's trait for one operator. Component `c` of the operands' tangents are `a‹c›` and `b‹c›`.
struct Operator {
    /// The path of a companion, but for its name.
    companions: TokenStream,
    method: Ident,
    rhs: TokenStream,
    binary: bool,
    assigns: bool,
    /// `b` is lent with its slot; by value, it is copied and its gradient comes back.
    lent: bool,
    /// The type of the value that the trait's methods give.
    output: TokenStream,
}

impl Operator {
    fn new(c: &Companions<'_>, form: &forms::Form, name: &str, type_generics: &TokenStream) -> Self {
        let assigns = name.ends_with("Assign");
        let rhs = &form.rhs;
        Self {
            companions: quote!(<Self as Companions #type_generics>),
            method: c.host.method.clone().expect("an operator is a method"),
            rhs: quote!(#rhs),
            binary: name != "Neg",
            assigns,
            lent: form.rhs_by_reference,
            output: if assigns { quote!(Self) } else { c.output().to_token_stream() },
        }
    }

    fn companion(&self, base: &str, level: u32) -> TokenStream {
        let (companions, method) = (&self.companions, &self.method);
        let name = format_ident!("{}_{}", companion(base, level), method);
        quote!(#companions::#name)
    }

    /// Something for the left operand and something for the right one, if there is one.
    fn operands(&self, left: &TokenStream, right: impl FnOnce() -> TokenStream) -> TokenStream {
        let right = self.binary.then(right);
        right.map_or_else(|| quote!(#left,), |right| quote!(#left, #right,))
    }

    /// Parameters for the tangents of components from the first on.
    fn tangents(&self, components: std::ops::Range<u32>) -> TokenStream {
        let rhs = &self.rhs;
        let params = components.map(|c| {
            let (a, b) = (format_ident!("a{}", c), format_ident!("b{}", c));
            self.operands(
                &quote!(#a: ::core::option::Option<&Self::Tangent>),
                || quote!(#b: ::core::option::Option<&<#rhs as ::differentiable::Differentiable>::Tangent>),
            )
        });
        quote!(#(#params)*)
    }

    /// The operands and their tangents as a companion takes them.
    fn arguments(&self, components: std::ops::Range<u32>) -> TokenStream {
        let operand = if self.assigns { quote!(&mut value) } else { quote!(a) };
        let rhs = || if self.lent { quote!(b) } else { quote!(::core::clone::Clone::clone(b)) };
        let first = self.operands(&operand, rhs);
        let rest = components.map(|c| {
            let b = format_ident!("b{}", c);
            self.operands(&self.moving(c), || if self.lent { quote!(#b) } else { quote!(#b.cloned()) })
        });
        quote!(#first #(#rest)*)
    }

    /// A tangent of the left operand, which changes with an operand that is assigned to.
    fn moving(&self, c: u32) -> TokenStream {
        let a = format_ident!("a{}", c);
        if self.assigns { quote!(::core::option::Option::Some(&mut #a)) } else { quote!(#a) }
    }

    /// What changes in an assignment: copies of the operand and of its tangents, of which each must be there to receive
    /// what `b` adds.
    fn copies(&self, components: std::ops::Range<u32>) -> TokenStream {
        if !self.assigns {
            return TokenStream::new();
        }
        let tangents = components.map(|c| format_ident!("a{}", c));
        quote! {
            let mut value = ::core::clone::Clone::clone(a);
            #(let mut #tangents = #tangents.cloned().unwrap_or_else(|| ::differentiable::Differentiable::__zero(a));)*
        }
    }

    fn head(&self) -> TokenStream {
        let rhs = &self.rhs;
        self.operands(&quote!(a: &Self), || quote!(b: &#rhs))
    }

    fn tangent(&self, level: u32) -> TokenStream {
        let name = format_ident!("{}", TANGENT[level as usize - 1]);
        let components = 1..1 << level;
        let (head, params) = (self.head(), self.tangents(components.clone()));
        let (copies, arguments) = (self.copies(components.clone()), self.arguments(components.clone()));
        let (output, jvp) = (&self.output, self.companion("__jvp", level));
        let space = components.clone().map(|_| quote!(<#output as ::differentiable::Differentiable>::Tangent));
        let changed = self.assigns.then(|| {
            let tangents = components.map(|c| format_ident!("a{}", c));
            quote!(; (value, #(#tangents),*))
        });
        quote! {
            fn #name(#head #params) -> (#output, #(#space),*) {
                #copies
                #jvp(#arguments) #changed
            }
        }
    }

    fn adjoint(&self, level: u32) -> TokenStream {
        let name = format_ident!("{}", ADJOINT[level as usize]);
        let (n, components) = (1_u32 << level, 1..1 << level);
        let (head, params, rhs, output) = (self.head(), self.tangents(components.clone()), &self.rhs, &self.output);
        let idents = |prefix: &str| (0..n).map(|c| format_ident!("{}{}", prefix, c)).collect::<Vec<_>>();
        let (cts, slots, slots_b) = (idents("ct"), idents("slot_a"), idents("slot_b"));
        let (given_a, given_b) = (idents("given_a"), idents("given_b"));
        let slot_params = slots.iter().zip(&slots_b).map(|(a, b)| {
            self.operands(
                &quote!(#a: ::core::option::Option<&mut Self::Tangent>),
                || quote!(#b: ::core::option::Option<&mut <#rhs as ::differentiable::Differentiable>::Tangent>),
            )
        });
        let (copies, arguments) = (self.copies(components.clone()), self.arguments(components.clone()));
        // On the way back the operands are shown again, unless they are kept.
        let shown = |b: Ident| if self.lent { quote!(#b) } else { quote!(()) };
        let operand = if self.assigns { quote!(&mut value) } else { quote!(a) };
        let again_first = self.operands(&operand, || shown(format_ident!("b")));
        let again = components.map(|c| self.operands(&self.moving(c), || shown(format_ident!("b{}", c))));
        let taken = slots.iter().zip(&slots_b).zip(&given_a).map(|((a, b), given)| {
            let left = if self.assigns { quote!(::core::option::Option::Some(&mut #given)) } else { quote!(#a) };
            self.operands(&left, || shown(b.clone()))
        });
        let pattern = given_b.iter().map(|b| self.operands(&quote!(_), || quote!(#b)));
        let copy = |ct: &Ident| quote!(::core::clone::Clone::clone(#ct));
        let passed: Vec<TokenStream> = cts.iter().map(|ct| if self.assigns { quote!(()) } else { copy(ct) }).collect();
        let passed = if let [one] = passed.as_slice() { quote!(#one) } else { quote!((#(#passed),*)) };
        let add = |slot: &Ident, given: &Ident| {
            quote! {
                if let ::core::option::Option::Some(slot) = #slot {
                    ::differentiable::__private::accumulate(slot, &#given);
                }
            }
        };
        let assigned = self.assigns.then(|| {
            let copied = cts.iter().map(copy);
            quote!(#(let mut #given_a = #copied;)*)
        });
        let mut added = TokenStream::new();
        for c in 0..n as usize {
            if self.assigns {
                added.extend(add(&slots[c], &given_a[c]));
            }
            if self.binary && !self.lent {
                added.extend(add(&slots_b[c], &given_b[c]));
            }
        }
        let fwd = self.companion("__fwd", level);
        quote! {
            fn #name(
                #head #params
                #(#cts: &<#output as ::differentiable::Differentiable>::Tangent,)*
                #(#slot_params)*
            ) {
                #copies
                #assigned
                let (_, tape) = #fwd(#arguments);
                let (#(#pattern)*) = tape(((#again_first #(#again)*), #passed, (#(#taken)*)));
                #added
            }
        }
    }
}
