//! The OAuth server: a refresh token for a pair of new ones.

use serde_json::Value;

use super::{Rest, RestError, error};
use crate::{secret::Secret, store::Tokens};

/// The app as the OAuth server knows it.
#[derive(Debug, Clone)]
pub struct Application {
    /// The OAuth server's origin.
    pub server: String,
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: Secret,
}

/// What the OAuth server grants. It is the authority on which portal a token belongs to.
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
    /// The new tokens.
    pub tokens: Tokens,
}

impl Rest {
    /// Exchanges a refresh token.
    ///
    /// # Errors
    /// When the OAuth server refuses or does not answer, or the app is not known.
    pub async fn exchange(&self, refresh: &Secret) -> Result<Grant, RestError> {
        const METHOD: &str = "oauth.token";
        let application = self.application.as_ref().ok_or(RestError::NoApplication)?;
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", &application.client_id),
            ("client_secret", application.client_secret.reveal()),
            ("refresh_token", refresh.reveal()),
        ];
        let body =
            serde_urlencoded::to_string(fields).map_err(|_| RestError::Malformed { status: 0 })?;
        let url = format!("{}/oauth/token/", application.server);
        self.retry
            .run(|| async {
                let answer = self.transport.post_form(&url, body.clone()).await;
                let answer =
                    answer.and_then(|(status, json)| read(status, &json, self.store.clock.now()));
                self.metrics.rest_call(METHOD, error::outcome(&answer));
                answer
            })
            .await
    }
}

fn read(status: u16, json: &Value, now: i64) -> Result<Grant, RestError> {
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    if let Some(code) = text("error") {
        return Err(RestError::refused(code, status));
    }
    // Numbers come as strings on some paths.
    let number = |name: &str| {
        let value = json.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let needed = |name: &str| text(name).filter(|it| !it.is_empty());
    let grant = || {
        Some(Grant {
            member_id: needed("member_id")?.to_owned(),
            user_id: number("user_id").unwrap_or_default(),
            scope: text("scope").unwrap_or_default().to_owned(),
            client_endpoint: needed("client_endpoint")?.to_owned(),
            tokens: Tokens {
                access: Secret::new(needed("access_token")?),
                refresh: Secret::new(needed("refresh_token")?),
                expires_at: now + number("expires_in").unwrap_or(3600).clamp(0, 86_400),
            },
        })
    };
    grant().ok_or(RestError::Malformed { status })
}
