//! Arrays in fields whose types no function declares: what is done to them tells that they are arrays.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs)]

use differentiable::ndarray::{RemoveAxis, Zip, concatenate, stack};
use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Model {
    w: Array2<f64>,
    b: Array1<f64>,
    s: f64,
    /// Weights that are not trained.
    #[constant]
    mask: Array1<f64>,
    #[constant]
    table: Array2<f64>,
}

fn model() -> Model {
    Model {
        w: array![[0.3, 0.7], [1.1, 0.4]],
        b: array![0.5, 0.9],
        s: 0.8,
        mask: array![1.0, 0.5],
        table: array![[0.4, 0.9], [0.7, 0.2]],
    }
}

macro_rules! bodies {
    ($($name:ident($m:ident, $x:ident) { $($body:tt)* })*) => {$(
        mod $name {
            use super::*;

            #[differentiable]
            fn f($m: &Model, $x: &Array2<f64>) -> f64 { $($body)* }

            #[test]
            fn agrees_with_differences() {
                f::check(&model(), &array![[0.2, 0.9], [1.4, 0.6], [0.1, 0.8]]).unwrap();
            }
        }
    )*};
}

bodies! {
    iterated(m, x) { m.w.outer_iter().zip(m.b.iter()).map(|(row, b)| row.sum() * b).sum::<f64>() + x.sum() * m.s }
    columns(m, x) { m.w.axis_iter(Axis(1)).map(|column| column.dot(&m.b)).sum::<f64>() * x[[0, 0]] }
    folded(m, x) { m.w.fold(0.0, |sum, &v| sum + v * v) * m.w.fold(f64::NEG_INFINITY, |a, &v| a.max(v)) * x[[0, 0]] }
    selected(m, x) { m.w.select(Axis(0), &[1, 0, 1]).dot(&m.b).dot(&x.column(0)) }
    flattened(m, x) { m.w.flatten().slice(s![..2]).dot(&m.b) * x.sum() }
    joined(m, x) { concatenate![Axis(0), m.w, m.w].column(1).product() + stack![Axis(0), m.b, m.b].dot(&m.b).sum() * x.sum() }
    joined_views(m, x) { concatenate(Axis(0), &[m.b.view(), m.b.view()]).unwrap().product() + stack(Axis(1), &[m.b.view(), m.mask.view()]).unwrap().sum() * x.sum() }
    broadcast(m, x) { (x * &m.b.broadcast((3, 2)).unwrap()).product() + (x * &m.mask.broadcast((3, 2)).unwrap()).sum() * m.s }
    along_an_axis(m, x) {
        let lengths = m.w.map_axis(Axis(1), |row| (row.dot(&row) + m.s).sqrt());
        let products = (&m.w * &x.row(0)).fold_axis(Axis(0), m.s, |a, &b| a * b);
        lengths.dot(&m.b) * products.sum() + m.w.lanes(Axis(0)).into_iter().map(|lane| lane[0] * lane[1]).sum::<f64>()
    }
    constants(m, x) {
        let mut y = x.row(0).to_owned();
        y.assign(&m.mask);
        let rows: Vec<f64> = m.mask.iter().map(|v| v * m.s).collect();
        (y * &m.b).sum() * rows[0] + (&m.mask * &m.b).sum() + x.dot(&m.mask).sum() + m.mask.mapv(|v| v * m.s).sum() * m.mask[1]
    }
    sliced_constants(m, x) {
        let mask: &Array1<f64> = &m.mask;
        mask.slice(s![..1]).sum() * x.sum() * m.s + mask.slice(s![1..]).dot(&m.b.slice(s![..1]))
    }
    sliced_constant_fields(m, x) {
        m.mask.slice(s![..1]).sum() * x.sum() * m.s + m.mask.slice(s![1..]).dot(&m.b.slice(s![..1])) + m.mask.view().dot(&m.b)
            + (&m.mask.slice(s![..1]) * &m.b.slice(s![1..])).sum() + m.table.index_axis(Axis(0), 1).dot(&m.b)
            + m.table.slice(s![1_usize, ..]).slice(s![..1])[0] * m.s + m.table.t().row(0).sum() * x[[0, 0]] + m.table.slice(s![.., 0_usize])[1] * m.b[0]
    }
    windows(m, x) { m.b.windows(2).into_iter().map(|w| (w[1] - 2.0 * w[0]).powi(2)).sum::<f64>() * x[[0, 0]] + m.mask.windows(1).into_iter().map(|w| w[0] * m.s).sum::<f64>() }
    products_along_an_axis(m, x) { (m.w.product_axis(Axis(0)) * &m.b).sum() * m.s + m.w.product_axis(Axis(1)).dot(&m.mask) * x[[0, 1]] + m.table.product_axis(Axis(0)).dot(&m.b) }
    whole(m, x) { m.w.mean().unwrap() * m.w.std(0.0) + m.b.var(1.0) * m.w.tanh().sum() + x.mean().unwrap() + m.w.t().row(0).sum() * m.w.row(1).dot(&m.w.column(0)) }
    zipped(m, x) { Zip::from(&m.w).and(x.slice(s![..2, ..])).fold(0.0, |sum, &a, &b| sum + a * b * b) * m.s }
    copied(m, x) { let mut w = m.w.clone(); w.accumulate_axis_inplace(Axis(0), |&a, b| *b *= a); w.swap_axes(0, 1); w.dot(&m.b).product() * x[[0, 1]] }
}

#[derive(Clone, Differentiable)]
struct Weights {
    w: Array2<f64>,
    v: Vec<f64>,
}

#[differentiable]
impl Weights {
    fn largest(&self) -> f64 {
        let a = self.w.iter().max_by(|a, b| a.total_cmp(b)).unwrap();
        let b = self.v.iter().copied().min_by(|a, b| a.total_cmp(b)).unwrap();
        let at = self.v.iter().position(|v| *v > 0.5).unwrap_or(0);
        a * b + self.v[at] * a
    }
}

#[test]
fn fields_of_unknown_kind() {
    let w = Weights { w: array![[0.1, 0.9], [0.3, 0.2]], v: vec![0.4, -0.3, 0.7] };
    w.largest_check().unwrap();
    let g = w.largest_grad();
    assert_eq!(g.v, [0.0, 0.9, 0.9]);
    assert!((g.w[[0, 1]] - 0.4).abs() < 1e-12);
}

#[differentiable(order = 2)]
fn norms(x: &ArrayD<f64>) -> f64 {
    let products = x.map_axis(Axis(0), |lane| lane.product());
    let folded = products.fold_axis(Axis(products.ndim() - 1), 1.0, |a, b| a * b + b);
    folded.mapv(|v| v * v).sum()
}

#[differentiable(order = 2)]
fn of_any_shape<D: RemoveAxis>(x: &Array<f64, D>, axis: usize) -> f64 {
    let products = x.map_axis(Axis(axis), |lane| lane.product());
    products.mapv(|v| v * v).sum() + x.fold_axis(Axis(0), 0.5, |a, b| a * b + b).sum()
}

/// Where only the program that runs knows how many axes there are.
#[test]
fn lanes_of_any_number_of_axes() {
    let x = Array3::from_shape_fn((2, 3, 2), |(i, j, k)| 0.3 + (i + 2 * j + k) as f64 * 0.2);
    norms::check(&x.clone().into_dyn()).unwrap();
    let hessian = norms::hessian(&x.clone().into_dyn());
    assert!((&hessian - &hessian.t()).iter().all(|e| e.abs() < 1e-12));
    for axis in 0..3 {
        of_any_shape::check(&x, axis).unwrap();
    }
    of_any_shape::check(&array![[0.4, 0.2, -0.7]], 0).unwrap();
    norms::check(&ArrayD::zeros(vec![0, 3])).unwrap();
}

/// Products, variances and standard deviations of arrays whose type is not in sight, to the third order.
mod reductions {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Sample {
        x: Array1<f64>,
        m: Array2<f64>,
        free: f64,
    }

    #[differentiable(order = 3)]
    fn spread(s: &Sample) -> f64 {
        let by_row = s.m.var_axis(Axis(1), s.free);
        let by_column = s.m.std_axis(Axis(0), 0.5);
        let products = s.m.product_axis(Axis(0));
        s.x.product() * s.m.var(s.free)
            + products.dot(&products) * s.free
            + s.x.std(s.free) * by_row[0] * by_row[1]
            + by_column[1] * by_column[0] * s.x[0]
    }

    /// The same with the types in sight, which is differentiated as loops.
    #[differentiable(order = 3)]
    fn in_sight(s: &Sample) -> f64 {
        let (x, m): (&Array1<f64>, &Array2<f64>) = (&s.x, &s.m);
        let by_row = m.var_axis(Axis(1), s.free);
        let by_column = m.std_axis(Axis(0), 0.5);
        let products = m.product_axis(Axis(0));
        x.product() * m.var(s.free)
            + products.dot(&products) * s.free
            + x.std(s.free) * by_row[0] * by_row[1]
            + by_column[1] * by_column[0] * x[0]
    }

    /// Third derivatives.
    #[differentiable]
    fn curved(s: &Sample, v: &SampleTangent) -> f64 {
        let h = spread::hvp(s, v);
        h.x.dot(&h.x) + h.m.sum() * h.free
    }

    #[test]
    fn agree() {
        let s = Sample { x: array![0.4, -0.7, 1.2], m: array![[0.3, 1.1, -0.6], [0.9, -0.2, 0.5]], free: 0.3 };
        spread::check(&s).unwrap();
        assert!((spread(&s) - in_sight(&s)).abs() < 1e-14);
        let (a, b) = (spread::hessian(&s), in_sight::hessian(&s));
        assert_eq!(a.dim(), (10, 10));
        for (a, b) in a.iter().zip(&b) {
            assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{a} {b}");
        }
        assert!(a.iter().zip(a.t()).all(|(a, b)| (a - b).abs() < 1e-12));
        let v = SampleTangent { x: array![0.3, 0.1, -0.5], m: array![[0.2, -0.3, 0.7], [0.4, 0.6, -0.1]], free: 0.8 };
        curved::check(&s, &v).unwrap();
    }
}

mod mapped_at_once {
    use super::*;

    #[differentiable]
    fn squares(m: &Model) -> f64 {
        m.w.map(|a| a * a * m.s).sum() + m.b.map(|a| a.sin()).product()
    }

    #[differentiable]
    impl Model {
        fn roughness(&self) -> f64 {
            self.b.map(|a| a * a).sum() * self.b.windows(2).into_iter().map(|w| w[0] * w[1]).sum::<f64>()
        }
    }

    #[test]
    fn what_is_mapped_and_summed_is_an_array() {
        squares::check(&model()).unwrap();
        model().roughness_check().unwrap();
    }
}
