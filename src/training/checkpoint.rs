//! Learners as `.safetensors` files.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::learner::{Learner, Plan};
use super::method::{Method, Target};
use super::model::{Model, labels};
use super::optimiser::Memory;
use crate::error::Error;
use crate::network::{Architecture, Arena, Network, Real, State, Stored, serialize};

/// Key of the [`Header`] in the metadata.
const KEY: &str = "learner";

/// What a file says about a learner beside its tensors.
#[derive(Serialize, Deserialize)]
struct Header {
    plan: Plan,
    steps: u64,
    loss: Option<f64>,
    encoder: Architecture,
    projector: Architecture,
    predictor: Option<Architecture>,
}

impl<T: Real> Learner<T> {
    /// The learner as the content of a `.safetensors` file: a learner read from it goes on bit for bit as this one does.
    ///
    /// The tensors are those of PyTorch state dicts with the network's name in front: `encoder.0.weight`,
    /// `projector.0.weight`, `predictor.…`, `target.encoder.…`, and `memory.first_moment.encoder.0.weight` for what the optimiser
    /// remembers. `notes` go into the metadata under their own keys.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the learner has no form in a file.
    pub fn to_safetensors(&self, notes: BTreeMap<String, String>) -> Result<Vec<u8>, Error> {
        let failed = |error: String| Error::invalid("learner", error, "it has to fit a file");
        let header = Header {
            plan: self.plan.clone(),
            steps: self.memory.steps,
            loss: self.loss,
            encoder: self.model.encoder.architecture(),
            projector: self.model.projector.architecture(),
            predictor: self.predictor.as_ref().map(Network::architecture),
        };
        let header = serde_json::to_string(&header).map_err(|error| failed(error.to_string()))?;
        let of_model = |prefix: &str, model: &Model<T>| {
            let mut tensors = model.encoder.tensors(&format!("{prefix}encoder."));
            tensors.extend(model.projector.tensors(&format!("{prefix}projector.")));
            tensors
        };
        let mut tensors = of_model("", &self.model);
        if let Some(predictor) = &self.predictor {
            tensors.extend(predictor.tensors("predictor."));
        }
        if let Some(target) = &self.target {
            tensors.extend(of_model("target.", target));
        }
        for (slot, numbers) in self.plan.optimiser.slots().iter().zip(&self.memory.slots) {
            for ((name, shape), numbers) in self.labels().into_iter().zip(numbers) {
                tensors.push(Stored::new(format!("memory.{slot}.{name}"), shape, numbers));
            }
        }
        let mut metadata = notes;
        metadata.insert(KEY.to_owned(), header);
        serialize(&tensors, metadata).map_err(failed)
    }

    /// Reads the content of a file that [`Learner::to_safetensors`] has made, with its notes; `path` names it in errors.
    ///
    /// # Errors
    /// [`Error::Format`], naming the file or the tensor, for a damaged file or one of something else, and for tensors
    /// that are missing or of the wrong shape or precision; [`Error::UnknownName`] for a tensor of nothing;
    /// [`Error::InvalidParameter`] for numbers that are not finite.
    pub fn from_safetensors(
        path: &Path,
        bytes: &[u8],
    ) -> Result<(Self, BTreeMap<String, String>), Error> {
        let (mut state, mut metadata) = State::read(path, bytes)?;
        let expected = "a checkpoint of a training run, with its plan in the metadata";
        let Some(json) = metadata.remove(KEY) else {
            return Err(Error::format(path, expected, "no such entry"));
        };
        let header: Header = serde_json::from_str(&json)
            .map_err(|error| Error::format(path, expected, error.to_string()))?;
        header.plan.require()?;
        let method = Method::parse(&header.plan.method)?;
        let mut of_model = |prefix: &str| {
            Ok::<_, Error>(Model {
                encoder: state.network(&header.encoder, &format!("{prefix}encoder."))?,
                projector: state.network(&header.projector, &format!("{prefix}projector."))?,
            })
        };
        let model = of_model("")?;
        let target = match method.target() {
            Some(Target::Average) => Some(of_model("target.")?),
            _ => None,
        };
        let predictor = match (&header.predictor, method.target()) {
            (Some(predictor), Some(_)) => Some(state.network(predictor, "predictor.")?),
            (None, None) => None,
            _ => {
                return Err(Error::format(
                    path,
                    format!("a predictor if {} needs one", header.plan.method),
                    if header.predictor.is_some() {
                        "one"
                    } else {
                        "none"
                    },
                ));
            }
        };
        let mut learner = Self {
            plan: header.plan,
            method,
            model,
            predictor,
            target,
            memory: Memory::new(),
            loss: header.loss,
            arena: Arena::new(),
        };
        learner.memory.steps = header.steps;
        if header.steps > 0 {
            for slot in learner.plan.optimiser.slots() {
                let numbers = (learner.labels().into_iter())
                    .map(|(name, shape)| state.numbers(&format!("memory.{slot}.{name}"), &shape))
                    .collect::<Result<_, _>>()?;
                learner.memory.slots.push(numbers);
            }
        }
        state.require_taken()?;
        Ok((learner, metadata))
    }

    /// Names and shapes of the parameters, in the order of the gradients.
    fn labels(&self) -> Vec<(String, Vec<usize>)> {
        let mut all = self.model.labels();
        if let Some(predictor) = &self.predictor {
            all.extend(labels("predictor", predictor));
        }
        all
    }
}
