//! Installed portals and their tokens.

use sqlx::{Row, any::AnyRow};

use super::{
    Binding, Store, StoreError,
    bindings::{reserve, want},
};
use crate::secret::Secret;

/// A portal that has the app.
#[derive(Debug, Clone)]
pub struct Portal {
    /// The portal's id, which outlives a change of its domain.
    pub member_id: String,
    /// Its host, with a port where that is not the scheme's own.
    pub domain: String,
    /// Its REST address, ending in `/rest/`.
    pub client_endpoint: String,
    /// What opens it.
    pub tokens: Tokens,
    /// What its events carry; empty until the first one brought it.
    pub application_token: Secret,
    /// The administrator who installed the app.
    pub admin_id: i64,
    /// What the app may do there, separated by commas.
    pub scope: String,
    /// What tells this portal's deletion notices from others'.
    pub notice_tag: String,
    /// How often the tokens were replaced.
    pub generation: i64,
    /// The OAuth server that renews its tokens; empty until a grant has told it.
    pub oauth_server: String,
    /// Why the portal gives no tokens any more, a code: an administrator has to open the app.
    pub lost: Option<String>,
}

/// A pair of tokens.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// For REST calls, an hour.
    pub access: Secret,
    /// For the next pair, 180 days.
    pub refresh: Secret,
    /// When the access token ends.
    pub expires_at: i64,
}

impl Store {
    /// Keeps a verified portal with the handlers it is to have, and ends the install it came from.
    ///
    /// A known application token stays when the new row has none, or `proven` is false: then only
    /// an access token vouches for it, and that may fill the place once. A notice tag always stays.
    /// Binding the handlers is left to the caller for so many seconds.
    ///
    /// A portal that is lost is not kept once somebody has ended the install: another replica got
    /// from the same tokens what this one lost.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_portal(
        &self,
        portal: &Portal,
        bindings: &[Binding],
        seconds: i64,
        install: &str,
        proven: bool,
    ) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO portals (member_id, domain, client_endpoint, \
             access_token, refresh_token, application_token, expires_at, admin_id, scope, \
             notice_tag, generation, oauth_server, trouble) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12) \
             ON CONFLICT (member_id) DO UPDATE SET domain = excluded.domain, \
             client_endpoint = excluded.client_endpoint, access_token = excluded.access_token, \
             refresh_token = excluded.refresh_token, expires_at = excluded.expires_at, \
             application_token = CASE WHEN excluded.application_token = '' \
             OR ($13 = 0 AND portals.application_token <> '') THEN portals.application_token ELSE excluded.application_token END, \
             admin_id = excluded.admin_id, scope = excluded.scope, \
             generation = portals.generation + 1, oauth_server = excluded.oauth_server, \
             trouble = excluded.trouble";
        let member = portal.member_id.as_str();
        let application_token = if portal.application_token.is_empty() {
            String::new()
        } else {
            self.seal_token(member, "application", &portal.application_token)
        };
        let mut transaction = self.pool.begin().await?;
        // First, for who comes second to wait here for what the first has made of it.
        let ended = sqlx::query("DELETE FROM installs WHERE id = $1")
            .bind(install)
            .execute(&mut *transaction)
            .await?;
        if portal.lost.is_some() && ended.rows_affected() == 0 {
            return Ok(());
        }
        sqlx::query(INSERT)
            .bind(member)
            .bind(portal.domain.as_str())
            .bind(portal.client_endpoint.as_str())
            .bind(self.seal_token(member, "access", &portal.tokens.access))
            .bind(self.seal_token(member, "refresh", &portal.tokens.refresh))
            .bind(application_token)
            .bind(portal.tokens.expires_at)
            .bind(portal.admin_id)
            .bind(portal.scope.as_str())
            .bind(portal.notice_tag.as_str())
            .bind(portal.oauth_server.as_str())
            .bind(portal.lost.as_deref().unwrap_or_default())
            .bind(i64::from(proven))
            .execute(&mut *transaction)
            .await?;
        for binding in bindings {
            want(binding).execute(&mut *transaction).await?;
            reserve(binding, self.clock.now() + seconds)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        self.needs_no_visit.invalidate(member);
        Ok(())
    }

    /// Replaces the tokens, if nobody else has since `generation`. Returns whether it did.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_tokens(
        &self,
        member_id: &str,
        generation: i64,
        tokens: &Tokens,
        oauth_server: &str,
    ) -> Result<bool, StoreError> {
        let update = "UPDATE portals SET access_token = $1, refresh_token = $2, expires_at = $3, \
             generation = generation + 1, oauth_server = $6, trouble = '' \
             WHERE member_id = $4 AND generation = $5";
        let done = sqlx::query(update)
            .bind(self.seal_token(member_id, "access", &tokens.access))
            .bind(self.seal_token(member_id, "refresh", &tokens.refresh))
            .bind(tokens.expires_at)
            .bind(member_id)
            .bind(generation)
            .bind(oauth_server)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps what a portal's events will carry, if that was not known yet. Returns whether it
    /// was not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn learn_application_token(
        &self,
        member_id: &str,
        token: &Secret,
    ) -> Result<bool, StoreError> {
        let update = "UPDATE portals SET application_token = $1 \
             WHERE member_id = $2 AND application_token = ''";
        let done = sqlx::query(update)
            .bind(self.seal_token(member_id, "application", token))
            .bind(member_id)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether it was seen within the last seconds that a visit would mend nothing at a portal. In
    /// memory: what another replica finds out meanwhile is seen a little later.
    #[must_use]
    pub fn needs_no_visit(&self, member_id: &str) -> bool {
        self.needs_no_visit.contains_key(member_id)
    }

    /// Notes that a visit would mend nothing at a portal.
    pub fn note_needs_no_visit(&self, member_id: &str) {
        self.needs_no_visit.insert(member_id.to_owned(), ());
    }

    /// Notes that the refresh token was refused, and by which code.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_lost(
        &self,
        member_id: &str,
        generation: i64,
        code: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE portals SET trouble = $1 WHERE member_id = $2 AND generation = $3")
            .bind(code)
            .bind(member_id)
            .bind(generation)
            .execute(&self.pool)
            .await?;
        self.needs_no_visit.invalidate(member_id);
        Ok(())
    }

    /// Keeps a portal's new name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rename_portal(
        &self,
        member_id: &str,
        domain: &str,
        client_endpoint: &str,
    ) -> Result<(), StoreError> {
        let update = "UPDATE portals SET domain = $1, client_endpoint = $2 WHERE member_id = $3";
        sqlx::query(update)
            .bind(domain)
            .bind(client_endpoint)
            .bind(member_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The portal with that id.
    ///
    /// # Errors
    /// When the database fails or the row does not open.
    pub async fn portal(&self, member_id: &str) -> Result<Option<Portal>, StoreError> {
        self.portal_where("member_id", member_id).await
    }

    /// The portal with that host.
    ///
    /// # Errors
    /// When the database fails or the row does not open.
    pub async fn portal_at(&self, domain: &str) -> Result<Option<Portal>, StoreError> {
        self.portal_where("domain", &domain.to_ascii_lowercase())
            .await
    }

    /// The notice tag of a portal, if it is known, also where its tokens do not open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice_tag(&self, member_id: &str) -> Result<Option<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT notice_tag FROM portals WHERE member_id = $1")
                .bind(member_id)
                .fetch_optional(&self.pool)
                .await?,
        )
    }

    /// The id of the portal with that notice tag.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn member_tagged(&self, tag: &str) -> Result<Option<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT member_id FROM portals WHERE notice_tag = $1")
                .bind(tag)
                .fetch_optional(&self.pool)
                .await?,
        )
    }

    /// The ids of all portals.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn members(&self) -> Result<Vec<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT member_id FROM portals ORDER BY member_id")
                .fetch_all(&self.pool)
                .await?,
        )
    }

    async fn portal_where(&self, column: &str, value: &str) -> Result<Option<Portal>, StoreError> {
        let select = format!("SELECT * FROM portals WHERE {column} = $1");
        let row = sqlx::query(&select)
            .bind(value)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| self.read(&row)).transpose()
    }

    fn read(&self, row: &AnyRow) -> Result<Portal, StoreError> {
        let member_id: String = row.try_get("member_id")?;
        let sealed = |column: &str| row.try_get::<String, _>(column);
        let open = |kind, text: String| self.seal.open(&["portals", &member_id, kind], &text);
        let application = sealed("application_token")?;
        Ok(Portal {
            tokens: Tokens {
                access: open("access", sealed("access_token")?)?,
                refresh: open("refresh", sealed("refresh_token")?)?,
                expires_at: row.try_get("expires_at")?,
            },
            application_token: if application.is_empty() {
                Secret::default()
            } else {
                open("application", application)?
            },
            domain: row.try_get("domain")?,
            client_endpoint: row.try_get("client_endpoint")?,
            admin_id: row.try_get("admin_id")?,
            scope: row.try_get("scope")?,
            notice_tag: row.try_get("notice_tag")?,
            generation: row.try_get("generation")?,
            oauth_server: row.try_get("oauth_server")?,
            lost: Some(row.try_get::<String, _>("trouble")?).filter(|it| !it.is_empty()),
            member_id,
        })
    }

    fn seal_token(&self, member_id: &str, kind: &str, token: &Secret) -> String {
        self.seal
            .seal(&["portals", member_id, kind], token.reveal())
    }
}
