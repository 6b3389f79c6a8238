use nalgebra::DMatrix;

use super::spectrum::shannon;
use super::{Diagnostic, Entry};
use crate::error::{Error, finite};
use crate::linalg::{Spd, symmetric_eigenvalues};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// Rank of what tells images apart against what tells views of one image apart.
///
/// The points are `views` views of one image after another. With the mean `m_i` of each image's views, the mean `m` of these,
/// `B = (1/k) sum_i (m_i - m)(m_i - m)^T` and `W = (1/n) sum_ij (z_ij - m_i)(z_ij - m_i)^T + delta I`, it is
/// `exp(-sum p ln p)`, `p = l / sum l + 1e-7`, `l` the eigenvalues of `W^(-1/2) B W^(-1/2)`. At most `min(d, k - 1)` up to the
/// added `1e-7`. `delta` sets the scale below which views count as equal.
///
/// Takes `n = k views` points in `R^d`, `k > 1`; a number of dimensions. Cost `O(n d^2 + d^3)`.
///
/// # Errors
/// [`Error::Mismatch`] when `n` is no multiple of `views`; [`Error::TooFewPoints`] for a single image;
/// [`Error::SingularCovariance`] when `delta` vanishes beside the spread of the views, and they do not span the space;
/// [`Error::NonFiniteResult`] when all images have the same mean.
///
/// # Source
/// Thilak et al. 2023 (LiDAR), with 10 views and `delta = 1e-4`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lidar {
    views: usize,
    delta: f64,
}

/// What is added to every share.
const EPS: f64 = 1e-7;

impl Lidar {
    /// Chooses the views of an image and `delta`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than two views or a `delta` that is not positive.
    pub fn new(views: usize, delta: f64) -> Result<Self, Error> {
        if views < 2 {
            return Err(Error::invalid("views", views, VIEWS));
        }
        if !(delta > 0.0 && delta.is_finite()) {
            return Err(Error::invalid("delta", delta, DELTA));
        }
        Ok(Self { views, delta })
    }
}

const VIEWS: &str = "at least 2 views of an image";
const DELTA: &str = "a positive finite number";

impl Diagnostic for Lidar {
    fn name(&self) -> String {
        format!("{}(views={},delta={})", ENTRY.id, self.views, self.delta)
    }

    fn unit(&self) -> &'static str {
        "dimensions"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        let (n, dim) = (sample.n(), sample.dim());
        let images = n / self.views;
        if images * self.views != n {
            return Err(Error::Mismatch {
                what: "points, a multiple of the views of an image",
                expected: images * self.views,
                actual: n,
            });
        }
        if images < 2 {
            return Err(Error::TooFewPoints {
                method: "lidar",
                required: 2 * self.views,
                actual: n,
            });
        }
        let mut views = sample.matrix().clone();
        let mut means = DMatrix::zeros(dim, images);
        for (i, mut mean) in means.column_iter_mut().enumerate() {
            let mut own = views.columns_mut(i * self.views, self.views);
            mean.copy_from(&own.column_mean());
            for mut view in own.column_iter_mut() {
                view -= &mean;
            }
        }
        let centre = means.column_mean();
        for mut mean in means.column_iter_mut() {
            mean -= &centre;
        }
        // Means of squares about zero: both are centred already.
        let second_moment =
            |points: DMatrix<f64>| crate::linalg::second_moment(&Sample::new(points)?);
        let between = second_moment(means)?;
        let within = second_moment(views)? + DMatrix::identity(dim, dim) * self.delta;
        let within = Spd::new(&within)?;
        // L^-1 B L^-T has the eigenvalues of W^(-1/2) B W^(-1/2).
        let half = within.whiten(&between);
        let whole = within.whiten(&half.transpose());
        let values = symmetric_eigenvalues(&((&whole + whole.transpose()) * 0.5))?;
        // Rounding leaves tiny numbers of either sign in place of zeros.
        let rounding = 16.0 * dim as f64 * f64::EPSILON * values[0];
        let kept: Vec<f64> = values
            .into_iter()
            .filter(|value| *value > rounding)
            .collect();
        let sum: f64 = kept.iter().sum();
        let zeros = dim - kept.len();
        let shares = kept.into_iter().map(|value| value / sum);
        let shares = shares.chain(std::iter::repeat_n(0.0, zeros));
        let rank = shannon(shares.map(|share| share + EPS)).exp();
        if sum > 0.0 {
            finite(self.name(), rank)
        } else {
            Err(Error::NonFiniteResult {
                what: "a share of what tells images apart".to_owned(),
                value: "0/0".to_owned(),
            })
        }
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "lidar",
    summary: "rank of the differences of images against those of views of one image, which lie one after another",
    parameters: &[("views", "10"), ("delta", "0.0001")],
    build,
    // Points in general are no groups of views.
    defaults: &[],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Diagnostic>, Error> {
    let views = parameters.value("views", VIEWS)?;
    let delta = parameters.value("delta", DELTA)?;
    Ok(Box::new(Lidar::new(views, delta)?))
}
