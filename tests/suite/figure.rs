//! What the renderer must draw, and what it must refuse.

use std::path::Path;

use vicinfo::error::Error;
use vicinfo::figure::{Axis, Figure, Mark, Panel, Polygon, Series, svg};
use vicinfo::record::Record;

fn series(label: &str, style: usize, mark: Mark) -> Series {
    Series::new(label, style, mark)
}

fn figure(panels: Vec<Vec<Series>>) -> Figure {
    let panel = |series| Panel {
        title: "first & last".to_owned(),
        x: Axis::linear("distance (σ)"),
        y: Axis::linear("entropy (nats)"),
        series,
    };
    Figure {
        id: "example".to_owned(),
        title: "Entropy < log-det".to_owned(),
        panels: panels.into_iter().map(panel).collect(),
        columns: 2,
        caption: "The gap grows.".to_owned(),
    }
}

fn ordinary() -> Figure {
    let line = vec![(0.0, 1.0), (1.0, 2.5), (2.0, 2.0)];
    let band = line.iter().map(|(x, y)| (*x, y - 0.2, y + 0.2)).collect();
    let first = vec![
        series("truth", 0, Mark::Line(line.clone())),
        series("a <b> & \"c\"", 1, Mark::Band { line, band }),
        series("limit", 0, Mark::Horizontal(3.0)),
    ];
    let second = vec![
        series("truth", 0, Mark::Bars(vec![(1.0, 2.0, 0.5)])),
        series(
            "counts",
            2,
            Mark::Histogram(vec![(0.0, 1.0, 2.0), (1.0, 2.0, 1.0)]),
        ),
        series("a <b> & \"c\"", 1, Mark::Points(vec![(0.5, 0.5)])),
    ];
    figure(vec![first, second])
}

fn with_mark(mark: Mark) -> Figure {
    figure(vec![vec![series("the series", 1, mark)]])
}

/// Texts of the drawing with their places in pixels.
fn texts(drawing: &str) -> Vec<(f64, f64, String)> {
    let attribute = |tag: &str, name: &str| -> f64 {
        let start = tag.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        let end = start + tag[start..].find('"').unwrap();
        tag[start..end].parse::<f64>().unwrap() / 10.0
    };
    drawing
        .split("<text")
        .skip(1)
        .map(|part| {
            let (tag, rest) = part.split_once('>').unwrap();
            let text = rest.split_once("</text>").unwrap().0.trim().to_owned();
            (attribute(tag, "x"), attribute(tag, "y"), text)
        })
        .collect()
}

/// All pairs of numbers that lines and areas are drawn through.
fn corners(drawing: &str) -> Vec<(f64, f64)> {
    drawing
        .split(" points=\"")
        .skip(2) // the page itself comes first
        .flat_map(|part| part.split_once('"').unwrap().0.split_whitespace())
        .map(|pair| {
            let (x, y) = pair.split_once(',').unwrap();
            (
                x.parse::<f64>().unwrap() / 10.0,
                y.parse::<f64>().unwrap() / 10.0,
            )
        })
        .collect()
}

/// Triangles `(x, y, value)` with a right angle at `(x, y)` and legs of length 1.
fn triangles(places: &[(f64, f64, Option<f64>)], ends: (f64, f64)) -> Mark {
    let triangle = |(x, y, value): &(f64, f64, Option<f64>)| Polygon {
        corners: vec![(*x, *y), (x + 1.0, *y), (*x, y + 1.0)],
        value: *value,
    };
    Mark::Polygons {
        polygons: places.iter().map(triangle).collect(),
        ends,
    }
}

#[test]
fn polygons_are_filled_by_value_and_cut() {
    let places = [
        (0.0, 0.0, Some(-3.0)),
        (1.0, 0.0, Some(2.0)),
        (0.0, 1.0, Some(0.0)),
        (1.0, 1.0, None),
        (7.0, 7.0, Some(0.0)),
    ];
    let mut figure = with_mark(triangles(&places, (-2.0, 2.0)));
    let panel = &mut figure.panels[0];
    panel.x = Axis::linear("first").between(0.0, 1.5);
    panel.y = Axis::linear("second").between(0.0, 2.0);
    let drawing = svg(&figure).unwrap();
    // Ends, middle and no value; the legend shows the scale beside them.
    let panel_only = &drawing[..drawing.find("first").unwrap()];
    for colour in ["#00224E", "#FEE838", "#7D7C78", "#E4E4E4"] {
        assert!(
            panel_only.contains(&format!("fill=\"{colour}\"")),
            "{colour}"
        );
    }
    assert!(drawing.contains("1 beyond the axes"), "the one far away");
    for (x, y) in corners(&drawing) {
        assert!(
            (0.0..=760.0).contains(&x) && (0.0..=500.0).contains(&y),
            "({x}, {y})"
        );
    }
}

#[test]
fn blocks_float_between_their_ends() {
    let mut figure = with_mark(Mark::Blocks(vec![
        (0.0, 1.0, 2.0, 6.0),
        (1.0, 2.0, -4.0, 2.0),
    ]));
    figure.panels[0].x = Axis::linear("step").between(0.0, 2.0);
    figure.panels[0].y = Axis::linear("nats").between(-4.0, 6.0);
    let drawing = svg(&figure).unwrap();
    // Blue fillings: the blocks, then the sample in the legend.
    let filled: Vec<Vec<(f64, f64)>> = (drawing.split("<polygon").skip(1))
        .map(|tag| tag.split_once('>').unwrap().0)
        .filter(|tag| tag.contains("fill=\"#0072B2\""))
        .map(|tag| corners(&format!("{0}{0}{tag}", " points=\"\"")))
        .collect();
    let span = |ring: &[(f64, f64)]| {
        let ys = || ring.iter().map(|(_, y)| *y);
        (
            ys().fold(f64::INFINITY, f64::min),
            ys().fold(f64::NEG_INFINITY, f64::max),
        )
    };
    let [(top, seam), (seam_below, bottom)] = [span(&filled[0]), span(&filled[1])];
    assert!((seam - seam_below).abs() < 0.2, "both meet at 2");
    // Heights are as 4 to 6, and fill the panel.
    assert!(((seam - top) / (bottom - top) - 0.4).abs() < 0.01);
    assert!(!drawing.contains("beyond the axes"));
    figure.panels[0].y = Axis::linear("nats").between(0.0, 6.0);
    assert!(svg(&figure).unwrap().contains("1 beyond the axes"));
}

#[test]
fn samples_of_reference_lines_show_the_dashes_of_their_style() {
    for style in 0..9 {
        let pieces = |mark: Mark| {
            let drawing = svg(&figure(vec![vec![
                series("data", 0, Mark::Points(vec![(0.0, 0.0), (1.0, 1.0)])),
                series("the line", style, mark),
            ]]))
            .unwrap();
            let labels = texts(&drawing);
            let (_, middle, _) = (labels.iter())
                .find(|(_, _, text)| text == "the line")
                .unwrap();
            (drawing.split("<polyline").skip(1))
                .map(|tag| corners(&format!("{0}{0}{tag}", " points=\"\"")))
                .filter(|ends| {
                    ends.iter()
                        .all(|(x, y)| *x < 760.0 && (y - middle).abs() < 8.0)
                })
                .filter(|ends| ends.len() == 2)
                .count()
        };
        let (across, upright) = (pieces(Mark::Horizontal(0.5)), pieces(Mark::Vertical(0.5)));
        assert!(
            across > 1 && upright > 1,
            "style {style}: {across} {upright}"
        );
        // A dash that begins at the very end may be rounded away.
        assert!(
            across.abs_diff(upright) <= 1,
            "style {style}: {across} {upright}"
        );
    }
}

#[test]
fn every_text_is_there_escaped_and_once() {
    let drawing = svg(&ordinary()).unwrap();
    let texts = texts(&drawing);
    let count = |wanted: &str| texts.iter().filter(|(_, _, text)| text == wanted).count();
    assert_eq!(count("Entropy &lt; log-det"), 1);
    assert_eq!(count("first &amp; last"), 2, "a heading for each panel");
    assert_eq!(count("distance (σ)"), 2);
    assert_eq!(count("entropy (nats)"), 1, "the neighbour shows it already");
    for label in [
        "truth",
        "a &lt;b&gt; &amp; &quot;c&quot;",
        "limit",
        "counts",
    ] {
        assert_eq!(count(label), 1, "legend entry {label}");
    }
    assert!(drawing.contains("<title>Entropy &lt; log-det</title>\n<desc>The gap grows.</desc>"));
    let head = drawing.split_once('>').unwrap().0;
    assert!(
        head.starts_with("<svg ") && head.contains("role=\"img\"") && head.contains("viewBox=")
    );
}

#[test]
fn the_legend_stands_below_the_data() {
    let drawing = svg(&ordinary()).unwrap();
    let texts = texts(&drawing);
    let axis = texts
        .iter()
        .find(|(_, _, text)| text == "distance (σ)")
        .unwrap()
        .1;
    for label in ["truth", "limit", "counts"] {
        let (_, y, _) = texts.iter().find(|(_, _, text)| text == label).unwrap();
        assert!(*y > axis, "{label} at {y}, the label of the axis at {axis}");
    }
}

#[test]
fn equal_figures_give_equal_bytes() {
    assert_eq!(svg(&ordinary()).unwrap(), svg(&ordinary()).unwrap());
}

#[test]
fn given_ends_cut_and_the_panel_says_so() {
    let line = vec![(-50.0, -50.0), (0.5, 0.5), (50.0, 50.0)];
    let mut figure = with_mark(Mark::Line(line));
    figure.panels[0].x.range = Some((0.0, 1.0));
    figure.panels[0].y.range = Some((0.0, 1.0));
    let drawing = svg(&figure).unwrap();
    assert!(drawing.contains("2 beyond the axes"), "{drawing}");
    for (x, y) in corners(&drawing) {
        assert!(
            (0.0..=760.0).contains(&x) && (0.0..=500.0).contains(&y),
            "({x}, {y})"
        );
    }
    figure.panels[0].x.range = None;
    figure.panels[0].y.range = None;
    assert!(!svg(&figure).unwrap().contains("beyond"));
}

#[test]
fn numbers_that_are_not_finite_are_named() {
    let marks = [
        Mark::Line(vec![(0.0, f64::NAN)]),
        Mark::Points(vec![(f64::INFINITY, 0.0)]),
        Mark::Dashed(vec![(0.0, f64::NEG_INFINITY)]),
        Mark::Bars(vec![(0.0, 1.0, f64::NAN)]),
        Mark::Intervals(vec![(0.0, 1.0, f64::NAN, 2.0)]),
        Mark::Band {
            line: vec![(0.0, 0.0)],
            band: vec![(0.0, f64::NAN, 1.0)],
        },
        Mark::Histogram(vec![(0.0, 1.0, f64::INFINITY)]),
        Mark::Blocks(vec![(0.0, 1.0, f64::NEG_INFINITY, 1.0)]),
        Mark::Horizontal(f64::NAN),
        Mark::Vertical(f64::NAN),
        triangles(&[(0.0, f64::NAN, Some(1.0))], (0.0, 1.0)),
        triangles(&[(0.0, 0.0, Some(f64::INFINITY))], (0.0, 1.0)),
    ];
    for mark in marks {
        match svg(&with_mark(mark.clone())) {
            Err(Error::NonFiniteResult { what, .. }) => {
                assert!(
                    what.contains("'example'") && what.contains("'the series'"),
                    "{what}"
                );
            }
            other => panic!("{mark:?} gave {other:?}"),
        }
    }
}

#[test]
fn a_logarithmic_axis_takes_positive_values_only() {
    let at = |x: f64, y: f64, log_x: bool| {
        let mut figure = with_mark(Mark::Line(vec![(1.0, 1.0), (x, y)]));
        let panel = &mut figure.panels[0];
        let axis = if log_x { &mut panel.x } else { &mut panel.y };
        *axis = Axis::log("quantity");
        svg(&figure)
    };
    assert!(at(10.0, -1.0, true).is_ok());
    assert!(at(-1.0, 10.0, false).is_ok());
    for refused in [at(0.0, 1.0, true), at(-2.0, 1.0, true), at(1.0, 0.0, false)] {
        assert!(
            matches!(&refused, Err(Error::NonFiniteResult { what, .. })
                if what.contains("'the series'") && what.contains("'example'")),
            "{refused:?}"
        );
    }
    // A bar may run out of the panel below; its point may not.
    let bars = |y: f64| {
        let mut figure = with_mark(Mark::Bars(vec![(1.0, 2.0, 0.1), (2.0, y, 1.5)]));
        figure.panels[0].y = Axis::log("quantity");
        svg(&figure)
    };
    assert!(bars(1.0).is_ok());
    assert!(matches!(bars(-1.0), Err(Error::NonFiniteResult { .. })));
}

#[test]
fn intervals_of_equal_halves_are_drawn_as_bars() {
    let frame = |mark| {
        let mut figure = with_mark(mark);
        figure.panels[0].y = Axis::linear("quantity").between(0.0, 4.0);
        svg(&figure).unwrap()
    };
    let bars = frame(Mark::Bars(vec![(1.0, 2.0, 0.5), (2.0, 3.0, 1.0)]));
    let equal = frame(Mark::Intervals(vec![
        (1.0, 2.0, 1.5, 2.5),
        (2.0, 3.0, 2.0, 4.0),
    ]));
    assert_eq!(bars, equal);
    let lower = frame(Mark::Intervals(vec![
        (1.0, 2.0, 1.0, 2.5),
        (2.0, 3.0, 2.0, 4.0),
    ]));
    assert_ne!(bars, lower);
}

#[test]
fn figures_that_cannot_be_drawn_are_refused() {
    let refused = |figure: &Figure| matches!(svg(figure), Err(Error::InvalidParameter { .. }));
    let good = with_mark(Mark::Points(vec![(0.0, 0.0)]));
    assert!(svg(&good).is_ok());

    let no_panels = Figure {
        panels: vec![],
        ..good.clone()
    };
    let no_columns = Figure {
        columns: 0,
        ..good.clone()
    };
    let no_values = with_mark(Mark::Points(vec![]));
    let mut reversed = good.clone();
    reversed.panels[0].x = Axis::linear("x").between(1.0, 0.0);
    let mut from_zero = good.clone();
    from_zero.panels[0].y = Axis::log("y").between(0.0, 1.0);
    from_zero.panels[0].series[0].mark = Mark::Points(vec![(0.0, 1.0)]);
    for figure in [&no_panels, &no_columns, &no_values, &reversed, &from_zero] {
        assert!(refused(figure), "{figure:?}");
    }
    for mark in [
        Mark::Bars(vec![(0.0, 0.0, -1.0)]),
        Mark::Intervals(vec![(0.0, 0.0, 0.5, 1.0)]),
        Mark::Intervals(vec![(0.0, 2.0, 0.5, 1.0)]),
        Mark::Histogram(vec![(1.0, 1.0, 1.0)]),
        Mark::Histogram(vec![(0.0, 1.0, -1.0)]),
        Mark::Blocks(vec![(1.0, 1.0, 0.0, 1.0)]),
        Mark::Blocks(vec![(0.0, 1.0, 1.0, 0.5)]),
        Mark::Band {
            line: vec![(0.0, 0.0)],
            band: vec![(0.0, 1.0, -1.0)],
        },
        triangles(&[(0.0, 0.0, None)], (1.0, 1.0)),
        triangles(&[(0.0, 0.0, None)], (0.0, f64::INFINITY)),
        Mark::Polygons {
            polygons: vec![Polygon {
                corners: vec![(0.0, 0.0), (1.0, 1.0)],
                value: None,
            }],
            ends: (0.0, 1.0),
        },
    ] {
        assert!(refused(&with_mark(mark.clone())), "{mark:?}");
    }
    let points = || Mark::Points(vec![(0.0, 0.0)]);
    let two_styles = figure(vec![vec![
        series("a", 1, points()),
        series("a", 2, points()),
    ]]);
    assert!(refused(&two_styles));
}

#[test]
fn labels_of_ticks_never_touch() {
    for (low, high) in [(1e-12, 1e3), (0.9, 1.2), (3.0, 4e5), (1e-300, 1e300)] {
        for log in [false, true] {
            let mut figure = with_mark(Mark::Points(vec![(low, low), (high, high)]));
            if log {
                figure.panels[0].x = Axis::log("x");
                figure.panels[0].y = Axis::log("y");
            }
            let texts = texts(&svg(&figure).unwrap());
            // Labels below the panel share a line; six pixels a digit is what they take at least.
            let axis = if log { "x" } else { "distance (σ)" };
            let row = texts.iter().find(|(_, _, text)| text == axis).unwrap().1;
            let mut line: Vec<_> = texts
                .iter()
                .filter(|(_, y, _)| *y < row - 6.0 && *y > row - 20.0)
                .map(|(x, _, text)| (*x, text.chars().count() as f64 * 6.0))
                .collect();
            line.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(line.len() > 1, "{low} to {high}, log {log}: {texts:?}");
            for pair in line.windows(2) {
                // A power follows its base at once.
                let gap = pair[1].0 - pair[0].0;
                assert!(gap < 1.0 || gap > (pair[0].1 + pair[1].1) / 2.0, "{line:?}");
            }
        }
    }
}

fn heat_map(values: &[Vec<Option<f64>>], limit: f64) -> Figure {
    let names = |prefix: &str, n: usize| (0..n).map(|i| format!("{prefix}{i}")).collect();
    Figure {
        panels: vec![Panel::heat_map(
            "",
            ("estimator", names("column", values[0].len())),
            ("law", names("line", values.len())),
            "bias (nats)",
            values,
            limit,
        )],
        ..ordinary()
    }
}

#[test]
fn a_heat_map_prints_every_value_at_its_line_and_column() {
    let values = vec![
        vec![Some(0.0), Some(-0.004), Some(1.0)],
        vec![Some(-0.75), None, Some(0.126)],
    ];
    let drawing = svg(&heat_map(&values, 0.5)).unwrap();
    let texts = texts(&drawing);
    let place = |text: &str| -> Vec<(f64, f64)> {
        let found = texts.iter().filter(|(_, _, t)| t == text);
        found.map(|(x, y, _)| (*x, *y)).collect()
    };
    let row = |text: &str| place(text)[0].1;
    // The first line stands above, and values stand beside the name of their line.
    assert!(row("line0") < row("line1"));
    assert!((row("1.00") - row("line0")).abs() < 3.0);
    assert!((row("0.13") - row("line1")).abs() < 3.0);
    assert!((row("\u{2013}") - row("line1")).abs() < 3.0);
    // Nothing is rounded to a negative zero, and nothing is cut at the limit.
    assert_eq!(place("0.00").len(), 2);
    let (minus, plus) = (place("\u{2212}0.75")[0], place("0.13")[0]);
    assert!(minus.0 < plus.0 && (minus.1 - plus.1).abs() < 1e-9);
    // Beyond the limit both ends have the full colours; no value has the colour of the grid.
    for colour in ["#0072B2", "#D55E00", "#E4E4E4"] {
        assert!(drawing.contains(colour), "{colour}");
    }
}

#[test]
fn a_heat_map_that_cannot_be_drawn_is_refused() {
    for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(
            matches!(
                svg(&heat_map(&[vec![Some(0.0)]], limit)),
                Err(Error::InvalidParameter { .. })
            ),
            "{limit}"
        );
    }
    let Err(Error::NonFiniteResult { what, value }) =
        svg(&heat_map(&[vec![Some(1.0), Some(f64::NAN)]], 1.0))
    else {
        panic!("a tile that is not a number was drawn");
    };
    assert!(what.contains("tile") && what.contains("bias (nats)") && value == "NaN");
}

/// Widths of the characters from the space to the tilde in DejaVu Sans, in thousandths of its size: the widest of the fonts that
/// stand in for Helvetica.
const REGULAR: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
/// The same of DejaVu Sans Bold.
const BOLD: [u16; 95] = [
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696,
    696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683,
    683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771,
    724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665,
    343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
];

/// How far a drawing's texts reach beyond it in that font, in pixels: the farthest one.
fn beyond(drawing: &str) -> (f64, String) {
    let attribute = |tag: &str, name: &str| -> String {
        let from = tag.split_once(&format!(" {name}=\"")).unwrap().1;
        from.split_once('"').unwrap().0.to_owned()
    };
    let number = |tag: &str, name: &str| attribute(tag, name).parse::<f64>().unwrap();
    let canvas = attribute(drawing, "viewBox");
    let canvas: Vec<f64> = canvas.split(' ').map(|v| v.parse().unwrap()).collect();
    let mut farthest = (f64::NEG_INFINITY, String::new());
    for part in drawing.split("<text").skip(1) {
        let (tag, rest) = part.split_once('>').unwrap();
        let text = rest.split_once("</text>").unwrap().0.trim();
        let text = (text.replace("&lt;", "<").replace("&gt;", ">")).replace("&amp;", "&");
        let widths = if tag.contains("\"bold\"") {
            BOLD
        } else {
            REGULAR
        };
        let ems = |c: char| match c {
            ' '..='~' => widths[c as usize - ' ' as usize],
            '½' => 1035,
            _ => 838,
        };
        let ems: f64 = text.chars().map(|c| f64::from(ems(c))).sum();
        let width = ems / 1000.0 * number(tag, "font-size");
        // Turned texts run from the bottom to the top.
        let turned = tag.contains("rotate(");
        let (place, most) = match turned {
            true => (canvas[3] - number(tag, "y"), canvas[3]),
            false => (number(tag, "x"), canvas[2]),
        };
        let start = match attribute(tag, "text-anchor").as_str() {
            "start" => place,
            "middle" => place - width / 2.0,
            _ => place - width,
        };
        let beyond = (-start).max(start + width - most) / 10.0;
        if beyond > farthest.0 {
            farthest = (beyond, text);
        }
    }
    farthest
}

#[test]
fn texts_stay_on_the_figure_in_the_widest_of_the_usual_fonts() {
    let mut long = ordinary();
    long.title = "Mean entropy of every method measured beside that of another ".repeat(4);
    long.panels[0].title = "Mean entropy of every method measured ".repeat(3);
    long.panels[0].y.label = "mean entropy of every method measured (nats) ".repeat(2);
    long.panels[1].x.label = "mean entropy of every method measured (nats) ".repeat(3);
    long.panels[0].series[0].label = "mean entropy of every method ".repeat(5);
    let mut rows = heat_map(&[vec![Some(0.5), None], vec![Some(-2.0), Some(1.0)]], 1.0);
    rows.panels[0].y.names[0] = "vicreg(invariance=25,variance=25,covariance=1)".to_owned();
    rows.panels[0].x.names[1] = "vicreg(invariance=25,variance=25,covariance=1)".to_owned();
    for figure in [long, rows] {
        let (far, text) = beyond(&svg(&figure).unwrap());
        assert!(far < 0.0, "{text}: {far} pixels");
    }
    let records = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures");
    let mut published = 0;
    for entry in std::fs::read_dir(&records).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("manifest.json").is_file() {
            continue;
        }
        for drawing in Record::read(&folder).unwrap().svgs {
            let (far, text) = beyond(&drawing);
            assert!(far < 0.0, "{}: {text}: {far} pixels", folder.display());
            published += 1;
        }
    }
    assert!(published > 50, "{published}");
    // A title of more than a line does not fit one.
    let (far, _) = beyond(
        "<svg viewBox=\"0 0 7600 100\"><text x=\"140\" y=\"50\" text-anchor=\"start\" font-size=\"150\" font-weight=\"bold\">\
         The steps of the proof hold as promised and fail where an assumption does; the bound never fails</text></svg>",
    );
    assert!((far - 86.1).abs() < 0.1, "{far}");
}
