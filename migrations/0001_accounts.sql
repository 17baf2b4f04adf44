-- Settings of the installation, domains, accounts and what hangs on an account alone.
-- Ids are 16 hexadecimal digits, times are milliseconds since 1970 in UTC unless a column says otherwise.

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
) /* clustered */;

CREATE TABLE domain (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- The name in lower case: names are found whatever their case.
    name_key TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL
);

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    domain TEXT NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    real_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    digests BYTEA NOT NULL,
    -- Rises with each change of the password; what was signed under an older one is void.
    key_version BIGINT NOT NULL,
    -- The highest UIDVALIDITY ever given to a mailbox of this account, those removed included.
    uid_validity BIGINT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (domain, name_key)
);

CREATE TABLE preference (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, scope, name)
);

CREATE TABLE registration (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    -- The order in which the bindings of an address were given.
    position BIGINT NOT NULL,
    binding BYTEA NOT NULL,
    -- Seconds since 1970.
    expires BIGINT NOT NULL,
    PRIMARY KEY (address, position)
);
CREATE INDEX registration_account ON registration (account);
CREATE INDEX registration_expires ON registration (expires);
