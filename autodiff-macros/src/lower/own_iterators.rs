//! Iterators of the user's own are calls of their `next`.
//!
//! In: a body in which a type of the user's own is iterated over, `for v in Fib::new(x)`, `fib.take(3).sum::<f64>()`. Out: the same
//! with `iter::from_fn(|| it.next())` in its place, which every adapter can be put behind.
//!
//! Where a value begins a chain, a constructor, a literal or a `next` elsewhere in the body shows that it is of the user's own.
//! Types that are no iterators have methods such as `map` and `sum`, too: a chain needs a method that only iterators have. Where
//! a function gives the value, or it is a parameter, only such a method shows what it is, or the declaration of the type, if it
//! stands in the same file.

use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMethodCall, Pat, parse_quote};

use super::iterators::{is_adapted, is_adapter, is_consumer, is_generator};
use super::owners;
use crate::ir::Passing;
use crate::maps::HashSet;
use crate::signature::Signature;
use crate::surroundings::{Surroundings, Written};

/// What is iterated over, inside the block that stands for it: moved there, so that a closure which moves it in need not copy it.
pub(super) const NAME: &str = "__iterator";

/// The body with generators for the iterators of the user's own.
pub(super) fn as_generators(block: &mut syn::Block, signature: &Signature, around: &Surroundings) {
    let mut own = Own { around: around.clone(), ..Own::default() };
    signature.params.iter().filter_map(|p| p.pattern.as_ref()).for_each(|pat| own.visit_pat(pat));
    own.visit_block(block);
    let mut known = own.made;
    known.retain(|name| !own.others.contains(name));
    known.extend(own.advanced.into_iter().filter(|name| !own.others.contains(name)));
    let lent = signature.params.iter().filter(|p| p.passing == Passing::RefMut).map(|p| p.name.to_string());
    let lent = lent.chain(own.lent).collect();
    let passed = signature.params.iter().filter(|p| p.passing != Passing::Ref && may_be_own(p.target()));
    let unknown = passed.map(|p| p.name.to_string()).chain(own.given);
    let unknown = unknown.filter(|name| !own.others.contains(name)).collect();
    let declared = signature
        .params
        .iter()
        .filter(|p| p.passing != Passing::Ref && around.is_iterator(&Written::here(p.target().clone())));
    let declared = declared.map(|p| p.name.to_string()).chain(own.declared);
    let declared: HashSet<String> = declared.filter(|name| !own.others.contains(name)).collect();
    known.extend(declared.iter().cloned());
    Generators { known, lent, unknown, declared, around: around.clone() }.visit_block_mut(block);
}

/// Whether a parameter of a type may be an iterator of the user's own.
fn may_be_own(ty: &syn::Type) -> bool {
    let syn::Type::Path(p) = ty else { return false };
    p.qself.is_none()
        && p.path
            .segments
            .last()
            .is_some_and(|s| !is_theirs(&s.ident) && !owners::SEQUENCES.iter().any(|n| s.ident == n))
}

/// What the body shows of names and fields.
#[derive(Default)]
struct Own {
    /// Those that a constructor or a call makes.
    made: HashSet<String>,
    /// Those that a function gives, which may be one.
    given: HashSet<String>,
    /// Those that something else makes.
    others: HashSet<String>,
    /// Those on which `next` is called.
    advanced: HashSet<String>,
    /// Those that are references to what something else holds.
    lent: HashSet<String>,
    /// Those that are iterators by the declaration of the function that gives them.
    declared: HashSet<String>,
    around: Surroundings,
}

impl Own {
    fn bind(&mut self, pat: &Pat, init: Option<&Expr>) {
        let pat = if let Pat::Type(t) = pat { &*t.pat } else { pat };
        match (pat, init) {
            (Pat::Ident(name), Some(init)) if gives_iterator(init, &self.around) => {
                self.declared.insert(name.ident.to_string());
            }
            // A container is made without elements, and changed.
            (Pat::Ident(name), Some(init)) if is_own(init) && (name.mutability.is_none() || is_given(init)) => {
                self.made.insert(name.ident.to_string());
            }
            (Pat::Ident(name), Some(Expr::Reference(r))) if r.mutability.is_some() => {
                self.lent.insert(name.ident.to_string());
            }
            (Pat::Ident(name), Some(init)) if is_called(init) => {
                self.given.insert(name.ident.to_string());
            }
            (Pat::Ident(_), Some(Expr::Call(c))) if !is_generator(c) => {}
            (pat, _) => self.visit_pat(pat),
        }
    }
}

impl<'ast> Visit<'ast> for Own {
    fn visit_local(&mut self, local: &'ast syn::Local) {
        self.bind(&local.pat, local.init.as_ref().map(|init| &*init.expr));
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            init.diverge.iter().for_each(|(_, e)| self.visit_expr(e));
        }
    }

    fn visit_pat(&mut self, pat: &Pat) {
        self.others.extend(super::bound_names(pat).iter().map(ToString::to_string));
    }

    fn visit_expr_method_call(&mut self, m: &'ast ExprMethodCall) {
        if m.method == "next" && m.args.is_empty() {
            self.advanced.extend(owners::key(&m.receiver));
        }
        visit::visit_expr_method_call(self, m);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

struct Generators {
    known: HashSet<String>,
    lent: HashSet<String>,
    /// Parameters whose type does not tell, and what functions give.
    unknown: HashSet<String>,
    /// Iterators by the declaration of their type.
    declared: HashSet<String>,
    around: Surroundings,
}

impl Generators {
    /// Whether an expression is of a type of the user's own that is an iterator, where it is `shown` to be some iterator.
    fn is_own(&self, e: &Expr, shown: bool) -> bool {
        match e {
            Expr::Paren(p) => self.is_own(&p.expr, shown),
            Expr::Path(_) | Expr::Field(_) => {
                owners::key(e).is_some_and(|key| self.known.contains(&key) || shown && self.unknown.contains(&key))
            }
            e => is_own(e) || shown && is_called(e) || gives_iterator(e, &self.around),
        }
    }

    /// Whether a chain begins with what is an iterator by the declaration of its type.
    fn is_declared(&self, e: &Expr) -> bool {
        match e {
            Expr::Paren(p) => self.is_declared(&p.expr),
            Expr::MethodCall(m) => is_adapter(&m.method.to_string()) && self.is_declared(&m.receiver),
            Expr::Path(_) => owners::key(e).is_some_and(|key| self.declared.contains(&key)),
            e => gives_iterator(e, &self.around),
        }
    }

    /// What an expression lends for as long as it is iterated over: `&mut it`, `it.by_ref()`, or the name of such a reference.
    fn lends<'e>(&self, e: &'e Expr, shown: bool) -> Option<&'e Expr> {
        match e {
            Expr::Reference(r) if r.mutability.is_some() && self.is_own(&r.expr, shown) => Some(&r.expr),
            Expr::MethodCall(m) if m.method == "by_ref" && m.args.is_empty() && self.is_own(&m.receiver, true) => {
                Some(&m.receiver)
            }
            Expr::Path(_) if self.is_own(e, shown) && owners::key(e).is_some_and(|key| self.lent.contains(&key)) => {
                Some(e)
            }
            _ => None,
        }
    }

    /// Whether an expression is a value of a type of the user's own that nothing else holds afterwards.
    fn gives(&self, e: &Expr, shown: bool) -> bool {
        let copied = matches!(e, Expr::MethodCall(m) if m.method == "clone" && self.is_own(&m.receiver, shown));
        copied || self.is_own(e, shown)
    }

    /// Puts a generator in the place of what a chain begins with, or of the chain itself if it is that. A part of the chain
    /// that is behind it may have `shown` that it is one.
    fn generate(&self, e: &mut Expr, shown: bool) {
        if let Some(of) = self.lends(e, shown) {
            *e = parse_quote!(::core::iter::from_fn(|| #of.next()));
        } else if self.gives(e, shown) {
            let name = syn::Ident::new(NAME, syn::spanned::Spanned::span(e));
            *e = parse_quote!({ let mut #name = #e; ::core::iter::from_fn(move || #name.next()) });
        } else {
            match e {
                Expr::Paren(p) => self.generate(&mut p.expr, shown),
                Expr::Block(b) if b.label.is_none() => {
                    if let Some(syn::Stmt::Expr(last, None)) = b.block.stmts.last_mut() {
                        self.generate(last, shown);
                    }
                }
                Expr::MethodCall(m) if is_adapter(&m.method.to_string()) => {
                    // Sequences are made iterators by it.
                    let shown = m.method != "into_iter" && (shown || is_of_iterators_alone(m));
                    self.generate(&mut m.receiver, shown);
                }
                _ => {}
            }
        }
    }
}

impl VisitMut for Generators {
    fn visit_expr_for_loop_mut(&mut self, f: &mut syn::ExprForLoop) {
        self.generate(&mut f.expr, false);
        visit_mut::visit_expr_for_loop_mut(self, f);
    }

    fn visit_expr_mut(&mut self, e: &mut Expr) {
        if let Expr::MethodCall(m) = e {
            let declared = is_consumer(&m.method.to_string()) && self.is_declared(&m.receiver);
            if declared || is_of_iterators(m) {
                let shown = is_of_iterators_alone(m);
                self.generate(&mut m.receiver, shown);
            }
            // A value without a name is given one, under which it is advanced.
            if m.method == "next" && m.args.is_empty() && (is_own(&m.receiver) || is_called(&m.receiver)) {
                let name = syn::Ident::new(NAME, syn::spanned::Spanned::span(&m.receiver));
                let (of, next) = (&m.receiver, &m.method);
                *e = parse_quote!({ let mut #name = #of; #name.#next() });
                visit_mut::visit_expr_mut(self, e);
                return;
            }
            let chained = matches!(m.method.to_string().as_str(), "zip" | "chain") && m.args.len() == 1;
            if m.method == "flat_map"
                && let Some(Expr::Closure(closure)) = m.args.first_mut()
            {
                self.generate(&mut closure.body, false);
            }
            if chained && (is_adapted(&m.receiver) || is_generated(&m.receiver)) {
                self.generate(&mut m.args[0], false);
            }
        }
        visit_mut::visit_expr_mut(self, e);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Whether a type of the standard library, or of `ndarray`, has the name.
fn is_theirs(name: &syn::Ident) -> bool {
    const THEIRS: &[&str] = &[
        "HashMap",
        "HashSet",
        "BTreeMap",
        "BTreeSet",
        "BinaryHeap",
        "LinkedList",
        "String",
        "Range",
        "RangeInclusive",
        "Rc",
        "Arc",
        "Result",
    ];
    THEIRS.iter().any(|n| name == n) || name.to_string().starts_with("Array")
}

/// Whether an expression is what a function gives that is called by its name.
fn is_called(e: &Expr) -> bool {
    match e {
        Expr::Paren(p) => is_called(&p.expr),
        Expr::Call(c) if !is_generator(c) => {
            let Expr::Path(p) = &*c.func else { return false };
            p.path.segments.iter().all(|s| !super::capital(&s.ident.to_string()))
        }
        _ => false,
    }
}

/// Whether a function is called that gives an iterator of the user's own, as its declaration says.
fn gives_iterator(e: &Expr, around: &Surroundings) -> bool {
    match e {
        Expr::Paren(p) => gives_iterator(&p.expr, around),
        Expr::Call(c) => match &*c.func {
            Expr::Path(p) if p.qself.is_none() => around.output(&p.path).is_some_and(|ty| around.is_iterator(&ty)),
            _ => false,
        },
        _ => false,
    }
}

/// Whether an expression makes a value of a type of the user's own.
fn is_own(e: &Expr) -> bool {
    let theirs = |path: &syn::Path, from_end: usize| {
        path.segments.iter().rev().nth(from_end).is_some_and(|s| is_theirs(&s.ident))
    };
    match e {
        Expr::Paren(p) => is_own(&p.expr),
        Expr::Struct(s) => !theirs(&s.path, 0),
        Expr::Call(c) => {
            let Expr::Path(p) = &*c.func else { return false };
            // Those that make vectors and arrays, which may have another name here.
            let container = |name: &syn::Ident| {
                ["zeros", "with_capacity", "from_vec", "from_elem", "from_iter", "from_fn"].iter().any(|c| name == c)
                    || name.to_string().starts_with("from_shape")
            };
            owners::makes_another_type(e)
                && !theirs(&p.path, 1)
                && !p.path.segments.last().is_some_and(|s| container(&s.ident))
        }
        _ => false,
    }
}

/// Whether something is given to what makes a value.
fn is_given(e: &Expr) -> bool {
    match e {
        Expr::Paren(p) => is_given(&p.expr),
        Expr::Call(c) => !c.args.is_empty(),
        _ => true,
    }
}

/// Whether an expression is a generator that stands for an iterator of the user's own.
fn is_generated(e: &Expr) -> bool {
    match e {
        Expr::Call(c) => is_generator(c),
        Expr::Block(b) => matches!(b.block.stmts.last(), Some(syn::Stmt::Expr(e, None)) if is_generated(e)),
        Expr::Paren(p) => is_generated(&p.expr),
        Expr::MethodCall(m) => is_adapter(&m.method.to_string()) && is_generated(&m.receiver),
        _ => false,
    }
}

/// Whether a method shows that its receiver is an iterator, whatever begins the chain.
fn is_of_iterators(m: &ExprMethodCall) -> bool {
    let closure = m.args.first().is_some_and(|a| matches!(a, Expr::Closure(_)));
    match (m.method.to_string().as_str(), m.args.len()) {
        ("enumerate" | "peekable" | "by_ref" | "fuse" | "collect" | "unzip", 0)
        | ("step_by", 1)
        | ("fold" | "try_fold", 2) => true,
        (
            "take_while" | "skip_while" | "map_while" | "filter_map" | "flat_map" | "inspect" | "for_each"
            | "partition",
            1,
        ) => closure,
        ("scan", 2) => matches!(m.args[1], Expr::Closure(_)),
        ("sum" | "product", 0) if m.turbofish.is_some() => true,
        ("sum" | "product" | "last" | "count", 0)
        | (
            "map" | "filter" | "any" | "all" | "position" | "find" | "find_map" | "reduce" | "min_by" | "max_by"
            | "min_by_key" | "max_by_key" | "nth",
            1,
        ) => is_part_of_chain(&m.receiver),
        _ => false,
    }
}

/// Whether a method is one that no other type of the standard library or of `ndarray` has, so that its receiver need not be
/// known.
fn is_of_iterators_alone(m: &ExprMethodCall) -> bool {
    let closure = m.args.first().is_some_and(|a| matches!(a, Expr::Closure(_)));
    match (m.method.to_string().as_str(), m.args.len()) {
        ("enumerate" | "peekable" | "by_ref" | "fuse" | "collect", 0) | ("take" | "skip" | "step_by", 1) => true,
        ("take_while" | "skip_while" | "map_while" | "filter_map" | "flat_map", 1) => closure,
        ("scan", 2) => matches!(m.args[1], Expr::Closure(_)),
        ("sum" | "product", 0) => m.turbofish.is_some(),
        _ => false,
    }
}

/// Whether an expression takes a part of what may be an iterator, as types of other kinds seldom do.
fn is_part_of_chain(e: &Expr) -> bool {
    match e {
        Expr::Paren(p) => is_part_of_chain(&p.expr),
        Expr::MethodCall(m) => {
            matches!((m.method.to_string().as_str(), m.args.len()), ("take" | "skip" | "zip" | "filter", 1))
                || is_adapter(&m.method.to_string()) && is_part_of_chain(&m.receiver)
        }
        _ => false,
    }
}
