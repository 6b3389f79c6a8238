//! Points, and pairs of points: the only owners of memory layout.

use nalgebra::DMatrix;

use crate::error::Error;

/// `n` points in `R^d`, all finite, at least one of each.
///
/// A point is a column of a `d x n` matrix, so that its coordinates are contiguous.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    matrix: DMatrix<f64>,
}

impl Sample {
    /// Takes a `d x n` matrix whose columns are points.
    ///
    /// # Errors
    /// [`Error::Empty`] without points or coordinates, [`Error::NonFinite`] at the first
    /// coordinate that is NaN or infinite.
    pub fn new(matrix: DMatrix<f64>) -> Result<Self, Error> {
        let (dim, n) = matrix.shape();
        if dim == 0 || n == 0 {
            return Err(Error::Empty { n, dim });
        }
        if let Some(index) = matrix.as_slice().iter().position(|v| !v.is_finite()) {
            return Err(Error::NonFinite {
                point: index / dim,
                coordinate: index % dim,
                value: matrix.as_slice()[index].to_string(),
            });
        }
        Ok(Self { matrix })
    }

    /// Takes the coordinates of one point after the other.
    ///
    /// # Errors
    /// As [`Sample::new`]; [`Error::Mismatch`] when the length is not a multiple of `dim`.
    pub fn from_points(dim: usize, coordinates: Vec<f64>) -> Result<Self, Error> {
        let length = coordinates.len();
        if dim == 0 || length == 0 {
            return Err(Error::Empty { n: 0, dim });
        }
        let n = length / dim;
        if n * dim != length {
            return Err(Error::Mismatch {
                what: "number of coordinates",
                expected: n * dim,
                actual: length,
            });
        }
        Self::new(DMatrix::from_vec(dim, n, coordinates))
    }

    /// Number of points.
    pub fn n(&self) -> usize {
        self.matrix.ncols()
    }

    /// Number of coordinates.
    pub fn dim(&self) -> usize {
        self.matrix.nrows()
    }

    /// The `d x n` matrix; columns are points.
    pub fn matrix(&self) -> &DMatrix<f64> {
        &self.matrix
    }

    /// The `d x n` matrix itself, for who goes on with it alone.
    pub fn into_matrix(self) -> DMatrix<f64> {
        self.matrix
    }

    /// All coordinates, one point after the other.
    pub fn coordinates(&self) -> &[f64] {
        self.matrix.as_slice()
    }

    /// The coordinates of point `i`.
    pub fn point(&self, i: usize) -> &[f64] {
        let dim = self.dim();
        &self.matrix.as_slice()[i * dim..(i + 1) * dim]
    }

    /// All points in order.
    pub fn points(&self) -> std::slice::ChunksExact<'_, f64> {
        self.matrix.as_slice().chunks_exact(self.dim())
    }

    /// Values of coordinate `j` over all points.
    pub fn coordinate(&self, j: usize) -> impl Iterator<Item = f64> + '_ {
        self.points().map(move |point| point[j])
    }

    /// How many points have each value of coordinate `j`, from the smallest value to the largest; the two zeros are one value.
    /// Cost `O(n log n)`.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use vicinfo::sample::Sample;
    ///
    /// let points = Sample::new(DMatrix::from_row_slice(1, 5, &[2.0, 0.0, -1.0, 2.0, -0.0]))?;
    /// assert_eq!(points.occurrences(0), [1, 2, 2]);
    /// # Ok::<(), vicinfo::Error>(())
    /// ```
    pub fn occurrences(&self, j: usize) -> Vec<usize> {
        let mut values: Vec<f64> = self.coordinate(j).map(|v| v + 0.0).collect();
        values.sort_unstable_by(f64::total_cmp);
        let equal = values.chunk_by(|a, b| a.total_cmp(b).is_eq());
        equal.map(<[f64]>::len).collect()
    }

    /// Number of different points. Cost `O(n d log n)`.
    pub fn distinct(&self) -> usize {
        let mut order: Vec<&[f64]> = self.points().collect();
        let compare = |a: &&[f64], b: &&[f64]| {
            let coordinates = a.iter().zip(*b).map(|(a, b)| a.total_cmp(b));
            let mut different = coordinates.filter(|order| order.is_ne());
            different.next().unwrap_or(std::cmp::Ordering::Equal)
        };
        order.sort_unstable_by(compare);
        order.dedup_by(|a, b| compare(a, b).is_eq());
        order.len()
    }

    /// The points at `indices`, in that order; an index may repeat.
    ///
    /// # Errors
    /// [`Error::Empty`] without indices, [`Error::Mismatch`] for an index beyond the last point.
    pub fn select(&self, indices: &[usize]) -> Result<Self, Error> {
        let mut coordinates = Vec::with_capacity(indices.len() * self.dim());
        for &i in indices {
            if i >= self.n() {
                return Err(Error::Mismatch {
                    what: "index of a point, at most",
                    expected: self.n() - 1,
                    actual: i,
                });
            }
            coordinates.extend_from_slice(self.point(i));
        }
        Self::from_points(self.dim(), coordinates)
    }

    /// Maps every point to a point of `dim` coordinates; the map writes into its second argument.
    ///
    /// # Errors
    /// [`Error::NonFinite`] where the map leaves the finite numbers, [`Error::Empty`] for `dim` 0.
    pub fn map(&self, dim: usize, map: impl Fn(&[f64], &mut [f64])) -> Result<Self, Error> {
        if dim == 0 {
            return Err(Error::Empty { n: self.n(), dim });
        }
        let mut image = DMatrix::zeros(dim, self.n());
        for (point, target) in self
            .points()
            .zip(image.as_mut_slice().chunks_exact_mut(dim))
        {
            map(point, target);
        }
        Self::new(image)
    }
}

/// `n` pairs `(x_i, y_i)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// First halves.
    pub x: Sample,
    /// Second halves.
    pub y: Sample,
}

impl Paired {
    /// Pairs the points of equal index.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the two samples differ in their number of points.
    pub fn new(x: Sample, y: Sample) -> Result<Self, Error> {
        if x.n() != y.n() {
            return Err(Error::Mismatch {
                what: "points of the second sample",
                expected: x.n(),
                actual: y.n(),
            });
        }
        Ok(Self { x, y })
    }

    /// Number of pairs.
    pub fn n(&self) -> usize {
        self.x.n()
    }

    /// Dimensions of the two halves.
    pub fn dims(&self) -> (usize, usize) {
        (self.x.dim(), self.y.dim())
    }

    /// The pairs as points of `R^(dim_x + dim_y)`.
    pub fn joint(&self) -> Sample {
        let (dim_x, dim_y) = self.dims();
        let mut coordinates = Vec::with_capacity(self.n() * (dim_x + dim_y));
        for (x, y) in self.x.points().zip(self.y.points()) {
            coordinates.extend_from_slice(x);
            coordinates.extend_from_slice(y);
        }
        Sample {
            matrix: DMatrix::from_vec(dim_x + dim_y, self.n(), coordinates),
        }
    }
}
