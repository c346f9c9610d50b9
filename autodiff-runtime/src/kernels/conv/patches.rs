//! A convolution as products of matrices: the patches under the windows are the rows of one.
//!
//! In: images and filters as slices in row-major order, and a [`Geometry`]. With P the patches, one row of
//! height·width·channels elements for each output, Y += P·W, dW += Pᵀ·dY and dX += the patches dY·Wᵀ put
//! back where they came from. The patches of some lines of outputs are made at a time, so the memory
//! for them does not grow with the batch or the height. With the feature `threads`, the images are divided among them.

use core::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};

use crate::Real;
use crate::kernels::batches::{for_parts, parts_for_threads, parts_of_sums, sizes};
use crate::kernels::products::{add_product, add_product_transposed, add_transposed_product, set_product_transposed};
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
        self.groups == 1 && [self.rows, self.columns].iter().all(|span| span.taps == 1 && span.stride == 1)
    }

    /// The lines of outputs, over all images, in blocks.
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let lines = self.batch * self.rows.outputs;
        let width = self.columns.outputs.max(1);
        let rows = (BLOCK / self.patch().max(1)).max(BLOCK_ROWS);
        let step = (rows / width).max(1);
        (0..lines).step_by(step).map(move |start| start..(start + step).min(lines))
    }

    /// The columns of the filters, and of the output, that belong to a group.
    fn filters_of(&self, group: usize) -> Slice {
        let count = self.group_filters();
        Slice::from(group * count..(group + 1) * count)
    }

    /// Calls `each` with runs that together make up the patches of some lines, and with the start of each
    /// run in the input; nowhere if that is padding.
    fn for_runs(&self, lines: Range<usize>, group: usize, mut each: impl FnMut(Run, Option<usize>)) {
        let (columns, per_tap) = (&self.columns, self.group_channels());
        let (outputs, taps) = (columns.outputs, columns.taps);
        let (patch, line) = (self.patch(), taps * per_tap);
        // Windows in the middle, whose taps all lie inside, and next to each other: one run for all taps.
        let whole = if self.groups == 1 && columns.dilation == 1 {
            let (first, last) = (columns.outputs_inside(0), columns.outputs_inside(taps - 1));
            first.start..last.end.max(first.start)
        } else {
            0..0
        };
        for (at, line_of_outputs) in lines.enumerate() {
            let image = line_of_outputs / self.rows.outputs;
            for row_tap in 0..self.rows.taps {
                let run = |windows: Range<usize>, tap: usize, length: usize| Run {
                    to: (at * outputs + windows.start) * patch + row_tap * line + tap * per_tap,
                    to_step: patch,
                    from_step: columns.stride * self.channels,
                    count: windows.len(),
                    length,
                };
                let Some(row) = self.rows.input(line_of_outputs % self.rows.outputs, row_tap) else {
                    each(run(0..outputs, 0, line), None);
                    continue;
                };
                let start = (image * self.rows.inputs + row) * columns.inputs;
                let from = |window: usize, tap: usize| {
                    let column = window * columns.stride + tap * columns.dilation - columns.before;
                    Some((start + column) * self.channels + group * per_tap)
                };
                if !whole.is_empty() {
                    each(run(whole.clone(), 0, line), from(whole.start, 0));
                }
                for windows in [0..whole.start, whole.end..outputs] {
                    for tap in 0..taps {
                        let inside = columns.outputs_inside(tap);
                        let first = inside.start.clamp(windows.start, windows.end);
                        let end = inside.end.clamp(first, windows.end);
                        each(run(windows.start..first, tap, per_tap), None);
                        if first < end {
                            each(run(first..end, tap, per_tap), from(first, tap));
                        }
                        each(run(end..windows.end, tap, per_tap), None);
                    }
                }
            }
        }
    }

    /// The patches of some lines.
    fn gather<T: Real>(&self, input: &[T], lines: Range<usize>, group: usize, patches: &mut [T]) {
        self.for_runs(lines, group, |run, from| match from {
            Some(from) => run.copy(&input[from..], patches),
            None => run.for_each(|to, _| patches[to..to + run.length].fill(T::zero())),
        });
    }

    /// Adds the patches of some lines to where they came from.
    fn scatter<T: Real>(&self, patches: &[T], lines: Range<usize>, group: usize, input: &mut [T]) {
        self.for_runs(lines, group, |run, from| {
            if let Some(start) = from {
                run.for_each(|to, from| {
                    let sums = &mut input[start + from..][..run.length];
                    for (sum, &item) in sums.iter_mut().zip(&patches[to..to + run.length]) {
                        *sum += item;
                    }
                });
            }
        });
    }

    /// Calls `each` with the patches of every block, its rows among all outputs, and its group.
    fn for_patches<T: Real>(&self, input: &[T], mut each: impl FnMut(ArrayView2<'_, T>, Range<usize>, usize)) {
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

    /// The work of a product with the patches, counted in multiplications: to make a patch costs as much as some filters.
    fn work(&self) -> usize {
        self.batch * self.rows.outputs * self.columns.outputs * self.patch() * (self.filters + 16)
    }

    /// The number of elements of an image, and of its outputs.
    fn of_image(&self) -> (usize, usize) {
        let outputs = self.rows.outputs * self.columns.outputs * self.filters;
        (self.rows.inputs * self.columns.inputs * self.channels, outputs)
    }

    /// Y += P·W.
    pub(super) fn add_convolution<T: Real>(&self, input: &[T], weights: &[T], output: &mut [T]) {
        let (image, outputs) = self.of_image();
        let (mut input, mut output) = (input, output);
        let parts = sizes(self.batch, parts_for_threads(self.work(), self.batch)).map(|batch| {
            let part = (Self { batch, ..*self }, input.split_off(..batch * image).expect("all images are there"));
            (part, output.split_off_mut(..batch * outputs).expect("all images are there"))
        });
        for_parts(parts.collect(), |((part, input), output)| part.convolve(input, weights, output));
    }

    /// dW += Pᵀ·dY.
    pub(super) fn add_weights_gradient<T: Real>(&self, input: &[T], ct: &[T], weights: &mut [T]) {
        let (image, outputs) = self.of_image();
        let (mut input, mut ct) = (input, ct);
        let count = parts_of_sums(self.work(), self.batch);
        let mut sums = vec![vec![T::zero(); weights.len()]; count - 1];
        let targets = core::iter::once(&mut *weights).chain(sums.iter_mut().map(|sum| &mut sum[..]));
        let parts = sizes(self.batch, count).zip(targets).map(|(batch, sum)| {
            let part = Self { batch, ..*self };
            (
                part,
                input.split_off(..batch * image).expect("all images are there"),
                ct.split_off(..batch * outputs).expect("all images are there"),
                sum,
            )
        });
        for_parts(parts.collect(), |(part, input, ct, sum)| part.correlate(input, ct, sum));
        for sum in sums {
            weights.iter_mut().zip(sum).for_each(|(weight, part)| *weight += part);
        }
    }

    /// dX += the patches dY·Wᵀ, put back where they came from.
    pub(super) fn add_input_gradient<T: Real>(&self, ct: &[T], weights: &[T], input: &mut [T]) {
        let (image, outputs) = self.of_image();
        let (mut ct, mut input) = (ct, input);
        let parts = sizes(self.batch, parts_for_threads(self.work(), self.batch)).map(|batch| {
            let part = (Self { batch, ..*self }, ct.split_off(..batch * outputs).expect("all images are there"));
            (part, input.split_off_mut(..batch * image).expect("all images are there"))
        });
        for_parts(parts.collect(), |((part, ct), input)| part.put_back(ct, weights, input));
    }

    /// Y += P·W on one thread.
    fn convolve<T: Real>(&self, input: &[T], weights: &[T], output: &mut [T]) {
        let weights = matrix(weights, self.patch(), self.filters);
        self.for_patches(input, |patches, rows, group| {
            let items = &mut output[rows.start * self.filters..rows.end * self.filters];
            let mut output = matrix_mut(items, rows.len(), self.filters);
            let columns = self.filters_of(group);
            add_product(&patches, &weights.slice_axis(Axis(1), columns), &mut output.slice_axis_mut(Axis(1), columns));
        });
    }

    /// dW += Pᵀ·dY on one thread.
    fn correlate<T: Real>(&self, input: &[T], ct: &[T], weights: &mut [T]) {
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

    /// dX += the patches dY·Wᵀ, put back where they came from, on one thread.
    fn put_back<T: Real>(&self, ct: &[T], weights: &[T], input: &mut [T]) {
        let (width, patch) = (self.columns.outputs, self.patch());
        let weights = matrix(weights, patch, self.filters);
        let mut buffer = Vec::new();
        for lines in self.blocks() {
            let rows = lines.start * width..lines.end * width;
            let items = &ct[rows.start * self.filters..rows.end * self.filters];
            let ct = matrix(items, rows.len(), self.filters);
            for group in 0..self.groups {
                let columns = self.filters_of(group);
                let (ct, weights) = (ct.slice_axis(Axis(1), columns), weights.slice_axis(Axis(1), columns));
                if self.is_pointwise() {
                    let items = &mut input[rows.start * patch..rows.end * patch];
                    let mut target = matrix_mut(items, rows.len(), patch);
                    add_product_transposed(&ct, &weights, &mut target);
                } else {
                    buffer.resize(rows.len() * patch, T::zero());
                    let mut patches = matrix_mut(&mut buffer, rows.len(), patch);
                    set_product_transposed(&ct, &weights, &mut patches);
                    self.scatter(&buffer, lines.clone(), group, input);
                }
            }
        }
    }
}

/// Elements that lie next to each other in the patches and in the input, for windows next to each other.
#[derive(Clone, Copy)]
struct Run {
    /// Where they begin in the patches.
    to: usize,
    /// How far they lie apart in the patches for two windows.
    to_step: usize,
    /// How far they lie apart in the input for two windows.
    from_step: usize,
    /// The number of windows.
    count: usize,
    /// The number of elements for one window.
    length: usize,
}

impl Run {
    /// Calls `each` for every window, with where its elements are in the patches, and in the input from the
    /// start of the run.
    #[inline]
    fn for_each(self, mut each: impl FnMut(usize, usize)) {
        for window in 0..self.count {
            each(self.to + window * self.to_step, window * self.from_step);
        }
    }

    /// Copies the elements, in a loop for each of the lengths that images of one to four channels have.
    #[inline]
    fn copy<T: Real>(self, input: &[T], patches: &mut [T]) {
        macro_rules! lengths {
            ($($length:literal)*) => {
                match self.length {
                    $($length => self.copy_short::<T, $length>(input, patches),)*
                    length => self.for_each(|to, from| {
                        patches[to..to + length].copy_from_slice(&input[from..from + length]);
                    }),
                }
            };
        }
        lengths!(1 2 3 4 5 6 7 8 9 12 16);
    }

    #[inline]
    fn copy_short<T: Real, const N: usize>(self, input: &[T], patches: &mut [T]) {
        self.for_each(|to, from| {
            if let (Some(patch), Some(item)) = (patches[to..].first_chunk_mut::<N>(), input[from..].first_chunk::<N>())
            {
                *patch = *item;
            }
        });
    }
}

fn matrix<T>(items: &[T], rows: usize, columns: usize) -> ArrayView2<'_, T> {
    ArrayView2::from_shape((rows, columns), items).expect("as many elements as the shape has")
}

fn matrix_mut<T>(items: &mut [T], rows: usize, columns: usize) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape((rows, columns), items).expect("as many elements as the shape has")
}
