-- What is looked for every few seconds is a handful among many rows: indexes with those alone.

CREATE INDEX calls_open ON calls (created_at) WHERE payload <> '';
CREATE INDEX bindings_open ON bindings (member_id, placement, user_id) WHERE pending = 1 OR check_due <> 0;
DROP INDEX bindings_unsettled;
