//! The average pooling of images.

use core::marker::PhantomData;

use autodiff_macros::{Differentiable, differentiable};
use ndarray::Array4;

use crate::Real;
use crate::kernels::{Padding, Pool2DConfig, average_pool2d};
use crate::training::Model;

/// The mean under each window, of every channel by itself. Keras: `AveragePooling2D`.
///
/// Images have shape (batch, height, width, channels). Padding is left out. For the formula and the derivative see
/// [`average_pool2d`].
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let y = AveragePool2D::new((2, 2)).call(&Array4::<f32>::ones((1, 28, 28, 3)));
/// assert_eq!(y.dim(), (1, 14, 14, 3));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct AveragePool2D<T: Real> {
    /// Size, strides and padding.
    pub config: Pool2DConfig,
    kind: PhantomData<fn(T)>,
}

impl<T: Real> AveragePool2D<T> {
    /// A layer with windows of this size, side by side.
    pub fn new(size: (usize, usize)) -> Self {
        Self { config: Pool2DConfig { size, ..Pool2DConfig::default() }, kind: PhantomData }
    }

    /// The same layer with these distances between windows.
    pub fn strides(mut self, strides: (usize, usize)) -> Self {
        self.config.strides = Some(strides);
        self
    }

    /// The same layer with this padding.
    pub fn padding(mut self, padding: Padding) -> Self {
        self.config.padding = padding;
        self
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for AveragePool2D<T> {
    type Input = Array4<T>;
    type Output = Array4<T>;

    /// # Panics
    ///
    /// Panics if `x` is smaller than a window without padding.
    #[track_caller]
    fn call(&self, x: &Array4<T>) -> Array4<T> {
        average_pool2d(x, self.config)
    }
}
