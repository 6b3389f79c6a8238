//! Numbers as text for people: rounded to what their error, or a reader, can hold. Files have them in full.

/// A number in four significant digits, more before the decimal point.
pub fn significant(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !value.is_finite() {
        format!("not finite ({value})")
    } else if (1e-4..1e6).contains(&size) {
        trimmed(&format!("{value:.*}", decimals(size, 4)))
    } else {
        let text = format!("{value:.3e}");
        match text.split_once('e') {
            Some((digits, power)) => format!("{}e{power}", trimmed(digits)),
            None => text,
        }
    }
}

/// An effect with its standard error, to two digits of the latter; a standard error of zero
/// stands for an exact computation.
pub fn with_error(value: f64, std_error: f64) -> String {
    let size = value.abs().max(std_error);
    if std_error == 0.0 {
        format!("{} (exact)", significant(value))
    } else if std_error.is_finite() && std_error > 1e-6 * size && (1e-4..1e6).contains(&size) {
        let places = decimals(std_error, 2);
        let rounded = format!("{value:.places$}");
        // A rounded zero has no sign.
        let rounded = match rounded.parse::<f64>() {
            Ok(0.0) => rounded.replace('-', ""),
            _ => rounded,
        };
        format!("{rounded} ± {std_error:.places$}")
    } else {
        format!("{} ± {}", significant(value), significant(std_error))
    }
}

/// A number with the decimals at which its standard error shows two digits; in full where there is no such error.
pub fn to_error(value: f64, std_error: f64) -> String {
    if std_error > 0.0 {
        let decimals = (1.0 - std_error.log10().floor()).clamp(0.0, 17.0);
        format!("{value:.0$}", decimals as usize)
    } else {
        value.to_string()
    }
}

/// A number for a sentence: three significant digits, counts as they are.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e15 {
        // Zero has no sign.
        (value + 0.0).to_string()
    } else if !(1e-3..1e5).contains(&size) {
        format!("{value:.2e}")
    } else {
        let before = size.log10().floor() as i32 + 1;
        format!("{value:.*}", (3 - before).clamp(0, 6) as usize)
    }
}

/// A small number as so many decimals and a power of ten; zero has no power of ten to tell and is plain `0`.
pub fn scientific(value: f64, decimals: usize) -> String {
    if value.abs().total_cmp(&0.0).is_eq() {
        "0".to_owned()
    } else {
        format!("{value:.decimals$e}")
    }
}

/// Decimal places that show so many significant digits of a positive number.
fn decimals(size: f64, digits: i32) -> usize {
    let lead = size.log10().floor() as i32;
    (digits - 1 - lead).max(0) as usize
}

/// Without zeros at the end of a decimal fraction.
fn trimmed(number: &str) -> String {
    if number.contains('.') {
        number
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    } else {
        number.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_for_people() {
        for (value, text) in [
            (0.0, "0"),
            (0.1, "0.1"),
            (-0.123456, "-0.1235"),
            (2.0 / 3.0 * 1e4, "6667"),
            (123456.0, "123456"),
            (1.5e-9, "1.5e-9"),
            (-2e12, "-2e12"),
            (f64::NAN, "not finite (NaN)"),
        ] {
            assert_eq!(significant(value), text);
        }
    }

    #[test]
    fn an_effect_has_the_digits_of_its_error() {
        for (value, std_error, text) in [
            (0.5123456, 0.01234, "0.512 ± 0.012"),
            (-0.0004, 0.021, "0.000 ± 0.021"),
            (12.3456, 3.21, "12.3 ± 3.2"),
            (1234.5, 56.7, "1234 ± 57"),
            (0.25, 0.0, "0.25 (exact)"),
            (3e-9, 2e-10, "3e-9 ± 2e-10"),
            (0.5, 1e-13, "0.5 ± 1e-13"),
        ] {
            assert_eq!(with_error(value, std_error), text);
        }
    }

    #[test]
    fn uncertainties_show_two_digits() {
        for (value, std_error, text) in [
            (0.412_345, 0.012_6, "0.412"),
            (0.012_6, 0.012_6, "0.013"),
            (-3.0, 1.4, "-3.0"),
            (1234.5, 123.0, "1234"),
            (-0.001_23, 0.000_4, "-0.00123"),
            (0.25, 0.0, "0.25"),
        ] {
            assert_eq!(to_error(value, std_error), text);
        }
    }

    #[test]
    fn sentences_have_three_digits() {
        for (value, text) in [
            (0.123_456, "0.123"),
            (-12.345, "-12.3"),
            (1234.5, "1234"),
            (2000.0, "2000"),
            (1.5e-9, "1.50e-9"),
            (0.0, "0"),
            (-0.0, "0"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(
            (scientific(-1.25e-7, 1), scientific(-0.0, 1)),
            ("-1.2e-7".into(), "0".into())
        );
    }
}
