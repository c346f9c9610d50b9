use differentiable::prelude::*;

#[differentiable]
fn raw(x: &Array2<f64>) -> f64 {
    let v = x.clone().into_raw_vec_and_offset();
    v.0[0]
}

#[differentiable]
fn pointer(x: &Array2<f64>) -> f64 {
    let _p = x.as_ptr();
    x.sum()
}

#[differentiable]
fn cells(x: &Array2<f64>) -> f64 {
    let mut y = x.clone();
    y.cell_view()[[0, 0]].set(1.0);
    y.sum()
}

#[differentiable]
fn each_axis(x: &Array2<f64>) -> f64 {
    x.slice_each_axis(|_| differentiable::ndarray::Slice::from(..1)).sum()
}

#[differentiable]
fn merged(x: &Array2<f64>) -> f64 {
    let mut y = x.clone();
    y.merge_axes(Axis(0), Axis(1));
    y.sum()
}

#[differentiable]
fn mapped(x: &Array2<f64>) -> f64 {
    let mut y = x.clone();
    y.map_axis_mut(Axis(0), |mut lane| {
        lane[0] = 0.0;
        1.0
    })
    .sum()
}

#[differentiable]
fn strided(x: &Array1<f64>) -> f64 {
    x.windows_with_stride(2, 2).into_iter().map(|w| w.sum()).sum()
}

#[differentiable]
fn dimension(x: &ArrayD<f64>) -> f64 {
    let y = x.clone().into_dimensionality().unwrap();
    let y: Array2<f64> = y;
    y.sum()
}

#[differentiable]
fn view(x: &Array2<f64>) -> f64 {
    let mut y = x.clone();
    y.slice_mut(differentiable::ndarray::s![.., 1..]).invert_axis(Axis(0));
    y.sum()
}

#[differentiable]
fn indexed(x: &ArrayD<f64>) -> f64 {
    let mut sum = 0.0;
    for (i, v) in x.indexed_iter() {
        sum += v * i[0] as f64;
    }
    sum
}

fn main() {}
