//! Information from nearest neighbours, corrected for the local shape of the density.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::ksg2::{extent, from_neighbours, nearest};
use super::{Entry, InformationEstimator, Ties};
use crate::entropy::kozachenko_leonenko::{check_points, neighbour_warnings};
use crate::entropy::{Promises, Side};
use crate::error::{Error, finite};
use crate::linalg::symmetric_eigen;
use crate::neighbour::Neighbour;
use crate::sample::Paired;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "lnc",
    summary: "ksg2 with the neighbours' own rectangle where they fill it better than the one along the axes; for strong dependence",
    parameters: &[("k", "5"), ("share", "0.005")],
    build: |parameters| {
        let k = parameters.value("k", "a whole number, at least 1")?;
        let share = parameters.value("share", "a number above 0 and below 1")?;
        Ok(Box::new(Lnc::new(k, share)?))
    },
    defaults: &["lnc(k=5,share=0.005)"],
};

/// Sets of uniform neighbours from which the threshold is read.
const SETS: usize = 8192;

/// Nearest-neighbour estimate of mutual information with a correction for local non-uniformity.
///
/// `I = I_2 - (1/n) sum_i c_i + c_0`, `I_2` the estimate of [`Ksg2`](super::Ksg2). The `k`
/// neighbours of pair `i`, seen from it, are scaled so that the largest difference is 1 in each
/// half. `v` is the product of their largest projections on the eigenvectors of their second moment,
/// the volume of a rectangle that follows them, relative to the one along the axes. Where
/// `v < alpha` the density is not uniform in the latter, and `ln v` enters `c_i`; otherwise 0. The
/// same is done within a half of several coordinates, and subtracted.
///
/// `alpha` is the quantile `share` of `v` when the density is uniform, and `c_0` is the mean of
/// `c_i` then, so that the correction vanishes where none is due. Both are taken over 8192 sets of
/// `k` points in the cube `[-1, 1]^d` that follow Richtmyer's sequence: coordinate `j` of all
/// `k d` in set `m` is the fractional part of `m sqrt(p_j)`, `p_j` the `j`-th prime, stretched. The
/// larger half comes first, and halves of one size share their `alpha`.
///
/// Takes `n > k > dim_x + dim_y`; returns nats. Cost that of KSG plus `O((n + 8192) k d^2)`.
/// Follows dependence up to `n` times stronger than what saturates KSG at
/// `psi(n) - psi(k)`. It fails where neighbours lie along a curve that bends between them (too low,
/// as KSG is), for a handful of neighbours in many dimensions, where `alpha` is tiny and
/// nothing is corrected, and it is up to 0.3 too low where noise and spacing of the points are of
/// one size. Where noise is far below the spacing, `k` from 5 to 20 are right to 0.3 in up to three
/// coordinates; fewer neighbours take their own noise for the shape of the density.
///
/// # Errors
/// [`Error::InvalidParameter`] unless `k > dim_x + dim_y`; [`Error::TooFewPoints`];
/// [`Error::Duplicates`] and [`Error::TiedNeighbours`] as [`Ksg2`](super::Ksg2);
/// [`Error::NonFiniteResult`] when the neighbours of a pair lie in a flat, to working precision:
/// the information is infinite there.
///
/// # Source
/// Gao, Ver Steeg & Galstyan 2015, "Efficient estimation of mutual information for strongly
/// dependent variables". There `alpha` comes from random sets, there is no `c_0`, and all
/// coordinates are halves of their own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lnc {
    k: usize,
    share: f64,
}

impl Lnc {
    /// The estimator with `k` neighbours and the share of uniform neighbourhoods that are
    /// corrected nevertheless.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for `k < 3`, fewer than any pair needs, and a share outside `(0, 1)`.
    pub fn new(k: usize, share: f64) -> Result<Self, Error> {
        if k < 3 {
            return Err(Error::invalid("k", k, "more than dim_x + dim_y"));
        }
        if !(share > 0.0 && share < 1.0) {
            return Err(Error::invalid(
                "share",
                share,
                "a number above 0 and below 1",
            ));
        }
        Ok(Self { k, share })
    }
}

/// Logarithms of relative volumes, of the pairs and of the two halves.
type Volumes = [f64; 3];

/// The scaled neighbours of one pair: rows are neighbours, columns coordinates.
struct Neighbourhood {
    matrix: DMatrix<f64>,
    /// Extents of the halves before they became 1.
    extents: [f64; 2],
    dim_x: usize,
}

impl Neighbourhood {
    fn new(matrix: DMatrix<f64>, extents: [f64; 2], dim_x: usize) -> Self {
        let mut matrix = matrix;
        for (j, mut column) in matrix.column_iter_mut().enumerate() {
            column /= extents[usize::from(j >= dim_x)];
        }
        Self {
            matrix,
            extents,
            dim_x,
        }
    }

    /// `None` where an extent is below `floor`: the points lie in a flat.
    fn volumes(&self, floor: f64) -> Result<Option<Volumes>, Error> {
        let dim = self.matrix.ncols();
        let mut volumes = [0.0; 3];
        let parts = [(0, dim), (0, self.dim_x), (self.dim_x, dim - self.dim_x)];
        for (volume, (from, size)) in volumes.iter_mut().zip(parts) {
            // One coordinate is its own rectangle.
            if size > 1 {
                match log_volume(&self.matrix.columns(from, size).into_owned(), floor)? {
                    Some(log) => *volume = log,
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(volumes))
    }
}

/// Sum of the logarithms of the largest projections on the eigenvectors of the second moment.
fn log_volume(points: &DMatrix<f64>, floor: f64) -> Result<Option<f64>, Error> {
    let (_, axes) = symmetric_eigen(&points.tr_mul(points))?;
    let mut log = 0.0;
    for projections in (points * axes).column_iter() {
        let largest = projections.amax();
        if largest <= floor {
            return Ok(None);
        }
        log += largest.ln();
    }
    Ok(Some(log))
}

/// Thresholds of the log-volumes and the mean correction, for uniform neighbours.
struct Uniform {
    thresholds: Volumes,
    mean: f64,
}

impl Uniform {
    fn new(k: usize, (dim_x, dim_y): (usize, usize), share: f64) -> Result<Self, Error> {
        let dim = dim_x + dim_y;
        // The same sets whichever half comes first.
        let (large, small) = (dim_x.max(dim_y), dim_x.min(dim_y));
        let roots: Vec<f64> = primes(k * dim).into_iter().map(f64::sqrt).collect();
        let sets = (1..=SETS)
            .into_par_iter()
            .map(|set| {
                let matrix = DMatrix::from_fn(k, dim, |point, j| {
                    2.0 * (set as f64 * roots[point * dim + j]).fract() - 1.0
                });
                let extents = [
                    matrix.columns(0, large).amax(),
                    matrix.columns(large, small).amax(),
                ];
                let volumes = Neighbourhood::new(matrix, extents, large).volumes(0.0)?;
                volumes.ok_or_else(|| flat("a set of the quadrature".to_owned()))
            })
            .collect::<Result<Vec<Volumes>, Error>>()?;
        let quantile = |parts: &[usize]| {
            let values = sets
                .iter()
                .flat_map(|volumes| parts.iter().map(|&p| volumes[p]));
            let mut sorted: Vec<f64> = values.collect();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted[(share * sorted.len() as f64).ceil() as usize - 1]
        };
        let mut thresholds = if large == small {
            let half = quantile(&[1, 2]);
            [quantile(&[0]), half, half]
        } else {
            [quantile(&[0]), quantile(&[1]), quantile(&[2])]
        };
        let total: f64 = sets
            .iter()
            .map(|volumes| correction(volumes, &thresholds))
            .sum();
        if dim_x < dim_y {
            thresholds.swap(1, 2);
        }
        Ok(Self {
            thresholds,
            mean: total / SETS as f64,
        })
    }
}

/// The correction of the joint volume less those of the halves.
fn correction(volumes: &Volumes, thresholds: &Volumes) -> f64 {
    let [joint, x, y] = [0, 1, 2].map(|part| {
        if volumes[part] < thresholds[part] {
            volumes[part]
        } else {
            0.0
        }
    });
    joint - x - y
}

/// The first primes.
fn primes(count: usize) -> Vec<f64> {
    let mut primes: Vec<usize> = Vec::with_capacity(count);
    let mut candidate = 2;
    while primes.len() < count {
        if primes.iter().all(|p| candidate % p != 0) {
            primes.push(candidate);
        }
        candidate += 1;
    }
    primes.into_iter().map(|p| p as f64).collect()
}

fn flat(whose: String) -> Error {
    Error::NonFiniteResult {
        what: format!("the log-volume of the neighbours of {whose}"),
        value: f64::NEG_INFINITY.to_string(),
    }
}

impl InformationEstimator for Lnc {
    fn name(&self) -> String {
        format!("{}(k={},share={})", ENTRY.id, self.k, self.share)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            // One factor for both halves.
            scaling: true,
            rotation: false,
            unbiased_on_gaussian: false,
            side: Side::Consistent,
        }
    }

    /// The neighbours read the cross-section of the line as uniform up to the outermost of them. Of
    /// a Gaussian one, with `b` the largest of `k` differences from a point in it, in units of its
    /// standard deviation, this makes `ln sqrt(2 pi e) - 1/k - E ln(2 b)`, from -0.12 at `k = 5` to
    /// -0.29 at `k = 20`. Axes that follow few neighbours hide part of `b`: at `k = 5`
    /// this gives 0.11 back in two coordinates and 0.38 in three; at `k = 4` more than the whole.
    fn strong_dependence_error(&self) -> Option<f64> {
        (5..=20).contains(&self.k).then_some(0.3)
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let (n, k) = (pairs.n(), self.k);
        let (dim_x, dim_y) = pairs.dims();
        let dim = dim_x + dim_y;
        check_points(ENTRY.id, k, n)?;
        if k <= dim {
            return Err(Error::invalid(
                "k",
                k,
                format!("more than dim_x + dim_y = {dim}, so that the neighbours span a volume"),
            ));
        }
        let nearest = nearest(pairs, k, Ties::Reject)?;
        let uniform = Uniform::new(k, pairs.dims(), self.share)?;
        let joint = pairs.joint();
        let own = |(i, all): (usize, &Vec<Neighbour>)| -> Result<f64, Error> {
            let centre = joint.point(i);
            let matrix = DMatrix::from_fn(k, dim, |neighbour, j| {
                joint.point(all[neighbour].point)[j] - centre[j]
            });
            let extents = [extent(&pairs.x, i, all), extent(&pairs.y, i, all)];
            if extents.iter().any(|&e| e <= 0.0) {
                return Err(flat(format!("pair {i}")));
            }
            let around = Neighbourhood::new(matrix, extents, dim_x);
            // Differences carry the rounding of the coordinates themselves.
            let rounding = (0..dim).fold(1.0, |most: f64, j| {
                most.max(centre[j].abs() / around.extents[usize::from(j >= dim_x)])
            });
            let floor = 4.0 * dim as f64 * f64::EPSILON * rounding;
            let volumes = around.volumes(floor)?;
            let volumes = volumes.ok_or_else(|| flat(format!("pair {i}")))?;
            Ok(correction(&volumes, &uniform.thresholds))
        };
        // Gathered first: which error comes first must not depend on the threads.
        let corrections: Vec<Result<f64, Error>> =
            nearest.par_iter().enumerate().map(own).collect();
        let corrections = corrections
            .into_iter()
            .collect::<Result<Vec<f64>, Error>>()?;
        let mean = corrections.iter().sum::<f64>() / n as f64;
        finite(
            self.name(),
            from_neighbours(pairs, &nearest)? - mean + uniform.mean,
        )
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        neighbour_warnings(&pairs.joint(), self.k)
    }
}
