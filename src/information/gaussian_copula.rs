use super::normal_ranks::{self, normal_ranks};
use super::{CoordinateMaps, Entry, Gaussian, InformationEstimator};
use crate::entropy::Promises;
use crate::error::{Error, finite};
use crate::sample::Paired;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    id: "gaussian_copula",
    summary: "the Gaussian estimate on normal ranks: the information of a Gaussian copula, whatever the marginals",
    parameters: &[("bias_corrected", "false")],
    build: |parameters| {
        let bias_corrected = parameters.value("bias_corrected", "true or false")?;
        Ok(Box::new(GaussianCopula { bias_corrected }))
    },
    defaults: &[
        "gaussian_copula(bias_corrected=false)",
        "gaussian_copula(bias_corrected=true)",
    ],
};

/// Information of the Gaussian copula with the correlations of the sample's normal ranks.
///
/// [`Gaussian`] on `Phi^-1(r / (n + 1))`, see [`NormalRanks`](super::NormalRanks). The
/// correction is that of Gaussian samples and removes the bias when the halves are independent;
/// dependent ones keep a negative bias of order `1/n` that grows with the dependence, since ranks of
/// few points hide how strong it is: for one coordinate a side and correlation 0.95 about `-5 / n`.
///
/// Takes `n > dim_x + dim_y` pairs; returns nats. Cost `O(n d ln n + n d^2 + d^3)`.
/// Converges to the truth when some monotone maps of the coordinates make the pairs Gaussian.
/// Otherwise it misses what is not linear in normal ranks: 0 for the tails that independent
/// directions share, as in a Student law.
///
/// # Errors
/// [`Error::SingularCovariance`] for a constant coordinate or dependent ones; those of
/// [`Gaussian`].
///
/// # Source
/// Ince et al. 2017, "A statistical framework for neuroimaging data analysis based on mutual
/// information estimated via a Gaussian copula".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GaussianCopula {
    /// Whether the finite-sample bias is subtracted.
    pub bias_corrected: bool,
}

impl GaussianCopula {
    fn gaussian(self) -> Gaussian {
        Gaussian {
            bias_corrected: self.bias_corrected,
        }
    }
}

impl InformationEstimator for GaussianCopula {
    fn name(&self) -> String {
        format!("{}(bias_corrected={})", ENTRY.id, self.bias_corrected)
    }

    fn promises(&self) -> Promises {
        normal_ranks::promises(self.gaussian().promises())
    }

    fn coordinate_maps(&self) -> CoordinateMaps {
        CoordinateMaps::Monotone
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let value = self.gaussian().information(&normal_ranks(pairs)?)?;
        finite(self.name(), value)
    }

    fn warnings(&self, pairs: &Paired) -> Vec<String> {
        let mut warnings = normal_ranks::tie_warnings(pairs);
        warnings.extend(self.gaussian().warnings(pairs));
        warnings
    }
}
