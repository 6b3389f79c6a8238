use std::borrow::Cow;
use std::cell::OnceCell;

use nalgebra::DMatrix;
use rand::seq::SliceRandom;

use super::twins::{OfTwins, neighbours};
use super::{COLLAPSED, density};
use crate::bound::Labels;
use crate::entropy::Gaussian;
use crate::error::{Error, finite};
use crate::linalg::{Spd, covariance, mean};
use crate::sample::{Paired, Sample};
use crate::seed::Seed;

/// What is audited.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// What it is called in the report.
    pub name: String,
    /// Embeddings of two views of the same inputs.
    pub views: Paired,
    /// A class for each input.
    pub labels: Option<Labels>,
    /// The images that were embedded, as rows of numbers.
    pub images: Option<Paired>,
}

impl Subject {
    /// Fewest pairs that are audited.
    pub const REQUIRED: usize = 16;
    /// Most coordinates of an embedding: a spectrum takes `d^3` operations.
    pub const MOST: usize = 8192;

    /// Embeddings of two views, `n` points in `R^d` each.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for views of different dimensions; [`Error::InvalidParameter`] for more than
    /// [`Subject::MOST`] of them; [`Error::TooFewPoints`] below [`Subject::REQUIRED`] pairs.
    pub fn new(name: impl Into<String>, views: Paired) -> Result<Self, Error> {
        let (first, second) = views.dims();
        if first != second {
            return Err(Error::Mismatch {
                what: "dimension of the second view",
                expected: first,
                actual: second,
            });
        }
        if first > Self::MOST {
            let most = Self::MOST;
            return Err(Error::invalid(
                "dimension",
                first,
                format!("at most {most}"),
            ));
        }
        if views.n() < Self::REQUIRED {
            return Err(Error::TooFewPoints {
                method: "an audit",
                required: Self::REQUIRED,
                actual: views.n(),
            });
        }
        Ok(Self {
            name: name.into(),
            views,
            labels: None,
            images: None,
        })
    }

    /// With a class for each pair.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another number of labels than pairs; [`Error::InvalidParameter`] for a single class.
    pub fn with_labels(self, labels: Labels) -> Result<Self, Error> {
        if labels.n() != self.views.n() {
            return Err(Error::Mismatch {
                what: "labels",
                expected: self.views.n(),
                actual: labels.n(),
            });
        }
        labels.two_at_least("classes")?;
        Ok(Self {
            labels: Some(labels),
            ..self
        })
    }

    /// With the images of both views.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another number of images than pairs, and for images of different sizes.
    pub fn with_images(self, images: Paired) -> Result<Self, Error> {
        if images.n() != self.views.n() {
            return Err(Error::Mismatch {
                what: "images",
                expected: self.views.n(),
                actual: images.n(),
            });
        }
        let (first, second) = images.dims();
        if first != second {
            return Err(Error::Mismatch {
                what: "numbers of an image of the second view",
                expected: first,
                actual: second,
            });
        }
        Ok(Self {
            images: Some(images),
            ..self
        })
    }
}

/// What all sections read.
pub(super) struct Context<'a> {
    pub subject: &'a Subject,
    pub seed: Seed,
    /// A random order of the pairs: a method that cannot take them all gets the first ones.
    order: Vec<usize>,
    /// Root of the mean variance of the first view.
    pub std: f64,
    /// Root of the mean squared distance of the first view from its mean, over that from the origin.
    pub spread_over_length: f64,
    /// The same of the second view.
    pub second_spread_over_length: f64,
    radii: OnceCell<Result<Vec<f64>, Error>>,
    no_density: OnceCell<Option<String>>,
    twins: OnceCell<Result<OfTwins, Error>>,
    covariance: OnceCell<Result<DMatrix<f64>, Error>>,
    factor: OnceCell<Result<Spd, Error>>,
}

/// Operations, as `n d^2`, that a covariance may take.
const PRODUCTS: usize = 400_000_000_000;
/// Gaussian twins that neighbours are read against.
const TWINS: u64 = 8;
/// Points that methods get which compare all pairs of them.
const COMPARED: usize = 4000;

impl<'a> Context<'a> {
    pub fn new(subject: &'a Subject, seed: Seed) -> Result<Self, Error> {
        let mut order: Vec<usize> = (0..subject.views.n()).collect();
        order.shuffle(&mut seed.child("order").rng());
        let view = &subject.views.x;
        let (apart, length) = squares(view)?;
        let degrees = ((view.n() - 1) * view.dim()) as f64;
        Ok(Self {
            subject,
            seed,
            order,
            std: (apart / degrees).sqrt(),
            spread_over_length: spread(apart, length),
            second_spread_over_length: squares(&subject.views.y)
                .map(|(apart, length)| spread(apart, length))?,
            radii: OnceCell::new(),
            no_density: OnceCell::new(),
            twins: OnceCell::new(),
            covariance: OnceCell::new(),
            factor: OnceCell::new(),
        })
    }

    /// Which view has collapsed to a point, if any: a measure of both is none of an embedding then, whichever it is.
    pub fn collapsed_view(&self) -> Option<&'static str> {
        let first = self.spread_over_length <= COLLAPSED;
        let second = self.second_spread_over_length <= COLLAPSED;
        match (first, second) {
            (true, true) => Some("both views"),
            (true, false) => Some("the first view"),
            (false, true) => Some("the second view"),
            (false, false) => None,
        }
    }

    pub fn n(&self) -> usize {
        self.order.len()
    }

    pub fn dim(&self) -> usize {
        self.subject.views.x.dim()
    }

    /// Indices of the first `m` pairs of the random order.
    pub fn drawn(&self, m: usize) -> &[usize] {
        &self.order[..m.min(self.order.len())]
    }

    /// Points that methods of cost `n d^2` get.
    pub fn many(&self) -> usize {
        self.n().min(self.most_for_covariance())
    }

    /// The most that these could be.
    pub fn most_for_covariance(&self) -> usize {
        (PRODUCTS / (self.dim() * self.dim())).max(4 * self.dim())
    }

    /// Points that methods get which compare all pairs of points, or factorise all points at once: 4000, or twice as many as coordinates.
    pub fn few(&self) -> usize {
        self.n().min(COMPARED.max(2 * self.dim()))
    }

    /// As [`Context::few`], and more than the coordinates of both views, whose covariance a Gaussian twin has.
    pub fn few_pairs(&self) -> usize {
        self.n().min(COMPARED.max(5 * self.dim() / 2))
    }

    /// Whether methods that compare all pairs of so many points can be repeated some dozens of times.
    pub fn repeatable(&self, points: usize) -> bool {
        points * points * self.dim() <= COMPARED * COMPARED * 256
    }

    /// `m` points of the first view drawn at random, or all as they lie: for what does not see their order.
    pub fn points(&self, m: usize) -> Result<Cow<'a, Sample>, Error> {
        let view = &self.subject.views.x;
        if m >= view.n() {
            Ok(Cow::Borrowed(view))
        } else {
            view.select(self.drawn(m)).map(Cow::Owned)
        }
    }

    /// `m` pairs drawn at random, or all as they lie: for what does not see their order.
    pub fn pairs(&self, m: usize) -> Result<Cow<'a, Paired>, Error> {
        if m >= self.n() {
            Ok(Cow::Borrowed(&self.subject.views))
        } else {
            self.mixed(&self.subject.views, m).map(Cow::Owned)
        }
    }

    /// The same `m` of other pairs, or all of them, in random order: for what takes them apart, as files are often
    /// sorted by class.
    pub fn mixed(&self, pairs: &Paired, m: usize) -> Result<Paired, Error> {
        let drawn = self.drawn(m);
        Paired::new(pairs.x.select(drawn)?, pairs.y.select(drawn)?)
    }

    /// The distances of the first [`Context::few`] points to their third neighbours.
    fn radii(&self) -> Result<&[f64], Error> {
        let read = || neighbours()?.radii(&*self.points(self.few())?);
        let radii = self.radii.get_or_init(read);
        radii.as_deref().map_err(Clone::clone)
    }

    /// The entropy of these points by neighbours.
    pub fn by_neighbours(&self) -> Result<f64, Error> {
        neighbours()?.of_radii(self.radii()?, self.dim())
    }

    /// Why these points have no density, though their covariance may have an inverse.
    pub fn no_density(&self) -> Option<&str> {
        let read = || {
            let points = self.points(self.few()).ok()?;
            density::missing(&points, self.radii().ok())
        };
        self.no_density.get_or_init(read).as_deref()
    }

    /// What neighbours say of Gaussian twins of these points.
    pub fn twins(&self) -> Result<&OfTwins, Error> {
        let read = || {
            let few = self.few();
            let number = if self.repeatable(few) { TWINS } else { 4 };
            OfTwins::new(
                &*self.points(few)?,
                self.radii()?,
                number,
                self.seed.child("twins"),
            )
        };
        self.twins.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// The covariance of the first [`Context::many`] points: most of the work where points are many.
    pub fn covariance(&self) -> Result<&DMatrix<f64>, Error> {
        let read = || covariance(&*self.points(self.many())?);
        self.covariance
            .get_or_init(read)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Its factor.
    pub fn factor(&self) -> Result<&Spd, Error> {
        let read = || {
            // What says that points are too few for it is no matter of rounding.
            Gaussian::variance(self.many(), self.dim())?;
            Spd::new(self.covariance()?)
        };
        self.factor.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// What is said where not all pairs were taken.
    pub fn note(&self, what: &str, m: usize, why: &str) -> Option<String> {
        (m < self.n()).then(|| {
            format!(
                "{what}: {m} of the {} pairs, drawn at random, because {why}",
                self.n()
            )
        })
    }
}

/// Sums of the squared distances of the points from their mean and from the origin.
pub(super) fn squares(view: &Sample) -> Result<(f64, f64), Error> {
    let mean = mean(view);
    let (mut apart, mut length) = (0.0, 0.0);
    for point in view.points() {
        for (value, mean) in point.iter().zip(&mean) {
            apart += (value - mean).powi(2);
            length += value * value;
        }
    }
    finite("the sum of the squared coordinates", length)?;
    Ok((apart, length))
}

/// Root of the ratio of these; points that are all zero have no spread.
fn spread(apart: f64, length: f64) -> f64 {
    if length > 0.0 {
        (apart / length).sqrt()
    } else {
        0.0
    }
}
