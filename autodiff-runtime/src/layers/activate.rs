//! Activation functions as layers.

use core::marker::PhantomData;

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array, Dimension, Ix2};

use crate::Real;
use crate::kernels::{Activation, activate};
use crate::training::Model;

/// An activation function as a layer. Keras: `Activation`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let y = Activate::new(Activation::Relu).call(&array![[-1.0, 2.0]]);
/// assert_eq!(y, array![[0.0, 2.0]]);
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Activate<T: Real, D: Dimension = Ix2> {
    /// The function.
    pub activation: Activation,
    kind: PhantomData<fn(&Array<T, D>)>,
}

impl<T: Real, D: Dimension> Activate<T, D> {
    /// A layer that applies this function.
    pub fn new(activation: Activation) -> Self {
        Self { activation, kind: PhantomData }
    }
}

#[differentiable(order = 2)]
impl<T: Real, D: Dimension> Model for Activate<T, D> {
    type Input = Array<T, D>;
    type Output = Array<T, D>;

    /// The function's value: an array of the shape of `x`.
    fn call(&self, x: &Array<T, D>) -> Array<T, D> {
        activate(x, self.activation)
    }
}
