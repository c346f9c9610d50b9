//! Operators of `ndarray` arrays, with broadcasting and with scalars.
