//! Paired differences with the error of a family of methods, and Holm's margins.

use statrs::distribution::{ContinuousCDF, StudentsT};

use vicinfo::experiment::Effect;
use vicinfo::stats::{holm, student_t_quantile};

use super::check::around;
use super::{Row, values};

/// Level of a family of comparisons.
const LEVEL: f64 = 0.05;

/// A difference of two methods on the same replicates.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    pub(super) variant: &'static str,
    pub(super) original: &'static str,
    /// Mean of variant less original.
    pub(super) mean: f64,
    /// Its standard error, from the error that the methods around one original share.
    pub(super) std_error: f64,
    /// P-value, adjusted for the family.
    pub(super) adjusted: f64,
    /// Half of the interval that excludes 0 exactly where Holm rejects.
    pub(super) half: f64,
}

impl Difference {
    /// For a line, which keeps Holm's margin.
    pub(super) fn effect(&self) -> Effect {
        Effect::new(self.mean, self.std_error).keeping(self.half / self.std_error)
    }
}

/// The error of one run that these methods share: what is left of accuracies after the mean of each method and the effect of each
/// replicate, with its degrees of freedom, `(methods - 1)(replicates - 1)`.
pub(super) fn shared_error(
    rows: &[Row],
    data: &str,
    methods: &[&str],
    quantity: &str,
) -> Option<(f64, f64)> {
    let table: Vec<Vec<f64>> = (methods.iter())
        .map(|method| values(rows, data, method, quantity))
        .filter(|values| !values.is_empty())
        .collect();
    let replicates = table.first()?.len();
    if table.len() < 2 || replicates < 2 || table.iter().any(|v| v.len() != replicates) {
        return None;
    }
    let mean = |values: &mut dyn Iterator<Item = f64>, n: usize| values.sum::<f64>() / n as f64;
    let of_method: Vec<f64> = (table.iter())
        .map(|values| mean(&mut values.iter().copied(), replicates))
        .collect();
    let all = mean(&mut of_method.iter().copied(), table.len());
    let of_replicate: Vec<f64> = (0..replicates)
        .map(|r| mean(&mut table.iter().map(|values| values[r]), table.len()))
        .collect();
    let squares: f64 = (table.iter().zip(&of_method))
        .flat_map(|(values, method)| {
            (values.iter().zip(&of_replicate))
                .map(move |(value, replicate)| (value - method - replicate + all).powi(2))
        })
        .sum();
    let freedom = ((table.len() - 1) * (replicates - 1)) as f64;
    Some(((squares / freedom).sqrt(), freedom))
}

/// The differences of a family, with margins at a common level after Holm 1979.
///
/// The error of a run is that of the methods around the original of a pair (`around`): runs of BYOL differ several times as much
/// as runs of SimCLR, and three replicates of one pair alone would leave two degrees of freedom.
pub(super) fn family(
    rows: &[Row],
    data: &str,
    quantity: &str,
    pairs: &[(&'static str, &'static str)],
) -> Option<Vec<Difference>> {
    let mut differences = Vec::new();
    let mut freedoms = Vec::new();
    for &(variant, original) in pairs {
        let (error, freedom) = shared_error(rows, data, &around(original), quantity)?;
        let law = StudentsT::new(0.0, 1.0, freedom).ok()?;
        freedoms.push(freedom);
        let (a, b) = (
            values(rows, data, variant, quantity),
            values(rows, data, original, quantity),
        );
        if a.is_empty() || a.len() != b.len() {
            return None;
        }
        let n = a.len() as f64;
        let mean = a.iter().zip(&b).map(|(a, b)| a - b).sum::<f64>() / n;
        let std_error = error * (2.0 / n).sqrt();
        differences.push(Difference {
            variant,
            original,
            mean,
            std_error,
            adjusted: 2.0 * law.sf((mean / std_error).abs()),
            half: 0.0,
        });
    }
    let raw: Vec<f64> = differences.iter().map(|d| d.adjusted.min(1.0)).collect();
    let adjusted = holm(&raw).ok()?;
    let mut order: Vec<usize> = (0..raw.len()).collect();
    order.sort_by(|&a, &b| raw[a].total_cmp(&raw[b]));
    // From the first that is not rejected on, all have its level.
    let mut level = 0.0;
    let mut stopped = false;
    for (place, &i) in order.iter().enumerate() {
        if !stopped {
            level = LEVEL / (raw.len() - place) as f64;
            stopped = raw[i] > level;
        }
        let quantile = student_t_quantile(1.0 - level / 2.0, freedoms[i]).ok()?;
        differences[i].adjusted = adjusted[i];
        differences[i].half = quantile * differences[i].std_error;
    }
    Some(differences)
}
