//! Parts of the cells, for several machines.

use std::fmt;
use std::str::FromStr;

/// Part of the cells of every experiment: each `count`-th of a grid, from a place that the experiment's name gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// Parts at most: more than any grid has cells.
    pub const MOST: usize = 100_000;

    /// The part of `count` that the cell at a place of an experiment's grid is of.
    ///
    /// # Panics
    /// When `count` is 0.
    pub fn of(id: &str, cell: usize, count: usize) -> Self {
        // Were the first cell of every grid one of the first part, what is over would be too, of all experiments.
        let start = (id.bytes()).fold(0, |sum: usize, byte| (31 * sum + usize::from(byte)) % count);
        Self {
            index: (cell % count + start) % count,
            count,
        }
    }

    /// Its place among the parts, from 0.
    pub fn index(self) -> usize {
        self.index
    }

    /// All parts of `count`, in order.
    pub fn all(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(move |index| Self { index, count })
    }

    /// Whether the cell at a place of an experiment's grid is one of this part.
    pub fn holds(self, id: &str, cell: usize) -> bool {
        Self::of(id, cell, self.count) == self
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (index, count) = text.split_once('/')?;
            let (index, count) = (index.parse().ok()?, count.parse().ok()?);
            (index < count && count <= Self::MOST).then_some(Self { index, count })
        };
        parse().ok_or_else(|| {
            let most = Self::MOST;
            format!("write I/N with I from 0 to N - 1 and N at most {most}, for example 0/4")
        })
    }
}
