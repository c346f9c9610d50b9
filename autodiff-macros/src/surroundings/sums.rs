//! Which operators of a struct add or subtract field by field: their derivatives hand the cotangent on, and ask for no operand.

use proc_macro2::{TokenStream, TokenTree};
use syn::{BinOp, Expr, FnArg, ImplItemFn, Member, Pat, Stmt};

use super::types::name_of;
use super::{Declared, Surroundings, Written};

/// The fields of which `fn add(self, o: V) -> V { V { x: self.x + o.x, … } }` makes its value, and the same of `sub`, and of
/// `fn add_assign(&mut self, o: V) { self.x += o.x; … }` and `sub_assign`. None if a method is anything else.
pub(crate) fn by_fields(method: &ImplItemFn) -> Option<Vec<String>> {
    let Some(FnArg::Typed(other)) = method.sig.inputs.iter().nth(1) else { return None };
    let Pat::Ident(syn::PatIdent { ident: other, .. }) = &*other.pat else { return None };
    let name = method.sig.ident.to_string();
    // The field of both operands that an operation is between.
    let between = |e: &Expr| {
        let Expr::Binary(e) = e else { return None };
        let is_meant = match name.as_str() {
            "add" => matches!(e.op, BinOp::Add(_)),
            "sub" => matches!(e.op, BinOp::Sub(_)),
            "add_assign" => matches!(e.op, BinOp::AddAssign(_)),
            "sub_assign" => matches!(e.op, BinOp::SubAssign(_)),
            _ => false,
        };
        let field = field_of(&e.left, |base| base == "self")?;
        (is_meant && field_of(&e.right, |base| base == other)? == field).then(|| field.clone())
    };
    let made = |e: &Expr, member: &Member| between(e).filter(|field| field == member).map(|field| text_of(&field));
    let is_type =
        |path: &syn::Path| path.get_ident().is_some_and(|name| name.to_string().starts_with(char::is_uppercase));
    match method.block.stmts.as_slice() {
        [Stmt::Expr(Expr::Struct(value), None)] if is_type(&value.path) && value.rest.is_none() => {
            value.fields.iter().map(|field| made(&field.expr, &field.member)).collect()
        }
        [Stmt::Expr(Expr::Call(call), None)] if matches!(&*call.func, Expr::Path(func) if is_type(&func.path)) => {
            call.args.iter().enumerate().map(|(i, e)| made(e, &i.into())).collect()
        }
        stmts if name.ends_with("_assign") => {
            let mut fields: Vec<String> = stmts
                .iter()
                .map(|stmt| match stmt {
                    Stmt::Expr(e, _) => between(e).map(|field| text_of(&field)),
                    _ => None,
                })
                .collect::<Option<_>>()?;
            let all = fields.len();
            fields.sort_unstable();
            fields.dedup();
            (fields.len() == all).then_some(fields)
        }
        _ => None,
    }
}

/// The field that an expression is of a variable.
fn field_of(e: &Expr, is_meant: impl Fn(&syn::Ident) -> bool) -> Option<&Member> {
    let Expr::Field(field) = e else { return None };
    let meant = matches!(&*field.base, Expr::Path(base) if base.path.get_ident().is_some_and(is_meant));
    meant.then_some(&field.member)
}

/// The name or the number of a field.
fn text_of(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(i) => i.index.to_string(),
    }
}

/// The same of a method with these tokens, from `fn` to its body.
pub(super) fn written_by_fields(name: &str, method: &[TokenTree]) -> Option<Vec<String>> {
    let tokens = || method.iter().cloned().collect::<TokenStream>();
    let operator = matches!(name, "add" | "sub" | "add_assign" | "sub_assign");
    operator.then(|| syn::parse2(tokens()).ok().and_then(|method| by_fields(&method)))?
}

impl Surroundings {
    /// Whether an operator between two values of one type gives a third whose fields are the sums or the differences of theirs;
    /// one that assigns leaves it in the first.
    pub(crate) fn is_sum(&self, left: &Written, name: &str, right: &Written) -> bool {
        let Some(ty) = self.target(left) else { return false };
        let is_one = |other: &Written| self.target(other).is_some_and(|other| self.are_one(&ty, &other));
        let given = || self.output_of_operator(left, name, right);
        let gives_one = || name.ends_with("_assign") || given().as_ref().is_some_and(is_one);
        is_one(right) && gives_one() && self.adds_by_fields(&ty, name, 3)
    }

    fn adds_by_fields(&self, ty: &Written, name: &str, depth: usize) -> bool {
        let methods = self.methods_for(ty, name, Some(ty)).unwrap_or_default();
        let Some(fields) = name_of(&ty.ty).and_then(|name| self.fields_of(&name, ty.scope)) else { return false };
        let adds = |(field, declared): (&String, &Declared)| {
            let written = Written { ty: declared.ty.clone(), scope: Some(fields.scope) };
            let number = self.plain(&written).is_some_and(|kind| kind.is_scalar());
            methods.iter().all(|method| method.by_fields.as_ref().is_some_and(|fields| fields.contains(field)))
                && (number || depth > 0 && self.adds_by_fields(&written, name, depth - 1))
        };
        !methods.is_empty() && fields.derived && fields.types.iter().all(adds)
    }
}
