use vicinfo::experiment::{Effect, Finding, Line};

use super::chain::{FITTED, STEPS};
use super::{Part, ROUNDING, Row, SMALL, Source, select};

/// The worst replicates of a quantity, each row's highest.
fn highest<'a>(
    rows: &'a [Row],
    part: Part,
    quantity: &'a str,
) -> impl Iterator<Item = Effect> + 'a {
    select(rows, part, quantity).map(|row| Effect::exact(row.max))
}

/// Likewise the lowest.
fn lowest(rows: &[Row], part: Part, quantity: &str) -> Effect {
    Effect::smallest(select(rows, part, quantity).map(|row| Effect::exact(row.min)))
}

/// What a form on one source exceeds the information by, at noise variances that `keep` lets through.
fn excess<'a>(
    rows: &'a [Row],
    quantity: &'a str,
    source: Source,
    keep: impl Fn(f64) -> bool + 'a,
) -> impl Iterator<Item = Effect> + 'a {
    select(rows, Part::Noise, quantity)
        .filter(move |row| row.source == source && keep(row.x))
        .map(|row| Effect::exact(row.mean))
}

pub(super) fn bound(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        ROUNDING,
        "rounding of log-determinants in up to 48 dimensions, and of a quadrature",
    );
    let everywhere = |quantity| excess(rows, quantity, Source::Prototypes, |_| true);
    let effect = line.worst(
        highest(rows, Part::Identity, "bound_less_information_nats")
            .chain(everywhere("best_gaussian_excess_nats"))
            .chain(everywhere("corrected_excess_nats"))
            .chain(excess(
                rows,
                "corrected_excess_nats",
                Source::Gaussian,
                |_| true,
            )),
    );
    let pairs: usize = select(rows, Part::Identity, "identity_error_nats")
        .map(|row| row.n)
        .sum();
    let log_det = Effect::smallest(excess(
        rows,
        "log_det_excess_nats",
        Source::Prototypes,
        |s| s <= 0.1,
    ));
    Finding {
        claim: "information-lower-bound".into(),
        form: "as stated: a lower bound".into(),
        statement: "H(Z) + E ln q(Z | X') is at most I(Z; X'), for every Gaussian q.".into(),
        unit: "nats above the information".into(),
        evidence: format!(
            "largest excess over {pairs} random linear-Gaussian pairs with five decoders each, and over all noises on one Gaussian number and on four prototypes: {:.1e} nats",
            effect.value
        ),
        controls: vec![line.refuted(
            "log-determinant in place of H(Z), four prototypes, noise variance up to 0.1 (smallest excess)",
            log_det,
        )],
        ..line.judge(effect)
    }
}

pub(super) fn gap(rows: &[Row]) -> Finding {
    let line = Line::near(
        0.0,
        ROUNDING,
        "rounding of log-determinants in up to 48 dimensions",
    );
    let error = line.worst(highest(rows, Part::Identity, "identity_error_nats"));
    let means = |quantity| -> String {
        let means: Vec<String> = select(rows, Part::Identity, quantity)
            .map(|row| format!("{:.2} (d = {})", row.mean, row.dim))
            .collect();
        means.join(", ")
    };
    Finding {
        claim: "information-lower-bound".into(),
        form: "corrected: with its gap".into(),
        statement: "Bound and E KL(p(z | x') || q(z | x')) add up to I(Z; X').".into(),
        unit: "nats".into(),
        evidence: format!(
            "largest difference {:.1e} nats. Mean gap of the unit decoder around the other embedding: {}; with its covariance fitted: {}",
            error.value,
            means("gap_own_unit_nats"),
            means("gap_own_full_nats"),
        ),
        controls: vec![line.refuted(
            "the divergence in the other order, KL(q || p) (smallest difference)",
            lowest(rows, Part::Identity, "reversed_identity_error_nats"),
        )],
        ..line.judge(error)
    }
}

pub(super) fn log_det(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        0.01,
        "1 % of a nat is less than any difference that methods are compared by",
    );
    let at = |variance: f64| {
        Effect::largest(excess(
            rows,
            "log_det_excess_nats",
            Source::Prototypes,
            move |s| s.total_cmp(&variance).is_eq(),
        ))
    };
    let effect = at(0.01);
    let gaussian = excess(rows, "log_det_excess_nats", Source::Gaussian, |_| true);
    // What the noise leaves of four numbers is nearly Gaussian.
    let drowned = excess(rows, "log_det_excess_nats", Source::Prototypes, |s| {
        s >= 1.0
    });
    Finding {
        claim: "information-lower-bound".into(),
        form: "as stated: with the log-determinant for H(Z)".into(),
        statement: "The form stays at or below I(Z; X') when the entropy is replaced by the log-determinant of the covariance (checked on four prototypes, noise variance 0.01, with the best linear Gaussian decoder).".into(),
        unit: "nats above the information".into(),
        evidence: format!(
            "an upper bound of one part and a lower bound of the other are no bound: the form exceeds the information by {:.3} nats at noise variance 0.01 and by {:.3} at 0.09; four numbers hold ln 4 = {:.3} nats at most",
            effect.value,
            at(0.09).value,
            4_f64.ln()
        ),
        controls: vec![
            line.refuted("noise variance 0.09", at(0.09)),
            line.supported(
                "the same four prototypes at noise variance 1 and more",
                line.worst(drowned),
            ),
            line.supported(
                "a Gaussian number, at every noise, its information by log-determinants",
                line.worst(gaussian),
            ),
        ],
        ..line.judge(effect)
    }
}

pub(super) fn scale(rows: &[Row]) -> Finding {
    let line = Line::near(0.0, 0.01, "1 % of a nat");
    let effect = lowest(rows, Part::Scale, "unit_range_nats");
    let mean = |quantity: &str, scale: f64| {
        select(rows, Part::Scale, quantity)
            .find(|row| row.x.total_cmp(&scale).is_eq())
            .map_or(f64::NAN, |row| row.mean)
    };
    Finding {
        claim: "information-lower-bound".into(),
        form: "as stated: with unit variance".into(),
        statement: "With q = N(z', I) the bound depends on the information only, so that scaling the embedding by 0.05 to 20 does not move it.".into(),
        unit: "nats (range over the scales)".into(),
        evidence: format!(
            "I = {:.3} nats at every scale; the bound is {:.2} at 0.05, {:.2} at 1, {:.2} at 1.3 and {:.0} at 20 (means over random encoders), and over scales from 0.6 to 2 alone it moves by {:.2} or more: a decoder of fixed variance fixes the scale of the embedding, and the variance term then holds it there",
            mean("information_nats", 1.0),
            mean("unit_bound_nats", 0.05),
            mean("unit_bound_nats", 1.0),
            mean("unit_bound_nats", 1.3),
            mean("unit_bound_nats", 20.0),
            lowest(rows, Part::Scale, "unit_range_near_one_nats").value,
        ),
        controls: vec![
            line.refuted(
                "variance 1 around the regression on the other view",
                lowest(rows, Part::Scale, "regression_range_nats"),
            ),
            line.supported(
                "variance fitted to the embedding",
                line.worst(highest(rows, Part::Scale, "scaled_range_nats")),
            ),
        ],
        ..line.judge(effect)
    }
}

pub(super) fn form(rows: &[Row]) -> Finding {
    let line = Line::near(
        0.0,
        SMALL,
        "a tenth of a nat is less than any difference that methods are compared by",
    );
    let at = |quantity: &str, source: Source, step: usize| {
        select(rows, Part::Chain, quantity)
            .find(|row| row.source == source && row.x.total_cmp(&(step as f64)).is_eq())
            .map_or(Effect::exact(f64::NAN), |row| {
                Effect::new(row.mean, row.std_error)
            })
    };
    let level = |source, step| at("level_nats", source, step).value;
    let since = |source, step| at("since_information_nats", source, step);
    let steps = |source: Source| -> String {
        let steps: Vec<String> = (1..STEPS.len())
            .map(|step| {
                let change = at("change_nats", source, step).value;
                if change.abs() < 5e-4 {
                    format!("{} 0", STEPS[step])
                } else {
                    format!("{} {change:+.3}", STEPS[step])
                }
            })
            .collect();
        steps.join(", ")
    };
    let last = STEPS.len() - 1;
    let effect = since(Source::Best, last);
    Finding {
        claim: "information-lower-bound".into(),
        form: "as stated: VICReg's form at standard deviation 1".into(),
        statement: "At the scale that the variance term asks for, VICReg's form of the bound is the information up to 0.1 nats (checked at the best linear encoder with 4 features).".into(),
        unit: "nats from the information".into(),
        evidence: format!(
            "{:.3} of {:.3} nats at the best encoder ({}); at standard deviation 1 the form cannot exceed d/2 = 2 nats. Random encoders {:.3} of {:.3} ({}); four prototypes {:.3} of {:.3} ({}); a Gaussian number {:.3} of {:.3} ({})",
            level(Source::Best, last),
            level(Source::Best, 0),
            steps(Source::Best),
            level(Source::Random, last),
            level(Source::Random, 0),
            steps(Source::Random),
            level(Source::Prototypes, last),
            level(Source::Prototypes, 0),
            steps(Source::Prototypes),
            level(Source::Gaussian, last),
            level(Source::Gaussian, 0),
            steps(Source::Gaussian),
        ),
        controls: vec![
            line.refuted(
                "random encoders, each against its own information",
                since(Source::Random, last),
            ),
            line.refuted("four prototypes", since(Source::Prototypes, last)),
            line.refuted("a Gaussian number", since(Source::Gaussian, last)),
            line.supported(
                "best encoder, with the decoder's covariance fitted",
                since(Source::Best, FITTED),
            ),
        ],
        ..line.judge(effect)
    }
}
