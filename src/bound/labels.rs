use std::collections::BTreeMap;

use nalgebra::DMatrix;

use crate::error::Error;

/// A class for each of `n` points, and the names of all classes.
///
/// Classes that no point has may be among the names: a bound counts the classes that there are, not
/// those that were seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    classes: Vec<String>,
    of: Vec<usize>,
}

impl Labels {
    /// Takes the index of the class of each point.
    ///
    /// # Errors
    /// [`Error::Empty`] without points or classes; [`Error::InvalidParameter`] for a name that occurs
    /// twice; [`Error::Mismatch`] for an index beyond the last class.
    pub fn new(of: Vec<usize>, classes: Vec<String>) -> Result<Self, Error> {
        if of.is_empty() || classes.is_empty() {
            return Err(Error::Empty {
                n: of.len(),
                dim: classes.len(),
            });
        }
        let mut sorted: Vec<&String> = classes.iter().collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::invalid("class", pair[0], "a name stands once"));
        }
        if let Some(&class) = of.iter().find(|&&class| class >= classes.len()) {
            return Err(Error::Mismatch {
                what: "index of a class, at most",
                expected: classes.len() - 1,
                actual: class,
            });
        }
        Ok(Self { classes, of })
    }

    /// Takes classes written as integers; they are ordered by number.
    ///
    /// # Errors
    /// [`Error::Empty`] without points.
    pub fn from_integers(labels: &[i64]) -> Result<Self, Error> {
        let (classes, of) = indexed(labels);
        Self::new(of, classes.iter().map(ToString::to_string).collect())
    }

    /// Takes classes written as names; they are ordered by name.
    ///
    /// # Errors
    /// [`Error::Empty`] without points.
    pub fn from_names(labels: &[impl AsRef<str>]) -> Result<Self, Error> {
        let names: Vec<&str> = labels.iter().map(AsRef::as_ref).collect();
        let (classes, of) = indexed(&names);
        Self::new(of, classes.iter().map(ToString::to_string).collect())
    }

    /// The classes of several sets, each once: ordered by number where all are written as whole numbers, by name otherwise.
    pub fn union(sets: &[&Self]) -> Vec<String> {
        let mut classes: Vec<String> = (sets.iter())
            .flat_map(|labels| labels.classes.iter().cloned())
            .collect();
        classes.sort_unstable();
        classes.dedup();
        // "7" is one, "007" a name.
        let number = |class: &String| -> Option<i64> {
            let number = class.parse::<i64>().ok()?;
            (number.to_string() == *class).then_some(number)
        };
        if classes.iter().all(|class| number(class).is_some()) {
            classes.sort_by_key(number);
        }
        classes
    }

    /// The same labels among the classes of a longer or otherwise ordered list.
    ///
    /// # Errors
    /// [`Error::UnknownName`] when a point has a class that is not in the list; as [`Labels::new`].
    pub fn among(&self, classes: &[String]) -> Result<Self, Error> {
        let places: BTreeMap<&String, usize> = classes.iter().zip(0..).collect();
        let index = |name| places.get(name).copied();
        let known: Vec<Option<usize>> = self.classes.iter().map(index).collect();
        let of = (self.of.iter())
            .map(|&class| {
                known[class].ok_or_else(|| Error::UnknownName {
                    kind: "class",
                    name: self.classes[class].clone(),
                    known: classes.join(", "),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Self::new(of, classes.to_vec())
    }

    /// Number of points.
    pub fn n(&self) -> usize {
        self.of.len()
    }

    /// Names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Index of the class of each point.
    pub fn of(&self) -> &[usize] {
        &self.of
    }

    /// The classes that have a point.
    pub fn seen(&self) -> Vec<&str> {
        let counted = self.classes.iter().zip(self.counts());
        let seen = counted.filter(|(_, count)| *count > 0);
        seen.map(|(class, _)| class.as_str()).collect()
    }

    /// That there is something to predict.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] named `what` where a single class has all points.
    pub fn two_at_least(&self, what: impl Into<String>) -> Result<(), Error> {
        match &self.seen()[..] {
            [only] => Err(Error::invalid(
                what,
                format!("{only} alone"),
                "at least two: with a single class there is nothing to predict",
            )),
            _ => Ok(()),
        }
    }

    /// Number of points of each class.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for &class in &self.of {
            counts[class] += 1;
        }
        counts
    }

    /// Share of the points in each class.
    pub fn shares(&self) -> Vec<f64> {
        let n = self.n() as f64;
        self.counts().iter().map(|&c| c as f64 / n).collect()
    }

    /// The labels at `indices`, in that order, among the same classes.
    ///
    /// # Errors
    /// [`Error::Empty`] without indices, [`Error::Mismatch`] for an index beyond the last point.
    pub fn select(&self, indices: &[usize]) -> Result<Self, Error> {
        let of = (indices.iter())
            .map(|&i| {
                self.of.get(i).copied().ok_or(Error::Mismatch {
                    what: "index of a point, at most",
                    expected: self.n() - 1,
                    actual: i,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Self::new(of, self.classes.clone())
    }

    /// One-hot columns: entry `(k, i)` of the `K x n` matrix is 1 where point `i` has class `k`.
    pub fn one_hot(&self) -> DMatrix<f64> {
        let mut targets = DMatrix::zeros(self.classes.len(), self.n());
        for (i, &class) in self.of.iter().enumerate() {
            targets[(class, i)] = 1.0;
        }
        targets
    }
}

/// The distinct labels in order, and the index of each among them.
fn indexed<T: Ord + Clone>(labels: &[T]) -> (Vec<T>, Vec<usize>) {
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    let of = labels
        .iter()
        .map(|label| classes.partition_point(|class| class < label))
        .collect();
    (classes, of)
}
