use vicinfo::experiment::{Effect, Finding, Line};

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
    let codes = family(rows, CODES, "share_without_root_2", largest(rows));
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
