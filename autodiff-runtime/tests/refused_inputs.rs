//! What a layer, a loss, a metric, a training or a loader says of what it cannot work with: it names itself, what it
//! received and what it expects.
#![allow(missing_docs)]

extern crate autodiff_runtime as differentiable;

use std::panic::{AssertUnwindSafe, catch_unwind};

use autodiff_runtime::prelude::*;

/// The message of a panic.
fn message<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { return "NO PANIC".to_owned() };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().map_or("?", |text| text).to_owned(),
    }
}

/// Each is refused in words that begin as the first ones and hold the others.
macro_rules! refused {
    ($($e:expr => $begin:literal $(, $part:literal)*;)*) => {$({
        let message = message(|| $e);
        assert!(message.starts_with($begin), "{}: {message}", stringify!($e));
        $(assert!(message.contains($part), "{}: {message}", stringify!($e));)*
    })*};
}

#[test]
fn layers() {
    let rng = &mut seeded(1);
    let images = Array4::<f64>::zeros((1, 5, 5, 3));
    let series = Array3::<f64>::zeros((1, 5, 3));
    let rows = Array2::<f64>::zeros((2, 3));
    let mut dense = Dense::<f64>::new(3, 2, rng);
    dense.bias = Array1::zeros(5);
    let mut lstm = LSTM::<f64>::new(3, 2, rng);
    let mut gru = GRU::<f64>::new(3, 2, rng);
    let mut rnn = SimpleRNN::<f64>::new(3, 2, rng);
    gru.bias = Array2::zeros((1, 6));
    rnn.bias = Array1::zeros(3);
    let mut conv = Conv2D::<f64>::new(3, 2, (2, 2), rng);
    conv.bias = Array1::zeros(1);
    let mut norm = BatchNorm::<f64>::new(3);
    norm.beta = Array1::zeros(2);
    let mut running = BatchNorm::<f64>::new(3);
    running.running_mean.values = Array1::zeros(2);
    let attention = MultiHeadAttention::<f64>::new(3, 2, 2, rng);
    refused! {
        Dense::<f64>::new(0, 3, rng) => "Dense: ", "received 0 and 3";
        Dense::<f64>::new(3, 0, rng).call(&rows) => "Dense: ", "received 3 and 0";
        Conv2D::<f64>::grouped(3, 4, (2, 2), 2, rng) => "Conv2D: ", "3 inputs and 4 outputs", "2 groups";
        Conv2D::<f64>::new(3, 4, (0, 2), rng).call(&images) => "Conv2D: windows", "(0, 2)";
        Conv2D::<f64>::new(3, 4, (2, 2), rng).strides((0, 1)).call(&images) => "conv2d: ", "received 2, 0 and 1 for the height";
        Conv2D::<f64>::new(3, 4, (2, 2), rng).dilation((0, 1)).call(&images) => "conv2d: ", "received 2, 1 and 0";
        Conv1D::<f64>::new(3, 4, 2, rng).stride(0).call(&series) => "conv1d: ", "received 2, 0 and 1";
        Conv2DTranspose::<f64>::new(3, 4, (2, 2), rng).strides((0, 1)).call(&images) => "conv2d_transpose: ", "received 2, 0 and 1";
        MaxPool2D::<f64>::new((0, 1)).call(&images) => "max_pool2d: ", "received 0";
        MaxPool2D::<f64>::new((2, 2)).strides((0, 1)).call(&images) => "max_pool2d: ", "received 2, 0 and 1";
        AveragePool2D::<f64>::new((0, 1)).call(&images) => "average_pool2d: ", "received 0";
        MaxPool2D::<f64>::new((2, 2)).call(&Array4::zeros((1, 0, 5, 3))) => "max_pool2d: ", "height 0";
        GlobalMaxPool2D::<f64>::new().call(&Array4::zeros((1, 0, 5, 3))) => "global_max_pool2d: ", "[1, 0, 5, 3]";
        GlobalAveragePool2D::<f64>::new().call(&Array4::zeros((1, 0, 5, 3))) => "global_average_pool2d: ", "[1, 0, 5, 3]";
        Dropout::<f64>::new(1.0, rng) => "dropout: the rate", "received 1";
        Dropout::<f64>::new(f64::NAN, rng) => "dropout: the rate", "received NaN";
        LSTM::<f64>::new(0, 2, rng) => "LSTM: ", "received 0 and 2";
        GRU::<f64>::new(2, 0, rng) => "GRU: ", "received 2 and 0";
        SimpleRNN::<f64>::new(0, 2, rng) => "SimpleRNN: ", "received 0 and 2";
        LayerNorm::<f64>::new(2).epsilon(-1.0) => "LayerNorm: ε must be", "received -1";
        BatchNorm::<f64>::new(2).epsilon(f64::NAN) => "BatchNorm: ε must be", "received NaN";
        GroupNorm::<f64>::new(1, 2).epsilon(-1.0) => "GroupNorm: ε must be", "received -1";
        BatchNorm::<f64>::new(2).momentum(2.0) => "BatchNorm: the momentum must lie between 0 and 1; received 2";
        GroupNorm::<f64>::new(2, 3) => "GroupNorm: ", "2 groups";
        GroupNorm::<f64>::new(0, 3) => "GroupNorm: ", "0 groups";
        MultiHeadAttention::<f64>::new(3, 0, 2, rng) => "MultiHeadAttention: ", "received 0";
        TransformerEncoder::<f64>::new(3, 2, 4, 0.1, rng) => "TransformerEncoder: 3 features cannot be shared by 2 heads";
        TransformerEncoder::<f64>::new(4, 2, 4, 1.5, rng) => "dropout: the rate", "received 1.5";
        Embedding::<f64>::new(0, 4, rng).call(&array![[0]]) => "embedding: ", "only 0 rows";
        Embedding::<f64>::new(3, 4, rng).call(&array![[0, 1], [1, 7]]) => "embedding: index number 3 is 7", "only 3 rows";
        dense.call(&rows) => "dense: the bias has 5 elements", "2 outputs";
        lstm.run(&series, &Array2::zeros((1, 3)), &Array2::zeros((1, 2))) => "lstm: `h` must have shape (1, 2)", "received (1, 3)";
        gru.call(&series) => "gru: the bias has shape (1, 6)";
        rnn.call(&series) => "simple_rnn: the bias has 3 elements for 2 units";
        conv.call(&images) => "conv2d: the bias has 1 elements", "2 filters";
        norm.call(&images) => "batch_norm: the input has shape [1, 5, 5, 3]", "`beta` 2";
        running.predict(&images, 1) => "batch_norm_inference: ", "2 elements";
        BatchNorm::<f64>::new(3).call(&Array4::zeros((0, 5, 5, 3))) => "batch_norm: ", "[0, 5, 5, 3]";
        LayerNorm::<f64, Ix3>::new(2).call(&series) => "layer_norm: ", "`gamma` has 2";
        attention.attend(&series, &Array3::zeros((2, 5, 3))) => "multi_head_attention: ", "key [2, 5, 4]";
        attention.attend_masked(&series, &series, &Array3::from_elem((1, 4, 5), true)) => "multi_head_attention: the mask must have shape (1, 5, 5)", "received (1, 4, 5)";
        Sequential((Dense::<f64>::new(3, 2, rng), Dense::<f64>::new(3, 2, rng))).call(&rows) => "dense: the input has shape [2, 2]", "expect 3 features";
        Residual(Dense::<f64>::new(3, 2, rng)).call(&rows) => "add: ", "[2, 3]", "[2, 2]";
        dense.predict(&rows, 0) => "predict: the batch size", "received 0";
        dense.predict(&array![[0.0, 1.0, 2.0], [0.0, f64::NAN, 1.0]], 1) => "predict: the input of sample 1 holds NaN";
        Activate::<f64>::new(Activation::Relu).predict(&array![[f64::NAN]], 1) => "predict: the input of sample 0 holds NaN";
        batch_dot(&series, &Array3::zeros((2, 3, 1))) => "batch_dot: ", "[1, 5, 3] and [2, 3, 1]";
    }
    lstm.recurrent = Array2::zeros((3, 8));
    refused! { lstm.call(&series) => "lstm: for 3 units", "12 columns"; }
}

#[test]
fn losses() {
    let (a, b) = (Array2::<f64>::ones((2, 3)), Array2::<f64>::ones((3, 2)));
    let empty = Array2::<f64>::zeros((0, 3));
    let w = Array1::<f64>::ones(5);
    refused! {
        mse_loss(&a, &b) => "mse_loss: `y_true` has shape [2, 3]", "has shape [3, 2]";
        mae_loss(&a, &b) => "mae_loss: `y_true` has shape [2, 3]", "has shape [3, 2]";
        huber_loss(&a, &b, 1.0) => "huber_loss: `y_true` has shape [2, 3]", "has shape [3, 2]";
        huber_loss(&a, &a, -1.0) => "huber_loss: δ must be above 0; received -1";
        huber_loss(&a, &a, f64::NAN) => "huber_loss: δ must be above 0; received NaN";
        binary_cross_entropy(&a, &b) => "binary_cross_entropy: `y_true` has shape [2, 3]", "has shape [3, 2]";
        binary_cross_entropy_from_logits(&a, &b) => "binary_cross_entropy_from_logits: `y_true` has shape [2, 3]", "has shape [3, 2]";
        categorical_cross_entropy(&a, &b) => "categorical_cross_entropy: `y_true` has shape [2, 3]", "has shape [3, 2]";
        softmax_cross_entropy(&a, &b) => "softmax_cross_entropy: `y_true` has shape [2, 3]", "has shape [3, 2]";
        sparse_categorical_cross_entropy(&[0_usize, 1, 2], &a) => "sparse_categorical_cross_entropy: there are 3 labels for 2 rows";
        sparse_softmax_cross_entropy(&[0_usize, 1, 2], &a) => "sparse_softmax_cross_entropy: there are 3 labels for 2 rows";
        sparse_softmax_cross_entropy(&[0_usize, 3], &a) => "sparse_softmax_cross_entropy: the label of row 1 is 3", "only 3 classes";
        sparse_softmax_cross_entropy(&[0, -1], &a) => "sparse_softmax_cross_entropy: the label of row 1 is negative";
        sparse_categorical_cross_entropy(&[0_usize, 9], &a) => "sparse_categorical_cross_entropy: the label of row 1 is 9", "only 3 classes";
        hinge_loss(&a, &b) => "hinge_loss: `y_true` has shape [2, 3]", "has shape [3, 2]";
        squared_hinge_loss(&a, &b) => "squared_hinge_loss: `y_true` has shape [2, 3]", "has shape [3, 2]";
        kl_divergence(&a, &b) => "kl_divergence: `y_true` has shape [2, 3]", "has shape [3, 2]";
        cosine_similarity_loss(&a, &b) => "cosine_similarity_loss: `y_true` has shape [2, 3]", "has shape [3, 2]";
        mse_loss(&empty, &empty) => "mse_loss: ", "empty";
        hinge_loss(&empty, &empty) => "hinge_loss: ", "empty";
        kl_divergence(&empty, &empty) => "kl_divergence: ", "empty";
        softmax_cross_entropy(&empty, &empty) => "softmax_cross_entropy: ", "empty";
        sparse_softmax_cross_entropy(&Vec::<usize>::new(), &empty) => "sparse_softmax_cross_entropy: ", "empty";
        mse_loss_with(&a, &a, Reduction::Mean, &w) => "mse_loss: there are 5 weights for 2 samples";
        sparse_softmax_cross_entropy_with(&[0_usize, 1], &a, Reduction::Mean, &w) => "softmax_cross_entropy: there are 5 weights for 2 samples";
        mse_loss_each(&a, &b) => "mse_loss: `y_true` has shape [2, 3]", "has shape [3, 2]";
        class_weights(&[0_usize, 3], &[1.0, 2.0]) => "class_weights: the label of row 1 is 3", "only 2 classes";
        one_hot::<f64, _>(&[4_usize], 3) => "one_hot: the label of row 0 is 4", "only 3 classes";
        accuracy(&[0_usize], &a) => "accuracy: there are 1 true values for 2 predictions";
        top_k_accuracy(&[0_usize], &a, 1) => "top_k_accuracy: there are 1 true values for 2 predictions";
        precision(&a, &b, 0.5) => "precision: `y_true` has shape [2, 3]", "has shape [3, 2]";
        auc(&Array1::<f64>::ones(2), &w) => "auc: there are 2 true values for 5 predictions";
        root_mean_squared_error(&a, &b) => "root_mean_squared_error: `y_true` has shape [2, 3]", "has shape [3, 2]";
        mean_absolute_error(&a, &b) => "mean_absolute_error: `y_true` has shape [2, 3]", "has shape [3, 2]";
        r_squared(&a, &b) => "r_squared: `y_true` has shape [2, 3]", "has shape [3, 2]";
        top_k_accuracy(&[0_usize, 1], &a, 0) => "top_k_accuracy: `k` must be at least 1";
        ConfusionMatrix::new(&[0_usize, 1], &[0_usize, 1], 2).precision(3) => "ConfusionMatrix: there is no class 3, but only 2";
        accuracy(&Vec::<usize>::new(), &empty) => "accuracy: there are no predictions";
        mean_absolute_error(&empty, &empty) => "mean_absolute_error: there are no predictions";
    }
}
