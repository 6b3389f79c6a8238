//! Ends of an axis, and its ticks.

use super::{Axis, Spacing};
use crate::error::Error;

/// An axis with its ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    spacing: Spacing,
    low: f64,
    high: f64,
}

/// The text of a tick, with a raised power behind it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    pub text: String,
    pub power: Option<String>,
}

/// The ticks of an axis, each place as the share of the axis before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    pub major: Vec<(f64, Label)>,
    pub minor: Vec<f64>,
    /// What every label is to be multiplied by.
    pub factor: Option<Label>,
}

/// Share of the axis left free at either end when the data fix its ends.
const MARGIN: f64 = 0.04;

/// Where zero lies on an axis of equal factors: far below every panel.
const BELOW: f64 = -10.0;

impl Span {
    /// Fixes the ends: those given, else those of the values with a margin. `from_zero` keeps an
    /// end at zero there.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for ends that are not two increasing finite numbers (positive on
    /// an axis of equal factors), and without ends and values.
    pub fn new(axis: &Axis, values: &[f64], from_zero: bool, name: &str) -> Result<Self, Error> {
        let (low, high) = match axis.range {
            Some(ends) => ends,
            None => ends_of(axis.spacing, values, from_zero),
        };
        let fits = match axis.spacing {
            // Below this width powers of ten leave the range of f64.
            Spacing::Linear => (high - low).is_finite() && high - low > 1e-280,
            Spacing::Log => low > 0.0 && low < high && high.is_finite(),
        };
        if fits {
            let spacing = axis.spacing;
            Ok(Self { spacing, low, high })
        } else {
            Err(Error::invalid(
                format!("range of {name}"),
                format!("({low}, {high})"),
                "two finite increasing numbers, positive on a logarithmic axis; \
                 without them, the panel needs values that fix them",
            ))
        }
    }

    /// The share of the axis before a value; outside `[0, 1]` for a value beyond the ends.
    pub fn share(&self, value: f64) -> f64 {
        match self.spacing {
            Spacing::Linear => (value - self.low) / (self.high - self.low),
            Spacing::Log if value <= 0.0 => BELOW,
            Spacing::Log => (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln()),
        }
    }

    /// The densest ticks whose labels `fit`, of at most `most` steps.
    pub fn ticks(&self, most: usize, fit: impl Fn(&Ticks) -> bool) -> Ticks {
        let linear = (1..=most.max(2)).rev().map(|steps| self.linear(steps));
        let mut candidates: Vec<Ticks> = match self.spacing {
            Spacing::Linear => linear.collect(),
            Spacing::Log => {
                let decades = self.high.log10() - self.low.log10();
                let mut all = Vec::new();
                if decades < 0.8 {
                    all.extend(linear.filter(|ticks| ticks.major.len() > 2));
                }
                if decades < 3.2 {
                    all.push(self.decades(1, &[1, 2, 5]));
                    all.push(self.decades(1, &[1, 3]));
                }
                all.extend(
                    [1, 2, 3, 4, 5, 10, 20, 50, 100].map(|stride| self.decades(stride, &[1])),
                );
                all.extend((1..=2).rev().map(|steps| self.linear(steps)));
                all
            }
        };
        let found = candidates
            .iter()
            .position(|ticks| ticks.major.len() > 1 && fit(ticks));
        candidates.swap_remove(found.unwrap_or(candidates.len() - 1))
    }

    /// Ticks at multiples of 1, 2 or 5 times a power of ten, in about this many steps.
    fn linear(&self, steps: usize) -> Ticks {
        let raw = (self.high - self.low) / steps as f64;
        let mut exponent = raw.log10().floor() as i32;
        let lead = raw / 10f64.powi(exponent);
        let digit = [1, 2, 5]
            .into_iter()
            .find(|d| lead <= *d as f64 * (1.0 + 1e-9));
        let digit: i64 = digit.unwrap_or_else(|| {
            exponent += 1;
            1
        });
        let step = digit as f64 * 10f64.powi(exponent);
        // Whole numbers of 10^exponent, so that a label has exactly the digits it needs.
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        let numbers: Vec<i64> = (first..=last).map(|i| i * digit).collect();
        let largest = numbers.iter().map(|n| n.unsigned_abs()).max().unwrap_or(0);
        let magnitude = largest.checked_ilog10().map_or(0, |log| log as i32) + exponent;
        let shift = if (-3..5).contains(&magnitude) {
            0
        } else {
            magnitude
        };
        Ticks {
            major: numbers
                .iter()
                .map(|n| {
                    let label = Label {
                        text: decimal(*n, exponent - shift),
                        power: None,
                    };
                    (self.share(*n as f64 * 10f64.powi(exponent)), label)
                })
                .collect(),
            minor: Vec::new(),
            factor: (shift != 0).then(|| Label {
                text: "\u{d7}10".to_owned(),
                power: Some(signed(&shift.to_string())),
            }),
        }
    }

    /// Ticks at some digits of every `stride`-th power of ten.
    fn decades(&self, stride: i32, digits: &[i64]) -> Ticks {
        let (low, high) = (self.low.log10(), self.high.log10());
        let inside = |share: f64| (-1e-9..=1.0 + 1e-9).contains(&share);
        let mut numbers = Vec::new();
        let mut minor = Vec::new();
        for power in low.floor() as i32..=high.ceil() as i32 {
            for digit in 1..10 {
                let share = self.share(digit as f64 * 10f64.powi(power));
                if !inside(share) {
                } else if power.rem_euclid(stride) == 0 && digits.contains(&digit) {
                    numbers.push((share, digit, power));
                } else if digit == 1 || (stride == 1 && high - low < 9.0) {
                    minor.push(share);
                }
            }
        }
        let plain = numbers.iter().all(|(_, _, power)| (-3..5).contains(power));
        let label = |digit: i64, power: i32| match (plain, digit) {
            (true, _) => Label {
                // No zeros behind the point: each label has the digits it needs.
                text: decimal(digit, power),
                power: None,
            },
            (false, 1) => Label {
                text: "10".to_owned(),
                power: Some(signed(&power.to_string())),
            },
            (false, _) => Label {
                text: format!("{digit}\u{d7}10"),
                power: Some(signed(&power.to_string())),
            },
        };
        Ticks {
            major: numbers
                .into_iter()
                .map(|(share, digit, power)| (share, label(digit, power)))
                .collect(),
            minor,
            factor: None,
        }
    }
}

/// Ends that hold the values and a margin; not a range when there are no values.
fn ends_of(spacing: Spacing, values: &[f64], from_zero: bool) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if spacing == Spacing::Log {
        let (low, high) = (low.ln(), high.ln());
        let margin = if high - low < 1e-9 {
            0.7
        } else {
            MARGIN * (high - low)
        };
        // The margin, never a value, ends where f64 does.
        return (
            (low - margin).exp().max(f64::MIN_POSITIVE),
            (high + margin).exp().min(f64::MAX),
        );
    }
    let size = low.abs().max(high.abs());
    let margin = match high - low {
        width if width > 1e-9 * size => MARGIN * width,
        // Equal in every digit that a label could show.
        _ if size > 0.0 => 0.1 * size,
        _ => 1.0,
    };
    if from_zero && low == 0.0 {
        (low, high + margin)
    } else {
        (low - margin, high + margin)
    }
}

/// `number * 10^exponent` in digits.
fn decimal(number: i64, exponent: i32) -> String {
    let digits = number.unsigned_abs().to_string();
    let places = (-exponent).max(0) as usize;
    let text = if places == 0 {
        let zeros = if number == 0 { 0 } else { exponent as usize };
        digits + &"0".repeat(zeros)
    } else {
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        format!("{whole}.{part}")
    };
    if number < 0 {
        signed(&format!("-{text}"))
    } else {
        text
    }
}

/// A number with the minus of print.
fn signed(number: &str) -> String {
    number.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis, most: usize) -> Vec<String> {
        let span = Span::new(&axis, &[], false, "x").unwrap();
        let ticks = span.ticks(most, |_| true);
        ticks
            .major
            .into_iter()
            .map(|(_, label)| match label.power {
                Some(power) => format!("{}^{power}", label.text),
                None => label.text,
            })
            .collect()
    }

    #[test]
    fn linear_ticks_are_round_and_exact() {
        assert_eq!(
            labels(Axis::linear("").between(0.0, 1.0), 5),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            labels(Axis::linear("").between(-0.3, 0.31), 7),
            [
                "\u{2212}0.3",
                "\u{2212}0.2",
                "\u{2212}0.1",
                "0.0",
                "0.1",
                "0.2",
                "0.3"
            ]
        );
        assert_eq!(
            labels(Axis::linear("").between(0.0, 3000.0), 3),
            ["0", "1000", "2000", "3000"]
        );
    }

    #[test]
    fn far_ranges_share_a_factor() {
        let span = Span::new(&Axis::linear("").between(0.0, 4e-7), &[], false, "x").unwrap();
        let ticks = span.ticks(4, |_| true);
        let factor = ticks.factor.unwrap();
        assert_eq!(
            (factor.text.as_str(), factor.power.as_deref()),
            ("\u{d7}10", Some("\u{2212}7"))
        );
        assert_eq!(ticks.major.last().unwrap().1.text, "4");
    }

    #[test]
    fn log_ticks_are_decades_or_their_round_parts() {
        assert_eq!(
            labels(Axis::log("").between(0.5, 2000.0), 6),
            ["1", "10", "100", "1000"]
        );
        assert_eq!(
            labels(Axis::log("").between(9.0, 210.0), 6),
            ["10", "20", "50", "100", "200"]
        );
        assert_eq!(
            labels(Axis::log("").between(1e-7, 1e-3), 6)[..2],
            ["10^\u{2212}7", "10^\u{2212}6"]
        );
        assert_eq!(
            labels(Axis::log("").between(0.9, 1.3), 4),
            ["0.9", "1.0", "1.1", "1.2", "1.3"]
        );
    }

    #[test]
    fn shares_follow_the_spacing() {
        let span = Span::new(&Axis::log("").between(1.0, 100.0), &[], false, "x").unwrap();
        assert!((span.share(10.0) - 0.5).abs() < 1e-15);
        let span = Span::new(&Axis::linear("").between(-1.0, 3.0), &[], false, "x").unwrap();
        assert!((span.share(0.0) - 0.25).abs() < 1e-15);
    }

    #[test]
    fn ends_come_from_the_values() {
        let span = Span::new(&Axis::linear(""), &[2.0, 4.0], false, "x").unwrap();
        assert!(span.share(2.0) > 0.0 && span.share(4.0) < 1.0);
        let span = Span::new(&Axis::linear(""), &[0.0, 4.0], true, "x").unwrap();
        assert!(span.share(0.0).abs() < 1e-15);
        for constant in [0.0, -3.0, 1e12] {
            let span = Span::new(&Axis::linear(""), &[constant; 2], false, "x").unwrap();
            assert!((span.share(constant) - 0.5).abs() < 1e-9);
        }
        assert!(Span::new(&Axis::linear(""), &[], false, "x").is_err());
    }
}
