//! A click in the portal's mobile app: no browser is there to dial. The PBX is asked to, by a hook
//! of the integrator's; without one, or when it refuses, the call is finished with the reason.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use reqwest::{Client, redirect::Policy};
use serde_json::json;
use sha2::Sha256;
use tracing::{info, warn};

use super::{Backend, calls::CallRequest, signal::SIGNAL_SECONDS};
use crate::{
    origin::Origin, rest::RestError, secret::Secret, start_error::StartError, store::OpenCall,
};

/// How long the PBX may think.
const PATIENCE: Duration = Duration::from_secs(10);

/// What signs the hook's body.
const SIGNATURE: &str = "x-b24-host-signature";

/// Where calls asked for on the road go.
#[derive(Clone)]
pub struct MobileHook {
    url: String,
    secret: Secret,
    client: Client,
}

impl MobileHook {
    /// Checks the hook's address.
    ///
    /// # Errors
    /// When it is none, or not reached over https.
    pub fn new(url: &str, secret: Option<Secret>, loopback: bool) -> Result<Self, StartError> {
        let example = "give one like https://pbx.example.com/b24/dial";
        let origin = Origin::of_url(url).ok().filter(|_| url.starts_with("http"));
        let Some(origin) = origin else {
            return Err(StartError::new("--mobile-hook is not an address", example));
        };
        if origin.is_plain() && !loopback {
            return Err(StartError::new(
                "--mobile-hook is not reached over https, and telephone numbers go there",
                example,
            ));
        }
        let secret = secret.ok_or_else(|| {
            StartError::new(
                "--mobile-hook needs the app's secret, which signs what is sent there",
                "give --client-id and its secret",
            )
        })?;
        // Set up already where portals are called.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|_| StartError::new("TLS cannot be set up", "install ca-certificates"))?;
        Ok(Self {
            url: url.to_owned(),
            secret,
            client,
        })
    }

    // The client's own errors quote the address; they are dropped.
    async fn ask(&self, body: String) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.reveal().as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(body.as_bytes());
        let signature = BASE64.encode(mac.finalize().into_bytes());
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "application/json")
            .header(SIGNATURE, signature)
            .body(body);
        let answer = request.send().await;
        answer.is_ok_and(|it| it.status().is_success())
    }
}

impl Backend {
    /// Hands a call that was asked for on the road to the PBX, or finishes it.
    pub(super) async fn hand_to_pbx(
        &self,
        member_id: &str,
        call_id: &str,
        user_id: i64,
        call: &CallRequest,
    ) -> Result<(), RestError> {
        if let Some(hook) = &self.options.mobile_hook {
            let body = json!({
                "portal": member_id,
                "callId": call_id,
                "userId": user_id,
                "phoneNumber": call.number(),
                "extension": call.get("EXTENSION"),
                "lineNumber": call.get("LINE_NUMBER"),
                "crmEntityType": call.get("CRM_ENTITY_TYPE"),
                "crmEntityId": call.get("CRM_ENTITY_ID"),
                "expires": call.at + SIGNAL_SECONDS,
            });
            if hook.ask(body.to_string()).await {
                self.metrics.event("mobile_call_handed_over");
                info!(
                    member = member_id,
                    "a call from the mobile app was handed to the PBX"
                );
                return Ok(());
            }
            warn!(
                member = member_id,
                "the PBX does not take a call from the mobile app: see --mobile-hook"
            );
        }
        self.metrics.event("mobile_call_refused");
        let reason = "calls from the mobile app are not set up: call from a browser";
        self.finish_unanswered(member_id, call_id, user_id, reason)
            .await
    }

    /// Ends a call that could not be announced in time: one of the mobile app, whose card no worker
    /// closes, is finished; a callback is asked for all the same.
    pub(super) async fn end_missed_call(&self, missed: &OpenCall) -> Result<(), RestError> {
        const TURN: &str = "missed call";
        let (member, key) = (missed.member_id.as_str(), missed.key.as_str());
        let Ok(mut call) = serde_json::from_str::<CallRequest>(missed.payload.reveal()) else {
            return Ok(self.store.settle_call(member, key).await?);
        };
        let matters = call.callback || call.is_mobile();
        let interval = self.options.error_interval;
        if matters && !self.store.take_turn(member, TURN, interval).await? {
            return Ok(());
        }
        if call.callback {
            // Who has asked to be called waits for longer than who has clicked.
            call.at = self.store.clock.now();
            self.call_back(member, key, &call).await?;
        } else if matters {
            let user = call.get("USER_ID").parse().unwrap_or_default();
            let reason = "the call could not be made in time";
            self.finish_unanswered(member, key, user, reason).await?;
        }
        Ok(self.store.settle_call(member, key).await?)
    }
}
