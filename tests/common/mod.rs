//! What a program of one slice of floats is held against: central differences, in every form of its derivatives.

/// Whether two numbers agree as well as differences can.
pub(crate) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 2e-5 * (1.0 + a.abs().max(b.abs()))
}

/// Central differences.
pub(crate) fn differences(f: impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    let displaced = |i: usize, by: f64| {
        let mut x = x.to_vec();
        x[i] += by;
        f(&x)
    };
    (0..x.len()).map(|i| (displaced(i, 1e-5) - displaced(i, -1e-5)) / 2e-5).collect()
}

/// Compares reverse and forward mode of a program of three numbers with differences.
#[allow(unused_macros, reason = "not every test has such programs")]
macro_rules! agrees {
    ($f:ident, $x:expr) => {
        #[test]
        fn agrees() {
            let x: [f64; 3] = $x;
            $f::check(&x).unwrap();
            let expected = crate::common::differences(|x| $f(x), &x);
            assert!(expected.iter().any(|d| *d != 0.0), "a program without derivative tests nothing");
            let (value, gradient) = $f::value_and_grad(&x);
            assert!(crate::common::close(value, $f(&x)), "{value} is not {}", $f(&x));
            for i in 0..x.len() {
                let mut direction = [0.0; 3];
                direction[i] = 1.0;
                let tangent = $f::jvp(&x, &direction).1;
                assert!(crate::common::close(gradient[i], expected[i]), "{gradient:?} is not {expected:?}");
                assert!(
                    crate::common::close(tangent, expected[i]),
                    "{tangent} in direction {i} is not {}",
                    expected[i]
                );
            }
        }
    };
}

/// A test of all derivatives of a function of `&[f64]` with `order = 2`, at a point.
macro_rules! checked {
    ($f:ident, $x:expr) => {
        #[test]
        fn checked() {
            use crate::common::{close, differences};
            let x: &[f64] = &$x;
            $f::check(x).unwrap();
            let expected = differences(|x| $f(x), x);
            assert!(expected.iter().any(|d| *d != 0.0), "a program without derivative tests nothing");
            let same = |found: &[f64], scale: f64| {
                assert!(
                    found.iter().zip(&expected).all(|(f, e)| close(*f, scale * e)),
                    "{found:?} is not {scale} times {expected:?}"
                );
            };
            let (value, gradient) = $f::value_and_grad(x);
            assert!(close(value, $f(x)));
            same(&gradient, 1.0);
            assert_eq!($f::grad(x), gradient);
            let mut into = vec![1.0; x.len()];
            $f::grad_into(x, &mut into);
            same(&into.iter().map(|d| d - 1.0).collect::<Vec<_>>(), 1.0);
            let (_, pullback) = $f::vjp(x);
            same(&pullback(2.0), 2.0);
            same(&pullback(2.0), 2.0);
            same(&$f::jacobian(x).row(0).to_vec(), 1.0);
            let hessian = $f::hessian(x);
            for i in 0..x.len() {
                let mut direction = vec![0.0; x.len()];
                direction[i] = 1.0;
                assert!(close($f::jvp(x, &direction).1, expected[i]));
                let product = $f::hvp(x, &direction);
                let second = differences(|x| $f::grad(x)[i], x);
                for j in 0..x.len() {
                    let found = hessian[[i, j]];
                    assert!(close(found, product[j]), "hvp gives {}, the hessian {found}", product[j]);
                    assert!(close(0.2 * found, 0.2 * second[j]), "element {i}, {j}: {found} is not {}", second[j]);
                }
            }
        }
    };
}
