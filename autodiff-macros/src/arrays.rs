//! What the compiler knows of `ndarray`: its types, its views, and three forms of an array that are
//! linear maps.
//!
//! A view is a step of a place, so its cotangent is the same view of the cotangent. Whatever calls a
//! closure on elements is a loop over the elements in order (`lower/arrays.rs`). What remains, such as
//! `dot` and `sum_axis`, are calls of the runtime's traits.

use syn::visit_mut::VisitMut;
use syn::{AngleBracketedGenericArguments, GenericArgument, PathArguments, Type};

use crate::ir::Expr;
use crate::kinds::Kind;

/// An array as the vector of its elements; a vector as an array of a shape; an array (or a number)
/// repeated along the axes of a larger shape; and the sums that are the transpose of that.
pub(crate) const FORMS: &[&str] = &["__flat", "__shaped", "__spread", "__fold", "__total"];

/// Methods that borrow a view, and have a form that ends in `_mut`.
pub(crate) const BORROWING: &[&str] = &["row", "column", "index_axis", "slice", "slice_axis", "view", "diag"];

/// Methods that turn a view into another one.
pub(crate) const OF_VIEWS: &[&str] = &["reversed_axes", "permuted_axes", "insert_axis", "index_axis_move"];

/// Whether a method of this name gives a view.
pub(crate) fn is_view(name: &str) -> bool {
    let stem = name.trim_end_matches("_mut");
    BORROWING.contains(&stem) || OF_VIEWS.contains(&name) || name == "t"
}

/// Methods that only arrays have: their receiver is one.
pub(crate) const OF_ARRAYS: &[&str] = &[
    "mapv",
    "mapv_into",
    "mapv_inplace",
    "map_inplace",
    "zip_mut_with",
    "map_axis",
    "fold_axis",
    "index_axis",
    "index_axis_mut",
    "slice_mut",
    "slice_axis",
    "slice_axis_mut",
    "row_mut",
    "column_mut",
    "diag_mut",
    "scaled_add",
    "permuted_axes",
    "accumulate_axis_inplace",
    "assign_to",
    "into_diag",
    "into_flat",
    "invert_axis",
    "multi_slice_mut",
    "slice_move",
    "swap_axes",
];

/// Whether a type is called like one of `ndarray`.
pub(crate) fn is_type(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'D');
    matches!(stem, "Array" | "ArrayView" | "ArrayViewMut" | "ArrayRef" | "ArcArray" | "CowArray")
}

/// The number of axes that a type says: `Array2<f64>`, `Array<f64, Ix2>`.
pub(crate) fn axes_of_type(name: &str, arguments: &PathArguments) -> Option<usize> {
    if let Some(axes) = name.chars().last().and_then(|c| c.to_digit(10)) {
        return Some(axes as usize);
    }
    match arguments {
        PathArguments::AngleBracketed(arguments) => axes_of_dimension(arguments),
        _ => None,
    }
}

/// The number of axes of a dimension among type arguments: `<f64, Ix2>`.
pub(crate) fn axes_of_dimension(arguments: &AngleBracketedGenericArguments) -> Option<usize> {
    arguments.args.iter().find_map(|a| match a {
        GenericArgument::Type(Type::Path(p)) => {
            let name = p.path.segments.last()?.ident.to_string();
            name.strip_prefix("Ix").and_then(|axes| axes.parse().ok())
        }
        _ => None,
    })
}

/// A declared type with owned arrays in the place of the views in a container, which holds copies.
pub(crate) fn with_owned_items(ty: &Type) -> Type {
    struct Owner {
        depth: usize,
    }
    impl VisitMut for Owner {
        fn visit_path_segment_mut(&mut self, segment: &mut syn::PathSegment) {
            self.depth += 1;
            syn::visit_mut::visit_path_segment_mut(self, segment);
            self.depth -= 1;
        }

        fn visit_type_path_mut(&mut self, ty: &mut syn::TypePath) {
            syn::visit_mut::visit_type_path_mut(self, ty);
            let Some(view) = ty.path.segments.last().filter(|_| self.depth > 0) else { return };
            let Some(axes) = view.ident.to_string().strip_prefix("ArrayView").map(str::to_owned) else { return };
            let (PathArguments::AngleBracketed(arguments), false) = (&view.arguments, axes.starts_with("Mut")) else {
                return;
            };
            let owned = quote::format_ident!("Array{axes}", span = view.ident.span());
            let arguments = arguments.args.iter().filter(|a| !matches!(a, GenericArgument::Lifetime(_)));
            *ty = syn::parse_quote!(::differentiable::ndarray::#owned<#(#arguments),*>);
        }
    }
    let mut ty = ty.clone();
    Owner { depth: 0 }.visit_type_mut(&mut ty);
    ty
}

/// The kind of a view of a value.
pub(crate) fn view_kind(method: &str, args: &[Expr], of: &Kind) -> Kind {
    let axes = match of {
        Kind::Array(_, axes) => *axes,
        _ => None,
    };
    let axes = match method {
        "row" | "column" | "diag" => Some(1),
        "index_axis" | "index_axis_move" => axes.map(|n| n.saturating_sub(1)),
        "insert_axis" => axes.map(|n| n + 1),
        "slice" => args.first().and_then(sliced_axes),
        _ => axes,
    };
    Kind::Array(Box::new(of.element()), axes)
}

/// The index of an element in order, of what may be a sequence or an array.
pub(crate) fn in_order(at: Expr) -> Expr {
    crate::rules::method(at, "__item", Vec::new())
}

/// The index, if it is one of [`in_order`].
pub(crate) fn ordinal(at: &Expr) -> Option<&Expr> {
    match at {
        Expr::Method { recv, name, .. } if name == "__item" => Some(recv),
        _ => None,
    }
}

/// The number of axes that `s![…]` leaves.
fn sliced_axes(info: &Expr) -> Option<usize> {
    let Expr::Verbatim(e, _) = info else { return None };
    let syn::Expr::Macro(m) = &**e else { return None };
    let mut axes = 0;
    for part in slice_parts(&m.mac) {
        match part.first()? {
            syn::Expr::Range(_) => axes += 1,
            // A name may be an index, a `Slice` or a `NewAxis`.
            syn::Expr::Lit(_) | syn::Expr::Binary(_) | syn::Expr::Unary(_) => {}
            syn::Expr::Path(p) if p.path.get_ident().is_some_and(|i| i.to_string().starts_with(char::is_lowercase)) => {
            }
            _ => return None,
        }
    }
    Some(axes)
}

/// The arguments of `s![…]`, each with its step, if there is one.
pub(crate) fn slice_parts(m: &syn::Macro) -> Vec<Vec<syn::Expr>> {
    let parts = |input: syn::parse::ParseStream<'_>| {
        let mut parts: Vec<Vec<syn::Expr>> = Vec::new();
        while !input.is_empty() {
            let mut part = vec![input.parse::<syn::Expr>()?];
            if input.parse::<Option<syn::Token![;]>>()?.is_some() {
                part.push(input.parse()?);
            }
            parts.push(part);
            input.parse::<Option<syn::Token![,]>>()?;
        }
        Ok(parts)
    };
    syn::parse::Parser::parse2(parts, m.tokens.clone()).unwrap_or_default()
}

/// `s![1, r]` with the type of its indices written out, which decides the number of axes that are left, and with clones of
/// variables such as ranges, since derivatives slice again.
pub(crate) fn repeatable_slice(e: &syn::Expr, moves: impl Fn(&str) -> bool) -> syn::Expr {
    let syn::Expr::Macro(m) = e else { return e.clone() };
    let mut m = m.clone();
    let parts = slice_parts(&m.mac).into_iter().map(|mut part| {
        let literal = match &mut part[0] {
            syn::Expr::Unary(u) if matches!(u.op, syn::UnOp::Neg(_)) => &mut *u.expr,
            other => other,
        };
        if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(i), .. }) = literal
            && i.suffix().is_empty()
        {
            *i = syn::LitInt::new(&format!("{}isize", i.base10_digits()), i.span());
        }
        if let syn::Expr::Path(p) = &part[0]
            && p.path.get_ident().is_some_and(|name| moves(&name.to_string()))
        {
            part[0] = syn::parse_quote!(#p.clone());
        }
        quote::quote!(#(#part);*)
    });
    let parts: Vec<proc_macro2::TokenStream> = parts.collect();
    m.mac.tokens = quote::quote!(#(#parts),*);
    syn::Expr::Macro(m)
}

/// A form of an array.
pub(crate) fn form(name: &str, of: Expr, args: Vec<Expr>) -> Expr {
    crate::rules::method(of, name, args)
}

/// The kind of a form of a value.
pub(crate) fn form_kind(name: &str, of: &Kind) -> Kind {
    match (name, of) {
        ("__total", of) => of.element(),
        ("__flat", of) => Kind::Seq(Box::new(of.element())),
        ("__shaped", of) => Kind::Array(Box::new(of.element()), None),
        (_, Kind::Array(element, _)) => Kind::Array(element.clone(), None),
        _ => Kind::Unknown,
    }
}
