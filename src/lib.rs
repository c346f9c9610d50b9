#![doc = include_str!("../README.md")]
//!
//! ## What is where
//!
//! This crate only brings two others together: the compiler `autodiff-macros`, with the attribute
//! [`differentiable`](macro@differentiable) and the derive [`Differentiable`](derive@Differentiable), and the runtime
//! `autodiff-runtime`, with everything else. A program needs one line: `use differentiable::prelude::*;`.
#![forbid(unsafe_code)]
#![cfg_attr(not(feature = "std"), no_std)]

#[doc(hidden)]
pub use autodiff_macros::__rules;
pub use autodiff_macros::{Differentiable, differentiable};
pub use autodiff_runtime::*;

/// Pages of documentation whose code is tested.
#[allow(clippy::doc_markdown, reason = "the pages name other libraries as they name themselves")]
pub mod guide {
    #[doc = include_str!("../docs/arrays.md")]
    pub mod arrays {}
    #[doc = include_str!("../docs/language.md")]
    pub mod language {}
    #[doc = include_str!("../docs/migration.md")]
    pub mod migration {}
    #[doc = include_str!("../docs/modes.md")]
    pub mod modes {}
    #[doc = include_str!("../docs/none.md")]
    pub mod none {}
}

/// Everything a program needs.
pub mod prelude {
    pub use autodiff_macros::{Differentiable, differentiable};
    pub use autodiff_runtime::prelude::*;
}
