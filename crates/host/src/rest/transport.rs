//! Requests over HTTP: redirects told and not followed, bounded answers, no way into this
//! machine's network.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Certificate, Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, LOCATION, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;

use super::{REQUEST_PATIENCE, RestError, address::is_this_machine, log::Attempt};
use crate::{certificate::refused_certificate, start_error::StartError};

/// The largest answer read.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// How long a connection may take to come about.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// A pool of connections.
#[derive(Clone)]
pub struct Transport(Client);

/// What a portal or an OAuth server answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: Value,
    /// How long it asks to be left alone.
    pub(super) wait: Option<Duration>,
}

impl Transport {
    /// Makes one; `loopback` lets it reach this machine. The certificates, in PEM, are trusted
    /// beside those of the machine: for portals whose authority is their company's own.
    ///
    /// # Errors
    /// When TLS cannot be set up, e.g. without any root certificate.
    pub fn new(loopback: bool, authorities: Option<&[u8]>) -> Result<Self, StartError> {
        // Fails only when another part of the process has chosen already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .timeout(REQUEST_PATIENCE)
            .connect_timeout(CONNECT_PATIENCE)
            .dns_resolver(Arc::new(Resolver { loopback }))
            .user_agent(concat!("b24-host/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = authorities {
            let found = Certificate::from_pem_bundle(pem).unwrap_or_default();
            if found.is_empty() {
                return Err(StartError::new(
                    "--ca-file has no certificate in PEM",
                    "give the file with the certificate of the authority, which begins with \
                     -----BEGIN CERTIFICATE-----",
                ));
            }
            builder = builder.tls_certs_merge(found);
        }
        builder.build().map(Self).map_err(|_| {
            StartError::new(
                "TLS cannot be set up",
                "install the root certificates (package ca-certificates), and check --ca-file",
            )
        })
    }

    /// Posts JSON.
    pub(super) async fn post_json(&self, url: &str, body: String) -> Result<Answer, RestError> {
        self.post(url, "application/json", body).await
    }

    /// Posts a form.
    pub(super) async fn post_form(&self, url: &str, body: String) -> Result<Answer, RestError> {
        self.post(url, "application/x-www-form-urlencoded", body)
            .await
    }

    async fn post(&self, url: &str, kind: &str, body: String) -> Result<Answer, RestError> {
        let attempt = Attempt::new(url, &body);
        let answer = self.send(url, kind, body).await;
        let told = answer.as_ref().ok();
        attempt.end(told.map(|it| it.status), told.map(|it| &it.json));
        answer
    }

    // The client's own errors quote URLs; they are dropped, not passed on.
    async fn send(&self, url: &str, kind: &str, body: String) -> Result<Answer, RestError> {
        let request = self.0.post(url).header(CONTENT_TYPE, kind).body(body);
        let mut response = request.send().await.map_err(|error| why(&error))?;
        let status = response.status().as_u16();
        let wait = header(&response, RETRY_AFTER.as_str())
            .and_then(|it| it.trim().parse().ok())
            .map(Duration::from_secs);
        if response.status().is_redirection() {
            let to = header(&response, LOCATION.as_str()).unwrap_or_default();
            return Err(RestError::Redirected(to.into()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| RestError::Unreachable)? {
            if bytes.len() + chunk.len() > ANSWER_LIMIT {
                return Err(RestError::Malformed { status, wait });
            }
            bytes.extend_from_slice(&chunk);
        }
        let json =
            serde_json::from_slice(&bytes).map_err(|_| RestError::Malformed { status, wait })?;
        Ok(Answer { status, json, wait })
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn why(error: &reqwest::Error) -> RestError {
    match refused_certificate(error) {
        Some(_) => RestError::Certificate,
        None => RestError::Unreachable,
    }
}

/// Resolves names, and drops addresses that a portal's name has no business leading to.
struct Resolver {
    loopback: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let host = name.as_str();
            // Not every machine's resolver knows that *.localhost is itself.
            if loopback && is_this_machine(host) {
                let own: Addrs = Box::new([SocketAddr::from(([127, 0, 0, 1], 0))].into_iter());
                return Ok(own);
            }
            let found: Vec<_> = tokio::net::lookup_host((host, 0))
                .await?
                .filter(|address| loopback || !is_own(address.ip()))
                .collect();
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

fn is_own(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_own(v4.into()),
            None => v6.is_loopback() || v6.is_unspecified() || v6.is_unicast_link_local(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Poll};

    use super::*;

    #[test]
    fn names_may_not_lead_into_this_machine() {
        for text in [
            "127.0.0.1",
            "0.0.0.0",
            "169.254.169.254",
            "::1",
            "::ffff:127.0.0.1",
            "fe80::1",
        ] {
            assert!(text.parse().is_ok_and(is_own), "{text}");
        }
        for text in ["10.0.0.5", "93.184.216.34", "2606:2800::1"] {
            assert!(text.parse().is_ok_and(|it| !is_own(it)), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_into_this_machine_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("there is a free port");
        let port = listener.local_addr().map_or(0, |it| it.port());
        let url = format!("http://localhost:{port}/rest/profile.json");
        let ask = async |loopback| {
            let transport = Transport::new(loopback, None).expect("there are root certificates");
            transport.post_json(&url, "{}".to_owned()).await.err()
        };
        let refused = ask(false).await;
        assert!(matches!(refused, Some(RestError::Unreachable)));
        let nobody = poll_fn(|context| Poll::Ready(listener.poll_accept(context).is_pending()));
        assert!(nobody.await, "somebody has connected");
        // In development it is.
        tokio::select! {
            _ = ask(true) => panic!("nobody answers there"),
            taken = listener.accept() => assert!(taken.is_ok()),
        }
    }
}
