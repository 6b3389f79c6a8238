//! Figures as values, and the one renderer that draws them.

mod axis;
mod canvas;
mod clip;
mod coordinate;
mod layout;
mod mark;
mod scale;

use std::collections::BTreeMap;

use crate::error::Error;

/// A picture: panels in reading order under one title, one legend outside the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// File name without ending.
    pub id: String,
    /// States what is shown.
    pub title: String,
    /// Panels in reading order.
    pub panels: Vec<Panel>,
    /// Panels per line.
    pub columns: usize,
    /// A sentence or two for the report: what to see.
    pub caption: String,
}

/// One pair of axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Heading of the panel; may be empty in a figure of one panel.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// What is drawn, later ones on top.
    pub series: Vec<Series>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Quantity with its unit, for example `entropy (nats)`.
    pub label: String,
    /// Spacing.
    pub spacing: Spacing,
    /// Ends of the axis; from the data when absent.
    pub range: Option<(f64, f64)>,
    /// Names of the places 0, 1, 2, …, instead of numbers; upright below the panel.
    pub names: Vec<String>,
}

/// Spacing of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// Equal steps.
    Linear,
    /// Equal factors; only positive values can be drawn.
    Log,
}

/// Something drawn on the axes. A series without a label has no legend entry. Series of equal label share one legend entry and one style,
/// in every panel of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Text of the legend.
    pub label: String,
    /// Colour and marker: the `index`-th of the palette (0 is black, for truths and references).
    pub style: usize,
    /// What is drawn.
    pub mark: Mark,
}

/// How a series is drawn.
///
/// Given ends of an axis cut what lies beyond them, and the panel says how many values that are.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A line through `(x, y)` with a marker at each that has room for one (and at some twelve of more than 40 points).
    Line(Vec<(f64, f64)>),
    /// A line through `(x, y)` in a band `(x, lower, upper)`.
    Band {
        /// The line.
        line: Vec<(f64, f64)>,
        /// `(x, lower, upper)`.
        band: Vec<(f64, f64, f64)>,
    },
    /// A dashed line without markers.
    Dashed(Vec<(f64, f64)>),
    /// Markers only.
    Points(Vec<(f64, f64)>),
    /// Markers with vertical bars `(x, y, half length)`. On a logarithmic axis a bar (and a band)
    /// whose lower end is not positive runs out of the panel.
    Bars(Vec<(f64, f64, f64)>),
    /// Markers with vertical bars `(x, y, lower, upper)`, the ends given apart, as of an interval that is not
    /// symmetric; otherwise as [`Mark::Bars`].
    Intervals(Vec<(f64, f64, f64, f64)>),
    /// A histogram: `(left, right, height)`, drawn as an outline over a light filling.
    Histogram(Vec<(f64, f64, f64)>),
    /// Bars that float: `(left, right, lower, upper)`, each an outline over a filling.
    Blocks(Vec<(f64, f64, f64, f64)>),
    /// A dashed horizontal line over the whole panel.
    Horizontal(f64),
    /// A dashed vertical line over the whole panel.
    Vertical(f64),
    /// A heat map: tiles of size 1 around `(x, y)`, each with its value printed and coloured on a
    /// scale from blue (negative) over white to orange (positive) that is full at `limit` and
    /// beyond; a tile without a value is grey.
    Tiles {
        /// `(x, y, value)`.
        tiles: Vec<(f64, f64, Option<f64>)>,
        /// Size of a value that has the full colour; positive.
        limit: f64,
    },
    /// A map: polygons with thin edges, each filled by its value on a scale from dark blue over
    /// grey to yellow, whose lightness grows evenly; a polygon without a value is pale grey.
    Polygons {
        /// The polygons, later ones on top.
        polygons: Vec<Polygon>,
        /// Values at (and beyond) which the scale ends; increasing.
        ends: (f64, f64),
    },
}

/// Standard errors to either side in an interval that covers 95 % of a normal law.
const WITHIN_95: f64 = 1.96;

impl Mark {
    /// A line through `(x, mean)` in its 95 % band, from `(x, mean, standard error)`.
    pub fn line_within_95(points: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        let (line, band) = (points.into_iter())
            .map(|(x, mean, error)| {
                let half = WITHIN_95 * error;
                ((x, mean), (x, mean - half, mean + half))
            })
            .unzip();
        Self::Band { line, band }
    }

    /// Markers at `(x, mean)` with 95 % bars, from `(x, mean, standard error)`.
    pub fn points_within_95(points: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        let bar = |(x, mean, error)| (x, mean, WITHIN_95 * error);
        Self::Bars(points.into_iter().map(bar).collect())
    }
}

/// A polygon of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    /// Corners `(x, y)` in their order.
    pub corners: Vec<(f64, f64)>,
    /// What its colour stands for.
    pub value: Option<f64>,
}

impl Panel {
    /// A heat map: `values[i][j]` in line `i` from above and column `j`.
    pub fn heat_map(
        title: impl Into<String>,
        (x, columns): (&str, Vec<String>),
        (y, lines): (&str, Vec<String>),
        label: impl Into<String>,
        values: &[Vec<Option<f64>>],
        limit: f64,
    ) -> Self {
        let height = lines.len();
        let tiles = (values.iter().enumerate())
            .flat_map(|(i, line)| {
                let y = height as f64 - 1.0 - i as f64;
                (line.iter().enumerate()).map(move |(j, value)| (j as f64, y, *value))
            })
            .collect();
        Self {
            title: title.into(),
            x: Axis::names(x, columns),
            y: Axis::names(y, lines.into_iter().rev().collect()),
            series: vec![Series::new(label, 0, Mark::Tiles { tiles, limit })],
        }
    }
}

impl Series {
    /// A series.
    pub fn new(label: impl Into<String>, style: usize, mark: Mark) -> Self {
        Self {
            label: label.into(),
            style,
            mark,
        }
    }
}

impl Axis {
    /// An axis of equal steps over the range of the data.
    pub fn linear(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            spacing: Spacing::Linear,
            range: None,
            names: Vec::new(),
        }
    }

    /// An axis of equal factors over the range of the data.
    pub fn log(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            spacing: Spacing::Log,
            range: None,
            names: Vec::new(),
        }
    }

    /// An axis of names, each in the middle of a step of length 1; the first stands at 0.
    pub fn names(label: impl Into<String>, names: Vec<String>) -> Self {
        let end = names.len() as f64 - 0.5;
        Self {
            names,
            ..Self::linear(label).between(-0.5, end)
        }
    }

    /// The same axis with given ends.
    #[must_use]
    pub fn between(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }
}

/// Draws a figure as SVG.
///
/// Panels stand in a grid, with one legend below them, an entry for each label. The text stays
/// text in a common sans-serif font; a title and a description serve readers who cannot see the
/// figure. An axis label that a panel shares with the one to its left, or below it, is written
/// once. Equal figures give equal bytes.
///
/// # Errors
/// [`Error::NonFiniteResult`] for a number that is not finite, or not positive on a logarithmic
/// axis, with the names of figure, panel and series; [`Error::InvalidParameter`] for a figure
/// without panels or columns, for ends of an axis, a band or a block that are not increasing, for bins
/// without a width, for negative heights or lengths, for a heat map whose limit is not positive,
/// for polygons of fewer than three corners or a scale whose ends are not increasing, and for one
/// label in two styles.
pub fn svg(figure: &Figure) -> Result<String, Error> {
    if figure.panels.is_empty() || figure.columns == 0 {
        return Err(Error::invalid(
            format!("figure '{}'", figure.id),
            format!(
                "{} panels in {} columns",
                figure.panels.len(),
                figure.columns
            ),
            "at least one of each is needed",
        ));
    }
    let mut styles = BTreeMap::new();
    for panel in &figure.panels {
        for series in &panel.series {
            coordinate::check(figure, panel, series)?;
            let known = *styles.entry(&series.label).or_insert(series.style);
            if known != series.style && !series.label.is_empty() {
                return Err(Error::invalid(
                    format!(
                        "style of series '{}' in figure '{}'",
                        series.label, figure.id
                    ),
                    series.style,
                    format!("a label has one style in all panels, and {known} came first"),
                ));
            }
        }
    }
    layout::draw(figure)
}
