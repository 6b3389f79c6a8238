use nalgebra::DMatrix;
use rayon::prelude::*;

use super::affine::identity;
use super::gate::{Course, Gate};
use super::region::{End, Face, ends};
use super::{Network, Real};
use crate::error::{Error, finite};

/// The covariance whose standard deviations measure a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread<'a, T: Real> {
    /// `sigma^2 I`.
    Isotropic(f64),
    /// `L L^T` for a `d_in x k` matrix `L`.
    Factor(&'a DMatrix<T>),
}

/// How far a face of its region is from a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceDistance {
    /// The face.
    pub face: Face,
    /// Its distance in standard deviations.
    pub distance: f64,
}

/// The faces of the region of a point, with their distances.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceDistances {
    /// In the order of the layers and of their units.
    pub faces: Vec<FaceDistance>,
    /// Ends of pieces that are no faces: the covariance does not move the unit's input.
    pub dead: Vec<Face>,
}

impl FaceDistances {
    /// The nearest face, the first where several are equally near; `None` for a region without
    /// faces, which is the whole space.
    pub fn nearest(&self) -> Option<FaceDistance> {
        let nearer = |a: FaceDistance, b: FaceDistance| {
            if b.distance < a.distance { b } else { a }
        };
        self.faces.iter().copied().reduce(nearer)
    }
}

/// Columns that are pushed at once: fixed, so that results do not depend on the number of threads.
const COLUMNS: usize = 256;

impl<T: Real> Network<T> {
    /// Distances of each point to all faces of its region, in standard deviations of a Gaussian
    /// around the point.
    ///
    /// `d_j = |G_j x + h_j| / ||L^T G_j||` for the faces `G x + h > 0` of [`Network::region`] and
    /// the covariance `L L^T`: a Gaussian around `x` leaves through face `j` alone with probability
    /// `Phi(-d_j)`, `Phi` the normal distribution function. Neither `G` nor a covariance of a
    /// layer is formed: the columns of `L` are pushed forward, and the numerator is the distance of
    /// the unit's input from its kink. Cost: `k` passes a point (`d_in` for an isotropic spread),
    /// parallel over points; a record a face and point.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a smooth activation or a sigma that is not positive,
    /// [`Error::Mismatch`] for points or a factor of another dimension, [`Error::Empty`] for a
    /// factor without columns, [`Error::NonFiniteResult`] when a distance overflows.
    pub fn face_distances(
        &self,
        points: &DMatrix<T>,
        spread: Spread<'_, T>,
    ) -> Result<Vec<FaceDistances>, Error> {
        self.each_point(points, spread, |distances| distances)
    }

    /// The nearest face of each point; otherwise as [`Network::face_distances`], with a single
    /// record a point.
    ///
    /// # Errors
    /// As [`Network::face_distances`].
    pub fn nearest_faces(
        &self,
        points: &DMatrix<T>,
        spread: Spread<'_, T>,
    ) -> Result<Vec<Option<FaceDistance>>, Error> {
        self.each_point(points, spread, |distances| distances.nearest())
    }

    fn each_point<R: Send>(
        &self,
        points: &DMatrix<T>,
        spread: Spread<'_, T>,
        keep: impl Fn(FaceDistances) -> R + Sync,
    ) -> Result<Vec<R>, Error> {
        self.require_states()?;
        let dim = self.input.size();
        self.require_dim("coordinates of the points", dim, points.nrows())?;
        let (factor, scale) = match spread {
            Spread::Isotropic(sigma) if sigma > 0.0 && sigma.is_finite() => (identity(dim), sigma),
            Spread::Isotropic(sigma) => {
                return Err(Error::invalid(
                    "sigma",
                    sigma,
                    "a standard deviation that measures distances is finite and positive",
                ));
            }
            Spread::Factor(factor) => {
                self.require_dim("rows of the factor", dim, factor.nrows())?;
                if factor.ncols() == 0 {
                    return Err(Error::Empty { n: 0, dim });
                }
                super::require_finite("factor of the covariance", factor.as_slice())?;
                (factor.clone(), 1.0)
            }
        };
        let group = (COLUMNS / factor.ncols()).max(1);
        let starts: Vec<usize> = (0..points.ncols()).step_by(group).collect();
        let groups: Vec<Result<Vec<R>, Error>> = (starts.par_iter())
            .map(|&start| {
                let count = group.min(points.ncols() - start);
                let points = points.columns(start, count).into_owned();
                let distances = self.group_distances(points, &factor, scale, start)?;
                Ok(distances.into_iter().map(&keep).collect())
            })
            .collect();
        let mut all = Vec::with_capacity(points.ncols());
        for group in groups {
            all.extend(group?);
        }
        Ok(all)
    }

    /// The distances of a few points, the first of which is point `start` of all.
    fn group_distances(
        &self,
        points: DMatrix<T>,
        factor: &DMatrix<T>,
        scale: f64,
        start: usize,
    ) -> Result<Vec<FaceDistances>, Error> {
        let (n, k) = (points.ncols(), factor.ncols());
        let mut all = vec![
            FaceDistances {
                faces: Vec::new(),
                dead: Vec::new(),
            };
            n
        ];
        let (_, pieces) = self.trace(&points)?;
        let course = Course {
            tangents: DMatrix::from_fn(points.nrows(), n * k, |i, c| factor[(i, c % k)]),
            values: points,
        };
        let mut add = |point: usize, face: Face, gap: f64, norm: f64| {
            if norm == 0.0 {
                all[point].dead.push(face);
                return Ok(());
            }
            let distance = gap.abs() / norm / scale;
            if !distance.is_finite() {
                let (point, Face { layer, unit, .. }) = (start + point, face);
                let what = format!("distance of point {point} to unit {unit} of layer {layer}");
                finite(what, distance)?;
            }
            all[point].faces.push(FaceDistance { face, distance });
            Ok(())
        };
        self.at_gates(&pieces.layers, course, |layer, gate, course| {
            let (tangents, values) = (&course.tangents, &course.values);
            for point in 0..n {
                match gate {
                    Gate::Activation(activation, states) => {
                        let bounds = activation.pieces();
                        let norms = row_norms(tangents, point * k, k);
                        for (unit, norm) in norms.into_iter().enumerate() {
                            let input = values[(unit, point)].to_f64();
                            for (end, kink) in ends(bounds[states[(unit, point)] as usize]) {
                                add(point, Face { layer, unit, end }, input - kink, norm)?;
                            }
                        }
                    }
                    Gate::Max(pooling, winners) => {
                        let mut failure = Ok(());
                        pooling.visit(|unit, other| {
                            let winner = winners[(unit, point)] as usize;
                            if other == winner || failure.is_err() {
                                return;
                            }
                            let columns = tangents.columns(point * k, k);
                            let normal = columns.row(winner) - columns.row(other);
                            let normal = DMatrix::from_row_slice(1, k, normal.as_slice());
                            let norm = row_norms(&normal, 0, k)[0];
                            let gap = values[(winner, point)] - values[(other, point)];
                            let end = End::Other(other);
                            failure = add(point, Face { layer, unit, end }, gap.to_f64(), norm);
                        });
                        failure?;
                    }
                }
            }
            Ok(())
        })?;
        Ok(all)
    }
}

/// Norms of the rows of `k` columns from `first`, scaled so that no square over- or underflows.
pub(super) fn row_norms<T: Real>(vectors: &DMatrix<T>, first: usize, k: usize) -> Vec<f64> {
    let rows = vectors.nrows();
    let columns = &vectors.as_slice()[first * rows..(first + k) * rows];
    let mut largest = vec![0.0f64; rows];
    for column in columns.chunks_exact(rows) {
        for (largest, value) in largest.iter_mut().zip(column) {
            let size = value.to_f64().abs();
            // NaN is kept, to end in an error.
            if size > *largest || size.is_nan() {
                *largest = size;
            }
        }
    }
    let mut squares = vec![0.0; rows];
    for column in columns.chunks_exact(rows) {
        for ((sum, value), largest) in squares.iter_mut().zip(column).zip(&largest) {
            let share = value.to_f64() / largest;
            *sum += share * share;
        }
    }
    (largest.into_iter().zip(squares))
        .map(|(largest, squares)| {
            if largest == 0.0 {
                0.0
            } else {
                largest * f64::sqrt(squares)
            }
        })
        .collect()
}
