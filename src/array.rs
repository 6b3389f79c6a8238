//! Arrays on disk: `.npy`, `.npz`, `.safetensors`, `.csv` and IDX (MNIST). Rows are points.
#![allow(
    clippy::disallowed_methods,
    reason = "this module is where a user's arrays are read"
)]

mod idx;

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use npyz::half::{bf16, f16};
use npyz::{DType, NpyFile, NpyHeader, Order, TypeChar, WriterBuilder};
use safetensors::tensor::{Dtype, SafeTensors};

use crate::error::Error;
use crate::network::{Network, not_safetensors};
use crate::record;
use crate::sample::{Paired, Sample};

/// Reads points from `file.npy`, `file.csv`, `file.npz:key`, `file.safetensors:key`, or unsigned bytes in the
/// IDX format from a file named as MNIST's are, such as `train-images-idx3-ubyte.gz`.
///
/// Half (in `.safetensors` also `bfloat16`), single and double precision, and integers up to `2^53` but in `.safetensors`;
/// one dimension means points of one coordinate; C and Fortran order, little and big endian. The key may be left out when the file
/// holds one array. A `.csv` may begin with a line of names; a blank line in it, but at its end, is an error. An image of an IDX file is one point, its pixels
/// from 0 to 255. Memory: the file and its numbers.
///
/// # Errors
/// [`Error::File`] when the file cannot be read; [`Error::Format`], naming the file, what was
/// expected and what was found; as [`Sample::new`] for its numbers.
pub fn read(name: &str) -> Result<Sample, Error> {
    let (path, key) = split_key(name);
    let ending = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    match (ending.as_str(), key) {
        ("npy", None) => npy(&path, &record::read(&path)?),
        ("npz", key) => npz(&path, key),
        ("safetensors", key) => safetensors(&path, key),
        ("csv", None) => csv(&path),
        (_, None) if idx::is_named(&path) => idx::read(&path),
        _ => Err(Error::format(
            &path,
            "a name ending in .npy, .csv, .npz[:key], .safetensors[:key] or -ubyte[.gz] (IDX)",
            format!("'{name}'"),
        )),
    }
}

/// Reads a network from a `.safetensors` file, in double precision; the architecture is that of
/// the file's metadata or, without it, inferred ([`Network::from_safetensors`]).
///
/// # Errors
/// [`Error::File`] when the file cannot be read; as [`Network::from_safetensors`].
pub fn read_network(path: &Path) -> Result<Network<f64>, Error> {
    Network::from_safetensors(path, &record::read(path)?, None)
}

/// `file.npz:key` as a path and a key; a colon elsewhere belongs to the path.
fn split_key(name: &str) -> (PathBuf, Option<&str>) {
    match name.rsplit_once(':') {
        Some((file, key)) if file.ends_with(".npz") || file.ends_with(".safetensors") => {
            (PathBuf::from(file), Some(key))
        }
        _ => (PathBuf::from(name), None),
    }
}

/// Rows and columns of an array of points.
fn shape_of(path: &Path, shape: &[u64]) -> Result<(usize, usize), Error> {
    let fits = |size: u64| usize::try_from(size).ok();
    match *shape {
        [n] => fits(n).map(|n| (n, 1)),
        [n, dim] => fits(n).zip(fits(dim)),
        _ => None,
    }
    .ok_or_else(|| {
        let expected = "an array of shape (points, coordinates) or (points,)";
        Error::format(path, expected, format!("shape {shape:?}"))
    })
}

fn sample(path: &Path, n: usize, dim: usize, rows: Vec<f64>) -> Result<Sample, Error> {
    if n == 0 || dim == 0 {
        return Err(Error::format(
            path,
            "at least one point",
            format!("shape ({n}, {dim})"),
        ));
    }
    Sample::from_points(dim, rows)
}

fn exact_integer(path: &Path, value: i128) -> Result<f64, Error> {
    if value.unsigned_abs() <= 1 << 53 {
        Ok(value as f64)
    } else {
        Err(Error::format(
            path,
            "integers of at most 2^53 in size",
            value.to_string(),
        ))
    }
}

/// Whether the numbers that the header's shape speaks of can be counted: the header's reader
/// multiplies them unchecked.
fn shape_is_possible(content: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&content[..content.len().min(1 << 16)]);
    let shape = text
        .split_once("'shape'")
        .and_then(|(_, rest)| rest.split_once('('));
    let Some((sizes, _)) = shape.and_then(|(_, rest)| rest.split_once(')')) else {
        return true;
    };
    (sizes
        .split(',')
        .map(str::trim)
        .filter(|size| !size.is_empty()))
    .try_fold(16_u64, |product, size| {
        product.checked_mul(size.parse().ok()?)
    })
    .is_some()
}

fn npy(path: &Path, content: &[u8]) -> Result<Sample, Error> {
    let expected = "a NumPy array of 16-, 32- or 64-bit floats or of integers";
    let wrong = |found: String| Error::format(path, expected, found);
    if !content.starts_with(b"\x93NUMPY") {
        let found = if content.is_empty() {
            "an empty file"
        } else {
            "another beginning"
        };
        return Err(Error::format(
            path,
            "a .npy file (it begins with \\x93NUMPY)",
            found,
        ));
    }
    if !shape_is_possible(content) {
        return Err(wrong(
            "a shape of more numbers than there can be".to_owned(),
        ));
    }
    let mut rest = content;
    let header = NpyHeader::from_reader(&mut rest)
        .map_err(|error| wrong(format!("a damaged header: {error}")))?;
    let DType::Plain(kind) = header.dtype() else {
        return Err(wrong(format!("dtype {}", header.dtype().descr())));
    };
    let (n, dim) = shape_of(path, header.shape())?;
    let size = kind.size_field();
    let bytes = (n as u64)
        .checked_mul(dim as u64)
        .and_then(|count| count.checked_mul(size));
    if bytes != Some(rest.len() as u64) {
        return Err(Error::format(
            path,
            format!("{n} x {dim} numbers of {size} bytes, as its header says"),
            format!("{} bytes of data", rest.len()),
        ));
    }
    let order = header.order();
    let file = NpyFile::with_header(header, rest);
    let damaged = |error: std::io::Error| wrong(format!("damaged data: {error}"));
    macro_rules! floats {
        ($kind:ty) => {{
            let numbers = file.into_vec::<$kind>().map_err(damaged)?;
            numbers.into_iter().map(f64::from).collect()
        }};
    }
    macro_rules! integers {
        ($kind:ty) => {
            (file.into_vec::<$kind>().map_err(damaged)?.into_iter())
                .map(|value| exact_integer(path, value.into()))
                .collect::<Result<_, _>>()?
        };
    }
    let numbers: Vec<f64> = match (kind.type_char(), size) {
        (TypeChar::Float, 8) => file.into_vec::<f64>().map_err(damaged)?,
        (TypeChar::Float, 4) => floats!(f32),
        (TypeChar::Float, 2) => floats!(f16),
        (TypeChar::Int, 1) => integers!(i8),
        (TypeChar::Int, 2) => integers!(i16),
        (TypeChar::Int, 4) => integers!(i32),
        (TypeChar::Int, 8) => integers!(i64),
        (TypeChar::Uint, 1) => integers!(u8),
        (TypeChar::Uint, 2) => integers!(u16),
        (TypeChar::Uint, 4) => integers!(u32),
        (TypeChar::Uint, 8) => integers!(u64),
        _ => return Err(wrong(format!("dtype {kind}"))),
    };
    let rows = match order {
        Order::C => numbers,
        Order::Fortran => (0..n * dim)
            .map(|i| numbers[(i % dim) * n + i / dim])
            .collect(),
    };
    sample(path, n, dim, rows)
}

/// The key to read: the one given, or the only one there is.
fn choose<'a>(path: &Path, key: Option<&'a str>, keys: &'a [String]) -> Result<&'a str, Error> {
    let list = || keys.join(", ");
    match key {
        Some(key) if keys.iter().any(|known| known == key) => Ok(key),
        Some(key) => Err(Error::format(
            path,
            format!("an array named '{key}'"),
            format!("arrays {}", list()),
        )),
        None => match keys {
            [only] => Ok(only),
            [] => Err(Error::format(path, "at least one array", "none")),
            _ => Err(Error::format(
                path,
                format!("a key after the name, as in {}:{}", path.display(), keys[0]),
                format!("arrays {}", list()),
            )),
        },
    }
}

fn npz(path: &Path, key: Option<&str>) -> Result<Sample, Error> {
    let content = record::read(path)?;
    let expected = "a .npz archive of NumPy arrays";
    let wrong = |error: zip::result::ZipError| Error::format(path, expected, error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(content.as_slice())).map_err(wrong)?;
    let mut keys: Vec<String> = Vec::new();
    for name in archive.file_names() {
        if let Some(key) = name.map_err(wrong)?.strip_suffix(".npy") {
            keys.push(key.to_owned());
        }
    }
    keys.sort();
    let key = choose(path, key, &keys)?;
    let mut member = archive.by_name(&format!("{key}.npy")).map_err(wrong)?;
    let mut bytes = Vec::new();
    member.read_to_end(&mut bytes).map_err(|error| {
        Error::format(path, expected, format!("a damaged member '{key}': {error}"))
    })?;
    npy(path, &bytes)
}

fn safetensors(path: &Path, key: Option<&str>) -> Result<Sample, Error> {
    let content = record::read(path)?;
    let tensors = SafeTensors::deserialize(&content)
        .map_err(|error| not_safetensors(path, &content, &error))?;
    let mut keys: Vec<String> = tensors.names().into_iter().map(str::to_owned).collect();
    keys.sort();
    let key = choose(path, key, &keys)?;
    let tensor = tensors
        .tensor(key)
        .map_err(|error| Error::format(path, format!("a tensor '{key}'"), error.to_string()))?;
    let shape: Vec<u64> = tensor.shape().iter().map(|&size| size as u64).collect();
    let (n, dim) = shape_of(path, &shape)?;
    let data = tensor.data();
    macro_rules! floats {
        ($kind:ty) => {
            (data.as_chunks().0.iter())
                .map(|bytes| f64::from(<$kind>::from_le_bytes(*bytes)))
                .collect()
        };
    }
    let numbers: Vec<f64> = match tensor.dtype() {
        Dtype::F64 => floats!(f64),
        Dtype::F32 => floats!(f32),
        Dtype::F16 => floats!(f16),
        Dtype::BF16 => floats!(bf16),
        other => {
            return Err(Error::format(
                path,
                "a tensor of floats of 16 to 64 bits; convert it with .float() first",
                format!("{other:?} in '{key}'"),
            ));
        }
    };
    sample(path, n, dim, numbers)
}

/// The first blank line before a line that is none, counted from 1.
fn blank_line(content: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(content).replace("\r\n", "\n");
    let lines = text.trim_end().split(['\n', '\r']);
    let blank = lines.map(str::trim).position(str::is_empty);
    blank
        .filter(|_| !text.trim().is_empty())
        .map(|line| line + 1)
}

fn csv(path: &Path) -> Result<Sample, Error> {
    let content = record::read(path)?;
    if let Some(line) = blank_line(&content) {
        return Err(Error::format(
            path,
            "no blank lines between lines of numbers: labels and pairs belong to points by their place alone",
            format!("one in line {line}"),
        ));
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(content.trim_ascii_end());
    let mut numbers = Vec::new();
    let (mut n, mut dim) = (0, 0);
    for (line, record) in reader.records().enumerate() {
        let record = record.map_err(|error| {
            Error::format(
                path,
                "lines of equally many numbers, separated by commas",
                error.to_string(),
            )
        })?;
        let parsed: Vec<Result<f64, &str>> = record
            .iter()
            .map(|field| field.parse().map_err(|_| field))
            .collect();
        // Names make no point; a first line that mixes both is more likely a damaged line.
        if line == 0 && parsed.iter().all(Result::is_err) {
            continue;
        }
        for (column, value) in parsed.into_iter().enumerate() {
            numbers.push(value.map_err(|field| {
                Error::format(
                    path,
                    format!("a number in line {}, column {}", line + 1, column + 1),
                    format!("'{field}'"),
                )
            })?);
        }
        n += 1;
        dim = record.len();
    }
    if n == 0 {
        return Err(Error::format(path, "at least one line of numbers", "none"));
    }
    sample(path, n, dim, numbers)
}

fn npy_bytes(path: &Path, sample: &Sample) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let failed = |error: std::io::Error| Error::file(path, &error);
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&[sample.n() as u64, sample.dim() as u64])
        .writer(&mut bytes)
        .begin_nd()
        .map_err(failed)?;
    writer
        .extend(sample.coordinates().iter().copied())
        .map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// Writes points as `.npy`, 64-bit floats, one row a point; whole or not at all.
///
/// # Errors
/// [`Error::File`].
pub fn write_npy(path: &Path, sample: &Sample) -> Result<(), Error> {
    record::write(path, &npy_bytes(path, sample)?)
}

/// Writes points as `.npz` under the key `x`; whole or not at all.
///
/// # Errors
/// [`Error::File`].
pub fn write_npz(path: &Path, sample: &Sample) -> Result<(), Error> {
    archive(path, &[("x", sample)])
}

/// Writes pairs as `.npz` under the keys `x` and `y`; whole or not at all.
///
/// # Errors
/// [`Error::File`].
pub fn write_paired_npz(path: &Path, pairs: &Paired) -> Result<(), Error> {
    archive(path, &[("x", &pairs.x), ("y", &pairs.y)])
}

fn archive(path: &Path, members: &[(&str, &Sample)]) -> Result<(), Error> {
    let failed = |message: String| Error::File {
        path: path.to_owned(),
        message,
    };
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // Stored, with the epoch of the format as date: the same numbers give the same bytes.
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    for (key, sample) in members {
        writer
            .start_file(format!("{key}.npy"), options)
            .map_err(|error| failed(error.to_string()))?;
        writer
            .write_all(&npy_bytes(path, sample)?)
            .map_err(|error| failed(error.to_string()))?;
    }
    let bytes = writer.finish().map_err(|error| failed(error.to_string()))?;
    record::write(path, bytes.get_ref())
}
