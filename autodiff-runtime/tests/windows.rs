//! Windows of convolutions and pooling, with stride, dilation, groups and padding at once: the same numbers as JAX.
//! `tests/fixtures/jax_windows.py` made them.
#![allow(missing_docs)]

extern crate autodiff_runtime as differentiable;

use autodiff_runtime::prelude::*;
use ndarray::Array4;
use serde_json::Value;

/// The formula of the same name in the script.
fn wave(shape: (usize, usize, usize, usize), seed: usize) -> Array4<f64> {
    let mut index = 0_usize;
    Array4::from_shape_simple_fn(shape, || {
        index += 1;
        (1.0 + 0.37 * (index - 1) as f64 + seed as f64).sin()
    })
}

#[test]
fn all_settings_at_once() {
    let fixture: Value = serde_json::from_str(include_str!("../../tests/fixtures/jax_windows.json")).unwrap();
    let compare = |stage: &str, found: &Array4<f64>| {
        let expected = fixture[stage].as_array().unwrap();
        assert_eq!(found.len(), expected.len(), "{stage}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected.as_f64().unwrap()).abs() < 1e-12, "{stage}: {found} {expected}");
        }
    };
    let rng = &mut seeded(1);
    let mut strided = Conv2D::<f64>::new(2, 4, (3, 2), rng).strides((2, 1)).padding(Padding::Same).without_bias();
    strided.weights = wave((3, 2, 2, 4), 1);
    let mut grouped = Conv2D::<f64>::grouped(4, 6, (2, 2), 2, rng).dilation((2, 1)).padding(Padding::Same);
    grouped.weights = wave((2, 2, 2, 6), 2);
    let mut transposed = Conv2DTranspose::<f64>::new(6, 3, (2, 3), rng).strides((2, 3)).without_bias();
    transposed.weights = wave((2, 3, 3, 6), 3);

    let x = strided.call(&wave((3, 7, 4, 2), 10));
    compare("strided", &x);
    let x = grouped.call(&x);
    compare("grouped", &x);
    let x = MaxPool2D::new((3, 2)).strides((2, 1)).padding(Padding::Same).call(&x);
    compare("largest", &x);
    let x = transposed.call(&x);
    compare("transposed", &x);
    compare("mean", &AveragePool2D::new((2, 3)).call(&x));
}
