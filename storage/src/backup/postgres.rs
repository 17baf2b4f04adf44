//! How are the rows of PostgreSQL copied? As statements for `psql`, all of one state of the database.
//!
//! `pg_dump` would know more than our tables; this has just what belongs to the blobs beside it.

use std::path::Path;

use futures_util::TryStreamExt;
use sqlx::Acquire;
use sqlx::postgres::PgConnection;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};

use super::keys;
use crate::blob::BlobKey;
use crate::error::{Error, Result};
use crate::pool::{Pool, Snapshot};
use crate::statement::{Sql, Value};

/// A large table takes longer than any other statement may.
const PATIENT: Sql = Sql::same("SET LOCAL statement_timeout = 0");
const PATIENT_IDLE: Sql = Sql::same("SET LOCAL idle_in_transaction_session_timeout = 0");
const VERSION: Sql = Sql::same("SELECT MAX(version) FROM migration");
/// Our tables, each after those that it refers to, in `$1`; but for the one that the schema itself keeps.
const OURS: &[&str] = &[
    "setting",
    "domain",
    "account",
    "alias",
    "quota",
    "preference",
    "registration",
    "subscription",
    "blob",
    "upload",
    "mailbox",
    "mailbox_right",
    "message",
    "message_field",
    "message_header",
    "search",
    "search_direct",
    "message_text",
    "queued",
    "queued_recipient",
    "file",
    "file_extent",
    "file_right",
    "file_password",
    "file_usage",
    "file_subscription",
];
/// Those of them with their columns, but for those that the database computes.
const TABLES: Sql = Sql::same(
    "SELECT c.relname::text, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_class c \
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' \
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname = ANY($1) \
     GROUP BY c.relname ORDER BY array_position($1, c.relname::text)",
);

/// Writes the rows of all tables to a new file; the keys of their blobs.
pub(super) async fn copy(pool: &Pool, path: &Path) -> Result<Vec<BlobKey>> {
    let mut snapshot = pool.snapshot().await?;
    let mut connection = snapshot.connection();
    connection.execute(PATIENT, &[]).await?;
    connection.execute(PATIENT_IDLE, &[]).await?;
    let version = connection.optional(VERSION, &[]).await?.map_or(Ok(0), |row| row.integer(0))?;
    let ours: Vec<String> = OURS.iter().map(|&name| name.to_owned()).collect();
    let values = [Value::Keys(&ours)];
    let tables =
        connection.rows(TABLES, &values, |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())));
    let tables: Vec<(String, String)> = tables.await?;
    let keys = keys(&mut connection).await?;
    let Snapshot::Postgres(transaction) = &mut snapshot else { return Ok(keys) };
    let connection = transaction.acquire().await?;
    write(connection, version, &tables, path).await?;
    Ok(keys)
}

async fn write(
    connection: &mut PgConnection,
    version: i64,
    tables: &[(String, String)],
    path: &Path,
) -> Result<()> {
    let failed = |source| Error::unwritable(path, source);
    let mut file = BufWriter::new(File::create_new(path).await.map_err(failed)?);
    file.write_all(head(version, tables).as_bytes()).await.map_err(failed)?;
    for (table, columns) in tables {
        file.write_all(format!("COPY {table} ({columns}) FROM stdin;\n").as_bytes()).await.map_err(failed)?;
        let statement = format!("COPY {table} ({columns}) TO STDOUT");
        let mut pieces = connection.copy_out_raw(&statement).await?;
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece).await.map_err(failed)?;
        }
        file.write_all(b"\\.\n").await.map_err(failed)?;
    }
    file.write_all(b"COMMIT;\n").await.map_err(failed)?;
    file.flush().await.map_err(failed)?;
    file.get_ref().sync_all().await.map_err(failed)
}

fn head(version: i64, tables: &[(String, String)]) -> String {
    let names: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
    format!(
        "-- The rows of a ximss-gateway. Into a database that the same program has made its tables in:\n\
         --     psql -v ON_ERROR_STOP=1 -f THIS-FILE URL\n\
         -- Whatever is in those tables is replaced.\n\
         BEGIN;\n\
         DO $$ BEGIN IF (SELECT MAX(version) FROM migration) <> {version} THEN\n\
         RAISE EXCEPTION 'these rows are of version {version} of the tables: make them with the program of the backup';\n\
         END IF; END $$;\n\
         TRUNCATE {};\n",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Bed;

    #[tokio::test]
    async fn every_table_is_written_after_those_that_it_refers_to() {
        let bed = Bed::postgres().await;
        let mut reader = bed.storage.pool().reader().await.unwrap();
        let mut connection = reader.connection();
        let tables = Sql::same(
            "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' \
             AND relname <> 'migration' ORDER BY relname",
        );
        let mut ours: Vec<String> = OURS.iter().map(|&name| name.to_owned()).collect();
        let references = Sql::same(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' \
             AND connamespace = current_schema()::regnamespace",
        );
        let references =
            connection.rows(references, &[], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())));
        let place = |name: &str| OURS.iter().position(|one| *one == name.rsplit('.').next().unwrap());
        for (from, to) in references.await.unwrap() {
            assert!(place(&to) < place(&from), "{from} refers to {to}");
        }
        let found = connection.rows(tables, &[], |row| row.text(0).map(str::to_owned)).await.unwrap();
        ours.sort_unstable();
        assert_eq!(found, ours);
        drop(reader);
        bed.clear().await;
    }
}
