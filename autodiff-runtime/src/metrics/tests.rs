//! The same numbers as scikit-learn. The fixture carries the script that made it, `tests/fixtures/scikit_metrics.py`.

use ndarray::{Array1, Array2};
use serde_json::Value;

use super::*;

fn numbers(value: &Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// A list of lists, or a list as one column.
fn rows(value: &Value) -> Array2<f64> {
    let rows = value.as_array().unwrap();
    let flat = rows
        .iter()
        .flat_map(|row| if row.is_array() { numbers(row) } else { Array1::from_elem(1, row.as_f64().unwrap()) });
    let flat: Vec<f64> = flat.collect();
    Array2::from_shape_vec((rows.len(), flat.len() / rows.len()), flat).unwrap()
}

fn labels(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|label| usize::try_from(label.as_u64().unwrap()).unwrap()).collect()
}

#[track_caller]
fn compare(case: &Value, name: &str, found: f64) {
    let expected = case[name].as_f64().unwrap_or(f64::NAN);
    let same = (found - expected).abs() < 1e-14 || (found.is_nan() && case[name].is_null());
    assert!(same, "{name} is {found} here and {expected} in scikit-learn, for {case}");
}

fn fixture(kind: &str) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(include_str!("../../../tests/fixtures/scikit_metrics.json")).unwrap();
    serde_json::from_value(file[kind].take()).unwrap()
}

#[test]
fn scores_of_two_classes() {
    for case in fixture("binary") {
        let (truth, scores) = (numbers(&case["labels"]), numbers(&case["scores"]));
        let threshold = case["threshold"].as_f64().unwrap();
        compare(&case, "accuracy", binary_accuracy(&truth, &scores, threshold));
        compare(&case, "precision", precision(&truth, &scores, threshold));
        compare(&case, "recall", recall(&truth, &scores, threshold));
        compare(&case, "f1", f1_score(&truth, &scores, threshold));
        compare(&case, "auc", auc(&truth, &scores));
    }
}

#[test]
fn scores_of_many_classes() {
    for case in fixture("classes") {
        let (truth, scores) = (labels(&case["labels"]), rows(&case["scores"]));
        compare(&case, "accuracy", accuracy(&truth, &scores));
        for (k, expected) in (1..).zip(numbers(&case["top_k"])) {
            assert!((top_k_accuracy(&truth, &scores, k) - expected).abs() < 1e-14, "top {k} of {case}");
        }
        let matrix = ConfusionMatrix::new(&truth, &argmax(&scores), scores.ncols());
        assert_eq!(matrix.counts().mapv(|count| count as f64), rows(&case["confusion"]));
        compare(&case, "accuracy", matrix.accuracy());
        compare(&case, "macro_f1", matrix.macro_f1());
        for class in 0..scores.ncols() {
            let found = [matrix.precision(class), matrix.recall(class), matrix.f1(class)];
            for (name, found) in ["precision", "recall", "f1"].into_iter().zip(found) {
                assert!((found - numbers(&case[name])[class]).abs() < 1e-14, "{name} of class {class} of {case}");
            }
        }
    }
}

#[test]
fn errors_of_regressions() {
    for case in fixture("regression") {
        let (truth, predicted) = (rows(&case["truth"]), rows(&case["predicted"]));
        compare(&case, "mae", mean_absolute_error(&truth, &predicted));
        compare(&case, "rmse", root_mean_squared_error(&truth, &predicted));
        compare(&case, "r_squared", r_squared(&truth, &predicted));
    }
}
