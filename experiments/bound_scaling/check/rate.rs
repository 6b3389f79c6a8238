use vicinfo::experiment::{Effect, Finding, Line};

use super::super::source::Source;
use super::super::{DIM, Part, Row, select};
use super::{effect, of, only};

fn slope(rows: &[Row], part: Part, quantity: &'static str) -> Effect {
    only(of(rows, part, Source::Medium, "", quantity))
}

fn difference(a: Effect, b: Effect) -> Effect {
    Effect::new(a.value - b.value, a.std_error.hypot(b.std_error))
}

fn half() -> Line {
    Line::near(
        -0.5,
        0.05,
        "the sizes span a factor of 16 at least, over which 0.05 is 15 % of the term",
    )
}

/// The bound over one kind of points or both, without what is left with infinitely many.
pub(super) fn rate(rows: &[Row], part: Part) -> Finding {
    let line = half();
    let (form, over) = match part {
        Part::Labelled => (
            "labelled points",
            "n labelled points (infinitely many pairs)",
        ),
        Part::Pairs => ("pairs", "m pairs (infinitely many labelled points)"),
        _ => ("both", "n = m labelled points and pairs"),
    };
    let slopes = |quantity| select(rows, part, quantity).map(effect);
    let less = line.worst(slopes("slope_less_floor"));
    let raw = slope(rows, part, "slope");
    let one_line = || slopes("slope_alternative");
    Finding {
        claim: "bound-rates".into(),
        form: format!("corrected: rate in {form}"),
        statement: format!(
            "Over {over} the bound, less what is left of it with infinitely many, falls with power -1/2."
        ),
        unit: "log-log slope".into(),
        evidence: format!(
            "slope {:.4} ± {:.4} after subtracting three times the residual of the best fit, the farthest from -1/2 of the populations ({}); {:.3} ± {:.3} before (medium); those of the bound in one line, less one residual, {:.3} to {:.3}",
            less.value,
            less.std_error,
            one_line().count(),
            raw.value,
            raw.std_error,
            Effect::smallest(one_line()).value,
            Effect::largest(one_line()).value
        ),
        controls: vec![line.refuted("with the floor left in", raw)],
        ..line.judge(less)
    }
}

pub(super) fn whole_rate(rows: &[Row]) -> Finding {
    let line = half();
    let raw = |part| slope(rows, part, "slope");
    let both = raw(Part::Both);
    let all: Vec<String> = select(rows, Part::Both, "slope")
        .map(|row| format!("{} {:.3}", row.source.name(), row.mean))
        .collect();
    Finding {
        claim: "bound-rates".into(),
        form: "as stated: the whole bound".into(),
        statement: "The bound falls as 1/sqrt(n) in n = m labelled points and pairs.".into(),
        unit: "log-log slope".into(),
        evidence: format!(
            "slope {:.3} ± {:.3} (medium); by population {}; in labelled points alone {:.3}, in pairs alone {:.3}: it ends at three times the residual of the best fit",
            both.value,
            both.std_error,
            all.join(", "),
            raw(Part::Labelled).value,
            raw(Part::Pairs).value
        ),
        controls: vec![
            line.supported(
                "classes that are points, where the residual is 0",
                only(of(rows, Part::Both, Source::Collapsed, "", "slope")),
            ),
            line.refuted("labelled points alone", raw(Part::Labelled)),
        ],
        ..line.judge(both)
    }
}

/// A logarithm near as many points as dimensions.
fn near<'a>(rows: &'a [Row], quantity: &'a str, n: usize) -> Effect {
    only(select(rows, Part::Dimension, quantity).find(|row| row.n == n))
}

fn growth(rows: &[Row], quantity: &str, from: usize, to: usize) -> Effect {
    difference(near(rows, quantity, to), near(rows, quantity, from))
}

pub(super) fn distance(rows: &[Row]) -> Finding {
    let line = Line::near(
        -0.5,
        0.1,
        "a largest singular value varies by a fifth from draw to draw",
    );
    let own = slope(rows, Part::Labelled, "slope_weight_distance");
    let per_log = |from: usize, to: usize| {
        let step = (to as f64 / from as f64).ln();
        let growth = growth(rows, "ln_weight_distance", from, to);
        Effect::new(growth.value / step, growth.std_error / step)
    };
    Finding {
        claim: "bound-rates".into(),
        form: "corrected: distance of the fits".into(),
        statement: "With many more labelled points than dimensions, c falls as 1/sqrt(n).".into(),
        unit: "log-log slope".into(),
        evidence: format!(
            "slope {:.3} ± {:.3} from 1000 points on; {:.2} from {DIM} to {} points, in {DIM} dimensions",
            own.value,
            own.std_error,
            per_log(DIM, 2 * DIM).value,
            2 * DIM
        ),
        controls: vec![line.refuted("from d to 2 d points", per_log(DIM, 2 * DIM))],
        ..line.judge(own)
    }
}

pub(super) fn near_dimension(rows: &[Row]) -> Finding {
    let line = Line::at_most(0.0, 0.05, "a growth of 5 % is not seen in a bound");
    let c = growth(rows, "ln_weight_distance", DIM / 2, DIM);
    let kappa = growth(rows, "ln_kappa_labelled", DIM / 2, DIM);
    let risk = growth(rows, "ln_risk", DIM / 2, DIM);
    Finding {
        claim: "bound-rates".into(),
        form: "as stated: n in 1/sqrt(n) alone".into(),
        statement: "What stands before the rates does not grow with the labelled points (c, from d/2 to d of them).".into(),
        unit: "growth of ln c".into(),
        evidence: format!(
            "from {} to {DIM} points c grows by a factor of {:.1} (geometric mean), kappa_S by {:.1} and the risk itself by {:.1}: the fit of least norm is worst where it just interpolates",
            DIM / 2,
            c.value.exp(),
            kappa.value.exp(),
            risk.value.exp()
        ),
        controls: vec![
            line.refuted("kappa_S, from d/2 to d points", kappa),
            line.supported(
                "c, from 4 d to 16 d points",
                growth(rows, "ln_weight_distance", 4 * DIM, 16 * DIM),
            ),
        ],
        ..line.judge(c)
    }
}
