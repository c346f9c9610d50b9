//! The list of passes.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::constructors::Constructors;
use crate::errors::Errors;
use crate::ir::{Passing, Program};
use crate::kinds::{Kind, Types};
use crate::options::Options;
use crate::signature::Signature;
use crate::switches::Analysis;
use crate::{
    dispatch, exits, fence, forward, fuse, kinds, lower, outputs, reverse, scratch, simplify, tape, verify, winners,
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
    /// What the documentation says about what they store.
    descriptions: RefCell<Vec<(Rc<Program>, String)>>,
}

/// Expands the attribute on any item.
pub(crate) fn attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    let given = item.clone();
    // A bug of the compiler is an error like any other: it names the function and stops nothing else.
    let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| attribute_unguarded(options, item)));
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

fn attribute_unguarded(options: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = crate::nesting::check(&options)
        .and_then(|()| crate::nesting::check(&item))
        .and_then(|()| syn::parse2::<Options>(options));
    let result = parsed.and_then(|options| match syn::parse2::<syn::Item>(item.clone())? {
        syn::Item::Fn(f) => Ok(crate::twin::function(f, options)),
        syn::Item::Impl(i) => Ok(crate::methods_of::implementation(i, options)),
        syn::Item::Trait(t) => Ok(crate::traits::declaration(t, options)),
        other => Err(syn::Error::new_spanned(
            &other,
            "`#[differentiable]` stands on functions, `impl` blocks and traits; for a struct or an enum write `#[derive(Differentiable)]`",
        )),
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
}

impl<'a> Outer<'a> {
    pub(crate) fn new<'s>(
        generics: &'a syn::Generics,
        owner: Option<syn::Type>,
        methods: impl Iterator<Item = &'s syn::Signature>,
    ) -> Self {
        let lending = methods.filter_map(|sig| match &sig.output {
            syn::ReturnType::Type(_, ty) => match &**ty {
                syn::Type::Reference(r) => Some((sig.ident.to_string(), (*r.elem).clone())),
                _ => None,
            },
            syn::ReturnType::Default => None,
        });
        Self { generics, owner, lending: lending.collect() }
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
    let generics = sig.generics.clone();
    let types = Types::new(&outer.map(|o| o.generics).into_iter().chain([&generics]).collect::<Vec<_>>())
        .with_signature(sig)
        .with_order(options.order())
        .with_lending(outer.map_or(&[], |o| &o.lending))
        .with_constructors(Constructors::of(sig, body, outer.and_then(|o| o.owner.as_ref())));
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
    let rewritten = crate::pullbacks::rewrite(body, &errors);
    let body = rewritten.as_ref().unwrap_or(body);
    fence::check(body, &errors);
    fence::check_types(&signature, &errors);
    errors.check()?;
    if options.jvp.is_some() && options.order() > 1 && signature.params.iter().any(|p| p.passing == Passing::RefMut) {
        errors.at(
            signature.name.span(),
            "a rule of a function that changes its arguments has first derivatives only: take `order` off",
        );
        errors.check()?;
    }
    let mut primal = lower::lower(&signature, by_value_receiver, body, &types, &errors);
    errors.check()?;
    let result = signature.output.as_ref().map_or(Kind::Unit, |ty| types.kind(ty));
    kinds::infer(&mut primal, &types, &result);
    exits::eliminate(&mut primal, &result, signature.output.as_ref());
    kinds::infer(&mut primal, &types, &result);
    dispatch::resolve(&mut primal, &types);
    kinds::infer(&mut primal, &types, &result);
    verify::normal_form(&primal, &types);
    refuse_unknown_functions(&primal, &signature, &errors);
    crate::lost::refuse(&primal, &types, &signature, &errors);
    refuse_idle_parameters(&primal, &signature, options, &errors);
    if options.lanes {
        crate::lanes::refuse(&primal, &signature, options, &errors);
    }
    errors.finish()?;
    let mut reserved = HashSet::new();
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
        items: inner_items(body),
        stages: RefCell::default(),
        layouts: RefCell::default(),
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

/// Which sweeps of a function are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sweeps {
    /// The backward sweep comes later, from a tape.
    Taped,
    /// The same for callers that need `&mut` parameters as outputs alone.
    Outputs,
    /// One after the other, with the cotangent of the value as an argument.
    Joined,
    /// One after the other, with the cotangent 1 for a float value; with `narrowed` only the parameters
    /// of `wrt` are active.
    Seeded { narrowed: bool },
    /// The same for the parameters of `wrt`, with all of the forward sweep before all of the backward sweep.
    Apart,
}

/// A program on the way from a function to the derivatives that are made of both its sweeps.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stage {
    /// Only the parameters of `wrt` are active.
    narrowed: bool,
    /// What `&mut` parameters hold on the way back does not matter.
    outputs: bool,
    /// The cotangent of the value is 1.
    seeded: bool,
    /// The backward sweep of what can be fused follows its forward sweep.
    fused: bool,
    step: Step,
    /// How many times forward mode was applied.
    level: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Both sweeps, which share their variables.
    Reversed,
    /// The backward sweep reads what it needs from tapes.
    Placed,
    Final,
}

impl Function {
    /// The program with its active parameters marked: all differentiable ones, or those of `wrt` and those that the
    /// function changes, whose final values depend on them.
    fn activated(&self, narrowed: bool) -> Program {
        let mut program = self.primal.clone();
        for (param, p) in program.params.iter_mut().zip(&self.signature.params) {
            param.active = if narrowed { p.has_slot() } else { p.differentiable };
        }
        if Analysis::Scratch.is_on() {
            scratch::localise(&mut program);
        }
        if Analysis::Winners.is_on() {
            winners::single_out(&mut program);
        }
        program
    }

    /// The function with its tangents: forward mode, `level` times.
    pub(crate) fn tangent(&self, level: u32) -> Program {
        let mut program = self.activated(false);
        let mut done = 0;
        if let Some((differentiable, rule, result)) = self.annotated_rule().filter(|_| level > 0) {
            program = crate::rule_programs::forward(&program, &differentiable, rule, &result);
            done = 1;
        }
        for _ in done..level {
            program = forward::transform(&program, &self.types);
        }
        simplify::run(&mut program);
        verify::well_formed(&program, &self.types);
        program
    }

    /// Forward and backward sweep, and `level` times forward mode over both.
    ///
    /// Where the cotangent of the value is known from the beginning, the sweeps are fused.
    pub(crate) fn adjoint(&self, level: u32, sweeps: Sweeps) -> Rc<Program> {
        let apart = sweeps == Sweeps::Apart;
        let narrowed = matches!(sweeps, Sweeps::Seeded { narrowed: true } | Sweeps::Apart);
        let seeded = (matches!(sweeps, Sweeps::Seeded { .. }) || apart) && self.seed().is_some();
        let fused = (seeded || sweeps == Sweeps::Joined) && !apart;
        // Where `wrt` leaves nothing out, the narrowed programs are the others.
        let narrowed = narrowed && self.signature.params.iter().any(|p| p.has_slot() != p.differentiable);
        let outputs = sweeps == Sweeps::Outputs;
        self.staged(Stage { narrowed, outputs, seeded, fused, step: Step::Final, level })
    }

    /// A program of the stage, made once from the one before it.
    fn staged(&self, stage: Stage) -> Rc<Program> {
        let known = self.stages.borrow().iter().find(|(key, _)| *key == stage).map(|(_, p)| p.clone());
        known.unwrap_or_else(|| {
            let program = self.next(stage);
            self.stages.borrow_mut().push((stage, program.clone()));
            program
        })
    }

    fn next(&self, stage: Stage) -> Rc<Program> {
        let mut program;
        match stage.step {
            Step::Reversed if stage.fused => {
                let apart = self.staged(Stage { fused: false, ..stage });
                // The state behind `&mut` parameters is restored on the way back: it keeps its order.
                if !Analysis::Fuse.is_on() || apart.params.iter().any(|p| p.passing == Passing::RefMut) {
                    return apart;
                }
                program = (*apart).clone();
                if !fuse::sweeps(&mut program) {
                    return apart;
                }
                simplify::run(&mut program);
            }
            Step::Reversed if stage.seeded => {
                program = (*self.staged(Stage { seeded: false, ..stage })).clone();
                reverse::seed(&mut program, self.seed().expect("a seeded value is a float"));
                simplify::run(&mut program);
            }
            Step::Reversed if stage.outputs => {
                program = (*self.staged(Stage { outputs: false, ..stage })).clone();
                program.outputs = true;
                simplify::run(&mut program);
                if outputs::mark(&mut program) {
                    simplify::run(&mut program);
                }
            }
            Step::Reversed => {
                program = reverse::transform(&self.activated(stage.narrowed), &self.types);
                simplify::run(&mut program);
                if outputs::mark(&mut program) {
                    simplify::run(&mut program);
                }
                reverse::of_containers(&mut program);
            }
            Step::Placed if stage.level == 1 && self.annotated_rule().is_some() => {
                let (differentiable, rule, result) = self.annotated_rule().expect("tested above");
                let start = self.activated(stage.narrowed);
                program = crate::rule_programs::backward(&start, &differentiable, rule, &result, &self.types);
            }
            Step::Placed if stage.level > 0 => {
                let below = self.staged(Stage { level: stage.level - 1, ..stage });
                program = forward::transform(&below, &self.types);
                simplify::run(&mut program);
            }
            Step::Placed => {
                let reversed = self.staged(Stage { step: Step::Reversed, ..stage });
                if stage.fused {
                    let apart = Stage { fused: false, ..stage };
                    if Rc::ptr_eq(&reversed, &self.staged(Stage { step: Step::Reversed, ..apart })) {
                        return self.staged(apart);
                    }
                }
                program = (*reversed).clone();
                tape::place(&mut program);
                simplify::run(&mut program);
                tape::drop_empty(&mut program);
            }
            Step::Final => {
                let placed = self.staged(Stage { step: Step::Placed, ..stage });
                if stage.fused {
                    let apart = Stage { fused: false, ..stage };
                    if Rc::ptr_eq(&placed, &self.staged(Stage { step: Step::Placed, ..apart })) {
                        return self.staged(apart);
                    }
                }
                program = (*placed).clone();
                simplify::singular_terms(&mut program);
                verify::well_formed(&program, &self.types);
            }
        }
        Rc::new(program)
    }

    /// The rule of forward mode that is annotated itself, which parameters have tangents in it, and the kind of the value.
    fn annotated_rule(&self) -> Option<(Vec<bool>, &syn::Path, Kind)> {
        let rule = self.options.jvp.as_ref().filter(|_| self.options.order() > 1)?;
        let differentiable = self.signature.params.iter().map(|p| p.differentiable).collect();
        let result = self.types.kind_of(self.signature.output.as_ref()).unwrap_or(Kind::Unit);
        Some((differentiable, rule, result))
    }

    /// The type of the cotangent 1, where the value is a float.
    fn seed(&self) -> Option<kinds::Float> {
        match self.types.kind_of(self.signature.output.as_ref()) {
            Some(Kind::Float(float)) => Some(float),
            _ => None,
        }
    }

    /// The program as it is written: laid out, and with copies in the place of moves.
    pub(crate) fn laid_out(&self, program: &Rc<Program>) -> Rc<Program> {
        let known = self.layouts.borrow().iter().find(|(key, _)| Rc::ptr_eq(key, program)).map(|(_, p)| p.clone());
        known.unwrap_or_else(|| {
            let mut out = (**program).clone();
            crate::layout::arrange(&mut out, &self.types);
            crate::emit::moves::clone_where_needed(&mut out);
            let out = Rc::new(out);
            self.layouts.borrow_mut().push((program.clone(), out.clone()));
            out
        })
    }

    /// What is said about what a program stores, found once.
    pub(crate) fn described(&self, program: &Rc<Program>, describe: impl FnOnce(&Program) -> String) -> String {
        let known = self.descriptions.borrow().iter().find(|(key, _)| Rc::ptr_eq(key, program)).map(|(_, s)| s.clone());
        known.unwrap_or_else(|| {
            let text = describe(program);
            self.descriptions.borrow_mut().push((program.clone(), text.clone()));
            text
        })
    }

    /// Whether a method that has the name of a float function is called on a value of unknown kind.
    pub(crate) fn calls_float_methods(&self) -> bool {
        let mut found = false;
        self.primal.body.walk(&mut |s| {
            if let crate::ir::Stmt::Call(call) = s
                && let crate::ir::Callee::Method { name, .. } = &call.callee
            {
                found |= crate::rules::find(&name.to_string()).is_some();
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
        let mut found = false;
        self.primal.body.walk(&mut |s| {
            if let crate::ir::Stmt::Call(call) = s {
                found |= matches!(call.callee, crate::ir::Callee::Function { .. } | crate::ir::Callee::Method { .. });
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
            signature.params.iter().zip(&program.params).any(|(p, q)| p.name == *name && !useful.contains(&q.parts[0]));
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
            crate::activity::carriers(e, &mut |u| active |= varied.contains(&u));
        }
        if active && call.outs.iter().any(|o| useful.contains(o)) {
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

/// The items that stand inside a function body.
fn inner_items(body: &syn::Block) -> TokenStream {
    struct Items(TokenStream);
    impl<'a> syn::visit::Visit<'a> for Items {
        fn visit_item(&mut self, item: &'a syn::Item) {
            self.0.extend(quote!(#[allow(unused)] #item));
        }
    }
    let mut items = Items(TokenStream::new());
    syn::visit::Visit::visit_block(&mut items, body);
    items.0
}
