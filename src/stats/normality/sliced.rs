use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::whitened::fitted;
use super::{Entry, NormalityTest, Outcome, Tail, UNIVARIATE, Univariate};
use crate::error::Error;
use crate::linalg::centred;
use crate::parameters::Parameters;
use crate::sample::Sample;
use crate::seed::Seed;

/// A univariate test on projections of the points.
///
/// The statistic is the largest over the directions `u` of that of the univariate test on `<u, x_j>` (of its absolute
/// value, where small ones count too); the p-value that of this direction times the number of directions, at most 1:
/// Bonferroni's bound, which holds whatever the dependence of the directions. [`Sliced::each`] gives the outcome of
/// every direction, to be adjusted by [`holm`](crate::stats::holm) where it matters which of them depart.
///
/// With `standardise` the directions are those of the points multiplied by the inverse Cholesky factor of their
/// covariance. Only then has the statistic one law for all Gaussian samples and can be
/// [`Calibrated`](super::Calibrated); without, its law depends on the correlations along the directions. The test is not invariant under
/// rotation in either case.
///
/// Takes as many points as the univariate test, `n > d` to standardise. Cost `O(n d s)` and `s` univariate tests on all
/// threads, `s` directions; memory `O(n (d + s))`. Blind to what none of the directions shows: in high dimension projections of most
/// laws are nearly Gaussian.
///
/// # Errors
/// Those of the univariate test, on the first direction that fails. To standardise: [`Error::TooFewPoints`] when `n <= d`,
/// [`Error::SingularCovariance`]. Along given directions: [`Error::Mismatch`] for points of another dimension.
///
/// # Source
/// Malkovich & Afifi 1973 for the largest over directions; Bonferroni 1936.
#[derive(Clone)]
pub struct Sliced<'a> {
    test: &'a dyn Univariate,
    directions: Directions,
    standardise: bool,
}

#[derive(Clone)]
enum Directions {
    Random { slices: usize, seed: Seed },
    Given(DMatrix<f64>),
}

impl<'a> Sliced<'a> {
    /// Along `slices` random directions, uniform on the sphere; one direction in one dimension. They
    /// depend on the seed and the dimension alone: every sample meets the same.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for no directions.
    pub fn random(
        test: &'a dyn Univariate,
        slices: usize,
        standardise: bool,
        seed: Seed,
    ) -> Result<Self, Error> {
        if !(1..=MOST_SLICES).contains(&slices) {
            return Err(Error::invalid("slices", slices, SLICES));
        }
        Ok(Self {
            test,
            directions: Directions::Random { slices, seed },
            standardise,
        })
    }

    /// Along the columns of a matrix, whose length does not matter; those of the identity are the coordinates.
    ///
    /// # Errors
    /// [`Error::Empty`] without directions, [`Error::NonFinite`], [`Error::InvalidParameter`] for a direction of
    /// length 0.
    pub fn along(
        test: &'a dyn Univariate,
        directions: DMatrix<f64>,
        standardise: bool,
    ) -> Result<Self, Error> {
        let directions = Sample::new(directions)?;
        if let Some(zero) = (directions.points()).position(|u| u.iter().all(|&v| v == 0.0)) {
            return Err(Error::invalid(
                "directions",
                format!("0 in column {zero}"),
                "a direction of positive length",
            ));
        }
        Ok(Self {
            test,
            directions: Directions::Given(directions.matrix().clone()),
            standardise,
        })
    }

    /// The directions in `R^dim`, one a column.
    ///
    /// # Errors
    /// [`Error::Mismatch`] where given directions have another dimension.
    pub fn directions(&self, dim: usize) -> Result<DMatrix<f64>, Error> {
        match &self.directions {
            Directions::Random { .. } if dim == 1 => Ok(DMatrix::from_element(1, 1, 1.0)),
            Directions::Random { slices, seed } => {
                let mut rng = seed.child("directions").child(dim).rng();
                let mut directions =
                    DMatrix::from_fn(dim, *slices, |_, _| rng.sample(StandardNormal));
                for mut direction in directions.column_iter_mut() {
                    let length = direction.norm();
                    direction /= length;
                }
                Ok(directions)
            }
            Directions::Given(directions) if directions.nrows() == dim => Ok(directions.clone()),
            Directions::Given(directions) => Err(Error::Mismatch {
                what: "coordinates of a point, as many as of a direction",
                expected: directions.nrows(),
                actual: dim,
            }),
        }
    }

    /// The outcome along every direction, in their order.
    ///
    /// # Errors
    /// As the test.
    pub fn each(&self, sample: &Sample) -> Result<Vec<Outcome>, Error> {
        let mut directions = self.directions(sample.dim())?;
        if self.standardise {
            // <u, L^-1 x> = <L^-T u, x>: the directions are fewer than the points.
            directions = fitted(ENTRY.id, sample)?.solve_transposed(&directions);
        }
        let projections = centred(sample).tr_mul(&directions);
        let outcomes: Vec<Result<Outcome, Error>> = (projections.as_slice())
            .par_chunks_exact(sample.n())
            .map(|values| self.test.test_values(values))
            .collect();
        // Gathered first: which error comes first must not depend on the threads.
        outcomes.into_iter().collect()
    }
}

impl NormalityTest for Sliced<'_> {
    fn name(&self) -> String {
        let (test, standardise) = (self.test.name(), self.standardise);
        match &self.directions {
            Directions::Random { slices, .. } => format!(
                "{}(test={test},slices={slices},standardise={standardise})",
                ENTRY.id
            ),
            Directions::Given(directions) => format!(
                "{}(test={test},along={} given,standardise={standardise})",
                ENTRY.id,
                directions.ncols()
            ),
        }
    }

    fn tail(&self) -> Tail {
        Tail::Upper
    }

    fn pivotal(&self) -> bool {
        self.standardise && self.test.pivotal()
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        let outcomes = self.each(sample)?;
        let count = outcomes.len() as f64;
        let extremity = |outcome: &Outcome| match self.test.tail() {
            Tail::Upper => outcome.statistic,
            Tail::Both => outcome.statistic.abs(),
        };
        let worst = (outcomes.iter())
            .max_by(|a, b| extremity(a).total_cmp(&extremity(b)))
            .ok_or(Error::Empty {
                n: 0,
                dim: sample.dim(),
            })?;
        Ok(Outcome {
            statistic: extremity(worst),
            p_value: (count * worst.p_value).min(1.0),
        })
    }
}

const SLICES: &str = "a whole number from 1 to 1048576";
/// So many directions in a thousand dimensions take 8 GB.
const MOST_SLICES: usize = 1 << 20;

pub(super) const ENTRY: Entry = Entry {
    id: "sliced",
    summary: "the largest statistic of a univariate test over fixed random directions",
    parameters: &[
        ("test", "dagostino_pearson"),
        ("slices", "64"),
        ("standardise", "true"),
    ],
    build,
    defaults: &[],
};

fn build(parameters: &Parameters) -> Result<Box<dyn NormalityTest>, Error> {
    let test: String = parameters.value("test", "the name of a univariate test")?;
    let slices = parameters.value("slices", SLICES)?;
    let standardise = parameters.value("standardise", "true or false")?;
    let (_, test) = (UNIVARIATE.iter().find(|(id, _)| *id == test)).ok_or_else(|| {
        let known: Vec<&str> = UNIVARIATE.iter().map(|(id, _)| *id).collect();
        Error::UnknownName {
            kind: "univariate normality test",
            name: test.clone(),
            known: known.join(", "),
        }
    })?;
    Ok(Box::new(Sliced::random(
        *test,
        slices,
        standardise,
        Seed::root(0).child(ENTRY.id),
    )?))
}
