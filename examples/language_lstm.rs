//! A language model of characters with a long short-term memory, on six chapters of *Alice in Wonderland*.
//!
//! Run it with `cargo run --release --example language_lstm`, or with `-- long` behind it for a better model. It writes
//! the course of the training to `target/pictures/language_lstm.svg`.

#[path = "common/language.rs"]
mod language;
#[path = "common/picture.rs"]
mod picture;

use std::error::Error;

use differentiable::kernels::steps_to_rows;
use differentiable::prelude::*;

/// Characters to vectors, these through a memory, and its states to logits.
#[derive(Clone, Differentiable)]
struct Network {
    embedding: Embedding<f32>,
    lstm: LSTM<f32>,
    output: Dense<f32>,
}

#[differentiable]
impl Model for Network {
    type Input = Array2<usize>;
    type Output = Array2<f32>;

    fn call(&self, x: &Array2<usize>) -> Array2<f32> {
        self.output.call(&steps_to_rows(&self.lstm.call(&self.embedding.call(x))))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (units, epochs) = if picture::long() { (256, 40) } else { (128, 12) };
    let (characters, mut rng) = (language::Alphabet::new().len(), seeded(1));
    let network = Network {
        embedding: Embedding::new(characters, 32, &mut rng),
        lstm: LSTM::new(32, units, &mut rng),
        output: Dense::new(units, characters, &mut rng),
    };
    let perplexity = language::train("language_lstm", network, epochs, 0.01)?;
    assert!(perplexity < 9.0, "it has learned less than it should have");
    Ok(())
}
