//! What all parts of the simulator share: one small world behind one lock.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    app::{App, Identity},
    calls::Calls,
    clock::{self, Clock},
    cloud::Cloud,
    directory::Directory,
    faults::Faults,
    journal::{Entry, Journal},
    pages::Pages,
    phone::Phone,
    pull::Pull,
    requests::Requests,
    tokens::{Pair, Tokens},
};

/// A portal user's number.
pub(crate) type UserId = i64;

/// What the command line settles.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The portal's host, with its port unless that is 80 or 443.
    pub(crate) authority: String,
    /// The portal's account number, the same for all its apps.
    pub(crate) member_id: String,
    /// Whether the portal is reached by TLS.
    pub(crate) tls: bool,
    /// The app.
    pub(crate) app: Identity,
    /// Lets whoever knows it call REST as the administrator, without the app.
    pub(crate) webhook: String,
    /// BX24.js to serve in place of the stand-in.
    pub(crate) bx24_js: Option<String>,
}

impl Config {
    /// `http`, or `https`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// An address of the portal.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme(), self.authority)
    }
}

/// One portal.
#[derive(Debug)]
pub(crate) struct Hub {
    /// What the command line settled.
    pub(crate) config: Config,
    /// Employees and clients.
    pub(crate) directory: Directory,
    cloud: Weak<Cloud>,
    world: Mutex<World>,
    revision: watch::Receiver<u64>,
}

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) pages: Pages,
    pub(crate) calls: Calls,
    pub(crate) phone: Phone,
    pub(crate) pull: Pull,
    pub(crate) tokens: Tokens,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    /// `userOption` values by user.
    pub(crate) user_options: BTreeMap<UserId, serde_json::Map<String, Value>>,
    /// `appOption` values.
    pub(crate) app_options: serde_json::Map<String, Value>,
    /// Users whose app said `setInstall`.
    pub(crate) installed: BTreeSet<UserId>,
    /// Slow loads of the handler, by all users and pages.
    pub(crate) strikes: u32,
    pub(crate) clock: Clock,
    /// What REST and OAuth servers were asked.
    pub(crate) requests: Requests,
    /// REST requests in the portal's bucket, and when it was looked at.
    bucket: (f64, u64),
    /// Who the app is, for what docks show.
    identity: Identity,
    revision: watch::Sender<u64>,
}

impl Hub {
    /// A portal where nothing has happened yet.
    pub(crate) fn new(config: Config, directory: Directory, cloud: &Arc<Cloud>) -> Arc<Hub> {
        let (sender, receiver) = watch::channel(0);
        let (app, identity) = (App::new(&config.app), config.app.clone());
        let hub = Arc::new(Hub {
            config,
            directory,
            cloud: Arc::downgrade(cloud),
            world: Mutex::new(World {
                app,
                pages: Pages::default(),
                calls: Calls::default(),
                phone: Phone::default(),
                pull: Pull::new(clock::machine_ms()),
                tokens: Tokens::default(),
                journal: Journal::default(),
                faults: Faults::default(),
                user_options: BTreeMap::new(),
                app_options: serde_json::Map::new(),
                installed: BTreeSet::new(),
                strikes: 0,
                clock: Clock::default(),
                requests: Requests::default(),
                bucket: (0.0, 0),
                identity,
                revision: sender,
            }),
            revision: receiver,
        });
        cloud.add(Arc::clone(&hub));
        hub
    }

    /// The portals that share its OAuth servers, itself among them.
    pub(crate) fn portals(&self) -> Vec<Arc<Hub>> {
        self.cloud
            .upgrade()
            .map(|it| it.portals())
            .unwrap_or_default()
    }

    /// The world, for a moment. Never held across an `await`.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // A panic elsewhere must not take the whole portal with it.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells each change of the world.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.revision.clone()
    }

    /// Waits as long as the faults say, and follows them when they change meanwhile: a script
    /// holds an answer back with a huge delay and lets it go by setting that to 0.
    pub(crate) async fn delay(&self, of: impl Fn(&Faults) -> u64) {
        let start = Instant::now();
        let mut changes = self.changes();
        loop {
            let wanted = Duration::from_millis(of(&self.world().faults));
            let left = wanted.saturating_sub(start.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = changes.changed() => {}
            }
        }
    }
}

impl World {
    /// The portal's time.
    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Puts a REST request into the portal's bucket. Returns whether there was no room.
    pub(crate) fn overflows(&mut self) -> bool {
        let Some(size) = self.faults.bucket else {
            return false;
        };
        let now = self.now_ms();
        let (level, at) = self.bucket;
        let drained = now.saturating_sub(at) as f64 / 1000.0 * self.faults.bucket_per_s;
        let level = (level - drained).max(0.0);
        let full = level + 1.0 > f64::from(size);
        self.bucket = (if full { level } else { level + 1.0 }, now);
        full
    }

    /// A new pair of tokens for `user`.
    pub(crate) fn issue(&mut self, user: UserId) -> Pair {
        let now = self.now_ms();
        self.tokens.issue(user, self.faults.token_lifetime_s, now)
    }

    /// A new access token of another app for `user`.
    pub(crate) fn issue_elsewhere(&mut self, user: UserId) -> Pair {
        let now = self.now_ms();
        let lifetime = self.faults.token_lifetime_s;
        self.tokens.issue_elsewhere(user, lifetime, now)
    }

    /// Writes to the message log, here and in every page's dock.
    pub(crate) fn log(&mut self, entry: Entry) {
        let entry = self.journal.add(entry, clock::machine_ms());
        self.pages.tell_all(&json!({"type": "log", "entry": entry}));
        self.touch();
    }

    /// Sends `command` over the push channel to all pages of `users`.
    pub(crate) fn push(&mut self, users: &[UserId], command: &str, params: &Value) {
        self.log(Entry::new(
            "push",
            command,
            json!({"users": users, "params": params}).to_string(),
        ));
        let message = json!({"type": "push", "command": command, "params": params});
        self.pages.tell_users(users, &message);
    }

    /// Shows every dock the present phone, calls, faults and strikes.
    pub(crate) fn announce(&mut self) {
        let snapshot = json!({"type": "world", "world": self.snapshot()});
        self.pages.tell_all(&snapshot);
        self.touch();
    }

    /// What a dock shows.
    pub(crate) fn snapshot(&self) -> Value {
        json!({
            "phone": self.phone.state(),
            "calls": self.calls.list(),
            "faults": self.faults,
            "strikes": self.strikes,
            "clock": self.clock,
            "requests": self.requests,
            "app": self.app.json(&self.identity),
        })
    }

    /// Wakes whoever waits for a change.
    pub(crate) fn touch(&self) {
        self.revision.send_modify(|n| *n += 1);
    }
}
