-- Other names of accounts, what others may do with mailboxes, and how much an account may keep.

CREATE TABLE alias (
    domain TEXT NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- In lower case, as those of accounts; no account of the domain has it.
    name_key TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (domain, name_key)
) /* clustered */;
CREATE INDEX alias_account ON alias (account);

CREATE TABLE mailbox_right (
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    -- Whose; NULL: every account of the domain that the mailbox is in.
    account TEXT REFERENCES account (id) ON DELETE CASCADE,
    -- A bit for each right, never none.
    rights BIGINT NOT NULL
);
CREATE UNIQUE INDEX mailbox_right_grant ON mailbox_right (mailbox, COALESCE(account, ''));
CREATE INDEX mailbox_right_account ON mailbox_right (account);

CREATE TABLE quota (
    account TEXT NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    -- NULL: what the configuration says.
    mail_size BIGINT,
    messages BIGINT,
    mailboxes BIGINT
) /* clustered */;
