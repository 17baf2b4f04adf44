//! How is a statement written once and run on either database?
//!
//! The one file that knows where the two dialects part: lists, row locks, several changes at once, the decoding of
//! values. (`pool.rs` opens them apart, and `message/read.rs` packs the summaries of large mailboxes apart.)
//! Placeholders are `$1`, `$2` … in both; there are integers (times and truths too), texts and bytes, no other types.

use std::borrow::Cow;
use std::fmt::Write;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Postgres, Row as _, Sqlite};

use crate::error::{Error, Result};

/// One statement in both dialects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Sql {
    /// A text that both read alike: nearly all.
    pub(crate) const fn same(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// A statement with a condition that `column` is one of the list bound as `$n`: `listed!("… ", "uid", "$2", " …")`.
macro_rules! listed {
    ($before:literal, $column:literal, $list:literal, $after:literal) => {
        $crate::statement::Sql {
            sqlite: concat!($before, $column, " IN (SELECT value FROM json_each(", $list, "))", $after),
            postgres: concat!($before, $column, " = ANY(", $list, ")", $after),
        }
    };
}
pub(crate) use listed;

/// Several changes without results in one journey to the database. Their placeholders are numbered as of one
/// statement. None may depend on what another of them did.
macro_rules! together {
    ($first:literal, $($name:ident: $other:literal),+) => {
        $crate::statement::Sql {
            sqlite: concat!($first, $("; ", $other),+),
            postgres: concat!("WITH ", $crate::statement::together!(@ $($name: $other),+), " ", $first),
        }
    };
    (@ $name:ident: $other:literal) => { concat!(stringify!($name), " AS (", $other, ")") };
    (@ $name:ident: $other:literal, $($rest:tt)+) => {
        concat!(stringify!($name), " AS (", $other, "), ", $crate::statement::together!(@ $($rest)+))
    };
}
pub(crate) use together;

/// A SELECT by key that also keeps others from changing the row until the transaction ends. On SQLite the one
/// writer has that already.
macro_rules! locking {
    ($text:expr) => {
        $crate::statement::Sql { sqlite: $text, postgres: concat!($text, " FOR UPDATE") }
    };
}
pub(crate) use locking;

/// A value to bind to a placeholder.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Integer(i64),
    MaybeInteger(Option<i64>),
    /// A NUL in it is stored as U+FFFD: PostgreSQL has no text with NUL, and both shall store the same.
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
    /// For [`listed!`].
    Integers(&'a [i64]),
    /// For [`listed!`]. Only texts without quotes, backslashes and control characters: keys and ids.
    Keys(&'a [String]),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::MaybeInteger(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value.into())
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value.as_str().into())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

/// A connection to either database, for statements one after the other.
pub(crate) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Connection<'_> {
    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(connection) => {
                on_sqlite(sql, values).execute(&mut **connection).await?.rows_affected()
            }
            Self::Postgres(connection) => {
                on_postgres(sql, values).execute(&mut **connection).await?.rows_affected()
            }
        })
    }

    /// The first row, if there is one.
    pub(crate) async fn optional(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<Option<Row>> {
        Ok(match self {
            Self::Sqlite(connection) => {
                on_sqlite(sql, values).fetch_optional(&mut **connection).await?.map(Row::Sqlite)
            }
            Self::Postgres(connection) => {
                on_postgres(sql, values).fetch_optional(&mut **connection).await?.map(Row::Postgres)
            }
        })
    }

    /// What `each` makes of every row.
    pub(crate) async fn rows<T: Send>(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
        mut each: impl FnMut(&Row) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.for_each(sql, values, |row| {
            found.push(each(row)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Shows every row to `each` as it comes, holding none.
    pub(crate) async fn for_each(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
        mut each: impl FnMut(&Row) -> Result<()> + Send,
    ) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                let mut rows = on_sqlite(sql, values).fetch(&mut **connection);
                while let Some(row) = rows.try_next().await? {
                    each(&Row::Sqlite(row))?;
                }
            }
            Self::Postgres(connection) => {
                let mut rows = on_postgres(sql, values).fetch(&mut **connection);
                while let Some(row) = rows.try_next().await? {
                    each(&Row::Postgres(row))?;
                }
            }
        }
        Ok(())
    }
}

/// A row of either database. Columns are counted from 0; a value of another type is [`Error::Damaged`].
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub(crate) fn integer(&self, column: usize) -> Result<i64> {
        self.decoded(column, |row| row.try_get(column), |row| row.try_get(column))
    }

    pub(crate) fn maybe_integer(&self, column: usize) -> Result<Option<i64>> {
        self.decoded(column, |row| row.try_get(column), |row| row.try_get(column))
    }

    pub(crate) fn truth(&self, column: usize) -> Result<bool> {
        self.integer(column).map(|value| value != 0)
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str> {
        self.decoded(column, |row| row.try_get(column), |row| row.try_get(column))
    }

    pub(crate) fn maybe_text(&self, column: usize) -> Result<Option<&str>> {
        self.decoded(column, |row| row.try_get(column), |row| row.try_get(column))
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8]> {
        self.decoded(column, |row| row.try_get(column), |row| row.try_get(column))
    }

    fn decoded<'r, T>(
        &'r self,
        column: usize,
        sqlite: impl FnOnce(&'r SqliteRow) -> Result<T, sqlx::Error>,
        postgres: impl FnOnce(&'r PgRow) -> Result<T, sqlx::Error>,
    ) -> Result<T> {
        match self {
            Self::Sqlite(row) => sqlite(row),
            Self::Postgres(row) => postgres(row),
        }
        .map_err(|error| Error::damaged(format!("column {column}: {error}")))
    }
}

fn on_sqlite(sql: Sql, values: &[Value<'_>]) -> Query<'static, Sqlite, SqliteArguments> {
    values.iter().fold(sqlx::query(sql.sqlite), |query, value| match value {
        Value::Integer(value) => query.bind(*value),
        Value::MaybeInteger(value) => query.bind(*value),
        Value::Text(text) => query.bind(without_nul(text)),
        Value::Bytes(bytes) => query.bind(bytes.to_vec()),
        Value::Integers(list) => query.bind(json_array(list, "")),
        Value::Keys(list) => query.bind(json_array(list, "\"")),
    })
}

fn on_postgres(sql: Sql, values: &[Value<'_>]) -> Query<'static, Postgres, PgArguments> {
    values.iter().fold(sqlx::query(sql.postgres), |query, value| match value {
        Value::Integer(value) => query.bind(*value),
        Value::MaybeInteger(value) => query.bind(*value),
        Value::Text(text) => query.bind(without_nul(text)),
        Value::Bytes(bytes) => query.bind(bytes.to_vec()),
        Value::Integers(list) => query.bind(list.to_vec()),
        Value::Keys(list) => query.bind(list.to_vec()),
    })
}

fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn json_array<T: std::fmt::Display>(list: &[T], quote: &str) -> String {
    let mut json = String::with_capacity(2 + list.len() * 8);
    json.push('[');
    for (index, item) in list.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(json, "{comma}{quote}{item}{quote}");
    }
    json.push(']');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_a_json_array_on_sqlite() {
        assert_eq!(json_array::<i64>(&[], ""), "[]");
        assert_eq!(json_array(&[1, -2, 30], ""), "[1,-2,30]");
        assert_eq!(json_array(&["0a", "ff"], "\""), "[\"0a\",\"ff\"]");
    }

    #[test]
    fn changes_that_travel_together_are_one_statement_on_postgres() {
        const SQL: Sql = together!("INSERT A", b: "INSERT B", c: "INSERT C");
        assert_eq!(SQL.sqlite, "INSERT A; INSERT B; INSERT C");
        assert_eq!(SQL.postgres, "WITH b AS (INSERT B), c AS (INSERT C) INSERT A");
    }

    #[test]
    fn a_condition_on_a_list_is_written_in_both_dialects() {
        const SQL: Sql = listed!("DELETE FROM t WHERE ", "uid", "$2", " RETURNING uid");
        assert_eq!(SQL.sqlite, "DELETE FROM t WHERE uid IN (SELECT value FROM json_each($2)) RETURNING uid");
        assert_eq!(SQL.postgres, "DELETE FROM t WHERE uid = ANY($2) RETURNING uid");
    }
}
