//! How far is VICReg's form below the information, and where do the nats go?
//!
//! Everything is in closed form or by quadrature, on laws whose information is known: two Gaussian
//! views `X = S + E`, `X' = S + E'` of one signal with a linear encoder `Z = A X`, and four equally
//! likely numbers seen with noise.
//!
//! * **identity**: `H(Z) + E ln q(Z | X')` and its gap `E KL(p || q)` add up to `I(Z; X')`, for
//!   random laws, encoders and Gaussian `q`.
//! * **likelihood**: the expected log-likelihood of the derivation, as stated and corrected, beside a
//!   Monte Carlo mean, for random means and covariances.
//! * **noise**: bounds and stated form against the noise, for a number that is Gaussian and for four
//!   numbers.
//! * **scale**: the bound with a decoder of unit variance against the scale of the embedding.
//! * **chain**: from the information to VICReg's form, one step at a time.

mod chain;
mod check;
mod check_likelihood;
mod figure;
mod measure;

use serde::{Deserialize, Serialize};

use vicinfo::Error;
use vicinfo::experiment::{Experiment, Finding, Inputs, Scale};
use vicinfo::figure::Figure;
use vicinfo::paper::ClaimId;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

/// Rounding of an information in up to 16 + 32 dimensions stays below this.
const ROUNDING: f64 = 1e-10;
/// Less than any difference that methods are compared by, in nats.
const SMALL: f64 = 0.1;

/// See the module documentation.
pub struct InformationBound;

/// One design point.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    part: Part,
    source: Source,
    /// Features of the encoder.
    dim: usize,
    /// Independent laws or encoders; 1 where nothing is random.
    replicates: usize,
    /// Monte Carlo draws for each.
    draws: usize,
}

/// What a cell measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Bound and gap.
    Identity,
    /// Expected log-likelihood.
    Likelihood,
    /// Bounds against the noise.
    Noise,
    /// The bound against the scale of the embedding.
    Scale,
    /// From the information to VICReg's form.
    Chain,
}

/// What is seen twice, and through which encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A Gaussian signal through a random linear encoder.
    Random,
    /// A Gaussian signal through the linear encoder of its width that keeps most information.
    Best,
    /// One standard Gaussian number as it is.
    Gaussian,
    /// Four equally likely numbers, -3, -1, 1 and 3, as they are.
    Prototypes,
}

/// One line of the table: a quantity, over the replicates where there are several.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    part: Part,
    source: Source,
    quantity: String,
    dim: usize,
    /// Variance of the noise, scale of the embedding, or number of the step; else 0.
    x: f64,
    n: usize,
    mean: f64,
    std_error: f64,
    min: f64,
    max: f64,
}

/// One value of one replicate: `(quantity, x, value)`.
type Value = (&'static str, f64, f64);

impl Row {
    fn new(cell: &Cell, quantity: &str, x: f64, values: &[f64]) -> Result<Self, Error> {
        let (mean, std_error) = match values {
            // Nothing random in it.
            [value] => (*value, 0.0),
            _ => {
                let summary = Summary::new(values)?;
                (summary.mean, summary.std_error)
            }
        };
        Ok(Self {
            part: cell.part,
            source: cell.source,
            quantity: quantity.to_owned(),
            dim: cell.dim,
            x,
            n: values.len(),
            mean,
            std_error,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

/// Summarises each `(quantity, x)` over the replicates of a cell, in the order of the first.
fn replicated(
    cell: &Cell,
    seed: Seed,
    measure: impl Fn(Seed) -> Result<Vec<Value>, Error>,
) -> Result<Vec<Row>, Error> {
    let measure = |seed| {
        let values = measure(seed)?.into_iter();
        Ok(values.map(|(quantity, x, value)| ((quantity, x), value)))
    };
    vicinfo::experiment::replicated(cell.replicates, seed, measure)?
        .into_iter()
        .map(|((quantity, x), values)| Row::new(cell, quantity, x, &values))
        .collect()
}

impl Experiment for InformationBound {
    const ID: &'static str = "information-bound";
    const SUMMARY: &'static str = "How far VICReg's form is below the information, and at which step of the derivation the nats go.";
    const CLAIMS: &'static [ClaimId] = &[
        ClaimId("information-lower-bound"),
        ClaimId("expected-log-likelihood"),
    ];
    type Cell = Cell;
    type Row = Row;

    fn grid(scale: Scale, _inputs: &Inputs) -> Result<Vec<Cell>, Error> {
        let (dims, laws, encoders, draws): (&[usize], _, _, _) = match scale {
            Scale::Smoke => (&[1, 2, 4], 40, 40, 20_000),
            Scale::Standard => (&[1, 2, 4, 8], 200, 200, 20_000),
            Scale::Full => (&[1, 2, 4, 8, 16], 400, 1000, 50_000),
        };
        let cell = |part, source, dim, replicates, draws| Cell {
            part,
            source,
            dim,
            replicates,
            draws,
        };
        let mut cells = Vec::new();
        for &dim in dims.iter().rev() {
            cells.push(cell(Part::Likelihood, Source::Random, dim, laws, draws));
            cells.push(cell(Part::Identity, Source::Random, dim, laws, 0));
        }
        cells.extend([
            cell(Part::Noise, Source::Gaussian, 1, 1, 0),
            cell(Part::Noise, Source::Prototypes, 1, 1, 0),
            cell(Part::Scale, Source::Random, 4, encoders, 0),
            cell(Part::Chain, Source::Random, 4, encoders, 0),
            cell(Part::Chain, Source::Best, 4, 1, 0),
            cell(Part::Chain, Source::Prototypes, 1, 1, 0),
            cell(Part::Chain, Source::Gaussian, 1, 1, 0),
        ]);
        Ok(cells)
    }

    fn measure(cell: &Cell, _inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
        match cell.part {
            Part::Identity => measure::identity(cell, seed),
            Part::Likelihood => measure::likelihood(cell, seed),
            Part::Noise => measure::noise(cell, seed),
            Part::Scale => measure::scale(cell, seed),
            Part::Chain => chain::chain(cell, seed),
        }
    }

    fn check(rows: &[Row]) -> Vec<Finding> {
        vec![
            check::bound(rows),
            check::gap(rows),
            check::log_det(rows),
            check::scale(rows),
            check::form(rows),
            check_likelihood::stated(rows),
            check_likelihood::corrected(rows),
            check_likelihood::difference(rows),
        ]
    }

    fn figures(rows: &[Row]) -> Vec<Figure> {
        vec![
            figure::chain(rows),
            figure::noise(rows),
            figure::scale(rows),
        ]
    }
}

fn select<'a>(rows: &'a [Row], part: Part, quantity: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter()
        .filter(move |row| row.part == part && row.quantity == quantity)
}

vicinfo::experiment_main!(InformationBound);
