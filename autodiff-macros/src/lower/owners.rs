//! Whose methods those are that vectors have as well: `stack.push(x)` where `Stack` is a type of the user's own.
//!
//! In: a body. Out: the names that it uses as sequences (indexed, iterated over, or made by `vec!`), and the variables that
//! a constructor of another type makes.

use std::collections::HashSet;

use syn::visit::{self, Visit};
use syn::{Expr, Pat};

use crate::lower::capital;

/// The names that a body uses as sequences.
pub(super) fn sequences(block: &syn::Block) -> HashSet<String> {
    let mut uses = Uses(HashSet::new());
    uses.visit_block(block);
    uses.0
}

struct Uses(HashSet<String>);

impl Uses {
    fn note(&mut self, e: &Expr) {
        match e {
            Expr::Paren(p) => self.note(&p.expr),
            Expr::Reference(r) => self.note(&r.expr),
            Expr::Unary(u) => self.note(&u.expr),
            Expr::Path(p) => self.0.extend(p.path.get_ident().map(ToString::to_string)),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_expr(&mut self, e: &'ast Expr) {
        match e {
            Expr::Index(i) => self.note(&i.expr),
            Expr::ForLoop(f) => self.note(&f.expr),
            Expr::MethodCall(m)
                if matches!(
                    m.method.to_string().as_str(),
                    "iter" | "iter_mut" | "into_iter" | "to_vec" | "as_slice" | "windows" | "chunks" | "first" | "last"
                ) =>
            {
                self.note(&m.receiver);
            }
            _ => {}
        }
        visit::visit_expr(self, e);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        let pat = if let Pat::Type(t) = &local.pat { &*t.pat } else { &local.pat };
        if let (Pat::Ident(name), Some(init)) = (pat, &local.init)
            && makes_sequence(&init.expr)
        {
            self.0.insert(name.ident.to_string());
        }
        visit::visit_local(self, local);
    }
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

/// Whether an expression makes a value of a type that is named and is no sequence: `Stack::new(3)`, `Stack { … }`.
pub(super) fn makes_another_type(e: &Expr) -> bool {
    match e {
        Expr::Paren(p) => makes_another_type(&p.expr),
        Expr::Struct(_) => true,
        Expr::Call(c) => {
            let Expr::Path(p) = &*c.func else { return false };
            let names: Vec<String> = p.path.segments.iter().map(|s| s.ident.to_string()).collect();
            let [.., owner, function] = names.as_slice() else { return false };
            let makes = matches!(function.as_str(), "new" | "default" | "empty" | "zeros")
                || function.starts_with("with_")
                || function.starts_with("from_");
            makes && capital(owner) && !SEQUENCES.contains(&owner.as_str())
        }
        _ => false,
    }
}

/// Types that are sequences or arrays, or hold one behind a pointer.
const SEQUENCES: &[&str] =
    &["Vec", "VecDeque", "Box", "Option", "Array", "Array0", "Array1", "Array2", "Array3", "Array4", "ArrayD", "Self"];
