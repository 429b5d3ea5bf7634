//! The portal page, and what it needs to load the app into a frame.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use axum::{
    extract::{Query, State},
    http::Uri,
    response::Html,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::placements::{CONTACT_CENTER, WORKER},
    hub::{Hub, UserId, World},
    oauth, tokens,
};

/// A portal's account number, the same for all its apps. Each name has its own; the port does not count.
pub(crate) fn member_id(authority: &str) -> String {
    let name = host_name(authority);
    if name == "portal.localhost" {
        return "da45a03b265edd8787f8a258d793cc5d".into();
    }
    let mut halves = [0_u64; 2];
    for (number, half) in halves.iter_mut().enumerate() {
        let mut hasher = DefaultHasher::new();
        (number, name).hash(&mut hasher);
        *half = hasher.finish();
    }
    format!("{:016x}{:016x}", halves[0], halves[1])
}

/// The host as URLs and `window.name` show it: with the port, unless that is the scheme's own.
/// A port written in `host` wins over the one listened on.
pub(crate) fn authority(host: &str, port: u16) -> String {
    let port = match host.rsplit_once(':') {
        Some((_, given)) => given.parse().unwrap_or(port),
        None => port,
    };
    match port {
        80 | 443 => host_name(host).to_owned(),
        _ => format!("{}:{port}", host_name(host)),
    }
}

/// The host without a port.
pub(crate) fn host_name(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Query of a portal page.
#[derive(Deserialize)]
pub(crate) struct View {
    /// Who is signed in.
    #[serde(default = "first_user")]
    user: UserId,
    /// `Y` in a slider: a document of its own, without a call controller.
    #[serde(rename = "IFRAME")]
    iframe: Option<String>,
}

fn first_user() -> UserId {
    1
}

/// Any page of the portal.
pub(crate) async fn page(
    State(hub): State<Arc<Hub>>,
    uri: Uri,
    Query(view): Query<View>,
) -> Html<String> {
    let mut world = hub.world();
    let id = world.pages.number();
    let user = if hub.directory.employee(view.user).is_some() {
        view.user
    } else {
        1
    };
    let config = json!({
        "page": format!("p{id}"),
        "number": id,
        "user": user,
        "slider": view.iframe.as_deref() == Some("Y"),
        "path": uri.path(),
        "faults": world.faults,
        "clock": world.clock,
        // The portal prints the list without regard to the user, and keeps it: a handler that
        // is bound or deleted later concerns the next page.
        "workers": world.app.active(WORKER).map(|row| row.id).collect::<Vec<_>>(),
        "tiles": world.app.active(CONTACT_CENTER).map(|row| json!({"row": row.id, "title": row.title})).collect::<Vec<_>>(),
        "app": {"clientId": hub.config.app.client_id},
        "directory": hub.directory.json(),
    });
    // `<` is escaped so that no text in it can end the script element.
    let config = config.to_string().replace('<', "\\u003c");
    Html(
        include_str!("../www/portal.html")
            .replace("__PAGE__", &format!("p{id}"))
            .replace("__ASSETS__", &crate::assets::FOLDER)
            .replace("__PRELOADS__", &crate::assets::preloads())
            .replace("__CONFIG__", &config),
    )
}

/// Which of the app's pages is wanted.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// A bound row; none for the app's own page.
    pub(crate) row: Option<u64>,
    /// `PLACEMENT`.
    pub(crate) placement: String,
    /// `PLACEMENT_OPTIONS`.
    pub(crate) options: Value,
}

/// What the page needs to put an app's frame on itself: the frame's name, the form, and what
/// the layout knows about the app.
///
/// # Errors
/// Says why there is no frame: the portal shows that in its place.
pub(crate) fn layout(
    hub: &Hub,
    world: &mut World,
    user: UserId,
    wanted: &Wanted,
) -> Result<Value, &'static str> {
    let (mut handler, install) = address(hub, world, user, wanted)?;
    let (placement, options) = (&wanted.placement, &wanted.options);
    let sid = tokens::hex(32);
    let pair = world.issue(user);
    let authority = hub.config.authority.clone();
    let protocol = u8::from(hub.config.tls);
    let extra = &world.faults.extra_handler_query;
    if !extra.is_empty() {
        handler = joined(&handler, extra);
    }
    let query = format!(
        "DOMAIN={}&PROTOCOL={protocol}&LANG={}&APP_SID={sid}",
        escape(&authority),
        world.faults.language
    );
    let mut fields = vec![
        ("AUTH_ID", pair.access.clone()),
        ("AUTH_EXPIRES", pair.lifetime_s.to_string()),
        ("REFRESH_ID", pair.refresh.clone()),
        (
            "SERVER_ENDPOINT",
            format!(
                "{}://{}/rest/",
                hub.config.scheme(),
                oauth::authority(hub, world.faults.region)
            ),
        ),
        ("member_id", hub.config.member_id.clone()),
        ("status", "L".to_owned()),
    ];
    if world.faults.newer_posts {
        fields.push(("APPLICATION_TOKEN", world.app.token.clone()));
        fields.push(("APPLICATION_SCOPE", world.faults.scopes.join(",")));
    }
    fields.push(("PLACEMENT", placement.clone()));
    let empty = options.as_object().is_none_or(serde_json::Map::is_empty);
    if !empty {
        fields.push(("PLACEMENT_OPTIONS", options.to_string()));
    }
    let first_run = world.faults.first_run && !world.installed.contains(&user);
    Ok(json!({
        "row": wanted.row,
        "sid": sid,
        "name": format!("{authority}|{protocol}|{sid}"),
        "allow": "geolocation *; microphone *; camera *; autoplay *;",
        "action": joined(&handler, &query),
        "fields": fields,
        "appOrigin": origin_of(&handler),
        "authId": pair.access,
        "authExpires": pair.lifetime_s.to_string(),
        "refreshId": pair.refresh,
        "memberId": hub.config.member_id,
        "domain": authority,
        "proto": protocol,
        "restPath": "/rest",
        "lang": world.faults.language,
        "isAdmin": hub.directory.profile(user)["ADMIN"],
        "firstRun": first_run,
        "install": install,
        "userOptions": php(world.user_options.get(&user).cloned().unwrap_or_default()),
        "appOptions": php(world.app_options.clone()),
        "placement": placement,
        "placementOptions": if empty { json!([]) } else { options.clone() },
    }))
}

/// The address behind what is wanted, and whether it is the installer's.
fn address(
    hub: &Hub,
    world: &World,
    user: UserId,
    wanted: &Wanted,
) -> Result<(String, bool), &'static str> {
    let identity = &hub.config.app;
    match (wanted.row, &identity.install_url) {
        _ if world.app.installed => {}
        (None, Some(url)) if hub.directory.profile(user)["ADMIN"] == true => {
            return Ok((url.clone(), true));
        }
        (None, None) => return Err("The application was not found."),
        _ => {
            return Err(
                "The application is not fully installed yet. Please contact your Bitrix24 administrator to complete the installation.",
            );
        }
    }
    let Some(id) = wanted.row else {
        return Ok((identity.handler.clone(), false));
    };
    let mut rows = world.app.active(&wanted.placement);
    let row = rows.find(|row| row.id == id && (row.user == 0 || row.user == user));
    let row = row.ok_or("The application has no page here for you.")?;
    Ok((row.handler.clone(), false))
}

/// PHP prints an empty map as a list.
pub(crate) fn php(map: serde_json::Map<String, Value>) -> Value {
    if map.is_empty() {
        json!([])
    } else {
        Value::Object(map)
    }
}

/// Appends a query to a URL that may have one.
fn joined(url: &str, query: &str) -> String {
    let (url, fragment) = match url.split_once('#') {
        Some((url, fragment)) => (url, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{query}{fragment}")
}

/// `http://host:port` of a URL, as browsers print origins.
fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let default = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}", host.strip_suffix(default).unwrap_or(host)).to_ascii_lowercase()
}

/// A host with a port, in a query.
fn escape(text: &str) -> String {
    text.replace(':', "%3A")
}

#[cfg(test)]
mod tests {
    use super::{authority, joined, origin_of};

    #[test]
    fn case_4_only_unusual_ports_are_shown() {
        assert_eq!(authority("portal.localhost", 8081), "portal.localhost:8081");
        assert_eq!(authority("portal.localhost", 80), "portal.localhost");
        assert_eq!(authority("portal.localhost:443", 8081), "portal.localhost");
        assert_eq!(
            authority("portal.localhost:9000", 8081),
            "portal.localhost:9000"
        );
    }

    #[test]
    fn case_3_a_query_is_joined_to_a_query() {
        assert_eq!(joined("http://a/h", "D=1"), "http://a/h?D=1");
        assert_eq!(joined("http://a/h?x=1", "D=1"), "http://a/h?x=1&D=1");
        assert_eq!(joined("http://a/h#top", "D=1"), "http://a/h?D=1#top");
    }

    #[test]
    fn origins_have_no_path_and_no_usual_port() {
        assert_eq!(
            origin_of("http://app.localhost:8080/handler?x"),
            "http://app.localhost:8080"
        );
        assert_eq!(origin_of("https://App.example:443"), "https://app.example");
    }
}
