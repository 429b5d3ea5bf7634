-- What a PBX and its operators have with a portal beside the browser.

CREATE TABLE external_lines (
    member_id TEXT NOT NULL PRIMARY KEY REFERENCES portals (member_id) ON DELETE CASCADE,
    digest TEXT NOT NULL,            -- of the lines the portal is known to have; '' while they are being told
    numbers TEXT NOT NULL            -- sealed: those this host has added, which it may remove
);

CREATE TABLE pbx_keys (
    member_id TEXT NOT NULL PRIMARY KEY REFERENCES portals (member_id) ON DELETE CASCADE,
    digest TEXT NOT NULL             -- SHA-256 of the key, which is shown once
);
