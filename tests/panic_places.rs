//! A mistake of the program is reported where the program made it, and not within the library.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs)]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use differentiable::prelude::*;

thread_local!(static PLACE: RefCell<String> = const { RefCell::new(String::new()) });

macro_rules! places_of {
    ($($mistake:expr;)*) => {[$({
        let refused = catch_unwind(AssertUnwindSafe(|| $mistake)).is_err();
        (stringify!($mistake), refused, PLACE.take())
    }),*]};
}

#[derive(Clone, Differentiable)]
struct Net {
    first: Dense<f64>,
    second: Dense<f64>,
}

#[differentiable]
impl Model for Net {
    type Input = Array2<f64>;
    type Output = Array2<f64>;

    fn call(&self, x: &Array2<f64>) -> Array2<f64> {
        self.second.call(&self.first.call(x))
    }
}

#[differentiable(wrt(net))]
fn loss(net: &Net, x: &Array2<f64>, y: &Array2<f64>) -> f64 {
    mse_loss(y, &net.call(x))
}

#[differentiable(wrt(net))]
fn of_labels(net: &Net, x: &Array2<f64>, labels: &Vec<usize>) -> f64 {
    sparse_softmax_cross_entropy(labels, &net.call(x))
}

#[differentiable(wrt(net))]
fn huber_of(net: &Net, x: &Array2<f64>, y: &Array2<f64>) -> f64 {
    huber_loss(y, &net.call(x), 0.0)
}

#[test]
fn mistakes_are_reported_where_they_were_made() {
    std::panic::set_hook(Box::new(|info| {
        PLACE.set(info.location().map_or_else(String::new, |place| place.file().to_owned()));
    }));
    let rng = &mut seeded(1);
    let (images, series) = (Array4::<f64>::zeros((1, 5, 5, 3)), Array3::<f64>::zeros((1, 5, 3)));
    let (two, three, five) = (Array2::zeros((2, 2)), Array2::<f64>::zeros((2, 3)), Array2::<f64>::zeros((2, 5)));
    let net = Net { first: Dense::new(3, 5, rng), second: Dense::new(5, 2, rng) };
    let torn = Net { first: Dense::new(3, 2, rng), ..net.clone() };
    let wide = Net { second: Dense::new(5, 5, rng), ..net.clone() };
    let gradient = loss::grad(&net, &three, &two);
    let found = places_of! {
        Dense::<f64>::new(0, 3, rng);
        Dense::<f64>::new(3, 2, rng).call(&five);
        Dense::<f64>::new(3, 2, rng).predict(&five, 1);
        Conv2D::<f64>::new(4, 2, (2, 2), rng).call(&images);
        MaxPool2D::<f64>::new((7, 7)).call(&images);
        Embedding::<f64>::new(3, 4, rng).call(&array![[0, 7]]);
        LSTM::<f64>::new(4, 2, rng).call(&series);
        MultiHeadAttention::<f64>::new(4, 2, 2, rng).call(&series);
        Sequential((Dense::<f64>::new(3, 2, rng), Dense::<f64>::new(3, 2, rng))).call(&three);
        torn.call(&three);
        torn.predict(&three, 1);
        net.predict(&(&three / 0.0), 1);
        loss(&torn, &three, &two);
        loss::value_and_grad(&torn, &three, &two);
        loss::grad(&net, &three, &five);
        of_labels::grad(&net, &three, &vec![0, 2]);
        mse_loss(&two, &five);
        sparse_softmax_cross_entropy(&[0_usize, 3], &two);
        class_weights(&[4_usize], &[1.0]);
        accuracy(&[0_usize], &two);
        ConfusionMatrix::new(&[0_usize, 1], &[0_usize, 1], 2).precision(3);
        Adam::new(-1.0).apply_gradients(&mut net.clone(), &gradient);
        Adam::new(0.1).freeze("third").apply_gradients(&mut net.clone(), &gradient);
        Adam::new(0.1).apply_gradients(&mut torn.clone(), &gradient);
        Adam::new(0.1).apply_gradients(&mut vec![(net.clone(), 1.0)], &vec![(loss::grad(&wide, &three, &five), 1.0)]);
        {
            let mut adam = Adam::new(0.1);
            adam.apply_gradients(&mut net.clone(), &gradient);
            adam.apply_gradients(&mut wide.clone(), &loss::grad(&wide, &three, &five));
        };
        huber_loss(&two, &two, -1.0);
        huber_of::grad(&net, &three, &two);
        huber_loss_each(&two, &two, 0.0);
        mse_loss_with(&two, &two, Reduction::Mean, &array![1.0]);
        loss::jvp(&net, &three, &two, &loss::grad(&wide, &three, &five));
    };
    let _ = std::panic::take_hook();
    for (mistake, refused, place) in found {
        assert!(refused, "{mistake} is no mistake");
        assert_eq!(place, file!(), "{mistake}");
    }
}

/// What is not a number in the input and is hidden from the loss by an activation is found in the gradient.
#[test]
fn nan_behind_an_activation_is_named() {
    #[differentiable(wrt(w))]
    fn clamped(w: &Array1<f64>, x: &Array2<f64>, y: &Array1<f64>) -> f64 {
        (x.dot(w).mapv(|v| v.max(0.0)) - y).mapv(|v| v * v).sum()
    }
    let (mut w, y) = (array![1.0, 1.0, 1.0], Array1::zeros(6));
    let mut x = Array2::ones((6, 3));
    x[[4, 1]] = f64::NAN;
    let fit = Fit::new(clamped::value_and_grad).epochs(1).batch_size(2).shuffle(false);
    let error = fit.run(&mut w, &mut Sgd::new(0.0), &x, &y).unwrap_err().to_string();
    assert!(error.contains("batch 3 of epoch 1") && error.contains("the input of sample 4"), "{error}");
}
