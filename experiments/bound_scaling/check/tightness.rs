use vicinfo::experiment::{Effect, Finding, Line};
use vicinfo::stats::clopper_pearson;

use super::super::certificate::{BERNSTEIN, CLOPPER, ONE_LINE, PAPER, REUSED};
use super::super::source::Source;
use super::super::{DELTA, Part, Row, select};
use super::{effect, of, only};

fn sources(rows: &[Row], part: Part) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for row in rows.iter().filter(|row| row.part == part) {
        if !sources.contains(&row.source) {
            sources.push(row.source);
        }
    }
    sources
}

pub(super) fn limit(rows: &[Row]) -> Finding {
    let line = Line::near(
        0.0,
        0.12,
        "a seventh of the risk of a constant answer, and less than half a residual of the control",
    );
    let limits = select(rows, Part::Both, "limit_less_three_rms").map(effect);
    let worst = line.worst(limits);
    let one_line = only(of(
        rows,
        Part::Both,
        Source::Medium,
        "",
        "alternative_limit_less_three_rms",
    ));
    let rms = only(of(rows, Part::Both, Source::Medium, "", "best_rms")).value;
    let own = only(of(
        rows,
        Part::Both,
        Source::Medium,
        "",
        "limit_less_three_rms",
    ));
    Finding {
        claim: "bound-tightness".into(),
        form: "corrected: the limit".into(),
        statement: "With ever more points and pairs the bound tends to three times the root mean square residual of the best fit; the risk is at most one.".into(),
        unit: "distance from three residuals".into(),
        evidence: format!(
            "extrapolated from 4000 points and pairs on, on {} populations, within {:.3} ± {:.3} of three residuals where farthest; on medium {:.2} residuals, and {:.2} for the bound in one line. Below the risk of a constant answer only if the features explain more than 8/9 of the variance of balanced classes",
            sources(rows, Part::Both).len(),
            worst.value.abs(),
            worst.std_error,
            3.0 + own.value / rms,
            3.0 + one_line.value / rms
        ),
        controls: vec![line.refuted("the bound in one line, whose limit is one residual", one_line)],
        ..line.judge(worst)
    }
}

pub(super) fn below_chance(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        1.0,
        0.0,
        "a bound above the risk of a constant answer says nothing",
    );
    let ratio = |source| {
        let of = |quantity| of(rows, Part::Both, source, "", quantity);
        let baseline = only(of("baseline")).value;
        let bound = only(of("bound"));
        Effect::new(bound.value / baseline, bound.std_error / baseline)
    };
    let medium = ratio(Source::Medium);
    let row = of(rows, Part::Both, Source::Medium, "", "bound");
    let quantity = |quantity| only(of(rows, Part::Both, Source::Medium, "", quantity)).value;
    Finding {
        claim: "bound-tightness".into(),
        form: "as stated: it says something".into(),
        statement: "On features that explain most of the variance of the classes, with tens of thousands of points and pairs, the bound is below the risk of a constant answer.".into(),
        unit: "bound over the risk of a constant answer".into(),
        evidence: format!(
            "R^2 = {:.2}, n = m = {}: bound {:.2}, risk {:.3}, constant answer {:.3}",
            quantity("r_squared"),
            row.map_or(0, |row| row.n),
            quantity("bound"),
            quantity("risk"),
            quantity("baseline")
        ),
        controls: vec![
            line.supported("classes that are points", ratio(Source::Collapsed)),
            line.refuted("random features", ratio(Source::Random)),
        ],
        ..line.judge(medium)
    }
}

fn correlation(rows: &[Row], setting: &'static str, of_what: &str) -> Effect {
    let name = format!("spearman of {of_what}");
    let row = rows
        .iter()
        .find(|row| row.part == Part::Ranking && row.setting == setting && row.quantity == name);
    only(row)
}

const ENCODERS: &str = "encoders";

fn ranking() -> Line {
    Line::at_least(
        0.9,
        0.0,
        "a choice among encoders by rank needs a nearly certain order",
    )
}

fn text(effect: Effect) -> String {
    format!("{:.3} ± {:.3}", effect.value, effect.std_error)
}

pub(super) fn ranks(rows: &[Row]) -> Finding {
    let line = ranking();
    let own = |what| correlation(rows, ENCODERS, what);
    let bound = own("bound");
    Finding {
        claim: "bound-tightness".into(),
        form: "as stated: the bound ranks encoders".into(),
        statement:
            "Of 150 encoders of the same data, those with a smaller bound have the smaller risk."
                .into(),
        unit: "rank correlation with the risk".into(),
        evidence: format!(
            "{} for the bound, {} for the bound in one line; the conditioning of the features scrambles it: {} for the bound of the same features made white",
            text(bound),
            text(own("bound in one line")),
            text(own("bound of white features"))
        ),
        controls: vec![
            line.supported(
                "the residual of the labelled points",
                own("residual_labelled"),
            ),
            line.refuted("the bound in one line", own("bound in one line")),
        ],
        ..line.judge(bound)
    }
}

pub(super) fn invariance_ranks(rows: &[Row]) -> Finding {
    let line = ranking();
    let own = |what| correlation(rows, ENCODERS, what);
    let invariance = own("invariance");
    Finding {
        claim: "bound-tightness".into(),
        form: "as stated: the invariance ranks encoders".into(),
        statement: "Of 150 encoders of the same data, of mean square 1, those whose positive pairs are nearer have the smaller risk.".into(),
        unit: "rank correlation with the risk".into(),
        evidence: format!(
            "{} for the distance of the pairs, {} times c as in the bound",
            text(invariance),
            text(own("c_invariance"))
        ),
        controls: vec![
            line.supported("the residual of the labelled points", own("residual_labelled")),
            line.refuted("the distance times c", own("c_invariance")),
        ],
        ..line.judge(invariance)
    }
}

pub(super) fn residual_ranks(rows: &[Row]) -> Finding {
    let line = ranking();
    let residual = correlation(rows, ENCODERS, "residual_labelled");
    let blind = correlation(rows, "blind encoders", "residual_labelled");
    Finding {
        claim: "bound-tightness".into(),
        form: "corrected: the residual ranks".into(),
        statement: "Of 150 encoders, those whose labelled points are fitted better have the smaller risk: this term does what the bound is read for.".into(),
        unit: "rank correlation with the risk".into(),
        evidence: format!(
            "{}; {} among encoders that do not see the classes, whose risks hardly differ",
            text(residual),
            text(blind)
        ),
        controls: vec![
            line.refuted(
                "the distance of the pairs times c",
                correlation(rows, ENCODERS, "c_invariance"),
            ),
            line.refuted(
                "the distance of the pairs",
                correlation(rows, ENCODERS, "invariance"),
            ),
        ],
        ..line.judge(residual)
    }
}

pub(super) fn white_ranks(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.8,
        0.0,
        "an order with few exceptions; the residual alone has fewer",
    );
    let white = correlation(rows, ENCODERS, "bound of white features");
    Finding {
        claim: "bound-tightness".into(),
        form: "corrected: the bound of white features ranks".into(),
        statement: "With the features of every encoder made white, which changes no risk, and one ball of weights for all, the bound ranks the encoders.".into(),
        unit: "rank correlation with the risk".into(),
        evidence: format!(
            "{}; as they are {}",
            text(white),
            text(correlation(rows, ENCODERS, "bound"))
        ),
        controls: vec![line.refuted(
            "encoders that do not see the classes",
            correlation(rows, "blind encoders", "bound of white features"),
        ),
        line.refuted("the features as they are", correlation(rows, ENCODERS, "bound"))],
        ..line.judge(white)
    }
}

pub(super) fn units(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        -0.05,
        0.0,
        "5 % of a bound; less is not worth a change of features",
    );
    let change = |source, setting| {
        only(of(
            rows,
            Part::Conditioning,
            source,
            setting,
            "ln_bound_over_raw",
        ))
    };
    let value = |source, setting, quantity| {
        only(of(rows, Part::Conditioning, source, setting, quantity)).value
    };
    let equal = change(Source::Unequal, "equal units");
    let unequal = Source::Unequal;
    Finding {
        claim: "bound-tightness".into(),
        form: "corrected: what the variance term buys".into(),
        statement: "Features whose units differ have a smaller bound when each is brought to mean square 1; span, risk and residuals stay.".into(),
        unit: "ln of the bound over that of the features as they are".into(),
        evidence: format!(
            "bound {:.2} as they are (condition {:.0}), {:.2} at equal units, {:.2} white, at a risk of {:.3} each time; where units do not differ {:.2}, {:.2}, {:.2} (medium) and {:.3}, {:.3}, {:.3} (easy)",
            value(unequal, "raw", "bound"),
            value(unequal, "raw", "condition"),
            value(unequal, "equal units", "bound"),
            value(unequal, "white", "bound"),
            value(unequal, "white", "risk"),
            value(Source::Medium, "raw", "bound"),
            value(Source::Medium, "equal units", "bound"),
            value(Source::Medium, "white", "bound"),
            value(Source::Easy, "raw", "bound"),
            value(Source::Easy, "equal units", "bound"),
            value(Source::Easy, "white", "bound")
        ),
        controls: vec![
            line.refuted("the same features turned", change(unequal, "turned")),
            line.refuted(
                "medium features turned",
                change(Source::Medium, "turned"),
            ),
        ],
        ..line.judge(equal)
    }
}

pub(super) fn certifies(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        2.0_f64.ln(),
        0.0,
        "twice the risk is the least that a certificate should tell apart",
    );
    let ratio = |source, name| only(of(rows, Part::Certificate, source, name, "ln_ratio"));
    let value = |source, name| only(of(rows, Part::Certificate, source, name, "value")).value;
    let medium = ratio(Source::Medium, PAPER);
    let n = of(rows, Part::Certificate, Source::Medium, PAPER, "value").map_or(0, |row| row.n);
    let truth = only(of(rows, Part::Certificate, Source::Medium, PAPER, "truth")).value;
    Finding {
        claim: "bound-tightness".into(),
        form: "as stated: it certifies a risk".into(),
        statement: "The bound is below twice the risk (medium population, the largest sample)."
            .into(),
        unit: "mean ln of bound over risk".into(),
        evidence: format!(
            "n = {n}, ten times as many pairs, risk {truth:.3}: bound of the paper {:.2}, in one line {:.2}, hold-out empirical Bernstein {:.3} with half of the points and no pairs; on random features {:.2}, {:.2} and {:.3}",
            value(Source::Medium, PAPER),
            value(Source::Medium, ONE_LINE),
            value(Source::Medium, BERNSTEIN),
            value(Source::Random, PAPER),
            value(Source::Random, ONE_LINE),
            value(Source::Random, BERNSTEIN)
        ),
        controls: vec![
            line.supported(
                "hold-out empirical Bernstein",
                ratio(Source::Medium, BERNSTEIN),
            ),
            line.refuted("the bound on random features", ratio(Source::Random, PAPER)),
        ],
        ..line.judge(medium)
    }
}

/// Probability of a normal number within four standard errors of its mean.
const CONFIDENCE: f64 = 0.999_936_657_516_334;

/// A share of trials with the farther end of its exact interval as four standard errors, over the populations.
fn covered(rows: &[Row], setting: &str) -> Effect {
    let of = select(rows, Part::Covered, "covered").filter(|row| row.setting == setting);
    let (held, trials) = of.fold((0.0, 0), |(held, trials), row| {
        (
            held + row.mean * row.replicates as f64,
            trials + row.replicates,
        )
    });
    let share = held / trials as f64;
    match clopper_pearson(held.round() as u64, trials as u64, CONFIDENCE) {
        Ok(interval) => Effect::new(
            share,
            (share - interval.lower).max(interval.upper - share) / 4.0,
        ),
        Err(_) => Effect::exact(f64::NAN),
    }
}

pub(super) fn holds(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        1.0 - DELTA,
        0.0,
        "a probability that is promised; no departure is allowed",
    );
    let bernstein = covered(rows, BERNSTEIN);
    let trials: usize = select(rows, Part::Covered, "covered")
        .filter(|row| row.setting == BERNSTEIN)
        .map(|row| row.replicates)
        .sum();
    Finding {
        claim: "bound-tightness".into(),
        form: "corrected: a hold-out certifies".into(),
        statement: "The empirical Bernstein bound on held-out losses is above the risk with probability 0.95 at least.".into(),
        unit: "share of the trials".into(),
        evidence: format!(
            "held in {:.4} of {trials} trials (medium and random features, 250 points fitted and 250 held out); Clopper-Pearson on the errors in {:.4}, and in {:.3} when it counts the errors on the fitted points",
            bernstein.value,
            covered(rows, CLOPPER).value,
            covered(rows, REUSED).value
        ),
        controls: vec![line.refuted(
            "Clopper-Pearson on the points that were fitted",
            covered(rows, REUSED),
        )],
        ..line.judge(bernstein)
    }
}
