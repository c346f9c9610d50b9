//! The tables of the language in `docs/language.md` and of arrays in `docs/arrays.md`, tested: each row has a program that
//! expands, or is refused with the message that the row gives.

use proc_macro2::TokenStream;

/// The rows of a table: the construct, the program, and the refusal if there is one.
fn rows(text: &str) -> Vec<(String, String, Option<String>)> {
    let cell = |text: &str| text.trim().replace("\\|", "|");
    text.lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .map(|line| {
            let escaped = line.replace("\\|", "\u{1}");
            let cells: Vec<String> = escaped.split('|').map(|c| cell(c).replace('\u{1}', "|")).collect();
            let code = cells[2].trim_matches('`').trim().to_owned();
            let refusal = cells[3].strip_prefix("refused: ").map(str::to_owned);
            assert!(refusal.is_some() || cells[3] == "differentiated" || cells[3] == "no derivative", "{line}");
            (cells[1].clone(), code, refusal)
        })
        .collect()
}

/// What stands in the table is a body of `f` with these parameters, or an item.
fn item(parameters: &str, code: &str) -> TokenStream {
    let whole =
        ["fn ", "async ", "unsafe ", "const fn", "impl ", "impl<", "struct "].iter().any(|word| code.starts_with(word));
    let text = if whole { code.to_owned() } else { format!("fn f({parameters}) -> f64 {{ {code} }}") };
    text.parse().expect("tokens")
}

#[test]
fn the_table_of_the_language_is_true() {
    let parameters = "x: f64, v: &[f64], w: &mut Vec<f64>, o: Option<f64>, n: usize";
    assert_true(parameters, &rows(include_str!("../../docs/language.md")), 100);
}

#[test]
fn the_table_of_arrays_is_true() {
    let parameters = "a: &Array2<f64>, b: &Array1<f64>, m: &Array2<f64>, t: &Array3<f64>, x: f64";
    assert_true(parameters, &rows(include_str!("../../docs/arrays.md")), 40);
}

fn assert_true(parameters: &str, rows: &[(String, String, Option<String>)], least: usize) {
    assert!(rows.len() > least, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for (construct, code, refusal) in rows {
        let out = crate::expand::attribute(TokenStream::new(), item(parameters, code)).to_string();
        let found = out.split("compile_error ! {").nth(1).map(|m| m.split(" }").next().unwrap_or_default().to_owned());
        let right = match (&found, &refusal) {
            (None, None) => true,
            (Some(message), Some(refusal)) => {
                message.contains(&format!("{refusal:?}").trim_matches('"').replace("\\\\", "\\"))
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{construct}: `{code}` gives {found:?} and not {refusal:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
