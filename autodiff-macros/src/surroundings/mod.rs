//! What stands around an item in its source file: the fields of structs, and what functions give.
//!
//! A macro is given the tokens of one item, and so cannot know that `self.weights` is a `Vec<f64>`. The file that the item is
//! in says so. In: the file, and the item's tokens. Out: the types that names have where the item stands. They are hints: with
//! them generated code is plain arithmetic, and without them, where there is no file to be read or an item is made by a
//! macro, the traits of the runtime do the same at a higher cost.
//!
//! - [`scan`] finds the scopes of a file and what they declare;
//! - [`items`] reads what the tokens of an item say of it;
//! - [`scopes`] looks a name up, from a scope outwards;
//! - [`light`] tells which functions cost next to nothing;
//! - [`sums`] tells which operators add field by field;
//! - [`aliases`] tells what aliases stand for;
//! - [`types`] follows fields and elements of a type.

mod aliases;
mod items;
mod light;
mod scan;
mod scopes;
mod sums;
#[cfg(test)]
mod tests;
mod types;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::SystemTime;

use proc_macro2::TokenStream;
use syn::Type;

use self::scan::File;
pub(crate) use self::sums::by_fields;
pub(crate) use self::types::behind_references;
use crate::maps::{HashMap, HashSet};
use crate::switches::Analysis;

/// The declarations that are in scope where an item stands.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    scope: Option<Rc<Located>>,
    /// The type that `Self` is.
    owner: Option<Rc<Type>>,
    /// The types that other names stand for in the item.
    aliases: Rc<BTreeMap<String, String>>,
}

/// A file, and where in it the item stands.
struct Located {
    file: Arc<File>,
    /// The scope that the item stands in.
    at: usize,
    item: TokenStream,
    /// The names that the item itself declares, once they are asked for.
    own: OnceCell<HashSet<String>>,
    /// The structs that were looked up, with the types of their fields.
    structs: RefCell<HashMap<(usize, String), Option<Rc<Fields>>>>,
}

/// A type that a declaration tells.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) ty: Type,
    /// The scope that its names stand in; none is that of the item.
    scope: Option<usize>,
}

impl Written {
    /// A type that is written in the item itself.
    pub(crate) fn here(ty: Type) -> Self {
        Self { ty, scope: None }
    }

    /// A vector of values of a type.
    pub(crate) fn vector(self) -> Self {
        let ty = &self.ty;
        Self { ty: syn::parse_quote!(Vec<#ty>), scope: self.scope }
    }
}

/// The fields of a struct with their types, and the scope that these are written in.
struct Fields {
    scope: usize,
    /// The struct has a tangent that is derived.
    derived: bool,
    types: HashMap<String, Declared>,
    /// The struct is copied where it is passed on.
    copied: bool,
}

/// The type of a field.
struct Declared {
    ty: Type,
    /// The field has a derivative if its type has one.
    active: bool,
    /// The field is marked as one without derivative.
    constant: bool,
}

impl Located {
    /// Whether the item itself declares a name, which may mean something else inside of it.
    fn hides(&self, name: &str) -> bool {
        self.own.get_or_init(|| scan::declared_in(&self.item)).contains(name)
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.scope.is_some() { "Surroundings(…)" } else { "Surroundings" })
    }
}

impl Surroundings {
    /// What stands around an item that is written in a file, if it is found there.
    pub(crate) fn of(item: &TokenStream, path: Option<&Path>) -> Self {
        if !Analysis::Surroundings.is_on() {
            return Self::default();
        }
        path.and_then(read).map_or_else(Self::default, |file| Self::within(item, file))
    }

    fn within(item: &TokenStream, file: Arc<File>) -> Self {
        let at = scan::key_of(item).and_then(|key| file.items.get(&key).copied().flatten());
        let located = |at| Located { file, at, item: item.clone(), own: OnceCell::new(), structs: RefCell::default() };
        let scope = at.map(|at| Rc::new(located(at)));
        Self { scope, ..Self::default() }
    }

    /// The same inside of a block for a type.
    pub(crate) fn for_type(&self, owner: Option<&Type>) -> Self {
        Self { owner: owner.cloned().map(Rc::new), ..self.clone() }
    }

    /// The same of an item in which types have other names.
    pub(crate) fn with_aliases(&self, aliases: BTreeMap<String, String>) -> Self {
        Self { aliases: Rc::new(aliases), ..self.clone() }
    }

    /// The name that the file has for a type.
    fn name_in_file<'n>(&'n self, name: &'n str) -> &'n str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// The same for a text in the place of a file.
    #[cfg(test)]
    pub(crate) fn in_text(item: &TokenStream, text: &str) -> Self {
        scan::scan(text).map_or_else(Self::default, |file| Self::within(item, Arc::new(file)))
    }
}

/// A file, scanned once for all items in it.
fn read(path: &Path) -> Option<Arc<File>> {
    type Known = HashMap<PathBuf, (SystemTime, Option<Arc<File>>)>;
    static FILES: OnceLock<Mutex<Known>> = OnceLock::new();
    let changed = std::fs::metadata(path).and_then(|m| m.modified()).ok()?;
    let mut files = FILES.get_or_init(Mutex::default).lock().ok()?;
    if let Some((at, file)) = files.get(path)
        && *at == changed
    {
        return file.clone();
    }
    let file = std::fs::read_to_string(path).ok().and_then(|text| scan::scan(&text)).map(Arc::new);
    files.insert(path.to_owned(), (changed, file.clone()));
    file
}
