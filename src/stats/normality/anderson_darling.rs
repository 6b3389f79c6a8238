use super::tail::ln_normal;
use super::{Entry, Moments, NormalityTest, Outcome, Tail, Univariate, enough, line, outcome};
use crate::error::Error;
use crate::sample::Sample;

/// Anderson and Darling's test with fitted mean and standard deviation.
///
/// `A^2 = -n - (1/n) sum_i (2i - 1) (ln Phi(z_(i)) + ln(1 - Phi(z_(n+1-i))))`, `z_(i)` the sorted numbers less
/// their mean over their standard deviation (divisor `n - 1`), `Phi` the normal distribution function: the squared
/// distance of the distribution functions with weight `1 / (Phi (1 - Phi))`.
///
/// The p-value is the piecewise fit of D'Agostino & Stephens to the law of `a = A^2 (1 + 0.75/n + 2.25/n^2)`. The fit
/// ends at `a = 13`, where `p = 5e-31`; beyond, `ln p` goes on along its tangent, since the tail is exponential.
///
/// Takes `n >= 8` numbers. Cost `O(n log n)` and one copy of the numbers; sorted ones need no copy,
/// [`AndersonDarling::of_sorted`]. Consistent against every law, strongest in the tails.
///
/// # Errors
/// [`Error::TooFewPoints`], [`Error::NonFinite`], [`Error::SingularCovariance`] for constant numbers.
///
/// # Source
/// Anderson & Darling 1954; Stephens 1986, in D'Agostino & Stephens, *Goodness-of-fit techniques*, table 4.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AndersonDarling;

impl AndersonDarling {
    /// Tests numbers in ascending order; allocates nothing.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where a number is smaller than the one before it; otherwise as the test.
    pub fn of_sorted(values: &[f64]) -> Result<Outcome, Error> {
        enough(ENTRY.id, FEWEST, values.len())?;
        let moments = Moments::new(values)?;
        if let Some(pair) = values.windows(2).find(|pair| pair[1] < pair[0]) {
            return Err(Error::invalid(
                "values",
                pair[1],
                format!("ascending, and so at least {}", pair[0]),
            ));
        }
        from_order(values, &moments)
    }
}

fn from_order(sorted: &[f64], moments: &Moments) -> Result<Outcome, Error> {
    let n = sorted.len() as f64;
    let shrink = ((n - 1.0) / n).sqrt();
    let sum: f64 = (sorted.iter().enumerate())
        .map(|(i, &value)| {
            let z = moments.standardise(value) * shrink;
            let below = 2.0 * i as f64 + 1.0;
            below * ln_normal(z) + (2.0 * n - below) * ln_normal(-z)
        })
        .sum();
    let statistic = -n - sum / n;
    let a = statistic * (1.0 + 0.75 / n + 2.25 / (n * n));
    outcome(ENTRY.id, statistic, p_value(a))
}

fn p_value(a: f64) -> f64 {
    const END: f64 = 13.0;
    let last = |a: f64| 1.2937 - 5.709 * a + 0.0186 * a * a;
    if a < 0.2 {
        1.0 - (-13.436 + 101.14 * a - 223.73 * a * a).exp()
    } else if a < 0.34 {
        1.0 - (-8.318 + 42.796 * a - 59.938 * a * a).exp()
    } else if a < 0.6 {
        (0.9177 - 4.279 * a - 1.38 * a * a).exp()
    } else if a < END {
        last(a).exp()
    } else {
        (last(END) + (-5.709 + 2.0 * 0.0186 * END) * (a - END)).exp()
    }
}

const FEWEST: usize = 8;

impl NormalityTest for AndersonDarling {
    fn name(&self) -> String {
        ENTRY.id.to_owned()
    }

    fn tail(&self) -> Tail {
        Tail::Upper
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        self.test_values(line(sample)?)
    }
}

impl Univariate for AndersonDarling {
    fn test_values(&self, values: &[f64]) -> Result<Outcome, Error> {
        enough(ENTRY.id, FEWEST, values.len())?;
        let moments = Moments::new(values)?;
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        from_order(&sorted, &moments)
    }
}

pub(super) const ENTRY: Entry = Entry {
    id: "anderson_darling",
    summary: "Anderson and Darling's distance of distribution functions, mean and deviation fitted, in one dimension",
    parameters: &[],
    build: |_| Ok(Box::new(AndersonDarling)),
};
