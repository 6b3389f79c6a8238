use vicinfo::experiment::{Effect, Finding, Line, scientific};

use super::{EVEN, FEW, Loss, MANY, Part, ROUNDING, Row, Setting, count_row, of_gap, select};

fn effect(row: &Row) -> Effect {
    Effect::new(row.mean, row.std_error)
}

/// A quantity of the gap at one number of classes.
fn gap_at(rows: &[Row], quantity: &str, setting: Setting, classes: usize) -> Effect {
    of_gap(rows, quantity, setting, Loss::Hinge)
        .find(|row| row.classes == classes)
        .map_or(Effect::exact(f64::NAN), effect)
}

fn count_at(rows: &[Row], quantity: &str, at: (usize, usize)) -> Effect {
    count_row(rows, quantity, at).map_or(Effect::exact(f64::NAN), effect)
}

/// The most classes of the part on the gap.
const MOST: usize = 64;
/// Classes and labelled points with classes missing, other than [`FEW`].
const ALSO_FEW: (usize, usize) = (64, 50);

pub(super) fn decomposition(rows: &[Row]) -> Finding {
    let in_units =
        |part, quantity| select(rows, part, quantity).filter(|row| row.setting == Setting::Units);
    let departures = || {
        let even = in_units(Part::Gap, "decomposition_departure");
        even.chain(select(rows, Part::Lemma, "decomposition_departure"))
    };
    let worst = Effect::largest(departures().map(|row| Effect::exact(row.max)));
    let without = Effect::smallest(
        in_units(Part::Gap, "without_collision_departure")
            .filter(|row| row.classes == 2)
            .map(|row| Effect::exact(row.min)),
    );
    let populations: usize = departures().map(|row| row.replicates).sum();
    let line = Line::at_most(0.0, ROUNDING, "rounding of sums over a million triples");
    Finding {
        claim: "bound-classes".into(),
        form: "exact: the gap of the contrastive bound".into(),
        statement: "(L_un - t)/(1 - t) - L_sup is the sum of a collision part, t/(1 - t) (L_un given equal classes - 1), and a Jensen part, L_un given different classes - L_sup.".into(),
        unit: "loss".into(),
        evidence: format!(
            "L_un summed over all triples of points, without regard to whether their classes are equal, and the parts over pairs of classes: largest departure {:.1e} in {populations} sums over populations of 2 to {MOST} classes, evenly and unevenly probable, hinge and logistic",
            worst.value
        ),
        controls: vec![line.refuted("without the collision part, 2 classes", without)],
        ..line.judge(worst)
    }
}

fn margins(rows: &[Row], loss: Loss) -> impl Iterator<Item = Effect> {
    select(rows, Part::Lemma, "bound")
        .filter(move |row| row.loss == Some(loss))
        .filter_map(|row| Some(Effect::exact(row.mean - row.x?)))
}

pub(super) fn lemma(rows: &[Row]) -> Finding {
    let line = Line::at_least(0.0, ROUNDING, "rounding of sums over a million triples");
    let kept = [Loss::Hinge, Loss::Logistic]
        .into_iter()
        .flat_map(|loss| margins(rows, loss));
    let least = Effect::smallest(kept);
    let natural = Loss::NaturalLogistic;
    let violations = margins(rows, natural).filter(|e| e.value < -ROUNDING);
    Finding {
        claim: "bound-classes".into(),
        form: "condition: a loss that is 1 at margin 0".into(),
        statement: "The contrastive bound holds for the hinge and for the logistic loss in base 2, whatever the number of classes.".into(),
        unit: "bound less risk".into(),
        evidence: format!(
            "smallest margin {:.2e} in {} random populations of 2 to 6 unevenly probable classes; with the natural logarithm, whose loss at 0 is ln 2, the bound is below the risk in {}",
            least.value,
            margins(rows, natural).count(),
            violations.count()
        ),
        controls: vec![line.refuted(
            "the logistic loss with the natural logarithm",
            Effect::smallest(margins(rows, natural)),
        )],
        ..line.judge(least)
    }
}

pub(super) fn many_classes(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.01,
        0.0,
        "a gap of 0.01 of a loss of order 1 is seen at once",
    );
    let at = |setting, classes| gap_at(rows, "gap", setting, classes);
    let two = at(Setting::Collapsed, 2);
    Finding {
        claim: "bound-classes".into(),
        form: "as stated: contrastive learning needs many classes".into(),
        statement: "With 2 classes the contrastive bound has a gap (checked where every class is one point).".into(),
        unit: "loss".into(),
        evidence: format!(
            "where every class is one point the gap is {} at every number of classes; for units of an untrained layer it is {:.3} at 2 classes and {:.4} at {MOST}: what closes it is that classes are points",
            scientific(two.value.abs(), 0),
            at(Setting::Units, 2).value,
            at(Setting::Units, MOST).value
        ),
        controls: vec![
            line.refuted(
                "64 classes, each one point",
                at(Setting::Collapsed, MOST),
            ),
            line.supported("2 classes of an untrained layer", at(Setting::Units, 2)),
        ],
        ..line.judge(two)
    }
}

pub(super) fn collisions(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.95,
        0.0,
        "with a twentieth left the collisions can be forgotten",
    );
    let share = |classes| gap_at(rows, "jensen_share", Setting::Units, classes);
    let part = |quantity, classes| gap_at(rows, quantity, Setting::Units, classes).value;
    Finding {
        claim: "bound-classes".into(),
        form: "corrected: what vanishes with the classes".into(),
        statement: format!(
            "Many classes remove the collision part alone: at {MOST} the gap is the Jensen part."
        ),
        unit: "share of the gap".into(),
        evidence: format!(
            "from 2 to {MOST} classes the collision part falls from {:.4} to {:.1e}, the Jensen part from {:.4} to {:.4}; its share is {:.4} ± {:.4} at {MOST} and {:.3} at 2",
            part("collision", 2),
            part("collision", MOST),
            part("jensen", 2),
            part("jensen", MOST),
            share(MOST).value,
            share(MOST).std_error,
            share(2).value
        ),
        controls: vec![line.refuted("2 classes", share(2))],
        ..line.judge(share(MOST))
    }
}

pub(super) fn few_classes(rows: &[Row]) -> Finding {
    let line = Line::at_most(0.0, 0.01, "a risk of 1 % of that of a wrong answer");
    let risk = |at| count_at(rows, "risk", at);
    let many = [2, 5, 20, MOST].map(|classes| risk((classes, MANY * classes)));
    let worst = line.worst(many.into_iter());
    Finding {
        claim: "bound-classes".into(),
        form: "as stated: the downstream bound needs no many classes".into(),
        statement: format!(
            "Features of zero invariance and residual have no risk at any number of classes (checked at 2, 5, 20 and {MOST} with {MANY} labelled points a class)."
        ),
        unit: "risk".into(),
        evidence: format!(
            "largest mean risk {:.1e} with {MANY} labelled points a class; with {} points of {} classes it is {:.3}, with {} of {} {:.3}: what is needed is many points a class",
            worst.value,
            FEW.1,
            FEW.0,
            risk(FEW).value,
            ALSO_FEW.1,
            ALSO_FEW.0,
            risk(ALSO_FEW).value
        ),
        controls: vec![
            line.refuted("20 classes, 5 points", risk(FEW)),
            line.refuted("64 classes, 50 points", risk(ALSO_FEW)),
        ],
        ..line.judge(worst)
    }
}

pub(super) fn core(rows: &[Row]) -> Finding {
    let line = Line::at_least(0.0, ROUNDING, "rounding of a least-squares fit");
    let margin = |at| count_at(rows, "core_margin", at);
    Finding {
        claim: "bound-classes".into(),
        form: "as stated: invariance and residuals decide".into(),
        statement: "Invariance and residuals bound the risk without a term for the counts of the classes (checked with 5 points of 20 classes).".into(),
        unit: "invariance and residuals less risk".into(),
        evidence: format!(
            "with 5 points of 20 classes the two terms are {:.0e} and the mean risk is {:.3} ± {:.3}, the share of the classes without a point",
            count_at(rows, "core", FEW).value.abs(),
            count_at(rows, "risk", FEW).value,
            count_at(rows, "risk", FEW).std_error,
        ),
        controls: vec![
            line.refuted("64 classes, 50 points", margin(ALSO_FEW)),
            line.supported("2 classes, 200 points", margin((2, 200))),
        ],
        ..line.judge(margin(FEW))
    }
}

pub(super) fn count_term(rows: &[Row]) -> Finding {
    let line = Line::at_least(0.0, ROUNDING, "rounding of a least-squares fit");
    let least = |quantity| {
        Effect::smallest(select(rows, Part::Counts, quantity).map(|row| Effect::exact(row.min)))
    };
    let (bound, chain) = (least("core_and_count_margin"), least("chain_margin"));
    let worst = Effect::smallest([bound, chain].into_iter());
    let all = || select(rows, Part::Counts, "chain_margin");
    let trials: usize = all().map(|row| row.replicates).sum();
    // The largest of all draws: without the addend the chain fails in every one.
    let without = |at| {
        count_row(rows, "chain_margin_without_count", at)
            .map_or(Effect::exact(f64::NAN), |row| Effect::exact(row.max))
    };
    let count = |at| count_at(rows, "count", at).value;
    Finding {
        claim: "bound-classes".into(),
        form: "corrected: the count term is necessary and suffices".into(),
        statement: "The chain of the proof with kappa_S times the total variation of the class shares bounds the risk in every draw, at every number of classes and points, and so do invariance, residuals and the count term; without that addend the chain fails where classes are missing.".into(),
        unit: "bound less risk, smallest of all draws".into(),
        evidence: format!(
            "smallest margin of the chain {:.0e} and of the terms {:.0e} over {trials} draws at {} sizes; without kappa_S times the total variation the chain is below the risk by {:.3} at least in every draw of 5 points of 20 classes, and by {:.3} with 50 of {MOST}. The count term is {:.2} and {:.2} there, for risks of {:.3} and {:.3}",
            chain.value,
            bound.value,
            all().count(),
            -without(FEW).value,
            -without(ALSO_FEW).value,
            count(FEW),
            count(ALSO_FEW),
            count_at(rows, "risk", FEW).value,
            count_at(rows, "risk", ALSO_FEW).value
        ),
        controls: vec![
            line.refuted("the chain without it, 20 classes, 5 points", without(FEW)),
            line.refuted("the chain without it, 64 classes, 50 points", without(ALSO_FEW)),
        ],
        ..line.judge(worst)
    }
}

pub(super) fn count_size(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        2.0,
        0.0,
        "a factor of two, in a bound that is three too large",
    );
    let at = |quantity, classes| {
        select(rows, Part::Shares, quantity)
            .find(|row| row.classes == classes)
            .map_or(Effect::exact(f64::NAN), effect)
    };
    let over = |quantity, under, classes| {
        let (above, below) = (at(quantity, classes), at(under, classes));
        let value = above.value / below.value;
        let relative = (above.std_error / above.value).hypot(below.std_error / below.value);
        Effect::new(value, value * relative)
    };
    let own = |classes| over("total_variation", "quantile", classes);
    let published = |classes| over("chernoff", "quantile", classes);
    let worst = line.worst(EVEN.map(own).into_iter());
    let each = EVEN.map(|k| {
        format!(
            "{k} classes {:.4} ± {:.4}, term {:.4} ({:.2} ± {:.2} times) and published shape {:.3} ({:.1} ± {:.1} times, {:.1} times the term)",
            at("quantile", k).value,
            at("quantile", k).std_error,
            at("total_variation", k).value,
            own(k).value,
            own(k).std_error,
            at("chernoff", k).value,
            published(k).value,
            published(k).std_error,
            over("chernoff", "total_variation", k).value
        )
    });
    let held = |quantity| Effect::smallest(EVEN.map(|k| at(quantity, k)).into_iter()).value;
    let draws = select(rows, Part::Shares, "quantile").map(|row| row.replicates);
    Finding {
        claim: "bound-classes".into(),
        form: "corrected: the size of the count term".into(),
        statement: "Half the sum of sqrt(p (1 - p)/n) and sqrt(ln(1/d)/2n) together are at most twice the quantile of level 1 - d of what they bound, the total variation of class shares and probabilities (2 to 1000 even classes, 1000 points).".into(),
        unit: "term over quantile".into(),
        evidence: format!(
            "quantiles of level 0.95 over {} draws: {}. They bound it in a share of {:.4} and {:.4} of the draws at least",
            draws.min().unwrap_or(0),
            each.join("; "),
            held("total_variation_held"),
            held("chernoff_held")
        ),
        controls: vec![
            line.refuted("the published shape, 2 classes", published(EVEN[0])),
            line.refuted("the published shape, 1000 classes", published(EVEN[3])),
        ],
        ..line.judge(worst)
    }
}
