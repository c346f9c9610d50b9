//! A language model of characters: the text, training, and sampling. Each model is an example of its own.
//!
//! A sample is a stretch of the text, and its target the same stretch one character later: at every place the model says
//! how likely each character is to come next. Perplexity, the exponential of the mean cross-entropy, is the number of
//! characters among which the model hesitates, as it were.

use std::error::Error;

use differentiable::prelude::*;
use differentiable::rand::RngExt;

use crate::picture;

const TEXT: &str = include_str!("../data/alice.txt");

/// How many characters a sample has.
pub(crate) const STEPS: usize = 64;

/// The characters of the text, numbered.
pub(crate) struct Alphabet(Vec<char>);

impl Alphabet {
    pub(crate) fn new() -> Self {
        let mut characters: Vec<char> = TEXT.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        Self(characters)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn encode(&self, text: &str) -> Vec<usize> {
        text.chars().map(|c| self.0.binary_search(&c).expect("a character of the text")).collect()
    }
}

/// Stretches of a text, and the same one character later.
fn samples(text: &[usize]) -> (Array2<usize>, Array2<usize>) {
    let count = (text.len() - 1) / STEPS;
    let stretch = |shift| Array2::from_shape_fn((count, STEPS), |(n, t)| text[n * STEPS + t + shift]);
    (stretch(0), stretch(1))
}

/// The mean cross-entropy. A model gives a row of logits for each place of each stretch.
#[differentiable(wrt(model))]
pub(crate) fn loss<L>(model: &L, #[constant] x: &Array2<usize>, #[constant] y: &Array2<usize>) -> f32
where
    L: Model<Input = Array2<usize>, Output = Array2<f32>> + Differentiable,
{
    sparse_softmax_cross_entropy(&places(y), &model.call(x))
}

/// The characters of all stretches, one after the other.
fn places(stretches: &Array2<usize>) -> Vec<usize> {
    stretches.iter().copied().collect()
}

/// Trains on the first nine tenths of the text, tests on the rest, and writes what the model would write.
pub(crate) fn train<L>(name: &str, mut model: L, epochs: usize, rate: f64) -> Result<f64, Box<dyn Error>>
where
    L: Model<Input = Array2<usize>, Output = Array2<f32>> + Differentiable,
{
    let alphabet = Alphabet::new();
    let text = alphabet.encode(TEXT);
    let (known, unknown) = text.split_at(text.len() / 10 * 9);
    let ((x, y), (x_test, y_test)) = (samples(known), samples(unknown));
    println!("{} characters, {} different ones\n\n{}\n", text.len(), alphabet.len(), summary(&model));

    let steps = epochs as u64 * x.nrows().div_ceil(32) as u64;
    let mut optimizer =
        Adam::new(rate).with_schedule(schedules::OneCycle::new(rate, steps)).with_clip(Clip::GlobalNorm(1.0));
    let perplexity = |model: &L, x: &Array2<usize>, y: &Array2<usize>| f64::from(loss(model, x, y)).exp();
    let history = Fit::new(loss::value_and_grad)
        .epochs(epochs)
        .batch_size(32)
        .validation_data(&x_test, &y_test)
        .metric("perplexity", perplexity)
        .verbose(1)
        .run(&mut model, &mut optimizer, &x, &y)?;

    let perplexity = history.metric("perplexity").ok_or("it was asked for")?;
    let (first, last) = (perplexity[0], perplexity[perplexity.len() - 1]);
    println!("\nperplexity of the unknown text: {first:.2} after one epoch, {last:.2} after {epochs}\n");
    println!("{}\n", write(&model, &alphabet, "Alice ", 400));
    picture::write(&format!("{name}.svg"), &history.to_svg())?;
    Ok(last)
}

/// Goes on with a text, character by character, each drawn with the probability that the model gives to it.
fn write<L: Model<Input = Array2<usize>, Output = Array2<f32>>>(
    model: &L,
    alphabet: &Alphabet,
    begin: &str,
    count: usize,
) -> String {
    let (mut rng, mut text) = (seeded(5), alphabet.encode(begin));
    for _ in 0..count {
        let seen = &text[text.len().saturating_sub(STEPS)..];
        let logits = model.predict(&Array2::from_shape_fn((1, seen.len()), |(_, t)| seen[t]), 1);
        // Sharpened a little: a temperature of 0.7.
        let weights = logits.row(seen.len() - 1).mapv(|logit| (logit / 0.7).exp());
        let mut left = rng.random::<f32>() * weights.sum();
        let next = weights.iter().position(|weight| {
            left -= weight;
            left <= 0.0
        });
        text.push(next.unwrap_or(0));
    }
    text.iter().map(|&c| alphabet.0[c]).collect()
}
