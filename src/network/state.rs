//! The tensors of a `.safetensors` file, taken layer by layer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nalgebra::{DMatrix, DVector};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};

use super::architecture::{Architecture, Description};
use super::parameter::is_image;
use super::{
    BatchNorm, Convolution, Layer, Linear, Network, Pooling, PoolingKind, Real, Residual, Shape,
    Window,
};
use crate::error::Error;

/// A counter of PyTorch's batch normalisations that no computation here reads.
const COUNTER: &str = "num_batches_tracked";

/// The error for content that is not that of a `.safetensors` file.
pub(crate) fn not_safetensors(path: &Path, bytes: &[u8], error: &SafeTensorError) -> Error {
    let size = bytes.len();
    let found = match (error, bytes.first_chunk()) {
        (_, None) => format!("{size} bytes, of which the first 8 would be the length of a header"),
        (SafeTensorError::HeaderTooLarge | SafeTensorError::InvalidHeaderLength, Some(first)) => {
            let length = u64::from_le_bytes(*first);
            format!(
                "something else, or a damaged one: its first 8 bytes would be the length of a header of {length} bytes, in a file of {size}"
            )
        }
        _ => format!("something else, or a damaged one: {error}"),
    };
    Error::format(path, "a .safetensors file", found)
}

/// The sizes of a tensor and its numbers.
type Numbers<T> = (Vec<usize>, Vec<T>);

/// The tensors of a file that no layer has taken yet.
pub(crate) struct State<'a> {
    path: &'a Path,
    tensors: BTreeMap<String, TensorView<'a>>,
}

impl<'a> State<'a> {
    /// The tensors and the metadata of a file's content; `path` names it in errors.
    ///
    /// # Errors
    /// [`Error::Format`] for a damaged file.
    pub(crate) fn read(
        path: &'a Path,
        bytes: &'a [u8],
    ) -> Result<(Self, BTreeMap<String, String>), Error> {
        let damaged = |error| not_safetensors(path, bytes, &error);
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let tensors = (tensors.tensors().into_iter())
            .filter(|(name, _)| name.rsplit('.').next() != Some(COUNTER))
            .collect();
        let metadata = header.metadata().clone().unwrap_or_default();
        Ok((Self { path, tensors }, metadata.into_iter().collect()))
    }

    /// Takes the tensors of a network, whose names have `prefix` before them.
    ///
    /// # Errors
    /// As [`Network::from_safetensors`], which says nothing against tensors that are left.
    pub(crate) fn network<T: Real>(
        &mut self,
        architecture: &Architecture,
        prefix: &str,
    ) -> Result<Network<T>, Error> {
        let input = architecture.input;
        let (layers, _) = self.layers(&architecture.layers, input, is_image(input), prefix)?;
        Network::new(input, layers)
    }

    /// Refuses tensors that nothing has taken.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for the first of them.
    pub(crate) fn require_taken(&self) -> Result<(), Error> {
        match self.tensors.keys().next() {
            None => Ok(()),
            Some(name) => Err(Error::UnknownName {
                kind: "tensor",
                name: name.clone(),
                known: "those of the architecture's layers".to_owned(),
            }),
        }
    }

    /// Takes numbers that [`Stored::new`] has put away, of these sizes.
    ///
    /// # Errors
    /// [`Error::Format`] when the tensor is missing, or has other sizes or another precision.
    pub(crate) fn numbers<T: Real>(
        &mut self,
        name: &str,
        shape: &[usize],
    ) -> Result<Vec<T>, Error> {
        let (found, values) = self.require(name)?;
        if found != shape {
            return Err(self.shape_error(name, format!("shape {shape:?}"), &found));
        }
        Ok(match *shape {
            [rows, columns] => (0..rows * columns)
                .map(|i| values[i % rows * columns + i / rows])
                .collect(),
            _ => values,
        })
    }

    /// The tensor of a name, as errors write it: `file:name`.
    fn place(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("{}:{name}", self.path.display()))
    }

    /// The layers of an architecture, and the shape of what they give.
    fn layers<T: Real>(
        &mut self,
        descriptions: &[Description],
        input: Shape,
        mut image: bool,
        prefix: &str,
    ) -> Result<(Vec<Layer<T>>, Shape), Error> {
        let mut layers = Vec::new();
        let mut shape = input;
        for (place, description) in descriptions.iter().enumerate() {
            let name = format!("{prefix}{place}.");
            let layer = match description {
                Description::Flatten {} => {
                    image = false;
                    continue;
                }
                Description::Identity {} => continue,
                Description::Linear {} if image => {
                    return Err(Error::format(
                        &self.place(&name),
                        "a Flatten between an image and a Linear layer",
                        "none",
                    ));
                }
                Description::Linear {} => Layer::Linear(self.linear(&name, shape)?),
                Description::Conv2d { stride, padding } => {
                    image = true;
                    Layer::Convolution(self.convolution(&name, shape, *stride, *padding)?)
                }
                Description::BatchNorm1d { eps, momentum }
                | Description::BatchNorm2d { eps, momentum } => {
                    Layer::BatchNorm(self.batch_norm(&name, shape, *eps, *momentum)?)
                }
                Description::MaxPool2d {
                    kernel_size,
                    stride,
                    padding,
                }
                | Description::AvgPool2d {
                    kernel_size,
                    stride,
                    padding,
                } => {
                    image = true;
                    let [height, width] = kernel_size.each();
                    let kind = match description {
                        Description::MaxPool2d { .. } => PoolingKind::Max,
                        _ => PoolingKind::Average,
                    };
                    let stride = match stride {
                        Some(stride) => *stride,
                        None if height == width => height,
                        None => {
                            return Err(Error::format(
                                &self.place(&name),
                                "a stride, the same on both axes",
                                format!("none, and a kernel of {height} x {width}"),
                            ));
                        }
                    };
                    let window = Window {
                        height,
                        width,
                        stride,
                        padding: *padding,
                    };
                    Layer::Pooling(Pooling::new(kind, shape, window)?)
                }
                Description::AdaptiveAvgPool2d {} => {
                    image = true;
                    Layer::Pooling(Pooling::global_average(shape)?)
                }
                Description::Residual { body, shortcut } => {
                    let (body, _) = self.layers(body, shape, image, &format!("{name}body."))?;
                    let name = format!("{name}shortcut.");
                    let (shortcut, _) = self.layers(shortcut, shape, image, &name)?;
                    Layer::Residual(Residual { body, shortcut })
                }
                activation => match activation.activation() {
                    Some(activation) => Layer::Activation(activation),
                    None => unreachable!("all other descriptions are activations"),
                },
            };
            shape = layer.output_shape(shape)?;
            layers.push(layer);
        }
        Ok((layers, shape))
    }

    /// Takes a tensor: its sizes and its numbers. None when there is no such tensor.
    fn take<T: Real>(&mut self, name: &str) -> Result<Option<Numbers<T>>, Error> {
        let Some(tensor) = self.tensors.remove(name) else {
            return Ok(None);
        };
        let values: Vec<T> = match (tensor.dtype(), T::DTYPE) {
            (Dtype::F32, _) => (tensor.data().as_chunks().0.iter())
                .map(|bytes| T::from_f64(f64::from(f32::from_le_bytes(*bytes))))
                .collect(),
            (Dtype::F64, Dtype::F64) => (tensor.data().as_chunks().0.iter())
                .map(|bytes| T::from_f64(f64::from_le_bytes(*bytes)))
                .collect(),
            (found, _) => {
                return Err(Error::format(
                    &self.place(name),
                    format!(
                        "numbers of type {}; convert the model before it is saved",
                        if T::DTYPE == Dtype::F64 {
                            "F32 or F64"
                        } else {
                            "F32"
                        }
                    ),
                    format!("{found:?}"),
                ));
            }
        };
        super::require_finite(name, &values)?;
        Ok(Some((tensor.shape().to_vec(), values)))
    }

    /// Takes a tensor that has to be there.
    fn require<T: Real>(&mut self, name: &str) -> Result<Numbers<T>, Error> {
        self.take(name)?.ok_or_else(|| {
            let place = self.place(name);
            let rest: Vec<&str> = self.tensors.keys().map(String::as_str).collect();
            let found = match rest[..] {
                [] => "no further tensor".to_owned(),
                _ => format!("the further tensors {}", rest.join(", ")),
            };
            Error::format(&place, "a tensor of this name", found)
        })
    }

    fn shape_error(&self, name: &str, expected: String, found: &[usize]) -> Error {
        Error::format(&self.place(name), expected, format!("shape {found:?}"))
    }

    /// A vector of `dim` numbers, if there is one.
    fn vector<T: Real>(&mut self, name: &str, dim: usize) -> Result<Option<DVector<T>>, Error> {
        match self.take(name)? {
            None => Ok(None),
            Some((shape, values)) if shape == [dim] => Ok(Some(DVector::from_vec(values))),
            Some((shape, _)) => Err(self.shape_error(name, format!("shape [{dim}]"), &shape)),
        }
    }

    fn linear<T: Real>(&mut self, name: &str, input: Shape) -> Result<Linear<T>, Error> {
        let key = format!("{name}weight");
        let (shape, values) = self.require(&key)?;
        let [out, dim] = shape[..] else {
            return Err(self.shape_error(&key, "shape [out, in]".to_owned(), &shape));
        };
        if dim != input.size() {
            let expected = format!("shape [out, {}]", input.size());
            return Err(self.shape_error(&key, expected, &shape));
        }
        let bias = self.vector(&format!("{name}bias"), out)?;
        Linear::new(DMatrix::from_row_slice(out, dim, &values), bias)
    }

    fn convolution<T: Real>(
        &mut self,
        name: &str,
        input: Shape,
        stride: usize,
        padding: usize,
    ) -> Result<Convolution<T>, Error> {
        let key = format!("{name}weight");
        let (shape, values) = self.require(&key)?;
        let expected = || format!("shape [out, {}, height, width]", input.channels);
        let [out, channels, height, width] = shape[..] else {
            return Err(self.shape_error(&key, expected(), &shape));
        };
        if channels != input.channels {
            return Err(self.shape_error(&key, expected(), &shape));
        }
        let window = Window {
            height,
            width,
            stride,
            padding,
        };
        let bias = self.vector(&format!("{name}bias"), out)?;
        let weight = DMatrix::from_vec(channels * height * width, out, values);
        Convolution::new(input, window, weight, bias)
    }

    fn batch_norm<T: Real>(
        &mut self,
        name: &str,
        input: Shape,
        eps: f64,
        momentum: f64,
    ) -> Result<BatchNorm<T>, Error> {
        let channels = input.channels;
        let mut running = |key: &str| {
            let key = format!("{name}{key}");
            match self.vector(&key, channels)? {
                Some(vector) => Ok(vector),
                None => self
                    .require::<T>(&key)
                    .map(|(_, values)| DVector::from_vec(values)),
            }
        };
        let (mean, variance) = (running("running_mean")?, running("running_var")?);
        let scale = match self.vector(&format!("{name}weight"), channels)? {
            None => None,
            Some(weight) => {
                let key = format!("{name}bias");
                let bias = match self.vector(&key, channels)? {
                    Some(bias) => bias,
                    None => DVector::from_vec(self.require::<T>(&key)?.1),
                };
                Some((weight, bias))
            }
        };
        BatchNorm::new(scale, mean, variance, eps, momentum)
    }

    /// The architecture that names and shapes tell.
    pub(super) fn infer(&self) -> Result<Architecture, Error> {
        let unclear = |found: String| {
            Error::format(
                self.path,
                "an architecture in the metadata, or the tensors of Linear and BatchNorm1d layers \
                 named 0.weight, 0.bias, 2.weight, ...",
                found,
            )
        };
        let mut places: BTreeMap<usize, &TensorView> = BTreeMap::new();
        let mut normalised = Vec::new();
        for (name, tensor) in &self.tensors {
            let parts = name.split_once('.');
            let Some((Ok(place), key)) = parts.map(|(place, key)| (place.parse(), key)) else {
                return Err(unclear(format!("a tensor {name}")));
            };
            match key {
                "weight" => drop(places.insert(place, tensor)),
                "running_mean" => {
                    normalised.push(place);
                    places.entry(place).or_insert(tensor);
                }
                "bias" | "running_var" => {}
                _ => return Err(unclear(format!("a tensor {name}"))),
            }
        }
        let mut layers = Vec::new();
        let mut input = None;
        for (place, tensor) in places {
            match place - layers.len() {
                0 => {}
                1 if place > 1 => layers.push(Description::ReLU {}),
                _ => {
                    let from = layers.len();
                    return Err(unclear(format!(
                        "no tensors of the layers {from} to {}",
                        place - 1
                    )));
                }
            }
            layers.push(match *tensor.shape() {
                [_, dim] => {
                    input.get_or_insert(dim);
                    Description::Linear {}
                }
                [dim] if normalised.contains(&place) => {
                    input.get_or_insert(dim);
                    Description::BatchNorm1d {
                        eps: BatchNorm::<f64>::EPS,
                        momentum: BatchNorm::<f64>::MOMENTUM,
                    }
                }
                ref shape => {
                    return Err(unclear(format!("{place}.weight of shape {shape:?}")));
                }
            });
        }
        let input = input.ok_or_else(|| unclear("no tensor".to_owned()))?;
        Ok(Architecture {
            input: Shape::vector(input),
            layers,
        })
    }
}
