//! What replicas on one database agree upon: who does a thing, and how often.

use super::{Store, StoreError};

impl Store {
    /// Takes a lease for so many seconds. Returns whether it was free, or had run out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_lease(
        &self,
        member_id: &str,
        name: &str,
        holder: &str,
        seconds: i64,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let insert = "INSERT INTO leases (member_id, name, holder, until_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (member_id, name) \
             DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at \
             WHERE leases.until_at <= $5";
        let done = sqlx::query(insert)
            .bind(member_id)
            .bind(name)
            .bind(holder)
            .bind(now + seconds)
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a lease back, if it is still this holder's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_lease(
        &self,
        member_id: &str,
        name: &str,
        holder: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM leases WHERE member_id = $1 AND name = $2 AND holder = $3")
            .bind(member_id)
            .bind(name)
            .bind(holder)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Takes the next turn at something that may happen once in `seconds`. Returns whether
    /// it was due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_turn(
        &self,
        member_id: &str,
        name: &str,
        seconds: i64,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let insert = "INSERT INTO slots (member_id, name, next_at, strikes) \
             VALUES ($1, $2, $3, 0) ON CONFLICT (member_id, name) \
             DO UPDATE SET next_at = excluded.next_at WHERE slots.next_at <= $4";
        let done = sqlx::query(insert)
            .bind(member_id)
            .bind(name)
            .bind(now + seconds)
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Makes the next turn wait twice as long for each time this was called before, up to
    /// `most` seconds. Returns how long that is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_off(
        &self,
        member_id: &str,
        name: &str,
        seconds: i64,
        most: i64,
    ) -> Result<i64, StoreError> {
        let strikes: Option<i64> =
            sqlx::query_scalar("SELECT strikes FROM slots WHERE member_id = $1 AND name = $2")
                .bind(member_id)
                .bind(name)
                .fetch_optional(&self.pool)
                .await?;
        let strikes = strikes.unwrap_or_default().clamp(0, 16) + 1;
        let wait = seconds.saturating_mul(1 << strikes).min(most);
        sqlx::query(
            "UPDATE slots SET strikes = $1, next_at = $2 WHERE member_id = $3 AND name = $4",
        )
        .bind(strikes)
        .bind(self.clock.now() + wait)
        .bind(member_id)
        .bind(name)
        .execute(&self.pool)
        .await?;
        Ok(wait)
    }
}
