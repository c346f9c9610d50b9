//! What is linear in one argument, or in each of two: the derivative is made of the kernel itself, so that the second
//! derivative runs as fast as the first.

use autodiff_macros::differentiable;
use ndarray::{ArrayRef, Dimension, Ix1, Ix2, Ix3, Ix4};

use super::elements::activate;
use crate::kernels::table_kernels::{all_rows, looked_up};
use crate::kernels::{
    Conv1DConfig, Conv2DConfig, Pool2DConfig, average_pool2d as average_pool2d_kernel, conv1d as conv1d_kernel,
    conv2d as conv2d_kernel, conv2d_transpose as conv2d_transpose_kernel, dropout as dropout_kernel,
    embed as embed_kernel, lookup as lookup_kernel, masked_dropout as masked_dropout_kernel,
    rows_to_steps as rows_to_steps_kernel, steps_to_rows as steps_to_rows_kernel, whole_table as whole_table_kernel,
};
use crate::layers::Table;
use crate::prelude::*;
use crate::tangent::Rows;

/// A kernel that is linear in its argument `x`, with constants before and after that.
macro_rules! linear {
    (
        $name:ident, $tangent:ident, $kernel:ident [$($generics:tt)*]
        ($($before:ident: $before_type:ty,)*) $x:ident: $x_type:ty, ($($after:ident: $after_type:ty),*) -> $value:ty
    ) => {
        #[differentiable(hidden, order = 2, jvp = $tangent)]
        pub(crate) fn $name<T: Real $($generics)*>(
            $(#[constant] $before: $before_type,)*
            $x: &$x_type,
            $(#[constant] $after: $after_type,)*
        ) -> $value {
            $kernel($($before,)* $x, $($after),*)
        }

        #[differentiable(hidden)]
        fn $tangent<T: Real $($generics)*>(
            $(#[constant] $before: $before_type,)*
            $x: &$x_type,
            $(#[constant] $after: $after_type,)*
            dx: &$x_type,
        ) -> ($value, $value) {
            ($kernel($($before,)* $x, $($after),*), $kernel($($before,)* dx, $($after),*))
        }
    };
}

linear!(average_pool2d, average_pool2d_tangent, average_pool2d_kernel []
    () x: ArrayRef<T, Ix4>, (config: Pool2DConfig) -> Array4<T>);
linear!(dropout, dropout_tangent, dropout_kernel [, D: Dimension]
    () x: ArrayRef<T, D>, (rate: f64, seed: u64) -> Array<T, D>);
linear!(masked_dropout, masked_dropout_tangent, masked_dropout_kernel [, D: Dimension]
    () x: ArrayRef<T, D>, (keep: &ArrayRef<bool, D>, rate: f64) -> Array<T, D>);
linear!(embed, embed_tangent, embed_kernel []
    (indices: &ArrayRef<usize, Ix2>,) table: ArrayRef<T, Ix2>, () -> Array3<T>);
linear!(steps_to_rows, steps_to_rows_tangent, steps_to_rows_kernel [] () x: ArrayRef<T, Ix3>, () -> Array2<T>);
linear!(rows_to_steps, rows_to_steps_tangent, rows_to_steps_kernel [] () x: ArrayRef<T, Ix2>, (time: usize) -> Array3<T>);

#[differentiable(hidden, order = 2, jvp = lookup_tangent)]
pub(crate) fn lookup<T: Real>(#[constant] indices: &ArrayRef<usize, Ix2>, table: &Table<T>) -> Array3<T> {
    lookup_kernel(indices, table)
}

#[differentiable(hidden)]
fn lookup_tangent<T: Real>(
    #[constant] indices: &ArrayRef<usize, Ix2>,
    table: &Table<T>,
    d_table: &Rows<T>,
) -> (Array3<T>, Array3<T>) {
    (lookup_kernel(indices, table), looked_up(indices, d_table))
}

#[differentiable(hidden, order = 2, jvp = whole_table_tangent)]
pub(crate) fn whole_table<T: Real>(table: &Table<T>) -> Array2<T> {
    whole_table_kernel(table)
}

#[differentiable(hidden)]
fn whole_table_tangent<T: Real>(table: &Table<T>, d_table: &Rows<T>) -> (Array2<T>, Array2<T>) {
    (whole_table_kernel(table), all_rows(d_table))
}

/// A convolution, which is linear in the images and in the weights, before the bias and the activation.
macro_rules! convolution {
    ($name:ident, $product:ident, $tangent:ident, $kernel:ident, $config:ty, $axes:ty, $value:ty) => {
        #[differentiable(hidden, order = 2)]
        pub(crate) fn $name<T: Real>(
            x: &ArrayRef<T, $axes>,
            weights: &ArrayRef<T, $axes>,
            bias: &ArrayRef<T, Ix1>,
            #[constant] config: $config,
            #[constant] activation: Activation,
        ) -> $value {
            activate(&shifted(&$product(x, weights, config), bias), activation)
        }

        #[differentiable(hidden, order = 2, jvp = $tangent)]
        fn $product<T: Real>(
            x: &ArrayRef<T, $axes>,
            weights: &ArrayRef<T, $axes>,
            #[constant] config: $config,
        ) -> $value {
            $kernel(x, weights, &Array1::zeros(0), config, Activation::Linear)
        }

        #[differentiable(hidden)]
        fn $tangent<T: Real>(
            x: &ArrayRef<T, $axes>,
            weights: &ArrayRef<T, $axes>,
            #[constant] config: $config,
            dx: &ArrayRef<T, $axes>,
            d_weights: &ArrayRef<T, $axes>,
        ) -> ($value, $value) {
            let none: Array1<T> = Array1::zeros(0);
            let by_x: $value = $kernel(dx, weights, &none, config, Activation::Linear);
            let by_weights: $value = $kernel(x, d_weights, &none, config, Activation::Linear);
            ($kernel(x, weights, &none, config, Activation::Linear), by_x + by_weights)
        }
    };
}

convolution!(conv1d, product1d, product1d_tangent, conv1d_kernel, Conv1DConfig, Ix3, Array3<T>);
convolution!(conv2d, product2d, product2d_tangent, conv2d_kernel, Conv2DConfig, Ix4, Array4<T>);
convolution!(
    conv2d_transpose,
    product2d_transpose,
    product2d_transpose_tangent,
    conv2d_transpose_kernel,
    Conv2DConfig,
    Ix4,
    Array4<T>
);

/// With a bias along the last axis; an empty one is none.
#[differentiable(hidden, order = 2)]
fn shifted<T: Real, D: Dimension>(x: &ArrayRef<T, D>, bias: &ArrayRef<T, Ix1>) -> Array<T, D> {
    let mut items: Vec<T> = x.iter().copied().collect();
    if !bias.is_empty() {
        for i in 0..items.len() {
            items[i] += bias[i % bias.len()];
        }
    }
    Array::from_shape_vec(x.raw_dim(), items).unwrap()
}
