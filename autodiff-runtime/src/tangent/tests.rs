use ndarray::{Array, Array1, Array2, ArrayView1, array};
use num_complex::Complex;

use super::{Differentiable, Tangent, Update, Visit};

/// Subtracts the gradient, and remembers the leaves and the names.
#[derive(Default)]
struct Descend {
    leaves: Vec<usize>,
    names: Vec<String>,
    depth: usize,
}

impl Update for Descend {
    fn leaf_f32(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        assert_eq!(parameters.len(), gradients.len());
        self.leaves.push(parameters.len());
        for (p, g) in parameters.iter_mut().zip(gradients) {
            *p -= g;
        }
    }

    fn leaf_f64(&mut self, parameters: &mut [f64], gradients: &[f64]) {
        assert_eq!(parameters.len(), gradients.len());
        self.leaves.push(parameters.len());
        for (p, g) in parameters.iter_mut().zip(gradients) {
            *p -= g;
        }
    }

    fn enter(&mut self, name: &str) {
        self.depth += 1;
        self.names.push(name.to_owned());
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }
}

#[derive(Default)]
struct Read {
    leaves: Vec<(Vec<usize>, Vec<f64>)>,
}

impl Visit for Read {
    fn leaf_f32(&mut self, shape: &[usize], values: &[f32]) {
        let values = values.iter().map(|v| f64::from(*v)).collect();
        self.leaves.push((shape.to_vec(), values));
    }

    fn leaf_f64(&mut self, shape: &[usize], values: &[f64]) {
        self.leaves.push((shape.to_vec(), values.to_vec()));
    }
}

fn descend<T: Differentiable>(value: &mut T, tangent: &T::Tangent) -> Descend {
    let mut update = Descend::default();
    value.__update(tangent, &mut update);
    assert_eq!(update.depth, 0, "every `enter` has its `leave`");
    update
}

fn read<T: Differentiable + ?Sized>(value: &T) -> Vec<(Vec<usize>, Vec<f64>)> {
    let mut visitor = Read::default();
    value.__visit(&mut visitor);
    visitor.leaves
}

#[test]
fn scalars_are_their_own_tangents() {
    let mut x = 3.0_f64;
    assert_eq!(x.__zero(), 0.0);
    assert_eq!(descend(&mut x, &1.0).leaves, [1]);
    assert_eq!(x, 2.0);

    let mut z = Complex::new(1.0_f32, 2.0);
    assert_eq!(z.__zero(), Complex::new(0.0, 0.0));
    assert_eq!(descend(&mut z, &Complex::new(0.5, 3.0)).leaves, [2]);
    assert_eq!(z, Complex::new(0.5, -1.0));
    assert_eq!(read(&z), [(vec![2], vec![0.5, -1.0])]);

    let mut sum = Complex::new(1.0_f64, 1.0);
    sum.__add(&Complex::new(2.0, 3.0));
    sum.__map(&mut |part| 10.0 * part);
    assert_eq!(sum, Complex::new(30.0, 40.0));
}

#[test]
fn constants_have_no_leaves() {
    let mut value = (1_i32, true, 'c', String::new(), vec![1_usize, 2], [3_u8; 4]);
    let ((), (), (), (), lengths, four) = value.__zero();
    assert_eq!((lengths.len(), four.len()), (2, 4));
    assert!(descend(&mut value, &((), (), (), (), vec![(), ()], [(); 4])).leaves.is_empty());
    assert!(read(&value).is_empty());
    "text".__zero();
    let mut function: fn(f64) -> f64 = f64::sin;
    assert!(descend(&mut function, &()).leaves.is_empty());
    assert!(read(&core::marker::PhantomData::<f64>).is_empty());
}

#[test]
fn a_vec_of_floats_is_one_leaf() {
    let mut values = vec![1.0_f64, 2.0, 3.0];
    assert_eq!(values.__zero(), [0.0; 3]);
    assert_eq!(descend(&mut values, &vec![1.0, 1.0, 1.0]).leaves, [3]);
    assert_eq!(values, [0.0, 1.0, 2.0]);
    assert_eq!(descend(&mut values, &vec![]).leaves, [3], "an absent gradient is zero");
    assert_eq!(values, [0.0, 1.0, 2.0]);
    assert_eq!(read(&values[1..]), [(vec![2], vec![1.0, 2.0])]);
}

#[test]
fn a_vec_of_complex_numbers_is_one_leaf_of_parts() {
    let mut values = vec![Complex::new(1.0_f64, 2.0), Complex::new(3.0, 4.0)];
    assert_eq!(descend(&mut values, &vec![Complex::new(1.0, 0.0); 2]).leaves, [4]);
    assert_eq!(read(&values), [(vec![2, 2], vec![0.0, 2.0, 2.0, 4.0])]);
}

#[test]
fn containers_go_item_by_item_with_their_names() {
    let mut value = (vec![[1.0_f32; 2], [2.0; 2]], Some(Box::new(5.0_f64)));
    let mut tangent = value.__zero();
    tangent.0[1] = [1.0, 2.0];
    tangent.1 = None;
    let update = descend(&mut value, &tangent);
    assert_eq!(update.leaves, [2, 2, 1]);
    assert_eq!(update.names, ["0", "0", "1", "1"]);
    assert_eq!(value, (vec![[1.0; 2], [1.0, 0.0]], Some(Box::new(5.0))));
}

#[test]
fn references_have_the_tangent_of_their_referent() {
    let mut values = [1.0_f64, 2.0];
    let slice: &[f64] = &values;
    assert_eq!(slice.__zero(), vec![0.0; 2]);
    assert_eq!((&slice).__zero(), vec![0.0; 2]);
    let mut mutable: &mut [f64] = &mut values;
    assert_eq!(descend(&mut mutable, &vec![1.0, 1.0]).leaves, [2]);
    assert_eq!(values, [0.0, 1.0]);
}

#[test]
#[should_panic(expected = "cannot be updated through a shared reference")]
fn a_shared_reference_cannot_be_updated() {
    descend(&mut &1.0_f64, &1.0);
}

#[test]
#[should_panic(expected = "an `ArrayView` cannot be updated")]
fn a_view_cannot_be_updated() {
    let values = array![1.0_f64];
    let mut view: ArrayView1<'_, f64> = values.view();
    descend(&mut view, &array![1.0]);
}

#[test]
fn an_array_is_one_leaf_in_logical_order_whatever_its_layout() {
    let mut standard: Array2<f64> = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let mut transposed = standard.t().as_standard_layout().into_owned().reversed_axes();
    assert!(transposed.as_slice().is_none());
    assert_eq!(transposed, standard);

    let gradient = array![[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]];
    assert_eq!(descend(&mut standard, &gradient).leaves, [6]);
    assert_eq!(descend(&mut transposed, &gradient).leaves, [6]);
    assert_eq!(transposed, standard);
    assert_eq!(standard[[1, 2]], 4.0);
    assert_eq!(read(&transposed), read(&standard));
    assert_eq!(read(&standard), [(vec![2, 3], vec![0.0, 2.0, 3.0, 4.0, 5.0, 4.0])]);

    let mut view = standard.view_mut();
    assert_eq!(descend(&mut view, &gradient).leaves, [6]);
    assert_eq!(view.__zero(), Array2::<f64>::zeros((2, 3)));
    assert_eq!(standard[[1, 2]], 2.0);
}

#[test]
fn an_absent_array_gradient_is_zero() {
    let mut values = array![1.0_f32, 2.0];
    assert_eq!(descend(&mut values, &Array1::zeros(0)).leaves, [2]);
    assert_eq!(values, array![1.0, 2.0]);
}

#[test]
#[should_panic(expected = "has shape [3]")]
fn a_gradient_of_another_shape_is_refused() {
    descend(&mut array![1.0_f32, 2.0], &Array1::zeros(3));
}

#[test]
#[should_panic(expected = "a gradient has 1 elements")]
fn a_gradient_of_another_length_is_refused() {
    descend(&mut vec![1.0_f32, 2.0], &vec![1.0]);
}

#[test]
fn the_empty_tangent_is_zero_of_any_length() {
    let mut sum: Vec<f64> = vec![];
    sum.__add(&vec![1.0, 2.0]);
    sum.__add(&vec![]);
    sum.__add(&vec![1.0, 1.0]);
    assert_eq!(sum, [2.0, 3.0]);

    let mut sum = Array::zeros((0, 2));
    sum.__add(&array![[1.0, 2.0]]);
    sum.__add(&Array::zeros((0, 2)));
    assert_eq!(sum, array![[1.0, 2.0]]);

    let mut sum = None;
    sum.__add(&Some(1.0_f64));
    sum.__add(&None);
    sum.__add(&Some(2.0));
    assert_eq!(sum, Some(3.0));

    let mut sum: Result<f64, ()> = Err(());
    sum.__add(&Ok(1.0));
    sum.__add(&Err(()));
    assert_eq!(sum, Ok(1.0));
}

#[test]
#[should_panic(expected = "tangents of 1 and of 2 elements cannot be added")]
fn other_lengths_do_not_add() {
    vec![1.0].__add(&vec![1.0, 2.0]);
}

#[test]
#[should_panic(expected = "tangents of shapes [1] and [2] cannot be added")]
fn other_shapes_do_not_add() {
    array![1.0].__add(&array![1.0, 2.0]);
}

#[test]
fn results_vary_in_their_value_only() {
    let mut value: Result<f64, String> = Ok(1.0);
    assert_eq!(value.__zero(), Ok(0.0));
    descend(&mut value, &Ok(0.5));
    assert_eq!(value, Ok(0.5));
    let mut error: Result<f64, String> = Err("no".to_owned());
    assert_eq!(error.__zero(), Err(()));
    assert!(descend(&mut error, &Err(())).leaves.is_empty());
}
