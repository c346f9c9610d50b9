//! The losses of a training, epoch by epoch.

use std::fmt::{self, Write};

#[cfg(feature = "plot")]
mod plot;

/// The losses of a training, epoch by epoch.
///
/// Displays as a table.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let history = History { loss: vec![2.0, 0.5], learning_rate: vec![0.1, 0.1], ..History::default() };
/// assert_eq!(history.to_csv(), "epoch,loss,learning_rate\n1,2,0.1\n2,0.5,0.1\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The number of the first epoch, less 1: 0 unless training was resumed.
    pub initial_epoch: usize,
    /// The training loss of each epoch: the mean over its batches as they were trained on, weighted
    /// by their numbers of samples.
    pub loss: Vec<f64>,
    /// The validation loss after each epoch; empty if there is no validation data.
    pub val_loss: Vec<f64>,
    /// The learning rate after each epoch.
    pub learning_rate: Vec<f64>,
    /// The metrics by name, each after every epoch.
    pub metrics: Vec<(String, Vec<f64>)>,
}

impl History {
    /// The columns that have values, with their names.
    fn columns(&self) -> Vec<(&str, &[f64])> {
        let mut columns = vec![("loss", &self.loss[..]), ("val_loss", &self.val_loss)];
        columns.extend(self.metrics.iter().map(|(name, values)| (&name[..], &values[..])));
        columns.push(("learning_rate", &self.learning_rate));
        columns.retain(|(_, values)| !values.is_empty());
        columns
    }

    /// The metric with this name, after every epoch.
    pub fn metric(&self, name: &str) -> Option<&[f64]> {
        let found = self.metrics.iter().find(|(other, _)| other == name);
        found.map(|(_, values)| &values[..])
    }

    /// Adds the metrics of an epoch.
    pub(super) fn push_metrics(&mut self, metrics: Vec<(String, f64)>) {
        for (name, value) in metrics {
            match self.metrics.iter_mut().find(|(other, _)| *other == name) {
                Some((_, values)) => values.push(value),
                None => self.metrics.push((name, vec![value])),
            }
        }
    }

    /// The history as comma-separated values, with a header; numbers are exact.
    pub fn to_csv(&self) -> String {
        let columns = self.columns();
        let mut csv = String::from("epoch");
        for (name, _) in &columns {
            csv.push(',');
            csv.push_str(name);
        }
        csv.push('\n');
        for row in 0..self.loss.len() {
            csv.push_str(&(self.initial_epoch + row + 1).to_string());
            for (_, values) in &columns {
                match values.get(row) {
                    Some(value) => write!(csv, ",{value}").expect("writing to a string succeeds"),
                    None => csv.push(','),
                }
            }
            csv.push('\n');
        }
        csv
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.columns();
        write!(f, "epoch")?;
        for (name, _) in &columns {
            write!(f, " {name:>13}")?;
        }
        for row in 0..self.loss.len() {
            write!(f, "\n{:>5}", self.initial_epoch + row + 1)?;
            for (_, values) in &columns {
                match values.get(row) {
                    Some(value) => write!(f, " {value:>13.6}")?,
                    None => write!(f, " {:>13}", "")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_a_table_and_exact_values() {
        let history =
            History { initial_epoch: 8, loss: vec![0.1 + 0.2, 0.25], val_loss: vec![1.0, 2.0], ..History::default() };
        assert_eq!(history.to_csv(), "epoch,loss,val_loss\n9,0.30000000000000004,1\n10,0.25,2\n");
        let table = "\
epoch          loss      val_loss
    9      0.300000      1.000000
   10      0.250000      2.000000";
        assert_eq!(history.to_string(), table);
    }
}
