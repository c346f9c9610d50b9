//! Every method of arrays in every form in which arrays are passed: owned, by reference, as a view, behind `ArrayRef`,
//! and as a field of a struct.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs)]

use differentiable::ndarray::{
    ArrayRef, ArrayView, Dimension, Ix1, Ix2, Ix3, IxDyn, ShapeBuilder, Slice, Zip, concatenate, stack,
};
use differentiable::prelude::*;

/// Numbers in (0.1, 1.9), without ties.
fn wave<D: Dimension>(shape: impl ShapeBuilder<Dim = D>) -> Array<f64, D> {
    let mut index = 0.0_f64;
    Array::from_shape_simple_fn(shape, || {
        index += 1.0;
        (index * 12.9898).sin() * 0.9 + 1.0
    })
}

/// Each body as a function of an array in each form, against differences.
macro_rules! forms {
    ($($name:ident($x:ident: $dimension:ident, $shape:expr) { $($body:tt)* })*) => {$(
        mod $name {
            use super::*;

            #[differentiable]
            fn owned($x: Array<f64, $dimension>) -> f64 { $($body)* }

            #[differentiable]
            fn reference($x: &Array<f64, $dimension>) -> f64 { $($body)* }

            #[differentiable]
            fn view($x: ArrayView<'_, f64, $dimension>) -> f64 { $($body)* }

            #[differentiable]
            fn reference_of_view($x: &ArrayView<'_, f64, $dimension>) -> f64 { $($body)* }

            #[differentiable]
            fn dereferenced($x: &ArrayRef<f64, $dimension>) -> f64 { $($body)* }

            #[derive(Clone, Differentiable)]
            struct Held {
                held: Array<f64, $dimension>,
            }

            #[differentiable]
            fn field(holder: &Held) -> f64 {
                let $x: &Array<f64, $dimension> = &holder.held;
                $($body)*
            }

            #[test]
            fn agrees_with_differences() {
                let x = wave($shape);
                owned::check(x.clone()).unwrap();
                reference::check(&x).unwrap();
                view::check(x.view()).unwrap();
                reference_of_view::check(&x.view()).unwrap();
                dereferenced::check(&x).unwrap();
                field::check(&Held { held: x.clone() }).unwrap();
                let expected = reference::grad(&x);
                assert_eq!(owned::grad(x.clone()), expected);
                assert_eq!(view::grad(x.view()), expected);
                assert_eq!(field::grad(&Held { held: x.clone() }).held, expected);
                // In another order of axes, the same but for the rounding of sums.
                let turned = x.t().as_standard_layout().to_owned();
                assert!((view::grad(turned.t()) - &expected).iter().all(|d| d.abs() < 1e-12));
            }
        }
    )*};
}

forms! {
    mapv_1(x: Ix1, 4) { x.mapv(|v| v.sin() * v).sum() }
    mapv_2(x: Ix2, (2, 3)) { x.mapv(|v| v.sin() * v).sum() }
    mapv_3(x: Ix3, (2, 3, 2)) { x.mapv(|v| v.sin() * v).sum() }
    mapv_dynamic(x: IxDyn, vec![2, 3]) { x.mapv(|v| v.sin() * v).sum() }
    mapv_function(x: Ix2, (2, 3)) { x.mapv(f64::tanh).sum() }
    map(x: Ix2, (2, 3)) { x.map(|v| v * v.ln()).sum() }
    mapv_into(x: Ix2, (2, 3)) { x.to_owned().mapv_into(|v| v.exp() * v).sum() }
    mapv_inplace(x: Ix2, (2, 3)) { let mut y = x.to_owned(); y.mapv_inplace(|v| v * v * v); y.sum() }
    map_inplace(x: Ix2, (2, 3)) { let mut y = x.to_owned(); y.map_inplace(|v| *v = v.sqrt() + *v); y.sum() }
    fold(x: Ix2, (2, 3)) { x.fold(1.0, |acc, &v| acc * v + v) }
    sum_1(x: Ix1, 4) { x.sum() * x.sum() }
    sum_3(x: Ix3, (2, 1, 3)) { x.sum() * x.sum() }
    sum_dynamic(x: IxDyn, vec![2, 2, 2]) { x.sum() * x.sum() }
    mean(x: Ix2, (2, 3)) { x.mean().unwrap().powi(2) }
    product(x: Ix2, (2, 3)) { x.product() }
    var(x: Ix2, (2, 3)) { x.var(0.0) + x.std(1.0) }
    sum_axis_2(x: Ix2, (2, 3)) { x.sum_axis(Axis(0)).mapv(|v| v * v).sum() + x.sum_axis(Axis(1)).product() }
    sum_axis_3(x: Ix3, (2, 3, 2)) { x.sum_axis(Axis(1)).mapv(|v| v * v).sum() }
    sum_axis_dynamic(x: IxDyn, vec![2, 3]) { x.sum_axis(Axis(1)).product() }
    mean_axis(x: Ix2, (2, 3)) { x.mean_axis(Axis(0)).unwrap().mapv(|v| v * v).sum() }
    var_axis(x: Ix2, (3, 2)) { x.var_axis(Axis(0), 0.0).mapv(|v| v * v).sum() }
    std_axis(x: Ix2, (3, 2)) { x.std_axis(Axis(0), 1.0).mapv(|v| v * v).sum() }
    product_axis(x: Ix2, (3, 2)) { x.product_axis(Axis(0)).mapv(|v| v * v).sum() }
    fold_axis(x: Ix2, (2, 3)) { x.fold_axis(Axis(1), 1.0, |&acc, &v| acc * v + v).product() }
    map_axis(x: Ix2, (2, 3)) { x.map_axis(Axis(1), |row| row.sum() * row[0]).product() }
    map_axis_3(x: Ix3, (2, 3, 2)) { x.map_axis(Axis(0), |lane| lane[0] * lane[1]).sum() }
    slice(x: Ix2, (3, 4)) { let y = x.slice(s![1.., ..;2]); y.sum() * y[[0, 1]] }
    slice_negative(x: Ix1, 5) { x.slice(s![-3..]).product() + x.slice(s![..;-1])[0] }
    slice_index(x: Ix3, (2, 3, 4)) { x.slice(s![1, .., 1..3]).product() + x.slice(s![.., 0, 0]).product() }
    slice_axis(x: Ix2, (3, 4)) { x.slice_axis(Axis(1), Slice::from(1..3)).product() }
    slice_new_axis(x: Ix1, 3) { x.slice(s![.., differentiable::ndarray::NewAxis]).dot(&x.slice(s![differentiable::ndarray::NewAxis, ..])).sum() }
    slice_mut(x: Ix2, (3, 3)) { let mut y = x.to_owned(); y.slice_mut(s![1.., ..2]).mapv_inplace(|v| v * v); y.product() }
    row(x: Ix2, (2, 3)) { x.row(0).dot(&x.row(1)) }
    column(x: Ix2, (3, 2)) { x.column(0).dot(&x.column(1)) * x.column(1).sum() }
    index_axis_2(x: Ix2, (2, 3)) { x.index_axis(Axis(0), 1).product() }
    index_axis_3(x: Ix3, (2, 3, 2)) { x.index_axis(Axis(1), 2).dot(&x.index_axis(Axis(1), 0)).sum() }
    index_axis_dynamic(x: IxDyn, vec![2, 3]) { x.index_axis(Axis(0), 1).product() }
    rows(x: Ix2, (2, 3)) { let mut s = 0.0; for row in x.rows() { s += row.product(); } s }
    columns(x: Ix2, (2, 3)) { let mut s = 0.0; for c in x.columns() { s += c.product(); } s }
    rows_3(x: Ix3, (2, 3, 2)) { let mut s = 0.0; for row in x.rows() { s += row.product(); } s }
    axis_iter(x: Ix2, (2, 3)) { x.axis_iter(Axis(1)).map(|c| c.product()).sum() }
    axis_iter_3(x: Ix3, (2, 3, 2)) { x.axis_iter(Axis(1)).map(|m| m.product()).sum() }
    outer_iter_1(x: Ix2, (2, 3)) { x.outer_iter().map(|r| r.dot(&r)).sum() }
    outer_iter_3(x: Ix3, (2, 3, 2)) { let mut s = 1.0; for m in x.outer_iter() { s *= m.sum(); } s }
    lanes(x: Ix3, (2, 3, 2)) { let mut s = 0.0; for lane in x.lanes(Axis(1)) { s += lane.product(); } s }
    iter(x: Ix3, (2, 1, 2)) { x.iter().map(|v| v.sin()).product() }
    indexed_iter(x: Ix2, (2, 3)) { x.indexed_iter().map(|((i, j), v)| (i + 2 * j) as f64 * v * v).sum() }
    axis_chunks_iter(x: Ix2, (5, 2)) { x.axis_chunks_iter(Axis(0), 2).map(|c| c.product()).sum() }
    exact_chunks(x: Ix2, (4, 2)) { x.exact_chunks((2, 2)).into_iter().map(|c| c.product()).sum() }
    windows(x: Ix1, 4) { x.windows(2).into_iter().map(|w| w[0] * w[1].sin()).sum() }
    t(x: Ix2, (2, 3)) { x.t().dot(&x.view()).mapv(|v| v * v).sum() }
    reversed_axes(x: Ix2, (2, 3)) { x.view().reversed_axes().dot(&x.view()).product() }
    permuted_axes(x: Ix3, (2, 3, 1)) { let p = x.view().permuted_axes([2, 0, 1]); p.sum_axis(Axis(2)).product() }
    into_shape(x: Ix2, (2, 3)) { x.to_owned().into_shape_with_order(6).unwrap().slice(s![1..4]).product() }
    into_shape_2(x: Ix1, 6) { x.to_owned().into_shape_with_order((2, 3)).unwrap().row(1).product() }
    to_shape(x: Ix2, (2, 3)) { x.to_shape((3, 2)).unwrap().row(1).product() }
    insert_axis(x: Ix1, 3) { let c = x.to_owned().insert_axis(Axis(1)); (&c * &c.t()).mapv(|v| v * v).sum() }
    insert_axis_view(x: Ix1, 3) { x.view().insert_axis(Axis(0)).dot(&x.view().insert_axis(Axis(1))).sum() }
    broadcast(x: Ix1, 3) { let b = x.broadcast((2, 3)).unwrap(); (&b * &b).sum() * b[[1, 2]] }
    concatenate_1(x: Ix1, 3) { concatenate(Axis(0), &[x.view(), x.slice(s![1..])]).unwrap().product() }
    concatenate_macro(x: Ix2, (2, 2)) { concatenate![Axis(1), x.view(), x.view()].row(1).product() }
    stack_1(x: Ix1, 3) { stack(Axis(0), &[x.view(), x.view()]).unwrap().column(1).product() }
    stack_macro(x: Ix1, 3) { stack![Axis(1), x.view(), x.view()].row(1).product() }
    select(x: Ix2, (3, 2)) { x.select(Axis(0), &[2, 0, 2]).product() }
    assign(x: Ix2, (2, 3)) { let mut y = Array2::zeros((2, 3)); y.assign(&x); y.mapv(|v| v * v).sum() }
    assign_row(x: Ix2, (2, 3)) { let mut y = Array2::ones((2, 3)); y.row_mut(1).assign(&x.row(0)); y.product() }
    fill(x: Ix1, 3) { let mut y = Array1::zeros(4); y.fill(x[1]); y[0] = x[2]; y.product() }
    zip(x: Ix2, (2, 3)) {
        let mut y = Array2::zeros((2, 3));
        Zip::from(&mut y).and(&x.view()).and(&x.view()).for_each(|y, &a, &b| *y = a * b.sin());
        y.sum()
    }
    zip_map(x: Ix1, 3) { Zip::from(&x.view()).map_collect(|&v| v * v).product() }
    zip_fold(x: Ix1, 3) { Zip::from(&x.view()).fold(1.0, |acc, &v| acc * v + v) }
    zip_rows(x: Ix2, (2, 3)) {
        let mut y = Array1::zeros(2);
        Zip::from(&mut y).and(x.rows()).for_each(|y, row| *y = row.product());
        y.sum()
    }
    index(x: Ix2, (2, 3)) { x[[0, 1]] * x[(1, 2)] * x[[0, 1]] }
    index_1(x: Ix1, 3) { x[0] * x[[1]] * x[0] }
    index_dynamic(x: IxDyn, vec![2, 3]) { x[[0, 1]] * x[[1, 2]] }
    index_write(x: Ix2, (2, 3)) { let mut y = x.to_owned(); y[[0, 1]] *= y[[1, 1]]; y[[1, 1]] = y[[0, 1]].sin(); y.sum() }
    first_last(x: Ix1, 3) { x.first().unwrap() * x.last().unwrap() }
    get(x: Ix1, 3) { x.get(1).unwrap() * x.get(2).copied().unwrap() }
    dot_1_1(x: Ix1, 3) { x.dot(&x.view()) }
    dot_1_2(x: Ix1, 2) { x.dot(&array![[1.0, 2.0, 3.0], [0.5, 0.1, 0.2]]).product() }
    dot_2_1(x: Ix2, (2, 3)) { x.dot(&x.row(1)).product() }
    dot_2_2(x: Ix2, (2, 2)) { x.dot(&x.view()).dot(&x.t()).sum() }
    functions(x: Ix2, (2, 3)) { (x.sin() + x.exp() * x.tanh() - x.sqrt() + x.ln() * x.abs() + x.recip()).sum() }
    powers(x: Ix2, (2, 3)) { (x.powi(3) + x.powf(1.5) + x.pow2()).sum() }
    clamp(x: Ix1, 4) { x.clamp(0.5, 1.5).product() }
    diag(x: Ix2, (3, 3)) { x.diag().product() }
    scaled_add(x: Ix1, 3) { let mut y = x.to_owned(); y.scaled_add(2.0, &x.view()); y.product() }
    norms(x: Ix1, 3) { x.dot(&x.view()).sqrt() + x.mapv(f64::abs).sum() }
    maximum(x: Ix1, 4) { x.iter().copied().fold(f64::NEG_INFINITY, f64::max) }
    operators(x: Ix2, (2, 3)) {
        let v = x.view();
        let w = x.to_owned();
        ((&v + &w) * (2.0 * &w - 1.0) / (&v * &v + 1.0) - (-&w) + (3.0 - &v) / 2.0 + 1.0 / w).sum()
    }
    broadcasting(x: Ix2, (2, 3)) {
        let row = x.row(0);
        let column = x.column(1).insert_axis(Axis(1));
        (&x.view() * &row + &column * &row - &row / &column).sum()
    }
    compound(x: Ix2, (2, 3)) {
        let mut y = x.to_owned();
        y += &x.view();
        y *= &x.row(0);
        y -= 0.5;
        y /= &x.view();
        y *= 2.0;
        y.mapv(|v| v * v).sum()
    }
    remove_axis(x: Ix2, (3, 2)) { x.view().index_axis_move(Axis(0), 1).product() }
    into_iterator(x: Ix1, 3) { x.to_owned().into_iter().map(|v| v * v).sum() }
}
