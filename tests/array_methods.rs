//! The methods of `ndarray`, one by one, for owned arrays, references and views, in all dimensions.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::ndarray::{ArrayRef1, ArrayRef2, concatenate, stack};
use differentiable::prelude::*;

fn vector(n: usize, seed: f64) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| (seed + 0.9 * i as f64).cos() + 0.2)
}

fn matrix(rows: usize, cols: usize, seed: f64) -> Array2<f64> {
    Array2::from_shape_fn((rows, cols), |(i, j)| (seed + 1.3 * i as f64 + 0.7 * j as f64).sin() + 0.1)
}

fn cube(a: usize, b: usize, c: usize, seed: f64) -> Array3<f64> {
    Array3::from_shape_fn((a, b, c), |(i, j, k)| (seed + 1.3 * i as f64 + 0.7 * j as f64 - 0.4 * k as f64).sin())
}

#[differentiable]
fn maps(x: &Array2<f64>, s: f64) -> f64 {
    let a = x.mapv(|v| (v * s).sin());
    let b = x.map(|v| v * v * s);
    let c = x.clone().mapv_into(|v| v.exp());
    let mut d = &a + &b;
    d.mapv_inplace(|v| v * v + s);
    d.map_inplace(|v| *v = v.tanh() * s);
    (a * b * c * d).sum()
}

#[differentiable]
fn maps_of_vectors(x: &Array1<f64>, s: f64) -> f64 {
    let mut a = x.mapv(|v| (v * s).sin());
    a.mapv_inplace(|v| v * s);
    a.map_inplace(|v| *v += s * *v * *v);
    a.zip_mut_with(x, |a, &x| *a *= x + s);
    a.fold(1.0, |acc, &v| acc * (1.0 + v * v))
}

#[differentiable]
fn folds(x: &Array3<f64>) -> f64 {
    let sums = x.fold_axis(Axis(1), 0.0, |&acc, &v| acc + v * v);
    let lines = x.map_axis(Axis(2), |lane| lane.sum() * lane[0]);
    sums.sum() + lines.mapv(|v| v * v).sum() + x.fold(0.0, |acc, &v| acc + v * v * v)
}

#[differentiable]
fn axes(x: &Array2<f64>) -> f64 {
    let mut total = 0.0;
    for (i, row) in x.axis_iter(Axis(0)).enumerate() {
        total += row.dot(&row) * i as f64;
    }
    for column in x.columns() {
        total += column.product();
    }
    for (row, column) in x.outer_iter().zip(x.t().outer_iter()) {
        total += row[0] * column[0] + row.sum() * column.sum();
    }
    for ((i, j), v) in x.indexed_iter() {
        total += (i + 2 * j) as f64 * v * v;
    }
    total
}

#[differentiable]
fn slices(x: &Array2<f64>) -> f64 {
    let left = x.slice(s![.., ..2]);
    let line: ArrayView1<f64> = x.slice(s![1, ..]);
    let stepped = x.slice(s![..;2, 1..]);
    let n = x.ncols();
    let last = x.slice(s![.., n - 1]);
    left.sum() * line.dot(&line) + stepped.mapv(|v| v * v).sum() + last.product() + left[[1, 0]] * line[1]
}

#[differentiable]
fn writes(x: &Array2<f64>, v: &Array1<f64>, s: f64) -> Array2<f64> {
    let mut y = Array2::zeros(x.raw_dim());
    y.assign(x);
    y.slice_mut(s![0, ..]).assign(v);
    y.row_mut(1).fill(s);
    y.column_mut(0).mapv_inplace(|v| v * s);
    y[[2, 1]] *= s;
    y.slice_mut(s![1.., 1..]).map_inplace(|v| *v += s);
    let mut last = y.row_mut(2);
    last += v;
    last *= s;
    y.row_mut(0).scaled_add(s, v);
    y += v;
    y -= &(x * 0.5);
    y += s;
    y
}

#[differentiable]
fn rows_changed(x: &Array2<f64>, v: &Array1<f64>) -> f64 {
    let mut y = x.to_owned();
    for mut row in y.rows_mut() {
        let norm = row.dot(&row).sqrt();
        row /= norm;
        row += v;
    }
    for (i, mut row) in y.axis_iter_mut(Axis(0)).enumerate() {
        row[0] *= i as f64;
        row.iter_mut().for_each(|v| *v = v.sin());
    }
    for v in y.iter_mut() {
        *v *= *v;
    }
    y.sum()
}

#[differentiable]
fn shapes(x: &Array2<f64>, v: &Array1<f64>) -> f64 {
    let a = x.t().to_owned();
    let b = x.view().permuted_axes([1, 0]).to_owned();
    let flat = x.clone().into_shape_with_order(6).unwrap();
    let back = flat.to_shape((3, 2)).unwrap().to_owned();
    let column = v.view().insert_axis(Axis(1));
    let wide = v.broadcast((2, 3)).unwrap();
    let outer = &column * &v.clone().insert_axis(Axis(0));
    (a * &b).sum() + flat[3] * flat[0] + (&back * &back).sum() + (&wide * x).sum() + (&outer * &outer).sum()
}

#[differentiable]
fn joins(x: &Array2<f64>, y: &Array2<f64>, v: &Array1<f64>) -> f64 {
    let below = concatenate(Axis(0), &[x.view(), y.view()]).unwrap();
    let beside = concatenate![Axis(1), *x, x.mapv(|v| v * v)];
    let stacked = stack(Axis(0), &[v.view(), v.view()]).unwrap();
    let stacked2 = stack![Axis(1), *v, v.mapv(|v| v * v)];
    let chosen = x.select(Axis(1), &[2, 0, 2]);
    below.mapv(|v| v * v).sum()
        + beside.mapv(|v| v.sin()).sum()
        + stacked.mapv(|v| v * v * v).sum()
        + (stacked2.column(0).dot(&stacked2.column(1)))
        + chosen.mapv(|v| v * v).sum()
}

#[differentiable]
fn makers(x: &Array1<f64>, s: f64) -> f64 {
    let n = x.len();
    let a = Array1::from_elem(n, s);
    let b = Array2::from_shape_fn((n, 2), |(i, j)| x[i] * s + j as f64);
    let c = Array1::from_vec(vec![s, s * s, x[0]]);
    let d: Array1<f64> = x.iter().map(|v| v * s).collect();
    let e = Array1::from_iter(x.iter().map(|v| v + s));
    let f = Array2::eye(n) * s;
    let g = Array::from_shape_vec((1, 3), vec![x[0], s, x[1]]).unwrap();
    let h = Array2::from_elem((2, n), 1.0) * x;
    (&a * x).sum() + b.sum() * c.sum() + d.dot(&e) + f.dot(x).sum() + g.product() + h.sum()
}

#[differentiable]
fn collected(x: &Array2<f64>) -> Array1<f64> {
    x.rows().into_iter().map(|r| r.mapv(|v| v * v).sum()).collect()
}

#[differentiable]
fn products(a: &Array2<f64>, b: &Array2<f64>, v: &Array1<f64>, w: &Array1<f64>) -> f64 {
    let vm = v.dot(a);
    let mv = a.dot(w);
    vm.dot(w) + mv.dot(v) + a.dot(b).sum() + v.view().dot(&mv) + a.row(0).dot(&b.column(0))
}

#[differentiable]
fn of_dereferenced(x: &ArrayRef2<f64>, v: &ArrayRef1<f64>) -> f64 {
    let y = x.mapv(|v| v * v);
    (&y * &v.view()).sum() + x.row(0).dot(v) + v.iter().map(|v| v * v).sum::<f64>()
}

#[differentiable]
fn of_views(x: &ArrayView2<f64>, v: &ArrayView1<f64>) -> f64 {
    let y = x.mapv(|v| v * v);
    (&y * v).sum() + x.row(0).dot(v) + v.iter().map(|v| v * v).sum::<f64>()
}

#[differentiable]
fn calls_of_views(x: &Array2<f64>, v: &Array1<f64>) -> f64 {
    of_views(&x.view(), &v.view()) + of_views(&x.slice(s![..1, ..]), &x.row(1)) + of_dereferenced(x, &x.row(0))
}

#[differentiable]
fn in_place(x: &mut Array1<f64>, s: f64) {
    x.mapv_inplace(|v| v * s);
    *x += s;
    x[0] *= x[1];
    let y = x.mapv(|v| v.sin());
    x.assign(&y);
}

#[differentiable]
fn dynamic(x: &ArrayD<f64>) -> f64 {
    let y = x.mapv(|v| v * v);
    let mut z = y.clone();
    z.mapv_inplace(|v| v.sin());
    z += &y;
    z.sum() + x.iter().map(|v| v.exp()).sum::<f64>() + x.fold(0.0, |a, &v| a + v * v)
}

#[differentiable]
fn scalar_array(x: &Array0<f64>, y: f64) -> f64 {
    let z = x * y + 1.0;
    z.sum() * z[()]
}

#[differentiable]
fn four(x: &Array4<f64>) -> f64 {
    let y = x.mapv(|v| v * v);
    let page = y.index_axis(Axis(0), 1);
    let plane = page.index_axis(Axis(2), 0);
    let z = y.sum_axis(Axis(3)).sum_axis(Axis(0));
    plane.sum() * y[[0, 1, 0, 1]] + z.dot(&z.t()).sum()
}

#[differentiable]
fn generic<T: Real>(x: &Array2<T>, w: &Array1<T>) -> T {
    let mut total = T::zero();
    for row in x.rows() {
        total += row.dot(w).tanh();
    }
    let y = x.mapv(|v| v * v);
    let mut z = Array1::zeros(x.nrows());
    for (z, row) in z.iter_mut().zip(y.rows()) {
        *z = row.sum();
    }
    total + z.dot(&z)
}

#[differentiable]
fn any_dimension<D: differentiable::ndarray::Dimension>(x: &Array<f64, D>, s: f64) -> f64 {
    let y = x.mapv(|v| (v * s).sin());
    (&y * x).sum() + x.iter().map(|v| v * v).sum::<f64>()
}

#[differentiable]
fn by_value(x: ArrayView1<f64>, w: ArrayView2<'_, f64>) -> f64 {
    let y = w.dot(&x);
    y.mapv(|v| v * v).sum() + x.sum()
}

#[differentiable]
fn caller(x: &Array2<f64>) -> f64 {
    by_value(x.row(0), x.view()) + by_value(x.column(1), x.t())
}

#[differentiable]
fn generic_view<'a>(x: ArrayView1<'a, f64>, y: &'a Array1<f64>) -> f64 {
    x.dot(y)
}

#[test]
fn views_by_value() {
    let x = array![[0.3, 1.2], [0.7, -0.4]];
    by_value::check(x.row(0), x.view()).unwrap();
    caller::check(&x).unwrap();
    let y = array![1.0, 2.0];
    generic_view::check(x.row(0), &y).unwrap();
    assert_eq!(generic_view::grad(x.row(0), &y).0, y);
}

#[test]
fn elements() {
    maps::check(&matrix(3, 2, 0.2), 0.7).unwrap();
    maps_of_vectors::check(&vector(4, 0.2), 0.7).unwrap();
    folds::check(&cube(2, 3, 2, 0.4)).unwrap();
}

#[test]
fn iteration() {
    axes::check(&matrix(3, 3, 0.2)).unwrap();
    rows_changed::check(&matrix(3, 2, 0.2), &vector(2, 0.4)).unwrap();
    collected::check(&matrix(3, 2, 0.2)).unwrap();
}

#[test]
fn views() {
    slices::check(&matrix(4, 3, 0.2)).unwrap();
    writes::check(&matrix(3, 3, 0.2), &vector(3, 0.4), 0.6).unwrap();
    calls_of_views::check(&matrix(2, 3, 0.2), &vector(3, 0.4)).unwrap();
    of_views::check(&matrix(2, 3, 0.2).view(), &vector(3, 0.4).view()).unwrap();
    of_dereferenced::check(&matrix(2, 3, 0.2), &vector(3, 0.4)).unwrap();
}

#[test]
fn other_shapes() {
    shapes::check(&matrix(2, 3, 0.2), &vector(3, 0.4)).unwrap();
    joins::check(&matrix(2, 3, 0.2), &matrix(2, 3, 1.2), &vector(3, 0.4)).unwrap();
    makers::check(&vector(3, 0.4), 0.8).unwrap();
}

#[test]
fn products_of_all_dimensions() {
    products::check(&matrix(3, 3, 0.2), &matrix(3, 2, 1.2), &vector(3, 0.4), &vector(3, 1.4)).unwrap();
}

#[test]
fn dimensions() {
    in_place::check(&mut vector(3, 0.4), 0.8).unwrap();
    dynamic::check(&cube(2, 1, 3, 0.4).into_dyn()).unwrap();
    scalar_array::check(&differentiable::ndarray::arr0(0.7), 0.3).unwrap();
    let x = Array4::from_shape_fn((2, 2, 2, 2), |(i, j, k, l)| {
        (0.3 + i as f64 + 0.7 * j as f64 - 0.4 * k as f64 * l as f64).sin()
    });
    four::check(&x).unwrap();
    generic::check(&matrix(3, 2, 0.2), &vector(2, 0.4)).unwrap();
    any_dimension::check(&cube(2, 1, 3, 0.4), 0.3).unwrap();
}

#[differentiable(order = 2)]
fn squared(x: ArrayView1<f64>, k: f64) -> f64 {
    x.dot(&x) * k + x[0]
}

/// A view by value may be handed over more than once.
#[differentiable(order = 2)]
fn handed_on(x: ArrayView1<f64>, k: f64) -> f64 {
    squared(x, k) + squared(x, 2.0) * x[0] + squared(x, x[1])
}

#[test]
fn views_are_copied() {
    let x = array![0.3, 0.4];
    handed_on::check(x.view(), 0.4).unwrap();
    let hessian = handed_on::hessian(x.view(), 0.4);
    let h = 1e-5;
    let difference = (handed_on::grad(x.view(), 0.4 + h).0 - handed_on::grad(x.view(), 0.4 - h).0) / (2.0 * h);
    assert!((0..2).all(|i| (hessian[[i, 2]] - difference[i]).abs() < 1e-8));
}
