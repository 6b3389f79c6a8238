//! Networks as `.safetensors` files: a state dict and, in the file's metadata, the architecture.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use super::architecture::Architecture;
use super::state::State;
use super::{Network, Real};
use crate::error::Error;

/// Key of the architecture in the metadata.
const KEY: &str = "architecture";

impl<T: Real> Network<T> {
    /// The network as the content of a `.safetensors` file: the tensors of a PyTorch state dict in
    /// this precision, and the [`Architecture`] as JSON in the metadata. Reading it back gives the
    /// same network, bit for bit.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the architecture has no JSON form.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, Error> {
        let failed = |error: String| Error::invalid("network", error, "it has to fit a file");
        let architecture = serde_json::to_string(&self.architecture())
            .map_err(|error| failed(error.to_string()))?;
        let contents = self.tensors("");
        let metadata = [(KEY.to_owned(), architecture)].into_iter().collect();
        serialize(&contents, metadata).map_err(failed)
    }

    /// The tensors of the state dict as a file holds them, with a prefix before their names.
    pub(crate) fn tensors(&self, prefix: &str) -> Vec<Stored> {
        (self.state().into_iter())
            .map(|(name, tensor)| {
                Stored::new(format!("{prefix}{name}"), tensor.shape, tensor.values)
            })
            .collect()
    }

    /// Reads the content of a `.safetensors` file; `path` names it in errors.
    ///
    /// The architecture is the one given, or the one in the file's metadata, or else it follows
    /// from the names and shapes: then the tensors have to be those of a `torch.nn.Sequential` of
    /// `Linear` and `BatchNorm1d` layers, with a ReLU wherever the count of the layers leaves out
    /// one. That is a guess: a state dict names neither activations nor dropout, so a gap of any kind
    /// is read as a ReLU, and one behind the last layer leaves no gap and is lost. Give the
    /// architecture of every other network. Convolutions need it, as a state dict has neither stride
    /// nor padding:
    ///
    /// ```python
    /// layers = [{"type": "Conv2d", "stride": 2, "padding": 1}, {"type": "ReLU"}]
    /// architecture = json.dumps({"input": [3, 32, 32], "layers": layers})
    /// safetensors.torch.save_file(model.state_dict(), path, metadata={"architecture": architecture})
    /// ```
    ///
    /// A file in single precision can be read in double precision, not the other way round;
    /// `num_batches_tracked` is passed over.
    ///
    /// # Errors
    /// [`Error::Format`], naming the file or the tensor, for a damaged file, an architecture that
    /// is missing or not understood, and a tensor that is missing or has the wrong shape or
    /// precision; [`Error::UnknownName`] for a tensor of no layer; [`Error::InvalidParameter`] for
    /// numbers that are not finite; as [`Network::new`] and the layers' constructors.
    pub fn from_safetensors(
        path: &Path,
        bytes: &[u8],
        architecture: Option<&Architecture>,
    ) -> Result<Self, Error> {
        let (mut state, metadata) = State::read(path, bytes)?;
        let architecture = match (architecture, metadata.get(KEY)) {
            (Some(architecture), _) => architecture.clone(),
            (None, Some(json)) => serde_json::from_str(json).map_err(|error| {
                Error::format(
                    path,
                    "an architecture as JSON in the metadata",
                    error.to_string(),
                )
            })?,
            (None, None) => state.infer()?,
        };
        let network = state.network(&architecture, "")?;
        state.require_taken()?;
        Ok(network)
    }
}

/// A tensor as a file holds it.
pub(crate) struct Stored {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

impl Stored {
    /// Takes the numbers of a [`Parameter`](super::Parameter), or numbers that lie as these do.
    pub(crate) fn new<T: Real>(name: String, shape: Vec<usize>, values: &[T]) -> Self {
        let mut bytes = Vec::with_capacity(std::mem::size_of_val(values));
        match shape[..] {
            // The weight of a linear layer lies by columns, a file's by rows.
            [rows, columns] => {
                for i in 0..rows * columns {
                    values[i % columns * rows + i / columns].write(&mut bytes);
                }
            }
            _ => values.iter().for_each(|value| value.write(&mut bytes)),
        }
        Self {
            name,
            shape,
            dtype: T::DTYPE,
            bytes,
        }
    }
}

/// The content of a file; the error is what the format has against it.
pub(crate) fn serialize(
    tensors: &[Stored],
    metadata: BTreeMap<String, String>,
) -> Result<Vec<u8>, String> {
    let views: Vec<(&str, TensorView)> = (tensors.iter())
        .map(|tensor| {
            TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes)
                .map(|view| (tensor.name.as_str(), view))
        })
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let metadata = metadata.into_iter().collect();
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(|error| error.to_string())?;
    ordered(&bytes)
}

/// The same file with the entries of its header by name: metadata come in the order of a hash map, another one in every run.
fn ordered(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let parts = bytes.split_first_chunk::<8>().and_then(|(length, rest)| {
        rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
    });
    let (header, numbers) = parts.ok_or("a header that is cut off")?;
    let header: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_slice(header).map_err(|error| error.to_string())?;
    let mut header = serde_json::to_vec(&header).map_err(|error| error.to_string())?;
    // Numbers begin at a multiple of 8 bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    let length = (header.len() as u64).to_le_bytes();
    Ok([&length, header.as_slice(), numbers].concat())
}
