//! Sample sets with reference values of independent programs.

use std::path::Path;

use serde_json::Value;
use vicinfo::sample::{Paired, Sample};

use crate::shared::shared;

/// A sample set and its reference values by key.
pub struct Fixture {
    pub id: String,
    pub pairs: Paired,
    reference: serde_json::Map<String, Value>,
}

/// A reference value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reference {
    Number(f64),
    /// `nan`, `inf` or `-inf`: an estimator must refuse.
    Undefined,
}

/// Every fixture with points, in alphabetical order; `None` where they are not here.
pub fn all(test: &str) -> Option<Vec<Fixture>> {
    let folder = shared(test, "fixtures")?;
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("x.npy").exists())
        .collect();
    paths.sort();
    assert!(paths.len() >= 21, "only {} fixtures", paths.len());
    Some(paths.iter().map(|path| read(path)).collect())
}

fn read(path: &Path) -> Fixture {
    let sample = |name: &str| vicinfo::array::read(&path.join(name).to_string_lossy()).unwrap();
    let text = std::fs::read_to_string(path.join("ref.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    Fixture {
        id: path.file_name().unwrap().to_string_lossy().into_owned(),
        pairs: Paired::new(sample("x.npy"), sample("y.npy")).unwrap(),
        reference: json["reference"].as_object().unwrap().clone(),
    }
}

impl Fixture {
    /// All keys with their values.
    pub fn references(&self) -> impl Iterator<Item = (String, Reference)> + '_ {
        let known = |key: &String| self.reference(key).map(|value| (key.clone(), value));
        self.reference.keys().filter_map(known)
    }

    /// The reference value under a key; `None` where this set has none.
    pub fn reference(&self, key: &str) -> Option<Reference> {
        self.reference.get(key).map(|value| match value.as_f64() {
            Some(number) => Reference::Number(number),
            None => Reference::Undefined,
        })
    }

    /// The keys of all reference values.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.reference.keys().map(String::as_str)
    }

    /// The joint sample with every column centred and divided by its standard deviation
    /// (divisor `n`); a constant column is centred only.
    pub fn standardised_joint(&self) -> Sample {
        standardised(&self.pairs.joint())
    }
}

/// Columns centred and divided by their standard deviation (divisor `n`).
pub fn standardised(sample: &Sample) -> Sample {
    let n = sample.n() as f64;
    let columns: Vec<(f64, f64)> = (0..sample.dim())
        .map(|j| {
            let mean = sample.coordinate(j).sum::<f64>() / n;
            let mean = mean + sample.coordinate(j).map(|v| v - mean).sum::<f64>() / n;
            let std = (sample
                .coordinate(j)
                .map(|v| (v - mean).powi(2))
                .sum::<f64>()
                / n)
                .sqrt();
            (mean, if std == 0.0 { 1.0 } else { std })
        })
        .collect();
    sample
        .map(sample.dim(), |point, image| {
            for ((image, v), (mean, std)) in image.iter_mut().zip(point).zip(&columns) {
                *image = (v - mean) / std;
            }
        })
        .unwrap()
}
