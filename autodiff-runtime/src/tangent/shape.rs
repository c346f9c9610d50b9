//! Whether a tangent that was handed in has the shape of what it belongs to: as many leaves, each of the same lengths.

use super::{Differentiable, Visit};

/// Walks over the leaves, and keeps the shape of one of them.
struct Leaves {
    /// The number of leaves so far.
    count: usize,
    /// What tells the shapes so far from others.
    digest: u64,
    /// Which leaf is kept.
    wanted: usize,
    kept: Option<Shape>,
    /// Names of fields and indices that lead to the leaf.
    #[cfg(feature = "std")]
    path: Vec<String>,
    #[cfg(feature = "std")]
    name: String,
}

/// The lengths of up to eight axes.
#[derive(Clone, Copy, PartialEq)]
struct Shape {
    axes: usize,
    lengths: [usize; 8],
}

impl core::fmt::Debug for Shape {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.lengths[..self.axes].fmt(f)
    }
}

impl Leaves {
    fn of<V: Differentiable + ?Sized>(value: &V, wanted: usize) -> Self {
        let mut leaves = Self {
            count: 0,
            digest: 0xcbf2_9ce4_8422_2325,
            wanted,
            kept: None,
            #[cfg(feature = "std")]
            path: Vec::new(),
            #[cfg(feature = "std")]
            name: String::new(),
        };
        value.__visit(&mut leaves);
        leaves
    }

    fn leaf(&mut self, shape: &[usize]) {
        for number in shape.iter().chain([&usize::MAX]) {
            self.digest = (self.digest ^ *number as u64).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
        }
        if self.count == self.wanted {
            let mut lengths = [0; 8];
            let axes = shape.len().min(lengths.len());
            lengths[..axes].copy_from_slice(&shape[..axes]);
            self.kept = Some(Shape { axes, lengths });
            #[cfg(feature = "std")]
            self.path.iter().for_each(|part| self.name.extend([".", part]));
        }
        self.count += 1;
    }
}

impl Visit for Leaves {
    fn leaf_f32(&mut self, shape: &[usize], _: &[f32]) {
        self.leaf(shape);
    }

    fn leaf_f64(&mut self, shape: &[usize], _: &[f64]) {
        self.leaf(shape);
    }

    #[cfg(feature = "std")]
    fn rows_f32(&mut self, rows: &super::Rows<f32>) {
        self.leaf(&<[usize; 2]>::from(rows.dim()));
    }

    #[cfg(feature = "std")]
    fn rows_f64(&mut self, rows: &super::Rows<f64>) {
        self.leaf(&<[usize; 2]>::from(rows.dim()));
    }

    #[cfg(feature = "std")]
    fn enter(&mut self, name: &str) {
        if self.wanted != usize::MAX {
            self.path.push(name.to_owned());
        }
    }

    #[cfg(feature = "std")]
    fn leave(&mut self) {
        self.path.pop();
    }
}

/// Refuses a tangent that has not the shape of the parameter of this name.
///
/// # Panics
///
/// Panics with both shapes.
#[track_caller]
pub fn check_tangent<V: Differentiable + ?Sized, T: Differentiable + ?Sized>(name: &str, value: &V, tangent: &T) {
    let (of_value, of_tangent) = (Leaves::of(value, usize::MAX), Leaves::of(tangent, usize::MAX));
    if (of_value.count, of_value.digest) != (of_tangent.count, of_tangent.digest) {
        refuse(name, value, tangent, of_value.count, of_tangent.count);
    }
}

/// Finds the first leaf that differs, and says so.
#[cold]
#[track_caller]
fn refuse<V: Differentiable + ?Sized, T: Differentiable + ?Sized>(
    name: &str,
    value: &V,
    tangent: &T,
    of_value: usize,
    of_tangent: usize,
) {
    for leaf in 0..of_value.min(of_tangent) {
        let (a, b) = (Leaves::of(value, leaf), Leaves::of(tangent, leaf));
        if let (Some(expected), Some(found)) = (a.kept, b.kept)
            && expected != found
        {
            #[cfg(feature = "std")]
            let part = a.name;
            #[cfg(not(feature = "std"))]
            let part = "";
            panic!("the tangent of `{name}{part}` has shape {found:?}, but `{name}{part}` has shape {expected:?}");
        }
    }
    assert!(
        of_value == of_tangent,
        "the tangent of `{name}` has {of_tangent} arrays or numbers, but `{name}` has {of_value}: a tangent has the variant \
         of its value, and as many items"
    );
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    fn message<V: Differentiable, T: Differentiable>(value: &V, tangent: &T) -> String {
        let check = std::panic::AssertUnwindSafe(|| check_tangent("x", value, tangent));
        std::panic::catch_unwind(check).map_or_else(|error| *error.downcast().unwrap(), |()| "none".to_owned())
    }

    #[test]
    fn the_part_that_differs_is_named() {
        let a = ndarray::Array2::<f64>::zeros((2, 3));
        assert_eq!(message(&a, &a.t().as_standard_layout().t().to_owned()), "none");
        let other = a.t().to_owned();
        assert_eq!(message(&a, &other), "the tangent of `x` has shape [3, 2], but `x` has shape [2, 3]");
        assert_eq!(
            message(&(1.0, vec![a.clone(), a.clone()]), &(1.0, vec![a.clone(), other])),
            "the tangent of `x.1.1` has shape [3, 2], but `x.1.1` has shape [2, 3]"
        );
        assert!(message(&vec![vec![1.0]; 3], &vec![vec![1.0]; 2]).starts_with("the tangent of `x` has 2 arrays"));
        assert!(message(&Some(1.0), &None::<f64>).contains("has 0 arrays or numbers, but `x` has 1"));
        assert_eq!(message(&vec![1.0, 2.0], &vec![1.0_f64]), "the tangent of `x` has shape [1], but `x` has shape [2]");
        assert_eq!(message(&vec![3_usize], &Vec::<()>::new()), "none");
    }
}
