//! What does the installation remember about itself?

use crate::Storage;
use crate::error::{Error, Result};
use crate::statement::{Connection, Sql};

const FIND: Sql = Sql::same("SELECT value FROM setting WHERE name = $1");
const SET: Sql = Sql::same(
    "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
);
const KEEP: Sql =
    Sql::same("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");

impl Storage {
    /// The value of a setting.
    pub async fn setting(&self, name: &'static str) -> Result<Option<Vec<u8>>> {
        find(&mut self.pool().reader().await?.connection(), name).await
    }

    /// Sets a setting, in place of what it was.
    pub async fn set_setting(&self, name: &'static str, value: Vec<u8>) -> Result<()> {
        self.pool().write((name, value), |c, (name, value)| Box::pin(set(c, name, value))).await
    }

    /// Sets a setting that has no value yet; returns the one that holds. Of several programs that start at once on
    /// one database, all get the same.
    pub async fn setting_or(&self, name: &'static str, value: Vec<u8>) -> Result<Vec<u8>> {
        self.pool().write((name, value), |c, (name, value)| Box::pin(keep(c, name, value))).await
    }
}

async fn find(connection: &mut Connection<'_>, name: &str) -> Result<Option<Vec<u8>>> {
    let row = connection.optional(FIND, &[name.into()]).await?;
    row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()
}

async fn set(connection: &mut Connection<'_>, name: &str, value: &[u8]) -> Result<()> {
    connection.execute(SET, &[name.into(), value.into()]).await.map(drop)
}

async fn keep(connection: &mut Connection<'_>, name: &str, value: &[u8]) -> Result<Vec<u8>> {
    connection.execute(KEEP, &[name.into(), value.into()]).await?;
    find(connection, name).await?.ok_or_else(|| Error::damaged(format!("the setting {name} vanished")))
}
