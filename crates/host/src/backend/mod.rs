//! The app's backend on its portals: installed, bound, signalled, deleted and bound again,
//! uninstalled. What has to happen is written down before it is done, so that a host killed
//! at any moment goes on where it was.

pub mod bind;
mod callback;
pub mod calls;
mod chores;
pub mod identity;
pub mod install;
pub mod lines;
pub mod links;
pub mod mobile;
mod open;
pub mod pbx;
pub mod placements;
mod public_url;
mod rounds;
pub mod signal;

use std::sync::Arc;

use tokio::sync::Notify;

pub use open::BackendOptions;
pub use public_url::public_origin;

use crate::{metrics::Metrics, rest::Rest, store::Store};

/// All that the backend needs.
pub struct Backend {
    /// What outlives a start.
    pub store: Store,
    /// The way to the portals.
    pub rest: Rest,
    /// What Prometheus is told.
    pub metrics: Arc<Metrics>,
    /// What was decided at start.
    pub options: BackendOptions,
    wake: Notify,
    due: Notify,
    holder: String,
}
