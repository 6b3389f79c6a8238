//! Laws under names, for the command line.

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;

use super::{
    Affine, Coordinatewise, Gaussian, Image, JointGaussian, JointImage, JointLaw, Law, Mixture,
    StudentT, UniformBox,
};
use crate::error::Error;
use crate::seed::Seed;

/// A law of points or of pairs.
pub enum Kind {
    /// Points, with a known entropy.
    Points(Box<dyn Law + Send>),
    /// Pairs, with a known information.
    Pairs(Box<dyn JointLaw + Send>),
}

/// A law under a name.
pub struct Entry {
    /// Its name; names of pairs follow Czyż et al. 2023 where they have the law.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    build: fn() -> Result<Kind, Error>,
}

impl Entry {
    /// Makes the law.
    ///
    /// # Errors
    /// None that depends on data: as the law's `new`.
    pub fn build(&self) -> Result<Kind, Error> {
        (self.build)()
    }
}

/// The law of this name.
///
/// # Errors
/// [`Error::UnknownName`].
pub fn named(id: &str) -> Result<&'static Entry, Error> {
    CATALOGUE
        .iter()
        .find(|entry| entry.id == id)
        .ok_or_else(|| Error::UnknownName {
            kind: "law",
            name: id.to_owned(),
            known: CATALOGUE
                .iter()
                .map(|entry| entry.id)
                .collect::<Vec<_>>()
                .join(", "),
        })
}

fn points(law: impl Law + Send + 'static) -> Result<Kind, Error> {
    Ok(Kind::Points(Box::new(law)))
}

fn pairs(law: impl JointLaw + Send + 'static) -> Result<Kind, Error> {
    Ok(Kind::Pairs(Box::new(law)))
}

fn mapped(law: JointGaussian, map: Coordinatewise) -> Result<Kind, Error> {
    pairs(JointImage::new(
        Box::new(law),
        Box::new(map),
        Box::new(map),
    )?)
}

/// Draws that fix the entropy of an image; its standard error is then below 0.002 nats.
const IMAGE_DRAWS: usize = 1_000_000;

/// Every law with a name.
pub const CATALOGUE: &[Entry] = &[
    Entry {
        id: "gaussian-2",
        summary: "standard Gaussian in two dimensions",
        build: || points(Gaussian::standard(2)?),
    },
    Entry {
        id: "gaussian-correlated-2-0.8",
        summary: "Gaussian in two dimensions, unit variances, correlation 0.8",
        build: || {
            let covariance = DMatrix::from_row_slice(2, 2, &[1.0, 0.8, 0.8, 1.0]);
            points(Gaussian::new(DVector::zeros(2), &covariance)?)
        },
    },
    Entry {
        id: "gaussian-16",
        summary: "standard Gaussian in 16 dimensions",
        build: || points(Gaussian::standard(16)?),
    },
    Entry {
        id: "mixture-2-8-4",
        summary: "8 unit Gaussians in two dimensions, equal weights, normal means of standard deviation 4",
        build: || {
            let mut rng = Seed::root(0).child("mixture-2-8-4").rng();
            let means = DMatrix::from_fn(2, 8, |_, _| 4.0 * rng.sample::<f64, _>(StandardNormal));
            points(Mixture::new(
                vec![0.125; 8],
                means,
                vec![DMatrix::identity(2, 2); 8],
            )?)
        },
    },
    Entry {
        id: "uniform-box-3",
        summary: "uniform on the box [0,1] x [0,2] x [0,4]",
        build: || points(UniformBox::new(vec![0.0; 3], vec![1.0, 2.0, 4.0])?),
    },
    Entry {
        id: "student-2-3",
        summary: "Student-t in two dimensions, 3 degrees of freedom",
        build: || points(StudentT::standard(2, 3.0)?),
    },
    Entry {
        id: "affine-uniform-box-2",
        summary: "uniform on a parallelogram: the unit square under [[1, 2], [0, 3]]",
        build: || {
            let matrix = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 0.0, 3.0]);
            let map = Affine::new(matrix, vec![0.0; 2])?;
            let square = Box::new(UniformBox::unit(2)?);
            points(Image::new(square, Box::new(map), 0, Seed::root(0))?)
        },
    },
    Entry {
        id: "asinh-student-2-3",
        summary: "asinh of the coordinates of student-2-3",
        build: || {
            let law = Box::new(StudentT::standard(2, 3.0)?);
            let seed = Seed::root(0).child("asinh-student-2-3");
            points(Image::new(
                law,
                Box::new(Coordinatewise::Asinh),
                IMAGE_DRAWS,
                seed,
            )?)
        },
    },
    Entry {
        id: "1v1-normal-0.75",
        summary: "Gaussian pairs, 1 x 1, correlation 0.75",
        build: || pairs(JointGaussian::sparse(1, 1, &[0.75])?),
    },
    Entry {
        id: "half_cube-1v1-normal-0.75",
        summary: "x sqrt|x| of both halves of 1v1-normal-0.75",
        build: || {
            mapped(
                JointGaussian::sparse(1, 1, &[0.75])?,
                Coordinatewise::HalfCube,
            )
        },
    },
    Entry {
        id: "normal_cdf-1v1-normal-0.75",
        summary: "normal distribution function of both halves of 1v1-normal-0.75",
        build: || {
            mapped(
                JointGaussian::sparse(1, 1, &[0.75])?,
                Coordinatewise::NormalCdf,
            )
        },
    },
    Entry {
        id: "multinormal-dense-2-2-0.5",
        summary: "Gaussian pairs, 2 x 2, all correlations 0.5",
        build: || pairs(JointGaussian::dense(2, 2, 0.5)?),
    },
    Entry {
        id: "multinormal-dense-3-3-0.5",
        summary: "Gaussian pairs, 3 x 3, all correlations 0.5",
        build: || pairs(JointGaussian::dense(3, 3, 0.5)?),
    },
    Entry {
        id: "multinormal-dense-5-5-0.5",
        summary: "Gaussian pairs, 5 x 5, all correlations 0.5",
        build: || pairs(JointGaussian::dense(5, 5, 0.5)?),
    },
    Entry {
        id: "multinormal-dense-25-25-0.5",
        summary: "Gaussian pairs, 25 x 25, all correlations 0.5",
        build: || pairs(JointGaussian::dense(25, 25, 0.5)?),
    },
    Entry {
        id: "multinormal-dense-50-50-0.5",
        summary: "Gaussian pairs, 50 x 50, all correlations 0.5",
        build: || pairs(JointGaussian::dense(50, 50, 0.5)?),
    },
    Entry {
        id: "multinormal-sparse-2-2-2-2.0",
        summary: "Gaussian pairs, 2 x 2, two pairs of coordinates with correlation 0.8",
        build: || pairs(JointGaussian::sparse(2, 2, &[0.8, 0.8])?),
    },
    Entry {
        id: "multinormal-sparse-3-3-2-2.0",
        summary: "Gaussian pairs, 3 x 3, two pairs of coordinates with correlation 0.8",
        build: || pairs(JointGaussian::sparse(3, 3, &[0.8, 0.8])?),
    },
    Entry {
        id: "multinormal-sparse-5-5-2-2.0",
        summary: "Gaussian pairs, 5 x 5, two pairs of coordinates with correlation 0.8",
        build: || pairs(JointGaussian::sparse(5, 5, &[0.8, 0.8])?),
    },
    Entry {
        id: "multinormal-sparse-25-25-2-2.0",
        summary: "Gaussian pairs, 25 x 25, two pairs of coordinates with correlation 0.8",
        build: || pairs(JointGaussian::sparse(25, 25, &[0.8, 0.8])?),
    },
    Entry {
        id: "half_cube-multinormal-sparse-3-3-2-2.0",
        summary: "x sqrt|x| of both halves of multinormal-sparse-3-3-2-2.0",
        build: || {
            mapped(
                JointGaussian::sparse(3, 3, &[0.8, 0.8])?,
                Coordinatewise::HalfCube,
            )
        },
    },
    Entry {
        id: "half_cube-multinormal-sparse-5-5-2-2.0",
        summary: "x sqrt|x| of both halves of multinormal-sparse-5-5-2-2.0",
        build: || {
            mapped(
                JointGaussian::sparse(5, 5, &[0.8, 0.8])?,
                Coordinatewise::HalfCube,
            )
        },
    },
    Entry {
        id: "half_cube-multinormal-sparse-25-25-2-2.0",
        summary: "x sqrt|x| of both halves of multinormal-sparse-25-25-2-2.0",
        build: || {
            mapped(
                JointGaussian::sparse(25, 25, &[0.8, 0.8])?,
                Coordinatewise::HalfCube,
            )
        },
    },
    Entry {
        id: "normal_cdf-multinormal-sparse-3-3-2-2.0",
        summary: "normal distribution function of both halves of multinormal-sparse-3-3-2-2.0",
        build: || {
            mapped(
                JointGaussian::sparse(3, 3, &[0.8, 0.8])?,
                Coordinatewise::NormalCdf,
            )
        },
    },
    Entry {
        id: "normal_cdf-multinormal-sparse-5-5-2-2.0",
        summary: "normal distribution function of both halves of multinormal-sparse-5-5-2-2.0",
        build: || {
            mapped(
                JointGaussian::sparse(5, 5, &[0.8, 0.8])?,
                Coordinatewise::NormalCdf,
            )
        },
    },
    Entry {
        id: "normal_cdf-multinormal-sparse-25-25-2-2.0",
        summary: "normal distribution function of both halves of multinormal-sparse-25-25-2-2.0",
        build: || {
            mapped(
                JointGaussian::sparse(25, 25, &[0.8, 0.8])?,
                Coordinatewise::NormalCdf,
            )
        },
    },
];
