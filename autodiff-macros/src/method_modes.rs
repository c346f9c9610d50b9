//! Which modes the methods have that a function calls.
//!
//! A method has no type beside it that would tell. Where it lacks a mode, or calls what may lack one, it has a type with the
//! markers of `modes.rs` all the same, and a companion `__modes_m` that gives it. In: a function in normal form. Out: those, and
//! for the callers of methods the questions: methods of the same `impl` are known by name, and those of a parameter, or
//! of a part of one, are asked by their companion, which a trait without a mode missing stands in for. Of other receivers the
//! type is not known, and their methods are taken to have both modes.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;

use crate::companions::Companions;
use crate::cycles::{receiver, sibling};
use crate::expand::{Function, Sweeps};
use crate::ir::{Callee, Expr, Place, Program, Step, Stmt};
use crate::kinds::{self, Kind};
use crate::maps::{HashMap, HashSet};
use crate::shells::Shells;
use crate::unannotated::{digest, others};

/// The methods of an `impl` that may lack a mode, by their names: the types with their markers.
pub(crate) type Limited = HashMap<String, Ident>;

/// The declaration of a marker.
pub(crate) fn declared(marker: &Ident, cfgs: &TokenStream) -> TokenStream {
    quote!(#cfgs #[doc(hidden)] #[allow(dead_code, non_camel_case_types)] enum #marker {})
}

/// The companion that gives a method's marker.
pub(crate) fn companion(c: &Companions<'_>, marker: &Ident) -> TokenStream {
    let (name, vis, attrs) = (asked(&c.f.signature.name), &c.host.vis, &c.host.attrs);
    let types = c.host.outer.type_params().map(|p| &p.ident);
    let captured = types.chain(c.host.outer.const_params().map(|p| &p.ident));
    quote! {
        #attrs #[doc(hidden)] #[inline]
        #vis fn #name(&self) -> impl ::core::marker::Sized + use<#(#captured),*> { ::core::marker::PhantomData::<#marker> }
    }
}

fn asked(method: &Ident) -> Ident {
    Ident::new(&format!("__modes_{}", method.unraw()), method.span())
}

/// Those of the methods of an `impl` that may lack a mode.
pub(crate) fn limited(methods: &[&Function]) -> Limited {
    let mut found = Limited::default();
    loop {
        let may_lack = |f: &Function| f.options.has_rule() || !others(f).is_empty() || !siblings(f, &found).is_empty();
        let name = |f: &Function| f.signature.name.to_string();
        let more: Vec<&Function> =
            methods.iter().copied().filter(|f| !found.contains_key(&name(f)) && may_lack(f)).collect();
        if more.is_empty() {
            return found;
        }
        let marker = |f: &Function| format_ident!("__modes_{}", digest(&f.signature.name, &f.signature.name));
        found.extend(more.into_iter().map(|f| (name(f), marker(f))));
    }
}

/// The markers of the methods of the same `impl` that a method calls.
pub(crate) fn siblings(f: &Function, limited: &Limited) -> Vec<Ident> {
    if limited.is_empty() || f.options.has_rule() {
        return Vec::new();
    }
    let program = f.adjoint(0, Sweeps::Taped);
    let mut found: Vec<Ident> = Vec::new();
    called(&program, &mut |callee, receiver| {
        if let Some(name) = sibling(f, callee, receiver)
            && let Some(marker) = limited.get(&name.to_string())
            && !found.contains(marker)
        {
            found.push(marker.clone());
        }
    });
    found
}

/// Calls `see` with what is called and differentiated, and with the place of the receiver.
fn called(program: &Program, see: &mut dyn FnMut(&Callee, Option<&Place>)) {
    program.body.walk(&mut |s| {
        let Stmt::Call(call) = s else { return };
        if call.mode.is_taped() {
            see(&call.callee, receiver(call));
        }
    });
}

/// The questions about the methods of parameters and of their parts: what a closure around them gives, and what must
/// be in scope.
pub(crate) fn questions(shells: &Shells<'_>) -> (Vec<TokenStream>, TokenStream) {
    let c = &shells.companions;
    let program = c.f.adjoint(0, Sweeps::Taped);
    let (mut questions, mut names, mut seen) = (Vec::new(), Vec::new(), HashSet::default());
    called(&program, &mut |callee, receiver| {
        let (Callee::Method { name, .. }, Some(place)) = (callee, receiver) else { return };
        let known = sibling(c.f, callee, receiver).is_some_and(|n| c.host.limited.contains_key(&n.to_string()));
        let of = kinds::of_expr(&program, &c.f.types, &Expr::Place(place.clone()));
        if known || crate::rules::find(&name.to_string()).is_some() || !matches!(of.deref(), Kind::Unknown) {
            return;
        }
        let Some(receiver) = written(shells, &program, place) else { return };
        let name = asked(name);
        let question = quote!(#receiver.#name());
        if seen.insert(question.to_string()) {
            questions.push(question);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    });
    let fallback = (!names.is_empty()).then(|| {
        quote! {
            trait __BothModes {
                #(fn #names(&self) -> ::core::marker::PhantomData<()> { ::core::marker::PhantomData })*
            }
            impl<__T: ?::core::marker::Sized> __BothModes for __T {}
        }
    });
    (questions, fallback.unwrap_or_default())
}

/// A part of a parameter in its shell, which is not evaluated.
fn written(shells: &Shells<'_>, program: &Program, place: &Place) -> Option<TokenStream> {
    let i = program.params.iter().position(|p| p.parts[0] == place.root)?;
    let (mut text, types) = (shells.name(i).to_token_stream(), &shells.companions.f.types);
    for step in &place.path {
        text = match step {
            // A receiver by value comes by reference, which is followed on its own.
            Step::Deref => quote!((*#text)),
            Step::Field(member) => quote!(#text.#member),
            Step::Index { at, range: false } if kinds::of_expr(program, types, at) == Kind::Int => quote!(#text[0]),
            _ => return None,
        };
    }
    Some(text)
}
