//! Places: paths, fields, indices, dereferences.

use syn::spanned::Spanned;
use syn::{Expr as S, Member};

use super::{Binding, Lowerer, as_place, strip};
use crate::ir::{BinOp, Call, Callee, Expr, Place, Role, Sequence, Step, Stmt, VarId};
use crate::kinds::{self, Kind};

impl Lowerer<'_> {
    /// The value of a path: a local name, or an item.
    pub(super) fn path(&mut self, p: &syn::ExprPath) -> Expr {
        if p.qself.is_none()
            && let Some(ident) = p.path.get_ident()
        {
            match self.lookup(&ident.to_string()) {
                Some(Binding::Value(value)) => return at(value.clone(), ident.span()),
                Some(Binding::Closure(_)) => {
                    self.errors.at(
                        ident.span(),
                        format!("the closure `{ident}` is used as a value; call it, or write it where it is passed"),
                    );
                    return Expr::Tuple(Vec::new());
                }
                Some(Binding::Iterator(_)) => {
                    self.errors.at(
                        ident.span(),
                        format!(
                            "the iterator `{ident}` is used as a value; consume it here, or collect it into a `Vec`"
                        ),
                    );
                    return Expr::Tuple(Vec::new());
                }
                Some(Binding::Item) | None => {}
            }
        }
        Expr::Item(p.path.clone(), p.qself.clone())
    }

    /// Lowers an expression that names a place; others are bound to a temporary first.
    pub(super) fn place(&mut self, e: &S) -> Place {
        let value = self.place_or_value(e);
        self.place_of(value, e.span())
    }

    /// The place of a value, which is bound to a temporary if it has none.
    pub(super) fn place_of(&mut self, value: Expr, span: proc_macro2::Span) -> Place {
        match strip(value) {
            Expr::Place(place) => place,
            value => {
                let value = match value {
                    Expr::Item(path, None) if self.types.surroundings.stays_in_place(&path) => {
                        Expr::Ref { mutable: false, of: Box::new(Expr::Item(path, None)) }
                    }
                    value => value,
                };
                let var = self.let_var("t", span, Role::Temporary, value);
                Place::var(var, span)
            }
        }
    }

    /// Lowers a place expression without evaluating it as a value.
    pub(super) fn place_or_value(&mut self, e: &S) -> Expr {
        match e {
            S::Paren(p) => self.place_or_value(&p.expr),
            S::Group(p) => self.place_or_value(&p.expr),
            S::Path(p) => self.path(p),
            S::Field(f) => {
                let base = self.place_or_value(&f.base);
                self.field(base, &f.member, e.span())
            }
            S::Index(i) => {
                let base = self.place_or_value(&i.expr);
                let base = self.place_of(base, i.expr.span());
                let at = self.index(&i.index);
                // What is no integer and indexes a sequence is a range in a variable.
                let sequence = || matches!(kinds::of_place(&self.program, &base).deref(), Kind::Seq(_));
                let range = matches!(at, Expr::Range { .. }) || matches!(at, Expr::Clone(_)) && sequence();
                let by_trait = !range && self.is_indexed_by_trait(&base, &i.index);
                let at = if by_trait { crate::ir::element(at) } else { at };
                let mut place =
                    if range { base.step(Step::Index { at: Box::new(at), range }) } else { element_of(&base, at) };
                place.span = e.span();
                self.normal(Expr::Place(place))
            }
            S::Unary(u) if matches!(u.op, syn::UnOp::Deref(_)) => match self.place_or_value(&u.expr) {
                Expr::Ref { of, .. } => *of,
                other => {
                    let place = self.place_of(other, e.span());
                    // A pattern that takes a reference apart binds what its parts are, not references to them.
                    if kinds::of_place(&self.program, &place).is_scalar() || self.is_copy(&place) {
                        return Expr::Place(place);
                    }
                    self.normal(Expr::Place(place.step(Step::Deref)))
                }
            },
            S::Reference(r) => {
                let of = self.place_or_value(&r.expr);
                let of = match of {
                    // The name of a view that can be changed is a view, not a reference to one.
                    Expr::Ref { of, .. } if matches!(&*of, Expr::Place(place) if place.is_view()) => *of,
                    Expr::Place(_) | Expr::Ref { .. } => of,
                    other => self.temporary(other, e.span()),
                };
                Expr::Ref { mutable: r.mutability.is_some(), of: Box::new(of) }
            }
            other => self.rhs(other),
        }
    }

    /// An index or a range; of a variable that holds a range, its clone, which derivatives make again.
    fn index(&mut self, index: &S) -> Expr {
        let of = match index {
            S::MethodCall(m) if m.method == "clone" && m.args.is_empty() => &m.receiver,
            other => other,
        };
        match of {
            S::Path(p) if p.path.get_ident().is_some_and(|name| self.may_move(&name.to_string())) => {
                Expr::Clone(Box::new(self.path(p)))
            }
            _ => self.control(index),
        }
    }

    /// Whether a variable without derivative, such as a range, may be moved where it is used.
    pub(super) fn may_move(&self, name: &str) -> bool {
        match self.lookup(name) {
            Some(Binding::Value(Expr::Place(of))) => kinds::of_place(&self.program, of) == Kind::Constant,
            _ => false,
        }
    }

    /// Whether what is indexed is of a type with an `Index` of its own, as far as can be told.
    fn is_indexed_by_trait(&self, base: &Place, index: &S) -> bool {
        if kinds::of_place(&self.program, base).deref() != &Kind::Unknown {
            return false;
        }
        if matches!(index, S::Tuple(_)) {
            return true;
        }
        base.path.iter().all(|s| matches!(s, Step::Deref))
            && (self.is_of_user_type(base.root) || matches!(index, S::Lit(_)) && self.is_given_by_method(base.root))
    }

    /// Whether a variable holds what a method of the user's own gives, which may be of a type of the user's own as well.
    fn is_given_by_method(&self, v: VarId) -> bool {
        self.stmts.iter().flatten().any(|s| match s {
            Stmt::Call(Call { callee: Callee::Method { .. }, outs, .. }) => outs.contains(&v),
            Stmt::Let { var, value: Expr::Place(of) } if *var == v => {
                of.path.is_empty() && of.root != v && self.is_given_by_method(of.root)
            }
            _ => false,
        })
    }

    /// Whether the declaration of a variable shows a type that is no container of the standard library.
    fn is_of_user_type(&self, v: VarId) -> bool {
        const CONTAINERS: &[&str] =
            &["Vec", "VecDeque", "Box", "Rc", "Arc", "Option", "Cow", "Array", "ArrayView", "ArrayRef", "ArrayViewMut"];
        // `Array2` and `ArrayD` are arrays, `Vec3` is a type of the user's.
        let container = |name: &str, c: &str| {
            name == c || c.starts_with("Array") && name.strip_prefix(c).is_some_and(|dimension| dimension.len() == 1)
        };
        let user = |name: &str| super::capital(name) && !CONTAINERS.iter().any(|c| container(name, c));
        let var = &self.program.vars[v];
        let mut ty = var.ty.as_ref();
        while let Some(syn::Type::Reference(r)) = ty {
            ty = Some(&r.elem);
        }
        if let Some(ty) = ty {
            return matches!(ty, syn::Type::Path(p) if p.path.segments.last().is_some_and(|s| user(&s.ident.to_string())));
        }
        let made_by = |path: &syn::Path, of: usize| {
            path.segments.iter().rev().nth(of).is_some_and(|s| user(&s.ident.to_string()))
        };
        self.stmts.iter().flatten().any(|s| match s {
            Stmt::Let { var, value } if *var == v => match value {
                // What operators make of what is no number is no container.
                Expr::Binary(BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div | BinOp::Rem, ..) | Expr::Neg(_) => true,
                Expr::Place(of) if of.path.is_empty() && of.root != v => self.is_of_user_type(of.root),
                Expr::Struct { path, .. } => made_by(path, 0),
                Expr::Call { func, ctor: true, .. } => made_by(func, 0) && !crate::variants::is_standard(func),
                Expr::Call { func, .. } => made_by(func, 1),
                _ => false,
            },
            Stmt::Call(call) if call.outs.contains(&v) => match &call.callee {
                Callee::Function { path, .. } => made_by(path, 1),
                _ => false,
            },
            _ => false,
        })
    }

    /// A reference to what boxes hold, if it is declared as one to that: `let t: &T = self;`, where `self` is a `&Box<T>`.
    pub(super) fn through_boxes(&self, value: Expr, ty: &syn::Type) -> Expr {
        let (Expr::Ref { mutable, of }, syn::Type::Reference(r)) = (&value, ty) else { return value };
        let Expr::Place(place) = &**of else { return value };
        let left = kinds::layers(&self.program, place).1;
        let Some(last) = left.iter().position(|(_, holds)| *holds == *r.elem) else { return value };
        if !left[..=last].iter().any(|(is_box, _)| *is_box) {
            return value;
        }
        let inner = left[..=last].iter().fold(place.clone(), |place, _| place.step(Step::Deref));
        Expr::Ref { mutable: *mutable, of: Box::new(Expr::Place(inner)) }
    }

    /// What the outermost box around a place holds: `self.as_ref()`, where `self` is a `&Box<T>`.
    pub(super) fn in_box(&self, place: &Place) -> Option<Place> {
        let outermost = kinds::layers(&self.program, place).1.iter().position(|(is_box, _)| *is_box)?;
        Some((0..=outermost).fold(place.clone(), |place, _| place.step(Step::Deref)))
    }

    /// A field of a value.
    pub(super) fn field(&mut self, base: Expr, member: &Member, span: proc_macro2::Span) -> Expr {
        if let (Expr::Tuple(es), Member::Unnamed(i)) = (&base, member)
            && let Some(e) = es.get(i.index as usize)
        {
            return e.clone();
        }
        if let Some(value) = self.field_of_literal(&base, member) {
            return value;
        }
        let base = self.place_of(base, span);
        let mut place = base.step(Step::Field(member.clone()));
        place.span = span;
        self.normal(Expr::Place(place))
    }

    /// Makes a place independent of later changes to the variables in its indices.
    pub(super) fn pin(&mut self, value: Expr) -> Expr {
        match value {
            Expr::Ref { mutable, of } => Expr::Ref { mutable, of: Box::new(self.pin(*of)) },
            Expr::Place(mut place) => {
                for step in &mut place.path {
                    match step {
                        Step::Index { at, .. } => self.pin_index(at),
                        Step::View { args, .. } => args.iter_mut().for_each(|a| self.pin_index(a)),
                        _ => {}
                    }
                }
                Expr::Place(place)
            }
            Expr::Tuple(es) => Expr::Tuple(es.into_iter().map(|e| self.pin(e)).collect()),
            other => other,
        }
    }

    fn pin_index(&mut self, at: &mut Expr) {
        match at {
            Expr::Range { lo, hi, .. } => {
                for bound in [lo, hi].into_iter().flatten() {
                    self.pin_index(bound);
                }
            }
            Expr::Tuple(es) | Expr::Array(es, _) => es.iter_mut().for_each(|e| self.pin_index(e)),
            Expr::Call { func, args, .. } if func.is_ident("__element") => {
                args.iter_mut().for_each(|e| self.pin_index(e));
            }
            Expr::Method { recv, name, .. } if name == "__item" => self.pin_index(recv),
            _ => {
                if !self.is_fixed(at) {
                    let span = as_place(at).map_or_else(proc_macro2::Span::mixed_site, |p| p.span);
                    let taken = std::mem::replace(at, Expr::Bool(false));
                    *at = self.temporary(taken, span);
                }
            }
        }
    }

    /// Whether an expression keeps its value whatever is executed: literals and variables that are
    /// never assigned, combined by operators.
    pub(super) fn is_fixed(&self, e: &Expr) -> bool {
        match e {
            Expr::Lit(_) | Expr::Item(..) | Expr::Bool(_) | Expr::Number(..) => true,
            Expr::Method { recv, name, .. } if name == "__item" => self.is_fixed(recv),
            Expr::Place(place) => !self.program.vars[place.root].mutable && place.path.is_empty(),
            Expr::Binary(_, a, b) => self.is_fixed(a) && self.is_fixed(b),
            Expr::Cast(e, _) | Expr::Neg(e) | Expr::Not(e) | Expr::Clone(e) => self.is_fixed(e),
            Expr::Verbatim(_, captures) => captures.iter().all(|(_, e)| self.is_fixed(e)),
            Expr::Call { func, args, .. } => {
                func.segments.last().is_some_and(|s| s.ident == "Axis") && args.iter().all(|e| self.is_fixed(e))
            }
            _ => false,
        }
    }
}

/// The element at an index; that of a row or a column of a matrix is an element of the matrix.
pub(super) fn element_of(base: &Place, at: Expr) -> Place {
    if let Some(Step::View { method, args }) = base.path.last()
        && !matches!(at, Expr::Array(..) | Expr::Tuple(_))
    {
        let pair = match (method.to_string().as_str(), args.as_slice()) {
            ("row", [i]) => Some(vec![i.clone(), at.clone()]),
            ("column", [j]) => Some(vec![at.clone(), j.clone()]),
            _ => None,
        };
        if let Some(pair) = pair {
            let mut matrix = base.clone();
            matrix.path.pop();
            return matrix.step(Step::Index { at: Box::new(Expr::Array(pair, Sequence::Array)), range: false });
        }
    }
    base.step(Step::Index { at: Box::new(at), range: false })
}

/// Gives the place the span of its use.
fn at(mut value: Expr, span: proc_macro2::Span) -> Expr {
    let mut v = &mut value;
    while let Expr::Ref { of, .. } = v {
        v = of;
    }
    if let Expr::Place(place) = v {
        place.span = span;
    }
    value
}

/// Whether a variable occurs as a value, rather than by its fields, methods and elements.
pub(super) fn is_used_whole(block: &syn::Block, name: &str) -> bool {
    struct Finder<'n> {
        name: &'n str,
        found: bool,
    }
    impl Finder<'_> {
        fn base(&mut self, e: &S) {
            if !matches!(e, S::Path(p) if p.path.is_ident(self.name)) {
                syn::visit::Visit::visit_expr(self, e);
            }
        }
    }
    impl<'a> syn::visit::Visit<'a> for Finder<'_> {
        fn visit_expr(&mut self, e: &'a S) {
            match e {
                S::Path(p) => self.found |= p.path.is_ident(self.name),
                S::Field(f) => self.base(&f.base),
                S::Reference(r) if r.mutability.is_none() => self.base(&r.expr),
                S::MethodCall(m) => {
                    self.base(&m.receiver);
                    m.args.iter().for_each(|a| self.visit_expr(a));
                }
                S::Index(i) => {
                    self.base(&i.expr);
                    self.visit_expr(&i.index);
                }
                _ => syn::visit::visit_expr(self, e),
            }
        }
    }
    let mut finder = Finder { name, found: false };
    syn::visit::Visit::visit_block(&mut finder, block);
    finder.found
}
