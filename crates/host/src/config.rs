//! The configuration the page reads, made of the command line and the manifest.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    cli::{Cli, Transport},
    dist::Dist,
    lines::lines,
    option_types,
    origin::Origin,
    start_error::StartError,
    web::service_worker,
};

/// The name that stands for no softphone.
const NO_ADAPTER: &str = "none";

/// What the page is told. The fields are a contract with `www/boot.js`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageConfig {
    bx24: String,
    /// What speaks to the portal in place of BX24.js.
    #[serde(skip_serializing_if = "Option::is_none")]
    direct: Option<String>,
    boot: String,
    glue: String,
    wasm: String,
    hub: Hub,
    /// None for a worker without a softphone.
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter: Option<Adapter>,
    worker: Worker,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorder: Option<Recorder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Account>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callbacks: Option<String>,
    diagnostics: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_worker: Option<&'static str>,
    texts: String,
    version: &'static str,
}

/// What lives once per browser.
#[derive(Debug, Clone, Serialize)]
struct Hub {
    script: String,
    wasm: String,
    /// A hub gives way to one of a higher version.
    version: u64,
}

#[derive(Debug, Clone, Serialize)]
struct Adapter {
    module: String,
    /// What of it runs in the hub, and what then runs in a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    signalling: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<String>,
    options: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize)]
struct Worker {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<String>,
    #[serde(flatten)]
    options: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize)]
struct Recorder {
    module: String,
    options: Map<String, Value>,
}

/// Each operator's own account.
#[derive(Debug, Clone, Serialize)]
struct Account {
    module: String,
    /// The adapter's options are those of the SIP adapters.
    sip: bool,
    /// The host has a TURN server.
    turn: bool,
}

impl PageConfig {
    /// Puts the configuration together.
    ///
    /// # Errors
    /// When an option is malformed or names what `dist/` does not have.
    pub fn new(cli: &Cli, dist: &Dist) -> Result<Self, StartError> {
        check_script_url("--bx24-js", &cli.bx24_js)?;
        Ok(Self {
            bx24: cli.bx24_js.clone(),
            direct: match cli.transport {
                Transport::Direct => Some(dist.url("direct.js")?),
                Transport::Bx24 => None,
            },
            boot: dist.url("boot.js")?,
            glue: dist.url("worker.js")?,
            wasm: dist.url("worker_bg.wasm")?,
            hub: Hub {
                script: dist.url("hub.js")?,
                wasm: dist.url("hub_bg.wasm")?,
                version: dist.made,
            },
            adapter: adapter(cli, dist)?,
            worker: Worker {
                lines: lines(cli)?.into_iter().map(|it| it.number).collect(),
                options: worker_options(&cli.worker_options, dist)?,
            },
            recorder: recorder(cli, dist)?,
            account: account(cli, dist)?,
            // Only portals that have installed the app ask for callbacks.
            callbacks: match cli.backend.client_id {
                Some(_) => Some(dist.url("callbacks.js")?),
                None => None,
            },
            diagnostics: dist.url("diagnostics.js")?,
            service_worker: (!cli.no_service_worker).then_some(service_worker::PATH),
            texts: dist.url("texts.js")?,
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    /// The configuration as JSON that can stand in a `<script>` element and in JavaScript.
    ///
    /// # Errors
    /// When it cannot be serialised.
    pub fn to_script_json(&self) -> Result<String, StartError> {
        let json = serde_json::to_string(self).map_err(|error| {
            StartError::new(
                format!("the page's configuration cannot be written: {error}"),
                "simplify --adapter-options",
            )
        })?;
        // These occur inside JSON strings only, where an escape means the same.
        Ok(json
            .replace('<', "\\u003c")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029"))
    }

    /// What of the adapter's options a self-test goes by, as JSON: nothing that the page does not
    /// carry already.
    #[must_use]
    pub fn given(&self) -> String {
        let wanted = |name: &str| ["server", "iceServers"].contains(&name);
        let options = self.adapter.iter().flat_map(|adapter| &adapter.options);
        let given: Map<String, Value> = options
            .filter(|(name, _)| wanted(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Value::Object(given).to_string()
    }

    /// Where scripts come from besides this host.
    #[must_use]
    pub fn script_origins(&self) -> Vec<Origin> {
        distinct(
            [&self.bx24]
                .into_iter()
                .chain(self.adapter.as_ref().map(|adapter| &adapter.module))
                .filter_map(|url| Origin::of_url(url).ok()),
        )
    }

    /// Whether the softphone's server is each operator's own.
    #[must_use]
    pub fn has_accounts(&self) -> bool {
        self.account.is_some()
    }

    /// Where the adapter's options and BX24.js lead without TLS.
    #[must_use]
    pub fn plain_origins(&self) -> Vec<Origin> {
        let mut urls = vec![self.bx24.as_str()];
        if let Some(adapter) = &self.adapter {
            urls.push(&adapter.module);
            for value in adapter.options.values() {
                collect_texts(value, &mut urls);
            }
        }
        distinct(
            urls.into_iter()
                .filter_map(|url| Origin::of_url(url).ok())
                .filter(Origin::is_plain),
        )
    }
}

fn distinct(origins: impl Iterator<Item = Origin>) -> Vec<Origin> {
    let mut seen = Vec::new();
    for origin in origins {
        if !seen.contains(&origin) {
            seen.push(origin);
        }
    }
    seen
}

fn collect_texts<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, into)),
        Value::Object(fields) => fields.values().for_each(|item| collect_texts(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn check_script_url(option: &str, url: &str) -> Result<(), StartError> {
    let problem = match Origin::of_url(url) {
        Err(problem) => problem,
        Ok(_) if !url.starts_with("http") => "a script is loaded over https or http",
        Ok(_) => return Ok(()),
    };
    let cause = format!("{option} is not the URL of a script ({problem})");
    Err(StartError::new(
        cause,
        "give one like https://example.com/script.js",
    ))
}

fn adapter(cli: &Cli, dist: &Dist) -> Result<Option<Adapter>, StartError> {
    if cli.adapter == NO_ADAPTER {
        return Ok(None);
    }
    let signalling = dist.url(&format!("signalling/{}.js", cli.adapter)).ok();
    Ok(Some(Adapter {
        module: adapter_module(&cli.adapter, dist)?,
        signalling: signalling.clone(),
        media: signalling.and_then(|_| dist.url("media.js").ok()),
        options: adapter_options(cli, dist)?,
    }))
}

fn adapter_module(adapter: &str, dist: &Dist) -> Result<String, StartError> {
    if adapter.contains("://") {
        check_script_url("--adapter", adapter)?;
        return Ok(adapter.to_owned());
    }
    let known: Vec<&str> = dist.adapters().collect();
    if known.contains(&adapter) {
        return dist.url(&format!("adapters/{adapter}.js"));
    }
    let cause = format!("--adapter {adapter:?} is not in dist/manifest.json");
    let cure = if known.is_empty() {
        "it lists none: put yours into www/adapters/ and run ./build.sh".to_owned()
    } else {
        format!(
            "take one of {}, give an absolute URL, or put yours into www/adapters/ and run ./build.sh",
            known.join(", ")
        )
    };
    Err(StartError::new(cause, cure))
}

fn recorder(cli: &Cli, dist: &Dist) -> Result<Option<Recorder>, StartError> {
    const OPTION: &str = "--record-options";
    let options = object(OPTION, &cli.record_options, r#"{"toneSeconds":15}"#)?;
    option_types::check(OPTION, &options, &dist.options.recorder)?;
    if !cli.record {
        return if options.is_empty() {
            Ok(None)
        } else {
            Err(StartError::new(
                "there are --record-options, and nothing is recorded",
                "add --record, or leave them out",
            ))
        };
    }
    let module = dist.url("recorder.js")?;
    Ok(Some(Recorder { module, options }))
}

fn account(cli: &Cli, dist: &Dist) -> Result<Option<Account>, StartError> {
    if !cli.accounts {
        return Ok(None);
    }
    if cli.adapter == NO_ADAPTER {
        return Err(StartError::new(
            "--accounts are for softphones, and --adapter none has none",
            "give an adapter, or leave --accounts out",
        ));
    }
    if cli.backend.client_id.is_none() {
        return Err(StartError::new(
            "--accounts needs --client-id: accounts are kept for portals that have installed the app",
            "give the app's client_id, or leave --accounts out",
        ));
    }
    let module = dist.url("account.js")?;
    let sip = matches!(cli.adapter.as_str(), "jssip" | "sipjs");
    let turn = !cli.turn.servers.is_empty();
    Ok(Some(Account { module, sip, turn }))
}

// Neither the text nor the parser's quotation of it is shown: options may hold what is private.
fn object(option: &str, text: &str, example: &str) -> Result<Map<String, Value>, StartError> {
    let cure = format!("give an object like {example}");
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(options)) => Ok(options),
        Ok(_) => Err(StartError::new(
            format!("{option} is not a JSON object"),
            cure,
        )),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let cause = format!("{option} is not JSON, see line {line} column {column} of it");
            Err(StartError::new(cause, cure))
        }
    }
}

// An adapter of the integrator's without typings takes whatever it is given.
fn adapter_options(cli: &Cli, dist: &Dist) -> Result<Map<String, Value>, StartError> {
    const OPTION: &str = "--adapter-options";
    let example = r#"{"server":"wss://sip.example.com"}"#;
    let options = object(OPTION, &cli.adapter_options, example)?;
    if let Some(known) = dist.options.adapters.get(&cli.adapter) {
        option_types::check(OPTION, &options, known)?;
    }
    Ok(options)
}

fn worker_options(text: &str, dist: &Dist) -> Result<Map<String, Value>, StartError> {
    let options = object("--worker-options", text, r#"{"transfer":"blind"}"#)?;
    // These the page sets itself.
    for reserved in ["lines", "softphone", "report"] {
        if options.contains_key(reserved) {
            return Err(StartError::new(
                format!("--worker-options has {reserved:?}"),
                match reserved {
                    "lines" => "give lines with --line",
                    _ => "leave it out: the page sets it",
                },
            ));
        }
    }
    option_types::check("--worker-options", &options, &dist.options.worker)?;
    Ok(options)
}
