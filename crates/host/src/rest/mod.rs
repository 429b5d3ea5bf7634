//! Calling portals: tokens kept fresh, limits obeyed, only allowed hosts called.

mod address;
mod advice;
mod bucket;
mod clock;
mod error;
pub mod log;
mod oauth;
mod redirect;
mod refresh;
mod retry;
mod transport;

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::{Map, Value};
use tokio::sync::Mutex;

pub use address::{Address, Allowed};
pub use advice::{Advice, advice};
use bucket::{Buckets, Urgency};
pub use error::RestError;
pub use oauth::{Application, Grant, LOST_EXCHANGE, TokenInfo};
pub use retry::Retry;
pub use transport::Transport;

use crate::{
    metrics::Metrics,
    origin::Origin,
    secret::Secret,
    store::{Portal, Store},
};

/// A client for all portals of the store. A clone is the same client.
#[derive(Clone)]
pub struct Rest {
    store: Store,
    transport: Transport,
    allowed: Allowed,
    application: Option<Application>,
    retry: Retry,
    buckets: Arc<Buckets>,
    metrics: Arc<Metrics>,
    /// One refresh at a time for a portal: the lock within this process, a lease between replicas.
    refreshing: Arc<Mutex<HashMap<String, Arc<Mutex<()>>>>>,
    holder: String,
    clocks: clock::Clocks,
}

impl Rest {
    /// Puts a client together.
    #[must_use]
    pub fn new(
        store: Store,
        transport: Transport,
        allowed: Allowed,
        application: Option<Application>,
        retry: Retry,
        metrics: Arc<Metrics>,
        holder: String,
    ) -> Self {
        Self {
            store,
            transport,
            allowed,
            application,
            buckets: Arc::new(Buckets::new(retry.per_second)),
            retry,
            metrics,
            refreshing: Arc::default(),
            holder,
            clocks: clock::clocks(),
        }
    }

    /// The app's secret, where the host knows it.
    #[must_use]
    pub fn client_secret(&self) -> Option<&Secret> {
        self.application.as_ref().map(|it| &it.client_secret)
    }

    /// Replaces the portals that may be called.
    pub fn allow(&mut self, portals: Vec<Origin>, loopback: bool) {
        self.allowed = Allowed::new(portals, loopback);
    }

    /// The address of a portal that may be called.
    ///
    /// # Errors
    /// When it may not.
    pub fn address(&self, https: bool, domain: &str) -> Result<Address, RestError> {
        self.allowed
            .address(https, domain)
            .map_err(RestError::NotAllowed)
    }

    /// Calls a method with the token of the portal's administrator, which is refreshed when
    /// the portal says that it has expired.
    ///
    /// # Errors
    /// When the portal refuses, or does not answer for all attempts.
    pub async fn call(
        &self,
        member_id: &str,
        method: &'static str,
        parameters: Value,
    ) -> Result<Value, RestError> {
        let mut portal = self.portal(member_id).await?;
        // A portal that gives no tokens any more is not asked at each click.
        if portal.lost.is_some() && portal.tokens.expires_at <= self.store.clock.now() {
            portal = self.refresh(&portal).await?;
        }
        for fresh in [false, true] {
            let address = self.address_of(&portal)?;
            let token = &portal.tokens.access;
            let answer = self.call_with(&address, token, method, &parameters).await;
            match answer {
                Err(error) if error.is_stale_token() && !fresh => {
                    portal = self.refresh(&portal).await?;
                }
                other => return other,
            }
        }
        Err(RestError::refused("expired_token", 401))
    }

    /// Calls a method with somebody's own token, which is not refreshed. A portal that was
    /// renamed sends its old name's callers to the new one, once.
    ///
    /// # Errors
    /// When the portal refuses, or does not answer for all attempts.
    pub async fn call_with(
        &self,
        address: &Address,
        token: &Secret,
        method: &'static str,
        parameters: &Value,
    ) -> Result<Value, RestError> {
        let mut body = match parameters {
            Value::Object(fields) => fields.clone(),
            _ => Map::new(),
        };
        // In the body, for addresses end up in logs.
        body.insert("auth".to_owned(), Value::String(token.reveal().to_owned()));
        let body = Value::Object(body).to_string();
        match self.post(address, method, &body).await {
            Err(RestError::Redirected(to)) => {
                let renamed = self.new_name(address, method, &to)?;
                let answer = self.post(&renamed, method, &body).await?;
                self.learn_name(address, &renamed, token).await?;
                Ok(answer)
            }
            other => other,
        }
    }

    async fn post(
        &self,
        address: &Address,
        method: &'static str,
        body: &str,
    ) -> Result<Value, RestError> {
        let url = address.method(method);
        let urgency = Urgency::of(method);
        self.retry
            .run(|| async {
                self.buckets.take(address.domain(), urgency).await?;
                let answer = self.transport.post_json(&url, body.to_owned()).await;
                if let Ok(answer) = &answer {
                    self.learn_time(address, &answer.json);
                }
                let answer = answer.and_then(error::result_of);
                self.metrics.rest_call(method, error::outcome(&answer));
                answer
            })
            .await
    }

    /// The address of a portal in the store.
    ///
    /// # Errors
    /// When the options have changed, so that it may no longer be called.
    pub fn address_of(&self, portal: &Portal) -> Result<Address, RestError> {
        self.address(
            portal.client_endpoint.starts_with("https://"),
            &portal.domain,
        )
    }

    async fn portal(&self, member_id: &str) -> Result<Portal, RestError> {
        self.store
            .portal(member_id)
            .await?
            .ok_or(RestError::NotInstalled)
    }
}

/// How long one request may take. The portal itself gives up after a minute.
pub const REQUEST_PATIENCE: Duration = Duration::from_secs(30);
