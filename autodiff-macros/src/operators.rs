//! Operators of user types: beside `impl std::ops::Add for V` stands the derivative of the operator, as
//! an `impl` of the runtime's trait of the same name.
//!
//! The method's companions become inherent ones under a name of their own; the trait calls them.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{ImplItem, ItemImpl, Type};

use crate::companions::{Companions, Host};
use crate::expand;
use crate::options::Options;

/// The operator that an `impl` defines, if it is one with a derivative.
fn operator(item: &ItemImpl) -> Option<String> {
    let (path, _) = item.trait_.as_ref()?;
    let name = path.segments.last()?.ident.to_string();
    matches!(name.as_str(), "Add" | "Sub" | "Mul" | "Div" | "Rem" | "Neg").then_some(name)
}

/// Expands the attribute on the `impl` of an operator; `None` if it is none.
pub(crate) fn implementation(item: &ItemImpl, options: &Options) -> Option<TokenStream> {
    if let Some((path, _)) = &item.trait_
        && let Some(last) = path.segments.last()
        && let Some(plain) = last.ident.to_string().strip_suffix("Assign")
        && matches!(plain, "Add" | "Sub" | "Mul" | "Div" | "Rem")
    {
        let message = format!(
            "`{}` of a type cannot be differentiated: `a op= b` is differentiated as `a = a op b`; annotate the `impl {plain}`, and leave this one without the attribute",
            last.ident,
        );
        let error = syn::Error::new_spanned(path, message).to_compile_error();
        return Some(quote!(#item #error));
    }
    let name = operator(item)?;
    // An operator of references computes what that of values does, which is differentiated.
    let by_reference = |ty: &Type| matches!(ty, Type::Reference(_));
    let rhs = right_hand_side(item);
    if by_reference(&item.self_ty) || by_reference(&rhs) {
        return Some(item.to_token_stream());
    }
    Some(derivative(item, options, &name, &rhs).unwrap_or_else(|e| {
        let error = e.to_compile_error();
        quote!(#item #error)
    }))
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

fn derivative(item: &ItemImpl, options: &Options, name: &str, rhs: &Type) -> syn::Result<TokenStream> {
    let self_ty = &*item.self_ty;
    if let Type::Path(p) = self_ty
        && (p.path.is_ident("f64") || p.path.is_ident("f32"))
    {
        return Err(syn::Error::new_spanned(
            self_ty,
            "an operator with a float on the left cannot be differentiated here; write the operands the other way round, or a method",
        ));
    }
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
    let function = expand::analyse(&mut sig, &method.block, Some(&item.generics), options)?;
    let suffix: String = rhs
        .to_token_stream()
        .to_string()
        .replace('&', " ref ")
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    // `V<T>` ⇒ `v_t`: underscores in a row are no snake case.
    let suffix = suffix.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    let mangled = format_ident!("{}_{}", method.sig.ident, suffix, span = method.sig.ident.span());
    let host = Host { method: Some(mangled), outer: item.generics.clone(), ..Host::default() };
    let c = Companions { f: &function, host: &host };
    let mut companions = TokenStream::new();
    for level in 1..=options.order() {
        companions.extend(c.tangent(level));
    }
    for level in 0..options.order() {
        companions.extend(c.taped(level));
    }
    let (fwd, jvp) = (host.hidden("__fwd", 0), host.hidden("__jvp", 1));
    let operator = format_ident!("{}", name);
    let (impl_generics, _, clause) = item.generics.split_for_impl();
    let output = c.output();
    let unary = name == "Neg";
    let higher = higher(&host, options.order(), (!unary).then_some(&rhs));
    let implementation = if unary {
        quote! {
            impl #impl_generics ::differentiable::operators::Neg for #self_ty #clause {
                type Output = #output;
                #[inline]
                fn tangent(a: &Self, da: ::core::option::Option<&Self::Tangent>) -> (Self::Output, <Self::Output as ::differentiable::Differentiable>::Tangent) {
                    a.#jvp(da)
                }
                #[inline]
                fn adjoint(a: &Self, ct: &<Self::Output as ::differentiable::Differentiable>::Tangent, da: ::core::option::Option<&mut Self::Tangent>) {
                    let (_, tape) = a.#fwd();
                    tape(((a,), ::core::clone::Clone::clone(ct), (da,)));
                }
                #higher
            }
        }
    } else {
        quote! {
            impl #impl_generics ::differentiable::operators::#operator<#rhs> for #self_ty #clause {
                type Output = #output;
                #[inline]
                fn tangent(
                    a: &Self,
                    b: &#rhs,
                    da: ::core::option::Option<&Self::Tangent>,
                    db: ::core::option::Option<&<#rhs as ::differentiable::Differentiable>::Tangent>,
                ) -> (Self::Output, <Self::Output as ::differentiable::Differentiable>::Tangent) {
                    a.#jvp(::core::clone::Clone::clone(b), da, db.cloned())
                }
                #[inline]
                fn adjoint(
                    a: &Self,
                    b: &#rhs,
                    ct: &<Self::Output as ::differentiable::Differentiable>::Tangent,
                    da: ::core::option::Option<&mut Self::Tangent>,
                    db: ::core::option::Option<&mut <#rhs as ::differentiable::Differentiable>::Tangent>,
                ) {
                    let (_, tape) = a.#fwd(::core::clone::Clone::clone(b));
                    let (_, g) = tape(((a, ()), ::core::clone::Clone::clone(ct), (da, ())));
                    if let ::core::option::Option::Some(db) = db {
                        ::differentiable::__private::accumulate(db, &g);
                    }
                }
                #higher
            }
        }
    };
    Ok(quote! {
        #item
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl #impl_generics #self_ty #clause { #companions }
        #[allow(unused, clippy::all, clippy::pedantic)]
        #implementation
    })
}

/// `tangent2`, `adjoint1` and so on, as far as the order goes; `rhs` is the other operand, where there is one.
fn higher(host: &Host, order: u32, rhs: Option<&Type>) -> TokenStream {
    let space = |ty: TokenStream| quote!(<#ty as ::differentiable::Differentiable>::Tangent);
    let (own, out) = (space(quote!(Self)), space(quote!(Self::Output)));
    let other = rhs.map(|rhs| space(rhs.to_token_stream()));
    let b = rhs.map(|rhs| (quote!(b: &#rhs,), quote!(::core::clone::Clone::clone(b),)));
    let (b_param, b_value) = b.unwrap_or_default();
    let mut methods = TokenStream::new();
    for level in 1..=order.min(crate::scalars::ORDER) {
        let (mut params, mut handed) = (TokenStream::new(), TokenStream::new());
        let (mut again, mut cotangents, mut slots, mut slot_params) =
            (quote!(a,), TokenStream::new(), TokenStream::new(), TokenStream::new());
        let (mut gradients, mut adds) = (TokenStream::new(), TokenStream::new());
        for c in 0..1_usize << level {
            let (a, b) = (format_ident!("a{}", c), format_ident!("b{}", c));
            let (ct, da, db, g) =
                (format_ident!("ct{}", c), format_ident!("da{}", c), format_ident!("db{}", c), format_ident!("g{}", c));
            if c > 0 {
                params.extend(quote!(#a: ::core::option::Option<&#own>,));
                handed.extend(quote!(#a,));
                again.extend(quote!(#a,));
            }
            slot_params.extend(quote!(#da: ::core::option::Option<&mut #own>,));
            slots.extend(quote!(#da,));
            gradients.extend(quote!(_,));
            cotangents.extend(quote!(#ct,));
            if let Some(other) = &other {
                if c > 0 {
                    params.extend(quote!(#b: ::core::option::Option<&#other>,));
                    handed.extend(quote!(#b.cloned(),));
                }
                again.extend(quote!((),));
                slot_params.extend(quote!(#db: ::core::option::Option<&mut #other>,));
                slots.extend(quote!((),));
                gradients.extend(quote!(#g,));
                adds.extend(quote! {
                    if let ::core::option::Option::Some(slot) = #db {
                        ::differentiable::__private::accumulate(slot, &#g);
                    }
                });
            }
        }
        let n = 1_usize << level;
        if level >= 2 {
            let (name, jvp) = (format_ident!("tangent{}", level), host.hidden("__jvp", level));
            let tangents = (1..n).map(|_| &out);
            methods.extend(quote! {
                #[inline]
                fn #name(a: &Self, #b_param #params) -> (Self::Output, #(#tangents),*) {
                    a.#jvp(#b_value #handed)
                }
            });
        }
        if level < order {
            let (name, fwd) = (format_ident!("adjoint{}", level), host.hidden("__fwd", level));
            let names: Vec<_> = (0..n).map(|c| format_ident!("ct{}", c)).collect();
            methods.extend(quote! {
                #[inline]
                fn #name(a: &Self, #b_param #params #(#names: &#out,)* #slot_params) {
                    let (_, tape) = a.#fwd(#b_value #handed);
                    let (#gradients) = tape(((#again), (#(::core::clone::Clone::clone(#names)),*), (#slots)));
                    #adds
                }
            });
        }
    }
    methods
}
