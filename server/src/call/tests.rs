//! Tests of a call, for the client.
