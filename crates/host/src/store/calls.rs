//! Calls that were announced, so that each is announced once.

use sqlx::Row;
use tracing::error;

use super::{Store, StoreError};
use crate::secret::Secret;

/// A call that is not announced yet.
pub struct OpenCall {
    /// The portal.
    pub member_id: String,
    /// What tells it from others.
    pub key: String,
    /// What was claimed with it.
    pub payload: Secret,
}

impl Store {
    /// Claims a call before it is announced. Returns whether nobody had claimed it yet.
    ///
    /// The payload is kept until the announcement is out, for a host that dies in between.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_call(
        &self,
        member_id: &str,
        key: &str,
        payload: &str,
    ) -> Result<bool, StoreError> {
        let insert = "INSERT INTO calls (member_id, call_key, payload, created_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let done = sqlx::query(insert)
            .bind(member_id)
            .bind(key)
            .bind(self.seal.seal(&["calls", member_id, key], payload))
            .bind(self.clock.now())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether a call is claimed and not announced yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_unsettled(&self, member_id: &str, key: &str) -> Result<bool, StoreError> {
        let select = "SELECT COUNT(*) FROM calls \
             WHERE member_id = $1 AND call_key = $2 AND payload <> ''";
        let found: i64 = sqlx::query_scalar(select)
            .bind(member_id)
            .bind(key)
            .fetch_one(&self.pool)
            .await?;
        Ok(found > 0)
    }

    /// Notes that a call was announced.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_call(&self, member_id: &str, key: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE calls SET payload = '' WHERE member_id = $1 AND call_key = $2")
            .bind(member_id)
            .bind(key)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Calls claimed since an instant whose announcement is not known to be out, oldest first. One
    /// that does not open is told in the log, and left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unsettled_calls(&self, since: i64) -> Result<Vec<OpenCall>, StoreError> {
        let select = "SELECT member_id, call_key, payload FROM calls \
             WHERE payload <> '' AND created_at >= $1 ORDER BY created_at LIMIT 10000";
        let rows = sqlx::query(select)
            .bind(since)
            .fetch_all(&self.pool)
            .await?;
        let mut calls = Vec::new();
        for row in rows {
            let member_id: String = row.try_get("member_id")?;
            let key: String = row.try_get("call_key")?;
            let sealed: String = row.try_get("payload")?;
            match self.seal.open(&["calls", &member_id, &key], &sealed) {
                Ok(payload) => calls.push(OpenCall {
                    member_id,
                    key,
                    payload,
                }),
                Err(_) => error!(
                    member = member_id,
                    "a call in the database does not open: left out"
                ),
            }
        }
        Ok(calls)
    }
}
