//! What a model is made of.

use std::fmt;

use crate::Differentiable;
use crate::tangent::Visit;

/// The parameter arrays of a model, with their shapes. Displays as a table.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let model = (Dense::<f32>::new(2, 3, &mut seeded(1)), Dense::<f32>::new(3, 1, &mut seeded(2)));
/// let summary = Summary::new(&model);
/// assert_eq!(summary.parameter_count(), 13);
/// assert_eq!(summary.rows()[2].name, "1.weights");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    rows: Vec<SummaryRow>,
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
        let mut walk = Walk { path: Vec::new(), rows: Vec::new() };
        model.__visit(&mut walk);
        Self { rows: walk.rows }
    }

    /// The parameter arrays, in the model's order.
    pub fn rows(&self) -> &[SummaryRow] {
        &self.rows
    }

    /// How many numbers there are in all arrays.
    pub fn parameter_count(&self) -> usize {
        self.rows.iter().map(SummaryRow::parameter_count).sum()
    }
}

struct Walk {
    path: Vec<String>,
    rows: Vec<SummaryRow>,
}

impl Walk {
    fn push(&mut self, kind: &'static str, shape: &[usize]) {
        self.rows.push(SummaryRow { name: self.path.join("."), kind, shape: shape.to_vec() });
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
        self.path.pop();
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(9);
        writeln!(f, "{:<width$}  type  {:<16}  {:>10}", "parameter", "shape", "count")?;
        for row in &self.rows {
            let shape = format!("{:?}", row.shape);
            let count = row.parameter_count();
            writeln!(f, "{:<width$}  {:<4}  {shape:<16}  {count:>10}", row.name, row.kind)?;
        }
        write!(f, "{:<width$}  {:>34}", "total", self.parameter_count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_array_and_a_total() {
        let model = (vec![1.0_f64, 2.0], [[1.0_f32; 3]; 1], 7_usize, 2.0_f32);
        let table = "\
parameter  type  shape                  count
0          f64   [2]                        2
1.0        f32   [3]                        3
3          f32   []                         1
total                                       6";
        assert_eq!(Summary::new(&model).to_string(), table);
    }
}
