use vicinfo::experiment::{Effect, Finding, Line};

use super::{DIM, FLOOR, INFORMATIVE, Row, STEPS, Setting, select, widths};

/// A quantity at the end of training, over the widths that `keep` lets through.
fn ends<'a>(
    rows: &'a [Row],
    setting: Setting,
    quantity: &'a str,
    keep: impl Fn(usize) -> bool + 'a,
) -> impl Iterator<Item = Effect> + 'a {
    select(rows, setting, quantity)
        .filter(move |row| row.step == STEPS && keep(row.k))
        .map(|row| Effect::new(row.mean, row.std_error))
}

fn narrow_only(k: usize) -> bool {
    k <= INFORMATIVE
}

fn square_only(k: usize) -> bool {
    k == DIM
}

/// Numbers of one width each, in a sentence.
fn by_width(rows: &[Row], quantity: &str) -> String {
    let ends: Vec<String> = (widths(rows).into_iter())
        .filter_map(|k| {
            let effect = ends(rows, Setting::Full, quantity, move |width| width == k).next()?;
            Some(format!("{:.3} (k = {k})", effect.value))
        })
        .collect();
    ends.join(", ")
}

fn share_of_maximum() -> Line {
    Line::at_least(
        0.97,
        0.0,
        "3 % of the maximum is less than leaving out any term of the loss costs; there is no further allowance",
    )
}

pub(super) fn narrow(rows: &[Row]) -> Finding {
    let line = share_of_maximum();
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
            "share of the maximum at the end: {}; rank correlation of falling loss and information on the way: {}",
            by_width(rows, "ratio"),
            by_width(rows, "rank_correlation")
        ),
        controls: vec![
            line.refuted("without the variance term", best(Setting::NoVariance)),
            line.refuted("without the covariance term", best(Setting::NoCovariance)),
            line.refuted("without the invariance term", best(Setting::NoInvariance)),
        ],
        ..line.judge(ratio)
    }
}

pub(super) fn square(rows: &[Row]) -> Finding {
    let line = share_of_maximum();
    let at_end = |setting, quantity| Effect::smallest(ends(rows, setting, quantity, square_only));
    let ratio = at_end(Setting::Full, "ratio");
    let floor = |quantity| at_end(Setting::Full, quantity).value;
    Finding {
        claim: "vicreg-maximises-information".into(),
        form: "as stated: at any width".into(),
        statement: format!("The same holds for as many features as a view has coordinates, {DIM}."),
        unit: "share of the maximum".into(),
        evidence: format!(
            "{:.2} of {:.2} nats at the end; what is lost lies below the noise floor: at floors 1e-6, 1e-4, 1e-2 (variances) the encoder keeps {:.2}, {:.2}, {:.2} nats, without one {:.2}, as every invertible encoder does. Without the invariance term the share is {:.4}, with the log-determinant in place of the variance and covariance terms {:.4}",
            floor("information_nats"),
            floor("maximum_nats"),
            floor("information_floor_1e-6_nats"),
            floor("information_floor_1e-4_nats"),
            floor("information_floor_1e-2_nats"),
            floor("information_without_floor_nats"),
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
    Finding {
        claim: "vicreg-maximises-information".into(),
        form: "as stated: all the way".into(),
        statement: format!(
            "On the way of the minimisation, as the loss falls, I(Z; Z') above a noise floor of variance {FLOOR:e} does not fall (checked at k = d = {DIM})."
        ),
        unit: "rank correlation of minus the loss and I(Z; Z')".into(),
        evidence: format!(
            "the loss falls while the information falls: rank correlation {:.2} ± {:.2} over {} seeds; the information ends {:.2} ± {:.2} nats below its peak and {:.2} ± {:.2} below that of the random start",
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
    let std = |setting| ends(rows, setting, "std", |_| true);
    let alone = line.worst(std(Setting::InvarianceOnly));
    Finding {
        claim: "invariance-collapses".into(),
        form: "as stated: invariance alone collapses".into(),
        statement:
            "Trained on the invariance term alone, every encoder ends at standard deviation 0."
                .into(),
        unit: "mean standard deviation of a feature".into(),
        evidence: format!(
            "largest standard deviation at the end {:.1e} (started near 1); information above the noise floor {:.1e} nats",
            alone.value,
            Effect::largest(ends(
                rows,
                Setting::InvarianceOnly,
                "information_nats",
                |_| true
            ))
            .value,
        ),
        controls: vec![
            line.refuted("full VICReg", Effect::smallest(std(Setting::Full))),
            line.supported(
                "VICReg without its variance term",
                Effect::largest(std(Setting::NoVariance)),
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
    let std = |setting| ends(rows, setting, "std", |_| true);
    let kept = line.worst(std(Setting::Full).chain(std(Setting::LogDet)));
    Finding {
        claim: "invariance-collapses".into(),
        form: "as stated: an entropy term prevents it".into(),
        statement: "With the variance and covariance terms, or with a log-determinant in their place, the encoder keeps its standard deviation.".into(),
        unit: "mean standard deviation of a feature".into(),
        evidence: format!(
            "smallest standard deviation at the end: {:.3} with VICReg's terms, {:.3} with the log-determinant",
            Effect::smallest(std(Setting::Full)).value,
            Effect::smallest(std(Setting::LogDet)).value
        ),
        controls: vec![
            line.refuted(
                "invariance alone",
                Effect::largest(std(Setting::InvarianceOnly)),
            ),
            line.refuted(
                "VICReg without its variance term",
                Effect::largest(std(Setting::NoVariance)),
            ),
            line.refuted(
                "invariance and Barlow Twins, a term that does not see the scale",
                Effect::largest(std(Setting::ScaleFree)),
            ),
            line.supported(
                "variance without covariance term",
                Effect::smallest(std(Setting::NoCovariance)),
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
    let both = |k: usize| k > 1 && k <= INFORMATIVE;
    // Cells stand in one order of widths for every setting.
    let mut shares = ends(rows, Setting::ScaleFree, quantity, both)
        .zip(ends(rows, Setting::Full, quantity, both))
        .map(|(collapsed, full)| {
            let share = collapsed.value / full.value;
            let relative =
                (collapsed.std_error / collapsed.value).hypot(full.std_error / full.value);
            Effect::new(share, share * relative)
        });
    choose(&mut shares)
}

pub(super) fn scale_free(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        0.5,
        "a number that warns of a collapse falls below half of that of a good encoder",
    );
    let least = |quantity| collapsed_over_full(rows, quantity, |shares| Effect::smallest(shares));
    let most = |quantity| collapsed_over_full(rows, quantity, |shares| Effect::largest(shares));
    let rank = least("effective_rank_share");
    let exact = least("information_without_floor_nats");
    let (std, above) = (most("std"), most("information_nats"));
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
