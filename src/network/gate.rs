use nalgebra::DMatrix;

use super::activation::Activation;
use super::layer::{Layer, Piece};
use super::pooling::{Pooling, PoolingKind};
use super::residual::Residual;
use super::{Network, Real};
use crate::error::Error;

/// A layer at which a network may change its affine map, with its state at some points.
pub(super) enum Gate<'a> {
    /// A piecewise-affine activation and the states of its units.
    Activation(Activation, &'a DMatrix<u8>),
    /// A max pooling and the inputs that its units pass on.
    Max(&'a Pooling, &'a DMatrix<u32>),
}

/// Vectors on their way through a network, with the affine map of each point.
pub(super) struct Course<T: Real> {
    /// Tangents: a group of columns for each point.
    pub tangents: DMatrix<T>,
    /// The affine map of each point, at one place: one column a point.
    pub values: DMatrix<T>,
}

/// Number of layers, those on both ways of a residual layer in its place.
fn leaves<T: Real>(layers: &[Layer<T>]) -> usize {
    (layers.iter())
        .map(|layer| match layer {
            Layer::Residual(Residual { body, shortcut }) => leaves(body) + leaves(shortcut),
            _ => 1,
        })
        .sum()
}

fn has_gate<T: Real>(layer: &Layer<T>) -> bool {
    match layer {
        Layer::Activation(_) => true,
        Layer::Pooling(pooling) => pooling.kind() == PoolingKind::Max,
        Layer::Residual(Residual { body, shortcut }) => body.iter().chain(shortcut).any(has_gate),
        Layer::Linear(_) | Layer::Convolution(_) | Layer::BatchNorm(_) => false,
    }
}

/// What is done at a gate: its place, the gate, and what arrives there.
type Visit<'v, T> = dyn FnMut(usize, Gate<'_>, &Course<T>) -> Result<(), Error> + 'v;

/// Takes vectors through layers and shows what arrives at each gate, with the gate's place.
fn walk<T: Real>(
    layers: &[Layer<T>],
    pieces: &[Piece<T>],
    mut place: usize,
    mut course: Course<T>,
    visit: &mut Visit<'_, T>,
) -> Result<Course<T>, Error> {
    for (layer, piece) in layers.iter().zip(pieces) {
        match (layer, piece) {
            (Layer::Residual(residual), Piece::Residual { body, shortcut }) => {
                let other = Course {
                    tangents: course.tangents.clone(),
                    values: course.values.clone(),
                };
                let between = place + leaves(&residual.body);
                course = walk(&residual.body, body, place, course, visit)?;
                let other = walk(&residual.shortcut, shortcut, between, other, visit)?;
                course.tangents += other.tangents;
                course.values += other.values;
                place = between + leaves(&residual.shortcut);
                continue;
            }
            (Layer::Activation(activation), Piece::States(states)) => {
                visit(place, Gate::Activation(*activation, states), &course)?;
            }
            (Layer::Pooling(pooling), Piece::Winners(winners)) => {
                visit(place, Gate::Max(pooling, winners), &course)?;
            }
            _ => {}
        }
        course = Course {
            tangents: layer.push(piece, course.tangents),
            values: layer.extend(piece, course.values),
        };
        place += 1;
    }
    Ok(course)
}

impl<T: Real> Network<T> {
    /// Takes vectors through the network up to its last gate and shows what arrives at each.
    pub(super) fn at_gates(
        &self,
        pieces: &[Piece<T>],
        course: Course<T>,
        mut visit: impl FnMut(usize, Gate<'_>, &Course<T>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(last) = self.layers.iter().rposition(has_gate) else {
            return Ok(());
        };
        let course = walk(&self.layers[..last], &pieces[..last], 0, course, &mut visit)?;
        // Behind the last gate nothing is asked: it is shown, and not passed.
        let place = leaves(&self.layers[..last]);
        match (&self.layers[last], &pieces[last]) {
            (Layer::Activation(activation), Piece::States(states)) => {
                visit(place, Gate::Activation(*activation, states), &course)
            }
            (Layer::Pooling(pooling), Piece::Winners(winners)) => {
                visit(place, Gate::Max(pooling, winners), &course)
            }
            (layer, piece) => walk(
                std::slice::from_ref(layer),
                std::slice::from_ref(piece),
                place,
                course,
                &mut visit,
            )
            .map(|_| ()),
        }
    }

    /// Refuses the first smooth activation.
    pub(super) fn require_states(&self) -> Result<(), Error> {
        fn check<T: Real>(layers: &[Layer<T>], mut place: usize) -> Result<(), Error> {
            for layer in layers {
                match layer {
                    Layer::Activation(activation) if !activation.is_piecewise_affine() => {
                        return Err(Error::invalid(
                            format!("activation of layer {place}"),
                            format!("{activation:?}"),
                            "only piecewise-affine activations have states and regions",
                        ));
                    }
                    Layer::Residual(Residual { body, shortcut }) => {
                        check(body, place)?;
                        check(shortcut, place + leaves(body))?;
                    }
                    _ => {}
                }
                place += leaves(std::slice::from_ref(layer));
            }
            Ok(())
        }
        check(&self.layers, 0)
    }
}
