use vicinfo::experiment::{Effect, Finding, Line};

use super::{FEW, Loss, MANY, Part, ROUNDING, Row, Setting, count_row, of_gap, select};

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
    let of =
        |quantity| select(rows, Part::Gap, quantity).filter(|row| row.setting == Setting::Units);
    let worst = Effect::largest(of("decomposition_departure").map(|row| Effect::exact(row.max)));
    let without = Effect::smallest(
        of("without_collision_departure")
            .filter(|row| row.classes == 2)
            .map(|row| Effect::exact(row.min)),
    );
    let populations: usize = of("gap").map(|row| row.replicates).sum();
    let line = Line::at_most(0.0, ROUNDING, "rounding of sums over a million triples");
    Finding {
        claim: "bound-classes".into(),
        form: "exact: the gap of the contrastive bound".into(),
        statement: "(L_un - t)/(1 - t) - L_sup is the sum of a collision part, t/(1 - t) (L_un given equal classes - 1), and a Jensen part, L_un given different classes - L_sup.".into(),
        unit: "loss".into(),
        evidence: format!(
            "largest departure {:.1e} in {populations} populations of 2 to {MOST} classes, hinge and logistic",
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
            "smallest margin {:.2e} in {} random populations of 2 to 6 classes; with the natural logarithm, whose loss at 0 is ln 2, the bound is below the risk in {}",
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
            "where every class is one point the gap is {:.0e} at every number of classes; for units of an untrained layer it is {:.3} at 2 classes and {:.4} at {MOST}: what closes it is that classes are points",
            two.value.abs(),
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
    let all = || select(rows, Part::Counts, "core_and_count_margin");
    let worst = Effect::smallest(all().map(|row| Effect::exact(row.min)));
    let trials: usize = all().map(|row| row.replicates).sum();
    // The largest of all draws: without the term the step fails in every one.
    let without = |at| {
        count_row(rows, "event_margin_without_count", at)
            .map_or(Effect::exact(f64::NAN), |row| Effect::exact(row.max))
    };
    let count = |at| count_at(rows, "count", at).value;
    Finding {
        claim: "bound-classes".into(),
        form: "corrected: the count term is necessary and suffices".into(),
        statement: "With the count term added, invariance and residuals bound the risk at every number of classes and points; without it the step of the proof fails where classes are missing.".into(),
        unit: "bound less risk, smallest of all draws".into(),
        evidence: format!(
            "smallest margin {:.0e} over {trials} draws at {} sizes; the count term is {:.2} with 5 points of 20 classes, for a risk of {:.3}, and {:.2} with 50 of {MOST}, for {:.3}",
            worst.value,
            all().count(),
            count(FEW),
            count_at(rows, "risk", FEW).value,
            count(ALSO_FEW),
            count_at(rows, "risk", ALSO_FEW).value
        ),
        controls: vec![
            line.refuted("without it, 20 classes, 5 points", without(FEW)),
            line.refuted("without it, 64 classes, 50 points", without(ALSO_FEW)),
        ],
        ..line.judge(worst)
    }
}
