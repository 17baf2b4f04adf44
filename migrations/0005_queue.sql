-- Mail that is on its way: what was accepted and has not come to all of its recipients.

CREATE TABLE queued (
    id TEXT NOT NULL PRIMARY KEY,
    -- Who carries it: 0 ourselves, 1 the relay.
    lane BIGINT NOT NULL,
    -- The reverse-path; empty for reports, which nobody is told of when they fail.
    sender TEXT NOT NULL,
    blob TEXT NOT NULL,
    size BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    -- Whether somebody works on it; then `next` is when that is no longer believed.
    claimed BIGINT NOT NULL,
    -- The earliest of its recipients' times.
    next BIGINT NOT NULL
) /* clustered */;
CREATE INDEX queued_next ON queued (lane, next);

CREATE TABLE queued_recipient (
    message TEXT NOT NULL REFERENCES queued (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    address TEXT NOT NULL,
    next BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- Why the last try failed.
    answer TEXT NOT NULL,
    PRIMARY KEY (message, position)
) /* clustered */;
