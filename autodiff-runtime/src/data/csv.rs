//! Comma-separated numbers.

use std::path::Path;

use ndarray::Array2;

use super::{DataError, DataErrorKind, open};
use crate::Real;

/// Reads a file of comma-separated numbers: a row for each line, a column for each field.
///
/// # Errors
///
/// Says which file could not be read, and why; for a field that is no number, in which line and column.
/// NaN and infinite numbers are refused too.
pub fn read_csv<T: Real + std::str::FromStr>(path: impl AsRef<Path>, has_header: bool) -> Result<Array2<T>, DataError> {
    let path = path.as_ref();
    let fail = |kind, what: &dyn std::fmt::Display| Err(DataError::new(kind, path, what));
    let file = open(path)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(has_header).trim(csv::Trim::All).from_reader(file);
    let (mut values, mut rows, mut columns) = (Vec::new(), 0, 0);
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => return fail(DataErrorKind::Format, &error),
        };
        let line = record.position().map_or(0, csv::Position::line);
        columns = record.len();
        rows += 1;
        for (column, field) in record.iter().enumerate() {
            match field.parse::<T>() {
                Ok(value) if value.is_finite() => values.push(value),
                _ => {
                    let mut what =
                        format!("line {line}, column {}: expected a finite number; received `{field}`", column + 1);
                    if rows == 1 && !has_header {
                        what.push_str(" (pass `true` for `has_header` if this line names the columns)");
                    }
                    return fail(DataErrorKind::Format, &what);
                }
            }
        }
    }
    if rows == 0 {
        return fail(DataErrorKind::Empty, &"there are no rows of data");
    }
    let array = Array2::from_shape_vec((rows, columns), values);
    array.map_err(|error| DataError::new(DataErrorKind::Format, path, error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ndarray::array;

    use super::*;

    fn read(test: &str, text: &str, has_header: bool) -> Result<Array2<f64>, DataError> {
        let path = std::env::temp_dir().join(format!("csv-{test}-{}.csv", std::process::id()));
        fs::write(&path, text).unwrap();
        let result = read_csv(&path, has_header);
        fs::remove_file(&path).unwrap();
        result
    }

    #[test]
    fn numbers_are_read_with_and_without_a_header() {
        assert_eq!(read("plain", "1, 2.5\n-3e2,4\n", false), Ok(array![[1.0, 2.5], [-300.0, 4.0]]));
        assert_eq!(read("header", "a,b\n1,2\n", true), Ok(array![[1.0, 2.0]]));
    }

    #[test]
    fn errors_name_line_and_column() {
        let error = read("word", "1,2\n3,x\n", false).unwrap_err();
        assert_eq!(error.kind(), DataErrorKind::Format);
        let message = error.to_string();
        assert!(message.ends_with("line 2, column 2: expected a finite number; received `x`"), "{message}");
        assert!(read("nan", "1,NaN\n", false).is_err());
        assert!(read("ragged", "1,2\n3\n", false).unwrap_err().to_string().contains("line: 2"));
        assert_eq!(read("empty", "a,b\n", true).unwrap_err().kind(), DataErrorKind::Empty);
        let missing = read_csv::<f64>("/no/such/file.csv", false).unwrap_err();
        assert_eq!(missing.kind(), DataErrorKind::Io);
        let header = read("names", "a,b\n1,2\n", false).unwrap_err().to_string();
        assert!(header.contains("received `a` (pass `true` for `has_header`"), "{header}");
    }
}
