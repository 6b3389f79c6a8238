//! The exact partition of a planar slice of the input space into regions.

mod plane;
mod polygon;

use std::sync::atomic::{AtomicUsize, Ordering};

use nalgebra::DMatrix;
use rayon::prelude::*;

pub use plane::Slice;
use polygon::{Line, Vertex, area, middle, pieces};

use super::face_distance::row_norms;
use super::layer::{Layer, Piece};
use super::{Activation, Affine, Code, Network, PoolingKind};
use crate::error::Error;

/// Values of a unit up to this share of their terms' size on the window count as zero.
const TOLERANCE: f64 = 1e-12;

/// Polygons that go through a layer together, in one product: fixed, so that results do not
/// depend on the number of threads.
const GROUP: usize = 32;

/// The part of a slice that lies in one region: a convex polygon on which the network is affine.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    vertices: Vec<Vertex>,
    code: Code,
    map: Affine<f64>,
}

impl Cell {
    /// The vertices in the coordinates of the slice, counter-clockwise.
    pub fn vertices(&self) -> &[(f64, f64)] {
        &self.vertices
    }

    /// The states of all units.
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// The output as an affine map of the coordinates of the slice, a `d_out x 2` matrix and an
    /// offset.
    pub fn map(&self) -> &Affine<f64> {
        &self.map
    }

    /// Area in the coordinates of the slice.
    pub fn area(&self) -> f64 {
        area(&self.vertices)
    }

    /// A point inside: the mean of the vertices.
    pub fn middle(&self) -> (f64, f64) {
        middle(&self.vertices)
    }

    /// `1/2 ln det(M^T M)`, `M` the matrix of the map: by how much the output's area exceeds that
    /// of the coordinates, in logarithms. `None` where the image of the cell is a line or a point,
    /// that is, where the columns of `M` are dependent to `1e-12` of their length.
    pub fn log_stretch(&self) -> Option<f64> {
        let rows = self.map.matrix.transpose();
        let norms = row_norms(&rows, 0, rows.ncols());
        let (a, b) = (norms[0], norms[1]);
        if a == 0.0 || b == 0.0 {
            return None;
        }
        let (first, second) = (rows.row(0) / a, rows.row(1) / b);
        let height = (&second - &first * first.dot(&second)).norm();
        (height > 1e-12).then(|| a.ln() + b.ln() + height.ln())
    }
}

/// Polygons on their way through the layers, each with the affine map from its coordinates to the
/// numbers that the layers so far give.
struct Group {
    polygons: Vec<Vec<Vertex>>,
    states: Vec<Vec<u8>>,
    /// Two columns a polygon.
    tangents: DMatrix<f64>,
    /// One column a polygon.
    offsets: DMatrix<f64>,
}

/// A part of a polygon in which no unit of a layer changes its state.
struct Part {
    parent: usize,
    vertices: Vec<Vertex>,
}

impl Network<f64> {
    /// Every region that a slice meets, as a polygon with its pattern and its affine map.
    ///
    /// The window is cut layer by layer. A polygon carries the affine map from its coordinates to
    /// the units' inputs, whose kinks are straight lines on it; they bend at its edges, where the
    /// map is another. Those that cross it are found from the signs at its vertices, it is cut
    /// along them, and its parts go on to the next layer, with maps that one product gives for
    /// many of them.
    ///
    /// A vertex counts as lying on a line when the unit's value is less than `1e-12` of the sum
    /// of its terms' sizes on the window. So lines that coincide or meet in one vertex cut nothing
    /// twice, and a sliver that one line parts from a polygon and that is thinner than this stays
    /// with the polygon. Nothing is dropped: the areas add up to the window's. Far from
    /// `(0, 0)` the terms are large; choose an origin near the window.
    ///
    /// Cost, for `N` polygons and hidden layers of `w` units: `O(N w^2)`, parallel over polygons;
    /// a quarter of a byte a unit and polygon, with the vertices and the map. The order of the
    /// cells is the same for any number of threads.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a slice of another space, [`Error::InvalidParameter`] for a smooth
    /// activation, a max pooling or a residual layer, [`Error::NonFiniteResult`] when a unit's input overflows.
    ///
    /// # Source
    /// The regions of a slice are those of Humayun et al. 2023 (SplineCam), who enumerate the
    /// cycles of the graph that the lines form in a polygon; here it is halved by one line after
    /// the other.
    pub fn cells(&self, slice: &Slice) -> Result<Vec<Cell>, Error> {
        self.cells_at_most(slice, usize::MAX)
    }

    /// [`Network::cells`] of a slice with at most so many: for more, the work ends as soon as they are found.
    ///
    /// # Errors
    /// As [`Network::cells`]; [`Error::InvalidParameter`] for more than `most`.
    pub fn cells_at_most(&self, slice: &Slice, most: usize) -> Result<Vec<Cell>, Error> {
        self.require_states()?;
        self.require_dim(
            "coordinates of the slice",
            self.input.size(),
            slice.origin().len(),
        )?;
        let group = Group {
            polygons: vec![slice.window().to_vec()],
            states: vec![Vec::new()],
            tangents: slice.directions().clone(),
            offsets: DMatrix::from_columns(std::slice::from_ref(slice.origin())),
        };
        let reach = (slice.window().iter()).fold((0.0f64, 0.0f64), |reach, (s, t)| {
            (reach.0.max(s.abs()), reach.1.max(t.abs()))
        });
        let limit = Limit {
            most,
            found: AtomicUsize::new(0),
        };
        self.refine(group, 0, reach, &limit)
    }

    /// Takes polygons through the layers from `next` on.
    fn refine(
        &self,
        mut group: Group,
        next: usize,
        reach: (f64, f64),
        limit: &Limit,
    ) -> Result<Vec<Cell>, Error> {
        for (index, layer) in self.layers.iter().enumerate().skip(next) {
            require_finite_maps(&group, index)?;
            match layer {
                Layer::Residual(_) => return Err(refused(index, "a residual layer")),
                Layer::Pooling(pooling) if pooling.kind() == PoolingKind::Max => {
                    return Err(refused(index, "a max pooling"));
                }
                Layer::Linear(_)
                | Layer::Convolution(_)
                | Layer::BatchNorm(_)
                | Layer::Pooling(_) => {
                    group.tangents = layer.push(&Piece::Whole, group.tangents);
                    group.offsets = layer.extend(&Piece::Whole, group.offsets);
                }
                Layer::Activation(activation) => {
                    let parts = group.parts(*activation, reach);
                    limit.require(parts.len())?;
                    let cells: Vec<Result<Vec<Cell>, Error>> = (parts.par_chunks(GROUP))
                        .map(|parts| {
                            let inside = group.behind(*activation, parts);
                            self.refine(inside, index + 1, reach, limit)
                        })
                        .collect();
                    let mut all = Vec::with_capacity(parts.len());
                    for cells in cells {
                        all.extend(cells?);
                    }
                    return Ok(all);
                }
            }
        }
        require_finite_maps(&group, self.layers.len())?;
        let cells = group.polygons.len();
        limit.require(limit.found.fetch_add(cells, Ordering::Relaxed) + cells)?;
        Ok(group.cells())
    }
}

/// How many cells there may be, and how many there are by now.
struct Limit {
    most: usize,
    found: AtomicUsize,
}

impl Limit {
    /// Refuses a slice of at least so many cells.
    fn require(&self, cells: usize) -> Result<(), Error> {
        let most = self.most;
        if cells <= most && self.found.load(Ordering::Relaxed) <= most {
            return Ok(());
        }
        Err(Error::invalid(
            "regions of the slice",
            format!("more than {most}"),
            format!("at most {most}; take a smaller window"),
        ))
    }
}

fn refused(layer: usize, what: &str) -> Error {
    Error::invalid(
        format!("layer {layer}"),
        what,
        "a slice is cut through affine layers and activations, one after the other",
    )
}

fn require_finite_maps(group: &Group, layer: usize) -> Result<(), Error> {
    let mut values = group.tangents.iter().chain(&group.offsets);
    match values.find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => Err(Error::NonFiniteResult {
            what: format!("a number in front of layer {layer} on the slice"),
            value: value.to_string(),
        }),
    }
}

impl Group {
    /// The parts of all polygons behind the kinks of a layer, in the order of the polygons.
    fn parts(&self, activation: Activation, reach: (f64, f64)) -> Vec<Part> {
        let bounds = activation.pieces();
        let kinks: Vec<f64> = bounds.iter().skip(1).map(|piece| piece.from).collect();
        let parts_of = |parent: usize| {
            let (across, up) = (
                self.tangents.column(2 * parent),
                self.tangents.column(2 * parent + 1),
            );
            let offsets = self.offsets.column(parent);
            let polygon = &self.polygons[parent];
            let mut lines = Vec::new();
            for unit in 0..offsets.len() {
                let (across, up) = (across[unit], up[unit]);
                for kink in &kinks {
                    let offset = offsets[unit];
                    let size = across.abs() * reach.0 + up.abs() * reach.1;
                    let line = Line {
                        across,
                        up,
                        offset: offset - kink,
                        tolerance: TOLERANCE * (size + offset.abs() + kink.abs()),
                    };
                    if line.crosses(polygon) {
                        lines.push(line);
                    }
                }
            }
            let parts = pieces(polygon.clone(), lines, 0).into_iter();
            parts.map(move |vertices| Part { parent, vertices })
        };
        let parents = 0..self.polygons.len();
        parents.into_par_iter().flat_map_iter(parts_of).collect()
    }

    /// Parts with the states of the units there and the maps to the images of the units.
    fn behind(&self, activation: Activation, parts: &[Part]) -> Self {
        let bounds = activation.pieces();
        let units = self.offsets.nrows();
        let mut behind = Self {
            polygons: parts.iter().map(|part| part.vertices.clone()).collect(),
            states: Vec::with_capacity(parts.len()),
            tangents: DMatrix::zeros(units, 2 * parts.len()),
            offsets: DMatrix::zeros(units, parts.len()),
        };
        for (i, part) in parts.iter().enumerate() {
            let parent = part.parent;
            let (s, t) = middle(&part.vertices);
            let (across, up) = (
                self.tangents.column(2 * parent),
                self.tangents.column(2 * parent + 1),
            );
            let offsets = self.offsets.column(parent);
            let mut states = self.states[parent].clone();
            for unit in 0..units {
                let (across, up, offset) = (across[unit], up[unit], offsets[unit]);
                let state = activation.state(across * s + up * t + offset);
                let piece = bounds[usize::from(state)];
                behind.tangents[(unit, 2 * i)] = piece.slope * across;
                behind.tangents[(unit, 2 * i + 1)] = piece.slope * up;
                behind.offsets[(unit, i)] = piece.slope * offset + piece.intercept;
                states.push(state);
            }
            behind.states.push(states);
        }
        behind
    }

    fn cells(self) -> Vec<Cell> {
        let (tangents, offsets) = (&self.tangents, &self.offsets);
        (self.polygons.into_iter().zip(&self.states).enumerate())
            .map(|(i, (vertices, states))| Cell {
                vertices,
                code: Code::new(states, Vec::new()),
                map: Affine {
                    matrix: tangents.columns(2 * i, 2).into_owned(),
                    offset: offsets.column(i).into_owned(),
                },
            })
            .collect()
    }
}
