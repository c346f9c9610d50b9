//! The mean over whole images.

use core::marker::PhantomData;

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array2, Array4};

use crate::Real;
use crate::kernels::global_average_pool2d;
use crate::training::Model;

/// The mean of every channel of an image, (batch, height, width, channels) to (batch, channels). Keras: `GlobalAveragePooling2D`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let y = GlobalAveragePool2D::new().call(&Array4::<f32>::ones((2, 7, 7, 3)));
/// assert_eq!(y, Array2::<f32>::ones((2, 3)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Differentiable)]
pub struct GlobalAveragePool2D<T: Real> {
    kind: PhantomData<fn(T)>,
}

impl<T: Real> GlobalAveragePool2D<T> {
    /// A layer; it has no settings.
    pub fn new() -> Self {
        Self { kind: PhantomData }
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for GlobalAveragePool2D<T> {
    type Input = Array4<T>;
    type Output = Array2<T>;

    /// # Panics
    ///
    /// Panics if the images have no pixels.
    #[track_caller]
    fn call(&self, x: &Array4<T>) -> Array2<T> {
        global_average_pool2d(x)
    }
}
