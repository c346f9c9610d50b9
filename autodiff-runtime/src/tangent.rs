//! Types with a derivative, and their tangent spaces.
//!
//! In: nothing but the types of the language, of `ndarray` and of `num-complex`. Out: the traits
//! [`Differentiable`] and [`Tangent`], and their implementations, which generated code, optimisers
//! and the gradient checker share.

#[cfg(feature = "std")]
mod arrays;
mod constants;
mod containers;
#[cfg(feature = "std")]
pub(crate) mod rows;
mod scalars;
#[cfg(feature = "std")]
mod sequences;
mod shape;
#[cfg(test)]
mod tests;

use core::fmt::Debug;

#[cfg(feature = "std")]
pub use rows::Rows;
pub use shape::check_tangent;

#[cfg(feature = "std")]
use crate::layers::Mode;

/// A type whose values can vary smoothly, with the type of its tangents.
///
/// Derive it for structs and enums with `#[derive(Differentiable)]`. The tangent of a value has the
/// same shape as the value: the tangent of a `Vec` of length 3 is a `Vec` of length 3.
///
/// ```standalone_crate
/// # extern crate autodiff_runtime as differentiable;
/// # use autodiff_macros::{Differentiable, differentiable};
/// use differentiable::prelude::*;
///
/// #[derive(Clone, Differentiable)]
/// struct Line {
///     slope: f64,
///     offset: f64,
/// }
///
/// #[differentiable]
/// fn at(line: &Line, x: f64) -> f64 {
///     line.slope * x + line.offset
/// }
///
/// let (d_line, d_x) = at::grad(&Line { slope: 2.0, offset: 1.0 }, 3.0);
/// assert_eq!(d_line, LineTangent { slope: 3.0, offset: 1.0 });
/// assert_eq!(d_x, 2.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivative: it does not implement `Differentiable`",
    label = "no tangent type is known for `{Self}`",
    note = "put `#[derive(Differentiable)]` on the type, or mark the parameter or field `#[constant]`"
)]
pub trait Differentiable {
    /// The type of a derivative with respect to a value of this type.
    type Tangent: Tangent;

    /// The zero tangent with the shape of `self`.
    #[doc(hidden)]
    fn __zero(&self) -> Self::Tangent;

    /// Visits the scalars of `self` together with those of a tangent, leaf by leaf, so that an
    /// optimiser can update the one from the other.
    #[doc(hidden)]
    fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update);

    /// Visits the leaves of `self`, in the order of [`Differentiable::__update`].
    #[doc(hidden)]
    fn __visit(&self, visitor: &mut dyn Visit);

    /// [`Differentiable::__update`] for items that lie side by side. Floats hand over the whole slice
    /// as one leaf; everything else goes item by item, each named by its index.
    ///
    /// # Panics
    ///
    /// Panics if the lengths differ, unless there are no tangents at all: those count as zeros.
    #[doc(hidden)]
    #[track_caller]
    fn __update_slice(items: &mut [Self], tangents: &[Self::Tangent], update: &mut dyn Update)
    where
        Self: Sized,
    {
        Self::__update_iter(&mut items.iter_mut(), &mut tangents.iter(), update);
    }

    /// [`Differentiable::__update_slice`] for items that are scattered in memory.
    #[doc(hidden)]
    #[track_caller]
    fn __update_iter(
        items: &mut dyn ExactSizeIterator<Item = &mut Self>,
        tangents: &mut dyn ExactSizeIterator<Item = &Self::Tangent>,
        update: &mut dyn Update,
    ) where
        Self: Sized,
    {
        let absent = check_lengths(items.len(), tangents.len());
        for (index, item) in items.enumerate() {
            update.enter(digits(index, &mut [0; 20]));
            match tangents.next() {
                Some(tangent) => item.__update(tangent, update),
                None if absent => {
                    let zero = item.__zero();
                    item.__update(&zero, update);
                }
                None => unreachable!("the lengths were compared"),
            }
            update.leave();
        }
    }

    /// [`Differentiable::__visit`] for items that lie side by side in row-major order of `shape`.
    /// Floats hand over the whole slice as one leaf.
    #[doc(hidden)]
    fn __visit_slice(shape: &[usize], items: &[Self], visitor: &mut dyn Visit)
    where
        Self: Sized,
    {
        Self::__visit_iter(shape, &mut items.iter(), visitor);
    }

    /// [`Differentiable::__visit_slice`] for items that are scattered in memory.
    #[doc(hidden)]
    fn __visit_iter(_shape: &[usize], items: &mut dyn Iterator<Item = &Self>, visitor: &mut dyn Visit)
    where
        Self: Sized,
    {
        for (index, item) in items.enumerate() {
            visitor.enter(digits(index, &mut [0; 20]));
            item.__visit(visitor);
            visitor.leave();
        }
    }
}

/// The decimal digits of an index, without an allocation.
fn digits(mut index: usize, buffer: &mut [u8; 20]) -> &str {
    let mut start = buffer.len();
    loop {
        start -= 1;
        buffer[start] = b'0' + (index % 10) as u8;
        index /= 10;
        if index == 0 {
            return core::str::from_utf8(&buffer[start..]).expect("digits are ASCII");
        }
    }
}

/// Whether the tangents are absent, which counts as zero.
///
/// # Panics
///
/// Panics if there are some, but not as many as items.
#[track_caller]
fn check_lengths(items: usize, tangents: usize) -> bool {
    assert!(
        items == tangents || tangents == 0,
        "a gradient has {tangents} elements, but what it belongs to has {items}: \
         was the value resized after its gradient was taken?"
    );
    tangents == 0 && items != 0
}

/// A vector space of tangents: what gradients are made of.
///
/// Implemented by the tangents of this crate and by those that `#[derive(Differentiable)]` makes.
pub trait Tangent: Differentiable<Tangent = Self> + Clone + Debug + PartialEq {
    /// `self += other`. An empty `Vec` counts as zero of any length.
    #[doc(hidden)]
    fn __add(&mut self, other: &Self);

    /// Replaces every real scalar, in order, by what `f` makes of it; a complex number counts as
    /// two, the real part first.
    #[doc(hidden)]
    fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64);

    /// Multiplies every scalar by a number.
    #[doc(hidden)]
    fn __scale(&mut self, factor: f64) {
        self.__map(&mut |x| x * factor);
    }
}

/// A consumer of matching leaves: parameters that may be changed, and their gradients.
///
/// Leaves arrive as contiguous slices of equal length, always in the same order for the same type.
/// Complex leaves arrive as their real and imaginary parts in turn.
pub trait Update {
    /// A leaf of single precision.
    fn leaf_f32(&mut self, parameters: &mut [f32], gradients: &[f32]);
    /// A leaf of double precision.
    fn leaf_f64(&mut self, parameters: &mut [f64], gradients: &[f64]);
    /// A matrix of single precision with a gradient for some of its rows. Unless this is written, it is a leaf.
    #[cfg(feature = "std")]
    fn rows_f32(&mut self, parameters: &mut [f32], gradients: &Rows<f32>) {
        self.leaf_f32(parameters, &gradients.to_array().into_raw_vec_and_offset().0);
    }
    /// A matrix of double precision with a gradient for some of its rows. Unless this is written, it is a leaf.
    #[cfg(feature = "std")]
    fn rows_f64(&mut self, parameters: &mut [f64], gradients: &Rows<f64>) {
        self.leaf_f64(parameters, &gradients.to_array().into_raw_vec_and_offset().0);
    }
    /// A field or an element with this name begins.
    fn enter(&mut self, _name: &str) {}
    /// The field or element entered last has ended.
    fn leave(&mut self) {}
    /// Whether this is a step of training.
    fn is_step(&self) -> bool {
        false
    }
    /// Whether the statistics of what has been entered follow what was observed.
    fn observes(&self) -> bool {
        self.is_step()
    }
    /// Whether numbers that no gradient belongs to, such as a layer's statistics, are leaves too.
    fn includes_state(&self) -> bool {
        false
    }
    /// The mode of a layer.
    #[cfg(feature = "std")]
    fn mode(&mut self, _mode: &mut Mode) {}
    /// The number that makes a layer's random numbers new in every step.
    fn counter(&mut self, _counter: &mut u64) {}
}

/// A reader of leaves, for saving, counting and comparing parameters.
pub trait Visit {
    /// A leaf of single precision, in logical (row-major) order, with its shape.
    fn leaf_f32(&mut self, shape: &[usize], values: &[f32]);
    /// A leaf of double precision, in logical (row-major) order, with its shape.
    fn leaf_f64(&mut self, shape: &[usize], values: &[f64]);
    /// A matrix of single precision that is zero in most of its rows. Unless this is written, it is a leaf.
    #[cfg(feature = "std")]
    fn rows_f32(&mut self, rows: &Rows<f32>) {
        let (count, width) = rows.dim();
        self.leaf_f32(&[count, width], &rows.to_array().into_raw_vec_and_offset().0);
    }
    /// A matrix of double precision that is zero in most of its rows. Unless this is written, it is a leaf.
    #[cfg(feature = "std")]
    fn rows_f64(&mut self, rows: &Rows<f64>) {
        let (count, width) = rows.dim();
        self.leaf_f64(&[count, width], &rows.to_array().into_raw_vec_and_offset().0);
    }
    /// A field or an element with this name begins.
    fn enter(&mut self, _name: &str) {}
    /// The field or element entered last has ended.
    fn leave(&mut self) {}
    /// What has been entered last has this name in files, and its array has there the axes in this order; without a name, what is in it
    /// takes its place. Given by `#[saved(name = "…", axes = […])]` on a field.
    fn saved(&mut self, _name: &'static str, _axes: &'static [usize]) {}
    /// What has been entered is a struct or an enum of this name.
    fn kind(&mut self, _name: &'static str) {}
    /// Numbers follow that no gradient belongs to, such as a layer's statistics; `false` leaves them out.
    fn begin_state(&mut self) -> bool {
        false
    }
    /// These numbers have ended.
    fn end_state(&mut self) {}
    /// The number that makes a layer's random numbers new in every step.
    fn counter(&mut self, _counter: u64) {}
}
