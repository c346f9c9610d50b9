//! Arrays of `NumPy`.

use std::any::type_name;
use std::io::{BufReader, Error, ErrorKind, Read};
use std::path::Path;

use ndarray::{Array, Dimension};
use ndarray_npy::npy::header::Header;
use ndarray_npy::{ReadNpyError, ReadNpyExt, ReadableElement};
use zip::ZipArchive;

use super::{DataError, DataErrorKind, open};

/// The most bytes of a header: what the two bytes of version 1 can say. Longer ones are those of structures.
const MAX_HEADER: u32 = 0xffff;

/// How deep a header may be nested. That of an array of numbers has two brackets, one in the other.
const MAX_DEPTH: usize = 16;

/// Reads an array that `numpy.save` wrote. Element type and number of dimensions must be those of the
/// file.
///
/// # Errors
///
/// Says which file could not be read, and why.
pub fn read_npy<A: ReadableElement, D: Dimension>(path: impl AsRef<Path>) -> Result<Array<A, D>, DataError> {
    let path = path.as_ref();
    array(BufReader::new(open(path)?)).map_err(|what| DataError::new(DataErrorKind::Format, path, what))
}

/// Reads the array `name` from a file that `numpy.savez` wrote.
///
/// # Errors
///
/// Says which file could not be read, and why; if there is no such array, which there are.
pub fn read_npz<A: ReadableElement, D: Dimension>(
    path: impl AsRef<Path>,
    name: &str,
) -> Result<Array<A, D>, DataError> {
    let path = path.as_ref();
    let format = |what: &dyn std::fmt::Display| DataError::new(DataErrorKind::Format, path, what);
    let mut archive = ZipArchive::new(BufReader::new(open(path)?)).map_err(|error| format(&error))?;
    // `numpy.savez` adds the ending, and `numpy.load` hides it.
    let bare = |entry: &str| entry.strip_suffix(".npy").unwrap_or(entry).to_owned();
    let Some(at) = archive.file_names().position(|entry| bare(entry) == bare(name)) else {
        let there: Vec<_> = archive.file_names().map(bare).collect();
        return Err(format(&format_args!("it has no array `{name}`; it has {there:?}")));
    };
    let entry = archive.by_index(at).map_err(|error| format(&format_args!("`{name}`: {error}")))?;
    array(entry).map_err(|what| format(&format_args!("`{name}`: {what}")))
}

/// Reads an array. No more memory is asked for than there is data, whatever the header says.
fn array<A: ReadableElement, D: Dimension>(mut reader: impl Read) -> Result<Array<A, D>, String> {
    let header = header(&mut reader)?;
    // The number of bytes of an element ends the name of its type, as in `<f4`.
    let name = header.type_descriptor.as_string().map_or("", String::as_str);
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    let size: usize = digits.parse().unwrap_or(size_of::<A>());
    let bytes = header.shape.iter().try_fold(size, |bytes, axis| bytes.checked_mul(*axis));
    let mut data = Vec::new();
    let most = bytes.map_or(0, |bytes| bytes as u64).saturating_add(1);
    reader.take(most).read_to_end(&mut data).map_err(|error| format!("its data is damaged: {error}"))?;
    let says = || format!("its header says {:?} of `{name}`", header.shape);
    match bytes {
        Some(bytes) if bytes == data.len() => {}
        Some(bytes) if bytes < data.len() => return Err(format!("{}, but more bytes follow", says())),
        _ => return Err(format!("{}, but {} bytes follow", says(), data.len())),
    }
    let whole = header.to_bytes().map_err(|error| error.to_string())?;
    Array::read_npy(whole.chain(&data[..])).map_err(|error| match error {
        ReadNpyError::WrongDescriptor(_) => {
            format!("its elements are of type {}; expected {}", header.type_descriptor, type_name::<A>())
        }
        ReadNpyError::WrongNdim(Some(expected), found) => {
            format!("it has {found} axes, {:?}; expected {expected}", header.shape)
        }
        error => error.to_string(),
    })
}

/// Reads a header: eight bytes with the version, the number of bytes that follow (two of them, four from version 2 on), and
/// a dictionary of Python. Its length and how deep it is nested are looked at first, since the parser trusts both.
fn header(mut reader: impl Read) -> Result<Header, String> {
    let mut bytes = vec![0; 8];
    let cut_off = |error: Error| match error.kind() {
        ErrorKind::UnexpectedEof => "it is cut off in its header".to_owned(),
        _ => format!("its data is damaged: {error}"),
    };
    reader.read_exact(&mut bytes).map_err(cut_off)?;
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err("it does not begin as NPY files do".to_owned());
    }
    let width = if bytes[6] < 2 { 2 } else { 4 };
    let mut len = [0; 4];
    reader.read_exact(&mut len[..width]).map_err(cut_off)?;
    bytes.extend(&len[..width]);
    let len = u32::from_le_bytes(len);
    if len > MAX_HEADER {
        return Err(format!("its header is said to be of {len} bytes; at most {MAX_HEADER} are read"));
    }
    let start = bytes.len();
    bytes.resize(start + len as usize, 0);
    reader.read_exact(&mut bytes[start..]).map_err(cut_off)?;
    let mut depth = 0_usize;
    for byte in &bytes[start..] {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err("its header is damaged: it is nested too deeply".to_owned());
        }
    }
    Header::from_reader(&mut &bytes[..]).map_err(|error| format!("its header is damaged: {error}"))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use ndarray::{Array1, Array2, array};
    use ndarray_npy::{NpzWriter, write_npy};

    use super::*;

    #[test]
    fn arrays_are_read_by_type_and_name() {
        let place = std::env::temp_dir().join(format!("npy-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let (x, y) = (array![[1.0_f32, 2.0], [3.0, 4.0]], array![1_i64, 2]);
        let (one, many) = (place.join("x.npy"), place.join("both.npz"));
        write_npy(&one, &x).unwrap();
        let mut archive = NpzWriter::new(File::create(&many).unwrap());
        archive.add_array("x", &x).unwrap();
        archive.add_array("y", &y).unwrap();
        archive.finish().unwrap();

        let found: Array2<f32> = read_npy(&one).unwrap();
        assert_eq!(found, x);
        let found: Array1<i64> = read_npz(&many, "y").unwrap();
        assert_eq!(found, y);
        let kind = |result: Result<Array1<f64>, DataError>| result.unwrap_err().kind();
        let error = read_npy::<f64, ndarray::Ix2>(&one).unwrap_err().to_string();
        assert!(error.ends_with("its elements are of type '<f4'; expected f64"), "{error}");
        let error = read_npy::<f32, ndarray::Ix1>(&one).unwrap_err().to_string();
        assert!(error.ends_with("it has 2 axes, [2, 2]; expected 1"), "{error}");
        assert_eq!(kind(read_npy(place.join("none.npy"))), DataErrorKind::Io);
        assert_eq!(kind(read_npz(&place, "x")), DataErrorKind::Io);
        let error = read_npy::<f32, ndarray::Ix2>(&place).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot read {}: it is a directory", place.display()));
        let error = read_npz::<f64, ndarray::Ix1>(&many, "z").unwrap_err().to_string();
        assert!(error.contains("it has no array `z`; it has [\"x\", \"y\"]"), "{error}");
        fs::remove_dir_all(&place).unwrap();
    }

    /// The file of an array of one axis that says it has this length.
    fn file(length: &str) -> Vec<u8> {
        let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({length},), }}");
        while (header.len() + 11) % 64 != 0 {
            header.push(' ');
        }
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16 + 1).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.push(b'\n');
        bytes.extend(1.5_f64.to_le_bytes());
        bytes
    }

    #[test]
    fn a_header_that_promises_too_much_is_refused() {
        let path = std::env::temp_dir().join(format!("npy-hostile-{}.npy", std::process::id()));
        let read = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read_npy::<f64, ndarray::Ix1>(&path)
        };
        assert_eq!(read(&file("1")), Ok(array![1.5]));
        for length in ["2", "1000000000000000", "9223372036854775807", "18446744073709551615"] {
            let error = read(&file(length)).unwrap_err();
            assert_eq!(error.kind(), DataErrorKind::Format);
        }
        let error = read(&file("1000000000000000")).unwrap_err().to_string();
        assert!(error.ends_with("its header says [1000000000000000] of `<f8`, but 8 bytes follow"), "{error}");
        // A header of four gigabytes, and one that a recursive parser would not survive.
        let version_2 = |len: u32, header: &[u8]| [b"\x93NUMPY\x02\x00", &len.to_le_bytes()[..], header].concat();
        let error = read(&version_2(0xffff_fff0, b"{")).unwrap_err().to_string();
        assert!(error.ends_with("its header is said to be of 4294967280 bytes; at most 65535 are read"), "{error}");
        let error = read(&version_2(60_000, &vec![b'['; 60_000])).unwrap_err().to_string();
        assert!(error.ends_with("its header is damaged: it is nested too deeply"), "{error}");
        for (at, _) in file("1").iter().enumerate() {
            let mut bytes = file("1");
            bytes[at] ^= 0x55;
            // Any answer will do, but a panic.
            let _ = read(&bytes);
            assert!(read(&file("1")[..at]).is_err());
        }
        fs::remove_file(&path).unwrap();
    }
}
