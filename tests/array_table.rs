//! The table of arrays in `docs/arrays.md`, tested: each row is a program whose derivatives agree with differences.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unused)]

use differentiable::ndarray::{Zip, azip, concatenate, stack};
use differentiable::prelude::*;

macro_rules! table {
    (|$a:ident, $b:ident, $m:ident, $t:ident, $x:ident| $($name:ident { $($body:tt)* })*) => {
        /// The programs of the table.
        const PROGRAMS: &[&str] = &[$(stringify!($($body)*)),*];

        $(mod $name {
            use super::*;

            #[differentiable]
            fn f($a: &Array2<f64>, $b: &Array1<f64>, $m: &Array2<f64>, $t: &Array3<f64>, $x: f64) -> f64 { $($body)* }

            #[test]
            fn agrees_with_differences() {
                let a = array![[0.3, 1.1], [0.7, 0.4], [1.3, 0.9]];
                let t = Array3::from_shape_fn((2, 3, 2), |(i, j, k)| 0.3 + (i * 7 + j * 3 + k) as f64 * 0.13);
                f::check(&a, &array![0.6, 1.2], &array![[0.5, 0.2, 0.9], [1.4, 0.8, 0.1]], &t, 0.7).unwrap();
            }
        })*
    };
}

table! { |a, b, m, t, x|
    operators { (a + b * x - a / 2.0 + -(&a.view() * b)).sum() }
    scalars { (2.0 * a + x - a * x).sum() + (x / b - b / x + (1.0 - b)).sum() }
    complex { let c = a.mapv(|v| differentiable::num_complex::Complex64::new(v, x)); (&c * a - b + x / 2.0).iter().map(|z| z.norm_sqr()).sum::<f64>() }
    assigning { let mut y = a.clone(); y += b; y *= x; y -= &(a * 2.0); y /= 3.0; y.mapv(|v| v * v).sum() }
    powers { (a.exp() + a.ln() + a.sqrt() + a.sin() + a.tanh() + a.powi(3) + a.powf(1.5) + a.abs() + a.pow2()).sum() }
    clamping { (a.clamp(0.45, 1.2) * a.recip() + a.floor() * a + a.signum()).sum() }
    dot { a.dot(b).sum() + b.dot(m).sum() + a.dot(m).mapv(|v| v * v).sum() + b.dot(b) }
    batch_dot { differentiable::kernels::batch_dot(t, &t.view().permuted_axes([0, 2, 1]).to_owned()).product() }
    mapv { (a.mapv(|v| v * x).mapv_into(|v| v * v) + a.map(|v| v.sin())).sum() }
    in_place { let mut y = a.clone(); y.mapv_inplace(|v| v * x); y.map_inplace(|v| *v = v.exp()); y.sum() }
    fold { a.fold(x, |s, v| s + v * v) + a.fold(f64::NEG_INFINITY, |s, &v| s.max(v)) }
    reductions { a.sum() * a.mean().unwrap() + b.product() * a.var(1.0) + a.std(0.0) }
    by_axis { (a.sum_axis(Axis(0)) * a.mean_axis(Axis(0)).unwrap() * a.var_axis(Axis(0), 1.0) * a.std_axis(Axis(0), 0.0) + a.product_axis(Axis(0))).sum() }
    folded_axis { a.fold_axis(Axis(1), x, |s, v| s * v).sum() + a.map_axis(Axis(0), |column| column.product()).sum() }
    cumulated { let mut y = a.clone(); y.accumulate_axis_inplace(Axis(0), |&before, sum| *sum *= before); y.sum() + a.diff(1, Axis(0)).mapv(|v| v * v).sum() }
    slices { a.slice(s![1.., ..]).sum() * a.slice(s![..;2, 0]).sum() + t.slice(s![.., -1, ..]).product() }
    lines { a.row(0).dot(b) * a.column(1).sum() + t.index_axis(Axis(1), 0).product() + m.diag().sum() }
    iterated_rows { a.rows().into_iter().map(|row| row.dot(b)).sum::<f64>() * a.columns().into_iter().map(|c| c.product()).sum::<f64>() }
    iterated_axes { a.outer_iter().map(|row| row.product()).sum::<f64>() + a.axis_iter(Axis(1)).map(|c| c.sum() * c[0]).sum::<f64>() + a.lanes(Axis(0)).into_iter().map(|c| c.dot(&c)).sum::<f64>() }
    blocks { b.windows(2).into_iter().map(|w| w[0] * w[1]).sum::<f64>() + a.axis_chunks_iter(Axis(0), 2).map(|c| c.product()).sum::<f64>() + m.exact_chunks((1, 3)).into_iter().map(|c| c.product()).sum::<f64>() }
    elements { a.iter().map(|v| v * x).sum::<f64>() + a.indexed_iter().map(|((i, j), v)| v * (i + j) as f64).sum::<f64>() + a[[0, 1]] * a[(2, 0)] * b[1] }
    turned { a.t().dot(a).sum() + t.clone().permuted_axes([2, 0, 1]).index_axis(Axis(0), 1).product() + a.clone().reversed_axes().row(0).product() }
    shapes { a.clone().into_shape_with_order((2, 3)).unwrap().dot(a).product() + a.flatten().to_vec()[3] * b.clone().insert_axis(Axis(0)).sum() + a.to_shape(6).unwrap().product() }
    broadcast { (&b.broadcast((3, 2)).unwrap() * a).product() }
    joined { concatenate(Axis(0), &[a.view(), a.view()]).unwrap().column(0).product() + stack![Axis(0), *b, *b].product() + concatenate![Axis(1), *a, *a].sum() }
    selected { a.select(Axis(0), &[2, 0, 2]).product() }
    assigned { let mut y = Array2::zeros((3, 2)); y.fill(x); y.row_mut(0).assign(b); y.slice_mut(s![1.., 0]).fill(2.0 * x); y[[2, 1]] = b[0]; (&y * a).product() }
    scaled_add { let mut y = a.clone(); y.scaled_add(x, a); y.zip_mut_with(a, |u, &v| *u *= v); y.sum() }
    zips { let mut y = a.clone(); Zip::from(&mut y).and(a).for_each(|u, &v| *u += v * x); azip!((u in &mut y, &v in a) *u *= v); y.sum() + Zip::from(a).and(a).fold(0.0, |s, &u, &v| s + u * v) }
    zip_map { Zip::from(a).and_broadcast(b).map_collect(|&u, &v| u * v * x).product() }
    made { Array2::from_shape_fn((2, 2), |(i, j)| x * (i + 2 * j) as f64).dot(b).sum() + Array1::from_elem(2, x).dot(b) + array![x, b[0]].dot(b) + Array1::from_vec(vec![x, 2.0]).dot(b) + Array::from_iter(b.iter().map(|v| v * v)).sum() }
    spaced { Array1::linspace(0.0, x, 4).mapv(|v| v * v).sum() + Array1::range(0.0, 1.0, 0.3).sum() * x + Array2::<f64>::eye(2).dot(b).sum() + Array2::from_diag(b).dot(b).sum() }
    vectors { let v: Vec<f64> = a.iter().copied().collect(); Array1::from(v).product() * a.row(0).to_vec()[1] }
    branches { let mut y = b.clone(); for i in 0..3 { if a[[i, 0]] > 0.5 { y = &y * &a.row(i); } else { y += x; } } y.sum() }
    triangles { (a.t().dot(a).triu(0) * x).sum() + a.t().dot(a).tril(-1).product() + a.tril(0).sum() }
    columns_appended { let mut y = a.clone(); y.push_row(b.view()).unwrap(); y.append(Axis(0), a.view()).unwrap(); y.column(0).product() }
}

/// The programs of the page, in its order.
fn of_the_page() -> Vec<String> {
    let rows = include_str!("../docs/arrays.md").lines().filter(|line| line.ends_with("| differentiated |"));
    rows.map(|row| {
        row.replace("\\|", "\u{1}").split('|').nth(2).unwrap().trim().trim_matches('`').replace('\u{1}', "|")
    })
    .collect()
}

#[test]
fn the_table_of_the_page_is_the_one_that_is_tested() {
    let dense = |program: &str| program.split_whitespace().collect::<String>();
    let tested: Vec<String> = PROGRAMS.iter().map(|program| dense(program)).collect();
    let said: Vec<String> = of_the_page().iter().map(|program| dense(program)).collect();
    assert_eq!(said, tested);
}
