//! The list of passes.

mod stages;

use std::cell::RefCell;
use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

pub(crate) use self::stages::Sweeps;
use self::stages::{Stage, Written};
use crate::constructors::Constructors;
use crate::errors::Errors;
use crate::ir::{Passing, Program};
use crate::kinds::{Kind, Numbers, Types};
use crate::lower::Uses;
use crate::maps::HashSet;
use crate::options::Options;
use crate::renamed_types::Renamed;
use crate::signature::Signature;
use crate::surroundings::Surroundings;
use crate::{
    bracketed, chaining, dispatch, exits, fence, hygiene, inner_items, kinds, lengths, lower, own_names, verify,
};

/// A function on its way through the passes.
pub(crate) struct Function {
    pub(crate) signature: Signature,
    pub(crate) options: Options,
    pub(crate) types: Types,
    /// The function itself, in normal form.
    pub(crate) primal: Program,
    /// Every identifier that occurs in the function: generated names avoid them.
    pub(crate) reserved: HashSet<String>,
    /// It is a method that takes `self` by value.
    pub(crate) by_value_receiver: bool,
    /// The items inside the function, which its companions need as well.
    pub(crate) items: TokenStream,
    /// The programs on the way to those of [`Function::adjoint`], of which several companions are made.
    stages: RefCell<Vec<(Stage, Rc<Program>)>>,
    /// The programs of [`Function::laid_out`], by those that they were made of.
    layouts: RefCell<Vec<(Rc<Program>, Rc<Program>)>>,
    /// The sweeps of those as they are written.
    written: RefCell<Vec<Written>>,
    /// What the documentation says about what they store.
    descriptions: RefCell<Vec<(Rc<Program>, String)>>,
}

/// Expands the attribute on any item of which nothing else is known.
#[cfg(test)]
pub(crate) fn attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    attribute_in(None, options, item)
}

/// Expands the attribute on any item, which is written in a file.
pub(crate) fn attribute_in(file: Option<&std::path::Path>, options: TokenStream, item: TokenStream) -> TokenStream {
    let given = item.clone();
    // A bug of the compiler is an error like any other: it names the function and stops nothing else.
    let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| attribute_unguarded(file, options, item)));
    run.unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        let message =
            format!("`differentiable` has a bug, please report it with this item: {}", text.unwrap_or_default());
        let error = syn::Error::new_spanned(&given, message).to_compile_error();
        quote!(#given #error)
    })
}

fn attribute_unguarded(file: Option<&std::path::Path>, options: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = crate::nesting::check(&options)
        .and_then(|()| crate::nesting::check(&item))
        .and_then(|()| syn::parse2::<Options>(options));
    let read = || {
        let mut item = syn::parse2::<syn::Item>(item.clone())?;
        crate::ungroup::ungroup(&mut item);
        Ok::<_, syn::Error>(item)
    };
    let parsed = parsed.map(|options| Options { surroundings: Surroundings::of(&item, file), ..options });
    let result = parsed.and_then(|mut options| {
        let mut item = read()?;
        let renamed = Renamed::apart(&mut item, &options.surroundings)?;
        if let Some(renamed) = &renamed {
            options.surroundings = options.surroundings.with_aliases(renamed.aliases());
        }
        let expanded = match item {
            syn::Item::Fn(f) => crate::twin::function(f, options),
            syn::Item::Impl(i) => crate::methods_of::implementation(i, options),
            syn::Item::Trait(t) => crate::traits::declaration(t, options),
            other => return Err(syn::Error::new_spanned(
                &other,
                "`#[differentiable]` stands on functions, `impl` blocks and traits; for a struct or an enum write `#[derive(Differentiable)]`",
            )),
        };
        Ok(match renamed {
            Some(renamed) => renamed.restored(expanded),
            None => expanded,
        })
    });
    result.unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote!(#item #error)
    })
}

/// The `impl` block or the trait that a method stands in.
pub(crate) struct Outer<'a> {
    pub(crate) generics: &'a syn::Generics,
    /// The type that the block is for.
    pub(crate) owner: Option<syn::Type>,
    /// The methods in it that return references, with what those refer to.
    pub(crate) lending: Vec<(String, syn::Type)>,
    /// The methods in it, with the types of their values.
    pub(crate) values: Vec<(String, Option<syn::Type>)>,
    /// The methods in it that may change their receiver.
    pub(crate) changing: Vec<String>,
    /// What they use the fields of `self` as.
    pub(crate) fields: Uses,
}

impl<'a> Outer<'a> {
    pub(crate) fn new<'s>(
        generics: &'a syn::Generics,
        owner: Option<syn::Type>,
        methods: impl Iterator<Item = (&'s syn::Signature, Option<&'s syn::Block>)>,
    ) -> Self {
        let (lending, values, changing) = (Vec::new(), Vec::new(), Vec::new());
        let mut outer = Self { generics, owner, lending, values, changing, fields: Uses::default() };
        for (sig, body) in methods {
            let name = sig.ident.to_string();
            let ty = match &sig.output {
                syn::ReturnType::Type(_, ty) => Some((**ty).clone()),
                syn::ReturnType::Default => None,
            };
            if let Some(syn::Type::Reference(r)) = &ty {
                outer.lending.push((name.clone(), (*r.elem).clone()));
            }
            if crate::signature::changes_receiver(sig) {
                outer.changing.push(name.clone());
            }
            outer.values.push((name, ty));
            if let Some(body) = body {
                outer.fields = outer.fields.with(&Uses::of_fields(body));
            }
        }
        outer
    }
}

/// Takes a function to its normal form: parse, fence, lower, eliminate exits, infer kinds, dispatch.
pub(crate) fn analyse(
    sig: &mut syn::Signature,
    body: &syn::Block,
    outer: Option<&Outer<'_>>,
    options: &Options,
) -> Result<Function, syn::Error> {
    let errors = Errors::new();
    let plain = chaining::plain(sig, body).filter(|_| outer.is_some());
    let body = if let Some((plain, body)) = &plain {
        sig.clone_from(plain);
        body
    } else {
        body
    };
    let generics = sig.generics.clone();
    let around: Vec<&syn::Generics> = outer.map(|o| o.generics).into_iter().chain([&generics]).collect();
    let types = Types::new(&around)
        .with_numbers(Numbers::of(sig, body, &around))
        .with_signature(sig)
        .with_order(options.order())
        .with_surroundings(options.surroundings.for_type(outer.and_then(|o| o.owner.as_ref())));
    let types = outer.into_iter().fold(types, Types::beside).with_constructors(Constructors::of(
        sig,
        body,
        outer.and_then(|o| o.owner.as_ref()),
        &options.surroundings,
    ));
    let mut signature = Signature::read(sig, options, &types, &errors);
    let by_value_receiver = signature.params.first().is_some_and(|p| p.receiver && p.passing == Passing::Value);
    // A method's receiver is handed over by reference, whatever the method takes.
    for param in &mut signature.params {
        if param.receiver && param.passing == Passing::Value {
            param.passing = Passing::Ref;
            param.owned = true;
            param.ty = syn::parse_quote!(&Self);
        }
    }
    let apart = hygiene::apart(sig, body, &errors);
    let body = apart.as_ref().unwrap_or(body);
    let renamed = own_names::renamed(sig, body, outer.and_then(|o| o.owner.as_ref()));
    let body = renamed.as_ref().unwrap_or(body);
    inner_items::refuse_globs(body, &errors);
    let apart = inner_items::apart(body);
    let body = apart.as_ref().unwrap_or(body);
    let bare = bracketed::bare(body);
    let body = bare.as_ref().unwrap_or(body);
    let rewritten = crate::pullbacks::rewrite(body, &errors);
    let body = rewritten.as_ref().unwrap_or(body);
    fence::check(body, &errors);
    fence::check_types(&signature, &errors);
    errors.check()?;
    let mut primal = lower::lower(&signature, by_value_receiver, body, &types, &errors);
    errors.check()?;
    let result = signature.output.as_ref().map_or(Kind::Unit, |ty| types.kind(ty));
    kinds::infer(&mut primal, &types, &result);
    if lengths::settle(&mut primal, &types) {
        kinds::infer(&mut primal, &types, &result);
    }
    exits::eliminate(&mut primal, &result, signature.output.as_ref());
    kinds::infer(&mut primal, &types, &result);
    dispatch::resolve(&mut primal, &types);
    kinds::infer(&mut primal, &types, &result);
    crate::bits::claim(&mut primal, &types, &signature, &errors);
    verify::normal_form(&primal, &types);
    refuse_unknown_functions(&primal, &signature, &errors);
    crate::kept_references::refuse(&primal, &errors);
    crate::lost::refuse(&primal, &types, &signature, &errors);
    refuse_idle_parameters(&primal, &signature, options, &errors);
    crate::scalars::refuse_orders(&primal, &signature, options.order(), &errors);
    if options.lanes {
        crate::lanes::refuse(&primal, &signature, options, &errors);
    }
    errors.finish()?;
    let mut reserved = HashSet::default();
    names(sig.to_token_stream(), &mut reserved, false);
    names(body.to_token_stream(), &mut reserved, false);
    let locals: HashSet<String> = primal.vars.iter().map(|v| v.name.clone()).collect();
    reserved.retain(|n| !locals.contains(n));
    let function = Function {
        signature,
        options: options.clone(),
        types,
        primal,
        reserved,
        by_value_receiver,
        items: inner_items::of(body),
        stages: RefCell::default(),
        layouts: RefCell::default(),
        written: RefCell::default(),
        descriptions: RefCell::default(),
    };
    if options.tape_none {
        let errors = Errors::new();
        if options.has_rule() {
            errors.at(
                function.signature.name.span(),
                "`tape = none` cannot tell what a rule written by hand stores; take it off",
            );
        } else {
            crate::storage::refuse(&function, &errors);
        }
        errors.finish()?;
    }
    Ok(function)
}

impl Function {
    /// Whether a method that has the name of a float function is called on a value of unknown kind.
    pub(crate) fn calls_float_methods(&self) -> bool {
        let mut found = false;
        self.primal.body.walk(&mut |s| {
            if let crate::ir::Stmt::Call(call) = s
                && let crate::ir::Callee::Method { name, .. } = &call.callee
            {
                found |= crate::rules::is_of_floats(&name.to_string());
            }
        });
        found
    }

    /// Whether the function calls what may be a function of complex numbers.
    pub(crate) fn calls_complex(&self) -> bool {
        use crate::ir::{Callee, Stmt};
        let mut found = false;
        self.primal.body.walk(&mut |s| {
            let Stmt::Call(call) = s else { return };
            found |= match &call.callee {
                Callee::Method { name, .. } => name == "to_polar" || crate::complex::find(&name.to_string()).is_some(),
                Callee::Function { path, .. } => {
                    path.segments.iter().rev().nth(1).is_some_and(|s| s.ident == "Complex")
                }
                _ => false,
            };
        });
        found
    }

    /// Whether the function calls another whose tape its own would contain.
    pub(crate) fn calls_others(&self) -> bool {
        self.calls_others_than(&mut |_| false)
    }

    /// Whether the function calls another whose tape its own would contain, beside those that are told apart.
    pub(crate) fn calls_others_than(&self, is_known: &mut dyn FnMut(&crate::ir::Call) -> bool) -> bool {
        let mut found = self.annotated_rule().is_some();
        self.primal.body.walk(&mut |s| {
            if let crate::ir::Stmt::Call(call) = s {
                found |= matches!(call.callee, crate::ir::Callee::Function { .. } | crate::ir::Callee::Method { .. })
                    && !crate::reverse::is_pulled_anew(&self.primal, call)
                    && !is_known(call);
            }
        });
        found
    }
}

/// A parameter that `wrt` names must reach the result: a gradient that is always zero is a mistake.
fn refuse_idle_parameters(program: &Program, signature: &Signature, options: &Options, errors: &Errors) {
    let useful = crate::activity::useful(program);
    for name in options.wrt.iter().flatten() {
        let idle =
            signature.params.iter().zip(&program.params).any(|(p, q)| p.name == *name && !useful.contains(q.parts[0]));
        if idle && !options.has_rule() {
            errors.at(name.span(), format!("the value does not depend on `{name}` in a way that has a derivative: its gradient would always be zero"));
        }
    }
}

/// A parameter that is a function has no derivative: nothing active may flow through it.
fn refuse_unknown_functions(program: &Program, signature: &Signature, errors: &Errors) {
    let seeds = program.params.iter().zip(&signature.params).filter(|(_, p)| p.differentiable).map(|(q, _)| q.parts[0]);
    let varied = crate::activity::varied(program, seeds);
    let useful = crate::activity::useful(program);
    program.body.walk(&mut |s| {
        let crate::ir::Stmt::Call(call) = s else { return };
        let crate::ir::Callee::Variable(v) = call.callee else { return };
        let mut active = false;
        for e in call.args.iter().flat_map(|a| &a.parts).flatten() {
            crate::activity::carriers(e, &mut |u| active |= varied.contains(u));
        }
        if active && call.outs.iter().any(|o| useful.contains(*o)) {
            errors.at(
                call.span,
                format!("`{}` is a function that is passed in, and its derivative is not known; call an annotated function, or wrap the argument in `stop_gradient`", program.vars[v].name),
            );
        }
    });
}

/// Collects the identifiers of a token stream.
fn names(tokens: TokenStream, into: &mut HashSet<String>, _inner: bool) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(i) => {
                into.insert(i.to_string());
            }
            proc_macro2::TokenTree::Group(g) => names(g.stream(), into, true),
            _ => {}
        }
    }
}

/// Takes the attributes of this crate off the statements of a function that is emitted as written.
pub(crate) fn strip_statement_markers(block: &mut syn::Block) {
    struct Strip;
    impl syn::visit_mut::VisitMut for Strip {
        fn visit_block_mut(&mut self, block: &mut syn::Block) {
            // What only the attribute mentions is used all the same.
            let stmts = std::mem::take(&mut block.stmts).into_iter();
            block.stmts = stmts.flat_map(|s| lower::checkpoint_argument(&s).into_iter().chain([s])).collect();
            syn::visit_mut::visit_block_mut(self, block);
        }

        fn visit_attributes_mut(&mut self, attrs: &mut Vec<syn::Attribute>) {
            attrs.retain(|a| !a.path().is_ident("checkpoint"));
        }
    }
    syn::visit_mut::VisitMut::visit_block_mut(&mut Strip, block);
}

/// The body that the compiler reads: none, where a rule is given and no derivative of a higher order is wanted.
pub(crate) fn body_to_read(body: &syn::Block, options: &Options) -> syn::Block {
    if let Some(body) = &options.body {
        syn::parse_quote!({ #body })
    } else if options.has_rule() {
        syn::parse_quote!({ ::core::unreachable!() })
    } else {
        body.clone()
    }
}
