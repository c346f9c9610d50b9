//! Names, looked up from a scope outwards.

use std::rc::Rc;

use syn::visit::{self, Visit};
use syn::{Type, TypePath};

use super::scan::{Method, Struct};
use super::types::{behind_references, name_of};
use super::{Declared, Fields, Located, Surroundings, Written};
use crate::maps::HashMap;

impl Surroundings {
    /// The type of a function's value.
    pub(super) fn output_of_function(&self, name: &str) -> Option<Written> {
        let scope = self.scope.as_deref().filter(|scope| !scope.hides(name))?;
        let at = scope.declaring(scope.at, name, |s| s.functions.contains_key(name))?;
        let ty = syn::parse_str(scope.file.scopes[at].functions.get(name)?).ok()?;
        Some(Written { ty, scope: Some(at) })
    }

    /// The type of a constant or a static.
    pub(super) fn type_of_constant(&self, name: &str) -> Option<Written> {
        let scope = self.scope.as_deref().filter(|scope| !scope.hides(name))?;
        let at = scope.declaring(scope.at, name, |s| s.constants.contains_key(name))?;
        let ty = syn::parse_str(scope.file.scopes[at].constants.get(name)?).ok()?;
        Some(Written { ty, scope: Some(at) })
    }

    /// The methods of a struct or an enum that is declared in the file that may be meant by a name.
    pub(super) fn methods_of(&self, owner: &Written, name: &str) -> Vec<&Method> {
        let methods = || {
            let scope = self.scope.as_deref()?;
            let of = self.name_in_file(&name_of(&owner.ty)?).to_owned();
            let meant = self.meaning_of(owner)?;
            let mut found = Vec::new();
            for method in scope.file.methods.get(&of)?.get(name)? {
                // A name of another type, or one that nobody knows.
                if scope.meaning(method.scope, &of)? == meant {
                    found.push(method);
                }
            }
            Some(found)
        };
        methods().unwrap_or_default()
    }

    /// What the name of a type stands for, if it is known.
    pub(super) fn meaning_of(&self, owner: &Written) -> Option<Meaning> {
        let scope = self.scope.as_deref()?;
        let of = self.name_in_file(&name_of(&owner.ty)?).to_owned();
        if owner.scope.is_none() && scope.hides(&of) {
            return None;
        }
        scope.meaning(owner.scope.unwrap_or(scope.at), &of)
    }

    /// Whether a type is the same where the item stands.
    pub(super) fn means_the_same_here(&self, written: &Written) -> bool {
        self.are_one(written, &Written::here(written.ty.clone()))
    }

    /// The methods that may be meant by the name of one, or of an operator if there is a right operand.
    pub(super) fn methods_for(&self, owner: &Written, name: &str, operand: Option<&Written>) -> Option<Vec<&Method>> {
        let mut found = self.methods_of(owner, name);
        let Some(operand) = operand else { return Some(found) };
        let scope = self.scope.as_deref()?;
        scope.meaning(operand.scope.unwrap_or(scope.at), &name_of(&operand.ty)?)?;
        let mut unknown = false;
        found.retain(|method| {
            let Some(right) = &method.operand else { return false };
            let Ok(ty) = syn::parse_str(right) else {
                unknown = true;
                return false;
            };
            scope.same(&Written { ty: behind_references(&ty).clone(), scope: Some(method.scope) }, operand)
        });
        (!unknown).then_some(found)
    }

    /// Whether two types are known to be one.
    pub(super) fn are_one(&self, a: &Written, b: &Written) -> bool {
        self.scope.as_deref().is_some_and(|scope| scope.same(a, b))
    }

    /// The type of the value of a method of a type with a name, of an operator if there is a right operand. All methods of the
    /// name have to agree that may be meant: traits of several modules may have one each.
    pub(super) fn output_of_method(&self, owner: &Written, name: &str, operand: Option<&Written>) -> Option<Written> {
        let scope = self.scope.as_deref()?;
        let mut known: Option<Written> = None;
        for method in self.methods_for(owner, name, operand)? {
            let ty = syn::parse_str(method.output.as_deref()?).ok()?;
            let found = Written { ty, scope: Some(method.scope) };
            if known.as_ref().is_some_and(|known| !scope.same(known, &found)) {
                return None;
            }
            known = Some(found);
        }
        known
    }

    /// Whether a name is that of a constant or a static that is a reference, such as `const X: &[f64] = &[1.0];`.
    pub(crate) fn is_reference(&self, path: &syn::Path) -> bool {
        let (Some(scope), Some(name)) = (self.scope.as_deref(), path.get_ident().map(ToString::to_string)) else {
            return false;
        };
        let mut at = scope.at;
        loop {
            let around = &scope.file.scopes[at];
            if let Some(ty) = around.constants.get(&name) {
                return ty.starts_with('&');
            }
            let enters = !around.module || around.imports_all || around.imported.contains(&name);
            match around.outer {
                Some(outer) if enters && !around.others.contains(&name) => at = outer,
                _ => return false,
            }
        }
    }

    /// Whether a name is that of a static that changes behind shared references or is made when it is asked for, or of what a macro
    /// such as `thread_local!` declares, none of which can be moved or copied.
    pub(crate) fn stays_in_place(&self, path: &syn::Path) -> bool {
        let (Some(scope), Some(name)) = (self.scope.as_deref(), path.get_ident().map(ToString::to_string)) else {
            return false;
        };
        if let Some(of) = self.type_of_static(&name) {
            return crate::fence::changes_when_shared(&of) || of == "LazyLock";
        }
        let mut at = Some(scope.at);
        while let Some(around) = at.map(|at| &scope.file.scopes[at]) {
            if around.made.contains(&name) {
                return true;
            }
            let enters = !around.module || around.imports_all || around.imported.contains(&name);
            at = around.outer.filter(|_| enters);
        }
        false
    }

    /// Whether a name is that of a static that is made when it is asked for, and changes never.
    pub(crate) fn is_lazy(&self, path: &syn::Path) -> bool {
        path.get_ident().and_then(|name| self.type_of_static(&name.to_string())).is_some_and(|of| of == "LazyLock")
    }

    /// The name of the type of a constant or a static.
    fn type_of_static(&self, name: &str) -> Option<String> {
        let Written { ty, .. } = self.type_of_constant(name)?;
        match behind_references(&ty) {
            Type::Path(p) => p.path.segments.last().map(|s| s.ident.to_string()),
            _ => None,
        }
    }

    /// The names that are those of variants with named fields in the file, and of no struct.
    pub(crate) fn variants(&self) -> impl Iterator<Item = &String> {
        let file = self.scope.as_deref().map(|scope| &scope.file);
        file.into_iter().flat_map(|file| file.variants.difference(&file.structs))
    }

    /// The fields of the struct that a name stands for in a scope; in that of the item, if none is given.
    pub(super) fn fields_of(&self, name: &str, from: Option<usize>) -> Option<Rc<Fields>> {
        let scope = self.scope.as_deref()?;
        let name = self.name_in_file(name);
        if from.is_none() && scope.hides(name) {
            return None;
        }
        let from = from.unwrap_or(scope.at);
        let key = (from, name.to_owned());
        let known = scope.structs.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let found = scope.declaring(from, name, |s| s.structs.contains_key(name)).map(|at| {
                let Struct { fields, derived, copied } = &scope.file.scopes[at].structs[name];
                let parsed = fields.iter().filter_map(|field| {
                    let ty = syn::parse_str(&field.ty).ok()?;
                    let active = *derived && !field.marked;
                    Some((field.name.clone(), Declared { ty, active, constant: *derived && field.constant }))
                });
                let types = parsed.collect::<HashMap<_, _>>();
                Rc::new(Fields { scope: at, derived: *derived, types, copied: *copied })
            });
            scope.structs.borrow_mut().insert(key, found.clone());
            found
        })
    }

    /// The type of a field of a variant of an enum.
    pub(super) fn payload(&self, owner: &Written, variant: &str, member: &syn::Member) -> Option<Written> {
        let Some(Meaning::Own(at)) = self.meaning_of(owner) else { return None };
        let key = (name_of(&owner.ty)?, variant.to_owned());
        let member = super::types::member_name(member);
        let fields = self.scope.as_deref()?.file.scopes[at].payloads.get(&key)?;
        let field = fields.iter().find(|field| field.name == member)?;
        Some(Written { ty: syn::parse_str(&field.ty).ok()?, scope: Some(at) })
    }

    /// Whether a name is that of a struct, an enum or a union that the file declares.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        self.scope.as_deref().is_some_and(|scope| scope.is_own(scope.at, self.name_in_file(name)))
    }

    /// Whether an enum that the file declares under a name has a variant.
    pub(crate) fn has_variant(&self, name: &str, variant: &str) -> bool {
        let scope = self.scope.as_deref().and_then(|scope| scope.scope_of_type(scope.at, name));
        scope.is_some_and(|scope| scope.alternatives.contains(&(name.to_owned(), variant.to_owned())))
    }

    /// Whether a name is that of a struct whose fields have numbers.
    pub(crate) fn is_tuple(&self, name: &str) -> bool {
        let declares = |scope: &Located| scope.scope_of_type(scope.at, name).map(|s| s.tuples.contains(name));
        self.scope.as_deref().and_then(declares).unwrap_or(false)
    }

    /// Whether a type names such a type anywhere in it.
    pub(crate) fn names_own(&self, written: &Written) -> bool {
        let Some(scope) = self.scope.as_deref() else { return false };
        let from = written.scope.unwrap_or(scope.at);
        names(&written.ty).iter().any(|name| scope.is_own(from, name))
    }
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A struct or an enum that this scope declares.
    Own(usize),
    /// A type of the language.
    Float,
}

impl Located {
    /// The scope whose declaration a name means.
    fn declaring(&self, from: usize, name: &str, declares: impl Fn(&super::scan::Scope) -> bool) -> Option<usize> {
        let mut at = from;
        loop {
            let scope = &self.file.scopes[at];
            if scope.others.contains(name) {
                return None;
            }
            if declares(scope) {
                return Some(at);
            }
            if scope.structs.contains_key(name)
                || scope.enums.contains(name)
                || scope.generic.contains(name)
                || scope.functions.contains_key(name)
                || scope.constants.contains_key(name)
            {
                return None;
            }
            let enters = !scope.module || scope.imports_all || scope.imported.contains(name);
            if scope.hides || scope.made.contains(name) || !enters {
                return None;
            }
            at = scope.outer?;
        }
    }

    /// What a name stands for in a scope, if it is known.
    fn meaning(&self, from: usize, name: &str) -> Option<Meaning> {
        if matches!(name, "f64" | "f32") {
            return Some(Meaning::Float);
        }
        let declares =
            |s: &super::scan::Scope| s.structs.contains_key(name) || s.enums.contains(name) || s.generic.contains(name);
        self.declaring(from, name, declares).map(Meaning::Own)
    }

    /// Whether two types, each in its scope, are known to be one.
    fn same(&self, a: &Written, b: &Written) -> bool {
        let (from, to) = (a.scope.unwrap_or(self.at), b.scope.unwrap_or(self.at));
        let hidden = |w: &Written, name: &String| w.scope.is_none() && self.hides(name);
        a.ty == b.ty
            && names(&a.ty).iter().all(|name| {
                let known = self.meaning(from, name) == self.meaning(to, name);
                let own = self.is_own(from, name) || self.is_own(to, name);
                known && !hidden(a, name) && !hidden(b, name) && (!own || self.meaning(from, name).is_some())
            })
    }

    pub(super) fn is_own(&self, from: usize, name: &str) -> bool {
        self.scope_of_type(from, name).is_some()
    }

    /// The scope that declares a struct, an enum or a union.
    fn scope_of_type(&self, from: usize, name: &str) -> Option<&super::scan::Scope> {
        let mut at = Some(from);
        while let Some(scope) = at.map(|at| &self.file.scopes[at]) {
            if scope.types.contains(name) {
                return Some(scope);
            }
            let enters = !scope.module || scope.imports_all || scope.imported.contains(name);
            at = scope.outer.filter(|_| enters && !scope.others.contains(name));
        }
        None
    }
}

/// The names that a type is made of.
fn names(ty: &Type) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_type_path(&mut self, p: &'ast TypePath) {
            self.0.extend(p.path.segments.first().map(|s| s.ident.to_string()));
            visit::visit_type_path(self, p);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_type(ty);
    names.0
}
