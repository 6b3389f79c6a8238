use std::path::Path;

use rand::seq::SliceRandom;

use super::file::{DataSet, named};
use super::sprite::{Sizes, sprites_of};
use super::{Augmentation, Images};
use crate::error::Error;
use crate::seed::Seed;

/// Side of sprites where none is given.
const SPRITE_SIDE: usize = 16;

/// Where the images of a training run come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Procedural sprites of [`Sizes::LARGE`], drawn for the run.
    Sprites,
    /// Files of the user's.
    Files(DataSet),
}

impl Source {
    /// The data set of this name, or the one that a part of it names, in a folder of image files; without a name the sprites.
    ///
    /// # Errors
    /// As [`named`]; [`Error::InvalidParameter`] for a name without a folder.
    pub fn choose(name: Option<&str>, folder: Option<&Path>) -> Result<Self, Error> {
        match (name, folder) {
            (None, _) | (Some("sprites"), None) => Ok(Self::Sprites),
            (Some(name), Some(folder)) => Ok(Self::Files(named(folder, name)?)),
            (Some(name), None) => Err(Error::invalid(
                "dataset",
                name,
                "sprites, or the name of a data set with the folder of its files in --images",
            )),
        }
    }

    /// Name (with the data set's) and SHA-256 of the decompressed content of every file; none of sprites.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn digests(&self) -> Result<Vec<(String, String)>, Error> {
        match self {
            Self::Sprites => Ok(Vec::new()),
            Self::Files(set) => set.digests(),
        }
    }

    /// `known` images to train on, and `fresh` others to measure on; `side` pixels wide.
    ///
    /// Sprites are drawn with that side, 16 where none is given. Images of files are taken as they are or with half
    /// their side, and halved where no side is given; both sets are drawn without replacement.
    ///
    /// # Errors
    /// As [`sprites_of`], [`DataSet::read`] and [`Images::halved`]; [`Error::InvalidParameter`] for none of either, and for another
    /// side than a file's or its half; [`Error::TooFewPoints`] for a file of fewer images.
    pub fn split(
        &self,
        side: Option<usize>,
        known: usize,
        fresh: usize,
        seed: Seed,
    ) -> Result<[Images; 2], Error> {
        for (name, n) in [
            ("images to train on", known),
            ("images to measure on", fresh),
        ] {
            if n == 0 {
                return Err(Error::invalid(name, n, "at least 1"));
            }
        }
        let set = match self {
            Self::Sprites => {
                let side = side.unwrap_or(SPRITE_SIDE);
                let draw = |label: &str, n| {
                    Ok::<_, Error>(sprites_of(Sizes::LARGE, n, side, seed.child(label))?.0)
                };
                return Ok([draw("known", known)?, draw("fresh", fresh)?]);
            }
            Self::Files(set) => set,
        };
        let all = set.read()?;
        let required = known.saturating_add(fresh);
        if all.n() < required {
            return Err(Error::TooFewPoints {
                method: "a split into images to train on and images to measure on",
                required,
                actual: all.n(),
            });
        }
        let mut order: Vec<usize> = (0..all.n()).collect();
        order.shuffle(&mut seed.child("order").rng());
        let width = all.size().width;
        let halve = match side {
            None => true,
            Some(side) if side == width => false,
            Some(side) if 2 * side == width => true,
            Some(side) => {
                return Err(Error::invalid(
                    "side",
                    side,
                    format!(
                        "that of the images of '{}', {width}, or half of it",
                        set.name
                    ),
                ));
            }
        };
        let part = |places: &[usize]| {
            let part = all.select(places)?;
            if halve { part.halved() } else { Ok(part) }
        };
        Ok([part(&order[..known])?, part(&order[known..known + fresh])?])
    }

    /// Whether the images have labels.
    pub fn labelled(&self) -> bool {
        match self {
            Self::Sprites => true,
            Self::Files(set) => set.labelled(),
        }
    }

    /// What makes two views of these images.
    pub fn augmentation(&self) -> Augmentation {
        match self {
            Self::Sprites => Augmentation::SPRITES,
            Self::Files(_) => Augmentation::UPRIGHT,
        }
    }

    /// Name of the data set.
    pub fn name(&self) -> &str {
        match self {
            Self::Sprites => "sprites",
            Self::Files(set) => &set.name,
        }
    }
}
