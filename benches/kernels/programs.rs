//! The programs, each with a gradient that was written by hand.

#[path = "linear.rs"]
mod linear;
#[path = "mechanics.rs"]
mod mechanics;
#[path = "statistics.rs"]
mod statistics;
#[path = "structs.rs"]
mod structs;

/// A gradient that is added to a buffer; gives the value.
pub(crate) type Gradient = Box<dyn Fn(&[f64], &mut [f64]) -> f64>;

/// A function of a vector, with its gradient made by the library and the one written by hand.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) x: Vec<f64>,
    pub(crate) primal: Box<dyn Fn(&[f64]) -> f64>,
    pub(crate) ours: Gradient,
    pub(crate) hand: Gradient,
}

pub(crate) fn programs() -> Vec<Program> {
    [linear::programs(), mechanics::programs(), statistics::programs(), structs::programs()]
        .into_iter()
        .flatten()
        .collect()
}

/// Numbers between 0 and 1, the same on every machine.
fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1_u64 << 31) as f64
    };
    (0..n).map(|_| next()).collect()
}
