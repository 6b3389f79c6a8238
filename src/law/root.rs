//! Roots of increasing functions, for maps whose inverse has no closed form.

/// The root between `low` and `high` of an increasing function that returns its value and derivative.
///
/// Newton's method, with a bisection wherever a step would leave the bracket; ends when a step no
/// longer moves `x` beyond rounding.
pub(super) fn increasing(mut low: f64, mut high: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut x = f64::midpoint(low, high);
    // Every other step may have to be a bisection; a bracket has at most 2100 halvings.
    for _ in 0..4200 {
        let (value, derivative) = f(x);
        if value == 0.0 {
            return x;
        }
        if value < 0.0 {
            low = x;
        } else {
            high = x;
        }
        let step = x - value / derivative;
        // Also false for a step that is not a number.
        let next = if step > low && step < high {
            step
        } else {
            f64::midpoint(low, high)
        };
        if (next - x).abs() <= 2.0 * f64::EPSILON * x.abs() || next <= low || next >= high {
            return next;
        }
        x = next;
    }
    x
}
