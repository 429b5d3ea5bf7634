//! The log of requests to portals and OAuth servers: what was asked, with which parameters' names,
//! how it ended. No value is in it, so neither a token nor a number.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Instant,
};

use serde_json::{Map, Value};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::fmt::MakeWriter;

use super::RestError;

/// The target of its events: they go into files of their own, whatever RUST_LOG says.
pub const TARGET: &str = "rest_calls";

/// Today's, and those of three whole days before: what Bitrix24's Market asks for.
const FILES: usize = 4;

/// The files, one a day, in the folder `rest-log` of the host's data, made when there is something
/// to write.
pub struct Files {
    folder: PathBuf,
    opened: OnceLock<Option<RollingFileAppender>>,
}

impl Files {
    /// Files in the host's data.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self {
            folder: data.join("rest-log"),
            opened: OnceLock::new(),
        }
    }

    fn open(&self) -> Option<RollingFileAppender> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let opened = builder.create(&self.folder).is_ok().then(|| {
            RollingFileAppender::builder()
                .rotation(Rotation::DAILY)
                .filename_suffix("jsonl")
                .max_log_files(FILES)
                .build(&self.folder)
        });
        let opened = opened.and_then(Result::ok);
        if opened.is_none() {
            // The log itself can't tell: this is called from within.
            let folder = self.folder.display();
            eprintln!("b24-host: REST calls are not logged: {folder} can't be written to");
        }
        opened
    }
}

impl<'a> MakeWriter<'a> for Files {
    type Writer = Box<dyn Write + 'a>;

    fn make_writer(&'a self) -> Self::Writer {
        match self.opened.get_or_init(|| self.open()) {
            Some(files) => Box::new(files.make_writer()),
            None => Box::new(io::sink()),
        }
    }
}

/// One request that is under way.
pub(super) struct Attempt<'a> {
    url: &'a str,
    parameters: String,
    started: Instant,
}

impl<'a> Attempt<'a> {
    /// Notes what is asked.
    pub(super) fn new(url: &'a str, body: &str) -> Self {
        Self {
            // The path is a method's name; nothing of ours stands in a query.
            url: url.split('?').next().unwrap_or_default(),
            parameters: names(body).join(","),
            started: Instant::now(),
        }
    }

    /// Notes how it ended.
    pub(super) fn end(self, status: Option<u16>, answer: Option<&Value>) {
        let code = answer
            .and_then(|it| it.get("error"))
            .and_then(Value::as_str);
        let refusal = code.map(|it| RestError::refused(it, 0));
        let ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            target: TARGET,
            url = self.url,
            parameters = self.parameters,
            status,
            code = refusal.as_ref().and_then(RestError::code),
            ms,
        );
    }
}

// JSON for portals, a form for OAuth servers.
fn names(body: &str) -> Vec<String> {
    let secret = |name: &String| name == "auth";
    let mut names: Vec<String> = match serde_json::from_str::<Map<String, Value>>(body) {
        Ok(fields) => fields.keys().cloned().collect(),
        Err(_) => serde_urlencoded::from_str::<Vec<(String, String)>>(body)
            .map(|fields| fields.into_iter().map(|(name, _)| name).collect())
            .unwrap_or_default(),
    };
    names.retain(|it| !secret(it));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_and_values_are_not() {
        assert_eq!(
            names(r#"{"PHONE_NUMBER":"+1","auth":"x"}"#),
            ["PHONE_NUMBER"]
        );
        assert_eq!(
            names("grant_type=refresh_token&refresh_token=x"),
            ["grant_type", "refresh_token"]
        );
        assert!(names("hunter2 {").iter().all(|it| !it.contains('=')));
    }
}
