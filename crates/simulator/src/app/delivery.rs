//! Posts from the portal to the app's backend: in the background, once, with the outcome in
//! the log.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::LazyLock,
    time::Duration,
};

use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    header::CONTENT_TYPE,
    redirect::Policy,
};

/// A backend that has not answered by then has not got it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A form: names and values in their order.
pub(crate) type Form = Vec<(String, String)>;

static CLIENT: LazyLock<Option<Client>> = LazyLock::new(|| {
    // Fails only when another part of the process has chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .redirect(Policy::none())
        .timeout(PATIENCE)
        .dns_resolver(LocalNames)
        .user_agent("Bitrix24 Webhook Engine (simulator)");
    client.build().ok()
});

/// Posts a form; the status of the answer.
///
/// # Errors
/// Says in words why there is none. The client's own errors quote addresses.
pub(crate) async fn post(url: &str, form: &Form) -> Result<u16, String> {
    let client = CLIENT
        .as_ref()
        .ok_or("TLS cannot be set up: install the root certificates")?;
    let body = serde_urlencoded::to_string(form).map_err(|e| e.to_string())?;
    let request = client
        .post(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    match request.send().await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) if error.is_timeout() => Err("no answer in time".into()),
        Err(error) if error.is_connect() => Err("nobody listens there".into()),
        Err(_) => Err("not sent".into()),
    }
}

/// Names under `.localhost` are this machine to browsers, and not to every resolver.
struct LocalNames;

impl Resolve for LocalNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = if name.as_str().ends_with(".localhost") {
                vec![(Ipv4Addr::LOCALHOST, 0).into()]
            } else {
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect()
            };
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
