//! What a model is made of.

use std::fmt;

use crate::Differentiable;
use crate::tangent::Visit;

/// The layers and the parameter arrays of a model, with their shapes. Displays as a table of a line for each layer.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let mut rng = seeded(1);
/// let model = Sequential((
///     Dense::<f32>::new(2, 3, &mut rng),
///     Activate::<f32>::new(Activation::Relu),
///     Dense::<f32>::new(3, 1, &mut rng),
/// ));
/// let summary = summary(&model);
/// assert_eq!(summary.parameter_count(), 13);
/// assert_eq!(summary.rows()[2].name, "0.2.weights");
/// assert_eq!(summary.to_string(), "\
/// layer         type      parameters                       count
/// 0.0           Dense     weights [2, 3], bias [3]             9
/// 0.1           Activate                                       0
/// 0.2           Dense     weights [3, 1], bias [1]             4
/// total                                                       13");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    rows: Vec<SummaryRow>,
    layers: Vec<Layer>,
}

/// One parameter array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryRow {
    /// The names of the fields that lead to it, joined by dots.
    pub name: String,
    /// `"f32"` or `"f64"`.
    pub kind: &'static str,
    /// Its shape; empty for a single number.
    pub shape: Vec<usize>,
    /// Whether an optimiser changes it; if not, it is state, such as the statistics of a normalisation.
    pub trainable: bool,
}

/// A struct that is part of a model, or a number or an array outside of all structs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layer {
    path: String,
    kind: &'static str,
    /// Whether it is made of others.
    composite: bool,
    /// Its own arrays, as indices of rows.
    rows: Vec<usize>,
}

impl SummaryRow {
    /// How many numbers it has.
    pub fn parameter_count(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Summary {
    /// Looks through a model.
    pub fn new<M: Differentiable + ?Sized>(model: &M) -> Self {
        let mut walk = Walk::default();
        model.__visit(&mut walk);
        Self { rows: walk.rows, layers: walk.layers }
    }

    /// The parameter arrays, in the model's order, with those of its state.
    pub fn rows(&self) -> &[SummaryRow] {
        &self.rows
    }

    /// How many numbers an optimiser changes.
    pub fn parameter_count(&self) -> usize {
        self.rows.iter().filter(|row| row.trainable).map(SummaryRow::parameter_count).sum()
    }

    /// How many numbers are state.
    pub fn state_count(&self) -> usize {
        self.rows.iter().filter(|row| !row.trainable).map(SummaryRow::parameter_count).sum()
    }
}

/// The layers of a model as a table: names, types, shapes and numbers of parameters. See [`Summary`].
pub fn summary<M: Differentiable + ?Sized>(model: &M) -> Summary {
    Summary::new(model)
}

#[derive(Default)]
struct Walk {
    path: Vec<String>,
    rows: Vec<SummaryRow>,
    layers: Vec<Layer>,
    /// The layers around, with how deep they lie.
    around: Vec<(usize, usize)>,
    state: bool,
}

impl Walk {
    fn push(&mut self, kind: &'static str, shape: &[usize]) {
        let name = self.path.join(".");
        if self.around.is_empty() {
            self.layers.push(Layer { path: name.clone(), kind: "", composite: false, rows: vec![self.rows.len()] });
        } else if let Some(&(_, layer)) = self.around.last() {
            self.layers[layer].rows.push(self.rows.len());
        }
        self.rows.push(SummaryRow { name, kind, shape: shape.to_vec(), trainable: !self.state });
    }
}

impl Visit for Walk {
    fn leaf_f32(&mut self, shape: &[usize], _: &[f32]) {
        self.push("f32", shape);
    }

    fn leaf_f64(&mut self, shape: &[usize], _: &[f64]) {
        self.push("f64", shape);
    }

    fn enter(&mut self, name: &str) {
        self.path.push(name.to_owned());
    }

    fn leave(&mut self) {
        self.around.pop_if(|(depth, _)| *depth == self.path.len());
        self.path.pop();
    }

    fn kind(&mut self, kind: &'static str) {
        if let Some(&(_, layer)) = self.around.last() {
            self.layers[layer].composite = true;
        }
        self.around.push((self.path.len(), self.layers.len()));
        self.layers.push(Layer { path: self.path.join("."), kind, composite: false, rows: Vec::new() });
    }

    fn begin_state(&mut self) -> bool {
        self.state = true;
        true
    }

    fn end_state(&mut self) {
        self.state = false;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.layers.iter().filter(|layer| !layer.composite || !layer.rows.is_empty());
        let lines: Vec<[String; 4]> = shown
            .map(|layer| {
                let rows = layer.rows.iter().map(|&row| &self.rows[row]);
                let arrays = rows.clone().map(|row| {
                    let name = row.name.strip_prefix(&layer.path).unwrap_or(&row.name).trim_start_matches('.');
                    format!("{name} {:?}", row.shape).trim_start().to_owned()
                });
                let count: usize = rows.clone().map(SummaryRow::parameter_count).sum();
                [layer.path.clone(), layer.kind.to_owned(), arrays.collect::<Vec<_>>().join(", "), count.to_string()]
            })
            .collect();
        let width = |column: usize, least: usize| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0).max(least)
        };
        let (layer, kind, arrays, count) = (width(0, 12), width(1, 8), width(2, 26), width(3, 10));
        writeln!(f, "{:<layer$}  {:<kind$}  {:<arrays$}  {:>count$}", "layer", "type", "parameters", "count")?;
        for [path, name, shapes, number] in &lines {
            writeln!(f, "{path:<layer$}  {name:<kind$}  {shapes:<arrays$}  {number:>count$}")?;
        }
        let rest = kind + arrays + count + 4;
        write!(f, "{:<layer$}  {:>rest$}", "total", self.parameter_count() + self.state_count())?;
        if self.state_count() > 0 {
            write!(f, "\n{:<layer$}  {:>rest$}", "of it state", self.state_count())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{BatchNorm, Dense, Flatten, Sequential};
    use crate::random::seeded;

    #[test]
    fn numbers_outside_of_layers_have_lines_of_their_own() {
        let model = (vec![1.0_f64, 2.0], [[1.0_f32; 3]; 1], 7_usize, 2.0_f32);
        let table = "\
layer         type      parameters                       count
0                       [2]                                  2
1.0                     [3]                                  3
3                       []                                   1
total                                                        6";
        assert_eq!(Summary::new(&model).to_string(), table);
    }

    #[test]
    fn layers_without_parameters_and_state_are_shown() {
        let mut rng = seeded(1);
        let model = (Sequential((BatchNorm::<f64>::new(2), Flatten::<f64>::new())), Dense::<f64>::new(8, 3, &mut rng));
        let summary = summary(&model);
        assert_eq!((summary.parameter_count(), summary.state_count()), (31, 4));
        let table = "\
layer         type       parameters                                                   count
0.0.0         BatchNorm  gamma [2], beta [2], running_mean [2], running_var [2]           8
0.0.1         Flatten                                                                     0
1             Dense      weights [8, 3], bias [3]                                        27
total                                                                                    35
of it state                                                                               4";
        assert_eq!(summary.to_string(), table);
    }
}
