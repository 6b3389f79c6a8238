use nalgebra::{DMatrix, DVector};
use vicinfo::Error;
use vicinfo::diagnostic::{Diagnostic, EffectiveRank};
use vicinfo::linalg::{Spd, symmetric_eigen};
use vicinfo::objective::reading::GaussianPair;
use vicinfo::objective::{BarlowTwins, Hinge, Invariance, LogDet, Objective, Sum, Vicreg};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::stats::spearman;

use super::{COLLAPSED, Cell, DIM, FLOOR, INFORMATIVE, Row, STEPS, Setting};

/// Variance of the noise of a view, before the views are mixed.
const NOISE: f64 = 0.05;
/// Floors at which a trained encoder is read again.
const FLOORS: [(&str, f64); 3] = [
    ("information_floor_1e-6_nats", 1e-6),
    ("information_floor_1e-4_nats", FLOOR),
    ("information_floor_1e-2_nats", 1e-2),
];

/// Numbers from `first` to `last` in equal factors.
fn geometric(first: f64, last: f64, count: usize) -> impl Iterator<Item = f64> {
    let step = (last / first).ln() / (count - 1) as f64;
    (0..count).map(move |i| first * (step * i as f64).exp())
}

/// Signal over noise in every direction, largest first.
fn ratios() -> Vec<f64> {
    geometric(60.0, 8.0, INFORMATIVE)
        .chain(geometric(2.0, 0.1, DIM - INFORMATIVE))
        .collect()
}

/// The most that a linear encoder with `k` features keeps, `-(1/2) sum ln(1 - rho^2)` over the `k` largest
/// canonical correlations, which are `r / (1 + r)` for a signal of `r` times the noise.
fn maximum(k: usize) -> f64 {
    let terms = ratios().into_iter().take(k).map(|ratio| {
        let rho = ratio / (1.0 + ratio);
        (-rho).ln_1p() + rho.ln_1p()
    });
    -0.5 * terms.sum::<f64>()
}

/// Two views of one signal.
struct Views {
    signal: DMatrix<f64>,
    view: DMatrix<f64>,
    /// A sample with the moments of the law.
    sample: Paired,
}

impl Views {
    /// Signal and noise of the given ratios, mixed by a random matrix with singular values from 0.7
    /// to 1.4: neither is diagonal, and the noise is not the same in all directions.
    fn draw(seed: Seed) -> Result<Self, Error> {
        let axes = |label: &str| {
            let factor = seed.child(label).normal_matrix(DIM, DIM);
            symmetric_eigen(&(&factor + factor.transpose())).map(|(_, axes)| axes)
        };
        let stretch = DMatrix::from_diagonal(&DVector::from_iterator(
            DIM,
            geometric(0.7, 1.4, DIM).map(|v| v * NOISE.sqrt()),
        ));
        let mix = axes("first axes")? * stretch * axes("second axes")?.transpose();
        let noise = &mix * mix.transpose();
        let ratios = DMatrix::from_diagonal(&DVector::from_vec(ratios()));
        let signal = &mix * ratios * mix.transpose();
        let view = &signal + &noise;
        Ok(Self {
            sample: exact_sample(&signal, &view)?,
            signal,
            view,
        })
    }

    /// The embeddings `(Z, Z')` of the encoder with noise of variance `floor` on both.
    fn embeddings(&self, encoder: &DMatrix<f64>, floor: f64) -> Result<GaussianPair, Error> {
        let k = encoder.nrows();
        let own = encoder * &self.view * encoder.transpose() + DMatrix::identity(k, k) * floor;
        let shared = encoder * &self.signal * encoder.transpose();
        GaussianPair::from_blocks(own.clone(), own, shared)
    }
}

/// The points `±c L e_j` for the Cholesky factor `L` of the joint covariance of two views: mean 0, and
/// that covariance with divisor `n - 1`.
fn exact_sample(signal: &DMatrix<f64>, view: &DMatrix<f64>) -> Result<Paired, Error> {
    let joint = DMatrix::from_fn(2 * DIM, 2 * DIM, |i, j| {
        let block = if (i < DIM) == (j < DIM) { view } else { signal };
        block[(i % DIM, j % DIM)]
    });
    let half = 2 * DIM;
    let size = ((2 * half - 1) as f64 / 2.0).sqrt();
    let factor = Spd::new(&joint)?;
    let points = DMatrix::from_fn(2 * DIM, 2 * half, |i, j| {
        let sign = if j < half { size } else { -size };
        sign * factor.lower()[(i, j % half)]
    });
    let half = |first: usize| Sample::new(points.rows(first, DIM).into_owned());
    Paired::new(half(0)?, half(DIM)?)
}

/// The loss of a setting. The invariance term has divisor `n`, not `n - 1`: its weight makes up for
/// that.
fn loss(setting: Setting, n: usize) -> Result<Box<dyn Objective>, Error> {
    let invariance = 25.0 * n as f64 / (n - 1) as f64;
    let vicreg = |weights| -> Result<Box<dyn Objective>, Error> {
        Ok(Box::new(Vicreg::new(weights, 1.0, Hinge::Mean)?))
    };
    match setting {
        Setting::Full => vicreg([invariance, 25.0, 1.0]),
        Setting::StrongInvariance => vicreg([10.0 * invariance, 25.0, 1.0]),
        Setting::NoInvariance => vicreg([0.0, 25.0, 1.0]),
        Setting::NoVariance => vicreg([invariance, 0.0, 1.0]),
        Setting::NoCovariance => vicreg([invariance, 25.0, 0.0]),
        Setting::InvarianceOnly => vicreg([invariance, 0.0, 0.0]),
        Setting::LogDet => Ok(Box::new(Sum::new(vec![
            (invariance, Box::new(Invariance)),
            (1.0, Box::new(LogDet::new(FLOOR)?)),
        ])?)),
        Setting::ScaleFree => Ok(Box::new(Sum::new(vec![
            (invariance, Box::new(Invariance)),
            (1.0, Box::new(BarlowTwins::new(0.0051, 0.0)?)),
        ])?)),
    }
}

/// Adam with its published constants; the step size falls from 0.01 to 0 along a cosine, as is usual
/// for these losses.
///
/// Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2017.
struct Adam {
    steps: usize,
    first: DMatrix<f64>,
    second: DMatrix<f64>,
    decay: [f64; 2],
}

impl Adam {
    fn new(rows: usize, columns: usize) -> Self {
        Self {
            steps: 0,
            first: DMatrix::zeros(rows, columns),
            second: DMatrix::zeros(rows, columns),
            decay: [1.0, 1.0],
        }
    }

    fn step(&mut self, encoder: &mut DMatrix<f64>, gradient: &DMatrix<f64>) {
        const RATE: f64 = 0.01;
        const BETAS: [f64; 2] = [0.9, 0.999];
        let turn = std::f64::consts::PI * self.steps as f64 / STEPS as f64;
        let rate = RATE * 0.5 * (1.0 + turn.cos());
        self.steps += 1;
        self.decay = [self.decay[0] * BETAS[0], self.decay[1] * BETAS[1]];
        for (i, g) in gradient.iter().enumerate() {
            self.first[i] += (1.0 - BETAS[0]) * (g - self.first[i]);
            self.second[i] += (1.0 - BETAS[1]) * (g * g - self.second[i]);
            let mean = self.first[i] / (1.0 - self.decay[0]);
            let square = self.second[i] / (1.0 - self.decay[1]);
            encoder[i] -= rate * mean / (square.sqrt() + 1e-8);
        }
    }
}

/// The updates after which the encoder is read: the start, then about ten in a decade.
fn recorded() -> Vec<usize> {
    let mut steps: Vec<usize> = geometric(1.0, STEPS as f64, 36)
        .map(|step| step.round() as usize)
        .collect();
    steps.insert(0, 0);
    steps.dedup();
    steps
}

/// Mean standard deviation of the features of a sample with mean 0.
fn mean_std(sample: &Sample) -> f64 {
    let mut squares = vec![0.0; sample.dim()];
    for point in sample.points() {
        for (sum, v) in squares.iter_mut().zip(point) {
            *sum += v * v;
        }
    }
    let share = 1.0 / (sample.n() - 1) as f64;
    squares.iter().map(|s| (s * share).sqrt()).sum::<f64>() / sample.dim() as f64
}

/// One value of one encoder: `(quantity, step, value)`.
type Value = (&'static str, usize, f64);

fn one(cell: &Cell, seed: Seed) -> Result<Vec<Value>, Error> {
    let views = Views::draw(seed.child("views"))?;
    let objective = loss(cell.setting, views.sample.n())?;
    let mut encoder = seed.child("encoder").normal_matrix(cell.k, DIM) / (DIM as f64).sqrt();
    let mut adam = Adam::new(cell.k, DIM);
    let (mut values, mut losses) = (Vec::new(), Vec::new());
    let (mut informations, mut entropies) = (Vec::new(), Vec::new());
    let recorded = recorded();
    let mut next = recorded.iter().peekable();
    // A collapsed encoder stays as it is: further updates would only turn its rounding.
    let mut collapsed = false;
    for step in 0..=STEPS {
        let reads = next.next_if_eq(&&step).is_some();
        if collapsed && !reads {
            continue;
        }
        let embedded = |view: &Sample| Sample::new(&encoder * view.matrix());
        let pairs = Paired::new(embedded(&views.sample.x)?, embedded(&views.sample.y)?)?;
        let evaluation = objective.evaluate(&pairs)?;
        let std = mean_std(&pairs.x);
        if reads {
            let embeddings = views.embeddings(&encoder, FLOOR)?;
            let (information, entropy) = (embeddings.information()?, embeddings.entropy());
            losses.push(-evaluation.value);
            informations.push(information);
            entropies.push(entropy);
            let rank = EffectiveRank.measure(&pairs.x)? / cell.k as f64;
            values.extend([
                ("loss", step, evaluation.value),
                ("information_nats", step, information),
                ("entropy_nats", step, entropy),
                ("std", step, std),
                ("effective_rank_share", step, rank),
            ]);
            // Square encoders keep it all while they are invertible, and come too near to singular to show it.
            let narrow = cell.k <= INFORMATIVE;
            let shown = matches!(
                cell.setting,
                Setting::Full | Setting::InvarianceOnly | Setting::ScaleFree
            );
            if narrow && shown {
                let exact = views.embeddings(&encoder, 0.0)?.information()?;
                values.push(("information_without_floor_nats", step, exact));
            }
        }
        collapsed = std < COLLAPSED;
        if collapsed {
            continue;
        }
        let [first, second] = evaluation.gradient;
        let gradient = first * views.sample.x.matrix().transpose()
            + second * views.sample.y.matrix().transpose();
        adam.step(&mut encoder, &gradient);
    }
    let maximum = maximum(cell.k);
    let last = informations[informations.len() - 1];
    let highest = informations
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    values.extend([
        ("maximum_nats", STEPS, maximum),
        ("ratio", STEPS, last / maximum),
        ("rank_correlation", STEPS, spearman(&losses, &informations)?),
        (
            "entropy_rank_correlation",
            STEPS,
            spearman(&losses, &entropies)?,
        ),
        (
            "information_since_start_nats",
            STEPS,
            last - informations[0],
        ),
        ("information_since_peak_nats", STEPS, last - highest),
    ]);
    for (quantity, floor) in FLOORS {
        let information = views.embeddings(&encoder, floor)?.information()?;
        values.push((quantity, STEPS, information));
    }
    Ok(values)
}

pub(super) fn train(cell: &Cell, seed: Seed) -> Result<Vec<Row>, Error> {
    let measure = |seed| {
        let values = one(cell, seed)?.into_iter();
        Ok(values.map(|(quantity, step, value)| ((quantity, step), value)))
    };
    vicinfo::experiment::replicated(cell.seeds, seed, measure)?
        .into_iter()
        .map(|((quantity, step), values)| Row::new(cell, quantity, step, &values))
        .collect()
}
