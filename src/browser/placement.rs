//! BX24.js, typed: the placement's interface, its events and commands, windows and tokens.

use std::time::Duration;

use js_sys::{Function, Reflect};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::from_js::{self, FromJs};
use super::js_error::not_in_placement;
use super::patient::{Waited, ask};
use super::sys;
use super::to_js;
use crate::card::{CardCommand, EventName, Reply, ReplyContract};
use crate::error::{Error, ErrorKind};
use crate::lenient;

/// How long BX24.js may take to greet the portal.
const INIT: Duration = Duration::from_secs(15);
/// How long the portal may take to tell its interface.
const INTERFACE: Duration = Duration::from_secs(3);
/// How long the portal may take for a fresh token; when it has none it never answers.
const REFRESH: Duration = Duration::from_secs(10);
/// A slider is open as long as the operator likes.
const SLIDER: Duration = Duration::from_secs(24 * 60 * 60);

/// The placement this crate is for.
pub(super) const PLACEMENT: &str = "PAGE_BACKGROUND_WORKER";

/// Waits until BX24.js has greeted the portal, and makes sure that this is the right placement.
pub(super) async fn init() -> Result<(), Error> {
    let waited = ask(INIT, sys::init)
        .await
        .map_err(|thrown| not_in_placement("init", &thrown))?;
    if let Waited::Silence = waited {
        return Err(Error::new(
            ErrorKind::ReplyTimeout,
            "the portal has not answered BX24.init for 15 s; is the page in a portal's frame? \
             the worker goes on waiting",
        ));
    }
    let info =
        sys::placement_info().map_err(|thrown| not_in_placement("placement.info", &thrown))?;
    let placement = Reflect::get(&info, &"placement".into())
        .ok()
        .and_then(|placement| placement.as_string())
        .unwrap_or_default();
    if placement == PLACEMENT {
        Ok(())
    } else {
        Err(Error::new(
            ErrorKind::WrongPlacement,
            format!("the page was opened as {placement:?}; bind it to {PLACEMENT}"),
        ))
    }
}

/// Whether the portal page has published all seventeen events: one bound before that is lost.
pub(super) async fn is_interface_complete() -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Interface {
        #[serde(default, deserialize_with = "lenient::list")]
        event: Vec<String>,
    }
    let waited = ask(INTERFACE, sys::placement_get_interface)
        .await
        .map_err(|thrown| not_in_placement("placement.getInterface", &thrown))?;
    let Waited::Answer(answer) = waited else {
        return Ok(false);
    };
    Ok(from_js::read::<Interface>(answer).is_ok_and(|interface| {
        let listed = |name: EventName| interface.event.iter().any(|event| event == name.wire());
        EventName::ALL.into_iter().all(listed)
    }))
}

/// Binds one event for the page's life: the portal knows no unbinding.
pub(super) fn bind(event: EventName, handler: &Function) -> Result<(), Error> {
    sys::placement_bind_event(event.wire(), handler)
        .map(drop)
        .map_err(|thrown| not_in_placement("placement.bindEvent", &thrown))
}

/// Sends a command to the card, and waits for what its contract owes.
pub(super) async fn command(command: &CardCommand) -> Result<Reply, Error> {
    let params = to_value(command)?;
    let waited = ask(command.deadline(), |done| {
        sys::placement_call(command.name(), &params, done)
    })
    .await
    .map_err(|thrown| not_in_placement("placement.call", &thrown))?;
    match (waited, command.contract()) {
        (Waited::Answer(answer), _) => Reply::parse(FromJs(answer)),
        (Waited::Silence, ReplyContract::SilentOnSuccess) => Ok(Reply::Silent),
        (Waited::Silence, ReplyContract::Answered) => Err(Error::new(
            ErrorKind::ReplyTimeout,
            format!("the portal did not answer {} in time", command.name()),
        )),
    }
}

/// The operator's access token, for the application's own REST calls. Never log it.
#[derive(Clone, Deserialize)]
pub struct Auth {
    /// The token.
    pub access_token: String,
    /// The portal's host.
    pub domain: String,
    /// The portal's id.
    pub member_id: String,
}

/// Asks the portal for a fresh token (`BX24.refreshAuth`).
///
/// # Errors
/// [`ReplyTimeout`](ErrorKind::ReplyTimeout) after 10 s: when the portal has no token to give it
/// never answers. [`NotInPlacement`](ErrorKind::NotInPlacement) without BX24.js.
pub async fn refresh_auth() -> Result<Auth, Error> {
    let waited = ask(REFRESH, sys::refresh_auth)
        .await
        .map_err(|thrown| not_in_placement("refreshAuth", &thrown))?;
    if let Waited::Silence = waited {
        return Err(Error::new(
            ErrorKind::ReplyTimeout,
            "the portal gave no fresh token within 10 s; the operator must reload the page",
        ));
    }
    auth()
}

/// The token that BX24.js has (`BX24.getAuth`).
///
/// # Errors
/// [`NotInPlacement`](ErrorKind::NotInPlacement) without BX24.js.
pub(super) fn auth() -> Result<Auth, Error> {
    let auth = sys::get_auth().map_err(|thrown| not_in_placement("getAuth", &thrown))?;
    let text = |key: &str| Reflect::get(&auth, &key.into()).ok()?.as_string();
    let auth = || {
        Some(Auth {
            access_token: text("access_token")?,
            domain: text("domain")?,
            member_id: text("member_id")?,
        })
    };
    auth().ok_or_else(|| Error::new(ErrorKind::Malformed, "BX24.getAuth gave no token"))
}

/// The address of the portal's REST methods. The frame's name says how the portal is reached: its
/// host, and `1` for https.
pub(super) fn endpoint(domain: &str) -> String {
    let name = web_sys::window().and_then(|window| window.name().ok());
    let name = name.unwrap_or_default();
    let plain = name.split('|').nth(1) == Some("0");
    format!("http{}://{domain}/rest/", if plain { "" } else { "s" })
}

/// Opens this application in a slider, with parameters that are JSON.
pub(super) async fn open_application_json(params: &str) -> Result<(), Error> {
    let params = js_sys::JSON::parse(params)
        .map_err(|_| Error::new(ErrorKind::Malformed, "the parameters are no JSON"))?;
    open_slider(&params).await
}

/// Opens this application in a slider (`BX24.openApplication`) and waits until it is closed.
///
/// # Errors
/// [`NotInPlacement`](ErrorKind::NotInPlacement) without BX24.js.
pub async fn open_application<P: Serialize>(params: &P) -> Result<(), Error> {
    open_slider(&to_value(params)?).await
}

async fn open_slider(params: &JsValue) -> Result<(), Error> {
    ask(SLIDER, |closed| sys::open_application(params, closed))
        .await
        .map(drop)
        .map_err(|thrown| not_in_placement("openApplication", &thrown))
}

/// Opens a path of the portal in a slider (`BX24.openPath`) and waits until it is closed.
///
/// # Errors
/// [`Refused`](ErrorKind::Refused) with the portal's code, e.g. `PATH_NOT_AVAILABLE`;
/// [`NotInPlacement`](ErrorKind::NotInPlacement) without BX24.js.
pub async fn open_path(path: &str) -> Result<(), Error> {
    let waited = ask(SLIDER, |done| sys::open_path(path, done))
        .await
        .map_err(|thrown| not_in_placement("openPath", &thrown))?;
    match waited {
        Waited::Answer(answer) => Reply::parse(FromJs(answer)).map(drop),
        Waited::Silence => Ok(()),
    }
}

/// Closes the slider this application is open in (`BX24.closeApplication`).
///
/// # Errors
/// [`ReplyTimeout`](ErrorKind::ReplyTimeout) when there is no such slider: the portal is silent then.
pub async fn close_application() -> Result<(), Error> {
    let waited = ask(INTERFACE, sys::close_application)
        .await
        .map_err(|thrown| not_in_placement("closeApplication", &thrown))?;
    match waited {
        Waited::Answer(_) => Ok(()),
        Waited::Silence => Err(Error::new(
            ErrorKind::ReplyTimeout,
            "the portal closed nothing: this application is in no slider",
        )),
    }
}

/// What the portal tells of the page (`PLACEMENT_OPTIONS`), read as what the caller expects of it:
/// [`PageOptions`], or a type of the application's own.
///
/// # Errors
/// [`NotInPlacement`](ErrorKind::NotInPlacement) without BX24.js; [`Malformed`](ErrorKind::Malformed)
/// when they are no such thing.
///
/// ```no_run
/// # fn example() -> Result<(), b24_background_worker::Error> {
/// use b24_background_worker::browser::{PageOptions, placement_options};
///
/// let page: PageOptions = placement_options()?;
/// if page.uri.is_some_and(|uri| uri.starts_with("/crm/deal/details/")) {
///     // the operator looks at a deal
/// }
/// # Ok(()) }
/// ```
pub fn placement_options<T: DeserializeOwned>() -> Result<T, Error> {
    from_js::read(options()?).map_err(|error| {
        let detail = format!("the portal's PLACEMENT_OPTIONS can't be read: {error}");
        Error::new(ErrorKind::Malformed, detail)
    })
}

/// What the portal tells of every page with a worker; the rest depends on the portal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PageOptions {
    /// The placement: `PAGE_BACKGROUND_WORKER`.
    #[serde(rename = "ID", deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// The path and query of the page. The portal leaves it out where the browser did not tell it.
    #[serde(rename = "URI", deserialize_with = "lenient::text")]
    pub uri: Option<String>,
}

/// The same as JavaScript has it. PHP prints none as an empty list.
pub(super) fn options() -> Result<JsValue, Error> {
    let info =
        sys::placement_info().map_err(|thrown| not_in_placement("placement.info", &thrown))?;
    let options = Reflect::get(&info, &"options".into()).unwrap_or_default();
    if options.is_object() && !js_sys::Array::is_array(&options) {
        return Ok(options);
    }
    Ok(js_sys::Object::new().into())
}

/// The language of the portal's page (`BX24.getLang`), e.g. `en`.
///
/// # Errors
/// [`NotInPlacement`](ErrorKind::NotInPlacement) without BX24.js.
pub fn language() -> Result<String, Error> {
    let lang = sys::get_lang().map_err(|thrown| not_in_placement("getLang", &thrown))?;
    Ok(lang.as_string().unwrap_or_default())
}

/// The portal's host (`BX24.getDomain`).
///
/// # Errors
/// [`NotInPlacement`](ErrorKind::NotInPlacement) without BX24.js.
pub fn domain() -> Result<String, Error> {
    let domain = sys::get_domain().map_err(|thrown| not_in_placement("getDomain", &thrown))?;
    Ok(domain.as_string().unwrap_or_default())
}

/// A plain JavaScript value: objects for maps, no key for what is absent.
pub(super) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, Error> {
    to_js::write(value).map_err(|error| Error::new(ErrorKind::Malformed, error.to_string()))
}
