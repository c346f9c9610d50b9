//! Which operators of a struct add or subtract field by field: their derivatives hand the cotangent on, and ask for no operand.

use proc_macro2::{TokenStream, TokenTree};
use syn::{BinOp, Expr, FnArg, ImplItemFn, Member, Pat, Stmt, Type};

use super::types::name_of;
use super::{Surroundings, Written};

/// Whether a method is `fn add(self, o: V) -> V { V { x: self.x + o.x, … } }`, or the same of `sub`.
pub(crate) fn is_by_fields(method: &ImplItemFn) -> bool {
    let Some(FnArg::Typed(other)) = method.sig.inputs.iter().nth(1) else { return false };
    let Pat::Ident(syn::PatIdent { ident: other, .. }) = &*other.pat else { return false };
    let [Stmt::Expr(value, None)] = method.block.stmts.as_slice() else { return false };
    let of = |e: &Expr, name: &dyn Fn(&syn::Ident) -> bool, member: &Member| {
        let Expr::Field(field) = e else { return false };
        let is_operand = matches!(&*field.base, Expr::Path(base) if base.path.get_ident().is_some_and(name));
        is_operand && field.member == *member
    };
    let own = |e: &Expr, member: &Member| of(e, &|name| name == "self", member);
    let others = |e: &Expr, member: &Member| of(e, &|name| name == other, member);
    let name = method.sig.ident.to_string();
    let made = |e: &Expr, member: &Member| match (name.as_str(), e) {
        ("add", Expr::Binary(b)) if matches!(b.op, BinOp::Add(_)) => own(&b.left, member) && others(&b.right, member),
        ("sub", Expr::Binary(b)) if matches!(b.op, BinOp::Sub(_)) => own(&b.left, member) && others(&b.right, member),
        _ => false,
    };
    let is_type =
        |path: &syn::Path| path.get_ident().is_some_and(|name| name.to_string().starts_with(char::is_uppercase));
    match value {
        Expr::Struct(value) => {
            is_type(&value.path)
                && value.rest.is_none()
                && value.fields.iter().all(|field| made(&field.expr, &field.member))
        }
        Expr::Call(call) => {
            let mut parts = call.args.iter().enumerate();
            matches!(&*call.func, Expr::Path(func) if is_type(&func.path)) && parts.all(|(i, e)| made(e, &i.into()))
        }
        _ => false,
    }
}

/// The same of a method of an operator with these tokens, from `fn` to its body.
pub(super) fn is_written_by_fields(name: &str, method: &[TokenTree]) -> bool {
    let tokens = || method.iter().cloned().collect::<TokenStream>();
    matches!(name, "add" | "sub") && syn::parse2(tokens()).is_ok_and(|method| is_by_fields(&method))
}

impl Surroundings {
    /// Whether an operator between two values of one type gives a third whose fields are the sums or the differences of theirs.
    pub(crate) fn is_sum(&self, left: &Written, name: &str, right: &Written, output: &Written) -> bool {
        let Some(ty) = self.target(left) else { return false };
        let is_one = |other: &Written| self.target(other).is_some_and(|other| self.are_one(&ty, &other));
        is_one(output) && is_one(right) && self.adds_by_fields(&ty, name, 3)
    }

    fn adds_by_fields(&self, ty: &Written, name: &str, depth: usize) -> bool {
        let methods = self.methods_for(ty, name, Some(ty)).unwrap_or_default();
        let fields = name_of(&ty.ty).and_then(|name| self.fields_of(&name, ty.scope));
        let adds = |ty: &Type, scope| {
            let written = Written { ty: ty.clone(), scope: Some(scope) };
            let number = self.plain(&written).is_some_and(|kind| kind.is_scalar());
            number || depth > 0 && self.adds_by_fields(&written, name, depth - 1)
        };
        !methods.is_empty()
            && methods.iter().all(|method| method.by_fields)
            && fields.is_some_and(|fields| {
                fields.derived && fields.types.values().all(|field| adds(&field.ty, fields.scope))
            })
    }
}
