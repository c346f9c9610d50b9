//! What `collect`, `sum` and `product` make of an iterator, where only a type around the call says that it may fail.
//!
//! In: a body. Out: the same with the type in the turbofish: `let v: Option<Vec<_>> = it.collect();` is
//! `let v: Option<Vec<_>> = it.collect::<Option<Vec<_>>>();`. Types that say nothing about failure are left where they are,
//! but for the integers that are summed.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, GenericArgument, Pat, PathArguments, Stmt, Type};

/// Writes the types of a body, which gives a value of the type `output`, into the calls that need them.
pub(super) fn written(block: &syn::Block, output: Option<&Type>) -> syn::Block {
    let mut block = block.clone();
    let mut targets = Targets { output: output.cloned() };
    if let Some(ty) = output {
        give_to_block(ty, &mut block);
    }
    targets.visit_block_mut(&mut block);
    block
}

struct Targets {
    /// What `return` gives.
    output: Option<Type>,
}

impl VisitMut for Targets {
    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let (Pat::Type(t), Some(init)) = (&local.pat, &mut local.init) {
            give(&t.ty, &mut init.expr);
        }
        visit_mut::visit_local_mut(self, local);
    }

    fn visit_expr_return_mut(&mut self, r: &mut syn::ExprReturn) {
        if let (Some(ty), Some(e)) = (&self.output, &mut r.expr) {
            give(ty, e);
        }
        visit_mut::visit_expr_return_mut(self, r);
    }

    fn visit_expr_closure_mut(&mut self, c: &mut syn::ExprClosure) {
        let output = match &c.output {
            syn::ReturnType::Type(_, ty) => Some((**ty).clone()),
            syn::ReturnType::Default => None,
        };
        if let Some(ty) = &output {
            give(ty, &mut c.body);
        }
        let outer = std::mem::replace(&mut self.output, output);
        visit_mut::visit_expr_closure_mut(self, c);
        self.output = outer;
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn give_to_block(ty: &Type, block: &mut syn::Block) {
    if let Some(Stmt::Expr(e, None)) = block.stmts.last_mut() {
        give(ty, e);
    }
}

/// Hands a type to where an expression gets its value.
fn give(ty: &Type, e: &mut Expr) {
    match e {
        Expr::Paren(p) => give(ty, &mut p.expr),
        Expr::Block(b) => give_to_block(ty, &mut b.block),
        Expr::If(i) => {
            give_to_block(ty, &mut i.then_branch);
            if let Some((_, els)) = &mut i.else_branch {
                give(ty, els);
            }
        }
        Expr::Match(m) => m.arms.iter_mut().for_each(|arm| give(ty, &mut arm.body)),
        Expr::MethodCall(m)
            if m.turbofish.is_none() && m.args.is_empty() && super::iterators::is_adapted(&m.receiver) =>
        {
            let wanted: &[&str] = match m.method.to_string().as_str() {
                "collect" => &[
                    "Option",
                    "Result",
                    "Box",
                    "Array",
                    "Array1",
                    "String",
                    "HashMap",
                    "HashSet",
                    "BTreeMap",
                    "BTreeSet",
                    "BinaryHeap",
                ],
                "sum" | "product" => &["Option", "Result"],
                _ => &[],
            };
            let adds = m.method == "sum" || m.method == "product";
            let whole = |name: &str| adds && crate::kinds::is_integer(name);
            if last_name(ty).is_some_and(|name| wanted.contains(&name.as_str()) || whole(&name)) {
                m.turbofish = Some(syn::parse_quote!(::<#ty>));
            }
        }
        Expr::MethodCall(m)
            if m.turbofish.is_none() && m.method == "partition" && super::iterators::is_adapted(&m.receiver) =>
        {
            if let Type::Tuple(t) = ty
                && let Some(half) = t.elems.first()
            {
                m.turbofish = Some(syn::parse_quote!(::<#half, _>));
            }
        }
        Expr::Call(c) if c.args.len() == 1 => {
            if let (Expr::Path(p), Some(inner)) = (&*c.func, first_argument(ty))
                && ["Some", "Ok"].iter().any(|name| crate::variants::is_named(&p.path, name))
            {
                give(inner, &mut c.args[0]);
            }
        }
        _ => {}
    }
}

fn last_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(p) => Some(p.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// The `T` of `Option<T>`, of `Result<T, E>` or of `Vec<T>`.
pub(super) fn first_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(p) = ty else { return None };
    let PathArguments::AngleBracketed(args) = &p.path.segments.last()?.arguments else { return None };
    match args.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}
