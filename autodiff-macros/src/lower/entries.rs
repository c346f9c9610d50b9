//! What is written into a map through a reference to one of its values: `*m.entry(k).or_insert(0) += 1`,
//! `m.get_mut(&k).unwrap().push(i)`.
//!
//! Such a reference is the value of a call, so what is written through it would be written to nobody's variable. In: an
//! assignment or a method call. Out: a call that is lent the map, `through(&mut m, |m| *m.entry(k).or_insert(n) += by)`, with the
//! operands computed before; no map holds a derivative (`lost.rs`).

use proc_macro2::{Ident, Span};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr as S, parse_quote};

use super::changes::CHANGING;
use super::{Binding, Lowerer, as_place};
use crate::ir::{Callee, Expr, Step};
use crate::kinds::Kind;

/// The function of the runtime that lends a map.
pub(crate) const THROUGH: &str = "through";

/// Methods of an entry that give a reference to what the map holds.
const OF_ENTRIES: &[&str] = &["or_insert", "or_insert_with", "or_insert_with_key", "or_default"];

impl Lowerer<'_> {
    /// An assignment to what a map holds.
    pub(super) fn write_to_entry(&mut self, e: &S, left: &S) -> Option<Expr> {
        let map = self.map_behind(left)?;
        Some(self.through(&map, e))
    }

    /// A method that changes what a map holds.
    pub(super) fn change_of_entry(&mut self, m: &syn::ExprMethodCall) -> Option<Expr> {
        let changes = CHANGING.contains(&m.method.to_string().as_str());
        let map = changes.then(|| self.map_behind(&m.receiver))??;
        Some(self.through(&map, &S::MethodCall(m.clone())))
    }

    /// The variable of a map into which a place reaches.
    fn map_behind(&self, e: &S) -> Option<Ident> {
        match e {
            S::Paren(p) => self.map_behind(&p.expr),
            S::Group(g) => self.map_behind(&g.expr),
            S::Field(f) => self.map_behind(&f.base),
            S::Index(i) => self.map_behind(&i.expr),
            S::Unary(u) if matches!(u.op, syn::UnOp::Deref(_)) => self.map_behind(&u.expr),
            S::MethodCall(m) => match m.method.to_string().as_str() {
                "unwrap" | "expect" => self.map_behind(&m.receiver),
                "get_mut" => self.map(&m.receiver, true).or_else(|| self.map_behind(&m.receiver)),
                name if OF_ENTRIES.contains(&name) => self.entry(&m.receiver),
                _ => None,
            },
            _ => None,
        }
    }

    fn entry(&self, e: &S) -> Option<Ident> {
        let S::MethodCall(m) = e else { return None };
        match m.method.to_string().as_str() {
            "and_modify" => self.entry(&m.receiver),
            "entry" if m.args.len() == 1 => self.map(&m.receiver, false).or_else(|| self.map_behind(&m.receiver)),
            _ => None,
        }
    }

    /// The name of a variable that may be a map, or is declared as one.
    fn map(&self, e: &S, declared: bool) -> Option<Ident> {
        let S::Path(p) = e else { return None };
        let name = p.path.get_ident()?;
        let Some(Binding::Value(value)) = self.lookup(&name.to_string()) else { return None };
        let place = as_place(value)?;
        let is_variable = place.path.iter().all(|s| matches!(s, Step::Deref));
        let may_be = matches!(self.kind(value).deref(), Kind::Unknown | Kind::Constant);
        (is_variable && may_be && (!declared || self.keyed_type(value).is_some())).then(|| name.clone())
    }

    /// Lends a map to code that is kept, with its operands computed before.
    fn through(&mut self, map: &Ident, e: &S) -> Expr {
        let mut kept = e.clone();
        let mut operands = Operands(Vec::new());
        operands.visit_expr_mut(&mut kept);
        let sources: Vec<S> = operands.0.iter().map(|(_, e)| e.clone()).collect();
        let values = self.in_order(&sources, Self::operand);
        let names: Vec<Ident> = operands.0.into_iter().map(|(name, _)| name).collect();
        let code: S = parse_quote!(|#map| #kept);
        let free = crate::free::variables(&code).into_iter().filter(|name| !names.contains(name)).collect();
        let mut code = self.capture(&code, free);
        if let Expr::Verbatim(_, captures) = &mut code {
            captures.extend(names.into_iter().zip(values));
        }
        let map = self.place_or_value(&parse_quote!(#map));
        let map = self.place_of(super::strip(map), e_span(e));
        let func = Ident::new(THROUGH, Span::mixed_site());
        let callee = Callee::Function { path: parse_quote!(::differentiable::__private::#func), qself: None };
        self.call_stmt(callee, vec![Expr::Ref { mutable: true, of: Box::new(Expr::Place(map)) }, code], e_span(e))
    }
}

fn e_span(e: &S) -> Span {
    syn::spanned::Spanned::span(e)
}

/// Takes the operands out of an expression, but for closures, and puts names in their place.
struct Operands(Vec<(Ident, S)>);

impl Operands {
    fn take(&mut self, e: &mut S) {
        if matches!(e, S::Closure(_) | S::Lit(_)) {
            return;
        }
        let name = Ident::new(&format!("operand_{}", self.0.len()), Span::mixed_site());
        let taken = std::mem::replace(e, parse_quote!(#name));
        self.0.push((name, taken));
    }
}

impl VisitMut for Operands {
    fn visit_expr_assign_mut(&mut self, a: &mut syn::ExprAssign) {
        self.take(&mut a.right);
        self.visit_expr_mut(&mut a.left);
    }

    fn visit_expr_binary_mut(&mut self, b: &mut syn::ExprBinary) {
        self.take(&mut b.right);
        self.visit_expr_mut(&mut b.left);
    }

    fn visit_expr_method_call_mut(&mut self, m: &mut syn::ExprMethodCall) {
        self.visit_expr_mut(&mut m.receiver);
        m.args.iter_mut().for_each(|a| self.take(a));
    }

    fn visit_expr_index_mut(&mut self, i: &mut syn::ExprIndex) {
        self.visit_expr_mut(&mut i.expr);
        self.take(&mut i.index);
    }

    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}

    fn visit_expr_mut(&mut self, e: &mut S) {
        visit_mut::visit_expr_mut(self, e);
    }
}
