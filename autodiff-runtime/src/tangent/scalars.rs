//! Floats and complex numbers: their own tangents, and the leaves of everything else.
//!
//! A slice of floats is one leaf, a slice of complex numbers is one leaf of its real and imaginary
//! parts in turn.

use num_complex::Complex;

use super::{Differentiable, Tangent, Update, Visit, check_lengths};
use crate::Real;

macro_rules! float {
    ($float:ident, $leaf:ident) => {
        impl Differentiable for $float {
            type Tangent = $float;

            #[inline]
            fn __zero(&self) -> $float {
                0.0
            }

            #[inline]
            fn __update(&mut self, tangent: &$float, update: &mut dyn Update) {
                update.$leaf(core::slice::from_mut(self), core::slice::from_ref(tangent));
            }

            #[inline]
            fn __visit(&self, visitor: &mut dyn Visit) {
                visitor.$leaf(&[], core::slice::from_ref(self));
            }

            fn __update_slice(items: &mut [$float], tangents: &[$float], update: &mut dyn Update) {
                if check_lengths(items.len(), tangents.len()) {
                    #[cfg(feature = "std")]
                    update.$leaf(items, &vec![0.0; items.len()]);
                    #[cfg(not(feature = "std"))]
                    items.iter_mut().for_each(|item| update.$leaf(core::slice::from_mut(item), &[0.0]));
                } else {
                    update.$leaf(items, tangents);
                }
            }

            #[cfg(feature = "std")]
            fn __update_iter(
                items: &mut dyn ExactSizeIterator<Item = &mut $float>,
                tangents: &mut dyn ExactSizeIterator<Item = &$float>,
                update: &mut dyn Update,
            ) {
                let items: Vec<&mut $float> = items.collect();
                let mut values: Vec<$float> = items.iter().map(|item| **item).collect();
                let tangents: Vec<$float> = tangents.copied().collect();
                <$float>::__update_slice(&mut values, &tangents, update);
                for (item, value) in items.into_iter().zip(values) {
                    *item = value;
                }
            }

            fn __visit_slice(shape: &[usize], items: &[$float], visitor: &mut dyn Visit) {
                visitor.$leaf(shape, items);
            }

            #[cfg(feature = "std")]
            fn __visit_iter(shape: &[usize], items: &mut dyn Iterator<Item = &$float>, visitor: &mut dyn Visit) {
                visitor.$leaf(shape, &items.copied().collect::<Vec<_>>());
            }
        }

        impl Tangent for $float {
            #[inline]
            fn __add(&mut self, other: &$float) {
                *self += *other;
            }

            #[inline]
            fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
                *self = f(f64::from(*self)) as $float;
            }
        }
    };
}

float!(f32, leaf_f32);
float!(f64, leaf_f64);

impl<T: Real> Differentiable for Complex<T> {
    type Tangent = Complex<T>;

    #[inline]
    fn __zero(&self) -> Complex<T> {
        Complex::new(T::zero(), T::zero())
    }

    #[inline]
    fn __update(&mut self, tangent: &Complex<T>, update: &mut dyn Update) {
        let mut parts = [self.re, self.im];
        T::__update_slice(&mut parts, &[tangent.re, tangent.im], update);
        *self = Complex::new(parts[0], parts[1]);
    }

    #[inline]
    fn __visit(&self, visitor: &mut dyn Visit) {
        T::__visit_slice(&[2], &[self.re, self.im], visitor);
    }

    #[cfg(feature = "std")]
    fn __update_iter(
        items: &mut dyn ExactSizeIterator<Item = &mut Complex<T>>,
        tangents: &mut dyn ExactSizeIterator<Item = &Complex<T>>,
        update: &mut dyn Update,
    ) {
        let items: Vec<&mut Complex<T>> = items.collect();
        let mut values: Vec<T> = items.iter().flat_map(|z| [z.re, z.im]).collect();
        let tangents: Vec<T> = tangents.flat_map(|z| [z.re, z.im]).collect();
        T::__update_slice(&mut values, &tangents, update);
        for (item, parts) in items.into_iter().zip(values.chunks_exact(2)) {
            *item = Complex::new(parts[0], parts[1]);
        }
    }

    #[cfg(feature = "std")]
    fn __visit_iter(shape: &[usize], items: &mut dyn Iterator<Item = &Complex<T>>, visitor: &mut dyn Visit) {
        let parts: Vec<T> = items.flat_map(|z| [z.re, z.im]).collect();
        T::__visit_slice(&[shape, &[2]].concat(), &parts, visitor);
    }
}

impl<T: Real> Tangent for Complex<T> {
    #[inline]
    fn __add(&mut self, other: &Complex<T>) {
        *self += *other;
    }

    #[inline]
    fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
        self.re.__map(f);
        self.im.__map(f);
    }
}
