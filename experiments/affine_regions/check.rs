use vicinfo::experiment::{Effect, Finding, Line};

use super::{FIXED_UNITS, ROUNDING, Row, select};

fn effects<'a>(rows: &'a [Row], quantity: &'a str) -> impl Iterator<Item = Effect> {
    select(rows, quantity).map(|row| Effect::new(row.value, row.std_error))
}

fn points(rows: &[Row], quantity: &str) -> usize {
    select(rows, quantity).map(|row| row.n).sum()
}

pub(super) fn affine(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        ROUNDING,
        "rounding of double precision through eight layers of 1024 units",
    );
    let error = line.worst(effects(rows, "relative_error"));
    let most =
        |size: fn(&Row) -> usize| select(rows, "relative_error").map(size).max().unwrap_or(0);
    Finding {
        claim: "cpa-affine".into(),
        form: "the affine map".into(),
        statement: "At every point of the region of x, the network is A x + b with the matrix and the offset of x.".into(),
        unit: "relative error".into(),
        evidence: format!(
            "largest |A y + b - f(y)| / (|A y| + |f(y)|) over {} points y of regions: {:.1e}, with up to {} layers of {} units",
            points(rows, "relative_error"),
            error.value,
            most(|row| row.depth),
            most(|row| row.width),
        ),
        controls: vec![line.refuted(
            "A and b of another region",
            Effect::smallest(effects(rows, "relative_error_of_another_region")),
        )],
        ..line.judge(error)
    }
}

pub(super) fn half_spaces(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        1e-6,
        "one point in a million may lie on a face up to rounding",
    );
    let wrong = line.worst(effects(rows, "membership_error"));
    Finding {
        claim: "cpa-affine".into(),
        form: "the region".into(),
        statement: "A point has the activation pattern of x exactly if it satisfies G y + h > 0, the half-spaces of the region of x.".into(),
        unit: "share of points on which both tests disagree".into(),
        evidence: format!(
            "{} points around centres, from a hundredth to ten times as far as the region reaches; largest share of disagreements in a setting: {}",
            points(rows, "membership_error"),
            wrong.value,
        ),
        controls: vec![line.refuted(
            "half-spaces of another point",
            Effect::smallest(effects(rows, "membership_error_of_another_region")),
        )],
        ..line.judge(wrong)
    }
}

pub(super) fn lines(rows: &[Row]) -> Finding {
    let line = Line::near(0.0, 0.5, "a count is a whole number");
    let differences = |expected| {
        let pairs = select(rows, "regions").zip(select(rows, expected));
        pairs.map(|(found, expected)| Effect::exact(found.value - expected.value))
    };
    let worst = line.worst(differences("regions_expected"));
    let most = select(rows, "regions").map(|row| row.n).max().unwrap_or(0);
    Finding {
        claim: "cpa-affine".into(),
        form: "regions of one hidden layer".into(),
        statement: "A planar slice through one hidden layer has one region, and one more for each kink that crosses the window and for each pair that crosses in it.".into(),
        unit: "regions counted less regions expected".into(),
        evidence: format!(
            "the exact partitions of {} slices agree with the formula, the largest with {most} regions; largest difference {}",
            select(rows, "regions").count(),
            worst.value
        ),
        controls: vec![line.refuted(
            "the formula for the whole plane",
            Effect::largest(differences("regions_of_the_plane")),
        )],
        ..line.judge(worst)
    }
}

pub(super) fn slice(rows: &[Row]) -> Finding {
    let line = Line::at_most(
        0.0,
        1e-6,
        "one point in a million may lie on a face up to rounding",
    );
    let missing = line.worst(effects(rows, "missing"));
    let largest = |quantity| Effect::largest(effects(rows, quantity)).value;
    Finding {
        claim: "cpa-affine".into(),
        form: "regions of deeper networks".into(),
        statement: "The polygons of a slice on which the network is affine, cut out layer by layer, hold every activation pattern that points of the slice have.".into(),
        unit: "share of points without a polygon".into(),
        evidence: format!(
            "{} points in {} slices of up to {} regions; areas add up to the window's within {:.1e}, the maps of the polygons are those at their middles within {:.1e}",
            points(rows, "missing"),
            select(rows, "missing").count(),
            largest("regions_of_slice"),
            largest("area_error"),
            largest("map_error"),
        ),
        controls: vec![line.refuted(
            "polygons of another network",
            Effect::smallest(effects(rows, "missing_of_another_network")),
        )],
        ..line.judge(missing)
    }
}

/// Slope of a quantity against the logarithm of the width, by least squares.
fn slope(rows: &[Row], quantity: &str) -> Effect {
    let rows: Vec<&Row> = select(rows, quantity).collect();
    let at = |row: &Row| (row.width as f64).ln();
    let mean = rows.iter().map(|row| at(row)).sum::<f64>() / rows.len() as f64;
    let spread: f64 = rows.iter().map(|row| (at(row) - mean).powi(2)).sum();
    let weight = |row: &Row| (at(row) - mean) / spread;
    let slope = rows.iter().map(|row| weight(row) * row.value).sum();
    let variance: f64 = rows
        .iter()
        .map(|row| (weight(row) * row.std_error).powi(2))
        .sum();
    Effect::new(slope, variance.sqrt())
}

pub(super) fn distance(rows: &[Row]) -> Finding {
    let line = Line::near(
        -1.0,
        0.3,
        "the number of faces grows with the width, and their distances do not change: slope -1",
    );
    let steepness = slope(rows, "ln_nearest");
    let mut medians: Vec<&Row> = select(rows, "ln_nearest_median").collect();
    medians.sort_by_key(|row| row.width);
    let list = |text: &dyn Fn(&Row) -> String| -> String {
        let texts: Vec<String> = medians.iter().map(|row| text(row)).collect();
        texts.join(", ")
    };
    Finding {
        claim: "cpa-affine".into(),
        form: "size of the regions".into(),
        statement:
            "The nearest face of a point's region lies at a distance proportional to 1 / width."
                .into(),
        unit: "slope of ln(distance) against ln(width)".into(),
        evidence: format!(
            "slope {:.2} ± {:.2}; median distance times width is {} at widths {} (ReLU, two hidden layers, 16 inputs, standard normal points)",
            steepness.value,
            steepness.std_error,
            list(&|row| format!("{:.2}", row.value.exp() * row.width as f64)),
            list(&|row| row.width.to_string()),
        ),
        controls: vec![line.refuted(
            format!("the nearest face of {FIXED_UNITS} units alone"),
            slope(rows, "ln_nearest_of_fixed_units"),
        )],
        ..line.judge(steepness)
    }
}
