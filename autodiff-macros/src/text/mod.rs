//! Tokens as text, laid out as a person would: what is too long for a line is broken at its operators, or at the commas of
//! its longest brackets.
//!
//! In: tokens of an item, an expression or a type, of generated code. Out: their text. It reads tokens and no syntax trees,
//! since every function that is annotated has such a text, and to parse it took a sixth of the time of an expansion.
//!
//! - [`tokens`] reads tokens, and leaves out absolute paths;
//! - [`spaces`] writes a line;
//! - [`layout`] breaks lines.

mod layout;
mod spaces;
#[cfg(test)]
mod tests;
mod tokens;

use crate::emit::Code;

/// The text of an item, over several lines.
pub(crate) fn item(code: &Code) -> String {
    layout::item(&tokens::read(code))
}

/// The text of an expression or a type, on one line: a label, which an ellipsis ends where it is too long.
pub(crate) fn label(code: &Code) -> String {
    shortened(&line(code))
}

fn line(code: &Code) -> String {
    spaces::flat(&tokens::read(code))
}

/// An ellipsis ends what is too long for a label.
pub(crate) fn shortened(text: &str) -> String {
    const LIMIT: usize = 60;
    if text.chars().count() <= LIMIT {
        return text.to_owned();
    }
    text.chars().take(LIMIT - 1).chain(std::iter::once('…')).collect()
}
