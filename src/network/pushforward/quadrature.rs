//! Integrals over the line with break points where the integrand changes quickly.

use crate::error::Error;

/// Standard deviations beyond which nothing is integrated: less than 1e-32 of the mass.
pub(super) const REACH: f64 = 12.0;
/// Points of the rule on each panel.
const ORDER: usize = 16;
/// Panels beyond which an integral is refused.
const PANELS: usize = 1 << 20;

/// Nodes in `(-1, 1)` and weights of the Gauss-Legendre rule, exact for polynomials of degree 31.
///
/// # Source
/// Newton's method on the Legendre recurrence; Abramowitz & Stegun 1964, 25.4.29.
fn gauss_legendre() -> [(f64, f64); ORDER] {
    let n = ORDER as f64;
    std::array::from_fn(|k| {
        let mut x = (std::f64::consts::PI * (k as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 0.0;
        // Quadratic convergence from this start: five steps reach rounding.
        for _ in 0..8 {
            let (mut previous, mut value) = (1.0, x);
            for degree in 2..=ORDER {
                let m = degree as f64;
                let next = ((2.0 * m - 1.0) * x * value - (m - 1.0) * previous) / m;
                (previous, value) = (value, next);
            }
            slope = n * (x * value - previous) / (x * x - 1.0);
            x -= value / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    })
}

/// Panels between two neighbouring breaks, none wider than `width`.
fn panels(from: f64, to: f64, width: f64) -> f64 {
    ((to - from) / width).ceil().max(1.0)
}

/// Refuses sorted breaks that need too many panels.
///
/// # Errors
/// [`Error::InvalidParameter`] for more than 2^20.
pub(super) fn require_panels(breaks: &[f64], width: f64) -> Result<(), Error> {
    let ends = breaks.iter().zip(breaks.iter().skip(1));
    let needed: f64 = ends.map(|(from, to)| panels(*from, *to, width)).sum();
    if needed.is_nan() || needed > PANELS as f64 {
        return Err(Error::invalid(
            "panels of the quadrature",
            needed,
            format!("at most {PANELS}: the scales of this law are too far apart"),
        ));
    }
    Ok(())
}

/// Integral of `f` from the smallest to the largest of `breaks`, with a panel boundary at each and
/// no panel wider than `width`.
///
/// # Errors
/// [`Error::InvalidParameter`] when that needs more than 2^20 panels.
pub(super) fn integrate(
    mut breaks: Vec<f64>,
    width: f64,
    f: impl Fn(f64) -> f64,
) -> Result<f64, Error> {
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    require_panels(&breaks, width)?;
    let ends = breaks.iter().copied().zip(breaks.iter().copied().skip(1));
    let rule = gauss_legendre();
    let mut total = 0.0;
    for (from, to) in ends {
        let count = panels(from, to, width);
        let half = 0.5 * (to - from) / count;
        for panel in 0..count as usize {
            let middle = from + half * (2.0 * panel as f64 + 1.0);
            let sum: f64 = rule.iter().map(|(x, w)| w * f(middle + half * x)).sum();
            total += half * sum;
        }
    }
    Ok(total)
}
