//! Pooling of images (batch, height, width, channels): each channel by itself.

mod average;
mod global;
mod max;

pub use average::{average_pool2d, average_pool2d_adjoint, average_pool2d_forward, average_pool2d_tangent};
pub use global::{
    global_average_pool2d, global_average_pool2d_adjoint, global_average_pool2d_forward, global_average_pool2d_tangent,
    global_max_pool2d, global_max_pool2d_adjoint, global_max_pool2d_forward, global_max_pool2d_tangent,
};
pub use max::{max_pool2d, max_pool2d_adjoint, max_pool2d_forward, max_pool2d_tangent};

use super::windows::{Padding, Span, constant_settings};

/// The settings of [`max_pool2d`] and [`average_pool2d`].
///
/// It is a constant: its tangent is `()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2DConfig {
    /// The size of a window, vertical and horizontal; 2 unless set.
    pub size: (usize, usize),
    /// The distances between two windows; as large as a window unless set.
    pub strides: Option<(usize, usize)>,
    /// What surrounds the images; nothing unless set, as in Keras. Padding is left out of maxima and
    /// averages.
    pub padding: Padding,
}

impl Default for Pool2DConfig {
    fn default() -> Self {
        Self { size: (2, 2), strides: None, padding: Padding::Valid }
    }
}

constant_settings!(Pool2DConfig);

/// The windows over images.
#[derive(Clone, Copy, Debug)]
struct Windows {
    batch: usize,
    rows: Span,
    columns: Span,
    channels: usize,
}

impl Windows {
    #[track_caller]
    fn new(kernel: &str, (batch, height, width, channels): (usize, usize, usize, usize), config: Pool2DConfig) -> Self {
        let strides = config.strides.unwrap_or(config.size);
        let vertical = (config.size.0, strides.0, 1);
        let horizontal = (config.size.1, strides.1, 1);
        Self {
            batch,
            rows: Span::new(kernel, "height", height, vertical, config.padding),
            columns: Span::new(kernel, "width", width, horizontal, config.padding),
            channels,
        }
    }

    /// The shape of the value.
    fn outputs(&self) -> (usize, usize, usize, usize) {
        let (rows, columns) = (self.rows.outputs, self.columns.outputs);
        (self.batch, rows, columns, self.channels)
    }

    /// The number of elements of one image.
    fn image(&self) -> usize {
        self.rows.inputs * self.columns.inputs * self.channels
    }

    /// Calls `each` for every window in order, with the number of its image and the pixels of it that the
    /// window covers.
    #[inline]
    fn for_each(&self, mut each: impl FnMut(usize, Pixels)) {
        for image in 0..self.batch {
            for y in 0..self.rows.outputs {
                let rows = self.rows.taps_inside(y);
                let top = y * self.rows.stride + rows.start - self.rows.before;
                for x in 0..self.columns.outputs {
                    let columns = self.columns.taps_inside(x);
                    let left = x * self.columns.stride + columns.start - self.columns.before;
                    let pixels = Pixels {
                        start: (top * self.columns.inputs + left) * self.channels,
                        rows: rows.len(),
                        columns: columns.len(),
                        row_step: self.columns.inputs * self.channels,
                        column_step: self.channels,
                    };
                    each(image, pixels);
                }
            }
        }
    }
}

/// The pixels of an image that a window covers.
#[derive(Clone, Copy, Debug)]
struct Pixels {
    start: usize,
    rows: usize,
    columns: usize,
    row_step: usize,
    column_step: usize,
}

impl Pixels {
    fn count(self) -> usize {
        self.rows * self.columns
    }

    /// Calls `each` with where in the image the channels of each pixel begin, in row-major order.
    #[inline]
    fn for_each(self, mut each: impl FnMut(usize)) {
        for row in 0..self.rows {
            for column in 0..self.columns {
                each(self.start + row * self.row_step + column * self.column_step);
            }
        }
    }
}
