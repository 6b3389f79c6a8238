use super::reading::{Reading, Section, digits};
use super::subject::Context;
use crate::bound::certificate::{clopper_pearson, empirical_bernstein, misclassified};
use crate::bound::{
    Assumptions, CUTOFF, Labels, LeastSquares, Observation, Radius, losses, spectral_norm,
};
use crate::error::Error;
use crate::figure::{Axis, Figure, Mark, Panel, Series};
use crate::sample::{Paired, Sample};

pub(super) const TITLE: &str = "What is left of the labels";

/// Probability with which each bound may fail.
const DELTA: f64 = 0.05;
/// Points that are fitted or certified at most.
const POINTS: usize = 50_000;

/// A linear fit to half of the labels, judged on the other half.
struct Judged {
    n: usize,
    held_out: usize,
    /// Root mean square residual and explained share of the variance.
    fit: Result<(f64, f64), Error>,
    errors: u64,
    chance: f64,
    error_bound: Result<f64, Error>,
    risk: f64,
    risk_bound: Result<f64, Error>,
    information: Result<f64, Error>,
    label_entropy: f64,
    downstream: Result<f64, Error>,
}

/// The numbers of the section and their units.
const NUMBERS: [(&str, &str); 9] = [
    ("residual", "1"),
    ("explained", "1"),
    ("held_out_error", "1"),
    ("majority_error", "1"),
    ("error_certificate", "1"),
    ("held_out_risk", "1"),
    ("risk_certificate", "1"),
    ("downstream_bound", "1"),
    ("label_information", "nats"),
];

pub(super) fn section(context: &Context<'_>) -> Section {
    let taken = context.many().min(POINTS);
    let judged = context.subject.labels.as_ref().map_or_else(
        || Err(Error::invalid("labels", "none", "given")),
        |labels| {
            let views = context.mixed(&context.subject.views, taken)?;
            judge(&views, &labels.select(context.drawn(taken))?)
        },
    );
    let judged = match judged {
        Ok(judged) => judged,
        Err(error) => {
            let words = format!("The labels could not be fitted: {error}.");
            let missing = |(name, unit): &(&str, &str)| {
                Reading::new(
                    *name,
                    unit,
                    taken,
                    Err(error.clone()),
                    "read from a linear fit",
                )
            };
            let readings = NUMBERS.iter().map(missing).collect();
            return Section {
                id: "labels".to_owned(),
                title: TITLE.to_owned(),
                words,
                readings,
                notes: Vec::new(),
                figures: Vec::new(),
            };
        }
    };
    let rate = judged.errors as f64 / judged.held_out as f64;
    let deviation = (rate * (1.0 - rate) / judged.held_out as f64).sqrt();
    let words = format!(
        "A linear fit to the labels of one half of the points gets {} % of the other half wrong, where always answering the most frequent class gets {} % wrong; \
         with confidence 95 % it is wrong for at most {} % of all. The total of the downstream bound is {}, where the risk itself is near {}.",
        digits(100.0 * rate),
        digits(100.0 * judged.chance),
        known(&judged.error_bound, 100.0),
        known(&judged.downstream, 1.0),
        digits(judged.risk)
    );
    let held = judged.held_out;
    let readings = vec![
        Reading::new(
            "residual",
            "1",
            judged.n,
            judged.fit.clone().map(|(residual, _)| residual),
            "root mean square distance of the fit from the one-hot classes: |Y P_Z|_F / sqrt n",
        ),
        Reading::new(
            "explained",
            "1",
            judged.n,
            judged.fit.clone().map(|(_, explained)| explained),
            "share of the variance of the classes that the fit explains",
        ),
        Reading::estimated("held_out_error", "1", held, Ok((rate, deviation)), "share of the held-out points that the fit gets wrong"),
        Reading::new("majority_error", "1", held, Ok(judged.chance), "the same of who always answers the most frequent class"),
        Reading::new(
            "error_certificate",
            "1",
            held,
            judged.error_bound.clone(),
            "Clopper-Pearson: the probability of an error is at most this, with confidence 95 %",
        )
        .on_side("above"),
        Reading::new("held_out_risk", "1", held, Ok(judged.risk), "mean distance |W z - y| over the held-out points"),
        Reading::new(
            "risk_certificate",
            "1",
            held,
            judged.risk_bound.clone(),
            "empirical Bernstein: the expected distance is at most this, with confidence 95 %",
        )
        .on_side("above"),
        Reading::new(
            "downstream_bound",
            "1",
            judged.n,
            judged.downstream.clone(),
            "the total of the paper's bound on that risk, corrected, with the views of the second half and their classes for its positives: no bound of views, see below",
        ),
        Reading::new(
            "label_information",
            "nats",
            held,
            judged.information.clone(),
            format!(
                "by Fano's inequality from error_certificate, and with confidence 95 % as that: the embedding knows at least this much of the label, if the label's entropy \
                 is that of the held-out classes, {} nats, which is taken for the truth; 0 where the inequality says nothing",
                digits(judged.label_entropy)
            ),
        )
        .on_side("below"),
    ];
    let mut notes = vec![
        "the certificate of the risk takes the largest norm seen for the largest there is".to_owned(),
        "two views of one input are no independent points of one class, as the theorem needs: its total is shown for its size, it bounds nothing here".to_owned(),
        "certificates hold for an encoder that was fixed before these points were seen".to_owned(),
    ];
    notes.extend(context.note("labels", taken, "a fit to all would take too long"));
    let figures = vec![figure(&judged)];
    Section {
        id: "labels".to_owned(),
        title: TITLE.to_owned(),
        words,
        readings,
        notes,
        figures,
    }
}

fn known(value: &Result<f64, Error>, factor: f64) -> String {
    match value {
        Ok(value) => digits(factor * value),
        Err(_) => "not known".to_owned(),
    }
}

/// Share of the second half that a linear fit to the first gets wrong; the pairs are in random order.
pub(super) fn held_out_error(points: &Sample, labels: &Labels) -> Result<f64, Error> {
    let [(fitted, classes), (held, truth)] = halves(points, labels)?;
    enough(points)?;
    let fit = LeastSquares::new(&with_one(&fitted)?, &classes.one_hot(), CUTOFF)?;
    let errors = misclassified(&fit.weights, &with_one(&held)?, &truth)?;
    Ok(errors as f64 / held.n() as f64)
}

/// Near as many points as coordinates a fit to half of them interpolates: its residual is near 0 whatever the labels are.
fn enough(points: &Sample) -> Result<(), Error> {
    let required = 4 * (points.dim() + 1);
    if points.n() / 2 < required {
        return Err(Error::TooFewPoints {
            method: "a linear fit to half of the points",
            required: 2 * required,
            actual: points.n(),
        });
    }
    Ok(())
}

fn halves(points: &Sample, labels: &Labels) -> Result<[(Sample, Labels); 2], Error> {
    let n = points.n();
    let part = |from: usize, to: usize| -> Result<(Sample, Labels), Error> {
        let indices: Vec<usize> = (from..to).collect();
        Ok((points.select(&indices)?, labels.select(&indices)?))
    };
    Ok([part(0, n / 2)?, part(n / 2, n)?])
}

fn largest_norm(points: &Sample) -> f64 {
    let squares = points
        .points()
        .map(|z| z.iter().map(|v| v * v).sum::<f64>());
    squares.fold(0.0, f64::max).sqrt()
}

/// A constant coordinate of the size of the others, so that the fit has an intercept.
fn with_one(points: &Sample) -> Result<Sample, Error> {
    crate::bound::with_constant(points, largest_norm(points).max(f64::MIN_POSITIVE))
}

fn judge(views: &Paired, labels: &Labels) -> Result<Judged, Error> {
    for part in halves(&views.x, labels)? {
        let seen = part.1.counts().iter().filter(|count| **count > 0).count();
        if seen < 2 {
            return Err(Error::invalid("classes of a half", seen, "at least two"));
        }
    }
    let norm = largest_norm(&views.x).max(largest_norm(&views.y));
    let with = |points: &Sample| crate::bound::with_constant(points, norm.max(f64::MIN_POSITIVE));
    let norm = norm * std::f64::consts::SQRT_2;
    let [(fitted, classes), (held, truth)] = halves(&views.x, labels)?;
    let [_, (other, _)] = halves(&views.y, labels)?;
    let positives = Paired::new(with(&held)?, with(&other)?)?;
    let (fitted, held) = (with(&fitted)?, &positives.x);
    let observation = Observation::new(&fitted, &classes, &positives, Some(&truth), CUTOFF)?;
    let fit = &observation.labelled;
    let distances = losses(&fit.weights, held, &truth.one_hot())?;
    let errors = misclassified(&fit.weights, held, &truth)?;
    let range = spectral_norm(&fit.weights)? * norm + 1.0;
    let error_bound = clopper_pearson(errors, held.n() as u64, DELTA).map(|c| c.value);
    let shares = truth.shares();
    let squares: f64 = classes.shares().iter().map(|q| q * q).sum();
    let label_entropy: f64 = shares
        .iter()
        .filter(|q| **q > 0.0)
        .map(|q| -q * q.ln())
        .sum();
    let information = error_bound.clone().map(|error| {
        let others = (shares.len() - 1) as f64;
        // Beyond the error of a uniform guess Fano's inequality says nothing more.
        let error = error.min(others / (others + 1.0));
        let binary = -xlnx(error) - xlnx(1.0 - error);
        (label_entropy - binary - error * others.ln()).max(0.0)
    });
    let downstream = Assumptions::from_norm(
        &observation,
        norm,
        Radius::Peeled { base: 1.0 / norm },
        DELTA,
    )
    .and_then(|assumptions| observation.bound(&assumptions))
    .and_then(|bound| {
        bound.total.known().ok_or_else(|| {
            Error::invalid("downstream bound", "not known", "the classes of the pairs")
        })
    });
    let majority = classes.shares();
    let most = (0..majority.len()).fold(0, |best, k| {
        if majority[k] > majority[best] {
            k
        } else {
            best
        }
    });
    Ok(Judged {
        n: fitted.n(),
        held_out: held.n(),
        fit: enough(&views.x).map(|()| {
            let residual = fit.root_mean_square();
            (residual, 1.0 - residual.powi(2) / (1.0 - squares))
        }),
        errors,
        chance: 1.0 - shares[most],
        error_bound,
        risk: distances.iter().sum::<f64>() / distances.len() as f64,
        risk_bound: empirical_bernstein(&distances, range, DELTA).map(|c| c.value),
        information,
        label_entropy,
        downstream,
    })
}

fn xlnx(p: f64) -> f64 {
    if p > 0.0 { p * p.ln() } else { 0.0 }
}

fn figure(judged: &Judged) -> Figure {
    let mut names = vec!["held-out risk".to_owned()];
    let mut bounds = Vec::new();
    for (name, value) in [
        ("Bernstein certificate", &judged.risk_bound),
        ("total of the paper's bound", &judged.downstream),
    ] {
        if let Ok(value) = value {
            bounds.push((names.len() as f64, *value));
            names.push(name.to_owned());
        }
    }
    let mut series = vec![
        Series::new("measured", 1, Mark::Points(vec![(0.0, judged.risk)])),
        Series::new(
            "largest distance of two classes",
            0,
            Mark::Horizontal(std::f64::consts::SQRT_2),
        ),
    ];
    if !bounds.is_empty() {
        series.insert(
            1,
            Series::new("certificate, 95 %, and total", 2, Mark::Points(bounds)),
        );
    }
    Figure {
        id: "labels".to_owned(),
        title: "Risk of a linear fit and what bounds it".to_owned(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::names("", names),
            y: Axis::log("distance from the one-hot class"),
            series,
        }],
        columns: 1,
        caption: "What is above the dashed line says nothing that was not known before.".to_owned(),
    }
}
