//! Where everything of a figure stands: panels in a grid, the legend below them.

use std::collections::BTreeSet;

use super::axis::{Label, Span, Ticks};
use super::canvas::{self, AXIS, Anchor, Canvas, GRID, HEADING, LABEL, NOTE, Place, TICK, TITLE};
use super::clip::Rectangle;
use super::coordinate;
use super::mark::{self, Frame};
use super::{Figure, Mark, Panel, Series};
use crate::error::Error;

/// Free rim of the figure.
const RIM: f64 = 14.0;
/// Between a tick and its text, and between texts.
const GAP: f64 = 6.0;
/// Length of a tick.
const TICK_LENGTH: f64 = 4.0;
/// Between panels.
const GUTTER: f64 = 22.0;
/// Width of the sample of a series in the legend.
const SWATCH: f64 = 34.0;
/// Height of a line of names.
const NAME: f64 = 17.0;
/// Between entries of the legend.
const SPACE: f64 = 20.0;

/// Width of the figure for this many panels in a line.
fn figure_width(columns: usize) -> f64 {
    match columns {
        1 => 760.0,
        2 => 860.0,
        3 => 960.0,
        more => 250.0 * more as f64,
    }
}

/// Height of a panel for this many in a line.
fn panel_height(columns: usize, panels: usize) -> f64 {
    match columns {
        1 if panels == 1 => 300.0,
        1 => 230.0,
        2 => 240.0,
        3 => 185.0,
        _ => 160.0,
    }
}

/// A panel with its axes fixed and the texts around it broken into lines.
struct Placed<'a> {
    panel: &'a Panel,
    x: Span,
    y: Span,
    x_ticks: Ticks,
    y_ticks: Ticks,
    /// Empty where the panel below shows the same label.
    x_lines: Vec<String>,
    /// Empty where the panel to the left shows the same label.
    y_lines: Vec<String>,
    heading: Vec<String>,
    /// What the panel says about values that its given ends leave out.
    note: Option<String>,
}

/// Draws a figure that was checked.
pub(super) fn draw(figure: &Figure) -> Result<String, Error> {
    let columns = figure.columns.min(figure.panels.len());
    let width = figure_width(columns);
    let named = figure.panels.iter().map(|panel| panel.y.names.len()).max();
    let panel_height =
        panel_height(columns, figure.panels.len()).max(NAME * named.unwrap_or(0) as f64);
    let mut panels = place(figure, columns, panel_height)?;

    // Texts beside the panels take their room first; the panels share the rest of the width.
    let left: Vec<f64> = (0..columns)
        .map(|column| {
            let own = || panels.iter().skip(column).step_by(columns);
            let lines = own().map(|p| p.y_lines.len()).max().unwrap_or(0);
            let labels = own().flat_map(|p| &p.y_ticks.major);
            let widest = labels.map(|(_, l)| label_width(l)).fold(0.0, f64::max);
            lines as f64 * LABEL.line() + widest + TICK_LENGTH + 2.0 * GAP
        })
        .collect();
    let rest = width - 2.0 * RIM - left.iter().sum::<f64>() - GUTTER * (columns - 1) as f64;
    let panel_width = (rest / columns as f64 - 6.0).max(80.0);
    for placed in &mut panels {
        placed.fit(panel_width);
    }

    let title = TITLE.wrap(&figure.title, width - 2.0 * RIM);
    let mut top = RIM + title.len() as f64 * TITLE.line() + GAP;
    let mut frames = Vec::with_capacity(panels.len());
    for row in panels.chunks(columns) {
        let above = row.iter().map(Placed::lines_above).max().unwrap_or(0);
        let below = row.iter().map(Placed::lines_below).max().unwrap_or(0);
        top += above as f64 * HEADING.line() + GAP;
        let mut right = RIM;
        for room in left.iter().take(row.len()) {
            right += room;
            frames.push(Rectangle {
                left: right,
                top,
                width: panel_width,
                height: panel_height,
            });
            right += panel_width + GUTTER;
        }
        let ticks = row.iter().map(Placed::ticks_below).fold(0.0, f64::max);
        top += panel_height + TICK_LENGTH + GAP + ticks;
        top += below as f64 * LABEL.line() + GAP;
    }
    let legend = Legend::new(figure, width - 2.0 * RIM);
    let legend_top = top + GAP;
    let height = legend_top + legend.height() + RIM;

    let (name, description) = (&figure.title, &figure.caption);
    Ok(canvas::draw((width, height), name, description, |canvas| {
        for (i, line) in title.iter().enumerate() {
            let y = RIM + (i as f64 + 0.5) * TITLE.line();
            canvas.text((RIM, y), line, TITLE, Anchor::Start);
        }
        for (i, (placed, frame)) in panels.iter().zip(&frames).enumerate() {
            placed.draw(canvas, *frame, left[i % columns]);
        }
        legend.draw(canvas, (RIM, legend_top));
    }))
}

/// Fixes the axes and the texts that do not hang on the width.
fn place(figure: &Figure, columns: usize, height: f64) -> Result<Vec<Placed<'_>>, Error> {
    let panels = &figure.panels;
    let placed = |i: usize| {
        let panel = &panels[i];
        let (xs, ys) = coordinate::values(panel);
        let name = |axis: &str| {
            let (title, id) = (&panel.title, &figure.id);
            format!("{axis} in panel '{title}' of figure '{id}'")
        };
        let is_histogram = |series: &Series| matches!(series.mark, Mark::Histogram(_));
        let from_zero = panel.series.iter().any(is_histogram);
        let x = Span::new(&panel.x, &xs, false, &name("x"))?;
        let y = Span::new(&panel.y, &ys, from_zero, &name("y"))?;
        let below = panels.get(i + columns);
        let x_shared = below.is_some_and(|below| below.x.label == panel.x.label);
        let y_shared = !i.is_multiple_of(columns) && panels[i - 1].y.label == panel.y.label;
        let beyond = coordinate::beyond(panel, &x, &y);
        let lines = |shared: bool, label: &str, length: f64| {
            let label = if shared { "" } else { label };
            LABEL.wrap(label, length)
        };
        Ok(Placed {
            panel,
            x_ticks: horizontal_ticks(panel, &x, height),
            y_ticks: vertical_ticks(panel, &y, height),
            x,
            y,
            x_lines: lines(x_shared, &panel.x.label, f64::INFINITY),
            y_lines: lines(y_shared, &panel.y.label, height),
            heading: Vec::new(),
            note: (beyond > 0).then(|| format!("{beyond} beyond the axes")),
        })
    };
    (0..panels.len()).map(placed).collect()
}

fn label_width(label: &Label) -> f64 {
    let power = label.power.as_deref().unwrap_or("");
    TICK.width(&label.text) + raised().width(power)
}

/// Type of powers.
fn raised() -> canvas::Type {
    canvas::Type {
        size: TICK.size * 0.78,
        ..TICK
    }
}

/// Writes a label with its power, so that it starts, is centred or ends at a place.
fn write(canvas: &mut Canvas<'_>, (x, y): Place, label: &Label, anchor: Anchor) {
    let Some(power) = &label.power else {
        canvas.text((x, y), &label.text, TICK, anchor);
        return;
    };
    let (text, raise) = (TICK.width(&label.text), raised().width(power));
    let seam = match anchor {
        Anchor::Start => x + text,
        Anchor::Middle => x + (text - raise) / 2.0,
        Anchor::End => x - raise,
    };
    // Both parts meet at the seam, so that a font of other widths cannot part or overlap them.
    canvas.text((seam, y), &label.text, TICK, Anchor::End);
    canvas.text((seam + 0.5, y - 4.5), power, raised(), Anchor::Start);
}

/// A tick for each name.
fn named_ticks(names: &[String], span: &Span) -> Ticks {
    let tick = |(i, name): (usize, &String)| {
        let label = Label {
            text: name.clone(),
            power: None,
        };
        (span.share(i as f64), label)
    };
    Ticks {
        major: names.iter().enumerate().map(tick).collect(),
        minor: Vec::new(),
        factor: None,
    }
}

fn horizontal_ticks(panel: &Panel, span: &Span, width: f64) -> Ticks {
    if !panel.x.names.is_empty() {
        return named_ticks(&panel.x.names, span);
    }
    let most = (width / 44.0).clamp(2.0, 10.0) as usize;
    span.ticks(most, |ticks| {
        let end = |(share, label): &(f64, Label)| share * width + label_width(label) / 2.0;
        let start = |(share, label): &(f64, Label)| share * width - label_width(label) / 2.0;
        let parted = |pair: &[(f64, Label)]| end(&pair[0]) + 14.0 <= start(&pair[1]);
        ticks.major.windows(2).all(parted)
    })
}

fn vertical_ticks(panel: &Panel, span: &Span, height: f64) -> Ticks {
    if !panel.y.names.is_empty() {
        return named_ticks(&panel.y.names, span);
    }
    let most = (height / 30.0).clamp(2.0, 8.0) as usize;
    span.ticks(most, |ticks| {
        let parted = |pair: &[(f64, Label)]| (pair[1].0 - pair[0].0) * height >= 1.5 * TICK.size;
        ticks.major.windows(2).all(parted)
    })
}

impl Placed<'_> {
    /// Breaks the texts above and below, and sets the horizontal ticks, for this width.
    fn fit(&mut self, width: f64) {
        self.x_ticks = horizontal_ticks(self.panel, &self.x, width);
        let note = self.note.as_deref();
        let note = note.map_or(0.0, |note| NOTE.width(note) + 2.0 * GAP);
        self.heading = HEADING.wrap(&self.panel.title, width - note);
        let factor = self.x_ticks.factor.as_ref();
        let factor = factor.map_or(0.0, |label| label_width(label) + GAP);
        self.x_lines = LABEL.wrap(&self.x_lines.join(" "), width - 2.0 * factor);
    }

    /// Room for the labels of the ticks below the panel: a line, or upright names.
    fn ticks_below(&self) -> f64 {
        if self.panel.x.names.is_empty() {
            return TICK.line();
        }
        let labels = self
            .x_ticks
            .major
            .iter()
            .map(|(_, label)| label_width(label));
        labels.fold(0.0, f64::max)
    }

    /// Lines of text above: heading, note and the factor of the vertical axis start on the last.
    fn lines_above(&self) -> usize {
        let any = self.note.is_some() || self.y_ticks.factor.is_some();
        self.heading.len().max(usize::from(any))
    }

    /// Lines of text below the labels of the ticks, the factor on the first.
    fn lines_below(&self) -> usize {
        let any = self.x_ticks.factor.is_some();
        self.x_lines.len().max(usize::from(any))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, frame: Rectangle, left: f64) {
        let (across, upward) = (&self.x_ticks, &self.y_ticks);
        let x_at = |share: f64| frame.left + share * frame.width;
        let y_at = |share: f64| frame.bottom() - share * frame.height;
        let named = |axis: &super::Axis| !axis.names.is_empty();
        for (share, _) in across.major.iter().filter(|_| !named(&self.panel.x)) {
            let x = x_at(*share);
            canvas.line(&[(x, frame.top), (x, frame.bottom())], GRID, 0.7, &[]);
        }
        for (share, _) in upward.major.iter().filter(|_| !named(&self.panel.y)) {
            let y = y_at(*share);
            canvas.line(&[(frame.left, y), (frame.right(), y)], GRID, 0.7, &[]);
        }

        let inside = Frame {
            rectangle: frame,
            x: &self.x,
            y: &self.y,
        };
        for series in &self.panel.series {
            inside.draw(canvas, series);
        }

        let corner = (frame.left, frame.bottom());
        canvas.line(
            &[
                (frame.left, frame.top),
                corner,
                (frame.right(), frame.bottom()),
            ],
            AXIS,
            0.9,
            &[],
        );
        let tick = |canvas: &mut Canvas<'_>, (x, y): Place, (dx, dy): Place| {
            canvas.line(&[(x, y), (x + dx, y + dy)], AXIS, 0.9, &[]);
        };
        let baseline = frame.bottom() + TICK_LENGTH + GAP + TICK.size * 0.4;
        for (share, label) in &across.major {
            let x = x_at(*share);
            tick(canvas, (x, frame.bottom()), (0.0, TICK_LENGTH));
            if named(&self.panel.x) {
                let top = frame.bottom() + TICK_LENGTH + GAP * 0.5;
                canvas.upward((x, top), &label.text, TICK, Anchor::End);
            } else {
                write(canvas, (x, baseline), label, Anchor::Middle);
            }
        }
        for (share, label) in &upward.major {
            let y = y_at(*share);
            tick(canvas, (frame.left, y), (-TICK_LENGTH, 0.0));
            let x = frame.left - TICK_LENGTH - GAP * 0.5;
            write(canvas, (x, y), label, Anchor::End);
        }
        for share in &across.minor {
            tick(
                canvas,
                (x_at(*share), frame.bottom()),
                (0.0, TICK_LENGTH * 0.5),
            );
        }
        for share in &upward.minor {
            tick(
                canvas,
                (frame.left, y_at(*share)),
                (-TICK_LENGTH * 0.5, 0.0),
            );
        }
        let below = frame.bottom() + TICK_LENGTH + GAP + self.ticks_below() + LABEL.size * 0.5;
        if let Some(factor) = &across.factor {
            write(canvas, (frame.right(), below), factor, Anchor::End);
        }
        if let Some(factor) = &upward.factor {
            let place = (frame.left - GAP, frame.top - HEADING.line() * 0.6);
            write(canvas, place, factor, Anchor::End);
        }
        self.texts(canvas, frame, below, left);
    }

    /// The heading, the note and the labels of the axes.
    fn texts(&self, canvas: &mut Canvas<'_>, frame: Rectangle, below: f64, left: f64) {
        let above = frame.top - GAP - 0.35 * HEADING.line();
        for (i, line) in self.heading.iter().rev().enumerate() {
            let y = above - i as f64 * HEADING.line();
            canvas.text((frame.left, y), line, HEADING, Anchor::Start);
        }
        if let Some(note) = &self.note {
            canvas.text((frame.right(), above), note, NOTE, Anchor::End);
        }
        let (centre, middle) = (
            frame.left + frame.width / 2.0,
            frame.top + frame.height / 2.0,
        );
        for (i, line) in self.x_lines.iter().enumerate() {
            let y = below + i as f64 * LABEL.line();
            canvas.text((centre, y), line, LABEL, Anchor::Middle);
        }
        for (i, line) in self.y_lines.iter().enumerate() {
            let x = frame.left - left + (i as f64 + 0.5) * LABEL.line();
            canvas.upward((x, middle), line, LABEL, Anchor::Middle);
        }
    }
}

/// The series of all panels, one entry a label.
struct Legend<'a> {
    entries: Vec<Entry<'a>>,
    /// Widths of the columns, with the gap behind each.
    columns: Vec<f64>,
    width: f64,
}

struct Entry<'a> {
    label: &'a str,
    /// One series of each kind of mark.
    series: Vec<&'a Series>,
    lines: Vec<String>,
}

impl Entry<'_> {
    fn width(&self) -> f64 {
        let lines = self.lines.iter().map(|line| LABEL.width(line));
        SWATCH + GAP + lines.fold(0.0, f64::max)
    }
}

impl<'a> Legend<'a> {
    fn new(figure: &'a Figure, width: f64) -> Self {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        let mut shown = BTreeSet::new();
        for series in figure.panels.iter().flat_map(|panel| &panel.series) {
            let label = series.label.as_str();
            if label.is_empty() || !shown.insert((label, mark::kind(&series.mark))) {
                continue;
            }
            match entries.iter_mut().find(|entry| entry.label == label) {
                Some(entry) => entry.series.push(series),
                None => entries.push(Entry {
                    label,
                    series: vec![series],
                    lines: LABEL.wrap(label, width - SWATCH - GAP),
                }),
            }
        }
        // As few rows as fit the width.
        let columns = |rows: usize| -> Vec<f64> {
            let count = entries.len().div_ceil(rows);
            (0..count)
                .map(|column| {
                    let own = entries.iter().skip(column).step_by(count);
                    own.map(Entry::width).fold(0.0, f64::max) + SPACE
                })
                .collect()
        };
        let fits = |columns: &Vec<f64>| columns.iter().sum::<f64>() - SPACE <= width;
        let columns = (1..=entries.len()).map(columns).find(fits);
        Self {
            // A row for each entry, where even a single one is too wide.
            columns: columns.unwrap_or_else(|| vec![width]),
            width,
            entries,
        }
    }

    fn row_heights(&self) -> Vec<f64> {
        self.entries
            .chunks(self.columns.len())
            .map(|row| {
                let lines = row.iter().map(|entry| entry.lines.len()).max();
                lines.unwrap_or(0) as f64 * LABEL.line() + 4.0
            })
            .collect()
    }

    fn height(&self) -> f64 {
        self.row_heights().iter().sum()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, (left, top): Place) {
        let free = self.width - self.columns.iter().sum::<f64>() + SPACE;
        let rows = self.entries.chunks(self.columns.len());
        let mut y = top;
        for (row, height) in rows.zip(self.row_heights()) {
            let mut x = left + (free / 2.0).max(0.0);
            let middle = y + LABEL.line() * 0.5;
            for (entry, column) in row.iter().zip(&self.columns) {
                for series in &entry.series {
                    mark::swatch(canvas, series, (x, middle), SWATCH);
                }
                for (i, line) in entry.lines.iter().enumerate() {
                    let place = (x + SWATCH + GAP, middle + i as f64 * LABEL.line());
                    canvas.text(place, line, LABEL, Anchor::Start);
                }
                x += column;
            }
            y += height;
        }
    }
}
