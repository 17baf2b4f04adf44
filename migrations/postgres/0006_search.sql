-- The full text of messages, to find the few in which a text may be, by the three characters that follow each other. Texts
-- come folded, so that the index need not know of capitals.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- How far each mailbox is indexed.
CREATE TABLE search (
    mailbox TEXT NOT NULL PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE,
    indexed BIGINT NOT NULL
);

-- Messages that are too long for the index.
CREATE TABLE search_direct (
    mailbox TEXT NOT NULL,
    uid BIGINT NOT NULL,
    PRIMARY KEY (mailbox, uid),
    FOREIGN KEY (mailbox, uid) REFERENCES message (mailbox, uid) ON DELETE CASCADE
);

CREATE TABLE message_text (
    mailbox TEXT NOT NULL,
    uid BIGINT NOT NULL,
    head TEXT NOT NULL,
    shown TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (mailbox, uid),
    FOREIGN KEY (mailbox, uid) REFERENCES message (mailbox, uid) ON DELETE CASCADE
);
CREATE INDEX message_text_trigram ON message_text USING gin
    (head gin_trgm_ops, shown gin_trgm_ops, body gin_trgm_ops);
