use std::f64::consts::TAU;

use vicinfo::experiment::{Effect, Finding, Line};

use super::{Part, Row, Source, select};

/// Largest noise variance at which the stated form is judged, ten times that of the Gaussian number.
const NOISY: f64 = 10.0;

/// What a form exceeds the information by on either source, at noise variances that `keep` lets through.
fn excesses<'a>(
    rows: &'a [Row],
    quantity: &'a str,
    keep: impl Fn(f64) -> bool + 'a,
) -> impl Iterator<Item = Effect> + 'a {
    select(rows, Part::Noise, quantity)
        .filter(move |row| keep(row.x))
        .map(|row| Effect::exact(row.mean))
}

pub(super) fn stated(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        0.01,
        "1 % of a nat is less than any difference that methods are compared by",
    );
    let noisy = |variance: f64| variance <= NOISY;
    let effect = Effect::smallest(excesses(rows, "stated_excess_nats", noisy));
    let at = |quantity: &str, noise: f64| {
        select(rows, Part::Noise, quantity)
            .find(|row| row.source == Source::Gaussian && row.x.total_cmp(&noise).is_eq())
            .map_or(f64::NAN, |row| row.mean)
    };
    Finding {
        claim: "expected-log-likelihood".into(),
        form: "as stated: in the bound".into(),
        statement: "H(Z) plus the expected log-likelihood as stated is at most the information (checked where that is easiest: at the noise variance up to 10 with the smallest excess).".into(),
        unit: "nats above the information".into(),
        evidence: format!(
            "above the information at every noise variance up to 10, by {:.3} nats or more. One Gaussian number of variance 1, at noise variances 1e-4, 0.01, 0.1, 1: stated {:.3}, {:.3}, {:.3}, {:.3}, information {:.4}, {:.4}, {:.4}, {:.4}; only where noise drowns everything does it fall below ({:.2} at 1000, where the information is {:.0e})",
            effect.value,
            at("stated_form_nats", 1e-4),
            at("stated_form_nats", 0.01),
            at("stated_form_nats", 0.1),
            at("stated_form_nats", 1.0),
            at("information_nats", 1e-4),
            at("information_nats", 0.01),
            at("information_nats", 0.1),
            at("information_nats", 1.0),
            at("stated_form_nats", 1000.0),
            at("information_nats", 1000.0),
        ),
        controls: vec![
            line.refuted(
                "traces in place of the determinants, the sign of the constant as stated, noise variance 0.03 to 1 (smallest excess)",
                Effect::smallest(excesses(rows, "constant_excess_nats", |s| {
                    (0.03..=1.0).contains(&s)
                })),
            ),
            line.supported(
                "the corrected form, at every noise up to 10",
                line.worst(excesses(rows, "corrected_excess_nats", noisy)),
            ),
        ],
        ..line.judge(effect)
    }
}

pub(super) fn corrected(rows: &[Row]) -> Finding {
    let line = Line::near(
        0.0,
        0.05,
        "a twentieth of a nat is a fiftieth of the smallest error of the stated form, and what the draws resolve in 16 dimensions",
    );
    let drawn = |quantity| {
        select(rows, Part::Likelihood, quantity).map(|row| Effect::new(row.mean, row.std_error))
    };
    let effect = line.worst(drawn("corrected_less_drawn_nats"));
    let jensen: Vec<String> = select(rows, Part::Likelihood, "jensen_gap_nats")
        .map(|row| format!("{:.2} (d = {})", row.mean, row.dim))
        .collect();
    Finding {
        claim: "expected-log-likelihood".into(),
        form: "corrected: with traces".into(),
        statement: "E ln N(z; z', I) is -(d/2) ln 2 pi - (1/2) (|mu - mu'|^2 + tr S + tr S')."
            .into(),
        unit: "nats from a Monte Carlo mean".into(),
        evidence: format!(
            "worst dimension {:.4} ± {:.4} nats; the inequality of Jensen, ln E q >= E ln q, gives away {} nats more",
            effect.value,
            effect.std_error,
            jensen.join(", ")
        ),
        controls: vec![line.refuted(
            "the form as stated",
            Effect::smallest(drawn("stated_less_drawn_nats")),
        )],
        ..line.judge(effect)
    }
}

pub(super) fn difference(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.0,
        0.05,
        "a fiftieth of the smallest d (1 + ln 2 pi), and what the draws resolve in 16 dimensions",
    );
    let above = |quantity| {
        select(rows, Part::Likelihood, quantity).map(|row| {
            let least = row.dim as f64 * (1.0 + TAU.ln());
            Effect::new(row.mean - least, row.std_error)
        })
    };
    let random = line.worst(above("stated_less_drawn_nats"));
    let identity = line.worst(above("stated_less_drawn_at_identity_nats"));
    let effect = line.worst([random, identity].into_iter());
    let spans: Vec<String> = select(rows, Part::Likelihood, "difference_nats")
        .map(|row| format!("{:.1} to {:.1} (d = {})", row.min, row.max, row.dim))
        .collect();
    Finding {
        claim: "expected-log-likelihood".into(),
        form: "corrected: by how much the stated form is off".into(),
        statement: "The stated form exceeds the expected log-likelihood by d (1 + ln 2 pi) nats at unit covariances, and by no less at others (checked against Monte Carlo means).".into(),
        unit: "nats above d (1 + ln 2 pi)".into(),
        evidence: format!(
            "worst dimension {:.4} ± {:.4} nats above the line at unit covariances, where it is met, and {:.3} ± {:.3} in the mean over random covariances; in closed form the difference is no constant: it spans {}",
            identity.value,
            identity.std_error,
            random.value,
            random.std_error,
            spans.join(", ")
        ),
        controls: vec![line.refuted(
            "the corrected form in the place of the stated one",
            Effect::largest(above("corrected_less_drawn_nats")),
        )],
        ..line.judge(effect)
    }
}
