use vicinfo::experiment::{Effect, Finding, Line};

use super::{DIM, Part, RANK_POINTS, ROUNDING, Row, Setting, bound_row, select};

fn effect(row: &Row) -> Effect {
    Effect::new(row.mean, row.std_error)
}

fn of_bound(rows: &[Row], setting: Setting, version: &str, quantity: &str) -> Effect {
    bound_row(rows, setting, version, quantity).map_or(Effect::exact(f64::NAN), effect)
}

/// The largest of all replicates: an identity has to hold in each.
fn largest(rows: &[Row], quantity: &str) -> Effect {
    Effect::largest(select(rows, Part::Identity, quantity).map(|row| Effect::exact(row.max)))
}

fn smallest(rows: &[Row], quantity: &str) -> Effect {
    Effect::smallest(select(rows, Part::Identity, quantity).map(|row| Effect::exact(row.min)))
}

const ROUNDING_REASON: &str = "rounding of a singular value decomposition of 200 points";

pub(super) fn norm(rows: &[Row]) -> Finding {
    let all = ["norm_departure", "library_departure"].map(|quantity| largest(rows, quantity));
    let worst = Effect::largest(all.into_iter());
    let matrices: usize = select(rows, Part::Identity, "norm_departure")
        .map(|row| row.replicates)
        .sum();
    let line = Line::at_most(0.0, ROUNDING, ROUNDING_REASON);
    Finding {
        claim: "bound-rank".into(),
        form: "exact: the norm of the projection".into(),
        statement: "|P_Z|_F = sqrt(n - rank Z), so that the highest rank gives the smallest norm."
            .into(),
        unit: "distance from sqrt(n - rank)".into(),
        evidence: format!(
            "largest departure among {matrices} matrices of full rank, with dependent coordinates, and with more coordinates than points: {:.1e}; P_Z formed in full, and its norm as the least-squares fit counts it",
            worst.value
        ),
        controls: vec![line.refuted(
            "the number of coordinates in the place of the rank",
            smallest(rows, "coordinates_for_rank_departure"),
        )],
        ..line.judge(worst)
    }
}

pub(super) fn invariance(rows: &[Row]) -> Finding {
    let worst = Effect::largest(
        ["map_departure", "steep_map_departure"]
            .map(|quantity| largest(rows, quantity))
            .into_iter(),
    );
    let line = Line::at_most(0.0, ROUNDING, ROUNDING_REASON);
    Finding {
        claim: "bound-rank".into(),
        form: "exact: invariance under linear maps".into(),
        statement: "Z and B Z have the same P_Z for every invertible B: scaling, decorrelating and whitening do not touch it.".into(),
        unit: "|P_BZ - P_Z|_F".into(),
        evidence: format!(
            "largest difference {:.1e}, for maps of condition 10 and 100",
            worst.value
        ),
        controls: vec![
            line.refuted(
                "a map of one rank less",
                smallest(rows, "singular_map_departure"),
            ),
            line.refuted(
                "centring, which is no linear map unless a coordinate is constant",
                smallest(rows, "centring_departure"),
            ),
        ],
        ..line.judge(worst)
    }
}

fn share(rows: &[Row], quantity: &str, setting: Setting, rank: usize) -> Effect {
    select(rows, Part::Rank, quantity)
        .find(|row| row.setting == setting && row.rank == rank)
        .map_or(Effect::exact(f64::NAN), effect)
}

pub(super) fn alignment(rows: &[Row]) -> Finding {
    let at = |setting, rank| share(rows, "residual_share", setting, rank);
    let between = |rank| {
        let (a, b) = (at(Setting::Independent, rank), at(Setting::Aligned, rank));
        Effect::new(a.value - b.value, a.std_error.hypot(b.std_error))
    };
    let gap = between(DIM);
    let signs = {
        let (a, b) = (
            share(rows, "signs_share", Setting::Independent, DIM),
            at(Setting::Independent, DIM),
        );
        Effect::new(a.value - b.value, a.std_error.hypot(b.std_error))
    };
    let line = Line::near(
        0.0,
        0.05,
        "5 % of the residual of no features would not matter to a user",
    );
    Finding {
        claim: "bound-rank".into(),
        form: "as stated: rank decides the residual".into(),
        statement: format!(
            "Features of equal rank leave equal residuals (checked at rank {DIM} with {RANK_POINTS} points: features that follow the classes against such that do not)."
        ),
        unit: "share of the residual of no features".into(),
        evidence: format!(
            "at rank {DIM} features that follow the classes leave {:.3} of the residual of no features, label-independent ones {:.3}; |P_Z|_F is the same; at rank 128 {:.3} and {:.3}",
            at(Setting::Aligned, DIM).value,
            at(Setting::Independent, DIM).value,
            at(Setting::Aligned, 128).value,
            at(Setting::Independent, 128).value
        ),
        controls: vec![
            line.refuted("the same at rank 8", between(8)),
            line.supported(
                "two kinds of features that do not, Gaussian and random signs",
                signs,
            ),
        ],
        ..line.judge(gap)
    }
}

pub(super) fn independent(rows: &[Row]) -> Finding {
    let line = Line::near(
        1.0,
        0.02,
        "the root of a mean square against the mean of roots, with 4 classes and 272 points left",
    );
    let ratios = |setting| {
        select(rows, Part::Rank, "share_over_expected")
            .filter(move |row| row.setting == setting)
            .map(effect)
    };
    let worst = line.worst(ratios(Setting::Independent));
    let aligned = share(rows, "share_over_expected", Setting::Aligned, DIM);
    Finding {
        claim: "bound-rank".into(),
        form: "corrected: what rank alone buys".into(),
        statement: "Features that know nothing of the classes leave sqrt(1 - d/n) of the residual: overfitting, and nothing else.".into(),
        unit: "residual over sqrt(1 - d/n)".into(),
        evidence: format!(
            "over ranks 1 to 128 with {RANK_POINTS} points the ratio is farthest from 1 at {:.4} ± {:.4}; for features that follow the classes it is {:.3} at rank {DIM}",
            worst.value, worst.std_error, aligned.value
        ),
        controls: vec![
            line.refuted("features that follow the classes, rank 16", aligned),
            line.refuted(
                "features that follow the classes, rank 4",
                share(rows, "share_over_expected", Setting::Aligned, 4),
            ),
        ],
        ..line.judge(worst)
    }
}

pub(super) fn label_free(rows: &[Row]) -> Finding {
    let power = |quantity, setting| {
        select(rows, Part::Step, quantity)
            .find(|row| row.setting == setting)
            .map_or(Effect::exact(f64::NAN), effect)
    };
    let last = |quantity| {
        select(rows, Part::Step, quantity)
            .filter(|row| row.setting == Setting::Aligned)
            .max_by_key(|row| row.n)
            .map_or((0, f64::NAN), |row| (row.n, row.mean))
    };
    let growth = power("label_free_power", Setting::Aligned);
    let residual = power("residual_power", Setting::Aligned);
    let line = Line::near(
        0.0,
        0.1,
        "a power of 0.1 is a factor of 1.3 over sixteen times as many points",
    );
    Finding {
        claim: "bound-rank".into(),
        form: "as stated: the step without classes".into(),
        statement: "|P_Z|_F, which the rank makes small, bounds the residual usefully: |P_Z|_F |Y|_2 / sqrt(n) stays of the size of |Y P_Z|_F / sqrt(n) as the points become many.".into(),
        unit: "power of n".into(),
        evidence: format!(
            "with {} points of {DIM} coordinates the step gives {:.1} for a residual of {:.3}; it grows like n^{:.3}, as sqrt(n - d) does, while the residual goes like n^{:.3}; no features at all have the residual 1",
            last("label_free").0,
            last("label_free").1,
            last("residual").1,
            growth.value,
            residual.value
        ),
        controls: vec![
            line.refuted(
                "the step for label-independent features",
                power("label_free_power", Setting::Independent),
            ),
            line.supported("the residual itself", residual),
        ],
        ..line.judge(growth)
    }
}

const SEEN: [Setting; 2] = [Setting::UnequalScales, Setting::Correlated];

pub(super) fn residual(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.01,
        0.0,
        "a fall by 1 % would be worth a training objective; rounding is 1e-9",
    );
    let fall = |setting| of_bound(rows, setting, "raw to whitened", "residual_fall");
    let largest = Effect::farthest(SEEN.map(fall).into_iter());
    let more = {
        let (few, many) = (
            share(rows, "residual_share", Setting::Aligned, DIM),
            share(rows, "residual_share", Setting::Aligned, 2 * DIM),
        );
        Effect::new(
            1.0 - many.value / few.value,
            few.std_error.hypot(many.std_error) / few.value,
        )
    };
    Finding {
        claim: "bound-rank".into(),
        form: "as stated: VICReg's terms lower the residual".into(),
        statement: "At full rank, unit variances and zero covariances lower the residual terms of the bound.".into(),
        unit: "share of the residual terms".into(),
        evidence: format!(
            "whitening features of full rank changes the residual terms by {:.0e} of their value",
            largest.value.abs()
        ),
        controls: vec![
            line.refuted(
                "an orthogonal turn of whitened features",
                of_bound(
                    rows,
                    Setting::UnequalScales,
                    "whitened to turned",
                    "residual_fall",
                ),
            ),
            line.supported("twice as many units that follow the classes", more),
        ],
        ..line.judge(largest)
    }
}

pub(super) fn conditioning(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.5,
        0.0,
        "a fall by a factor of 1.6 and more cannot be mistaken for chance",
    );
    let fall = |setting| of_bound(rows, setting, "raw to whitened", "log_fall");
    let least = Effect::smallest(SEEN.map(fall).into_iter());
    let value = |setting, version, quantity| of_bound(rows, setting, version, quantity).value;
    Finding {
        claim: "bound-rank".into(),
        form: "corrected: what the terms buy is conditioning".into(),
        statement: "Whitening lowers the bound, through |W| alone: the same features, the same risk, the same residuals, smaller c, ball and losses.".into(),
        unit: "ln of the factor by which the bound falls".into(),
        evidence: format!(
            "for units of unequal scales (condition {:.0}, whitened {:.0}) the bound falls from {:.2} to {:.2} and |W|_F from {:.1} to {:.2}, for correlated ones (condition {:.0}) from {:.2} to {:.2} and {:.1} to {:.2}; the risk stays at {:.3} and {:.3}; label-independent features gain as well, from {:.2} to {:.2}, for a risk of {:.3}",
            value(SEEN[0], "raw", "condition"),
            value(SEEN[0], "whitened", "condition"),
            value(SEEN[0], "raw", "total"),
            value(SEEN[0], "whitened", "total"),
            value(SEEN[0], "raw", "weight_norm"),
            value(SEEN[0], "whitened", "weight_norm"),
            value(SEEN[1], "raw", "condition"),
            value(SEEN[1], "raw", "total"),
            value(SEEN[1], "whitened", "total"),
            value(SEEN[1], "raw", "weight_norm"),
            value(SEEN[1], "whitened", "weight_norm"),
            value(SEEN[0], "whitened", "risk"),
            value(SEEN[1], "whitened", "risk"),
            value(Setting::Independent, "raw", "total"),
            value(Setting::Independent, "whitened", "total"),
            value(Setting::Independent, "whitened", "risk"),
        ),
        controls: vec![
            line.refuted(
                "an orthogonal turn of whitened features",
                of_bound(
                    rows,
                    Setting::UnequalScales,
                    "whitened to turned",
                    "log_fall",
                ),
            ),
            line.refuted(
                "whitened features in a unit 100 times larger",
                of_bound(rows, Setting::Correlated, "whitened to small", "log_fall"),
            ),
        ],
        ..line.judge(least)
    }
}

pub(super) fn variances(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.75,
        0.0,
        "three quarters leave the smaller part to the covariance term",
    );
    let of = |setting| of_bound(rows, setting, "raw to std", "share_of_fall");
    let own = of(Setting::UnequalScales);
    Finding {
        claim: "bound-rank".into(),
        form: "corrected: the part of the variance term".into(),
        statement: "For units that differ in scale, unit variances alone bring most of the fall that whitening brings.".into(),
        unit: "share of the fall of ln bound".into(),
        evidence: format!(
            "unit variances bring {:.3} ± {:.3} of the fall for units of unequal scales and {:.3} ± {:.3} for correlated units, where the covariance term has to do it",
            own.value,
            own.std_error,
            of(Setting::Correlated).value,
            of(Setting::Correlated).std_error
        ),
        controls: vec![line.refuted("correlated units", of(Setting::Correlated))],
        ..line.judge(own)
    }
}
