use super::complexity;
use super::count::CountShape;
use super::least_squares::{LeastSquares, spectral_norm};
use super::observation::Observation;
use super::radius::{Ball, Radius, no_less_than, not_negative, positive};
use super::spend::{Spend, deviation};
use crate::error::Error;

/// Largest distances and losses over all points that the laws of the classes can produce.
///
/// They are properties of the laws, not of the points drawn: a maximum over data is no substitute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constants {
    /// `tau >= |f(x) - f(x')|` for any two points of one class and any `f` of the family.
    pub tau: f64,
    /// `tau_S̄ >= E |f(x) - f(x')|` for any `x'` of a class, `x` drawn from the same; the `f` chosen.
    pub tau_unlabelled: f64,
    /// `kappa >= |W f(x) - y|` for any point and any `W` and `f` of the families.
    pub kappa: f64,
    /// `kappa_S̄ >= |W_S̄ f(x) - y|` for any point.
    pub kappa_unlabelled: f64,
    /// `kappa_S >= E |W_S f(x) - y|` for any class.
    pub kappa_labelled: f64,
}

impl Constants {
    /// What follows from `|f(x)| <= norm` alone: distances are at most `2 norm`, losses `|W|_2 norm + 1`,
    /// with the ball's radius for `kappa`, and for `kappa_S̄` where `W_S̄` is not known. Cost `O(K^2 d)`.
    ///
    /// `norm` has to hold for every point that can be drawn, as for features that are scaled to the unit
    /// sphere or cut.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a norm that is not positive and finite or that an observed point
    /// exceeds by more than rounding; [`Error::NoConvergence`].
    pub fn from_norm(observation: &Observation, norm: f64, ball: Ball) -> Result<Self, Error> {
        no_less_than(norm, observation.largest_norm)?;
        let kappa = ball.radius * norm + 1.0;
        let kappa_unlabelled = match &observation.unlabelled {
            Some(fit) => spectral_norm(&fit.weights)? * norm + 1.0,
            None => kappa,
        };
        Ok(Self {
            tau: 2.0 * norm,
            tau_unlabelled: 2.0 * norm,
            kappa,
            kappa_unlabelled,
            kappa_labelled: spectral_norm(&observation.labelled.weights)? * norm + 1.0,
        })
    }
}

/// Expected Rademacher complexities over the `m` pairs, normalised by `1/sqrt(m)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Complexities {
    /// `R̃_m(F) = E sup_f m^(-1/2) sum_j xi_j |f(x_j^+) - f(x_j^++)|`; 0 for an `f` that was fixed before.
    pub invariance: f64,
    /// `R_m(W F) = E sup_(W, f) m^(-1/2) sum_j xi_j |W f(x_j^+) - y_j|`.
    pub loss: f64,
}

/// By how much the averages of events 2 to 5 may stray from their expectations, each with its share of the
/// probability.
pub(super) struct Deviations {
    pub invariance_labelled: f64,
    pub invariance_unlabelled: f64,
    pub loss_labelled: f64,
    pub loss_unlabelled: f64,
}

/// Everything that the bound takes on trust: what is true of the laws and was decided before the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumptions {
    /// Probabilities of failure of the five events.
    pub spend: Spend,
    /// Largest distances and losses.
    pub constants: Constants,
    /// Complexities of the families.
    pub complexities: Complexities,
    /// The ball of the weights; its share cuts the probability of failure of the fifth event.
    pub ball: Ball,
    /// Probabilities of the classes, where known.
    pub priors: Option<Vec<f64>>,
    /// Shape of the count term.
    pub count: CountShape,
}

impl Assumptions {
    /// What can be assumed of real data: `|f(x)| <= norm` for every point, a ball for the weights, an `f` that
    /// was fixed before the pairs were drawn, and nothing of the classes.
    ///
    /// For an `f` that was chosen on the pairs put the [`complexity`] of its family in.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a `delta` outside `(0, 1)`; as [`Radius::ball`] and
    /// [`Constants::from_norm`].
    pub fn from_norm(
        observation: &Observation,
        norm: f64,
        radius: Radius,
        delta: f64,
    ) -> Result<Self, Error> {
        let fitted = observation.unlabelled.as_ref();
        let ball = radius.ball(fitted.map(LeastSquares::weight_norm))?;
        Ok(Self {
            spend: Spend::even(delta)?,
            constants: Constants::from_norm(observation, norm, ball)?,
            complexities: Complexities {
                invariance: 0.0,
                loss: complexity::maurer(ball.radius, observation.classes(), norm)?,
            },
            ball,
            priors: None,
            count: CountShape::TotalVariation,
        })
    }

    /// What the bound and its events add for the averages over `n` labelled points and `m` pairs.
    pub(super) fn deviations(&self, n: usize, m: usize) -> Deviations {
        let (constants, spend) = (&self.constants, &self.spend);
        let loss_unlabelled = spend.loss_unlabelled * self.ball.share;
        Deviations {
            invariance_labelled: constants.tau_unlabelled * deviation(spend.invariance_labelled, n),
            invariance_unlabelled: constants.tau * deviation(spend.invariance_unlabelled, m),
            loss_labelled: 2.0 * constants.kappa_unlabelled * deviation(spend.loss_labelled, n),
            loss_unlabelled: constants.kappa * deviation(loss_unlabelled, m),
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        self.spend.check()?;
        for (name, value) in [
            ("tau", self.constants.tau),
            ("tau_unlabelled", self.constants.tau_unlabelled),
            ("kappa", self.constants.kappa),
            ("kappa_unlabelled", self.constants.kappa_unlabelled),
            ("kappa_labelled", self.constants.kappa_labelled),
            ("complexity of the invariance", self.complexities.invariance),
            ("complexity of the loss", self.complexities.loss),
        ] {
            not_negative(name, value)?;
        }
        positive("radius", self.ball.radius)?;
        if !(self.ball.share > 0.0 && self.ball.share <= 1.0) {
            return Err(Error::invalid(
                "share of the ball",
                self.ball.share,
                "above 0 and at most 1",
            ));
        }
        Ok(())
    }
}
