//! What objectives say about information, in closed form or by quadrature.
//!
//! The step from information to VICReg is a bound with a chosen conditional law `q`
//! ([`GaussianPair::bound`]), an expected log-likelihood ([`NoisyViews`]) and an entropy. Each of these
//! is computed here for laws where the exact information is known as well, so that every
//! inequality can be seen with its gap. [`NtXentReading`] and [`log_mean_exp`] write the contrastive
//! losses as the same two parts: a conditional likelihood and an entropy estimate.
//!
//! Everything is in nats.

mod contrastive;
mod expected_log_likelihood;
mod gaussian_pair;
mod prototype;
mod signal;

pub use contrastive::{NtXentReading, log_mean_exp, log_von_mises_fisher};
pub use expected_log_likelihood::NoisyViews;
pub use gaussian_pair::{BarberAgakov, Decoder, GaussianPair};
pub use prototype::Prototypes;
pub use signal::{Informations, SignalViews};
