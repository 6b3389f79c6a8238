use vicinfo::experiment::{Control, Effect, Finding, Line};
use vicinfo::stats::clopper_pearson;

use super::super::certificate::{
    BERNSTEIN, CLOPPER, HOEFFDING, ONE_LINE, PAC_BAYES, PAPER, REUSED, SUPERVISED,
};
use super::super::rank::{HELD_OUT, SHUFFLED};
use super::super::source::Source;
use super::super::{DELTA, Part, Row, select};
use super::{effect, of, only};

pub(super) fn limit(rows: &[Row]) -> Finding {
    let line = Line::near(3.0, 0.15, "5 % of the limit");
    let limits = || select(rows, Part::Both, "limit_over_rms");
    let worst = line.worst(limits().map(effect));
    let one_line = || select(rows, Part::Both, "alternative_limit_over_rms").map(effect);
    let each: Vec<String> = limits()
        .map(|row| {
            let rms = only(of(rows, Part::Both, row.source, "", "best_rms")).value;
            let (name, limit) = (row.source.name(), row.mean);
            format!("{name} {limit:.3} ± {:.3} of {rms:.3}", row.std_error)
        })
        .collect();
    Finding {
        claim: "bound-tightness".into(),
        form: "corrected: the limit".into(),
        statement: "With ever more points and pairs the bound tends to three times the root mean square residual of the best fit, where there is one; the risk is at most one.".into(),
        unit: "root mean square residuals".into(),
        evidence: format!(
            "extrapolated from 4000 points and pairs on, in residuals of these sizes: {}; of the bound in one line {:.3} to {:.3}. Below the risk of a constant answer only if the features explain more than 8/9 of the variance of balanced classes",
            each.join(", "),
            Effect::smallest(one_line()).value,
            Effect::largest(one_line()).value
        ),
        controls: vec![line.refuted(
            "the bound in one line, whose limit is one residual",
            Effect::largest(one_line()),
        )],
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
            // For balanced classes.
            1.0 - (quantity("best_rms") / quantity("baseline")).powi(2),
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

/// What must rank the encoders by any line, and what cannot.
fn known(line: &Line, rows: &[Row]) -> Vec<Control> {
    let own = |what| correlation(rows, ENCODERS, what);
    vec![
        line.supported(
            "the loss on ten times as many points that were not fitted",
            own(HELD_OUT),
        ),
        line.refuted(
            "the residual of the same points with their classes shuffled",
            own(SHUFFLED),
        ),
    ]
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
        controls: known(&line, rows),
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
        controls: known(&line, rows),
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
        controls: known(&line, rows),
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
        )],
        ..line.judge(white)
    }
}

pub(super) fn certifies(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        2.0_f64.ln(),
        0.0,
        "twice the risk is the least that a certificate should tell apart",
    );
    let row = |source, name, quantity| of(rows, Part::Certificate, source, name, quantity);
    let ratio = |source, name| only(row(source, name, "ln_ratio"));
    let medium = ratio(Source::Medium, PAPER);
    let n = row(Source::Medium, PAPER, "value").map_or(0, |row| row.n);
    let truth = only(row(Source::Medium, PAPER, "truth")).value;
    let times = |source| {
        let names = [PAPER, ONE_LINE, SUPERVISED, PAC_BAYES, HOEFFDING, BERNSTEIN];
        let each = names.map(|name| format!("{name} {:.2}", ratio(source, name).value.exp()));
        each.join(", ")
    };
    Finding {
        claim: "bound-tightness".into(),
        form: "as stated: it certifies a risk".into(),
        statement: "The bound is below twice the risk (medium population, the largest sample)."
            .into(),
        unit: "mean ln of bound over risk".into(),
        evidence: format!(
            "n = {n}, ten times as many pairs, risk {truth:.3}; times the risk: {}; on random features: {}. The hold-outs take half of the points and no pairs; Clopper-Pearson says {:.4} of a rate of errors of {:.4} (medium)",
            times(Source::Medium),
            times(Source::Random),
            only(row(Source::Medium, CLOPPER, "value")).value,
            only(row(Source::Medium, CLOPPER, "truth")).value
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

/// How often a bound held, for each population.
fn covered<'a>(rows: &'a [Row], name: &'a str) -> impl Iterator<Item = &'a Row> {
    select(rows, Part::Covered, "covered").filter(move |row| row.setting == name)
}

fn held(row: &Row) -> usize {
    (row.mean * row.replicates as f64).round() as usize
}

fn share(row: &Row) -> Effect {
    Effect::share(held(row), row.replicates)
}

/// Shares with the ends of their exact 95 % intervals.
fn intervals<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let each = rows.map(|row| {
        let interval = clopper_pearson(held(row) as u64, row.replicates as u64, 0.95);
        let (lower, upper) = interval.map_or((f64::NAN, f64::NAN), |i| (i.lower, i.upper));
        let (setting, source) = (&row.setting, row.source.name());
        format!(
            "{setting}, {source}: {:.4} ({lower:.4} to {upper:.4})",
            row.mean
        )
    });
    each.collect::<Vec<_>>().join("; ")
}

/// Held-out losses bound the risk (`risk`), or held-out errors their rate.
pub(super) fn holds(rows: &[Row], risk: bool) -> Finding {
    let line = Line::at_least(
        1.0 - DELTA,
        0.0,
        "a probability that is promised; no departure is allowed",
    );
    let names: &[&str] = if risk {
        &[BERNSTEIN, HOEFFDING]
    } else {
        &[CLOPPER]
    };
    let own = || names.iter().flat_map(|name| covered(rows, name));
    let reused = || covered(rows, REUSED);
    let row = of(rows, Part::Covered, Source::Medium, CLOPPER, "covered");
    let (trials, half) = row.map_or((0, 0), |row| (row.replicates, row.n / 2));
    let (form, statement) = if risk {
        (
            "corrected: a hold-out certifies a risk",
            "The empirical Bernstein and Hoeffding bounds on held-out losses are above the risk with probability 0.95 at least.",
        )
    } else {
        (
            "corrected: a hold-out certifies an error rate",
            "The Clopper-Pearson bound on held-out errors is above their rate with probability 0.95 at least.",
        )
    };
    Finding {
        claim: "bound-tightness".into(),
        form: form.into(),
        statement: statement.into(),
        unit: "share of the trials".into(),
        evidence: format!(
            "share of {trials} trials each in which it held, with exact 95 % intervals, {half} points fitted and {half} held out: {}; {}",
            intervals(own()),
            intervals(reused())
        ),
        controls: vec![line.refuted(
            "Clopper-Pearson on the points that were fitted",
            // The population on which it holds more often.
            Effect::largest(reused().map(share)),
        )],
        ..line.judge(line.worst(own().map(share)))
    }
}
