//! The OAuth servers: a refresh token for a pair of new ones, and which app a token speaks for.
//!
//! Bitrix24 has one server for each region of the world. Which one a portal has is said by what
//! the portal sends and by each grant; only servers of the list are ever asked.

use serde_json::Value;
use tracing::warn;

use super::{Rest, RestError, error};
use crate::{origin::Origin, secret::Secret, store::Tokens};

/// The app as the OAuth servers know it.
#[derive(Debug, Clone)]
pub struct Application {
    /// The OAuth servers that may be asked.
    pub servers: Vec<Origin>,
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: Secret,
}

/// What an OAuth server grants. It is the authority on which portal a token belongs to.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The portal.
    pub member_id: String,
    /// The user the tokens speak for; 0 when it was not said.
    pub user_id: i64,
    /// The app's scopes on the portal.
    pub scope: String,
    /// The portal's REST address.
    pub client_endpoint: String,
    /// The OAuth server that renews the new tokens.
    pub server: String,
    /// The new tokens.
    pub tokens: Tokens,
}

/// What an OAuth server knows of an access token of this app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// The portal.
    pub member_id: String,
    /// Whether the app's installation there is finished.
    pub installed: bool,
    /// How many seconds the token goes on, when it was said.
    pub expires_in: Option<i64>,
}

/// The zones whose portals are the eastern server's, for posts of portals too old to name theirs.
const EAST: [&str; 4] = [".ru", ".by", ".kz", ".uz"];

/// The code of an exchange whose answer did not arrive: the refresh token may be spent.
pub const LOST_EXCHANGE: &str = "lost_exchange";

impl Application {
    /// The server that an endpoint names, if it is one of the list.
    #[must_use]
    pub fn server(&self, endpoint: &str) -> Option<&Origin> {
        let named = Origin::of_url(endpoint).ok()?;
        self.servers.iter().find(|it| **it == named)
    }

    /// The servers to ask, likeliest first: the named one alone, where it is on the list.
    fn order(&self, endpoint: &str, domain: &str) -> Vec<&Origin> {
        if let Some(server) = self.server(endpoint) {
            return vec![server];
        }
        let host = domain.split(':').next().unwrap_or_default();
        let eastern = EAST.iter().any(|zone| host.ends_with(zone));
        let mut servers: Vec<_> = self.servers.iter().collect();
        servers.sort_by_key(|it| it.host().ends_with(".tech") != eastern);
        servers
    }
}

impl Rest {
    /// Exchanges a refresh token at the server that the endpoint names; where it names none, at
    /// the one that is likely to know the portal, then at the others.
    ///
    /// # Errors
    /// When the OAuth server refuses or does not answer, or the app is not known. The code is
    /// [`LOST_EXCHANGE`] when the token was refused after an attempt without an answer.
    pub async fn exchange(
        &self,
        endpoint: &str,
        domain: &str,
        refresh: &Secret,
    ) -> Result<Grant, RestError> {
        let application = self.application()?;
        let mut last = RestError::NoApplication;
        for server in application.order(endpoint, domain) {
            match self.exchange_at(application, server, refresh).await {
                Err(error) if !error.is_passing() && error.code() != Some(LOST_EXCHANGE) => {
                    last = error;
                }
                other => return other,
            }
        }
        Err(last)
    }

    async fn exchange_at(
        &self,
        application: &Application,
        server: &Origin,
        refresh: &Secret,
    ) -> Result<Grant, RestError> {
        const METHOD: &str = "oauth.token";
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", &application.client_id),
            ("client_secret", application.client_secret.reveal()),
            ("refresh_token", refresh.reveal()),
        ];
        let body = form(&fields)?;
        let url = format!("{server}/oauth/token/");
        let unanswered = std::sync::atomic::AtomicBool::new(false);
        let granted = self
            .retry
            .run(|| async {
                let answer = self.transport.post_form(&url, body.clone()).await;
                let answer = answer.and_then(|answer| {
                    let now = self.store.clock.now();
                    grant(application, server, answer.status, &answer.json, now)
                });
                self.metrics.rest_call(METHOD, error::outcome(&answer));
                if matches!(answer, Err(RestError::Unreachable)) {
                    unanswered.store(true, std::sync::atomic::Ordering::Relaxed);
                }
                answer
            })
            .await;
        match granted {
            Err(error) if error.code() == Some("invalid_grant") && unanswered.into_inner() => {
                Err(RestError::refused(LOST_EXCHANGE, 400))
            }
            other => other,
        }
    }

    /// What the OAuth server knows of an access token. A token of another app is an error: any
    /// app of a portal passes the portal's own `profile`.
    ///
    /// # Errors
    /// When it is another app's or nobody's, or the OAuth server does not answer.
    pub async fn token_info(
        &self,
        endpoint: &str,
        domain: &str,
        token: &Secret,
    ) -> Result<TokenInfo, RestError> {
        let application = self.application()?;
        let mut last = RestError::NoApplication;
        for server in application.order(endpoint, domain) {
            match self.token_info_at(application, server, token).await {
                Err(error) if error.is_nobodys() => last = error,
                other => return other,
            }
        }
        Err(last)
    }

    async fn token_info_at(
        &self,
        application: &Application,
        server: &Origin,
        token: &Secret,
    ) -> Result<TokenInfo, RestError> {
        const METHOD: &str = "app.info";
        // In the body, for addresses end up in logs.
        let body = form(&[("auth", token.reveal())])?;
        let url = format!("{server}/rest/app.info");
        self.retry
            .run(|| async {
                let answer = self.transport.post_form(&url, body.clone()).await;
                let answer = answer
                    .and_then(error::result_of)
                    .and_then(|json| info(application, &json));
                self.metrics.rest_call(METHOD, error::outcome(&answer));
                answer
            })
            .await
    }

    fn application(&self) -> Result<&Application, RestError> {
        self.application.as_ref().ok_or(RestError::NoApplication)
    }
}

fn form(fields: &[(&str, &str)]) -> Result<String, RestError> {
    serde_urlencoded::to_string(fields).map_err(|_| RestError::malformed(0))
}

fn info(application: &Application, result: &Value) -> Result<TokenInfo, RestError> {
    let malformed = || RestError::malformed(200);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let client_id = result.get("client_id").and_then(text);
    if client_id.ok_or_else(malformed)? != application.client_id {
        return Err(RestError::AnotherApp);
    }
    let install = result.get("install").ok_or_else(malformed)?;
    let installed = install.get("installed").is_some_and(|it| {
        it.as_bool().unwrap_or_else(|| {
            it.as_i64() == Some(1) || matches!(it.as_str(), Some("1" | "Y" | "true"))
        })
    });
    Ok(TokenInfo {
        member_id: install
            .get("member_id")
            .and_then(text)
            .ok_or_else(malformed)?,
        installed,
        expires_in: result.get("expires_in").and_then(number),
    })
}

fn grant(
    application: &Application,
    server: &Origin,
    status: u16,
    json: &Value,
    now: i64,
) -> Result<Grant, RestError> {
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    if let Some(code) = text("error") {
        return Err(RestError::refused(code, status));
    }
    let needed = |name: &str| text(name).filter(|it| !it.is_empty());
    let named = text("server_endpoint").unwrap_or_default();
    let next = application.server(named);
    if next.is_none() && !named.is_empty() {
        warn!("a grant names an OAuth server that --oauth-server does not");
    }
    let grant = || {
        Some(Grant {
            member_id: needed("member_id")?.to_owned(),
            user_id: json.get("user_id").and_then(number).unwrap_or_default(),
            scope: text("scope").unwrap_or_default().to_owned(),
            client_endpoint: needed("client_endpoint")?.to_owned(),
            server: next.unwrap_or(server).to_string(),
            tokens: Tokens {
                access: Secret::new(needed("access_token")?),
                refresh: Secret::new(needed("refresh_token")?),
                expires_at: now
                    + json
                        .get("expires_in")
                        .and_then(number)
                        .unwrap_or(3600)
                        .clamp(0, 86_400),
            },
        })
    };
    grant().ok_or(RestError::malformed(status))
}

// Numbers come as strings on some paths.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn application() -> Application {
        let servers = ["https://oauth.bitrix.info", "https://oauth.bitrix24.tech"];
        Application {
            servers: servers
                .iter()
                .filter_map(|it| Origin::of_url(it).ok())
                .collect(),
            client_id: "app.1".to_owned(),
            client_secret: Secret::new("s"),
        }
    }

    #[test]
    fn the_server_a_portal_names_is_asked_alone_and_only_if_it_is_on_the_list() {
        let app = application();
        let order = |endpoint: &str, domain: &str| -> Vec<String> {
            let servers = app.order(endpoint, domain);
            servers.iter().map(|it| it.host().to_owned()).collect()
        };
        assert_eq!(
            order("https://oauth.bitrix.info/rest/", "a.bitrix24.ru"),
            ["oauth.bitrix.info"]
        );
        assert_eq!(
            order("https://oauth.bitrix24.tech/rest/", "a.bitrix24.com"),
            ["oauth.bitrix24.tech"]
        );
        for stranger in ["", "https://evil.example/rest/", "oauth.bitrix.info"] {
            assert_eq!(order(stranger, "a.bitrix24.de")[0], "oauth.bitrix.info");
            assert_eq!(order(stranger, "a.bitrix24.ru")[0], "oauth.bitrix24.tech");
            assert_eq!(order(stranger, "a.bitrix24.ru").len(), 2);
        }
    }

    #[test]
    fn a_token_is_this_apps_only_when_the_server_says_its_client_id() {
        let app = application();
        let said = |client: &str| json!({ "client_id": client, "install": { "member_id": "m", "installed": true } });
        assert!(info(&app, &said("app.1")).is_ok_and(|it| it.member_id == "m" && it.installed));
        assert!(matches!(
            info(&app, &said("app.2")),
            Err(RestError::AnotherApp)
        ));
        for other in [json!({}), json!({ "CODE": "app.1", "INSTALLED": true })] {
            assert!(info(&app, &other).is_err_and(|it| !it.is_nobodys()));
        }
    }
}
