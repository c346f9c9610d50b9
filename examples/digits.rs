//! Handwritten digits: 1,797 images of 8 × 8 pixels from the UCI repository, and a convolutional network.
//!
//! Of every fifty images the last ten are for the test; the network is not trained on them. On the same split, scikit-learn's
//! `SVC(gamma=0.001)`, which its documentation recommends for these data, is right for 354 of the 357 images.
//!
//! Run it with `cargo run --release --example digits`. It writes the course of the training to
//! `target/pictures/digits.svg`, and the images it is wrong about to `target/pictures/digits_wrong.svg`.

#[path = "common/picture.rs"]
mod picture;

use std::error::Error;
use std::path::Path;

use differentiable::data::read_idx;
use differentiable::prelude::*;
use plotters::prelude::*;

/// The images, scaled to [0, 1], of shape (count, 8, 8, 1), and their labels.
fn digits() -> Result<(Array4<f32>, Array1<usize>), Box<dyn Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let images: Array3<u8> = read_idx(data.join("digits-images.idx.gz"))?.into_dimensionality()?;
    let labels: Array1<u8> = read_idx(data.join("digits-labels.idx.gz"))?.into_dimensionality()?;
    Ok((images.mapv(|pixel| f32::from(pixel) / 16.0).insert_axis(Axis(3)), labels.mapv(usize::from)))
}

#[differentiable(wrt(model))]
fn loss<L>(model: &L, #[constant] x: &Array4<f32>, #[constant] labels: &Array1<usize>) -> f32
where
    L: Model<Input = Array4<f32>, Output = Array2<f32>> + Differentiable,
{
    sparse_softmax_cross_entropy(labels, &model.call(x))
}

/// The metric beside the loss.
fn share_right<L>(model: &L, x: &Array4<f32>, labels: &Array1<usize>) -> f64
where
    L: Model<Input = Array4<f32>, Output = Array2<f32>>,
{
    accuracy(labels, &model.predict(x, 128))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (images, labels) = digits()?;
    let part = |test: bool| {
        let rows: Vec<usize> = (0..labels.len()).filter(|row| (row / 10 % 5 == 4) == test).collect();
        (images.select(Axis(0), &rows), labels.select(Axis(0), &rows))
    };
    let ((x, y), (x_test, y_test)) = (part(false), part(true));

    let mut rng = seeded(3);
    let mut model = Sequential((
        Conv2D::new(1, 16, (3, 3), &mut rng).padding(Padding::Same).with_activation(Activation::Relu),
        Conv2D::new(16, 32, (3, 3), &mut rng).padding(Padding::Same).with_activation(Activation::Relu),
        MaxPool2D::new((2, 2)),
        Flatten::new(),
        Dropout::new(0.4, &mut rng),
        Dense::new(4 * 4 * 32, 10, &mut rng),
    ));
    println!("{}\n", summary(&model));

    let history = Fit::new(loss::value_and_grad)
        .epochs(20)
        .batch_size(32)
        .seed(3)
        .validation_data(&x_test, &y_test)
        .metric("accuracy", share_right)
        .verbose(5)
        .run(&mut model, &mut Adam::new(0.002), &x, &y)?;
    picture::write("digits.svg", &history.to_svg())?;

    let predicted = argmax(&model.predict(&x_test, 128));
    let matrix = ConfusionMatrix::new(&y_test, &predicted, 10);
    let wrong: Vec<usize> = (0..predicted.len()).filter(|&n| predicted[n] != y_test[n]).collect();
    println!("\n{matrix}\n\n{} of {} right, F1 {:.4}", y_test.len() - wrong.len(), y_test.len(), matrix.macro_f1());
    let drawings: Vec<_> = wrong.iter().map(|&n| (x_test.index_axis(Axis(0), n), y_test[n], predicted[n])).collect();
    picture::write("digits_wrong.svg", &draw(&drawings)?)?;
    assert!(matrix.accuracy() > 0.97, "the test accuracy is {}", matrix.accuracy());
    Ok(())
}

/// Images side by side, each with what it is and what it was taken for.
fn draw(digits: &[(ArrayView<'_, f32, Ix3>, usize, usize)]) -> Result<String, Box<dyn Error>> {
    const PIXEL: i32 = 12;
    const COLUMNS: usize = 6;
    let mut svg = String::new();
    let rows = digits.len().div_ceil(COLUMNS).max(1) as u32;
    let area = SVGBackend::with_string(&mut svg, (COLUMNS as u32 * 120, rows * 130)).into_drawing_area();
    area.fill(&WHITE)?;
    for (cell, (image, label, taken_for)) in area.split_evenly((rows as usize, COLUMNS)).iter().zip(digits) {
        let text = format!("{label}, not {taken_for}");
        cell.draw(&Text::new(text, (12, 2), ("sans-serif", 14).into_font()))?;
        for ((row, column, _), &ink) in image.indexed_iter() {
            let grey = ((1.0 - ink) * 255.0) as u8;
            let (left, top) = (12 + PIXEL * column as i32, 20 + PIXEL * row as i32);
            let color = RGBColor(grey, grey, grey).filled();
            cell.draw(&Rectangle::new([(left, top), (left + PIXEL, top + PIXEL)], color))?;
        }
    }
    area.present()?;
    drop(area);
    Ok(svg)
}
