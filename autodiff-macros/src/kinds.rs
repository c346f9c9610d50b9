//! Kinds: what the syntax tells of a type.
//!
//! A macro sees no types. From declared types, literals, casts and known methods it can often tell
//! that a value is a float, an integer or a sequence of floats; then plain arithmetic is emitted.
//! Where it cannot, the kind is [`Kind::Unknown`] and the traits of the runtime decide. A kind is
//! never a guess: `Unknown` is always a correct answer.

use std::collections::HashMap;

use syn::{GenericArgument, GenericParam, Generics, PathArguments, Type, TypeParamBound, WherePredicate};

use crate::constructors::Constructors;
use crate::ir::{BinOp, Block, Edit, Expr, Header, Place, Program, Step, Stmt, VarId};
use crate::{complex, methods, variants};

/// What is known of a type.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Kind {
    Float(Float),
    /// A complex number of `num-complex`.
    Complex(Float),
    Int,
    Bool,
    /// Strings, characters, functions: types without derivative.
    Constant,
    Unit,
    Tuple(Vec<Kind>),
    /// Indexed by an integer; sliced by a range.
    Seq(Box<Kind>),
    /// An array or a view of `ndarray`, with the kind of its elements and its number of axes, if known.
    Array(Box<Kind>, Option<usize>),
    Option(Box<Kind>),
    Result(Box<Kind>),
    Ref(Box<Kind>),
    Unknown,
}

/// Which float type.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Float {
    F32,
    F64,
    /// A type parameter with the bound `Real` or `Float`.
    Generic(String),
    /// A literal, or arithmetic of literals.
    Any,
}

impl Kind {
    /// The kind without references around it.
    pub(crate) fn deref(&self) -> &Self {
        match self {
            Self::Ref(inner) => inner.deref(),
            other => other,
        }
    }

    pub(crate) fn is_float(&self) -> bool {
        matches!(self, Self::Float(_))
    }

    pub(crate) fn is_complex(&self) -> bool {
        matches!(self, Self::Complex(_))
    }

    pub(crate) fn is_array(&self) -> bool {
        matches!(self, Self::Array(..))
    }

    /// The kind of the elements of a sequence or an array.
    pub(crate) fn element(&self) -> Self {
        match self.deref() {
            Self::Seq(kind) | Self::Array(kind, _) => (**kind).clone(),
            _ => Self::Unknown,
        }
    }

    /// Operators and methods are differentiated by traits of the runtime.
    pub(crate) fn is_by_traits(&self) -> bool {
        matches!(self.deref(), Self::Unknown | Self::Array(..))
    }

    /// Floats and complex numbers: the kinds with plain arithmetic.
    pub(crate) fn is_number(&self) -> bool {
        self.is_float() || self.is_complex()
    }

    /// Values of the kind carry no derivative.
    pub(crate) fn is_constant(&self) -> bool {
        match self {
            Self::Int | Self::Bool | Self::Constant | Self::Unit => true,
            Self::Tuple(kinds) => kinds.iter().all(Self::is_constant),
            Self::Seq(kind) | Self::Option(kind) | Self::Result(kind) | Self::Ref(kind) => kind.is_constant(),
            Self::Float(_) | Self::Complex(_) | Self::Unknown | Self::Array(..) => false,
        }
    }

    /// Values of the kind are copied for nothing.
    pub(crate) fn is_scalar(&self) -> bool {
        match self {
            Self::Float(_) | Self::Complex(_) | Self::Int | Self::Bool | Self::Unit => true,
            Self::Tuple(kinds) => kinds.iter().all(Self::is_scalar),
            _ => false,
        }
    }

    /// The kind of the tangent.
    pub(crate) fn tangent(&self) -> Self {
        match self {
            Self::Int | Self::Bool | Self::Constant | Self::Unit => Self::Unit,
            Self::Tuple(kinds) => Self::Tuple(kinds.iter().map(Self::tangent).collect()),
            Self::Seq(kind) => Self::Seq(Box::new(kind.tangent())),
            Self::Array(kind, axes) => Self::Array(Box::new(kind.tangent()), *axes),
            Self::Option(kind) => Self::Option(Box::new(kind.tangent())),
            Self::Result(kind) => Self::Result(Box::new(kind.tangent())),
            Self::Ref(kind) => kind.tangent(),
            Self::Float(_) | Self::Complex(_) | Self::Unknown => self.clone(),
        }
    }

    /// What two descriptions of one type say together.
    pub(crate) fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Unknown, k) | (k, Self::Unknown) => k.clone(),
            (Self::Float(Float::Any), k @ Self::Float(_)) | (k @ Self::Float(_), Self::Float(Float::Any)) => k.clone(),
            (Self::Complex(Float::Any), k @ Self::Complex(_)) | (k @ Self::Complex(_), Self::Complex(Float::Any)) => {
                k.clone()
            }
            (Self::Tuple(a), Self::Tuple(b)) if a.len() == b.len() => {
                Self::Tuple(a.iter().zip(b).map(|(a, b)| a.join(b)).collect())
            }
            (Self::Seq(a), Self::Seq(b)) => Self::Seq(Box::new(a.join(b))),
            (Self::Array(a, n), Self::Array(b, m)) => Self::Array(Box::new(a.join(b)), n.or(*m)),
            (Self::Option(a), Self::Option(b)) => Self::Option(Box::new(a.join(b))),
            (Self::Result(a), Self::Result(b)) => Self::Result(Box::new(a.join(b))),
            (a, _) => a.clone(),
        }
    }
}

/// Reads kinds off types, knowing which type parameters are floats.
#[derive(Clone, Default)]
pub(crate) struct Types {
    floats: Vec<String>,
    /// Lengths are parameters.
    lengths: bool,
    /// How often functions are differentiated.
    order: u32,
    /// The signature names `Complex<…>`, so that `Complex` alone is the type of `num-complex` too.
    complex: bool,
    /// The methods beside the function that return references, with the kinds of what those refer to.
    lending: HashMap<String, Kind>,
    /// What names that stand alone construct.
    pub(crate) constructors: Constructors,
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

    /// The same, with what the types of a signature tell of the names in the body.
    pub(crate) fn with_signature(mut self, sig: &syn::Signature) -> Self {
        struct Find<'a>(&'a Types, bool);
        impl<'ast> syn::visit::Visit<'ast> for Find<'_> {
            fn visit_type_path(&mut self, p: &'ast syn::TypePath) {
                let named = p.path.segments.last().is_some_and(|s| s.ident == "Complex");
                self.1 |= named && p.qself.is_none() && self.0.path_kind(p).is_complex();
                syn::visit::visit_type_path(self, p);
            }
        }
        let mut find = Find(&self, false);
        syn::visit::Visit::visit_signature(&mut find, sig);
        self.complex = find.1;
        self
    }

    /// The same, with the methods beside the function that return references.
    pub(crate) fn with_lending(mut self, methods: &[(String, Type)]) -> Self {
        self.lending = methods.iter().map(|(name, ty)| (name.clone(), self.kind(ty))).collect();
        self
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
            "f64" => Kind::Float(Float::F64),
            "f32" => Kind::Float(Float::F32),
            "Complex64" => Kind::Complex(Float::F64),
            "Complex32" => Kind::Complex(Float::F32),
            "Complex" => match argument() {
                Some(Kind::Float(float)) => Kind::Complex(float),
                None if self.complex => Kind::Complex(Float::Any),
                _ => Kind::Unknown,
            },
            "bool" => Kind::Bool,
            "char" | "str" | "String" => Kind::Constant,
            _ if CONTAINERS.contains(&name.as_str()) && self.arguments_are_constant(&last.arguments) => Kind::Constant,
            "Vec" => Kind::Seq(Box::new(argument().unwrap_or(Kind::Unknown))),
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
            _ if p.path.segments.len() == 1 && self.floats.contains(&name) => Kind::Float(Float::Generic(name)),
            _ => Kind::Unknown,
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

/// Types of the standard library that carry a derivative only if what they hold does.
const CONTAINERS: &[&str] =
    &["Box", "Rc", "Arc", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "Range", "RangeInclusive"];

pub(crate) fn is_integer(name: &str) -> bool {
    matches!(name, "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize")
}

/// Infers the kinds of all variables of a program, in both directions along its statements, until
/// nothing changes.
pub(crate) fn infer(program: &mut Program, types: &Types, result: &Kind) {
    for _ in 0..8 {
        let mut found = HashMap::new();
        let mut fields = HashMap::new();
        let mut inference = Inference { program, types, found: &mut found, fields: &mut fields };
        inference.block(&program.body);
        inference.expect(&program.value[0], result);
        let mut changed = false;
        for (key, kind) in fields {
            changed |= program.fields.insert(key, kind.clone()) != Some(kind);
        }
        for (var, kind) in found {
            let joined = program.vars[var].kind.join(&kind);
            if joined != program.vars[var].kind {
                program.vars[var].kind = joined;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

struct Inference<'a> {
    program: &'a Program,
    types: &'a Types,
    found: &'a mut HashMap<VarId, Kind>,
    fields: &'a mut HashMap<String, Kind>,
}

impl Inference<'_> {
    fn learn(&mut self, var: VarId, kind: Kind) {
        if kind != Kind::Unknown {
            let joined = self.found.get(&var).map_or(kind.clone(), |k| k.join(&kind));
            self.found.insert(var, joined);
        }
    }

    fn of(&self, e: &Expr) -> Kind {
        of_expr(self.program, self.types, e)
    }

    /// The expression is used where a value of the kind is needed.
    fn expect(&mut self, e: &Expr, kind: &Kind) {
        match e {
            Expr::Place(place)
                if place.path.is_empty() && !matches!(self.program.vars[place.root].kind, Kind::Ref(_)) =>
            {
                self.learn(place.root, kind.clone());
            }
            Expr::Place(place) if kind.is_float() && of_place(self.program, place) == Kind::Unknown => {
                self.fields.insert(path_key(self.program, place), kind.clone());
            }
            Expr::Neg(e) if kind.is_float() => self.expect(e, kind),
            Expr::Tuple(es) => {
                if let Kind::Tuple(kinds) = kind {
                    es.iter().zip(kinds).for_each(|(e, k)| self.expect(e, k));
                }
            }
            Expr::Array(es, _) => {
                if let Kind::Seq(kind) = kind {
                    es.iter().for_each(|e| self.expect(e, kind));
                }
            }
            Expr::Repeat { value, .. } => {
                if let Kind::Seq(kind) = kind {
                    self.expect(value, kind);
                }
            }
            _ => {}
        }
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
            for block in stmt.blocks() {
                self.block(block);
            }
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { var, value } | Stmt::Replace { old: var, value, .. } => {
                let kind = self.of(value);
                self.learn(*var, kind);
                let known = self.program.vars[*var].kind.clone();
                self.expect(value, &known);
                self.operands(value);
                self.arithmetic(value, &known);
            }
            Stmt::Assign { place, value, .. } | Stmt::Accumulate { place, value } => {
                let kind = self.of(value);
                let target = of_place(self.program, place);
                if place.path.is_empty() {
                    self.learn(place.root, kind);
                }
                self.expect(value, &target);
                self.operands(value);
            }
            Stmt::Update { place, value, .. } => {
                let target = of_place(self.program, place);
                if target.is_float() {
                    self.expect(value, &target);
                }
                let kind = self.of(value);
                if place.path.is_empty() && matches!(kind, Kind::Float(_)) && matches!(target, Kind::Float(Float::Any))
                {
                    self.learn(place.root, kind);
                }
            }
            Stmt::Loop(l) => {
                if let Header::Range { var, .. } = &l.header {
                    self.learn(*var, Kind::Int);
                }
            }
            Stmt::Edit(Edit::Exchange(a, b)) => {
                for (place, other) in [(a, b), (b, a)] {
                    let kind = of_place(self.program, other).deref().clone();
                    self.expect(&Expr::Place(place.clone()), &kind);
                }
            }
            _ => {}
        }
    }

    /// Arithmetic that gives a float combines floats.
    fn arithmetic(&mut self, e: &Expr, result: &Kind) {
        match e {
            Expr::Binary(op, a, b) if result.is_float() && op.is_arithmetic() => {
                let user_type =
                    |e: &Expr| e.as_var().is_some_and(|v| self.program.vars[v].role == crate::ir::Role::User);
                if *op == BinOp::Mul
                    && (user_type(a) && of_expr(self.program, self.types, a) == Kind::Unknown
                        || user_type(b) && of_expr(self.program, self.types, b) == Kind::Unknown)
                {
                    return;
                }
                for operand in [a, b] {
                    let operand = match &**operand {
                        Expr::Ref { of, .. } => of,
                        other => other,
                    };
                    if self.of(operand) == Kind::Unknown {
                        self.expect(operand, result);
                    }
                }
            }
            Expr::Neg(a) if result.is_float() => self.expect(a, result),
            _ => {}
        }
    }

    /// Floats combine only with floats of their own type in the functions of the table.
    fn operands(&mut self, e: &Expr) {
        if let Expr::Math(rule, args) = e
            && rule.fields.is_empty()
        {
            let joined = args.iter().map(|a| self.of(a)).fold(Kind::Unknown, |a, b| a.join(&b));
            if joined.is_float() && !rule.integer_argument {
                args.iter().for_each(|a| self.expect(a, &joined));
            }
        }
    }
}

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
        && !program.fields.is_empty()
        && let Some(known) = program.fields.get(&path_key(program, place))
    {
        return if program.vars[place.root].mirrors.is_some() { known.tangent() } else { known.clone() };
    }
    kind
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
        Expr::Math(rule, args) if !rule.fields.is_empty() => complex::kind(rule, args.iter().map(of)),
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
                _ => Kind::Unknown,
            }
        }
        Expr::Item(path, _) => {
            let segments: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
            match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                [.., "f64", "consts", _] | ["f64", _] => Kind::Float(Float::F64),
                [.., "f32", "consts", _] | ["f32", _] => Kind::Float(Float::F32),
                [ty, _] if is_integer(ty) => Kind::Int,
                [.., "ZERO" | "ONE" | "I"] => match types.owner(path) {
                    kind if kind.is_complex() => kind,
                    _ => Kind::Unknown,
                },
                _ => Kind::Unknown,
            }
        }
        Expr::Tuple(es) if es.is_empty() => Kind::Unit,
        Expr::Tuple(es) => Kind::Tuple(es.iter().map(of).collect()),
        Expr::Array(es, _) => Kind::Seq(Box::new(es.iter().map(of).fold(Kind::Unknown, |a, b| a.join(&b)))),
        Expr::Repeat { value, .. } => Kind::Seq(Box::new(of(value))),
        Expr::Cast(_, ty) => types.kind(ty),
        Expr::Select(_, a, b) => of(a).join(&of(b)),
        Expr::Struct { .. } | Expr::Verbatim(..) => Kind::Unknown,
        Expr::Range { .. } => Kind::Constant,
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
