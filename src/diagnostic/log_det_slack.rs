use super::{Diagnostic, Entry, TotalCorrelation};
use crate::entropy::{self, DiagonalGaussian, EntropyEstimator, Side};
use crate::error::{Error, finite};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// Where the entropy that variances allow and the points do not have is lost, in nats.
///
/// `marginal - entropy = off_diagonal + non_gaussianity`, exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// Sum of the entropies of Gaussians with the variances of the coordinates.
    pub marginal: f64,
    /// Estimated entropy of the law of the points.
    pub entropy: f64,
    /// `-(1/2) ln det R`, `R` the correlation matrix: lost to linear dependence.
    pub off_diagonal: f64,
    /// Entropy of the Gaussian with the same covariance less that of the points, an estimate of
    /// the divergence of their law from that Gaussian: lost to everything else.
    pub non_gaussianity: f64,
}

impl Split {
    /// Splits a sample with an estimator of entropy that converges to the truth.
    ///
    /// The off-diagonal part is at least 0. The non-Gaussianity is so in the limit; for a finite sample
    /// the errors of the estimator and of the log-determinant add, and a negative value is returned
    /// as it is.
    ///
    /// Takes `n > d` points in `R^d`. Cost `O(n d^2 + d^3)` beside that of the estimator.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the estimator converges to a bound, or is about a smoothed
    /// sample; [`Error::TooFewPoints`]; [`Error::SingularCovariance`]; those of the estimator.
    ///
    /// # Source
    /// Cover & Thomas 2006, theorems 8.6.5 and 17.9.2; Comon 1994 for the second part, negentropy.
    pub fn new(sample: &Sample, estimator: &dyn EntropyEstimator) -> Result<Self, Error> {
        require_consistent(estimator)?;
        let off_diagonal = TotalCorrelation.measure(sample)?;
        let marginal = DiagonalGaussian.entropy(sample)?;
        let entropy = estimator.entropy(sample)?;
        Ok(Self {
            marginal,
            entropy,
            off_diagonal,
            non_gaussianity: marginal - off_diagonal - entropy,
        })
    }

    /// What is lost altogether, `marginal - entropy`.
    pub fn slack(&self) -> f64 {
        self.marginal - self.entropy
    }
}

fn require_consistent(estimator: &dyn EntropyEstimator) -> Result<(), Error> {
    if estimator.promises().side == Side::Consistent && estimator.smoothing().is_none() {
        return Ok(());
    }
    Err(Error::invalid(
        "estimator",
        estimator.name(),
        "an entropy estimator that converges to the truth: the slack of a bound is not that of the points",
    ))
}

/// A part of a [`Split`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// [`Split::slack`].
    #[default]
    Total,
    /// [`Split::off_diagonal`].
    OffDiagonal,
    /// [`Split::non_gaussianity`].
    NonGaussianity,
}

impl Part {
    /// The words of the parameter `part`.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("total", Self::Total),
        ("off_diagonal", Self::OffDiagonal),
        ("non_gaussianity", Self::NonGaussianity),
    ];

    /// The word that a name prints.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::OffDiagonal => "off_diagonal",
            Self::NonGaussianity => "non_gaussianity",
        }
    }
}

/// A part of the slack of the diagonal log-determinant: see [`Split`].
///
/// Takes `n > d` points in `R^d`; returns nats. Cost as [`Split::new`], or `O(n d^2 + d^3)` for
/// `off_diagonal`, which needs no entropy estimate and does not fail with it.
///
/// # Errors
/// As [`Split::new`].
pub struct LogDetSlack {
    part: Part,
    estimator: Box<dyn EntropyEstimator>,
}

impl LogDetSlack {
    /// Chooses the part and the estimator of entropy.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the estimator converges to a bound, or is about a smoothed
    /// sample.
    pub fn new(part: Part, estimator: Box<dyn EntropyEstimator>) -> Result<Self, Error> {
        require_consistent(&*estimator)?;
        Ok(Self { part, estimator })
    }
}

impl Diagnostic for LogDetSlack {
    fn name(&self) -> String {
        format!(
            "{}(part={},estimator={})",
            ENTRY.id,
            self.part.as_str(),
            self.estimator.name()
        )
    }

    fn unit(&self) -> &'static str {
        "nats"
    }

    fn measure(&self, sample: &Sample) -> Result<f64, Error> {
        let split = || Split::new(sample, &*self.estimator);
        let value = match self.part {
            // For points in a flat it is infinite, whatever an estimator makes of them.
            Part::Total => split()?.slack(),
            // The estimate costs most by far, and is no part of this.
            Part::OffDiagonal => TotalCorrelation.measure(sample)?,
            Part::NonGaussianity => split()?.non_gaussianity,
        };
        finite(self.name(), value)
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        match self.part {
            Part::OffDiagonal => TotalCorrelation.warnings(sample),
            Part::Total => self.estimator.warnings(sample),
            Part::NonGaussianity => {
                let mut warnings = TotalCorrelation.warnings(sample);
                warnings.extend(self.estimator.warnings(sample));
                warnings
            }
        }
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "log_det_slack",
    summary: "what the sum of the marginal Gaussian entropies exceeds an entropy estimate by: in all, by correlation, by non-Gaussianity",
    parameters: &[
        ("part", "total"),
        ("estimator", "kozachenko_leonenko(k=3,norm=euclidean)"),
    ],
    build,
    defaults: &[
        "log_det_slack(part=total,estimator=kozachenko_leonenko(k=3,norm=euclidean))",
        "log_det_slack(part=off_diagonal,estimator=kozachenko_leonenko(k=3,norm=euclidean))",
        "log_det_slack(part=non_gaussianity,estimator=kozachenko_leonenko(k=3,norm=euclidean))",
    ],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Diagnostic>, Error> {
    let part = parameters.choice("part", &Part::WORDS)?;
    let estimator = entropy::parse(parameters.text("estimator")?)?;
    Ok(Box::new(LogDetSlack::new(part, estimator)?))
}
