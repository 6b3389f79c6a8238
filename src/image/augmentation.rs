use std::f64::consts::TAU;

use rand::RngExt;
use rand_distr::StandardNormal;

use super::Size;
use crate::seed::Seed;

/// Random changes of an image, as self-supervised learning makes its views.
///
/// Applied in this order: resized crop and turn (bilinear, edges repeated), horizontal flip,
/// contrast and brightness, blur, pixel noise. An intensity that leaves `[0, 1]` takes the nearer
/// end: that is part of what an image is, and of every such pipeline.
///
/// # Source
/// Chen et al. 2020 (SimCLR), appendix A; grey images take no colour changes.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Augmentation {
    /// Smallest share of the area that a crop keeps; 1 for no crop. The aspect ratio varies
    /// between 3/4 and 4/3.
    pub crop: f64,
    /// Largest turn in radians, either way.
    pub turn: f64,
    /// Whether half of the views are mirrored.
    pub flip: bool,
    /// Largest relative change of contrast, and largest shift of brightness.
    pub jitter: f64,
    /// Largest standard deviation of the blur in pixels (smallest 0.3, or the largest if that is less), for half of the views; 0 for none.
    pub blur: f64,
    /// Standard deviation of the pixel noise.
    pub noise: f64,
}

impl Augmentation {
    /// For images in which neither turn nor size says what is shown, as the sprites.
    pub const SPRITES: Self = Self {
        crop: 0.6,
        turn: std::f64::consts::PI,
        flip: true,
        jitter: 0.4,
        blur: 1.2,
        noise: 0.05,
    };

    /// For small photographs, which stand upright.
    pub const UPRIGHT: Self = Self {
        crop: 0.4,
        turn: 0.0,
        ..Self::SPRITES
    };

    /// Changes nothing.
    pub const IDENTITY: Self = Self {
        crop: 1.0,
        turn: 0.0,
        flip: false,
        jitter: 0.0,
        blur: 0.0,
        noise: 0.0,
    };

    /// One view of an image of intensities in `[0, 1]`, plane by plane and line by line.
    ///
    /// # Panics
    /// When the image has not `size.dim()` numbers.
    pub fn view(&self, image: &[f64], size: Size, seed: Seed) -> Vec<f64> {
        assert_eq!(image.len(), size.dim(), "numbers of an image");
        let mut rng = seed.rng();
        let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        // Every draw is made whether it is used or not: switching one change off leaves the others.
        let area = between(self.crop, 1.0);
        let aspect = between(0.75_f64.ln(), -(0.75_f64.ln())).exp();
        let (left, top) = (between(0.0, 1.0), between(0.0, 1.0));
        let turn = between(-self.turn, self.turn);
        let mirrored = between(0.0, 1.0) < 0.5 && self.flip;
        let contrast = 1.0 + between(-self.jitter, self.jitter);
        let brightness = between(-self.jitter, self.jitter);
        let blurred = between(0.0, 1.0) < 0.5 && self.blur > 0.0;
        let blur = between(self.blur.min(0.3), self.blur);

        let mut view = image.to_vec();
        if self.crop < 1.0 || self.turn > 0.0 {
            let aspect = if self.crop < 1.0 { aspect } else { 1.0 };
            let share = (
                (area * aspect).sqrt().min(1.0),
                (area / aspect).sqrt().min(1.0),
            );
            let corner = (left * (1.0 - share.0), top * (1.0 - share.1));
            view = resample(&view, size, corner, share, turn);
        }
        if mirrored {
            for line in view.chunks_exact_mut(size.width) {
                line.reverse();
            }
        }
        if self.jitter > 0.0 {
            let mean = view.iter().sum::<f64>() / view.len() as f64;
            for value in &mut view {
                *value = (mean + contrast * (*value - mean) + brightness).clamp(0.0, 1.0);
            }
        }
        if blurred {
            view = smooth(&view, size, blur);
        }
        if self.noise > 0.0 {
            for value in &mut view {
                let noise: f64 = rng.sample(StandardNormal);
                *value = (*value + self.noise * noise).clamp(0.0, 1.0);
            }
        }
        view
    }
}

/// The rectangle at `corner` with sides `share` (in units of the image's), turned about its centre and stretched over
/// the whole image.
fn resample(
    image: &[f64],
    size: Size,
    corner: (f64, f64),
    share: (f64, f64),
    turn: f64,
) -> Vec<f64> {
    let (width, height) = (size.width as f64, size.height as f64);
    let (sin, cos) = (turn.rem_euclid(TAU)).sin_cos();
    let centre = (
        (corner.0 + share.0 / 2.0) * width,
        (corner.1 + share.1 / 2.0) * height,
    );
    let mut view = Vec::with_capacity(image.len());
    for plane in image.chunks_exact(size.width * size.height) {
        for row in 0..size.height {
            for column in 0..size.width {
                let dx = ((column as f64 + 0.5) / width - 0.5) * share.0 * width;
                let dy = ((row as f64 + 0.5) / height - 0.5) * share.1 * height;
                let (x, y) = (
                    centre.0 + cos * dx - sin * dy,
                    centre.1 + sin * dx + cos * dy,
                );
                view.push(bilinear(plane, size, x - 0.5, y - 0.5));
            }
        }
    }
    view
}

/// Value between pixel centres; pixels beyond the edge repeat it.
fn bilinear(plane: &[f64], size: Size, x: f64, y: f64) -> f64 {
    let (left, top) = (floor(x), floor(y));
    let (u, v) = (x - left as f64, y - top as f64);
    let line = |row: isize| {
        let row = row.clamp(0, size.height as isize - 1) as usize;
        &plane[row * size.width..][..size.width]
    };
    let at = |line: &[f64], column: isize| line[column.clamp(0, size.width as isize - 1) as usize];
    let along = |line: &[f64]| at(line, left) * (1.0 - u) + at(line, left + 1) * u;
    along(line(top)) * (1.0 - v) + along(line(top + 1)) * v
}

/// The largest whole number not above a number of pixels, without the call that `f64::floor` is on old processors.
fn floor(x: f64) -> isize {
    let cut = x as isize;
    cut - isize::from(cut as f64 > x)
}

/// Gaussian blur, line by line and column by column; pixels beyond the edge repeat it.
fn smooth(image: &[f64], size: Size, std: f64) -> Vec<f64> {
    let reach = (3.0 * std).ceil() as usize;
    let weights: Vec<f64> = (0..=2 * reach)
        .map(|k| (-0.5 * ((k as f64 - reach as f64) / std).powi(2)).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    let (mut across, mut blurred) = (vec![0.0; image.len()], vec![0.0; image.len()]);
    let mut padded = vec![0.0; size.width + 2 * reach];
    for (line, target) in (image.chunks_exact(size.width)).zip(across.chunks_exact_mut(size.width))
    {
        padded[..reach].fill(line[0]);
        padded[reach..][..size.width].copy_from_slice(line);
        padded[reach + size.width..].fill(line[size.width - 1]);
        for (k, weight) in weights.iter().enumerate() {
            add(target, *weight, &padded[k..][..size.width]);
        }
        divide(target, total);
    }
    let plane = size.width * size.height;
    for (plane, target) in across
        .chunks_exact(plane)
        .zip(blurred.chunks_exact_mut(plane))
    {
        for (row, target) in target.chunks_exact_mut(size.width).enumerate() {
            for (k, weight) in weights.iter().enumerate() {
                let row = (row + k).saturating_sub(reach).min(size.height - 1);
                add(target, *weight, &plane[row * size.width..][..size.width]);
            }
            divide(target, total);
        }
    }
    blurred
}

fn add(target: &mut [f64], weight: f64, line: &[f64]) {
    for (sum, value) in target.iter_mut().zip(line) {
        *sum += weight * value;
    }
}

fn divide(target: &mut [f64], total: f64) {
    for value in target {
        *value /= total;
    }
}
