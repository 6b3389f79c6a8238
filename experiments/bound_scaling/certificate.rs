use vicinfo::Error;
use vicinfo::bound::certificate::{self, Gibbs, PacBayes};
use vicinfo::bound::{
    CUTOFF, LeastSquares, MeanNorm, Population, Radius, complexity, losses, spectral_norm,
};
use vicinfo::seed::Seed;

use super::measure::{BASE, assumptions, known, replicated, row};
use super::{Cell, DELTA, Row};

pub(super) const PAPER: &str = "bound of the paper";
pub(super) const ONE_LINE: &str = "bound in one line";
pub(super) const SUPERVISED: &str = "supervised Rademacher";
pub(super) const PAC_BAYES: &str = "PAC-Bayes";
pub(super) const HOEFFDING: &str = "hold-out Hoeffding";
pub(super) const BERNSTEIN: &str = "hold-out Bernstein";
pub(super) const CLOPPER: &str = "hold-out Clopper-Pearson";
pub(super) const REUSED: &str = "Clopper-Pearson on the fitted points";

/// The name of a bound, the bound, and what it bounds: the risk, or the rate of errors for Clopper-Pearson.
type Certified = (&'static str, f64, f64);

fn certify(population: &Population, n: usize, seed: Seed) -> Result<Vec<Certified>, Error> {
    let norm = population.largest_norm();
    let labelled = population.draw(n, seed.child("labelled"));
    let pairs = population.draw_positives(10 * n, seed.child("pairs"));
    let observation = population.observe(&labelled, &pairs, CUTOFF)?;
    let assumptions = assumptions(population, &observation)?;
    let risk = population.risk(&observation.labelled.weights)?;
    let bound = known(Some(observation.bound(&assumptions)?.total))?;
    let mean_norm = MeanNorm::Expected(population.root_mean_square());
    let alternative = observation.alternative(&assumptions, mean_norm, DELTA)?;
    let mut all = vec![
        (PAPER, bound, risk),
        (ONE_LINE, known(Some(alternative.total))?, risk),
    ];

    let features = population.features().select(&labelled)?;
    let labels = population.labels().select(&labelled)?;
    let weights = &observation.labelled.weights;
    let fitted = losses(weights, &features, &labels.one_hot())?;
    let ball = Radius::Peeled { base: BASE }.ball(Some(weights.norm()))?;
    let rademacher =
        complexity::maurer(ball.radius, weights.nrows(), population.root_mean_square())?;
    let kappa = ball.radius * norm + 1.0;
    let supervised = certificate::supervised(&fitted, rademacher, kappa, DELTA * ball.share)?;
    let pac_bayes = PacBayes {
        prior_std: 0.5,
        norm,
        delta: DELTA,
        gibbs: Gibbs::Moment,
    };
    let pac_bayes = pac_bayes.certify(&features, &labels.one_hot(), weights)?;
    all.extend([
        (SUPERVISED, supervised.value, risk),
        (PAC_BAYES, pac_bayes.certificate.value, risk),
    ]);

    let held_out = held_out(population, &labelled)?;
    all.extend(held_out.into_iter().filter(|c| c.0 != REUSED));
    Ok(all)
}

/// Share of the population that a fit classifies wrongly.
fn error_rate(population: &Population, fit: &LeastSquares) -> Result<f64, Error> {
    let (features, labels) = (population.features(), population.labels());
    let wrong = certificate::misclassified(&fit.weights, features, labels)?;
    Ok(wrong as f64 / features.n() as f64)
}

/// Fits half of the points, and certifies the fit on the other half.
fn held_out(population: &Population, labelled: &[usize]) -> Result<Vec<Certified>, Error> {
    let norm = population.largest_norm();
    let (first, second) = labelled.split_at(labelled.len() / 2);
    let half = |indices: &[usize]| {
        let features = population.features().select(indices)?;
        let labels = population.labels().select(indices)?;
        Ok::<_, Error>((features, labels))
    };
    let ((own, own_labels), (held, held_labels)) = (half(first)?, half(second)?);
    let fit = LeastSquares::new(&own, &own_labels.one_hot(), CUTOFF)?;
    let losses = losses(&fit.weights, &held, &held_labels.one_hot())?;
    let range = spectral_norm(&fit.weights)? * norm + 1.0;
    let risk = population.risk(&fit.weights)?;
    let hoeffding = certificate::hoeffding(&losses, range, DELTA)?;
    let bernstein = certificate::empirical_bernstein(&losses, range, DELTA)?;
    let wrong = certificate::misclassified(&fit.weights, &held, &held_labels)?;
    let clopper = certificate::clopper_pearson(wrong, held.n() as u64, DELTA)?;

    // The same count on the points that were fitted.
    let wrong = certificate::misclassified(&fit.weights, &own, &own_labels)?;
    let reused = certificate::clopper_pearson(wrong, own.n() as u64, DELTA)?;
    let rate = error_rate(population, &fit)?;
    Ok(vec![
        (HOEFFDING, hoeffding.value, risk),
        (BERNSTEIN, bernstein.value, risk),
        (CLOPPER, clopper.value, rate),
        (REUSED, reused.value, rate),
    ])
}

pub(super) fn covered(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let population = cell.source.population(seed.child("population"))?;
    let n = cell.sizes[0];
    let trials = replicated(cell.replicates, seed.child("trials"), |seed| {
        held_out(&population, &population.draw(n, seed))
    })?;
    (0..trials[0].len())
        .map(|k| {
            let covered: Vec<f64> = (trials.iter())
                .map(|trial| f64::from(u8::from(trial[k].1 >= trial[k].2)))
                .collect();
            row(cell, (trials[0][k].0, "covered"), (n, 0), 0.0, &covered)
        })
        .collect()
}

pub(super) fn certificates(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let population = cell.source.population(seed.child("population"))?;
    let mut rows = Vec::new();
    for &n in &cell.sizes {
        let trials = replicated(cell.replicates, seed.child("trials").child(n), |seed| {
            certify(&population, n, seed)
        })?;
        for k in 0..trials[0].len() {
            let name = trials[0][k].0;
            let over = |value: &dyn Fn(&Certified) -> f64| -> Vec<f64> {
                trials.iter().map(|trial| value(&trial[k])).collect()
            };
            for (quantity, values) in [
                ("value", over(&|c| c.1)),
                ("truth", over(&|c| c.2)),
                ("ln_ratio", over(&|c| (c.1 / c.2).ln())),
            ] {
                // Of a rate of 0 there is no multiple.
                if (name, quantity) != (CLOPPER, "ln_ratio") {
                    rows.push(row(cell, (name, quantity), (n, 10 * n), 0.0, &values)?);
                }
            }
        }
    }
    let baseline = (1.0 - population.priors().iter().map(|p| p * p).sum::<f64>()).sqrt();
    rows.push(row(cell, ("", "baseline"), (0, 0), 0.0, &[baseline; 2])?);
    Ok(rows)
}
