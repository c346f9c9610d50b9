//! Models as lists of named tensors.

use crate::Differentiable;
use crate::tangent::{Update, Visit};

/// Numbers of one precision.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// A parameter array with its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) values: Values,
}

impl Values {
    fn type_name(&self) -> &'static str {
        match self {
            Values::F32(_) => "f32",
            Values::F64(_) => "f64",
        }
    }
}

/// The parameter arrays of a model, in its order.
pub(super) fn collect<M: Differentiable>(model: &M) -> Vec<Tensor> {
    #[derive(Default)]
    struct Collect {
        path: Vec<String>,
        tensors: Vec<Tensor>,
    }

    impl Collect {
        fn push(&mut self, shape: &[usize], values: Values) {
            // A model that is a bare number or array has no field to be named after.
            let name = if self.path.is_empty() { "value".to_owned() } else { self.path.join(".") };
            self.tensors.push(Tensor { name, shape: shape.to_vec(), values });
        }
    }

    impl Visit for Collect {
        fn leaf_f32(&mut self, shape: &[usize], values: &[f32]) {
            self.push(shape, Values::F32(values.to_vec()));
        }

        fn leaf_f64(&mut self, shape: &[usize], values: &[f64]) {
            self.push(shape, Values::F64(values.to_vec()));
        }

        fn enter(&mut self, name: &str) {
            self.path.push(name.to_owned());
        }

        fn leave(&mut self) {
            self.path.pop();
        }

        fn begin_state(&mut self) -> bool {
            true
        }
    }

    let mut collect = Collect::default();
    model.__visit(&mut collect);
    collect.tensors
}

/// The stored tensors in the order of those expected, or all differences.
pub(super) fn match_up(expected: &[Tensor], mut stored: Vec<Tensor>) -> Result<Vec<Tensor>, Vec<String>> {
    let mut differences = Vec::new();
    let mut ordered = Vec::new();
    for expected in expected {
        let Some(at) = stored.iter().position(|tensor| tensor.name == expected.name) else {
            differences.push(format!("`{}` is missing from the file", expected.name));
            continue;
        };
        let found = stored.swap_remove(at);
        if found.shape != expected.shape {
            differences.push(format!(
                "`{}` has shape {:?} in the file, but {:?} in the model",
                found.name, found.shape, expected.shape
            ));
        }
        if found.values.type_name() != expected.values.type_name() {
            differences.push(format!(
                "`{}` is of type {} in the file, but {} in the model",
                found.name,
                found.values.type_name(),
                expected.values.type_name()
            ));
        }
        ordered.push(found);
    }
    stored.sort_by(|a, b| a.name.cmp(&b.name));
    differences.extend(stored.iter().map(|tensor| format!("the model has no `{}`", tensor.name)));
    if differences.is_empty() { Ok(ordered) } else { Err(differences) }
}

/// Sets the parameters of a model; names, shapes and types have been compared.
pub(super) fn assign<M: Differentiable>(model: &mut M, tensors: &[Tensor]) {
    struct Assign<'a>(std::slice::Iter<'a, Tensor>);

    impl Update for Assign<'_> {
        fn leaf_f32(&mut self, parameters: &mut [f32], _: &[f32]) {
            if let Some(Tensor { values: Values::F32(values), .. }) = self.0.next() {
                parameters.copy_from_slice(values);
            }
        }

        fn leaf_f64(&mut self, parameters: &mut [f64], _: &[f64]) {
            if let Some(Tensor { values: Values::F64(values), .. }) = self.0.next() {
                parameters.copy_from_slice(values);
            }
        }

        fn includes_state(&self) -> bool {
            true
        }
    }

    let zero = model.__zero();
    model.__update(&zero, &mut Assign(tensors.iter()));
}
