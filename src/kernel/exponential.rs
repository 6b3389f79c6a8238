//! Powers of two, eight at once.

use std::f64::consts::LN_2;

use super::{LANES, Row};

/// Powers up to this exponent count as zero.
const LOWEST: f64 = -1021.0;

/// `(2^f - 1) / f` on `[-1/2, 1/2]`, lowest degree first: the polynomial through its values at the
/// eleven Chebyshev nodes, computed with 60 digits (mpmath). With these doubles `2^f` is off by
/// `2.0e-17` of itself before rounding.
const COEFFICIENTS: [f64; 11] = [
    LN_2,
    0.240_226_506_959_100_97,
    0.055_504_108_664_821_6,
    0.009_618_129_107_606_888,
    0.001_333_355_814_641_693_6,
    0.000_154_035_304_417_360_5,
    1.525_273_382_983_612e-5,
    1.321_544_258_792_169e-6,
    1.017_806_244_584_577_4e-7,
    7.072_585_949_269_223e-9,
    4.454_960_598_186_509e-10,
];

/// `2^y` for `-1021 < y <= 1023`, off by less than one unit in the last place; 0 for smaller `y` and
/// for NaN.
///
/// `y = n + f` with `n` whole and `|f| <= 1/2` is exact, a polynomial gives `2^f`, and `n` is
/// added to its exponent.
#[inline(always)]
pub(super) fn exp2(y: Row) -> Row {
    // Adding it leaves the nearest whole number in the last bits.
    const WHOLE: f64 = 1.5 * (1_u64 << 52) as f64;
    let mut out = [0.0; LANES];
    for l in 0..LANES {
        let shifted = y[l] + WHOLE;
        let f = y[l] - (shifted - WHOLE);
        let mut power = COEFFICIENTS[10];
        for c in COEFFICIENTS[..10].iter().rev() {
            power = power.mul_add(f, *c);
        }
        power = power.mul_add(f, 1.0);
        let power = f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52));
        out[l] = if y[l] > LOWEST { power } else { 0.0 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units in the last place between the power and that of the standard library, which is itself
    /// within one.
    fn error(y: f64) -> f64 {
        let exact = y.exp2();
        let [power, ..] = exp2([y; LANES]);
        (power - exact).abs() / (exact.next_up() - exact)
    }

    #[test]
    fn powers_agree_with_the_standard_library_over_the_whole_range() {
        let mut worst: f64 = 0.0;
        for i in 0..1_000_000 {
            worst = worst.max(error(1023.0 - 2044.0 * f64::from(i) / 1_000_000.0));
            worst = worst.max(error(-f64::from(i) / 500_000.0));
        }
        // Both round, so neighbours occur; two apart would be an error of one of them.
        assert!(worst <= 1.0, "{worst}");
        for n in -1020..1024 {
            let [power, ..] = exp2([f64::from(n); LANES]);
            assert_eq!(power.to_bits(), f64::from(n).exp2().to_bits());
        }
        for y in [
            1e-300,
            -1e-300,
            -1e-17,
            0.5,
            -0.5,
            -0.499_999_999_999_999_94,
        ] {
            assert!(error(y) <= 1.0, "{y}");
        }
    }

    #[test]
    fn powers_agree_with_mpmath() {
        // mpmath 1.3, 60 digits: float(mpf(2)**mpf(y))
        for (y, power) in [
            (-0.3, 0.8122523963562356),
            (-0.45, 0.7320428479728127),
            (-1.75, 0.29730177875068026),
            (-17.3, 6.196993990754968e-06),
            (-52.9, 1.1899075752900215e-16),
            (-333.125, 5.2406202956890287e-101),
            (-1020.99, 4.481100942219861e-308),
            (0.49, 1.4044448757379973),
        ] {
            let [ours, ..] = exp2([y; LANES]);
            assert!(
                (ours - power).abs() <= power * f64::EPSILON,
                "2^{y} = {ours}"
            );
        }
    }

    #[test]
    fn exponents_out_of_range_give_zero() {
        for y in [-1021.0, -1021.5, -1e9, -1e300, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(exp2([y; LANES])[3].to_bits(), 0);
        }
    }
}
