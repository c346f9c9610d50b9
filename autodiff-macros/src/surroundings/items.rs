//! What the tokens of an item say of it: the fields of a struct, what a function takes and gives, the names that are declared.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::scan::Field;
use crate::maps::HashSet;

/// The names behind words that declare one, in what a macro expands to.
pub(super) fn declared(tokens: &[TokenTree], names: &mut HashSet<String>) {
    for (i, token) in tokens.iter().enumerate() {
        match (token, tokens.get(i + 1)) {
            (TokenTree::Group(group), _) => declared(&group.stream().into_iter().collect::<Vec<_>>(), names),
            (TokenTree::Ident(word), Some(TokenTree::Ident(name)))
                if matches!(word.to_string().as_str(), "struct" | "enum" | "union" | "type" | "fn" | "use") =>
            {
                names.insert(name.to_string());
            }
            _ => {}
        }
    }
}

/// The type that a trait is given: the right operand of an operator.
pub(super) fn operand(path: &syn::Path) -> Option<String> {
    let syn::PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else { return None };
    arguments.args.iter().find_map(|a| match a {
        syn::GenericArgument::Type(ty) => Some(quote::ToTokens::to_token_stream(ty).to_string()),
        _ => None,
    })
}

/// How many `::` a tree of imports has.
pub(super) fn paths(tree: &[TokenTree]) -> usize {
    let mut colons = 0;
    collect(tree, &mut |t| colons += usize::from(matches!(t, TokenTree::Punct(p) if p.as_char() == ':')));
    colons / 2
}

pub(super) fn collect(tree: &[TokenTree], f: &mut dyn FnMut(&TokenTree)) {
    for token in tree {
        match token {
            TokenTree::Group(group) => collect(&group.stream().into_iter().collect::<Vec<_>>(), f),
            other => f(other),
        }
    }
}

/// Whether one of the attributes before an item derives a trait.
pub(super) fn derives(before: &[TokenTree], what: &str) -> bool {
    let mut rest = before;
    loop {
        match rest {
            [start @ .., TokenTree::Punct(hash), TokenTree::Group(attribute)] if hash.as_char() == '#' => {
                let attribute: Vec<TokenTree> = attribute.stream().into_iter().collect();
                let mut found = false;
                collect(&attribute, &mut |t| found |= matches!(t, TokenTree::Ident(i) if i == what));
                if found && matches!(attribute.first(), Some(TokenTree::Ident(i)) if i == "derive") {
                    return true;
                }
                rest = start;
            }
            // `pub`, `pub(crate)`.
            [start @ .., TokenTree::Ident(_)] => rest = start,
            [start @ .., TokenTree::Ident(_), TokenTree::Group(group)]
                if group.delimiter() == Delimiter::Parenthesis =>
            {
                rest = start;
            }
            _ => return false,
        }
    }
}

/// The type that an alias stands for, if it has no types as parameters.
pub(super) fn aliased(tokens: &[TokenTree]) -> Option<String> {
    let end = tokens.iter().position(is_semicolon)?;
    let item: syn::ItemType = syn::parse2(tokens[..=end].iter().cloned().collect()).ok()?;
    let of_types = item.generics.type_params().next().is_some();
    (!of_types).then(|| quote::ToTokens::to_token_stream(&item.ty).to_string())
}

/// The fields of a struct that is not generic over types.
pub(super) fn fields(item: TokenStream) -> Option<Vec<Field>> {
    let item: syn::ItemStruct = syn::parse2(item).ok()?;
    if item.generics.type_params().next().is_some() {
        return None;
    }
    Some(described(&item.fields))
}

/// The variants of an enum, with their fields.
pub(super) fn payloads(item: TokenStream) -> Vec<(String, Vec<Field>)> {
    let Ok(item) = syn::parse2::<syn::ItemEnum>(item) else { return Vec::new() };
    item.variants.iter().map(|v| (v.ident.to_string(), described(&v.fields))).collect()
}

fn described(fields: &syn::Fields) -> Vec<Field> {
    let is_constant = |f: &syn::Field| f.attrs.iter().any(|a| a.path().is_ident("constant"));
    let fields = fields.iter().enumerate().map(|(i, f)| Field {
        name: f.ident.as_ref().map_or_else(|| i.to_string(), ToString::to_string),
        ty: quote::ToTokens::to_token_stream(&f.ty).to_string(),
        marked: f.attrs.iter().any(|a| !a.path().is_ident("doc")),
        constant: is_constant(f),
    });
    fields.collect()
}

/// Whether a function with these tokens behind its name is generic over types, and not over lengths and lifetimes alone.
pub(super) fn is_generic(behind: &[TokenTree]) -> bool {
    if !matches!(behind.first(), Some(TokenTree::Punct(p)) if p.as_char() == '<') {
        return false;
    }
    let end = behind.iter().position(|t| matches!(t, TokenTree::Group(_))).unwrap_or(behind.len());
    behind[..end].iter().zip(&behind[1..]).any(|(before, token)| {
        let begins = matches!(before, TokenTree::Punct(p) if matches!(p.as_char(), '<' | ','));
        begins && matches!(token, TokenTree::Ident(word) if word != "const")
    })
}

/// Whether a function is given something that it may change, of which the tokens behind its name are given.
pub(super) fn changes_argument(behind: &[TokenTree]) -> bool {
    let parameters = behind.iter().find(|t| matches!(t, TokenTree::Group(_)));
    let mut found = false;
    collect(parameters.map_or(&[], std::slice::from_ref), &mut |t| {
        found |= matches!(t, TokenTree::Ident(i) if i == "mut");
    });
    found
}

/// The first parameter of a function, of which the tokens behind its name are given, without lifetimes.
pub(super) fn receiver(behind: &[TokenTree]) -> Vec<String> {
    let parameters = behind.iter().find_map(|t| match t {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream()),
        _ => None,
    });
    let words = parameters.into_iter().flatten().map(|t| t.to_string()).take_while(|t| t != ",");
    let words: Vec<String> = words.collect();
    match words.iter().position(|t| t == "'") {
        Some(at) => [&words[..at], &words[(at + 2).min(words.len())..]].concat(),
        None => words,
    }
}

/// What stands behind the arrow of a function.
pub(super) fn output(item: &[TokenTree]) -> Option<String> {
    let arguments = item.iter().position(|t| matches!(t, TokenTree::Group(_)))?;
    let behind = &item[arguments + 1..item.len() - 1];
    let [TokenTree::Punct(dash), TokenTree::Punct(arrow), ty @ ..] = behind else { return Some("()".to_owned()) };
    if dash.as_char() != '-' || arrow.as_char() != '>' {
        return None;
    }
    Some(ty.iter().cloned().collect::<TokenStream>().to_string())
}

/// The type of a constant or a static, of which the tokens behind its name are given.
pub(super) fn type_of_constant(behind: &[TokenTree]) -> Option<String> {
    let (TokenTree::Punct(colon), behind) = behind.split_first()? else { return None };
    let ends = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if matches!(p.as_char(), '=' | ';'));
    let ty: TokenStream = behind.iter().take_while(|t| !ends(t)).cloned().collect();
    (colon.as_char() == ':' && !ty.is_empty()).then(|| ty.to_string())
}

pub(super) fn is_invocation(behind: &[TokenTree]) -> bool {
    matches!(behind, [TokenTree::Punct(p), TokenTree::Group(_), ..] if p.as_char() == '!')
}

pub(super) fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(p) if p.as_char() == ';')
}

pub(super) fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace)
}
