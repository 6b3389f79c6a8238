use crate::error::Error;

/// Weights that a network may be drawn with: in double precision, in which they are drawn, they take 4 GiB.
const MOST: u128 = 1 << 29;

/// Refuses to draw layers of more weights than [`MOST`] in all, before anything of them is made.
///
/// A layer is given by its inputs, its outputs and the numbers of its window; `name` and `value` are what the caller knows the sizes by.
///
/// # Errors
/// [`Error::InvalidParameter`].
pub(super) fn require_weights(
    name: &str,
    value: impl ToString,
    layers: impl IntoIterator<Item = [u128; 3]>,
) -> Result<(), Error> {
    let weights = (layers.into_iter())
        .map(|sizes| sizes.into_iter().fold(1, u128::saturating_mul))
        .fold(0, u128::saturating_add);
    if weights <= MOST {
        return Ok(());
    }
    let found = match weights {
        u128::MAX => format!("at least {weights}"),
        _ => weights.to_string(),
    };
    Err(Error::invalid(
        name,
        value.to_string(),
        format!("at most {MOST} weights, which take 4 GiB in double precision; these are {found}"),
    ))
}

/// The linear layers between so many units.
pub(super) fn linear(widths: &[usize]) -> impl Iterator<Item = [u128; 3]> + '_ {
    (widths.windows(2)).map(|pair| [pair[0] as u128, pair[1] as u128, 1])
}
