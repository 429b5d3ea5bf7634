//! The app's backend on its portals: installed, bound, signalled, deleted and bound again,
//! uninstalled. What has to happen is written down before it is done, so that a host killed
//! at any moment goes on where it was.

pub mod bind;
mod callback;
pub mod caller;
pub mod calls;
mod chores;
pub mod gate;
pub mod identity;
pub mod install;
pub mod install_error;
pub mod lines;
pub mod links;
pub mod mobile;
mod open;
pub mod pbx;
pub mod placements;
mod public_url;
pub mod readiness;
mod rounds;
pub mod signal;
mod visits;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

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
    /// Whether the database answers.
    pub readiness: readiness::Readiness,
    /// Work that is finished, or handed over, before the host ends.
    pub tasks: TaskTracker,
    /// Told when the host is asked to stop.
    pub stopping: CancellationToken,
    wake: Notify,
    due: Notify,
    gate: gate::Gate,
    tokens: identity::KnownTokens,
    visits: visits::Visits,
    /// What tasks of the rounds and chores are at, by portal.
    busy: Mutex<HashSet<String>>,
    room: Semaphore,
    chore_room: Semaphore,
    holder: String,
}
