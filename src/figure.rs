//! Figures as values, and the one renderer that draws them.

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
}

/// Spacing of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// Equal steps.
    Linear,
    /// Equal factors; only positive values can be drawn.
    Log,
}

/// Something drawn on the axes. Series of equal label share one legend entry and one style,
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
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A line through `(x, y)` with a marker at each.
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
    /// Markers with vertical bars `(x, y, half length)`.
    Bars(Vec<(f64, f64, f64)>),
    /// A histogram: `(left, right, height)`, drawn as an outline over a light filling.
    Histogram(Vec<(f64, f64, f64)>),
    /// A dashed horizontal line over the whole panel.
    Horizontal(f64),
    /// A dashed vertical line over the whole panel.
    Vertical(f64),
}

impl Axis {
    /// An axis of equal steps over the range of the data.
    pub fn linear(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            spacing: Spacing::Linear,
            range: None,
        }
    }

    /// An axis of equal factors over the range of the data.
    pub fn log(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            spacing: Spacing::Log,
            range: None,
        }
    }

    /// The same axis with given ends.
    #[must_use]
    pub fn between(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }
}
