use nalgebra::DMatrix;

use super::unit::Units;
use super::{Entry, Evaluation, Objective, POSITIVE, Term, common_dim, positive};
use crate::error::Error;
use crate::linalg::product::{product, view};
use crate::parameters::Parameters;
use crate::sample::Paired;

/// Maximum entropy coding: minus the coding length of the two views together, by its Taylor series.
///
/// `-(1 / (n l)) tr T(l U^T V)`, `T(C) = sum_{k=1}^order (-1)^(k+1) C^k / k`, the series of
/// `ln(I + C)`, `U` and `V` the points of the views scaled to length 1, `l = 1 / (n distortion)`. The
/// squared distance up to which points are coded is `d distortion`. With one term it is minus the mean
/// cosine of the pairs. The series converges for `distortion > 1`, where all singular values of
/// `l U^T V` are below 1, and at 1 unless `-1` is an eigenvalue; below, the published code uses the truncated
/// series all the same. For `d < n`
/// the powers are those of the `d x d` matrix `l V U^T`, whose traces are equal.
///
/// Takes `n >= 1` pairs of the same dimension. Cost `O((n d + order min(n, d)^2) min(n, d))`.
///
/// # Errors
/// [`Error::Mismatch`] when the views differ in dimension; [`Error::ZeroVector`].
///
/// # Source
/// Liu, Wang, Li & Wang 2022, eqs. 4-8, with the factor `1 / (n l)` of the authors' code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mec {
    distortion: f64,
    order: usize,
}

const ORDER: &str = "from 1 to 64";

impl Mec {
    /// Chooses the squared coding distance in units of `d`, and the terms of the series.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `distortion` is positive and finite and `order` from 1 to 64.
    pub fn new(distortion: f64, order: usize) -> Result<Self, Error> {
        if !(1..=64).contains(&order) {
            return Err(Error::invalid("order", order, ORDER));
        }
        Ok(Self {
            distortion: positive("distortion", distortion)?,
            order,
        })
    }
}

impl Objective for Mec {
    fn name(&self) -> String {
        format!(
            "{}(distortion={},order={})",
            ENTRY.id, self.distortion, self.order
        )
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let dim = common_dim(views)?;
        let n = views.n();
        let first = Units::new("the first view", &views.x)?;
        let second = Units::new("the second view", &views.y)?;
        let (u, v) = (view(first.matrix()), view(second.matrix()));
        let scale = 1.0 / (n as f64 * self.distortion);
        let cross = if dim < n {
            product(v, u.transpose())
        } else {
            product(u.transpose(), v)
        } * scale;
        // The derivative of the trace of the series is `I - C + C^2 - ...`, transposed.
        let size = cross.nrows();
        let mut slope = DMatrix::identity(size, size);
        let mut power = cross.clone();
        let mut length = power.trace();
        let mut sign = -1.0;
        for k in 2..=self.order {
            slope += &power * sign;
            power = product(view(&power), view(&cross));
            length += sign * power.trace() / k as f64;
            sign = -sign;
        }
        let (to_first, to_second) = if dim < n {
            (
                product(view(&slope), v),
                product(view(&slope).transpose(), u),
            )
        } else {
            (
                product(v, view(&slope)),
                product(u, view(&slope).transpose()),
            )
        };
        let term = Term {
            of: ENTRY.id,
            name: "coding_length",
            weight: -1.0,
            value: length / (n as f64 * scale),
        };
        let factor = -1.0 / n as f64;
        let gradient = [
            first.pull(to_first * factor),
            second.pull(to_second * factor),
        ];
        Evaluation::new(&self.name(), vec![term], gradient)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "mec",
    summary: "minus the coding length of both views together, by a Taylor series",
    parameters: &[("distortion", "1"), ("order", "4")],
    build,
    defaults: &["mec(distortion=1,order=4)"],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    let distortion = parameters.value("distortion", POSITIVE)?;
    let order = parameters.value("order", ORDER)?;
    Ok(Box::new(Mec::new(distortion, order)?))
}
