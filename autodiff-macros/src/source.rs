//! The text of generated code, for people: absolute paths left out, formatted.

use proc_macro2::TokenStream;
use quote::quote;

/// Formats an item as `rustfmt` would.
pub(crate) fn format_source(tokens: TokenStream) -> String {
    let tokens = shorten(tokens);
    if let Ok(mut file) = syn::parse2::<syn::File>(tokens.clone()) {
        for item in &mut file.items {
            if let syn::Item::Fn(f) = item {
                f.attrs.clear();
            }
        }
        prettyplease::unparse(&file)
    } else {
        let wrapped = quote!(impl Type { #tokens });
        syn::parse2::<syn::File>(wrapped).map_or_else(|_| tokens.to_string(), |file| prettyplease::unparse(&file))
    }
}

/// Formats an expression on one line, for labels.
pub(crate) fn format_expression(tokens: TokenStream) -> String {
    let tokens = shorten(tokens);
    let text = match syn::parse2::<syn::File>(quote!(const LABEL: () = #tokens;)) {
        Err(_) => tokens.to_string(),
        Ok(file) => {
            let text = prettyplease::unparse(&file);
            let text = text.trim_end().trim_start_matches("const LABEL: () =").trim_end_matches(';');
            text.trim().to_owned()
        }
    };
    one_line(&text)
}

/// Formats a type on one line, for labels.
pub(crate) fn format_type(ty: &syn::Type) -> String {
    let text = prettyplease::unparse(&syn::parse_quote!(type Label = #ty;));
    one_line(text.trim().trim_start_matches("type Label =").trim_end_matches(';').trim())
}

/// Words with single spaces between them.
fn one_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // What the formatter has broken over several lines.
    shortened(&text.replace("( ", "(").replace(", )", ")"))
}

/// An ellipsis ends what is too long for a label.
pub(crate) fn shortened(text: &str) -> String {
    const LIMIT: usize = 60;
    if text.chars().count() <= LIMIT {
        return text.to_owned();
    }
    text.chars().take(LIMIT - 1).chain(std::iter::once('…')).collect()
}

/// Leaves out the absolute paths that keep generated code independent of the user's imports.
fn shorten(tokens: TokenStream) -> TokenStream {
    const CRATES: [&str; 3] = ["differentiable", "core", "std"];
    const MODULES: [&str; 11] =
        ["__private", "num_complex", "vec", "option", "mem", "ops", "boxed", "clone", "result", "default", "convert"];
    // What may stand before a path that begins with `::`.
    const KEYWORDS: [&str; 11] = ["as", "in", "if", "while", "match", "return", "else", "dyn", "impl", "move", "mut"];
    let is = |t: Option<&proc_macro2::TokenTree>, c: char| matches!(t, Some(proc_macro2::TokenTree::Punct(p)) if p.as_char() == c);
    let list: Vec<proc_macro2::TokenTree> = tokens.into_iter().collect();
    let mut out = Vec::new();
    let mut i = 0;
    while i < list.len() {
        if is(list.get(i), ':')
            && is(list.get(i + 1), ':')
            && let Some(proc_macro2::TokenTree::Ident(name)) = list.get(i + 2)
        {
            let arrow = out.len() > 1 && is(out.last(), '>') && is(out.get(out.len() - 2), '=');
            let after_name = matches!(out.last(), Some(proc_macro2::TokenTree::Ident(i)) if !KEYWORDS.contains(&i.to_string().as_str()));
            // `for<'r> ::core::ops::FnOnce`, but `<T>::std`.
            let of_type = is(out.last(), '>') && name == "std";
            let begins = arrow || !after_name && !of_type;
            if begins && CRATES.contains(&name.to_string().as_str()) {
                i += 3;
                // `::differentiable::__private::vec::Vec` ⇒ `Vec`.
                while let (true, true, Some(proc_macro2::TokenTree::Ident(module))) =
                    (is(list.get(i), ':'), is(list.get(i + 1), ':'), list.get(i + 2))
                {
                    i += 2;
                    let skip = MODULES.contains(&module.to_string().as_str()) && is(list.get(i + 1), ':');
                    if !skip {
                        // `Option::Some` ⇒ `Some`.
                        if (*module == "Option" || *module == "Result") && is(list.get(i + 1), ':') {
                            i += 3;
                        }
                        break;
                    }
                    i += 1;
                }
                continue;
            }
        }
        out.push(match &list[i] {
            proc_macro2::TokenTree::Group(g) => {
                let mut group = proc_macro2::Group::new(g.delimiter(), shorten(g.stream()));
                group.set_span(g.span());
                proc_macro2::TokenTree::Group(group)
            }
            other => other.clone(),
        });
        i += 1;
    }
    out.into_iter().collect()
}
