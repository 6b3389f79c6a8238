use crate::error::Error;

/// Spearman's rank correlation of pairs, tied values taking their mean rank.
///
/// The Pearson correlation of the ranks. Cost `O(n log n)`.
///
/// # Errors
/// [`Error::Mismatch`] for different lengths, [`Error::TooFewPoints`] below two pairs,
/// [`Error::NonFinite`], and [`Error::InvalidParameter`] when one side is constant.
///
/// # Source
/// Spearman 1904.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64, Error> {
    if x.len() != y.len() {
        return Err(Error::Mismatch {
            what: "length of the second list",
            expected: x.len(),
            actual: y.len(),
        });
    }
    if x.len() < 2 {
        return Err(Error::TooFewPoints {
            method: "a rank correlation",
            required: 2,
            actual: x.len(),
        });
    }
    let (x, y) = (ranks(x)?, ranks(y)?);
    let middle = (x.len() + 1) as f64 / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - middle) * (b - middle))
            .sum()
    };
    let (xx, yy) = (product(&x, &x), product(&y, &y));
    if xx == 0.0 || yy == 0.0 {
        let side = if xx == 0.0 { "x" } else { "y" };
        return Err(Error::invalid(
            side,
            "constant",
            "at least two different values",
        ));
    }
    Ok(product(&x, &y) / (xx * yy).sqrt())
}

/// Ranks from 1, tied values taking their mean rank.
fn ranks(values: &[f64]) -> Result<Vec<f64>, Error> {
    if let Some(point) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::NonFinite {
            point,
            coordinate: 0,
            value: values[point].to_string(),
        });
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    // Adding zero makes -0 and 0 one value.
    let values: Vec<f64> = values.iter().map(|v| v + 0.0).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        let rank = before as f64 + (tied.len() + 1) as f64 / 2.0;
        for &i in tied {
            ranks[i] = rank;
        }
        before += tied.len();
    }
    Ok(ranks)
}

/// P-values adjusted for multiple comparisons: the family-wise error stays at the level that
/// the adjusted values are compared with, under any dependence. Order is kept.
///
/// `p'_(i) = max_{j <= i} min(1, (m - j + 1) p_(j))` over the sorted values.
///
/// # Errors
/// [`Error::InvalidParameter`] for a value outside `[0, 1]`.
///
/// # Source
/// Holm 1979.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, Error> {
    if let Some(p) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(Error::invalid("p-value", p, "between 0 and 1"));
    }
    let m = p_values.len();
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; m];
    let mut largest = 0.0_f64;
    for (place, &i) in order.iter().enumerate() {
        largest = largest.max((p_values[i] * (m - place) as f64).min(1.0));
        adjusted[i] = largest;
    }
    Ok(adjusted)
}

/// The middle of some numbers, or the mean of the two in the middle; none of none. Cost `O(n log n)`.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    if sorted.len() % 2 == 1 {
        Some(upper)
    } else {
        // Halves first: the sum may overflow.
        Some(sorted[half - 1] / 2.0 + upper / 2.0)
    }
}
