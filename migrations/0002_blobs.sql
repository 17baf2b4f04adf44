-- Blobs by key, and the upload sets of sessions that name them.

CREATE TABLE blob (
    -- 28 hexadecimal digits that begin with the time, so that new rows lie side by side.
    key TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    -- How many rows of other tables name this blob.
    refs BIGINT NOT NULL CHECK (refs >= 0),
    -- When refs last fell; a blob without any is swept some time after.
    released BIGINT NOT NULL
) /* clustered */;
CREATE INDEX blob_unreferenced ON blob (released) WHERE refs = 0;

CREATE TABLE upload (
    session TEXT NOT NULL,
    id TEXT NOT NULL,
    blob TEXT NOT NULL,
    size BIGINT NOT NULL,
    content_type TEXT NOT NULL,
    PRIMARY KEY (session, id)
);
