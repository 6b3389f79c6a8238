use vicinfo::experiment::slug;
use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};
use vicinfo::training::Preset;

use super::check::{label, mean, pairs};
use super::compare::family;
use super::measure::PROBES;
use super::{Row, values};

pub(super) fn accuracy(rows: &[Row], data: &str) -> Figure {
    // From the least to the most accurate linear probe: the reader looks for a rank.
    let mut ordered: Vec<(&str, f64)> = (Preset::ALL.iter())
        .filter_map(|preset| {
            Some((
                preset.id,
                mean(&values(rows, data, preset.id, PROBES[0].0))?,
            ))
        })
        .collect();
    ordered.sort_by(|a, b| a.1.total_cmp(&b.1));
    let names: Vec<String> = ordered.iter().map(|(id, _)| label(id).to_owned()).collect();
    let series = PROBES.iter().enumerate().map(|(i, (quantity, name))| {
        let points = (ordered.iter().enumerate()).flat_map(|(place, (id, _))| {
            let x = place as f64 + (i as f64 - 1.0) * 0.28;
            let mut runs = values(rows, data, id, quantity);
            runs.sort_by(f64::total_cmp);
            // Neighbours in accuracy stand to the left and to the right in turn, so that both are seen.
            (runs.into_iter().enumerate()).map(move |(rank, value)| {
                (x + if rank % 2 == 0 { -0.06 } else { 0.06 }, 100.0 * value)
            })
        });
        Series::new(*name, i + 1, Mark::Points(points.collect()))
    });
    let controls: Vec<&str> = (ordered.iter())
        .filter_map(|(id, _)| Preset::named(id).ok())
        .filter(|preset| preset.control)
        .map(|preset| preset.label)
        .collect();
    Figure {
        id: format!("accuracy-{}", slug(data)),
        title: format!("Accuracy of probes on frozen representations, {data}: every run"),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::names("", names),
            y: Axis::linear("accuracy on held-out images (%)"),
            series: series.collect(),
        }],
        columns: 1,
        caption: format!(
            "Each marker is a run; methods stand in the order of their linear probe. Same network, images, batches and number of steps for all; {} replicates. {}The axis does not start at 0.",
            values(rows, data, "vicreg", PROBES[0].0).len(),
            if controls.is_empty() {
                String::new()
            } else {
                format!("Controls: {}. ", controls.join(", "))
            }
        ),
    }
}

pub(super) fn differences(rows: &[Row], data: &str) -> Option<Figure> {
    let pairs = pairs(rows, data)?;
    let names: Vec<String> = (pairs.iter())
        .map(|(variant, original)| format!("{} − {}", label(variant), label(original)))
        .collect();
    let mut series = vec![Series::new("no difference", 0, Mark::Horizontal(0.0))];
    for (i, (quantity, name)) in PROBES.iter().enumerate() {
        let found = family(rows, data, quantity, &pairs)?;
        let bars = found.iter().enumerate().map(|(place, difference)| {
            let x = place as f64 + (i as f64 - 1.0) * 0.22;
            (x, 100.0 * difference.mean, 100.0 * difference.half)
        });
        series.push(Series::new(*name, i + 1, Mark::Bars(bars.collect())));
    }
    Some(Figure {
        id: format!("differences-{}", slug(data)),
        title: format!("Variants with an entropy term less methods without one, {data}"),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::names("", names),
            y: Axis::linear("difference in accuracy (points)"),
            series,
        }],
        columns: 1,
        caption: "Paired differences over the replicates; a bar that does not cross 0 is a difference after Holm's correction for all comparisons of its probe at 5 %. The error of a run is that of an original and its variants together (what is left after method and replicate). Beside VICReg with its published weights stands the one with the best of the weights that were tried, if that is another: it differs from the variants in two weights.".into(),
    })
}
