use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::{FULL, NOISE, OTHERS, OVERLAP, Part, Row, VIEWS, named, names, select, single};

fn columns(panels: usize) -> usize {
    if panels == 1 { 1 } else { 2 }
}

pub(super) fn pairs(rows: &[Row]) -> Figure {
    let panels: Vec<Panel> = (names(rows).iter())
        .map(|data| {
            let bars = |part| {
                Mark::Histogram(
                    select(rows, data, part, "pair_density")
                        .map(|row| (row.x, row.x_end, row.value))
                        .collect(),
                )
            };
            Panel {
                title: data.clone(),
                x: Axis::linear("ℓ2 distance of two images (pixel intensities in [0, 1])"),
                y: Axis::linear("density (1 / distance)"),
                series: vec![
                    Series::new("images", 1, bars(Part::Images)),
                    Series::new(
                        "independent Gaussian points, same dimension and spread",
                        2,
                        bars(Part::Cloud),
                    ),
                ],
            }
        })
        .collect();
    Figure {
        id: "pairs".into(),
        title: "Pairwise distances of images, beside a cloud without any structure".into(),
        columns: columns(panels.len()),
        panels,
        caption: "Distances between all pairs of raw images. Both histograms lie far from zero: large distances by themselves say nothing about prototypes. What sets images apart is the spread towards small distances.".into(),
    }
}

pub(super) fn nearest(rows: &[Row]) -> Figure {
    let panels: Vec<Panel> = (names(rows).iter())
        .map(|data| {
            let line = |quantity: &str| -> Mark {
                Mark::Line(
                    select(rows, data, Part::Images, quantity)
                        .map(|row| (row.value, row.x))
                        .collect(),
                )
            };
            Panel {
                title: data.clone(),
                x: Axis::linear("ℓ2 distance (pixel intensities in [0, 1])"),
                y: Axis::linear("share of images with a smaller distance").between(0.0, 1.0),
                series: vec![
                    Series::new("to the nearest other image", 1, line("nearest")),
                    Series::new("between two augmented views", 2, line("views")),
                    Series::new(
                        format!("between two noisy copies, noise {NOISE}"),
                        3,
                        line("noisy_views"),
                    ),
                ],
            }
        })
        .collect();
    Figure {
        id: "nearest".into(),
        title: "Two views of one image are mostly farther apart than the nearest other image".into(),
        columns: columns(panels.len()),
        panels,
        caption: "Distribution functions of the distance to the nearest image in the whole data set, between two augmented views (crop, brightness and contrast, blur, noise 0.05), and between two copies with isotropic noise. Noisy copies lie far apart as well, yet in directions of their own: see the Bayes error.".into(),
    }
}

pub(super) fn bayes(rows: &[Row]) -> Figure {
    let names = names(rows);
    let line = |data: &str, part| -> Vec<(f64, f64)> {
        select(rows, data, part, "log10_bayes_error")
            .map(|row| (row.x, row.value))
            .collect()
    };
    let panels: Vec<Panel> = (names.iter())
        .map(|data| Panel {
            title: data.clone(),
            x: Axis::log("standard deviation of the pixel noise"),
            y: Axis::linear("log10 of the mean Bayes error").between(-12.0, 0.0),
            series: vec![
                Series::new("images", 1, Mark::Line(line(data, Part::Images))),
                Series::new(
                    "independent Gaussian points, same dimension and spread",
                    2,
                    Mark::Line(line(data, Part::Cloud)),
                ),
                Series::new(
                    "Gaussian points in two dimensions",
                    3,
                    Mark::Line(line(data, Part::PlaneCloud)),
                ),
                Series::new("1 % error", 0, Mark::Horizontal(OVERLAP.log10())),
                Series::new(format!("noise {NOISE}"), 5, Mark::Vertical(NOISE)),
            ],
        })
        .collect();
    Figure {
        id: "bayes-error".into(),
        title: "Isotropic noise confuses an image with its nearest neighbour only when it is large".into(),
        columns: columns(panels.len()),
        panels,
        caption: "Error of the best rule that tells a noisy image from its noisy nearest neighbour, Phi(-d / 2 sigma), averaged over images. A cloud without prototypes in the same dimension does better still; one in two dimensions fails at once.".into(),
    }
}

pub(super) fn views(rows: &[Row]) -> Figure {
    let kinds: Vec<&str> = VIEWS
        .iter()
        .map(|(name, _)| *name)
        .chain([FULL, OTHERS])
        .collect();
    let point = |data: &str, kind: &str| {
        let share = named(rows, data, &format!("beyond: {kind}"))?;
        let distance = named(rows, data, &format!("distance: {kind}"))?;
        let nearest = single(rows, data, Part::Images, "mean_nearest_distance")?;
        Some((
            distance.value / nearest.value,
            share.value,
            2.0 * share.std_error,
        ))
    };
    let panels: Vec<Panel> = (names(rows).iter())
        .map(|data| Panel {
            title: data.clone(),
            x: Axis::log("mean distance of the views / to the nearest image"),
            y: Axis::linear("share of images with views beyond the nearest image")
                .between(-0.02, 1.02),
            series: (kinds.iter().enumerate())
                .map(|(k, kind)| {
                    Series::new(
                        *kind,
                        k,
                        Mark::Bars(point(data, kind).into_iter().collect()),
                    )
                })
                .collect(),
        })
        .collect();
    Figure {
        id: "views".into(),
        title: "Which change of an image carries it past its nearest neighbour".into(),
        columns: columns(panels.len()),
        panels,
        caption: "Share of images whose two views are farther apart than the nearest other image, against how far apart the views are on average; bars are two standard errors. Two different images stand for views that share nothing.".into(),
    }
}
