//! Methods and functions of `ndarray` that are said in terms of others: values, gradients and Hessians.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs)]

use differentiable::ndarray::{
    ArrayView, Dimension, Ix1, Ix2, Ix3, ShapeBuilder, arr1, arr2, aview1, concatenate, indices, linalg, stack,
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

/// The Hessian is the difference of gradients.
fn compare<D: Dimension>(x: &Array<f64, D>, gradient: impl Fn(&Array<f64, D>) -> Array<f64, D>, hessian: Array2<f64>) {
    for i in 0..x.len() {
        let at = |by: f64| {
            let mut x = x.clone();
            *x.iter_mut().nth(i).unwrap() += by;
            gradient(&x)
        };
        for (found, expected) in hessian.row(i).iter().zip(&((at(1e-5) - at(-1e-5)) / 2e-5)) {
            assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "row {i}: {found} is not {expected}");
        }
    }
}

/// Each body as a function of a reference, twice differentiated, and of a view.
macro_rules! bodies {
    ($($name:ident($x:ident: $dimension:ident, $shape:expr) { $($body:tt)* })*) => {$(
        mod $name {
            use super::*;

            #[differentiable(order = 2)]
            fn reference($x: &Array<f64, $dimension>) -> f64 { $($body)* }

            #[differentiable]
            fn view($x: ArrayView<'_, f64, $dimension>) -> f64 { $($body)* }

            #[test]
            fn agrees_with_differences() {
                let x = wave($shape);
                reference::check(&x).unwrap();
                view::check(x.view()).unwrap();
                let gradient = reference::grad(&x);
                assert!(gradient.iter().any(|d| *d != 0.0), "a program without derivative tests nothing");
                assert!((view::grad(x.view()) - &gradient).iter().all(|d| d.abs() < 1e-12));
                compare(&x, |x| reference::grad(x), reference::hessian(&x));
            }
        }
    )*};
}

bodies! {
    flatten(x: Ix2, (2, 3)) { x.flatten().slice(s![1..4]).product() }
    into_flat(x: Ix2, (2, 3)) { x.to_owned().into_flat().slice(s![1..4]).product() }
    into_diag(x: Ix2, (2, 2)) { x.to_owned().into_diag().product() }
    into_dyn(x: Ix2, (2, 3)) { let y = x.to_owned().into_dyn(); y[[0, 1]] * y.sum_axis(Axis(0)).product() }
    into_dimensionality(x: Ix2, (2, 3)) {
        let y = x.to_owned().into_dyn().into_dimensionality::<Ix2>().unwrap();
        y.row(0).dot(&y.row(1))
    }
    into_scalar(x: Ix1, 3) { x.sum_axis(Axis(0)).into_scalar() * x[0] }
    as_standard_layout(x: Ix2, (2, 3)) { x.t().as_standard_layout().row(1).product() }
    slice_move(x: Ix1, 4) { x.to_owned().slice_move(s![1..]).product() }
    remove_axis(x: Ix2, (1, 3)) { x.to_owned().remove_axis(Axis(0)).product() }
    assign_to(x: Ix1, 3) { let mut y = Array1::<f64>::zeros(3); x.assign_to(&mut y); y.product() }
    swap(x: Ix2, (2, 2)) { let mut y = x.to_owned(); y.swap([0, 1], [1, 0]); y.row(0).dot(&x.row(0)) }
    triu_tril(x: Ix2, (3, 3)) { (x.tril(1) * &x.view()).sum() + x.triu(1).mapv(|v| v * v * v).sum() * x.triu(-1).sum() }
    swap_axes(x: Ix2, (2, 3)) { let mut y = x.to_owned(); y.swap_axes(0, 1); y.row(1).product() }
    swap_axes_in_a_loop(x: Ix2, (2, 2)) { let mut y = x.to_owned(); for _ in 0..3 { y.swap_axes(0, 1); y = y.dot(&x.view()); } y.sum() }
    permute_axes(x: Ix3, (2, 3, 1)) { let mut y = x.to_owned(); y.permute_axes([2, 0, 1]); y.index_axis(Axis(2), 1).product() }
    reverse_axes(x: Ix2, (2, 3)) { let mut y = x.to_owned(); y.reverse_axes(); y.row(1).product() }
    invert_axis(x: Ix1, 3) { let mut y = x.to_owned(); y.invert_axis(Axis(0)); y[0] * y.dot(&x.view()) }
    accumulate_1(x: Ix1, 4) { let mut y = x.to_owned(); y.accumulate_axis_inplace(Axis(0), |&before, now| *now *= before); y.sum() }
    accumulate_2(x: Ix2, (3, 2)) { let mut y = x.to_owned(); y.accumulate_axis_inplace(Axis(0), |&before, now| *now += before * *now); y.product() }
    cumprod(x: Ix2, (2, 3)) { x.cumprod(Axis(1)).sum() }
    diff(x: Ix2, (2, 4)) { x.diff(2, Axis(1)).mapv(|d| d * d * d).sum() }
    split_at(x: Ix2, (4, 2)) {
        let (a, b) = x.view().split_at(Axis(0), 1);
        let (c, d) = b.split_at(Axis(0), 2);
        a.product() + (&c * &d).sum()
    }
    split_at_mut(x: Ix1, 4) {
        let mut y = x.to_owned();
        let (mut a, b) = y.view_mut().split_at(Axis(0), 2);
        a *= &b;
        y.product()
    }
    multi_slice_mut(x: Ix1, 4) {
        let mut y = x.to_owned();
        let (mut a, b) = y.multi_slice_mut((s![..2], s![2..]));
        a.assign(&b);
        y.product()
    }
    append(x: Ix2, (2, 3)) {
        let mut y = x.to_owned();
        y.append(Axis(0), x.slice(s![1.., ..])).unwrap();
        y.push_row(x.row(0)).unwrap();
        y.column(1).product()
    }
    push_column(x: Ix2, (2, 3)) { let mut y = x.mapv(|v| v * v); y.push_column(x.column(1)).unwrap(); y.row(0).product() }
    remove_index(x: Ix2, (3, 2)) { let mut y = x.to_owned(); y.remove_index(Axis(0), 1); y.product() }
    axis_chunks_iter_mut(x: Ix2, (3, 2)) { let mut y = x.to_owned(); for mut c in y.axis_chunks_iter_mut(Axis(0), 2) { let s = c.sum(); c *= s; } y.product() }
    axis_windows(x: Ix2, (4, 2)) { x.axis_windows(Axis(0), 2).into_iter().map(|w| w.product()).sum::<f64>() }
    into_outer_iter(x: Ix2, (3, 2)) { x.view().into_outer_iter().map(|row| row.product()).sum::<f64>() }
    first_and_last(x: Ix2, (2, 3)) { x.first().unwrap() * x.last().copied().unwrap() }
    best_row(x: Ix2, (3, 2)) { x.rows().into_iter().max_by(|a, b| a.sum().total_cmp(&b.sum())).unwrap().product() }
    largest_of_rows(x: Ix2, (2, 3)) { x.map_axis(Axis(1), |r| *r.iter().max_by(|a, b| a.total_cmp(b)).unwrap()).product() }
    general_mat_mul(x: Ix2, (2, 2)) {
        let mut y = x.mapv(|v| 0.5 * v);
        for _ in 0..2 { linalg::general_mat_mul(0.5, &x.view(), &x.t(), 1.5, &mut y); }
        y.product()
    }
    general_mat_mul_overwrites(x: Ix2, (2, 2)) {
        let mut y = Array2::from_elem((2, 2), f64::NAN);
        linalg::general_mat_mul(2.0, &x.view(), &x.t(), 0.0, &mut y);
        y.product()
    }
    general_mat_vec_mul(x: Ix2, (2, 2)) { let mut y = x.row(0).to_owned(); linalg::general_mat_vec_mul(1.0, &x.view(), &x.row(1), 0.5, &mut y); y.product() }
    kron(x: Ix2, (2, 2)) { linalg::kron(&x.view(), &x.t()).row(1).product() }
    literals(x: Ix1, 3) { arr2(&[[x[0], x[1]], [x[2], 1.0]]).dot(&arr1(&[x[0], x[1] * x[1]])).product() + aview1(&[1.0, 2.0, 3.0]).dot(&x.view()) }
    slices(x: Ix1, 3) { let v = x.to_vec(); arr1(&v).dot(&aview1(&v[..])) * x[0] }
    from_diag(x: Ix1, 2) { Array2::from_diag(&x.view()).dot(&x.view()).product() }
    from_shape(x: Ix1, 4) { let v = x.to_vec(); ArrayView::from_shape((2, 2), &v).unwrap().dot(&x.slice(s![..2])).product() }
    linspace(x: Ix1, 3) { let t = Array1::linspace(x[0], 2.0 * x[1], 5); t.dot(&t) * x[2] }
    stack_of_a_list(x: Ix2, (2, 3)) {
        let rows: Vec<Array1<f64>> = x.outer_iter().map(|row| &row * 2.0).collect();
        let views: Vec<ArrayView1<f64>> = rows.iter().map(|row| row.view()).collect();
        stack(Axis(1), &views).unwrap().row(0).product()
    }
    concatenation_of_a_list(x: Ix2, (2, 3)) {
        let rows: Vec<ArrayView2<f64>> = vec![x.view(), x.slice(s![1.., ..])];
        concatenate(Axis(0), &rows).unwrap().column(2).product()
    }
    index_pairs(x: Ix2, (2, 3)) {
        let mut sum = 0.0;
        for (i, j) in indices(x.dim()) { sum += x[[i, j]] * x[[1 - i, j]] * (i + j) as f64; }
        sum + indices((2, 3)).into_iter().map(|(i, j)| x[[i, j]] * x[[i, 2 - j]]).sum::<f64>()
    }
}

/// What reads an array while it is written to is read before.
#[differentiable]
fn moved_within(x: &Array1<f64>) -> f64 {
    let mut y = x.clone();
    let end = y.slice(s![2..]).to_owned();
    y.slice_mut(s![..2]).assign(&end);
    y.product()
}

#[test]
fn parts_move_within_an_array() {
    moved_within::check(&array![0.5, 1.5, 0.7, 1.1]).unwrap();
    assert_eq!(moved_within::grad(&array![9.0, 9.0, 2.0, 3.0]), array![0.0, 0.0, 36.0, 24.0]);
}

#[differentiable]
fn of_another_number_of_axes(x: &ArrayD<f64>) -> f64 {
    let y = x.to_owned().into_dimensionality::<Ix2>().unwrap();
    y.sum()
}

#[test]
#[should_panic(expected = "an array of shape [3] has 1 axes")]
fn numbers_of_axes_are_checked_in_derivatives_too() {
    let _ = of_another_number_of_axes::__rev0(&array![1.0, 2.0, 3.0].into_dyn(), &mut array![0.0, 0.0, 0.0].into_dyn());
}

#[differentiable(order = 2)]
fn spaced(a: f64, b: f64, step: f64, base: f64) -> f64 {
    let straight = Array1::linspace(a, b, 5);
    let steps = Array1::range(a, b, step);
    let powers: Array1<f64> = Array::logspace(base, a, b, 4);
    let curved: Array1<f64> = Array::geomspace(a, b, 3).unwrap();
    let none: Option<Array1<f64>> = Array::geomspace(-a, b, 3);
    straight.dot(&straight)
        + steps.mapv(|v| v * v).sum()
        + powers.sum() * curved[1]
        + if none.is_some() { 1e3 } else { 0.0 }
}

#[test]
fn numbers_between_active_ends() {
    let (a, b, step, base) = (0.3, 1.7, 0.45, 3.0);
    spaced::check(a, b, step, base).unwrap();
    spaced::check(a, b, step, -base).unwrap();
    // The formulas of derivatives give the numbers of `ndarray`.
    for (a, b, base) in [(a, b, base), (0.2, 0.9, -2.0), (1.1, 1.2, 10.0)] {
        let (value, _) = spaced::value_and_grad(a, b, step, base);
        assert!((value - spaced(a, b, step, base)).abs() < 1e-12 * value.abs());
    }
    let (gradient, direction) = (spaced::grad(a, b, step, base), 1e-5);
    let along = spaced::hvp(a, b, step, base, 1.0, 0.0, 0.0, 0.0);
    let (up, down) = (spaced::grad(a + direction, b, step, base), spaced::grad(a - direction, b, step, base));
    assert!((along.0 - (up.0 - down.0) / (2.0 * direction)).abs() < 1e-6 * gradient.0.abs());
    assert!((along.3 - (up.3 - down.3) / (2.0 * direction)).abs() < 1e-6);
}
