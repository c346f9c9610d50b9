//! What is refused, with the message that says so.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs)]

#[test]
fn refusals() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
