use std::f64::consts::{PI, TAU};

use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::{Images, Size};
use crate::error::Error;
use crate::seed::Seed;

/// Names of the shapes; a label is an index into them.
pub const SHAPES: [&str; 10] = [
    "disk", "square", "triangle", "star", "ring", "cross", "bar", "crescent", "pentagon", "tee",
];

/// What a sprite was drawn from. Lengths are in units of half the image's side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factors {
    /// Index into [`SHAPES`].
    pub shape: usize,
    /// Centre, each coordinate at most the reach of the [`Sizes`] from 0; `y` points down.
    pub centre: (f64, f64),
    /// Radius, within that of the [`Sizes`].
    pub radius: f64,
    /// Turn in `[0, 2 pi)`.
    pub angle: f64,
    /// Intensity of the shape in `[0.6, 1]`.
    pub foreground: f64,
    /// Intensity around it in `[0, 0.3]`.
    pub background: f64,
    /// Amplitude of stripes over the whole image, in `[0, 0.15]`.
    pub stripes: f64,
    /// Direction of the stripes in `[0, pi)`.
    pub stripe_angle: f64,
    /// Stripes an image, in `[2, 5]`.
    pub stripe_frequency: f64,
    /// Phase of the stripes in `[0, 2 pi)`.
    pub stripe_phase: f64,
}

/// How large sprites are and how far from the middle, in units of half the image's side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sizes {
    /// Smallest and largest radius.
    pub radius: (f64, f64),
    /// Largest distance of the centre from the middle, in either coordinate.
    pub reach: f64,
}

impl Sizes {
    /// In the image, but for a corner of the tee's bar at times; with 16 pixels the smallest are hard to tell apart even with labels.
    pub const SMALL: Self = Self {
        radius: (0.35, 0.6),
        reach: 0.4,
    };

    /// Filling the image, a little cut off at times: 16 pixels show what they are.
    pub const LARGE: Self = Self {
        radius: (0.6, 0.9),
        reach: 0.2,
    };
}

/// Standard deviation of the pixel noise of a sprite.
const NOISE: f64 = 0.02;
/// Samples along each side of a pixel: edges are antialiased in 16 steps.
const SUBPIXELS: usize = 4;

/// Draws `n` grey sprites of [`Sizes::SMALL`], as [`sprites_of`].
///
/// # Errors
/// As [`sprites_of`].
pub fn sprites(n: usize, side: usize, seed: Seed) -> Result<(Images, Vec<Factors>), Error> {
    sprites_of(Sizes::SMALL, n, side, seed)
}

/// Draws `n` grey sprites of `side` by `side` pixels with all their factors; shapes take turns, so
/// that labels are balanced. Image `i` depends on `seed` and `i` alone.
///
/// # Errors
/// [`Error::InvalidParameter`] for a side outside `8..=64`, and for `n` 0 or so large that the pixels take more than 4 GiB.
pub fn sprites_of(
    sizes: Sizes,
    n: usize,
    side: usize,
    seed: Seed,
) -> Result<(Images, Vec<Factors>), Error> {
    if n == 0 {
        return Err(Error::invalid("n", n, "at least 1"));
    }
    if !(8..=64).contains(&side) {
        return Err(Error::invalid("side", side, "from 8 to 64 pixels"));
    }
    let most = (1 << 32) / (side * side);
    if n > most {
        return Err(Error::invalid(
            "n",
            n,
            format!("at most {most}, whose pixels take 4 GiB"),
        ));
    }
    let drawn: Vec<(Factors, Vec<u8>)> = (0..n)
        .into_par_iter()
        .map(|i| {
            let seed = seed.child("sprite").child(i);
            let factors = Factors::draw(i % SHAPES.len(), sizes, seed.child("factors"));
            (factors, render(&factors, side, seed.child("noise")))
        })
        .collect();
    let factors: Vec<Factors> = drawn.iter().map(|(factors, _)| *factors).collect();
    let labels = factors.iter().map(|factors| factors.shape as u8).collect();
    let pixels = drawn.into_iter().flat_map(|(_, pixels)| pixels).collect();
    let size = Size {
        width: side,
        height: side,
        channels: 1,
    };
    Ok((Images::new(size, pixels, Some(labels))?, factors))
}

impl Factors {
    fn draw(shape: usize, sizes: Sizes, seed: Seed) -> Self {
        let mut rng = seed.rng();
        let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        Self {
            shape,
            centre: (
                between(-sizes.reach, sizes.reach),
                between(-sizes.reach, sizes.reach),
            ),
            radius: between(sizes.radius.0, sizes.radius.1),
            angle: between(0.0, TAU),
            foreground: between(0.6, 1.0),
            background: between(0.0, 0.3),
            stripes: between(0.0, 0.15),
            stripe_angle: between(0.0, PI),
            stripe_frequency: between(2.0, 5.0),
            stripe_phase: between(0.0, TAU),
        }
    }

    /// Whether points of the image, in `[-1, 1]^2`, lie in the shape.
    fn covers(&self) -> impl Fn(f64, f64) -> bool {
        let Self {
            shape,
            centre,
            radius,
            angle,
            ..
        } = *self;
        let (sin, cos) = angle.sin_cos();
        move |x, y| {
            let (dx, dy) = ((x - centre.0) / radius, (y - centre.1) / radius);
            inside(shape, cos * dx + sin * dy, -sin * dx + cos * dy)
        }
    }
}

/// A regular polygon of circumradius 1.
fn polygon(corners: usize, x: f64, y: f64) -> bool {
    let sector = TAU / corners as f64;
    let angle = y.atan2(x).rem_euclid(sector) - sector / 2.0;
    (x * x + y * y).sqrt() * angle.cos() <= (sector / 2.0).cos()
}

/// The shapes around the origin: within the unit disk, but for the corners of the tee's bar, which are 1.13 from it.
fn inside(shape: usize, x: f64, y: f64) -> bool {
    let square = x * x + y * y;
    // Many points of an image are outside, and angles are dear.
    if square > 1.3 {
        return false;
    }
    match shape {
        0 => square <= 0.85 * 0.85,
        1 => x.abs().max(y.abs()) <= 0.7,
        2 => polygon(3, x, y),
        3 => {
            // Five spikes: the edge runs from radius 1 at a spike to 0.42 between two.
            let sector = TAU / 5.0;
            let turn = (y.atan2(x).rem_euclid(sector) - sector / 2.0).abs() / (sector / 2.0);
            square.sqrt() <= 0.42 + 0.58 * turn.powi(2)
        }
        4 => (0.55 * 0.55..=0.95 * 0.95).contains(&square),
        5 => x.abs().min(y.abs()) <= 0.25 && x.abs().max(y.abs()) <= 0.9,
        6 => x.abs() <= 0.95 && y.abs() <= 0.28,
        7 => square <= 0.95 * 0.95 && (x - 0.45).powi(2) + y * y > 0.75 * 0.75,
        8 => polygon(5, x, y),
        _ => {
            let top = (-0.8..=-0.35).contains(&y) && x.abs() <= 0.8;
            top || ((-0.8..=0.85).contains(&y) && x.abs() <= 0.24)
        }
    }
}

fn render(factors: &Factors, side: usize, seed: Seed) -> Vec<u8> {
    let mut rng = seed.rng();
    let (sin, cos) = factors.stripe_angle.sin_cos();
    let covers = factors.covers();
    let place = |pixel: usize, sub: usize| {
        let offset = (sub as f64 + 0.5) / SUBPIXELS as f64;
        2.0 * (pixel as f64 + offset) / side as f64 - 1.0
    };
    let mut pixels = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let covered = (0..SUBPIXELS * SUBPIXELS)
                .filter(|sub| covers(place(column, sub % SUBPIXELS), place(row, sub / SUBPIXELS)))
                .count();
            let share = covered as f64 / (SUBPIXELS * SUBPIXELS) as f64;
            let along =
                cos * (column as f64 + 0.5) / side as f64 + sin * (row as f64 + 0.5) / side as f64;
            let stripe = (TAU * factors.stripe_frequency * along + factors.stripe_phase).sin();
            let noise: f64 = rng.sample(StandardNormal);
            let value = factors.background
                + share * (factors.foreground - factors.background)
                + factors.stripes * stripe
                + NOISE * noise;
            // An image of 8 bits holds intensities from 0 to 1; that is part of what a sprite is.
            pixels.push((value.clamp(0.0, 1.0) * 255.0).round() as u8);
        }
    }
    pixels
}
