//! Operators of user types: beside `impl std::ops::Add for V` stands the derivative of the operator, as
//! an `impl` of the runtime's trait of the same name.
//!
//! The method's companions are items of a trait of their own, which can stand on any type; the runtime's trait calls
//! them.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{ImplItem, ItemImpl, Type};

use crate::companions::{Companions, Host};
use crate::expand;
use crate::forms;
use crate::options::Options;

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
    let mut host = Host {
        vis: TokenStream::new(),
        method: Some(method.sig.ident.clone()),
        attrs: TokenStream::new(),
        of_trait: false,
        declared: false,
        captures_self: false,
        outer: item.generics.clone(),
        associated: Vec::new(),
        bound: None,
    };
    let companions = |host: &Host, body: bool| {
        let c = Companions { f: &function, host };
        let mut out = TokenStream::new();
        for level in 1..=options.order() {
            out.extend(c.tangent_as(level, body));
        }
        for level in 0..options.order() {
            out.extend(c.taped_as_item(level, body));
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
    let companion = |base: &str, level: u32| {
        let name = c.host.hidden(base, level);
        quote!(<Self as Companions #type_generics>::#name)
    };
    let (fwd, jvp) = (companion("__fwd", 0), companion("__jvp", 1));
    let (fwd1, jvp2) = (companion("__fwd", 1), companion("__jvp", 2));
    let second = options.order() >= 2;
    let operator = format_ident!("{}", name);
    let tangent = quote!(::core::option::Option<&Self::Tangent>);
    let slot = quote!(::core::option::Option<&mut Self::Tangent>);
    if name == "Neg" {
        let output = c.output();
        let space = quote!(<#output as ::differentiable::Differentiable>::Tangent);
        let second = second.then(|| {
            quote! {
                #[inline]
                fn tangent2(a: &Self, da: #tangent, ea: #tangent, dda: #tangent) -> (#output, #space, #space, #space) {
                    #jvp2(a, da, ea, dda)
                }
                #[inline]
                fn adjoint1(a: &Self, ta: #tangent, ct: &#space, tct: &#space, da: #slot, ea: #slot) {
                    let (_, tape) = #fwd1(a, ta);
                    tape(((a, ta), (::core::clone::Clone::clone(ct), ::core::clone::Clone::clone(tct)), (da, ea)));
                }
            }
        });
        return quote! {
            impl #impl_generics ::differentiable::operators::Neg for #self_ty #clause {
                type Output = #output;
                #[inline]
                fn tangent(a: &Self, da: #tangent) -> (#output, #space) {
                    #jvp(a, da)
                }
                #[inline]
                fn adjoint(a: &Self, ct: &#space, da: #slot) {
                    let (_, tape) = #fwd(a);
                    tape(((a,), ::core::clone::Clone::clone(ct), (da,)));
                }
                #second
            }
        };
    }
    let other = quote!(<#rhs as ::differentiable::Differentiable>::Tangent);
    let (b_tangent, b_slot) = (quote!(::core::option::Option<&#other>), quote!(::core::option::Option<&mut #other>));
    // By value, `b` is copied and its gradient comes back; by reference, it is lent with its slot.
    let lent = form.rhs_by_reference;
    let b = if lent { quote!(b) } else { quote!(::core::clone::Clone::clone(b)) };
    let direction = |d: TokenStream| if lent { d } else { quote!(#d.cloned()) };
    let (by_db, by_eb, by_ddb, by_tb) =
        (direction(quote!(db)), direction(quote!(eb)), direction(quote!(ddb)), direction(quote!(tb)));
    let shown = |d: TokenStream| if lent { d } else { quote!(()) };
    let (again_b, again_tb, slot_b, slot_eb) =
        (shown(quote!(b)), shown(quote!(tb)), shown(quote!(db)), shown(quote!(eb)));
    let assigns = name.ends_with("Assign");
    let output = if assigns { quote!(Self) } else { c.output() };
    let space = quote!(<#output as ::differentiable::Differentiable>::Tangent);
    let declared = (!assigns).then(|| quote!(type Output = #output;));
    let owned = quote!(::core::clone::Clone::clone(a));
    // Where there is no tangent of `a`, one is needed to receive what `b` adds.
    let moving = |da: TokenStream| quote!(#da.cloned().unwrap_or_else(|| ::differentiable::Differentiable::__zero(a)));
    let (of_da, of_ea, of_dda) = (moving(quote!(da)), moving(quote!(ea)), moving(quote!(dda)));
    let some_mut = |d: TokenStream| quote!(::core::option::Option::Some(&mut #d));
    let (mut_da, mut_ea, mut_dda) = (some_mut(quote!(da)), some_mut(quote!(ea)), some_mut(quote!(dda)));
    let tangent_body = if assigns {
        quote! {
            let (mut value, mut da) = (#owned, #of_da);
            #jvp(&mut value, #b, #mut_da, #by_db);
            (value, da)
        }
    } else {
        quote!(#jvp(a, #b, da, #by_db))
    };
    let tangent2_body = if assigns {
        quote! {
            let (mut value, mut da, mut ea, mut dda) = (#owned, #of_da, #of_ea, #of_dda);
            #jvp2(&mut value, #b, #mut_da, #by_db, #mut_ea, #by_eb, #mut_dda, #by_ddb);
            (value, da, ea, dda)
        }
    } else {
        quote!(#jvp2(a, #b, da, #by_db, ea, #by_eb, dda, #by_ddb))
    };
    let add = |slot: TokenStream, g: TokenStream| {
        quote! {
            if let ::core::option::Option::Some(slot) = #slot {
                ::differentiable::__private::accumulate(slot, &#g);
            }
        }
    };
    let returned = |slot: TokenStream, g: TokenStream| if lent { TokenStream::new() } else { add(slot, g) };
    let (add_a, add_b) = (add(quote!(da), quote!(ga)), returned(quote!(db), quote!(gb)));
    let (add_ea, add_eb) = (add(quote!(ea), quote!(ha)), returned(quote!(eb), quote!(hb)));
    let adjoint_body = if assigns {
        quote! {
            let (mut value, mut ga) = (#owned, ::core::clone::Clone::clone(ct));
            let (_, tape) = #fwd(&mut value, #b);
            let (_, gb) = tape(((&mut value, #again_b), (), (::core::option::Option::Some(&mut ga), #slot_b)));
            #add_a
            #add_b
        }
    } else {
        quote! {
            let (_, tape) = #fwd(a, #b);
            let (_, gb) = tape(((a, #again_b), ::core::clone::Clone::clone(ct), (da, #slot_b)));
            #add_b
        }
    };
    let adjoint1_body = if assigns {
        let of_ta = moving(quote!(ta));
        quote! {
            let (mut value, mut ta) = (#owned, #of_ta);
            let (mut ga, mut ha) = (::core::clone::Clone::clone(ct), ::core::clone::Clone::clone(tct));
            let (_, tape) = #fwd1(&mut value, #b, ::core::option::Option::Some(&mut ta), #by_tb);
            let (_, gb, _, hb) = tape((
                (&mut value, #again_b, ::core::option::Option::Some(&mut ta), #again_tb),
                ((), ()),
                (::core::option::Option::Some(&mut ga), #slot_b, ::core::option::Option::Some(&mut ha), #slot_eb),
            ));
            #add_a
            #add_b
            #add_ea
            #add_eb
        }
    } else {
        quote! {
            let (_, tape) = #fwd1(a, #b, ta, #by_tb);
            let cts = (::core::clone::Clone::clone(ct), ::core::clone::Clone::clone(tct));
            let (_, gb, _, hb) = tape(((a, #again_b, ta, #again_tb), cts, (da, #slot_b, ea, #slot_eb)));
            #add_b
            #add_eb
        }
    };
    let second = second.then(|| {
        quote! {
            #[inline]
            fn tangent2(
                a: &Self, b: &#rhs, da: #tangent, db: #b_tangent, ea: #tangent, eb: #b_tangent, dda: #tangent, ddb: #b_tangent,
            ) -> (#output, #space, #space, #space) {
                #tangent2_body
            }
            #[inline]
            fn adjoint1(
                a: &Self, b: &#rhs, ta: #tangent, tb: #b_tangent, ct: &#space, tct: &#space,
                da: #slot, db: #b_slot, ea: #slot, eb: #b_slot,
            ) {
                #adjoint1_body
            }
        }
    });
    quote! {
        impl #impl_generics ::differentiable::operators::#operator<#rhs> for #self_ty #clause {
            #declared
            #[inline]
            fn tangent(a: &Self, b: &#rhs, da: #tangent, db: #b_tangent) -> (#output, #space) {
                #tangent_body
            }
            #[inline]
            fn adjoint(a: &Self, b: &#rhs, ct: &#space, da: #slot, db: #b_slot) {
                #adjoint_body
            }
            #second
        }
    }
}
