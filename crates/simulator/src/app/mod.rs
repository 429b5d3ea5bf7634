//! The app on the portal: who it is, whether it is installed, and what it has bound.

pub(crate) mod delivery;
pub(crate) mod events;
pub(crate) mod life;
pub(crate) mod lines;
pub(crate) mod loads;
pub(crate) mod placements;

use serde_json::{Value, json};

use crate::tokens;
use events::Handlers;
use lines::Lines;
use loads::Loads;
use placements::{Placements, Row};

/// Permissions of the app, unless the faults take some away.
pub(crate) const SCOPES: [&str; 4] = ["contact_center", "placement", "pull", "telephony"];

/// Another app of the portal, whose tokens pass `profile` as well.
pub(crate) const OTHER_APP: &str = "local.other";

/// What the command line settles about the app.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Names the app to the OAuth server and in the portal's addresses.
    pub(crate) client_id: String,
    /// Proves that a backend is the app's.
    pub(crate) client_secret: String,
    /// The app's own page, and the worker's where the app counts as installed from the start.
    pub(crate) handler: String,
    /// The installer. Without one the app is installed from the start.
    pub(crate) install_url: Option<String>,
    /// What its events carry; else a new token with each install.
    pub(crate) application_token: Option<String>,
}

impl Identity {
    /// What events carry from an install on.
    pub(super) fn new_token(&self) -> String {
        let given = self.application_token.clone();
        given.unwrap_or_else(|| tokens::hex(32))
    }
}

/// The app as the portal keeps it.
#[derive(Debug)]
pub(crate) struct App {
    /// Until then, and after an uninstall, widgets and events are inactive.
    pub(crate) installed: bool,
    /// Proves to the app that an event is the portal's. A new one with each install.
    pub(crate) token: String,
    /// Widgets.
    pub(crate) placements: Placements,
    /// Event handlers.
    pub(crate) handlers: Handlers,
    /// External lines.
    pub(crate) lines: Lines,
    /// Slow loads of the workers.
    pub(crate) loads: Loads,
}

impl App {
    /// The app at the portal's start: installed and bound, or waiting for its installer.
    pub(crate) fn new(identity: &Identity) -> App {
        let installed = identity.install_url.is_none();
        let mut app = App {
            installed,
            token: identity.new_token(),
            placements: Placements::default(),
            handlers: Handlers::default(),
            lines: Lines::default(),
            loads: Loads::default(),
        };
        if installed {
            app.placements.seed_worker(&identity.handler);
        }
        app
    }

    /// The rows that pages show: none before the installation is finished.
    pub(crate) fn active(&self, placement: &str) -> impl Iterator<Item = &Row> {
        let rows = self.placements.rows().iter();
        rows.filter(move |row| self.installed && row.placement == placement)
    }

    /// For scripts and docks.
    pub(crate) fn json(&self, identity: &Identity) -> Value {
        let rows: Vec<_> = self
            .placements
            .rows()
            .iter()
            .map(|row| {
                let mut json = row.json();
                json["strikes"] = json!(self.loads.strikes(row.id));
                json["lastLoadMs"] = json!(self.loads.last_ms(row.id));
                json
            })
            .collect();
        json!({
            "clientId": identity.client_id,
            "installed": self.installed,
            "installer": identity.install_url.is_some(),
            "placements": rows,
            "events": self.handlers.list(),
            "lines": self.lines.list(),
        })
    }
}
