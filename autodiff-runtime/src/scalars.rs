//! Second and third derivatives of operators and functions of scalars, which generated code reaches through
//! [`FloatMethods`](crate::__private::FloatMethods) and [`operators`](crate::operators) where it does not know the
//! type of an operand. The compiler makes them as it does those of any function.

#![allow(missing_docs, unused, unreachable_pub, non_camel_case_types, clippy::all, clippy::pedantic)]

use num_complex::Complex;
use num_traits::Float;

use crate::Real;

autodiff_macros::__scalar_functions!();
