//! Widgets: what `placement.bind` writes down, and every reason it has not to.

use reqwest::Url;
use serde_json::{Map, Value, json};

use crate::{
    hub::UserId,
    rest::{Params, RestError},
};

/// The hidden page of every tab.
pub(crate) const WORKER: &str = "PAGE_BACKGROUND_WORKER";
/// The page behind links to the app.
pub(crate) const APP_URI: &str = "REST_APP_URI";
/// The tile in the contact centre.
pub(crate) const CONTACT_CENTER: &str = "CONTACT_CENTER";

/// A placement of the portal.
struct Definition {
    name: &'static str,
    /// Whether an app may have one general handler only.
    single: bool,
    /// Whether a handler may be for one user.
    personal: bool,
    /// The options it keeps; others are dropped.
    options: &'static [&'static str],
    /// The permission that opens it.
    scope: &'static str,
}

/// Those an app of this kind may want. `CALL_CARD` can be bound and is never shown.
const KNOWN: [Definition; 4] = [
    Definition {
        name: WORKER,
        single: true,
        personal: true,
        options: &["errorHandlerUrl"],
        scope: "placement",
    },
    Definition {
        name: CONTACT_CENTER,
        single: false,
        personal: false,
        options: &[],
        scope: "contact_center",
    },
    Definition {
        name: APP_URI,
        single: true,
        personal: false,
        options: &[],
        scope: "placement",
    },
    Definition {
        name: "CALL_CARD",
        single: false,
        personal: false,
        options: &[],
        scope: "telephony",
    },
];

/// One handler of one placement.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Never given twice.
    pub(crate) id: u64,
    /// The placement's name.
    pub(crate) placement: String,
    /// The one user it is for; 0 for everyone.
    pub(crate) user: UserId,
    /// Where the portal posts to.
    pub(crate) handler: String,
    /// What the portal calls it.
    pub(crate) title: String,
    description: String,
    lang_all: Map<String, Value>,
    options: Map<String, Value>,
}

/// All handlers of the app.
#[derive(Debug, Default)]
pub(crate) struct Placements {
    rows: Vec<Row>,
    last_id: u64,
}

impl Placements {
    /// As if the app had bound its worker before the portal's start.
    pub(super) fn seed_worker(&mut self, handler: &str) {
        let notice = Url::parse(handler).and_then(|url| url.join("/error"));
        let mut options = Map::new();
        options.insert(
            "errorHandlerUrl".into(),
            json!(notice.map_or(handler.to_owned(), String::from)),
        );
        self.add(Row {
            id: 0,
            placement: WORKER.into(),
            user: 0,
            handler: handler.into(),
            title: "Background worker".into(),
            description: String::new(),
            lang_all: Map::new(),
            options,
        });
    }

    /// `placement.bind`. `documented` answers some refusals with 200, as the method's page
    /// prints them; the portal's code throws them, which makes 400.
    ///
    /// # Errors
    /// As documented for the method.
    pub(crate) fn bind(
        &mut self,
        params: &Params,
        documented: bool,
        scopes: &[String],
    ) -> Result<(), RestError> {
        let status = if documented { 200 } else { 400 };
        let placement = needed(params, "PLACEMENT", status)?.to_ascii_uppercase();
        let handler = needed(params, "HANDLER", status)?;
        let definition = KNOWN
            .iter()
            .find(|it| it.name == placement && scopes.iter().any(|scope| scope == it.scope))
            .ok_or_else(|| {
                RestError::new(400, "ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
            })?;
        check_handler(&handler)?;
        let options = kept_options(definition, params);
        if definition.options.contains(&"errorHandlerUrl") && options.is_empty() {
            return Err(RestError::new(
                200,
                "EMPTY_ERROR_HANDLER_URL",
                "OPTIONS[errorHandlerUrl] should not be empty",
            ));
        }
        let user = params.int("USER_ID").unwrap_or_default();
        if user != 0 && !definition.personal {
            return Err(RestError::new(
                status,
                "ERROR_PLACEMENT_USER_MODE",
                "The placement takes no handler for a single user",
            ));
        }
        // General ones count against a personal one, not the other way round: personal first,
        // then general is accepted.
        let rivals = |row: &&Row| row.placement == placement && (row.user == 0 || row.user == user);
        if definition.single && self.rows.iter().any(|row| rivals(&row)) {
            return Err(RestError::new(
                status,
                "ERROR_PLACEMENT_MAX_COUNT",
                "The placement has as many handlers as it may have",
            ));
        }
        // The key leaves the user out: two users need two addresses.
        let same = |row: &Row| row.placement == placement && row.handler == handler;
        if self.rows.iter().any(same) {
            return Err(RestError::core(
                "Unable to set placement handler: Handler already binded",
            ));
        }
        self.add(Row {
            id: 0,
            placement,
            user,
            handler,
            title: params.text("TITLE").unwrap_or_default(),
            description: params.text("DESCRIPTION").unwrap_or_default(),
            lang_all: languages(params),
            options,
        });
        Ok(())
    }

    /// `placement.unbind`: each removed handler is counted twice, once found and once removed.
    ///
    /// # Errors
    /// Without `PLACEMENT`.
    pub(crate) fn unbind(&mut self, params: &Params, documented: bool) -> Result<Value, RestError> {
        let status = if documented { 200 } else { 400 };
        let placement = needed(params, "PLACEMENT", status)?.to_ascii_uppercase();
        let (handler, user) = (params.text("HANDLER"), params.int("USER_ID"));
        let before = self.rows.len();
        self.rows.retain(|row| {
            row.placement != placement
                || handler.as_ref().is_some_and(|it| *it != row.handler)
                || user.is_some_and(|it| it != row.user)
        });
        Ok(json!({"count": 2 * (before - self.rows.len())}))
    }

    /// Takes a row away for good.
    pub(super) fn remove(&mut self, id: u64) -> Option<Row> {
        let at = self.rows.iter().position(|row| row.id == id)?;
        Some(self.rows.remove(at))
    }

    /// One row.
    pub(crate) fn row(&self, id: u64) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// All rows, oldest first.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// `placement.get`.
    pub(crate) fn list(&self) -> Value {
        self.rows.iter().map(Row::json).collect()
    }

    fn add(&mut self, row: Row) {
        self.last_id += 1;
        let id = self.last_id;
        self.rows.push(Row { id, ..row });
    }
}

/// `placement.list`: those whose permission the app has.
pub(crate) fn offered(scopes: &[String]) -> Value {
    let open = |it: &&Definition| scopes.iter().any(|scope| scope == it.scope);
    KNOWN.iter().filter(open).map(|it| it.name).collect()
}

impl Row {
    /// Where the portal tells of a deletion.
    pub(crate) fn error_handler(&self) -> &str {
        self.options["errorHandlerUrl"].as_str().unwrap_or_default()
    }

    /// As `placement.get` prints it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "placement": self.placement,
            "userId": self.user,
            "handler": self.handler,
            "options": crate::portal::php(self.options.clone()),
            "title": self.title,
            "description": self.description,
            "langAll": crate::portal::php(self.lang_all.clone()),
        })
    }
}

/// A field without which nothing is bound.
fn needed(params: &Params, name: &'static str, status: u16) -> Result<String, RestError> {
    params.text(name).ok_or_else(|| {
        let text = format!("Argument '{name}' is null or empty");
        RestError::new(status, "ERROR_ARGUMENT", &text).with_argument(name)
    })
}

/// Whether a handler's address may be called at all. The portal asks for a dot in the host's
/// name, so `localhost` is refused and `app.localhost` is not.
///
/// # Errors
/// Says what is wrong with it.
pub(super) fn check_handler(handler: &str) -> Result<(), RestError> {
    let wrong = || RestError::new(400, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL");
    let url = Url::parse(handler).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RestError::new(
            400,
            "ERROR_UNSUPPORTED_PROTOCOL",
            "Unsupported event handler protocol",
        ));
    }
    match url.host_str() {
        Some(host) if host.contains('.') => Ok(()),
        _ => Err(wrong()),
    }
}

fn kept_options(definition: &Definition, params: &Params) -> Map<String, Value> {
    let given = &params.value("OPTIONS");
    let kept = definition.options.iter().filter_map(|name| {
        let text = given[*name].as_str().filter(|text| !text.is_empty())?;
        Some(((*name).to_owned(), json!(text)))
    });
    kept.collect()
}

/// Titles by language, each with all its keys.
fn languages(params: &Params) -> Map<String, Value> {
    let Some(given) = params.value("LANG_ALL").as_object() else {
        return Map::new();
    };
    let text = |entry: &Value, key: &str| json!(entry[key].as_str().unwrap_or_default());
    let entries = given.iter().map(|(language, entry)| {
        let filled = json!({
            "TITLE": text(entry, "TITLE"),
            "DESCRIPTION": text(entry, "DESCRIPTION"),
            "GROUP_NAME": text(entry, "GROUP_NAME"),
        });
        (language.clone(), filled)
    });
    entries.collect()
}
