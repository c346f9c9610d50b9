use std::cell::RefCell;
use std::ops::ControlFlow;

use ndarray::{Array1, Array2, array};

use super::super::{EarlyStopping, SaveBest};
use super::*;
use crate::optimizers::schedules::ReduceOnPlateau;
use crate::optimizers::{Adam, Sgd};

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that `Fit` asks for")]
/// The mean of (w − y)², with its derivative; inputs play no part.
fn value_and_grad(w: &f64, _: &Vec<usize>, y: &Array1<f64>) -> (f64, f64) {
    let error = y.mapv(|y| w - y);
    ((&error * &error).mean().unwrap(), 2.0 * error.mean().unwrap())
}

fn data(count: usize) -> (Vec<usize>, Array1<f64>) {
    ((0..count).collect(), Array1::from_iter((0..count).map(|i| i as f64)))
}

type Function<'a> = dyn Fn(&f64, &Vec<usize>, &Array1<f64>) -> (f64, f64) + 'a;

/// The batches that a fit trains on.
fn batches(fit: impl FnOnce(Fit<&Function<'_>>) -> usize) -> Vec<Vec<usize>> {
    let seen = RefCell::new(Vec::new());
    let function = |_: &f64, x: &Vec<usize>, y: &Array1<f64>| {
        assert!(x.iter().zip(y).all(|(x, y)| *x as f64 == *y), "inputs and targets stay together");
        seen.borrow_mut().push(x.clone());
        (1.0, 0.0)
    };
    fit(Fit::new(&function));
    seen.into_inner()
}

fn run(fit: Fit<&Function<'_>>, count: usize) -> usize {
    let (x, y) = data(count);
    fit.run(&mut 0.0, &mut Sgd::new(0.1), &x, &y).unwrap().loss.len()
}

#[test]
fn the_last_batch_is_smaller_and_none_is_empty() {
    let seen = batches(|fit| run(fit.batch_size(4).shuffle(false), 10));
    assert_eq!(seen, [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]]);
    let seen = batches(|fit| run(fit.batch_size(5).shuffle(false), 10));
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5]);
    let seen = batches(|fit| run(fit.batch_size(50).shuffle(false), 10));
    assert_eq!(seen.len(), 1);
}

#[test]
fn shuffling_goes_by_seed_and_epoch_and_loses_no_sample() {
    let order = |seed, epochs, initial| batches(|fit| run(fit.epochs(epochs).initial_epoch(initial).seed(seed), 20));
    let two = order(1, 2, 0);
    assert_eq!(two.len(), 2);
    for batch in &two {
        let mut sorted = batch.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
        assert_ne!(*batch, sorted);
    }
    assert_ne!(two[0], two[1]);
    assert_eq!(two, order(1, 2, 0));
    assert_ne!(two, order(2, 2, 0));
    assert_eq!(two[1..], order(1, 2, 1), "a resumed training has the same batches");
}

#[test]
fn the_epoch_loss_is_weighted_by_samples() {
    let (x, y) = (vec![0; 3], array![0.0, 0.0, 3.0]);
    let fit = Fit::new(value_and_grad).batch_size(2).shuffle(false);
    let history = fit.clone().run(&mut 0.0, &mut Sgd::new(0.0), &x, &y).unwrap();
    assert_eq!(history.loss, [3.0]);
    assert_eq!(fit.evaluate(&0.0, &x, &y), Ok(Evaluation { loss: 3.0, metrics: vec![] }));
}

#[test]
fn validation_takes_the_last_samples_and_does_not_train_on_them() {
    let (x, y) = (vec![0; 5], array![1.0, 1.0, 1.0, 1.0, 7.0]);
    let mut w = 0.0;
    let fit = Fit::new(value_and_grad).epochs(200);
    let split = fit.clone().validation_split(0.2);
    let history = split.run(&mut w, &mut Sgd::new(0.1), &x, &y).unwrap();
    assert!((w - 1.0).abs() < 1e-6);
    assert!((history.val_loss[199] - 36.0).abs() < 1e-3);

    let (x_val, y_val) = (vec![0], array![2.0]);
    let given = fit.validation_data(&x_val, &y_val);
    let history = given.run(&mut 1.0, &mut Sgd::new(0.0), &x, &y).unwrap();
    assert_eq!(history.val_loss, vec![1.0; 200]);
    assert!(history.to_csv().starts_with("epoch,loss,val_loss,learning_rate\n1,"));
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let (x, y) = data(10);
    let fit = || Fit::new(value_and_grad);
    let kind = |fit: Fit<_>, x: &Vec<usize>, y: &Array1<f64>| {
        let error = fit.run(&mut 0.0, &mut Sgd::new(0.1), x, y).unwrap_err();
        (error.kind(), error.to_string())
    };
    assert_eq!(kind(fit().batch_size(0), &x, &y).0, FitErrorKind::BatchSizeZero);
    assert_eq!(kind(fit(), &vec![], &array![]).0, FitErrorKind::EmptyData);
    let (found, message) = kind(fit(), &vec![1, 2], &y);
    assert_eq!(found, FitErrorKind::LengthMismatch);
    assert!(message.contains("received 2 inputs and 10 targets"), "{message}");
    for split in [-0.1, 0.99999, 1.0, 2.0, f64::NAN] {
        let (found, _) = kind(fit().validation_split(split), &x, &y);
        assert_eq!(found, FitErrorKind::InvalidValidation, "{split}");
    }
    let both = fit().validation_split(0.5).validation_data(&x, &y);
    let error = both.run(&mut 0.0, &mut Sgd::new(0.1), &x, &y).unwrap_err();
    assert_eq!(error.kind(), FitErrorKind::InvalidValidation);
}

#[test]
fn a_loss_that_is_not_finite_is_named_and_not_trained_on() {
    let (x, mut y) = data(10);
    y[7] = f64::NAN;
    let mut w = 1.0;
    let fit = Fit::new(value_and_grad).batch_size(3).shuffle(false);
    let error = fit.run(&mut w, &mut Sgd::new(0.1), &x, &y).unwrap_err();
    assert_eq!(error.kind(), FitErrorKind::NonFiniteLoss { epoch: 1, batch: Some(3) });
    let expected = "the loss of batch 3 of epoch 1 is NaN: the target of sample 7 holds NaN or infinity";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert!(w.is_finite());

    let sum = |_: &f64, x: &Array1<f64>, _: &Array1<f64>| (x.sum(), 0.0);
    let mut x = Array1::zeros(10);
    let y = x.clone();
    x[2] = f64::INFINITY;
    let error = Fit::new(sum).batch_size(3).run(&mut 1.0, &mut Sgd::new(0.1), &x, &y).unwrap_err();
    assert!(error.to_string().contains("the input of sample 2 holds NaN or infinity"), "{error}");
    let error = Fit::new(sum).evaluate(&1.0, &x, &y).unwrap_err();
    assert_eq!(error.kind(), FitErrorKind::NonFiniteData);
    assert!(error.to_string().starts_with("the input of sample 2 holds NaN or infinity"), "{error}");

    let diverged = |_: &f64, _: &Array1<f64>, _: &Array1<f64>| (f64::NAN, 0.0);
    let error = Fit::new(diverged).run(&mut 1.0, &mut Sgd::new(0.1), &y, &y).unwrap_err();
    assert!(error.to_string().contains("lower the learning rate"), "{error}");
}

#[test]
fn a_gradient_that_is_not_finite_is_named_and_not_trained_on() {
    let (x, y) = data(10);
    for spoilt in [f64::NAN, f64::INFINITY] {
        let function = move |_: &(f64, Vec<f64>), x: &Vec<usize>, _: &Array1<f64>| {
            let mut gradient = vec![1.0; 40];
            if x.contains(&7) {
                gradient[20] = spoilt;
            }
            (1.0, (1.0, gradient))
        };
        let mut model = (1.0, vec![1.0; 40]);
        let fit = Fit::new(function).batch_size(3).shuffle(false);
        let error = fit.run(&mut model, &mut Sgd::new(0.1), &x, &y).unwrap_err();
        assert_eq!(error.kind(), FitErrorKind::NonFiniteGradient { epoch: 1, batch: 3 });
        assert!(error.to_string().starts_with("the gradient of `1` in batch 3 of epoch 1 holds NaN"), "{error}");
        assert!(model.1.iter().all(|w| w.is_finite()));
    }
}

#[test]
fn early_stopping_gives_back_the_best_model() {
    // Validation data at 1, training data at 2: the best w on the way is near 1.
    let (x, y, y_val) = (vec![0; 4], array![2.0, 2.0, 2.0, 2.0], array![1.0, 1.0, 1.0, 1.0]);
    let (mut w, mut saved) = (0.0, Vec::new());
    let mut stopping = EarlyStopping::new(3).min_delta(1e-9);
    let history = Fit::new(value_and_grad)
        .epochs(1000)
        .validation_data(&x, &y_val)
        .callback(&mut stopping)
        .callback(SaveBest::new(|report: &EpochReport, _: &f64| {
            saved.push(report.epoch);
        }))
        .run(&mut w, &mut Adam::new(0.01), &x, &y)
        .unwrap();
    let best = *stopping.best().unwrap();
    assert_eq!(history.loss.len(), best.epoch + 3);
    assert_eq!(best.val_loss, Some((w - 1.0) * (w - 1.0)));
    assert!((w - 1.0).abs() < 0.01);
    assert_eq!(saved.last(), Some(&best.epoch));
}

#[test]
fn callbacks_can_end_training_and_change_the_rate() {
    let (x, y) = data(4);
    let history = Fit::new(value_and_grad)
        .epochs(10)
        .callback(ReduceOnPlateau { patience: 1, min_delta: 1e9, ..Default::default() })
        .on_epoch_end(
            |report: &EpochReport, _: &f64| {
                if report.epoch == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        )
        .run(&mut 0.0, &mut Sgd::new(1.0), &x, &y)
        .unwrap();
    assert_eq!(history.learning_rate.len(), 3);
    assert!(history.learning_rate[2] < 0.02);
}

#[test]
fn lines_have_the_form_that_the_documentation_gives() {
    let mut report = EpochReport { epoch: 10, epochs: 100, loss: 0.12341, val_loss: None, learning_rate: 0.1 };
    assert_eq!(line(&report, &[]), "Epoch 10/100: Loss=0.1234");
    report.val_loss = Some(0.5);
    assert_eq!(line(&report, &[]), "Epoch 10/100: Loss=0.1234, Validation=0.5000");
}

#[test]
fn inputs_may_be_arrays_of_another_precision_than_the_loss() {
    let x = Array2::<f32>::zeros((3, 2));
    let function = |_: &f32, _: &Array2<f32>, _: &Vec<u8>| (1.0_f32, 0.0_f32);
    assert!(Fit::new(function).run(&mut 0.0, &mut Adam::new(0.1), &x, &vec![1, 2, 3]).is_ok());
}

#[test]
fn metrics_are_those_of_the_validation_data_if_there_is_any() {
    let (x, y) = data(10);
    let fit = || {
        Fit::new(value_and_grad)
            .epochs(2)
            .metric("count", |_: &f64, x: &Vec<usize>, _: &Array1<f64>| x.len() as f64)
            .metric("last", |_: &f64, _: &Vec<usize>, y: &Array1<f64>| y[y.len() - 1])
    };
    let history = fit().run(&mut 0.0, &mut Sgd::new(0.0), &x, &y).unwrap();
    assert_eq!(history.metric("count"), Some(&[10.0, 10.0][..]));
    let split = fit().validation_split(0.3).run(&mut 0.0, &mut Sgd::new(0.0), &x, &y).unwrap();
    assert_eq!((split.metric("count"), split.metric("last")), (Some(&[3.0; 2][..]), Some(&[9.0; 2][..])));
    assert!(split.to_csv().starts_with("epoch,loss,val_loss,count,last,learning_rate"));
    let found = fit().evaluate(&0.0, &x, &y).unwrap();
    assert_eq!((found.metric("count"), found.metric("last"), found.metric("first")), (Some(10.0), Some(9.0), None));
    assert_eq!(fit().evaluate(&0.0, &vec![], &array![]).unwrap_err().kind(), FitErrorKind::EmptyData);
}

#[test]
fn accumulated_batches_make_the_steps_of_large_ones() {
    let (x, y) = data(10);
    let train = |batch_size, accumulate| {
        let (mut w, mut optimizer) = (0.0, Sgd::new(0.1));
        let fit = Fit::new(value_and_grad).epochs(3).batch_size(batch_size).shuffle(false);
        fit.accumulate(accumulate).run(&mut w, &mut optimizer, &x, &y).unwrap();
        (w, optimizer.steps())
    };
    for (small, count, large) in [(2, 2, 4), (3, 2, 6), (1, 100, 10)] {
        let ((found, steps), (expected, expected_steps)) = (train(small, count), train(large, 1));
        assert_eq!(steps, expected_steps);
        assert!((found - expected).abs() < 1e-12);
    }
}

/// A label out of range is named as the data has it, whatever the order of the samples.
#[test]
fn errors_about_labels_name_samples_of_the_data() {
    let labels: Vec<usize> = (0..20).map(|i| if i == 13 { 9 } else { 1 }).collect();
    let x = Array2::<f64>::ones((20, 2));
    let fit = Fit::new(|_: &f64, x: &Array2<f64>, labels: &Vec<usize>| {
        (crate::kernels::losses::sparse_softmax_cross_entropy(labels, x), 0.0)
    });
    let message = |run: &dyn Fn()| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    let fit = fit.batch_size(8);
    let found = message(&|| drop(fit.clone().run(&mut 0.0, &mut Sgd::new(0.1), &x, &labels)));
    assert!(found.contains("which is sample 13 of the data, is 9, but there are only 2 classes"), "{found}");
    let found = message(&|| drop(fit.evaluate(&0.0, &x, &labels)));
    assert!(found.contains("the label of row 5, which is sample 13 of the data, is 9"), "{found}");
    let good = vec![1; 20];
    let validated = fit.validation_data(&x, &labels);
    let found = message(&|| drop(validated.clone().run(&mut 0.0, &mut Sgd::new(0.1), &x, &good)));
    assert!(found.contains("which is sample 13 of the validation data, is 9"), "{found}");
}
