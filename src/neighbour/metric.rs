//! Distances as totals over coordinates: what the searches compare before the last root is taken.

use pulp::Simd;

/// How the differences of coordinates add up to a total that orders distances.
///
/// `fold` never decreases in the total nor in the size of the difference, in floating point as
/// well: a total of smaller differences, taken over the same coordinates in the same order, is
/// never larger. Bounds of boxes rest on this alone, so they need no slack.
pub(super) trait Metric: Copy + Send + Sync {
    /// Adds the difference of one coordinate to a total.
    fn fold(total: f64, difference: f64) -> f64;

    /// Adds the gap to a box in one coordinate, negative where there is none.
    fn fold_gap(total: f64, gap: f64) -> f64;

    /// The number `t` with `distance(total) < radius` exactly when `total < t`.
    fn threshold(radius: f64) -> f64;

    /// The distance that a total stands for.
    fn distance(total: f64) -> f64;

    /// The total of a distance, up to rounding.
    fn total(distance: f64) -> f64;

    /// As [`Metric::fold`], in single precision and for as many totals as a register holds.
    fn fold_single<S: Simd>(simd: S, totals: S::f32s, differences: S::f32s) -> S::f32s;

    /// Coordinates after which it pays to ask whether the total is large enough already.
    const PART: usize;
}

/// `max |a - b|`.
#[derive(Clone, Copy)]
pub(super) struct Largest;

impl Metric for Largest {
    #[inline(always)]
    fn fold(total: f64, difference: f64) -> f64 {
        let size = difference.abs();
        // Not `f64::max`: its rule for NaN, which cannot occur, costs two more instructions.
        if size > total { size } else { total }
    }

    #[inline(always)]
    fn fold_gap(total: f64, gap: f64) -> f64 {
        // A total is never negative.
        if gap > total { gap } else { total }
    }

    fn threshold(radius: f64) -> f64 {
        radius
    }

    #[inline(always)]
    fn distance(total: f64) -> f64 {
        total
    }

    #[inline(always)]
    fn total(distance: f64) -> f64 {
        distance
    }

    #[inline(always)]
    fn fold_single<S: Simd>(simd: S, totals: S::f32s, differences: S::f32s) -> S::f32s {
        simd.max_f32s(simd.abs_f32s(differences), totals)
    }

    // One large difference decides, and among as many there mostly is one.
    const PART: usize = 16;
}

/// `sqrt(sum (a - b)^2)`, the sum over ascending coordinates.
#[derive(Clone, Copy)]
pub(super) struct Squares;

impl Metric for Squares {
    #[inline(always)]
    fn fold(total: f64, difference: f64) -> f64 {
        total + difference * difference
    }

    #[inline(always)]
    fn fold_gap(total: f64, gap: f64) -> f64 {
        let gap = if gap > 0.0 { gap } else { 0.0 };
        total + gap * gap
    }

    /// The smallest double whose rounded root reaches the radius; `radius^2` is a few
    /// neighbouring doubles away from it.
    fn threshold(radius: f64) -> f64 {
        if radius <= 0.0 {
            return 0.0;
        }
        let mut total = radius * radius;
        while total > 0.0 && total.next_down().sqrt() >= radius {
            total = total.next_down();
        }
        while total.sqrt() < radius {
            total = total.next_up();
        }
        total
    }

    #[inline(always)]
    fn distance(total: f64) -> f64 {
        total.sqrt()
    }

    #[inline(always)]
    fn total(distance: f64) -> f64 {
        distance * distance
    }

    #[inline(always)]
    fn fold_single<S: Simd>(simd: S, totals: S::f32s, differences: S::f32s) -> S::f32s {
        simd.mul_add_e_f32s(differences, differences, totals)
    }

    // Sums of squares pass a limit late: asking on the way costs more than it saves.
    const PART: usize = usize::MAX;
}

/// A power of two that brings the extent of a sample near `2^480`.
///
/// There squares of differences neither overflow nor, down to `1e-290` of the extent, lose a
/// digit, and a factor that is a power of two changes no digit of a distance.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    /// Factor on coordinates and radii.
    pub up: f64,
    /// Factor on distances, `1 / up`.
    pub down: f64,
}

impl Unit {
    /// No change of scale.
    pub const ONE: Self = Self { up: 1.0, down: 1.0 };

    /// The unit for a sample whose widest coordinate spans `extent` (infinite when the
    /// difference overflows).
    pub fn for_extent(extent: f64) -> Self {
        if extent == 0.0 {
            return Self::ONE;
        }
        // The exponent field: 0 for subnormal, 2047 for infinite.
        let exponent = i64::from((extent.to_bits() >> 52) as u32) - 1023;
        let shift = (480 - exponent).clamp(-1000, 1000);
        let power = |e: i64| f64::from_bits(((1023 + e) as u64) << 52);
        Self {
            up: power(shift),
            down: power(-shift),
        }
    }

    /// A radius in this unit; one that is positive stays so.
    pub fn radius(self, radius: f64) -> f64 {
        let scaled = radius * self.up;
        if radius > 0.0 && scaled == 0.0 {
            f64::from_bits(1)
        } else {
            scaled
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "thresholds are exact")]
mod tests {
    use super::*;

    #[test]
    fn threshold_of_squares_is_exactly_the_strict_predicate() {
        let mut radius = 1.0_f64;
        for i in 0..20_000 {
            radius = (radius * 1.37 + f64::from(i) * 1e-3) % 17.0 + 1e-9;
            let t = Squares::threshold(radius);
            assert!(t.sqrt() >= radius, "{radius}");
            assert!(t.next_down().sqrt() < radius, "{radius}");
        }
        for radius in [1e-200, 1e-170, 1e170, f64::MIN_POSITIVE, f64::from_bits(1)] {
            let t = Squares::threshold(radius);
            assert!(t > 0.0 && t.sqrt() >= radius && t.next_down().sqrt() < radius);
        }
        assert_eq!(Squares::threshold(0.0), 0.0);
        assert_eq!(Squares::threshold(-1.0), 0.0);
        assert_eq!(Squares::threshold(f64::INFINITY), f64::INFINITY);
    }

    #[test]
    fn unit_is_a_power_of_two_near_the_middle_of_the_range() {
        for extent in [
            f64::from_bits(1),
            1e-300,
            1e-170,
            1.0,
            3.7,
            1e170,
            f64::MAX,
            f64::INFINITY,
        ] {
            let unit = Unit::for_extent(extent);
            assert_eq!(unit.up * unit.down, 1.0);
            assert_eq!(unit.up.to_bits() << 12, 0);
            if (1e-150..=f64::MAX).contains(&extent) {
                let scaled = extent * unit.up;
                assert!(
                    (2f64.powi(480)..2f64.powi(481)).contains(&scaled),
                    "{extent}"
                );
            }
        }
    }
}
