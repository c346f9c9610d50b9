//! The fence: every kind of syntax is allowed or refused by name, and all refusals are reported.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Item, Pat};

use crate::errors::Errors;

/// Reports everything in a body that cannot be differentiated whatever surrounds it.
pub(crate) fn check(body: &Block, errors: &Errors) {
    Fence { errors, depth: 0 }.visit_block(body);
}

struct Fence<'a> {
    errors: &'a Errors,
    depth: usize,
}

/// Deeper nesting than this is refused, so that no input can exhaust the stack.
const DEPTH: usize = 128;

impl Fence<'_> {
    fn refuse(&self, span: proc_macro2::Span, what: &str, instead: &str) {
        self.errors.at(span, format!("{what} cannot be differentiated; {instead}"));
    }
}

impl<'a> Visit<'a> for Fence<'_> {
    fn visit_expr(&mut self, e: &'a Expr) {
        self.depth += 1;
        if self.depth > DEPTH {
            if self.depth == DEPTH + 1 {
                self.errors.at(e.span(), "this expression is nested too deeply; bind parts of it to names");
            }
            self.depth -= 1;
            return;
        }
        match e {
            Expr::Unsafe(u) => self.refuse(
                u.unsafe_token.span,
                "an `unsafe` block",
                "put it into a function with a rule of its own (`vjp = …`)",
            ),
            Expr::Async(a) => {
                self.refuse(a.async_token.span, "an `async` block", "await outside and pass the value in");
            }
            Expr::Await(a) => self.refuse(a.await_token.span, "`.await`", "await outside and pass the value in"),
            Expr::Const(c) => self.refuse(c.const_token.span, "an inline `const` block", "make it a named constant"),
            Expr::Unary(u) if matches!(u.op, syn::UnOp::Deref(_)) && matches!(*u.expr, Expr::Lit(_)) => {
                self.refuse(u.span(), "the dereference of a literal", "write the literal");
            }
            Expr::Field(f) if matches!(*f.base, Expr::Lit(_)) => {
                self.refuse(f.span(), "a field of a literal", "write the literal");
            }
            Expr::RawAddr(r) => {
                self.refuse(r.span(), "a raw pointer", "use a reference or an index");
            }
            Expr::TryBlock(t) => {
                self.refuse(t.try_token.span, "a `try` block", "use a function with `?`");
            }
            Expr::Yield(y) => self.refuse(y.yield_token.span, "`yield`", "collect the values in a `Vec`"),
            Expr::Verbatim(v) => self.refuse(v.span(), "this expression", "write it in plain Rust"),
            Expr::Path(p) if let Some(name) = reads_from_outside(&p.path) => self.errors.on(
                p,
                format!("`{name}` reads from outside of the program, and what it gives may be what was written there: no derivative can follow that; read it before, and pass the number as a `#[constant]` parameter"),
            ),
            Expr::Path(p) if let Some(name) = makes_locked(&p.path) => self.refuse(
                p.span(),
                &format!("`{name}`, whose content changes behind a shared reference,"),
                "use a variable that is `mut`",
            ),
            Expr::Path(p) if is_of_control_flow(&p.path) => self.refuse(
                p.span(),
                "`ControlFlow`",
                "let the closure give an `Option` or a `Result`, or write a loop that ends with `break`",
            ),
            _ => visit::visit_expr(self, e),
        }
        self.depth -= 1;
    }

    fn visit_attribute(&mut self, a: &'a syn::Attribute) {
        if a.path().is_ident("cfg") || a.path().is_ident("cfg_attr") {
            self.refuse(
                a.span(),
                "a conditionally compiled part of a function",
                "write `if cfg!(…)`, or put the attribute on the function",
            );
        }
    }

    fn visit_pat(&mut self, p: &'a Pat) {
        match p {
            Pat::Macro(m) => self.refuse(m.span(), "a macro in a pattern", "write the pattern out"),
            Pat::Verbatim(v) => self.refuse(v.span(), "this pattern", "write it in plain Rust"),
            _ => visit::visit_pat(self, p),
        }
    }

    fn visit_type(&mut self, ty: &'a syn::Type) {
        let locked = match ty {
            syn::Type::Path(p) => {
                p.path.segments.last().filter(|s| !s.arguments.is_none()).map(|s| s.ident.to_string())
            }
            _ => None,
        };
        if matches!(ty, syn::Type::Ptr(_)) {
            self.refuse(ty.span(), "a raw pointer", "use a reference or an index");
        } else if let Some(name) = locked.filter(|name| is_locked(name)) {
            self.refuse(
                ty.span(),
                &format!("`{name}`, whose content changes behind a shared reference,"),
                "use a variable that is `mut`",
            );
        } else {
            visit::visit_type(self, ty);
        }
    }

    fn visit_item(&mut self, _: &'a Item) {
        // Items inside a function stand for themselves.
    }

    fn visit_macro(&mut self, m: &'a syn::Macro) {
        let name = m.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        if name == "asm" || name == "global_asm" {
            self.refuse(m.span(), "inline assembly", "put it into a function with a rule of its own (`vjp = …`)");
        }
    }
}

/// Whether a path names a variant of `std::ops::ControlFlow`.
fn is_of_control_flow(path: &syn::Path) -> bool {
    let mut names = path.segments.iter().rev().map(|s| s.ident.to_string());
    names.next().is_some_and(|last| last == "Break" || last == "Continue")
        && names.next().is_some_and(|owner| owner == "ControlFlow")
}

/// The name of a function of the standard library that reads files, the standard input or the arguments of the program.
fn reads_from_outside(path: &syn::Path) -> Option<String> {
    let mut names = path.segments.iter().rev().map(|s| s.ident.to_string());
    let (last, owner) = (names.next()?, names.next()?);
    let reads = match owner.as_str() {
        "fs" => matches!(last.as_str(), "read" | "read_to_string" | "read_dir" | "read_link"),
        "io" => matches!(last.as_str(), "stdin" | "read_to_string"),
        "env" => matches!(last.as_str(), "args" | "args_os"),
        "File" => matches!(last.as_str(), "open" | "options"),
        _ => false,
    };
    reads.then(|| format!("{owner}::{last}"))
}

/// The name of a type whose content is reached through a guard or by a closure, if a path names a function that makes one.
fn makes_locked(path: &syn::Path) -> Option<String> {
    let mut names = path.segments.iter().rev().map(|s| s.ident.to_string());
    let (last, owner) = (names.next()?, names.next()?);
    (matches!(last.as_str(), "new" | "from" | "default") && is_locked(&owner)).then_some(owner)
}

/// Whether the content of a type is reached through a guard or by a closure, behind a shared reference.
fn is_locked(name: &str) -> bool {
    changes_when_shared(name) && name != "Cell" && !name.starts_with("Atomic")
}

/// Whether values of a type change behind a shared reference.
pub(crate) fn changes_when_shared(name: &str) -> bool {
    is_shared(name) && !matches!(name, "Rc" | "Arc" | "Weak" | "LazyCell" | "LazyLock")
}

/// Whether values of a type are shared, or change behind a shared reference: no derivative can follow them.
pub(crate) fn is_shared(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "Cell",
        "RefCell",
        "OnceCell",
        "UnsafeCell",
        "LazyCell",
        "Mutex",
        "RwLock",
        "OnceLock",
        "LazyLock",
        "Rc",
        "Arc",
        "Weak",
        "SyncUnsafeCell",
        "ReentrantLock",
    ];
    NAMES.contains(&name) || name.starts_with("Atomic") && name.len() > "Atomic".len()
}

/// Whether a name is that of a map, a set or a heap of the standard library.
pub(crate) fn is_keyed(name: &str) -> bool {
    matches!(name, "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "BinaryHeap")
}

/// Reports parameter types through which no derivative can flow, unless they are constants.
pub(crate) fn check_types(signature: &crate::signature::Signature, errors: &Errors) {
    for param in signature.params.iter().filter(|p| p.differentiable) {
        without_tangent(&param.ty, &mut |ty, what, instead| {
            errors.on(ty, format!("{what} has no known tangent; {instead}, or mark the parameter `#[constant]`"));
        });
    }
}

/// Reports the type of a field through which no derivative can flow, and which is not marked as a constant.
pub(crate) fn check_field(ty: &syn::Type, errors: &mut Vec<syn::Error>) {
    without_tangent(ty, &mut |ty, what, _| {
        // It may be a type of the user's own.
        let own = |name: &str| name == "Cell" || name.starts_with("Atomic");
        let named = match ty {
            syn::Type::Path(p) => {
                p.path.segments.last().is_some_and(|s| !s.arguments.is_none() && !own(&s.ident.to_string()))
            }
            _ => true,
        };
        if named {
            let text =
                format!("{what} has no known tangent; hold the values themselves, or mark the field `#[constant]`");
            errors.push(syn::Error::new_spanned(ty, text));
        }
    });
}

/// Calls `report` for the parts of a type that have no tangent, with what they are and what stands in for them.
fn without_tangent(ty: &syn::Type, report: &mut dyn FnMut(&syn::Type, &str, &str)) {
    struct Types<'a>(&'a mut dyn FnMut(&syn::Type, &str, &str));
    impl<'ast> Visit<'ast> for Types<'_> {
        fn visit_type(&mut self, ty: &'ast syn::Type) {
            let (what, instead) = match ty {
                syn::Type::TraitObject(_) => ("a trait object", "use a generic parameter"),
                syn::Type::Ptr(_) => ("a raw pointer", "use a reference or an index"),
                // A `Cell` of nothing is a type of the user's own.
                syn::Type::Path(p)
                    if p.path.segments.last().is_some_and(|s| {
                        is_shared(&s.ident.to_string()) && (s.ident != "Cell" || !s.arguments.is_none())
                    }) =>
                {
                    ("a value that is shared or changes behind a shared reference", "use `&mut`, or a value")
                }
                syn::Type::Path(p)
                    if p.path
                        .segments
                        .last()
                        .is_some_and(|s| !s.arguments.is_none() && is_keyed(&s.ident.to_string())) =>
                {
                    ("a map or a set", "keep the values in a `Vec`, and their indices in the map")
                }
                _ => return visit::visit_type(self, ty),
            };
            (self.0)(ty, what, instead);
        }
    }
    Types(report).visit_type(ty);
}
