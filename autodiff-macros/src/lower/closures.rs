//! Closures are inlined where they are called: a call binds the parameters and lowers the body in
//! the scope in which the closure was written.

use std::rc::Rc;

use syn::visit::Visit;
use syn::{Expr as S, ExprClosure, Pat};

use super::patterns::is_plain;
use super::{Binding, Lowerer, questions};
use crate::ir::{Expr, Role};
use crate::kinds::{Float, Kind};
use crate::maps::HashMap;
use crate::variants;

/// A closure with the scope in which it was written.
pub(super) struct Closure {
    pub(super) source: ExprClosure,
    pub(super) scopes: Vec<HashMap<String, Binding>>,
}

/// What an adapter calls: a closure, or the path of a function.
#[derive(Clone)]
pub(super) enum Callable {
    Closure(Rc<Closure>),
    Path(syn::ExprPath),
}

impl Lowerer<'_> {
    pub(super) fn bind_closure(&mut self, name: &syn::Ident, closure: Rc<Closure>) {
        self.scopes.last_mut().expect("a scope is open").insert(name.to_string(), Binding::Closure(closure));
    }

    fn closure(&mut self, source: &ExprClosure) -> Rc<Closure> {
        let mut scopes = self.scopes.clone();
        if source.capture.is_some() {
            // What is moved in keeps the value that it has now, and is the closure's own.
            let mut own = HashMap::default();
            for name in crate::free::variables(&S::Closure(source.clone())) {
                let Some(Binding::Value(Expr::Place(place))) = self.lookup(&name.to_string()).cloned() else {
                    continue;
                };
                // An iterator of the user's own has been moved into a variable for the closure alone.
                let copied = self.program.vars[place.root].mutable && name != super::own_iterators::NAME;
                if place.path.is_empty() && copied {
                    let var = self.let_var(
                        name.to_string(),
                        name.span(),
                        Role::User,
                        Expr::Clone(Box::new(Expr::Place(place))),
                    );
                    self.program.vars[var].mutable = true;
                    own.insert(name.to_string(), Binding::Value(Expr::var(var, name.span())));
                }
            }
            scopes.push(own);
        }
        Rc::new(Closure { source: source.clone(), scopes })
    }

    /// The closure that an expression gives: one that is written there, at the end of a block, or at the end of another
    /// closure that is called.
    pub(super) fn made_closure(&mut self, e: &S) -> Option<Rc<Closure>> {
        if !self.gives_closure(e) {
            return None;
        }
        match e {
            S::Paren(p) => self.made_closure(&p.expr),
            S::Closure(c) => Some(self.closure(c)),
            S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                Some(Binding::Closure(closure)) => Some(closure.clone()),
                _ => None,
            },
            S::Block(b) => {
                let (tail, stmts) = b.block.stmts.split_last()?;
                self.scopes.push(HashMap::default());
                stmts.iter().for_each(|s| self.stmt(s));
                let closure = if let syn::Stmt::Expr(tail, None) = tail { self.made_closure(tail) } else { None };
                self.scopes.pop();
                closure
            }
            S::Call(c) => {
                let maker = self.made_closure(&c.func)?;
                let args = self.in_order(&c.args, Self::atom);
                let body = maker.source.body.clone();
                self.with_parameters(&maker, args, |l| l.made_closure(&body)).flatten()
            }
            _ => None,
        }
    }

    /// Whether an expression gives a closure, as far as its text shows.
    fn gives_closure(&self, e: &S) -> bool {
        match e {
            S::Paren(p) => self.gives_closure(&p.expr),
            S::Closure(_) => true,
            S::Path(p) => p.path.get_ident().is_some_and(|i| self.is_closure(i)),
            S::Block(b) => b.label.is_none() && closures_within(e) > 0,
            S::Call(c) => {
                let mut func = &*c.func;
                let mut depth = 1;
                while let S::Call(inner) = func {
                    func = &inner.func;
                    depth += 1;
                }
                let S::Path(p) = func else { return false };
                match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                    Some(Binding::Closure(closure)) => closures_within(&closure.source.body) >= depth,
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// An argument that an adapter will call.
    pub(super) fn callable(&mut self, e: &S) -> Option<Callable> {
        match e {
            S::Closure(c) => Some(Callable::Closure(self.closure(c))),
            S::Paren(p) => self.callable(&p.expr),
            S::Path(p) => match p.path.get_ident().and_then(|i| self.lookup(&i.to_string())) {
                Some(Binding::Closure(c)) => Some(Callable::Closure(c.clone())),
                Some(Binding::Value(_) | Binding::Iterator(_)) => None,
                Some(Binding::Item) | None => Some(Callable::Path(p.clone())),
            },
            S::Reference(r) => self.callable(&r.expr),
            other => self.made_closure(other).map(Callable::Closure),
        }
    }

    /// The value of a call to a callable.
    pub(super) fn apply(&mut self, callable: &Callable, args: Vec<Expr>) -> Expr {
        match callable {
            Callable::Closure(closure) => self.inline(&closure.clone(), args),
            Callable::Path(path) => self.call_path(path, args, syn::spanned::Spanned::span(path)),
        }
    }

    /// The value of a call through which no derivative flows: a predicate, a comparison, a key.
    pub(super) fn apply_control(&mut self, callable: &Callable, args: Vec<Expr>) -> Expr {
        match callable {
            Callable::Path(p) => {
                Expr::Call { func: p.path.clone(), qself: p.qself.clone(), args, ctor: false, tangent: false }
            }
            Callable::Closure(closure) => match &*closure.source.body {
                S::Block(_) => self.inline(&closure.clone(), args),
                body if returns(body) => self.inline(&closure.clone(), args),
                body => self.with_parameters(closure, args, |l| l.control(body)).unwrap_or(Expr::Bool(true)),
            },
        }
    }

    /// The value of a call to a closure.
    pub(super) fn inline(&mut self, closure: &Rc<Closure>, args: Vec<Expr>) -> Expr {
        let source = &closure.source;
        let output = match &source.output {
            syn::ReturnType::Type(_, ty) => Some(&**ty),
            syn::ReturnType::Default => None,
        };
        let body = |l: &mut Self| {
            if returns(&source.body) {
                let own = questions::returned(output, || questions::made_by(&source.body)).or(l.fallible);
                let outer = std::mem::replace(&mut l.fallible, own);
                let value = l.returning(output, source.inputs_begin.span, |l| l.branch(&source.body));
                l.fallible = outer;
                return value;
            }
            let value = match &*source.body {
                S::Block(b) if b.label.is_none() => l.block_value(&b.block).unwrap_or(Expr::Tuple(Vec::new())),
                body => l.rhs(body),
            };
            if let Some(ty) = output {
                l.declare(&value, ty);
            }
            value
        };
        self.with_parameters(closure, args, body).unwrap_or(Expr::Tuple(Vec::new()))
    }

    /// Runs `f` in the scope of a closure whose parameters are bound to arguments.
    pub(super) fn with_parameters<R>(
        &mut self,
        closure: &Rc<Closure>,
        args: Vec<Expr>,
        f: impl FnOnce(&mut Self) -> R,
    ) -> Option<R> {
        let source = &closure.source;
        if args.len() != source.inputs.len() {
            self.errors.on(
                source,
                format!("this closure takes {} arguments and is called with {}", source.inputs.len(), args.len()),
            );
            return None;
        }
        self.inlined += 1;
        if self.inlined > INLINED {
            if self.inlined == INLINED + 1 {
                self.errors.on(
                    source,
                    format!("closures are inlined where they are called, and here that is more than {INLINED} times; make this one an annotated function"),
                );
            }
            return None;
        }
        let mut inner = closure.scopes.clone();
        inner.push(HashMap::default());
        let outer = std::mem::replace(&mut self.scopes, inner);
        for (pat, arg) in source.inputs.iter().zip(args) {
            let pat = match pat {
                // The type of `None` shows nowhere but there.
                Pat::Type(_) if matches!(&arg, Expr::Item(path, None) if variants::is_named(path, "None")) => pat,
                // An element may be of a literal, whose type shows nowhere else.
                Pat::Type(t) if self.is_element_without_type(&arg) && self.types.kind(&t.ty).is_float() => pat,
                Pat::Type(t) => {
                    self.declare(&arg, &t.ty);
                    &*t.pat
                }
                other => other,
            };
            // Parameters name their arguments, which are atoms and do not change meanwhile.
            match pat {
                Pat::Ident(p) if p.mutability.is_none() && is_plain(p) && self.is_stable(&arg) => {
                    self.bind(&p.ident.to_string(), arg);
                }
                _ => self.bind_pattern(pat, arg),
            }
        }
        let value = f(self);
        self.scopes = outer;
        Some(value)
    }

    /// What the type of a parameter, or of a closure's value, tells of a number, an option or a result that has no declared
    /// type of its own.
    pub(super) fn declare(&mut self, arg: &Expr, ty: &syn::Type) {
        let kind = self.types.kind(ty);
        // The error of a result shows nowhere but in its type.
        let fallible = matches!(kind, Kind::Option(_) | Kind::Result(_));
        if let (Some(v), true) = (arg.as_var(), kind.is_scalar() || fallible)
            && self.program.vars[v].ty.is_none()
            && (fallible || self.program.vars[v].kind != kind)
        {
            self.program.vars[v].ty = Some(ty.clone());
            self.program.vars[v].kind = self.program.vars[v].kind.join(&kind);
        }
    }

    fn is_element_without_type(&self, arg: &Expr) -> bool {
        matches!(arg, Expr::Place(place) if !place.path.is_empty())
            && matches!(self.kind(arg), Kind::Unknown | Kind::Float(Float::Any))
    }

    /// Whether an argument keeps its value while the closure runs.
    fn is_stable(&self, arg: &Expr) -> bool {
        match arg {
            Expr::Ref { .. } => true,
            Expr::Tuple(es) => es.iter().all(|e| self.is_stable(e)),
            other => self.is_fixed(other),
        }
    }
}

/// How many closures lie in one another at the end of an expression.
fn closures_within(e: &S) -> usize {
    match e {
        S::Paren(p) => closures_within(&p.expr),
        S::Closure(c) => 1 + closures_within(&c.body),
        S::Block(b) => match b.block.stmts.last() {
            Some(syn::Stmt::Expr(e, None)) => closures_within(e),
            _ => 0,
        },
        _ => 0,
    }
}

/// How often the closures of a function may be inlined.
const INLINED: usize = 1024;

/// Whether a body contains a `return` of its own.
pub(super) fn returns(body: &S) -> bool {
    struct Finder(bool);
    impl<'a> Visit<'a> for Finder {
        fn visit_expr_return(&mut self, _: &'a syn::ExprReturn) {
            self.0 = true;
        }
        fn visit_expr_try(&mut self, _: &'a syn::ExprTry) {
            self.0 = true;
        }
        fn visit_expr_closure(&mut self, _: &'a ExprClosure) {}
        fn visit_item(&mut self, _: &'a syn::Item) {}
    }
    let mut finder = Finder(false);
    finder.visit_expr(body);
    finder.0
}
