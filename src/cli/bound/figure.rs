use vicinfo::figure::{Axis, Figure, Mark, Panel, Polygon, Series};

use super::assessment::{Assessment, Quantity};
use super::print::conclusions;

/// The upright box of half the width of a step around `x`.
fn column(x: usize, from: f64, to: f64, value: Option<f64>) -> Polygon {
    let (left, right) = (x as f64 - 0.36, x as f64 + 0.36);
    Polygon {
        corners: vec![(left, from), (right, from), (right, to), (left, to)],
        value,
    }
}

/// The terms one on top of the other, and the certificates.
pub fn figure(assessment: &Assessment) -> Figure {
    let baseline = assessment.baseline;
    let reference = || {
        Series::new(
            "risk of always answering the class shares",
            0,
            Mark::Horizontal(baseline),
        )
    };
    // Dark where a column alone reaches the baseline, light where it is nothing.
    let scale = |polygons| Mark::Polygons {
        polygons,
        ends: (-1.0, 0.0),
    };
    let shade = |value: f64| Some(-(value / baseline).min(1.0));
    let label = "columns: light if small, dark if the baseline or more by itself";
    let mut panels = Vec::new();
    if let Some(downstream) = &assessment.downstream {
        let mut sum = 0.0;
        let mut names = Vec::new();
        let mut columns = Vec::new();
        for term in &downstream.corrected.terms {
            if let Some(value) = term.value.known() {
                columns.push(column(names.len(), sum, sum + value, shade(value)));
                sum += value;
            }
            names.push(match term.value.known() {
                Some(_) => term.name.replace('_', " "),
                None => format!("{} (unknown)", term.name.replace('_', " ")),
            });
        }
        if let Some(total) = downstream.corrected.total.known() {
            columns.push(column(names.len(), 0.0, total, shade(total)));
            names.push("total".to_owned());
        }
        panels.push(Panel {
            title: "terms of the bound, each on top of those before it".to_owned(),
            x: Axis::names("", names),
            y: Axis::linear("bound on the risk E |W f(x) \u{2212} y|")
                .between(0.0, 1.05 * sum.max(baseline)),
            series: vec![Series::new(label, 0, scale(columns)), reference()],
        });
    }
    let mut names = Vec::new();
    let mut places = Vec::new();
    let mut add = |name: &str, value: f64| {
        places.push((names.len() as f64, value));
        names.push(name.to_owned());
    };
    if let Some(holdout) = &assessment.on_holdout
        && holdout.mean_loss > 0.0
    {
        add("held-out mean, for comparison", holdout.mean_loss);
    }
    for entry in &assessment.certificates {
        if let (Ok(value), Quantity::Risk) = (&entry.value, entry.of) {
            add(entry.name, *value);
        }
    }
    if let Some(total) =
        (assessment.downstream.as_ref()).and_then(|downstream| downstream.corrected.total.known())
    {
        add("bound by positives", total);
    }
    if !places.is_empty() {
        panels.push(Panel {
            title: "all bounds on the same risk".to_owned(),
            x: Axis::names("", names),
            y: Axis::log("bound on the risk E |W f(x) \u{2212} y|"),
            series: vec![Series::new("bound", 2, Mark::Points(places)), reference()],
        });
    }
    Figure {
        id: "bound".into(),
        title: format!(
            "What bounds the risk of a linear map on {} points in {} dimensions",
            assessment.n, assessment.dim
        ),
        columns: panels.len(),
        panels,
        caption: conclusions(assessment).join(" "),
    }
}
