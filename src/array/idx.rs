use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::sample;
use crate::error::Error;
use crate::record;
use crate::sample::Sample;

/// Magic number of unsigned bytes, without the number of dimensions in its last byte.
const UNSIGNED_BYTES: u32 = 0x0800;

/// Whether a file is named as those of MNIST are.
pub(super) fn is_named(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".gz").unwrap_or(&name).ends_with("ubyte")
}

/// Reads unsigned bytes in the IDX format, points along the first dimension: 28 x 28 images become points
/// of 784 coordinates from 0 to 255, labels points of one.
///
/// # Source
/// LeCun, Cortes & Burges, The MNIST database, "File formats".
pub(super) fn read(path: &Path) -> Result<Sample, Error> {
    let content = record::read(path)?;
    let mut bytes = Vec::new();
    let bytes = if path.extension().is_some_and(|ending| ending == "gz") {
        let mut decoder = MultiGzDecoder::new(content.as_slice());
        decoder.read_to_end(&mut bytes).map_err(|error| {
            let found = format!("a damaged or truncated one: {error}");
            Error::format(path, "a whole gzip file", found)
        })?;
        bytes
    } else {
        content
    };
    let word = |index: usize| {
        let word = bytes.get(4 * index..4 * index + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(word))
    };
    let dimensions = match word(0) {
        Some(magic) if magic & !0xff == UNSIGNED_BYTES && (1..=8).contains(&(magic & 0xff)) => {
            (magic & 0xff) as usize
        }
        found => {
            return Err(Error::format(
                path,
                "an IDX file of unsigned bytes, magic number 0x00000801 to 0x00000808",
                found.map_or(format!("{} bytes", bytes.len()), |magic| {
                    format!("magic number {magic:#010x}")
                }),
            ));
        }
    };
    let header = 4 * (dimensions + 1);
    let sizes: Option<Vec<usize>> = (1..=dimensions)
        .map(|i| word(i).map(|size| size as usize))
        .collect();
    let Some((n, dim)) = sizes.as_ref().and_then(|sizes| {
        let rest = sizes[1..].iter();
        let dim = rest.copied().try_fold(1_usize, usize::checked_mul)?;
        Some((sizes[0], dim))
    }) else {
        return Err(Error::format(
            path,
            format!("a header of {header} bytes with sizes that can be multiplied"),
            format!("{} bytes", bytes.len()),
        ));
    };
    let body = &bytes[header..];
    if n.checked_mul(dim) != Some(body.len()) {
        return Err(Error::format(
            path,
            format!("{n} x {dim} bytes behind the header, as it says"),
            format!("{} bytes", body.len()),
        ));
    }
    let numbers = body.iter().copied().map(f64::from).collect();
    sample(path, n, dim, numbers)
}
