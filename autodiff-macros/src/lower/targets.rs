//! What `collect`, `sum` and `product` make of an iterator, where only a type around the call says that it may fail, and what
//! `into` makes of a value: `let y: f64 = x.into();` is `let y: f64 = f64::from(x);`.
//!
//! In: a body. Out: the same with the type in the turbofish: `let v: Option<Vec<_>> = it.collect();` is
//! `let v: Option<Vec<_>> = it.collect::<Option<Vec<_>>>();`. Types that say nothing about failure are left where they are,
//! but for the integers that are summed.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, GenericArgument, Pat, PathArguments, Stmt, Type};

use crate::kinds::{Float, Kind, Types};

/// Writes the types of a body, which gives a value of the type `output`, into the calls that need them.
pub(super) fn written(block: &syn::Block, output: Option<&Type>, types: &Types) -> syn::Block {
    let mut block = block.clone();
    let mut targets = Targets { output: output.cloned(), types };
    if let Some(ty) = output {
        give_to_block(ty, &mut block, types);
    }
    targets.visit_block_mut(&mut block);
    block
}

struct Targets<'a> {
    /// What `return` gives.
    output: Option<Type>,
    types: &'a Types,
}

impl VisitMut for Targets<'_> {
    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let (Pat::Type(t), Some(init)) = (&local.pat, &mut local.init) {
            give(&t.ty, &mut init.expr, self.types);
        }
        visit_mut::visit_local_mut(self, local);
    }

    fn visit_expr_struct_mut(&mut self, s: &mut syn::ExprStruct) {
        for field in &mut s.fields {
            if let Some(ty) = self.types.surroundings.field(&s.path, &field.member) {
                give(&ty, &mut field.expr, self.types);
            }
        }
        visit_mut::visit_expr_struct_mut(self, s);
    }

    fn visit_expr_call_mut(&mut self, c: &mut syn::ExprCall) {
        if let Expr::Path(p) = &*c.func {
            for (i, value) in c.args.iter_mut().enumerate() {
                if let Some(ty) = self.types.surroundings.field(&p.path, &syn::Member::from(i)) {
                    give(&ty, value, self.types);
                }
            }
        }
        visit_mut::visit_expr_call_mut(self, c);
    }

    fn visit_expr_return_mut(&mut self, r: &mut syn::ExprReturn) {
        if let (Some(ty), Some(e)) = (&self.output, &mut r.expr) {
            give(ty, e, self.types);
        }
        visit_mut::visit_expr_return_mut(self, r);
    }

    fn visit_expr_try_mut(&mut self, t: &mut syn::ExprTry) {
        // What `?` is applied to fails as the function does.
        let fallible: Option<Type> = match self.output.as_ref().and_then(last_name).as_deref() {
            Some("Option") => Some(syn::parse_quote!(Option<_>)),
            Some("Result") => Some(syn::parse_quote!(Result<_, _>)),
            _ => None,
        };
        if let (Some(ty), Expr::MethodCall(m)) = (&fallible, &*t.expr)
            && m.method == "try_fold"
        {
            give(ty, &mut t.expr, self.types);
        }
        visit_mut::visit_expr_try_mut(self, t);
    }

    fn visit_expr_closure_mut(&mut self, c: &mut syn::ExprClosure) {
        let output = match &c.output {
            syn::ReturnType::Type(_, ty) => Some((**ty).clone()),
            syn::ReturnType::Default => None,
        };
        if let Some(ty) = &output {
            give(ty, &mut c.body, self.types);
        }
        let outer = std::mem::replace(&mut self.output, output);
        visit_mut::visit_expr_closure_mut(self, c);
        self.output = outer;
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn give_to_block(ty: &Type, block: &mut syn::Block, types: &Types) {
    if let Some(Stmt::Expr(e, None)) = block.stmts.last_mut() {
        give(ty, e, types);
    }
}

/// Hands a type to where an expression gets its value.
fn give(ty: &Type, e: &mut Expr, types: &Types) {
    match e {
        Expr::Paren(p) => give(ty, &mut p.expr, types),
        Expr::Block(b) => give_to_block(ty, &mut b.block, types),
        Expr::If(i) => {
            give_to_block(ty, &mut i.then_branch, types);
            if let Some((_, els)) = &mut i.else_branch {
                give(ty, els, types);
            }
        }
        Expr::Match(m) => m.arms.iter_mut().for_each(|arm| give(ty, &mut arm.body, types)),
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
            // What is no number, as far as is known, is summed by its own operator.
            let other = adds && matches!(ty, Type::Path(_)) && types.kind(ty) == Kind::Unknown;
            let other = other && super::iterators::begins_as_one(&m.receiver);
            if other || last_name(ty).is_some_and(|name| wanted.contains(&name.as_str()) || whole(&name)) {
                m.turbofish = Some(syn::parse_quote!(::<#ty>));
            }
        }
        Expr::MethodCall(m)
            if m.turbofish.is_none()
                && m.method == "try_fold"
                && last_name(ty).is_some_and(|name| name == "Option" || name == "Result") =>
        {
            m.turbofish = Some(syn::parse_quote!(::<_, _, #ty>));
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
        Expr::MethodCall(m) if m.method == "into" && m.args.is_empty() && is_boxed_slice(ty) => {
            let of = &m.receiver;
            *e = syn::parse_quote_spanned!(m.method.span()=> #of.to_vec().into_boxed_slice());
        }
        Expr::MethodCall(m) if m.method == "into" && m.args.is_empty() && is_converted(ty, types) => {
            let of = &m.receiver;
            *e = syn::parse_quote_spanned!(m.method.span()=> #ty::from(#of));
        }
        Expr::Call(c) => {
            name_owner(ty, &mut c.func);
            if c.args.len() == 1
                && let (Expr::Path(p), Some(inner)) = (&*c.func, first_argument(ty))
                && ["Some", "Ok"].iter().any(|name| crate::variants::is_named(&p.path, name))
            {
                give(inner, &mut c.args[0], types);
            }
        }
        _ => {}
    }
}

/// `Quantity::new(x)` of a declared `Quantity<Meters>` ⇒ `Quantity::<Meters>::new(x)`.
fn name_owner(ty: &Type, func: &mut Expr) {
    let (Type::Path(ty), Expr::Path(func)) = (ty, func) else { return };
    let (Some(declared), [owner, _]) =
        (ty.path.segments.last(), &mut func.path.segments.iter_mut().collect::<Vec<_>>()[..])
    else {
        return;
    };
    let known = matches!(owner.ident.to_string().as_str(), "Vec" | "Option" | "Result" | "Box");
    if owner.ident == declared.ident && owner.arguments.is_none() && !known && ty.qself.is_none() {
        owner.arguments = declared.arguments.clone();
        if let PathArguments::AngleBracketed(arguments) = &mut owner.arguments {
            arguments.colon2_token = Some(syn::token::PathSep::default());
        }
    }
}

fn is_boxed_slice(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| name == "Box") && matches!(first_argument(ty), Some(Type::Slice(_)))
}

/// Whether a type is one that `into` converts a number or a value of the user's own into. What it makes of sequences shows
/// without it.
fn is_converted(ty: &Type, types: &Types) -> bool {
    let named = matches!(ty, Type::Path(p) if p.path.get_ident().is_some_and(|name| name != "Self"));
    // Of a type parameter, `from` may be that of `NumCast` as well.
    named && matches!(types.kind(ty), Kind::Float(Float::F32 | Float::F64 | Float::Any) | Kind::Unknown)
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
    argument(&p.path.segments.last()?.arguments)
}

/// The first type that a type is given.
pub(crate) fn argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(args) = arguments else { return None };
    match args.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}
