use vicinfo::experiment::{Effect, Finding, Line};

use super::{COLLAPSED, DIM, FLOOR, INFORMATIVE, Row, STEPS, Setting, select, widths};

/// A quantity at the end of training, one row a width.
fn at_end<'a>(
    rows: &'a [Row],
    setting: Setting,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> + 'a {
    select(rows, setting, quantity).filter(|row| row.step == STEPS)
}

/// Its means, over the widths that `keep` lets through.
fn ends<'a>(
    rows: &'a [Row],
    setting: Setting,
    quantity: &'a str,
    keep: impl Fn(usize) -> bool + 'a,
) -> impl Iterator<Item = Effect> + 'a {
    at_end(rows, setting, quantity)
        .filter(move |row| keep(row.k))
        .map(|row| Effect::new(row.mean, row.std_error))
}

/// Its smallest value over all encoders of all widths.
fn least(rows: &[Row], setting: Setting, quantity: &str) -> Effect {
    Effect::smallest(at_end(rows, setting, quantity).map(|row| Effect::exact(row.min)))
}

/// Likewise its largest.
fn most(rows: &[Row], setting: Setting, quantity: &str) -> Effect {
    Effect::largest(at_end(rows, setting, quantity).map(|row| Effect::exact(row.max)))
}

fn narrow_only(k: usize) -> bool {
    k <= INFORMATIVE
}

fn square_only(k: usize) -> bool {
    k == DIM
}

/// Numbers of one width each with their standard errors, in a sentence.
fn by_width(rows: &[Row], setting: Setting, quantity: &str) -> String {
    let ends: Vec<String> = (widths(rows).into_iter())
        .filter_map(|k| {
            let effect = ends(rows, setting, quantity, move |width| width == k).next()?;
            let Effect {
                value, std_error, ..
            } = effect;
            Some(match format!("{std_error:.3}") {
                error if error == "0.000" => format!("{value:.3} (k = {k})"),
                error => format!("{value:.3} ± {error} (k = {k})"),
            })
        })
        .collect();
    ends.join(", ")
}

fn share_of_maximum(reason: &str) -> Line {
    Line::at_least(
        0.97,
        0.0,
        format!("{reason}; there is no further allowance"),
    )
}

pub(super) fn narrow(rows: &[Row]) -> Finding {
    let line = share_of_maximum(
        "up to as many features as informative directions, 3 % of the maximum is less than leaving out any term of the loss costs",
    );
    let ratio = line.worst(ends(rows, Setting::Full, "ratio", narrow_only));
    let best = |setting| Effect::largest(ends(rows, setting, "ratio", narrow_only));
    Finding {
        claim: "vicreg-maximises-information".into(),
        form: "corrected: up to as many features as informative directions".into(),
        statement: format!(
            "Of Gaussian views, a linear encoder that minimises VICReg keeps at least 97 % of the largest I(Z; Z') that a linear encoder of its width can keep, up to {INFORMATIVE} features for {INFORMATIVE} informative directions."
        ),
        unit: "share of the maximum".into(),
        evidence: format!(
            "share of the maximum at the end: {}; with ten times the weight of the invariance term: {}. Rank correlation of falling loss and information on the way: {}; of falling loss and entropy: {}",
            by_width(rows, Setting::Full, "ratio"),
            by_width(rows, Setting::StrongInvariance, "ratio"),
            by_width(rows, Setting::Full, "rank_correlation"),
            by_width(rows, Setting::Full, "entropy_rank_correlation")
        ),
        controls: vec![
            line.refuted("without the variance term", best(Setting::NoVariance)),
            line.refuted("without the covariance term", best(Setting::NoCovariance)),
            line.refuted("without the invariance term", best(Setting::NoInvariance)),
            line.refuted(
                "ten times the weight of the invariance term, more than one feature",
                Effect::largest(ends(rows, Setting::StrongInvariance, "ratio", |k| {
                    k > 1 && narrow_only(k)
                })),
            ),
        ],
        ..line.judge(ratio)
    }
}

pub(super) fn square(rows: &[Row]) -> Finding {
    let line = share_of_maximum(
        "the line of the narrower encoders, here for comparison: at this width leaving out the invariance term costs less than 3 %",
    );
    let at_end = |setting, quantity| Effect::smallest(ends(rows, setting, quantity, square_only));
    let ratio = at_end(Setting::Full, "ratio");
    let floor = |quantity| at_end(Setting::Full, quantity).value;
    Finding {
        claim: "vicreg-maximises-information".into(),
        form: "as stated: at any width".into(),
        statement: format!("The same holds for as many features as a view has coordinates, {DIM}."),
        unit: "share of the maximum".into(),
        evidence: format!(
            "{:.2} of {:.2} nats at the end; what is lost lies below the noise floor: at floors 1e-6, 1e-4, 1e-2 (variances) the encoder keeps {:.2}, {:.2}, {:.2} nats; without one, every invertible encoder keeps them all. Without the invariance term the share is {:.4}, with the log-determinant in place of the variance and covariance terms {:.4}",
            floor("information_nats"),
            floor("maximum_nats"),
            floor("information_floor_1e-6_nats"),
            floor("information_floor_1e-4_nats"),
            floor("information_floor_1e-2_nats"),
            at_end(Setting::NoInvariance, "ratio").value,
            at_end(Setting::LogDet, "ratio").value,
        ),
        controls: vec![
            line.refuted(
                "without the variance term",
                at_end(Setting::NoVariance, "ratio"),
            ),
            line.supported(
                "4 features",
                Effect::smallest(ends(rows, Setting::Full, "ratio", |k| k == 4)),
            ),
            line.supported(
                "log-determinant in place of the variance and covariance terms",
                at_end(Setting::LogDet, "ratio"),
            ),
        ],
        ..line.judge(ratio)
    }
}

pub(super) fn path(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.0,
        0.1,
        "a rank correlation of -0.1 would still be called none",
    );
    let at_square =
        |setting, quantity| Effect::smallest(ends(rows, setting, quantity, square_only));
    let correlation = at_square(Setting::Full, "rank_correlation");
    let (peak, start) = (
        at_square(Setting::Full, "information_since_peak_nats"),
        at_square(Setting::Full, "information_since_start_nats"),
    );
    let entropy = at_square(Setting::Full, "entropy_rank_correlation");
    Finding {
        claim: "vicreg-maximises-information".into(),
        form: "as stated: all the way".into(),
        statement: format!(
            "On the way of the minimisation, as the loss falls, I(Z; Z') above a noise floor of variance {FLOOR:e} does not fall (checked at k = d = {DIM})."
        ),
        unit: "rank correlation of minus the loss and I(Z; Z')".into(),
        evidence: format!(
            "the loss falls while the information falls: rank correlation {:.2} ± {:.2} over {} seeds; the information ends {:.2} ± {:.2} nats below its peak and {:.2} ± {:.2} below that of the random start. The rank correlation of minus the loss and the entropy of the embedding is {:.2} ± {:.2}",
            correlation.value,
            correlation.std_error,
            select(rows, Setting::Full, "rank_correlation")
                .map(|row| row.n)
                .max()
                .unwrap_or(0),
            -peak.value,
            peak.std_error,
            -start.value,
            start.std_error,
            entropy.value,
            entropy.std_error,
        ),
        controls: vec![
            line.refuted(
                "without the variance term",
                at_square(Setting::NoVariance, "rank_correlation"),
            ),
            line.supported(
                "4 features",
                Effect::smallest(ends(rows, Setting::Full, "rank_correlation", |k| k == 4)),
            ),
        ],
        ..line.judge(correlation)
    }
}

pub(super) fn collapse(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        0.01,
        "1 % of the standard deviation 1 that VICReg asks for; below the noise floor nothing is left to read",
    );
    let alone = most(rows, Setting::InvarianceOnly, "std");
    Finding {
        claim: "invariance-collapses".into(),
        form: "as stated: invariance alone collapses".into(),
        statement:
            "Trained on the invariance term alone, every encoder ends at standard deviation 0."
                .into(),
        unit: "mean standard deviation of a feature (largest of all encoders)".into(),
        evidence: format!(
            "largest standard deviation at the end over all encoders {:.3e} (started near 1); below {COLLAPSED:.0e} an encoder is not trained on, so that the number says that this was reached, not where it would end. Information above the noise floor at most {:.1e} nats",
            alone.value,
            most(rows, Setting::InvarianceOnly, "information_nats").value,
        ),
        controls: vec![
            line.refuted("full VICReg", least(rows, Setting::Full, "std")),
            line.supported(
                "VICReg without its variance term",
                most(rows, Setting::NoVariance, "std"),
            ),
        ],
        ..line.judge(alone)
    }
}

pub(super) fn entropy(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.5,
        0.0,
        "half the standard deviation that VICReg asks for; there is no further allowance",
    );
    let (vicreg, log_det) = (
        least(rows, Setting::Full, "std"),
        least(rows, Setting::LogDet, "std"),
    );
    let kept = Effect::smallest([vicreg, log_det].into_iter());
    let collapsed = |setting| most(rows, setting, "std");
    Finding {
        claim: "invariance-collapses".into(),
        form: "as stated: an entropy term prevents it".into(),
        statement: "With the variance and covariance terms, or with a log-determinant in their place, the encoder keeps its standard deviation.".into(),
        unit: "mean standard deviation of a feature (smallest of all encoders)".into(),
        evidence: format!(
            "smallest standard deviation at the end over all encoders: {:.3} with VICReg's terms, {:.3} with the log-determinant",
            vicreg.value, log_det.value
        ),
        controls: vec![
            line.refuted("invariance alone", collapsed(Setting::InvarianceOnly)),
            line.refuted(
                "VICReg without its variance term",
                collapsed(Setting::NoVariance),
            ),
            line.refuted(
                "invariance and Barlow Twins, a term that does not see the scale",
                collapsed(Setting::ScaleFree),
            ),
            line.supported(
                "variance without covariance term",
                least(rows, Setting::NoCovariance, "std"),
            ),
        ],
        ..line.judge(kept)
    }
}

/// A quantity of encoders that collapsed under invariance and a scale-free term over that of full
/// VICReg: of the widths, the one that `choose` picks.
fn collapsed_over_full(
    rows: &[Row],
    quantity: &str,
    choose: impl Fn(&mut dyn Iterator<Item = Effect>) -> Effect,
) -> Effect {
    let mut shares = at_end(rows, Setting::ScaleFree, quantity).filter_map(|collapsed| {
        let mut full = at_end(rows, Setting::Full, quantity);
        let full = full.find(|full| full.k == collapsed.k)?;
        let share = collapsed.mean / full.mean;
        let relative = (collapsed.std_error / collapsed.mean).hypot(full.std_error / full.mean);
        Some(Effect::new(share, share * relative))
    });
    choose(&mut shares)
}

pub(super) fn scale_free(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        0.5,
        "a number that warns of a collapse falls below half of that of a good encoder",
    );
    let lowest = |quantity| collapsed_over_full(rows, quantity, |shares| Effect::smallest(shares));
    let highest = |quantity| collapsed_over_full(rows, quantity, |shares| Effect::largest(shares));
    let rank = lowest("effective_rank_share");
    let exact = lowest("information_without_floor_nats");
    let (std, above) = (highest("std"), highest("information_nats"));
    Finding {
        claim: "invariance-collapses".into(),
        form: "as read off scale-free numbers".into(),
        statement: "A collapse shows in a scale-free entropy: the effective rank of a collapsed encoder is below half of that with full VICReg (checked on encoders trained on invariance and a scale-free term, Barlow Twins).".into(),
        unit: "collapsed over full VICReg".into(),
        evidence: format!(
            "the encoders end at {:.4} of the standard deviation with full VICReg or less, at {:.2} of the effective rank and {:.2} of the information without a noise floor or more, but at most {:.3} of that above the floor: read the standard deviation first",
            std.value, rank.value, exact.value, above.value
        ),
        controls: vec![
            line.refuted("information without a noise floor", exact),
            line.supported("information above the noise floor", above),
            line.supported("standard deviation", std),
        ],
        ..line.judge(rank)
    }
}
