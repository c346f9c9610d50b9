//! The kinds of places and of the values of expressions, from the kinds of variables.

use syn::Type;

use super::{Float, Kind, Types, is_integer};
use crate::ir::{BinOp, Expr, Place, Program, Step, VarId};
use crate::surroundings::Written;
use crate::{complex, integers, methods, variants};

/// The float type of numbers that are combined.
pub(crate) fn float_of(kinds: impl Iterator<Item = Kind>) -> Float {
    kinds
        .filter_map(|kind| match kind.deref() {
            Kind::Float(float) | Kind::Complex(float) => Some(float.clone()),
            _ => None,
        })
        .fold(Float::Any, |a, b| if a == Float::Any { b } else { a })
}

/// A name for the fields and elements that a place stands for: those of the same type share it.
pub(crate) fn path_key(program: &Program, place: &Place) -> String {
    use quote::ToTokens;
    let root = program.vars[place.root].mirrors.unwrap_or(place.root);
    let var = &program.vars[root];
    let mut key = match &var.ty {
        Some(Type::Reference(r)) => r.elem.to_token_stream().to_string(),
        Some(ty) => ty.to_token_stream().to_string(),
        None => format!("#{root}"),
    };
    for step in &place.path {
        match step {
            Step::Field(m) => key.push_str(&format!(".{}", m.to_token_stream())),
            Step::Index { range: false, .. } => key.push_str("[]"),
            Step::Index { range: true, .. } | Step::Deref => {}
            Step::Content => key.push('?'),
            Step::View { method, .. } => key.push_str(&format!(".{method}")),
            Step::Payload { variant, member, .. } => {
                let last = variant.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
                key.push_str(&format!("::{last}.{}", member.to_token_stream()));
            }
        }
    }
    key
}

/// A name for a constant.
pub(super) fn constant_key(path: &syn::Path) -> String {
    use quote::ToTokens;
    format!("const {}", path.to_token_stream())
}

/// The constants of `std::f64::consts`, but for `E`, whose name says too little.
const OF_STD: [&str; 18] = [
    "PI",
    "TAU",
    "FRAC_1_PI",
    "FRAC_1_SQRT_2",
    "FRAC_2_PI",
    "FRAC_2_SQRT_PI",
    "FRAC_PI_2",
    "FRAC_PI_3",
    "FRAC_PI_4",
    "FRAC_PI_6",
    "FRAC_PI_8",
    "LN_2",
    "LN_10",
    "LOG2_E",
    "LOG2_10",
    "LOG10_2",
    "LOG10_E",
    "SQRT_2",
];

/// The kind of what a place holds.
pub(crate) fn of_place(program: &Program, place: &Place) -> Kind {
    let mut kind = program.vars[place.root].kind.clone();
    for step in &place.path {
        kind = match (step, kind.deref()) {
            (Step::Index { range: false, at }, Kind::Seq(inner))
                if !matches!(crate::ir::as_element(at).map_or(&**at, |(_, at)| at), Expr::Tuple(_)) =>
            {
                (**inner).clone()
            }
            (Step::Index { range: true, .. }, Kind::Seq(_)) => kind.deref().clone(),
            (Step::Index { range: false, .. }, Kind::Array(inner, _)) => (**inner).clone(),
            (Step::View { method, args }, of) => crate::arrays::view_kind(&method.to_string(), args, of),
            (Step::Deref, _) => match &kind {
                Kind::Ref(inner) => (**inner).clone(),
                other => other.clone(),
            },
            (Step::Field(syn::Member::Unnamed(i)), Kind::Tuple(kinds)) => {
                kinds.get(i.index as usize).cloned().unwrap_or(Kind::Unknown)
            }
            // Errors carry no derivative.
            (Step::Payload { variant, .. }, Kind::Result(_) | Kind::Unknown) if variants::is_named(variant, "Err") => {
                Kind::Constant
            }
            (Step::Payload { .. } | Step::Content, Kind::Option(inner)) => (**inner).clone(),
            (Step::Payload { variant, .. }, Kind::Result(inner)) if variants::is_named(variant, "Ok") => {
                (**inner).clone()
            }
            (Step::Content, Kind::Result(inner)) => (**inner).clone(),
            (Step::Field(syn::Member::Named(part)), Kind::Complex(float)) if part == "re" || part == "im" => {
                Kind::Float(float.clone())
            }
            _ => Kind::Unknown,
        };
    }
    if kind == Kind::Unknown
        && !place.path.is_empty()
        && let Some(known) = declared_field(program, place).or_else(|| known_field(program, place))
    {
        return if program.vars[place.root].mirrors.is_some() { known.tangent() } else { known };
    }
    if kind == Kind::Unknown && is_marked(program, place) { Kind::Constant } else { kind }
}

/// Whether a place is a value of a struct of the user's own in a field that is marked as a constant.
fn is_marked(program: &Program, place: &Place) -> bool {
    !program.surroundings.is_empty()
        && program.vars[place.root].mirrors.is_none()
        && place.path.iter().any(|step| matches!(step, Step::Field(_)))
        && root_type(program, place).is_some_and(|root| program.surroundings.is_marked(&root, &place.path))
}

/// What the declaration of a struct tells of a field, or of an element of one.
fn declared_field(program: &Program, place: &Place) -> Option<Kind> {
    if program.surroundings.is_empty() {
        return None;
    }
    program.surroundings.plain(&type_of_place(program, place)?)
}

/// Whether a place is a field that is declared beside the function, without the mark of a constant.
pub(crate) fn is_declared(program: &Program, root: VarId, path: &[Step]) -> bool {
    let place = || Place { root, path: path.to_vec(), span: proc_macro2::Span::mixed_site() };
    // A tangent owns what a field refers to, and a parameter without a derivative asks for no tangent.
    let owns = |w: Written| !matches!(w.ty, Type::Reference(_)) && !Types::default().kind(&w.ty).is_constant();
    !program.surroundings.is_empty() && type_of_place(program, &place()).is_some_and(owns)
}

/// The type of what a place holds that has a derivative, as far as declarations beside the function tell.
fn type_of_place(program: &Program, place: &Place) -> Option<Written> {
    program.surroundings.follow(&root_type(program, place)?, &place.path)
}

/// The type that a place is declared with, whether or not it has a derivative.
pub(crate) fn declared_type(program: &Program, place: &Place) -> Option<Written> {
    program.surroundings.declared(&root_type(program, place)?, &place.path).map(|(written, _)| written)
}

/// The references and boxes that the dereferences at the end of a place lead through, and those that are left: whether each is
/// a box, and what it holds.
pub(crate) fn layers(program: &Program, place: &Place) -> (Vec<(bool, Type)>, Vec<(bool, Type)>) {
    let behind = place.path.iter().rev().take_while(|step| matches!(step, Step::Deref)).count();
    let path = &place.path[..place.path.len() - behind];
    let mut layers = root_type(program, place).map_or_else(Vec::new, |ty| program.surroundings.layers(&ty, path));
    let left = layers.split_off(behind.min(layers.len()));
    (layers, left)
}

/// The type of the variable that a place begins at.
fn root_type(program: &Program, place: &Place) -> Option<Written> {
    let root = &program.vars[program.vars[place.root].mirrors.unwrap_or(place.root)];
    root.ty.clone().map(Written::here).or_else(|| root.found.as_deref().cloned())
}

/// The type of the value of an expression, as far as declarations beside the function tell.
pub(crate) fn type_of(program: &Program, types: &Types, e: &Expr) -> Option<Written> {
    let of = |e: &Expr| type_of(program, types, e);
    if program.surroundings.is_empty() {
        return None;
    }
    match e {
        Expr::Place(place) => type_of_place(program, place),
        Expr::Clone(e) | Expr::Ref { of: e, .. } => of(e),
        Expr::Struct { path, .. } | Expr::Call { func: path, ctor: true, .. } => {
            let ty = path.clone();
            let ty = Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path: ty });
            path.get_ident().map(|_| Written::here(ty))
        }
        Expr::Call { func, qself: None, ctor: false, .. } => program.surroundings.output(func),
        Expr::Item(path, None) => program.surroundings.constant(path),
        Expr::Neg(e) => program.surroundings.output_of(&of(e)?, "neg"),
        Expr::Binary(op, a, b) => of_operator(program, types, *op, a, b).map(|found| found.output),
        Expr::Method { recv, name, .. } if methods::IDENTITIES.contains(&name.to_string().as_str()) => of(recv),
        // A vector and an array of the same elements have the same places.
        Expr::Repeat { value, .. } => of(value).map(Written::vector),
        Expr::Array(values, _) => of(values.first()?).map(Written::vector),
        _ => None,
    }
}

/// What is known of an operator on types that are declared beside the function.
pub(crate) struct Declared {
    /// The type of its value.
    output: Written,
    /// It costs less than to keep its value.
    pub(crate) light: bool,
    /// It adds or subtracts field by field.
    pub(crate) sum: bool,
}

pub(crate) fn of_operator(program: &Program, types: &Types, op: BinOp, a: &Expr, b: &Expr) -> Option<Declared> {
    let around = &program.surroundings;
    if around.is_empty() {
        return None;
    }
    let method = match op {
        BinOp::Add => "add",
        BinOp::Sub => "sub",
        BinOp::Mul => "mul",
        BinOp::Div => "div",
        _ => return None,
    };
    // What is multiplied with a number is not always of this file.
    let side = |e: &Expr| match of_expr(program, types, e).deref() {
        // A literal alone is one, unless all that it may be multiplied with is of single precision.
        Kind::Float(Float::F64 | Float::Any) => Some(Written::here(super::primitive("f64"))),
        Kind::Float(_) => None,
        _ => type_of(program, types, e),
    };
    let left = side(a)?;
    let right = side(b)?;
    let output = around.output_of_operator(&left, method, &right)?;
    let light = around.is_light_method(&left, method, &output);
    let sum = around.is_sum(&left, method, &right);
    Some(Declared { output, light, sum })
}

/// Whether `place op= value` adds or subtracts field by field, by an operator of the user's own.
pub(crate) fn is_sum_in_place(program: &Program, types: &Types, place: &Place, op: BinOp, value: &Expr) -> bool {
    let method = match op {
        BinOp::Add => "add_assign",
        BinOp::Sub => "sub_assign",
        _ => return false,
    };
    // Tangents and cotangents are added otherwise.
    if !matches!(value, Expr::Place(_)) || program.vars[place.root].mirrors.is_some() {
        return false;
    }
    let sides = type_of_place(program, place).zip(type_of(program, types, value));
    sides.is_some_and(|(left, right)| program.surroundings.is_sum(&left, method, &right))
}

/// What is known of a field by its uses, or of an element of one.
fn known_field(program: &Program, place: &Place) -> Option<Kind> {
    if program.fields.is_empty() {
        return None;
    }
    if let Some(known) = program.fields.get(&path_key(program, place)) {
        return Some(known.clone());
    }
    let (Step::Index { range: false, .. }, whole) = place.path.split_last()? else { return None };
    let whole = known_field(program, &Place { path: whole.to_vec(), ..place.clone() })?;
    let element = whole.deref().element();
    (matches!(whole.deref(), Kind::Seq(_)) && element != Kind::Unknown).then_some(element)
}

/// The kind of the value of an expression.
pub(crate) fn of_expr(program: &Program, types: &Types, e: &Expr) -> Kind {
    let of = |e: &Expr| of_expr(program, types, e);
    match e {
        Expr::Lit(lit) => match lit {
            syn::Lit::Int(l) if l.suffix().is_empty() || is_integer(l.suffix()) => Kind::Int,
            syn::Lit::Float(l) => match l.suffix() {
                "f32" => Kind::Float(Float::F32),
                "f64" => Kind::Float(Float::F64),
                _ => Kind::Float(Float::Any),
            },
            syn::Lit::Int(l) => Kind::Float(if l.suffix() == "f32" { Float::F32 } else { Float::F64 }),
            syn::Lit::Bool(_) => Kind::Bool,
            _ if e.is_text() => Kind::Ref(Box::new(Kind::Constant)),
            _ => Kind::Constant,
        },
        Expr::Number(_, float) | Expr::FromInt(_, float) => Kind::Float(float.clone()),
        Expr::Bool(_) | Expr::Matches(..) => Kind::Bool,
        Expr::Place(place) => of_place(program, place),
        Expr::Ref { of: e, .. } => Kind::Ref(Box::new(of(e))),
        Expr::Neg(e) => of(e).deref().clone(),
        Expr::Not(e) => of(e),
        Expr::Clone(e) => of(e).deref().clone(),
        Expr::Zero(e) => of(e).tangent(),
        Expr::CastTangent { ty, .. } => ty.as_ref().map_or(Kind::Unknown, |ty| types.kind(ty)),
        Expr::Binary(op, a, b) => match op {
            BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge | BinOp::And | BinOp::Or => {
                Kind::Bool
            }
            BinOp::Rem if of(a).deref().is_complex() || of(b).deref().is_complex() => Kind::Unknown,
            _ => binary(of(a).deref(), of(b).deref()),
        },
        Expr::Math(rule, args) if !rule.fields.is_empty() => {
            match (complex::kind(rule, args.iter().map(of)), types.float_of_complex()) {
                // Of parts whose type is not known.
                (Kind::Complex(Float::Any), Some(float)) if args.iter().any(|a| of(a).deref() == &Kind::Unknown) => {
                    Kind::Complex(float.clone())
                }
                (kind, _) => kind,
            }
        }
        Expr::Math(rule, args) => {
            let kind = of(&args[0]).deref().clone();
            if rule.integer_argument { kind } else { args.iter().fold(kind, |k, a| k.join(of(a).deref())) }
        }
        Expr::Method { recv, name, .. } => methods::kind(&name.to_string(), of(recv).deref()),
        Expr::Call { func, args, ctor: true, .. } if variants::is_named(func, "Some") && args.len() == 1 => {
            Kind::Option(Box::new(of(&args[0])))
        }
        Expr::Call { func, args, ctor: true, .. } if variants::is_named(func, "Ok") && args.len() == 1 => {
            Kind::Result(Box::new(of(&args[0])))
        }
        Expr::Call { func, ctor: true, .. } if variants::is_named(func, "Err") => Kind::Result(Box::new(Kind::Unknown)),
        Expr::Wrap { like, value, .. } => match of(like).deref() {
            Kind::Option(_) => Kind::Option(Box::new(of(value))),
            Kind::Result(_) => Kind::Result(Box::new(of(value))),
            _ => Kind::Unknown,
        },
        Expr::Item(path, None) if variants::is_named(path, "None") => Kind::Option(Box::new(Kind::Unknown)),
        Expr::Call { func, .. } => {
            // `f64::from(n)`, `T::zero()`: an associated function of a float type gives the type.
            let segments: Vec<_> = func.segments.iter().map(|s| s.ident.to_string()).collect();
            match segments.as_slice() {
                [.., name] if func.segments.len() > 1 && complex::CONSTANTS.contains(&name.as_str()) => {
                    match types.owner(func) {
                        kind if kind.is_complex() => kind,
                        _ if methods::FLOAT_CONSTRUCTORS.contains(&name.as_str()) => types.owner(func),
                        _ => Kind::Unknown,
                    }
                }
                [ty, name] if methods::FLOAT_CONSTRUCTORS.contains(&name.as_str()) => {
                    match syn::parse_str::<Type>(ty) {
                        Ok(ty) => types.kind(&ty),
                        Err(_) => Kind::Unknown,
                    }
                }
                [ty, name] if is_integer(ty) => match name.as_str() {
                    "from" => Kind::Int,
                    "try_from" => Kind::Result(Box::new(Kind::Int)),
                    name => integers::kind(name),
                },
                _ => Kind::Unknown,
            }
        }
        Expr::Item(path, _) => {
            let segments: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
            match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                [.., "f64", "consts", _] | ["f64", _] => Kind::Float(Float::F64),
                [.., "f32", "consts", _] | ["f32", _] => Kind::Float(Float::F32),
                [ty, _] if is_integer(ty) => Kind::Int,
                [.., "ZERO" | "ONE" | "I"] if types.owner(path).is_complex() => types.owner(path),
                [name] if OF_STD.contains(name) => Kind::Float(Float::Any),
                _ => {
                    let declared = program.surroundings.constant(path).and_then(|ty| program.surroundings.plain(&ty));
                    declared.or_else(|| program.fields.get(&constant_key(path)).cloned()).unwrap_or(Kind::Unknown)
                }
            }
        }
        Expr::Tuple(es) if es.is_empty() => Kind::Unit,
        Expr::Tuple(es) => Kind::Tuple(es.iter().map(of).collect()),
        Expr::Array(es, _) => Kind::Seq(Box::new(es.iter().map(of).fold(Kind::Unknown, |a, b| a.join(&b)))),
        Expr::Repeat { value, .. } => Kind::Seq(Box::new(of(value))),
        Expr::Cast(_, ty) => types.kind(ty),
        Expr::Select(_, a, b) => of(a).join(&of(b)),
        Expr::Struct { .. } | Expr::Verbatim(..) => Kind::Unknown,
        // A range of numbers is a pair of them, to which no derivative flows.
        Expr::Range { lo, hi, .. } => {
            let float = [lo, hi].into_iter().flatten().any(|e| of(e).deref().is_float());
            if float { Kind::Unknown } else { Kind::Constant }
        }
    }
}

fn binary(a: &Kind, b: &Kind) -> Kind {
    match (a, b) {
        (Kind::Float(_), Kind::Float(_)) => a.join(b),
        (Kind::Complex(_), Kind::Complex(_)) => a.join(b),
        (Kind::Complex(x), Kind::Float(y)) | (Kind::Float(y), Kind::Complex(x)) => {
            Kind::Complex(if *x == Float::Any { y.clone() } else { x.clone() })
        }
        (Kind::Int, Kind::Int) => Kind::Int,
        (Kind::Array(x, n), Kind::Array(y, m)) => Kind::Array(Box::new(x.join(y)), n.zip(*m).map(|(n, m)| n.max(m))),
        (Kind::Array(..), Kind::Float(_) | Kind::Complex(_)) => a.clone(),
        (Kind::Float(_) | Kind::Complex(_), Kind::Array(..)) => b.clone(),
        (Kind::Array(x, _), _) | (_, Kind::Array(x, _)) => Kind::Array(x.clone(), None),
        // On the right of a type parameter stands only the parameter itself.
        (Kind::Float(Float::Generic(_)), _) => a.clone(),
        (Kind::Bool, Kind::Bool) => Kind::Bool,
        _ => Kind::Unknown,
    }
}
