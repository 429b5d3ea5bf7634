//! Which external lines a portal has of this host, and the key of its PBX.

use sha2::{Digest, Sha256};

use super::{Store, StoreError};
use crate::secret::Secret;

impl Store {
    /// The portals whose lines are others than those of this digest; where no line is wanted, only
    /// those that were given some.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn other_lines(&self, digest: &str, none: bool) -> Result<Vec<String>, StoreError> {
        let select = if none {
            "SELECT member_id FROM external_lines WHERE digest <> $1 AND member_id NOT IN \
             (SELECT member_id FROM portals WHERE trouble = 'uninstalled') ORDER BY member_id"
        } else {
            "SELECT member_id FROM portals WHERE trouble <> 'uninstalled' AND member_id NOT IN \
             (SELECT member_id FROM external_lines WHERE digest = $1) ORDER BY member_id"
        };
        Ok(sqlx::query_scalar(select)
            .bind(digest)
            .fetch_all(&self.pool)
            .await?)
    }

    /// The numbers that this host has added on a portal.
    ///
    /// # Errors
    /// When the database fails or the row does not open.
    pub async fn lines(&self, member_id: &str) -> Result<Vec<String>, StoreError> {
        let select = "SELECT numbers FROM external_lines WHERE member_id = $1";
        let sealed: Option<String> = sqlx::query_scalar(select)
            .bind(member_id)
            .fetch_optional(&self.pool)
            .await?;
        let Some(sealed) = sealed else {
            return Ok(Vec::new());
        };
        let json = self.seal.open(&["external_lines", member_id], &sealed)?;
        serde_json::from_str(json.reveal()).map_err(|_| StoreError::WillNotOpen)
    }

    /// Keeps the numbers that this host has added on a portal, and the digest of what it has there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_lines(
        &self,
        member_id: &str,
        numbers: &[String],
        digest: &str,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_string(numbers).unwrap_or_default();
        sqlx::query(
            "INSERT INTO external_lines (member_id, digest, numbers) VALUES ($1, $2, $3) \
             ON CONFLICT (member_id) DO UPDATE SET digest = excluded.digest, \
             numbers = excluded.numbers",
        )
        .bind(member_id)
        .bind(digest)
        .bind(self.seal.seal(&["external_lines", member_id], &json))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Makes a portal's PBX a new key; the one before is good no longer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn new_pbx_key(&self, member_id: &str) -> Result<Secret, StoreError> {
        let key = format!(
            "pbx_{:032x}{:032x}",
            rand::random::<u128>(),
            rand::random::<u128>()
        );
        sqlx::query(
            "INSERT INTO pbx_keys (member_id, digest) VALUES ($1, $2) \
             ON CONFLICT (member_id) DO UPDATE SET digest = excluded.digest",
        )
        .bind(member_id)
        .bind(hash(&key).reveal())
        .execute(&self.pool)
        .await?;
        Ok(Secret::new(key))
    }

    /// Takes a portal's PBX its key away. Returns whether it had one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_pbx_key(&self, member_id: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM pbx_keys WHERE member_id = $1")
            .bind(member_id)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Whether a key is that of a portal's PBX.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_pbx_key(&self, member_id: &str, key: &str) -> Result<bool, StoreError> {
        let kept: Option<String> =
            sqlx::query_scalar("SELECT digest FROM pbx_keys WHERE member_id = $1")
                .bind(member_id)
                .fetch_optional(&self.pool)
                .await?;
        Ok(kept.is_some_and(|kept| hash(key).matches(&kept)))
    }
}

fn hash(key: &str) -> Secret {
    let bytes = Sha256::digest(key);
    Secret::new(
        bytes
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect::<String>(),
    )
}
