//! Names, looked up from a scope outwards.

use std::rc::Rc;

use super::{Fields, Located, Surroundings};
use crate::maps::HashMap;

impl Surroundings {
    /// The text of the type of a function's value.
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
            scope.declaring(scope.at, owner, |s| s.structs.contains_key(owner))?
        };
        scope.file.scopes[at].methods.get(owner)?.get(name)?.as_deref()
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
                let fields = &scope.file.scopes[at].structs[name].fields;
                let parsed = fields.iter().filter_map(|(field, ty)| Some((field.clone(), syn::parse_str(ty).ok()?)));
                Rc::new(Fields { scope: at, types: parsed.collect::<HashMap<_, _>>() })
            });
            scope.structs.borrow_mut().insert(key, found.clone());
            found
        })
    }
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
            let enters = !scope.module || scope.imports_all || scope.imported.contains(name);
            if scope.hides || !enters {
                return None;
            }
            at = scope.outer?;
        }
    }
}
