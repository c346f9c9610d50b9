//! Where the examples put their pictures.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Writes a picture to `target/pictures`, and says so.
pub(crate) fn write(name: &str, svg: &str) -> io::Result<()> {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    let place = target.join("pictures");
    fs::create_dir_all(&place)?;
    let path = place.join(name);
    fs::write(&path, svg)?;
    println!("wrote {}", path.display());
    Ok(())
}

/// Whether the long form was asked for, by the argument `long`.
#[allow(dead_code, reason = "not every example has one")]
pub(crate) fn long() -> bool {
    env::args().any(|argument| argument == "long")
}
