//! Installs under way: written before the portal is asked, so that a crash forgets none.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::Row;
use tracing::error;
use zeroize::Zeroizing;

use super::{Store, StoreError};
use crate::secret::Secret;

/// What an install request claims. Nothing of it is trusted yet.
#[derive(Clone, Serialize, Deserialize)]
pub struct Candidate {
    /// The portal's id.
    pub member_id: String,
    /// The portal's host, with its port.
    pub domain: String,
    /// Whether the portal is reached by TLS.
    pub https: bool,
    /// The access token.
    pub access: Secret,
    /// The refresh token.
    pub refresh: Secret,
    /// What later events will carry; empty where the request had none.
    pub application_token: Secret,
    /// The OAuth server as the portal names it; empty where the request had none.
    #[serde(default)]
    pub server_endpoint: String,
}

/// An install that nothing has come of yet.
pub struct OpenInstall {
    /// Its id.
    pub id: String,
    /// What it claims.
    pub candidate: Candidate,
    /// Whether the OAuth server has said that its access token is this app's.
    pub verified: bool,
}

/// How many installs may wait whose tokens nobody has vouched for. Beyond it the oldest go:
/// strangers cannot fill the table, and no install waits because of theirs.
const MOST_UNVERIFIED: i64 = 100;

impl Store {
    /// Writes an install down. Returns its id, or nothing when another has the same tokens: they
    /// buy one new pair only.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_install(&self, candidate: &Candidate) -> Result<Option<String>, StoreError> {
        let id: String = Sha256::digest(candidate.refresh.reveal())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let json = Zeroizing::new(serde_json::to_string(candidate).unwrap_or_default());
        let done = sqlx::query(
            "INSERT INTO installs (id, member_id, candidate, created_at, tried_at, verified) \
             VALUES ($1, $2, $3, $4, $4, 0) ON CONFLICT DO NOTHING",
        )
        .bind(id.as_str())
        .bind(candidate.member_id.as_str())
        .bind(self.seal.seal(&["installs", &id], &json))
        .bind(self.clock.now())
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(None);
        }
        sqlx::query(
            "DELETE FROM installs WHERE verified = 0 AND id IN (SELECT id FROM installs \
             WHERE verified = 0 AND id <> $1 ORDER BY created_at DESC LIMIT 1000 OFFSET $2)",
        )
        .bind(id.as_str())
        .bind(MOST_UNVERIFIED)
        .execute(&self.pool)
        .await?;
        Ok(Some(id))
    }

    /// Notes that the OAuth server has vouched for an install's access token.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify_install(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE installs SET verified = 1 WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Whether an install with these tokens is under way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_installing(&self, member_id: &str) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM installs WHERE member_id = $1")
            .bind(member_id)
            .fetch_one(&self.pool)
            .await?;
        Ok(found > 0)
    }

    /// Strikes an install that came to nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_install(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM installs WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Takes the turn at an install that was last tried before an instant. Returns whether
    /// nobody else has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_install(&self, id: &str, before: i64) -> Result<bool, StoreError> {
        let done =
            sqlx::query("UPDATE installs SET tried_at = $1 WHERE id = $2 AND tried_at <= $3")
                .bind(self.clock.now())
                .bind(id)
                .bind(before)
                .execute(&self.pool)
                .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The installs that nothing has come of yet: those vouched for, then the others, each oldest
    /// first. One that does not open is told in the log, and left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_installs(&self) -> Result<Vec<OpenInstall>, StoreError> {
        let select = "SELECT id, candidate, verified FROM installs \
             ORDER BY verified DESC, created_at LIMIT 1000";
        let rows = sqlx::query(select).fetch_all(&self.pool).await?;
        let mut installs = Vec::new();
        for row in rows {
            let id: String = row.try_get("id")?;
            let sealed: String = row.try_get("candidate")?;
            let verified = row.try_get::<i64, _>("verified")? != 0;
            let opened = self.seal.open(&["installs", &id], &sealed).ok();
            let candidate = opened.and_then(|it| serde_json::from_str(it.reveal()).ok());
            match candidate {
                Some(candidate) => installs.push(OpenInstall {
                    id,
                    candidate,
                    verified,
                }),
                None => error!(id, "an install in the database does not open: left out"),
            }
        }
        Ok(installs)
    }
}
