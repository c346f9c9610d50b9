//! `lstm`: the loss of a network of LSTM layers that predicts the next character of a text.

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::runs::{Done, Runs, read, unknown};

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

#[derive(Deserialize)]
struct Input {
    main_params: Vec<Vec<f64>>,
    extra_params: [Vec<f64>; 3],
    state: Vec<Vec<f64>>,
    sequence: Vec<Vec<f64>>,
    #[serde(flatten)]
    runs: Runs,
}

/// The four parts of a row of parameters.
fn gates(row: &[f64]) -> Gates {
    let quarter = row.len() / 4;
    let [forget, input, output, change] = [0, 1, 2, 3].map(|i| row[i * quarter..(i + 1) * quarter].to_vec());
    Gates { forget, input, output, change }
}

/// All parameters, in the order of the eval.
fn flatten(network: NetworkTangent) -> Vec<f64> {
    let layers = network.layers.into_iter().flat_map(|layer| [layer.weight, layer.bias]);
    let main = layers.flat_map(|gates| [gates.forget, gates.input, gates.output, gates.change]);
    main.chain([network.input_weight, network.output_weight, network.output_bias]).flatten().collect()
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { main_params, extra_params, state, sequence, runs } = read(input)?;
    let [input_weight, output_weight, output_bias] = extra_params;
    let layers = main_params.chunks_exact(2).map(|pair| Layer { weight: gates(&pair[0]), bias: gates(&pair[1]) });
    let network = Network { layers: layers.collect(), input_weight, output_weight, output_bias };
    let states = state.chunks_exact(2).map(|pair| State { hidden: pair[0].clone(), cell: pair[1].clone() });
    let states: Vec<State> = states.collect();
    match function {
        "objective" => runs.time(|| loss(&network, &states, &sequence)),
        "jacobian" => runs.time_then(|| loss::grad(&network, &states, &sequence), flatten),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient() {
        let numbers = |n: usize, seed: f64| -> Vec<f64> { (0..n).map(|i| (seed + 1.7 * i as f64).sin()).collect() };
        let layer = |seed| Layer { weight: gates(&numbers(12, seed)), bias: gates(&numbers(12, seed + 0.3)) };
        let network = Network {
            layers: vec![layer(0.1), layer(0.2)],
            input_weight: numbers(3, 0.4),
            output_weight: numbers(3, 0.5),
            output_bias: numbers(3, 0.6),
        };
        let states = [0.7, 0.8].map(|seed| State { hidden: numbers(3, seed), cell: numbers(3, seed + 0.01) });
        let sequence = [vec![1.0, 0.0, 1.0], vec![0.0, 1.0, 1.0], vec![1.0, 1.0, 0.0], vec![0.0, 0.0, 1.0]];
        loss::check(&network, &states, &sequence).unwrap();
    }
}
