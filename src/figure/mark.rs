//! Series on their axes, and their samples in the legend.

use super::axis::Span;
use super::canvas::{
    AXIS, Anchor, Canvas, Colour, GRID, LIGHT, Place, WHITE, colour, dashes, reference_dashes,
};
use super::clip::Rectangle;
use super::scale::{diverging, on, sequential};
use super::{Mark, Polygon, Series};

const LINE: f64 = 1.6;
const THIN: f64 = 1.1;
const RADIUS: f64 = 3.2;
/// Opacity of blocks, which stand beside each other and never over another.
const BLOCK: f64 = 0.45;
/// Width of a polygon's edge.
const EDGE: f64 = 0.4;
/// Half the width of an error bar's end.
const CAP: f64 = 3.0;
/// Lines with more points than this show markers at some points only, to tell them apart.
const MARKED: usize = 40;
/// Between the markers of a line: closer points have none of their own, so that shapes stay apart.
const APART: f64 = 2.0 * RADIUS + 1.0;

/// A panel's rectangle with its axes.
pub(super) struct Frame<'a> {
    pub rectangle: Rectangle,
    pub x: &'a Span,
    pub y: &'a Span,
}

/// Orders the kinds of mark, for the legend.
pub(super) fn kind(mark: &Mark) -> usize {
    match mark {
        Mark::Histogram(_) => 0,
        Mark::Band { .. } => 1,
        Mark::Line(_) => 2,
        Mark::Dashed(_) => 3,
        Mark::Bars(_) | Mark::Intervals(_) => 4,
        Mark::Points(_) => 5,
        Mark::Horizontal(_) => 6,
        Mark::Vertical(_) => 7,
        Mark::Tiles { .. } => 8,
        Mark::Polygons { .. } => 9,
        Mark::Blocks(_) => 10,
    }
}

impl Frame<'_> {
    fn at(&self, x: f64, y: f64) -> Place {
        let frame = &self.rectangle;
        (
            frame.left + self.x.share(x) * frame.width,
            frame.bottom() - self.y.share(y) * frame.height,
        )
    }

    /// Draws a series, cut at the ends of the axes.
    pub fn draw(&self, canvas: &mut Canvas<'_>, series: &Series) {
        let style = series.style;
        let frame = &self.rectangle;
        match &series.mark {
            Mark::Line(line) => {
                self.line(canvas, line, style, LINE, dashes(style));
                self.markers(canvas, line, style);
            }
            Mark::Band { line, band } => {
                let upper = band.iter().map(|(x, _, upper)| self.at(*x, *upper));
                let lower = band.iter().rev().map(|(x, lower, _)| self.at(*x, *lower));
                let path: Vec<Place> = upper.chain(lower).collect();
                canvas.fill(&frame.polygon(&path), colour(style), LIGHT);
                self.line(canvas, line, style, LINE, dashes(style));
                self.markers(canvas, line, style);
            }
            Mark::Dashed(line) => self.line(canvas, line, style, LINE, reference_dashes(style)),
            Mark::Points(points) => {
                for (x, y) in points {
                    self.marker(canvas, (*x, *y), style);
                }
            }
            Mark::Bars(bars) => {
                for (x, y, half) in bars {
                    self.bar(canvas, self.at(*x, y - half), self.at(*x, y + half), style);
                    self.marker(canvas, (*x, *y), style);
                }
            }
            Mark::Intervals(bars) => {
                for (x, y, lower, upper) in bars {
                    self.bar(canvas, self.at(*x, *lower), self.at(*x, *upper), style);
                    self.marker(canvas, (*x, *y), style);
                }
            }
            Mark::Histogram(bins) => self.histogram(canvas, bins, style),
            Mark::Blocks(blocks) => {
                for (left, right, lower, upper) in blocks {
                    let ends = [self.at(*left, *lower), self.at(*right, *upper)];
                    self.block(canvas, ends, style);
                }
            }
            Mark::Horizontal(value) => {
                let y = frame.bottom() - self.y.share(*value) * frame.height;
                self.straight(canvas, [(frame.left, y), (frame.right(), y)], style);
            }
            Mark::Vertical(value) => {
                let x = frame.left + self.x.share(*value) * frame.width;
                self.straight(canvas, [(x, frame.bottom()), (x, frame.top)], style);
            }
            Mark::Tiles { tiles, limit } => {
                for (x, y, value) in tiles {
                    self.tile(canvas, (*x, *y), *value, *limit);
                }
            }
            Mark::Polygons { polygons, ends } => {
                for polygon in polygons {
                    self.polygon(canvas, polygon, *ends);
                }
            }
        }
    }

    fn tile(&self, canvas: &mut Canvas<'_>, (x, y): (f64, f64), value: Option<f64>, limit: f64) {
        let corners = [
            (-0.5, -0.5),
            (0.5, -0.5),
            (0.5, 0.5),
            (-0.5, 0.5),
            (-0.5, -0.5),
        ]
        .map(|(dx, dy)| self.at(x + dx, y + dy));
        let path = self.rectangle.polygon(&corners);
        let (ground, text) = match value {
            Some(value) => (diverging(value / limit), hundredths(value)),
            None => (GRID, "\u{2013}".to_owned()),
        };
        canvas.fill(&path, ground, 1.0);
        canvas.line(&path, WHITE, 0.8, &[]);
        if self.rectangle.holds(self.at(x, y)) {
            canvas.text(self.at(x, y), &text, on(ground), Anchor::Middle);
        }
    }

    fn polygon(&self, canvas: &mut Canvas<'_>, polygon: &Polygon, (low, high): (f64, f64)) {
        let ring = polygon.corners.iter().chain(polygon.corners.first());
        let path: Vec<Place> = ring.map(|(x, y)| self.at(*x, *y)).collect();
        let ground = polygon
            .value
            .map_or(GRID, |value| sequential((value - low) / (high - low)));
        canvas.fill(&self.rectangle.polygon(&path), ground, 1.0);
        for part in self.rectangle.line(&path) {
            canvas.line(&part, on(ground).colour, EDGE, &[]);
        }
    }

    fn line(
        &self,
        canvas: &mut Canvas<'_>,
        line: &[(f64, f64)],
        style: usize,
        width: f64,
        dashes: &[f64],
    ) {
        let path: Vec<Place> = line.iter().map(|(x, y)| self.at(*x, *y)).collect();
        for part in self.rectangle.line(&path) {
            canvas.line(&part, colour(style), width, dashes);
        }
    }

    fn straight(&self, canvas: &mut Canvas<'_>, ends: [Place; 2], style: usize) {
        for part in self.rectangle.line(&ends) {
            canvas.line(&part, colour(style), LINE * 0.8, reference_dashes(style));
        }
    }

    fn markers(&self, canvas: &mut Canvas<'_>, line: &[(f64, f64)], style: usize) {
        let stride = if line.len() > MARKED {
            line.len().div_ceil(12)
        } else {
            1
        };
        let mut last: Option<Place> = None;
        for point in line.iter().step_by(stride) {
            let place = self.at(point.0, point.1);
            if last.is_none_or(|last| (last.0 - place.0).hypot(last.1 - place.1) >= APART) {
                self.marker(canvas, *point, style);
                last = Some(place);
            }
        }
    }

    fn marker(&self, canvas: &mut Canvas<'_>, (x, y): (f64, f64), style: usize) {
        let place = self.at(x, y);
        if self.rectangle.holds(place) {
            canvas.marker(place, style, RADIUS);
        }
    }

    fn bar(&self, canvas: &mut Canvas<'_>, lower: Place, upper: Place, style: usize) {
        for part in self.rectangle.line(&[lower, upper]) {
            canvas.line(&part, colour(style), THIN, &[]);
        }
        for (x, y) in [lower, upper] {
            if self.rectangle.holds((x, y)) {
                canvas.line(&[(x - CAP, y), (x + CAP, y)], colour(style), THIN, &[]);
            }
        }
    }

    fn block(&self, canvas: &mut Canvas<'_>, [low, high]: [Place; 2], style: usize) {
        let ring = [low, (high.0, low.1), high, (low.0, high.1), low];
        canvas.fill(&self.rectangle.polygon(&ring), colour(style), BLOCK);
        for part in self.rectangle.line(&ring) {
            canvas.line(&part, colour(style), THIN, &[]);
        }
    }

    fn histogram(&self, canvas: &mut Canvas<'_>, bins: &[(f64, f64, f64)], style: usize) {
        // Bins that touch share one outline.
        for group in bins.chunk_by(|a, b| (b.0 - a.1).abs() <= 1e-9 * (a.1 - a.0)) {
            let (Some(first), Some(last)) = (group.first(), group.last()) else {
                continue;
            };
            let mut path = vec![self.at(first.0, 0.0)];
            for (left, right, height) in group {
                path.extend([self.at(*left, *height), self.at(*right, *height)]);
            }
            path.push(self.at(last.1, 0.0));
            canvas.fill(&self.rectangle.polygon(&path), colour(style), LIGHT);
            for part in self.rectangle.line(&path) {
                canvas.line(&part, colour(style), THIN, &[]);
            }
        }
    }
}

/// A value to two places, with the minus of print and without the sign of zero.
fn hundredths(value: f64) -> String {
    match format!("{value:.2}") {
        text if text == "-0.00" => "0.00".to_owned(),
        text => text.replace('-', "\u{2212}"),
    }
}

/// A scale of colours, from a place to the right.
fn steps(canvas: &mut Canvas<'_>, (x, y): Place, width: f64, colour: impl Fn(f64) -> Colour) {
    const STEPS: usize = 9;
    let step = width / STEPS as f64;
    for i in 0..STEPS {
        let left = x + i as f64 * step;
        let tile = [
            (left, y - 5.0),
            (left + step, y - 5.0),
            (left + step, y + 5.0),
            (left, y + 5.0),
        ];
        canvas.fill(&tile, colour(i as f64 / (STEPS - 1) as f64), 1.0);
    }
}

/// Draws the sample of a series that the legend shows, from a place to the right.
pub(super) fn swatch(canvas: &mut Canvas<'_>, series: &Series, (x, y): Place, width: f64) {
    let style = series.style;
    let box_ = |half: f64| {
        [
            (x, y - half),
            (x + width, y - half),
            (x + width, y + half),
            (x, y + half),
            (x, y - half),
        ]
    };
    let across = [(x, y), (x + width, y)];
    let middle = (x + width / 2.0, y);
    match &series.mark {
        Mark::Line(_) => {
            canvas.line(&across, colour(style), LINE, dashes(style));
            canvas.marker(middle, style, RADIUS);
        }
        Mark::Band { .. } => {
            canvas.fill(&box_(5.0), colour(style), LIGHT);
            canvas.line(&across, colour(style), LINE, dashes(style));
            canvas.marker(middle, style, RADIUS);
        }
        Mark::Dashed(_) => canvas.line(&across, colour(style), LINE, reference_dashes(style)),
        Mark::Horizontal(_) => {
            canvas.line(&across, colour(style), LINE * 0.8, reference_dashes(style));
        }
        Mark::Vertical(_) => {
            const HEIGHT: f64 = 15.0;
            let upright = [(middle.0, y - HEIGHT / 2.0), (middle.0, y + HEIGHT / 2.0)];
            // As many of the style's dashes as a sample across shows.
            let dashes: Vec<f64> = (reference_dashes(style).iter())
                .map(|length| length * HEIGHT / width)
                .collect();
            canvas.line(&upright, colour(style), LINE * 0.8, &dashes);
        }
        Mark::Points(_) => canvas.marker(middle, style, RADIUS),
        Mark::Tiles { .. } => {
            steps(canvas, (x, y), width, |share| diverging(2.0 * share - 1.0));
            canvas.line(&box_(5.0), AXIS, 0.6, &[]);
        }
        Mark::Polygons { .. } => {
            steps(canvas, (x, y), width, sequential);
            canvas.line(&box_(5.0), AXIS, 0.6, &[]);
        }
        Mark::Bars(_) | Mark::Intervals(_) => {
            for (from, to) in [
                ((0.0, -7.0), (0.0, 7.0)),
                ((-CAP, -7.0), (CAP, -7.0)),
                ((-CAP, 7.0), (CAP, 7.0)),
            ] {
                let place = |(dx, dy): Place| (middle.0 + dx, y + dy);
                canvas.line(&[place(from), place(to)], colour(style), THIN, &[]);
            }
            canvas.marker(middle, style, RADIUS);
        }
        Mark::Histogram(_) | Mark::Blocks(_) => {
            let opacity = match &series.mark {
                Mark::Blocks(_) => BLOCK,
                _ => LIGHT,
            };
            canvas.fill(&box_(5.0), colour(style), opacity);
            canvas.line(&box_(5.0), colour(style), THIN, &[]);
        }
    }
}
