use vicinfo::experiment::{Effect, Finding, Line, scientific};

use super::{
    EPSILONS, LEAKY, MEANS, OVERLAPPING, POINTS, Part, RELU, Row, SEPARATE, SMALL_RELU, named,
    select,
};

const ENTROPY: &str = "entropy-change-of-variables";
const INFORMATION: &str = "finite-information";

fn effect(row: &Row) -> Effect {
    Effect::new(row.value, row.std_error)
}

fn all<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = Effect> {
    select(rows, part, quantity).map(effect)
}

/// One quantity of one map at one place; NaN where the table has none.
fn single(rows: &[Row], part: Part, name: &str, quantity: &str, x: f64) -> Effect {
    Effect::farthest(
        named(rows, part, name, quantity)
            .filter(|row| row.x.total_cmp(&x).is_eq())
            .map(effect),
    )
}

fn folded(rows: &[Row], quantity: &str, mean: f64) -> Effect {
    single(rows, Part::Folding, "|x|", quantity, mean)
}

pub(super) fn any_network(rows: &[Row]) -> Finding {
    let line = Line::near(0.0, 0.01, "1 % of a nat");
    let error = folded(rows, "formula_error_nats", 0.0);
    Finding {
        claim: ENTROPY.into(),
        form: "as stated: for a network that folds".into(),
        statement: "H(Z) = H(X) + E ln |f'(X)| for Z = |X|, X standard normal.".into(),
        unit: "nats".into(),
        evidence: format!(
            "the formula is {:.6} nats too large (ln 2 = {:.6}); with the mean one deviation from the fold {:.6}",
            error.value,
            std::f64::consts::LN_2,
            folded(rows, "formula_error_nats", 1.0).value
        ),
        controls: vec![
            line.refuted(
                "mean one standard deviation from the fold",
                folded(rows, "formula_error_nats", 1.0),
            ),
            line.supported(
                "mean four standard deviations from the fold",
                folded(rows, "formula_error_nats", 4.0),
            ),
        ],
        ..line.judge(error)
    }
}

pub(super) fn folding(rows: &[Row]) -> Finding {
    let line = Line::near(0.0, 1e-10, "accuracy of the quadrature");
    let worst = line.worst(all(rows, Part::Folding, "corrected_error_nats"));
    Finding {
        claim: ENTROPY.into(),
        form: "corrected: folding loses H(X|Z)".into(),
        statement: "H(Z) = H(X) + E ln |f'(X)| - H(X|Z) for Z = |X| at every mean of X.".into(),
        unit: "nats".into(),
        evidence: format!(
            "largest error over {} means {:.1e} nats; H(X|Z) falls from {:.4} to {:.1e} nats",
            MEANS.len(),
            worst.value.abs(),
            folded(rows, "folding_entropy_nats", 0.0).value,
            folded(rows, "folding_entropy_nats", 4.0).value
        ),
        controls: vec![line.refuted(
            "without H(X|Z)",
            Effect::smallest(all(rows, Part::Folding, "formula_error_nats")),
        )],
        ..line.judge(worst)
    }
}

fn crushed(rows: &[Row], name: &str) -> Effect {
    Effect::farthest(named(rows, Part::Rank, name, "crushed").map(effect))
}

pub(super) fn ranks(rows: &[Row]) -> Finding {
    let line = Line::at_most(0.0, 0.01, "one input in a hundred");
    let share = crushed(rows, RELU);
    let mean_rank: f64 = named(rows, Part::Rank, RELU, "share")
        .map(|row| row.x * row.value)
        .sum();
    Finding {
        claim: ENTROPY.into(),
        form: "as stated: for ReLU networks of constant width".into(),
        statement:
            "The affine maps of a ReLU network 8-8-8-8 have full rank, so that ln |det A| exists."
                .into(),
        unit: "share of inputs where the rank drops".into(),
        evidence: format!(
            "{:.3} ± {:.3} of the inputs are mapped to fewer dimensions, to {mean_rank:.2} on average: the entropy is -inf, and a determinant with a ridge only measures the ridge",
            share.value, share.std_error
        ),
        controls: vec![
            line.refuted("ReLU network 2-2-2", crushed(rows, SMALL_RELU)),
            line.supported("leaky network of the same widths", crushed(rows, LEAKY)),
        ],
        ..line.judge(share)
    }
}

fn agreement() -> Line {
    Line::near(
        0.0,
        0.1,
        "a tenth of a nat; a standard normal coordinate has 1.42",
    )
}

/// Of controls that must all be refuted, the one nearest to the line.
fn nearest(rows: &[Row], quantity: &str) -> Effect {
    Effect::smallest(
        all(rows, Part::Bijective, quantity).map(|e| Effect::new(e.value.abs(), e.std_error)),
    )
}

/// Differences of what the library computes in two ways, in all dimensions: the largest, and how many
/// are beyond four standard errors.
fn consistency(rows: &[Row], quantity: &str) -> (Effect, usize) {
    let worst = agreement().worst(all(rows, Part::Bijective, quantity));
    let apart = all(rows, Part::Bijective, quantity)
        .filter(|e| e.value.abs() > 4.0 * e.std_error)
        .count();
    (worst, apart)
}

pub(super) fn one_to_one(rows: &[Row]) -> Finding {
    let line = agreement();
    let worst = line.worst(all(rows, Part::Bijective, "formula_error_nats"));
    let networks = all(rows, Part::Bijective, "formula_error_nats").count();
    let (direct, apart) = consistency(rows, "direct_difference_nats");
    Finding {
        claim: ENTROPY.into(),
        form: "corrected: for one-to-one networks".into(),
        statement: "H(Z) = H(X) + E ln |det A| is the entropy of the output, measured without Jacobians: by quadrature on the line, by nearest neighbours in the plane."
            .into(),
        unit: "nats per dimension".into(),
        evidence: format!(
            "largest error over {networks} networks {:.3} ± {:.3} nats per dimension, with the bias of neighbours where maps are narrow. Consistent in every dimension with the mean of -ln p(Z) at inverted points, which takes the same determinants: largest difference {:.3} ± {:.3}, {apart} networks beyond four standard errors",
            worst.value, worst.std_error, direct.value, direct.std_error
        ),
        controls: vec![
            line.refuted(
                "the slopes of the activations left out, in every network",
                nearest(rows, "without_slopes_error_nats"),
            ),
            line.refuted(
                "f = |x| with the same formula",
                folded(rows, "formula_error_nats", 0.0),
            ),
        ],
        ..line.judge(worst)
    }
}

pub(super) fn manifold(rows: &[Row]) -> Finding {
    let line = agreement();
    let worst = line.worst(all(rows, Part::Bijective, "manifold_error_nats"));
    let ridge = Effect::farthest(all(rows, Part::Bijective, "ridge_error_nats"));
    let (square, apart) = consistency(rows, "manifold_difference_nats");
    Finding {
        claim: ENTROPY.into(),
        form: "corrected: for more outputs than inputs".into(),
        statement: "On the image, the entropy is H(X) + (1/2) E ln det A^T A: a network turned into one dimension more has the entropy of the output before the turn, measured without Jacobians.".into(),
        unit: "nats per dimension".into(),
        evidence: format!(
            "largest error {:.3} ± {:.3} nats per dimension; ln det (A A^T + 1e-6 I) / 2 is {:.1} nats per dimension off at worst, the ridge's own logarithm. Consistent in every dimension with the determinants of the network before the turn: largest difference {:.3} ± {:.3}, {apart} networks beyond four standard errors",
            worst.value, worst.std_error, ridge.value, square.value, square.std_error
        ),
        controls: vec![line.refuted(
            "determinant of A A^T with a ridge of 1e-6, in every network",
            nearest(rows, "ridge_error_nats"),
        )],
        ..line.judge(worst)
    }
}

fn finest() -> f64 {
    EPSILONS[EPSILONS.len() - 1]
}

fn noisy(rows: &[Row], name: &str, quantity: &str) -> Effect {
    single(rows, Part::Noise, name, quantity, finest())
}

pub(super) fn finite(rows: &[Row]) -> Finding {
    let line = Line::near(0.0, 0.01, "1 % of a nat for each factor e of the noise");
    let slope = noisy(rows, "leaky", "slope");
    Finding {
        claim: INFORMATION.into(),
        form: "as stated: I(X;Z) is finite".into(),
        statement: "With a density on the input, the information of a leaky ReLU about its input stays finite as the noise on the output vanishes.".into(),
        unit: "nats for each factor e of the noise".into(),
        evidence: format!(
            "at eps = {:.0e} the information is {:.2} nats and still grows by {:.4} for each factor e",
            finest(),
            noisy(rows, "leaky", "information_nats").value,
            slope.value
        ),
        controls: vec![
            line.refuted("identity", noisy(rows, "identity", "slope")),
            line.supported("sign", noisy(rows, "sign", "slope")),
        ],
        ..line.judge(slope)
    }
}

pub(super) fn dimension(rows: &[Row]) -> Finding {
    let line = Line::near(0.0, 0.01, "the next term of the ReLU's rate is 0.003 there");
    let maps = ["identity", "leaky", "relu", "sign"];
    let worst = line.worst(
        maps.iter()
            .map(|name| noisy(rows, name, "slope_less_dimension")),
    );
    let slope = |name| noisy(rows, name, "slope").value;
    Finding {
        claim: INFORMATION.into(),
        form: "corrected: I(X;Z) diverges at the rate of the information dimension".into(),
        statement: "I(X; f(X) + eps N) grows by the probability that f is not flat at X for each factor e of 1/eps.".into(),
        unit: "nats for each factor e of the noise".into(),
        evidence: format!(
            "slopes at eps = {:.0e}: identity {:.4}, leaky ReLU {:.4}, ReLU {:.4}, sign {:.4}",
            finest(),
            slope("identity"),
            slope("leaky"),
            slope("relu"),
            slope("sign")
        ),
        controls: vec![line.refuted(
            "ReLU taken for a map of dimension 1",
            noisy(rows, "relu", "slope_less_one"),
        )],
        ..line.judge(worst)
    }
}

pub(super) fn data(rows: &[Row]) -> Finding {
    let line = Line::at_least(
        0.5,
        0.0,
        "half of what one dimension adds for each factor e, over a decade",
    );
    let growth = |x: f64| {
        Effect::largest(
            select(rows, Part::Data, "growth_nats")
                .filter(|row| row.x.total_cmp(&x).is_eq())
                .map(effect),
        )
    };
    let decade = |name: &str| {
        let slope = noisy(rows, name, "slope");
        Effect::exact(slope.value * std::f64::consts::LN_10)
    };
    let last = growth(finest());
    let ceiling = (POINTS as f64).ln();
    let reached = select(rows, Part::Data, "information_nats")
        .filter(|row| row.x.total_cmp(&finest()).is_eq())
        .map(|row| Effect::exact(ceiling - row.value));
    let reached = Effect::largest(reached).value;
    Finding {
        claim: INFORMATION.into(),
        form: "as a reading: divergence can be seen on a data set".into(),
        statement: format!(
            "On {POINTS} points, the information of a network about its input keeps growing as the noise on the output vanishes."
        ),
        unit: "nats per decade of the noise".into(),
        evidence: format!(
            "from eps = 1e-5 to 1e-6 it grows by at most {} nats over all encoders and is within {} nats of ln {POINTS} = {ceiling:.4}: a finite data set cannot show more",
            scientific(last.value, 1),
            scientific(reached, 1)
        ),
        controls: vec![
            line.refuted("sign of a continuous input", decade("sign")),
            line.supported("identity of a continuous input", decade("identity")),
        ],
        ..line.judge(last)
    }
}

pub(super) fn index(rows: &[Row]) -> Finding {
    let line = Line::at_most(0.0, 0.01, "1 % of a nat");
    let missing = |name: &str, quantity: &str| -> Vec<Effect> {
        named(rows, Part::Index, name, quantity)
            .map(effect)
            .collect()
    };
    let separate = missing("separate", "missing_lower_nats");
    let worst = line.worst(separate.iter().copied());
    let overlapping = Effect::smallest(missing("overlapping", "missing_upper_nats").into_iter());
    let ceiling = (POINTS as f64).ln();
    Finding {
        claim: INFORMATION.into(),
        form: "corrected: I(Z;T) is finite, and at its ceiling for untrained networks".into(),
        statement: format!("With noise {SEPARATE} on the input, every untrained network has all ln {POINTS} nats about the prototype."),
        unit: "nats below the ceiling".into(),
        evidence: format!(
            "{} random encoders are within {:.1e} ± {:.0e} nats of ln {POINTS} = {ceiling:.4} (lower bound by a decoder): at this noise the quantity says nothing about training; at noise {OVERLAPPING} the input itself lacks {:.3} nats",
            separate.len(),
            worst.value,
            worst.std_error,
            overlapping.value
        ),
        controls: vec![line.refuted(
            format!("overlapping supports, noise {OVERLAPPING} (upper bound, the input's own information)"),
            overlapping,
        )],
        ..line.judge(worst)
    }
}
