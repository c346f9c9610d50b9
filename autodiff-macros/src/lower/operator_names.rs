//! Operators by the names of their methods: `V::add(a, b)`, `std::ops::Mul::mul(a, b)`, `a.sub(b)`.
//!
//! In: a call of such a function or method. Out: the operator, if it is one: by the trait before the name, by a type of numbers, or
//! by a type of the user's own whose only method of the name is that of the operator.

use proc_macro2::Span;
use syn::Expr as S;
use syn::ExprPath;

use super::Lowerer;
use crate::ir::Expr;
use crate::surroundings::Written;

/// The traits of arithmetic operators, with their methods.
const OPERATORS: [(&str, &str); 6] =
    [("Add", "add"), ("Sub", "sub"), ("Mul", "mul"), ("Div", "div"), ("Rem", "rem"), ("Neg", "neg")];

/// Whether a name is that of such a trait.
pub(crate) fn is_trait(name: &str) -> bool {
    OPERATORS.iter().any(|(owner, _)| *owner == name)
}

/// The operator of a method's name, applied to operands.
fn applied(name: &str, operands: &[syn::Ident]) -> Option<S> {
    Some(match (name, operands) {
        ("add", [a, b]) => syn::parse_quote!(#a + #b),
        ("sub", [a, b]) => syn::parse_quote!(#a - #b),
        ("mul", [a, b]) => syn::parse_quote!(#a * #b),
        ("div", [a, b]) => syn::parse_quote!(#a / #b),
        ("rem", [a, b]) => syn::parse_quote!(#a % #b),
        ("neg", [a]) => syn::parse_quote!(-#a),
        _ => return None,
    })
}

impl Lowerer<'_> {
    /// The value of a call of an operator by the path of its method.
    pub(super) fn operator_by_path(&mut self, path: &ExprPath, args: &[Expr], span: Span) -> Option<Expr> {
        let segments: Vec<&syn::PathSegment> = path.path.segments.iter().collect();
        let [.., owner, method] = segments.as_slice() else { return None };
        let method = method.ident.to_string();
        let of_trait = || OPERATORS.contains(&(owner.ident.to_string().as_str(), method.as_str()));
        let of_type = || {
            let ty =
                syn::Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path: owner.ident.clone().into() });
            path.qself.is_none() && segments.len() == 2 && self.has_operator(&Written::here(ty), &method)
        };
        if !(OPERATORS.iter().any(|(_, name)| *name == method) && (of_trait() || of_type())) {
            return None;
        }
        self.operator(&method, args, span)
    }

    /// The value of a call of an operator as a method.
    pub(super) fn operator_by_method(&mut self, m: &syn::ExprMethodCall) -> Option<Expr> {
        let method = m.method.to_string();
        if !OPERATORS.iter().any(|(_, name)| *name == method)
            || !self.declared(&m.receiver).is_some_and(|ty| self.has_operator(&ty, &method))
        {
            return None;
        }
        let operands = self.in_order([&*m.receiver].into_iter().chain(&m.args), Self::argument);
        self.operator(&method, &operands, m.method.span())
    }

    fn operator(&mut self, method: &str, operands: &[Expr], span: Span) -> Option<Expr> {
        let names: Vec<String> = (0..operands.len()).map(|i| format!("__operand{i}")).collect();
        let idents: Vec<syn::Ident> = names.iter().map(|name| syn::Ident::new(name, span)).collect();
        let said = applied(method, &idents)?;
        Some(self.said_with(names.iter().map(String::as_str).zip(operands.iter().cloned()), &said))
    }

    /// Whether a method of a type is that of an operator, as far as declarations tell.
    fn has_operator(&self, ty: &Written, method: &str) -> bool {
        let kind = self.types.kind(&ty.ty);
        kind.is_float() || kind.is_complex() || self.types.surroundings.is_operator(ty, method)
    }
}
