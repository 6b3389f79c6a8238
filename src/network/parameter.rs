use super::architecture::{Description, describe};
use super::layer::Layer;
use super::real::Real;
use super::{Network, Shape};

/// The numbers of a layer under one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter<'a, T: Real> {
    /// Name in PyTorch's state dict: `0.weight`, or `3.body.1.bias` inside a residual layer.
    pub name: String,
    /// Sizes in PyTorch.
    pub shape: Vec<usize>,
    /// The numbers: in PyTorch's order, those of a linear layer's weight by columns instead.
    pub values: &'a [T],
}

/// The numbers of a layer under one name, to be changed.
#[derive(Debug, PartialEq)]
pub struct ParameterMut<'a, T: Real> {
    /// As [`Parameter::name`].
    pub name: String,
    /// As [`Parameter::shape`].
    pub shape: Vec<usize>,
    /// As [`Parameter::values`].
    pub values: &'a mut [T],
}

impl<T: Real> Network<T> {
    /// The trained parameters in order: layer after layer, weight before bias, a residual's body
    /// before its shortcut. Their names count as `torch.nn.Sequential` does
    /// (see [`Architecture`](super::Architecture)).
    pub fn parameters(&self) -> Vec<Parameter<'_, T>> {
        let mut found = Vec::new();
        collect(
            &self.layers,
            is_image(self.input),
            "",
            &mut |name, layer| {
                found.extend(
                    layer
                        .tensors()
                        .into_iter()
                        .filter(|t| t.trained)
                        .map(|tensor| Parameter {
                            name: format!("{name}{}", tensor.key),
                            shape: tensor.shape,
                            values: tensor.values,
                        }),
                );
            },
        );
        found
    }

    /// The parameters, to be changed; names and order are those of [`Network::parameters`].
    pub fn parameters_mut(&mut self) -> Vec<ParameterMut<'_, T>> {
        let labels: Vec<(String, Vec<usize>)> = (self.parameters().into_iter())
            .map(|parameter| (parameter.name, parameter.shape))
            .collect();
        let mut values = Vec::new();
        for layer in &mut self.layers {
            layer.values_mut(&mut values);
        }
        (labels.into_iter().zip(values))
            .map(|((name, shape), values)| ParameterMut {
                name,
                shape,
                values,
            })
            .collect()
    }

    /// The parameters and the running statistics, as a state dict holds them.
    pub(super) fn state(&self) -> Vec<(String, Tensor<'_, T>)> {
        let mut found = Vec::new();
        collect(
            &self.layers,
            is_image(self.input),
            "",
            &mut |name, layer| {
                found.extend(
                    (layer.tensors().into_iter())
                        .map(|tensor| (format!("{name}{}", tensor.key), tensor)),
                );
            },
        );
        found
    }
}

/// Whether points of this shape are images for PyTorch, which flattens them before a linear layer.
pub(super) fn is_image(shape: Shape) -> bool {
    !shape.is_vector()
}

/// Calls `visit(name with a dot, layer)` for all layers, those inside residual layers included.
fn collect<'a, T: Real>(
    layers: &'a [Layer<T>],
    image: bool,
    prefix: &str,
    visit: &mut impl FnMut(&str, &'a Layer<T>),
) {
    let descriptions = describe(layers, image);
    let places = (descriptions.iter().enumerate()).filter(|(_, entry)| !entry.is_empty());
    for ((place, description), layer) in places.zip(layers) {
        let name = format!("{prefix}{place}.");
        visit(&name, layer);
        if let (Layer::Residual(residual), Description::Residual { .. }) = (layer, description) {
            collect(&residual.body, image, &format!("{name}body."), visit);
            collect(
                &residual.shortcut,
                image,
                &format!("{name}shortcut."),
                visit,
            );
        }
    }
}

/// One entry of a state dict.
pub(super) struct Tensor<'a, T: Real> {
    pub key: &'static str,
    pub shape: Vec<usize>,
    pub values: &'a [T],
    /// Whether it has a gradient.
    pub trained: bool,
}

impl<T: Real> Layer<T> {
    /// Whether the layer, or one inside it, has parameters.
    pub(super) fn has_parameters(&self) -> bool {
        match self {
            Self::Linear(_) | Self::Convolution(_) => true,
            Self::BatchNorm(norm) => norm.scale().is_some(),
            Self::Residual(residual) => {
                (residual.body.iter().chain(&residual.shortcut)).any(Self::has_parameters)
            }
            Self::Activation(_) | Self::Pooling(_) => false,
        }
    }

    /// The layer's own entries of a state dict.
    fn tensors(&self) -> Vec<Tensor<'_, T>> {
        let tensor = |key, shape, values, trained| Tensor {
            key,
            shape,
            values,
            trained,
        };
        match self {
            Self::Linear(linear) => {
                let weight = linear.weight();
                let shape = vec![weight.nrows(), weight.ncols()];
                let mut tensors = vec![tensor("weight", shape, weight.as_slice(), true)];
                if let Some(bias) = linear.bias() {
                    tensors.push(tensor("bias", vec![bias.len()], bias.as_slice(), true));
                }
                tensors
            }
            Self::Convolution(convolution) => {
                let (weight, window) = (convolution.weight(), convolution.window());
                let channels = convolution.input().channels;
                let shape = vec![weight.ncols(), channels, window.height, window.width];
                let mut tensors = vec![tensor("weight", shape, weight.as_slice(), true)];
                if let Some(bias) = convolution.bias() {
                    tensors.push(tensor("bias", vec![bias.len()], bias.as_slice(), true));
                }
                tensors
            }
            Self::BatchNorm(norm) => {
                let shape = vec![norm.channels()];
                let mut tensors = Vec::new();
                if let Some((weight, bias)) = norm.scale() {
                    tensors.push(tensor("weight", shape.clone(), weight.as_slice(), true));
                    tensors.push(tensor("bias", shape.clone(), bias.as_slice(), true));
                }
                let (mean, variance) = norm.running();
                tensors.push(tensor(
                    "running_mean",
                    shape.clone(),
                    mean.as_slice(),
                    false,
                ));
                tensors.push(tensor("running_var", shape, variance.as_slice(), false));
                tensors
            }
            Self::Activation(_) | Self::Pooling(_) | Self::Residual(_) => Vec::new(),
        }
    }

    /// The values of the parameters, in the order of their names.
    fn values_mut<'a>(&'a mut self, values: &mut Vec<&'a mut [T]>) {
        match self {
            Self::Linear(linear) => {
                let (weight, bias) = linear.weight_mut();
                values.push(weight);
                values.extend(bias);
            }
            Self::Convolution(convolution) => {
                let (weight, bias) = convolution.weight_mut();
                values.push(weight);
                values.extend(bias);
            }
            Self::BatchNorm(norm) => {
                if let Some((weight, bias)) = norm.scale_mut() {
                    values.extend([weight, bias]);
                }
            }
            Self::Residual(residual) => {
                for layer in residual.body.iter_mut().chain(&mut residual.shortcut) {
                    layer.values_mut(values);
                }
            }
            Self::Activation(_) | Self::Pooling(_) => {}
        }
    }
}
