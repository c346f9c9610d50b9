//! The format of MNIST.
//!
//! Two zero bytes, a byte for the type, a byte for the number of dimensions, each dimension as four
//! bytes with the highest first, then the elements in row-major order. Source: `LeCun`, Cortes, Burges,
//! *The MNIST Database of Handwritten Digits*.

use std::fs;
use std::io::{ErrorKind, Read};
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
    let format = |what: String| DataError::new(DataErrorKind::Format, path, what);
    let bytes = fs::read(path).map_err(|error| DataError::new(DataErrorKind::Io, path, error))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        array(MultiGzDecoder::new(&bytes[..])).map_err(format)
    } else {
        array(&bytes[..]).map_err(format)
    }
}

/// Reads the array. No more memory is asked for than the header says, however much a gzipped file unpacks to.
fn array(mut reader: impl Read) -> Result<ArrayD<u8>, String> {
    let mut magic = [0; 4];
    match reader.read_exact(&mut magic) {
        Ok(()) if magic[..2] == [0, 0] => {}
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(damaged(&error)),
        _ => return Err("it does not begin as IDX files do".to_owned()),
    }
    let [_, _, kind, axes] = magic;
    if kind != BYTES {
        return Err(format!("its elements are of type {kind:#04x}; only bytes ({BYTES:#04x}) are read"));
    }
    let mut sizes = vec![[0; 4]; usize::from(axes)];
    if reader.read_exact(sizes.as_flattened_mut()).is_err() {
        return Err("it is cut off in its header".to_owned());
    }
    let shape: Vec<usize> = sizes.iter().map(|size| u32::from_be_bytes(*size) as usize).collect();
    let expected = shape.iter().try_fold(1_usize, |count, size| count.checked_mul(*size));
    let mut items = Vec::new();
    let most = expected.map_or(0, |count| count as u64).saturating_add(1);
    reader.take(most).read_to_end(&mut items).map_err(|error| damaged(&error))?;
    match expected {
        Some(expected) if expected == items.len() => {}
        Some(expected) if expected < items.len() => {
            return Err(format!("its header says {shape:?}, but more bytes follow"));
        }
        _ => return Err(format!("its header says {shape:?}, but {} bytes follow", items.len())),
    }
    ArrayD::from_shape_vec(IxDyn(&shape), items).map_err(|error| error.to_string())
}

fn damaged(error: &std::io::Error) -> String {
    format!("its data is damaged: {error}")
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
        assert_eq!(read("zipped", &zipped), Ok(expected.clone()));
        for at in 0..zipped.len() {
            assert!(read("cut", &zipped[..at]).is_err());
            let mut damaged = zipped.clone();
            damaged[at] ^= 0x55;
            // Some bytes of the format's header mean nothing; the sum at the end finds all others.
            assert!(
                read("damaged", &damaged).is_ok_and(|array| array == expected) || read("damaged", &damaged).is_err()
            );
        }
        // A megabyte of zeros in a kilobyte is not unpacked if the header does not ask for it.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&FILE[..12]).unwrap();
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
        assert!(read("bomb", &encoder.finish().unwrap()).is_err());
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
        assert!(
            message("long", &[&FILE[..], &[0]].concat()).ends_with("its header says [2, 3], but more bytes follow")
        );
        assert!(message("empty", &[]).ends_with("it does not begin as IDX files do"));
    }
}
