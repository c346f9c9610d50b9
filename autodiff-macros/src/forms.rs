//! Forms of operators: `A + B`, `&A + &B`, `A += &B`, …, which all compute the same.
//!
//! The derivative of an operator is that of one of its forms: the one that is annotated and does not lead to another.
//! In: an annotated `impl`. Out: the same for values, with the operands that it takes by reference.

use std::sync::{LazyLock, Mutex, PoisonError};

use quote::ToTokens as _;
use syn::visit_mut::VisitMut;
use syn::{Expr, FnArg, GenericParam, ImplItem, ItemImpl, Pat, Stmt, Type};

use crate::maps::HashMap;

/// One form of an operator.
pub(crate) struct Form {
    /// The `impl` for the type itself, whose method takes `&self` where it was for a reference.
    pub(crate) values: ItemImpl,
    /// The type of the right operand, without reference.
    pub(crate) rhs: Type,
    pub(crate) rhs_by_reference: bool,
    self_by_reference: bool,
    forwards: bool,
}

/// Which form of an operator has been seen first in this crate.
static FIRST: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

impl Form {
    pub(crate) fn of(item: &ItemImpl, rhs: Type) -> Self {
        let mut values = item.clone();
        let forwards = forwards(item);
        let self_by_reference = matches!(&*item.self_ty, Type::Reference(_));
        let rhs_by_reference = matches!(rhs, Type::Reference(_));
        if self_by_reference || rhs_by_reference {
            // `Self` in the method is the reference.
            for f in methods(&mut values) {
                f.sig.inputs.iter_mut().skip(1).for_each(|arg| OfSelf(&item.self_ty).visit_fn_arg_mut(arg));
            }
            let params = std::mem::take(&mut values.generics.params);
            values.generics.params = params.into_iter().filter(|p| !matches!(p, GenericParam::Lifetime(_))).collect();
            Lifetimes.visit_item_impl_mut(&mut values);
        }
        let bare = |ty: Type| match ty {
            Type::Reference(r) => *r.elem,
            other => other,
        };
        if self_by_reference {
            values.self_ty = Box::new(bare((*values.self_ty).clone()));
            for f in methods(&mut values) {
                if let Some(receiver) = f.sig.inputs.first_mut() {
                    *receiver = syn::parse_quote!(&self);
                }
            }
        }
        Self { values, rhs: bare(rhs), rhs_by_reference, self_by_reference, forwards }
    }

    /// Whether the derivative is made of this form.
    ///
    /// Of several forms with bodies of their own it is the first; that of values is always one.
    pub(crate) fn is_differentiated(&self, operator: &str) -> bool {
        if self.forwards {
            return false;
        }
        let key = format!("{operator} {} {}", self.values.self_ty.to_token_stream(), self.rhs.to_token_stream());
        let form = format!("{} {}", self.self_by_reference, self.rhs_by_reference);
        let mut seen = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        let first = seen.entry(key).or_insert_with(|| form.clone());
        !(self.self_by_reference || self.rhs_by_reference) || *first == form
    }
}

fn methods(item: &mut ItemImpl) -> impl Iterator<Item = &mut syn::ImplItemFn> {
    item.items.iter_mut().filter_map(|i| match i {
        ImplItem::Fn(f) => Some(f),
        _ => None,
    })
}

/// Whether a method does nothing but apply the operator to its operands in another form.
fn forwards(item: &ItemImpl) -> bool {
    let Some(f) = item.items.iter().find_map(|i| if let ImplItem::Fn(f) = i { Some(f) } else { None }) else {
        return false;
    };
    let Some(FnArg::Typed(other)) = f.sig.inputs.iter().nth(1) else { return false };
    let Pat::Ident(other) = &*other.pat else { return false };
    let is = |e: &Expr, name: &dyn Fn(&syn::Path) -> bool| matches!(operand(e), Expr::Path(p) if name(&p.path));
    // In the same order: `2.0 * v` may well be `v * 2.0`.
    let in_order =
        |a: &Expr, b: &Expr| is(a, &|path| path.is_ident("self")) && is(b, &|path| path.is_ident(&other.ident));
    let [Stmt::Expr(e, _)] = f.block.stmts.as_slice() else { return false };
    let name = f.sig.ident.to_string();
    match e {
        Expr::Binary(b) => method_of(&b.op) == Some(name.as_str()) && in_order(&b.left, &b.right),
        Expr::MethodCall(m) if m.args.len() == 1 => m.method == name && in_order(&m.receiver, &m.args[0]),
        Expr::Call(c) if c.args.len() == 2 => {
            matches!(&*c.func, Expr::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == name))
                && in_order(&c.args[0], &c.args[1])
        }
        _ => false,
    }
}

/// The variable behind `&`, `*`, `clone()` and parentheses.
fn operand(e: &Expr) -> &Expr {
    match e {
        Expr::Paren(p) => operand(&p.expr),
        Expr::Reference(r) => operand(&r.expr),
        Expr::Unary(u) if matches!(u.op, syn::UnOp::Deref(_)) => operand(&u.expr),
        Expr::MethodCall(m) if m.method == "clone" => operand(&m.receiver),
        other => other,
    }
}

fn method_of(op: &syn::BinOp) -> Option<&'static str> {
    use syn::BinOp;
    Some(match op {
        BinOp::Add(_) => "add",
        BinOp::Sub(_) => "sub",
        BinOp::Mul(_) => "mul",
        BinOp::Div(_) => "div",
        BinOp::Rem(_) => "rem",
        BinOp::AddAssign(_) => "add_assign",
        BinOp::SubAssign(_) => "sub_assign",
        BinOp::MulAssign(_) => "mul_assign",
        BinOp::DivAssign(_) => "div_assign",
        BinOp::RemAssign(_) => "rem_assign",
        _ => return None,
    })
}

/// Puts a type in the place of `Self`.
struct OfSelf<'a>(&'a Type);

impl VisitMut for OfSelf<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if matches!(ty, Type::Path(p) if p.path.is_ident("Self")) {
            *ty = self.0.clone();
        } else {
            syn::visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// Leaves the lifetimes of references out.
struct Lifetimes;

impl VisitMut for Lifetimes {
    fn visit_type_reference_mut(&mut self, r: &mut syn::TypeReference) {
        r.lifetime = None;
        syn::visit_mut::visit_type_reference_mut(self, r);
    }
}
