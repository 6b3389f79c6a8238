use serde::{Deserialize, Serialize};

use super::activation::Activation;
use super::layer::Layer;
use super::parameter::is_image;
use super::pooling::PoolingKind;
use super::real::Real;
use super::{Network, Shape};

/// What a state dict does not say: the shape of the points, and the layers in order.
///
/// Layers are named and counted as in `torch.nn.Sequential`, with a JSON object each:
///
/// | `"type"` | further keys |
/// |---|---|
/// | `Linear` | none: the sizes and whether there is a bias follow from the tensors |
/// | `Conv2d` | `stride` (1), `padding` (0), the same on both axes |
/// | `BatchNorm1d`, `BatchNorm2d` | `eps` (1e-5), `momentum` (0.1) |
/// | `ReLU`, `LeakyReLU` (`negative_slope`, 0.01), `Abs`, `Hardtanh`, `Tanh`, `GELU`, `SiLU` | the exact GELU, and Hardtanh to `[-1, 1]` |
/// | `MaxPool2d`, `AvgPool2d` | `kernel_size`, `stride` (the kernel's), `padding` (0) |
/// | `AdaptiveAvgPool2d` | none: the mean of every plane |
/// | `Flatten`, `Identity` | none: only counted; `Identity` stands for a dropout in evaluation |
/// | `Residual` | `body` and `shortcut`, lists of layers; an empty shortcut is the identity |
///
/// ```json
/// {"input": [3, 32, 32], "layers": [{"type": "Conv2d", "stride": 2, "padding": 1}, {"type": "ReLU"},
///  {"type": "AdaptiveAvgPool2d"}, {"type": "Flatten"}, {"type": "Linear"}]}
/// ```
///
/// names its tensors `0.weight`, `0.bias`, `4.weight` and `4.bias`; those inside a residual layer
/// `3` are `3.body.0.weight` and so on, as in
///
/// ```python
/// class Residual(torch.nn.Module):
///     def __init__(self, body, shortcut=()):
///         super().__init__()
///         self.body, self.shortcut = torch.nn.Sequential(*body), torch.nn.Sequential(*shortcut)
///     def forward(self, x):
///         return self.body(x) + self.shortcut(x)
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Shape of a point: `[d]` or `[channels, height, width]`.
    pub input: Shape,
    /// The layers in order.
    pub layers: Vec<Description>,
}

fn one() -> usize {
    1
}

fn eps() -> f64 {
    1e-5
}

fn momentum() -> f64 {
    0.1
}

fn negative_slope() -> f64 {
    0.01
}

/// A layer without its numbers, by the name it has in `torch.nn`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the table of the architecture explains them")]
#[allow(clippy::upper_case_acronyms, reason = "the names of torch.nn")]
pub enum Description {
    Linear {},
    Conv2d {
        #[serde(default = "one")]
        stride: usize,
        #[serde(default)]
        padding: usize,
    },
    BatchNorm1d {
        #[serde(default = "eps")]
        eps: f64,
        #[serde(default = "momentum")]
        momentum: f64,
    },
    BatchNorm2d {
        #[serde(default = "eps")]
        eps: f64,
        #[serde(default = "momentum")]
        momentum: f64,
    },
    ReLU {},
    LeakyReLU {
        #[serde(default = "negative_slope")]
        negative_slope: f64,
    },
    Abs {},
    Hardtanh {},
    Tanh {},
    GELU {},
    SiLU {},
    MaxPool2d {
        kernel_size: Sides,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<usize>,
        #[serde(default)]
        padding: usize,
    },
    AvgPool2d {
        kernel_size: Sides,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stride: Option<usize>,
        #[serde(default)]
        padding: usize,
    },
    AdaptiveAvgPool2d {},
    Flatten {},
    Identity {},
    Residual {
        body: Vec<Description>,
        #[serde(default)]
        shortcut: Vec<Description>,
    },
}

/// A side for both axes, or rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Sides {
    /// As many rows as columns.
    Square(usize),
    /// Rows and columns.
    Each([usize; 2]),
}

impl Sides {
    /// Rows and columns.
    pub fn each(self) -> [usize; 2] {
        match self {
            Self::Square(side) => [side, side],
            Self::Each(sides) => sides,
        }
    }
}

impl Description {
    /// Whether it is counted only.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Flatten {} | Self::Identity {})
    }

    /// The activation that it names, if it names one.
    pub(super) fn activation(&self) -> Option<Activation> {
        Some(match *self {
            Self::ReLU {} => Activation::Relu,
            Self::LeakyReLU { negative_slope } => Activation::LeakyRelu {
                slope: negative_slope,
            },
            Self::Abs {} => Activation::Absolute,
            Self::Hardtanh {} => Activation::HardTanh,
            Self::Tanh {} => Activation::Tanh,
            Self::GELU {} => Activation::Gelu,
            Self::SiLU {} => Activation::Silu,
            _ => return None,
        })
    }

    fn of_activation(activation: Activation) -> Self {
        match activation {
            Activation::Relu => Self::ReLU {},
            Activation::LeakyRelu { slope } => Self::LeakyReLU {
                negative_slope: slope,
            },
            Activation::Absolute => Self::Abs {},
            Activation::HardTanh => Self::Hardtanh {},
            Activation::Tanh => Self::Tanh {},
            Activation::Gelu => Self::GELU {},
            Activation::Silu => Self::SiLU {},
        }
    }
}

/// The layers as PyTorch counts them: with a `Flatten` before the first linear layer on images.
pub(super) fn describe<T: Real>(layers: &[Layer<T>], mut image: bool) -> Vec<Description> {
    let mut descriptions = Vec::with_capacity(layers.len() + 1);
    for layer in layers {
        if image && matches!(layer, Layer::Linear(_)) {
            descriptions.push(Description::Flatten {});
            image = false;
        }
        descriptions.push(match layer {
            Layer::Linear(_) => Description::Linear {},
            Layer::Activation(activation) => Description::of_activation(*activation),
            Layer::Convolution(convolution) => {
                image = true;
                Description::Conv2d {
                    stride: convolution.window().stride,
                    padding: convolution.window().padding,
                }
            }
            Layer::BatchNorm(norm) => {
                let (eps, momentum) = (norm.eps(), norm.momentum());
                if image {
                    Description::BatchNorm2d { eps, momentum }
                } else {
                    Description::BatchNorm1d { eps, momentum }
                }
            }
            Layer::Pooling(pooling) => {
                image = true;
                let window = pooling.window();
                let kernel_size = if window.height == window.width {
                    Sides::Square(window.height)
                } else {
                    Sides::Each([window.height, window.width])
                };
                let (stride, padding) = (Some(window.stride), window.padding);
                match pooling.kind() {
                    PoolingKind::Average if pooling.is_global() => {
                        Description::AdaptiveAvgPool2d {}
                    }
                    PoolingKind::Average => Description::AvgPool2d {
                        kernel_size,
                        stride,
                        padding,
                    },
                    PoolingKind::Max => Description::MaxPool2d {
                        kernel_size,
                        stride,
                        padding,
                    },
                }
            }
            Layer::Residual(residual) => Description::Residual {
                body: describe(&residual.body, image),
                shortcut: describe(&residual.shortcut, image),
            },
        });
    }
    descriptions
}

impl<T: Real> Network<T> {
    /// The network without its numbers.
    pub fn architecture(&self) -> Architecture {
        Architecture {
            input: self.input,
            layers: describe(&self.layers, is_image(self.input)),
        }
    }
}
