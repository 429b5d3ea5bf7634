//! How a call sounds: what WebRTC counts, turned into loss, jitter, delay and a MOS.

mod counters;
mod emodel;
mod meter;

pub use counters::Counters;
pub use emodel::{Impairments, mos};
pub use meter::{Meter, Quality, Silence, SoundProblem};
