use nalgebra::{DMatrix, Dyn, QR};

use super::{OutputMixture, Pushforward, log_sum_exp, positive_part, summarise};
use crate::error::{Error, finite};
use crate::linalg::singular_values;
use crate::seed::Seed;
use crate::stats::Summary;

/// How far the law of `Z = f(X)` is from a mixture of Gaussians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divergence {
    /// `TV = E (1 - q(Z)/p(Z))_+`. Its standard error includes `1 / draws`, for differences too rare
    /// to be drawn.
    pub total_variation: Summary,
    /// `TV - sum_n w_n p_n`: the same less whether the draw has left the region of its prototype. Of a
    /// much smaller spread where the two go together; with [`Pushforward::escape_probability`] it
    /// gives the total variation anew. Its standard error includes `1 / draws` likewise.
    pub less_escape: Summary,
    /// `KL = E ln p(Z)/q(Z)`, in nats. Rare draws far outside their region dominate it, so its
    /// standard error is itself uncertain: never read it without the total variation.
    pub kl: Summary,
    /// What rounding alone can add to the total variation.
    ///
    /// A component that is pulled back carries the rounding of `z`, amplified by `1 / s_min(F)`:
    /// relative to its density about `eps sqrt(d) (|m| + sqrt(d) s_max) / s_min`, counted by the
    /// component's share of the density at each draw. Components on whose own region the draw lies
    /// are not pulled back and round nothing.
    pub floor: f64,
}

/// `N(m, F F^T)` with `F` taken apart.
struct Component {
    ln_weight: f64,
    mean: nalgebra::DVector<f64>,
    factor: QR<f64, Dyn, Dyn>,
    ln_volume: f64,
    rounding: f64,
    /// Whether it is the image of the prototype of the same number under that one's map.
    own: bool,
}

impl Pushforward<'_> {
    /// Divergences of the law of the output of a one-to-one square network from a mixture, without
    /// any density estimate.
    ///
    /// At `z = f(x)` the density is `p(z) = p_X(x) / |det A(x)|`, with the determinant summed over the
    /// layers. The mixture's components are pulled back, `N(F^-1 (z - m); 0, I) / |det F|`: a Cholesky
    /// factor of `F F^T` would square the condition number. On the region of prototype `n` its own
    /// component has the density `w_n N(x; x_n, S_n) / |det A_n|`, the very term of `p`, which is taken as
    /// it is. Cost `O(draws N d^2)` for `N` components.
    ///
    /// # Errors
    /// As [`Network::inverse`](crate::network::Network::inverse) for a network that is not made of
    /// layers with an inverse; [`Error::Mismatch`] for a mixture in another dimension,
    /// [`Error::NonFiniteResult`] for one with a singular component.
    pub fn divergence(
        &self,
        mixture: &OutputMixture,
        draws: usize,
        seed: Seed,
    ) -> Result<Divergence, Error> {
        let dim = self.network.input().size();
        let constant = 0.5 * dim as f64 * std::f64::consts::TAU.ln();
        let inverse = self.network.inverse()?;
        let components = self.components(mixture)?;
        let rows = self.over_draws(draws, seed, |draws| {
            let (images, pieces) = self.network.trace(&draws.points)?;
            let ln_volumes = inverse.log_det(&self.network.pattern(&draws.points)?)?;
            let pulled = (components.iter())
                .map(|component| component.ln_densities(&images))
                .collect::<Result<Vec<_>, _>>()?;
            Ok((draws.points.column_iter().zip(ln_volumes).enumerate())
                .map(|(column, (point, ln_volume))| {
                    let point = point.into_owned();
                    let inputs: Vec<f64> = (self.prototypes.iter())
                        .map(|p| p.ln_likelihood(point.as_slice()) - constant - ln_volume)
                        .collect();
                    let ln_p = log_sum_exp(&inputs);
                    let terms: Vec<(f64, f64)> = (components.iter().zip(&pulled).enumerate())
                        .map(|(n, (component, pulled))| {
                            if component.own && self.prototypes[n].holds(&pieces, column) {
                                (inputs[n], 0.0)
                            } else {
                                (pulled[column], component.rounding)
                            }
                        })
                        .collect();
                    let ln_q = log_sum_exp(&terms.iter().map(|t| t.0).collect::<Vec<_>>());
                    let rounding: f64 = (terms.iter())
                        .map(|(term, rounding)| (term - ln_q).exp() * rounding)
                        .sum();
                    let home = &self.prototypes[draws.index[column]];
                    let escaped = if home.holds(&pieces, column) {
                        0.0
                    } else {
                        1.0
                    };
                    let distance = positive_part(-(ln_q - ln_p).exp_m1());
                    [ln_p - ln_q, distance, distance - escaped, rounding]
                })
                .collect())
        })?;
        let column = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<f64>>();
        Ok(Divergence {
            total_variation: summarise(&column(1), 1.0)?,
            less_escape: summarise(&column(2), 1.0)?,
            kl: Summary::new(&column(0))?,
            floor: finite(
                "the rounding of a divergence",
                column(3).iter().sum::<f64>() / draws as f64,
            )?,
        })
    }

    fn components(&self, mixture: &OutputMixture) -> Result<Vec<Component>, Error> {
        let dim = self.network.input().size();
        let root_dim = (dim as f64).sqrt();
        let own = self.output_mixture();
        let mut components = Vec::new();
        for (n, (weight, component)) in
            (mixture.weights.iter().zip(&mixture.components)).enumerate()
        {
            let (rows, columns) = component.factor.shape();
            for actual in [rows, columns, component.mean.len()] {
                if actual != dim {
                    return Err(Error::Mismatch {
                        what: "dimension of the mixture",
                        expected: dim,
                        actual,
                    });
                }
            }
            let values = singular_values(&component.factor)?;
            let scale = component.mean.norm() + root_dim * values[0];
            let rounding = f64::EPSILON * root_dim * scale / values[dim - 1];
            let factor = component.factor.clone().qr();
            let diagonal = factor.r().diagonal();
            let ln_volume = diagonal.iter().map(|v| v.abs().ln()).sum();
            components.push(Component {
                ln_weight: weight.ln(),
                mean: component.mean.clone(),
                factor,
                ln_volume: finite("the logarithm of a determinant", ln_volume)?,
                rounding: finite("the amplification of rounding", rounding)?,
                own: own.weights.get(n) == Some(weight) && own.components.get(n) == Some(component),
            });
        }
        Ok(components)
    }
}

impl Component {
    /// `ln w N(z; m, F F^T)` for each column `z`.
    fn ln_densities(&self, images: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
        let mut shifted = images.clone();
        for mut column in shifted.column_iter_mut() {
            column -= &self.mean;
        }
        let whitened = (self.factor.solve(&shifted)).ok_or_else(|| Error::NonFiniteResult {
            what: "the inverse of a factor".to_owned(),
            value: "singular".to_owned(),
        })?;
        let half_dim = 0.5 * images.nrows() as f64;
        Ok((whitened.column_iter())
            .map(|xi| {
                let squares = 0.5 * xi.norm_squared();
                self.ln_weight - squares - self.ln_volume - half_dim * std::f64::consts::TAU.ln()
            })
            .collect())
    }
}
