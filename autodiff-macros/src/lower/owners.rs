//! Whose methods those are that other types have as well: `stack.push(x)` where `Stack` is a type of the user's own,
//! `self.last.replace(x)` where `last` is an `Option`.
//!
//! In: a body, and those of the methods beside it. Out: the names and fields that they use as sequences (indexed, iterated
//! over, or made by `vec!`) and as options (taken apart by `Some`, or given one), those whose `pop` or `get` gives a number and no option,
//! and the variables that a constructor of another type makes.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, Pat, Stmt};

use super::fallible::{Family, family_of, variant_of};
use crate::lower::capital;
use crate::maps::{HashMap, HashSet};
use crate::signature::Signature;

/// What names and fields are used as.
#[derive(Clone, Default)]
pub(crate) struct Uses {
    sequences: HashSet<String>,
    /// Those that are indexed, iterated over or made as sequences, and have more than methods of such names.
    certain: HashSet<String>,
    options: HashSet<String>,
    /// No vectors, though they have methods of the same names.
    others: HashSet<String>,
    /// Names of what was found, and in what.
    found: HashMap<String, String>,
    /// Names of what `map` gave, and of what.
    mapped: HashMap<String, String>,
    /// Names of values whose type is one of the user's own with the name of another.
    own: HashSet<String>,
    /// Names of values of structs, which literals or constructors with arguments make: no alias of a sequence has them.
    structs: HashSet<String>,
    /// Names of iterators that are advanced item by item.
    advanced: HashSet<String>,
    /// Those of which items are taken from the end.
    advanced_back: HashSet<String>,
    /// Names of chunks that are asked what they leave over.
    remainders: HashSet<String>,
    /// A function called `drop` gives something, or takes what that of the standard library would not be given.
    own_drop: bool,
    /// A call of `drop` is the value of the body.
    drop_is_value: bool,
}

impl Uses {
    /// The same with what the types of parameters tell.
    pub(super) fn with_parameters(mut self, signature: &Signature) -> Self {
        for p in &signature.params {
            if crate::own_names::is_own(&p.ty) {
                self.own.insert(p.name.to_string());
            }
        }
        self.own_drop |= self.drop_is_value && signature.output.is_some();
        self
    }

    /// Whether a value is an iterator that is advanced item by item, as a range can be.
    pub(super) fn is_advanced(&self, name: &syn::Ident) -> bool {
        self.advanced.contains(&name.to_string())
    }

    /// Whether items are taken from the end of a value that is an iterator.
    pub(super) fn is_advanced_back(&self, name: &syn::Ident) -> bool {
        self.advanced_back.contains(&name.to_string())
    }

    /// Whether chunks are asked what they leave over.
    pub(super) fn asks_for_remainder(&self, name: &syn::Ident) -> bool {
        self.remainders.contains(&name.to_string())
    }

    /// Whether `drop` is a function of the user's own.
    pub(super) fn has_own_drop(&self) -> bool {
        self.own_drop
    }

    /// Whether a place is of a type of the user's own that has the name of one of the standard library.
    pub(super) fn is_own(&self, e: &Expr) -> bool {
        key(e).is_some_and(|key| self.own.contains(&key))
    }

    /// Whether a place is a struct, as what makes it shows.
    pub(super) fn is_struct(&self, e: &Expr) -> bool {
        key(e).is_some_and(|key| self.structs.contains(&key) && !self.certain.contains(&key))
    }

    /// What a body tells.
    pub(crate) fn of(block: &syn::Block) -> Self {
        let mut uses = Self::default();
        uses.visit_block(block);
        uses.drop_is_value = matches!(block.stmts.last(), Some(Stmt::Expr(e, None)) if drops(e).is_some());
        let mapped = uses.mapped.iter().filter(|(name, _)| uses.sequences.contains(*name)).map(|(_, of)| of.clone());
        let mapped: Vec<String> = mapped.collect();
        uses.sequences.extend(mapped);
        uses
    }

    /// What a body tells of the fields of `self`, which other methods share.
    pub(crate) fn of_fields(block: &syn::Block) -> Self {
        let mut uses = Self::of(block);
        uses.sequences.retain(|key| key.starts_with("self."));
        uses.certain.retain(|key| key.starts_with("self."));
        uses.options.retain(|key| key.starts_with("self."));
        uses.others.retain(|key| key.starts_with("self."));
        uses
    }

    /// What both tell.
    pub(crate) fn with(mut self, other: &Self) -> Self {
        self.sequences.extend(other.sequences.iter().cloned());
        self.certain.extend(other.certain.iter().cloned());
        self.options.extend(other.options.iter().cloned());
        self.others.extend(other.others.iter().cloned());
        self
    }

    pub(super) fn is_sequence(&self, e: &Expr) -> bool {
        key(e).is_some_and(|key| self.sequences.contains(&key))
    }

    /// The same of what more than the names of methods shows to be one.
    pub(super) fn is_certainly_sequence(&self, e: &Expr) -> bool {
        key(e).is_some_and(|key| self.certain.contains(&key))
    }

    pub(super) fn is_option(&self, e: &Expr) -> bool {
        key(e).is_some_and(|key| self.options.contains(&key))
    }

    /// Whether it is of a type that is neither a vector nor an option.
    pub(super) fn is_other(&self, e: &Expr) -> bool {
        key(e).is_some_and(|key| self.others.contains(&key))
    }

    fn sequence(&mut self, e: &Expr) {
        let key = key(e).or_else(|| mapped(e));
        self.certain.extend(key.clone());
        self.sequences.extend(key);
    }

    /// An operand of arithmetic, which is no option.
    fn number(&mut self, e: &Expr) {
        match e {
            Expr::Paren(p) => self.number(&p.expr),
            Expr::Unary(u) => self.number(&u.expr),
            Expr::MethodCall(_) => self.others.extend(found(e)),
            Expr::Path(p) => {
                let of = p.path.get_ident().and_then(|name| self.found.get(&name.to_string()).cloned());
                self.others.extend(of);
            }
            _ => {}
        }
    }

    /// Visits what may be a statement, where `drop` that takes one value may be that of the standard library.
    fn visit_unused(&mut self, e: &Expr) {
        match drops(e) {
            Some(c) if c.args.len() == 1 && !is_borrowed_mutably(&c.args[0]) => self.visit_expr(&c.args[0]),
            _ => self.visit_expr(e),
        }
    }

    /// The place of an option, perhaps behind a method that gives it or a view of it.
    fn option(&mut self, e: &Expr) {
        match e {
            Expr::MethodCall(m)
                if matches!(
                    (m.method.to_string().as_str(), m.args.len()),
                    ("take" | "as_ref" | "as_mut" | "as_deref" | "as_deref_mut" | "copied" | "cloned" | "clone", 0)
                        | ("replace" | "map" | "and_then" | "filter" | "zip" | "or" | "xor", 1)
                ) =>
            {
                self.option(&m.receiver);
            }
            Expr::Paren(p) => self.option(&p.expr),
            Expr::Reference(r) => self.option(&r.expr),
            Expr::Unary(u) => self.option(&u.expr),
            e => self.options.extend(key(e)),
        }
    }
}

/// A name, or a path of fields and elements that begins with one, without references around them.
pub(super) fn key(e: &Expr) -> Option<String> {
    match e {
        Expr::Paren(p) => key(&p.expr),
        Expr::Reference(r) => key(&r.expr),
        Expr::Unary(u) => key(&u.expr),
        Expr::Path(p) => p.path.get_ident().map(ToString::to_string),
        Expr::Field(f) => Some(format!("{}.{}", key(&f.base)?, f.member.to_token_stream())),
        Expr::Index(i) if !matches!(*i.index, Expr::Range(_)) => Some(format!("{}[]", key(&i.expr)?)),
        _ => None,
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        match stmt {
            Stmt::Expr(e, _) => self.visit_unused(e),
            stmt => visit::visit_stmt(self, stmt),
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.visit_pat(&arm.pat);
        self.visit_unused(&arm.body);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        self.visit_unused(&closure.body);
    }

    fn visit_expr(&mut self, e: &'ast Expr) {
        // Where `drop` is no statement, its value is used, and what is mapped by it is, too.
        self.own_drop |= drops(e).is_some();
        if let Expr::MethodCall(m) = e {
            let mapped = |a: &Expr| matches!(a, Expr::Path(p) if p.path.is_ident("drop"));
            self.own_drop |= m.method != "for_each" && m.args.iter().any(mapped);
        }
        match e {
            Expr::Index(i) => self.sequence(&i.expr),
            Expr::ForLoop(f) => self.sequence(&f.expr),
            Expr::MethodCall(m) => match m.method.to_string().as_str() {
                "iter" | "iter_mut" | "into_iter" | "to_vec" | "as_slice" | "windows" | "chunks" | "first" | "last" => {
                    self.sequences.extend(key(&m.receiver));
                }
                "is_some" | "is_none" | "is_some_and" | "is_none_or" | "ok_or" | "ok_or_else" | "get_or_insert"
                | "get_or_insert_with" | "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" | "map_or" => {
                    self.option(&m.receiver);
                }
                "take" if m.args.is_empty() => self.option(&m.receiver),
                "next" | "by_ref" if m.args.is_empty() => self.advanced.extend(key(&m.receiver)),
                "remainder" if m.args.is_empty() => self.remainders.extend(key(&m.receiver)),
                "next_back" if m.args.is_empty() => {
                    self.advanced.extend(key(&m.receiver));
                    self.advanced_back.extend(key(&m.receiver));
                }
                _ => {}
            },
            Expr::Binary(b) if crate::ir::BinOp::of(&b.op).is_some_and(crate::ir::BinOp::is_arithmetic) => {
                self.number(&b.left);
                self.number(&b.right);
            }
            Expr::Let(l) if shows_option(&l.pat) => self.option(&l.expr),
            Expr::Match(m) if m.arms.iter().any(|a| shows_option(&a.pat)) => self.option(&m.expr),
            Expr::Assign(a) if variant_of(&a.right) == Some(Family::Option) => self.options.extend(key(&a.left)),
            _ => {}
        }
        visit::visit_expr(self, e);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        let (pat, declared) = match &local.pat {
            Pat::Type(t) => (&*t.pat, Some(&*t.ty)),
            pat => (pat, None),
        };
        let made = || local.init.as_ref().is_some_and(|init| makes_own(&init.expr));
        if let Pat::Ident(name) = pat
            && declared.map_or_else(made, crate::own_names::is_own)
        {
            self.own.insert(name.ident.to_string());
        }
        if let Some(init) = &local.init {
            match pat {
                Pat::Ident(name) if makes_struct(&init.expr) => {
                    self.structs.insert(name.ident.to_string());
                }
                Pat::Ident(name) if makes_sequence(&init.expr) => {
                    self.sequences.insert(name.ident.to_string());
                    self.certain.insert(name.ident.to_string());
                }
                Pat::Ident(name) => {
                    // What is bound anew is something else.
                    let name = name.ident.to_string();
                    let (from, of) = (found(&init.expr), mapped(&init.expr));
                    match from {
                        Some(from) => self.found.insert(name.clone(), from),
                        None => self.found.remove(&name),
                    };
                    self.mapped.extend(of.map(|of| (name, of)));
                }
                pat if shows_option(pat) => self.option(&init.expr),
                _ => {}
            }
        }
        visit::visit_local(self, local);
    }
}

/// A call of a function that is called `drop`.
fn drops(e: &Expr) -> Option<&syn::ExprCall> {
    match e {
        Expr::Paren(p) => drops(&p.expr),
        Expr::Call(c) => matches!(&*c.func, Expr::Path(p) if p.path.is_ident("drop")).then_some(c),
        _ => None,
    }
}

fn is_borrowed_mutably(e: &Expr) -> bool {
    matches!(e, Expr::Reference(r) if r.mutability.is_some())
}

/// What a call is of that gives an option, if that is a vector.
fn found(e: &Expr) -> Option<String> {
    let Expr::MethodCall(m) = e else { return None };
    match (m.method.to_string().as_str(), m.args.len()) {
        ("pop" | "first" | "last", 0) | ("get", 1) => key(&m.receiver),
        _ => None,
    }
}

/// What a call of `map` with a closure is made of.
fn mapped(e: &Expr) -> Option<String> {
    match e {
        Expr::MethodCall(m) if m.args.len() == 1 && m.method == "map" => key(&m.receiver),
        _ => None,
    }
}

/// Whether a pattern takes an option apart.
fn shows_option(pat: &Pat) -> bool {
    let path = match pat {
        Pat::TupleStruct(t) => &t.path,
        Pat::Path(p) => &p.path,
        Pat::Ident(i) => return i.ident == "None",
        Pat::Reference(r) => return shows_option(&r.pat),
        Pat::Paren(p) => return shows_option(&p.pat),
        Pat::Or(o) => return o.cases.iter().any(shows_option),
        _ => return false,
    };
    family_of(path) == Some(Family::Option)
}

/// Whether an expression shows that it makes a sequence: `vec![…]`, `Vec::new()`, `x.to_vec()`.
fn makes_sequence(e: &Expr) -> bool {
    match e {
        Expr::Paren(p) => makes_sequence(&p.expr),
        Expr::Macro(_) | Expr::Array(_) | Expr::Repeat(_) => true,
        Expr::MethodCall(m) => m.method == "to_vec" || m.method == "collect",
        Expr::Call(c) => match &*c.func {
            Expr::Path(p) => p.path.segments.iter().rev().nth(1).is_some_and(|s| s.ident == "Vec"),
            _ => false,
        },
        _ => false,
    }
}

/// Whether an expression makes a value of a type of the user's own with the name of another.
fn makes_own(e: &Expr) -> bool {
    match e {
        Expr::Paren(p) => makes_own(&p.expr),
        Expr::Struct(s) => crate::own_names::is_alias(&s.path),
        Expr::Call(c) => match &*c.func {
            Expr::Path(p) => {
                let function = p.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
                crate::own_names::is_alias(&p.path) && (makes(&function) || capital(&function))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether an expression makes a struct: by a literal, or by a `new` that takes something.
fn makes_struct(e: &Expr) -> bool {
    match e {
        Expr::Paren(p) => makes_struct(&p.expr),
        Expr::Struct(_) => true,
        Expr::Call(c) if !c.args.is_empty() => {
            matches!(&*c.func, Expr::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "new"))
                && makes_another_type(e)
        }
        _ => false,
    }
}

/// Whether a function of a type makes values of it, as its name tells.
fn makes(function: &str) -> bool {
    matches!(function, "new" | "default" | "empty" | "zeros")
        || function.starts_with("with_")
        || function.starts_with("from_")
}

/// Whether an expression makes a value of a type that is named and is no sequence: `Stack::new(3)`, `Stack { … }`.
pub(super) fn makes_another_type(e: &Expr) -> bool {
    match e {
        Expr::Paren(p) => makes_another_type(&p.expr),
        Expr::Struct(_) => true,
        Expr::Call(c) => {
            let Expr::Path(p) = &*c.func else { return false };
            let names: Vec<String> = p.path.segments.iter().map(|s| s.ident.to_string()).collect();
            let [.., owner, function] = names.as_slice() else { return false };
            makes(function) && capital(owner) && !SEQUENCES.contains(&owner.as_str())
        }
        _ => false,
    }
}

/// Whether a value is made on the spot, of a type that is no sequence, perhaps by the same method: `Path { … }.push(a).push(b)`.
pub(super) fn is_built(e: &Expr, method: &str) -> bool {
    match e {
        Expr::MethodCall(m) => m.method == method && is_built(&m.receiver, method),
        e => makes_another_type(e),
    }
}

/// Types that are sequences or arrays, or hold one behind a pointer.
pub(super) const SEQUENCES: &[&str] =
    &["Vec", "VecDeque", "Box", "Option", "Array", "Array0", "Array1", "Array2", "Array3", "Array4", "ArrayD", "Self"];
