//! The computation behind both attention kernels, for each sample and head.

use ndarray::{Array2, Array3, Array4, ArrayRef, ArrayView2, ArrayView3, ArrayViewMut2, Axis, Ix2, Ix3, Slice};

use super::activations::softmax_in_place;
use super::attention_kernel::AttentionConfig;
use super::products::{add_product, add_product_transposed, add_transposed_product};
use super::support::sum_pairs;
use super::windows::{items_of, items_of_mut};
use crate::Real;

const NAME: &str = "multi_head_attention";

/// Where a query may attend to a key.
pub(super) type Mask<'a> = Option<&'a ArrayRef<bool, Ix3>>;

/// The value.
#[track_caller]
pub(super) fn attend<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    mask: Mask<'_>,
    config: AttentionConfig,
) -> Array3<T> {
    let heads = Heads::new(query, key, value, config);
    let mask = heads.broadcast(mask);
    let mut y = heads.zeros();
    let mut p = Array2::zeros((heads.queries, heads.keys));
    for (sample, head) in heads.all() {
        heads.probabilities(query, key, mask.as_ref(), (sample, head), &mut p.view_mut());
        heads.add_average(&p.view(), value, (sample, head), &mut y);
    }
    y
}

/// The value, and the probabilities of every sample and head.
#[track_caller]
pub(super) fn attend_and_save<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    mask: Mask<'_>,
    config: AttentionConfig,
) -> (Array3<T>, Array4<T>) {
    let heads = Heads::new(query, key, value, config);
    let mask = heads.broadcast(mask);
    let mut y = heads.zeros();
    let mut all = Array4::zeros((heads.batch, heads.count, heads.queries, heads.keys));
    for (sample, head) in heads.all() {
        let mut p = all.index_axis_mut(Axis(0), sample);
        let mut p = p.index_axis_mut(Axis(0), head);
        heads.probabilities(query, key, mask.as_ref(), (sample, head), &mut p);
        heads.add_average(&p.view(), value, (sample, head), &mut y);
    }
    (y, all)
}

/// Adds the gradients to the slots.
pub(super) fn pull_back<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    config: AttentionConfig,
    saved: Array4<T>,
    ct: Array3<T>,
    mut query_slot: Option<&mut ArrayRef<T, Ix3>>,
    mut key_slot: Option<&mut ArrayRef<T, Ix3>>,
    mut value_slot: Option<&mut ArrayRef<T, Ix3>>,
) {
    let heads = Heads::new(query, key, value, config);
    let mut ds = Array2::zeros((heads.queries, heads.keys));
    for (sample, head) in heads.all() {
        let p = saved.index_axis(Axis(0), sample);
        let p = p.index_axis(Axis(0), head);
        let ct = heads.part(&ct, (sample, head));
        if let Some(slot) = &mut value_slot {
            add_transposed_product(&p, &ct, &mut heads.part_mut(slot, (sample, head)));
        }
        if query_slot.is_none() && key_slot.is_none() {
            continue;
        }
        ds.fill(T::zero());
        add_product_transposed(&ct, &heads.part(value, (sample, head)), &mut ds);
        project(&p, &mut ds);
        ds *= heads.scale::<T>();
        if let Some(slot) = &mut query_slot {
            let key = heads.part(key, (sample, head));
            add_product(&ds, &key, &mut heads.part_mut(slot, (sample, head)));
        }
        if let Some(slot) = &mut key_slot {
            let query = heads.part(query, (sample, head));
            add_transposed_product(&ds, &query, &mut heads.part_mut(slot, (sample, head)));
        }
    }
}

/// The value, and its derivative along the tangents.
#[track_caller]
pub(super) fn push_forward<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    mask: Mask<'_>,
    config: AttentionConfig,
    d_query: Option<&ArrayRef<T, Ix3>>,
    d_key: Option<&ArrayRef<T, Ix3>>,
    d_value: Option<&ArrayRef<T, Ix3>>,
) -> (Array3<T>, Array3<T>) {
    let (y, saved) = attend_and_save(query, key, value, mask, config);
    let heads = Heads::new(query, key, value, config);
    let mut dy = heads.zeros();
    let mut dp = Array2::zeros((heads.queries, heads.keys));
    for at in heads.all() {
        let p = saved.index_axis(Axis(0), at.0);
        let p = p.index_axis(Axis(0), at.1);
        dp.fill(T::zero());
        if let Some(d_query) = d_query {
            add_product_transposed(&heads.part(d_query, at), &heads.part(key, at), &mut dp);
        }
        if let Some(d_key) = d_key {
            add_product_transposed(&heads.part(query, at), &heads.part(d_key, at), &mut dp);
        }
        dp *= heads.scale::<T>();
        // The Jacobian of the softmax is symmetric: the tangent is computed as the adjoint is.
        project(&p, &mut dp);
        heads.add_average(&dp.view(), value, at, &mut dy);
        if let Some(d_value) = d_value {
            heads.add_average(&p, d_value, at, &mut dy);
        }
    }
    (y, dy)
}

/// The sizes of an attention.
#[derive(Clone, Copy)]
struct Heads {
    batch: usize,
    queries: usize,
    keys: usize,
    count: usize,
    /// The number of features of a query, of all heads.
    features: usize,
    /// The number of features of a value, of all heads.
    outputs: usize,
    causal: bool,
}

impl Heads {
    #[track_caller]
    fn new<T: Real>(
        query: &ArrayRef<T, Ix3>,
        key: &ArrayRef<T, Ix3>,
        value: &ArrayRef<T, Ix3>,
        config: AttentionConfig,
    ) -> Self {
        let (batch, queries, features) = query.dim();
        let (_, keys, outputs) = value.dim();
        assert!(
            key.dim() == (batch, keys, features) && value.dim().0 == batch,
            "{NAME}: the shapes of query {:?}, key {:?} and value {:?} do not fit: the batch must be the same, the features of query and key, and the steps of key and value",
            query.shape(),
            key.shape(),
            value.shape()
        );
        let heads = config.heads;
        assert!(
            heads > 0 && features % heads == 0 && outputs % heads == 0,
            "{NAME}: {features} features of the queries and {outputs} of the values cannot be divided into {heads} heads"
        );
        Self { batch, queries, keys, count: heads, features, outputs, causal: config.causal }
    }

    /// Every sample with every head.
    fn all(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.batch).flat_map(move |sample| (0..self.count).map(move |head| (sample, head)))
    }

    /// The mask for all samples, queries and keys.
    #[track_caller]
    fn broadcast<'a>(&self, mask: Mask<'a>) -> Option<ArrayView3<'a, bool>> {
        let mask = mask?;
        let shape = (self.batch, self.queries, self.keys);
        let Some(mask) = mask.broadcast(shape) else {
            panic!(
                "{NAME}: the mask must have shape {shape:?}, or 1 in place of any of these; received {:?}",
                mask.dim()
            );
        };
        Some(mask)
    }

    /// A value of zeros.
    fn zeros<T: Real>(&self) -> Array3<T> {
        Array3::zeros((self.batch, self.queries, self.outputs))
    }

    /// 1/√d.
    fn scale<T: Real>(&self) -> T {
        T::__lit((self.features as f64 / self.count as f64).sqrt().recip())
    }

    fn columns(&self, width: usize, head: usize) -> Slice {
        let width = width / self.count;
        Slice::from(head * width..(head + 1) * width)
    }

    /// The matrix of one sample and head.
    fn part<'a, T>(&self, array: &'a ArrayRef<T, Ix3>, (sample, head): (usize, usize)) -> ArrayView2<'a, T> {
        let array: ArrayView3<'a, T> = array.view();
        let columns = self.columns(array.dim().2, head);
        let mut part = array.index_axis_move(Axis(0), sample);
        part.slice_axis_inplace(Axis(1), columns);
        part
    }

    /// The matrix of one sample and head.
    fn part_mut<'a, T>(&self, array: &'a mut ArrayRef<T, Ix3>, (sample, head): (usize, usize)) -> ArrayViewMut2<'a, T> {
        let columns = self.columns(array.dim().2, head);
        let mut part = array.index_axis_mut(Axis(0), sample);
        part.slice_axis_inplace(Axis(1), columns);
        part
    }

    /// P, from the softmax of the scores that are not masked.
    fn probabilities<T: Real>(
        &self,
        query: &ArrayRef<T, Ix3>,
        key: &ArrayRef<T, Ix3>,
        mask: Option<&ArrayView3<'_, bool>>,
        at: (usize, usize),
        p: &mut ArrayViewMut2<'_, T>,
    ) {
        p.fill(T::zero());
        add_product_transposed(&self.part(query, at), &self.part(key, at), p);
        let scale = self.scale::<T>();
        let rows = items_of_mut(p).chunks_exact_mut(self.keys.max(1));
        for (step, row) in rows.enumerate() {
            for score in &mut *row {
                *score *= scale;
            }
            if let Some(mask) = mask {
                let allowed = mask.index_axis(Axis(0), at.0);
                for (score, &allowed) in row.iter_mut().zip(allowed.row(step)) {
                    if !allowed {
                        *score = T::neg_infinity();
                    }
                }
            }
            let visible = if self.causal { (step + 1).min(row.len()) } else { row.len() };
            let (visible, hidden) = row.split_at_mut(visible);
            hidden.fill(T::zero());
            if visible.iter().all(|&score| score == T::neg_infinity()) {
                visible.fill(T::zero());
            } else {
                softmax_in_place(visible);
            }
        }
    }

    /// y += P·V.
    fn add_average<T: Real>(
        &self,
        p: &ArrayRef<T, Ix2>,
        value: &ArrayRef<T, Ix3>,
        at: (usize, usize),
        y: &mut ArrayRef<T, Ix3>,
    ) {
        add_product(p, &self.part(value, at), &mut self.part_mut(y, at));
    }
}

/// c ← p∘(c − Σ c∘p) of every row.
fn project<T: Real>(p: &ArrayRef<T, Ix2>, c: &mut Array2<T>) {
    let width = p.ncols().max(1);
    let rows = items_of_mut(c).chunks_exact_mut(width);
    for (c, p) in rows.zip(items_of(p).chunks_exact(width)) {
        let mean = sum_pairs(c, p, |c, p| c * p);
        for (c, &p) in c.iter_mut().zip(p) {
            *c = p * (*c - mean);
        }
    }
}
