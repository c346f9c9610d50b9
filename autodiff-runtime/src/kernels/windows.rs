//! Where the windows of a convolution or a pooling lie along one axis, and slots as slices.

use ndarray::{Array, ArrayRef, Dimension};

use crate::Real;

/// Makes a type of settings a constant: its tangent is `()`.
macro_rules! constant_settings {
    ($($type:ident),*) => {$(
        impl $crate::tangent::Differentiable for $type {
            type Tangent = ();

            #[inline]
            fn __zero(&self) {}

            #[inline]
            fn __update(&mut self, (): &(), _: &mut dyn $crate::tangent::Update) {}

            #[inline]
            fn __visit(&self, _: &mut dyn $crate::tangent::Visit) {}
        }
    )*};
}

pub(crate) use constant_settings;

/// What surrounds the input of a convolution or a pooling, named as in Keras.
///
/// It is a constant: its tangent is `()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// Nothing: there is an output wherever the whole window lies inside the input, ⌊(n − k)/s⌋ + 1 for
    /// n inputs, a window that spans k of them, and stride s.
    #[default]
    Valid,
    /// As many zeros as make ⌈n/s⌉ outputs, half of them before; if their number is odd, the additional
    /// one comes after.
    Same,
}

constant_settings!(Padding);

/// The windows along one axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// The length of the axis in the input.
    pub(crate) inputs: usize,
    /// The number of windows.
    pub(crate) outputs: usize,
    /// The number of taps of a window.
    pub(crate) taps: usize,
    /// The distance between two windows.
    pub(crate) stride: usize,
    /// The distance between two taps.
    pub(crate) dilation: usize,
    /// How far the first window begins before the input.
    pub(crate) before: usize,
}

impl Span {
    /// The windows over `inputs` elements.
    #[track_caller]
    pub(crate) fn new(
        kernel: &str,
        axis: &str,
        inputs: usize,
        (taps, stride, dilation): (usize, usize, usize),
        padding: Padding,
    ) -> Self {
        assert!(
            taps > 0 && stride > 0 && dilation > 0,
            "{kernel}: the size of a window, the stride and the dilation must be at least 1; received {taps}, {stride} and {dilation} for the {axis}"
        );
        let extent = (taps - 1) * dilation + 1;
        let (outputs, before) = match padding {
            Padding::Valid => {
                assert!(
                    inputs >= extent,
                    "{kernel}: the input has {axis} {inputs}, but a window spans {extent}; use a smaller window or `Padding::Same`"
                );
                ((inputs - extent) / stride + 1, 0)
            }
            Padding::Same => {
                let outputs = inputs.div_ceil(stride);
                let needed = (outputs.max(1) - 1) * stride + extent;
                (outputs, needed.saturating_sub(inputs) / 2)
            }
        };
        Self { inputs, outputs, taps, stride, dilation, before }
    }

    /// The input under a tap of a window; none if that is padding.
    #[inline]
    pub(crate) fn input(&self, output: usize, tap: usize) -> Option<usize> {
        let at = (output * self.stride + tap * self.dilation).wrapping_sub(self.before);
        (at < self.inputs).then_some(at)
    }

    /// The taps of a window that lie inside the input, where all do so that lie between two that do.
    #[inline]
    pub(crate) fn taps_inside(&self, output: usize) -> core::ops::Range<usize> {
        let start = output * self.stride;
        let first = self.before.saturating_sub(start).div_ceil(self.dilation);
        let end = (self.inputs + self.before).saturating_sub(start).div_ceil(self.dilation);
        first.min(self.taps)..end.min(self.taps)
    }
    /// The windows of which a tap lies inside the input.
    #[inline]
    pub(crate) fn outputs_inside(&self, tap: usize) -> core::ops::Range<usize> {
        let offset = tap * self.dilation;
        let first = self.before.saturating_sub(offset).div_ceil(self.stride);
        let end = (self.inputs + self.before).saturating_sub(offset).div_ceil(self.stride).min(self.outputs);
        first.min(end)..end
    }
}

/// The elements of an array that is known to be in row-major order.
pub(crate) fn items_of<T, D: Dimension>(array: &ArrayRef<T, D>) -> &[T] {
    array.as_slice().expect("the array is in row-major order")
}

/// The elements of an array that is known to be in row-major order.
pub(crate) fn items_of_mut<T, D: Dimension>(array: &mut ArrayRef<T, D>) -> &mut [T] {
    array.as_slice_mut().expect("the array is in row-major order")
}

/// Calls `add` with the elements of a slot in row-major order: in place if they lie so, otherwise with
/// zeros that are added to the slot afterwards.
pub(crate) fn with_items<T: Real, D: Dimension>(slot: &mut ArrayRef<T, D>, add: impl FnOnce(&mut [T])) {
    if let Some(items) = slot.as_slice_mut() {
        add(items);
        return;
    }
    let mut sums = Array::<T, D>::zeros(slot.raw_dim());
    add(items_of_mut(&mut sums));
    slot.zip_mut_with(&sums, |sum, &item| *sum += item);
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn windows_lie_as_in_tensorflow() {
        let spans = |inputs, settings, padding| {
            let span = Span::new("test", "width", inputs, settings, padding);
            let taps: Vec<_> = (0..span.outputs).map(|at| span.taps_inside(at)).collect();
            for (at, inside) in taps.iter().enumerate() {
                for tap in 0..span.taps {
                    let is_inside = span.input(at, tap).is_some();
                    assert_eq!(is_inside, inside.contains(&tap));
                    assert_eq!(is_inside, span.outputs_inside(tap).contains(&at));
                }
            }
            (span.outputs, span.before)
        };
        assert_eq!(spans(5, (3, 1, 1), Padding::Valid), (3, 0));
        assert_eq!(spans(5, (3, 1, 1), Padding::Same), (5, 1));
        assert_eq!(spans(5, (2, 1, 1), Padding::Same), (5, 0));
        assert_eq!(spans(6, (3, 2, 1), Padding::Same), (3, 0));
        assert_eq!(spans(7, (3, 2, 2), Padding::Same), (4, 2));
        assert_eq!(spans(4, (1, 3, 1), Padding::Same), (2, 0));
        assert_eq!(spans(2, (5, 1, 3), Padding::Same), (2, 6));
    }

    #[test]
    fn a_slot_in_any_order_receives_the_sums() {
        let mut slot = Array2::from_elem((2, 3), 1.0_f64).reversed_axes();
        with_items(&mut slot, |items| {
            for (index, item) in items.iter_mut().enumerate() {
                *item += index as f64;
            }
        });
        assert_eq!(slot, ndarray::array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    }

    #[test]
    #[should_panic(expected = "the input has height 2, but a window spans 5")]
    fn a_window_larger_than_the_input_is_refused() {
        Span::new("test", "height", 2, (3, 1, 2), Padding::Valid);
    }
}
