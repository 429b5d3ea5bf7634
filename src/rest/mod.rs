//! The REST methods the worker calls: parameters printed exactly, answers read leniently.

mod external_call;
mod failure;
mod profile;

pub use external_call::{
    CallType, Finish, Finished, RecordDetails, Register, Registered, RestAnswer, RestRequest,
    StatusCode, Visibility,
};
pub use failure::RestFailure;
pub use profile::Profile;
