#![allow(clippy::all, clippy::pedantic, reason = "scratch")]
use differentiable::prelude::*;
/// The parameters of the gates of a layer, each applied elementwise.
#[derive(Clone, Differentiable)]
struct Gates {
    forget: Vec<f64>,
    input: Vec<f64>,
    output: Vec<f64>,
    change: Vec<f64>,
}

#[derive(Clone, Differentiable)]
struct Layer {
    weight: Gates,
    bias: Gates,
}

#[derive(Clone, Differentiable)]
struct Network {
    layers: Vec<Layer>,
    input_weight: Vec<f64>,
    output_weight: Vec<f64>,
    output_bias: Vec<f64>,
}

/// What a layer remembers.
#[derive(Clone, Differentiable)]
struct State {
    hidden: Vec<f64>,
    cell: Vec<f64>,
}

#[differentiable]
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[differentiable]
impl Layer {
    /// One step of time.
    fn step(&self, state: &mut State, input: &[f64]) {
        let (weight, bias) = (&self.weight, &self.bias);
        for i in 0..input.len() {
            let forget = sigmoid(input[i] * weight.forget[i] + bias.forget[i]);
            let ingate = sigmoid(state.hidden[i] * weight.input[i] + bias.input[i]);
            let outgate = sigmoid(input[i] * weight.output[i] + bias.output[i]);
            let change = (state.hidden[i] * weight.change[i] + bias.change[i]).tanh();
            state.cell[i] = state.cell[i] * forget + ingate * change;
            state.hidden[i] = outgate * state.cell[i].tanh();
        }
    }
}

#[differentiable]
impl Network {
    /// The prediction for the character after `input`.
    fn predict(&self, states: &mut [State], input: &[f64]) -> Vec<f64> {
        let mut output: Vec<f64> = input.iter().zip(&self.input_weight).map(|(x, w)| x * w).collect();
        for (layer, state) in self.layers.iter().zip(states.iter_mut()) {
            layer.step(state, &output);
            output.copy_from_slice(&state.hidden);
        }
        for i in 0..output.len() {
            output[i] = output[i] * self.output_weight[i] + self.output_bias[i];
        }
        output
    }
}

/// The loss over a sequence of characters, each a vector of its bits.
#[differentiable]
fn loss(network: &Network, #[constant] states: &[State], #[constant] sequence: &[Vec<f64>]) -> f64 {
    let mut states = states.to_vec();
    let mut total = 0.0;
    let mut count = 0;
    for t in 0..sequence.len() - 1 {
        let prediction = network.predict(&mut states, &sequence[t]);
        let sum: f64 = prediction.iter().map(|y| y.exp()).sum();
        let normaliser = (sum + 2.0).ln();
        for (expected, y) in sequence[t + 1].iter().zip(&prediction) {
            total += expected * (y - normaliser);
        }
        count += prediction.len();
    }
    -total / count as f64
}

#[test]
fn show() {
    println!("=======2 {}", Network::predict_source());
}
