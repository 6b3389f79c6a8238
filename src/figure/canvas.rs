//! The house style, and strokes, fills and text on an SVG canvas. The only use of plotters.

use plotters::prelude::{DrawingBackend, IntoFont, RGBAColor, SVGBackend, ShapeStyle, TextStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontFamily, FontStyle, FontTransform};

/// A place on the canvas in pixels from its upper left corner.
pub(super) type Place = (f64, f64);

/// A colour without transparency.
pub(super) type Colour = (u8, u8, u8);

/// Black for truths, then the palette of Okabe and Ito, which colour-blind readers can tell
/// apart; its yellow is too faint on white and gives way to a grey.
const PALETTE: [Colour; 8] = [
    (0x00, 0x00, 0x00),
    (0x00, 0x72, 0xB2),
    (0xD5, 0x5E, 0x00),
    (0x00, 0x9E, 0x73),
    (0xCC, 0x79, 0xA7),
    (0xE6, 0x9F, 0x00),
    (0x56, 0xB4, 0xE9),
    (0x80, 0x80, 0x80),
];

/// Lengths of dash and gap in pixels; empty for a full line.
const DASHES: [&[f64]; 8] = [
    &[],
    &[],
    &[9.0, 3.0],
    &[9.0, 3.0, 2.0, 3.0],
    &[5.0, 3.0],
    &[14.0, 3.0],
    &[14.0, 3.0, 2.0, 3.0],
    &[2.5, 2.5],
];

/// Dashes of lines that are always dashed.
const REFERENCE: &[f64] = &[6.0, 4.0];

pub(super) const TEXT: Colour = (0x22, 0x22, 0x22);
pub(super) const AXIS: Colour = (0x55, 0x55, 0x55);
pub(super) const GRID: Colour = (0xE4, 0xE4, 0xE4);
pub(super) const FAINT: Colour = (0x77, 0x77, 0x77);
pub(super) const WHITE: Colour = (0xFF, 0xFF, 0xFF);

/// Opacity of bands and histograms.
pub(super) const LIGHT: f64 = 0.15;

/// Fonts that some machine of each kind has; the text stays text.
const FONTS: &str = "Helvetica, Arial, Liberation Sans, sans-serif";

/// Units of the canvas in a pixel: plotters draws at whole units only.
const UNITS: f64 = 10.0;

/// Colour of a style.
pub(super) fn colour(style: usize) -> Colour {
    PALETTE[turn(style, 0)]
}

/// Dashes of a style's lines.
pub(super) fn dashes(style: usize) -> &'static [f64] {
    DASHES[turn(style, 1)]
}

/// Goes round the seven entries behind the first, which is for style 0 alone, and `shift` entries
/// further in each round, so that styles of one colour differ in shape.
fn turn(style: usize, shift: usize) -> usize {
    match style.checked_sub(1) {
        None => 0,
        Some(index) => 1 + (index + shift * (index / 7)) % 7,
    }
}

/// Dashes of a style's lines without markers, which are never full lines.
pub(super) fn reference_dashes(style: usize) -> &'static [f64] {
    match dashes(style) {
        [] => REFERENCE,
        dashes => dashes,
    }
}

/// How a text stands.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub size: f64,
    pub bold: bool,
    pub colour: Colour,
}

pub(super) const TITLE: Type = Type {
    size: 15.0,
    bold: true,
    colour: TEXT,
};
pub(super) const HEADING: Type = Type {
    size: 12.5,
    bold: true,
    colour: TEXT,
};
pub(super) const LABEL: Type = Type {
    size: 12.5,
    bold: false,
    colour: TEXT,
};
pub(super) const TICK: Type = Type {
    size: 11.0,
    bold: false,
    colour: TEXT,
};
/// Numbers on the tiles of a heat map.
pub(super) const NUMBER: Type = Type {
    size: 9.5,
    bold: false,
    colour: TEXT,
};
pub(super) const NOTE: Type = Type {
    size: 10.0,
    bold: false,
    colour: FAINT,
};

impl Type {
    /// Width of a text in pixels in DejaVu Sans, the widest of the usual fonts: a viewer without
    /// Helvetica or one of its width sets the text in that, and it must have room there, too.
    pub fn width(self, text: &str) -> f64 {
        let em: f64 = text.chars().map(advance).sum();
        em * self.size * if self.bold { 1.12 } else { 1.0 }
    }

    /// Height of a line of text in pixels.
    pub fn line(self) -> f64 {
        self.size * 1.28
    }

    /// Breaks a text at its spaces into lines of at most `width` pixels; a longer word stays whole.
    pub fn wrap(self, text: &str, width: f64) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(line) + self.width(word) + self.width(" ") <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }
}

/// Width of a character of DejaVu Sans, in ems.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' => 0.28,
        'I' | '.' | ',' | ':' | ';' | '!' | '/' | '|' | ' ' => 0.33,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '-' => 0.39,
        'c' | 'k' | 's' | 'z' | 'v' | 'x' | 'y' | 'J' | '_' => 0.56,
        'm' | 'M' | 'W' | '%' | '@' | '\u{bd}' => 0.97,
        'w' => 0.82,
        '+' | '=' | '<' | '>' | '\u{2212}' | '\u{d7}' | '\u{b1}' | '\u{2192}' => 0.84,
        'A'..='Z' => 0.72,
        _ if c.is_ascii() => 0.63,
        _ => 0.66,
    }
}

/// Where a text stands to its place; it is always centred vertically.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in progress.
pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
}

/// A full outline of this width in pixels.
fn stroke(colour: Colour, width: f64) -> ShapeStyle {
    ShapeStyle {
        color: opaque(colour, 1.0),
        filled: false,
        stroke_width: units(width).unsigned_abs(),
    }
}

fn opaque((r, g, b): Colour, opacity: f64) -> RGBAColor {
    RGBAColor(r, g, b, opacity)
}

fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

fn unit_place((x, y): Place) -> (i32, i32) {
    (units(x), units(y))
}

/// The drawing back end writes to a string and asks the system for nothing.
const INFALLIBLE: &str = "writing SVG to a string cannot fail";

impl Canvas<'_> {
    /// A line through places, broken into dashes.
    pub fn line(&mut self, path: &[Place], colour: Colour, width: f64, dashes: &[f64]) {
        for piece in broken(path, dashes) {
            self.backend
                .draw_path(piece.into_iter().map(unit_place), &stroke(colour, width))
                .expect(INFALLIBLE);
        }
    }

    /// A filled polygon.
    pub fn fill(&mut self, path: &[Place], colour: Colour, opacity: f64) {
        if path.len() < 3 {
            return;
        }
        let style = ShapeStyle {
            color: opaque(colour, opacity),
            filled: true,
            stroke_width: 0,
        };
        self.backend
            .fill_polygon(path.iter().copied().map(unit_place), &style)
            .expect(INFALLIBLE);
    }

    /// One line of text.
    pub fn text(&mut self, place: Place, text: &str, kind: Type, anchor: Anchor) {
        self.draw_text(place, text, kind, anchor, FontTransform::None);
    }

    /// One line of text that reads upwards.
    pub fn upward(&mut self, place: Place, text: &str, kind: Type, anchor: Anchor) {
        self.draw_text(place, text, kind, anchor, FontTransform::Rotate270);
    }

    fn draw_text(
        &mut self,
        place: Place,
        text: &str,
        kind: Type,
        anchor: Anchor,
        transform: FontTransform,
    ) {
        let style = if kind.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        // The back end divides the size by 1.24.
        let font = (FontFamily::Name(FONTS), kind.size * UNITS * 1.24)
            .into_font()
            .style(style)
            .transform(transform);
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let colour = opaque(kind.colour, 1.0);
        let style = TextStyle::from(font)
            .color(&colour)
            .pos(Pos::new(horizontal, VPos::Center));
        self.backend
            .draw_text(text, &style, unit_place(place))
            .expect(INFALLIBLE);
    }

    /// The marker of a style, centred at a place, with a white rim that parts it from its neighbours.
    pub fn marker(&mut self, (x, y): Place, style: usize, radius: f64) {
        let colour = colour(style);
        let shape = turn(style, 1);
        let polygon = |corners: &[(f64, f64)], size: f64| -> Vec<Place> {
            corners
                .iter()
                .chain(corners.first())
                .map(|(dx, dy)| (x + dx * radius * size, y + dy * radius * size))
                .collect()
        };
        const SQUARE: &[(f64, f64)] = &[(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
        const UP: &[(f64, f64)] = &[(0.0, -1.1), (1.0, 0.75), (-1.0, 0.75)];
        const DOWN: &[(f64, f64)] = &[(0.0, 1.1), (1.0, -0.75), (-1.0, -0.75)];
        const DIAMOND: &[(f64, f64)] = &[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)];
        const PLUS: &[(f64, f64)] = &[
            (-0.35, -1.0),
            (0.35, -1.0),
            (0.35, -0.35),
            (1.0, -0.35),
            (1.0, 0.35),
            (0.35, 0.35),
            (0.35, 1.0),
            (-0.35, 1.0),
            (-0.35, 0.35),
            (-1.0, 0.35),
            (-1.0, -0.35),
            (-0.35, -0.35),
        ];
        const CROSS: &[(f64, f64)] = &[
            (-0.95, -0.5),
            (-0.5, -0.95),
            (0.0, -0.45),
            (0.5, -0.95),
            (0.95, -0.5),
            (0.45, 0.0),
            (0.95, 0.5),
            (0.5, 0.95),
            (0.0, 0.45),
            (-0.5, 0.95),
            (-0.95, 0.5),
            (-0.45, 0.0),
        ];
        let path = match shape {
            0 | 1 => {
                let full = ShapeStyle {
                    color: opaque(colour, 1.0),
                    filled: true,
                    stroke_width: 0,
                };
                let rim = stroke(WHITE, 0.6);
                let (centre, size) = (unit_place((x, y)), units(radius).unsigned_abs());
                // The truth is an open circle, so that it stays visible under and over a dot.
                if shape == 0 {
                    let ring = stroke(colour, 1.2);
                    let inside = ShapeStyle {
                        color: opaque(WHITE, 1.0),
                        ..full
                    };
                    self.backend
                        .draw_circle(centre, size, &inside, true)
                        .and_then(|()| self.backend.draw_circle(centre, size, &ring, false))
                        .expect(INFALLIBLE);
                } else {
                    self.backend
                        .draw_circle(centre, size, &full, true)
                        .and_then(|()| self.backend.draw_circle(centre, size, &rim, false))
                        .expect(INFALLIBLE);
                }
                return;
            }
            2 => polygon(SQUARE, 0.92),
            3 => polygon(UP, 1.15),
            4 => polygon(DIAMOND, 1.25),
            5 => polygon(DOWN, 1.15),
            6 => polygon(PLUS, 1.2),
            _ => polygon(CROSS, 1.15),
        };
        self.fill(&path, colour, 1.0);
        self.line(&path, WHITE, 0.6, &[]);
    }
}

/// A line broken into dashes.
fn broken(path: &[Place], pattern: &[f64]) -> Vec<Vec<Place>> {
    if pattern.is_empty() {
        return vec![path.to_vec()];
    }
    let mut pieces = Vec::new();
    let mut piece: Vec<Place> = path.first().copied().into_iter().collect();
    let (mut part, mut left) = (0, pattern[0]);
    for pair in path.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let place = (
                x0 + (x1 - x0) * done / length,
                y0 + (y1 - y0) * done / length,
            );
            if part % 2 == 0 {
                piece.push(place);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![place];
            }
            part = (part + 1) % pattern.len();
            left = pattern[part];
        }
        left -= length - done;
        if part % 2 == 0 {
            piece.push((x1, y1));
        }
    }
    if part % 2 == 0 && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// Draws on a white canvas of this size in pixels and returns the SVG, with a title and a
/// description for readers who cannot see it.
pub(super) fn draw(
    (width, height): Place,
    title: &str,
    description: &str,
    paint: impl FnOnce(&mut Canvas<'_>),
) -> String {
    let (wide, high) = (units(width).unsigned_abs(), units(height).unsigned_abs());
    let mut body = String::new();
    let mut canvas = Canvas {
        backend: SVGBackend::with_string(&mut body, (wide, high)),
    };
    let ground = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
    canvas.fill(&ground, WHITE, 1.0);
    paint(&mut canvas);
    canvas.backend.present().expect(INFALLIBLE);
    drop(canvas);
    let head = body.find('>').map_or(0, |end| end + 1);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {wide} {high}\" \
         font-family=\"{FONTS}\" stroke-linejoin=\"round\">\n<title>{}</title>\n<desc>{}</desc>{}",
        width.round(),
        height.round(),
        escape(title),
        escape(description),
        body[head..]
            .replace(&format!(" font-family=\"{FONTS}\""), "")
            .replace(" opacity=\"1\"", "")
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
