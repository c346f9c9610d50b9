//! Maps and sets that carry no derivative: what they hold is copied into a vector before a loop runs over it, since no tape
//! can hold references into them.
//!
//! In: `&map`, `map.values()`, `set.iter()`, `set`, of a variable that is declared as one or that a constructor of one makes, or
//! of a field that the file declares as one.

use std::rc::Rc;

use syn::Expr as S;
use syn::spanned::Spanned;

use super::{ItemAt, Lowerer, Stream};
use crate::ir::{Call, Callee, Expr, Place, Role, Step, Stmt};
use crate::kinds::{self, Kind};
use crate::lower::{Binding, as_place};
use crate::rules;

/// The methods that give a part of a map or a set, or one of several sets.
const PARTS: &[&str] = &["range", "intersection", "union", "difference", "symmetric_difference"];

/// What is copied.
#[derive(Clone, Copy, PartialEq)]
enum Copied {
    /// The entries of a map, or the elements of a set.
    All,
    Keys,
    Values,
    /// Those in a range of keys, or elements that another set tells.
    Part,
}

impl Lowerer<'_> {
    /// The stream of what a map or a set holds; `None` if the expression is no such.
    pub(super) fn of_map(&mut self, e: &S) -> Option<Stream> {
        let (map, copied, borrowed) = parts(e)?;
        let place = self.named_place(map)?;
        let set = match self.keyed_type(&Expr::Place(place.clone()))?.as_str() {
            "BTreeSet" | "HashSet" | "BinaryHeap" => true,
            "BTreeMap" | "HashMap" => false,
            _ => return None,
        };
        if set && matches!(copied, Copied::Keys | Copied::Values) {
            return None;
        }
        self.claim_keyed(&place, e.span());
        let reference = borrowed
            || self.names_reference(map)
            || matches!(self.program.vars[place.root].ty, Some(syn::Type::Reference(_)));
        let pairs = !set && copied != Copied::Keys && copied != Copied::Values;
        let code = match copied {
            Copied::Part if set => syn::parse_quote!(::differentiable::__private::copies(#e)),
            Copied::Part => syn::parse_quote!(::differentiable::__private::entries(#e)),
            Copied::Keys => syn::parse_quote!(::differentiable::__private::copies(#map.keys())),
            Copied::Values => syn::parse_quote!(::differentiable::__private::copies(#map.values())),
            Copied::All if set => syn::parse_quote!(::differentiable::__private::copies(#map.iter())),
            Copied::All => syn::parse_quote!(::differentiable::__private::entries(#map.iter())),
        };
        let items = self.verbatim(&code);
        let items = self.let_var("items", e.span(), Role::Temporary, items);
        let item = if pairs { Kind::Tuple(vec![Kind::Constant, Kind::Constant]) } else { Kind::Constant };
        self.program.vars[items].kind = Kind::Seq(Box::new(item));
        let declared = kinds::declared_type(&self.program, &place);
        let found = declared.as_ref().and_then(|map| match copied {
            Copied::All => map.entries(),
            Copied::Keys => map.keys(),
            Copied::Values => map.values(),
            Copied::Part => None,
        });
        self.program.vars[items].found = found.map(Rc::new);
        let place = Place::var(items, e.span());
        let len = rules::method(Expr::Place(place.clone()), "len", Vec::new());
        let item: ItemAt = Rc::new(move |l, i| {
            let entry = crate::lower::places::element_of(&place, i);
            let lend = |l: &mut Lowerer<'_>, place: Place| {
                let part = l.normal(Expr::Place(place));
                if reference { Expr::Ref { mutable: false, of: Box::new(part) } } else { part }
            };
            if !pairs {
                return lend(l, entry);
            }
            let part = |n: usize| entry.step(Step::Field(syn::Member::from(n)));
            Expr::Tuple(vec![lend(l, part(0)), lend(l, part(1))])
        });
        Some(Stream::Indexed { len, item })
    }

    /// Whether a name stands for a reference.
    fn names_reference(&self, e: &S) -> bool {
        let S::Path(p) = e else { return false };
        let bound = p.path.get_ident().and_then(|name| self.lookup(&name.to_string()));
        matches!(bound, Some(Binding::Value(Expr::Ref { .. })))
    }

    /// The name of the type of a variable that is a map or a set, as its declaration or what makes it shows.
    pub(in crate::lower) fn keyed_type(&self, e: &Expr) -> Option<String> {
        let place = as_place(e)?;
        if let Some(name) = self.keyed.get(&kinds::path_key(&self.program, place)) {
            return Some(name.clone());
        }
        if !place.path.iter().all(|s| matches!(s, Step::Deref)) {
            return named(&kinds::declared_type(&self.program, place)?.ty);
        }
        let owner = |path: &syn::Path| path.segments.iter().rev().nth(1).map(|s| s.ident.to_string());
        let name = match &self.program.vars[place.root].ty {
            Some(ty) => return named(ty),
            None => self.stmts.iter().flatten().find_map(|s| match s {
                Stmt::Let { var, value: Expr::Call { func, .. } } if *var == place.root => owner(func),
                Stmt::Call(Call { callee: Callee::Function { path, .. }, outs, .. }) if outs.contains(&place.root) => {
                    owner(path)
                }
                _ => None,
            })?,
        };
        is_keyed(&name).then_some(name)
    }

    /// Notes that a name that stands for a part of something else is declared as a map or a set.
    pub(in crate::lower) fn note_keyed(&mut self, value: &Expr, ty: &syn::Type) {
        if let (Some(place), Some(name)) = (as_place(value), named(ty)) {
            self.keyed.insert(kinds::path_key(&self.program, place), name);
        }
    }

    /// Whether an expression is an iterator over a map or a set.
    pub(super) fn is_of_map(&self, e: &S) -> bool {
        let place = parts(e).and_then(|(map, ..)| self.named_place(map));
        place.is_some_and(|place| self.keyed_type(&Expr::Place(place)).is_some())
    }
}

fn is_keyed(name: &str) -> bool {
    crate::fence::is_keyed(name)
}

/// The name of a type, perhaps behind references, that is a map or a set.
fn named(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Reference(r) => named(&r.elem),
        syn::Type::Path(p) => Some(p.path.segments.last()?.ident.to_string()).filter(|name| is_keyed(name)),
        _ => None,
    }
}

/// The map, what of it is iterated over, and whether by reference.
fn parts(e: &S) -> Option<(&S, Copied, bool)> {
    match e {
        S::Reference(r) if r.mutability.is_none() => Some((&r.expr, Copied::All, true)),
        S::Path(_) => Some((e, Copied::All, false)),
        S::MethodCall(m) if m.args.len() == 1 && PARTS.iter().any(|name| m.method == name) => {
            Some((&m.receiver, Copied::Part, true))
        }
        S::MethodCall(m) if m.args.is_empty() => match m.method.to_string().as_str() {
            "iter" => Some((&m.receiver, Copied::All, true)),
            "into_iter" => Some((&m.receiver, Copied::All, false)),
            "keys" => Some((&m.receiver, Copied::Keys, true)),
            "values" => Some((&m.receiver, Copied::Values, true)),
            "into_keys" => Some((&m.receiver, Copied::Keys, false)),
            "into_values" => Some((&m.receiver, Copied::Values, false)),
            _ => None,
        },
        _ => None,
    }
}
