use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::{Images, Size};
use crate::error::Error;

/// A data set found in a folder: images, and labels where there is a file for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// Name of the folder it lies in.
    pub name: String,
    images: Vec<PathBuf>,
    labels: Option<PathBuf>,
}

/// Largest side of an image: far above any IDX or CIFAR file, far below what overflows a sum.
const LARGEST_SIDE: usize = 256;
/// An image of CIFAR-10: a label, then 32 x 32 pixels in three planes.
const CIFAR_RECORD: usize = 1 + 3 * 32 * 32;

/// Looks for image files in a folder and the folders in it.
///
/// Takes MNIST-like pairs `train-images-idx3-ubyte[.gz]` and `train-labels-idx1-ubyte[.gz]` (else
/// the `t10k` pair), and CIFAR-10 batches `data_batch*.bin[.gz]` (else `test_batch*.bin[.gz]`),
/// one data set a folder, in alphabetical order. Nothing is read yet.
///
/// # Errors
/// [`Error::File`] when the folder cannot be listed; [`Error::Format`] when it holds no such file.
pub fn find(folder: &Path) -> Result<Vec<DataSet>, Error> {
    let mut found = Vec::new();
    let inside = list(folder)?;
    found.extend(data_set(folder, &inside));
    for path in inside.iter().filter(|path| path.is_dir()) {
        found.extend(data_set(path, &list(path)?));
    }
    if found.is_empty() {
        return Err(Error::format(
            folder,
            "image files: train-images-idx3-ubyte[.gz] or t10k-images-idx3-ubyte[.gz] (MNIST, Fashion-MNIST), \
             data_batch*.bin[.gz] or test_batch*.bin[.gz] (CIFAR-10), here or one folder down",
            format!("{} other entries", inside.len()),
        ));
    }
    Ok(found)
}

/// The data set of a folder that [`find`] finds under this name: the whole name or, if only one fits, a part of it.
///
/// # Errors
/// As [`find`]; [`Error::UnknownName`] when none fits, [`Error::InvalidParameter`] when several do.
pub fn named(folder: &Path, name: &str) -> Result<DataSet, Error> {
    let sets = find(folder)?;
    let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    let known = names.join(", ");
    let mut fitting: Vec<&DataSet> = sets.iter().filter(|set| set.name == name).collect();
    if fitting.is_empty() {
        fitting = sets.iter().filter(|set| set.name.contains(name)).collect();
    }
    match fitting[..] {
        [set] => Ok(set.clone()),
        [_, _, ..] => {
            let names: Vec<&str> = fitting.iter().map(|set| set.name.as_str()).collect();
            Err(Error::invalid(
                "data set",
                name,
                format!("a part of one name only, not of {}", names.join(", ")),
            ))
        }
        [] => Err(Error::UnknownName {
            kind: "data set",
            name: name.to_owned(),
            known,
        }),
    }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let refused = |error: std::io::Error| Error::file(folder, &error);
    let mut paths = std::fs::read_dir(folder)
        .map_err(refused)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(refused)?;
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn data_set(folder: &Path, files: &[PathBuf]) -> Option<DataSet> {
    let starting = |start: &str| -> Vec<PathBuf> {
        (files.iter())
            .filter(|path| {
                name_of(path).trim_end_matches(".gz").starts_with(start) && path.is_file()
            })
            .cloned()
            .collect()
    };
    let batches = |start: &str| -> Vec<PathBuf> {
        let mut batches = starting(start);
        batches.retain(|path| name_of(path).trim_end_matches(".gz").ends_with(".bin"));
        batches
    };
    // A folder given as `.` has a name of its own only once resolved.
    let resolved = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = name_of(&resolved);
    for part in ["train", "t10k"] {
        if let Some(images) = starting(&format!("{part}-images-idx3-ubyte"))
            .into_iter()
            .next()
        {
            let labels = starting(&format!("{part}-labels-idx1-ubyte"))
                .into_iter()
                .next();
            return Some(DataSet {
                name,
                images: vec![images],
                labels,
            });
        }
    }
    let images = [batches("data_batch"), batches("test_batch")]
        .into_iter()
        .find(|batches| !batches.is_empty())?;
    Some(DataSet {
        name,
        images,
        labels: None,
    })
}

impl DataSet {
    /// Reads the images.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Format`], naming the file, for a wrong magic number, a truncated
    /// file, trailing bytes, a label out of range, or labels that do not fit the images.
    pub fn read(&self) -> Result<Images, Error> {
        match &self.images[..] {
            [path] if !name_of(path).contains(".bin") => self.read_idx(path),
            batches => read_cifar(batches),
        }
    }

    /// Whether the images have labels: those of CIFAR-10 lie with them, of others in a file of their own.
    pub fn labelled(&self) -> bool {
        self.labels.is_some()
            || self
                .images
                .iter()
                .all(|path| name_of(path).contains(".bin"))
    }

    /// Name (with the data set's) and SHA-256 of the decompressed content of every file.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn digests(&self) -> Result<Vec<(String, String)>, Error> {
        (self.images.iter().chain(&self.labels))
            .map(|path| {
                let digest = Sha256::digest(content(path)?);
                let hexadecimal = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                Ok((format!("{}/{}", self.name, name_of(path)), hexadecimal))
            })
            .collect()
    }

    fn read_idx(&self, path: &Path) -> Result<Images, Error> {
        let bytes = content(path)?;
        let [n, height, width] = idx_header(path, &bytes, "images", 0x0803)?;
        if [height, width]
            .iter()
            .any(|side| !(1..=LARGEST_SIDE).contains(side))
            || n == 0
        {
            return Err(Error::format(
                path,
                format!("at least one image with sides from 1 to {LARGEST_SIDE}"),
                format!("{n} images of {height} x {width} in the header"),
            ));
        }
        let size = Size {
            width,
            height,
            channels: 1,
        };
        let pixels = body(
            path,
            &bytes,
            16,
            n * size.dim(),
            &format!("{n} images of {height} x {width}"),
        )?;
        let labels = match &self.labels {
            None => None,
            Some(path) => {
                let bytes = content(path)?;
                let [count] = idx_header(path, &bytes, "labels", 0x0801)?;
                if count != n {
                    return Err(Error::format(
                        path,
                        format!("{n} labels, one for each image"),
                        format!("{count} labels"),
                    ));
                }
                Some(body(path, &bytes, 8, n, &format!("{n} labels"))?)
            }
        };
        Images::new(size, pixels, labels)
    }
}

/// The whole file, decompressed if its name ends in `.gz`.
fn content(path: &Path) -> Result<Vec<u8>, Error> {
    let raw = std::fs::read(path).map_err(|error| Error::file(path, &error))?;
    if path.extension().is_none_or(|ending| ending != "gz") {
        return Ok(raw);
    }
    let mut bytes = Vec::new();
    MultiGzDecoder::new(raw.as_slice())
        .read_to_end(&mut bytes)
        .map_err(|error| {
            Error::format(
                path,
                "a whole gzip file",
                format!("a damaged or truncated one: {error}"),
            )
        })?;
    Ok(bytes)
}

/// The `N` counts behind the magic number, all 32-bit and big-endian.
fn idx_header<const N: usize>(
    path: &Path,
    bytes: &[u8],
    what: &str,
    magic: u32,
) -> Result<[usize; N], Error> {
    let word = |at: usize| {
        bytes
            .get(4 * at..4 * at + 4)
            .and_then(|word| word.try_into().ok())
            .map(u32::from_be_bytes)
    };
    let found = word(0);
    if found != Some(magic) {
        return Err(Error::format(
            path,
            format!("an IDX file of {what}, magic number {magic:#010x}"),
            match found {
                Some(found) => format!("magic number {found:#010x}"),
                None => format!("{} bytes", bytes.len()),
            },
        ));
    }
    let mut counts = [0; N];
    for (i, count) in counts.iter_mut().enumerate() {
        *count = word(i + 1).ok_or_else(|| {
            Error::format(
                path,
                format!("a header of {} bytes", 4 * (N + 1)),
                format!("{} bytes", bytes.len()),
            )
        })? as usize;
    }
    Ok(counts)
}

fn body(
    path: &Path,
    bytes: &[u8],
    header: usize,
    size: usize,
    what: &str,
) -> Result<Vec<u8>, Error> {
    let found = bytes.len() - header;
    if found == size {
        Ok(bytes[header..].to_vec())
    } else {
        let how = if found < size {
            "truncated"
        } else {
            "with trailing bytes"
        };
        Err(Error::format(
            path,
            format!("{size} bytes behind the header ({what})"),
            format!("{found} bytes: the file is {how}"),
        ))
    }
}

fn read_cifar(batches: &[PathBuf]) -> Result<Images, Error> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for path in batches {
        let bytes = content(path)?;
        let records = bytes.chunks_exact(CIFAR_RECORD);
        if bytes.is_empty() || !records.remainder().is_empty() {
            return Err(Error::format(
                path,
                format!("whole CIFAR-10 records of {CIFAR_RECORD} bytes"),
                format!(
                    "{} records and {} bytes",
                    records.len(),
                    records.remainder().len()
                ),
            ));
        }
        for (i, record) in records.enumerate() {
            if record[0] > 9 {
                return Err(Error::format(
                    path,
                    "labels from 0 to 9",
                    format!("label {} of record {i}", record[0]),
                ));
            }
            labels.push(record[0]);
            pixels.extend_from_slice(&record[1..]);
        }
    }
    let size = Size {
        width: 32,
        height: 32,
        channels: 3,
    };
    Images::new(size, pixels, Some(labels))
}
