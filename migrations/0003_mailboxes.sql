-- Mailboxes and messages. A message is three rows: the narrow one that every folder scans, the fields that are
-- searched and sorted, and the header as it came, so that a scan never reads what it does not show.

CREATE TABLE mailbox (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    uid_validity BIGINT NOT NULL,
    uid_next BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    -- Kept with every change, never counted on demand.
    messages BIGINT NOT NULL,
    unseen BIGINT NOT NULL,
    media BIGINT NOT NULL,
    unseen_media BIGINT NOT NULL,
    size BIGINT NOT NULL,
    oldest BIGINT,
    UNIQUE (account, name)
);

CREATE TABLE message (
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    uid BIGINT NOT NULL,
    original_uid BIGINT,
    flags BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    internal_date BIGINT NOT NULL,
    sent BIGINT,
    size BIGINT NOT NULL,
    blob TEXT NOT NULL,
    PRIMARY KEY (mailbox, uid)
) /* clustered */;
CREATE INDEX message_internal_date ON message (mailbox, internal_date);

CREATE TABLE message_field (
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    uid BIGINT NOT NULL,
    subject TEXT NOT NULL,
    from_name TEXT NOT NULL,
    from_address TEXT NOT NULL,
    to_text TEXT NOT NULL,
    cc_text TEXT NOT NULL,
    message_id TEXT NOT NULL,
    attachment BIGINT NOT NULL,
    PRIMARY KEY (mailbox, uid)
) /* clustered */;

CREATE TABLE message_header (
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    uid BIGINT NOT NULL,
    header BYTEA NOT NULL,
    PRIMARY KEY (mailbox, uid)
);
