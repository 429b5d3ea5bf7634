-- The life of the app on its portals. One schema for SQLite and PostgreSQL: TEXT and BIGINT only,
-- instants in seconds of Unix time. Columns marked sealed hold ciphertext, see src/seal.rs.
-- What belongs to a portal goes with it, also what a request under way would write too late.

CREATE TABLE facts (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
);

CREATE TABLE portals (
    member_id TEXT NOT NULL PRIMARY KEY,
    domain TEXT NOT NULL,
    client_endpoint TEXT NOT NULL,
    access_token TEXT NOT NULL,      -- sealed
    refresh_token TEXT NOT NULL,     -- sealed
    application_token TEXT NOT NULL, -- sealed; '' while it is not known
    expires_at BIGINT NOT NULL,
    admin_id BIGINT NOT NULL,
    scope TEXT NOT NULL,
    notice_tag TEXT NOT NULL,
    generation BIGINT NOT NULL,
    lost BIGINT NOT NULL             -- 1 once the refresh token was refused
);

CREATE TABLE installs (
    id TEXT NOT NULL PRIMARY KEY,
    member_id TEXT NOT NULL,
    candidate TEXT NOT NULL,         -- sealed
    created_at BIGINT NOT NULL,
    tried_at BIGINT NOT NULL
);

CREATE TABLE bindings (
    member_id TEXT NOT NULL REFERENCES portals (member_id) ON DELETE CASCADE,
    placement TEXT NOT NULL,
    user_id BIGINT NOT NULL,         -- 0: the handler for everyone
    wanted TEXT NOT NULL,
    pending BIGINT NOT NULL,         -- 1 from the intent until the portal has it
    check_due BIGINT NOT NULL,       -- 1 from a deletion notice on, 2 while it is looked into, else 0
    PRIMARY KEY (member_id, placement, user_id)
);

CREATE TABLE settings (
    member_id TEXT NOT NULL REFERENCES portals (member_id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL,
    field TEXT NOT NULL,
    text TEXT NOT NULL,              -- sealed
    PRIMARY KEY (member_id, user_id, field)
);

CREATE TABLE calls (
    member_id TEXT NOT NULL REFERENCES portals (member_id) ON DELETE CASCADE,
    call_key TEXT NOT NULL,
    payload TEXT NOT NULL,           -- sealed; '' once it was sent
    created_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, call_key)
);

CREATE TABLE slots (
    member_id TEXT NOT NULL REFERENCES portals (member_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    next_at BIGINT NOT NULL,
    strikes BIGINT NOT NULL,
    PRIMARY KEY (member_id, name)
);

CREATE TABLE leases (
    member_id TEXT NOT NULL REFERENCES portals (member_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, name)
);
