use vicinfo::experiment::{Effect, Finding, Line};
use vicinfo::stats::spearman;

use super::{Part, RESOLUTION, Row, SMALL, Shape, select};

fn effect(row: &Row) -> Effect {
    Effect::new(row.mean, row.std_error)
}

fn effects<'a>(
    rows: &'a [Row],
    part: Part,
    quantity: &'a str,
) -> impl Iterator<Item = Effect> + 'a {
    select(rows, part, quantity).map(effect)
}

fn largest(rows: &[Row], part: Part, quantity: &str) -> Effect {
    Effect::largest(effects(rows, part, quantity))
}

/// How far a bound is violated, over the mixtures of a quantity.
fn violations<'a>(rows: &'a [Row], quantity: &'a str) -> impl Iterator<Item = Effect> + 'a {
    effects(rows, Part::Bounds, quantity).map(|e| Effect::new(-e.value, e.std_error))
}

pub(super) fn approximation(rows: &[Row]) -> Finding {
    let slack = |spread: f64, shape: Shape| {
        Effect::largest(
            select(rows, Part::Bounds, "log_det_slack_nats")
                .filter(|row| row.shape == shape && row.spread.total_cmp(&spread).is_eq())
                .map(effect),
        )
    };
    let (far, near) = (slack(16.0, Shape::Common), slack(0.5, Shape::Common));
    let saturation = select(rows, Part::Bounds, "no_overlap_upper_nats")
        .zip(select(rows, Part::Bounds, "truth_nats"))
        .filter(|(bound, _)| bound.spread >= 16.0 && bound.shape == Shape::Common && bound.dim > 1)
        .map(|(bound, truth)| bound.mean - truth.mean)
        .fold(0.0, f64::max);
    let line = Line::near(
        0.0,
        SMALL,
        "a tenth of a nat is less than any difference that methods are compared by",
    );
    Finding {
        claim: "moment-entropy".into(),
        form: "as stated: an approximation".into(),
        statement: "The log-determinant of the covariance is the entropy of the mixture up to 0.1 nats (checked at spread 16, components of unit covariance).".into(),
        unit: "nats".into(),
        evidence: format!(
            "the log-determinant exceeds the truth by up to {:.2} nats at spread 16 and by {:.3} at spread 0.5; the truth saturates within {saturation:.2} nats of ln-weights plus mean component entropy (d > 1), the log-determinant grows on",
            far.value, near.value
        ),
        controls: vec![
            line.refuted(
                "components of different covariance, spread 16",
                slack(16.0, Shape::Different),
            ),
            line.supported("spread 0.5, where the mixture is nearly Gaussian", near),
        ],
        ..line.judge(far)
    }
}

/// Range of the truth over whitened mixtures of so many components, with the error of its ends.
fn truth_range(rows: &[Row], components: usize) -> Effect {
    let truths = || {
        select(rows, Part::Whitened, "truth_nats")
            .filter(|row| row.components == components)
            .map(effect)
    };
    let (top, bottom) = (Effect::largest(truths()), Effect::smallest(truths()));
    Effect::new(
        top.value - bottom.value,
        top.std_error.hypot(bottom.std_error),
    )
}

pub(super) fn ranking(rows: &[Row]) -> Finding {
    let eight = truth_range(rows, 8);
    let means = |quantity: &str| -> Vec<f64> {
        select(rows, Part::Whitened, quantity)
            .filter(|row| row.components == 8)
            .map(|row| row.mean)
            .collect()
    };
    let truth = means("truth_nats");
    let rank = |quantity: &str| match spearman(&means(quantity), &truth) {
        Ok(rho) => format!("{rho:.3}"),
        Err(_) => "undefined".to_owned(),
    };
    let line = Line::at_most(
        0.0,
        SMALL,
        "a tenth of a nat is less than any difference that methods are compared by",
    );
    Finding {
        claim: "moment-entropy".into(),
        form: "as stated: equal moments, equal entropy".into(),
        statement: "Representations with the same covariance have the same entropy (checked on mixtures of 8 components whitened to Cov = I).".into(),
        unit: "nats (range of the truth)".into(),
        evidence: format!(
            "over {} mixtures the log-determinant is one number and the truth spans {:.2} nats; rank correlation with the truth: pairwise upper bound {}, Bhattacharyya lower bound {}",
            truth.len(),
            eight.value,
            rank("kl_upper_nats"),
            rank("bhattacharyya_lower_nats")
        ),
        controls: vec![
            line.refuted("mixtures of two components", truth_range(rows, 2)),
            line.supported("one component: Gaussian laws", truth_range(rows, 1)),
        ],
        ..line.judge(eight)
    }
}

pub(super) fn upper(rows: &[Row]) -> Finding {
    let loose = largest(rows, Part::Bounds, "mean_pairwise_kl_slack_nats");
    let tight = largest(rows, Part::Bounds, "best_upper_slack_nats");
    let mixtures: usize = select(rows, Part::Bounds, "best_upper_slack_nats")
        .map(|row| row.n)
        .sum();
    let line = Line::at_most(
        0.0,
        RESOLUTION,
        "a nearly Gaussian mixture touches the bound; 0.01 nats is what the draws resolve",
    );
    let upper = line.worst(violations(rows, "smallest_upper_slack_nats"));
    Finding {
        claim: "moment-entropy".into(),
        form: "corrected: an upper bound".into(),
        statement: "The truth lies below the smaller of the log-determinant and the pairwise Kullback-Leibler bound, for every mixture.".into(),
        unit: "nats above the bound".into(),
        evidence: format!(
            "worst of {mixtures} mixtures: truth minus bound {:.4} ± {:.4} nats; the better of the two bounds is never more than {:.2} nats off, the mean pairwise divergence is up to {:.0} nats off",
            upper.value, upper.std_error, tight.value, loose.value
        ),
        controls: vec![line.refuted(
            "the Bhattacharyya lower bound taken as an upper one",
            Effect::largest(violations(rows, "bhattacharyya_slack_nats")),
        )],
        ..line.judge(upper)
    }
}

pub(super) fn lower(rows: &[Row]) -> Finding {
    let loosest = largest(rows, Part::Bounds, "best_lower_slack_nats");
    let line = Line::at_most(
        0.0,
        RESOLUTION,
        "separate components touch the bound; 0.01 nats is what the draws resolve",
    );
    let lower = line.worst(violations(rows, "smallest_lower_slack_nats"));
    Finding {
        claim: "moment-entropy".into(),
        form: "corrected: a lower bound".into(),
        statement: "The truth lies above the larger of the Bhattacharyya and the expected-likelihood bound, for every mixture.".into(),
        unit: "nats below the bound".into(),
        evidence: format!(
            "worst mixture: bound minus truth {:.4} ± {:.4} nats; the larger of the two bounds is at most {:.2} nats off",
            lower.value, lower.std_error, loosest.value
        ),
        controls: vec![line.refuted(
            "the log-determinant taken as a lower bound",
            largest(rows, Part::Bounds, "log_det_slack_nats"),
        )],
        ..line.judge(lower)
    }
}

pub(super) fn split(rows: &[Row]) -> Finding {
    let farthest = |quantity| Effect::farthest(effects(rows, Part::Split, quantity));
    let line = Line::near(
        0.0,
        SMALL,
        "a tenth of a nat is less than either part where it matters",
    );
    let gap = line.worst(effects(rows, Part::Split, "split_gap_nats"));
    Finding {
        claim: "moment-entropy".into(),
        form: "corrected: where the slack goes".into(),
        statement: "The sum of the marginal Gaussian entropies exceeds the truth by the off-diagonal part -(1/2) ln det R plus the divergence from the Gaussian.".into(),
        unit: "nats".into(),
        evidence: format!(
            "largest difference of the two sides, each from its own draws, {:.4} ± {:.4} nats; off-diagonal part up to {:.2}, divergence up to {:.2} nats",
            gap.value,
            gap.std_error,
            largest(rows, Part::Split, "off_diagonal_nats").value,
            largest(rows, Part::Split, "divergence_nats").value
        ),
        controls: vec![line.refuted(
            "without the off-diagonal part",
            farthest("gap_without_off_diagonal_nats"),
        )],
        ..line.judge(gap)
    }
}
