//! What a script can make go wrong, and the portal's delays.

use std::collections::BTreeMap;

use crate::app::SCOPES;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// Everything that can be set with `PUT /sim/faults`. Absent keys keep their value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// BX24.js is sent this much later.
    pub(crate) bx24_delay_ms: u64,
    /// BX24.js is answered with this status; `null` for 200.
    pub(crate) bx24_status: Option<u16>,
    /// From page load until the call controller (and with it the interface) exists.
    pub(crate) interface_delay_ms: u64,
    /// The call controller is never made.
    pub(crate) interface_never: bool,
    /// From the card's appearance until its CRM part arrives.
    pub(crate) crm_card_delay_ms: u64,
    /// The CRM part answers with an error; the card stays in its simple layout.
    pub(crate) crm_card_fails: bool,
    /// From the card's appearance until the page writes its own title over it.
    pub(crate) late_title_ms: u64,
    /// From the card's appearance until the page's mark keeps later pages of the browser from showing theirs.
    pub(crate) card_mark_ms: u64,
    /// Every REST answer comes this much later.
    pub(crate) rest_delay_ms: u64,
    /// Faults by REST method, e.g. `{"profile": {"status": 503, "error": "QUERY_LIMIT_EXCEEDED"}}`.
    /// Several of one method are taken in their order.
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) rest: BTreeMap<String, Vec<RestFault>>,
    /// The request of that number, counted from one, is held: for whoever kills a backend at it.
    pub(crate) hold_request: Option<HeldRequest>,
    /// `"ok"`, or `"silent"`: the page never answers `refreshAuth`.
    pub(crate) refresh_auth: RefreshAuth,
    /// Life of an access token.
    pub(crate) token_lifetime_s: u64,
    /// The push server's version: 5 speaks JSON-RPC, 4 does not.
    pub(crate) pull_version: u8,
    /// The push server takes WebSockets; `false` refuses them, whatever the configuration promises.
    pub(crate) pull_web_socket: bool,
    /// The configuration promises a WebSocket.
    pub(crate) pull_web_socket_enabled: bool,
    /// The push server is shared with other portals: its clients need a `clientId`.
    pub(crate) pull_shared: bool,
    /// The configuration has a `jwt`.
    pub(crate) pull_jwt: bool,
    /// The push server refuses everything.
    pub(crate) pull_down: bool,
    /// Between two pings of the push server.
    pub(crate) pull_ping_ms: u64,
    /// A poll without messages is held for this long.
    pub(crate) pull_poll_ms: u64,
    /// The page behaves as inside the desktop client.
    pub(crate) desktop: bool,
    /// A desktop client runs beside the browser: pages show no card.
    pub(crate) desktop_running: bool,
    /// `FIRST_RUN` until the app answers with `setInstall`.
    pub(crate) first_run: bool,
    /// Put behind the handler's URL, e.g. `x=1`.
    pub(crate) extra_handler_query: String,
    /// The portal's language, as apps are told it.
    #[serde(deserialize_with = "language")]
    pub(crate) language: String,
    /// A `load` later than this is a strike.
    pub(crate) load_limit_ms: u64,
    /// The fourth strike deletes a handler, as in older portals.
    pub(crate) older_load_rule: bool,
    /// 400, or 200 as the documentation prints it: refusals of `placement.bind`.
    pub(crate) placement_error_status: u16,
    /// A refresh token that was used goes on working.
    pub(crate) refresh_token_reuse: bool,
    /// The app's permissions.
    pub(crate) scopes: Vec<String>,
    /// Which OAuth server the portal has: only that one knows and renews its tokens.
    pub(crate) region: Region,
    /// The portal was renamed: its REST answers the old name with a redirect to this one, a host
    /// with its port. Empty: it was not.
    pub(crate) renamed_to: String,
    /// How many REST requests the portal's bucket holds; `null`: any number.
    pub(crate) bucket: Option<u32>,
    /// How many of them drain in a second.
    pub(crate) bucket_per_s: f64,
    /// Posts to handlers are as newer portals send them: with APPLICATION_TOKEN,
    /// APPLICATION_SCOPE, and the page somebody came from.
    pub(crate) newer_posts: bool,
    /// `finish` hides the card from the employee it names alone, as the portal's code reads;
    /// else from everybody.
    pub(crate) finish_hides_from_one: bool,
    /// Faults by event, e.g. `{"ONEXTERNALCALLSTART": {"copies": 2}}`.
    pub(crate) events: BTreeMap<String, EventFault>,
}

impl Default for Faults {
    fn default() -> Self {
        Faults {
            bx24_delay_ms: 0,
            bx24_status: None,
            interface_delay_ms: 300,
            interface_never: false,
            crm_card_delay_ms: 400,
            crm_card_fails: false,
            late_title_ms: 30,
            card_mark_ms: 100,
            rest_delay_ms: 0,
            rest: BTreeMap::new(),
            hold_request: None,
            refresh_auth: RefreshAuth::Ok,
            token_lifetime_s: 3600,
            pull_version: 5,
            pull_web_socket: true,
            pull_web_socket_enabled: true,
            pull_shared: false,
            pull_jwt: false,
            pull_down: false,
            pull_ping_ms: 10_000,
            pull_poll_ms: 40_000,
            desktop: false,
            desktop_running: false,
            first_run: false,
            extra_handler_query: String::new(),
            language: "en".into(),
            load_limit_ms: 5000,
            older_load_rule: false,
            placement_error_status: 400,
            refresh_token_reuse: false,
            scopes: SCOPES.map(str::to_owned).to_vec(),
            region: Region::West,
            renamed_to: String::new(),
            bucket: None,
            bucket_per_s: 2.0,
            newer_posts: false,
            finish_hides_from_one: false,
            events: BTreeMap::new(),
        }
    }
}

/// A language's code, which goes into addresses as it is.
fn language<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let code = String::deserialize(from)?;
    let sound = code.len() <= 8 && code.starts_with(|c: char| c.is_ascii_lowercase());
    if sound && code.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
        Ok(code)
    } else {
        Err(D::Error::custom("language must be a code like en or pt-br"))
    }
}

/// The part of the world whose OAuth server a portal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Region {
    /// `oauth.localhost` here, oauth.bitrix.info in the cloud.
    West,
    /// `oauth-east.localhost` here, oauth.bitrix24.tech in the cloud.
    East,
}

/// How the page answers `refreshAuth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RefreshAuth {
    /// With a new pair of tokens.
    Ok,
    /// Not at all, as when the portal's server gives none.
    Silent,
}

/// A fault of one REST method.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RestFault {
    /// HTTP status of the refusal.
    pub(crate) status: Option<u16>,
    /// Its `error`.
    pub(crate) error: Option<String>,
    /// The whole answer, with `status` or 200: a text as it is, else JSON.
    pub(crate) body: Option<serde_json::Value>,
    /// The request waits there until this fault is gone.
    pub(crate) hold: Option<Hold>,
    /// `Retry-After` of the answer, in seconds.
    pub(crate) retry_after_s: Option<u32>,
    /// How many requests it hits; `null`: all.
    pub(crate) times: Option<u32>,
    /// The request has its effect and the answer is lost on the way.
    pub(crate) drop: bool,
}

/// Where a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Hold {
    /// Before it has its effect.
    Before,
    /// When it has had its effect, before the answer.
    After,
}

/// A request that waits, whatever its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeldRequest {
    pub(crate) number: u64,
    pub(crate) hold: Hold,
}

fn one_or_more<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, Vec<RestFault>>, D::Error> {
    let given = BTreeMap::<String, serde_json::Value>::deserialize(from)?;
    let list = |value: serde_json::Value| match value {
        serde_json::Value::Array(all) => all,
        one => vec![one],
    };
    let read = |(method, value)| {
        let faults = list(value).into_iter().map(serde_json::from_value);
        let faults = faults.collect::<Result<Vec<_>, _>>();
        Ok((method, faults.map_err(D::Error::custom)?))
    };
    given.into_iter().map(read).collect()
}

/// What happens to one event on its way to the backend.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct EventFault {
    /// It is sent this much later.
    pub(crate) delay_ms: u64,
    /// It is sent so often.
    pub(crate) copies: u8,
    /// It is never sent.
    pub(crate) lost: bool,
    /// A call's card waits until the backend has answered.
    pub(crate) before_card: bool,
}

impl Default for EventFault {
    fn default() -> Self {
        EventFault {
            delay_ms: 0,
            copies: 1,
            lost: false,
            before_card: false,
        }
    }
}

impl Faults {
    /// What happens to an event.
    pub(crate) fn event(&self, name: &str) -> EventFault {
        self.events.get(name).cloned().unwrap_or_default()
    }

    /// These faults with `patch` laid over them.
    ///
    /// # Errors
    /// One sentence that names the key that is unknown or has the wrong type.
    pub(crate) fn patched(&self, patch: &serde_json::Value) -> Result<Faults, String> {
        let serde_json::Value::Object(patch) = patch else {
            return Err("faults must be a JSON object".into());
        };
        let mut merged = serde_json::to_value(self).map_err(|e| e.to_string())?;
        if let Some(all) = merged.as_object_mut() {
            all.extend(patch.clone());
        }
        serde_json::from_value(merged).map_err(|e| format!("bad fault: {e}"))
    }

    /// Takes the fault that hits a call of `method` now, and counts it off.
    pub(crate) fn take_rest(&mut self, method: &str) -> Option<RestFault> {
        let faults = self.rest.get_mut(method)?;
        faults.retain(|it| it.times != Some(0));
        let fault = faults.first_mut()?;
        if let Some(left) = &mut fault.times {
            *left -= 1;
        }
        Some(fault.clone())
    }

    /// Whether a request is to wait there.
    pub(crate) fn holds(&self, method: &str, number: u64, point: Hold) -> bool {
        let at = HeldRequest {
            number,
            hold: point,
        };
        self.hold_request == Some(at)
            || self
                .rest
                .get(method)
                .is_some_and(|faults| faults.iter().any(|it| it.hold == Some(point)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Faults, RefreshAuth};
    use serde_json::json;

    #[test]
    fn a_patch_keeps_what_it_does_not_name() {
        let faults = Faults::default()
            .patched(&json!({"refreshAuth": "silent", "crmCardDelayMs": 1}))
            .expect("valid");
        assert_eq!(faults.refresh_auth, RefreshAuth::Silent);
        assert_eq!(faults.crm_card_delay_ms, 1);
        assert_eq!(faults.interface_delay_ms, 300);
    }

    #[test]
    fn a_misspelt_fault_is_refused_by_name() {
        let error = Faults::default()
            .patched(&json!({"bx24Delay": 5}))
            .expect_err("unknown");
        assert!(error.contains("bx24Delay"), "{error}");
    }

    #[test]
    fn a_language_is_a_code_and_nothing_that_could_leave_a_query() {
        let language = |code: &str| Faults::default().patched(&json!({ "language": code }));
        assert_eq!(language("pt-br").expect("valid").language, "pt-br");
        for code in ["", "RU", "en&x=1", "-"] {
            let error = language(code).expect_err("no code");
            assert!(error.contains("a code like en"), "{error}");
        }
    }

    #[test]
    fn a_counted_rest_fault_wears_out() {
        let mut faults = Faults::default()
            .patched(&json!({"rest": {"profile": {"status": 503, "times": 1}}}))
            .expect("valid");
        assert!(faults.take_rest("profile").is_some());
        assert!(faults.take_rest("profile").is_none());
        assert!(faults.take_rest("user.current").is_none());
    }

    #[test]
    fn several_faults_of_a_method_are_taken_in_their_order() {
        let faults = json!({"rest": {"profile": [{"status": 503, "times": 1}, {"status": 502}]}});
        let mut faults = Faults::default().patched(&faults).expect("valid");
        let mut status = || faults.take_rest("profile").and_then(|it| it.status);
        assert_eq!(
            [status(), status(), status()],
            [Some(503), Some(502), Some(502)]
        );
        let error = Faults::default().patched(&json!({"rest": {"profile": [{"state": 503}]}}));
        assert!(error.expect_err("unknown").contains("state"));
    }
}
