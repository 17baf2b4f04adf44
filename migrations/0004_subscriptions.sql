-- Which mailboxes a user wants to see. A subscription is to a name, whether or not there is such a mailbox.

CREATE TABLE subscription (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (account, name)
) /* clustered */;
