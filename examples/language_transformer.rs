//! A language model of characters with a transformer, on six chapters of *Alice in Wonderland*.
//!
//! Run it with `cargo run --release --example language_transformer`, or with `-- long` behind it for a better model. It
//! writes the course of the training to `target/pictures/language_transformer.svg`.

#[path = "common/language.rs"]
mod language;
#[path = "common/picture.rs"]
mod picture;

use std::error::Error;

use differentiable::kernels::{add, steps_to_rows};
use differentiable::prelude::*;

/// Characters and places to vectors, these through two blocks in which a place sees itself and those before it, and the
/// result to logits.
#[derive(Clone, Differentiable)]
struct Network {
    characters: Embedding<f32>,
    places: Embedding<f32>,
    blocks: Sequential<(TransformerEncoder<f32>, TransformerEncoder<f32>)>,
    norm: LayerNorm<f32, Ix3>,
    output: Dense<f32>,
}

#[differentiable]
impl Model for Network {
    type Input = Array2<usize>;
    type Output = Array2<f32>;

    fn call(&self, x: &Array2<usize>) -> Array2<f32> {
        let places = Array2::from_shape_fn(x.dim(), |(_, place)| place);
        let h = add(&self.characters.call(x), &self.places.call(&places));
        self.output.call(&steps_to_rows(&self.norm.call(&self.blocks.call(&h))))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (width, epochs) = if picture::long() { (128, 60) } else { (64, 9) };
    let (characters, mut rng) = (language::Alphabet::new().len(), seeded(1));
    let mut block = || {
        let block = TransformerEncoder::new(width, 4, 4 * width, 0.05, &mut rng);
        block.causal(true).norm_first(true)
    };
    let network = Network {
        blocks: Sequential((block(), block())),
        characters: Embedding::new(characters, width, &mut rng),
        places: Embedding::new(language::STEPS, width, &mut rng),
        norm: LayerNorm::new(width),
        output: Dense::new(width, characters, &mut rng),
    };
    let perplexity = language::train("language_transformer", network, epochs, 0.004)?;
    assert!(perplexity < 11.0, "it has learned less than it should have");
    Ok(())
}
