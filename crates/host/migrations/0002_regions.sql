-- Which OAuth server renews a portal's tokens, and why the portal gives none any more.

ALTER TABLE portals ADD COLUMN oauth_server TEXT NOT NULL DEFAULT ''; -- '' until a grant has told it
ALTER TABLE portals ADD COLUMN trouble TEXT NOT NULL DEFAULT '';      -- '' or the code of the refusal
UPDATE portals SET trouble = 'invalid_grant' WHERE lost = 1;
ALTER TABLE portals DROP COLUMN lost;

-- 1 once the OAuth server has said that the install's access token is this app's.
ALTER TABLE installs ADD COLUMN verified BIGINT NOT NULL DEFAULT 0;

-- What is looked up by something else than its key.
CREATE INDEX portals_domain ON portals (domain);
CREATE INDEX portals_notice_tag ON portals (notice_tag);
CREATE INDEX installs_member ON installs (member_id);
CREATE INDEX installs_created ON installs (created_at);
CREATE INDEX bindings_unsettled ON bindings (pending, check_due);
CREATE INDEX calls_created ON calls (created_at);
CREATE INDEX slots_next ON slots (next_at);
CREATE INDEX leases_until ON leases (until_at);
