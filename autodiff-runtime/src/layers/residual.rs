//! Residual connections.

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array, Dimension};

use crate::Real;
use crate::kernels::add;
use crate::tangent::Differentiable;
use crate::training::Model;

/// x + L(x), for a layer L whose value has the shape of its input.
///
/// Source: He, Zhang, Ren, Sun, *Deep Residual Learning for Image Recognition*, 2015.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let layer = Residual(Activate::new(Activation::Relu));
/// assert_eq!(layer.call(&array![[-1.0, 2.0]]), array![[-1.0, 4.0]]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Differentiable)]
pub struct Residual<L>(
    /// What is added.
    #[saved(name = "")]
    pub L,
);

#[differentiable(order = 2)]
impl<T: Real, D: Dimension + 'static, L: Model<Input = Array<T, D>, Output = Array<T, D>> + Differentiable> Model
    for Residual<L>
{
    type Input = Array<T, D>;
    type Output = Array<T, D>;

    /// # Panics
    ///
    /// Panics if the layer's value has another shape than `x`.
    #[track_caller]
    fn call(&self, x: &Array<T, D>) -> Array<T, D> {
        add(x, &self.0.call(x))
    }
}
