//! Colours that stand for numbers.

use super::canvas::{Colour, NUMBER, Type, WHITE, colour};

/// Full colours at both ends of the scale of a heat map, as of styles 1 and 2.
pub(super) fn diverging(share: f64) -> Colour {
    let end = colour(if share < 0.0 { 1 } else { 2 });
    let strength = share.abs().min(1.0);
    let mix = |from: u8, to: u8| {
        (f64::from(from) + strength * (f64::from(to) - f64::from(from))).round() as u8
    };
    (
        mix(WHITE.0, end.0),
        mix(WHITE.1, end.1),
        mix(WHITE.2, end.2),
    )
}

/// Colours of a scale from 0 to 1 whose lightness grows evenly and that readers without red or
/// green see alike, after the map cividis (Nunez, Anderton and Renslow 2018).
const RAMP: [Colour; 5] = [
    (0x00, 0x22, 0x4E),
    (0x43, 0x4E, 0x6C),
    (0x7D, 0x7C, 0x78),
    (0xBC, 0xAF, 0x6F),
    (0xFE, 0xE8, 0x38),
];

/// The colour at a share of [`RAMP`]; that of an end beyond it.
pub(super) fn sequential(share: f64) -> Colour {
    let place = share.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let first = (place.floor() as usize).min(RAMP.len() - 2);
    let (from, to) = (RAMP[first], RAMP[first + 1]);
    let mix = |from: u8, to: u8| {
        let (from, to) = (f64::from(from), f64::from(to));
        (from + (place - first as f64) * (to - from)).round() as u8
    };
    (mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Type of a number on a ground: white where black would be hard to read.
pub(super) fn on(ground: Colour) -> Type {
    let light = 0.3 * f64::from(ground.0) + 0.59 * f64::from(ground.1) + 0.11 * f64::from(ground.2);
    Type {
        colour: if light < 140.0 { WHITE } else { NUMBER.colour },
        ..NUMBER
    }
}
