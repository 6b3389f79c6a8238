use vicinfo::experiment::{Effect, Finding, Line};

use super::{CORRELATION_SIZE, NEGLIGIBLE, ROUNDING, Row, at, dims, select};

fn effect(row: &Row) -> Effect {
    Effect::new(row.mean, row.std_error)
}

/// Rows of a quantity at one place of the horizontal axis, over the dimensions.
fn effects<'a>(rows: &'a [Row], quantity: &'a str, x: f64) -> impl Iterator<Item = Effect> {
    select(rows, quantity)
        .filter(move |row| row.x.total_cmp(&x).is_eq())
        .map(effect)
}

fn smallest(rows: &[Row], quantity: &str, x: f64) -> Effect {
    Effect::smallest(effects(rows, quantity, x))
}

fn farthest(rows: &[Row], quantity: &str, x: f64) -> Effect {
    Effect::farthest(effects(rows, quantity, x))
}

pub(super) fn hadamard(rows: &[Row]) -> Finding {
    let largest =
        |quantity| Effect::largest(select(rows, quantity).map(|row| Effect::exact(row.max)));
    let gain = largest("fixed_diagonal_gain_nats");
    let matrices: usize = select(rows, "fixed_diagonal_gain_nats")
        .map(|row| row.n)
        .sum();
    let smallest_loss = select(rows, "fixed_diagonal_gain_nats")
        .filter(|row| row.x >= 0.1)
        .map(|row| -row.mean)
        .fold(f64::INFINITY, f64::min);
    let line = Line::at_most(
        0.0,
        ROUNDING,
        "rounding of a Cholesky log-determinant at d = 64",
    );
    Finding {
        claim: "diagonal-optimum".into(),
        form: "corrected: at fixed diagonal".into(),
        statement: "At a fixed diagonal, no off-diagonal entry raises ln det Cov Z (Hadamard)."
            .into(),
        unit: "nats".into(),
        evidence: format!(
            "largest gain over the diagonal matrix among {matrices} random covariances is {:.2e} nats; from strength 0.1 on, the mean loss is at least {smallest_loss:.2e} nats",
            gain.value
        ),
        controls: vec![line.refuted(
            "fixed trace instead of fixed diagonal",
            largest("fixed_trace_gain_nats"),
        )],
        ..line.judge(gain)
    }
}

pub(super) fn supremum(rows: &[Row]) -> Finding {
    let growth = smallest(rows, "growth_nats", 0.0);
    let line = Line::near(
        0.0,
        NEGLIGIBLE,
        "1 % of a nat per decade would still be bounded for every practical spread",
    );
    Finding {
        claim: "diagonal-optimum".into(),
        form: "as stated: a maximum exists".into(),
        statement: "With the eigenvalues of the conditional covariances bounded, the objective has a maximum, so spreading the means tenfold ends in no further gain.".into(),
        unit: "nats per decade of spread".into(),
        evidence: format!(
            "from spread 1000 to 10000 the objective gains at least {:.2} nats (2 d ln 10 = {:.2} at d = 2): it has no maximum",
            growth.value,
            4.0 * std::f64::consts::LN_10
        ),
        controls: vec![
            line.refuted(
                "all means on one line (gain 2 ln 10)",
                smallest(rows, "growth_on_a_line_nats", 0.0),
            ),
            line.supported(
                "variances of Z capped at 10",
                farthest(rows, "growth_capped_nats", 0.0),
            ),
        ],
        ..line.judge(growth)
    }
}

pub(super) fn rotation(rows: &[Row]) -> Finding {
    let quarter = std::f64::consts::FRAC_PI_4;
    let loss = farthest(rows, "bounded_eigenvalues_loss_nats", quarter);
    let correlation = smallest(rows, "rotation_rms_correlation", quarter).value;
    let line = Line::at_least(
        NEGLIGIBLE,
        0.0,
        "the loss itself must exceed 1 % of a nat; rounding is 1e-13",
    );
    Finding {
        claim: "diagonal-optimum".into(),
        form: "as stated: diagonality is forced".into(),
        statement:
            "A non-diagonal Cov Z within the same eigenvalue bounds has a smaller objective.".into(),
        unit: "nats".into(),
        evidence: format!(
            "turning Z by 45 degrees gives correlations of at least {correlation:.2} (root mean square) and loses {:.1e} nats: constraint and objective are the same in every basis",
            loss.value
        ),
        controls: vec![
            line.refuted(
                "no turn at all",
                farthest(rows, "bounded_eigenvalues_loss_nats", 0.0),
            ),
            line.supported(
                "the same correlations at the diagonal of the unturned matrix",
                smallest(rows, "fixed_diagonal_loss_nats", quarter),
            ),
        ],
        ..line.judge(loss)
    }
}

pub(super) fn expansion(rows: &[Row]) -> Finding {
    let at_largest = |quantity: &str| {
        select(rows, quantity)
            .map(|row| row.mean / row.x.powi(3))
            .fold(0.0, f64::max)
    };
    let line = Line::at_least(
        3.0,
        0.05,
        "a remainder of second order has slope 2; 0.05 allows for the next order at the smallest sizes",
    );
    let slope = line.worst(effects(rows, "slope", 0.0));
    Finding {
        claim: "covariance-taylor".into(),
        form: "corrected: for correlations".into(),
        statement: "ln det of a correlation matrix is -(1/2) times the sum of the squared off-diagonal correlations, up to third order.".into(),
        unit: "log-log slope of the remainder".into(),
        evidence: format!(
            "smallest slope over the dimensions {:.4} ± {:.4}; remainder / size^3 stays below {:.3} nats, without the factor 1/2 it reaches {:.0}",
            slope.value,
            slope.std_error,
            at_largest("remainder_nats"),
            at_largest("remainder_without_half_nats"),
        ),
        controls: vec![line.refuted(
            "without the factor 1/2",
            smallest(rows, "slope_without_half", 0.0),
        )],
        ..line.judge(slope)
    }
}

pub(super) fn normalisation(rows: &[Row]) -> Finding {
    let departure = |scale| {
        let ratios = effects(rows, "penalty_over_log_det", scale);
        Effect::farthest(ratios.map(|e| Effect::new(e.value - 1.0, e.std_error)))
    };
    let (doubled, unit, halved) = (departure(2.0), departure(1.0), departure(0.5));
    let line = Line::near(
        0.0,
        0.05,
        format!(
            "the third-order term at correlations of {CORRELATION_SIZE} is below 5 % up to d = 64"
        ),
    );
    Finding {
        claim: "covariance-taylor".into(),
        form: "as stated: for VICReg's covariance term".into(),
        statement: "VICReg's covariance term, times d/2, is -ln det of the correlations to second order at every scale of the embedding (checked at standard deviation 2).".into(),
        unit: "relative departure".into(),
        evidence: format!(
            "the term is {:.2} times -ln det at standard deviation 2 and {:.4} times at 0.5 (fourth power of the scale), {:.3} times at 1",
            doubled.value + 1.0,
            halved.value + 1.0,
            unit.value + 1.0
        ),
        controls: vec![
            line.refuted("standard deviation 0.5", halved),
            line.supported("standard deviation 1", unit),
        ],
        ..line.judge(doubled)
    }
}

pub(super) fn hinge(rows: &[Row]) -> Finding {
    // Per dimension, so that the widest embedding does not decide alone.
    let gap = |from: f64, to: f64| {
        Effect::smallest(
            dims(rows, "half_log_det_nats")
                .into_iter()
                .filter_map(|dim| {
                    let low = at(rows, "half_log_det_nats", dim, from)?.mean;
                    let high = at(rows, "half_log_det_nats", dim, to)?.mean;
                    Some(Effect::exact((high - low) / dim as f64))
                }),
        )
    };
    let largest = |quantity: &str| {
        select(rows, quantity)
            .filter(|row| row.x.total_cmp(&1.1).is_eq() || row.x.total_cmp(&11.0).is_eq())
            .map(|row| row.max)
            .fold(0.0, f64::max)
    };
    let penalty = largest("hinge").max(largest("uncorrelated_covariance_term"));
    let far = gap(1.1, 11.0);
    let same = Effect::largest(
        select(rows, "half_log_det_nats")
            .filter(|row| row.x.total_cmp(&1.0).is_eq())
            .map(|row| Effect::exact((row.max - row.min) / row.dim as f64)),
    );
    let line = Line::near(0.0, NEGLIGIBLE, "1 % of a nat per dimension");
    Finding {
        claim: "covariance-taylor".into(),
        form: "as stated: with the variance hinge".into(),
        statement:
            "Embeddings with the same variance and covariance terms have the same log-determinant."
                .into(),
        unit: "nats per dimension".into(),
        evidence: format!(
            "uncorrelated embeddings of standard deviation 1.1 and 11 both have terms below {:.1e}; their Gaussian entropies differ by {:.3} nats per dimension (ln 10 = {:.3})",
            penalty.max(f64::MIN_POSITIVE),
            far.value,
            std::f64::consts::LN_10
        ),
        controls: vec![
            line.refuted("standard deviations 1.1 and 2", gap(1.1, 2.0)),
            line.supported("different embeddings, all of standard deviation 1", same),
        ],
        ..line.judge(far)
    }
}
