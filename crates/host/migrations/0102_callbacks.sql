-- Callbacks that a form has asked for and nobody makes yet, and who is asked when no responsible answers.

CREATE TABLE callbacks (
    member_id TEXT NOT NULL REFERENCES portals (member_id) ON DELETE CASCADE,
    call_key TEXT NOT NULL,
    call_id TEXT NOT NULL,           -- the portal's name of the call
    payload TEXT NOT NULL,           -- sealed: what the form said, and who is asked in turn
    turn BIGINT NOT NULL,            -- who is asked now
    next_at BIGINT NOT NULL,         -- when the next one is, or the call is finished
    PRIMARY KEY (member_id, call_key)
);

CREATE INDEX callbacks_next ON callbacks (next_at);

CREATE TABLE callback_users (
    member_id TEXT NOT NULL PRIMARY KEY REFERENCES portals (member_id) ON DELETE CASCADE,
    users TEXT NOT NULL              -- their ids in order, JSON
);
