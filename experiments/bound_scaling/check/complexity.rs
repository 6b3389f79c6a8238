use vicinfo::experiment::{Effect, Finding, Line};

use super::super::complexity::{
    LINEAR, LOSSES, MILLION, NETWORKS as SIZES, ONE_COORDINATE, UNSEEKING,
};
use super::super::{Part, Row, select};
use super::{effect, only};

fn families<'a>(
    rows: &'a [Row],
    setting: &'a str,
    quantity: &'a str,
) -> impl Iterator<Item = &'a Row> {
    select(rows, Part::Complexity, quantity).filter(move |row| row.setting == setting)
}

fn family(rows: &[Row], setting: &str, quantity: &str, size: f64) -> Effect {
    only(families(rows, setting, quantity).find(|row| (row.x - size).abs() < 0.5))
}

fn largest(rows: &[Row]) -> f64 {
    select(rows, Part::Complexity, "share")
        .map(|row| row.x)
        .fold(0.0, f64::max)
}

const NETWORKS: &str = "networks";
const OTHERS: &str = "other networks";
const CODES: &str = "binary codes";

pub(super) fn massart(rows: &[Row]) -> Finding {
    let line = Line::at_most(1.0, 0.0, "an upper bound; the draws decide by their error");
    let worst = line.worst(select(rows, Part::Complexity, "share").map(effect));
    let codes = family(rows, CODES, "share", largest(rows));
    let root = 2.0_f64.sqrt();
    let codes = Effect::new(root * codes.value, root * codes.std_error);
    Finding {
        claim: "complexity-information".into(),
        form: "corrected: sqrt(2 ln |F|)".into(),
        statement: "The Rademacher average of a finite family is at most the largest root mean square times sqrt(2 ln |F|) (Massart).".into(),
        unit: "average over the bound".into(),
        evidence: format!(
            "at most {:.3} ± {:.3} over families of 2 to {:.0}, of networks and of binary codes; without the 2 the codes come to {:.3}",
            worst.value,
            worst.std_error,
            largest(rows),
            codes.value
        ),
        controls: vec![line.refuted("binary codes, without the 2 under the root", codes)],
        ..line.judge(worst)
    }
}

pub(super) fn massart_is_near(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.5,
        0.0,
        "a factor of two, in a bound that is three too large",
    );
    let networks = family(rows, NETWORKS, "share", 64.0);
    let differences = family(rows, NETWORKS, "massart_of_differences", 64.0);
    let own = family(rows, NETWORKS, "complexity", 64.0);
    Finding {
        claim: "complexity-information".into(),
        form: "as stated: sqrt(ln |F|) is the order".into(),
        statement: "The complexity of the distances of pairs over 64 networks is of the order of sqrt(ln 64): at least half of Massart's bound.".into(),
        unit: "average over the bound".into(),
        evidence: format!(
            "the bound is {:.1} times the average for 64 networks, and {:.1} times when the mean of the family is taken off first, which changes no supremum: the networks share most of what they say of a pair",
            networks.value.recip(),
            differences.value / own.value
        ),
        controls: vec![
            line.supported("64 unrelated binary codes", family(rows, CODES, "share", 64.0)),
            line.refuted("64 other networks", family(rows, OTHERS, "share", 64.0)),
        ],
        ..line.judge(networks)
    }
}

pub(super) fn information(rows: &[Row]) -> Finding {
    let line = Line::near(
        0.0,
        2.0_f64.ln(),
        "a factor of two; what is claimed is the order of magnitude",
    );
    let ratio = |(a, of): (&str, f64), (b, to): (&str, f64)| {
        let (a, b) = (
            family(rows, a, "complexity", of),
            family(rows, b, "complexity", to),
        );
        Effect::new(
            (a.value / b.value).ln(),
            (a.std_error / a.value).hypot(b.std_error / b.value),
        )
    };
    let most = largest(rows);
    let own = ratio((NETWORKS, most), (NETWORKS, 2.0));
    let nats = |size: f64| family(rows, NETWORKS, "information_nats", size).value;
    Finding {
        claim: "complexity-information".into(),
        form: "as stated: information tells |F|".into(),
        statement:
            "Families whose encoders have the same information I(Z; X) have the same complexity."
                .into(),
        unit: "ln of the ratio of the averages".into(),
        evidence: format!(
            "every one of the networks tells all 240 points apart, so that I(Z; X) is {:.4} nats in a family of 2 and {:.4} in one of {most:.0}; their averages differ by a factor of {:.1}. How many encoders a training could have chosen is no property of the one it chose: ln |F| near 2^I is a heuristic that no measurement on an encoder decides",
            nats(2.0),
            nats(most),
            own.value.exp()
        ),
        controls: vec![
            line.supported(
                "two families of equal size, drawn apart",
                ratio((NETWORKS, most), (OTHERS, most)),
            ),
            line.refuted(
                "64 against 2 binary codes",
                ratio((CODES, 64.0), (CODES, 2.0)),
            ),
        ],
        ..line.judge(own)
    }
}

/// Averages as shares of their bounds, over the numbers of points.
fn shares<'a>(rows: &'a [Row], setting: &'a str) -> impl Iterator<Item = &'a Row> {
    select(rows, Part::Linear, "share").filter(move |row| row.setting == setting)
}

/// `share ± error at m`, for each number of points.
fn each(rows: &[Row], setting: &str, of: impl Fn(Effect) -> Effect) -> String {
    let each: Vec<String> = shares(rows, setting)
        .map(|row| {
            let own = of(effect(row));
            format!("{:.3} ± {:.3} at m = {}", own.value, own.std_error, row.m)
        })
        .collect();
    each.join(", ")
}

pub(super) fn linear(rows: &[Row]) -> Finding {
    let line = Line::near(1.0, 0.05, "5 % of a bound");
    let worst = line.worst(shares(rows, LINEAR).map(effect));
    let one = line.worst(shares(rows, ONE_COORDINATE).map(effect));
    Finding {
        claim: "bound-tightness".into(),
        form: "corrected: complexity of linear functions".into(),
        statement: "The Rademacher average of the linear functions |w| <= B is B times the root mean square of the points, up to a few hundredths (normal points in 8 dimensions).".into(),
        unit: "average over the bound".into(),
        evidence: format!(
            "{}; for many points E |g|/sqrt(8) = 0.969, g normal in 8 dimensions",
            each(rows, LINEAR, |share| share)
        ),
        controls: vec![line.refuted(
            "in one dimension, where it is sqrt(2/pi) for many points",
            one,
        )],
        ..line.judge(worst)
    }
}

pub(super) fn losses(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.2,
        0.0,
        "a factor of five; more would be worth another bound",
    );
    let worst = line.worst(shares(rows, LOSSES).map(effect));
    let inverse = |share: Effect| {
        Effect::new(
            share.value.recip(),
            share.std_error / (share.value * share.value),
        )
    };
    Finding {
        claim: "bound-tightness".into(),
        form: "corrected: complexity of losses".into(),
        statement: "Maurer's bound on the Rademacher average of the losses |W z - y|, |W|_F <= 2, is at most five times too large (4 classes, normal points in 8 dimensions).".into(),
        unit: "average that is attained over the bound".into(),
        evidence: format!(
            "gradient ascent finds weights that show the bound to be at most {} times too large",
            each(rows, LOSSES, inverse)
        ),
        controls: vec![line.refuted(
            "random weights in the place of those that ascent finds",
            line.worst(shares(rows, UNSEEKING).map(effect)),
        )],
        ..line.judge(worst)
    }
}

pub(super) fn networks(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        1.0,
        0.0,
        "outputs are of order 1: what may deviate by more than that is not known",
    );
    let of = |(layers, _): (usize, usize)| {
        let all = select(rows, Part::Networks, "complexity_over_root_m");
        only(
            all.into_iter()
                .find(|row| (row.x - layers as f64).abs() < 0.5),
        )
    };
    let name = |(layers, width)| format!("{layers} layers, {width} units");
    let each = SIZES.map(|size| {
        let own = of(size);
        format!("{} {:.2e} ± {:.1e}", name(size), own.value, own.std_error)
    });
    Finding {
        claim: "bound-tightness".into(),
        form: "as stated: complexity of networks".into(),
        statement: "By the norms of its layers the complexity of a network says something from a million pairs on (untrained, 3 layers, 256 units).".into(),
        unit: "complexity of one output over sqrt(m)".into(),
        evidence: format!(
            "over {MILLION} pairs: {}: for a family of networks the bound is empty long before its other terms matter",
            each.join(", ")
        ),
        controls: vec![
            line.supported(name(SIZES[0]), of(SIZES[0])),
            line.refuted(name(SIZES[2]), of(SIZES[2])),
        ],
        ..line.judge(of(SIZES[1]))
    }
}
