//! Items inside a function body: companions have all of them at their head, whatever block they stand in.
//!
//! In: a body. Out: the same, in which an item of an inner block whose name means something else outside of that block has
//! a name of its own, so that `{ const A: f64 = 1.0; .. } { const A: f64 = 2.0; .. }` are two constants, and `use b::g;` in a
//! block leaves the `g` outside of it what it is.
//!
//! Only the derivatives are made of this: the function itself is left as it is.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Item, Stmt, UseTree};

use crate::errors::Errors;

/// The items that stand inside a function body.
pub(crate) fn of(body: &Block) -> TokenStream {
    struct Items(TokenStream);
    impl<'a> Visit<'a> for Items {
        fn visit_item(&mut self, item: &'a Item) {
            self.0.extend(quote!(#[allow(unused)] #item));
        }
    }
    let mut items = Items(TokenStream::new());
    items.visit_block(body);
    items.0
}

/// The body with names of their own for items that would hide, or clash with, others; `None` if there are none.
pub(crate) fn apart(body: &Block) -> Option<Block> {
    struct Inner(bool);
    impl<'a> Visit<'a> for Inner {
        fn visit_block(&mut self, block: &'a Block) {
            self.0 |= block.stmts.iter().any(|s| !names(s).is_empty());
            visit::visit_block(self, block);
        }
        fn visit_item(&mut self, _: &'a Item) {}
    }
    let mut inner = Inner(false);
    body.stmts.iter().for_each(|s| inner.visit_stmt(s));
    if !inner.0 {
        return None;
    }
    let mut apart = Apart { whole: body.to_token_stream(), count: 0, depth: 0 };
    let mut body = body.clone();
    apart.visit_block_mut(&mut body);
    (apart.count > 0).then_some(body)
}

struct Apart {
    whole: TokenStream,
    count: usize,
    depth: usize,
}

impl Apart {
    /// A name that occurs nowhere.
    fn fresh(&mut self, name: &Ident) -> Ident {
        loop {
            self.count += 1;
            let new = format_ident!("{}_{}", name, self.count, span = name.span());
            if occurrences(self.whole.clone(), &new) == 0 {
                return new;
            }
        }
    }
}

impl VisitMut for Apart {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.depth += 1;
        visit_mut::visit_block_mut(self, block);
        self.depth -= 1;
        if self.depth == 0 {
            return;
        }
        let names: Vec<Ident> = block.stmts.iter().flat_map(names).collect();
        for name in names {
            if occurrences(self.whole.clone(), &name) > occurrences(block.to_token_stream(), &name) {
                let new = self.fresh(&name);
                for stmt in &mut block.stmts {
                    if let Stmt::Item(Item::Use(import)) = stmt {
                        rename_import(&mut import.tree, &name, &new, true);
                    } else if let Ok(renamed) = syn::parse2::<Statements>(renamed(stmt.to_token_stream(), &name, &new))
                        && let [only] = renamed.0.as_slice()
                    {
                        *stmt = only.clone();
                    }
                }
            }
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// Statements as they stand in a block.
struct Statements(Vec<Stmt>);

impl syn::parse::Parse for Statements {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        Block::parse_within(input).map(Self)
    }
}

/// The names that an item declares.
fn names(stmt: &Stmt) -> Vec<Ident> {
    let Stmt::Item(item) = stmt else { return Vec::new() };
    let name = match item {
        Item::Const(c) if c.ident != "_" => &c.ident,
        Item::Static(s) => &s.ident,
        Item::Fn(f) => &f.sig.ident,
        Item::Struct(s) => &s.ident,
        Item::Enum(e) => &e.ident,
        Item::Type(t) => &t.ident,
        Item::Use(import) => {
            let mut names = Vec::new();
            imported(&import.tree, &mut names);
            return names;
        }
        _ => return Vec::new(),
    };
    vec![name.clone()]
}

/// The names that an import gives.
fn imported(tree: &UseTree, names: &mut Vec<Ident>) {
    match tree {
        UseTree::Path(p) => imported(&p.tree, names),
        UseTree::Name(n) if n.ident != "self" => names.push(n.ident.clone()),
        UseTree::Rename(r) if r.rename != "_" => names.push(r.rename.clone()),
        UseTree::Group(g) => g.items.iter().for_each(|tree| imported(tree, names)),
        UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => {}
    }
}

/// `use b::g;` ⇒ `use b::g as g_1;`
fn rename_import(tree: &mut UseTree, name: &Ident, new: &Ident, first: bool) {
    match tree {
        UseTree::Path(p) => {
            if first && p.ident == *name {
                p.ident.clone_from(new);
            }
            rename_import(&mut p.tree, name, new, false);
        }
        UseTree::Name(n) if n.ident == *name => {
            let ident = &n.ident;
            *tree = syn::parse_quote!(#ident as #new);
        }
        UseTree::Rename(r) if r.rename == *name => r.rename.clone_from(new),
        UseTree::Group(g) => g.items.iter_mut().for_each(|tree| rename_import(tree, name, new, first)),
        UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => {}
    }
}

/// Refuses the import of all that a module has into an inner block: which names it gives there shows nowhere.
pub(crate) fn refuse_globs(body: &Block, errors: &Errors) {
    struct Globs<'a>(&'a Errors, usize);
    impl<'a> Visit<'a> for Globs<'_> {
        fn visit_block(&mut self, block: &'a Block) {
            self.1 += 1;
            visit::visit_block(self, block);
            self.1 -= 1;
        }
        fn visit_item(&mut self, item: &'a Item) {
            if let Item::Use(import) = item
                && self.1 > 1
                && imports_all(&import.tree, None)
            {
                self.0.on(
                    import,
                    "`use` of all that a module has cannot stand in an inner block of a differentiated function, whose companions have it at their head; name what it imports, or move it to the head of the function",
                );
            }
        }
    }
    Globs(errors, 0).visit_block(body);
}

/// Whether an import takes all that a module has, rather than the variants of an enum.
fn imports_all(tree: &UseTree, of: Option<&Ident>) -> bool {
    match tree {
        UseTree::Path(p) => imports_all(&p.tree, Some(&p.ident)),
        UseTree::Group(g) => g.items.iter().any(|tree| imports_all(tree, of)),
        UseTree::Glob(_) => of.is_none_or(|of| !crate::lower::capital(&of.to_string())),
        UseTree::Name(_) | UseTree::Rename(_) => false,
    }
}

/// How often a name occurs that is no field, no method and no part of what another name holds.
fn occurrences(tokens: TokenStream, name: &Ident) -> usize {
    let mut count = 0;
    each(tokens, name, false, &mut |_| count += 1);
    count
}

fn renamed(tokens: TokenStream, name: &Ident, new: &Ident) -> TokenStream {
    each(tokens, name, false, &mut |found| {
        let span = found.span();
        found.clone_from(new);
        found.set_span(span);
    })
}

/// Calls `f` on each occurrence of a name.
fn each(tokens: TokenStream, name: &Ident, braced: bool, f: &mut dyn FnMut(&mut Ident)) -> TokenStream {
    let is = |token: Option<&TokenTree>, c: char| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == c);
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let before = |i: usize, n: usize| i.checked_sub(n).and_then(|i| tokens.get(i));
    // `p.name`, but not `0..name`; `b::name`; `S { name: 1.0 }`, but not `name::f`.
    let is_part = |i: usize| {
        let of_value = is(before(i, 1), '.') && !is(before(i, 2), '.');
        let of_path = is(before(i, 1), ':') && is(before(i, 2), ':');
        let first = i == 0 || is(before(i, 1), ',');
        let of_struct = braced && first && is(tokens.get(i + 1), ':') && !is(tokens.get(i + 2), ':');
        of_value || of_path || of_struct
    };
    let mapped = tokens.iter().enumerate().map(|(i, token)| match token {
        TokenTree::Group(group) => {
            let braced = group.delimiter() == proc_macro2::Delimiter::Brace;
            let mut inner = proc_macro2::Group::new(group.delimiter(), each(group.stream(), name, braced, f));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        TokenTree::Ident(ident) if ident == name && !is_part(i) => {
            let mut ident = ident.clone();
            f(&mut ident);
            TokenTree::Ident(ident)
        }
        other => other.clone(),
    });
    mapped.collect()
}
