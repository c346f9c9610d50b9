//! Layers: structs of parameters with a `call` method, for models to be put together from.

mod dense;

pub use dense::{Dense, DenseTangent};
