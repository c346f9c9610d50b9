//! What the types of a signature tell: the kind that a written type stands for.
//!
//! In: types as the user wrote them, and the generics around them. Out: a [`Kind`], which is `Unknown` wherever the syntax
//! leaves room for doubt.

use syn::{GenericArgument, GenericParam, Generics, PathArguments, Type, TypeParamBound, WherePredicate};

use super::numbers::Numbers;
use super::{Float, Kind};
use crate::constructors::Constructors;
use crate::expand::Outer;
use crate::lower::Uses;
use crate::maps::{HashMap, HashSet};
use crate::surroundings::Surroundings;

/// Reads kinds off types, knowing which type parameters are floats.
#[derive(Clone, Default)]
pub(crate) struct Types {
    floats: Vec<String>,
    /// Lengths are parameters.
    lengths: bool,
    /// How often functions are differentiated.
    order: u32,
    /// The signature names `Complex<…>`, so that `Complex` alone is the type of `num-complex` too: of this float, if that is a
    /// parameter.
    complex: Option<Float>,
    /// The methods beside the function that return references, with the kinds of what those refer to.
    lending: HashMap<String, Kind>,
    /// The type that the block around the function is for.
    owner: Option<Kind>,
    /// What the methods beside the function give, by name.
    values: HashMap<String, Option<Kind>>,
    /// The methods beside the function that may change their receiver.
    changing: HashSet<String>,
    /// What those use the fields of `self` as.
    fields: Uses,
    /// What names that stand alone construct.
    pub(crate) constructors: Constructors,
    /// The names that the function gives to types of numbers.
    numbers: Numbers,
    /// What stands around the function in its file.
    pub(crate) surroundings: Surroundings,
}

impl Types {
    pub(crate) fn new(generics: &[&Generics]) -> Self {
        let mut floats = Vec::new();
        let is_real = |bound: &TypeParamBound| match bound {
            TypeParamBound::Trait(t) => t.path.segments.last().is_some_and(|s| s.ident == "Real" || s.ident == "Float"),
            _ => false,
        };
        for generics in generics {
            for param in &generics.params {
                if let GenericParam::Type(param) = param
                    && param.bounds.iter().any(is_real)
                {
                    floats.push(param.ident.to_string());
                }
            }
            for predicate in generics.where_clause.iter().flat_map(|w| &w.predicates) {
                if let WherePredicate::Type(p) = predicate
                    && let (Type::Path(path), true) = (&p.bounded_ty, p.bounds.iter().any(is_real))
                    && let Some(ident) = path.path.get_ident()
                {
                    floats.push(ident.to_string());
                }
            }
        }
        let lengths = generics.iter().any(|g| g.const_params().next().is_some());
        Self { floats, lengths, order: 1, ..Self::default() }
    }

    /// The same, with the names of types of numbers.
    pub(crate) fn with_numbers(mut self, numbers: Numbers) -> Self {
        self.numbers = numbers;
        self
    }

    /// The same, with what stands around the function.
    pub(crate) fn with_surroundings(mut self, surroundings: Surroundings) -> Self {
        self.surroundings = surroundings;
        self
    }

    /// The names that are taken for those of floats.
    pub(crate) fn names_of_floats(&self) -> &[syn::Ident] {
        &self.numbers.floats
    }

    /// The same, with what the types of a signature tell of the names in the body.
    pub(crate) fn with_signature(mut self, sig: &syn::Signature) -> Self {
        struct Find<'a>(&'a Types, Vec<Float>);
        impl<'ast> syn::visit::Visit<'ast> for Find<'_> {
            fn visit_type_path(&mut self, p: &'ast syn::TypePath) {
                if p.path.segments.last().is_some_and(|s| s.ident == "Complex")
                    && p.qself.is_none()
                    && let Kind::Complex(float) = self.0.path_kind(p)
                {
                    self.1.push(float);
                }
                syn::visit::visit_type_path(self, p);
            }
        }
        let mut find = Find(&self, Vec::new());
        syn::visit::Visit::visit_signature(&mut find, sig);
        self.complex = find.1.into_iter().reduce(|a, b| if a == b { a } else { Float::Any }).map(|float| match float {
            Float::Generic(_) => float,
            _ => Float::Any,
        });
        self
    }

    /// The same, with what the methods beside the function tell.
    pub(crate) fn beside(mut self, outer: &Outer<'_>) -> Self {
        self.owner = outer.owner.as_ref().map(|ty| self.kind(ty));
        self.lending = outer.lending.iter().map(|(name, ty)| (name.clone(), self.kind(ty))).collect();
        self.values = outer.values.iter().map(|(name, ty)| (name.clone(), ty.as_ref().map(|t| self.kind(t)))).collect();
        self.changing = outer.changing.iter().cloned().collect();
        self.fields = outer.fields.clone();
        self
    }

    /// What the methods beside the function use the fields of `self` as.
    pub(crate) fn uses_of_fields(&self) -> &Uses {
        &self.fields
    }

    /// Whether a method beside the function gives a length, if there is one of this name.
    pub(crate) fn gives_length(&self, method: &str) -> Option<bool> {
        self.values.get(method).map(|kind| kind == &Some(Kind::Int))
    }

    /// Whether there is a method of this name beside the function.
    pub(crate) fn is_beside(&self, method: &str) -> bool {
        self.values.contains_key(method)
    }

    /// Whether a method beside the function may change its receiver.
    pub(crate) fn changes_receiver(&self, method: &str) -> bool {
        self.changing.contains(method)
    }

    /// The same, with what names that stand alone construct.
    pub(crate) fn with_constructors(mut self, constructors: Constructors) -> Self {
        self.constructors = constructors;
        self
    }

    /// The kind of what a method beside the function returns a reference to.
    pub(crate) fn lent_by(&self, method: &str) -> Option<Kind> {
        self.lending.get(method).cloned()
    }

    /// Whether lengths are parameters of what surrounds the function, or of itself.
    pub(crate) fn has_lengths(&self) -> bool {
        self.lengths
    }

    /// The same, for functions that are differentiated so often.
    pub(crate) fn with_order(mut self, order: u32) -> Self {
        self.order = order;
        self
    }

    /// How often functions are differentiated.
    pub(crate) fn order(&self) -> u32 {
        self.order
    }

    /// Whether floats may be of a type that is a parameter.
    pub(crate) fn is_generic(&self) -> bool {
        !self.floats.is_empty()
    }

    /// The kind of the values of a type.
    pub(crate) fn kind(&self, ty: &Type) -> Kind {
        match ty {
            Type::Reference(r) => Kind::Ref(Box::new(self.kind(&r.elem))),
            Type::Paren(p) => self.kind(&p.elem),
            Type::Group(g) => self.kind(&g.elem),
            Type::Slice(s) => Kind::Seq(Box::new(self.kind(&s.elem))),
            Type::Array(a) => Kind::Seq(Box::new(self.kind(&a.elem))),
            Type::Tuple(t) if t.elems.is_empty() => Kind::Unit,
            Type::Tuple(t) => Kind::Tuple(t.elems.iter().map(|t| self.kind(t)).collect()),
            Type::ImplTrait(i) => {
                let function = i.bounds.iter().any(|b| matches!(b, TypeParamBound::Trait(t) if t.path.segments.last().is_some_and(|s| s.ident.to_string().starts_with("Fn"))));
                if function { Kind::Constant } else { Kind::Unknown }
            }
            Type::FnPtr(_) => Kind::Constant,
            Type::Path(p) if p.qself.is_none() => self.path_kind(p),
            _ => Kind::Unknown,
        }
    }

    fn path_kind(&self, p: &syn::TypePath) -> Kind {
        let Some(last) = p.path.segments.last() else {
            return Kind::Unknown;
        };
        let name = last.ident.to_string();
        let argument = || match &last.arguments {
            PathArguments::AngleBracketed(a) => a.args.iter().find_map(|a| match a {
                GenericArgument::Type(t) => Some(self.kind(t)),
                _ => None,
            }),
            _ => None,
        };
        match name.as_str() {
            "Self" if p.path.segments.len() == 1 => self.owner.clone().unwrap_or(Kind::Unknown),
            "f64" => Kind::Float(Float::F64),
            "f32" => Kind::Float(Float::F32),
            // Of the user's own, whatever else is called so.
            name if p.path.segments.len() == 1 && self.surroundings.is_own(name) => Kind::Unknown,
            "Complex64" => Kind::Complex(Float::F64),
            "Complex32" => Kind::Complex(Float::F32),
            "Complex" => match argument() {
                Some(Kind::Float(float)) => Kind::Complex(float),
                None if let Some(float) = &self.complex => Kind::Complex(float.clone()),
                _ => Kind::Unknown,
            },
            "bool" => Kind::Bool,
            "char" | "str" | "String" => Kind::Constant,
            _ if CONTAINERS.contains(&name.as_str()) && self.arguments_are_constant(&last.arguments) => Kind::Constant,
            // Those of the standard library have parameters.
            "Vec" | "Option" | "Result" if last.arguments.is_none() => Kind::Unknown,
            "Vec" => Kind::Seq(Box::new(argument().unwrap_or(Kind::Unknown))),
            "Box"
                if let Some(slice @ Kind::Seq(_)) = argument()
                    && is_slice(&last.arguments) =>
            {
                slice
            }
            "Option" => Kind::Option(Box::new(argument().unwrap_or(Kind::Unknown))),
            "Result" => Kind::Result(Box::new(argument().unwrap_or(Kind::Unknown))),
            _ if crate::arrays::is_type(&name) => match argument() {
                Some(kind) if kind.is_constant() => Kind::Constant,
                kind => Kind::Array(
                    Box::new(kind.unwrap_or(Kind::Unknown)),
                    crate::arrays::axes_of_type(&name, &last.arguments),
                ),
            },
            _ if is_integer(&name) => Kind::Int,
            _ if p.path.segments.len() > 1 => Kind::Unknown,
            _ if self.floats.contains(&name) => Kind::Float(Float::Generic(name)),
            _ if self.numbers.floats.iter().any(|float| *float == name) => Kind::Float(Float::Any),
            _ if let Some(ty) = self.numbers.declared.get(&name) => self.kind(ty),
            _ => self.surroundings.kind_of_alias(&p.path),
        }
    }

    /// Whether what a container holds carries no derivative.
    fn arguments_are_constant(&self, arguments: &PathArguments) -> bool {
        let PathArguments::AngleBracketed(a) = arguments else { return false };
        let constant = |a: &GenericArgument| match a {
            GenericArgument::Type(ty) => self.kind(ty).is_constant(),
            _ => true,
        };
        a.args.iter().any(|a| matches!(a, GenericArgument::Type(_))) && a.args.iter().all(constant)
    }

    /// The kind of the type before the last segment of a path: `f64::from`, `Complex::<f64>::new`.
    pub(crate) fn owner(&self, path: &syn::Path) -> Kind {
        let mut path = path.clone();
        path.segments.pop();
        path.segments.pop_punct();
        if path.segments.is_empty() {
            return Kind::Unknown;
        }
        self.kind(&Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path }))
    }

    /// The float of the complex numbers in the signature, if it is a parameter.
    pub(crate) fn float_of_complex(&self) -> Option<&Float> {
        self.complex.as_ref().filter(|float| matches!(float, Float::Generic(_)))
    }

    /// The kind of a function's value.
    pub(crate) fn kind_of(&self, ty: Option<&Type>) -> Option<Kind> {
        ty.map(|ty| self.kind(ty))
    }

    /// Whether a type parameter is bound to be a function.
    pub(crate) fn is_function(&self, generics: &Generics, ident: &syn::Ident) -> bool {
        let is_fn = |bounds: &syn::punctuated::Punctuated<TypeParamBound, syn::Token![+]>| {
            bounds.iter().any(|b| match b {
                TypeParamBound::Trait(t) => t
                    .path
                    .segments
                    .last()
                    .is_some_and(|s| matches!(s.ident.to_string().as_str(), "Fn" | "FnMut" | "FnOnce")),
                _ => false,
            })
        };
        let inline = generics.type_params().any(|t| t.ident == *ident && is_fn(&t.bounds));
        let clause = generics.where_clause.iter().flat_map(|w| &w.predicates).any(|p| match p {
            WherePredicate::Type(p) => {
                matches!(&p.bounded_ty, Type::Path(t) if t.path.is_ident(ident)) && is_fn(&p.bounds)
            }
            _ => false,
        });
        inline || clause
    }

    /// Whether a parameter of this type carries a derivative, as far as its syntax tells.
    pub(crate) fn is_differentiable(&self, ty: &Type) -> bool {
        !self.kind(ty).is_constant()
    }
}

/// Whether a type is given a slice.
fn is_slice(arguments: &PathArguments) -> bool {
    let PathArguments::AngleBracketed(a) = arguments else { return false };
    matches!(a.args.first(), Some(GenericArgument::Type(Type::Slice(_))))
}

/// Types of the standard library that carry a derivative only if what they hold does.
const CONTAINERS: &[&str] =
    &["Box", "Rc", "Arc", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "Range", "RangeInclusive"];

/// The type of the language with a name.
pub(crate) fn primitive(name: &str) -> Type {
    Type::Path(syn::TypePath {
        attrs: Vec::new(),
        qself: None,
        path: proc_macro2::Ident::new(name, proc_macro2::Span::call_site()).into(),
    })
}

pub(crate) fn is_integer(name: &str) -> bool {
    matches!(name, "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize")
}
