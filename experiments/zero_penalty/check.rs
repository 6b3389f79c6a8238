use std::f64::consts::LN_2;

use vicinfo::experiment::{Effect, Finding, Line, scientific};

use super::code::Code;
use super::{
    CODES, FINE_PAIR_DIST, LOG_DET, MEDIUM_NOISE, Part, ROUNDING, Row, SMALL, STRONG_NOISE,
    WEAK_NOISE, at, of_code, select,
};

const CUBE: (Code, usize) = (Code::Cube, 7);
const PARITY: (Code, usize) = (Code::Parity, 7);
const GAUSSIAN: (Code, usize) = (Code::Gaussian, 7);
const SMALL_CUBE: (Code, usize) = (Code::Cube, 3);
const EXCLUSIVE_OR: (Code, usize) = (Code::Parity, 3);
const CURVE: (Code, usize) = (Code::Fourier, 6);

const SMALL_REASON: &str =
    "a tenth of a nat is less than any difference that methods are compared by";

fn effect(row: &Row) -> Effect {
    Effect::new(row.mean, row.std_error)
}

/// A quantity of the law of a code at one noise; NaN where it was not measured.
fn of_law(rows: &[Row], quantity: &str, code: (Code, usize), std: f64) -> Effect {
    at(rows, Part::Population, quantity, code, std).map_or(Effect::exact(f64::NAN), effect)
}

fn difference(a: Effect, b: Effect) -> Effect {
    Effect::new(a.value - b.value, a.std_error.hypot(b.std_error))
}

fn information(rows: &[Row], code: (Code, usize), std: f64) -> Effect {
    of_law(rows, "information_nats", code, std)
}

fn information_difference(rows: &[Row], codes: [(Code, usize); 2], std: f64) -> Effect {
    difference(
        information(rows, codes[0], std),
        information(rows, codes[1], std),
    )
}

/// Distance of a quantity from the loss' own value for the Gaussian in as many dimensions and at
/// equal noise, as a share of that loss.
fn departures<'a>(
    rows: &'a [Row],
    quantity: &'a str,
    reference: &'a str,
) -> impl Iterator<Item = Effect> + 'a {
    select(rows, Part::Loss, quantity)
        .filter(|row| row.code != Code::Gaussian)
        .filter_map(move |row| {
            let gaussian = (Code::Gaussian, row.dim);
            let own = at(rows, Part::Loss, reference, gaussian, row.std)?.mean;
            let loss = at(rows, Part::Loss, "loss", gaussian, row.std)?.mean;
            Some(Effect::exact((row.mean - own).abs() / loss))
        })
}

fn largest_departure(rows: &[Row]) -> Effect {
    let quantities = ["invariance", "variance", "covariance", "loss"];
    let all = quantities.map(|quantity| Effect::largest(departures(rows, quantity, quantity)));
    Effect::largest(all.into_iter())
}

pub(super) fn loss(rows: &[Row]) -> Finding {
    let largest = largest_departure(rows);
    let broken = |quantity| Effect::smallest(departures(rows, quantity, "loss"));
    let penalty = ["variance", "covariance"]
        .map(|quantity| Effect::largest(select(rows, Part::Loss, quantity).map(effect)).value);
    let line = Line::at_most(0.0, ROUNDING, "rounding of sums over 3584 points");
    Finding {
        claim: "zero-penalty".into(),
        form: "the setting: one loss".into(),
        statement: "All codes in as many dimensions have the same invariance, variance and covariance terms as the Gaussian, and both penalties are zero (on designs with the moments of the laws).".into(),
        unit: "share of the loss".into(),
        evidence: format!(
            "largest difference of any term {:.1e} of the loss, at every noise; variance term at most {}, covariance term at most {}",
            largest.value,
            scientific(penalty[0], 0),
            scientific(penalty[1], 0)
        ),
        controls: vec![
            line.refuted(
                "two coordinates correlated by 1 %",
                broken("correlated_loss"),
            ),
            line.refuted("one coordinate narrower by 10 %", {
                // A wide noise keeps the narrow coordinate above the hinge.
                let weak = select(rows, Part::Loss, "narrow_loss")
                    .filter(|row| row.std <= WEAK_NOISE)
                    .filter_map(|row| {
                        let own = at(rows, Part::Loss, "loss", (row.code, row.dim), row.std)?;
                        Some(Effect::exact((row.mean - own.mean).abs() / own.mean))
                    });
                Effect::smallest(weak)
            }),
            line.refuted("noise larger by 1 %", broken("noisier_loss")),
        ],
        ..line.judge(largest)
    }
}

pub(super) fn entropy(rows: &[Row]) -> Finding {
    let gap = |code| of_law(rows, "entropy_gap_nats", code, WEAK_NOISE);
    let gaussian = difference(
        of_law(rows, "gaussian_entropy_nats", GAUSSIAN, WEAK_NOISE),
        of_law(rows, "drawn_entropy_nats", GAUSSIAN, WEAK_NOISE),
    );
    let line = Line::at_most(0.0, SMALL, SMALL_REASON);
    Finding {
        claim: "zero-penalty".into(),
        form: "as stated: high entropy".into(),
        statement: "A representation of zero penalty has the entropy of the Gaussian of its covariance (checked on 7 parities of 3 bits at noise 0.1).".into(),
        unit: "nats below the Gaussian".into(),
        evidence: format!(
            "at noise 0.1 and equal loss the entropy is below the Gaussian's by {:.2} nats for 7 parities, {:.2} for the cube of 7 bits, {:.2} for the Fourier curve, {:.2} for the exclusive or, {:.2} for the cube of 3 bits; the weaker the noise, the more",
            gap(PARITY).value,
            gap(CUBE).value,
            gap(CURVE).value,
            gap(EXCLUSIVE_OR).value,
            gap(SMALL_CUBE).value
        ),
        controls: vec![
            line.refuted("cube of 7 bits", gap(CUBE)),
            line.refuted("Fourier curve in 6 dimensions", gap(CURVE)),
            line.refuted("exclusive or", gap(EXCLUSIVE_OR)),
            line.supported("Gaussian code, entropy by draws", gaussian),
        ],
        ..line.judge(gap(PARITY))
    }
}

pub(super) fn information_stated(rows: &[Row]) -> Finding {
    let two = information_difference(rows, [CUBE, PARITY], WEAK_NOISE);
    let turned = difference(
        information(rows, CUBE, MEDIUM_NOISE),
        of_law(rows, "turned_information_nats", CUBE, MEDIUM_NOISE),
    );
    let line = Line::near(0.0, SMALL, SMALL_REASON);
    Finding {
        claim: "zero-penalty".into(),
        form: "as stated: high information".into(),
        statement: "Views of equal loss in all three terms share equal information (checked on the cube of 7 bits against 7 parities of 3 bits at noise 0.1).".into(),
        unit: "nats".into(),
        evidence: format!(
            "information {:.4} and {:.4} nats, a difference of {:.4} (4 ln 2 = {:.4}), at losses that differ by {:.0e} of their value; the Gaussian of the same moments has {:.2} nats",
            information(rows, CUBE, WEAK_NOISE).value,
            information(rows, PARITY, WEAK_NOISE).value,
            two.value,
            4.0 * LN_2,
            largest_departure(rows).value,
            information(rows, GAUSSIAN, WEAK_NOISE).value
        ),
        controls: vec![
            line.refuted(
                "cube of 3 bits against the exclusive or (ln 2)",
                information_difference(rows, [SMALL_CUBE, EXCLUSIVE_OR], WEAK_NOISE),
            ),
            line.refuted(
                "Fourier curve against the Gaussian",
                information_difference(rows, [CURVE, (Code::Gaussian, 6)], WEAK_NOISE),
            ),
            line.supported(
                format!(
                    "the cube of 7 bits in another orthonormal basis, by draws, at noise {MEDIUM_NOISE}, where it has {:.2} nats",
                    information(rows, CUBE, MEDIUM_NOISE).value
                ),
                turned,
            ),
        ],
        ..line.judge(two)
    }
}

pub(super) fn ranking(rows: &[Row]) -> Finding {
    let lead = |codes, std| information_difference(rows, codes, std);
    let strong = lead([CUBE, PARITY], STRONG_NOISE);
    let line = Line::at_least(0.0, SMALL, SMALL_REASON);
    Finding {
        claim: "zero-penalty".into(),
        form: "as stated: one order at every noise".into(),
        statement: "At equal loss, of two codes the one of higher entropy shares more information between the views at every noise (checked on the cube of 7 bits over 7 parities at noise 1).".into(),
        unit: "nats".into(),
        evidence: format!(
            "at noise 1 the parities share {:.3} nats, the cube {:.3}, the Gaussian {:.3}: the reverse of the order at noise 0.1, where they share {:.2}, {:.2} and {:.2}",
            information(rows, PARITY, STRONG_NOISE).value,
            information(rows, CUBE, STRONG_NOISE).value,
            information(rows, GAUSSIAN, STRONG_NOISE).value,
            information(rows, PARITY, WEAK_NOISE).value,
            information(rows, CUBE, WEAK_NOISE).value,
            information(rows, GAUSSIAN, WEAK_NOISE).value
        ),
        controls: vec![
            line.refuted(
                "the Gaussian over 7 parities at noise 1",
                lead([GAUSSIAN, PARITY], STRONG_NOISE),
            ),
            line.supported(
                "the cube over 7 parities at noise 0.1",
                lead([CUBE, PARITY], WEAK_NOISE),
            ),
        ],
        ..line.judge(strong)
    }
}

pub(super) fn upper(rows: &[Row]) -> Finding {
    let gaps = || {
        select(rows, Part::Population, "entropy_gap_nats").filter(|row| row.code != Code::Gaussian)
    };
    let line = Line::at_least(
        0.0,
        0.01,
        "under strong noise a code is nearly Gaussian and touches the bound; 0.01 nats is what the draws resolve",
    );
    let nearest = line.worst(gaps().map(effect));
    let largest = Effect::largest(gaps().map(effect));
    let noise =
        Effect::largest(select(rows, Part::Population, "noise_entropy_gap_nats").map(effect));
    Finding {
        claim: "zero-penalty".into(),
        form: "corrected: an upper bound".into(),
        statement: "The entropy of the Gaussian of the same covariance, which the penalties reward, is an upper bound on the entropy of every code.".into(),
        unit: "nats below the Gaussian".into(),
        evidence: format!(
            "over {} pairs of a code and a noise the entropy lies between {:.3} and {:.2} nats below the Gaussian's",
            gaps().count(),
            nearest.value,
            largest.value
        ),
        controls: vec![line.refuted("the entropy of the noise alone taken as the bound", noise)],
        ..line.judge(nearest)
    }
}

pub(super) fn gaussian(rows: &[Row]) -> Finding {
    let off = |formula: &str, quantity: &str| -> Vec<Effect> {
        (CODES.into_iter())
            .filter(|(code, _)| *code == Code::Gaussian)
            .flat_map(|code| {
                of_code(rows, Part::Population, quantity, code)
                    .map(move |row| (code, row))
                    .collect::<Vec<_>>()
            })
            .map(|(code, row)| difference(of_law(rows, formula, code, row.std), effect(row)))
            .collect()
    };
    let entropies = off("gaussian_entropy_nats", "drawn_entropy_nats");
    let informations = off("gaussian_information_nats", "drawn_information_nats");
    let line = Line::near(0.0, SMALL, SMALL_REASON);
    let farthest = line.worst(entropies.into_iter().chain(informations));
    let code = |code| {
        difference(
            of_law(rows, "gaussian_information_nats", code, WEAK_NOISE),
            information(rows, code, WEAK_NOISE),
        )
    };
    Finding {
        claim: "zero-penalty".into(),
        form: "corrected: for Gaussian Z".into(),
        statement: "For a Gaussian representation zero penalty does fix entropy and information: those of its covariances.".into(),
        unit: "nats (worst of entropy and information)".into(),
        evidence: format!(
            "in 3, 6 and 7 dimensions and at every noise, entropy and information by draws of the densities differ from the formulas of the moments by at most {:.4} ± {:.4} nats; for the codes the formula of the information is off by {:.2} (cube of 7 bits) and {:.2} nats (7 parities) at noise 0.1",
            farthest.value.abs(),
            farthest.std_error,
            code(CUBE).value,
            code(PARITY).value
        ),
        controls: vec![
            line.refuted("information of the cube of 7 bits", code(CUBE)),
            line.refuted("information of 7 parities", code(PARITY)),
            line.refuted("information of the Fourier curve", code(CURVE)),
            line.refuted(
                "entropy of the exclusive or",
                of_law(rows, "entropy_gap_nats", EXCLUSIVE_OR, WEAK_NOISE),
            ),
        ],
        ..line.judge(farthest)
    }
}

/// The quantity of the first code less that of the second, in the largest samples.
fn sampled(rows: &[Row], quantity: &str, codes: [(Code, usize); 2]) -> Effect {
    let [first, second] = codes.map(|code| {
        of_code(rows, Part::Samples, quantity, code)
            .max_by_key(|row| row.n)
            .map_or(Effect::exact(f64::NAN), effect)
    });
    difference(first, second)
}

pub(super) fn samples(rows: &[Row]) -> Finding {
    let truth = information_difference(rows, [CUBE, PARITY], WEAK_NOISE);
    let share = |quantity, codes| {
        let seen = sampled(rows, quantity, codes);
        Effect::new(seen.value / truth.value, seen.std_error / truth.value)
    };
    let nearest = share("ksg_information_nats", [CUBE, PARITY]);
    let gaussian = share("gaussian_information_nats", [CUBE, PARITY]);
    let entropies = sampled(rows, "nearest_entropy_nats", [CUBE, PARITY]);
    let entropy_truth = difference(
        of_law(rows, "entropy_nats", CUBE, WEAK_NOISE),
        of_law(rows, "entropy_nats", PARITY, WEAK_NOISE),
    );
    let n = select(rows, Part::Samples, "loss").map(|row| row.n).max();
    let line = Line::at_least(
        0.75,
        0.0,
        "three quarters of the true difference leave no doubt about the order",
    );
    Finding {
        claim: "zero-penalty".into(),
        form: "corrected: the data hold the difference".into(),
        statement: "Nearest neighbours read most of the difference in information between the cube of 7 bits and 7 parities off samples in which the loss sees none (noise 0.1).".into(),
        unit: "share of the true difference".into(),
        evidence: format!(
            "with {} pairs nearest neighbours see {:.2} nats of {:.2} in information, and {:.2} nats of {:.2} in entropy; the Gaussian formula sees {:.3} nats, and the loss differs by {:.4} ± {:.4}",
            n.unwrap_or(0),
            nearest.value * truth.value,
            truth.value,
            entropies.value,
            entropy_truth.value,
            gaussian.value * truth.value,
            sampled(rows, "loss", [CUBE, PARITY]).value,
            sampled(rows, "loss", [CUBE, PARITY]).std_error
        ),
        controls: vec![line.refuted(
            "the Gaussian formula on the same samples",
            gaussian,
        )],
        ..line.judge(nearest)
    }
}

pub(super) fn pairwise(rows: &[Row]) -> Finding {
    // An entropy enters with a minus sign.
    let seen = |objective| {
        let [narrow, wide] = [EXCLUSIVE_OR, SMALL_CUBE].map(|code| {
            at(rows, Part::Objectives, objective, code, WEAK_NOISE)
                .map_or(Effect::exact(f64::NAN), effect)
        });
        difference(narrow, wide)
    };
    let truth = difference(
        of_law(rows, "entropy_nats", SMALL_CUBE, WEAK_NOISE),
        of_law(rows, "entropy_nats", EXCLUSIVE_OR, WEAK_NOISE),
    );
    let pairwise = seen(FINE_PAIR_DIST);
    let line = Line::near(LN_2, SMALL, SMALL_REASON);
    Finding {
        claim: "zero-penalty".into(),
        form: "corrected: with a pairwise entropy".into(),
        statement: "An entropy term of pairwise distances, with components as wide as the noise, tells the exclusive or from the cube of 3 bits by their difference in entropy, ln 2, where the covariances are the same.".into(),
        unit: "nats".into(),
        evidence: format!(
            "{FINE_PAIR_DIST} differs by {:.4} nats, the laws by {:.4}; {LOG_DET} by {}; with components of width 1, wider than the code, the pairwise term sees {:.3}",
            pairwise.value,
            truth.value,
            scientific(seen(LOG_DET).value.abs(), 0),
            seen("pair_dist(bound=kl,std=1)").value
        ),
        controls: vec![
            line.refuted("the log-determinant of the covariance", seen(LOG_DET)),
            line.refuted(
                "components of width 1",
                seen("pair_dist(bound=kl,std=1)"),
            ),
        ],
        ..line.judge(pairwise)
    }
}

/// Of every batch size, how far a mean lies from what is expected there.
fn batches<'a>(
    rows: &'a [Row],
    quantity: &'a str,
    expected: impl Fn(f64, f64) -> f64 + 'a,
) -> impl Iterator<Item = (&'a Row, f64)> + 'a {
    select(rows, Part::Batch, quantity)
        .map(move |row| (row, expected(row.dim as f64, row.n as f64)))
}

/// A batch of the size that is common in training.
const BATCH: (usize, usize) = (64, 256);

pub(super) fn batch(rows: &[Row]) -> Finding {
    let penalty = select(rows, Part::Batch, "covariance_term")
        .find(|row| (row.dim, row.n) == BATCH)
        .map_or(Effect::exact(f64::NAN), effect);
    let small = Effect::smallest(
        select(rows, Part::Batch, "covariance_term")
            .filter(|row| row.n <= 2 * row.dim)
            .map(effect),
    );
    let design = Effect::largest(select(rows, Part::Loss, "covariance").map(effect));
    let line = Line::at_most(
        0.0,
        0.01,
        "below the share that one pair of coordinates with correlation 0.6 adds at d = 64",
    );
    Finding {
        claim: "zero-penalty".into(),
        form: "as stated: in a batch".into(),
        statement: "The covariance penalty of a representation without covariances is zero in a batch (64 dimensions, 256 points).".into(),
        unit: "covariance term".into(),
        evidence: format!(
            "mean term of independent standard normal coordinates {:.4} ± {:.4}; it falls as 1/n only, and at 8192 dimensions and 2048 points it would be 4.0 in each view",
            penalty.value, penalty.std_error
        ),
        controls: vec![
            line.refuted("the least of the batches of at most 2 d points", small),
            line.supported("designs with the moments of the law", design),
        ],
        ..line.judge(penalty)
    }
}

pub(super) fn covariance_bias(rows: &[Row]) -> Finding {
    let off = |divisor: fn(f64) -> f64| {
        batches(rows, "covariance_term", move |dim, n| {
            (dim - 1.0) / divisor(n)
        })
        .map(|(row, expected)| Effect::new(row.mean / expected - 1.0, row.std_error / expected))
    };
    let line = Line::near(
        0.0,
        0.05,
        "the term of one batch of 8 dimensions varies by sqrt(4 / (d (d - 1))) = 27 % of itself, its mean over 2000, the fewest, by 0.6 %: eight of these, four that the decision keeps away and four for the worst of all sizes, are 4.8 %",
    );
    let worst = line.worst(off(|n| n - 1.0));
    Finding {
        claim: "zero-penalty".into(),
        form: "corrected: bias of the covariance term".into(),
        statement: "The mean covariance term of n uncorrelated Gaussian points of unit variance in d dimensions is (d - 1) / (n - 1).".into(),
        unit: "relative departure".into(),
        evidence: format!(
            "over {} pairs of d = 8, 64 and n from 9 to 4096 the mean is off by at most {:.2} % ± {:.2} %",
            select(rows, Part::Batch, "covariance_term").count(),
            100.0 * worst.value.abs(),
            100.0 * worst.std_error
        ),
        controls: vec![line.refuted(
            "with n in place of n - 1",
            line.worst(off(|n| n)),
        )],
        ..line.judge(worst)
    }
}

pub(super) fn log_det_bias(rows: &[Row]) -> Finding {
    let formula = |row: &Row| {
        select(rows, Part::Batch, "half_log_det_formula_nats")
            .find(|other| (other.dim, other.n) == (row.dim, row.n))
            .map_or(f64::NAN, |other| other.mean)
    };
    let means = || select(rows, Part::Batch, "half_log_det_nats");
    let line = Line::near(0.0, SMALL, SMALL_REASON);
    let worst = line.worst(means().map(|row| Effect::new(row.mean - formula(row), row.std_error)));
    let leading = line.worst(
        batches(rows, "half_log_det_nats", |dim, n| {
            -dim * (dim + 1.0) / (4.0 * n)
        })
        .map(|(row, expected)| Effect::new(row.mean - expected, row.std_error)),
    );
    let at_batch = means().find(|row| (row.dim, row.n) == BATCH);
    Finding {
        claim: "zero-penalty".into(),
        form: "corrected: bias of the log-determinant".into(),
        statement: "The mean of (1/2) ln det S over batches of n uncorrelated Gaussian points of unit variance, S their covariance, is (1/2) [d ln(2 / (n - 1)) + sum over i = 1..d of psi((n - i) / 2)].".into(),
        unit: "nats".into(),
        evidence: format!(
            "largest difference {:.3} ± {:.3} nats; at d = 64 and n = 256 an entropy of {:.2} nats too low is read off the batch",
            worst.value.abs(),
            worst.std_error,
            -at_batch.map_or(f64::NAN, |row| row.mean)
        ),
        controls: vec![
            line.refuted("its leading term, -d (d + 1) / (4 n)", leading),
            line.refuted("no bias at all", line.worst(means().map(effect))),
        ],
        ..line.judge(worst)
    }
}
