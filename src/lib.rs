//! Compile-time derivatives of ordinary Rust functions.
#[doc(hidden)]
pub use autodiff_macros::__rules;
pub use autodiff_macros::{Differentiable, differentiable};
pub use autodiff_runtime::*;

/// Everything a program needs.
pub mod prelude {
    pub use autodiff_macros::{Differentiable, differentiable};
    pub use autodiff_runtime::prelude::*;
}
