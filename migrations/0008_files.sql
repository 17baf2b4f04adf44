-- The files of accounts. A file is a list of extents, so that what is added to it, or written into it, is a new blob
-- beside the old ones.

CREATE TABLE file (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    -- The path of the directory that it is in; empty: the root, which has no row of its own.
    directory TEXT /* bytewise */ NOT NULL,
    name TEXT /* bytewise */ NOT NULL,
    -- 1: a directory, 0: a file.
    is_directory BIGINT NOT NULL,
    size BIGINT NOT NULL,
    -- Rises with each change of the content.
    version BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    UNIQUE (account, directory, name)
);

CREATE TABLE file_extent (
    file TEXT NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    -- Where in the file it begins; the next one begins where it ends.
    position BIGINT NOT NULL,
    length BIGINT NOT NULL,
    blob TEXT NOT NULL,
    blob_size BIGINT NOT NULL,
    -- Where in the blob it begins.
    start BIGINT NOT NULL,
    PRIMARY KEY (file, position)
) /* clustered */;

-- What others may do with a file, or with a directory and all that is below it.
CREATE TABLE file_right (
    file TEXT NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    -- Whose; NULL: every account of the domain that the file is in.
    account TEXT REFERENCES account (id) ON DELETE CASCADE,
    -- In letters.
    rights TEXT NOT NULL
);
CREATE UNIQUE INDEX file_right_grant ON file_right (file, COALESCE(account, ''));
CREATE INDEX file_right_account ON file_right (account);

CREATE TABLE file_password (
    file TEXT NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (file, position)
) /* clustered */;

-- Kept with every change, never counted on demand. No row: nothing.
CREATE TABLE file_usage (
    account TEXT NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    files BIGINT NOT NULL,
    bytes BIGINT NOT NULL
) /* clustered */;

-- A subscription is to a name, whether or not there is such a file.
CREATE TABLE file_subscription (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (account, name)
) /* clustered */;
