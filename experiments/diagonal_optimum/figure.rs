use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::{Row, VARIANCE_CAP, dims, select};

/// Points of a quantity in one dimension, along the horizontal axis.
fn points(rows: &[Row], quantity: &str, dim: usize) -> Vec<Row> {
    select(rows, quantity)
        .filter(|row| row.dim == dim)
        .cloned()
        .collect()
}

fn line(rows: &[Row], quantity: &str, dim: usize) -> Vec<(f64, f64)> {
    points(rows, quantity, dim)
        .iter()
        .map(|row| (row.x, row.mean))
        .collect()
}

fn band(rows: &[Row], quantity: &str, dim: usize) -> Mark {
    let rows = points(rows, quantity, dim);
    Mark::Band {
        line: rows.iter().map(|row| (row.x, row.mean)).collect(),
        band: rows.iter().map(|row| (row.x, row.min, row.max)).collect(),
    }
}

pub(super) fn hadamard(rows: &[Row]) -> Figure {
    let panel = |title: &str, quantity: &str| Panel {
        title: title.into(),
        x: Axis::linear("coupling strength of the random correlations"),
        y: Axis::linear("gain over the diagonal, per dimension (nats)"),
        series: dims(rows, quantity)
            .into_iter()
            .enumerate()
            .map(|(i, dim)| {
                let rows = points(rows, quantity, dim);
                let per = dim as f64;
                Series::new(
                    format!("d = {dim}"),
                    i + 1,
                    Mark::Band {
                        line: rows.iter().map(|row| (row.x, row.mean / per)).collect(),
                        band: rows
                            .iter()
                            .map(|row| (row.x, row.min / per, row.max / per))
                            .collect(),
                    },
                )
            })
            .chain([Series::new("diagonal matrix", 0, Mark::Horizontal(0.0))])
            .collect(),
    };
    Figure {
        id: "hadamard".into(),
        title: "Off-diagonal entries never raise ln det at a fixed diagonal, but do at a fixed trace".into(),
        panels: vec![
            panel("fixed diagonal", "fixed_diagonal_gain_nats"),
            panel("fixed trace (negative control)", "fixed_trace_gain_nats"),
        ],
        columns: 2,
        caption: "Log-determinant of random covariances less that of a diagonal one, per dimension; bands span all replicates. At a fixed diagonal every gain is negative (Hadamard); at a fixed trace non-diagonal matrices win, so only the constraint makes diagonality optimal.".into(),
    }
}

pub(super) fn objective(rows: &[Row]) -> Figure {
    let styled = |quantity: &str, panel: &dyn Fn(usize) -> Mark| -> Vec<Series> {
        (dims(rows, quantity).into_iter().enumerate())
            .map(|(i, dim)| Series::new(format!("d = {dim}"), i + 1, panel(dim)))
            .collect()
    };
    let mut spread = styled("objective_nats", &|dim| band(rows, "objective_nats", dim));
    if let Some(&dim) = dims(rows, "objective_nats").last() {
        spread.push(Series::new(
            format!("variances of Z capped at {VARIANCE_CAP}, d = {dim}"),
            0,
            Mark::Dashed(line(rows, "objective_capped_nats", dim)),
        ));
    }
    let mut rotation = styled("fixed_diagonal_loss_nats", &|dim| {
        band(rows, "fixed_diagonal_loss_nats", dim)
    });
    rotation.push(Series::new(
        "bounded eigenvalues, every d",
        0,
        Mark::Dashed(
            dims(rows, "bounded_eigenvalues_loss_nats")
                .last()
                .map(|&dim| line(rows, "bounded_eigenvalues_loss_nats", dim))
                .unwrap_or_default(),
        ),
    ));
    Figure {
        id: "objective".into(),
        title: "With bounded conditional eigenvalues the objective has no maximum and no preferred basis".into(),
        panels: vec![
            Panel {
                title: "spreading the means".into(),
                x: Axis::log("spread of the component means"),
                y: Axis::linear("objective (nats)"),
                series: spread,
            },
            Panel {
                title: "turning the representation".into(),
                x: Axis::linear("angle of the turn (rad)"),
                y: Axis::linear("loss of log-determinant (nats)"),
                series: rotation,
            },
        ],
        columns: 2,
        caption: "Left: the objective grows by 2 d ln 10 nats per decade of the spread, unless the variances of Z are capped. Right: turning the representation makes its covariance non-diagonal at no loss under eigenvalue bounds (dashed); the same correlations at a fixed diagonal cost log-determinant (bands span all replicates).".into(),
    }
}

pub(super) fn taylor(rows: &[Row]) -> Figure {
    let mut series = Vec::new();
    for (i, dim) in dims(rows, "remainder_nats").into_iter().enumerate() {
        series.push(Series::new(
            format!("d = {dim}"),
            i + 1,
            Mark::Line(line(rows, "remainder_nats", dim)),
        ));
        series.push(Series::new(
            format!("d = {dim}, without the factor 1/2"),
            i + 1,
            Mark::Dashed(line(rows, "remainder_without_half_nats", dim)),
        ));
    }
    Figure {
        id: "taylor".into(),
        title: "The squared correlations match ln det to second order, with the factor 1/2 only".into(),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("root mean square of the correlations"),
            y: Axis::log("mean remainder of the expansion (nats)"),
            series,
        }],
        columns: 1,
        caption: "Mean absolute difference between ln det and its second-order expansion. Lines with markers fall with slope 3 (slope 4 at d = 2, where the third-order term vanishes), the negative control (no markers) with slope 2.".into(),
    }
}

pub(super) fn scale(rows: &[Row]) -> Figure {
    let styled = |quantity: &str, per_dim: bool| -> Vec<Series> {
        (dims(rows, quantity).into_iter().enumerate())
            .map(|(i, dim)| {
                let divisor = if per_dim { dim as f64 } else { 1.0 };
                let points = line(rows, quantity, dim);
                Series::new(
                    format!("d = {dim}"),
                    i + 1,
                    Mark::Line(points.into_iter().map(|(x, y)| (x, y / divisor)).collect()),
                )
            })
            .collect()
    };
    let mut penalty = styled("penalty_over_log_det", false);
    penalty.push(Series::new(
        "equal to the log-determinant",
        0,
        Mark::Horizontal(1.0),
    ));
    let mut hinge: Vec<Series> = (dims(rows, "half_log_det_nats").last())
        .map(|&dim| {
            let points = line(rows, "half_log_det_nats", dim);
            let per_dim = points
                .into_iter()
                .map(|(x, y)| (x, y / dim as f64))
                .collect();
            Series::new(
                "Gaussian entropy above that at standard deviation 1",
                3,
                Mark::Line(per_dim),
            )
        })
        .into_iter()
        .collect();
    if let Some(&dim) = dims(rows, "hinge").last() {
        hinge.push(Series::new(
            "variance term (hinge)",
            0,
            Mark::Dashed(line(rows, "hinge", dim)),
        ));
    }
    Figure {
        id: "scale".into(),
        title: "VICReg's penalties depend on scale where the log-determinant of the correlations does not".into(),
        panels: vec![
            Panel {
                title: "covariance term".into(),
                x: Axis::log("standard deviation of the embedding"),
                y: Axis::log("(d/2) covariance term / -ln det R"),
                series: penalty,
            },
            Panel {
                title: "variance term, uncorrelated embedding".into(),
                x: Axis::log("standard deviation of the embedding"),
                y: Axis::linear("per dimension (nats; hinge: no unit)"),
                series: hinge,
            },
        ],
        columns: 2,
        caption: "Left: the covariance term grows with the fourth power of the scale and equals -ln det of the correlations only at standard deviation 1. Right: above 1 the hinge is flat at zero while the Gaussian entropy goes on growing.".into(),
    }
}
