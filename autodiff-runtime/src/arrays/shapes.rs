//! Arrays in other shapes.

use ndarray::{Array, ArrayRef, CowArray, Dimension, Order, ShapeArg, ShapeError};

use super::{Pullback2, Pulled2};
use crate::Real;

type Reshaped<T, E> = Result<Array<T, <E as ShapeArg>::Dim>, ShapeError>;
type ReshapedTangent<T, E> = Result<Array<T, <E as ShapeArg>::Dim>, ()>;

pub trait ArrayShapes<T: Real, D: Dimension> {
    fn __fwd_into_shape_with_order<E: ShapeArg>(
        &self,
        shape: E,
    ) -> (Reshaped<T, E>, Pullback2<T, D, ReshapedTangent<T, E>, ()>);
    fn __jvp_into_shape_with_order<E: ShapeArg + Clone>(
        &self,
        shape: E,
        d: Option<&ArrayRef<T, D>>,
        d_shape: Option<()>,
    ) -> (Reshaped<T, E>, ReshapedTangent<T, E>);
}

impl<T: Real, D: Dimension> ArrayShapes<T, D> for ArrayRef<T, D> {
    fn __fwd_into_shape_with_order<E: ShapeArg>(
        &self,
        shape: E,
    ) -> (Reshaped<T, E>, Pullback2<T, D, ReshapedTangent<T, E>, ()>) {
        let (shape, order) = shape.into_shape_and_order();
        let order = order.unwrap_or(Order::RowMajor);
        (
            self.to_owned().into_shape_with_order((shape, order)),
            Box::new(move |(_, ct, (slot, ())): Pulled2<'_, T, D, ReshapedTangent<T, E>>| {
                if let (Some(slot), Ok(ct)) = (slot, ct) {
                    // Zipped with nothing, an empty cotangent counts as zero.
                    if order == Order::ColumnMajor {
                        let ct = ct.reversed_axes();
                        for (s, c) in slot.view_mut().reversed_axes().iter_mut().zip(&ct) {
                            *s += *c;
                        }
                    } else {
                        for (s, c) in slot.iter_mut().zip(&ct) {
                            *s += *c;
                        }
                    }
                }
                ((), ())
            }),
        )
    }

    fn __jvp_into_shape_with_order<E: ShapeArg + Clone>(
        &self,
        shape: E,
        d: Option<&ArrayRef<T, D>>,
        _: Option<()>,
    ) -> (Reshaped<T, E>, ReshapedTangent<T, E>) {
        let y = self.to_owned().into_shape_with_order(shape.clone());
        let t = match (&y, d.filter(|d| d.shape() == self.shape())) {
            (Err(_), _) => Err(()),
            (Ok(y), None) => Ok(Array::zeros(y.raw_dim())),
            (Ok(_), Some(d)) => {
                let (shape, order) = shape.into_shape_and_order();
                d.to_shape((shape, order.unwrap_or(Order::RowMajor))).map(CowArray::into_owned).map_err(drop)
            }
        };
        (y, t)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ArrayRef2, array};

    use super::*;

    /// The compiler does not yet reach these through `unwrap`.
    #[test]
    fn cotangents_of_reshaped_arrays_keep_their_order() {
        let a: Array2<f64> = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let ct = array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut slot = Array2::zeros((2, 3));
        let (y, pullback) = a.__fwd_into_shape_with_order(6);
        assert_eq!(y, Ok(array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let into: &mut ArrayRef2<f64> = &mut slot;
        pullback(((&a, ()), Ok(ct.clone()), (Some(into), ())));
        assert_eq!(slot, a);
        let (_, t) = a.__jvp_into_shape_with_order(6, Some(&a), None);
        assert_eq!(t, Ok(ct));
    }
}
