//! A convolution as products of matrices: the patches under the windows are the rows of one.
//!
//! In: images and filters as slices in row-major order, and a [`Geometry`]. With P the patches, one row of
//! height·width·channels elements for each output, Y += P·W, dW += Pᵀ·dY and dX += the patches dY·Wᵀ put
//! back where they came from. The patches of some lines of outputs are made at a time, so the memory
//! for them does not grow with the batch or the height.

use core::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};

use crate::Real;
use crate::kernels::products::{add_product, add_product_transposed, add_transposed_product};
use crate::kernels::windows::Span;

/// The patches made at a time have about this many elements, so that they stay in the cache …
const BLOCK: usize = 1 << 16;

/// … but at least this many rows, since each product packs all the filters.
const BLOCK_ROWS: usize = 256;

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    pub(super) batch: usize,
    pub(super) rows: Span,
    pub(super) columns: Span,
    /// The number of channels of the input.
    pub(super) channels: usize,
    /// The number of channels of the output.
    pub(super) filters: usize,
    pub(super) groups: usize,
}

impl Geometry {
    fn group_channels(&self) -> usize {
        self.channels / self.groups
    }

    fn group_filters(&self) -> usize {
        self.filters / self.groups
    }

    /// The number of elements of a patch.
    fn patch(&self) -> usize {
        self.rows.taps * self.columns.taps * self.group_channels()
    }

    /// Whether the input itself is the matrix of patches.
    fn is_pointwise(&self) -> bool {
        self.groups == 1
            && [self.rows, self.columns]
                .iter()
                .all(|span| span.taps == 1 && span.stride == 1)
    }

    /// The lines of outputs, over all images, in blocks.
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let lines = self.batch * self.rows.outputs;
        let width = self.columns.outputs.max(1);
        let rows = (BLOCK / self.patch().max(1)).max(BLOCK_ROWS);
        let step = (rows / width).max(1);
        (0..lines)
            .step_by(step)
            .map(move |start| start..(start + step).min(lines))
    }

    /// The columns of the filters, and of the output, that belong to a group.
    fn filters_of(&self, group: usize) -> Slice {
        let count = self.group_filters();
        Slice::from(group * count..(group + 1) * count)
    }

    /// For each tap of a window in some lines: where its channels begin in the patches, and in the input
    /// (nowhere if that is padding), and how many elements follow each other in both.
    fn for_runs(
        &self,
        lines: Range<usize>,
        group: usize,
        mut run: impl FnMut(usize, Option<usize>, usize),
    ) {
        let (channels, per_tap) = (self.channels, self.group_channels());
        let (height, width) = (self.rows.inputs, self.columns.inputs);
        let taps = self.columns.taps;
        let contiguous = self.groups == 1 && self.columns.dilation == 1;
        let mut to = 0;
        for line in lines {
            let (image, y) = (line / self.rows.outputs, line % self.rows.outputs);
            for x in 0..self.columns.outputs {
                let inside = self.columns.taps_inside(x);
                for tap in 0..self.rows.taps {
                    let Some(row) = self.rows.input(y, tap) else {
                        run(to, None, taps * per_tap);
                        to += taps * per_tap;
                        continue;
                    };
                    let start = (image * height + row) * width;
                    let from = |tap| {
                        let column = x * self.columns.stride + tap * self.columns.dilation
                            - self.columns.before;
                        (start + column) * channels + group * per_tap
                    };
                    if inside.start > 0 {
                        run(to, None, inside.start.min(taps) * per_tap);
                    }
                    if contiguous && !inside.is_empty() {
                        let length = inside.len() * per_tap;
                        run(
                            to + inside.start * per_tap,
                            Some(from(inside.start)),
                            length,
                        );
                    } else {
                        for tap in inside.clone() {
                            run(to + tap * per_tap, Some(from(tap)), per_tap);
                        }
                    }
                    let end = inside.end.max(inside.start);
                    if end < taps {
                        run(to + end * per_tap, None, (taps - end) * per_tap);
                    }
                    to += taps * per_tap;
                }
            }
        }
    }

    /// The patches of some lines.
    fn gather<T: Real>(&self, input: &[T], lines: Range<usize>, group: usize, patches: &mut [T]) {
        self.for_runs(lines, group, |to, from, length| {
            let patch = &mut patches[to..to + length];
            match from {
                Some(from) => copy_run(patch, &input[from..from + length]),
                None => patch.fill(T::zero()),
            }
        });
    }

    /// Adds the patches of some lines to where they came from.
    fn scatter<T: Real>(&self, patches: &[T], lines: Range<usize>, group: usize, input: &mut [T]) {
        self.for_runs(lines, group, |to, from, length| {
            if let Some(from) = from {
                add_run(&mut input[from..from + length], &patches[to..to + length]);
            }
        });
    }

    /// Calls `each` with the patches of every block, its rows among all outputs, and its group.
    fn for_patches<T: Real>(
        &self,
        input: &[T],
        mut each: impl FnMut(ArrayView2<'_, T>, Range<usize>, usize),
    ) {
        let (width, patch) = (self.columns.outputs, self.patch());
        let mut buffer = Vec::new();
        for lines in self.blocks() {
            let rows = lines.start * width..lines.end * width;
            for group in 0..self.groups {
                let items = if self.is_pointwise() {
                    &input[rows.start * patch..rows.end * patch]
                } else {
                    buffer.resize(rows.len() * patch, T::zero());
                    self.gather(input, lines.clone(), group, &mut buffer);
                    &buffer
                };
                each(matrix(items, rows.len(), patch), rows.clone(), group);
            }
        }
    }

    /// Y += P·W.
    pub(super) fn add_convolution<T: Real>(&self, input: &[T], weights: &[T], output: &mut [T]) {
        let weights = matrix(weights, self.patch(), self.filters);
        self.for_patches(input, |patches, rows, group| {
            let items = &mut output[rows.start * self.filters..rows.end * self.filters];
            let mut output = matrix_mut(items, rows.len(), self.filters);
            let columns = self.filters_of(group);
            add_product(
                &patches,
                &weights.slice_axis(Axis(1), columns),
                &mut output.slice_axis_mut(Axis(1), columns),
            );
        });
    }

    /// dW += Pᵀ·dY.
    pub(super) fn add_weights_gradient<T: Real>(&self, input: &[T], ct: &[T], weights: &mut [T]) {
        let mut weights = matrix_mut(weights, self.patch(), self.filters);
        self.for_patches(input, |patches, rows, group| {
            let items = &ct[rows.start * self.filters..rows.end * self.filters];
            let ct = matrix(items, rows.len(), self.filters);
            let columns = self.filters_of(group);
            add_transposed_product(
                &patches,
                &ct.slice_axis(Axis(1), columns),
                &mut weights.slice_axis_mut(Axis(1), columns),
            );
        });
    }

    /// dX += the patches dY·Wᵀ, put back where they came from.
    pub(super) fn add_input_gradient<T: Real>(&self, ct: &[T], weights: &[T], input: &mut [T]) {
        let (width, patch) = (self.columns.outputs, self.patch());
        let weights = matrix(weights, patch, self.filters);
        let mut buffer = Vec::new();
        for lines in self.blocks() {
            let rows = lines.start * width..lines.end * width;
            let items = &ct[rows.start * self.filters..rows.end * self.filters];
            let ct = matrix(items, rows.len(), self.filters);
            for group in 0..self.groups {
                let columns = self.filters_of(group);
                let (ct, weights) = (
                    ct.slice_axis(Axis(1), columns),
                    weights.slice_axis(Axis(1), columns),
                );
                if self.is_pointwise() {
                    let items = &mut input[rows.start * patch..rows.end * patch];
                    let mut target = matrix_mut(items, rows.len(), patch);
                    add_product_transposed(&ct, &weights, &mut target);
                } else {
                    buffer.clear();
                    buffer.resize(rows.len() * patch, T::zero());
                    let mut patches = matrix_mut(&mut buffer, rows.len(), patch);
                    add_product_transposed(&ct, &weights, &mut patches);
                    self.scatter(&buffer, lines.clone(), group, input);
                }
            }
        }
    }
}

/// Copies a run, with a loop for each of the short lengths of images with one or few channels.
#[inline]
fn copy_run<T: Copy>(to: &mut [T], from: &[T]) {
    macro_rules! lengths {
        ($($length:literal)*) => {
            match to.len() {
                $($length => {
                    if let (Some(to), Some(from)) = (
                        to.first_chunk_mut::<$length>(),
                        from.first_chunk::<$length>(),
                    ) {
                        *to = *from;
                    }
                })*
                _ => to.copy_from_slice(from),
            }
        };
    }
    lengths!(1 2 3 4 5 6 9);
}

#[inline]
fn add_run<T: Real>(to: &mut [T], from: &[T]) {
    for (sum, &item) in to.iter_mut().zip(from) {
        *sum += item;
    }
}

fn matrix<T>(items: &[T], rows: usize, columns: usize) -> ArrayView2<'_, T> {
    ArrayView2::from_shape((rows, columns), items).expect("as many elements as the shape has")
}

fn matrix_mut<T>(items: &mut [T], rows: usize, columns: usize) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape((rows, columns), items).expect("as many elements as the shape has")
}
