//! What outlives a start: portals with their tokens, operators' settings, calls already
//! announced, and what replicas agree upon. SQLite or PostgreSQL, one schema for both.
//!
//! Every row has a `member_id`, so that an uninstalled portal leaves nothing behind.

mod address;
mod bindings;
mod callbacks;
mod calls;
mod copy;
mod installs;
mod lines;
mod migrations;
mod portals;
mod reseal;
mod settings;
mod shared;

use std::{path::Path, time::Duration};

use sqlx::{
    AnyPool, Executor,
    any::{AnyPoolOptions, install_default_drivers},
    migrate::{MigrateError, Migrator},
};
use tokio::time::sleep;
use tracing::warn;

pub use bindings::{Binding, Wanted};
pub use callbacks::WaitingCallback;
pub use calls::OpenCall;
pub use copy::{CopiedRow, Copy, PutBack, PutBackError};
pub use installs::{Candidate, OpenInstall};
pub use portals::{Portal, Tokens};
pub use settings::FIELDS;

use migrations::Migrations;

use crate::{
    certificate::refused_certificate,
    clock::Clock,
    seal::{Seal, SealKey},
    start_error::StartError,
};

/// Every table with rows of portals.
const TABLES: [&str; 11] = [
    "installs",
    "bindings",
    "settings",
    "calls",
    "callbacks",
    "callback_users",
    "slots",
    "leases",
    "external_lines",
    "pbx_keys",
    "portals",
];

/// Where the text is sealed that tells a right key from a wrong one.
const KEY_PLACE: [&str; 2] = ["facts", "key"];

const PATIENCE: Duration = Duration::from_secs(10);

/// For how long it is remembered which portals need no visit of an administrator, and of how many.
const REMEMBERED: Duration = Duration::from_secs(5);
const MOST_REMEMBERED: u64 = 100_000;

/// How many rows of a table go at once.
const SWEPT_AT_ONCE: u32 = 1000;

/// The database, open and migrated.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    seal: Seal,
    needs_no_visit: moka::sync::Cache<String, ()>,
    /// The time of day the store goes by.
    pub clock: Clock,
}

/// Why the store did not answer.
#[derive(Debug)]
pub enum StoreError {
    /// The database failed.
    Database(sqlx::Error),
    /// A row was sealed with another key, or is damaged.
    WillNotOpen,
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be reached or migrated, or was sealed with another key.
    pub async fn open(url: &str, keys: &[SealKey], clock: Clock) -> Result<Self, StartError> {
        install_default_drivers();
        let sqlite = is_sqlite(url);
        let pool = AnyPoolOptions::new()
            // One writer at a time is all SQLite has; a database in memory lives in one connection.
            .max_connections(if url.contains(":memory:") { 1 } else { 8 })
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if sqlite {
                        // A commit survives a crash, and readers do not wait for the writer.
                        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                             PRAGMA busy_timeout = 10000";
                        connection.execute(settings).await?;
                    } else {
                        // One that hangs is given up, and the request answered.
                        let settings = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
                             SET idle_in_transaction_session_timeout = '30s'";
                        connection.execute(settings).await?;
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await
            .map_err(|error| unreachable_database(&error))?;
        migrate(&pool).await?;
        let store = Self {
            pool,
            seal: Seal::new(keys),
            needs_no_visit: needs_no_visit(),
            clock,
        };
        store.check_key().await?;
        Ok(store)
    }

    /// Gives the connections back; what comes later is refused.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT COUNT(*) FROM facts")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes every row of a portal. Returns how many there were.
    ///
    /// # Errors
    /// When the database fails; then all of them are still there.
    pub async fn forget_portal(&self, member_id: &str) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let mut rows = 0;
        for table in TABLES {
            rows += sqlx::query(&format!("DELETE FROM {table} WHERE member_id = $1"))
                .bind(member_id)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
        }
        transaction.commit().await?;
        Ok(rows)
    }

    /// Removes what a portal has but its operators' settings, and its tokens. Returns how many
    /// rows there were.
    ///
    /// # Errors
    /// When the database fails; then all of them are still there.
    pub async fn retire_portal(&self, member_id: &str) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let mut rows = 0;
        let gone = TABLES
            .iter()
            .filter(|it| !matches!(**it, "portals" | "settings"));
        for table in gone {
            rows += sqlx::query(&format!("DELETE FROM {table} WHERE member_id = $1"))
                .bind(member_id)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
        }
        let empty = self.seal.seal(&["portals", member_id, "access"], "");
        let spent = self.seal.seal(&["portals", member_id, "refresh"], "");
        sqlx::query(
            "UPDATE portals SET access_token = $1, refresh_token = $2, application_token = '', \
             expires_at = 0, generation = generation + 1, trouble = 'uninstalled' \
             WHERE member_id = $3",
        )
        .bind(empty)
        .bind(spent)
        .bind(member_id)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// Ends a holder's leases: for the start of a replica, whose leases are those of its past.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_leases(&self, holder: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM leases WHERE holder = $1")
            .bind(holder)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// How many rows of a portal there are in all tables.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rows_of(&self, member_id: &str) -> Result<i64, StoreError> {
        let mut rows = 0;
        for table in TABLES {
            let count = format!("SELECT COUNT(*) FROM {table} WHERE member_id = $1");
            rows += sqlx::query_scalar::<_, i64>(&count)
                .bind(member_id)
                .fetch_one(&self.pool)
                .await?;
        }
        Ok(rows)
    }

    /// Removes what no longer matters: old announcements, abandoned installs, spent leases. A
    /// bounded number of each, so that nobody waits for it; the next call goes on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        const DAY: i64 = 24 * 60 * 60;
        let before = self.clock.now() - DAY;
        for (table, key, instant) in [
            ("calls", "member_id, call_key", "created_at"),
            ("installs", "id, member_id", "created_at"),
            ("leases", "member_id, name", "until_at"),
            ("slots", "member_id, name", "next_at"),
        ] {
            let delete = format!(
                "DELETE FROM {table} WHERE ({key}) IN \
                 (SELECT {key} FROM {table} WHERE {instant} < $1 LIMIT {SWEPT_AT_ONCE})"
            );
            sqlx::query(&delete)
                .bind(before)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    // A known text under the key: a wrong key is told at start, not at the first call.
    async fn check_key(&self) -> Result<(), StartError> {
        let kept = async {
            sqlx::query("INSERT INTO facts (name, text) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind("key")
                .bind(self.seal.seal(&KEY_PLACE, "right"))
                .execute(&self.pool)
                .await?;
            sqlx::query_scalar::<_, String>("SELECT text FROM facts WHERE name = $1")
                .bind("key")
                .fetch_one(&self.pool)
                .await
        };
        let kept = kept.await.map_err(|error| unreachable_database(&error))?;
        self.seal.open(&KEY_PLACE, &kept).map(|_| ()).map_err(|_| {
            StartError::new(
                "the key is not the one this database was sealed with",
                "give the right one with --key-file or B24_HOST_KEY; without it the portals have \
                 to install the app again, into an empty database",
            )
        })
    }
}

// Whoever posts to the handler names a portal freely.
fn needs_no_visit() -> moka::sync::Cache<String, ()> {
    moka::sync::Cache::builder()
        .max_capacity(MOST_REMEMBERED)
        .time_to_live(REMEMBERED)
        .build()
}

// PostgreSQL lets one replica migrate at a time. SQLite has no such lock: of hosts that start at
// once on a new file one migrates, and the others find it done when they look again.
async fn migrate(pool: &AnyPool) -> Result<(), StartError> {
    let mut outcome = Ok(());
    for _ in 0..5 {
        outcome = match Migrator::new(Migrations).await {
            Ok(migrator) => migrator.run(pool).await,
            Err(error) => Err(error),
        };
        match outcome {
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) => {
                sleep(Duration::from_millis(200)).await;
            }
            _ => break,
        }
    }
    outcome.map_err(|error| {
        StartError::new(
            format!("the database cannot be brought up to date: {error}"),
            "start the newest host that has used it, or restore a copy",
        )
    })
}

/// The URL of a SQLite file, which is made when it is not there.
#[must_use]
pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}?mode=rwc", path.display())
}

/// Whether the URL leads to SQLite.
#[must_use]
pub fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

// The driver's message quotes neither password nor URL.
fn unreachable_database(error: &sqlx::Error) -> StartError {
    if let Some(why) = refused_certificate(error) {
        return StartError::new(
            format!("the database server's certificate is not to be trusted: {why}"),
            "give the certificate of its authority with --database-ca, and name the server in \
             DATABASE_URL as its certificate does",
        );
    }
    if let sqlx::Error::Tls(why) = error {
        return StartError::new(
            format!("the database server does not speak TLS as it is to: {why}"),
            "switch it on there (ssl = on), or start without --database-verify and --database-ca",
        );
    }
    StartError::new(
        format!("the database does not answer: {error}"),
        "check DATABASE_URL, e.g. postgres://user:password@server/name, and that it runs",
    )
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        warn!(%error, "the database failed");
        Self::Database(error)
    }
}

impl From<crate::seal::WillNotOpen> for StoreError {
    fn from(_: crate::seal::WillNotOpen) -> Self {
        Self::WillNotOpen
    }
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) => write!(f, "the database failed: {error}"),
            Self::WillNotOpen => f.write_str("a row was sealed with another key, or is damaged"),
        }
    }
}

impl std::error::Error for StoreError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portals_that_strangers_name_are_remembered_for_seconds_and_up_to_a_number() {
        let policy = needs_no_visit().policy();
        assert_eq!(policy.max_capacity(), Some(MOST_REMEMBERED));
        assert_eq!(policy.time_to_live(), Some(REMEMBERED));
    }
}
