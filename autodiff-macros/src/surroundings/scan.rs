//! The scopes of a file, and what each of them declares.
//!
//! In: the text of a file. Out: a [`File`] of names and texts, which outlives the macro that asked for it. Every pair of braces
//! is a scope; its declarations are read off their first tokens, and bodies are only searched for scopes inside them.

use std::hash::Hasher;
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

use super::items::{
    aliased, changes_argument, collect, declared, derives, fields, is_brace, is_generic, is_invocation, is_semicolon,
    operand, output, paths, payloads, receiver, type_of_constant,
};
use super::light::{Weights, of_method};
use super::sums::written_by_fields;
use crate::maps::{HashMap, HashSet};

/// What a file declares.
#[derive(Default)]
pub(super) struct File {
    pub(super) scopes: Vec<Scope>,
    /// The scope that an item stands in, by its key; none where equal items stand in several.
    pub(super) items: HashMap<u64, Option<usize>>,
    /// What its functions cost.
    pub(super) weights: Weights,
    /// The methods of the whole file, by the name of the type and their own, and the constants of types beside them.
    pub(super) methods: HashMap<String, HashMap<String, Vec<Method>>>,
    /// The names that macros of the file declare by themselves.
    macros: HashMap<String, HashSet<String>>,
    /// The variants of enums that have named fields, and the structs, wherever they stand.
    pub(super) variants: HashSet<String>,
    pub(super) structs: HashSet<String>,
}

/// The names that are declared between a pair of braces.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) outer: Option<usize>,
    /// It is that of a module, which names of the scope around do not enter by themselves.
    pub(super) module: bool,
    /// All names of the module around are imported.
    pub(super) imports_all: bool,
    /// The names that are imported from the module around.
    pub(super) imported: HashSet<String>,
    /// It is a block into which all names of some module are imported, which hide those around it.
    pub(super) hides: bool,
    pub(super) structs: HashMap<String, Struct>,
    pub(super) enums: HashSet<String>,
    /// The structs and enums that are generic over types, of which only the names and the methods are known.
    pub(super) generic: HashSet<String>,
    /// The variants of all enums, behind the names of these.
    pub(super) alternatives: HashSet<(String, String)>,
    /// The fields of the variants of those that are not generic, by the names of both.
    pub(super) payloads: HashMap<(String, String), Vec<Field>>,
    /// The types of the values of functions.
    pub(super) functions: HashMap<String, String>,
    /// The types of constants and statics.
    pub(super) constants: HashMap<String, String>,
    /// What aliases stand for; none where it is not known.
    pub(super) aliases: HashMap<String, Option<String>>,
    /// Names that stand for something else here, or for more than one thing.
    pub(super) others: HashSet<String>,
    /// The structs, enums and unions that are declared here, whatever is known of them.
    pub(super) types: HashSet<String>,
    /// The structs of those whose fields have numbers.
    pub(super) tuples: HashSet<String>,
    /// Names that a macro may declare here, which hides those around.
    pub(super) made: HashSet<String>,
}

/// A method of a type with a name.
pub(super) struct Method {
    /// The scope that its `impl` stands in.
    pub(super) scope: usize,
    /// The type of the right operand, of an operator.
    pub(super) operand: Option<String>,
    /// It is that of one of the traits of arithmetic operators.
    pub(super) operator: bool,
    /// The type of its value; none where it is not known.
    pub(super) output: Option<String>,
    /// It may change its receiver.
    pub(super) changes: bool,
    /// It takes its receiver by value.
    pub(super) consumes: bool,
    /// It takes its receiver by `&self`, and nothing that it may change.
    pub(super) looks: bool,
    /// The fields that it adds or subtracts one by one, if it does nothing else.
    pub(super) by_fields: Option<Vec<String>>,
    /// It is no method, but a constant of the type.
    pub(super) constant: bool,
    /// It gives its receiver, a `&mut self`.
    pub(super) gives_receiver: bool,
}

pub(super) struct Struct {
    pub(super) fields: Vec<Field>,
    /// It has a tangent.
    pub(super) derived: bool,
    /// It is copied where it is passed on.
    pub(super) copied: bool,
}

/// A field with a name or a number.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: String,
    /// It has an attribute, which may say that it carries no derivative.
    pub(super) marked: bool,
    /// It is marked as a constant.
    pub(super) constant: bool,
}

/// Scans a file.
pub(super) fn scan(text: &str) -> Option<File> {
    let tokens = TokenStream::from_str(text).ok()?;
    let mut file = File::default();
    file.scopes.push(Scope { module: true, ..Scope::default() });
    file.block(tokens, 0);
    Some(file)
}

/// The key of a function, an `impl` or a trait: of its tokens from that word on.
pub(super) fn key_of(item: &TokenStream) -> Option<u64> {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let start = tokens.iter().position(|t| matches!(t, TokenTree::Ident(i) if is_item(&i.to_string())))?;
    Some(key(&tokens[start..]))
}

/// The names that an item declares somewhere in it: of items, of type parameters, and of what is imported.
pub(super) fn declared_in(item: &TokenStream) -> HashSet<String> {
    let mut file = File::default();
    file.scopes.push(Scope::default());
    file.block(item.clone(), 0);
    let mut names = HashSet::default();
    for scope in file.scopes {
        names.extend(scope.structs.into_keys().chain(scope.functions.into_keys()).chain(scope.constants.into_keys()));
        names.extend(scope.others.into_iter().chain(scope.imported).chain(scope.enums).chain(scope.generic));
    }
    // The item's own name means itself there as well.
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    if let Some(at) = tokens.iter().position(|t| matches!(t, TokenTree::Ident(i) if i == "fn"))
        && let Some(TokenTree::Ident(name)) = tokens.get(at + 1)
    {
        names.remove(&name.to_string());
    }
    parameters(item, &mut names);
    names
}

/// Adds what may be a type parameter: the names between angle brackets behind `fn f` or `impl`.
fn parameters(tokens: &TokenStream, names: &mut HashSet<String>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => parameters(&group.stream(), names),
            TokenTree::Ident(word) => {
                let word = word.to_string();
                if !is_item(&word) {
                    continue;
                }
                let behind = tokens[i + 1..].iter().skip(usize::from(word != "impl"));
                let mut depth = 0;
                for token in behind {
                    match token {
                        TokenTree::Punct(p) if p.as_char() == '<' => depth += 1,
                        TokenTree::Punct(p) if p.as_char() == '>' => depth -= 1,
                        TokenTree::Ident(name) if depth > 0 => {
                            names.insert(name.to_string());
                        }
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_item(word: &str) -> bool {
    matches!(word, "fn" | "impl" | "trait")
}

fn key(tokens: &[TokenTree]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    tokens.iter().for_each(|t| hash(t, &mut hasher));
    hasher.finish()
}

fn hash(token: &TokenTree, hasher: &mut rustc_hash::FxHasher) {
    match token {
        TokenTree::Group(group) => {
            hasher.write_u8(group.delimiter() as u8);
            group.stream().into_iter().for_each(|t| hash(&t, hasher));
            hasher.write_u8(b'/');
        }
        TokenTree::Ident(ident) => hasher.write(ident.to_string().as_bytes()),
        TokenTree::Punct(punct) => hasher.write_u32(punct.as_char() as u32),
        TokenTree::Literal(literal) => hasher.write(literal.to_string().as_bytes()),
    }
}

impl File {
    fn scope(&mut self, outer: usize, module: bool, tokens: TokenStream) {
        let number = self.scopes.len();
        self.scopes.push(Scope { outer: Some(outer), module, ..Scope::default() });
        self.block(tokens, number);
    }

    /// Reads what stands between a pair of braces.
    fn block(&mut self, tokens: TokenStream, scope: usize) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut i = 0;
        while i < tokens.len() {
            i = match &tokens[i] {
                TokenTree::Ident(word) => self.word(&word.to_string(), &tokens, i, scope),
                TokenTree::Group(group) => {
                    self.scope(scope, false, group.stream());
                    i + 1
                }
                _ => i + 1,
            };
        }
    }

    /// Reads what a word begins, and gives the position behind what has been read.
    fn word(&mut self, word: &str, tokens: &[TokenTree], at: usize, scope: usize) -> usize {
        let name = match tokens.get(at + 1) {
            Some(TokenTree::Ident(name)) => Some(name.to_string()),
            _ => None,
        };
        match (word, name) {
            ("mod", Some(name)) => {
                self.scopes[scope].others.insert(name);
                if let Some(TokenTree::Group(body)) = tokens.get(at + 2) {
                    self.scope(scope, true, body.stream());
                }
                at + 3
            }
            ("struct", Some(name)) => self.structure(name, tokens, at, scope),
            ("enum", Some(name)) => self.enumeration(name, tokens, at, scope),
            ("static" | "const", Some(name)) if name != "fn" => {
                let scope = &mut self.scopes[scope];
                let ty = type_of_constant(&tokens[at + 2..]);
                let known = scope.constants.remove(&name);
                match ty.filter(|ty| known.is_none_or(|known| known == *ty) && !scope.others.contains(&name)) {
                    Some(ty) => {
                        scope.constants.insert(name, ty);
                    }
                    None => {
                        scope.others.insert(name);
                    }
                }
                at + 2
            }
            ("union" | "type", Some(name)) => {
                if word == "union" {
                    self.scopes[scope].types.insert(name.clone());
                } else {
                    let ty = aliased(&tokens[at..]);
                    let aliases = &mut self.scopes[scope].aliases;
                    aliases.entry(name.clone()).and_modify(|known| *known = None).or_insert(ty);
                }
                self.scopes[scope].others.insert(name);
                at + 2
            }
            ("use", _) => {
                let end = tokens[at..].iter().position(is_semicolon).map_or(tokens.len(), |n| at + n);
                self.import(&tokens[at + 1..end], scope);
                end
            }
            ("macro_rules", _) => {
                if let [_, _, TokenTree::Ident(name), body, ..] = &tokens[at..] {
                    let names = self.macros.entry(name.to_string()).or_default();
                    declared(std::slice::from_ref(body), names);
                }
                at + 4
            }
            // What a macro makes of its tokens is not known.
            (_, None) if is_invocation(&tokens[at + 1..]) => {
                let made = &mut self.scopes[scope].made;
                collect(&tokens[at + 2..at + 3], &mut |t| {
                    if let TokenTree::Ident(name) = t {
                        made.insert(name.to_string());
                    }
                });
                made.extend(self.macros.get(word).into_iter().flatten().cloned());
                at + 3
            }
            ("fn" | "impl" | "trait", name) => self.item(word, name, tokens, at, scope),
            _ => at + 1,
        }
    }

    /// A function, an `impl` or a trait: it ends with its braces.
    fn item(&mut self, word: &str, name: Option<String>, tokens: &[TokenTree], at: usize, scope: usize) -> usize {
        let Some(end) = tokens[at..].iter().position(|t| is_brace(t) || is_semicolon(t)).map(|n| at + n) else {
            return at + 1;
        };
        let item = &tokens[at..=end];
        let found = self.items.entry(key(item)).or_insert(Some(scope));
        *found = found.filter(|known| *known == scope);
        if let (true, Some(name)) = (word == "fn", name) {
            let is_async = at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(i) if i == "async");
            let generic = is_generic(&item[2..]);
            let output = (!is_async && !generic).then(|| output(item)).flatten();
            let scope = &mut self.scopes[scope];
            let known = scope.functions.contains_key(&name) || scope.others.contains(&name);
            match output.filter(|_| !known) {
                Some(output) => {
                    scope.functions.insert(name, output);
                }
                None => {
                    scope.others.insert(name);
                }
            }
        }
        if let TokenTree::Group(body) = &tokens[end] {
            if let ("fn", Some(TokenTree::Ident(name))) = (word, item.get(1)) {
                self.weights.add(&name.to_string(), &body.stream());
            }
            if word == "impl" {
                self.methods(&item[..item.len() - 1], body.stream(), scope);
            }
            self.scope(scope, false, body.stream());
        }
        end + 1
    }

    /// The methods and constants of an `impl` for a type with a name; those of one that is generic over types give what is not
    /// known.
    fn methods(&mut self, header: &[TokenTree], body: TokenStream, scope: usize) {
        let header: TokenStream = header.iter().cloned().collect();
        let Ok(block) = syn::parse2::<syn::ItemImpl>(quote::quote!(#header {})) else { return };
        let Some(owner) = super::types::name_of(&block.self_ty) else { return };
        let of_types = block.generics.type_params().next().is_some();
        let itself = quote::ToTokens::to_token_stream(&block.self_ty).to_string();
        let trait_name = block.trait_.as_ref().and_then(|(path, _)| path.segments.last());
        let operator = trait_name.is_some_and(|s| crate::lower::is_operator_trait(&s.ident.to_string()));
        let operand = block.trait_.as_ref().map(|(path, _)| operand(path).unwrap_or_else(|| itself.clone()));
        let body: Vec<TokenTree> = body.into_iter().collect();
        let associated = |name: &str| {
            let starts = |w: &[TokenTree]| {
                matches!(&w[0], TokenTree::Ident(i) if i == "type")
                    && matches!(&w[1], TokenTree::Ident(i) if i == name)
                    && matches!(&w[2], TokenTree::Punct(p) if p.as_char() == '=')
            };
            let at = body.windows(3).position(starts)? + 3;
            let ty: TokenStream = body[at..].iter().take_while(|t| !is_semicolon(t)).cloned().collect();
            Some(ty.to_string())
        };
        let methods = self.methods.entry(owner.clone()).or_default();
        for (i, token) in body.iter().enumerate() {
            let (TokenTree::Ident(word), Some(TokenTree::Ident(name))) = (token, body.get(i + 1)) else { continue };
            let given = |ty: String| match ty.as_str() {
                "Self" => Some(itself.clone()),
                ty if ty.replace(' ', "") == "Self::Output" => associated("Output").filter(|ty| ty != "Self"),
                ty if ty.contains("Self") => None,
                ty => Some(ty.to_owned()),
            };
            if word == "const" && name != "fn" {
                let output = (!of_types).then(|| type_of_constant(&body[i + 2..])).flatten().and_then(given);
                methods.entry(name.to_string()).or_default().push(Method {
                    scope,
                    operand: None,
                    operator: false,
                    output,
                    changes: false,
                    consumes: false,
                    looks: false,
                    gives_receiver: false,
                    by_fields: None,
                    constant: true,
                });
            }
            if word != "fn" {
                continue;
            }
            let end = body[i..].iter().position(|t| is_brace(t) || is_semicolon(t)).map_or(body.len() - 1, |n| i + n);
            let generic = of_types || is_generic(&body[i + 2..]);
            let output = output(&body[i..=end]).and_then(given);
            // Of what is generic only the type itself is known, whatever it is given.
            let output = output.filter(|ty| !generic || *ty == itself);
            let receiver = receiver(&body[i + 2..=end]);
            let changes = receiver == ["&", "mut", "self"];
            let consumes =
                matches!(receiver.iter().map(String::as_str).collect::<Vec<_>>()[..], ["self"] | ["mut", "self"]);
            let looks = receiver == ["&", "self"] && !changes_argument(&body[i + 2..=end]);
            let item = || body[i..=end].iter().cloned().collect();
            let gives_receiver = changes && crate::chaining::gives_receiver(item());
            let operand = operand.clone();
            let by_fields = if of_types { None } else { written_by_fields(&name.to_string(), &body[i..=end]) };
            let constant = false;
            let method = Method {
                scope,
                operand,
                operator,
                output,
                changes,
                consumes,
                looks,
                by_fields,
                constant,
                gives_receiver,
            };
            methods.entry(name.to_string()).or_default().push(method);
            if let TokenTree::Group(body) = &body[end] {
                self.weights.add(&of_method(&owner, &name.to_string()), &body.stream());
            }
        }
    }

    fn structure(&mut self, name: String, tokens: &[TokenTree], at: usize, scope: usize) -> usize {
        let end = tokens[at..].iter().position(|t| is_brace(t) || is_semicolon(t)).map_or(tokens.len(), |n| at + n);
        let last = end.min(tokens.len() - 1);
        let item: TokenStream = tokens[at..=last].iter().cloned().collect();
        let derives = |what| derives(&tokens[..at], what);
        let (fields, derived, copied) = (fields(item), derives("Differentiable"), derives("Copy"));
        self.structs.insert(name.clone());
        let parentheses =
            |t: &TokenTree| matches!(t, TokenTree::Group(g) if g.delimiter() == proc_macro2::Delimiter::Parenthesis);
        let tuple = tokens[at + 2..=last].iter().any(parentheses);
        let scope = &mut self.scopes[scope];
        scope.types.insert(name.clone());
        if tuple {
            scope.tuples.insert(name.clone());
        }
        let known =
            scope.structs.remove(&name).is_some() || scope.generic.remove(&name) || scope.others.contains(&name);
        if let Some(fields) = fields.filter(|_| !known) {
            scope.structs.insert(name, Struct { fields, derived, copied });
        } else {
            let generic = is_generic(&tokens[at + 2..]) && !known;
            let names = if generic { &mut scope.generic } else { &mut scope.others };
            names.insert(name);
        }
        end + 1
    }

    fn enumeration(&mut self, name: String, tokens: &[TokenTree], at: usize, scope: usize) -> usize {
        let end = tokens[at..].iter().position(|t| is_brace(t) || is_semicolon(t)).map_or(tokens.len(), |n| at + n);
        let TokenTree::Group(body) = &tokens[end.min(tokens.len() - 1)] else { return end + 1 };
        let body: Vec<TokenTree> = body.stream().into_iter().collect();
        self.variants.extend(body.windows(2).filter_map(|pair| match pair {
            [TokenTree::Ident(variant), fields] if is_brace(fields) => Some(variant.to_string()),
            _ => None,
        }));
        let generic = matches!(tokens.get(at + 2), Some(TokenTree::Punct(p)) if p.as_char() == '<');
        let payloads = payloads(tokens[at..=end].iter().cloned().collect());
        let scope = &mut self.scopes[scope];
        for (variant, fields) in payloads {
            scope.alternatives.insert((name.clone(), variant.clone()));
            if !generic {
                scope.payloads.insert((name.clone(), variant), fields);
            }
        }
        let known = scope.enums.remove(&name) || scope.generic.remove(&name) || scope.others.contains(&name);
        scope.types.insert(name.clone());
        let names = match (known, generic) {
            (true, _) => &mut scope.others,
            (false, true) => &mut scope.generic,
            (false, false) => &mut scope.enums,
        };
        names.insert(name);
        end + 1
    }

    /// `use super::{A, B}`, `use super::*`: of all other imports the names alone.
    fn import(&mut self, tree: &[TokenTree], scope: usize) {
        let scope = &mut self.scopes[scope];
        let from_outer = matches!(tree.first(), Some(TokenTree::Ident(i)) if i == "super");
        let mut names = Vec::new();
        let (mut all, mut renames, mut deeper) = (false, false, 0);
        collect(tree, &mut |t| match t {
            TokenTree::Ident(i) if i == "as" => renames = true,
            TokenTree::Ident(i) if i == "super" || i == "self" || i == "crate" => deeper += 1,
            TokenTree::Ident(i) => names.push(i.to_string()),
            TokenTree::Punct(p) if p.as_char() == '*' => all = true,
            _ => {}
        });
        // `super :: *` and `super :: { … }` alone are followed.
        let plain = scope.module && from_outer && deeper == 1 && !renames && paths(tree) == 1;
        if plain && all {
            scope.imports_all = true;
        } else if plain {
            scope.imported.extend(names);
        } else {
            scope.others.extend(names);
            scope.hides |= all && !scope.module;
        }
    }
}
