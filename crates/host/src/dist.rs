//! What the build made: the page and the hashed names of its assets.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{option_types::OptionTypes, start_error::StartError};

const BUILD_FIRST: &str = "run ./build.sh first, or give its dist folder with --dist";

/// A `dist/` folder, read and found complete.
#[derive(Debug, Clone)]
pub struct Dist {
    /// The page with its placeholders.
    pub html: String,
    /// The folder of the hashed assets.
    pub assets: PathBuf,
    /// The service worker that answers with the page.
    pub service_worker: String,
    /// What the options of its modules may be.
    pub options: OptionTypes,
    /// When it was made, in seconds since 1970: of two builds the later is the newer one.
    pub made: u64,
    manifest: BTreeMap<String, String>,
}

impl Dist {
    /// Reads the folder.
    ///
    /// # Errors
    /// When the folder or one of its parts is missing or unreadable.
    pub fn read(folder: &Path) -> Result<Self, StartError> {
        if !folder.is_dir() {
            let cause = format!("there is no folder {}", folder.display());
            return Err(StartError::new(cause, BUILD_FIRST));
        }
        let html = read_text(&folder.join("handler.html"))?;
        let path = folder.join("manifest.json");
        let manifest = serde_json::from_str(&read_text(&path)?).map_err(|error| {
            let cause = format!("{} is not a map of names: {error}", path.display());
            StartError::new(cause, BUILD_FIRST)
        })?;
        let made = fs::metadata(&path)
            .and_then(|found| found.modified())
            .ok()
            .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
            .map_or(0, |age| age.as_secs());
        let path = folder.join("options.json");
        let options = serde_json::from_str(&read_text(&path)?).map_err(|error| {
            let cause = format!("{} does not tell the options: {error}", path.display());
            StartError::new(cause, BUILD_FIRST)
        })?;
        Ok(Self {
            html,
            service_worker: read_text(&folder.join("service-worker.js"))?,
            assets: folder.join("assets"),
            options,
            made,
            manifest,
        })
    }

    /// The address of the asset that the manifest lists under `name`.
    ///
    /// # Errors
    /// When the manifest does not list it or the listed file is missing.
    pub fn url(&self, name: &str) -> Result<String, StartError> {
        let Some(file) = self.manifest.get(name) else {
            let cause = format!("manifest.json does not list {name}");
            return Err(StartError::new(cause, BUILD_FIRST));
        };
        // Better to stop here than to let every page fail on a 404.
        if !self.assets.join(file).is_file() {
            let cause = format!("manifest.json lists {name} as {file}, which is not in assets/");
            return Err(StartError::new(cause, BUILD_FIRST));
        }
        Ok(format!("/assets/{file}"))
    }

    /// The names `--adapter` can take.
    pub fn adapters(&self) -> impl Iterator<Item = &str> {
        self.manifest
            .keys()
            .filter_map(|name| name.strip_prefix("adapters/")?.strip_suffix(".js"))
    }
}

fn read_text(path: &Path) -> Result<String, StartError> {
    fs::read_to_string(path).map_err(|error| {
        let cause = format!("cannot read {}: {error}", path.display());
        StartError::new(cause, BUILD_FIRST)
    })
}
