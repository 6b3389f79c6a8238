//! Laws with finitely many points: images in a few views, seen by an encoder.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::bound::{Labels, Population};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

/// Views of one image in a population. Points are ordered by class, then by image.
pub const VIEWS: usize = 4;
/// Coordinates of an image.
const INPUTS: usize = 24;
/// Spread of the views of an image, as a share of that of the images of a class.
const VIEW_SPREAD: f64 = 0.2;

/// Where the features of a population come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// 16 random ReLU units on four narrow classes.
    Easy,
    /// 16 random ReLU units on four wide classes.
    Medium,
    /// A random linear map of four classes to 16 coordinates.
    Linear,
    /// All points of a class the same: the distance of positives is 0.
    Collapsed,
    /// A constant and 15 normal coordinates, which have nothing to do with the class.
    Random,
    /// One coordinate, the same for all.
    Constant,
    /// 40 random ReLU units on twenty classes.
    ManyClasses,
    /// One narrow class and three wide ones, in 16 linear coordinates.
    Uneven,
}

impl Source {
    /// Its name in figures and sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Linear => "linear",
            Self::Collapsed => "collapsed classes",
            Self::Random => "random features",
            Self::Constant => "constant",
            Self::ManyClasses => "20 classes",
            Self::Uneven => "uneven classes",
        }
    }

    /// Number of classes.
    pub fn classes(self) -> usize {
        match self {
            Self::ManyClasses => 20,
            _ => 4,
        }
    }

    /// Number of features.
    pub fn dim(self) -> usize {
        match self {
            Self::Constant => 1,
            Self::ManyClasses => 40,
            _ => 16,
        }
    }

    fn images(self) -> usize {
        match self {
            Self::ManyClasses => 5,
            _ => 15,
        }
    }

    /// Points of its population.
    pub fn points(self) -> usize {
        self.classes() * self.images() * VIEWS
    }

    /// Standard deviation of the images around the mean of a class; means have standard deviation 1.
    fn spread(self, class: usize) -> f64 {
        match self {
            Self::Collapsed => 0.0,
            Self::Easy => 0.1,
            Self::Medium => 0.8,
            Self::Linear => 0.5,
            Self::ManyClasses => 0.4,
            Self::Uneven if class == 0 => 0.05,
            Self::Random | Self::Constant | Self::Uneven => 1.0,
        }
    }

    /// Draws the points, of mean square 1.
    pub fn features(self, seed: Seed) -> Result<Sample, Error> {
        let (classes, dim) = (self.classes(), self.dim());
        let means = seed.child("means").normal_matrix(INPUTS, classes);
        let centres = seed
            .child("images")
            .normal_matrix(INPUTS, classes * self.images());
        let jitter = seed.child("views").normal_matrix(INPUTS, self.points());
        let inputs = DMatrix::from_fn(INPUTS, self.points(), |i, j| {
            let image = j / VIEWS;
            let class = image / self.images();
            let spread = self.spread(class);
            means[(i, class)] + spread * (centres[(i, image)] + VIEW_SPREAD * jitter[(i, j)])
        });
        let weights = seed.child("weights").normal_matrix(dim, INPUTS);
        let features = match self {
            Self::Easy | Self::Medium | Self::ManyClasses => (weights * inputs).map(|v| v.max(0.0)),
            Self::Linear | Self::Uneven | Self::Collapsed => weights * inputs,
            Self::Random => {
                let mut features = seed.child("features").normal_matrix(dim, self.points());
                features.row_mut(0).fill(1.0);
                features
            }
            Self::Constant => DMatrix::from_element(dim, self.points(), 1.0),
        };
        let scale = (self.points() as f64).sqrt() / features.norm();
        Sample::new(features * scale)
    }

    /// The classes of the points.
    pub fn labels(self) -> Result<Labels, Error> {
        let points = self.images() * VIEWS;
        let of = (0..self.points()).map(|j| j / points).collect();
        let names = (0..self.classes()).map(|k| k.to_string()).collect();
        Labels::new(of, names)
    }

    /// The population, all points equally likely.
    pub fn population(self, seed: Seed) -> Result<Population, Error> {
        Population::new(self.features(seed)?, self.labels()?, None)
    }
}
