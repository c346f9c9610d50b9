//! The companions of the methods of an `impl` block, of a type or of a trait.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ImplItem, ItemImpl};

use crate::companions::{Companions, Host};
use crate::cycles::Ending;
use crate::emit::{Code, Part, code};
use crate::expand::{self, Function};
use crate::method_modes::{self, Limited};
use crate::options::Options;
use crate::twin;

/// Expands the attribute on an `impl` block.
pub(crate) fn implementation(mut item: ItemImpl, options: Options) -> TokenStream {
    if let Some(tokens) = crate::indexing::implementation(&item) {
        return tokens;
    }
    if let Some(tokens) = crate::operators::implementation(&item, &options) {
        return tokens;
    }
    if let Err(error) = options.refuse_on_a_block(item.items.iter().filter(|m| matches!(m, ImplItem::Fn(_))).count()) {
        let error = error.into_compile_error();
        return quote!(#item #error);
    }
    let iterator = crate::own_iterators::associated(&mut item);
    let converted = converted(&item);
    if let Some(error) = refused_trait(&item).filter(|_| !iterator && converted.is_none()) {
        return quote!(#item #error);
    }
    let mut companions = TokenStream::new();
    let mut errors = TokenStream::new();
    let mut missing = TokenStream::new();
    let mut analysed_methods = Vec::new();
    let of_trait = item.trait_.is_some() && !iterator;
    let associated: Vec<syn::Type> = item
        .items
        .iter()
        .filter_map(|member| if let ImplItem::Type(t) = member { Some(t.ty.clone()) } else { None })
        .collect();
    let generics = item.generics.clone();
    let methods =
        item.items.iter().filter_map(|m| if let ImplItem::Fn(f) = m { Some((&f.sig, Some(&f.block))) } else { None });
    let outer = expand::Outer::new(&generics, Some((*item.self_ty).clone()), methods);
    // A tape holds no reference, so it cannot hold what names `Self`.
    let borrowing = !of_trait && crate::tangent_types::borrows(&item.self_ty);
    for member in &mut item.items {
        let ImplItem::Fn(f) = member else { continue };
        let own = match take_options(&mut f.attrs, &options) {
            Ok(own) => own,
            Err(e) => {
                errors.extend(e.to_compile_error());
                continue;
            }
        };
        if of_trait && own.tape_none && !own.skip {
            errors.extend(tape_of_trait(&f.sig.ident).to_compile_error());
        }
        if of_trait && own.lanes && !own.skip {
            errors.extend(crate::lanes::of_trait(&f.sig.ident).to_compile_error());
        }
        if of_trait && own.has_rule() && !own.skip {
            errors.extend(rule_of_trait(&f.sig.ident).to_compile_error());
        }
        let mut sig = f.sig.clone();
        let mut body = expand::body_to_read(&f.block, &own);
        if borrowing {
            name_self(&item.self_ty, &mut sig, &mut body);
        }
        // Of an iterator, everything else is made of its `next`.
        let skip = own.skip || iterator && f.sig.ident != "next";
        let analysed = if skip { None } else { Some(expand::analyse(&mut sig, &body, Some(&outer), &own)) };
        twin::strip_markers(&mut f.sig);
        expand::strip_statement_markers(&mut f.block);
        match analysed {
            None if of_trait => {
                let skipped = crate::traits::skip_marker(&f.sig.ident);
                companions.extend(quote!(#[doc(hidden)] fn #skipped() {}));
            }
            None => {}
            Some(Err(e)) => errors.extend(e.to_compile_error()),
            Some(Ok(mut function)) => {
                if borrowing {
                    function.signature.name_receiver(&item.self_ty);
                }
                let cfgs: TokenStream =
                    f.attrs.iter().filter(|a| a.path().is_ident("cfg")).map(ToTokens::to_token_stream).collect();
                let vis = match (of_trait, iterator) {
                    (true, _) => Code::new(),
                    // As visible as the trait's method.
                    (_, true) => code!(pub),
                    _ => f.vis.to_code(),
                };
                let tracked = twin::tracked(&f.attrs);
                let host = Host {
                    vis,
                    method: Some(f.sig.ident.clone()),
                    attrs: code!(#cfgs #tracked),
                    of_trait,
                    outer: item.generics.clone(),
                    associated: associated.clone(),
                    ..Host::default()
                };
                analysed_methods.push((function, host, cfgs));
            }
        }
    }
    let all: Vec<&Function> = analysed_methods.iter().map(|(f, ..)| f).collect();
    let limited = if of_trait { Limited::default() } else { method_modes::limited(&all) };
    let ending = if of_trait { Ending::default() } else { crate::cycles::ending(&all, &item.self_ty) };
    for (f, mut host, cfgs) in analysed_methods {
        let marker = limited.get(&f.signature.name.to_string());
        host.limited.clone_from(&limited);
        host.ending.clone_from(&ending);
        if let Some(marker) = marker {
            missing.extend(method_modes::declared(marker, &cfgs));
            companions.extend(method_modes::companion(&Companions { f: &f, host: &host }, marker));
            if f.options.has_rule() {
                missing.extend(crate::modes::of_rule(&f, marker, &cfgs));
            }
        }
        let (marked, siblings) = (marker.filter(|_| !f.options.has_rule()), method_modes::siblings(&f, &limited));
        missing.extend(crate::unannotated::functions(&f, &host.outer, marked, &siblings, &cfgs));
        companions.extend([if of_trait { trait_items(&f, &host) } else { twin::items(&f, &host) }]);
    }
    if of_trait {
        // The companions are items of the trait, so they stand in the same block.
        let (attrs, generics, self_ty) = (&item.attrs, &item.generics, &item.self_ty);
        let (impl_generics, _, clause) = generics.split_for_impl();
        let (path, _) = item.trait_.as_ref().expect("an impl of a trait");
        let (items, annotated) = (&item.items, crate::traits::annotated_marker());
        if let Some(of) = converted {
            let conversion = quote! {
                #[allow(unused, clippy::all, clippy::pedantic)]
                impl #impl_generics ::differentiable::__private::Conversion<#of> for #self_ty #clause {
                    fn #annotated() {}
                    #companions
                }
            };
            let conversion = crate::companions::with_std(&conversion, &quote!());
            return quote!(#item #conversion #errors #missing);
        }
        return quote! {
            #(#attrs)*
            #[allow(clippy::too_many_arguments, clippy::type_complexity)]
            impl #impl_generics #path for #self_ty #clause {
                #(#items)*
                #[doc(hidden)]
                fn #annotated() {}
                #companions
            }
            #errors
            #missing
        };
    }
    let (impl_generics, _, clause) = item.generics.split_for_impl();
    let self_ty = &item.self_ty;
    if borrowing {
        companions = for_all_lifetimes(companions, self_ty);
    }
    quote! {
        #item
        #[allow(unused, clippy::all, clippy::pedantic)]
        impl #impl_generics #self_ty #clause {
            #companions
        }
        #errors
        #missing
    }
}

/// Traits that nobody else has, of which the attribute can make nothing: they are not annotated themselves.
const STANDARD: &[&str] = &[
    "From",
    "Into",
    "TryFrom",
    "TryInto",
    "Iterator",
    "IntoIterator",
    "FromIterator",
    "Extend",
    "Deref",
    "DerefMut",
    "AsRef",
    "AsMut",
    "Borrow",
    "BorrowMut",
    "FromStr",
    "Default",
    "Clone",
    "PartialEq",
    "PartialOrd",
    "Display",
    "Debug",
    "Drop",
];

/// The type that an `impl From` converts, unless that is a reference, which no tape can hold.
fn converted(item: &ItemImpl) -> Option<syn::Type> {
    let (path, _) = item.trait_.as_ref()?;
    let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if !matches!(names[..], ["From"] | ["std" | "core", "convert", "From"]) {
        return None;
    }
    let of = crate::lower::argument(&path.segments.last()?.arguments)?;
    (!matches!(of, syn::Type::Reference(_))).then(|| of.clone())
}

/// The refusal of an `impl` of a trait of the standard library, or of one for a type without a size.
fn refused_trait(item: &ItemImpl) -> Option<TokenStream> {
    let (path, _) = item.trait_.as_ref()?;
    if let syn::Type::Slice(ty) = &*item.self_ty {
        let text = "methods of a trait for slices have no derivatives, since a slice has no size of its own; implement the trait for `Vec`, or write functions of a slice";
        return Some(syn::Error::new_spanned(ty, text).to_compile_error());
    }
    let first = path.segments.first()?.ident.to_string();
    let name = path.segments.last()?.ident.to_string();
    let theirs = matches!(first.as_str(), "std" | "core" | "alloc");
    if !theirs && (path.segments.len() > 1 || !STANDARD.contains(&name.as_str())) {
        return None;
    }
    if name == "From" {
        let text = "a conversion of a reference cannot be differentiated, since its tape cannot hold that; implement `From` for the value, or write a method";
        return Some(syn::Error::new_spanned(path, text).to_compile_error());
    }
    let text = format!(
        "methods of the standard library's `{name}` have no derivatives; leave the attribute off here, and for what is differentiated write a method of the type's own in an annotated `impl`"
    );
    Some(syn::Error::new_spanned(path, text).to_compile_error())
}

/// `Self::f(…)` ⇒ `Type::f(…)`: what a tape is given has a lifetime of its own.
fn for_all_lifetimes(tokens: TokenStream, ty: &syn::Type) -> TokenStream {
    use proc_macro2::TokenTree;
    let Some(path) = bare_path(ty) else { return tokens };
    let mut out = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(i)
                if i == "Self"
                    && matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == ':' && p.spacing() == proc_macro2::Spacing::Joint) =>
            {
                path.to_tokens(&mut out);
            }
            TokenTree::Group(g) => {
                let mut group = proc_macro2::Group::new(g.delimiter(), for_all_lifetimes(g.stream(), ty));
                group.set_span(g.span());
                out.extend([TokenTree::Group(group)]);
            }
            other => out.extend([other]),
        }
    }
    out
}

/// The path of a type without arguments.
fn bare_path(ty: &syn::Type) -> Option<syn::Path> {
    let syn::Type::Path(named) = ty else { return None };
    let mut path = named.path.clone();
    path.segments.last_mut()?.arguments = syn::PathArguments::None;
    Some(path)
}

/// Writes the type in the place of `Self`, with lifetimes that are left out.
fn name_self(ty: &syn::Type, sig: &mut syn::Signature, body: &mut syn::Block) {
    struct Name {
        ty: syn::Type,
        path: syn::Path,
    }
    impl syn::visit_mut::VisitMut for Name {
        fn visit_type_mut(&mut self, ty: &mut syn::Type) {
            if matches!(ty, syn::Type::Path(p) if p.path.is_ident("Self")) {
                *ty = self.ty.clone();
            } else {
                syn::visit_mut::visit_type_mut(self, ty);
            }
        }

        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            if path.segments.first().is_some_and(|s| s.ident == "Self") {
                let rest = path.segments.iter().skip(1).cloned();
                let segments = self.path.segments.iter().cloned().chain(rest).collect();
                *path = syn::Path { leading_colon: self.path.leading_colon, segments };
            } else {
                syn::visit_mut::visit_path_mut(self, path);
            }
        }
    }
    let Some(path) = bare_path(ty) else { return };
    let mut name = Name { ty: crate::tangent_types::with_lifetimes(ty, "'_"), path };
    syn::visit_mut::VisitMut::visit_block_mut(&mut name, body);
    // A value of the type has its lifetime.
    name.ty = ty.clone();
    syn::visit_mut::VisitMut::visit_signature_mut(&mut name, sig);
}

/// The hidden companions that a trait requires.
fn trait_items(f: &Function, host: &Host) -> Code {
    let c = Companions { f, host };
    let mut out = Code::new();
    for level in 1..=f.options.order() {
        out.extend([c.tangent(level)]);
    }
    for level in 0..f.options.order() {
        out.extend([c.taped_erased(level, true)]);
    }
    out
}

/// Methods of traits are called without knowing whose they are.
pub(crate) fn tape_of_trait(method: &syn::Ident) -> syn::Error {
    syn::Error::new(
        method.span(),
        format!(
            "`tape = none`: a method of a trait keeps its tape in a box, since every `impl` has its own; put the computation of `{method}` into a function with `tape = none`, or take `tape = none` off"
        ),
    )
}

/// The body of a method with a rule is not read, so what a trait asks for cannot be made of it.
pub(crate) fn rule_of_trait(method: &syn::Ident) -> syn::Error {
    syn::Error::new(
        method.span(),
        format!("a method of a trait has no rule of its own; let `{method}` call a function that has one"),
    )
}

/// Takes `#[differentiable(…)]` off a method; its options stand in for those of the block.
pub(crate) fn take_options(attrs: &mut Vec<syn::Attribute>, block: &Options) -> syn::Result<Options> {
    let surroundings = || block.surroundings.clone();
    let mut options = Options {
        order: block.order,
        tape_none: block.tape_none,
        lanes: block.lanes,
        prefix: block.prefix.clone(),
        surroundings: surroundings(),
        ..Options::default()
    };
    let mut error = None;
    attrs.retain(|a| {
        if !a.path().is_ident("differentiable") {
            return true;
        }
        match a.parse_args::<Options>() {
            Ok(own) => {
                let (order, tape_none) = (own.order.max(block.order), own.tape_none || block.tape_none);
                let lanes = own.lanes || block.lanes;
                options = Options { order, tape_none, lanes, surroundings: surroundings(), ..own };
            }
            Err(e) => error = Some(e),
        }
        false
    });
    error.map_or(Ok(options), Err)
}
