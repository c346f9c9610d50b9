//! Kernels once more, in the differentiable language: derivatives of order 2 are made of these.
//!
//! Their values are those of the kernels, up to rounding, and so are their first derivatives. What is linear is the kernel
//! itself, with a rule (see [`linear`]).

#![allow(clippy::needless_range_loop, reason = "what is written by index has the plainer derivative")]

mod attention;
mod elements;
mod linear;
mod losses;
mod norms;
mod pooling;
mod recurrent;

pub(crate) use attention::*;
pub(crate) use elements::*;
pub(crate) use linear::*;
pub(crate) use losses::*;
pub(crate) use norms::*;
pub(crate) use pooling::*;
pub(crate) use recurrent::*;
