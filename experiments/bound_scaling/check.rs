use vicinfo::experiment::{Effect, Finding, Line};
use vicinfo::stats::clopper_pearson;

use super::measure::{BERNSTEIN, CLOPPER, ONE_LINE, PAPER, REUSED};
use super::source::Source;
use super::{DELTA, DIM, Part, Row, select};

fn effect(row: &Row) -> Effect {
    Effect::new(row.mean, row.std_error)
}

fn only<'a>(row: Option<&'a Row>) -> Effect {
    row.map_or(Effect::exact(f64::NAN), effect)
}

fn difference(a: Effect, b: Effect) -> Effect {
    Effect::new(a.value - b.value, a.std_error.hypot(b.std_error))
}

/// The row of a quantity on one population, at the largest size.
pub(super) fn of<'a>(
    rows: &'a [Row],
    part: Part,
    source: Source,
    setting: &'a str,
    quantity: &'a str,
) -> Option<&'a Row> {
    select(rows, part, quantity)
        .filter(|row| row.source == source && row.setting == setting)
        .max_by_key(|row| row.n.max(row.m))
}

fn slope(rows: &[Row], part: Part, quantity: &'static str) -> Effect {
    only(of(rows, part, Source::Medium, "", quantity))
}

pub(super) fn all(rows: &[Row]) -> Vec<Finding> {
    vec![
        rate(rows, Part::Labelled),
        rate(rows, Part::Pairs),
        rate(rows, Part::Both),
        whole_rate(rows),
        distance(rows),
        near_dimension(rows),
        limit(rows),
        below_chance(rows),
        ranks(rows),
        invariance_ranks(rows),
        residual_ranks(rows),
        white_ranks(rows),
        units(rows),
        certifies(rows),
        holds(rows),
        massart(rows),
        massart_is_near(rows),
        information(rows),
    ]
}

fn half() -> Line {
    Line::near(
        -0.5,
        0.05,
        "the sizes span a factor of 16 at least, over which 0.05 is 15 % of the term",
    )
}

/// The bound over one kind of points or both, without what is left with infinitely many.
fn rate(rows: &[Row], part: Part) -> Finding {
    let line = half();
    let (form, over) = match part {
        Part::Labelled => (
            "labelled points",
            "n labelled points (infinitely many pairs)",
        ),
        Part::Pairs => ("pairs", "m pairs (infinitely many labelled points)"),
        _ => ("both", "n = m labelled points and pairs"),
    };
    let less = slope(rows, part, "slope_less_floor");
    let raw = slope(rows, part, "slope");
    Finding {
        claim: "bound-rates".into(),
        form: format!("corrected: rate in {form}"),
        statement: format!(
            "Over {over} the bound, less what is left of it with infinitely many, falls with power -1/2."
        ),
        unit: "log-log slope".into(),
        evidence: format!(
            "slope {:.4} ± {:.4} after subtracting three times the residual of the best fit, {:.3} ± {:.3} before; that of the bound in one line, less one residual, {:.3}",
            less.value,
            less.std_error,
            raw.value,
            raw.std_error,
            slope(rows, part, "slope_alternative").value
        ),
        controls: vec![line.refuted("with the floor left in", raw)],
        ..line.judge(less)
    }
}

fn whole_rate(rows: &[Row]) -> Finding {
    let line = half();
    let raw = |part| slope(rows, part, "slope");
    let both = raw(Part::Both);
    Finding {
        claim: "bound-rates".into(),
        form: "as stated: the whole bound".into(),
        statement: "The bound falls as 1/sqrt(n) in n = m labelled points and pairs.".into(),
        unit: "log-log slope".into(),
        evidence: format!(
            "slope {:.3} ± {:.3}; in labelled points alone {:.3}, in pairs alone {:.3}: it ends at three times the residual of the best fit",
            both.value,
            both.std_error,
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

fn distance(rows: &[Row]) -> Finding {
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

fn near_dimension(rows: &[Row]) -> Finding {
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

fn sources(rows: &[Row], part: Part) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for row in rows.iter().filter(|row| row.part == part) {
        if !sources.contains(&row.source) {
            sources.push(row.source);
        }
    }
    sources
}

fn limit(rows: &[Row]) -> Finding {
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

fn below_chance(rows: &[Row]) -> Finding {
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

fn ranks(rows: &[Row]) -> Finding {
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

fn invariance_ranks(rows: &[Row]) -> Finding {
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

fn residual_ranks(rows: &[Row]) -> Finding {
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
            line.refuted("encoders that do not see the classes", blind),
            line.refuted(
                "the distance of the pairs",
                correlation(rows, ENCODERS, "invariance"),
            ),
        ],
        ..line.judge(residual)
    }
}

fn white_ranks(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.8,
        0.0,
        "an order with few exceptions; the residual alone has fewer",
    );
    let white = correlation(rows, ENCODERS, "bound of white features");
    Finding {
        claim: "bound-tightness".into(),
        form: "corrected: the bound of white features ranks".into(),
        statement: "With the features of every encoder made white, which changes no risk, the bound ranks the encoders.".into(),
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

fn units(rows: &[Row]) -> Finding {
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
                "features whose units do not differ (easy)",
                change(Source::Easy, "equal units"),
            ),
        ],
        ..line.judge(equal)
    }
}

fn certifies(rows: &[Row]) -> Finding {
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

fn holds(rows: &[Row]) -> Finding {
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

fn massart(rows: &[Row]) -> Finding {
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

fn massart_is_near(rows: &[Row]) -> Finding {
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

fn information(rows: &[Row]) -> Finding {
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
    let nats: Vec<f64> = (families(rows, NETWORKS, "information_nats"))
        .map(|row| row.mean)
        .collect();
    let (least, most_nats) = (
        nats.iter().copied().fold(f64::INFINITY, f64::min),
        nats.iter().copied().fold(0.0, f64::max),
    );
    Finding {
        claim: "complexity-information".into(),
        form: "as stated: information tells |F|".into(),
        statement:
            "Families whose encoders have the same information I(Z; X) have the same complexity."
                .into(),
        unit: "ln of the ratio of the averages".into(),
        evidence: format!(
            "every one of the networks tells all 240 points apart, so that I(Z; X) is {least:.4} to {most_nats:.4} nats (ln 240) in all families, of 2 and of {most:.0} alike; their averages differ by a factor of {:.1}. How many encoders a training could have chosen is no property of the one it chose: ln |F| near 2^I is a heuristic that no measurement on an encoder decides",
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
