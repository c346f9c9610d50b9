//! The format of MNIST.
//!
//! Two zero bytes, a byte for the type, a byte for the number of dimensions, each dimension as four
//! bytes with the highest first, then the elements in row-major order. Source: `LeCun`, Cortes, Burges,
//! *The MNIST Database of Handwritten Digits*.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use ndarray::{ArrayD, IxDyn};

use super::{DataError, DataErrorKind};

/// The type byte of unsigned bytes.
const BYTES: u8 = 0x08;

/// Reads an IDX file of bytes, plain or gzipped: images of shape (count, rows, columns), labels of shape
/// (count).
///
/// # Errors
///
/// Says which file could not be read, and why: not found, not IDX, of another type, cut off or too
/// long.
pub fn read_idx(path: impl AsRef<Path>) -> Result<ArrayD<u8>, DataError> {
    let path = path.as_ref();
    let fail = |kind, what: String| Err(DataError::new(kind, path, what));
    let mut bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return fail(DataErrorKind::Io, error.to_string()),
    };
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        if let Err(error) = MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain) {
            return fail(DataErrorKind::Format, format!("the gzipped data is damaged: {error}"));
        }
        bytes = plain;
    }
    let (kind, axes) = match bytes[..] {
        [0, 0, kind, axes, ..] => (kind, usize::from(axes)),
        _ => {
            return fail(DataErrorKind::Format, "it does not begin as IDX files do".to_owned());
        }
    };
    if kind != BYTES {
        let what = format!("its elements are of type {kind:#04x}; only bytes ({BYTES:#04x}) are read");
        return fail(DataErrorKind::Format, what);
    }
    let header = 4 + 4 * axes;
    let Some(sizes) = bytes.get(4..header) else {
        return fail(DataErrorKind::Format, "it is cut off in its header".to_owned());
    };
    let (sizes, _) = sizes.as_chunks::<4>();
    let shape: Vec<usize> = sizes.iter().map(|size| u32::from_be_bytes(*size) as usize).collect();
    let expected = shape.iter().try_fold(1_usize, |count, size| count.checked_mul(*size));
    let items = bytes.split_off(header);
    if expected != Some(items.len()) {
        let what = format!("its header says {shape:?}, but {} bytes follow", items.len());
        return fail(DataErrorKind::Format, what);
    }
    let array = ArrayD::from_shape_vec(IxDyn(&shape), items);
    array.map_err(|error| DataError::new(DataErrorKind::Format, path, error))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const FILE: [u8; 18] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255];

    fn read(test: &str, bytes: &[u8]) -> Result<ArrayD<u8>, DataError> {
        let path = std::env::temp_dir().join(format!("idx-{test}-{}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        let result = read_idx(&path);
        fs::remove_file(&path).unwrap();
        result
    }

    #[test]
    fn plain_and_gzipped_files_are_read() {
        let expected = ndarray::array![[1, 2, 3], [4, 5, 255]].into_dyn();
        assert_eq!(read("plain", &FILE), Ok(expected.clone()));
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&FILE).unwrap();
        let zipped = encoder.finish().unwrap();
        assert_eq!(read("zipped", &zipped), Ok(expected));
        assert!(read("damaged", &zipped[..zipped.len() - 9]).is_err());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |test, bytes: &[u8]| read(test, bytes).unwrap_err().to_string();
        assert!(message("short", &FILE[..17]).ends_with("its header says [2, 3], but 5 bytes follow"));
        assert!(message("header", &FILE[..9]).ends_with("it is cut off in its header"));
        assert!(message("text", b"hello").ends_with("it does not begin as IDX files do"));
        let mut floats = FILE;
        floats[2] = 0x0d;
        assert!(message("floats", &floats).contains("of type 0x0d"));
        let huge = [0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255];
        assert!(message("huge", &huge).contains("but 0 bytes follow"));
    }
}
