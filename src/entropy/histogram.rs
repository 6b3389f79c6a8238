use std::collections::BTreeMap;

use super::{EntropyEstimator, Entry, Family, Promises, Side};
use crate::error::{Error, finite};
use crate::parameters::Parameters;
use crate::sample::Sample;

/// What is added to the plug-in entropy of the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Correction {
    /// Nothing.
    #[default]
    None,
    /// `(K - 1) / (2 n)`, `K` the number of occupied cells.
    MillerMadow,
}

impl Correction {
    /// The words of the parameter `correction`.
    pub const WORDS: [(&'static str, Self); 2] =
        [("none", Self::None), ("miller_madow", Self::MillerMadow)];

    /// The word that a name prints.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::MillerMadow => "miller_madow",
        }
    }
}

/// Entropy of the density that is constant on each cell of a grid.
///
/// `h = -sum_c (n_c / n) ln(n_c / n) + ln v`, `n_c` the points in cell `c`, `v` the volume of a
/// cell. Every coordinate is cut into `bins` intervals of equal width between its smallest and its
/// largest value; the last interval is closed. `bins=auto` takes `n^(1 / (d + 2))`, rounded: the
/// order at which the error of the density is smallest. `miller_madow` adds `(K - 1) / (2 n)`, `K`
/// the number of occupied cells: the leading term of what the plug-in misses.
///
/// Takes `n > 1` points in `R^d`; returns nats. Cost `O(n d ln bins + n ln n)`, memory `O((n + bins) d)`:
/// empty cells are not stored, the `bins + 1` edges of every coordinate are, 128 MiB of them at the most
/// bins.
/// An upper bound in the limit: averaging a density over cells raises its entropy. It fails when
/// most occupied cells hold few points, as they do beyond a few dimensions: then it falls
/// without bound below the truth, and the warnings say so.
///
/// # Errors
/// [`Error::TooFewPoints`] for a single point; [`Error::SingularCovariance`] when a coordinate is
/// constant; [`Error::InvalidParameter`] when a coordinate has fewer numbers between its extremes
/// than `bins`; [`Error::NonFiniteResult`] when their difference overflows.
///
/// # Source
/// Cover & Thomas 2006, theorem 8.3.1; Miller 1955 for the correction; Scott 1979 for the width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Histogram {
    bins: Option<usize>,
    correction: Correction,
}

impl Histogram {
    /// Chooses the intervals per coordinate, `None` for a number that follows from the sample, and
    /// the correction.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for no bins, or more than `2^24`.
    pub fn new(bins: Option<usize>, correction: Correction) -> Result<Self, Error> {
        if let Some(bins) = bins {
            check_bins(bins)?;
        }
        Ok(Self { bins, correction })
    }

    /// Intervals per coordinate for this sample.
    pub fn bins(&self, sample: &Sample) -> usize {
        let rate = 1.0 / (sample.dim() + 2) as f64;
        self.bins
            .unwrap_or_else(|| (sample.n() as f64).powf(rate).round() as usize)
    }
}

fn check_bins(bins: usize) -> Result<(), Error> {
    if !(1..=1 << 24).contains(&bins) {
        return Err(Error::invalid(
            "bins",
            bins,
            "auto or a whole number from 1 to 2^24",
        ));
    }
    Ok(())
}

/// The occupied cells of a sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cells {
    /// The cell of each point, as an index into `counts`.
    pub(crate) of_point: Vec<usize>,
    /// Points in each occupied cell; cells in lexicographic order, whatever the order of the points.
    pub(crate) counts: Vec<usize>,
    /// Logarithm of the volume of a cell.
    pub(crate) log_volume: f64,
}

/// Sorts the points into `bins` equal intervals per coordinate, edges as `numpy.histogram`'s.
pub(crate) fn cells(sample: &Sample, bins: usize) -> Result<Cells, Error> {
    check_bins(bins)?;
    let (n, dim) = (sample.n(), sample.dim());
    if n < 2 {
        return Err(Error::TooFewPoints {
            method: "a histogram",
            required: 2,
            actual: n,
        });
    }
    let mut edges = Vec::with_capacity(dim);
    let mut log_volume = 0.0;
    for coordinate in 0..dim {
        let values = || sample.coordinate(coordinate);
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        if low >= high {
            return Err(Error::SingularCovariance {
                dim,
                coordinate,
                residual: 0.0,
                tolerance: f64::MIN_POSITIVE,
            });
        }
        let range = finite(format!("the range of coordinate {coordinate}"), high - low)?;
        let width = range / bins as f64;
        let mut cuts: Vec<f64> = (0..bins).map(|i| i as f64 * width + low).collect();
        cuts.push(high);
        if cuts.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::invalid(
                "bins",
                bins,
                format!(
                    "coordinate {coordinate} reaches from {low:e} to {high:e}, too few numbers for so many bins"
                ),
            ));
        }
        log_volume += range.ln() - (bins as f64).ln();
        edges.push(cuts);
    }
    let places: Vec<Vec<u32>> = sample
        .points()
        .map(|point| {
            let place = |(v, cuts): (&f64, &Vec<f64>)| {
                let above = cuts.partition_point(|cut| cut <= v);
                // Only the largest value lies at the last edge, and the last interval is closed.
                (above - 1).min(bins - 1) as u32
            };
            point.iter().zip(&edges).map(place).collect()
        })
        .collect();
    let mut occupied: BTreeMap<&[u32], usize> = BTreeMap::new();
    for place in &places {
        *occupied.entry(place).or_default() += 1;
    }
    let counts = occupied.values().copied().collect();
    for (index, label) in occupied.values_mut().enumerate() {
        *label = index;
    }
    let of_point = places.iter().map(|place| occupied[&place[..]]).collect();
    Ok(Cells {
        of_point,
        counts,
        log_volume,
    })
}

/// Entropy of the cells in nats, `ln n - (1/n) sum_c n_c ln n_c` and the correction.
pub(crate) fn discrete_entropy(counts: &[usize], correction: Correction) -> f64 {
    let n = counts.iter().sum::<usize>() as f64;
    let sum: f64 = counts.iter().map(|&c| c as f64 * (c as f64).ln()).sum();
    let plug_in = n.ln() - sum / n;
    match correction {
        Correction::None => plug_in,
        Correction::MillerMadow => plug_in + (counts.len() - 1) as f64 / (2.0 * n),
    }
}

impl EntropyEstimator for Histogram {
    fn name(&self) -> String {
        let bins = self.bins.map_or("auto".to_owned(), |bins| bins.to_string());
        format!(
            "histogram(bins={bins},correction={})",
            self.correction.as_str()
        )
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: false,
            unbiased_on_gaussian: false,
            side: Side::Above,
        }
    }

    fn converges_on(&self, family: Family) -> bool {
        family == Family::Uniform
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        let cells = cells(sample, self.bins(sample))?;
        finite(
            self.name(),
            discrete_entropy(&cells.counts, self.correction) + cells.log_volume,
        )
    }

    fn warnings(&self, sample: &Sample) -> Vec<String> {
        let (n, bins) = (sample.n(), self.bins(sample));
        let mut warnings = Vec::new();
        if bins == 1 {
            warnings.push(
                "one bin per coordinate: the value is the log-volume of the box around the points"
                    .to_owned(),
            );
        }
        if let Ok(cells) = cells(sample, bins) {
            let occupied = cells.counts.len();
            if occupied > n / 10 {
                warnings.push(format!(
                    "{n} points in {occupied} occupied cells: so few in each lower the value, by about {:.3} nats or more{}, against what wide cells add: on which side of the truth it lies is not known",
                    (occupied - 1) as f64 / (2 * n) as f64,
                    if self.correction == Correction::MillerMadow { " before the correction" } else { "" },
                ));
            }
        }
        warnings
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "histogram",
    summary: "counts in cells of equal width, with or without the Miller-Madow correction; for one to three dimensions",
    parameters: &[("bins", "auto"), ("correction", "none")],
    build,
    defaults: &[
        "histogram(bins=auto,correction=none)",
        "histogram(bins=auto,correction=miller_madow)",
    ],
};

fn build(parameters: &Parameters) -> Result<Box<dyn EntropyEstimator>, Error> {
    let bins = match parameters.text("bins")? {
        "auto" => None,
        _ => Some(parameters.value("bins", "auto or a whole number from 1 to 2^24")?),
    };
    let correction = parameters.choice("correction", &Correction::WORDS)?;
    Ok(Box::new(Histogram::new(bins, correction)?))
}
