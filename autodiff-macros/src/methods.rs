//! Methods that the compiler knows by name, apart from the table of rules.
//!
//! A name alone does not tell whose method it is; these lists are consulted only where the kind of
//! the receiver is known, or where the answer is the same for every type that has the method.

use crate::arrays;
use crate::integers;
use crate::kinds::Kind;
use crate::rules;

/// Methods without derivative on any receiver: lengths, tests, orders.
pub(crate) const CONSTANT: &[&str] = &[
    "len",
    "is_empty",
    "is_some",
    "is_none",
    "is_ok",
    "is_err",
    "is_some_and",
    "is_none_or",
    "is_ok_and",
    "is_err_and",
    "capacity",
    "nrows",
    "ncols",
    "ndim",
    "dim",
    "shape",
    "raw_dim",
    "len_of",
    "cmp",
    "partial_cmp",
    "total_cmp",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "is_nan",
    "is_finite",
    "is_infinite",
    "is_sign_negative",
    "is_sign_positive",
    "contains",
    "binary_search",
    "binary_search_by",
    "binary_search_by_key",
    "partition_point",
    "is_standard_layout",
];

/// Methods of iterators without derivative; of another receiver they may be anything.
pub(crate) const OF_ITERATORS: &[&str] = &["any", "all", "position", "rposition", "count"];

/// Methods of texts and maps, which change nothing.
const OF_TEXT: &[&str] = &[
    "starts_with",
    "ends_with",
    "to_lowercase",
    "to_uppercase",
    "eq_ignore_ascii_case",
    "chars",
    "as_str",
    "as_bytes",
    "to_string",
    "contains_key",
];

/// Whether a method of this name without arguments gives a length, where its receiver has any.
pub(crate) fn is_length(name: &str) -> bool {
    matches!(name, "len" | "capacity" | "ndim" | "nrows" | "ncols" | "dim" | "shape")
}

/// Whether a method of [`CONSTANT`] of this name is one of arrays alone.
pub(crate) fn is_of_arrays(name: &str) -> bool {
    matches!(name, "ndim" | "nrows" | "ncols" | "dim" | "shape" | "raw_dim" | "len_of" | "is_standard_layout")
}

/// Whether the value of a method of [`CONSTANT`] is one of several types, none of which is a number.
pub(crate) fn is_claimed(name: &str) -> bool {
    matches!(
        name,
        "dim"
            | "shape"
            | "raw_dim"
            | "cmp"
            | "partial_cmp"
            | "total_cmp"
            | "binary_search"
            | "binary_search_by"
            | "binary_search_by_key"
    )
}

/// The type of the value of a method of [`CONSTANT`] that has one only, so that a method of the same name
/// with another value is an error rather than a lost derivative.
pub(crate) fn declared_type(name: &str) -> Option<&'static str> {
    match name {
        "len" | "nrows" | "ncols" | "ndim" | "len_of" | "capacity" | "partition_point" => Some("usize"),
        "is_empty" | "is_some" | "is_none" | "is_ok" | "is_err" | "is_nan" | "is_finite" | "is_infinite"
        | "is_some_and" | "is_none_or" | "is_ok_and" | "is_err_and" | "is_sign_negative" | "is_sign_positive"
        | "contains" | "eq" | "ne" | "lt" | "le" | "gt" | "ge" => Some("bool"),
        _ => None,
    }
}

/// Methods whose value is the receiver in another garb, with the same derivative.
pub(crate) const IDENTITIES: &[&str] = &[
    "clone",
    "to_owned",
    "to_vec",
    "into_boxed_slice",
    "into_vec",
    "cloned",
    "copied",
    "into_owned",
    "__array",
    "__rebuilt",
];

/// Whether an associated function of `Vec`, `Option` or `Result` is a method that can be called by its path.
pub(crate) fn is_by_path(owner: &str, name: &str) -> bool {
    match owner {
        "Vec" => matches!(name, "as_slice" | "to_vec" | "clone" | "first" | "last" | "iter" | "into_iter"),
        "Option" => {
            matches!(name, "unwrap" | "unwrap_or_default" | "unwrap_or" | "copied" | "cloned" | "as_ref" | "clone")
        }
        _ => matches!(name, "unwrap" | "unwrap_or_default" | "unwrap_or" | "ok" | "as_ref" | "clone"),
    }
}

/// Methods that view a place: `x.as_slice()` is a reference to what `x` refers to.
pub(crate) const VIEWS: &[&str] =
    &["each_ref", "as_slice", "as_mut_slice", "as_ref", "as_mut", "borrow", "borrow_mut", "as_deref", "as_deref_mut"];

/// Associated functions of a float type that give a value of the type.
pub(crate) const FLOAT_CONSTRUCTORS: &[&str] = &[
    "from",
    "zero",
    "one",
    "epsilon",
    "infinity",
    "neg_infinity",
    "nan",
    "max_value",
    "min_value",
    "min_positive_value",
    "neg_zero",
    "from_f64",
    "from_f32",
    "from_usize",
    "from_i32",
    "from_u32",
    "from_i64",
    "from_u64",
    "from_bits",
];

/// The kind of the value of a method without derivative, or of a structural one.
pub(crate) fn kind(name: &str, recv: &Kind) -> Kind {
    match name {
        "len" | "count" | "nrows" | "ncols" | "ndim" | "len_of" | "capacity" => Kind::Int,
        "is_empty" | "is_some" | "is_none" | "is_ok" | "is_err" | "is_some_and" | "is_none_or" | "is_ok_and"
        | "is_err_and" | "is_nan" | "is_finite" | "is_infinite" | "contains" | "any" | "all" | "eq" | "ne" | "lt"
        | "le" | "gt" | "ge" | "is_sign_negative" | "is_sign_positive" => Kind::Bool,
        "to_vec" | "into_vec" if recv.is_array() => Kind::Seq(Box::new(recv.element())),
        "clone" | "to_owned" | "to_vec" | "into_owned" | "into_boxed_slice" | "__array" => recv.clone(),
        "__rebuilt" => Kind::Unknown,
        _ if arrays::FORMS.contains(&name) => arrays::form_kind(name, recv),
        "unwrap" | "expect" | "unwrap_or" | "unwrap_or_default" => match recv {
            Kind::Option(inner) | Kind::Result(inner) => (**inner).clone(),
            _ => Kind::Unknown,
        },
        _ if recv.is_complex() => match crate::complex::find(name) {
            Some(rule) => crate::complex::kind(rule, [recv.clone()].into_iter()),
            None => Kind::Unknown,
        },
        _ if recv.is_float() && (rules::find(name).is_some() || rules::FLAT.contains(&name)) => recv.clone(),
        _ if recv.is_array() && (rules::find(name).is_some() || rules::FLAT.contains(&name)) => recv.clone(),
        _ if matches!(recv, Kind::Int) && integers::kind(name) != Kind::Unknown => integers::kind(name),
        _ => Kind::Unknown,
    }
}

/// Whether a companion is one that the runtime has for containers of the standard library.
pub(crate) fn is_of_containers(companion: &str) -> bool {
    let method = companion.strip_prefix("__").and_then(|rest| rest.split_once('_')).map_or("", |(_, method)| method);
    matches!(method, "push" | "pop" | "insert" | "remove" | "truncate" | "clear" | "replace" | "take")
}

/// What a method of the standard library takes, which tells it from others of its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// So many arguments, of which any may be a number.
    Numbers(usize),
    /// So many arguments, none of which is a float by itself: references, indices, ranges, texts.
    Others(usize),
    /// A function, after so many other arguments.
    Function(usize),
}

/// What the standard library's method of this name takes, if that leaves its receiver as it is, whatever that is.
pub(crate) fn taken_by_look(name: &str) -> Option<Taken> {
    if let Some(rule) = rules::find(name) {
        return Some(Taken::Numbers(rule.args.len() - 1));
    }
    let known = [CONSTANT, OF_ITERATORS, OF_TEXT, IDENTITIES, rules::FLAT, rules::CONTROL]
        .iter()
        .any(|list| list.contains(&name))
        || arrays::FORMS.contains(&name)
        || integers::arity(name).is_some()
        || matches!(
            name,
            "as_slice" | "as_ref" | "as_deref" | "borrow" | "iter" | "get" | "first" | "last" | "unwrap" | "expect"
        );
    if !known {
        return None;
    }
    Some(match name {
        "any" | "all" | "position" | "rposition" | "is_some_and" | "is_none_or" | "is_ok_and" | "is_err_and"
        | "binary_search_by" | "partition_point" => Taken::Function(0),
        "binary_search_by_key" => Taken::Function(1),
        "cmp"
        | "partial_cmp"
        | "total_cmp"
        | "eq"
        | "ne"
        | "lt"
        | "le"
        | "gt"
        | "ge"
        | "contains"
        | "binary_search"
        | "len_of"
        | "starts_with"
        | "ends_with"
        | "eq_ignore_ascii_case"
        | "contains_key"
        | "get"
        | "expect"
        | "__array"
        | "__rebuilt" => Taken::Others(1),
        "min" | "max" | "rem_euclid" | "div_euclid" | "__shaped" | "__spread" => Taken::Numbers(1),
        "clamp" | "__fold" => Taken::Numbers(2),
        name => integers::arity(name).map_or(Taken::Numbers(0), Taken::Others),
    })
}

/// Whether an expression that calls a method of this name moves its receiver.
pub(crate) fn takes_receiver(name: &str) -> bool {
    matches!(name, "unwrap" | "expect" | "__shaped")
}

/// Whether a method of the standard library of this name takes its receiver by value.
pub(crate) fn consumes(name: &str) -> bool {
    name == "into"
        || name.starts_with("into_")
        || takes_receiver(name)
        || matches!(
            name,
            "unwrap_or"
                | "unwrap_or_else"
                | "unwrap_or_default"
                | "unwrap_err"
                | "expect_err"
                | "map"
                | "map_or"
                | "map_or_else"
                | "map_err"
                | "ok"
                | "ok_or"
                | "ok_or_else"
                | "and"
                | "and_then"
                | "or"
                | "or_else"
                | "zip"
                | "filter"
                | "err"
                | "is_some_and"
                | "is_none_or"
                | "is_ok_and"
                | "is_err_and"
        )
}

/// Methods whose derivative is the method itself, applied to the tangent.
pub(crate) fn is_structural(name: &str) -> bool {
    IDENTITIES.contains(&name) || arrays::FORMS.contains(&name) || matches!(name, "unwrap" | "expect")
}

/// The names under which a function's derivatives are called inside other functions.
pub(crate) fn is_derivative(name: &str) -> bool {
    matches!(name, "grad" | "value_and_grad" | "jvp" | "hvp" | "jacobian" | "hessian") || name == crate::pullbacks::PULL
}

/// Whether a path names a derivative of another function: `a::f::grad`.
pub(crate) fn is_derivative_of(path: &syn::Path) -> bool {
    path.segments.len() >= 2 && path.segments.last().is_some_and(|last| is_derivative(&last.ident.to_string()))
}

/// Whether a path calls a function through the type beside it: `twin::call`, where `type = twin` renames that.
pub(crate) fn is_call(path: &syn::Path) -> bool {
    let mut segments = path.segments.iter().rev();
    let (last, owner) = (segments.next(), segments.next());
    last.is_some_and(|s| s.ident == "call") && owner.is_some_and(|s| !crate::lower::capital(&s.ident.to_string()))
}
