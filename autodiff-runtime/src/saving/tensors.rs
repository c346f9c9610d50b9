//! Models as lists of named tensors.

use std::borrow::Cow;

use ndarray::ArrayViewD;

use crate::Differentiable;
use crate::tangent::{Update, Visit};
pub(super) use crate::training::Values;

/// A parameter array as it lies in a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) values: Values,
    /// Which axes of the array in the model its axes are; empty if they are the same.
    axes: &'static [usize],
}

impl Tensor {
    /// One that lies in the model as in the file.
    pub(super) fn new(name: String, shape: Vec<usize>, values: Values) -> Self {
        Self { name, shape, values, axes: &[] }
    }

    /// Whether there is nothing to be saved, as for the bias of a layer without one.
    pub(super) fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }
}

impl Values {
    pub(super) fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Values::F32(_) => "f32",
            Values::F64(_) => "f64",
        }
    }

    /// The elements of an array of this shape, in row-major order, with its axes in another order.
    fn permuted(&self, shape: &[usize], axes: &[usize]) -> Self {
        fn permute<T: Copy>(values: &[T], shape: &[usize], axes: &[usize]) -> Vec<T> {
            let array = ArrayViewD::from_shape(shape, values).expect("the shape is that of the values");
            array.permuted_axes(axes).iter().copied().collect()
        }
        match self {
            Values::F32(values) => Values::F32(permute(values, shape, axes)),
            Values::F64(values) => Values::F64(permute(values, shape, axes)),
        }
    }
}

/// The parameter arrays of a model, in its order.
pub(super) fn collect<M: Differentiable>(model: &M) -> Vec<Tensor> {
    #[derive(Default)]
    struct Collect {
        path: Vec<String>,
        axes: &'static [usize],
        tensors: Vec<Tensor>,
    }

    impl Collect {
        fn push(&mut self, shape: &[usize], values: Values) {
            let names: Vec<&str> = self.path.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
            // A model that is a bare number or array has no field to be named after.
            let name = if names.is_empty() { "value".to_owned() } else { names.join(".") };
            let axes = self.axes;
            self.tensors.push(if axes.is_empty() {
                Tensor::new(name, shape.to_vec(), values)
            } else {
                let values = values.permuted(shape, axes);
                Tensor { name, shape: axes.iter().map(|&axis| shape[axis]).collect(), values, axes }
            });
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
            self.axes = &[];
        }

        fn saved(&mut self, name: &'static str, axes: &'static [usize]) {
            if let Some(last) = self.path.last_mut() {
                name.clone_into(last);
            }
            self.axes = axes;
        }

        fn leave(&mut self) {
            self.path.pop();
            self.axes = &[];
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
            if expected.is_empty() {
                ordered.push(expected.clone());
                continue;
            }
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
        ordered.push(Tensor { axes: expected.axes, ..found });
    }
    stored.sort_by(|a, b| a.name.cmp(&b.name));
    differences.extend(stored.iter().map(|tensor| format!("the model has no `{}`", tensor.name)));
    if differences.is_empty() { Ok(ordered) } else { Err(differences) }
}

/// Sets the parameters of a model; names, shapes and types have been compared.
pub(super) fn assign<M: Differentiable>(model: &mut M, tensors: &[Tensor]) {
    struct Assign<'a>(std::slice::Iter<'a, Tensor>);

    impl Assign<'_> {
        /// The next values as they lie in the model.
        fn next(&mut self) -> Option<Cow<'_, Values>> {
            let tensor = self.0.next()?;
            if tensor.axes.is_empty() {
                return Some(Cow::Borrowed(&tensor.values));
            }
            let mut back = vec![0; tensor.axes.len()];
            tensor.axes.iter().enumerate().for_each(|(place, &axis)| back[axis] = place);
            Some(Cow::Owned(tensor.values.permuted(&tensor.shape, &back)))
        }
    }

    impl Update for Assign<'_> {
        fn leaf_f32(&mut self, parameters: &mut [f32], _: &[f32]) {
            if let Some(Values::F32(values)) = self.next().as_deref() {
                parameters.copy_from_slice(values);
            }
        }

        fn leaf_f64(&mut self, parameters: &mut [f64], _: &[f64]) {
            if let Some(Values::F64(values)) = self.next().as_deref() {
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
