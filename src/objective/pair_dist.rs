use super::{ENTROPIES, Entry, Evaluation, Objective, OfView, POSITIVE, pairwise};
use crate::entropy::{KolchinskyTracey, PairwiseBound};
use crate::error::Error;
use crate::kernel;
use crate::linalg::centred;
use crate::parameters::Parameters;
use crate::sample::{Paired, Sample};

/// The pairwise-distance entropy of the views, with a minus sign.
///
/// `-(H(Z) + H(Z')) / 2`, `H` the bound of [`KolchinskyTracey`] on the entropy of the mixture of
/// `N(z_i, std^2 I)`: `H(Z) = h - (1/n) sum_i ln (1/n) sum_j exp(-|z_i - z_j|^2 / w^2)`, the term of
/// the point itself among them. For `kl` `w^2 = 2 std^2` and for `bhattacharyya` `8 std^2`, both with
/// `h = (d/2) ln(2 pi e std^2)`; for `expected_likelihood` `w^2 = 4 std^2` and `h = (d/2) ln(4 pi std^2)`.
/// It saturates at `h + ln n` once the points stand more than a few `std` apart, and has no gradient there.
///
/// Takes `n >= 1` points in each view. Cost `O(n^2 d)`, memory `8 n^2` bytes: 23170 points at most.
///
/// # Errors
/// [`Error::NonFiniteResult`] when a coordinate exceeds the largest double in units of `std`.
///
/// # Source
/// Kolchinsky & Tracey 2017, eqs. 10-13; as an objective Shwartz-Ziv, Balestriero, Kawaguchi,
/// Rudner & LeCun 2023 (arXiv 2303.00633).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairDist {
    bound: PairwiseBound,
    std: f64,
    estimator: KolchinskyTracey,
}

impl PairDist {
    /// Chooses the bound and the standard deviation of a component.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `std` is positive and finite.
    pub fn new(bound: PairwiseBound, std: f64) -> Result<Self, Error> {
        Ok(Self {
            bound,
            std,
            estimator: KolchinskyTracey::new(bound, std)?,
        })
    }

    /// `H` of one view.
    ///
    /// # Errors
    /// As the objective.
    pub fn entropy(&self, view: &Sample) -> Result<OfView, Error> {
        let n = view.n() as f64;
        let width = self.estimator.width();
        let mut kernel = kernel::matrix(view, width)?;
        let sums = pairwise::sums(&kernel);
        let spread = n.ln() - sums.iter().map(|s| s.ln()).sum::<f64>() / n;
        // A point is not apart from itself; its weight would only cancel digits.
        kernel.fill_diagonal(0.0);
        let shares: Vec<f64> = sums.iter().map(|s| 1.0 / s).collect();
        pairwise::weigh(&mut kernel, &shares);
        // A shift changes no difference, but large coordinates would cancel digits.
        let points = centred(view);
        let factor = 2.0 / (n * width * width);
        Ok(OfView {
            value: self.estimator.floor(view.dim()) + spread,
            gradient: pairwise::pull(&points, &kernel) * factor,
        })
    }
}

impl Objective for PairDist {
    fn name(&self) -> String {
        format!("{}(bound={},std={})", ENTRY.id, self.bound.word(), self.std)
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        super::of_each_view((ENTRY.id, &self.name()), views, ENTROPIES, -1.0, |view| {
            self.entropy(view)
        })
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "pair_dist",
    summary: "minus the pairwise-distance bound on the entropy of the points after noise, mean over the views",
    parameters: &[("bound", "kl"), ("std", "1")],
    build,
    defaults: &[
        "pair_dist(bound=kl,std=1)",
        "pair_dist(bound=bhattacharyya,std=1)",
    ],
};

fn build(parameters: &Parameters) -> Result<Box<dyn Objective>, Error> {
    let bound = parameters.choice("bound", &PairwiseBound::WORDS)?;
    let std = parameters.value("std", POSITIVE)?;
    Ok(Box::new(PairDist::new(bound, std)?))
}
