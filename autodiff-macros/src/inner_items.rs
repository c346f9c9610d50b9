//! Items inside a function body: companions have all of them at their head, whatever block they stand in.
//!
//! In: a body. Out: the same, in which an item of an inner block whose name means something else outside of that block has
//! a name of its own, so that `{ const A: f64 = 1.0; .. } { const A: f64 = 2.0; .. }` are two constants.
//!
//! Only the derivatives are made of this: the function itself is left as it is.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Item, Stmt};

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
            self.0 |= block.stmts.iter().any(|s| name(s).is_some());
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
        let names: Vec<Ident> = block.stmts.iter().filter_map(name).cloned().collect();
        for name in names {
            if occurrences(self.whole.clone(), &name) > occurrences(block.to_token_stream(), &name) {
                let new = self.fresh(&name);
                let renamed = renamed(block.to_token_stream(), &name, &new);
                if let Ok(renamed) = syn::parse2(renamed) {
                    *block = renamed;
                }
            }
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// The name of an item.
fn name(stmt: &Stmt) -> Option<&Ident> {
    let Stmt::Item(item) = stmt else { return None };
    match item {
        Item::Const(c) => Some(&c.ident).filter(|name| *name != "_"),
        Item::Static(s) => Some(&s.ident),
        Item::Fn(f) => Some(&f.sig.ident),
        Item::Struct(s) => Some(&s.ident),
        Item::Enum(e) => Some(&e.ident),
        Item::Type(t) => Some(&t.ident),
        _ => None,
    }
}

/// How often a name occurs that is no field and no method.
fn occurrences(tokens: TokenStream, name: &Ident) -> usize {
    let mut count = 0;
    each(tokens, name, &mut |_| count += 1);
    count
}

fn renamed(tokens: TokenStream, name: &Ident, new: &Ident) -> TokenStream {
    each(tokens, name, &mut |found| {
        let span = found.span();
        found.clone_from(new);
        found.set_span(span);
    })
}

/// Calls `f` on each occurrence of a name.
fn each(tokens: TokenStream, name: &Ident, f: &mut dyn FnMut(&mut Ident)) -> TokenStream {
    let mut dots = 0;
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                dots = 0;
                let mut inner = proc_macro2::Group::new(group.delimiter(), each(group.stream(), name, f));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            TokenTree::Ident(mut ident) => {
                if dots != 1 && ident == *name {
                    f(&mut ident);
                }
                dots = 0;
                TokenTree::Ident(ident)
            }
            TokenTree::Punct(punct) => {
                dots = if punct.as_char() == '.' { dots + 1 } else { 0 };
                TokenTree::Punct(punct)
            }
            other @ TokenTree::Literal(_) => {
                dots = 0;
                other
            }
        })
        .collect()
}
