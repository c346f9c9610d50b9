//! The type of a field tells that the error would lose its derivative.

use differentiable::prelude::*;

enum Error {
    Negative { at: f64 },
}

/// What a macro makes is not read.
macro_rules! made {
    ($item:item) => { $item };
}
made! { type Metres = f64; }

#[derive(Differentiable)]
struct Gauge {
    level: Metres,
    #[constant]
    id: usize,
}

#[differentiable]
impl Gauge {
    fn read(&self, x: f64) -> Result<f64, Error> {
        if self.level < 0.0 { Err(Error::Negative { at: self.level }) } else { Ok(self.level * x) }
    }
}

fn main() {}
