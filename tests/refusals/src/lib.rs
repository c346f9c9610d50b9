//! What is refused: `tests/refusals.rs` compiles each file of `tests/ui`, which must fail with the error beside it.
