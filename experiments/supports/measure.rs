use libm::erfc;
use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use vicinfo::Error;
use vicinfo::experiment::{Experiment, Inputs};
use vicinfo::image::{Augmentation, Images, named, sprites};
use vicinfo::neighbour::{Neighbours, Norm};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;

use super::{
    Cell, FULL, HUGE_NOISE, NOISE, OTHERS, PIPELINE, PROBES, Part, Row, Supports, VIEWS, noise_name,
};

/// The images of a data set, at most `n` of them in an order that `seed` draws.
fn load(data: &str, n: usize, inputs: &Inputs, seed: Seed) -> Result<(Images, Vec<usize>), Error> {
    let images = match &inputs.images {
        None => sprites(n, 28, seed.child("sprites"))?.0,
        Some(folder) => named(folder, data)?.read()?,
    };
    let mut order: Vec<usize> = (0..images.n()).collect();
    let mut rng = seed.child("order").rng();
    for i in (1..order.len()).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
    order.truncate(n);
    Ok((images, order))
}

/// `ln Phi(-z)` for `z >= 0`, also where `Phi(-z)` underflows.
fn ln_tail(z: f64) -> f64 {
    if z < 20.0 {
        (0.5 * erfc(z * std::f64::consts::FRAC_1_SQRT_2)).ln()
    } else {
        // Mills' ratio; the next term is below 1e-8 of the logarithm here.
        let series = 1.0 - 1.0 / z.powi(2) + 3.0 / z.powi(4) - 15.0 / z.powi(6);
        -0.5 * (z * z + std::f64::consts::TAU.ln()) - z.ln() + series.ln()
    }
}

/// Logarithm (base 10) of the mean error `Phi(-d / (2 noise))`, and the mean with its standard error.
fn bayes_error(nearest: &[f64], noise: f64) -> Result<(f64, Summary), Error> {
    let logs: Vec<f64> = nearest.iter().map(|d| ln_tail(d / (2.0 * noise))).collect();
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = logs.iter().map(|l| (l - largest).exp()).sum::<f64>() / logs.len() as f64;
    let summary = Summary::new(&logs.iter().map(|l| l.exp()).collect::<Vec<_>>())?;
    Ok(((largest + mean.ln()) / std::f64::consts::LN_10, summary))
}

fn noises() -> impl Iterator<Item = f64> {
    (0..=30).map(|i| 10f64.powf(-2.0 + 0.1 * f64::from(i)))
}

struct Table<'a> {
    cell: &'a Cell,
    rows: Vec<Row>,
}

impl Table<'_> {
    fn push(&mut self, quantity: &str, x: (f64, f64), value: f64, std_error: f64, n: usize) {
        self.rows.push(Row {
            data: self.cell.data.clone(),
            part: self.cell.part,
            quantity: quantity.to_owned(),
            x: x.0,
            x_end: x.1,
            value,
            std_error,
            n,
        });
    }

    /// A histogram of density over 48 bars from 0 to the largest value.
    fn histogram(&mut self, quantity: &str, values: &[f64]) {
        const BARS: usize = 48;
        let end = values.iter().copied().fold(0.0, f64::max);
        let width = if end > 0.0 { end / BARS as f64 } else { 1.0 };
        let mut counts = [0_usize; BARS];
        for value in values {
            counts[((value / width) as usize).min(BARS - 1)] += 1;
        }
        for (bar, count) in counts.into_iter().enumerate() {
            let density = count as f64 / (values.len() as f64 * width);
            let share = count as f64 / values.len() as f64;
            let std_error = (share * (1.0 - share) / values.len() as f64).sqrt() / width;
            let ends = (bar as f64 * width, (bar + 1) as f64 * width);
            self.push(quantity, ends, density, std_error, values.len());
        }
    }

    /// The distribution function at every fortieth of the sample.
    fn distribution(&mut self, quantity: &str, values: &[f64]) {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        for step in 0..=40 {
            let share = f64::from(step) / 40.0;
            let place = (share * (sorted.len() - 1) as f64).round() as usize;
            self.push(quantity, (share, share), sorted[place], 0.0, sorted.len());
        }
    }

    fn bayes(&mut self, nearest: &[f64]) -> Result<(), Error> {
        for noise in noises() {
            let (log, _) = bayes_error(nearest, noise)?;
            self.push("log10_bayes_error", (noise, noise), log, 0.0, nearest.len());
        }
        for noise in [NOISE, HUGE_NOISE] {
            let (_, summary) = bayes_error(nearest, noise)?;
            self.push(
                "bayes_error",
                (noise, noise),
                summary.mean,
                summary.std_error,
                summary.n,
            );
        }
        Ok(())
    }

    fn mean(&mut self, quantity: &str, values: &[f64]) -> Result<(), Error> {
        let summary = Summary::new(values)?;
        self.push(
            quantity,
            (0.0, 0.0),
            summary.mean,
            summary.std_error,
            summary.n,
        );
        Ok(())
    }

    fn share(&mut self, quantity: &str, hits: usize, of: usize) {
        let share = hits as f64 / of as f64;
        // The plus-four estimate, so that 0 and all hits keep an error.
        let smooth = (hits as f64 + 2.0) / (of as f64 + 4.0);
        let std_error = (smooth * (1.0 - smooth) / (of as f64 + 4.0)).sqrt();
        self.push(quantity, (0.0, 0.0), share, std_error, of);
    }
}

/// A changed image whose source is to be found again.
#[derive(Clone, Copy)]
enum Probe {
    /// A view of [`PIPELINE`].
    Augmented,
    /// Isotropic noise of this standard deviation, not cut to `[0, 1]`: as the claim has it.
    Noise(f64),
}

impl Probe {
    fn of(self, images: &Images, i: usize, seed: Seed) -> Vec<f64> {
        let image = images.intensities(i);
        match self {
            Self::Augmented => PIPELINE.view(&image, images.size(), seed),
            Self::Noise(std) => {
                let mut rng = seed.rng();
                let noisy = |value| value + std * rng.sample::<f64, _>(StandardNormal);
                image.into_iter().map(noisy).collect()
            }
        }
    }
}

/// Whether some other image is nearer to the probe than image `i`: the error of the best rule under
/// isotropic noise, which guesses the nearest.
fn is_confused(images: &Images, i: usize, probe: &[f64]) -> bool {
    let scaled: Vec<f32> = probe.iter().map(|value| (value * 255.0) as f32).collect();
    let squared = |j: usize| -> f32 {
        // Eight sums side by side; single precision decides between images, not within rounding.
        let mut sums = [0.0_f32; 8];
        for (bytes, values) in images.bytes(j).chunks(8).zip(scaled.chunks(8)) {
            for ((sum, byte), value) in sums.iter_mut().zip(bytes).zip(values) {
                let difference = f32::from(*byte) - value;
                *sum += difference * difference;
            }
        }
        sums.iter().sum()
    };
    let own = squared(i);
    (0..images.n()).any(|j| j != i && squared(j) < own)
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
}

pub(super) fn images(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let (images, order) = load(&cell.data, cell.n, inputs, shared_stream(&cell.data))?;
    let mut table = Table {
        cell,
        rows: Vec::new(),
    };
    let pairs: Vec<f64> = (0..order.len())
        .into_par_iter()
        .flat_map_iter(|i| {
            let order = &order;
            let images = &images;
            (0..i).map(move |j| images.distance(order[i], order[j]))
        })
        .collect();
    table.histogram("pair_density", &pairs);
    table.mean("mean_pair_distance", &pairs)?;
    table.push("pixel_std", (0.0, 0.0), images.pixel_std(), 0.0, images.n());
    table.push(
        "dim",
        (0.0, 0.0),
        images.size().dim() as f64,
        0.0,
        images.n(),
    );

    // The nearest image is sought in the whole data set, not in the part that pairs are taken from.
    let queries = &order[..cell.queries.min(order.len())];
    let nearest = images.nearest_distances(queries)?;
    table.distribution("nearest", &nearest);
    table.mean("mean_nearest_distance", &nearest)?;
    table.push(
        "smallest_nearest_distance",
        (0.0, 0.0),
        nearest.iter().copied().fold(f64::INFINITY, f64::min),
        0.0,
        nearest.len(),
    );
    table.bayes(&nearest)?;

    let size = images.size();
    let views = |name: &str, augmentation: &Augmentation| -> Vec<f64> {
        let stream = seed.child(name);
        queries
            .par_iter()
            .map(|&i| {
                let image = images.intensities(i);
                let view =
                    |label: &str| augmentation.view(&image, size, stream.child(i).child(label));
                distance(&view("first"), &view("second"))
            })
            .collect()
    };
    let beyond = |distances: &[f64]| {
        distances
            .iter()
            .zip(&nearest)
            .filter(|(view, nearest)| view > nearest)
            .count()
    };
    for (name, augmentation) in &VIEWS {
        let distances = views(name, augmentation);
        table.mean(&format!("distance: {name}"), &distances)?;
        table.share(
            &format!("beyond: {name}"),
            beyond(&distances),
            distances.len(),
        );
    }
    let full = views(FULL, &PIPELINE);
    table.share(&format!("beyond: {FULL}"), beyond(&full), full.len());
    table.distribution("views", &full);
    table.mean(&format!("distance: {FULL}"), &full)?;
    for (name, view) in [
        (FULL.to_owned(), Probe::Augmented),
        (noise_name(NOISE), Probe::Noise(NOISE)),
        (noise_name(HUGE_NOISE), Probe::Noise(HUGE_NOISE)),
    ] {
        let probes = &queries[..queries.len().min(PROBES)];
        let confused = probes
            .par_iter()
            .filter(|&&i| {
                let probe = view.of(&images, i, seed.child("probe").child(&name).child(i));
                is_confused(&images, i, &probe)
            })
            .count();
        table.share(&format!("confused: {name}"), confused, probes.len());
    }
    let noisy: Vec<f64> = queries
        .par_iter()
        .map(|&i| {
            // Not an augmentation: unlimited noise, as the claim has it.
            let mut rng = seed.child("noise").child(i).rng();
            let squares: f64 = (0..size.dim())
                .map(|_| {
                    let noise: f64 = rng.sample(StandardNormal);
                    let other: f64 = rng.sample(StandardNormal);
                    (NOISE * (noise - other)).powi(2)
                })
                .sum();
            squares.sqrt()
        })
        .collect();
    table.distribution("noisy_views", &noisy);
    let mut rng = seed.child("others").rng();
    let others: Vec<f64> = (queries.iter())
        .map(|&i| {
            let shift = rng.random_range(1..images.n());
            images.distance(i, (i + shift) % images.n())
        })
        .collect();
    table.mean(&format!("distance: {OTHERS}"), &others)?;
    table.share(&format!("beyond: {OTHERS}"), beyond(&others), others.len());
    Ok(table.rows)
}

pub(super) fn cloud(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let (images, order) = load(&cell.data, cell.n, inputs, shared_stream(&cell.data))?;
    let dim = match cell.part {
        Part::PlaneCloud => 2,
        Part::WideCloud => 4 * images.size().dim(),
        Part::Cloud | Part::Images => images.size().dim(),
    };
    let std = images.pixel_std();
    let mut rng = seed.child("cloud").rng();
    let n = order.len();
    let cloud = Sample::new(DMatrix::from_fn(dim, n, |_, _| {
        std * rng.sample::<f64, _>(StandardNormal)
    }))?;
    let mut table = Table {
        cell,
        rows: Vec::new(),
    };
    if cell.part == Part::Cloud {
        let pairs: Vec<f64> = (0..n)
            .into_par_iter()
            .flat_map_iter(|i| {
                let cloud = &cloud;
                (0..i).map(move |j| distance(cloud.point(i), cloud.point(j)))
            })
            .collect();
        table.histogram("pair_density", &pairs);
        table.mean("mean_pair_distance", &pairs)?;
    }
    let nearest = Neighbours::new(&cloud, Norm::Euclidean).kth_distances(1)?;
    table.mean("mean_nearest_distance", &nearest)?;
    table.bayes(&nearest)?;
    Ok(table.rows)
}

/// Sprites are the same images in every cell: their stream names the data set alone.
fn shared_stream(data: &str) -> Seed {
    Seed::root(0).child(Supports::ID).child(data)
}
