//! Elimination of exits: `return`, `break` and `continue` become branches and flags.
//!
//! In: a program with `Return`, `Break` and `Continue`. Out: one without, in which a loop ends after
//! an iteration that has set one of its `exits`. An exit at the end of a branch moves what follows
//! into the other branch; only where that is impossible does a flag guard what follows.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;

use crate::ir::{Block, Expr, Header, Place, Program, Role, Stmt, VarId};
use crate::kinds::Kind;
use crate::lower::diverges;
use crate::variants;

/// What an exit leads out of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Target {
    Function,
    /// Out of the loop with this label.
    Break(usize),
    /// To the next iteration of the loop with this label.
    Continue(usize),
}

/// Eliminates the exits of a program.
pub(crate) fn eliminate(program: &mut Program, result_kind: &Kind, result_type: Option<&syn::Type>) {
    let mut returns = false;
    program.body.walk(&mut |s| returns |= matches!(s, Stmt::Return(_)));
    let ends = !diverges(&program.body.stmts);
    let mut result = None;
    if returns || !ends {
        let var = program.fresh("value", Span::mixed_site(), result_kind.clone(), Role::Temporary);
        program.vars[var].ty = result_type.filter(|ty| !mentions_elision(ty)).cloned();
        result = Some(var);
        if ends {
            let value = program.value.pop().expect("a program has a value");
            program.body.stmts.push(Stmt::Assign { place: Place::var(var, Span::mixed_site()), value, init: true });
        }
        program.value = vec![Expr::var(var, Span::mixed_site())];
    }
    let stmts = std::mem::take(&mut program.body.stmts);
    let mut pass = Pass { program, result, flags: BTreeMap::new(), flagged: BTreeSet::new() };
    let (mut stmts, _) = pass.list(stmts);
    let flags = pass.take_flag(Target::Function);
    if let Some(var) = result {
        stmts.insert(0, Stmt::Declare(var));
    }
    stmts.splice(0..0, flags);
    program.body.stmts = stmts;
    late_initialisation(program);
}

/// Whether a type has a lifetime that only a signature may leave out.
fn mentions_elision(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Reference(_))
}

struct Pass<'a> {
    program: &'a mut Program,
    result: Option<VarId>,
    flags: BTreeMap<Target, VarId>,
    /// Flags that something reads.
    flagged: BTreeSet<VarId>,
}

/// How a list of statements ends: which exits it may take, and whether it surely takes one.
#[derive(Default, Clone)]
struct Status {
    exits: BTreeSet<Target>,
    always: bool,
}

impl Pass<'_> {
    fn flag(&mut self, target: Target) -> VarId {
        if let Some(flag) = self.flags.get(&target) {
            return *flag;
        }
        let name = match target {
            Target::Function => "returned",
            Target::Break(_) => "left",
            Target::Continue(_) => "skipped",
        };
        let flag = self.program.fresh(name, Span::mixed_site(), Kind::Bool, Role::Temporary);
        self.program.vars[flag].mutable = true;
        self.flags.insert(target, flag);
        flag
    }

    /// The declaration of a flag, if it is read anywhere.
    fn take_flag(&mut self, target: Target) -> Vec<Stmt> {
        match self.flags.remove(&target) {
            Some(flag) => vec![Stmt::Let { var: flag, value: Expr::Bool(false) }],
            None => Vec::new(),
        }
    }

    fn set(&mut self, target: Target) -> Stmt {
        let flag = self.flag(target);
        Stmt::Assign { place: Place::var(flag, Span::mixed_site()), value: Expr::Bool(true), init: false }
    }

    fn list(&mut self, stmts: Vec<Stmt>) -> (Vec<Stmt>, Status) {
        let mut out = Vec::new();
        let mut status = Status::default();
        let mut rest = stmts.into_iter();
        while let Some(stmt) = rest.next() {
            match stmt {
                Stmt::Return(value) => {
                    if let Some(var) = self.result {
                        out.push(Stmt::Assign { place: Place::var(var, Span::mixed_site()), value, init: true });
                    }
                    out.push(self.set(Target::Function));
                    return (out, leave(status, Target::Function));
                }
                Stmt::Break(label) => {
                    out.push(self.set(Target::Break(label)));
                    return (out, leave(status, Target::Break(label)));
                }
                Stmt::Continue(label) => {
                    out.push(self.set(Target::Continue(label)));
                    return (out, leave(status, Target::Continue(label)));
                }
                Stmt::If { cond, then, els, tape } => {
                    let (mut then, a) = self.list(then.stmts);
                    let (mut els, b) = self.list(els.stmts);
                    let remaining: Vec<Stmt> = rest.by_ref().collect();
                    if a.exits.is_empty() && b.exits.is_empty() {
                        out.push(Stmt::If { cond, then: block(then), els: block(els), tape });
                        let (more, s) = self.list(remaining);
                        out.extend(more);
                        status.exits.extend(s.exits);
                        status.always = s.always;
                        return (out, status);
                    }
                    status.exits.extend(a.exits.iter().chain(&b.exits));
                    if a.always && b.always {
                        status.always = true;
                        out.push(Stmt::If { cond, then: block(then), els: block(els), tape });
                        return (out, status);
                    }
                    if a.always && b.exits.is_empty() {
                        let (more, s) = self.list(remaining);
                        els.extend(more);
                        status.exits.extend(s.exits);
                        status.always = s.always;
                        out.push(Stmt::If { cond, then: block(then), els: block(els), tape });
                        return (out, status);
                    }
                    if b.always && a.exits.is_empty() {
                        let (more, s) = self.list(remaining);
                        then.extend(more);
                        status.exits.extend(s.exits);
                        status.always = s.always;
                        out.push(Stmt::If { cond, then: block(then), els: block(els), tape });
                        return (out, status);
                    }
                    let exits: BTreeSet<Target> = a.exits.union(&b.exits).copied().collect();
                    out.push(Stmt::If { cond, then: block(then), els: block(els), tape });
                    out.extend(self.guarded(&exits, remaining, &mut status));
                    return (out, status);
                }
                Stmt::Loop(mut l) => {
                    let (mut body, s) = self.list(std::mem::take(&mut l.body.stmts));
                    let mut outer = s.exits.clone();
                    outer.remove(&Target::Break(l.label));
                    outer.remove(&Target::Continue(l.label));
                    let skip = self.take_flag(Target::Continue(l.label));
                    body.splice(0..0, skip);
                    let once = matches!(l.header, Header::While(Expr::Bool(true)))
                        && s.always
                        && !s.exits.contains(&Target::Continue(l.label));
                    let leaves = s.exits.contains(&Target::Break(l.label));
                    if leaves && !once {
                        l.exits.push(self.flag(Target::Break(l.label)));
                    }
                    let declare = self.take_flag(Target::Break(l.label));
                    out.extend(declare);
                    if !once {
                        for target in &outer {
                            let flag = self.flag(*target);
                            l.exits.push(flag);
                        }
                    }
                    if once {
                        // A block that is left once is no loop.
                        out.extend(body);
                    } else {
                        l.body.stmts = body;
                        out.push(Stmt::Loop(l));
                    }
                    if !outer.is_empty() {
                        status.exits.extend(&outer);
                        let remaining: Vec<Stmt> = rest.by_ref().collect();
                        out.extend(self.guarded(&outer, remaining, &mut status));
                        return (out, status);
                    }
                }
                Stmt::Scope { body, checkpoint } => {
                    let (body, s) = self.list(body.stmts);
                    out.push(Stmt::Scope { body: block(body), checkpoint });
                    if !s.exits.is_empty() {
                        status.exits.extend(&s.exits);
                        status.always = s.always;
                        if !s.always {
                            let remaining: Vec<Stmt> = rest.by_ref().collect();
                            out.extend(self.guarded(&s.exits, remaining, &mut status));
                        }
                        return (out, status);
                    }
                }
                other => out.push(other),
            }
        }
        (out, status)
    }

    /// What follows, if none of the exits has been taken.
    fn guarded(&mut self, exits: &BTreeSet<Target>, rest: Vec<Stmt>, status: &mut Status) -> Vec<Stmt> {
        if rest.is_empty() {
            return Vec::new();
        }
        let (rest, s) = self.list(rest);
        status.exits.extend(s.exits);
        let flags: Vec<Expr> = exits
            .iter()
            .map(|t| {
                let flag = self.flag(*t);
                self.flagged.insert(flag);
                Expr::Not(Box::new(Expr::var(flag, Span::mixed_site())))
            })
            .collect();
        let cond =
            flags.into_iter().reduce(|a, b| Expr::binary(crate::ir::BinOp::And, a, b)).expect("there is an exit");
        vec![Stmt::If { cond, then: block(rest), els: Block::default(), tape: None }]
    }
}

fn leave(mut status: Status, target: Target) -> Status {
    status.exits.insert(target);
    status.always = true;
    status
}

fn block(stmts: Vec<Stmt>) -> Block {
    Block { stmts, ..Block::default() }
}

/// Variables that are declared without a value, and whose assignments the compiler cannot see to
/// happen exactly once, get a value at once: a float zero, or an `Option` around them.
fn late_initialisation(program: &mut Program) {
    let mut declared = Vec::new();
    program.body.walk(&mut |s| {
        if let Stmt::Declare(v) = s {
            declared.push(*v);
        }
    });
    for var in declared {
        if !is_definite(&program.body, var) {
            make_late(program, var);
        }
    }
}

/// Whether after the block the variable is assigned exactly once on every path.
fn is_definite(body: &Block, var: VarId) -> bool {
    fn count(stmts: &[Stmt], var: VarId) -> Option<bool> {
        // `Some(true)`: assigned on every path; `Some(false)`: on none; `None`: unclear.
        let mut assigned = false;
        for stmt in stmts {
            let here = match stmt {
                Stmt::Assign { place, .. } if place.root == var && place.path.is_empty() => Some(true),
                Stmt::If { then, els, .. } => {
                    let (a, b) = (count(&then.stmts, var)?, count(&els.stmts, var)?);
                    match (diverges(&then.stmts), diverges(&els.stmts)) {
                        (true, false) => Some(b),
                        (false, true) => Some(a),
                        (true, true) => Some(a || b),
                        (false, false) => (a == b).then_some(a),
                    }
                }
                Stmt::Scope { body, .. } => count(&body.stmts, var),
                Stmt::Loop(l) => {
                    if count(&l.body.stmts, var)? && !declares(&l.body.stmts, var) {
                        None
                    } else {
                        Some(false)
                    }
                }
                _ => Some(false),
            }?;
            if here && assigned {
                return None;
            }
            assigned |= here;
        }
        Some(assigned)
    }
    fn declares(stmts: &[Stmt], var: VarId) -> bool {
        stmts
            .iter()
            .any(|s| matches!(s, Stmt::Declare(v) if *v == var) || s.blocks().iter().any(|b| declares(&b.stmts, var)))
    }
    fn scope(stmts: &[Stmt], var: VarId) -> Option<&[Stmt]> {
        if stmts.iter().any(|s| matches!(s, Stmt::Declare(v) if *v == var)) {
            return Some(stmts);
        }
        stmts.iter().flat_map(Stmt::blocks).find_map(|b| scope(&b.stmts, var))
    }
    match scope(&body.stmts, var) {
        Some(stmts) => count(stmts, var) == Some(true) || diverges(stmts) && count(stmts, var).is_some(),
        None => true,
    }
}

fn make_late(program: &mut Program, var: VarId) {
    let scalar = match &program.vars[var].kind {
        Kind::Float(float) => Some(Expr::Number(0.0, float.clone())),
        Kind::Complex(float) => Some(crate::complex::literal(0.0, float)),
        Kind::Int => Some(Expr::int(0)),
        Kind::Bool => Some(Expr::Bool(false)),
        Kind::Unit => Some(Expr::Tuple(Vec::new())),
        _ => None,
    };
    let once = !std::mem::replace(&mut program.vars[var].mutable, true);
    if program.vars[var].ty.is_none() {
        // A method may be called before the type of `0.0` is known otherwise.
        program.vars[var].ty = match &program.vars[var].kind {
            Kind::Float(crate::kinds::Float::F64) => Some(syn::parse_quote!(f64)),
            Kind::Float(crate::kinds::Float::F32) => Some(syn::parse_quote!(f32)),
            _ => None,
        };
    }
    let wrap = scalar.is_none();
    let init = scalar.unwrap_or_else(|| Expr::Item(variants::none(), None));
    if wrap {
        program.vars[var].once = once;
        let kind = program.vars[var].kind.clone();
        program.vars[var].kind = Kind::Option(Box::new(kind));
        let ty = program.vars[var].ty.take();
        program.vars[var].ty = ty.map(|ty| syn::parse_quote!(::core::option::Option<#ty>));
    }
    let payload = |place: &mut Place| {
        if place.root == var {
            place.path.insert(0, variants::payload(variants::some()));
        }
    };
    program.body.walk_mut(&mut |stmt| {
        if let Stmt::Declare(v) = stmt
            && *v == var
        {
            *stmt = Stmt::Let { var, value: init.clone() };
            return;
        }
        if let Stmt::Assign { place, value, init } = stmt
            && place.root == var
            && place.path.is_empty()
        {
            *init = false;
            if wrap {
                value.places_mut(&mut |p| payload(p));
                let inner = std::mem::replace(value, Expr::Bool(false));
                *value = variants::construct(variants::some(), inner);
            }
            return;
        }
        if wrap {
            stmt.places_mut(&mut |p| payload(p));
        }
    });
    let untyped = match &program.vars[var].kind {
        Kind::Option(inner) => wrap && **inner == Kind::Unknown,
        // Only a method asks for more than that it is a float.
        Kind::Float(crate::kinds::Float::Any) => has_method(&program.body.stmts, var),
        _ => false,
    };
    if untyped {
        show_type(&mut program.body.stmts, var, wrap);
    }
    if wrap {
        program.value.iter_mut().for_each(|e| e.places_mut(&mut |p| payload(p)));
    }
}

/// Says of what type a variable is where it is read in the text before it is assigned, as the best item of a loop is: `rustc`
/// reads from top to bottom.
fn show_type(stmts: &mut Vec<Stmt>, var: VarId, wrapped: bool) {
    let Some(at) = stmts.iter().position(|s| reads(s, var) || assigned(s, var).is_some()) else { return };
    let shown = stmts[at..].iter().find_map(|s| assigned(s, var));
    let args = shown.map(|place| [Expr::var(var, place.span), Expr::Place(place)]);
    match args {
        Some(args) if reads(&stmts[at], var) && !stmts[at..].iter().any(|s| args.iter().any(|e| defines_any(s, e))) => {
            let args = args.map(|of| Expr::Ref { mutable: false, of: Box::new(of) });
            let func = if wrapped {
                syn::parse_quote!(::differentiable::__private::alike)
            } else {
                syn::parse_quote!(::differentiable::__private::of_one_type)
            };
            let call = Expr::Call { func, qself: None, args: args.into(), ctor: false, tangent: false };
            stmts.insert(at, Stmt::Effect(call));
        }
        _ => stmts[at].blocks_mut().into_iter().for_each(|b| show_type(&mut b.stmts, var, wrapped)),
    }
}

fn reads(stmt: &Stmt, var: VarId) -> bool {
    let mut found = false;
    stmt.parts(&mut |e| found |= e.mentions(var), &mut |_| ());
    found || stmt.blocks().iter().any(|b| b.stmts.iter().any(|s| reads(s, var)))
}

/// Whether a method is called on a variable.
fn has_method(stmts: &[Stmt], var: VarId) -> bool {
    fn called(e: &Expr, var: VarId) -> bool {
        let mut found = matches!(e, Expr::Method { recv, .. } if recv.as_var() == Some(var));
        e.children(&mut |e| found |= called(e, var));
        found
    }
    stmts.iter().any(|s| {
        let mut found = false;
        s.parts(&mut |e| found |= called(e, var), &mut |_| ());
        found || s.blocks().iter().any(|b| has_method(&b.stmts, var))
    })
}

/// Whether a statement defines a variable that an expression reads.
fn defines_any(stmt: &Stmt, e: &Expr) -> bool {
    stmt.defines().iter().any(|v| e.mentions(*v))
        || stmt.blocks().iter().any(|b| b.stmts.iter().any(|s| defines_any(s, e)))
}

/// The place whose value a statement puts into a variable.
fn assigned(stmt: &Stmt, var: VarId) -> Option<Place> {
    match stmt {
        Stmt::Assign { place, value: Expr::Place(value), .. } if place.root == var && place.path.is_empty() => {
            Some(value.clone())
        }
        Stmt::Assign { place, value: Expr::Call { args, .. }, .. } if place.root == var && place.path.is_empty() => {
            match args.as_slice() {
                [Expr::Place(place)] => Some(place.clone()),
                [Expr::Clone(of)] => match &**of {
                    Expr::Place(place) => Some(place.clone()),
                    _ => None,
                },
                _ => None,
            }
        }
        other => other.blocks().iter().find_map(|b| b.stmts.iter().find_map(|s| assigned(s, var))),
    }
}
