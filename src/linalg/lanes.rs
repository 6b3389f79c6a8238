//! Loops over runs of numbers through the widest vectors of the machine, the same bits on each.

use std::ops::AddAssign;

/// Sums that run side by side, so that they vectorise; fixed, as it decides the rounding.
pub(crate) const LANES: usize = 16;

/// Does something with the widest vectors of the machine. What it computes is the same: nothing is fused or reordered.
#[inline(always)]
pub(crate) fn widely<R>(act: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(Act(act))
}

struct Act<F>(F);

impl<R, F: FnOnce() -> R> pulp::NullaryFnOnce for Act<F> {
    type Output = R;

    #[inline(always)]
    fn call(self) -> R {
        (self.0)()
    }
}

/// `sum f(x)` over a run of numbers, in lanes of this precision that are summed in double.
#[inline(always)]
pub(crate) fn run_sum<T>(values: &[T], f: impl Fn(T) -> T) -> f64
where
    T: Copy + Default + AddAssign + Into<f64>,
{
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sum = 0.0;
    if !chunks.is_empty() {
        let mut lanes = [T::default(); LANES];
        for chunk in chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *lane += f(*value);
            }
        }
        sum = total(lanes);
    }
    rest.iter().fold(sum, |sum, value| sum + f(*value).into())
}

/// The sum of the lanes, by halves: one after the other they would wait for each other.
#[inline(always)]
pub(crate) fn total<T: Copy + Into<f64>>(lanes: [T; LANES]) -> f64 {
    let half: [f64; LANES / 2] =
        std::array::from_fn(|i| lanes[i].into() + lanes[i + LANES / 2].into());
    let quarter: [f64; LANES / 4] = std::array::from_fn(|i| half[i] + half[i + LANES / 4]);
    (quarter[0] + quarter[2]) + (quarter[1] + quarter[3])
}

/// Asserts that numbers computed inline have the same bits with every instruction set that this machine has.
#[cfg(test)]
pub(crate) fn assert_same_bits_everywhere(compute: impl Fn() -> Vec<f64>) {
    use pulp::Simd;

    fn bits(values: Vec<f64>) -> Vec<u64> {
        values.into_iter().map(f64::to_bits).collect()
    }
    let plain = bits(pulp::Scalar::new().vectorize(Act(&compute)));
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(simd) = pulp::x86::V3::try_new() {
            assert_eq!(bits(simd.vectorize(Act(&compute))), plain);
        }
        if let Some(simd) = pulp::x86::V4::try_new() {
            assert_eq!(bits(simd.vectorize(Act(&compute))), plain);
        }
    }
    #[cfg(target_arch = "aarch64")]
    if let Some(simd) = pulp::aarch64::Neon::try_new() {
        assert_eq!(bits(simd.vectorize(Act(&compute))), plain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_have_the_same_bits_everywhere_and_are_right() {
        let values: Vec<f64> = (0..1000)
            .map(|i| (f64::from(i) * 0.37).sin() * 9.0)
            .collect();
        assert_same_bits_everywhere(
            #[inline(always)]
            || {
                (0..70)
                    .map(|start| run_sum(&values[start..], |v| v * v))
                    .collect()
            },
        );
        for length in [0, 1, 15, 16, 17, 1000] {
            let plain: f64 = values[..length].iter().sum();
            assert!(
                (run_sum(&values[..length], |v| v) - plain).abs() < 1e-10,
                "{length}"
            );
        }
    }
}
