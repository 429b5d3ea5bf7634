//! Installs under way: written before the portal is asked, so that a crash forgets none.

use serde::{Deserialize, Serialize};
use sqlx::Row;

use super::{Store, StoreError};

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
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// What later events will carry; empty where the request had none.
    pub application_token: String,
}

/// How many installs may be under way. Each takes the portal's word for an hour or so.
const MOST: i64 = 1000;

impl Store {
    /// Writes an install down. Returns its id, or nothing when too many are under way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_install(&self, candidate: &Candidate) -> Result<Option<String>, StoreError> {
        let under_way: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM installs")
            .fetch_one(&self.pool)
            .await?;
        if under_way >= MOST {
            return Ok(None);
        }
        let id = format!("{:032x}", rand::random::<u128>());
        let json = serde_json::to_string(candidate).unwrap_or_default();
        sqlx::query(
            "INSERT INTO installs (id, member_id, candidate, created_at, tried_at) \
             VALUES ($1, $2, $3, $4, $4)",
        )
        .bind(id.as_str())
        .bind(candidate.member_id.as_str())
        .bind(self.seal.seal(&["installs", &id], &json))
        .bind(self.clock.now())
        .execute(&self.pool)
        .await?;
        Ok(Some(id))
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

    /// The installs that nothing has come of yet, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_installs(&self) -> Result<Vec<(String, Candidate)>, StoreError> {
        let rows = sqlx::query("SELECT id, candidate FROM installs ORDER BY created_at")
            .fetch_all(&self.pool)
            .await?;
        let mut installs = Vec::new();
        for row in rows {
            let id: String = row.try_get("id")?;
            let sealed: String = row.try_get("candidate")?;
            let json = self.seal.open(&["installs", &id], &sealed)?;
            if let Ok(candidate) = serde_json::from_str(json.reveal()) {
                installs.push((id, candidate));
            }
        }
        Ok(installs)
    }
}
