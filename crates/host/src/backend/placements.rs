//! The placements and events an app of this kind has.

use super::BackendOptions;
use crate::store::{Binding, Wanted};

/// The hidden page in every tab: the worker.
pub const WORKER: &str = "PAGE_BACKGROUND_WORKER";
/// The tile in the contact centre: the operator's connection.
pub const CONTACT_CENTER: &str = "CONTACT_CENTER";
/// The page behind links to the app.
pub const APP_URI: &str = "REST_APP_URI";
/// The app opened from the menu: not bound, but posted to the same handler.
pub const DEFAULT: &str = "DEFAULT";

/// The placements that are bound at an install.
pub const PLACEMENTS: [&str; 3] = [WORKER, CONTACT_CENTER, APP_URI];

/// The events that are bound at an install.
pub const EVENTS: [&str; 5] = [
    "ONAPPINSTALL",
    "ONAPPUPDATE",
    "ONAPPUNINSTALL",
    "ONEXTERNALCALLSTART",
    "ONEXTERNALCALLBACKSTART",
];

/// What stands before an event's name where bindings are kept.
const EVENT: &str = "event ";

/// The event a binding is for, if it is for one.
#[must_use]
pub fn event_of(binding: &Binding) -> Option<&str> {
    binding.placement.strip_prefix(EVENT)
}

/// Everything a portal is to have, or nothing where the host does not know its own address.
#[must_use]
pub fn all_for(options: &BackendOptions, member_id: &str, tag: &str) -> Vec<Binding> {
    let Some(origin) = &options.public_url else {
        return Vec::new();
    };
    let placements = PLACEMENTS
        .iter()
        .map(|name| placement(origin, &options.titles, member_id, tag, name));
    let events = EVENTS.iter().map(|name| Binding {
        member_id: member_id.to_owned(),
        placement: format!("{EVENT}{name}"),
        user_id: 0,
        wanted: Wanted {
            handler: format!("{origin}/events"),
            error_handler: String::new(),
            titles: Vec::new(),
            replaces: Vec::new(),
        },
        pending: true,
        check_due: false,
    });
    placements.chain(events).collect()
}

/// One placement for everyone, at this host.
#[must_use]
pub fn placement(
    origin: &str,
    titles: &[(String, String)],
    member_id: &str,
    tag: &str,
    name: &str,
) -> Binding {
    let error_handler = if name == WORKER {
        // The notice names no portal; the tag does, to us alone.
        format!("{origin}/error?portal={tag}")
    } else {
        String::new()
    };
    Binding {
        member_id: member_id.to_owned(),
        placement: name.to_owned(),
        user_id: 0,
        wanted: Wanted {
            handler: format!("{origin}/handler"),
            error_handler,
            titles: titles.to_vec(),
            replaces: Vec::new(),
        },
        pending: true,
        check_due: false,
    }
}
