//! Lowering: from the syntax of a function to the intermediate language.
//!
//! In: a function body that has passed the fence. Out: a [`Program`] in A-normal form, still with
//! `Break`, `Continue` and `Return`. A name is bound to an expression: the place of a variable, or a
//! reference to a place; so aliases, patterns, closures and iterators are gone after lowering.

mod alternatives;
mod arrays;
mod calls;
mod capitals;
mod changes;
mod checkpoint;
mod chosen;
pub(crate) mod claims;
mod closures;
mod control;
mod declared;
mod destructuring;
mod equivalents;
mod exprs;
mod failures;
mod fallible;
mod fixed;
mod flow;
mod iterators;
mod known;
mod lanes;
mod lending;
pub(crate) mod lent_changes;
mod literals;
mod macros;
mod makers;
mod operator_names;
mod order;
mod own_iterators;
mod owners;
mod patterns;
mod places;
mod questions;
mod queues;
mod referring;
mod spread;
mod stmts;
mod targets;
mod vectors;
mod walks;
mod zips;

use std::rc::Rc;

use proc_macro2::Span;
use syn::Type;

use crate::errors::Errors;
use crate::ir::{Block, Edit, Expr, Param, Passing, Place, Program, Role, Stmt, VarId};
use crate::kinds::{self, Kind, Types};
use crate::maps::{HashMap, HashSet};
use crate::signature::Signature;

pub(crate) use exprs::diverges;

/// What a name stands for.
#[derive(Clone)]
enum Binding {
    Value(Expr),
    Closure(Rc<closures::Closure>),
    /// An iterator that has not been consumed.
    Iterator(Rc<iterators::Stream>),
    /// A function or a constant of the block, which hides what had the name before.
    Item,
}

/// The target of `break` and `continue`.
struct LoopScope {
    name: Option<String>,
    label: usize,
    /// The target of `continue`, which differs where one stream is several loops.
    next: usize,
    /// Where `break value` puts the value; `None` for loops without one.
    result: Option<VarId>,
    /// A labelled block rather than a loop: only `break` with its label leaves it.
    block: bool,
}

pub(crate) struct Lowerer<'a> {
    program: Program,
    types: &'a Types,
    errors: &'a Errors,
    scopes: Vec<HashMap<String, Binding>>,
    stmts: Vec<Vec<Stmt>>,
    loops: Vec<LoopScope>,
    labels: usize,
    /// How often statements stand twice, which is limited.
    copies: usize,
    /// How often closures have been inlined, which is limited.
    inlined: usize,
    /// The type of the array that a `let` with a declared type or with a pattern of a slice is about to make.
    array_type: Option<syn::Type>,
    /// The zeros of arrays that are made element by element.
    filled: HashMap<VarId, Expr>,
    /// The references to slices that are assigned anew.
    walks: Vec<walks::Bounds>,
    /// Where `return` goes inside an inlined closure.
    returns: Vec<Option<usize>>,
    /// What `?` returns: the function, or the closure that is inlined, gives an `Option` or a `Result`.
    fallible: Option<fallible::Family>,
    /// The kind of what the function returns a reference to.
    lent: Option<Kind>,
    /// The values of variables that hold references.
    literals: HashMap<VarId, Expr>,
    /// What names and fields are used as.
    uses: owners::Uses,
    /// The vectors that hold copies of what their items refer to, and such an item made again of its copy, `item`.
    referring: HashMap<VarId, syn::Expr>,
    /// The places that are declared as maps or sets under other names, with the names of their types.
    keyed: HashMap<String, String>,
    /// The ends of ranges that have names, and whether the last is one of the range.
    ranges: HashMap<VarId, (Expr, Expr, bool)>,
    /// What stands for the variables that hold copies of what branches refer to.
    chosen: HashMap<VarId, Expr>,
    /// The variables that constructors of other types make.
    made: HashSet<VarId>,
    /// The variables that hold a `&mut` which a call has given.
    lent_by_calls: HashSet<VarId>,
    /// The variables that names stand for, or have stood for.
    named: HashSet<VarId>,
    /// What is said of names of functions of the standard library.
    claims: Vec<Expr>,
    /// The names of which something has been said.
    claimed: HashSet<String>,
}

/// Lowers a function.
///
/// A receiver that the method takes `by_value` is a reference to its companions.
pub(crate) fn lower(
    signature: &Signature,
    by_value: bool,
    block: &syn::Block,
    types: &Types,
    errors: &Errors,
) -> Program {
    let program = Program {
        vars: Vec::new(),
        params: Vec::new(),
        body: Block::default(),
        value: Vec::new(),
        reverse: None,
        taped: false,
        outputs: false,
        stored: crate::var_set::VarSet::new(),
        fields: HashMap::default(),
        surroundings: types.surroundings.clone(),
    };
    let fallible = questions::returned(signature.output.as_ref(), || questions::made_by_block(block));
    let mut lowerer = Lowerer {
        program,
        types,
        errors,
        scopes: vec![HashMap::default()],
        stmts: vec![Vec::new()],
        loops: Vec::new(),
        labels: 0,
        copies: 0,
        inlined: 0,
        array_type: None,
        filled: HashMap::default(),
        walks: Vec::new(),
        returns: vec![None],
        fallible,
        literals: HashMap::default(),
        referring: HashMap::default(),
        keyed: HashMap::default(),
        ranges: HashMap::default(),
        chosen: HashMap::default(),
        uses: owners::Uses::of(block).with(types.uses_of_fields()).with_parameters(signature),
        made: HashSet::default(),
        lent_by_calls: HashSet::default(),
        named: HashSet::default(),
        claims: Vec::new(),
        claimed: HashSet::default(),
        lent: signature.lent.is_some().then(|| types.kind_of(signature.output.as_ref()).unwrap_or(Kind::Unknown)),
    };
    lowerer.params(signature);
    if by_value {
        lowerer.own_receiver(signature, block);
    }
    let mut block = targets::written(block, signature.output.as_ref(), types);
    capitals::mark(&mut block);
    queues::as_vectors(&mut block, signature);
    own_iterators::as_generators(&mut block, signature, &types.surroundings);
    failures::mark(&mut block);
    let value = lowerer.block_value(&block);
    let value = value.unwrap_or(Expr::Tuple(Vec::new()));
    let value = lowerer.copy_of_lent(value);
    let value = lowerer.as_declared(value, signature.output.as_ref());
    lowerer.program.body.stmts = lowerer.stmts.pop().expect("the body's statements");
    lowerer.claim_types(signature, &block);
    claims::put(lowerer.claims, &mut lowerer.program.body);
    lowerer.program.value = vec![value];
    lowerer.program
}

impl Lowerer<'_> {
    fn params(&mut self, signature: &Signature) {
        let mut patterns = Vec::new();
        for param in &signature.params {
            let kind = self.types.kind(&param.ty);
            let var = self.program.fresh(param.name.to_string(), param.name.span(), kind.clone(), Role::User);
            self.program.vars[var].ty = Some(param.ty.clone());
            self.program.vars[var].mutable = param.mutable || param.passing == Passing::RefMut;
            self.program.params.push(Param {
                parts: vec![var],
                passing: param.passing,
                owned: param.owned,
                active: false,
            });
            let mut value = self.normal(Expr::var(var, param.name.span()));
            if param.owned {
                value = strip(value);
                if param.mutable {
                    // The function changes a copy of its own.
                    self.program.vars[var].mutable = false;
                    let own = self.let_var("own", param.name.span(), Role::User, Expr::Clone(Box::new(value)));
                    self.program.vars[own].mutable = true;
                    value = Expr::var(own, param.name.span());
                }
            }
            if param.mutable
                && param.passing != Passing::Value
                && param.pattern.is_none()
                && self.bind_walk(&param.name.to_string(), &value, param.name.span(), false)
            {
                self.program.vars[var].mutable = param.passing == Passing::RefMut;
                continue;
            }
            match &param.pattern {
                None => self.bind(&param.name.to_string(), value),
                Some(pattern) => patterns.push((pattern, value)),
            }
        }
        for (pattern, value) in patterns {
            let mut pattern = pattern.clone();
            capitals::binding(&mut pattern);
            self.bind_pattern(&pattern, value);
        }
    }

    /// A method that changes its `self`, or hands it on whole, gets one of its own.
    fn own_receiver(&mut self, signature: &Signature, block: &syn::Block) {
        let Some(param) = signature.params.first() else { return };
        let Some(Binding::Value(value)) = self.lookup("self").cloned() else { return };
        if param.mutable || places::is_used_whole(block, "self") {
            let copy = Expr::Clone(Box::new(strip(value)));
            let var = self.let_var("this", param.name.span(), Role::User, copy);
            self.program.vars[var].mutable = param.mutable;
            self.bind("self", Expr::var(var, param.name.span()));
        }
    }

    /// A value of a declared type: a sequence that is declared to be an array is made one.
    fn as_declared(&mut self, value: Expr, ty: Option<&Type>) -> Expr {
        let declared = ty.map_or(Kind::Unknown, |ty| self.types.kind(ty));
        let array = matches!(declared, Kind::Array(_, Some(1))) && matches!(self.kind(&value), Kind::Seq(_));
        if array { self.vector_as_array(value, Span::mixed_site()) } else { self.declared_field(value, &declared) }
    }

    /// A reference to a field that is declared to be an array is one to a copy of it, whose kind is known. The field itself
    /// may be `#[constant]`, and then its tangent has no views.
    fn declared_field(&mut self, value: Expr, declared: &Kind) -> Expr {
        let (Expr::Ref { mutable: false, of }, Kind::Array(..)) = (&value, declared.deref()) else { return value };
        match &**of {
            Expr::Place(place) if !place.path.is_empty() && self.kind(of) == Kind::Unknown => {
                let span = place.span;
                let var = self.let_var("field", span, Role::Temporary, Expr::Clone(of.clone()));
                self.program.vars[var].kind = declared.deref().clone();
                Expr::Ref { mutable: false, of: Box::new(Expr::var(var, span)) }
            }
            _ => value,
        }
    }

    /// What a function that returns a reference gives: a copy of what the reference refers to.
    fn copy_of_lent(&mut self, value: Expr) -> Expr {
        let Some(kind) = self.lent.clone() else { return value };
        let of = match value.as_var() {
            Some(var) if self.program.vars[var].kind == Kind::Unknown => self.behind(var, kind),
            _ => strip(value),
        };
        if matches!(of, Expr::Place(_)) { Expr::Clone(Box::new(of)) } else { of }
    }

    /// The reference that a call gives.
    fn lent(&mut self, var: VarId, kind: Kind) -> Expr {
        Expr::Ref { mutable: false, of: Box::new(self.behind(var, kind)) }
    }

    /// What a variable refers to that holds the value of a call: a reference, or the copy that derivatives have in its place.
    fn behind(&mut self, var: VarId, kind: Kind) -> Expr {
        let place = Place::var(var, self.program.vars[var].span).step(crate::ir::Step::Deref);
        if kind != Kind::Unknown {
            self.program.fields.insert(kinds::path_key(&self.program, &place), kind);
        }
        Expr::Place(place)
    }

    fn fresh(&mut self, name: impl Into<String>, span: Span, kind: Kind, role: Role) -> VarId {
        self.program.fresh(name, span, kind, role)
    }

    fn emit_all(&mut self, stmts: Vec<Stmt>) {
        self.stmts.last_mut().expect("a block is open").extend(stmts);
    }

    fn emit(&mut self, stmt: Stmt) {
        match &stmt {
            Stmt::Let { var, value } if self.program.vars[*var].found.is_none() => {
                if let Some(ty) = kinds::type_of(&self.program, self.types, value) {
                    let var = &mut self.program.vars[*var];
                    // Operands decide who differentiates an operator, whatever it gives.
                    let kind = self.types.surroundings.plain(&ty).unwrap_or(Kind::Unknown);
                    var.kind = var.kind.join(&kind);
                    var.found = Some(Rc::new(ty));
                }
            }
            Stmt::Edit(Edit::Push { place, value }) if place.path.is_empty() => {
                let found = &self.program.vars[place.root].found;
                if let (None, Some(ty)) = (found, kinds::type_of(&self.program, self.types, value)) {
                    self.program.vars[place.root].found = Some(Rc::new(ty.vector()));
                }
            }
            _ => {}
        }
        self.stmts.last_mut().expect("a block is open").push(stmt);
    }

    fn kind(&self, e: &Expr) -> Kind {
        kinds::of_expr(&self.program, self.types, e)
    }

    fn label(&mut self) -> usize {
        self.labels += 1;
        self.labels
    }

    fn bind(&mut self, name: &str, value: Expr) {
        value.vars(&mut |var| {
            self.named.insert(var);
        });
        self.scopes.last_mut().expect("a scope is open").insert(name.to_owned(), Binding::Value(value));
    }

    fn lookup(&self, name: &str) -> Option<&Binding> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).filter(|b| !matches!(b, Binding::Item))
    }

    /// Runs `f` in a new block and a new scope, and gives the statements.
    fn scoped<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> (Vec<Stmt>, R) {
        self.stmts.push(Vec::new());
        self.scopes.push(HashMap::default());
        let result = f(self);
        self.scopes.pop();
        (self.stmts.pop().expect("opened above"), result)
    }

    /// Binds a value to a new variable.
    fn let_var(&mut self, name: impl Into<String>, span: Span, role: Role, value: Expr) -> VarId {
        let kind = self.kind(&value);
        let value = self.remade(value, span);
        let var = self.fresh(name, span, kind, role);
        self.note_literal(var, &value);
        self.note_moved_copies(var, &value);
        self.emit(Stmt::Let { var, value });
        var
    }

    /// Binds a value to a temporary.
    fn temporary(&mut self, value: Expr, span: Span) -> Expr {
        let var = self.let_var("t", span, Role::Temporary, value);
        self.normal(Expr::var(var, span))
    }

    /// A place that holds a reference stands for the reference to what it refers to.
    fn normal(&self, e: Expr) -> Expr {
        if let Expr::Place(place) = &e
            && let Kind::Ref(_) = kinds::of_place(&self.program, place)
        {
            let mutable = place.path.is_empty() && self.program.vars[place.root].mutable;
            let of = self.normal(Expr::Place(place.step(crate::ir::Step::Deref)));
            return Expr::Ref { mutable, of: Box::new(of) };
        }
        e
    }
}

/// Whether a value can be named again without evaluating anything.
fn is_atom(e: &Expr) -> bool {
    match e {
        Expr::Lit(_) | Expr::Number(..) | Expr::Bool(_) | Expr::Item(..) | Expr::Place(_) => true,
        Expr::Ref { of, .. } => {
            matches!(**of, Expr::Place(_)) || matches!(**of, Expr::Ref { mutable: false, .. }) && is_atom(of)
        }
        Expr::Neg(e) => matches!(**e, Expr::Lit(_)),
        _ => false,
    }
}

/// The place behind references.
fn strip(e: Expr) -> Expr {
    match e {
        Expr::Ref { of, .. } => strip(*of),
        other => other,
    }
}

/// The place of an expression that is one.
pub(crate) fn as_place(e: &Expr) -> Option<&Place> {
    match e {
        Expr::Place(place) => Some(place),
        Expr::Ref { of, .. } => as_place(of),
        _ => None,
    }
}

pub(crate) use checkpoint::argument as checkpoint_argument;
pub(crate) use macros::{Alternatives, arguments as macro_arguments, inline_names};
pub(crate) use operator_names::is_trait as is_operator_trait;
pub(crate) use owners::Uses;
pub(crate) use patterns::{bound_names, capital, is_variant};
pub(crate) use targets::argument;

/// Whether a constructor's path is that of `Box::new`, whose content is reached by dereferencing.
pub(crate) fn is_box(path: &syn::Path) -> bool {
    ends(path, "Box", "new")
}

/// Whether a path is that of `Vec::new`.
fn is_new_vector(path: &syn::Path) -> bool {
    ends(path, "Vec", "new")
}

/// Whether these are the last two names of a path.
fn ends(path: &syn::Path, owner: &str, name: &str) -> bool {
    let mut names = path.segments.iter().rev().map(|s| &s.ident);
    names.next().is_some_and(|last| last == name) && names.next().is_some_and(|before| before == owner)
}
