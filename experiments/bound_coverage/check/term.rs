use vicinfo::experiment::{Effect, Finding, Line};

use super::super::source::Source;
use super::super::{CLASS_PAIRS, NARROW, ONE_IMAGE, Part, Row, SMALL, TIMES, select};
use super::{assumed, at, covered, each, trials, whole};

/// Rows of the part `dimension` with as many points and pairs.
fn near<'a>(
    rows: &'a [Row],
    setting: &'a str,
    quantity: &'a str,
    n: usize,
) -> impl Iterator<Item = &'a Row> {
    select(rows, Part::Dimension, setting, quantity).filter(move |row| row.n == n)
}

/// Three quarters of the dimensions.
fn few() -> usize {
    3 * Source::Medium.dim() / 4
}

pub(super) fn without_factor(rows: &[Row]) -> Finding {
    let line = whole();
    let d = Source::Medium.dim();
    let at = |quantity: &'static str, n| covered(near(rows, CLASS_PAIRS, quantity, n));
    let informal = at("informal", d);
    let used = near(rows, CLASS_PAIRS, "informal with remainder", d).next();
    let small = at_size(rows, "informal", 0.001, d);
    Finding {
        claim: "bound-informal".into(),
        form: "as stated: main terms without c".into(),
        statement: "The distance of the pairs and the residuals, without c, are at least the risk (as many labelled points and pairs as coordinates).".into(),
        unit: "share of the trials".into(),
        evidence: format!(
            "held in {:.3} of the trials at n = m = {d}, in {:.3} at {} and {:.3} at {}; with c in {:.3}, {:.3} and {:.3}; with the whole remainder added, of which the risk is {:.1} % in the mean, in {:.3} at {d}",
            informal.value,
            at("informal", few()).value,
            few(),
            at("informal", 4 * d).value,
            4 * d,
            at("core", d).value,
            at("core", few()).value,
            at("core", 4 * d).value,
            100.0 * used.and_then(|row| row.used).unwrap_or(f64::NAN),
            at("informal with remainder", d).value,
        ),
        controls: vec![
            line.supported("the same terms with c", at("core", d)),
            line.refuted("without c, three quarters as many points", at("informal", few())),
            line.refuted("the features times 1/1000", small),
            line.supported(
                "without c, four times as many points",
                at("informal", 4 * d),
            ),
        ],
        ..line.judge(informal)
    }
}

/// The share with features times a factor.
fn at_size(rows: &[Row], quantity: &'static str, factor: f64, n: usize) -> Effect {
    covered(at(rows, Part::Rescaled, TIMES, quantity, factor).filter(move |row| row.n == n))
}

pub(super) fn rescaled(rows: &[Row]) -> Finding {
    let ratio = |quantity: &'static str, x: f64| {
        let rows = at(rows, Part::Rescaled, "ratio to factor 1", quantity, x);
        let row = rows.into_iter().find(|row| (row.n, row.m) == SMALL);
        row.map_or(Effect::exact(f64::NAN), |row| {
            Effect::new(row.mean, row.std_error)
        })
    };
    let line = Line::near(
        1.0,
        1e-6,
        "rounding of two fits; a change of units cannot matter",
    );
    let informal = ratio("informal", 0.001);
    Finding {
        claim: "bound-informal".into(),
        form: "as stated: whatever the units".into(),
        statement: "Features times a factor, which changes no risk, change nothing in the informal form (checked for 1/1000).".into(),
        unit: "ratio to the features as they are".into(),
        evidence: format!(
            "the informal form comes to {:.3} of itself at a factor of 1/1000 and {:.2} at 10; the risk to {:.9}, the bound with c to {:.9} ({} labelled points, {} pairs); at n = m = 16 it is at least the risk in {:.3} of the trials at 1/1000 and {:.3} at 10",
            informal.value,
            ratio("informal", 10.0).value,
            ratio("risk", 0.001).value,
            ratio("bound", 0.001).value,
            SMALL.0,
            SMALL.1,
            at_size(rows, "informal", 0.001, Source::Medium.dim()).value,
            at_size(rows, "informal", 10.0, Source::Medium.dim()).value
        ),
        controls: vec![
            line.supported("the bound with c", ratio("bound", 0.001)),
            line.supported("the risk", ratio("risk", 0.001)),
            line.refuted("the informal form, times 10", ratio("informal", 10.0)),
        ],
        ..line.judge(informal)
    }
}

pub(super) fn with_factor(rows: &[Row]) -> Finding {
    let line = whole();
    let all = || select(rows, Part::Dimension, CLASS_PAIRS, "core");
    let core = covered(all());
    let lowest = all().map(|row| row.mean).fold(f64::INFINITY, f64::min);
    let d = Source::Medium.dim();
    Finding {
        claim: "bound-informal".into(),
        form: "corrected: main terms with c".into(),
        statement: "The distance of the pairs times c, and the residuals, are at least the risk, from half to four times as many points as coordinates.".into(),
        unit: "share of the trials".into(),
        evidence: format!(
            "held in {:.4} of {} trials, {lowest:.4} where least",
            core.value,
            trials(all())
        ),
        controls: vec![line.refuted(
            "without c, half as many points as coordinates",
            covered(near(rows, CLASS_PAIRS, "informal", d / 2)),
        )],
        ..line.judge(core)
    }
}

pub(super) fn one_image(rows: &[Row]) -> Finding {
    let line = each();
    let name = "invariance_unlabelled";
    let with = |share| covered(at(rows, Part::Pairs, ONE_IMAGE, name, share));
    Finding {
        claim: "bound-positive-pairs".into(),
        form: "as stated: two views of one image".into(),
        statement: "With two views of one image for a positive pair, the distance of the pairs bounds that of two points of a class up to the deviation.".into(),
        unit: "share of the trials".into(),
        evidence: format!(
            "held in {:.3} of the trials; with views for 5 %, 10 % and 20 % of the pairs in {:.3}, {:.3} and {:.3}",
            with(1.0).value,
            with(0.05).value,
            with(0.1).value,
            with(0.2).value
        ),
        controls: vec![
            line.supported(
                "two independent points of a class",
                covered(assumed(rows, name)),
            ),
            line.refuted(
                "two points of a class, mostly of the narrow one",
                covered(select(rows, Part::Shift, NARROW, name)),
            ),
        ],
        ..line.judge(with(1.0))
    }
}

pub(super) fn main_terms(rows: &[Row]) -> Finding {
    let line = whole();
    let d = Source::Medium.dim();
    let core = |setting: &'static str, n| covered(near(rows, setting, "core", n));
    let views = core(ONE_IMAGE, few());
    Finding {
        claim: "bound-positive-pairs".into(),
        form: "as stated: main terms".into(),
        statement: "With two views of one image for a positive pair, the main terms (with c) are at least the risk (three quarters as many points and pairs as coordinates).".into(),
        unit: "share of the trials".into(),
        evidence: format!(
            "held in {:.3} of the trials at n = m = {}, {:.3} at {}, {:.3} at {d} and {:.3} at {}; with class pairs in {:.3}, {:.3}, {:.3} and {:.3}",
            views.value,
            few(),
            core(ONE_IMAGE, d / 2).value,
            d / 2,
            core(ONE_IMAGE, d).value,
            core(ONE_IMAGE, 4 * d).value,
            4 * d,
            core(CLASS_PAIRS, few()).value,
            core(CLASS_PAIRS, d / 2).value,
            core(CLASS_PAIRS, d).value,
            core(CLASS_PAIRS, 4 * d).value,
        ),
        controls: vec![
            line.supported("class pairs", core(CLASS_PAIRS, few())),
            line.refuted(
                "class pairs, without c",
                covered(near(rows, CLASS_PAIRS, "informal", few())),
            ),
        ],
        ..line.judge(views)
    }
}
