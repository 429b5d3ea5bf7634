//! Callbacks that wait for somebody to make them.

use sqlx::{Row, any::AnyRow};

use super::{OpenCall, Store, StoreError};

/// A callback that nobody makes yet.
#[derive(Debug, Clone)]
pub struct WaitingCallback {
    /// The portal.
    pub member_id: String,
    /// What tells it from others.
    pub key: String,
    /// The portal's name of the call.
    pub call_id: String,
    /// What the form said and who is asked, as JSON.
    pub payload: String,
    /// Who is asked now.
    pub turn: i64,
    /// When the next one is.
    pub next_at: i64,
}

impl Store {
    /// Keeps a callback, or what has become of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_callback(&self, callback: &WaitingCallback) -> Result<(), StoreError> {
        let (member, key) = (callback.member_id.as_str(), callback.key.as_str());
        sqlx::query(
            "INSERT INTO callbacks (member_id, call_key, call_id, payload, turn, next_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (member_id, call_key) DO UPDATE SET \
             call_id = excluded.call_id, payload = excluded.payload, turn = excluded.turn, \
             next_at = excluded.next_at",
        )
        .bind(member)
        .bind(key)
        .bind(callback.call_id.as_str())
        .bind(
            self.seal
                .seal(&["callbacks", member, key], &callback.payload),
        )
        .bind(callback.turn)
        .bind(callback.next_at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// One callback.
    ///
    /// # Errors
    /// When the database fails or the row does not open.
    pub async fn callback(
        &self,
        member_id: &str,
        key: &str,
    ) -> Result<Option<WaitingCallback>, StoreError> {
        let row = sqlx::query("SELECT * FROM callbacks WHERE member_id = $1 AND call_key = $2")
            .bind(member_id)
            .bind(key)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| self.read_callback(&row)).transpose()
    }

    /// The callbacks whose time is up. One that does not open is left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_callbacks(&self) -> Result<Vec<WaitingCallback>, StoreError> {
        let select = "SELECT * FROM callbacks WHERE next_at <= $1 ORDER BY next_at LIMIT 10000";
        let rows = sqlx::query(select)
            .bind(self.clock.now())
            .fetch_all(&self.pool)
            .await?;
        Ok(rows
            .iter()
            .filter_map(|row| self.read_callback(row).ok())
            .collect())
    }

    /// Takes the turn at a callback for so many seconds. Returns whether nobody else has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_callback(
        &self,
        callback: &WaitingCallback,
        seconds: i64,
    ) -> Result<bool, StoreError> {
        let update = "UPDATE callbacks SET next_at = $1 \
             WHERE member_id = $2 AND call_key = $3 AND next_at = $4 AND turn = $5";
        let done = sqlx::query(update)
            .bind(self.clock.now() + seconds)
            .bind(callback.member_id.as_str())
            .bind(callback.key.as_str())
            .bind(callback.next_at)
            .bind(callback.turn)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets a callback.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_callback(&self, member_id: &str, key: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM callbacks WHERE member_id = $1 AND call_key = $2")
            .bind(member_id)
            .bind(key)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The callback that a call of the portal is for.
    ///
    /// # Errors
    /// When the database fails or the row does not open.
    pub async fn callback_of(
        &self,
        member_id: &str,
        call_id: &str,
    ) -> Result<Option<WaitingCallback>, StoreError> {
        let row = sqlx::query("SELECT * FROM callbacks WHERE member_id = $1 AND call_id = $2")
            .bind(member_id)
            .bind(call_id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| self.read_callback(&row)).transpose()
    }

    /// Who is asked on a portal when nobody responsible answers, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn callback_users(&self, member_id: &str) -> Result<Vec<i64>, StoreError> {
        let json: Option<String> =
            sqlx::query_scalar("SELECT users FROM callback_users WHERE member_id = $1")
                .bind(member_id)
                .fetch_optional(&self.pool)
                .await?;
        Ok(json
            .and_then(|it| serde_json::from_str(&it).ok())
            .unwrap_or_default())
    }

    /// Keeps who is asked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_callback_users(
        &self,
        member_id: &str,
        users: &[i64],
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO callback_users (member_id, users) VALUES ($1, $2) \
             ON CONFLICT (member_id) DO UPDATE SET users = excluded.users",
        )
        .bind(member_id)
        .bind(serde_json::to_string(users).unwrap_or_default())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Calls that were claimed before an instant and could not be announced, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn missed_calls(&self, before: i64) -> Result<Vec<OpenCall>, StoreError> {
        let select = "SELECT member_id, call_key, payload FROM calls \
             WHERE payload <> '' AND created_at < $1 ORDER BY created_at LIMIT 10000";
        let rows = sqlx::query(select)
            .bind(before)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let member_id: String = row.try_get("member_id")?;
                let key: String = row.try_get("call_key")?;
                let sealed: String = row.try_get("payload")?;
                // One that does not open is settled like the others, and asks for nothing.
                let payload = self.seal.open(&["calls", &member_id, &key], &sealed);
                Ok(OpenCall {
                    payload: payload.unwrap_or_default(),
                    member_id,
                    key,
                })
            })
            .collect()
    }

    fn read_callback(&self, row: &AnyRow) -> Result<WaitingCallback, StoreError> {
        let member_id: String = row.try_get("member_id")?;
        let key: String = row.try_get("call_key")?;
        let sealed: String = row.try_get("payload")?;
        let payload = self.seal.open(&["callbacks", &member_id, &key], &sealed)?;
        Ok(WaitingCallback {
            call_id: row.try_get("call_id")?,
            payload: payload.reveal().to_owned(),
            turn: row.try_get("turn")?,
            next_at: row.try_get("next_at")?,
            member_id,
            key,
        })
    }
}
