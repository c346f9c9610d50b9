//! Names, looked up from a scope outwards.

use std::rc::Rc;

use super::scan::{Method, Struct};
use super::{Declared, Fields, Located, Surroundings};
use crate::maps::HashMap;

impl Surroundings {
    /// The text of the type of a function's value, and the scope that it is written in.
    pub(super) fn output_of_function(&self, name: &str) -> Option<&str> {
        let scope = self.scope.as_deref().filter(|scope| !scope.own.contains(name))?;
        let at = scope.declaring(scope.at, name, |s| s.functions.contains_key(name))?;
        scope.file.scopes[at].functions.get(name).map(String::as_str)
    }

    /// The text of the type of a method's value, for a type with a name.
    pub(super) fn output_of_method(&self, owner: &str, name: &str) -> Option<&str> {
        let scope = self.scope.as_deref().filter(|scope| !scope.own.contains(owner))?;
        let is_primitive = matches!(owner, "f64" | "f32");
        let at = if is_primitive {
            scope.declaring(scope.at, owner, |s| s.methods.contains_key(owner))?
        } else {
            scope.declaring_type(owner)?
        };
        scope.file.scopes[at].methods.get(owner)?.get(name)?.output.as_deref()
    }

    /// A method of a struct or an enum that is declared in the file.
    pub(super) fn method_of(&self, owner: &str, name: &str) -> Option<&Method> {
        let scope = self.scope.as_deref().filter(|scope| !scope.own.contains(owner))?;
        scope.file.scopes[scope.declaring_type(owner)?].methods.get(owner)?.get(name)
    }

    /// Whether a name is that of a struct or an enum that is declared in the file.
    pub(super) fn declares(&self, name: &str) -> bool {
        let scope = self.scope.as_deref().filter(|scope| !scope.own.contains(name));
        scope.is_some_and(|scope| scope.declaring_type(name).is_some())
    }

    /// Whether a name is that of a constant or a static that is a reference, such as `const X: &[f64] = &[1.0];`.
    pub(crate) fn is_reference(&self, path: &syn::Path) -> bool {
        let (Some(scope), Some(name)) = (self.scope.as_deref(), path.get_ident().map(ToString::to_string)) else {
            return false;
        };
        let mut at = scope.at;
        loop {
            let around = &scope.file.scopes[at];
            if around.references.contains(&name) {
                return true;
            }
            let enters = !around.module || around.imports_all || around.imported.contains(&name);
            match around.outer {
                Some(outer) if enters && !around.others.contains(&name) => at = outer,
                _ => return false,
            }
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
        if from.is_none() && scope.own.contains(name) {
            return None;
        }
        let from = from.unwrap_or(scope.at);
        let key = (from, name.to_owned());
        let known = scope.structs.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let found = scope.declaring(from, name, |s| s.structs.contains_key(name)).map(|at| {
                let Struct { fields, derived } = &scope.file.scopes[at].structs[name];
                let parsed = fields.iter().filter_map(|field| {
                    let ty = syn::parse_str(&field.ty).ok()?;
                    Some((field.name.clone(), Declared { ty, active: *derived && !field.marked }))
                });
                Rc::new(Fields { scope: at, types: parsed.collect::<HashMap<_, _>>() })
            });
            scope.structs.borrow_mut().insert(key, found.clone());
            found
        })
    }
}

impl Located {
    /// The scope of the struct or enum that a name means where the item stands.
    fn declaring_type(&self, name: &str) -> Option<usize> {
        self.declaring(self.at, name, |s| s.structs.contains_key(name) || s.enums.contains(name))
    }

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
            if scope.structs.contains_key(name) || scope.enums.contains(name) {
                return None;
            }
            let enters = !scope.module || scope.imports_all || scope.imported.contains(name);
            if scope.hides || !enters {
                return None;
            }
            at = scope.outer?;
        }
    }
}
