-- The full text of messages, to find the few in which a text may be. SQLite keeps the index alone: which three characters
-- follow each other where. Texts come folded, so that the index need not know of capitals.

-- How far each mailbox is indexed; a message's row in the index is number * 2^32 + its UID.
CREATE TABLE search (
    number INTEGER NOT NULL PRIMARY KEY,
    mailbox TEXT NOT NULL UNIQUE,
    indexed BIGINT NOT NULL
);

-- Messages that are too long for the index.
CREATE TABLE search_direct (
    mailbox TEXT NOT NULL,
    uid BIGINT NOT NULL,
    PRIMARY KEY (mailbox, uid),
    FOREIGN KEY (mailbox, uid) REFERENCES message (mailbox, uid) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE VIRTUAL TABLE message_text USING fts5 (
    head, shown, body, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
);

CREATE TRIGGER message_text_removal AFTER DELETE ON message BEGIN
    DELETE FROM message_text WHERE rowid = (SELECT (number << 32) | OLD.uid FROM search WHERE mailbox = OLD.mailbox
        AND indexed >= OLD.uid);
END;

-- After the messages, which the foreign key removes first.
CREATE TRIGGER search_removal AFTER DELETE ON mailbox BEGIN
    DELETE FROM search WHERE mailbox = OLD.id;
END;
